//! What holds of every resource type, resource, filter, path and PATCH.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test stops at the first surprise")]

mod random;

use std::cell::Cell;

use doorlist_scim::limits::FILTER_LENGTH_BYTES_MAX;
use doorlist_scim::schema::Mutability;
use doorlist_scim::validate::{create, replace};
use doorlist_scim::{AttrPath, Attribute, Filter, Patch, PatchPath, Projection, Resource, ResourceType};
use proptest::prelude::*;
use random::{any_type, assignment, assignments, attributes, body, filter, operation, patch_path, rewording};
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
}

/// Of the random cases of a property, at least so many must be more than a refusal, or it says little.
const CASES_MIN: usize = 100;

#[test]
fn a_filter_over_several_types_reads_as_printed() {
    let read = Cell::new(0);
    let filters = any_type().prop_flat_map(|rt| (filter(rt), any_type()));
    proptest!(ProptestConfig::with_cases(400), |((text, rt) in filters)| {
        prop_assume!(text.len() <= FILTER_LENGTH_BYTES_MAX);
        let mut types = vec![rt];
        types.extend(random::types());
        // The same word can mean something else to the type that decides.
        let Ok(filter) = Filter::parse_among(&text, &types) else { return Ok(()) };
        let printed = filter.to_string();
        prop_assume!(printed.len() <= FILTER_LENGTH_BYTES_MAX);
        prop_assert_eq!(Filter::parse_among(&printed, &types), Ok(filter), "{}", printed);
        read.set(read.get() + 1);
    });
    assert!(read.get() >= CASES_MIN, "{read:?} filters were read");
}

#[test]
fn what_is_told_to_match_nothing_matches_nothing() {
    let (nothing, something) = (Cell::new(0), Cell::new(0));
    proptest!(ProptestConfig::with_cases(400), |((rt, resource) in with_resource(), text in filter(ResourceType::user()))| {
        let Ok(filter) = Filter::parse_among(&text, &[rt, ResourceType::user().as_ref()]) else { return Ok(()) };
        let matches = filter.matches(rt, &stored(rt, &resource));
        prop_assert!(!(matches && filter.matches_nothing()), "{}", text);
        for (path, _) in filter.equalities() {
            prop_assert!(rt.attribute(path).is_some());
        }
        nothing.set(nothing.get() + usize::from(filter.matches_nothing()));
        something.set(something.get() + usize::from(matches));
    });
    assert!(nothing.get() >= CASES_MIN / 2 && something.get() >= CASES_MIN / 2, "{nothing:?} match nothing, {something:?} matched");
}

#[test]
fn a_patch_leaves_alone_what_clients_cannot_change() {
    let (changes, elements) = (Cell::new(0), Cell::new(0));
    let operations = with_resource().prop_flat_map(|(rt, body)| {
        let operation = prop_oneof![2 => operation(rt), 1 => rewording(rt, &body)];
        (Just(rt), Just(body), prop::collection::vec(operation, 1..4))
    });
    proptest!(ProptestConfig::with_cases(1_200), |((rt, body, operations) in operations)| {
        let mut before = stored(rt, &body);
        mark_elements(rt, &mut before);
        let mut after = before.clone();
        let outcome = apply(rt, &operations, &mut after);
        prop_assert_eq!(outcome.clone().unwrap_or(false), before != after, "{:?} {:?}", operations, outcome);
        prop_assert!(after.get("id") == before.get("id") && after.get("meta") == before.get("meta"));
        for (path, attribute) in attributes(rt) {
            let (old, new) = (path.values(&before), path.values(&after));
            prop_assert!(!is_fixed(attribute, &old) || old == new, "{:?} at {}", operations, path);
            if attribute.multi_valued {
                let is_touched_once = operations.iter().filter(|operation| touches(operation, &path)).count() <= 1;
                let kept = fixed_parts_stay(attribute, (&old, &new), is_touched_once && !operations.iter().any(renames));
                elements.set(elements.get() + kept.map_err(|part| TestCaseError::fail(format!("{operations:?} at {path}: {part}")))?);
                continue;
            }
            // What was taken away as a whole and said again begins without its fixed parts.
            let is_taken_away = operations.iter().any(|operation| takes_away(operation, &path));
            for sub in attribute.sub_attributes.iter().filter(|_| !new.is_empty()) {
                let path = AttrPath { sub: Some(sub.name.clone()), ..path.clone() };
                let (old, new) = (path.values(&before), path.values(&after));
                let stays = old == new || (is_taken_away && new.is_empty());
                prop_assert!(!is_fixed(sub, &old) || stays, "{:?} at {}", operations, path);
            }
        }
        // Whatever it leaves behind could have been sent as a whole.
        let again = create(rt, &Value::Object(after.clone()));
        prop_assert!(again.is_ok(), "{:?}", again);
        changes.set(changes.get() + usize::from(outcome == Ok(true)));
    });
    assert!(
        changes.get() >= CASES_MIN && elements.get() >= CASES_MIN / 2,
        "{changes:?} changes, {elements:?} immutable parts of elements kept"
    );
}

