//! The edges over a socket: what every request goes through, and what the admin API promises of all its endpoints.

use std::collections::BTreeMap;
use std::io::{BufRead, Read, Write};

use serde_json::{Value, json};
use tokio::sync::oneshot;
use ureq::http::{Method, Request};

use super::{App, serve};
use crate::admin::keys;
use crate::clock::Clock;
use crate::limits::{BODY_BYTES_MAX, URI_BYTES_MAX};
use crate::policy::HostSettings;
use crate::store::Store;

/// A server on a port of its own. Ends when dropped.
struct Server {
    base: String,
    owner: String,
    store: Store,
    agent: ureq::Agent,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

/// What a server answered.
#[derive(Debug)]
struct Reply {
    status: u16,
    headers: BTreeMap<String, String>,
    text: String,
}

impl Reply {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// That it is a problem with this status.
    #[track_caller]
    fn problem(&self, status: u16) -> Value {
        assert_eq!((self.status, self.header("content-type")), (status, "application/problem+json"), "{}", self.text);
        let body = self.json();
        assert_eq!((body["status"].as_u64(), body["type"].as_str()), (Some(u64::from(status)), Some("about:blank")));
        assert!(body["title"].is_string() && body["detail"].is_string());
        body
    }

    /// That it went well, and the body.
    #[track_caller]
    fn ok(&self) -> Value {
        assert!((200..300).contains(&self.status), "{} {}", self.status, self.text);
        self.json()
    }
}

impl Server {
    fn start() -> Self {
        let store = Store::in_memory().unwrap();
        let clock = Clock::system();
        let owner = keys::ensure_root(&store, None, &clock).unwrap().unwrap().to_string();
        let app = App::new(store.clone(), clock, None, "https://doorlist.example.com/", 0, HostSettings::default(), None);
        let (stop, stopped) = oneshot::channel::<()>();
        let (told, address) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
                told.send(listener.local_addr().unwrap()).unwrap();
                serve(listener, app, async { drop(stopped.await) }).await.unwrap();
            });
        });
        let agent = ureq::Agent::config_builder().http_status_as_error(false).allow_non_standard_methods(true).build().into();
        let base = format!("http://{}", address.recv().unwrap());
        Self { base, owner, store, agent, stop: Some(stop), thread: Some(thread) }
    }

    fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Reply {
        let mut request = Request::builder().method(Method::from_bytes(method.as_bytes()).unwrap()).uri(format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut response = self.agent.run(request.body(body.into()).unwrap()).unwrap();
        let headers = response.headers().iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
        let (status, headers) = (response.status().as_u16(), headers.collect());
        Reply { status, headers, text: response.body_mut().read_to_string().unwrap() }
    }

    /// Calls the admin API with a key.
    fn call(&self, key: &str, method: &str, path: &str, body: Value) -> Reply {
        let authorization = format!("Bearer {key}");
        let headers = [("authorization", authorization.as_str()), ("content-type", "application/json")];
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.send(method, &format!("/api/v1{path}"), &headers, body)
    }

    /// The same with the installation's owner key.
    fn own(&self, method: &str, path: &str, body: Value) -> Reply {
        self.call(&self.owner, method, path, body)
    }

    /// A new tenant's id.
    fn tenant(&self, name: &str) -> String {
        self.own("POST", "/tenants", json!({"name": name})).ok()["id"].as_str().unwrap().to_owned()
    }
}

