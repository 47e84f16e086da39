//! A user's attributes as a person reads them: addresses in one line, values with what they are; what has another shape as JSON.
//!
//! Knows shapes only, which the core schema (RFC 7643 section 2.4 and 4.1) and extensions share, and no names of attributes.

use serde_json::{Map, Value};

use super::super::parts::cut;

/// Characters of an attribute's value.
const ATTRIBUTE_CHARACTERS: usize = 200;

/// Parts of an address in the order in which they stand in one line.
const ADDRESS: [&str; 5] = ["streetAddress", "postalCode", "locality", "region", "country"];

/// What says of a value which one it is, and not what.
const ASIDE: [&str; 2] = ["type", "primary"];

/// An attribute's value as text.
pub(super) fn shown(value: &Value) -> String {
    cut(&read(value).unwrap_or_else(|| value.to_string()), ATTRIBUTE_CHARACTERS)
}

/// A value in words; `None` if it has another shape.
fn read(value: &Value) -> Option<String> {
    match value {
        Value::Array(values) if !values.is_empty() => Some(values.iter().map(one).collect::<Option<Vec<_>>>()?.join("; ")),
        value => one(value),
    }
}

fn one(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(is) => Some(if *is { "yes" } else { "no" }.to_owned()),
        Value::Number(number) => Some(number.to_string()),
        Value::Object(parts) => Some(format!("{}{}", plain(parts).or_else(|| address(parts))?, aside(parts))),
        _ => None,
    }
}

/// Of `{"value": …}` the value.
fn plain(parts: &Map<String, Value>) -> Option<String> {
    let knows = |name: &String| name == "value" || ASIDE.contains(&name.as_str());
    parts.keys().all(knows).then(|| parts.get("value").and_then(Value::as_str).map(str::to_owned)).flatten()
}

/// Of an address its line, which is made of its parts; or its own, of one that has no others.
fn address(parts: &Map<String, Value>) -> Option<String> {
    let knows = |name: &String| name == "formatted" || ADDRESS.contains(&name.as_str()) || ASIDE.contains(&name.as_str());
    if !parts.keys().all(knows) {
        return None;
    }
    let text = |name: &str| parts.get(name).and_then(Value::as_str).map(|text| text.lines().map(str::trim).collect::<Vec<_>>().join(", "));
    let line: Vec<String> = ADDRESS.into_iter().filter_map(text).filter(|text| !text.is_empty()).collect();
    if line.is_empty() { text("formatted") } else { Some(line.join(", ")) }
}

/// ` (work, primary)`, or nothing.
fn aside(parts: &Map<String, Value>) -> String {
    let kind = parts.get("type").and_then(Value::as_str).filter(|kind| !kind.is_empty());
    let primary = parts.get("primary").and_then(Value::as_bool).unwrap_or(false).then_some("primary");
    let words: Vec<&str> = kind.into_iter().chain(primary).collect();
    if words.is_empty() { String::new() } else { format!(" ({})", words.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn attributes_are_read_by_people() {
        for (value, words) in [
            (json!("Engineer"), "Engineer"),
            (json!(true), "yes"),
            (json!(7), "7"),
            (json!(["a", "b"]), "a; b"),
            (
                json!([{"value": "a@b.example", "type": "work", "primary": true}, {"value": "c@d.example"}]),
                "a@b.example (work, primary); c@d.example",
            ),
            (
                json!([{"streetAddress": "Road 1", "locality": "Town", "country": "DE", "type": "work", "primary": false}]),
                "Road 1, Town, DE (work)",
            ),
            (json!({"formatted": "Road 1\nTown"}), "Road 1, Town"),
            (json!({"streetAddress": "Road 1", "formatted": "Road 1\nTown"}), "Road 1"),
            (json!({"givenName": "Ada"}), r#"{"givenName":"Ada"}"#),
            (json!([{"value": "a", "display": "b"}]), r#"[{"display":"b","value":"a"}]"#),
            (json!({"primary": true}), r#"{"primary":true}"#),
            (json!([]), "[]"),
            (json!({}), "{}"),
            (Value::Null, "null"),
        ] {
            assert_eq!(shown(&value), words, "{value}");
        }
    }
}
