//! The query parameters of RFC 7644 section 3.4.2, with filters made of a type's attributes.

use serde_json::{Value, json};

use super::description::{Description, Kind, Path};

/// Values that filters compare with: short, and without anything that would have to be escaped.
const TEXT: &str = "\"[A-Za-z0-9 .@_-]{0,8}\"";
const TIME: &str = "\"20[0-9]{2}-0[1-9]-[12][0-9]T0[0-9]:00:00Z\"";
const NUMBER: &str = "-?[1-9][0-9]{0,5}";
const EQUALITY: &str = "(eq|ne|EQ|Ne)";
const ORDER: &str = "(eq|ne|gt|ge|lt|le|GT)";
const TEXTUAL: &str = "(eq|ne|co|sw|ew|gt|ge|lt|le|Co|SW)";

/// What a filter of this type may be, as JSON Schema.
pub fn filter(kind: &Kind) -> Value {
    let paths: Vec<Path> = kind.paths().into_iter().filter(is_filtered).collect();
    let comparison = comparison(&paths);
    json!({"type": "string", "pattern": format!(
        "^({comparison}|not \\({comparison}\\)|{comparison} (and|or|AND) {comparison}|\\({comparison} or {comparison}\\) and {comparison})$")})
}

/// One comparison over any of these paths.
fn comparison(paths: &[Path]) -> String {
    let mut kinds: Vec<String> = Vec::new();
    let mut add = |wanted: &[&str], operators: &str, value: &str| {
        let found = paths.iter().filter(|path| wanted.contains(&path.attribute.kind.as_str()));
        let found: Vec<String> = found.map(|path| escaped(&path.text)).collect();
        if !found.is_empty() {
            kinds.push(format!("({}) {operators} {value}", found.join("|")));
        }
    };
    add(&["string"], TEXTUAL, TEXT);
    add(&["reference"], "(eq|ne|co|sw|ew)", TEXT);
    add(&["dateTime"], ORDER, TIME);
    add(&["integer", "decimal"], ORDER, NUMBER);
    add(&["boolean"], EQUALITY, "(true|false)");
    add(&["binary"], EQUALITY, "\"[A-Za-z0-9]{4}\"");
    let all: Vec<String> = paths.iter().map(|path| escaped(&path.text)).collect();
    kinds.push(format!("({}) (pr|PR)", all.join("|")));
    kinds.extend(paths.iter().filter(|path| path.attribute.multi).filter_map(value_path));
    format!("({})", kinds.join("|"))
}

/// A filter over the elements of a list.
fn value_path(path: &Path) -> Option<String> {
    let texts = path.attribute.subs.iter().filter(|sub| sub.kind == "string" && sub.is_returned());
    let texts: Vec<String> = texts.map(|sub| escaped(&sub.name)).collect();
    (!texts.is_empty()).then(|| format!("{}\\[({}) {TEXTUAL} {TEXT}\\]", escaped(&path.text), texts.join("|")))
}

fn is_filtered(path: &Path) -> bool {
    path.attribute.is_returned() && path.outer.as_ref().is_none_or(super::description::Attribute::is_returned)
}

fn escaped(text: &str) -> String {
    text.replace('.', "\\.").replace('$', "\\$")
}

/// What resources can be sorted by.
pub fn sort_by(kind: &Kind) -> Value {
    let paths = kind.paths().into_iter().filter(is_filtered);
    let paths = paths.filter(|path| path.attribute.kind != "complex" || path.attribute.value().is_some());
    json!({"type": "string", "enum": paths.map(|path| path.text).collect::<Vec<_>>()})
}

/// A choice of attributes: names, with commas between them. A name that nobody knows chooses nothing, so any text is one.
pub fn names(kind: &Kind) -> Value {
    let paths = kind.paths();
    let all: Vec<String> = paths.iter().map(|path| escaped(&path.text)).collect();
    let all = all.join("|");
    json!({"type": "string", "anyOf": [{"pattern": format!("^({all})(,({all})){{0,3}}$")}, {}]})
}

/// Each parameter of a query with its JSON Schema.
pub fn parameters(kind: &Kind, description: &Description) -> Vec<(&'static str, Value)> {
    let mut parameters = vec![
        ("startIndex", json!({"type": "integer"})),
        ("count", json!({"type": "integer"})),
        ("attributes", names(kind)),
        ("excludedAttributes", names(kind)),
    ];
    if description.supports("filter") {
        parameters.push(("filter", filter(kind)));
    }
    if description.supports("sort") {
        parameters.push(("sortBy", sort_by(kind)));
        parameters.push(("sortOrder", json!({"type": "string", "enum": ["ascending", "descending", "Descending"]})));
    }
    if description.config["pagination"]["cursor"] == true {
        parameters.push(("cursor", json!({"type": "string", "maxLength": 0})));
    }
    parameters
}
