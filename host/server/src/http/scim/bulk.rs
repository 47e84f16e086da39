//! Bulk requests (RFC 7644 section 3.7): the message in, the message out.

use std::sync::Arc;

use axum::body::Body;
use doorlist_scim::bulk::{BulkItem, BulkMethod, BulkRequest, bulk_response, outcome};
use doorlist_scim::limits::BULK_OPERATIONS_MAX;
use serde_json::Value;

use super::super::note_cause;
use super::verbs::{change, read, written};
use super::{Call, Outcome, answer};
use crate::activity::{self, Entry};
use crate::error::{Error, Result};
use crate::limits::BULK_OPERATIONS_PER_WRITE_MAX;
use crate::provision::{Bulk, Conditions, Context, Progress, Wanted};
use crate::store::Tx;

/// Answers one. 200 says that it was read; each operation has a status of its own.
pub(super) async fn run(call: &Call, body: Body) -> Result<Outcome> {
    let body = call.json(body).await?;
    let catalog = Arc::clone(&call.caller.catalog);
    let now = call.now;
    // Away from the threads that run async code: a thousand bodies take their time.
    let bulk = tokio::task::spawn_blocking(move || {
        let request = BulkRequest::parse(&body, catalog.types(), BULK_OPERATIONS_MAX)?;
        Ok::<_, Error>(Arc::new(Bulk::parse(request, &catalog, now)))
    });
    let bulk = bulk.await.map_err(Error::internal)??;
    call.take_more(bulk.items().len().saturating_sub(1))?;
    let mut progress = Progress::default();
    let (mut from, mut failed) = (0, None);
    while from < bulk.attempts() && !bulk.is_over(&progress) {
        let to = (from + BULK_OPERATIONS_PER_WRITE_MAX).min(bulk.attempts());
        match some(call, &bulk, from..to, &progress).await {
            Ok(further) => progress = further,
            // What was committed before is told, and what was not is told to have failed.
            Err(error) => {
                progress.fail_rest(bulk.items().len(), &error.to_scim());
                failed = Some(error);
                break;
            }
        }
        from = to;
    }
    let body = bulk_response(outcomes(&bulk, &progress, &call.base()));
    let mut response = answer::json(200, body.to_string().into_bytes());
    if let Some(error) = &failed {
        note_cause(&mut response, error);
    }
    // Each operation has its entry in the log; a request of which some have none has its own.
    Ok(if failed.is_some() || bulk.items().is_empty() { read(response) } else { written(response) })
}

/// Carries out some of the operations in one commit.
async fn some(call: &Call, bulk: &Arc<Bulk>, range: std::ops::Range<usize>, progress: &Progress) -> Result<Progress> {
    let (bulk, scope, before) = (Arc::clone(bulk), call.scope(), progress.clone());
    let (entry, now, base) = (call.entry(200), call.now, call.base());
    let context = move |item: &BulkItem| Context {
        now,
        entry: of_operation(&entry, item, status(item)),
        status_without_body: 204,
        base: Arc::clone(&base),
        wanted: Wanted::default(),
        conditions: Conditions::default(),
        always: true,
    };
    let refused_entry = call.entry(200);
    let refused = move |tx: &mut Tx<'_>, item: &BulkItem, error: &doorlist_scim::Error| {
        let entry = Entry { detail: Some(error.detail.clone()), ..of_operation(&refused_entry, item, error.kind.status()) };
        activity::record(tx, &entry).map(drop)
    };
    change(call, move |tx| bulk.run(tx, scope, (range.clone(), &before), &context, &refused)).await
}

/// The log's entry about one operation of the request.
fn of_operation(entry: &Entry, item: &BulkItem, status: u16) -> Entry {
    let method = item.method.map_or("(unreadable)", BulkMethod::as_str);
    let (path, id) = match &item.operation {
        Ok(operation) => (operation.resource_type.endpoint.as_str(), operation.id.clone()),
        Err(_) => ("", None),
    };
    let path = if id.is_some() { format!("{path}/{{id}}") } else { path.to_owned() };
    Entry { action: format!("{method} {path} (bulk)"), subject: id, status, ..entry.clone() }
}

/// The status of an operation that succeeds.
fn status(item: &BulkItem) -> u16 {
    match item.method {
        Some(BulkMethod::Post) => 201,
        Some(BulkMethod::Delete) => 204,
        _ => 200,
    }
}

/// What became of each operation that was tried, in the client's order.
fn outcomes(bulk: &Bulk, progress: &Progress, base: &str) -> Vec<Value> {
    let tried = bulk.items().iter().enumerate().filter_map(|(place, item)| Some((item, progress.outcomes.get(&place)?)));
    tried
        .map(|(item, became)| match became {
            Ok(done) => {
                let location = format!("{base}{}/{}", done.kind.scim.endpoint, done.id);
                outcome(item, status(item), Some(&location), done.version.as_deref(), None)
            }
            Err(error) => {
                let named = item.operation.as_ref().ok();
                let location = named.and_then(|operation| {
                    let id = operation.id.as_ref().filter(|id| !id.starts_with("bulkId:"))?;
                    Some(format!("{base}{}/{id}", operation.resource_type.endpoint))
                });
                outcome(item, error.kind.status(), location.as_deref(), None, Some(error.body()))
            }
        })
        .collect()
}
