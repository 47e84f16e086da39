//! What the host keeps of one instance: its limits, its deadline, what it used and what it printed.

use super::bindings::v1::doorlist::policy::log;
use super::fault::{Fault, Stopped};
use super::limits::{CallLimits, MEMORIES_MAX, STARVED_FACTOR_MAX, TABLES_MAX, TICK_MS};
use super::output::Output;
use crate::clock::thread_time;
use std::time::Duration;
use wasmtime::{ResourceLimiter, UpdateDeadline};

/// What the engine asks before an instance grows and when a deadline has come, and where a guest's output goes.
pub(super) struct State {
    pub(super) limits: CallLimits,
    pub(super) deadline: Deadline,
    pub(super) output: Output,
    /// Bytes of all memories, now and at the most.
    memory: usize,
    memory_peak: usize,
    /// Where the random numbers of the stand-ins are.
    random: u64,
}

impl State {
    pub(super) fn new(limits: CallLimits, deadline: Deadline) -> State {
        State { limits, deadline, output: Output::new(limits.log_bytes), memory: 0, memory_peak: 0, random: 0 }
    }

    /// Bytes that the instance's memories had together at the most.
    pub(super) fn memory_peak(&self) -> usize {
        self.memory_peak
    }

    /// The next random number: the same in every instance (SplitMix64).
    pub(super) fn random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.random ^ (self.random >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// What an error of the engine means for this instance.
    pub(super) fn fault(&self, error: &wasmtime::Error) -> Fault {
        Fault::of(error, &self.limits)
    }
}

/// The deadline of a call: processor time, as far as that can be had for nothing.
///
/// Half of it is counted by the wall clock, which costs a call nothing. A guest that is still busy then has the other half counted in the time
/// its thread really got, so that one whose thread waits for a processor is not taken for one that loops.
pub(super) struct Deadline {
    half: Duration,
    /// The thread's time when the first half was over.
    since: Option<Duration>,
    /// Halves that may still go by on the wall.
    left: u64,
}

impl Deadline {
    pub(super) const fn new(ms: u64) -> Deadline {
        Deadline { half: Duration::from_millis(ms / 2), since: None, left: 2 * STARVED_FACTOR_MAX }
    }

    /// Ticks until it is to be asked.
    pub(super) fn ticks(&self) -> u64 {
        // Deadlines are milliseconds, far below 2^64.
        ticks(u64::try_from(self.half.as_millis()).unwrap_or(u64::MAX))
    }

    pub(super) fn has_come(&mut self) -> UpdateDeadline {
        let now = thread_time();
        let since = *self.since.get_or_insert(now);
        self.left = self.left.saturating_sub(1);
        if now.saturating_sub(since) >= self.half || self.left == 0 {
            UpdateDeadline::Interrupt
        } else {
            UpdateDeadline::Continue(self.ticks())
        }
    }
}

/// Ticks of the clock in a time, and one more since the current one has begun.
const fn ticks(ms: u64) -> u64 {
    ms.div_ceil(TICK_MS) + 1
}

impl log::Host for State {
    fn log(&mut self, level: log::Level, message: String) {
        let level = match level {
            log::Level::Debug => "debug",
            log::Level::Info => "info",
            log::Level::Warn => "warn",
        };
        self.output.line(level, &message);
    }
}

impl ResourceLimiter for State {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            // More than the memory itself allows, which its author knows.
            return Ok(false);
        }
        let together = self.memory.saturating_add(desired.saturating_sub(current));
        if together > self.limits.memory_bytes {
            // An error, not `false`: a guest that is told no mostly panics, and its panic says less than ours.
            return Err(Stopped::Memory(self.limits.memory_bytes).into());
        }
        self.memory = together;
        self.memory_peak = self.memory_peak.max(together);
        Ok(true)
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let max = self.limits.table_elements;
        if desired > max { Err(Stopped::Table(max).into()) } else { Ok(true) }
    }

    fn instances(&self) -> usize {
        self.limits.instances as usize
    }

    fn tables(&self) -> usize {
        TABLES_MAX as usize
    }

    fn memories(&self) -> usize {
        MEMORIES_MAX as usize
    }
}
