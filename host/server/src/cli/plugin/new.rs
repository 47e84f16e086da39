//! `doorlist plugin new`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::cli::say;
use crate::error::Result;
use crate::kit::project::Language;
use crate::kit::template;

/// Options of `doorlist plugin new`.
#[derive(Args)]
pub(super) struct New {
    /// The plugin's name: lower-case letters, digits and hyphens, with a letter first.
    name: String,
    /// What it is written in. TypeScript is JavaScript's as well.
    #[arg(long, value_name = "LANGUAGE")]
    lang: Language,
    /// Where the project goes. Must not be there yet. Without it: a directory of the plugin's name.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

impl New {
    pub(super) fn run(self) -> Result<ExitCode> {
        let Self { name, lang, dir } = self;
        let directory = dir.unwrap_or_else(|| PathBuf::from(&name));
        template::write(&directory, &name, lang)?;
        let directory = directory.display();
        say(&format!("{name} is a policy in {lang} now. It suspends members by their title; README.md says what is where.\n"))?;
        say(&format!("  cd {directory}\n  doorlist plugin build\n  doorlist plugin test"))?;
        Ok(ExitCode::SUCCESS)
    }
}
