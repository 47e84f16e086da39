//! What SCIM clients do to the inventory, one file per verb.
//!
//! A verb is parsed first (no rows touched), then run over a transaction or a snapshot. One run writes the resource, its
//! index rows, its member rows, the dirty marks of what has to be projected again, and the activity entry: all or nothing.
//!
//! Knows no status code, header or JSON envelope, no policy, and nothing of the directory: what operators made is not in the inventory, so no SCIM
//! request can see or change it.

mod bulk;
mod catalog;
mod create;
mod delete;
mod due;
mod external_ids;
mod index;
mod kind;
mod list;
mod members;
mod patch;
mod read;
mod replace;
pub mod restore;
mod stored;
mod survey;
#[cfg(test)]
mod tests;
mod version;

use std::sync::Arc;

pub use bulk::{Bulk, Progress};
pub use catalog::{Catalog, Choices, Extension, Extensions, extensions, outdate, put_extensions};
pub use create::Create;
pub use delete::{Delete, remove_some};
pub(crate) use due::{Causes, Why, mark_dirty};
pub use external_ids::{ChangingExternalIds, ExternalIdChange, changing_external_ids};
pub use index::ids_with;
pub use kind::Kind;
pub use list::{AllWalks, Page, Search, Walks, list, quick};
pub(crate) use members::mark_members;
pub use members::{Links, MemberKind, groups_of, members_of};
pub use patch::{Modified, Modify};
pub use read::get;
pub use replace::Replace;
pub use stored::Stored;
pub use survey::Survey;
pub use version::{Conditions, Versions, Wanted};

use crate::activity::Entry;
use crate::clock::Timestamp;
use crate::error::Result;
use crate::id::Id;
use crate::store::Tx;

/// Whose inventory a request works on. Made by authentication.
#[derive(Clone, Copy, Debug)]
pub struct Scope {
    /// The connection's number within the tenant.
    pub connection: u32,
}

/// A resource as it is answered: the stored JSON, without `meta.location` and without what is kept as rows.
#[derive(Debug)]
pub struct Answer {
    /// Its id.
    pub id: Id,
    /// Stored JSON, `meta` last.
    pub json: Vec<u8>,
    /// Members or groups, if they were asked for.
    pub links: Links,
    /// A digest of what is kept as rows; 0 if that is nothing.
    rows_digest: u64,
}

/// When a change is made, how it is answered, and how the tenant's log tells of it.
#[derive(Clone, Debug)]
pub struct Context {
    /// The time of the request.
    pub now: Timestamp,
    /// The log's entry; the verb adds the subject.
    pub entry: Entry,
    /// What the entry says instead of its status if the answer has no body.
    pub status_without_body: u16,
    /// Where clients see this service.
    pub base: Arc<str>,
    /// What the answer shows beside the resource.
    pub wanted: Wanted,
    /// For which versions the change is meant.
    pub conditions: Conditions,
    /// Whether a resource is answered however many members it has.
    pub always: bool,
}

impl Context {
    /// That of a change that nobody asked for and nobody is answered: one in a draft. `base` is where clients see this service.
    pub(crate) fn of_nobody(now: Timestamp, base: Arc<str>) -> Self {
        let (entry, wanted, conditions) = (Entry::of_system(now, "what if"), Wanted::default(), Conditions::default());
        Self { now, entry, status_without_body: 204, base, wanted, conditions, always: false }
    }

    /// Writes the log's entry about `subject` and gives the stamp for dirty marks.
    fn record(&self, tx: &mut Tx<'_>, subject: Id, has_body: bool) -> Result<u64> {
        let status = if has_body { self.entry.status } else { self.status_without_body };
        let entry = Entry { subject: Some(subject.to_string()), status, ..self.entry.clone() };
        crate::activity::record(tx, &entry)
    }
}
