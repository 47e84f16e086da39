//! Other programs, run to their end or to a deadline.

use std::fs::{self, File};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::scratch::Scratch;

/// Words by which npm and pip say that they got no connection, and not that a registry had an answer.
const NO_CONNECTION: [&str; 9] =
    ["onnection", "timed out", "ECONNREFUSED", "ECONNRESET", "ENOTFOUND", "EAI_AGAIN", "ETIMEDOUT", "ENETUNREACH", "EHOSTUNREACH"];

/// Between two looks at a process.
const PAUSE: Duration = Duration::from_millis(20);

/// What a process left.
#[derive(Debug)]
pub struct Ended {
    /// Its exit code, unless a signal ended it.
    pub code: Option<i32>,
    /// What it printed.
    pub stdout: String,
    /// What it complained of.
    pub stderr: String,
}

impl Ended {
    /// Whether it ended well.
    pub fn success(&self) -> bool {
        self.code == Some(0)
    }

    /// Why it failed, in its own words: that it got no connection, which explains the rest, or else what it said last.
    pub fn reason(&self) -> &str {
        let last = || self.said().lines().rfind(|line| !line.trim().is_empty());
        self.no_connection().or_else(last).unwrap_or("It does not say why.")
    }

    /// The line that says that it got no connection, if one does.
    pub fn no_connection(&self) -> Option<&str> {
        self.said().lines().find(|line| NO_CONNECTION.iter().any(|word| line.contains(word)))
    }

    /// What it complained of, or else what it printed.
    fn said(&self) -> &str {
        if self.stderr.trim().is_empty() { &self.stdout } else { &self.stderr }
    }
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
        Some(status) => Ok(Ended { code: status.code(), stdout: read("stdout"), stderr: read("stderr") }),
        None => Err(format!("{name} did not end within {deadline:?}.\n{}\n{}", read("stdout"), read("stderr"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A registry that is not reached is this machine's matter; one that has not what a project wants is the project's.
    #[test]
    fn no_connection_is_told_from_an_answer() {
        for (stderr, connected, reason) in [
            (
                "npm error code ECONNREFUSED\nnpm error FetchError: request to http://127.0.0.1:9/x failed\nnpm error A complete log is in x\n",
                false,
                "npm error code ECONNREFUSED",
            ),
            (
                "WARNING: Retrying after connection broken by 'x'\nERROR: No matching distribution found for x==1\n",
                false,
                "WARNING: Retrying after connection broken by 'x'",
            ),
            (
                "npm error code ETARGET\nnpm error notarget No matching version found for x@9.\n",
                true,
                "npm error notarget No matching version found for x@9.",
            ),
            ("ERROR: No matching distribution found for x==9\n\n", true, "ERROR: No matching distribution found for x==9"),
            ("", true, "It does not say why."),
        ] {
            let ended = Ended { code: Some(1), stdout: String::new(), stderr: stderr.to_owned() };
            assert_eq!((ended.no_connection().is_none(), ended.reason()), (connected, reason), "{stderr}");
        }
    }
}
