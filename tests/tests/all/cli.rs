//! The command line: help that reads well, refusals that say why, and the demo.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use doorlist_tests::server::command;
use doorlist_tests::{Nobody, Scratch};

/// Columns of a terminal that nobody has to widen.
const COLUMNS_MAX: usize = 100;

/// What a command line prints and how it ends.
fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = command().args(arguments).output().expect("the program can be started");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// The commands that the help lists.
fn commands() -> Vec<String> {
    let (_, help, _) = run(&["--help"]);
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.trim().is_empty());
    listed.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

#[test]
fn every_command_has_help() {
    let commands = commands();
    assert!(commands.iter().any(|command| command == "serve"), "{commands:?}");
    let mut lines = vec![vec!["--help".to_owned()]];
    lines.extend(commands.into_iter().map(|command| vec![command, "--help".to_owned()]));
    for line in lines {
        let arguments: Vec<&str> = line.iter().map(String::as_str).collect();
        let (code, stdout, stderr) = run(&arguments);
        assert_eq!((code, stderr.as_str()), (Some(0), ""), "{line:?}");
        assert!(stdout.contains("Usage: doorlist"), "{line:?}: {stdout}");
        for text in stdout.lines() {
            assert!(text.chars().count() <= COLUMNS_MAX, "{line:?} is too wide: {text}");
        }
        // Every option says what it does.
        for option in stdout.lines().filter(|text| text.trim_start().starts_with("--")) {
            let described = option.split_whitespace().count() > 2
                || stdout.lines().skip_while(|text| *text != option).nth(1).is_some_and(|next| !next.trim().is_empty());
            assert!(described, "{line:?}: {option}");
        }
    }
}

#[test]
fn the_version_is_told() {
    let (code, stdout, stderr) = run(&["--version"]);
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    let version = stdout.trim().strip_prefix("doorlist ").expect("a version starts with the name");
    assert_eq!(version.split('.').count(), 3, "{version}");
}

#[test]
fn wrong_command_lines_are_refused() {
    for arguments in
        [&[][..], &["nonsense"], &["--nonsense"], &["serve", "nonsense"], &["serve", "--cache-mib", "0"], &["serve", "--cache-mib", "many"]]
    {
        let (code, stdout, stderr) = run(arguments);
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{arguments:?}: {stderr}");
        assert!(stderr.contains("--help") || stderr.contains("Usage: doorlist"), "{arguments:?}: {stderr}");
    }
}

/// The row of the printed directory that starts with `name`, as words.
#[track_caller]
fn row<'a>(printed: &'a str, name: &str) -> Vec<&'a str> {
    let mut rows = printed.lines().map(|line| line.split_whitespace().collect::<Vec<_>>()).filter(|words| words.first() == Some(&name));
    let row = rows.next().unwrap_or_else(|| panic!("{name} is not in the table:\n{printed}"));
    assert!(rows.next().is_none(), "{name} is there twice:\n{printed}");
    row
}

/// The line that says why a user or group is not there.
#[track_caller]
fn reason(printed: &str, kind: &str, name: &str) -> String {
    let start = format!("{kind} {name} ");
    let lines = printed.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    let found: Vec<String> = lines.filter(|line| line.starts_with(&start)).collect();
    assert_eq!(found.len(), 1, "{kind} {name} is not explained once:\n{printed}");
    found[0][start.len()..].to_owned()
}

/// The demo plays the whole of the main job and shows what came of it.
#[test]
fn the_demo_shows_the_directory_and_the_reasons() {
    let temporary = Scratch::new();
    let output = command().args(["demo", "--exit"]).env("TMPDIR", temporary.path()).output().expect("the program can be started");
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let logged = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{printed}\n{logged}");
    assert!(!logged.contains("ERROR") && !logged.contains("panicked"), "{logged}");
    for line in printed.lines() {
        assert!(line.chars().count() <= COLUMNS_MAX, "too wide: {line}");
    }
    assert!(printed.contains("/scim/v2") && printed.contains("dl_scim_"), "base URL and token are shown:\n{printed}");
    let header = printed.lines().find(|line| line.contains("userName") && line.contains("status")).expect("there is a table");
    for column in ["userName", "name", "status", "role", "groups"] {
        assert!(header.contains(column), "{header}");
    }
    let ada = row(&printed, "ada.martin@example.com");
    assert!(ada.contains(&"active") && ada.contains(&"user") && ada.iter().any(|word| word.starts_with("NB-Staff")), "{ada:?}");
    assert!(row(&printed, "paul.jensen@example.com").contains(&"suspended"), "JumpCloud suspended him");
    let noah = row(&printed, "noah.dubois@example.com");
    assert!(noah.contains(&"active") && noah.contains(&"admin"), "role protection kept him: {noah:?}");
    assert!(row(&printed, "ines.duarte@example.com").iter().any(|word| word.starts_with("NB-Sales")), "the renamed group came in");
    for name in ["quinn.walker", "rosa.vidal", "sam.fischer", "tara.singh", "olga.nowak"] {
        let reason = reason(&printed, "user", &format!("{name}@example.com"));
        assert!(reason.contains("NB-Staff"), "{name}: {reason}");
        assert!(!printed.lines().any(|line| line.trim_start().starts_with(name)), "{name} is in the table");
    }
    assert!(reason(&printed, "group", "Marketing").contains("NB-"));
    assert_eq!(temporary.files(), Vec::new(), "nothing is left behind");
}

/// Without `--exit` it goes on until Ctrl-C.
#[test]
fn the_demo_serves_until_it_is_interrupted() {
    let temporary = Scratch::new();
    let mut demo = command().arg("demo").env("TMPDIR", temporary.path()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    // Kept open to the end: whoever closes a pipe ends the writer.
    let mut lines = BufReader::new(demo.stdout.take().unwrap()).lines().map_while(Result::ok);
    let printed: Vec<String> = lines.by_ref().take_while(|line| !line.contains("Ctrl-C")).collect();
    let url = printed.iter().find_map(|line| line.trim().strip_prefix("Base URL")).expect("the base URL is printed").trim();
    let address = url.trim_start_matches("http://").split('/').next().unwrap();
    let health = Nobody::new(address).get("/healthz");
    assert_eq!(health.status, 200, "{health}");
    let script = format!("kill -s INT {}", demo.id());
    assert!(Command::new("sh").args(["-c", &script]).status().unwrap().success());
    assert_eq!(demo.wait().unwrap().code(), Some(0));
    assert_eq!(lines.count(), 0, "it goes without a word");
    assert_eq!(temporary.files(), Vec::new(), "nothing is left behind");
}
