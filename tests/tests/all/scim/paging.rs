//! Walks over lists, page by page, by index (RFC 7644 section 3.4.2.4) and by cursor (RFC 9865), while others write.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use doorlist_tests::callers::{Client, text};
use doorlist_tests::http::query;
use doorlist_tests::{Dice, Scratch, Server};
use serde_json::{Value, json};

use crate::shared;

/// A cursor has to fit into a URL together with the longest filter.
const CURSOR_BYTES_MAX: usize = 4_096;

/// How a client goes from page to page.
#[derive(Clone, Copy, Debug, PartialEq)]
enum By {
    Index,
    Cursor,
}

const BOTH: [By; 2] = [By::Index, By::Cursor];

/// A list: its path, and its filter and order as query parameters.
#[derive(Clone, Debug)]
struct List {
    path: &'static str,
    pairs: Vec<(&'static str, String)>,
}

impl List {
    fn new(path: &'static str, pairs: &[(&'static str, &str)]) -> Self {
        Self { path, pairs: pairs.iter().map(|(key, value)| (*key, (*value).to_owned())).collect() }
    }

    /// One page.
    #[track_caller]
    fn page(&self, client: &Client, count: usize, start: (&str, &str)) -> Value {
        let count = count.to_string();
        let mut pairs: Vec<(&str, &str)> = self.pairs.iter().map(|(key, value)| (*key, value.as_str())).collect();
        pairs.extend([("count", count.as_str()), start]);
        client.get(&query(self.path, &pairs)).expect(200)
    }

    /// Every page, as a client asks for them that knows nothing of ours: by index until it has had `totalResults`, by cursor until there is none.
    /// `between` is called behind each page but the last.
    #[track_caller]
    fn walk(&self, client: &Client, by: By, count: usize, mut between: impl FnMut(&Value)) -> Vec<Value> {
        let mut pages = Vec::new();
        let (mut index, mut cursor) = (1, String::new());
        loop {
            let start = index.to_string();
            let page = self.page(client, count, if by == By::Index { ("startIndex", &start) } else { ("cursor", &cursor) });
            let number = page["Resources"].as_array().expect("a list has Resources").len();
            assert!(number <= count, "{self:?} {by:?}: more than asked for");
            assert_eq!(page["itemsPerPage"], number, "{self:?} {by:?}: {page}");
            let total = page["totalResults"].as_u64().expect("a list has a total") as usize;
            index += number;
            assert!(pages.len() < 1_000, "{self:?} {by:?} has no end");
            let goes_on = match (by, page["nextCursor"].as_str()) {
                (By::Index, None) => number > 0 && index <= total,
                (By::Index, Some(_)) => panic!("nobody asked for a cursor: {page}"),
                (By::Cursor, None) => false,
                (By::Cursor, Some(next)) => {
                    assert!(
                        next.len() <= CURSOR_BYTES_MAX && next.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)),
                        "{next}"
                    );
                    cursor = next.to_owned();
                    true
                }
            };
            pages.push(page);
            if !goes_on {
                return pages;
            }
            between(pages.last().unwrap());
        }
    }
}

fn ids(pages: &[Value]) -> Vec<String> {
    pages.iter().flat_map(|page| page["Resources"].as_array().unwrap()).map(|one| text(one, "id")).collect()
}

/// Makes users with these attributes in one request; gives their ids.
#[track_caller]
fn make(client: &Client, users: &[Value]) -> Vec<String> {
    let operations: Vec<Value> = users
        .iter()
        .enumerate()
        .map(|(number, user)| json!({"method": "POST", "path": "/Users", "bulkId": number.to_string(), "data": user}))
        .collect();
    let outcomes = client.bulk(&json!(operations));
    outcomes.iter().map(|outcome| text(outcome, "location").rsplit('/').next().unwrap().to_owned()).collect()
}

/// Some have a name in common, some a name that differs only beyond what an order looks at, some none.
fn named(number: usize) -> Value {
    let mut user = json!({"userName": format!("user-{number:03}@example.com"), "active": !number.is_multiple_of(3)});
    match number % 7 {
        0 => {}
        1 => user["displayName"] = json!("Same"),
        2 => user["displayName"] = json!(format!("{}{number}", "long ".repeat(100))),
        3 => user["displayName"] = json!(format!("{}ü{number}", "u".repeat(255))),
        // What takes the most room in a cursor.
        4 => user["displayName"] = json!("\u{1}".repeat(300)),
        5 => user["displayName"] = json!("\"\\".repeat(150)),
        _ => user["displayName"] = json!(format!("Name {}", number % 3)),
    }
    user
}

