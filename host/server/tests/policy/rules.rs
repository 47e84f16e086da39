//! The policy `rules` through the sandbox: it loads, says what docs/rules.md promises, and keeps within its limits.

use crate::{limits, plugin};
use doorlist::clock::thread_time;
use doorlist::policy::json::{apply_group, apply_user, group, group_view_to_json, user, user_view_to_json};
use doorlist::policy::{Batch, Problem, SettingsError};
use serde_json::{Value, json};
use std::time::Instant;

const GUIDE: &str = include_str!("../../../../docs/rules.md");

/// The JSON blocks of the guide, each with the number of its first line.
fn blocks() -> Vec<(usize, Value)> {
    let mut blocks = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (number, line) in GUIDE.lines().enumerate() {
        match (&mut open, line) {
            (None, "```json") => open = Some((number + 2, String::new())),
            (Some((start, text)), "```") => {
                let value = serde_json::from_str(text).unwrap_or_else(|error| panic!("docs/rules.md:{start}: {error}"));
                blocks.push((*start, value));
                open = None;
            }
            (Some((_, text)), line) => text.push_str(line),
            (None, _) => {}
        }
    }
    blocks
}

/// A SCIM resource as the host gives it: each attribute at the top, one for each value.
fn item(resource: &Value, groups: &Value, provider: &Value) -> Value {
    let mut attributes = Vec::new();
    for (path, value) in resource.as_object().expect("a resource is an object") {
        let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        attributes.extend(values.iter().map(|value| json!({"path": path, "value": value})));
    }
    let mut item = json!({"attributes": attributes});
    for name in ["userName", "displayName"] {
        item[name] = resource[name].clone();
    }
    if resource.get("userName").is_some() {
        item["lifecycle"] = json!(if resource["active"] == false { "inactive" } else { "active" });
        item["groups"] = groups.as_array().into_iter().flatten().map(|name| json!({"name": name})).collect();
    }
    item["facts"] = json!([{"path": "connection.provider", "value": provider.as_str().unwrap_or("jumpcloud")}]);
    item.as_object_mut().expect("it is an object").retain(|_, value| !value.is_null());
    item
}

fn batch(settings: &Value) -> Batch {
    plugin("rules").check_settings(settings, &limits()).outcome.unwrap_or_else(|error| panic!("{settings}: {error:?}"));
    plugin("rules").batch(&settings.to_string(), &limits()).unwrap_or_else(|fault| panic!("{settings}: {fault}"))
}

fn problems(settings: &Value) -> Vec<Problem> {
    match plugin("rules").check_settings(settings, &limits()).outcome {
        Err(SettingsError::Problems(problems)) => problems,
        other => panic!("{settings}: {other:?}"),
    }
}

#[test]
fn the_guide_says_what_rules_do() {
    let (mut rules, mut examples, mut unproved) = (None, 0, 0);
    for (line, block) in blocks() {
        let Some(becomes) = block.get("becomes") else {
            assert_eq!(unproved, 0, "the settings before docs/rules.md:{line} have no example");
            unproved += 1;
            rules = Some(batch(&block));
            continue;
        };
        (examples, unproved) = (examples + 1, 0);
        let rules = rules.as_mut().expect("settings stand before their examples");
        let view = if block.get("user").is_some() {
            let user = user(&item(&block["user"], &block["groups"], &block["provider"]))
                .unwrap_or_else(|error| panic!("docs/rules.md:{line}: {error}"));
            let changes = rules.project_user(&user).unwrap_or_else(|fault| panic!("docs/rules.md:{line}: {fault}"));
            let mut view = user.view;
            apply_user(&mut view, &changes);
            user_view_to_json(&view)
        } else {
            let group = group(&item(&block["group"], &block["groups"], &block["provider"]))
                .unwrap_or_else(|error| panic!("docs/rules.md:{line}: {error}"));
            let changes = rules.project_group(&group).unwrap_or_else(|fault| panic!("docs/rules.md:{line}: {fault}"));
            let mut view = group.view;
            apply_group(&mut view, &changes);
            group_view_to_json(&view)
        };
        for (part, expected) in becomes.as_object().expect("a view is an object") {
            assert_eq!(&view[part], expected, "docs/rules.md:{line}: {part}");
        }
    }
    assert!(examples > 15, "{examples} examples");
}

#[test]
fn changes_name_the_rule() {
    let mut rules =
        batch(&json!({"users": [{"name": "out", "when": "title eq \"Guest\"", "effects": {"included": false, "role": "guest"}}]}));
    let guest = user(&item(&json!({"userName": "ada", "title": "guest"}), &json!([]), &json!(null))).expect("it is a user");
    let changes = rules.project_user(&guest).expect("it answers");
    let reasons: Vec<&str> = changes.iter().map(|change| change.reason.as_str()).collect();
    assert_eq!(reasons, ["Rule \"out\": title eq \"Guest\""; 2]);
}

