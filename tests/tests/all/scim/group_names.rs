//! Names of groups: free to be the same, or unique where a connection says so.

use doorlist_tests::callers::{Client, GROUP_URN, text};
use serde_json::{Value, json};

use crate::shared;

fn declared(client: &Client) -> Value {
    let schema = client.get(&format!("/Schemas/{GROUP_URN}")).expect(200);
    let name = schema["attributes"].as_array().unwrap().iter().find(|attribute| attribute["name"] == "displayName").unwrap();
    name["uniqueness"].clone()
}

#[test]
fn names_of_groups_are_free_by_default() {
    let tenant = shared::tenant("free names");
    let client = tenant.connect();
    let shown = tenant.get(&format!("/connections/{}", client.connection)).expect(200);
    assert_eq!(shown["uniqueGroupNames"], false, "{shown}");
    assert_eq!(declared(&client), "none");
    let groups = [client.group("Same", &[]), client.group("Same", &[]), client.group("SAME", &[])];
    client.rename(&groups[2], "Same");
    let _ = client.put(&format!("/Groups/{}", groups[1]), &json!({"displayName": "Same"})).expect(200);
    assert_eq!(client.find("/Groups", "displayName eq \"same\"").len(), 3);
}

#[test]
fn names_of_groups_are_unique_where_a_connection_says_so() {
    let tenant = shared::tenant("unique names");
    let unique = json!({"provider": "okta", "name": "Unique", "uniqueGroupNames": true});
    let (client, other, free) = (tenant.connect_with(&unique), tenant.connect_with(&unique), tenant.connect());
    assert_eq!(tenant.get(&format!("/connections/{}", client.connection)).expect(200)["uniqueGroupNames"], true);
    // Clients can see what they are held to.
    assert_eq!((declared(&client), declared(&free)), (json!("server"), json!("none")));
    let (one, two) = (client.group("One", &[]), client.group("Zwölf", &[]));
    for taken in ["One", "one", "ONE", "oNe"] {
        client.post("/Groups", &json!({"displayName": taken})).scim_error(409, Some("uniqueness"));
        client.put(&format!("/Groups/{two}"), &json!({"displayName": taken})).scim_error(409, Some("uniqueness"));
        for change in [
            json!([{"op": "replace", "path": "displayName", "value": taken}]),
            json!([{"op": "Replace", "value": {"displayName": taken}}]),
            json!([{"op": "add", "value": {"id": two, "displayName": taken}}]),
        ] {
            client.patch(&format!("/Groups/{two}"), &change).scim_error(409, Some("uniqueness"));
        }
        let outcome = client.bulk(&json!([{"method": "POST", "path": "/Groups", "bulkId": "g", "data": {"displayName": taken}}])).remove(0);
        assert_eq!((&outcome["status"], &outcome["response"]["scimType"]), (&json!("409"), &json!("uniqueness")));
        // With itself a group has no conflict.
        client.rename(&one, taken);
    }
    client.post("/Groups", &json!({"displayName": "ZWÖLF"})).scim_error(409, Some("uniqueness"));
    assert_eq!(client.get("/Groups").expect(200)["totalResults"], 2);
    // Names of users are no names of groups, and each connection has its own.
    let _ = client.user("One");
    for elsewhere in [&other, &free, &free] {
        let _ = elsewhere.group("One", &[]);
    }
    // A name that was given up is free.
    client.rename(&one, "First");
    client.rename(&two, "ONE");
    client.remove(&format!("/Groups/{two}"));
    let _ = client.group("one", &[]);
    // Of many at once one gets a new name.
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| {
                let client = client.another();
                scope.spawn(move || client.post("/Groups", &json!({"displayName": "Race"})).status)
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
}

/// The choice can change: from then on it holds, and what is there stays.
#[test]
fn the_choice_can_change() {
    let tenant = shared::tenant("changed choice");
    let client = tenant.connect();
    let groups = [client.group("Same", &[]), client.group("same", &[])];
    let connection = format!("/connections/{}", client.connection);
    let changed = tenant.patch(&connection, &json!({"uniqueGroupNames": true})).expect(200);
    assert_eq!(changed["uniqueGroupNames"], true);
    assert_eq!(declared(&client), "server");
    client.post("/Groups", &json!({"displayName": "SAME"})).scim_error(409, Some("uniqueness"));
    assert_eq!(client.find("/Groups", "displayName eq \"same\"").len(), 2, "both are still there");
    // What is the same already can be written, but for the name.
    let user = client.user("same@example.com");
    client.join(&groups[1], &user);
    let read = client.get(&format!("/Groups/{}", groups[1])).expect(200);
    assert_eq!(text(&client.put(&format!("/Groups/{}", groups[1]), &read).expect(200), "displayName"), "same");
    client.rename(&groups[1], "Other");
    client
        .patch(&format!("/Groups/{}", groups[1]), &json!([{"op": "replace", "value": {"displayName": "same"}}]))
        .scim_error(409, Some("uniqueness"));
    let _ = tenant.patch(&connection, &json!({"uniqueGroupNames": false})).expect(200);
    client.rename(&groups[1], "same");
    assert_eq!(declared(&client), "none");
}
