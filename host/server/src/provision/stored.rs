//! The stored form of a resource: the JSON that GET answers with, `meta` last, its `version` last of all and its `location` not there.
//!
//! They come last so that an answer can be made by splicing text: the location needs the base URL, which no stored row
//! knows, the version what is kept as rows, and a read that parses nothing costs what the copy costs.

use doorlist_scim::{ErrorKind, Resource};
use serde_json::Value;

use super::{Kind, version};
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::id::Id;
use crate::limits::RESOURCE_BYTES_MAX;

/// A resource that was read to be changed or looked into.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// The resource without `meta`.
    pub resource: Resource,
    /// When it was made.
    pub created: Timestamp,
    /// When it last changed.
    pub last_modified: Timestamp,
}

impl Stored {
    /// A new resource: gets its id.
    pub(super) fn new(mut resource: Resource, id: Id, now: Timestamp) -> Self {
        resource.insert("id".to_owned(), Value::String(id.to_string()));
        Self { resource, created: now, last_modified: now }
    }

    /// Reads the stored form.
    ///
    /// # Errors
    /// Only if the file says something that was never written.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        let mut resource: Resource = crate::store::from_json(bytes)?;
        let meta = resource.remove("meta").unwrap_or_default();
        let time = |name: &str| {
            let text = meta.get(name).and_then(Value::as_str).unwrap_or_default();
            Timestamp::parse(text).ok_or_else(|| Error::internal(format!("a stored resource has no {name}")))
        };
        let (created, last_modified) = (time("created")?, time("lastModified")?);
        Ok(Self { resource, created, last_modified })
    }

    /// The stored form.
    ///
    /// # Errors
    /// 413 if it has more than [`RESOURCE_BYTES_MAX`] bytes.
    pub(super) fn write(&self, kind: &Kind) -> Result<Vec<u8>> {
        let json = self.bytes(kind)?;
        if json.len() > RESOURCE_BYTES_MAX {
            let detail = format!("The {} would have more than {RESOURCE_BYTES_MAX} bytes.", kind.scim.name);
            return Err(Error::new(ErrorKind::PayloadTooLarge, detail));
        }
        Ok(json)
    }

    /// The stored form, however large.
    ///
    /// # Errors
    /// None that a value of ours can cause.
    pub(super) fn bytes(&self, kind: &Kind) -> Result<Vec<u8>> {
        let mut json = serde_json::to_vec(&self.resource).map_err(Error::internal)?;
        // The last byte is the object's closing brace; a resource has an id, so a comma is due.
        json.pop();
        let Self { created, last_modified, .. } = self;
        let meta = format!(
            ",\"meta\":{{\"created\":\"{created}\",\"lastModified\":\"{last_modified}\",\"resourceType\":\"{}\",{}",
            kind.scim.name,
            version::HEAD
        );
        json.extend_from_slice(meta.as_bytes());
        let digits = version::digits(&json);
        json.extend_from_slice(digits.as_bytes());
        json.extend_from_slice(version::TAIL);
        Ok(json)
    }

    /// The text at a top-level attribute; empty if there is none.
    pub fn text(&self, name: &str) -> &str {
        self.resource.get(name).and_then(Value::as_str).unwrap_or_default()
    }
}

/// The stored form with another `lastModified`: for what changes about a resource beside its own text, which changes its version too.
/// `None` if it has a later one.
///
/// # Errors
/// Only if the file says something that was never written.
pub(super) fn touched(json: &[u8], now: Timestamp) -> Result<Option<Vec<u8>>> {
    const NAME: &str = "\"lastModified\":\"";
    let text = std::str::from_utf8(json).map_err(Error::internal)?;
    // Behind the last one of these only `meta` goes on: quotes within a value are escaped.
    let place = text.rfind(NAME).map(|at| at + NAME.len());
    let parts = place.and_then(|at| text.split_at_checked(at)).and_then(|(before, rest)| Some((before, rest.split_once('"')?)));
    let Some((before, (old, after))) = parts else {
        return Err(Error::internal("a stored resource has no lastModified"));
    };
    if Timestamp::parse(old).is_some_and(|old| old >= now) {
        return Ok(None);
    }
    Ok(Some(format!("{before}{now}\"{after}").into_bytes()))
}

/// Answers with the stored form are spliced from these two places.
impl super::Answer {
    /// Appends the resource's JSON to `out`, with its `location` and its links below `base` (such as `https://host/scim/v2`).
    pub fn splice(&self, kind: &Kind, base: &str, out: &mut Vec<u8>) {
        let head = self.json.len().saturating_sub(version::TAIL.len());
        out.extend_from_slice(self.json.get(..head).unwrap_or_default());
        if self.rows_digest != 0 {
            out.extend_from_slice(format!("-{:016x}", self.rows_digest).as_bytes());
        }
        out.extend_from_slice(b"\\\"\",\"location\":\"");
        push_location(out, base, &kind.scim.endpoint, self.id);
        out.extend_from_slice(b"\"}");
        self.links.splice(base, out);
        out.push(b'}');
    }
}

/// `base`/`endpoint`/`id`.
pub(super) fn location(base: &str, endpoint: &str, id: Id) -> String {
    format!("{base}/{}/{id}", endpoint.trim_start_matches('/'))
}

/// Appends `base`/`endpoint`/`id`.
pub(super) fn push_location(out: &mut Vec<u8>, base: &str, endpoint: &str, id: Id) {
    out.extend_from_slice(base.as_bytes());
    out.push(b'/');
    out.extend_from_slice(endpoint.trim_start_matches('/').as_bytes());
    out.push(b'/');
    id.write_to(out);
}
