//! What is refused, and how: status, body, media type and headers (RFC 7644 section 3.12), on every path.

use std::collections::BTreeSet;
use std::thread;
use std::time::Duration;

use doorlist_tests::callers::Client;
use doorlist_tests::http::SCIM_JSON;
use doorlist_tests::raw::Socket;
use doorlist_tests::{Reply, Server};
use serde_json::{Value, json};

use crate::shared;

/// Every kind of path, and what it takes; `<id>` is that of a user.
const PATHS: [(&str, &[&str]); 19] = [
    ("", &["GET", "HEAD"]),
    ("/", &["GET", "HEAD"]),
    ("/Users", &["GET", "HEAD", "POST"]),
    ("/Users/<id>", &["GET", "HEAD", "PUT", "PATCH", "DELETE"]),
    ("/Users/nobody", &["GET", "HEAD", "PUT", "PATCH", "DELETE"]),
    ("/Groups", &["GET", "HEAD", "POST"]),
    ("/Groups/nobody", &["GET", "HEAD", "PUT", "PATCH", "DELETE"]),
    ("/TestResources", &["GET", "HEAD", "POST"]),
    ("/TestResources/nobody", &["GET", "HEAD", "PUT", "PATCH", "DELETE"]),
    ("/.search", &["POST"]),
    ("/Users/.search", &["POST"]),
    ("/Groups/.search", &["POST"]),
    ("/TestResources/.search", &["POST"]),
    ("/Bulk", &["POST"]),
    ("/ServiceProviderConfig", &["GET", "HEAD"]),
    ("/ResourceTypes", &["GET", "HEAD"]),
    ("/ResourceTypes/User", &["GET", "HEAD"]),
    ("/Schemas", &["GET", "HEAD"]),
    ("/Schemas/urn:ietf:params:scim:schemas:core:2.0:User", &["GET", "HEAD"]),
];

const METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PURGE"];

/// An error has these keys and no others.
#[track_caller]
fn check_shape(reply: &Reply) {
    let body: Value = serde_json::from_slice(&reply.body).unwrap_or_else(|error| panic!("{error}: {reply}"));
    let keys: BTreeSet<&str> = body.as_object().unwrap().keys().map(String::as_str).collect();
    assert!(keys.is_subset(&BTreeSet::from(["schemas", "status", "scimType", "detail"])), "{reply}");
    assert_eq!(body["status"], reply.status.to_string(), "{reply}");
}

#[test]
fn methods_that_a_path_has_not() {
    let client = shared::test_tenant("methods").connect();
    let id = client.user("methods@example.com");
    for (path, taken) in PATHS {
        let path = path.replace("<id>", &id);
        for method in METHODS {
            let call = client.call(method, &path);
            let reply = if matches!(method, "GET" | "HEAD" | "TRACE" | "DELETE") { call.send() } else { call.json(&json!({})).send() };
            if taken.contains(&method) {
                assert!(!matches!(reply.status, 405 | 501), "{reply}");
                continue;
            }
            let allow = reply.header("allow").unwrap_or_default().to_owned();
            let allowed: BTreeSet<&str> = allow.split(',').map(str::trim).collect();
            assert_eq!(allowed, taken.iter().copied().collect(), "{method} {path}: {reply}");
            if method == "HEAD" {
                assert_eq!((reply.status, reply.body.len()), (405, 0), "{reply}");
                continue;
            }
            check_shape(&reply);
            reply.scim_error(405, None);
        }
    }
    // What RFC 7644 section 3.11 lets a service provider leave out.
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
        client.call(method, "/Me").json(&json!({})).send().scim_error(501, None);
    }
    client.call("TRACE", "/Me").send().scim_error(405, None);
}

