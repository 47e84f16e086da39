//! Schemas as JSON, in the form of RFC 7643, section 7.

use serde_json::{Map, Value, json};

use super::{Attribute, Mutability, Returned, SCHEMA_URN, Schema, Type, Uniqueness};
use crate::error::{Error, ErrorKind};
use crate::limits::{ATTRIBUTES_MAX, NAME_BYTES_MAX};

pub(super) const TYPES: [(&str, Type); 8] = [
    ("string", Type::String),
    ("boolean", Type::Boolean),
    ("decimal", Type::Decimal),
    ("integer", Type::Integer),
    ("dateTime", Type::DateTime),
    ("binary", Type::Binary),
    ("reference", Type::Reference),
    ("complex", Type::Complex),
];

pub(super) const MUTABILITIES: [(&str, Mutability); 4] = [
    ("readOnly", Mutability::ReadOnly),
    ("readWrite", Mutability::ReadWrite),
    ("immutable", Mutability::Immutable),
    ("writeOnly", Mutability::WriteOnly),
];

pub(super) const RETURNED: [(&str, Returned); 4] =
    [("always", Returned::Always), ("never", Returned::Never), ("default", Returned::Default), ("request", Returned::Request)];

pub(super) const UNIQUENESSES: [(&str, Uniqueness); 3] =
    [("none", Uniqueness::None), ("server", Uniqueness::Server), ("global", Uniqueness::Global)];

impl Schema {
    /// Reads a schema in the form of RFC 7643, section 7. A characteristic that is missing has the
    /// default of RFC 7643, section 2.2.
    ///
    /// # Errors
    /// `invalidValue` if something has the wrong type or an unknown keyword, a name is malformed or
    /// given twice, a complex attribute is inside another, or there are more than
    /// [`ATTRIBUTES_MAX`] attributes in one list.
    pub fn from_json(json: &Value) -> Result<Self, Error> {
        let id = text(json, "id")?.ok_or_else(|| invalid("A schema must have an id."))?;
        if id.is_empty() || id.len() > NAME_BYTES_MAX {
            return Err(invalid("The id of a schema is empty or too long."));
        }
        Ok(Self {
            name: text(json, "name")?.unwrap_or_else(|| id.clone()),
            description: text(json, "description")?.unwrap_or_default(),
            attributes: attributes(json.get("attributes"), true)?,
            id,
        })
    }

    /// The schema in the form of RFC 7643, section 7, without `meta`. What does not apply is left
    /// out and never null, since some clients refuse nulls here.
    pub fn to_json(&self) -> Value {
        json!({
            "schemas": [SCHEMA_URN],
            "id": self.id,
            "name": self.name,
            "description": self.description,
            "attributes": self.attributes.iter().map(attribute_json).collect::<Vec<_>>(),
        })
    }
}

fn attributes(json: Option<&Value>, complex_allowed: bool) -> Result<Vec<Attribute>, Error> {
    let list = match json {
        None => return Ok(Vec::new()),
        Some(Value::Array(list)) if list.len() <= ATTRIBUTES_MAX => list,
        Some(_) => return Err(invalid("Attributes must be a list of moderate length.")),
    };
    let mut attributes: Vec<Attribute> = Vec::with_capacity(list.len());
    for json in list {
        let attribute = attribute(json, complex_allowed)?;
        if super::find(&attributes, &attribute.name).is_some() {
            return Err(invalid(format!("The attribute {} is defined twice.", attribute.name)));
        }
        attributes.push(attribute);
    }
    Ok(attributes)
}

