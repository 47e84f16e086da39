//! PATCH: every form of every operation, what it changes, and what it refuses.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

use std::time::Instant;

use doorlist_scim::limits::{MEMBERS_PER_REQUEST_MAX, PATCH_OPERATIONS_MAX};
use doorlist_scim::{Element, ElementChange, Error, ErrorKind, Patch, Resource, ResourceType};
use proptest::prelude::*;
use serde_json::{Value, json};

const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENT: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

fn base() -> Value {
    json!({
        "schemas": [CORE, ENT],
        "id": "1",
        "userName": "ada",
        "active": true,
        "title": "Captain",
        "name": {"givenName": "Ada", "familyName": "Lovelace"},
        "emails": [
            {"type": "work", "value": "w@x", "primary": true},
            {"type": "home", "value": "h@x", "display": "Home"},
        ],
        "custom": {"a": 1},
        ENT: {"department": "Ops", "manager": {"value": "m", "$ref": "../Users/m"}},
    })
}

fn body(operations: Value) -> Value {
    json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations})
}

/// What the operations make of [`base`], and whether they say so.
fn patched(operations: Value) -> Result<(bool, Value), Error> {
    let rt = ResourceType::user();
    let mut resource = base().as_object().unwrap().clone();
    let before = resource.clone();
    let patch = Patch::parse(rt, &body(operations))?;
    let changed = match patch.apply(rt, &mut resource) {
        Ok(changed) => changed,
        Err(error) => {
            assert_eq!(resource, before, "a refused request changes nothing");
            return Err(error);
        }
    };
    assert_eq!(changed, resource != before);
    // Whatever a PATCH leaves behind, the next one can start from.
    let mut again = resource.clone();
    let noop = Patch::parse(
        rt,
        &body(json!([{"op": "add", "path": "userName", "value": resource["userName"]}])),
    );
    assert_eq!(noop.unwrap().apply(rt, &mut again), Ok(false));
    Ok((changed, Value::Object(resource)))
}

/// [`base`] with some keys changed; null takes a key away.
fn with(changes: Value) -> Value {
    let mut expected = base();
    for (key, value) in changes.as_object().unwrap() {
        if value.is_null() {
            expected.as_object_mut().unwrap().remove(key);
        } else {
            expected[key] = value.clone();
        }
    }
    expected
}

fn check(table: &[(Value, Value)]) {
    for (operation, changes) in table {
        let operations = if operation.is_array() {
            operation.clone()
        } else {
            json!([operation])
        };
        let (changed, resource) =
            patched(operations).unwrap_or_else(|error| panic!("{operation}: {error}"));
        assert_eq!(resource, with(changes.clone()), "{operation}");
        assert_eq!(changed, resource != base(), "{operation}");
    }
}

#[test]
fn single_valued_attributes() {
    check(&[
        (
            json!({"op": "add", "path": "title", "value": "T"}),
            json!({"title": "T"}),
        ),
        (
            json!({"op": "replace", "path": "TITLE", "value": "T"}),
            json!({"title": "T"}),
        ),
        (
            json!({"op": "replace", "path": format!("{CORE}:title"), "value": "T"}),
            json!({"title": "T"}),
        ),
        (
            json!({"op": "replace", "path": "nickName", "value": "N"}),
            json!({"nickName": "N"}),
        ),
        (
            json!({"op": "add", "path": "title", "value": "Captain"}),
            json!({}),
        ),
        (
            json!({"op": "remove", "path": "title"}),
            json!({"title": null}),
        ),
        (
            json!({"op": "remove", "path": "title", "value": "whatever"}),
            json!({"title": null}),
        ),
        (json!({"op": "remove", "path": "nickName"}), json!({})),
        (
            json!({"op": "replace", "path": "title", "value": null}),
            json!({"title": null}),
        ),
        (
            json!({"op": "add", "path": "title", "value": null}),
            json!({}),
        ),
        (
            json!({"op": "replace", "path": "title", "value": ["T"]}),
            json!({"title": "T"}),
        ),
        (
            json!({"op": "replace", "path": "active", "value": false}),
            json!({"active": false}),
        ),
        (
            json!({"op": "Replace", "path": "active", "value": "False"}),
            json!({"active": false}),
        ),
        (
            json!({"op": "Replace", "path": "active", "value": ["fALSE"]}),
            json!({"active": false}),
        ),
        (
            json!({"op": "replace", "value": {"active": "False"}}),
            json!({"active": false}),
        ),
        (
            json!({"op": "REMOVE", "path": "active"}),
            json!({"active": null}),
        ),
        (
            json!({"Op": "add", "Path": "title", "Value": "T"}),
            json!({"title": "T"}),
        ),
        // Never kept, and so never a change.
        (
            json!({"op": "replace", "path": "password", "value": "secret"}),
            json!({}),
        ),
        (
            json!({"op": "replace", "value": {"password": "secret"}}),
            json!({}),
        ),
        (json!({"op": "remove", "path": "password"}), json!({})),
    ]);
}

