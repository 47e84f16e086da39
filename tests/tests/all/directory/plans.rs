//! Plans as operators see them: what a pipeline would make of the directory, who would be concerned and why, and putting it.

use std::collections::BTreeSet;
use std::time::Duration;

use doorlist_tests::callers::text;
use doorlist_tests::process::{Ended, run};
use doorlist_tests::server::{OPERATOR_KEY, command};
use doorlist_tests::{Client, Scratch, Tenant, eventually};
use serde_json::{Value, json};

use super::{assert_replay, expect_groups, expect_members};
use crate::guests::{SAID, Said, guest, plain};
use crate::shared;

/// A tenant with three people and two groups, whose pipeline, revision 1, protects roles that nobody has.
fn three(name: &str) -> (Tenant, Client) {
    let tenant = shared::tenant(name);
    let client = tenant.connect();
    let (ada, ben, _) = (client.user("ada@example.com"), client.user("ben@example.com"), client.user("cleo@example.com"));
    client.group("NB-Staff", &[&ada, &ben]);
    client.group("Sales", &[&ben]);
    tenant.synced();
    (tenant, client)
}

fn filter(groups: &[&str]) -> Value {
    json!({"name": "staff", "plugin": "user-group-filter", "settings": {"groups": groups}})
}

fn prefix(prefixes: &[&str]) -> Value {
    json!({"name": "prefix", "plugin": "group-prefix", "settings": {"prefixes": prefixes}})
}

fn plan(tenant: &Tenant, policies: &Value) -> Value {
    tenant.post("/pipeline/plans", &json!({"policies": policies})).expect(201)
}

fn differences(tenant: &Tenant, plan: &Value) -> Vec<Value> {
    filtered(tenant, plan, "limit=50")
}

/// Every difference that a query asks for, over all its pages.
#[track_caller]
fn filtered(tenant: &Tenant, plan: &Value, query: &str) -> Vec<Value> {
    let (mut found, mut next) = (Vec::new(), String::new());
    loop {
        let page = tenant.get(&format!("/pipeline/plans/{}/differences?{query}{next}", text(plan, "id"))).expect(200);
        found.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["nextCursor"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => return found,
        }
    }
}

/// Change and name of each.
fn told(differences: &[Value]) -> BTreeSet<(String, String)> {
    differences.iter().map(|difference| (text(difference, "change"), text(difference, "name"))).collect()
}

fn apply(tenant: &Tenant, plan: &Value) -> Value {
    tenant.post(&format!("/pipeline/plans/{}/apply", text(plan, "id")), &json!({})).expect(200)
}

