//! World `policy-json`: the same contract for languages without a generator of bindings.

use crate::guest::{SAID, Said, guest, json_answering, json_guest, json_manifest};
use crate::item::{group, user};
use crate::{limits, load};
use doorlist::policy::{FaultKind, LoadStage, SettingsError, UserEffect};
use serde_json::json;

/// A log line for each user, through the contract's log.
const LOGGING: [(&str, &str); 2] = [
    ("imports", "(import \"doorlist:policy/log@1.0.0\" \"log\" (func $log (param i32 i32 i32)))"),
    ("user", "(call $log (i32.const 2) (i32.const 1024) (i32.const 8))"),
];

#[test]
fn a_module_with_plain_names_is_a_plugin() {
    let plugin = load(&json_guest(&json_manifest(&SAID), &[])).expect("nothing is wrong with it");
    assert_eq!(plugin.manifest().name, "hostile");
    assert_eq!(plugin.manifest().writes.words(), ["included"]);
    let facts = plugin.facts();
    assert_eq!((facts.is_json, facts.is_component, facts.contract.as_str()), (true, false, "1.0.0"));
    assert_eq!(facts.imports, Vec::<String>::new());
    let mut batch = plugin.batch("{}", &limits()).expect("it starts");
    assert_eq!(batch.project_user(&user(&[])), Ok(Vec::new()));
    assert_eq!(batch.project_group(&group("Sales")), Ok(Vec::new()));
    assert_eq!((batch.take_log(), batch.usage().evaluations), (Vec::<String>::new(), 2));

    let typed = load(&guest(&SAID, &[])).expect("nothing is wrong with it");
    assert_eq!((typed.facts().is_json, typed.facts().contract.as_str()), (false, "1.0.0"));
}

#[test]
fn answers_are_the_contracts_changes() {
    let answer = r#"[{"effect": "exclude", "reason": "Not here."}]"#;
    let plugin = load(&json_answering("user", answer)).expect("it loads");
    let changes = plugin.batch("{}", &limits()).expect("it starts").project_user(&user(&[])).expect("it answers");
    assert_eq!((changes.len(), &changes[0].effect, changes[0].reason.as_str()), (1, &UserEffect::Exclude, "Not here."));

    for (answer, kind, message) in [
        ("", FaultKind::BadOutput, "The plugin answered with JSON that the contract does not have. It is not JSON."),
        ("{}", FaultKind::BadOutput, "The plugin answered with JSON that the contract does not have. It must be an array."),
        (
            r#"[{"effect":"exclude"},{"effect":"set-role"}]"#,
            FaultKind::BadOutput,
            "The plugin answered with JSON that the contract does not have. At /1: It must have value.",
        ),
        (
            r#"[{"effect":"exclude","secret":1}]"#,
            FaultKind::BadOutput,
            "The plugin answered with JSON that the contract does not have. At /0: It may have effect, value, reason.",
        ),
        (
            r#"[{"effect":"set-role","value":"owner"}]"#,
            FaultKind::Undeclared,
            "The plugin wanted to change what its manifest does not name.",
        ),
    ] {
        let plugin = load(&json_answering("user", answer)).expect("it loads");
        let fault = plugin.batch("{}", &limits()).expect("it starts").project_user(&user(&[])).expect_err(answer);
        assert_eq!((fault.kind, fault.message.as_str()), (kind, message), "{answer}");
    }
}