#[test]
fn complex_attributes_change_sub_attribute_by_sub_attribute() {
    check(&[
        (
            json!({"op": "replace", "path": "name.givenName", "value": "A"}),
            json!({"name": {"givenName": "A", "familyName": "Lovelace"}}),
        ),
        (
            json!({"op": "replace", "path": "name", "value": {"givenName": "A"}}),
            json!({"name": {"givenName": "A", "familyName": "Lovelace"}}),
        ),
        (
            json!({"op": "add", "path": "name", "value": {"middleName": "K"}}),
            json!({"name": {"givenName": "Ada", "middleName": "K", "familyName": "Lovelace"}}),
        ),
        (
            json!({"op": "replace", "path": "name", "value": {"givenName": null}}),
            json!({"name": {"familyName": "Lovelace"}}),
        ),
        (
            json!({"op": "replace", "path": "name", "value": {}}),
            json!({}),
        ),
        (
            json!({"op": "remove", "path": "name.givenName"}),
            json!({"name": {"familyName": "Lovelace"}}),
        ),
        (
            json!([{"op": "remove", "path": "name.givenName"}, {"op": "remove", "path": "name.familyName"}]),
            json!({"name": null}),
        ),
        (
            json!({"op": "remove", "path": "name"}),
            json!({"name": null}),
        ),
        (
            json!({"op": "replace", "path": "name", "value": null}),
            json!({"name": null}),
        ),
        (
            json!({"op": "replace", "value": {"name": {"givenName": "A"}}}),
            json!({"name": {"givenName": "A", "familyName": "Lovelace"}}),
        ),
        (
            json!({"op": "replace", "value": {"name.givenName": "A", "name.familyName": "B"}}),
            json!({"name": {"givenName": "A", "familyName": "B"}}),
        ),
        (
            json!({"op": "replace", "path": "name", "value": {"GivenName": "A", "nick": 1}}),
            json!({"name": {"givenName": "A", "nick": 1, "familyName": "Lovelace"}}),
        ),
    ]);
}

#[test]
fn extensions_are_reached_in_every_spelling() {
    let department = |value: &str| json!({ENT: {"department": value, "manager": {"value": "m", "$ref": "../Users/m"}}});
    let manager = |manager: Value| json!({ENT: {"department": "Ops", "manager": manager}});
    let no_manager = json!({ENT: {"department": "Ops"}});
    check(&[
        (
            json!({"op": "replace", "path": format!("{ENT}:department"), "value": "D"}),
            department("D"),
        ),
        (
            json!({"op": "replace", "path": format!("{}:DEPARTMENT", ENT.to_lowercase()), "value": "D"}),
            department("D"),
        ),
        (
            json!({"op": "replace", "path": ENT, "value": {"department": "D"}}),
            department("D"),
        ),
        (
            json!({"op": "replace", "value": {ENT: {"department": "D"}}}),
            department("D"),
        ),
        (
            json!({"op": "replace", "value": {format!("{ENT}:department"): "D"}}),
            department("D"),
        ),
        (
            json!({"op": "add", "value": {format!("{ENT}:department"): "D"}}),
            department("D"),
        ),
        (json!({"op": "remove", "path": ENT}), json!({ENT: null})),
        (
            json!({"op": "replace", "value": {ENT: null}}),
            json!({ENT: null}),
        ),
        (
            json!([{"op": "remove", "path": format!("{ENT}:department")}, {"op": "remove", "path": format!("{ENT}:manager")}]),
            json!({ENT: null}),
        ),
        // The manager, with and without the object around it.
        (
            json!({"op": "replace", "path": format!("{ENT}:manager"), "value": "n"}),
            manager(json!({"value": "n"})),
        ),
        (
            json!({"op": "add", "value": {format!("{ENT}:manager"): "n"}}),
            manager(json!({"value": "n"})),
        ),
        (
            json!({"op": "replace", "path": format!("{ENT}:manager.value"), "value": "n"}),
            manager(json!({"value": "n", "$ref": "../Users/m"})),
        ),
        (
            json!({"op": "replace", "path": format!("{ENT}:manager"), "value": {"value": "n", "$ref": "../Users/n"}}),
            manager(json!({"value": "n", "$ref": "../Users/n"})),
        ),
        (
            json!({"op": "replace", "path": format!("{ENT}:manager"), "value": {"value": ""}}),
            no_manager.clone(),
        ),
        (
            json!({"op": "replace", "path": format!("{ENT}:manager"), "value": ""}),
            no_manager.clone(),
        ),
        (
            json!({"op": "replace", "path": format!("{ENT}:manager.value"), "value": ""}),
            no_manager.clone(),
        ),
        (
            json!({"op": "replace", "path": format!("{ENT}:manager"), "value": null}),
            no_manager.clone(),
        ),
        (
            json!({"op": "remove", "path": format!("{ENT}:manager")}),
            no_manager.clone(),
        ),
    ]);
}

