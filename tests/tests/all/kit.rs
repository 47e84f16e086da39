//! The commands of `doorlist plugin` where no language's tools are needed: tools that are missing or fail, files that are no plugins, and what is printed of one.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use doorlist_tests::Scratch;
use doorlist_tests::process::{Ended, run};
use doorlist_tests::server::command;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::guests::{SAID, Said, guest, wasi_guest};

/// Measuring takes seconds of a processor, which may be shared.
const COMMAND_MAX: Duration = Duration::from_secs(120);

/// What stood where a plugin is built to.
const EARLIER: &str = "built earlier";

/// `doorlist plugin` in a directory.
#[track_caller]
fn plugin(directory: &Path, arguments: &[&str]) -> Ended {
    let mut command = command();
    run(command.arg("plugin").args(arguments).current_dir(directory), COMMAND_MAX).unwrap_or_else(|reason| panic!("{reason}"))
}

/// What it complains of, in one line and in words.
#[track_caller]
fn complaint(ended: &Ended) -> String {
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""), "{}", ended.stderr);
    let said = ended.stderr.lines().last().and_then(|line| line.strip_prefix("doorlist: ")).unwrap_or_default();
    assert!(said.ends_with(['.', ')']) && !said.contains("panicked") && !said.contains("Error"), "{}", ended.stderr);
    said.to_owned()
}

/// A project that was built once, with a directory of programs that is the whole path.
struct Workshop {
    scratch: Scratch,
    language: &'static str,
}

impl Workshop {
    fn new(language: &'static str) -> Self {
        let workshop = Self { scratch: Scratch::new(), language };
        let made = plugin(workshop.scratch.path(), &["new", "policy", "--lang", language]);
        assert!(made.success(), "{}", made.stderr);
        fs::create_dir_all(workshop.scratch.join("programs")).unwrap();
        workshop
    }

    /// Puts a program there: a script.
    fn program(&self, name: &str, script: &str) {
        let path = self.scratch.join("programs").join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
    }

    fn built(&self) -> PathBuf {
        self.scratch.join("policy/build/policy.wasm")
    }

    /// Builds it.
    #[track_caller]
    fn build(&self) -> Ended {
        let mut command = command();
        command.args(["plugin", "build", "policy"]).current_dir(self.scratch.path()).env("PATH", self.scratch.join("programs"));
        run(&mut command, COMMAND_MAX).unwrap_or_else(|reason| panic!("{reason}"))
    }

    /// Builds it where it was built before, which fails and changes nothing. Gives the reason.
    #[track_caller]
    fn fails(&self) -> String {
        fs::create_dir_all(self.scratch.join("policy/build")).unwrap();
        fs::write(self.built(), EARLIER).unwrap();
        let said = complaint(&self.build());
        assert_eq!(fs::read_to_string(self.built()).unwrap(), EARLIER, "{said}");
        let left: Vec<_> = fs::read_dir(self.scratch.join("policy/build")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["policy.wasm"], "{said}");
        let kept = " policy/build/policy.wasm is that of an earlier build.";
        said.strip_suffix(kept).unwrap_or_else(|| panic!("{} says what stays: {said}", self.language)).to_owned()
    }
}

#[test]
fn a_tool_that_is_missing_is_named_with_how_to_get_it() {
    // Debian's Rust is found wherever the path leads.
    let debian = Path::new("/usr/bin/rustc").exists();
    let rust: &[(&str, &str, &[&str])] = &[
        ("rust", "Rust needs cargo, which is not here. Get it from https://rustup.rs.", &[]),
        (
            "rust",
            "Rust needs the target wasm32-unknown-unknown, which is not here. Run `rustup target add wasm32-unknown-unknown`",
            &["cargo"],
        ),
    ];
    let others: &[(&str, &str, &[&str])] = &[
        ("typescript", "TypeScript needs Node.js, which is not here. Get version 20 or newer from https://nodejs.org", &[]),
        ("typescript", "TypeScript needs npm, which is not here. It comes with Node.js", &["node"]),
        ("python", "Python needs python3 with venv, which is not here. Get version 3.10 or newer from https://python.org", &[]),
        ("c", "C needs clang with wasm-ld, or zig, which is not here. Run `apt-get install clang lld`", &[]),
        ("c", "C needs clang with wasm-ld, or zig, which is not here.", &["clang"]),
    ];
    for (language, words, programs) in rust.iter().filter(|_| !debian).chain(others) {
        let workshop = Workshop::new(language);
        programs.iter().for_each(|program| workshop.program(program, "exit 0"));
        let said = workshop.fails();
        assert!(said.starts_with(words), "{said}");
        fs::remove_file(workshop.built()).unwrap();
        let said = complaint(&workshop.build());
        assert!(said.starts_with(words) && !said.contains("earlier"), "{said}");
    }
}

