//! The absences that ARCHITECTURE.md promises, read from the source.
//!
//! Textual and on purpose simple: comments and test modules are left out, words are words.

use std::fs;
use std::path::{Path, PathBuf};

/// Lines of a file. More than a person reads at a time is to be split along a real seam.
const FILE_LINES_MAX: usize = 600;

/// Lines above a stop in which its reason may stand.
const EXPLANATION_LINES_MAX: usize = 4;

/// What a longer file says of itself.
const LONGER: &str = "//! Longer than 600 lines because";

/// A Rust file of the project.
struct Source {
    /// Its path from the root of the project, with slashes.
    path: String,
    text: String,
}

/// One line of code.
struct Line<'a> {
    number: usize,
    code: &'a str,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Every Rust file below `directory`.
fn sources(directory: &str) -> Vec<Source> {
    let mut found = Vec::new();
    let mut waiting = vec![root().join(directory)];
    while let Some(path) = waiting.pop() {
        for entry in fs::read_dir(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())) {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && name != "target" {
                waiting.push(path);
            } else if name.ends_with(".rs") {
                let relative = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
                found.push(Source { path: relative, text: fs::read_to_string(&path).unwrap() });
            }
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found
}

impl Source {
    fn is_test(&self) -> bool {
        self.path.ends_with("/tests.rs") || self.path.contains("/tests/") || self.path.contains("/benches/")
    }

    /// Whether it is the module `name` of the server.
    fn is_of(&self, name: &str) -> bool {
        self.path.starts_with(&format!("host/server/src/{name}/")) || self.path == format!("host/server/src/{name}.rs")
    }

    /// Its code without comments and without the test module at its end.
    fn code(&self) -> Vec<Line<'_>> {
        let mut lines = Vec::new();
        let mut all = self.text.lines().enumerate().peekable();
        while let Some((place, line)) = all.next() {
            let next_is_module = all.peek().is_some_and(|(_, next)| next.trim().starts_with("mod ") && next.contains('{'));
            if line.trim() == "#[cfg(test)]" && next_is_module {
                break;
            }
            let code = line.split_once(" // ").map_or(line, |(code, _)| code);
            if !code.trim().is_empty() && !code.trim().starts_with("//") {
                lines.push(Line { number: place + 1, code });
            }
        }
        lines
    }

    /// Whether a comment, a lint's reason or a test's mark stands beside the line or shortly above.
    fn explains(&self, number: usize) -> bool {
        let lines = self.text.lines().take(number).skip(number.saturating_sub(1 + EXPLANATION_LINES_MAX));
        lines.into_iter().any(|line| line.contains("//") || line.contains("reason = \"") || line.trim() == "#[cfg(test)]")
    }
}

/// Whether `code` has `word` with nothing of a longer word around it.
fn names(code: &str, word: &str) -> bool {
    let is_part = |letter: Option<char>| letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
    code.match_indices(word).any(|(place, _)| {
        let before = code[..place].chars().next_back();
        let after = code[place + word.len()..].chars().next();
        // Only an end that could be part of a longer word has to be checked.
        let goes_on_before = is_part(word.chars().next()) && is_part(before);
        let goes_on_after = is_part(word.chars().next_back()) && is_part(after);
        !goes_on_before && !goes_on_after
    })
}

/// Fails with every finding at once.
#[track_caller]
fn expect_none(what: &str, findings: &[String]) {
    assert!(findings.is_empty(), "{what}:\n{}", findings.join("\n"));
}

fn find(sources: &[Source], words: &[&str], allowed: impl Fn(&Source) -> bool) -> Vec<String> {
    let mut findings = Vec::new();
    for source in sources.iter().filter(|source| !source.is_test() && !allowed(source)) {
        for line in source.code() {
            for word in words.iter().filter(|word| names(line.code, word)) {
                findings.push(format!("{}:{}: {word}", source.path, line.number));
            }
        }
    }
    findings
}

