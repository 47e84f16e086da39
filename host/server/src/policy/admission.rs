//! What an upload must look like before anything of it is compiled.
//!
//! One pass over the whole file counts what the compiler's cost grows with; the validator then admits the features
//! that the languages of known guests need and no others. Nothing here runs or compiles.

use super::imports;
use super::limits::{
    FUNCTION_BYTES_MAX, FUNCTIONS_MAX, LOCALS_MAX, MEMORIES_MAX, MEMORY_BYTES_MAX, MODULES_MAX, TABLE_ELEMENTS_MAX, TABLES_MAX,
    WASM_BYTES_MAX,
};
use super::load_error::{LoadError, LoadStage};
use wasmparser::{BinaryReaderError, Encoding, FunctionBody, Parser, Payload, Validator, WasmFeatures};

/// The interface that a plugin exports, without its version.
const PROJECTION: &str = "doorlist:policy/projection@";
/// The major version of the contract that this server speaks.
const MAJOR: &str = "1";
/// Where tools put the component type of a core module.
const COMPONENT_TYPE_SECTION: &str = "component-type";
const WASM_PAGE_BYTES: u64 = 64 << 10;

/// What an admitted upload is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Component,
    /// A core module, and whether it says its component type itself.
    Module {
        typed: bool,
    },
}

/// Admits or refuses an upload.
pub(super) fn admit(wasm: &[u8]) -> Result<Form, LoadError> {
    if wasm.len() > WASM_BYTES_MAX {
        let message = format!("The plugin has more than {} MiB.", WASM_BYTES_MAX >> 20);
        return Err(LoadError::new(LoadStage::Size, message));
    }
    let mut census = Census::default();
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload.map_err(|error| broken(&error))?;
        census.count(&payload)?;
    }
    Validator::new_with_features(features()).validate_all(wasm).map_err(|error| {
        let message = format!("The file is not a plugin this server admits: {} (at byte {}).", plain(&error), error.offset());
        LoadError::new(LoadStage::Features, message).caused(error)
    })?;
    census.contract()?;
    Ok(census.form)
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
    form: Form,
    /// How many modules or components are open around the payload.
    depth: u32,
    functions: u32,
    modules: u32,
    memories: u32,
    tables: u32,
    imports: Vec<String>,
    exports: Vec<String>,
}

impl Default for Census {
    fn default() -> Census {
        Census {
            form: Form::Module { typed: false },
            depth: 0,
            functions: 0,
            modules: 0,
            memories: 0,
            tables: 0,
            imports: Vec::new(),
            exports: Vec::new(),
        }
    }
}

impl Census {
    fn count(&mut self, payload: &Payload<'_>) -> Result<(), LoadError> {
        match payload {
            Payload::Version { encoding, .. } => {
                if *encoding == Encoding::Module {
                    bounded(&mut self.modules, 1, MODULES_MAX, "modules")?;
                } else if self.depth == 0 {
                    self.form = Form::Component;
                }
                self.depth += 1;
            }
            Payload::End(_) => self.depth = self.depth.saturating_sub(1),
            Payload::FunctionSection(section) => {
                bounded(&mut self.functions, section.count(), FUNCTIONS_MAX, "functions")?;
            }
            Payload::CodeSectionEntry(body) => function(body)?,
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
                        self.imports.push(format!("{}.{}", import.module, import.name));
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

    /// Whether the plugin speaks the contract, as far as names tell.
    fn contract(&self) -> Result<(), LoadError> {
        if !self.imports.is_empty() {
            return Err(imports::refused(&self.imports));
        }
        let Some(version) = self.exports.iter().find_map(|name| name.strip_prefix(PROJECTION)) else {
            let message = format!("The plugin does not export {PROJECTION}{MAJOR}.0.0, the contract of policies.");
            return Err(LoadError::new(LoadStage::Exports, message));
        };
        let major: String = version.chars().take_while(char::is_ascii_digit).take(8).collect();
        if major == MAJOR {
            return Ok(());
        }
        let message = format!(
            "The plugin is built for doorlist:policy@{major}; this server speaks {MAJOR}. \
             Build it against doorlist:policy@{MAJOR}."
        );
        Err(LoadError::new(LoadStage::Exports, message))
    }
}

fn function(body: &FunctionBody<'_>) -> Result<(), LoadError> {
    let range = body.range();
    within(range.end.saturating_sub(range.start), FUNCTION_BYTES_MAX as u64, "bytes in a function")?;
    let mut locals: u64 = 0;
    for run in body.get_locals_reader().map_err(|error| broken(&error))? {
        let (count, _) = run.map_err(|error| broken(&error))?;
        locals = locals.saturating_add(count.into());
    }
    within(locals, LOCALS_MAX.into(), "locals in a function")
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

fn broken(error: &BinaryReaderError) -> LoadError {
    let message = format!("The file is not WebAssembly: {} (at byte {}).", plain(error), error.offset());
    LoadError::new(LoadStage::Parse, message).caused(error.clone())
}

fn plain(error: &BinaryReaderError) -> String {
    clean(error.message())
}

/// Text from an upload as part of a sentence: one line, of bounded length.
pub(super) fn clean(text: &str) -> String {
    const CHARS_MAX: usize = 200;
    text.chars().map(|char| if char.is_control() { ' ' } else { char }).take(CHARS_MAX).collect()
}
