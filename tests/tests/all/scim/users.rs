//! Users: creation, replacement, deletion, and what clients leave out or send beside the schema.

use doorlist_tests::callers::{Client, ENTERPRISE_URN, USER_URN, text};
use doorlist_tests::http::assert_contains;
use serde_json::{Value, json};

use crate::shared;

#[track_caller]
fn created(client: &Client, body: &Value) -> Value {
    client.post("/Users", body).expect(201)
}

#[test]
fn a_created_user_is_answered_whole() {
    let client = shared::client("created");
    let body = json!({"schemas": [USER_URN], "userName": "whole@example.com", "externalId": "ext", "active": true,
        "name": {"givenName": "Who", "familyName": "Le"}, "emails": [{"value": "whole@example.com", "type": "work", "primary": true}],
        ENTERPRISE_URN: {"department": "D", "manager": {"value": "26118915-6090-4610-87e4-49d8ca9f808d"}}});
    let made = created(&client, &body);
    assert_contains(
        &made,
        &json!({"userName": "whole@example.com", "externalId": "ext", "active": true, "name": body["name"], "emails": body["emails"],
        ENTERPRISE_URN: body[ENTERPRISE_URN], "meta": {"resourceType": "User"}}),
    );
    let schemas: Vec<&str> = made["schemas"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(schemas.contains(&USER_URN) && schemas.contains(&ENTERPRISE_URN), "{schemas:?}");
    assert_eq!(made["meta"]["created"], made["meta"]["lastModified"]);
    assert_eq!(client.get(&format!("/Users/{}", text(&made, "id"))).expect(200), made);
    assert_eq!(client.find("/Users", "userName eq \"whole@example.com\""), [made]);
}

/// Names are unique without regard to case; who is inactive counts, who is deleted does not.
#[test]
fn user_names_are_unique_while_their_users_are_there() {
    let client = shared::client("unique");
    let id = text(&created(&client, &json!({"userName": "taken@example.com", "active": false})), "id");
    for name in ["taken@example.com", "TAKEN@example.com", "Taken@Example.COM"] {
        client.post("/Users", &json!({"userName": name})).scim_error(409, Some("uniqueness"));
    }
    let other = text(&created(&client, &json!({"userName": "other@example.com"})), "id");
    client.put(&format!("/Users/{other}"), &json!({"userName": "taken@EXAMPLE.com"})).scim_error(409, Some("uniqueness"));
    let rename = json!([{"op": "replace", "path": "userName", "value": "tAken@example.com"}]);
    client.patch(&format!("/Users/{other}"), &rename).scim_error(409, Some("uniqueness"));
    // A user's own name in other letters is no conflict with itself.
    let renamed =
        client.patch(&format!("/Users/{id}"), &json!([{"op": "replace", "path": "userName", "value": "TAKEN@example.com"}])).expect(200);
    assert_eq!(renamed["userName"], "TAKEN@example.com");
    assert_eq!(client.delete(&format!("/Users/{id}")).expect(204), Value::Null);
    let _ = created(&client, &json!({"userName": "taken@example.com"}));
    // A name that was given up is free.
    client.put(&format!("/Users/{other}"), &json!({"userName": "moved@example.com"})).expect(200);
    let _ = created(&client, &json!({"userName": "other@example.com"}));
}

/// What known clients put into a PUT: everything but an error.
#[test]
fn put_tolerates() {
    let client = shared::client("put tolerates");
    let before = json!({"userName": "put@example.com", "externalId": "ext-1", "displayName": "Before", "active": false, "title": "T",
        "emails": [{"value": "put@example.com", "type": "work"}], "phoneNumbers": [{"value": "1"}]});
    // What is sent beside userName, what the answer has, and what it has not.
    let cases: &[(&str, Value, Value, &[&str])] = &[
        (
            "null and empty lists",
            json!({"emails": null, "phoneNumbers": [], "displayName": null}),
            json!({}),
            &["/emails", "/phoneNumbers", "/displayName"],
        ),
        ("absence clears", json!({"active": true}), json!({"active": true}), &["/emails", "/title", "/displayName"]),
        ("externalId is kept when absent", json!({}), json!({"externalId": "ext-1"}), &[]),
        ("externalId is kept when null", json!({"externalId": null}), json!({"externalId": "ext-1"}), &[]),
        ("externalId is kept when empty", json!({"externalId": ""}), json!({"externalId": "ext-1"}), &[]),
        ("externalId is kept when blank", json!({"externalId": " "}), json!({"externalId": "ext-1"}), &[]),
        ("externalId is replaced when sent", json!({"externalId": "ext-2"}), json!({"externalId": "ext-2"}), &[]),
        ("active is kept when absent", json!({"displayName": "x"}), json!({"active": false}), &[]),
        ("active is kept when null", json!({"active": null}), json!({"active": false}), &[]),
        ("active is kept when it is an empty text", json!({"active": ""}), json!({"active": false}), &[]),
        (
            "readOnly attributes",
            json!({"id": "nonsense", "meta": {"created": "1999-01-01T00:00:00Z", "resourceType": "Nonsense"}, "groups": [{"value": "g"}]}),
            json!({"meta": {"resourceType": "User"}}),
            &["/groups"],
        ),
        ("schemas in another order with others", json!({"schemas": ["urn:example:other", ENTERPRISE_URN, USER_URN]}), json!({}), &[]),
        ("no schemas", json!({"title": "New"}), json!({"title": "New"}), &[]),
        (
            "unknown attributes are kept",
            json!({"favouriteColour": "blue", "urn:example:ext": {"a": 1}}),
            json!({"favouriteColour": "blue", "urn:example:ext": {"a": 1}}),
            &[],
        ),
        (
            "names in other letters",
            json!({"DISPLAYNAME": "Shouted", "Emails": [{"VALUE": "x@example.com"}]}),
            json!({"displayName": "Shouted", "emails": [{"value": "x@example.com"}]}),
            &["/DISPLAYNAME"],
        ),
        (
            "a manager as a bare text",
            json!({ENTERPRISE_URN: {"manager": "m-1"}}),
            json!({ENTERPRISE_URN: {"manager": {"value": "m-1"}}}),
            &[],
        ),
        ("an empty extension", json!({ENTERPRISE_URN: {}}), json!({}), &["/urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"]),
    ];
    for (label, sent, expected, absent) in cases {
        let made = created(&client, &before);
        let id = text(&made, "id");
        let mut body = sent.clone();
        body["userName"] = json!("put@example.com");
        let put = client.put(&format!("/Users/{id}"), &body).expect(200);
        assert_eq!(put["id"], id.as_str(), "{label}");
        assert_eq!(put["meta"]["created"], made["meta"]["created"], "{label}");
        if let Err(difference) = doorlist_tests::http::contains(&put, expected) {
            panic!("{label}: {difference}, in {put}");
        }
        for pointer in *absent {
            assert!(put.pointer(pointer).is_none(), "{label}: {pointer} is in {put}");
        }
        assert_eq!(client.get(&format!("/Users/{id}")).expect(200), put, "{label}");
        assert_eq!(client.delete(&format!("/Users/{id}")).expect(204), Value::Null);
    }
}

/// What a POST may leave out or set to null.
#[test]
fn post_tolerates() {
    let client = shared::client("post tolerates");
    for (place, sent) in [
        json!({}),
        json!({"emails": null, "name": null, "addresses": [], "externalId": null}),
        json!({"schemas": []}),
        json!({"schemas": ["urn:example:other"]}),
        json!({"id": 5, "meta": "nonsense", "groups": "nonsense"}),
        json!({"emails": [{"value": "one@example.com"}, {"value": "one@example.com"}]}),
        json!({"name": {"givenName": "", "familyName": ""}}),
    ]
    .into_iter()
    .enumerate()
    {
        let mut body = sent.clone();
        body["userName"] = json!(format!("post-{place}@example.com"));
        let made = created(&client, &body);
        assert_eq!(made["userName"], body["userName"], "{sent}");
        assert!(made["schemas"].as_array().is_some_and(|urns| urns.contains(&json!(USER_URN))), "{made}");
    }
}

/// `active` in every form that clients have for it.
#[test]
fn active_has_many_forms() {
    let client = shared::client("active");
    let id = text(&created(&client, &json!({"userName": "active@example.com"})), "id");
    let path = format!("/Users/{id}");
    let forms = |active: Value| {
        let message =
            |operation: Value| ("PATCH", json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [operation]}));
        vec![
            ("PUT", json!({"userName": "active@example.com", "active": active})),
            message(json!({"op": "replace", "path": "active", "value": active})),
            message(json!({"op": "Replace", "path": "ACTIVE", "value": active})),
            message(json!({"op": "add", "path": "active", "value": active})),
            message(json!({"op": "replace", "value": {"active": active}})),
            message(json!({"op": "Add", "value": {"Active": active}})),
            message(json!({"op": "replace", "path": "urn:ietf:params:scim:schemas:core:2.0:User:active", "value": active})),
        ]
    };
    let texts = [
        (json!(false), false),
        (json!("False"), false),
        (json!("false"), false),
        (json!("FALSE"), false),
        (json!("True"), true),
        (json!("true"), true),
        (json!(true), true),
    ];
    for (written, meant) in texts {
        for (method, body) in forms(written.clone()) {
            client.patch(&path, &json!([{"op": "replace", "path": "active", "value": !meant}])).expect(200);
            let reply = client.call(method, &path).json(&body).send();
            let shown = reply.to_string();
            assert_eq!(reply.expect(200)["active"], meant, "{method} {body}: {shown}");
        }
    }
}

