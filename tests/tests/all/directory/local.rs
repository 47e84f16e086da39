//! Local members and groups: SCIM never sees, changes or removes them, whatever their names.

use doorlist_tests::callers::text;
use serde_json::{Value, json};

use super::{assert_replay, expect_groups, expect_members};
use crate::shared;

#[test]
fn scim_and_local_members_of_one_name_are_two() {
    let tenant = shared::tenant("same name");
    let client = tenant.connect();
    let local = tenant
        .post("/users", &json!({"userName": "ada@example.com", "displayName": "Local Ada", "email": "ada@example.com", "role": "owner"}))
        .expect(201);
    assert_eq!((&local["issued"], &local["role"], &local["status"]), (&json!("api"), &json!("owner"), &json!("active")));
    // SCIM does not see it, and is not in its way.
    assert_eq!(client.find("/Users", "userName eq \"ada@example.com\""), Vec::<Value>::new());
    assert_eq!(client.get("/Users").expect(200)["totalResults"], 0);
    client.get(&format!("/Users/{}", text(&local, "id"))).scim_error(404, None);
    let user = client.user("ada@example.com");
    let members = tenant.members();
    assert_eq!(members.len(), 2, "{members:?}");
    let of = |issued: &str| tenant.members().into_iter().find(|member| member["issued"] == issued);
    assert_eq!(of("scim").unwrap()["role"], "user", "the local one's role is not inherited");
    assert_eq!(of("api"), Some(local.clone()));
    // Whatever SCIM does to its own, the local one stays.
    for change in [json!({"active": false}), json!({"displayName": "Other"})] {
        client.set(&user, &change);
        tenant.synced();
        assert_eq!(of("api"), Some(local.clone()));
    }
    client.remove(&format!("/Users/{user}"));
    assert_eq!(tenant.members(), std::slice::from_ref(&local));
    client.delete(&format!("/Users/{}", text(&local, "id"))).scim_error(404, None);
    client
        .patch(&format!("/Users/{}", text(&local, "id")), &json!([{"op": "replace", "path": "active", "value": false}]))
        .scim_error(404, None);
    assert_eq!(tenant.members(), [local]);
    assert_replay(&tenant);
}

#[test]
fn scim_and_local_groups_of_one_name_are_two() {
    let tenant = shared::tenant("same group name");
    let client = tenant.connect();
    let local = tenant.post("/groups", &json!({"displayName": "Staff"})).expect(201);
    let local_id = text(&local, "id");
    let person = tenant.post("/users", &json!({"userName": "local@example.com"})).expect(201);
    let _ = tenant.put(&format!("/groups/{local_id}/users/{}", text(&person, "id")), &json!({})).expect(204);
    assert_eq!(client.find("/Groups", "displayName eq \"Staff\""), Vec::<Value>::new());
    client.get(&format!("/Groups/{local_id}")).scim_error(404, None);
    let user = client.user("synced@example.com");
    let synced = client.group("Staff", &[&user]);
    assert_ne!(synced, local_id);
    let names =
        |group: &str| tenant.all(&format!("/groups/{group}/users")).iter().map(|member| text(member, "userName")).collect::<Vec<_>>();
    tenant.synced();
    assert_eq!((names(&local_id), names(&synced)), (vec!["local@example.com".to_owned()], vec!["synced@example.com".to_owned()]));
    // A local one cannot be made a member by SCIM.
    for member in [&local_id, &text(&person, "id")] {
        let change = json!([{"op": "add", "path": "members", "value": [{"value": member}]}]);
        client.patch(&format!("/Groups/{synced}"), &change).scim_error(400, Some("invalidValue"));
    }
    client.remove(&format!("/Groups/{synced}"));
    tenant.synced();
    assert_eq!(tenant.groups(), [local]);
    assert_eq!(names(&local_id), ["local@example.com"]);
    assert_replay(&tenant);
}

