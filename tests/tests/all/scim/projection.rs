//! `attributes` and `excludedAttributes` (RFC 7644 section 3.9), and what a schema says of answers.

mod returned;

use doorlist_tests::callers::{ENTERPRISE_URN, text};
use doorlist_tests::http::query;
use serde_json::json;

use crate::shared;

/// Query parameters, and the keys of the answer in order of their spelling.
type Case = (&'static [(&'static str, &'static str)], Vec<&'static str>);

#[test]
fn answers_have_what_is_asked_for() {
    let client = shared::client("projection");
    let body = json!({"userName": "p@example.com", "displayName": "P", "active": true, "name": {"givenName": "G", "familyName": "F"},
        "emails": [{"value": "p@example.com", "type": "work"}], ENTERPRISE_URN: {"department": "D", "costCenter": "7"}});
    let user = text(&client.post("/Users", &body).expect(201), "id");
    let group = client.group("P", &[&user]);
    // Id and schemas are always there.
    let everything = ["active", "displayName", "emails", "groups", "id", "meta", "name", "schemas", "urn", "userName"];
    let without = |names: &[&'static str]| everything.into_iter().filter(|name| !names.contains(name)).collect::<Vec<_>>();
    let cases: &[Case] = &[
        (&[], everything.to_vec()),
        (&[("attributes", "userName")], vec!["id", "schemas", "userName"]),
        (&[("attributes", "USERNAME, active")], vec!["active", "id", "schemas", "userName"]),
        (&[("attributes", "name.givenName")], vec!["id", "name", "schemas"]),
        (&[("attributes", "groups")], vec!["groups", "id", "schemas"]),
        (&[("attributes", "meta.created,noSuchAttribute")], vec!["id", "meta", "schemas"]),
        (&[("attributes", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department")], vec!["id", "schemas", "urn"]),
        (&[("attributes", "urn:ietf:params:scim:schemas:core:2.0:User:active")], vec!["active", "id", "schemas"]),
        (&[("attributes", "password")], vec!["id", "schemas"]),
        (&[("excludedAttributes", "groups,emails")], without(&["groups", "emails"])),
        (&[("excludedAttributes", "id,schemas,userName")], without(&["userName"])),
        (&[("excludedAttributes", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User")], without(&["urn"])),
        (&[("excludedAttributes", "noSuchAttribute")], everything.to_vec()),
    ];
    for (pairs, expected) in cases {
        let path = query(&format!("/Users/{user}"), pairs);
        let one = client.get(&path).expect(200);
        let mut keys: Vec<&str> = one.as_object().unwrap().keys().map(|key| if key == ENTERPRISE_URN { "urn" } else { key }).collect();
        keys.sort_unstable();
        assert_eq!(keys, *expected, "{pairs:?}");
        let mut list = pairs.to_vec();
        list.push(("filter", "userName eq \"p@example.com\""));
        let listed = client.get(&query("/Users", &list)).expect(200);
        assert_eq!(listed["Resources"][0], one, "a list gives the same: {pairs:?}");
    }
    let name = client.get(&format!("/Users/{user}?attributes=name.givenName")).expect(200);
    assert_eq!(name["name"], json!({"givenName": "G"}));
    let extension =
        client.get(&query(&format!("/Users/{user}"), &[("excludedAttributes", &format!("{ENTERPRISE_URN}:costCenter"))])).expect(200);
    assert_eq!(extension[ENTERPRISE_URN], json!({"department": "D"}));
    for path in [format!("/Groups/{group}"), "/Groups".to_owned()] {
        let text = client.get(&format!("{path}?excludedAttributes=members")).text();
        assert!(!text.contains("members"), "{text}");
        let text = client.get(&format!("{path}?attributes=members.value")).text();
        assert!(text.contains(&user) && !text.contains("displayName"), "{text}");
    }
}

/// The answers to writes can be asked for in the same way.
#[test]
fn answers_to_writes_too() {
    let client = shared::client("projected writes");
    let made = client.post("/Users?attributes=userName", &json!({"userName": "w@example.com", "title": "T"})).expect(201);
    assert!(made.get("title").is_none() && made["userName"] == "w@example.com", "{made}");
    let path = format!("/Users/{}", text(&made, "id"));
    let put = client.put(&format!("{path}?excludedAttributes=meta"), &json!({"userName": "w@example.com", "title": "U"})).expect(200);
    assert!(put.get("meta").is_none() && put["title"] == "U", "{put}");
    let patched = client.patch(&format!("{path}?attributes=title"), &json!([{"op": "remove", "path": "title"}])).expect(200);
    assert!(patched.get("title").is_none() && patched.get("userName").is_none(), "{patched}");
    client.get(&format!("{path}?attributes=userName&excludedAttributes=title")).scim_error(400, Some("invalidValue"));
}
