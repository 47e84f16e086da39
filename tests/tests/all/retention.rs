//! What happened is kept for so many days: the setting, and servers in this process whose clock the tests move.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use doorlist::clock::{Clock, Timestamp};
use doorlist::http::{self, App};
use doorlist::policy::HostSettings;
use doorlist::store::{Key, Range, Rows, Store, Table};
use doorlist_tests::callers::text;
use doorlist_tests::http::query;
use doorlist_tests::server::OPERATOR_KEY;
use doorlist_tests::{Operator, Tenant, Visitor, eventually};
use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::directory::Directory;
use crate::shared;

const DAY_MS: i64 = 86_400_000;

/// A server on a port of its own, by whose clock it is as much later as a test says. Ends when dropped.
struct House {
    operator: Operator,
    store: Store,
    later: Arc<AtomicI64>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl House {
    fn new() -> Self {
        let store = Store::in_memory().unwrap();
        let later = Arc::new(AtomicI64::new(0));
        let (system, by) = (Clock::system(), Arc::clone(&later));
        let clock = Clock::new(move || system.now().plus_millis(by.load(Ordering::SeqCst)));
        let app = App::new(store.clone(), clock, Some(OPERATOR_KEY), "http://127.0.0.1", 0, HostSettings::default(), None);
        let (stop, stopped) = oneshot::channel::<()>();
        let (told, address) = mpsc::channel();
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
                told.send(listener.local_addr().unwrap()).unwrap();
                http::serve(listener, app, async { drop(stopped.await) }).await.unwrap();
            });
        });
        let operator = Operator::new(&address.recv().unwrap().to_string(), OPERATOR_KEY);
        Self { operator, store, later, stop: Some(stop), thread: Some(thread) }
    }

    /// The time there.
    fn now(&self) -> Timestamp {
        Clock::system().now().plus_millis(self.later.load(Ordering::SeqCst))
    }

    /// Lets days go by.
    fn pass(&self, days: i64) {
        self.later.fetch_add(days * DAY_MS, Ordering::SeqCst);
    }

    /// How many rows the tenant that was made as the one with this number has in these tables.
    fn rows(&self, tenant: u32, tables: &[Table]) -> usize {
        let count =
            self.store.tenant(tenant).read(|rows| tables.iter().map(|table| rows.count(&Range::under(Key::new(*table)), 100_000)).sum());
        count.unwrap()
    }
}

impl Drop for House {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(ended.is_ok() || thread::panicking(), "the server ended in order");
        }
    }
}

/// Everything that goes with events.
const OF_EVENTS: [Table; 7] = [
    Table::Event,
    Table::MemberBefore,
    Table::GroupBefore,
    Table::MembershipBefore,
    Table::MembershipOfBefore,
    Table::Gone,
    Table::GoneIndex,
];

#[track_caller]
fn keep(tenant: &Tenant, retention: &Value) {
    assert_eq!(tenant.patch("", &json!({"retention": retention})).expect(200)["retention"], *retention);
}

#[track_caller]
fn newest(tenant: &Tenant) -> u64 {
    tenant.synced()["lastEvent"].as_u64().unwrap()
}

