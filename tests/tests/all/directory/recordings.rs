//! A tenant recorded by the command line, and pipelines tried on the file without a server.

use std::fs;
use std::time::Duration;

use doorlist_tests::callers::text;
use doorlist_tests::process::{Ended, run};
use doorlist_tests::server::{OPERATOR_KEY, command};
use doorlist_tests::{Client, Scratch, Tenant};
use serde_json::{Value, json};

use crate::guests::plain;
use crate::shared;

const URN: &str = "urn:example:recorded:2.0:Badge";

/// What says of somebody in [`world`] who it is, and is nowhere else.
const PERSONAL: [&str; 16] = [
    "ada.lovelace",
    "Lovelace",
    "Countess",
    "benjamin",
    "Babbage",
    "Somerville",
    "fairfax",
    "localperson",
    "ext-ada-1",
    "555-0123",
    "Analytical",
    "Ockham",
    "badge-9",
    "strangeword",
    "Difference",
    "ext-group-1",
];

/// A tenant with two connections, local members and groups, a schema of its own, and everything that operators set.
fn world(name: &str) -> (Tenant, Client, Client) {
    let tenant = shared::tenant(name);
    let schema = json!({"id": URN, "name": "Badge", "description": "A badge.", "attributes": [
        {"name": "serial", "type": "string", "multiValued": false, "description": "A text.", "uniqueness": "server"},
        {"name": "colour", "type": "string", "multiValued": false, "description": "A text.", "canonicalValues": ["red", "blue"]},
        {"name": "secret", "type": "string", "multiValued": false, "description": "A text.", "mutability": "writeOnly", "returned": "never"}]});
    let _ = tenant.post("/schemas", &json!({"schema": schema})).expect(201);
    let one = tenant.connect_with(&json!({"provider": "jumpcloud", "name": "First", "groupPrefixes": ["NB-"]}));
    let two = tenant.connect_with(&json!({"provider": "okta", "name": "Second", "userGroups": ["Team"]}));
    let make = |client: &Client, body: Value| text(&client.post("/Users", &body).expect(201), "id");
    let ada = make(
        &one,
        json!({"userName": "ada.lovelace@example.com", "externalId": "ext-ada-1", "nickName": "Countess", "title": "Boss", "active": true,
            "name": {"givenName": "Ada", "familyName": "Lovelace"}, "phoneNumbers": [{"value": "+1 555-0123", "type": "work"}],
            "emails": [{"value": "ada.lovelace@example.com", "type": "work", "primary": true}],
            "addresses": [{"locality": "Ockham", "country": "GB", "type": "home"}],
            "urn:example:unknown": {"engine": "Analytical"}, "oddity": "strangeword",
            URN: {"serial": "badge-9", "colour": "red", "secret": "Difference"}}),
    );
    let ben = make(&one, json!({"userName": "benjamin@example.com", "displayName": "Charles Babbage", "active": false}));
    let mary = make(&two, json!({"userName": "mary@example.org", "displayName": "Mary Somerville", "active": true}));
    let out = make(&two, json!({"userName": "fairfax@example.org", "active": true}));
    let staff = text(
        &one.post("/Groups", &json!({"displayName": "NB-Staff", "externalId": "ext-group-1", "members": [{"value": ada}, {"value": ben}]}))
            .expect(201),
        "id",
    );
    one.group("NB-Nested", &[&staff, &ada]);
    one.group("Sales", &[&ben]);
    two.group("Team", &[&mary]);
    let local = text(&tenant.post("/users", &json!({"userName": "localperson@example.net", "role": "auditor"})).expect(201), "id");
    let group = text(&tenant.post("/groups", &json!({"displayName": "Local"})).expect(201), "id");
    let id = |name: &str| text(&tenant.member(name), "id");
    for member in [&local, &id("mary@example.org")] {
        let _ = tenant.put(&format!("/groups/{group}/users/{member}"), &json!({})).expect(204);
    }
    let _ = tenant.patch(&format!("/users/{}", id("ada.lovelace@example.com")), &json!({"role": "owner"})).expect(200);
    let _ = tenant.patch(&format!("/users/{}", id("mary@example.org")), &json!({"blocked": true})).expect(200);
    // Somebody who is remembered for a role, and comes back if a filter lets her.
    let team = text(&two.find("/Groups", "displayName eq \"Team\"").remove(0), "id");
    two.join(&team, &out);
    let _ = tenant.patch(&format!("/users/{}", id("fairfax@example.org")), &json!({"role": "auditor"})).expect(200);
    tenant.synced();
    two.leave(&team, &out);
    // Somebody whom protection keeps although her provider deleted her: the pipeline of a connection has it.
    let kept = one.user("keeper@example.com");
    let _ = tenant.patch(&format!("/users/{}", id("keeper@example.com")), &json!({"role": "admin"})).expect(200);
    one.remove(&format!("/Users/{kept}"));
    tenant.synced();
    (tenant, one, two)
}

