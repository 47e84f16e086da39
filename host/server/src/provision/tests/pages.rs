//! Pages: together they are the list, also while resources come and go.

use std::collections::BTreeSet;

use super::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 160, ..ProptestConfig::default() })]

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
