//! `doorlist pipeline plan`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde_json::Value;

use super::Target;
use super::show::{Shown, show};
use crate::config::Environment;
use crate::error::{Error, Result};
use crate::kit::file;
use crate::limits::BODY_BYTES_MAX;

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
        let document = file::read_text(&self.file, BODY_BYTES_MAX as u64)?;
        let document: Value =
            serde_json::from_str(&document).map_err(|cause| Error::invalid(format!("{} is not JSON: {cause}.", self.file.display())))?;
        let tenant = self.target.tenant(environment)?;
        let plan = tenant.post("/pipeline/plans", &document)?;
        show(&tenant, &plan, &self.shown)
    }
}