#[test]
fn problems_of_settings_are_the_plugins() {
    let plugin = load(&json_answering("configure", r#"[{"pointer": "/a", "message": "No."}]"#)).expect("it loads");
    let Err(SettingsError::Problems(problems)) = plugin.check_settings(&json!({}), &limits()).outcome else { panic!("it refuses") };
    assert_eq!((problems.len(), problems[0].pointer.as_str(), problems[0].message.as_str()), (1, "/a", "No."));
}

#[test]
fn one_of_user_and_group_is_enough() {
    let text = include_str!("../../../../tests/guests/base-json.wat");
    assert!(text.contains(r#"(export "group")"#));
    for (missing, loads) in [(vec!["group"], true), (vec!["user"], true), (vec!["user", "group"], false), (vec!["configure"], false)] {
        let mut module = json_guest(&json_manifest(&SAID), &[]);
        for name in &missing {
            // The export's name with its length before it, of the same length.
            let (from, to) =
                (format!("{}{name}", char::from(name.len() as u8)), format!("{}x{}", char::from(name.len() as u8), &name[1..]));
            let at = module.windows(from.len()).position(|window| window == from.as_bytes()).expect("it is exported");
            module[at..at + to.len()].copy_from_slice(to.as_bytes());
            if let Some(at) = module.windows(14).position(|window| window == b"cabi_post_user").filter(|_| *name == "user") {
                module[at] = b'x';
            }
        }
        match load(&module) {
            Ok(plugin) => {
                assert!(loads, "{missing:?}");
                let mut batch = plugin.batch("{}", &limits()).expect("it starts");
                assert_eq!((batch.project_user(&user(&[])), batch.project_group(&group("x"))), (Ok(Vec::new()), Ok(Vec::new())));
            }
            Err(error) => {
                assert!(!loads, "{missing:?}: {error}");
                assert_eq!(error.stage, LoadStage::Exports, "{error}");
                assert!(error.message.contains("`describe`, `configure` and at least one of `user` and `group`"), "{error}");
            }
        }
    }
}

#[test]
fn functions_of_other_types_and_bad_manifests_are_refused_at_their_stage() {
    let component = |functions: &str| {
        wat::parse_str(format!(
            "(component
               (core module $m (func (export \"f\") (result i32) (i32.const 0)))
               (core instance $i (instantiate $m))
               (func $f (result u32) (canon lift (core func $i \"f\")))
               {functions})"
        ))
        .expect("it is a component")
    };
    let all = r#"(export "describe" (func $f)) (export "configure" (func $f)) (export "user" (func $f))"#;
    let error = load(&component(all)).expect_err("numbers are no texts");
    assert_eq!(error.stage, LoadStage::Exports, "{error}");
    assert!(error.message.contains("`describe` is not a function from nothing to a string"), "{error}");

    for (manifest, text) in [
        ("", "It is not JSON."),
        ("[]", "It must be an object."),
        (r#"{"name": "a", "version": "1.0.0", "read": []}"#, "\"read\" is not known here."),
        (r#"{"name": 5, "version": "1.0.0"}"#, "/name: It must be text."),
        (r#"{"name": "A", "version": "1.0.0"}"#, "The name \"A\""),
    ] {
        let error = load(&json_guest(manifest, &[])).expect_err(manifest);
        assert_eq!(error.stage, LoadStage::Manifest, "{error}");
        assert!(error.message.contains(text), "{error}");
    }
}

#[test]
fn what_a_plugin_logs_is_kept_until_it_is_taken() {
    let typed = |code: &[(&str, &str)]| {
        let code: Vec<_> = code.iter().map(|(place, code)| (if *place == "user" { "project-user" } else { place }, *code)).collect();
        guest(&Said { name: "log-line", ..SAID }, &code)
    };
    let trapping = [LOGGING[0], ("user", "(call $log (i32.const 2) (i32.const 1024) (i32.const 8)) (unreachable)")];
    for (wasm, traps) in [
        (json_guest(&json_manifest(&SAID), &LOGGING), false),
        (json_guest(&json_manifest(&SAID), &trapping), true),
        (typed(&LOGGING), false),
        (typed(&trapping), true),
    ] {
        let plugin = load(&wasm).expect("a log may be imported");
        assert_eq!(plugin.facts().imports, ["doorlist:policy/log@1.0.0"]);
        let mut batch = plugin.batch("{}", &limits()).expect("it starts");
        assert_eq!(batch.project_user(&user(&[])).is_err(), traps);
        let log = batch.take_log();
        assert_eq!(log.len(), 1, "{log:?}");
        assert!(log[0].starts_with("warn: "), "{log:?}");
        assert_eq!(batch.take_log(), Vec::<String>::new());
        assert_eq!(batch.usage().log_lines, 1);
    }
}
