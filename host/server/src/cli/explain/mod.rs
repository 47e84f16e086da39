//! `doorlist explain`.

mod text;

use std::process::ExitCode;

use clap::Args;

use super::remote::RemoteOptions;
use super::say;
use crate::config::Environment;
use crate::error::{Error, Result};
use crate::remote::segment;

/// Options of `doorlist explain`.
#[derive(Args)]
#[command(after_long_help = "Environment:
  DOORLIST_OPERATOR_KEY  The key of an operator who may read the tenant.

Whoever is meant is found by an id, by the SCIM id, the userName (of a group the displayName), the
externalId or an e-mail address: somebody in the directory, somebody whom a policy excluded,
somebody who is only in the inventory, and somebody who has gone from the directory, for as long as
the events of that are kept. Somebody deleted who never was there is found by the SCIM id alone.")]
pub(super) struct Explain {
    /// The user: an id, a userName, an externalId or an e-mail address.
    #[arg(value_name = "USER")]
    named: String,
    /// Explain a group instead: its id, its displayName or its externalId.
    #[arg(long)]
    group: bool,
    /// The tenant's id.
    #[arg(long, value_name = "TENANT")]
    tenant: String,
    /// Print what the server answers: JSON with everything there is, also what each policy was given.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    remote: RemoteOptions,
}

impl Explain {
    pub(super) fn run(self, environment: Environment) -> Result<ExitCode> {
        let Self { named, group, tenant, json, remote } = self;
        let list = if group { "groups" } else { "users" };
        let path = format!("/tenants/{}/{list}/{}/explanation", segment(&tenant), segment(&named));
        let explanation = remote.remote(environment)?.get(&path)?.body;
        let told = if json { serde_json::to_string_pretty(&explanation).map_err(Error::internal)? } else { text::of(&explanation) };
        say(told.trim_end())?;
        Ok(ExitCode::SUCCESS)
    }
}
