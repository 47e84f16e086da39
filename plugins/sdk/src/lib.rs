//! What the author of a Doorlist policy needs: the contract's types, a trait and one macro.
//!
//! A policy is a pure function from what an identity provider sent to what the directory of a tenant shows. Write a
//! type, implement [`Policy`] for it, export it with [`export_policy!`], and build the crate as a `cdylib` for
//! `wasm32-unknown-unknown`. The file that comes out is what an operator uploads; Doorlist turns it into a component
//! itself, so no other tool is needed.
//!
//! ```toml
//! [lib]
//! crate-type = ["rlib", "cdylib"]
//! ```
//!
//! ```
//! use doorlist_sdk::{Policy, Problem, Status, User, UserChange, export_policy};
//! use schemars::JsonSchema;
//! use serde::Deserialize;
//!
//! /// Suspends members whose title is on a list.
//! pub struct SuspendTitles {
//!     titles: Vec<String>,
//! }
//!
//! #[derive(Deserialize, JsonSchema)]
//! #[serde(deny_unknown_fields)]
//! pub struct Settings {
//!     /// Titles, compared with case.
//!     #[schemars(length(max = 100))]
//!     titles: Vec<String>,
//! }
//!
//! impl Policy for SuspendTitles {
//!     type Settings = Settings;
//!     const NAME: &'static str = "suspend-titles";
//!     const VERSION: &'static str = "1.0.0";
//!     const DESCRIPTION: &'static str = "Suspends members by their title.";
//!     const READS: &'static [&'static str] = &["title"];
//!     const WRITES: &'static [&'static str] = &["status"];
//!
//!     fn configure(settings: Settings) -> Result<Self, Vec<Problem>> {
//!         if let Some(at) = settings.titles.iter().position(String::is_empty) {
//!             return Err(vec![Problem::new(format!("/titles/{at}"), "A title must not be empty.")]);
//!         }
//!         Ok(SuspendTitles { titles: settings.titles })
//!     }
//!
//!     fn project_user(&self, user: &User) -> Vec<UserChange> {
//!         match user.text("title") {
//!             Some(title) if self.titles.iter().any(|listed| listed == title) => {
//!                 vec![UserChange::set_status(Status::Suspended, format!("\"{title}\" is a suspended title."))]
//!             }
//!             _ => Vec::new(),
//!         }
//!     }
//! }
//!
//! export_policy!(SuspendTitles);
//!
//! // The policy is ordinary Rust: tests call it without any sandbox.
//! let policy = SuspendTitles::configure(Settings { titles: vec!["Guest".into()] }).ok().unwrap();
//! let mut user = User::sample("ada@example.com");
//! assert!(policy.project_user(&user).is_empty());
//! user.attributes.push(doorlist_sdk::Attribute::text("title", "Guest"));
//! let changes = policy.project_user(&user);
//! assert_eq!(changes[0].reason, "\"Guest\" is a suspended title.");
//! ```
//!
//! The exported functions exist only when the target is wasm. On any other target the crate is a plain library, so
//! that `cargo test` needs neither a sandbox nor a linker script.
//!
//! What a plugin cannot do: it has no clock, randomness, files or network; a panic is a trap, whose message goes to the
//! log, and the host then leaves the subject at its last good state. It may remember nothing between items; the host checks that now and then.

extern crate self as doorlist_sdk;

mod bindings;
mod construct;
pub mod log;
mod pointer;
mod policy;
mod reason;

/// The generated code, for [`export_policy!`] alone.
#[doc(hidden)]
pub use bindings::generated as __bindings;
#[doc(hidden)]
pub use policy::{__configure, __describe};
/// What generated code calls.
#[doc(hidden)]
pub use wit_bindgen::rt as __runtime;

pub use bindings::generated::doorlist::policy::types::{
    Attribute, Current, Group, GroupChange, GroupEffect, GroupRef, GroupView, Issued, Lifecycle, Manifest, Problem, Status, User,
    UserChange, UserEffect, UserView, Value,
};
pub use policy::Policy;
pub use reason::quoted;
