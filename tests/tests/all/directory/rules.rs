//! The policy `rules` in a pipeline: what it makes of the directory, how decisions show it, and what is refused.

use std::collections::{BTreeMap, BTreeSet};

use doorlist_tests::Tenant;
use doorlist_tests::callers::{ENTERPRISE_URN, text};
use serde_json::{Value, json};

use super::{assert_replay, expect_groups, expect_members};
use crate::shared;

/// A pipeline of rules alone.
#[track_caller]
fn put(tenant: &Tenant, settings: &Value) {
    let policies = json!([{"name": "ours", "plugin": "rules", "settings": settings}]);
    let _ = tenant.put("/pipeline", &json!({ "policies": policies })).expect(200);
}

/// The changes that the policy asked for, as `effect` or `effect value`, with their reasons.
fn changes(decision: &Value) -> Vec<(String, String)> {
    let changes = decision["verdicts"][0]["changes"].as_array().unwrap_or_else(|| panic!("{decision}"));
    let effect = |change: &Value| match change["value"].as_str() {
        Some(value) => format!("{} {value}", text(change, "effect")),
        None => text(change, "effect"),
    };
    changes.iter().map(|change| (effect(change), text(change, "reason"))).collect()
}

#[test]
fn rules_make_the_directory_and_decisions_name_them() {
    let tenant = shared::tenant("rules");
    let client = tenant.connect();
    let user = |name: &str, kind: &str, department: &str| {
        let body = json!({"userName": name, "userType": kind, "name": {"givenName": name, "familyName": "Example"}, "title": "Engineer",
            ENTERPRISE_URN: {"department": department}});
        text(&client.post("/Users", &body).expect(201), "id")
    };
    let (ada, ben, cid) = (user("ada", "Employee", "R&D"), user("ben", "Contractor", "R&D"), user("cid", "Guest", "Sales"));
    client.group("NB-Staff", &[&ada, &ben]);
    client.group("Chess", &[&ada, &cid]);
    put(
        &tenant,
        &json!({
            "users": [
                {"name": "guests", "description": "Guests are not for here.", "when": "userType eq \"guest\"", "effects": {"included": false}, "stop": true},
                {"name": "contractors", "when": "userType eq \"Contractor\"", "effects": {"status": "suspended", "role": "auditor"}},
                {"name": "all", "effects": {
                    "displayName": "{name.givenName upper} {name.familyName}",
                    "removeGroupsWhere": "not (display sw \"NB-\")",
                    "addGroups": [format!("{{{ENTERPRISE_URN}:department}}")],
                    "setAttributes": [{"path": "title", "value": "Chief {title}"}],
                    "removeAttributes": ["userType"],
                }},
            ],
            "groups": [{"name": "ours", "when": "not (displayName sw \"NB-\")", "effects": {"included": false}}],
        }),
    );
    expect_members(&tenant, &[("ada", "active"), ("ben", "suspended")]);
    expect_groups(&tenant, &[("NB-Staff", &["ada", "ben"]), ("R&D", &["ada", "ben"])]);
    let member = tenant.member("ben");
    assert_eq!((&member["displayName"], &member["role"]), (&json!("BEN Example"), &json!("auditor")), "{member}");
    assert_eq!((&member["attributes"]["title"], member["attributes"].get("userType")), (&json!("Chief Engineer"), None), "{member}");
    // What the identity provider wrote, it reads.
    assert_eq!(client.get(&format!("/Users/{ben}")).expect(200)["title"], "Engineer");

    let decision = tenant.user_decision("cid");
    assert_eq!(decision["reason"], json!({"policy": "ours", "text": "Rule \"guests\": Guests are not for here."}), "{decision}");
    let decision = tenant.user_decision("ben");
    let contractors = "Rule \"contractors\": userType eq \"Contractor\"";
    let all = "Rule \"all\": it is for everything";
    let expected = [
        ("set-status suspended", contractors),
        ("set-role auditor", contractors),
        ("set-display-name BEN Example", all),
        ("add-named-group R&D", all),
        ("set-attribute", all),
        ("remove-attribute userType", all),
    ];
    assert_eq!(changes(&decision), expected.map(|(effect, reason)| (effect.to_owned(), reason.to_owned())), "{decision}");
    let decision = tenant.group_decision("Chess");
    assert_eq!(decision["reason"]["text"], "Rule \"ours\": not (displayName sw \"NB-\")");

    // Other rules, another directory; without any, what the identity provider has.
    put(&tenant, &json!({"users": [{"name": "only guests", "when": "userType ne \"Guest\"", "effects": {"included": false}}]}));
    expect_members(&tenant, &[("cid", "active")]);
    expect_groups(&tenant, &[("NB-Staff", &[]), ("Chess", &["cid"])]);
    client.set(&ada, &json!({"userType": "Guest"}));
    expect_members(&tenant, &[("ada", "active"), ("cid", "active")]);
    put(&tenant, &json!({}));
    expect_members(&tenant, &[("ada", "active"), ("ben", "active"), ("cid", "active")]);
    assert_eq!(tenant.member("ben")["attributes"]["title"], "Engineer");
}