fn lists() -> Vec<List> {
    let filter = ("filter", "userName sw \"USER-\"");
    let partly = ("filter", "active eq true and not (displayName eq \"same\")");
    let by_name = ("sortBy", "displayName");
    vec![
        List::new("/Users", &[]),
        List::new("/Users", &[filter]),
        List::new("/Users", &[partly]),
        List::new("/Users", &[by_name]),
        List::new("/Users", &[by_name, ("sortOrder", "descending")]),
        List::new("/Users", &[partly, by_name, ("sortOrder", "descending")]),
        List::new("/Users", &[("sortBy", "active")]),
        List::new("/Users", &[("sortBy", "meta.created"), ("sortOrder", "descending")]),
        List::new("/", &[]),
        List::new("/", &[by_name]),
        List::new("/", &[by_name, ("sortOrder", "descending"), ("filter", "displayName pr")]),
    ]
}

/// Whatever the length of its pages, a walk gives the whole list in its order.
#[test]
fn pages_make_the_list() {
    let client = shared::client("partitions");
    let users: Vec<Value> = (0..23).map(named).collect();
    let _ = make(&client, &users);
    for name in ["Same", "Name 3", "zzz"] {
        let _ = client.group(name, &[]);
    }
    for list in lists() {
        let whole = list.page(&client, 200, ("startIndex", "1"));
        let total = whole["totalResults"].as_u64().unwrap() as usize;
        let expected = ids(std::slice::from_ref(&whole));
        assert_eq!((expected.len(), expected.iter().collect::<BTreeSet<_>>().len()), (total, total), "{list:?}");
        assert!(total > 8, "{list:?}");
        for count in [1, 2, 3, 5, total - 1, total, total + 1, 200] {
            for by in BOTH {
                let pages = list.walk(&client, by, count, |_| {});
                assert_eq!(ids(&pages), expected, "{list:?} {by:?} by {count}");
                assert_eq!(pages.len(), total.div_ceil(count), "{list:?} {by:?} by {count}: no page is empty");
                let mut start = 1;
                for page in &pages {
                    assert_eq!(page["totalResults"], total, "{list:?} {by:?} by {count}");
                    if by == By::Index {
                        assert_eq!(page["startIndex"], start, "{list:?} by {count}");
                    }
                    start += page["Resources"].as_array().unwrap().len();
                }
            }
        }
    }
}

