//! Resources of the inventory, read no deeper than somebody asks: of most users that are looked at, nothing changes.
//!
//! Knows the stored form of a resource ([`Stored`](crate::provision::Stored)): one JSON object, its attributes sorted by name.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::fmt;

use doorlist_scim::Resource;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::subject::NOT_ATTRIBUTES;
use crate::error::{Error, Result};

/// A resource that is read when somebody wants it.
#[derive(Clone)]
pub(super) struct Inventoried {
    json: Vec<u8>,
    resource: OnceCell<Resource>,
}

impl Inventoried {
    /// One that [`Parts::read`] has gone through.
    pub(super) fn unread(json: Vec<u8>) -> Self {
        Self { json, resource: OnceCell::new() }
    }

    /// One that is known.
    pub(super) fn whole(resource: Resource) -> Self {
        Self { json: Vec::new(), resource: OnceCell::from(resource) }
    }

    /// The resource without `meta`.
    pub(super) fn read(&self) -> &Resource {
        self.resource.get_or_init(|| {
            // Its parts were read, so it is JSON, and an object: there is no other way to make one that is unread.
            let mut resource: Resource = serde_json::from_slice(&self.json).unwrap_or_default();
            resource.remove("meta");
            resource
        })
    }
}

/// The attributes of a stored resource, each as the text that it is.
pub(super) struct Parts<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Parts<'a> {
    /// Takes a stored resource apart.
    ///
    /// # Errors
    /// Only if the file says something that was never written.
    pub(super) fn read(json: &'a [u8]) -> Result<Self> {
        serde_json::from_slice(json).map_err(Error::internal)
    }

    /// Some of them, read.
    ///
    /// # Errors
    /// Only if the file says something that was never written.
    pub(super) fn few(&self, names: &[&str]) -> Result<Map<String, Value>> {
        let wanted = self.0.iter().filter(|(name, _)| names.contains(&name.as_ref()));
        let read = wanted.map(|(name, value)| Ok((name.to_string(), serde_json::from_str(value.get()).map_err(Error::internal)?)));
        read.collect()
    }

    /// The JSON object of those that a member shows, where each is answered as it is stored.
    pub(super) fn shown(&self) -> String {
        let shown = self.0.iter().filter(|(name, _)| name != "meta" && !NOT_ATTRIBUTES.contains(&name.as_ref()));
        let mut json = String::from("{");
        for (place, (name, value)) in shown.enumerate() {
            if place > 0 {
                json.push(',');
            }
            json.push('"');
            // One with something in it that JSON escapes is no attribute's name: then this is nobody's text, which is the safe answer.
            json.push_str(name);
            json.push_str("\":");
            json.push_str(value.get());
        }
        json.push('}');
        json
    }
}

impl<'de> Deserialize<'de> for Parts<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Names;
        impl<'de> Visitor<'de> for Names {
            type Value = Parts<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Parts<'de>, A::Error> {
                let mut parts = Vec::with_capacity(map.size_hint().unwrap_or(16));
                while let Some((Name(name), value)) = map.next_entry()? {
                    parts.push((name, value));
                }
                Ok(Parts(parts))
            }
        }
        deserializer.deserialize_map(Names)
    }
}

/// A name that is not copied if it need not be.
#[derive(serde::Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_member_shows_is_spelt_as_a_member_has_it() {
        let json = serde_json::json!({
            "active": true, "emails": [{"value": "ada@example.com"}], "id": "1", "title": "T \u{1f600} \"x\"", "userName": "ada", "x": 1.50, "password": "p",
        });
        let text = format!("{},\"meta\":{{\"created\":\"c\"}}}}", json.to_string().strip_suffix('}').unwrap());
        let parts = Parts::read(text.as_bytes()).unwrap();
        let mut shown: Map<String, Value> = json.as_object().unwrap().clone();
        shown.retain(|name, _| !NOT_ATTRIBUTES.contains(&name.as_str()));
        assert_eq!(parts.shown(), serde_json::to_string(&shown).unwrap());
        let few = parts.few(&["userName", "active", "none"]).unwrap();
        assert_eq!(Value::Object(few), serde_json::json!({"active": true, "userName": "ada"}));
        assert_eq!(Value::Object(Inventoried::unread(text.clone().into_bytes()).read().clone()), json);
        assert!(Parts::read(b"[]").is_err() && Parts::read(b"{\"a\":}").is_err());
    }
}
