//! Guests of tests/guests, as the sandbox's own tests make them.

#![allow(dead_code, reason = "each test uses some of it")]

use std::path::Path;

#[path = "../../../host/server/tests/policy/guest.rs"]
mod guest;

#[path = "../../../host/server/tests/policy/hostile_file.rs"]
mod hostile_file;

pub use guest::*;
pub use hostile_file::Hostile;

/// Every guest of tests/guests/hostile.
pub fn all_hostile() -> Vec<Hostile> {
    hostile_file::all(&Path::new(env!("CARGO_MANIFEST_DIR")).join("guests/hostile"))
}

/// A plugin with this name and version that does nothing.
pub fn plain(name: &str, version: &str) -> Vec<u8> {
    guest(&Said { name, version, ..SAID }, &[])
}
