//! Signing in with an API key, staying signed in, and signing out.
//!
//! Knows nothing of the pages behind the door.

use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use doorlist_scim::ErrorKind;
use maud::html;

use super::cookies::Cookie;
use super::form::{CSRF, Csrf, Form};
use super::page::{Answer, document, redirect, respond};
use super::visit::{Visit, with_query};
use super::{DASHBOARD_BASE, Route, form, parts, sign_on};
use crate::activity::Entry;
use crate::auth::Operator;
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::http::request::RequestId;
use crate::http::{App, note_cause};
use crate::limits::{SIGN_IN_FAILURE_MS, SIGN_IN_FAILURES_MAX};
use crate::secret::{Purpose, Secret};

/// Where one signs out, below the dashboard's address.
pub(super) const SIGN_OUT: &str = "/sign-out";

/// The query parameter of the page for signing in that says that a form came when nobody was signed in any more.
const ENDED: &str = "ended";

/// An open session.
#[derive(Clone)]
pub(super) struct SignedIn {
    pub(super) operator: Arc<Operator>,
    pub(super) csrf: Csrf,
    secret: Secret,
}

/// Attempts to sign in that failed lately, of everybody together.
#[derive(Default)]
pub(in crate::http) struct Attempts(Mutex<Failed>);

#[derive(Default)]
struct Failed {
    count: u32,
    /// Up to when failures have been forgotten.
    forgotten: Timestamp,
}

impl Attempts {
    fn failed(&self, now: Timestamp) -> std::sync::MutexGuard<'_, Failed> {
        let mut failed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let passed = now.as_millis().saturating_sub(failed.forgotten.as_millis()).max(0) / SIGN_IN_FAILURE_MS;
        failed.count = failed.count.saturating_sub(u32::try_from(passed).unwrap_or(u32::MAX));
        failed.forgotten = if failed.count == 0 { now } else { failed.forgotten.plus_millis(passed * SIGN_IN_FAILURE_MS) };
        failed
    }

    /// Refuses an attempt after too many that failed.
    fn check(&self, now: Timestamp) -> Result<()> {
        if self.failed(now).count < SIGN_IN_FAILURES_MAX {
            return Ok(());
        }
        Err(Error::new(ErrorKind::TooManyRequests, "Too many attempts failed. Wait some seconds and try again."))
    }

    fn fail(&self, now: Timestamp) {
        self.failed(now).count += 1;
    }
}

/// Who is signed in.
///
/// # Errors
/// 401 if nobody is.
pub(super) fn signed_in(app: &App, headers: &HeaderMap) -> Result<SignedIn> {
    let cookie = Cookie::Session.read(app, headers).and_then(|value| Secret::parse(Purpose::Session, &value));
    let secret = cookie.ok_or_else(|| Error::new(ErrorKind::Unauthorized, "Sign in first."))?;
    let operator = Arc::new(app.authenticator.session(&secret)?);
    Ok(SignedIn { operator, csrf: Csrf::of(&secret), secret })
}

/// Sends whoever is not signed in to the page for it, and back afterwards: to where they wanted to look, or to the page with the form that they sent. What a form
/// had is not kept, and the page says so.
pub(super) fn ask(app: &App, parts: &Parts, route: &Route) -> Response {
    let address = app.link(&format!("{DASHBOARD_BASE}/sign-in"));
    let is_sent = parts.method != Method::GET;
    let mut query: Vec<(String, String)> = Vec::new();
    // Whoever wanted to sign out has what they wanted.
    if is_sent && route.path != SIGN_OUT {
        query.push((ENDED.to_owned(), "yes".to_owned()));
    }
    let wanted = if is_sent { Some(super::page_of(parts.uri.path())) } else { parts.uri.path_and_query().map(ToString::to_string) };
    query.extend(wanted.filter(|wanted| is_ours(wanted)).map(|wanted| ("next".to_owned(), wanted)));
    redirect(&with_query(&address, &query))
}

