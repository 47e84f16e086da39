//! A new author: from `doorlist plugin new` to the decision on a user, in every language whose tools this machine has or can get.
//!
//! A language without tools is skipped, and says so on standard error.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use doorlist_tests::process::{Ended, run};
use doorlist_tests::server::{OPERATOR_KEY, command};
use doorlist_tests::tools::{self, Environment};
use doorlist_tests::{Scratch, Server};
use serde_json::{Value, json};

/// The first build compiles what a policy builds on; the sandbox compiles a whole Python.
const COMMAND_MAX: Duration = Duration::from_secs(600);

/// An author's shell, in a directory.
struct Shell {
    directory: PathBuf,
    environment: Environment,
}

impl Shell {
    fn doorlist(&self, arguments: &[&str]) -> Ended {
        let mut command = command();
        command.args(arguments).env("DOORLIST_OPERATOR_KEY", OPERATOR_KEY);
        self.run(command)
    }

    fn run(&self, mut command: Command) -> Ended {
        command.current_dir(&self.directory).envs(self.environment.iter().map(|(name, value)| (name, value)));
        run(&mut command, COMMAND_MAX).unwrap_or_else(|reason| panic!("{command:?}: {reason}"))
    }

    /// What a command prints that ends well.
    #[track_caller]
    fn says(&self, arguments: &[&str]) -> String {
        let ended = self.doorlist(arguments);
        assert!(ended.success(), "{arguments:?}: {}\n{}", ended.stdout, ended.stderr);
        ended.stdout
    }

    /// What a command complains of that ends with code 1.
    #[track_caller]
    fn complains(&self, arguments: &[&str]) -> String {
        let ended = self.doorlist(arguments);
        assert_eq!(ended.code, Some(1), "{arguments:?}: {}\n{}", ended.stdout, ended.stderr);
        ended.stderr
    }
}

#[track_caller]
fn author(language: &str) {
    let scratch = Scratch::new();
    let name = format!("author-{language}");
    let mut shell = Shell { directory: scratch.path().to_owned(), environment: Environment::new() };
    assert!(shell.says(&["plugin", "new", &name, "--lang", language]).contains("doorlist plugin build"));
    assert!(shell.complains(&["plugin", "new", &name, "--lang", language]).contains("is there already"));
    shell.directory = scratch.join(&name);
    shell.environment = match tools::prepare(&shell.directory) {
        Ok(environment) => environment,
        Err(absent) => return tools::report(&format!("a new author's policy in {language}"), &absent),
    };
    assert!(shell.complains(&["plugin", "test"]).contains("doorlist plugin build"));
    let file = format!("build/{name}.wasm");
    assert!(shell.says(&["plugin", "build"]).starts_with(&file));
    assert!(shell.says(&["plugin", "test"]).ends_with("All 9 cases hold.\n"));
    differs(&shell);
    breaks(&shell, &file);
    own_tests(&shell, language);
    let about: Value = serde_json::from_str(&shell.says(&["plugin", "inspect", &file, "--json"])).unwrap();
    assert_eq!((&about["name"], &about["version"], &about["contract"]), (&json!(name), &json!("0.1.0"), &json!("1.0.0")), "{about}");
    assert_eq!((&about["reads"], &about["writes"]), (&json!(["title"]), &json!(["status"])), "{about}");
    activate(&shell, &name, &file, &about);
}

/// A case that does not hold is shown, and ends the command with 1.
#[track_caller]
fn differs(shell: &Shell) {
    let case = json!([{"name": "wrong", "user": {"userName": "ada"}, "expect": {"view": {"status": "suspended"}}}]);
    std::fs::write(shell.directory.join("wrong.json"), case.to_string()).unwrap();
    let ended = shell.doorlist(&["plugin", "test", "--cases", "wrong.json"]);
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    for words in ["DIFFERS  wrong", "/view/status", "expected  \"suspended\"", "got       \"active\"", "1 of 1 cases differ."] {
        assert!(ended.stdout.contains(words), "{words}: {}", ended.stdout);
    }
}

/// A policy that does not build any more leaves the one that did, and says which that is.
#[track_caller]
fn breaks(shell: &Shell, file: &str) {
    let sources = ["src/lib.rs", "src/policy.ts", "src/policy.py", "src/policy.c"].map(|source| shell.directory.join(source));
    let source = sources.iter().find(|source| source.exists()).expect("a project has a policy");
    let whole = std::fs::read_to_string(source).unwrap();
    let built = std::fs::read(shell.directory.join(file)).unwrap();
    std::fs::write(source, format!("{whole}\n)(\n")).unwrap();
    let said = shell.complains(&["plugin", "build"]);
    assert!(said.contains(&format!("failed; what it said is above. {file} is that of an earlier build.")), "{said}");
    assert!(std::fs::read(shell.directory.join(file)).is_ok_and(|now| now == built), "the one that was built is still there");
    assert!(!shell.directory.join(format!("{file}.part")).exists(), "nothing half-made stays");
    std::fs::write(source, whole).unwrap();
}

