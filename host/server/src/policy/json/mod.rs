//! The contract's values as JSON: what plugins of world `policy-json` speak, case files are written in, and decisions
//! are shown in.
//!
//! Reading is strict, so that a misspelt member is found where it stands and not by what it does not do. `null` is
//! the same as absent. This module does not know who speaks.

mod apply;
mod input;
mod read;
mod scan;
mod write;

pub use apply::{apply_group, apply_user};
pub use input::{group, user};
pub use write::{group_change_to_json, group_to_json, group_view_to_json, user_change_to_json, user_to_json, user_view_to_json};

pub(super) use input::{group_changes, manifest, problems, user_changes};
pub(super) use read::Result;
pub(super) use scan::{is_deeper, parse};

#[cfg(test)]
mod tests;
