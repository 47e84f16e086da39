//! From an upload to a plugin.

use super::admission::{self, Admitted, Form};
use super::batch::StartFault;
use super::bindings::v1::doorlist::policy::log;
use super::compile::Compiler;
use super::componentize::componentize;
use super::engine::{self, HostError, Ticking};
use super::gate::Gate;
use super::imports;
use super::limits::{CallLimits, INSTANCES_MAX, LoadLimits, MESSAGE_BYTES_MAX};
use super::load_error::{LoadError, LoadStage};
use super::manifest::Manifest;
use super::plugin::{Facts, Loaded, Plugin};
use super::problem;
use super::sandbox::Sandbox;
use super::schema::SettingsSchema;
use super::state::State;
use super::wasi;
use super::world::{Linked, World};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use wasmtime::Engine;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, HasSelf, Linker};

/// How a host compiles.
#[derive(Clone, Debug, Default)]
pub struct HostSettings {
    /// The `doorlist` executable, which compiles in a process of its own under limits. Without it this process does: for plugins that are trusted.
    pub program: Option<PathBuf>,
    /// Where machine code is kept, and the secret that proves that this server wrote it.
    pub cache: Option<CacheSettings>,
}

/// Where machine code is kept between starts. Everything there can be deleted at any time.
#[derive(Clone, Debug)]
pub struct CacheSettings {
    /// A directory that nobody else can write to. Made if it is not there.
    pub directory: PathBuf,
    /// A secret of this server.
    pub key: [u8; 32],
}

/// What runs plugins: an engine with its clock, and the bounds on how much runs at a time. One in a process.
pub struct Host {
    clock: Ticking,
    slots: Arc<Gate>,
    compiler: Compiler,
}

impl Host {
    /// Starts the engine and its clock. The clock ends when the host and all plugins and batches of it are gone.
    ///
    /// # Errors
    ///
    /// The machine cannot run WebAssembly, or has no thread for the clock.
    pub fn new(settings: HostSettings) -> Result<Host, HostError> {
        Ok(Host { clock: engine::ticking()?, slots: Gate::new(INSTANCES_MAX), compiler: Compiler::new(settings) })
    }

    /// The same for a person who waits: compiling takes as long as the machine needs for the processor time that a plugin may have.
    #[must_use]
    pub fn patient(self) -> Host {
        Host { compiler: self.compiler.patient(), ..self }
    }

    /// Ends what is being compiled in a process of its own, and compiles nothing more there: such uploads are refused and may come again.
    pub fn stop(&self) {
        self.compiler.stop();
    }

    /// Makes a plugin of an upload: a component, or a core module for `wasm32-unknown-unknown`.
    ///
    /// Blocks: compiling takes between 20 ms and a minute of CPU. `owner` is whose plugin it is: machine code is shared within an owner only, so that
    /// nobody learns from the time that it takes what others have.
    ///
    /// # Errors
    ///
    /// The first stage that refuses it, and why.
    pub fn load(&self, wasm: &[u8], limits: &LoadLimits, owner: &str) -> Result<Plugin, LoadError> {
        self.load_telling(wasm, limits, owner, &|_| ())
    }

    /// The same for somebody who watches: `tell` is called with each stage that takes noticeable time, or follows on one that does, when it begins. Those before it
    /// are passed then.
    ///
    /// # Errors
    ///
    /// As [`Host::load`].
    pub fn load_telling(&self, wasm: &[u8], limits: &LoadLimits, owner: &str, tell: &dyn Fn(LoadStage)) -> Result<Plugin, LoadError> {
        tell(LoadStage::Parse);
        let admitted = unpanicked(LoadStage::Parse, || admission::admit(wasm, limits.tier))?;
        let made;
        let component = match admitted.form {
            Form::Component => wasm,
            Form::Module { typed } => {
                tell(LoadStage::Componentize);
                made = unpanicked(LoadStage::Componentize, || componentize(wasm, typed, admitted.world, &admitted.imports))?;
                &made
            }
        };
        tell(LoadStage::Compile);
        let (component, bytes) = unpanicked(LoadStage::Compile, || self.compiler.compile(&self.clock, component, limits, owner))?;
        tell(LoadStage::Describe);
        self.finish(wasm, admitted, &component, bytes)
    }

    /// Links what was compiled, and asks it what it is.
    fn finish(&self, wasm: &[u8], admitted: Admitted, component: &Component, compiled_bytes: usize) -> Result<Plugin, LoadError> {
        let engine = self.clock.engine();
        let imports = imported(engine, component, admitted.form)?;
        let linked = link(engine, component, admitted.world)?;
        let mut sandbox = Sandbox::start(&self.clock, &self.slots, &linked, &CallLimits::default())
            .map_err(|StartFault { fault, log, .. }| LoadError::fault(LoadStage::Describe, fault).printed(&log))?;
        let said = sandbox.describe().map_err(|error| error.printed(&sandbox.take_log()))?;
        drop(sandbox);
        let (schema, schema_value) = unpanicked(LoadStage::SettingsSchema, || {
            SettingsSchema::build(&said.settings_schema).map_err(|problem| {
                let message = format!("The JSON Schema of the settings is refused. {problem}");
                LoadError::new(LoadStage::SettingsSchema, problem::line(message, MESSAGE_BYTES_MAX))
            })
        })?;
        let manifest = Manifest::check(said, schema_value)?;
        Ok(Plugin::new(Loaded {
            clock: self.clock.clone(),
            slots: Arc::clone(&self.slots),
            linked,
            manifest,
            schema,
            digest: digest(wasm),
            facts: Facts {
                bytes: wasm.len(),
                compiled_bytes,
                contract: admitted.contract,
                is_json: admitted.world != World::Typed,
                is_component: admitted.form == Form::Component,
                imports: if admitted.form == Form::Component { imports } else { admitted.imports },
            },
        }))
    }
}

/// What a component imports beside types, all of it admitted.
fn imported(engine: &Engine, component: &Component, form: Form) -> Result<Vec<String>, LoadError> {
    let imported: Vec<String> = component
        .component_type()
        .imports(engine)
        // Types have names, and a component imports the names of the types it is asked for.
        .filter(|(_, import)| !only_types(engine, &import.ty))
        .map(|(name, _)| name.to_owned())
        .collect();
    // What the adapter prints to is nothing that an upload may know of.
    let ours = |name: &str| form != Form::Component && name == wasi::adapter::OUTPUT;
    let refused: Vec<String> = imported.iter().filter(|name| !imports::component(name) && !ours(name)).cloned().collect();
    if refused.is_empty() { Ok(imported) } else { Err(imports::refused(&refused)) }
}

/// Links a component with its log and with stand-ins for WASI, which is all there is, and checks it against the contract.
fn link(engine: &Engine, component: &Component, world: World) -> Result<Linked, LoadError> {
    let mut linker = Linker::new(engine);
    let linked = log::add_to_linker::<_, HasSelf<_>>(&mut linker, |state: &mut State| state)
        .and_then(|()| wasi::link_adapter(&mut linker))
        .and_then(|()| wasi::link(&mut linker, engine, component))
        .and_then(|()| linker.instantiate_pre(component));
    let pre = linked.map_err(|cause| {
        let message = "The plugin imports functions with other types than the contract's.";
        LoadError::new(LoadStage::Exports, message).caused(cause)
    })?;
    Linked::check(engine, component, pre, world)
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
