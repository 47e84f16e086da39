//! Taking a value from the fields that were sent.
//!
//! What is not there stays away: an untouched field of a part that was absent leaves it absent, and its default with it. Knows nothing of how fields look.

use std::collections::BTreeMap;

use serde_json::{Map, Number, Value};

use super::shape::{Part, Shape};
use super::{Problems, below, is_nothing, name};

/// What was sent.
#[derive(Debug, PartialEq)]
pub(in super::super) struct Read {
    pub value: Value,
    /// What cannot be read.
    pub problems: Problems,
    /// What was typed where that is, by JSON Pointer.
    pub typed: BTreeMap<String, String>,
}

/// Reads the fields of a form.
pub(in super::super) fn read<'a>(root: &Part, fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> Read {
    let mut reader = Reader { fields: BTreeMap::new(), problems: Problems::new(), typed: BTreeMap::new() };
    for (name, value) in fields {
        reader.fields.entry(name).or_insert(value);
    }
    let value = reader.part(root, "").unwrap_or_else(|| Value::Object(Map::new()));
    Read { value, problems: reader.problems, typed: reader.typed }
}

/// A text as a number, if it is one as JSON writes them.
pub(super) fn number(text: &str) -> Option<Number> {
    serde_json::from_str(text).ok()
}

struct Reader<'a> {
    fields: BTreeMap<&'a str, &'a str>,
    problems: Problems,
    typed: BTreeMap<String, String>,
}

impl Reader<'_> {
    fn field(&self, pointer: &str, ending: &str) -> Option<&str> {
        self.fields.get(name(pointer, ending).as_str()).copied()
    }

    /// A text as it was before the browser wrote the ends of its lines in its own way.
    fn text(&self, pointer: &str, ending: &str) -> String {
        self.field(pointer, ending).unwrap_or_default().replace("\r\n", "\n")
    }

    fn part(&mut self, part: &Part, pointer: &str) -> Option<Value> {
        let found = match self.field(pointer, "~json").map(str::to_owned) {
            Some(text) => self.json(pointer, &text),
            None => self.shaped(part, pointer),
        };
        let was = self.field(pointer, "~was");
        match found {
            Some(value) if part.default.as_ref() == Some(&value) && !part.required && was.is_none() => None,
            Some(value) => Some(value),
            None => match was.map(serde_json::from_str) {
                Some(Ok(was)) if is_nothing(&was) => Some(was),
                _ => emptied(part),
            },
        }
    }

    fn shaped(&mut self, part: &Part, pointer: &str) -> Option<Value> {
        let text = || Some(self.text(pointer, "")).filter(|text| !text.is_empty());
        match &part.shape {
            Shape::Text(_) => text().map(Value::String),
            Shape::Number => {
                let text = text().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())?;
                Some(number(&text).map_or(Value::String(text), Value::Number))
            }
            Shape::Switch if part.is_box() => Some(Value::Bool(self.field(pointer, "").is_some())),
            Shape::Switch => match self.field(pointer, "") {
                Some("true") => Some(Value::Bool(true)),
                Some("false") => Some(Value::Bool(false)),
                _ => None,
            },
            Shape::Choice(_) => text().map(|text| serde_json::from_str(&text).unwrap_or(Value::String(text))),
            Shape::Lines => {
                let text = text()?;
                let lines: Vec<Value> = text.split('\n').filter(|line| !line.trim().is_empty()).map(Value::from).collect();
                Some(Value::Array(lines)).filter(|lines| !is_nothing(lines))
            }
            Shape::Rows(row) => self.rows(row, pointer),
            Shape::Group(parts) => self.group(part, parts, pointer),
            Shape::Either if self.field(pointer, "~as") == Some("json") => {
                let text = text()?;
                self.json(pointer, &text)
            }
            Shape::Either => text().map(Value::String),
            Shape::Json => None,
        }
    }

    fn rows(&mut self, row: &Part, pointer: &str) -> Option<Value> {
        let count: usize = self.field(pointer, "~rows").and_then(|count| count.parse().ok()).unwrap_or_default();
        let mut items = Vec::new();
        // Each entry has a field, so there are no more than the form has.
        for at in 0..count.min(self.fields.len()) {
            let item = self.part(row, &below(pointer, &at.to_string()));
            items.push(item.unwrap_or_else(|| row.blank()));
        }
        Some(Value::Array(items)).filter(|items| !is_nothing(items))
    }

    fn group(&mut self, part: &Part, parts: &[Part], pointer: &str) -> Option<Value> {
        let is_there = self.field(pointer, "~there").is_some();
        if !is_there && !part.is_open() {
            return None;
        }
        let mut members = Map::new();
        for part in parts {
            if let Some(value) = self.part(part, &below(pointer, &part.name)) {
                members.insert(part.name.clone(), value);
            }
        }
        (is_there || !members.is_empty()).then_some(Value::Object(members))
    }

    /// A part as JSON. What is none is kept to be shown again.
    fn json(&mut self, pointer: &str, text: &str) -> Option<Value> {
        if text.trim().is_empty() {
            return None;
        }
        match serde_json::from_str(text) {
            Ok(value) => Some(value),
            Err(cause) => {
                let message = format!("This is no JSON: see line {}, column {}.", cause.line(), cause.column());
                self.problems.entry(pointer.to_owned()).or_default().push(message);
                self.typed.insert(pointer.to_owned(), text.to_owned());
                None
            }
        }
    }
}

/// What a part becomes whose field is empty: absent, unless its default would come back then, or it is a list or an object that has to be there.
fn emptied(part: &Part) -> Option<Value> {
    let comes_back = part.default.as_ref().is_some_and(|default| !is_nothing(default));
    match &part.shape {
        Shape::Text(_) | Shape::Either if comes_back => Some(Value::String(String::new())),
        Shape::Lines | Shape::Rows(_) if comes_back || part.required => Some(Value::Array(Vec::new())),
        Shape::Group(_) if comes_back || part.required => Some(Value::Object(Map::new())),
        _ => None,
    }
}
