//! The list of endpoints that are attacked. An endpoint that is missing here fails a test.

use std::collections::BTreeSet;

use doorlist_tests::http::{Call, PROBLEM_JSON, WASM};
use doorlist_tests::raw::Socket;
use doorlist_tests::{Client, Operator};
use serde_json::{Value, json};

use crate::guests::plain;
use crate::shared;

/// Whose an endpoint is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Of {
    /// The installation's: keys of one tenant get nothing of it.
    Installation,
    /// A tenant's.
    Tenant,
}

/// One endpoint of the admin API.
#[derive(Clone, Copy, Debug)]
pub struct Endpoint {
    pub method: &'static str,
    pub path: &'static str,
    pub of: Of,
    /// Whether it takes an owner.
    pub owner: bool,
}

const fn tenant(method: &'static str, path: &'static str) -> Endpoint {
    Endpoint { method, path, of: Of::Tenant, owner: false }
}

const fn owners(endpoint: Endpoint) -> Endpoint {
    Endpoint { owner: true, ..endpoint }
}

const fn installation(endpoint: Endpoint) -> Endpoint {
    Endpoint { of: Of::Installation, ..endpoint }
}

/// Every endpoint of the admin API.
pub const ADMIN: &[Endpoint] = &[
    installation(tenant("GET", "/tenants")),
    owners(installation(tenant("POST", "/tenants"))),
    installation(tenant("GET", "/keys")),
    owners(installation(tenant("POST", "/keys"))),
    owners(installation(tenant("DELETE", "/keys/{key}"))),
    installation(tenant("GET", "/sessions")),
    owners(installation(tenant("DELETE", "/sessions/{session}"))),
    installation(tenant("GET", "/activity")),
    installation(tenant("GET", "/metrics")),
    tenant("GET", "/tenants/{tenant}"),
    tenant("PATCH", "/tenants/{tenant}"),
    owners(installation(tenant("DELETE", "/tenants/{tenant}"))),
    tenant("GET", "/tenants/{tenant}/keys"),
    owners(tenant("POST", "/tenants/{tenant}/keys")),
    owners(tenant("DELETE", "/tenants/{tenant}/keys/{key}")),
    tenant("GET", "/tenants/{tenant}/single-sign-on"),
    tenant("GET", "/tenants/{tenant}/sessions"),
    owners(tenant("DELETE", "/tenants/{tenant}/sessions/{session}")),
    tenant("GET", "/tenants/{tenant}/schemas"),
    tenant("POST", "/tenants/{tenant}/schemas"),
    tenant("GET", "/tenants/{tenant}/schemas/{schema}"),
    tenant("PUT", "/tenants/{tenant}/schemas/{schema}"),
    tenant("DELETE", "/tenants/{tenant}/schemas/{schema}"),
    tenant("GET", "/tenants/{tenant}/connections"),
    tenant("POST", "/tenants/{tenant}/connections"),
    tenant("GET", "/tenants/{tenant}/connections/{connection}"),
    tenant("PATCH", "/tenants/{tenant}/connections/{connection}"),
    tenant("DELETE", "/tenants/{tenant}/connections/{connection}"),
    tenant("GET", "/tenants/{tenant}/connections/{connection}/warnings"),
    tenant("GET", "/tenants/{tenant}/connections/{connection}/tokens"),
    tenant("POST", "/tenants/{tenant}/connections/{connection}/tokens"),
    tenant("DELETE", "/tenants/{tenant}/connections/{connection}/tokens/{token}"),
    tenant("GET", "/tenants/{tenant}/users"),
    tenant("POST", "/tenants/{tenant}/users"),
    tenant("GET", "/tenants/{tenant}/users/{user}"),
    tenant("PATCH", "/tenants/{tenant}/users/{user}"),
    tenant("DELETE", "/tenants/{tenant}/users/{user}"),
    tenant("GET", "/tenants/{tenant}/users/{user}/groups"),
    tenant("GET", "/tenants/{tenant}/users/{user}/decision"),
    tenant("GET", "/tenants/{tenant}/users/{user}/explanation"),
    tenant("GET", "/tenants/{tenant}/users/{user}/history"),
    tenant("GET", "/tenants/{tenant}/groups"),
    tenant("POST", "/tenants/{tenant}/groups"),
    tenant("GET", "/tenants/{tenant}/groups/{group}"),
    tenant("PATCH", "/tenants/{tenant}/groups/{group}"),
    tenant("DELETE", "/tenants/{tenant}/groups/{group}"),
    tenant("GET", "/tenants/{tenant}/groups/{group}/users"),
    tenant("PUT", "/tenants/{tenant}/groups/{group}/users/{user}"),
    tenant("DELETE", "/tenants/{tenant}/groups/{group}/users/{user}"),
    tenant("GET", "/tenants/{tenant}/groups/{group}/decision"),
    tenant("GET", "/tenants/{tenant}/groups/{group}/explanation"),
    tenant("GET", "/tenants/{tenant}/groups/{group}/history"),
    tenant("GET", "/tenants/{tenant}/holds"),
    tenant("GET", "/tenants/{tenant}/holds/{hold}"),
    tenant("GET", "/tenants/{tenant}/holds/{hold}/members"),
    tenant("POST", "/tenants/{tenant}/holds/{hold}/release"),
    tenant("POST", "/tenants/{tenant}/holds/{hold}/discard"),
    tenant("GET", "/tenants/{tenant}/pipeline"),
    tenant("PUT", "/tenants/{tenant}/pipeline"),
    tenant("GET", "/tenants/{tenant}/pipeline/schema"),
    tenant("GET", "/tenants/{tenant}/pipeline/revisions"),
    tenant("GET", "/tenants/{tenant}/pipeline/revisions/{revision}"),
    tenant("POST", "/tenants/{tenant}/pipeline/plans"),
    tenant("GET", "/tenants/{tenant}/pipeline/plans"),
    tenant("GET", "/tenants/{tenant}/pipeline/plans/{plan}"),
    tenant("GET", "/tenants/{tenant}/pipeline/plans/{plan}/policies"),
    tenant("GET", "/tenants/{tenant}/pipeline/plans/{plan}/differences"),
    tenant("POST", "/tenants/{tenant}/pipeline/plans/{plan}/apply"),
    tenant("POST", "/tenants/{tenant}/pipeline/what-if"),
    tenant("GET", "/tenants/{tenant}/decisions"),
    tenant("GET", "/tenants/{tenant}/stuck"),
    tenant("GET", "/tenants/{tenant}/pipeline/monitor"),
    tenant("GET", "/tenants/{tenant}/pipeline/monitor/{policy}/subjects"),
    tenant("POST", "/tenants/{tenant}/pipeline/monitor/{policy}/promote"),
    tenant("GET", "/tenants/{tenant}/pipeline/shadow"),
    tenant("PUT", "/tenants/{tenant}/pipeline/shadow"),
    tenant("DELETE", "/tenants/{tenant}/pipeline/shadow"),
    tenant("GET", "/tenants/{tenant}/pipeline/shadow/differences"),
    tenant("POST", "/tenants/{tenant}/pipeline/shadow/promote"),
    tenant("GET", "/tenants/{tenant}/plugins"),
    tenant("POST", "/tenants/{tenant}/plugins"),
    tenant("GET", "/tenants/{tenant}/plugins/{name}/{version}"),
    tenant("GET", "/tenants/{tenant}/plugins/{name}/{version}/log"),
    tenant("DELETE", "/tenants/{tenant}/plugins/{name}/{version}"),
    tenant("GET", "/tenants/{tenant}/events"),
    tenant("GET", "/tenants/{tenant}/activity"),
    tenant("GET", "/tenants/{tenant}/exchanges/{request}"),
    tenant("GET", "/tenants/{tenant}/sync"),
    tenant("GET", "/tenants/{tenant}/recording"),
];