#[test]
fn synced_members_can_be_in_local_groups() {
    let tenant = shared::tenant("local group");
    let client = tenant.connect();
    let (ada, ben) = (client.user("ada@example.com"), client.user("ben@example.com"));
    let group = text(&tenant.post("/groups", &json!({"displayName": "Project"})).expect(201), "id");
    for name in ["ada@example.com", "ben@example.com"] {
        let id = text(&tenant.member(name), "id");
        for _ in 0..2 {
            assert_eq!(tenant.put(&format!("/groups/{group}/users/{id}"), &json!({})).expect(204), Value::Null);
        }
    }
    let synced = client.group("Synced", &[&ada]);
    // Every sync of the member leaves the local membership.
    client.set(&ada, &json!({"displayName": "Ada"}));
    client.leave(&synced, &ada);
    client.set(&ben, &json!({"active": false}));
    expect_groups(&tenant, &[("Project", &["ada@example.com", "ben@example.com"]), ("Synced", &[])]);
    let id = text(&tenant.member("ben@example.com"), "id");
    for _ in 0..2 {
        assert_eq!(tenant.delete(&format!("/groups/{group}/users/{id}")).expect(204), Value::Null);
    }
    expect_groups(&tenant, &[("Project", &["ada@example.com"]), ("Synced", &[])]);
    let renamed = tenant.patch(&format!("/groups/{group}"), &json!({"displayName": "Renamed"})).expect(200);
    assert_eq!(renamed["displayName"], "Renamed");
    assert_eq!(tenant.delete(&format!("/groups/{group}")).expect(204), Value::Null);
    expect_groups(&tenant, &[("Synced", &[])]);
    tenant.get(&format!("/groups/{group}")).problem(404);
}

/// What came by SCIM is changed at its identity provider.
#[test]
fn synced_ones_are_not_changed_by_operators() {
    let tenant = shared::tenant("synced ones");
    let client = tenant.connect();
    let user = client.user("ada@example.com");
    let group = client.group("Synced", &[&user]);
    let member = text(&tenant.member("ada@example.com"), "id");
    let other = text(&tenant.post("/users", &json!({"userName": "other@example.com"})).expect(201), "id");
    for reply in [
        tenant.delete(&format!("/users/{member}")),
        tenant.patch(&format!("/users/{member}"), &json!({"displayName": "Other"})),
        tenant.patch(&format!("/users/{member}"), &json!({"email": "other@example.com"})),
        tenant.delete(&format!("/groups/{group}")),
        tenant.patch(&format!("/groups/{group}"), &json!({"displayName": "Other"})),
        tenant.put(&format!("/groups/{group}/users/{other}"), &json!({})),
        tenant.delete(&format!("/groups/{group}/users/{member}")),
    ] {
        reply.problem(409);
    }
    expect_members(&tenant, &[("ada@example.com", "active"), ("other@example.com", "active")]);
    expect_groups(&tenant, &[("Synced", &["ada@example.com"])]);
}

#[test]
fn local_ones_are_made_changed_and_deleted() {
    let tenant = shared::tenant("local ones");
    let made = tenant.post("/users", &json!({"userName": "eva@example.com"})).expect(201);
    assert_eq!((&made["displayName"], &made["role"], &made["blocked"]), (&json!("eva@example.com"), &json!("user"), &json!(false)));
    let path = format!("/users/{}", text(&made, "id"));
    assert_eq!(tenant.get(&path).expect(200), made);
    let changed =
        tenant.patch(&path, &json!({"displayName": "Eva", "email": "eva@example.org", "role": "auditor", "blocked": true})).expect(200);
    assert_eq!(
        (&changed["displayName"], &changed["email"], &changed["role"], &changed["status"]),
        (&json!("Eva"), &json!("eva@example.org"), &json!("auditor"), &json!("blocked"))
    );
    for name in ["eva@example.com", "EVA@example.com"] {
        tenant.post("/users", &json!({"userName": name})).problem(409);
    }
    for body in [
        json!({}),
        json!({"userName": ""}),
        json!({"userName": "  "}),
        json!({"userName": "x".repeat(300)}),
        json!({"userName": "x", "role": "nonsense"}),
        json!({"userName": "x", "nonsense": 1}),
        json!({"userName": 5}),
    ] {
        tenant.post("/users", &body).problem(400);
    }
    let group = tenant.post("/groups", &json!({"displayName": "Group"})).expect(201);
    tenant.post("/groups", &json!({"displayName": "Group"})).problem(409);
    tenant.post("/groups", &json!({"displayName": " "})).problem(400);
    let _ = tenant.put(&format!("/groups/{}/users/{}", text(&group, "id"), text(&made, "id")), &json!({})).expect(204);
    expect_groups(&tenant, &[("Group", &["eva@example.com"])]);
    assert_eq!(tenant.delete(&path).expect(204), Value::Null);
    tenant.delete(&path).problem(404);
    tenant.get(&path).problem(404);
    expect_groups(&tenant, &[("Group", &[])]);
    expect_members(&tenant, &[]);
    let again = tenant.post("/users", &json!({"userName": "eva@example.com"})).expect(201);
    assert_eq!(again["role"], "user", "a deleted local member leaves nothing behind");
}
