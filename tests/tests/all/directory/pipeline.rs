//! The pipeline as operators see it: revisions, settings, modes.

use doorlist_tests::callers::text;
use serde_json::{Value, json};

use super::{assert_replay, expect_groups, expect_members};
use crate::shared;

#[test]
fn the_wizard_writes_policies_like_anybody() {
    let tenant = shared::tenant("wizard");
    let empty = tenant.get("/pipeline").expect(200);
    assert_eq!((&empty["revision"], &empty["policies"]), (&json!(0), &json!([])));
    let client = tenant.connect_with(
        &json!({"provider": "jumpcloud", "name": "J", "groupPrefixes": ["NB-"], "userGroups": ["Staff"], "userGroupMatch": "prefix"}),
    );
    let pipeline = tenant.get("/pipeline").expect(200);
    assert_eq!(pipeline["revision"], 1);
    let policies = pipeline["policies"].as_array().unwrap();
    let plugins: Vec<&str> = policies.iter().filter_map(|policy| policy["plugin"].as_str()).collect();
    assert_eq!(plugins, ["group-prefix", "user-group-filter", "role-protection"]);
    assert!(policies.iter().all(|policy| policy["connection"] == client.connection.as_str() && policy["mode"] == "enforce"), "{pipeline}");
    assert_eq!(policies[0]["settings"], json!({"prefixes": ["NB-"]}));
    assert_eq!(policies[1]["settings"], json!({"groups": ["Staff"], "match": "prefix"}));
    assert_eq!(policies[2]["settings"], json!({"roles": ["owner", "admin"]}));
    // What is changed by hand is what the connection shows, and the other way around.
    let mut changed = policies.clone();
    changed[0]["settings"] = json!({"prefixes": ["VPN-"]});
    let put = tenant.put("/pipeline", &json!({"policies": changed, "revision": 1})).expect(200);
    assert_eq!(put["revision"], 2);
    let shown = tenant.get(&format!("/connections/{}", client.connection)).expect(200);
    assert_eq!(shown["groupPrefixes"], json!(["VPN-"]));
    let _ = tenant.patch(&format!("/connections/{}", client.connection), &json!({"groupPrefixes": ["A-", "B-"]})).expect(200);
    let pipeline = tenant.get("/pipeline").expect(200);
    assert_eq!((&pipeline["revision"], &pipeline["policies"][0]["settings"]), (&json!(3), &json!({"prefixes": ["A-", "B-"]})));
    let revisions: Vec<u64> = tenant.all("/pipeline/revisions").iter().filter_map(|one| one["revision"].as_u64()).collect();
    assert_eq!(revisions, [3, 2, 1], "newest first");
}

/// A policy of one connection says nothing of another's users and groups.
#[test]
fn a_policy_is_limited_to_its_connection() {
    let tenant = shared::tenant("limited");
    let one = tenant.connect_with(&json!({"provider": "jumpcloud", "name": "One", "groupPrefixes": ["NB-"], "userGroups": ["NB-Staff"]}));
    let two = tenant.connect_with(&json!({"provider": "okta", "name": "Two"}));
    let (ada, ben) = (one.user("ada@example.com"), two.user("ben@example.com"));
    one.group("Other", &[&ada]);
    two.group("Marketing", &[&ben]);
    expect_members(&tenant, &[("ben@example.com", "active")]);
    expect_groups(&tenant, &[("Marketing", &["ben@example.com"])]);
    let all = json!([{"name": "all", "plugin": "group-prefix", "settings": {"prefixes": ["Other"]}}]);
    let _ = tenant.put("/pipeline", &json!({"policies": all})).expect(200);
    expect_members(&tenant, &[("ada@example.com", "active"), ("ben@example.com", "active")]);
    expect_groups(&tenant, &[("Other", &["ada@example.com"])]);
}

