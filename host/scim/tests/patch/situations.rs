//! Situations that others have stumbled over, most of them quoted, nested, empty or said in two ways at once.

use doorlist_scim::{ErrorKind, Patch, ResourceType};
use serde_json::{Value, json};

use crate::{CORE, ENT, body, check, patched};

/// What an operation makes of a resource of the test type, `schemas` and what is required aside.
fn test_patched(start: Value, operations: Value) -> Result<Value, doorlist_scim::Error> {
    let rt: &ResourceType = &ResourceType::test()[0];
    let mut whole = start;
    for attribute in rt.schema.attributes.iter().filter(|attribute| attribute.required) {
        whole[attribute.name.as_str()] = json!("r");
    }
    let mut resource = doorlist_scim::validate::create(rt, &whole).unwrap().resource;
    Patch::parse(rt, &body(operations))?.apply(rt, &mut resource)?;
    resource.retain(|key, _| key != "schemas" && rt.schema.attribute(key).is_none_or(|attribute| !attribute.required));
    Ok(Value::Object(resource))
}

#[test]
fn filters_in_paths_may_hold_what_paths_are_made_of() {
    let work = json!({"type": "work", "value": "w@x", "primary": true});
    let home = json!({"type": "home", "value": "h@x", "display": "Home"});
    let renamed = json!({"emails": [work, {"type": "home", "value": "h@x", "display": "D"}]});
    check(&[
        (json!({"op": "replace", "path": "emails[ type eq \"home\" ].display", "value": "D"}), renamed.clone()),
        (json!({"op": "replace", "path": " emails [type eq \"home\"] .display ", "value": "D"}), renamed.clone()),
        (json!({"op": "replace", "path": "emails[(type eq \"home\")].display", "value": "D"}), renamed.clone()),
        (
            json!({"op": "replace", "path": "emails[type eq \"home\" and (value co \"@\" or primary eq true)].display", "value": "D"}),
            renamed.clone(),
        ),
        (json!({"op": "replace", "path": "emails[not (primary eq true)].display", "value": "D"}), renamed.clone()),
        (json!({"op": "replace", "path": format!("{CORE}:emails[type eq \"home\"].display"), "value": "D"}), renamed),
        // Brackets, dots and quotes inside a value are the value's.
        (
            json!({"op": "add", "path": "emails[value eq \"a].b[c\"].type", "value": "other"}),
            json!({"emails": [work, home, {"value": "a].b[c", "type": "other"}]}),
        ),
        (
            json!({"op": "add", "path": "emails[value eq \"a\\\"b\"].type", "value": "other"}),
            json!({"emails": [work, home, {"value": "a\"b", "type": "other"}]}),
        ),
        (
            json!([
                {"op": "add", "path": "emails", "value": {"value": "a\\b]", "type": "other"}},
                {"op": "remove", "path": "emails[value eq \"a\\\\b]\"]"},
            ]),
            json!({}),
        ),
    ]);
    for path in [
        "emails[type eq \"home\"]display",
        "emails[type eq \"home\"]..display",
        "emails[type eq \"home\"].display.x",
        "emails[type eq \"home\"][0]",
    ] {
        let error = patched(json!([{"op": "replace", "path": path, "value": "D"}])).unwrap_err();
        assert_eq!(error.kind, ErrorKind::InvalidPath, "{path}");
    }
    for path in ["emails[0].display", "emails[*].display", "emails[type=\"home\"].display", "emails[type eq \"home\".display"] {
        let error = patched(json!([{"op": "replace", "path": path, "value": "D"}])).unwrap_err();
        assert_eq!(error.kind, ErrorKind::InvalidFilter, "{path}");
    }
}

