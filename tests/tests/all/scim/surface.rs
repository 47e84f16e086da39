//! Paths, media types and headers: what holds before any resource is looked at.

use doorlist_tests::callers::{USER_URN, text};
use doorlist_tests::http::SCIM_JSON;
use doorlist_tests::raw::{Socket, exchange};
use doorlist_tests::{Client, Server};
use serde_json::{Value, json};

use crate::shared;

/// Base URLs are pasted by people: slashes come double, and at the end.
#[test]
fn slashes_are_forgiven() {
    let client = shared::client("slashes");
    let id = client.user("slashes@example.com");
    let bearer = format!("Bearer {}", client.token());
    let headers = [("authorization", bearer.as_str())];
    for target in
        ["/scim/v2/Users/", "/scim/v2//Users", "//scim/v2/Users", "/scim//v2/Users", "/scim/v2//Users//", "///scim///v2///Users///?count=5"]
    {
        let answer = exchange(client.address(), "GET", target, &headers, b"");
        assert_eq!(answer.status, 200, "{target}: {}", answer.body);
        assert_eq!(answer.header("content-type"), Some(SCIM_JSON), "{target}");
        let body: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(body["totalResults"], 1, "{target}");
    }
    for target in [format!("/scim/v2//Users/{id}"), format!("/scim/v2/Users/{id}/"), format!("//scim/v2//Users//{id}//")] {
        let answer = exchange(client.address(), "GET", &target, &headers, b"");
        assert_eq!(answer.status, 200, "{target}: {}", answer.body);
        // Where a resource is does not depend on how it was asked for.
        let body: Value = serde_json::from_str(&answer.body).unwrap();
        assert!(text(&body["meta"], "location").ends_with(&format!("/scim/v2/Users/{id}")), "{target}: {}", answer.body);
    }
    let body = json!({"schemas": [USER_URN], "userName": "slashes-post@example.com"}).to_string();
    let headers = [("authorization", bearer.as_str()), ("content-type", SCIM_JSON)];
    let answer = exchange(client.address(), "POST", "/scim/v2//Users/", &headers, body.as_bytes());
    assert_eq!(answer.status, 201, "{}", answer.body);
}

/// Entra's flag and whatever else a client appends.
#[test]
fn unknown_query_parameters_are_ignored() {
    let client = shared::client("unknown parameters");
    let id = client.user("parameters@example.com");
    for path in [
        "/Users?aadOptscim062020".to_owned(),
        "/Users?aadOptscim062020&count=10".to_owned(),
        "/Users?unknown=1&&x".to_owned(),
        "/Users?".to_owned(),
        format!("/Users/{id}?aadOptscim062020"),
        "/ResourceTypes?aadOptscim062020".to_owned(),
    ] {
        client.get(&path).expect(200);
    }
}

/// Everything below the base answers in SCIM's media type, what is not there included ([`doorlist_tests::Reply`] checks the type of
/// every reply).
#[test]
fn unknown_paths_are_scim_errors() {
    let client = shared::client("unknown paths");
    for path in
        ["/users", "/User", "/Users/a/b", "/Users/a/b/c", "/Groups.json", "/%2e%2e/api/v1/tenants", "/Devices", "/%00", "/Users/%ff"]
    {
        let reply = client.get(path);
        assert_eq!(reply.header("content-type"), Some(SCIM_JSON), "{reply}");
        reply.scim_error(404, None);
    }
    let beyond = shared::server().nobody().get("/scim/v3/Users");
    assert_eq!(beyond.status, 404, "{beyond}");
}