/// Every endpoint of SCIM that needs a token, and what is no endpoint.
pub const SCIM: &[(&str, &str)] = &[
    ("GET", "/Users"),
    ("POST", "/Users"),
    ("GET", "/Users/{user}"),
    ("PUT", "/Users/{user}"),
    ("PATCH", "/Users/{user}"),
    ("DELETE", "/Users/{user}"),
    ("POST", "/Users/.search"),
    ("GET", "/Groups"),
    ("POST", "/Groups"),
    ("GET", "/Groups/{group}"),
    ("PUT", "/Groups/{group}"),
    ("PATCH", "/Groups/{group}"),
    ("DELETE", "/Groups/{group}"),
    ("POST", "/Groups/.search"),
    ("GET", "/"),
    ("POST", "/.search"),
    ("POST", "/Bulk"),
    ("GET", "/Me"),
    ("GET", "/ResourceTypes"),
    ("GET", "/ResourceTypes/User"),
    ("GET", "/Schemas"),
    ("GET", "/Schemas/urn:ietf:params:scim:schemas:core:2.0:User"),
    ("GET", "/Nonsense"),
];

/// A schema that a tenant can have of its own.
pub fn schema(id: &str) -> Value {
    json!({"schema": {"id": id, "name": "Own", "description": "A schema.", "attributes": [
        {"name": "badge", "type": "string", "multiValued": false, "description": "A text.", "uniqueness": "server"}]}})
}

