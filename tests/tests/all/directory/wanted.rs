//! Filtered lists: members, groups and decisions by what is said of them.

use std::collections::BTreeSet;

use doorlist_tests::callers::text;
use doorlist_tests::http::query;
use doorlist_tests::{Client, Tenant};
use serde_json::{Value, json};

use crate::shared;

/// Texts of a field, over all pages of a list whose pages have one item at most.
#[track_caller]
fn walked(tenant: &Tenant, list: &str, filter: &[(&str, &str)], field: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut cursor = String::new();
    loop {
        let mut path = query(list, &[filter, &[("limit", "1")]].concat());
        if !cursor.is_empty() {
            path = query(&path, &[("cursor", &cursor)]);
        }
        let page = tenant.get(&path).expect(200);
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 1, "{page}");
        found.extend(items.iter().map(|item| text(item, field)));
        match page["nextCursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => return found,
        }
    }
}

/// The same at once, which has to be the same.
#[track_caller]
fn found(tenant: &Tenant, list: &str, filter: &[(&str, &str)], field: &str) -> Vec<String> {
    let all: Vec<String> = tenant.all(&query(list, filter)).iter().map(|item| text(item, field)).collect();
    assert_eq!(all, walked(tenant, list, filter, field), "{filter:?}: pages of one item have the same items");
    all
}

/// A tenant with Ada, who is suspended, Ben, who is blocked, and local Eve in a local group; Ada is in `NB-Staff`. Zoe and `Marketing` are left out.
struct World {
    tenant: Tenant,
    client: Client,
    staff: String,
    local: String,
}

impl World {
    fn new(name: &str) -> Self {
        let tenant = shared::tenant(name);
        let body = json!({"provider": "jumpcloud", "name": "JumpCloud", "groupPrefixes": ["NB-"], "userGroups": ["NB-Staff"]});
        let client = tenant.connect_with(&body);
        let [ada, ben, zoe] = ["Ada@example.com", "ben@example.com", "zoe@example.com"].map(|name| client.user(name));
        client.set(&ada, &json!({"displayName": "Ada Änderung", "active": false}));
        let staff = client.group("NB-Staff", &[&ada, &ben]);
        client.group("Marketing", &[&zoe]);
        let eve = json!({"userName": "eve", "displayName": "Eve", "email": "eve@elsewhere.example", "role": "auditor"});
        let eve = text(&tenant.post("/users", &eve).expect(201), "id");
        let local = text(&tenant.post("/groups", &json!({"displayName": "Ärzte"})).expect(201), "id");
        let _ = tenant.put(&format!("/groups/{local}/users/{eve}"), &json!({})).expect(204);
        let ben = text(&tenant.member("ben@example.com"), "id");
        let _ = tenant.patch(&format!("/users/{ben}"), &json!({"blocked": true})).expect(200);
        tenant.synced();
        Self { tenant, client, staff, local }
    }
}

#[test]
fn members_are_found_by_what_is_said_of_them() {
    let World { tenant, client, staff, local } = World::new("wanted members");
    let other = tenant.connect().connection;
    let (ada, ben, eve) = ("Ada@example.com", "ben@example.com", "eve");
    let cases: [(&[(&str, &str)], &[&str]); 19] = [
        (&[("search", "ADA@")], &[ada]),
        (&[("search", "änd")], &[ada]),
        (&[("search", "ÄND")], &[ada]),
        (&[("search", "elsewhere")], &[eve]),
        (&[("search", "EXAMPLE")], &[ada, ben, eve]),
        (&[("search", "zoe")], &[]),
        (&[("search", "%")], &[]),
        (&[("status", "active")], &[eve]),
        (&[("status", "suspended")], &[ada]),
        (&[("status", "blocked")], &[ben]),
        (&[("role", "auditor")], &[eve]),
        (&[("role", "Auditor")], &[]),
        (&[("issued", "scim")], &[ada, ben]),
        (&[("issued", "api")], &[eve]),
        (&[("connection", &client.connection)], &[ada, ben]),
        (&[("connection", &other)], &[]),
        (&[("group", &staff)], &[ada, ben]),
        (&[("group", &local)], &[eve]),
        (&[("group", &staff), ("status", "blocked"), ("issued", "scim"), ("role", "user"), ("search", "ben")], &[ben]),
    ];
    for (filter, names) in cases {
        let got: BTreeSet<String> = found(&tenant, "/users", filter, "userName").into_iter().collect();
        assert_eq!(got, names.iter().map(|name| (*name).to_owned()).collect(), "{filter:?}");
    }
}

