//! `doorlist pipeline show`, and how a plan is shown.

use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use super::{DIFFERENT, Target, Tenant, number, text};
use crate::cli::say;
use crate::config::Environment;
use crate::error::{Error, Result};
use crate::limits::CLI_ITEMS_SHOWN;
use crate::remote::segment;

/// Options of `doorlist pipeline show`.
#[derive(Args)]
pub(super) struct Show {
    /// The plan's id.
    #[arg(value_name = "PLAN")]
    plan: String,
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    shown: Shown,
}

/// How much of a plan is shown, and for whom.
#[derive(Args)]
pub(super) struct Shown {
    /// Show every difference, not only the first ones.
    #[arg(long)]
    pub(super) all: bool,
    /// Print the plan and its differences as JSON.
    #[arg(long)]
    pub(super) json: bool,
}

impl Shown {
    /// How many differences are wanted.
    pub(super) fn most(&self) -> usize {
        if self.all { usize::MAX } else { CLI_ITEMS_SHOWN }
    }
}

impl Show {
    pub(super) fn run(self, environment: Environment) -> Result<ExitCode> {
        let tenant = self.target.tenant(environment)?;
        let plan = tenant.get(&format!("/pipeline/plans/{}", segment(&self.plan)))?;
        show(&tenant, &plan, &self.shown)
    }
}

/// Prints a plan and gives the exit code that says whether it has differences.
pub(super) fn show(tenant: &Tenant, plan: &Value, shown: &Shown) -> Result<ExitCode> {
    let (id, total) = (text(plan, "id"), number(plan, "differences"));
    let (differences, _) = tenant.list(&format!("/pipeline/plans/{}/differences", segment(id)), shown.most())?;
    if shown.json {
        let document = json!({"plan": plan, "differences": differences});
        say(&serde_json::to_string_pretty(&document).map_err(Error::internal)?)?;
    } else {
        for line in plan.get("summary").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
            say(line)?;
        }
        if !differences.is_empty() {
            say("")?;
        }
        for difference in &differences {
            say(&line(difference))?;
        }
        let left = total.saturating_sub(differences.len() as u64);
        if left > 0 {
            say(&format!("  … and {left} more: doorlist pipeline show {id} --all"))?;
        }
        say("")?;
        say(&match plan.get("applied").and_then(Value::as_u64) {
            Some(revision) => format!("Plan {id} has been applied: it is revision {revision} of the pipeline."),
            None => format!("Plan {id}, against revision {} of the pipeline.", number(plan, "pipelineRevision")),
        })?;
        if total > 0 && plan.get("applied").is_none() {
            say(&format!("To put it: doorlist pipeline apply {id}{}", consent(plan)))?;
        }
    }
    Ok(if total == 0 { ExitCode::SUCCESS } else { ExitCode::from(DIFFERENT) })
}

/// The option that applying a plan needs, if it removes more members than the guard lets pass.
fn consent(plan: &Value) -> String {
    let removals = number(plan, "removals");
    if removals > number(plan, "removalsAllowed") { format!(" --accept-removals {removals}") } else { String::new() }
}

/// A difference in one line.
pub(super) fn line(difference: &Value) -> String {
    let change = text(difference, "change");
    let sign = match change {
        change if change.ends_with(".added") => '+',
        change if change.ends_with(".removed") => '-',
        "member.suspended" => '-',
        "stuck" => '!',
        _ => '~',
    };
    let what = match change {
        "member.added" => format!(" as {}, {}", text(difference, "role"), text(difference, "status")),
        "member.role" | "group.renamed" => format!(" {} → {}", text(difference, "from"), text(difference, "to")),
        "membership.added" | "membership.removed" => format!(" {}", text(difference, "group")),
        "member.changed" => {
            let names = difference.get("attributes").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
            format!(" {}", names.collect::<Vec<_>>().join(", "))
        }
        _ => String::new(),
    };
    let reason = difference.get("reason").map(|reason| {
        let policy = text(reason, "policy");
        let lifted = if difference.get("lifted").and_then(Value::as_bool) == Some(true) { "no longer: " } else { "" };
        let by = if policy.is_empty() { String::new() } else { format!("{policy}: ") };
        format!("  ({by}{lifted}{})", text(reason, "text"))
    });
    format!("  {sign} {change:<18} {}{what}{}", text(difference, "name"), reason.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_lines_for_people() {
        for (difference, expected) in [
            (
                json!({"change": "member.removed", "name": "ada@x.io", "reason": {"policy": "staff", "text": "In no group."}}),
                "  - member.removed     ada@x.io  (staff: In no group.)",
            ),
            (
                json!({"change": "member.added", "name": "ada@x.io", "role": "user", "status": "active", "lifted": true,
                    "reason": {"policy": "staff", "text": "In no group."}}),
                "  + member.added       ada@x.io as user, active  (staff: no longer: In no group.)",
            ),
            (json!({"change": "member.role", "name": "a", "from": "user", "to": "owner"}), "  ~ member.role        a user → owner"),
            (json!({"change": "member.changed", "name": "a", "attributes": ["title", "email"]}), "  ~ member.changed     a title, email"),
            (json!({"change": "stuck", "name": "a", "reason": {"text": "It trapped."}}), "  ! stuck              a  (It trapped.)"),
            (json!({"change": "membership.removed", "name": "a", "group": "Staff"}), "  - membership.removed a Staff"),
        ] {
            assert_eq!(line(&difference), expected);
        }
    }
}
