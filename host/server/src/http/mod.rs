//! The edges. The only module that names the web framework.
//!
//! [`router`] puts them together: SCIM below `/scim/v2`, the admin API below `/api/v1`, the dashboard below `/dashboard`, `/healthz`. [`serve()`] runs them on a listener until a
//! stop signal. What every request goes through stands here: its id, the bound on its path, the spelling of its path, and the
//! one log line of an error's cause.
//!
//! An edge only translates. It knows nothing of rows, and what a request means is decided behind it.

mod admin;
mod dashboard;
mod listener;
pub mod request;
pub mod scim;
mod serve;
#[cfg(test)]
mod tests;

use std::ops::Deref;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::uri::PathAndQuery;
use axum::http::{Method, StatusCode, Uri};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use doorlist_scim::error::ERROR_URN;
use serde_json::json;
use tokio::sync::{Semaphore, watch};

pub use dashboard::{SIGN_ON_CALLBACK, routes as dashboard_routes};
pub use request::RequestId;
use scim::exchanges::Exchanges;
use scim::pace::Pace;
pub use serve::serve;

use crate::activity::Gatherer;
use crate::admin::deletion::Deletions;
use crate::admin::places::Places;
use crate::admin::plugins::Plugins;
use crate::auth::Authenticator;
use crate::client::Clients;
use crate::clock::Clock;
use crate::directory::HoldFigures;
use crate::error::Error;
use crate::id::Id;
use crate::limits::URI_BYTES_MAX;
use crate::policy::HostSettings;
use crate::provision::AllWalks;
use crate::secret;
use crate::sign_on::SignOn;
use crate::sign_on::limits::SIGN_ONS_AT_ONCE_MAX;
use crate::store::Store;

/// Where SCIM is served.
pub const SCIM_BASE: &str = "/scim/v2";

/// Where the admin API is served.
pub const ADMIN_BASE: &str = "/api/v1";

/// Everything that answers requests share. A clone is the same application.
#[derive(Clone)]
pub struct App(Arc<Shared>);

impl Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

/// What [`App`] is made of.
pub struct Shared {
    /// Tells the time.
    pub clock: Clock,
    /// Tells who is calling, and hands out what they reach.
    pub authenticator: Authenticator,
    /// The plugins that pipelines can name.
    pub plugins: Arc<Plugins>,
    /// Takes the activity of requests that change nothing.
    pub gatherer: Gatherer,
    /// How clients reach this installation: scheme, host and perhaps a path, without a slash at its end.
    pub public_url: Arc<str>,
    /// Where SCIM is: [`Shared::public_url`] with [`SCIM_BASE`].
    pub scim_base: Arc<str>,
    /// What SCIM clients are seen to do.
    pub clients: Clients,
    /// What they sent and were answered lately.
    pub exchanges: Exchanges,
    /// How fast SCIM clients may ask.
    pub pace: Pace,
    /// Where pages of SCIM lists ended lately.
    pub walks: AllWalks,
    /// The deletions that are under way.
    pub deletions: Deletions,
    /// The plans that are being computed.
    plans: Places,
    /// How many were held, and what was decided on them.
    pub holds: HoldFigures,
    /// For plugins that are being uploaded.
    uploads: Places,
    /// For explanations that are being made.
    explanations: Places,
    /// Attempts to sign in to the dashboard.
    attempts: dashboard::Attempts,
    /// Held by whoever makes a connection there: one at a time, so that of two presses the second sees what the first one made.
    connecting: tokio::sync::Mutex<()>,
    /// Secrets that it is about to show.
    unshown: dashboard::Unshown,
    /// Checks of plugins that it can show while they are made.
    checks: dashboard::Checks,
    /// Single sign-on, if it is configured.
    sign_on: Option<Arc<SignOn>>,
    /// For those who wait for its provider.
    signing_on: Arc<Semaphore>,
    /// For the threads that [`serve()`] starts, and for nothing that answers requests.
    store: Store,
    stopping: watch::Sender<bool>,
}

