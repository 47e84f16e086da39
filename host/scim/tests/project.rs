//! Which attributes an answer has.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test stops at the first surprise")]

use std::sync::Arc;

use doorlist_scim::{ErrorKind, Projection, ResourceType, Schema};
use serde_json::{Value, json};

const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENT: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

fn user() -> Value {
    json!({
        "schemas": [CORE, ENT],
        "id": "1",
        "userName": "ada",
        "name": {"givenName": "Ada", "familyName": "Lovelace"},
        "emails": [{"type": "work", "value": "w@x"}, {"display": "nothing else"}],
        "custom": {"a": 1},
        "meta": {"resourceType": "User", "version": "v"},
        ENT: {"department": "Ops", "manager": {"value": "m", "displayName": "M"}},
    })
}

fn projected(rt: &ResourceType, attributes: Option<&str>, excluded: Option<&str>, resource: &Value) -> Value {
    let mut resource = resource.as_object().unwrap().clone();
    Projection::parse(attributes, excluded, rt).unwrap().apply(rt, &mut resource);
    Value::Object(resource)
}

#[test]
fn attributes_names_what_is_there() {
    let table = [
        ("userName", json!({"userName": "ada"})),
        ("USERNAME , name.GivenName", json!({"userName": "ada", "name": {"givenName": "Ada"}})),
        ("name", json!({"name": {"givenName": "Ada", "familyName": "Lovelace"}})),
        ("name.givenName,name", json!({"name": {"givenName": "Ada", "familyName": "Lovelace"}})),
        ("name.middleName", json!({})),
        ("emails.value", json!({"emails": [{"value": "w@x"}]})),
        ("emails.type,emails.value", json!({"emails": [{"type": "work", "value": "w@x"}]})),
        ("meta.version", json!({"meta": {"version": "v"}})),
        ("id,schemas", json!({})),
        ("urn:ietf:params:scim:schemas:core:2.0:User:userName", json!({"userName": "ada"})),
        (
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
            json!({ENT: {"department": "Ops", "manager": {"value": "m", "displayName": "M"}}}),
        ),
        ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", json!({ENT: {"department": "Ops"}})),
        ("URN:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value", json!({ENT: {"manager": {"value": "m"}}})),
        // The core schema's URN alone names all that it defines, and nothing of an extension.
        (
            CORE,
            json!({"userName": "ada", "name": {"givenName": "Ada", "familyName": "Lovelace"},
                "emails": [{"type": "work", "value": "w@x"}, {"display": "nothing else"}]}),
        ),
        ("department", json!({})),
        ("nothing", json!({})),
        ("Custom", json!({"custom": {"a": 1}})),
        ("password", json!({})),
    ];
    for (attributes, mut expected) in table {
        expected["id"] = json!("1");
        expected["schemas"] = json!([CORE, ENT]);
        assert_eq!(projected(ResourceType::user(), Some(attributes), None, &user()), expected, "{attributes}");
    }
}

#[test]
fn excluded_attributes_names_what_is_not() {
    let table = [
        ("userName", vec!["userName"], None),
        ("id,schemas,nothing", vec![], None),
        ("emails,NAME,custom", vec!["emails", "name", "custom"], None),
        ("name.givenName", vec![], Some(("name", json!({"familyName": "Lovelace"})))),
        ("name.givenName,name.familyName", vec!["name"], None),
        ("emails.display", vec![], Some(("emails", json!([{"type": "work", "value": "w@x"}])))),
        (ENT, vec![ENT], None),
        (CORE, vec!["userName", "name", "emails"], None),
        (
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.displayName",
            vec![],
            Some((ENT, json!({"department": "Ops", "manager": {"value": "m"}}))),
        ),
    ];
    for (excluded, gone, changed) in table {
        let mut expected = user();
        expected.as_object_mut().unwrap().retain(|key, _| !gone.contains(&key.as_str()));
        if let Some((key, value)) = changed {
            expected[key] = value;
        }
        assert_eq!(projected(ResourceType::user(), None, Some(excluded), &user()), expected, "{excluded}");
    }
}

#[test]
fn no_names_is_no_choice() {
    let rt = ResourceType::user();
    for (attributes, excluded) in [(None, None), (Some(""), None), (Some(" , "), Some("")), (None, Some(""))] {
        let projection = Projection::parse(attributes, excluded, rt).unwrap();
        assert!(projection.is_full());
        assert_eq!(projection, Projection::full());
        assert_eq!(projected(rt, attributes, excluded, &user()), user());
    }
    assert!(!Projection::parse(Some("nothing"), None, rt).unwrap().is_full());
}

#[test]
fn contradictions_and_floods_are_refused() {
    let rt = ResourceType::user();
    let both = Projection::parse(Some("userName"), Some("name"), rt).unwrap_err();
    assert_eq!(both.kind, ErrorKind::InvalidValue);
    let flood = "a,".repeat(100_000);
    assert_eq!(Projection::parse(Some(&flood), None, rt).unwrap_err().kind, ErrorKind::InvalidValue);
}

#[test]
fn wants_says_what_need_not_be_loaded() {
    let rt = ResourceType::group();
    let table = [
        (None, None, true),
        (Some("members"), None, true),
        (Some("Members.value"), None, true),
        (Some("urn:ietf:params:scim:schemas:core:2.0:Group:members"), None, true),
        (Some("displayName"), None, false),
        (Some("nothing"), None, false),
        (None, Some("members"), false),
        (None, Some("MEMBERS,displayName"), false),
        (None, Some("members.type"), true),
        (None, Some("displayName"), true),
    ];
    for (attributes, excluded, expected) in table {
        let projection = Projection::parse(attributes, excluded, rt).unwrap();
        assert_eq!(projection.wants("members"), expected, "{attributes:?} {excluded:?}");
        assert!(projection.wants("id") && projection.wants("schemas"));
    }
}

