//! Policies that only watch, as operators see them: what they would do, to whom, and giving them effect in one call.

use doorlist_tests::Tenant;
use doorlist_tests::callers::text;
use serde_json::{Value, json};

use super::{assert_replay, expect_members};
use crate::shared;

const ACTIVE: [(&str, &str); 3] = [("ada@example.com", "active"), ("ben@example.com", "active"), ("cleo@example.com", "active")];

fn monitored(tenant: &Tenant) -> Value {
    tenant.synced();
    let mut all = tenant.all("/pipeline/monitor");
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

/// What is counted and is not 0.
fn counts(report: &Value, which: &str) -> Value {
    let mut counts = report[which].clone();
    counts.as_object_mut().unwrap().retain(|_, count| *count != json!(0));
    counts
}

fn watching(groups: &[&str], mode: &str) -> Value {
    json!({"policies": [
        {"name": "prefix", "plugin": "group-prefix", "settings": {"prefixes": ["NB-"]}},
        {"name": "staff / only", "plugin": "user-group-filter", "settings": {"groups": groups}, "mode": mode},
    ]})
}

#[test]
fn what_a_policy_would_do_is_counted_and_listed_and_then_done_in_one_call() {
    let tenant = shared::tenant("monitor");
    let client = tenant.connect();
    let (ada, ben, cleo) = (client.user("ada@example.com"), client.user("ben@example.com"), client.user("cleo@example.com"));
    let staff = client.group("NB-Staff", &[&ada]);
    assert_eq!(tenant.all("/pipeline/monitor"), Vec::<Value>::new());
    let _ = tenant.put("/pipeline", &watching(&["NB-Staff"], "monitor")).expect(200);
    let report = monitored(&tenant);
    let two = json!({"subjects": 2, "excluded": 2});
    assert_eq!((counts(&report, "now"), counts(&report, "total")), (two.clone(), two), "{report}");
    assert_eq!((&report["policy"], &report["plugin"]), (&json!("staff / only"), &json!("user-group-filter")));
    assert_eq!(report["since"], tenant.get("/pipeline").expect(200)["created"]);
    expect_members(&tenant, &ACTIVE);
    // Who joins is no longer counted now, and was.
    client.join(&staff, &ben);
    let report = monitored(&tenant);
    assert_eq!(
        (counts(&report, "now"), counts(&report, "total")),
        (json!({"subjects": 1, "excluded": 1}), json!({"subjects": 2, "excluded": 2}))
    );
    // Whom, and why.
    let path = "/pipeline/monitor/staff%20%2F%20only";
    let subjects = tenant.all(&format!("{path}/subjects"));
    assert_eq!(subjects.len(), 1, "{subjects:?}");
    let subject = &subjects[0];
    assert_eq!((&subject["kind"], &subject["scimId"], &subject["name"]), (&json!("user"), &json!(cleo), &json!("cleo@example.com")));
    assert_eq!(subject["would"], json!([{"change": "excluded"}]));
    assert_eq!(subject["changes"][0]["effect"], "exclude");
    assert!(!text(&subject["changes"][0], "reason").is_empty());
    let decision = tenant.user_decision(&cleo);
    let verdict = decision["verdicts"].as_array().unwrap().iter().find(|verdict| verdict["monitor"] == json!(true)).cloned();
    assert_eq!(verdict.unwrap()["would"], subject["would"], "{decision}");
    assert_eq!(tenant.all(&format!("{path}/subjects?change=excluded")).len(), 1);
    assert_eq!(tenant.all(&format!("{path}/subjects?change=suspended")), Vec::<Value>::new());
    tenant.get(&format!("{path}/subjects?change=nonsense")).problem(400);
    tenant.get("/pipeline/monitor/prefix/subjects").problem(404);
    tenant.post("/pipeline/monitor/prefix/promote", &json!({})).problem(404);
    // Other settings are counted anew.
    let _ = tenant.put("/pipeline", &watching(&["NB-Staff", "NB-None"], "monitor")).expect(200);
    let again = monitored(&tenant);
    assert_eq!(counts(&again, "total"), json!({"subjects": 1, "excluded": 1}));
    assert!(text(&again, "since") > text(&report, "since"), "{again}");
    // In one call it has effect, and that is a plan like any other.
    let applied = tenant.post(&format!("{path}/promote"), &json!({})).expect(200);
    assert_eq!(
        (&applied["plan"]["counts"]["membersRemoved"], &applied["pipeline"]["revision"]),
        (&json!(1), &applied["plan"]["applied"]),
        "{applied}"
    );
    assert_eq!(applied["pipeline"]["policies"][1]["mode"], "enforce");
    tenant.synced();
    expect_members(&tenant, &ACTIVE[..2]);
    assert_eq!(tenant.all("/pipeline/monitor"), Vec::<Value>::new());
    tenant.post(&format!("{path}/promote"), &json!({})).problem(404);
}

/// Policies behind one that only watches have the last word: what they take back would not happen, and is not counted.
#[test]
fn what_later_policies_take_back_is_not_counted() {
    let tenant = shared::tenant("monitor later");
    let client = tenant.connect();
    let create = |name: &str, title: &str| text(&client.post("/Users", &json!({"userName": name, "title": title})).expect(201), "id");
    let (ada, _) = (create("ada@example.com", "Guest"), create("ben@example.com", "Guest"));
    client.group("NB-Staff", &[&ada]);
    let rules = |name: &str, effects: &Value| {
        let users = json!([{"name": "guests", "when": "title eq \"Guest\"", "effects": effects}]);
        json!({"name": name, "plugin": "rules", "mode": "monitor", "settings": {"users": users}})
    };
    let staff = json!({"name": "staff", "plugin": "user-group-filter", "settings": {"groups": ["NB-Staff"]}});
    let protection = json!({"name": "protection", "plugin": "role-protection", "settings": {"roles": ["owner", "admin"]}});
    let policies = json!([
        rules("suspend", &json!({"status": "suspended"})),
        rules("promote", &json!({"role": "admin"})),
        rules("move", &json!({"role": "auditor"})),
        staff,
        protection
    ]);
    let _ = tenant.put("/pipeline", &json!({"policies": policies})).expect(200);
    expect_members(&tenant, &[("ada@example.com", "active")]);
    let reports = tenant.all("/pipeline/monitor");
    let now: Vec<Value> = reports.iter().map(|report| counts(report, "now")).collect();
    // Ben is not in the directory, and nobody becomes an admin.
    assert_eq!(now, [json!({"subjects": 1, "suspended": 1}), json!({}), json!({"subjects": 1, "roles": 1})]);
    assert!(reports.iter().all(|report| report["now"] == report["total"]), "{reports:?}");
    let subjects = tenant.all("/pipeline/monitor/suspend/subjects");
    assert_eq!((subjects.len(), &subjects[0]["name"]), (1, &json!("ada@example.com")));
    assert_eq!(tenant.all("/pipeline/monitor/promote/subjects"), Vec::<Value>::new());
    // What is asked for stays to be seen in the decision.
    let decision = tenant.user_decision(&ada);
    let verdict = decision["verdicts"].as_array().unwrap().iter().find(|verdict| verdict["policy"] == "promote").unwrap();
    assert_eq!((&verdict["changes"][0]["effect"], &verdict["would"]), (&json!("set-role"), &Value::Null), "{decision}");
    // Given effect, it does what was said.
    let applied = tenant.post("/pipeline/monitor/suspend/promote", &json!({})).expect(200);
    assert_eq!((&applied["plan"]["differences"], &applied["plan"]["counts"]["membersSuspended"]), (&json!(1), &json!(1)), "{applied}");
    tenant.synced();
    assert_replay(&tenant);
}

/// Who gives effect in one call to what was watched has not looked at whom it would leave stuck.
#[test]
fn what_would_fail_is_not_given_effect_in_one_call() {
    let tenant = shared::tenant("monitor fails");
    let client = tenant.connect();
    client.user("ada@example.com");
    let rules = json!({"users": [{"name": "wizards", "when": "userName pr", "effects": {"role": "wizard"}}]});
    let policies = json!([{"name": "fails", "plugin": "rules", "mode": "monitor", "settings": rules}]);
    let put = tenant.put("/pipeline", &json!({"policies": policies})).expect(200);
    let report = monitored(&tenant);
    assert_eq!(counts(&report, "now"), json!({"subjects": 1, "stuck": 1}));
    let detail = tenant.post("/pipeline/monitor/fails/promote", &json!({})).problem(409);
    let planned = tenant.all("/pipeline/plans").remove(0);
    assert!(detail.contains("1 users and groups be stuck") && detail.contains(&text(&planned, "id")), "{detail}");
    assert_eq!(tenant.get("/pipeline").expect(200)["revision"], put["revision"], "nothing is put");
    let _ = tenant.post(&format!("/pipeline/plans/{}/apply", text(&planned, "id")), &json!({})).expect(200);
    assert_eq!(tenant.synced()["stuck"], 1);
}

/// A page has as many as are asked for, and the next one goes on behind it, over users and groups.
#[test]
fn whom_a_policy_would_change_is_paged() {
    let tenant = shared::tenant("monitor pages");
    let client = tenant.connect();
    for number in 0..5 {
        client.user(&format!("user{number}@example.com"));
    }
    client.group("Sales", &[]);
    let rules = json!({"groups": [{"name": "none", "when": "displayName pr", "effects": {"included": false}}],
        "users": [{"name": "auditors", "when": "userName pr", "effects": {"role": "auditor", "status": "suspended", "displayName": "X"}}]});
    let _ = tenant
        .put("/pipeline", &json!({"policies": [{"name": "all", "plugin": "rules", "mode": "monitor", "settings": rules}]}))
        .expect(200);
    let report = monitored(&tenant);
    let expected = json!({"subjects": 6, "excluded": 1, "suspended": 5, "roles": 5, "changed": 5});
    assert_eq!(counts(&report, "now"), expected);
    let (mut names, mut next) = (Vec::new(), String::new());
    loop {
        let page = tenant.get(&format!("/pipeline/monitor/all/subjects?limit=2{next}")).expect(200);
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 2);
        names.extend(items.iter().map(|item| text(item, "name")));
        match page["nextCursor"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => break,
        }
    }
    names.sort();
    assert_eq!(names, ["Sales", "user0@example.com", "user1@example.com", "user2@example.com", "user3@example.com", "user4@example.com"]);
    let would = tenant.all("/pipeline/monitor/all/subjects?change=role");
    assert_eq!(would.len(), 5);
    assert!(would.iter().all(|one| one["would"].as_array().unwrap().contains(&json!({"change": "role", "from": "user", "to": "auditor"}))));
    tenant.get("/pipeline/monitor/all/subjects?cursor=nonsense").problem(400);
    assert_replay(&tenant);
}
