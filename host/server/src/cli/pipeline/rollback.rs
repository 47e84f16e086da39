//! `doorlist pipeline rollback`.

use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use super::Target;
use super::show::{Shown, show};
use crate::config::Environment;
use crate::error::Result;

/// Options of `doorlist pipeline rollback`.
#[derive(Args)]
#[command(after_long_help = "Nothing is put before the plan that it shows is applied.

Connections and plugins that the revision names may have been deleted since; the refusal says which. Then get --revision
NUMBER prints its policies, and plan takes them again without those.")]
pub(super) struct Rollback {
    /// The number of the revision to go back to.
    #[arg(value_name = "NUMBER")]
    revision: u64,
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    shown: Shown,
}

impl Rollback {
    pub(super) fn run(self, environment: Environment) -> Result<ExitCode> {
        let tenant = self.target.tenant(environment)?;
        let plan = tenant.post("/pipeline/plans", &json!({"rollbackTo": self.revision}))?;
        show(&tenant, &plan, &self.shown)
    }
}
