//! Bulk requests (RFC 7644 section 3.7): many changes in one message, each all or nothing by itself.

mod crash;
mod faults;
mod references;
mod singles;

use std::thread;
use std::time::{Duration, Instant};

use doorlist_tests::callers::text;
use doorlist_tests::raw::Socket;
use serde_json::{Value, json};

use crate::directory::assert_replay;
use crate::shared;

/// Statuses of outcomes, in their order.
fn statuses(outcomes: &[Value]) -> Vec<&str> {
    outcomes.iter().map(|outcome| outcome["status"].as_str().unwrap_or_else(|| panic!("a status is text: {outcome}"))).collect()
}

/// The id at the end of an outcome's location.
fn id(outcome: &Value) -> String {
    text(outcome, "location").rsplit('/').next().unwrap().to_owned()
}

fn post(path: &str, bulk_id: &str, data: &Value) -> Value {
    json!({"method": "POST", "path": path, "bulkId": bulk_id, "data": data})
}

fn user(bulk_id: &str) -> Value {
    post("/Users", bulk_id, &json!({"userName": format!("{bulk_id}@example.com")}))
}

/// A group whose members are what other operations make.
fn group(bulk_id: &str, members: &[&str]) -> Value {
    let members: Vec<Value> = members.iter().map(|member| json!({"value": format!("bulkId:{member}")})).collect();
    post("/Groups", bulk_id, &json!({"displayName": bulk_id, "members": members}))
}

fn patch(path: &str, changes: &Value) -> Value {
    json!({"method": "PATCH", "path": path, "data": doorlist_tests::operations(changes)})
}

#[test]
fn outcomes_say_what_became_of_each_operation() {
    let tenant = shared::test_tenant("bulk outcomes");
    let client = tenant.connect();
    let made = client.bulk(&json!([
        user("ada"),
        group("team", &["ada"]),
        post("/TestResources", "test", &json!({"required": "r"})),
        json!({"method": "post", "path": "Users/", "bulkId": "ben", "data": {"userName": "ben@example.com"}}),
    ]));
    assert_eq!(statuses(&made), ["201"; 4]);
    for (outcome, (bulk_id, endpoint)) in
        made.iter().zip([("ada", "Users"), ("team", "Groups"), ("test", "TestResources"), ("ben", "Users")])
    {
        let read = client.get(&format!("/{endpoint}/{}", id(outcome))).expect(200);
        let expected = json!({"method": "POST", "bulkId": bulk_id, "status": "201", "location": read["meta"]["location"], "version": outcome["version"]});
        assert_eq!(*outcome, expected, "an outcome says this and no more");
    }
    let ids: Vec<String> = made.iter().map(id).collect();
    let changed = client.bulk(&json!([
        json!({"method": "PUT", "path": format!("/Groups/{}", ids[1]), "bulkId": "put", "data": {"displayName": "Put"}}),
        patch(&format!("/Users/{}", ids[0]), &json!([{"op": "replace", "path": "title", "value": "T"}])),
        json!({"method": "DELETE", "path": format!("/TestResources/{}", ids[2]), "data": "of no meaning"}),
        json!({"method": "DELETE", "path": format!("/Users/{}", ids[3])}),
    ]));
    assert_eq!(statuses(&changed), ["200", "200", "204", "204"]);
    assert_eq!((&changed[0]["bulkId"], changed[1].get("bulkId")), (&json!("put"), None));
    for (outcome, before) in changed.iter().zip([&made[1], &made[0], &made[2], &made[3]]) {
        assert_eq!((&outcome["location"], outcome.get("response")), (&before["location"], None), "{outcome}");
    }
    let (user, group) = (client.get(&format!("/Users/{}", ids[0])).expect(200), client.get(&format!("/Groups/{}", ids[1])).expect(200));
    assert_eq!((&user["title"], &group["displayName"]), (&json!("T"), &json!("Put")));
    assert_eq!((&changed[1]["version"], &changed[0]["version"]), (&user["meta"]["version"], &group["meta"]["version"]));
    client.get(&format!("/TestResources/{}", ids[2])).scim_error(404, None);
    client.get(&format!("/Users/{}", ids[3])).scim_error(404, None);
    assert_replay(&tenant);
    // Each operation is in the log.
    let log: Vec<String> =
        tenant.all("/activity").iter().map(|entry| text(entry, "action")).filter(|action| action.contains("bulk")).collect();
    assert_eq!(log.len(), 8, "{log:?}");
}

