//! `doorlist plugin push`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::cli::remote::RemoteOptions;
use crate::cli::say;
use crate::config::Environment;
use crate::error::Result;
use crate::kit::push;

/// Options of `doorlist plugin push`.
#[derive(Args)]
#[command(after_long_help = "Environment:
  DOORLIST_OPERATOR_KEY  The key of an operator who may upload to the tenant.

The same file again changes nothing; other bytes under a version that is there are refused, so a changed plugin needs a new version.
A plugin that is there does nothing until it is in the tenant's pipeline.")]
pub(super) struct Push {
    /// The plugin's file.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The tenant's id.
    #[arg(long, value_name = "TENANT")]
    tenant: String,
    #[command(flatten)]
    remote: RemoteOptions,
    /// A file with the plugin's signature, as `doorlist plugin sign` writes it. Needed if the tenant requires one.
    #[arg(long, value_name = "FILE")]
    signature: Option<PathBuf>,
}

impl Push {
    pub(super) fn run(self, environment: Environment) -> Result<ExitCode> {
        let Self { file, tenant, remote, signature } = self;
        let pushed = push::push(&file, signature.as_deref(), &tenant, &remote.remote(environment)?)?;
        let part = |name: &str| pushed.plugin.get(name).and_then(serde_json::Value::as_str).unwrap_or("?");
        let news = if pushed.is_new { "is uploaded" } else { "was there already" };
        say(&format!("{} {} {news}: {}", part("name"), part("version"), part("sha256")))?;
        Ok(ExitCode::SUCCESS)
    }
}
