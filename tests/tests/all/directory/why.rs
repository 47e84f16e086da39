//! What explanations tell beside the pipeline's steps: blocks and suspensions, names that policies gave, groups that they made, and requests.

use std::time::Duration;

use doorlist_tests::callers::text;
use doorlist_tests::http::encode;
use doorlist_tests::server::command;
use doorlist_tests::{Tenant, process};
use serde_json::{Value, json};

use crate::shared;

/// The explanation of a user or group (`users`, `groups`), once nothing is left to project.
#[track_caller]
fn explained(tenant: &Tenant, list: &str, named: &str) -> Value {
    tenant.synced();
    tenant.get(&format!("/{list}/{}/explanation", encode(named))).expect(200)
}

/// What `doorlist explain` prints with these arguments.
#[track_caller]
fn printed(tenant: &Tenant, arguments: &[&str]) -> String {
    tenant.synced();
    let url = format!("http://{}", shared::server().address());
    let mut command = command();
    command.args(["explain", "--server", &url, "--tenant", &tenant.id]).args(arguments).env("DOORLIST_OPERATOR_KEY", tenant.operator.key());
    let ended = process::run(&mut command, Duration::from_secs(60)).unwrap_or_else(|error| panic!("{error}"));
    assert!(ended.success(), "{ended:?}");
    ended.stdout
}

#[track_caller]
fn put(tenant: &Tenant, settings: &Value) {
    let policies = json!([{"name": "rules", "plugin": "rules", "settings": settings}]);
    let _ = tenant.put("/pipeline", &json!({"policies": policies})).expect(200);
}

#[test]
fn blocks_and_suspensions_are_told() {
    let tenant = shared::tenant("explained statuses");
    let client = tenant.connect();
    for name in ["active", "blocked", "deactivated", "guest"] {
        let _ = client.post("/Users", &json!({"userName": name, "externalId": name, "title": name})).expect(201);
    }
    let local = text(&tenant.post("/users", &json!({"userName": "local"})).expect(201), "id");
    let guests = json!({"name": "guests", "when": "title eq \"guest\"", "effects": {"status": "suspended"}});
    put(&tenant, &json!({"users": [guests]}));
    let deactivated = text(&client.find("/Users", "userName eq \"deactivated\"")[0], "id");
    client.set(&deactivated, &json!({"active": false}));
    for id in [text(&tenant.member("blocked"), "id"), local] {
        let _ = tenant.patch(&format!("/users/{id}"), &json!({"blocked": true})).expect(200);
    }
    let blocked = json!({"text": "An operator blocked this user."});
    let reason = text(&explained(&tenant, "users", "guest")["statusReason"], "text");
    assert!(!reason.is_empty());
    let because = " It is blocked, since an operator said so, and may not use the application.";
    let told_local = format!("This user was made locally. No policy decides on it, and no identity provider.{because}");
    let told_blocked = format!("The directory has this user.{because}");
    let told_guest = format!("The directory has this user. It is suspended: {reason} (policy rules)");
    for (name, status, why, summary) in [
        ("active", "active", Value::Null, "The directory has this user."),
        ("blocked", "blocked", blocked.clone(), told_blocked.as_str()),
        ("local", "blocked", blocked, told_local.as_str()),
        (
            "deactivated",
            "suspended",
            json!({"text": "The identity provider deactivated this user."}),
            "The directory has this user. It is suspended: The identity provider deactivated this user.",
        ),
        ("guest", "suspended", json!({"policy": "rules", "text": reason}), told_guest.as_str()),
    ] {
        let told = explained(&tenant, "users", name);
        assert_eq!((&told["status"], &told["statusReason"], text(&told, "summary").as_str()), (&json!(status), &why, summary), "{told}");
    }
    let told = printed(&tenant, &["blocked"]);
    assert!(told.contains("  status            blocked: An operator blocked this user.\n") && told.contains("but blocked"), "{told}");
    assert!(printed(&tenant, &["active"]).contains("  status            active\n"));
}

/// A group is found by what the directory calls it, also by another spelling, and for as long as it is called so.
#[test]
fn groups_are_found_by_the_names_that_policies_gave_them() {
    let tenant = shared::tenant("explained group names");
    let client = tenant.connect();
    let group = client.group("NB-Eng", &[]);
    put(&tenant, &json!({"groups": [{"name": "eng", "when": "displayName eq \"NB-Eng\"", "effects": {"displayName": "Engineering"}}]}));
    assert_eq!(text(&tenant.groups()[0], "displayName"), "Engineering");
    for named in ["NB-Eng", "Engineering", "engineering", group.as_str()] {
        assert_eq!(text(&explained(&tenant, "groups", named), "scimId"), group, "{named}");
        assert_eq!(text(&tenant.group_decision(named), "scimId"), group, "{named}");
        let asked = tenant.post("/pipeline/what-if", &json!({"group": {"named": named}})).expect(200);
        assert_eq!(text(&asked, "scimId"), group, "{named}");
    }
    let _ = tenant.put("/pipeline", &json!({"policies": []})).expect(200);
    tenant.synced();
    assert_eq!(text(&explained(&tenant, "groups", "NB-Eng"), "scimId"), group);
    tenant.get("/groups/Engineering/explanation").problem(404);
}