/// RFC 7644 section 3.1 names one media type; clients send others, or none.
#[test]
fn request_media_types() {
    let client = shared::client("media types");
    let body = |name: &str| json!({"schemas": [USER_URN], "userName": name}).to_string().into_bytes();
    let accepted = [
        "application/scim+json",
        "application/json",
        "application/scim+json; charset=utf-8",
        "application/scim+json;charset=UTF-8",
        "application/json; charset=utf-8",
        "Application/SCIM+JSON",
        "APPLICATION/JSON",
    ];
    for (place, media) in accepted.into_iter().enumerate() {
        let name = format!("accepted-{place}@example.com");
        client.call("POST", "/Users").header("content-type", media).bytes(body(&name)).send().expect(201);
    }
    client.call("POST", "/Users").bytes(body("none@example.com")).send().expect(201);
    for media in [
        "text/plain",
        "application/xml",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonp",
        "nonsense",
    ] {
        let reply = client.call("POST", "/Users").header("content-type", media).bytes(body("refused@example.com")).send();
        reply.scim_error(415, None);
    }
    assert_eq!(client.find("/Users", "userName eq \"refused@example.com\""), Vec::<Value>::new());
}

/// There is one representation; what a client says it accepts changes nothing.
#[test]
fn response_media_type_is_always_the_same() {
    let client = shared::client("accept");
    for accept in ["application/scim+json", "application/json", "*/*", "text/html", "application/json;q=0.5, text/plain"] {
        let reply = client.call("GET", "/Users").header("accept", accept).send();
        assert_eq!(reply.header("content-type"), Some(SCIM_JSON), "{accept}: {reply}");
        reply.expect(200);
    }
}

/// RFC 7235 section 2.1: the scheme's name has no case.
#[test]
fn the_scheme_of_a_token_has_no_case() {
    let client = shared::client("scheme");
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let reply = client.call("GET", "/Users").header("authorization", &format!("{scheme} {}", client.token())).send();
        reply.expect(200);
    }
}

/// A created resource says where it is, in the header and in `meta`.
#[test]
fn created_resources_have_a_location() {
    let client = shared::client("location");
    for (endpoint, body) in [("Users", json!({"userName": "location@example.com"})), ("Groups", json!({"displayName": "Location"}))] {
        let reply = client.post(&format!("/{endpoint}"), &body);
        let location = reply.header("location").unwrap_or_default().to_owned();
        let made = reply.expect(201);
        assert_eq!(made["meta"]["location"], location.as_str(), "{made}");
        let path = location.split_once("/scim/v2").expect("a location is below the base").1;
        assert_eq!(path, format!("/{endpoint}/{}", text(&made, "id")));
        assert_eq!(client.get(path).expect(200), made, "a read gives what the creation gave");
    }
}

/// A request's id is made up here or taken over, and always echoed.
#[test]
fn request_ids_are_echoed() {
    let client = shared::client("request ids");
    let reply = client.call("GET", "/Users").header("x-request-id", "from-the-client_1.2").send();
    assert_eq!(reply.header("x-request-id"), Some("from-the-client_1.2"));
    reply.expect(200);
    let long = "x".repeat(200);
    for odd in ["has space", "a\"quote", "<b>", long.as_str()] {
        let reply = client.call("GET", "/Users").header("x-request-id", odd).send();
        assert_ne!(reply.header("x-request-id"), Some(odd), "what is odd is not echoed");
        reply.expect(200);
    }
}

/// Go writes a space in a query as `+`; others leave brackets as they are.
#[test]
fn queries_are_encoded_in_many_ways() {
    let client = shared::client("encodings");
    let body = json!({"userName": "a+b@example.com", "emails": [{"value": "a+b@example.com", "type": "work"}]});
    let id = text(&client.post("/Users", &body).expect(201), "id");
    let bearer = format!("Bearer {}", client.token());
    for query in [
        "filter=userName+eq+%22a%2Bb%40example.com%22&startIndex=1&count=100",
        "filter=userName%20eq%20%22a%2Bb%40example.com%22",
        "filter=userName%20eq%20%22a%2Bb@example.com%22",
        "filter=emails[type%20eq%20%22work%22].value%20eq%20%22a%2Bb@example.com%22",
        "filter=emails%5btype+eq+%22work%22%5d.value+eq+%22a%2bb%40example.com%22",
        "FILTER=userName+eq+%22a%2Bb%40example.com%22",
    ] {
        let answer = exchange(client.address(), "GET", &format!("/scim/v2/Users?{query}"), &[("authorization", &bearer)], b"");
        assert_eq!(answer.status, 200, "{query}: {}", answer.body);
        let body: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!((&body["totalResults"], &body["Resources"][0]["id"]), (&json!(1), &json!(id)), "{query}");
    }
    // A plus that is meant has to be encoded; here it is a space, and nobody has that name.
    let answer =
        exchange(client.address(), "GET", "/scim/v2/Users?filter=userName+eq+%22a+b%40example.com%22", &[("authorization", &bearer)], b"");
    assert!(answer.body.contains("\"totalResults\":0"), "{}", answer.body);
}

