//! What a schema says of an attribute, held against what becomes of its values: types, mutability,
//! returned, required, canonical values, letter case. All over the test resource type.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test stops at the first surprise")]

use doorlist_scim::query::sort_by;
use doorlist_scim::validate::{create, replace};
use doorlist_scim::{Error, ErrorKind, Filter, Patch, Projection, Resource, ResourceType, Schema};
use serde_json::{Value, json};

const EXT: &str = "urn:doorlist:params:scim:schemas:test:extension:2.0:TestResource";

fn rt() -> &'static ResourceType {
    &ResourceType::test()[0]
}

/// A resource made of `body`, which says everything but what is required.
fn made(body: &Value) -> Result<Resource, Error> {
    let mut body = body.clone();
    body["required"] = json!("r");
    let mut resource = create(rt(), &body)?.resource;
    assert_eq!(resource.remove("required"), Some(json!("r")));
    Ok(resource)
}

/// The same, without what says nothing new.
fn kept(body: &Value) -> Result<Value, Error> {
    let mut resource = made(body)?;
    resource.remove("schemas");
    Ok(Value::Object(resource))
}

fn stored(body: Value) -> Resource {
    let mut resource = made(&body).unwrap();
    resource.insert("required".into(), json!("r"));
    resource
}

fn put(current: &Resource, mut body: Value) -> Result<Value, Error> {
    body["required"] = json!("r");
    let mut resource = replace(rt(), current, &body)?.resource;
    resource.retain(|key, _| !["required", "schemas"].contains(&key.as_str()));
    Ok(Value::Object(resource))
}

fn patch(current: &Resource, operations: Value) -> Result<Value, Error> {
    let mut resource = current.clone();
    Patch::parse(rt(), &json!({"Operations": operations}))?.apply(rt(), &mut resource)?;
    resource.retain(|key, _| !["required", "schemas"].contains(&key.as_str()));
    Ok(Value::Object(resource))
}

#[test]
fn values_have_the_type_of_their_attribute() {
    let good = [
        json!({"string": "", "strings": ["a", ""], "reference": "../x", "references": [""]}),
        json!({"boolean": true, "booleans": [true, false]}),
        json!({"decimal": 1.5, "decimals": [1, -0.5, 1e300]}),
        json!({"integer": -7, "integers": [0, 18_446_744_073_709_551_615_u64]}),
        json!({"dateTime": "2011-05-13T04:42:34Z", "dateTimes": ["2011-05-13T04:42:34.5678901+02:00", "2011-05-13T04:42:34"]}),
        json!({"binary": "YQ==", "binaries": ["YQ", "YWI=", "YWI", "YWJj", "-_-_", "+/+/", "YW\r\nJj\n", " Y W J j "]}),
        json!({"complex": {"string": "a", "boolean": false, "decimal": 0.5, "integer": 1, "dateTime": "2011-05-13T04:42:34Z", "binary": "AAAA", "reference": "x"}}),
    ];
    for body in good {
        assert_eq!(kept(&body), Ok(body));
    }
    let bad = [
        ("string", vec![json!(1), json!(true), json!({}), json!(["a"])]),
        ("boolean", vec![json!(1), json!("yes"), json!("0"), json!([true])]),
        ("decimal", vec![json!("1.5"), json!(true), json!([1])]),
        ("integer", vec![json!(1.5), json!(1.0), json!("1"), json!(1e3), json!(false)]),
        (
            "dateTime",
            vec![
                json!("2011-05-13"),
                json!("04:42:34"),
                json!("yesterday"),
                json!("2011-02-30T00:00:00Z"),
                json!(1_305_261_754),
                json!(" "),
            ],
        ),
        (
            "binary",
            vec![
                json!("Y"),
                json!("YWJjZ"),
                json!("Y==="),
                json!("YQ="),
                json!("YQ==="),
                json!("YWI=="),
                json!("=YWI"),
                json!("YQ==YQ=="),
                json!("+-+-"),
                json!("é"),
                json!("a.b!"),
                json!(1),
            ],
        ),
        ("reference", vec![json!(1), json!({})]),
        ("complex", vec![json!(1), json!("x"), json!([{}, {}])]),
    ];
    for (name, values) in bad {
        let many = match name {
            "binary" => "binaries".to_owned(),
            "complex" => "complexes".to_owned(),
            name => format!("{name}s"),
        };
        for value in values {
            let mut bodies = vec![json!({name: value}), json!({many.as_str(): [value]})];
            if name == "complex" {
                bodies.truncate(1);
            } else {
                bodies.push(json!({"complex": {name: value}}));
            }
            for body in bodies {
                // A list of one list, or of a number, is as wrong as the value by itself.
                let error = kept(&body).expect_err(&body.to_string());
                assert_eq!(error.kind, ErrorKind::InvalidValue, "{body}");
            }
            let path = patch(&stored(json!({})), json!([{"op": "add", "path": name, "value": value}]));
            // PATCH takes lists of one where a single value belongs.
            if !value.is_array() {
                assert_eq!(path.expect_err(&value.to_string()).kind, ErrorKind::InvalidValue, "{name} {value}");
            }
        }
    }
}

