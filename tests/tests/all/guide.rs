//! plugins/README.md says what is so: its numbers are the limits, its JSON is the contract's.

use std::fs;
use std::path::Path;

use doorlist::policy::limits::*;
use doorlist::policy::{Attribute, KEYWORDS_REFUSED, Value};
use doorlist::policy::{CallLimits, GroupChange, GroupEffect, LoadLimits, Status, Tier, UserChange, UserEffect, json};
use serde_json::Value as Json;

fn guide() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins/README.md");
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The rows of the table whose first heading is `of`, each as its cells.
fn table(guide: &str, of: &str) -> Vec<Vec<String>> {
    let cells = |line: &str| -> Vec<String> { line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect() };
    let mut lines = guide.lines().skip_while(|line| !line.starts_with(&format!("| {of} |"))).skip(2).peekable();
    assert!(lines.peek().is_some(), "the guide has no table of {of:?}");
    lines.take_while(|line| line.starts_with('|')).map(cells).collect()
}

/// The JSON of the guide's block that is marked with a word.
fn block(guide: &str, word: &str) -> Json {
    let lines = guide.lines().skip_while(|line| *line != format!("```json {word}")).skip(1);
    let text: Vec<&str> = lines.take_while(|line| *line != "```").collect();
    serde_json::from_str(&text.join("\n")).unwrap_or_else(|error| panic!("the guide's {word} is no JSON: {error}"))
}

fn bytes(number: usize) -> String {
    match number {
        _ if number >= 1 << 20 && number.is_multiple_of(1 << 20) => format!("{} MiB", number >> 20),
        _ if number >= 1 << 10 && number.is_multiple_of(1 << 10) => format!("{} KiB", number >> 10),
        _ => format!("{number} bytes"),
    }
}

fn count(number: usize) -> String {
    if number < 1_000 { number.to_string() } else { format!("{},{:03}", number / 1_000, number % 1_000) }
}

fn ms(number: u64) -> String {
    format!("{number} ms")
}

/// Each row of the guide, and none else.
#[track_caller]
fn compare(of: &str, rows: &[(&str, Vec<String>)]) {
    let expected: Vec<Vec<String>> = rows.iter().map(|(what, cells)| [vec![(*what).to_owned()], cells.clone()].concat()).collect();
    assert_eq!(table(&guide(), of), expected);
}

#[test]
fn the_guides_limits_of_a_call_are_the_limits() {
    let CallLimits { project_ms, configure_ms, memory_bytes, table_elements, instances, answer_bytes, log_bytes } = CallLimits::default();
    let one = |text: String| vec![text];
    compare(
        "of a call",
        &[
            ("Making an instance", one(ms(START_MS_MAX))),
            ("`describe`", one(ms(DESCRIBE_MS_MAX))),
            ("`configure` *", one(ms(configure_ms))),
            ("A user or group *", one(ms(project_ms))),
            ("Memory of an instance *", one(bytes(memory_bytes))),
            ("Elements of a table *", one(count(table_elements))),
            ("Core instances in an instance *", one(count(instances as usize))),
            ("Stack", one(bytes(STACK_BYTES_MAX))),
            ("An answer *", one(bytes(answer_bytes))),
            ("Changes in an answer", one(count(CHANGES_MAX))),
            ("A name, id, role, path or text in a change", one(bytes(TEXT_BYTES_MAX))),
            ("The name of a group that policies add", one(bytes(GROUP_NAME_BYTES_MAX))),
            ("A complex value in a change", one(bytes(JSON_BYTES_MAX))),
            ("Values in an answer in JSON", one(count(JSON_VALUES_MAX))),
        ],
    );
    compare(
        "of what people read",
        &[
            ("A reason", one(bytes(REASON_BYTES_MAX))),
            ("Problems with settings", one(count(PROBLEMS_MAX))),
            ("The message of a problem", one(bytes(MESSAGE_BYTES_MAX))),
            ("Lines printed about one item", one(count(LOG_LINES_MAX))),
            ("One of the lines", one(bytes(LOG_LINE_BYTES_MAX))),
            ("All of them *", one(bytes(log_bytes))),
        ],
    );
    let batch = format!("takes up to {} subjects", doorlist::limits::PROJECTION_CHUNK_MAX);
    assert!(guide().contains(&batch), "{batch}");
}