#[test]
fn multi_valued_attributes() {
    let work = json!({"type": "work", "value": "w@x", "primary": true});
    let home = json!({"type": "home", "value": "h@x", "display": "Home"});
    let new = json!({"type": "other", "value": "o@x"});
    check(&[
        (
            json!({"op": "add", "path": "emails", "value": [new]}),
            json!({"emails": [work, home, new]}),
        ),
        (
            json!({"op": "add", "path": "emails", "value": new}),
            json!({"emails": [work, home, new]}),
        ),
        (
            json!({"op": "add", "value": {"emails": [new]}}),
            json!({"emails": [work, home, new]}),
        ),
        (
            json!({"op": "add", "path": "emails", "value": [work, home]}),
            json!({}),
        ),
        (
            json!({"op": "add", "path": "emails", "value": []}),
            json!({}),
        ),
        (
            json!({"op": "add", "path": "emails", "value": [{"type": "home", "value": "h@x", "display": "H"}]}),
            json!({"emails": [work, {"type": "home", "value": "h@x", "display": "H"}]}),
        ),
        (
            json!({"op": "add", "path": "ims", "value": [{"value": "i"}]}),
            json!({"ims": [{"value": "i"}]}),
        ),
        (
            json!({"op": "replace", "path": "emails", "value": [new]}),
            json!({"emails": [new]}),
        ),
        (
            json!({"op": "replace", "value": {"emails": [new]}}),
            json!({"emails": [new]}),
        ),
        (
            json!({"op": "replace", "path": "emails", "value": []}),
            json!({"emails": null}),
        ),
        (
            json!({"op": "replace", "path": "emails", "value": null}),
            json!({"emails": null}),
        ),
        (
            json!({"op": "remove", "path": "emails"}),
            json!({"emails": null}),
        ),
        // A removal with a list removes what is in the list.
        (
            json!({"op": "remove", "path": "emails", "value": [{"value": "h@x"}]}),
            json!({"emails": [work]}),
        ),
        (
            json!({"op": "remove", "path": "emails", "value": {"type": "home"}}),
            json!({"emails": [work]}),
        ),
        (
            json!({"op": "remove", "path": "emails", "value": [{"value": "nobody"}]}),
            json!({}),
        ),
        (
            json!({"op": "remove", "path": "emails", "value": []}),
            json!({}),
        ),
        (
            json!({"op": "remove", "path": "emails", "value": null}),
            json!({"emails": null}),
        ),
        // Without a filter, a sub-attribute is that of every element.
        (
            json!({"op": "remove", "path": "emails.type"}),
            json!({"emails": [{"value": "w@x", "primary": true}, {"value": "h@x", "display": "Home"}]}),
        ),
        (
            json!({"op": "replace", "path": "emails.display", "value": "D"}),
            json!({"emails": [{"type": "work", "value": "w@x", "primary": true, "display": "D"}, {"type": "home", "value": "h@x", "display": "D"}]}),
        ),
        (
            json!({"op": "add", "path": "phoneNumbers.value", "value": "1"}),
            json!({"phoneNumbers": [{"value": "1"}]}),
        ),
    ]);
}

