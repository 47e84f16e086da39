//! Faults of single operations, faults of the message, and bounds.

use doorlist_tests::callers::{BULK_URN, text};
use doorlist_tests::http::{ERROR_URN, SCIM_JSON};
use doorlist_tests::raw::Socket;
use serde_json::{Value, json};

use super::{group, id, patch, post, statuses, user};
use crate::shared;

/// Each stands between two good ones, which happen.
#[test]
fn a_malformed_operation_is_a_fault_of_its_own() {
    let client = shared::client("bulk malformed");
    let someone = client.user("someone@example.com");
    let path = format!("/Users/{someone}");
    let data = json!({"userName": "x@example.com"});
    let mut deep = json!("x");
    for _ in 0..40 {
        deep = json!({"a": deep});
    }
    let cases = [
        (json!("nonsense"), "invalidSyntax"),
        (json!(null), "invalidSyntax"),
        (json!([]), "invalidSyntax"),
        (json!({}), "invalidSyntax"),
        (json!({"path": "/Users", "bulkId": "x", "data": data}), "invalidSyntax"),
        (json!({"method": "GET", "path": path}), "invalidSyntax"),
        (json!({"method": 5, "path": path}), "invalidSyntax"),
        (json!({"method": "PO ST", "path": "/Users", "bulkId": "x", "data": data}), "invalidSyntax"),
        (json!({"method": "DELETE"}), "invalidSyntax"),
        (json!({"method": "DELETE", "path": 5}), "invalidSyntax"),
        (json!({"method": "POST", "path": "/Users", "bulkId": {"x": 1}, "data": data}), "invalidSyntax"),
        (json!({"method": "DELETE", "path": path, "version": 1}), "invalidSyntax"),
        (json!({"method": "POST", "path": "/Nonsense", "bulkId": "x", "data": data}), "invalidPath"),
        (json!({"method": "POST", "path": "", "bulkId": "x", "data": data}), "invalidPath"),
        (json!({"method": "DELETE", "path": format!("{path}/name")}), "invalidPath"),
        (json!({"method": "POST", "path": "/Users", "data": data}), "invalidValue"),
        (json!({"method": "POST", "path": path, "bulkId": "x", "data": data}), "invalidValue"),
        (json!({"method": "POST", "path": "/Users", "bulkId": "x"}), "invalidValue"),
        (json!({"method": "POST", "path": "/Users", "bulkId": "x", "data": [data]}), "invalidValue"),
        (json!({"method": "POST", "path": "/Users", "bulkId": "x", "data": {"userName": "x", "a": deep}}), "invalidValue"),
        (json!({"method": "DELETE", "path": "/Users"}), "invalidValue"),
        (json!({"method": "DELETE", "path": "/Users/"}), "invalidValue"),
        (json!({"method": "PUT", "path": "/Users", "data": data}), "invalidValue"),
        (json!({"method": "PUT", "path": path}), "invalidValue"),
        (json!({"method": "PATCH", "path": path, "data": "x"}), "invalidValue"),
        (json!({"method": "PATCH", "path": path, "data": {"Operations": "x"}}), "invalidSyntax"),
    ];
    for (operation, scim_type) in cases {
        let outcomes = client.bulk(&json!([user("before"), operation, user("after")]));
        assert_eq!(statuses(&outcomes), ["201", "400", "201"], "{operation}: {outcomes:?}");
        let error = &outcomes[1]["response"];
        assert_eq!(error["schemas"], json!([ERROR_URN]), "{operation}");
        assert_eq!((&error["status"], &error["scimType"]), (&json!("400"), &json!(scim_type)), "{operation}: {error}");
        let detail = text(error, "detail");
        assert!(detail.ends_with('.') && detail.contains(' ') && !detail.contains("Some("), "{operation}: {detail}");
        if let Some(method) = operation["method"].as_str().filter(|method| ["POST", "PUT", "PATCH", "DELETE"].contains(method)) {
            assert_eq!(outcomes[1]["method"], method, "{operation}");
        }
        for outcome in [&outcomes[0], &outcomes[2]] {
            client.remove(&format!("/Users/{}", id(outcome)));
        }
    }
    assert_eq!(client.get("/Users").expect(200)["totalResults"], 1);
}

