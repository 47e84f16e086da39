//! A form made from a JSON Schema: what a person fills in becomes a value of that JSON Schema, and a value stands in the form again.
//!
//! Reading order: [`shape`] finds out what each part can be shown as, [`render`] shows a value, [`read`] takes one from what was sent, [`rows`] adds and takes away
//! entries. Texts, numbers, yes and no, choices, lists of them, and objects in objects have fields of their own. Whatever is more is edited as JSON in a field for
//! that part, and so is a value that its field could not show to the letter: what nobody touched comes back as it was.
//!
//! Fields are called `s` and the JSON Pointer of their part. Behind it stands `~json` for a part that is edited as JSON, `~as` for whether a part is a text or JSON,
//! `~rows` for the number of entries, `~there` for an object that may be absent and is not, and `~was` for what nothing means in a part that has it. A tilde in a JSON Pointer is
//! written `~0`, so no name of a property makes one of these.
//!
//! Knows nothing of plugins, and does not say whether a value is valid: whoever takes the settings does.

mod read;
mod render;
mod rows;
mod shape;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde_json::Value;

pub(super) use self::read::read;
pub(super) use self::render::{Look, pretty, render};
pub(super) use self::rows::edit;
pub(super) use self::shape::{Part, root};

use crate::error::Problem;

/// What stands before the JSON Pointer in the name of a field.
const FIELD: &str = "s";

/// The name of the field of a part.
fn name(pointer: &str, ending: &str) -> String {
    format!("{FIELD}{pointer}{ending}")
}

/// The JSON Pointer of something below another.
fn below(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// Problems by the JSON Pointer of the part that they are about.
pub(super) type Problems = BTreeMap<String, Vec<String>>;

/// Those among `problems` that are about something below `pointer`, seen from there.
pub(super) fn problems_below(problems: &[Problem], pointer: &str) -> Problems {
    let mut found = Problems::new();
    for problem in problems {
        let Some(below) = problem.pointer.strip_prefix(pointer) else { continue };
        if below.is_empty() || below.starts_with('/') {
            found.entry(below.to_owned()).or_default().push(problem.message.clone());
        }
    }
    found
}

/// Whether a value says nothing, as an untouched field does.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}
