//! The plugins that pipelines can name: those that come with Doorlist, for every tenant, and the revisions that each tenant uploaded.
//!
//! Reading order: [`upload`](mod@upload) is how a revision comes, [`revision`] what is known of it, `file` where its bytes are. [`Plugins::prepare`] gives the projector what a
//! pipeline needs ([`Ready`]), [`Plugins::find`] an operator's request one plugin. [`limits`] and [`signing`] are what a tenant allows. Knows nothing of what a plugin
//! decides.

pub mod described;
pub mod figures;
pub(super) mod file;
mod kept;
pub mod limits;
mod ready;
pub mod revision;
pub mod signing;
#[cfg(test)]
mod tests;
pub mod upload;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use doorlist_scim::ErrorKind;

use self::kept::{Kept, load_later};
use self::revision::Revision;
use super::pipeline::Policy;
use super::tenants;
use crate::error::{Error, Result};
use crate::id::Id;
use crate::policy::{self, Host, HostSettings, LoadLimits, Plugin, Tier};
use crate::store::{PartitionNumber, Tenant};
pub use figures::Figures;
pub use ready::Ready;

/// The plugins, each made ready when it is first asked for. A clone is the same plugins.
#[derive(Clone, Default)]
pub struct Plugins(Arc<Shared>);

#[derive(Default)]
struct Shared {
    settings: HostSettings,
    host: OnceLock<Host>,
    first_party: OnceLock<Vec<Plugin>>,
    /// Held while host and plugins of ours are made, so that it is done once. A failure is not kept: what was short then may be there later.
    starting: Mutex<()>,
    kept: Kept,
    figures: Figures,
}

impl Plugins {
    /// None compiled yet; they will be as `settings` say.
    pub fn new(settings: HostSettings) -> Self {
        Self(Arc::new(Shared { settings, ..Shared::default() }))
    }

    /// What plugins have cost.
    pub fn figures(&self) -> &Figures {
        &self.0.figures
    }

    /// Every plugin that comes with Doorlist. The first call compiles them, which takes a good part of a second.
    ///
    /// # Errors
    /// If the sandbox cannot be set up on this machine.
    pub fn first_party(&self) -> Result<&[Plugin]> {
        self.0.first_party()
    }

    /// The plugin with this name and version, if there is one: of the tenant, or without one of those that come with Doorlist. Without a version
    /// the newest. Loads it, also if that failed before, so it is not for threads that run async code.
    ///
    /// # Errors
    /// If it is there and cannot be loaded any more, or not now; if the sandbox cannot be set up on this machine.
    pub fn find(&self, tenant: Option<&Tenant>, name: &str, version: Option<&str>) -> Result<Option<Plugin>> {
        if let (Some(tenant), Some(version)) = (tenant, version)
            && let Some(revision) = tenant.read(|rows| revision::get(rows, name, version))?
        {
            return self.0.ready(tenant, &revision).map(Some);
        }
        // Each name of ours has one version.
        let wanted =
            |plugin: &&Plugin| plugin.manifest().name == name && version.is_none_or(|version| plugin.manifest().version == version);
        if let Some(plugin) = self.first_party()?.iter().find(wanted) {
            return Ok(Some(plugin.clone()));
        }
        let (Some(tenant), None) = (tenant, version) else { return Ok(None) };
        let newest = tenant.read(|rows| revision::newest(rows, name))?;
        newest.map(|revision| self.0.ready(tenant, &revision)).transpose()
    }

    /// The plugins that these policies of a tenant name, ready to run; `None` while some of them are being loaded, which somebody else does meanwhile. The tenant is
    /// touched when it is worth asking again.
    ///
    /// A plugin that comes with Doorlist has the version of this Doorlist only: a pipeline that was put under another release goes on with it.
    ///
    /// # Errors
    /// If no plugin can run at all, for a reason of ours.
    pub fn prepare(&self, tenant: &Tenant, policies: &[Policy]) -> Result<Option<Ready>> {
        let mut missing = Vec::new();
        let ready = self.gather(tenant, policies, |revision| {
            missing.push(revision.clone());
            Ok(None)
        })?;
        if missing.is_empty() {
            return Ok(Some(ready));
        }
        load_later(&self.0, tenant, &missing)?;
        Ok(None)
    }

    /// The plugins that these policies of a tenant name, ready to run. Loads those that are not, so it is not for threads that run async code.
    ///
    /// # Errors
    /// If no plugin can run at all, or one cannot be loaded now, for a reason of ours.
    pub fn ready(&self, tenant: &Tenant, policies: &[Policy]) -> Result<Ready> {
        self.gather(tenant, policies, |revision| self.0.load(tenant, revision).map(Some))
    }

