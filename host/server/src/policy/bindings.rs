//! The contract as Rust types, generated from plugins/wit: one module for each major version of it.

/// `doorlist:policy@1`.
// The docs of types come from the contract; those of the glue around them do not exist.
#[allow(missing_docs, clippy::all, clippy::restriction)]
pub mod v1 {
    wasmtime::component::bindgen!({
        path: "../../plugins/wit",
        world: "policy",
        additional_derives: [PartialEq],
    });
}
