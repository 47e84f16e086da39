//! A plugin that can run, and what is known of it.

use super::batch::{Batch, StartFault, Usage};
use super::defaults;
use super::engine::Ticking;
use super::fault::{Fault, FaultKind};
use super::gate::Gate;
use super::limits::{CallLimits, LOG_LINES_MAX, SETTINGS_BYTES_MAX};
use super::manifest::Manifest;
use super::problem;
use super::sandbox::Sandbox;
use super::schema::SettingsSchema;
use super::settings::{Checked, SettingsError};
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
    pub fn check_settings(&self, settings: &serde_json::Value, limits: &CallLimits) -> Checked {
        let text = settings.to_string();
        if text.len() > SETTINGS_BYTES_MAX {
            let message = format!("The settings have more than {} KiB.", SETTINGS_BYTES_MAX >> 10);
            return Checked::refused(vec![problem::new("", message)]);
        }
        let problems = self.0.schema.problems(settings);
        if !problems.is_empty() {
            return Checked::refused(problems);
        }
        match self.configured(&text, limits) {
            Ok(mut sandbox) => Checked { outcome: Ok(()), log: sandbox.take_log(), usage: sandbox.usage() },
            Err(Unconfigured { error, log, usage, .. }) => Checked { outcome: Err(error), log, usage },
        }
    }

    /// A fresh instance with these settings, JSON, for the items of one tenant. Waits for a free slot and keeps it
    /// until the batch is dropped. What the plugin prints until then belongs to no item and is left out.
    ///
    /// # Errors
    ///
    /// The plugin does not start, refuses settings that [`Plugin::check_settings`] let pass, or no slot is free.
    pub fn batch(&self, settings: &str, limits: &CallLimits) -> Result<Batch, StartFault> {
        match self.configured(settings, limits) {
            Ok(mut sandbox) => {
                sandbox.take_log();
                Ok(Batch::new(sandbox, self.clone()))
            }
            Err(failed) => Err(failed.into()),
        }
    }

    fn configured(&self, settings: &str, limits: &CallLimits) -> Result<Sandbox, Unconfigured> {
        let Loaded { clock, slots, linked, .. } = &*self.0;
        let mut sandbox = Sandbox::start(clock, slots, linked, limits).map_err(|StartFault { fault, log, usage }| {
            let started = false;
            Unconfigured { started, error: SettingsError::Fault(fault), log, usage }
        })?;
        let error = match sandbox.configure(settings) {
            Ok(Ok(())) => return Ok(sandbox),
            Ok(Err(said)) => SettingsError::Problems(problem::of_plugin(said)),
            Err(fault) => SettingsError::Fault(fault),
        };
        let mut usage = sandbox.usage();
        if let SettingsError::Fault(fault) = &error {
            usage.count(fault.kind);
        }
        Err(Unconfigured { started: true, error, log: sandbox.take_log(), usage })
    }
}

/// Why there is no instance with the settings, and what is left of it.
struct Unconfigured {
    /// Whether it came as far as to be given the settings.
    started: bool,
    error: SettingsError,
    log: Vec<String>,
    usage: Usage,
}

impl From<Unconfigured> for StartFault {
    fn from(failed: Unconfigured) -> StartFault {
        let Unconfigured { started, error, mut log, usage } = failed;
        let fault = match error {
            SettingsError::Fault(fault) if fault.kind == FaultKind::Busy => fault,
            SettingsError::Fault(fault) if started => {
                Fault::new(fault.kind, format!("The plugin failed over its settings. {}", fault.message))
            }
            SettingsError::Fault(fault) => Fault::new(fault.kind, format!("The plugin failed while it started. {}", fault.message)),
            SettingsError::Problems(problems) => {
                // A fault repeats nothing that a plugin said; its log is where that stands.
                log.extend(problems.into_iter().map(|problem| format!("{}: {}", problem.pointer, problem.message)));
                log.truncate(LOG_LINES_MAX);
                Fault::new(FaultKind::Settings, "The plugin refuses its settings.")
            }
        };
        StartFault { fault, log, usage }
    }
}