#[test]
fn the_days_are_bounded_and_set_by_who_may() {
    let (tenant, other) = (shared::tenant("retention"), shared::tenant("retention elsewhere"));
    let retention = || tenant.get("").expect(200)["retention"].clone();
    assert_eq!(retention(), json!({}));
    keep(&tenant, &json!({"activityDays": 1, "eventDays": 3_650}));
    for (wrong, pointer) in [
        (json!({"activityDays": 0}), "/retention/activityDays"),
        (json!({"activityDays": 3_651}), "/retention/activityDays"),
        (json!({"activityDays": -1}), "/retention/activityDays"),
        (json!({"eventDays": 0}), "/retention/eventDays"),
        (json!({"eventDays": 1.5}), "/retention/eventDays"),
        (json!({"eventDays": "30"}), "/retention/eventDays"),
        (json!({"eventDays": true}), "/retention/eventDays"),
        (json!({"eventDays": 1e30}), "/retention/eventDays"),
        (json!({"days": 30}), "/retention/days"),
        (json!(30), "/retention"),
        (json!([]), "/retention"),
    ] {
        let refused = tenant.patch("", &json!({"retention": wrong}));
        assert!(refused.to_string().contains(pointer), "{refused}");
        refused.problem(400);
    }
    assert_eq!(retention(), json!({"activityDays": 1, "eventDays": 3_650}));
    // A change of something else leaves it; one of it is all of it.
    let _ = tenant.patch("", &json!({"name": "retention again"})).expect(200);
    let _ = tenant.patch("", &json!({"retention": null})).expect(200);
    assert_eq!(retention(), json!({"activityDays": 1, "eventDays": 3_650}));
    let _ = tenant.patch("", &json!({"retention": {"activityDays": null, "eventDays": 7}})).expect(200);
    assert_eq!(retention(), json!({"eventDays": 7}));
    let with = |of: &Tenant, role: &str| {
        let key = text(&of.post("/keys", &json!({"name": role, "role": role})).expect(201), "key");
        Operator::new(of.operator.address(), &key)
    };
    let change = json!({"retention": {"activityDays": 9}});
    with(&tenant, "auditor").patch(&tenant.path(""), &change).problem(403);
    with(&other, "owner").patch(&tenant.path(""), &change).problem(404);
    assert_eq!(with(&tenant, "auditor").get(&tenant.path("")).expect(200)["retention"], json!({"eventDays": 7}));
    let _ = with(&tenant, "admin").patch(&tenant.path(""), &change).expect(200);
    assert_eq!(retention(), json!({"activityDays": 9}));
    assert_eq!(other.get("").expect(200)["retention"], json!({}));
    let changes = tenant.all("/activity?text=PATCH&status=200");
    assert!(changes.iter().all(|entry| entry["action"] == "PATCH /tenants/{tenant}"), "{changes:?}");
    assert_eq!(changes.len(), 5, "each is told: {changes:?}");
    let _ = tenant.patch("", &json!({"retention": {}})).expect(200);
    assert_eq!(retention(), json!({}));
}

#[test]
fn activity_goes_by_its_age() {
    let house = House::new();
    let (tenant, other) = (house.operator.tenant("Keeps for days"), house.operator.tenant("Keeps all"));
    let client = tenant.connect();
    let ada = client.user("ada@example.com");
    tenant.synced();
    client.remove(&format!("/Users/{ada}"));
    let local = text(&tenant.post("/groups", &json!({"displayName": "Local"})).expect(201), "id");
    let _ = client.call("GET", "/Users?count=1").header("x-request-id", "seen-early").send().expect(200);
    eventually("the read is in the log", || tenant.all("/activity").iter().any(|entry| entry["requestId"] == "seen-early").then_some(()));
    tenant.synced();
    let early = tenant.all("/activity");
    let last = early[0]["sequence"].as_u64().unwrap();
    keep(&tenant, &json!({"activityDays": 30}));
    let _ = other.post("/groups", &json!({"displayName": "Local"})).expect(201);
    house.pass(29);
    let ben = client.user("ben@example.com");
    tenant.synced();
    let all = tenant.all("/activity");
    assert!(all.ends_with(&early) && all.len() == early.len() + 2, "nothing goes before its time: {all:?}");
    assert!(tenant.get("/exchanges/seen-early").expect(200).is_object());
    assert_eq!(tenant.get(&format!("/users/{ada}/explanation")).expect(200)["lastScimRequest"]["entry"]["action"], "DELETE /Users/{id}");
    house.pass(2);
    // At once, whether or not anything has gone yet.
    let kept = tenant.all("/activity");
    assert_eq!(kept, all[..1], "what is past its time is not told, and nothing else");
    assert_eq!((&kept[0]["subject"], kept[0]["sequence"].as_u64()), (&json!(ben), Some(last + 2)));
    tenant.get("/exchanges/seen-early").problem(404);
    let told = tenant.get(&format!("/users/{ada}/explanation")).expect(200);
    assert_eq!((told["lastTouch"]["activity"].is_u64(), told["lastTouch"].get("entry")), (true, None), "{told}");
    let history = tenant.get(&format!("/groups/{local}/history")).expect(200);
    assert_eq!((&history["items"][0]["event"]["type"], &history["items"][0]["request"]), (&json!("group.added"), &Value::Null));
    // It goes by itself.
    eventually("the entries are deleted", || (house.rows(1, &[Table::Activity]) == 1).then_some(()));
    assert_eq!(tenant.all("/activity"), kept);
    house.pass(400);
    eventually("those of a quiet tenant are deleted", || (house.rows(1, &[Table::Activity]) == 0).then_some(()));
    assert_eq!(tenant.all("/activity"), Vec::<Value>::new());
    assert!(house.rows(2, &[Table::Activity]) == 1 && other.all("/activity").len() == 1, "who says nothing keeps it");
    // Numbers go on, and what is needed is there.
    let eve = client.user("eve@example.com");
    let next = &tenant.all("/activity")[0];
    assert_eq!((&next["subject"], next["sequence"].as_u64()), (&json!(eve), Some(last + 3)));
    tenant.synced();
    assert_eq!(tenant.members().len(), 2);
    assert!(house.rows(1, &OF_EVENTS) > 0, "events have days of their own");
}

