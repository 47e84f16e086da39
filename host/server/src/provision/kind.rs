//! Resource types as the inventory keeps them: what is indexed of them, and what they show of member rows.
//!
//! Everything beyond those two is schema data. Knows no tenant: [`super::catalog`] puts a tenant's kinds together.

use std::sync::{Arc, LazyLock};

use doorlist_scim::schema::{ResourceType, Type, Uniqueness};
use doorlist_scim::{AttrPath, Projection};

use crate::store::layout::{GROUP, USER};

/// A resource type as the inventory keeps it.
#[derive(Debug)]
pub struct Kind {
    /// Its number in keys.
    pub number: u8,
    /// Its schema.
    pub scim: Arc<ResourceType>,
    /// Whether it has members, kept as rows.
    pub has_members: bool,
    /// Whether it shows the groups it is in (readOnly, derived from those rows).
    pub shows_groups: bool,
    /// Whether an answer to a request that names no attributes is what is stored: not if something of it is shown on request only or never, and not if the schemas may
    /// have changed since it was stored.
    pub is_answered_as_stored: bool,
    /// How often the tenant's own schemas have changed.
    pub schema_changes: u64,
    /// Attributes whose values are indexed.
    pub(super) indexed: Vec<Indexed>,
}

/// An attribute whose values are indexed.
#[derive(Debug)]
pub(super) struct Indexed {
    /// Where its index is.
    pub place: Place,
    /// The attribute.
    pub path: AttrPath,
    /// The same as clients write it.
    pub name: String,
    /// Whether its values are texts; numbers otherwise.
    pub is_text: bool,
    /// Whether letter case counts, as the schema says.
    pub case_exact: bool,
    /// Whether no two resources of a connection may have the same value, as the schema says.
    pub unique: bool,
}

/// Which index of a kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// One of those that every resource of the kind has, by its number in keys.
    Number(u8),
    /// One that a schema asks for by a `uniqueness`, by the change of schemas that made it and its attribute's path.
    Named(String),
}

/// Indexed attributes of users, with their numbers: what clients look people up by.
const INDEXED_OF_USERS: [(u8, &str); 4] = [(1, "userName"), (2, "externalId"), (3, "displayName"), (4, "emails.value")];

/// The same of everything else.
const INDEXED_OF_OTHERS: [(u8, &str); 2] = [(2, "externalId"), (3, "displayName")];

/// Number in keys of the first of the resource types for conformance work.
const TEST: u8 = 16;

/// What one path of a query finds, whatever the letter case.
fn indexed(scim: &ResourceType, place: Place, path: AttrPath) -> Indexed {
    let attribute = scim.attribute(&path);
    Indexed {
        place,
        name: path.to_string(),
        is_text: !attribute.is_some_and(|attribute| matches!(attribute.kind, Type::Integer | Type::Decimal)),
        case_exact: attribute.is_some_and(|attribute| attribute.case_exact),
        unique: attribute.is_some_and(|attribute| attribute.uniqueness != Uniqueness::None),
        path,
    }
}

static USERS: LazyLock<Arc<Kind>> = LazyLock::new(|| Arc::new(Kind::users(Arc::clone(ResourceType::user()), &|_| 0)));

static GROUPS: LazyLock<Arc<Kind>> = LazyLock::new(|| Arc::new(Kind::groups(Arc::clone(ResourceType::group()), &|_| 0)));

static TESTS: LazyLock<Vec<Arc<Kind>>> = LazyLock::new(|| {
    let types = (TEST..).zip(ResourceType::test());
    types.map(|(number, scim)| Arc::new(Kind::of(number, Arc::clone(scim), &INDEXED_OF_OTHERS, &|_| 0))).collect()
});

impl Kind {
    /// Users (RFC 7643 section 4.1), with the schemas that every tenant has.
    pub fn user() -> &'static Arc<Self> {
        &USERS
    }

    /// Groups (RFC 7643 section 4.2), with the schemas that every tenant has.
    pub fn group() -> &'static Arc<Self> {
        &GROUPS
    }

    /// The resource types for conformance work.
    pub fn test() -> &'static [Arc<Self>] {
        &TESTS
    }

    /// Users with these schemas. `indexed_by` says of an extension's URN which change of schemas made its index rows.
    pub(super) fn users(scim: Arc<ResourceType>, indexed_by: &dyn Fn(&str) -> u64) -> Self {
        Self { shows_groups: true, ..Self::of(USER, scim, &INDEXED_OF_USERS, indexed_by) }
    }

    /// Groups with these schemas.
    pub(super) fn groups(scim: Arc<ResourceType>, indexed_by: &dyn Fn(&str) -> u64) -> Self {
        Self { has_members: true, ..Self::of(GROUP, scim, &INDEXED_OF_OTHERS, indexed_by) }
    }

    fn of(number: u8, scim: Arc<ResourceType>, numbered: &[(u8, &str)], indexed_by: &dyn Fn(&str) -> u64) -> Self {
        let numbered = numbered.iter().filter_map(|(number, path)| Some((Place::Number(*number), AttrPath::parse(path, &scim).ok()?)));
        let mut all: Vec<Indexed> = numbered.map(|(place, path)| indexed(&scim, place, path)).collect();
        for path in scim.unique_paths() {
            if !all.iter().any(|known| known.path == path) {
                let made_by = path.urn.as_deref().map_or(0, indexed_by);
                all.push(indexed(&scim, Place::Named(format!("{made_by} {path}")), path));
            }
        }
        let is_answered_as_stored = !scim.shows_less_than_is_kept();
        Self { number, scim, has_members: false, shows_groups: false, is_answered_as_stored, schema_changes: 0, indexed: all }
    }

    /// The same in a tenant whose schemas have changed so often.
    pub(super) fn with_changes(self, schema_changes: u64) -> Self {
        Self { is_answered_as_stored: self.is_answered_as_stored && schema_changes == 0, schema_changes, ..self }
    }

    /// Whether an answer with this projection shows what is kept as member rows.
    pub fn wants_links(&self, projection: &Projection) -> bool {
        (self.has_members && projection.wants("members")) || (self.shows_groups && projection.wants("groups"))
    }

    /// The index that says what resources have at `path`; `None` if there is none.
    pub(super) fn index(&self, path: &AttrPath) -> Option<&Indexed> {
        self.indexed.iter().find(|indexed| indexed.path == *path)
    }

    /// The indexes that schemas ask for and another version of the kind does not have.
    pub(super) fn indexes_beyond(&self, other: &Self) -> Vec<&Place> {
        let is_known = |place: &Place| other.indexed.iter().any(|known| known.place == *place);
        self.indexed.iter().map(|indexed| &indexed.place).filter(|place| matches!(place, Place::Named(_)) && !is_known(place)).collect()
    }

    /// What an error calls one of them.
    pub(super) fn noun(&self) -> &str {
        &self.scim.name
    }
}
