//! Uploads that are refused: each at its stage, with a text that helps, and without harm to the host.

use crate::guest::{SAID, Said, guest};
use crate::hostile::assert_good_plugin_answers;
use crate::load;
use doorlist::policy::{LoadError, LoadStage, Tier, first_party};

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
    let whole = guest(&SAID, &[]);
    for (name, wasm, stage, text) in [
        ("nothing", Vec::new(), LoadStage::Parse, "The file is empty."),
        ("three bytes", b"\0as".to_vec(), LoadStage::Parse, "The file is cut off."),
        ("half a version", b"\0asm\x01\0".to_vec(), LoadStage::Parse, "The file is cut off "),
        ("half a plugin", whole[..whole.len() / 2].to_vec(), LoadStage::Parse, "The file is cut off "),
        ("text", b"<!doctype html>".to_vec(), LoadStage::Parse, "The file is not WebAssembly."),
        ("too many bytes", vec![0; Tier::Small.caps().wasm_bytes + 1], LoadStage::Size, "5 MiB"),
    ] {
        let error = refusal(name, &wasm);
        assert_eq!(error.stage, stage, "{name}: {error}");
        assert!(error.message.contains(text), "{name}: {error}");
        assert!(!error.retry, "{name}");
    }
    assert_good_plugin_answers();
}

#[test]
fn features_that_no_plugin_needs_are_refused() {
    for (name, text) in [
        ("64-bit memory", "(memory i64 1)"),
        ("two memories", "(memory 1) (memory 1)"),
        ("shared memory", "(memory 1 1 shared)"),
        ("tail call", "(func $f (return_call $f))"),
        ("exceptions", "(tag $t) (func (throw $t))"),
        ("relaxed SIMD", "(func (param v128) (drop (i32x4.relaxed_trunc_f32x4_s (local.get 0))))"),
        ("reference to a function", "(type $f (func)) (func (param (ref $f)))"),
    ] {
        let wasm = wat::parse_str(format!("(module {text})")).expect("it is WebAssembly text");
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