/// What answers tell when the events up to `forgotten` are past their time and the others are not.
#[track_caller]
fn tells(tenant: &Tenant, forgotten: u64, newest: u64, seen: &[(u64, Directory)]) {
    let state = tenant.get("/sync").expect(200);
    assert_eq!((state["oldestSequence"].as_u64(), state["lastEvent"].as_u64()), (Some(forgotten), Some(newest)), "{state}");
    let detail = tenant.get("/events?after=0").problem(410);
    assert!(detail.contains(&format!("Events up to {forgotten} are no longer kept")) && detail.contains(&newest.to_string()), "{detail}");
    tenant.get(&format!("/events?after={}", forgotten - 1)).problem(410);
    let page = tenant.get(&format!("/events?after={forgotten}&limit=1000")).expect(200);
    let numbers: Vec<u64> = page["items"].as_array().unwrap().iter().map(|event| event["sequence"].as_u64().unwrap()).collect();
    assert_eq!((numbers, &page["next"], &page["newest"]), ((forgotten + 1..=newest).collect(), &json!(newest), &json!(newest)));
    for (sequence, directory) in seen {
        let path = query("/users", &[("atSequence", &sequence.to_string()), ("limit", "1000")]);
        if *sequence < forgotten {
            let detail = tenant.get(&path).problem(410);
            assert!(detail.contains("no longer known"), "{detail}");
        } else {
            let members = tenant.get(&path).expect(200)["items"].as_array().unwrap().clone();
            assert!(directory.has_members(&members), "behind event {sequence}: {members:?}");
        }
    }
}

