//! What the directory was, and what happened to whom by which request.

use std::collections::{BTreeMap, BTreeSet};
use std::thread;
use std::time::Duration;

use doorlist_tests::callers::text;
use doorlist_tests::http::query;
use doorlist_tests::server::Signal;
use doorlist_tests::{Operator, Reply, Scratch, Server, Tenant};
use serde_json::{Value, json};

use super::Directory;
use crate::shared;

/// Items on a page, so that lists have several.
const LIMIT: &str = "2";

/// Every item of a list of the past, over all its pages.
#[track_caller]
fn all_at(tenant: &Tenant, path: &str, at: (&str, &str)) -> Vec<Value> {
    let mut items = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let pairs: Vec<_> = [at, ("limit", LIMIT)].into_iter().chain(cursor.as_deref().map(|cursor| ("cursor", cursor))).collect();
        let page = tenant.get(&query(path, &pairs)).expect(200);
        items.extend(page["items"].as_array().expect("a list has items").iter().cloned());
        match page["nextCursor"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => return items,
        }
    }
}

/// The directory as the lists of the past show it, which agree with each other and with what is read one by one.
#[track_caller]
fn directory_at(tenant: &Tenant, at: (&str, &str)) -> Directory {
    let mut directory = Directory::default();
    for (path, things) in [("users", &mut directory.members), ("groups", &mut directory.groups)] {
        for item in all_at(tenant, &format!("/{path}"), at) {
            let id = text(&item, "id");
            assert_eq!(tenant.get(&query(&format!("/{path}/{id}"), &[at])).expect(200), item);
            assert!(things.insert(id, item).is_none(), "nothing is listed twice");
        }
    }
    for group in directory.groups.keys() {
        for member in all_at(tenant, &format!("/groups/{group}/users"), at) {
            let id = text(&member, "id");
            assert_eq!(directory.members.get(&id), Some(&member), "a group's list shows members as they were");
            directory.memberships.insert((id, group.clone()));
        }
    }
    let mut other_side = BTreeSet::new();
    for member in directory.members.keys() {
        for group in all_at(tenant, &format!("/users/{member}/groups"), at) {
            let id = text(&group, "id");
            assert_eq!(directory.groups.get(&id), Some(&group));
            other_side.insert((member.clone(), id));
        }
    }
    assert_eq!(directory.memberships, other_side, "memberships were the same from both sides");
    directory
}

/// Number of the newest event, once nothing is left to project.
#[track_caller]
fn newest(tenant: &Tenant) -> u64 {
    tenant.synced()["lastEvent"].as_u64().expect("a state has a last event")
}

/// A member's or group's history.
#[track_caller]
fn history(tenant: &Tenant, path: &str, pairs: &[(&str, &str)]) -> Vec<Value> {
    tenant.synced();
    let page = tenant.get(&query(&format!("{path}/history"), pairs)).expect(200);
    page["items"].as_array().expect("a list has items").clone()
}

#[track_caller]
fn request_id(reply: &Reply) -> String {
    assert!(reply.status < 300, "{reply}");
    reply.header("x-request-id").expect("every answer has a request id").to_owned()
}

