//! The plugins that pipelines can name: those that come with Doorlist, for every tenant.
//!
//! [`Plugins::prepare`] gives the projector what a pipeline needs ([`Ready`]), [`Plugins::find`] an operator's request one plugin.
//! Knows nothing of what a plugin decides.

pub mod figures;
mod ready;

use std::sync::{Mutex, OnceLock, PoisonError};

use crate::error::{Error, Result};
use crate::policy::{self, CallLimits, Host, HostSettings, LoadLimits, Plugin, Tier};
use crate::store::Tenant;

use super::pipeline::Policy;
pub use figures::Figures;
pub use ready::Ready;

/// The plugins, compiled when they are first asked for.
#[derive(Default)]
pub struct Plugins {
    settings: HostSettings,
    loaded: OnceLock<Loaded>,
    /// Held while they are compiled, so that it is done once. A failure is not kept: what was short then may be there later.
    loading: Mutex<()>,
    figures: Figures,
}

/// The sandbox stays as long as its plugins do.
struct Loaded {
    _host: Host,
    plugins: Vec<Plugin>,
}

impl Plugins {
    /// None compiled yet; they will be as `settings` say.
    pub fn new(settings: HostSettings) -> Self {
        Self { settings, ..Self::default() }
    }

    /// What plugins have cost.
    pub fn figures(&self) -> &Figures {
        &self.figures
    }

    /// Every plugin that comes with Doorlist. The first call compiles them, which takes a good part of a second.
    ///
    /// # Errors
    /// If the sandbox cannot be set up on this machine.
    pub fn first_party(&self) -> Result<&[Plugin]> {
        if let Some(loaded) = self.loaded.get() {
            return Ok(&loaded.plugins);
        }
        let _loading = self.loading.lock().unwrap_or_else(PoisonError::into_inner);
        if self.loaded.get().is_none() {
            let loaded = load(&self.settings).map_err(Error::internal)?;
            return Ok(&self.loaded.get_or_init(|| loaded).plugins);
        }
        self.loaded.get().map(|loaded| loaded.plugins.as_slice()).ok_or_else(|| Error::internal("the plugins are gone"))
    }

    /// The plugin with this name and version, if there is one: of the tenant, or without one of those that come with Doorlist. Without a version the newest. The first call compiles, as
    /// [`Plugins::first_party`] says.
    ///
    /// # Errors
    /// If the sandbox cannot be set up on this machine.
    pub fn find(&self, _tenant: Option<&Tenant>, name: &str, version: Option<&str>) -> Result<Option<Plugin>> {
        // Each name has one version so far, so the newest is the only one.
        let wanted =
            |plugin: &&Plugin| plugin.manifest().name == name && version.is_none_or(|version| plugin.manifest().version == version);
        Ok(self.first_party()?.iter().find(wanted).cloned())
    }

    /// The plugins that these policies of a tenant name, ready to run; `None` while some of them are being loaded, which somebody else does meanwhile.
    ///
    /// A plugin that comes with Doorlist has the version of this Doorlist only: a pipeline that was put under another release goes on with it.
    ///
    /// # Errors
    /// If no plugin can run at all, for a reason of ours.
    pub fn prepare(&self, tenant: &Tenant, policies: &[Policy]) -> Result<Option<Ready>> {
        let mut ready = Ready::new(tenant.number(), CallLimits::default(), self.figures.clone());
        for policy in policies {
            if !ready.has(&policy.plugin, &policy.version)
                && let Some(plugin) = self.find(Some(tenant), &policy.plugin, None)?
            {
                ready.add(&policy.plugin, &policy.version, Ok(plugin));
            }
        }
        Ok(Some(ready))
    }
}

fn load(settings: &HostSettings) -> Result<Loaded, Box<dyn std::error::Error + Send + Sync>> {
    let host = Host::new(settings.clone())?;
    let mut plugins = Vec::new();
    for (name, wasm) in policy::first_party() {
        plugins
            .push(host.load(wasm, &LoadLimits::of(Tier::Small), "").map_err(|cause| format!("the plugin {name} does not load: {cause}"))?);
    }
    Ok(Loaded { _host: host, plugins })
}
