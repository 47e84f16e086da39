//! Kill -9 in the middle of writing: what was acknowledged is there, and everything is projected once.

mod plans;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use doorlist_tests::callers::{Client, text};
use doorlist_tests::{Scratch, Server, Tenant, eventually, operations};
use serde_json::{Value, json};

use crate::directory::assert_replay;

/// Threads that write at once.
const WRITERS: usize = 4;

/// Acknowledged writes after which a round's server is killed; another number each round, so that it is not always the same moment.
const WRITES: [usize; 5] = [60, 131, 97, 23, 150];

/// What a writer knows of one user.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct State {
    there: bool,
    active: bool,
    in_group: bool,
}

/// One write.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    Create,
    Join,
    Suspend,
    Delete,
}

impl State {
    fn after(self, step: Step) -> Self {
        match step {
            Step::Create => Self { there: true, active: true, in_group: false },
            Step::Join => Self { in_group: true, ..self },
            Step::Suspend => Self { active: false, ..self },
            Step::Delete => Self::default(),
        }
    }
}

/// What one writer was told, by userName, and the write that got no answer: it may or may not have happened.
#[derive(Debug, Default)]
struct Told {
    states: BTreeMap<String, State>,
    open: Option<(String, Step)>,
}

impl Told {
    fn state(&self, name: &str) -> State {
        self.states.get(name).copied().unwrap_or_default()
    }
}

/// Writes until the server is gone.
fn write(client: &Client, group: &str, round: usize, writer: usize, acknowledged: &AtomicUsize) -> Told {
    let mut told = Told::default();
    for number in 0.. {
        let name = format!("r{round}-w{writer}-{number}@example.com");
        let mut steps = vec![Step::Create, Step::Join];
        steps.extend((number % 3 == 0).then_some(Step::Suspend));
        steps.extend((number % 5 == 0).then_some(Step::Delete));
        let mut id = String::new();
        for step in steps {
            let call = match step {
                Step::Create => client.call("POST", "/Users").json(&json!({"userName": name, "active": true})),
                Step::Join => {
                    let change = json!([{"op": "add", "path": "members", "value": [{"value": id}]}]);
                    client.call("PATCH", &format!("/Groups/{group}")).json(&operations(&change))
                }
                Step::Suspend => {
                    let change = json!([{"op": "replace", "path": "active", "value": false}]);
                    client.call("PATCH", &format!("/Users/{id}")).json(&operations(&change))
                }
                Step::Delete => client.call("DELETE", &format!("/Users/{id}")),
            };
            let Ok(reply) = call.try_send() else {
                told.open = Some((name, step));
                return told;
            };
            assert!(matches!(reply.status, 200 | 201 | 204), "{reply}");
            if step == Step::Create {
                id = text(&reply.expect(201), "id");
            }
            let state = told.state(&name).after(step);
            told.states.insert(name.clone(), state);
            acknowledged.fetch_add(1, Ordering::Release);
        }
    }
    told
}

/// What the inventory says, by userName.
fn inventory(client: &Client, group: &str) -> BTreeMap<String, State> {
    let members = client.members(group);
    let mut found = BTreeMap::new();
    let mut start = 1;
    loop {
        let page = client.get(&format!("/Users?startIndex={start}&count=200")).expect(200);
        let users = page["Resources"].as_array().unwrap();
        for user in users {
            let in_group = members.binary_search(&text(user, "id")).is_ok();
            let groups = user["groups"].as_array().map_or(0, Vec::len);
            assert_eq!(groups, usize::from(in_group), "both sides of a membership are there or none: {user}");
            found.insert(text(user, "userName"), State { there: true, active: user["active"] == true, in_group });
        }
        start += users.len();
        if users.is_empty() || start > page["totalResults"].as_u64().unwrap() as usize {
            assert_eq!(page["totalResults"], found.len());
            return found;
        }
    }
}

