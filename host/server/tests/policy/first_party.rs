//! The policies that the server carries, as an operator and the projection meet them.

use crate::item::{group, user};
use crate::{FIRST_PARTY, limits, plugin};
use doorlist::policy::{Batch, Lifecycle, Problem, SettingsError, Status, User, UserEffect};
use serde_json::{Value, json};

fn batch(name: &str, settings: &Value) -> Batch {
    plugin(name).check_settings(settings, &limits()).outcome.unwrap_or_else(|error| panic!("{settings}: {error}"));
    plugin(name).batch(&settings.to_string(), &limits()).unwrap_or_else(|fault| panic!("{settings}: {fault}"))
}

fn effects(batch: &mut Batch, user: &User) -> Vec<UserEffect> {
    let changes = batch.project_user(user).unwrap_or_else(|fault| panic!("{fault}"));
    changes.into_iter().map(|change| change.effect).collect()
}

#[test]
fn manifests_name_what_operators_consent_to() {
    let manifests: Vec<_> = FIRST_PARTY
        .iter()
        .map(|plugin| {
            let manifest = plugin.manifest();
            (manifest.name.as_str(), manifest.reads.words(), manifest.writes.words())
        })
        .collect();
    assert_eq!(
        manifests,
        [
            ("group-prefix", vec!["displayName"], vec!["included"]),
            ("user-group-filter", vec!["groups"], vec!["included"]),
            ("role-protection", vec!["current", "view"], vec!["included", "status", "role"]),
            (
                "rules",
                vec!["id", "externalId", "userName", "displayName", "groups", "current", "view", "facts", "attributes"],
                vec!["included", "status", "role", "groups", "userName", "displayName", "attributes"],
            ),
        ]
    );
}

#[test]
fn group_prefix_excludes_by_name() {
    let mut policy = batch("group-prefix", &json!({"prefixes": ["NB-"]}));
    for (name, reason) in [
        ("NB-Marketing", None),
        ("Marketing", Some(r#""Marketing" starts with none of: "NB-""#)),
        ("nb-Marketing", Some(r#""nb-Marketing" starts with none of: "NB-""#)),
        ("", Some(r#""" starts with none of: "NB-""#)),
        ("Märkte ☂", Some(r#""Märkte ☂" starts with none of: "NB-""#)),
    ] {
        let changes = policy.project_group(&group(name)).unwrap_or_else(|fault| panic!("{name}: {fault}"));
        let reasons: Vec<&str> = changes.iter().map(|change| change.reason.as_str()).collect();
        assert_eq!(reasons, reason.into_iter().collect::<Vec<_>>(), "{name}");
    }
    assert_eq!(batch("group-prefix", &json!({})).project_group(&group("Marketing")), Ok(Vec::new()));
}

#[test]
fn user_group_filter_excludes_by_membership() {
    for (settings, groups, excluded) in [
        (json!({}), &[][..], false),
        (json!({"groups": ["VPN"]}), &["Sales", "VPN"], false),
        (json!({"groups": ["VPN"]}), &["VPN users"], true),
        (json!({"groups": ["VPN"], "match": "exact"}), &["vpn"], true),
        (json!({"groups": ["VPN"], "match": "prefix"}), &["VPN users"], false),
        (json!({"groups": ["VPN"], "match": "prefix"}), &[], true),
    ] {
        let effects = effects(&mut batch("user-group-filter", &settings), &user(groups));
        assert_eq!(effects, if excluded { vec![UserEffect::Exclude] } else { vec![] }, "{settings} {groups:?}");
    }
    let deleted = User { lifecycle: Lifecycle::Deleted, ..user(&[]) };
    assert_eq!(effects(&mut batch("user-group-filter", &json!({"groups": ["VPN"]})), &deleted), []);
}

#[test]
fn role_protection_keeps_owners_and_makes_none() {
    let mut policy = batch("role-protection", &json!({"roles": ["owner"]}));
    let mut owner = user(&[]);
    owner.current.role = "owner".into();
    owner.view.included = false;
    owner.view.status = Status::Suspended;
    owner.lifecycle = Lifecycle::Deleted;
    let kept = [UserEffect::SetRole("owner".into()), UserEffect::Include, UserEffect::SetStatus(Status::Active)];
    assert_eq!(effects(&mut policy, &owner), kept);
    let mut climber = user(&[]);
    climber.view.role = "owner".into();
    assert_eq!(effects(&mut policy, &climber), [UserEffect::SetRole("user".into())]);
    assert_eq!(effects(&mut policy, &user(&[])), []);
}

#[test]
fn wrong_settings_are_refused_where_they_are_wrong() {
    let long = "é".repeat(129);
    let many: Vec<String> = (0..101).map(|at| format!("G{at}")).collect();
    for (name, settings, pointers) in [
        ("group-prefix", json!({"prefixes": "NB-"}), &["/prefixes"][..]),
        ("group-prefix", json!({"prefixes": ["NB-", "", 5]}), &["/prefixes/1", "/prefixes/2"]),
        ("group-prefix", json!({"prefixes": many}), &["/prefixes"]),
        ("group-prefix", json!({"prefix": ["NB-"]}), &["/prefix"]),
        ("group-prefix", json!([]), &[""]),
        // 129 characters fit the JSON Schema; only the plugin counts bytes.
        ("group-prefix", json!({"prefixes": ["NB-", long]}), &["/prefixes/1"]),
        ("user-group-filter", json!({"groups": [], "match": "regex"}), &["/match"]),
        ("role-protection", json!({}), &[""]),
        ("role-protection", json!({"roles": [""]}), &["/roles/0"]),
    ] {
        let problems = problems(name, &settings);
        let found: Vec<&str> = problems.iter().map(|problem| problem.pointer.as_str()).collect();
        assert_eq!(found, pointers, "{name} {settings}: {problems:?}");
    }
    let problems = problems("user-group-filter", &json!({"match": "regex"}));
    assert_eq!(problems[0].message, r#"The value is none of "exact", "prefix"."#);
}

#[test]
fn refusals_do_not_repeat_values() {
    for settings in [json!({"prefixes": "s3cret"}), json!({"prefixes": {"a": "s3cret"}}), json!("s3cret")] {
        for problem in problems("group-prefix", &settings) {
            assert!(!problem.message.contains("s3cret"), "{problem:?}");
        }
    }
}

#[test]
fn settings_have_bounds() {
    let large = json!({"prefixes": ["x".repeat(70_000)]});
    assert_eq!(problems("group-prefix", &large)[0].message, "The settings have more than 64 KiB.");
    let mut deep = json!(1);
    for _ in 0..100 {
        deep = json!([deep]);
    }
    assert_eq!(problems("group-prefix", &deep)[0].message, "Settings are nested more than 64 deep.");
}

fn problems(name: &str, settings: &Value) -> Vec<Problem> {
    match plugin(name).check_settings(settings, &limits()).outcome {
        Err(SettingsError::Problems(problems)) => problems,
        other => panic!("{name} {settings}: {other:?}"),
    }
}
