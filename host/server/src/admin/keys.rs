//! Operator keys: who may call the admin API, and how much they may do.
//!
//! A key reaches one tenant or, kept among the installation's rows, every tenant and the installation itself. Its secret is
//! shown once and kept as a hash. Knows nothing of what the key's holder asks for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::listing;
use super::name::{self, Problems};
use crate::activity::{self, Entry};
use crate::clock::{Clock, Timestamp};
use crate::error::{Error, Result};
use crate::id::Id;
use crate::limits::{ENVIRONMENT_KEY_BYTES_MAX, ENVIRONMENT_KEY_BYTES_MIN, KEYS_MAX};
use crate::secret::{Purpose, Secret};
use crate::store::{Key as RowKey, PartitionNumber, Range, Rows, Store, Table, Tx, from_json, layout};

/// How much an operator may do. Each may do what those before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// Reads, and changes nothing.
    Auditor,
    /// Manages connections, tokens, the pipeline and the directory.
    Admin,
    /// Also makes and deletes tenants and operator keys.
    Owner,
}

/// What an operator reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The installation and every tenant.
    Root,
    /// The tenant with this partition.
    Tenant(PartitionNumber),
}

/// An operator key, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Key {
    /// Its id.
    pub id: Id,
    /// What operators call it.
    pub name: String,
    /// How much its holder may do.
    pub role: Role,
    /// When it was made.
    pub created: Timestamp,
    /// The last four characters of its secret.
    pub hint: String,
}

/// An operator key to make.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewKey {
    /// What operators call it.
    pub name: String,
    /// How much its holder may do.
    pub role: Role,
}

/// A key as it is stored with its tenant or the installation.
#[derive(Serialize, Deserialize)]
struct Stored {
    #[serde(flatten)]
    key: Key,
    hash: [u8; 32],
}

/// What a key opens, as it is stored by the key's hash.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Grant {
    /// The key's id.
    pub key: Id,
    /// The tenant it reaches; every tenant without one.
    pub tenant: Option<PartitionNumber>,
    /// How much its holder may do.
    pub role: Role,
}

impl Scope {
    fn row(self, id: Id) -> RowKey {
        match self {
            Self::Root => layout::root_key(id),
            Self::Tenant(_) => layout::key(id),
        }
    }

    fn rows(self) -> RowKey {
        RowKey::new(match self {
            Self::Root => Table::RootKey,
            Self::Tenant(_) => Table::Key,
        })
    }

    fn tenant(self) -> Option<PartitionNumber> {
        match self {
            Self::Root => None,
            Self::Tenant(number) => Some(number),
        }
    }
}

/// Makes a key with this secret. `tx` is that of `scope`.
///
/// # Errors
/// If the name is not acceptable, or there are [`KEYS_MAX`] keys.
pub fn create(tx: &mut Tx<'_>, scope: Scope, id: Id, new: &NewKey, secret: &Secret, now: Timestamp) -> Result<Key> {
    let mut problems = Problems::default();
    let name = name::checked(&new.name, "/name", &mut problems);
    problems.finish()?;
    if tx.count(&Range::under(scope.rows()), KEYS_MAX)? >= KEYS_MAX {
        return Err(Error::conflict(format!("There can be {KEYS_MAX} keys. Delete one first.")));
    }
    let key = Key { id, name, role: new.role, created: now, hint: secret.hint() };
    let hash = secret.hash();
    tx.put_json(&layout::key_hash(&hash), &Grant { key: id, tenant: scope.tenant(), role: new.role })?;
    tx.put_json(&scope.row(id), &Stored { key: key.clone(), hash })?;
    Ok(key)
}

/// At most `limit` keys behind `after`, in the order in which they were made. `rows` are those of `scope`.
///
/// # Errors
/// If the disk refuses.
pub fn list(rows: &impl Rows, scope: Scope, after: Option<Id>, limit: usize) -> Result<Vec<Key>> {
    let range = Range::under(scope.rows());
    let range = match after {
        Some(id) => range.after(scope.row(id)),
        None => range,
    };
    listing::read(rows, &range, limit, |_, value| Ok(from_json::<Stored>(value)?.key))
}

