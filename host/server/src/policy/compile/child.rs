//! The process that compiles: it limits itself before it reads anything, takes a component on standard input, gives machine code on standard output, and is gone.
//!
//! Whoever started it keeps standard input open. When that closes, be it that the other side was killed, the process ends.

use crate::policy::engine;
use crate::policy::limits::{
    COMPILE_ADDRESS_SPACE_BYTES, COMPILE_FILES_MAX, COMPILE_MEMORY_BYTES_LARGE, COMPILE_MEMORY_BYTES_SMALL, COMPILE_SLOWNESS,
    COMPILE_WATCH_STACK_BYTES, COMPONENT_BYTES_MAX, LoadLimits, Tier,
};
use rlimit::Resource;
use std::io::{self, ErrorKind, Read, Write};
use std::thread;

/// What the process may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Seconds of processor time.
    pub cpu_seconds: u64,
    /// Bytes of address space beyond what the program has when it starts.
    pub memory_bytes: usize,
    /// Bytes of machine code.
    pub code_bytes: usize,
}

/// How the process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// With machine code.
    Made,
    /// The compiler refused the component.
    Refused,
    /// There was too much machine code.
    TooLarge,
    /// It used up its time.
    Time,
    /// It used up its memory.
    Memory,
    /// Something else: the compiler is at fault.
    Crashed,
}

/// The hidden command that this program is started with.
pub const COMMAND: &str = "compile";

impl Bounds {
    pub(super) fn of(limits: &LoadLimits) -> Bounds {
        Bounds {
            cpu_seconds: limits.compile_ms.saturating_mul(COMPILE_SLOWNESS).div_ceil(1_000).max(1),
            memory_bytes: match limits.tier {
                Tier::Small => COMPILE_MEMORY_BYTES_SMALL,
                Tier::Large => COMPILE_MEMORY_BYTES_LARGE,
            },
            code_bytes: limits.compiled_bytes,
        }
    }

    /// The command line that says so.
    pub(super) fn arguments(&self) -> [String; 4] {
        [COMMAND.to_owned(), self.cpu_seconds.to_string(), self.memory_bytes.to_string(), self.code_bytes.to_string()]
    }

    /// Limits this process.
    fn apply(&self) -> std::io::Result<()> {
        let files = Resource::NOFILE;
        for (resource, limit) in [
            (Resource::CORE, 0),
            (files, COMPILE_FILES_MAX),
            // Machine code goes into a pipe, and there is no other file.
            (Resource::FSIZE, 0),
            (Resource::AS, address_space().saturating_add(self.memory_bytes as u64)),
        ] {
            resource.set(limit, limit)?;
        }
        // The process is told a second before it is ended, so that the signal says why.
        Resource::CPU.set(self.cpu_seconds, self.cpu_seconds.saturating_add(1))
    }
}

/// Bytes of address space that this process has already: the program itself, and what its allocator reserved.
fn address_space() -> u64 {
    const PAGE_BYTES: u64 = 4 << 10;
    let pages = std::fs::read_to_string("/proc/self/statm").ok();
    let pages = pages.and_then(|text| text.split(' ').next().and_then(|pages| pages.parse::<u64>().ok()));
    // Where that is not to be had, a guess that is too high rather than too low.
    pages.map_or(COMPILE_ADDRESS_SPACE_BYTES, |pages| pages.saturating_mul(PAGE_BYTES))
}

impl Outcome {
    /// The exit code that tells it.
    fn code(self) -> u8 {
        match self {
            Outcome::Made => 0,
            Outcome::Refused => 10,
            Outcome::TooLarge => 11,
            Outcome::Memory => 12,
            Outcome::Time | Outcome::Crashed => 13,
        }
    }

    pub(super) fn of_code(code: i32) -> Outcome {
        let told = [Outcome::Made, Outcome::Refused, Outcome::TooLarge, Outcome::Memory];
        told.into_iter().find(|outcome| i32::from(outcome.code()) == code).unwrap_or(Outcome::Crashed)
    }
}

/// Compiles a component of `component_bytes` within `bounds`, and gives the exit code of the process. What went wrong is written to standard error, for the log of whoever started it.
pub fn run(bounds: &Bounds, component_bytes: usize) -> u8 {
    let outcome = bounds.apply().map_err(|cause| (Outcome::Crashed, cause.to_string())).and_then(|()| make(bounds, component_bytes));
    if let Err((outcome, cause)) = outcome {
        // There is nowhere left to say that standard error is closed.
        let _ = writeln!(std::io::stderr(), "{cause}");
        return outcome.code();
    }
    Outcome::Made.code()
}

fn make(bounds: &Bounds, component_bytes: usize) -> Result<(), (Outcome, String)> {
    let crashed = |cause: io::Error| (Outcome::Crashed, cause.to_string());
    let mut component = Vec::new();
    let mut input = io::stdin().lock().take(component_bytes.min(COMPONENT_BYTES_MAX) as u64);
    input.read_to_end(&mut component).map_err(|cause| match cause.kind() {
        ErrorKind::OutOfMemory => (Outcome::Memory, cause.to_string()),
        _ => crashed(cause),
    })?;
    drop(input);
    if component.len() < component_bytes {
        return Err((Outcome::Refused, format!("{} bytes of {component_bytes}", component.len())));
    }
    end_with_input().map_err(crashed)?;
    let engine = engine::compiling().map_err(|cause| (Outcome::Crashed, format!("{cause:#}")))?;
    let code = engine.precompile_component(&component).map_err(|cause| (Outcome::Refused, format!("{cause:#}")))?;
    if code.len() > bounds.code_bytes {
        return Err((Outcome::TooLarge, format!("{} bytes of machine code", code.len())));
    }
    let mut output = io::stdout().lock();
    output.write_all(&code).and_then(|()| output.flush()).map_err(crashed)
}

/// Has this process end when standard input does: then nobody waits for what it makes.
fn end_with_input() -> io::Result<()> {
    let wait = || {
        // Nothing more is sent, so whatever this says, the other side is gone.
        let _ = io::stdin().lock().read(&mut [0]);
        std::process::exit(i32::from(Outcome::Crashed.code()))
    };
    thread::Builder::new().stack_size(COMPILE_WATCH_STACK_BYTES).spawn(wait).map(drop)
}
