//! `doorlist pipeline schema`.

use std::process::ExitCode;

use clap::Args;

use super::Target;
use crate::cli::say;
use crate::config::Environment;
use crate::error::{Error, Result};

/// Options of `doorlist pipeline schema`.
#[derive(Args)]
pub(super) struct Schema {
    #[command(flatten)]
    target: Target,
}

impl Schema {
    pub(super) fn run(self, environment: Environment) -> Result<ExitCode> {
        let schema = self.target.tenant(environment)?.get("/pipeline/schema")?;
        say(&serde_json::to_string_pretty(&schema).map_err(Error::internal)?)?;
        Ok(ExitCode::SUCCESS)
    }
}