/// What the key with this id is called, if there is one. `rows` are those of `scope`.
///
/// # Errors
/// If the disk refuses.
pub fn named(rows: &impl Rows, scope: Scope, id: Id) -> Result<Option<String>> {
    Ok(rows.json::<Stored>(&scope.row(id))?.map(|stored| stored.key.name))
}

/// Deletes a key: from here on it opens nothing. `tx` is that of `scope`.
///
/// # Errors
/// 404 if there is none. Conflict if it is the installation's last owner key, since nobody could make another one.
pub fn delete(tx: &mut Tx<'_>, scope: Scope, id: Id) -> Result<()> {
    let stored = tx.json::<Stored>(&scope.row(id))?.ok_or_else(|| Error::not_found("key"))?;
    if scope == Scope::Root && stored.key.role == Role::Owner {
        let others = list(tx, scope, None, KEYS_MAX)?;
        if !others.iter().any(|other| other.id != id && other.role == Role::Owner) {
            return Err(Error::conflict("This is the installation's last owner key. Make another one first."));
        }
    }
    tx.delete(&layout::key_hash(&stored.hash));
    tx.delete(&scope.row(id));
    Ok(())
}

/// What the key with this hash opens, if there is one.
pub(crate) fn find(rows: &impl Rows, hash: &[u8; 32]) -> Result<Option<Grant>> {
    rows.json(&layout::key_hash(hash))
}

/// Deletes at most `most` keys of the tenant that `tx` belongs to, and says how many.
pub(super) fn forget_some(tx: &mut Tx<'_>, most: usize) -> Result<usize> {
    let range = Range::under(RowKey::new(Table::Key));
    let hashes = listing::read(tx, &range, most, |_, value| Ok(from_json::<Stored>(value)?.hash))?;
    for hash in &hashes {
        tx.delete(&layout::key_hash(hash));
    }
    tx.delete_range(&range, most)
}

/// Sees to it that somebody can call: makes the installation's first owner key, to be shown once, unless there is a key
/// already or the environment has one.
///
/// # Errors
/// If the environment's key is shorter than [`ENVIRONMENT_KEY_BYTES_MIN`] or longer than [`ENVIRONMENT_KEY_BYTES_MAX`], or the disk refuses.
pub fn ensure_root(store: &Store, environment_key: Option<&str>, clock: &Clock) -> Result<Option<Secret>> {
    if let Some(key) = environment_key {
        if !(ENVIRONMENT_KEY_BYTES_MIN..=ENVIRONMENT_KEY_BYTES_MAX).contains(&key.len()) {
            return Err(Error::invalid(format!(
                "An operator key from the environment has between {ENVIRONMENT_KEY_BYTES_MIN} and {ENVIRONMENT_KEY_BYTES_MAX} bytes."
            )));
        }
        return Ok(None);
    }
    let secret = Secret::generate(Purpose::Key)?;
    let (shown, now) = (secret.to_string(), clock.now());
    let id = Id::new(now);
    let made = store.installation().write(move |tx| {
        if tx.count(&Range::under(Scope::Root.rows()), 1)? > 0 {
            return Ok(false);
        }
        let new = NewKey { name: "First key".to_owned(), role: Role::Owner };
        let key = create(tx, Scope::Root, id, &new, &secret, now)?;
        activity::record(tx, &first_key_entry(&key, now))?;
        Ok(true)
    })?;
    Ok(if made { Secret::parse(Purpose::Key, &shown) } else { None })
}

fn first_key_entry(key: &Key, now: Timestamp) -> Entry {
    Entry { subject: Some(key.id.to_string()), status: 201, ..Entry::of_system(now, "first start") }
}