impl App {
    /// Puts an application together on `store`.
    ///
    /// `environment_key` is the operator key of the environment, `public_url` what [`Shared::public_url`] says, `scim_rate` what [`Pace::new`] does, `sandbox` how
    /// plugins are compiled, `sign_on` how operators sign in beside keys.
    pub fn new(
        store: Store,
        clock: Clock,
        environment_key: Option<&str>,
        public_url: &str,
        scim_rate: u32,
        sandbox: HostSettings,
        sign_on: Option<SignOn>,
    ) -> Self {
        let grants = sign_on.as_ref().map(|sign_on| Arc::clone(&sign_on.grants));
        Self(Arc::new(Shared {
            authenticator: Authenticator::new(store.clone(), clock.clone(), environment_key).granting(grants),
            clock,
            plugins: Arc::new(Plugins::new(sandbox)),
            gatherer: Gatherer::default(),
            public_url: public_url.trim_end_matches('/').into(),
            scim_base: format!("{}{SCIM_BASE}", public_url.trim_end_matches('/')).into(),
            clients: Clients::default(),
            exchanges: Exchanges::default(),
            pace: Pace::new(scim_rate),
            walks: AllWalks::default(),
            deletions: Deletions::default(),
            plans: Places::of_plans(),
            holds: HoldFigures::default(),
            uploads: Places::of_uploads(),
            explanations: Places::of_explanations(),
            attempts: dashboard::Attempts::default(),
            connecting: tokio::sync::Mutex::default(),
            unshown: dashboard::Unshown::default(),
            checks: dashboard::Checks::default(),
            sign_on: sign_on.map(Arc::new),
            signing_on: Arc::new(Semaphore::new(SIGN_ONS_AT_ONCE_MAX)),
            store,
            stopping: watch::Sender::new(false),
        }))
    }

    /// An address of ours for a browser: `path` behind the path of the public URL, without scheme and host.
    fn link(&self, path: &str) -> String {
        let behind = self.public_url.split_once("://").map_or("", |(_, behind)| behind);
        let base = behind.split_once('/').map_or("", |(_, base)| base);
        if base.is_empty() { path.to_owned() } else { format!("/{base}{path}") }
    }

    /// Whether browsers reach us over TLS.
    fn is_secure(&self) -> bool {
        self.public_url.starts_with("https://")
    }

    /// Waits until the server is told to stop, for requests that would otherwise wait for something else.
    pub async fn stopped(&self) {
        // An error means that the sender is gone, and this application holds one.
        let _ = self.stopping.subscribe().wait_for(|stopping| *stopping).await;
    }
}

/// Answers requests with `app`.
pub fn router(app: App) -> Router {
    let routes = Router::new()
        .route("/healthz", get(health))
        .route(SCIM_BASE, any(scim::handle))
        .route(&format!("{SCIM_BASE}/{{*rest}}"), any(scim::handle))
        .merge(admin::router())
        .merge(dashboard::router())
        .method_not_allowed_fallback(async || admin::problem::plain(StatusCode::METHOD_NOT_ALLOWED, "This is only to be read."))
        .fallback(async || admin::problem::plain(StatusCode::NOT_FOUND, "There is nothing here."))
        .with_state(app.clone());
    // Around the routes and not among them, since it decides under which path a request is routed.
    Router::new().fallback_service(routes).layer(from_fn_with_state(app, around))
}

/// Whether writes are durable: whoever keeps the process running should start it anew if not.
async fn health(State(app): State<App>) -> Response {
    if app.store.is_healthy() {
        return "ok".into_response();
    }
    admin::problem::plain(StatusCode::SERVICE_UNAVAILABLE, "The disk refused a write.")
}

/// The cause of an error, put on a response for the log.
#[derive(Clone)]
struct Cause(Arc<str>);

