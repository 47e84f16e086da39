//! Guests of tests/guests, as the sandbox's own tests make them.

#![allow(dead_code, reason = "each test uses some of it")]

#[path = "../../../host/server/tests/policy/guest.rs"]
mod guest;

pub use guest::*;

/// A plugin with this name and version that does nothing.
pub fn plain(name: &str, version: &str) -> Vec<u8> {
    guest(&Said { name, version, ..SAID }, &[])
}
