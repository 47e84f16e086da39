//! A condition says of a user or group what the `filter` of a SCIM request says of it.

#[path = "../../../../host/scim/tests/random/mod.rs"]
mod random;

use doorlist_scim::limits::FILTER_LENGTH_BYTES_MAX;
use doorlist_scim::{Filter, Resource, ResourceType, validate};
use doorlist_sdk::{GroupRef, Policy};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{configure, group, user};

/// A resource as it is stored, but for `meta`.
fn stored(rt: &ResourceType, body: &Value) -> Resource {
    let mut resource = validate::create(rt, body).unwrap_or_else(|error| panic!("{error}: {body}")).resource;
    resource.insert("id".to_owned(), json!("0192f0c1-0000-7000-8000-000000000001"));
    resource
}

/// Whether a rule with this condition is for the item; `None` if rules do not see what it asks for.
fn says(kind: &str, when: &str, changes: impl FnOnce(&doorlist_policy_rules::Rules) -> usize) -> Option<bool> {
    let settings = json!({kind: [{"name": "rule", "when": when, "effects": {"included": false}}]});
    match configure(&settings) {
        Ok(rules) => Some(changes(&rules) == 1),
        Err(problems) => {
            assert!(problems.iter().all(|problem| problem.message.contains("do not see")), "{when}: {problems:?}");
            None
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn of_users(
        body in random::body(ResourceType::user()),
        groups in prop::collection::vec("[a-cA-C]{1,3}", 0..3),
        when in random::filter(ResourceType::user()),
    ) {
        prop_assume!(when.len() <= FILTER_LENGTH_BYTES_MAX);
        let rt = ResourceType::user();
        let resource = stored(rt, &body);
        let mut ada = user(&Value::Object(resource.clone()), &[]);
        ada.groups = groups.iter().map(|name| GroupRef { id: format!("id-{name}"), name: name.clone() }).collect();
        // As a server that is searched puts them there.
        let mut shown = resource;
        if !groups.is_empty() {
            let list = groups.iter().map(|name| json!({"value": format!("id-{name}"), "display": name, "type": "direct"})).collect();
            shown.insert("groups".to_owned(), list);
        }
        let filter = Filter::parse(&when, rt).unwrap_or_else(|error| panic!("{error}: {when}"));
        if let Some(said) = says("users", &when, |rules| rules.project_user(&ada).len()) {
            prop_assert_eq!(said, filter.matches(rt, &shown), "{} of {:?}", when, shown);
        }
    }

    #[test]
    fn of_groups(body in random::body(ResourceType::group()), when in random::filter(ResourceType::group())) {
        prop_assume!(when.len() <= FILTER_LENGTH_BYTES_MAX);
        let rt = ResourceType::group();
        let resource = stored(rt, &body);
        let filter = Filter::parse(&when, rt).unwrap_or_else(|error| panic!("{error}: {when}"));
        let sales = group(&Value::Object(resource.clone()));
        if let Some(said) = says("groups", &when, |rules| rules.project_group(&sales).len()) {
            prop_assert_eq!(said, filter.matches(rt, &resource), "{} of {:?}", when, resource);
        }
    }
}
