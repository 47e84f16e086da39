//! One HTTP call and its reply.
//!
//! Every reply is held against what all replies of its surface have in common; what is particular is the test's own.

use std::fmt;
use std::panic::Location;
use std::time::Duration;

use serde_json::Value;
use ureq::http::{HeaderMap, Request, Uri};

/// A reply that takes longer is a failure. Long enough for `?wait=` on a busy machine.
const CALL_MAX: Duration = Duration::from_secs(90);

/// Bytes of a reply. A page of 1,000 items, or a group with 50,000 members.
const REPLY_BYTES_MAX: u64 = 64 << 20;

/// Media type of everything below the SCIM base.
pub const SCIM_JSON: &str = "application/scim+json";
/// Media type of errors of the admin API.
pub const PROBLEM_JSON: &str = "application/problem+json";
/// Media type of everything else of the admin API.
pub const JSON: &str = "application/json";

/// Media type of metrics (exposition format of Prometheus).
pub const METRICS_TEXT: &str = "text/plain; version=0.0.4";
/// Media type of plugins.
pub const WASM: &str = "application/wasm";

/// Schema URN of SCIM errors.
pub const ERROR_URN: &str = "urn:ietf:params:scim:api:messages:2.0:Error";

/// Words that only an internal text has. None may reach a stranger.
const INTERNAL_WORDS: [&str; 10] = ["Some(", "Err(", "Error {", "redb", "serde", "axum", "wasmtime", "panicked", "unwrap", "src/"];

/// Makes an agent: one per caller, so that each has connections of its own.
pub fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .allow_non_standard_methods(true)
        .max_redirects(0)
        .timeout_global(Some(CALL_MAX))
        .build()
        .new_agent()
}

/// A call in the making.
#[must_use = "a call is made by `send`"]
pub struct Call<'a> {
    agent: &'a ureq::Agent,
    method: String,
    url: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
}

impl<'a> Call<'a> {
    /// A call without body. `path` is percent-encoded already.
    pub fn new(agent: &'a ureq::Agent, address: &str, method: &str, path: &str) -> Self {
        let url = format!("http://{address}{path}");
        Self { agent, method: method.to_owned(), url, path: path.to_owned(), headers: Vec::new(), body: None }
    }

    /// Sets a header, in place of one of that name.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Takes a header out again.
    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
        self
    }

    /// Presents a token or key.
    pub fn bearer(self, secret: &str) -> Self {
        self.header("authorization", &format!("Bearer {secret}"))
    }

    /// Sends JSON. The media type is the caller's usual one unless set before or after.
    pub fn json(self, body: &Value) -> Self {
        let usual = if self.path.starts_with("/scim") { SCIM_JSON } else { JSON };
        let has_type = self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        let call = self.bytes(body.to_string().into_bytes());
        if has_type { call } else { call.header("content-type", usual) }
    }

    /// Sends these bytes, of whatever the `content-type` header says.
    pub fn bytes(mut self, body: Vec<u8>) -> Self {
        self.body = Some(body);
        self
    }

    /// Makes the call.
    ///
    /// # Panics
    /// If no reply comes, or one that no reply of its surface may be.
    #[track_caller]
    pub fn send(self) -> Reply {
        let asked = format!("{} {}", self.method, self.path);
        self.try_send().unwrap_or_else(|error| panic!("{asked} got no reply: {error}"))
    }

    /// Makes a call that may get no reply, to a server that may be gone.
    ///
    /// # Errors
    /// What became of it.
    ///
    /// # Panics
    /// If a reply comes that no reply of its surface may be.
    #[track_caller]
    pub fn try_send(self) -> Result<Reply, ureq::Error> {
        let Self { agent, method, url, path, headers, body } = self;
        let mut request = Request::builder().method(method.as_str()).uri(url.parse::<Uri>().expect("the test's URL is one"));
        for (name, value) in &headers {
            request = request.header(name, value);
        }
        let sent = match body {
            Some(body) => agent.run(request.body(body).expect("the test's request is one")),
            None => agent.run(request.body(()).expect("the test's request is one")),
        };
        let mut answer = sent?;
        let body = answer.body_mut().with_config().limit(REPLY_BYTES_MAX).read_to_vec()?;
        let reply = Reply {
            status: answer.status().as_u16(),
            headers: answer.headers().clone(),
            body,
            asked: format!("{method} {path}"),
            is_scim: is_below(&path, "/scim/v2"),
            is_head: method == "HEAD",
        };
        reply.check_surface(is_below(&path, "/api/v1"));
        Ok(reply)
    }
}

/// Whether a path is `base` or below it, however many slashes it has.
fn is_below(path: &str, base: &str) -> bool {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let parts = |text: &'_ str| text.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    parts(path).starts_with(&parts(base))
}