/// A body that the endpoint takes, so that it is not refused for its body.
pub fn body(endpoint: &Endpoint) -> Value {
    match (endpoint.method, endpoint.path) {
        ("POST", "/tenants") => json!({"name": "Made by an intruder"}),
        ("POST", path) if path.ends_with("/keys") => json!({"name": "Made by an intruder", "role": "auditor"}),
        ("POST", path) if path.ends_with("/connections") => json!({"provider": "generic", "name": "Made by an intruder"}),
        ("POST", path) if path.ends_with("/users") => json!({"userName": "intruder@example.com"}),
        ("POST", path) if path.ends_with("/groups") => json!({"displayName": "Made by an intruder"}),
        ("POST", path) if path.ends_with("/schemas") => schema("urn:example:intruder:User"),
        ("PUT", path) if path.ends_with("/{schema}") => schema("urn:example:intruder:User"),
        ("PATCH", path) if path.ends_with("/{tenant}") => json!({"name": "Changed by an intruder"}),
        ("PATCH", path) if path.ends_with("/{connection}") => json!({"name": "Changed by an intruder"}),
        ("PATCH", path) if path.ends_with("/{user}") => json!({"role": "owner"}),
        ("PATCH", path) if path.ends_with("/{group}") => json!({"displayName": "Changed by an intruder"}),
        ("PUT", path) if path.ends_with("/pipeline") || path.ends_with("/shadow") => json!({"policies": []}),
        ("POST", path) if path.ends_with("/plans") => json!({"policies": []}),
        _ => json!({}),
    }
}

/// The call with what the endpoint takes, if anything.
pub fn with_body<'a>(call: Call<'a>, endpoint: &Endpoint) -> Call<'a> {
    match endpoint.method {
        "GET" => call,
        "POST" if endpoint.path.ends_with("/plugins") => call.header("content-type", WASM).bytes(plain("intruder", "1.0.0")),
        _ => call.json(&body(endpoint)),
    }
}

/// Everything an operator can read of a tenant and of what a client wrote, but for the log, which tells of refused attempts. `path` gives an endpoint's path
/// with what is there; `None` if nothing is.
pub fn everything(operator: &Operator, client: &Client, path: impl Fn(&Endpoint) -> Option<String>) -> Vec<String> {
    let reads =
        ADMIN.iter().filter(|endpoint| endpoint.method == "GET" && endpoint.of == Of::Tenant && !endpoint.path.ends_with("/activity"));
    // What a client is seen to do is told a moment after it did it.
    let without_client = |text: String| match serde_json::from_str::<Value>(&text) {
        Ok(mut json) => {
            let items = json.pointer_mut("/items").and_then(|items| items.as_array_mut()).map(std::mem::take);
            let mut all = items.unwrap_or_default();
            all.push(json);
            all.iter_mut().filter_map(|item| item.as_object_mut()).for_each(|item| drop(item.remove("client")));
            Value::from(all).to_string()
        }
        Err(_) => text,
    };
    let mut all: Vec<String> = reads.filter_map(path).map(|path| without_client(operator.get(&path).text())).collect();
    all.extend(client.inventory());
    all
}

