//! The Python environment that the suites run in: made once below the target directory, made again when the requirements change.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use doorlist_tests::Scratch;

/// The oldest Python that the suites run on.
const PYTHON_MINOR_MIN: u32 = 11;

/// Making an environment is a download of some 30 megabytes.
const INSTALL_MAX: Duration = Duration::from_secs(300);

/// Between two looks at a process.
const PAUSE: Duration = Duration::from_millis(20);

/// A file of the directory with what is not Rust.
pub fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("conformance").join(name)
}

/// What a process left.
#[derive(Debug)]
pub struct Ended {
    /// Whether it ended well.
    pub success: bool,
    /// What it printed.
    pub stdout: String,
    /// What it complained of.
    pub stderr: String,
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

/// Runs a command to its end, or kills it at the deadline. Its output goes to files, so that a pipe that nobody reads cannot stop it.
///
/// # Errors
/// Why it did not start or end.
pub fn run(command: &mut Command, deadline: Duration) -> Result<Ended, String> {
    let scratch = Scratch::new();
    let name = command.get_program().to_string_lossy().into_owned();
    let create = |name: &str| File::create(scratch.join(name)).map_err(|error| format!("No room for the output of {name}: {error}."));
    command.stdin(Stdio::null()).stdout(create("stdout")?).stderr(create("stderr")?);
    let mut child = command.spawn().map_err(|error| format!("{name} does not start: {error}."))?;
    let end = Instant::now() + deadline;
    let status = loop {
        match child.try_wait().map_err(|error| format!("{name} cannot be waited for: {error}."))? {
            Some(status) => break Some(status),
            None if Instant::now() > end => break None,
            None => thread::sleep(PAUSE),
        }
    };
    if status.is_none() {
        let _ = child.kill();
        let _ = child.wait();
    }
    let read = |name: &str| String::from_utf8_lossy(&fs::read(scratch.join(name)).unwrap_or_default()).into_owned();
    match status {
        Some(status) => Ok(Ended { success: status.success(), stdout: read("stdout"), stderr: read("stderr") }),
        None => Err(format!("{name} did not end within {deadline:?}.\n{}\n{}", read("stdout"), read("stderr"))),
    }
}

/// Makes the environment, unless it is there.
fn make() -> Result<PathBuf, String> {
    let requirements = file("requirements.txt");
    let python = python()?;
    let listed = fs::read_to_string(&requirements).map_err(|error| format!("{}: {error}", requirements.display()))?;
    // A file beside the directory is locked, so that of several test processes one makes it and the others wait.
    let home = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let directory = home.join("conformance-environment");
    let failed = |what: &str, error: std::io::Error| format!("{what} in {}: {error}.", home.display());
    fs::create_dir_all(home).map_err(|error| failed("A directory cannot be made", error))?;
    let lock = File::create(home.join("conformance-environment.lock")).map_err(|error| failed("A file cannot be made", error))?;
    lock.lock().map_err(|error| failed("A file cannot be locked", error))?;
    let stamp = directory.join("made-from");
    let wanted = format!("{python}\n{listed}");
    if fs::read_to_string(&stamp).is_ok_and(|made_from| made_from == wanted) && directory.join("bin/python").exists() {
        return Ok(directory);
    }
    let created = run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&directory), INSTALL_MAX)?;
    if !created.success {
        return Err(format!("python3 has no module venv: install it (Debian and Ubuntu: python3-venv). {}", reason(&created)));
    }
    let mut pip = Command::new(directory.join("bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check", "--only-binary=:all:", "-r"])
        .arg(&requirements);
    let installed = run(&mut pip, INSTALL_MAX)?;
    if !installed.success {
        return Err(format!("The conformance suites cannot be installed (tests/conformance/requirements.txt): {}", reason(&installed)));
    }
    fs::write(&stamp, wanted).map_err(|error| failed("A file cannot be written", error))?;
    Ok(directory)
}

/// The version of the machine's Python.
fn python() -> Result<String, String> {
    let needed = format!("The conformance suites need python3, 3.{PYTHON_MINOR_MIN} or newer, with the module venv: install it");
    let version = run(Command::new("python3").arg("--version"), INSTALL_MAX).map_err(|reason| format!("{needed}. {reason}"))?;
    let version = version.stdout.trim().to_owned();
    let minor = version.strip_prefix("Python 3.").and_then(|rest| rest.split('.').next()).and_then(|minor| minor.parse::<u32>().ok());
    match minor {
        Some(minor) if minor >= PYTHON_MINOR_MIN => Ok(version),
        _ => Err(format!("{needed}. This one is {version:?}.")),
    }
}

/// Why a process failed, in its own words: that it got no connection, which explains the rest, or else what it said last.
fn reason(ended: &Ended) -> &str {
    let said = if ended.stderr.trim().is_empty() { &ended.stdout } else { &ended.stderr };
    let mut lines = said.lines().filter(|line| !line.trim().is_empty());
    let connection = lines.clone().find(|line| line.contains("connection") || line.contains("Connection"));
    connection.or_else(|| lines.next_back()).unwrap_or("It does not say why.")
}