#[test]
fn values_that_look_like_nothing_are_values() {
    let start =
        json!({"integer": 1, "decimal": 1.5, "boolean": true, "string": "s", "complex": {"integer": 1, "boolean": true, "string": "s"}});
    let table = [
        ("integer", json!(0)),
        ("decimal", json!(0)),
        ("boolean", json!(false)),
        ("string", json!("")),
        ("complex.integer", json!(0)),
        ("complex.boolean", json!(false)),
        ("complex.string", json!("")),
    ];
    for (path, value) in table {
        for op in ["add", "replace"] {
            let mut expected = start.clone();
            *expected.pointer_mut(&format!("/{}", path.replace('.', "/"))).unwrap() = value.clone();
            let at_path = test_patched(start.clone(), json!([{"op": op, "path": path, "value": value}]));
            assert_eq!(at_path, Ok(expected.clone()), "{op} {path}");
            let in_value = test_patched(start.clone(), json!([{"op": op, "value": {path: value}}]));
            assert_eq!(in_value, Ok(expected), "{op} {path} without a path");
        }
    }
}

#[test]
fn one_request_builds_on_itself() {
    check(&[
        // What one operation makes, the next one finds.
        (
            json!([
                {"op": "add", "path": "phoneNumbers", "value": [{"type": "mobile", "value": "1"}]},
                {"op": "replace", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "2"},
            ]),
            json!({"phoneNumbers": [{"type": "mobile", "value": "2"}]}),
        ),
        // What one removes, the next one makes anew.
        (
            json!([
                {"op": "remove", "path": "emails[type eq \"work\"]"},
                {"op": "add", "path": "emails[type eq \"work\"].value", "value": "n@x"},
            ]),
            json!({"emails": [{"type": "home", "value": "h@x", "display": "Home"}, {"type": "work", "value": "n@x"}]}),
        ),
        (json!([{"op": "remove", "path": "title"}, {"op": "remove", "path": "title"}]), json!({"title": null})),
        (json!([{"op": "remove", "path": "userName"}, {"op": "add", "path": "userName", "value": "eve"}]), json!({"userName": "eve"})),
        // The last one has the word.
        (json!([{"op": "replace", "path": "title", "value": "A"}, {"op": "replace", "value": {"title": "B"}}]), json!({"title": "B"})),
        // The primary address moves along.
        (
            json!([
                {"op": "replace", "path": "emails[type eq \"work\"].primary", "value": false},
                {"op": "replace", "path": "emails[type eq \"home\"].primary", "value": true},
            ]),
            json!({"emails": [{"type": "work", "value": "w@x", "primary": false}, {"type": "home", "value": "h@x", "display": "Home", "primary": true}]}),
        ),
        // All of an extension, one by one, and the name of its schema with it.
        (
            json!([
                {"op": "remove", "path": ENT},
                {"op": "add", "path": format!("{ENT}:department"), "value": "D"},
                {"op": "add", "value": {format!("{ENT}:costCenter"): "C", ENT: {"division": "V"}}},
            ]),
            json!({ENT: {"department": "D", "costCenter": "C", "division": "V"}}),
        ),
    ]);
}

