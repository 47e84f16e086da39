//! What plugins cost, in the admin API and as metrics.

use doorlist_tests::callers::text;
use serde_json::json;

use crate::guests::{SAID, Said, guest};
use crate::shared;

/// Loops for users and traps for groups.
fn failing() -> Vec<u8> {
    guest(&Said { name: "failing", ..SAID }, &[("project-user", "(loop $forever (br $forever))"), ("project-group", "(unreachable)")])
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
    at_least("memoryBytesPeak", 2 * 65_536);
    assert_eq!(other.get("/plugins/failing/1.0.0").expect(200)["usage"]["evaluations"], 0);
    let metrics = tenant.operator.get("/metrics");
    assert_eq!((metrics.status, metrics.header("content-type")), (200, Some("text/plain; version=0.0.4")));
    let metrics = metrics.text();
    let line = |name: &str, id: &str| {
        let head = format!("{name}{{tenant=\"{id}\",plugin=\"failing\",version=\"1.0.0\"}} ");
        metrics.lines().find_map(|line| line.strip_prefix(&head)).map(str::to_owned)
    };
    assert_eq!(line("doorlist_plugin_timeouts_total", &tenant.id), Some(usage["timeouts"].to_string()), "{metrics}");
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
