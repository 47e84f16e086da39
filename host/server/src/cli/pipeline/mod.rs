//! `doorlist pipeline`: the pipeline of a tenant as a document, one file per command.

mod apply;
mod get;
mod history;
mod plan;
mod record;
mod rollback;
mod show;
mod test;

use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde_json::Value;

use super::remote::RemoteOptions;
use crate::config::Environment;
use crate::error::Result;
use crate::remote::{Remote, segment};

/// Commands of `doorlist pipeline`.
#[derive(Args)]
#[command(after_long_help = "Environment:
  DOORLIST_OPERATOR_KEY  The key of an operator of the tenant.

A pipeline that lives in a repository:
  doorlist pipeline get --tenant TENANT > pipeline.json
  doorlist pipeline plan pipeline.json --tenant TENANT
  doorlist pipeline apply PLAN --tenant TENANT
schemas/pipeline.schema.json describes the file for editors.

The same without a server, in the repository's tests:
  doorlist pipeline record tenant.recording --tenant TENANT
  doorlist pipeline test pipeline.json --recording tenant.recording --write-expect expected.json
  doorlist pipeline test pipeline.json --recording tenant.recording --expect expected.json

Exit codes of plan, show, rollback, and test without expectations: 0 if nothing would be different; 3 if something would;
1 if it failed; 2 for a command line that is not readable. The others end with 0 if all went well.")]
pub(super) struct Pipeline {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Print the pipeline in force, or an earlier one, as a document.
    Get(get::Get),
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
            Command::Plan(plan) => plan.run(environment),
            Command::Show(show) => show.run(environment),
            Command::Apply(apply) => apply.run(environment),
            Command::History(history) => history.run(environment),
            Command::Rollback(rollback) => rollback.run(environment),
            Command::Record(record) => record.run(environment),
            Command::Test(test) => test.run(),
        }
    }
}

/// Which tenant, and where.
#[derive(Args)]
struct Target {
    /// The tenant's id.
    #[arg(long, value_name = "TENANT")]
    tenant: String,
    #[command(flatten)]
    remote: RemoteOptions,
}

/// A tenant on its server.
struct Tenant {
    remote: Remote,
    path: String,
}

impl Target {
    fn tenant(&self, environment: Environment) -> Result<Tenant> {
        Ok(Tenant { remote: self.remote.remote(environment)?, path: format!("/tenants/{}", segment(&self.tenant)) })
    }
}

impl Tenant {
    fn get(&self, path: &str) -> Result<Value> {
        Ok(self.remote.get(&format!("{}{path}", self.path))?.body)
    }

    fn post(&self, path: &str, body: &Value) -> Result<Value> {
        Ok(self.remote.post(&format!("{}{path}", self.path), body)?.body)
    }
}

/// A text of a document; empty if there is none.
fn text<'a>(document: &'a Value, name: &str) -> &'a str {
    document.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A number of a document; 0 if there is none.
fn number(document: &Value, name: &str) -> u64 {
    document.get(name).and_then(Value::as_u64).unwrap_or_default()
}

/// A count with its noun.
fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
