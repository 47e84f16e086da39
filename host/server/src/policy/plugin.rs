//! From an upload to a plugin that can run.

use super::admission::{self, Form};
use super::batch::Batch;
use super::bindings::v1::PolicyPre;
use super::componentize::componentize;
use super::engine::{self, HostError};
use super::fault::{Fault, FaultKind};
use super::gate::Gate;
use super::limits::{
    COMPILE_WAIT_MS_MAX, COMPILES_MAX, CONFIGURE_MS_MAX, DESCRIBE_MS_MAX, INSTANCES_MAX, MESSAGE_BYTES_MAX, SETTINGS_BYTES_MAX,
};
use super::load_error::{LoadError, LoadStage};
use super::manifest::Manifest;
use super::problem;
use super::sandbox::{Limits, Sandbox};
use super::schema::SettingsSchema;
use super::settings::SettingsError;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use wasmtime::Engine;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, Linker};

/// What runs plugins: an engine with its clock, and the bounds on how much runs at a time. One in a process.
pub struct Host {
    engine: Engine,
    slots: Arc<Gate>,
    compilers: Arc<Gate>,
}

impl Host {
    /// Starts the engine and its clock. The clock ends when the host and all plugins and batches of it are gone.
    ///
    /// # Errors
    ///
    /// The machine cannot run WebAssembly, or has no thread for the clock.
    pub fn new() -> Result<Host, HostError> {
        Ok(Host { engine: engine::ticking()?, slots: Gate::new(INSTANCES_MAX), compilers: Gate::new(COMPILES_MAX) })
    }

    /// Makes a plugin of an upload: a component, or a core module for `wasm32-unknown-unknown`.
    ///
    /// Blocks: compiling takes between 20 ms and seconds of CPU.
    ///
    /// # Errors
    ///
    /// The first stage that refuses it, and why.
    pub fn load(&self, wasm: &[u8]) -> Result<Plugin, LoadError> {
        let form = unpanicked(LoadStage::Parse, || admission::admit(wasm))?;
        let _compiler = self
            .compilers
            .enter(COMPILE_WAIT_MS_MAX)
            .ok_or_else(|| LoadError::busy(LoadStage::Compile, "Other plugins are being compiled."))?;
        let pre = match form {
            Form::Component => self.compile(wasm)?,
            Form::Module { typed } => {
                let component = unpanicked(LoadStage::Componentize, || componentize(wasm, typed))?;
                self.compile(&component)?
            }
        };
        let mut sandbox = Sandbox::start(&self.engine, &self.slots, &pre).map_err(|fault| LoadError::fault(LoadStage::Describe, fault))?;
        let said = sandbox
            .call(DESCRIBE_MS_MAX, |guest, store| guest.call_describe(store))
            .map_err(|fault| LoadError::fault(LoadStage::Describe, fault))?;
        drop(sandbox);
        let (schema, schema_value) = unpanicked(LoadStage::SettingsSchema, || {
            SettingsSchema::build(&said.settings_schema).map_err(|problem| {
                let message = format!("The JSON Schema of the settings is refused. {problem}");
                LoadError::new(LoadStage::SettingsSchema, problem::line(message, MESSAGE_BYTES_MAX))
            })
        })?;
        let manifest = Manifest::check(said, schema_value)?;
        Ok(Plugin(Arc::new(Loaded {
            engine: self.engine.clone(),
            slots: Arc::clone(&self.slots),
            pre,
            manifest,
            schema,
            digest: digest(wasm),
        })))
    }

    /// Machine code, linked with nothing and checked against the contract.
    fn compile(&self, component: &[u8]) -> Result<PolicyPre<Limits>, LoadError> {
        let component = unpanicked(LoadStage::Compile, || {
            Component::new(&self.engine, component)
                .map_err(|cause| LoadError::new(LoadStage::Compile, "The plugin cannot be compiled.").caused(cause))
        })?;
        let imports: Vec<String> = component
            .component_type()
            .imports(&self.engine)
            // Types have names, and a component imports the names of the types it is asked for.
            .filter(|(_, import)| !only_types(&self.engine, &import.ty))
            .map(|(name, _)| name.to_owned())
            .collect();
        if !imports.is_empty() {
            return Err(admission::imports(&imports));
        }
        let linked = Linker::new(&self.engine).instantiate_pre(&component);
        linked.and_then(PolicyPre::new).map_err(|cause| {
            let message = "The plugin's functions do not have the types that doorlist:policy@1.0.0 asks for.";
            LoadError::new(LoadStage::Exports, message).caused(cause)
        })
    }
}

