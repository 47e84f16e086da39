//! Bulk requests: what is read, what is wrong with single operations, references, and the order.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test stops at the first surprise")]

use std::collections::HashMap;
use std::sync::Arc;

use doorlist_scim::bulk::{BulkMethod, BulkOperation, BulkRequest, bulk_response, outcome};
use doorlist_scim::limits::BULK_OPERATIONS_MAX;
use doorlist_scim::{Error, ErrorKind, ResourceType};
use proptest::prelude::*;
use serde_json::{Value, json};

fn parse(body: &Value) -> Result<BulkRequest, Error> {
    BulkRequest::parse(body, &ResourceType::all().map(Arc::clone), BULK_OPERATIONS_MAX)
}

fn operations(list: Value) -> BulkRequest {
    parse(&json!({"Operations": list})).unwrap()
}

fn operation(request: &BulkRequest, at: usize) -> BulkOperation {
    request.operations[at].operation.clone().unwrap()
}

#[test]
fn bulk_requests_are_read_and_their_references_resolved() {
    let request = parse(&json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "failOnErrors": 1,
        "Operations": [
            {"method": "POST", "path": "/Users", "bulkId": "qwerty", "data": {"userName": "Alice"}},
            {"method": "post", "path": "/Groups", "bulkId": "ytrewq", "data": {"displayName": "Tour Guides",
                "members": [{"type": "User", "value": "bulkId:qwerty"}]}},
            {"method": "PATCH", "path": "/Groups/bulkId:ytrewq", "version": "W/\"1\"", "data": {"Operations": []}},
            {"method": "DELETE", "path": "/Users/b7c14771"},
        ],
    }));
    let request = request.unwrap();
    assert_eq!(request.fail_on_errors, Some(1));
    let [create_user, mut create_group, mut patch, delete] = [0, 1, 2, 3].map(|at| operation(&request, at));
    assert_eq!((create_user.method, create_user.resource_type.name.as_str(), &create_user.id), (BulkMethod::Post, "User", &None));
    assert_eq!(create_user.references(), [] as [&str; 0]);
    assert_eq!(create_group.references(), ["qwerty"]);
    assert_eq!(patch.references(), ["ytrewq"]);
    assert_eq!((delete.method, delete.id.as_deref(), &delete.data), (BulkMethod::Delete, Some("b7c14771"), &Value::Null));

    let mut ids = HashMap::new();
    assert_eq!(create_group.clone().resolve(&ids).unwrap_err().kind, ErrorKind::Conflict);
    ids.insert("qwerty".to_owned(), "1".to_owned());
    ids.insert("ytrewq".to_owned(), "2".to_owned());
    create_group.resolve(&ids).unwrap();
    assert_eq!(create_group.data["members"][0]["value"], "1");
    patch.resolve(&ids).unwrap();
    assert_eq!(patch.id.as_deref(), Some("2"));

    let done = outcome(&request.operations[1], 201, Some("https://sp/Groups/2"), Some("W/\"7\""), None);
    let expected = json!({"method": "POST", "bulkId": "ytrewq", "status": "201", "location": "https://sp/Groups/2", "version": "W/\"7\""});
    assert_eq!(done, expected);
    assert_eq!(
        bulk_response(vec![done.clone()]),
        json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkResponse"], "Operations": [done]})
    );
}

