//! Kill -9 during bulk requests: what was answered is there, and no operation is half done.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use doorlist_tests::callers::{BULK_URN, Client, text};
use doorlist_tests::{Scratch, Server, Tenant};
use serde_json::{Value, json};

use super::{group, id, patch, post};
use crate::directory::assert_replay;

/// Clients that send at once.
const SENDERS: usize = 3;

/// Answered messages after which a round's server is killed.
const MESSAGES: [usize; 2] = [2, 4];

/// Users of one message; more than one commit takes.
const USERS: usize = 66;

/// Users, a group of all of them, a circle of two groups, and changes of two attributes each.
fn message(series: &str) -> Vec<Value> {
    let name = |number: usize| format!("{series}-{number}");
    let mut operations: Vec<Value> = (0..USERS)
        .map(|number| {
            post("/Users", &name(number), &json!({"userName": format!("{}@example.com", name(number)), "title": "0", "nickName": "0"}))
        })
        .collect();
    let members: Vec<String> = (0..USERS).map(name).collect();
    operations.push(group(&format!("{series}-all"), &members.iter().map(String::as_str).collect::<Vec<_>>()));
    operations.push(group(&format!("{series}-one"), &[&format!("{series}-two"), &name(0)]));
    operations.push(group(&format!("{series}-two"), &[&format!("{series}-one"), &name(1)]));
    for number in (0..USERS).step_by(5) {
        let changes = json!([{"op": "replace", "path": "title", "value": "1"}, {"op": "replace", "path": "nickName", "value": "1"}]);
        operations.push(patch(&format!("/Users/bulkId:{}", name(number)), &changes));
    }
    operations
}

/// Sends until the server is gone; gives the outcomes of what was answered.
fn send(client: &Client, series: &str, answered: &AtomicUsize) -> Vec<Value> {
    let mut told = Vec::new();
    for number in 0.. {
        let message = json!({"schemas": [BULK_URN], "Operations": message(&format!("{series}{number}"))});
        let Ok(reply) = client.call("POST", "/Bulk").json(&message).try_send() else { break };
        let outcomes = reply.expect(200)["Operations"].as_array().unwrap().clone();
        assert!(outcomes.iter().all(|outcome| outcome["status"].as_str().unwrap().starts_with('2')), "{outcomes:?}");
        told.extend(outcomes);
        answered.fetch_add(1, Ordering::Release);
    }
    told
}

/// Everything of one kind, by name.
fn all(client: &Client, endpoint: &str, name: &str) -> BTreeMap<String, Value> {
    let (mut found, mut cursor) = (BTreeMap::new(), String::new());
    loop {
        let page = client.get(&format!("{endpoint}?count=200&cursor={cursor}")).expect(200);
        for one in page["Resources"].as_array().unwrap() {
            assert!(found.insert(text(one, name), one.clone()).is_none(), "twice: {one}");
        }
        match page["nextCursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => return found,
        }
    }
}

#[test]
fn killed_during_bulk_requests() {
    let data = Scratch::new();
    let mut server = Server::options().data_dir(data.path()).start();
    let tenant = server.operator().tenant("Bulk crash");
    let client = tenant.connect();
    let mut told: Vec<Value> = Vec::new();
    for (round, messages) in MESSAGES.into_iter().enumerate() {
        let now = Client::new(server.address(), client.token(), &client.connection);
        let answered = AtomicUsize::new(0);
        told.extend(thread::scope(|scope| {
            let senders: Vec<_> = (0..SENDERS)
                .map(|sender| {
                    let (client, answered) = (now.another(), &answered);
                    scope.spawn(move || send(&client, &format!("r{round}s{sender}n"), answered))
                })
                .collect();
            while answered.load(Ordering::Acquire) < messages {
                assert!(senders.iter().all(|sender| !sender.is_finished()), "a sender stopped before the server did");
                thread::sleep(Duration::from_millis(1));
            }
            server.kill();
            senders.into_iter().flat_map(|sender| sender.join().unwrap()).collect::<Vec<_>>()
        }));
        server = Server::options().data_dir(data.path()).start();
        let now = Client::new(server.address(), client.token(), &client.connection);
        check(&now, &told);
    }
    assert_replay(&Tenant { operator: server.operator(), id: tenant.id });
}

/// What was answered is there, and of the rest each operation is done or not.
#[track_caller]
fn check(client: &Client, told: &[Value]) {
    let (users, groups) = (all(client, "/Users", "userName"), all(client, "/Groups", "displayName"));
    let by_id: BTreeMap<String, &Value> = users.values().chain(groups.values()).map(|one| (text(one, "id"), one)).collect();
    for outcome in told {
        let found = by_id.get(&id(outcome)).unwrap_or_else(|| panic!("{outcome} was answered and is not there"));
        if outcome["method"] == "PATCH" {
            assert_eq!(found["title"], "1", "{outcome} was answered and is not there");
        }
    }
    for user in users.values() {
        assert_eq!(user["title"], user["nickName"], "half a PATCH: {user}");
        for group in user["groups"].as_array().into_iter().flatten() {
            assert!(by_id.contains_key(&text(group, "value")), "a group that is not there: {user}");
        }
    }
    for (name, group) in &groups {
        let members: Vec<String> = group["members"].as_array().into_iter().flatten().map(|member| text(member, "value")).collect();
        let (series, kind) = name.rsplit_once('-').unwrap();
        let expected = if kind == "all" { USERS } else { 2 };
        assert_eq!(members.len(), expected, "half a group: {group}");
        for member in &members {
            assert!(by_id.contains_key(member), "{name} has a member that is not there");
        }
        let other = match kind {
            "one" => "two",
            "two" => "one",
            _ => continue,
        };
        let other = groups.get(&format!("{series}-{other}")).unwrap_or_else(|| panic!("half a circle: {group}"));
        assert!(members.contains(&text(other, "id")), "{group}");
    }
    assert!(!groups.is_empty() && users.len() >= USERS, "something was written");
}
