//! What `doorlist-plugin.json` says of a project. plugins/templates/README.md shows it to authors.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::file;
use super::limits::PROJECT_BYTES_MAX;
use crate::error::{Error, Result};

/// The file's name.
pub const FILE: &str = "doorlist-plugin.json";

/// A language that the kit builds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Rust.
    Rust,
    /// TypeScript, and JavaScript with it.
    #[value(name = "typescript")]
    TypeScript,
    /// Python.
    Python,
    /// C.
    C,
}

impl fmt::Display for Language {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Rust => "Rust",
            Self::TypeScript => "TypeScript",
            Self::Python => "Python",
            Self::C => "C",
        })
    }
}

/// A project that can be built. Its paths are relative to its directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// The directory.
    pub directory: PathBuf,
    /// What it is written in.
    pub language: Language,
    /// The plugin that its build makes.
    pub output: PathBuf,
    /// The file that holds the policy. Rust has it in `Cargo.toml`.
    pub source: PathBuf,
    /// Where what the policy is written with lies.
    pub library: PathBuf,
    /// Where the contract lies.
    pub contract: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    language: Language,
    output: Option<PathBuf>,
    source: Option<PathBuf>,
    library: Option<PathBuf>,
    contract: Option<PathBuf>,
}

impl Project {
    /// The project in a directory.
    ///
    /// # Errors
    /// If there is none, or its file does not say what it should.
    pub fn read(directory: &Path) -> Result<Self> {
        let path = directory.join(FILE);
        if !path.exists() {
            let message = format!("{} has no {FILE}, so it is no plugin's project. `doorlist plugin new` makes one.", directory.display());
            return Err(Error::invalid(message));
        }
        let text = file::read_text(&path, PROJECT_BYTES_MAX)?;
        let said: Said = serde_json::from_str(&text)
            .map_err(|cause| Error::invalid(format!("{} does not say what a project is: {cause}.", path.display())))?;
        // A directory may be given as `.`, which has no name.
        let name = directory.canonicalize().ok().and_then(|whole| whole.file_name().map(ToOwned::to_owned));
        let built = || PathBuf::from("build").join(name.unwrap_or_else(|| "plugin".into())).with_added_extension("wasm");
        Ok(Self {
            directory: directory.to_owned(),
            language: said.language,
            output: said.output.unwrap_or_else(built),
            source: said.source.unwrap_or_else(|| PathBuf::from(default_source(said.language))),
            library: said.library.unwrap_or_else(|| PathBuf::from("lib")),
            contract: said.contract.unwrap_or_else(|| PathBuf::from("wit")),
        })
    }

    /// The plugin that the build makes, from where the process is.
    pub fn built(&self) -> PathBuf {
        self.directory.join(&self.output)
    }
}

fn default_source(language: Language) -> &'static str {
    match language {
        Language::Rust => "src/lib.rs",
        Language::TypeScript => "src/policy.ts",
        Language::Python => "src/policy.py",
        Language::C => "src/policy.c",
    }
}
