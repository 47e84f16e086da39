//! Connections that are disabled, deleted, or one of several.

use doorlist_tests::callers::text;
use doorlist_tests::http::query;
use doorlist_tests::{Client, Tenant, eventually};
use serde_json::{Value, json};

use super::{assert_replay, expect_groups, expect_members};
use crate::shared;

#[test]
fn a_disabled_connection_keeps_everything() {
    let tenant = shared::tenant("disabled");
    let client = tenant.connect();
    let user = client.user("ada@example.com");
    client.group("Group", &[&user]);
    let before = (client.inventory(), assert_replay(&tenant));
    let path = format!("/connections/{}", client.connection);
    assert_eq!(tenant.patch(&path, &json!({"enabled": false})).expect(200)["enabled"], false);
    for (method, at) in [("GET", "/Users"), ("POST", "/Users"), ("DELETE", &format!("/Users/{user}")), ("GET", "/ResourceTypes")] {
        client.call(method, at).send().scim_error(403, None);
    }
    assert_eq!(assert_replay(&tenant), before.1);
    // Whoever looks why nothing arrives finds the requests.
    eventually("the refused requests are in the log", || {
        let log = tenant.all("/activity");
        let refused = log.iter().filter(|entry| entry["status"] == 403 && entry["actor"]["kind"] == "client");
        (refused.map(|entry| entry["count"].as_u64().unwrap_or(1)).sum::<u64>() == 4).then_some(())
    });
    assert_eq!(tenant.patch(&path, &json!({"enabled": true})).expect(200)["enabled"], true);
    assert_eq!(client.inventory(), before.0);
    assert_eq!(assert_replay(&tenant), before.1);
}

#[test]
fn a_deleted_connection_takes_its_members_along() {
    let tenant = shared::tenant("deleted connection");
    let (gone, stays) = (tenant.connect(), tenant.connect_with(&json!({"provider": "okta", "name": "Stays"})));
    let local = text(&tenant.post("/users", &json!({"userName": "local@example.com"})).expect(201), "id");
    let (ada, ben) = (gone.user("ada@example.com"), stays.user("ben@example.com"));
    gone.group("Gone", &[&ada]);
    stays.group("Stays", &[&ben]);
    let project = text(&tenant.post("/groups", &json!({"displayName": "Project"})).expect(201), "id");
    for member in [local, text(&tenant.member("ada@example.com"), "id")] {
        let _ = tenant.put(&format!("/groups/{project}/users/{member}"), &json!({})).expect(204);
    }
    let path = format!("/connections/{}", gone.connection);
    assert_eq!(tenant.delete(&path).expect(204), Value::Null);
    gone.get("/Users").scim_error(401, None);
    tenant.get(&path).problem(404);
    tenant.delete(&path).problem(404);
    // The inventory goes in steps; the directory follows.
    eventually("the inventory is gone", || (tenant.synced()["inventory"]["users"] == 1).then_some(()));
    expect_members(&tenant, &[("ben@example.com", "active"), ("local@example.com", "active")]);
    expect_groups(&tenant, &[("Project", &["local@example.com"]), ("Stays", &["ben@example.com"])]);
    assert_eq!(tenant.all("/connections").len(), 1);
    eventually("its policies are gone", || {
        let pipeline = tenant.get("/pipeline").expect(200);
        let policies = pipeline["policies"].as_array().unwrap();
        policies.iter().all(|policy| policy["connection"] != gone.connection.as_str()).then_some(())
    });
    assert_eq!(stays.get("/Users").expect(200)["totalResults"], 1);
}

/// Two identity providers may have the same people and groups; neither sees or disturbs the other.
#[test]
fn connections_of_one_tenant_are_apart() {
    let tenant = shared::tenant("apart");
    let (one, two) = (tenant.connect(), tenant.connect_with(&json!({"provider": "entra", "name": "Entra"})));
    let body = json!({"userName": "ada@example.com", "externalId": "same"});
    let first = text(&one.post("/Users", &body).expect(201), "id");
    let second = text(&two.post("/Users", &body).expect(201), "id");
    let (one_group, two_group) = (one.group("Staff", &[&first]), two.group("Staff", &[&second]));
    assert_eq!(tenant.members().len(), 2);
    assert_eq!(tenant.groups().len(), 2);
    one.set(&first, &json!({"active": false}));
    one.rename(&one_group, "Renamed");
    let of = |client: &doorlist_tests::Client| {
        tenant.members().into_iter().find(|member| member["connection"] == client.connection.as_str()).unwrap()
    };
    assert_eq!((&of(&one)["status"], &of(&two)["status"]), (&json!("suspended"), &json!("active")));
    one.remove(&format!("/Users/{first}"));
    one.remove(&format!("/Groups/{one_group}"));
    assert_eq!(tenant.members(), [of(&two)]);
    assert_eq!(tenant.groups()[0]["id"], two_group.as_str());
    assert_eq!(two.members(&two_group), [second]);
    assert_replay(&tenant);
}

