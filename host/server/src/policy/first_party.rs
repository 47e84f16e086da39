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

/// Whether a plugin of this name comes with the server, so that no other may have it.
pub fn is_first_party(name: &str) -> bool {
    first_party().iter().any(|(known, _)| *known == name)
}
