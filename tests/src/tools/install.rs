//! Installing once: a directory for each thing, made again when what is wanted changes.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::INSTALL_MAX;
use crate::process::{Ended, run};

/// Attempts after the first. pip says that it gets no connection only before another attempt.
const PIP_RETRIES: &str = "1";

/// Where tools are kept between runs: below the target directory, so that what removes that removes them.
///
/// # Panics
/// If a test executable is where none is.
pub fn directory() -> PathBuf {
    // target/debug/deps/all-… → target/tmp/tools
    let own = std::env::current_exe().expect("a process knows its executable");
    own.ancestors().nth(3).expect("an executable is in a target directory").join("tmp/tools")
}

/// The directory `name`, as `make` left it when it was last called with the same `wanted`.
///
/// A file beside it is locked meanwhile, so that of several test processes one makes it and the others wait.
///
/// # Errors
/// Why this machine cannot have it. It is tried again by the next that asks.
pub fn installed(name: &str, wanted: &str, make: impl FnOnce(&Path) -> Result<(), String>) -> Result<PathBuf, String> {
    let home = directory();
    let failed = |what: &str, error: std::io::Error| format!("{what} in {}: {error}.", home.display());
    fs::create_dir_all(&home).map_err(|error| failed("A directory cannot be made", error))?;
    let lock = File::create(home.join(format!("{name}.lock"))).map_err(|error| failed("A file cannot be made", error))?;
    lock.lock().map_err(|error| failed("A file cannot be locked", error))?;
    let place = home.join(name);
    let stamp = place.join("made-from");
    if fs::read_to_string(&stamp).is_ok_and(|made_from| made_from == wanted) {
        return Ok(place);
    }
    if place.exists() {
        fs::remove_dir_all(&place).map_err(|error| failed("A directory cannot be removed", error))?;
    }
    make(&place)?;
    fs::write(&stamp, wanted).map_err(|error| failed("A file cannot be written", error))?;
    Ok(place)
}

/// A Python environment with what `requirements` lists.
///
/// # Errors
/// That there is no Python with the module venv, or that no registry is reached.
///
/// # Panics
/// If a registry is reached, and has not what is required.
pub fn virtual_environment(name: &str, requirements: &str) -> Result<PathBuf, String> {
    let version = run(Command::new("python3").arg("--version"), INSTALL_MAX)?.stdout;
    installed(name, &format!("{version}{requirements}"), |place| {
        let created = run(Command::new("python3").args(["-m", "venv"]).arg(place), INSTALL_MAX)?;
        if !created.success() {
            return Err(format!("python3 has no module venv (Debian and Ubuntu: python3-venv). {}", created.reason()));
        }
        let list = place.join("requirements.txt");
        fs::write(&list, requirements).map_err(|error| format!("{}: {error}.", list.display()))?;
        let mut pip = Command::new(place.join("bin/python"));
        pip.args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-input",
            "--disable-pip-version-check",
            "--only-binary=:all:",
            "--retries",
            PIP_RETRIES,
            "-r",
        ])
        .arg(&list);
        expect_installed(&format!("pip, asked for {},", requirements.trim()), &run(&mut pip, INSTALL_MAX)?)
    })
}

/// Demands that an installer was not told by a registry that what a project wants is not there: that is a fault of the project, and no reason to leave it out.
///
/// # Errors
/// That it reached none.
///
/// # Panics
/// If it reached one and failed nevertheless.
pub(super) fn expect_installed(installer: &str, ended: &Ended) -> Result<(), String> {
    if ended.success() {
        return Ok(());
    }
    match ended.no_connection() {
        Some(line) => Err(format!("{installer} reaches no registry: {line}.")),
        None => panic!("{installer} fails, although it reaches its registry:\n{}\n{}", ended.stdout, ended.stderr),
    }
}
