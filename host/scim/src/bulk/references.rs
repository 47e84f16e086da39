//! References between the operations of a bulk request (RFC 7644, section 3.7.2).
//!
//! A reference is a whole string: the identifier in an operation's path, any string of its data, or a quoted value in
//! the path of an operation of a PATCH. Values of a bulk request are bounded in depth when they are read, so every
//! recursion here is shallow.

use std::collections::HashMap;

use serde_json::Value;

use super::{BulkMethod, BulkOperation};
use crate::error::{Error, ErrorKind};
use crate::filter::quoted;
use crate::message::{field, field_mut};

/// What a reference to another operation of the request starts with.
const PREFIX: &str = "bulkId:";

/// See [`BulkOperation::references`].
pub(super) fn of(operation: &BulkOperation) -> Vec<&str> {
    let mut found: Vec<&str> = Vec::new();
    found.extend(operation.id.as_deref().and_then(|id| id.strip_prefix(PREFIX)));
    collect(&operation.data, &mut found);
    if operation.method == BulkMethod::Patch {
        paths(&operation.data).for_each(|path| collect_quoted(path, &mut found));
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// See [`BulkOperation::resolve`].
pub(super) fn resolve(operation: &mut BulkOperation, ids: &HashMap<String, String>) -> Result<(), Error> {
    if let Some(id) = &mut operation.id {
        resolve_text(id, ids)?;
    }
    resolve_value(&mut operation.data, ids)?;
    if operation.method == BulkMethod::Patch {
        resolve_paths(&mut operation.data, ids)?;
    }
    Ok(())
}

/// The paths of the operations of a PATCH.
fn paths(data: &Value) -> impl Iterator<Item = &str> {
    let operations = data.as_object().and_then(|data| field(data, "Operations")).and_then(Value::as_array);
    let operations = operations.into_iter().flatten().filter_map(Value::as_object);
    operations.filter_map(|operation| field(operation, "path")?.as_str())
}

fn resolve_paths(data: &mut Value, ids: &HashMap<String, String>) -> Result<(), Error> {
    let operations = data.as_object_mut().and_then(|data| field_mut(data, "Operations")).and_then(Value::as_array_mut);
    for operation in operations.into_iter().flatten().filter_map(Value::as_object_mut) {
        if let Some(Value::String(path)) = field_mut(operation, "path") {
            resolve_quoted(path, ids)?;
        }
    }
    Ok(())
}

fn collect<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => found.extend(text.strip_prefix(PREFIX)),
        Value::Array(list) => list.iter().for_each(|value| collect(value, found)),
        Value::Object(object) => object.values().for_each(|value| collect(value, found)),
        _ => {}
    }
}

/// The references among the quoted values of a path. One that is written with escapes is left to
/// [`resolve_quoted`], since it is no part of the text.
fn collect_quoted<'a>(path: &'a str, found: &mut Vec<&'a str>) {
    let mut rest = path;
    while let Some((_, word, after)) = next_quoted(rest) {
        let inner = word.strip_prefix('"').and_then(|word| word.strip_suffix('"'));
        found.extend(inner.and_then(|inner| inner.strip_prefix(PREFIX)).filter(|name| !name.contains('\\')));
        rest = after;
    }
}

fn resolve_value(value: &mut Value, ids: &HashMap<String, String>) -> Result<(), Error> {
    match value {
        Value::String(text) => resolve_text(text, ids),
        Value::Array(list) => list.iter_mut().try_for_each(|value| resolve_value(value, ids)),
        Value::Object(object) => object.values_mut().try_for_each(|value| resolve_value(value, ids)),
        _ => Ok(()),
    }
}

fn resolve_text(text: &mut String, ids: &HashMap<String, String>) -> Result<(), Error> {
    if let Some(bulk_id) = text.strip_prefix(PREFIX) {
        *text = identifier(bulk_id, ids)?.to_owned();
    }
    Ok(())
}

fn resolve_quoted(path: &mut String, ids: &HashMap<String, String>) -> Result<(), Error> {
    if !path.contains('"') {
        return Ok(());
    }
    let mut resolved = String::with_capacity(path.len());
    let mut rest = path.as_str();
    while let Some((before, word, after)) = next_quoted(rest) {
        resolved.push_str(before);
        match serde_json::from_str::<String>(word).ok().as_deref().and_then(|text| text.strip_prefix(PREFIX)) {
            Some(bulk_id) => resolved.push_str(&Value::from(identifier(bulk_id, ids)?).to_string()),
            None => resolved.push_str(word),
        }
        rest = after;
    }
    resolved.push_str(rest);
    *path = resolved;
    Ok(())
}

/// What stands before the first quoted value of a path, that value with its quotes, and what is behind it.
fn next_quoted(path: &str) -> Option<(&str, &str, &str)> {
    let (before, from) = path.split_at_checked(path.find('"')?)?;
    let (word, after) = quoted(from)?;
    Some((before, word, after))
}

fn identifier<'i>(bulk_id: &str, ids: &'i HashMap<String, String>) -> Result<&'i str, Error> {
    let unknown = || Error::new(ErrorKind::Conflict, "The operation refers to a bulkId that no resource has been created for.");
    ids.get(bulk_id).map(String::as_str).ok_or_else(unknown)
}
