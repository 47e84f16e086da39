//! The dashboard: pages for operators, made on the server, that work without a script.
//!
//! It is a client of the admin API without a socket between: a page asks endpoints ([`Visit::ask`]) and shows what they answer, so what an operator may, what
//! is refused and what the log says is the same here as there. Reading order: [`pages`] is the one table of pages; a request becomes a [`Visit`] once it is
//! known who is signed in and, if it changes something, that it comes from a page of ours; what a page answers is a [`page::Answer`].
//!
//! Knows no row and no rule.

mod ask_first;
mod assets;
mod checks;
mod cookies;
mod file;
mod form;
mod happened;
mod home;
mod integrations;
mod limits;
mod names;
mod page;
mod parts;
mod plugin_settings;
mod plugins;
mod policies;
mod schema_form;
mod settings;
mod sign_in;
mod sign_on;
mod team;
mod unshown;
mod visit;

use std::collections::BTreeSet;
use std::pin::Pin;

use axum::Router;
use axum::extract::{FromRequestParts, RawPathParams, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, Uri, header};
use axum::response::Response;
use axum::routing::{MethodFilter, get};
use axum::routing::{MethodRouter, on};

pub(super) use self::checks::Checks;
use self::form::Form;
use self::page::{Answer, shell};
pub(super) use self::sign_in::Attempts;
pub use self::sign_on::SIGN_ON_CALLBACK;
pub(super) use self::unshown::Unshown;
use self::visit::Visit;
use super::admin::ask::too_small;
use super::request::{self, RequestId};
use super::{App, note_cause};
use crate::admin::keys::Role;
use crate::error::{Error, Kind, Result};
use doorlist_scim::ErrorKind;

/// Where the dashboard is served.
pub(super) const DASHBOARD_BASE: &str = "/dashboard";

/// What makes a page.
type Run = Box<dyn Fn(Visit) -> Pin<Box<dyn Future<Output = Result<Answer>> + Send>> + Send + Sync>;

/// One page, or one thing that a form does.
pub(super) struct Route {
    method: Method,
    path: &'static str,
    /// Whether the form sends a file.
    takes_file: bool,
    /// Who may less than this, if anything, is refused before anything is asked.
    needs: Option<Role>,
    run: Run,
}

impl Route {
    /// A page to look at.
    fn get<F: Future<Output = Result<Answer>> + Send + 'static>(path: &'static str, run: fn(Visit) -> F) -> Self {
        Self { method: Method::GET, path, takes_file: false, needs: None, run: Box::new(move |visit| Box::pin(run(visit))) }
    }

    /// What a form does.
    fn post<F: Future<Output = Result<Answer>> + Send + 'static>(path: &'static str, run: fn(Visit) -> F) -> Self {
        Self { method: Method::POST, path, takes_file: false, needs: None, run: Box::new(move |visit| Box::pin(run(visit))) }
    }

    /// What a form does that sends a file.
    fn upload<F: Future<Output = Result<Answer>> + Send + 'static>(path: &'static str, run: fn(Visit) -> F) -> Self {
        Self { takes_file: true, ..Self::post(path, run) }
    }

    /// The same for those who may change something: a page that is of no use to others, or a step before anything is asked. Whatever asks for a change needs
    /// no such word: the API refuses it, and its log tells of that.
    fn to_change(self) -> Self {
        Self { needs: Some(Role::Admin), ..self }
    }
}

/// Every page for who is signed in.
fn pages() -> Vec<Route> {
    let own = [
        home::pages(),
        integrations::pages(),
        team::pages(),
        policies::pages(),
        plugins::pages(),
        happened::pages(),
        settings::pages(),
        plugin_settings::pages(),
    ];
    own.into_iter().flatten().collect()
}

/// Every page for who is signed in and everything that a form of theirs does: method and path, with its variable parts in braces, such as
/// `GET /dashboard/tenants/{tenant}/users`. Whoever checks something on every page goes by this.
pub fn routes() -> Vec<String> {
    let line = |route: Route| format!("{} {DASHBOARD_BASE}{}", route.method, route.path);
    pages().into_iter().map(line).collect()
}