#[test]
fn filtered_paths() {
    let work = json!({"type": "work", "value": "w@x", "primary": true});
    let home = json!({"type": "home", "value": "h@x", "display": "Home"});
    check(&[
        (
            json!({"op": "replace", "path": "emails[type eq \"home\"].value", "value": "n@x"}),
            json!({"emails": [work, {"type": "home", "value": "n@x", "display": "Home"}]}),
        ),
        (
            json!({"op": "add", "path": "EMAILS[TYPE EQ \"HOME\"].VALUE", "value": "n@x"}),
            json!({"emails": [work, {"type": "home", "value": "n@x", "display": "Home"}]}),
        ),
        (
            json!({"op": "replace", "path": "emails[type eq home].value", "value": "n@x"}),
            json!({"emails": [work, {"type": "home", "value": "n@x", "display": "Home"}]}),
        ),
        (
            json!({"op": "replace", "path": "emails[primary eq \"True\"].value", "value": "n@x"}),
            json!({"emails": [{"type": "work", "value": "n@x", "primary": true}, home]}),
        ),
        // Adding to an element keeps its other sub-attributes, replacing it does not.
        (
            json!({"op": "add", "path": "emails[type eq \"home\"]", "value": {"value": "n@x"}}),
            json!({"emails": [work, {"type": "home", "value": "n@x", "display": "Home"}]}),
        ),
        (
            json!({"op": "replace", "path": "emails[type eq \"home\"]", "value": {"type": "home", "value": "n@x"}}),
            json!({"emails": [work, {"type": "home", "value": "n@x"}]}),
        ),
        (
            json!({"op": "replace", "path": "emails[type eq \"home\"]", "value": {"value": "n@x"}}),
            json!({"emails": [work, {"type": "home", "value": "n@x"}]}),
        ),
        // An element that is not there is made of the filter.
        (
            json!({"op": "replace", "path": "emails[type eq \"other\"].value", "value": "o@x"}),
            json!({"emails": [work, home, {"type": "other", "value": "o@x"}]}),
        ),
        (
            json!({"op": "add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "1"}),
            json!({"phoneNumbers": [{"type": "mobile", "value": "1"}]}),
        ),
        (
            json!({"op": "add", "path": "roles[primary eq \"True\"].value", "value": "r"}),
            json!({"roles": [{"primary": true, "value": "r"}]}),
        ),
        (
            json!({"op": "add", "path": "addresses[type eq \"work\" and primary eq true]", "value": {"country": "US"}}),
            json!({"addresses": [{"type": "work", "primary": true, "country": "US"}]}),
        ),
        (
            json!([
               {"op": "add", "path": "addresses[type eq \"work\"].country", "value": "US"},
               {"op": "add", "path": "addresses[type eq \"work\"].locality", "value": "Boulder"},
            ]),
            json!({"addresses": [{"type": "work", "country": "US", "locality": "Boulder"}]}),
        ),
        // Removing.
        (
            json!({"op": "remove", "path": "emails[type eq \"home\"]"}),
            json!({"emails": [work]}),
        ),
        (
            json!({"op": "remove", "path": "emails[type pr]"}),
            json!({"emails": null}),
        ),
        (
            json!({"op": "remove", "path": "emails[type eq \"home\"].display"}),
            json!({"emails": [work, {"type": "home", "value": "h@x"}]}),
        ),
        (
            json!({"op": "remove", "path": "emails[type eq \"other\"]"}),
            json!({}),
        ),
        (
            json!({"op": "remove", "path": "emails[type eq \"other\"].value"}),
            json!({}),
        ),
        (
            json!({"op": "remove", "path": "emails[not (type eq \"home\") or value co \"zzz\"]"}),
            json!({"emails": [home]}),
        ),
        (
            json!({"op": "replace", "path": "emails[type eq \"home\"].display", "value": null}),
            json!({"emails": [work, {"type": "home", "value": "h@x"}]}),
        ),
        (
            json!({"op": "replace", "path": "emails[type eq \"home\"]", "value": null}),
            json!({"emails": [work]}),
        ),
    ]);
}

#[test]
fn at_most_one_element_is_primary() {
    let work = |primary: bool| json!({"type": "work", "value": "w@x", "primary": primary});
    check(&[
        (
            json!({"op": "add", "path": "emails", "value": [{"type": "other", "value": "o@x", "primary": true}]}),
            json!({"emails": [work(false), {"type": "home", "value": "h@x", "display": "Home"}, {"type": "other", "value": "o@x", "primary": true}]}),
        ),
        (
            json!({"op": "replace", "path": "emails[type eq \"home\"].primary", "value": "True"}),
            json!({"emails": [work(false), {"type": "home", "value": "h@x", "display": "Home", "primary": true}]}),
        ),
        (
            json!({"op": "add", "path": "emails", "value": [{"type": "home", "value": "h@x", "primary": true}]}),
            json!({"emails": [work(false), {"type": "home", "value": "h@x", "display": "Home", "primary": true}]}),
        ),
        (
            json!({"op": "replace", "path": "emails[primary eq true].display", "value": "D"}),
            json!({"emails": [{"type": "work", "value": "w@x", "primary": true, "display": "D"}, {"type": "home", "value": "h@x", "display": "Home"}]}),
        ),
    ]);
    let two = json!({"op": "add", "path": "emails", "value": [{"value": "1", "primary": true}, {"value": "2", "primary": true}]});
    assert_eq!(
        patched(json!([two])).unwrap_err().kind,
        ErrorKind::InvalidValue
    );
    let all = json!([{"op": "add", "path": "emails", "value": {"value": "3"}}, {"op": "replace", "path": "emails.primary", "value": true}]);
    assert_eq!(patched(all).unwrap_err().kind, ErrorKind::InvalidValue);
}

#[test]
fn values_without_a_path() {
    check(&[
        (
            json!({"op": "replace", "value": {"displayName": "D", "id": "other", "schemas": ["x"], "meta": {}, "groups": []}}),
            json!({"displayName": "D"}),
        ),
        (
            json!({"op": "add", "value": {"TITLE": "T", "active": "false"}}),
            json!({"title": "T", "active": false}),
        ),
        (
            json!({"op": "replace", "path": "", "value": {"title": "T"}}),
            json!({"title": "T"}),
        ),
        (
            json!({"op": "replace", "path": null, "value": {"title": "T"}}),
            json!({"title": "T"}),
        ),
        (
            json!({"op": "replace", "value": [{"title": "T"}]}),
            json!({"title": "T"}),
        ),
        (json!({"op": "replace", "value": {}}), json!({})),
        (
            json!({"op": "replace", "value": {"title": null}}),
            json!({"title": null}),
        ),
        // Attributes of no schema, in the spelling they first came in.
        (
            json!({"op": "replace", "value": {"CUSTOM": {"b": 2}}}),
            json!({"custom": {"b": 2}}),
        ),
        (
            json!({"op": "add", "value": {"new": [1]}}),
            json!({"new": [1]}),
        ),
        (
            json!({"op": "replace", "value": {"custom": null}}),
            json!({"custom": null}),
        ),
        (
            json!({"op": "add", "value": {"urn:acme:User": {"x": 1}}}),
            json!({"urn:acme:User": {"x": 1}, "schemas": [CORE, ENT, "urn:acme:User"]}),
        ),
        (
            json!({"op": "add", "value": {"custom.password": "x", "urn:acme:User:password": "y"}}),
            json!({}),
        ),
    ]);
}

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
        (
            json!({"op": "replace", "path": "nothing", "value": "x"}),
            InvalidPath,
        ),
        (
            json!({"op": "replace", "path": "name.nothing", "value": "x"}),
            InvalidPath,
        ),
        (
            json!({"op": "replace", "path": "department", "value": "x"}),
            InvalidPath,
        ),
        (
            json!({"op": "replace", "path": "urn:acme:User:x", "value": "x"}),
            InvalidPath,
        ),
        (
            json!({"op": "replace", "path": "title[value eq \"x\"]", "value": "x"}),
            InvalidPath,
        ),
        (
            json!({"op": "replace", "path": "emails[type eq \"work\"]value", "value": "x"}),
            InvalidPath,
        ),
        (
            json!({"op": "replace", "path": "emails[type eq \"work\"].nothing", "value": "x"}),
            InvalidPath,
        ),
        (
            json!({"op": "replace", "path": "emails[type eq \"work\"].value.x", "value": "x"}),
            InvalidPath,
        ),
        (
            json!({"op": "replace", "path": "x".repeat(5_000), "value": "x"}),
            InvalidPath,
        ),
        (
            json!({"op": "replace", "path": "emails[type eq \"work\"", "value": "x"}),
            InvalidFilter,
        ),
        (
            json!({"op": "replace", "path": "emails[]", "value": "x"}),
            InvalidFilter,
        ),
        (
            json!({"op": "replace", "path": "emails[nothing eq \"work\"].value", "value": "x"}),
            InvalidFilter,
        ),
        (
            json!({"op": "replace", "path": format!("emails[{}type pr{}]", "(".repeat(99), ")".repeat(99)), "value": {}}),
            InvalidFilter,
        ),
        (
            json!({"op": "replace", "path": "id", "value": "x"}),
            Mutability,
        ),
        (json!({"op": "remove", "path": "meta.created"}), Mutability),
        (
            json!({"op": "add", "path": "groups", "value": [{"value": "g"}]}),
            Mutability,
        ),
        (
            json!({"op": "add", "path": format!("{ENT}:manager.displayName"), "value": "x"}),
            Mutability,
        ),
        (
            json!({"op": "replace", "path": "schemas", "value": []}),
            Mutability,
        ),
        (
            json!({"op": "replace", "path": "title", "value": 1}),
            InvalidValue,
        ),
        (
            json!({"op": "replace", "path": "title", "value": ["a", "b"]}),
            InvalidValue,
        ),
        (
            json!({"op": "replace", "path": "active", "value": "maybe"}),
            InvalidValue,
        ),
        (
            json!({"op": "replace", "path": "name", "value": "Ada"}),
            InvalidValue,
        ),
        (
            json!({"op": "replace", "path": "emails", "value": "a@x"}),
            InvalidValue,
        ),
        (
            json!({"op": "replace", "path": "emails[type eq \"work\"]", "value": "a@x"}),
            InvalidValue,
        ),
        (
            json!({"op": "replace", "path": "emails[type eq \"work\"].value", "value": 1}),
            InvalidValue,
        ),
        (
            json!({"op": "replace", "path": ENT, "value": "x"}),
            InvalidValue,
        ),
        (
            json!({"op": "replace", "value": {"name.givenName": 1}}),
            InvalidValue,
        ),
        (
            json!({"op": "add", "value": {"custom": deep}}),
            InvalidValue,
        ),
        // Found only when carried out.
        (json!({"op": "remove", "path": "userName"}), InvalidValue),
        (
            json!({"op": "replace", "value": {"userName": ""}}),
            InvalidValue,
        ),
        (
            json!({"op": "replace", "path": "emails[type eq \"a\" or type eq \"b\"].value", "value": "x"}),
            NoTarget,
        ),
        (
            json!({"op": "add", "path": "emails[value co \"nobody\"].type", "value": "x"}),
            NoTarget,
        ),
        (
            json!({"op": "replace", "path": "emails[type eq null].value", "value": "x"}),
            NoTarget,
        ),
    ];
    for (operation, kind) in table {
        // The first operation would be fine by itself: all or nothing.
        let error = patched(json!([{"op": "add", "path": "title", "value": "T"}, operation]));
        assert_eq!(
            error.expect_err(&operation.to_string()).kind,
            kind,
            "{operation}"
        );
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
        assert_eq!(
            Patch::parse(rt, &body).unwrap_err().kind,
            InvalidSyntax,
            "{body}"
        );
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
        assert_eq!(
            Patch::parse(rt, &body).unwrap().apply(rt, &mut resource),
            Ok(true),
            "{body}"
        );
        assert_eq!(resource["title"], "T");
    }
}