/// Every acknowledged write is in the inventory, and nothing else but the one that got no answer.
fn check_inventory(told: &[Told], found: &BTreeMap<String, State>) {
    for one in told {
        for (name, state) in &one.states {
            let mut allowed = vec![*state];
            if let Some((open, step)) = &one.open
                && open == name
            {
                allowed.push(state.after(*step));
            }
            let actual = found.get(name).copied().unwrap_or_default();
            assert!(allowed.contains(&actual), "{name} is {actual:?}, and one of {allowed:?} was promised");
        }
    }
    for name in found.keys() {
        let known = told.iter().any(|one| one.states.contains_key(name) || one.open.as_ref().is_some_and(|(open, _)| open == name));
        assert!(known, "nobody wrote {name}");
    }
}

/// The directory is what the inventory and the filter say, and the events tell how it came to be.
fn check_directory(tenant: &Tenant, connection: &str, found: &BTreeMap<String, State>) {
    let shown = tenant.get(&format!("/connections/{connection}")).expect(200);
    let is_filtered = shown["userGroups"] == json!(FILTER);
    assert!(is_filtered || shown["userGroups"] == json!([]), "{shown}");
    let directory = assert_replay(tenant);
    let expected: BTreeMap<String, String> = found
        .iter()
        .filter(|(_, state)| state.in_group || !is_filtered)
        .map(|(name, state)| (name.clone(), if state.active { "active" } else { "suspended" }.to_owned()))
        .collect();
    assert_eq!(directory.statuses(), expected);
    let groups = directory.groups_by_name();
    assert_eq!(groups.keys().collect::<Vec<_>>(), ["NB-Crash"]);
    let members: Vec<&String> = found.iter().filter(|(_, state)| state.in_group).map(|(name, _)| name).collect();
    assert_eq!(groups["NB-Crash"].iter().collect::<Vec<_>>(), members);
}

/// The group whose members the filter admits, when there is a filter.
const FILTER: [&str; 1] = ["NB-Crash"];

/// Takes the filter away and puts it back, so that everything is being projected anew when the server goes.
fn refilter(tenant: &Tenant, connection: &str) {
    for number in 0.. {
        let groups = if number % 2 == 0 { json!([]) } else { json!(FILTER) };
        let call = tenant.operator.call("PATCH", &tenant.path(&format!("/connections/{connection}")));
        let Ok(reply) = call.json(&json!({"userGroups": groups})).try_send() else { return };
        assert_eq!(reply.expect(200)["userGroups"], groups);
    }
}

/// Follows the events until the server is gone, and gives what it was told.
fn follow(tenant: &Tenant) -> Vec<Value> {
    let mut told: Vec<Value> = Vec::new();
    loop {
        let path = tenant.path(&format!("/events?after={}&limit=100", told.len()));
        let Ok(reply) = tenant.operator.call("GET", &path).try_send() else { return told };
        told.extend(reply.expect(200)["items"].as_array().unwrap().iter().cloned());
    }
}

/// Lets everybody write, kills the server, and gives what writers and the reader were told.
fn burst(server: Server, at: &At, round: usize, writes: usize) -> (Vec<Told>, Vec<Value>) {
    let acknowledged = AtomicUsize::new(0);
    let (tenant, client) = (at.tenant(&server), at.client(&server));
    thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let (client, acknowledged) = (client.another(), &acknowledged);
                scope.spawn(move || write(&client, &at.group, round, writer, acknowledged))
            })
            .collect();
        let reader = scope.spawn(|| follow(&tenant));
        scope.spawn(|| refilter(&tenant, &client.connection));
        while acknowledged.load(Ordering::Acquire) < writes {
            assert!(writers.iter().all(|writer| !writer.is_finished()), "a writer stopped before the server did");
            thread::sleep(Duration::from_millis(1));
        }
        server.kill();
        let told = writers.into_iter().map(|writer| writer.join().unwrap()).collect();
        (told, reader.join().unwrap())
    })
}