#[test]
fn a_deleted_resource_is_gone_and_can_come_again() {
    let client = shared::client("deleted");
    let cases = [
        ("/Users", json!({"userName": "deleted@example.com", "externalId": "d"})),
        ("/Groups", json!({"displayName": "Deleted", "externalId": "d"})),
    ];
    for (path, body) in cases {
        let mut ids = Vec::new();
        for _ in 0..3 {
            let id = text(&client.post(path, &body).expect(201), "id");
            let one = format!("{path}/{id}");
            let reply = client.delete(&one);
            assert!(reply.body.is_empty() && reply.header("content-type").is_none(), "{reply}");
            assert_eq!(reply.expect(204), Value::Null);
            for reply in [
                client.delete(&one),
                client.get(&one),
                client.put(&one, &body),
                client.patch(&one, &json!([{"op": "add", "path": "externalId", "value": "x"}])),
            ] {
                reply.scim_error(404, None);
            }
            assert_eq!(client.find(path, "externalId eq \"d\""), Vec::<Value>::new());
            assert!(!ids.contains(&id), "an id was given again");
            ids.push(id);
        }
    }
}

/// A repeated write changes nothing, `lastModified` included.
#[test]
fn repeated_writes_change_nothing() {
    let client = shared::client("repeated");
    let body = json!({"schemas": [USER_URN], "userName": "same@example.com", "displayName": "Same", "active": true});
    let made = created(&client, &body);
    let path = format!("/Users/{}", text(&made, "id"));
    assert_eq!(client.put(&path, &body).expect(200), made);
    assert_eq!(
        client
            .patch(&path, &json!([{"op": "replace", "path": "displayName", "value": "Same"}, {"op": "add", "value": {"active": true}}]))
            .expect(200),
        made
    );
    assert_eq!(client.get(&path).expect(200), made);
}

/// Attributes of a resource that a client read can be written back as they are.
#[test]
fn what_was_read_can_be_written() {
    let client = shared::client("round trip");
    let made = created(
        &client,
        &json!({"userName": "round@example.com", "externalId": "r", "active": true, "odd": {"nested": [1, 2, {"x": null}]},
        "emails": [{"value": "round@example.com", "primary": true}], ENTERPRISE_URN: {"costCenter": "7", "manager": {"value": "m"}}}),
    );
    let id = text(&made, "id");
    let group = client.group("Round", &[&id]);
    let read = client.get(&format!("/Users/{id}")).expect(200);
    assert_eq!(read["groups"][0]["value"], group.as_str());
    assert_eq!(client.put(&format!("/Users/{id}"), &read).expect(200), read);
    let read = client.get(&format!("/Groups/{group}")).expect(200);
    assert_eq!(client.put(&format!("/Groups/{group}"), &read).expect(200), read);
}
