//! SCIM over HTTP (RFC 7644): one handler for every method and path below the base.
//!
//! It finds the caller, then the target among what the caller sees, then the method, and translates: what a request means is decided in [`crate::provision`].
//! Everything answered here has the media type `application/scim+json`, errors and unknown paths too. Users and groups share every line.

mod answer;
mod bulk;
mod discovery;
pub mod exchanges;
pub mod pace;
mod search;
mod target;
mod verbs;

use std::borrow::Cow;
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, Uri, header};
use axum::response::Response;
use doorlist_scim::ErrorKind;
use doorlist_scim::dialect::{Headers, Traits};
use doorlist_scim::quirks::plus_is_plus;
use serde_json::Value;

use self::target::Target;
use super::{App, RequestId, SCIM_BASE, SlashBehindBase, note_cause, request};
use crate::activity::{Actor, Entry, likeness};
use crate::auth::ScimCaller;
use crate::client::Looks;
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::limits::{
    ACTIVITY_QUERY_CHARACTERS_MAX, CLIENT_HEARD_MS, EXCHANGE_ANSWER_BYTES_LOOKED, UNAVAILABLE_RETRY_SECONDS, USER_AGENT_CHARACTERS_MAX,
};
use crate::provision::{Catalog, Conditions, Scope, Versions};

/// A request whose caller is known.
struct Call {
    app: App,
    caller: ScimCaller,
    method: Method,
    target: Target,
    uri: Uri,
    headers: HeaderMap,
    request_id: Option<RequestId>,
    slash_behind_base: bool,
    now: Timestamp,
    /// The query's parameters, once somebody asked for them.
    parameters: OnceLock<Vec<(String, String)>>,
    /// How many seconds to wait, if what the body asks for was too much.
    wait: OnceLock<u64>,
    /// The body as it may be shown, and whether it is cut.
    received: OnceLock<(String, bool)>,
}

/// What a verb answers, and whether the log's entry went with a change.
struct Outcome {
    response: Response,
    recorded: bool,
}

