//! What policies are built with in each language: installed once below the target directory, by the ordinary clients of the package
//! registries and without root, and lent to the projects that need it.
//!
//! Reading order: [`Language`], [`prepare`] (lends a project its tools, or says which are [`Absent`]), [`report`] (what a test says about
//! a language that it leaves out).

mod install;

use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::process::run;
pub use install::{directory, installed, virtual_environment};

/// A program that only says its version.
const VERSION_MAX: Duration = Duration::from_secs(60);

/// Downloading and unpacking the largest of the tools, some 100 megabytes.
pub const INSTALL_MAX: Duration = Duration::from_secs(300);

/// Name of the variable that, set to anything, makes a test fail that would be left out for want of tools.
const REQUIRE_TOOLS: &str = "DOORLIST_REQUIRE_TOOLS";

/// The oldest Python, with its digits before and behind the point, that the tools of Python run on.
const PYTHON_MIN: (u32, u32) = (3, 10);

/// The oldest Node.js that the tools of TypeScript run on.
const NODE_MAJOR_MIN: u32 = 20;

/// What Chromium is called where it is installed.
const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// A C compiler for WebAssembly that needs no root, where there is no clang.
const ZIG: &str = "ziglang==0.17.1\n";

/// A language that policies are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Language {
    /// Rust.
    Rust,
    /// TypeScript, and JavaScript, which is built by the same tools.
    TypeScript,
    /// Python.
    Python,
    /// C.
    C,
}

impl Language {
    /// All of them.
    pub const ALL: [Language; 4] = [Language::Rust, Language::TypeScript, Language::Python, Language::C];

    /// As `doorlist-plugin.json` and `doorlist plugin new --lang` have it.
    pub fn word(self) -> &'static str {
        match self {
            Language::Rust => "rust",
            Language::TypeScript => "typescript",
            Language::Python => "python",
            Language::C => "c",
        }
    }

    /// The language of the project in a directory.
    ///
    /// # Panics
    /// If `doorlist-plugin.json` names none of them.
    #[track_caller]
    pub fn of(project: &Path) -> Language {
        let text = fs::read_to_string(project.join("doorlist-plugin.json")).expect("a project has doorlist-plugin.json");
        let said: serde_json::Value = serde_json::from_str(&text).expect("doorlist-plugin.json is JSON");
        let found = Language::ALL.into_iter().find(|language| said["language"] == language.word());
        found.unwrap_or_else(|| panic!("{} names no language: {text}", project.display()))
    }

    /// What to install for it.
    fn advice(self) -> &'static str {
        match self {
            Language::Rust => "install Rust by rustup, then `rustup target add wasm32-unknown-unknown`",
            Language::TypeScript => "install Node.js 20 or newer with npm, which gets the rest from its registry",
            Language::Python => "install Python 3.10 or newer with venv, which gets the rest from PyPI",
            Language::C => "`apt-get install clang lld`, or install Python 3 with venv, which gets ziglang from PyPI",
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Language::Rust => "Rust",
            Language::TypeScript => "TypeScript",
            Language::Python => "Python",
            Language::C => "C",
        })
    }
}

/// Tools that this machine does not have, and that could not be got.
#[derive(Clone, Debug)]
pub struct Absent {
    /// Whose tools.
    pub language: Language,
    /// What is missing, a sentence.
    pub what: String,
}

impl fmt::Display for Absent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} has no tools here: {} To have them, {}.", self.language, self.what, self.language.advice())
    }
}