/// `doorlist pipeline` in a folder of its own, against the server.
#[track_caller]
fn online(tenant: &Tenant, folder: &Scratch, arguments: &[&str]) -> Ended {
    let mut command = command();
    let url = format!("http://{}", tenant.operator.address());
    command.arg("pipeline").args(arguments).args(["--tenant", &tenant.id, "--server", &url]);
    command.current_dir(folder.path()).env("DOORLIST_OPERATOR_KEY", OPERATOR_KEY);
    run(&mut command, Duration::from_secs(120)).unwrap()
}

/// `doorlist pipeline test` in that folder, which knows no server and no key.
#[track_caller]
fn test(folder: &Scratch, arguments: &[&str], code: i32) -> Ended {
    let mut command = command();
    command.args(["pipeline", "test", "pipeline.json", "--recording", "recording"]).args(arguments).current_dir(folder.path());
    let ended = run(&mut command, Duration::from_secs(120)).unwrap();
    assert_eq!(ended.code, Some(code), "{arguments:?}: {}{}", ended.stdout, ended.stderr);
    ended
}

/// Records a tenant and its pipeline; the recording.
#[track_caller]
fn record(tenant: &Tenant, folder: &Scratch, arguments: &[&str]) -> String {
    let recorded = online(tenant, folder, &[&["record", "recording"], arguments].concat());
    assert_eq!(recorded.code, Some(0), "{}{}", recorded.stdout, recorded.stderr);
    assert!(!recorded.stdout.contains("not at rest"), "{}", recorded.stdout);
    let pipeline = online(tenant, folder, &["get"]);
    fs::write(folder.join("pipeline.json"), pipeline.stdout).unwrap();
    fs::read_to_string(folder.join("recording")).unwrap()
}

fn write(folder: &Scratch, name: &str, document: &Value) {
    fs::write(folder.join(name), document.to_string()).unwrap();
}

fn lines(recording: &str) -> Vec<Value> {
    recording.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_recording_with_other_names_is_the_same_to_policies() {
    let (tenant, one, two) = world("recording replaced");
    let folder = Scratch::new();
    let recording = record(&tenant, &folder, &[]);
    for name in PERSONAL {
        assert!(!recording.contains(name), "{name} is in {recording}");
    }
    for secret in [one.token(), two.token(), OPERATOR_KEY, "Difference", "password"] {
        assert!(!recording.contains(secret), "{secret} is in the recording");
    }
    for kept in ["NB-Staff", "Team", "Boss", "@example.com", "\"red\"", "\"GB\"", "First", "jumpcloud"] {
        assert!(recording.contains(kept), "{kept} is not in {recording}");
    }
    let shown = test(&folder, &[], 0);
    assert!(shown.stdout.contains("Nothing would be different"), "{}{}", shown.stdout, shown.stderr);
    // What belongs together still does: the same text is the same text, in resource and member.
    let all = lines(&recording);
    let ada = all.iter().find(|line| line["resource"]["title"] == "Boss").unwrap();
    let member = all.iter().find(|line| line["member"]["scimId"] == ada["resource"]["id"]).unwrap();
    assert_eq!(ada["resource"]["userName"], ada["resource"]["emails"][0]["value"]);
    assert_eq!((&member["member"]["userName"], &member["member"]["email"]), (&ada["resource"]["userName"], &ada["resource"]["userName"]));
    let name = &ada["resource"]["name"];
    assert_eq!(member["displayName"], format!("{} {}", text(name, "givenName"), text(name, "familyName")));
    let again = record(&tenant, &folder, &[]);
    assert_ne!(lines(&again)[1]["resource"]["userName"], all[1]["resource"]["userName"], "another recording has other names");
    // Only the file is there, and only for its owner.
    assert_eq!(folder.files().len(), 2);
    let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(folder.join("recording")).unwrap().permissions());
    assert_eq!(mode & 0o077, 0);
}