impl Server {
    /// Gives the stop signal and waits for the end.
    fn end(&mut self) {
        drop(self.stop.take());
        let ended = self.thread.take().map(std::thread::JoinHandle::join);
        assert!(std::thread::panicking() || ended.is_none_or(|ended| ended.is_ok()));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

#[test]
fn every_answer_has_a_request_id_and_keeps_a_sane_one() {
    let server = Server::start();
    let long = "x".repeat(65);
    for (sent, kept) in [(None, false), (Some("a-b_c.9"), true), (Some("a b"), false), (Some(long.as_str()), false), (Some(""), false)] {
        let headers: Vec<(&str, &str)> = sent.map(|id| ("x-request-id", id)).into_iter().collect();
        for path in ["/healthz", "/nothing", "/api/v1/tenants"] {
            let reply = server.send("GET", path, &headers, "");
            let id = reply.header("x-request-id");
            assert!(!id.is_empty() && (Some(id) == sent) == kept, "{sent:?} {path} {id}");
        }
    }
}

#[test]
fn a_path_has_one_spelling() {
    let server = Server::start();
    for path in ["/healthz", "/healthz/", "//healthz", "//healthz//"] {
        assert_eq!(server.send("GET", path, &[], "").text, "ok", "{path}");
    }
    for path in ["/api", "/healthz/more", "/api/v1/nothing", "/api/v1"] {
        server.send("GET", path, &[], "").problem(404);
    }
    for path in ["/api/v1//openapi.json", "/api/v1/openapi.json/?a=b"] {
        assert_eq!(server.send("GET", path, &[], "").status, 200, "{path}");
    }
    let long = format!("/api/v1/tenants?cursor={}", "x".repeat(URI_BYTES_MAX));
    server.send("GET", &long, &[], "").problem(414);
    let long = format!("/scim/v2/Users?filter={}", "x".repeat(URI_BYTES_MAX));
    let reply = server.send("GET", &long, &[], "");
    assert_eq!((reply.status, reply.header("content-type"), reply.json()["status"].as_str()), (414, "application/scim+json", Some("414")));
}

#[test]
fn nobody_gets_anywhere() {
    let server = Server::start();
    let tenant = server.tenant("Acme");
    let document = server.send("GET", "/api/v1/openapi.json", &[], "").ok();
    let mut tried = 0;
    for (path, operations) in document["paths"].as_object().unwrap() {
        let path = path.replace("{tenant}", &tenant);
        for (method, _) in operations.as_object().unwrap() {
            for authorization in ["", "Bearer", "Bearer ", "Basic Zm9vOmJhcg==", "Bearer dl_key_nonsense", "bearer x"] {
                let path = format!("/api/v1{path}");
                let reply = server.send(&method.to_uppercase(), &path, &[("authorization", authorization)], "");
                reply.problem(401);
                assert_eq!(reply.header("www-authenticate"), "Bearer");
                tried += 1;
            }
        }
    }
    assert!(tried > 200, "{tried}");
}

#[test]
fn a_key_of_one_tenant_sees_another_as_if_it_were_not_there() {
    let server = Server::start();
    let (own, other) = (server.tenant("Own"), server.tenant("Other"));
    let made = server.own("POST", &format!("/tenants/{own}/keys"), json!({"name": "k", "role": "owner"})).ok();
    let key = made["key"].as_str().unwrap();
    let document = server.send("GET", "/api/v1/openapi.json", &[], "").ok();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, _) in operations.as_object().unwrap() {
            let at = |tenant: &str| server.call(key, &method.to_uppercase(), &path.replace("{tenant}", tenant), Value::Null);
            if !path.starts_with("/tenants/{tenant}") || (path == "/tenants/{tenant}" && method == "delete") {
                at(&own).problem(403);
                continue;
            }
            let unknown = "01890000-0000-7000-8000-000000000000";
            assert_eq!(at(&other).problem(404), at(unknown).problem(404), "{method} {path}");
        }
    }
    assert_eq!(server.call(key, "GET", &format!("/tenants/{own}"), Value::Null).ok()["name"], "Own");
}

#[test]
fn an_auditor_reads_and_changes_nothing() {
    let server = Server::start();
    let tenant = server.tenant("Acme");
    let made = server.own("POST", "/keys", json!({"name": "auditor", "role": "auditor"})).ok();
    let key = made["key"].as_str().unwrap();
    let document = server.send("GET", "/api/v1/openapi.json", &[], "").ok();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, _) in operations.as_object().unwrap() {
            let reply = server.call(key, &method.to_uppercase(), &path.replace("{tenant}", &tenant), Value::Null);
            // What-if only asks.
            let reads = method == "get" || path.ends_with("/what-if");
            assert_eq!(reply.status == 403, !reads, "{method} {path} {}", reply.text);
        }
    }
    let admin = server.own("POST", "/keys", json!({"name": "admin", "role": "admin"})).ok();
    let admin = admin["key"].as_str().unwrap();
    server.call(admin, "POST", "/tenants", json!({"name": "x"})).problem(403);
    server.call(admin, "POST", "/keys", json!({"name": "x", "role": "owner"})).problem(403);
}

