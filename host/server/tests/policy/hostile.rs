//! Guests that do what they must not: those of tests/guests/hostile, and what else they must not be able to. Each fails alone: afterwards a good plugin still answers.

use crate::guest::{SAID, Said, guest, hostile, json_answering, json_guest, json_manifest};
use crate::hostile_file::{self, Hostile};
use crate::item::{group, user};
use crate::{HOST, limits, load, plugin};
use doorlist::policy::{
    Batch, CallLimits, Fault, FaultKind, Group, GroupChange, Host, HostSettings, LoadLimits, SettingsError, Tier, UserEffect,
};
use std::collections::BTreeSet;
use std::path::Path;
use std::thread;

/// Memory until there is none.
const GROW_MEMORY: &str = "(loop $more (drop (memory.grow (i32.const 16))) (br $more))";

/// What stops guests: the bound in policy/limits.rs, or what else is in the way, and how a call that it stops has failed.
const STOPS: [(&str, FaultKind); 27] = [
    ("START_MS_MAX", FaultKind::Timeout),
    ("DESCRIBE_MS_MAX", FaultKind::Timeout),
    ("CONFIGURE_MS_MAX", FaultKind::Timeout),
    ("PROJECT_MS_MAX", FaultKind::Timeout),
    ("STACK_BYTES_MAX", FaultKind::StackOverflow),
    ("MEMORY_BYTES_MAX", FaultKind::Memory),
    ("TABLE_ELEMENTS_MAX", FaultKind::Memory),
    ("ANSWER_BYTES_MAX", FaultKind::OutputTooLarge),
    ("CHANGES_MAX", FaultKind::OutputTooLarge),
    ("GROUP_NAME_BYTES_MAX", FaultKind::OutputTooLarge),
    ("JSON_DEPTH_MAX", FaultKind::BadOutput),
    ("JSON_VALUES_MAX", FaultKind::BadOutput),
    ("RANDOM_BYTES_MAX", FaultKind::Trap),
    // What WebAssembly itself does not let pass.
    ("trap", FaultKind::Trap),
    ("contract", FaultKind::BadOutput),
    ("writes", FaultKind::Undeclared),
    // What uploads may consist of, and may want.
    ("Caps::functions", FaultKind::Start),
    ("Caps::function_bytes", FaultKind::Start),
    ("Caps::locals", FaultKind::Start),
    ("Caps::modules", FaultKind::Start),
    ("MEMORIES_MAX", FaultKind::Start),
    ("TABLES_MAX", FaultKind::Start),
    ("validator", FaultKind::Start),
    ("imports", FaultKind::Start),
    // What the directory of a tenant has. The sandbox does not know it and lets such answers pass.
    ("inventory", FaultKind::Start),
    ("roles", FaultKind::Start),
    ("schemas", FaultKind::Start),
];

#[test]
fn each_file_of_hostile_guests_is_stopped_by_what_it_says() {
    let bounds = include_str!("../../src/policy/limits.rs");
    let mut met = BTreeSet::new();
    for hostile in hostile_file::all(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/guests/hostile")) {
        let name = &hostile.name;
        let Some((_, kind)) = STOPS.iter().find(|(by, _)| *by == hostile.stopped_by) else {
            panic!("{name}: nobody knows {}", hostile.stopped_by)
        };
        let field = hostile.stopped_by.strip_prefix("Caps::").unwrap_or(&hostile.stopped_by);
        let is_bound = |by: &str| bounds.contains(&format!("pub const {by}:")) || bounds.contains(&format!("pub {by}:"));
        assert!(is_bound(field) || hostile.stopped_by.chars().all(|char| char.is_ascii_lowercase()), "{name}: {field} is no bound");
        stopped(&hostile, *kind);
        assert_good_plugin_answers();
        met.insert(hostile.stopped_by);
    }
    let unmet: Vec<&str> = STOPS.iter().map(|(by, _)| *by).filter(|by| !met.contains(*by)).collect();
    assert_eq!(unmet, Vec::<&str>::new(), "each has a guest that it stops");
}

