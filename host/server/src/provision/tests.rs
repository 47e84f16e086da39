//! Lists over random inventories: whichever way the resources are found, they are the same.

use std::collections::BTreeSet;
use std::sync::Arc;

use doorlist_scim::query::Query;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::store::{Store, Tenant};

const SCOPE: Scope = Scope { connection: 1 };
const NOW: Timestamp = Timestamp::from_millis(1_790_000_000_000);

fn context() -> Context {
    Context::of_nobody(NOW)
}

/// A tenant with these resources; what is refused is not there.
fn tenant(users: &[Value], groups: &[(Value, Vec<usize>)]) -> (Tenant, Vec<Id>, Vec<Id>) {
    let tenant = Store::in_memory().unwrap().tenant(1);
    let make = |kind: &Arc<Kind>, body: &Value| {
        let create = Create::parse(Arc::clone(kind), body).unwrap();
        tenant.write(move |tx| create.run(tx, SCOPE, &context())).map(|answer| answer.id).ok()
    };
    let users: Vec<Id> = users.iter().filter_map(|body| make(Kind::user(), body)).collect();
    let mut made = Vec::new();
    for (body, members) in groups {
        let members: Vec<Value> = members.iter().filter_map(|member| users.get(*member)).map(|id| json!({"value": id})).collect();
        let mut body = body.clone();
        body["members"] = members.into();
        made.extend(make(Kind::group(), &body));
    }
    (tenant, users, made)
}

fn search(kind: &Arc<Kind>, parameters: &[(&str, &str)]) -> Search {
    let query = Query::from_parameters(&[&kind.scim], parameters.iter().copied(), 1_000).unwrap();
    Search::of(kind, query, &"http://x".into())
}

fn found(tenant: &Tenant, search: &Search) -> (usize, Vec<Id>) {
    let page = tenant.read(|rows| list(rows, SCOPE, search, &Walks::none())).unwrap();
    (page.total, page.answers.into_iter().map(|(_, answer)| answer.id).collect())
}

/// Few names, so that random filters find something; some differ in letter case only, or fold to others.
const NAMES: [&str; 8] = ["ada", "Ada", "ADA@x.io", "ada@x.io", "bob", "Straße", "STRASSE", "straße"];

fn name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(&NAMES[..])
}

fn user() -> impl Strategy<Value = Value> {
    let maybe = || prop::option::of(name());
    (name(), 0..9_u8, maybe(), maybe(), prop::collection::vec((name(), prop::sample::select(&["work", "home"][..])), 0..3)).prop_map(
        |(user_name, number, external_id, display_name, emails)| {
            let emails: Vec<Value> = emails.into_iter().map(|(value, kind)| json!({"value": value, "type": kind})).collect();
            json!({"userName": format!("{user_name}{number}"), "externalId": external_id, "displayName": display_name, "emails": emails})
        },
    )
}

fn group() -> impl Strategy<Value = (Value, Vec<usize>)> {
    let body = (name(), prop::option::of(name())).prop_map(|(name, external)| json!({"displayName": name, "externalId": external}));
    (body, prop::collection::vec(0..6_usize, 0..4))
}

/// A comparison that an index may answer, or may not. `@n` stands for an id.
fn comparison(attributes: &'static [&'static str]) -> impl Strategy<Value = String> {
    let value = prop_oneof![name().prop_map(str::to_owned), (name(), 0..9_u8).prop_map(|(name, number)| format!("{name}{number}"))];
    let plain = (prop::sample::select(attributes), prop::sample::select(&["eq", "eq", "eq", "ne", "sw", "co", "gt"][..]), value)
        .prop_map(|(attribute, op, value)| format!("{attribute} {op} {}", json!(value)));
    let by_id = (prop::sample::select(&["id", "members", "members.value", "groups", "groups.value"][..]), 0..12_usize)
        .prop_map(|(attribute, id)| format!("{attribute} eq \"@{id}\""));
    prop_oneof![4 => plain, 1 => by_id]
}

fn filter(attributes: &'static [&'static str]) -> impl Strategy<Value = String> {
    comparison(attributes).prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(one, other)| format!("({one}) and ({other})")),
            (inner.clone(), inner.clone()).prop_map(|(one, other)| format!("({one}) or ({other})")),
            inner.prop_map(|inner| format!("not ({inner})")),
        ]
    })
}

const OF_USERS: &[&str] = &["userName", "externalId", "displayName", "emails", "emails.value", "emails.type", "title"];
const OF_GROUPS: &[&str] = &["displayName", "externalId"];

