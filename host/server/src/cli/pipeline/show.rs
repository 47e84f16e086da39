//! `doorlist pipeline show`, and how a plan is shown.

use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use super::{DIFFERENT, Target, Tenant, number, text};
use crate::cli::{plain_letters, say};
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
    /// Show every difference, not only the gravest ones.
    #[arg(long)]
    pub(super) all: bool,
    /// Print the plan and every difference as JSON.
    #[arg(long)]
    pub(super) json: bool,
}

/// Changes as differences name them, the gravest first, each with the count of a plan that says whether there are any.
const GRAVITY: [(&str, &str); 13] = [
    ("member.removed", "membersRemoved"),
    ("member.suspended", "membersSuspended"),
    ("stuck", "stuck"),
    ("member.role", "rolesChanged"),
    ("member.added", "membersAdded"),
    ("member.reactivated", "membersReactivated"),
    ("member.changed", "membersChanged"),
    ("group.removed", "groupsRemoved"),
    ("group.added", "groupsAdded"),
    ("group.renamed", "groupsRenamed"),
    ("group.changed", "groupsChanged"),
    ("membership.removed", "membershipsRemoved"),
    ("membership.added", "membershipsAdded"),
];

/// Puts the gravest differences first; those of one kind stay as they are.
pub(super) fn gravest_first(differences: &mut [Value]) {
    differences.sort_by_key(|difference| GRAVITY.iter().position(|(change, _)| *change == text(difference, "change")));
}

impl Shown {
    /// How many differences a person wants.
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
    let kept = plan.get("differencesKept").and_then(Value::as_bool) != Some(false);
    if shown.json {
        // Whoever counts on the document counts on all of it.
        let differences = if kept { differences(tenant, id, "", usize::MAX)? } else { Vec::new() };
        let document = json!({"plan": plan, "differences": differences});
        say(&serde_json::to_string_pretty(&document).map_err(Error::internal)?)?;
    } else {
        for line in plan.get("summary").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
            say(&plain_letters(line))?;
        }
        if total > 0 {
            say("")?;
        }
        if kept {
            list(tenant, plan, shown)?;
        } else {
            say("Its differences are no longer kept one by one.")?;
        }
        say("")?;
        say(&match plan.get("applied").and_then(Value::as_u64) {
            Some(revision) => format!("Plan {id} has been applied: it is revision {revision} of the pipeline."),
            None => format!("Plan {id}, against revision {} of the pipeline.", number(plan, "pipelineRevision")),
        })?;
        if total > 0 && plan.get("applied").is_none() {
            say(&format!("To put it: doorlist pipeline apply {id}{}{}", consent(plan), tenant.options()))?;
        }
    }
    Ok(if total == 0 { ExitCode::SUCCESS } else { ExitCode::from(DIFFERENT) })
}

/// Prints the differences of a plan, or the gravest of them.
fn list(tenant: &Tenant, plan: &Value, shown: &Shown) -> Result<()> {
    let (id, total) = (text(plan, "id"), number(plan, "differences"));
    let listed = if total <= shown.most() as u64 {
        let mut all = differences(tenant, id, "", usize::MAX)?;
        gravest_first(&mut all);
        all
    } else {
        gravest(tenant, plan, shown.most())?
    };
    listed.iter().try_for_each(|difference| say(&line(difference)))?;
    let left = total.saturating_sub(listed.len() as u64);
    if left > 0 {
        say(&format!("  … and {left} more: doorlist pipeline show {id} --all{}", tenant.options()))?;
    }
    Ok(())
}

/// The gravest differences of a plan that has more than are shown.
fn gravest(tenant: &Tenant, plan: &Value, most: usize) -> Result<Vec<Value>> {
    let mut found: Vec<Value> = Vec::new();
    for (change, count) in GRAVITY {
        let room = most.saturating_sub(found.len());
        let is_any = plan.get("counts").is_some_and(|counts| number(counts, count) > 0);
        if room > 0 && is_any {
            found.extend(differences(tenant, text(plan, "id"), &format!("change={change}"), room)?);
        }
    }
    Ok(found)
}

/// The first differences of a plan that pass a filter, at most `most`.
fn differences(tenant: &Tenant, plan: &str, filter: &str, most: usize) -> Result<Vec<Value>> {
    Ok(tenant.list_of(&format!("/pipeline/plans/{}/differences", segment(plan)), filter, most)?.0)
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
    plain_letters(&format!("  {sign} {change:<18} {}{what}{}", text(difference, "name"), reason.unwrap_or_default()))
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

    #[test]
    fn every_change_has_its_place_in_a_list() {
        let changes: std::collections::BTreeSet<&str> = GRAVITY.into_iter().map(|(change, _)| change).collect();
        assert_eq!(changes, crate::directory::plan::Planned::NAMES.into());
        let counts = serde_json::to_value(crate::directory::plan::DifferenceCounts::default()).unwrap();
        assert!(GRAVITY.iter().all(|(_, count)| counts.get(*count).is_some()), "{counts}");
        let mut listed = ["membership.added", "member.role", "member.removed"].map(|change| json!({"change": change}));
        gravest_first(&mut listed);
        assert_eq!(listed.map(|one| text(&one, "change").to_owned()), ["member.removed", "member.role", "membership.added"]);
    }
}
