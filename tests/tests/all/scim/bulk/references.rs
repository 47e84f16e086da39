//! References between the operations of one request (RFC 7644 section 3.7.1), in any order and in circles.

use std::collections::{BTreeMap, BTreeSet};

use doorlist_tests::callers::{Client, ENTERPRISE_URN, text};
use doorlist_tests::{Dice, operations};
use serde_json::{Value, json};

use super::{group, id, patch, post, statuses, user};
use crate::directory::assert_replay;
use crate::shared;

/// Who is in which group, by name, on both sides.
fn memberships(client: &Client) -> BTreeMap<String, BTreeSet<String>> {
    let list = |path: &str| client.get(path).expect(200)["Resources"].as_array().unwrap().clone();
    let (users, groups) = (list("/Users"), list("/Groups"));
    let name = |id: &Value| {
        let found = users.iter().chain(&groups).find(|one| one["id"] == *id).unwrap_or_else(|| panic!("{id} is a member and not there"));
        found.get("userName").or(found.get("displayName")).and_then(Value::as_str).unwrap().to_owned()
    };
    let members = |group: &Value| group["members"].as_array().into_iter().flatten().map(|member| name(&member["value"])).collect();
    let found: BTreeMap<String, BTreeSet<String>> = groups.iter().map(|group| (text(group, "displayName"), members(group))).collect();
    for user in &users {
        let shown: BTreeSet<String> = user["groups"].as_array().into_iter().flatten().map(|group| text(group, "display")).collect();
        let expected = found.iter().filter(|(_, members)| members.contains(user["userName"].as_str().unwrap()));
        assert_eq!(shown, expected.map(|(name, _)| name.clone()).collect(), "{user}");
    }
    found
}

fn expected(groups: &[(&str, &[&str])]) -> BTreeMap<String, BTreeSet<String>> {
    groups.iter().map(|(name, members)| ((*name).to_owned(), members.iter().map(|member| (*member).to_owned()).collect())).collect()
}

