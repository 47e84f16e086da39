//! Explanations: what each policy was given and answered, which groups decided, and which request was the last.

use doorlist_tests::callers::text;
use doorlist_tests::http::encode;
use doorlist_tests::process::{self, Ended};
use doorlist_tests::server::command;
use doorlist_tests::{Client, Server, Tenant};
use serde_json::{Value, json};
use std::time::Duration;

use crate::guests::{SAID, Said, guest, hostile};
use crate::shared;

/// The explanation of a user, once nothing is left to project.
#[track_caller]
fn user(tenant: &Tenant, named: &str) -> Value {
    tenant.synced();
    tenant.get(&format!("/users/{}/explanation", encode(named))).expect(200)
}

/// The same of a group.
#[track_caller]
fn group(tenant: &Tenant, named: &str) -> Value {
    tenant.synced();
    tenant.get(&format!("/groups/{}/explanation", encode(named))).expect(200)
}

/// A tenant with a connection that lets in the members of two groups, and groups whose names begin with `NB-`.
fn filtered(name: &str) -> (Tenant, Client) {
    let tenant = shared::tenant(name);
    let body = json!({"provider": "jumpcloud", "name": "JumpCloud", "groupPrefixes": ["NB-"], "userGroups": ["NB-Staff", "NB-Ops"]});
    let client = tenant.connect_with(&body);
    (tenant, client)
}

/// The step of the policy with this plugin.
#[track_caller]
fn step<'e>(explanation: &'e Value, plugin: &str) -> &'e Value {
    let steps = explanation["evaluation"]["steps"].as_array().unwrap_or_else(|| panic!("no steps in {explanation}"));
    steps.iter().find(|step| step["plugin"] == plugin).unwrap_or_else(|| panic!("no {plugin} in {explanation}"))
}

/// The deciding groups with what they decided.
fn deciding(explanation: &Value) -> Vec<(String, Value, Value)> {
    let groups = explanation["evaluation"]["decidingGroups"].as_array().unwrap();
    groups.iter().map(|group| (text(group, "name"), group["needed"].clone(), group["sufficient"].clone())).collect()
}

#[test]
fn whoever_is_in_is_explained_step_by_step() {
    let (tenant, client) = filtered("explained inside");
    let ada = client.user("ada@example.com");
    let staff = client.group("NB-Staff", &[&ada]);
    client.group("Marketing", &[&ada]);
    let told = user(&tenant, "ada@example.com");
    assert_eq!((&told["kind"], &told["standing"], &told["due"]), (&json!("user"), &json!("inventory"), &json!(false)), "{told}");
    assert_eq!((text(&told, "scimId"), text(&told, "connectionName")), (ada.clone(), "JumpCloud".to_owned()));
    assert_eq!(told["summary"], "The directory has this user.");
    assert_eq!(told["decision"], tenant.user_decision(&ada));
    let evaluation = &told["evaluation"];
    assert_eq!(evaluation["pipelineRevision"], tenant.get("/pipeline").expect(200)["revision"]);
    assert_eq!((&evaluation["included"], &evaluation["directory"]["change"]), (&json!(true), &json!("none")), "{told}");
    let plugins: Vec<&str> = evaluation["steps"].as_array().unwrap().iter().filter_map(|step| step["plugin"].as_str()).collect();
    assert_eq!(plugins, ["group-prefix", "user-group-filter", "role-protection"]);
    let filter = step(&told, "user-group-filter");
    assert_eq!((&filter["view"]["included"], &filter["view"]["userName"]), (&json!(true), &json!("ada@example.com")), "{filter}");
    let given: Vec<&str> = filter["input"]["groups"].as_array().unwrap().iter().filter_map(|group| group["name"].as_str()).collect();
    assert_eq!((given.len(), filter["input"].get("userName")), (2, None), "it is shown what the plugin reads and nothing else: {filter}");
    assert!(filter["micros"].is_u64() && filter["startMicros"].as_u64() > Some(0), "{filter}");
    let named: Vec<String> = evaluation["assignedGroups"].as_array().unwrap().iter().map(|group| text(group, "name")).collect();
    assert_eq!(named.len(), 2);
    assert_eq!(deciding(&told), [("NB-Staff".to_owned(), json!(["included"]), json!(["included"]))]);
    // In two of the groups, none of them is needed and each is enough.
    client.group("NB-Ops", &[&ada]);
    let told = user(&tenant, &ada);
    let mut groups = deciding(&told);
    groups.sort_by(|one, other| one.0.cmp(&other.0));
    let enough = |name: &str| (name.to_owned(), json!([]), json!(["included"]));
    assert_eq!(groups, [enough("NB-Ops"), enough("NB-Staff")], "{told}");
    assert_eq!(text(&told["evaluation"]["directory"]["now"], "id"), text(&tenant.member("ada@example.com"), "id"));
    let told = group(&tenant, "NB-Staff");
    assert_eq!((text(&told, "scimId"), &told["evaluation"]["included"]), (staff, &json!(true)), "{told}");
    let prefix = step(&told, "group-prefix");
    assert_eq!(prefix["input"]["displayName"], "NB-Staff", "{told}");
    assert_eq!(told["summary"], "The directory has this group.");
}

