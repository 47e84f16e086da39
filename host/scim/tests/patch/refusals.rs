//! What is refused, what is overlooked, and how much is too much.

use doorlist_scim::limits::{MEMBERS_PER_REQUEST_MAX, PATCH_OPERATIONS_MAX};
use doorlist_scim::{ErrorKind, Patch, Resource, ResourceType};
use serde_json::{Value, json};

use crate::{CORE, ENT, base, body, patched};

#[test]
fn what_cannot_be_done_is_refused() {
    use ErrorKind::*;
    let deep = (0..100).fold(json!(1), |inner, _| json!([inner]));
    let table = [
        (json!({"op": "destroy", "path": "title"}), InvalidSyntax),
        (json!({"path": "title", "value": "x"}), InvalidSyntax),
        (json!({"op": 1, "path": "title"}), InvalidSyntax),
        (json!("add"), InvalidSyntax),
        (json!({"op": "remove"}), NoTarget),
        (json!({"op": "remove", "value": {"title": "x"}}), NoTarget),
        (json!({"op": "add", "path": "title"}), InvalidValue),
        (json!({"op": "replace", "path": "emails"}), InvalidValue),
        (json!({"op": "replace", "path": ENT}), InvalidValue),
        (json!({"op": "replace"}), InvalidValue),
        (json!({"op": "replace", "value": "x"}), InvalidValue),
        (json!({"op": "replace", "value": null}), InvalidValue),
        (json!({"op": "replace", "path": 1, "value": 1}), InvalidPath),
        (json!({"op": "replace", "path": "nothing", "value": "x"}), InvalidPath),
        (json!({"op": "replace", "path": "name.nothing", "value": "x"}), InvalidPath),
        (json!({"op": "replace", "path": "department", "value": "x"}), InvalidPath),
        (json!({"op": "replace", "path": "urn:acme:User:x", "value": "x"}), InvalidPath),
        (json!({"op": "replace", "path": "title[value eq \"x\"]", "value": "x"}), InvalidPath),
        (json!({"op": "replace", "path": "emails[type eq \"work\"]value", "value": "x"}), InvalidPath),
        (json!({"op": "replace", "path": "emails[type eq \"work\"].nothing", "value": "x"}), InvalidPath),
        (json!({"op": "replace", "path": "emails[type eq \"work\"].value.x", "value": "x"}), InvalidPath),
        (json!({"op": "replace", "path": "x".repeat(5_000), "value": "x"}), InvalidPath),
        (json!({"op": "replace", "path": "emails[type eq \"work\"", "value": "x"}), InvalidFilter),
        (json!({"op": "replace", "path": "emails[]", "value": "x"}), InvalidFilter),
        (json!({"op": "replace", "path": "emails[nothing eq \"work\"].value", "value": "x"}), InvalidFilter),
        (json!({"op": "replace", "path": format!("emails[{}type pr{}]", "(".repeat(99), ")".repeat(99)), "value": {}}), InvalidFilter),
        (json!({"op": "replace", "path": "id", "value": "x"}), Mutability),
        (json!({"op": "remove", "path": "meta.created"}), Mutability),
        (json!({"op": "add", "path": "groups", "value": [{"value": "g"}]}), Mutability),
        (json!({"op": "add", "path": format!("{ENT}:manager.displayName"), "value": "x"}), Mutability),
        (json!({"op": "replace", "path": "schemas", "value": []}), Mutability),
        (json!({"op": "replace", "path": "title", "value": 1}), InvalidValue),
        (json!({"op": "replace", "path": "title", "value": ["a", "b"]}), InvalidValue),
        (json!({"op": "replace", "path": "active", "value": "maybe"}), InvalidValue),
        (json!({"op": "replace", "path": "name", "value": "Ada"}), InvalidValue),
        (json!({"op": "replace", "path": "emails", "value": "a@x"}), InvalidValue),
        (json!({"op": "replace", "path": "emails[type eq \"work\"]", "value": "a@x"}), InvalidValue),
        (json!({"op": "replace", "path": "emails[type eq \"work\"].value", "value": 1}), InvalidValue),
        (json!({"op": "replace", "path": ENT, "value": "x"}), InvalidValue),
        (json!({"op": "replace", "value": {"name.givenName": 1}}), InvalidValue),
        (json!({"op": "add", "value": {"custom": deep}}), InvalidValue),
        // Found only when carried out.
        (json!({"op": "remove", "path": "userName"}), Mutability),
        (json!({"op": "replace", "path": "userName", "value": null}), Mutability),
        (json!({"op": "replace", "value": {"userName": ""}}), InvalidValue),
        (json!({"op": "replace", "path": "emails[type eq \"a\" or type eq \"b\"].value", "value": "x"}), NoTarget),
        (json!({"op": "add", "path": "emails[value co \"nobody\"].type", "value": "x"}), NoTarget),
        (json!({"op": "replace", "path": "emails[type eq null].value", "value": "x"}), NoTarget),
    ];
    for (operation, kind) in table {
        // The first operation would be fine by itself: all or nothing.
        let error = patched(json!([{"op": "add", "path": "title", "value": "T"}, operation]));
        assert_eq!(error.expect_err(&operation.to_string()).kind, kind, "{operation}");
    }
    let rt = ResourceType::user();
    for body in [
        json!(null),
        json!([]),
        json!({}),
        json!({"Operations": {}}),
        json!({"Operations": []}),
        json!({"op": "add", "path": "title", "value": "x"}),
    ] {
        assert_eq!(Patch::parse(rt, &body).unwrap_err().kind, InvalidSyntax, "{body}");
    }
}

