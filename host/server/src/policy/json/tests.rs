//! The shapes, both ways.

use super::{apply_group, apply_user, group, group_changes, manifest, parse, problems, user, user_changes};
use super::{group_change_to_json, group_to_json, group_view_to_json, user_change_to_json, user_to_json, user_view_to_json};
use crate::policy::limits::{CHANGES_MAX, ITEM_TEXT_BYTES_MAX, JSON_DEPTH_MAX, JSON_VALUES_MAX};
use serde_json::{Value, json};

/// A user with everything there is.
fn whole_user() -> Value {
    json!({
        "id": "u1", "externalId": "e1", "userName": "ada@example.com", "displayName": "Ada", "lifecycle": "inactive",
        "groups": [{"id": "g1", "name": "Sales"}],
        "attributes": [
            {"path": "title", "value": "Countess"}, {"path": "x", "value": true}, {"path": "x", "value": -5},
            {"path": "x", "value": 1.5}, {"path": "name", "value": {"familyName": "Lovelace"}}],
        "facts": [{"path": "connection.provider", "value": "jumpcloud"}],
        "current": {"issued": "api", "status": "blocked", "role": "owner"},
        "view": {
            "included": false, "status": "suspended", "role": "admin", "userName": "ada", "displayName": "A",
            "groups": ["g1", "g2"], "namedGroups": ["Analysts"], "attributes": [{"path": "title", "value": "Lady"}]},
    })
}

fn whole_group() -> Value {
    json!({
        "id": "g1", "externalId": "e1", "displayName": "Sales", "lifecycle": "deleted",
        "attributes": [{"path": "description", "value": "All"}], "facts": [],
        "view": {"included": true, "displayName": "sales"},
    })
}

/// The whole thing with one change.
fn with(mut whole: Value, pointer: &str, value: Value) -> Value {
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    let parent = whole.pointer_mut(parent).expect("it is there");
    match parent {
        Value::Array(items) => items[name.parse::<usize>().expect("an index")] = value,
        parent => parent[name] = value,
    }
    whole
}

#[test]
fn items_come_back_as_they_were() {
    assert_eq!(user(&whole_user()).map(|user| user_to_json(&user)), Ok(whole_user()));
    assert_eq!(group(&whole_group()).map(|group| group_to_json(&group)), Ok(whole_group()));
}

#[test]
fn little_is_enough() {
    for (said, view) in [
        (json!({}), json!({})),
        (json!({"lifecycle": "inactive"}), json!({"status": "suspended"})),
        (json!({"lifecycle": "deleted"}), json!({"included": false, "status": "suspended"})),
        (json!({"current": {"role": "owner"}}), json!({"role": "owner"})),
        (json!({"groups": [{"name": "VPN"}, {"id": "7", "name": "Sales"}]}), json!({"groups": ["VPN", "7"]})),
        (json!({"displayName": "Ada", "externalId": null}), json!({"displayName": "Ada"})),
        (json!({"view": {"role": "admin"}}), json!({"role": "admin"})),
    ] {
        let mut said = said;
        said["userName"] = json!("ada");
        let mut expected = json!({
            "included": true, "status": "active", "role": "user", "userName": "ada", "displayName": "",
            "groups": [], "namedGroups": [], "attributes": []});
        for (name, value) in view.as_object().expect("an object") {
            expected[name] = value.clone();
        }
        let read = user(&said).unwrap_or_else(|wrong| panic!("{said}: {wrong}"));
        assert_eq!(user_view_to_json(&read.view), expected, "{said}");
    }
    let read = group(&json!({"displayName": "Sales"})).expect("a name is enough");
    assert_eq!(group_view_to_json(&read.view), json!({"included": true, "displayName": "Sales"}));
}

#[test]
fn what_is_wrong_is_said_where_it_is() {
    let long = json!("x".repeat(ITEM_TEXT_BYTES_MAX + 1));
    for (pointer, value, said) in [
        ("/userName", Value::Null, "It must have userName."),
        ("/userName", json!(5), "/userName: It must be text."),
        ("/userName", long.clone(), "/userName: It must not have more than 64 KiB."),
        ("/lifecycle", json!("gone"), "/lifecycle: It must be one of active, inactive, deleted."),
        ("/groups", json!({}), "/groups: It must be an array."),
        ("/groups/0/name", Value::Null, "/groups/0: It must have name."),
        ("/groups/0/nmae", json!("x"), "/groups/0: \"nmae\" is not known here. It may have id, name."),
        ("/attributes/1/value", Value::Null, "/attributes/1: It must have value."),
        ("/attributes/4/value", json!({"a": long}), "/attributes/4/value: It must not have more than 64 KiB."),
        ("/current", json!("x"), "/current: It must be an object."),
        ("/view/included", json!("yes"), "/view/included: It must be true or false."),
        ("/view/namedGroups/0", json!(1), "/view/namedGroups/0: It must be text."),
        ("/view/status", json!("x"), "/view/status: It must be one of active, suspended, blocked."),
    ] {
        let changed = with(whole_user(), pointer, value);
        assert_eq!(user(&changed).map(drop), Err(said.to_owned()), "{pointer}");
    }
    assert_eq!(
        group(&json!({"displayName": "x", "groups": []})).map(drop).map_err(|wrong| wrong.starts_with("\"groups\" is not")),
        Err(true)
    );
    assert_eq!(user(&json!([])).map(drop), Err("It must be an object.".to_owned()));
}