/// The project's own tests, by the command in its README.
#[track_caller]
fn own_tests(shell: &Shell, language: &str) {
    let (said, line) = match language {
        "rust" => ("cargo test  ", "cargo test --quiet"),
        "typescript" => ("npm test  ", "npm test"),
        "python" => ("python3 -m unittest discover test  ", "python3 -m unittest discover test"),
        "c" => {
            let line = "cc -std=c17 -Ilib test/policy_test.c -o build/policy_test && build/policy_test";
            (line, line)
        }
        other => panic!("nobody knows {other}"),
    };
    let readme = std::fs::read_to_string(shell.directory.join("README.md")).unwrap();
    assert!(readme.contains(&format!("    {said}")), "{said:?} is in the README");
    let mut command = Command::new("sh");
    command.args(["-c", line]);
    let ended = shell.run(command);
    assert!(ended.success(), "{line}: {}\n{}", ended.stdout, ended.stderr);
}

/// Uploads the policy, puts it into force, and sees what it decides.
#[track_caller]
fn activate(shell: &Shell, name: &str, file: &str, about: &Value) {
    let server = Server::start();
    let operator = server.operator();
    let tenant = operator.tenant("The author's");
    if about["tier"] == "large" {
        let _ = tenant.operator.patch(&tenant.path(""), &json!({"pluginLimits": {"tier": "large"}})).expect(200);
    }
    let url = format!("http://{}", server.address());
    let push = ["plugin", "push", file, "--tenant", &tenant.id, "--server", &url];
    let said = shell.says(&push);
    let digest = said.trim_end().strip_prefix(&format!("{name} 0.1.0 is uploaded: ")).unwrap_or_else(|| panic!("{said}"));
    assert!(digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit()), "{said}");
    assert!(shell.says(&push).contains("was there already"));
    let policy = json!({"name": "titles", "plugin": name, "version": "0.1.0", "settings": {"titles": ["Guest"]}});
    let _ = tenant.put("/pipeline", &json!({"policies": [policy]})).expect(200);
    let client = tenant.connect();
    for (user, title) in [("ada", "Guest"), ("bob", "Engineer")] {
        let body = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": user, "title": title, "active": true});
        let _ = client.post("/Users", &body).expect(201);
    }
    assert_eq!(tenant.member("ada")["status"], "suspended");
    assert_eq!(tenant.member("bob")["status"], "active");
    let decision = tenant.user_decision("ada").to_string();
    assert!(decision.contains("The title \\\"Guest\\\" is suspended."), "{decision}");
}

#[test]
fn a_new_author_in_rust() {
    author("rust");
}

#[test]
fn a_new_author_in_typescript() {
    author("typescript");
}

#[test]
fn a_new_author_in_python() {
    author("python");
}

#[test]
fn a_new_author_in_c() {
    author("c");
}

/// Keys, signatures and what they are signatures of.
#[test]
fn a_signature_is_of_one_file_by_one_key() {
    let scratch = Scratch::new();
    let shell = Shell { directory: scratch.path().to_owned(), environment: Environment::new() };
    std::fs::write(scratch.join("a.wasm"), "a").unwrap();
    std::fs::write(scratch.join("b.wasm"), "b").unwrap();
    let keys = ["one.pem", "other.pem"].map(|file| shell.says(&["plugin", "keygen", file]).trim().to_owned());
    assert!(shell.complains(&["plugin", "keygen", "one.pem"]).contains("is there already"));
    std::fs::write(scratch.join("a.sig"), shell.says(&["plugin", "sign", "a.wasm", "--key", "one.pem"])).unwrap();
    let verify = |file: &str, key: &str| shell.doorlist(&["plugin", "verify", file, "--signature", "a.sig", "--public-key", key]).code;
    assert_eq!(verify("a.wasm", &keys[0]), Some(0));
    assert_eq!(verify("a.wasm", &keys[1]), Some(1));
    assert_eq!(verify("b.wasm", &keys[0]), Some(1));
    assert_eq!(verify("a.wasm", "no key"), Some(1));
    std::fs::write(scratch.join("a.sig"), &keys[0]).unwrap();
    let said = shell.complains(&["plugin", "verify", "a.wasm", "--signature", "a.sig", "--public-key", &keys[0]]);
    assert!(said.contains("a.sig has no signature"), "{said}");
}

/// What authors in C write with, outside a sandbox. Whoever links Rust has a C compiler.
#[test]
fn the_header_for_c_reads_and_writes_json() {
    let scratch = Scratch::new();
    let library = Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins/c");
    let mut compiler = Command::new("cc");
    compiler.args(["-std=c17", "-Wall", "-Wextra", "-Werror", "-o"]).arg(scratch.join("test")).arg("-I").arg(&library);
    let built = run(compiler.arg(library.join("test/doorlist_test.c")), COMMAND_MAX).expect("there is a C compiler");
    assert!(built.success(), "{}", built.stderr);
    let ended = run(&mut Command::new(scratch.join("test")), COMMAND_MAX).expect("it runs");
    assert!(ended.success(), "{}", ended.stderr);
}