#[test]
fn names_are_kept_or_replaced_by_choice() {
    let (tenant, ..) = world("recording choices");
    let folder = Scratch::new();
    let kept = record(&tenant, &folder, &["--names", "keep"]);
    for name in PERSONAL.into_iter().filter(|name| *name != "Difference") {
        assert!(kept.contains(name), "{name} is not in the recording");
    }
    assert!(!kept.contains("Difference"), "what a schema hides is nobody's");
    assert!(test(&folder, &[], 0).stdout.contains("Nothing would be different"));
    let chosen = record(
        &tenant,
        &folder,
        &[
            "--group-names",
            "replace",
            "--email-domains",
            "replace",
            "--keep",
            "nickName",
            "--keep",
            &format!("{URN}:serial"),
            "--replace",
            "title",
        ],
    );
    for (name, there) in
        [("NB-Staff", false), ("example.com", false), ("Countess", true), ("badge-9", true), ("Boss", false), ("Lovelace", false)]
    {
        assert_eq!(chosen.contains(name), there, "{name}");
    }
}

/// Another pipeline has the outcome that the server's plan says.
#[test]
fn another_pipeline_does_on_the_recording_what_it_would_do_on_the_server() {
    let (tenant, ..) = world("recording other");
    let folder = Scratch::new();
    record(&tenant, &folder, &["--names", "keep"]);
    write(
        &folder,
        "pipeline.json",
        &json!({"policies": [
        {"name": "staff only", "plugin": "user-group-filter", "settings": {"groups": ["NB-Staff"]}},
        {"name": "bosses", "plugin": "rules", "settings": {"users": [{"name": "boss", "when": "title eq \"Boss\"", "effects": {"addGroups": ["Bosses"]}}]}}]}),
    );
    let here: Value = serde_json::from_str(&test(&folder, &["--json"], 3).stdout).unwrap();
    let there = online(&tenant, &folder, &["plan", "pipeline.json", "--json"]);
    let there: Value = serde_json::from_str(&there.stdout).unwrap();
    assert_eq!(here["plan"]["counts"], there["plan"]["counts"]);
    // Reasons that fall away are those of the pipeline that was in force, which no recording has.
    let told = |document: &Value, of_policies: bool| {
        let differences = document["differences"].as_array().unwrap().iter();
        let mut told: Vec<String> = differences
            .filter(|one| !of_policies || (one["reason"]["policy"].is_string() && one["lifted"] != true))
            .map(|one| {
                format!("{} {} {}", text(one, "change"), text(one, "name"), text(one, "id"))
                    + if of_policies { one["reason"]["text"].as_str().unwrap() } else { "" }
            })
            .collect();
        told.sort();
        told
    };
    assert_eq!(told(&here, false), told(&there, false));
    assert_eq!(told(&here, true), told(&there, true));
    let shown = test(&folder, &[], 3).stdout;
    assert!(shown.contains("- member.removed") && shown.contains("(staff only: "), "{shown}");
    // Without the filter somebody comes back who is remembered for a role.
    write(&folder, "pipeline.json", &json!({"policies": []}));
    write(
        &folder,
        "expect.json",
        &json!({"users": [{"userName": "fairfax@example.org", "included": true, "role": "auditor", "groups": []}]}),
    );
    test(&folder, &["--expect", "expect.json"], 0);
}

