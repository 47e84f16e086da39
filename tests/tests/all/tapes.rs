//! Replays of what identity providers send, from the tapes beside this crate.
//!
//! A tape is JSON: its steps are requests with the answers they must get, or states the directory must then have. Each step
//! names where its request is known from, and whether it was captured or documented (`sourced`), told by others
//! (`secondary`) or concluded (`inferred`).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use doorlist_tests::callers::Tenant;
use doorlist_tests::http::contains;
use serde_json::{Map, Value, json};

use crate::shared;

/// A tape in replay.
struct Replay {
    tape: String,
    tenant: Tenant,
    client: doorlist_tests::Client,
    /// What steps kept of their answers, by name.
    kept: BTreeMap<String, String>,
}

fn directory() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tapes")
}

/// One test for each tape, and the list of them.
macro_rules! tapes {
    ($($test:ident: $file:literal,)*) => {
        const REPLAYED: &[&str] = &[$($file),*];
        $(#[test] fn $test() { replay($file); })*
    };
}

tapes! {
    jumpcloud_activates_twice_with_one_address: "jumpcloud-activation.json",
    jumpcloud_keeps_a_user: "jumpcloud-user.json",
    jumpcloud_keeps_a_group: "jumpcloud-group.json",
    okta_keeps_users: "okta-user.json",
    okta_pushes_groups: "okta-group.json",
    entra_by_default: "entra-default.json",
    entra_with_its_flag: "entra-flag.json",
    a_connection_with_unique_names_of_groups: "unique-names.json",
    other_clients: "others.json",
}

#[test]
fn every_tape_is_replayed() {
    let mut found: Vec<String> = fs::read_dir(directory())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".json"))
        .collect();
    let mut replayed: Vec<&str> = REPLAYED.to_vec();
    found.sort();
    replayed.sort_unstable();
    assert_eq!(found, replayed);
}

/// A row of the table of dialects: dialect, tape, step, evidence, unit, and what in the step's request needs the unit.
type Row = [String; 6];

fn dialects() -> Vec<Row> {
    let text = fs::read_to_string(directory().join("README.md")).unwrap();
    let rows = text.lines().filter(|line| line.starts_with("| ")).skip(1);
    rows.map(|line| {
        let cells: Vec<String> = line.trim_end_matches('|').split('|').skip(1).map(|cell| cell.trim().to_owned()).collect();
        cells.try_into().unwrap_or_else(|cells| panic!("no row of six: {cells:?}"))
    })
    .collect()
}

/// The table of dialects says what the tapes and the source say.
#[test]
fn every_dialect_has_a_step_and_a_unit() {
    let source = fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../host/scim/src/quirks.rs")).unwrap();
    let units: BTreeSet<String> = source
        .lines()
        .filter_map(|line| line.strip_prefix("pub ").or_else(|| line.strip_prefix("pub(crate) ")))
        .filter_map(|line| line.strip_prefix("fn ").or_else(|| line.strip_prefix("const ")))
        .map(|line| line.split(|letter: char| !letter.is_alphanumeric() && letter != '_').next().unwrap().to_owned())
        .collect();
    let mut named = BTreeSet::new();
    let rows = dialects();
    assert!(rows.len() > 30 && units.len() > 10, "table and units are found");
    for [dialect, tape, step, evidence, unit, needed_by] in &rows {
        let text = fs::read_to_string(directory().join(tape)).unwrap_or_else(|error| panic!("{dialect}: {tape}: {error}"));
        let tape: Value = serde_json::from_str(&text).unwrap();
        let found = tape["steps"].as_array().unwrap().iter().find(|found| found["step"] == step.as_str());
        let found = found.unwrap_or_else(|| panic!("{dialect}: there is no step {step:?}"));
        assert_eq!(found["evidence"], evidence.as_str(), "{dialect}");
        let is_elsewhere = unit.starts_with("RFC 764") || unit.starts_with("the server's ");
        assert!(is_elsewhere || units.contains(unit), "{dialect}: there is no unit {unit}");
        assert!(is_elsewhere || needs(&found["request"], needed_by), "{dialect}: nothing in {step:?} needs {unit}: {needed_by}");
        named.insert(unit.clone());
    }
    let unnamed: Vec<&String> = units.difference(&named).collect();
    assert!(unnamed.is_empty(), "no dialect names {unnamed:?}");
}

/// Whether a request has what a cell says: a text in backticks, or `no` before it for what it must not have.
fn needs(request: &Value, cell: &str) -> bool {
    let (is_there, quoted) = cell.strip_prefix("no ").map_or((true, cell), |quoted| (false, quoted));
    let text = quoted.strip_prefix('`').and_then(|text| text.strip_suffix('`')).filter(|text| !text.is_empty());
    text.is_some_and(|text| request.to_string().contains(text) == is_there)
}

/// Where a null is in an answer, which none of ours has (RFC 7643 section 2.5; Entra's configuration page fails over one).
fn null(at: &str, value: &Value) -> Option<String> {
    match value {
        Value::Null => Some(at.to_owned()),
        Value::Array(elements) => elements.iter().enumerate().find_map(|(place, element)| null(&format!("{at}/{place}"), element)),
        Value::Object(object) => object.iter().find_map(|(key, part)| null(&format!("{at}/{key}"), part)),
        _ => None,
    }
}