/// A history of every kind of change, with a settled point behind each.
fn live(tenant: &Tenant, mut settled: impl FnMut()) {
    let client = tenant.connect_with(&json!({"provider": "jumpcloud", "name": "JumpCloud", "groupPrefixes": ["NB-"]}));
    let users: Vec<String> = (0..5).map(|number| client.user(&format!("user{number}@example.com"))).collect();
    settled();
    let staff = client.group("NB-Staff", &[&users[0], &users[1], &users[2]]);
    let ops = client.group("NB-Ops", &[&users[2], &users[3], &users[4]]);
    let hidden = client.group("Hidden", &[&users[0], &users[4]]);
    settled();
    client.leave(&staff, &users[1]);
    client.set(&users[2], &json!({"displayName": "Renamed"}));
    settled();
    let local = text(&tenant.post("/users", &json!({"userName": "local@example.com"})).expect(201), "id");
    let room = text(&tenant.post("/groups", &json!({"displayName": "Room"})).expect(201), "id");
    for member in [&local, &users[0]] {
        let _ = tenant.put(&format!("/groups/{room}/users/{member}"), &json!({})).expect(204);
    }
    settled();
    let _ = tenant.patch(&format!("/users/{}", users[0]), &json!({"role": "owner", "blocked": true})).expect(200);
    settled();
    client.remove(&format!("/Users/{}", users[0]));
    client.remove(&format!("/Groups/{ops}"));
    settled();
    let _ = tenant.patch(&format!("/connections/{}", client.connection), &json!({"groupPrefixes": ["Hid"]})).expect(200);
    settled();
    client.rename(&hidden, "Hidden twice");
    // Somebody comes back to the role and the block that an operator set.
    let _ = client.user("user0@example.com");
    settled();
    let _ = tenant.delete(&format!("/users/{local}")).expect(204);
    let _ = tenant.delete(&format!("/groups/{room}")).expect(204);
    settled();
}

#[test]
fn the_directory_is_known_as_it_was_at_every_number() {
    let tenant = shared::tenant("as it was");
    let mut seen = BTreeMap::new();
    live(&tenant, || drop(seen.insert(newest(&tenant), Directory::listed(&tenant))));
    assert!(seen.len() > 8, "{:?}", seen.keys());
    for (sequence, directory) in &seen {
        assert_eq!(directory_at(&tenant, ("atSequence", &sequence.to_string())), *directory, "behind event {sequence}");
    }
    assert_eq!(directory_at(&tenant, ("atSequence", "0")), Directory::default(), "before the first event there was nothing");
    // Also where no list was read: what the events tell is what was.
    let events = tenant.events();
    for count in (0..events.len()).step_by(3) {
        assert_eq!(directory_at(&tenant, ("atSequence", &count.to_string())), Directory::folded(&events[..count]), "behind event {count}");
    }
    assert_eq!(tenant.synced()["oldestSequence"], 0);
}

#[test]
fn the_directory_is_known_as_it_was_at_a_time() {
    let tenant = shared::tenant("at a time");
    let client = tenant.connect();
    let (ada, bob) = (client.user("ada@example.com"), client.user("bob@example.com"));
    let staff = client.group("Staff", &[&ada, &bob]);
    let before = Directory::listed(&tenant);
    let then = text(tenant.events().last().expect("something happened"), "at");
    // Times have milliseconds; the next change is to have another.
    thread::sleep(Duration::from_millis(5));
    client.leave(&staff, &ada);
    client.remove(&format!("/Users/{bob}"));
    let after = Directory::listed(&tenant);
    assert_ne!(before, after);
    assert_eq!(directory_at(&tenant, ("atTime", &then)), before);
    let now = text(tenant.events().last().expect("something happened"), "at");
    assert_eq!(directory_at(&tenant, ("atTime", &now)), after);
    assert_eq!(directory_at(&tenant, ("atTime", "2001-01-01T00:00:00Z")), Directory::default());
    // One member, also one that is gone.
    let was = tenant.get(&query(&format!("/users/{bob}"), &[("atTime", &then)])).expect(200);
    assert_eq!(was["userName"], "bob@example.com");
    tenant.get(&query(&format!("/users/{bob}"), &[("atTime", &now)])).problem(404);
    tenant.get(&query(&format!("/users/{bob}/groups"), &[("atTime", &now)])).problem(404);
}

