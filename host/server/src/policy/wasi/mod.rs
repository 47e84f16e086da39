//! Stand-ins for WASI, which tools of some languages put into every program: nothing behind them reaches the machine.
//!
//! Clocks stand at zero, random numbers begin with the same seed in every instance, environment and arguments are empty, there are no files and no
//! network, standard input is at its end. What is printed goes to the plugin's log. A program that exits has trapped.
//!
//! A component imports interfaces of WASI 0.2: [`link`] answers them by the types of their functions. A core module imports
//! `wasi_snapshot_preview1`: [`adapter`] has it as WebAssembly, which becomes part of the component.

pub(super) mod adapter;
mod answer;

use super::imports;
use super::output::Stream;
use super::state::State;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, Linker, ResourceType};
use wasmtime::{Engine, StoreContextMut};

/// Puts a stand-in behind every interface of WASI that a component imports.
pub(super) fn link(linker: &mut Linker<State>, engine: &Engine, component: &Component) -> wasmtime::Result<()> {
    // The same name is the same resource in every interface.
    let mut resources: Vec<String> = Vec::new();
    for (name, import) in component.component_type().imports(engine) {
        let ComponentItem::ComponentInstance(interface) = import.ty else { continue };
        if !imports::is_wasi(name) {
            continue;
        }
        let mut linked = linker.instance(name)?;
        for (name, export) in interface.exports(engine) {
            match export.ty {
                ComponentItem::Resource(_) => {
                    let number = resources.iter().position(|known| known == name).unwrap_or_else(|| {
                        resources.push(name.to_owned());
                        resources.len() - 1
                    });
                    linked.resource(name, ResourceType::host_dynamic(u32::try_from(number)?), |_, _| Ok(()))?;
                }
                ComponentItem::ComponentFunc(_) => {
                    let function = answer::Function::named(name);
                    linked.func_new(name, move |store, ty, arguments, results| function.answer(store, &ty, arguments, results))?;
                }
                _ => {}
            }
        }
    }
    Ok(())
}

/// Puts the log behind what the adapter prints to.
pub(super) fn link_adapter(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    let write = |mut store: StoreContextMut<'_, State>, (to, bytes): (u8, Vec<u8>)| {
        store.data_mut().output.print(if to == 2 { Stream::Err } else { Stream::Out }, &bytes);
        Ok(())
    };
    linker.instance(adapter::OUTPUT)?.func_wrap("write", write)
}
