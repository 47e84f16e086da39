//! Plugin revisions as rows: what is known of each without running it. Immutable but for a signature that comes later.
//!
//! Knows nothing of how a plugin runs.

use std::cmp::Ordering;

use semver::Version;
use serde::{Deserialize, Serialize};

use super::super::listing;
use super::described::Described;
use super::file;
use super::limits::PluginTier;
use super::signing::Signed;
use crate::activity::Actor;
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::id::Id;
use crate::limits::PLUGINS_MAX;
use crate::policy::{self, LoadLimits, Plugin, Tier};
use crate::store::{Range, Rows, Tx, from_json, layout};

/// A plugin revision of a tenant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Revision {
    /// What it says of itself.
    pub described: Described,
    /// SHA-256 of the file, in lower-case hexadecimal.
    pub sha256: String,
    /// Bytes of the file.
    pub bytes: u64,
    /// Bytes of its machine code, when it was uploaded.
    pub compiled_bytes: u64,
    /// The version of the contract that it was built for.
    pub contract: String,
    /// What it imports.
    pub imports: Vec<String>,
    /// When it was uploaded.
    pub created: Timestamp,
    /// Who uploaded it.
    pub actor: Actor,
    /// The signature that it came with, or got later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed: Option<Signed>,
    file: Id,
    /// The limits under which it was taken. Later ones are for later uploads.
    tier: PluginTier,
    compile_ms: u64,
    compiled_bytes_max: u64,
}

impl Revision {
    /// That of a plugin which was loaded under `limits` and whose file is stored as `file`.
    pub(super) fn new(
        plugin: &Plugin,
        limits: &LoadLimits,
        signed: Option<Signed>,
        file: Id,
        (actor, created): (&Actor, Timestamp),
    ) -> Self {
        let facts = plugin.facts();
        Self {
            described: Described::of(plugin.manifest()),
            sha256: plugin.digest().to_owned(),
            bytes: facts.bytes as u64,
            compiled_bytes: facts.compiled_bytes as u64,
            contract: facts.contract.clone(),
            imports: facts.imports.clone(),
            created,
            actor: actor.clone(),
            signed,
            file,
            tier: if limits.tier == Tier::Large { PluginTier::Large } else { PluginTier::Small },
            compile_ms: limits.compile_ms,
            compiled_bytes_max: limits.compiled_bytes as u64,
        }
    }

    /// Where its file is.
    pub(super) fn file(&self) -> Id {
        self.file
    }

    /// What making machine code of it may cost.
    pub(super) fn load_limits(&self) -> LoadLimits {
        LoadLimits {
            tier: self.tier.into(),
            compile_ms: self.compile_ms,
            compiled_bytes: usize::try_from(self.compiled_bytes_max).unwrap_or(usize::MAX),
        }
    }

    /// Name and version in one, as activity entries name it.
    pub fn subject(&self) -> String {
        format!("{}/{}", self.described.name, self.described.version)
    }
}

/// Whether plugins of this name come with Doorlist.
pub(in crate::admin) fn is_first_party(name: &str) -> bool {
    policy::is_first_party(name)
}

/// The revision with this name and version.
///
/// # Errors
/// If the disk refuses.
pub fn get(rows: &impl Rows, name: &str, version: &str) -> Result<Option<Revision>> {
    rows.json(&layout::plugin(name, version))
}

/// Every revision, in the order of names.
///
/// # Errors
/// If the disk refuses.
pub fn all(rows: &impl Rows) -> Result<Vec<Revision>> {
    listing::read(rows, &Range::under(layout::plugins()), PLUGINS_MAX, |_, value| from_json(value))
}

/// The newest revision with this name: the highest version that is no pre-release, else the highest.
///
/// # Errors
/// If the disk refuses.
pub fn newest(rows: &impl Rows, name: &str) -> Result<Option<Revision>> {
    let range = Range::under(layout::plugins().text(name));
    let all = listing::read(rows, &range, PLUGINS_MAX, |_, value| from_json::<Revision>(value))?;
    Ok(all.into_iter().max_by(|one, other| by_age(&one.described.version, &other.described.version)))
}

/// Which of two versions is the newer one.
fn by_age(one: &str, other: &str) -> Ordering {
    // A version that plugins may have and semver does not know is older than any other: a number beyond 64 bits, say.
    let rank = |text: &str| Version::parse(text).ok().map(|version| (version.pre.is_empty(), version));
    rank(one).cmp(&rank(other)).then_with(|| one.cmp(other))
}

/// The revision with these bytes.
pub(super) fn with_digest(rows: &impl Rows, sha256: &str) -> Result<Option<Revision>> {
    Ok(all(rows)?.into_iter().find(|revision| revision.sha256 == sha256))
}

/// Refuses another revision if there are `most`.
pub(super) fn must_have_room(rows: &impl Rows, most: usize) -> Result<()> {
    if rows.count(&Range::under(layout::plugins()), most.max(1))? < most {
        return Ok(());
    }
    Err(Error::conflict(format!("This tenant can have {most} plugin revisions. Delete one first.")))
}

/// Refuses a revision that would be another one than what there is under its name.
pub(super) fn must_be_free(rows: &impl Rows, name: &str, version: &str) -> Result<()> {
    if is_first_party(name) {
        let detail = format!("Doorlist comes with a plugin {name}. Yours needs another name.");
        return Err(Error::conflict(detail));
    }
    if get(rows, name, version)?.is_some() {
        let detail =
            format!("There is a version {version} of {name} already, and it has other bytes. A changed plugin needs a new version.");
        return Err(Error::conflict(detail));
    }
    Ok(())
}

/// Stores a revision.
pub(super) fn put(tx: &mut Tx<'_>, revision: &Revision) -> Result<()> {
    tx.put_json(&layout::plugin(&revision.described.name, &revision.described.version), revision)
}

/// Deletes a revision, and gives its file, which goes by [`file::delete_step`].
///
/// # Errors
/// 404 if there is none; conflict if it comes with Doorlist, or a pipeline uses it that is in force or that one may want to go back to.
pub fn delete(tx: &mut Tx<'_>, name: &str, version: &str) -> Result<Id> {
    let Some(revision) = get(tx, name, version)? else {
        if is_first_party(name) {
            return Err(Error::conflict(format!("{name} comes with Doorlist.")));
        }
        return Err(Error::not_found("plugin"));
    };
    if let Some(user) = super::super::pipeline::user_of(tx, name, version)? {
        return Err(Error::conflict(user));
    }
    tx.delete(&layout::plugin(name, version));
    file::let_go(tx, revision.file)?;
    Ok(revision.file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_version_is_the_highest_that_is_finished() {
        let newest = |versions: &[&str]| versions.iter().copied().max_by(|one, other| by_age(one, other)).unwrap().to_owned();
        assert_eq!(newest(&["1.9.0", "1.10.0", "1.2.0"]), "1.10.0");
        assert_eq!(newest(&["1.0.0", "2.0.0-beta.1"]), "1.0.0");
        assert_eq!(newest(&["2.0.0-beta.2", "2.0.0-beta.10"]), "2.0.0-beta.10");
        assert_eq!(newest(&["0.0.1", "99999999999999999999.0.0"]), "0.0.1");
    }
}