/// A version in the answer is one that the next request can be tied to, whatever later operations did to the resource.
#[test]
fn versions_are_those_after_the_request() {
    let client = shared::client("bulk versions");
    let mut message = vec![user("ada"), user("ben"), group("team", &["ada"])];
    // So many that not all of it is one commit.
    message.extend((0..150).map(|_| json!({"method": "DELETE", "path": "/Users/nobody"})));
    message.extend([
        patch("/Users/bulkId:ben", &json!([{"op": "replace", "path": "title", "value": "T"}])),
        patch("/Groups/bulkId:team", &json!([{"op": "add", "path": "members", "value": [{"value": "bulkId:ben"}]}])),
        patch("/Groups/bulkId:team", &json!([{"op": "replace", "path": "displayName", "value": "Renamed"}])),
        json!({"method": "DELETE", "path": "/Users/bulkId:ada"}),
    ]);
    let mut outcomes = client.bulk(&json!(message));
    outcomes.retain(|outcome| outcome["status"] != "404");
    assert_eq!(statuses(&outcomes), ["201", "201", "201", "200", "200", "200", "204"]);
    for outcome in &outcomes {
        let read = client.get(text(outcome, "location").split_once("/scim/v2").unwrap().1);
        if read.status == 404 {
            assert_eq!(outcome.get("version"), None, "{outcome} is gone");
        } else {
            assert_eq!(outcome["version"], read.expect(200)["meta"]["version"], "{outcome}");
        }
    }
}

/// What a client sends first happens first, unless something refers to it.
#[test]
fn operations_are_carried_out_in_order() {
    let client = shared::client("bulk order");
    let kept = client.user("kept@example.com");
    let path = format!("/Users/{kept}");
    let title = |title: &str| patch(&path, &json!([{"op": "replace", "path": "title", "value": title}]));
    let outcomes = client.bulk(&json!([
        title("first"),
        patch(&path, &json!([{"op": "add", "path": "emails", "value": [{"value": "a@example.com"}]}])),
        title("second"),
        user("twin"),
        user("twin-again"),
        post("/Users", "third", &json!({"userName": "TWIN@example.com"})),
        patch("/Users/bulkId:twin", &json!([{"op": "replace", "path": "userName", "value": "renamed@example.com"}])),
        post("/Users", "fourth", &json!({"userName": "twin@example.com"})),
        json!({"method": "DELETE", "path": "/Users/bulkId:twin-again"}),
        json!({"method": "DELETE", "path": "/Users/bulkId:twin-again"}),
        post("/Users", "fifth", &json!({"userName": "twin-again@example.com"})),
        title("third"),
    ]));
    assert_eq!(statuses(&outcomes), ["200", "200", "200", "201", "201", "409", "200", "201", "204", "404", "201", "200"]);
    assert_eq!(outcomes[5]["response"]["scimType"], "uniqueness");
    let read = client.get(&path).expect(200);
    assert_eq!((&read["title"], read["emails"].as_array().map(Vec::len)), (&json!("third"), Some(2)));
    let page = client.get("/Users?sortBy=userName").expect(200);
    let names: Vec<String> = page["Resources"].as_array().unwrap().iter().map(|one| text(one, "userName")).collect();
    assert_eq!(names, ["kept@example.com", "renamed@example.com", "twin-again@example.com", "twin@example.com"]);
}