#[test]
fn empty_text_is_unassigned_where_no_text_belongs() {
    for name in
        ["boolean", "decimal", "integer", "dateTime", "binary", "complex", "booleans", "integers", "dateTimes", "binaries", "complexes"]
    {
        assert_eq!(kept(&json!({name: ""})), Ok(json!({})), "{name}");
        let current = match name {
            "boolean" => json!({name: true}),
            "booleans" => json!({name: [true]}),
            "decimal" | "integer" => json!({name: 1}),
            "integers" => json!({name: [1]}),
            "dateTime" => json!({name: "2011-05-13T04:42:34Z"}),
            "dateTimes" => json!({name: ["2011-05-13T04:42:34Z"]}),
            "binary" => json!({name: "AAAA"}),
            "binaries" => json!({name: ["AAAA"]}),
            "complex" => json!({name: {"string": "x"}}),
            _ => json!({name: [{"value": "x"}]}),
        };
        let current = stored(current);
        assert_eq!(patch(&current, json!([{"op": "replace", "path": name, "value": ""}])), Ok(json!({})), "{name}");
        assert_eq!(put(&current, json!({name: ""})), Ok(json!({})), "{name}");
    }
    let parts =
        json!({"complex": {"boolean": "", "decimal": "", "integer": "", "dateTime": "", "binary": "", "string": "", "reference": ""}});
    assert_eq!(kept(&parts), Ok(json!({"complex": {"string": "", "reference": ""}})));
    assert_eq!(
        kept(&json!({"integers": [1, "", 2], "complexes": ["", {"value": "a", "integer": ""}]})),
        Ok(json!({"integers": [1, 2], "complexes": [{"value": "a"}]}))
    );
}

#[test]
fn canonical_values_give_their_spelling_and_forbid_nothing() {
    let table = [
        (json!({"canonical": "LOW"}), json!({"canonical": "low"})),
        (json!({"canonical": "high"}), json!({"canonical": "HIGH"})),
        (json!({"canonical": "highest"}), json!({"canonical": "highest"})),
        (json!({"canonicalExact": "LOW"}), json!({"canonicalExact": "LOW"})),
        (json!({"canonicals": ["medium", "Other", "HIGH"]}), json!({"canonicals": ["Medium", "Other", "HIGH"]})),
        (json!({"complexes": [{"value": "a", "type": "WORK"}]}), json!({"complexes": [{"value": "a", "type": "work"}]})),
        (json!({"badge": {"colour": "Red"}}), json!({"badge": {"colour": "red"}})),
    ];
    for (body, expected) in table {
        assert_eq!(kept(&body), Ok(expected), "{body}");
    }
    // Also in an element that is made of a filter.
    let made = patch(&stored(json!({})), json!([{"op": "add", "path": "complexes[type eq \"HOME\"].value", "value": "v"}]));
    assert_eq!(made, Ok(json!({"complexes": [{"type": "home", "value": "v"}]})));
}