    /// The plugins that these policies name; `load` gives what comes of one that is not ready, or `None` to leave it out.
    fn gather(
        &self,
        tenant: &Tenant,
        policies: &[Policy],
        mut load: impl FnMut(&Revision) -> Result<Option<kept::Outcome>>,
    ) -> Result<Ready> {
        let named: BTreeSet<(&str, &str)> = policies.iter().map(|policy| (policy.plugin.as_str(), policy.version.as_str())).collect();
        let number = tenant.number();
        let (limits, found) = tenant.read(|rows| {
            let record = tenants::at(rows, number)?.ok_or_else(|| Error::not_found("tenant"))?;
            let found = named.iter().map(|(name, version)| revision::get(rows, name, version)).collect::<Result<Vec<_>>>()?;
            Ok((record.plugin_limits.call(), found))
        })?;
        let mut ready = Ready::new(number, limits, self.0.figures.clone());
        for ((name, version), revision) in named.into_iter().zip(found) {
            match revision {
                Some(revision) => {
                    let outcome = self.0.kept.get(number, revision.file()).map_or_else(|| load(&revision), |known| Ok(Some(known)))?;
                    outcome.into_iter().for_each(|outcome| ready.add(name, version, outcome));
                }
                None => {
                    if let Some(plugin) = self.find(None, name, None)? {
                        ready.add_first_party(name, version, plugin);
                    }
                }
            }
        }
        Ok(ready)
    }

    /// Ends what is being compiled, so that nobody waits for it when the server ends.
    pub fn stop(&self) {
        self.0.host.get().into_iter().for_each(Host::stop);
    }

    /// Forgets what is kept in memory of a tenant that has been deleted.
    pub fn forget_tenant(&self, tenant: PartitionNumber) {
        self.0.kept.forget_tenant(tenant);
        self.0.figures.forget(tenant);
    }

    /// Forgets what is kept in memory of a revision that has been deleted.
    pub fn forget(&self, tenant: PartitionNumber, (name, version): (&str, &str), file: Id) {
        self.0.kept.forget(tenant, file);
        self.0.figures.forget_revision(tenant, name, version);
    }
}

impl Shared {
    fn host(&self) -> Result<&Host> {
        if let Some(host) = self.host.get() {
            return Ok(host);
        }
        let _starting = self.starting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(host) = self.host.get() {
            return Ok(host);
        }
        let host = Host::new(self.settings.clone()).map_err(Error::internal)?;
        Ok(self.host.get_or_init(|| host))
    }

    fn first_party(&self) -> Result<&[Plugin]> {
        if let Some(plugins) = self.first_party.get() {
            return Ok(plugins);
        }
        let host = self.host()?;
        let _starting = self.starting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(plugins) = self.first_party.get() {
            return Ok(plugins);
        }
        let mut plugins = Vec::new();
        for (name, wasm) in policy::first_party() {
            let plugin = host.load(wasm, &LoadLimits::of(Tier::Small), "");
            plugins.push(plugin.map_err(|cause| Error::internal(format!("the plugin {name} does not load: {cause}")))?);
        }
        Ok(self.first_party.get_or_init(|| plugins))
    }

    /// A tenant's plugin. One that could not be loaded is tried again: what was in the way may have gone, and whom that left stuck is projected anew then.
    fn ready(&self, tenant: &Tenant, revision: &Revision) -> Result<Plugin> {
        let known = self.kept.get(tenant.number(), revision.file());
        if let Some(Ok(plugin)) = known {
            return Ok(plugin);
        }
        let plugin = self.load(tenant, revision)?.map_err(Error::conflict)?;
        if known.is_some() {
            tenant.write(crate::directory::reproject_again)?;
        }
        Ok(plugin)
    }

    /// Loads a tenant's plugin from its rows, and keeps what came of it.
    ///
    /// # Errors
    /// If it may be another time: nothing is kept then.
    fn load(&self, tenant: &Tenant, revision: &Revision) -> Result<kept::Outcome> {
        let number = tenant.number();
        let (owner, bytes) = tenant.read(|rows| {
            let record = tenants::at(rows, number)?.ok_or_else(|| Error::not_found("tenant"))?;
            // A revision that was deleted meanwhile has no file any more, and nobody asks for it again.
            revision::get(rows, &revision.described.name, &revision.described.version)?.ok_or_else(|| Error::not_found("plugin"))?;
            Ok((record.id.to_string(), file::read(rows, revision.file())?))
        })?;
        let reason = match self.host()?.load(&bytes, &revision.load_limits(), &owner) {
            Ok(plugin) if plugin.digest() == revision.sha256 => {
                self.kept.put(number, revision.file(), Ok(plugin.clone()));
                return Ok(Ok(plugin));
            }
            Ok(_) => "What is stored of it is not what was uploaded.".to_owned(),
            Err(error) if error.retry => return Err(Error::new(ErrorKind::Unavailable, error.message.clone()).with_cause(error)),
            Err(error) => error.message,
        };
        let outcome = Err(format!("The plugin {} cannot be loaded any more. {reason}", revision.subject()));
        self.kept.put(number, revision.file(), outcome.clone());
        Ok(outcome)
    }
}