/// Serves the dashboard.
pub(super) fn router() -> Router<App> {
    let mut router = Router::new()
        .route("/", get(async |State(app): State<App>| page::redirect(&app.link(DASHBOARD_BASE))))
        .route(&format!("{DASHBOARD_BASE}/sign-in"), get(sign_in::show).post(sign_in::sign_in))
        .route(sign_on::SIGN_ON, get(sign_on::begin))
        .route(SIGN_ON_CALLBACK, get(sign_on::come_back))
        .route(&format!("{DASHBOARD_BASE}/assets/{{name}}"), get(assets::serve));
    for route in pages() {
        let filter = if route.method == Method::POST { MethodFilter::POST } else { MethodFilter::GET };
        let path = format!("{DASHBOARD_BASE}{}", route.path);
        // Kept as long as the process: the table is built once.
        let route: &'static Route = Box::leak(Box::new(route));
        let answer = move |State(app): State<App>, request: Request| answer(app, route, request);
        let method: MethodRouter<App> = on(filter, answer);
        router = router.route(path.trim_end_matches('/'), method);
    }
    for path in forms_alone() {
        router = router.route(&format!("{DASHBOARD_BASE}{path}"), get(above));
    }
    router.route(&format!("{DASHBOARD_BASE}/{{*rest}}"), get(nothing))
}

/// Paths that a form is sent to and where there is no page.
fn forms_alone() -> BTreeSet<&'static str> {
    let (looked_at, sent_to): (Vec<Route>, Vec<Route>) = pages().into_iter().partition(|route| route.method == Method::GET);
    let looked_at: BTreeSet<&str> = looked_at.iter().map(|route| route.path).collect();
    sent_to.iter().map(|route| route.path).filter(|path| !looked_at.contains(path)).collect()
}

/// Leads from where a form was sent to the page above it: whoever reloads an answer by its address, or comes back to it, wants to go on from there.
async fn above(State(app): State<App>, uri: Uri) -> Response {
    page::redirect(&app.link(&page_of(uri.path())))
}

/// The page that a form was on, by where it was sent: the page that has this address, or else the first on the way up.
fn page_of(address: &str) -> String {
    let pages = pages();
    // Of a page with a variable part any value will do, since it is only about its shape.
    let is_page = |path: &str| pages.iter().any(|route| route.method == Method::GET && is_of(route.path, path));
    let mut path = address.strip_prefix(DASHBOARD_BASE).unwrap_or_default();
    while !is_page(path) {
        let Some((rest, _)) = path.rsplit_once('/') else { break };
        path = rest;
    }
    format!("{DASHBOARD_BASE}{path}")
}

/// Whether a path is one of those that a route's path stands for.
fn is_of(route: &str, path: &str) -> bool {
    let (route, path) = (route.trim_end_matches('/').split('/'), path.split('/'));
    route.clone().count() == path.clone().count() && route.zip(path).all(|(part, own)| part.starts_with('{') || part == own)
}

/// There is no such page. Below a tenant that somebody reaches, its navigation stays.
async fn nothing(State(app): State<App>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let frame = match sign_in::signed_in(&app, &parts.headers) {
        Ok(signed_in) => frame_at(&app, &parts, signed_in).await,
        Err(_) => None,
    };
    failed(&app, frame.as_ref(), &Error::not_found("page"))
}

/// What is around an address that is no page.
async fn frame_at(app: &App, parts: &Parts, signed_in: sign_in::SignedIn) -> Option<page::Frame> {
    let below = parts.uri.path().strip_prefix(DASHBOARD_BASE)?.strip_prefix("/tenants/")?;
    let tenant = below.split('/').next().unwrap_or_default().to_owned();
    let path = vec![("tenant".to_owned(), tenant)];
    let request_id = RequestId::of(&parts.extensions).ok()?;
    let visit = Visit::begin(app, signed_in, parts.uri.path(), (path, Vec::new(), Form::default()), request_id).await;
    visit.ok().map(|visit| visit.frame())
}

