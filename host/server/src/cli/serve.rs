//! `doorlist serve`.

use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use doorlist_scim::ErrorKind;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::admin::{compiled, keys, tenants};
use crate::clock::Clock;
use crate::config::{self, Environment, Hidden};
use crate::error::{Error, Kind, Result};
use crate::http::{self, App};
use crate::limits::SCIM_RATE_DEFAULT;
use crate::policy::{CacheSettings, HostSettings};
use crate::sign_on::{Grants, SignOn, Tenants};
use crate::store::Store;

/// Where machine code of plugins is, below the data directory. It can be deleted at any time.
const COMPILED_DIRECTORY: &str = "compiled";

/// Options of `doorlist serve`.
#[derive(Args)]
#[command(after_long_help = "Environment:
  DOORLIST_OPERATOR_KEY  A text of at least 20 characters that is accepted as
                         an operator key with the role owner while the server
                         runs. It is not stored.

At the first start without it, an operator key is made and printed, this once.
SIGTERM or SIGINT ends the server once the requests in flight are answered.")]
pub(super) struct Serve {
    /// Address and port to listen on; port 0 takes a free one.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Directory of the data. Made if it is not there.
    #[arg(long, value_name = "DIR", default_value = "doorlist-data")]
    data_dir: PathBuf,
    /// How clients reach this server, as in https://doorlist.example.com. Without it: the address it listens on.
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// Memory that holds data at the most, in MiB; it is taken as data is looked at. All data of 100,000 users are about 1,000.
    #[arg(long, value_name = "N", default_value_t = 1_024, value_parser = clap::value_parser!(u32).range(1..=1_048_576))]
    cache_mib: u32,
    /// SCIM requests per second that one connection may send for long, a minute's worth of them at once. Beyond it: 429. 0 sets no limit.
    #[arg(long, value_name = "N", default_value_t = SCIM_RATE_DEFAULT)]
    scim_rate: u32,
    /// File by which operators sign in to the dashboard with an OpenID provider; schemas/single-sign-on.schema.json describes it.
    #[arg(long, value_name = "FILE")]
    single_sign_on: Option<PathBuf>,
}

impl Serve {
    /// Runs the server until a signal ends it.
    pub(super) fn run(self, environment: Environment) -> Result<()> {
        let Self { listen, data_dir, public_url, cache_mib, scim_rate, single_sign_on } = self;
        let config =
            config::Serve::resolve(listen, data_dir, public_url, Some(cache_mib), scim_rate, single_sign_on.as_deref(), environment)?;
        super::runtime()?.block_on(serve(config))
    }
}

async fn serve(config: config::Serve) -> Result<()> {
    // Before anything else, so that a signal during the start is not lost.
    let (mut terminate, mut interrupt) = (listen_to(SignalKind::terminate())?, listen_to(SignalKind::interrupt())?);
    // Before the data, so that an address that is taken leaves nothing behind.
    let refused = |cause| Error::conflict(format!("{} cannot be listened on.", config.listen)).with_cause(Box::new(cause));
    let listener = TcpListener::bind(config.listen).await.map_err(refused)?;
    let address = listener.local_addr().map_err(Error::internal)?;
    let (data_dir, cache_bytes) = (config.data_dir, config.cache_bytes);
    make_data_dir(&data_dir)?;
    let clock = Clock::system();
    let operator_key = config.operator_key.as_ref().map(Hidden::reveal).map(str::to_owned);
    let (key, now) = (operator_key.clone(), clock.clone());
    let grants = config.sign_on.as_ref().map(|settings| Arc::clone(&settings.grants));
    let start = move || {
        let store = Store::open(&data_dir, cache_bytes)?;
        grants.map(|grants| warn_of_absent(&store, &grants)).transpose()?;
        let made = keys::ensure_root(&store, key.as_deref(), &now)?;
        let sandbox = sandbox(&store, &data_dir)?;
        Ok::<_, Error>((store, made, sandbox))
    };
    let (store, made, sandbox) = tokio::task::spawn_blocking(start).await.map_err(Error::internal)??;
    if let Some(secret) = made {
        super::say(&format!("Operator key, shown only this once: {secret}"))?;
    }
    let public_url = config.public_url.unwrap_or_else(|| format!("http://{address}"));
    let redirect = format!("{public_url}{}", http::SIGN_ON_CALLBACK);
    let sign_on = config.sign_on.map(|settings| SignOn::new(settings, &redirect, clock.clone())).transpose()?;
    let app = App::new(store, clock, operator_key.as_deref(), &public_url, config.scim_rate, sandbox, sign_on);
    super::say(&format!("Doorlist listens on http://{address}"))?;
    let shutdown = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
    };
    http::serve(listener, app, shutdown).await
}

/// Tells of grants in tenants that are not there: they may have been deleted, or mistyped.
fn warn_of_absent(store: &Store, grants: &Grants) -> Result<()> {
    let named = grants.all.iter().filter_map(|grant| match &grant.tenants {
        Tenants::All => None,
        Tenants::These(ids) => Some((&grant.value, ids)),
    });
    store.installation().read(|rows| {
        for (value, id) in named.flat_map(|(value, ids)| ids.iter().map(move |id| (value, *id))) {
            match tenants::get(rows, id) {
                Err(error) if error.kind() == Kind::Scim(ErrorKind::NotFound) => {
                    tracing::warn!(tenant = %id, value, "single sign-on grants a tenant that is not there");
                }
                found => drop(found?),
            }
        }
        Ok(())
    })
}

/// How plugins are compiled: by this program, into the data directory.
fn sandbox(store: &Store, data_dir: &Path) -> Result<HostSettings> {
    let key = compiled::ensure_key(store)?;
    let directory = data_dir.join(COMPILED_DIRECTORY);
    // The directory is used from another one, too.
    let directory = std::path::absolute(directory).map_err(Error::internal)?;
    Ok(HostSettings { program: Some(super::program()?), cache: Some(CacheSettings { directory, key }) })
}

fn listen_to(kind: SignalKind) -> Result<tokio::signal::unix::Signal> {
    signal(kind).map_err(Error::internal)
}

/// Makes the directory, for its owner only. One that is there keeps its permissions.
fn make_data_dir(path: &Path) -> Result<()> {
    let refused = |cause| Error::conflict(format!("The data directory {} cannot be made.", path.display())).with_cause(Box::new(cause));
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(refused)
}
