//! Index rows: ids by attribute value. Kept by every verb that changes a resource, in the same transaction.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use doorlist_scim::ErrorKind;
use doorlist_scim::Resource;
use serde_json::Value;

use super::{Indexed, Kind, Scope};
use crate::error::{Error, Result};
use crate::id::Id;
use crate::store::layout;
use crate::store::{Range, Rows, Tx};

/// Number of the index on `path`, and whether letter case counts; `None` if there is no index.
pub(super) fn of(kind: &Kind, path: &str) -> Option<(u8, bool)> {
    kind.indexed.iter().find(|indexed| indexed.path == path).map(|indexed| (indexed.number, indexed.case_exact))
}

/// The value as index rows have it.
pub(super) fn fold(value: &str, case_exact: bool) -> String {
    if case_exact { value.to_owned() } else { doorlist_scim::schema::fold_case(value).into_owned() }
}

/// What `resource` has in its indexes: attribute number and folded value.
fn entries(kind: &Kind, resource: &Resource) -> BTreeSet<(u8, String)> {
    let mut entries = BTreeSet::new();
    for Indexed { number, path, case_exact, .. } in &kind.indexed {
        let exact = *case_exact;
        match path.split_once('.') {
            None => {
                entries.extend(resource.get(*path).and_then(Value::as_str).map(|value| (*number, fold(value, exact))));
            }
            Some((name, sub)) => {
                let values = resource.get(name).and_then(Value::as_array).into_iter().flatten();
                entries.extend(values.filter_map(|value| value.get(sub)?.as_str()).map(|value| (*number, fold(value, exact))));
            }
        }
    }
    entries
}

/// Makes the index rows of `id` those of `after`, which were those of `before`.
///
/// # Errors
/// `uniqueness` if another resource has a value that the schema wants to be unique (RFC 7643 section 2.2).
pub(super) fn update(
    tx: &mut Tx<'_>,
    scope: Scope,
    kind: &Kind,
    id: Id,
    before: Option<&Resource>,
    after: Option<&Resource>,
) -> Result<()> {
    let old = before.map(|resource| entries(kind, resource)).unwrap_or_default();
    let new = after.map(|resource| entries(kind, resource)).unwrap_or_default();
    for (number, value) in new.difference(&old) {
        refuse_taken(tx, scope, kind, id, *number, value)?;
        tx.put(&layout::index(scope.connection, kind.number, *number, value).id(id), Vec::new());
    }
    for (number, value) in old.difference(&new) {
        tx.delete(&layout::index(scope.connection, kind.number, *number, value).id(id));
    }
    Ok(())
}

fn refuse_taken(tx: &Tx<'_>, scope: Scope, kind: &Kind, id: Id, number: u8, value: &str) -> Result<()> {
    let Some(Indexed { path, unique, .. }) = kind.indexed.iter().find(|indexed| indexed.number == number) else { return Ok(()) };
    if *unique && find(tx, scope, kind, number, value)?.into_iter().any(|other| other != id) {
        return Err(Error::new(ErrorKind::Uniqueness, format!("Another {} has this {path}.", kind.noun())));
    }
    Ok(())
}

/// Ids of the resources whose indexed attribute has this folded value, in the order of their creation.
pub(super) fn find(rows: &impl Rows, scope: Scope, kind: &Kind, number: u8, value: &str) -> Result<Vec<Id>> {
    last_ids(rows, &Range::under(layout::index(scope.connection, kind.number, number, value)))
}

/// The identifiers at the ends of the keys of `range`.
pub(super) fn last_ids(rows: &impl Rows, range: &Range) -> Result<Vec<Id>> {
    let mut ids = Vec::new();
    rows.each(range, &mut |key, _| {
        ids.extend(last_id(key));
        ControlFlow::Continue(())
    })?;
    Ok(ids)
}

/// The identifier at the end of a key.
pub(super) fn last_id(key: &[u8]) -> Option<Id> {
    key.last_chunk::<{ Id::BYTES }>().map(|bytes| Id::from_bytes(*bytes))
}