#[test]
fn a_plan_shows_who_goes_and_why_and_touches_nothing() {
    let (tenant, _) = three("plan shows");
    let (before, pipeline, events) = (assert_replay(&tenant), tenant.get("/pipeline").expect(200), tenant.events());
    let planned = plan(&tenant, &json!([prefix(&["NB-"]), filter(&["NB-Staff"])]));
    assert_eq!(
        (&planned["pipelineRevision"], &planned["lastEvent"], &planned["moved"], &planned["subjects"]),
        (&json!(1), &json!(events.len()), &json!(false), &json!(5))
    );
    let counts = &planned["counts"];
    // Ben's membership of Sales goes with the group.
    assert_eq!(
        (&counts["membersRemoved"], &counts["groupsRemoved"], &counts["membershipsRemoved"], &counts["membersAdded"]),
        (&json!(1), &json!(1), &json!(1), &json!(0)),
        "{planned}"
    );
    let found = differences(&tenant, &planned);
    let expected = [("member.removed", "cleo@example.com"), ("group.removed", "Sales")];
    assert_eq!(told(&found), expected.map(|(change, name)| (change.to_owned(), name.to_owned())).into());
    let removed = found.iter().find(|difference| difference["change"] == "member.removed").unwrap();
    assert_eq!(removed["reason"]["policy"], "staff", "{removed}");
    assert!(text(&removed["reason"], "text").len() > 10, "{removed}");
    let group = found.iter().find(|difference| difference["change"] == "group.removed").unwrap();
    assert_eq!((&group["reason"]["policy"], &group["memberships"]), (&json!("prefix"), &json!(1)), "{group}");
    // A person reads it in ten seconds.
    let summary: Vec<String> = planned["summary"].as_array().unwrap().iter().map(|line| line.as_str().unwrap().to_owned()).collect();
    assert_eq!(summary[0], "Of 5 users and groups: 1 member removed, 1 group removed, 1 membership removed.");
    assert_eq!(summary[1], "Policy \"staff\": 1 member removed, such as cleo@example.com.");
    assert_eq!(planned["byPolicy"][0]["policy"], "staff");
    // Filters say what they say.
    let page = |query: &str| filtered(&tenant, &planned, query);
    assert_eq!(page("change=group.removed").len(), 1);
    assert_eq!(page("policy=staff").len(), 1);
    assert_eq!(page("kind=user").len(), 1);
    assert_eq!(page("subject=CLEO").len(), 1);
    assert_eq!(page(&format!("subject={}", text(removed, "scimId"))).len(), 1);
    assert_eq!(page("subject=ada").len(), 0);
    tenant.get(&format!("/pipeline/plans/{}/differences?change=nonsense", text(&planned, "id"))).problem(400);
    // Nothing moved.
    assert_eq!(tenant.get("/pipeline").expect(200), pipeline);
    assert_eq!(tenant.events(), events);
    assert!(assert_replay(&tenant) == before);
}

#[test]
fn applying_makes_what_the_plan_shows_and_history_tells_of_it() {
    let (tenant, _) = three("plan applies");
    let planned = plan(&tenant, &json!([filter(&["NB-Staff"])]));
    let applied = apply(&tenant, &planned);
    assert_eq!((&applied["plan"]["id"], &applied["plan"]["applied"]), (&planned["id"], &json!(2)), "{applied}");
    assert_eq!((&applied["pipeline"]["revision"], &applied["pipeline"]["plan"]), (&json!(2), &planned["id"]));
    expect_members(&tenant, &[("ada@example.com", "active"), ("ben@example.com", "active")]);
    let revision = tenant.get("/pipeline/revisions/2").expect(200);
    assert_eq!((&revision["outcome"]["state"], &revision["outcome"]["events"]), (&json!("applied"), &json!(1)), "{revision}");
    assert!(revision["outcome"]["finished"].is_string() && revision["created"].is_string() && revision["actor"].is_object(), "{revision}");
    // It is applied once.
    tenant.post(&format!("/pipeline/plans/{}/apply", text(&planned, "id")), &json!({})).problem(409);
    // Going back is a plan as well.
    let back = tenant.post("/pipeline/plans", &json!({"rollbackTo": 1})).expect(201);
    let found = differences(&tenant, &back);
    assert_eq!(told(&found), BTreeSet::from([("member.added".to_owned(), "cleo@example.com".to_owned())]));
    // Nobody says that Cleo comes: whoever kept her out no longer does.
    assert_eq!((&found[0]["lifted"], &found[0]["reason"]["policy"]), (&json!(true), &json!("staff")), "{found:?}");
    assert_eq!(back["rollbackTo"], 1);
    let _ = apply(&tenant, &back);
    assert_eq!(tenant.synced()["pipelineRevision"], 3);
    assert_eq!(assert_replay(&tenant).statuses().len(), 3);
    let revisions = tenant.all("/pipeline/revisions");
    let shown: Vec<(u64, String)> =
        revisions.iter().map(|one| (one["revision"].as_u64().unwrap(), text(&one["outcome"], "state"))).collect();
    assert_eq!(shown, [3, 2, 1].map(|revision| (revision, "applied".to_owned())));
    tenant.post("/pipeline/plans", &json!({"rollbackTo": 77})).problem(404);
    let plans = tenant.all("/pipeline/plans");
    assert_eq!(plans.iter().map(|one| &one["id"]).collect::<Vec<_>>(), [&back["id"], &planned["id"]], "newest first");
}