/// Answers a request for a page.
async fn answer(app: App, route: &'static Route, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let signed_in = match sign_in::signed_in(&app, &parts.headers) {
        Ok(signed_in) => signed_in,
        Err(error) if error.kind() == Kind::Scim(ErrorKind::Unauthorized) => {
            request::discard(body);
            return sign_in::ask(&app, &parts, route);
        }
        Err(error) => return failed(&app, None, &error),
    };
    let form = if route.takes_file {
        let path = path_of(&mut parts).await.unwrap_or_default();
        let tenant = path.iter().find(|(name, _)| name == "tenant").map_or("", |(_, value)| value.as_str());
        file::read(&app, tenant, &parts.headers, body, &signed_in).await
    } else {
        form::read(&parts.headers, body).await
    };
    let form = match (&route.method, form) {
        (&Method::GET, _) => Form::default(),
        (_, Ok(form)) => form,
        (_, Err(error)) => return unread(&app, &parts, &error),
    };
    if route.method != Method::GET && !signed_in.csrf.is_answered_by(&form) {
        return unread(&app, &parts, &form::not_ours());
    }
    let visit = match visit(&app, &mut parts, signed_in, form).await {
        Ok(visit) => visit,
        Err(error) => return failed(&app, None, &error),
    };
    let frame = visit.frame();
    if let Some(needs) = route.needs.filter(|needs| !visit.may(*needs)) {
        return failed(&app, Some(&frame), &too_small(needs, visit.operator.person.is_some()));
    }
    if let Some(question) = ask_first::question(route, &visit) {
        return page::respond(&app, StatusCode::OK, shell(&frame, &ask_first::page(&visit, question)));
    }
    match (route.run)(visit).await {
        Ok(Answer::Page(page)) => page::respond(&app, StatusCode::OK, shell(&frame, &page)),
        // What was typed is on it, so it is not loaded again by itself.
        Ok(Answer::Refused(status, page)) => page::respond(&app, status, shell(&frame, &page::Page { live: None, ..page })),
        Ok(Answer::Redirect(to)) => page::redirect(&to),
        Ok(Answer::SignOut(to)) => sign_in::signed_out(&app, &to),
        Err(error) => failed(&app, Some(&frame), &error),
    }
}

async fn visit(app: &App, parts: &mut Parts, signed_in: sign_in::SignedIn, form: Form) -> Result<Visit> {
    let path = path_of(parts).await?;
    let request_id = RequestId::of(&parts.extensions)?;
    let query = form::pairs(parts.uri.query().unwrap_or_default().as_bytes());
    Visit::begin(app, signed_in, parts.uri.path(), (path, query, form), request_id).await
}

/// The variable parts of the path.
async fn path_of(parts: &mut Parts) -> Result<Vec<(String, String)>> {
    let params = RawPathParams::from_request_parts(parts, &()).await.map_err(|_| Error::not_found("page"))?;
    Ok(params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

/// The page that tells of an error.
fn failed(app: &App, frame: Option<&page::Frame>, error: &Error) -> Response {
    told(app, frame, error, None)
}

/// The page that tells why a form was not even read, with the way to the page that it was on.
fn unread(app: &App, parts: &Parts, error: &Error) -> Response {
    told(app, None, error, Some(&app.link(&page_of(parts.uri.path()))))
}

fn told(app: &App, frame: Option<&page::Frame>, error: &Error, on: Option<&str>) -> Response {
    let status = super::admin::ask::status(error);
    let mut response = page::respond(app, status, page::error(app, frame, status, error, on));
    note_cause(&mut response, error);
    response
}

/// Headers of every answer of the dashboard: nothing but our own style and script runs, nobody frames a page or learns its address.
fn protect(response: &mut Response) {
    let headers = response.headers_mut();
    let policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; \
                  frame-ancestors 'none'";
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
}
