//! The policies in examples/: each builds, does what its cases say in the sandbox, and passes its own tests.
//!
//! Built and run as an author would, by the commands that its README names. An example whose tools this machine has not and cannot get is
//! skipped, and says so on standard error.

use std::fs;
use std::process::Command;

use doorlist_tests::examples::{ALL, build, root, succeed};
use doorlist_tests::server::command;
use doorlist_tests::tools::{self, Language};

/// Builds an example and runs its cases and its own tests.
#[track_caller]
fn example(name: &str) {
    let built = match build(name) {
        Ok(built) => built,
        Err(absent) => return tools::report(&format!("examples/{name}"), &absent),
    };
    let run = |command: &mut Command| succeed(command, &built.project, &built.environment);
    run(command().args(["plugin", "test"]));
    let program = |words: &[&str]| {
        let mut command = Command::new(words[0]);
        command.args(&words[1..]);
        command
    };
    match Language::of(&built.project) {
        Language::Rust => run(&mut program(&["cargo", "test", "--quiet"])),
        Language::TypeScript => run(&mut program(&["npm", "test"])),
        Language::Python => run(&mut program(&[".venv/bin/python", "-m", "unittest", "discover", "test"])),
        Language::C => {
            run(&mut program(&["cc", "-std=c17", "-I../../plugins/c", "test/policy_test.c", "-o", "build/policy_test"]));
            run(&mut Command::new(built.project.join("build/policy_test")));
        }
    }
}

#[test]
fn contractors_group() {
    example("contractors-group");
}

#[test]
fn department_to_group() {
    example("department-to-group");
}

#[test]
fn email_domain_allow_list() {
    example("email-domain-allow-list");
}

#[test]
fn name_normalisation() {
    example("name-normalisation");
}

#[test]
fn nested_teams() {
    example("nested-teams");
}

#[test]
fn role_by_group() {
    example("role-by-group");
}

#[test]
fn every_example_is_here_and_says_what_it_is() {
    let mut there: Vec<String> = fs::read_dir(root().join("examples"))
        .expect("examples/ can be listed")
        .map(|entry| entry.expect("examples/ can be listed"))
        .filter(|entry| entry.path().join("doorlist-plugin.json").exists())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    there.sort();
    assert_eq!(there, ALL.map(|(name, _)| name));
    for (name, language) in ALL {
        let project = root().join("examples").join(name);
        assert_eq!(Language::of(&project), language, "{name}");
        let readme = fs::read_to_string(project.join("README.md")).expect("an example has a README");
        assert!(readme.starts_with(&format!("# {name}\n")), "{name}");
        // One screen.
        assert!(readme.lines().count() <= 40, "{name}: {} lines", readme.lines().count());
        for word in ["| setting |", "Reads ", "writes "] {
            assert!(readme.contains(word), "{name}: the README does not say {word:?}");
        }
        let cases = fs::read_dir(project.join("cases")).expect("an example has cases").count();
        assert!(cases > 0, "{name} has no cases");
    }
    let languages: Vec<Language> = ALL.iter().map(|(_, language)| *language).collect();
    for language in Language::ALL {
        assert!(languages.contains(&language), "no example in {language}");
    }
}
