//! What a connection's client looks like, by what it sends. Nothing is decided by it.

use doorlist_tests::callers::{Client, ENTERPRISE_URN, Tenant, USER_URN};
use doorlist_tests::{Scratch, Server, eventually, operations};
use serde_json::{Value, json};

use crate::shared;

/// A request: method, path with `<user>` and `<group>`, user agent, body.
type Sent = (&'static str, &'static str, Option<&'static str>, Value);

fn seen(tenant: &Tenant, client: &Client) -> Value {
    tenant.get(&format!("/connections/{}", client.connection)).expect(200)["client"].clone()
}

/// What clients are known to send, from the tapes' sources, and what they look like then.
fn cases() -> Vec<(&'static str, &'static str, Vec<Sent>)> {
    let patch = |changes: Value| operations(&changes);
    vec![
        (
            "jumpcloud",
            "tel: URIs",
            vec![
                (
                    "POST",
                    "/Users",
                    None,
                    json!({"schemas": [USER_URN, ENTERPRISE_URN], "userName": "j@example.com", "phoneNumbers": [{"value": "tel:+1-555-555-5555"}]}),
                ),
                (
                    "PUT",
                    "/Users/<user>",
                    None,
                    json!({"schemas": [USER_URN], "userName": "user@example.com", "emails": null, "id": "<user>"}),
                ),
                ("PATCH", "/Groups/<group>", None, patch(json!([{"op": "remove", "path": "members", "value": [{"value": "<user>"}]}]))),
            ],
        ),
        (
            "okta",
            "Okta's user agent",
            vec![
                ("GET", "/Users?filter=userName%20eq%20%22x%22&startIndex=1&count=100", Some("Okta SCIM Client 1.0.0"), Value::Null),
                (
                    "PATCH",
                    "/Groups/<group>",
                    Some("Okta SCIM Client 1.0.0"),
                    patch(json!([{"op": "replace", "value": {"id": "<group>", "displayName": "G"}}])),
                ),
            ],
        ),
        (
            "entra",
            "capitalised operations",
            vec![
                ("GET", "/Groups?excludedAttributes=members&filter=displayName%20eq%20%22x%22", None, Value::Null),
                ("PATCH", "/Users/<user>", None, patch(json!([{"op": "Replace", "path": "active", "value": "False"}]))),
                (
                    "PATCH",
                    "/Groups/<group>",
                    None,
                    patch(json!([{"op": "Add", "path": "members", "value": [{"$ref": null, "value": "<user>"}]}])),
                ),
            ],
        ),
        (
            "unknown",
            "nothing unusual",
            vec![("GET", "/Users", Some("curl/8.0"), Value::Null), ("POST", "/Users", None, json!({"userName": "plain@example.com"}))],
        ),
    ]
}

#[test]
fn clients_are_recognised_by_what_they_send() {
    for (looks_like, said, sent) in cases() {
        let tenant = shared::tenant(looks_like);
        // Whatever the operator said the provider is.
        let client = tenant.connect_with(&json!({"provider": "generic", "name": "Who knows"}));
        assert_eq!(seen(&tenant, &client), Value::Null, "nobody has come yet");
        let fill = |text: &str, ids: &[String; 2]| text.replace("<user>", &ids[0]).replace("<group>", &ids[1]);
        let user = client.user("user@example.com");
        let group = client.group("G", &[&user]);
        let ids = [user, group];
        for (method, path, agent, body) in sent {
            let mut call = client.call(method, &fill(path, &ids));
            if let Some(agent) = agent {
                call = call.header("user-agent", agent);
            }
            let reply =
                if body.is_null() { call.send() } else { call.json(&serde_json::from_str(&fill(&body.to_string(), &ids)).unwrap()).send() };
            assert!(reply.status < 300, "{reply}");
        }
        let shown = eventually(looks_like, || {
            let shown = seen(&tenant, &client);
            (shown["looksLike"] == looks_like && shown["summary"].as_str().is_some_and(|summary| summary.contains(said))).then_some(shown)
        });
        assert!(shown["traits"].is_array() && shown["changed"].is_string(), "{shown}");
        assert!(shown["lastRequest"].is_string(), "{shown}");
        // What was seen last may still come.
        eventually("a list shows the same", || {
            let listed = tenant.all("/connections").into_iter().find(|one| one["id"] == client.connection.as_str()).unwrap();
            (listed["client"] == seen(&tenant, &client)).then_some(())
        });
    }
}

/// What is shown is what was seen: of one connection not another's, no secrets, no more of a name than a bound, and the same after a restart.
#[test]
fn what_was_seen_is_kept() {
    let data = Scratch::new();
    let server = Server::options().data_dir(data.path()).start();
    let tenant = server.operator().tenant("Seen");
    let (client, other) = (tenant.connect(), tenant.connect_with(&json!({"provider": "okta", "name": "Other"})));
    let long = format!("Okta {}", "x".repeat(5_000));
    let _ = client.call("GET", "/Users").header("user-agent", &long).send().expect(200);
    let user = client.user("seen@example.com");
    let _ = client.patch(&format!("/Users/{user}"), &json!([{"op": "Replace", "path": "active", "value": "True"}])).expect(200);
    let before = eventually("it is seen", || {
        let shown = seen(&tenant, &client);
        shown["traits"].as_array().is_some_and(|traits| traits.iter().any(|one| one == "string booleans")).then_some(shown)
    });
    assert!(before["userAgent"].as_str().is_some_and(|agent| agent.len() < 1_000), "{before}");
    assert!(!before.to_string().contains(client.token()));
    assert_eq!(seen(&tenant, &other), Value::Null);
    server.kill();
    let server = Server::options().data_dir(data.path()).start();
    let tenant = Tenant { operator: server.operator(), id: tenant.id };
    assert_eq!(seen(&tenant, &client), before);
}
