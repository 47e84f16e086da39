//! Values as a schema wants them: the right type, the schema's spelling, nothing unassigned, nothing
//! that only the service provider may write.

use std::fmt;

use serde_json::{Map, Value};

use super::base64::is_base64;
use super::{invalid, lists};
use crate::datetime::Instant;
use crate::error::Error;
use crate::path::echo;
use crate::quirks;
use crate::schema::{Attribute, Mutability, Type};

/// Which message a value stands in. PATCH allows shorter forms than POST and PUT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// The body of a POST or PUT: a list is a list, and what is required and never kept is in it.
    Body,
    /// The body of a PUT, for an extension that the resource has already: as [`Body`](Self::Body), but what is
    /// required and never kept may have been given before.
    Again,
    /// The value of a PATCH operation.
    Patch,
}

/// What an error calls a value: its attribute, behind the attribute it belongs to.
#[derive(Clone, Copy)]
pub(crate) struct At<'a> {
    pub(crate) outer: Option<&'a str>,
    pub(crate) name: &'a str,
}

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.outer {
            Some(outer) => write!(f, "{outer}.{}", self.name),
            None => f.write_str(self.name),
        }
    }
}

/// The elements of a multi-valued attribute. Null and the empty list are no elements.
pub(crate) fn list(attribute: &Attribute, value: &Value, form: Form) -> Result<Vec<Value>, Error> {
    let at = At { outer: None, name: &attribute.name };
    let given = match value {
        Value::Null => return Ok(Vec::new()),
        text if quirks::is_unset(attribute, text) => return Ok(Vec::new()),
        Value::Array(list) => list.as_slice(),
        other => match quirks::single_element(attribute, other) {
            Some(element) if form == Form::Patch => element,
            _ => return Err(wrong_type(at, "a list")),
        },
    };
    let mut elements = Vec::with_capacity(given.len());
    for element in given {
        if form == Form::Body
            && let Some(element) = element.as_object()
        {
            demand(attribute, element)?;
        }
        if let Some(element) = one(attribute, element, at)? {
            elements.push(element);
        }
    }
    lists::collapsed(attribute, elements)
}

/// Checks that a complex value of a POST or PUT has the required parts that are not kept.
pub(crate) fn demand(attribute: &Attribute, object: &Map<String, Value>) -> Result<(), Error> {
    let is_given = |sub: &Attribute| object.iter().any(|(key, value)| key.eq_ignore_ascii_case(&sub.name) && says_something(value));
    match attribute.sub_attributes.iter().find(|sub| sub.is_demanded() && !is_given(sub)) {
        Some(missing) if object.values().any(|value| !value.is_null()) => {
            Err(invalid(format!("{}.{} is required.", attribute.name, missing.name)))
        }
        _ => Ok(()),
    }
}

/// Whether a value can meet a requirement: text that is blank cannot, nor can an empty list.
pub(crate) fn says_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Object(object) => !object.is_empty(),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

/// The value of an attribute that is no list. `None` if it is unassigned.
pub(crate) fn single(attribute: &Attribute, value: &Value, form: Form, outer: Option<&str>) -> Result<Option<Value>, Error> {
    let value = match form {
        Form::Patch => quirks::only_element(value),
        Form::Body | Form::Again => value,
    };
    let at = At { outer, name: &attribute.name };
    one(attribute, value, at)
}

/// Checks the value of an attribute that is not kept.
pub(crate) fn check(attribute: &Attribute, value: &Value, form: Form, outer: Option<&str>) -> Result<(), Error> {
    if attribute.multi_valued && outer.is_none() {
        return list(attribute, value, form).map(drop);
    }
    single(attribute, value, form, outer).map(drop)
}

