//! Bytes on a socket, for requests that an HTTP library would refuse or put right, and for those that are sent in halves.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// A read that takes longer is a failure.
const READ_MAX: Duration = Duration::from_secs(60);

/// A connection on which a test writes what it likes.
#[derive(Debug)]
pub struct Socket(TcpStream);

/// What came back, taken apart no further than needed.
#[derive(Debug)]
pub struct Answer {
    /// HTTP status; 0 if the server closed without a word.
    pub status: u16,
    /// Status line and headers.
    pub head: String,
    /// Everything after them.
    pub body: String,
}

impl Socket {
    /// Connects.
    ///
    /// # Panics
    /// If nobody listens.
    #[track_caller]
    pub fn connect(address: &str) -> Self {
        let stream = TcpStream::connect(address).expect("the server listens");
        stream.set_read_timeout(Some(READ_MAX)).expect("a socket has timeouts");
        stream.set_nodelay(true).expect("a socket has this option");
        Self(stream)
    }

    /// Writes.
    ///
    /// # Panics
    /// If the server has closed.
    #[track_caller]
    pub fn write(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).expect("the server reads");
    }

    /// Writes what the server may have stopped reading.
    pub fn write_if_read(&mut self, bytes: &[u8]) {
        let _ = self.0.write_all(bytes);
    }

    /// Sends the head of a SCIM POST with this token for this body, and waits until the server asks for the body: by then it knows who asks and what they see.
    ///
    /// # Panics
    /// If the server does not ask.
    #[track_caller]
    pub fn post_head(address: &str, path: &str, token: &str, body: &str) -> Self {
        let mut socket = Self::connect(address);
        let length = body.len();
        let head = format!(
            "POST /scim/v2{path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\nexpect: 100-continue\r\nauthorization: Bearer {token}\r\n\
             content-type: application/scim+json\r\ncontent-length: {length}\r\n\r\n"
        );
        socket.write(head.as_bytes());
        let mut asked = [0; 25];
        socket.0.read_exact(&mut asked).expect("the server asks for the body");
        assert_eq!(&asked, b"HTTP/1.1 100 Continue\r\n\r\n");
        socket
    }

    /// Reads one answer: to the end that its length tells, or else until the server closes. What it may do afterwards with what is still to come
    /// of the request is not waited for.
    ///
    /// # Panics
    /// If the answer does not end in time.
    #[track_caller]
    pub fn answer(mut self) -> Answer {
        let mut bytes = Vec::new();
        let mut buffer = [0; 0x1_0000];
        while !is_whole(&bytes) {
            match self.0.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => bytes.extend_from_slice(&buffer[..read]),
                // A server that closes while more is being sent resets the connection; what it said before is what counts.
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => break,
                Err(error) => panic!("no end of the answer: {error}"),
            }
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        Answer { status, head: head.to_owned(), body: body.to_owned() }
    }
}

/// Whether all has come that the length in the head announces. Interim answers announce none.
fn is_whole(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let answer = Answer { status: 0, head: head.to_owned(), body: String::new() };
    answer.header("content-length").and_then(|length| length.parse().ok()).is_some_and(|length| body.len() >= length)
}

impl Answer {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// Sends one request and reads the answer. `target` goes on the wire as it is.
///
/// # Panics
/// If the server does not answer.
#[track_caller]
pub fn exchange(address: &str, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let mut head = format!("{method} {target} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if !body.is_empty() {
        head.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    head.push_str("\r\n");
    let mut socket = Socket::connect(address);
    socket.write(head.as_bytes());
    socket.write_if_read(body);
    socket.answer()
}
