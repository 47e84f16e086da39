//! `doorlist pipeline get`.

use std::process::ExitCode;

use clap::Args;
use serde_json::{Map, Value, json};

use super::Target;
use crate::cli::say;
use crate::config::Environment;
use crate::error::{Error, Result};

/// Options of `doorlist pipeline get`.
#[derive(Args)]
#[command(after_long_help = "Settings are printed as they were put, without the defaults of their plugin.")]
pub(super) struct Get {
    #[command(flatten)]
    target: Target,
    /// The number of an earlier revision, in place of the one in force.
    #[arg(long, value_name = "NUMBER")]
    revision: Option<u64>,
}

impl Get {
    pub(super) fn run(self, environment: Environment) -> Result<ExitCode> {
        let path = self.revision.map_or_else(|| "/pipeline".to_owned(), |revision| format!("/pipeline/revisions/{revision}"));
        let mut pipeline = self.target.tenant(environment)?.get(&path)?;
        let mut policies = pipeline.get_mut("policies").map(Value::take);
        policies.iter_mut().filter_map(Value::as_array_mut).flatten().filter_map(Value::as_object_mut).for_each(as_put);
        let document = json!({"policies": policies});
        say(&serde_json::to_string_pretty(&document).map_err(Error::internal)?)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Puts the settings of a policy as somebody wrote them in the place of those with defaults.
fn as_put(policy: &mut Map<String, Value>) {
    if let Some(given) = policy.remove("given") {
        policy.insert("settings".to_owned(), given);
    }
}