#[test]
fn a_plugin_that_was_built_goes_only_when_there_is_another() {
    let workshop = Workshop::new("c");
    workshop.program("wasm-ld", "exit 0");
    for (script, words) in [
        // It writes a part of its output and fails.
        (r#"while [ "$1" != -o ]; do shift; done; echo half > "$2"; exit 1"#, "clang failed; what it said is above."),
        ("exit 0", "The tools made no policy/build/policy.wasm."),
    ] {
        workshop.program("clang", &format!("[ \"$1\" = --version ] && exit 0\n{script}"));
        assert_eq!(workshop.fails(), words);
    }
    // What a build that was killed left is not taken for the next one's work.
    fs::write(workshop.scratch.join("policy/build/policy.wasm.part"), "half").unwrap();
    assert_eq!(workshop.fails(), "The tools made no policy/build/policy.wasm.");
    workshop.program("clang", "[ \"$1\" = --version ] && exit 0\nwhile [ \"$1\" != -o ]; do shift; done; echo new > \"$2\"");
    let ended = workshop.build();
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), "policy/build/policy.wasm (4 B)\n"), "{}", ended.stderr);
    assert_eq!(fs::read_to_string(workshop.built()).unwrap(), "new\n");
}

const SCHEMA: &str = r#"{"type": "object", "properties": {"titles": {"type": "array", "items": {"type": "string"}}}}"#;

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn inspect_shows_what_a_plugin_is() {
    let scratch = Scratch::new();
    let said = Said { name: "mine", version: "1.2.3", schema: SCHEMA, reads: &["title"], writes: &["status", "role"] };
    let module = guest(&said, &[("imports", "(import \"doorlist:policy/log@1.0.0\" \"log\" (func $log (param i32 i32 i32)))")]);
    let component = wasi_guest(&said, &[]);
    for (file, wasm) in [("module.wasm", &module), ("component.wasm", &component)] {
        fs::write(scratch.join(file), wasm).unwrap();
    }
    let shown = |file: &str| {
        let ended = plugin(scratch.path(), &["inspect", file, "--json"]);
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{}", ended.stdout);
        serde_json::from_str::<Value>(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {}", ended.stdout))
    };
    let mut of_module = shown("module.wasm");
    let compiled = of_module["compiledBytes"].take();
    assert!(compiled.as_u64() > Some(4_096), "{compiled}");
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let expected = json!({"name": "mine", "nameTaken": false, "version": "1.2.3", "description": "A guest of the tests.", "contract": "1.0.0",
        "world": "policy", "form": "core module", "digest": digest(&module), "imports": ["doorlist:policy/log@1.0.0"], "bytes": module.len(),
        "compiledBytes": null, "tier": "small", "reads": ["title"], "writes": ["status", "role"], "settingsSchema": schema});
    assert_eq!(of_module, expected);
    let of_component = shown("component.wasm");
    assert_eq!((&of_component["form"], &of_component["world"]), (&json!("component"), &json!("policy-json")), "{of_component}");
    assert_eq!((&of_component["digest"], &of_component["bytes"]), (&json!(digest(&component)), &json!(component.len())));
    let imports: Vec<&str> = of_component["imports"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    assert!(!imports.is_empty() && imports.iter().all(|name| name.starts_with("wasi:")), "{imports:?}");

    let ended = plugin(scratch.path(), &["inspect", "module.wasm"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{}", ended.stdout);
    let (lines, settings) = ended.stdout.split_once("settings\n").expect("settings come last");
    let lines: Vec<(&str, &str)> = lines.lines().map(|line| line.split_once("  ").expect("a word and what it means")).collect();
    let line = |name: &str| lines.iter().find(|(word, _)| *word == name).map(|(_, text)| text.trim()).unwrap_or_default();
    let own = digest(&module);
    for (name, text) in [
        ("name", "mine"),
        ("version", "1.2.3"),
        ("description", "A guest of the tests."),
        ("contract", "doorlist:policy@1.0.0, world policy"),
        ("form", "core module"),
        ("digest", own.as_str()),
        ("imports", "doorlist:policy/log@1.0.0"),
        ("tier", "small"),
        ("reads", "title"),
    ] {
        assert_eq!(line(name), text, "{}", ended.stdout);
    }
    assert!(line("size").contains(", machine code "), "{}", ended.stdout);
    assert!(line("writes").contains("status") && line("writes").contains("role"), "{}", ended.stdout);
    assert_eq!(serde_json::from_str::<Value>(settings).unwrap(), schema);
}

#[test]
fn inspect_says_what_is_no_plugin() {
    let scratch = Scratch::new();
    let component = wasi_guest(&SAID, &[]);
    fs::create_dir(scratch.join("directory")).unwrap();
    for (file, bytes) in [
        ("empty", &b""[..]),
        ("text", b"#!/bin/sh\necho a plugin\n"),
        ("module", b"\0asm\x01\0\0\0"),
        ("cut", &component[..component.len() / 2]),
        ("other-version", b"\0asm\x07\0\0\0"),
    ] {
        fs::write(scratch.join(file), bytes).unwrap();
    }
    for (file, stage, words) in [
        ("empty", "parse", "The file is empty."),
        ("text", "parse", "The file is not WebAssembly."),
        ("module", "exports", ""),
        ("cut", "parse", "The file is "),
        ("other-version", "parse", "The file is "),
    ] {
        let said = complaint(&plugin(scratch.path(), &["inspect", file]));
        let text = said.strip_prefix(&format!("The plugin is refused at the stage {stage}. ")).unwrap_or_else(|| panic!("{file}: {said}"));
        assert!(text.starts_with(words) && text.len() > 10, "{file}: {said}");
        let ended = plugin(scratch.path(), &["inspect", file, "--json"]);
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(1), ""), "{file}: {}", ended.stdout);
        let told: Value = serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{file}: {error}: {}", ended.stdout));
        assert_eq!(told, json!({"stage": stage, "message": text}), "{file}");
    }
    for (file, words) in [("directory", "directory cannot be read."), ("absent", "There is no file absent.")] {
        for arguments in [&["inspect", file][..], &["inspect", file, "--json"], &["bench", file]] {
            let said = complaint(&plugin(scratch.path(), arguments));
            assert!(said.starts_with(words), "{arguments:?}: {said}");
        }
    }
}

#[test]
fn bench_measures_each_size_of_a_batch() {
    let scratch = Scratch::new();
    fs::write(scratch.join("mine.wasm"), guest(&Said { name: "mine", ..SAID }, &[])).unwrap();
    let ended = plugin(scratch.path(), &["bench", "mine.wasm", "--json"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{}", ended.stdout);
    let all: Value = serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {}", ended.stdout));
    assert!(all["compiledBytes"].as_u64() > Some(4_096) && all["loadMillis"].is_u64(), "{all}");
    let batches = all["batches"].as_array().expect("figures are listed");
    let users: Vec<u64> = batches.iter().filter_map(|figure| figure["users"].as_u64()).collect();
    assert_eq!(users, [1, 100, 1_000], "{all}");
    for figure in batches {
        assert!(figure["memoryBytesPeak"].as_u64() >= Some(2 * 65_536), "{figure}");
        assert!(figure["batchMicrosP50"].as_f64() > Some(0.0) && figure["userMicrosP50"].as_f64() > Some(0.0), "{figure}");
        assert!(figure["rounds"].as_u64() >= Some(5), "{figure}");
    }
    let ended = plugin(scratch.path(), &["bench", "mine.wasm"]);
    let lines: Vec<Vec<&str>> = ended.stdout.lines().map(|line| line.split_whitespace().collect()).collect();
    assert!(ended.success() && ended.stdout.starts_with("mine 1.0.0: "), "{}\n{}", ended.stdout, ended.stderr);
    let firsts: Vec<&str> = lines.iter().skip(1).filter_map(|words| words.first().copied()).collect();
    assert_eq!(firsts, ["users", "1", "100", "1000"], "{}", ended.stdout);
}
