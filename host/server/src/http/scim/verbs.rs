//! The verbs: each translates a request into a call of [`crate::provision`] and its answer back.

use std::sync::Arc;

use axum::body::Body;
use doorlist_scim::{ErrorKind, Projection};
use serde_json::Value;

use super::super::request;
use super::target::Target;
use super::{Call, Outcome, answer, bulk, discovery, search};
use crate::admin::connections;
use crate::error::{Error, Result};
use crate::provision::{self, Conditions, Context, Create, Delete, Kind, Modify, Replace, Wanted};
use crate::store::{Tx, View};

/// Answers a request whose caller is known.
pub(super) async fn run(call: &Call, body: Body) -> Result<Outcome> {
    match (&call.target, call.method.as_str()) {
        (Target::Resources(kind), "POST") => return create(call, kind, body).await,
        (Target::Resource(kind, id), "PUT") => return replace(call, kind, id, body).await,
        (Target::Resource(kind, id), "PATCH") => return modify(call, kind, id, body).await,
        (Target::Search(kind), "POST") => return search::by_post(call, kind.as_ref(), body).await,
        (Target::Bulk, "POST") => return bulk::run(call, body).await,
        _ => request::discard(body),
    }
    match (&call.target, call.method.as_str()) {
        (Target::Unknown, _) => Err(Error::not_found("endpoint")),
        (Target::Me, method) if Target::Me.allow().split(", ").any(|known| known == method) => {
            Err(Error::new(ErrorKind::NotImplemented, "/Me is not offered: the client of an identity provider is nobody among its users."))
        }
        (Target::Base, "GET" | "HEAD") => search::by_get(call, None).await,
        (Target::Resources(kind), "GET" | "HEAD") => search::by_get(call, Some(kind)).await,
        (Target::Resource(kind, id), "GET" | "HEAD") => get(call, kind, id).await,
        (Target::Resource(kind, id), "DELETE") => delete(call, kind, id).await,
        (Target::ServiceProviderConfig | Target::ResourceTypes(_) | Target::Schemas(_), "GET" | "HEAD") => {
            discovery::answer(&call.target, &call.caller.catalog, call.uri.query().unwrap_or_default(), &call.base()).map(read)
        }
        // Not named in the answer or the log: a stranger can make one up that is as long as a request.
        _ => Err(Error::new(ErrorKind::MethodNotAllowed, "This method is not allowed here.")),
    }
}

/// An answer that changed nothing.
pub(super) fn read(response: axum::response::Response) -> Outcome {
    Outcome { response, recorded: false }
}

/// An answer to a change, whose log entry was written with it.
pub(super) fn written(response: axum::response::Response) -> Outcome {
    Outcome { response, recorded: true }
}

/// What of the resource the answer shows.
fn projection(call: &Call, kind: &Kind) -> Result<Projection> {
    if call.uri.query().is_none() {
        return Ok(Projection::full());
    }
    let parameters = call.parameters();
    let value = |wanted: &str| {
        let mut given = parameters.iter().filter(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.as_str());
        let first = given.next();
        match given.next() {
            None => Ok(first),
            Some(_) => Err(Error::invalid(format!("{wanted} is given twice."))),
        }
    };
    Ok(Projection::parse(value("attributes")?, value("excludedAttributes")?, &kind.scim)?)
}

/// What a change is told of the answer that it is for.
fn context(call: &Call, kind: &Kind, projection: &Projection) -> Context {
    let conditions = if call.method == "POST" { Conditions::default() } else { call.conditions() };
    Context {
        now: call.now,
        entry: call.entry(if call.method == "POST" { 201 } else { 200 }),
        status_without_body: 204,
        base: call.base(),
        wanted: Wanted::of_one(kind, projection),
        conditions,
        always: projection.is_selection(),
    }
}

