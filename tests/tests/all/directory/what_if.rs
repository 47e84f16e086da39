//! What if: made-up and changed users and groups, in force and proposed pipelines, and nothing of it stored.

use doorlist_tests::callers::text;
use doorlist_tests::{Client, Reply, Tenant};
use serde_json::{Value, json};

use super::assert_replay;
use crate::shared;

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";

fn filtered(name: &str) -> (Tenant, Client) {
    let tenant = shared::tenant(name);
    let body = json!({"provider": "jumpcloud", "name": "JumpCloud", "groupPrefixes": ["NB-"], "userGroups": ["NB-Staff"]});
    let client = tenant.connect_with(&body);
    (tenant, client)
}

/// Everything that must not move.
fn everything(tenant: &Tenant, client: &Client) -> (Value, Vec<Value>, Vec<Value>, Vec<String>) {
    tenant.synced();
    let state = tenant.get("/sync").expect(200);
    (state, tenant.events(), tenant.all("/pipeline/revisions"), client.inventory())
}

fn what_if(tenant: &Tenant, body: &Value) -> Value {
    tenant.post("/pipeline/what-if", body).expect(200)
}

/// The JSON Pointers of a refusal.
#[track_caller]
fn pointers(reply: Reply) -> Vec<String> {
    let problem: Value = serde_json::from_slice(&reply.body).unwrap_or_else(|error| panic!("{error}: {reply}"));
    reply.problem(400);
    problem["problems"].as_array().into_iter().flatten().map(|one| text(one, "pointer")).collect()
}

#[test]
fn a_user_is_made_up() {
    let (tenant, client) = filtered("what if made up");
    client.group("NB-Staff", &[]);
    let before = everything(&tenant, &client);
    let zoe = json!({"schemas": [USER], "userName": "zoe@example.com", "displayName": "Zoe", "title": "Chief"});
    let told = what_if(&tenant, &json!({"user": {"resource": zoe, "groups": ["NB-Staff", "NB-New"]}}));
    assert_eq!(
        (&told["exists"], &told["name"], &told["connection"]),
        (&json!(false), &json!("zoe@example.com"), &json!(client.connection)),
        "{told}"
    );
    assert_eq!(told["madeUpGroups"], json!(["NB-New"]));
    let directory = &told["evaluation"]["directory"];
    assert_eq!((&directory["change"], &directory["now"]), (&json!("added"), &json!(null)), "{told}");
    let then = &directory["then"];
    assert_eq!(
        (&then["status"], &then["role"], &then["attributes"]["title"]),
        (&json!("active"), &json!("user"), &json!("Chief")),
        "{told}"
    );
    let groups: Vec<String> = then["groups"].as_array().unwrap().iter().map(|group| text(group, "name")).collect();
    assert_eq!(groups, ["NB-New", "NB-Staff"]);
    assert_eq!(told["evaluation"]["decidingGroups"][0]["name"], "NB-Staff");
    let told = what_if(&tenant, &json!({"user": {"resource": zoe, "groups": ["Marketing"]}}));
    assert_eq!((&told["evaluation"]["included"], &told["evaluation"]["directory"]["change"]), (&json!(false), &json!("none")), "{told}");
    let told = what_if(&tenant, &json!({"group": {"resource": {"displayName": "Marketing"}}}));
    assert_eq!((&told["kind"], &told["evaluation"]["included"]), (&json!("group"), &json!(false)), "{told}");
    let told = what_if(&tenant, &json!({"group": {"resource": {"displayName": "NB-Any"}}}));
    assert_eq!(told["evaluation"]["directory"]["then"]["displayName"], "NB-Any", "{told}");
    assert_eq!(everything(&tenant, &client), before, "nothing is stored");
    assert_replay(&tenant);
}

#[test]
fn a_user_is_changed() {
    let (tenant, client) = filtered("what if changed");
    let ada = client.user("ada@example.com");
    let staff = client.group("NB-Staff", &[&ada]);
    client.group("NB-Ops", &[]);
    let member = text(&tenant.member("ada@example.com"), "id");
    let before = everything(&tenant, &client);
    let told = what_if(&tenant, &json!({"user": {"named": "ada@example.com"}}));
    assert_eq!(
        (&told["exists"], &told["scimId"], &told["evaluation"]["directory"]["change"]),
        (&json!(true), &json!(ada), &json!("none")),
        "{told}"
    );
    let told = what_if(&tenant, &json!({"user": {"named": member, "groups": ["NB-Ops"]}}));
    assert_eq!(told["evaluation"]["directory"]["change"], "removed", "{told}");
    let told = what_if(
        &tenant,
        &json!({"user": {"named": ada, "groups": [staff, "NB-Ops"],
        "operations": [{"op": "replace", "path": "active", "value": false}, {"op": "add", "path": "title", "value": "Chief"}]}}),
    );
    let differences = told["evaluation"]["directory"]["differences"].as_array().unwrap();
    let mut places: Vec<String> = differences.iter().map(|difference| text(difference, "pointer")).collect();
    places.sort();
    assert_eq!(places, ["/attributes/title", "/groups", "/status"], "{told}");
    let status = differences.iter().find(|difference| difference["pointer"] == "/status").unwrap();
    assert_eq!((&status["now"], &status["then"]), (&json!("active"), &json!("suspended")));
    let told = what_if(&tenant, &json!({"user": {"named": ada, "resource": {"schemas": [USER], "userName": "renamed@example.com"}}}));
    assert_eq!(
        (&told["name"], &told["evaluation"]["directory"]["then"]["userName"]),
        (&json!("renamed@example.com"), &json!("renamed@example.com"))
    );
    let told = what_if(&tenant, &json!({"user": {"named": ada, "deleted": true}}));
    assert_eq!(told["evaluation"]["directory"]["change"], "removed", "{told}");
    let told = what_if(
        &tenant,
        &json!({"group": {"named": "NB-Staff", "operations": [{"op": "replace", "path": "displayName", "value": "Staff"}]}}),
    );
    assert_eq!((&told["name"], &told["evaluation"]["directory"]["change"]), (&json!("Staff"), &json!("removed")), "{told}");
    assert_eq!(everything(&tenant, &client), before, "nothing is stored");
}

