//! HTTP exchanges whose answers are held against what the demo expects.

use std::fmt;
use std::time::Duration;

use serde_json::Value;
use ureq::http::Request;

use crate::http::ADMIN_BASE;
use crate::limits::{DEMO_ANSWER_BYTES_MAX, DEMO_EXCHANGE_S_MAX, DEMO_SHOWN_CHARS_MAX};

/// Who sends requests.
pub(super) struct Caller {
    agent: ureq::Agent,
    base: String,
    secret: String,
    media_type: &'static str,
}

/// A request whose answer was not the expected one.
#[derive(Debug)]
pub(super) struct Refusal {
    request: String,
    body: Option<Value>,
    answer: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "> {}", self.request)?;
        if let Some(body) = &self.body {
            writeln!(out, "> {body}")?;
        }
        for line in self.answer.lines() {
            writeln!(out, "< {line}")?;
        }
        Ok(())
    }
}

impl Caller {
    /// The operator with `key` of the server at `url`. Paths are below the admin API's.
    pub(super) fn operator(url: &str, key: &str) -> Self {
        Self::new(format!("{url}{ADMIN_BASE}"), key, "application/json")
    }

    /// The identity provider's client with `token`. Paths are below its base URL.
    pub(super) fn client(base_url: &str, token: &str) -> Self {
        Self::new(base_url.to_owned(), token, "application/scim+json")
    }

    fn new(base: String, secret: &str, media_type: &'static str) -> Self {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(Duration::from_secs(DEMO_EXCHANGE_S_MAX)))
            .build()
            .new_agent();
        Self { agent, base, secret: secret.to_owned(), media_type }
    }

    /// Sends a request without body and gives the answer's body; null if it has none.
    pub(super) fn ask(&self, method: &str, path: &str, expected: &[u16]) -> Result<Value, Refusal> {
        self.exchange(method, path, None, expected)
    }

    /// Sends a request with `body` and gives the answer's body; null if it has none.
    pub(super) fn send(&self, method: &str, path: &str, body: Value, expected: &[u16]) -> Result<Value, Refusal> {
        self.exchange(method, path, Some(body), expected)
    }

    fn exchange(&self, method: &str, path: &str, body: Option<Value>, expected: &[u16]) -> Result<Value, Refusal> {
        let (status, text) = match self.transfer(method, path, body.as_ref()) {
            Ok(answer) => answer,
            Err(error) => return Err(self.refusal(method, path, body, format!("(no answer: {error})"))),
        };
        // An empty body is no JSON, and null is what callers are promised for it.
        let json: Option<Value> = if text.is_empty() { Some(Value::Null) } else { serde_json::from_str(&text).ok() };
        match json {
            Some(json) if expected.contains(&status) => Ok(json),
            _ => {
                let shown: String = text.chars().take(DEMO_SHOWN_CHARS_MAX).collect();
                Err(self.refusal(method, path, body, format!("{status}\n{shown}")))
            }
        }
    }

    fn transfer(&self, method: &str, path: &str, body: Option<&Value>) -> Result<(u16, String), ureq::Error> {
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header("authorization", format!("Bearer {}", self.secret))
            .header("accept", self.media_type);
        let mut answer = match body {
            Some(body) => self.agent.run(request.header("content-type", self.media_type).body(body.to_string())?)?,
            None => self.agent.run(request.body(())?)?,
        };
        let text = answer.body_mut().with_config().limit(DEMO_ANSWER_BYTES_MAX).read_to_string()?;
        Ok((answer.status().as_u16(), text))
    }

    /// What is shown of an exchange that went wrong: never the secret.
    pub(super) fn refusal(&self, method: &str, path: &str, body: Option<Value>, answer: String) -> Refusal {
        Refusal { request: format!("{method} {}{path}", self.base), body, answer }
    }

    /// The text at `key` of an answer to `request`, which must have it.
    pub(super) fn text(&self, request: &str, answer: &Value, key: &str) -> Result<String, Refusal> {
        let text = answer.get(key).and_then(Value::as_str).map(str::to_owned);
        text.ok_or_else(|| self.refusal(request, "", None, format!("(no text at \"{key}\")\n{answer}")))
    }
}