#[test]
fn a_list_of_the_past_stays_at_its_moment() {
    let tenant = shared::tenant("pinned");
    let client = tenant.connect();
    let users: Vec<String> = (0..5).map(|number| client.user(&format!("user{number}@example.com"))).collect();
    let group = client.group("Staff", &users.iter().map(String::as_str).collect::<Vec<_>>());
    let expected = tenant.members();
    let now = text(tenant.events().last().expect("something happened"), "at");
    for path in ["/users".to_owned(), format!("/groups/{group}/users")] {
        let mut page = tenant.get(&query(&path, &[("atTime", &now), ("limit", "2")])).expect(200);
        let mut found = page["items"].as_array().unwrap().clone();
        while let Some(cursor) = page["nextCursor"].as_str() {
            // Whoever comes, goes or changes meanwhile does not show, even if it was in the same millisecond.
            let _ = client.user(&format!("{}-{}@example.com", path.len(), found.len()));
            client.set(&users[found.len()], &json!({"displayName": format!("Other {path}")}));
            tenant.synced();
            page = tenant.get(&query(&path, &[("atTime", &now), ("limit", "2"), ("cursor", cursor)])).expect(200);
            found.extend(page["items"].as_array().unwrap().iter().cloned());
        }
        if path == "/users" {
            assert_eq!(found, expected);
        }
        assert_eq!(found.len(), expected.len());
    }
}

#[test]
fn a_moment_that_cannot_be_is_refused() {
    let tenant = shared::tenant("no moment");
    let client = tenant.connect();
    let ada = client.user("ada@example.com");
    let _ = client.user("bob@example.com");
    let staff = client.group("Staff", &[&ada]);
    let newest = newest(&tenant);
    let page = tenant.get(&query("/users", &[("atSequence", &newest.to_string()), ("limit", "1")])).expect(200);
    let cursor = text(&page, "nextCursor");
    let paths = [
        "/users".to_owned(),
        "/groups".to_owned(),
        format!("/users/{ada}"),
        format!("/groups/{staff}"),
        format!("/users/{ada}/groups"),
        format!("/groups/{staff}/users"),
    ];
    for path in &paths {
        let future = (newest + 1).to_string();
        for pairs in [
            &[("atSequence", "1"), ("atTime", "2026-01-01T00:00:00Z")][..],
            &[("atSequence", future.as_str())],
            &[("atSequence", "-1")],
            &[("atSequence", "x")],
            &[("atSequence", "")],
            &[("atTime", "yesterday")],
            &[("atTime", "2026-01-01")],
            &[("atTime", "9998-01-01T00:00:00Z")],
        ] {
            tenant.get(&query(path, pairs)).problem(400);
        }
    }
    for pairs in
        [&[("cursor", cursor.as_str())][..], &[("cursor", &cursor), ("atSequence", "1")], &[("cursor", "nonsense"), ("atSequence", "1")]]
    {
        tenant.get(&query("/users", pairs)).problem(400);
    }
    for path in ["/users/01890a5d-ac96-774b-bcce-b302099a8057", "/groups/01890a5d-ac96-774b-bcce-b302099a8057", "/users/x", "/groups/x"] {
        tenant.get(&format!("{path}/history")).problem(404);
        tenant.get(&query(path, &[("atSequence", "1")])).problem(404);
    }
    tenant.get(&query(&format!("/users/{ada}/history"), &[("group", "x")])).problem(400);
    tenant.get(&query(&format!("/groups/{staff}/history"), &[("user", "x")])).problem(400);
}

/// The one call that says when a member lost a group, by which request, under which revision.
#[track_caller]
fn assert_lost(tenant: &Tenant, (user, group): (&str, &str), kind: &str, request: &str) -> Value {
    let revision = tenant.synced()["pipelineRevision"].clone();
    let items = history(tenant, &format!("/users/{user}"), &[("group", group)]);
    let lost = items.first().unwrap_or_else(|| panic!("nothing is known of {user} and {group}")).clone();
    assert_eq!(lost["event"]["type"], kind, "{lost}");
    assert_eq!(lost["request"]["requestId"], request, "{lost}");
    assert_eq!(lost["event"]["cause"]["activity"], lost["request"]["sequence"], "{lost}");
    assert_eq!(lost["event"]["cause"]["pipelineRevision"], revision, "{lost}");
    assert_eq!(items[1]["event"]["type"], "membership.added", "before that it came into it: {items:?}");
    // From the group's side it is the same.
    let others = history(tenant, &format!("/groups/{group}"), &[("user", user)]);
    let events = |items: &[Value]| items.iter().map(|item| item["event"].clone()).collect::<Vec<_>>();
    assert_eq!(events(&items), events(&others));
    lost
}

