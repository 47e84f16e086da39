//! `doorlist pipeline apply`.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};

use super::{Target, Tenant, came_of, number, text};
use crate::cli::say;
use crate::config::Environment;
use crate::error::{Error, Result};
use crate::limits::{CLI_LOOK_MS, CLI_LOOKS_PER_LINE};
use crate::remote::segment;

/// Options of `doorlist pipeline apply`.
#[derive(Args)]
#[command(
    after_long_help = "If inventory, directory or pipeline have moved since the plan was made, the server computes it again, and refuses if it
would do what the plan does not show. Then there is a newer plan to look at, which the refusal names. Interrupted, the
command leaves the server going on; history says how far it is. Held are members that wait for an operator's decision on
whether they go, stuck are users and groups that a policy's fault keeps as they were: of them the directory is as before."
)]
pub(super) struct Apply {
    /// The plan's id.
    #[arg(value_name = "PLAN")]
    plan: String,
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    consent: Consent,
}

/// What putting a pipeline in force wants of an operator.
#[derive(Args)]
pub(super) struct Consent {
    /// Accept that so many members are removed or suspended, if they are more than the tenant's guard lets pass.
    #[arg(long, value_name = "COUNT")]
    accept_removals: Option<u64>,
    /// Do not wait until the directory follows the pipeline.
    #[arg(long)]
    no_wait: bool,
}

impl Apply {
    pub(super) fn run(self, environment: Environment) -> Result<ExitCode> {
        self.consent.put(&self.target.tenant(environment)?, &format!("/pipeline/plans/{}/apply", segment(&self.plan)))
    }
}

impl Consent {
    /// Posts to what puts a pipeline in force, and waits until the directory follows that.
    pub(super) fn put(&self, tenant: &Tenant, path: &str) -> Result<ExitCode> {
        let body = self.accept_removals.map_or_else(|| json!({}), |count| json!({"acceptRemovals": count}));
        let applied = tenant.post(path, &body)?;
        let revision = applied.get("pipeline").map(|pipeline| number(pipeline, "revision")).unwrap_or_default();
        say(&format!("Revision {revision} of the pipeline is in force."))?;
        if !self.no_wait {
            wait(tenant, revision)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Waits until the directory follows a revision, and shows how far it is: in place on a terminal, else by a line now and then.
fn wait(tenant: &Tenant, revision: u64) -> Result<()> {
    let terminal = std::io::stderr().is_terminal();
    let mut looks: u64 = 0;
    loop {
        let pipeline = tenant.get(&format!("/pipeline/revisions/{revision}"))?;
        let outcome = pipeline.get("outcome").cloned().unwrap_or_default();
        match text(&outcome, "state") {
            "applying" => {
                looks += 1;
                match progress(&outcome) {
                    Some(progress) if terminal => eprint(&format!("\r\x1b[K{progress}"))?,
                    Some(progress) if looks.is_multiple_of(CLI_LOOKS_PER_LINE) => eprint(&format!("{progress}\n"))?,
                    _ => {}
                }
                std::thread::sleep(Duration::from_millis(CLI_LOOK_MS));
            }
            state => {
                if terminal {
                    eprint("\r\x1b[K")?;
                }
                if state == "superseded" {
                    return Err(Error::conflict("Another pipeline was put before the directory followed this one."));
                }
                return say(&format!("The directory follows it: {}.", came_of(&outcome)));
            }
        }
    }
}

fn progress(outcome: &Value) -> Option<String> {
    let progress = outcome.get("progress")?;
    Some(format!("{} of {} users and groups", number(progress, "done"), number(progress, "total")))
}

/// Prints to standard error, without a new line.
pub(super) fn eprint(text: &str) -> Result<()> {
    let mut out = std::io::stderr().lock();
    write!(out, "{text}").and_then(|()| out.flush()).map_err(Error::internal)
}