fn group_changes(operation: Value) -> Result<Vec<ElementChange>, Error> {
    let rt = ResourceType::group();
    let patch = Patch::parse(rt, &body(json!([operation])))?;
    let mut group =
        json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "g"});
    let group = group.as_object_mut().unwrap();
    assert_eq!(
        patch.apply(rt, group),
        Ok(false),
        "members are no part of the resource"
    );
    Ok(patch.elements().to_vec())
}

fn element(value: &str) -> Element {
    Element {
        value: value.into(),
        kind: None,
    }
}

#[test]
fn members_are_handed_to_the_caller() {
    let remove = |values: &[&str]| {
        ElementChange::Remove(values.iter().map(|value| (*value).to_owned()).collect())
    };
    let table = [
        (
            json!({"op": "add", "path": "members", "value": [{"value": "A", "display": "x"}]}),
            vec![ElementChange::Add(vec![element("A")])],
        ),
        (
            json!({"op": "Add", "path": "Members", "value": {"value": "A", "$ref": null}}),
            vec![ElementChange::Add(vec![element("A")])],
        ),
        (
            json!({"op": "add", "path": "members", "value": "A"}),
            vec![ElementChange::Add(vec![element("A")])],
        ),
        (
            json!({"op": "add", "path": "members", "value": ["A", "A", "B"]}),
            vec![ElementChange::Add(vec![element("A"), element("B")])],
        ),
        (
            json!({"op": "add", "value": {"members": [{"value": "A"}]}}),
            vec![ElementChange::Add(vec![element("A")])],
        ),
        (
            json!({"op": "replace", "path": "members", "value": [{"value": "A"}]}),
            vec![ElementChange::Replace(vec![element("A")])],
        ),
        (
            json!({"op": "replace", "value": {"members": []}}),
            vec![ElementChange::Replace(vec![])],
        ),
        (
            json!({"op": "replace", "path": "members", "value": null}),
            vec![ElementChange::Replace(vec![])],
        ),
        (
            json!({"op": "replace", "path": "urn:ietf:params:scim:schemas:core:2.0:Group:members", "value": ["A"]}),
            vec![ElementChange::Replace(vec![element("A")])],
        ),
        // With a list, these and no others; without, all; an empty list is a list.
        (
            json!({"op": "remove", "path": "members", "value": [{"value": "A"}, {"value": "B"}]}),
            vec![remove(&["A", "B"])],
        ),
        (
            json!({"op": "Remove", "path": "members", "value": [{"$ref": null, "value": "A"}]}),
            vec![remove(&["A"])],
        ),
        (
            json!({"op": "remove", "path": "members", "value": []}),
            vec![remove(&[])],
        ),
        (
            json!({"op": "remove", "path": "members"}),
            vec![ElementChange::RemoveAll],
        ),
        (
            json!({"op": "remove", "path": "members", "value": null}),
            vec![ElementChange::RemoveAll],
        ),
        // By filter, in the letter case of the client.
        (
            json!({"op": "remove", "path": "members[value eq \"AbC\"]"}),
            vec![remove(&["AbC"])],
        ),
        (
            json!({"op": "remove", "path": "MEMBERS[VALUE EQ AbC]"}),
            vec![remove(&["AbC"])],
        ),
        (
            json!({"op": "remove", "path": "members[value eq \"A\" or value eq \"B\" or value eq \"C\"]"}),
            vec![remove(&["A", "B", "C"])],
        ),
        // Display names are the members' own.
        (
            json!({"op": "replace", "path": "members[value eq \"A\"].display", "value": "x"}),
            vec![],
        ),
        (
            json!({"op": "add", "path": "members.display", "value": "x"}),
            vec![],
        ),
        (
            json!({"op": "replace", "value": {"members.display": "x"}}),
            vec![],
        ),
    ];
    for (operation, expected) in table {
        assert_eq!(
            group_changes(operation.clone()),
            Ok(expected),
            "{operation}"
        );
    }
    let table = [
        (
            json!({"op": "add", "path": "members"}),
            ErrorKind::InvalidValue,
        ),
        (
            json!({"op": "replace", "path": "members"}),
            ErrorKind::InvalidValue,
        ),
        (
            json!({"op": "add", "path": "members", "value": [{"value": 1}]}),
            ErrorKind::InvalidValue,
        ),
        (
            json!({"op": "remove", "path": "members", "value": [{}]}),
            ErrorKind::InvalidValue,
        ),
        (
            json!({"op": "replace", "path": "members[value eq \"A\"]", "value": {"value": "B"}}),
            ErrorKind::Mutability,
        ),
        (
            json!({"op": "replace", "path": "members[value eq \"A\"].value", "value": "B"}),
            ErrorKind::Mutability,
        ),
        (
            json!({"op": "remove", "path": "members[value eq \"A\"].type"}),
            ErrorKind::Mutability,
        ),
        (
            json!({"op": "remove", "path": "members[nothing eq \"A\"]"}),
            ErrorKind::InvalidFilter,
        ),
        (
            json!({"op": "remove", "path": "members["}),
            ErrorKind::InvalidFilter,
        ),
        (
            json!({"op": "add", "path": "members.nothing", "value": "x"}),
            ErrorKind::InvalidPath,
        ),
    ];
    for (operation, kind) in table {
        assert_eq!(
            group_changes(operation.clone()).unwrap_err().kind,
            kind,
            "{operation}"
        );
    }
}