fn only_types(engine: &Engine, item: &ComponentItem) -> bool {
    match item {
        ComponentItem::Type(_) => true,
        ComponentItem::ComponentInstance(instance) => {
            instance.exports(engine).all(|(_, export)| matches!(export.ty, ComponentItem::Type(_)))
        }
        _ => false,
    }
}

/// The result of work on an upload; a panic of a library in it is a refusal, not the end of the thread. The libraries
/// keep nothing between uploads that a panic could leave half-made.
fn unpanicked<T>(stage: LoadStage, work: impl FnOnce() -> Result<T, LoadError>) -> Result<T, LoadError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(LoadError::new(stage, "The file is not one that this server can handle.")))
}

fn digest(wasm: &[u8]) -> String {
    let mut hex = String::with_capacity(64);
    for byte in Sha256::digest(wasm) {
        // Writing to a string does not fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

/// A plugin revision, ready to run. Cheap to clone, free to share.
#[derive(Clone)]
pub struct Plugin(Arc<Loaded>);

struct Loaded {
    engine: Engine,
    slots: Arc<Gate>,
    pre: PolicyPre<Limits>,
    manifest: Manifest,
    schema: SettingsSchema,
    digest: String,
}

impl std::fmt::Debug for Plugin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plugin").field("manifest", &self.0.manifest).field("digest", &self.0.digest).finish()
    }
}

impl Plugin {
    /// What the plugin says of itself.
    pub fn manifest(&self) -> &Manifest {
        &self.0.manifest
    }

    /// SHA-256 of the upload, in lower-case hexadecimal.
    pub fn digest(&self) -> &str {
        &self.0.digest
    }

    /// Checks settings as [`Plugin::batch`] will want them: first against the JSON Schema, then, if that finds
    /// nothing, by asking the plugin in an instance of its own.
    ///
    /// # Errors
    ///
    /// What is wrong with the settings, or the plugin's failure to say.
    pub fn check_settings(&self, settings: &serde_json::Value) -> Result<(), SettingsError> {
        let text = settings.to_string();
        if text.len() > SETTINGS_BYTES_MAX {
            let message = format!("The settings have more than {} KiB.", SETTINGS_BYTES_MAX >> 10);
            return Err(SettingsError::Problems(vec![problem::new("", message)]));
        }
        let problems = self.0.schema.problems(settings);
        if !problems.is_empty() {
            return Err(SettingsError::Problems(problems));
        }
        self.configured(&text).map(drop)
    }

    /// A fresh instance with these settings, JSON, for the items of one tenant. Waits for a free slot and keeps it
    /// until the batch is dropped.
    ///
    /// # Errors
    ///
    /// The plugin does not start, refuses settings that [`Plugin::check_settings`] let pass, or no slot is free.
    pub fn batch(&self, settings: &str) -> Result<Batch, Fault> {
        let sandbox = self.configured(settings).map_err(|error| match error {
            SettingsError::Fault(fault) => fault,
            SettingsError::Problems(_) => Fault::new(FaultKind::Settings, "The plugin refuses its settings."),
        })?;
        Ok(Batch::new(sandbox, self.clone()))
    }

    fn configured(&self, settings: &str) -> Result<Sandbox, SettingsError> {
        let Loaded { engine, slots, pre, .. } = &*self.0;
        let mut sandbox = Sandbox::start(engine, slots, pre)?;
        let answer = sandbox.call(CONFIGURE_MS_MAX, |guest, store| guest.call_configure(store, settings))?;
        answer.map_err(|said| SettingsError::Problems(problem::of_plugin(said)))?;
        Ok(sandbox)
    }
}
