//! Plugins whose language wants WASI: they get stand-ins, of which nothing reaches the machine.

use crate::guest::{SAID, json_guest, json_manifest, wasi_guest};
use crate::item::user;
use crate::{chain, limits, load};
use doorlist::policy::{FaultKind, Plugin};

/// A component of WASI 0.2.
fn component(user: &str) -> Plugin {
    load(&wasi_guest(&SAID, &[("user", user)])).unwrap_or_else(|error| panic!("{}", chain(&error)))
}

/// A core module of WASI's first preview, with this code in `user`.
fn module(user: &str) -> Plugin {
    let imports = [
        ("fd_write", "i32 i32 i32 i32", "i32"),
        ("fd_read", "i32 i32 i32 i32", "i32"),
        ("fd_prestat_get", "i32 i32", "i32"),
        ("path_open", "i32 i32 i32 i32 i32 i64 i64 i32 i32", "i32"),
        ("clock_time_get", "i32 i64 i32", "i32"),
        ("random_get", "i32 i32", "i32"),
        ("environ_sizes_get", "i32 i32", "i32"),
        ("poll_oneoff", "i32 i32 i32 i32", "i32"),
        ("proc_exit", "i32", ""),
    ];
    let imports: String = imports
        .iter()
        .map(|(name, parameters, result)| {
            let result = if result.is_empty() { String::new() } else { format!("(result {result})") };
            format!("(import \"wasi_snapshot_preview1\" \"{name}\" (func ${name} (param {parameters}) {result}))\n")
        })
        .collect();
    let expect = "(func $expect (param $truth i32) (if (i32.eqz (local.get $truth)) (then unreachable)))
        (data (i32.const 8192) \"hello \") (data (i32.const 8200) \"world\\nand more\")";
    let wasm = json_guest(&json_manifest(&SAID), &[("imports", &imports), ("functions", expect), ("user", user)]);
    load(&wasm).unwrap_or_else(|error| panic!("{}", chain(&error)))
}

#[test]
fn a_component_gets_stand_ins_and_what_it_prints_is_its_log() {
    let plugin = component("");
    assert!(plugin.facts().imports.iter().any(|name| name == "wasi:cli/stdout@0.2.6"), "{:?}", plugin.facts().imports);
    let mut batch = plugin.batch("{}", &limits()).expect("it starts");
    for _ in 0..3 {
        assert_eq!(batch.project_user(&user(&[])), Ok(Vec::new()), "{:?}", batch.take_log());
        let log = batch.take_log();
        assert_eq!(log, ["to standard output", "yes", "yes", "yes", "yes", "yes", "yes", "yes", "to standard error"]);
    }
}

#[test]
fn a_module_gets_them_too() {
    let plugin = module(
        "(i32.store (i32.const 16) (i32.const 8192)) (i32.store (i32.const 20) (i32.const 6))
         (i32.store (i32.const 24) (i32.const 8200)) (i32.store (i32.const 28) (i32.const 14))
         (call $expect (i32.eqz (call $fd_write (i32.const 1) (i32.const 16) (i32.const 2) (i32.const 32))))
         (call $expect (i32.eq (i32.load (i32.const 32)) (i32.const 20)))
         ;; There is no third file and no directory, the input has ended.
         (call $expect (i32.eq (call $fd_write (i32.const 3) (i32.const 16) (i32.const 2) (i32.const 32)) (i32.const 8)))
         (call $expect (i32.eq (call $fd_prestat_get (i32.const 3) (i32.const 32)) (i32.const 8)))
         (call $expect (i32.eqz (call $fd_read (i32.const 0) (i32.const 16) (i32.const 2) (i32.const 32))))
         (call $expect (i32.eqz (i32.load (i32.const 32))))
         (call $expect (i32.eq (call $path_open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i64.const 0) (i64.const 0)
           (i32.const 0) (i32.const 0)) (i32.const 52)))
         ;; It is 1970, numbers differ, there is no environment, and nobody waits.
         (i64.store (i32.const 32) (i64.const -1))
         (call $expect (i32.eqz (call $clock_time_get (i32.const 0) (i64.const 0) (i32.const 32))))
         (call $expect (i64.eqz (i64.load (i32.const 32))))
         (call $expect (i32.eqz (call $random_get (i32.const 32) (i32.const 16))))
         (call $expect (i64.ne (i64.load (i32.const 32)) (i64.load (i32.const 40))))
         (call $expect (i32.eqz (call $environ_sizes_get (i32.const 32) (i32.const 36))))
         (call $expect (i32.eqz (i32.load (i32.const 32))))
         (i64.store (i32.const 64) (i64.const 77))
         (call $expect (i32.eqz (call $poll_oneoff (i32.const 64) (i32.const 128) (i32.const 1) (i32.const 32))))
         (call $expect (i64.eq (i64.load (i32.const 128)) (i64.const 77)))",
    );
    assert_eq!(plugin.facts().imports, ["wasi_snapshot_preview1"]);
    let mut batch = plugin.batch("{}", &limits()).expect("it starts");
    assert_eq!(batch.project_user(&user(&[])), Ok(Vec::new()));
    assert_eq!(batch.take_log(), ["hello world", "and more"]);
}

#[test]
fn a_module_that_exits_has_trapped() {
    let plugin = module("(call $proc_exit (i32.const 0))");
    let fault = plugin.batch("{}", &limits()).expect("it starts").project_user(&user(&[])).expect_err("it exits");
    assert_eq!((fault.kind, fault.message.as_str()), (FaultKind::Trap, "The plugin panicked."));
}

#[test]
fn random_numbers_are_the_same_in_every_instance() {
    // Answers with nonsense that differs if the number does.
    let code = "(call $expect (i64.eq (call $random-u64) (i64.const -2152535657050944081)))";
    for _ in 0..2 {
        let mut batch = component(code).batch("{}", &limits()).expect("it starts");
        assert_eq!(batch.project_user(&user(&[])), Ok(Vec::new()));
    }
}
