//! The bounds on what one value, and one resource, may hold.

use serde_json::{Map, Value};

use super::invalid;
use crate::error::Error;
use crate::limits::{ATTRIBUTES_MAX, MULTI_VALUE_ELEMENTS_MAX, NAME_BYTES_MAX, RESOURCE_BYTES_MAX, STRING_BYTES_MAX, VALUE_DEPTH_MAX};
use crate::path::echo;

/// What a value that is neither text nor a container counts as.
const SCALAR_BYTES: usize = 8;

/// Checks a value that came from a client. `name` is what an error calls it.
pub(crate) fn value(name: &str, value: &Value) -> Result<(), Error> {
    measure(name, value, 1).map(|_| ())
}

/// Checks a resource as a whole, after a change.
pub(crate) fn resource(resource: &Map<String, Value>) -> Result<(), Error> {
    keys("The resource", resource)?;
    let mut bytes = 0;
    for (name, value) in resource {
        bytes += name.len() + measure(name, value, 1)?;
    }
    if bytes > RESOURCE_BYTES_MAX {
        return Err(invalid(format!("The resource is larger than {RESOURCE_BYTES_MAX} bytes.")));
    }
    Ok(())
}

/// Checks how many keys an object has, and how long they are.
pub(crate) fn keys(what: &str, object: &Map<String, Value>) -> Result<(), Error> {
    if object.len() > ATTRIBUTES_MAX {
        return Err(invalid(format!("{} has more than {ATTRIBUTES_MAX} attributes.", echo(what))));
    }
    if object.keys().any(|key| key.len() > NAME_BYTES_MAX) {
        return Err(invalid(format!("{} has an attribute whose name is longer than {NAME_BYTES_MAX} bytes.", echo(what))));
    }
    Ok(())
}

/// The size of a value in bytes. The recursion ends at [`VALUE_DEPTH_MAX`].
fn measure(name: &str, value: &Value, depth: usize) -> Result<usize, Error> {
    if depth > VALUE_DEPTH_MAX {
        return Err(invalid(format!("{} nests deeper than {VALUE_DEPTH_MAX} levels.", echo(name))));
    }
    match value {
        Value::String(text) if text.len() > STRING_BYTES_MAX => {
            Err(invalid(format!("{} has a string longer than {STRING_BYTES_MAX} bytes.", echo(name))))
        }
        Value::String(text) => Ok(text.len()),
        Value::Array(list) if list.len() > MULTI_VALUE_ELEMENTS_MAX => {
            Err(invalid(format!("{} has more than {MULTI_VALUE_ELEMENTS_MAX} elements.", echo(name))))
        }
        Value::Array(list) => {
            let mut bytes = SCALAR_BYTES;
            for element in list {
                bytes += measure(name, element, depth + 1)?;
            }
            Ok(bytes)
        }
        Value::Object(object) => {
            keys(name, object)?;
            let mut bytes = SCALAR_BYTES;
            for (key, value) in object {
                bytes += key.len() + measure(name, value, depth + 1)?;
            }
            Ok(bytes)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(SCALAR_BYTES),
    }
}
