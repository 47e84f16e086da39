//! Operator keys over HTTP: those of the installation and those of a tenant alike.

use schemars::JsonSchema;
use serde::Serialize;

use super::call::{Call, Reply};
use crate::admin::keys::{self, Key, NewKey, Scope};
use crate::error::Result;
use crate::id::Id;
use crate::secret::{Purpose, Secret};

/// A new operator key with its secret.
#[derive(Serialize, JsonSchema)]
pub(super) struct CreatedKey {
    #[serde(flatten)]
    made: Key,
    /// The key itself. Shown here and never again.
    key: String,
}

/// Whose keys a call is about.
fn scope(call: &Call) -> Scope {
    match call.caller.tenant {
        Some(_) => Scope::Tenant(call.caller.rows.number()),
        None => Scope::Root,
    }
}

pub(super) async fn create(mut call: Call) -> Result<Reply> {
    let new: NewKey = call.take_body()?;
    let (scope, now) = (scope(&call), call.caller.now);
    let (id, secret) = (Id::new(now), Secret::generate(Purpose::Key)?);
    let key = secret.to_string();
    let made = call.write(Some(id.to_string()), move |tx, _| keys::create(tx, scope, id, &new, &secret, now)).await?;
    call.created(id, &CreatedKey { made, key })
}

pub(super) async fn list(call: Call) -> Result<Reply> {
    let scope = scope(&call);
    call.page(|key: &Key| key.id, |rows, after, limit| keys::list(rows, scope, after, limit))
}

pub(super) async fn delete(call: Call) -> Result<Reply> {
    let (scope, id) = (scope(&call), call.id("key")?);
    call.write(Some(id.to_string()), move |tx, _| keys::delete(tx, scope, id)).await?;
    Ok(Reply::empty())
}
