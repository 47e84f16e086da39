//! `doorlist compile`, which the server starts itself. Nobody else has a use for it.

use std::process::ExitCode;

use clap::Args;

use crate::policy::compile::child::{self, Bounds};

/// What the process may use.
#[derive(Args)]
pub(super) struct Compile {
    /// Seconds of processor time.
    cpu_seconds: u64,
    /// Bytes of memory.
    memory_bytes: usize,
    /// Bytes of machine code.
    code_bytes: usize,
    /// Bytes of the component that comes.
    component_bytes: usize,
}

impl Compile {
    /// Makes machine code of the component on standard input. Reads no environment and starts no log.
    pub(super) fn run(self) -> ExitCode {
        let Self { cpu_seconds, memory_bytes, code_bytes, component_bytes } = self;
        ExitCode::from(child::run(&Bounds { cpu_seconds, memory_bytes, code_bytes }, component_bytes))
    }
}
