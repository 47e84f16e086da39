//! `doorlist pipeline plan`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::show::{Shown, show};
use super::{Target, document};
use crate::config::Environment;
use crate::error::Result;

/// Options of `doorlist pipeline plan`.
#[derive(Args)]
pub(super) struct Plan {
    /// The pipeline's file, as `get` prints it.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    shown: Shown,
}

impl Plan {
    pub(super) fn run(self, environment: Environment) -> Result<ExitCode> {
        let document = document(&self.file)?;
        let tenant = self.target.tenant(environment)?;
        let plan = tenant.post("/pipeline/plans", &document)?;
        show(&tenant, &plan, &self.shown)
    }
}
