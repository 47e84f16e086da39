//! Putting back what another store had: a resource or members as they were stored there, for a rehearsal.
//!
//! Nothing is checked against the schemas, since what was stored may be older than they are, nor its size, since names may have been replaced by longer ones; keys,
//! references and unique values are. Nothing is marked as due and the
//! log tells nothing: whoever restores projects everything afterwards.

use doorlist_scim::{ErrorKind, Resource};
use serde_json::Value;

use super::members::{self, keep_name};
use super::{Kind, Scope, Stored, index};
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::id::Id;
use crate::store::layout::{self, GROUP};
use crate::store::{Rows, Tx};

/// Puts a resource with its `id` and `meta`. Its version is made anew.
///
/// # Errors
/// If it has no id, no `meta` with the times, or no name; if its id is there already; `uniqueness` if a unique value is taken.
pub fn resource(tx: &mut Tx<'_>, scope: Scope, kind: &Kind, mut resource: Resource) -> Result<()> {
    let noun = &kind.scim.name;
    let id = resource.get("id").and_then(Value::as_str).and_then(|id| id.parse::<Id>().ok());
    let id = id.ok_or_else(|| Error::invalid(format!("A {noun} has no id.")))?;
    let meta = resource.remove("meta").unwrap_or_default();
    let time = |name: &str| {
        let time = meta.get(name).and_then(Value::as_str).and_then(Timestamp::parse);
        time.ok_or_else(|| Error::invalid(format!("The {noun} {id} has no meta.{name}.")))
    };
    let stored = Stored { created: time("created")?, last_modified: time("lastModified")?, resource };
    let name = if kind.has_members { "displayName" } else { "userName" };
    if stored.text(name).is_empty() {
        return Err(Error::invalid(format!("The {noun} {id} has no {name}.")));
    }
    let key = layout::resource(scope.connection, kind.number, id);
    if tx.has(&key)? {
        return Err(Error::new(ErrorKind::Uniqueness, format!("The {noun} {id} is there twice.")));
    }
    index::update(tx, scope, kind, id, None, Some(&stored.resource))?;
    tx.put(&key, stored.bytes(kind)?);
    keep_name(tx, scope, kind, id, Some(stored.text("displayName")));
    tx.add(&layout::resource_count(scope.connection, kind.number), 1)?;
    Ok(())
}

/// Puts members into a group that is there.
///
/// # Errors
/// If the group or a member is not there, or a member would be in too many groups.
pub fn members(tx: &mut Tx<'_>, scope: Scope, group: Id, members: &[Id]) -> Result<()> {
    if !tx.has(&layout::resource(scope.connection, GROUP, group))? {
        return Err(Error::invalid(format!("There is no group {group} that could have members.")));
    }
    members::restore(tx, scope, group, members)
}