/// The list is the server's own.
#[test]
fn no_endpoint_is_missing() {
    let document = shared::server().nobody().get("/api/v1/openapi.json").expect(200);
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")), "{document}");
    let mut served = BTreeSet::new();
    for (path, operations) in document["paths"].as_object().expect("a document has paths") {
        for method in operations.as_object().unwrap().keys() {
            if matches!(method.as_str(), "get" | "put" | "post" | "patch" | "delete") {
                served.insert(format!("{} {path}", method.to_uppercase()));
            }
        }
    }
    let listed: BTreeSet<String> = ADMIN.iter().map(|endpoint| format!("{} {}", endpoint.method, endpoint.path)).collect();
    assert_eq!(listed, served, "the list of endpoints that are attacked is not the list of those that are served");
}

/// Methods that an endpoint does not have, and paths that are none.
#[test]
fn what_is_not_there_is_not_there() {
    let tenant = shared::tenant("not there");
    for path in ["/nonsense", "/tenants/{tenant}/nonsense", "/tenants/{tenant}/users/x/nonsense", "/pipeline", ""] {
        tenant.operator.get(&path.replace("{tenant}", &tenant.id)).problem(404);
    }
    let paths: BTreeSet<&str> = ADMIN.iter().map(|endpoint| endpoint.path).collect();
    for path in paths {
        let known: Vec<&str> = ADMIN.iter().filter(|endpoint| endpoint.path == path).map(|endpoint| endpoint.method).collect();
        let concrete = path.replace("{tenant}", &tenant.id);
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            if known.contains(&method) {
                continue;
            }
            let reply = tenant.operator.call(method, &concrete).json(&json!({})).send();
            let allow = reply.header("allow").unwrap_or_default().to_owned();
            reply.problem(405);
            let mut allowed: Vec<&str> = allow.split(',').map(str::trim).collect();
            let mut expected = known.clone();
            allowed.sort_unstable();
            expected.sort_unstable();
            allowed.retain(|method| *method != "HEAD");
            assert_eq!(allowed, expected, "{method} {path}");
        }
    }
}

/// Unknown parameters, fields and media types are refused: what is not understood must not look obeyed.
#[test]
fn what_is_not_understood_is_refused() {
    let tenant = shared::tenant("not understood");
    for path in [
        "/users?nonsense=1",
        "/users?limit=0",
        "/users?limit=x",
        "/users?limit=-1",
        "/users?cursor=nonsense",
        "/events?after=x",
        "/events?after=-1",
        "/sync?wait=5",
        "/sync?wait=x",
        "/users?limit=1&limit=2",
    ] {
        tenant.get(path).problem(400);
    }
    let path = tenant.path("/users");
    let call = |media: &str, body: &[u8]| tenant.operator.call("POST", &path).header("content-type", media).bytes(body.to_vec()).send();
    call("text/plain", b"{\"userName\":\"x\"}").problem(415);
    call("application/json", b"{\"userName\":").problem(400);
    call("application/json", b"[]").problem(400);
    call("application/json", b"{\"userName\":\"x\",\"nonsense\":1}").problem(400);
    let mut socket = Socket::connect(tenant.operator.address());
    let key = tenant.operator.key();
    let length = (4 << 20) + 1;
    let head = format!(
        "POST /api/v1{path} HTTP/1.1\r\nhost: doorlist\r\nconnection: close\r\nauthorization: Bearer {key}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    );
    socket.write(head.as_bytes());
    let answer = socket.answer();
    assert_eq!((answer.status, answer.header("content-type")), (413, Some(PROBLEM_JSON)), "{answer:?}");
    assert_eq!(tenant.members(), Vec::<Value>::new());
    // Lists are paged; a page never skips and never repeats.
    for number in 0..7 {
        let _ = tenant.post("/users", &json!({"userName": format!("u{number}")})).expect(201);
    }
    let mut seen = Vec::new();
    let mut next = String::new();
    loop {
        let page = tenant.get(&format!("/users?limit=3{next}")).expect(200);
        seen.extend(page["items"].as_array().unwrap().iter().map(|item| item["userName"].clone()));
        match page["nextCursor"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(seen, (0..7).map(|number| json!(format!("u{number}"))).collect::<Vec<_>>());
}
