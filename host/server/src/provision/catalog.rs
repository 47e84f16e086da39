//! The resource types that one client sees: those that everybody has, with the tenant's own schemas.
//!
//! Knows nothing of how an operator gives a schema, and nothing of resources.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use doorlist_scim::schema::{ResourceType, Schema, Uniqueness};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Kind, Scope, index};
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::limits::{CATALOGS_READ_MAX, SCHEMA_INDEXED_MAX};
use crate::store::layout::{self, Counter};
use crate::store::{Numbers, Rows, Tx};

/// The resource types that a client sees.
#[derive(Debug)]
pub struct Catalog {
    kinds: Vec<Arc<Kind>>,
    types: Vec<Arc<ResourceType>>,
    /// How often the tenant's schemas had changed when it was read.
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
}

/// What of a client's connection decides on what it sees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Choices {
    /// Whether there are resource types for conformance work.
    pub test_resources: bool,
    /// Whether no two groups may have the same name.
    pub unique_group_names: bool,
}

static PLAIN: LazyLock<Arc<Catalog>> = LazyLock::new(|| Arc::new(Catalog::of(&[], Choices::default(), 0)));

/// Catalogs that were read before, by a digest of what they were read from: the projector needs one for each batch, and clients one for each that is looked up.
static READ_BEFORE: LazyLock<Mutex<HashMap<[u8; 32], Arc<Catalog>>>> = LazyLock::new(Mutex::default);

fn read_before_by(stored: &[u8], choices: Choices, revision: u64) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update([u8::from(choices.test_resources), u8::from(choices.unique_group_names)]);
    hasher.update(revision.to_be_bytes());
    hasher.update(stored);
    hasher.finalize().into()
}

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
        let stored = rows.get(&layout::catalog())?.unwrap_or_default();
        let revision = revision(rows)?;
        if stored.is_empty() && choices == Choices::default() && revision == 0 {
            return Ok(Arc::clone(Self::plain()));
        }
        let key = read_before_by(&stored, choices, revision);
        if let Some(known) = READ_BEFORE.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(Arc::clone(known));
        }
        let extensions: Vec<Extension> = if stored.is_empty() { Vec::new() } else { crate::store::from_json(&stored)? };
        let mut read = Vec::with_capacity(extensions.len());
        for extension in extensions {
            // It was checked when it was put.
            let schema = Schema::from_json(&extension.schema).map_err(Error::internal)?;
            read.push((Arc::new(schema), extension));
        }
        let catalog = Arc::new(Self::of(&read, choices, revision));
        let mut before = READ_BEFORE.lock().unwrap_or_else(PoisonError::into_inner);
        if before.len() >= CATALOGS_READ_MAX {
            before.clear();
        }
        before.insert(key, Arc::clone(&catalog));
        Ok(catalog)
    }

    fn of(extensions: &[(Arc<Schema>, Extension)], choices: Choices, revision: u64) -> Self {
        let extended = |base: &Arc<ResourceType>| {
            let more = extensions.iter().filter(|(_, extension)| extension.extends.contains(&base.name));
            let more: Vec<(Arc<Schema>, bool)> = more.map(|(schema, extension)| (Arc::clone(schema), extension.required)).collect();
            if more.is_empty() { Arc::clone(base) } else { Arc::new(base.with_extensions(more)) }
        };
        let mut groups = extended(ResourceType::group());
        if choices.unique_group_names {
            groups = Arc::new(with_unique_names(&groups));
        }
        let mut kinds = vec![Arc::new(Kind::users(extended(ResourceType::user()))), Arc::new(Kind::groups(groups))];
        if choices.test_resources {
            kinds.extend(Kind::test().iter().cloned());
        }
        let types = kinds.iter().map(|kind| Arc::clone(&kind.scim)).collect();
        Self { kinds, types, revision }
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

fn revision(rows: &impl Rows) -> Result<u64> {
    rows.number(&layout::counter(Counter::Catalog))
}

/// The tenant's own schemas.
///
/// # Errors
/// If the disk refuses.
pub fn extensions(rows: &impl Rows) -> Result<Vec<Extension>> {
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

/// Puts other schemas in the place of the tenant's own ones, which differ in the one with the URN `urn`, and brings the index rows of `connections` up
/// to date with them. Requests that were checked by the old ones are refused from here on.
///
/// # Errors
/// Conflict if two resources have the same value of what is unique from now on, or if more than [`SCHEMA_INDEXED_MAX`] resources have data of a schema
/// of which an attribute begins or ceases to be unique.
pub fn put_extensions(tx: &mut Tx<'_>, extensions: &[Extension], urn: &str, connections: &[u32]) -> Result<()> {
    let before = Catalog::read(tx, Choices::default())?;
    if extensions.is_empty() {
        tx.delete(&layout::catalog());
    } else {
        tx.put_json(&layout::catalog(), &extensions)?;
    }
    tx.add(&layout::counter(Counter::Catalog), 1)?;
    let after = Catalog::read(tx, Choices::default())?;
    let mut left = SCHEMA_INDEXED_MAX;
    for (old, new) in before.kinds().iter().zip(after.kinds()).filter(|(old, new)| !old.indexes_as(new)) {
        for connection in connections {
            left -= index::rebuild(tx, Scope { connection: *connection }, (old, new), urn, left)?;
        }
    }
    Ok(())
}
