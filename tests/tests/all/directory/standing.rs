//! What operators set survives: every sync, removal, and return.

use doorlist_tests::callers::text;
use serde_json::{Value, json};

use super::{assert_replay, expect_members};
use crate::shared;

/// Role, status and block of a member.
#[track_caller]
fn expect(member: &Value, role: &str, status: &str, blocked: bool) {
    assert_eq!((&member["role"], &member["status"], &member["blocked"]), (&json!(role), &json!(status), &json!(blocked)), "{member}");
}

#[test]
fn role_and_block_survive_every_sync() {
    let tenant = shared::tenant("standing");
    let client = tenant.connect();
    let user = client.user("ada@example.com");
    let member = tenant.member("ada@example.com");
    expect(&member, "user", "active", false);
    let path = format!("/users/{}", text(&member, "id"));
    expect(&tenant.patch(&path, &json!({"role": "network_admin", "blocked": true})).expect(200), "network_admin", "blocked", true);
    let _ =
        client.put(&format!("/Users/{user}"), &json!({"userName": "ada@example.com", "displayName": "Ada", "active": true})).expect(200);
    expect(&tenant.member("ada@example.com"), "network_admin", "blocked", true);
    client.set(&user, &json!({"active": false}));
    expect(&tenant.member("ada@example.com"), "network_admin", "blocked", true);
    client.set(&user, &json!({"active": true, "userName": "ada.l@example.com"}));
    expect(&tenant.member("ada.l@example.com"), "network_admin", "blocked", true);
    // Without the block, the identity provider's word counts again.
    client.set(&user, &json!({"active": false}));
    assert!(tenant.synced()["dirty"] == 0);
    expect(&tenant.patch(&path, &json!({"blocked": false})).expect(200), "network_admin", "suspended", false);
    client.set(&user, &json!({"active": true}));
    expect(&tenant.member("ada.l@example.com"), "network_admin", "active", false);
    // Null gives the role back.
    expect(&tenant.patch(&path, &json!({"role": null})).expect(200), "user", "active", false);
    assert_eq!(tenant.member("ada.l@example.com")["id"], member["id"]);
    assert_replay(&tenant);
}

#[test]
fn who_returns_finds_role_and_block() {
    // How the user comes back: what the second one has in common with the first.
    let cases = [
        (
            "by externalId",
            json!({"userName": "first@example.com", "externalId": "ext-1"}),
            json!({"userName": "second@example.com", "externalId": "ext-1"}),
            true,
        ),
        ("by userName", json!({"userName": "first@example.com"}), json!({"userName": "First@Example.com"}), true),
        (
            "by userName, with an externalId for the first time",
            json!({"userName": "first@example.com"}),
            json!({"userName": "first@example.com", "externalId": "ext-1"}),
            true,
        ),
        (
            "as somebody else",
            json!({"userName": "first@example.com", "externalId": "ext-1"}),
            json!({"userName": "second@example.com", "externalId": "ext-2"}),
            false,
        ),
        (
            "as somebody else, both with an empty externalId",
            json!({"userName": "first@example.com", "externalId": ""}),
            json!({"userName": "second@example.com", "externalId": ""}),
            false,
        ),
        (
            "as somebody else, both with a blank externalId",
            json!({"userName": "first@example.com", "externalId": " "}),
            json!({"userName": "second@example.com", "externalId": " "}),
            false,
        ),
        (
            "by userName, where the externalId was empty",
            json!({"userName": "first@example.com", "externalId": ""}),
            json!({"userName": "first@example.com", "externalId": "ext-1"}),
            true,
        ),
        (
            "as somebody else with an externalId in other letters",
            json!({"userName": "first@example.com", "externalId": "ext-1"}),
            json!({"userName": "second@example.com", "externalId": "EXT-1"}),
            false,
        ),
    ];
    for (label, first, second, same) in cases {
        let tenant = shared::tenant(label);
        let client = tenant.connect();
        let id = text(&client.post("/Users", &first).expect(201), "id");
        let member = tenant.member("first@example.com");
        let _ = tenant.patch(&format!("/users/{}", text(&member, "id")), &json!({"role": "billing_admin", "blocked": true})).expect(200);
        client.remove(&format!("/Users/{id}"));
        assert_eq!(tenant.members(), Vec::<Value>::new(), "{label}");
        let made = client.post("/Users", &second).expect(201);
        assert_ne!(made["id"], id.as_str(), "{label}");
        let returned = tenant.member(second["userName"].as_str().unwrap());
        assert_eq!(returned["id"] == member["id"], same, "{label}: {returned}");
        if same {
            expect(&returned, "billing_admin", "blocked", true);
        } else {
            expect(&returned, "user", "active", false);
        }
        assert_eq!(returned["scimId"], made["id"], "{label}");
        assert_replay(&tenant);
    }
}

