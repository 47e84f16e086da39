//! `doorlist pipeline monitor`: policies that only watch.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::apply::Consent;
use super::{DIFFERENT, Target, Tenant};
use crate::cli::tenant::{Listed, items, number, say_json, say_plain, text};
use crate::cli::{say, would};
use crate::config::Environment;
use crate::error::Result;
use crate::remote::segment;

/// Commands of `doorlist pipeline monitor`.
#[derive(Args)]
pub(super) struct Monitor {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Say how many each policy in monitor mode would make different, now and since it began; or whom one would, and in what.
    Show(Show),
    /// Give effect to a policy in monitor mode: plan the pipeline in force with it in enforce mode, and apply that.
    Promote(Promote),
}

/// Options of `doorlist pipeline monitor show`.
#[derive(Args)]
struct Show {
    /// The name of a policy in monitor mode, to list whom it would make different, in what, and why.
    #[arg(value_name = "POLICY")]
    policy: Option<String>,
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    listed: Listed,
}

/// Options of `doorlist pipeline monitor promote`.
#[derive(Args)]
struct Promote {
    /// The policy's name in the pipeline.
    #[arg(value_name = "POLICY")]
    policy: String,
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    consent: Consent,
}

impl Monitor {
    pub(super) fn run(self, environment: Environment) -> Result<ExitCode> {
        match self.command {
            Command::Show(Show { policy, target, listed }) => {
                let tenant = target.tenant(environment)?;
                policy.map_or_else(|| report(&tenant, &listed), |policy| subjects(&tenant, &policy, &listed))
            }
            Command::Promote(Promote { policy, target, consent }) => {
                consent.put(&target.tenant(environment)?, &format!("/pipeline/monitor/{}/promote", segment(&policy)))
            }
        }
    }
}

/// Says what each policy that only watches would make different.
fn report(tenant: &Tenant, listed: &Listed) -> Result<ExitCode> {
    let (policies, more) = tenant.list("/pipeline/monitor", listed.most())?;
    if listed.json {
        say_json(&json!(policies))?;
    } else if policies.is_empty() {
        say("No policy of the pipeline in force is in monitor mode.")?;
    }
    for policy in policies.iter().filter(|_| !listed.json) {
        let since = match text(policy, "since") {
            "" => String::new(),
            since => format!(", since {since}"),
        };
        say_plain(&format!("{} ({} {}{since})", text(policy, "policy"), text(policy, "plugin"), text(policy, "version")))?;
        for (words, name) in [("would be different now:  ", "now"), ("came to that since then: ", "total")] {
            say(&format!("  {words} {}", would::counts(policy.get(name).unwrap_or(&Value::Null))))?;
        }
    }
    if more && !listed.json {
        say("… and more: --all lists them")?;
    }
    let different = policies.iter().any(|policy| policy.get("now").is_some_and(|now| number(now, "subjects") > 0));
    Ok(code(different))
}

/// Lists whom a policy that only watches would make different.
fn subjects(tenant: &Tenant, policy: &str, listed: &Listed) -> Result<ExitCode> {
    let (subjects, more) = tenant.list(&format!("/pipeline/monitor/{}/subjects", segment(policy)), listed.most())?;
    if listed.json {
        say_json(&json!(subjects))?;
    } else {
        if subjects.is_empty() {
            say("It would make nobody different.")?;
        }
        subjects.iter().try_for_each(|subject| say_plain(&line(subject)))?;
        if more {
            say("  … and more: --all lists them")?;
        }
    }
    Ok(code(!subjects.is_empty()))
}

/// The exit code that says whether something would be different.
pub(super) fn code(different: bool) -> ExitCode {
    if different { ExitCode::from(DIFFERENT) } else { ExitCode::SUCCESS }
}

/// A subject in one line.
fn line(subject: &Value) -> String {
    let reasons: Vec<&str> = items(subject, "changes").iter().map(|change| text(change, "reason")).collect();
    let why = match text(subject, "fault") {
        "" => reasons.join(" "),
        fault => fault.to_owned(),
    };
    format!("  ~ {:<5} {}  {}  ({why})", text(subject, "kind"), text(subject, "name"), would::line(items(subject, "would")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whom_it_would_change_is_a_line() {
        let subject = json!({"kind": "user", "name": "ada@x.io", "would": [{"change": "excluded"}], "changes": [{"effect": "exclude", "reason": "In no group."}]});
        assert_eq!(line(&subject), "  ~ user  ada@x.io  excluded  (In no group.)");
        let failing = json!({"kind": "group", "name": "G", "would": [{"change": "stuck"}], "changes": [], "fault": "It trapped."});
        assert_eq!(line(&failing), "  ~ group G  stuck  (It trapped.)");
    }
}