/// Environment variables for the commands that build and test a project.
pub type Environment = Vec<(&'static str, OsString)>;

/// Lends the project in a directory the tools of its language: links to them, unless it has its own, and what the environment must say.
///
/// # Errors
/// What this machine lacks.
///
/// # Panics
/// If the project names no language, wants of a registry what that has not, or the disk refuses.
#[track_caller]
pub fn prepare(project: &Path) -> Result<Environment, Absent> {
    let language = Language::of(project);
    let lent = match language {
        Language::Rust => rust(),
        Language::TypeScript => typescript(project),
        Language::Python => python(project),
        Language::C => c(project),
    };
    lent.map_err(|what| Absent { language, what })
}

/// Says on standard error, past the harness that holds back what a passing test prints, that something is left out and why.
///
/// # Panics
/// If nothing may be left out, which `DOORLIST_REQUIRE_TOOLS` says.
#[track_caller]
pub fn report(what: &str, absent: &Absent) {
    report_missing(what, &absent.to_string());
}

/// Rust projects share what they compile.
fn rust() -> Result<Environment, String> {
    version("cargo")?;
    let target = run(Command::new("rustc").args(["--print", "target-libdir", "--target", "wasm32-unknown-unknown"]), VERSION_MAX)?;
    if !target.success() || !Path::new(target.stdout.trim()).is_dir() {
        return Err("Rust has no target wasm32-unknown-unknown.".to_owned());
    }
    Ok(vec![("CARGO_TARGET_DIR", directory().join("rust").into())])
}

fn typescript(project: &Path) -> Result<Environment, String> {
    let text = fs::read_to_string(project.join("package.json")).expect("a project has package.json");
    let package: serde_json::Value = serde_json::from_str(&text).expect("package.json is JSON");
    let wanted = serde_json::json!({"private": true, "devDependencies": package["devDependencies"]}).to_string();
    link(&node_modules("node", &wanted)?, &project.join("node_modules"));
    Ok(Environment::new())
}

/// What a `package.json` wants, got by npm and kept under a name.
fn node_modules(name: &str, wanted: &str) -> Result<PathBuf, String> {
    let node = version("node")?;
    let major = node.trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
    if major.is_none_or(|major| major < NODE_MAJOR_MIN) {
        return Err(format!("Node.js is {node}."));
    }
    let npm = version("npm")?;
    let home = installed(name, &format!("{node} {npm} {wanted}"), |home| {
        fs::create_dir_all(home).and_then(|()| fs::write(home.join("package.json"), wanted)).map_err(|error| format!("{error}."))?;
        let ended = run(Command::new("npm").args(["install", "--no-audit", "--no-fund"]).current_dir(home), INSTALL_MAX)?;
        install::expect_installed("npm", &ended)
    })?;
    Ok(home.join("node_modules"))
}

/// A browser, and what drives it.
#[derive(Debug)]
pub struct Browser {
    /// The browser's program.
    pub program: &'static str,
    /// A directory of Node.js packages.
    pub node_modules: PathBuf,
}

/// The browser of this machine, with the packages that the `package.json` in `directory` wants.
///
/// # Errors
/// What this machine lacks, a sentence with what to install.
pub fn browser(directory: &Path) -> Result<Browser, String> {
    let program = BROWSERS.into_iter().find(|program| version(program).is_ok());
    let program = program.ok_or("There is no Chromium here. To have it, `apt-get install chromium`.")?;
    Ok(Browser { program, node_modules: packages("browser", directory)? })
}

/// The Node.js packages that the `package.json` in `directory` wants, kept under a name.
///
/// # Errors
/// What this machine lacks, a sentence with what to install.
pub fn packages(name: &str, directory: &Path) -> Result<PathBuf, String> {
    let wanted = fs::read_to_string(directory.join("package.json")).map_err(|error| format!("{error}."))?;
    node_modules(name, &wanted).map_err(|what| format!("{what} To have it, {}.", Language::TypeScript.advice()))
}

/// Says on standard error that something is left out and why, as [`report`].
///
/// # Panics
/// If nothing may be left out.
#[track_caller]
pub fn report_missing(what: &str, why: &str) {
    assert!(std::env::var_os(REQUIRE_TOOLS).is_none(), "{what} would be skipped, which {REQUIRE_TOOLS} forbids. {why}");
    // Nothing is left to be told to if standard error is closed.
    let _ = writeln!(std::io::stderr(), "skipped: {what}. {why}");
}

fn python(project: &Path) -> Result<Environment, String> {
    let python = version("python3")?;
    let mut digits = python.trim_start_matches("Python ").split('.').map_while(|part| part.parse::<u32>().ok());
    let found = digits.next().zip(digits.next());
    if found.is_none_or(|found| found < PYTHON_MIN) {
        return Err(format!("Python is {python}."));
    }
    let requirements = fs::read_to_string(project.join("requirements.txt")).expect("a project has requirements.txt");
    link(&virtual_environment("python", &requirements)?, &project.join(".venv"));
    Ok(vec![("PYTHONDONTWRITEBYTECODE", "1".into())])
}

fn c(project: &Path) -> Result<Environment, String> {
    if version("clang").is_ok() && version("wasm-ld").is_ok() {
        return Ok(Environment::new());
    }
    let environment = virtual_environment("zig", ZIG).map_err(|reason| format!("There is no clang with wasm-ld, and: {reason}"))?;
    link(&environment, &project.join(".venv"));
    Ok(vec![("ZIG_GLOBAL_CACHE_DIR", directory().join("zig-cache").into())])
}

/// What a program says its version is.
fn version(program: &str) -> Result<String, String> {
    let ended = run(Command::new(program).arg("--version"), VERSION_MAX)?;
    if ended.success() { Ok(ended.stdout.trim().to_owned()) } else { Err(format!("{program} does not run: {}", ended.reason())) }
}

/// Makes `link` lead to `to`, unless something of the project's own is there.
fn link(to: &Path, link: &Path) {
    if link.is_symlink() {
        fs::remove_file(link).expect("a link can be removed");
    }
    if !link.exists() {
        std::os::unix::fs::symlink(to, link).expect("a link can be made");
    }
}
