//! Which elements of a multi-valued attribute are the same one.
//!
//! Two elements with equal `type` and `value` are one element; elements without `value` are one if they
//! are equal. Letter case tells two texts apart only where the schema says `caseExact`.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::finish::immutable;
use crate::error::Error;
use crate::schema::{Attribute, Mutability, fold_case};

/// What makes an element the same as another one.
#[derive(PartialEq, Eq, Hash)]
pub(super) enum Identity<'a> {
    Pair(Option<Cow<'a, Value>>, Cow<'a, Value>),
    Whole(Cow<'a, Value>),
}

/// The identity of an element of an attribute, or of a list that no schema defines.
pub(super) fn of<'a>(attribute: Option<&Attribute>, element: &'a Value) -> Identity<'a> {
    let sub = |name: &str| {
        let value = element.get(name)?;
        Some(comparable(attribute.and_then(|attribute| attribute.sub_attribute(name)), value))
    };
    match (sub("value"), element, attribute) {
        (Some(value), _, _) => Identity::Pair(sub("type"), value),
        (None, Value::Object(object), Some(attribute)) => Identity::Whole(Cow::Owned(comparable_object(attribute, object))),
        (None, plain, attribute) => Identity::Whole(comparable(attribute, plain)),
    }
}

/// Whether a sub-attribute is part of what makes an element the same as another one.
pub(super) fn decides(sub: &str, element: &Map<String, Value>) -> bool {
    !element.contains_key("value") || matches!(sub, "value" | "type")
}

/// Whether an element has everything that a part of one has.
pub(super) fn covers(attribute: Option<&Attribute>, element: &Value, part: &Value) -> bool {
    match (element, part) {
        (Value::Object(element), Value::Object(part)) => part.iter().all(|(key, value)| {
            let sub = attribute.and_then(|attribute| attribute.sub_attribute(key));
            element.get(key).is_some_and(|found| comparable(sub, found) == comparable(sub, value))
        }),
        (element, part) => comparable(attribute, element) == comparable(attribute, part),
    }
}

/// The parts of an attribute's elements that can be written only once.
pub(super) fn fixed(attribute: &Attribute) -> impl Iterator<Item = &Attribute> {
    attribute.sub_attributes.iter().filter(|sub| sub.mutability == Mutability::Immutable && sub.is_kept())
}

/// Gives an element the parts it had and can have only once. Leaving them out keeps them (RFC 7644, section
/// 3.5.1).
///
/// # Errors
/// `mutability` if it has another value there.
pub(super) fn keep(attribute: &Attribute, was: &Value, element: &mut Value) -> Result<(), Error> {
    let Some(object) = element.as_object_mut() else {
        return Ok(());
    };
    for sub in fixed(attribute) {
        let Some(value) = was.get(&sub.name) else {
            continue;
        };
        let is_same = object.get(&sub.name).is_none_or(|new| comparable(Some(sub), new) == comparable(Some(sub), value));
        if !is_same {
            return Err(immutable(&format!("{}.{}", attribute.name, sub.name)));
        }
        object.insert(sub.name.clone(), value.clone());
    }
    Ok(())
}

/// A value in the form in which equal ones are equal.
fn comparable<'a>(attribute: Option<&Attribute>, value: &'a Value) -> Cow<'a, Value> {
    match (attribute, value) {
        (Some(attribute), Value::String(text)) if !attribute.case_exact => match fold_case(text) {
            Cow::Borrowed(_) => Cow::Borrowed(value),
            Cow::Owned(folded) => Cow::Owned(Value::String(folded)),
        },
        _ => Cow::Borrowed(value),
    }
}

fn comparable_object(attribute: &Attribute, object: &Map<String, Value>) -> Value {
    let pairs = object.iter().map(|(key, value)| (key.clone(), comparable(attribute.sub_attribute(key), value).into_owned()));
    Value::Object(pairs.collect())
}