/// A path that is none is not found by any method.
#[test]
fn paths_that_are_none() {
    let client = shared::client("no paths");
    for path in [
        "/nonsense",
        "/Users/x/y",
        "/Schemas/nonsense",
        "/ResourceTypes/nonsense",
        "/Bulk/x",
        "/Me/x",
        "/TestResources",
        "/users",
        "/.search/x",
    ] {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            let is_discovery = ["/Schemas/", "/ResourceTypes/"].iter().any(|start| path.starts_with(start));
            if is_discovery && method != "GET" {
                continue;
            }
            let reply = client.call(method, path).json(&json!({})).send();
            check_shape(&reply);
            reply.scim_error(404, None);
        }
        let head = client.call("HEAD", path).send();
        assert_eq!((head.status, head.body.len()), (404, 0), "{head}");
    }
}

/// Endpoints that take a body; `<id>` is that of a user.
const BODIES: [(&str, &str); 7] = [
    ("POST", "/Users"),
    ("PUT", "/Users/<id>"),
    ("PATCH", "/Users/<id>"),
    ("POST", "/Groups"),
    ("POST", "/.search"),
    ("POST", "/Users/.search"),
    ("POST", "/Bulk"),
];

#[test]
fn bodies_that_are_none() {
    let client = shared::client("no bodies");
    let id = client.user("bodies@example.com");
    let before = client.inventory();
    for (method, path) in BODIES {
        let path = path.replace("<id>", &id);
        let send = |media: &str, body: &[u8]| client.call(method, &path).header("content-type", media).bytes(body.to_vec()).send();
        for media in [
            "text/plain",
            "application/xml",
            "application/json-patch+json",
            "text/json",
            "application/x-www-form-urlencoded",
            "nonsense",
            "",
        ] {
            let reply = send(media, b"{}");
            check_shape(&reply);
            reply.scim_error(415, None);
        }
        for body in
            [&b""[..], b" ", b"{", b"{}{}", b"nonsense", b"{\"a\":}", b"\xff\xfe", b"{\"a\":\"\xff\"}", b"[", b"{'a':1}", &b"[".repeat(200)]
        {
            let reply = send(SCIM_JSON, body);
            check_shape(&reply);
            reply.scim_error(400, Some("invalidSyntax"));
        }
        for body in [&b"[]"[..], b"1", b"\"x\"", b"null", b"true"] {
            send(SCIM_JSON, body).scim_error(400, Some("invalidSyntax"));
        }
        // By its length alone.
        let mut socket = Socket::connect(client.address());
        let head = format!(
            "{method} /scim/v2{path} HTTP/1.1\r\nhost: doorlist\r\nconnection: close\r\nauthorization: Bearer {}\r\ncontent-type: {SCIM_JSON}\r\ncontent-length: {}\r\n\r\n",
            client.token(),
            (4 << 20) + 1
        );
        socket.write(head.as_bytes());
        let answer = socket.answer();
        assert_eq!((answer.status, answer.header("content-type")), (413, Some(SCIM_JSON)), "{method} {path}: {answer:?}");
        let error: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(error["status"], "413", "{method} {path}");
    }
    assert_eq!(client.inventory(), before);
}

/// Without a token there is the configuration and nothing else; a filter on what is not searched is forbidden (RFC 7644 section 4).
#[test]
fn discovery_without_a_token_and_with_a_filter() {
    let client = shared::client("discovery errors");
    let nobody = shared::server().nobody();
    let config = nobody.get("/scim/v2/ServiceProviderConfig").expect(200);
    assert_eq!(config["etag"], json!({"supported": true}));
    for (path, taken) in PATHS {
        for method in taken.iter().filter(|_| path != "/ServiceProviderConfig") {
            let reply = nobody.call(method, &format!("/scim/v2{}", path.replace("<id>", "nobody"))).send();
            assert_eq!((reply.status, reply.header("www-authenticate")), (401, Some("Bearer")), "{reply}");
            if *method != "HEAD" {
                check_shape(&reply);
            }
        }
    }
    let urn = "urn:ietf:params:scim:schemas:core:2.0:User";
    for path in [
        "/ServiceProviderConfig".to_owned(),
        "/ResourceTypes".to_owned(),
        "/ResourceTypes/User".to_owned(),
        "/Schemas".to_owned(),
        format!("/Schemas/{urn}"),
    ] {
        for filter in ["filter=id%20pr", "filter=", "FILTER=nonsense", "count=1&filter=id%20eq%20%22x%22"] {
            let reply = client.get(&format!("{path}?{filter}"));
            check_shape(&reply);
            reply.scim_error(403, None);
        }
        for method in ["POST", "PUT", "PATCH", "DELETE"] {
            client.call(method, &path).json(&json!({})).send().scim_error(405, None);
        }
    }
    nobody.get("/scim/v2/ServiceProviderConfig?filter=id%20pr").scim_error(403, None);
}

