//! `doorlist pipeline`: the pipeline of a tenant as a document, one file per command.

mod apply;
mod get;
mod history;
mod monitor;
mod plan;
mod record;
mod rollback;
mod schema;
mod shadow;
mod show;
mod stuck;
mod test;

use std::path::Path;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde_json::Value;

use super::tenant::{DIFFERENT, Target, Tenant, counted, number, text};
use crate::config::Environment;
use crate::error::{Error, Result};
use crate::kit::file;
use crate::limits::BODY_BYTES_MAX;

/// Commands of `doorlist pipeline`.
#[derive(Args)]
#[command(after_long_help = "Environment:
  DOORLIST_OPERATOR_KEY  The key of an operator of the tenant.

A pipeline that lives in a repository:
  doorlist pipeline get --tenant TENANT > pipeline.json
  doorlist pipeline plan pipeline.json --tenant TENANT
  doorlist pipeline apply PLAN --tenant TENANT
schemas/pipeline.schema.json describes the file for editors; with the settings of the tenant's plugins in it:
  doorlist pipeline schema --tenant TENANT > pipeline.schema.json

What is not to have effect yet is watched first: a policy in monitor mode, or a whole pipeline in shadow of the one in force:
  doorlist pipeline monitor show --tenant TENANT
  doorlist pipeline shadow set pipeline.json --tenant TENANT

The same without a server, in the repository's tests:
  doorlist pipeline record tenant.recording --tenant TENANT
  doorlist pipeline test pipeline.json --recording tenant.recording --write-expect expected.json
  doorlist pipeline test pipeline.json --recording tenant.recording --expect expected.json

Exit codes of plan, show, rollback, monitor show, shadow set, shadow show, and test without expectations: 0 if nothing would be
different; 3 if something would; 1 if it failed; 2 for a command line that is not readable. The others end with 0 if all
went well.")]
pub(super) struct Pipeline {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Print the pipeline in force, or an earlier one, as a document.
    Get(get::Get),
    /// Print the JSON Schema of such a document, with the settings of the tenant's plugins in it.
    Schema(schema::Schema),
    /// Show what a pipeline would make of the directory, without touching it.
    Plan(plan::Plan),
    /// Show a plan that was made.
    Show(show::Show),
    /// Put the pipeline of a plan, and wait until the directory follows it.
    Apply(apply::Apply),
    /// List who put which pipeline when, and what became of it.
    History(history::History),
    /// Plan the way back to an earlier pipeline.
    Rollback(rollback::Rollback),
    /// Show what policies in monitor mode would do, and give them effect.
    Monitor(monitor::Monitor),
    /// Have a pipeline in shadow of the one in force, and put it in force.
    Shadow(shadow::Shadow),
    /// List whom a policy's fault keeps at what was last projected.
    Stuck(stuck::Stuck),
    /// Write inventory and directory of a tenant to a file, with other names in place of the real ones.
    Record(record::Record),
    /// Try a pipeline on a recording, without a server, and hold what comes of it against what should.
    Test(test::Test),
}

impl Pipeline {
    /// Does it.
    pub(super) fn run(self, environment: Environment) -> Result<ExitCode> {
        match self.command {
            Command::Get(get) => get.run(environment),
            Command::Schema(schema) => schema.run(environment),
            Command::Plan(plan) => plan.run(environment),
            Command::Show(show) => show.run(environment),
            Command::Apply(apply) => apply.run(environment),
            Command::History(history) => history.run(environment),
            Command::Rollback(rollback) => rollback.run(environment),
            Command::Monitor(monitor) => monitor.run(environment),
            Command::Shadow(shadow) => shadow.run(environment),
            Command::Stuck(stuck) => stuck.run(environment),
            Command::Record(record) => record.run(environment),
            Command::Test(test) => test.run(),
        }
    }
}

/// The document of a pipeline in a file.
///
/// # Errors
/// If it cannot be read, or is no JSON.
fn document(path: &Path) -> Result<Value> {
    let text = file::read_text(path, BODY_BYTES_MAX as u64)?;
    serde_json::from_str(&text).map_err(|cause| Error::invalid(format!("{} is not JSON: {cause}.", path.display())))
}

/// What came of a revision: its changes, and of how many the directory does not follow it.
fn came_of(outcome: &Value) -> String {
    let mut told = counted(number(outcome, "events"), "change", "changes");
    for left in ["held", "stuck"] {
        match number(outcome, left) {
            0 => {}
            count => told.push_str(&format!(", {count} {left}")),
        }
    }
    told
}