/// Somebody who came after the plan would be removed by it, and nobody has looked at that.
#[test]
fn what_nobody_has_seen_is_not_applied() {
    let (tenant, client) = three("plan moved");
    let planned = plan(&tenant, &json!([filter(&["NB-Staff"])]));
    let _ = client.user("dora@example.com");
    tenant.synced();
    let path = format!("/pipeline/plans/{}", text(&planned, "id"));
    assert_eq!(tenant.get(&path).expect(200)["moved"], true);
    let detail = tenant.post(&format!("{path}/apply"), &json!({})).problem(409);
    assert_eq!(tenant.get("/pipeline").expect(200)["revision"], 1, "nothing is put");
    let newer = tenant.all("/pipeline/plans").into_iter().next().unwrap();
    assert!(detail.contains(&text(&newer, "id")) && detail.contains("1 difference that"), "{detail}");
    assert_eq!(newer["counts"]["membersRemoved"], 2);
    let _ = apply(&tenant, &newer);
    expect_members(&tenant, &[("ada@example.com", "active"), ("ben@example.com", "active")]);
}

/// What moved and makes no difference to the plan does not stand in its way, nor does what is no longer different.
#[test]
fn what_was_seen_is_applied_although_others_moved() {
    let (tenant, client) = three("plan others");
    let planned = plan(&tenant, &json!([filter(&["NB-Staff"])]));
    let cleo = text(&tenant.member("cleo@example.com"), "scimId");
    client.remove(&format!("/Users/{cleo}"));
    let ada = text(&tenant.member("ada@example.com"), "scimId");
    client.set(&ada, &json!({"title": "Boss"}));
    tenant.synced();
    let applied = apply(&tenant, &planned);
    assert_ne!(applied["plan"]["id"], planned["id"], "it was computed anew");
    assert_eq!((&applied["plan"]["differences"], &applied["pipeline"]["revision"]), (&json!(0), &json!(2)));
    expect_members(&tenant, &[("ada@example.com", "active"), ("ben@example.com", "active")]);
}

/// What another pipeline has changed meanwhile comes back only if somebody has looked at that.
#[test]
fn another_pipeline_in_force_has_a_plan_computed_again() {
    let (tenant, _) = three("plan overtaken");
    let planned = plan(&tenant, &json!([filter(&["NB-Staff"])]));
    let _ = tenant.put("/pipeline", &json!({"policies": [prefix(&["NB-"])]})).expect(200);
    tenant.synced();
    let path = format!("/pipeline/plans/{}", text(&planned, "id"));
    assert_eq!(tenant.get(&path).expect(200)["moved"], true);
    let detail = tenant.post(&format!("{path}/apply"), &json!({})).problem(409);
    expect_groups(&tenant, &[("NB-Staff", &["ada@example.com", "ben@example.com"])]);
    // The group comes back, and Ben's membership of it.
    let newer = tenant.all("/pipeline/plans").into_iter().next().unwrap();
    assert!(detail.contains("revision 2, has come into force") && detail.contains(&text(&newer, "id")), "{detail}");
    assert_eq!((&newer["pipelineRevision"], &newer["counts"]["groupsAdded"]), (&json!(2), &json!(1)), "{newer}");
    assert_eq!(apply(&tenant, &newer)["pipeline"]["revision"], 3);
    expect_members(&tenant, &[("ada@example.com", "active"), ("ben@example.com", "active")]);
}

