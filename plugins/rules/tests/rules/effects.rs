//! What rules do.

use doorlist_sdk::UserEffect as Effect;
use doorlist_sdk::{Attribute, GroupEffect, Policy, Status, Value};
use serde_json::json;

use crate::{ada, effects_of, group, rules, user};

fn set(path: &str, value: Value) -> Effect {
    Effect::SetAttribute(Attribute { path: path.into(), value })
}

fn text(text: &str) -> Value {
    Value::Text(text.into())
}

#[test]
fn each_part_of_a_users_view_can_be_changed() {
    for (effects, expected) in [
        (json!({"included": false}), vec![Effect::Exclude]),
        (json!({"included": true, "status": "active", "role": "user"}), vec![]),
        (json!({"status": "suspended"}), vec![Effect::SetStatus(Status::Suspended)]),
        (json!({"role": "auditor"}), vec![Effect::SetRole("auditor".into())]),
        (json!({"role": {"of": "{title}", "table": {"Engineer": "admin", "Guest": "guest"}}}), vec![Effect::SetRole("admin".into())]),
        (json!({"role": {"of": "{title lower}", "table": {"Engineer": "admin"}}}), vec![]),
        (json!({"role": {"of": "{nickName}", "table": {"x": "admin"}, "otherwise": "guest"}}), vec![Effect::SetRole("guest".into())]),
        (json!({"userName": "{externalId}@corp.example"}), vec![Effect::SetUserName("E-1@corp.example".into())]),
        (json!({"userName": "{userName}"}), vec![]),
        (json!({"displayName": "{name.givenName} {name.familyName}"}), vec![Effect::SetDisplayName("Ada Lovelace".into())]),
        (json!({"displayName": "{nickName}"}), vec![]),
    ] {
        assert_eq!(effects_of(&effects), expected, "{effects}");
    }
}

#[test]
fn groups_are_left_by_name_and_joined_by_name_or_id() {
    let leave = |name: &str| Effect::RemoveGroup(format!("id of {name}"));
    let join = |name: &str| Effect::AddNamedGroup(name.into());
    let id = "0192F0C1-7a3e-7c21-9d0e-0123456789ab";
    for (effects, expected) in [
        (json!({"removeGroups": ["All"]}), vec![leave("All")]),
        (json!({"removeGroups": ["all", "Al", "NB-"]}), vec![]),
        (json!({"removeGroups": ["NB-{urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department}"]}), vec![leave("NB-R&D")]),
        (json!({"removeGroupsWhere": "not (display sw \"nb-\")"}), vec![leave("All")]),
        (json!({"removeGroupsWhere": "display pr"}), vec![leave("NB-Staff"), leave("NB-R&D"), leave("All")]),
        (json!({"removeGroupsWhere": "value eq \"id of All\""}), vec![leave("All")]),
        (json!({"addGroups": ["Contractors", "{title}s", "{nickName}"]}), vec![join("Contractors"), join("Engineers")]),
        (json!({"addGroups": ["All"]}), vec![join("All")]),
        (json!({"addGroups": ["Twice", "Twice"]}), vec![join("Twice")]),
        (json!({"addGroupIds": [id]}), vec![Effect::AddGroup(id.to_lowercase())]),
        (
            json!({"removeGroupsWhere": "display pr", "addGroups": ["Only this"]}),
            vec![leave("NB-Staff"), leave("NB-R&D"), leave("All"), join("Only this")],
        ),
        (json!({"addGroups": [{"of": "{title}", "table": {"Engineer": "Builders"}}]}), vec![join("Builders")]),
    ] {
        assert_eq!(effects_of(&effects), expected, "{effects}");
    }
}

#[test]
fn groups_that_policies_made_are_groups_too() {
    let mut ada = user(&ada(), &["All"]);
    ada.view.named_groups = vec!["Made".into(), "All".into()];
    // A policy before took it out of the group of the identity provider.
    ada.view.groups.clear();
    let policy = |effects: serde_json::Value| rules(&json!({"users": [{"name": "rule", "effects": effects}]}));
    let effects =
        |policy: doorlist_policy_rules::Rules| policy.project_user(&ada).into_iter().map(|change| change.effect).collect::<Vec<_>>();
    let leave = |name: &str| Effect::RemoveNamedGroup(name.into());
    assert_eq!(effects(policy(json!({"removeGroups": ["All"]}))), [leave("All")]);
    assert_eq!(effects(policy(json!({"removeGroupsWhere": "not (value pr)"}))), [leave("Made"), leave("All")]);
    assert_eq!(effects(policy(json!({"addGroups": ["Made"]}))), []);
    assert_eq!(effects(policy(json!({"addGroupIds": ["0192f0c1-7a3e-7c21-9d0e-0123456789ab"], "removeGroups": ["Made"]}))).len(), 2);
    let both = json!([{"name": "out", "effects": {"removeGroups": ["Made"]}}, {"name": "in", "effects": {"addGroups": ["Made"]}}]);
    assert_eq!(effects(rules(&json!({"users": both}))), [], "out and in again is no change");
}