/// The second operation of one bulkId is the faulty one, whatever it is.
#[test]
fn a_bulk_id_is_given_once() {
    let client = shared::client("bulk ids");
    let outcomes = client.bulk(&json!([
        user("same"),
        post("/Groups", "same", &json!({"displayName": "Same"})),
        group("team", &["same"]),
        {"method": "DELETE", "path": "/Users/bulkId:same", "bulkId": "same"},
        // A bulkId is compared to the letter.
        post("/Users", "SAME", &json!({"userName": "capital@example.com"})),
    ]));
    assert_eq!(statuses(&outcomes), ["201", "400", "201", "400", "201"]);
    assert_eq!(outcomes[1]["response"]["scimType"], "invalidValue");
    assert_eq!(client.members(&id(&outcomes[2])), [id(&outcomes[0])]);
}

/// So many may fail; then nothing further is tried, and what was not tried is not in the answer.
#[test]
fn fail_on_errors() {
    let bad = |bulk_id: &str| post("/Users", bulk_id, &json!({"userName": 5}));
    let odd = json!({"method": "GET", "path": "/Users"});
    let message = json!([user("a"), bad("x"), user("b"), odd, user("c"), bad("y"), user("d")]);
    // How many may fail; outcomes; who is there.
    let cases: [(Value, &[&str], usize); 5] = [
        (json!(1), &["201", "400"], 1),
        (json!(2), &["201", "400", "201", "400"], 2),
        (json!(3), &["201", "400", "201", "400", "201", "400"], 3),
        (json!(4), &["201", "400", "201", "400", "201", "400", "201"], 4),
        (json!(null), &["201", "400", "201", "400", "201", "400", "201"], 4),
    ];
    for (most, expected, there) in cases {
        let client = shared::client("failOnErrors");
        let outcomes = client.bulk_with(&json!({"schemas": [BULK_URN], "failOnErrors": most, "Operations": message}));
        assert_eq!(statuses(&outcomes), expected, "{most}");
        assert_eq!(client.get("/Users").expect(200)["totalResults"], there, "{most}");
    }
    // What an operation needs is tried before it, and so the rest of what stood first is not.
    let client = shared::client("failOnErrors and references");
    let needing = group("team", &["x"]);
    let outcomes = client.bulk_with(&json!({"failOnErrors": 1, "Operations": [needing, user("a"), bad("x"), user("b")]}));
    let tried: Vec<&str> = outcomes.iter().filter_map(|outcome| outcome["bulkId"].as_str()).collect();
    assert_eq!((tried, statuses(&outcomes)), (vec!["x"], vec!["400"]), "{outcomes:?}");
    assert_eq!(client.get("/Users").expect(200)["totalResults"], 0);
}

#[test]
fn what_is_no_bulk_request_is_refused_whole() {
    let client = shared::client("bulk messages");
    let good = json!([user("a")]);
    let cases = [
        json!([]),
        json!("text"),
        json!({}),
        json!({"schemas": [BULK_URN]}),
        json!({"schemas": [BULK_URN], "Operations": {}}),
        json!({"schemas": [BULK_URN], "Operations": null}),
        json!({"schemas": [BULK_URN], "failOnErrors": 0, "Operations": good}),
        json!({"schemas": [BULK_URN], "failOnErrors": -1, "Operations": good}),
        json!({"schemas": [BULK_URN], "failOnErrors": 1.5, "Operations": good}),
        json!({"schemas": [BULK_URN], "failOnErrors": "1", "Operations": good}),
        json!({"schemas": [], "Operations": good}),
        json!({"schemas": BULK_URN, "Operations": good}),
        json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": good}),
    ];
    for message in cases {
        let reply = client.post("/Bulk", &message);
        let shown = format!("{message}: {reply}");
        assert_eq!(reply.status, 400, "{shown}");
        reply.scim_error(400, Some("invalidSyntax"));
    }
    client
        .call("POST", "/Bulk")
        .header("content-type", SCIM_JSON)
        .bytes(b"{\"Operations\":[".to_vec())
        .send()
        .scim_error(400, Some("invalidSyntax"));
    client.call("POST", "/Bulk").header("content-type", "text/csv").bytes(b"{}".to_vec()).send().scim_error(415, None);
    assert_eq!(client.get("/Users").expect(200)["totalResults"], 0);
    assert_eq!(client.bulk(&json!([])), Vec::<Value>::new());
    // `schemas` may be left out, and has no order.
    let tolerated = [json!({"Operations": [user("b")]}), json!({"schemas": ["urn:example:x", BULK_URN], "operations": [user("c")]})];
    for message in tolerated {
        assert_eq!(statuses(&client.bulk_with(&message)), ["201"], "{message}");
    }
}

