//! Lists: of one resource type or of all, asked for by GET (RFC 7644 section 3.4.2) or by POST (section 3.4.3).

use std::sync::Arc;

use axum::body::Body;
use doorlist_scim::ResourceType;
use doorlist_scim::query::Query;

use super::verbs::{look, read};
use super::{Call, Outcome, answer};
use crate::error::Result;
use crate::limits::SCIM_PAGE_MAX;
use crate::provision::{self, Kind, Search};
use crate::store::View;

/// Answers a GET of a list; of every type without `kind`.
pub(super) async fn by_get(call: &Call, kind: Option<&Arc<Kind>>) -> Result<Outcome> {
    let parameters = call.parameters();
    let search = selections(call, kind, |types| {
        let pairs = parameters.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        Ok(Query::from_parameters(types, pairs, SCIM_PAGE_MAX)?)
    });
    run(call, search?).await
}

/// Answers a search by POST; of every type without `kind`.
pub(super) async fn by_post(call: &Call, kind: Option<&Arc<Kind>>, body: Body) -> Result<Outcome> {
    let body = call.json(body).await?;
    let search = selections(call, kind, |types| Ok(Query::from_search(types, &body, SCIM_PAGE_MAX)?));
    run(call, search?).await
}

/// What is searched: each kind with the query as it reads for that kind.
fn selections(call: &Call, kind: Option<&Arc<Kind>>, query: impl Fn(&[&ResourceType]) -> Result<Query>) -> Result<Search> {
    let base = call.base();
    if let Some(kind) = kind {
        return Ok(Search::of(kind, query(&[&kind.scim])?, &base));
    }
    let kinds = call.caller.catalog.kinds();
    let mut selections = Vec::with_capacity(kinds.len());
    for kind in kinds {
        let others = kinds.iter().filter(|other| other.number != kind.number);
        let types: Vec<&ResourceType> = std::iter::once(kind).chain(others).map(|kind| kind.scim.as_ref()).collect();
        selections.push((Arc::clone(kind), query(&types)?));
    }
    Ok(Search { selections, base })
}

async fn run(call: &Call, search: Search) -> Result<Outcome> {
    let scope = call.scope();
    let catalog = Arc::clone(&call.caller.catalog);
    // A filter is read by schemas; by others it may find nobody where somebody is.
    let quick = call.caller.tenant.read(|rows| {
        catalog.must_be_current(rows)?;
        match provision::quick(rows, scope, &search)? {
            Some(page) => answer::list(&search, &page).map(Some),
            None => Ok(None),
        }
    });
    if let Some(response) = quick? {
        return Ok(read(response));
    }
    let (app, tenant, now) = (call.app.clone(), call.caller.tenant.number(), call.now);
    let response = look(call, true, move |rows: &View| {
        catalog.must_be_current(rows)?;
        let page = provision::list(rows, scope, &search, &app.walks.of(tenant, now))?;
        answer::list(&search, &page)
    });
    response.await.map(read)
}