/// Whether an address is one of the dashboard's: nobody is sent elsewhere after signing in, nor by a path that leads up out of it.
pub(super) fn is_ours(address: &str) -> bool {
    let Some(below) = address.strip_prefix(DASHBOARD_BASE) else { return false };
    let path = below.split(['?', '#']).next().unwrap_or_default();
    // Browsers take these for dots, and let go what is no printed sign.
    let leads_up = |segment: &str| matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..");
    (below.is_empty() || below.starts_with(['/', '?']))
        && !address.contains(|letter: char| letter == '\\' || letter.is_control())
        && !path.split('/').any(leads_up)
}

/// The page on which one signs in.
pub(super) async fn show(State(app): State<App>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    if signed_in(&app, &parts.headers).is_ok() {
        return redirect(&app.link(DASHBOARD_BASE));
    }
    let query = form::pairs(parts.uri.query().unwrap_or_default().as_bytes());
    let has_ended = query.iter().any(|(name, _)| name == ENDED);
    let next = query.into_iter().find(|(name, _)| name == "next").map(|(_, next)| next).unwrap_or_default();
    whole_door(&app, &parts.headers, StatusCode::OK, &next, (None, has_ended))
}

/// The page, with what was refused.
pub(super) fn door(app: &App, headers: &HeaderMap, status: StatusCode, next: &str, error: Option<&Error>) -> Response {
    whole_door(app, headers, status, next, (error, false))
}

/// The page, with a visitor's cookie if there is none yet; says what was refused, or that a form came too late.
fn whole_door(app: &App, headers: &HeaderMap, status: StatusCode, next: &str, (error, has_ended): (Option<&Error>, bool)) -> Response {
    let known = Cookie::Visitor.read(app, headers).and_then(|value| Secret::parse(Purpose::Session, &value));
    let visitor = match known.map_or_else(|| Secret::generate(Purpose::Session), Ok) {
        Ok(visitor) => visitor,
        Err(error) => return super::failed(app, None, &error),
    };
    let content = html! {
        main.narrow id="main" {
            h1 { "Sign in to Doorlist" }
            (parts::refusal(error))
            @if has_ended { p.notice role="status" { "Your session has ended; sign in again. What you had typed was not sent." } }
            @if let Some(sign_on) = &app.sign_on {
                p { a.button.primary href=(sign_on::link(app, next)) { (sign_on.button) } }
                h2 { "Or with an API key" }
            }
            form method="post" action=(app.link(&format!("{DASHBOARD_BASE}/sign-in"))) {
                input type="hidden" name=(CSRF) value=(Csrf::of(&visitor).value());
                input type="hidden" name="next" value=(next);
                div.field {
                    label for="key" { "API key" }
                    input type="password" id="key" name="key" required autofocus autocomplete="current-password" spellcheck="false" aria-describedby="key-hint";
                    p.hint id="key-hint" {
                        "It begins with " code { "dl_key_" } ". The server printed the first one when it was started for the first time; owners make more, for one tenant under its Settings, for all on the start page."
                    }
                }
                p { button.primary type="submit" { "Sign in" } }
            }
        }
    };
    let mut response = respond(app, status, document(app, "Sign in", None, &content));
    if let Some(cookie) = Cookie::Visitor.set(app, &visitor.to_string()) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    if let Some(error) = error {
        note_cause(&mut response, error);
    }
    if status == StatusCode::TOO_MANY_REQUESTS {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(SIGN_IN_FAILURE_MS / 1_000));
    }
    response
}

/// Signs in.
pub(super) async fn sign_in(State(app): State<App>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let form = match form::read(&parts.headers, body).await {
        Ok(form) => form,
        Err(error) => return super::failed(&app, None, &error),
    };
    let next = form.text("next").to_owned();
    match open(&app, &parts, &form).await {
        Ok(secret) => {
            let to = if is_ours(&next) { next.as_str() } else { DASHBOARD_BASE };
            let mut response = redirect(&app.link(to));
            let cookies = [Cookie::Session.set(&app, &secret.to_string()), Cookie::Visitor.clear(&app)];
            for cookie in cookies.into_iter().flatten() {
                response.headers_mut().append(header::SET_COOKIE, cookie);
            }
            response
        }
        Err(error) => door(&app, &parts.headers, crate::http::admin::ask::status(&error), &next, Some(&error)),
    }
}