#[test]
fn faults_are_pointed_at() {
    for (settings, pointer, message) in [
        (
            json!({"users": [{"name": "r", "when": "titel eq \"x\"", "stop": true}]}),
            "/users/0/when",
            "Column 1: The filter names \"titel\"",
        ),
        (json!({"users": [{"name": "r", "effects": {"displayName": "{name.first}"}}]}), "/users/0/effects/displayName", "Column 2: "),
        // What the JSON Schema can say, it says.
        (json!({"users": [{"name": "r", "effects": {"status": "blocked"}}]}), "/users/0/effects/status", ""),
        (json!({"users": [{"name": "r", "effects": {"role": {"of": "{title}"}}}]}), "/users/0/effects/role", "a setting \"table\""),
        (json!({"users": [{"name": "r", "effects": {"role": 5}}]}), "/users/0/effects/role", ""),
        (json!({"users": [{"name": "r", "effects": {"rolle": "x"}}]}), "/users/0/effects/rolle", "no setting \"rolle\""),
        (json!({"users": [{"when": "title pr"}]}), "/users/0", "a setting \"name\""),
        (json!({"groups": [{"name": "r", "effects": {"role": "x"}}]}), "/groups/0/effects/role", "no setting \"role\""),
        (json!({"schemas": [{"id": "acme", "attributes": [{"name": "x"}]}]}), "/schemas/0/id", "must be a URN"),
    ] {
        let found = problems(&settings);
        let fits = |problem: &Problem| problem.pointer == pointer && problem.message.contains(message);
        assert!(found.iter().any(fits), "{settings}: {found:?}");
    }
}

/// Settings as large and conditions as deep as they may be.
#[test]
fn the_largest_settings_fit_the_sandbox() {
    let deep = format!("{}title pr{}", "not (".repeat(32), ")".repeat(32));
    let rules: Vec<Value> = (0..200)
        .map(|place| {
            let when = format!("{deep} and userName ne \"{}\"", "x".repeat(20));
            json!({"name": format!("rule {place}"), "when": when, "effects": {"addGroups": ["{title}"]}})
        })
        .collect();
    let settings = json!({ "users": rules });
    assert!(settings.to_string().len() > 50_000, "{}", settings.to_string().len());
    let mut batch = batch(&settings);
    let ada = user(&item(&json!({"userName": "ada", "title": "Engineer"}), &json!([]), &json!(null))).expect("it is a user");
    assert_eq!(batch.project_user(&ada).expect("it answers").len(), 1);
}

/// A user of the size that the server takes, under all comparisons that there may be.
#[test]
fn a_large_user_fits_the_time() {
    let emails: Value = (0..500)
        .map(|place| json!({"type": "work", "value": format!("a.rather.long.address.{place}@a.rather.long.domain.example")}))
        .collect();
    let large = user(&item(&json!({"userName": "ada", "emails": emails}), &json!([]), &json!(null))).expect("it is a user");
    let when = vec!["emails.value eq \"nobody@example.com\""; 50].join(" or ");
    let rules: Vec<Value> =
        (0..10).map(|place| json!({"name": format!("{place}"), "when": when, "effects": {"included": false}})).collect();
    assert_eq!(batch(&json!({ "users": rules })).project_user(&large), Ok(Vec::new()));
}

#[test]
#[ignore = "prints figures, asserts nothing about time"]
fn figures_of_rules() {
    let wasm = doorlist::policy::first_party().into_iter().find(|(name, _)| *name == "rules").expect("it is carried").1;
    let start = Instant::now();
    crate::load(wasm).expect("it loads");
    println!("{} KiB of WebAssembly, loaded in {} ms", wasm.len() >> 10, start.elapsed().as_millis());
    let rule = |place: usize| {
        let when =
            format!("groups[display sw \"NB-\"] and emails[primary eq true and value ew \"@example.com\"] and title ne \"T{place}\"");
        json!({"name": format!("rule {place}"), "when": when, "effects": {"displayName": "{name.givenName} {name.familyName}", "addGroups": ["G"]}})
    };
    let resource = json!({
        "userName": "ada@example.com", "title": "Engineer", "name": {"givenName": "Ada", "familyName": "Lovelace"}, "active": true,
        "emails": [{"value": "ada@example.com", "primary": true}, {"value": "ada@home.example"}],
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "R&D", "employeeNumber": "0042"},
    });
    let groups: Value = (0..10).map(|place| format!("NB-Group {place}")).collect();
    let ada = user(&item(&resource, &groups, &json!(null))).expect("it is a user");
    for (count, users, rounds) in [(0, 1, 300_u32), (1, 1, 300), (1, 64, 50), (10, 64, 50), (100, 64, 20)] {
        let settings = json!({"users": (0..count).map(rule).collect::<Vec<_>>()}).to_string();
        let mut costs: Vec<f64> = (0..rounds)
            .map(|_| {
                // The thread's own time: the machine may be busy.
                let start = thread_time();
                let mut batch = plugin("rules").batch(&settings, &limits()).expect("a slot is free");
                for _ in 0..users {
                    batch.project_user(&ada).expect("it answers");
                }
                (thread_time() - start).as_secs_f64() * 1e6 / f64::from(users)
            })
            .collect();
        costs.sort_by(f64::total_cmp);
        println!("{count} rules, {users} users in an instance: {:.1} µs a user (median of {rounds})", costs[costs.len() / 2]);
    }
}
