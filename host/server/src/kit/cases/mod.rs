//! Cases: what a policy is given and what is expected of it, in files, and what it really does in the sandbox.
//!
//! plugins/templates/cases has examples of the files. [`read`] takes them apart, [`run`] asks the plugin, [`difference`] compares.

mod difference;
mod read;
mod run;

pub use difference::Difference;
pub use read::{Case, Item, read};
pub use run::{Outcome, run};

#[cfg(test)]
mod tests;
