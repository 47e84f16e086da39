//! Bodies of POST and PUT: what is kept, in which form, and what is refused.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test stops at the first surprise")]

use doorlist_scim::limits::{ATTRIBUTES_MAX, MEMBERS_PER_REQUEST_MAX, MULTI_VALUE_ELEMENTS_MAX, STRING_BYTES_MAX, VALUE_DEPTH_MAX};
use doorlist_scim::validate::{create, name_schemas, replace};
use doorlist_scim::{Element, ErrorKind, Resource, ResourceType};
use serde_json::{Value, json};

const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENT: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// A user made of `body`, which says everything but the name, and without `schemas` and the name again.
fn created(mut body: Value) -> Result<Value, doorlist_scim::Error> {
    body["userName"] = json!("a");
    let mut resource = create(ResourceType::user(), &body)?.resource;
    assert_eq!(resource.remove("userName"), Some(json!("a")));
    resource.remove("schemas").expect("every resource names its schemas");
    Ok(Value::Object(resource))
}

#[test]
fn bodies_are_normalised() {
    let table = [
        // Spelling.
        (json!({"DISPLAYNAME": "A", "Name": {"GIVENNAME": "B"}}), json!({"displayName": "A", "name": {"givenName": "B"}})),
        // Null, the empty list and the empty object are one state: unassigned.
        (json!({"title": null, "emails": null, "phoneNumbers": [], "name": {}, "addresses": [{}, null]}), json!({})),
        (json!({"name": {"givenName": null}, "emails": [{"value": null}]}), json!({})),
        // Empty text is a value of a text, and of everything else the absence of one.
        (json!({"title": "", "profileUrl": ""}), json!({"title": "", "profileUrl": ""})),
        (
            json!({"active": "", "name": "", "emails": "", "addresses": [""], "photos": [{"value": "", "primary": ""}]}),
            json!({"photos": [{"value": ""}]}),
        ),
        // What only the service provider writes.
        (json!({"id": "x", "meta": {"version": "1"}, "groups": [{"value": "g"}]}), json!({})),
        (json!({ENT: {"manager": {"value": "1", "displayName": "Boss"}}}), json!({ENT: {"manager": {"value": "1"}}})),
        // What is never returned is never kept, wherever it hides.
        (json!({"password": "secret"}), json!({})),
        (json!({"PassWord": "secret", "urn:x": {"password": "secret", "b": [{"Password": "c"}]}}), json!({"urn:x": {"b": [{}]}})),
        (json!({format!("{CORE}:password"): "secret", "urn:x:password": "secret", CORE: {"password": "s"}}), json!({})),
        // Booleans as text.
        (json!({"active": "True"}), json!({"active": true})),
        (json!({"active": "fALSE"}), json!({"active": false})),
        (json!({"roles": [{"value": "r", "primary": "True"}]}), json!({"roles": [{"value": "r", "primary": true}]})),
        // Equal elements are one, with the sub-attributes of the last.
        (
            json!({"emails": [{"value": "x", "type": "work", "display": "1"}, {"value": "x", "type": "work", "primary": true}, {"value": "x"}]}),
            json!({"emails": [{"value": "x", "type": "work", "display": "1", "primary": true}, {"value": "x"}]}),
        ),
        (json!({"addresses": [{"country": "US"}, {"country": "US"}]}), json!({"addresses": [{"country": "US"}]})),
        // Canonical values are suggestions.
        (json!({"emails": [{"value": "x", "type": "submarine"}]}), json!({"emails": [{"value": "x", "type": "submarine"}]})),
        // Extensions, however they are written.
        (json!({ENT.to_uppercase(): {"DEPARTMENT": "D"}}), json!({ENT: {"department": "D"}})),
        (json!({format!("{ENT}:department"): "D"}), json!({ENT: {"department": "D"}})),
        (json!({format!("{ENT}:manager.value"): "1"}), json!({ENT: {"manager": {"value": "1"}}})),
        (json!({ENT: {}}), json!({})),
        (json!({ENT: null}), json!({})),
        (json!({CORE: {"title": "T"}}), json!({"title": "T"})),
        (json!({"name.givenName": "A", "name": {"familyName": "B"}}), json!({"name": {"givenName": "A", "familyName": "B"}})),
        // A manager without the object around it, and one that is none.
        (json!({ENT: {"manager": "1"}}), json!({ENT: {"manager": {"value": "1"}}})),
        (json!({ENT: {"manager": ""}}), json!({})),
        (json!({ENT: {"manager": {"value": ""}}}), json!({})),
        (json!({ENT: {"manager": {"value": "", "$ref": "../Users/1"}}}), json!({})),
        // Attributes of no schema stay as they are.
        (
            json!({"favourite": {"Colour": null, "n": [1, {"a": 1.5}]}, "$x": true, "gone": null}),
            json!({"favourite": {"Colour": null, "n": [1, {"a": 1.5}]}, "$x": true}),
        ),
        (json!({"twice": [1, 1, {"primary": true}, {"primary": true}]}), json!({"twice": [1, 1, {"primary": true}, {"primary": true}]})),
        (json!({"name.nick": "N", "meta.x": 1, "groups.x": 1}), json!({"name": {"nick": "N"}})),
        (
            json!({"name": {"nick": "N"}, "emails": [{"value": "x", "verified": true}]}),
            json!({"name": {"nick": "N"}, "emails": [{"value": "x", "verified": true}]}),
        ),
        (json!({ENT: {"floor": 3}, "urn:acme:User": {"a": 1}}), json!({ENT: {"floor": 3}, "urn:acme:User": {"a": 1}})),
    ];
    for (body, expected) in table {
        assert_eq!(created(body.clone()), Ok(expected), "{body}");
    }
}