#[test]
fn what_is_only_written_is_neither_kept_nor_returned() {
    let body = json!({"writeOnly": "s", "never": "s", "complex": {"writeOnly": "s", "never": "s", "string": "x"},
        "complexes": [{"value": "a", "writeOnly": "s", "never": "s"}], "complex.never": "s"});
    let bare = json!({"complex": {"string": "x"}, "complexes": [{"value": "a"}]});
    assert_eq!(kept(&body), Ok(bare.clone()));
    let current = stored(bare.clone());
    assert_eq!(put(&current, body.clone()), Ok(bare.clone()));
    assert_eq!(patch(&current, json!([{"op": "add", "value": body}])), Ok(bare.clone()));
    for path in ["writeOnly", "never", "complex.writeOnly", "complexes[value eq \"a\"].never", "complexes.writeOnly"] {
        for operation in [json!({"op": "replace", "path": path, "value": "s"}), json!({"op": "remove", "path": path})] {
            assert_eq!(patch(&current, json!([operation])), Ok(bare.clone()), "{operation}");
        }
    }
    // Whatever `returned` says. A value that got in before the schema said so does not get out.
    let schema =
        Schema::from_json(&json!({"id": "urn:t", "attributes": [{"name": "pin", "mutability": "writeOnly", "returned": "always"}]}));
    let mut extended = ResourceType::user().with_extensions([]);
    extended.schema = std::sync::Arc::new(schema.unwrap());
    assert!(!create(&extended, &json!({"pin": "1"})).unwrap().resource.contains_key("pin"));
    let mut leaked = json!({"id": "1", "pin": "1"}).as_object().unwrap().clone();
    Projection::full().apply(&extended, &mut leaked);
    assert!(!leaked.contains_key("pin"));
    for hidden in ["writeOnly", "never", "complex.never", "complexes.writeOnly"] {
        assert_eq!(Filter::parse(&format!("{hidden} pr"), rt()).unwrap_err().kind, ErrorKind::InvalidFilter, "{hidden}");
        assert_eq!(sort_by(hidden, rt()).unwrap_err().kind, ErrorKind::InvalidValue, "{hidden}");
    }
    assert_eq!(Filter::parse("complexes[never eq \"x\"]", rt()).unwrap_err().kind, ErrorKind::InvalidFilter);
    let inside = Patch::parse(rt(), &json!({"Operations": [{"op": "remove", "path": "complexes[never eq \"x\"]"}]}));
    assert_eq!(inside.unwrap_err().kind, ErrorKind::InvalidFilter);
}

#[test]
fn what_is_required_is_required_of_what_is_there() {
    let bad = [
        json!({}),
        json!({"required": null}),
        json!({"required": " "}),
        json!({"required": "r", "demanding": {"note": "n"}}),
        json!({"required": "r", "demanding": {"note": "n", "value": " "}}),
        json!({"required": "r", "demanding": {"note": "n", "value": ""}}),
        json!({"required": "r", "demanding": {"note": "n", "value": null}}),
        json!({"required": "r", EXT: {"note": "n"}}),
        json!({"required": "r", format!("{EXT}:note"): "n"}),
    ];
    for body in bad {
        let error = create(rt(), &body).expect_err(&body.to_string());
        assert_eq!(error.kind, ErrorKind::InvalidValue, "{body}");
        assert!(error.detail.ends_with("is required."), "{body}");
        assert_eq!(replace(rt(), &Resource::new(), &body).unwrap_err().kind, ErrorKind::InvalidValue);
    }
    for body in [
        json!({"required": "r", "demanding": {}}),
        json!({"required": "r", "demanding": null, EXT: {}}),
        json!({"required": "r", "demanding": {"value": "v"}, EXT: {"code": "c"}}),
        json!({"required": "r", EXT: {"note": null}}),
    ] {
        assert!(create(rt(), &body).is_ok(), "{body}");
    }
    // To remove what is required is to change what cannot be changed.
    let current = stored(json!({"demanding": {"value": "v", "note": "n"}, EXT: {"code": "c", "note": "n"}}));
    for path in ["required", "demanding.value", &format!("{EXT}:code")] {
        assert_eq!(patch(&current, json!([{"op": "remove", "path": path}])).unwrap_err().kind, ErrorKind::Mutability, "{path}");
    }
    for path in ["demanding", EXT] {
        assert!(patch(&current, json!([{"op": "remove", "path": path}])).is_ok(), "{path}");
    }
    assert_eq!(
        patch(&stored(json!({})), json!([{"op": "add", "path": "demanding.note", "value": "n"}])).unwrap_err().kind,
        ErrorKind::InvalidValue
    );
}

