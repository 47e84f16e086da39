//! How running a plugin fails, in words that are safe for strangers.

use super::limits::CallLimits;
use std::fmt;
use wasmtime::Trap;

/// What went wrong when a plugin ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FaultKind {
    /// It did not answer in time.
    Timeout,
    /// It recursed too deeply.
    StackOverflow,
    /// It wanted more memory, or larger tables, than it may have.
    Memory,
    /// It panicked or did what WebAssembly forbids.
    Trap,
    /// Its answer has too many bytes or changes.
    OutputTooLarge,
    /// Its answer is not one that the contract has.
    BadOutput,
    /// It wanted to change a part of a view that its manifest does not name.
    Undeclared,
    /// It refused settings that it had accepted.
    Settings,
    /// It could not be instantiated.
    Start,
    /// No instance became free in time; nothing is wrong with the plugin.
    Busy,
}

/// A failed run of a plugin.
///
/// The message is our prose: it holds nothing that the plugin said and no cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What went wrong.
    pub kind: FaultKind,
    /// The same as a sentence.
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Fault {}

impl Fault {
    pub(super) fn new(kind: FaultKind, message: impl Into<String>) -> Fault {
        Fault { kind, message: message.into() }
    }

    /// What an error of the engine means. The cause goes to the log, since a plugin's author may want it.
    pub(super) fn of(error: &wasmtime::Error, limits: &CallLimits) -> Fault {
        let fault = classify(error, limits);
        tracing::debug!(kind = ?fault.kind, cause = format!("{error:#}"), "a plugin failed");
        fault
    }
}

/// Why the host stopped a guest that asked for something. The engine hands it back as the trap's cause.
#[derive(Debug)]
pub(super) enum Stopped {
    /// It wanted more than these bytes of memory.
    Memory(usize),
    /// It wanted a table of more than these elements.
    Table(usize),
    /// It wanted to end.
    Exit,
    /// It wanted more random bytes at once than anybody needs.
    Random,
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stopped::Memory(bytes) => write!(f, "The plugin wanted more than {} of memory.", size(*bytes)),
            Stopped::Table(elements) => write!(f, "The plugin wanted a table of more than {elements} elements."),
            Stopped::Exit => f.write_str("The plugin exited, as a program does and a policy must not."),
            Stopped::Random => f.write_str("The plugin wanted more random bytes at once than there are."),
        }
    }
}

impl std::error::Error for Stopped {}

/// Bytes as people read them, and exactly.
pub(super) fn size(bytes: usize) -> String {
    match bytes {
        1.. if bytes.is_multiple_of(1 << 20) => format!("{} MiB", bytes >> 20),
        1.. if bytes.is_multiple_of(1 << 10) => format!("{} KiB", bytes >> 10),
        _ => format!("{bytes} bytes"),
    }
}

fn classify(error: &wasmtime::Error, limits: &CallLimits) -> Fault {
    use FaultKind as Kind;
    if let Some(stopped) = error.downcast_ref::<Stopped>() {
        let kind = match stopped {
            Stopped::Memory(_) | Stopped::Table(_) => Kind::Memory,
            Stopped::Exit | Stopped::Random => Kind::Trap,
        };
        return Fault::new(kind, stopped.to_string());
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::Interrupt) => Fault::new(Kind::Timeout, "The plugin did not answer in time."),
        Some(Trap::StackOverflow) => Fault::new(Kind::StackOverflow, "The plugin recursed too deeply."),
        Some(Trap::UnreachableCodeReached) => Fault::new(Kind::Trap, "The plugin panicked."),
        Some(_) => Fault::new(Kind::Trap, "The plugin did what WebAssembly forbids."),
        // The engine has no type for this one; a test notices if its words change.
        None if error.chain().any(|cause| cause.to_string().contains("too much data is being copied")) => {
            Fault::new(Kind::OutputTooLarge, format!("The plugin answered with more than {}.", size(limits.answer_bytes)))
        }
        None => Fault::new(Kind::BadOutput, "The plugin answered with what the contract does not have."),
    }
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes_are_exact() {
        for (bytes, text) in
            [(0, "0 bytes"), (256, "256 bytes"), (1 << 10, "1 KiB"), (5_000, "5000 bytes"), (1536 << 10, "1536 KiB"), (64 << 20, "64 MiB")]
        {
            assert_eq!(size(bytes), text);
        }
    }
}
