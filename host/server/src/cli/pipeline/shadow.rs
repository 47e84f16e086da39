//! `doorlist pipeline shadow`: a pipeline in shadow of the one in force.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::apply::{Consent, eprint};
use super::monitor::code;
use super::{Target, Tenant, document};
use crate::cli::tenant::{Listed, because_of, counted, items, number, say_json, say_plain, text};
use crate::cli::{say, would};
use crate::config::Environment;
use crate::error::Result;
use crate::limits::CLI_LOOK_MS;

/// Commands of `doorlist pipeline shadow`.
#[derive(Args)]
pub(super) struct Shadow {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Put a pipeline in shadow of the one in force, wait until it has come by everybody, and show what it would make different.
    Set(Set),
    /// Show the pipeline in shadow: how many it would make different, whom, and in what.
    Show(Show),
    /// Put the pipeline in shadow in force: plan it, apply the plan, and end the shadow.
    Promote(Promote),
    /// End the pipeline in shadow.
    Remove(Remove),
}

/// Options of `doorlist pipeline shadow set`.
#[derive(Args)]
struct Set {
    /// The pipeline's file, as `doorlist pipeline get` prints it. It takes the place of one that is in shadow already.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Do not wait until it has come by everybody, and show nothing.
    #[arg(long, conflicts_with_all = ["all", "json"])]
    no_wait: bool,
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    listed: Listed,
}

/// Options of `doorlist pipeline shadow show`.
#[derive(Args)]
struct Show {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    listed: Listed,
}

/// Options of `doorlist pipeline shadow promote`.
#[derive(Args)]
struct Promote {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    consent: Consent,
}

/// Options of `doorlist pipeline shadow remove`.
#[derive(Args)]
struct Remove {
    #[command(flatten)]
    target: Target,
}

impl Shadow {
    pub(super) fn run(self, environment: Environment) -> Result<ExitCode> {
        match self.command {
            Command::Set(set) => set.run(environment),
            Command::Show(Show { target, listed }) => {
                let tenant = target.tenant(environment)?;
                show(&tenant, &tenant.get("/pipeline/shadow")?, &listed)
            }
            Command::Promote(Promote { target, consent }) => consent.put(&target.tenant(environment)?, "/pipeline/shadow/promote"),
            Command::Remove(Remove { target }) => {
                target.tenant(environment)?.delete("/pipeline/shadow")?;
                say("There is no pipeline in shadow any more.")?;
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}

impl Set {
    fn run(self, environment: Environment) -> Result<ExitCode> {
        let document = document(&self.file)?;
        let tenant = self.target.tenant(environment)?;
        let put = tenant.put("/pipeline/shadow", &document)?;
        if self.no_wait {
            say(&format!("In shadow: {}.", counted(items(&put, "policies").len() as u64, "policy", "policies")))?;
            return Ok(ExitCode::SUCCESS);
        }
        show(&tenant, &settled(&tenant)?, &self.listed)
    }
}

/// The pipeline in shadow, once it has come by everybody.
fn settled(tenant: &Tenant) -> Result<Value> {
    let terminal = std::io::stderr().is_terminal();
    loop {
        let shadow = tenant.get("/pipeline/shadow")?;
        if shadow.get("settled").and_then(Value::as_bool) == Some(true) {
            if terminal {
                eprint("\r\x1b[K")?;
            }
            return Ok(shadow);
        }
        if terminal {
            eprint("\r\x1b[Kcoming by everybody")?;
        }
        std::thread::sleep(Duration::from_millis(CLI_LOOK_MS));
    }
}

/// Prints a pipeline in shadow, and gives the exit code that says whether it would make something different.
fn show(tenant: &Tenant, shadow: &Value, listed: &Listed) -> Result<ExitCode> {
    let (differences, more) = tenant.list("/pipeline/shadow/differences", listed.most())?;
    let none = Value::Null;
    let now = shadow.get("now").unwrap_or(&none);
    if listed.json {
        say_json(&json!({"shadow": shadow, "differences": differences}))?;
        return Ok(code(number(now, "subjects") > 0));
    }
    let policies = counted(items(shadow, "policies").len() as u64, "policy", "policies");
    say(&format!("In shadow since {}: {policies}.", text(shadow, "since")))?;
    if shadow.get("settled").and_then(Value::as_bool) != Some(true) {
        say("It has not come by everybody yet, so the counts are not all.")?;
    }
    say(&format!("  would be different now:   {}", would::counts(now)))?;
    say(&format!("  came to that since then:  {}", would::counts(shadow.get("total").unwrap_or(&none))))?;
    differences.iter().try_for_each(|difference| say_plain(&line(difference)))?;
    if more {
        say(&format!("  … and more: doorlist pipeline shadow show --all{}", tenant.options()))?;
    }
    Ok(code(number(now, "subjects") > 0))
}

/// A subject in one line.
fn line(difference: &Value) -> String {
    let lifted = difference.get("lifted").and_then(Value::as_bool) == Some(true);
    let (would, why) = (would::line(items(difference, "would")), because_of(difference.get("reason"), lifted));
    format!("  ~ {:<5} {}  {would}{why}", text(difference, "kind"), text(difference, "name"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whom_it_would_change_is_a_line() {
        let reason = json!({"policy": "staff", "text": "In no group."});
        let difference = json!({"kind": "user", "name": "ada@x.io", "would": [{"change": "excluded"}], "reason": &reason});
        assert_eq!(line(&difference), "  ~ user  ada@x.io  excluded  (staff: In no group.)");
        let difference = json!({"kind": "user", "name": "ada@x.io", "would": [{"change": "included"}], "reason": reason, "lifted": true});
        assert_eq!(line(&difference), "  ~ user  ada@x.io  included  (staff: no longer: In no group.)");
        let difference = json!({"kind": "user", "name": "ada@x.io", "would": [{"change": "role", "from": "a", "to": "b"}]});
        assert_eq!(line(&difference), "  ~ user  ada@x.io  role a → b");
    }
}