#[test]
fn what_is_required_and_never_kept_is_looked_for_in_the_body() {
    let schema = json!({"id": "urn:t:Account", "attributes": [
        {"name": "name"},
        {"name": "secret", "required": true, "mutability": "writeOnly", "returned": "never"},
        {"name": "key", "type": "complex", "subAttributes": [{"name": "label"}, {"name": "pin", "required": true, "returned": "never"}]},
        {"name": "keys", "type": "complex", "multiValued": true, "subAttributes": [{"name": "label"}, {"name": "pin", "required": true, "returned": "never"}]},
    ]});
    let extension =
        json!({"id": "urn:t:Vault", "attributes": [{"name": "shelf"}, {"name": "code", "required": true, "returned": "never"}]});
    let read = |json: &Value| std::sync::Arc::new(Schema::from_json(json).unwrap());
    let mut accounts = ResourceType::user().with_extensions([]);
    accounts.schema = read(&schema);
    accounts.extensions = vec![(read(&extension), false)];
    let table = [
        (json!({"secret": "s"}), true),
        (json!({"SECRET": "s", "name": "n"}), true),
        (json!({"urn:t:Account": {"secret": "s"}}), true),
        (json!({"urn:t:Account:secret": "s"}), true),
        (json!({}), false),
        (json!({"secret": null}), false),
        (json!({"secret": " "}), false),
        (json!({"secret": "s", "key": {"label": "l"}}), false),
        (json!({"secret": "s", "key": {"label": "l", "PIN": "1"}}), true),
        (json!({"secret": "s", "key": {"label": null}}), true),
        (json!({"secret": "s", "keys": [{"label": "l", "pin": "1"}]}), true),
        (json!({"secret": "s", "keys": [{"label": "l", "pin": "1"}, {"label": "m"}]}), false),
        (json!({"secret": "s", "urn:t:Vault": {"shelf": "1"}}), false),
        (json!({"secret": "s", "urn:t:Vault": {"shelf": "1", "code": "c"}}), true),
        (json!({"secret": "s", "urn:t:Vault": {}}), true),
    ];
    for (body, is_complete) in table {
        let created = create(&accounts, &body);
        assert_eq!(created.is_ok(), is_complete, "{body}");
        assert_eq!(replace(&accounts, &Resource::new(), &body).is_ok(), is_complete, "{body}");
        if let Ok(created) = created {
            let kept = Value::Object(created.resource).to_string();
            assert!(!kept.contains("secret") && !kept.contains("pin") && !kept.contains("code"), "{kept}");
        }
    }
    // A PATCH is about what it names.
    let mut account = create(&accounts, &json!({"secret": "s", "keys": [{"label": "l", "pin": "1"}]})).unwrap().resource;
    let change =
        json!({"Operations": [{"op": "add", "path": "keys", "value": [{"label": "m"}]}, {"op": "add", "path": "name", "value": "n"}]});
    assert_eq!(Patch::parse(&accounts, &change).unwrap().apply(&accounts, &mut account), Ok(true));
}

