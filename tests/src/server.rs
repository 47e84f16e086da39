//! A running `doorlist`.
//!
//! Found beside the test executable or named by `DOORLIST_BIN`. It ends with whoever started it: dropped, it is killed by its
//! id; if the test process itself ends or is killed, a watcher that waits at a pipe from it does the same.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use crate::callers::{Nobody, Operator};
use crate::scratch::Scratch;

/// The operator key that servers of the tests get through the environment.
pub const OPERATOR_KEY: &str = "operator-key-of-the-black-box-tests";

/// Within this time a server is ready. An unoptimised build on a busy machine takes seconds.
const READY_MAX: Duration = Duration::from_secs(60);

/// Within this time a server ends after it was told to.
const END_MAX: Duration = Duration::from_secs(60);

const READY_LINE: &str = "Doorlist listens on ";

/// How to start a server.
#[derive(Debug)]
pub struct Options {
    data_dir: Option<PathBuf>,
    key: Option<String>,
    log: Option<String>,
    arguments: Vec<String>,
}

/// A running server.
#[derive(Debug)]
pub struct Server {
    child: Child,
    watcher: Child,
    address: String,
    lines: Arc<Mutex<Vec<String>>>,
    data_dir: PathBuf,
    /// Holds the log, and the data unless it is elsewhere.
    own: Scratch,
    ready_after: Duration,
}

/// A server that ended.
#[derive(Debug)]
pub struct Ended {
    /// How.
    pub status: ExitStatus,
    /// What it printed.
    pub stdout: String,
    /// What it logged.
    pub stderr: String,
}

/// A signal that asks a server to end in order.
#[derive(Clone, Copy, Debug)]
pub enum Signal {
    /// What `kill` and service managers send.
    Terminate,
    /// What Ctrl-C sends.
    Interrupt,
}

impl Options {
    /// Keeps the data in `path`, which outlives the server.
    #[must_use]
    pub fn data_dir(mut self, path: &Path) -> Self {
        self.data_dir = Some(path.to_owned());
        self
    }

    /// Gives the operator key through the environment; `None` gives none.
    #[must_use]
    pub fn key(mut self, key: Option<&str>) -> Self {
        self.key = key.map(str::to_owned);
        self
    }

    /// Says what is logged, as `DOORLIST_LOG` takes it.
    #[must_use]
    pub fn log(mut self, filter: &str) -> Self {
        self.log = Some(filter.to_owned());
        self
    }

    /// Appends an argument.
    #[must_use]
    pub fn argument(mut self, text: &str) -> Self {
        self.arguments.push(text.to_owned());
        self
    }

    /// Starts it and waits until it is ready.
    ///
    /// # Panics
    /// If it ends or hangs instead.
    #[track_caller]
    pub fn start(self) -> Server {
        match self.try_start() {
            Ok(server) => server,
            Err(ended) => panic!("The server ended with {} instead of listening.\n{}\n{}", ended.status, ended.stdout, ended.stderr),
        }
    }

    /// Starts it and waits until it is ready or has ended.
    ///
    /// # Errors
    /// How it ended.
    ///
    /// # Panics
    /// If it does neither within [`READY_MAX`], or cannot be started at all.
    #[track_caller]
    pub fn try_start(self) -> Result<Server, Ended> {
        let own = Scratch::new();
        let data_dir = self.data_dir.unwrap_or_else(|| own.join("data"));
        let log = File::create(own.join("log")).expect("the log can be made");
        let started = Instant::now();
        let mut command = command();
        command.args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]).arg(&data_dir).args(&self.arguments);
        if let Some(key) = &self.key {
            command.env("DOORLIST_OPERATOR_KEY", key);
        }
        if let Some(filter) = &self.log {
            command.env("DOORLIST_LOG", filter);
        }
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().expect("the server can be started");
        let watcher = watch(child.id(), own.path());
        let (lines, ready) = listen(&mut child);
        let mut server = Server { child, watcher, address: String::new(), lines, data_dir, own, ready_after: Duration::ZERO };
        match ready.recv_timeout(READY_MAX) {
            Ok(address) => {
                server.ready_after = started.elapsed();
                server.address = address;
                Ok(server)
            }
            // Its output ended: it did, too.
            Err(mpsc::RecvTimeoutError::Disconnected) => Err(server.wait()),
            Err(mpsc::RecvTimeoutError::Timeout) => {
                panic!("The server was not ready after {READY_MAX:?}.\n{}\n{}", server.stdout(), server.stderr())
            }
        }
    }
}