#[test]
fn members_can_be_removed_by_any_filter() {
    let changes = group_changes(
        json!({"op": "remove", "path": "members[type eq \"Group\" and not (value eq \"x\")]"}),
    )
    .unwrap();
    let [ElementChange::RemoveMatching(filter)] = changes.as_slice() else {
        panic!("{changes:?}");
    };
    let rt = ResourceType::group();
    for (member, expected) in [
        (json!({"value": "a", "type": "Group"}), true),
        (json!({"value": "x", "type": "Group"}), false),
        (json!({"value": "X", "type": "Group"}), true),
        (json!({"value": "a", "type": "User"}), false),
        (json!({"value": "a"}), false),
    ] {
        assert_eq!(filter.matches_element(rt, &member), expected, "{member}");
    }
}

#[test]
fn operations_keep_their_order_and_mix() {
    let rt = ResourceType::group();
    let patch = Patch::parse(
        rt,
        &body(json!([
            {"op": "replace", "value": {"id": "1", "displayName": "New", "members": ["A"]}},
            {"op": "remove", "path": "members[value eq \"B\"]"},
            {"op": "add", "path": "members", "value": [{"value": "C"}]},
        ])),
    );
    let patch = patch.unwrap();
    let mut group =
        json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "g"});
    let group = group.as_object_mut().unwrap();
    assert_eq!(patch.apply(rt, group), Ok(true));
    assert_eq!(group["displayName"], "New");
    assert!(!group.contains_key("members"));
    assert_eq!(
        patch.elements(),
        [
            ElementChange::Replace(vec![element("A")]),
            ElementChange::Remove(vec!["B".into()]),
            ElementChange::Add(vec![element("C")]),
        ]
    );
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
    let half: Vec<String> = (0..MEMBERS_PER_REQUEST_MAX / 2)
        .map(|id| id.to_string())
        .collect();
    let add = json!({"op": "add", "path": "members", "value": half});
    assert!(Patch::parse(rt, &many(2, add.clone())).is_ok());
    assert_eq!(
        Patch::parse(rt, &many(3, add)).unwrap_err().kind,
        ErrorKind::PayloadTooLarge
    );

    // A thousand long filters over a thousand elements are refused before they are tried.
    let elements: Vec<Value> = (0..1_000)
        .map(|id| json!({"value": id.to_string()}))
        .collect();
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
    let error = Patch::parse(ResourceType::user(), &grow)
        .unwrap()
        .apply(ResourceType::user(), &mut user);
    assert_eq!(error.unwrap_err().kind, ErrorKind::InvalidValue);
    assert_eq!(Value::Object(user), base());
}

