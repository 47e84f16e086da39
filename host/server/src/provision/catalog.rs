//! The resource types that one client sees: those that everybody has, with the tenant's own schemas.
//!
//! Knows nothing of how an operator gives a schema, and nothing of resources but where they are: [`super::survey`] looks at them.

use std::sync::{Arc, LazyLock};

use doorlist_scim::schema::{ResourceType, Schema, Uniqueness};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Kind, Scope, Survey, index};
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::limits::DELETE_ROWS_PER_WRITE_MAX;
use crate::store::layout::{self, Counter};
use crate::store::{Numbers, Rows, Tx};

/// The resource types that a client sees.
#[derive(Debug)]
pub struct Catalog {
    kinds: Vec<Arc<Kind>>,
    types: Vec<Arc<ResourceType>>,
    /// Names of attributes that nobody reads.
    hidden: Vec<String>,
    /// How often what clients see had changed when it was read.
    revision: u64,
}

/// A schema of a tenant's own, as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Extension {
    /// The schema, in the form of RFC 7643 section 7.
    pub schema: Value,
    /// Names of the resource types that it extends.
    pub extends: Vec<String>,
    /// Whether a resource must have it.
    pub required: bool,
    /// When it was put.
    pub updated: Timestamp,
    /// Which change of the schemas made the index rows of its unique attributes. Those of an earlier one are nobody's.
    pub indexed_by: u64,
}

/// A tenant's own schemas, as they are stored.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Extensions {
    /// How often they have changed.
    pub changes: u64,
    /// The schemas, in the order in which they were added.
    pub list: Vec<Extension>,
}

/// What of a client's connection decides on what it sees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Choices {
    /// Whether there are resource types for conformance work.
    pub test_resources: bool,
    /// Whether no two groups may have the same name.
    pub unique_group_names: bool,
}

static PLAIN: LazyLock<Arc<Catalog>> = LazyLock::new(|| Arc::new(Catalog::of(&[], Choices::default(), (0, 0))));

impl Catalog {
    /// What a client sees whose tenant has no schemas of its own and whose connection chose nothing.
    pub fn plain() -> &'static Arc<Self> {
        &PLAIN
    }

    /// What a client of this tenant sees.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn read(rows: &impl Rows, choices: Choices) -> Result<Arc<Self>> {
        let Extensions { changes, list } = extensions(rows)?;
        let revision = revision(rows)?;
        if choices == Choices::default() && revision == 0 {
            return Ok(Arc::clone(Self::plain()));
        }
        let mut read = Vec::with_capacity(list.len());
        for extension in list {
            // It was checked when it was put.
            let schema = Schema::from_json(&extension.schema).map_err(Error::internal)?;
            read.push((Arc::new(schema), extension));
        }
        Ok(Arc::new(Self::of(&read, choices, (changes, revision))))
    }

    fn of(extensions: &[(Arc<Schema>, Extension)], choices: Choices, (changes, revision): (u64, u64)) -> Self {
        let extended = |base: &Arc<ResourceType>| {
            let more = extensions.iter().filter(|(_, extension)| extension.extends.contains(&base.name));
            let more: Vec<(Arc<Schema>, bool)> = more.map(|(schema, extension)| (Arc::clone(schema), extension.required)).collect();
            if more.is_empty() { Arc::clone(base) } else { Arc::new(base.with_extensions(more)) }
        };
        let indexed_by = |urn: &str| {
            let known = extensions.iter().find(|(schema, _)| schema.id.eq_ignore_ascii_case(urn));
            known.map_or(0, |(_, extension)| extension.indexed_by)
        };
        let mut groups = extended(ResourceType::group());
        if choices.unique_group_names {
            groups = Arc::new(with_unique_names(&groups));
        }
        let users = Kind::users(extended(ResourceType::user()), &indexed_by);
        let mut kinds: Vec<Arc<Kind>> =
            [users, Kind::groups(groups, &indexed_by)].into_iter().map(|kind| Arc::new(kind.with_changes(changes))).collect();
        if choices.test_resources {
            kinds.extend(Kind::test().iter().cloned());
        }
        let types: Vec<Arc<ResourceType>> = kinds.iter().map(|kind| Arc::clone(&kind.scim)).collect();
        let hidden = types.iter().flat_map(|kind| kind.hidden_names()).map(str::to_owned).collect();
        Self { kinds, types, hidden, revision }
    }

    /// The names of the attributes that nobody ever reads, such as `password`.
    pub fn hidden(&self) -> &[String] {
        &self.hidden
    }

    /// Every kind, in the order in which clients see them.
    pub fn kinds(&self) -> &[Arc<Kind>] {
        &self.kinds
    }

    /// The resource types of the kinds, in the same order.
    pub fn types(&self) -> &[Arc<ResourceType>] {
        &self.types
    }

    /// The kind served at `endpoint`, such as `Users`.
    pub fn at(&self, endpoint: &str) -> Option<&Arc<Kind>> {
        self.kinds.iter().find(|kind| kind.scim.endpoint.trim_start_matches('/') == endpoint)
    }

    /// The kind with this number in keys.
    pub fn numbered(&self, number: u8) -> Option<&Arc<Kind>> {
        self.kinds.iter().find(|kind| kind.number == number)
    }

    /// Refuses a change that was checked by schemas that are not the tenant's any more. For the transaction that writes.
    ///
    /// # Errors
    /// 503, since the same request is right or wrong a moment later.
    pub fn must_be_current(&self, rows: &impl Rows) -> Result<()> {
        if revision(rows)? == self.revision {
            return Ok(());
        }
        let detail = "The tenant's schemas changed while the request was read. Send it again.";
        Err(Error::new(doorlist_scim::ErrorKind::Unavailable, detail))
    }
}

