//! Why settings are refused.

use super::batch::Usage;
use super::bindings::v1::doorlist::policy::types::Problem;
use super::fault::Fault;
use std::fmt;

/// What came of checking settings.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// Whether the plugin takes them.
    pub outcome: Result<(), SettingsError>,
    /// What the plugin printed if it was asked, as [`super::Batch::take_log`] gives it.
    pub log: Vec<String>,
    /// What asking it cost.
    pub usage: Usage,
}

impl Checked {
    /// Settings that are refused without asking the plugin.
    pub(super) fn refused(problems: Vec<Problem>) -> Checked {
        Checked { outcome: Err(SettingsError::Problems(problems)), log: Vec::new(), usage: Usage::default() }
    }
}

/// Why settings cannot be used.
#[derive(Clone, Debug, PartialEq)]
pub enum SettingsError {
    /// What is wrong with them, at JSON Pointers; at least one.
    Problems(Vec<Problem>),
    /// The plugin failed when it was asked.
    Fault(Fault),
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
