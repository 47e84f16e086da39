//! Members of groups: every form in which they come and go.

use doorlist_tests::callers::{Client, text};
use doorlist_tests::http::query;
use serde_json::{Value, json};

use crate::shared;

/// Ids of users by the letters of a case.
fn ids(users: &[String; 4], letters: &str) -> Vec<String> {
    let mut ids: Vec<String> = letters.bytes().map(|letter| users[usize::from(letter - b'a')].clone()).collect();
    ids.sort();
    ids
}

fn four_users(client: &Client) -> [String; 4] {
    ["a", "b", "c", "d"].map(|letter| client.user(&format!("{letter}@example.com")))
}

/// Writes the letter's user in place of `<letter>`.
fn fill(value: &Value, users: &[String; 4]) -> Value {
    let mut text = value.to_string();
    for (place, id) in users.iter().enumerate() {
        let letter = char::from(b"abcd"[place]);
        text = text.replace(&format!("<{letter}>"), id);
    }
    serde_json::from_str(&text).unwrap()
}

#[test]
fn members_come_and_go_in_many_forms() {
    let client = shared::client("member forms");
    let users = four_users(&client);
    // The group has a, b and c. Operations, and who is there then.
    let cases: &[(&str, Value, &str)] = &[
        ("add one", json!([{"op": "add", "path": "members", "value": [{"value": "<d>"}]}]), "abcd"),
        ("add one that is there", json!([{"op": "add", "path": "members", "value": [{"value": "<a>"}]}]), "abc"),
        ("add one object, no list", json!([{"op": "add", "path": "members", "value": {"value": "<d>"}}]), "abcd"),
        (
            "add with display and $ref",
            json!([{"op": "Add", "path": "members", "value": [{"$ref": null, "display": "D", "value": "<d>", "type": "User"}]}]),
            "abcd",
        ),
        ("add without path", json!([{"op": "add", "value": {"members": [{"value": "<d>"}]}}]), "abcd"),
        ("add the same twice", json!([{"op": "add", "path": "members", "value": [{"value": "<d>"}, {"value": "<d>"}]}]), "abcd"),
        ("remove by a list of values", json!([{"op": "remove", "path": "members", "value": [{"value": "<a>"}]}]), "bc"),
        (
            "remove two by a list of values",
            json!([{"op": "Remove", "path": "members", "value": [{"value": "<a>"}, {"value": "<c>"}]}]),
            "b",
        ),
        (
            "remove by a list with one who is not there",
            json!([{"op": "remove", "path": "members", "value": [{"value": "<d>"}, {"value": "<c>"}]}]),
            "ab",
        ),
        ("remove by a list with nonsense", json!([{"op": "remove", "path": "members", "value": [{"value": "nonsense"}]}]), "abc"),
        ("remove by an empty list removes nobody", json!([{"op": "remove", "path": "members", "value": []}]), "abc"),
        ("remove by a filter", json!([{"op": "remove", "path": "members[value eq \"<b>\"]"}]), "ac"),
        ("remove by a filter with or", json!([{"op": "remove", "path": "members[value eq \"<b>\" or value eq \"<c>\"]"}]), "a"),
        ("remove by a filter on who is not there", json!([{"op": "remove", "path": "members[value eq \"<d>\"]"}]), "abc"),
        ("remove by a filter on the type", json!([{"op": "remove", "path": "members[type eq \"User\"]"}]), ""),
        ("remove all", json!([{"op": "remove", "path": "members"}]), ""),
        ("replace", json!([{"op": "replace", "path": "members", "value": [{"value": "<c>"}, {"value": "<d>"}]}]), "cd"),
        ("replace by nobody", json!([{"op": "replace", "path": "members", "value": []}]), ""),
        ("replace without path", json!([{"op": "replace", "value": {"members": [{"value": "<d>"}], "displayName": "Team"}}]), "d"),
        ("a rename leaves members", json!([{"op": "replace", "value": {"displayName": "Team"}}]), "abc"),
        (
            "remove and add in one",
            json!([{"op": "remove", "path": "members[value eq \"<a>\"]"}, {"op": "add", "path": "members", "value": [{"value": "<d>"}]}]),
            "bcd",
        ),
        (
            "remove all, then add",
            json!([{"op": "remove", "path": "members"}, {"op": "add", "path": "members", "value": [{"value": "<a>"}]}]),
            "a",
        ),
        (
            "add, then remove the same",
            json!([{"op": "add", "path": "members", "value": [{"value": "<d>"}]}, {"op": "remove", "path": "members", "value": [{"value": "<d>"}]}]),
            "abc",
        ),
        ("in capitals", json!([{"op": "ADD", "path": "MEMBERS", "value": [{"VALUE": "<d>"}]}]), "abcd"),
        (
            "with the schema's URN",
            json!([{"op": "add", "path": "urn:ietf:params:scim:schemas:core:2.0:Group:members", "value": [{"value": "<d>"}]}]),
            "abcd",
        ),
    ];
    for (label, operations, expected) in cases {
        let group = client.group("Team", &[&users[0], &users[1], &users[2]]);
        let path = format!("/Groups/{group}");
        let operations = fill(operations, &users);
        let patched = client.patch(&path, &operations).expect(200);
        assert_eq!(client.members(&group), ids(&users, expected), "{label}: {patched}");
        assert_eq!(client.get(&path).expect(200), patched, "{label}: the answer is what is kept");
        assert_eq!(client.delete(&path).expect(204), Value::Null);
    }
}