#[test]
fn attributes_are_set_from_texts_tables_and_other_attributes() {
    let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    let department = format!("{enterprise}:department");
    for (attribute, expected) in [
        (json!({"path": "TITLE", "value": "Dr. {title}"}), vec![set("title", text("Dr. Engineer"))]),
        (json!({"path": "title", "value": "{nickName}"}), vec![]),
        (json!({"path": "name.familyName", "value": "{name.familyName upper}"}), vec![set("name.familyName", text("LOVELACE"))]),
        (
            json!({"path": department, "value": {"of": format!("{{{department}}}"), "table": {"R&D": "Research"}}}),
            vec![set(&department, text("Research"))],
        ),
        (
            json!({"path": format!("{enterprise}:manager.value"), "from": "externalId"}),
            vec![set(&format!("{enterprise}:manager.value"), text("E-1"))],
        ),
        (json!({"path": "nickName", "from": "emails[type eq \"home\"].value"}), vec![set("nickName", text("ada@home.example"))]),
        (json!({"path": "nickName", "from": "emails.value"}), vec![set("nickName", text("ada@example.com"))]),
        (json!({"path": "nickName", "from": "active"}), vec![set("nickName", text("true"))]),
        (json!({"path": "nickName", "from": "photos.value"}), vec![]),
        (
            json!({"path": "emails", "value": "{userName before @}@corp.example"}),
            vec![set("emails", Value::Json(r#"{"value":"Ada@corp.example"}"#.into()))],
        ),
        (
            json!({"path": "emails", "from": "emails[type eq \"work\"]"}),
            vec![set("emails", Value::Json(r#"{"primary":true,"type":"work","value":"ada@example.com"}"#.into()))],
        ),
        (
            json!({"path": "entitlements", "from": "emails.value"}),
            vec![
                set("entitlements", Value::Json(r#"{"value":"ada@example.com"}"#.into())),
                set("entitlements", Value::Json(r#"{"value":"ada@home.example"}"#.into())),
            ],
        ),
        (json!({"path": "name", "from": "name"}), vec![set("name", Value::Json(r#"{"familyName":"Lovelace","givenName":"Ada"}"#.into()))]),
    ] {
        assert_eq!(effects_of(&json!({"setAttributes": [attribute]})), expected, "{attribute}");
    }
    assert_eq!(
        effects_of(&json!({"removeAttributes": ["Title", "emails"]})),
        [Effect::RemoveAttribute("title".into()), Effect::RemoveAttribute("emails".into())]
    );
}

#[test]
fn values_have_the_type_of_the_attribute() {
    let urn = "urn:acme:types:User";
    let schemas = json!([{"id": urn, "attributes": [
        {"name": "flag", "type": "boolean"}, {"name": "count", "type": "integer"}, {"name": "share", "type": "decimal"}, {"name": "since", "type": "dateTime"},
    ]}]);
    for (name, value, expected) in [
        ("flag", "TRUE", Some(Value::Boolean(true))),
        ("flag", "yes", None),
        ("count", "12", Some(Value::Integer(12))),
        ("count", "1.5", None),
        ("share", "1.5", Some(Value::Decimal(1.5))),
        ("share", "inf", None),
        ("since", "2020-02-30T00:00:00Z", None),
        ("since", "2020-02-29T00:00:00Z", Some(text("2020-02-29T00:00:00Z"))),
    ] {
        let path = format!("{urn}:{name}");
        let effects = json!({"setAttributes": [{"path": path, "value": value}]});
        let policy = rules(&json!({"schemas": schemas, "users": [{"name": "rule", "effects": effects}]}));
        let changes: Vec<Effect> = policy.project_user(&user(&ada(), &[])).into_iter().map(|change| change.effect).collect();
        assert_eq!(changes, expected.map(|value| set(&path, value)).into_iter().collect::<Vec<_>>(), "{name} {value}");
    }
}

/// The values that one answer sets at a path come together, so an answer must not set one twice.
#[test]
fn the_last_rule_on_an_attribute_counts() {
    let rule = |name: &str, effects| json!({"name": name, "effects": effects});
    let policy = rules(&json!({"users": [
        rule("one", json!({"setAttributes": [{"path": "title", "value": "One"}, {"path": "nickName", "value": "One"}]})),
        rule("two", json!({"setAttributes": [{"path": "TITLE", "value": "Two"}]})),
        rule("three", json!({"removeAttributes": ["nickName"]})),
    ]}));
    let changes = policy.project_user(&user(&ada(), &[]));
    let effects: Vec<&Effect> = changes.iter().map(|change| &change.effect).collect();
    assert_eq!(effects, [&set("title", text("Two")), &Effect::RemoveAttribute("nickName".into())]);
    assert_eq!(changes[0].reason, "Rule \"two\": it is for everything");
}

#[test]
fn a_group_is_left_out_or_renamed() {
    let policy = rules(&json!({"groups": [
        {"name": "test groups", "when": "displayName sw \"test\"", "effects": {"included": false}, "stop": true},
        {"name": "short names", "when": "displayName sw \"NB-\"", "effects": {"displayName": "{displayName after NB-}"}},
    ]}));
    for (name, expected) in [
        ("Test 1", vec![GroupEffect::Exclude]),
        ("NB-Sales", vec![GroupEffect::SetDisplayName("Sales".into())]),
        ("Sales", vec![]),
        // A name that would be empty stays.
        ("NB-", vec![]),
    ] {
        let changes = policy.project_group(&group(&json!({"displayName": name})));
        assert_eq!(changes.into_iter().map(|change| change.effect).collect::<Vec<_>>(), expected, "{name}");
    }
    assert_eq!(policy.project_user(&user(&ada(), &[])), []);
}