#[test]
fn groups_are_found_by_what_is_said_of_them() {
    let World { tenant, client, .. } = World::new("wanted groups");
    let cases: [(&[(&str, &str)], &[&str]); 7] = [
        (&[("search", "nb-")], &["NB-Staff"]),
        (&[("search", "ÄRZ")], &["Ärzte"]),
        (&[("search", "Marketing")], &[]),
        (&[("issued", "scim")], &["NB-Staff"]),
        (&[("issued", "api")], &["Ärzte"]),
        (&[("issued", "policy")], &[]),
        (&[("connection", &client.connection)], &["NB-Staff"]),
    ];
    for (filter, names) in cases {
        assert_eq!(found(&tenant, "/groups", filter, "displayName"), names, "{filter:?}");
    }
}

#[test]
fn decisions_tell_who_was_left_out() {
    let World { tenant, client, staff, .. } = World::new("wanted decisions");
    let other = tenant.connect_with(&json!({"provider": "okta", "name": "Okta"}));
    let yan = other.user("yan@example.com");
    tenant.synced();
    let cases: [(&[(&str, &str)], &[&str]); 9] = [
        (&[("kind", "user"), ("included", "false")], &["zoe@example.com"]),
        (&[("kind", "group"), ("included", "false")], &["Marketing"]),
        (&[("included", "false")], &["Marketing", "zoe@example.com"]),
        (&[("kind", "user"), ("included", "true")], &["Ada@example.com", "ben@example.com", "yan@example.com"]),
        (&[("connection", &other.connection)], &["yan@example.com"]),
        (&[("connection", &client.connection), ("kind", "group"), ("included", "true")], &["NB-Staff"]),
        (&[("search", "ZOE")], &["zoe@example.com"]),
        (&[("search", &staff)], &["NB-Staff"]),
        (&[("search", &yan), ("stuck", "true")], &[]),
    ];
    for (filter, names) in cases {
        let got: BTreeSet<String> = found(&tenant, "/decisions", filter, "name").into_iter().collect();
        assert_eq!(got, names.iter().map(|name| (*name).to_owned()).collect(), "{filter:?}");
    }
    let zoe = &tenant.all("/decisions?included=false&kind=user")[0];
    let decision = tenant.user_decision("zoe@example.com");
    for field in ["kind", "scimId", "connection", "name", "included", "reason", "at"] {
        assert_eq!(zoe[field], decision[field], "{field}: {zoe}");
    }
    assert_eq!((zoe.get("verdicts"), zoe.get("member")), (None, None), "{zoe}");
    assert_eq!(found(&tenant, "/decisions", &[], "name").len(), 6);
}

#[test]
fn who_is_stuck_is_among_the_decisions() {
    let tenant = shared::tenant("wanted stuck");
    let client = tenant.connect();
    let _ = client.user("ada@example.com");
    let _ = client.post("/Users", &json!({"userName": "pilot@example.com", "title": "Pilot"})).expect(201);
    let settings = json!({"users": [{"name": "pilots", "when": "title eq \"Pilot\"", "effects": {"role": "pilot"}}]});
    let _ = tenant.put("/pipeline", &json!({"policies": [{"name": "pilots", "plugin": "rules", "settings": settings}]})).expect(200);
    tenant.synced();
    assert_eq!(found(&tenant, "/decisions", &[("stuck", "true")], "name"), ["pilot@example.com"]);
    assert_eq!(found(&tenant, "/decisions", &[("stuck", "false")], "name"), ["ada@example.com"]);
}

#[test]
fn what_cannot_be_asked_for_is_refused() {
    let World { tenant, local, .. } = World::new("wanted nonsense");
    let elsewhere = shared::tenant("wanted elsewhere");
    let theirs = text(&elsewhere.post("/groups", &json!({"displayName": "Theirs"})).expect(201), "id");
    let connection = elsewhere.connect().connection;
    let long = "x".repeat(257);
    for path in [
        "/users?search=",
        &format!("/users?search={long}"),
        "/users?status=Active",
        "/users?status=",
        "/users?issued=policy",
        "/users?group=nonsense",
        "/users?search=a&atSequence=1",
        &format!("/users?group={local}&atTime=2026-01-01T00:00:00Z"),
        "/groups?issued=other",
        "/groups?status=active",
        "/groups?search=a&atSequence=0",
        "/decisions?kind=User",
        "/decisions?included=yes",
        "/decisions?stuck=",
        "/decisions?connection=1",
        "/decisions?cursor=nonsense",
        "/decisions?limit=0",
    ] {
        let detail = tenant.get(path).problem(400);
        assert!(!detail.contains("nonsense"), "{path}: {detail}");
    }
    tenant.get(&format!("/users?group={theirs}")).problem(404);
    for list in ["/users", "/groups", "/decisions"] {
        tenant.get(&format!("{list}?connection={connection}")).problem(404);
    }
    assert_eq!(
        tenant.get("/users?atSequence=0").expect(200)["items"],
        Value::Array(Vec::new()),
        "the past without a filter is read as before"
    );
}