#[test]
fn put_and_post_of_members() {
    let client = shared::client("put members");
    let users = four_users(&client);
    // The group has a and b. What a PUT says of members, and who is there then: not saying anything is no removal.
    let cases: &[(&str, Value, &str)] = &[
        ("absent", json!({}), "ab"),
        ("null", json!({"members": null}), ""),
        ("empty", json!({"members": []}), ""),
        ("others", json!({"members": [{"value": "<c>"}, {"value": "<d>"}]}), "cd"),
        ("some", json!({"members": [{"value": "<b>"}, {"value": "<d>", "display": "D", "$ref": "../Users/x", "type": "User"}]}), "bd"),
        ("the same twice", json!({"members": [{"value": "<a>"}, {"value": "<a>"}]}), "a"),
        ("bare texts", json!({"members": ["<a>", "<c>"]}), "ac"),
    ];
    for (label, sent, expected) in cases {
        let group = client.group("Put", &[&users[0], &users[1]]);
        let mut body = fill(sent, &users);
        body["displayName"] = json!("Put");
        client.put(&format!("/Groups/{group}"), &body).expect(200);
        assert_eq!(client.members(&group), ids(&users, expected), "PUT: {label}");
        assert_eq!(client.delete(&format!("/Groups/{group}")).expect(204), Value::Null);
        // A POST of the same: there is nobody whom absence could leave.
        let made = text(&client.post("/Groups", &body).expect(201), "id");
        let expected = if sent.get("members").is_some() { ids(&users, expected) } else { Vec::new() };
        assert_eq!(client.members(&made), expected, "POST: {label}");
        assert_eq!(client.delete(&format!("/Groups/{made}")).expect(204), Value::Null);
    }
}

#[test]
fn membership_is_seen_from_both_sides() {
    let client = shared::client("both sides");
    let user = client.user("sides@example.com");
    let (one, two) = (client.group("One", &[&user]), client.group("Two", &[]));
    let groups = || {
        let read = client.get(&format!("/Users/{user}")).expect(200);
        let groups = read["groups"].as_array().cloned().unwrap_or_default();
        groups.iter().map(|group| (text(group, "value"), text(group, "display"))).collect::<Vec<_>>()
    };
    assert_eq!(groups(), [(one.clone(), "One".to_owned())]);
    client.join(&two, &user);
    client.patch(&format!("/Groups/{two}"), &json!([{"op": "replace", "path": "displayName", "value": "Two renamed"}])).expect(200);
    assert_eq!(groups(), [(one.clone(), "One".to_owned()), (two.clone(), "Two renamed".to_owned())]);
    let member = &client.get(&format!("/Groups/{two}")).expect(200)["members"][0];
    assert_eq!(member["type"], "User");
    assert!(text(member, "$ref").ends_with(&format!("/scim/v2/Users/{user}")), "{member}");
    // Whoever goes leaves every group; a group that goes leaves everybody.
    assert_eq!(client.delete(&format!("/Groups/{one}")).expect(204), Value::Null);
    assert_eq!(groups(), [(two.clone(), "Two renamed".to_owned())]);
    assert_eq!(client.delete(&format!("/Users/{user}")).expect(204), Value::Null);
    assert_eq!(client.members(&two), Vec::<String>::new());
}

#[test]
fn groups_can_be_members() {
    let client = shared::client("nested groups");
    let user = client.user("nested@example.com");
    let inner = client.group("Inner", &[&user]);
    let outer = client.group("Outer", &[&inner]);
    let members = client.get(&format!("/Groups/{outer}")).expect(200)["members"].clone();
    assert_eq!(members[0]["type"], "Group");
    let itself = json!([{"op": "add", "path": "members", "value": [{"value": outer}]}]);
    client.patch(&format!("/Groups/{outer}"), &itself).scim_error(400, Some("invalidValue"));
}

