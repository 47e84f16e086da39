//! Extensions of one's own: their URNs, and schemas that come when there are resources already.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test stops at the first surprise")]

use std::sync::Arc;

use doorlist_scim::list::sort_key;
use doorlist_scim::validate::{create, name_schemas, replace};
use doorlist_scim::{AttrPath, Error, ErrorKind, Filter, Patch, Projection, Resource, ResourceType, Schema};
use serde_json::{Value, json};

const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:User";

/// Users with these extensions, each with whether a user must have it.
fn users(extensions: &[(Value, bool)]) -> ResourceType {
    let read = |(json, required): &(Value, bool)| (Arc::new(Schema::from_json(json).unwrap()), *required);
    ResourceType::user().with_extensions(extensions.iter().map(read))
}

/// An extension with these attributes.
fn extension(urn: &str, attributes: Value) -> Value {
    json!({"id": urn, "attributes": attributes})
}

fn created(rt: &ResourceType, body: Value) -> Result<Value, Error> {
    let mut body = body;
    body["userName"] = json!("a");
    let mut resource = create(rt, &body)?.resource;
    resource.remove("schemas");
    resource.remove("userName");
    Ok(Value::Object(resource))
}

#[test]
fn of_two_urns_the_longer_one_is_meant() {
    let names = |names: &[&str]| names.iter().map(|name| json!({"name": name})).collect::<Value>();
    let longer_of_core = format!("{CORE}:acme");
    let extensions = [
        (extension("urn:acme:a", names(&["b", "c", "x"])), false),
        (extension("urn:acme:a:b", names(&["c", "y"])), false),
        (extension(&longer_of_core, names(&["title", "z"])), false),
    ];
    let mut reversed = extensions.clone();
    reversed.reverse();
    for rt in [users(&extensions), users(&reversed)] {
        let path = |text: &str| AttrPath::parse(text, &rt).ok().map(|path| (path.urn, path.name));
        let own = |urn: &str, name: &str| Some((Some(urn.to_owned()), name.to_owned()));
        let table = [
            ("urn:acme:a", own("urn:acme:a", "")),
            ("urn:acme:a:x", own("urn:acme:a", "x")),
            ("urn:acme:a:c", own("urn:acme:a", "c")),
            ("urn:acme:a:b", own("urn:acme:a:b", "")),
            ("urn:acme:a:b:c", own("urn:acme:a:b", "c")),
            ("URN:ACME:A:B:Y", own("urn:acme:a:b", "y")),
            ("urn:acme:a:y", None),
            ("urn:acme:a:b:x", None),
            ("urn:acme:a:b:", None),
            ("urn:acme:a:bc", None),
            (&format!("{CORE}:title"), Some((None, "title".to_owned()))),
            (&format!("{CORE}:acme:title"), own(&longer_of_core, "title")),
            (&format!("{CORE}:acme"), own(&longer_of_core, "")),
        ];
        for (text, expected) in table {
            assert_eq!(path(text), expected, "{text}");
        }
        let body =
            json!({"urn:acme:a:b:c": "1", "urn:acme:a": {"c": "2"}, format!("{longer_of_core}:title"): "3", format!("{CORE}:title"): "4"});
        let expected = json!({"urn:acme:a:b": {"c": "1"}, "urn:acme:a": {"c": "2"}, longer_of_core.as_str(): {"title": "3"}, "title": "4"});
        assert_eq!(created(&rt, body), Ok(expected));
    }
}

const ACME: &str = "urn:example:acme";

/// Users with an extension that came later than what is stored of them.
fn acme() -> ResourceType {
    let attributes = json!([
        {"name": "badge"},
        {"name": "serial", "mutability": "immutable"},
        {"name": "pin", "returned": "never"},
        {"name": "level", "type": "integer", "returned": "request"},
        {"name": "tags", "multiValued": true},
        {"name": "desk", "type": "complex", "subAttributes": [
            {"name": "room"}, {"name": "since", "mutability": "immutable"}, {"name": "code", "returned": "never"}]},
        {"name": "desks", "type": "complex", "multiValued": true, "subAttributes": [
            {"name": "value"}, {"name": "type"}, {"name": "primary", "type": "boolean"}, {"name": "code", "returned": "never"}]},
    ]);
    users(&[(extension(ACME, attributes), false)])
}

