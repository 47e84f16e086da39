//! What an upload must look like before anything of it is compiled.
//!
//! One pass over the whole file counts what the compiler's cost grows with; the validator then admits the features
//! that the languages of known guests need and no others. Nothing here runs or compiles.

use super::fault::size;
use super::imports;
use super::limits::{
    CONTRACT_VERSION_CHARS_MAX, Caps, MEMORIES_MAX, MEMORY_BYTES_MAX, SHOWN_TEXT_CHARS_MAX, TABLE_ELEMENTS_MAX, TABLES_MAX, Tier,
};
use super::load_error::{LoadError, LoadStage};
use super::world::World;
use wasmparser::{BinaryReaderError, Encoding, FunctionBody, Parser, Payload, Validator, WasmFeatures};

/// The interface that a plugin exports, without its version.
const PROJECTION: &str = "doorlist:policy/projection@";
/// The major version of the contract that this server speaks.
const MAJOR: &str = "1";
/// Where tools put the component type of a core module.
const COMPONENT_TYPE_SECTION: &str = "component-type";
const WASM_PAGE_BYTES: u64 = 64 << 10;

/// What world `policy-json` consists of.
const DESCRIBE: &str = "describe";
const CONFIGURE: &str = "configure";
const USER: &str = "user";
const GROUP: &str = "group";
/// The version of the contract that a plugin of world `policy-json` is built for: plain names of functions have none.
const JSON_CONTRACT: &str = "1.0.0";

/// What an upload is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Component,
    /// A core module, and whether it says its component type itself.
    Module {
        typed: bool,
    },
}

/// An admitted upload.
#[derive(Debug)]
pub(super) struct Admitted {
    pub(super) form: Form,
    pub(super) world: World,
    /// The version of the contract.
    pub(super) contract: String,
    /// What a core module imports from, each once.
    pub(super) imports: Vec<String>,
}

/// Admits or refuses an upload.
pub(super) fn admit(wasm: &[u8], tier: Tier) -> Result<Admitted, LoadError> {
    let caps = tier.caps();
    if wasm.len() > caps.wasm_bytes {
        let message = format!("The plugin has more than {}{}.", size(caps.wasm_bytes), larger(wasm.len(), tier));
        return Err(LoadError::new(LoadStage::Size, message));
    }
    begins(wasm)?;
    let mut census = Census::new(caps);
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload.map_err(|error| broken(&error))?;
        census.count(&payload)?;
    }
    Validator::new_with_features(features()).validate_all(wasm).map_err(|error| {
        let message = format!("The file is not a plugin this server admits: {} (at byte {}).", plain(&error), error.offset());
        LoadError::new(LoadStage::Features, message).caused(error)
    })?;
    if !census.refused.is_empty() {
        return Err(imports::refused(&census.refused));
    }
    let (world, contract) = census.contract()?;
    Ok(Admitted { form: census.form, world, contract, imports: census.imports })
}

/// What somebody with a plugin that would fit the larger tier wants to know.
fn larger(bytes: usize, tier: Tier) -> &'static str {
    if tier == Tier::Small && bytes <= Tier::Large.caps().wasm_bytes { ", and the tenant may not have large ones" } else { "" }
}

fn features() -> WasmFeatures {
    WasmFeatures::MUTABLE_GLOBAL
        | WasmFeatures::SATURATING_FLOAT_TO_INT
        | WasmFeatures::SIGN_EXTENSION
        | WasmFeatures::REFERENCE_TYPES
        | WasmFeatures::MULTI_VALUE
        | WasmFeatures::BULK_MEMORY
        | WasmFeatures::SIMD
        | WasmFeatures::FLOATS
        | WasmFeatures::GC_TYPES
        | WasmFeatures::EXTENDED_CONST
        | WasmFeatures::COMPONENT_MODEL
}

/// What is counted in an upload.
struct Census {
    caps: Caps,
    form: Form,
    /// How many modules or components are open around the payload.
    depth: u32,
    functions: u32,
    modules: u32,
    memories: u32,
    tables: u32,
    imports: Vec<String>,
    /// What is imported and may not be.
    refused: Vec<String>,
    exports: Vec<String>,
}

impl Census {
    fn new(caps: Caps) -> Census {
        Census {
            caps,
            form: Form::Module { typed: false },
            depth: 0,
            functions: 0,
            modules: 0,
            memories: 0,
            tables: 0,
            imports: Vec::new(),
            refused: Vec::new(),
            exports: Vec::new(),
        }
    }

    fn count(&mut self, payload: &Payload<'_>) -> Result<(), LoadError> {
        match payload {
            Payload::Version { encoding, .. } => {
                if *encoding == Encoding::Module {
                    bounded(&mut self.modules, 1, self.caps.modules, "modules")?;
                } else if self.depth == 0 {
                    self.form = Form::Component;
                }
                self.depth += 1;
            }
            Payload::End(_) => self.depth = self.depth.saturating_sub(1),
            Payload::FunctionSection(section) => {
                bounded(&mut self.functions, section.count(), self.caps.functions, "functions")?;
            }
            Payload::CodeSectionEntry(body) => function(body, &self.caps)?,
            Payload::MemorySection(section) => {
                bounded(&mut self.memories, section.count(), MEMORIES_MAX, "memories")?;
                for memory in section.clone() {
                    let bytes = memory.map_err(|error| broken(&error))?.initial.saturating_mul(WASM_PAGE_BYTES);
                    within(bytes, MEMORY_BYTES_MAX as u64, "bytes of memory")?;
                }
            }
            Payload::TableSection(section) => {
                bounded(&mut self.tables, section.count(), TABLES_MAX, "tables")?;
                for table in section.clone() {
                    let elements = table.map_err(|error| broken(&error))?.ty.initial;
                    within(elements, TABLE_ELEMENTS_MAX as u64, "elements in a table")?;
                }
            }
            _ if self.depth == 1 => self.surface(payload)?,
            _ => {}
        }
        Ok(())
    }