#[test]
fn requests_that_do_not_fit_are_refused_with_the_reason() {
    let server = Server::start();
    let bearer = format!("Bearer {}", server.owner);
    let post = |kind: &str, body: &str| server.send("POST", "/api/v1/tenants", &[("authorization", &bearer), ("content-type", kind)], body);
    post("text/plain", "{}").problem(415);
    post("application/scim+json", "{}").problem(415);
    post("application/json", "{").problem(400);
    post("application/json", &format!("{{\"name\":\"{}\"}}", "x".repeat(BODY_BYTES_MAX))).problem(413);
    assert_eq!(post("Application/JSON; charset=utf-8", "{\"name\":\"Acme\"}").status, 201);
    for (body, pointers) in [
        ("{}", &["/name"][..]),
        ("", &["/name"]),
        ("[]", &[""]),
        ("{\"name\":7}", &["/name"]),
        ("{\"name\":\"\"}", &["/name"]),
        ("{\"name\":\"x\",\"a/b~\":1}", &["/a~1b~0"]),
        ("{\"name\":\"x\",\"roles\":[\"user\",1]}", &["/roles/1"]),
    ] {
        let problem = post("application/json", body).problem(400);
        let found: Vec<&str> = problem["problems"].as_array().unwrap().iter().filter_map(|one| one["pointer"].as_str()).collect();
        assert_eq!(found, pointers, "{body}");
    }
    let problem = server.own("POST", "/keys", json!({"name": "x", "role": "boss"})).problem(400);
    assert_eq!(problem["problems"][0], json!({"pointer": "/role", "message": "This has to be one of \"auditor\", \"admin\", \"owner\"."}));
    for query in ["limit=0", "limit=x", "cursor=nonsense", "unknown=1", "limit=1&limit=2"] {
        server.own("GET", &format!("/tenants?{query}"), Value::Null).problem(400);
    }
    for (method, path, allow) in [("PATCH", "/tenants", "GET, POST"), ("POST", "/openapi.json", "GET"), ("BREW", "/keys", "GET, POST")] {
        let reply = server.own(method, path, Value::Null);
        reply.problem(405);
        assert_eq!(reply.header("allow"), allow);
    }
}

/// Sends head and body apart, as many clients do: an answer that comes between the two must not cost the connection.
#[test]
fn a_body_that_is_refused_unread_does_not_end_the_connection() {
    let server = Server::start();
    let mut socket = std::net::TcpStream::connect(server.base.trim_start_matches("http://")).unwrap();
    let mut answers = std::io::BufReader::new(socket.try_clone().unwrap());
    let size = BODY_BYTES_MAX + 1;
    for (kind, key, length, status) in [
        ("application/json", "nobody's", 20, 401),
        ("text/plain", server.owner.as_str(), 20, 415),
        ("application/json", server.owner.as_str(), size, 413),
        ("application/json", "nobody's", 20, 401),
    ] {
        let head = format!(
            "POST /api/v1/keys HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\r\n"
        );
        socket.write_all(head.as_bytes()).unwrap();
        let (mut line, mut rest) = (String::new(), 0);
        answers.read_line(&mut line).unwrap();
        assert!(line.starts_with(&format!("HTTP/1.1 {status} ")), "{line}");
        loop {
            line.clear();
            answers.read_line(&mut line).unwrap();
            match line.to_ascii_lowercase().split_once(": ") {
                Some(("content-length", length)) => rest = length.trim().parse().unwrap(),
                Some(_) => {}
                None => break,
            }
        }
        answers.read_exact(&mut vec![0; rest]).unwrap();
        socket.write_all(&vec![b' '; length]).unwrap();
    }
}

#[test]
fn lists_are_paged_to_their_end() {
    let server = Server::start();
    let made: Vec<String> = (0..5).map(|number| server.tenant(&format!("Tenant {number}"))).collect();
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = server.own("GET", &format!("/tenants?limit=2{cursor}"), Value::Null).ok();
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 2);
        seen.extend(items.iter().map(|tenant| tenant["id"].as_str().unwrap().to_owned()));
        let Some(next) = page["nextCursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen, made);
}

