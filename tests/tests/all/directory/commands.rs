//! The commands of operators who watch and decide: who is stuck, what policies in monitor mode and pipelines in shadow would do, and whom the guard holds.

use std::time::Duration;

use doorlist_tests::callers::text;
use doorlist_tests::process::run;
use doorlist_tests::server::{OPERATOR_KEY, command};
use doorlist_tests::{Scratch, Tenant};
use serde_json::{Value, json};

use super::{assert_replay, expect_members};
use crate::shared;

/// Runs `doorlist` with these arguments in a folder of its own, and gives what it printed.
///
/// # Panics
/// If its exit code is another one.
#[track_caller]
fn doorlist(tenant: &Tenant, folder: &Scratch, arguments: &[&str], code: i32) -> String {
    let mut command = command();
    let url = format!("http://{}", tenant.operator.address());
    command.args(arguments).args(["--tenant", &tenant.id, "--server", &url]);
    command.current_dir(folder.path()).env("DOORLIST_OPERATOR_KEY", OPERATOR_KEY);
    let ended = run(&mut command, Duration::from_secs(60)).unwrap();
    assert_eq!(ended.code, Some(code), "{arguments:?}: {}{}", ended.stdout, ended.stderr);
    assert_eq!(ended.stderr.is_empty(), code != 1 && code != 2, "what went wrong is said, and nothing else: {}", ended.stderr);
    ended.stdout
}

/// A tenant with three people, one of whom is in the group `NB-Staff`.
fn three(name: &str) -> (Tenant, Scratch) {
    let tenant = shared::tenant(name);
    let client = tenant.connect();
    let ada = client.user("ada@example.com");
    client.user("ben@example.com");
    client.user("cleo@example.com");
    client.group("NB-Staff", &[&ada]);
    tenant.synced();
    (tenant, Scratch::new())
}

/// A pipeline that lets in whoever is in `NB-Staff`.
fn staff(mode: &str) -> Value {
    json!({"policies": [{"name": "staff / only", "plugin": "user-group-filter", "settings": {"groups": ["NB-Staff"]}, "mode": mode}]})
}

const STAFF: [(&str, &str); 1] = [("ada@example.com", "active")];

#[test]
fn who_is_stuck_is_listed() {
    let tenant = shared::tenant("stuck command");
    let client = tenant.connect();
    let folder = Scratch::new();
    let _ = client.post("/Users", &json!({"userName": "pilot\u{1b}[31m@example.com", "title": "Pilot"})).expect(201);
    let _ = client.user("ada@example.com");
    tenant.synced();
    assert_eq!(doorlist(&tenant, &folder, &["pipeline", "stuck"], 0), "Nobody is stuck.\n");
    let settings = json!({"users": [{"name": "pilots", "when": "title eq \"Pilot\"", "effects": {"role": "pilot"}}]});
    let _ = tenant.put("/pipeline", &json!({"policies": [{"name": "pilots", "plugin": "rules", "settings": settings}]})).expect(200);
    tenant.synced();
    let told = doorlist(&tenant, &folder, &["pipeline", "stuck"], 0);
    assert!(told.starts_with("  ! user  pilot\u{fffd}[31m@example.com  (pilots: ") && told.contains("tried 1 time, again at 2"), "{told}");
    assert_eq!(told.lines().count(), 1, "{told}");
    let listed: Value = serde_json::from_str(&doorlist(&tenant, &folder, &["pipeline", "stuck", "--json", "--all"], 0)).unwrap();
    assert_eq!(listed, json!(tenant.all("/stuck")));
}

#[test]
fn what_only_watches_is_shown_and_promoted() {
    let (tenant, folder) = three("monitor command");
    let run = |arguments: &[&str], code| doorlist(&tenant, &folder, &[&["pipeline", "monitor"], arguments].concat(), code);
    assert_eq!(run(&["show"], 0), "No policy of the pipeline in force is in monitor mode.\n");
    let _ = tenant.put("/pipeline", &staff("monitor")).expect(200);
    tenant.synced();
    let told = run(&["show"], 3);
    assert!(told.starts_with("staff / only (user-group-filter ") && told.contains(", since 2"), "{told}");
    assert_eq!(told.matches("2 users and groups: 2 excluded").count(), 2, "now and since then: {told}");
    let told = run(&["show", "staff / only"], 3);
    assert!(told.contains("  ~ user  cleo@example.com  excluded  (") && !told.contains("ada@example.com"), "{told}");
    let report: Value = serde_json::from_str(&run(&["show", "--json"], 3)).unwrap();
    assert_eq!(report[0]["now"]["excluded"], 2, "{report}");
    let subjects: Value = serde_json::from_str(&run(&["show", "staff / only", "--json"], 3)).unwrap();
    assert_eq!(subjects.as_array().unwrap().len(), 2, "{subjects}");
    run(&["show", "nobody"], 1);
    run(&["promote", "nobody"], 1);
    run(&["promote"], 2);
    let told = run(&["promote", "staff / only"], 0);
    let revision = tenant.get("/pipeline").expect(200)["revision"].clone();
    assert!(told.starts_with(&format!("Revision {revision} of the pipeline is in force.\nThe directory follows it: ")), "{told}");
    expect_members(&tenant, &STAFF);
    assert_eq!(run(&["show"], 0), "No policy of the pipeline in force is in monitor mode.\n");
}

