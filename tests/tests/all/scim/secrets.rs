//! Passwords, tokens and keys: never kept in clear, logged or echoed.

use doorlist_tests::callers::{USER_URN, text};
use doorlist_tests::server::{OPERATOR_KEY, Signal};
use doorlist_tests::{Server, eventually};
use serde_json::{Value, json};

/// Whether `bytes` has `needle` anywhere.
fn has(bytes: &[u8], needle: &str) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle.as_bytes())
}

#[test]
fn passwords_and_tokens_are_nowhere_in_clear() {
    const NEEDLES: [&str; 7] = ["needle-post", "needle-put", "needle-path", "needle-key", "needle-odd", "needle-filter", "needle-refused"];
    let data = doorlist_tests::Scratch::new();
    let server = Server::options().data_dir(data.path()).log("trace").start();
    let tenant = server.operator().tenant("Secrets");
    let client = tenant.connect();
    let mut answers = Vec::new();
    let made = client.post("/Users", &json!({"schemas": [USER_URN], "userName": "secret@example.com", "password": NEEDLES[0]}));
    answers.push(made.text());
    let path = format!("/Users/{}", text(&made.expect(201), "id"));
    let writes = [
        client.put(&path, &json!({"userName": "secret@example.com", "PassWord": NEEDLES[1]})),
        client.patch(&path, &json!([{"op": "replace", "path": "password", "value": NEEDLES[2]}])),
        client.patch(
            &path,
            &json!([{"op": "add", "value": {"password": NEEDLES[3], "urn:ietf:params:scim:schemas:core:2.0:User:password": NEEDLES[3]}}]),
        ),
        client.put(&path, &json!({"userName": "secret@example.com", "urn:example:ext": {"password": NEEDLES[4]}})),
    ];
    for reply in writes {
        answers.push(reply.text());
        let _ = reply.expect(200);
    }
    // Neither to be asked for by its value, nor shown to whoever asks for it.
    let filter = client.get(&doorlist_tests::http::query("/Users", &[("filter", &format!("password eq \"{}\"", NEEDLES[5]))]));
    answers.push(filter.text());
    filter.scim_error(400, Some("invalidFilter"));
    let unreadable = format!("userName eq \"x\" password eq \"{}\"", NEEDLES[5]);
    let unreadable = client.get(&doorlist_tests::http::query("/Users", &[("filter", &unreadable)]));
    answers.push(unreadable.text());
    unreadable.scim_error(400, Some("invalidFilter"));
    // A token where none belongs reaches the log by several ways, as what was asked for and as why it was refused. Its
    // own client may hear it again.
    let token = client.token().to_owned();
    let bulk = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": [{"method": "DELETE", "path": format!("/Users/{token}")}]});
    let _ = client.get(&format!("/Users/{token}")).expect(404);
    let _ = client.delete(&format!("/Users/{token}")).expect(404);
    let _ = client.post("/Bulk", &bulk).expect(200);
    let _ = client.post("/Groups", &json!({"displayName": "G", "members": [{"value": token}]})).expect(400);
    let _ = client.patch(&path, &json!([{"op": "replace", "path": token, "value": "x"}])).expect(400);
    let refused = client.post("/Users", &json!({"userName": "secret@example.com", "password": NEEDLES[6]}));
    answers.push(refused.text());
    refused.scim_error(409, Some("uniqueness"));
    for path in [path.clone(), "/Users".to_owned(), format!("{path}?attributes=password"), "/Users?attributes=userName,password".to_owned()]
    {
        answers.push(client.get(&path).text());
    }
    let key = text(&tenant.post("/keys", &json!({"name": "Key", "role": "auditor"})).expect(201), "key");
    // Whoever looked for a password is in the log with the last read.
    let _ = client.call("GET", "/Users").header("x-request-id", "the-last-one").send().expect(200);
    eventually("the log has everything", || tenant.get("/activity").text().contains("the-last-one").then_some(()));
    let _ = tenant.synced();
    for path in ["/connections", "/keys", "/activity", "/events", "/users", &format!("/connections/{}/tokens", client.connection)] {
        answers.push(tenant.get(path).text());
    }
    server.signal(Signal::Terminate);
    let ended = server.wait();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    let secrets = NEEDLES.into_iter().chain([client.token(), key.as_str(), OPERATOR_KEY]);
    for secret in secrets {
        for answer in &answers {
            assert!(!answer.contains(secret), "{secret} is in an answer: {answer}");
        }
        assert!(!ended.stderr.contains(secret) && !ended.stdout.contains(secret), "{secret} is in the log");
        for (file, bytes) in data.files() {
            assert!(!has(&bytes, secret), "{secret} is in {}", file.display());
        }
    }
    assert!(data.files().iter().any(|(_, bytes)| has(bytes, "secret@example.com")), "the search would find nothing at all");
}

/// Ids are text in every answer.
#[test]
fn ids_are_text() {
    let client = crate::shared::client("ids are text");
    let user = client.user("text@example.com");
    let group = client.group("Text", &[&user]);
    let user = client.get(&format!("/Users/{user}")).expect(200);
    let group = client.get(&format!("/Groups/{group}")).expect(200);
    for id in [&user["id"], &group["id"], &group["members"][0]["value"], &user["groups"][0]["value"]] {
        assert!(id.is_string(), "{id}");
    }
    let list = client.get("/Users").expect(200);
    assert!(list["Resources"].as_array().unwrap().iter().all(|one| one["id"].is_string() && one["meta"]["location"].is_string()));
    assert_ne!(list["Resources"][0], Value::Null);
}
