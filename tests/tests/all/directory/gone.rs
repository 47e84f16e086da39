//! Who has gone: found by the names that they had, in explanations and histories, whoever took them away.

use doorlist_tests::Tenant;
use doorlist_tests::callers::text;
use doorlist_tests::http::encode;
use serde_json::{Value, json};

use super::assert_replay;
use crate::shared;

/// The explanation of a user or group (`users`, `groups`), once nothing is left to project.
#[track_caller]
fn explained(tenant: &Tenant, list: &str, named: &str) -> Value {
    tenant.synced();
    tenant.get(&format!("/{list}/{}/explanation", encode(named))).expect(200)
}

/// Its history, newest first.
#[track_caller]
fn history(tenant: &Tenant, list: &str, named: &str) -> Vec<Value> {
    tenant.synced();
    tenant.get(&format!("/{list}/{}/history", encode(named))).expect(200)["items"].as_array().unwrap().clone()
}

#[test]
fn who_was_deleted_is_found_by_any_name() {
    let tenant = shared::tenant("gone by name");
    let client = tenant.connect();
    let body = json!({"userName": "ada@example.com", "externalId": "E-7", "emails": [{"value": "ada@mail.example.com"}]});
    let ada = text(&client.post("/Users", &body).expect(201), "id");
    let staff = client.group("Staff", &[&ada]);
    let local = text(&tenant.post("/users", &json!({"userName": "local@example.com"})).expect(201), "id");
    let member = text(&tenant.member("ada@example.com"), "id");
    for named in ["ada@example.com", "E-7", member.as_str()] {
        assert_eq!(text(&history(&tenant, "users", named)[0]["event"], "type"), "membership.added", "{named}");
    }
    client.remove(&format!("/Groups/{staff}"));
    client.remove(&format!("/Users/{ada}"));
    let _ = tenant.delete(&format!("/users/{local}")).expect(204);
    for named in ["ada@example.com", "ADA@example.com", "E-7", "ada@mail.example.com", ada.as_str(), member.as_str()] {
        let told = explained(&tenant, "users", named);
        assert_eq!(
            (&told["name"], &told["standing"], &told["scimId"], told.get("directoryId")),
            (&json!("ada@example.com"), &json!("deleted"), &json!(ada), None),
            "{named}: {told}"
        );
        assert_eq!(told["summary"], "The identity provider deleted this user. The directory has nothing of it any more.");
        assert_eq!(text(&told["lastScimRequest"]["entry"], "action"), "DELETE /Users/{id}", "{told}");
        let last = &history(&tenant, "users", named)[0];
        assert_eq!(
            (text(&last["event"], "type"), text(&last["request"], "action")),
            ("member.removed".into(), "DELETE /Users/{id}".into())
        );
    }
    for named in ["Staff", staff.as_str()] {
        let told = explained(&tenant, "groups", named);
        assert_eq!((&told["name"], &told["standing"], &told["scimId"]), (&json!("Staff"), &json!("deleted"), &json!(staff)), "{told}");
        assert_eq!(text(&history(&tenant, "groups", named)[0]["event"], "type"), "group.removed");
    }
    let told = explained(&tenant, "users", "local@example.com");
    assert_eq!((&told["standing"], &told["name"], told.get("scimId")), (&json!("local"), &json!("local@example.com"), None), "{told}");
    assert_eq!(told["summary"], "An operator deleted this user. The directory has nothing of it any more.");
    // A name that is given again is that of the new one; the old one is found by its id.
    let again = client.user("ada@example.com");
    assert_eq!(text(&explained(&tenant, "users", "ada@example.com"), "scimId"), again);
    assert_eq!(text(&explained(&tenant, "users", &ada), "standing"), "deleted");
    assert_eq!(text(&history(&tenant, "users", "ada@example.com")[0]["event"], "type"), "member.added");
    assert_eq!(text(&history(&tenant, "users", &ada)[0]["event"], "type"), "member.removed");
    for list in ["users", "groups"] {
        for named in ["nobody", "01890a5d-ac96-774b-bcce-b302099a8057", "a/b", "\""] {
            tenant.get(&format!("/{list}/{}/history", encode(named))).problem(404);
        }
    }
    assert_replay(&tenant);
}

/// Whom a policy had kept out the directory never knew: what is left is the request, by the SCIM id.
#[test]
fn who_never_was_there_is_found_by_the_scim_id_alone() {
    let tenant = shared::tenant("gone unseen");
    let client = tenant.connect_with(&json!({"provider": "okta", "name": "Okta", "userGroups": ["Staff"]}));
    let (ada, ben) = (client.user("ada@example.com"), client.user("ben@example.com"));
    let staff = client.group("Staff", &[&ada]);
    tenant.synced();
    client.remove(&format!("/Users/{ben}"));
    assert_eq!(
        explained(&tenant, "users", &ben)["summary"],
        "The identity provider deleted this user. The directory has nothing of it any more."
    );
    let detail = tenant.get("/users/ben%40example.com/explanation").problem(404);
    assert!(detail.contains("members who have gone") && detail.contains("deletions by SCIM id"), "{detail}");
    // Who was excluded first and deleted then is both: the deletion is what is told.
    client.leave(&staff, &ada);
    let told = explained(&tenant, "users", "ada@example.com");
    assert_eq!((&told["standing"], told.get("status")), (&json!("inventory"), None), "{told}");
    assert_eq!(text(&history(&tenant, "users", "ada@example.com")[0]["event"], "type"), "member.removed");
    client.remove(&format!("/Users/{ada}"));
    let told = explained(&tenant, "users", "ada@example.com");
    assert_eq!(told["summary"], "The identity provider deleted this user. The directory has nothing of it any more.", "{told}");
    assert_eq!(text(&told["lastTouch"]["entry"], "action"), "DELETE /Users/{id}");
}

/// Waiting for the directory to follow waits for what goes with a connection, and who went with it is found.
#[test]
fn who_went_with_a_connection_is_found() {
    let tenant = shared::tenant("gone with a connection");
    let _ = tenant.patch("", &json!({"guard": {"enabled": false}})).expect(200);
    let client = tenant.connect_with(&json!({"provider": "okta", "name": "Okta"}));
    let ada = client.user("ada@example.com");
    (0..40).for_each(|number| drop(client.user(&format!("user{number}@example.com"))));
    let staff = client.group("Staff", &[&ada]);
    let before = tenant.synced();
    assert_eq!((&before["inventory"]["users"], &before["deleting"]), (&json!(41), &json!(0)), "{before}");
    let _ = tenant.delete(&format!("/connections/{}", client.connection)).expect(204);
    let after = tenant.synced();
    let nothing = json!({"users": 0, "groups": 0});
    assert_eq!((&after["inventory"], &after["directory"], &after["deleting"]), (&nothing, &nothing, &json!(0)), "{after}");
    for (list, noun, named) in [
        ("users", "user", "ada@example.com"),
        ("users", "user", ada.as_str()),
        ("groups", "group", "Staff"),
        ("groups", "group", staff.as_str()),
    ] {
        let told = explained(&tenant, list, named);
        let summary = format!("An operator deleted the connection that this {noun} came by. The directory has nothing of it any more.");
        assert_eq!((&told["summary"], &told["standing"]), (&json!(summary), &json!("deleted")), "{told}");
        assert_eq!(text(&told["lastTouch"]["entry"], "action"), "DELETE /tenants/{tenant}/connections/{connection}", "{told}");
        assert_eq!((&told["connection"], told.get("lastScimRequest")), (&json!(client.connection), None), "{told}");
    }
    assert_replay(&tenant);
}
