//! Plugins that fail before they are asked about anybody: what they printed and what that cost is kept.

use serde_json::{Value, json};

use super::refused;
use crate::guests::{SAID, Said, guest, guest_on};
use crate::shared;

/// Prints the eight bytes at 8192.
const PRINTS: [(&str, &str); 2] = [
    ("imports", "(import \"doorlist:policy/log@1.0.0\" \"log\" (func $log (param i32 i32 i32)))"),
    ("functions", "(data (i32.const 8192) \"oh dear!\")"),
];

/// Prints, and does something else.
fn printing(then: &str) -> String {
    format!("(call $log (i32.const 2) (i32.const 8192) (i32.const 8)) {then}")
}

/// The code in what runtimes call before anything else. A module's own start function runs before its imports are there.
fn initializing(code: &str) -> String {
    format!("(func (export \"_initialize\") {code})")
}

#[test]
fn settings_that_make_a_plugin_panic_are_refused_with_what_it_printed() {
    let tenant = shared::tenant("panics over settings");
    let code = printing("(unreachable)");
    let _ = tenant.upload(&guest(&Said { name: "panics", ..SAID }, &[PRINTS[0], PRINTS[1], ("configure", &code)])).expect(201);
    let put = tenant.put("/pipeline", &json!({"policies": [{"name": "p", "plugin": "panics"}]}));
    let problem: Value = serde_json::from_slice(&put.body).unwrap();
    put.problem(400);
    let text = "The plugin failed while it checked these. The plugin panicked. It printed: warn: oh dear!";
    assert_eq!(problem["problems"], json!([{"pointer": "/policies/0/settings", "message": text}]), "{problem}");
    let usage = &tenant.get("/plugins/panics/1.0.0").expect(200)["usage"];
    assert_eq!((&usage["traps"], &usage["logLines"], &usage["evaluations"]), (&json!(1), &json!(1), &json!(0)), "{usage}");
    assert!(usage["memoryBytesPeak"].as_u64() >= Some(2 * 65_536), "{usage}");
}

#[test]
fn an_upload_that_panics_is_refused_with_what_it_printed() {
    let tenant = shared::tenant("panics when it is asked what it is");
    let panics = printing("(unreachable)");
    let initializes = format!("{} {}", PRINTS[1].1, initializing(&panics));
    for code in [[PRINTS[0], PRINTS[1], ("describe", &panics)], [PRINTS[0], ("functions", &initializes), ("describe", "")]] {
        for base in ["base.wat", "base-json.wat"] {
            let (stage, detail) = refused(tenant.upload(&guest_on(base, &SAID, &code)));
            assert_eq!((stage.as_str(), detail.as_str()), ("describe", "The plugin panicked. It printed: warn: oh dear!"), "{base}");
        }
    }
}

/// Settings that were taken once need not be taken again: here because less memory is left. What runs at the start can fail so as well.
#[test]
fn a_policy_that_fails_before_it_is_asked_shows_what_it_printed() {
    let grows = printing("(drop (memory.grow (i32.const 32)))");
    let initializes = format!("{} {}", PRINTS[1].1, initializing(&grows));
    for (name, functions, configure, text) in [
        ("grows", PRINTS[1].1, grows.as_str(), "The plugin failed over its settings. The plugin wanted more than 1 MiB of memory."),
        ("starts", &initializes, "", "The plugin failed while it started. The plugin wanted more than 1 MiB of memory."),
    ] {
        let tenant = shared::tenant(name);
        let client = tenant.connect();
        let code = [PRINTS[0], ("functions", functions), ("configure", configure)];
        let _ = tenant.upload(&guest(&Said { name: "grows", ..SAID }, &code)).expect(201);
        let _ = tenant.put("/pipeline", &json!({"policies": [{"name": "p", "plugin": "grows"}]})).expect(200);
        let user = client.user("ada@example.com");
        let decision = tenant.user_decision(&user);
        assert_eq!((&decision["stuck"], &decision["verdicts"][0]["log"]), (&Value::Null, &Value::Null), "{decision}");
        let before = tenant.get("/plugins/grows/1.0.0").expect(200)["usage"].clone();
        let _ = tenant.patch("", &json!({"pluginLimits": {"memoryBytes": 1 << 20}})).expect(200);
        let decision = tenant.user_decision(&user);
        assert_eq!(decision["stuck"], json!({"policy": "p", "text": text}), "{decision}");
        assert_eq!(decision["verdicts"][0]["fault"], text, "{decision}");
        assert_eq!(decision["verdicts"][0]["log"], json!(["warn: oh dear!"]), "{decision}");
        let after = tenant.get("/plugins/grows/1.0.0").expect(200)["usage"].clone();
        assert_eq!(after["evaluations"], before["evaluations"], "it was asked about nobody");
        for figure in ["traps", "logLines", "micros"] {
            assert!(after[figure].as_u64() > before[figure].as_u64(), "{figure}: {before} {after}");
        }
    }
}