#[test]
fn returned_says_what_an_answer_has() {
    let current = json!({
        "schemas": ["s"], "id": "1", "always": "a", "default": "d", "request": "q",
        "complex": {"always": "a", "string": "s", "request": "q"},
        "complexes": [{"always": "a", "value": "v", "request": "q"}, {"request": "q"}],
        EXT: {"code": "c", "hidden": "h", "note": "n"},
    });
    let base = json!({"schemas": ["s"], "id": "1", "always": "a"});
    let shown = |attributes: Option<&str>, excluded: Option<&str>| {
        let mut resource = current.as_object().unwrap().clone();
        Projection::parse(attributes, excluded, rt()).unwrap().apply(rt(), &mut resource);
        Value::Object(resource)
    };
    let with = |more: Value| {
        let mut all = base.clone();
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        all
    };
    let complex = json!({"always": "a", "string": "s"});
    let complexes = json!([{"always": "a", "value": "v"}]);
    let ext = json!({"code": "c", "note": "n"});
    let hidden = format!("{EXT}:hidden");
    let only = [
        ("default", with(json!({"default": "d"}))),
        ("request", with(json!({"request": "q"}))),
        ("never,writeOnly", with(json!({}))),
        ("complex", with(json!({"complex": complex}))),
        ("complex.string", with(json!({"complex": complex}))),
        ("complex.request", with(json!({"complex": {"always": "a", "request": "q"}}))),
        ("complexes.request", with(json!({"complexes": [{"always": "a", "request": "q"}, {"request": "q"}]}))),
        (EXT, with(json!({EXT: ext}))),
        (hidden.as_str(), with(json!({EXT: {"hidden": "h"}}))),
    ];
    for (attributes, expected) in only {
        assert_eq!(shown(Some(attributes), None), expected, "{attributes}");
    }
    let all = with(json!({"default": "d", "complex": complex, "complexes": complexes, EXT: ext}));
    assert_eq!(shown(None, None), all);
    let less = [
        ("always,id,schemas", all.clone()),
        ("request", all.clone()),
        ("complex.always,complexes.always", all.clone()),
        ("complex.string", with(json!({"default": "d", "complex": {"always": "a"}, "complexes": complexes, EXT: ext}))),
        ("complexes.value", with(json!({"default": "d", "complex": complex, "complexes": [{"always": "a"}], EXT: ext}))),
        ("default,complex,complexes", with(json!({EXT: ext}))),
        (EXT, with(json!({"default": "d", "complex": complex, "complexes": complexes}))),
    ];
    for (excluded, expected) in less {
        assert_eq!(shown(None, Some(excluded)), expected, "{excluded}");
    }
}

#[test]
fn what_is_written_once_stays() {
    let current = stored(json!({
        "immutable": "i", "fixed": [{"value": "1", "note": "n"}], "complex": {"immutable": "i", "string": "s"}, EXT: {"code": "c", "asset": "A"},
    }));
    let whole = json!({
        "immutable": "i", "fixed": [{"value": "1", "note": "n"}], "complex": {"immutable": "i", "string": "s"}, EXT: {"code": "c", "asset": "A"},
    });
    assert_eq!(put(&current, whole.clone()), Ok(whole.clone()));
    // Left out of a PUT, it is kept; an attribute that goes takes its parts along.
    let kept = put(&current, json!({"complex": {"string": "t"}, EXT: {"code": "d"}})).unwrap();
    assert_eq!(
        kept,
        json!({"immutable": "i", "fixed": [{"value": "1", "note": "n"}], "complex": {"immutable": "i", "string": "t"}, EXT: {"code": "d", "asset": "A"}})
    );
    // So does an extension, with what it cannot be without.
    assert_eq!(put(&current, json!({})).unwrap()[EXT], json!({"code": "c", "asset": "A"}));
    for change in [
        json!({"immutable": "I"}),
        json!({"fixed": [{"value": "1", "note": "m"}]}),
        json!({"fixed": [{"value": "2"}]}),
        json!({"fixed": [{"value": "1", "note": "n"}, {"value": "2"}]}),
        json!({"complex": {"immutable": "j"}}),
        json!({EXT: {"code": "c", "asset": "a"}}),
    ] {
        assert_eq!(put(&current, change.clone()).unwrap_err().kind, ErrorKind::Mutability, "{change}");
        assert_eq!(patch(&current, json!([{"op": "replace", "value": change}])).unwrap_err().kind, ErrorKind::Mutability, "{change}");
    }
    for operation in [
        json!({"op": "remove", "path": "immutable"}),
        json!({"op": "replace", "path": "immutable", "value": null}),
        json!({"op": "add", "path": "fixed", "value": [{"value": "2"}]}),
        json!({"op": "remove", "path": "fixed[value eq \"1\"]"}),
        json!({"op": "replace", "path": "fixed[value eq \"1\"].note", "value": "m"}),
        json!({"op": "remove", "path": "complex.immutable"}),
        json!({"op": "replace", "path": "readOnly", "value": "x"}),
        json!({"op": "replace", "path": "complex.readOnly", "value": "x"}),
        json!({"op": "add", "path": "complexes[value eq \"v\"].readOnly", "value": "x"}),
    ] {
        assert_eq!(patch(&current, json!([operation])).unwrap_err().kind, ErrorKind::Mutability, "{operation}");
    }
    for operation in [
        json!({"op": "replace", "path": "immutable", "value": "i"}),
        json!({"op": "add", "path": "fixed", "value": [{"value": "1", "note": "n"}]}),
        json!({"op": "replace", "value": {"readOnly": "x", "complex": {"readOnly": "x"}}}),
    ] {
        assert_eq!(patch(&current, json!([operation])), Ok(whole.clone()), "{operation}");
    }
    // Where nothing was, it can be written, by PATCH as by PUT.
    let bare = stored(json!({}));
    assert_eq!(patch(&bare, json!([{"op": "add", "path": "immutable", "value": "i"}])), Ok(json!({"immutable": "i"})));
    assert_eq!(put(&bare, whole.clone()), Ok(whole));
    let gone = patch(&current, json!([{"op": "remove", "path": "complex"}])).unwrap();
    assert_eq!(gone.get("complex"), None);
}