#[test]
fn the_reader_of_sources_sees_what_is_there() {
    let source = Source {
        path: "host/server/src/http/x.rs".to_owned(),
        text: "//! wasmtime\nuse redb::X; // wasmtime\n// because\nlet a = b.unwrap();\n{\n\n\n\nlet c = d.unwrap();\n#[cfg(test)]\nmod tests {\n use axum;\n}\n".to_owned(),
    };
    let code: Vec<usize> = source.code().iter().map(|line| line.number).collect();
    assert_eq!(code, [2, 4, 5, 9]);
    assert_eq!(code.into_iter().map(|number| source.explains(number)).collect::<Vec<_>>(), [true, true, true, false]);
    let one = [source];
    assert_eq!(find(&one, &["redb", "wasmtime", "axum"], |_| false), ["host/server/src/http/x.rs:2: redb"]);
    assert_eq!(find(&one, &["redb"], |source| source.is_of("http")), Vec::<String>::new());
    assert!(names("a.await;", ".await") && !names("redbird", "redb") && !names("a_redb", "redb") && names("redb::x", "redb"));
    assert!(sources("host").len() > 50, "the sources are found");
}

#[test]
fn engines_are_named_in_one_place_each() {
    let sources = sources("host/server/src");
    for (word, module) in [("wasmtime", "policy"), ("redb", "store"), ("axum", "http")] {
        expect_none(&format!("only {module}/ names {word}"), &find(&sources, &[word], |source| source.is_of(module)));
        assert!(!find(&sources, &[word], |source| !source.is_of(module)).is_empty(), "{module}/ no longer names {word}");
    }
}

#[test]
fn time_and_environment_are_asked_in_one_place_each() {
    let mut all = sources("host/server/src");
    all.extend(sources("host/scim/src"));
    expect_none(
        "only config reads the environment",
        &find(&all, &["env::var", "env::vars", "env::var_os"], |source| source.is_of("config")),
    );
    let clocks = ["SystemTime::now", "Instant::now"];
    let allowed = |source: &Source| source.is_of("clock") || source.is_of("http") || source.is_of("deliver");
    expect_none("only clock asks the time, but for deadlines at the edges", &find(&all, &clocks, allowed));
}

#[test]
fn the_domain_knows_no_http_and_does_not_wait() {
    let sources = sources("host/server/src");
    let domain: Vec<Source> =
        sources.into_iter().filter(|source| ["provision", "directory", "admin"].iter().any(|name| source.is_of(name))).collect();
    assert!(domain.len() > 10, "the domain is found");
    let words = ["axum", "StatusCode", "HeaderMap", "HeaderName", "async fn", "async move", ".await", "tokio"];
    expect_none(
        "provision, directory and admin are synchronous and know no status code, header or envelope",
        &find(&domain, &words, |_| false),
    );
}

#[test]
fn the_protocol_core_knows_nothing_around_it() {
    let words = [
        "tokio",
        "axum",
        "redb",
        "wasmtime",
        "tracing",
        "std::fs",
        "std::net",
        "std::env",
        "std::thread",
        "SystemTime",
        "Instant::now",
        "async fn",
        "tenant",
        "doorlist",
    ];
    expect_none("host/scim is pure", &find(&sources("host/scim/src"), &words, |_| false));
}

