//! Attributes as clients may send them.
//!
//! Wider than RFC 7643 in these ways, each one taken on purpose: null stands for an unassigned value everywhere; booleans may be text
//! in any letter case, and an empty text is no value where text cannot be one; a complex value that has a `value` may be that value
//! alone; `schemas` may be missing; what no schema knows may be there and is kept.

use serde_json::{Map, Value, json};

use super::description::{Attribute, Fixtures, Kind, Schema};

/// What carries the attributes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// A new resource.
    Post,
    /// A resource in place of another: what is written only once is left out, since whether it is accepted depends on what is there.
    Put,
    /// The value of an operation.
    Patch,
}

/// The smallest whole number that is one: of 64 bits, with sign.
const INTEGER_MIN: i64 = i64::MIN;
/// The largest: of 64 bits, without sign.
const INTEGER_MAX: u64 = u64::MAX;

/// A point in time, of days that every month has.
const TIME: &str = "^[12][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?\
    (Z|[+-](0[0-9]|1[0-3]):[0-5][0-9])?$";

/// Base64 in one of the two alphabets, with padding or without.
const BYTES: &str =
    "^(([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}(==)?|[A-Za-z0-9+/]{3}=?)?|([A-Za-z0-9_-]{4})*([A-Za-z0-9_-]{2}(==)?|[A-Za-z0-9_-]{3}=?)?)$";

/// The body of a POST or PUT.
pub fn resource(kind: &Kind, fixtures: &Fixtures, verb: Verb) -> Value {
    let mut body = object(&kind.core.attributes, fixtures, verb);
    let properties = body["properties"].as_object_mut().expect("an object has properties");
    properties.insert("schemas".into(), json!({"type": ["array", "null"], "items": {"type": "string"}}));
    properties.insert("externalId".into(), json!({"type": ["string", "null"]}));
    let mut required = Vec::new();
    for (schema, is_required) in &kind.extensions {
        properties.insert(schema.urn.clone(), extension(schema, fixtures, verb, *is_required));
        if *is_required {
            required.push(schema.urn.clone());
        }
    }
    if let (false, Some(list)) = (required.is_empty(), body["required"].as_array_mut()) {
        list.extend(required.into_iter().map(Value::from));
    }
    body
}

fn extension(schema: &Schema, fixtures: &Fixtures, verb: Verb, is_required: bool) -> Value {
    let mut body = object(&schema.attributes, fixtures, verb);
    body["type"] = if is_required { json!("object") } else { json!(["object", "null"]) };
    body
}

/// An object with these attributes.
fn object(attributes: &[Attribute], fixtures: &Fixtures, verb: Verb) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for attribute in attributes.iter().filter(|attribute| is_sent(attribute, verb)) {
        let mut schema = attribute_schema(attribute, fixtures, verb);
        if attribute.required {
            schema = assigned(&schema);
            required.push(attribute.name.clone());
        }
        properties.insert(attribute.name.clone(), schema);
    }
    json!({"type": "object", "properties": properties, "required": required})
}

/// What is required has a value, and blanks are none.
pub fn assigned(schema: &Value) -> Value {
    json!({"allOf": [schema, {"not": {"enum": [null, []]}, "pattern": "\\S"}]})
}

/// Whether the document says that requests have it.
pub fn is_sent(attribute: &Attribute, verb: Verb) -> bool {
    attribute.is_written() && (verb == Verb::Post || attribute.mutability != "immutable" || attribute.name == "members")
}

/// An attribute, list or not.
pub fn attribute_schema(attribute: &Attribute, fixtures: &Fixtures, verb: Verb) -> Value {
    if is_members(attribute) {
        return members(fixtures);
    }
    if !attribute.multi {
        return nullable(attribute, one(attribute, fixtures, verb));
    }
    let element = nullable(attribute, one(attribute, fixtures, verb));
    let mut list = json!({"type": ["array", "null"], "items": element});
    if attribute.subs.iter().any(|sub| sub.name == "primary") {
        list["contains"] = json!({"type": "object", "required": ["primary"], "properties": {
            "primary": {"anyOf": [{"const": true}, {"type": "string", "pattern": "^[Tt][Rr][Uu][Ee]$"}]}}});
        list["minContains"] = json!(0);
        list["maxContains"] = json!(1);
    }
    list
}

/// Whether an attribute has other resources as its elements, which have to be there.
pub fn is_members(attribute: &Attribute) -> bool {
    attribute.multi && attribute.value().is_some_and(|value| value.mutability == "immutable") && attribute.name == "members"
}

fn members(fixtures: &Fixtures) -> Value {
    let ids = fixtures.members();
    // What an element says beside its value is not used: type and reference follow from the resource.
    let element = json!({"anyOf": [
        {"enum": ids},
        {"type": "object", "required": ["value"], "properties": {"value": {"enum": ids}, "type": {"type": ["string", "null"]}}},
    ]});
    json!({"anyOf": [{"type": ["array", "null"], "items": element}, element]})
}

/// Null is no value, and so is an empty text where text cannot be one.
fn nullable(attribute: &Attribute, schema: Value) -> Value {
    match attribute.kind.as_str() {
        "string" | "reference" => json!({"anyOf": [{"type": "null"}, schema]}),
        _ => json!({"anyOf": [{"enum": [null, ""]}, schema]}),
    }
}

/// One value: of an attribute that is no list, or one element of a list.
fn one(attribute: &Attribute, fixtures: &Fixtures, verb: Verb) -> Value {
    match attribute.kind.as_str() {
        "boolean" => json!({"anyOf": [{"type": "boolean"}, {"type": "string", "pattern": "^([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])$"}]}),
        "integer" => json!({"type": "integer", "minimum": INTEGER_MIN, "maximum": INTEGER_MAX}),
        "decimal" => json!({"type": "number"}),
        "dateTime" => json!({"type": "string", "pattern": TIME}),
        "binary" => json!({"type": "string", "pattern": BYTES}),
        "complex" => complex(attribute, fixtures, verb),
        // Canonical values are suggestions (RFC 7643 section 2.4), and a reference is whatever text the client calls one.
        _ => json!({"type": "string"}),
    }
}

fn complex(attribute: &Attribute, fixtures: &Fixtures, verb: Verb) -> Value {
    let whole = object(&attribute.subs, fixtures, if attribute.multi { Verb::Post } else { verb });
    match attribute.value() {
        // An empty value takes the whole away, whatever stands beside it.
        Some(value) if !attribute.multi => json!({"anyOf": [
            if value.required { assigned(&json!({"type": "string"})) } else { json!({"type": "string"}) }, whole,
            {"type": "object", "required": ["value"], "properties": {"value": {"enum": [null, ""]}}}]}),
        _ => whole,
    }
}
