//! The Python environment that the suites run in: made once below the target directory, made again when the requirements change.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use doorlist_tests::process::run;
use doorlist_tests::tools::{INSTALL_MAX, virtual_environment};

/// The oldest Python that the suites run on.
const PYTHON_MINOR_MIN: u32 = 11;

/// A file of the directory with what is not Rust.
pub fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("conformance").join(name)
}

/// A program of the environment, ready for arguments.
///
/// # Panics
/// In one line, if the environment cannot be made.
#[track_caller]
pub fn program(name: &str) -> Command {
    static MADE: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let made = MADE.get_or_init(make);
    let environment = made.as_ref().unwrap_or_else(|reason| panic!("{reason}"));
    let mut command = Command::new(environment.join("bin").join(name));
    // The server is on this machine; a proxy would not find it.
    command.env("NO_PROXY", "127.0.0.1").env("no_proxy", "127.0.0.1").env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

/// Makes the environment, unless it is there.
fn make() -> Result<PathBuf, String> {
    let requirements = file("requirements.txt");
    is_new_enough()?;
    let listed = fs::read_to_string(&requirements).map_err(|error| format!("{}: {error}", requirements.display()))?;
    virtual_environment("conformance", &listed)
        .map_err(|reason| format!("The conformance suites cannot be installed (tests/conformance/requirements.txt): {reason}"))
}

/// Whether the machine's Python runs the suites.
fn is_new_enough() -> Result<(), String> {
    let needed = format!("The conformance suites need python3, 3.{PYTHON_MINOR_MIN} or newer, with the module venv: install it");
    let version = run(Command::new("python3").arg("--version"), INSTALL_MAX).map_err(|reason| format!("{needed}. {reason}"))?;
    let version = version.stdout.trim().to_owned();
    let minor = version.strip_prefix("Python 3.").and_then(|rest| rest.split('.').next()).and_then(|minor| minor.parse::<u32>().ok());
    match minor {
        Some(minor) if minor >= PYTHON_MINOR_MIN => Ok(()),
        _ => Err(format!("{needed}. This one is {version:?}.")),
    }
}