#[test]
fn wrong_values_are_refused_by_name() {
    let table = [
        (json!({"displayName": 1}), "displayName"),
        (json!({"displayName": ["a"]}), "displayName"),
        (json!({"externalId": 12}), "externalId"),
        (json!({"active": 1}), "active"),
        (json!({"active": "yes"}), "active"),
        (json!({"name": "Ada"}), "name"),
        (json!({"name": {"givenName": 1}}), "name.givenName"),
        (json!({"emails": "a@x"}), "emails"),
        (json!({"emails": {"value": "a@x"}}), "emails"),
        (json!({"emails": ["a@x"]}), "emails"),
        (json!({"emails": [{"value": 1}]}), "emails.value"),
        (json!({"emails": [{"value": "a", "primary": 1}]}), "emails.primary"),
        (json!({"emails": [{"value": "a", "primary": true}, {"value": "b", "primary": "true"}]}), "emails"),
        (json!({"emails": [{"value": "a", "VALUE": "b"}]}), "emails.value"),
        (json!({"title": "a", "Title": "b"}), "title"),
        (json!({"foo": "a", "FOO": "b"}), "foo"),
        (json!({"emails": [{"value": "a"}], "EMAILS": [{"value": "b"}]}), "emails"),
        (json!({"name": {"givenName": "a"}, "name.givenName": "b"}), "name.givenName"),
        (json!({ENT: "x"}), ENT),
        (json!({ENT: {"manager": 1}}), "manager"),
        (json!({ENT: {"manager": {"value": 1}}}), "manager.value"),
        (json!({"x509Certificates": [{"value": 1}]}), "x509Certificates.value"),
    ];
    for (body, name) in table {
        let error = created(body.clone()).expect_err(&body.to_string());
        assert_eq!(error.kind, ErrorKind::InvalidValue, "{body}");
        let detail = error.detail.to_ascii_lowercase();
        assert!(detail.contains(&name.to_ascii_lowercase()), "{body}: {detail}");
    }
}

#[test]
fn required_attributes_come_from_the_schema() {
    let table = [
        (ResourceType::user(), json!({}), "userName"),
        (ResourceType::user(), json!({"userName": null}), "userName"),
        (ResourceType::user(), json!({"userName": " "}), "userName"),
        (ResourceType::group(), json!({"externalId": "x", "members": []}), "displayName"),
        (ResourceType::group(), json!({"displayName": ""}), "displayName"),
    ];
    for (rt, body, name) in table {
        let error = create(rt, &body).unwrap_err();
        assert_eq!((error.kind, error.detail), (ErrorKind::InvalidValue, format!("{name} is required.")));
        assert!(replace(rt, &Resource::new(), &body).is_err());
    }
}

#[test]
fn bodies_that_are_none_are_syntax_errors() {
    for body in [
        json!(null),
        json!([]),
        json!("x"),
        json!(1),
        json!({"userName": "a", "schemas": "x"}),
        json!({"userName": "a", "schemas": [1]}),
        json!({"userName": "a", "schemas": {}}),
    ] {
        let error = create(ResourceType::user(), &body).unwrap_err();
        assert_eq!(error.kind, ErrorKind::InvalidSyntax, "{body}");
        assert_eq!(
            error.body(),
            json!({
                "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
                "status": "400", "scimType": "invalidSyntax", "detail": error.detail,
            })
        );
    }
}

