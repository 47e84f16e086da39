//! What rules cost outside a sandbox, which the same in it can be held against. Run it in release with `--ignored --nocapture`.

use std::time::Instant;

use doorlist_sdk::{Policy, User};
use serde_json::{Value, json};

use crate::{ada, user};

fn settings(count: usize) -> Value {
    let rule = |place: usize| {
        let when =
            format!("groups[display sw \"NB-\"] and emails[primary eq true and value ew \"@example.com\"] and title ne \"T{place}\"");
        json!({"name": format!("rule {place}"), "when": when, "effects": {"displayName": "{name.givenName} {name.familyName}", "addGroups": ["G"]}})
    };
    json!({"users": (0..count).map(rule).collect::<Vec<_>>()})
}

#[test]
#[ignore = "prints figures, asserts nothing about time"]
fn microseconds_per_user() {
    let names: Vec<String> = (0..10).map(|place| format!("NB-Group {place}")).collect();
    let ada: User = user(&ada(), &names.iter().map(String::as_str).collect::<Vec<_>>());
    for count in [0, 1, 10, 100] {
        let text = settings(count).to_string();
        let start = Instant::now();
        for _ in 0..100 {
            let read = serde_json::from_str(&text).expect("they are settings");
            assert!(doorlist_policy_rules::Rules::configure(read).is_ok());
        }
        let configure = start.elapsed().as_secs_f64() * 1e4;
        let rules = crate::rules(&settings(count));
        let start = Instant::now();
        for _ in 0..1_000 {
            assert_eq!(rules.project_user(&ada).len(), if count == 0 { 0 } else { 2 });
        }
        println!("{count} rules: {configure:.1} µs to configure, {:.1} µs a user", start.elapsed().as_secs_f64() * 1e3);
    }
}