#[test]
fn a_monitoring_policy_is_noted_and_changes_nothing() {
    let tenant = shared::tenant("monitor");
    let client = tenant.connect();
    let user = client.user("ada@example.com");
    let policies = json!([{"name": "watch", "plugin": "user-group-filter", "settings": {"groups": ["Staff"]}, "mode": "monitor"}]);
    let _ = tenant.put("/pipeline", &json!({"policies": policies})).expect(200);
    expect_members(&tenant, &[("ada@example.com", "active")]);
    let decision = tenant.user_decision(&user);
    assert_eq!(decision["included"], true);
    let verdict = &decision["verdicts"][0];
    assert_eq!(
        (&verdict["policy"], &verdict["monitor"], &verdict["changes"][0]["effect"]),
        (&json!("watch"), &json!(true), &json!("exclude")),
        "{decision}"
    );
    let policies = json!([{"name": "watch", "plugin": "user-group-filter", "settings": {"groups": ["Staff"]}, "mode": "enforce"}]);
    let _ = tenant.put("/pipeline", &json!({"policies": policies})).expect(200);
    expect_members(&tenant, &[]);
    let _ = tenant.put("/pipeline", &json!({"policies": []})).expect(200);
    expect_members(&tenant, &[("ada@example.com", "active")]);
}

#[test]
fn a_pipeline_that_is_none_is_refused_with_pointers() {
    let tenant = shared::tenant("bad pipeline");
    let _ = tenant.connect();
    tenant.synced();
    let before = tenant.get("/pipeline").expect(200);
    let good = json!({"name": "good", "plugin": "group-prefix", "settings": {"prefixes": ["A"]}});
    let cases = [
        (json!([{"name": "a", "plugin": "nonsense"}]), "/policies/0/plugin"),
        (json!([{"name": "a", "plugin": "group-prefix", "version": "99.0.0"}]), "/policies/0/version"),
        (json!([good, {"name": "b", "plugin": "group-prefix", "settings": {"prefixes": [""]}}]), "/policies/1/settings/prefixes/0"),
        (json!([{"name": "a", "plugin": "group-prefix", "settings": {"prefixes": "A"}}]), "/policies/0/settings/prefixes"),
        (json!([{"name": "a", "plugin": "group-prefix", "settings": {"nonsense": 1}}]), "/policies/0/settings/nonsense"),
        (json!([{"name": "a", "plugin": "user-group-filter", "settings": {"match": "suffix"}}]), "/policies/0/settings/match"),
        (json!([good, good]), "/policies/1/name"),
        (json!([{"name": "", "plugin": "group-prefix"}]), "/policies/0/name"),
        (json!([{"name": "a", "plugin": "group-prefix", "mode": "sometimes"}]), "/policies/0/mode"),
        (json!([{"name": "a", "plugin": "group-prefix", "connection": "01890a5d-ac96-774b-bcce-b302099a8057"}]), "/policies/0/connection"),
        (json!("nonsense"), "/policies"),
    ];
    for (policies, pointer) in cases {
        let reply = tenant.put("/pipeline", &json!({"policies": policies}));
        let shown = reply.to_string();
        let problem: Value = serde_json::from_slice(&reply.body).unwrap();
        reply.problem(400);
        let pointers: Vec<String> = problem["problems"].as_array().into_iter().flatten().map(|one| text(one, "pointer")).collect();
        assert!(pointers.iter().any(|one| one == pointer), "{pointer} is not among {pointers:?}: {shown}");
    }
    // Too many, and one that another operator overtook.
    let many: Vec<Value> = (0..321).map(|place| json!({"name": format!("p{place}"), "plugin": "group-prefix"})).collect();
    tenant.put("/pipeline", &json!({"policies": many})).problem(400);
    tenant.put("/pipeline", &json!({"policies": [], "revision": 0})).problem(409);
    assert_eq!(tenant.get("/pipeline").expect(200), before);
    assert_replay(&tenant);
}

#[test]
fn plugins_say_what_they_are() {
    let tenant = shared::tenant("plugins");
    let plugins = tenant.all("/plugins");
    let names: Vec<String> = plugins.iter().map(|plugin| text(plugin, "name")).collect();
    for name in ["group-prefix", "role-protection", "user-group-filter"] {
        assert!(names.iter().any(|one| one == name), "{name} is not among {names:?}");
    }
    for plugin in &plugins {
        let one = tenant.get(&format!("/plugins/{}/{}", text(plugin, "name"), text(plugin, "version"))).expect(200);
        assert_eq!(one, *plugin);
        for key in ["description", "settingsSchema", "reads", "writes"] {
            assert!(plugin.get(key).is_some(), "{key} is missing: {plugin}");
        }
    }
    tenant.get("/plugins/nonsense/1.0.0").problem(404);
}