#[test]
fn who_lost_a_group_is_told_with_the_request_that_caused_it() {
    let tenant = shared::tenant("lost");
    let client = tenant.connect_with(&json!({"provider": "jumpcloud", "name": "JumpCloud", "groupPrefixes": ["NB-"]}));
    let (ada, bob, eve) = (client.user("ada@example.com"), client.user("bob@example.com"), client.user("eve@example.com"));
    let groups = ["NB-Left", "NB-Deleted", "NB-Hidden"].map(|name| client.group(name, &[&ada, &bob]));
    let [left, deleted, hidden] = groups.each_ref().map(String::as_str);
    let renamed = client.group("NB-Renamed", &[&ada, &bob]);
    let room = text(&tenant.post("/groups", &json!({"displayName": "Room"})).expect(201), "id");
    tenant.synced();
    let _ = tenant.put(&format!("/groups/{room}/users/{ada}"), &json!({})).expect(204);

    let change = json!([{"op": "remove", "path": "members", "value": [{"value": ada}]}]);
    let request = request_id(&client.patch(&format!("/Groups/{left}"), &change));
    let lost = assert_lost(&tenant, (&ada, left), "membership.removed", &request);
    assert_eq!((&lost["group"]["name"], &lost["request"]["actor"]["kind"]), (&json!("NB-Left"), &json!("client")), "{lost}");

    let request = request_id(&client.delete(&format!("/Groups/{deleted}")));
    let lost = assert_lost(&tenant, (&ada, deleted), "group.removed", &request);
    assert_eq!((&lost["group"]["name"], &lost["request"]["action"]), (&json!("NB-Deleted"), &json!("DELETE /Groups/{id}")), "{lost}");

    // A rename that a filter makes a removal of.
    let request = request_id(&client.patch(&format!("/Groups/{renamed}"), &json!([{"op": "replace", "value": {"displayName": "Other"}}])));
    assert_lost(&tenant, (&ada, &renamed), "group.removed", &request);
    // And back: the members come into it by the same request, although nobody touched them.
    let request =
        request_id(&client.patch(&format!("/Groups/{renamed}"), &json!([{"op": "replace", "value": {"displayName": "NB-Again"}}])));
    let came = &history(&tenant, &format!("/users/{bob}"), &[("group", &renamed)])[0];
    assert_eq!((&came["event"]["type"], &came["request"]["requestId"]), (&json!("membership.added"), &json!(request)), "{came}");

    let request = request_id(&tenant.delete(&format!("/groups/{room}/users/{ada}")));
    let lost = assert_lost(&tenant, (&ada, &room), "membership.removed", &request);
    assert_eq!(lost["request"]["actor"]["kind"], "operator", "{lost}");

    // Another pipeline, for which somebody is responsible as well.
    let before = tenant.synced()["pipelineRevision"].clone();
    let path = format!("/connections/{}", client.connection);
    let request = request_id(&tenant.patch(&path, &json!({"groupPrefixes": ["NB-Left"]})));
    let lost = assert_lost(&tenant, (&ada, hidden), "group.removed", &request);
    assert_ne!(lost["event"]["cause"]["pipelineRevision"], before);

    // Whoever goes leaves everything, and is known also then.
    let request = request_id(&client.delete(&format!("/Users/{bob}")));
    let lost = assert_lost(&tenant, (&bob, left), "member.removed", &request);
    assert_eq!(lost["memberBefore"]["userName"], "bob@example.com", "{lost}");
    assert_eq!(history(&tenant, &format!("/groups/{left}"), &[])[0]["member"]["name"], "bob@example.com");
    // Nobody else is told anything of it.
    let of_eve = history(&tenant, &format!("/users/{eve}"), &[]);
    assert_eq!(of_eve.iter().map(|item| text(&item["event"], "type")).collect::<Vec<_>>(), ["member.added"]);
}