/// Several tokens at a time, so that changing one over leaves no gap.
#[test]
fn tokens_overlap() {
    let tenant = shared::tenant("tokens");
    let client = tenant.connect();
    let path = format!("/connections/{}/tokens", client.connection);
    let first = tenant.all(&path);
    assert_eq!(first.len(), 1);
    assert!(client.token().ends_with(&text(&first[0], "hint")), "{first:?}");
    let made = tenant.post(&path, &json!({"name": "next"})).expect(201);
    let next = doorlist_tests::Client::new(client.address(), &text(&made, "token"), &client.connection);
    let user = client.user("ada@example.com");
    assert_eq!(next.find("/Users", "userName eq \"ada@example.com\"")[0]["id"], user.as_str());
    for token in tenant.all(&path) {
        assert!(token.get("token").is_none() && token.get("hash").is_none(), "a list shows no secret: {token}");
    }
    assert_eq!(tenant.delete(&format!("{path}/{}", text(&first[0], "id"))).expect(204), Value::Null);
    client.get("/Users").scim_error(401, None);
    next.get("/Users").expect(200);
    tenant.post(&path, &json!({"expiresAt": "2020-01-01T00:00:00Z"})).problem(400);
    tenant.post(&path, &json!({"expiresAt": "tomorrow"})).problem(400);
}

/// What the tenant's log tells: JumpCloud's administrators see no error, so it is here.
#[test]
fn the_log_tells_what_clients_did_and_were_refused() {
    let tenant = shared::tenant("activity");
    let client = tenant.connect();
    let user = client.user("ada@example.com");
    let detail = client.post("/Users", &json!({"userName": "ada@example.com"})).scim_error(409, Some("uniqueness"));
    let request_id = "activity-test-1";
    let _ = client.call("GET", "/Users?filter=userName%20eq%20%22nobody%22").header("x-request-id", request_id).send().expect(200);
    let entries = eventually("the read is in the log", || {
        let entries = tenant.all("/activity");
        entries.iter().any(|entry| entry["requestId"] == request_id).then_some(entries)
    });
    let find = |status: u64, action: &str| entries.iter().find(|entry| entry["status"] == status && entry["action"] == action);
    let created = find(201, "POST /Users").expect("the creation is there");
    assert_eq!((&created["subject"], &created["actor"]["connection"]), (&json!(user), &json!(client.connection)));
    assert_eq!(find(409, "POST /Users").expect("the refusal is there")["detail"], detail.as_str());
    let read = entries.iter().find(|entry| entry["requestId"] == request_id).unwrap();
    assert!(text(read, "query").contains("nobody"), "{read}");
    assert!(entries.iter().any(|entry| entry["actor"]["kind"] == "operator"), "what operators do is there too");
    let sequences: Vec<u64> = entries.iter().filter_map(|entry| entry["sequence"].as_u64()).collect();
    assert_eq!(sequences, (1..=sequences.len() as u64).rev().collect::<Vec<_>>(), "newest first, without a gap");
}