/// Hands the error's cause, if it has one, to the log. For every response that an edge makes of an error.
pub fn note_cause(response: &mut Response, error: &Error) {
    let Some(cause) = error.cause() else { return };
    let mut text = cause.to_string();
    let mut next = cause.source();
    while let Some(source) = next {
        text = format!("{text}: {source}");
        next = source.source();
    }
    response.extensions_mut().insert(Cause(text.into()));
}

/// The header with a request's id.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A request as the log shows it: a token may be where an id should.
fn shown(method: &Method, uri: &Uri) -> String {
    secret::hidden(&format!("{method} {}", uri.path()))
}

/// What every request goes through.
async fn around(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let sent = request.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok());
    let id = sent.and_then(RequestId::parse).unwrap_or_else(|| RequestId::new(Id::new(app.clock.now())));
    let (method, uri) = (request.method().clone(), request.uri().clone());
    request.extensions_mut().insert(id.clone());
    let mut response = match prepare(&mut request) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal,
    };
    let status = response.status().as_u16();
    match response.extensions_mut().remove::<Cause>() {
        Some(Cause(cause)) => {
            tracing::error!(request_id = %id, request = shown(&method, &uri), status, %cause, "a request failed")
        }
        None => tracing::debug!(request_id = %id, request = shown(&method, &uri), status, "a request was answered"),
    }
    let headers = response.headers_mut();
    // Ids are letters, digits and three signs, so this is a header value.
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        headers.insert(REQUEST_ID, value);
    }
    headers.entry(header::X_CONTENT_TYPE_OPTIONS).or_insert(HeaderValue::from_static("nosniff"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Put on a SCIM request that came with two slashes behind the base: its client was given the base URL with a slash at its end.
#[derive(Clone, Copy)]
struct SlashBehindBase;

/// Bounds the request's path and query, and gives the path its one spelling.
#[allow(clippy::result_large_err, reason = "a refusal is a response")]
fn prepare(request: &mut Request) -> Result<(), Response> {
    let uri = request.uri();
    let length = uri.path().len() + uri.query().map_or(0, str::len);
    if length > URI_BYTES_MAX {
        let detail = format!("Path and query together have more than {URI_BYTES_MAX} bytes.");
        return Err(refuse(uri, StatusCode::URI_TOO_LONG, &detail));
    }
    let has_slash_behind_base = uri.path().strip_prefix(SCIM_BASE).is_some_and(|below| below.starts_with("//"));
    if let Some(uri) = one_spelling(uri.path()).and_then(|path| with_path(uri, &path)) {
        *request.uri_mut() = uri;
    }
    if has_slash_behind_base {
        request.extensions_mut().insert(SlashBehindBase);
    }
    Ok(())
}

fn with_path(uri: &Uri, path: &str) -> Option<Uri> {
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(format!("{path}{query}")).ok()?);
    Uri::from_parts(parts).ok()
}

/// The path without doubled slashes and without one at its end: clients put base URLs and paths together carelessly. `None` if that
/// is how it is spelled already.
fn one_spelling(path: &str) -> Option<String> {
    if !path.contains("//") && (path.len() <= 1 || !path.ends_with('/')) {
        return None;
    }
    let mut spelled = String::with_capacity(path.len());
    for part in path.split('/').filter(|part| !part.is_empty()) {
        spelled.push('/');
        spelled.push_str(part);
    }
    Some(if spelled.is_empty() { "/".to_owned() } else { spelled })
}

/// A refusal before any edge was asked, in the form of the edge that the path belongs to.
fn refuse(uri: &Uri, status: StatusCode, detail: &str) -> Response {
    let below = one_spelling(uri.path()).unwrap_or_else(|| uri.path().to_owned());
    if below != SCIM_BASE && !below.starts_with(&format!("{SCIM_BASE}/")) {
        return admin::problem::plain(status, detail);
    }
    // RFC 7644 section 3.12.
    let body = json!({"schemas": [ERROR_URN], "status": status.as_str(), "detail": detail});
    (status, [(header::CONTENT_TYPE, "application/scim+json")], Body::from(body.to_string())).into_response()
}
