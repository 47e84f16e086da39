//! SCIM with tokens that open nothing, and with tokens that open something else.

use doorlist_tests::callers::text;
use doorlist_tests::{Client, Reply, eventually, operations};
use serde_json::{Value, json};

use super::endpoints::SCIM;
use super::{NOBODY, Seen};
use crate::shared;

fn attack(client: &Client, method: &str, path: &str) -> Reply {
    let body = match (method, path.starts_with("/Groups")) {
        ("PATCH", _) => operations(&json!([{"op": "replace", "path": "displayName", "value": "Changed by an intruder"}])),
        (_, true) => json!({"displayName": "Made by an intruder"}),
        _ => json!({"userName": "intruder@example.com"}),
    };
    let call = client.call(method, path);
    if matches!(method, "GET" | "DELETE") { call.send() } else { call.json(&body).send() }
}

#[test]
fn tokens_that_open_nothing() {
    let tenant = shared::tenant("Closed");
    let client = tenant.connect();
    let user = client.user("ada@example.com");
    let group = client.group("Group", &[&user]);
    let before = client.inventory();
    let with = |token: &str| Client::new(client.address(), token, &client.connection);
    let tokens = format!("/connections/{}/tokens", client.connection);
    let revoked = {
        let made = tenant.post(&tokens, &json!({})).expect(201);
        let revoked = with(&text(&made, "token"));
        revoked.get("/Users").expect(200);
        let _ = tenant.delete(&format!("{tokens}/{}", text(&made, "id"))).expect(204);
        revoked
    };
    let expired = {
        let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(2);
        let made = tenant.post(&tokens, &json!({"expiresAt": format!("{soon:.3}")})).expect(201);
        let expired = with(&text(&made, "token"));
        eventually("the token expires", || (expired.get("/Users").status == 401).then_some(()));
        expired
    };
    let of_deleted_connection = {
        let gone = tenant.connect();
        let _ = tenant.delete(&format!("/connections/{}", gone.connection)).expect(204);
        gone
    };
    let of_deleted_tenant = {
        let gone = shared::tenant("Gone");
        let client = gone.connect();
        let _ = gone.operator.delete(&gone.path("")).expect(204);
        client
    };
    let key = text(&tenant.post("/keys", &json!({"name": "Owner", "role": "owner"})).expect(201), "key");
    let intruders = [
        with("nonsense"),
        with("dl_scim_0000000000000000000000000000000000000000000000"),
        with(&key),
        with(tenant.operator.key()),
        revoked,
        expired,
        of_deleted_connection,
        of_deleted_tenant,
    ];
    for (method, path) in SCIM {
        let path = path.replace("{user}", &user).replace("{group}", &group);
        let first = Seen::of(&attack(&intruders[0], method, &path), NOBODY);
        for intruder in &intruders {
            let reply = attack(intruder, method, &path);
            assert_eq!(Seen::of(&reply, NOBODY), first, "{method} {path}: why a token opens nothing is nobody's business");
            assert_eq!(reply.header("www-authenticate"), Some("Bearer"), "{reply}");
            reply.scim_error(401, None);
        }
    }
    assert_eq!(client.inventory(), before);
}

/// What a token of another connection sees of this one: what it would see of nothing.
#[test]
fn tokens_that_open_something_else() {
    let tenant = shared::tenant("Attacked by clients");
    let client = tenant.connect();
    let user = text(
        &client
            .post("/Users", &json!({"userName": "ada@example.com", "externalId": "ext-1", "emails": [{"value": "ada@example.com"}]}))
            .expect(201),
        "id",
    );
    let group = client.group("Group", &[&user]);
    let before = (client.inventory(), tenant.members());
    let neighbour = tenant.connect_with(&json!({"provider": "okta", "name": "Neighbour"}));
    let stranger = shared::client("Stranger");
    for other in [&neighbour, &stranger] {
        for (method, path) in SCIM.iter().filter(|(_, path)| path.contains('{')) {
            let with = |id: &str| path.replace("{user}", id).replace("{group}", id);
            let id = if path.contains("{user}") { &user } else { &group };
            let unknown = Seen::of(&attack(other, method, &with(NOBODY)), NOBODY);
            assert_eq!(unknown.status, 404, "{method} {path}");
            assert_eq!(Seen::of(&attack(other, method, &with(id)), id), unknown, "{method} {path}");
        }
        for path in ["/Users", "/Groups"] {
            let page = other.get(path).expect(200);
            assert_eq!((&page["totalResults"], &page["Resources"]), (&json!(0), &json!([])), "{path}");
        }
        for filter in [
            "userName eq \"ada@example.com\"",
            "externalId eq \"ext-1\"",
            "emails eq \"ada@example.com\"",
            "userName pr",
            &format!("id eq \"{user}\""),
            &format!("groups.value eq \"{group}\""),
        ] {
            assert_eq!(other.find("/Users", filter), Vec::<Value>::new(), "{filter}");
        }
        for filter in ["displayName eq \"Group\"", &format!("id eq \"{group}\""), &format!("members.value eq \"{user}\"")] {
            assert_eq!(other.find("/Groups", filter), Vec::<Value>::new(), "{filter}");
        }
        // Neither a member by a foreign id, nor a hint that there is one.
        let own = other.group("Own", &[]);
        let refused = |id: &str| {
            let reply = other.patch(&format!("/Groups/{own}"), &json!([{"op": "add", "path": "members", "value": [{"value": id}]}]));
            assert_eq!(reply.status, 400, "{reply}");
            Seen::of(&reply, id)
        };
        for id in [&user, &group] {
            assert_eq!(refused(id), refused(NOBODY));
        }
        // A name that is taken there is free here.
        let twin = text(&other.post("/Users", &json!({"userName": "ada@example.com", "externalId": "ext-1"})).expect(201), "id");
        other.remove(&format!("/Users/{twin}"));
        other.remove(&format!("/Groups/{own}"));
    }
    assert_eq!((client.inventory(), tenant.members()), before);
}