#[test]
fn the_guides_limits_of_an_upload_are_the_limits() {
    let both = |of: &dyn Fn(Tier) -> String| [Tier::Small, Tier::Large].map(of).to_vec();
    let seconds = |tier| format!("{} s", LoadLimits::of(tier).compile_ms / 1_000);
    compare(
        "of an upload",
        &[
            ("The file", both(&|tier| bytes(tier.caps().wasm_bytes))),
            ("Functions", both(&|tier| count(tier.caps().functions as usize))),
            ("One function", both(&|tier| bytes(tier.caps().function_bytes))),
            ("Locals of a function", both(&|tier| count(tier.caps().locals as usize))),
            ("Core modules", both(&|tier| count(tier.caps().modules as usize))),
            ("Memories", both(&|_| count(MEMORIES_MAX as usize))),
            ("Tables", both(&|_| count(TABLES_MAX as usize))),
            ("Compiling, processor time", both(&seconds)),
            ("Machine code", both(&|tier| bytes(LoadLimits::of(tier).compiled_bytes))),
        ],
    );
    let one = |text: String| vec![text];
    compare(
        "of what it says",
        &[
            ("Its name", one(bytes(NAME_BYTES_MAX))),
            ("Its version", one(bytes(VERSION_BYTES_MAX))),
            ("Its description", one(bytes(DESCRIPTION_BYTES_MAX))),
            ("Entries of `reads`, entries of `writes`", one(count(WORDS_MAX))),
            ("An entry of `reads`", one(bytes(PATH_BYTES_MAX))),
            ("Settings, JSON Schema of settings", one(bytes(SETTINGS_BYTES_MAX))),
            ("Depth of settings and JSON Schema", one(count(SETTINGS_DEPTH_MAX))),
            ("Values of a JSON Schema, references followed", one(count(SCHEMA_VALUES_MAX as usize))),
            ("Patterns of a JSON Schema, references followed", one(count(SCHEMA_PATTERNS_MAX as usize))),
        ],
    );
}

#[test]
fn the_guides_items_are_what_plugins_are_given() {
    let guide = guide();
    let user = block(&guide, "user");
    assert_eq!(json::user_to_json(&json::user(&user).expect("the guide's user is one")), user);
    let group = block(&guide, "group");
    assert_eq!(json::group_to_json(&json::group(&group).expect("the guide's group is one")), group);
    for case in block(&guide, "cases").as_array().expect("cases are an array") {
        if let Some(user) = case.get("user") {
            json::user(user).expect("the guide's case has a user");
        }
    }
}

/// Every change there is, in the order of the contract, with the guide's values and reasons.
#[test]
fn the_guides_changes_are_all_there_are() {
    let guide = guide();
    let listed = block(&guide, "user-changes");
    let text = |at: usize| listed[at]["value"].as_str().unwrap_or_default().to_owned();
    let attribute = Attribute { path: "title".to_owned(), value: Value::Text("Countess".to_owned()) };
    let effects = [
        UserEffect::Include,
        UserEffect::Exclude,
        UserEffect::SetStatus(Status::Suspended),
        UserEffect::SetRole(text(3)),
        UserEffect::AddGroup(text(4)),
        UserEffect::RemoveGroup(text(5)),
        UserEffect::AddNamedGroup(text(6)),
        UserEffect::RemoveNamedGroup(text(7)),
        UserEffect::SetUserName(text(8)),
        UserEffect::SetDisplayName(text(9)),
        UserEffect::SetAttribute(attribute),
        UserEffect::RemoveAttribute(text(11)),
    ];
    let reason = |listed: &Json, at: usize| listed[at]["reason"].as_str().unwrap_or_default().to_owned();
    let made: Vec<Json> = effects
        .into_iter()
        .enumerate()
        .map(|(at, effect)| json::user_change_to_json(&UserChange { effect, reason: reason(&listed, at) }))
        .collect();
    assert_eq!(Json::from(made), listed);

    let listed = block(&guide, "group-changes");
    let name = listed[2]["value"].as_str().unwrap_or_default().to_owned();
    let effects = [GroupEffect::Include, GroupEffect::Exclude, GroupEffect::SetDisplayName(name)];
    let made: Vec<Json> = effects
        .into_iter()
        .enumerate()
        .map(|(at, effect)| json::group_change_to_json(&GroupChange { effect, reason: reason(&listed, at) }))
        .collect();
    assert_eq!(Json::from(made), listed);
}

/// What the contract has and the guide does not name, an author cannot find.
#[test]
fn the_guide_names_every_word_of_the_contract() {
    let guide = guide();
    let reads = ["id", "externalId", "userName", "displayName", "groups", "current", "view", "facts", "attributes"];
    let writes = ["included", "status", "role", "groups", "userName", "displayName", "attributes"];
    let functions = ["describe", "configure", "project-user", "project-group", "user", "group"];
    for word in reads.iter().chain(&writes).chain(&functions) {
        assert!(guide.contains(&format!("`{word}`")), "{word}");
    }
    for command in ["new", "build", "test", "inspect", "push", "bench"] {
        assert!(guide.contains(&format!("plugin {command}")), "doorlist plugin {command}");
    }
    let (_, refused) = guide.split_once("These keywords are refused").expect("the guide lists what schemas may not have");
    let refused: Vec<&str> = refused.split(';').next().unwrap_or_default().split('`').skip(1).step_by(2).collect();
    assert_eq!(refused, KEYWORDS_REFUSED);
    let manifest = block(&guide, "manifest");
    let members: Vec<&String> = manifest.as_object().expect("a manifest is an object").keys().collect();
    assert_eq!(members, ["description", "name", "reads", "settingsSchema", "version", "writes"]);
    assert!(block(&guide, "problems")[0].get("pointer").is_some());
}
