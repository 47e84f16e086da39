//! The plugins that pipelines can name: those that come with Doorlist.
//!
//! Knows nothing of which tenant uses which.

use std::sync::{Mutex, OnceLock, PoisonError};

use doorlist_scim::ErrorKind;

use crate::error::{Error, Result};
use crate::policy::{self, Host, HostSettings, LoadLimits, Plugin, Tier};

/// The plugins, compiled when they are first asked for.
#[derive(Default)]
pub struct Plugins {
    loaded: OnceLock<Loaded>,
    /// Held while they are compiled, so that it is done once. A failure is not kept: what was short then may be there later.
    loading: Mutex<()>,
}

/// The sandbox stays as long as its plugins do.
struct Loaded {
    _host: Host,
    plugins: Vec<Plugin>,
}

impl Plugins {
    /// None compiled yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Every plugin. The first call compiles them, which takes a good part of a second.
    ///
    /// # Errors
    /// If the sandbox cannot be set up on this machine.
    pub fn list(&self) -> Result<&[Plugin]> {
        if let Some(loaded) = self.loaded.get() {
            return Ok(&loaded.plugins);
        }
        let _loading = self.loading.lock().unwrap_or_else(PoisonError::into_inner);
        if self.loaded.get().is_none() {
            let loaded = load().map_err(Error::internal)?;
            return Ok(&self.loaded.get_or_init(|| loaded).plugins);
        }
        self.loaded.get().map(|loaded| loaded.plugins.as_slice()).ok_or_else(|| Error::internal("the plugins are gone"))
    }

    /// The plugin with this name and version, if there is one; without a version the newest one. The first call compiles, as
    /// [`Plugins::list`] says.
    ///
    /// # Errors
    /// If the sandbox cannot be set up on this machine.
    pub fn find(&self, name: &str, version: Option<&str>) -> Result<Option<Plugin>> {
        // Each name has one version so far, so the newest is the only one.
        let wanted =
            |plugin: &&Plugin| plugin.manifest().name == name && version.is_none_or(|version| plugin.manifest().version == version);
        Ok(self.list()?.iter().find(wanted).cloned())
    }

    /// The plugin with this name and version. One that comes with Doorlist has the version of this Doorlist only: a pipeline that was put under
    /// another release goes on with it.
    ///
    /// # Errors
    /// 404 if there is none; as [`Plugins::find`] otherwise.
    pub fn get(&self, name: &str, version: &str) -> Result<Plugin> {
        let exact = self.find(name, Some(version))?;
        exact
            .map_or_else(|| self.find(name, None), |plugin| Ok(Some(plugin)))?
            .ok_or_else(|| Error::new(ErrorKind::NotFound, format!("There is no version {version} of a plugin {name}.")))
    }
}

fn load() -> Result<Loaded, Box<dyn std::error::Error + Send + Sync>> {
    let host = Host::new(HostSettings::default())?;
    let mut plugins = Vec::new();
    for (name, wasm) in policy::first_party() {
        plugins
            .push(host.load(wasm, &LoadLimits::of(Tier::Small), "").map_err(|cause| format!("the plugin {name} does not load: {cause}"))?);
    }
    Ok(Loaded { _host: host, plugins })
}
