//! Machine code: made in a process under limits, kept on disk, and used only if this server wrote it.

use crate::guest::{SAID, Said, guest};
use crate::hostile::assert_good_plugin_answers;
use crate::item::user;
use crate::{chain, limits};
use doorlist::policy::{CacheSettings, Host, HostSettings, LoadError, LoadLimits, LoadStage, Plugin, Tier};
use std::fs;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// The program that compiles.
const PROGRAM: &str = env!("CARGO_BIN_EXE_doorlist");
/// A program that does not exist: whoever has it compiles nothing.
const NOWHERE: &str = "/nonexistent/doorlist";

/// A directory of a test's own, gone when it ends.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Directory {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        Directory(std::env::temp_dir().join(format!("doorlist-compiled-{}-{number}", std::process::id())))
    }

    /// The files in it.
    fn files(&self) -> Vec<PathBuf> {
        let mut files: Vec<PathBuf> = fs::read_dir(&self.0).map(|all| all.map(|file| file.unwrap().path()).collect()).unwrap_or_default();
        files.sort();
        files
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // A directory that stays behind harms no test.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A host that compiles with a program, or without one in this process.
fn host(program: Option<&str>, directory: Option<&Path>, key: u8) -> Host {
    let cache = directory.map(|directory| CacheSettings { directory: directory.to_owned(), key: [key; 32] });
    Host::new(HostSettings { program: program.map(PathBuf::from), cache }).expect("this machine runs policies")
}

fn load(host: &Host, name: &str, owner: &str) -> Result<Plugin, LoadError> {
    host.load(&guest(&Said { name, ..SAID }, &[]), &LoadLimits::of(Tier::Small), owner)
}

fn assert_answers(plugin: &Plugin) {
    assert_eq!(plugin.batch("{}", &limits()).expect("it starts").project_user(&user(&[])), Ok(Vec::new()));
}

#[test]
fn a_process_of_its_own_compiles_the_same() {
    let here = load(&host(None, None, 0), "same", "a").expect("it compiles here");
    let there = load(&host(Some(PROGRAM), None, 0), "same", "a").unwrap_or_else(|error| panic!("{}", chain(&error)));
    assert_eq!(here.facts(), there.facts());
    assert!(there.facts().compiled_bytes > 4_096, "{:?}", there.facts());
    assert_answers(&there);
}

/// A function that compiles slowly and takes much memory: of many blocks and locals.
fn slow() -> String {
    let block = "(block (br_if 0 (local.get 0)) (local.set 1 (i64.add (local.get 2) (local.get 3))) (local.set 2 (local.get 1)))";
    format!("(func (param i32) (local {}) {})", "i64 ".repeat(490), block.repeat(2_900))
}

#[test]
fn what_compiles_too_long_or_to_too_much_is_refused_with_the_limit() {
    let host = host(Some(PROGRAM), None, 0);
    let few = LoadLimits { compiled_bytes: 5_000, ..LoadLimits::of(Tier::Small) };
    let short = LoadLimits { compile_ms: 1, ..LoadLimits::of(Tier::Small) };
    for (wasm, limits, text) in [
        (guest(&SAID, &[]), few, "The plugin has more than 5000 bytes of machine code."),
        (guest(&SAID, &[("functions", &slow().repeat(60))]), short, "Compiling the plugin takes more than 1 s of processor time."),
    ] {
        let error = host.load(&wasm, &limits, "a").expect_err(text);
        assert_eq!((error.stage, error.retry, error.message.as_str()), (LoadStage::Compile, false, text), "{}", chain(&error));
    }
    assert_answers(&load(&host, "afterwards", "a").expect("the next one compiles"));
    assert_good_plugin_answers();
}

/// A process that compiles and has been given a component, and the standard input that it was given it on.
fn compiling(seconds: &str, memory: &str, component: &[u8]) -> (Child, ChildStdin) {
    let mut child = Command::new(PROGRAM)
        .args(["compile", seconds, memory, "1000000", &component.len().to_string()])
        .env_clear()
        .env("MIMALLOC_ARENA_RESERVE", "0")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut input = child.stdin.take().expect("a pipe");
    // One that ends early reads no further.
    let _ = input.write_all(component);
    (child, input)
}

#[test]
fn a_process_whose_server_is_gone_ends() {
    let large = wat::parse_str(format!("(component (core module {}))", slow().repeat(60))).expect("a component");
    for sent in [large.len(), large.len() / 2, 0] {
        let (mut child, input) = compiling("60", "1000000000", &large[..sent]);
        if sent == large.len() {
            assert_eq!(child.try_wait().expect("it can be asked"), None, "it compiles");
        }
        drop(input);
        let output = child.wait_with_output().expect("it ends");
        assert!(!output.status.success() && output.stdout.is_empty(), "{sent}: {output:?}");
    }
}

#[test]
fn a_host_that_stops_ends_what_it_compiles() {
    let directory = Directory::new();
    fs::create_dir_all(&directory.0).unwrap();
    // A name by which the process is known among those of other tests.
    let program = directory.0.join("stopped");
    std::os::unix::fs::symlink(PROGRAM, &program).unwrap();
    let host = host(program.to_str(), None, 0);
    let large = guest(&SAID, &[("functions", &slow().repeat(60))]);
    let load = |wasm: &[u8]| host.load(wasm, &LoadLimits::of(Tier::Small), "a");
    let running = || {
        let mut all = fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()).map(|entry| entry.path());
        let is_it = |path: &PathBuf| fs::read(path.join("cmdline")).is_ok_and(|line| line.starts_with(program.as_os_str().as_bytes()));
        all.find(is_it)
    };
    std::thread::scope(|scope| {
        let first = scope.spawn(|| load(&large));
        while running().is_none() {
            assert!(!first.is_finished(), "it compiles");
        }
        let second = scope.spawn(|| load(&guest(&SAID, &[])));
        host.stop();
        for stopped in [first, second] {
            let error = stopped.join().expect("loading does not panic").expect_err("nobody compiles");
            assert_eq!((error.stage, error.retry, error.message.as_str()), (LoadStage::Compile, true, "The server is shutting down."));
        }
    });
    assert_eq!(running(), None, "the process is gone");
}

