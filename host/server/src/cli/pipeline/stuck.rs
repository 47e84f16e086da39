//! `doorlist pipeline stuck`.

use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use super::Target;
use crate::cli::say;
use crate::cli::tenant::{Listed, counted, number, say_json, say_plain, text};
use crate::config::Environment;
use crate::error::Result;

/// Options of `doorlist pipeline stuck`.
#[derive(Args)]
#[command(
    after_long_help = "Whom a policy's fault keeps at what was last projected is tried again when it or the pipeline changes, and else
after a minute, then less and less often."
)]
pub(super) struct Stuck {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    listed: Listed,
}

impl Stuck {
    pub(super) fn run(self, environment: Environment) -> Result<ExitCode> {
        let tenant = self.target.tenant(environment)?;
        let (stuck, more) = tenant.list("/stuck", self.listed.most())?;
        if self.listed.json {
            say_json(&json!(stuck))?;
        } else if stuck.is_empty() {
            say("Nobody is stuck.")?;
        } else {
            stuck.iter().try_for_each(|one| say_plain(&line(one)))?;
            if more {
                say("  … and more: --all lists them")?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// A stuck subject in one line.
fn line(stuck: &Value) -> String {
    let policy = match text(stuck, "policy") {
        "" => String::new(),
        policy => format!("{policy}: "),
    };
    let next = match text(stuck, "nextTry") {
        "" => "being tried again".to_owned(),
        at => format!("again at {at}"),
    };
    let tries = counted(number(stuck, "tries"), "time", "times");
    format!(
        "  ! {:<5} {}  ({policy}{})  since {}, tried {tries}, {next}",
        text(stuck, "kind"),
        text(stuck, "name"),
        text(stuck, "reason"),
        text(stuck, "since")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_stuck_is_a_line() {
        let stuck =
            json!({"kind": "user", "name": "ada@x.io", "policy": "p", "reason": "It trapped.", "since": "A", "tries": 1, "nextTry": "B"});
        assert_eq!(line(&stuck), "  ! user  ada@x.io  (p: It trapped.)  since A, tried 1 time, again at B");
        let due = json!({"kind": "group", "name": "G", "reason": "Too many.", "since": "A", "tries": 2});
        assert_eq!(line(&due), "  ! group G  (Too many.)  since A, tried 2 times, being tried again");
    }
}
