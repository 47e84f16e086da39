//! Uploads that are refused: each at its stage, with a text that helps, and without harm to the host.

use crate::guest::{SAID, Said, guest, hostile};
use crate::hostile::assert_good_plugin_answers;
use crate::load;
use doorlist::policy::{LoadError, LoadStage, Tier, first_party};

/// A file of tests/guests.
macro_rules! file {
    ($name:literal) => {
        wat::parse_str(include_str!(concat!("../../../../tests/guests/", $name))).expect("the file is WebAssembly text")
    };
}

/// A module that consists of this text.
fn module(text: &str) -> Vec<u8> {
    wat::parse_str(format!("(module {text})")).expect("it is WebAssembly text")
}

fn refusal(name: &str, wasm: &[u8]) -> LoadError {
    load(wasm).err().unwrap_or_else(|| panic!("{name} is admitted"))
}

#[test]
fn the_base_that_hostile_guests_are_made_of_is_admitted() {
    let plugin = load(&guest(&SAID, &[])).expect("nothing is wrong with it");
    assert_eq!(plugin.manifest().name, "hostile");
    assert_eq!(plugin.manifest().reads.words(), ["id"]);
    assert_eq!(plugin.manifest().writes.words(), ["included"]);
    assert_eq!(plugin.digest().len(), 64);
}

#[test]
fn what_is_no_plugin_is_refused_at_its_stage() {
    use LoadStage::{Componentize, Exports, Imports, Parse, Size};
    for (name, wasm, stage, text) in [
        ("nothing", Vec::new(), Parse, "not WebAssembly"),
        ("text", b"<!doctype html>".to_vec(), Parse, "not WebAssembly"),
        ("too many bytes", vec![0; Tier::Small.caps().wasm_bytes + 1], Size, "5 MiB"),
        ("imports", file!("imports.wat"), Imports, "env.steal"),
        ("HTTP", file!("wasi-component.wat"), Imports, "wasi:http/outgoing-handler"),
        ("other world", file!("other-world.wat"), Exports, "doorlist:policy/projection@1"),
        ("newer major", file!("newer-major.wat"), Exports, "doorlist:policy@2; this server speaks 1"),
        ("missing function", file!("missing-function.wat"), Componentize, "doorlist:policy@1.0.0"),
        ("other types", file!("other-types.wat"), Exports, "doorlist:policy@1.0.0"),
    ] {
        let error = refusal(name, &wasm);
        assert_eq!(error.stage, stage, "{name}: {error}");
        assert!(error.message.contains(text), "{name}: {error}");
        assert!(!error.retry, "{name}");
    }
    assert_good_plugin_answers();
}

#[test]
fn features_and_counts_that_no_plugin_needs_are_refused() {
    let caps = Tier::Small.caps();
    let long = "nop ".repeat(caps.function_bytes);
    let locals = "i64 ".repeat(caps.locals as usize + 1);
    for (name, wasm) in [
        ("64-bit memory", module("(memory i64 1)")),
        ("two memories", module("(memory 1) (memory 1)")),
        ("shared memory", module("(memory 1 1 shared)")),
        ("tail call", module("(func $f (return_call $f))")),
        ("exceptions", module("(tag $t) (func (throw $t))")),
        ("relaxed SIMD", module("(func (param v128) (drop (i32x4.relaxed_trunc_f32x4_s (local.get 0))))")),
        ("reference to a function", module("(type $f (func)) (func (param (ref $f)))")),
        ("large memory", module("(memory 16384)")),
        ("large table", module("(table 10000000 funcref)")),
        ("many tables", module(&"(table 1 funcref) ".repeat(9))),
        ("many locals", module(&format!("(func (local {locals}))"))),
        ("long function", module(&format!("(func {long})"))),
        ("many functions", module(&"(func) ".repeat(caps.functions as usize + 1))),
        ("many modules", wat::parse_str(format!("(component {})", "(core module) ".repeat(17))).unwrap()),
        ("deep in a component", wat::parse_str("(component (component (core module (memory 16384))))").unwrap()),
    ] {
        let error = refusal(name, &wasm);
        assert_eq!(error.stage, LoadStage::Features, "{name}: {error}");
    }
    assert_good_plugin_answers();
}

#[test]
fn a_damaged_plugin_never_harms_the_host() {
    let (_, whole) = first_party()[0];
    for length in (0..whole.len()).step_by(whole.len() / 150) {
        let error = refusal("a part", &whole[..length]);
        assert!(matches!(error.stage, LoadStage::Parse | LoadStage::Features), "{length} bytes: {error}");
    }
    let base = guest(&SAID, &[]);
    for at in 0..base.len() {
        let mut damaged = base.clone();
        damaged[at] ^= 0x41;
        // Some damage changes no meaning, or only what the guest would do; the host must only survive it.
        if let Err(error) = load(&damaged) {
            assert!(!error.message.is_empty(), "byte {at}");
        }
    }
    assert_good_plugin_answers();
}

#[test]
fn a_plugin_that_cannot_say_what_it_is_is_refused() {
    const LOOP: &str = "(loop $forever (br $forever))";
    for (place, code) in [
        ("start", LOOP),
        ("start", "(unreachable)"),
        ("describe", LOOP),
        ("describe", "(unreachable)"),
        ("describe", "(return (i32.const 131068))"),
        ("describe", "(return (i32.const 3))"),
    ] {
        let error = refusal(place, &hostile(place, code));
        assert_eq!(error.stage, LoadStage::Describe, "{place} {code}: {error}");
    }
    assert_good_plugin_answers();
}

#[test]
fn manifests_that_mislead_are_refused() {
    for said in [
        Said { name: "Not A Name", ..SAID },
        Said { name: "", ..SAID },
        Said { name: "../../etc", ..SAID },
        Said { version: "latest", ..SAID },
        Said { reads: &["everything, please"], ..SAID },
        Said { reads: &["username"], ..SAID },
        Said { writes: &["password"], ..SAID },
        Said { reads: &["id"; 65], ..SAID },
    ] {
        let error = refusal(said.name, &guest(&said, &[]));
        assert_eq!(error.stage, LoadStage::Manifest, "{error}");
    }
}

#[test]
fn schemas_of_settings_that_would_run_away_are_refused() {
    for schema in ["", "not JSON", "[]", r#"{"$ref":"https://example.com/schema"}"#, r#"{"type":"strin"}"#] {
        let error = refusal(schema, &guest(&Said { schema, ..SAID }, &[]));
        assert_eq!(error.stage, LoadStage::SettingsSchema, "{schema}: {error}");
    }
}
