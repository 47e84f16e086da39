//! The load tool: closed loops of prepared HTTP/1.1 requests over kept-open connections, on one thread.
//!
//! A [`Stream`] is a list of requests and a number of clients; each client sends the next request of the list as soon as it has
//! the answer to its last. Requests are bytes before the clock starts, so that the tool's own time stays below what it
//! measures. [`run`] runs several streams against one server at once and gives each stream's [`Sample`].
//!
//! Knows nothing of SCIM, of Doorlist, or of what a good figure would be.

mod connection;
mod sample;

use std::cell::{Cell, RefCell};
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::task::{JoinSet, LocalSet};

pub use connection::{Connection, Reply};
pub use sample::{Sample, median};

/// Milliseconds beyond its own limit after which a run is given up: a request that takes longer has hung.
pub const OVERTIME_MS_MAX: u64 = 60_000;

/// Who sends requests, and where to.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Address of the server.
    pub address: SocketAddr,
    /// Bearer token; empty for nobody's.
    pub token: String,
}

impl Caller {
    /// A request as it goes over the wire. `media_type` names the type of `body`; an empty body is not sent.
    pub fn request(&self, method: &str, path: &str, media_type: &str, body: &str) -> Vec<u8> {
        let mut wire = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\n", self.address);
        if !self.token.is_empty() {
            wire.push_str(&format!("Authorization: Bearer {}\r\n", self.token));
        }
        if !body.is_empty() {
            wire.push_str(&format!("Content-Type: {media_type}\r\nContent-Length: {}\r\n", body.len()));
        }
        wire.push_str("\r\n");
        wire.push_str(body);
        wire.into_bytes()
    }
}

/// Requests and those who send them.
#[derive(Debug)]
pub struct Stream {
    /// Clients, each with a connection of its own.
    pub clients: usize,
    /// What they send, each request once unless `cycle` is set.
    pub requests: Vec<Vec<u8>>,
    /// Whether the list starts over at its end, until the time is up.
    pub cycle: bool,
    /// The statuses that answers may have.
    pub statuses: &'static [u16],
    /// Whether bodies of answers are kept.
    pub keep_bodies: bool,
    /// Whether a connection that breaks ends its client quietly, as when the server is killed, rather than the run.
    pub may_break: bool,
}

impl Stream {
    /// Each of `requests` once, by `clients` clients, answered with one of `statuses`.
    pub fn once(clients: usize, statuses: &'static [u16], requests: Vec<Vec<u8>>) -> Self {
        Self { clients, requests, cycle: false, statuses, keep_bodies: false, may_break: false }
    }

    /// `requests` over and over.
    pub fn cycle(clients: usize, statuses: &'static [u16], requests: Vec<Vec<u8>>) -> Self {
        Self { cycle: true, ..Self::once(clients, statuses, requests) }
    }

    /// The same, with the bodies of the answers.
    pub fn keeping_bodies(self) -> Self {
        Self { keep_bodies: true, ..self }
    }

    /// The same, with connections that may break.
    pub fn breaking(self) -> Self {
        Self { may_break: true, ..self }
    }
}

/// What became of a stream.
#[derive(Debug)]
pub struct Outcome {
    /// How long the answered requests took.
    pub sample: Sample,
    /// The same one by one: the request's place in the list, and microseconds.
    pub by_place: Vec<(usize, f64)>,
    /// Place of each answered request in the list with the body of its answer, if bodies were kept.
    pub bodies: Vec<(usize, Vec<u8>)>,
}

/// Runs `streams` at once against the server at `address`, until each list is at its end or `limit` is over.
///
/// Connections are opened before the clock starts. Whatever is in flight when the time is up is waited for.
///
/// # Errors
/// If the server cannot be reached, breaks a connection, answers with another status, or leaves a stream without any answer.
pub fn run(address: SocketAddr, limit: Duration, streams: Vec<Stream>) -> io::Result<Vec<Outcome>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
    LocalSet::new().block_on(&runtime, async move {
        let overtime = limit + Duration::from_millis(OVERTIME_MS_MAX);
        tokio::time::timeout(overtime, drive(address, limit, streams))
            .await
            .map_err(|_| io::Error::other(format!("no end after {} s", overtime.as_secs())))?
    })
}

