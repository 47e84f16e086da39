//! Reading case files, and holding answers against them.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Map, Value, json};

use super::difference::{entries, lines, members};
use super::{Difference, Item, read};
use crate::error::Result;

/// A directory of one test's own.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("doorlist-cases-{}-{number}", std::process::id()));
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn with(self, name: &str, text: &str) -> Self {
        fs::write(self.0.join(name), text).unwrap();
        self
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn read_text(text: &str) -> Result<Vec<super::Case>> {
    read(&Directory::new().with("a.json", text).0.join("a.json"))
}

#[test]
fn a_directory_is_read_by_the_names_of_its_files() {
    let case = |name: &str| json!([{"name": name, "user": {"userName": "ada"}, "expect": {"changes": []}}]).to_string();
    let directory = Directory::new().with("b.json", &case("second")).with("a.json", &case("first")).with("notes.txt", "no case");
    let names: Vec<String> = read(&directory.0).unwrap().into_iter().map(|case| case.name).collect();
    assert_eq!(names, ["first", "second"]);
    assert!(read(&directory.0.join("nowhere")).unwrap_err().to_string().starts_with("There are no cases at"));
    assert!(read(&Directory::new().0).unwrap_err().to_string().ends_with("has no cases."));
}

#[test]
fn what_a_case_leaves_out_is_empty() {
    let cases =
        read_text(&json!([{"name": "a", "group": {"displayName": "Sales"}, "expect": {"view": {"included": true}}}]).to_string()).unwrap();
    let [case] = cases.as_slice() else { panic!("{cases:?}") };
    assert_eq!(case.settings, json!({}));
    assert!(matches!(&case.item, Item::Group(group) if group.view.display_name == "Sales"));
}

#[test]
fn what_is_wrong_with_a_case_is_said_where_it_is() {
    let user = json!({"userName": "ada"});
    for (case, words) in [
        (json!({}), "/0: missing field `name`"),
        (json!({"name": "a"}), "/0: missing field `expect`"),
        (json!({"name": "a", "expect": {}}), "/0/expect: It expects nothing."),
        (json!({"name": "a", "expects": {}}), "/0: unknown field `expects`"),
        (json!({"name": "a", "expect": {"veiw": {}}}), "unknown field `veiw`"),
        (json!({"name": "a", "expect": {"view": {}}}), "/0/expect: There is no user or group"),
        (json!({"name": "a", "expect": {"changes": []}}), "/0/expect: There is no user or group"),
        (json!({"name": "a", "user": {"name": "ada"}, "expect": {"changes": []}}), "/0/user: \"name\" is not known here."),
        (json!({"name": "a", "user": {"userName": 5}, "expect": {"changes": []}}), "/0/user/userName: It must be text."),
        (json!({"name": "a", "user": user, "expect": {"view": {"stauts": 1}}}), "/0/expect/view: \"stauts\" is not known here."),
        (json!({"name": "a", "user": user, "expect": {"changes": [{"efect": 1}]}}), "/0/expect/changes: \"efect\" is not known here."),
        (json!({"name": "a", "expect": {"problems": [{"path": 1}]}}), "/0/expect/problems: \"path\" is not known here."),
        (
            json!({"name": "a", "group": {"displayName": "x"}, "expect": {"view": {"role": 1}}}),
            "/0/expect/view: \"role\" is not known here.",
        ),
        (json!({"name": "a", "user": user, "group": {"displayName": "x"}, "expect": {"changes": []}}), "/0: A case has a user or a group"),
    ] {
        let error = read_text(&json!([case]).to_string()).unwrap_err().to_string();
        assert!(error.contains(words), "{case}: {error}");
    }
    for text in ["", "{}", "[", "5"] {
        let error = read_text(text).unwrap_err().to_string();
        assert!(error.contains("An array of cases is expected"), "{text}: {error}");
    }
}

fn object(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn differs(at: &str, expected: Option<Value>, got: Option<Value>) -> Difference {
    Difference::Value { at: at.to_owned(), expected, got }
}

#[test]
fn only_what_is_expected_is_compared() {
    let got = json!({"status": "active", "groups": ["a", "b"]});
    for (expected, found) in [
        (json!({}), vec![]),
        (json!({"status": "active"}), vec![]),
        (json!({"groups": ["a", "b"]}), vec![]),
        (json!({"groups": ["b", "a"]}), vec![differs("/v/groups", Some(json!(["b", "a"])), Some(json!(["a", "b"])))]),
        (json!({"status": "suspended"}), vec![differs("/v/status", Some(json!("suspended")), Some(json!("active")))]),
        (json!({"value": null}), vec![differs("/v/value", Some(json!(null)), None)]),
    ] {
        assert_eq!(members("/v", &object(expected.clone()), &got), found, "{expected}");
    }
}

#[test]
fn lists_are_compared_entry_by_entry() {
    let got = [json!({"effect": "exclude", "reason": "A"}), json!({"effect": "include", "reason": "B"})];
    for (expected, found) in [
        (vec![json!({"effect": "exclude"}), json!({"reason": "B"})], vec![]),
        (vec![json!({"effect": "exclude"})], vec![differs("/c/1", None, Some(got[1].clone()))]),
        (vec![], vec![differs("/c/0", None, Some(got[0].clone())), differs("/c/1", None, Some(got[1].clone()))]),
        (vec![json!({}), json!({}), json!({"effect": "include"})], vec![differs("/c/2", Some(json!({"effect": "include"})), None)]),
        (vec![json!({"reason": "Z"}), json!({})], vec![differs("/c/0/reason", Some(json!("Z")), Some(json!("A")))]),
    ] {
        let expected: Vec<Map<String, Value>> = expected.into_iter().map(object).collect();
        assert_eq!(entries("/c", &expected, &got), found, "{expected:?}");
    }
    let text = |lines: &[&str]| lines.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(lines("/log", &text(&["a"]), &text(&["a", "b"])), [differs("/log/1", None, Some(json!("b")))]);
    assert_eq!(lines("/log", &text(&["a"]), &text(&["a"])), []);
}

#[test]
fn a_difference_reads_well() {
    let difference = differs("/view/status", Some(json!("suspended")), None);
    assert_eq!(difference.to_string(), "/view/status\n  expected  \"suspended\"\n  got       nothing");
    assert_eq!(Difference::failure("It failed.").to_string(), "It failed.");
}
