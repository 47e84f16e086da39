//! What SCIM clients do to the inventory, one file per verb.
//!
//! A verb is parsed first (no rows touched), then run over a transaction or a snapshot. One run writes the resource, its
//! index rows, its member rows, the dirty marks of what has to be projected again, and the activity entry: all or nothing.
//!
//! Knows no status code, header or JSON envelope, no policy, and nothing of the directory: what operators made is not in the inventory, so no SCIM
//! request can see or change it.

mod create;
mod delete;
mod index;
mod list;
mod members;
mod patch;
mod read;
mod replace;
mod stored;

use std::sync::{Arc, LazyLock};

use doorlist_scim::AttrPath;
use doorlist_scim::schema::{ResourceType, Uniqueness};

pub use create::Create;
pub use delete::{Delete, remove_some};
pub use list::{Page, is_quick, list};
pub(crate) use members::mark_members;
pub use members::{Links, MemberKind, groups_of, members_of};
pub use patch::Modify;
pub use read::get;
pub use replace::Replace;
pub use stored::Stored;

use crate::activity::Entry;
use crate::clock::Timestamp;
use crate::error::Result;
use crate::id::Id;
use crate::store::layout::{GROUP, USER};
use crate::store::{Tx, layout};

/// A resource type as the inventory keeps it.
#[derive(Debug)]
pub struct Kind {
    /// Its number in keys.
    pub number: u8,
    /// Its schema.
    pub scim: &'static ResourceType,
    /// Whether it has members, kept as rows.
    pub has_members: bool,
    /// Whether it shows the groups it is in (readOnly, derived from those rows).
    pub shows_groups: bool,
    /// Attributes whose values are indexed.
    indexed: Vec<Indexed>,
}

/// An attribute whose values are indexed.
#[derive(Debug)]
struct Indexed {
    /// Its number in keys.
    number: u8,
    /// Its path, of one or two names.
    path: &'static str,
    /// Whether letter case counts, as the schema says.
    case_exact: bool,
    /// Whether no two resources of a connection may have the same value, as the schema says.
    unique: bool,
}

impl Indexed {
    fn new(scim: &ResourceType, number: u8, path: &'static str) -> Self {
        let attribute = AttrPath::parse(path, scim).ok().and_then(|path| scim.attribute(&path));
        Self {
            number,
            path,
            case_exact: attribute.is_some_and(|attribute| attribute.case_exact),
            unique: attribute.is_some_and(|attribute| attribute.uniqueness != Uniqueness::None),
        }
    }
}

static USERS: LazyLock<Kind> = LazyLock::new(|| {
    let scim = ResourceType::user();
    let indexed = [(1, "userName"), (2, "externalId"), (3, "displayName"), (4, "emails.value")];
    let indexed = indexed.map(|(number, path)| Indexed::new(scim, number, path)).into();
    Kind { number: USER, scim, has_members: false, shows_groups: true, indexed }
});

static GROUPS: LazyLock<Kind> = LazyLock::new(|| {
    let scim = ResourceType::group();
    let indexed = [(2, "externalId"), (3, "displayName")].map(|(number, path)| Indexed::new(scim, number, path)).into();
    Kind { number: GROUP, scim, has_members: true, shows_groups: false, indexed }
});

impl Kind {
    /// Users (RFC 7643 section 4.1).
    pub fn user() -> &'static Self {
        &USERS
    }

    /// Groups (RFC 7643 section 4.2).
    pub fn group() -> &'static Self {
        &GROUPS
    }

    /// The type served at `endpoint`, such as `Users`.
    pub fn at(endpoint: &str) -> Option<&'static Self> {
        [Self::user(), Self::group()].into_iter().find(|kind| kind.scim.endpoint.trim_start_matches('/') == endpoint)
    }

    /// Whether an answer with this projection shows what is kept as member rows.
    pub fn wants_links(&self, projection: &doorlist_scim::Projection) -> bool {
        (self.has_members && projection.wants("members")) || (self.shows_groups && projection.wants("groups"))
    }

    /// What an error calls one of them.
    fn noun(&self) -> &str {
        &self.scim.name
    }
}

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
    /// Whether members or groups are shown in the answer.
    pub with_links: bool,
    /// Whether a resource is answered however many members it has.
    pub always: bool,
}

impl Context {
    /// Writes the log's entry about `subject` and gives the stamp for dirty marks.
    fn record(&self, tx: &mut Tx<'_>, subject: Id, has_body: bool) -> Result<u64> {
        let status = if has_body { self.entry.status } else { self.status_without_body };
        let entry = Entry { subject: Some(subject.to_string()), status, ..self.entry.clone() };
        crate::activity::record(tx, &entry)
    }
}

/// Marks a subject as due for projection.
pub(crate) fn mark_dirty(tx: &mut Tx<'_>, scope: Scope, kind: u8, id: Id, stamp: u64) {
    tx.put(&layout::dirty_mark(kind, scope.connection, id), stamp.to_be_bytes().to_vec());
}
