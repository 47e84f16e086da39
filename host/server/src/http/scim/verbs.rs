//! The verbs: each translates a request into a call of [`crate::provision`] and its answer back.

use axum::body::Body;
use doorlist_scim::query::Query;
use doorlist_scim::{ErrorKind, Projection};

use super::super::request;
use super::target::Target;
use super::{Call, Outcome, answer, discovery};
use crate::admin::connections;
use crate::error::{Error, Result};
use crate::limits::SCIM_PAGE_MAX;
use crate::provision::{self, Context, Create, Delete, Kind, Modify, Replace};
use crate::store::{Tx, View};

/// Answers a request whose caller is known.
pub(super) async fn run(call: &Call, body: Body) -> Result<Outcome> {
    match (&call.target, call.method.as_str()) {
        (Target::Resources(kind), "POST") => return create(call, kind, body).await,
        (Target::Resource(kind, id), "PUT") => return replace(call, kind, id, body).await,
        (Target::Resource(kind, id), "PATCH") => return modify(call, kind, id, body).await,
        _ => request::discard(body),
    }
    match (&call.target, call.method.as_str()) {
        (Target::Unknown, _) => Err(Error::not_found("endpoint")),
        (Target::NotOffered(path), _) => Err(Error::new(ErrorKind::NotImplemented, format!("{path} is not offered."))),
        (Target::Resources(kind), "GET" | "HEAD") => list(call, kind).await,
        (Target::Resource(kind, id), "GET" | "HEAD") => get(call, kind, id).await,
        (Target::Resource(kind, id), "DELETE") => delete(call, kind, id).await,
        (Target::ServiceProviderConfig | Target::ResourceTypes(_) | Target::Schemas(_), "GET" | "HEAD") => {
            discovery::answer(&call.target, call.uri.query().unwrap_or_default(), &call.base()).map(read)
        }
        // Not named in the answer or the log: a stranger can make one up that is as long as a request.
        _ => Err(Error::new(ErrorKind::MethodNotAllowed, "This method is not allowed here.")),
    }
}

/// An answer that changed nothing.
fn read(response: axum::response::Response) -> Outcome {
    Outcome { response, recorded: false }
}

/// An answer to a change, whose log entry was written with it.
fn written(response: axum::response::Response) -> Outcome {
    Outcome { response, recorded: true }
}

/// What of the resource the answer shows.
fn projection(call: &Call, kind: &Kind) -> Result<Projection> {
    if call.uri.query().is_none() {
        return Ok(Projection::full());
    }
    let parameters = call.parameters();
    let value = |wanted: &str| parameters.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.as_str());
    Ok(Projection::parse(value("attributes"), value("excludedAttributes"), kind.scim)?)
}

/// What a change is told of the answer that it is for.
fn context(call: &Call, kind: &Kind, projection: &Projection) -> Context {
    Context {
        now: call.now,
        entry: call.entry(if call.method == "POST" { 201 } else { 200 }),
        status_without_body: 204,
        base: call.base(),
        with_links: kind.wants_links(projection),
        always: projection.is_selection(),
    }
}

/// Hands in a change, which counts only if the connection is still there and enabled.
async fn change<T: Send + 'static>(call: &Call, mut change: impl FnMut(&mut Tx<'_>) -> Result<T> + Send + 'static) -> Result<T> {
    let number = call.caller.connection.number;
    let checked = move |tx: &mut Tx<'_>| {
        connections::must_be_there(tx, number)?;
        change(tx)
    };
    call.caller.tenant.submit(checked).await
}

/// Reads a snapshot; on a thread that may wait, if that takes long.
async fn look<T: Send + 'static>(call: &Call, long: bool, look: impl FnOnce(&View) -> Result<T> + Send + 'static) -> Result<T> {
    if !long {
        return call.caller.tenant.read(look);
    }
    let tenant = call.caller.tenant.clone();
    tokio::task::spawn_blocking(move || tenant.read(look)).await.map_err(Error::internal)?
}

async fn list(call: &Call, kind: &'static Kind) -> Result<Outcome> {
    let parameters = call.parameters();
    let pairs = parameters.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let query = Query::from_parameters(kind.scim, pairs, SCIM_PAGE_MAX)?;
    let (scope, base, quick) = (call.scope(), call.base(), query.clone());
    let answer = move |rows: &View| {
        let page = provision::list(rows, scope, kind, &query, &base)?;
        answer::list(kind, &page, query.page.start_index, &query.projection, &base)
    };
    let quick = call.caller.tenant.read(|rows| match provision::is_quick(rows, scope, kind, &quick)? {
        true => answer(rows).map(Some),
        false => Ok(None),
    });
    match quick? {
        Some(response) => Ok(read(response)),
        None => look(call, true, answer).await.map(read),
    }
}

async fn get(call: &Call, kind: &'static Kind, id: &str) -> Result<Outcome> {
    let projection = projection(call, kind)?;
    let (scope, base, id) = (call.scope(), call.base(), id.to_owned());
    let links = kind.wants_links(&projection);
    let response = look(call, links && kind.has_members, move |rows| {
        let found = provision::get(rows, scope, kind, &id, links)?;
        answer::resource(200, kind, &found, &projection, &base)
    });
    response.await.map(read)
}

async fn create(call: &Call, kind: &'static Kind, body: Body) -> Result<Outcome> {
    let body = call.json(body).await?;
    let projection = projection(call, kind)?;
    let create = Create::parse(kind, &body)?;
    let (scope, context) = (call.scope(), context(call, kind, &projection));
    let made = change(call, move |tx| create.run(tx, scope, &context)).await?;
    answer::resource(201, kind, &made, &projection, &call.base()).map(written)
}

async fn replace(call: &Call, kind: &'static Kind, id: &str, body: Body) -> Result<Outcome> {
    let body = call.json(body).await?;
    let projection = projection(call, kind)?;
    let replace = Replace::new(kind, id, body);
    let (scope, context) = (call.scope(), context(call, kind, &projection));
    let made = change(call, move |tx| replace.run(tx, scope, &context)).await?;
    answer::resource(200, kind, &made, &projection, &call.base()).map(written)
}

async fn modify(call: &Call, kind: &'static Kind, id: &str, body: Body) -> Result<Outcome> {
    let body = call.json(body).await?;
    let projection = projection(call, kind)?;
    let modify = Modify::parse(kind, id, &body)?;
    let (scope, context) = (call.scope(), context(call, kind, &projection));
    let made = change(call, move |tx| modify.run(tx, scope, &context)).await?;
    let response = match made {
        Some(made) => answer::resource(200, kind, &made, &projection, &call.base())?,
        None => answer::empty(),
    };
    Ok(written(response))
}

async fn delete(call: &Call, kind: &'static Kind, id: &str) -> Result<Outcome> {
    let delete = Delete::new(kind, id);
    let (scope, context) = (call.scope(), context(call, delete.kind(), &Projection::full()));
    change(call, move |tx| delete.run(tx, scope, &context)).await?;
    Ok(written(answer::empty()))
}
