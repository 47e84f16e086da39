//! Hostile guests of world `policy-json`, and those that misbehave before they are asked anything.

use crate::guest::{SAID, guest, json_answering, json_guest, json_manifest};
use crate::hostile::assert_good_plugin_answers;
use crate::item::{group, user};
use crate::{limits, load};
use doorlist::policy::{CallLimits, Fault, FaultKind, LoadStage};

const LOOP: &str = "(loop $forever (br $forever))";
/// Twelve MiB from the middle of nowhere, all zero: no text of ours, but it would be copied first.
const HUGE: &str = "(drop (memory.grow (i32.const 200))) (return (call $answer (i32.const 131072) (i32.const 12000000)))";

/// How asking about a user fails.
fn fault(wasm: &[u8], limits: &CallLimits) -> Fault {
    let plugin = load(wasm).unwrap_or_else(|error| panic!("{error}"));
    let mut batch = plugin.batch("{}", limits).unwrap_or_else(|fault| panic!("{fault}"));
    let fault = batch.project_user(&user(&[])).expect_err("it misbehaves");
    assert_eq!(batch.project_group(&group("x")), Err(fault.clone()), "the instance is gone");
    assert_eq!(batch.usage().traps + batch.usage().timeouts, 1);
    assert_good_plugin_answers();
    fault
}

#[test]
fn a_guest_that_speaks_json_fails_alone_too() {
    let code = |code: &[(&str, &str)]| json_guest(&json_manifest(&SAID), code);
    let recurse = [("functions", "(func $recurse (call $recurse) (call $recurse))"), ("user", "(call $recurse)")];
    let deep = "[".repeat(5_000);
    let many = format!("[{}]", vec!["0"; 30_000].join(","));
    for (name, wasm, kind, text) in [
        ("loop", code(&[("user", LOOP)]), FaultKind::Timeout, "did not answer in time"),
        ("loop after the answer", code(&[("post", LOOP)]), FaultKind::Timeout, "did not answer in time"),
        ("recursion", code(&recurse), FaultKind::StackOverflow, "recursed too deeply"),
        ("memory", code(&[("user", "(loop $more (drop (memory.grow (i32.const 16))) (br $more))")]), FaultKind::Memory, "64 MiB of memory"),
        (
            "table",
            code(&[("user", "(loop $more (drop (table.grow $table (ref.null func) (i32.const 1000))) (br $more))")]),
            FaultKind::Memory,
            "a table of more than 20000 elements",
        ),
        ("trap", code(&[("user", "(unreachable)")]), FaultKind::Trap, "panicked"),
        ("huge answer", code(&[("user", HUGE)]), FaultKind::OutputTooLarge, "more than 1 MiB"),
        ("beyond memory", code(&[("user", "(return (call $answer (i32.const 4) (i32.const -8)))")]), FaultKind::BadOutput, "contract"),
        (
            "no UTF-8",
            code(&[("user", "(i32.store8 (i32.const 64) (i32.const 255)) (return (call $answer (i32.const 64) (i32.const 1)))")]),
            FaultKind::BadOutput,
            "contract",
        ),
        ("deep answer", json_answering("user", &deep), FaultKind::BadOutput, "deep"),
        ("many values", json_answering("user", &many), FaultKind::BadOutput, "more than 20000 values"),
    ] {
        let fault = fault(&wasm, &limits());
        assert_eq!(fault.kind, kind, "{name}: {fault}");
        assert!(fault.message.contains(text), "{name}: {fault}");
    }
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
        assert_eq!(fault(wasm, &limits).message, text);
    }
}

#[test]
fn what_misbehaves_before_it_says_what_it_is_is_refused() {
    let initialize = [("functions", "(func (export \"_initialize\") (loop $forever (br $forever)))")];
    for (name, wasm) in [
        ("start", json_guest(&json_manifest(&SAID), &[("start", LOOP)])),
        ("describe", json_guest(&json_manifest(&SAID), &[("describe", LOOP)])),
        ("_initialize", json_guest(&json_manifest(&SAID), &initialize)),
        ("typed _initialize", guest(&SAID, &initialize)),
    ] {
        let error = load(&wasm).err().unwrap_or_else(|| panic!("{name} is admitted"));
        assert_eq!((error.stage, error.message.as_str()), (LoadStage::Describe, "The plugin did not answer in time."), "{name}");
        assert_good_plugin_answers();
    }
    for (place, code) in [("configure", LOOP), ("realloc", LOOP)] {
        let plugin = load(&json_guest(&json_manifest(&SAID), &[(place, code)])).expect("describing is all right");
        assert_eq!(plugin.batch("{}", &limits()).err().map(|fault| fault.kind), Some(FaultKind::Timeout), "{place}");
        assert_good_plugin_answers();
    }
    let plugin = load(&json_guest(&json_manifest(&SAID), &[("group", LOOP)])).expect("describing is all right");
    let fault = plugin.batch("{}", &limits()).expect("it starts").project_group(&group("x")).expect_err("it loops");
    assert_eq!(fault.kind, FaultKind::Timeout);
}

#[test]
fn deep_types_are_refused() {
    // Each type names the one before it.
    let chain = |first: &str, levels: usize, next: &dyn Fn(usize) -> String| {
        (1..levels).fold(format!("(type $t0 {first})"), |types, level| types + &format!("(type $t{level} {})", next(level - 1)))
    };
    let doubled = chain("(tuple u8 u8)", 30, &|before| format!("(tuple $t{before} $t{before})"));
    let nested = chain("(list u8)", 200, &|before| format!("(list $t{before})"));
    for types in [doubled, nested] {
        let wasm = wat::parse_str(format!("(component {types})")).unwrap_or_else(|error| panic!("{error}"));
        let error = load(&wasm).expect_err("it is too much");
        assert_eq!(error.stage, LoadStage::Features, "{error}");
        assert_good_plugin_answers();
    }
}