/// The reply to a call.
#[must_use = "a reply says whether the call did what the test is about"]
#[derive(Clone)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Vec<u8>,
    asked: String,
    is_scim: bool,
    is_head: bool,
}

impl Reply {
    /// Demands this status and gives the body as JSON; null if there is none.
    ///
    /// # Panics
    /// If the status is another, or the body no JSON.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert!(self.status == status, "expected {status} but {self}");
        if self.body.is_empty() {
            return Value::Null;
        }
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("no JSON ({error}): {self}"))
    }

    /// Demands a SCIM error (RFC 7644 section 3.12) and gives its detail.
    ///
    /// # Panics
    /// If it is something else.
    #[track_caller]
    pub fn scim_error(self, status: u16, scim_type: Option<&str>) -> String {
        let shown = self.to_string();
        let body = self.expect(status);
        assert_eq!(body["schemas"], serde_json::json!([ERROR_URN]), "{shown}");
        assert_eq!(body["status"], status.to_string(), "the status of a SCIM error is text: {shown}");
        assert_eq!(body.get("scimType").and_then(Value::as_str), scim_type, "{shown}");
        prose(&body["detail"], &shown)
    }

    /// Demands a problem (RFC 9457) and gives its detail.
    ///
    /// # Panics
    /// If it is something else.
    #[track_caller]
    pub fn problem(self, status: u16) -> String {
        let shown = self.to_string();
        let body = self.expect(status);
        assert!(body["type"].is_string() && body["title"].is_string(), "{shown}");
        assert_eq!(body["status"], status, "{shown}");
        prose(&body["detail"], &shown)
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// What every reply has, and every reply of its surface.
    #[track_caller]
    fn check_surface(&self, is_admin: bool) {
        assert!(self.status < 500 || self.status == 501, "a fault of the server: {self}");
        assert!(self.header("x-request-id").is_some_and(|id| !id.is_empty()), "no x-request-id: {self}");
        if self.body.is_empty() {
            return;
        }
        let media = self.header("content-type").unwrap_or_default();
        if self.is_scim {
            assert_eq!(media, SCIM_JSON, "{self}");
        } else if is_admin && self.status >= 400 {
            assert_eq!(media, PROBLEM_JSON, "{self}");
        } else if is_admin {
            assert!([JSON, METRICS_TEXT, "text/event-stream"].contains(&media), "{media}: {self}");
        }
        if self.status >= 400 && !self.is_head {
            // That a plugin did is for its author to know.
            let text = self.text().replace("The plugin panicked.", "");
            let internal = INTERNAL_WORDS.iter().find(|word| text.contains(**word));
            assert!(internal.is_none(), "an internal word in an error: {self}");
        }
    }
}

/// Demands a sentence.
#[track_caller]
fn prose(detail: &Value, shown: &str) -> String {
    let detail = detail.as_str().unwrap_or_default();
    assert!(detail.ends_with(['.', '!', '?']) && detail.contains(' '), "the detail is no sentence: {shown}");
    detail.to_owned()
}

impl fmt::Display for Reply {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text: String = self.text().chars().take(2_000).collect();
        write!(formatter, "{} was answered {} with {text:?}", self.asked, self.status)
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// A path with a query, or with more of one: values are percent-encoded, so that a test writes them as they are meant.
pub fn query(path: &str, pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
    format!("{path}{}{}", if path.contains('?') { '&' } else { '?' }, pairs.join("&"))
}

/// Percent-encodes everything but unreserved characters (RFC 3986 section 2.3).
pub fn encode(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// Whether everything in `part` is in `whole`: objects may have more keys, lists are compared item by item.
///
/// # Errors
/// Where they differ, as a JSON Pointer, and how.
pub fn contains(whole: &Value, part: &Value) -> Result<(), String> {
    contains_at("", whole, part)
}

fn contains_at(at: &str, whole: &Value, part: &Value) -> Result<(), String> {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => part.iter().try_for_each(|(key, part)| {
            let at = format!("{at}/{key}");
            let whole = whole.get(key).ok_or_else(|| format!("{at} is absent"))?;
            contains_at(&at, whole, part)
        }),
        (Value::Array(whole), Value::Array(part)) if whole.len() == part.len() => {
            whole.iter().zip(part).enumerate().try_for_each(|(place, (whole, part))| contains_at(&format!("{at}/{place}"), whole, part))
        }
        _ if whole == part => Ok(()),
        _ => Err(format!("{at} is {whole} but should be {part}")),
    }
}

/// Panics at the caller's line unless everything in `part` is in `whole`.
///
/// # Panics
/// If it is not.
#[track_caller]
pub fn assert_contains(whole: &Value, part: &Value) {
    if let Err(difference) = contains(whole, part) {
        panic!("{difference}, in {whole} (called from {})", Location::caller());
    }
}