#[test]
fn elements_are_added_once_and_removed_by_what_they_have() {
    let work = json!({"type": "work", "value": "w@x", "primary": true});
    let home = json!({"type": "home", "value": "h@x", "display": "Home"});
    check(&[
        // The same address, in another letter case or of another kind.
        (
            json!({"op": "add", "path": "emails", "value": [{"value": "W@X", "type": "WORK"}]}),
            json!({"emails": [{"type": "work", "value": "w@x", "primary": true}, home]}),
        ),
        (
            json!({"op": "add", "path": "emails", "value": [{"value": "w@x", "type": "home"}]}),
            json!({"emails": [work, home, {"value": "w@x", "type": "home"}]}),
        ),
        (json!({"op": "add", "path": "emails", "value": [{"value": "w@x"}]}), json!({"emails": [work, home, {"value": "w@x"}]})),
        // Several at once, some of them there.
        (
            json!({"op": "add", "path": "emails", "value": [home, {"value": "n@x"}, {"value": "n@x"}]}),
            json!({"emails": [work, home, {"value": "n@x"}]}),
        ),
        // A removal by parts takes every element that has them, and one by a whole that is not quite there none.
        (json!({"op": "remove", "path": "emails", "value": [{"type": "work", "value": "W@X"}]}), json!({"emails": [home]})),
        (json!({"op": "remove", "path": "emails", "value": [{"type": "work", "value": "h@x"}]}), json!({})),
        (json!({"op": "remove", "path": "emails", "value": [work, home]}), json!({"emails": null})),
        (
            json!({"op": "remove", "path": "emails[value ew \"@x\"].type"}),
            json!({"emails": [{"value": "w@x", "primary": true}, {"value": "h@x", "display": "Home"}]}),
        ),
        // An address without its value is what is left of it.
        (json!({"op": "remove", "path": "emails[type eq \"home\"].value"}), json!({"emails": [work, {"type": "home", "display": "Home"}]})),
        (json!({"op": "remove", "path": "addresses[type eq \"work\"].streetAddress"}), json!({})),
        (json!({"op": "replace", "path": "emails", "value": [{}]}), json!({"emails": null})),
        (json!({"op": "add", "path": "emails", "value": [null, {}]}), json!({})),
    ]);
    let plain = |operation: Value| test_patched(json!({"strings": ["a", "b", "c"], "integers": [1, 2, 3]}), json!([operation])).unwrap();
    let table = [
        (json!({"op": "remove", "path": "strings[value eq \"B\"]"}), json!(["a", "c"]), json!([1, 2, 3])),
        (json!({"op": "remove", "path": "integers[value ge 2]"}), json!(["a", "b", "c"]), json!([1])),
        (json!({"op": "remove", "path": "integers", "value": [3, 4]}), json!(["a", "b", "c"]), json!([1, 2])),
        (json!({"op": "remove", "path": "integers", "value": 2}), json!(["a", "b", "c"]), json!([1, 3])),
        (json!({"op": "add", "path": "strings", "value": "d"}), json!(["a", "b", "c", "d"]), json!([1, 2, 3])),
        (json!({"op": "replace", "path": "strings[value eq \"b\"]", "value": "x"}), json!(["a", "x", "c"]), json!([1, 2, 3])),
        (json!({"op": "replace", "path": "strings[value eq \"b\"]", "value": "A"}), json!(["a", "c"]), json!([1, 2, 3])),
        (json!({"op": "replace", "path": "strings[value eq \"b\"].value", "value": "x"}), json!(["a", "x", "c"]), json!([1, 2, 3])),
    ];
    for (operation, strings, integers) in table {
        let after = plain(operation.clone());
        assert_eq!((&after["strings"], &after["integers"]), (&strings, &integers), "{operation}");
    }
}

#[test]
fn names_that_mean_something_elsewhere_mean_nothing_here() {
    check(&[
        (
            json!({"op": "add", "value": {"__proto__": {"admin": true}, "constructor": "c"}}),
            json!({"__proto__": {"admin": true}, "constructor": "c"}),
        ),
        (json!({"op": "add", "value": {"toString": "x", "": "y"}}), json!({"toString": "x", "": "y"})),
        (
            json!({"op": "add", "path": "name", "value": {"__proto__": "x"}}),
            json!({"name": {"givenName": "Ada", "familyName": "Lovelace", "__proto__": "x"}}),
        ),
    ]);
    for path in [
        "__proto__.admin",
        "constructor",
        "/title",
        "$.title",
        "title.",
        ".title",
        "title[",
        "urn:",
        ":title",
        "name..givenName",
        "name.givenName[value eq \"x\"]",
    ] {
        let error = patched(json!([{"op": "add", "path": path, "value": "x"}])).unwrap_err();
        assert!(matches!(error.kind, ErrorKind::InvalidPath | ErrorKind::InvalidFilter), "{path}: {:?}", error.kind);
    }
}