#[test]
fn references_in_the_paths_of_a_patch_are_resolved() {
    let ids = HashMap::from([("u".to_owned(), "1".to_owned()), ("a\"]".to_owned(), "2".to_owned()), ("q".to_owned(), "\"3\\".to_owned())]);
    // The path, what it refers to, and what becomes of it; nothing if it refers to what nobody knows.
    let table: [(&str, &[&str], Option<&str>); 16] = [
        (r#"members[value eq "bulkId:u"]"#, &["u"], Some(r#"members[value eq "1"]"#)),
        (r#"members[value eq "bulkId:u" or value eq "bulkId:u"]"#, &["u"], Some(r#"members[value eq "1" or value eq "1"]"#)),
        (r#"members[value eq "x" or value eq "bulkId:u"]"#, &["u"], Some(r#"members[value eq "x" or value eq "1"]"#)),
        (
            r#"emails[display eq "\"bulkId:u" and value eq "bulkId:u"].value"#,
            &["u"],
            Some(r#"emails[display eq "\"bulkId:u" and value eq "1"].value"#),
        ),
        (r#"members[value eq "bulkId:q"]"#, &["q"], Some(r#"members[value eq "\"3\\"]"#)),
        // Written with escapes it is found when its turn comes.
        (r#"members[value eq "bulkId:a\"]"]"#, &[], Some(r#"members[value eq "2"]"#)),
        (r#"members[value eq "\u0062ulkId:u"]"#, &[], Some(r#"members[value eq "1"]"#)),
        (r#"members[value eq "bulkId:nobody"]"#, &["nobody"], None),
        (r#"members[value eq "bulkId:"]"#, &[""], None),
        (r#"members[value eq "xbulkId:u"]"#, &[], Some(r#"members[value eq "xbulkId:u"]"#)),
        (r#"members[value eq "bulkid:u"]"#, &[], Some(r#"members[value eq "bulkid:u"]"#)),
        (r#"members[value eq bulkId:u]"#, &[], Some(r#"members[value eq bulkId:u]"#)),
        (r#"members[value eq "bulkId:u]"#, &[], Some(r#"members[value eq "bulkId:u]"#)),
        (r#"members[value eq "é" or value eq "bulkId:u"] é"#, &["u"], Some(r#"members[value eq "é" or value eq "1"] é"#)),
        ("members", &[], Some("members")),
        ("", &[], Some("")),
    ];
    let read = |method: &str, data: Value| operation(&operations(json!([{"method": method, "path": "/Groups/1", "data": data}])), 0);
    for (path, references, expected) in table {
        for (list, key) in [("Operations", "path"), ("operations", "Path")] {
            let mut patch = read("PATCH", json!({list: [{"op": "add", "path": "displayName", "value": "d"}, {"op": "remove", key: path}]}));
            assert_eq!(patch.references(), references, "{path}");
            match (patch.resolve(&ids), expected) {
                (Ok(()), Some(expected)) => assert_eq!(patch.data[list][1][key], expected),
                (Err(error), None) => assert_eq!(error.kind, ErrorKind::Conflict),
                (outcome, _) => panic!("{path}: {outcome:?}"),
            }
        }
    }
    // Nowhere else is it anything but text.
    let path = r#"members[value eq "bulkId:nobody"]"#;
    for (method, data) in [
        ("PATCH", json!({"Operations": [{"op": "add", "path": "displayName", "value": path}]})),
        ("PATCH", json!({"Operations": [{"op": "add", "value": {"path": path}}]})),
        ("PATCH", json!({"path": path, "Operations": {"path": path}})),
        ("PATCH", json!({"Operations": [[{"path": path}], {"path": [path]}, 1]})),
        ("PUT", json!({"displayName": "d", "Operations": [{"path": path}]})),
    ] {
        let mut operation = read(method, data.clone());
        assert_eq!(operation.references(), [] as [&str; 0], "{data}");
        assert_eq!(operation.resolve(&HashMap::new()), Ok(()));
        assert_eq!(operation.data, data);
    }
    // A POST comes before what refers to it so.
    let remove = json!({"Operations": [{"op": "remove", "path": r#"members[value eq "bulkId:u"]"#}]});
    let request = operations(json!([
        {"method": "PATCH", "path": "/Groups/1", "data": remove},
        {"method": "POST", "path": "/Users", "bulkId": "u", "data": {"userName": "a"}},
    ]));
    assert_eq!(request.order(), [[1], [0]]);
}

#[test]
fn paths_lead_to_the_types_of_the_caller_and_no_others() {
    let body = json!({"Operations": [{"method": "DELETE", "path": "/TestResources/1"}, {"method": "DELETE", "path": "/Users/1"}]});
    let request = BulkRequest::parse(&body, ResourceType::test(), 2).unwrap();
    assert_eq!(operation(&request, 0).resource_type.name, "TestResource");
    assert_eq!(request.operations[1].operation.as_ref().unwrap_err().kind, ErrorKind::InvalidPath);
    assert_eq!(BulkRequest::parse(&body, ResourceType::test(), 1).unwrap_err().kind, ErrorKind::PayloadTooLarge);
}

#[test]
fn what_is_wrong_with_one_operation_stays_with_it() {
    let deep = (0..50).fold(json!(1), |inner, _| json!([inner]));
    let user = json!({"userName": "a"});
    let table = [
        (json!({"method": "GET", "path": "/Users/1"}), ErrorKind::InvalidSyntax),
        (json!({"path": "/Users/1"}), ErrorKind::InvalidSyntax),
        (json!({"method": 1, "path": "/Users/1"}), ErrorKind::InvalidSyntax),
        (json!({"method": "DELETE"}), ErrorKind::InvalidSyntax),
        (json!(1), ErrorKind::InvalidSyntax),
        (json!({"method": "DELETE", "path": "/Users"}), ErrorKind::InvalidValue),
        (json!({"method": "DELETE", "path": "/Robots/1"}), ErrorKind::InvalidPath),
        (json!({"method": "DELETE", "path": "/Users/1/x"}), ErrorKind::InvalidPath),
        (json!({"method": "DELETE", "path": "https://elsewhere/Users/1"}), ErrorKind::InvalidPath),
        (json!({"method": "POST", "path": "/Users/1", "bulkId": "a", "data": user}), ErrorKind::InvalidValue),
        (json!({"method": "POST", "path": "/Users", "data": user}), ErrorKind::InvalidValue),
        (json!({"method": "POST", "path": "/Users", "bulkId": "", "data": user}), ErrorKind::InvalidValue),
        (json!({"method": "POST", "path": "/Users", "bulkId": 7, "data": user}), ErrorKind::InvalidSyntax),
        (json!({"method": "POST", "path": "/Users", "bulkId": "a"}), ErrorKind::InvalidValue),
        (json!({"method": "PUT", "path": "/Users/1", "data": []}), ErrorKind::InvalidValue),
        (json!({"method": "PUT", "path": "/Users/1", "data": {"x": deep}}), ErrorKind::InvalidValue),
        (json!({"method": "PUT", "path": "/Users/1", "version": {}, "data": {}}), ErrorKind::InvalidSyntax),
    ];
    for (wrong, kind) in table {
        let request = operations(json!([wrong, {"method": "DELETE", "path": "/Users/1"}]));
        assert_eq!(request.operations[0].operation.as_ref().unwrap_err().kind, kind, "{wrong}");
        assert!(request.operations[1].operation.is_ok());
        assert_eq!(request.order(), [[0], [1]]);
    }
    // Whatever could be read is said again in the answer.
    let request = operations(json!([
        {"method": "post", "path": "/Robots", "bulkId": "r"},
        {"method": "GET", "path": "/Users/1", "bulkId": "g"},
        {"method": "PUT", "bulkId": {}},
    ]));
    let echo = |at: usize| outcome(&request.operations[at], 400, None, None, Some(json!({})));
    assert_eq!(echo(0), json!({"method": "POST", "bulkId": "r", "status": "400", "response": {}}));
    assert_eq!(echo(1), json!({"bulkId": "g", "status": "400", "response": {}}));
    assert_eq!(echo(2), json!({"method": "PUT", "status": "400", "response": {}}));
}

#[test]
fn the_second_operation_of_one_bulk_id_is_at_fault() {
    let post = |bulk_id: &str| json!({"method": "POST", "path": "/Users", "bulkId": bulk_id, "data": {"userName": "a"}});
    let request = operations(json!([post("a"), post("b"), post("a"), post("A")]));
    let is_fault = |item: &doorlist_scim::bulk::BulkItem| item.operation.as_ref().is_err_and(|error| error.kind == ErrorKind::InvalidValue);
    assert_eq!(request.operations.iter().map(is_fault).collect::<Vec<_>>(), [false, false, true, false]);
    assert_eq!(request.operations[2].bulk_id.as_deref(), Some("a"));
    // An empty one is none, which only a POST needs.
    let delete = |id: u8| json!({"method": "DELETE", "path": format!("/Users/{id}"), "bulkId": ""});
    let request = operations(json!([delete(1), delete(2)]));
    assert!(request.operations.iter().all(|item| item.operation.is_ok() && item.bulk_id.is_none()));
}

#[test]
fn bulk_requests_that_are_none_are_refused() {
    let table = [
        (json!([]), ErrorKind::InvalidSyntax),
        (json!({}), ErrorKind::InvalidSyntax),
        (json!({"Operations": {}}), ErrorKind::InvalidSyntax),
        (json!({"Operations": [], "failOnErrors": "many"}), ErrorKind::InvalidSyntax),
        (json!({"Operations": [], "failOnErrors": 0}), ErrorKind::InvalidSyntax),
        (json!({"Operations": [], "failOnErrors": -1}), ErrorKind::InvalidSyntax),
        (json!({"Operations": [], "failOnErrors": 1.5}), ErrorKind::InvalidSyntax),
        (json!({"Operations": [], "schemas": []}), ErrorKind::InvalidSyntax),
        (json!({"Operations": [], "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"]}), ErrorKind::InvalidSyntax),
        (json!({"Operations": [], "schemas": "urn:ietf:params:scim:api:messages:2.0:BulkRequest"}), ErrorKind::InvalidSyntax),
        (json!({"Operations": vec![json!({}); BULK_OPERATIONS_MAX + 1]}), ErrorKind::PayloadTooLarge),
    ];
    for (body, kind) in table {
        assert_eq!(parse(&body).unwrap_err().kind, kind, "{body}");
    }
    for body in [
        json!({"Operations": []}),
        json!({"operations": [], "failOnErrors": null, "schemas": null}),
        json!({"Operations": [], "schemas": ["urn:x", "URN:ietf:params:scim:api:messages:2.0:bulkrequest"]}),
    ] {
        assert_eq!(parse(&body).unwrap().operations.len(), 0, "{body}");
    }
}

/// A request of POSTs (those of even number) and PUTs, each of which refers to some POSTs.
fn graph(references: &[Vec<usize>]) -> BulkRequest {
    let list: Vec<Value> = references
        .iter()
        .enumerate()
        .map(|(at, references)| {
            let mut names: Vec<String> = references.iter().map(|to| format!("bulkId:{to}")).collect();
            let path = match names.pop() {
                // One reference stands in the path where there can be one.
                Some(last) if at % 2 == 1 => format!("/Groups/{last}"),
                last => {
                    names.extend(last);
                    if at % 2 == 1 { "/Groups/1".to_owned() } else { "/Groups".to_owned() }
                }
            };
            let method = if at % 2 == 1 { "PUT" } else { "POST" };
            json!({"method": method, "path": path, "bulkId": at.to_string(), "data": {"members": names}})
        })
        .collect();
    BulkRequest::parse(&json!({"Operations": list}), &ResourceType::all().map(Arc::clone), list.len()).unwrap()
}

#[test]
fn operations_wait_for_what_they_refer_to() {
    type Lists = &'static [&'static [usize]];
    let table: &[(Lists, Lists)] = &[
        (&[&[], &[], &[]], &[&[0], &[1], &[2]]),
        (&[&[2], &[], &[]], &[&[2], &[0], &[1]]),
        (&[&[], &[0], &[]], &[&[0], &[1], &[2]]),
        (&[&[2], &[], &[4], &[], &[]], &[&[4], &[2], &[0], &[1], &[3]]),
        // A circle of three, entered in the middle.
        (&[&[], &[4], &[6], &[], &[2], &[], &[4]], &[&[0], &[2, 4, 6], &[1], &[3], &[5]]),
        // A reference to itself, to a PUT, and to nobody.
        (&[&[0], &[1], &[99]], &[&[0], &[1], &[2]]),
        (&[&[2, 4], &[], &[4], &[], &[2]], &[&[2, 4], &[0], &[1], &[3]]),
    ];
    for (references, expected) in table {
        let references: Vec<Vec<usize>> = references.iter().map(|list| list.to_vec()).collect();
        assert_eq!(graph(&references).order(), *expected, "{references:?}");
    }
    assert!(operations(json!([])).order().is_empty());
}

#[test]
fn a_chain_through_every_operation_costs_no_depth() {
    let length = 40_000;
    let chain: Vec<Vec<usize>> = (0..length).map(|at| if at % 2 == 0 { vec![at + 2] } else { vec![] }).collect();
    let order = graph(&chain).order();
    assert_eq!(order.len(), length);
    assert_eq!((order[0][0], order[length / 2 - 1][0]), (length - 2, 0));
    let circle: Vec<Vec<usize>> = (0..length).map(|at| if at % 2 == 0 { vec![(at + 2) % length] } else { vec![] }).collect();
    assert_eq!(graph(&circle).order()[0].len(), length / 2);
}

/// Which operations lead to which along references to POSTs, in any number of steps.
fn reachable(references: &[Vec<usize>]) -> Vec<Vec<bool>> {
    let size = references.len();
    let mut leads: Vec<Vec<bool>> = references.iter().map(|list| (0..size).map(|to| to % 2 == 0 && list.contains(&to)).collect()).collect();
    for over in 0..size {
        for from in 0..size {
            for to in 0..size {
                leads[from][to] |= leads[from][over] && leads[over][to];
            }
        }
    }
    leads
}

proptest! {
    #[test]
    fn every_order_keeps_to_the_references_and_else_to_the_client(
        references in prop::collection::vec(prop::collection::vec(0..16usize, 0..3), 0..14)
    ) {
        let groups = graph(&references).order();
        let leads = reachable(&references);
        let order: Vec<usize> = groups.iter().flatten().copied().collect();
        let mut sorted = order.clone();
        sorted.sort_unstable();
        prop_assert_eq!(sorted, (0..references.len()).collect::<Vec<_>>());
        let group_of = |item: usize| groups.iter().position(|group| group.contains(&item)).unwrap();
        for (a, from_a) in leads.iter().enumerate() {
            for (b, from_b) in leads.iter().enumerate() {
                let (group_a, group_b) = (group_of(a), group_of(b));
                prop_assert_eq!(group_a == group_b, a == b || (from_a[b] && from_b[a]));
                prop_assert!(!from_a[b] || group_b <= group_a, "{} needs {}", a, b);
                if a > b && group_a < group_b {
                    // Out of the client's order only for the sake of something no later than what was overtaken.
                    prop_assert!((0..=b).any(|cause| leads[cause][a]), "{} before {}", a, b);
                }
            }
        }
    }
}
