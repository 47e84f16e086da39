//! What each form of each operation changes.

use doorlist_scim::ErrorKind;
use serde_json::{Value, json};

use crate::{CORE, ENT, check, patched};

#[test]
fn single_valued_attributes() {
    check(&[
        (json!({"op": "add", "path": "title", "value": "T"}), json!({"title": "T"})),
        (json!({"op": "replace", "path": "TITLE", "value": "T"}), json!({"title": "T"})),
        (json!({"op": "replace", "path": format!("{CORE}:title"), "value": "T"}), json!({"title": "T"})),
        (json!({"op": "replace", "path": "nickName", "value": "N"}), json!({"nickName": "N"})),
        (json!({"op": "add", "path": "title", "value": "Captain"}), json!({})),
        (json!({"op": "remove", "path": "title"}), json!({"title": null})),
        (json!({"op": "remove", "path": "title", "value": "whatever"}), json!({"title": null})),
        (json!({"op": "remove", "path": "nickName"}), json!({})),
        (json!({"op": "replace", "path": "title", "value": null}), json!({"title": null})),
        (json!({"op": "add", "path": "title", "value": null}), json!({})),
        (json!({"op": "replace", "path": "title", "value": ["T"]}), json!({"title": "T"})),
        (json!({"op": "replace", "path": "active", "value": false}), json!({"active": false})),
        (json!({"op": "Replace", "path": "active", "value": "False"}), json!({"active": false})),
        (json!({"op": "Replace", "path": "active", "value": ["fALSE"]}), json!({"active": false})),
        (json!({"op": "replace", "value": {"active": "False"}}), json!({"active": false})),
        (json!({"op": "REMOVE", "path": "active"}), json!({"active": null})),
        (json!({"Op": "add", "Path": "title", "Value": "T"}), json!({"title": "T"})),
        // Never kept, and so never a change.
        (json!({"op": "replace", "path": "password", "value": "secret"}), json!({})),
        (json!({"op": "replace", "value": {"password": "secret"}}), json!({})),
        (json!({"op": "remove", "path": "password"}), json!({})),
    ]);
}

#[test]
fn complex_attributes_change_sub_attribute_by_sub_attribute() {
    check(&[
        (json!({"op": "replace", "path": "name.givenName", "value": "A"}), json!({"name": {"givenName": "A", "familyName": "Lovelace"}})),
        (
            json!({"op": "replace", "path": "name", "value": {"givenName": "A"}}),
            json!({"name": {"givenName": "A", "familyName": "Lovelace"}}),
        ),
        (
            json!({"op": "add", "path": "name", "value": {"middleName": "K"}}),
            json!({"name": {"givenName": "Ada", "middleName": "K", "familyName": "Lovelace"}}),
        ),
        (json!({"op": "replace", "path": "name", "value": {"givenName": null}}), json!({"name": {"familyName": "Lovelace"}})),
        (json!({"op": "replace", "path": "name", "value": {}}), json!({})),
        (json!({"op": "remove", "path": "name.givenName"}), json!({"name": {"familyName": "Lovelace"}})),
        (json!([{"op": "remove", "path": "name.givenName"}, {"op": "remove", "path": "name.familyName"}]), json!({"name": null})),
        (json!({"op": "remove", "path": "name"}), json!({"name": null})),
        (json!({"op": "replace", "path": "name", "value": null}), json!({"name": null})),
        (json!({"op": "replace", "value": {"name": {"givenName": "A"}}}), json!({"name": {"givenName": "A", "familyName": "Lovelace"}})),
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
        (json!({"op": "replace", "path": format!("{ENT}:department"), "value": "D"}), department("D")),
        (json!({"op": "replace", "path": format!("{}:DEPARTMENT", ENT.to_lowercase()), "value": "D"}), department("D")),
        (json!({"op": "replace", "path": ENT, "value": {"department": "D"}}), department("D")),
        (json!({"op": "replace", "value": {ENT: {"department": "D"}}}), department("D")),
        (json!({"op": "replace", "value": {format!("{ENT}:department"): "D"}}), department("D")),
        (json!({"op": "add", "value": {format!("{ENT}:department"): "D"}}), department("D")),
        (json!({"op": "remove", "path": ENT}), json!({"schemas": [CORE], ENT: null})),
        (json!({"op": "replace", "value": {ENT: null}}), json!({"schemas": [CORE], ENT: null})),
        (
            json!([{"op": "remove", "path": format!("{ENT}:department")}, {"op": "remove", "path": format!("{ENT}:manager")}]),
            json!({"schemas": [CORE], ENT: null}),
        ),
        // The manager, with and without the object around it.
        (json!({"op": "replace", "path": format!("{ENT}:manager"), "value": "n"}), manager(json!({"value": "n"}))),
        (json!({"op": "add", "value": {format!("{ENT}:manager"): "n"}}), manager(json!({"value": "n"}))),
        (
            json!({"op": "replace", "path": format!("{ENT}:manager.value"), "value": "n"}),
            manager(json!({"value": "n", "$ref": "../Users/m"})),
        ),
        (
            json!({"op": "replace", "path": format!("{ENT}:manager"), "value": {"value": "n", "$ref": "../Users/n"}}),
            manager(json!({"value": "n", "$ref": "../Users/n"})),
        ),
        (json!({"op": "replace", "path": format!("{ENT}:manager"), "value": {"value": ""}}), no_manager.clone()),
        (json!({"op": "replace", "path": format!("{ENT}:manager"), "value": ""}), no_manager.clone()),
        (json!({"op": "replace", "path": format!("{ENT}:manager.value"), "value": ""}), no_manager.clone()),
        (json!({"op": "replace", "path": format!("{ENT}:manager"), "value": null}), no_manager.clone()),
        (json!({"op": "remove", "path": format!("{ENT}:manager")}), no_manager.clone()),
    ]);
}

