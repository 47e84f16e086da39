//! Operations on the members of a group.

use doorlist_scim::{Element, ElementChange, Error, ErrorKind, Patch, ResourceType};
use serde_json::{Value, json};

use crate::body;

fn group_changes(operation: Value) -> Result<Vec<ElementChange>, Error> {
    let rt = ResourceType::group();
    let patch = Patch::parse(rt, &body(json!([operation])))?;
    let mut group = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "g"});
    let group = group.as_object_mut().unwrap();
    assert_eq!(patch.apply(rt, group), Ok(false), "members are no part of the resource");
    Ok(patch.elements().to_vec())
}

fn element(value: &str) -> Element {
    Element { value: value.into(), kind: None }
}

#[test]
fn members_are_handed_to_the_caller() {
    let remove = |values: &[&str]| ElementChange::Remove(values.iter().map(|value| (*value).to_owned()).collect());
    let table = [
        (json!({"op": "add", "path": "members", "value": [{"value": "A", "display": "x"}]}), vec![ElementChange::Add(vec![element("A")])]),
        (json!({"op": "Add", "path": "Members", "value": {"value": "A", "$ref": null}}), vec![ElementChange::Add(vec![element("A")])]),
        (json!({"op": "add", "path": "members", "value": "A"}), vec![ElementChange::Add(vec![element("A")])]),
        (json!({"op": "add", "path": "members", "value": ["A", "A", "B"]}), vec![ElementChange::Add(vec![element("A"), element("B")])]),
        (json!({"op": "add", "value": {"members": [{"value": "A"}]}}), vec![ElementChange::Add(vec![element("A")])]),
        (json!({"op": "replace", "path": "members", "value": [{"value": "A"}]}), vec![ElementChange::Replace(vec![element("A")])]),
        (json!({"op": "replace", "value": {"members": []}}), vec![ElementChange::Replace(vec![])]),
        (json!({"op": "replace", "path": "members", "value": null}), vec![ElementChange::Replace(vec![])]),
        (
            json!({"op": "replace", "path": "urn:ietf:params:scim:schemas:core:2.0:Group:members", "value": ["A"]}),
            vec![ElementChange::Replace(vec![element("A")])],
        ),
        // With a list, these and no others; without, all; an empty list is a list.
        (json!({"op": "remove", "path": "members", "value": [{"value": "A"}, {"value": "B"}]}), vec![remove(&["A", "B"])]),
        (json!({"op": "Remove", "path": "members", "value": [{"$ref": null, "value": "A"}]}), vec![remove(&["A"])]),
        (json!({"op": "remove", "path": "members", "value": []}), vec![remove(&[])]),
        (json!({"op": "remove", "path": "members"}), vec![ElementChange::RemoveAll]),
        (json!({"op": "remove", "path": "members", "value": null}), vec![ElementChange::RemoveAll]),
        // By filter, in the letter case of the client.
        (json!({"op": "remove", "path": "members[value eq \"AbC\"]"}), vec![remove(&["AbC"])]),
        (json!({"op": "remove", "path": "MEMBERS[VALUE EQ AbC]"}), vec![remove(&["AbC"])]),
        (json!({"op": "remove", "path": "members[value eq \"A\" or value eq \"B\" or value eq \"C\"]"}), vec![remove(&["A", "B", "C"])]),
        // Display names are the members' own.
        (json!({"op": "replace", "path": "members[value eq \"A\"].display", "value": "x"}), vec![]),
        (json!({"op": "add", "path": "members.display", "value": "x"}), vec![]),
        (json!({"op": "replace", "value": {"members.display": "x"}}), vec![]),
    ];
    for (operation, expected) in table {
        assert_eq!(group_changes(operation.clone()), Ok(expected), "{operation}");
    }
    let table = [
        (json!({"op": "add", "path": "members"}), ErrorKind::InvalidValue),
        (json!({"op": "replace", "path": "members"}), ErrorKind::InvalidValue),
        (json!({"op": "add", "path": "members", "value": [{"value": 1}]}), ErrorKind::InvalidValue),
        (json!({"op": "remove", "path": "members", "value": [{}]}), ErrorKind::InvalidValue),
        (json!({"op": "replace", "path": "members[value eq \"A\"]", "value": {"value": "B"}}), ErrorKind::Mutability),
        (json!({"op": "replace", "path": "members[value eq \"A\"].value", "value": "B"}), ErrorKind::Mutability),
        (json!({"op": "remove", "path": "members[value eq \"A\"].type"}), ErrorKind::Mutability),
        (json!({"op": "remove", "path": "members[nothing eq \"A\"]"}), ErrorKind::InvalidFilter),
        (json!({"op": "remove", "path": "members["}), ErrorKind::InvalidFilter),
        (json!({"op": "add", "path": "members.nothing", "value": "x"}), ErrorKind::InvalidPath),
    ];
    for (operation, kind) in table {
        assert_eq!(group_changes(operation.clone()).unwrap_err().kind, kind, "{operation}");
    }
}

#[test]
fn members_can_be_removed_by_any_filter() {
    let changes = group_changes(json!({"op": "remove", "path": "members[type eq \"Group\" and not (value eq \"x\")]"})).unwrap();
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
    let mut group = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "g"});
    let group = group.as_object_mut().unwrap();
    assert_eq!(patch.apply(rt, group), Ok(true));
    assert_eq!(group["displayName"], "New");
    assert!(!group.contains_key("members"));
    assert_eq!(
        patch.elements(),
        [ElementChange::Replace(vec![element("A")]), ElementChange::Remove(vec!["B".into()]), ElementChange::Add(vec![element("C")]),]
    );
}
