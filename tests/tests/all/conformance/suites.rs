//! The suites: how each is run, and how its report is read.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use doorlist_tests::process::run;
use doorlist_tests::{Client, Scratch};
use serde_json::Value;

use super::document::{self, Fixtures};
use super::environment::{file, program};
use super::verdict::Finding;

/// A suite that takes longer hangs.
const SUITE_MAX: Duration = Duration::from_secs(300);

/// Characters of one finding's detail that are shown. Some have a whole resource in them.
const DETAIL_CHARACTERS_MAX: usize = 8_000;

/// Phases of scim-sanity about resource types of a draft, which it leaves out at a server that has none of them.
const SANITY_SKIPS: [&str; 3] = ["Agent CRUD Lifecycle", "AgenticApplication CRUD Lifecycle", "Agent Rapid Lifecycle"];

/// How many checks passed, and what the others say.
pub type Report = (usize, Vec<Finding>);

fn base(client: &Client) -> String {
    format!("http://{}/scim/v2", client.address())
}

fn shown(text: &str) -> String {
    text.chars().take(DETAIL_CHARACTERS_MAX).collect()
}

fn string(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Every check of scim2-tester, over every resource type of the tenant. In a tenant with resource types for tests it is helped over what it does not know.
#[track_caller]
pub fn scim2_tester(client: &Client, has_test_resources: bool) -> Report {
    let mut command = program("python");
    command.arg(file("run_scim2_tester.py")).arg(base(client)).env("SCIM_TOKEN", client.token());
    command.args(has_test_resources.then_some("test-resources"));
    let ended = run(&mut command, SUITE_MAX).unwrap_or_else(|reason| panic!("{reason}"));
    let results: Value = serde_json::from_str(&ended.stdout).unwrap_or_else(|_| panic!("scim2-tester broke off:\n{}", ended.stderr));
    let results = results.as_array().expect("it is a list");
    let is_good = |result: &&Value| ["SUCCESS", "COMPLIANT", "ACCEPTABLE"].contains(&result["status"].as_str().unwrap_or_default());
    let (good, bad): (Vec<&Value>, Vec<&Value>) = results.iter().partition(is_good);
    let findings = bad.into_iter().map(|result| Finding {
        check: string(&result["check"]),
        detail: shown(&format!("{}: {}\n{}", string(&result["status"]), string(&result["reason"]), string(&result["data"]))),
    });
    (good.len(), findings.collect())
}

/// scim-sanity's probe in its strict mode.
#[track_caller]
pub fn scim_sanity(client: &Client) -> Report {
    let mut command = program("scim-sanity");
    command.args(["probe", &base(client), "--token", client.token(), "--strict", "--json-output", "--i-accept-side-effects"]);
    let ended = run(&mut command, SUITE_MAX).unwrap_or_else(|reason| panic!("{reason}"));
    let report: Value =
        serde_json::from_str(&ended.stdout).unwrap_or_else(|_| panic!("scim-sanity broke off:\n{}\n{}", ended.stdout, ended.stderr));
    let results = report["results"].as_array().expect("it has results");
    let is_expected_skip =
        |result: &Value| result["status"] == "skip" && SANITY_SKIPS.contains(&result["name"].as_str().unwrap_or_default());
    let (good, bad): (Vec<&Value>, Vec<&Value>) =
        results.iter().filter(|result| !is_expected_skip(result)).partition(|result| result["status"] == "pass");
    let findings = bad.into_iter().map(|result| Finding {
        check: string(&result["name"]),
        detail: format!("{}: {}", string(&result["status"]), string(&result["message"])),
    });
    (good.len(), findings.collect())
}

/// schemathesis with the document that the tenant's own discovery makes, without the operations of some resource types.
#[track_caller]
pub fn schemathesis(client: &Client, fixtures: &Fixtures, left_out: &[&str]) -> Report {
    let scratch = Scratch::new();
    let (document, report) = (scratch.join("openapi.json"), scratch.join("report.json"));
    fs::write(&document, document::document(client, fixtures, left_out).to_string()).expect("the document can be written");
    let mut command = program("schemathesis");
    command.current_dir(scratch.path()).arg("--config-file").arg(config(&scratch)).arg("run").arg(&document);
    command.args(["--url", &base(client), "--header", &format!("Authorization: Bearer {}", client.token())]);
    command.args(["--report", "json", "--report-json-path"]).arg(&report);
    let ended = run(&mut command, SUITE_MAX).unwrap_or_else(|reason| panic!("{reason}"));
    let broken = |what: &str| -> ! { panic!("schemathesis {what}:\n{}\n{}", ended.stdout, ended.stderr) };
    let Some(report) = read(&report) else { broken("broke off") };
    if report["complete"] != true || report["operations"]["tested"] != report["operations"]["total"] {
        broken("did not test everything");
    }
    (report["test_cases"]["generated"].as_u64().unwrap_or(0).try_into().expect("it fits"), failures(&report, &ended.stdout))
}

/// The configuration beside its hooks, in a directory that the suite may write to.
fn config(scratch: &Scratch) -> std::path::PathBuf {
    for name in ["schemathesis.toml", "schemathesis_hooks.py"] {
        fs::copy(file(name), scratch.join(name)).expect("a file can be copied");
    }
    scratch.join("schemathesis.toml")
}

fn read(path: &Path) -> Option<Value> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

/// Failures, errors and warnings, with what was printed about each operation.
fn failures(report: &Value, printed: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut shown = BTreeSet::new();
    for failure in report["failures"].as_array().into_iter().flatten() {
        for operation in failure["operations"].as_array().into_iter().flatten() {
            let operation = string(operation);
            let check = format!("{}: {operation}", string(&failure["title"]));
            // What is printed of an operation has all its failures.
            let detail = if shown.insert(operation.clone()) { about(printed, &operation) } else { "See above.".to_owned() };
            findings.push(Finding { check, detail });
        }
    }
    for error in report["errors"].as_array().into_iter().flatten() {
        findings.push(Finding { check: "Error".to_owned(), detail: error.to_string() });
    }
    for (kind, operations) in report["warnings"].as_object().into_iter().flatten() {
        if operations.as_array().is_some_and(|operations| !operations.is_empty()) {
            findings.push(Finding { check: format!("Warning: {kind}"), detail: operations.to_string() });
        }
    }
    findings
}

/// The part of the printed report about an operation: from its heading to the next.
fn about(printed: &str, operation: &str) -> String {
    let is_heading = |line: &str| line.starts_with("__") && line.ends_with("__") || line.starts_with("==");
    let mut lines = printed.lines().skip_while(|line| !(is_heading(line) && line.contains(&format!(" {operation} "))));
    let _ = lines.next();
    let part: Vec<&str> = lines.take_while(|line| !is_heading(line)).collect();
    shown(&part.join("\n"))
}
