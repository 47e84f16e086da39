//! The admin API: JSON over HTTP for operators.
//!
//! Reading order: [`endpoints`] is the one table of everything there is; [`router`] serves it, [`openapi`] describes it. A request becomes a
//! [`call::Call`] once it is known who calls, that they may, and that the body is what the endpoint takes; the functions beside this
//! file then do one thing each with `admin` and `directory`.
//!
//! Knows no row: what a tenant has is reached through the handle that authentication gave.

mod body;
mod call;
mod connections;
mod directory;
mod endpoint;
mod endpoints;
mod explanation;
mod feed;
mod holds;
mod keys;
mod metrics;
mod monitor;
mod openapi;
mod page;
mod past;
mod pipeline;
mod plans;
mod plugins;
pub(super) mod problem;
mod schemas;
mod shadow;
mod tenants;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::Router;
use axum::body::Body;
use axum::extract::{FromRequestParts, RawPathParams, Request, State};
use axum::http::{Method, StatusCode, header, request::Parts};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use doorlist_scim::ErrorKind;

use self::body::{WASM, expect_media_type};
use self::call::{Call, Caller, Reply};
use self::endpoint::{Access, Endpoint, Takes};
use super::request::{self, RequestId};
use super::{ADMIN_BASE, App};
use crate::activity::{Entry, likeness};
use crate::error::{Error, Result};

/// Every endpoint, built once.
static ENDPOINTS: LazyLock<Vec<Endpoint>> = LazyLock::new(endpoints::all);

/// The endpoints of one path.
type OfPath = &'static [&'static Endpoint];

/// Serves the admin API.
pub(super) fn router() -> Router<App> {
    let mut by_path: BTreeMap<&str, Vec<&'static Endpoint>> = BTreeMap::new();
    for endpoint in ENDPOINTS.iter() {
        by_path.entry(endpoint.path).or_default().push(endpoint);
    }
    let mut router = Router::new().route(&format!("{ADMIN_BASE}/openapi.json"), any(document));
    for (path, endpoints) in by_path {
        // Kept as long as the process: the table is built once.
        let endpoints: OfPath = Vec::leak(endpoints);
        let answer = move |State(app): State<App>, request: Request| answer(app, endpoints, request);
        router = router.route(&format!("{ADMIN_BASE}{path}"), any(answer));
    }
    router
}

/// Answers with the OpenAPI document. Open to everybody: it says nothing of this installation.
async fn document(method: Method) -> Response {
    if method != Method::GET && method != Method::HEAD {
        return not_allowed(["GET"].into_iter());
    }
    ([(header::CONTENT_TYPE, "application/json")], openapi::text()).into_response()
}

/// Answers a request to a path that has `endpoints`.
async fn answer(app: App, endpoints: OfPath, request: Request) -> Response {
    // HEAD is GET without the body, which the server leaves out by itself.
    let method = if request.method() == Method::HEAD { &Method::GET } else { request.method() };
    let Some(endpoint) = endpoints.iter().find(|endpoint| endpoint.method == method) else {
        request::discard(request.into_body());
        return not_allowed(endpoints.iter().map(|endpoint| endpoint.method.as_str()));
    };
    let (parts, body) = request.into_parts();
    let mut body = Some(body);
    let response = match respond(app, endpoint, parts, &mut body).await {
        Ok(reply) => reply.into_response(endpoint.answer.status),
        Err(error) => problem::respond(&error),
    };
    // What nobody asked for, or what was refused before it was read.
    body.into_iter().for_each(request::discard);
    response
}

fn not_allowed(methods: impl Iterator<Item = &'static str>) -> Response {
    let allow = methods.collect::<Vec<_>>().join(", ");
    let mut response = problem::plain(StatusCode::METHOD_NOT_ALLOWED, "This method is not one that can be used here.");
    if let Ok(allow) = allow.try_into() {
        response.headers_mut().insert(header::ALLOW, allow);
    }
    response
}

/// Finds out who calls and whether they may, reads the request, and runs the endpoint.
async fn respond(app: App, endpoint: &'static Endpoint, mut parts: Parts, body: &mut Option<Body>) -> Result<Reply> {
    let operator = app.authenticator.operator(request::bearer(&parts.headers)?)?;
    let path = path_of(&mut parts).await?;
    let (rows, tenant) = match endpoint.access {
        Access::Installation => (operator.installation()?, None),
        Access::Tenant => {
            let id = path.iter().find(|(name, _)| name == "tenant").map(|(_, value)| value.as_str());
            let (rows, tenant) = operator.tenant(id.unwrap_or_default())?;
            (rows, Some(tenant))
        }
    };
    let request_id = parts.extensions.get::<RequestId>().cloned();
    let request_id = request_id.ok_or_else(|| Error::internal("a request came without an id"))?;
    let now = app.clock.now();
    let (role, scope) = (operator.role, operator.scope);
    let caller = Caller { rows, tenant, actor: operator.actor(), role, scope, now, request_id };
    let gatherer = app.gatherer.clone();
    let refused = caller.clone();
    let outcome = async move {
        if role < endpoint.role {
            let detail = format!("This needs a key with the role {} or above.", endpoint.role_word());
            return Err(Error::new(ErrorKind::Forbidden, detail));
        }
        let query = endpoint.read_query(&parts.uri)?;
        let mut call = Call { app, endpoint, caller, path, query, body: None, wasm: Vec::new(), place: None };
        match &endpoint.body {
            Some(Takes::Json(shape)) => {
                shape.check_media_type(&parts.headers)?;
                call.body = Some(shape.read(request::body(body.take().unwrap_or_default()).await?)?);
            }
            Some(Takes::Wasm) => {
                expect_media_type(&parts.headers, WASM)?;
                call.place = Some(call.app.uploads.enter(call.caller.rows.number())?);
                call.wasm = request::wasm(body.take().unwrap_or_default()).await?;
            }
            None => {}
        }
        (endpoint.run)(call).await
    }
    .await;
    if let Err(error) = &outcome
        && endpoint.method != Method::GET
    {
        let entry = refusal(endpoint, &refused, error);
        let like = likeness((endpoint.method.as_str(), endpoint.path, entry.status));
        gatherer.add(refused.rows.number(), like, false, || entry);
    }
    outcome
}

/// The activity entry of a change that was refused.
fn refusal(endpoint: &Endpoint, caller: &Caller, error: &Error) -> Entry {
    Entry { detail: Some(error.to_string()), ..caller.entry(endpoint, problem::status(error), None) }
}

/// The variable parts of the path, decoded.
async fn path_of(parts: &mut Parts) -> Result<Vec<(String, String)>> {
    // Only a path that is not UTF-8 once decoded fails here, and nothing has such a name.
    let path = RawPathParams::from_request_parts(parts, &()).await.map_err(|_| Error::not_found("path"))?;
    Ok(path.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}
