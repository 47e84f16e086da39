//! Machine code: made in a process of its own under limits, since nothing inside a process can stop a compiler; kept on disk; adopted.
//!
//! The other side of the process is [`child`].

use super::cache::{Cache, Kept};
use super::engine::Ticking;
use super::fault::size;
use super::gate::Gate;
use super::limits::{COMPILE_ANSWER_BYTES_MAX, COMPILE_MS_MAX, COMPILE_POLL_MS, COMPILE_WAIT_MS_MAX, COMPILES_MAX, LoadLimits};
use super::load::HostSettings;
use super::load_error::{LoadError, LoadStage};
use crate::clock::passed;
use std::io::{self, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;
use wasmtime::component::Component;

pub mod child;

/// Makes machine code of components.
pub(super) struct Compiler {
    program: Option<PathBuf>,
    cache: Option<Cache>,
    places: Arc<Gate>,
    /// How long waiting and compiling may take together, by the wall clock.
    patience: Duration,
    stopped: AtomicBool,
}

impl Compiler {
    /// Without a directory that can be used there is no cache, and nothing else is wrong.
    pub(super) fn new(settings: HostSettings) -> Compiler {
        let cache = settings.cache.and_then(|settings| {
            let directory = settings.directory.clone();
            let refused = |cause| tracing::warn!(%cause, directory = %directory.display(), "machine code of plugins is not kept");
            Cache::open(settings).map_err(refused).ok()
        });
        let patience = Duration::from_millis(COMPILE_MS_MAX);
        Compiler { program: settings.program, cache, places: Gate::new(COMPILES_MAX), patience, stopped: AtomicBool::new(false) }
    }

    /// The same that waits for as long as a process takes that is within its own limits.
    pub(super) fn patient(self) -> Compiler {
        Compiler { patience: Duration::MAX, ..self }
    }

    /// Ends the process that compiles, and lets no other begin.
    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::Release);
    }

    /// A component ready to be linked, and the bytes of its machine code.
    pub(super) fn compile(
        &self,
        clock: &Ticking,
        component: &[u8],
        limits: &LoadLimits,
        owner: &str,
    ) -> Result<(Component, usize), LoadError> {
        let name = self.cache.as_ref().map(|cache| (cache, cache.name(clock.engine(), component, owner)));
        let kept = |(cache, name): &(&Cache, String)| cache.get(name).and_then(|kept| adopt(clock, kept).ok());
        if let Some((component, bytes)) = name.as_ref().and_then(kept) {
            return within(bytes, limits).map(|()| (component, bytes));
        }
        let begun = passed();
        let _place = self
            .places
            .enter(COMPILE_WAIT_MS_MAX)
            .ok_or_else(|| LoadError::busy(LoadStage::Compile, "Other plugins are being compiled."))?;
        // Somebody else may have made it meanwhile.
        if let Some((component, bytes)) = name.as_ref().and_then(kept) {
            return within(bytes, limits).map(|()| (component, bytes));
        }
        let code = match &self.program {
            Some(program) => self.elsewhere(program, component, limits, begun)?,
            None => clock
                .engine()
                .precompile_component(component)
                .map_err(|cause| LoadError::new(LoadStage::Compile, "The plugin cannot be compiled.").caused(cause))?,
        };
        tracing::debug!(bytes = code.len(), millis = passed().saturating_sub(begun).as_millis(), "machine code of a plugin is made");
        within(code.len(), limits)?;
        let kept = name.and_then(|(cache, name)| cache.put(&name, &code)).unwrap_or(Kept::Bytes(code));
        adopt(clock, kept).map_err(|cause| LoadError::new(LoadStage::Compile, "The plugin's machine code cannot be used.").caused(cause))
    }

    /// Machine code made in a process of its own. `begun` is when the caller began to wait for that.
    fn elsewhere(&self, program: &PathBuf, component: &[u8], limits: &LoadLimits, begun: Duration) -> Result<Vec<u8>, LoadError> {
        let failed = |cause: io::Error| LoadError::busy(LoadStage::Compile, "The server cannot compile now.").caused(cause);
        let bounds = child::Bounds::of(limits);
        let mut command = Command::new(program);
        command.args(bounds.arguments()).arg(component.len().to_string()).env_clear().current_dir("/");
        // The program's allocator otherwise reserves a gigabyte when it starts, which would be of use to what it compiles then.
        command.env("MIMALLOC_ARENA_RESERVE", "0");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(failed)?;
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        // One byte more than may be, so that too much is known from just enough.
        let code_max = limits.compiled_bytes.saturating_add(1);
        let (end, code, said) = thread::scope(|scope| {
            // A process that ends early does not read all of it, which its end tells better.
            let fed = scope.spawn(move || stdin.map(|mut stdin| stdin.write_all(component).map(|()| stdin)));
            let code = scope.spawn(move || stdout.map(|stdout| read(stdout, code_max)).unwrap_or_default());
            let said = scope.spawn(move || stderr.map(|stderr| read(stderr, COMPILE_ANSWER_BYTES_MAX)).unwrap_or_default());
            let end = self.wait(&mut child, begun);
            // Standard input is open until now, since the process ends when it closes.
            drop(fed.join());
            // Reading does not panic.
            (end, code.join().unwrap_or_default(), said.join().unwrap_or_default())
        });
        let said = String::from_utf8_lossy(&said).trim().to_owned();
        let busy = |message: &str| LoadError::busy(LoadStage::Compile, message);
        let outcome = match end.map_err(failed)? {
            End::Itself(status) => child::Outcome::of(status, &said),
            // It got no processor: another time it may.
            End::Late => return Err(busy("Compiling the plugin took too long; the server is busy.").caused(said)),
            End::Stopped => return Err(busy("The server is shutting down.")),
        };
        match outcome {
            child::Outcome::Made => Ok(code),
            child::Outcome::TooLarge => Err(too_large(limits)),
            outcome => Err(LoadError::new(LoadStage::Compile, outcome.sentence(&bounds)).caused(said)),
        }
    }

    /// Waits for a process, and ends it if that is asked for, or if it is too late: its own limit is processor time, which one that waits does not use.
    fn wait(&self, child: &mut Child, begun: Duration) -> io::Result<End> {
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(End::Itself(status));
            }
            let stopped = self.stopped.load(Ordering::Acquire);
            if stopped || passed().saturating_sub(begun) > self.patience {
                child.kill()?;
                child.wait()?;
                return Ok(if stopped { End::Stopped } else { End::Late });
            }
            thread::sleep(Duration::from_millis(COMPILE_POLL_MS));
        }
    }
}