#[test]
fn why_not_has_an_answer() {
    let (tenant, client) = filtered("explained outside");
    let ben = client.user("ben@example.com");
    client.group("Marketing", &[&ben]);
    let told = user(&tenant, "ben@example.com");
    assert!(
        text(&told, "summary").starts_with("The directory does not have this user: ") && text(&told, "summary").contains("NB-Staff"),
        "{told}"
    );
    let evaluation = &told["evaluation"];
    assert_eq!(
        (&evaluation["included"], &evaluation["directory"]["now"], &evaluation["directory"]["then"]),
        (&json!(false), &json!(null), &json!(null))
    );
    assert_eq!(evaluation["reason"], told["decision"]["reason"]);
    let filter = step(&told, "user-group-filter");
    assert_eq!(filter["changes"][0]["effect"], "exclude", "{filter}");
    assert_eq!(step(&told, "role-protection")["view"]["included"], false, "the next policy sees what the one before proposed");
    assert_eq!(deciding(&told), []);
    let told = group(&tenant, "Marketing");
    assert!(text(&told, "summary").contains("NB-"), "{told}");
    assert_eq!(step(&told, "group-prefix")["changes"][0]["effect"], "exclude");
    for named in ["nobody@example.com", "01890a5d-ac96-774b-bcce-b302099a8057", "a/b", "\""] {
        let detail = tenant.get(&format!("/users/{}/explanation", encode(named))).problem(404);
        assert!(detail.contains("inventory") && detail.contains("directory") && detail.contains("externalId"), "{detail}");
        let detail = tenant.get(&format!("/groups/{}/explanation", encode(named))).problem(404);
        assert!(detail.contains("inventory") && detail.contains("displayName"), "{detail}");
    }
}

#[test]
fn anybody_is_found_by_what_is_known_of_them() {
    let tenant = shared::tenant("explained names");
    let (one, two) = (tenant.connect(), tenant.connect_with(&json!({"provider": "okta", "name": "Okta"})));
    let body = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ada", "externalId": "E-1",
        "emails": [{"value": "ada@example.com", "type": "work"}]});
    let ada = text(&one.post("/Users", &body).expect(201), "id");
    let member = text(&tenant.member("ada"), "id");
    for named in ["ada", "ADA", "E-1", "ada@example.com", ada.as_str(), member.as_str()] {
        assert_eq!(text(&user(&tenant, named), "scimId"), ada, "{named}");
    }
    let other = two.user("ada");
    let told = user(&tenant, "ada");
    assert_eq!((text(&told, "scimId"), told["others"].as_array().unwrap().len()), (ada, 1), "{told}");
    assert_eq!((text(&told["others"][0], "id"), text(&told["others"][0], "connection")), (other.clone(), two.connection.clone()));
    assert_eq!(text(&user(&tenant, &other), "connectionName"), "Okta");
}