/// Between any two pages somebody goes and somebody comes, everywhere in the list. Who is there all the time is seen once; nobody twice.
#[test]
fn walks_see_everybody_who_stays() {
    let mut dice = Dice::new(2);
    let sorted = [("sortBy", "displayName"), ("sortOrder", "ascending")];
    let reversed = [("sortBy", "displayName"), ("sortOrder", "descending")];
    let orders: [&[(&'static str, &str)]; 3] = [&[], &sorted, &reversed];
    for filter in
        ["", "userName sw \"w\"", "emails.value eq \"all@example.com\"", "groups.value eq \"<group>\"", "active eq true and title pr"]
    {
        for order in orders {
            for by in BOTH {
                walk_among_changes(&mut dice, filter, order, by);
            }
        }
    }
}

fn walk_among_changes(dice: &mut Dice, filter: &str, order: &[(&'static str, &str)], by: By) {
    let client = shared::client("walk");
    let mut number = 0;
    let mut next = |dice: &mut Dice| {
        number += 1;
        json!({"userName": format!("w{number}@example.com"), "active": true, "title": "T", "emails": [{"value": "all@example.com"}],
            "displayName": format!("{}", dice.roll(30))})
    };
    let first: Vec<Value> = (0..24).map(|_| next(dice)).collect();
    let mut there = make(&client, &first);
    let group = client.group("Walkers", &there.iter().map(String::as_str).collect::<Vec<_>>());
    let mut list = List::new("/Users", order);
    if !filter.is_empty() {
        list.pairs.push(("filter", filter.replace("<group>", &group)));
    }
    let mut stays: BTreeSet<String> = there.iter().cloned().collect();
    let mut gone: Vec<String> = Vec::new();
    let mut seen: Vec<String> = Vec::new();
    let between = |page: &Value| {
        let shown = ids(std::slice::from_ref(page));
        for id in &shown {
            assert!(!gone.contains(id), "{list:?} {by:?} shows who was gone before it was asked for");
        }
        seen.extend(shown.iter().cloned());
        // The last of this page in every second step, somebody seen before, and somebody not seen yet: often the next one.
        let mut leave: BTreeSet<String> = BTreeSet::new();
        if dice.roll(2) == 0 {
            leave.extend(shown.last().cloned());
        }
        leave.insert(dice.pick(&seen).clone());
        let ahead: Vec<String> = there.iter().filter(|id| !seen.contains(id)).cloned().collect();
        if !ahead.is_empty() {
            leave.insert(if dice.roll(2) == 0 { ahead[0].clone() } else { dice.pick(&ahead).clone() });
        }
        leave.retain(|id| there.contains(id));
        let mut operations: Vec<Value> = leave.iter().map(|id| json!({"method": "DELETE", "path": format!("/Users/{id}")})).collect();
        for place in 0..2 {
            operations.push(json!({"method": "POST", "path": "/Users", "bulkId": format!("new{place}"), "data": next(dice)}));
        }
        let joining = json!([{"op": "add", "path": "members", "value": [{"value": "bulkId:new0"}, {"value": "bulkId:new1"}]}]);
        operations.push(json!({"method": "PATCH", "path": format!("/Groups/{group}"), "data": doorlist_tests::operations(&joining)}));
        let outcomes = client.bulk(&json!(operations));
        assert!(outcomes.iter().all(|outcome| outcome["status"].as_str().unwrap().starts_with('2')), "{outcomes:?}");
        there.retain(|id| !leave.contains(id));
        for outcome in outcomes.iter().filter(|outcome| outcome["method"] == "POST") {
            there.push(text(outcome, "location").rsplit('/').next().unwrap().to_owned());
        }
        stays.retain(|id| !leave.contains(id));
        gone.extend(leave);
    };
    let pages = list.walk(&client, by, 4, between);
    let all = ids(&pages);
    let once: BTreeSet<String> = all.iter().cloned().collect();
    assert_eq!(once.len(), all.len(), "{list:?} {by:?} showed somebody twice");
    let missed: Vec<&String> = stays.difference(&once).collect();
    assert!(missed.is_empty(), "{list:?} {by:?} missed {missed:?} of {} who were there all the time", stays.len());
    assert!(pages.len() > 4, "{list:?} {by:?} was no walk");
    for page in &pages {
        let total = page["totalResults"].as_u64().unwrap() as usize;
        assert!((10..=60).contains(&total), "{list:?} {by:?}: a total of {total}");
    }
}

/// The same while others write at the same time.
#[test]
fn walks_while_others_write() {
    let client = shared::client("walk and write");
    let stay: Vec<Value> = (0..60)
        .map(|number| json!({"userName": format!("stay-{number}@example.com"), "displayName": (number * 37 % 60).to_string()}))
        .collect();
    let churn = |round: usize| -> Vec<Value> {
        (0..10)
            .map(|number| json!({"userName": format!("churn-{round}-{number}@example.com"), "displayName": (number * 6).to_string()}))
            .collect()
    };
    let mut others = vec![make(&client, &churn(0))];
    let stay: BTreeSet<String> = make(&client, &stay).into_iter().collect();
    others.push(make(&client, &churn(1)));
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let writer = client.another();
        let done = &done;
        scope.spawn(move || {
            for round in 2.. {
                if done.load(Ordering::Acquire) {
                    return;
                }
                let gone: Vec<Value> =
                    others.remove(0).iter().map(|id| json!({"method": "DELETE", "path": format!("/Users/{id}")})).collect();
                let _ = writer.bulk(&json!(gone));
                others.push(make(&writer, &churn(round)));
            }
        });
        let walks: Vec<_> = [By::Cursor, By::Index]
            .into_iter()
            .map(|by| {
                let (client, stay) = (client.another(), &stay);
                scope.spawn(move || {
                    for list in [
                        List::new("/Users", &[]),
                        List::new("/Users", &[("sortBy", "displayName")]),
                        List::new("/", &[("filter", "userName pr")]),
                    ] {
                        let all = ids(&list.walk(&client, by, 7, |_| {}));
                        let once: BTreeSet<String> = all.iter().cloned().collect();
                        assert_eq!(once.len(), all.len(), "{list:?} {by:?} showed somebody twice");
                        assert!(stay.is_subset(&once), "{list:?} {by:?} missed somebody");
                    }
                })
            })
            .collect();
        let ended: Vec<_> = walks.into_iter().map(thread::ScopedJoinHandle::join).collect();
        done.store(true, Ordering::Release);
        for walk in ended {
            walk.unwrap();
        }
    });
}

/// A cursor is good for the list that it was given for, and for nobody else.
#[test]
fn cursors_belong_to_their_list() {
    let tenant = shared::tenant("cursors");
    let (client, neighbour) = (tenant.connect(), tenant.connect_with(&json!({"provider": "okta", "name": "Neighbour"})));
    let stranger = shared::client("cursor stranger");
    let users: Vec<Value> = (0..6).map(named).collect();
    for client in [&client, &neighbour, &stranger] {
        let _ = make(client, &users);
    }
    let lists = lists();
    let next = |client: &Client, list: &List| text(&list.page(client, 2, ("cursor", "")), "nextCursor");
    let cursors: Vec<String> = lists.iter().map(|list| next(&client, list)).collect();
    let ask = |client: &Client, list: &List, cursor: &str| {
        let mut pairs: Vec<(&str, &str)> = list.pairs.iter().map(|(key, value)| (*key, value.as_str())).collect();
        pairs.push(("cursor", cursor));
        client.get(&query(list.path, &pairs))
    };
    for (place, list) in lists.iter().enumerate() {
        for (given, cursor) in cursors.iter().enumerate() {
            let reply = ask(&client, list, cursor);
            if place == given {
                // Length and attributes of the pages may change on the way.
                let rest = reply.expect(200);
                assert_eq!(
                    rest["Resources"].as_array().map(Vec::len),
                    Some(rest["totalResults"].as_u64().unwrap() as usize - 2),
                    "{list:?}"
                );
            } else {
                reply.scim_error(400, Some("invalidCursor"));
            }
        }
        for other in [&neighbour, &stranger] {
            ask(other, list, &cursors[place]).scim_error(400, Some("invalidCursor"));
        }
    }
    let groups = List::new("/Groups", &[]);
    ask(&client, &groups, &cursors[0]).scim_error(400, Some("invalidCursor"));
    let other_letters = List::new("/Users", &[("filter", "USERNAME sw \"USER-\"")]);
    let same_filter = ask(&client, &other_letters, &cursors[1]);
    assert!(matches!(same_filter.status, 200 | 400), "{same_filter}");
}

/// What is no cursor is refused; what somebody made of one shows nothing but the own list.
#[test]
fn cursors_that_were_tampered_with() {
    let client = shared::client("tampered");
    let users: Vec<Value> = (0..9).map(named).collect();
    let own: BTreeSet<String> = make(&client, &users).into_iter().collect();
    let long = "A".repeat(CURSOR_BYTES_MAX + 1);
    let longest = "A".repeat(2_000);
    for list in [List::new("/Users", &[]), List::new("/Users", &[("sortBy", "displayName")])] {
        let cursor = text(&list.page(&client, 2, ("cursor", "")), "nextCursor");
        let ask = |cursor: &str| {
            let mut pairs: Vec<(&str, &str)> = list.pairs.iter().map(|(key, value)| (*key, value.as_str())).collect();
            pairs.push(("cursor", cursor));
            client.get(&query(list.path, &pairs))
        };
        let halves = cursor.split_at(cursor.len() / 2);
        for odd in ["x", " ", "0", "null", "W10", "bnVsbA", "e30", "\u{0}", "é", "%", halves.0, halves.1, long.as_str(), longest.as_str()]
        {
            ask(odd).scim_error(400, Some("invalidCursor"));
        }
        let mut refused = 0;
        for place in 0..cursor.len() {
            let letter = [b'A', b'9', b'_'][place % 3];
            let mut bytes = cursor.clone().into_bytes();
            if std::mem::replace(&mut bytes[place], letter) == letter {
                continue;
            }
            let reply = ask(&String::from_utf8(bytes).unwrap());
            if reply.status == 400 {
                refused += 1;
                reply.scim_error(400, Some("invalidCursor"));
            } else {
                let page = reply.expect(200);
                assert!(ids(&[page]).iter().all(|id| own.contains(id)), "{list:?}");
            }
        }
        assert!(3 * refused > cursor.len(), "{refused} of {} were refused", cursor.len());
    }
}

/// A walk goes on after a restart: cursors are all that there is to remember, and an index counts.
#[test]
fn walks_survive_a_restart() {
    let data = Scratch::new();
    let server = Server::options().data_dir(data.path()).start();
    let client = server.operator().tenant("Restart").connect();
    let _ = make(&client, &(0..11).map(named).collect::<Vec<_>>());
    let lists = lists();
    let whole: Vec<Vec<String>> = lists.iter().map(|list| ids(&[list.page(&client, 200, ("startIndex", "1"))])).collect();
    let cursors: Vec<String> = lists.iter().map(|list| text(&list.page(&client, 3, ("cursor", "")), "nextCursor")).collect();
    for list in &lists {
        let _ = list.page(&client, 3, ("startIndex", "1"));
    }
    server.kill();
    let server = Server::options().data_dir(data.path()).start();
    let client = Client::new(server.address(), client.token(), &client.connection);
    for ((list, whole), cursor) in lists.iter().zip(&whole).zip(&cursors) {
        assert_eq!(ids(&[list.page(&client, 200, ("cursor", cursor))]), whole[3..], "{list:?}");
        assert_eq!(ids(&[list.page(&client, 200, ("startIndex", "4"))]), whole[3..], "{list:?}");
    }
}

#[test]
fn the_ends_of_pages() {
    let client = shared::client("ends");
    let _ = make(&client, &(0..5).map(named).collect::<Vec<_>>());
    // Parameters; how many there are; whether the answer has a cursor.
    let cases: &[(&str, usize, bool)] = &[
        ("count=0", 0, false),
        ("count=0&cursor", 0, false),
        ("cursor", 5, false),
        ("cursor=", 5, false),
        ("cursor=&count=5", 5, false),
        ("cursor=&count=4", 4, true),
        ("CURSOR=&COUNT=4", 4, true),
        ("count=4", 4, false),
        ("cursor=&count=-1", 0, false),
        ("cursor=&count=99999999999999999999999", 5, false),
        ("startIndex=6", 0, false),
        ("startIndex=5", 1, false),
        ("startIndex=99999999999999999999999", 0, false),
        ("startIndex=0&count=2", 2, false),
        ("startIndex=4&count=0", 0, false),
        ("filter=userName%20pr&count=0", 0, false),
        ("filter=userName%20pr&count=0&cursor", 0, false),
        ("filter=userName%20eq%20%22user-000%40example.com%22&cursor=&count=1", 1, false),
        ("sortBy=displayName&count=0", 0, false),
        ("sortBy=displayName&startIndex=9", 0, false),
    ];
    for (pairs, number, goes_on) in cases {
        let page = client.get(&format!("/Users?{pairs}")).expect(200);
        let total = if pairs.contains("user-000") { 1 } else { 5 };
        assert_eq!((&page["totalResults"], &page["itemsPerPage"]), (&json!(total), &json!(number)), "{pairs}");
        assert_eq!(page["Resources"].as_array().map(Vec::len), Some(*number), "{pairs}");
        assert_eq!(page.get("nextCursor").is_some(), *goes_on, "{pairs}: {page}");
    }
    for (pairs, scim_type) in [
        ("cursor=&startIndex=1", "invalidValue"),
        ("cursor=x&startIndex=1", "invalidValue"),
        ("cursor=&cursor=", "invalidValue"),
        ("count=1&count=2", "invalidValue"),
        ("count=x", "invalidValue"),
        ("count=", "invalidValue"),
        ("startIndex=", "invalidValue"),
        ("startIndex=1.5", "invalidValue"),
        ("count=x&cursor=", "invalidCount"),
        ("count=1.0&cursor=", "invalidCount"),
        ("cursor=nonsense", "invalidCursor"),
    ] {
        client.get(&format!("/Users?{pairs}")).scim_error(400, Some(scim_type));
    }
}

/// The longest page is the one that the configuration tells; a client that says no count gets that.
#[test]
fn pages_are_as_long_as_told() {
    let client = shared::client("longest page");
    let config = client.get("/ServiceProviderConfig").expect(200);
    let pagination = &config["pagination"];
    assert_eq!(
        (&pagination["cursor"], &pagination["index"], &pagination["defaultPaginationMethod"]),
        (&json!(true), &json!(true), &json!("index"))
    );
    let most = pagination["maxPageSize"].as_u64().unwrap() as usize;
    assert_eq!((&pagination["defaultPageSize"], &config["filter"]["maxResults"]), (&json!(most), &json!(most)));
    let _ = make(&client, &(0..most + 5).map(named).collect::<Vec<_>>());
    let list = List::new("/Users", &[]);
    for by in BOTH {
        let pages = list.walk(&client, by, most, |_| {});
        assert_eq!((pages.len(), ids(&pages).len()), (2, most + 5), "{by:?}");
    }
    for pairs in ["", "cursor=", "count=100000", "cursor=&count=100000"] {
        let page = client.get(&format!("/Users?{pairs}")).expect(200);
        assert_eq!((&page["itemsPerPage"], &page["totalResults"]), (&json!(most), &json!(most + 5)), "{pairs}");
        assert_eq!(page.get("nextCursor").is_some(), pairs.contains("cursor"), "{pairs}");
    }
}
