//! A pipeline in shadow of the one in force, as operators see it: what it would make different, now and since, and putting it in force in one call.

use doorlist_tests::Tenant;
use doorlist_tests::callers::text;
use doorlist_tests::patience::eventually;
use serde_json::{Value, json};

use super::{assert_replay, expect_members};
use crate::guests::{SAID, Said, guest, plain};
use crate::shared;

const ACTIVE: [(&str, &str); 3] = [("ada@example.com", "active"), ("ben@example.com", "active"), ("cleo@example.com", "active")];

/// The shadow once it has looked at everybody.
fn settled(tenant: &Tenant) -> Value {
    tenant.synced();
    let look = || Some(tenant.get("/pipeline/shadow").expect(200)).filter(|shadow| shadow["settled"] == json!(true));
    eventually("the shadow has come by everybody", look)
}

/// What is counted and is not 0.
fn counts(shadow: &Value, which: &str) -> Value {
    let mut counts = shadow[which].clone();
    counts.as_object_mut().unwrap().retain(|_, count| *count != json!(0));
    counts
}

fn staff(groups: &[&str]) -> Value {
    json!({"policies": [
        {"name": "prefix", "plugin": "group-prefix", "settings": {"prefixes": ["NB-"]}},
        {"name": "staff", "plugin": "user-group-filter", "settings": {"groups": groups}},
    ]})
}

#[test]
fn what_a_pipeline_in_shadow_would_do_is_counted_and_listed_and_then_done_in_one_call() {
    let tenant = shared::tenant("shadow");
    let client = tenant.connect();
    let (ada, ben, cleo) = (client.user("ada@example.com"), client.user("ben@example.com"), client.user("cleo@example.com"));
    let group = client.group("NB-Staff", &[&ada]);
    let sales = client.group("Sales", &[&ada]);
    tenant.get("/pipeline/shadow").problem(404);
    tenant.get("/pipeline/shadow/differences").problem(404);
    tenant.post("/pipeline/shadow/promote", &json!({})).problem(404);
    let _ = tenant.put("/pipeline/shadow", &staff(&["NB-Staff"])).expect(200);
    let shadow = settled(&tenant);
    let expected = json!({"subjects": 3, "excluded": 3});
    assert_eq!((counts(&shadow, "now"), counts(&shadow, "total")), (expected.clone(), expected), "{shadow}");
    assert_eq!((&shadow["policies"][1]["name"], &shadow["due"]), (&json!("staff"), &json!(0)));
    expect_members(&tenant, &ACTIVE);
    let find = |query: &str| tenant.all(&format!("/pipeline/shadow/differences{query}"));
    let named = |name: &str| find("").into_iter().find(|one| one["name"] == json!(name));
    assert_eq!(named("Sales").unwrap()["scimId"], json!(sales));
    let difference = named("cleo@example.com").unwrap();
    assert_eq!((&difference["scimId"], &difference["would"]), (&json!(cleo), &json!([{"change": "excluded"}])));
    assert_eq!(difference["reason"]["policy"], "staff", "{difference}");
    assert_eq!((find("?change=excluded").len(), find("?change=included").len()), (3, 0));
    tenant.get("/pipeline/shadow/differences?change=nonsense").problem(400);
    // It follows what happens.
    client.join(&group, &ben);
    let shadow = settled(&tenant);
    let counted = (counts(&shadow, "now"), counts(&shadow, "total"));
    assert_eq!(counted, (json!({"subjects": 2, "excluded": 2}), json!({"subjects": 3, "excluded": 3})));
    client.remove(&format!("/Groups/{sales}"));
    assert_eq!(counts(&settled(&tenant), "now"), json!({"subjects": 1, "excluded": 1}));
    assert_eq!(named("Sales"), None);
    // And the pipeline in force: whom that excludes as well is not different.
    let _ = tenant.put("/pipeline", &staff(&["NB-Staff"])).expect(200);
    assert_eq!(counts(&settled(&tenant), "now"), json!({}));
    let _ = tenant.put("/pipeline", &json!({"policies": []})).expect(200);
    assert_eq!(counts(&settled(&tenant), "now"), json!({"subjects": 1, "excluded": 1}));
    // In one call it is in force, and that is a plan like any other.
    let applied = tenant.post("/pipeline/shadow/promote", &json!({})).expect(200);
    assert_eq!((&applied["plan"]["counts"]["membersRemoved"], &applied["pipeline"]["revision"]), (&json!(1), &applied["plan"]["applied"]));
    tenant.synced();
    expect_members(&tenant, &ACTIVE[..2]);
    tenant.get("/pipeline/shadow").problem(404);
}

