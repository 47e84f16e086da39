//! Explanations over HTTP: why the directory has somebody as it has, or has not, and what it would have if.
//!
//! Each runs policies, so each has a place and a thread of its own.

use std::sync::Arc;

use serde::Serialize;

use super::call::{Call, Reply, blocking};
use crate::admin::plugins::Plugins;
use crate::directory::{self, SubjectKind, WhatIf};
use crate::error::Result;
use crate::store::Tenant;

pub(super) async fn of_user(call: Call) -> Result<Reply> {
    explain(call, SubjectKind::User, "user").await
}

pub(super) async fn of_group(call: Call) -> Result<Reply> {
    explain(call, SubjectKind::Group, "group").await
}

pub(super) async fn what_if(mut call: Call) -> Result<Reply> {
    let asked: WhatIf = call.take_body()?;
    let (base, now) = (Arc::clone(&call.app.scim_base), call.caller.now);
    work(call, move |tenant, plugins| directory::what_if(tenant, plugins, asked, &base, now)).await
}

async fn explain(call: Call, kind: SubjectKind, variable: &str) -> Result<Reply> {
    let (named, now) = (call.text(variable).to_owned(), call.caller.now);
    work(call, move |tenant, plugins| directory::explain(tenant, plugins, kind, &named, now)).await
}

/// Does it where it may take long, if there is a place for it.
async fn work<T: Serialize + Send + 'static>(
    call: Call,
    work: impl FnOnce(&Tenant, &Plugins) -> Result<T> + Send + 'static,
) -> Result<Reply> {
    let place = call.app.explanations.enter(call.caller.rows.number())?;
    let (tenant, plugins) = (call.caller.rows.clone(), Arc::clone(&call.app.plugins));
    let made = blocking(move || {
        // Held by the work and not by the request, which may go away before it is done.
        let _place = place;
        work(&tenant, &plugins)
    });
    Reply::json(&made.await?)
}
