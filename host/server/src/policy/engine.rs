//! The engine that runs guests, and the clock of their deadlines: one object, since an engine that checks deadlines
//! without a clock never stops a guest.

use super::limits::{
    BACKTRACE_FRAMES_MAX, CORE_INSTANCES_MAX, INSTANCE_RECORD_BYTES_MAX, INSTANCES_MAX, KEPT_MEMORY_BYTES, KEPT_TABLE_BYTES, MEMORIES_MAX,
    MEMORY_BYTES_MAX, MEMORY_GUARD_BYTES, STACK_BYTES_MAX, TABLE_ELEMENTS_MAX, TABLES_MAX, TICK_MS,
};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;
use wasmtime::{Config, Enabled, Engine, PoolingAllocationConfig};

/// Why there is no engine.
#[derive(Debug)]
pub struct HostError(Box<dyn std::error::Error + Send + Sync>);

impl std::fmt::Display for HostError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("policies cannot run on this machine")
    }
}

impl std::error::Error for HostError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&*self.0)
    }
}

/// An engine whose clock ticks every [`TICK_MS`] until the last user of the engine is gone. A clone is the same engine.
#[derive(Clone)]
pub(super) struct Ticking {
    engine: Engine,
    ticks: Arc<AtomicU64>,
}

impl Ticking {
    pub(super) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Ticks so far.
    pub(super) fn tick(&self) -> u64 {
        self.ticks.load(Ordering::Relaxed)
    }
}

/// Starts an engine and its clock.
pub(super) fn ticking() -> Result<Ticking, HostError> {
    let engine = engine().map_err(|error| HostError(error.into()))?;
    let ticks = Arc::new(AtomicU64::new(0));
    let (weak, count) = (engine.weak(), Arc::clone(&ticks));
    // A thread of its own: a task would stand still when the runtime's threads are busy, with the deadlines.
    thread::Builder::new()
        .name("policy-clock".into())
        .spawn(move || {
            while let Some(engine) = weak.upgrade() {
                engine.increment_epoch();
                count.fetch_add(1, Ordering::Relaxed);
                drop(engine);
                thread::sleep(Duration::from_millis(TICK_MS));
            }
        })
        .map_err(|error| HostError(error.into()))?;
    Ok(Ticking { engine, ticks })
}

/// With instance slots reserved in advance, or without where the address space for them is not to be had.
///
/// A container with a limit on address space is such a place.
fn engine() -> wasmtime::Result<Engine> {
    let mut config = config();
    let reserved = Engine::new(config.allocation_strategy(slots()));
    reserved.or_else(|error| {
        tracing::warn!(cause = format!("{error:#}"), "no address space for instance slots; policies run slower without");
        // Of the address space that a memory takes by default, 4 GiB, a guest can use a sixty-fourth.
        Engine::new(self::config().memory_reservation(MEMORY_BYTES_MAX as u64).memory_guard_size(MEMORY_GUARD_BYTES))
    })
}

/// An engine that compiles for the one that runs: with the same settings but for where instances live, which machine code does not know.
pub(super) fn compiling() -> wasmtime::Result<Engine> {
    Engine::new(&config())
}

fn config() -> Config {
    let mut config = Config::new();
    config
        .wasm_component_model(true)
        .epoch_interruption(true)
        .memory_init_cow(true)
        .max_wasm_stack(STACK_BYTES_MAX)
        .wasm_backtrace_max_frames(NonZeroUsize::new(BACKTRACE_FRAMES_MAX))
        // The same input gives the same output on every machine.
        .cranelift_nan_canonicalization(true)
        .wasm_relaxed_simd(false)
        .wasm_memory64(false)
        .wasm_tail_call(false);
    // Several memories in one module are refused at admission, not here: the engine's own adapters between the
    // modules of a component use two.
    config
}

fn slots() -> PoolingAllocationConfig {
    let mut slots = PoolingAllocationConfig::new();
    slots
        .total_component_instances(INSTANCES_MAX)
        .total_core_instances(INSTANCES_MAX * CORE_INSTANCES_MAX)
        .total_memories(INSTANCES_MAX * MEMORIES_MAX)
        .total_tables(INSTANCES_MAX * TABLES_MAX)
        .max_memory_size(MEMORY_BYTES_MAX)
        .table_elements(TABLE_ELEMENTS_MAX)
        .max_memories_per_module(1)
        .max_memories_per_component(MEMORIES_MAX)
        .max_tables_per_module(TABLES_MAX)
        .max_tables_per_component(TABLES_MAX)
        .max_core_instances_per_component(CORE_INSTANCES_MAX)
        .max_core_instance_size(INSTANCE_RECORD_BYTES_MAX)
        .max_component_instance_size(INSTANCE_RECORD_BYTES_MAX)
        .linear_memory_keep_resident(KEPT_MEMORY_BYTES)
        .table_keep_resident(KEPT_TABLE_BYTES)
        .max_unused_warm_slots(INSTANCES_MAX)
        // Where the kernel can name the pages a guest wrote, only those are reset.
        .pagemap_scan(Enabled::Auto);
    slots
}
