//! The command line, one file per command.
//!
//! Knows nothing of how a command does what it does, except what to print of it.

mod compile;
mod demo;
mod explain;
mod holds;
mod pipeline;
mod plugin;
mod remote;
mod serve;
mod tenant;
mod would;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::Environment;
use crate::error::{Error, Result};
use crate::telemetry;

/// A SCIM 2.0 service provider for many tenants, with sandboxed policies.
#[derive(Parser)]
#[command(name = "doorlist", version, disable_help_subcommand = true)]
#[command(after_long_help = "Environment:
  DOORLIST_LOG  What is logged to standard error: a level (error, warn, info,
                debug, trace), or levels by module, as in doorlist=debug,warn.
                Without it: info.")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make machine code of a plugin.
    #[command(hide = true)]
    Compile(compile::Compile),
    /// Show what Doorlist does, with a JumpCloud that is played.
    Demo(demo::Demo),
    /// Explain why the directory has a user or group as it has, or has not.
    Explain(explain::Explain),
    /// List, release and discard what the guard against mass removals holds.
    Holds(holds::Holds),
    /// Plan, apply, roll back, watch and test the pipeline of a tenant.
    Pipeline(pipeline::Pipeline),
    /// Write, build, test and upload policies.
    Plugin(plugin::Plugin),
    /// Run the server.
    Serve(serve::Serve),
}

/// Runs the command that the process was started with, and gives its exit code: 0 if all went well, 1 if not, 2 for a command line that is not readable.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let command = match cli.command {
        // Before anything else is done: it limits itself first.
        Command::Compile(compile) => return compile.run(),
        command => command,
    };
    match run(command) {
        Ok(code) => code,
        Err(error) => {
            // Whoever runs the program may see the cause.
            let cause = error.cause().map(|cause| format!(" ({cause})")).unwrap_or_default();
            // There is nowhere left to say that standard error is closed.
            let _ = writeln!(std::io::stderr(), "doorlist: {error}{cause}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<ExitCode> {
    let environment = Environment::read()?;
    telemetry::start(&environment.log)?;
    match command {
        // It is run before there is an environment.
        Command::Compile(_) => {}
        Command::Demo(demo) => demo.run()?,
        Command::Explain(explain) => return explain.run(environment),
        Command::Holds(holds) => return holds.run(environment),
        Command::Pipeline(pipeline) => return pipeline.run(environment),
        Command::Plugin(plugin) => return plugin.run(environment),
        Command::Serve(serve) => serve.run(environment)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// A text that others wrote, without what a terminal obeys: control characters, and those that turn the direction of writing around.
fn plain_letters(text: &str) -> String {
    let obeyed = |letter: char| letter.is_control() || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|letter| if obeyed(letter) { '\u{fffd}' } else { letter }).collect()
}

/// Prints a line to standard output.
///
/// # Errors
/// If nobody reads it.
fn say(line: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).map_err(Error::internal)
}

/// This program, to be started again: the file that runs, even if another has its name by now.
///
/// # Errors
/// If the system does not say.
fn program() -> Result<PathBuf> {
    const RUNNING: &str = "/proc/self/exe";
    let running = PathBuf::from(RUNNING);
    if running.exists() { Ok(running) } else { std::env::current_exe().map_err(Error::internal) }
}

/// A runtime for async code, ended with what it returns.
///
/// # Errors
/// If it cannot be started.
fn runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Error::internal)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    /// The manual page for readers.
    const COPY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/cli.md");

    /// Columns of its help texts, which otherwise are as wide as the terminal.
    const COLUMNS: usize = 100;

    /// The help of a command and of those below it.
    fn describe(command: &mut clap::Command, text: &mut String) {
        let help = command.render_long_help().to_string();
        let help = help.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
        let title = command.get_bin_name().unwrap_or("doorlist");
        text.push_str(&format!("\n## {title}\n\n```text\n{}\n```\n", help.trim_end()));
        for below in command.get_subcommands_mut().filter(|command| !command.is_hide_set()) {
            describe(below, text);
        }
    }

    fn manual() -> String {
        let mut command = Cli::command().term_width(COLUMNS);
        command.build();
        let mut text = "# The command line\n\nMade from the program's own help; a test compares the two.\n".to_owned();
        describe(&mut command, &mut text);
        text
    }

    #[test]
    fn the_manual_says_the_same_as_the_help() {
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(COPY, manual()).unwrap();
        }
        let copy = std::fs::read_to_string(COPY).unwrap();
        assert!(copy == manual(), "docs/cli.md is out of date: run the tests once with UPDATE=1");
    }

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
