//! Building a project: one file per language with the commands that plugins/templates/README.md shows.
//!
//! Each language's tools are looked for before anything is run, and what is missing is told with how to get it. Knows nothing of what a plugin is.

mod c;
mod python;
mod rust;
mod typescript;

use std::fs;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

use super::project::{Language, Project};
use crate::error::{Error, Result};

/// Builds a project into its output. What the tools say goes to standard error.
///
/// The output of an earlier build goes first, so that nothing old is taken for what failed to build.
///
/// # Errors
/// If a tool is missing or fails, or the disk refuses.
pub fn build(project: &Project) -> Result<()> {
    let output = project.built();
    let failed = |cause: io::Error| Error::invalid(format!("{} cannot be written.", output.display())).with_cause(cause);
    output.parent().map_or(Ok(()), fs::create_dir_all).map_err(failed)?;
    match fs::remove_file(&output) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => return Err(failed(cause)),
        _ => {}
    }
    match project.language {
        Language::Rust => rust::build(project),
        Language::TypeScript => typescript::build(project),
        Language::Python => python::build(project),
        Language::C => c::build(project),
    }?;
    if output.is_file() { Ok(()) } else { Err(Error::conflict(format!("The tools made no {}.", output.display()))) }
}

/// A command in the project's directory.
///
/// A program that is named by a path within the project is found there, wherever this process is.
fn command(project: &Project, program: impl AsRef<Path>) -> Command {
    let program = program.as_ref();
    let within = program.components().count() > 1 && program.is_relative();
    let whole = within.then(|| std::path::absolute(project.directory.join(program)).ok()).flatten();
    let mut command = Command::new(whole.as_deref().unwrap_or(program));
    command.current_dir(&project.directory).stdin(Stdio::null());
    command
}

/// Runs a command to its end. What it prints is for people, and goes to standard error.
fn run(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status =
        command.stdout(io::stderr()).status().map_err(|cause| Error::conflict(format!("{name} does not start.")).with_cause(cause))?;
    if status.success() { Ok(()) } else { Err(Error::conflict(format!("{name} failed; what it said is above."))) }
}

/// What a program prints, if it is there and ends well.
fn says(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Whether a program is there: it starts and says its version.
fn is_there(project: &Project, program: &str, arguments: &[&str]) -> bool {
    says(command(project, program).args(arguments)).is_some()
}

/// A tool is missing.
fn missing(language: Language, what: &str, how: &str) -> Error {
    Error::invalid(format!("{language} needs {what}, which is not here. {how}"))
}