/// Bodies come in chunks, or after the server was asked whether it wants them.
#[test]
fn bodies_are_sent_in_many_ways() {
    let client = shared::client("bodies");
    let head = format!(
        "POST /scim/v2/Users HTTP/1.1\r\nhost: doorlist\r\nconnection: close\r\nauthorization: Bearer {}\r\ncontent-type: {SCIM_JSON}\r\n",
        client.token()
    );
    let mut chunked = Socket::connect(client.address());
    chunked.write(format!("{head}transfer-encoding: chunked\r\n\r\n").as_bytes());
    for part in ["{\"userName\":", "\"chunked@example.com\"}"] {
        chunked.write(format!("{:x}\r\n{part}\r\n", part.len()).as_bytes());
    }
    chunked.write(b"0\r\n\r\n");
    let answer = chunked.answer();
    assert_eq!(answer.status, 201, "{answer:?}");
    let body = json!({"userName": "expected@example.com"}).to_string();
    let mut expecting = Socket::connect(client.address());
    expecting.write(format!("{head}expect: 100-continue\r\ncontent-length: {}\r\n\r\n{body}", body.len()).as_bytes());
    let answer = expecting.answer();
    let last = answer.body.lines().next().unwrap_or_default();
    assert!(answer.status == 201 || (answer.status == 100 && last.contains("201")), "{answer:?}");
    assert_eq!(client.get("/Users").expect(200)["totalResults"], 2);
}

/// HEAD is GET without the body (RFC 9110 section 9.3.2).
#[test]
fn head_is_get_without_the_body() {
    let client = shared::client("head");
    let id = client.user("head@example.com");
    for (path, status) in
        [("/Users".to_owned(), 200), (format!("/Users/{id}"), 200), ("/Users/nonsense".to_owned(), 404), ("/Schemas".to_owned(), 200)]
    {
        let reply = client.call("HEAD", &path).send();
        assert_eq!((reply.status, reply.body.len()), (status, 0), "{path}: {reply}");
        assert_eq!(reply.header("content-type"), Some(SCIM_JSON), "{path}");
    }
}

/// Behind a proxy, links lead to where clients came from.
#[test]
fn links_start_with_the_public_url() {
    let server = Server::options().argument("--public-url").argument("https://door.example.com/idp/").start();
    let tenant = server.operator().tenant("Public");
    let base = "https://door.example.com/idp/scim/v2";
    let made = tenant.post("/connections", &json!({"provider": "jumpcloud", "name": "JumpCloud"})).expect(201);
    assert_eq!(made["baseUrl"], base);
    let client = Client::new(server.address(), &text(&made, "token"), &text(&made, "id"));
    let user = client.user("public@example.com");
    let group = client.group("Public", &[&user]);
    let user_url = format!("{base}/Users/{user}");
    let read = client.get(&format!("/Users/{user}")).expect(200);
    assert_eq!((&read["meta"]["location"], &read["groups"][0]["$ref"]), (&json!(user_url), &json!(format!("{base}/Groups/{group}"))));
    assert_eq!(client.get(&format!("/Groups/{group}")).expect(200)["members"][0]["$ref"], user_url.as_str());
    let listed = client.get("/Users").expect(200);
    assert_eq!(listed["Resources"][0]["meta"]["location"], user_url.as_str());
    for path in ["/ResourceTypes/User", "/ServiceProviderConfig"] {
        let location = text(&client.get(path).expect(200)["meta"], "location");
        assert_eq!(location, format!("{base}{path}"));
    }
}
