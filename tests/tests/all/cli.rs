//! The command line: help that reads well, and refusals that say why.

use doorlist_tests::server::command;

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
            let described = option.split_whitespace().count() > 2 || stdout.lines().skip_while(|text| *text != option).nth(1).is_some_and(|next| !next.trim().is_empty());
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
    for arguments in [&[][..], &["nonsense"], &["--nonsense"], &["serve", "nonsense"], &["serve", "--cache-mib", "0"], &["serve", "--cache-mib", "many"]] {
        let (code, stdout, stderr) = run(arguments);
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{arguments:?}: {stderr}");
        assert!(stderr.contains("--help") || stderr.contains("Usage: doorlist"), "{arguments:?}: {stderr}");
    }
}