/// Checks that a guest comes as far as it says and no further.
fn stopped(hostile: &Hostile, kind: FaultKind) {
    let Hostile { name, tier, stopped_at, says, wasm, .. } = hostile;
    let loaded = HOST.load(wasm, &LoadLimits::of(*tier), "tests");
    if let Some(stage) = stopped_at.strip_prefix("upload/") {
        let error = loaded.err().unwrap_or_else(|| panic!("{name} is admitted"));
        assert_eq!(error.stage.as_str(), stage, "{name}: {error}");
        assert!(error.message.contains(says) && !error.retry, "{name}: {error}");
        return;
    }
    let plugin = loaded.unwrap_or_else(|error| panic!("{name}: {error}"));
    let batch = plugin.batch("{}", &limits());
    if stopped_at == "configure" {
        let start = batch.err().unwrap_or_else(|| panic!("{name} takes its settings"));
        assert_eq!(start.fault.kind, kind, "{name}: {start}");
        assert_eq!(start.fault.message, format!("The plugin failed over its settings. {says}"), "{name}");
        assert_eq!(start.usage.traps + start.usage.timeouts, 1, "{name}: {start:?}");
        let checked = plugin.check_settings(&serde_json::json!({}), &limits());
        assert_eq!(checked.outcome, Err(SettingsError::Fault(Fault { kind, message: says.clone() })), "{name}");
        return;
    }
    let mut batch = batch.unwrap_or_else(|start| panic!("{name}: {start}"));
    let fault = match stopped_at.as_str() {
        "user" => batch.project_user(&user(&[])).expect_err(name),
        "group" => {
            assert_eq!(batch.project_user(&user(&[])), Ok(Vec::new()), "{name}");
            batch.project_group(&group("x")).expect_err(name)
        }
        "directory" => {
            let changes = batch.project_user(&user(&[])).unwrap_or_else(|fault| panic!("{name}: {fault}"));
            assert_eq!(changes.len(), 1, "{name}");
            return;
        }
        other => panic!("{name}: nobody is stopped at {other}"),
    };
    assert_eq!((fault.kind, &fault.message), (kind, says), "{name}");
    assert_eq!(batch.usage().traps + batch.usage().timeouts, 1, "{name}");
    assert_eq!(batch.project_user(&user(&[])), Err(fault.clone()), "{name}: the instance is gone");
    assert_eq!(batch.project_group(&group("x")), Err(fault), "{name}: the instance is gone");
}

#[test]
fn a_plugin_that_refuses_its_settings_need_not_say_why() {
    // An error with an empty list of problems.
    let code = "(i64.store (i32.const 4) (i64.const 0)) (i32.store8 (i32.const 0) (i32.const 1)) (return (i32.const 0))";
    let plugin = load(&hostile("configure", code)).expect("it loads");
    let start = plugin.batch("{}", &limits()).err().expect("it refuses");
    assert_eq!((start.fault.kind, start.fault.message.as_str()), (FaultKind::Settings, "The plugin refuses its settings."));
    assert_eq!(start.log, [": The plugin refuses these settings and does not say why."]);
    assert_eq!(start.usage.traps, 0, "to refuse is no failure");
    let outcome = plugin.check_settings(&serde_json::json!({}), &limits()).outcome;
    assert!(matches!(&outcome, Err(SettingsError::Problems(problems)) if problems.len() == 1), "{outcome:?}");
}

#[test]
fn lower_limits_stop_it_sooner_and_say_so() {
    let grow = json_guest(&json_manifest(&SAID), &[("user", "(drop (memory.grow (i32.const 100)))")]);
    let long = json_answering("user", &format!("[{}]", " ".repeat(10_000)));
    let table = json_guest(&json_manifest(&SAID), &[("user", "(drop (table.grow $table (ref.null func) (i32.const 1000)))")]);
    let plenty = load(&grow).expect("it loads").batch("{}", &limits()).expect("it starts").project_user(&user(&[]));
    assert_eq!(plenty, Ok(Vec::new()), "within what everybody may have");
    for (wasm, limits, text) in [
        (&grow, CallLimits { memory_bytes: 4 << 20, ..limits() }, "The plugin wanted more than 4 MiB of memory."),
        (&long, CallLimits { answer_bytes: 4 << 10, ..limits() }, "The plugin answered with more than 4 KiB."),
        (&table, CallLimits { table_elements: 500, ..limits() }, "The plugin wanted a table of more than 500 elements."),
    ] {
        let mut batch = load(wasm).expect("it loads").batch("{}", &limits).expect("it starts");
        assert_eq!(batch.project_user(&user(&[])).map_err(|fault| fault.message), Err(text.to_owned()));
        assert_good_plugin_answers();
    }
}

