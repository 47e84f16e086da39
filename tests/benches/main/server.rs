//! The executable under measurement, in a server's place.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdout, Stdio};
use std::time::{Duration, Instant};

use doorlist_tests::Operator;
use doorlist_tests::load::{Caller, Stream, run_one};
use doorlist_tests::server::{OPERATOR_KEY, command};

use crate::machine::{Machine, field};

/// Seconds in which an answer to `/healthz` must come.
const HEALTH_LIMIT: Duration = Duration::from_secs(10);

/// A running server. Dropped, it is killed.
#[derive(Debug)]
pub struct Doorlist {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    /// From the start of the process to the first answer.
    pub first_answer: Duration,
    started: Instant,
    /// Kept open: a server whose output nobody takes would end at its next line.
    output: BufReader<ChildStdout>,
}

impl Doorlist {
    /// Starts it on `data_dir` in a server's place, and waits for its first answer on `/healthz`.
    pub fn start(machine: &Machine, data_dir: &Path) -> io::Result<Self> {
        Self::start_by(data_dir, |program| machine.server_command(program))
    }

    /// The same on all cores and with normal priority.
    pub fn start_plain(machine: &Machine, data_dir: &Path) -> io::Result<Self> {
        Self::start_by(data_dir, |program| machine.plain_command(program))
    }

    fn start_by(data_dir: &Path, place: impl FnOnce(&Path) -> std::process::Command) -> io::Result<Self> {
        let executable = command();
        let mut wrapped = place(Path::new(executable.get_program()));
        for (name, value) in executable.get_envs() {
            match value {
                Some(value) => wrapped.env(name, value),
                None => wrapped.env_remove(name),
            };
        }
        wrapped
            .args(["serve", "--listen", "127.0.0.1:0", "--scim-rate", "0", "--data-dir"])
            .arg(data_dir)
            .env("DOORLIST_OPERATOR_KEY", OPERATOR_KEY);
        let log = File::create(data_dir.with_extension("log"))?;
        let started = Instant::now();
        let mut child = wrapped.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn()?;
        let output = child.stdout.take().ok_or_else(|| io::Error::other("the server has no output"))?;
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut server = Self { child, address, first_answer: Duration::ZERO, started, output: BufReader::new(output) };
        let Some(address) = server.ready()? else {
            let log = std::fs::read_to_string(data_dir.with_extension("log")).unwrap_or_default();
            return Err(io::Error::other(format!("the server ended instead of listening: {log}")));
        };
        server.address = address;
        let nobody = Caller { address: server.address, token: String::new() };
        run_one(server.address, HEALTH_LIMIT, Stream::once(1, &[200], vec![nobody.request("GET", "/healthz", "", "")]))?;
        server.first_answer = server.since_start();
        Ok(server)
    }

    /// The address, once the server says that it listens; `None` if it ends instead.
    fn ready(&mut self) -> io::Result<Option<SocketAddr>> {
        loop {
            let mut line = String::new();
            if self.output.read_line(&mut line)? == 0 {
                return Ok(None);
            }
            if let Some(address) = line.trim().strip_prefix("Doorlist listens on http://") {
                return address.parse().map(Some).map_err(io::Error::other);
            }
        }
    }

    /// Its operator.
    pub fn operator(&self) -> Operator {
        Operator::new(&self.address.to_string(), OPERATOR_KEY)
    }

    /// Time since its process was started.
    pub fn since_start(&self) -> Duration {
        self.started.elapsed()
    }

    /// Id of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Its process.
    pub fn process(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Microseconds of processor that its threads have used.
    pub fn processor_us(&self) -> f64 {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.child.id()));
        let nanos = |path: std::path::PathBuf| -> f64 {
            // The first number of the line; a thread that ended meanwhile has none.
            let text = std::fs::read_to_string(path.join("schedstat")).unwrap_or_default();
            text.split(' ').next().and_then(|number| number.parse().ok()).unwrap_or(0.0)
        };
        tasks.map_or(0.0, |tasks| tasks.filter_map(Result::ok).map(|task| nanos(task.path())).sum::<f64>() / 1e3)
    }

    /// The memory it has, in MiB.
    pub fn memory_mib(&self) -> f64 {
        memory_mib(self.child.id(), "VmRSS")
    }

    /// The most memory it has had, in MiB.
    pub fn peak_mib(&self) -> f64 {
        memory_mib(self.child.id(), "VmHWM")
    }
}

/// Memory of a process by the name that the kernel has for it, in MiB.
pub fn memory_mib(process: u32, name: &str) -> f64 {
    let text = field(&format!("/proc/{process}/status"), name);
    text.split(' ').next().and_then(|number| number.parse::<f64>().ok()).unwrap_or(0.0) / 1_024.0
}

impl Drop for Doorlist {
    fn drop(&mut self) {
        // Gone already is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
