//! The policies that the server carries. They are plugins like any other and are loaded like any other.

/// Name and WebAssembly of each first-party plugin, built from plugins/ by the build script.
pub fn first_party() -> [(&'static str, &'static [u8]); 4] {
    [
        ("group-prefix", include_bytes!(concat!(env!("OUT_DIR"), "/group-prefix.wasm"))),
        ("user-group-filter", include_bytes!(concat!(env!("OUT_DIR"), "/user-group-filter.wasm"))),
        ("role-protection", include_bytes!(concat!(env!("OUT_DIR"), "/role-protection.wasm"))),
        ("rules", include_bytes!(concat!(env!("OUT_DIR"), "/rules.wasm"))),
    ]
}
