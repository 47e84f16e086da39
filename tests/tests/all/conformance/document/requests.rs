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
    /// The value of an `add`.
    Add,
    /// The value of a `replace`.
    Replace,
}

impl Verb {
    /// Whether it is an operation of a PATCH, in which values have shorter forms.
    fn is_operation(self) -> bool {
        matches!(self, Self::Add | Self::Replace)
    }

    /// What holds for parts of a value.
    fn of_parts(self) -> Self {
        if self.is_operation() { Self::Put } else { self }
    }
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
    if !verb.is_operation() {
        properties.insert("schemas".into(), json!({"type": ["array", "null"], "items": {"type": "string"}}));
    }
    properties.insert("externalId".into(), json!({"type": ["string", "null"]}));
    let mut required = Vec::new();
    let said = |schema: &Schema| !verb.is_operation() || !demands(&schema.attributes);
    for (schema, is_required) in kind.extensions.iter().filter(|(schema, _)| said(schema)) {
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
    let body = object(&schema.attributes, fixtures, verb);
    if is_required { body } else { json!({"anyOf": [{"type": "null"}, body, nothing(&schema.attributes)]}) }
}

/// An object that says nothing of these attributes, which is none: what is required of it need not be there.
fn nothing(attributes: &[Attribute]) -> Value {
    let unassigned = attributes.iter().map(|attribute| {
        let parts = || nothing(&attribute.subs);
        let schema = match attribute.kind.as_str() {
            _ if !attribute.is_written() => json!({}),
            "complex" if attribute.multi => json!({"type": ["array", "null"], "items": {"anyOf": [{"type": "null"}, parts()]}}),
            _ if attribute.multi => json!({"type": ["array", "null"], "items": {"type": "null"}}),
            "complex" => json!({"anyOf": [{"enum": [null, ""]}, parts()]}),
            "string" | "reference" => json!({"type": "null"}),
            _ => json!({"enum": [null, ""]}),
        };
        (attribute.name.clone(), schema)
    });
    json!({"type": "object", "properties": unassigned.collect::<Map<_, _>>(), "additionalProperties": {"type": "null"}})
}

/// An object with these attributes.
fn object(attributes: &[Attribute], fixtures: &Fixtures, verb: Verb) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for attribute in attributes.iter().filter(|attribute| is_sent(attribute, verb)) {
        let mut schema = attribute_schema(attribute, fixtures, verb);
        if attribute.required && !verb.is_operation() {
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
    match verb {
        Verb::Post => attribute.is_written(),
        Verb::Put => is_changed(attribute),
        Verb::Add | Verb::Replace => is_changed(attribute) && (attribute.multi || !demands(&attribute.subs)),
    }
}

/// Whether clients write it more than once. Members are immutable each, and come and go.
pub fn is_changed(attribute: &Attribute) -> bool {
    attribute.is_written() && (attribute.mutability != "immutable" || is_members(attribute))
}

/// Whether one of these is required. A PATCH need not have it if it is there already, which no document can know.
fn demands(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| attribute.required)
}

/// An attribute, list or not.
pub fn attribute_schema(attribute: &Attribute, fixtures: &Fixtures, verb: Verb) -> Value {
    if is_members(attribute) {
        return members(&json!({"enum": fixtures.members()}));
    }
    let element = nullable(attribute, one(attribute, fixtures, verb));
    if !attribute.multi {
        return match (verb.is_operation(), attribute.required) {
            (false, _) => element,
            (true, false) => alone_or_listed(&element),
            // Adding nothing changes nothing.
            (true, true) if verb == Verb::Add => alone_or_listed(&json!({"anyOf": [{"type": "null"}, assigned(&element)]})),
            (true, true) => alone_or_listed(&assigned(&element)),
        };
    }
    let mut list = json!({"type": ["array", "null"], "items": element});
    if attribute.subs.iter().any(|sub| sub.name == "primary") {
        list["contains"] = json!({"type": "object", "required": ["primary"], "properties": {
            "primary": {"anyOf": [{"const": true}, {"type": "string", "pattern": "^[Tt][Rr][Uu][Ee]$"}]}}});
        list["minContains"] = json!(0);
        list["maxContains"] = json!(1);
    }
    if verb.is_operation() { json!({"anyOf": [list, element]}) } else { list }
}

/// A value, or a list with nothing but it.
pub fn alone_or_listed(value: &Value) -> Value {
    json!({"anyOf": [value, {"type": "array", "minItems": 1, "maxItems": 1, "items": value}]})
}

/// Whether an attribute has other resources as its elements, which have to be there.
pub fn is_members(attribute: &Attribute) -> bool {
    attribute.multi && attribute.value().is_some_and(|value| value.mutability == "immutable") && attribute.name == "members"
}

/// Members whose values are such.
pub fn members(value: &Value) -> Value {
    // What an element says beside its value is not used: type and reference follow from the resource.
    let element = json!({"anyOf": [
        value,
        {"type": "object", "required": ["value"], "properties": {"value": value, "type": {"type": ["string", "null"]}}},
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

/// A whole number as JSON.
pub fn integer() -> Value {
    json!({"type": "integer", "minimum": INTEGER_MIN, "maximum": INTEGER_MAX})
}

/// One value: of an attribute that is no list, or one element of a list.
fn one(attribute: &Attribute, fixtures: &Fixtures, verb: Verb) -> Value {
    match attribute.kind.as_str() {
        "boolean" => json!({"anyOf": [{"type": "boolean"}, {"type": "string", "pattern": "^([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])$"}]}),
        "integer" => integer(),
        "decimal" => json!({"type": "number"}),
        "dateTime" => json!({"type": "string", "pattern": TIME}),
        "binary" => json!({"type": "string", "pattern": BYTES}),
        "complex" => complex(attribute, fixtures, verb),
        // Canonical values are suggestions (RFC 7643 section 2.4), and a reference is whatever text the client calls one.
        _ => json!({"type": "string"}),
    }
}

fn complex(attribute: &Attribute, fixtures: &Fixtures, verb: Verb) -> Value {
    let whole = object(&attribute.subs, fixtures, if attribute.multi { Verb::Post } else { verb.of_parts() });
    let Some(value) = attribute.value().filter(|_| !attribute.multi) else {
        return whole;
    };
    let text = json!({"type": "string"});
    if value.required {
        return json!({"anyOf": [assigned(&text), whole, emptied(attribute), nothing(&attribute.subs)]});
    }
    json!({"anyOf": [text, whole, emptied(attribute)]})
}

/// An empty value that takes the whole away: nothing else is said but what leads nowhere without it.
fn emptied(attribute: &Attribute) -> Value {
    let void = json!({"enum": [null, ""]});
    let idle = attribute.subs.iter().filter(|sub| sub.name == "$ref" || !sub.is_written());
    let mut properties: Map<String, Value> = idle.map(|sub| (sub.name.clone(), json!({}))).collect();
    properties.insert("value".into(), void.clone());
    json!({"type": "object", "required": ["value"], "properties": properties, "additionalProperties": void})
}
