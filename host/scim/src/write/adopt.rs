//! Data of an extension that is older than its schema.
//!
//! While no schema knew a URN, what stood behind it was kept as it was sent: under any letter case, as an object or
//! behind the URN in the key. Before such a resource changes, that data moves to where the schema has it. Whether it is
//! what the schema asks for is not looked at: that is checked when it is written again.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::spelling;
use crate::Resource;
use crate::path::{AttrPath, split_urn};
use crate::schema::{Attribute, ResourceType, Schema};

/// The resource with all data of its extensions under their URNs, in the schemas' spelling. Where something is there
/// more than once, what is in its place already stays.
pub(crate) fn adopted<'a>(rt: &ResourceType, resource: &'a Resource) -> Cow<'a, Resource> {
    let is_in_place = |(key, value): (&String, &Value)| match split_urn(key, rt) {
        (Some(schema), _) => *key == schema.id && is_spelled(schema, value),
        (None, _) => true,
    };
    if resource.iter().all(is_in_place) {
        return Cow::Borrowed(resource);
    }
    let mut own = Resource::new();
    let mut strays = Vec::new();
    for (key, value) in resource {
        match split_urn(key, rt) {
            (Some(schema), "") if *key == schema.id => {
                own.insert(key.clone(), spelled(schema, value));
            }
            (Some(schema), "") => strays.push((schema, spelled(schema, value))),
            (Some(schema), name) => strays.push((schema, under(rt, schema, key, name, value))),
            (None, _) => {
                own.insert(key.clone(), value.clone());
            }
        }
    }
    for (schema, stray) in strays {
        match own.get_mut(&schema.id) {
            Some(Value::Object(there)) => join(there, stray),
            // Only an object can be an extension.
            Some(there) if stray.is_object() => *there = stray,
            Some(_) => {}
            None => {
                own.insert(schema.id.clone(), stray);
            }
        }
    }
    Cow::Owned(own)
}

/// The value of a key that starts with the URN of a schema, as the object under that URN.
fn under(rt: &ResourceType, schema: &Schema, key: &str, name: &str, value: &Value) -> Value {
    let path = AttrPath::resolve(key, rt);
    let (name, value) = match path {
        // Of one element among many, a key cannot speak.
        Some(AttrPath { name, sub: Some(sub), .. }) if schema.attribute(&name).is_some_and(|attribute| !attribute.multi_valued) => {
            (name, Value::Object(Map::from_iter([(sub, value.clone())])))
        }
        Some(AttrPath { name, sub: None, .. }) => (name, value.clone()),
        _ => (name.to_owned(), value.clone()),
    };
    spelled(schema, &Value::Object(Map::from_iter([(name, value)])))
}

/// Whether what stands under the URN of a schema is in its spelling.
fn is_spelled(schema: &Schema, extension: &Value) -> bool {
    let is_part_spelled =
        |attribute: &Attribute, part: &Value| part.as_object().is_none_or(|part| has_names(part, &attribute.sub_attributes, &|_, _| true));
    extension.as_object().is_none_or(|extension| {
        has_names(extension, &schema.attributes, &|attribute, value| match value {
            Value::Array(elements) => elements.iter().all(|element| is_part_spelled(attribute, element)),
            single => is_part_spelled(attribute, single),
        })
    })
}

fn has_names(object: &Map<String, Value>, attributes: &[Attribute], is_well: &dyn Fn(&Attribute, &Value) -> bool) -> bool {
    let of = |key: &str| attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(key));
    object.iter().all(|(key, value)| of(key).is_none_or(|attribute| attribute.name == *key && is_well(attribute, value)))
}

/// What stands under the URN of a schema, in its spelling.
fn spelled(schema: &Schema, extension: &Value) -> Value {
    let part = |attribute: &Attribute, part: &Value| match part {
        Value::Object(part) => Value::Object(renamed(part, &attribute.sub_attributes, &|_, value| value.clone())),
        plain => plain.clone(),
    };
    match extension {
        Value::Object(extension) => Value::Object(renamed(extension, &schema.attributes, &|attribute, value| match value {
            Value::Array(elements) => Value::Array(elements.iter().map(|element| part(attribute, element)).collect()),
            single => part(attribute, single),
        })),
        plain => plain.clone(),
    }
}

/// An object with the names of attributes as they are spelled, and everything else as it is. Of two keys that differ
/// only in letter case, the one in the right spelling stays.
fn renamed(object: &Map<String, Value>, attributes: &[Attribute], inside: &dyn Fn(&Attribute, &Value) -> Value) -> Map<String, Value> {
    let of = |key: &str| attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(key));
    let mut own = Map::new();
    for (key, value) in object {
        match of(key) {
            Some(attribute) if attribute.name == *key || !object.contains_key(&attribute.name) => {
                own.entry(attribute.name.clone()).or_insert_with(|| inside(attribute, value));
            }
            Some(_) => {}
            None => {
                own.insert(key.clone(), value.clone());
            }
        }
    }
    own
}

/// Adds what an object lacks. Values are bounded in depth when they are read, so the recursion is shallow.
fn join(there: &mut Map<String, Value>, more: Value) {
    let Value::Object(more) = more else { return };
    for (key, value) in more {
        let key = spelling(there, &key).to_owned();
        match there.get_mut(&key) {
            Some(Value::Object(there)) => join(there, value),
            Some(_) => {}
            None => {
                there.insert(key, value);
            }
        }
    }
}
