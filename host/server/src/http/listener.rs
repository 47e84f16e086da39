//! Sockets: how many at once, and for how long one may stay silent.
//!
//! Knows no HTTP. Whoever says nothing and reads nothing is let go, so that silence holds no socket for long.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::serve::Listener;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep, sleep_until};

use crate::limits::{SOCKET_SILENCE_MS_MAX, SOCKETS_MAX};

/// Accepts sockets within the bounds.
pub(super) struct Bounded {
    listener: TcpListener,
    free: Arc<Semaphore>,
    silence_max: Duration,
}

impl Bounded {
    pub(super) fn new(listener: TcpListener) -> Self {
        Self::within(listener, SOCKETS_MAX, Duration::from_millis(SOCKET_SILENCE_MS_MAX))
    }

    fn within(listener: TcpListener, sockets_max: usize, silence_max: Duration) -> Self {
        Self { listener, free: Arc::new(Semaphore::new(sockets_max)), silence_max }
    }
}

impl Listener for Bounded {
    type Io = Socket;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Socket, SocketAddr) {
        // The semaphore is never closed, so there is always a permit to wait for.
        let permit = Arc::clone(&self.free).acquire_owned().await.ok();
        let (stream, address) = Listener::accept(&mut self.listener).await;
        // An answer leaves as soon as it is written. A socket that refuses this still works.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a socket keeps gathering small packets");
        }
        let silent_until = Box::pin(sleep_until(Instant::now() + self.silence_max));
        (Socket { stream, silence_max: self.silence_max, silent_until, _permit: permit }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// A socket that ends when it has been silent for too long.
pub(super) struct Socket {
    stream: TcpStream,
    silence_max: Duration,
    silent_until: Pin<Box<Sleep>>,
    _permit: Option<OwnedSemaphorePermit>,
}

impl Socket {
    /// Puts the end off after a byte moved; ends the wait if none did for too long.
    fn bounded<T>(&mut self, context: &mut Context<'_>, moved: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if moved.is_ready() {
            let silent_until = Instant::now() + self.silence_max;
            // Not for every byte, since moving a timer takes a lock: a socket may be let go a sixty-fourth too early.
            if silent_until > self.silent_until.deadline() + self.silence_max / 64 {
                self.silent_until.as_mut().reset(silent_until);
            }
            return moved;
        }
        match self.silent_until.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let moved = Pin::new(&mut self.stream).poll_read(context, buffer);
        self.bounded(context, moved)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let moved = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.bounded(context, moved)
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, context: &mut Context<'_>, parts: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let moved = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.bounded(context, moved)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    fn run(test: impl Future<Output = ()>) {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
    }

    /// Reads one byte.
    async fn hear(socket: &mut Socket) -> io::Result<u8> {
        let mut heard = [0; 1];
        poll_fn(|context| Pin::new(&mut *socket).poll_read(context, &mut ReadBuf::new(&mut heard))).await?;
        Ok(heard[0])
    }

    async fn bounded(sockets_max: usize, silence_max: Duration) -> (Bounded, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        (Bounded::within(listener, sockets_max, silence_max), address)
    }

    #[test]
    fn a_socket_beyond_the_bound_waits_until_another_is_gone() {
        run(async {
            let (mut listener, address) = bounded(1, Duration::from_secs(60)).await;
            let _clients = (TcpStream::connect(address).await.unwrap(), TcpStream::connect(address).await.unwrap());
            let (first, _) = listener.accept().await;
            let none = Duration::from_millis(20);
            assert!(tokio::time::timeout(none, listener.accept()).await.is_err(), "the second one waits");
            drop(first);
            listener.accept().await;
        });
    }

    #[test]
    fn a_silent_socket_ends_and_a_talking_one_does_not() {
        run(async {
            let (mut listener, address) = bounded(2, Duration::from_millis(200)).await;
            let client = TcpStream::connect(address).await.unwrap();
            let (mut socket, _) = listener.accept().await;
            let talk = async {
                for _ in 0..6 {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    assert_eq!(client.try_write(b"x").unwrap(), 1);
                }
            };
            let listen = async {
                for _ in 0..6 {
                    assert_eq!(hear(&mut socket).await.unwrap(), b'x');
                }
            };
            tokio::join!(talk, listen);
            assert_eq!(hear(&mut socket).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
        });
    }
}