#[test]
fn a_shadow_that_fails_keeps_nobody_and_one_that_is_put_anew_begins_anew() {
    let tenant = shared::tenant("failing shadow");
    let client = tenant.connect();
    client.user("ada@example.com");
    client.user("ben@example.com");
    let _ = tenant.upload(&guest(&Said { name: "traps", ..SAID }, &[("project-user", "(unreachable)")])).expect(201);
    let _ = tenant.upload(&plain("well", "1.0.0")).expect(201);
    let uses = |plugin: &str| json!({"policies": [{"name": "p", "plugin": plugin}]});
    let _ = tenant.put("/pipeline/shadow", &uses("traps")).expect(200);
    let shadow = settled(&tenant);
    assert_eq!(counts(&shadow, "now"), json!({"subjects": 2, "stuck": 2}), "{shadow}");
    assert_eq!(tenant.synced()["stuck"], 0);
    let differences = tenant.all("/pipeline/shadow/differences");
    let explained = |one: &Value| one["reason"]["policy"] == json!("p") && !text(&one["reason"], "text").is_empty();
    assert!(differences.iter().all(explained), "{differences:?}");
    // A plugin that is used so cannot be deleted.
    tenant.delete("/plugins/traps/1.0.0").problem(409);
    let _ = tenant.put("/pipeline/shadow", &uses("well")).expect(200);
    let shadow = settled(&tenant);
    assert_eq!((counts(&shadow, "now"), counts(&shadow, "total")), (json!({}), json!({})), "{shadow}");
    assert_eq!(tenant.all("/pipeline/shadow/differences"), Vec::<Value>::new());
    let _ = tenant.delete("/plugins/traps/1.0.0").expect(204);
    let _ = tenant.delete("/pipeline/shadow").expect(204);
    tenant.delete("/pipeline/shadow").problem(404);
    tenant.put("/pipeline/shadow", &uses("traps")).problem(400);
    tenant.put("/pipeline/shadow", &json!({"policies": [], "revision": 99})).problem(409);
    assert_replay(&tenant);
}

/// Who is let in because a policy falls away has that policy's reason, which says so.
#[test]
fn a_reason_that_falls_away_says_so() {
    let tenant = shared::tenant("shadow lifted");
    let client = tenant.connect();
    let _ = client.user("ada@example.com");
    let _ = tenant.put("/pipeline", &staff(&["NB-Staff"])).expect(200);
    let _ = tenant.put("/pipeline/shadow", &json!({"policies": []})).expect(200);
    settled(&tenant);
    let differences = tenant.all("/pipeline/shadow/differences");
    assert_eq!((&differences[0]["would"], &differences[0]["lifted"]), (&json!([{"change": "included"}]), &json!(true)), "{differences:?}");
    assert_eq!(differences[0]["reason"]["policy"], "staff", "{differences:?}");
    let _ = tenant.put("/pipeline", &json!({"policies": []})).expect(200);
    let _ = tenant.put("/pipeline/shadow", &staff(&["NB-Staff"])).expect(200);
    settled(&tenant);
    let differences = tenant.all("/pipeline/shadow/differences");
    assert_eq!((&differences[0]["would"], differences[0].get("lifted")), (&json!([{"change": "excluded"}]), None), "{differences:?}");
}