async fn open(app: &App, parts: &Parts, form: &Form) -> Result<Secret> {
    let visitor = Cookie::Visitor.read(app, &parts.headers).and_then(|value| Secret::parse(Purpose::Session, &value));
    if !visitor.is_some_and(|visitor| Csrf::of(&visitor).is_answered_by(form)) {
        return Err(form::not_ours());
    }
    let now = app.clock.now();
    let request_id = RequestId::of(&parts.extensions)?;
    let signed_in = app.authenticator.sign_in(form.text("key"), |operator| entry(operator, now, "sign-in", &request_id)).await;
    signed_in.map_err(|error| {
        if error.kind() != crate::error::Kind::Scim(ErrorKind::Unauthorized) {
            return error;
        }
        let detail = "This key opens nothing. Check that all of it was copied, and that it has not been deleted.";
        failure(app, now, &request_id, Error::new(ErrorKind::Unauthorized, detail))
    })
}

/// Counts an attempt that failed, and says what whoever made it is told.
pub(super) fn failure(app: &App, now: Timestamp, request_id: &RequestId, error: Error) -> Error {
    // Only of those who fail, so that a stranger who keeps trying locks nobody out.
    if let Err(too_many) = app.attempts.check(now) {
        return too_many;
    }
    app.attempts.fail(now);
    tracing::warn!(%request_id, "an attempt to sign in failed");
    error
}

/// The activity entry of signing in or out.
pub(super) fn entry(operator: &Operator, now: Timestamp, what: &str, request_id: &RequestId) -> Entry {
    Entry {
        sequence: 0,
        at: now,
        actor: operator.actor(),
        action: format!("POST {DASHBOARD_BASE}/{what}"),
        subject: None,
        query: None,
        status: StatusCode::SEE_OTHER.as_u16(),
        detail: None,
        request_id: request_id.as_str().to_owned(),
        count: 1,
    }
}

/// Signs out.
pub(super) async fn sign_out(visit: Visit) -> Result<Answer> {
    let secret = visit.signed_in().secret.clone();
    let entry = entry(&visit.operator, visit.now, "sign-out", visit.request_id());
    visit.app.authenticator.sign_out(secret, &visit.operator, entry).await?;
    Ok(Answer::SignOut(visit.app.link(&format!("{DASHBOARD_BASE}/sign-in"))))
}

/// The answer to whoever signed out.
pub(super) fn signed_out(app: &App, to: &str) -> Response {
    let mut response = redirect(to);
    if let Some(cookie) = Cookie::Session.clear(app) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_elsewhere() {
        for (address, ours) in [
            ("/dashboard", true),
            ("/dashboard/tenants/x?y=z", true),
            ("/dashboard?a=b", true),
            ("/dashboards", false),
            ("https://example.com/dashboard", false),
            ("//example.com/dashboard", false),
            ("/dashboard/\\example.com", false),
            ("/dashboard/../evil", false),
            ("/dashboard/../../evil", false),
            ("/dashboard/tenants/..", false),
            ("/dashboard/..?a=b", false),
            ("/dashboard/.%2E/evil", false),
            ("/dashboard/%2e%2e/evil", false),
            ("/dashboard/.\t./evil", false),
            ("/dashboard/tenants/x?y=../z", true),
            ("/dashboard/tenants/x/plugins/a..b/1.0.0", true),
            ("", false),
        ] {
            assert_eq!(is_ours(address), ours, "{address}");
        }
    }

    #[test]
    fn failures_are_counted_and_forgotten() {
        let (attempts, now) = (Attempts::default(), Timestamp::from_millis(1_000_000));
        (0..SIGN_IN_FAILURES_MAX).for_each(|_| {
            attempts.check(now).unwrap();
            attempts.fail(now);
        });
        attempts.check(now).unwrap_err();
        attempts.check(now.plus_millis(SIGN_IN_FAILURE_MS - 1)).unwrap_err();
        attempts.check(now.plus_millis(SIGN_IN_FAILURE_MS)).unwrap();
    }
}
