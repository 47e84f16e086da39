//! One kept-open HTTP/1.1 connection with one request in flight (RFC 9112), for requests that are bytes already.

use std::io;
use std::net::SocketAddr;

use tokio::net::TcpStream;

/// Bytes of an answer's head. Ours have a few hundred.
const HEAD_BYTES_MAX: usize = 64 << 10;

/// Bytes of an answer's body. A group of 50,000 members has about 8 MB.
const BODY_BYTES_MAX: usize = 64 << 20;

/// Bytes that a buffer starts with and always has room for when it is read into.
const READ_BYTES_MIN: usize = 64 << 10;

/// A connection.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    buffer: Buffer,
    body: Vec<u8>,
}

/// An answer.
#[derive(Debug)]
pub struct Reply<'c> {
    /// Its status.
    pub status: u16,
    /// Its body, without chunks.
    pub body: &'c [u8],
}

/// Bytes read so far. Its memory stays from one answer to the next, so that large answers cost no clearing of it.
#[derive(Debug, Default)]
struct Buffer {
    memory: Vec<u8>,
    filled: usize,
}

impl Buffer {
    fn bytes(&self) -> &[u8] {
        self.memory.get(..self.filled).unwrap_or_default()
    }

    fn slice(&self, from: usize, to: usize) -> &[u8] {
        self.bytes().get(from..to).unwrap_or_default()
    }

    fn room(&mut self) -> &mut [u8] {
        if self.memory.len() < self.filled + READ_BYTES_MIN {
            self.memory.resize((self.memory.len() * 2).max(self.filled + READ_BYTES_MIN), 0);
        }
        self.memory.get_mut(self.filled..).unwrap_or_default()
    }
}

