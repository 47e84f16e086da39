//! The floor of HTTP: the same web framework answers 1 KB that it has in memory. Runs as a process of its own, in a server's place.

use std::io::{self, BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, Stdio};

use crate::machine::Machine;

/// The argument that makes this executable the server.
pub const ARGUMENT: &str = "--static-answer";

/// Bytes of the answer: about a SCIM user.
const BODY_BYTES: usize = 1_000;

/// The running server. Dropped, it ends.
#[derive(Debug)]
pub struct StaticAnswer {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

impl StaticAnswer {
    /// Starts it.
    pub fn start(machine: &Machine) -> io::Result<Self> {
        let mut command = machine.server_command(&std::env::current_exe()?);
        let mut child = command.arg(ARGUMENT).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        if let Some(output) = child.stdout.take() {
            BufReader::new(output).read_line(&mut line)?;
        }
        let address = line.trim().parse().map_err(|_| io::Error::other("the static server did not start"));
        if address.is_err() {
            child.kill()?;
        }
        Ok(Self { child, address: address? })
    }
}

impl Drop for StaticAnswer {
    fn drop(&mut self) {
        // Gone already is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The server: prints its address, and ends when its input does.
pub fn run() -> io::Result<()> {
    let body: &'static str = format!("{{\"text\":\"{}\"}}", "x".repeat(BODY_BYTES - 11)).leak();
    std::thread::spawn(|| {
        // Nothing is ever written to it: this returns when whoever started us is gone.
        let _ = io::stdin().read(&mut [0]);
        std::process::exit(0);
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?);
        let answer = move || async move { ([("content-type", "application/json")], body) };
        axum::serve(listener, axum::Router::new().route("/", axum::routing::get(answer))).await
    })
}
