//! The plugins of one pipeline, ready to run: what the projector asks.
//!
//! Knows nothing of where they came from.

use std::collections::BTreeMap;

use super::figures::Figures;
use crate::policy::{CallLimits, Plugin, Usage};
use crate::store::PartitionNumber;

/// The plugins of a tenant's pipeline, what running them may cost, and where it is told what it did cost.
pub struct Ready {
    tenant: PartitionNumber,
    plugins: BTreeMap<(String, String), Result<Plugin, String>>,
    limits: CallLimits,
    figures: Figures,
}

impl Ready {
    /// None yet.
    pub(super) fn new(tenant: PartitionNumber, limits: CallLimits, figures: Figures) -> Self {
        Self { tenant, plugins: BTreeMap::new(), limits, figures }
    }

    /// Adds a plugin under the name and version by which a policy names it, or why it cannot run.
    pub(super) fn add(&mut self, name: &str, version: &str, plugin: Result<Plugin, String>) {
        self.plugins.insert((name.to_owned(), version.to_owned()), plugin);
    }

    /// Whether it is there already.
    pub(super) fn has(&self, name: &str, version: &str) -> bool {
        self.plugins.contains_key(&(name.to_owned(), version.to_owned()))
    }

    /// The plugin that a policy names.
    ///
    /// # Errors
    /// Why it cannot run, in words for an operator.
    pub fn get(&self, name: &str, version: &str) -> Result<Plugin, String> {
        let missing = || Err(format!("There is no version {version} of a plugin {name}."));
        self.plugins.get(&(name.to_owned(), version.to_owned())).cloned().unwrap_or_else(missing)
    }

    /// What a call may cost this tenant.
    pub fn limits(&self) -> &CallLimits {
        &self.limits
    }

    /// Takes down what a batch has cost.
    pub fn spent(&self, plugin: &Plugin, usage: &Usage) {
        let manifest = plugin.manifest();
        self.figures.add(self.tenant, &manifest.name, &manifest.version, usage);
    }

    /// Takes down that a plugin gave another answer when it was asked again.
    pub fn was_impure(&self, plugin: &Plugin) {
        let manifest = plugin.manifest();
        self.figures.add_impure(self.tenant, &manifest.name, &manifest.version);
    }
}
