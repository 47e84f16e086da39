//! What plugins cost, in the admin API and as metrics.

use doorlist_tests::callers::text;
use serde_json::{Value, json};

use crate::guests::{SAID, Said, guest};
use crate::shared;

/// Each metric of a plugin with what the admin API calls it.
const METRICS: [(&str, &str); 8] = [
    ("doorlist_plugin_evaluations_total", "evaluations"),
    ("doorlist_plugin_seconds_total", "micros"),
    ("doorlist_plugin_epochs_total", "epochs"),
    ("doorlist_plugin_memory_peak_bytes", "memoryBytesPeak"),
    ("doorlist_plugin_traps_total", "traps"),
    ("doorlist_plugin_timeouts_total", "timeouts"),
    ("doorlist_plugin_log_lines_total", "logLines"),
    ("doorlist_plugin_impure_total", "impure"),
];

/// A figure of the admin API as metrics have it, where time is in seconds.
fn told(usage: &Value, member: &str) -> String {
    let figure = usage[member].as_u64().unwrap_or_else(|| panic!("no {member}: {usage}"));
    if member == "micros" { format!("{}.{:06}", figure / 1_000_000, figure % 1_000_000) } else { figure.to_string() }
}

/// Loops for users, and prints a line and traps for groups.
fn failing() -> Vec<u8> {
    let imports = "(import \"doorlist:policy/log@1.0.0\" \"log\" (func $log (param i32 i32 i32)))";
    let traps = "(call $log (i32.const 2) (i32.const 8192) (i32.const 8)) (unreachable)";
    let code = [
        ("imports", imports),
        ("functions", "(data (i32.const 8192) \"oh dear!\")"),
        ("project-user", "(loop $forever (br $forever))"),
        ("project-group", traps),
    ];
    guest(&Said { name: "failing", ..SAID }, &code)
}

#[test]
fn what_a_plugin_cost_is_counted_for_its_tenant() {
    let (tenant, other) = (shared::tenant("figures"), shared::tenant("no figures"));
    let client = tenant.connect();
    for tenant in [&tenant, &other] {
        let made = tenant.upload(&failing()).expect(201);
        assert_eq!(made["usage"]["evaluations"], 0, "{made}");
    }
    let _ = tenant.put("/pipeline", &json!({"policies": [{"name": "watch", "plugin": "failing", "mode": "monitor"}]})).expect(200);
    client.user("ada@example.com");
    client.group("Group", &[]);
    tenant.synced();
    let usage = tenant.get("/plugins/failing/1.0.0").expect(200)["usage"].clone();
    let at_least = |member: &str, least: u64| {
        let value = usage[member].as_u64().unwrap_or_else(|| panic!("no {member}: {usage}"));
        assert!(value >= least, "{member} is {value}: {usage}");
    };
    at_least("evaluations", 2);
    at_least("timeouts", 1);
    at_least("traps", 1);
    at_least("micros", 10_000);
    at_least("epochs", 1);
    at_least("logLines", 1);
    at_least("memoryBytesPeak", 2 * 65_536);
    assert_eq!(other.get("/plugins/failing/1.0.0").expect(200)["usage"]["evaluations"], 0);
    let metrics = tenant.operator.get("/metrics");
    assert_eq!((metrics.status, metrics.header("content-type")), (200, Some("text/plain; version=0.0.4")));
    let metrics = metrics.text();
    let line = |name: &str, id: &str| {
        let head = format!("{name}{{tenant=\"{id}\",plugin=\"failing\",version=\"1.0.0\"}} ");
        metrics.lines().find_map(|line| line.strip_prefix(&head)).map(str::to_owned)
    };
    assert_eq!(tenant.get("/plugins/failing/1.0.0").expect(200)["usage"], usage, "nothing was asked meanwhile");
    for (name, member) in METRICS {
        let value = line(name, &tenant.id).unwrap_or_else(|| panic!("no {name}: {metrics}"));
        assert_eq!(value, told(&usage, member), "{name}");
    }
    assert_eq!(line("doorlist_plugin_evaluations_total", &other.id), None, "nothing was asked there");
    // What is deleted takes its figures along.
    for _ in 0..6 {
        let _ = tenant.put("/pipeline", &json!({"policies": []})).expect(200);
        let _ = tenant.put("/pipeline", &json!({"policies": [{"name": "p", "plugin": "group-prefix"}]})).expect(200);
    }
    tenant.synced();
    let _ = tenant.delete("/plugins/failing/1.0.0").expect(204);
    let _ = tenant.upload(&failing()).expect(201);
    assert_eq!(tenant.get("/plugins/failing/1.0.0").expect(200)["usage"]["evaluations"], 0);
    // Those that come with Doorlist are counted alike.
    let ours = tenant.all("/plugins").into_iter().find(|one| one["name"] == "group-prefix").unwrap();
    assert!(ours["usage"]["evaluations"].as_u64().unwrap() > 0, "{ours}");
    assert_eq!(text(&ours, "name"), "group-prefix");
}

/// Says something of every user but the first that its instance sees, so that it says nothing when it is asked alone.
fn remembering() -> Vec<u8> {
    let code = [
        ("functions", "(global $seen (mut i32) (i32.const 0))"),
        (
            "project-user",
            "(if (global.get $seen) (then
               (i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 1))
               (i32.store8 (i32.const 64) (i32.const 0))
               (i64.store (i32.const 96) (i64.const 0))
               (return (i32.const 0))))
             (global.set $seen (i32.const 1))",
        ),
    ];
    guest(&Said { name: "remembering", ..SAID }, &code)
}

#[test]
fn a_plugin_that_remembers_is_found_out() {
    let tenant = shared::tenant("remembering");
    let client = tenant.connect();
    let names: Vec<String> = (0..6).map(|number| format!("user{number}@example.com")).collect();
    names.iter().for_each(|name| drop(client.user(name)));
    tenant.synced();
    let _ = tenant.upload(&remembering()).expect(201);
    let _ = tenant.put("/pipeline", &json!({"policies": [{"name": "memory", "plugin": "remembering"}]})).expect(200);
    let decisions: Vec<Value> = names.iter().map(|name| tenant.user_decision(name)).collect();
    let (stuck, others): (Vec<&Value>, Vec<&Value>) = decisions.iter().partition(|decision| decision["stuck"].is_object());
    assert!(!stuck.is_empty() && others.len() > 1, "{decisions:?}");
    for decision in stuck {
        let text =
            "The plugin answered differently when it was asked about the same item again, alone. It must not remember what it saw before.";
        assert_eq!(decision["stuck"], json!({"policy": "memory", "text": text}), "{decision}");
    }
    assert!(others.iter().any(|decision| decision["verdicts"][0]["changes"][0]["effect"] == "include"), "{others:?}");
    let usage = tenant.get("/plugins/remembering/1.0.0").expect(200)["usage"].clone();
    assert!(usage["impure"].as_u64().is_some_and(|count| count >= 1), "{usage}");
    let metric =
        format!("doorlist_plugin_impure_total{{tenant=\"{}\",plugin=\"remembering\",version=\"1.0.0\"}} {}\n", tenant.id, usage["impure"]);
    assert!(tenant.operator.get("/metrics").text().contains(&metric), "{metric}");
    let members: Vec<String> = tenant.members().iter().map(|member| text(member, "userName")).collect();
    assert!(names.iter().all(|name| members.contains(name)), "who is stuck stays as it was: {members:?}");
}
