//! Mass removals: what goes beyond the tenant's bound is held, whatever caused it, until an operator decides.

use std::collections::{BTreeMap, BTreeSet};
use std::thread;

use doorlist_tests::callers::text;
use doorlist_tests::{Client, Operator, Scratch, Server, Tenant, eventually};
use serde_json::{Value, json};

use super::{assert_replay, expect_members};
use crate::shared;

/// As many as count as having only just come: see [`World::new`].
const VISITORS: usize = 4;

/// A tenant that lets a few members go at a time, with people who have been there for a while.
struct World {
    tenant: Tenant,
    client: Client,
    /// SCIM ids of the people, who are all in `group`.
    people: Vec<String>,
    group: String,
}

fn name(number: usize) -> String {
    format!("p{number:02}@example.com")
}

impl World {
    /// With `number` people in the group `Staff`, of whom `count` may go. Whoever came last counts as a visitor for some minutes, so some come behind them.
    fn new(title: &str, number: usize, count: u64, connection: &Value) -> Self {
        let tenant = shared::tenant(title);
        let _ = tenant.patch("", &json!({"guard": {"count": count, "sharePercent": 0}})).expect(200);
        let client = tenant.connect_with(connection);
        let people: Vec<String> = (0..number).map(|number| client.user(&name(number))).collect();
        let group = client.group("Staff", &people.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(tenant.members().len(), number);
        for visitor in 0..VISITORS {
            let id = client.user(&format!("visitor{visitor}@example.com"));
            client.join(&group, &id);
        }
        assert_eq!(tenant.members().len(), number + VISITORS);
        Self { tenant, client, people, group }
    }

    fn plain(title: &str, number: usize, count: u64) -> Self {
        Self::new(title, number, count, &json!({"provider": "jumpcloud", "name": title}))
    }

    /// Statuses of the people, visitors aside.
    #[track_caller]
    fn statuses(&self) -> BTreeMap<String, String> {
        assert_replay(&self.tenant).statuses().into_iter().filter(|(name, _)| name.starts_with('p')).collect()
    }

    #[track_caller]
    fn hold(&self) -> Value {
        self.tenant.synced();
        let open = self.tenant.all("/holds?state=open");
        assert_eq!(open.len(), 1, "{open:?}");
        open[0].clone()
    }

    /// Who is held by the open hold, by userName.
    #[track_caller]
    fn held(&self) -> BTreeMap<String, Value> {
        self.held_by(&text(&self.hold(), "id"))
    }

    #[track_caller]
    fn held_by(&self, hold: &str) -> BTreeMap<String, Value> {
        self.tenant.synced();
        let members = self.tenant.all(&format!("/holds/{hold}/members"));
        members.into_iter().map(|member| (text(&member, "userName"), member)).collect()
    }

    #[track_caller]
    fn counts(&self, hold: &str) -> Value {
        self.tenant.synced();
        self.tenant.get(&format!("/holds/{hold}")).expect(200)["counts"].clone()
    }

    fn delete(&self, range: std::ops::Range<usize>) {
        self.people[range].iter().for_each(|id| self.client.remove(&format!("/Users/{id}")));
    }
}

fn names(range: std::ops::Range<usize>) -> BTreeSet<String> {
    range.map(name).collect()
}

fn counts(held: u64, released: u64, discarded: u64, resolved: u64) -> Value {
    json!({"held": held, "released": released, "discarded": discarded, "resolved": resolved})
}

#[test]
fn what_stays_below_the_bound_goes() {
    let world = World::plain("below", 6, 3);
    world.client.set(&world.people[0], &json!({"active": false}));
    world.delete(1..3);
    assert_eq!(world.statuses().values().filter(|status| *status == "active").count(), 3);
    assert_eq!((world.tenant.all("/holds"), &world.tenant.synced()["held"]), (Vec::new(), &json!(0)));
    // Whoever was suspended within the window and is deleted then is one person.
    world.delete(0..1);
    assert_eq!(world.statuses().keys().cloned().collect::<BTreeSet<_>>(), names(3..6));
    assert_eq!(world.tenant.synced()["held"], 0);
    world.delete(3..4);
    assert_eq!(world.tenant.synced()["held"], 1, "three went");
}

#[test]
fn a_burst_of_deletions_is_held() {
    let world = World::plain("deletions", 8, 3);
    let role = json!({"role": "auditor"});
    let path = format!("/users/{}", text(&world.tenant.member(&name(7)), "id"));
    let _ = world.tenant.patch(&path, &role).expect(200);
    let project = text(&world.tenant.post("/groups", &json!({"displayName": "Project"})).expect(201), "id");
    let _ = world.tenant.put(&format!("/groups/{project}{path}"), &json!({})).expect(204);
    let before = world.tenant.member(&name(7));
    world.delete(0..8);
    assert_eq!(world.client.get("/Users").expect(200)["totalResults"], VISITORS, "the inventory says what was written");
    let statuses = world.statuses();
    assert_eq!(statuses.len(), 5, "{statuses:?}");
    assert!(statuses.values().all(|status| status == "active"), "{statuses:?}");
    assert_eq!(world.tenant.synced()["held"], 5);
    // Who is held keeps everything.
    assert_eq!(world.tenant.member(&name(7)), before);
    let groups: Vec<String> = world.tenant.all(&format!("{path}/groups")).iter().map(|group| text(group, "displayName")).collect();
    assert_eq!(groups.into_iter().collect::<BTreeSet<_>>(), BTreeSet::from(["Staff".to_owned(), "Project".to_owned()]));
    let hold = world.hold();
    assert_eq!(hold["counts"], counts(5, 0, 0, 0));
    assert_eq!(hold["bound"], json!({"allowed": 3, "members": 8 + VISITORS, "windowSeconds": 3600}));
    let cause = json!({"text": "The identity provider deleted this user."});
    assert_eq!(hold["causes"], json!([{"effect": "removed", "cause": cause, "members": 5}]));
    let held = world.held();
    assert_eq!(held.keys().collect::<Vec<_>>(), statuses.keys().collect::<Vec<_>>());
    let last = &held[&name(7)];
    assert_eq!((&last["member"], &last["scimId"]), (&before["id"], &json!(world.people[7])));
    assert_eq!((&last["effect"], &last["state"], &last["cause"]), (&json!("removed"), &json!("held"), &cause));
    assert_eq!(last["connection"], world.client.connection.as_str());
    let decision = world.tenant.user_decision(&text(&before, "id"));
    assert_eq!((&decision["included"], &decision["held"]), (&json!(true), &json!({"hold": hold["id"], "effect": "removed"})));
    // Everything else goes on.
    let late = world.client.user("late@example.com");
    world.client.rename(&world.group, "Everybody");
    world.client.join(&world.group, &late);
    world.client.set(&late, &json!({"displayName": "Late"}));
    let directory = assert_replay(&world.tenant);
    assert!(directory.groups_by_name()["Everybody"].contains("late@example.com"));
    assert!(directory.groups_by_name()["Everybody"].contains(&name(7)));
    assert_eq!(world.tenant.member("late@example.com")["displayName"], "Late");
}

#[test]
fn a_burst_of_suspensions_is_held_and_those_who_come_back_are_free() {
    let world = World::plain("suspensions", 8, 2);
    for id in &world.people {
        world.client.set(id, &json!({"active": false}));
    }
    let suspended = world.statuses().into_iter().filter(|(_, status)| status == "suspended").count();
    assert_eq!(suspended, 2);
    let hold = world.hold();
    assert_eq!(hold["causes"][0]["cause"], json!({"text": "The identity provider deactivated this user."}));
    assert_eq!((&hold["causes"][0]["effect"], &hold["counts"]), (&json!("suspended"), &counts(6, 0, 0, 0)));
    let held: Vec<String> = world.held().into_keys().collect();
    // One of them is deleted then: it is still held, for that.
    let place = world.people.iter().position(|id| world.held()[&held[0]]["scimId"] == id.as_str()).unwrap();
    world.delete(place..place + 1);
    assert_eq!(world.held()[&held[0]]["effect"], "removed");
    // Everybody else comes back.
    for id in world.people.iter().enumerate().filter(|(at, _)| *at != place).map(|(_, id)| id) {
        world.client.set(id, &json!({"active": true}));
    }
    assert_eq!(world.held().into_keys().collect::<Vec<_>>(), [held[0].clone()]);
    assert_eq!(world.hold()["counts"], counts(1, 0, 0, 5));
    assert!(world.statuses().values().all(|status| status == "active"));
    // And that one too, as a new user of the same name.
    let _ = world.client.user(&held[0]);
    world.tenant.synced();
    assert!(world.tenant.all("/holds?state=open").is_empty());
    let closed = world.tenant.all("/holds?state=closed");
    assert_eq!((&closed[0]["counts"], &closed[0]["state"]), (&counts(0, 0, 0, 6), &json!("closed")));
    assert!(closed[0]["closed"].is_string());
    assert_eq!(world.statuses().len(), 8);
    assert_eq!(world.tenant.synced()["held"], 0);
}

#[test]
fn a_filter_that_lets_everybody_fall_is_held() {
    let connection = json!({"provider": "jumpcloud", "name": "J", "userGroups": ["Staff"], "groupPrefixes": ["Staff"]});
    let world = World::new("filter", 7, 2, &connection);
    for id in &world.people {
        world.client.leave(&world.group, id);
    }
    assert_eq!(world.statuses().len(), 5);
    let held = world.held();
    assert_eq!(held.len(), 5);
    for held in held.values() {
        assert_eq!(held["effect"], "removed");
        assert!(text(&held["cause"], "policy").starts_with("user-group-filter"), "{held}");
    }
    // The group is still there, with those who are held in it.
    assert_eq!(assert_replay(&world.tenant).groups_by_name()["Staff"].len(), 5 + VISITORS);
    // Whoever is assigned again is not held; then the group goes, and with it the reason for everybody else to be there: visitors, who do not count, go.
    world.client.join(&world.group, &world.people[6]);
    assert!(!world.held().contains_key(&name(6)));
    world.client.remove(&format!("/Groups/{}", world.group));
    assert_eq!(world.held().len(), 5);
    assert_eq!(assert_replay(&world.tenant).statuses().keys().cloned().collect::<BTreeSet<_>>(), world.held().into_keys().collect());
    let released = world.tenant.post(&format!("/holds/{}/release", text(&world.hold(), "id")), &json!({})).expect(200);
    assert_eq!((&released["state"], &released["counts"]), (&json!("closed"), &counts(0, 5, 0, 1)));
    expect_members(&world.tenant, &[]);
}

#[test]
fn a_pipeline_that_nobody_passes_is_held_and_going_back_frees_them() {
    let world = World::plain("pipeline", 6, 2);
    let before = world.tenant.get("/pipeline").expect(200)["policies"].clone();
    let policies = json!({"policies": [{"name": "nobody", "plugin": "user-group-filter", "settings": {"groups": ["Nobody"]}}]});
    let _ = world.tenant.put("/pipeline", &policies).expect(200);
    assert_eq!(world.statuses().len(), 4);
    assert_eq!(world.hold()["causes"][0]["cause"]["policy"], "nobody");
    // Computing everything again, by another pipeline that says the same, holds nobody twice and lets nobody go.
    let mut again = policies.clone();
    again["policies"][0]["name"] = json!("nobody again");
    let held = world.held();
    let _ = world.tenant.put("/pipeline", &again).expect(200);
    let now = world.held();
    assert_eq!((now.keys().collect::<Vec<_>>(), now.len()), (held.keys().collect::<Vec<_>>(), 4));
    assert_eq!(now[&name(5)]["cause"]["policy"], "nobody again");
    let ready = |policies: &Value| {
        let kept = ["name", "plugin", "version", "settings", "mode", "connection"];
        let policy = |policy: &Value| {
            kept.iter().filter(|key| !policy[**key].is_null()).map(|key| ((*key).to_owned(), policy[*key].clone())).collect()
        };
        Value::from(policies.as_array().unwrap().iter().map(policy).map(Value::Object).collect::<Vec<_>>())
    };
    let _ = world.tenant.put("/pipeline", &json!({"policies": ready(&before)})).expect(200);
    assert_eq!(world.statuses().len(), 6, "those who went come back");
    assert_eq!(world.tenant.all("/holds?state=open"), Vec::<Value>::new());
    assert_eq!(world.tenant.all("/holds")[0]["counts"], counts(0, 0, 0, 4));
}

#[test]
fn an_operator_releases_and_discards_in_part_and_whole() {
    let world = World::plain("decisions", 9, 1);
    world.delete(0..9);
    let hold = text(&world.hold(), "id");
    let path = |action: &str| format!("/holds/{hold}/{action}");
    let held = world.held();
    let went = names(0..9).into_iter().find(|name| !held.contains_key(name)).unwrap();
    let member = |at: usize| text(held.values().nth(at).unwrap(), "member");
    let who = |at: usize| held.keys().nth(at).unwrap().clone();
    // Refused as a whole, and nothing happens.
    let strangers = json!({"members": [member(0), text(&world.tenant.member("visitor0@example.com"), "id"), world.people[0]]});
    let problem = world.tenant.post(&path("release"), &strangers);
    assert!(problem.to_string().contains("/members/1") && !problem.to_string().contains("/members/0"), "{problem}");
    problem.problem(400);
    for wrong in [json!({"members": []}), json!({"members": vec![member(0); 1_001]}), json!({"members": ["x"]}), json!({"all": true})] {
        world.tenant.post(&path("release"), &wrong).problem(400);
    }
    world.tenant.post(&path("discard"), &json!({"discarded": true})).problem(400);
    assert_eq!(world.counts(&hold), counts(8, 0, 0, 0));
    let _ = world.tenant.post(&path("release"), &json!({"members": [member(0), member(1), member(0)]})).expect(200);
    let _ = world.tenant.post(&path("discard"), &json!({"members": [member(2), member(3)]})).expect(200);
    assert_eq!(world.counts(&hold), counts(4, 2, 2, 0));
    let gone: BTreeSet<String> = [went.clone(), who(0), who(1)].into();
    assert_eq!(world.statuses().into_keys().collect::<BTreeSet<_>>(), names(0..9).difference(&gone).cloned().collect());
    world.tenant.post(&path("release"), &json!({"members": [member(0)]})).problem(400);
    world.tenant.post(&path("discard"), &json!({"members": [member(2)]})).problem(400);
    // The whole is those who wait; who stays by an operator's word stays, and is listed as such.
    let _ = world.tenant.post(&path("release"), &json!({})).expect(200);
    assert_eq!(world.counts(&hold), counts(0, 6, 2, 0));
    assert_eq!(world.statuses().into_keys().collect::<BTreeSet<_>>(), [who(2), who(3)].into());
    let kept = world.held_by(&hold);
    assert!(kept.len() == 2 && kept.values().all(|held| held["state"] == "discarded"), "{kept:?}");
    assert_eq!(world.tenant.user_decision(&member(2))["held"]["discarded"], true);
    assert_eq!(world.tenant.synced()["held"], 0);
    world.tenant.post(&path("release"), &json!({})).problem(409);
    world.tenant.post(&path("discard"), &json!({})).problem(409);
    // Computing everything again changes nothing of it.
    let _ = world
        .tenant
        .put("/pipeline", &json!({"policies": [{"name": "p", "plugin": "role-protection", "settings": {"roles": ["owner"]}}]}))
        .expect(200);
    assert_eq!(world.statuses().len(), 2);
    // One comes back and goes again: that is another removal, which the bound does not let through either.
    let back = world.client.user(&who(2));
    assert_eq!(world.held_by(&hold).len(), 1);
    for visitor in 0..VISITORS {
        let _ = world.client.user(&format!("another{visitor}@example.com"));
    }
    world.tenant.synced();
    world.client.remove(&format!("/Users/{back}"));
    let next = world.hold();
    assert!(next["id"] != hold.as_str() && next["counts"] == counts(1, 0, 0, 0), "{next}");
    assert_eq!(world.tenant.all("/holds").iter().map(|hold| hold["id"].clone()).collect::<Vec<_>>(), [next["id"].clone(), json!(hold)]);
    // The other one is let go after all.
    let _ = world.tenant.post(&path("release"), &json!({"discarded": true})).expect(200);
    assert_eq!(world.counts(&hold), counts(0, 7, 1, 0));
    assert_eq!(world.statuses().into_keys().collect::<Vec<_>>(), [who(2)]);
    // Who decided what is in the log.
    let log = world.tenant.all("/activity");
    let of = |action: &str, status: u64| {
        let action = format!("POST /tenants/{{tenant}}/holds/{{hold}}/{action}");
        log.iter()
            .filter(|entry| entry["action"] == action.as_str() && entry["status"] == status && entry["subject"] == hold.as_str())
            .count()
    };
    assert_eq!((of("release", 200), of("discard", 200)), (3, 1));
}

/// Whoever watches the installation hears of it without asking each tenant.
#[test]
fn what_is_held_is_logged_and_counted() {
    let (world, other) = (World::plain("told", 6, 1), World::plain("not told", 2, 2));
    world.delete(0..6);
    other.delete(0..2);
    other.tenant.synced();
    let hold = text(&world.hold(), "id");
    let opened: Vec<Value> = world.tenant.all("/activity").into_iter().filter(|entry| entry["action"] == "hold opened").collect();
    assert_eq!(opened.len(), 1, "{opened:?}");
    assert_eq!((&opened[0]["subject"], &opened[0]["actor"]), (&json!(hold), &json!({"kind": "system"})));
    let detail = "The tenant lets 1 of 10 members go within 3600 s. Further ones are held until an operator decides.";
    assert_eq!(opened[0]["detail"], detail);
    let held = world.held();
    let first = json!({"members": [held.values().next().unwrap()["member"]]});
    let _ = world.tenant.post(&format!("/holds/{hold}/release"), &first).expect(200);
    let _ = world.tenant.post(&format!("/holds/{hold}/discard"), &json!({})).expect(200);
    world.tenant.post(&format!("/holds/{hold}/discard"), &json!({})).problem(409);
    let metrics = world.tenant.operator.get("/metrics").text();
    let of = |tenant: &Tenant| {
        let label = format!("tenant=\"{}\"", tenant.id);
        let lines = metrics.lines().filter(|line| line.starts_with("doorlist_h") && line.contains(&label));
        lines.map(|line| line.replace(&label, "")).collect::<Vec<_>>()
    };
    let expected = [
        "doorlist_holds_opened_total{} 1",
        "doorlist_held_members_total{} 5",
        "doorlist_hold_decisions_total{,action=\"release\"} 1",
        "doorlist_hold_decisions_total{,action=\"discard\"} 1",
    ];
    assert_eq!(of(&world.tenant), expected, "{metrics}");
    assert_eq!(of(&other.tenant), Vec::<String>::new(), "what passes is not counted");
}

/// Each activation of a configuration in JumpCloud makes a user, changes and deletes it.
#[test]
fn test_users_never_count() {
    let world = World::plain("test users", 6, 0);
    let body = |active: bool| json!({"userName": "test@example.com", "displayName": "displayname", "active": active, "externalId": "66e2d689590450d073d2df3b"});
    for round in 0..100 {
        let id = text(&world.client.post("/Users", &body(true)).expect(201), "id");
        let group = world.client.group("Test", &[]);
        if round % 10 == 0 {
            assert_eq!(world.tenant.member("test@example.com")["status"], "active");
        } else {
            world.tenant.synced();
        }
        let _ = world.client.put(&format!("/Users/{id}"), &body(round % 2 == 0)).expect(200);
        world.client.rename(&group, "Test 2");
        world.tenant.synced();
        world.client.remove(&format!("/Users/{id}"));
        world.client.remove(&format!("/Groups/{group}"));
        assert_eq!(world.tenant.synced()["held"], 0);
    }
    assert_eq!(world.tenant.find_member("test@example.com"), None);
    assert_eq!(world.tenant.all("/holds"), Vec::<Value>::new());
    // What is a burst is one, whenever it came: of those who have just come only the last few count as visitors.
    let burst: Vec<String> = (0..20).map(|number| world.client.user(&format!("burst{number}@example.com"))).collect();
    world.tenant.synced();
    for id in burst.iter().rev() {
        world.client.remove(&format!("/Users/{id}"));
    }
    assert_eq!(world.tenant.synced()["held"], 20 - VISITORS);
    assert_replay(&world.tenant);
}

#[test]
fn the_bound_is_the_tenants() {
    let world = World::plain("bounds", 6, 0);
    for (wrong, pointer) in [
        (json!({"count": -1}), "/guard/count"),
        (json!({"count": 10_000_001}), "/guard/count"),
        (json!({"sharePercent": 101}), "/guard/sharePercent"),
        (json!({"windowSeconds": 59}), "/guard/windowSeconds"),
        (json!({"windowSeconds": 604_801}), "/guard/windowSeconds"),
        (json!({"enabled": "no"}), "/guard/enabled"),
        (json!({"nonsense": 1}), "/guard/nonsense"),
    ] {
        let refused = world.tenant.patch("", &json!({"guard": wrong}));
        assert!(refused.to_string().contains(pointer), "{refused}");
        refused.problem(400);
    }
    assert_eq!(world.tenant.get("").expect(200)["guard"], json!({"count": 0, "sharePercent": 0}));
    world.delete(0..1);
    assert_eq!(world.tenant.synced()["held"], 1);
    // A fifth of ten is two. Whom it held before it still holds.
    let _ = world.tenant.patch("", &json!({"guard": {"count": 0, "sharePercent": 20}})).expect(200);
    world.delete(1..4);
    assert_eq!(world.tenant.synced()["held"], 2);
    let _ = world.tenant.patch("", &json!({"guard": {"enabled": false}})).expect(200);
    world.delete(4..6);
    assert_eq!(world.tenant.synced()["held"], 2);
    assert_eq!(world.statuses().len(), 2);
    let _ = world.tenant.patch("", &json!({"guard": {}})).expect(200);
    assert_eq!(world.tenant.get("").expect(200)["guard"], json!({}));
    assert_eq!(shared::tenant("default bounds").get("").expect(200)["guard"], json!({}));
}

/// Who stays by an operator's word and would lose something else by now is held anew, and counted once.
#[test]
fn who_is_held_for_something_else_is_counted_once() {
    let world = World::plain("held for something else", 5, 0);
    world.people.iter().for_each(|id| world.client.set(id, &json!({"active": false})));
    let hold = text(&world.hold(), "id");
    let stays = world.held()[&name(1)]["member"].clone();
    let _ = world.tenant.post(&format!("/holds/{hold}/discard"), &json!({"members": [stays]})).expect(200);
    assert_eq!(world.counts(&hold), counts(4, 0, 1, 0));
    world.delete(1..2);
    assert_eq!(world.counts(&hold), counts(5, 0, 0, 0));
    let shown = world.hold();
    let of = |effect: &str| {
        shown["causes"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|cause| cause["effect"] == effect)
            .map(|cause| cause["members"].as_u64().unwrap())
            .sum::<u64>()
    };
    assert_eq!((of("suspended"), of("removed")), (4, 1), "{shown}");
    let _ = world.tenant.post(&format!("/holds/{hold}/release"), &json!({})).expect(200);
    assert_eq!(world.counts(&hold), counts(0, 5, 0, 0));
    assert_replay(&world.tenant);
}

/// The deletion goes on but for those who are held, who are shown with their connection until somebody decides.
#[test]
fn members_of_a_deleted_connection_go_through_the_guard() {
    let world = World::plain("deleted connection with holds", 6, 2);
    let path = format!("/connections/{}", world.client.connection);
    let _ = world.tenant.delete(&path).expect(204);
    eventually("the inventory is gone", || (world.tenant.synced()["inventory"] == json!({"users": 0, "groups": 0})).then_some(()));
    let held = world.held();
    assert_eq!(held.len(), 4, "{held:?}");
    assert_eq!(world.statuses().len(), 4);
    let shown = world.tenant.member(held.keys().next().unwrap());
    assert_eq!((&shown["connection"], &shown["issued"]), (&json!(world.client.connection), &json!("scim")));
    world.tenant.get(&path).problem(404);
    let hold = text(&world.hold(), "id");
    let stays = held.values().next().unwrap();
    let _ = world.tenant.post(&format!("/holds/{hold}/discard"), &json!({"members": [stays["member"]]})).expect(200);
    let _ = world.tenant.post(&format!("/holds/{hold}/release"), &json!({})).expect(200);
    // Whom the operator keeps has no identity provider any more.
    eventually("who stays is local", || {
        let members = world.tenant.members();
        (members.len() == 1 && members[0]["issued"] == "api" && members[0]["id"] == stays["member"]).then_some(())
    });
    assert_eq!(world.held_by(&hold), BTreeMap::new());
    assert_eq!(world.counts(&hold), counts(0, 3, 1, 0));
    assert_replay(&world.tenant);
}

/// The same for servers that end in between.
struct At {
    tenant: String,
    token: String,
    connection: String,
}

impl At {
    fn tenant(&self, server: &Server) -> Tenant {
        Tenant { operator: server.operator(), id: self.tenant.clone() }
    }