#[test]
fn what_no_policy_decides_says_so() {
    let (tenant, client) = filtered("explained local");
    let local = text(&tenant.post("/users", &json!({"userName": "local@example.com"})).expect(201), "id");
    let made = text(&tenant.post("/groups", &json!({"displayName": "Local"})).expect(201), "id");
    for named in ["local@example.com", local.as_str()] {
        let told = user(&tenant, named);
        assert_eq!(
            (&told["standing"], &told["name"], told.get("evaluation")),
            (&json!("local"), &json!("local@example.com"), None),
            "{told}"
        );
        assert_eq!(told["summary"], "This user was made locally. No policy decides on it, and no identity provider.");
    }
    for named in ["Local", made.as_str()] {
        assert_eq!(group(&tenant, named)["summary"], "This group was made locally. No policy decides on it, and no identity provider.");
    }
    let _ = tenant.delete(&format!("/users/{local}")).expect(204);
    let told = user(&tenant, &local);
    assert_eq!(told["summary"], "An operator deleted this user. The directory has nothing of it any more.");
    // Whom the identity provider deleted, nothing is left of but what the log tells.
    let ben = client.user("ben@example.com");
    client.remove(&format!("/Users/{ben}"));
    let told = user(&tenant, &ben);
    assert_eq!(
        (&told["standing"], text(&told["lastScimRequest"]["entry"], "action")),
        (&json!("deleted"), "DELETE /Users/{id}".to_owned()),
        "{told}"
    );
    assert_eq!(told["summary"], "The identity provider deleted this user. The directory has nothing of it any more.");
    // Role protection keeps an owner, and says so.
    let eve = client.user("eve@example.com");
    client.group("NB-Staff", &[&eve]);
    let member = text(&tenant.member("eve@example.com"), "id");
    let _ = tenant.patch(&format!("/users/{member}"), &json!({"role": "owner"})).expect(200);
    client.remove(&format!("/Users/{eve}"));
    let told = user(&tenant, "eve@example.com");
    assert_eq!((&told["standing"], &told["decision"]["included"]), (&json!("deleted"), &json!(true)), "{told}");
    assert!(text(&told, "summary").starts_with("The identity provider deleted it. The directory has this user"), "{told}");
    assert_eq!(step(&told, "role-protection")["input"]["lifecycle"], "deleted");
    // A group that policies make.
    let rules =
        json!([{"name": "tags", "plugin": "rules", "settings": {"users": [{"name": "all", "effects": {"addGroups": ["Everybody"]}}]}}]);
    let _ = tenant.put("/pipeline", &json!({"policies": rules})).expect(200);
    client.user("zoe@example.com");
    let told = group(&tenant, "Everybody");
    assert_eq!((&told["standing"], &told["name"]), (&json!("policy"), &json!("Everybody")), "{told}");
}

#[test]
fn the_last_request_is_told() {
    let (tenant, client) = filtered("explained requests");
    let ada = client.user("ada@example.com");
    let last = |told: &Value| (text(&told["lastScimRequest"]["entry"], "action"), text(&told["lastScimRequest"]["entry"], "subject"));
    let told = user(&tenant, &ada);
    assert_eq!(last(&told), ("POST /Users".to_owned(), ada.clone()), "{told}");
    let staff = client.group("NB-Staff", &[]);
    client.patch(&format!("/Groups/{staff}"), &json!([{"op": "add", "path": "members", "value": [{"value": ada}]}])).expect(200);
    let told = user(&tenant, &ada);
    assert_eq!(last(&told), ("PATCH /Groups/{id}".to_owned(), staff.clone()), "the user is only a member of what was patched: {told}");
    let request = told["lastScimRequest"].clone();
    let entry = &request["entry"];
    assert_eq!((&request["activity"], &entry["actor"]["connection"]), (&entry["sequence"], &json!(client.connection)), "{told}");
    assert!(entry["requestId"].is_string() && entry["at"].is_string(), "{told}");
    assert_eq!(told["lastTouch"], request);
    // A pipeline that asks everybody touches nobody.
    let _ = tenant.patch(&format!("/connections/{}", client.connection), &json!({"userGroups": ["NB-Staff"]})).expect(200);
    assert_eq!(user(&tenant, &ada)["lastScimRequest"], request);
    // An operator who comes after it is told beside it.
    let member = text(&tenant.member("ada@example.com"), "id");
    let _ = tenant.patch(&format!("/users/{member}"), &json!({"role": "auditor"})).expect(200);
    let told = user(&tenant, &ada);
    assert_eq!(text(&told["lastTouch"]["entry"], "action"), "PATCH /tenants/{tenant}/users/{user}", "{told}");
    assert_eq!(told["lastScimRequest"], request, "{told}");
    client.rename(&staff, "NB-Renamed");
    let told = user(&tenant, &ada);
    assert_eq!(last(&told), ("PATCH /Groups/{id}".to_owned(), staff), "{told}");
}