/// How waiting for the process ended.
enum End {
    /// It is gone by itself, or by its own limits.
    Itself(ExitStatus),
    /// It was ended since it took too long.
    Late,
    /// It was ended since the server ends.
    Stopped,
}

/// Makes a component of machine code, and says how many bytes that has.
#[allow(unsafe_code)]
fn adopt(clock: &Ticking, kept: Kept) -> wasmtime::Result<(Component, usize)> {
    // SAFETY: the engine must be given nothing but what its own compiler wrote, and a file must not change while it is mapped. Bytes come from that
    // compiler, in this process or in one that we started from this program; it compiles, and is under limits, but what it writes is not the upload's to choose. A
    // file has just shown that whoever wrote it has the secret of this server and wrote it for this very component and engine; it is in a directory
    // of the server's owner alone, is never written to under this name, and goes on to exist for who has it mapped when it is removed.
    unsafe {
        match kept {
            Kept::Bytes(code) => Ok((Component::deserialize(clock.engine(), &code)?, code.len())),
            Kept::File(path, bytes) => Ok((Component::deserialize_file(clock.engine(), path)?, bytes)),
        }
    }
}

fn within(bytes: usize, limits: &LoadLimits) -> Result<(), LoadError> {
    if bytes <= limits.compiled_bytes { Ok(()) } else { Err(too_large(limits)) }
}

fn too_large(limits: &LoadLimits) -> LoadError {
    LoadError::new(LoadStage::Compile, format!("The plugin has more than {} of machine code.", size(limits.compiled_bytes)))
}

/// At most `bytes_max` of a stream. What the other side writes beyond goes nowhere.
fn read(stream: impl Read, bytes_max: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    // What was read before an error counts: the process's own end says what came of it.
    let _ = stream.take(bytes_max as u64).read_to_end(&mut bytes);
    bytes
}

impl child::Outcome {
    /// What the end of a process means; `said` is what it wrote to standard error.
    fn of(status: ExitStatus, said: &str) -> child::Outcome {
        /// Processor time is up.
        const SIGXCPU: i32 = 24;
        const SIGKILL: i32 = 9;
        match (status.code(), status.signal()) {
            (Some(code), _) => child::Outcome::of_code(code),
            (None, Some(SIGXCPU | SIGKILL)) => child::Outcome::Time,
            // What the standard library says before it ends a process without memory.
            (None, _) if said.contains("memory allocation of") => child::Outcome::Memory,
            (None, _) => child::Outcome::Crashed,
        }
    }

    fn sentence(self, bounds: &child::Bounds) -> String {
        match self {
            child::Outcome::Time => format!("Compiling the plugin takes more than {} s of processor time.", bounds.cpu_seconds),
            child::Outcome::Memory => format!("Compiling the plugin takes more than {} of memory.", size(bounds.memory_bytes)),
            child::Outcome::Crashed => "The compiler fails at the plugin.".to_owned(),
            _ => "The plugin cannot be compiled.".to_owned(),
        }
    }
}