/// How often what clients see has changed.
fn revision(rows: &impl Rows) -> Result<u64> {
    rows.number(&layout::counter(Counter::Catalog))
}

/// What a client sees is something else from here on: requests that were checked by what it saw before are refused.
///
/// # Errors
/// If the disk refuses.
pub fn outdate(tx: &mut Tx<'_>) -> Result<u64> {
    tx.add(&layout::counter(Counter::Catalog), 1)
}

/// The tenant's own schemas.
///
/// # Errors
/// If the disk refuses.
pub fn extensions(rows: &impl Rows) -> Result<Extensions> {
    Ok(rows.json(&layout::catalog())?.unwrap_or_default())
}

/// The same groups, with names that the schema declares unique: clients can see what they are held to.
fn with_unique_names(groups: &ResourceType) -> ResourceType {
    let mut schema = Schema::clone(&groups.schema);
    for attribute in schema.attributes.iter_mut().filter(|attribute| attribute.name == "displayName") {
        attribute.uniqueness = Uniqueness::Server;
    }
    ResourceType { schema: Arc::new(schema), ..groups.clone() }
}

/// Puts other schemas in the place of the tenant's own ones. `survey` says which resources have data of the one that differs, if unique attributes of it
/// are to be indexed.
///
/// # Errors
/// Conflict if two resources have the same value of what is unique from now on, or if more have data than can be indexed in one commit.
pub fn put_extensions(tx: &mut Tx<'_>, list: Vec<Extension>, connections: &[u32], survey: Option<&Survey>) -> Result<()> {
    let before = Catalog::read(tx, Choices::default())?;
    let changes = extensions(tx)?.changes + 1;
    tx.put_json(&layout::catalog(), &Extensions { changes, list })?;
    outdate(tx)?;
    let after = Catalog::read(tx, Choices::default())?;
    let mut left = DELETE_ROWS_PER_WRITE_MAX;
    for (old, new) in before.kinds().iter().zip(after.kinds()) {
        let added = new.indexes_beyond(old);
        if !added.is_empty() {
            let survey = survey.ok_or_else(|| Error::internal("unique attributes came without a survey"))?;
            for (connection, id) in survey.found(tx, new.number, connections)? {
                index::add(tx, Scope { connection }, new, id, &added)?;
            }
        }
        // What is left of these nobody looks at.
        for path in old.indexes_beyond(new) {
            for connection in connections {
                left -= tx.delete_range(&index::whole(Scope { connection: *connection }, old, path), left)?;
            }
        }
    }
    Ok(())
}