#[test]
fn returned_has_the_last_word() {
    let schema = Schema::from_json(&json!({"id": "urn:test:T", "attributes": [
        {"name": "always", "returned": "always"},
        {"name": "never", "returned": "never"},
        {"name": "request", "returned": "request"},
        {"name": "plain"},
        {"name": "parts", "type": "complex", "multiValued": true, "subAttributes": [
            {"name": "always", "returned": "always"}, {"name": "never", "returned": "never"},
            {"name": "request", "returned": "request"}, {"name": "plain"}]},
    ]}));
    let rt = ResourceType {
        id: "T".into(),
        name: "T".into(),
        endpoint: "/Ts".into(),
        description: String::new(),
        schema: Arc::new(schema.unwrap()),
        extensions: vec![],
        rows: None,
    };
    let part = json!({"always": 1, "never": 2, "request": 3, "plain": 4});
    let whole = json!({"always": 1, "never": 2, "request": 3, "plain": 4, "parts": [part]});
    let table = [
        (None, None, json!({"always": 1, "plain": 4, "parts": [{"always": 1, "plain": 4}]})),
        (Some("plain"), None, json!({"always": 1, "plain": 4})),
        (Some("request,never"), None, json!({"always": 1, "request": 3})),
        (Some("parts.request"), None, json!({"always": 1, "parts": [{"always": 1, "request": 3}]})),
        (Some("parts.never"), None, json!({"always": 1, "parts": [{"always": 1}]})),
        (None, Some("always,plain,parts"), json!({"always": 1})),
        (None, Some("parts.always,parts.plain"), json!({"always": 1, "plain": 4, "parts": [{"always": 1}]})),
    ];
    for (attributes, excluded, expected) in table {
        assert_eq!(projected(&rt, attributes, excluded, &whole), expected, "{attributes:?} {excluded:?}");
    }
}

#[test]
fn what_is_kept_can_be_more_than_what_is_shown() {
    let user = ResourceType::user();
    let with = |attribute: Value| {
        let schema = Schema::from_json(&json!({"id": "urn:acme:User", "attributes": [{"name": "other"}, attribute]}));
        user.with_extensions([(Arc::new(schema.unwrap()), false)]).shows_less_than_is_kept()
    };
    let sub = |sub: Value| json!({"name": "a", "type": "complex", "subAttributes": [{"name": "other"}, sub]});
    let table = [
        (json!({"name": "a"}), false),
        (json!({"name": "a", "returned": "always"}), false),
        (json!({"name": "a", "mutability": "readOnly"}), false),
        (json!({"name": "a", "returned": "request"}), true),
        (json!({"name": "a", "returned": "never"}), true),
        (json!({"name": "a", "mutability": "writeOnly"}), true),
        (sub(json!({"name": "b"})), false),
        (sub(json!({"name": "b", "returned": "request"})), true),
        (sub(json!({"name": "b", "returned": "never"})), true),
        (sub(json!({"name": "b", "mutability": "writeOnly"})), true),
    ];
    for (attribute, expected) in table {
        assert_eq!(with(attribute.clone()), expected, "{attribute}");
    }
    // What the core schema hides is in no resource: it has been there from the start.
    assert!(!user.shows_less_than_is_kept() && user.schema.attribute("password").is_some());
    assert!(!ResourceType::group().shows_less_than_is_kept() && ResourceType::test()[0].shows_less_than_is_kept());
}

/// RFC 7643, section 2.2: the answer to a write shows what the write specified also where it is returned on request only.
#[test]
fn answers_to_writes_show_what_they_specified() {
    let rt = &ResourceType::test()[0];
    let whole = json!({"id": "1", "request": "r", "complex": {"request": "s", "string": "d"}});
    let shown = |projection: Projection| {
        let mut resource = whole.as_object().unwrap().clone();
        projection.apply(rt, &mut resource);
        [resource.contains_key("request"), resource.get("complex").is_some_and(|complex| complex.get("request").is_some())]
    };
    let patch = |operations| {
        let patch = doorlist_scim::Patch::parse(rt, &json!({"Operations": operations})).unwrap();
        Projection::full().of_patch(patch.specified())
    };
    assert_eq!(shown(Projection::full()), [false, false]);
    assert_eq!(shown(Projection::full().of_body()), [true, true]);
    assert_eq!(shown(patch(json!([{"op": "replace", "path": "request", "value": "r"}]))), [true, false]);
    assert_eq!(shown(patch(json!([{"op": "replace", "path": "complex.request", "value": "s"}]))), [false, true]);
    assert_eq!(shown(patch(json!([{"op": "replace", "path": "complex.string", "value": "d"}]))), [false, false]);
    let named = Projection::parse(Some("complex,complex.request"), None, rt).unwrap();
    assert_eq!(shown(named), [false, true], "a whole attribute and one of its parts by name");
    assert_eq!(shown(Projection::parse(Some("complex.string"), None, rt).unwrap().of_body()), [false, false]);
    assert_eq!(shown(Projection::parse(None, Some("request"), rt).unwrap().of_body()), [false, true]);
}