#[test]
fn a_pipeline_in_shadow_is_set_shown_promoted_and_removed() {
    let (tenant, folder) = three("shadow command");
    let run = |arguments: &[&str], code| doorlist(&tenant, &folder, &[&["pipeline", "shadow"], arguments].concat(), code);
    run(&["show"], 1);
    run(&["set", "pipeline.json"], 1);
    std::fs::write(folder.join("pipeline.json"), staff("enforce").to_string()).unwrap();
    let told = run(&["set", "pipeline.json"], 3);
    assert!(told.starts_with("In shadow since 2") && told.contains(": 1 policy.\n") && !told.contains("not come by everybody"), "{told}");
    assert_eq!(told.matches("2 users and groups: 2 excluded").count(), 2, "now and since then: {told}");
    assert!(told.contains("  ~ user  ben@example.com  excluded  (staff / only: "), "{told}");
    assert_eq!(run(&["show"], 3), told);
    let shown: Value = serde_json::from_str(&run(&["show", "--json"], 3)).unwrap();
    assert_eq!((&shown["shadow"]["now"]["excluded"], shown["differences"].as_array().unwrap().len()), (&json!(2), 2), "{shown}");
    assert_eq!(run(&["remove"], 0), "There is no pipeline in shadow any more.\n");
    run(&["remove"], 1);
    run(&["promote"], 1);
    // More than the guard lets pass wants the operator's consent, as with any plan.
    let _ = tenant.patch("", &json!({"guard": {"count": 1, "sharePercent": 0}})).expect(200);
    assert_eq!(run(&["set", "pipeline.json", "--no-wait"], 0), "In shadow: 1 policy.\n");
    run(&["promote"], 1);
    let told = run(&["promote", "--accept-removals", "2"], 0);
    assert!(told.contains("of the pipeline is in force.\nThe directory follows it: "), "{told}");
    expect_members(&tenant, &STAFF);
    run(&["show"], 1);
    // What changes nothing ends with 0.
    let told = run(&["set", "pipeline.json"], 0);
    assert!(told.contains("0 users and groups"), "{told}");
}

#[test]
fn holds_are_listed_shown_released_and_discarded() {
    let tenant = shared::tenant("holds command");
    let folder = Scratch::new();
    let _ = tenant.patch("", &json!({"guard": {"count": 0, "sharePercent": 0}})).expect(200);
    let client = tenant.connect();
    let people: Vec<String> = (0..4).map(|number| client.user(&format!("p{number}@example.com"))).collect();
    tenant.synced();
    // Whoever came last may go unasked.
    (0..4).for_each(|visitor| drop(client.user(&format!("visitor{visitor}@example.com"))));
    tenant.synced();
    let run = |arguments: &[&str], code| doorlist(&tenant, &folder, &[&["holds"], arguments].concat(), code);
    assert_eq!(run(&["list"], 0), "There is no hold.\n");
    people.iter().for_each(|id| client.remove(&format!("/Users/{id}")));
    tenant.synced();
    let hold = text(&tenant.all("/holds")[0], "id");
    let told = run(&["list"], 0);
    assert!(told.starts_with(&format!("{hold}  open  since 2")) && told.ends_with("  4 held\n"), "{told}");
    assert_eq!((run(&["list", "--state", "open"], 0), run(&["list", "--state", "closed"], 0)), (told, "There is no hold.\n".to_owned()));
    let told = run(&["show", &hold], 0);
    for part in [
        "The tenant lets 0 members of 8 go within 3600 seconds.\n",
        "  4 members to be removed  (The identity provider deleted this user.)\n",
    ] {
        assert!(told.contains(part), "{part} is not in {told}");
    }
    assert!(told.contains("  p3@example.com  removed  (The identity provider deleted this user.)"), "{told}");
    // Nothing is decided without a word on whom.
    run(&["release", &hold], 2);
    run(&["release", &hold, "--all", "--member", "p0@example.com"], 2);
    run(&["discard", &hold, "--member", "nobody@example.com"], 1);
    run(&["release", "0192f0c1-0000-7000-8000-000000000001", "--all"], 1);
    let told = run(&["release", &hold, "--member", "p0@example.com", "--member", "P1@example.com"], 0);
    assert!(told.ends_with("  2 held, 2 released\n"), "{told}");
    let stays = text(&tenant.member("p2@example.com"), "id");
    let told = run(&["discard", &hold, "--member", &stays], 0);
    assert!(told.ends_with("  1 held, 2 released, 1 discarded\n"), "{told}");
    let told = run(&["release", &hold, "--all"], 0);
    assert!(told.contains("  closed  since 2") && told.ends_with("  0 held, 3 released, 1 discarded\n"), "{told}");
    run(&["release", &hold, "--all"], 1);
    let left: Vec<String> = assert_replay(&tenant).statuses().into_keys().filter(|name| name.starts_with('p')).collect();
    assert_eq!(left, ["p2@example.com"]);
    let shown: Value = serde_json::from_str(&run(&["show", &hold, "--json"], 0)).unwrap();
    assert_eq!((&shown["hold"]["id"], &shown["members"][0]["state"]), (&json!(hold), &json!("discarded")), "{shown}");
    let told = run(&["release", &hold, "--all", "--discarded"], 0);
    assert!(told.ends_with("  0 held, 4 released\n"), "{told}");
    let listed: Value = serde_json::from_str(&run(&["list", "--json"], 0)).unwrap();
    assert_eq!(listed, json!(tenant.all("/holds")));
}
