//! `doorlist pipeline get`.

use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use super::Target;
use crate::cli::say;
use crate::config::Environment;
use crate::error::{Error, Result};

/// Options of `doorlist pipeline get`.
#[derive(Args)]
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
        let policies = pipeline.get_mut("policies").map(serde_json::Value::take);
        let document = json!({"policies": policies});
        say(&serde_json::to_string_pretty(&document).map_err(Error::internal)?)?;
        Ok(ExitCode::SUCCESS)
    }
}
