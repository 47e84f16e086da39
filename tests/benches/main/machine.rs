//! The machine: what it is, and how processes are placed on it.
//!
//! Servers and the loop of raw writes run on the first core, the load on the second, so that neither takes the other's time. If
//! the kernel permits, both have a real-time priority: then a thread that a finished write or an answer wakes runs at once, also on
//! a busy machine whose kernel preempts lazily, and figures say nothing of what else the machine does.
//!
//! A real-time priority has a price: threads of a server that share its one core do not take turns by time. What one of them computes
//! without a pause, the others wait for, and one that always has work keeps the others out. Where that is the question,
//! [`Machine::take_turns`] puts it aside.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// Real-time priority (`SCHED_FIFO`) of servers, of the loop of raw writes, and of the load.
const PRIORITY: &str = "10";

/// Niceness of servers while they take turns, so that they yield to little else on a busy machine.
const NICENESS: &str = "-20";

/// How this run places processes.
#[derive(Debug)]
pub struct Machine {
    cores: usize,
    /// Whether `taskset` can be used and there is a second core.
    pinned: bool,
    /// Whether `chrt -f` is permitted.
    fifo: bool,
    /// Whether `nice` may go below zero.
    nice: bool,
    /// Whether `setpriv` can tie a server's life to ours.
    tied: bool,
}

impl Machine {
    /// Looks what is permitted, and gives this process its place and priority. `DOORLIST_BENCH_PRIORITY=normal` forgoes a real-time priority.
    pub fn prepare() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let own = std::process::id().to_string();
        let pinned = cores > 1 && succeeds("taskset", &["-acp", "1", &own]);
        let wanted = std::env::var_os("DOORLIST_BENCH_PRIORITY").is_none_or(|text| text != "normal");
        let fifo = wanted && succeeds("chrt", &["-afp", PRIORITY, &own]);
        let tied = succeeds("setpriv", &["--pdeathsig", "KILL", "true"]);
        let nice = wanted && succeeds("nice", &["-n", NICENESS, "true"]);
        Self { cores, pinned, fifo, nice, tied }
    }

    /// `program` in the place of a server: on the first core, with a real-time priority if permitted, ended with this process.
    pub fn server_command(&self, program: &Path) -> Command {
        self.command(program, "0", &["-f", PRIORITY], NICENESS)
    }

    /// `program` as anybody would start it: on all cores, with normal priority; ended with this process.
    pub fn plain_command(&self, program: &Path) -> Command {
        self.command(program, &format!("0-{}", self.cores - 1), &["-o", "0"], "0")
    }

    /// Runs `phase` while the threads of `server` take turns by time, as they do without a real-time priority.
    pub fn take_turns<T>(&self, server: u32, phase: impl FnOnce() -> T) -> T {
        let server = server.to_string();
        if self.fifo {
            succeeds("chrt", &["-aop", "0", &server]);
        }
        let outcome = phase();
        if self.fifo {
            succeeds("chrt", &["-afp", PRIORITY, &server]);
        }
        outcome
    }

    fn command(&self, program: &Path, cores: &str, priority: &[&str], niceness: &str) -> Command {
        let mut words: Vec<&str> = Vec::new();
        if self.tied {
            words.extend(["setpriv", "--pdeathsig", "KILL"]);
        }
        if self.pinned {
            words.extend(["taskset", "-c", cores]);
        }
        if self.nice {
            words.extend(["nice", "-n", niceness]);
        }
        if self.fifo {
            words.push("chrt");
            words.extend(priority);
        }
        // Each of these programs replaces itself by the next, so the process that is started is the server in the end.
        let mut words = words.into_iter();
        let Some(first) = words.next() else { return Command::new(program) };
        let mut command = Command::new(first);
        command.args(words).arg(program);
        command
    }

    /// What figures of this run have to be quoted with.
    pub fn describe(&self, data_dir: &Path) -> String {
        let place = if self.pinned { "server on core 0, load on core 1" } else { "server and load share the cores" };
        let priority = if self.fifo { "SCHED_FIFO for the server, the raw writes and the load" } else { "normal priority" };
        let (filesystem, device) = filesystem(data_dir);
        format!(
            "{}, {} cores, Linux {}, data on {filesystem} ({device})\n{place}, {priority}; load average before {}",
            field("/proc/cpuinfo", "model name"),
            self.cores,
            first_line("/proc/sys/kernel/osrelease"),
            load_average(),
        )
    }
}

/// Processes that computed or wanted to, averaged over the last minute. Others' caches and memory cost even a real-time priority a third and more.
pub fn load_average() -> String {
    first_line("/proc/loadavg").split(' ').next().unwrap_or("unknown").to_owned()
}

fn succeeds(program: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

fn first_line(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default().lines().next().unwrap_or("unknown").to_owned()
}

/// The value behind `name` and a colon in a file of such lines, as `/proc` has many; `unknown` if there is none.
pub fn field(path: &str, name: &str) -> String {
    let text = fs::read_to_string(path).unwrap_or_default();
    let value = text.lines().filter_map(|line| line.split_once(':')).find(|(key, _)| key.trim() == name);
    value.map_or_else(|| "unknown".to_owned(), |(_, value)| value.trim().to_owned())
}

/// Type and device of the mount that has `path`.
fn filesystem(path: &Path) -> (String, String) {
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let mount = mounts
        .lines()
        .filter_map(|line| {
            let mut words = line.split(' ');
            Some((words.next()?, words.next()?, words.next()?))
        })
        .filter(|(_, point, _)| path.starts_with(point))
        .max_by_key(|(_, point, _)| point.len());
    mount.map_or(("unknown".to_owned(), "unknown".to_owned()), |(device, _, kind)| (kind.to_owned(), device.to_owned()))
}
