//! The contract as Rust types, generated from plugins/wit.

/// What the generator makes of world `policy`.
// The canonical ABI is raw pointers, so generated code is unsafe; the docs of types come from the contract, those of
// the glue around them do not exist.
#[allow(unsafe_code, missing_docs, clippy::all, clippy::restriction)]
pub mod generated {
    wit_bindgen::generate!({
        path: "../wit",
        world: "policy",
        pub_export_macro: true,
        export_macro_name: "export_bindings",
        default_bindings_module: "doorlist_sdk::__bindings",
        runtime_path: "doorlist_sdk::__runtime",
        additional_derives: [PartialEq],
        generate_unused_types: true,
    });
}