#[test]
fn expectations_hold_or_say_what_is_otherwise_and_why() {
    let (tenant, ..) = world("recording expected");
    let folder = Scratch::new();
    record(&tenant, &folder, &["--names", "keep"]);
    assert!(test(&folder, &["--write-expect", "expect.json"], 0).stdout.contains("written to expect.json"));
    let written: Value = serde_json::from_str(&fs::read_to_string(folder.join("expect.json")).unwrap()).unwrap();
    assert_eq!(written["counts"], json!({"members": 5, "groups": 4, "removedMax": 0, "suspendedMax": 0, "stuck": 0}));
    let user = |name: &str| {
        written["users"].as_array().unwrap().iter().find(|user| user["userName"] == name).unwrap_or_else(|| panic!("{name}: {written}"))
    };
    assert_eq!(
        user("ada.lovelace@example.com"),
        &json!({"userName": "ada.lovelace@example.com", "included": true, "status": "active", "role": "owner", "groups": ["NB-Nested", "NB-Staff"]})
    );
    assert_eq!((&user("mary@example.org")["status"], &user("fairfax@example.org")["included"]), (&json!("blocked"), &json!(false)));
    assert_eq!(user("localperson@example.net")["groups"], json!(["Local"]));
    assert_eq!(user("keeper@example.com")["role"], "admin");
    let held = test(&folder, &["--expect", "expect.json"], 0).stdout;
    assert!(held.starts_with("As expected: "), "{held}");
    // Each expectation can fail, and says where and why.
    write(
        &folder,
        "expect.json",
        &json!({
        "counts": {"members": 7, "groups": 4, "removedMax": 0, "stuck": 1},
        "users": [
            {"userName": "fairfax@example.org", "included": true},
            {"userName": "ada.lovelace@example.com", "status": "suspended", "role": "user", "groups": ["NB-Staff", "Sales"], "groupsContain": ["Team"]},
            {"userName": "mary@example.org", "included": false, "reasonContains": "nonsense"},
            {"userName": "nobody@example.org"},
            {"userName": "fairfax@example.org", "reasonContains": "Team"}],
        "groups": [{"displayName": "Sales", "included": true}, {"displayName": "NB-Staff", "members": 3}, {"displayName": "Local", "included": false}]}),
    );
    let failed = test(&folder, &["--expect", "expect.json"], 1).stdout;
    for line in [
        "/counts/members  There are 5 and not 7.",
        "/counts/stuck  There are 0 and not 1.",
        "/users/0/included  fairfax@example.org: It is not in the directory (",
        "/users/1/status  ada.lovelace@example.com: It is active and not suspended",
        "/users/1/role  ada.lovelace@example.com: It is \"owner\" and not \"user\"",
        "/users/1/groups  ada.lovelace@example.com: It is not in Sales",
        "/users/1/groups  ada.lovelace@example.com: It is in NB-Nested",
        "/users/1/groupsContain  ada.lovelace@example.com: It is not in Team",
        "/users/2/included  mary@example.org: It is in the directory",
        "/users/2/reasonContains  mary@example.org: No reason has \"nonsense\" in it",
        "/users/3/userName  nobody@example.org: The recording has no user of this name.",
        "/groups/0/included  Sales: It is not in the directory (",
        "/groups/1/members  NB-Staff: It has 2 members and not 3.",
        "/groups/2/included  Local: It is in the directory",
        "14 things are not as expected, of 12 expectations.",
    ] {
        assert!(failed.contains(line), "{line} is not in {failed}");
    }
    assert!(failed.lines().find(|line| line.starts_with("/users/0/included")).unwrap().contains("Team"), "the reason is told: {failed}");
    let json: Value = serde_json::from_str(&test(&folder, &["--expect", "expect.json", "--json"], 1).stdout).unwrap();
    assert_eq!((&json["expectations"], json["unexpected"].as_array().unwrap().len()), (&json!(12), 14), "{json}");
    // A place is named in a document that is none.
    write(&folder, "expect.json", &json!({"users": [{"name": "ada"}]}));
    assert!(test(&folder, &["--expect", "expect.json"], 1).stderr.contains("expect.json is not what it should be: unknown field `name`"));
}