#[test]
fn a_connection_is_made_used_and_deleted() {
    let server = Server::start();
    let tenant = server.tenant("Acme");
    let connections = format!("/tenants/{tenant}/connections");
    let new = json!({"provider": "jumpcloud", "name": "JumpCloud", "groupPrefixes": ["NB-"], "userGroups": ["Staff"]});
    let reply = server.own("POST", &connections, new);
    let made = reply.ok();
    let id = made["id"].as_str().unwrap();
    assert_eq!(reply.status, 201);
    assert_eq!(reply.header("location"), format!("https://doorlist.example.com/api/v1{connections}/{id}"));
    assert_eq!(made["baseUrl"], "https://doorlist.example.com/scim/v2");
    let token = made["token"].as_str().unwrap();
    let scim = |token: &str| server.send("GET", "/scim/v2/Users", &[("authorization", &format!("Bearer {token}"))], "").status;
    assert_eq!(scim(token), 200);

    let one = format!("{connections}/{id}");
    let shown = server.own("GET", &one, Value::Null).ok();
    assert!(shown.get("token").is_none());
    assert_eq!(server.own("GET", &connections, Value::Null).ok()["items"], json!([shown]));
    assert_eq!(server.own("GET", &format!("/tenants/{tenant}/pipeline"), Value::Null).ok()["policies"].as_array().unwrap().len(), 3);
    let second = server.own("POST", &format!("{one}/tokens"), Value::Null).ok();
    let expired = server.own("POST", &format!("{one}/tokens"), json!({"expiresAt": "2020-01-01T00:00:00Z"})).problem(400);
    assert_eq!(expired["problems"][0]["pointer"], "/expiresAt");
    server.own("POST", &format!("{one}/tokens"), json!({"expiresAt": "tomorrow"})).problem(400);
    server.own("PATCH", &one, json!({"enabled": false})).ok();
    assert_eq!(scim(token), 403);
    server.own("PATCH", &one, json!({"enabled": true})).ok();
    let tokens = server.own("GET", &format!("{one}/tokens"), Value::Null).ok();
    assert_eq!(tokens["items"].as_array().unwrap().len(), 2);
    assert!(!tokens.to_string().contains(token));
    let token_id = second["id"].as_str().unwrap();
    assert_eq!(server.own("DELETE", &format!("{one}/tokens/{token_id}"), Value::Null).status, 204);
    assert_eq!((scim(second["token"].as_str().unwrap()), scim(token)), (401, 200));

    assert_eq!(server.own("DELETE", &one, Value::Null).status, 204);
    server.own("GET", &one, Value::Null).problem(404);
    assert_eq!(scim(token), 401);
}

#[test]
fn what_operators_do_is_in_the_log_without_secrets() {
    let server = Server::start();
    let tenant = server.tenant("Acme");
    let new = json!({"provider": "okta", "name": "Okta"});
    let reply = server.own("POST", &format!("/tenants/{tenant}/connections"), new);
    let made = reply.ok();
    server.own("DELETE", &format!("/tenants/{tenant}/users/{}", made["id"].as_str().unwrap()), Value::Null).problem(404);
    let entries = |count| {
        // A refusal is gathered and written a moment later.
        let ends = std::time::Instant::now() + std::time::Duration::from_secs(10);
        loop {
            let items = server.own("GET", &format!("/tenants/{tenant}/activity"), Value::Null).ok()["items"].as_array().unwrap().clone();
            if items.len() >= count || std::time::Instant::now() > ends {
                return items;
            }
        }
    };
    let entries = entries(2);
    let said = |entry: &Value| (entry["action"].as_str().unwrap().to_owned(), entry["status"].as_u64().unwrap());
    assert_eq!(
        entries.iter().map(said).collect::<Vec<_>>(),
        [("DELETE /tenants/{tenant}/users/{user}".to_owned(), 404), ("POST /tenants/{tenant}/connections".to_owned(), 201)]
    );
    assert_eq!(entries[1]["subject"], made["id"]);
    assert_eq!(entries[1]["requestId"], reply.header("x-request-id"));
    assert_eq!(entries[1]["actor"]["kind"], "operator");
    assert!(!Value::Array(entries).to_string().contains(made["token"].as_str().unwrap()));
    let installation = server.own("GET", "/activity", Value::Null).ok();
    assert_eq!(installation["items"][0]["action"], "POST /tenants");
    assert!(!installation.to_string().contains(&server.owner));
}