/// The newer ways to ask: over all types, by cursor, conditionally, in bulk. None tells a stranger that something is there.
#[test]
fn no_way_of_asking_tells_of_others() {
    let tenant = shared::test_tenant("Asked about");
    let client = tenant.connect();
    let user = client.user("ada@example.com");
    let group = client.group("Group", &[&user]);
    let test = text(&client.post("/TestResources", &json!({"required": "r", "uniqueServer": "u", "uniqueGlobal": "g"})).expect(201), "id");
    let paths = [format!("/Users/{user}"), format!("/Groups/{group}"), format!("/TestResources/{test}")];
    let versions = paths.clone().map(|path| client.get(&path).header("etag").unwrap().to_owned());
    let before = (client.inventory(), paths.clone().map(|path| client.get(&path).text()));
    let neighbour = tenant.connect_with(&json!({"provider": "okta", "name": "Neighbour"}));
    let stranger = shared::test_tenant("Asking").connect();
    for other in [&neighbour, &stranger] {
        for (path, version) in paths.iter().zip(&versions) {
            let endpoint = path.rsplit_once('/').unwrap().0;
            let unknown = format!("{endpoint}/{NOBODY}");
            let id = path.rsplit('/').next().unwrap();
            for (method, header) in [
                ("GET", "if-none-match"),
                ("HEAD", "if-none-match"),
                ("PUT", "if-match"),
                ("PATCH", "if-match"),
                ("DELETE", "if-match"),
                ("DELETE", "if-none-match"),
            ] {
                for condition in ["*", version.as_str(), "\"other\""] {
                    let ask = |path: &str| {
                        let call = other.call(method, path).header(header, condition);
                        let body = match method {
                            "PUT" => json!({"userName": "x", "displayName": "x", "required": "x"}),
                            _ => operations(&json!([{"op": "replace", "path": "externalId", "value": "x"}])),
                        };
                        if matches!(method, "PUT" | "PATCH") { call.json(&body).send() } else { call.send() }
                    };
                    let asked = ask(path);
                    assert_eq!(asked.status, 404, "{asked}");
                    assert_eq!(Seen::of(&asked, id), Seen::of(&ask(&unknown), NOBODY), "{method} {path} with {header}: {condition}");
                }
            }
            for filter in
                [format!("id eq \"{id}\""), format!("id eq \"{id}\" or externalId eq \"x\""), format!("meta.version eq {}", json!(version))]
            {
                for page in [
                    other.get(&doorlist_tests::http::query("/", &[("filter", &filter)])),
                    other.post("/.search", &json!({"filter": filter})),
                    other.post("/.search", &json!({"filter": filter, "cursor": ""})),
                ] {
                    assert_eq!(page.expect(200)["totalResults"], 0, "{filter}");
                }
            }
        }
        let everything = other.get("/?cursor=").expect(200);
        assert_eq!((&everything["totalResults"], everything.get("nextCursor")), (&json!(0), None), "{everything}");
    }
    // What is unique there is free here, whatever the schema says of the whole world: nothing is known of it.
    let twin = json!({"required": "r", "uniqueServer": "u", "uniqueGlobal": "g"});
    for other in [&neighbour, &stranger] {
        let made = text(&other.post("/TestResources", &twin).expect(201), "id");
        other.remove(&format!("/TestResources/{made}"));
    }
    assert_eq!((client.inventory(), paths.map(|path| client.get(&path).text())), before);
}

/// Resource types for conformance work are a tenant's choice, at once and for its own clients alone; their resources never reach the directory.
#[test]
fn test_resources_are_a_tenants_choice() {
    let tenant = shared::tenant("Choosing");
    let (client, stranger) = (tenant.connect(), shared::client("Not choosing"));
    let body = json!({"required": "r"});
    client.post("/TestResources", &body).scim_error(404, None);
    let changed = tenant.patch("", &json!({"testResources": true})).expect(200);
    assert_eq!(changed["testResources"], true);
    let made = client.post("/TestResources", &body).expect(201);
    let path = format!("/TestResources/{}", text(&made, "id"));
    stranger.post("/TestResources", &body).scim_error(404, None);
    let before = tenant.synced();
    assert_eq!(
        (tenant.members(), tenant.groups(), before["inventory"].clone()),
        (Vec::new(), Vec::new(), json!({"users": 0, "groups": 0}))
    );
    // Kept while they are not seen.
    let _ = tenant.patch("", &json!({"testResources": false})).expect(200);
    client.get(&path).scim_error(404, None);
    assert_eq!(client.get("/").expect(200)["totalResults"], 0);
    let _ = tenant.patch("", &json!({"testResources": true})).expect(200);
    assert_eq!(client.get(&path).expect(200), made);
    for body in [json!({"testResources": "yes"}), json!({"nonsense": 1}), json!({"name": ""})] {
        tenant.patch("", &body).problem(400);
    }
    client.remove(&path);
}