#[test]
fn groups_that_policies_made_are_explained() {
    let tenant = shared::tenant("explained made groups");
    let client = tenant.connect();
    for name in ["ada", "ben", "cleo"] {
        let _ = client.post("/Users", &json!({"userName": name, "externalId": name, "title": "Contractor"})).expect(201);
    }
    let _ = client.user("dan@example.com");
    put(
        &tenant,
        &json!({"users": [{"name": "contractors", "when": "title eq \"Contractor\"", "effects": {"addGroups": ["Contractors"]}}]}),
    );
    let told = explained(&tenant, "groups", "Contractors");
    let reason = told["madeBy"][0]["reason"].clone();
    assert_eq!(told["madeBy"], json!([{"reason": reason, "members": 3}]), "{told}");
    assert_eq!(reason["policy"], "rules", "{told}");
    let summary = "Policies made this group. It is there for as long as they put somebody into it. 3 members: ";
    assert_eq!(text(&told, "summary"), format!("{summary}{} (policy rules)", text(&reason, "text")));
    assert_eq!(text(&told["lastTouch"]["entry"], "action"), "PUT /tenants/{tenant}/pipeline", "{told}");
    let detail = tenant.get(&format!("/groups/{}/decision", text(&told, "directoryId"))).problem(409);
    assert!(detail.contains("policies made it") && !detail.contains("locally"), "{detail}");
    let told = printed(&tenant, &["--group", "Contractors"]);
    assert!(told.contains("made by           members put in: 3") && told.contains("PUT /tenants/{tenant}/pipeline"), "{told}");
    // When nobody is in it any more it is found as gone.
    let _ = tenant.put("/pipeline", &json!({"policies": []})).expect(200);
    let told = explained(&tenant, "groups", "Contractors");
    assert_eq!(told["standing"], "policy", "{told}");
    let summary = "Policies had made this group, and put nobody into it any more. The directory has nothing of it any more.";
    assert_eq!(told["summary"], summary);
}

/// The members of a group are nothing that policies see of it, so it is not projected for them; the request is known all the same.
#[test]
fn a_change_of_members_touches_the_group() {
    let tenant = shared::tenant("explained members");
    let client = tenant.connect();
    let (ada, ben) = (client.user("ada@example.com"), client.user("ben@example.com"));
    let group = client.group("Staff", &[&ada]);
    let last = |action: &str| {
        let told = explained(&tenant, "groups", &group);
        let entry = &told["lastScimRequest"]["entry"];
        assert_eq!((text(entry, "action"), text(entry, "subject")), (action.to_owned(), group.clone()), "{told}");
        assert_eq!(told["lastTouch"], told["lastScimRequest"], "{told}");
        told["lastTouch"]["activity"].as_u64().unwrap()
    };
    let made = last("POST /Groups");
    client.join(&group, &ben);
    let joined = last("PATCH /Groups/{id}");
    client.leave(&group, &ada);
    let left = last("PATCH /Groups/{id}");
    client.rename(&group, "Everybody");
    let renamed = last("PATCH /Groups/{id}");
    assert!(made < joined && joined < left && left < renamed);
    // What changes nothing touches nobody.
    client.leave(&group, &ada);
    assert_eq!(last("PATCH /Groups/{id}"), renamed);
}