#[test]
fn a_local_member_and_group_live_their_life() {
    let server = Server::start();
    let tenant = format!("/tenants/{}", server.tenant("Acme"));
    let own = |method: &str, path: &str, body: Value| server.own(method, &format!("{tenant}{path}"), body);
    let member = own("POST", "/users", json!({"userName": "ann", "email": "ann@example.com"})).ok();
    let group = own("POST", "/groups", json!({"displayName": "Staff"})).ok();
    let (user, group) = (member["id"].as_str().unwrap(), group["id"].as_str().unwrap());
    let (one, link) = (format!("/users/{user}"), format!("/groups/{group}/users/{user}"));
    assert_eq!(member["role"], "user");
    assert_eq!(own("PATCH", &one, json!({"role": "admin", "blocked": true})).ok()["status"], "blocked");
    assert_eq!(own("PATCH", &one, json!({"role": null})).ok()["role"], "user");
    own("PATCH", &one, json!({"role": "emperor"})).problem(400);
    assert_eq!(own("PUT", &link, Value::Null).status, 204);
    assert_eq!(own("GET", &format!("{one}/groups"), Value::Null).ok()["items"][0]["displayName"], "Staff");
    assert_eq!(own("GET", &format!("/groups/{group}/users"), Value::Null).ok()["items"][0]["userName"], "ann");
    assert_eq!(own("PATCH", &format!("/groups/{group}"), json!({"displayName": "Crew"})).ok()["displayName"], "Crew");
    own("GET", "/users/ann/decision", Value::Null).problem(404);
    assert_eq!(own("DELETE", &link, Value::Null).status, 204);
    assert_eq!(own("DELETE", &one, Value::Null).status, 204);
    own("GET", &one, Value::Null).problem(404);
    let events = own("GET", "/events", Value::Null).ok();
    let types: Vec<&str> = events["items"].as_array().unwrap().iter().filter_map(|event| event["type"].as_str()).collect();
    assert_eq!(types.first(), Some(&"member.added"));
    assert_eq!(types.last(), Some(&"member.removed"));
    let after = events["items"].as_array().unwrap().len() - 1;
    assert_eq!(own("GET", &format!("/events?after={after}&limit=5"), Value::Null).ok()["items"].as_array().unwrap().len(), 1);
    own("GET", "/events?after=-1", Value::Null).problem(400);
    own("GET", "/sync?wait=5", Value::Null).problem(400);
    assert_eq!(own("GET", "/sync?wait=60s", Value::Null).ok()["dirty"], 0);
}

#[test]
fn a_pipeline_is_put_and_projected() {
    let server = Server::start();
    let tenant = format!("/tenants/{}", server.tenant("Acme"));
    let own = |method: &str, path: &str, body: Value| server.own(method, &format!("{tenant}{path}"), body);
    let plugins = own("GET", "/plugins", Value::Null).ok();
    let plugin = &plugins["items"][0];
    assert_eq!(
        own("GET", &format!("/plugins/{}/{}", plugin["name"].as_str().unwrap(), plugin["version"].as_str().unwrap()), Value::Null).ok(),
        *plugin
    );
    own("GET", "/plugins/nothing/1.0.0", Value::Null).problem(404);
    let put = json!({"policies": [{"name": "a", "plugin": "group-prefix", "settings": {"prefixes": ["NB-"]}}], "revision": 0});
    let pipeline = own("PUT", "/pipeline", put.clone()).ok();
    assert_eq!((&pipeline["revision"], &pipeline["policies"][0]["mode"]), (&json!(1), &json!("enforce")));
    own("PUT", "/pipeline", put).problem(409);
    let wrong = json!({"policies": [{"name": "a", "plugin": "group-prefix", "setings": {}}]});
    assert_eq!(own("PUT", "/pipeline", wrong).problem(400)["problems"][0]["pointer"], "/policies/0/setings");
    let sync = own("GET", "/sync?wait=60s", Value::Null).ok();
    let revisions = own("GET", "/pipeline/revisions", Value::Null).ok();
    assert_eq!(revisions["items"].as_array().map(Vec::len), Some(1));
    let revision = &revisions["items"][0];
    assert_eq!((&revision["policies"], &revision["outcome"]["state"]), (&pipeline["policies"], &json!("applied")));
    assert_eq!((&sync["reprojecting"], &sync["pipelineRevision"]), (&json!(false), &json!(1)));
}

#[test]
fn a_stop_signal_ends_the_server_and_closes_the_store() {
    let mut server = Server::start();
    server.tenant("Acme");
    server.end();
    assert!(server.store.installation().write(|_| Ok(())).is_err());
}