    fn client(&self, server: &Server) -> Client {
        Client::new(server.address(), &self.token, &self.connection)
    }
}

/// People of the tests with a kill: three batches of an order.
const MANY: usize = 560;

fn in_parts(users: &[String], work: impl Fn(&[String]) + Sync) {
    thread::scope(|scope| {
        for part in users.chunks(users.len().div_ceil(8)) {
            let work = &work;
            scope.spawn(move || work(part));
        }
    });
}

#[test]
fn a_release_that_is_killed_goes_on() {
    let data = Scratch::new();
    let mut server = Server::options().data_dir(data.path()).start();
    let tenant = server.operator().tenant("Killed release");
    let _ = tenant.patch("", &json!({"guard": {"count": 0, "sharePercent": 0}})).expect(200);
    let client = tenant.connect();
    let at = At { tenant: tenant.id.clone(), token: client.token().to_owned(), connection: client.connection.clone() };
    let everybody: Vec<String> = (0..MANY).map(|number| format!("p{number:03}@example.com")).collect();
    in_parts(&everybody, |part| {
        let client = client.another();
        part.iter().for_each(|name| drop(client.user(name)));
    });
    (0..VISITORS).for_each(|number| drop(client.user(&format!("visitor{number}@example.com"))));
    let ids: Vec<String> =
        tenant.members().iter().filter(|member| text(member, "userName").starts_with('p')).map(|member| text(member, "scimId")).collect();
    assert_eq!(ids.len(), MANY);
    in_parts(&ids, |part| {
        let client = client.another();
        part.iter().for_each(|id| client.remove(&format!("/Users/{id}")));
    });
    assert_eq!(tenant.synced()["held"], MANY);
    // Killed while they are held: they still are.
    server.kill();
    server = Server::options().data_dir(data.path()).start();
    let tenant = at.tenant(&server);
    assert_eq!(tenant.synced()["held"], MANY);
    assert_eq!(assert_replay(&tenant).statuses().len(), MANY + VISITORS);
    let hold = text(&tenant.all("/holds")[0], "id");
    let released = tenant.post(&format!("/holds/{hold}/release"), &json!({})).expect(200);
    assert_eq!((&released["underway"], &released["state"]), (&json!("release"), &json!("open")));
    let followed = {
        let page = tenant.get("/events?limit=1000").expect(200);
        page["items"].as_array().unwrap().clone()
    };
    server.kill();
    server = Server::options().data_dir(data.path()).start();
    let tenant = at.tenant(&server);
    assert_eq!(tenant.synced()["held"], 0);
    let directory = assert_replay(&tenant);
    assert_eq!(directory.statuses().len(), VISITORS);
    let after = tenant.get(&format!("/holds/{hold}")).expect(200);
    assert_eq!((&after["state"], &after["counts"]), (&json!("closed"), &counts(0, MANY as u64, 0, 0)));
    assert!(after.get("underway").is_none(), "{after}");
    let events = tenant.events();
    assert_eq!(events[..followed.len()], followed[..], "history changed");
    let removed: Vec<&Value> = events.iter().filter(|event| event["type"] == "member.removed").collect();
    assert_eq!(removed.len(), MANY, "each went once");
    // And nobody of it counted: the next burst is held from where the bound is.
    let client = at.client(&server);
    let _ = client.user("late@example.com");
    assert_eq!(tenant.members().len(), VISITORS + 1);
}

/// One tenant's holds are nobody else's, not by their number either.
#[test]
fn holds_are_of_one_tenant() {
    let (world, other) = (World::plain("holding", 6, 0), World::plain("not holding", 3, 0));
    world.delete(0..6);
    let hold = text(&world.hold(), "id");
    assert_eq!((other.tenant.all("/holds"), &other.tenant.synced()["held"]), (Vec::new(), &json!(0)));
    let made = other.tenant.post("/keys", &json!({"name": "Owner", "role": "owner"})).expect(201);
    let owner = Operator::new(other.tenant.operator.address(), &text(&made, "key"));
    for (tenant, operator) in [(&other.tenant, &owner), (&world.tenant, &owner), (&other.tenant, &world.tenant.operator)] {
        operator.get(&tenant.path(&format!("/holds/{hold}"))).problem(404);
        operator.get(&tenant.path(&format!("/holds/{hold}/members"))).problem(404);
        operator.post(&tenant.path(&format!("/holds/{hold}/release")), &json!({})).problem(404);
        operator.post(&tenant.path(&format!("/holds/{hold}/discard")), &json!({})).problem(404);
    }
    world.tenant.get("/holds?state=nonsense").problem(400);
    assert_eq!(world.counts(&hold), counts(6, 0, 0, 0));
}