/// A pipeline that makes nothing else of the directory does not stand in a plan's way, unless whoever planned said what the plan was made from.
#[test]
fn another_pipeline_that_makes_no_difference_lets_a_plan_through() {
    let (tenant, _) = three("plan overtaken in vain");
    let wanted = json!([filter(&["NB-Staff"])]);
    let planned = plan(&tenant, &wanted);
    let bound = tenant.post("/pipeline/plans", &json!({"policies": wanted, "revision": 1})).expect(201);
    assert_eq!((&bound["madeFrom"], &planned["madeFrom"]), (&json!(1), &Value::Null));
    let _ = tenant.put("/pipeline", &json!({"policies": [prefix(&["NB-", "Sales"])]})).expect(200);
    tenant.synced();
    let detail = tenant.post(&format!("/pipeline/plans/{}/apply", text(&bound, "id")), &json!({})).problem(409);
    assert!(detail.contains("made from revision 1, and revision 2 is in force"), "{detail}");
    assert_eq!(tenant.get("/pipeline").expect(200)["revision"], 2, "nothing is put");
    let applied = apply(&tenant, &planned);
    assert_eq!((&applied["pipeline"]["revision"], &applied["plan"]["pipelineRevision"]), (&json!(3), &json!(2)), "{applied}");
    expect_members(&tenant, &[("ada@example.com", "active"), ("ben@example.com", "active")]);
    tenant.post("/pipeline/plans", &json!({"policies": [], "revision": 1})).problem(409);
}

/// What a revision names may be gone by then, and whoever wants it back has written none of it.
#[test]
fn a_way_back_that_is_none_any_more_says_what_is_gone() {
    let (tenant, client) = three("plan back to nothing");
    let limited = json!({"name": "of one", "plugin": "group-prefix", "connection": client.connection});
    let _ = tenant.put("/pipeline", &json!({"policies": [limited]})).expect(200);
    let _ = tenant.put("/pipeline", &json!({"policies": []})).expect(200);
    let _ = tenant.delete(&format!("/connections/{}", client.connection)).expect(204);
    let detail = eventually("the connection is gone", || {
        let reply = tenant.post("/pipeline/plans", &json!({"rollbackTo": 2}));
        (reply.status == 409).then(|| reply.problem(409))
    });
    for part in ["Revision 2 cannot be put again", "\"of one\"", client.connection.as_str(), "plan them"] {
        assert!(detail.contains(part), "{part} is not in {detail}");
    }
}

#[test]
fn a_plan_that_is_none_is_refused() {
    let (tenant, _) = three("plan none");
    tenant.post("/pipeline/plans", &json!({})).problem(400);
    tenant.post("/pipeline/plans", &json!({"policies": [], "rollbackTo": 0})).problem(400);
    let elsewhere = json!({"name": "a", "plugin": "group-prefix", "connection": "01890a5d-ac96-774b-bcce-b302099a8057"});
    for (policy, pointer) in [(prefix(&[""]), "/policies/0/settings/prefixes/0"), (elsewhere, "/policies/0/connection")] {
        let reply = tenant.post("/pipeline/plans", &json!({"policies": [policy]}));
        let problem: Value = serde_json::from_slice(&reply.body).unwrap();
        assert_eq!(problem["problems"][0]["pointer"], pointer, "{problem}");
        reply.problem(400);
    }
    for path in ["/pipeline/plans/nonsense", "/pipeline/plans/01890a5d-ac96-774b-bcce-b302099a8057"] {
        tenant.get(path).problem(404);
        tenant.get(&format!("{path}/differences")).problem(404);
        tenant.post(&format!("{path}/apply"), &json!({})).problem(404);
    }
    assert_eq!(tenant.all("/pipeline/plans"), Vec::<Value>::new());
}

/// A plan does not keep a plugin: plans are many, and most are never applied.
#[test]
fn a_plan_whose_plugin_is_gone_is_applied_no_more() {
    let (tenant, client) = three("plan deleted");
    let _ = tenant.upload(&plain("mine", "1.0.0")).expect(201);
    let planned = plan(&tenant, &json!([{"name": "p", "plugin": "mine"}]));
    let _ = tenant.delete("/plugins/mine/1.0.0").expect(204);
    let apply = || tenant.post(&format!("/pipeline/plans/{}/apply", text(&planned, "id")), &json!({})).problem(409);
    assert!(apply().contains("A plugin that this plan uses has been deleted since."));
    // Nor is it computed anew.
    let _ = client.user("dora@example.com");
    tenant.synced();
    assert!(apply().contains("A plugin that this plan uses has been deleted since."));
    assert_eq!(tenant.get("/pipeline").expect(200)["revision"], 1, "nothing is put");
    assert_eq!(tenant.all("/pipeline/plans").len(), 1);
}