/// One value: of an attribute that is no list, or one element of a list.
pub(crate) fn one(attribute: &Attribute, value: &Value, at: At<'_>) -> Result<Option<Value>, Error> {
    if value.is_null() || quirks::is_unset(attribute, value) {
        return Ok(None);
    }
    match (attribute.kind, value) {
        (Type::Complex, Value::Object(object)) => {
            let object = complex(attribute, object)?;
            Ok((!object.is_empty()).then_some(Value::Object(object)))
        }
        (Type::Complex, Value::String(text)) => match quirks::bare_value(attribute, text) {
            Some(object) => Ok(Some(Value::Object(object))),
            None => Err(wrong_type(at, type_name(Type::Complex))),
        },
        (Type::Boolean, Value::Bool(_)) => Ok(Some(value.clone())),
        (Type::Boolean, Value::String(text)) => match quirks::boolean_text(text) {
            Some(flag) => Ok(Some(Value::Bool(flag))),
            None => Err(wrong_type(at, type_name(Type::Boolean))),
        },
        (Type::Decimal, Value::Number(_)) => Ok(Some(value.clone())),
        (Type::Integer, Value::Number(number)) if !number.is_f64() => Ok(Some(value.clone())),
        (Type::DateTime, Value::String(text)) if Instant::parse(text).is_some() => Ok(Some(value.clone())),
        (Type::Binary, Value::String(text)) if is_base64(text) => Ok(Some(value.clone())),
        (Type::String, Value::String(text)) => Ok(Some(attribute.canonical(text).into())),
        (Type::Reference, Value::String(_)) => Ok(Some(value.clone())),
        (kind, _) => Err(wrong_type(at, type_name(kind))),
    }
}

/// The sub-attributes of one complex value. What no schema defines is kept as it is.
pub(crate) fn complex(attribute: &Attribute, object: &Map<String, Value>) -> Result<Map<String, Value>, Error> {
    let mut kept = Map::new();
    if quirks::is_emptied(attribute, object) {
        return Ok(kept);
    }
    for (key, value) in object {
        let Some(sub) = attribute.sub_attribute(key) else {
            if let Some(value) = verbatim(key, value) {
                put(&mut kept, &attribute.name, key, value)?;
            }
            continue;
        };
        if sub.mutability == Mutability::ReadOnly {
            continue;
        }
        let at = At { outer: Some(&attribute.name), name: &sub.name };
        // What is not kept is still what the schema says it is.
        if let Some(value) = one(sub, value, at)?.filter(|_| sub.is_kept()) {
            put(&mut kept, &attribute.name, &sub.name, value)?;
        }
    }
    Ok(kept)
}

fn put(object: &mut Map<String, Value>, outer: &str, key: &str, value: Value) -> Result<(), Error> {
    if object.contains_key(super::spelling(object, key)) {
        return Err(invalid(format!("{outer}.{} is given twice.", echo(key))));
    }
    object.insert(key.to_owned(), value);
    Ok(())
}

/// A value no schema defines, as it was sent, without passwords. `None` if nothing is to be kept.
/// [`bounds`](super::bounds) have been checked before, so the recursion is shallow.
pub(crate) fn verbatim(key: &str, value: &Value) -> Option<Value> {
    if value.is_null() || is_secret(key) {
        return None;
    }
    Some(without_secrets(value))
}

/// Whether a key no schema defines names a password, also behind a URN or another attribute.
fn is_secret(key: &str) -> bool {
    key.rsplit([':', '.']).next().is_some_and(|name| name.trim().eq_ignore_ascii_case(quirks::NEVER_KEPT))
}

fn without_secrets(value: &Value) -> Value {
    match value {
        Value::Object(object) => Value::Object(
            object.iter().filter(|(key, _)| !is_secret(key)).map(|(key, value)| (key.clone(), without_secrets(value))).collect(),
        ),
        Value::Array(list) => Value::Array(list.iter().map(without_secrets).collect()),
        plain => plain.clone(),
    }
}

/// Whether a value says that there is none.
pub(crate) fn is_void(value: &Value) -> bool {
    value.is_null() || value.as_str() == Some("")
}

fn type_name(kind: Type) -> &'static str {
    match kind {
        Type::Boolean => "true or false",
        Type::Decimal => "a number",
        Type::Integer => "a whole number",
        Type::Complex => "an object",
        Type::DateTime => "a date and time such as 2011-05-13T04:42:34Z",
        Type::Binary => "a string in base64",
        Type::String | Type::Reference => "a string",
    }
}

fn wrong_type(at: At<'_>, expected: &str) -> Error {
    invalid(format!("{at} must be {expected}."))
}