/// The address that the application writes to is one of those that it sees.
#[test]
fn an_address_that_a_rule_sets_is_the_members() {
    let tenant = shared::tenant("addresses by rules");
    let client = tenant.connect();
    let ada = client.user("ada@example.com");
    for (effects, expected) in [
        (json!({"setAttributes": [{"path": "Emails", "value": "{userName before @}@corp.example"}]}), "ada@corp.example"),
        (json!({"setAttributes": [{"path": "title", "value": "Engineer"}]}), "ada@example.com"),
        (json!({"removeAttributes": ["emails"], "userName": "ada@other.example"}), "ada@other.example"),
    ] {
        put(&tenant, &json!({"users": [{"name": "addresses", "effects": effects}]}));
        let members = assert_replay(&tenant);
        assert_eq!(members.statuses().len(), 1);
        assert_eq!(tenant.members()[0]["email"], expected, "{effects}");
    }
    client.set(&ada, &json!({"emails": [{"value": "new@example.com"}]}));
    put(&tenant, &json!({}));
    assert_eq!(tenant.member("ada@example.com")["email"], "new@example.com");
}

#[test]
fn rules_that_are_wrong_are_refused_with_pointers() {
    let tenant = shared::tenant("wrong rules");
    let _ = tenant.connect();
    tenant.synced();
    let before = tenant.get("/pipeline").expect(200);
    for (settings, pointer, message) in [
        (json!({"users": [{"name": "a", "stop": true}, {"name": "b", "when": "titel pr", "stop": true}]}), "/users/1/when", "Column 1: "),
        (json!({"users": [{"name": "a", "when": "title pr and", "stop": true}]}), "/users/0/when", "Column 13: "),
        (json!({"users": [{"name": "a", "effects": {"userName": "{title"}}]}), "/users/0/effects/userName", "Column 1: "),
        (json!({"users": [{"name": "a", "effects": {"role": "{title}"}}]}), "/users/0/effects/role", "cannot name one"),
        (json!({"groups": [{"name": "a", "effects": {"status": "active"}}]}), "/groups/0/effects/status", "\"status\""),
        (json!({"rules": []}), "/rules", "\"rules\""),
    ] {
        let policies = json!([{"name": "ours", "plugin": "rules", "settings": settings}]);
        let reply = tenant.put("/pipeline", &json!({ "policies": policies }));
        let problem: Value = serde_json::from_slice(&reply.body).unwrap();
        reply.problem(400);
        let at = format!("/policies/0/settings{pointer}");
        let found = problem["problems"].as_array().into_iter().flatten();
        let mut found = found.filter(|one| one["pointer"] == at.as_str());
        assert!(found.any(|one| one.to_string().replace("\\\"", "\"").contains(message)), "{at}: {problem}");
    }
    assert_eq!(tenant.get("/pipeline").expect(200), before);
}