#[test]
fn elements_come_and_go_but_keep_what_is_written_once() {
    let current = stored(json!({"complexes": [{"value": "a", "type": "work", "immutable": "i", "display": "d"}, {"value": "b"}]}));
    let a = |immutable: &str| json!({"value": "a", "type": "work", "immutable": immutable});
    let good = [
        (json!({"op": "remove", "path": "complexes[value eq \"a\"]"}), json!([{"value": "b"}])),
        (json!({"op": "remove", "path": "complexes", "value": [{"value": "a"}]}), json!([{"value": "b"}])),
        (
            json!({"op": "replace", "path": "complexes", "value": [{"value": "c", "immutable": "k"}]}),
            json!([{"value": "c", "immutable": "k"}]),
        ),
        // The same element without it keeps it.
        (json!({"op": "replace", "path": "complexes", "value": [{"value": "a", "type": "WORK"}]}), json!([a("i")])),
        (json!({"op": "replace", "path": "complexes", "value": [a("I")]}), json!([a("i")])),
        (json!({"op": "replace", "path": "complexes[type eq \"work\"]", "value": {"value": "a"}}), json!([a("i"), {"value": "b"}])),
        // Another type makes it another element.
        (
            json!({"op": "replace", "path": "complexes", "value": [{"value": "a", "type": "home", "immutable": "j"}]}),
            json!([{"value": "a", "type": "home", "immutable": "j"}]),
        ),
        // The first value can be given at any time.
        (
            json!({"op": "add", "path": "complexes[value eq \"b\"].immutable", "value": "n"}),
            json!([{"value": "a", "type": "work", "immutable": "i", "display": "d"}, {"value": "b", "immutable": "n"}]),
        ),
        (
            json!({"op": "add", "path": "complexes", "value": [a("i")]}),
            json!([{"value": "a", "type": "work", "immutable": "i", "display": "d"}, {"value": "b"}]),
        ),
        (
            json!({"op": "replace", "path": "complexes[value eq \"a\"].immutable", "value": "i"}),
            json!([{"value": "a", "type": "work", "immutable": "i", "display": "d"}, {"value": "b"}]),
        ),
    ];
    for (operation, expected) in good {
        assert_eq!(patch(&current, json!([operation])), Ok(json!({"complexes": expected})), "{operation}");
    }
    for operation in [
        json!({"op": "replace", "path": "complexes[value eq \"a\"].immutable", "value": "j"}),
        json!({"op": "remove", "path": "complexes[value eq \"a\"].immutable"}),
        json!({"op": "remove", "path": "complexes.immutable"}),
        json!({"op": "replace", "path": "complexes.immutable", "value": "j"}),
        json!({"op": "add", "path": "complexes[value eq \"a\"]", "value": {"immutable": "j"}}),
        json!({"op": "replace", "path": "complexes[value eq \"a\"]", "value": a("j")}),
        json!({"op": "replace", "path": "complexes[value eq \"a\"]", "value": {"value": "c", "immutable": "j"}}),
        json!({"op": "add", "path": "complexes", "value": [a("j")]}),
        json!({"op": "replace", "path": "complexes", "value": [a("j")]}),
        json!({"op": "replace", "value": {"complexes": [a("j")]}}),
    ] {
        assert_eq!(patch(&current, json!([operation])).unwrap_err().kind, ErrorKind::Mutability, "{operation}");
    }
    assert_eq!(put(&current, json!({"complexes": [a("j")]})).unwrap_err().kind, ErrorKind::Mutability);
    assert_eq!(put(&current, json!({"complexes": [{"value": "a", "type": "work"}]})), Ok(json!({"complexes": [a("i")]})));
    assert_eq!(
        put(&current, json!({"complexes": [{"value": "b", "immutable": "n"}]})),
        Ok(json!({"complexes": [{"value": "b", "immutable": "n"}]}))
    );
}

