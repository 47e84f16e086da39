//! Policies through the sandbox: the first-party ones do what they say, hostile ones fail alone.

// A test says what it expects by failing.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

#[path = "policy/admission.rs"]
mod admission;
#[path = "policy/compile.rs"]
mod compile;
#[path = "policy/cost.rs"]
mod cost;
#[path = "policy/first_party.rs"]
mod first_party;
#[path = "policy/guest.rs"]
mod guest;
#[path = "policy/hostile.rs"]
mod hostile;
#[path = "policy/hostile_file.rs"]
mod hostile_file;
#[path = "policy/item.rs"]
mod item;
#[path = "policy/mutation.rs"]
mod mutation;
#[path = "policy/rules.rs"]
mod rules;
#[path = "policy/wasi.rs"]
mod wasi;
#[path = "policy/world.rs"]
mod world;

use doorlist::policy::{CallLimits, Host, HostSettings, LoadError, LoadLimits, Plugin, Tier, first_party as carried};
use std::sync::LazyLock;

/// One engine for all tests, as in the server.
static HOST: LazyLock<Host> = LazyLock::new(|| Host::new(HostSettings::default()).expect("this machine runs policies"));

/// The first-party plugins, in the order in which the server carries them.
static FIRST_PARTY: LazyLock<[Plugin; 4]> =
    LazyLock::new(|| carried().map(|(name, wasm)| load(wasm).unwrap_or_else(|error| panic!("{name}: {error}"))));

/// A first-party plugin by its name.
fn plugin(name: &str) -> &'static Plugin {
    FIRST_PARTY.iter().find(|plugin| plugin.manifest().name == name).expect("the server carries it")
}

/// Loads an upload as an ordinary tenant's.
fn load(wasm: &[u8]) -> Result<Plugin, LoadError> {
    HOST.load(wasm, &LoadLimits::of(Tier::Small), "tests")
}

/// What a tenant may use that no operator restricted.
fn limits() -> CallLimits {
    CallLimits::default()
}

/// What the log would say of an error.
fn chain(error: &dyn std::error::Error) -> String {
    std::iter::successors(Some(error), |error| error.source()).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