/// Operations that say a final state, so that saying it twice is saying it once.
fn any_operation() -> impl Strategy<Value = Value> {
    let kind = prop::sample::select(vec!["work", "home", "other"]);
    let text = "[a-c]{1,2}";
    let email = (kind.clone(), text, any::<Option<bool>>()).prop_map(
        |(kind, value, primary)| json!({"type": kind, "value": value, "primary": primary}),
    );
    prop_oneof![
        (prop::sample::select(vec!["add", "Replace"]), text).prop_map(|(op, v)| json!({"op": op, "path": "title", "value": v})),
        any::<bool>().prop_map(|v| json!({"op": "replace", "path": "active", "value": v.to_string()})),
        text.prop_map(|v| json!({"op": "replace", "value": {"name.givenName": v, format!("{ENT}:division"): v}})),
        prop::sample::select(vec!["title", "name.givenName", "emails", "name", ENT, "emails[type eq \"work\"]"]).prop_map(|path| json!({"op": "remove", "path": path})),
        email.clone().prop_map(|email| json!({"op": "add", "path": "emails", "value": [email]})),
        email.clone().prop_map(|email| json!({"op": "replace", "path": "emails", "value": [email]})),
        (kind.clone(), text).prop_map(|(kind, v)| json!({"op": "replace", "path": format!("emails[type eq \"{kind}\"].value"), "value": v})),
        (kind, text).prop_map(|(kind, v)| json!({"op": "replace", "path": format!("emails[type eq \"{kind}\"]"), "value": {"value": v}})),
        email.prop_map(|email| json!({"op": "remove", "path": "emails", "value": [{"value": email["value"]}]})),
    ]
}