#[test]
fn faults_repeat_nothing_of_the_guest_and_no_cause() {
    let said = Said { name: "secret-name", ..SAID };
    let plugin = load(&guest(&said, &[("project-user", "(unreachable)")])).expect("it loads");
    let fault = plugin.batch("{}", &limits()).expect("it starts").project_user(&user(&[])).expect_err("it traps");
    assert_eq!(fault.to_string(), "The plugin panicked.");
}

#[test]
fn a_guest_sees_the_item_it_was_given_and_nothing_of_another_batch() {
    // Excludes every user but the first it ever saw.
    let code = [
        ("functions", "(global $seen (mut i32) (i32.const 0))"),
        (
            "project-user",
            "(if (global.get $seen) (then
               (i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 1))
               (i32.store8 (i32.const 64) (i32.const 1))
               (i64.store (i32.const 96) (i64.const 0))
               (return (i32.const 0))))
             (global.set $seen (i32.const 1))",
        ),
    ];
    let plugin = load(&guest(&SAID, &code)).expect("it loads");
    for _ in 0..3 {
        let mut batch = plugin.batch("{}", &limits()).expect("it starts");
        assert_eq!(batch.project_user(&user(&[])), Ok(Vec::new()), "a fresh instance has seen nobody");
        let changes = batch.project_user(&user(&[])).expect("it answers");
        assert_eq!(changes[0].effect, UserEffect::Exclude);
    }
}

#[test]
fn good_and_hostile_guests_run_side_by_side() {
    let hostile = load(&hostile("project-user", GROW_MEMORY)).expect("it loads");
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..10 {
                    let mut batch = hostile.batch("{}", &limits()).expect("it starts");
                    assert_eq!(batch.project_user(&user(&[])).err().map(|fault| fault.kind), Some(FaultKind::Memory));
                }
            });
            scope.spawn(|| (0..20).for_each(|_| assert_good_plugin_answers()));
        }
    });
}

#[test]
fn a_full_host_says_so_and_recovers() {
    // A host of its own, or the other tests would wait for its slots.
    let host = Host::new(HostSettings::default()).expect("this machine runs policies");
    let plugin = host.load(&guest(&SAID, &[]), &LoadLimits::of(Tier::Small), "tests").expect("it loads");
    let slots = doorlist::policy::limits::INSTANCES_MAX;
    let mut batches: Vec<Batch> = (0..slots).map(|_| plugin.batch("{}", &limits()).expect("a slot is free")).collect();
    assert_eq!(plugin.batch("{}", &limits()).err().map(|start| start.fault.kind), Some(FaultKind::Busy));
    batches.pop();
    assert!(plugin.batch("{}", &limits()).is_ok(), "a dropped batch gives its slot back");
}

#[test]
fn a_faulted_batch_gives_its_slot_back_at_once() {
    let host = Host::new(HostSettings::default()).expect("this machine runs policies");
    let plugin = host.load(&hostile("project-user", "(unreachable)"), &LoadLimits::of(Tier::Small), "tests").expect("it loads");
    let slots = doorlist::policy::limits::INSTANCES_MAX;
    let faulted: Vec<Batch> = (0..slots + 1)
        .map(|_| {
            let mut batch = plugin.batch("{}", &limits()).expect("a slot is free");
            assert!(batch.project_user(&user(&[])).is_err());
            batch
        })
        .collect();
    assert!(plugin.batch("{}", &limits()).is_ok(), "{} faulted batches hold nothing", faulted.len());
}

/// The group filter answers as it must.
pub fn assert_good_plugin_answers() {
    let answer = |group: &Group| -> Result<Vec<GroupChange>, Fault> {
        plugin("group-prefix").batch(r#"{"prefixes":["NB-"]}"#, &limits())?.project_group(group)
    };
    assert_eq!(answer(&group("NB-Sales")), Ok(Vec::new()));
    assert_eq!(answer(&group("Sales")).map(|changes| changes.len()), Ok(1));
}