fn all_changes() -> Value {
    json!([
        {"effect": "include", "reason": "a"}, {"effect": "exclude", "reason": "b"},
        {"effect": "set-status", "value": "suspended", "reason": "c"}, {"effect": "set-role", "value": "admin", "reason": ""},
        {"effect": "add-group", "value": "g9", "reason": ""}, {"effect": "remove-group", "value": "g1", "reason": ""},
        {"effect": "add-named-group", "value": "New", "reason": ""}, {"effect": "remove-named-group", "value": "Analysts", "reason": ""},
        {"effect": "set-user-name", "value": "lovelace", "reason": ""}, {"effect": "set-display-name", "value": "", "reason": ""},
        {"effect": "set-attribute", "value": {"path": "nick", "value": "A"}, "reason": ""},
        {"effect": "set-attribute", "value": {"path": "nick", "value": {"x": 1}}, "reason": ""},
        {"effect": "remove-attribute", "value": "title", "reason": ""},
    ])
}

#[test]
fn changes_come_back_as_they_were_and_do_what_they_say() {
    let changes = user_changes(&all_changes()).expect("all are changes");
    assert_eq!(Value::Array(changes.iter().map(user_change_to_json).collect()), all_changes());
    let mut view = user(&whole_user()).expect("a user").view;
    apply_user(&mut view, &changes);
    assert_eq!(
        user_view_to_json(&view),
        json!({
            "included": false, "status": "suspended", "role": "admin", "userName": "lovelace", "displayName": "",
            "groups": ["g2", "g9"], "namedGroups": ["New"],
            "attributes": [{"path": "nick", "value": "A"}, {"path": "nick", "value": {"x": 1}}]})
    );
    // A second answer replaces what the first set, and what is there already is not added again.
    apply_user(&mut view, &changes[4..11]);
    assert_eq!(user_view_to_json(&view)["attributes"], json!([{"path": "nick", "value": "A"}]));
    assert_eq!(user_view_to_json(&view)["groups"], json!(["g2", "g9"]));

    let said = json!([{"effect": "exclude", "reason": ""}, {"effect": "include", "reason": ""}, {"effect": "set-display-name", "value": "S", "reason": "r"}]);
    let changes = group_changes(&said).expect("all are changes");
    assert_eq!(Value::Array(changes.iter().map(group_change_to_json).collect()), said);
    let mut view = group(&whole_group()).expect("a group").view;
    apply_group(&mut view, &changes);
    assert_eq!(group_view_to_json(&view), json!({"included": true, "displayName": "S"}));
}

#[test]
fn what_is_no_change_is_refused() {
    for (change, said) in [
        (json!("exclude"), "/0: It must be an object."),
        (json!({"reason": "x"}), "/0: It must have effect."),
        (json!({"effect": 5}), "/0/effect: It must be text."),
        (json!({"effect": "set-role"}), "/0: It must have value."),
        (json!({"effect": "set-role", "value": 5}), "/0/value: It must be text."),
        (json!({"effect": "set-attribute", "value": {"path": "a"}}), "/0/value: It must have value."),
        (json!({"effect": "set-status", "value": "gone"}), "/0/value: It must be one of active, suspended, blocked."),
        (json!({"effect": "format"}), "/0/effect: It must be an effect that the contract has for users."),
        (json!({"effect": "exclude", "why": "x"}), "/0: \"why\" is not known here. It may have effect, value, reason."),
    ] {
        assert_eq!(user_changes(&json!([change])).map(drop).map_err(|wrong| wrong.to_string()), Err(said.to_owned()), "{change}");
    }
    assert!(user_changes(&json!({})).is_err(), "one change alone is no list");
    assert!(group_changes(&json!([{"effect": "set-role", "value": "x"}])).is_err(), "a group has no role");
    let flood = Value::Array(vec![json!({"effect": "exclude"}); CHANGES_MAX + 2]);
    assert!(user_changes(&flood).is_err(), "more than is looked at");
}

#[test]
fn manifests_and_problems_are_read() {
    let said = manifest(&json!({"name": "a", "version": "1.0.0", "settingsSchema": {"type": "object"}, "reads": ["id"]})).expect("enough");
    assert_eq!((said.settings_schema.as_str(), said.reads.len(), said.writes.len()), (r#"{"type":"object"}"#, 1, 0));
    for wrong in [json!({}), json!({"name": "a"}), json!({"name": "a", "version": "1.0.0", "read": []}), json!([])] {
        assert!(manifest(&wrong).is_err(), "{wrong}");
    }
    let said = problems(&json!([{"pointer": "/a", "message": "No."}, {"message": "Neither."}])).expect("two problems");
    assert_eq!((said.len(), said[0].pointer.as_str(), said[1].pointer.as_str()), (2, "/a", ""));
    for wrong in [json!({}), json!(["No."]), json!([{"pointer": "/a"}])] {
        assert!(problems(&wrong).is_err(), "{wrong}");
    }
}

#[test]
fn text_is_bounded_before_it_is_parsed() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let flat = |values: usize| format!("[{}]", vec!["0"; values - 1].join(","));
    for (text, said) in [
        (r#"{"a": ["]}[[{{", "\\\"[["]}"#.to_owned(), None),
        (nested(JSON_DEPTH_MAX), None),
        (nested(JSON_DEPTH_MAX + 1), Some("deep")),
        (flat(JSON_VALUES_MAX - 1), None),
        (flat(JSON_VALUES_MAX + 1), Some("values")),
        (String::new(), Some("not JSON")),
        ("[1".to_owned(), Some("not JSON")),
        ("NaN".to_owned(), Some("not JSON")),
        ("]]]]".to_owned(), Some("not JSON")),
    ] {
        let start: String = text.chars().take(20).collect();
        match (parse(&text), said) {
            (Ok(_), None) => {}
            (Err(wrong), Some(said)) => assert!(wrong.message.contains(said), "{start}: {wrong}"),
            (parsed, said) => panic!("{start}: {said:?} was expected of {:?}", parsed.map(|_| "a value")),
        }
    }
}