#[test]
fn stuck_and_monitored_are_told_apart() {
    let (tenant, client) = filtered("explained stuck");
    let ada = client.user("ada@example.com");
    client.group("NB-Staff", &[&ada]);
    tenant.member("ada@example.com");
    let _ = tenant.upload(&hostile("project-user", "(unreachable)")).expect(201);
    let fine = guest(&Said { name: "fine", ..SAID }, &[]);
    let _ = tenant.upload(&fine).expect(201);
    let mut policies = tenant.get("/pipeline").expect(200)["policies"].as_array().unwrap().clone();
    policies.push(json!({"name": "trap", "plugin": "hostile", "mode": "monitor"}));
    policies.push(json!({"name": "after", "plugin": "fine"}));
    let _ = tenant.put("/pipeline", &json!({"policies": policies})).expect(200);
    let told = user(&tenant, &ada);
    let trap = step(&told, "hostile");
    assert_eq!((&trap["mode"], trap["fault"].is_string()), (&json!("monitor"), true), "{told}");
    assert_eq!(
        (&told["evaluation"]["directory"]["change"], told["evaluation"].get("stuck")),
        (&json!("none"), None),
        "it only watches: {told}"
    );
    let last = policies.len() - 2;
    policies[last]["mode"] = json!("enforce");
    let _ = tenant.put("/pipeline", &json!({"policies": policies})).expect(200);
    let told = user(&tenant, &ada);
    assert!(
        text(&told, "summary").contains("stuck at what was last projected") && text(&told, "summary").contains("(policy trap)"),
        "{told}"
    );
    assert_eq!(told["evaluation"]["stuck"]["policy"], "trap");
    assert_eq!((&told["evaluation"]["included"], &told["evaluation"]["directory"]["change"]), (&json!(true), &json!("none")), "{told}");
    assert_eq!(step(&told, "fine")["notAsked"], "A policy before it failed.");
    // Somebody whom it never let in is only in the inventory.
    client.user("ben@example.com");
    let told = user(&tenant, "ben@example.com");
    assert!(text(&told, "summary").starts_with("The directory does not have this user, which is stuck"), "{told}");
    let mut other = policies.clone();
    other[last]["connection"] = json!(tenant.connect_with(&json!({"provider": "okta", "name": "Okta"})).connection);
    let _ = tenant.put("/pipeline", &json!({"policies": other})).expect(200);
    let told = user(&tenant, &ada);
    assert_eq!(step(&told, "hostile")["notAsked"], "It is limited to another connection.", "{told}");
}

/// What a policy that only watches would do stands at its step.
#[test]
fn what_a_policy_would_do_is_told() {
    let tenant = shared::tenant("explained watched");
    let ada = tenant.connect().user("ada@example.com");
    let settings = json!({"users": [{"name": "all", "effects": {"role": "auditor"}}]});
    let rules = json!([{"name": "roles", "plugin": "rules", "mode": "monitor", "settings": settings}]);
    let _ = tenant.put("/pipeline", &json!({"policies": rules})).expect(200);
    let told = user(&tenant, &ada);
    let would = json!([{"change": "role", "from": "user", "to": "auditor"}]);
    assert_eq!((&step(&told, "rules")["would"], &told["evaluation"]["directory"]["change"]), (&would, &json!("none")), "{told}");
    let ended = explain(shared::server(), tenant.operator.key(), &["--tenant", &tenant.id, &ada]);
    assert!(ended.stdout.contains("only monitors)") && ended.stdout.contains("would make different: role user → auditor\n"), "{ended:?}");
    // One that has effect does not say what it would do.
    let rules = json!([{"name": "roles", "plugin": "rules", "settings": settings}]);
    let _ = tenant.put("/pipeline", &json!({"policies": rules})).expect(200);
    assert_eq!(step(&user(&tenant, &ada), "rules").get("would"), None);
}

#[test]
fn who_is_held_is_told() {
    let tenant = shared::tenant("explained held");
    let _ = tenant.patch("", &json!({"guard": {"count": 0, "sharePercent": 0}})).expect(200);
    let client = tenant.connect();
    let ada = client.user("ada@example.com");
    let member = text(&tenant.member("ada@example.com"), "id");
    // Whoever came last may go unasked.
    (0..4).for_each(|visitor| drop(client.user(&format!("visitor{visitor}@example.com"))));
    tenant.synced();
    client.remove(&format!("/Users/{ada}"));
    let told = user(&tenant, "ada@example.com");
    let hold = text(&tenant.all("/holds?state=open")[0], "id");
    let held = json!({"hold": hold, "effect": "removed"});
    assert_eq!(
        (&told["standing"], &told["decision"]["held"], &told["decision"]["included"]),
        (&json!("deleted"), &held, &json!(true)),
        "{told}"
    );
    assert_eq!((&told["evaluation"]["included"], &told["evaluation"]["directory"]["change"]), (&json!(true), &json!("none")), "{told}");
    let summary =
        format!("The identity provider deleted it. The directory has this user as it was: hold {hold} keeps it from being removed, ");
    assert_eq!(text(&told, "summary"), format!("{summary}until an operator releases or discards it."));
    let shown = || {
        let ended = explain(shared::server(), tenant.operator.key(), &["--tenant", &tenant.id, "ada@example.com"]);
        assert!(ended.success(), "{ended:?}");
        ended.stdout
    };
    let told = shown();
    assert!(told.contains(&format!("  held              not removed: hold {hold}\n")), "{told}");
    let _ = tenant.post(&format!("/holds/{hold}/discard"), &json!({"members": [member]})).expect(200);
    let told = user(&tenant, &member);
    assert_eq!(text(&told, "summary"), format!("{summary}and an operator said that it stays."));
    let told = shown();
    assert!(told.contains(&format!("not removed: hold {hold}, and an operator said")), "{told}");
}

