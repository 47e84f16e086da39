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

/// Names what a build is making until it is whole. Behind the name of the output, so that it is made on the same disk.
const PART: &str = "part";

/// Builds a project into its output. What the tools say goes to standard error.
///
/// The output is replaced once there is another: a build that fails, or that is stopped, leaves that of an earlier one as it is. The error says that it does.
///
/// # Errors
/// If a tool is missing or fails, or the disk refuses.
pub fn build(project: &Project) -> Result<()> {
    let output = project.built();
    make(project).map_err(|error| {
        if output.is_file() { error.with_sentence(&format!("{} is that of an earlier build.", output.display())) } else { error }
    })
}

/// Has the tools make the output under another name, and then gives it its own.
fn make(project: &Project) -> Result<()> {
    let output = project.built();
    let part = Project { output: project.output.with_added_extension(PART), ..project.clone() };
    let made = part.built();
    let failed = |cause: io::Error| Error::invalid(format!("{} cannot be written.", output.display())).with_cause(cause);
    output.parent().map_or(Ok(()), fs::create_dir_all).map_err(failed)?;
    // What a build that was stopped left is not to be taken for what this one makes.
    remove(&made).map_err(failed)?;
    let built = match part.language {
        Language::Rust => rust::build(&part),
        Language::TypeScript => typescript::build(&part),
        Language::Python => python::build(&part),
        Language::C => c::build(&part),
    };
    match built {
        Ok(()) if !made.is_file() => Err(Error::conflict(format!("The tools made no {}.", output.display()))),
        Ok(()) => fs::rename(&made, &output).map_err(failed),
        Err(error) => {
            // Half of it is of no use. If it stays, the next build removes it.
            let _ = remove(&made);
            Err(error)
        }
    }
}

/// Removes a file, which need not be there.
fn remove(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(cause),
        _ => Ok(()),
    }
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