/// What the head says about the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framing {
    Length(usize),
    Chunked,
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// If nobody listens there.
    pub async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Buffer::default(), body: Vec::new() })
    }

    /// Sends `request` and waits for its whole answer.
    ///
    /// # Errors
    /// If the connection breaks, or the answer is no HTTP or larger than anything expected.
    pub async fn exchange(&mut self, request: &[u8]) -> io::Result<Reply<'_>> {
        self.send(request).await?;
        self.buffer.filled = 0;
        let head_end = self.read_to(0, b"\r\n\r\n").await? + 4;
        let (status, framing) = parse_head(self.buffer.slice(0, head_end))?;
        match framing {
            Framing::Length(length) => {
                let end = head_end.saturating_add(length);
                self.read_until(end).await?;
                Ok(Reply { status, body: self.buffer.slice(head_end, end) })
            }
            Framing::Chunked => {
                self.read_chunks(head_end).await?;
                Ok(Reply { status, body: &self.body })
            }
        }
    }

    async fn send(&mut self, mut request: &[u8]) -> io::Result<()> {
        while !request.is_empty() {
            match self.stream.try_write(request) {
                Ok(sent) => request = request.get(sent..).unwrap_or_default(),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.stream.writable().await?,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    async fn read_more(&mut self) -> io::Result<()> {
        loop {
            match self.stream.try_read(self.buffer.room()) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(read) => {
                    self.buffer.filled += read;
                    return Ok(());
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.stream.readable().await?,
                Err(error) => return Err(error),
            }
        }
    }

    async fn read_until(&mut self, end: usize) -> io::Result<()> {
        while self.buffer.filled < end {
            self.read_more().await?;
        }
        Ok(())
    }

    /// Where `mark` begins, looking from `from` on.
    async fn read_to(&mut self, from: usize, mark: &[u8]) -> io::Result<usize> {
        loop {
            let rest = self.buffer.slice(from, self.buffer.filled);
            if let Some(place) = rest.windows(mark.len()).position(|window| window == mark) {
                return Ok(from + place);
            }
            if rest.len() > HEAD_BYTES_MAX {
                return Err(broken("a head without an end"));
            }
            self.read_more().await?;
        }
    }

    async fn read_chunks(&mut self, mut from: usize) -> io::Result<()> {
        self.body.clear();
        loop {
            let line_end = self.read_to(from, b"\r\n").await?;
            let size = chunk_size(self.buffer.slice(from, line_end))?;
            let (begin, end) = (line_end + 2, line_end + 2 + size);
            self.read_until(end + 2).await?;
            self.body.extend_from_slice(self.buffer.slice(begin, end));
            from = end + 2;
            if size == 0 {
                return Ok(());
            }
            if self.body.len() > BODY_BYTES_MAX {
                return Err(broken("a body without an end"));
            }
        }
    }
}

fn broken(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the answer has {what}"))
}

/// The size of a chunk, without its extensions (RFC 9112 section 7.1).
fn chunk_size(line: &[u8]) -> io::Result<usize> {
    let text = std::str::from_utf8(line).map_err(|_| broken("a chunk size of no text"))?;
    let digits = text.split(';').next().unwrap_or_default().trim();
    let size = usize::from_str_radix(digits, 16).map_err(|_| broken("a chunk size of no number"))?;
    if size > BODY_BYTES_MAX { Err(broken("a chunk larger than anything expected")) } else { Ok(size) }
}

fn parse_head(head: &[u8]) -> io::Result<(u16, Framing)> {
    let text = std::str::from_utf8(head).map_err(|_| broken("a head of no text"))?;
    let mut lines = text.split("\r\n");
    let status_line = lines.next().unwrap_or_default();
    let status: u16 = status_line
        .strip_prefix("HTTP/1.1 ")
        .and_then(|rest| rest.get(..3))
        .and_then(|digits| digits.parse().ok())
        .ok_or_else(|| broken("no status of HTTP/1.1"))?;
    if matches!(status, 204 | 304) {
        return Ok((status, Framing::Length(0)));
    }
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        if name.eq_ignore_ascii_case("content-length") {
            let length: usize = value.trim().parse().map_err(|_| broken("a length of no number"))?;
            if length > BODY_BYTES_MAX {
                return Err(broken("a body larger than anything expected"));
            }
            return Ok((status, Framing::Length(length)));
        }
        if name.eq_ignore_ascii_case("transfer-encoding") && value.trim().eq_ignore_ascii_case("chunked") {
            return Ok((status, Framing::Chunked));
        }
    }
    Err(broken("a body of unknown length"))
}

#[cfg(test)]
mod tests {
    use super::{Connection, Framing, parse_head};
    use std::io::{Read, Write};

    #[test]
    fn heads() {
        let cases: [(&str, Option<(u16, Framing)>); 8] = [
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", Some((200, Framing::Length(5)))),
            ("HTTP/1.1 409 Conflict\r\ncontent-length:0\r\n\r\n", Some((409, Framing::Length(0)))),
            ("HTTP/1.1 204 No Content\r\n\r\n", Some((204, Framing::Length(0)))),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n", Some((200, Framing::Chunked))),
            ("HTTP/1.1 200 OK\r\n\r\n", None),
            ("HTTP/1.1 200 OK\r\ncontent-length: ten\r\n\r\n", None),
            ("HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n", None),
            ("SMTP ready\r\n\r\n", None),
        ];
        for (head, expected) in cases {
            assert_eq!(parse_head(head.as_bytes()).ok(), expected, "{head}");
        }
    }

    /// Plays `parts` to one connection, each in a segment of its own as far as the system lets it, after reading a request.
    fn exchange(parts: &'static [&'static str]) -> std::io::Result<(u16, Vec<u8>)> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let player = std::thread::spawn(move || -> std::io::Result<()> {
            let (mut socket, _) = listener.accept()?;
            let _ = socket.read(&mut [0; 1024])?;
            for part in parts {
                socket.write_all(part.as_bytes())?;
                socket.flush()?;
            }
            Ok(())
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        let outcome = runtime.block_on(async {
            let mut connection = Connection::open(address).await?;
            let reply = connection.exchange(b"GET / HTTP/1.1\r\n\r\n").await?;
            Ok((reply.status, reply.body.to_vec()))
        });
        player.join().map_err(|_| std::io::Error::other("the player panicked"))??;
        outcome
    }

    #[test]
    fn bodies() {
        let plain = exchange(&["HTTP/1.1 200 OK\r\nContent-", "Length: 5\r\n", "\r\nhe", "llo"]);
        assert_eq!(plain.ok(), Some((200, b"hello".to_vec())));
        let chunked = exchange(&["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", "lo\r\n3;x=y\r\n, w", "\r\n0\r\n\r\n"]);
        assert_eq!(chunked.ok(), Some((200, b"hello, w".to_vec())));
    }

    #[test]
    fn a_broken_connection_is_an_error() {
        for parts in [&[][..], &["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel"]] {
            assert!(exchange(parts).is_err(), "{parts:?}");
        }
    }
}