#[test]
fn schemas_names_what_the_resource_uses() {
    let schemas = |schemas: Value, more: Value| {
        let mut body = json!({"userName": "a"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        if !schemas.is_null() {
            body["schemas"] = schemas;
        }
        let resource = create(ResourceType::user(), &body).unwrap().resource;
        resource["schemas"].clone()
    };
    let none = json!({});
    assert_eq!(schemas(json!(null), none.clone()), json!([CORE]));
    assert_eq!(schemas(json!([]), none.clone()), json!([CORE]));
    assert_eq!(schemas(json!([ENT, CORE]), none.clone()), json!([CORE, ENT]));
    assert_eq!(schemas(json!([CORE, ENT, CORE, ENT.to_lowercase()]), none.clone()), json!([CORE, ENT]));
    assert_eq!(schemas(json!(["urn:acme:User", "", "x"]), none.clone()), json!([CORE]));
    assert_eq!(schemas(json!([CORE]), json!({ENT: {"division": "x"}})), json!([CORE, ENT]));
    assert_eq!(schemas(json!([CORE]), json!({"urn:acme:User": {"x": 1}})), json!([CORE]));
}

#[test]
fn stored_schemas_follow_the_extensions_that_came_and_went() {
    let schema = doorlist_scim::Schema::from_json(&json!({"id": "urn:acme:User", "attributes": [{"name": "badge"}]})).unwrap();
    let more = ResourceType::user().with_extensions([(std::sync::Arc::new(schema), false)]);
    const ACME: &str = "urn:acme:User";
    let table = [
        (&more, json!({"schemas": [CORE], ACME: {"badge": "1"}}), json!([CORE, ACME])),
        (&more, json!({"schemas": [CORE], "URN:Acme:user": {"Badge": "1"}}), json!([CORE, ACME])),
        (&more, json!({"schemas": [CORE, "urn:ACME:user"]}), json!([CORE, ACME])),
        (&more, json!({"schemas": [CORE], "urn:acme:Userx": {"badge": "1"}}), json!([CORE])),
        (&more, json!({"schemas": [CORE], ACME: {"badge": "1"}, ENT: {"department": "D"}}), json!([CORE, ACME, ENT])),
        (&more, json!({"userName": "a"}), json!([CORE])),
        (ResourceType::user().as_ref(), json!({"schemas": [CORE, ACME, ENT], ACME: {"badge": "1"}}), json!([CORE, ENT])),
    ];
    for (rt, stored, expected) in table {
        let mut resource = stored.as_object().unwrap().clone();
        name_schemas(rt, &mut resource);
        assert_eq!(resource["schemas"], expected, "{stored}");
        resource.remove("schemas");
        let mut others = stored.as_object().unwrap().clone();
        others.remove("schemas");
        assert_eq!(resource, others, "nothing else changes");
    }
}

#[test]
fn elements_of_the_rows_attribute_stand_apart() {
    let group = ResourceType::group();
    let elements = |members: Value| {
        let incoming = create(group, &json!({"displayName": "g", "members": members}));
        incoming.map(|incoming| {
            assert!(!incoming.resource.contains_key("members"));
            incoming.elements
        })
    };
    let element = |value: &str, kind: Option<&str>| Element { value: value.into(), kind: kind.map(str::to_owned) };
    assert_eq!(create(group, &json!({"displayName": "g"})).unwrap().elements, None);
    let table = [
        (json!(null), vec![]),
        (json!([]), vec![]),
        (json!([{"value": "A1", "display": "x", "$ref": null, "more": {"y": 1}}]), vec![element("A1", None)]),
        (json!(["A1", "a1", "A1"]), vec![element("A1", None), element("a1", None)]),
        (
            json!([{"Value": "A1", "TYPE": "user"}, {"value": "A2", "type": "Group"}, {"value": "A3", "type": "Robot"}]),
            vec![element("A1", Some("User")), element("A2", Some("Group")), element("A3", Some("Robot"))],
        ),
        (json!({"value": "A1", "type": null}), vec![element("A1", None)]),
    ];
    for (members, expected) in table {
        assert_eq!(elements(members.clone()), Ok(Some(expected)), "{members}");
    }
    for members in [
        json!([{}]),
        json!([{"value": null}]),
        json!([{"value": 1}]),
        json!([{"value": ""}]),
        json!([null]),
        json!([[]]),
        json!(true),
        json!([{"value": "a", "type": 1}]),
        json!([{"value": "x".repeat(1000)}]),
    ] {
        assert_eq!(elements(members.clone()).unwrap_err().kind, ErrorKind::InvalidValue, "{members}");
    }
    let many = |n: usize| (0..n).map(|i| json!({"value": i.to_string()})).collect::<Value>();
    assert_eq!(elements(many(MEMBERS_PER_REQUEST_MAX)).unwrap().unwrap().len(), MEMBERS_PER_REQUEST_MAX);
    assert_eq!(elements(many(MEMBERS_PER_REQUEST_MAX + 1)).unwrap_err().kind, ErrorKind::PayloadTooLarge);
    let twice = create(group, &json!({"displayName": "g", "members": [], "Members": ["1"]}));
    assert_eq!(twice.unwrap_err().kind, ErrorKind::InvalidValue);
    // To a user, "members" is a word like any other.
    assert_eq!(created(json!({"members": [1]})), Ok(json!({"members": [1]})));
}

#[test]
fn put_replaces_and_keeps_what_is_not_the_clients() {
    let current = json!({
        "schemas": [CORE, ENT], "id": "1", "externalId": "e", "userName": "a", "title": "T", "active": false,
        "meta": {"created": "2020-01-01T00:00:00Z"}, "emails": [{"value": "x"}], "extra": 1,
        ENT: {"department": "D"},
    });
    let current = current.as_object().unwrap();
    let base = json!({"schemas": [CORE], "id": "1", "meta": {"created": "2020-01-01T00:00:00Z"}, "userName": "b"});
    let with = |more: Value| {
        let mut all = base.clone();
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        all
    };
    let table = [
        (json!({"userName": "b"}), with(json!({"externalId": "e", "active": false}))),
        (json!({"userName": "b", "externalId": null, "active": null, "emails": null}), with(json!({"externalId": "e", "active": false}))),
        (json!({"userName": "b", "externalId": "f", "active": true}), with(json!({"externalId": "f", "active": true}))),
        (
            json!({"userName": "b", "id": "2", "meta": {"created": "1999"}, "groups": [{"value": "g"}]}),
            with(json!({"externalId": "e", "active": false})),
        ),
        (
            json!({"userName": "b", ENT: {"costCenter": "c"}}),
            with(json!({"schemas": [CORE, ENT], "externalId": "e", "active": false, ENT: {"costCenter": "c"}})),
        ),
    ];
    for (body, expected) in table {
        let incoming = replace(ResourceType::user(), current, &body).unwrap();
        assert_eq!(Value::Object(incoming.resource), expected, "{body}");
    }
    let new = replace(ResourceType::user(), &Resource::new(), &json!({"userName": "b"})).unwrap();
    assert!(!new.resource.contains_key("active"), "nobody said the user is active");
    let group = replace(ResourceType::group(), &Resource::new(), &json!({"displayName": "g"})).unwrap();
    assert_eq!(group.elements, None, "members that are not in the body stay");
}

#[test]
fn bounds_hold() {
    let nested = |depth: usize| (0..depth).fold(json!(1), |inner, _| json!([inner]));
    let long = "x".repeat(STRING_BYTES_MAX);
    let list = |n: usize| (0..n).map(|i| json!({"value": i.to_string()})).collect::<Value>();
    let object = |n: usize| (0..n).map(|i| (format!("k{i}"), json!(i))).collect::<serde_json::Map<_, _>>();
    let within = [
        json!({"unknown": nested(VALUE_DEPTH_MAX - 1)}),
        json!({"title": long}),
        json!({"emails": list(MULTI_VALUE_ELEMENTS_MAX)}),
        json!({"unknown": object(ATTRIBUTES_MAX)}),
    ];
    let beyond = [
        json!({"unknown": nested(VALUE_DEPTH_MAX)}),
        json!({"unknown": nested(100)}),
        json!({ENT: {"manager": nested(100)}}),
        json!({CORE: {"unknown": nested(100)}}),
        json!({"title": format!("{long}x")}),
        json!({"unknown": [{"deep": format!("{long}x")}]}),
        json!({"emails": list(MULTI_VALUE_ELEMENTS_MAX + 1)}),
        json!({"unknown": list(MULTI_VALUE_ELEMENTS_MAX + 1)}),
        json!({"unknown": object(ATTRIBUTES_MAX + 1)}),
        Value::Object(object(ATTRIBUTES_MAX + 1)),
        json!({"x".repeat(1_000): 1}),
        json!({"big": vec![long.clone(); 17]}),
    ];
    for body in within {
        created(body).unwrap();
    }
    for body in beyond {
        assert_eq!(created(body).unwrap_err().kind, ErrorKind::InvalidValue);
    }
}

/// What is never kept has a type all the same (RFC 7643, section 2.3).
#[test]
fn what_is_not_kept_is_of_the_right_type() {
    let user = ResourceType::user();
    for (password, is_right) in
        [(json!("x"), true), (json!(null), true), (json!(""), true), (json!(5), false), (json!({}), false), (json!([]), false)]
    {
        let body = json!({"userName": "a", "password": password});
        assert_eq!(create(user, &body).is_ok(), is_right, "{password}");
        let operations =
            [json!({"op": "replace", "path": "password", "value": password}), json!({"op": "add", "value": {"password": password}})];
        for operation in operations {
            let patch = doorlist_scim::Patch::parse(user, &json!({"Operations": [operation]}));
            // The only element of a list stands for it in a PATCH, and an empty list for none.
            assert_eq!(patch.is_ok(), is_right, "{operation}");
        }
    }
}