#[test]
fn multi_valued_attributes() {
    let work = json!({"type": "work", "value": "w@x", "primary": true});
    let home = json!({"type": "home", "value": "h@x", "display": "Home"});
    let new = json!({"type": "other", "value": "o@x"});
    check(&[
        (json!({"op": "add", "path": "emails", "value": [new]}), json!({"emails": [work, home, new]})),
        (json!({"op": "add", "path": "emails", "value": new}), json!({"emails": [work, home, new]})),
        (json!({"op": "add", "value": {"emails": [new]}}), json!({"emails": [work, home, new]})),
        (json!({"op": "add", "path": "emails", "value": [work, home]}), json!({})),
        (json!({"op": "add", "path": "emails", "value": []}), json!({})),
        (
            json!({"op": "add", "path": "emails", "value": [{"type": "home", "value": "h@x", "display": "H"}]}),
            json!({"emails": [work, {"type": "home", "value": "h@x", "display": "H"}]}),
        ),
        (json!({"op": "add", "path": "ims", "value": [{"value": "i"}]}), json!({"ims": [{"value": "i"}]})),
        (json!({"op": "replace", "path": "emails", "value": [new]}), json!({"emails": [new]})),
        (json!({"op": "replace", "value": {"emails": [new]}}), json!({"emails": [new]})),
        (json!({"op": "replace", "path": "emails", "value": []}), json!({"emails": null})),
        (json!({"op": "replace", "path": "emails", "value": null}), json!({"emails": null})),
        (json!({"op": "remove", "path": "emails"}), json!({"emails": null})),
        // A removal with a list removes what is in the list.
        (json!({"op": "remove", "path": "emails", "value": [{"value": "h@x"}]}), json!({"emails": [work]})),
        (json!({"op": "remove", "path": "emails", "value": {"type": "home"}}), json!({"emails": [work]})),
        (json!({"op": "remove", "path": "emails", "value": [{"value": "nobody"}]}), json!({})),
        (json!({"op": "remove", "path": "emails", "value": []}), json!({})),
        (json!({"op": "remove", "path": "emails", "value": null}), json!({"emails": null})),
        // Without a filter, a sub-attribute is that of every element.
        (
            json!({"op": "remove", "path": "emails.type"}),
            json!({"emails": [{"value": "w@x", "primary": true}, {"value": "h@x", "display": "Home"}]}),
        ),
        (
            json!({"op": "replace", "path": "emails.display", "value": "D"}),
            json!({"emails": [{"type": "work", "value": "w@x", "primary": true, "display": "D"}, {"type": "home", "value": "h@x", "display": "D"}]}),
        ),
        (json!({"op": "add", "path": "phoneNumbers.value", "value": "1"}), json!({"phoneNumbers": [{"value": "1"}]})),
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
        (json!({"op": "remove", "path": "emails[type eq \"home\"]"}), json!({"emails": [work]})),
        (json!({"op": "remove", "path": "emails[type pr]"}), json!({"emails": null})),
        (json!({"op": "remove", "path": "emails[type eq \"home\"].display"}), json!({"emails": [work, {"type": "home", "value": "h@x"}]})),
        (json!({"op": "remove", "path": "emails[type eq \"other\"]"}), json!({})),
        (json!({"op": "remove", "path": "emails[type eq \"other\"].value"}), json!({})),
        (json!({"op": "remove", "path": "emails[not (type eq \"home\") or value co \"zzz\"]"}), json!({"emails": [home]})),
        (
            json!({"op": "replace", "path": "emails[type eq \"home\"].display", "value": null}),
            json!({"emails": [work, {"type": "home", "value": "h@x"}]}),
        ),
        (json!({"op": "replace", "path": "emails[type eq \"home\"]", "value": null}), json!({"emails": [work]})),
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
    assert_eq!(patched(json!([two])).unwrap_err().kind, ErrorKind::InvalidValue);
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
        (json!({"op": "add", "value": {"TITLE": "T", "active": "false"}}), json!({"title": "T", "active": false})),
        (json!({"op": "replace", "path": "", "value": {"title": "T"}}), json!({"title": "T"})),
        (json!({"op": "replace", "path": null, "value": {"title": "T"}}), json!({"title": "T"})),
        (json!({"op": "replace", "value": [{"title": "T"}]}), json!({"title": "T"})),
        (json!({"op": "replace", "value": {}}), json!({})),
        (json!({"op": "replace", "value": {"title": null}}), json!({"title": null})),
        // Attributes of no schema, in the spelling they first came in.
        (json!({"op": "replace", "value": {"CUSTOM": {"b": 2}}}), json!({"custom": {"b": 2}})),
        (json!({"op": "add", "value": {"new": [1]}}), json!({"new": [1]})),
        (json!({"op": "replace", "value": {"custom": null}}), json!({"custom": null})),
        (json!({"op": "add", "value": {"urn:acme:User": {"x": 1}}}), json!({"urn:acme:User": {"x": 1}})),
        (json!({"op": "add", "value": {"custom.password": "x", "urn:acme:User:password": "y"}}), json!({})),
    ]);
}
