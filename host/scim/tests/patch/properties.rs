//! What holds of every request, and what one costs.

use std::time::Instant;

use doorlist_scim::{Patch, ResourceType};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{ENT, base, body};

/// Operations that say a final state, so that saying it twice is saying it once.
fn any_operation() -> impl Strategy<Value = Value> {
    let kind = prop::sample::select(vec!["work", "home", "other"]);
    let text = "[a-c]{1,2}";
    let email = (kind.clone(), text, any::<Option<bool>>())
        .prop_map(|(kind, value, primary)| json!({"type": kind, "value": value, "primary": primary}));
    prop_oneof![
        (prop::sample::select(vec!["add", "Replace"]), text).prop_map(|(op, v)| json!({"op": op, "path": "title", "value": v})),
        any::<bool>().prop_map(|v| json!({"op": "replace", "path": "active", "value": v.to_string()})),
        text.prop_map(|v| json!({"op": "replace", "value": {"name.givenName": v, format!("{ENT}:division"): v}})),
        prop::sample::select(vec!["title", "name.givenName", "emails", "name", ENT, "emails[type eq \"work\"]"])
            .prop_map(|path| json!({"op": "remove", "path": path})),
        email.clone().prop_map(|email| json!({"op": "add", "path": "emails", "value": [email]})),
        email.clone().prop_map(|email| json!({"op": "replace", "path": "emails", "value": [email]})),
        (kind.clone(), text)
            .prop_map(|(kind, v)| json!({"op": "replace", "path": format!("emails[type eq \"{kind}\"].value"), "value": v})),
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
    measure("create", &|| drop(doorlist_scim::validate::create(rt, &user)));
    measure("patch", &|| {
        let mut resource = user.as_object().unwrap().clone();
        drop(Patch::parse(rt, &patch).unwrap().apply(rt, &mut resource));
    });
    let filter = doorlist_scim::Filter::parse("userName eq \"ada\"", rt).unwrap();
    let resource = user.as_object().unwrap();
    measure("filter read", &|| drop(doorlist_scim::Filter::parse("userName eq \"ada\"", rt)));
    measure("filter match", &|| assert!(filter.matches(rt, resource)));
}
