//! Cursors (RFC 9865): where the next page starts, in a form that needs no memory of ours.
//!
//! A cursor outlives a restart and never expires. It is worth nothing to anybody else: what it names is looked up among the rows of whoever
//! presents it, and it is refused for another list than it was given for.

use data_encoding::BASE64URL_NOPAD;
use doorlist_scim::ErrorKind;
use doorlist_scim::list::SortKey;
use sha2::{Digest, Sha256};

use super::super::Scope;
use super::super::members::first_bytes;
use super::{From, Position, Search};
use crate::error::{Error, Result};
use crate::id::Id;
use crate::store::PartitionNumber;

/// Where a page ended.
pub(super) struct Cursor {
    /// Of which list.
    pub(super) fingerprint: u64,
    /// Behind which resource the next page starts.
    pub(super) position: Position,
    /// How many matched when the first page was made.
    pub(super) total: usize,
}

impl Cursor {
    /// As text of unreserved characters (RFC 9865 section 2).
    pub(super) fn write(&self) -> String {
        let Position { place, id, key } = &self.position;
        let key = key.as_ref().map(SortKey::encode);
        BASE64URL_NOPAD.encode(serde_json::json!([self.fingerprint, place, id, self.total, key]).to_string().as_bytes())
    }

    /// Reads one that was given for the list with this fingerprint.
    ///
    /// # Errors
    /// `invalidCursor` for anything else.
    pub(super) fn read(text: &str, fingerprint: u64, is_sorted: bool, places: usize) -> Result<From> {
        let invalid = || Error::new(ErrorKind::InvalidCursor, "The cursor was not given for this list. Start without one.");
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| invalid())?;
        let read: (u64, usize, Id, usize, Option<String>) = serde_json::from_slice(&bytes).map_err(|_| invalid())?;
        let (given, place, id, total, key) = read;
        let key = key.map(|key| SortKey::decode(&key).ok_or_else(invalid)).transpose()?;
        if given != fingerprint || place >= places || key.is_some() != is_sorted {
            return Err(invalid());
        }
        Ok(From { behind: Some(Position { place, id, key }), skip: 0, total: Some(total) })
    }
}

/// What the pages of one list have in common and no other list has: whose it is, what it looks through, its filter and its order.
pub(super) fn fingerprint(tenant: PartitionNumber, scope: Scope, search: &Search) -> u64 {
    let mut hasher = Sha256::new();
    hasher.update(tenant.to_be_bytes());
    hasher.update(scope.connection.to_be_bytes());
    for (kind, query) in &search.selections {
        hasher.update([kind.number]);
        let filter = query.filter.as_ref().map(ToString::to_string).unwrap_or_default();
        let sort = query.sort.as_ref().map(|(path, order)| format!("{path} {order:?}")).unwrap_or_default();
        for text in [filter, sort] {
            hasher.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
            hasher.update(text.as_bytes());
        }
    }
    first_bytes(&hasher.finalize())
}