/// A plan with nothing in it says so, and only so many plans are kept.
#[test]
fn plans_are_bounded() {
    let (tenant, _) = three("plans bounded");
    let mut ids = Vec::new();
    for _ in 0..23 {
        let planned = plan(&tenant, &json!([]));
        assert_eq!((&planned["differences"], planned["summary"].as_array().unwrap().len()), (&json!(0), 1), "{planned}");
        ids.insert(0, planned["id"].clone());
    }
    let kept: Vec<Value> = tenant.all("/pipeline/plans").into_iter().map(|one| one["id"].clone()).collect();
    assert_eq!(kept, ids[..20]);
}

/// History names the plan of a revision, so that stays as long as the revision, whatever is planned meanwhile.
#[test]
fn the_plan_of_a_revision_stays() {
    let (tenant, _) = three("plans of revisions");
    let first = plan(&tenant, &json!([filter(&["NB-Staff"])]));
    let _ = apply(&tenant, &first);
    tenant.synced();
    // Applied as well, and no revision came of it.
    let again = plan(&tenant, &json!([filter(&["NB-Staff"])]));
    assert_eq!(apply(&tenant, &again)["pipeline"]["plan"], first["id"]);
    for _ in 0..21 {
        let _ = plan(&tenant, &json!([filter(&["Sales"])]));
    }
    let named = tenant.get("/pipeline/revisions/2").expect(200)["plan"].clone();
    assert_eq!(named, first["id"]);
    let kept = tenant.get(&format!("/pipeline/plans/{}", named.as_str().unwrap())).expect(200);
    assert_eq!((&kept["applied"], &kept["differencesKept"], &kept["summary"]), (&json!(2), &json!(true), &first["summary"]));
    assert_eq!(told(&differences(&tenant, &first)), [("member.removed".to_owned(), "cleo@example.com".to_owned())].into());
    tenant.get(&format!("/pipeline/plans/{}", text(&again, "id"))).problem(404);
    assert_eq!(tenant.all("/pipeline/plans").len(), 21, "twenty others");
    tenant.post(&format!("/pipeline/plans/{}/apply", text(&first, "id")), &json!({})).problem(409);
}

