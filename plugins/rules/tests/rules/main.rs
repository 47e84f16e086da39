//! The policy as the host meets it, without a sandbox.

// A test says what it expects by failing.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

mod conditions;
mod effects;
mod figures;
mod form;
mod refusals;
mod same_filter;
mod templates;

use doorlist_policy_rules::{Rules, settings::Settings};
use doorlist_sdk::{Attribute, Group, Policy, Problem, User, UserEffect, Value};
use serde_json::{Value as Json, json};

/// The policy with these settings.
#[track_caller]
fn rules(settings: &Json) -> Rules {
    configure(settings).unwrap_or_else(|problems| panic!("{settings}: {problems:?}"))
}

fn configure(settings: &Json) -> Result<Rules, Vec<Problem>> {
    let read: Settings = serde_json::from_value(settings.clone()).unwrap_or_else(|error| panic!("{settings}: {error}"));
    Rules::configure(read)
}

/// Where the settings are wrong, and how.
#[track_caller]
fn problems(settings: &Json) -> Vec<(String, String)> {
    let problems = configure(settings).err().unwrap_or_else(|| panic!("{settings} is taken"));
    problems.into_iter().map(|problem| (problem.pointer, problem.message)).collect()
}

/// The attributes of a SCIM resource as the host gives them: each at the top, one for each value.
fn attributes(resource: &Json) -> Vec<Attribute> {
    let mut attributes = Vec::new();
    for (path, value) in resource.as_object().expect("a resource is an object") {
        let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        attributes.extend(values.iter().map(|value| Attribute { path: path.clone(), value: to_value(value) }));
    }
    attributes
}

fn to_value(value: &Json) -> Value {
    match value {
        Json::String(text) => Value::Text(text.clone()),
        Json::Bool(truth) => Value::Boolean(*truth),
        Json::Number(number) => match number.as_i64() {
            Some(integer) => Value::Integer(integer),
            None => Value::Decimal(number.as_f64().unwrap()),
        },
        other => Value::Json(other.to_string()),
    }
}

/// A user as the host hands it to the first policy, of a SCIM resource, in groups of these names.
fn user(resource: &Json, groups: &[&str]) -> User {
    let name = resource["userName"].as_str().unwrap_or("ada");
    let mut user = User::sample(name).in_groups(groups);
    user.external_id = resource["externalId"].as_str().map(str::to_owned);
    user.display_name = resource["displayName"].as_str().unwrap_or(name).to_owned();
    user.view.display_name.clone_from(&user.display_name);
    user.attributes = attributes(resource);
    user.facts = vec![Attribute::text("connection.provider", "jumpcloud"), Attribute::text("connection.name", "Head office")];
    user
}

/// A group as the host hands it to the first policy, of a SCIM resource.
fn group(resource: &Json) -> Group {
    let mut group = Group::sample(resource["displayName"].as_str().unwrap_or_default());
    group.attributes = attributes(resource);
    group.facts = vec![Attribute::text("connection.provider", "jumpcloud"), Attribute::text("connection.name", "Head office")];
    group
}

/// Ada, whom most tests are about.
fn ada() -> Json {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "id": "0192f0c1-0000-7000-8000-000000000001",
        "externalId": "E-1",
        "userName": "Ada@Example.com",
        "name": {"givenName": "Ada", "familyName": "Lovelace"},
        "title": "Engineer",
        "userType": "Contractor",
        "active": true,
        "emails": [
            {"type": "work", "value": "ada@example.com", "primary": true},
            {"type": "home", "value": "ada@home.example"},
        ],
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "R&D", "employeeNumber": "0042"},
    })
}

/// What one user rule with these effects does to Ada.
#[track_caller]
fn effects_of(effects: &Json) -> Vec<UserEffect> {
    let rules = rules(&json!({"users": [{"name": "rule", "effects": effects}]}));
    rules.project_user(&user(&ada(), &["NB-Staff", "NB-R&D", "All"])).into_iter().map(|change| change.effect).collect()
}