/// A large group is answered without a body, since the body would cost more than the change.
#[test]
fn large_groups() {
    let client = shared::client("large groups");
    let users: Vec<String> = (0..101).map(|number| client.user(&format!("m{number:03}@example.com"))).collect();
    let value = |ids: &[String]| ids.iter().map(|id| json!({"value": id})).collect::<Value>();
    let made = client.post("/Groups", &json!({"displayName": "Large", "members": value(&users[..99])})).expect(201);
    let path = format!("/Groups/{}", text(&made, "id"));
    let add = |place: usize| json!([{"op": "add", "path": "members", "value": [{"value": users[place]}]}]);
    let hundred = client.patch(&path, &add(99)).expect(200);
    assert_eq!(hundred["members"].as_array().map(Vec::len), Some(100), "a hundred are answered");
    let reply = client.patch(&path, &add(100));
    assert!(reply.body.is_empty() && reply.header("content-type").is_none(), "{reply}");
    assert_eq!(reply.expect(204), Value::Null);
    let rename = json!([{"op": "replace", "value": {"displayName": "Larger"}}]);
    assert_eq!(client.patch(&path, &rename).expect(204), Value::Null);
    // Who asks for attributes gets them, and only those.
    let asked = client.patch(&format!("{path}?attributes=displayName"), &rename).expect(200);
    assert_eq!(asked["displayName"], "Larger");
    assert!(asked.get("members").is_none(), "{asked}");
    let asked = client.patch(&query(&path, &[("attributes", "members")]), &rename).expect(200);
    assert_eq!(asked["members"].as_array().map(Vec::len), Some(101));
    // Entra leaves the members out of every request: that asks for nothing.
    let asked = client.patch(&query(&path, &[("excludedAttributes", "members")]), &rename);
    assert_eq!(asked.expect(204), Value::Null);
    assert_eq!(client.members(made["id"].as_str().unwrap()).len(), 101);
    let put = client.put(&path, &json!({"displayName": "Small", "members": value(&users[..2])})).expect(200);
    assert_eq!(put["members"].as_array().map(Vec::len), Some(2));
}

/// A PUT of a thousand members is one request, done wholly or not at all.
#[test]
fn a_thousand_members_by_put() {
    let client = shared::client("thousand members");
    let users: Vec<String> = std::thread::scope(|scope| {
        let made: Vec<_> = (0..10)
            .map(|part| {
                let client = client.another();
                scope.spawn(move || (0..100).map(|number| client.user(&format!("t{part}-{number}@example.com"))).collect::<Vec<_>>())
            })
            .collect();
        made.into_iter().flat_map(|part| part.join().unwrap()).collect()
    });
    let group = client.group("Thousand", &[&users[0]]);
    let path = format!("/Groups/{group}");
    let mut members: Vec<Value> = users.iter().map(|id| json!({"value": id})).collect();
    let put = client.put(&path, &json!({"displayName": "Thousand", "members": members})).expect(200);
    assert_eq!(put["members"].as_array().map(Vec::len), Some(1000));
    members[500] = json!({"value": "01890a5d-ac96-774b-bcce-b302099a8057"});
    let body = json!({"displayName": "Renamed", "members": members});
    let detail = client.put(&path, &body).scim_error(400, Some("invalidValue"));
    assert!(detail.contains("01890a5d-ac96-774b-bcce-b302099a8057"), "{detail}");
    assert_eq!(client.get(&path).expect(200), put);
}

/// A group that loses somebody who is deleted has been modified (RFC 7643 section 3.1), and is another version.
#[test]
fn a_group_that_a_deletion_leaves_smaller_was_modified() {
    let client = shared::client("deleted member");
    let user = client.user("gone@example.com");
    let (with, without) = (client.group("With", &[&user]), client.group("Without", &[]));
    let meta = |id: &str| client.get(&format!("/Groups/{id}")).expect(200)["meta"].clone();
    let (before, other) = (meta(&with), meta(&without));
    // Times have milliseconds.
    std::thread::sleep(std::time::Duration::from_millis(2));
    client.remove(&format!("/Users/{user}"));
    let after = meta(&with);
    assert!(text(&after, "lastModified") > text(&before, "lastModified"), "{before} {after}");
    assert_ne!(after["version"], before["version"]);
    assert_eq!(after["created"], before["created"]);
    assert_eq!(meta(&without), other);
}
