//! A running server as an operator's program sees it: the admin API over HTTP or HTTPS, with the refusals in the server's own words.
//!
//! Reading order: [`Remote`] (a server and the key to it), [`Remote::get`] and its neighbours (one request), [`segment`] (text within a path).
//!
//! Knows nothing of what the API has, nor of where the server's URL and the certificates came from.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use ureq::http::{Request, Response};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

use crate::config::{Hidden, OPERATOR_KEY, check_url};
use crate::error::{Error, Problem, Result};
use crate::http::ADMIN_BASE;
use crate::limits::{REMOTE_ANSWER_BYTES_MAX, REMOTE_CONNECT_S_MAX, REMOTE_S_MAX, REMOTE_SHOWN_CHARS_MAX};
use doorlist_scim::ErrorKind;

/// A server, and an operator's key to it.
pub struct Remote {
    agent: ureq::Agent,
    server: String,
    key: Hidden,
    has_own_ca: bool,
}

/// What a server answered that did as it was told.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// HTTP status, of the 200s.
    pub status: u16,
    /// The body; null if there was none.
    pub body: Value,
}

/// A refusal, as a server that is no Doorlist or has a bad day may leave it out.
#[derive(Default)]
struct Refusal<'a> {
    detail: Option<&'a str>,
    stage: Option<&'a str>,
    problems: Vec<Problem>,
}

impl fmt::Debug for Remote {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Remote").field("server", &self.server).finish_non_exhaustive()
    }
}

impl Remote {
    /// The server at a URL without the API's path, for the operator with `key`. Nothing is sent yet.
    ///
    /// An `https` server has to show a certificate of a CA in `ca`, which are certificates in PEM (RFC 7468); without that, of one of the CAs
    /// that browsers trust, as they were when this program was built.
    ///
    /// # Errors
    /// If the URL is none, or there is no certificate in `ca`.
    pub fn new(server: &str, key: Hidden, ca: Option<&[u8]>) -> Result<Self> {
        let server = check_url("server's", server)?;
        let roots = ca.map(|pem| certificates("--ca", pem)).transpose()?;
        let has_own_ca = roots.is_some();
        let roots = roots.map_or(RootCerts::WebPki, |own| RootCerts::Specific(Arc::new(own)));
        let agent = agent(roots, REMOTE_CONNECT_S_MAX, REMOTE_S_MAX);
        Ok(Self { agent, server, key, has_own_ca })
    }

    /// Reads what is at `path`, which begins with a slash and is below the API's.
    ///
    /// # Errors
    /// If the server cannot be reached, or refuses: then in its words, with [`ErrorKind::NotFound`] for 404, [`ErrorKind::Conflict`] for 409
    /// and [`ErrorKind::InvalidValue`] for everything else.
    pub fn get(&self, path: &str) -> Result<Answer> {
        self.exchange(path, |request| self.agent.run(request.method("GET").body(())?))
    }

    /// Sends JSON to `path`.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub fn post(&self, path: &str, body: &Value) -> Result<Answer> {
        self.send("POST", path, "application/json", body.to_string().into_bytes())
    }

    /// Puts JSON in place of what is at `path`.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub fn put(&self, path: &str, body: &Value) -> Result<Answer> {
        self.send("PUT", path, "application/json", body.to_string().into_bytes())
    }

    /// Deletes what is at `path`.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub fn delete(&self, path: &str) -> Result<Answer> {
        self.exchange(path, |request| self.agent.run(request.method("DELETE").body(())?))
    }

    /// Sends bytes of any media type.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub fn send(&self, method: &str, path: &str, media_type: &str, body: Vec<u8>) -> Result<Answer> {
        self.exchange(path, |request| self.agent.run(request.method(method).header("content-type", media_type).body(body)?))
    }

    fn exchange(
        &self,
        path: &str,
        run: impl FnOnce(ureq::http::request::Builder) -> Result<Response<ureq::Body>, ureq::Error>,
    ) -> Result<Answer> {
        let request = Request::builder()
            .uri(format!("{}{ADMIN_BASE}{path}", self.server))
            .header("authorization", format!("Bearer {}", self.key.reveal()))
            .header("accept", "application/json");
        let mut answer = run(request).map_err(|cause| self.unreachable(cause))?;
        let status = answer.status().as_u16();
        if let Some(elsewhere) = answer.headers().get("location").filter(|_| (300..400).contains(&status)) {
            let shown: String = elsewhere.to_str().unwrap_or("another URL").chars().take(REMOTE_SHOWN_CHARS_MAX).collect();
            return Err(Error::invalid(format!(
                "{} answers {status} and sends to {shown}. The key goes to the URL that is given and no other: give that one.",
                self.server
            )));
        }
        let text =
            answer.body_mut().with_config().limit(REMOTE_ANSWER_BYTES_MAX).read_to_string().map_err(|cause| self.unreachable(cause))?;
        let body = if text.is_empty() { Some(Value::Null) } else { serde_json::from_str(&text).ok() };
        match body {
            Some(body) if (200..300).contains(&status) => Ok(Answer { status, body }),
            body => Err(refused(status, &body.unwrap_or_default())),
        }
    }

    /// Why no answer came.
    fn unreachable(&self, cause: ureq::Error) -> Error {
        let server = &self.server;
        let is_tls = match &cause {
            ureq::Error::Tls(_) | ureq::Error::Rustls(_) => true,
            // What TLS refuses of the other side comes as data that are not valid.
            ureq::Error::Io(cause) => cause.kind() == io::ErrorKind::InvalidData && server.starts_with("https:"),
            _ => false,
        };
        let detail = match (is_tls, self.has_own_ca) {
            (false, _) => format!("{server} cannot be reached."),
            (true, false) => format!(
                "{server} is there, but no connection with it can be trusted. If its certificate is from a CA of your own, name a file with that CA's \
                 certificate by --ca."
            ),
            (true, true) => format!("{server} is there, but no connection with it can be trusted by the certificates in the file of --ca."),
        };
        Error::conflict(detail).with_cause(cause)
    }
}

