//! Why the directory has somebody as it has, or has not.

use doorlist_tests::callers::text;
use doorlist_tests::http::encode;
use serde_json::json;

use crate::shared;

#[test]
fn everybody_is_explained_by_any_of_their_names() {
    let tenant = shared::tenant("explanations");
    let client =
        tenant.connect_with(&json!({"provider": "jumpcloud", "name": "JumpCloud", "groupPrefixes": ["NB-"], "userGroups": ["NB-Staff"]}));
    let (inside, outside) = (client.user("inside@example.com"), client.user("outside@example.com"));
    let (shown, hidden) = (client.group("NB-Staff", &[&inside]), client.group("Marketing", &[&outside]));
    let member = text(&tenant.member("inside@example.com"), "id");
    for named in [member.as_str(), inside.as_str(), "inside@example.com", "INSIDE@example.com"] {
        let decision = tenant.user_decision(named);
        assert_eq!(
            (&decision["kind"], &decision["included"], &decision["scimId"]),
            (&json!("user"), &json!(true), &json!(inside)),
            "{named}: {decision}"
        );
        assert_eq!(
            (&decision["member"], &decision["name"], &decision["connection"]),
            (&json!(member), &json!("inside@example.com"), &json!(client.connection)),
            "{named}: {decision}"
        );
        let plugins: Vec<&str> = decision["verdicts"].as_array().unwrap().iter().filter_map(|verdict| verdict["plugin"].as_str()).collect();
        assert!(plugins.contains(&"user-group-filter"), "each policy's verdict is kept: {decision}");
    }
    for named in [outside.as_str(), "outside@example.com"] {
        let decision = tenant.user_decision(named);
        assert_eq!((&decision["included"], &decision["member"]), (&json!(false), &json!(null)), "{named}: {decision}");
        let reason = &decision["reason"];
        assert!(
            reason["text"].as_str().is_some_and(|text| text.contains("NB-Staff")),
            "the reason names the group that is missing: {decision}"
        );
        let policy = text(reason, "policy");
        let verdict = decision["verdicts"]
            .as_array()
            .unwrap()
            .iter()
            .find(|verdict| verdict["policy"] == policy.as_str())
            .expect("the reason's policy has a verdict");
        assert_eq!((&verdict["plugin"], &verdict["changes"][0]["effect"]), (&json!("user-group-filter"), &json!("exclude")), "{decision}");
    }
    for named in [shown.as_str(), "NB-Staff"] {
        assert_eq!(tenant.group_decision(named)["included"], true);
    }
    for named in [hidden.as_str(), "Marketing"] {
        let decision = tenant.group_decision(named);
        assert_eq!((&decision["kind"], &decision["included"]), (&json!("group"), &json!(false)));
        assert!(decision["reason"]["text"].as_str().is_some_and(|text| text.contains("NB-") && text.contains("Marketing")), "{decision}");
    }
}

#[test]
fn an_explanation_follows_the_changes() {
    let tenant = shared::tenant("explanation changes");
    let client = tenant.connect_with(&json!({"provider": "jumpcloud", "name": "JumpCloud", "userGroups": ["Staff"]}));
    let user = client.user("ada@example.com");
    assert_eq!(tenant.user_decision(&user)["included"], false);
    let before = tenant.user_decision(&user)["pipelineRevision"].as_u64().expect("a decision has a revision");
    let staff = client.group("Staff", &[&user]);
    assert_eq!(tenant.user_decision(&user)["included"], true);
    client.rename(&staff, "Other");
    assert_eq!(tenant.user_decision(&user)["included"], false);
    let _ = tenant.patch(&format!("/connections/{}", client.connection), &json!({"userGroups": ["Other"]})).expect(200);
    let decision = tenant.user_decision(&user);
    assert_eq!(decision["included"], true);
    assert!(decision["pipelineRevision"].as_u64() > Some(before), "{decision}");
    client.remove(&format!("/Users/{user}"));
    tenant.synced();
    tenant.get(&format!("/users/{user}/decision")).problem(404);
}

#[test]
fn what_no_policy_decided_is_not_explained() {
    let tenant = shared::tenant("not explained");
    let _ = tenant.connect();
    let local = text(&tenant.post("/users", &json!({"userName": "local@example.com"})).expect(201), "id");
    let group = text(&tenant.post("/groups", &json!({"displayName": "Local"})).expect(201), "id");
    tenant.get(&format!("/users/{local}/decision")).problem(409);
    tenant.get(&format!("/groups/{group}/decision")).problem(409);
    for named in ["nobody@example.com", "01890a5d-ac96-774b-bcce-b302099a8057", "a/b", "\"", "x\" or userName pr or userName eq \"x"] {
        tenant.get(&format!("/users/{}/decision", encode(named))).problem(404);
        tenant.get(&format!("/groups/{}/decision", encode(named))).problem(404);
    }
}