/// RFC 6585 section 4: whoever sends more than its share is told when to come again, and nobody else is.
#[test]
fn too_many_requests() {
    // One request a second for long; a minute's worth at once.
    const BURST: usize = 60;
    let server = Server::options().argument("--scim-rate").argument("1").start();
    let tenant = server.operator().tenant("Pace");
    let (client, neighbour) = (tenant.connect(), tenant.connect_with(&json!({"provider": "okta", "name": "Neighbour"})));
    let stranger = server.operator().tenant("Stranger").connect();
    let user = client.user("pace@example.com");
    let mut answered = 1;
    let refused = loop {
        let reply = client.get("/Users?count=0");
        if reply.status == 429 {
            break reply;
        }
        assert_eq!(reply.status, 200, "{reply}");
        answered += 1;
        assert!(answered < 4 * BURST, "nothing was ever refused");
    };
    assert!(answered >= BURST, "only {answered} were answered");
    check_shape(&refused);
    let wait: u64 = refused.header("retry-after").expect("it says when to come again").parse().expect("in whole seconds");
    assert!((1..=5).contains(&wait), "{wait} seconds");
    refused.scim_error(429, None);
    // Refused is not done, whatever it is.
    let change = json!([{"op": "replace", "path": "title", "value": "T"}]);
    for reply in [
        client.post("/Users", &json!({"userName": "refused@example.com"})),
        client.patch(&format!("/Users/{user}"), &change),
        client.delete(&format!("/Users/{user}")),
        client.post("/Bulk", &json!({"Operations": []})),
        client.get("/Nonsense"),
    ] {
        assert!(reply.header("retry-after").is_some(), "{reply}");
        check_shape(&reply);
        reply.scim_error(429, None);
    }
    for other in [&neighbour, &stranger] {
        let _ = other.user("other@example.com");
    }
    let _ = server.nobody().get("/scim/v2/ServiceProviderConfig").expect(200);
    Client::new(server.address(), "nonsense", &client.connection).get("/Users").scim_error(401, None);
    // Who waits as long as told is answered.
    let told: u64 = client.get("/Users").header("retry-after").expect("still too many").parse().unwrap();
    thread::sleep(Duration::from_secs(told));
    let found = client.get("/Users").expect(200);
    assert_eq!((&found["totalResults"], found["Resources"][0].get("title")), (&json!(1), None));
}

/// A bulk request is as many as it asks for.
#[test]
fn bulk_requests_count_as_their_operations() {
    let server = Server::options().argument("--scim-rate").argument("1").start();
    let client = server.operator().tenant("Bulk pace").connect();
    let some = |from: usize| {
        let operation = |number: usize| json!({"method": "POST", "path": "/Users", "bulkId": number.to_string(), "data": {"userName": format!("{number}@example.com")}});
        client.post("/Bulk", &json!({"Operations": (from..from + 40).map(operation).collect::<Vec<_>>()}))
    };
    let _ = some(0).expect(200);
    let refused = some(40);
    assert!(refused.header("retry-after").is_some(), "{refused}");
    check_shape(&refused);
    refused.scim_error(429, None);
    assert_eq!(client.get("/Users?count=0").expect(200)["totalResults"], 40, "a refused request has done nothing");
}
