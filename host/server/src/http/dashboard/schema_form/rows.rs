//! What the buttons beside entries do: one more, one less, one further up, one to be looked at.

use serde_json::{Map, Value};

use super::below;
use super::shape::{Part, Shape};

/// What became of the settings.
#[derive(Debug, PartialEq)]
pub(in super::super) struct Edited {
    pub value: Value,
    /// The entry to be looked at next, by JSON Pointer.
    pub open: Option<String>,
}

/// Does what a button is for, such as `add:/users` or `remove:/users/2`; `None` if there is no such thing to do.
pub(in super::super) fn edit(root: &Part, value: &Value, command: &str) -> Option<Edited> {
    let (what, pointer) = command.split_once(':')?;
    let mut value = value.clone();
    let open = match what {
        "open" => Some(pointer.to_owned()),
        "add" => Some(add(root, &mut value, pointer)?),
        "remove" => {
            let (above, last) = pointer.rsplit_once('/')?;
            match reach(root, &mut value, above)?.1 {
                Value::Array(items) => drop(items.remove(at(last, items.len())?)),
                Value::Object(members) => drop(members.remove(&unescaped(last))?),
                _ => return None,
            }
            None
        }
        "up" => {
            let (above, last) = pointer.rsplit_once('/')?;
            let items = reach(root, &mut value, above)?.1.as_array_mut()?;
            let at = at(last, items.len())?;
            items.swap(at.checked_sub(1)?, at);
            Some(below(above, &(at - 1).to_string()))
        }
        _ => return None,
    };
    Some(Edited { value, open })
}

/// Adds an entry to a list, or an object that was absent, and says where it is.
fn add(root: &Part, value: &mut Value, pointer: &str) -> Option<String> {
    let (part, place) = reach(root, value, pointer)?;
    match &part.shape {
        Shape::Rows(row) => {
            if !place.is_array() {
                *place = Value::Array(Vec::new());
            }
            let items = place.as_array_mut()?;
            items.push(row.blank());
            Some(below(pointer, &(items.len() - 1).to_string()))
        }
        Shape::Group(_) => {
            *place = Value::Object(Map::new());
            Some(pointer.to_owned())
        }
        _ => None,
    }
}

/// A part and its value. What is absent on the way is made, with the default that the form shows.
fn reach<'a, 'b>(root: &'a Part, value: &'b mut Value, pointer: &str) -> Option<(&'a Part, &'b mut Value)> {
    let (mut part, mut place) = (root, value);
    for step in pointer.split('/').skip(1) {
        match &part.shape {
            Shape::Group(parts) => {
                let name = unescaped(step);
                part = parts.iter().find(|part| part.name == name)?;
                if !place.is_object() {
                    *place = Value::Object(Map::new());
                }
                place = place.as_object_mut()?.entry(name).or_insert_with(|| part.default.clone().unwrap_or_default());
            }
            Shape::Rows(row) => {
                part = row;
                place = place.as_array_mut()?.get_mut(step.parse::<usize>().ok()?)?;
            }
            _ => return None,
        }
    }
    Some((part, place))
}

/// A step of a JSON Pointer as the place of an entry of a list that has so many.
fn at(step: &str, count: usize) -> Option<usize> {
    step.parse().ok().filter(|at| *at < count)
}

/// A step of a JSON Pointer as the name of a property.
fn unescaped(step: &str) -> String {
    step.replace("~1", "/").replace("~0", "~")
}
