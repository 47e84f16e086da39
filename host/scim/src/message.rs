//! The envelopes of requests: PATCH, bulk and search messages as JSON objects.
//!
//! This module does not know what a message asks for.

use serde_json::{Map, Value};

use crate::error::{Error, ErrorKind};

/// A field of a message. The RFC spells `Operations` with a capital and the rest without; clients differ.
pub(crate) fn field<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    object.get(name).or_else(|| {
        let mut fields = object.iter();
        fields.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    })
}

/// The same, to be changed.
pub(crate) fn field_mut<'a>(object: &'a mut Map<String, Value>, name: &str) -> Option<&'a mut Value> {
    let key = match object.contains_key(name) {
        true => name.to_owned(),
        false => object.keys().find(|key| key.eq_ignore_ascii_case(name))?.clone(),
    };
    object.get_mut(&key)
}

/// Checks that a message is of a kind, if it says of which kind it is: clients leave `schemas` out where
/// the endpoint says it all.
///
/// # Errors
/// `invalidSyntax` if `schemas` is no list, or does not name the kind.
pub(crate) fn expect_schema(object: &Map<String, Value>, urn: &str) -> Result<(), Error> {
    let is_named = match field(object, "schemas") {
        None | Some(Value::Null) => true,
        Some(Value::Array(list)) => list.iter().any(|name| name.as_str().is_some_and(|name| name.eq_ignore_ascii_case(urn))),
        Some(_) => false,
    };
    if is_named { Ok(()) } else { Err(Error::new(ErrorKind::InvalidSyntax, format!("schemas must be a list that names {urn}."))) }
}
