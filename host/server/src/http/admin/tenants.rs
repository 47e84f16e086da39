//! Tenants over HTTP.

use super::call::{Call, Reply};
use crate::admin::deletion::Deletion;
use crate::admin::tenants::{self, NewTenant, Tenant, TenantPatch};
use crate::error::Result;
use crate::id::Id;

pub(super) async fn create(mut call: Call) -> Result<Reply> {
    let new: NewTenant = call.take_body()?;
    let now = call.caller.now;
    let id = Id::new(now);
    let tenant = call.write(Some(id.to_string()), move |tx, _| tenants::create(tx, id, &new, now)).await?;
    call.created(id, &tenant)
}

pub(super) async fn list(call: Call) -> Result<Reply> {
    call.page(|tenant: &Tenant| tenant.id, tenants::list)
}

pub(super) async fn get(call: Call) -> Result<Reply> {
    Reply::json(call.tenant()?)
}

pub(super) async fn patch(mut call: Call) -> Result<Reply> {
    let id = call.id("tenant")?;
    let patch: TenantPatch = call.take_body()?;
    let who = (call.caller.role, call.caller.scope);
    let ages = patch.retention.is_some();
    let tenant = call.write(Some(id.to_string()), move |tx, _| tenants::patch(tx, id, &patch, who)).await?;
    if ages {
        call.app.deletions.add(Deletion::Expired(call.caller.rows.number()));
    }
    Reply::json(&tenant)
}

pub(super) async fn delete(call: Call) -> Result<Reply> {
    let id = call.id("tenant")?;
    let number = call.write(Some(id.to_string()), move |tx, _| tenants::delete(tx, id)).await?;
    call.app.plugins.forget_tenant(number);
    call.app.holds.forget(number);
    call.app.deletions.add(Deletion::Tenant(number));
    Ok(Reply::empty())
}
