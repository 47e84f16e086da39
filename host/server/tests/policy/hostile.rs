//! Guests that load and then do what they must not. Each fails alone: afterwards a good plugin still answers.

use crate::guest::{SAID, Said, guest, hostile};
use crate::item::{group, user};
use crate::{limits, load, plugin};
use doorlist::policy::{Batch, Fault, FaultKind, Group, GroupChange, Host, HostSettings, LoadLimits, Tier, UserEffect};
use std::thread;

const LOOP: &str = "(loop $forever (br $forever))";

/// Memory until there is none.
const GROW_MEMORY: &str = "(loop $more (drop (memory.grow (i32.const 16))) (br $more))";
/// A table until there is no room.
const GROW_TABLE: &str = "(loop $more (drop (table.grow $table (ref.null func) (i32.const 1000))) (br $more))";
/// One change whose reason has 2 MiB.
const HUGE_REASON: &str = "(drop (memory.grow (i32.const 64)))
    (i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 1))
    (i32.store8 (i32.const 64) (i32.const 1))
    (i32.store (i32.const 96) (i32.const 4096)) (i32.store (i32.const 100) (i32.const 2097152))
    (return (i32.const 0))";
/// Ten thousand changes that share a reason of 64 KiB: 640 MiB on the host's side.
const SHARED_REASON: &str = "(local $i i32)
    (drop (memory.grow (i32.const 64)))
    (i32.store (i32.const 0) (i32.const 131072)) (i32.store (i32.const 4) (i32.const 10000))
    (loop $next
      (i32.store8 (i32.add (i32.const 131072) (i32.mul (local.get $i) (i32.const 40))) (i32.const 1))
      (i32.store (i32.add (i32.const 131104) (i32.mul (local.get $i) (i32.const 40))) (i32.const 4096))
      (i32.store (i32.add (i32.const 131108) (i32.mul (local.get $i) (i32.const 40))) (i32.const 65536))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (i32.const 10000))))
    (return (i32.const 0))";
/// Three hundred changes with nothing in them.
const MANY_CHANGES: &str = "(i32.store (i32.const 0) (i32.const 65536)) (i32.store (i32.const 4) (i32.const 300))
    (return (i32.const 0))";
/// `set-role` with a role of four bytes, from a plugin that may not.
const UNDECLARED: &str = "(i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 1))
    (i32.store8 (i32.const 64) (i32.const 3))
    (i32.store (i32.const 72) (i32.const 1024)) (i32.store (i32.const 76) (i32.const 4))
    (i32.store (i32.const 96) (i32.const 1024)) (i32.store (i32.const 100) (i32.const 0))
    (return (i32.const 0))";
/// A list that ends beyond memory.
const BEYOND_MEMORY: &str =
    "(i32.store (i32.const 0) (i32.const 65536)) (i32.store (i32.const 4) (i32.const 100000)) (return (i32.const 0))";
/// An answer at an odd address.
const MISALIGNED: &str = "(return (i32.const 1))";
/// A change that is none of the variants.
const NO_VARIANT: &str = "(i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 1))
    (i32.store8 (i32.const 64) (i32.const 99)) (return (i32.const 0))";
/// A reason of one byte that is no UTF-8.
const NO_UTF8: &str = "(i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 1))
    (i32.store8 (i32.const 64) (i32.const 1)) (i32.store8 (i32.const 200) (i32.const 255))
    (i32.store (i32.const 96) (i32.const 200)) (i32.store (i32.const 100) (i32.const 1))
    (return (i32.const 0))";