/// A document in which a name is misspelt, or that says nothing, is not as expected.
#[test]
fn what_says_nothing_is_no_expectation() {
    let (tenant, ..) = world("recording nothing expected");
    let folder = Scratch::new();
    record(&tenant, &folder, &["--names", "keep"]);
    for (document, told) in [
        (json!([]), "expect.json is not what it should be: a JSON object is wanted"),
        (json!({}), "expect.json expects nothing."),
        (json!({"$schema": "expectations.schema.json", "counts": {}}), "expect.json expects nothing."),
    ] {
        write(&folder, "expect.json", &document);
        let refused = test(&folder, &["--expect", "expect.json"], 1).stderr;
        assert!(refused.contains(told), "{told} is not in {refused}");
    }
    write(
        &folder,
        "expect.json",
        &json!({"$schema": "expectations.schema.json", "groups": [{"displayName": "Slaes", "included": false}, {"displayName": "Sales", "included": false}]}),
    );
    let unexpected = test(&folder, &["--expect", "expect.json"], 1).stdout;
    assert!(
        unexpected.contains("/groups/0/displayName  Slaes: Neither the recording nor what comes of it has a group of this name."),
        "{unexpected}"
    );
    assert!(unexpected.contains("1 thing is not as expected, of 2 expectations."), "{unexpected}");
    // Who is there no longer is known still: a member whom only protection kept, and a group that policies made.
    write(&folder, "pipeline.json", &json!({"$schema": "pipeline.schema.json", "policies": []}));
    write(&folder, "expect.json", &json!({"users": [{"userName": "keeper@example.com", "included": false}]}));
    test(&folder, &["--expect", "expect.json"], 0);
}

/// What the recorded pipeline did, which no recording has, is put down to nobody.
#[test]
fn a_recording_blames_no_identity_provider_and_knows_its_connections() {
    let (tenant, ..) = world("recording blame");
    let folder = Scratch::new();
    record(&tenant, &folder, &["--names", "keep"]);
    write(&folder, "pipeline.json", &json!({"policies": []}));
    let shown = test(&folder, &[], 3).stdout;
    assert!(shown.contains("No policy of this pipeline, and what the recorded one did is not in the recording: "), "{shown}");
    assert!(!shown.lines().any(|line| line.starts_with("The identity provider")), "{shown}");
    let elsewhere = "01890a5d-ac96-774b-bcce-b302099a8057";
    write(&folder, "pipeline.json", &json!({"policies": [{"name": "far", "plugin": "group-prefix", "connection": elsewhere}]}));
    let refused = test(&folder, &[], 1).stderr;
    assert!(refused.contains("/policies/0/connection There is no connection 01890a5d-"), "{refused}");
}

/// A choice that means nothing may be a misspelt one, and the name that it was about would stay.
#[test]
fn choices_that_mean_nothing_are_refused() {
    let (tenant, ..) = world("recording misspelt");
    let folder = Scratch::new();
    for (arguments, told) in [
        (vec!["--replace", "titel"], "No schema and nothing that is recorded has an attribute titel."),
        (vec!["--keep", "nosuch[["], "an attribute nosuch[[."),
        (vec!["--names", "keep", "--replace", "title"], "With --names keep nothing is replaced."),
    ] {
        let refused = online(&tenant, &folder, &[&["record", "recording"], arguments.as_slice()].concat());
        assert_eq!((refused.code, folder.files().len()), (Some(1), 0), "{arguments:?}: {}", refused.stdout);
        assert!(refused.stderr.contains(told), "{told} is not in {}", refused.stderr);
    }
    record(&tenant, &folder, &["--replace", "oddity", "--keep", "urn:example:unknown:engine"]);
}