/// Answers a request.
pub async fn handle(State(app): State<App>, request: Request) -> Response {
    let path = request.uri().path().strip_prefix(SCIM_BASE).unwrap_or_default();
    let is_read = [Method::GET, Method::HEAD].contains(request.method());
    if path == target::PUBLIC && is_read && !request.headers().contains_key(header::AUTHORIZATION) {
        let query = request.uri().query().unwrap_or_default();
        let answer = discovery::answer(&Target::ServiceProviderConfig, Catalog::plain(), query, &app.scim_base);
        return answer.unwrap_or_else(|error| refuse(&error));
    }
    let caller = match request::bearer(request.headers()).and_then(|token| app.authenticator.scim(token)) {
        Ok(caller) => caller,
        Err(error) => {
            request::discard(request.into_body());
            return refuse(&error);
        }
    };
    let now = app.clock.now();
    let target = Target::of(path, &caller.catalog);
    let (mut parts, body) = request.into_parts();
    let call = Call {
        now,
        parameters: OnceLock::new(),
        wait: OnceLock::new(),
        received: OnceLock::new(),
        app,
        caller,
        method: parts.method,
        target,
        uri: parts.uri,
        headers: parts.headers,
        request_id: parts.extensions.remove(),
        slash_behind_base: parts.extensions.get::<SlashBehindBase>().is_some(),
    };
    let pace = call.take(1);
    if !matches!(call.method.as_str(), "POST" | "PUT" | "PATCH") {
        call.see(None);
    }
    let outcome = match (pace, call.caller.connection.enabled) {
        (Ok(()), true) => verbs::run(&call, body).await,
        (Err(_), _) => {
            request::discard(body);
            Err(too_many())
        }
        // Known and logged, so that an operator who looks for the connection's requests finds them.
        (Ok(()), false) => {
            request::discard(body);
            Err(Error::new(ErrorKind::Forbidden, "This connection is disabled. Its inventory is kept."))
        }
    };
    let (mut response, recorded) = match outcome {
        Ok(outcome) => (outcome.response, outcome.recorded),
        Err(error) => (call.refuse(&error), false),
    };
    if response.status().as_u16() == 503 {
        // Soon enough for whatever can be the matter, and no flood.
        response.headers_mut().insert(header::RETRY_AFTER, UNAVAILABLE_RETRY_SECONDS.into());
    }
    // A bulk request is counted once more when it is known how much it asks for.
    if let Some(seconds) = pace.err().or_else(|| call.wait.get().copied()) {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    if !recorded {
        let status = response.status().as_u16();
        let like = likeness((call.caller.connection.number, &call.method, call.target.likeness(), status));
        call.app.gatherer.add(call.caller.tenant.number(), like, status < 400, || {
            let detail = response.extensions().get::<Detail>().map(|detail| detail.0.clone());
            Entry { detail, ..call.entry(status) }
        });
    }
    call.keep(response).await
}

fn too_many() -> Error {
    Error::new(ErrorKind::TooManyRequests, "The connection sends more requests than it may. Send this one again later.")
}

/// Why a request was refused, put on the response for the log.
#[derive(Clone)]
struct Detail(String);

/// A header that tells Entra from others.
const ADSCIMVERSION: &str = "adscimversion";

/// Methods that the log names.
const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// Query parameters that the log shows (RFC 7644 section 3.4.2).
const SHOWN_PARAMETERS: [&str; 8] = ["filter", "startIndex", "count", "cursor", "sortBy", "sortOrder", "attributes", "excludedAttributes"];

/// What the log shows of a query: the protocol's own parameters, and nothing that may be a secret. A client that puts its token or
/// somebody's password where it must not be should not find it kept.
fn shown_query(query: &str) -> Option<String> {
    let shown: Vec<String> = parameters(query)
        .into_iter()
        .filter(|(name, _)| SHOWN_PARAMETERS.iter().any(|shown| shown.eq_ignore_ascii_case(name)))
        .map(|(name, value)| {
            let secret = value.to_ascii_lowercase().contains("password") || value.contains("dl_scim_") || value.contains("dl_key_");
            format!("{name}={}", if secret { "(not shown)" } else { &value })
        })
        .collect();
    let shown = shown.join("&");
    (!shown.is_empty()).then(|| shown.chars().take(ACTIVITY_QUERY_CHARACTERS_MAX).collect())
}

impl Call {
    /// Counts so many requests; how many seconds to wait if they are too many.
    fn take(&self, requests: usize) -> std::result::Result<(), u64> {
        self.app.pace.take((self.caller.tenant.number(), self.caller.connection.number), requests, self.now)
    }

    /// Counts what a request turned out to ask for beside itself.
    ///
    /// # Errors
    /// 429 if it is more than the connection has in hand.
    fn take_more(&self, requests: usize) -> Result<()> {
        self.take(requests).map_err(|seconds| {
            // Nobody has set it: a request has one body.
            let _ = self.wait.set(seconds);
            too_many()
        })
    }

    fn scope(&self) -> Scope {
        Scope { connection: self.caller.connection.number }
    }

    /// The log's line about the request, answered with `status`.
    fn entry(&self, status: u16) -> Entry {
        let method = if METHODS.contains(&self.method.as_str()) { self.method.as_str() } else { "(other method)" };
        Entry {
            sequence: 0,
            at: self.now,
            actor: Actor::Client { connection: self.caller.connection.id },
            action: format!("{method} {}", self.target.template()),
            subject: self.target.id(),
            query: self.uri.query().and_then(shown_query),
            status,
            detail: None,
            request_id: self.request_id.as_ref().map(ToString::to_string).unwrap_or_default(),
            count: 1,
        }
    }

    /// Where this installation's SCIM is.
    fn base(&self) -> Arc<str> {
        Arc::clone(&self.app.scim_base)
    }

    /// The query's parameters, decoded.
    fn parameters(&self) -> &[(String, String)] {
        self.parameters.get_or_init(|| parameters(self.uri.query().unwrap_or_default()))
    }

    /// For which versions of a resource the request is meant (RFC 7644 section 3.14).
    fn conditions(&self) -> Conditions {
        let read = |name| {
            // A line that is no text is a version that nothing has: a condition is never passed over.
            let lines: Vec<&str> = self.headers.get_all(name).iter().map(|line| line.to_str().unwrap_or_default()).collect();
            (!lines.is_empty()).then(|| Versions::parse(&lines.join(",")))
        };
        Conditions { only: read(header::IF_MATCH), not: read(header::IF_NONE_MATCH) }
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// 415 for a media type that is none of SCIM's (RFC 7644 section 3.1; a missing one is taken as SCIM's), 413, or `invalidSyntax`.
    async fn json(&self, body: axum::body::Body) -> Result<Value> {
        if let Some(media_type) = self.headers.get(header::CONTENT_TYPE) {
            let essence = media_type.to_str().ok().and_then(|text| text.split(';').next()).unwrap_or_default().trim();
            let known = ["application/scim+json", "application/json"].iter().any(|known| essence.eq_ignore_ascii_case(known));
            if !known {
                request::discard(body);
                let detail = "The body must be application/scim+json or application/json.";
                return Err(Error::new(ErrorKind::UnsupportedMediaType, detail));
            }
        }
        let bytes = request::body(body).await?;
        // Nobody has set it: a request has one body.
        let _ = self.received.set(exchanges::shown(&bytes, self.caller.catalog.hidden()));
        // The reader refuses more than 128 levels by itself, so depth costs no stack.
        let read = serde_json::from_slice(&bytes);
        let body = read.map_err(|cause: serde_json::Error| {
            let unread = if cause.to_string().starts_with("number out of range") {
                "The body has a number that is too large."
            } else {
                "The body is not JSON, or is nested too deeply."
            };
            Error::new(ErrorKind::InvalidSyntax, unread)
        })?;
        self.see(Some(&body));
        Ok(body)
    }

    /// Keeps what was received and answered, for an operator who looks on.
    async fn keep(self, response: Response) -> Response {
        let (parts, body) = response.into_parts();
        // It is in memory already, whole.
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
        // More than is shown is not looked at, as far as it may be cut.
        let (answered, is_cut) = match body.is_empty() {
            true => (None, false),
            false => {
                let (text, is_cut) = exchanges::shown(body.get(..EXCHANGE_ANSWER_BYTES_LOOKED).unwrap_or(&body), &[]);
                (Some(text), is_cut || body.len() > EXCHANGE_ANSWER_BYTES_LOOKED)
            }
        };
        let (received, cut) = self.received.into_inner().map_or((None, is_cut), |(text, cut)| (Some(text), cut || is_cut));
        let user_agent = self.headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
        let user_agent = user_agent.map(|agent| agent.chars().take(USER_AGENT_CHARACTERS_MAX).collect());
        let request_id = self.request_id.as_ref().map(ToString::to_string).unwrap_or_default();
        let exchange = exchanges::Exchange { request_id, user_agent, received, answered, cut };
        self.app.exchanges.keep(self.caller.tenant.number(), self.now, exchange);
        Response::from_parts(parts, body.into())
    }

    /// Notes what the request shows of the client.
    fn see(&self, body: Option<&Value>) {
        let agent = self.headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
        // Two clients of one token that take turns are looked at each time, which costs a little and loses nothing.
        let has_adscimversion = self.headers.contains_key(ADSCIMVERSION);
        // Nor does looking now and then, so that it is known when it was last heard of.
        let hash = likeness((agent, has_adscimversion, self.slash_behind_base, self.now.as_millis() / CLIENT_HEARD_MS));
        if body.is_none() && self.uri.query().is_none() && self.caller.last_agent.swap(hash, Ordering::Relaxed) == hash {
            return;
        }
        let traits = Traits::of_request(self.method.as_str(), self.parameters(), Headers { user_agent: agent, has_adscimversion }, body);
        let whose = (self.caller.tenant.number(), self.caller.connection.number);
        let looks = Looks { traits, user_agent: agent, slash_behind_base: self.slash_behind_base };
        self.app.clients.see(whose, looks, self.now);
    }

    /// The error as an answer; 405 says what is allowed (RFC 9110 section 15.5.6).
    fn refuse(&self, error: &Error) -> Response {
        let mut response = refuse(error);
        if response.status().as_u16() == 405
            && let Ok(allow) = HeaderValue::from_str(self.target.allow())
        {
            response.headers_mut().insert(header::ALLOW, allow);
        }
        response
    }
}

/// Decodes a query.
fn parameters(query: &str) -> Vec<(String, String)> {
    let query = if plus_is_plus(query) { Cow::Owned(query.replace('+', "%2B")) } else { Cow::Borrowed(query) };
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

/// The error as an answer (RFC 7644 section 3.12).
fn refuse(error: &Error) -> Response {
    let told = error.to_scim();
    let kind = told.kind;
    let body = told.body().to_string();
    let mut response = answer::json(kind.status(), body.into_bytes());
    if kind == ErrorKind::Unauthorized {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response.extensions_mut().insert(Detail(error.to_string()));
    note_cause(&mut response, error);
    response
}
