//! Identifiers: 16 bytes, time-ordered (UUID version 7), so that rows written together lie together.
//!
//! Knows nothing of what an identifier names.

use std::fmt;
use std::str::FromStr;
use std::sync::{LazyLock, Mutex, PoisonError};

use crate::clock::Timestamp;

/// An identifier.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id([u8; 16]);

/// Keeps identifiers of one millisecond in the order in which they were made.
static CONTEXT: LazyLock<Mutex<uuid::ContextV7>> = LazyLock::new(|| Mutex::new(uuid::ContextV7::new()));

impl Id {
    /// Bytes of an identifier.
    pub const BYTES: usize = 16;

    /// A new identifier, made at `now`.
    pub fn new(now: Timestamp) -> Self {
        let millis = u64::try_from(now.as_millis()).unwrap_or(0);
        let nanos = u32::try_from(millis % 1000).unwrap_or(0) * 1_000_000;
        let context = CONTEXT.lock().unwrap_or_else(PoisonError::into_inner);
        let point = uuid::Timestamp::from_unix(&*context, millis / 1000, nanos);
        Self(*uuid::Uuid::new_v7(point).as_bytes())
    }

    /// The identifier with these bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The identifier that stands for what has this digest (UUID version 8, RFC 9562 section 5.8): not ordered by time.
    pub fn of_digest(digest: &[u8; 32]) -> Self {
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, ..] = *digest;
        Self(*uuid::Builder::from_custom_bytes([a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]).into_uuid().as_bytes())
    }

    /// The identifier in the first 16 bytes of `bytes`; `None` if there are fewer.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.first_chunk::<16>().map(|chunk| Self(*chunk))
    }

    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Appends the usual form to `text`.
    pub fn write_to(&self, text: &mut Vec<u8>) {
        let mut buffer = [0; uuid::fmt::Hyphenated::LENGTH];
        let form = uuid::Uuid::from_bytes(self.0).hyphenated().encode_lower(&mut buffer);
        text.extend_from_slice(form.as_bytes());
    }
}

/// Lower-case, hyphenated.
impl fmt::Display for Id {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        uuid::Uuid::from_bytes(self.0).hyphenated().fmt(formatter)
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// Text that is no identifier.
#[derive(Debug, PartialEq, Eq)]
pub struct NotAnId;

/// Reads the lower-case hyphenated form and no other, so that an identifier has one spelling (SCIM's `id` is
/// case-exact, RFC 7643 section 3.1).
impl FromStr for Id {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        if text.len() != uuid::fmt::Hyphenated::LENGTH || text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(NotAnId);
        }
        uuid::Uuid::try_parse(text).map(|uuid| Self(*uuid.as_bytes())).map_err(|_| NotAnId)
    }
}

impl serde::Serialize for Id {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Id {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(|NotAnId| serde::de::Error::custom("not an identifier"))
    }
}

impl schemars::JsonSchema for Id {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Id".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string", "format": "uuid"})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_ordered_by_the_time_they_were_made() {
        let made: Vec<Id> = (0..1000).map(|step| Id::new(Timestamp::from_millis(1_000_000 + step / 10))).collect();
        assert!(made.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn an_identifier_has_one_spelling() {
        let id = Id::new(Timestamp::from_millis(5));
        assert_eq!(id.to_string().parse(), Ok(id));
        for other in [id.to_string().to_uppercase(), id.to_string().replace('-', ""), format!("{{{id}}}"), String::new()] {
            assert_eq!(other.parse::<Id>(), Err(NotAnId), "{other}");
        }
    }
}
