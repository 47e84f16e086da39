//! `wasi_snapshot_preview1` for core modules, as WebAssembly that becomes part of the component.
//!
//! It computes its answers alone, but for what is printed, so a program may call it at any time: one whose runtime asks for the time while the
//! host allocates in its memory must not leave the component.

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// The module, made from adapter.wat by the build script.
const ADAPTER: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/wasi-adapter.wasm"));
/// What a core module calls WASI.
pub(in crate::policy) const MODULE: &str = "wasi_snapshot_preview1";
/// Where the adapter prints to. Only components that were made here may import it.
pub(in crate::policy) const OUTPUT: &str = "doorlist:adapter/output@1.0.0";
/// The world that the adapter is written for.
const WORLD: &str = "package doorlist:adapter@1.0.0;
interface output { write: func(to: u8, bytes: list<u8>); }
world adapter { import output; }";

/// Gives the adapter to a module that wants one.
pub(in crate::policy) fn give(encoder: &mut ComponentEncoder) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let mut resolve = Resolve::default();
    let package = resolve.push_source("adapter.wit", WORLD)?;
    let world = resolve.select_world(&[package], Some("adapter"))?;
    let mut adapter = ADAPTER.to_vec();
    embed_component_metadata(&mut adapter, &resolve, world, StringEncoding::UTF8, false)?;
    // Not by the module's own allocator, which may want its runtime to have begun.
    encoder.realloc_via_memory_grow(true).adapter(MODULE, &adapter)?;
    Ok(())
}