impl Server {
    /// A server with a data directory of its own and the key [`OPERATOR_KEY`], unless told otherwise.
    pub fn options() -> Options {
        Options { data_dir: None, key: Some(OPERATOR_KEY.to_owned()), log: None, arguments: Vec::new() }
    }

    /// Starts one like that.
    #[track_caller]
    pub fn start() -> Self {
        Self::options().start()
    }

    /// Where it listens, such as `127.0.0.1:40001`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The id of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Where its data is.
    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// How long it took until it said that it listens.
    pub fn ready_after(&self) -> Duration {
        self.ready_after
    }

    /// Its operator, by the key of the environment.
    pub fn operator(&self) -> Operator {
        Operator::new(&self.address, OPERATOR_KEY)
    }

    /// Somebody without any key.
    pub fn nobody(&self) -> Nobody {
        Nobody::new(&self.address)
    }

    /// What it printed so far.
    pub fn stdout(&self) -> String {
        self.lines.lock().unwrap().join("\n")
    }

    /// What it logged so far.
    pub fn stderr(&self) -> String {
        std::fs::read_to_string(self.own.join("log")).unwrap_or_default()
    }

    /// Sends a signal and does not wait.
    ///
    /// # Panics
    /// If the signal cannot be sent.
    #[track_caller]
    pub fn signal(&self, signal: Signal) {
        let name = match signal {
            Signal::Terminate => "TERM",
            Signal::Interrupt => "INT",
        };
        let script = format!("kill -s {name} {}", self.child.id());
        let sent = Command::new("sh").args(["-c", &script]).status().expect("a shell can be started");
        assert!(sent.success(), "the signal was not sent");
    }

    /// Kills it at once, as a power failure of the process would, and waits until it is gone. The data stays if it is elsewhere.
    ///
    /// # Panics
    /// If it cannot be killed.
    #[track_caller]
    pub fn kill(mut self) -> Ended {
        self.child.kill().expect("the server can be killed");
        self.wait()
    }

    /// Waits until it has ended by itself.
    ///
    /// # Panics
    /// If it has not within a minute.
    #[track_caller]
    pub fn wait(mut self) -> Ended {
        let deadline = Instant::now() + END_MAX;
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("the server can be waited for") {
                break status;
            }
            assert!(Instant::now() < deadline, "The server did not end within {END_MAX:?}.\n{}", self.stderr());
            thread::sleep(Duration::from_millis(5));
        };
        Ended { status, stdout: self.stdout(), stderr: self.stderr() }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The watcher first: once the server has been waited for, its id could be another process's.
        let _ = self.watcher.kill();
        let _ = self.watcher.wait();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The executable, ready for arguments. Gets nothing of the environment that is about Doorlist.
///
/// # Panics
/// If it has not been built.
#[track_caller]
pub fn command() -> Command {
    let path = executable();
    assert!(path.is_file(), "{} is missing: run `cargo build -p doorlist` first, or name it in DOORLIST_BIN.", path.display());
    let mut command = Command::new(path);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("DOORLIST_") {
            command.env_remove(name);
        }
    }
    command.stdin(Stdio::null());
    command
}

/// Where the executable under test is, or should be.
///
/// # Panics
/// If a test executable is where none is.
pub fn executable() -> PathBuf {
    if let Some(path) = std::env::var_os("DOORLIST_BIN") {
        return path.into();
    }
    // target/debug/deps/all-… → target/debug/doorlist
    let own = std::env::current_exe().expect("a process knows its executable");
    let target = own.parent().and_then(Path::parent).expect("an executable is in a directory of a directory");
    target.join(format!("doorlist{}", std::env::consts::EXE_SUFFIX))
}

/// A process that kills `server` and removes `scratch` when this process is gone: nothing is ever written to its input, so its
/// `read` returns only when the other end closes.
fn watch(server: u32, scratch: &Path) -> Child {
    Command::new("sh")
        .args(["-c", r#"read _; kill -9 "$1"; rm -rf -- "$2""#, "watcher"])
        .arg(server.to_string())
        .arg(scratch)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("a shell can be started")
}

/// Collects what the server prints, and tells the address once it has been printed.
fn listen(child: &mut Child) -> (Arc<Mutex<Vec<String>>>, mpsc::Receiver<String>) {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let (tell, ready) = mpsc::channel();
    let output = BufReader::new(child.stdout.take().expect("its output is piped"));
    let collected = Arc::clone(&lines);
    thread::spawn(move || {
        for line in output.lines().map_while(Result::ok) {
            let address = line.strip_prefix(READY_LINE).map(|url| url.trim().trim_start_matches("http://").to_owned());
            collected.lock().unwrap().push(line);
            if let Some(address) = address {
                let _ = tell.send(address);
            }
        }
    });
    (lines, ready)
}