fn attribute(json: &Value, complex_allowed: bool) -> Result<Attribute, Error> {
    let name = text(json, "name")?.ok_or_else(|| invalid("Every attribute of a schema has a name."))?;
    if !is_attribute_name(&name) {
        return Err(invalid("An attribute of the schema has a malformed name."));
    }
    let kind = keyword(json, "type", &TYPES)?.unwrap_or(Type::String);
    if kind == Type::Complex && !complex_allowed {
        return Err(invalid(format!("The sub-attribute {name} cannot be complex itself.")));
    }
    let sub_attributes = match kind {
        Type::Complex => attributes(json.get("subAttributes"), false)?,
        _ => Vec::new(),
    };
    Ok(Attribute {
        kind,
        multi_valued: flag(json, "multiValued")?,
        description: text(json, "description")?.unwrap_or_default(),
        required: flag(json, "required")?,
        canonical_values: texts(json, "canonicalValues")?,
        case_exact: flag(json, "caseExact")?,
        mutability: keyword(json, "mutability", &MUTABILITIES)?.unwrap_or(Mutability::ReadWrite),
        returned: keyword(json, "returned", &RETURNED)?.unwrap_or(Returned::Default),
        uniqueness: keyword(json, "uniqueness", &UNIQUENESSES)?.unwrap_or(Uniqueness::None),
        reference_types: texts(json, "referenceTypes")?,
        sub_attributes,
        name,
    })
}

/// RFC 7643, section 2.1, and `$ref`, which the RFC itself uses against its own grammar.
pub(crate) fn is_attribute_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    let starts_well = bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'$');
    starts_well && name.len() <= NAME_BYTES_MAX && bytes.all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'$'))
}

fn text(json: &Value, key: &str) -> Result<Option<String>, Error> {
    match json.get(key) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(invalid(format!("In a schema, {key} must be a string."))),
    }
}

fn texts(json: &Value, key: &str) -> Result<Vec<String>, Error> {
    let wrong = || invalid(format!("In a schema, {key} must be a list of strings."));
    match json.get(key) {
        None => Ok(Vec::new()),
        Some(Value::Array(list)) => list.iter().map(|item| item.as_str().map(str::to_owned).ok_or_else(wrong)).collect(),
        Some(_) => Err(wrong()),
    }
}

fn flag(json: &Value, key: &str) -> Result<bool, Error> {
    match json.get(key) {
        None => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(_) => Err(invalid(format!("In a schema, {key} must be a boolean."))),
    }
}

fn keyword<T: Copy>(json: &Value, key: &str, words: &[(&str, T)]) -> Result<Option<T>, Error> {
    let Some(given) = text(json, key)? else {
        return Ok(None);
    };
    match words.iter().find(|(word, _)| *word == given) {
        Some((_, meaning)) => Ok(Some(*meaning)),
        None => Err(invalid(format!("In a schema, {key} has an unknown value."))),
    }
}

fn word<T: PartialEq>(words: &[(&'static str, T)], meaning: &T) -> &'static str {
    words.iter().find(|(_, candidate)| candidate == meaning).map_or("", |(word, _)| word)
}

fn attribute_json(attribute: &Attribute) -> Value {
    let mut json = Map::new();
    let mut put = |key: &str, value: Value| json.insert(key.to_owned(), value);
    put("name", attribute.name.as_str().into());
    put("type", word(&TYPES, &attribute.kind).into());
    put("multiValued", attribute.multi_valued.into());
    put("description", attribute.description.as_str().into());
    put("required", attribute.required.into());
    put("mutability", word(&MUTABILITIES, &attribute.mutability).into());
    put("returned", word(&RETURNED, &attribute.returned).into());
    // Letter case is a question for text alone, uniqueness for everything that is one value.
    if matches!(attribute.kind, Type::String | Type::Reference | Type::Binary) {
        put("caseExact", attribute.case_exact.into());
    }
    if !matches!(attribute.kind, Type::Complex | Type::Boolean) {
        put("uniqueness", word(&UNIQUENESSES, &attribute.uniqueness).into());
    }
    if !attribute.canonical_values.is_empty() {
        put("canonicalValues", attribute.canonical_values.clone().into());
    }
    if !attribute.reference_types.is_empty() {
        put("referenceTypes", attribute.reference_types.clone().into());
    }
    if !attribute.sub_attributes.is_empty() {
        let subs = attribute.sub_attributes.iter().map(attribute_json);
        put("subAttributes", Value::Array(subs.collect()));
    }
    Value::Object(json)
}

fn invalid(detail: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidValue, detail)
}
