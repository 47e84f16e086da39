//! The cookies: that of a session, that of a visitor who is about to sign in, and that of somebody who is at the provider of single sign-on.
//!
//! Knows nothing of what a cookie's value opens.

use axum::http::{HeaderMap, HeaderValue, header};

use crate::http::App;
use crate::limits::SESSION_MS_MAX;
use crate::sign_on::limits::SIGN_ON_MS_MAX;

/// A cookie of ours.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cookie {
    /// The session.
    Session,
    /// A visitor's, against whom a form of the sign-in page is checked.
    Visitor,
    /// That of a sign-in that goes by the provider of single sign-on.
    SignOn,
}

impl Cookie {
    /// Its name. The prefix has browsers take it from this host only, and over TLS only (RFC 6265bis section 4.1.3.2).
    fn name(self, app: &App) -> &'static str {
        match (self, app.is_secure()) {
            (Self::Session, true) => "__Host-doorlist_session",
            (Self::Session, false) => "doorlist_session",
            (Self::Visitor, true) => "__Host-doorlist_visitor",
            (Self::Visitor, false) => "doorlist_visitor",
            (Self::SignOn, true) => "__Host-doorlist_sign_on",
            (Self::SignOn, false) => "doorlist_sign_on",
        }
    }

    /// Its value in a request.
    pub(super) fn read(self, app: &App, headers: &HeaderMap) -> Option<String> {
        let name = self.name(app);
        let values = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs = values.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(found, _)| *found == name).map(|(_, value)| value.to_owned())
    }

    /// The header that sets it.
    pub(super) fn set(self, app: &App, value: &str) -> Option<HeaderValue> {
        let seconds = match self {
            Self::Session | Self::Visitor => SESSION_MS_MAX / 1_000,
            Self::SignOn => SIGN_ON_MS_MAX / 1_000,
        };
        self.header(app, value, &format!("Max-Age={seconds}; "))
    }

    /// The header that takes it away.
    pub(super) fn clear(self, app: &App) -> Option<HeaderValue> {
        self.header(app, "", "Max-Age=0; ")
    }

    fn header(self, app: &App, value: &str, age: &str) -> Option<HeaderValue> {
        let secure = if app.is_secure() { "Secure; " } else { "" };
        // Who comes back from the provider comes from another site, and brings no strict cookie along.
        let site = if matches!(self, Self::SignOn) { "Lax" } else { "Strict" };
        let text = format!("{}={value}; Path=/; {age}{secure}HttpOnly; SameSite={site}", self.name(app));
        // Values of ours are letters, digits, underscores, hyphens and dots.
        HeaderValue::from_str(&text).ok()
    }
}