#[test]
fn a_pipeline_is_proposed() {
    let (tenant, client) = filtered("what if proposed");
    let ada = client.user("ada@example.com");
    client.group("Marketing", &[&ada]);
    let before = everything(&tenant, &client);
    let policies = json!([{"name": "groups", "plugin": "group-prefix", "settings": {"prefixes": ["Mark"]}},
        {"name": "users", "plugin": "user-group-filter", "settings": {"groups": ["Marketing"]}}]);
    let told = what_if(&tenant, &json!({"user": {"named": ada}, "policies": policies}));
    let evaluation = &told["evaluation"];
    assert_eq!((&evaluation["directory"]["change"], evaluation.get("pipelineRevision")), (&json!("added"), None), "{told}");
    // The groups that the proposed pipeline lets in show too.
    assert_eq!(evaluation["directory"]["then"]["groups"][0]["name"], "Marketing", "{told}");
    let steps: Vec<String> = evaluation["steps"].as_array().unwrap().iter().map(|step| text(step, "policy")).collect();
    assert_eq!(steps, ["groups", "users"]);
    let told = what_if(&tenant, &json!({"user": {"named": ada}, "policies": []}));
    assert_eq!(told["evaluation"]["directory"]["change"], "added");
    for (policies, expected) in [
        (json!([{"name": "a", "plugin": "group-prefix", "settings": {"prefixes": "NB-"}}]), "/policies/0/settings/prefixes"),
        (json!([{"name": "a", "plugin": "nonsense"}]), "/policies/0/plugin"),
        (json!([{"name": "a", "plugin": "rules", "connection": "01890a5d-ac96-774b-bcce-b302099a8057"}]), "/policies/0/connection"),
    ] {
        let found = pointers(tenant.post("/pipeline/what-if", &json!({"user": {"named": ada}, "policies": policies})));
        assert_eq!(found, [expected]);
    }
    assert_eq!(everything(&tenant, &client), before, "nothing is stored");
}

#[test]
fn what_cannot_be_supposed_is_refused() {
    let (tenant, client) = filtered("what if refused");
    let ada = client.user("ada@example.com");
    let local = text(&tenant.post("/users", &json!({"userName": "local@example.com"})).expect(201), "id");
    let before = everything(&tenant, &client);
    let ask = |body: &Value| tenant.post("/pipeline/what-if", body);
    for (body, expected) in [
        (json!({}), vec![""]),
        (json!({"user": {"named": ada}, "group": {"named": "x"}}), vec![""]),
        (json!({"user": {}}), vec!["/user/resource"]),
        (json!({"user": {"resource": {"displayName": "No name"}}}), vec!["/user/resource"]),
        (json!({"user": {"resource": {"userName": "x", "active": 7}}}), vec!["/user/resource"]),
        (json!({"user": {"resource": {"userName": "x"}, "connection": "01890a5d-ac96-774b-bcce-b302099a8057"}}), vec!["/user/connection"]),
        (json!({"user": {"named": ada, "operations": [{"op": "nonsense"}]}}), vec!["/user/operations"]),
        (json!({"user": {"named": ada, "groups": ["01890a5d-ac96-774b-bcce-b302099a8057"]}}), vec!["/user/groups/0"]),
        (json!({"user": {"named": ada, "groups": ["NB-Staff", " "]}}), vec!["/user/groups/1"]),
        (json!({"group": {"resource": {"displayName": "x"}, "groups": []}}), vec!["/group/groups"]),
        (json!({"user": {"named": ada, "nonsense": 1}}), vec!["/user/nonsense"]),
    ] {
        assert_eq!(pointers(ask(&body)), expected, "{body}");
    }
    // A name that is taken is refused as a client's would be.
    ask(&json!({"user": {"resource": {"userName": "ada@example.com"}}})).problem(409);
    ask(&json!({"user": {"named": local}})).problem(409);
    ask(&json!({"user": {"named": "nobody@example.com"}})).problem(404);
    shared::tenant("what if nobody").post("/pipeline/what-if", &json!({"user": {"resource": {"userName": "x"}}})).problem(409);
    let second = tenant.connect_with(&json!({"provider": "okta", "name": "Okta"}));
    assert_eq!(pointers(ask(&json!({"user": {"resource": {"userName": "x"}}}))), ["/user/connection"]);
    let told = what_if(&tenant, &json!({"user": {"resource": {"userName": "x"}, "connection": second.connection}}));
    assert_eq!(told["evaluation"]["included"], true, "{told}");
    tenant.synced();
    let after = everything(&tenant, &client);
    assert_eq!((&after.1, &after.3), (&before.1, &before.3));
}
