//! Versions of resources, and requests that hold only for some of them (RFC 7644 section 3.14).
//!
//! Two answers have the same version exactly if they say the same, as long as the tenant's schemas stay the same. What is stored carries a digest of itself;
//! what is kept as rows (members of a group, groups of a user) changes without the stored form, so a digest of that stands behind it. Knows no header.

use sha2::{Digest, Sha256};

use super::members::first_bytes;
use super::{Answer, Kind, Links, Scope};
use crate::error::{Error, Result};
use crate::id::Id;
use crate::store::{Numbers, Rows, layout};
use doorlist_scim::ErrorKind;

/// Hexadecimal digits of the stored form's digest: 96 bits.
const DIGITS: usize = 24;

/// What the stored form ends with behind the digits: the end of the version, and the braces of `meta` and of the resource.
pub(super) const TAIL: &[u8] = b"\\\"\"}}";

/// What stands before the digits in the stored form, behind the comma.
pub(super) const HEAD: &str = "\"version\":\"W/\\\"";

/// The digits for a stored form, complete but for its version.
pub(super) fn digits(json: &[u8]) -> String {
    let mut text = data_encoding::HEXLOWER.encode(&Sha256::digest(json));
    text.truncate(DIGITS);
    text
}

/// What an answer needs of the rows beside the resource.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Its members or groups.
    pub links: bool,
    /// Its version.
    pub version: bool,
}

impl Wanted {
    /// What the answer to a request about one resource needs: its version in any case, since a header carries it.
    pub fn of_one(kind: &Kind, projection: &doorlist_scim::Projection) -> Self {
        Self { links: kind.wants_links(projection), version: true }
    }

    /// What a resource in a list needs.
    pub fn of_many(kind: &Kind, projection: &doorlist_scim::Projection) -> Self {
        Self { links: kind.wants_links(projection), version: projection.wants("meta") }
    }
}

impl Answer {
    /// Puts together what is stored of a resource and what is kept of it as rows.
    ///
    /// # Errors
    /// If the disk refuses.
    pub(super) fn read(rows: &impl Rows, scope: Scope, kind: &Kind, (id, json): (Id, Vec<u8>), wanted: Wanted) -> Result<Self> {
        let mut answer = Self { id, json, links: Links::None, rows_digest: 0 };
        if kind.has_members && wanted.version {
            answer.rows_digest = rows.number(&layout::members_digest(scope.connection, id))?;
        }
        if kind.has_members && wanted.links {
            answer.links = Links::read(rows, scope, kind, id)?;
        }
        if kind.shows_groups && (wanted.links || wanted.version) {
            let links = Links::read(rows, scope, kind, id)?;
            answer.rows_digest = links.digest();
            answer.links = if wanted.links { links } else { Links::None };
        }
        if kind.schema_changes > 0 {
            // What an answer shows of the stored form depends on the tenant's schemas.
            let mut hasher = Sha256::new();
            hasher.update(answer.rows_digest.to_be_bytes());
            hasher.update(kind.schema_changes.to_be_bytes());
            answer.rows_digest = first_bytes(&hasher.finalize());
        }
        Ok(answer)
    }

    /// The version, as clients see it: a weak entity tag, since answers to different `attributes` share it.
    pub fn version(&self) -> String {
        let stored = self.stored_digits();
        match self.rows_digest {
            0 => format!("W/\"{stored}\""),
            digest => format!("W/\"{stored}-{digest:016x}\""),
        }
    }

    /// The digits that the stored form carries.
    fn stored_digits(&self) -> &str {
        let end = self.json.len().saturating_sub(TAIL.len());
        let digits = self.json.get(end.saturating_sub(DIGITS)..end).unwrap_or_default();
        std::str::from_utf8(digits).unwrap_or_default()
    }
}

impl Links {
    /// A digest of the groups of a user, whose names are part of its answer; 0 if there are none.
    fn digest(&self) -> u64 {
        let Self::Groups(groups) = self else { return 0 };
        if groups.is_empty() {
            return 0;
        }
        let mut hasher = Sha256::new();
        for (id, name) in groups {
            hasher.update(id.as_bytes());
            // The length first, so that no name runs into the next id.
            hasher.update(u64::try_from(name.len()).unwrap_or(u64::MAX).to_be_bytes());
            hasher.update(name.as_bytes());
        }
        first_bytes(&hasher.finalize())
    }
}

/// Some versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Versions {
    /// Every one.
    Any,
    /// These, without `W/` and quotes: they are compared weakly, since RFC 7644 has weak ones in `If-Match`.
    These(Vec<String>),
}

impl Versions {
    /// Reads a list of entity tags or `*` (RFC 9110 section 13.1.1). What is no entity tag is one that no resource has.
    pub fn parse(text: &str) -> Self {
        if text.trim() == "*" {
            return Self::Any;
        }
        let tags = text.split(',').map(str::trim).filter(|tag| !tag.is_empty());
        Self::These(tags.map(|tag| opaque(tag).to_owned()).collect())
    }

    /// Whether a version, as [`Answer::version`] gives it, is one of them.
    pub fn has(&self, version: &str) -> bool {
        match self {
            Self::Any => true,
            Self::These(tags) => tags.iter().any(|tag| tag == opaque(version)),
        }
    }
}

/// An entity tag without `W/` and quotes.
fn opaque(tag: &str) -> &str {
    let tag = tag.strip_prefix("W/").unwrap_or(tag);
    tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"')).unwrap_or(tag)
}

/// For which versions of a resource a change is meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conditions {
    /// Only for these.
    pub only: Option<Versions>,
    /// Not for these.
    pub not: Option<Versions>,
}

impl Conditions {
    /// Refuses a change of a resource that is another version.
    ///
    /// # Errors
    /// 412; or if the disk refuses.
    pub(super) fn check(&self, rows: &impl Rows, scope: Scope, kind: &Kind, id: Id, json: &[u8]) -> Result<()> {
        if self.only.is_none() && self.not.is_none() {
            return Ok(());
        }
        let version = Answer::read(rows, scope, kind, (id, json.to_vec()), Wanted { links: false, version: true })?.version();
        let holds = self.only.as_ref().is_none_or(|only| only.has(&version)) && !self.not.as_ref().is_some_and(|not| not.has(&version));
        if holds {
            return Ok(());
        }
        let detail = format!("The {} is another version than the request is meant for: it is {version}.", kind.noun());
        Err(Error::new(ErrorKind::PreconditionFailed, detail))
    }
}
