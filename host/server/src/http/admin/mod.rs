//! The admin API: JSON over HTTP for operators.
//!
//! Reading order: [`endpoints`] is the one table of everything there is; [`router`] serves it, [`openapi`] describes it. A request becomes a
//! [`call::Call`] once it is known who calls, that they may, and that the body is what the endpoint takes; the functions beside this
//! file then do one thing each with `admin` and `directory`.
//!
//! Knows no row: what a tenant has is reached through the handle that authentication gave.

pub(super) mod ask;
pub(super) mod body;
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
pub(super) mod page;
mod past;
mod pipeline;
mod pipeline_schema;
mod plans;
mod plugins;
pub(super) mod problem;
mod schemas;
mod sessions;
mod shadow;
mod tenants;
mod wanted;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::Router;
use axum::body::Body;
use axum::extract::{FromRequestParts, RawPathParams, Request, State};
use axum::http::{Method, StatusCode, header, request::Parts};
use axum::response::{IntoResponse, Response};
use axum::routing::any;

use self::call::Reply;
use self::endpoint::Endpoint;
use super::request::{self, RequestId};
use super::{ADMIN_BASE, App};
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

/// Finds out who calls, reads the request, and runs the endpoint.
async fn respond(app: App, endpoint: &'static Endpoint, mut parts: Parts, body: &mut Option<Body>) -> Result<Reply> {
    let operator = app.authenticator.operator(request::bearer(&parts.headers)?)?;
    let path = path_of(&mut parts).await?;
    let request_id = RequestId::of(&parts.extensions)?;
    let query = endpoint.read_query(&parts.uri);
    ask::run(app, &operator, endpoint, ask::Asked { path, query, request_id }, ask::Carried::Socket(&parts.headers, body)).await
}

/// The variable parts of the path, decoded.
async fn path_of(parts: &mut Parts) -> Result<Vec<(String, String)>> {
    // Only a path that is not UTF-8 once decoded fails here, and nothing has such a name.
    let path = RawPathParams::from_request_parts(parts, &()).await.map_err(|_| Error::not_found("path"))?;
    Ok(path.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}
