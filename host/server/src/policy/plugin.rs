//! A plugin that can run, and what is known of it.

use super::batch::Batch;
use super::defaults;
use super::engine::Ticking;
use super::fault::{Fault, FaultKind};
use super::gate::Gate;
use super::limits::{CallLimits, SETTINGS_BYTES_MAX};
use super::manifest::Manifest;
use super::problem;
use super::sandbox::Sandbox;
use super::schema::SettingsSchema;
use super::settings::SettingsError;
use super::world::Linked;
use std::sync::Arc;

/// What is known of an upload beside what it says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Bytes of the upload.
    pub bytes: usize,
    /// Bytes of its machine code.
    pub compiled_bytes: usize,
    /// The version of the contract that it was built for, such as `1.0.0`.
    pub contract: String,
    /// Whether it speaks JSON: world `policy-json`.
    pub is_json: bool,
    /// Whether it came as a component, not as a core module.
    pub is_component: bool,
    /// What it imports, as it names it: `doorlist:policy/log@1.0.0`, and interfaces of WASI that have an inert stand-in.
    pub imports: Vec<String>,
}

/// A plugin revision, ready to run. Cheap to clone, free to share.
#[derive(Clone)]
pub struct Plugin(Arc<Loaded>);

/// What [`super::Host::load`] found.
pub(super) struct Loaded {
    pub(super) clock: Ticking,
    pub(super) slots: Arc<Gate>,
    pub(super) linked: Linked,
    pub(super) manifest: Manifest,
    pub(super) schema: SettingsSchema,
    pub(super) digest: String,
    pub(super) facts: Facts,
}

impl std::fmt::Debug for Plugin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plugin").field("manifest", &self.0.manifest).field("digest", &self.0.digest).finish()
    }
}

impl Plugin {
    pub(super) fn new(loaded: Loaded) -> Plugin {
        Plugin(Arc::new(loaded))
    }

    /// What the plugin says of itself.
    pub fn manifest(&self) -> &Manifest {
        &self.0.manifest
    }

    /// SHA-256 of the upload, in lower-case hexadecimal.
    pub fn digest(&self) -> &str {
        &self.0.digest
    }

    /// What is known of the upload beside what it says of itself.
    pub fn facts(&self) -> &Facts {
        &self.0.facts
    }

    /// Settings with the defaults of the JSON Schema filled in where they say nothing.
    pub fn complete(&self, settings: serde_json::Value) -> serde_json::Value {
        defaults::complete(&self.0.manifest.settings_schema, settings)
    }

    /// Checks settings as [`Plugin::batch`] will want them: first against the JSON Schema, then, if that finds
    /// nothing, by asking the plugin in an instance of its own.
    ///
    /// # Errors
    ///
    /// What is wrong with the settings, or the plugin's failure to say.
    pub fn check_settings(&self, settings: &serde_json::Value, limits: &CallLimits) -> Result<(), SettingsError> {
        let text = settings.to_string();
        if text.len() > SETTINGS_BYTES_MAX {
            let message = format!("The settings have more than {} KiB.", SETTINGS_BYTES_MAX >> 10);
            return Err(SettingsError::Problems(vec![problem::new("", message)]));
        }
        let problems = self.0.schema.problems(settings);
        if !problems.is_empty() {
            return Err(SettingsError::Problems(problems));
        }
        self.configured(&text, limits).map(drop)
    }

    /// A fresh instance with these settings, JSON, for the items of one tenant. Waits for a free slot and keeps it
    /// until the batch is dropped.
    ///
    /// # Errors
    ///
    /// The plugin does not start, refuses settings that [`Plugin::check_settings`] let pass, or no slot is free.
    pub fn batch(&self, settings: &str, limits: &CallLimits) -> Result<Batch, Fault> {
        let sandbox = self.configured(settings, limits).map_err(|error| match error {
            SettingsError::Fault(fault) => fault,
            SettingsError::Problems(_) => Fault::new(FaultKind::Settings, "The plugin refuses its settings."),
        })?;
        Ok(Batch::new(sandbox, self.clone()))
    }

    fn configured(&self, settings: &str, limits: &CallLimits) -> Result<Sandbox, SettingsError> {
        let Loaded { clock, slots, linked, .. } = &*self.0;
        let mut sandbox = Sandbox::start(clock, slots, linked, limits)?;
        let answer = sandbox.configure(settings)?;
        answer.map_err(|said| SettingsError::Problems(problem::of_plugin(said)))?;
        Ok(sandbox)
    }
}
