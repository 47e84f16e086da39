//! Queries, lists, their order, and points in time.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test stops at the first surprise")]

use doorlist_scim::datetime::Instant;
use doorlist_scim::list::{list_response, sort_key};
use doorlist_scim::query::{Page, Query, SortOrder, sort_by};
use doorlist_scim::{ErrorKind, ResourceType};
use serde_json::{Value, json};

#[test]
fn pages_are_read_as_the_rfc_says() {
    let table = [
        (None, None, (1, 50)),
        (Some("1"), Some("10"), (1, 10)),
        (Some("0"), Some("0"), (1, 0)),
        (Some("-7"), Some("-7"), (1, 0)),
        (Some("51"), Some("1000"), (51, 50)),
        (Some(" 3 "), Some("99999999999999999999999"), (3, 50)),
        (Some("99999999999999999999999"), None, (usize::MAX, 50)),
    ];
    for (start_index, count, expected) in table {
        let page = Page::parse(start_index, count, 50).unwrap();
        assert_eq!((page.start_index, page.count), expected, "{start_index:?} {count:?}");
    }
    for bad in ["", "-", "x", "1.5", "1e3", "+1", "٣", "--1"] {
        assert_eq!(Page::parse(Some(bad), None, 50).unwrap_err().kind, ErrorKind::InvalidValue, "{bad}");
        assert_eq!(Page::parse(None, Some(bad), 50).unwrap_err().kind, ErrorKind::InvalidValue, "{bad}");
    }
}

#[test]
fn a_query_is_the_same_in_a_uri_and_in_a_search() {
    let rt = ResourceType::user();
    let parameters = [
        ("filter", r#"userName eq "a""#),
        ("startIndex", "3"),
        ("COUNT", "7"),
        ("sortBy", "name.familyName"),
        ("sortOrder", "descending"),
        ("attributes", "userName,emails.value"),
        ("aadOptscim062020", ""),
    ];
    let from_uri = Query::from_parameters(rt, parameters, 100).unwrap();
    let from_search = Query::from_search(
        rt,
        &json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
            "filter": "userName eq \"a\"", "startIndex": 3, "count": 7, "sortBy": "NAME.familyName",
            "sortOrder": "Descending", "attributes": ["userName", "emails.value"], "excludedAttributes": null,
        }),
        100,
    );
    assert_eq!(from_search.unwrap(), from_uri);
    assert_eq!(
        from_uri.sort.as_ref().map(|(path, order)| (path.to_string(), *order)),
        Some(("name.familyName".to_owned(), SortOrder::Descending))
    );
    assert_eq!((from_uri.page.start_index, from_uri.page.count), (3, 7));

    let empty = Query::from_parameters(rt, [], 100).unwrap();
    assert_eq!((empty.filter.is_none(), empty.sort.is_none(), empty.page.count), (true, true, 100));
    assert!(empty.projection.is_full());
    assert_eq!(Query::from_search(rt, &json!({}), 100).unwrap(), empty);
}

#[test]
fn queries_that_cannot_be_answered_are_refused() {
    let rt = ResourceType::user();
    let table = [
        (vec![("filter", "nothing eq 1")], ErrorKind::InvalidFilter),
        (vec![("filter", "")], ErrorKind::InvalidFilter),
        (vec![("filter", "id pr"), ("Filter", "id pr")], ErrorKind::InvalidValue),
        (vec![("sortBy", "nothing")], ErrorKind::InvalidValue),
        (vec![("sortBy", "name")], ErrorKind::InvalidValue),
        (vec![("sortBy", "password")], ErrorKind::InvalidValue),
        (vec![("sortOrder", "sideways")], ErrorKind::InvalidValue),
        (vec![("attributes", "id"), ("excludedAttributes", "name")], ErrorKind::InvalidValue),
    ];
    for (parameters, kind) in table {
        let error = Query::from_parameters(rt, parameters.clone(), 100);
        assert_eq!(error.unwrap_err().kind, kind, "{parameters:?}");
    }
    assert_eq!(Query::from_search(rt, &json!([]), 100).unwrap_err().kind, ErrorKind::InvalidSyntax);
    for body in [json!({"count": true}), json!({"count": 1.5}), json!({"attributes": [1]}), json!({"filter": {}})] {
        assert_eq!(Query::from_search(rt, &body, 100).unwrap_err().kind, ErrorKind::InvalidValue, "{body}");
    }
}