#[test]
fn a_process_without_memory_or_time_ends_alone() {
    let component = wat::parse_str("(component (core module (func (param i32) (result i32) (local.get 0))))").expect("a component");
    let run = |seconds: &str, memory: &str, input: &[u8]| {
        let (child, input) = compiling(seconds, memory, input);
        let output = child.wait_with_output().expect("it ends");
        drop(input);
        output
    };
    let made = run("60", "1000000000", &component);
    assert!(made.status.success() && made.stdout.starts_with(b"\x7fELF"), "{made:?}");
    let junk = run("60", "1000000000", b"junk");
    assert_eq!((junk.status.code(), junk.stdout.len()), (Some(10), 0), "{junk:?}");
    let without_room = run("60", "10000", &vec![0; 20_000_000]);
    assert_eq!(without_room.status.code(), Some(12), "{without_room:?}");
    let large = wat::parse_str(format!("(component (core module {}))", slow())).expect("a component");
    let starved = run("60", "30000000", &large);
    let said = String::from_utf8_lossy(&starved.stderr);
    assert!(starved.status.code().is_none(), "{said}");
    assert!(said.contains("memory allocation of"), "the words by which a refusal is known: {said}");
}

#[test]
fn a_compiler_that_is_not_there_is_the_servers_fault_and_one_that_fails_is_not() {
    let error = load(&host(Some(NOWHERE), None, 0), "a", "a").expect_err("nobody compiles");
    assert_eq!((error.stage, error.retry), (LoadStage::Compile, true), "{error}");
    let error = load(&host(Some("/bin/false"), None, 0), "a", "a").expect_err("nobody compiles");
    assert_eq!((error.stage, error.retry, error.message.as_str()), (LoadStage::Compile, false, "The compiler fails at the plugin."));
}