/// Text as one segment of a path or one value of a query, percent-encoded (RFC 3986 section 2.1).
pub fn segment(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

/// An HTTP client that takes every status for an answer, and follows no redirect: secrets go to the server that was named and to no other. `connect_s` is how many
/// seconds a connection may take, `answer_s` how many everything together.
pub(crate) fn agent(roots: RootCerts, connect_s: u64, answer_s: u64) -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_connect(Some(Duration::from_secs(connect_s)))
        .timeout_global(Some(Duration::from_secs(answer_s)))
        .tls_config(TlsConfig::builder().root_certs(roots).build())
        .build()
        .new_agent()
}

/// Every certificate of a file in PEM; what else stands there is left out. `named` says in the refusal what names the file.
///
/// # Errors
/// If there is none.
pub(crate) fn certificates(named: &str, pem: &[u8]) -> Result<Vec<Certificate<'static>>> {
    let absent = || {
        let detail =
            format!("There is no certificate in the file of {named}. It has to be in PEM, which begins with -----BEGIN CERTIFICATE-----.");
        Error::invalid(detail)
    };
    let mut found = Vec::new();
    for item in parse_pem(pem) {
        if let PemItem::Certificate(certificate) = item.map_err(|cause| absent().with_cause(cause))? {
            found.push(certificate);
        }
    }
    if found.is_empty() { Err(absent()) } else { Ok(found) }
}

/// A problem (RFC 9457) in one paragraph, and a line for each of its problems.
fn refused(status: u16, problem: &Value) -> Error {
    let Refusal { detail, stage, problems } = Refusal::read(problem);
    let Some(detail) = detail else {
        return Error::invalid(format!("The server answered {status} and nothing that a Doorlist would say. Is the URL right?"));
    };
    let mut told = match stage {
        None if status == 401 => format!("The server refuses (401): the key in {OPERATOR_KEY} is not valid there."),
        Some(stage) => format!("The server refuses the plugin at the stage {stage}. {detail}"),
        None => format!("The server refuses ({status}). {detail}"),
    };
    for Problem { pointer, message } in &problems {
        // The pointer of a whole document is empty.
        let place = if pointer.is_empty() { "(all)" } else { pointer };
        told.push_str(&format!("\n  {place} {message}"));
    }
    let kind = match status {
        404 => ErrorKind::NotFound,
        409 => ErrorKind::Conflict,
        _ => ErrorKind::InvalidValue,
    };
    Error::new(kind, told).with_problems(problems)
}

impl<'a> Refusal<'a> {
    fn read(problem: &'a Value) -> Self {
        let text = |name: &str| problem.get(name).and_then(Value::as_str);
        let problems = problem.get("problems").and_then(Value::as_array).into_iter().flatten();
        let part = |each: &Value, name: &str| each.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        Self {
            detail: text("detail").or_else(|| text("title")),
            stage: text("stage"),
            problems: problems.map(|each| Problem { pointer: part(each, "pointer"), message: part(each, "message") }).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;
    use serde_json::json;

    #[test]
    fn refusals_are_the_servers_words() {
        for (status, problem, expected) in [
            (
                400,
                json!({"detail": "It imports env.", "stage": "imports"}),
                "The server refuses the plugin at the stage imports. It imports env.",
            ),
            (409, json!({"detail": "It is there."}), "The server refuses (409). It is there."),
            (401, json!({"title": "Unauthorized"}), "The server refuses (401): the key in DOORLIST_OPERATOR_KEY is not valid there."),
            (400, json!({"detail": "No.", "problems": [{"pointer": "/a", "message": "Bad."}]}), "The server refuses (400). No.\n  /a Bad."),
            (
                400,
                json!({"detail": "No.", "problems": [{"pointer": "", "message": "Bad."}]}),
                "The server refuses (400). No.\n  (all) Bad.",
            ),
            (502, json!(null), "The server answered 502 and nothing that a Doorlist would say. Is the URL right?"),
            (200, json!("not JSON"), "The server answered 200 and nothing that a Doorlist would say. Is the URL right?"),
        ] {
            assert_eq!(refused(status, &problem).to_string(), expected);
        }
        let refused = refused(404, &json!({"detail": "No.", "problems": [{"pointer": "/a", "message": "Bad."}]}));
        assert_eq!(refused.kind(), Kind::Scim(ErrorKind::NotFound));
        assert_eq!(refused.problems(), [Problem { pointer: "/a".to_owned(), message: "Bad.".to_owned() }]);
    }

    #[test]
    fn text_within_a_path_stays_one_segment() {
        assert_eq!(segment("a b/c?d+ü"), "a%20b%2Fc%3Fd%2B%C3%BC");
    }
}