#[test]
fn letter_case_tells_values_apart_where_the_schema_says_so() {
    let resource =
        stored(json!({"exact": "Ab", "inexact": "Ab", "strings": ["Ab"], "complexes": [{"value": "Ab", "type": "X", "display": "Ab"}]}));
    let table = [
        (r#"exact eq "Ab""#, true),
        (r#"exact eq "ab""#, false),
        (r#"exact sw "A" and not (exact sw "a")"#, true),
        (r#"inexact eq "aB" and inexact co "AB" and inexact ew "B""#, true),
        (r#"strings eq "aB" and strings.value eq "AB""#, true),
        (r#"complexes[value eq "ab"]"#, false),
        (r#"complexes[value eq "Ab" and display eq "AB" and type eq "x"]"#, true),
    ];
    for (text, expected) in table {
        assert_eq!(Filter::parse(text, rt()).unwrap().matches(rt(), &resource), expected, "{text}");
    }
    let sorted = |by: &str| {
        let path = sort_by(by, rt()).unwrap();
        let key = |value: &str| doorlist_scim::list::sort_key(rt(), &path, json!({by: value}).as_object().unwrap());
        (key("B") < key("a"), key("A") == key("a"))
    };
    assert_eq!(sorted("exact"), (true, false));
    assert_eq!(sorted("inexact"), (false, true));
    // Equal elements are one, in the spelling that came first.
    let table = [
        (json!({"strings": ["a", "b", "A"]}), json!({"strings": ["a", "b"]})),
        (json!({"references": ["a", "A"], "binaries": ["aaaa", "AAAA"]}), json!({"references": ["a", "A"], "binaries": ["aaaa", "AAAA"]})),
        (json!({"complexes": [{"value": "a"}, {"value": "A"}]}), json!({"complexes": [{"value": "a"}, {"value": "A"}]})),
        (
            json!({"complexes": [{"value": "a", "type": "t", "display": "1"}, {"value": "a", "type": "T"}]}),
            json!({"complexes": [{"value": "a", "type": "t", "display": "1"}]}),
        ),
        (json!({"complexes": [{"display": "a"}, {"display": "A"}]}), json!({"complexes": [{"display": "a"}]})),
    ];
    for (body, expected) in table {
        assert_eq!(kept(&body), Ok(expected), "{body}");
    }
    let current = stored(json!({"strings": ["Ab", "c"], "references": ["Ab", "c"], "complexes": [{"value": "v", "display": "Ab"}]}));
    let without = |path: &str, value: Value| patch(&current, json!([{"op": "remove", "path": path, "value": value}])).unwrap();
    assert_eq!(without("strings", json!(["AB"]))["strings"], json!(["c"]));
    assert_eq!(without("references", json!(["AB"]))["references"], json!(["Ab", "c"]));
    assert_eq!(without("complexes", json!([{"display": "aB"}])).get("complexes"), None);
    assert!(without("complexes", json!([{"value": "V"}])).get("complexes").is_some());
    let again = patch(&current, json!([{"op": "add", "path": "strings", "value": ["ab"]}])).unwrap();
    assert_eq!(again["strings"], json!(["Ab", "c"]), "what exists is not changed by being added");
}