#[test]
fn a_restart_with_a_hundred_plugins_compiles_nothing() {
    let directory = Directory::new();
    let names: Vec<String> = (0..100).map(|number| format!("plugin-{number}")).collect();
    let first = host(None, Some(&directory.0), 1);
    names.iter().for_each(|name| drop(load(&first, name, "a").expect("it compiles")));
    drop(first);
    assert_eq!(directory.files().len(), 100);
    let second = host(Some(NOWHERE), Some(&directory.0), 1);
    for name in &names {
        let plugin = load(&second, name, "a").unwrap_or_else(|error| panic!("{name}: {}", chain(&error)));
        assert!(plugin.facts().compiled_bytes > 4_096);
        assert_answers(&plugin);
    }
}

#[test]
fn a_file_that_is_damaged_cut_foreign_or_of_another_name_is_made_again() {
    let directory = Directory::new();
    let good = host(Some(PROGRAM), Some(&directory.0), 1);
    drop(load(&good, "a", "tenant").expect("it compiles"));
    let [file] = directory.files().try_into().expect("one file");
    let whole = fs::read(&file).unwrap();
    drop(load(&good, "b", "tenant").expect("it compiles"));
    let other = directory.files().into_iter().find(|path| *path != file).expect("another file");
    let other = fs::read(other).unwrap();

    let changed = |at: usize| {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        bytes
    };
    let end = whole.len();
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("damaged at the start", changed(0)),
        ("damaged in the middle", changed(end / 2)),
        ("damaged in its code", changed(end - 33)),
        ("damaged at its end", changed(end - 1)),
        ("cut", whole[..end - 1].to_vec()),
        ("cut in half", whole[..end / 2].to_vec()),
        ("longer", [&whole[..], &[0]].concat()),
        ("a few bytes", vec![1, 2, 3]),
        ("nothing", Vec::new()),
        ("another plugin's", other),
    ];
    for (name, bytes) in cases {
        fs::write(&file, bytes).unwrap();
        let error = load(&host(Some(NOWHERE), Some(&directory.0), 1), "a", "tenant").expect_err(name);
        assert!(error.retry, "{name}: it is not used, and nobody makes it: {error}");
        assert_answers(&load(&good, "a", "tenant").unwrap_or_else(|error| panic!("{name}: {}", chain(&error))));
        assert_answers(&load(&host(Some(NOWHERE), Some(&directory.0), 1), "a", "tenant").unwrap_or_else(|error| panic!("{name}: {error}")));
    }
    // Whole, but written under another secret, and another owner's.
    assert!(load(&host(Some(NOWHERE), Some(&directory.0), 2), "a", "tenant").is_err(), "another server's");
    assert_answers(&load(&good, "a", "tenant").expect("it compiles"));
    assert!(load(&host(Some(NOWHERE), Some(&directory.0), 1), "a", "other").is_err(), "another owner's");
}

#[test]
fn everything_can_be_deleted_at_any_time() {
    let directory = Directory::new();
    let host = host(None, Some(&directory.0), 1);
    let plugin = load(&host, "a", "a").expect("it compiles");
    fs::write(directory.0.join("left.part"), "by a crash").unwrap();
    fs::remove_dir_all(&directory.0).unwrap();
    assert_answers(&plugin);
    assert_answers(&load(&host, "a", "a").expect("it compiles again"));
    assert_eq!(directory.files().len(), 1, "and is kept again");

    fs::write(directory.0.join("left.part"), "by a crash").unwrap();
    let again = super::compile::host(Some(NOWHERE), Some(&directory.0), 1);
    assert_answers(&load(&again, "a", "a").expect("it is there"));
    assert_eq!(directory.files().len(), 1, "what was half-written is gone");
}
