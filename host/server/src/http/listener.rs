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

/// Sockets open at once. Leaves room for files below the usual limit of 1,024 descriptors for a process; more wait in the system's queue.
const SOCKETS_MAX: usize = 960;

/// Milliseconds for which a socket may move no byte in either direction: twice as long as any request may wait for its answer.
const SILENCE_MS_MAX: u64 = 120_000;

/// Accepts sockets within the bounds.
pub(super) struct Bounded {
    listener: TcpListener,
    free: Arc<Semaphore>,
}

impl Bounded {
    pub(super) fn new(listener: TcpListener) -> Self {
        Self { listener, free: Arc::new(Semaphore::new(SOCKETS_MAX)) }
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
        (Socket { stream, silent_until: Box::pin(sleep_until(deadline())), _permit: permit }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

fn deadline() -> Instant {
    Instant::now() + Duration::from_millis(SILENCE_MS_MAX)
}

/// A socket that ends when it has been silent for too long.
pub(super) struct Socket {
    stream: TcpStream,
    silent_until: Pin<Box<Sleep>>,
    _permit: Option<OwnedSemaphorePermit>,
}

impl Socket {
    /// Puts the end off after a byte moved; ends the wait if none did for too long.
    fn bounded<T>(&mut self, context: &mut Context<'_>, moved: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if moved.is_ready() {
            self.silent_until.as_mut().reset(deadline());
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