#[test]
fn whom_policies_renamed_is_found_by_either_name() {
    let tenant = shared::tenant("explained renamed");
    let client = tenant.connect();
    let ada = client.user("ada@example.com");
    client.user("ben@example.com");
    let rule = json!({"name": "ada", "when": "userName eq \"ada@example.com\"", "effects": {"userName": "Lovelace@example.com"}});
    let rules = json!([{"name": "names", "plugin": "rules", "settings": {"users": [rule]}}]);
    let _ = tenant.put("/pipeline", &json!({"policies": rules})).expect(200);
    assert_eq!(tenant.member("Lovelace@example.com")["scimId"], ada.as_str());
    for named in ["ada@example.com", "Lovelace@example.com", "lovelace@EXAMPLE.com"] {
        assert_eq!(text(&user(&tenant, named), "scimId"), ada, "{named}");
        assert_eq!(text(&tenant.user_decision(named), "scimId"), ada, "{named}");
    }
    // A name that nobody has any more is nobody's.
    let _ = tenant.put("/pipeline", &json!({"policies": []})).expect(200);
    tenant.synced();
    tenant.get("/users/lovelace%40example.com/explanation").problem(404);
    assert_eq!(text(&user(&tenant, "ada@example.com"), "scimId"), ada);
}

/// Groups that set a role or status decide on those.
#[test]
fn groups_decide_on_roles_too() {
    let tenant = shared::tenant("explained roles");
    let client = tenant.connect();
    let ada = client.user("ada@example.com");
    client.group("Admins", &[&ada]);
    client.group("Others", &[&ada]);
    let rules = json!([{"name": "roles", "plugin": "rules", "settings": {"users": [
        {"name": "admins", "when": "groups.display eq \"Admins\"", "effects": {"role": "auditor"}}]}}]);
    let _ = tenant.put("/pipeline", &json!({"policies": rules})).expect(200);
    let told = user(&tenant, &ada);
    assert_eq!(deciding(&told), [("Admins".to_owned(), json!(["role"]), json!(["role"]))], "{told}");
}

/// `doorlist explain` with these arguments.
#[track_caller]
fn explain(server: &Server, key: &str, arguments: &[&str]) -> Ended {
    let url = format!("http://{}", server.address());
    let mut command = command();
    command.arg("explain").args(["--server", &url]).args(arguments).env("DOORLIST_OPERATOR_KEY", key);
    process::run(&mut command, Duration::from_secs(60)).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn the_command_line_explains() {
    let (tenant, client) = filtered("explained by command");
    let (ada, ben) = (client.user("ada@example.com"), client.user("ben\u{1b}[31m@example.com"));
    client.group("NB-Staff", &[&ada]);
    client.group("Marketing", &[&ben]);
    tenant.synced();
    let (server, key) = (shared::server(), tenant.operator.key());
    let shown = |arguments: &[&str]| {
        let ended = explain(server, key, &[&["--tenant", &tenant.id], arguments].concat());
        assert!(ended.success(), "{ended:?}");
        ended.stdout
    };
    let told = shown(&["ada@example.com"]);
    assert!(told.starts_with("user ada@example.com\n  The directory has this user.\n"), "{told}");
    for part in [ada.as_str(), "POST /Groups", "user-group-filter", "µs", "deciding group", "NB-Staff"] {
        assert!(told.contains(part), "{part} is not in {told}");
    }
    let told = shown(&[&ben]);
    assert!(told.contains("The directory does not have this user: ") && !told.contains('\u{1b}'), "{told:?}");
    assert!(told.lines().all(|line| line.chars().count() <= 100), "{told}");
    let told = shown(&["--group", "Marketing"]);
    assert!(told.starts_with("group Marketing\n") && told.contains("group-prefix"), "{told}");
    let json: Value = serde_json::from_str(&shown(&["--json", &ada])).unwrap();
    assert_eq!((&json["scimId"], &json["evaluation"]["included"]), (&json!(ada), &json!(true)));
    let ended = explain(server, key, &["--tenant", &tenant.id, "nobody@example.com"]);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.stdout.is_empty() && ended.stderr.contains("Neither the inventory"), "{ended:?}");
    let ended = explain(server, "another key", &["--tenant", &tenant.id, &ada]);
    assert!(ended.code == Some(1) && ended.stderr.contains("401"), "{ended:?}");
}
