//! `doorlist plugin sign`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::cli::say;
use crate::error::Result;
use crate::kit::sign;

/// Options of `doorlist plugin sign`.
#[derive(Args)]
#[command(
    after_long_help = "Printed is the signature, base64: Ed25519 over the 32 bytes of the SHA-256 digest of the file. Keep it in a file for
`doorlist plugin push --signature`:
  doorlist plugin sign build/late-shift.wasm --key key.pem > build/late-shift.sig"
)]
pub(super) struct Sign {
    /// The plugin's file.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The file with the secret key, as `doorlist plugin keygen` makes it.
    #[arg(long, value_name = "KEYFILE")]
    key: PathBuf,
}

impl Sign {
    pub(super) fn run(self) -> Result<ExitCode> {
        say(&sign::sign(&self.file, &self.key)?)?;
        Ok(ExitCode::SUCCESS)
    }
}
