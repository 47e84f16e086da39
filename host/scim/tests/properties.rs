//! What holds of every resource type, resource, filter, path and PATCH.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test stops at the first surprise")]

mod random;

use doorlist_scim::limits::FILTER_LENGTH_BYTES_MAX;
use doorlist_scim::schema::Mutability;
use doorlist_scim::validate::{create, replace};
use doorlist_scim::{AttrPath, Filter, Patch, PatchPath, Projection, Resource, ResourceType};
use proptest::prelude::*;
use random::{any_type, assignment, attributes, body, filter, operation, patch_path};
use serde_json::{Value, json};

/// A resource as a service provider stores it, with what only it writes.
fn stored(rt: &ResourceType, body: &Value) -> Resource {
    let mut resource = create(rt, body).unwrap_or_else(|error| panic!("{error}: {body}")).resource;
    resource.insert("id".into(), json!("1"));
    resource.insert("meta".into(), json!({"resourceType": rt.name, "created": "2020-01-01T00:00:00Z", "version": "W/\"1\""}));
    for attribute in rt.schema.attributes.iter().filter(|attribute| attribute.mutability == Mutability::ReadOnly) {
        let value = if attribute.multi_valued { json!([{"value": "g"}]) } else { json!("ours") };
        resource.insert(attribute.name.clone(), value);
    }
    for attribute in rt.schema.attributes.iter().filter(|attribute| !attribute.multi_valued) {
        let Some(Value::Object(object)) = resource.get_mut(&attribute.name) else { continue };
        for sub in attribute.sub_attributes.iter().filter(|sub| sub.mutability == Mutability::ReadOnly) {
            object.entry(sub.name.clone()).or_insert(json!("ours"));
        }
    }
    resource
}

fn shown(rt: &ResourceType, resource: &Resource) -> Resource {
    let mut resource = resource.clone();
    Projection::full().apply(rt, &mut resource);
    resource
}

fn apply(rt: &ResourceType, operations: &[Value], resource: &mut Resource) -> Result<bool, doorlist_scim::Error> {
    Patch::parse(rt, &json!({"Operations": operations}))?.apply(rt, resource)
}