/// `cli, http → provision, directory, admin → policy, store`, and `cli → rehearsal → directory, admin`.
#[test]
fn modules_depend_downwards() {
    let sources = sources("host/server/src");
    let table: [(&str, &[&str]); 10] = [
        ("store", &["policy", "provision", "directory", "admin", "auth", "activity", "http", "cli", "deliver", "rehearsal"]),
        ("policy", &["store", "provision", "directory", "admin", "auth", "activity", "http", "cli", "deliver", "rehearsal"]),
        ("provision", &["policy", "directory", "admin", "auth", "sign_on", "http", "cli", "deliver", "rehearsal"]),
        ("directory", &["auth", "sign_on", "http", "cli", "deliver", "rehearsal"]),
        ("admin", &["auth", "sign_on", "http", "cli", "deliver", "rehearsal"]),
        ("rehearsal", &["auth", "client", "http", "cli", "deliver", "demo", "kit", "remote"]),
        ("kit", &["store", "provision", "directory", "admin", "auth", "activity", "client", "cli", "demo", "rehearsal"]),
        (
            "remote",
            &["store", "policy", "provision", "directory", "admin", "auth", "activity", "client", "kit", "cli", "demo", "rehearsal"],
        ),
        ("sign_on", &["store", "policy", "provision", "directory", "auth", "client", "http", "kit", "cli", "demo", "rehearsal", "deliver"]),
        ("http", &["cli", "rehearsal"]),
    ];
    for (module, forbidden) in table {
        let words: Vec<String> = forbidden.iter().map(|name| format!("crate::{name}")).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let of_module = |source: &Source| !source.is_of(module);
        expect_none(&format!("{module} names nothing above it"), &find(&sources, &words, of_module));
    }
}

/// Only authentication hands out a tenant's rows; beside it, the threads that work for all tenants.
#[test]
fn edges_take_no_tenant_by_themselves() {
    let sources = sources("host/server/src");
    let elsewhere = |source: &Source| !source.is_of("http") && !source.is_of("cli");
    expect_none("a tenant handle comes from authentication", &find(&sources, &["store.tenant(", "store().tenant("], elsewhere));
}

/// A bound that is not found is not weighed against the others. What is left out bounds nothing that comes from outside: how wide a table is printed, what a key of ours
/// is made of, how much evidence is enough.
#[test]
fn bounds_stand_in_one_place() {
    let others = ["COLUMNS_MAX", "KEY_BYTES_MAX", "EVIDENCE_MIN", "LEAD_MIN"];
    let mut findings = Vec::new();
    for source in ["host/server/src", "host/scim/src"].into_iter().flat_map(sources).filter(|source| !source.is_test()) {
        for line in source.code().iter().filter(|_| !source.path.ends_with("/limits.rs")) {
            let name = line.code.split_once("const ").and_then(|(_, rest)| rest.split_once(": ")).map_or("", |(name, _)| name);
            if (name.ends_with("_MAX") || name.ends_with("_MIN") || name.ends_with("_MS")) && !others.contains(&name) {
                findings.push(format!("{}:{}: {name}", source.path, line.number));
            }
        }
    }
    expect_none("bounds stand in limits.rs, each with its unit and its reason", &findings);
}

#[test]
fn files_say_what_they_are() {
    let mut findings = Vec::new();
    for source in ["examples", "host", "plugins", "tests"].into_iter().flat_map(sources) {
        let name = source.path.rsplit('/').next().unwrap().trim_end_matches(".rs").to_owned();
        if ["utils", "util", "common", "helpers", "helper", "manager", "service", "misc"].contains(&name.as_str()) {
            findings.push(format!("{}: a name that says nothing", source.path));
        }
        let lines = source.text.lines().count();
        if lines > FILE_LINES_MAX && !source.text.contains(LONGER) {
            findings.push(format!("{}: {lines} lines", source.path));
        }
        if !source.is_test() && !source.text.starts_with("//!") {
            findings.push(format!("{}: begins without a word on what it is", source.path));
        }
    }
    expect_none("files have names, an opening and an end", &findings);
}

/// Where the program may stop, a sentence beside it says why it does not.
#[test]
fn nothing_is_unwrapped_without_a_reason() {
    let mut findings = Vec::new();
    for source in
        ["examples", "host/server/src", "host/scim/src", "plugins"].into_iter().flat_map(sources).filter(|source| !source.is_test())
    {
        for line in source.code() {
            let stops = [".unwrap()", ".expect(\"", "panic!(", "unreachable!(", "todo!(", "unimplemented!("];
            if stops.iter().any(|stop| line.code.contains(stop)) && !source.explains(line.number) {
                findings.push(format!("{}:{}: {}", source.path, line.number, line.code.trim()));
            }
        }
    }
    expect_none("a stop has its reason beside it", &findings);
}
