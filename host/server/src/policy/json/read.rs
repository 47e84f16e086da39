//! Reading JSON strictly: every error says where, as a JSON Pointer (RFC 6901), and what would be right.

use crate::policy::limits::{ITEM_TEXT_BYTES_MAX, ITEM_VALUES_MAX, SHOWN_NAME_CHARS_MAX};
use serde_json::{Map, Value as Json};
use std::fmt;

/// What is wrong with JSON, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// A JSON Pointer. It consists of indices and of names that we gave.
    pub pointer: String,
    /// A sentence of ours.
    pub message: String,
    /// A name of theirs that the sentence is about.
    pub theirs: Option<String>,
}

impl Wrong {
    pub fn new(message: impl Into<String>) -> Wrong {
        Wrong { pointer: String::new(), message: message.into(), theirs: None }
    }

    /// The same, from one level above.
    pub fn under(mut self, token: impl fmt::Display) -> Wrong {
        self.pointer = format!("/{token}{}", self.pointer);
        self
    }
}

/// For whoever wrote the JSON: with the name of theirs.
impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.pointer.is_empty() {
            write!(f, "{}: ", self.pointer)?;
        }
        match &self.theirs {
            Some(name) => write!(f, "{name:?} is not known here. {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

pub type Result<T> = std::result::Result<T, Wrong>;

/// An object of which every member is known.
pub struct Object<'a>(&'a Map<String, Json>);

impl<'a> Object<'a> {
    pub fn of(value: &'a Json, known: &[&str]) -> Result<Object<'a>> {
        let members = value.as_object().ok_or_else(|| Wrong::new("It must be an object."))?;
        match members.keys().find(|name| !known.contains(&name.as_str())) {
            None => Ok(Object(members)),
            Some(name) => {
                let theirs = Some(name.chars().take(SHOWN_NAME_CHARS_MAX).collect());
                Err(Wrong { theirs, ..Wrong::new(format!("It may have {}.", known.join(", "))) })
            }
        }
    }

    /// A member, which may be absent.
    pub fn get<T>(&self, name: &str, read: impl FnOnce(&'a Json) -> Result<T>) -> Result<Option<T>> {
        match self.0.get(name) {
            None | Some(Json::Null) => Ok(None),
            Some(value) => read(value).map(Some).map_err(|wrong| wrong.under(name)),
        }
    }

    /// A member, which must be there.
    pub fn need<T>(&self, name: &str, read: impl FnOnce(&'a Json) -> Result<T>) -> Result<T> {
        self.get(name, read)?.ok_or_else(|| Wrong::new(format!("It must have {name}.")))
    }
}

/// A list of at most [`ITEM_VALUES_MAX`].
pub fn list<T>(value: &Json, read: impl FnMut(&Json) -> Result<T>) -> Result<Vec<T>> {
    list_of(value, ITEM_VALUES_MAX, read)
}

/// A list of at most `max`.
pub fn list_of<T>(value: &Json, max: usize, mut read: impl FnMut(&Json) -> Result<T>) -> Result<Vec<T>> {
    let items = value.as_array().ok_or_else(|| Wrong::new("It must be an array."))?;
    if items.len() > max {
        return Err(Wrong::new(format!("It must not have more than {max} entries.")));
    }
    items.iter().enumerate().map(|(at, item)| read(item).map_err(|wrong| wrong.under(at))).collect()
}

/// Text of at most [`ITEM_TEXT_BYTES_MAX`].
pub fn text(value: &Json) -> Result<String> {
    let text = value.as_str().ok_or_else(|| Wrong::new("It must be text."))?;
    if text.len() > ITEM_TEXT_BYTES_MAX {
        return Err(Wrong::new(format!("It must not have more than {} KiB.", ITEM_TEXT_BYTES_MAX >> 10)));
    }
    Ok(text.to_owned())
}

pub fn boolean(value: &Json) -> Result<bool> {
    value.as_bool().ok_or_else(|| Wrong::new("It must be true or false."))
}

/// One of a few words.
pub fn word<T: Copy>(value: &Json, words: &[(&str, T)]) -> Result<T> {
    let found = value.as_str().and_then(|said| words.iter().find(|(word, _)| *word == said));
    found.map(|(_, meaning)| *meaning).ok_or_else(|| {
        let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        Wrong::new(format!("It must be one of {}.", words.join(", ")))
    })
}
