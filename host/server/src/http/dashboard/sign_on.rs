//! Signing in by single sign-on: off to the provider, and back.
//!
//! The way off sets a cookie that other sites' links bring along, since the way back is one. The way back sets the session's, which they do not: so it answers with a
//! page that goes on from here. Knows nothing of what the provider is asked.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::Response;
use doorlist_scim::ErrorKind;

use super::cookies::Cookie;
use super::page::{passage, redirect, respond};
use super::sign_in::{door, entry, failure, is_ours, signed_in};
use super::visit::with_query;
use super::{DASHBOARD_BASE, form};
use crate::activity::Entry;
use crate::error::{Error, Kind, Result};
use crate::http::App;
use crate::http::admin::ask::status;
use crate::http::request::RequestId;
use crate::secret::Secret;
use crate::sign_on::limits::PROVIDER_WORDS_CHARACTERS_MAX;
use crate::sign_on::{Flow, SignOn};

/// The address of the button.
pub(super) const SIGN_ON: &str = "/dashboard/single-sign-on";

/// The address to which the provider sends people back, below the public URL.
pub const SIGN_ON_CALLBACK: &str = "/dashboard/single-sign-on/callback";

/// Where the button leads for somebody who wants to go to `next`.
pub(super) fn link(app: &App, next: &str) -> String {
    let next = (!next.is_empty()).then(|| ("next".to_owned(), next.to_owned()));
    with_query(&app.link(SIGN_ON), &next.into_iter().collect::<Vec<_>>())
}

/// Sends somebody to the provider.
pub(super) async fn begin(State(app): State<App>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let Some(sign_on) = app.sign_on.clone() else {
        return super::failed(&app, None, &Error::not_found("page"));
    };
    if signed_in(&app, &parts.headers).is_ok() {
        return redirect(&app.link(DASHBOARD_BASE));
    }
    let next = parameter(&parts, "next").filter(|next| is_ours(next)).unwrap_or_default();
    match leave(&app, sign_on, &next).await {
        Ok((flow, address)) => {
            let mut response = redirect(&address);
            if let Some(cookie) = Cookie::SignOn.set(&app, flow.cookie()) {
                response.headers_mut().append(header::SET_COOKIE, cookie);
            }
            response
        }
        Err(error) => door(&app, &parts.headers, status(&error), &next, Some(&error)),
    }
}

async fn leave(app: &App, sign_on: Arc<SignOn>, next: &str) -> Result<(Flow, String)> {
    let flow = Flow::begin(app.clock.now(), next)?;
    waiting(app, move || sign_on.address(&flow).map(|address| (flow, address))).await
}

/// Runs what waits for the provider. Whoever hangs up meanwhile takes up the place until it is done.
async fn waiting<T: Send + 'static>(app: &App, work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let busy = |_| Error::new(ErrorKind::Unavailable, "Too many people are signing in at this moment. Try again in some seconds.");
    let place = Arc::clone(&app.signing_on).try_acquire_owned().map_err(busy)?;
    let waiting = tokio::task::spawn_blocking(move || {
        let _place = place;
        work()
    });
    waiting.await.map_err(Error::internal)?
}