/// Hands in a change, which counts only if the connection is still there and enabled and sees the same schemas.
pub(super) async fn change<T: Send + 'static>(call: &Call, mut change: impl FnMut(&mut Tx<'_>) -> Result<T> + Send + 'static) -> Result<T> {
    let number = call.caller.connection.number;
    let catalog = Arc::clone(&call.caller.catalog);
    let checked = move |tx: &mut Tx<'_>| {
        connections::must_be_there(tx, number)?;
        catalog.must_be_current(tx)?;
        change(tx)
    };
    call.caller.tenant.submit(checked).await
}

/// Reads a snapshot; on a thread that may wait, if that takes long.
pub(super) async fn look<T: Send + 'static>(call: &Call, long: bool, look: impl FnOnce(&View) -> Result<T> + Send + 'static) -> Result<T> {
    if !long {
        return call.caller.tenant.read(look);
    }
    let tenant = call.caller.tenant.clone();
    tokio::task::spawn_blocking(move || tenant.read(look)).await.map_err(Error::internal)?
}

async fn get(call: &Call, kind: &Arc<Kind>, id: &str) -> Result<Outcome> {
    let projection = projection(call, kind)?;
    let (scope, base, id, kind) = (call.scope(), call.base(), id.to_owned(), Arc::clone(kind));
    let conditions = call.conditions();
    let wanted = Wanted::of_one(&kind, &projection);
    let response = look(call, wanted.links && kind.has_members, move |rows| {
        let found = provision::get(rows, scope, &kind, &id, wanted)?;
        if conditions.only.as_ref().is_some_and(|only| !only.has(&found.version())) {
            return Err(Error::new(ErrorKind::PreconditionFailed, "The resource is another version than the request is meant for."));
        }
        if conditions.not.as_ref().is_some_and(|known| known.has(&found.version())) {
            return Ok(answer::not_modified(&found.version()));
        }
        answer::resource(200, &kind, &found, &projection, &base)
    });
    response.await.map(read)
}

async fn create(call: &Call, kind: &Arc<Kind>, body: Body) -> Result<Outcome> {
    let body: Value = call.json(body).await?;
    let projection = projection(call, kind)?.of_body();
    let create = Create::parse(Arc::clone(kind), &body)?;
    let (scope, context) = (call.scope(), context(call, kind, &projection));
    let made = change(call, move |tx| create.run(tx, scope, &context)).await?;
    answer::resource(201, kind, &made, &projection, &call.base()).map(written)
}

async fn replace(call: &Call, kind: &Arc<Kind>, id: &str, body: Body) -> Result<Outcome> {
    let body = call.json(body).await?;
    let projection = projection(call, kind)?.of_body();
    let replace = Replace::new(Arc::clone(kind), id, body);
    let (scope, context) = (call.scope(), context(call, kind, &projection));
    let made = change(call, move |tx| replace.run(tx, scope, &context)).await?;
    answer::resource(200, kind, &made, &projection, &call.base()).map(written)
}

async fn modify(call: &Call, kind: &Arc<Kind>, id: &str, body: Body) -> Result<Outcome> {
    let body = call.json(body).await?;
    let projection = projection(call, kind)?;
    let modify = Modify::parse(Arc::clone(kind), id, &body)?;
    let projection = if !kind.is_answered_as_stored { projection.of_patch(modify.specified()) } else { projection };
    let (scope, context) = (call.scope(), context(call, kind, &projection));
    let made = change(call, move |tx| modify.run(tx, scope, &context)).await?;
    let response = match made.has_body {
        true => answer::resource(200, kind, &made.answer, &projection, &call.base())?,
        false => answer::unshown(&made.answer),
    };
    Ok(written(response))
}

async fn delete(call: &Call, kind: &Arc<Kind>, id: &str) -> Result<Outcome> {
    let delete = Delete::new(Arc::clone(kind), id);
    let (scope, context) = (call.scope(), context(call, kind, &Projection::full()));
    change(call, move |tx| delete.run(tx, scope, &context)).await?;
    Ok(written(answer::empty()))
}
