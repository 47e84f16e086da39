//! Sandboxed policies: from a file somebody uploaded to the changes that it wants in a view.
//!
//! Read [`Host::load`] first (what an upload passes before it may run), then [`Plugin::batch`] and [`Batch`] (how
//! it runs), then [`limits`] (what it may cost). This is the only module that names wasmtime, and no type of it
//! leaves. It knows nothing of storage, HTTP, tenants, SCIM filters or what the directory does with a change.
//!
//! A guest can compute and nothing else: it imports no function, so it has no clock, randomness, files or network.
//! Its time is bounded by deadlines, its memory, tables and stack by limits, its answers by both a budget in the
//! engine and checks afterwards. A store that trapped is never entered again.
//!
//! What is not bounded: compiling runs in this process, one upload at a time. Admission bounds what compilers are
//! known to be slow at, but an upload may still take seconds of CPU and hundreds of megabytes; a child process with
//! limits would bound both.

mod admission;
mod answer;
mod batch;
mod bindings;
mod componentize;
mod defaults;
mod engine;
mod fault;
mod first_party;
mod gate;
mod imports;
pub mod json;
pub mod limits;
mod load;
mod load_error;
mod manifest;
mod output;
mod plugin;
mod problem;
mod sandbox;
mod schema;
mod settings;
mod state;
mod wasi;
mod world;

pub use batch::{Batch, Usage};
pub use bindings::v1::doorlist::policy::types::{
    Attribute, Current, Group, GroupChange, GroupEffect, GroupRef, GroupView, Issued, Lifecycle, Problem, Status, User, UserChange,
    UserEffect, UserView, Value,
};
pub use engine::HostError;
pub use fault::{Fault, FaultKind};
pub use first_party::first_party;
pub use limits::{CallLimits, LoadLimits, Tier};
pub use load::{CacheSettings, Host, HostSettings};
pub use load_error::{LoadError, LoadStage};
pub use manifest::{Manifest, Part, Reads, Writes};
pub use plugin::{Facts, Plugin};
pub use settings::SettingsError;