/// What a group has in the end.
type Groups<'a> = &'a [(&'a str, &'a [&'a str])];

#[test]
fn references_work_in_every_place_and_order() {
    let add = |group: &str, member: &str| {
        patch(
            &format!("/Groups/bulkId:{group}"),
            &json!([{"op": "add", "path": "members", "value": [{"value": format!("bulkId:{member}")}]}]),
        )
    };
    let (a, b) = ("a@example.com", "b@example.com");
    let cases: &[(&str, Value, Groups<'_>)] = &[
        ("members", json!([user("a"), user("b"), group("team", &["a", "b"])]), &[("team", &[a, b])]),
        ("a path and a value", json!([group("team", &[]), user("a"), add("team", "a")]), &[("team", &[a])]),
        (
            "without a path in the PATCH",
            json!([
                user("a"),
                group("team", &[]),
                patch("/Groups/bulkId:team", &json!([{"op": "replace", "value": {"members": [{"value": "bulkId:a"}]}}]))
            ]),
            &[("team", &[a])],
        ),
        (
            "a PUT",
            json!([group("team", &["b"]), user("a"), user("b"), {"method": "PUT", "path": "/Groups/bulkId:team", "data": {"displayName": "put", "members": [{"value": "bulkId:a"}]}}]),
            &[("put", &[a])],
        ),
        (
            "nested groups",
            json!([user("a"), group("inner", &["a"]), group("outer", &["inner", "a"])]),
            &[("inner", &[a]), ("outer", &["inner", a])],
        ),
        ("a circle of two", json!([group("one", &["two"]), group("two", &["one"])]), &[("one", &["two"]), ("two", &["one"])]),
        (
            "a circle of three, with somebody",
            json!([group("one", &["two"]), group("two", &["three", "a"]), user("a"), group("three", &["one"])]),
            &[("one", &["two"]), ("two", &["three", a]), ("three", &["one"])],
        ),
        (
            "two circles that touch",
            json!([group("one", &["two"]), group("two", &["one", "three"]), group("three", &["two", "one"])]),
            &[("one", &["two"]), ("two", &["one", "three"]), ("three", &["two", "one"])],
        ),
    ];
    for (label, message, groups) in cases {
        let operations = message.as_array().unwrap();
        // The client's order, its reverse, and each rotation; what depends on the order of changes of one group is not here.
        let orders = (0..operations.len()).flat_map(|by| {
            let mut rotated = operations.clone();
            rotated.rotate_left(by);
            let reversed: Vec<Value> = rotated.iter().rev().cloned().collect();
            [rotated, reversed]
        });
        for order in orders {
            let client = shared::client(label);
            let outcomes = client.bulk(&json!(order));
            for (outcome, operation) in outcomes.iter().zip(&order) {
                let status = if operation["method"] == "POST" { "201" } else { "200" };
                assert_eq!(outcome["status"], status, "{label}: {operation} became {outcome}");
                assert_eq!(outcome.get("bulkId"), operation.get("bulkId"), "{label}: outcomes are in the client's order");
            }
            assert_eq!(outcomes.len(), order.len(), "{label}");
            assert_eq!(memberships(&client), expected(groups), "{label}");
        }
    }
}

/// A reference is replaced wherever a value is one.
#[test]
fn references_in_other_attributes() {
    let client = shared::test_tenant("bulk managers").connect();
    let managed = |name: &str, manager: &str| {
        post(
            "/Users",
            name,
            &json!({"userName": format!("{name}@example.com"), ENTERPRISE_URN: {"manager": {"value": format!("bulkId:{manager}")}}}),
        )
    };
    let outcomes = client.bulk(&json!([
        managed("ada", "ben"),
        managed("ben", "ada"),
        managed("cid", "ada"),
        post(
            "/TestResources",
            "test",
            &json!({"required": "bulkId:cid", "complexes": [{"value": "bulkId:ada"}, {"value": "bulkId:test"}]})
        ),
        patch(
            "/Users/bulkId:cid",
            &json!([{"op": "replace", "path": format!("{ENTERPRISE_URN}:manager"), "value": {"value": "bulkId:ben"}}])
        ),
    ]));
    assert_eq!(statuses(&outcomes), ["201", "201", "201", "201", "200"]);
    let ids: Vec<String> = outcomes.iter().map(id).collect();
    for (place, manager) in [(0, 1), (1, 0), (2, 1)] {
        let user = client.get(&format!("/Users/{}", ids[place])).expect(200);
        assert_eq!(user[ENTERPRISE_URN]["manager"]["value"], ids[manager].as_str(), "{user}");
    }
    let test = client.get(&format!("/TestResources/{}", ids[3])).expect(200);
    assert_eq!((&test["required"], &test["complexes"]), (&json!(ids[2]), &json!([{"value": ids[0]}, {"value": ids[3]}])));
}

/// What refers to something that is not made fails, and nothing of it stays.
#[test]
fn references_that_lead_nowhere_are_conflicts() {
    let bad = post("/Users", "bad", &json!({"displayName": "no userName"}));
    let cases: &[(&str, Value, &[&str])] = &[
        ("unknown", json!([group("team", &["nobody"]), user("a")]), &["409", "201"]),
        ("unknown in a path", json!([patch("/Users/bulkId:nobody", &json!([{"op": "replace", "path": "title", "value": "T"}]))]), &["409"]),
        ("unknown, deleted", json!([{"method": "DELETE", "path": "/Users/bulkId:nobody"}]), &["409"]),
        ("failed before", json!([bad, group("team", &["bad"])]), &["400", "409"]),
        ("failed after", json!([group("team", &["bad"]), bad]), &["409", "400"]),
        ("by way of another", json!([group("outer", &["team"]), group("team", &["bad"]), bad, user("a")]), &["409", "409", "400", "201"]),
        ("a change of what failed", json!([bad, patch("/Users/bulkId:bad", &json!([{"op": "remove", "path": "title"}]))]), &["400", "409"]),
        (
            "the bulkId of no creation",
            json!([user("a"), {"method": "DELETE", "path": "/Users/bulkId:a", "bulkId": "gone"}, group("team", &["gone"])]),
            &["201", "204", "409"],
        ),
        ("itself", json!([group("team", &["team"]), user("a")]), &["400", "201"]),
    ];
    for (label, message, expected) in cases {
        let tenant = shared::tenant(label);
        let client = tenant.connect();
        let outcomes = client.bulk(message);
        assert_eq!(statuses(&outcomes), *expected, "{label}: {outcomes:?}");
        assert_eq!(client.get("/Groups").expect(200)["totalResults"], 0, "{label}: a group was left");
        for outcome in outcomes.iter().filter(|outcome| outcome["status"] == "409") {
            let error = &outcome["response"];
            assert_eq!((&error["status"], error.get("scimType")), (&json!("409"), None), "{label}: {outcome}");
        }
        assert_replay(&tenant);
    }
}

/// One of a circle fails: none of it is made, and each outcome says why.
#[test]
fn circles_are_made_together_or_not_at_all() {
    let client = shared::client("bulk circles");
    let taken = client.user("taken@example.com");
    let broken: &[(&str, Value)] = &[
        ("no name", post("/Groups", "three", &json!({"members": [{"value": "bulkId:one"}]}))),
        (
            "an unknown member",
            post("/Groups", "three", &json!({"displayName": "three", "members": [{"value": "bulkId:one"}, {"value": "nobody"}]})),
        ),
        ("an unknown reference", group("three", &["one", "nobody"])),
        ("itself", group("three", &["one", "three"])),
    ];
    for (label, third) in broken {
        let outcomes = client.bulk(&json!([group("one", &["two"]), user("free"), group("two", &["three"]), third, group("other", &[])]));
        let failed: Vec<bool> = statuses(&outcomes).into_iter().map(|status| status.starts_with('4')).collect();
        assert_eq!(failed, [true, false, true, true, false], "{label}: {outcomes:?}");
        assert_eq!(memberships(&client), expected(&[("other", &[])]), "{label}");
        for outcome in [&outcomes[1], &outcomes[4]] {
            client.remove(text(outcome, "location").split_once("/scim/v2").unwrap().1);
        }
    }
    client.get(&format!("/Users/{taken}")).expect(200);
}

/// Random groups that refer to each other: whoever leads to something that cannot be made is not made; everybody else is, with all members.
#[test]
fn random_references() {
    let mut dice = Dice::new(42);
    let mut failures = 0;
    for round in 0..12 {
        let client = shared::client("bulk random");
        let number = 2 + dice.roll(12);
        let name = |node: usize| format!("g{node}");
        let mut edges: Vec<BTreeSet<usize>> = Vec::new();
        let mut bad: BTreeSet<usize> = BTreeSet::new();
        for node in 0..number {
            edges.push((0..dice.roll(3)).map(|_| dice.roll(number)).collect());
            if dice.roll(12) == 0 || edges[node].contains(&node) {
                bad.insert(node);
            }
        }
        let message: Vec<Value> = (0..number)
            .map(|node| {
                let members: Vec<String> = edges[node].iter().map(|member| name(*member)).collect();
                let mut operation = group(&name(node), &members.iter().map(String::as_str).collect::<Vec<_>>());
                if bad.contains(&node) {
                    operation["data"]["displayName"] = json!({"no": "text"});
                }
                operation
            })
            .collect();
        let fails: Vec<bool> = (0..number).map(|node| reaches(&edges, node).iter().any(|node| bad.contains(node))).collect();
        let outcomes = client.bulk(&json!(message));
        let became: Vec<bool> = statuses(&outcomes).into_iter().map(|status| status != "201").collect();
        assert_eq!(became, fails, "round {round}: {message:?} became {outcomes:?}");
        let made = (0..number).filter(|node| !fails[*node]);
        let there = made.map(|node| (name(node), edges[node].iter().map(|member| name(*member)).collect())).collect();
        assert_eq!(memberships(&client), there, "round {round}");
        failures += fails.iter().filter(|fails| **fails).count();
    }
    assert!(failures > 10, "the rounds had faults");
}

/// Everything that one node leads to, itself included.
fn reaches(edges: &[BTreeSet<usize>], from: usize) -> BTreeSet<usize> {
    let (mut found, mut waiting) = (BTreeSet::new(), vec![from]);
    while let Some(node) = waiting.pop() {
        if found.insert(node) {
            waiting.extend(&edges[node]);
        }
    }
    found
}

/// A chain as long as a request can be, each operation before the one that it needs.
#[test]
fn a_long_chain_backwards() {
    let client = shared::client("bulk chain");
    let length = 300;
    let message: Vec<Value> = (0..length)
        .rev()
        .map(|place| if place == 0 { group("g0", &[]) } else { group(&format!("g{place}"), &[&format!("g{}", place - 1)]) })
        .collect();
    let outcomes = client.bulk(&json!(message));
    assert!(statuses(&outcomes).iter().all(|status| *status == "201"), "{outcomes:?}");
    for (outcome, next) in outcomes.iter().zip(&outcomes[1..]).step_by(50) {
        assert_eq!(client.members(&id(outcome)), [id(next)]);
    }
    // What looks like a reference outside a bulk request is text like any other.
    let message = operations(&json!([{"op": "replace", "path": "displayName", "value": "bulkId:g1"}]));
    let reply = client.call("PATCH", &format!("/Groups/{}", id(&outcomes[0]))).json(&message).send();
    assert_eq!(reply.expect(200)["displayName"], "bulkId:g1");
}