/// Lets in whom the provider sends back.
pub(super) async fn come_back(State(app): State<App>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let Some(sign_on) = app.sign_on.clone() else {
        return super::failed(&app, None, &Error::not_found("page"));
    };
    let flow = Cookie::SignOn.read(&app, &parts.headers).and_then(|cookie| Flow::read(&cookie, app.clock.now()));
    let next = flow.as_ref().map(|flow| flow.next().to_owned()).filter(|next| is_ours(next)).unwrap_or_default();
    let mut response = match enter(&app, sign_on, flow, &parts).await {
        Ok(secret) => {
            let to = if next.is_empty() { DASHBOARD_BASE } else { next.as_str() };
            let mut response = respond(&app, StatusCode::OK, passage(&app, "You are signed in", &app.link(to)));
            let cookies = [Cookie::Session.set(&app, &secret.to_string()), Cookie::Visitor.clear(&app)];
            for cookie in cookies.into_iter().flatten() {
                response.headers_mut().append(header::SET_COOKIE, cookie);
            }
            response
        }
        Err(error) => door(&app, &parts.headers, status(&error), &next, Some(&error)),
    };
    // It has come back, however it ended.
    if let Some(cookie) = Cookie::SignOn.clear(&app) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

async fn enter(app: &App, sign_on: Arc<SignOn>, flow: Option<Flow>, parts: &Parts) -> Result<Secret> {
    let (now, request_id) = (app.clock.now(), RequestId::of(&parts.extensions)?);
    let failed = |error: Error| if is(&error, ErrorKind::Unauthorized) { failure(app, now, &request_id, error) } else { error };
    let state = parameter(parts, "state").unwrap_or_default();
    let flow = flow.filter(|flow| flow.is_answered_by(&state)).ok_or_else(|| failed(not_begun()))?;
    if !sign_on.spend(&flow) || parameter(parts, "iss").is_some_and(|issuer| !sign_on.is_issuer(&issuer)) {
        return Err(failed(not_begun()));
    }
    if let Some(said) = parameter(parts, "error") {
        return Err(failed(refused(&said, parameter(parts, "error_description"))));
    }
    let code = parameter(parts, "code").filter(|code| !code.is_empty()).ok_or_else(|| failed(not_begun()))?;
    let proof = waiting(app, move || sign_on.prove(&flow, &code)).await.map_err(failed)?;
    let subject = proof.person.subject.clone();
    let action = format!("GET {SIGN_ON_CALLBACK}");
    let entry = |operator: &_| Entry { action, status: StatusCode::OK.as_u16(), ..entry(operator, now, "sign-in", &request_id) };
    app.authenticator.sign_on(proof, entry).await.map_err(|error| {
        if is(&error, ErrorKind::Forbidden) {
            tracing::warn!(%request_id, subject, "the provider of single sign-on knows somebody to whom nothing is granted");
        }
        error
    })
}

fn is(error: &Error, kind: ErrorKind) -> bool {
    error.kind() == Kind::Scim(kind)
}

/// A parameter of the query; `None` if it comes more than once, which no provider does.
fn parameter(parts: &Parts, name: &str) -> Option<String> {
    let mut found = form::pairs(parts.uri.query().unwrap_or_default().as_bytes()).into_iter().filter(|(other, _)| other == name);
    found.next().filter(|_| found.next().is_none()).map(|(_, value)| value)
}

fn not_begun() -> Error {
    let detail = "This sign-in was not begun in this browser, is too old, or was finished before. Begin it again.";
    Error::new(ErrorKind::Unauthorized, detail)
}

/// What the provider refused, by the code of its answer (RFC 6749 section 4.1.2.1, OpenID Connect Core 1.0 section 3.1.2.6). Its own words go to the log only.
fn refused(said: &str, description: Option<String>) -> Error {
    let detail = match said {
        "access_denied" => "The provider of single sign-on did not let you through, or you turned back there.",
        "login_required" | "interaction_required" | "account_selection_required" | "consent_required" => {
            "The provider of single sign-on wants you to sign in there first. Begin again."
        }
        "server_error" | "temporarily_unavailable" => {
            "The provider of single sign-on has a problem of its own. Try again later, or sign in with an API key."
        }
        _ => {
            "The provider of single sign-on refuses this server's request. The server's log says why; somebody has to set it right at the provider."
        }
    };
    let shown = |text: &str| -> String { text.chars().filter(|letter| !letter.is_control()).take(PROVIDER_WORDS_CHARACTERS_MAX).collect() };
    Error::new(ErrorKind::Unauthorized, detail).with_cause(format!(
        "the provider answers {}: {}",
        shown(said),
        shown(&description.unwrap_or_default())
    ))
}
