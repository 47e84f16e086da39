//! `doorlist plugin push`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::cli::say;
use crate::config::{Environment, OPERATOR_KEY};
use crate::error::{Error, Result};
use crate::kit::push::{self, Target};

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
    /// The server's URL.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    server: String,
    /// A file with the plugin's signature, as `doorlist plugin sign` writes it. Needed if the tenant requires one.
    #[arg(long, value_name = "FILE")]
    signature: Option<PathBuf>,
}

impl Push {
    pub(super) fn run(self, environment: Environment) -> Result<ExitCode> {
        let Self { file, tenant, server, signature } = self;
        let absent = || Error::invalid(format!("No key is given: {OPERATOR_KEY} in the environment says it."));
        let key = environment.operator_key.ok_or_else(absent)?;
        let pushed = push::push(&file, signature.as_deref(), &Target { server: &server, tenant: &tenant, key: &key })?;
        let part = |name: &str| pushed.plugin.get(name).and_then(serde_json::Value::as_str).unwrap_or("?");
        let news = if pushed.is_new { "is uploaded" } else { "was there already" };
        say(&format!("{} {} {news}: {}", part("name"), part("version"), part("digest")))?;
        Ok(ExitCode::SUCCESS)
    }
}