#[test]
fn the_envelope_is_read_leniently() {
    let operation = json!({"op": "add", "path": "title", "value": "T"});
    let rt = ResourceType::user();
    for body in [
        json!({"Operations": [operation]}),
        json!({"operations": [operation], "schemas": null}),
        json!({"OPERATIONS": [operation], "schemas": ["urn:other", "urn:ietf:params:scim:api:messages:2.0:PatchOp"]}),
        json!({"Operations": [operation], "id": 1, "more": {}}),
    ] {
        let mut resource = base().as_object().unwrap().clone();
        assert_eq!(Patch::parse(rt, &body).unwrap().apply(rt, &mut resource), Ok(true), "{body}");
        assert_eq!(resource["title"], "T");
    }
}

#[test]
fn requests_are_bounded() {
    let rt = ResourceType::group();
    let many = |n: usize, operation: Value| body(Value::Array(vec![operation; n]));
    let rename = json!({"op": "replace", "path": "displayName", "value": "x"});
    assert!(Patch::parse(rt, &many(PATCH_OPERATIONS_MAX, rename.clone())).is_ok());
    let error = Patch::parse(rt, &many(PATCH_OPERATIONS_MAX + 1, rename)).unwrap_err();
    assert_eq!(error.kind, ErrorKind::PayloadTooLarge);

    // Members count over all operations together.
    let half: Vec<String> = (0..MEMBERS_PER_REQUEST_MAX / 2).map(|id| id.to_string()).collect();
    let add = json!({"op": "add", "path": "members", "value": half});
    assert!(Patch::parse(rt, &many(2, add.clone())).is_ok());
    assert_eq!(Patch::parse(rt, &many(3, add)).unwrap_err().kind, ErrorKind::PayloadTooLarge);

    // A thousand long filters over a thousand elements are refused before they are tried.
    let elements: Vec<Value> = (0..1_000).map(|id| json!({"value": id.to_string()})).collect();
    let user = json!({"schemas": [CORE], "userName": "a", "emails": elements});
    let mut user: Resource = user.as_object().unwrap().clone();
    let filter = vec!["value co \"x\""; 200].join(" or ");
    let slow = json!({"op": "remove", "path": format!("emails[{filter}]")});
    let patch = Patch::parse(ResourceType::user(), &many(PATCH_OPERATIONS_MAX, slow)).unwrap();
    let error = patch.apply(ResourceType::user(), &mut user).unwrap_err();
    assert_eq!(error.kind, ErrorKind::PayloadTooLarge);

    // A resource cannot grow without end, however small the steps.
    let text = "x".repeat(60_000);
    let grow = (0..20).map(|key| json!({"op": "add", "value": {format!("k{key}"): text}}));
    let grow = body(grow.collect());
    let mut user = base().as_object().unwrap().clone();
    let error = Patch::parse(ResourceType::user(), &grow).unwrap().apply(ResourceType::user(), &mut user);
    assert_eq!(error.unwrap_err().kind, ErrorKind::InvalidValue);
    assert_eq!(Value::Object(user), base());
}

/// Many filters over long texts within every other bound would take minutes: what a request compares is bounded in bytes.
#[test]
fn comparing_is_bounded_in_bytes() {
    let emails: Vec<Value> = (0..15).map(|at| json!({"type": format!("t{at}"), "value": "A".repeat(60_000)})).collect();
    let mut user = base().as_object().unwrap().clone();
    user.insert("emails".into(), json!(emails));
    let terms = vec!["value co \"ab\""; 200].join(" or ");
    let operations: Vec<Value> = (0..50).map(|_| json!({"op": "remove", "path": format!("emails[{terms}]")})).collect();
    let patch = Patch::parse(ResourceType::user(), &body(json!(operations))).unwrap();
    let before = user.clone();
    assert_eq!(patch.apply(ResourceType::user(), &mut user).unwrap_err().kind, ErrorKind::PayloadTooLarge);
    assert_eq!(user, before);
}
