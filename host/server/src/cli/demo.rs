//! `doorlist demo`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use crate::demo::{self, Options};
use crate::error::Result;

/// Options of `doorlist demo`.
#[derive(Args)]
#[command(after_long_help = "Starts a server with a tenant, plays a JumpCloud against it over HTTP (connection test, activation, \
users and groups assigned, renamed, suspended, unassigned), and prints the directory that came of it, with the reason for \
whatever is not in it. Then the server goes on until Ctrl-C.")]
pub(super) struct Demo {
    /// Address and port to listen on; port 0 takes a free one.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Directory of the data. Without it a temporary one, removed at the end.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// End once the directory has been printed.
    #[arg(long)]
    exit: bool,
}

impl Demo {
    /// Plays it.
    pub(super) fn run(self) -> Result<()> {
        let Self { listen, data_dir, exit } = self;
        demo::run(&Options { listen, data_dir, temporary_dir: std::env::temp_dir(), exit })
    }
}
