//! The demo: a tenant, a JumpCloud that is played against it over HTTP, and the directory that comes of it.
//!
//! [`scenario`] says who works where and what happens to them, [`player`] sends it as JumpCloud would and does what the operator does,
//! [`exchange`] is the HTTP in between, [`report`] and [`table`] show the result.
//!
//! Apart from starting the server, the demo knows nothing of the code behind the ports: whoever plays here could be on another machine.

mod exchange;
mod player;
mod report;
mod scenario;
mod table;

use std::io::Write as _;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;

use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::http::{self, App};
use crate::id::Id;
use crate::limits::CACHE_BYTES_DEFAULT;
use crate::policy::HostSettings;
use crate::secret::{Purpose, Secret};
use crate::store::Store;
use exchange::{Caller, Refusal};

/// Prints a line. A reader that has gone away, as in `doorlist demo | head`, is no reason to end.
macro_rules! say {
    ($($text:tt)*) => {{
        let _ = writeln!(std::io::stdout(), $($text)*);
    }};
}

/// How to run it.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Where the data goes. Without it a new directory below `temporary_dir`, which is removed at the end.
    pub data_dir: Option<PathBuf>,
    /// Where temporary directories are made.
    pub temporary_dir: PathBuf,
    /// Whether to end when everything has been shown, instead of going on serving.
    pub exit: bool,
}

/// Starts a server, plays the demo against it, prints what comes of it, and serves on until Ctrl-C unless told to exit.
///
/// # Errors
/// If the server cannot be started, or answers anything else than expected: the error then shows the exchange.
pub fn run(options: &Options) -> Result<()> {
    let clock = Clock::system();
    let data_dir = DataDir::make(options, &clock)?;
    let key = Secret::generate(Purpose::Key)?.to_string();
    let server = Server::start(options.listen, &data_dir.path, clock, &key)?;
    let outcome = show(&server.url, &key);
    if outcome.is_ok() && !options.exit {
        say!("\nDoorlist goes on serving. Ctrl-C ends it.");
        server.wait()?;
    } else {
        server.stop()?;
    }
    outcome.map_err(|refusal| Error::conflict(format!("The demo stopped at an answer that it did not expect.\n\n{refusal}")))
}

/// Plays the demo and prints it.
fn show(url: &str, key: &str) -> Result<(), Refusal> {
    let operator = Caller::operator(url, key);
    let connection = player::connect(&operator)?;
    say!("Doorlist demo: tenant \"{}\" with a connection for JumpCloud\n", scenario::TENANT);
    say!("  Base URL      {}", connection.base_url);
    say!("  Token         {}", connection.token);
    say!("  Admin API     {url}{}/tenants/{}", http::ADMIN_BASE, connection.tenant);
    say!("  Operator key  {key}");
    say!("  Filters       groups that start with \"{}\", users in \"{}\"", scenario::GROUP_PREFIX, scenario::USER_GROUP);
    say!("  Protected     the roles {}\n", scenario::PROTECTED_ROLES.join(" and "));
    let client = Caller::client(&connection.base_url, &connection.token);
    player::play(&operator, &client, &connection.tenant, &mut |who, line| say!("{who:<10}  {line}"))?;
    say!("\n{}", report::directory(&operator, &connection.tenant)?.trim_end());
    Ok(())
}

/// A running server.
struct Server {
    url: String,
    stop: oneshot::Sender<()>,
    thread: JoinHandle<Result<()>>,
}

impl Server {
    fn start(listen: SocketAddr, data_dir: &Path, clock: Clock, key: &str) -> Result<Self> {
        let runtime = Runtime::new().map_err(Error::internal)?;
        let refused = |cause| Error::conflict(format!("{listen} cannot be listened on.")).with_cause(Box::new(cause));
        let listener = runtime.block_on(TcpListener::bind(listen)).map_err(refused)?;
        let url = format!("http://{}", listener.local_addr().map_err(Error::internal)?);
        let store = Store::open(data_dir, CACHE_BYTES_DEFAULT)?;
        let app = App::new(store, clock, Some(key), &url, 0, HostSettings::default(), None);
        let (stop, stopped) = oneshot::channel();
        let (mut interrupt, mut terminate) = {
            let _within = runtime.enter();
            (signal(SignalKind::interrupt()).map_err(Error::internal)?, signal(SignalKind::terminate()).map_err(Error::internal)?)
        };
        let shutdown = async move {
            tokio::select! {
                // Whichever comes first; a sender that is gone ends it as well.
                _ = stopped => {}
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        };
        let thread = std::thread::Builder::new()
            .name("demo-server".to_owned())
            .spawn(move || runtime.block_on(http::serve(listener, app, shutdown)))
            .map_err(Error::internal)?;
        Ok(Self { url, stop, thread })
    }

    /// Waits until Ctrl-C has ended it.
    fn wait(self) -> Result<()> {
        let ended = self.thread.join();
        drop(self.stop);
        ended.unwrap_or_else(|_| Err(Error::internal("the server's thread panicked")))
    }

    fn stop(self) -> Result<()> {
        // It may have ended already, by Ctrl-C.
        let _ = self.stop.send(());
        let ended = self.thread.join();
        ended.unwrap_or_else(|_| Err(Error::internal("the server's thread panicked")))
    }
}

/// Where the data is; removed at the end if it was made for the demo alone.
struct DataDir {
    path: PathBuf,
    temporary: bool,
}

impl DataDir {
    fn make(options: &Options, clock: &Clock) -> Result<Self> {
        let temporary = options.data_dir.is_none();
        let path = match &options.data_dir {
            Some(path) => path.clone(),
            None => options.temporary_dir.join(format!("doorlist-demo-{}", Id::new(clock.now()))),
        };
        let refused = |cause| Error::conflict(format!("The data directory {} cannot be made.", path.display())).with_cause(Box::new(cause));
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&path).map_err(refused)?;
        Ok(Self { path, temporary })
    }
}

impl Drop for DataDir {
    fn drop(&mut self) {
        if self.temporary {
            // Left behind, it is a few megabytes in a directory for such things.
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}