#[test]
fn saying_it_twice_is_saying_it_once() {
    let changes = Cell::new([0, 0]);
    let one = |rt| assignment(rt).prop_map(|operation| vec![operation]);
    let requests = any_type().prop_flat_map(move |rt| (Just(rt), body(rt), prop_oneof![one(rt), assignments(rt)]));
    proptest!(ProptestConfig::with_cases(800), |((rt, body, operations) in requests)| {
        let mut once = stored(rt, &body);
        let Ok(is_changed) = apply(rt, &operations, &mut once) else { return Ok(()) };
        let mut twice = once.clone();
        prop_assert_eq!(apply(rt, &operations, &mut twice), Ok(false), "{:?}", operations);
        prop_assert_eq!(once, twice);
        let [mut of_one, mut of_many] = changes.get();
        *if operations.len() == 1 { &mut of_one } else { &mut of_many } += usize::from(is_changed);
        changes.set([of_one, of_many]);
    });
    assert!(changes.get().into_iter().all(|changes| changes >= CASES_MIN), "{changes:?} changes by one operation and by several");
}

/// Whether clients cannot change an attribute that has these values.
fn is_fixed(attribute: &Attribute, old: &[&Value]) -> bool {
    match attribute.mutability {
        Mutability::ReadOnly => true,
        Mutability::Immutable => !old.is_empty(),
        _ => false,
    }
}

/// What the service provider says of each element, no two alike.
fn mark_elements(rt: &ResourceType, resource: &mut Resource) {
    for attribute in rt.schema.attributes.iter().filter(|attribute| attribute.multi_valued) {
        let Some(Value::Array(elements)) = resource.get_mut(&attribute.name) else { continue };
        for (place, element) in elements.iter_mut().enumerate() {
            let Some(object) = element.as_object_mut() else { continue };
            for sub in attribute.sub_attributes.iter().filter(|sub| sub.mutability == Mutability::ReadOnly) {
                object.insert(sub.name.clone(), format!("ours {place}").into());
            }
        }
    }
}

/// Whether an operation is about an attribute or a part of it. One without path may be about any.
fn touches(operation: &Value, path: &AttrPath) -> bool {
    let about = operation["path"].as_str().map(|text| text.to_lowercase());
    about.is_none_or(|about| {
        about.strip_prefix(&path.to_string().to_lowercase()).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
    })
}

/// Whether an operation removes an attribute as a whole.
fn takes_away(operation: &Value, path: &AttrPath) -> bool {
    let about = operation["path"].as_str().is_some_and(|text| text.eq_ignore_ascii_case(&path.to_string()));
    about && operation["op"].as_str().is_some_and(|op| op.eq_ignore_ascii_case("remove"))
}

/// Whether an operation may make one element look like another one.
fn renames(operation: &Value) -> bool {
    operation["path"].as_str().is_some_and(|path| path.ends_with(".value") || path.ends_with(".type"))
}

/// Compares elements: what is readOnly in one was there before, on one element only; and if `is_same` says that elements with equal
/// `type` and `value` are the same ones, what is immutable in one is what it was. Gives how many immutable parts it compared.
fn fixed_parts_stay(attribute: &Attribute, (old, new): (&[&Value], &[&Value]), is_same: bool) -> Result<usize, String> {
    let mut compared = 0;
    for sub in &attribute.sub_attributes {
        let parts = |elements: &[&Value]| -> Vec<Value> { elements.iter().filter_map(|element| element.get(&sub.name).cloned()).collect() };
        if sub.mutability == Mutability::ReadOnly {
            let mut before = parts(old);
            for part in parts(new) {
                let Some(place) = before.iter().position(|known| *known == part) else {
                    return Err(format!("{}: {part} is new", sub.name));
                };
                before.swap_remove(place);
            }
        }
        if sub.mutability == Mutability::Immutable && is_same {
            let identity = |element: &Value| (element.get("type").cloned(), element.get("value").cloned());
            let alone =
                |elements: &[&Value], one: &Value| elements.iter().filter(|element| identity(element) == identity(one)).count() == 1;
            for was in old.iter().filter(|was| was.get("value").is_some() && alone(old, was) && alone(new, was)) {
                let Some(is) = new.iter().find(|is| identity(is) == identity(was)) else { continue };
                let Some(part) = was.get(&sub.name) else { continue };
                if is.get(&sub.name) != Some(part) {
                    return Err(format!("{}: {part} of {was} became {is}", sub.name));
                }
                compared += 1;
            }
        }
    }
    Ok(compared)
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