#[test]
fn complex_values_take_every_form_they_are_sent_in() {
    let start = json!({"complex": {"string": "s", "integer": 1}, "badge": {"value": "b", "colour": "red"}});
    let badge = |badge: Value| {
        let mut expected = start.clone();
        match badge {
            Value::Null => drop(expected.as_object_mut().unwrap().remove("badge")),
            badge => expected["badge"] = badge,
        }
        expected
    };
    let table = [
        (json!({"op": "replace", "path": "badge", "value": "n"}), badge(json!({"value": "n"}))),
        (json!({"op": "replace", "path": "badge", "value": ["n"]}), badge(json!({"value": "n"}))),
        (json!({"op": "replace", "path": "badge", "value": [{"value": "n"}]}), badge(json!({"value": "n", "colour": "red"}))),
        (json!({"op": "replace", "path": "badge", "value": {"VALUE": "n"}}), badge(json!({"value": "n", "colour": "red"}))),
        // Emptied by its value, if nothing else is said.
        (json!({"op": "replace", "path": "badge", "value": {"value": null}}), badge(Value::Null)),
        (json!({"op": "replace", "path": "badge", "value": {"value": "", "colour": null}}), badge(Value::Null)),
        (json!({"op": "replace", "path": "badge", "value": {"value": null, "colour": "blue"}}), badge(json!({"colour": "blue"}))),
        (
            json!({"op": "replace", "path": "badge", "value": {"value": "", "colour": "blue"}}),
            badge(json!({"value": "", "colour": "blue"})),
        ),
        (json!({"op": "replace", "path": "badge.value", "value": null}), badge(json!({"colour": "red"}))),
        (json!({"op": "replace", "path": "badge.value", "value": ""}), badge(json!({"value": "", "colour": "red"}))),
        (json!({"op": "replace", "path": "badge", "value": {"colour": null}}), badge(json!({"value": "b"}))),
        (json!({"op": "replace", "path": "badge", "value": {"colour": ""}}), badge(json!({"value": "b", "colour": ""}))),
        (json!({"op": "replace", "path": "badge.colour", "value": "GREEN"}), badge(json!({"value": "b", "colour": "green"}))),
        (json!({"op": "replace", "value": {"badge.colour": "blue", "badge.value": "c"}}), badge(json!({"value": "c", "colour": "blue"}))),
        (json!({"op": "add", "value": {"badge": {"shape": "round"}}}), badge(json!({"value": "b", "colour": "red", "shape": "round"}))),
        (json!({"op": "remove", "path": "badge.value"}), badge(json!({"colour": "red"}))),
    ];
    for (operation, expected) in table {
        assert_eq!(test_patched(start.clone(), json!([operation])), Ok(expected), "{operation}");
    }
}

/// A path that selects elements is one also as a key, and in a body it is refused: nothing is kept by such a name.
#[test]
fn keys_that_are_paths_do_what_the_paths_do() {
    let work = json!({"type": "work", "value": "w@x", "primary": true});
    let home = json!({"type": "home", "value": "new@x", "display": "Home"});
    check(&[
        (json!({"op": "replace", "value": {"emails[type eq \"home\"].value": "new@x"}}), json!({"emails": [work, home]})),
        (json!({"op": "add", "value": {"EMAILS[type eq \"home\"].value": "new@x"}}), json!({"emails": [work, home]})),
        (json!({"op": "Replace", "value": {format!("{CORE}:emails[type eq \"home\"].value"): "new@x"}}), json!({"emails": [work, home]})),
        (
            json!({"op": "replace", "value": {"title": "T", "addresses[type eq \"work\"].country": "CH"}}),
            json!({"title": "T", "addresses": [{"type": "work", "country": "CH"}]}),
        ),
    ]);
    for (key, kind) in [
        ("emails[type eq \"home\"", ErrorKind::InvalidFilter),
        ("emails[kind eq \"home\"].value", ErrorKind::InvalidFilter),
        ("emails[type eq \"home\"].nothing", ErrorKind::InvalidPath),
        ("userName[value eq \"x\"]", ErrorKind::InvalidPath),
    ] {
        let refused = patched(json!([{"op": "replace", "value": {key: "x"}}])).map(drop);
        assert_eq!(refused.map_err(|error| error.kind), Err(kind), "{key}");
    }
    let body = json!({"userName": "ada", "emails[type eq \"work\"].value": "x@x"});
    let refused = doorlist_scim::validate::create(ResourceType::user(), &body).map(drop);
    assert_eq!(refused.map_err(|error| error.kind), Err(ErrorKind::InvalidValue));
    // Where no attribute stands in front, brackets are a name like any other.
    let body = json!({"userName": "ada", "list[0]": "x"});
    assert_eq!(doorlist_scim::validate::create(ResourceType::user(), &body).unwrap().resource["list[0]"], "x");
}