fn replay(file: &str) {
    let text = fs::read_to_string(directory().join(file)).unwrap();
    let tape: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}"));
    only_keys(file, &tape, &["title", "connection", "steps"]);
    let tenant = shared::tenant(tape["title"].as_str().expect("a tape has a title"));
    let client = tenant.connect_with(&tape["connection"]);
    let mut replay = Replay { tape: file.to_owned(), tenant, client, kept: BTreeMap::new() };
    let steps = tape["steps"].as_array().expect("a tape has steps");
    assert!(!steps.is_empty(), "{file} has no steps");
    for (place, step) in steps.iter().enumerate() {
        replay.step(place + 1, step);
    }
}

/// A misspelled key would check nothing.
fn only_keys(whose: &str, value: &Value, known: &[&str]) {
    let object = value.as_object().unwrap_or_else(|| panic!("{whose} is no object"));
    for key in object.keys() {
        assert!(known.contains(&key.as_str()), "{whose} has an unknown key {key}");
    }
}

impl Replay {
    fn step(&mut self, place: usize, step: &Value) {
        let label = format!("{}, step {place} ({})", self.tape, step["step"].as_str().expect("a step says what it is"));
        if let Some(expected) = step.get("directory") {
            only_keys(&label, step, &["step", "directory"]);
            self.directory(&label, expected);
            return;
        }
        only_keys(&label, step, &["step", "evidence", "source", "request", "answer"]);
        let evidence = step["evidence"].as_str().unwrap_or_default();
        assert!(matches!(evidence, "sourced" | "secondary" | "inferred"), "{label}: {evidence:?} is no kind of evidence");
        assert!(step["source"].as_str().is_some_and(|source| source.len() > 10), "{label} names no source");
        self.exchange(&label, &step["request"], &step["answer"]);
    }

    fn exchange(&mut self, label: &str, request: &Value, answer: &Value) {
        only_keys(label, request, &["method", "path", "headers", "body"]);
        only_keys(label, answer, &["status", "body", "absent", "not", "keep"]);
        let (request, answer) = (self.fill(label, request), self.fill(label, answer));
        let (method, path) = (request["method"].as_str().unwrap(), request["path"].as_str().unwrap());
        let mut call = self.client.call(method, path);
        for (name, value) in request["headers"].as_object().unwrap_or(&Map::new()) {
            call = call.header(name, value.as_str().unwrap());
        }
        if let Some(body) = request.get("body") {
            call = call.json(body);
        }
        let reply = call.send();
        assert_eq!(json!(reply.status), answer["status"], "{label}: {reply}");
        let shown = reply.to_string();
        let status = reply.status;
        let body = reply.expect(status);
        if let Some(part) = answer.get("body")
            && let Err(difference) = contains(&body, part)
        {
            panic!("{label}: {difference}. {shown}");
        }
        let null = null("", &body).filter(|at| !at.is_empty());
        assert_eq!(null, None, "{label}: a null. {shown}");
        for (pointer, other) in answer["not"].as_object().into_iter().flatten() {
            let found = body.pointer(pointer).unwrap_or_else(|| panic!("{label}: nothing at {pointer}. {shown}"));
            assert_ne!(found, other, "{label}: {pointer}. {shown}");
        }
        for pointer in answer["absent"].as_array().into_iter().flatten() {
            let pointer = pointer.as_str().unwrap();
            assert!(body.pointer(pointer).is_none(), "{label}: {pointer} should be absent. {shown}");
        }
        for (name, pointer) in answer["keep"].as_object().into_iter().flatten() {
            let value = body.pointer(pointer.as_str().unwrap()).and_then(Value::as_str);
            let value = value.unwrap_or_else(|| panic!("{label}: no text at {pointer}. {shown}"));
            self.kept.insert(name.clone(), value.to_owned());
        }
    }

    /// Holds the directory against what a step says of it: members and groups it must have (with these values), and names it
    /// must not have.
    fn directory(&self, label: &str, expected: &Value) {
        only_keys(label, expected, &["members", "groups", "gone"]);
        let expected = self.fill(label, expected);
        let (members, groups) = (self.tenant.members(), self.tenant.groups());
        let named = |items: &[Value], key: &str, name: &str| items.iter().find(|item| item[key] == name).cloned();
        for (items, key, kind) in [(&members, "userName", "members"), (&groups, "displayName", "groups")] {
            for (name, part) in expected[kind].as_object().into_iter().flatten() {
                let item = named(items, key, name).unwrap_or_else(|| panic!("{label}: no {name} in {items:?}"));
                if let Err(difference) = contains(&item, part) {
                    panic!("{label}: {difference} of {item}");
                }
            }
            for name in expected["gone"].as_array().into_iter().flatten() {
                let found = named(items, key, name.as_str().unwrap());
                assert!(found.is_none(), "{label}: {name} is still there");
            }
        }
    }

    /// Puts what was kept in place of `{{name}}`, in keys and values alike.
    fn fill(&self, label: &str, value: &Value) -> Value {
        let mut text = value.to_string();
        for (name, kept) in &self.kept {
            text = text.replace(&format!("{{{{{name}}}}}"), kept);
        }
        assert!(!text.contains("{{"), "{label} uses what no step kept: {text}");
        serde_json::from_str(&text).unwrap()
    }
}