/// Whoever is held is so in every answer, with the request that brought it about.
#[test]
fn who_is_held_is_told_with_the_request() {
    let tenant = shared::tenant("explained holds");
    let _ = tenant.patch("", &json!({"guard": {"count": 0, "sharePercent": 0}})).expect(200);
    let client = tenant.connect_with(&json!({"provider": "jumpcloud", "name": "JumpCloud", "userGroups": ["Staff"]}));
    let people: Vec<String> = ["ada", "ben", "cleo"].iter().map(|name| client.user(&format!("{name}@example.com"))).collect();
    let group = client.group("Staff", &people.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(tenant.members().len(), 3);
    // Whoever came last may go unasked.
    for visitor in 0..4 {
        let id = client.user(&format!("visitor{visitor}@example.com"));
        client.join(&group, &id);
    }
    tenant.synced();
    client.remove(&format!("/Groups/{group}"));
    tenant.synced();
    let log = tenant.all("/activity");
    let request = |action: &str| log.iter().find(|entry| entry["action"] == action).unwrap()["sequence"].clone();
    let deletion = request("DELETE /Groups/{id}");
    let hold = tenant.all("/holds?state=open")[0].clone();
    assert_eq!((&hold["causes"][0]["activity"], &hold["causes"][0]["members"]), (&deletion, &json!(3)), "{hold}");
    for held in tenant.all(&format!("/holds/{}/members", text(&hold, "id"))) {
        assert_eq!(held["activity"], deletion, "{held}");
    }
    let by = json!({"hold": hold["id"], "effect": "removed"});
    let told = explained(&tenant, "users", "ada@example.com");
    assert_eq!((&told["evaluation"]["held"], &told["evaluation"]["included"]), (&by, &json!(true)), "{told}");
    let asked = tenant.post("/pipeline/what-if", &json!({"user": {"named": "ada@example.com"}})).expect(200);
    assert_eq!((&asked["evaluation"]["held"], &asked["evaluation"]["directory"]["change"]), (&by, &json!("none")), "{asked}");
    assert!(printed(&tenant, &["ada@example.com"]).contains("has it still: a hold keeps it as it is"));
    // In the group again it would stay anyway.
    let asked = tenant.post("/pipeline/what-if", &json!({"user": {"named": "ada@example.com", "groups": ["Staff"]}})).expect(200);
    assert_eq!(asked["evaluation"].get("held"), None, "{asked}");
    // With the connection they would go for another reason, by another request.
    let _ = tenant.delete(&format!("/connections/{}", client.connection)).expect(204);
    tenant.synced();
    let log = tenant.all("/activity");
    let deletion =
        log.iter().find(|entry| entry["action"] == "DELETE /tenants/{tenant}/connections/{connection}").unwrap()["sequence"].clone();
    let members = tenant.all(&format!("/holds/{}/members", text(&hold, "id")));
    assert_eq!(members.len(), 3, "{members:?}");
    for held in &members {
        let cause = json!({"text": "An operator deleted the connection that this user came by."});
        assert_eq!((&held["cause"], &held["activity"]), (&cause, &deletion), "{held}");
    }
    let told = explained(&tenant, "users", "ada@example.com");
    assert!(
        text(&told, "summary").starts_with("An operator deleted its connection. The directory has this user as it was: hold"),
        "{told}"
    );
    assert_eq!(told["lastTouch"]["activity"], deletion, "{told}");
}

#[test]
fn several_requests_are_no_one_cause() {
    let tenant = shared::tenant("explained causes");
    let _ = tenant.patch("", &json!({"guard": {"count": 0, "sharePercent": 0}})).expect(200);
    let client = tenant.connect();
    let people: Vec<String> = ["ada", "ben"].iter().map(|name| client.user(&format!("{name}@example.com"))).collect();
    (0..4).for_each(|visitor| drop(client.user(&format!("visitor{visitor}@example.com"))));
    tenant.synced();
    let causes = || {
        tenant.synced();
        tenant.all("/holds?state=open")[0]["causes"].clone()
    };
    client.remove(&format!("/Users/{}", people[0]));
    let one = causes();
    assert!(one[0]["activity"].is_u64() && one[0]["members"] == 1, "{one}");
    client.remove(&format!("/Users/{}", people[1]));
    let two = causes();
    assert_eq!((two[0].get("activity"), &two[0]["members"]), (None, &json!(2)), "{two}");
}

#[test]
fn namesakes_and_roles_are_named() {
    let tenant = shared::tenant("explained namesakes");
    let (one, two) = (tenant.connect(), tenant.connect_with(&json!({"provider": "okta", "name": "Okta"})));
    let (ada, other) = (one.user("ada@example.com"), two.user("ada@example.com"));
    let told = explained(&tenant, "users", "ada@example.com");
    assert_eq!((text(&told, "scimId"), text(&told["others"][0], "connectionName")), (ada, "Okta".to_owned()), "{told}");
    let shown = printed(&tenant, &["ada@example.com"]);
    assert!(shown.contains(&format!("  {other} (inventory, Okta)\n")), "{shown}");
    put(&tenant, &json!({"users": [{"name": "all", "effects": {"role": "wizard"}}]}));
    let told = explained(&tenant, "users", &other);
    assert_eq!(told["decision"]["stuck"]["text"], "It wanted to give the role \"wizard\", which the tenant does not have.", "{told}");
}

/// What turns the direction of writing around does not reach a terminal.
#[test]
fn names_are_shown_as_they_are_written() {
    let tenant = shared::tenant("explained letters");
    let client = tenant.connect();
    let ada = client.user("ada@example.com");
    client.set(&ada, &json!({"displayName": "Ada\u{202e}nimda"}));
    let told = printed(&tenant, &[&ada]);
    assert!(!told.contains('\u{202e}') && told.contains("Ada\u{fffd}nimda"), "{told:?}");
}
