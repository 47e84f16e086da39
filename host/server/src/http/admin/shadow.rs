//! A pipeline in shadow of the one in force, over HTTP: putting it, what it would make different, and putting it in force.

use std::sync::Arc;

use super::call::{Call, Reply, blocking};
use super::page::{Page, Place, wrong};
use super::pipeline::NewPipeline;
use super::plans;
use crate::admin::pipeline::{self, Pipeline};
use crate::directory::{self, Would};
use crate::error::{Error, Result};
use crate::id::Id;

pub(super) async fn get(call: Call) -> Result<Reply> {
    Reply::json(&call.read(directory::get_shadow)?)
}

pub(super) async fn put(mut call: Call) -> Result<Reply> {
    let NewPipeline { policies, revision, .. } = call.take_body()?;
    let (plugins, tenant) = (Arc::clone(&call.app.plugins), call.caller.rows.clone());
    let policies = blocking(move || pipeline::check(&plugins, Some(&tenant), policies)).await?;
    let (now, actor) = (call.caller.now, call.caller.actor.clone());
    let put = call.write(None, move |tx, _| {
        let in_force = pipeline::current(tx)?.revision;
        if revision.is_some_and(|revision| revision != in_force) {
            return Err(Error::conflict(format!("The pipeline has changed meanwhile: its revision is {in_force}.")));
        }
        // What somebody deletes between check and put is not put.
        pipeline::check_named(tx, &policies)?;
        directory::put_shadow(tx, policies.clone(), &actor, now)?;
        directory::get_shadow(tx)
    });
    Reply::json(&put.await?)
}

pub(super) async fn delete(call: Call) -> Result<Reply> {
    call.write(None, move |tx, _| directory::delete_shadow(tx)).await?;
    Ok(Reply::empty())
}

pub(super) async fn differences(call: Call) -> Result<Reply> {
    let page = call.asked::<Id>()?;
    let change = call.parameter("change").map(str::to_owned);
    if change.as_ref().is_some_and(|change| !Would::NAMES.contains(&change.as_str())) {
        return Err(wrong("change", "There is no such change."));
    }
    let rows = call.caller.rows.clone();
    let found = blocking(move || rows.read(|rows| directory::shadow_differences(rows, change.as_deref(), page.after, page.limit)));
    let (items, next) = found.await?;
    Reply::json(&Page { items, next_cursor: next.map(|next| next.write()) })
}

pub(super) async fn promote(call: Call) -> Result<Reply> {
    let (policies, number, revision) = call.read(|rows| {
        let (policies, number) = directory::promoted_shadow(rows)?;
        let in_force = pipeline::current(rows)?;
        Ok((Pipeline { policies, ..in_force.clone() }.proposed_again(), number, in_force.revision))
    })?;
    // Plugins, signatures and settings may be others than when it was put.
    let (plugins, tenant) = (Arc::clone(&call.app.plugins), call.caller.rows.clone());
    let policies = blocking(move || pipeline::check(&plugins, Some(&tenant), policies)).await?;
    plans::put(call, "shadow".to_owned(), policies, revision, move |tx| directory::end_shadow(tx, number)).await
}