    /// What the outermost module or component shows of itself.
    fn surface(&mut self, payload: &Payload<'_>) -> Result<(), LoadError> {
        match payload {
            Payload::CustomSection(section) if section.name().starts_with(COMPONENT_TYPE_SECTION) => {
                if let Form::Module { typed } = &mut self.form {
                    *typed = true;
                }
            }
            Payload::ImportSection(section) => {
                for import in section.clone().into_imports() {
                    let import = import.map_err(|error| broken(&error))?;
                    if !imports::module(import.module) {
                        self.refused.push(format!("{}.{}", import.module, import.name));
                    } else if !self.imports.iter().any(|known| known == import.module) {
                        self.imports.push(import.module.to_owned());
                    }
                }
            }
            Payload::ExportSection(section) => {
                for export in section.clone() {
                    self.exports.push(export.map_err(|error| broken(&error))?.name.into());
                }
            }
            Payload::ComponentExportSection(section) => {
                for export in section.clone() {
                    self.exports.push(export.map_err(|error| broken(&error))?.name.name.into());
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The world whose contract the plugin speaks, as far as names tell, and in which version.
    fn contract(&self) -> Result<(World, String), LoadError> {
        let has = |name: &str| self.exports.iter().any(|export| export == name);
        if let Some(version) = self.exports.iter().find_map(|name| name.strip_prefix(PROJECTION)) {
            return typed(version);
        }
        let (describe, configure, user, group) = (has(DESCRIBE), has(CONFIGURE), has(USER), has(GROUP));
        if describe && configure && (user || group) {
            return Ok((World::Json { user, group }, JSON_CONTRACT.to_owned()));
        }
        let message = if describe || configure || user || group {
            format!(
                "A plugin of world policy-json exports `{DESCRIBE}`, `{CONFIGURE}` and at least one of `{USER}` and `{GROUP}`; this one does not."
            )
        } else {
            format!(
                "The plugin does not export {PROJECTION}{MAJOR}.0.0, the contract of policies, nor `{DESCRIBE}`, `{CONFIGURE}` and `{USER}` or `{GROUP}`, the same in JSON."
            )
        };
        Err(LoadError::new(LoadStage::Exports, message))
    }
}

/// Whether this server speaks a version of the typed world: what stands behind the `@` of an export's name.
fn typed(version: &str) -> Result<(World, String), LoadError> {
    // Behind it a core module names a function.
    let version: String =
        version.chars().take_while(|char| char.is_ascii_digit() || *char == '.').take(CONTRACT_VERSION_CHARS_MAX).collect();
    let major = version.split('.').next().unwrap_or_default();
    if major == MAJOR {
        return Ok((World::Typed, version));
    }
    let message = format!(
        "The plugin is built for doorlist:policy@{major}; this server speaks {MAJOR}. \
         Build it against doorlist:policy@{MAJOR}."
    );
    Err(LoadError::new(LoadStage::Exports, message))
}

fn function(body: &FunctionBody<'_>, caps: &Caps) -> Result<(), LoadError> {
    let range = body.range();
    within(range.end.saturating_sub(range.start), caps.function_bytes as u64, "bytes in a function")?;
    let mut locals: u64 = 0;
    for run in body.get_locals_reader().map_err(|error| broken(&error))? {
        let (count, _) = run.map_err(|error| broken(&error))?;
        locals = locals.saturating_add(count.into());
    }
    within(locals, caps.locals.into(), "locals in a function")
}

fn bounded(count: &mut u32, more: u32, max: u32, what: &str) -> Result<(), LoadError> {
    *count = count.saturating_add(more);
    within((*count).into(), max.into(), what)
}

fn within(count: u64, max: u64, what: &str) -> Result<(), LoadError> {
    if count <= max {
        return Ok(());
    }
    Err(LoadError::new(LoadStage::Features, format!("The plugin has more than {max} {what}.")))
}

/// Refuses what does not begin as WebAssembly does.
fn begins(wasm: &[u8]) -> Result<(), LoadError> {
    const MAGIC: &[u8] = b"\0asm";
    let message = match wasm {
        [] => "The file is empty.",
        _ if wasm.starts_with(MAGIC) => return Ok(()),
        _ if MAGIC.starts_with(wasm) => "The file is cut off.",
        _ => "The file is not WebAssembly.",
    };
    Err(LoadError::new(LoadStage::Parse, message))
}

fn broken(error: &BinaryReaderError) -> LoadError {
    let message = if error.message().starts_with("unexpected end-of-file") {
        format!("The file is cut off (at byte {}).", error.offset())
    } else {
        format!("The file is damaged: {} (at byte {}).", plain(error), error.offset())
    };
    LoadError::new(LoadStage::Parse, message).caused(error.clone())
}

fn plain(error: &BinaryReaderError) -> String {
    clean(error.message())
}

/// Text from an upload as part of a sentence: one line, of bounded length.
pub(super) fn clean(text: &str) -> String {
    text.chars().map(|char| if char.is_control() { ' ' } else { char }).take(SHOWN_TEXT_CHARS_MAX).collect()
}