#[test]
fn a_guest_that_misbehaves_faults_and_is_not_entered_again() {
    use FaultKind::{BadOutput, Memory, OutputTooLarge, StackOverflow, Timeout, Trap, Undeclared};
    let recurse = [("functions", "(func $recurse (call $recurse) (call $recurse))"), ("project-user", "(call $recurse)")];
    type Case<'a> = (&'a str, Vec<(&'a str, &'a str)>, FaultKind);
    let cases: Vec<Case<'_>> = vec![
        ("loop", vec![("project-user", LOOP)], Timeout),
        ("loop after the answer", vec![("post", LOOP)], Timeout),
        ("one long fill after the other", vec![("project-user", FILL)], Timeout),
        ("recursion", recurse.to_vec(), StackOverflow),
        ("memory", vec![("project-user", GROW_MEMORY)], Memory),
        ("table", vec![("project-user", GROW_TABLE)], Memory),
        ("unreachable", vec![("project-user", "(unreachable)")], Trap),
        ("division", vec![("project-user", "(drop (i32.div_u (i32.const 1) (i32.const 0)))")], Trap),
        ("load beyond memory", vec![("project-user", "(drop (i32.load (i32.const -4)))")], Trap),
        ("huge reason", vec![("project-user", HUGE_REASON)], OutputTooLarge),
        ("shared reason", vec![("project-user", SHARED_REASON)], OutputTooLarge),
        ("many changes", vec![("project-user", MANY_CHANGES)], OutputTooLarge),
        ("undeclared change", vec![("project-user", UNDECLARED)], Undeclared),
        ("answer beyond memory", vec![("project-user", BEYOND_MEMORY)], BadOutput),
        ("misaligned answer", vec![("project-user", MISALIGNED)], BadOutput),
        ("no variant", vec![("project-user", NO_VARIANT)], BadOutput),
        ("no UTF-8", vec![("project-user", NO_UTF8)], BadOutput),
    ];
    for (name, code, kind) in cases {
        let plugin = load(&guest(&SAID, &code)).unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut batch = plugin.batch("{}", &limits()).unwrap_or_else(|fault| panic!("{name}: {fault}"));
        let fault = batch.project_user(&user(&[])).expect_err(name);
        assert_eq!(fault.kind, kind, "{name}: {fault}");
        assert_eq!(batch.project_user(&user(&[])), Err(fault.clone()), "{name}: the instance is gone");
        assert_eq!(batch.project_group(&group("x")), Err(fault), "{name}: the instance is gone");
        assert_good_plugin_answers();
    }
}

/// Sixty MiB set to zero at a time; the engine cannot stop one fill, so it must be bounded by the memory.
const FILL: &str = "(drop (memory.grow (i32.const 960)))
    (loop $again (memory.fill (i32.const 65536) (i32.const 0) (i32.const 62914560)) (br $again))";

#[test]
fn the_other_exports_have_deadlines_too() {
    for (place, code, kind) in [
        ("configure", LOOP, FaultKind::Timeout),
        ("realloc", LOOP, FaultKind::Timeout),
        ("configure", "(unreachable)", FaultKind::Trap),
        // An error with an empty list of problems.
        (
            "configure",
            "(i64.store (i32.const 4) (i64.const 0)) (i32.store8 (i32.const 0) (i32.const 1)) (return (i32.const 0))",
            FaultKind::Settings,
        ),
    ] {
        let plugin = load(&hostile(place, code)).unwrap_or_else(|error| panic!("{place}: {error}"));
        assert_eq!(plugin.batch("{}", &limits()).err().map(|fault| fault.kind), Some(kind), "{place} {code}");
        assert!(plugin.check_settings(&serde_json::json!({}), &limits()).is_err(), "{place} {code}");
    }
    let plugin = load(&hostile("project-group", LOOP)).expect("it loads");
    let mut batch = plugin.batch("{}", &limits()).expect("it takes settings");
    assert_eq!(batch.project_user(&user(&[])), Ok(Vec::new()));
    assert_eq!(batch.project_group(&group("x")).err().map(|fault| fault.kind), Some(FaultKind::Timeout));
    assert_good_plugin_answers();
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
    assert_eq!(plugin.batch("{}", &limits()).err().map(|fault| fault.kind), Some(FaultKind::Busy));
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
