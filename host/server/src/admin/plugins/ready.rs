//! The plugins of one pipeline, ready to run: what the projector asks.
//!
//! Knows nothing of where they came from.

use std::collections::{BTreeMap, BTreeSet};

use super::figures::Figures;
use crate::policy::{CallLimits, Plugin, Usage};
use crate::store::PartitionNumber;

/// The plugins of a tenant's pipeline, what running them may cost, and where it is told what it did cost.
pub struct Ready {
    tenant: PartitionNumber,
    plugins: BTreeMap<(String, String), Result<Plugin, String>>,
    limits: CallLimits,
    /// Names and versions of those that come with Doorlist.
    first_party: BTreeSet<(String, String)>,
    most: CallLimits,
    figures: Figures,
}

impl Ready {
    /// None yet. `limits` are the tenant's.
    pub(super) fn new(tenant: PartitionNumber, limits: CallLimits, figures: Figures) -> Self {
        Self { tenant, plugins: BTreeMap::new(), limits, first_party: BTreeSet::new(), most: CallLimits::default(), figures }
    }

    /// Adds a plugin of the tenant under the name and version by which a policy names it, or why it cannot run.
    pub(super) fn add(&mut self, name: &str, version: &str, plugin: Result<Plugin, String>) {
        self.plugins.insert((name.to_owned(), version.to_owned()), plugin);
    }

    /// Adds a plugin that comes with Doorlist.
    pub(super) fn add_first_party(&mut self, name: &str, version: &str, plugin: Plugin) {
        self.first_party.insert((plugin.manifest().name.clone(), plugin.manifest().version.clone()));
        self.add(name, version, Ok(plugin));
    }

    /// The plugin that a policy names.
    ///
    /// # Errors
    /// Why it cannot run, in words for an operator.
    pub fn get(&self, name: &str, version: &str) -> Result<Plugin, String> {
        let missing = || Err(format!("There is no version {version} of a plugin {name}."));
        self.plugins.get(&(name.to_owned(), version.to_owned())).cloned().unwrap_or_else(missing)
    }

    /// What a call of this one may cost. Those that come with Doorlist are not the tenant's to starve: what they protect has to stay protected.
    pub fn limits(&self, plugin: &Plugin) -> &CallLimits {
        let manifest = plugin.manifest();
        let is_first_party = self.first_party.contains(&(manifest.name.clone(), manifest.version.clone()));
        if is_first_party { &self.most } else { &self.limits }
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