/// A rule for each filter puts whom it is for into a group of the filter's own: that group and the answer of SCIM have the same people.
#[test]
fn a_condition_says_what_a_filter_says() {
    let tenant = shared::tenant("rules and filters");
    let client = tenant.connect();
    let bodies = [
        json!({"userName": "Ada@Example.com", "title": "Engineer", "active": true, "externalId": "A-1", "emails": [{"type": "work", "value": "ada@example.com", "primary": true}, {"type": "home", "value": "a@home.example"}]}),
        json!({"userName": "ben", "title": "ENGINEER", "active": false, "name": {"givenName": "Ben"}, "custom": "x", "urn:acme:User": {"a": 1}}),
        json!({"userName": "cid", "nickName": "", "active": "True", "roles": [{"value": "a"}, {"value": "b"}], "emails": [{"type": "home", "value": "cid@example.com"}]}),
        json!({"userName": "dan", ENTERPRISE_URN: {"department": "R&D", "manager": {"value": "M"}}, "x509Certificates": [{"value": "AAAA"}]}),
        json!({"userName": "eve", (format!("{ENTERPRISE_URN}:employeeNumber")): "7", "addresses": [{"type": "work", "country": "NO"}], "externalId": "a-1"}),
    ];
    let ids: Vec<String> = bodies.iter().map(|body| text(&client.post("/Users", body).expect(201), "id")).collect();
    client.group("NB-Staff", &[&ids[0], &ids[1], &ids[3]]);
    let empty = client.group("Chess", &[&ids[4]]);
    let filters = [
        "userName eq \"ADA@example.COM\"".to_owned(),
        "title eq \"engineer\"".to_owned(),
        "not (title eq \"engineer\")".to_owned(),
        "title ne \"Engineer\"".to_owned(),
        "active eq true".to_owned(),
        "active ne true".to_owned(),
        "active eq null".to_owned(),
        "externalId eq \"A-1\"".to_owned(),
        "nickName pr or roles pr".to_owned(),
        "roles eq \"b\"".to_owned(),
        "emails[type eq \"work\" and value ew \"@example.com\"]".to_owned(),
        "emails[type eq \"home\"].value sw \"CID\"".to_owned(),
        "emails.value co \"home\" or name.givenName pr".to_owned(),
        "groups.display eq \"nb-staff\"".to_owned(),
        "groups[display eq \"Chess\" and type eq \"direct\"]".to_owned(),
        format!("groups.value eq \"{empty}\""),
        format!("id eq \"{}\"", ids[2]),
        format!("{ENTERPRISE_URN}:department sw \"r\" or {ENTERPRISE_URN}:employeeNumber eq \"7\""),
        format!("{ENTERPRISE_URN}:manager eq \"M\""),
        "addresses[country eq \"no\"]".to_owned(),
        "x509Certificates.value eq \"AAAA\"".to_owned(),
        "schemas co \"enterprise\"".to_owned(),
        "userName gt \"c\" and userName le \"dan\"".to_owned(),
    ];
    let rule = |(place, filter): (usize, &String)| json!({"name": format!("r{place}"), "when": filter, "effects": {"addGroups": [format!("filter {place}")]}});
    put(&tenant, &json!({"users": filters.iter().enumerate().map(rule).collect::<Vec<_>>()}));
    let groups: BTreeMap<String, BTreeSet<String>> = assert_replay(&tenant).groups_by_name();
    let mut matches = 0;
    for (place, filter) in filters.iter().enumerate() {
        let found: BTreeSet<String> = client.find("/Users", filter).iter().map(|user| text(user, "userName")).collect();
        matches += found.len();
        assert_eq!(groups.get(&format!("filter {place}")).cloned().unwrap_or_default(), found, "{filter}");
    }
    assert!(matches > filters.len(), "the filters find somebody: {matches}");
}

#[test]
fn a_role_that_nobody_has_leaves_the_user_as_it_was() {
    let tenant = shared::tenant("unknown role");
    let client = tenant.connect();
    let ada = client.user("ada@example.com");
    expect_members(&tenant, &[("ada@example.com", "active")]);
    put(&tenant, &json!({"users": [{"name": "chiefs", "effects": {"role": "chief", "status": "suspended"}}]}));
    let decision = tenant.user_decision(&ada);
    assert_eq!(decision["stuck"]["policy"], "ours", "{decision}");
    assert!(changes(&decision).contains(&("set-role chief".to_owned(), "Rule \"chiefs\": it is for everything".to_owned())), "{decision}");
    assert_eq!(tenant.member("ada@example.com")["status"], "active");
    put(&tenant, &json!({"users": [{"name": "chiefs", "effects": {"role": "owner", "status": "suspended"}}]}));
    expect_members(&tenant, &[("ada@example.com", "suspended")]);
}

/// Attributes of the tenant's own schemas are asked for and set, if the rules are told the schema.
#[test]
fn rules_know_the_tenants_schemas_when_they_are_told() {
    let urn = "urn:example:rules:2.0:User";
    let schema = json!({"id": urn, "name": "Rules", "attributes": [{"name": "level", "type": "integer"}, {"name": "team"}]});
    let tenant = shared::tenant("rules and schemas");
    let _ = tenant.post("/schemas", &json!({"schema": schema})).expect(201);
    let client = tenant.connect();
    for (name, level) in [("ada", 7), ("ben", 3)] {
        let _ = client.post("/Users", &json!({"userName": name, urn: {"level": level}})).expect(201);
    }
    let rule = json!({"name": "seniors", "when": format!("{urn}:level ge 5"), "effects": {"setAttributes": [{"path": format!("{urn}:team"), "value": "Seniors"}]}});
    let unknown = json!([{"name": "ours", "plugin": "rules", "settings": {"users": [rule]}}]);
    tenant.put("/pipeline", &json!({ "policies": unknown })).problem(400);
    put(&tenant, &json!({"schemas": [schema], "users": [rule]}));
    expect_members(&tenant, &[("ada", "active"), ("ben", "active")]);
    assert_eq!(tenant.member("ada")["attributes"][urn], json!({"level": 7, "team": "Seniors"}));
    assert_eq!(tenant.member("ben")["attributes"][urn], json!({"level": 3}));
}