/// Nothing but what the token opens can be reached by a path.
#[test]
fn bulk_reaches_only_its_own_inventory() {
    let tenant = shared::tenant("bulk attacked");
    let client = tenant.connect();
    let (user, team) = (client.user("ada@example.com"), client.group("Team", &[]));
    let before = client.inventory();
    let (neighbour, stranger) = (tenant.connect_with(&json!({"provider": "okta", "name": "Neighbour"})), shared::client("bulk stranger"));
    for other in [&neighbour, &stranger] {
        let absent = "01890a5d-ac96-774b-bcce-b302099a8057";
        let attempts = |user: &str, team: &str| {
            let operations = json!([
                json!({"method": "DELETE", "path": format!("/Users/{user}")}),
                json!({"method": "PUT", "path": format!("/Users/{user}"), "data": {"userName": "intruder@example.com"}}),
                patch(&format!("/Groups/{team}"), &json!([{"op": "replace", "path": "displayName", "value": "Intruded"}])),
                patch(&format!("/Users/{user}"), &json!([{"op": "replace", "path": "active", "value": false}])),
                post("/Groups", "group", &json!({"displayName": "Own", "members": [{"value": user}]})),
            ]);
            let answer = other.bulk(&operations);
            assert_eq!(statuses(&answer), ["404", "404", "404", "404", "400"]);
            json!(answer).to_string().replace(user, "{id}").replace(team, "{id}")
        };
        assert_eq!(attempts(&user, &team), attempts(absent, absent), "a foreign id is an id of nothing");
        for path in [
            format!("/scim/v2/Users/{user}"),
            format!("http://{}/scim/v2/Users/{user}", client.address()),
            format!("/../Users/{user}"),
            format!("/Users/../Users/{user}"),
            format!("/Users/%2e%2e/{user}"),
            format!("/Users/{user}/.."),
            format!("/Users/{user}?x=1"),
            format!("/tenants/{}/users/{user}", tenant.id),
            "/ServiceProviderConfig".to_owned(),
            "/Schemas/urn:ietf:params:scim:schemas:core:2.0:User".to_owned(),
            "/Me".to_owned(),
            "/Bulk/x".to_owned(),
            "/Users/.search".to_owned(),
            "/TestResources/x".to_owned(),
            format!("/users/{user}"),
        ] {
            for owner in [&client, other] {
                let refused = owner.bulk(&json!([{"method": "DELETE", "path": path}])).remove(0);
                let status = text(&refused, "status");
                assert!(matches!(status.as_str(), "400" | "404"), "{path}: {refused}");
            }
        }
        assert_eq!(other.get("/Groups").expect(200)["totalResults"], 0);
    }
    assert_eq!(client.inventory(), before);
}

#[test]
fn a_disabled_connection_takes_no_bulk() {
    let tenant = shared::tenant("bulk disabled");
    let client = tenant.connect();
    let connection = format!("/connections/{}", client.connection);
    let _ = tenant.patch(&connection, &json!({"enabled": false})).expect(200);
    let message = json!({"schemas": [doorlist_tests::callers::BULK_URN], "Operations": [user("ada")]});
    client.post("/Bulk", &message).scim_error(403, None);
    let _ = tenant.patch(&connection, &json!({"enabled": true})).expect(200);
    assert_eq!(client.get("/Users").expect(200)["totalResults"], 0);
}

/// A connection that is disabled while the message is on its way takes none of it, and the log tells of the attempt.
#[test]
fn a_connection_disabled_meanwhile_takes_no_bulk() {
    let tenant = shared::tenant("bulk disabled meanwhile");
    let client = tenant.connect();
    let connection = format!("/connections/{}", client.connection);
    let body = json!({"schemas": [doorlist_tests::callers::BULK_URN], "Operations": [user("ada"), user("ben")]}).to_string();
    let mut socket = Socket::post_head(client.address(), "/Bulk", client.token(), &body);
    let _ = tenant.patch(&connection, &json!({"enabled": false})).expect(200);
    socket.write(body.as_bytes());
    let answer = socket.answer();
    let told: Value = serde_json::from_str(&answer.body).expect("an answer is JSON");
    assert_eq!((answer.status, statuses(told["Operations"].as_array().unwrap())), (200, vec!["403", "403"]), "{told}");
    let _ = tenant.patch(&connection, &json!({"enabled": true})).expect(200);
    assert_eq!(client.get("/Users").expect(200)["totalResults"], 0);
    let in_the_log = || tenant.all("/activity").iter().any(|entry| text(entry, "action") == "POST /Bulk");
    // Entries of what changed nothing are written together, a moment later.
    let until = Instant::now() + Duration::from_secs(5);
    while !in_the_log() {
        assert!(Instant::now() < until, "the log says nothing of the request");
        thread::sleep(Duration::from_millis(20));
    }
}
