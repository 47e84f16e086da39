//! Asking an endpoint: may this operator, is the request what the endpoint takes, and what comes of it.
//!
//! The same for a request that came by a socket and for one that a page of the dashboard makes ([`ask`]): the dashboard is a client of the admin API without
//! a socket between, so it shows, refuses and logs what the API does. Knows nothing of what an endpoint does.

use axum::body::Body;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use doorlist_scim::ErrorKind;
use serde_json::Value;

use super::body::{WASM, expect_media_type};
use super::call::{Call, Caller, Reply};
use super::endpoint::{Access, Endpoint, Takes, role_word};
use super::{ENDPOINTS, problem};
use crate::activity::{Entry, likeness};
use crate::admin::keys::{Role, Scope};
use crate::admin::places::Place;
use crate::admin::plugins::upload::Progress;
use crate::auth::Operator;
use crate::error::{Error, Result};
use crate::http::App;
use crate::http::request::{self, RequestId};

/// What is asked beside the body.
pub(super) struct Asked {
    /// Variable parts of the path, decoded.
    pub path: Vec<(String, String)>,
    /// The query as the endpoint reads it. A refusal of it comes after one for want of a role.
    pub query: Result<Vec<(String, String)>>,
    /// The request's id.
    pub request_id: RequestId,
}

/// How the body comes.
pub(super) enum Carried<'a> {
    /// By a socket, with its headers. Taken if it is read.
    Socket(&'a HeaderMap, &'a mut Option<Body>),
    /// Made here.
    Made(Made),
}

/// A WebAssembly file, and the place that it takes up among the uploads, if it has one already.
#[derive(Default)]
pub(in crate::http) struct Upload {
    /// The file.
    pub wasm: Vec<u8>,
    /// Its place.
    pub place: Option<Place>,
    /// Where its checks stand.
    pub progress: Progress,
}

/// A body that a page made.
#[derive(Default)]
pub(in crate::http) enum Made {
    /// None.
    #[default]
    Nothing,
    /// JSON.
    Json(Value),
    /// A WebAssembly file.
    Wasm(Upload),
}

/// A question of the dashboard's to an endpoint.
pub(in crate::http) struct Question {
    /// The endpoint's name in the OpenAPI document.
    pub operation: &'static str,
    /// Variable parts of the path.
    pub path: Vec<(String, String)>,
    /// Query parameters.
    pub query: Vec<(String, String)>,
    /// The body.
    pub body: Made,
    /// The id of the request for which it is asked.
    pub request_id: RequestId,
}

/// Asks an endpoint on behalf of an operator and gives the JSON of the answer; null if it has none.
///
/// # Errors
/// Those of the endpoint.
pub(in crate::http) async fn ask(app: App, operator: &Operator, question: Question) -> Result<Value> {
    let Question { operation, path, query, body, request_id } = question;
    let endpoint = ENDPOINTS.iter().find(|endpoint| endpoint.operation == operation);
    let endpoint = endpoint.ok_or_else(|| Error::internal(format!("no endpoint is called {operation}")))?;
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
    let uri = Uri::try_from(format!("/?{query}")).map_err(|_| Error::invalid("The query is too long."))?;
    let asked = Asked { path, query: endpoint.read_query(&uri), request_id };
    run(app, operator, endpoint, asked, Carried::Made(body)).await?.into_json()
}

/// What an operator is told who may less than this role: a person, or whoever has a key.
pub(in crate::http) fn too_small(role: Role, is_person: bool) -> Error {
    let what = if is_person { "the role" } else { "a key with the role" };
    Error::new(ErrorKind::Forbidden, format!("This needs {what} {} or above.", role_word(role)))
}

/// Finds out whether the operator may, reads the request, and runs the endpoint.
pub(super) async fn run(app: App, operator: &Operator, endpoint: &'static Endpoint, asked: Asked, carried: Carried<'_>) -> Result<Reply> {
    let Asked { path, query, request_id } = asked;
    let (rows, tenant) = match endpoint.access {
        Access::Installation => (operator.installation()?, None),
        Access::Tenant => {
            let id = path.iter().find(|(name, _)| name == "tenant").map(|(_, value)| value.as_str());
            let (rows, tenant) = operator.tenant(id.unwrap_or_default())?;
            (rows, Some(tenant))
        }
    };
    let now = app.clock.now();
    let everywhere = operator.rights.of_installation();
    // Of whoever reaches neither, the lines above made an end.
    let role = tenant.as_ref().map_or(everywhere, |tenant| operator.rights.at(tenant.id)).unwrap_or(Role::Auditor);
    // A stronger role in the tenant is one of the tenant.
    let scope = if everywhere == Some(role) { Scope::Root } else { Scope::Tenant(rows.number()) };
    let is_person = operator.person.is_some();
    let caller = Caller { rows, tenant, actor: operator.actor(), role, scope, now, request_id };
    let gatherer = app.gatherer.clone();
    let refused = caller.clone();
    let outcome = async move {
        if role < endpoint.role {
            return Err(too_small(endpoint.role, is_person));
        }
        let mut call =
            Call { app, endpoint, caller, path, query: query?, body: None, wasm: Vec::new(), place: None, progress: Progress::default() };
        match carried {
            Carried::Socket(headers, body) => read(&mut call, headers, body).await?,
            Carried::Made(made) => take(&mut call, made)?,
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

/// Reads a body from its socket.
async fn read(call: &mut Call, headers: &HeaderMap, body: &mut Option<Body>) -> Result<()> {
    match &call.endpoint.body {
        Some(Takes::Json(shape)) => {
            shape.check_media_type(headers)?;
            call.body = Some(shape.read(request::body(body.take().unwrap_or_default()).await?)?);
        }
        Some(Takes::Wasm) => {
            expect_media_type(headers, WASM)?;
            call.place = Some(call.app.uploads.enter(call.caller.rows.number())?);
            call.wasm = request::wasm(body.take().unwrap_or_default()).await?;
        }
        None => {}
    }
    Ok(())
}

/// Takes a body that was made here.
fn take(call: &mut Call, made: Made) -> Result<()> {
    match (&call.endpoint.body, made) {
        (Some(Takes::Json(shape)), Made::Json(value)) => call.body = Some(shape.check(value)?),
        (Some(Takes::Json(shape)), _) => call.body = Some(shape.read(Vec::new())?),
        (Some(Takes::Wasm), Made::Wasm(Upload { wasm, place, progress })) => {
            call.place = Some(place.map_or_else(|| call.app.uploads.enter(call.caller.rows.number()), Ok)?);
            (call.wasm, call.progress) = (wasm, progress);
        }
        (Some(Takes::Wasm), _) => return Err(Error::invalid("A plugin is needed.")),
        (None, _) => {}
    }
    Ok(())
}

/// The activity entry of a change that was refused.
fn refusal(endpoint: &Endpoint, caller: &Caller, error: &Error) -> Entry {
    Entry { detail: Some(error.to_string()), ..caller.entry(endpoint, problem::status(error), None) }
}

/// The status of an answer that tells of an error.
pub(in crate::http) fn status(error: &Error) -> StatusCode {
    StatusCode::from_u16(problem::status(error)).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
