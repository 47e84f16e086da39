//! Bad input is refused with a clear SCIM error and changes nothing.

use doorlist_tests::callers::{Client, operations};
use doorlist_tests::http::{SCIM_JSON, query};
use doorlist_tests::raw::Socket;
use serde_json::{Value, json};

use crate::shared;

/// One bad request and what it must get.
struct Bad {
    label: &'static str,
    method: &'static str,
    path: String,
    body: Option<Vec<u8>>,
    status: u16,
    scim_type: Option<&'static str>,
}

/// What the table's requests are about.
struct World {
    client: Client,
    user: String,
    group: String,
}

fn bad(
    label: &'static str,
    method: &'static str,
    path: impl Into<String>,
    body: impl Into<Option<Vec<u8>>>,
    outcome: (u16, Option<&'static str>),
) -> Bad {
    Bad { label, method, path: path.into(), body: body.into(), status: outcome.0, scim_type: outcome.1 }
}

fn bytes(value: &Value) -> Vec<u8> {
    value.to_string().into_bytes()
}

/// JSON nested this deep.
fn nested(depth: usize) -> Vec<u8> {
    format!("{{\"userName\":\"deep@example.com\",\"x\":{}{}}}", "[".repeat(depth), "]".repeat(depth)).into_bytes()
}

const SYNTAX: (u16, Option<&str>) = (400, Some("invalidSyntax"));
const VALUE: (u16, Option<&str>) = (400, Some("invalidValue"));
const FILTER: (u16, Option<&str>) = (400, Some("invalidFilter"));
const PATH: (u16, Option<&str>) = (400, Some("invalidPath"));
const MISSING: (u16, Option<&str>) = (404, None);
const LARGE: (u16, Option<&str>) = (413, None);
const METHOD: (u16, Option<&str>) = (405, None);

fn bodies(world: &World) -> Vec<Bad> {
    let one = format!("/Users/{}", world.user);
    let mut table = vec![
        bad("a body cut off", "POST", "/Users", b"{\"userName\":\"x\"".to_vec(), SYNTAX),
        bad("no body", "POST", "/Users", Vec::new(), SYNTAX),
        bad("no JSON", "POST", "/Users", b"userName=x".to_vec(), SYNTAX),
        bad("no UTF-8", "POST", "/Users", b"{\"userName\":\"\xff\xfe\"}".to_vec(), SYNTAX),
        bad("two documents", "POST", "/Users", b"{\"userName\":\"x\"}{}".to_vec(), SYNTAX),
        bad("a number out of range", "POST", "/Users", b"{\"userName\":\"x\",\"y\":1e999}".to_vec(), SYNTAX),
        bad("a lone surrogate", "POST", "/Users", b"{\"userName\":\"\\ud800\"}".to_vec(), SYNTAX),
        bad("deeper than any reader goes", "POST", "/Users", nested(100_000), SYNTAX),
        bad("deeper than a value may be", "POST", "/Users", nested(40), VALUE),
    ];
    for (label, value, outcome) in [
        ("a list", json!([]), SYNTAX),
        ("a text", json!("userName"), SYNTAX),
        ("null", json!(null), SYNTAX),
        ("no userName", json!({"displayName": "x"}), VALUE),
        ("an empty userName", json!({"userName": ""}), VALUE),
        ("a userName of null", json!({"userName": null}), VALUE),
        ("a userName of another type", json!({"userName": 5}), VALUE),
        ("a userName in a list", json!({"userName": ["a", "b"]}), VALUE),
        ("a userName given twice", json!({"userName": "a", "USERNAME": "b"}), VALUE),
        ("active of another type", json!({"userName": "x@example.com", "active": 1}), VALUE),
        ("active as another word", json!({"userName": "x@example.com", "active": "yes"}), VALUE),
        ("emails that are no list", json!({"userName": "x@example.com", "emails": "x"}), VALUE),
        ("emails of another type", json!({"userName": "x@example.com", "emails": [5]}), VALUE),
        (
            "two primary addresses",
            json!({"userName": "x@example.com", "emails": [{"value": "a", "primary": true}, {"value": "b", "primary": true}]}),
            VALUE,
        ),
        ("a name of another type", json!({"userName": "x@example.com", "name": "x"}), VALUE),
        ("schemas of another type", json!({"userName": "x@example.com", "schemas": "urn:x"}), SYNTAX),
        ("a text that is too long", json!({"userName": "x@example.com", "title": "x".repeat(70_000)}), VALUE),
        (
            "too many attributes",
            json!(
                (0..300)
                    .map(|n| (format!("a{n}"), json!(1)))
                    .chain([("userName".to_owned(), json!("x@example.com"))])
                    .collect::<serde_json::Map<_, _>>()
            ),
            VALUE,
        ),
        (
            "too many values",
            json!({"userName": "x@example.com", "emails": (0..1_100).map(|n| json!({"value": format!("{n}@example.com")})).collect::<Vec<_>>()}),
            VALUE,
        ),
        ("a name that is taken", json!({"userName": "ada@example.com"}), (409, Some("uniqueness"))),
    ] {
        table.push(bad(label, "POST", "/Users", bytes(&value), outcome));
        // A PUT of the same meets the same, but for the name, which is then its own.
        if outcome.0 != 409 {
            table.push(bad(label, "PUT", one.clone(), bytes(&value), outcome));
        }
    }
    table
}

fn groups(world: &World) -> Vec<Bad> {
    let one = format!("/Groups/{}", world.group);
    let unknown = "01890a5d-ac96-774b-bcce-b302099a8057";
    let many: Vec<Value> = (0..10_001).map(|number| json!({"value": format!("m{number}")})).collect();
    let mut table = Vec::new();
    for (label, members, outcome) in [
        ("an unknown member", json!([{"value": unknown}]), VALUE),
        ("a known member and an unknown one", json!([{"value": world.user}, {"value": unknown}]), VALUE),
        ("a member that is no id", json!([{"value": "nonsense"}]), VALUE),
        ("a member without value", json!([{"display": "x"}]), VALUE),
        ("a member of another type", json!([5]), VALUE),
        ("a member whose value is of another type", json!([{"value": 5}]), VALUE),
        ("members that are no list", json!("x"), VALUE),
        ("too many members", json!(many), LARGE),
    ] {
        table.push(bad(label, "POST", "/Groups", bytes(&json!({"displayName": "X", "members": members})), outcome));
        table.push(bad(label, "PUT", one.clone(), bytes(&json!({"displayName": "X", "members": members})), outcome));
        for op in ["add", "replace"] {
            let change =
                json!([{"op": "replace", "path": "displayName", "value": "Half done"}, {"op": op, "path": "members", "value": members}]);
            table.push(bad(label, "PATCH", one.clone(), bytes(&operations(&change)), outcome));
        }
    }
    table.extend([
        bad("no displayName", "POST", "/Groups", bytes(&json!({"members": []})), VALUE),
        bad("a displayName of null", "PUT", one.clone(), bytes(&json!({"displayName": null})), VALUE),
        bad(
            "a displayName removed",
            "PATCH",
            one.clone(),
            bytes(&operations(&json!([{"op": "remove", "path": "displayName"}]))),
            (400, Some("mutability")),
        ),
        bad(
            "a filter on members that is none",
            "PATCH",
            one.clone(),
            bytes(&operations(&json!([{"op": "remove", "path": "members[value eq"}]))),
            FILTER,
        ),
        bad(
            "an unknown sub-attribute of members",
            "PATCH",
            one,
            bytes(&operations(&json!([{"op": "remove", "path": "members[nonsense eq \"x\"]"}]))),
            FILTER,
        ),
    ]);
    table
}

fn patches(world: &World) -> Vec<Bad> {
    let one = format!("/Users/{}", world.user);
    let many: Vec<Value> = (0..1_001).map(|_| json!({"op": "replace", "path": "title", "value": "x"})).collect();
    let mut table = vec![
        bad("a message that is a list", "PATCH", one.clone(), bytes(&json!([])), SYNTAX),
        bad("no operations", "PATCH", one.clone(), bytes(&json!({"schemas": []})), SYNTAX),
        bad("operations that are no list", "PATCH", one.clone(), bytes(&json!({"Operations": {"op": "add"}})), SYNTAX),
    ];
    for (label, operation, outcome) in [
        ("an operation that is none", json!(5), SYNTAX),
        ("an operation without op", json!({"path": "title", "value": "x"}), SYNTAX),
        ("an unknown op", json!({"op": "merge", "path": "title", "value": "x"}), SYNTAX),
        ("an op of another type", json!({"op": 1, "path": "title", "value": "x"}), SYNTAX),
        ("an unknown attribute", json!({"op": "replace", "path": "nonsense", "value": "x"}), PATH),
        ("an unknown sub-attribute", json!({"op": "replace", "path": "name.nonsense", "value": "x"}), PATH),
        ("an empty path, which is none, and a value that is no object", json!({"op": "replace", "path": "", "value": "x"}), VALUE),
        ("a path of another type", json!({"op": "replace", "path": 5, "value": "x"}), PATH),
        ("a path that goes on", json!({"op": "replace", "path": "title extra", "value": "x"}), PATH),
        ("a filter that is none", json!({"op": "replace", "path": "emails[type xx \"work\"].value", "value": "x"}), FILTER),
        ("remove without path", json!({"op": "remove", "value": {"title": "x"}}), (400, Some("noTarget"))),
        (
            "a replacement without a target",
            json!({"op": "replace", "path": "emails[value co \"nobody\"].type", "value": "x"}),
            (400, Some("noTarget")),
        ),
        ("add without value", json!({"op": "add", "path": "title"}), VALUE),
        ("a value of another type", json!({"op": "replace", "path": "name", "value": "x"}), VALUE),
        ("without path a value that is no object", json!({"op": "replace", "value": "x"}), VALUE),
        ("a readOnly attribute", json!({"op": "replace", "path": "groups", "value": []}), (400, Some("mutability"))),
        ("the id", json!({"op": "replace", "path": "id", "value": "x"}), (400, Some("mutability"))),
        ("a required attribute", json!({"op": "remove", "path": "userName"}), (400, Some("mutability"))),
        ("a name that is taken", json!({"op": "replace", "path": "userName", "value": "BEN@example.com"}), (409, Some("uniqueness"))),
    ] {
        let change = json!([{"op": "replace", "path": "title", "value": "Half done"}, operation]);
        table.push(bad(label, "PATCH", one.clone(), bytes(&operations(&change)), outcome));
    }
    table.push(bad("too many operations", "PATCH", one, bytes(&operations(&json!(many))), LARGE));
    table
}

fn queries(world: &World) -> Vec<Bad> {
    let deep = format!("{}userName eq \"x\"{}", "(".repeat(40), ")".repeat(40));
    let deeper = format!("{}userName eq \"x\"{}", "not (".repeat(700), ")".repeat(700));
    let long = format!("userName eq \"{}\"", "x".repeat(4_100));
    let mut table = Vec::new();
    for (label, filter) in [
        ("an empty filter", ""),
        ("an unknown attribute", "nonsense eq \"x\""),
        ("an unknown sub-attribute", "name.nonsense eq \"x\""),
        ("an unknown operator", "userName is \"x\""),
        ("no operator", "userName"),
        ("no value", "userName eq"),
        ("a quote that does not end", "userName eq \"x"),
        ("a parenthesis that does not end", "(userName eq \"x\""),
        ("a parenthesis that does not start", "userName eq \"x\")"),
        ("a bracket that does not end", "emails[type eq \"work\""),
        ("an and with nothing behind", "userName eq \"x\" and"),
        ("two filters", "userName eq \"x\" userName eq \"y\""),
        ("a boolean by a word", "active eq maybe"),
        ("a boolean by order", "active gt true"),
        ("a password", "password eq \"x\""),
        ("nonsense", "nonsense"),
        ("code", "1=1; drop table users"),
        ("nested too deep", &deep),
        ("nested much too deep", &deeper),
        ("too long", &long),
    ] {
        table.push(bad(label, "GET", query("/Users", &[("filter", filter)]), None, FILTER));
        table.push(bad(label, "GET", query("/Groups", &[("filter", &filter.replace("userName", "displayName"))]), None, FILTER));
    }
    for (label, pairs) in [
        ("a startIndex that is none", [("startIndex", "first")]),
        ("a startIndex with a fraction", [("startIndex", "1.5")]),
        ("a count that is none", [("count", "many")]),
        ("a sortOrder that is none", [("sortOrder", "sideways")]),
    ] {
        table.push(bad(label, "GET", query("/Users", &pairs), None, VALUE));
    }
    table.push(bad("two filters", "GET", query("/Users", &[("filter", "userName eq \"x\""), ("filter", "userName pr")]), None, VALUE));
    table.push(bad("more than a path may have", "GET", query("/Users", &[("unknown", &"x".repeat(20_000))]), None, (414, None)));
    table.push(bad("both projections", "GET", format!("/Users/{}?attributes=title&excludedAttributes=active", world.user), None, VALUE));
    table
}

fn targets(world: &World) -> Vec<Bad> {
    let mut table = Vec::new();
    for id in ["nonsense", "01890a5d-ac96-774b-bcce-b302099a8057", &world.user.to_uppercase(), &world.user.replace('-', ""), &world.group] {
        let path = format!("/Users/{id}");
        table.push(bad("an unknown id", "GET", path.clone(), None, MISSING));
        table.push(bad("an unknown id", "PUT", path.clone(), bytes(&json!({"userName": "x@example.com"})), MISSING));
        table.push(bad(
            "an unknown id",
            "PATCH",
            path.clone(),
            bytes(&operations(&json!([{"op": "replace", "path": "title", "value": "x"}]))),
            MISSING,
        ));
        table.push(bad("an unknown id", "DELETE", path, None, MISSING));
    }
    let one = format!("/Users/{}", world.user);
    for (method, path) in [
        ("PUT", "/Users"),
        ("PATCH", "/Users"),
        ("DELETE", "/Users"),
        ("DELETE", "/Groups"),
        ("POST", one.as_str()),
        ("OPTIONS", "/Users"),
        ("TRACE", "/Users"),
        ("PURGE", one.as_str()),
    ] {
        table.push(bad("a method that is none of this path", method, path, bytes(&json!({})), METHOD));
    }
    table
}

#[test]
fn bad_requests_are_refused_and_change_nothing() {
    let tenant = shared::tenant("bad input");
    let client = tenant.connect();
    let user = client.user("ada@example.com");
    let other = client.user("ben@example.com");
    let group = client.group("Group", &[&user, &other]);
    let world = World { client, user, group };
    let before = (world.client.inventory(), tenant.synced());
    let table = [bodies(&world), groups(&world), patches(&world), queries(&world), targets(&world)];
    for case in table.into_iter().flatten() {
        let Bad { label, method, path, body, status, scim_type } = case;
        let mut call = world.client.call(method, &path);
        if let Some(body) = body {
            call = call.header("content-type", SCIM_JSON).bytes(body);
        }
        let reply = call.send();
        let shown = format!("{label}: {reply}");
        assert_eq!(reply.status, status, "{shown}");
        if status == 405 {
            let allow = reply.header("allow").unwrap_or_default();
            assert!(allow.contains("GET") && !allow.split(", ").any(|allowed| allowed == method), "{shown}: Allow is {allow:?}");
        }
        let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
        assert_eq!(body["scimType"].as_str(), scim_type, "{shown}");
        reply.scim_error(status, scim_type);
        assert_eq!(world.client.inventory(), before.0, "{shown} changed something");
    }
    assert_eq!(tenant.synced(), before.1, "the directory is as it was");
}

/// The unknown member is named, so that the identity provider's administrator can find it.
#[test]
fn an_unknown_member_is_named() {
    let client = shared::client("unknown member");
    let group = client.group("Group", &[]);
    for id in ["89bb1940-b905-4575-9e7f-6f887cfb368e", "nonsense"] {
        let change = json!([{"op": "add", "path": "members", "value": [{"value": id}]}]);
        let detail = client.patch(&format!("/Groups/{group}"), &change).scim_error(400, Some("invalidValue"));
        assert!(detail.contains(id), "{detail}");
    }
}

#[test]
fn callers_who_are_nobody_get_nothing() {
    let client = shared::client("nobody");
    let id = client.user("nobody@example.com");
    let before = client.inventory();
    let mut mistyped = client.token().to_owned();
    let last = if mistyped.ends_with('x') { 'y' } else { 'x' };
    mistyped.pop();
    mistyped.push(last);
    let headers = [
        None,
        Some(String::new()),
        Some("Bearer".to_owned()),
        Some("Bearer ".to_owned()),
        Some("Bearer nonsense".to_owned()),
        Some(format!("Bearer {mistyped}")),
        Some(format!("Bearer {} {}", client.token(), client.token())),
        Some(format!("Token {}", client.token())),
        Some(format!("Basic {}", client.token())),
        Some(client.token().to_owned()),
        Some(format!("Bearer {}", "x".repeat(5_000))),
    ];
    let body = json!({"userName": "intruder@example.com"});
    for header in headers {
        for (method, path) in [
            ("GET", "/Users".to_owned()),
            ("GET", format!("/Users/{id}")),
            ("POST", "/Users".to_owned()),
            ("PUT", format!("/Users/{id}")),
            ("DELETE", format!("/Users/{id}")),
            ("GET", "/Nonsense".to_owned()),
        ] {
            let mut call = client.call(method, &path).without("authorization");
            if let Some(header) = &header {
                call = call.header("authorization", header);
            }
            let reply = if method == "GET" { call.send() } else { call.json(&body).send() };
            assert_eq!(reply.header("www-authenticate"), Some("Bearer"), "{header:?}: {reply}");
            reply.scim_error(401, None);
        }
    }
    assert_eq!(client.inventory(), before);
}

/// A body that is too large is refused by its announced length, and while it comes if it announces none.
#[test]
fn large_bodies_are_refused() {
    let client = shared::client("large bodies");
    let before = client.inventory();
    let head = format!(
        "POST /scim/v2/Users HTTP/1.1\r\nhost: doorlist\r\nconnection: close\r\nauthorization: Bearer {}\r\ncontent-type: {SCIM_JSON}\r\n",
        client.token()
    );
    let mut socket = Socket::connect(client.address());
    socket.write(format!("{head}content-length: {}\r\n\r\n", (4 << 20) + 1).as_bytes());
    let answer = socket.answer();
    assert_eq!(answer.status, 413, "{answer:?}");
    assert_eq!(answer.header("content-type"), Some(SCIM_JSON));
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(body["status"], "413");

    let mut socket = Socket::connect(client.address());
    socket.write(format!("{head}transfer-encoding: chunked\r\n\r\n").as_bytes());
    // Just over the bound, so that all of it is read before the answer comes.
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x1_0000));
    for _ in 0..64 {
        socket.write(chunk.as_bytes());
    }
    socket.write(b"1\r\n \r\n");
    let answer = socket.answer();
    assert_eq!(answer.status, 413, "{answer:?}");
    // A client that sends all of it before it looks for the answer finds it.
    let reply = client.call("POST", "/Users").header("content-type", SCIM_JSON).bytes(vec![b' '; 6 << 20]).send();
    reply.scim_error(413, None);
    assert_eq!(client.inventory(), before);
    // As large as it may be, and no JSON: read to the end, and refused for what it is.
    let reply = client.call("POST", "/Users").header("content-type", SCIM_JSON).bytes(vec![b' '; 4 << 20]).send();
    reply.scim_error(400, Some("invalidSyntax"));
}

/// A client that breaks off in the middle has written nothing.
#[test]
fn a_broken_off_body_changes_nothing() {
    let client = shared::client("broken off");
    let before = client.inventory();
    for length in [0, 1, 20] {
        let body = json!({"userName": "half@example.com"}).to_string();
        let mut socket = Socket::connect(client.address());
        let head = format!(
            "POST /scim/v2/Users HTTP/1.1\r\nhost: doorlist\r\nauthorization: Bearer {}\r\ncontent-type: {SCIM_JSON}\r\ncontent-length: {}\r\n\r\n",
            client.token(),
            body.len()
        );
        socket.write(head.as_bytes());
        socket.write(&body.as_bytes()[..length]);
        drop(socket);
    }
    assert_eq!(client.inventory(), before);
    let _ = client.user("half@example.com");
}