/// A user as it was kept while no schema knew the extension.
fn older(data: &Value) -> Resource {
    let mut body = json!({"userName": "a"});
    body.as_object_mut().unwrap().extend(data.as_object().unwrap().clone());
    let mut resource = create(ResourceType::user(), &body).unwrap().resource;
    resource.insert("id".into(), json!("1"));
    let extra: Vec<&String> = data.as_object().unwrap().keys().collect();
    assert!(extra.iter().all(|key| resource.get(*key) == data.get(key)), "kept as it was sent");
    resource
}

/// The data of the extension in all the forms in which it may have been sent.
fn forms() -> Vec<Value> {
    let tags = json!(["x", "y"]);
    vec![
        json!({ACME: {"badge": "1", "serial": "s", "tags": tags, "desk": {"room": "r", "since": "t"},
            "desks": [{"value": "v", "type": "w"}, {"value": "b", "primary": true}]}}),
        json!({"URN:Example:Acme": {"Badge": "1", "SERIAL": "s", "Tags": tags, "DESK": {"Room": "r", "Since": "t"},
            "Desks": [{"VALUE": "v", "Type": "w"}, {"Value": "b", "Primary": true}]}}),
        json!({ACME: {"BADGE": "1", "Serial": "s", "tAGS": tags, "Desk": {"ROOM": "r", "since": "t"},
            "DESKS": [{"VALUE": "v", "Type": "w"}, {"value": "b", "PRIMARY": true}]}}),
        json!({"Urn:example:ACME:Badge": "1", "urn:example:acme:serial": "s", "urn:example:acme:TAGS": tags,
            "urn:example:acme:DESK.Room": "r", "urn:example:acme:desk.SINCE": "t",
            "urn:example:Acme:desks": [{"VALUE": "v", "type": "w"}, {"Value": "b", "Primary": true}]}),
        json!({"URN:example:acme:badge": "1", "URN:EXAMPLE:ACME": {"serial": "s", "TAGS": tags, "desk": {"Room": "r"}},
            "urn:example:acme:Desk.since": "t", "urn:example:acme:Desks": [{"VALUE": "v", "type": "w"}, {"Value": "b", "Primary": true}]}),
    ]
}

