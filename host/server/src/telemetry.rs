//! The log: lines on standard error.
//!
//! Knows nothing of what is logged.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::error::{Error, Result};

/// Starts writing log lines that pass `filter`, such as `info` or `doorlist=debug,warn`.
///
/// # Errors
/// If the filter is not readable, or lines are being written already.
pub fn start(filter: &str) -> Result<()> {
    let unreadable = |cause| Error::invalid("What is to be logged is not readable; try: info").with_cause(Box::new(cause));
    let filter = EnvFilter::try_new(filter).map_err(unreadable)?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .try_init()
        .map_err(Error::internal)
}
