//! What a plugin may import: the one place that says so.
//!
//! Whatever is admitted here has something behind it that is inert: the plugin's log, or a stand-in for a part of WASI
//! that tools put into every program. This module does not know what those do.

use super::admission::clean;
use super::limits::IMPORTS_NAMED_MAX;
use super::load_error::{LoadError, LoadStage};
use super::wasi;

/// The optional log, without its version.
const LOG: &str = "doorlist:policy/log@";
/// The version of the log that there is; later minor versions of it may be asked for, and have the same function.
const LOG_MAJOR: &str = "1";
/// Packages of WASI that have an inert stand-in. Python asks for sockets whether or not it uses them; every call says that there are none.
const WASI_PACKAGES: [&str; 6] = ["cli", "io", "clocks", "random", "filesystem", "sockets"];
/// The version of those that has one.
const WASI_VERSION: &str = "0.2";

/// Whether a core module may import functions from a module of this name.
pub(super) fn module(name: &str) -> bool {
    name == wasi::adapter::MODULE || is_log(name)
}

/// Whether a component may import an instance of this name.
pub(super) fn component(name: &str) -> bool {
    is_log(name) || is_wasi(name)
}

fn is_log(name: &str) -> bool {
    name.strip_prefix(LOG).is_some_and(|version| version.split('.').next() == Some(LOG_MAJOR))
}

/// Whether this is an interface of WASI with a stand-in, such as `wasi:cli/stdout@0.2.3`.
pub(super) fn is_wasi(name: &str) -> bool {
    let parts = name.strip_prefix("wasi:").and_then(|rest| rest.split_once('/'));
    let Some((package, interface)) = parts else {
        return false;
    };
    let version = interface.split_once('@').map(|(_, version)| version);
    let patch = version.and_then(|version| version.strip_prefix(WASI_VERSION)).and_then(|rest| rest.strip_prefix('.'));
    WASI_PACKAGES.contains(&package) && patch.is_some_and(|patch| !patch.is_empty() && patch.bytes().all(|byte| byte.is_ascii_digit()))
}

/// A refusal that names what a plugin imports and may not.
pub(super) fn refused(names: &[String]) -> LoadError {
    let named = names.iter().take(IMPORTS_NAMED_MAX).map(|name| clean(name)).collect::<Vec<_>>().join(", ");
    let message = format!(
        "A plugin can compute and nothing else; this one imports {named}. Build it without: in Rust and C for \
         wasm32-unknown-unknown, in other languages with the option that stubs WASI."
    );
    LoadError::new(LoadStage::Imports, message)
}

#[cfg(test)]
mod tests {
    use super::{component, module};

    #[test]
    fn the_log_and_inert_parts_of_wasi_are_admitted_and_nothing_else() {
        for (name, as_module, as_component) in [
            ("doorlist:policy/log@1.0.0", true, true),
            ("doorlist:policy/log@1.4.2", true, true),
            ("doorlist:policy/log@2.0.0", false, false),
            ("doorlist:policy/log@10.0.0", false, false),
            ("doorlist:policy/log", false, false),
            ("wasi_snapshot_preview1", true, false),
            ("wasi_unstable", false, false),
            ("wasi:cli/environment@0.2.0", false, true),
            ("wasi:io/streams@0.2.10", false, true),
            ("wasi:filesystem/types@0.2.6", false, true),
            ("wasi:clocks/wall-clock@0.3.0", false, false),
            ("wasi:clocks/wall-clock@0.2", false, false),
            ("wasi:clocks/wall-clock", false, false),
            ("wasi:random/random@0.2.x", false, false),
            ("wasi:sockets/network@0.2.0", false, true),
            ("wasi:http/types@0.2.0", false, false),
            ("env", false, false),
            ("", false, false),
        ] {
            assert_eq!((module(name), component(name)), (as_module, as_component), "{name}");
        }
    }
}