#[test]
fn data_older_than_its_schema_is_found_however_it_is_spelled() {
    let rt = acme();
    let values = [
        ("badge", json!(["1"])),
        ("tags", json!(["x", "y"])),
        ("tags.value", json!(["x", "y"])),
        ("desk.room", json!(["r"])),
        ("desk.since", json!(["t"])),
        ("desks.value", json!(["v", "b"])),
        ("desks.type", json!(["w"])),
        ("pin", json!([])),
        ("desk.code", json!([])),
    ];
    let filters = [
        (r#"badge eq "1""#, true),
        (r#"badge eq "2""#, false),
        ("badge pr", true),
        ("level pr", false),
        (r#"desk.room eq "R""#, true),
        (r#"desks[type eq "w" and value eq "v"]"#, true),
        (r#"desks[type eq "w" and value eq "b"]"#, false),
        (r#"desks.primary eq true"#, true),
        (r#"tags eq "Y""#, true),
    ];
    let keys = [("badge", "s1"), ("desk.room", "sr"), ("desks", "sb"), ("desks.value", "sb"), ("tags", "sx"), ("level", "u")];
    for form in forms() {
        let resource = older(&form);
        for (path, expected) in &values {
            let path = AttrPath::parse(&format!("{ACME}:{path}"), &rt).unwrap();
            assert_eq!(json!(path.values(&resource)), *expected, "{path} of {form}");
        }
        for (filter, expected) in filters {
            let filter = Filter::parse(&format!("{ACME}:{filter}"), &rt).unwrap();
            assert_eq!(filter.matches(&rt, &resource), expected, "{filter} of {form}");
        }
        for (path, expected) in keys {
            let path = AttrPath::parse(&format!("{ACME}:{path}"), &rt).unwrap();
            assert_eq!(sort_key(&rt, &path, &resource).encode(), expected, "{path} of {form}");
        }
        let mut answered = resource.clone();
        name_schemas(&rt, &mut answered);
        assert_eq!(answered["schemas"], json!([CORE, ACME]), "{form}");
    }
    // A core attribute is in its spelling everywhere, and nothing else is it.
    let odd = json!({"USERNAME": "b"}).as_object().unwrap().clone();
    assert_eq!(AttrPath::parse("userName", &rt).unwrap().values(&odd), [] as [&Value; 0]);
}

#[test]
fn data_older_than_its_schema_moves_there_when_it_changes() {
    let rt = acme();
    let whole = json!({"badge": "1", "serial": "s", "tags": ["x", "y"], "desk": {"room": "r", "since": "t"},
        "desks": [{"value": "v", "type": "w"}, {"value": "b", "primary": true}]});
    let at = |path: &str| format!("{ACME}:{path}");
    let table = [
        (json!({"op": "replace", "path": "title", "value": "T"}), json!({})),
        (json!({"op": "replace", "path": at("badge"), "value": "2"}), json!({"badge": "2"})),
        (json!({"op": "add", "value": {at("badge"): "2"}}), json!({"badge": "2"})),
        (json!({"op": "add", "value": {ACME: {"BADGE": "2"}}}), json!({"badge": "2"})),
        (json!({"op": "remove", "path": at("badge")}), json!({"badge": null})),
        (json!({"op": "add", "path": at("tags"), "value": ["z"]}), json!({"tags": ["x", "y", "z"]})),
        (json!({"op": "remove", "path": at("tags[value eq \"x\"]")}), json!({"tags": ["y"]})),
        (json!({"op": "replace", "path": at("desk.room"), "value": "q"}), json!({"desk": {"room": "q", "since": "t"}})),
        (json!({"op": "remove", "path": at("desk")}), json!({"desk": null})),
        (
            json!({"op": "replace", "path": at("desks[type eq \"w\"].value"), "value": "u"}),
            json!({"desks": [{"value": "u", "type": "w"}, {"value": "b", "primary": true}]}),
        ),
        (
            json!({"op": "add", "path": at("desks"), "value": [{"value": "v", "type": "w", "primary": true}]}),
            json!({"desks": [{"value": "v", "type": "w", "primary": true}, {"value": "b", "primary": false}]}),
        ),
        (json!({"op": "remove", "path": at("desks"), "value": [{"value": "b"}]}), json!({"desks": [{"value": "v", "type": "w"}]})),
        (json!({"op": "add", "path": at("serial"), "value": "other"}), Value::Null),
        (json!({"op": "remove", "path": at("serial")}), Value::Null),
        (json!({"op": "remove", "path": at("desk.since")}), Value::Null),
        (json!({"op": "remove", "path": ACME}), Value::Null),
    ];
    for form in forms() {
        let resource = older(&form);
        for (operation, changes) in &table {
            let mut changed = resource.clone();
            let patch = Patch::parse(&rt, &json!({"Operations": [operation]})).unwrap();
            let outcome = patch.apply(&rt, &mut changed);
            let Some(changes) = changes.as_object() else {
                assert_eq!(outcome.unwrap_err().kind, ErrorKind::Mutability, "{operation} of {form}");
                assert_eq!(changed, resource);
                continue;
            };
            assert_eq!(outcome, Ok(true), "{operation} of {form}");
            let mut expected = whole.as_object().unwrap().clone();
            expected.extend(changes.clone());
            expected.retain(|_, value| !value.is_null());
            assert_eq!(changed[ACME], Value::Object(expected), "{operation} of {form}");
            assert_eq!(changed["schemas"], json!([CORE, ACME]));
            let others: Vec<&String> = changed.keys().filter(|key| key.to_lowercase().starts_with("urn:")).collect();
            assert_eq!(others, [ACME], "{operation} of {form}");
        }
        // Who changes nothing moves nothing.
        let mut same = resource.clone();
        let nothing = json!([{"op": "replace", "path": at("badge"), "value": "1"}, {"op": "add", "path": at("tags"), "value": ["x"]}]);
        assert_eq!(Patch::parse(&rt, &json!({"Operations": nothing})).unwrap().apply(&rt, &mut same), Ok(false), "{form}");
        assert_eq!(same, resource);
        // A PUT of what was got, and one that leaves out what can be written only once.
        let mut put = replace(&rt, &resource, &Value::Object(resource.clone())).unwrap().resource;
        assert_eq!(put.remove(ACME).as_ref(), Some(&whole), "{form}");
        assert_eq!(Value::Object(put), json!({"schemas": [CORE, ACME], "id": "1", "userName": "a"}));
        let put = replace(&rt, &resource, &json!({"userName": "a", "URN:example:ACME:Desk.room": "q"})).unwrap().resource;
        assert_eq!(put[ACME], json!({"serial": "s", "desk": {"room": "q", "since": "t"}}), "{form}");
        for change in [json!({"serial": "other"}), json!({"desk": {"since": "other"}})] {
            let error = replace(&rt, &resource, &json!({"userName": "a", ACME: change})).unwrap_err();
            assert_eq!(error.kind, ErrorKind::Mutability, "{change} of {form}");
        }
    }
}

#[test]
fn of_what_is_there_twice_the_one_in_its_place_stays() {
    let rt = acme();
    let table = [
        (json!({ACME: {"badge": "1", "BADGE": "2"}}), json!({"badge": "1"})),
        (json!({"URN:Example:Acme": {"Badge": "1", "BADGE": "2"}}), json!({"badge": "2"})),
        (
            json!({ACME: {"badge": "1"}, "urn:Example:acme:BADGE": "2", "urn:Example:acme:Serial": "s"}),
            json!({"badge": "1", "serial": "s"}),
        ),
        (json!({"URN:Example:Acme": {"BADGE": "1"}, "urn:Example:acme:badge": "2"}), json!({"badge": "1"})),
        (json!({ACME: {"desk": {"room": "1", "Room": "2"}}}), json!({"desk": {"room": "1"}})),
        (json!({ACME: {"Desk": {"room": "1"}}, "urn:Example:acme:DESK.since": "t"}), json!({"desk": {"room": "1", "since": "t"}})),
        (json!({ACME: "nothing", "urn:Example:acme:badge": "2"}), json!({"badge": "2"})),
        // What the schema does not define stays as it was sent.
        (json!({"URN:Example:Acme": {"Other": "1", "OTHER": {"A": 1}}}), json!({"Other": "1", "OTHER": {"A": 1}})),
        (json!({"URN:Example:Acme:Other.x": "1", "urn:Example:acme:desks.value": "2"}), json!({"Other.x": "1", "desks.value": "2"})),
    ];
    for (data, expected) in table {
        let mut resource = older(&data);
        let patch = Patch::parse(&rt, &json!({"Operations": [{"op": "add", "path": "title", "value": "T"}]})).unwrap();
        assert_eq!(patch.apply(&rt, &mut resource), Ok(true));
        assert_eq!(resource[ACME], expected, "{data}");
        assert_eq!(resource.keys().filter(|key| key.to_lowercase().starts_with("urn:")).count(), 1, "{data}");
    }
}

#[test]
fn data_older_than_its_schema_is_shown_as_the_schema_has_it() {
    let rt = acme();
    let hidden = [
        json!({"URN:Example:Acme": {"PIN": "p", "Desk": {"CODE": "c", "Room": "r"}, "DESKS": [{"Code": "c", "VALUE": "v"}], "Level": 3}}),
        json!({"URN:Example:Acme:PIN": "p", "urn:Example:acme:desk.CODE": "c", "urn:Example:acme:desk.Room": "r",
            "urn:Example:acme:DESKS": [{"Code": "c", "VALUE": "v"}], "urn:Example:acme:Level": 3}),
    ];
    for data in hidden {
        let shown = |attributes: Option<&str>, excluded: Option<&str>| {
            let mut resource = older(&data);
            resource.insert("externalId".into(), json!("e"));
            Projection::parse(attributes, excluded, &rt).unwrap().apply(&rt, &mut resource);
            let text = Value::Object(resource).to_string();
            ["\"p\"", "\"c\"", "\"r\"", "\"v\"", "3", "\"e\""].map(|value| text.contains(value))
        };
        let at = |path: &str| format!("{ACME}:{path}");
        assert_eq!(shown(None, None), [false, false, true, true, false, true], "{data}");
        assert_eq!(shown(Some(ACME), None), [false, false, true, true, false, false], "{data}");
        assert_eq!(shown(Some(&at("desk")), None), [false, false, true, false, false, false], "{data}");
        assert_eq!(shown(Some(&at("desk.room")), None), [false, false, true, false, false, false], "{data}");
        assert_eq!(shown(Some(&at("level")), None), [false, false, false, false, true, false], "{data}");
        assert_eq!(shown(Some(&at("pin")), None), [false; 6], "{data}");
        assert_eq!(shown(Some("externalId"), None), [false, false, false, false, false, true], "{data}");
        assert_eq!(shown(None, Some(ACME)), [false, false, false, false, false, true], "{data}");
        assert_eq!(shown(None, Some(&at("desk.room"))), [false, false, false, true, false, true], "{data}");
    }
}

const LATER: &str = "urn:example:later";

/// Users with an extension that asks for much.
fn later(is_required: bool) -> ResourceType {
    let attributes = json!([
        {"name": "code", "required": true},
        {"name": "note"},
        {"name": "desk", "type": "complex", "subAttributes": [{"name": "room", "required": true}, {"name": "floor"}]},
        {"name": "desks", "type": "complex", "multiValued": true, "subAttributes": [{"name": "value", "required": true}, {"name": "type"}]},
    ]);
    users(&[(extension(LATER, attributes), is_required)])
}

/// What becomes of a PATCH of a user who has this data since before the extension came.
fn patched(rt: &ResourceType, data: &Value, operations: &Value) -> Result<bool, ErrorKind> {
    let mut resource = older(data);
    let patch = Patch::parse(rt, &json!({"Operations": operations})).unwrap();
    patch.apply(rt, &mut resource).map_err(|error| error.kind)
}

#[test]
fn what_was_lacking_before_is_no_reason_to_refuse_a_patch() {
    use ErrorKind::{InvalidValue, Mutability};
    let at = |path: &str| format!("{LATER}:{path}");
    let add = |path: &str, value: Value| json!([{"op": "add", "path": at(path), "value": value}]);
    let remove = |path: &str| json!([{"op": "remove", "path": at(path)}]);
    let deactivate = json!([{"op": "replace", "path": "active", "value": false}]);
    let none = json!({});
    let bare = json!({LATER: {"note": "n"}});
    let parts = json!({LATER: {"code": "c", "desk": {"floor": "1"}, "desks": [{"type": "w"}, {"value": "v"}]}});
    let whole = json!({LATER: {"code": "c", "desk": {"room": "r"}, "desks": [{"value": "v"}]}});
    // What there is, whether the extension is required, what is asked, and what becomes of it.
    let table = [
        (&none, false, deactivate.clone(), Ok(true)),
        (&none, true, deactivate.clone(), Ok(true)),
        (&bare, false, deactivate.clone(), Ok(true)),
        (&parts, true, deactivate.clone(), Ok(true)),
        // Whoever begins an extension that need not be there gives what it cannot be without.
        (&none, false, add("note", json!("n")), Err(InvalidValue)),
        (&none, true, add("note", json!("n")), Ok(true)),
        (&none, false, add("code", json!("c")), Ok(true)),
        (&bare, false, add("note", json!("m")), Ok(true)),
        (&bare, false, add("code", json!("c")), Ok(true)),
        (&bare, true, remove("note"), Err(Mutability)),
        (&bare, false, remove("note"), Ok(true)),
        (&bare, false, add("desk.floor", json!("1")), Err(InvalidValue)),
        (&parts, false, add("desk.floor", json!("2")), Ok(true)),
        (&parts, false, add("desk.room", json!("r")), Ok(true)),
        (&parts, false, remove("code"), Err(Mutability)),
        (&parts, false, remove("desk"), Ok(true)),
        (&parts, false, add("desks[type eq \"w\"].type", json!("x")), Ok(true)),
        (&parts, false, add("desks", json!([{"value": "y"}])), Ok(true)),
        (&parts, false, add("desks", json!([{"type": "y"}])), Err(InvalidValue)),
        (&parts, false, remove("desks[value eq \"v\"].value"), Ok(true)),
        (
            &parts,
            false,
            json!([{"op": "add", "path": at("desks[value eq \"v\"].type"), "value": "y"},
            {"op": "remove", "path": at("desks[value eq \"v\"].value")}]),
            Err(Mutability),
        ),
        (&whole, false, remove("desk.room"), Ok(true)),
        (&whole, true, remove("code"), Err(Mutability)),
        (&whole, false, add("desks[type eq \"w\"].type", json!("w")), Err(InvalidValue)),
        (&whole, true, json!([{"op": "remove", "path": LATER}]), Err(Mutability)),
        (&whole, false, json!([{"op": "remove", "path": LATER}]), Ok(true)),
        // What was there before, and is gone.
        (&none, true, json!([{"op": "remove", "path": "userName"}]), Err(Mutability)),
    ];
    for (data, is_required, operations, expected) in table {
        assert_eq!(patched(&later(is_required), data, &operations), expected, "{operations} of {data}, {is_required}");
    }
    // Whoever makes a resource makes it whole.
    for (data, is_required) in [(&none, true), (&bare, false), (&parts, false)] {
        assert_eq!(created(&later(is_required), data.clone()).unwrap_err().kind, InvalidValue, "{data}");
    }
    assert!(created(&later(true), whole).is_ok());
}

#[test]
fn what_was_lacking_of_an_extension_may_be_missing_in_a_put() {
    let bare = json!({LATER: {"note": "n"}});
    let parts = json!({LATER: {"code": "c", "desk": {"floor": "1"}, "desks": [{"type": "w"}, {"value": "v"}]}});
    let whole = json!({LATER: {"code": "c", "desk": {"room": "r"}, "desks": [{"value": "v"}]}});
    let none = json!({});
    let table = [
        (&none, true, &none, true),
        (&none, false, &none, true),
        (&none, false, &bare, false),
        (&none, true, &bare, true),
        (&bare, false, &bare, true),
        (&bare, false, &none, true),
        (&bare, true, &none, false),
        (&bare, false, &parts, false),
        (&bare, true, &whole, true),
        (&parts, true, &parts, true),
        (&parts, true, &whole, true),
        (&parts, true, &bare, false),
        (&whole, false, &parts, false),
        (&whole, false, &none, true),
        (&whole, true, &none, false),
    ];
    for (before, is_required, body, expected) in table {
        let rt = later(is_required);
        let mut body = body.clone();
        body["active"] = json!(false);
        // A core attribute is demanded whatever there was before.
        let mut nameless = older(before);
        nameless.remove("userName");
        assert_eq!(replace(&rt, &nameless, &body).unwrap_err().kind, ErrorKind::InvalidValue);
        body["userName"] = json!("a");
        let put = replace(&rt, &older(before), &body);
        assert_eq!(put.is_ok(), expected, "{body} after {before}, {is_required}: {put:?}");
        assert!(put.is_ok() || put.is_err_and(|error| error.kind == ErrorKind::InvalidValue));
    }
}

/// Nobody can tell whether it was given before, and so a client may write back what it read.
#[test]
fn what_is_required_and_never_kept_is_asked_for_with_a_new_extension_only() {
    let sub = json!([{"name": "label"}, {"name": "pin", "required": true, "returned": "never"}]);
    let attributes = json!([
        {"name": "note"},
        {"name": "code", "required": true, "returned": "never"},
        {"name": "key", "type": "complex", "subAttributes": sub},
        {"name": "keys", "type": "complex", "multiValued": true, "subAttributes": sub},
    ]);
    let rt = users(&[(extension(LATER, attributes), false)]);
    let whole = json!({LATER: {"code": "c", "note": "n", "key": {"label": "l", "pin": "p"}, "keys": [{"label": "l", "pin": "p"}]}});
    let shown = json!({LATER: {"note": "n", "key": {"label": "l"}, "keys": [{"label": "l"}]}});
    assert_eq!(created(&rt, whole), Ok(shown.clone()));
    let parts =
        [shown.clone(), json!({LATER: {"code": "c", "key": {"label": "l"}}}), json!({LATER: {"code": "c", "keys": [{"label": "l"}]}})];
    for body in parts {
        assert_eq!(created(&rt, body.clone()).unwrap_err().kind, ErrorKind::InvalidValue, "{body}");
        let mut put = body.clone();
        put["userName"] = json!("a");
        assert_eq!(replace(&rt, &older(&json!({})), &put).unwrap_err().kind, ErrorKind::InvalidValue, "{body}");
        assert!(replace(&rt, &older(&shown), &put).is_ok(), "{body}");
        assert!(replace(&rt, &older(&json!({"URN:example:LATER": {"Other": 1}})), &put).is_ok(), "{body}");
    }
}

/// RFC 7643, section 3: `schemas` names what a resource has.
#[test]
fn an_extension_that_loses_its_data_is_no_longer_named() {
    const ENT: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    let rt = acme();
    let at = |path: &str| format!("{ACME}:{path}");
    let all = json!([CORE, ACME, ENT]);
    let without = json!([CORE, ENT]);
    let one = json!({"schemas": all, ACME: {"badge": "1"}, ENT: {"department": "D"}});
    let otherwise = json!({"schemas": [CORE, "URN:Example:Acme", ENT], "URN:Example:Acme": {"Badge": "1"}, ENT: {"department": "D"}});
    let two = json!({"schemas": all, ACME: {"desk": {"room": "r"}, "tags": ["t"]}, ENT: {"department": "D"}});
    let sent = json!({"schemas": all, ENT: {"department": "D"}});
    let table = [
        (&one, json!([{"op": "remove", "path": ACME}]), &without),
        (&one, json!([{"op": "remove", "path": at("badge")}]), &without),
        (&one, json!([{"op": "replace", "value": {ACME: null}}]), &without),
        (&one, json!([{"op": "replace", "value": {at("badge"): null}}]), &without),
        (&one, json!([{"op": "remove", "path": ACME}, {"op": "add", "path": at("level"), "value": 1}]), &all),
        (&otherwise, json!([{"op": "remove", "path": ACME}]), &without),
        (&otherwise, json!([{"op": "remove", "path": at("badge")}]), &without),
        (&two, json!([{"op": "remove", "path": at("desk")}]), &all),
        (&two, json!([{"op": "remove", "path": at("desk.room")}, {"op": "remove", "path": at("tags"), "value": ["T"]}]), &without),
        // What a client named without data stays named.
        (&sent, json!([{"op": "remove", "path": ACME}]), &all),
        (&sent, json!([{"op": "add", "path": "title", "value": "T"}]), &all),
        (
            &sent,
            json!([{"op": "add", "path": at("badge"), "value": "1"}, {"op": "remove", "path": at("badge")}, {"op": "add", "path": "title", "value": "T"}]),
            &all,
        ),
        (&sent, json!([{"op": "remove", "path": ENT}]), &json!([CORE, ACME])),
    ];
    for (data, operations, expected) in table {
        let mut resource = data.as_object().unwrap().clone();
        resource.insert("userName".into(), json!("a"));
        Patch::parse(&rt, &json!({"Operations": operations})).unwrap().apply(&rt, &mut resource).unwrap();
        assert_eq!(resource["schemas"], *expected, "{operations} of {data}");
    }
}
