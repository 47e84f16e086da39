//! PATCH of single-valued and multi-valued attributes (RFC 7644 section 3.5.2). Members have a file of their own.

use doorlist_tests::callers::{ENTERPRISE_URN, text};
use doorlist_tests::http::contains;
use serde_json::{Value, json};

use crate::shared;

fn before() -> Value {
    json!({"userName": "patch@example.com", "externalId": "ext", "displayName": "Before", "active": true, "title": "Old",
        "name": {"givenName": "Gi", "familyName": "Fa"},
        "emails": [{"value": "work@example.com", "type": "work", "primary": true}, {"value": "home@example.com", "type": "home"}],
        ENTERPRISE_URN: {"department": "Sales"}})
}

/// Operations, what the user then has, and what it has not.
type Case = (&'static str, Value, Value, &'static [&'static str]);

fn cases() -> Vec<Case> {
    let urn = |attribute: &str| format!("{ENTERPRISE_URN}:{attribute}");
    vec![
        (
            "replace by path",
            json!([{"op": "replace", "path": "title", "value": "New"}]),
            json!({"title": "New", "displayName": "Before"}),
            &[],
        ),
        ("an operation in capitals", json!([{"op": "REPLACE", "path": "Title", "value": "New"}]), json!({"title": "New"}), &["/Title"]),
        ("add by path", json!([{"op": "add", "path": "nickName", "value": "Nick"}]), json!({"nickName": "Nick"}), &[]),
        ("remove by path", json!([{"op": "remove", "path": "title"}]), json!({"displayName": "Before"}), &["/title"]),
        ("remove of what is not there", json!([{"op": "remove", "path": "nickName"}]), json!({"displayName": "Before"}), &["/nickName"]),
        (
            "replace without path",
            json!([{"op": "replace", "value": {"title": "New", "displayName": "After"}}]),
            json!({"title": "New", "displayName": "After", "userName": "patch@example.com"}),
            &[],
        ),
        (
            "add without path",
            json!([{"op": "add", "value": {"nickName": "Nick", "emails": [{"value": "other@example.com", "type": "other"}]}}]),
            json!({"nickName": "Nick", "emails": [{"value": "work@example.com"}, {"value": "home@example.com"}, {"value": "other@example.com"}]}),
            &[],
        ),
        (
            "a sub-attribute",
            json!([{"op": "replace", "path": "name.familyName", "value": "New"}]),
            json!({"name": {"givenName": "Gi", "familyName": "New"}}),
            &[],
        ),
        (
            "a complex attribute is merged",
            json!([{"op": "replace", "path": "name", "value": {"familyName": "New"}}]),
            json!({"name": {"givenName": "Gi", "familyName": "New"}}),
            &[],
        ),
        (
            "a dotted key",
            json!([{"op": "replace", "value": {"name.givenName": "New"}}]),
            json!({"name": {"givenName": "New", "familyName": "Fa"}}),
            &["/name.givenName"],
        ),
        (
            "an extension by path",
            json!([{"op": "replace", "path": urn("employeeNumber"), "value": "7"}]),
            json!({ENTERPRISE_URN: {"employeeNumber": "7", "department": "Sales"}}),
            &[],
        ),
        (
            "an extension by key",
            json!([{"op": "add", "value": {urn("costCenter"): "9"}}]),
            json!({ENTERPRISE_URN: {"costCenter": "9", "department": "Sales"}}),
            &[],
        ),
        (
            "an extension nested",
            json!([{"op": "add", "value": {ENTERPRISE_URN: {"costCenter": "9"}}}]),
            json!({ENTERPRISE_URN: {"costCenter": "9", "department": "Sales"}}),
            &[],
        ),
        (
            "an extension's removal",
            json!([{"op": "remove", "path": urn("department")}]),
            json!({"displayName": "Before"}),
            &["/urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
        ),
        (
            "a filtered value",
            json!([{"op": "replace", "path": "emails[type eq \"work\"].value", "value": "new@example.com"}]),
            json!({"emails": [{"value": "new@example.com", "type": "work", "primary": true}, {"value": "home@example.com"}]}),
            &[],
        ),
        (
            "a filtered value that is not there is made",
            json!([{"op": "Add", "path": "emails[type eq \"other\"].value", "value": "o@example.com"}]),
            json!({"emails": [{"type": "work"}, {"type": "home"}, {"type": "other", "value": "o@example.com"}]}),
            &[],
        ),
        ("a filtered removal", json!([{"op": "remove", "path": "emails[type eq \"home\"]"}]), json!({"emails": [{"type": "work"}]}), &[]),
        (
            "a filtered sub-attribute's removal",
            json!([{"op": "remove", "path": "emails[type eq \"home\"].type"}]),
            json!({"emails": [{"value": "work@example.com", "type": "work"}, {"value": "home@example.com"}]}),
            &["/emails/1/type"],
        ),
        ("all values' removal", json!([{"op": "remove", "path": "emails"}]), json!({"displayName": "Before"}), &["/emails"]),
        (
            "a list's replacement",
            json!([{"op": "replace", "path": "emails", "value": [{"value": "only@example.com"}]}]),
            json!({"emails": [{"value": "only@example.com"}]}),
            &[],
        ),
        (
            "an addition of what is there",
            json!([{"op": "add", "path": "emails", "value": [{"value": "home@example.com", "type": "home"}]}]),
            json!({"emails": [{"type": "work"}, {"type": "home"}]}),
            &[],
        ),
        (
            "a new primary takes it from the other",
            json!([{"op": "add", "path": "emails", "value": [{"value": "p@example.com", "primary": true}]}]),
            json!({"emails": [{"value": "work@example.com", "type": "work", "primary": false}, {"value": "home@example.com"}, {"value": "p@example.com", "primary": true}]}),
            &[],
        ),
        (
            "several in order",
            json!([{"op": "remove", "path": "title"}, {"op": "add", "path": "title", "value": "Third"}, {"op": "replace", "path": "title", "value": "Fourth"}]),
            json!({"title": "Fourth"}),
            &[],
        ),
        (
            "readOnly keys without path are ignored",
            json!([{"op": "replace", "value": {"id": "x", "schemas": ["urn:x"], "meta": {"created": "x"}, "title": "New"}}]),
            json!({"title": "New", "meta": {"resourceType": "User"}}),
            &[],
        ),
        ("null without path removes", json!([{"op": "replace", "value": {"title": null}}]), json!({"displayName": "Before"}), &["/title"]),
        ("a list of one for a single value", json!([{"op": "replace", "path": "title", "value": ["New"]}]), json!({"title": "New"}), &[]),
        ("externalId can be removed", json!([{"op": "remove", "path": "externalId"}]), json!({"displayName": "Before"}), &["/externalId"]),
        (
            "a bare manager",
            json!([{"op": "add", "path": urn("manager"), "value": "m-1"}]),
            json!({ENTERPRISE_URN: {"manager": {"value": "m-1"}, "department": "Sales"}}),
            &[],
        ),
    ]
}

#[test]
fn operations_do_what_they_say() {
    let client = shared::client("patch");
    for (label, operations, expected, absent) in cases() {
        let made = client.post("/Users", &before()).expect(201);
        let path = format!("/Users/{}", text(&made, "id"));
        let patched = client.patch(&path, &operations).expect(200);
        assert_eq!(patched["id"], made["id"], "{label}");
        if let Err(difference) = contains(&patched, &expected) {
            panic!("{label}: {difference}, in {patched}");
        }
        for pointer in absent {
            assert!(patched.pointer(pointer).is_none(), "{label}: {pointer} is in {patched}");
        }
        assert_eq!(client.get(&path).expect(200), patched, "{label}: the answer is what is kept");
        assert_eq!(client.patch(&path, &operations).expect(200)["emails"], patched["emails"], "{label}: again");
        assert_eq!(client.delete(&path).expect(204), Value::Null);
    }
}

/// Operations that fail, and with them the whole request.
#[test]
fn a_failed_operation_undoes_the_others() {
    let client = shared::client("atomic");
    let made = client.post("/Users", &before()).expect(201);
    let _ = client.user("taken@example.com");
    let path = format!("/Users/{}", text(&made, "id"));
    let cases = [
        (json!({"op": "replace", "path": "noSuchAttribute", "value": 1}), 400, "invalidPath"),
        (json!({"op": "replace", "path": "emails[", "value": 1}), 400, "invalidFilter"),
        (json!({"op": "replace", "path": "emails[type eq", "value": 1}), 400, "invalidFilter"),
        (json!({"op": "explode", "path": "title"}), 400, "invalidSyntax"),
        (json!({"path": "title", "value": "x"}), 400, "invalidSyntax"),
        (json!({"op": "remove"}), 400, "noTarget"),
        (json!({"op": "replace", "path": "id", "value": "x"}), 400, "mutability"),
        (json!({"op": "replace", "path": "meta.created", "value": "x"}), 400, "mutability"),
        (json!({"op": "add", "path": "groups", "value": [{"value": "x"}]}), 400, "mutability"),
        (json!({"op": "replace", "path": "active", "value": "maybe"}), 400, "invalidValue"),
        (json!({"op": "replace", "path": "title", "value": {"a": 1}}), 400, "invalidValue"),
        (json!({"op": "replace", "path": "userName", "value": 5}), 400, "invalidValue"),
        (json!({"op": "remove", "path": "userName"}), 400, "mutability"),
        (json!({"op": "replace", "path": "userName", "value": "taken@example.com"}), 409, "uniqueness"),
    ];
    for (operation, status, scim_type) in cases {
        let operations = json!([{"op": "replace", "path": "title", "value": "Half done"}, operation]);
        let reply = client.patch(&path, &operations);
        let shown = reply.to_string();
        let body = reply.expect(status);
        assert_eq!(body["scimType"], scim_type, "{operation}: {shown}");
        assert_eq!(client.get(&path).expect(200), made, "{operation} changed something");
    }
}
