//! Any bytes are a plugin or a refusal with words; a plugin says what `doorlist plugin inspect` prints, and answers about a user and a group or
//! faults, within its limits. Write the guests of tests/guests as a corpus first, with `cargo run --bin seeds` in `host/server/fuzz`, then run it with
//! `cargo fuzz run inspect -- -max_len=65536 -timeout=20 -rss_limit_mb=4096` in `host/server`.
//!
//! What is mutated is compiled in this process, since the process that compiles in the server is the server's own executable. Its limits have tests of their own.
#![no_main]

use std::sync::LazyLock;

use doorlist::policy::limits::{ANSWER_BYTES_MAX, CHANGES_MAX, LOG_LINES_MAX, MEMORY_BYTES_MAX};
use doorlist::policy::{CallLimits, Group, Host, HostSettings, LoadLimits, Plugin, Tier, User, json};
use libfuzzer_sys::fuzz_target;

static HOST: LazyLock<Host> = LazyLock::new(|| match Host::new(HostSettings::default()) {
    Ok(host) => host,
    Err(error) => panic!("this machine does not run policies: {error}"),
});

/// Whom it is asked about.
static ITEMS: LazyLock<(User, Group)> = LazyLock::new(|| {
    let user = json::user(&serde_json::json!({"userName": "ada@example.com", "groups": [{"id": "g", "name": "Sales"}]}));
    let group = json::group(&serde_json::json!({"displayName": "Sales"}));
    match (user, group) {
        (Ok(user), Ok(group)) => (user, group),
        wrong => panic!("the items to ask about are no items: {wrong:?}"),
    }
});

fuzz_target!(|wasm: &[u8]| {
    match HOST.load(wasm, &LoadLimits::of(Tier::Small), "fuzz") {
        Err(refusal) => assert!(!refusal.message.is_empty()),
        Ok(plugin) => inspect(&plugin, wasm),
    }
});

fn inspect(plugin: &Plugin, wasm: &[u8]) {
    let (manifest, facts) = (plugin.manifest(), plugin.facts());
    assert!(!manifest.name.is_empty() && !manifest.version.is_empty() && !facts.contract.is_empty());
    assert_eq!((facts.bytes, plugin.digest().len()), (wasm.len(), 64));
    assert!(manifest.settings_schema.to_string().len() <= ANSWER_BYTES_MAX);
    let settings = plugin.complete(serde_json::json!({}));
    let limits = CallLimits::default();
    if plugin.check_settings(&settings, &limits).outcome.is_err() {
        return;
    }
    let Ok(mut batch) = plugin.batch(&settings.to_string(), &limits) else { return };
    let (user, group) = &*ITEMS;
    let answers = [batch.project_user(user).map(|changes| changes.len()), batch.project_group(group).map(|changes| changes.len())];
    assert!(answers.into_iter().flatten().all(|changes| changes <= CHANGES_MAX));
    let usage = batch.usage();
    assert!(usage.memory_bytes_peak <= MEMORY_BYTES_MAX as u64, "{usage:?}");
    // And one line that says how many are left out.
    assert!(batch.take_log().len() <= LOG_LINES_MAX + 1);
}
