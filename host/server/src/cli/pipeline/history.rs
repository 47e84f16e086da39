//! `doorlist pipeline history`.

use std::process::ExitCode;

use clap::Args;
use serde_json::Value;

use super::{Target, came_of, counted, number, text};
use crate::cli::say;
use crate::config::Environment;
use crate::error::{Error, Result};

/// Options of `doorlist pipeline history`.
#[derive(Args)]
#[command(
    after_long_help = "The end of a line is what came of the revision: applying while the directory does not follow it yet, applied, or superseded
by another one before that; the changes that it made; and how many were held or stuck then, of whom the directory is as before."
)]
pub(super) struct History {
    #[command(flatten)]
    target: Target,
    /// How many of the newest revisions.
    #[arg(long, value_name = "COUNT", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=1_000))]
    limit: u64,
    /// Print them as JSON, with their policies.
    #[arg(long)]
    json: bool,
}

impl History {
    pub(super) fn run(self, environment: Environment) -> Result<ExitCode> {
        let page = self.target.tenant(environment)?.get(&format!("/pipeline/revisions?limit={}", self.limit))?;
        let revisions = page.get("items").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        if self.json {
            say(&serde_json::to_string_pretty(revisions).map_err(Error::internal)?)?;
        } else {
            revisions.iter().try_for_each(|revision| say(&line(revision)))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// A revision in one line.
fn line(revision: &Value) -> String {
    let actor = revision.get("actor").map(|actor| match text(actor, "kind") {
        "operator" => match (text(actor, "key"), actor.get("person")) {
            (_, Some(person)) => {
                let known = ["name", "email", "subject"].into_iter().map(|name| text(person, name)).find(|text| !text.is_empty());
                known.unwrap_or_default().to_owned()
            }
            ("", None) => "the environment's key".to_owned(),
            (key, None) => format!("key {key}"),
        },
        "system" => "Doorlist".to_owned(),
        other => other.to_owned(),
    });
    let policies = revision.get("policies").and_then(Value::as_array).map_or(0, Vec::len) as u64;
    let outcome = revision.get("outcome").map(|outcome| format!("{}, {}", text(outcome, "state"), came_of(outcome)));
    let plan = match text(revision, "plan") {
        "" => "without a plan".to_owned(),
        plan => format!("plan {plan}"),
    };
    format!(
        "{:>5}  {}  {}  {}  {plan}  {}",
        number(revision, "revision"),
        text(revision, "created"),
        actor.unwrap_or_default(),
        counted(policies, "policy", "policies"),
        outcome.unwrap_or_default()
    )
}
