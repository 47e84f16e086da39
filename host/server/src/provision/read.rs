//! GET of one resource (RFC 7644 section 3.4.1).

use super::{Answer, Kind, Scope, Wanted};
use crate::error::{Error, Result};
use crate::id::Id;
use crate::store::{Rows, layout};

/// The resource with this id, and what is wanted beside it.
///
/// # Errors
/// 404 if there is none, whoever else has one.
pub fn get(rows: &impl Rows, scope: Scope, kind: &Kind, id: &str, wanted: Wanted) -> Result<Answer> {
    let id = parse_id(kind, id)?;
    let json = stored(rows, scope, kind, id)?;
    Answer::read(rows, scope, kind, (id, json), wanted)
}

/// Reads an id; what is none of ours names nothing.
pub(super) fn parse_id(kind: &Kind, id: &str) -> Result<Id> {
    id.parse().map_err(|_| Error::not_found(kind.noun()))
}

/// The stored form of a resource that has to be there.
pub(super) fn stored(rows: &impl Rows, scope: Scope, kind: &Kind, id: Id) -> Result<Vec<u8>> {
    rows.get(&layout::resource(scope.connection, kind.number, id))?.ok_or_else(|| Error::not_found(kind.noun()))
}