/// Whom the guard holds is recorded as it is, at rest, and goes in a rehearsal.
#[test]
fn a_recording_says_that_members_are_held() {
    let tenant = shared::tenant("recording held");
    let client = tenant.connect();
    let ids: Vec<String> = (0..9).map(|number| client.user(&format!("u{number}@example.com"))).collect();
    tenant.synced();
    let _ = tenant.patch("", &json!({"guard": {"count": 0, "sharePercent": 0}})).expect(200);
    // The last four count as visitors.
    ids[..3].iter().for_each(|id| client.remove(&format!("/Users/{id}")));
    assert_eq!(tenant.synced()["held"], 3);
    let folder = Scratch::new();
    let recorded = online(&tenant, &folder, &["record", "recording"]).stdout;
    assert!(recorded.contains("3 members are held by the guard") && !recorded.contains("not at rest"), "{recorded}");
    fs::write(folder.join("pipeline.json"), online(&tenant, &folder, &["get"]).stdout).unwrap();
    let shown = test(&folder, &[], 3);
    assert!(
        shown.stdout.contains("3 members removed") && shown.stderr.contains("or members were held"),
        "{}{}",
        shown.stdout,
        shown.stderr
    );
}

#[test]
fn a_plugin_of_ones_own_comes_from_a_file() {
    let (tenant, ..) = world("recording plugin");
    let folder = Scratch::new();
    record(&tenant, &folder, &[]);
    write(&folder, "pipeline.json", &json!({"policies": [{"name": "own", "plugin": "owned", "version": "1.0.0", "settings": {}}]}));
    let missing = test(&folder, &[], 1).stderr;
    assert!(missing.contains("/policies/0/plugin There is no such plugin."), "{missing}");
    fs::write(folder.join("own.wasm"), plain("owned", "1.0.0")).unwrap();
    fs::write(folder.join("broken.wasm"), b"no plugin").unwrap();
    test(&folder, &["--plugin", "own.wasm"], 3);
    write(&folder, "expect.json", &json!({"counts": {"stuck": 0}}));
    test(&folder, &["--plugin", "own.wasm", "--expect", "expect.json"], 0);
    let refused = test(&folder, &["--plugin", "own.wasm", "--plugin", "broken.wasm"], 1).stderr;
    assert!(refused.contains("broken.wasm: The plugin is refused at the stage "), "{refused}");
}

