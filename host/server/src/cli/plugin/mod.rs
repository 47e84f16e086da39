//! `doorlist plugin`: what the author of a policy needs, one file per command.

mod bench;
mod build;
mod inspect;
mod keygen;
mod new;
mod push;
mod sign;
mod test;
mod verify;

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::config::Environment;
use crate::error::{Error, Result};
use crate::kit::limits::PLUGIN_BYTES_SLOW;
use crate::kit::load::{self, Loaded, NotLoaded};
use crate::policy::limits::WASM_BYTES_MAX;

/// Commands of `doorlist plugin`.
#[derive(Args)]
#[command(after_long_help = "From nothing to a policy that runs:
  doorlist plugin new late-shift --lang rust
  cd late-shift
  doorlist plugin build
  doorlist plugin test
  doorlist plugin push build/late-shift.wasm --tenant TENANT
Then an operator puts it into the tenant's pipeline: PUT /api/v1/tenants/TENANT/pipeline.

Exit codes: 0 if all is well; 1 if not, as when a case differs, a plugin is refused or a tool is missing;
2 for a command line that is not readable.")]
pub(super) struct Plugin {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Begin a project: a policy that builds, with its settings, tests and cases.
    New(new::New),
    /// Build a project's plugin.
    Build(build::Build),
    /// Run a plugin's cases in the sandbox and show what differs.
    Test(test::Test),
    /// Show what a plugin is, or why a server would refuse it.
    Inspect(inspect::Inspect),
    /// Upload a plugin to a tenant.
    Push(push::Push),
    /// Measure a plugin's time and memory by the size of a batch.
    Bench(bench::Bench),
    /// Make a key that signs plugins.
    Keygen(keygen::Keygen),
    /// Sign a plugin.
    Sign(sign::Sign),
    /// Check a plugin's signature.
    Verify(verify::Verify),
}

impl Plugin {
    /// Does it.
    pub(super) fn run(self, environment: Environment) -> Result<ExitCode> {
        let ran = match self.command {
            Command::New(new) => new.run(),
            Command::Build(build) => build.run(),
            Command::Test(test) => test.run(),
            Command::Inspect(inspect) => inspect.run(),
            Command::Push(push) => push.run(environment),
            Command::Bench(bench) => bench.run(),
            Command::Keygen(keygen) => keygen.run(),
            Command::Sign(sign) => sign.run(),
            Command::Verify(verify) => verify.run(),
        };
        // Whoever read the output has seen enough, as `head` has.
        let closed = |error: &Error| error.cause().and_then(|cause| cause.downcast_ref::<io::Error>()).map(io::Error::kind);
        match ran {
            Err(error) if closed(&error) == Some(io::ErrorKind::BrokenPipe) => Ok(ExitCode::FAILURE),
            ran => ran,
        }
    }
}

/// Loads a plugin as the server does: machine code is made by this executable in a process of its own.
///
/// What takes long is announced on standard error, so that JSON stays JSON.
fn load(path: &Path) -> Result<Loaded, NotLoaded> {
    let program = super::program()?;
    let bytes = path.metadata().map_or(0, |file| file.len());
    if (PLUGIN_BYTES_SLOW..=WASM_BYTES_MAX as u64).contains(&bytes) {
        let (name, size) = (path.display(), size(bytes));
        // Nothing is lost if nobody reads it.
        let _ = writeln!(io::stderr(), "{name} has {size}; the sandbox compiles it first, which can take a minute.");
    }
    load::load(path, Some(program))
}

/// Bytes for people.
fn size(bytes: u64) -> String {
    const KIB: f64 = 1024.0;
    // A size that a float cannot hold to the byte is shown in MiB.
    let bytes_shown = bytes as f64;
    if bytes < 1 << 10 {
        format!("{bytes} B")
    } else if bytes < 1 << 20 {
        format!("{:.1} KiB", bytes_shown / KIB)
    } else {
        format!("{:.1} MiB", bytes_shown / KIB / KIB)
    }
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes_read_well() {
        for (bytes, expected) in [(0, "0 B"), (1_023, "1023 B"), (1_024, "1.0 KiB"), (1_600, "1.6 KiB"), (18 << 20, "18.0 MiB")] {
            assert_eq!(size(bytes), expected);
        }
    }
}
