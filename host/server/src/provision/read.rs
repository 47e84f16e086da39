//! GET of one resource (RFC 7644 section 3.4.1).

use super::{Answer, Kind, Links, Scope};
use crate::error::{Error, Result};
use crate::id::Id;
use crate::store::{Rows, layout};

/// The resource with this id; with its members or groups if `with_links`.
///
/// # Errors
/// 404 if there is none, whoever else has one.
pub fn get(rows: &impl Rows, scope: Scope, kind: &Kind, id: &str, with_links: bool) -> Result<Answer> {
    let id = parse_id(kind, id)?;
    let json = stored(rows, scope, kind, id)?;
    let links = if with_links { Links::read(rows, scope, kind, id)? } else { Links::None };
    Ok(Answer { id, json, links })
}

/// Reads an id; what is none of ours names nothing.
pub(super) fn parse_id(kind: &Kind, id: &str) -> Result<Id> {
    id.parse().map_err(|_| Error::not_found(kind.noun()))
}

/// The stored form of a resource that has to be there.
pub(super) fn stored(rows: &impl Rows, scope: Scope, kind: &Kind, id: Id) -> Result<Vec<u8>> {
    rows.get(&layout::resource(scope.connection, kind.number, id))?.ok_or_else(|| Error::not_found(kind.noun()))
}