/// One status or a class of them, beside every other filter.
#[test]
fn the_log_is_filtered_by_status() {
    let tenant = shared::tenant("activity by status");
    let client = tenant.connect();
    let _ = client.user("ada@example.com");
    client.post("/Users", &json!({"userName": "ada@example.com"})).scim_error(409, Some("uniqueness"));
    client.get(&format!("/Users/{}", tenant.id)).scim_error(404, None);
    tenant.delete(&format!("/groups/{}", client.connection)).problem(404);
    let all = eventually("the refusals are in the log", || {
        let all = tenant.all("/activity");
        [(409, 1), (404, 2)]
            .iter()
            .all(|(status, count)| all.iter().filter(|entry| entry["status"] == *status).count() == *count)
            .then_some(all)
    });
    let asked = |query: &str| tenant.all(&format!("/activity?{query}"));
    let among = |is: &dyn Fn(u64) -> bool| {
        let are = all.iter().filter(|entry| entry["status"].as_u64().is_some_and(is));
        are.cloned().collect::<Vec<Value>>()
    };
    assert_eq!(asked("status=404"), among(&|status| status == 404));
    assert_eq!(asked("status=4xx"), among(&|status| (400..500).contains(&status)));
    assert_eq!(asked("status=4XX"), asked("status=4xx"));
    // What is asked meanwhile is read, and comes into the log later.
    assert!(asked("status=201&outcome=ok") == among(&|status| status == 201) && !asked("status=201").is_empty());
    for none in ["status=410", "status=1xx", "status=5xx", "status=404&outcome=ok", "status=2xx&outcome=failed", "status=404&text=nothing"]
    {
        assert_eq!(asked(none), Vec::<Value>::new(), "{none}");
    }
    assert_eq!(asked("status=4xx&actor=client").len(), 2);
    assert_eq!(asked("status=404&actor=operator").len(), 1);
    assert_eq!(asked(&format!("status=4xx&outcome=failed&connection={}&text=POST", client.connection)).len(), 1);
    let installation = &tenant.operator;
    for wrong in
        ["", "0", "40", "099", "600", "4x", "x4x", "6xx", "0xx", "-404", "+404", " 404", "4040", "4xxx", "404,409", "404\0", "abc", "٤٠٤"]
    {
        let path = query("/activity", &[("status", wrong)]);
        let refused = tenant.get(&path).problem(400);
        assert!(refused.contains("status") && refused.contains("such as 404"), "{wrong}: {refused}");
        installation.get(&path).problem(400);
    }
    let log = installation.get("/activity?status=2xx&limit=1000").expect(200);
    let items = log["items"].as_array().unwrap();
    assert!(!items.is_empty() && items.iter().all(|entry| entry["status"].as_u64().is_some_and(|status| status / 100 == 2)), "{log}");
}

/// The warnings of this kind about a connection.
#[track_caller]
fn warnings(tenant: &Tenant, client: &Client, kind: &str) -> Vec<String> {
    let all = tenant.all(&format!("/connections/{}/warnings", client.connection));
    all.iter().filter(|warning| warning["kind"] == kind).map(|warning| text(warning, "text")).collect()
}

fn known_by(client: &Client, name: &str, external_id: &str) -> String {
    text(&client.post("/Users", &json!({"userName": name, "externalId": external_id})).expect(201), "id")
}

#[test]
fn an_external_id_that_changes_again_and_again_is_warned_of() {
    let tenant = shared::tenant("changing externalId");
    let client = tenant.connect();
    let ada = known_by(&client, "ada@example.com", "1");
    let told = || warnings(&tenant, &client, "changingExternalId");
    // Put right once, said again, left out: none of these.
    client.set(&ada, &json!({"externalId": "2"}));
    client.set(&ada, &json!({"externalId": "2", "title": "Pilot"}));
    let _ = client.put(&format!("/Users/{ada}"), &json!({"userName": "ada@example.com"})).expect(200);
    client.set(&ada, &json!({"externalId": "2"}));
    assert_eq!(told(), [""; 0]);
    assert_eq!(tenant.get(&format!("/connections/{}", client.connection)).expect(200)["changingExternalIds"], Value::Null);
    let _ = client.put(&format!("/Users/{ada}"), &json!({"userName": "Ada@example.com", "externalId": "3"})).expect(200);
    let texts = told();
    assert_eq!(texts.len(), 1);
    for words in ["The externalId of 1 user changed more than once", "“Ada@example.com”", "from “2” to “3”", "never changes"] {
        assert!(texts[0].contains(words), "{words}: {texts:?}");
    }
    let shown = tenant.get(&format!("/connections/{}", client.connection)).expect(200)["changingExternalIds"].clone();
    assert_eq!((&shown["changed"], &shown["returned"]), (&json!(1), &json!(0)));
    assert_eq!((&shown["last"]["userName"], &shown["last"]["after"]), (&json!("Ada@example.com"), &json!("3")));
    // A refused change is none, and another connection has nothing to do with it.
    let ben = known_by(&client, "ben@example.com", "4");
    client
        .patch(&format!("/Users/{ben}"), &json!([{"op": "replace", "value": {"externalId": "5", "userName": "ada@example.com"}}]))
        .scim_error(409, Some("uniqueness"));
    client.set(&ben, &json!({"externalId": "6"}));
    assert_eq!(told(), texts);
    assert_eq!(warnings(&tenant, &tenant.connect(), "changingExternalId"), [""; 0]);
}

