//! Why an upload is refused.

use super::fault::Fault;
use super::output;
use std::fmt;

/// The stages that an upload passes, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LoadStage {
    /// How many bytes.
    Size,
    /// Whether it is WebAssembly.
    Parse,
    /// Whether it is within the features and counts that are admitted.
    Features,
    /// Whether it wants something from outside.
    Imports,
    /// Whether it has what the contract asks.
    Exports,
    /// Making a component of a core module.
    Componentize,
    /// Making machine code.
    Compile,
    /// Asking the plugin what it is.
    Describe,
    /// What it said.
    Manifest,
    /// The JSON Schema of its settings.
    SettingsSchema,
}

impl LoadStage {
    /// The stage as one word, for a machine.
    pub fn as_str(self) -> &'static str {
        match self {
            LoadStage::Size => "size",
            LoadStage::Parse => "parse",
            LoadStage::Features => "features",
            LoadStage::Imports => "imports",
            LoadStage::Exports => "exports",
            LoadStage::Componentize => "componentize",
            LoadStage::Compile => "compile",
            LoadStage::Describe => "describe",
            LoadStage::Manifest => "manifest",
            LoadStage::SettingsSchema => "settingsSchema",
        }
    }
}

/// A refused upload.
///
/// The message is for whoever uploaded: it may name imports, exports and places in their file. The source is for the
/// log.
#[derive(Debug)]
pub struct LoadError {
    /// The stage that refused.
    pub stage: LoadStage,
    /// Why, as a sentence.
    pub message: String,
    /// Whether the same upload may succeed later: the server was busy.
    pub retry: bool,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl LoadError {
    pub(super) fn new(stage: LoadStage, message: impl Into<String>) -> LoadError {
        LoadError { stage, message: message.into(), retry: false, source: None }
    }

    pub(super) fn caused(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> LoadError {
        self.source = Some(source.into());
        self
    }

    /// With what the plugin had printed.
    pub(super) fn printed(mut self, log: &[String]) -> LoadError {
        self.message.push_str(&output::printed(log));
        self
    }

    pub(super) fn busy(stage: LoadStage, message: impl Into<String>) -> LoadError {
        LoadError { retry: true, ..LoadError::new(stage, message) }
    }

    /// A plugin that fails before it has said what it is.
    pub(super) fn fault(stage: LoadStage, fault: Fault) -> LoadError {
        let retry = fault.kind == super::FaultKind::Busy;
        LoadError { retry, ..LoadError::new(stage, fault.message.clone()).caused(fault) }
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (stage: {})", self.message, self.stage.as_str())
    }
}

impl std::error::Error for LoadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| &**source as &(dyn std::error::Error + 'static))
    }
}
