//! Index rows: ids by attribute value. Kept by every verb that changes a resource, in the same transaction.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use doorlist_scim::ErrorKind;
use doorlist_scim::Resource;
use serde_json::Value;

use super::kind::{Indexed, Place};
use super::{Kind, Scope};
use crate::error::{Error, Result};
use crate::id::Id;
use crate::limits::TAKEN_VALUE_CHARACTERS_MAX;
use crate::store::layout;
use crate::store::{Key, Range, Rows, Tx};

/// The value as index rows have it; `None` for one that is not of the attribute's type: it was kept before a schema knew it, and no filter finds it.
fn folded(value: &Value, indexed: &Indexed) -> Option<String> {
    match value {
        Value::String(text) if indexed.is_text => Some(fold(text, indexed.case_exact)),
        Value::Number(number) if !indexed.is_text => Some(number.to_string()),
        _ => None,
    }
}

/// The text as index rows have it.
pub(super) fn fold(value: &str, case_exact: bool) -> String {
    if case_exact { value.to_owned() } else { doorlist_scim::schema::fold_case(value).into_owned() }
}

/// Head of the ids of the resources with this folded value.
fn head(scope: Scope, kind: &Kind, place: &Place, value: &str) -> Key {
    match place {
        Place::Number(number) => layout::index(scope.connection, kind.number, *number, value),
        Place::Named(path) => layout::named_index(scope.connection, kind.number, path, value),
    }
}

/// What `resource` has in its indexes: which index and the folded value.
fn entries<'k>(kind: &'k Kind, resource: &Resource) -> BTreeSet<(&'k Place, String)> {
    let mut entries = BTreeSet::new();
    for indexed in &kind.indexed {
        let values = indexed.path.values(resource).into_iter().filter_map(|value| folded(value, indexed));
        entries.extend(values.map(|value| (&indexed.place, value)));
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
    for (place, value) in new.difference(&old) {
        refuse_taken(tx, scope, kind, id, place, value)?;
        tx.put(&head(scope, kind, place, value).id(id), Vec::new());
    }
    for (place, value) in old.difference(&new) {
        tx.delete(&head(scope, kind, place, value).id(id));
    }
    Ok(())
}

fn refuse_taken(tx: &Tx<'_>, scope: Scope, kind: &Kind, id: Id, place: &Place, value: &str) -> Result<()> {
    let Some(Indexed { name, unique, .. }) = kind.indexed.iter().find(|indexed| indexed.place == *place) else { return Ok(()) };
    if *unique && find(tx, scope, kind, place, value)?.into_iter().any(|other| other != id) {
        // Of an attribute of the tenant's own nobody knows whether it may stand in a log.
        let told = match place {
            Place::Number(_) => format!(": “{}”", value.chars().take(TAKEN_VALUE_CHARACTERS_MAX).collect::<String>()),
            Place::Named(_) => String::new(),
        };
        return Err(Error::new(ErrorKind::Uniqueness, format!("Another {} has this {name}{told}.", kind.noun())));
    }
    Ok(())
}

/// The keys of the resources whose indexed attribute has this folded value.
pub(super) fn range(scope: Scope, kind: &Kind, place: &Place, value: &str) -> Range {
    Range::under(head(scope, kind, place, value))
}

/// Ids of the resources whose indexed attribute has this folded value, in the order of their creation.
pub(super) fn find(rows: &impl Rows, scope: Scope, kind: &Kind, place: &Place, value: &str) -> Result<Vec<Id>> {
    last_ids(rows, &range(scope, kind, place, value))
}

/// Ids of at most `most` of the resources with this text at an attribute that is indexed, in the order of their creation; none if it is not.
///
/// # Errors
/// If the disk refuses.
pub fn ids_with(rows: &impl Rows, scope: Scope, kind: &Kind, (attribute, text): (&str, &str), most: usize) -> Result<Vec<Id>> {
    let Some(indexed) = kind.indexed.iter().find(|indexed| indexed.name == attribute) else { return Ok(Vec::new()) };
    let mut ids = Vec::new();
    rows.each(&range(scope, kind, &indexed.place, &fold(text, indexed.case_exact)), &mut |key, _| {
        ids.extend(last_id(key));
        if ids.len() < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    Ok(ids)
}

/// Adds what a resource has in these indexes, which it has no rows in yet.
///
/// # Errors
/// Conflict if another resource has the same value of what is unique.
pub(super) fn add(tx: &mut Tx<'_>, scope: Scope, kind: &Kind, id: Id, places: &[&Place]) -> Result<()> {
    let Some(json) = tx.get(&layout::resource(scope.connection, kind.number, id))? else { return Ok(()) };
    let resource: Resource = crate::store::from_json(&json)?;
    for (place, value) in entries(kind, &resource).into_iter().filter(|(place, _)| places.contains(place)) {
        // The words for an operator, to whom no single resource matters.
        let clash = |_| Error::conflict("Two resources have the same value of an attribute that the schema declares unique.");
        refuse_taken(tx, scope, kind, id, place, &value).map_err(clash)?;
        tx.put(&head(scope, kind, place, &value).id(id), Vec::new());
    }
    Ok(())
}

/// Every row of an index.
pub(super) fn whole(scope: Scope, kind: &Kind, place: &Place) -> Range {
    Range::under(match place {
        Place::Number(number) => layout::indexes(scope.connection, kind.number, *number),
        Place::Named(name) => layout::named_indexes(scope.connection, kind.number, name),
    })
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