#[test]
fn users_who_come_again_under_another_external_id_are_warned_of() {
    let tenant = shared::tenant("returned under another externalId");
    let client = tenant.connect();
    let again = |name: &str, ids: &[&str]| {
        for id in ids {
            let user = known_by(&client, name, id);
            client.remove(&format!("/Users/{user}"));
        }
    };
    let told = || warnings(&tenant, &client, "changingExternalId");
    // One user alone may be the one with whom a connection is tested, each time under another id.
    again("test@example.com", &["1", "2", "3", "4"]);
    again("same@example.com", &["7", "7", "7"]);
    assert_eq!(told(), [""; 0]);
    again("ada@example.com", &["5"]);
    known_by(&client, "ADA@example.com", "6");
    let texts = told();
    assert_eq!(texts.len(), 1);
    for words in ["2 users were deleted and made again under another externalId", "“ADA@example.com”, from “5” to “6”"] {
        assert!(texts[0].contains(words), "{words}: {texts:?}");
    }
    // Many who go do not push out what is told.
    for number in 0..40 {
        again(&format!("leaver{number}@example.com"), &["x"]);
    }
    assert_eq!(told(), texts);
}

/// The same people by another name: one provider calls them by their address, the other one only knows it.
#[test]
fn people_whom_two_connections_send_are_known_by_name_and_address() {
    let tenant = shared::tenant("same people");
    let (one, other) = (tenant.connect(), tenant.connect_with(&json!({"provider": "okta", "name": "Okta"})));
    let person =
        |client: &Client, name: &str, emails: Value| drop(client.post("/Users", &json!({"userName": name, "emails": emails})).expect(201));
    person(&one, "ada@example.com", json!([]));
    person(&one, "grace", json!([{"value": "grace@example.com"}]));
    person(&one, "alan", json!([{"value": "at@work.example.com"}, {"value": "at@home.example.com"}]));
    person(&one, "alone", json!([{"value": "alone@example.com"}]));
    assert_eq!(warnings(&tenant, &one, "samePeople"), [""; 0]);
    person(&other, "a.lovelace", json!([{"value": "ADA@example.com"}]));
    person(&other, "Grace@example.com", json!([]));
    person(&other, "turing", json!([{"value": "at@home.example.com"}]));
    let told = warnings(&tenant, &one, "samePeople");
    let expected = "The connection Okta sends some of the same people: ada@example.com, grace, alan. Both send them, so whoever of them no filter leaves out is in the team twice.";
    assert_eq!(told, [expected]);
    assert_eq!(warnings(&tenant, &other, "samePeople").len(), 1);
}

#[test]
fn a_connection_without_a_valid_token_is_warned_of() {
    let tenant = shared::tenant("no token");
    let client = tenant.connect();
    assert_eq!(warnings(&tenant, &client, "token"), [""; 0]);
    let tokens = format!("/connections/{}/tokens", client.connection);
    let first = text(&tenant.all(&tokens)[0], "id");
    let _ = tenant.delete(&format!("{tokens}/{first}")).expect(204);
    assert_eq!(
        warnings(&tenant, &client, "token"),
        ["No token is valid: all were deleted or have expired, so the client is refused. Make another one."]
    );
    let _ = tenant.post(&tokens, &json!({})).expect(201);
    assert_eq!(warnings(&tenant, &client, "token"), [""; 0]);
}

#[test]
fn a_base_url_that_was_entered_with_a_slash_is_warned_of() {
    let tenant = shared::tenant("slash behind the base");
    let (careful, careless) = (tenant.connect(), tenant.connect());
    let told = |client: &Client| warnings(&tenant, client, "trailingSlash");
    for path in ["/Users", "/Users/", "/Users//", "/Users?filter=userName%20eq%20%22//%22"] {
        let _ = careful.get(path).expect(200);
    }
    let _ = careless.get("/Users").expect(200);
    let _ = careless.get("//Users").expect(200);
    let texts = eventually("the slash is known", || Some(told(&careless)).filter(|texts| !texts.is_empty()));
    assert!(texts.len() == 1 && texts[0].starts_with("The base URL ends in a slash where it was entered"), "{texts:?}");
    assert_eq!(told(&careful), [""; 0]);
}