#[test]
fn a_broken_recording_is_refused_with_the_line() {
    let (tenant, ..) = world("recording broken");
    let folder = Scratch::new();
    let recording = record(&tenant, &folder, &[]);
    let all = lines(&recording);
    let place = |kind: &str| all.iter().position(|line| line["type"] == kind).unwrap_or_else(|| panic!("{kind} is not in {recording}"));
    let changed = |at: usize, pointer: &str, value: Value| {
        let mut lines = all.clone();
        *lines[at].pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer} is not in {}", all[at])) = value;
        lines
    };
    let stranger = json!("01890a5d-ac96-774b-bcce-b302099a8057");
    let twice = |kind: &str| {
        let (mut lines, at) = (all.clone(), place(kind));
        lines.insert(at + 1, all[at].clone());
        let last = lines.len() - 1;
        lines[last]["lines"] = json!(last - 1);
        lines
    };
    let (user, members, member, group, memberships) =
        (place("user"), place("members"), place("member"), place("directoryGroup"), place("memberships"));
    let end = all.len() - 1;
    for (lines, expected) in [
        (all[..end].to_vec(), "was cut"),
        (all[1..].to_vec(), "This is no recording."),
        (changed(0, "/version", json!(2)), "has version 2"),
        (changed(0, "/tenant/roles", json!([])), "Line 1 of the recording"),
        (changed(0, "/connections", json!([])), "There is no connection"),
        (changed(end, "/lines", json!(1)), "There should be 1 lines"),
        (changed(user, "/connection", stranger.clone()), "There is no connection"),
        (changed(user, "/resource/id", json!("x")), "A User has no id."),
        (changed(user, "/resource/userName", json!(7)), "has no userName"),
        (changed(user, "/resource/meta", json!(null)), "has no meta.created"),
        (changed(user, "/type", json!("nonsense")), "It is not what it should be"),
        (changed(members, "/members/0", stranger.clone()), "There is no member with the id"),
        (changed(members, "/group", stranger.clone()), "There is no group"),
        (changed(member, "/member/connection", stranger.clone()), "There is no connection"),
        (changed(member, "/member/issued", json!("policy")), "is neither local nor of a connection"),
        (changed(group, "/group/issued", json!("nonsense")), "It is not what it should be"),
        (changed(memberships, "/members/0", stranger.clone()), "There is no member"),
        (changed(memberships, "/group", stranger.clone()), "There is no directory group"),
        (twice("user"), "is there twice"),
        (twice("member"), "is there twice"),
        (twice("directoryGroup"), "is there twice"),
    ] {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        fs::write(folder.join("recording"), text).unwrap();
        let refused = test(&folder, &[], 1).stderr;
        assert!(refused.contains(expected) && refused.contains("recording: "), "{expected} is not in {refused}");
    }
    for (bytes, expected) in [(&b"\xff\xfe"[..], "This is no recording."), (b"", "This is no recording.")] {
        fs::write(folder.join("recording"), bytes).unwrap();
        assert!(test(&folder, &[], 1).stderr.contains(expected));
    }
    fs::remove_file(folder.join("recording")).unwrap();
    assert!(test(&folder, &[], 1).stderr.contains("There is no such file."));
}

/// A refused recording leaves the file that was there as it was.
#[test]
fn recording_is_whole_or_nothing() {
    let tenant = shared::tenant("recording refused");
    let folder = Scratch::new();
    fs::write(folder.join("recording"), "before").unwrap();
    let blank = online(&tenant, &folder, &["record", "recording", "--keep", " "]);
    assert_eq!(blank.code, Some(1), "{}", blank.stdout);
    let gone = Tenant { operator: tenant.operator.clone(), id: "01890a5d-ac96-774b-bcce-b302099a8057".to_owned() };
    assert_eq!(online(&gone, &folder, &["record", "recording"]).code, Some(1));
    assert_eq!(folder.files().len(), 1);
    assert_eq!(fs::read_to_string(folder.join("recording")).unwrap(), "before");
    // An empty tenant is a recording like any other.
    record(&tenant, &folder, &[]);
    assert!(test(&folder, &[], 0).stdout.contains("Nothing would be different"));
}

/// Pages of the API are whole, whatever their size.
#[test]
fn pages_of_a_recording_come_once_each() {
    let (tenant, ..) = world("recording pages");
    let all = tenant.all("/recording");
    let merged = |items: Vec<Value>| {
        let mut flat = Vec::new();
        for item in items {
            match item["members"].as_array() {
                Some(members) => flat.extend(members.iter().map(|member| format!("{} {} {member}", item["type"], item["group"]))),
                None => flat.push(item.to_string()),
            }
        }
        flat
    };
    let (mut found, mut next) = (Vec::new(), String::new());
    loop {
        let page = tenant.get(&format!("/recording?limit=1{next}")).expect(200);
        let items = page["items"].as_array().unwrap().clone();
        assert!(items.len() <= 1, "{page}");
        found.extend(items);
        match page["nextCursor"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(merged(found), merged(all));
    tenant.get("/recording?cursor=06").problem(400);
    tenant.get("/recording?cursor=nonsense").problem(400);
}
