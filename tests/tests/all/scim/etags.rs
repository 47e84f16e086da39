//! Versions of resources, and requests that are meant for some of them (RFC 7644 section 3.14, RFC 9110 section 13).

use std::collections::BTreeMap;
use std::sync::Barrier;
use std::thread;

use doorlist_tests::callers::{Client, text};
use doorlist_tests::http::query;
use doorlist_tests::raw::{Socket, exchange};
use doorlist_tests::{Dice, Reply, operations};
use serde_json::{Value, json};

use crate::shared;

/// Steps of the random history. Each is followed by a look at everything.
const STEPS: usize = 80;

/// Clients that change one resource at once.
const CLIENTS: usize = 16;

/// A resource as it is read, and the version that the answer says.
#[track_caller]
fn read(client: &Client, path: &str) -> (Value, String) {
    let reply = client.get(path);
    let tag = tag(&reply);
    let body = reply.expect(200);
    assert_eq!(body["meta"]["version"], tag.as_str(), "header and body say the same version: {body}");
    (body, tag)
}

/// The entity tag of a reply, in a form that RFC 9110 section 8.8.3 knows.
#[track_caller]
fn tag(reply: &Reply) -> String {
    let tag = reply.header("etag").unwrap_or_else(|| panic!("no ETag: {reply}")).to_owned();
    let opaque = opaque(&tag);
    assert!(!opaque.is_empty() && opaque.chars().all(|letter| letter.is_ascii_graphic() && letter != '"'), "{tag} is no entity tag");
    tag
}

/// What stands between the quotes.
fn opaque(tag: &str) -> &str {
    let quoted = tag.strip_prefix("W/").unwrap_or(tag);
    quoted.strip_prefix('"').and_then(|tag| tag.strip_suffix('"')).unwrap_or_else(|| panic!("{tag} has no quotes"))
}

fn without_version(mut body: Value) -> Value {
    body["meta"].as_object_mut().expect("a resource has meta").remove("version");
    body
}