/// One stream, as [`run`].
///
/// # Errors
/// As [`run`].
pub fn run_one(address: SocketAddr, limit: Duration, stream: Stream) -> io::Result<Outcome> {
    run(address, limit, vec![stream])?.pop().ok_or_else(|| io::Error::other("a stream without an outcome"))
}

async fn drive(address: SocketAddr, limit: Duration, streams: Vec<Stream>) -> io::Result<Vec<Outcome>> {
    let mut started = Vec::with_capacity(streams.len());
    for stream in streams {
        let mut connections = Vec::with_capacity(stream.clients);
        for _ in 0..stream.clients {
            connections.push(Connection::open(address).await?);
        }
        started.push((Rc::new(Progress::new(stream)), connections));
    }
    let begin = Instant::now();
    let mut clients = JoinSet::new();
    for (progress, connections) in &mut started {
        for connection in connections.drain(..) {
            clients.spawn_local(client(Rc::clone(progress), connection, begin + limit));
        }
    }
    while let Some(ended) = clients.join_next().await {
        ended.map_err(io::Error::other)??;
    }
    started.into_iter().map(|(progress, _)| progress.outcome(begin)).collect()
}

/// What the clients of a stream share.
struct Progress {
    stream: Stream,
    next: Cell<usize>,
    last_answer: Cell<Option<Instant>>,
    by_place: RefCell<Vec<(usize, f64)>>,
    bodies: RefCell<Vec<(usize, Vec<u8>)>>,
}

impl Progress {
    fn new(stream: Stream) -> Self {
        Self {
            stream,
            next: Cell::new(0),
            last_answer: Cell::new(None),
            by_place: RefCell::new(Vec::new()),
            bodies: RefCell::new(Vec::new()),
        }
    }

    /// The next request and its place in the list.
    fn take(&self) -> Option<(usize, &[u8])> {
        let count = self.next.get();
        let len = self.stream.requests.len();
        let place = if self.stream.cycle { count.checked_rem(len)? } else { count };
        let request = self.stream.requests.get(place)?;
        self.next.set(count + 1);
        Some((place, request))
    }

    fn answered(&self, place: usize, begun: Instant, reply: &Reply<'_>) -> io::Result<()> {
        let now = Instant::now();
        if !self.stream.statuses.contains(&reply.status) {
            let head: String = self.stream.requests.get(place).map(|wire| shown(wire)).unwrap_or_default();
            return Err(io::Error::other(format!(
                "{head} was answered with {} instead of {:?}: {}",
                reply.status,
                self.stream.statuses,
                shown(reply.body)
            )));
        }
        self.last_answer.set(Some(now));
        self.by_place.borrow_mut().push((place, now.duration_since(begun).as_secs_f64() * 1e6));
        if self.stream.keep_bodies {
            self.bodies.borrow_mut().push((place, reply.body.to_vec()));
        }
        Ok(())
    }

    fn outcome(&self, begin: Instant) -> io::Result<Outcome> {
        let end = self.last_answer.get().ok_or_else(|| io::Error::other("no request of a stream was answered"))?;
        let by_place = self.by_place.take();
        let sample = Sample::new(by_place.iter().map(|(_, micros)| *micros).collect(), end.duration_since(begin));
        Ok(Outcome { sample, by_place, bodies: self.bodies.take() })
    }
}

async fn client(progress: Rc<Progress>, mut connection: Connection, until: Instant) -> io::Result<()> {
    while Instant::now() < until {
        let Some((place, request)) = progress.take() else { break };
        let begun = Instant::now();
        match connection.exchange(request).await {
            Ok(reply) => progress.answered(place, begun, &reply)?,
            Err(_) if progress.stream.may_break => break,
            Err(error) => return Err(io::Error::other(format!("{}: {error}", shown(request)))),
        }
    }
    Ok(())
}

/// The first line of a text, cut to what an error message has room for.
fn shown(bytes: &[u8]) -> String {
    /// Characters of it.
    const CHARS_MAX: usize = 300;
    String::from_utf8_lossy(bytes).lines().next().unwrap_or_default().chars().take(CHARS_MAX).collect()
}