#[test]
fn resources_are_ordered_by_any_attribute() {
    let rt = ResourceType::user();
    let order = |by: &str, resources: &[Value]| -> Vec<u64> {
        let path = sort_by(by, rt).unwrap();
        let mut sorted: Vec<&Value> = resources.iter().collect();
        sorted.sort_by_key(|resource| sort_key(rt, &path, resource.as_object().unwrap()));
        sorted.into_iter().map(|resource| resource["n"].as_u64().unwrap()).collect()
    };
    let names = [json!({"n": 1, "userName": "b"}), json!({"n": 2, "userName": "A"}), json!({"n": 3}), json!({"n": 4, "userName": "C"})];
    assert_eq!(order("userName", &names), [2, 1, 4, 3]);
    let ids = [json!({"n": 1, "externalId": "b"}), json!({"n": 2, "externalId": "C"})];
    assert_eq!(order("externalId", &ids), [2, 1]);
    let flags = [json!({"n": 1, "active": true}), json!({"n": 2}), json!({"n": 3, "active": false})];
    assert_eq!(order("active", &flags), [3, 1, 2]);
    let times = [
        json!({"n": 1, "meta": {"created": "2020-01-01T10:00:00+02:00"}}),
        json!({"n": 2, "meta": {"created": "2020-01-01T09:00:00Z"}}),
        json!({"n": 3, "meta": {"created": "2019-12-31T23:59:59.9Z"}}),
    ];
    assert_eq!(order("meta.created", &times), [3, 1, 2]);
    let emails = [
        json!({"n": 1, "emails": [{"value": "a"}, {"value": "z", "primary": true}]}),
        json!({"n": 2, "emails": [{"value": "b"}, {"value": "c"}]}),
        json!({"n": 3, "emails": []}),
    ];
    for by in ["emails", "emails.value", "EMAILS"] {
        assert_eq!(order(by, &emails), [2, 1, 3]);
    }
    let key = |resource: Value| sort_key(rt, &sort_by("userName", rt).unwrap(), resource.as_object().unwrap());
    assert!(key(json!({"userName": "A"})) == key(json!({"userName": "a"})));
}

#[test]
fn a_list_has_its_keys_even_when_it_is_empty() {
    assert_eq!(
        list_response(0, 1, vec![]),
        json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
            "totalResults": 0, "startIndex": 1, "itemsPerPage": 0, "Resources": [],
        })
    );
    let page = list_response(12, 11, vec![json!({"id": "1"}), json!({"id": "2"})]);
    assert_eq!((&page["totalResults"], &page["startIndex"], &page["itemsPerPage"]), (&json!(12), &json!(11), &json!(2)));
}

#[test]
fn points_in_time() {
    let same = [
        ("2011-05-13T04:42:34Z", "2011-05-13T04:42:34"),
        ("2011-05-13T04:42:34Z", "2011-05-13t04:42:34z"),
        ("2011-05-13T04:42:34Z", "2011-05-13T06:42:34+02:00"),
        ("2011-05-13T04:42:34Z", "2011-05-12T23:12:34.000000000000-05:30"),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z"),
        ("2000-02-29T00:00:00Z", "2000-02-28T23:00:00-01:00"),
    ];
    for (left, right) in same {
        assert_eq!(Instant::parse(left).unwrap(), Instant::parse(right).unwrap(), "{left} {right}");
    }
    let ascending = [
        "0000-01-01T00:00:00Z",
        "1900-02-28T23:59:59Z",
        "1900-03-01T00:00:00Z",
        "1969-12-31T23:59:59.999Z",
        "1970-01-01T00:00:00Z",
        "2000-02-28T23:59:59Z",
        "2000-02-29T00:00:00Z",
        "2000-03-01T00:00:00Z",
        "2011-05-13T04:42:34.000000001Z",
        "2011-05-13T04:42:34.1Z",
        "2011-05-13T04:42:34.11Z",
        "9999-12-31T23:59:59Z",
    ];
    for pair in ascending.windows(2) {
        assert!(Instant::parse(pair[0]).unwrap() < Instant::parse(pair[1]).unwrap(), "{pair:?}");
    }
    for text in [
        "",
        "2011-05-13",
        "2011-05-13 04:42:34Z",
        "2011-5-13T04:42:34Z",
        "2011-05-13T04:42Z",
        "2011-05-13T24:00:00Z",
        "2011-05-13T04:60:00Z",
        "2011-05-13T04:42:61Z",
        "2011-13-01T00:00:00Z",
        "2011-00-01T00:00:00Z",
        "2011-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z",
        "2011-04-31T00:00:00Z",
        "2011-05-00T00:00:00Z",
        "2011-05-13T04:42:34.Z",
        "2011-05-13T04:42:34+0200",
        "2011-05-13T04:42:34+24:00",
        "2011-05-13T04:42:34ZZ",
        "20é1-05-13T04:42:34Z",
        "+011-05-13T04:42:34Z",
        "2011-05-13T04:42:34+02:60",
    ] {
        assert_eq!(Instant::parse(text), None, "{text}");
    }
}