proptest! {
    #![proptest_config(ProptestConfig { cases: 160, ..ProptestConfig::default() })]

    /// What an index finds is what a look at every resource finds: twice `not` means the same and has no index.
    #[test]
    fn an_index_finds_what_a_full_scan_finds(
        users in prop::collection::vec(user(), 0..12),
        groups in prop::collection::vec(group(), 0..6),
        of_users in prop::collection::vec(filter(OF_USERS), 1..8),
        of_groups in prop::collection::vec(filter(OF_GROUPS), 1..8),
    ) {
        let (tenant, users, groups) = tenant(&users, &groups);
        let ids: Vec<Id> = users.iter().chain(&groups).copied().collect();
        for (kind, filters) in [(Kind::user(), &of_users), (Kind::group(), &of_groups)] {
            for text in filters {
                let mut text = text.clone();
                for number in (0..12).rev() {
                    let id = ids.get(number).map_or("nobody".to_owned(), ToString::to_string);
                    text = text.replace(&format!("@{number}\""), &format!("{id}\""));
                }
                if doorlist_scim::Filter::parse(&text, &kind.scim).is_err() {
                    continue;
                }
                let indexed = search(kind, &[("filter", &text)]);
                let scanned = search(kind, &[("filter", &format!("not (not ({text}))"))]);
                let expected = found(&tenant, &scanned);
                prop_assert_eq!(&found(&tenant, &indexed), &expected, "{}", text);
                if let Some(page) = tenant.read(|rows| quick(rows, SCOPE, &indexed)).unwrap() {
                    let ids: Vec<Id> = page.answers.iter().map(|(_, answer)| answer.id).collect();
                    prop_assert_eq!((page.total, ids), expected, "quickly: {}", text);
                }
            }
        }
    }

    /// Whatever a list is sorted by and however it is paged, its pages together are the list.
    #[test]
    fn pages_partition_the_list(
        users in prop::collection::vec(user(), 0..12),
        groups in prop::collection::vec(group(), 0..6),
        filtered in prop::option::of(name()),
        sorted in prop::option::of((prop::sample::select(&["displayName", "externalId", "meta.created", "userName"][..]), any::<bool>())),
        count in 1..5_usize,
    ) {
        let (tenant, _, _) = tenant(&users, &groups);
        let filter = filtered.map(|name| format!("displayName ne {}", json!(name)));
        let everything = |more: &[(&str, &str)]| {
            let mut parameters = more.to_vec();
            parameters.extend(filter.as_deref().map(|filter| ("filter", filter)));
            parameters.extend(sorted.iter().map(|(by, _)| ("sortBy", *by)));
            parameters.extend(sorted.iter().filter(|(_, down)| *down).map(|_| ("sortOrder", "descending")));
            let types = [Kind::user(), Kind::group()];
            let selections = types.into_iter().zip([[0, 1], [1, 0]]).map(|(kind, order)| {
                let order: Vec<_> = order.iter().filter_map(|place| types.get(*place)).map(|kind| kind.scim.as_ref()).collect();
                (Arc::clone(kind), Query::from_parameters(&order, parameters.iter().copied(), 1_000).unwrap())
            });
            Search { selections: selections.collect(), base: "http://x".into() }
        };
        let (total, whole) = found(&tenant, &everything(&[]));
        prop_assert_eq!(total, whole.len());
        prop_assert_eq!(whole.iter().collect::<BTreeSet<_>>().len(), whole.len());
        let text = count.to_string();
        let (mut by_cursor, mut cursor) = (Vec::new(), String::new());
        loop {
            let search = everything(&[("cursor", &cursor), ("count", &text)]);
            let page = tenant.read(|rows| list(rows, SCOPE, &search, &Walks::none())).unwrap();
            prop_assert_eq!(page.total, total);
            by_cursor.extend(page.answers.iter().map(|(_, answer)| answer.id));
            match page.next_cursor {
                Some(next) => cursor = next,
                None => break,
            }
        }
        prop_assert_eq!(&by_cursor, &whole);
        let remembered = AllWalks::default();
        for walks in [Walks::none(), remembered.of(1, NOW)] {
            let mut by_index = Vec::new();
            loop {
                let start = (by_index.len() + 1).to_string();
                let search = everything(&[("startIndex", &start), ("count", &text)]);
                let page = tenant.read(|rows| list(rows, SCOPE, &search, &walks)).unwrap();
                prop_assert_eq!(page.total, total);
                by_index.extend(page.answers.iter().map(|(_, answer)| answer.id));
                if page.answers.is_empty() {
                    break;
                }
            }
            prop_assert_eq!(&by_index, &whole);
        }
    }
}

/// A page by index goes on behind the one before it, whoever goes meanwhile; a first page begins anew, and what is remembered of one tenant is another's loss at no time.
#[test]
fn pages_by_index_go_on_behind_each_other() {
    let users: Vec<Value> = (0..8).map(|number| json!({"userName": format!("u{number}")})).collect();
    let (tenant, ids, _) = tenant(&users, &[]);
    let walks = AllWalks::default();
    let page_of = |partition, start: usize, now| {
        let start = start.to_string();
        let search = search(Kind::user(), &[("filter", "userName pr"), ("startIndex", &start), ("count", "2")]);
        let page = tenant.read(|rows| list(rows, SCOPE, &search, &walks.of(partition, now))).unwrap();
        (page.total, page.answers.into_iter().map(|(_, answer)| answer.id).collect::<Vec<_>>())
    };
    let page = |start, now| page_of(1, start, now);
    let delete = |id: Id| {
        let delete = Delete::new(Arc::clone(Kind::user()), &id.to_string());
        tenant.write(move |tx| delete.run(tx, SCOPE, &context())).unwrap();
    };
    assert_eq!(page(1, NOW), (8, ids[0..2].to_vec()));
    delete(ids[0]);
    delete(ids[1]);
    assert_eq!(page(3, NOW).1, ids[2..4], "nobody is skipped");
    assert_eq!(page(3, NOW).1, ids[2..4], "also not by asking again");
    // Another tenant's walk over the same list, and one that is forgotten, count.
    assert_eq!(page_of(2, 3, NOW), (6, ids[4..6].to_vec()));
    let later = NOW.plus_millis(crate::limits::WALK_MS_MAX + 1);
    assert_eq!(page(5, later), (6, ids[6..8].to_vec()));
    let (total, last) = page(5, NOW);
    assert_eq!(last, ids[4..6]);
    assert!(total > 6, "whoever counts to the total goes on: {total}");
    assert_eq!(page(7, NOW), (8, ids[6..8].to_vec()), "the last page says as many as were given");
    // From the beginning, nothing of the walk before is left.
    assert_eq!(page(1, NOW), (6, ids[2..4].to_vec()));
    assert_eq!(page(5, NOW), (6, ids[6..8].to_vec()));
    assert_eq!(page(3, NOW), (6, ids[4..6].to_vec()));
}
