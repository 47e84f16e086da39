//! `doorlist plugin keygen`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::cli::say;
use crate::error::Result;
use crate::kit::sign;

/// Options of `doorlist plugin keygen`.
#[derive(Args)]
#[command(
    after_long_help = "The secret key is an Ed25519 key in PKCS#8 PEM; `openssl genpkey -algorithm ed25519 -out KEYFILE` makes one as well. Whoever has
it signs in your name. Printed is the public key, base64 of its 32 bytes, which a tenant lists to trust your plugins."
)]
pub(super) struct Keygen {
    /// A new file for the secret key. Only you can read it.
    #[arg(value_name = "KEYFILE")]
    file: PathBuf,
}

impl Keygen {
    pub(super) fn run(self) -> Result<ExitCode> {
        say(&sign::generate(&self.file)?.to_string())?;
        Ok(ExitCode::SUCCESS)
    }
}
