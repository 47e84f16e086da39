//! Why settings are refused.

use super::bindings::v1::doorlist::policy::types::Problem;
use super::fault::Fault;
use std::fmt;

/// Why settings cannot be used.
#[derive(Clone, Debug, PartialEq)]
pub enum SettingsError {
    /// What is wrong with them, at JSON Pointers; at least one.
    Problems(Vec<Problem>),
    /// The plugin failed when it was asked.
    Fault(Fault),
}

impl From<Fault> for SettingsError {
    fn from(fault: Fault) -> SettingsError {
        SettingsError::Fault(fault)
    }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SettingsError::Problems(problems) => {
                write!(f, "The settings have {} problems.", problems.len())
            }
            SettingsError::Fault(fault) => fault.fmt(f),
        }
    }
}

impl std::error::Error for SettingsError {}
