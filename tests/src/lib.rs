//! The harness of the black-box tests: starts the built server and speaks to it as the callers it has.
//!
//! Reading order: [`server`] (a running `doorlist`), [`callers`] (who calls is part of the type: [`Operator`], [`Client`],
//! [`Nobody`]; [`Visitor`] has a browser without scripts), [`http`] (one call and its [`Reply`], which must be used), [`raw`] (bytes on a socket, for what an HTTP library
//! would put right). [`tls`] stands in front of a server as a reverse proxy does, [`provider`] beside it as an OpenID provider. [`tools`] gets what policies are built with,
//! [`examples`] builds them.
//!
//! Knows nothing of the server's code: what it sees is the executable, HTTP, and the files on the disk.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a panic here is a failed test")]

pub mod callers;
pub mod dice;
pub mod examples;
pub mod http;
pub mod load;
pub mod patience;
pub mod process;
pub mod provider;
pub mod raw;
pub mod scratch;
pub mod server;
pub mod tls;
pub mod tools;
pub mod visitor;

pub use callers::{Client, Nobody, Operator, Tenant, operations};
pub use dice::Dice;
pub use http::{Call, Reply};
pub use patience::eventually;
pub use scratch::Scratch;
pub use server::{Ended, Server};
pub use visitor::{Page, Visitor};