#[test]
fn who_was_filtered_out_finds_role_and_block() {
    let tenant = shared::tenant("filtered out");
    let client = tenant.connect_with(&json!({"provider": "jumpcloud", "name": "J", "userGroups": ["Staff"]}));
    let user = client.user("ada@example.com");
    let staff = client.group("Staff", &[&user]);
    let member = tenant.member("ada@example.com");
    let path = format!("/users/{}", text(&member, "id"));
    let _ = tenant.patch(&path, &json!({"role": "auditor", "blocked": true})).expect(200);
    client.leave(&staff, &user);
    expect_members(&tenant, &[]);
    tenant.get(&path).problem(404);
    client.join(&staff, &user);
    let returned = tenant.member("ada@example.com");
    expect(&returned, "auditor", "blocked", true);
    assert_eq!(returned["id"], member["id"]);
    assert_replay(&tenant);
}

/// Somebody new is not somebody who was: a standing belongs to one connection.
#[test]
fn a_standing_is_not_inherited_over_connections() {
    let tenant = shared::tenant("two connections");
    let (one, two) = (tenant.connect(), tenant.connect_with(&json!({"provider": "okta", "name": "Okta"})));
    let body = json!({"userName": "ada@example.com", "externalId": "ext-1"});
    let id = text(&one.post("/Users", &body).expect(201), "id");
    let member = tenant.member("ada@example.com");
    let _ = tenant.patch(&format!("/users/{}", text(&member, "id")), &json!({"role": "auditor"})).expect(200);
    one.remove(&format!("/Users/{id}"));
    let _ = two.post("/Users", &body).expect(201);
    let other = tenant.member("ada@example.com");
    expect(&other, "user", "active", false);
    assert_eq!(other["connection"], two.connection.as_str());
    assert_replay(&tenant);
}

/// Nothing that comes by SCIM gives a role.
#[test]
fn scim_gives_no_role() {
    let tenant = shared::tenant("no role by SCIM");
    let client = tenant.connect();
    let made = client.post("/Users", &json!({"userName": "ada@example.com", "role": "owner", "roles": [{"value": "owner", "primary": true}], "entitlements": [{"value": "admin"}], "userType": "owner"})).expect(201);
    let user = text(&made, "id");
    for name in ["owner", "admin", "Owners"] {
        let _ = client.group(name, &[&user]);
    }
    client.set(&user, &json!({"roles": [{"value": "admin"}]}));
    expect(&tenant.member("ada@example.com"), "user", "active", false);
    assert_replay(&tenant);
}

#[test]
fn a_tenant_has_its_own_roles() {
    let operator = shared::server().operator();
    let made = operator.post("/tenants", &json!({"name": "Roles", "roles": ["boss", "worker"], "defaultRole": "worker"})).expect(201);
    let tenant = doorlist_tests::Tenant { operator: operator.clone(), id: text(&made, "id") };
    let client = tenant.connect();
    let _ = client.user("ada@example.com");
    let member = tenant.member("ada@example.com");
    expect(&member, "worker", "active", false);
    let path = format!("/users/{}", text(&member, "id"));
    tenant.patch(&path, &json!({"role": "admin"})).problem(400);
    tenant.patch(&path, &json!({"role": "BOSS"})).problem(400);
    tenant.patch(&path, &json!({"blocked": "yes"})).problem(400);
    tenant.patch(&path, &json!({"nonsense": 1})).problem(400);
    expect(&tenant.patch(&path, &json!({"role": "boss"})).expect(200), "boss", "active", false);
    operator.post("/tenants", &json!({"name": "Roles", "roles": ["boss"], "defaultRole": "worker"})).problem(400);
}

/// What is blank is not there: the next best takes its place.
#[test]
fn blank_names_and_addresses_are_passed_over() {
    let cases = [
        (json!({"emails": [{"value": ""}]}), "a@example.com", "a@example.com"),
        (json!({"emails": [{"value": " ", "primary": true}, {"value": "real@example.com"}]}), "real@example.com", "a@example.com"),
        (
            json!({"emails": [{"value": "first@example.com"}, {"value": "p@example.com", "primary": true}]}),
            "p@example.com",
            "a@example.com",
        ),
        (json!({"displayName": " ", "name": {"formatted": " ", "givenName": "Ada"}}), "a@example.com", "Ada"),
        (json!({"displayName": "", "emails": null}), "a@example.com", "a@example.com"),
    ];
    let tenant = shared::tenant("blank");
    let client = tenant.connect();
    for (sent, email, name) in cases {
        let mut body = sent.clone();
        body["userName"] = json!("a@example.com");
        let id = text(&client.post("/Users", &body).expect(201), "id");
        let member = tenant.member("a@example.com");
        assert_eq!((&member["email"], &member["displayName"]), (&json!(email), &json!(name)), "{sent}");
        client.remove(&format!("/Users/{id}"));
        assert_eq!(tenant.members(), Vec::<Value>::new(), "{sent}");
    }
}
