//! `doorlist plugin build`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::size;
use crate::cli::say;
use crate::error::{Error, Result};
use crate::kit::build;
use crate::kit::project::Project;

/// Options of `doorlist plugin build`.
#[derive(Args)]
#[command(after_long_help = "The language's own tools do the work; what they say goes to standard error. Needed are, in
  rust        Rust 1.95 or newer: https://rustup.rs, then rustup target add wasm32-unknown-unknown
  typescript  Node.js 20 or newer with npm: https://nodejs.org. npm gets the rest at the first build.
  python      Python 3.10 or newer with venv (Debian: apt-get install python3-venv). pip gets the rest at the first build.
  c           clang and wasm-ld (Debian: apt-get install clang lld), or without root, in the project:
              python3 -m venv .venv && .venv/bin/python -m pip install ziglang")]
pub(super) struct Build {
    /// The project's directory, which has doorlist-plugin.json.
    #[arg(value_name = "DIR", default_value = ".")]
    directory: PathBuf,
}

impl Build {
    pub(super) fn run(self) -> Result<ExitCode> {
        let project = Project::read(&self.directory)?;
        build::build(&project)?;
        let bytes = project.built().metadata().map_err(Error::internal)?.len();
        say(&format!("{} ({})", project.built().display(), size(bytes)))?;
        Ok(ExitCode::SUCCESS)
    }
}
