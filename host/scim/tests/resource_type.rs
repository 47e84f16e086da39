//! A resource type of one's own: nothing in the crate is about users and groups.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test stops at the first surprise")]

use std::sync::Arc;

use doorlist_scim::validate::{create, replace};
use doorlist_scim::{ErrorKind, Patch, ResourceType, Schema};
use serde_json::{Value, json};

/// A resource type nobody serves, with everything a schema can ask for.
fn device() -> ResourceType {
    let schema = Schema::from_json(&json!({
        "id": "urn:test:Device", "name": "Device",
        "attributes": [
            {"name": "serial", "required": true, "mutability": "immutable", "caseExact": true},
            {"name": "owner", "type": "complex", "subAttributes": [
                {"name": "value", "required": true},
                {"name": "since", "type": "dateTime", "mutability": "immutable"}]},
            {"name": "tags", "multiValued": true},
            {"name": "weight", "type": "decimal"},
            {"name": "ports", "type": "integer", "multiValued": true},
            {"name": "pin", "returned": "never"},
            {"name": "slots", "type": "complex", "multiValued": true, "subAttributes": [
                {"name": "value", "required": true}, {"name": "count", "type": "integer"}]},
        ],
    }));
    let extension = Schema::from_json(&json!({
        "id": "urn:test:Rack", "attributes": [{"name": "rack", "required": true}, {"name": "asset", "mutability": "immutable"}],
    }));
    ResourceType {
        id: "Device".into(),
        name: "Device".into(),
        endpoint: "/Devices".into(),
        description: "Devices".into(),
        schema: Arc::new(schema.unwrap()),
        extensions: vec![(Arc::new(extension.unwrap()), true)],
        rows: None,
    }
}

#[test]
fn a_schema_is_all_a_resource_type_needs() {
    let rt = device();
    let whole = json!({
        "schemas": ["urn:test:Device", "urn:test:Rack"],
        "serial": "S1", "tags": ["a", "b"], "weight": 1.5, "ports": [80, 443],
        "owner": {"value": "o", "since": "2020-01-01T00:00:00Z"},
        "urn:test:Rack": {"rack": "r", "asset": "x"},
    });
    let mut body = whole.clone();
    body["pin"] = json!("1234");
    let resource = create(&rt, &body).unwrap().resource;
    assert_eq!(Value::Object(resource.clone()), whole);

    let bad = [
        (json!({"ports": [1.0]}), ErrorKind::InvalidValue),
        (json!({"ports": ["80"]}), ErrorKind::InvalidValue),
        (json!({"weight": "1"}), ErrorKind::InvalidValue),
        (json!({"tags": "a"}), ErrorKind::InvalidValue),
        (json!({"owner": {"since": "2020-01-01T00:00:00Z"}}), ErrorKind::InvalidValue),
        (json!({"slots": [{"value": "1"}, {"count": 1}]}), ErrorKind::InvalidValue),
        (json!({"urn:test:Rack": null}), ErrorKind::InvalidValue),
        (json!({"urn:test:Rack": {"asset": "x"}}), ErrorKind::InvalidValue),
    ];
    for (change, kind) in bad {
        let mut body = whole.clone();
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        assert_eq!(create(&rt, &body).unwrap_err().kind, kind, "{change}");
    }

    // What can be written once: leaving it out of a PUT keeps it, changing it is refused.
    let put = |body: Value| replace(&rt, &resource, &body).map(|incoming| incoming.resource);
    let kept = put(json!({"owner": {"value": "p"}, "urn:test:Rack": {"rack": "r2"}})).unwrap();
    assert_eq!(kept["serial"], "S1");
    assert_eq!(kept["owner"], json!({"value": "p", "since": "2020-01-01T00:00:00Z"}));
    let unowned = put(json!({"urn:test:Rack": {"rack": "r"}})).unwrap();
    assert!(!unowned.contains_key("owner"));
    assert_eq!(kept["urn:test:Rack"], json!({"rack": "r2", "asset": "x"}));
    for change in [
        json!({"serial": "s1"}),
        json!({"urn:test:Rack": {"rack": "r", "asset": "y"}}),
        json!({"owner": {"value": "o", "since": "2021-01-01T00:00:00Z"}}),
    ] {
        let mut body = whole.clone();
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        assert_eq!(put(body).unwrap_err().kind, ErrorKind::Mutability, "{change}");
    }
    let patch = |operation: Value| {
        let mut copy = resource.clone();
        let patch = Patch::parse(&rt, &json!({"Operations": [operation]}))?;
        patch.apply(&rt, &mut copy).map(|_| copy)
    };
    for operation in [
        json!({"op": "replace", "path": "serial", "value": "S2"}),
        json!({"op": "remove", "path": "serial"}),
        json!({"op": "remove", "path": "owner.since"}),
        json!({"op": "remove", "path": "urn:test:Rack:asset"}),
    ] {
        assert_eq!(patch(operation.clone()).unwrap_err().kind, ErrorKind::Mutability, "{operation}");
    }
    let same = patch(json!({"op": "replace", "path": "serial", "value": "S1"})).unwrap();
    assert_eq!(same, resource);
    // Lists of plain values, by value.
    let less = patch(json!({"op": "remove", "path": "tags[value eq \"A\"]"})).unwrap();
    assert_eq!(less["tags"], json!(["b"]));
    let more = patch(json!({"op": "add", "path": "tags", "value": ["b", "c"]})).unwrap();
    assert_eq!(more["tags"], json!(["a", "b", "c"]));
    let fewer = patch(json!({"op": "remove", "path": "ports", "value": [443]})).unwrap();
    assert_eq!(fewer["ports"], json!([80]));
    let other = patch(json!({"op": "replace", "path": "tags[value eq \"a\"]", "value": "z"})).unwrap();
    assert_eq!(other["tags"], json!(["z", "b"]));
}
