//! Every value of every body on the tapes, replaced by odd ones: a clear refusal, or a resource that is what it says.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::thread;

use doorlist_tests::callers::text;
use doorlist_tests::{Client, Tenant};
use serde_json::{Value, json};

use crate::directory::assert_replay;
use crate::shared;

/// Threads, each with a tenant of its own.
const THREADS: usize = 4;

/// One request of so many is sent.
const SHARE: usize = 7;

/// A request that a client is known to send: method, whether it is about a group, body.
type Known = (String, bool, Value);

/// Bodies of the tapes, each shape once, with names in place of ids.
fn known_requests() -> Vec<Known> {
    let mut found = BTreeSet::new();
    let files = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tapes")).unwrap().map(|entry| entry.unwrap().path());
    for file in files.filter(|file| file.extension().is_some_and(|extension| extension == "json")) {
        let tape: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
        for step in tape["steps"].as_array().unwrap() {
            let request = &step["request"];
            if request.get("body").is_some() {
                let group = text(request, "path").starts_with("/Groups");
                found.insert((text(request, "method"), group, request["body"].to_string()));
            }
        }
    }
    found.into_iter().map(|(method, group, body)| (method, group, serde_json::from_str(&body).unwrap())).collect()
}

/// JSON Pointers of every value below `value`.
fn pointers(value: &Value) -> Vec<String> {
    let mut found = vec![String::new()];
    let mut below = |key: String, inner: &Value| found.extend(pointers(inner).into_iter().map(|pointer| format!("/{key}{pointer}")));
    match value {
        Value::Object(object) => object.iter().for_each(|(key, inner)| below(key.replace('~', "~0").replace('/', "~1"), inner)),
        Value::Array(items) => items.iter().enumerate().for_each(|(place, inner)| below(place.to_string(), inner)),
        _ => {}
    }
    found
}

fn odd_values() -> [Value; 8] {
    [json!(null), json!(true), json!(-1.5), json!(""), json!("odd \u{0} \u{10ffff}"), json!([]), json!({}), json!([[{"value": [null]}]])]
}

/// A tenant with one user and one group, to which mutated requests are sent.
struct World {
    tenant: Tenant,
    client: Client,
}

impl World {
    fn new(name: &str) -> Self {
        let tenant = shared::tenant(name);
        let client = tenant.connect();
        Self { tenant, client }
    }

    /// Sends one body; what is accepted must be kept, found again, and be writable as it was read.
    fn send(&self, method: &str, is_group: bool, body: &Value) {
        let made = self.client.bulk(&json!([
            {"method": "POST", "path": "/Users", "bulkId": "ada", "data": {"userName": "odd-ada@example.com", "active": true}},
            {"method": "POST", "path": "/Users", "bulkId": "ben", "data": {"userName": "odd-ben@example.com", "active": true}},
            {"method": "POST", "path": "/Groups", "bulkId": "team", "data": {"displayName": "Odd team", "members": [{"value": "bulkId:ada"}]}},
        ]));
        let id = |place: usize| text(&made[place], "location").rsplit('/').next().unwrap().to_owned();
        let (ada, ben, team) = (id(0), id(1), id(2));
        let mut filled = body.to_string();
        // Whoever a tape calls by a name is somebody here.
        for (place, name) in filled.clone().split("{{").skip(1).filter_map(|rest| rest.split_once("}}").map(|(name, _)| name)).enumerate() {
            let id = if name.to_lowercase().contains("group") {
                &team
            } else if place % 2 == 0 {
                &ada
            } else {
                &ben
            };
            filled = filled.replace(&format!("{{{{{name}}}}}"), id);
        }
        let endpoint = if is_group { "/Groups" } else { "/Users" };
        let path = match method {
            "POST" => endpoint.to_owned(),
            _ => format!("{endpoint}/{}", if is_group { &team } else { &ada }),
        };
        let reply = self.client.call(method, &path).json(&serde_json::from_str(&filled).unwrap()).send();
        let shown = format!("{method} {path} with {filled}: {reply}");
        match reply.status {
            200 | 201 => {
                let kept: Value = serde_json::from_slice(&reply.body).unwrap();
                let one = format!("{endpoint}/{}", text(&kept, "id"));
                assert_eq!(self.client.get(&one).expect(200), kept, "{shown}");
                assert_eq!(self.client.put(&one, &kept).expect(200), kept, "what was read can be written: {shown}");
            }
            status @ (400 | 409) => {
                let scim_type = serde_json::from_slice::<Value>(&reply.body).unwrap()["scimType"].as_str().map(str::to_owned);
                assert!(scim_type.is_some(), "{shown}");
                reply.scim_error(status, scim_type.as_deref());
            }
            _ => panic!("neither accepted nor refused: {shown}"),
        }
        // In one request, like the making: a test of thousands is about what is between.
        let page = self.client.get("/?attributes=id,meta&count=200").expect(200);
        let gone = page["Resources"].as_array().unwrap().iter().map(|resource| {
            let location = text(&resource["meta"], "location");
            json!({"method": "DELETE", "path": location.split_once("/scim/v2").unwrap().1})
        });
        let outcomes = self.client.bulk(&gone.collect());
        assert!(outcomes.len() > 2 && outcomes.iter().all(|outcome| outcome["status"] == "204"), "{outcomes:?}");
    }
}

#[test]
fn odd_values_are_refused_or_kept_as_they_are() {
    let mut requests = Vec::new();
    for (method, is_group, body) in known_requests() {
        for pointer in pointers(&body) {
            for odd in odd_values() {
                let mut mutated = body.clone();
                *mutated.pointer_mut(&pointer).unwrap() = odd;
                requests.push((method.clone(), is_group, mutated));
            }
        }
    }
    assert!(requests.len() > 1_000, "the tapes have been read");
    // All of them take minutes in an unoptimised build. The share has no factor in common with the number of odd values, so each of them is used.
    let requests: Vec<_> = requests.into_iter().step_by(SHARE).collect();
    let worlds: Vec<World> = (0..THREADS).map(|number| World::new(&format!("odd {number}"))).collect();
    thread::scope(|scope| {
        for (number, world) in worlds.iter().enumerate() {
            let requests = requests.iter().skip(number).step_by(THREADS);
            scope.spawn(move || requests.for_each(|(method, is_group, body)| world.send(method, *is_group, body)));
        }
    });
    for world in worlds {
        assert_replay(&world.tenant);
    }
}
