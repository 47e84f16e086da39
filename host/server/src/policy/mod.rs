//! Sandboxed policies: from a file somebody uploaded to the changes that it wants in a view.
//!
//! Read [`Host::load`] first (what an upload passes before it may run), then [`Plugin::batch`] and [`Batch`] (how
//! it runs), then [`limits`] (what it may cost). This is the only module that names wasmtime, and no type of it
//! leaves. It knows nothing of storage, HTTP, tenants, SCIM filters or what the directory does with a change.
//!
//! A guest can compute and nothing else: it imports a log, and stand-ins for WASI behind which there is nothing, so it has no clock, randomness,
//! files or network. Its time is bounded by deadlines, its memory, tables and stack by limits, its answers by both a budget in the
//! engine and checks afterwards. A store that trapped is never entered again.
//!
//! A plugin speaks typed values or JSON ([`json`]); both are the same contract, and nobody outside knows the difference.
//!
//! Compiling runs in a process of its own ([`compile`]) that has limits of processor time, memory and output, since a compiler that runs away can be
//! stopped from outside only. Its machine code is kept on disk, each file authenticated, and used only if this server wrote it.
//!
//! What is not bounded: how often a tenant uploads, and what the validator and the encoder of components cost within admission's caps, some tens of
//! milliseconds in this process.

mod admission;
mod answer;
mod batch;
mod bindings;
mod cache;
pub mod compile;
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

pub use batch::{Batch, StartFault, Usage};
pub use bindings::v1::doorlist::policy::types::{
    Attribute, Current, Group, GroupChange, GroupEffect, GroupRef, GroupView, Issued, Lifecycle, Problem, Status, User, UserChange,
    UserEffect, UserView, Value,
};
pub use engine::HostError;
pub use fault::{Fault, FaultKind};
pub use first_party::{first_party, is_first_party};
pub use limits::{CallLimits, LoadLimits, Tier};
pub use load::{CacheSettings, Host, HostSettings};
pub use load_error::{LoadError, LoadStage};
pub use manifest::{Manifest, Part, Reads, Writes};
pub use output::printed;
pub use plugin::{Facts, Plugin};
pub use schema::KEYWORDS_REFUSED;
pub use settings::{Checked, SettingsError};