/// What stays the same over the rounds, while servers and their addresses change.
struct At {
    tenant: String,
    token: String,
    connection: String,
    group: String,
}

impl At {
    fn tenant(&self, server: &Server) -> Tenant {
        Tenant { operator: server.operator(), id: self.tenant.clone() }
    }

    fn client(&self, server: &Server) -> Client {
        Client::new(server.address(), &self.token, &self.connection)
    }
}

#[test]
fn killed_servers_lose_nothing_and_repeat_nothing() {
    let data = Scratch::new();
    let mut server = Server::options().data_dir(data.path()).start();
    let tenant = server.operator().tenant("Crash");
    // Whoever falls through the filter goes, however many they are: holds have tests of their own.
    let _ = tenant.patch("", &json!({"guard": {"count": 1_000_000}})).expect(200);
    let body = json!({"provider": "jumpcloud", "name": "JumpCloud", "groupPrefixes": ["NB-"], "userGroups": FILTER});
    let client = tenant.connect_with(&body);
    let group = client.group("NB-Crash", &[]);
    let at = At { tenant: tenant.id, token: client.token().to_owned(), connection: client.connection, group };
    let mut told: Vec<Told> = Vec::new();
    let mut history: Vec<Value> = Vec::new();
    for (round, writes) in WRITES.into_iter().enumerate() {
        let (answers, events) = burst(server, &at, round, writes);
        told.extend(answers);
        let started = Instant::now();
        server = Server::options().data_dir(data.path()).start();
        let client = at.client(&server);
        client.get("/Users?count=1").expect(200);
        println!("round {round}: first answer {:?} after the start, {} events followed", started.elapsed(), events.len());
        let found = inventory(&client, &at.group);
        check_inventory(&told, &found);
        check_directory(&at.tenant(&server), &at.connection, &found);
        // What readers were given before is what they would be given again.
        let now = at.tenant(&server).events();
        for before in [&history, &events] {
            assert_eq!(now[..before.len()], before[..], "history changed");
        }
        history = now;
    }
}

/// What is deleted in steps goes on being deleted.
#[test]
fn deletions_go_on_after_a_kill() {
    let data = Scratch::new();
    let server = Server::options().data_dir(data.path()).start();
    let (tenant, gone) = (server.operator().tenant("Stays"), server.operator().tenant("Goes"));
    let _ = tenant.patch("", &json!({"guard": {"count": 1_000_000}})).expect(200);
    let (client, stays) = (tenant.connect(), tenant.connect_with(&json!({"provider": "okta", "name": "Stays"})));
    let fill = |client: &Client, number: usize| {
        thread::scope(|scope| {
            for part in 0..8 {
                let client = client.another();
                scope.spawn(move || {
                    let users: Vec<String> = (0..number).map(|place| client.user(&format!("p{part}-{place}@example.com"))).collect();
                    client.group(&format!("Group {part}"), &users.iter().map(String::as_str).collect::<Vec<_>>());
                });
            }
        });
    };
    fill(&client, 60);
    fill(&stays, 2);
    fill(&gone.connect(), 20);
    tenant.synced();
    let _ = tenant.delete(&format!("/connections/{}", client.connection)).expect(204);
    let _ = gone.operator.delete(&gone.path("")).expect(204);
    server.kill();
    let server = Server::options().data_dir(data.path()).start();
    let tenant = Tenant { operator: server.operator(), id: tenant.id.clone() };
    Client::new(server.address(), client.token(), &client.connection).get("/Users").scim_error(401, None);
    eventually("the inventory is gone", || (tenant.synced()["inventory"] == json!({"users": 16, "groups": 8})).then_some(()));
    let directory = assert_replay(&tenant);
    assert_eq!((directory.statuses().len(), directory.groups_by_name().len()), (16, 8));
    assert_eq!(server.operator().all("/tenants").len(), 1);
}
