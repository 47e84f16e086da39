//! `doorlist plugin verify`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::cli::say;
use crate::error::{Error, Result};
use crate::kit::sign;

/// Options of `doorlist plugin verify`.
#[derive(Args)]
pub(super) struct Verify {
    /// The plugin's file.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The file with the signature.
    #[arg(long, value_name = "FILE")]
    signature: PathBuf,
    /// The public key of whoever should have signed, as `doorlist plugin keygen` prints it.
    #[arg(long, value_name = "BASE64")]
    public_key: String,
}

impl Verify {
    pub(super) fn run(self) -> Result<ExitCode> {
        let Self { file, signature, public_key } = self;
        if !sign::verify(&file, &signature, &public_key)? {
            return Err(Error::invalid(format!("The owner of this key has not signed {} with this signature.", file.display())));
        }
        say(&format!("The owner of this key has signed {}.", file.display()))?;
        Ok(ExitCode::SUCCESS)
    }
}
