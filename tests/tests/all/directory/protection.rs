//! Role protection: whoever has a protected role keeps it, and access, whatever the identity provider says.

use doorlist_tests::callers::text;
use doorlist_tests::{Client, Tenant};
use serde_json::{Value, json};

use super::{assert_replay, expect_members};
use crate::shared;

/// A tenant whose connection admits the group Staff, with one member whom an operator made an admin.
fn with_admin(name: &str) -> (Tenant, Client, String, String) {
    let tenant = shared::tenant(name);
    let client = tenant.connect_with(&json!({"provider": "jumpcloud", "name": "JumpCloud", "userGroups": ["Staff"]}));
    let user = client.user("admin@example.com");
    let staff = client.group("Staff", &[&user]);
    let member = tenant.member("admin@example.com");
    let _ = tenant.patch(&format!("/users/{}", text(&member, "id")), &json!({"role": "admin"})).expect(200);
    (tenant, client, user, staff)
}

#[track_caller]
fn expect_admin(tenant: &Tenant, status: &str) -> Value {
    let member = tenant.member("admin@example.com");
    assert_eq!((&member["role"], &member["status"]), (&json!("admin"), &json!(status)), "{member}");
    assert_replay(tenant);
    member
}

#[test]
fn a_protected_member_is_not_suspended() {
    let (tenant, client, user, _) = with_admin("protected from suspension");
    client.set(&user, &json!({"active": false}));
    expect_admin(&tenant, "active");
    let decision = tenant.user_decision("admin@example.com");
    let said: Vec<&Value> =
        decision["verdicts"].as_array().unwrap().iter().filter(|verdict| verdict["plugin"] == "role-protection").collect();
    assert_eq!(said.len(), 1, "{decision}");
    assert_eq!(said[0]["changes"][0]["effect"], "set-status", "{decision}");
    assert!(said[0]["changes"][0]["reason"].as_str().is_some_and(|reason| reason.len() > 10), "{decision}");
    // Without the role, the suspension counts.
    let member = tenant.member("admin@example.com");
    let _ = tenant.patch(&format!("/users/{}", text(&member, "id")), &json!({"role": null})).expect(200);
    expect_members(&tenant, &[("admin@example.com", "suspended")]);
}

#[test]
fn a_protected_member_is_not_filtered_out() {
    let (tenant, client, user, staff) = with_admin("protected from filters");
    client.leave(&staff, &user);
    expect_admin(&tenant, "active");
    client.remove(&format!("/Groups/{staff}"));
    expect_admin(&tenant, "active");
    let decision = tenant.user_decision("admin@example.com");
    assert_eq!(decision["included"], true, "{decision}");
}

#[test]
fn a_protected_member_is_not_deleted() {
    let (tenant, client, user, _) = with_admin("protected from deletion");
    let id = tenant.member("admin@example.com")["id"].clone();
    client.remove(&format!("/Users/{user}"));
    assert_eq!(expect_admin(&tenant, "active")["id"], id);
    // The identity provider sees its own deletion; a return is the same member.
    client.get(&format!("/Users/{user}")).scim_error(404, None);
    let _ = client.user("admin@example.com");
    assert_eq!(expect_admin(&tenant, "active")["id"], id);
    assert_eq!(tenant.members().len(), 1);
}

#[test]
fn an_operators_block_outweighs_protection() {
    let (tenant, client, user, _) = with_admin("protected and blocked");
    let member = tenant.member("admin@example.com");
    let _ = tenant.patch(&format!("/users/{}", text(&member, "id")), &json!({"blocked": true})).expect(200);
    expect_admin(&tenant, "blocked");
    for active in [false, true, false] {
        client.set(&user, &json!({"active": active}));
        expect_admin(&tenant, "blocked");
    }
}

/// Whose role is not protected loses access as the identity provider says.
#[test]
fn others_are_not_protected() {
    let (tenant, client, _, staff) = with_admin("others");
    let other = client.user("other@example.com");
    client.join(&staff, &other);
    let member = tenant.member("other@example.com");
    let _ = tenant.patch(&format!("/users/{}", text(&member, "id")), &json!({"role": "network_admin"})).expect(200);
    client.set(&other, &json!({"active": false}));
    expect_members(&tenant, &[("admin@example.com", "active"), ("other@example.com", "suspended")]);
    client.remove(&format!("/Users/{other}"));
    expect_members(&tenant, &[("admin@example.com", "active")]);
}
