//! Black-box tests: the built `doorlist`, its HTTP surfaces, its command line and its files.
//!
//! One binary, one server shared by most tests; each test has a tenant of its own. Tests that end servers start their own.
//! Build the server first: `cargo build -p doorlist`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "these are tests")]

mod author;
mod bad_input;
mod cli;
mod concurrency;
mod conformance;
mod crash;
mod dashboard;
mod directory;
mod examples;
mod guests;
mod guide;
mod kit;
mod plugins;
mod remote;
mod retention;
mod scim;
mod shared;
mod shutdown;
mod tapes;
mod tenancy;
mod tidy;