/// The smallest body of each kind.
fn bodies(name: &str) -> [(&'static str, Value); 3] {
    [("/Users", json!({"userName": name})), ("/Groups", json!({"displayName": name})), ("/TestResources", json!({"required": name}))]
}

/// An inventory that a random history changes.
struct History {
    client: Client,
    dice: Dice,
    /// Paths of what is there, by endpoint.
    there: BTreeMap<&'static str, Vec<String>>,
    /// Everything that was ever read of a path: what it said, and under which version.
    seen: BTreeMap<String, Vec<(Value, String)>>,
}

impl History {
    fn id(&mut self, endpoint: &str) -> Option<String> {
        let there = &self.there[endpoint];
        (!there.is_empty()).then(|| self.dice.pick(there).rsplit('/').next().unwrap().to_owned())
    }

    fn make(&mut self, endpoint: &'static str, body: &Value) {
        let made = self.client.post(endpoint, body);
        if made.status == 409 {
            return;
        }
        let path = format!("{endpoint}/{}", text(&made.expect(201), "id"));
        self.there.get_mut(endpoint).unwrap().push(path);
    }

    fn step(&mut self) {
        let endpoint = *self.dice.pick(&["/Users", "/Groups", "/Groups", "/TestResources"]);
        let word = *self.dice.pick(&["A", "B", "a"]);
        let act = self.dice.roll(10);
        let (one, user) = (self.id(endpoint), self.id("/Users"));
        let Some(path) = one.map(|id| format!("{endpoint}/{id}")).filter(|_| act > 0) else {
            let number = self.dice.roll(4);
            let body = match endpoint {
                "/Users" => json!({"userName": format!("{number}@example.com"), "externalId": word}),
                "/Groups" => json!({"displayName": format!("Group {number}"), "members": user.map(|id| vec![json!({"value": id})])}),
                _ => json!({"required": word}),
            };
            return self.make(endpoint, &body);
        };
        if act == 1 {
            self.client.remove(&path);
            self.there.get_mut(endpoint).unwrap().retain(|other| *other != path);
            return;
        }
        let member = user.map_or(json!([]), |id| json!([{"value": id}]));
        let change = match endpoint {
            "/Users" if act < 4 => json!([{"op": "replace", "path": "displayName", "value": word}]),
            "/Users" => json!([{"op": if act < 7 { "add" } else { "remove" }, "path": "emails", "value": [{"value": word}]}]),
            "/Groups" if act < 4 => json!([{"op": "replace", "path": "displayName", "value": word}]),
            "/Groups" => json!([{"op": if act < 7 { "add" } else { "remove" }, "path": "members", "value": member}]),
            // Shown only to who asks for it, and no less part of the resource.
            _ if act < 6 => json!([{"op": "replace", "path": "request", "value": word}]),
            _ => json!([{"op": "replace", "path": "string", "value": word}]),
        };
        let reply = self.client.patch(&path, &change);
        assert!(matches!(reply.status, 200 | 204), "{change}: {reply}");
    }

    /// Reads everything; two readings of one resource say the same if and only if they have the same version.
    fn look(&mut self) {
        for path in self.there.values().flatten() {
            let (body, tag) = read(&self.client, path);
            let asked = self.client.get(&query(path, &[("attributes", "request,meta.version")]));
            assert_eq!(asked.header("etag"), Some(tag.as_str()), "the version is the resource's, not that of what is shown of it");
            let said = json!([without_version(body), without_version(asked.expect(200))]);
            let seen = self.seen.entry(path.clone()).or_default();
            for (before, version) in seen.iter() {
                assert_eq!(*before == said, *version == tag, "{version} was {before}, {tag} is {said}");
            }
            if !seen.iter().any(|(_, version)| *version == tag) {
                seen.push((said, tag));
            }
        }
    }
}

#[test]
fn versions_change_exactly_when_answers_do() {
    let client = shared::test_tenant("history of versions").connect();
    let there = ["/Users", "/Groups", "/TestResources"].map(|endpoint| (endpoint, Vec::new())).into();
    let mut history = History { client, dice: Dice::new(7), there, seen: BTreeMap::new() };
    for _ in 0..STEPS {
        history.step();
        history.look();
    }
    let versions = |endpoint: &str| -> usize {
        history.seen.iter().filter(|(path, _)| path.starts_with(endpoint)).map(|(_, seen)| seen.len() - 1).sum()
    };
    for endpoint in ["/Users", "/Groups", "/TestResources"] {
        assert!(versions(endpoint) >= 4, "{endpoint} had only {} changes", versions(endpoint));
    }
}

/// What is changed by a request about something else.
#[test]
fn versions_follow_what_others_do() {
    let client = shared::client("versions of others");
    let (ada, ben) = (client.user("ada@example.com"), client.user("ben@example.com"));
    let (team, outer) = (client.group("Team", &[&ada, &ben]), client.group("Outer", &[]));
    let [ada, ben] = [ada, ben].map(|id| format!("/Users/{id}"));
    let [team, outer] = [team, outer].map(|id| format!("/Groups/{id}"));
    let id = |path: &str| path.rsplit('/').next().unwrap().to_owned();
    let act = |what: &str| match what {
        "a group is renamed" => client.rename(&id(&team), "Renamed"),
        "a member is deleted" => client.remove(&ben),
        "a group becomes a member" => client.join(&id(&outer), &id(&team)),
        "a user changes" => client.set(&id(&ada), &json!({"displayName": "Ada"})),
        "a group is deleted" => client.remove(&team),
        _ => unreachable!("{what}"),
    };
    // What happens, and whose version is another one then; of the rest it stays.
    let cases: [(&str, &[&str]); 5] = [
        ("a group is renamed", &[&ada, &team]),
        ("a member is deleted", &[&team]),
        ("a group becomes a member", &[&outer]),
        ("a user changes", &[&ada]),
        ("a group is deleted", &[&ada, &outer]),
    ];
    for (what, changed) in cases {
        let watched = [&ada, &team, &outer].map(|path| (path, client.get(path)));
        act(what);
        for (path, before) in watched {
            let after = client.get(path);
            if after.status == 404 {
                continue;
            }
            let is_other = tag(&before) != tag(&after);
            assert_eq!(is_other, changed.contains(&path.as_str()), "{what}: {before}, then {after}");
        }
    }
}

/// Whatever shows one resource says its version; whatever does not shows none.
#[test]
fn answers_about_one_resource_carry_its_version() {
    let client = shared::test_tenant("versions in answers").connect();
    for (endpoint, body) in bodies("Versioned") {
        let made = client.post(endpoint, &body);
        let first = tag(&made);
        let made = made.expect(201);
        let path = format!("{endpoint}/{}", text(&made, "id"));
        assert_eq!(read(&client, &path), (made, first.clone()), "{endpoint}");
        let head = client.call("HEAD", &path).send();
        assert_eq!((head.status, tag(&head), head.body.len()), (200, first.clone(), 0), "{endpoint}");
        let patched = client.patch(&path, &json!([{"op": "add", "path": "externalId", "value": "e"}]));
        let second = tag(&patched);
        assert_ne!(second, first, "{endpoint}");
        assert_eq!(read(&client, &path), (patched.expect(200), second), "{endpoint}");
        let put = client.put(&path, &body);
        let third = tag(&put);
        assert_eq!(read(&client, &path), (put.expect(200), third.clone()), "{endpoint}");
        let listed = client.get(endpoint);
        assert_eq!(listed.header("etag"), None, "a list has no version");
        assert_eq!(listed.expect(200)["Resources"][0]["meta"]["version"], third.as_str());
        let by_version = query(endpoint, &[("filter", &format!("meta.version eq \"{}\"", third.replace('"', "\\\"")))]);
        assert_eq!(client.get(&by_version).expect(200)["totalResults"], 1, "{endpoint}: found by its version");
        for part in ["meta", "meta.version"] {
            let asked = client.get(&format!("{path}?attributes={part}")).expect(200);
            assert_eq!(asked["meta"]["version"], third.as_str(), "{endpoint} with {part}");
        }
        let hidden = client.get(&format!("{path}?excludedAttributes=meta"));
        assert_eq!(tag(&hidden), third);
        assert!(hidden.expect(200).get("meta").is_none());
        let deleted = client.delete(&path);
        assert_eq!((deleted.status, deleted.header("etag")), (204, None), "{deleted}");
        assert_eq!(client.get(&path).header("etag"), None);
    }
    assert_eq!(client.get("/ServiceProviderConfig").expect(200)["etag"]["supported"], true);
}

/// The PATCH of a large group is answered without a body and with the version that a read then has.
#[test]
fn an_answer_without_body_has_a_version() {
    let client = shared::client("version of a large group");
    let creations: Vec<Value> = (0..101)
        .map(|number| {
            let data = json!({"userName": format!("large-{number}@example.com")});
            json!({"method": "POST", "path": "/Users", "bulkId": number.to_string(), "data": data})
        })
        .collect();
    let made = client.bulk(&json!(creations));
    let members: Vec<Value> = made.iter().map(|one| json!({"value": text(one, "location").rsplit('/').next()})).collect();
    let group = text(&client.post("/Groups", &json!({"displayName": "Large", "members": members})).expect(201), "id");
    let path = format!("/Groups/{group}");
    let before = read(&client, &path).1;
    let renamed = client.patch(&path, &json!([{"op": "replace", "path": "displayName", "value": "Larger"}]));
    let after = tag(&renamed);
    assert_eq!(renamed.expect(204), Value::Null);
    assert_ne!(after, before);
    assert_eq!(read(&client, &path).1, after);
    // The next change can be tied to it.
    let remove = |tag: &str| {
        let change = json!([{"op": "remove", "path": "members", "value": [members[0]]}]);
        client.call("PATCH", &path).header("if-match", tag).json(&operations(&change)).send()
    };
    remove(&before).scim_error(412, None);
    let removed = remove(&after);
    let last = tag(&removed);
    assert_eq!(removed.status, 200, "a hundred are left: {removed}");
    assert_eq!(read(&client, &path).1, last);
    assert_ne!(last, after);
}

/// How a condition is written, from the tag of the resource; whether a change with it goes through.
type Condition = (&'static str, fn(&str) -> String, bool);

const CONDITIONS: &[Condition] = &[
    ("if-match", |tag| tag.to_owned(), true),
    ("if-match", |tag| format!("W/\"{}\"", opaque(tag)), true),
    ("if-match", |tag| format!("\"{}\"", opaque(tag)), true),
    ("if-match", |_| "*".to_owned(), true),
    ("if-match", |tag| format!("\"other\", {tag}"), true),
    ("if-match", |tag| format!("{tag},W/\"other\""), true),
    ("if-match", |_| "\"other\"".to_owned(), false),
    ("if-match", |_| "W/\"other\", \"another\"".to_owned(), false),
    ("if-match", |tag| format!("W/\"{}x\"", opaque(tag)), false),
    ("if-match", |tag| format!("\"{}\"", &opaque(tag)[1..]), false),
    ("if-match", |tag| format!("\"{}\"", opaque(tag).to_uppercase()), false),
    ("if-match", |_| String::new(), false),
    ("if-match", |_| "\"*\"".to_owned(), false),
    ("if-none-match", |_| "*".to_owned(), false),
    ("if-none-match", |tag| tag.to_owned(), false),
    ("if-none-match", |tag| format!("\"other\", \"{}\"", opaque(tag)), false),
    ("if-none-match", |_| "\"other\"".to_owned(), true),
];

#[test]
fn changes_are_made_only_to_the_version_they_are_meant_for() {
    let client = shared::test_tenant("conditions").connect();
    let member = client.user("member@example.com");
    for (endpoint, mut body) in bodies("Conditional") {
        if endpoint == "/Groups" {
            // With a member, so that the version is not the stored form's alone.
            body["members"] = json!([{"value": member}]);
        }
        // Test resources take every line that users take; one verb shows it.
        let methods: &[&str] = if endpoint == "/TestResources" { &["PATCH"] } else { &["PUT", "PATCH", "DELETE"] };
        for method in methods.iter().copied() {
            for (header, condition, goes_through) in CONDITIONS {
                let before = client.post(endpoint, &body).expect(201);
                let path = format!("{endpoint}/{}", text(&before, "id"));
                let version = text(&before["meta"], "version");
                let condition = condition(&version);
                let mut changed = body.clone();
                changed["externalId"] = json!("changed");
                let call = client.call(method, &path).header(header, &condition);
                let reply = match method {
                    "PUT" => call.json(&changed).send(),
                    "PATCH" => call.json(&operations(&json!([{"op": "add", "path": "externalId", "value": "changed"}]))).send(),
                    _ => call.send(),
                };
                let label = format!("{method} {path} with {header}: {condition}");
                if *goes_through {
                    assert!(matches!(reply.status, 200 | 204), "{label}: {reply}");
                    let after = client.get(&path);
                    assert_eq!(after.status, if method == "DELETE" { 404 } else { 200 }, "{label}");
                    assert!(method == "DELETE" || after.expect(200)["externalId"] == "changed", "{label}");
                } else {
                    let detail = reply.scim_error(412, None);
                    assert!(detail.contains(&version), "{label}: {detail} does not say the version {version}");
                    assert_eq!(client.get(&path).expect(200), before, "{label} changed something");
                }
                if !(*goes_through && method == "DELETE") {
                    client.remove(&path);
                }
            }
        }
    }
}

/// RFC 9110 section 13.2: what would be refused anyway is refused for what it is; what has no version has no condition.
#[test]
fn conditions_come_after_everything_else() {
    let client = shared::client("conditions last");
    let user = client.user("last@example.com");
    let path = format!("/Users/{user}");
    let conditional = |method: &str, path: &str, body: &Value| client.call(method, path).header("if-match", "\"other\"").json(body).send();
    let rename = operations(&json!([{"op": "replace", "path": "title", "value": "T"}]));
    conditional("PATCH", "/Users/nobody", &rename).scim_error(404, None);
    conditional("PUT", "/Users/nobody", &json!({"userName": "x"})).scim_error(404, None);
    conditional("PATCH", &path, &json!({"Operations": "nonsense"})).scim_error(400, Some("invalidSyntax"));
    client.call("DELETE", "/Users/nobody").header("if-match", "*").send().scim_error(404, None);
    client.call("PATCH", &path).header("if-match", "*").header("content-type", "text/plain").bytes(vec![]).send().scim_error(415, None);
    // A creation is about nothing that is there.
    let _ = client.call("POST", "/Users").header("if-match", "\"other\"").json(&json!({"userName": "new@example.com"})).send().expect(201);
    // Lines of one header are one list (RFC 9110 section 5.3).
    let version = read(&client, &path).1;
    let bearer = format!("Bearer {}", client.token());
    let two = [("authorization", bearer.as_str()), ("if-match", "\"other\""), ("if-match", version.as_str())];
    let target = format!("/scim/v2{path}");
    let body = rename.to_string();
    let answer = exchange(client.address(), "PATCH", &target, &two, body.as_bytes());
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(exchange(client.address(), "PATCH", &target, &two, body.as_bytes()).status, 412, "its version is another one by now");
}

/// Who has the version already gets no body (RFC 9110 section 13.1.2).
#[test]
fn what_is_known_is_not_sent_again() {
    let client = shared::test_tenant("not modified").connect();
    for (endpoint, body) in bodies("Known") {
        let path = format!("{endpoint}/{}", text(&client.post(endpoint, &body).expect(201), "id"));
        let version = read(&client, &path).1;
        let known = [version.clone(), format!("\"{}\"", opaque(&version)), "*".to_owned(), format!("\"other\" , {version}")];
        let unknown = ["\"other\"".to_owned(), String::new(), format!("\"{}0\"", opaque(&version))];
        let ask = |method: &str, path: &str, condition: &str| client.call(method, path).header("if-none-match", condition).send();
        for method in ["GET", "HEAD"] {
            for shown in [path.clone(), format!("{path}?attributes=id")] {
                for condition in &known {
                    let reply = ask(method, &shown, condition);
                    assert_eq!((reply.status, tag(&reply), reply.body.len()), (304, version.clone(), 0), "{method} {shown}, {condition}");
                    assert_eq!(reply.header("content-type"), None, "nothing is described: {reply}");
                }
                for condition in &unknown {
                    let reply = ask(method, &shown, condition);
                    assert_eq!((reply.status, tag(&reply)), (200, version.clone()), "{method} {shown}, {condition}");
                }
            }
        }
        let _ = client.patch(&path, &json!([{"op": "add", "path": "externalId", "value": "e"}])).expect(200);
        let _ = ask("GET", &path, &version).expect(200);
        let _ = ask("GET", endpoint, "*").expect(200);
        ask("GET", &format!("{endpoint}/nonsense"), "*").scim_error(404, None);
    }
}

/// A change that changes nothing leaves version and `lastModified`.
#[test]
fn a_change_of_nothing_is_none() {
    let client = shared::test_tenant("no change").connect();
    let ada = client.user("ada@example.com");
    let (there, absent) = (json!({"value": ada}), json!({"value": "01890a5d-ac96-774b-bcce-b302099a8057"}));
    let user =
        json!({"userName": "same@example.com", "title": "T", "active": true, "emails": [{"value": "a@example.com", "type": "work"}]});
    let test =
        json!({"required": "r", "complex": {"string": "s", "integer": 1}, "strings": ["x", "y"], "dateTime": "2020-01-01T00:00:00Z"});
    let cases = [
        ("/Users", &user, json!([{"op": "replace", "path": "title", "value": "T"}])),
        ("/Users", &user, json!([{"op": "Replace", "path": "active", "value": "True"}])),
        ("/Users", &user, json!([{"op": "add", "path": "emails", "value": [{"type": "work", "value": "a@example.com"}]}])),
        ("/Users", &user, json!([{"op": "remove", "path": "nickName"}])),
        ("/Users", &user, json!([{"op": "replace", "value": {"title": "T", "active": true}}])),
        ("/Users", &user, json!([{"op": "replace", "path": "title", "value": "U"}, {"op": "replace", "path": "title", "value": "T"}])),
        ("/Users", &user, json!([{"op": "replace", "value": {"groups": [{"value": "x"}], "title": "T"}}])),
        ("/Groups", &json!({"displayName": "G", "members": [there]}), json!([{"op": "add", "path": "members", "value": [there]}])),
        ("/Groups", &json!({"displayName": "G", "members": [there]}), json!([{"op": "remove", "path": "members", "value": [absent]}])),
        ("/Groups", &json!({"displayName": "G", "members": [there]}), json!([{"op": "replace", "path": "members", "value": [there]}])),
        ("/Groups", &json!({"displayName": "G"}), json!([{"op": "replace", "value": {"displayName": "G"}}])),
        ("/TestResources", &test, json!([{"op": "add", "path": "strings", "value": ["y"]}])),
        ("/TestResources", &test, json!([{"op": "replace", "path": "complex.integer", "value": 1}])),
        ("/TestResources", &test, json!([{"op": "replace", "path": "writeOnly", "value": "never kept"}])),
    ];
    for (endpoint, body, change) in &cases {
        let path = format!("{endpoint}/{}", text(&client.post(endpoint, body).expect(201), "id"));
        let before = read(&client, &path);
        let patched = client.patch(&path, change);
        assert_eq!((tag(&patched), patched.expect(200)), (before.1.clone(), before.0.clone()), "PATCH {endpoint} {change}");
        assert_eq!(read(&client, &path), before, "PATCH {endpoint} {change}");
        for again in [(*body).clone(), before.0.clone()] {
            let put = client.put(&path, &again);
            assert_eq!((tag(&put), put.expect(200)), (before.1.clone(), before.0.clone()), "PUT {endpoint} {again}");
        }
        client.remove(&path);
    }
}

/// Of clients that read, add one and write back what they saw, each gets its turn and none undoes another.
#[test]
fn no_update_is_lost() {
    let tenant = shared::test_tenant("lost update");
    let client = tenant.connect();
    for (endpoint, mut body) in bodies("Counter") {
        body["externalId"] = json!("0");
        let path = format!("{endpoint}/{}", text(&client.post(endpoint, &body).expect(201), "id"));
        let start = Barrier::new(CLIENTS);
        let refused: usize = thread::scope(|scope| {
            let threads: Vec<_> = (0..CLIENTS)
                .map(|number| {
                    let (client, start, path) = (client.another(), &start, &path);
                    scope.spawn(move || {
                        start.wait();
                        count_up(&client, path, number % 2 == 0)
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(client.get(&path).expect(200)["externalId"], CLIENTS.to_string(), "{endpoint}");
        assert!(refused > 0, "{endpoint}: nobody was ever in anybody's way");
    }
}

/// Adds one, by a PUT or by a PATCH; gives how often that was refused.
fn count_up(client: &Client, path: &str, by_put: bool) -> usize {
    for refused in 0.. {
        let (mut body, version) = read(client, path);
        let next = (text(&body, "externalId").parse::<u32>().unwrap() + 1).to_string();
        let reply = if by_put {
            body["externalId"] = json!(next);
            client.call("PUT", path).header("if-match", &version).json(&body).send()
        } else {
            let change = operations(&json!([{"op": "replace", "path": "externalId", "value": next}]));
            client.call("PATCH", path).header("if-match", &version).json(&change).send()
        };
        if reply.status == 412 {
            reply.scim_error(412, None);
            continue;
        }
        assert_eq!(reply.expect(200)["externalId"], next, "what is answered is what was written");
        return refused;
    }
    unreachable!("there are numbers enough")
}

/// An operation of a bulk request can be tied to a version too (RFC 7644 section 3.7).
#[test]
fn versions_in_bulk() {
    let client = shared::test_tenant("versions in bulk").connect();
    for (endpoint, body) in bodies("Bulk") {
        let made = client.bulk(&json!([{"method": "POST", "path": endpoint, "bulkId": "new", "data": body}]));
        let path = format!("{endpoint}/{}", text(&made[0], "location").rsplit('/').next().unwrap());
        let (before, version) = read(&client, &path);
        assert_eq!(made[0]["version"], version.as_str(), "{made:?}");
        let change = operations(&json!([{"op": "add", "path": "externalId", "value": "patched"}]));
        let with = |method: &str, version: &str, data: &Value| {
            let operation = json!({"method": method, "path": path, "version": version, "data": data});
            client.bulk(&json!([operation])).remove(0)
        };
        let mut changed = body.clone();
        changed["externalId"] = json!("put");
        for (method, data) in [("PATCH", &change), ("PUT", &changed), ("DELETE", &Value::Null)] {
            let refused = with(method, "W/\"other\"", data);
            assert_eq!((&refused["status"], &refused["response"]["status"]), (&json!("412"), &json!("412")), "{refused}");
        }
        assert_eq!(read(&client, &path), (before, version.clone()), "{endpoint}");
        let patched = with("PATCH", &version, &change);
        assert_eq!((&patched["status"], &patched["version"]), (&json!("200"), &json!(read(&client, &path).1)), "{patched}");
        let stale = with("PUT", &version, &changed);
        assert_eq!(stale["status"], "412", "{stale}");
        let put = with("PUT", &text(&patched, "version"), &changed);
        assert_eq!((&put["status"], &put["version"]), (&json!("200"), &json!(read(&client, &path).1)), "{put}");
        let deleted = with("DELETE", &text(&put, "version"), &Value::Null);
        assert_eq!((&deleted["status"], deleted.get("version")), (&json!("204"), None), "{deleted}");
        client.get(&path).scim_error(404, None);
    }
}

/// A condition that nobody can read is a condition all the same, and a read can have one too.
#[test]
fn no_condition_is_passed_over() {
    let client = shared::client("conditions");
    let path = format!("/Users/{}", client.user("only@example.com"));
    let version = read(&client, &path).1;
    for method in ["GET", "HEAD"] {
        let ask = |condition: &str| client.call(method, &path).header("if-match", condition).send().status;
        assert_eq!([ask(&version), ask("*"), ask("\"other\""), ask("")], [200, 200, 412, 412], "{method}");
    }
    let body = json!({"Operations": [{"op": "add", "path": "title", "value": "T"}]}).to_string();
    for condition in [&b"\"\xff\""[..], b"", b",", b"\xc3\xa9"] {
        let mut request = format!(
            "PATCH /scim/v2{path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer {}\r\ncontent-type: application/scim+json\r\ncontent-length: {}\r\nif-match: ",
            client.token(),
            body.len()
        )
        .into_bytes();
        request.extend_from_slice(condition);
        request.extend_from_slice(b"\r\n\r\n");
        request.extend_from_slice(body.as_bytes());
        let mut socket = Socket::connect(client.address());
        socket.write(&request);
        assert_eq!(socket.answer().status, 412, "{condition:?}");
    }
    assert_eq!(read(&client, &path).1, version);
}