#[test]
fn a_history_is_read_page_by_page() {
    let tenant = shared::tenant("history pages");
    let client = tenant.connect();
    let ada = client.user("ada@example.com");
    let group = client.group("Staff", &[&ada]);
    for number in 0..3 {
        client.leave(&group, &ada);
        client.set(&ada, &json!({"displayName": format!("Ada {number}")}));
        tenant.synced();
        client.join(&group, &ada);
        tenant.synced();
    }
    for (path, concerned) in [(format!("/users/{ada}"), &ada), (format!("/groups/{group}"), &group)] {
        let whole = history(&tenant, &path, &[]);
        let numbers: Vec<u64> = whole.iter().map(|item| item["event"]["sequence"].as_u64().unwrap()).collect();
        assert!(numbers.is_sorted_by(|one, other| one > other), "newest first: {numbers:?}");
        // All that the events say of it, and nothing else.
        let about = |event: &&Value| {
            [&event["member"]["id"], &event["group"]["id"], &event["memberId"], &event["groupId"]].contains(&&json!(concerned))
        };
        let expected: Vec<Value> = tenant.events().iter().rev().filter(about).cloned().collect();
        assert_eq!(whole.iter().map(|item| item["event"].clone()).collect::<Vec<_>>(), expected);
        let (mut pages, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let pairs: Vec<_> = [("limit", LIMIT)].into_iter().chain(cursor.as_deref().map(|cursor| ("cursor", cursor))).collect();
            let page = tenant.get(&query(&format!("{path}/history"), &pairs)).expect(200);
            pages.extend(page["items"].as_array().unwrap().iter().cloned());
            match page["nextCursor"].as_str() {
                Some(next) => cursor = Some(next.to_owned()),
                None => break,
            }
        }
        assert_eq!(pages, whole);
    }
    let updated =
        history(&tenant, &format!("/users/{ada}"), &[]).into_iter().find(|item| item["event"]["type"] == "member.updated").unwrap();
    assert_eq!((&updated["memberBefore"]["displayName"], &updated["event"]["member"]["displayName"]), (&json!("Ada 1"), &json!("Ada 2")));
}

#[test]
fn a_connection_that_is_deleted_is_the_cause_of_what_goes_with_it() {
    let tenant = shared::tenant("gone with it");
    let client = tenant.connect();
    let ada = client.user("ada@example.com");
    let staff = client.group("Staff", &[&ada]);
    tenant.synced();
    let request = request_id(&tenant.delete(&format!("/connections/{}", client.connection)));
    doorlist_tests::eventually("the directory is empty", || (tenant.members().is_empty() && tenant.groups().is_empty()).then_some(()));
    for path in [format!("/users/{ada}"), format!("/groups/{staff}")] {
        for item in history(&tenant, &path, &[]).iter().filter(|item| text(&item["event"], "type").ends_with(".removed")) {
            assert_eq!(item["request"]["requestId"], request, "{item}");
        }
    }
}

#[test]
fn the_past_outlives_a_restart() {
    let data = Scratch::new();
    let server = Server::options().data_dir(data.path()).start();
    let tenant = server.operator().tenant("Restarted");
    let mut seen = BTreeMap::new();
    live(&tenant, || drop(seen.insert(newest(&tenant), Directory::listed(&tenant))));
    let member = text(&tenant.members()[0], "id");
    let history_before = history(&tenant, &format!("/users/{member}"), &[]);
    server.signal(Signal::Terminate);
    assert_eq!(server.wait().status.code(), Some(0));
    let again = Server::options().data_dir(data.path()).start();
    let tenant = Tenant { operator: Operator::new(again.address(), tenant.operator.key()), id: tenant.id };
    for (sequence, directory) in &seen {
        assert_eq!(directory_at(&tenant, ("atSequence", &sequence.to_string())), *directory, "behind event {sequence}");
    }
    assert_eq!(history(&tenant, &format!("/users/{member}"), &[]), history_before);
}