/// The bounds are those that the configuration says, to the operation and to the byte.
#[test]
fn bounds_are_the_ones_that_are_told() {
    let client = shared::client("bulk bounds");
    let bulk = client.get("/ServiceProviderConfig").expect(200)["bulk"].clone();
    assert_eq!(bulk["supported"], true);
    let (operations_max, bytes_max) = (bulk["maxOperations"].as_u64().unwrap() as usize, bulk["maxPayloadSize"].as_u64().unwrap() as usize);
    let gone = json!({"method": "DELETE", "path": "/Users/nobody"});
    assert_eq!(client.bulk(&json!(vec![gone.clone(); operations_max])).len(), operations_max);
    let message = json!({"schemas": [BULK_URN], "Operations": vec![gone.clone(); operations_max + 1]});
    client.post("/Bulk", &message).scim_error(413, None);
    // White space is payload, too.
    let with_bytes = |bytes: usize| {
        let mut body = json!({"schemas": [BULK_URN], "Operations": [gone]}).to_string();
        body.extend(std::iter::repeat_n(' ', bytes - body.len()));
        let head = format!(
            "POST /scim/v2/Bulk HTTP/1.1\r\nhost: doorlist\r\nconnection: close\r\nauthorization: Bearer {}\r\ncontent-type: {SCIM_JSON}\r\ncontent-length: {}\r\n\r\n",
            client.token(),
            body.len()
        );
        let mut socket = Socket::connect(client.address());
        socket.write(head.as_bytes());
        socket.write_if_read(body.as_bytes());
        socket.answer()
    };
    assert_eq!(with_bytes(bytes_max).status, 200);
    let refused = with_bytes(bytes_max + 1);
    assert_eq!((refused.status, refused.header("content-type")), (413, Some(SCIM_JSON)), "{refused:?}");
    let error: Value = serde_json::from_str(&refused.body).unwrap();
    assert_eq!(error["status"], "413");
    // One resource in it is bounded as it is alone.
    let large = json!({"userName": "large@example.com", "displayName": "x".repeat(70_000)});
    let alone = client.post("/Users", &large);
    let outcome = client.bulk(&json!([post("/Users", "large", &large)])).remove(0);
    assert_eq!(outcome["status"], alone.status.to_string(), "{outcome}, but {alone}");
}

/// A failing operation leaves nothing of itself, whatever it had done by then.
#[test]
fn a_failing_operation_leaves_nothing() {
    let client = shared::client("bulk nothing left");
    let (ada, team) = (client.user("ada@example.com"), client.group("Team", &[]));
    let before = client.inventory();
    let unknown = json!([{"value": ada}, {"value": "01890a5d-ac96-774b-bcce-b302099a8057"}]);
    let rename_and =
        |change: Value| patch(&format!("/Groups/{team}"), &json!([{"op": "replace", "path": "displayName", "value": "Renamed"}, change]));
    let failing = [
        post("/Groups", "g", &json!({"displayName": "New", "members": unknown})),
        rename_and(json!({"op": "add", "path": "members", "value": unknown})),
        rename_and(json!({"op": "replace", "path": "nonsense.path", "value": 1})),
        json!({"method": "PUT", "path": format!("/Groups/{team}"), "data": {"displayName": "Put", "members": unknown}}),
        patch(
            &format!("/Users/{ada}"),
            &json!([{"op": "replace", "path": "title", "value": "T"}, {"op": "replace", "path": "active", "value": "x"}]),
        ),
        post("/Users", "u", &json!({"userName": "ADA@example.com", "externalId": "new"})),
    ];
    let outcomes = client.bulk(&json!(failing));
    assert_eq!(statuses(&outcomes), ["400", "400", "400", "400", "400", "409"], "{outcomes:?}");
    assert_eq!(client.inventory(), before);
    assert_eq!(client.find("/Users", "externalId eq \"new\""), Vec::<Value>::new(), "nothing is left in an index either");
    // What failed can be sent again put right.
    let _ = client.post("/Groups", &json!({"displayName": "New", "members": [{"value": ada}]})).expect(201);
}
