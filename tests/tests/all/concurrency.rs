//! Many clients at once on one resource: nothing is lost.

use std::collections::BTreeSet;
use std::sync::Barrier;
use std::thread;

use doorlist_tests::callers::{Client, text};
use serde_json::{Value, json};

use crate::directory::assert_replay;
use crate::shared;

/// Clients at once.
const CLIENTS: usize = 64;

/// Runs `act` in as many threads, each with connections of its own, all let go at the same time.
fn together<T: Send>(client: &Client, number: usize, act: impl Fn(usize, &Client) -> T + Sync) -> Vec<T> {
    let start = Barrier::new(number);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..number)
            .map(|place| {
                let (client, act, start) = (client.another(), &act, &start);
                scope.spawn(move || {
                    start.wait();
                    act(place, &client)
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

#[test]
fn members_added_at_once_are_all_there() {
    let tenant = shared::tenant("64 adds");
    let client = tenant.connect();
    let users = together(&client, CLIENTS, |place, client| client.user(&format!("add-{place}@example.com")));
    let group = client.group("Everybody", &[]);
    let _: Vec<()> = together(&client, CLIENTS, |place, client| client.join(&group, &users[place]));
    let mut expected = users.clone();
    expected.sort();
    assert_eq!(client.members(&group), expected);
    tenant.synced();
    let members = tenant.all(&format!("/groups/{group}/users"));
    assert_eq!(members.len(), CLIENTS, "the directory has them too");
    assert_replay(&tenant);
}

#[test]
fn adds_and_removes_at_once_do_not_disturb_each_other() {
    let tenant = shared::tenant("adds and removes");
    let client = tenant.connect();
    let users = together(&client, CLIENTS, |place, client| client.user(&format!("mix-{place}@example.com")));
    let leaving: Vec<&str> = users.iter().step_by(2).map(String::as_str).collect();
    let group = client.group("Mixed", &leaving);
    // Who is there leaves, who is not comes; some come and go and come, and a rename runs between.
    let _: Vec<()> = together(&client, CLIENTS, |place, client| {
        if place % 2 == 0 {
            client.leave(&group, &users[place]);
        } else {
            client.join(&group, &users[place]);
            if place % 3 == 0 {
                client.leave(&group, &users[place]);
                client.join(&group, &users[place]);
            }
        }
        if place % 16 == 0 {
            client.rename(&group, &format!("Mixed {place}"));
        }
    });
    let mut expected: Vec<String> = users.iter().skip(1).step_by(2).cloned().collect();
    expected.sort();
    assert_eq!(client.members(&group), expected);
    assert_replay(&tenant);
}

#[test]
fn different_attributes_of_one_user_are_all_kept() {
    let client = shared::client("one user");
    let user = client.user("one@example.com");
    let _: Vec<()> = together(&client, 32, |place, client| {
        let change = json!([{"op": "add", "path": "phoneNumbers", "value": [{"value": format!("{place:02}"), "type": "work"}]}]);
        let _ = client.patch(&format!("/Users/{user}"), &change).expect(200);
    });
    let read = client.get(&format!("/Users/{user}")).expect(200);
    let mut numbers: Vec<String> = read["phoneNumbers"].as_array().unwrap().iter().map(|number| text(number, "value")).collect();
    numbers.sort();
    assert_eq!(numbers, (0..32).map(|place| format!("{place:02}")).collect::<Vec<_>>());
}

#[test]
fn of_two_with_one_name_one_is_made() {
    let client = shared::client("one name");
    for round in 0..5 {
        let body = json!({"userName": format!("same-{round}@example.com")});
        let mut made: Vec<u16> = together(&client, 16, |_, client| {
            let reply = client.post("/Users", &body);
            let status = reply.status;
            if status == 409 {
                reply.scim_error(409, Some("uniqueness"));
            } else {
                let _ = reply.expect(201);
            }
            status
        });
        made.sort_unstable();
        assert_eq!(made, [vec![201], vec![409; 15]].concat());
        assert_eq!(client.find("/Users", &format!("userName eq \"same-{round}@example.com\"")).len(), 1);
    }
}

#[test]
fn a_user_deleted_while_it_is_changed_is_gone() {
    let tenant = shared::tenant("delete and change");
    let client = tenant.connect();
    for round in 0..5 {
        let user = client.user(&format!("gone-{round}@example.com"));
        let group = client.group(&format!("Gone {round}"), &[]);
        let statuses = together(&client, 12, |place, client| match place % 3 {
            0 => client.delete(&format!("/Users/{user}")).status,
            1 => client.patch(&format!("/Users/{user}"), &json!([{"op": "replace", "path": "title", "value": place.to_string()}])).status,
            _ => client.patch(&format!("/Groups/{group}"), &json!([{"op": "add", "path": "members", "value": [{"value": user}]}])).status,
        });
        assert_eq!(statuses.iter().step_by(3).filter(|status| **status == 204).count(), 1, "one deletion succeeds: {statuses:?}");
        client.get(&format!("/Users/{user}")).scim_error(404, None);
        assert_eq!(client.members(&group), Vec::<String>::new(), "nobody is left behind in a group");
        let read: Value = client.get("/Users").expect(200);
        assert_eq!(read["totalResults"], 0);
    }
    assert_eq!(tenant.members(), Vec::<Value>::new());
    assert_replay(&tenant);
}

/// Of operators who change one pipeline at once, one is first; the others learn that they were overtaken.
#[test]
fn of_two_pipelines_one_is_put() {
    let tenant = shared::tenant("pipelines");
    let client = tenant.connect();
    let revision = tenant.get("/pipeline").expect(200)["revision"].clone();
    let mut statuses = together(&client, 16, |place, _| {
        let policies = json!([{"name": format!("by-{place}"), "plugin": "group-prefix", "settings": {"prefixes": [place.to_string()]}}]);
        tenant.put("/pipeline", &json!({"policies": policies, "revision": revision})).status
    });
    statuses.sort_unstable();
    assert_eq!(statuses, [vec![200], vec![409; 15]].concat());
    assert_eq!(tenant.get("/pipeline").expect(200)["revision"], 2);
}

/// Operators and the identity provider change the same people at once.
#[test]
fn operators_and_clients_do_not_undo_each_other() {
    let tenant = shared::tenant("operators and clients");
    let client = tenant.connect();
    let users: Vec<String> = (0..16).map(|place| client.user(&format!("both-{place:02}@example.com"))).collect();
    let members: Vec<String> = tenant.members().iter().map(|member| text(member, "id")).collect();
    let _: Vec<()> = together(&client, 32, |place, client| {
        let (who, is_operator) = (place / 2, place % 2 == 0);
        for round in 0..5 {
            if is_operator {
                let _ =
                    tenant.patch(&format!("/users/{}", members[who]), &json!({"role": "auditor", "blocked": round % 2 == 0})).expect(200);
            } else {
                client.set(&users[who], &json!({"displayName": format!("Round {round}"), "active": round % 2 == 0}));
            }
        }
    });
    for member in tenant.members() {
        let shown = (&member["role"], &member["blocked"], &member["status"], &member["displayName"]);
        assert_eq!(shown, (&json!("auditor"), &json!(true), &json!("blocked"), &json!("Round 4")), "{member}");
    }
    assert_replay(&tenant);
}

/// While the filter changes and changes, everybody is in the end where the last one puts them.
#[test]
fn filters_change_while_clients_write() {
    let tenant = shared::tenant("filters and writes");
    // Each filter lets most of them fall.
    let _ = tenant.patch("", &json!({"guard": {"count": 1_000_000}})).expect(200);
    let client = tenant.connect_with(&json!({"provider": "jumpcloud", "name": "J", "groupPrefixes": ["A-"], "userGroups": ["A-Staff"]}));
    let groups = ["A-Staff", "B-Staff", "C-Staff"].map(|name| client.group(name, &[]));
    let connection = format!("/connections/{}", client.connection);
    let _: Vec<()> = together(&client, 8, |place, client| {
        if place == 0 {
            for prefix in ["B", "A", "C", "B"] {
                let body = json!({"groupPrefixes": [format!("{prefix}-")], "userGroups": [format!("{prefix}-Staff")]});
                let _ = tenant.patch(&connection, &body).expect(200);
            }
            return;
        }
        for number in 0..12 {
            let user = client.user(&format!("w{place}-{number}@example.com"));
            client.join(&groups[number % 3], &user);
            if number % 4 == 0 {
                client.join(&groups[1], &user);
                client.leave(&groups[number % 3], &user);
            }
        }
    });
    let expected: Vec<String> =
        client.members(&groups[1]).iter().map(|id| text(&client.get(&format!("/Users/{id}")).expect(200), "userName")).collect();
    let directory = assert_replay(&tenant);
    let names: BTreeSet<String> = directory.statuses().into_keys().collect();
    assert_eq!(names, expected.iter().cloned().collect());
    assert_eq!(
        directory.groups_by_name().into_iter().map(|(name, members)| (name, members.len())).collect::<Vec<_>>(),
        [("B-Staff".to_owned(), expected.len())]
    );
}