fn with_resource() -> impl Strategy<Value = (&'static ResourceType, Value)> {
    any_type().prop_flat_map(|rt| (Just(rt), body(rt)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_printed_filter_reads_as_an_equal_one((rt, text) in any_type().prop_flat_map(|rt| (Just(rt), filter(rt)))) {
        prop_assume!(text.len() <= FILTER_LENGTH_BYTES_MAX);
        let filter = Filter::parse(&text, rt).unwrap_or_else(|error| panic!("{error}: {text}"));
        let printed = filter.to_string();
        prop_assume!(printed.len() <= FILTER_LENGTH_BYTES_MAX);
        prop_assert_eq!(Filter::parse(&printed, rt), Ok(filter.clone()), "{}", printed);
        let types = [rt, ResourceType::user(), ResourceType::group()];
        prop_assert_eq!(Filter::parse_among(&printed, &types), Ok(filter), "the first type of several decides");
    }

    #[test]
    fn a_filter_over_several_types_reads_as_printed((text, rt) in any_type().prop_flat_map(|rt| filter(rt).prop_flat_map(|text| (Just(text), any_type())))) {
        prop_assume!(text.len() <= FILTER_LENGTH_BYTES_MAX);
        let mut types = vec![rt];
        types.extend(random::types());
        let Ok(filter) = Filter::parse_among(&text, &types) else {
            // The same word can mean something else to the type that decides.
            return Ok(());
        };
        let printed = filter.to_string();
        prop_assume!(printed.len() <= FILTER_LENGTH_BYTES_MAX);
        prop_assert_eq!(Filter::parse_among(&printed, &types), Ok(filter), "{}", printed);
    }

    #[test]
    fn what_is_told_to_match_nothing_matches_nothing((rt, resource) in with_resource(), text in filter(ResourceType::user())) {
        let Ok(filter) = Filter::parse_among(&text, &[rt, ResourceType::user().as_ref()]) else { return Ok(()) };
        let matches = filter.matches(rt, &stored(rt, &resource));
        prop_assert!(!(matches && filter.matches_nothing()), "{}", text);
        for (path, _) in filter.equalities() {
            prop_assert!(rt.attribute(path).is_some());
        }
    }

    #[test]
    fn a_printed_path_reads_as_an_equal_one((rt, text) in any_type().prop_flat_map(|rt| (Just(rt), patch_path(rt)))) {
        prop_assume!(text.len() <= FILTER_LENGTH_BYTES_MAX);
        let path = PatchPath::parse(&text, rt).unwrap_or_else(|error| panic!("{error}: {text}"));
        let printed = path.to_string();
        prop_assume!(printed.len() <= FILTER_LENGTH_BYTES_MAX);
        prop_assert_eq!(PatchPath::parse(&printed, rt), Ok(path), "{}", printed);
        if let Ok(path) = AttrPath::parse(&text, rt) {
            prop_assert_eq!(AttrPath::parse(&path.to_string().to_uppercase(), rt), Ok(path));
        }
    }

    #[test]
    fn a_resource_survives_being_put_as_it_was_got((rt, body) in with_resource()) {
        let stored = stored(rt, &body);
        // Everything there is, as a client has it that asked for all.
        let whole = replace(rt, &stored, &Value::Object(stored.clone()));
        prop_assert_eq!(whole.map(|incoming| incoming.resource), Ok(put_back(rt, &stored)));
        // What an answer has. What is returned on request only is not in it, and stays.
        let got = shown(rt, &stored);
        let again = replace(rt, &stored, &Value::Object(got.clone())).unwrap_or_else(|error| panic!("{error}: {body}")).resource;
        prop_assert_eq!(again, put_back(rt, &stored), "{}", Value::Object(got));
    }

    #[test]
    fn a_patch_leaves_alone_what_clients_cannot_change(
        (rt, body, operation) in any_type().prop_flat_map(|rt| (Just(rt), body(rt), operation(rt)))
    ) {
        let before = stored(rt, &body);
        let mut after = before.clone();
        let outcome = apply(rt, std::slice::from_ref(&operation), &mut after);
        prop_assert_eq!(outcome.clone().unwrap_or(false), before != after, "{} {:?}", operation, outcome);
        prop_assert!(after.get("id") == before.get("id") && after.get("meta") == before.get("meta"));
        for (path, attribute) in attributes(rt) {
            let (old, new) = (path.values(&before), path.values(&after));
            let is_fixed = match attribute.mutability {
                Mutability::ReadOnly => true,
                Mutability::Immutable => !old.is_empty(),
                _ => false,
            };
            prop_assert!(!is_fixed || old == new, "{} at {}", operation, path);
            if attribute.multi_valued || new.is_empty() {
                continue;
            }
            for sub in &attribute.sub_attributes {
                let path = AttrPath { sub: Some(sub.name.clone()), ..path.clone() };
                let (old, new) = (path.values(&before), path.values(&after));
                let is_fixed = match sub.mutability {
                    Mutability::ReadOnly => true,
                    Mutability::Immutable => !old.is_empty(),
                    _ => false,
                };
                prop_assert!(!is_fixed || old == new, "{} at {}", operation, path);
            }
        }
        // Whatever it leaves behind could have been sent as a whole.
        let again = create(rt, &Value::Object(after.clone()));
        prop_assert!(again.is_ok(), "{:?}", again);
    }

    #[test]
    fn saying_it_twice_is_saying_it_once(
        (rt, body, operations) in any_type().prop_flat_map(|rt| (Just(rt), body(rt), prop::collection::vec(assignment(rt), 1..2)))
    ) {
        let mut once = stored(rt, &body);
        if apply(rt, &operations, &mut once).is_err() {
            return Ok(());
        }
        let mut twice = once.clone();
        prop_assert_eq!(apply(rt, &operations, &mut twice), Ok(false), "{:?}", operations);
        prop_assert_eq!(once, twice);
    }
}

/// A stored resource without the read-only parts of complex values, which a PUT does not bring back: they say
/// something about a value that may have changed, and the service provider says them anew.
fn put_back(rt: &ResourceType, stored: &Resource) -> Resource {
    let mut resource = stored.clone();
    for attribute in rt.schema.attributes.iter().filter(|attribute| attribute.mutability != Mutability::ReadOnly) {
        let Some(Value::Object(object)) = resource.get_mut(&attribute.name) else { continue };
        object.retain(|key, _| attribute.sub_attribute(key).is_none_or(|sub| sub.mutability != Mutability::ReadOnly));
        if object.is_empty() {
            resource.remove(&attribute.name);
        }
    }
    resource
}