proptest! {
    #[test]
    fn one_operation_twice_is_once(operation in any_operation()) {
        let rt = ResourceType::user();
        let patch = Patch::parse(rt, &body(json!([operation]))).unwrap();
        let mut once = base().as_object().unwrap().clone();
        patch.apply(rt, &mut once).unwrap();
        let mut twice = once.clone();
        prop_assert_eq!(patch.apply(rt, &mut twice), Ok(false));
        prop_assert_eq!(once, twice);
    }

    #[test]
    fn one_request_is_its_operations_one_by_one(operations in prop::collection::vec(any_operation(), 1..8)) {
        let rt = ResourceType::user();
        let mut at_once = base().as_object().unwrap().clone();
        Patch::parse(rt, &body(json!(operations))).unwrap().apply(rt, &mut at_once).unwrap();
        let mut one_by_one = base().as_object().unwrap().clone();
        for operation in operations {
            Patch::parse(rt, &body(json!([operation]))).unwrap().apply(rt, &mut one_by_one).unwrap();
            let primaries = one_by_one.get("emails").and_then(Value::as_array).into_iter().flatten()
                .filter(|email| email["primary"] == true).count();
            prop_assert!(primaries <= 1);
        }
        prop_assert_eq!(at_once, one_by_one);
    }
}

/// Prints what a request costs: `cargo test --release -- --ignored --nocapture cost`.
#[test]
#[ignore = "measures"]
fn cost_of_one_request() {
    let rt = ResourceType::user();
    let user = base();
    let patch = body(
        json!([{"op": "replace", "path": "emails[type eq \"work\"].value", "value": "n@x"}, {"op": "replace", "value": {"name.givenName": "X"}}]),
    );
    let measure = |name: &str, run: &dyn Fn()| {
        let start = Instant::now();
        (0..10_000).for_each(|_| run());
        println!("{name}: {:?}", start.elapsed() / 10_000);
    };
    measure("create", &|| {
        drop(doorlist_scim::validate::create(rt, &user))
    });
    measure("patch", &|| {
        let mut resource = user.as_object().unwrap().clone();
        drop(Patch::parse(rt, &patch).unwrap().apply(rt, &mut resource));
    });
    let filter = doorlist_scim::Filter::parse("userName eq \"ada\"", rt).unwrap();
    let resource = user.as_object().unwrap();
    measure("filter read", &|| {
        drop(doorlist_scim::Filter::parse("userName eq \"ada\"", rt))
    });
    measure("filter match", &|| assert!(filter.matches(rt, resource)));
}
