//! Saying something beside the answer.
//!
//! What is said about an item is kept with the decision on it, up to a few kilobytes, and is shown to operators. It changes nothing else.

/// A line for the author.
pub fn debug(message: &str) {
    write(Level::Debug, message);
}

/// A line for whoever wonders.
pub fn info(message: &str) {
    write(Level::Info, message);
}

/// A line that says that something is not as it should be.
pub fn warn(message: &str) {
    write(Level::Warn, message);
}

/// Makes a panic say why in the log: what it prints is read by nobody, and the trap that it becomes has no words.
#[cfg(target_arch = "wasm32")]
pub(crate) fn panics() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| std::panic::set_hook(Box::new(|panic| warn(&panic.to_string()))));
}

/// Outside a sandbox, panics go to standard error anyway.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn panics() {}

use crate::bindings::generated::doorlist::policy::log::{self, Level};

#[cfg(target_arch = "wasm32")]
fn write(level: Level, message: &str) {
    log::log(level, message);
}

/// Outside a sandbox, as in a plugin's own tests, lines go to standard error.
#[cfg(not(target_arch = "wasm32"))]
fn write(level: Level, message: &str) {
    let _ = log::log;
    eprintln!("{level:?}: {message}");
}
