//! For whom rules are.

use doorlist_sdk::{Current, Issued, Lifecycle, Policy, Status, UserChange};
use serde_json::json;

use crate::{ada, group, rules, user};

#[test]
fn a_condition_is_a_filter_over_the_user() {
    let ent = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    for (when, is_for) in [
        (r#"userType eq "Contractor""#, true),
        (r#"USERTYPE EQ "contractor""#, true),
        (r#"userType eq "Employee""#, false),
        (r#"userName eq "ada@example.com""#, true),
        (r#"externalId eq "e-1""#, false),
        (r#"id sw "0192""#, true),
        ("active eq true", true),
        ("nickName pr", false),
        (r#"emails[type eq "work" and value ew "@example.com"]"#, true),
        (r#"emails[type eq "home" and value ew "@example.com"]"#, false),
        (r#"emails[type eq "home"].value eq "ada@home.example""#, true),
        (&format!(r#"{ent}:department eq "r&d""#), true),
        (&format!(r#"{ent}:employeeNumber eq "42""#), false),
        (r#"groups[display sw "NB-"]"#, true),
        (r#"groups.display eq "all""#, true),
        (r#"groups.display eq "Nobody""#, false),
        (r#"groups.value eq "id of All""#, true),
        (r#"not (groups[display sw "NB-"]) or title co "gin""#, true),
        (r#"urn:doorlist:connection.provider eq "jumpcloud""#, true),
        (r#"urn:doorlist:connection.name sw "Branch""#, false),
        (r#"urn:doorlist:lifecycle eq "active""#, true),
        (r#"urn:doorlist:current[issued eq "scim" and status eq "active" and role eq "user"]"#, true),
        (r#"urn:doorlist:view.role eq "user" and urn:doorlist:view.included eq true"#, true),
        (r#"urn:doorlist:view.role eq "USER""#, false),
        (r#"urn:doorlist:view.status eq "suspended""#, false),
        (r#"urn:doorlist:view.userName eq "ada@example.com""#, true),
        (r#"urn:doorlist:groups[display eq "All" and value pr]"#, true),
    ] {
        let policy = rules(&json!({"users": [{"name": "rule", "when": when, "effects": {"included": false}}]}));
        let changes = policy.project_user(&user(&ada(), &["NB-Staff", "All"]));
        let expected = is_for.then(|| UserChange::exclude(format!("Rule \"rule\": {when}")));
        assert_eq!(changes, expected.into_iter().collect::<Vec<_>>(), "{when}");
    }
}

#[test]
fn a_condition_is_a_filter_over_the_group() {
    let sales = json!({"displayName": "NB-Sales", "externalId": "G-1"});
    for (when, is_for) in [
        (r#"displayName sw "nb-""#, true),
        (r#"displayName eq "Sales""#, false),
        (r#"externalId eq "G-1""#, true),
        (r#"urn:doorlist:connection.provider eq "okta""#, false),
        (r#"urn:doorlist:lifecycle eq "active" and urn:doorlist:view.displayName ew "Sales""#, true),
    ] {
        let policy = rules(&json!({"groups": [{"name": "rule", "when": when, "effects": {"included": false}}]}));
        assert_eq!(policy.project_group(&group(&sales)).len(), usize::from(is_for), "{when}");
    }
}

#[test]
fn the_state_of_a_user_can_be_asked_for() {
    let mut gone = user(&json!({"title": "Engineer"}), &[]);
    gone.lifecycle = Lifecycle::Deleted;
    gone.current = Current { issued: Issued::Api, status: Status::Blocked, role: "Owner".into() };
    gone.view.included = false;
    gone.view.status = Status::Suspended;
    for (when, is_for) in [
        (r#"urn:doorlist:lifecycle eq "deleted""#, true),
        ("active eq false", true),
        (r#"title eq "engineer""#, true),
        (r#"userName eq "ada""#, true),
        (r#"urn:doorlist:current.status eq "blocked""#, true),
        (r#"urn:doorlist:current.role eq "Owner""#, true),
        (r#"urn:doorlist:current.issued eq "api""#, true),
        (r#"urn:doorlist:view[included eq false and status eq "suspended"]"#, true),
        ("groups pr or urn:doorlist:groups pr", false),
    ] {
        let policy = rules(&json!({"users": [{"name": "rule", "when": when, "effects": {"role": "guest"}}]}));
        assert_eq!(policy.project_user(&gone).len(), usize::from(is_for), "{when}");
    }
}

#[test]
fn rules_are_asked_in_order_and_see_what_came_before() {
    let first =
        |stop| json!({"name": "first", "when": "title pr", "effects": {"role": "auditor", "addGroups": ["Engineers"]}, "stop": stop});
    let second = json!({"name": "second", "when": "urn:doorlist:view.role eq \"auditor\" and urn:doorlist:groups.display eq \"engineers\"",
        "effects": {"status": "suspended"}});
    let third = json!({"name": "third", "effects": {"role": "guest"}});
    let answer = |rules: &[serde_json::Value]| -> Vec<String> {
        let changes = super::rules(&json!({"users": rules})).project_user(&user(&ada(), &[]));
        changes.iter().map(|change| format!("{:?} by {}", change.effect, change.reason)).collect()
    };
    assert_eq!(
        answer(&[first(false), second.clone(), third.clone()]),
        [
            "UserEffect::SetStatus(Status::Suspended) by Rule \"second\": urn:doorlist:view.role eq \"auditor\" and urn:doorlist:groups.display eq \"engineers\"",
            "UserEffect::SetRole(\"guest\") by Rule \"third\": it is for everything",
            "UserEffect::AddNamedGroup(\"Engineers\") by Rule \"first\": title pr",
        ],
        "the last word on a part counts"
    );
    assert_eq!(answer(&[second.clone(), first(false)]).len(), 2, "the other way around the condition does not hold");
    assert_eq!(answer(&[first(true), second, third]).len(), 2, "nothing behind a stop");
    let stop = json!({"name": "spared", "when": "title pr", "stop": true});
    assert_eq!(answer(&[stop, json!({"name": "all", "effects": {"included": false}})]), Vec::<String>::new());
}

#[test]
fn a_reason_is_the_description_or_else_the_condition() {
    let long = "é".repeat(400);
    for (rule, reason) in [
        (json!({"description": " Guests see nothing. ", "when": "title pr"}), "Rule \"rule\": Guests see nothing.".to_owned()),
        (json!({"description": " ", "when": "title pr"}), "Rule \"rule\": title pr".to_owned()),
        (json!({}), "Rule \"rule\": it is for everything".to_owned()),
        (json!({"description": long}), format!("Rule \"rule\": {}…", "é".repeat(150))),
    ] {
        let mut rule = rule;
        rule["name"] = json!("rule");
        rule["effects"] = json!({"included": false});
        let changes = rules(&json!({"users": [rule]})).project_user(&user(&ada(), &[]));
        assert_eq!(changes[0].reason, reason);
    }
}

/// What the tenant's own schemas say of an attribute is asked as there.
#[test]
fn schemas_of_the_tenants_own_are_told() {
    let urn = "urn:acme:hr:2.0:User";
    let schemas = json!([{"id": urn, "name": "HR", "attributes": [
        {"name": "level", "type": "integer"},
        {"name": "badge", "caseExact": true, "description": "As on the card"},
        {"name": "sites", "type": "complex", "multiValued": true, "subAttributes": [{"name": "value"}, {"name": "main", "type": "boolean"}]},
    ]}]);
    let mut ada = ada();
    ada[urn] = json!({"level": 7, "badge": "A-1", "sites": [{"value": "Oslo", "main": true}, {"value": "Rome"}]});
    for (when, is_for) in [
        (format!("{urn}:level ge 7"), true),
        (format!("{urn}:level gt 7"), false),
        (format!("{urn}:badge eq \"a-1\""), false),
        (format!("{urn}:sites[value eq \"oslo\" and main eq true]"), true),
        (format!("{urn}:sites[value eq \"rome\" and main eq true]"), false),
    ] {
        let policy = rules(&json!({"schemas": schemas, "users": [{"name": "rule", "when": when, "effects": {"included": false}}]}));
        assert_eq!(policy.project_user(&user(&ada, &[])).len(), usize::from(is_for), "{when}");
    }
}
