//! `doorlist plugin test`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use crate::cli::say;
use crate::error::{Error, Result};
use crate::kit::cases::{self, Case, Outcome};
use crate::kit::load::Loaded;
use crate::kit::project::Project;

/// Options of `doorlist plugin test`.
#[derive(Args)]
#[command(after_long_help = "A file with cases is a JSON array. Each case has a name, settings, a user or a group, and what is expected:
  [{
    \"name\": \"a title on the list\",
    \"settings\": {\"titles\": [\"Guest\"]},
    \"user\": {\"userName\": \"ada\", \"attributes\": [{\"path\": \"title\", \"value\": \"Guest\"}]},
    \"expect\": {\"view\": {\"status\": \"suspended\"}}
  }]
What is expected is any of
  view      members of the view after the policy's changes
  changes   every change in order, each with the members that matter: effect, value, reason
  problems  every problem with the settings in order, with pointer, message or both
  log       every line that the policy prints
Users and groups have the members that policies of world policy-json are given; what a case leaves out is as
if the identity provider had just created them. The policy sees what its manifest reads, and no more.
Cases with the same settings run once more in one instance, since a policy must not remember anybody.")]
pub(super) struct Test {
    /// A project's directory, or a plugin's file.
    #[arg(value_name = "DIR|FILE", default_value = ".")]
    path: PathBuf,
    /// A file with cases, or a directory of such. Without it: the project's directory cases, or for a file the one in this directory.
    #[arg(long, value_name = "PATH")]
    cases: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Test {
    pub(super) fn run(self) -> Result<ExitCode> {
        let (plugin, beside) = if self.path.is_dir() {
            let project = Project::read(&self.path)?;
            let built = project.built();
            if !built.exists() {
                return Err(Error::invalid(format!("There is no {} yet: run `doorlist plugin build` first.", built.display())));
            }
            (built, project.cases())
        } else if !self.path.exists() {
            return Err(Error::invalid(format!("There is no file or directory {}.", self.path.display())));
        } else {
            (self.path, PathBuf::from("cases"))
        };
        // Cases that are not readable need no plugin to say so.
        let cases = cases::read(&self.cases.unwrap_or(beside))?;
        let Loaded { plugin, .. } = super::load(&plugin)?;
        let outcomes = cases::run(&plugin, &cases);
        let differ = outcomes.iter().filter(|outcome| !outcome.differences.is_empty()).count();
        if self.json {
            let manifest = plugin.manifest();
            let about = json!({"name": manifest.name, "version": manifest.version, "digest": plugin.digest()});
            let listed: Vec<Value> = cases.iter().zip(&outcomes).map(|(case, outcome)| to_json(case, outcome)).collect();
            say(&json!({"plugin": about, "held": cases.len() - differ, "differed": differ, "cases": listed}).to_string())?;
        } else {
            show(&cases, &outcomes)?;
            let all = cases.len();
            say(&if differ == 0 { format!("All {all} cases hold.") } else { format!("{differ} of {all} cases differ.") })?;
        }
        Ok(if differ == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

fn to_json(case: &Case, outcome: &Outcome) -> Value {
    let Outcome { differences, changes, log, .. } = outcome;
    json!({
        "file": case.file, "name": case.name, "holds": differences.is_empty(), "differences": differences, "changes": changes, "log": log,
    })
}

fn show(cases: &[Case], outcomes: &[Outcome]) -> Result<()> {
    let mut file: Option<&Path> = None;
    for (case, outcome) in cases.iter().zip(outcomes) {
        if file != Some(&case.file) {
            say(&case.file.display().to_string())?;
            file = Some(&case.file);
        }
        say(&format!("  {}  {}", if outcome.differences.is_empty() { "holds  " } else { "DIFFERS" }, case.name))?;
        if outcome.differences.is_empty() {
            continue;
        }
        for difference in &outcome.differences {
            say(&indented(&difference.to_string()))?;
        }
        // Why it came so is in the reasons of the changes, and in what the policy printed.
        for change in &outcome.changes {
            say(&indented(&format!("change {change}")))?;
        }
        for line in &outcome.log {
            say(&indented(&format!("log    {line}")))?;
        }
    }
    Ok(())
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("             {line}")).collect::<Vec<_>>().join("\n")
}