/// Many differences come in pages, each once, with and without a filter.
#[test]
fn differences_are_paged() {
    let tenant = shared::tenant("plan pages");
    let client = tenant.connect();
    let operations: Vec<Value> = (0..620)
        .map(|number| {
            json!({"method": "POST", "path": "/Users", "bulkId": format!("u{number}"), "data": {
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": format!("u{number}@example.com")}})
        })
        .collect();
    let _ = client.bulk(&json!(operations));
    tenant.synced();
    let planned = plan(&tenant, &json!([filter(&["Nobody"])]));
    assert_eq!((&planned["differences"], &planned["counts"]["membersRemoved"]), (&json!(620), &json!(620)));
    for query in ["limit=7", "limit=1000", "limit=100&policy=staff", "subject=%40example"] {
        let found = filtered(&tenant, &planned, query);
        assert_eq!(told(&found).len(), 620, "{query}");
        assert_eq!(found.len(), 620, "{query}");
    }
    assert_eq!(filtered(&tenant, &planned, "subject=u619%40").len(), 1);
    // Programs are given all of them, and a person the gravest.
    let folder = Scratch::new();
    let users = json!([{"name": "out", "when": "userName sw \"u61\"", "effects": {"included": false}},
        {"name": "auditors", "when": "userName pr", "effects": {"role": "auditor"}}]);
    let policies = json!({"policies": [{"name": "mixed", "plugin": "rules", "settings": {"users": users}}]});
    std::fs::write(folder.join("pipeline.json"), policies.to_string()).unwrap();
    let document: Value = serde_json::from_str(&pipeline(&tenant, &folder, &["plan", "pipeline.json", "--json"]).stdout).unwrap();
    assert_eq!((&document["plan"]["differences"], document["differences"].as_array().unwrap().len()), (&json!(620), 620));
    let id = text(&document["plan"], "id");
    let shown = pipeline(&tenant, &folder, &["show", &id]).stdout;
    let listed: Vec<&str> = shown.lines().filter(|line| line.starts_with("  ") && !line.starts_with("  …")).collect();
    assert_eq!((listed.len(), listed.iter().filter(|line| line.starts_with("  - member.removed")).count()), (30, 11), "{shown}");
    assert!(listed[..11].iter().all(|line| line.starts_with("  - member.removed")), "{shown}");
    let options = format!("--tenant {} --server http://{}", tenant.id, tenant.operator.address());
    assert!(shown.contains(&format!("  … and 590 more: doorlist pipeline show {id} --all {options}\n")), "{shown}");
    assert!(shown.contains(&format!("To put it: doorlist pipeline apply {id} {options}\n")), "{shown}");
    let all = pipeline(&tenant, &folder, &["show", &id, "--all"]).stdout;
    assert_eq!(all.lines().filter(|line| line.starts_with("  - member.removed") || line.starts_with("  ~ member.role")).count(), 620);
}

/// `doorlist pipeline` with these arguments, in a folder of its own.
#[track_caller]
fn pipeline(tenant: &Tenant, folder: &Scratch, arguments: &[&str]) -> Ended {
    let mut command = command();
    let url = format!("http://{}", tenant.operator.address());
    command.arg("pipeline").args(arguments).args(["--tenant", &tenant.id, "--server", &url]);
    command.current_dir(folder.path()).env("DOORLIST_OPERATOR_KEY", OPERATOR_KEY);
    run(&mut command, Duration::from_secs(60)).unwrap()
}

/// A pipeline that lives in a file, from the first look to the way back.
#[test]
fn the_command_line_plans_applies_and_goes_back() {
    let (tenant, _) = three("plan command line");
    let folder = Scratch::new();
    let run = |arguments: &[&str], code: i32| {
        let ended = pipeline(&tenant, &folder, arguments);
        assert_eq!(ended.code, Some(code), "{arguments:?}: {}{}", ended.stdout, ended.stderr);
        ended.stdout
    };
    let document = run(&["get"], 0);
    std::fs::write(folder.join("pipeline.json"), &document).unwrap();
    assert!(run(&["plan", "pipeline.json"], 0).contains("Nothing would be different"), "what is in force changes nothing");
    std::fs::write(folder.join("pipeline.json"), json!({"policies": [filter(&["NB-Staff"])]}).to_string()).unwrap();
    let shown = run(&["plan", "pipeline.json"], 3);
    for line in ["Of 5 users and groups: 1 member removed.", "  - member.removed     cleo@example.com  (staff: "] {
        assert!(shown.contains(line), "{line} is not in {shown}");
    }
    let planned: Value = serde_json::from_str(&run(&["plan", "pipeline.json", "--json"], 3)).unwrap();
    assert_eq!((&planned["plan"]["differences"], planned["differences"].as_array().unwrap().len()), (&json!(1), 1));
    let id = text(&planned["plan"], "id");
    assert!(run(&["show", &id], 3).contains(&format!("doorlist pipeline apply {id}")));
    let applied = run(&["apply", &id], 0);
    assert_eq!(applied, "Revision 2 of the pipeline is in force.\nThe directory follows it: 1 change.\n");
    expect_members(&tenant, &[("ada@example.com", "active"), ("ben@example.com", "active")]);
    let history = run(&["history"], 0);
    assert!(history.contains(&format!("1 policy  plan {id}  applied, 1 change")), "{history}");
    let back = run(&["rollback", "1"], 3);
    assert!(back.contains("+ member.added       cleo@example.com as user, active  (staff: no longer: "), "{back}");
    // What is wrong is said, and nothing is put.
    std::fs::write(folder.join("pipeline.json"), json!({"policies": [prefix(&[""])]}).to_string()).unwrap();
    let refused = pipeline(&tenant, &folder, &["plan", "pipeline.json"]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("/policies/0/settings/prefixes/0"), "{}", refused.stderr);
    assert_eq!(pipeline(&tenant, &folder, &["apply", &id]).code, Some(1), "it has been applied");
    assert_eq!(tenant.get("/pipeline").expect(200)["revision"], 2);
}

fn counted(changes: u64) -> String {
    format!("{changes} change{}", if changes == 1 { "" } else { "s" })
}

/// A file that lives in a repository is not rewritten by what is filled in for it.
#[test]
fn a_pipeline_is_given_back_as_it_was_put() {
    let (tenant, _) = three("plan as put");
    let folder = Scratch::new();
    let settings = json!({"users": [{"name": "x", "when": "title pr", "effects": {"role": "auditor"}}]});
    let policy = json!({"name": "r", "plugin": "rules", "settings": settings});
    let document = json!({"$schema": "pipeline.schema.json", "policies": [policy]});
    // With the mark that some editors put before it.
    std::fs::write(folder.join("pipeline.json"), format!("\u{feff}{document}")).unwrap();
    let planned: Value = serde_json::from_str(&pipeline(&tenant, &folder, &["plan", "pipeline.json", "--json"]).stdout).unwrap();
    let _ = apply(&tenant, &planned["plan"]);
    let got: Value = serde_json::from_str(&pipeline(&tenant, &folder, &["get"]).stdout).unwrap();
    assert_eq!((&got["policies"][0]["settings"], &got["policies"][0]["given"]), (&settings, &Value::Null), "{got}");
    let in_force = tenant.get("/pipeline").expect(200);
    let whole = &in_force["policies"][0];
    assert_eq!((&whole["given"], &whole["settings"]["users"][0]["stop"]), (&settings, &json!(false)), "{whole}");
    // What was read can be put again, and stays as it was.
    let read = tenant.get("/pipeline").expect(200)["policies"].clone();
    assert_eq!(tenant.put("/pipeline", &json!({"policies": read})).expect(200)["policies"], read);
    // The same with the defaults written out is the same pipeline.
    let written = json!([{"name": "r", "plugin": "rules", "settings": whole["settings"]}]);
    assert_eq!(tenant.put("/pipeline", &json!({"policies": written})).expect(200)["revision"], in_force["revision"]);
    // The way back is spelt as it was.
    let _ = tenant.put("/pipeline", &json!({"policies": []})).expect(200);
    let back = tenant.post("/pipeline/plans", &json!({"rollbackTo": in_force["revision"]})).expect(201);
    assert_eq!(apply(&tenant, &back)["pipeline"]["policies"][0]["given"], settings);
}

/// A tenant with thirty people, of whom the guard lets four go.
fn thirty(name: &str) -> (Tenant, Value) {
    let tenant = shared::tenant(name);
    let client = tenant.connect();
    let create = |number: usize| {
        let data = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": format!("u{number}@example.com")});
        json!({"method": "POST", "path": "/Users", "bulkId": format!("u{number}"), "data": data})
    };
    let _ = client.bulk(&json!((0..30).map(create).collect::<Vec<_>>()));
    let _ = tenant.operator.patch(&tenant.path(""), &json!({"guard": {"count": 4, "sharePercent": 0}})).expect(200);
    tenant.synced();
    let planned = plan(&tenant, &json!([filter(&["Nobody"])]));
    assert_eq!((&planned["removals"], &planned["removalsAllowed"]), (&json!(30), &json!(4)), "{planned}");
    (tenant, planned)
}

/// Policies that take longer than a turn of the projector has do not lose what the operator agreed to: whoever had to wait is come by in the next turn.
#[test]
fn consent_holds_for_everybody_however_slow_the_policies_are() {
    let (tenant, _) = thirty("plan consent slowly");
    // Some milliseconds for each, so that a turn gets through to some of them.
    let spin = "(local $n i32) (loop $more (local.set $n (i32.add (local.get $n) (i32.const 1))) (br_if $more (i32.lt_u (local.get $n) (i32.const 8000000))))";
    let slow = guest(&Said { name: "slow", ..SAID }, &[("project-user", spin)]);
    let _ = tenant.upload(&slow).expect(201);
    let planned = plan(&tenant, &json!([{"name": "slow", "plugin": "slow"}, filter(&["Nobody"])]));
    let path = format!("/pipeline/plans/{}/apply", text(&planned, "id"));
    let _ = tenant.post(&path, &json!({"acceptRemovals": 30})).expect(200);
    let state = tenant.synced();
    assert_eq!((&state["held"], tenant.members().len()), (&json!(0), 0), "{state}");
    let usage = &tenant.get("/plugins/slow/1.0.0").expect(200)["usage"];
    assert!(usage["micros"].as_u64() > Some(200_000), "more than one turn has: {usage}");
}

#[test]
fn more_removals_than_the_guard_lets_pass_want_consent() {
    let (tenant, planned) = thirty("plan consent");
    let path = format!("/pipeline/plans/{}/apply", text(&planned, "id"));
    for body in [json!({}), json!({"acceptRemovals": 29}), json!({"acceptRemovals": 4})] {
        let detail = tenant.post(&path, &body).problem(409);
        assert!(detail.contains("removes or suspends 30 members") && detail.contains("lets 4 more pass"), "{detail}");
        assert!(detail.ends_with("now. Accept 30 removals if that is what you want."), "{detail}");
    }
    tenant.post(&path, &json!({"acceptRemovals": -1})).problem(400);
    assert_eq!(tenant.synced()["pipelineRevision"], 1, "nothing is put");
    let folder = Scratch::new();
    let id = text(&planned, "id");
    let shown = pipeline(&tenant, &folder, &["show", &id]);
    assert!(shown.stdout.contains(&format!("doorlist pipeline apply {id} --accept-removals 30")), "{}", shown.stdout);
    assert_eq!(pipeline(&tenant, &folder, &["apply", &id]).code, Some(1));
    let applied = pipeline(&tenant, &folder, &["apply", &id, "--accept-removals", "30"]);
    assert_eq!(applied.code, Some(0), "{}", applied.stderr);
    // Nobody is held: what the plan shows is what happens.
    expect_members(&tenant, &[]);
    assert_eq!(tenant.synced()["held"], 0);
}

/// Without a plan nobody has been asked, and the guard holds.
#[test]
fn a_pipeline_without_a_plan_is_held_and_a_plan_takes_the_held_for_what_they_are() {
    let (tenant, _) = thirty("plan held");
    let _ = tenant.put("/pipeline", &json!({"policies": [filter(&["Nobody"])]})).expect(200);
    let held = tenant.synced()["held"].as_u64().unwrap();
    let left = assert_replay(&tenant).statuses().len() as u64;
    assert_eq!(held, left, "whoever is left is held");
    assert!((22..=26).contains(&held), "four by the guard, and at most four who have only just come: {held}");
    // That everything has been projected does not say that the directory follows.
    let outcome = tenant.get("/pipeline/revisions/2").expect(200)["outcome"].clone();
    assert_eq!((&outcome["state"], &outcome["held"], &outcome["stuck"]), (&json!("applied"), &json!(held), &json!(0)), "{outcome}");
    let history = pipeline(&tenant, &Scratch::new(), &["history"]).stdout;
    assert!(history.contains(&format!("applied, {}, {held} held\n", counted(30 - held))), "{history}");
    // The same pipeline again would make no difference: whoever is held waits for an operator.
    let planned = plan(&tenant, &json!([filter(&["Nobody"]), prefix(&[])]));
    assert_eq!(planned["differences"], 0, "{planned}");
}