#[test]
fn events_go_by_their_age_with_what_was_before_them() {
    let house = House::new();
    let (tenant, other) = (house.operator.tenant("Keeps for days"), house.operator.tenant("Keeps all"));
    let client = tenant.connect();
    let [ada, ben, eve] = ["ada", "ben", "eve"].map(|name| client.user(&format!("{name}@example.com")));
    let staff = client.group("Staff", &[&ada, &ben, &eve]);
    let ops = client.group("Ops", &[&ben]);
    let mut seen = vec![(newest(&tenant), Directory::listed(&tenant))];
    client.set(&ada, &json!({"displayName": "Ada"}));
    client.remove(&format!("/Users/{eve}"));
    client.remove(&format!("/Groups/{ops}"));
    seen.push((newest(&tenant), Directory::listed(&tenant)));
    let (first, then) = (seen[1].0, house.now());
    let _ = other.post("/groups", &json!({"displayName": "Local"})).expect(201);
    keep(&tenant, &json!({"eventDays": 10}));
    house.pass(6);
    client.leave(&staff, &ben);
    client.set(&ada, &json!({"displayName": "Ada again"}));
    seen.push((newest(&tenant), Directory::listed(&tenant)));
    let second = seen[2].0;
    assert_eq!(tenant.events().len() as u64, second, "nothing goes before its time");
    let history = |named: &str| tenant.get(&format!("/users/{named}/history")).expect(200)["items"].as_array().unwrap().len();
    let (of_ada, of_eve) = (history(&ada), history(&eve));
    assert!(of_eve > 1);
    house.pass(5);
    // At once, and when they have gone.
    for gone in [false, true] {
        if gone {
            let left = usize::try_from(second - first).unwrap();
            eventually("events are deleted", || (house.rows(1, &[Table::Event]) == left).then_some(()));
        }
        tells(&tenant, first, second, &seen);
        // The last of what is forgotten is what was then.
        for (time, status) in [(then.to_string(), 200), (house.now().to_string(), 200), ("2001-01-01T00:00:00Z".to_owned(), 410)] {
            let reply = tenant.get(&query("/users", &[("atTime", &time)]));
            assert_eq!(reply.status, status, "{time}: {reply}");
        }
        assert!(history(&ada) < of_ada && history(&ada) > 0);
        // Who has gone is unknown by name; that it was deleted, the activity still tells of its id.
        tenant.get("/users/eve@example.com/explanation").problem(404);
        assert_eq!(tenant.get(&format!("/users/{eve}/explanation")).expect(200)["name"], eve.as_str());
        for named in [eve.as_str(), "eve@example.com"] {
            tenant.get(&format!("/users/{named}/history")).problem(404);
        }
        tenant.get(&format!("/groups/{ops}/history")).problem(404);
        assert_eq!(Directory::listed(&tenant), seen[2].1, "the directory is what it was");
    }
    // Whoever looks at the page of events sees what is kept.
    let key = text(&tenant.post("/keys", &json!({"name": "Auditor", "role": "auditor"})).expect(201), "key");
    let page = |below: &str| Visitor::signed_in(house.operator.address(), &key).get(&format!("/dashboard/tenants/{}{below}", tenant.id));
    let events = page("/events");
    assert_eq!((events.status, events.texts("tbody tr").len() as u64), (200, second - first), "{}", events.html);
    assert!(!events.text().contains("Older"), "{}", events.html);
    page(&format!("/events?before={first}")).says("Nothing is kept from then").says("none older than 10 days");
    // Without anything happening.
    house.pass(40);
    eventually("those of a quiet tenant are deleted", || (house.rows(1, &OF_EVENTS) == 0).then_some(()));
    let page_of_none = page("/events");
    page_of_none.says("Nothing is kept from then");
    tells(&tenant, second, second, &seen);
    assert_eq!(Directory::listed(&tenant), seen[2].1);
    assert_eq!(history(&ada), 0);
    let yesterday = house.now().plus_millis(-DAY_MS).to_string();
    let was = tenant.get(&query("/users", &[("atTime", &yesterday)])).expect(200);
    assert!(seen[2].1.has_members(was["items"].as_array().unwrap()), "{was}");
    assert!(house.rows(2, &[Table::Event]) == 1 && other.events().len() == 1, "who says nothing keeps it");
    // Numbers go on, and so does whoever follows.
    let _ = client.user("zoe@example.com");
    let third = newest(&tenant);
    assert!(third > second);
    tells(&tenant, second, third, &seen);
    // What is set is what holds: from now on nothing goes by its age.
    keep(&tenant, &json!({}));
    house.pass(4_000);
    tells(&tenant, second, third, &seen);
    assert_eq!(house.rows(1, &[Table::Event]) as u64, third - second);
    keep(&tenant, &json!({"eventDays": 3_650}));
    eventually("they go soon after the setting", || (house.rows(1, &OF_EVENTS) == 0).then_some(()));
}
