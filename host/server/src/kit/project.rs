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
        within(&self.directory, &self.output)
    }

    /// Where its cases are, from where the process is.
    pub fn cases(&self) -> PathBuf {
        within(&self.directory, Path::new("cases"))
    }
}

/// A path within a directory, without a `./` that nobody typed.
fn within(directory: &Path, path: &Path) -> PathBuf {
    if directory == Path::new(".") { path.to_owned() } else { directory.join(path) }
}

fn default_source(language: Language) -> &'static str {
    match language {
        Language::Rust => "src/lib.rs",
        Language::TypeScript => "src/policy.ts",
        Language::Python => "src/policy.py",
        Language::C => "src/policy.c",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    fn read(text: &str) -> Result<Project> {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let directory = std::env::temp_dir().join(format!("doorlist-project-{}-{number}", std::process::id()));
        std::fs::create_dir(&directory).unwrap();
        std::fs::write(directory.join(FILE), text).unwrap();
        let project = Project::read(&directory);
        std::fs::remove_dir_all(&directory).unwrap();
        project
    }

    #[test]
    fn a_project_says_what_differs_from_the_usual() {
        let project = read(r#"{"language": "python", "output": "build/a.wasm"}"#).unwrap();
        let said = [&project.output, &project.source, &project.library, &project.contract].map(|path| path.to_str().unwrap().to_owned());
        assert_eq!(said, ["build/a.wasm", "src/policy.py", "lib", "wit"]);
        let project = read(r#"{"language": "typescript", "source": "src/policy.js", "library": "../l", "contract": "../w"}"#).unwrap();
        let said = [&project.source, &project.library, &project.contract].map(|path| path.to_str().unwrap().to_owned());
        assert_eq!(said, ["src/policy.js", "../l", "../w"]);
        let name = project.directory.file_name().unwrap().to_str().unwrap();
        assert!(project.output.to_str().unwrap().starts_with("build/doorlist-project-"), "{name}: {:?}", project.output);
    }

    #[test]
    fn what_is_wrong_with_a_project_is_said() {
        for (text, words) in [
            ("", "does not say what a project is"),
            ("[]", "does not say what a project is"),
            ("{}", "missing field `language`"),
            (r#"{"language": "cobol"}"#, "unknown variant `cobol`"),
            (r#"{"language": "c", "ouput": "x"}"#, "unknown field `ouput`"),
            (r#"{"language": "c", "output": 5}"#, "does not say what a project is"),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(words), "{text}: {error}");
        }
        let nowhere = Project::read(Path::new("/nowhere")).unwrap_err().to_string();
        assert!(nowhere.contains("doorlist plugin new"), "{nowhere}");
        assert_eq!(within(Path::new("."), Path::new("build/a")), Path::new("build/a"));
        assert_eq!(within(Path::new("x"), Path::new("build/a")), Path::new("x/build/a"));
    }
}
