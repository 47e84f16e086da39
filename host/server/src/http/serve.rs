//! Running it: the server on a listener, and the two threads beside it, until a stop signal.
//!
//! Socket and stop signal are arguments, so a test is a caller like any other. Knows nothing of signals of the operating system.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::listener::Bounded;
use super::{App, router};
use crate::admin::deletion;
use crate::admin::plugins::Plugins;
use crate::directory::Projector;
use crate::error::{Error, Result};
use crate::limits::SHUTDOWN_MS_MAX;

/// Answers requests on `listener` with `app` until `shutdown` is ready. Then requests in flight get [`SHUTDOWN_MS_MAX`] milliseconds to finish, the
/// threads end, gathered activity is written, and the store is closed.
///
/// # Errors
/// If a thread cannot be started, or the server fails.
pub async fn serve(listener: TcpListener, app: App, shutdown: impl Future<Output = ()> + Send + 'static) -> Result<()> {
    let stop = Arc::new(AtomicBool::new(false));
    let threads = start_threads(&app, &stop)?;
    let (stopping, stopped) = oneshot::channel();
    let told = app.stopping.clone();
    let signal = async move {
        shutdown.await;
        told.send_replace(true);
        // Nobody listens if the server has ended by itself.
        let _ = stopping.send(());
    };
    let server = axum::serve(Bounded::new(listener), router(app.clone())).with_graceful_shutdown(signal);
    let outcome = tokio::select! {
        outcome = async { server.await } => outcome.map_err(Error::internal),
        () = patience(stopped, &app.plugins) => {
            tracing::warn!("requests that did not finish in time are cut off");
            Ok(())
        }
    };
    stop.store(true, Ordering::Release);
    app.plugins.stop();
    let ended = tokio::task::spawn_blocking(move || end(&app, threads)).await;
    outcome.and(ended.map_err(Error::internal))
}

/// Ends some time after the stop signal. What compiles for longer than half of it is ended, so that whoever uploaded it can still be told.
async fn patience(stopped: oneshot::Receiver<()>, plugins: &Plugins) {
    let half = Duration::from_millis(SHUTDOWN_MS_MAX / 2);
    match stopped.await {
        Ok(()) => {
            tokio::time::sleep(half).await;
            plugins.stop();
            tokio::time::sleep(half).await;
        }
        Err(_) => std::future::pending().await,
    }
}

/// The projector, and the thread that writes gathered activity and goes on with deletions.
fn start_threads(app: &App, stop: &Arc<AtomicBool>) -> Result<[JoinHandle<()>; 2]> {
    let spawn =
        |name: &str, run: Box<dyn FnOnce() + Send>| std::thread::Builder::new().name(name.to_owned()).spawn(run).map_err(Error::internal);
    let projector = Projector::new(app.store.clone(), Arc::clone(&app.plugins), app.clock.clone()).counting(app.holds.clone());
    let (told, other) = (Arc::clone(stop), app.clone());
    let housekeeping = Arc::clone(stop);
    Ok([
        spawn("projector", Box::new(move || projector.run(&told)))?,
        spawn(
            "housekeeping",
            Box::new(move || deletion::run(&other.store, &other.clock, (&other.gatherer, &other.clients), &other.deletions, &housekeeping)),
        )?,
    ])
}

/// Waits for the threads, writes what they left, closes the store.
fn end(app: &App, threads: [JoinHandle<()>; 2]) {
    for thread in threads {
        let name = thread.thread().name().unwrap_or_default().to_owned();
        if thread.join().is_err() {
            tracing::error!(name, "a thread panicked; see the panic's own line");
        }
    }
    app.gatherer.write(&app.store);
    app.clients.write(&app.store);
    app.store.close();
}
