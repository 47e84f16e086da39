//! What is, held against what is expected.

use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value};

/// One way in which a case differs from what it expects.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Difference {
    /// A value is another one. What is not there is `None`.
    Value {
        /// Where, as a JSON Pointer into what is expected.
        at: String,
        /// What is expected.
        expected: Option<Value>,
        /// What is.
        got: Option<Value>,
    },
    /// It did not come to a value.
    Failure {
        /// Why, as a sentence.
        message: String,
    },
}

impl Difference {
    pub(super) fn failure(message: impl Into<String>) -> Self {
        Self::Failure { message: message.into() }
    }

    fn value(at: String, expected: Option<&Value>, got: Option<&Value>) -> Self {
        Self::Value { at, expected: expected.cloned(), got: got.cloned() }
    }
}

/// On three lines, the values below each other.
impl fmt::Display for Difference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (at, expected, got) = match self {
            Self::Failure { message } => return out.write_str(message),
            Self::Value { at, expected, got } => (at, expected, got),
        };
        let shown = |value: &Option<Value>| value.as_ref().map_or_else(|| "nothing".to_owned(), Value::to_string);
        write!(out, "{at}\n  expected  {}\n  got       {}", shown(expected), shown(got))
    }
}

/// What differs of the members that are expected.
pub(super) fn members(at: &str, expected: &Map<String, Value>, got: &Value) -> Vec<Difference> {
    let differs = |(name, value): (&String, &Value)| {
        let got = got.get(name);
        (got != Some(value)).then(|| Difference::value(format!("{at}/{name}"), Some(value), got))
    };
    expected.iter().filter_map(differs).collect()
}

/// What differs of a list, entry by entry, of each only the members that are expected.
pub(super) fn entries(at: &str, expected: &[Map<String, Value>], got: &[Value]) -> Vec<Difference> {
    let mut differences = Vec::new();
    for place in 0..expected.len().max(got.len()) {
        let at = format!("{at}/{place}");
        match (expected.get(place), got.get(place)) {
            (Some(expected), Some(got)) => differences.extend(members(&at, expected, got)),
            (Some(expected), None) => differences.push(Difference::value(at, Some(&Value::Object(expected.clone())), None)),
            (None, got) => differences.push(Difference::value(at, None, got)),
        }
    }
    differences
}

/// What differs of lines.
pub(super) fn lines(at: &str, expected: &[String], got: &[String]) -> Vec<Difference> {
    let value = |line: Option<&String>| line.map(|line| Value::String(line.clone()));
    let places = 0..expected.len().max(got.len());
    let differing = places.filter(|&place| expected.get(place) != got.get(place));
    differing
        .map(|place| Difference::Value { at: format!("{at}/{place}"), expected: value(expected.get(place)), got: value(got.get(place)) })
        .collect()
}
