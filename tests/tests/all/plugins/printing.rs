//! What plugins print, from the guest to the decision: cut, capped, and told how much is left out.

use doorlist_tests::callers::text;
use doorlist_tests::{Tenant, Visitor};
use serde_json::{Value, json};

use crate::guests::{SAID, Said, guest, wasi_guest};
use crate::shared;

/// Lines about one item, and bytes of one line and of all of them together, that plugins/README.md promises.
const LINES: usize = 20;
const LINE_BYTES: usize = 512;
const BYTES: usize = 4_096;

/// Prints this text for each user, as often as told, or without end.
pub fn printing(text: &str, times: Option<u32>) -> Vec<u8> {
    let bytes: String = text.bytes().map(|byte| format!("\\{byte:02x}")).collect();
    let functions = format!("(data (i32.const 8192) \"{bytes}\")");
    let print = format!("(call $log (i32.const 2) (i32.const 8192) (i32.const {}))", text.len());
    let again = times.map_or("(i32.const 1)".to_owned(), |times| format!("(i32.lt_u (local.get $n) (i32.const {times}))"));
    let code = format!("(local $n i32) (loop $more {print} (local.set $n (i32.add (local.get $n) (i32.const 1))) (br_if $more {again}))");
    let imports = "(import \"doorlist:policy/log@1.0.0\" \"log\" (func $log (param i32 i32 i32)))";
    guest(&Said { name: "printing", ..SAID }, &[("imports", imports), ("functions", &functions), ("project-user", &code)])
}

/// What a decision shows of what a plugin printed about a user, and the figures of the plugin.
#[track_caller]
fn printed(wasm: &[u8]) -> (Tenant, Value, Vec<String>) {
    let tenant = shared::tenant("printing");
    let client = tenant.connect();
    let made = tenant.upload(wasm).expect(201);
    let _ = tenant.put("/pipeline", &json!({"policies": [{"name": "p", "plugin": made["name"]}]})).expect(200);
    client.user("ada@example.com");
    let decision = tenant.user_decision("ada@example.com");
    let log = log_of(&decision);
    (tenant, decision, log)
}

#[track_caller]
fn log_of(decision: &Value) -> Vec<String> {
    let lines = decision["verdicts"][0]["log"].as_array().unwrap_or_else(|| panic!("nothing was printed: {decision}"));
    lines.iter().map(|line| line.as_str().unwrap().to_owned()).collect()
}

/// The number in the line that says how many lines are left out.
#[track_caller]
fn left_out(line: &str) -> u64 {
    let number = line.strip_prefix('(').and_then(|rest| rest.strip_suffix(" more lines are left out.)"));
    number.and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("{line}"))
}

#[test]
fn lines_beyond_the_most_are_counted() {
    let (tenant, decision, log) = printed(&printing("oh dear!", Some(50)));
    assert_eq!(decision["stuck"], Value::Null, "to print is no failure: {decision}");
    assert_eq!(log.len(), LINES + 1, "{log:?}");
    assert!(log[..LINES].iter().all(|line| line == "warn: oh dear!"), "{log:?}");
    assert_eq!(left_out(&log[LINES]), 30);
    let usage = &tenant.get("/plugins/printing/1.0.0").expect(200)["usage"];
    assert!(usage["logLines"].as_u64() >= Some(50), "those that are left out count: {usage}");
    // The same by plugin, about everybody.
    let log = tenant.all("/plugins/printing/1.0.0/log");
    assert_eq!(log.len(), 1);
    assert_eq!((&log[0]["name"], log[0]["lines"].as_array().map(Vec::len)), (&json!("ada@example.com"), Some(LINES + 1)), "{log:?}");
    assert_eq!(tenant.all("/plugins/printing/1.0.1/log").len(), 0);
    let key = text(&tenant.post("/keys", &json!({"name": "log", "role": "auditor"})).expect(201), "key");
    let mut visitor = Visitor::signed_in(tenant.operator.address(), &key);
    let page = visitor.get(&format!("/dashboard/tenants/{}/plugins/printing/1.0.0", tenant.id));
    let page = visitor.get(&page.attribute("a[href$='/log']", "href"));
    page.says("ada@example.com").says("warn: oh dear!").says("11 lines more");
    let _ = tenant.patch("", &json!({"pluginLimits": {"logBytes": 14}})).expect(200);
    assert_eq!(log_of(&tenant.user_decision("ada@example.com")), ["warn: oh dear!", "(49 more lines are left out.)"]);
}

#[test]
fn long_lines_are_cut() {
    let (_, decision, log) = printed(&printing(&"long".repeat(200), Some(30)));
    assert_eq!(decision["stuck"], Value::Null, "{decision}");
    let (last, lines) = log.split_last().unwrap();
    assert_eq!((lines.len(), left_out(last)), (BYTES / LINE_BYTES, 22), "{log:?}");
    assert!(lines.iter().all(|line| line.len() == LINE_BYTES && line.starts_with("warn: long") && line.ends_with('…')), "{log:?}");
}

#[test]
fn a_plugin_that_prints_without_end_is_stopped_and_what_is_kept_is_bounded() {
    let endless = "(loop $more (call $print (call $get-stdout) (i32.const 2048) (i32.const 19)) (br $more))";
    for wasm in [printing("oh dear!", None), wasi_guest(&Said { name: "printing", ..SAID }, &[("user", endless)])] {
        let (tenant, decision, log) = printed(&wasm);
        assert_eq!(decision["stuck"], json!({"policy": "p", "text": "The plugin did not answer in time."}), "{decision}");
        assert!(!log.is_empty() && log.len() <= LINES + 1, "{log:?}");
        assert!(log.iter().all(|line| line.len() <= LINE_BYTES), "{log:?}");
        assert!(log.iter().map(String::len).sum::<usize>() <= BYTES + LINE_BYTES, "{log:?}");
        let usage = &tenant.get("/plugins/printing/1.0.0").expect(200)["usage"];
        assert!(usage["timeouts"].as_u64() >= Some(1) && usage["logLines"].as_u64() >= Some(1), "{usage}");
    }
}
