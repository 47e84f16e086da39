//! One instance of a plugin: the only place where a store is made and where a guest is entered.

use super::bindings::v1::doorlist::policy::log;
use super::bindings::v1::{Policy, PolicyPre, exports::doorlist::policy::projection::Guest};
use super::fault::{Fault, FaultKind, LimitReached};
use super::gate::{Gate, Place};
use super::limits::{
    ANSWER_BYTES_MAX, CORE_INSTANCES_MAX, HANDLES_MAX, INSTANCE_WAIT_MS_MAX, MEMORIES_MAX, MEMORY_BYTES_MAX, START_MS_MAX,
    STARVED_FACTOR_MAX, TABLE_ELEMENTS_MAX, TABLES_MAX, TICK_MS,
};
use crate::clock::thread_time;
use std::sync::Arc;
use std::time::Duration;
use wasmtime::{Engine, ResourceLimiter, Store, UpdateDeadline};

/// What the engine asks before an instance grows, and when a deadline has come.
pub(super) struct Limits {
    deadline: Deadline,
}

/// The deadline of a call: processor time, as far as that can be had for nothing.
///
/// Half of it is counted by the wall clock, which costs a call nothing. A guest that is still busy then has the other half counted in the time
/// its thread really got, so that one whose thread waits for a processor is not taken for one that loops.
struct Deadline {
    half: Duration,
    /// The thread's time when the first half was over.
    since: Option<Duration>,
    /// Halves that may still go by on the wall.
    left: u64,
}

impl Deadline {
    const fn new(ms: u64) -> Deadline {
        Deadline { half: Duration::from_millis(ms / 2), since: None, left: 2 * STARVED_FACTOR_MAX }
    }

    fn ticks(&self) -> u64 {
        // Deadlines are milliseconds, far below 2^64.
        ticks(u64::try_from(self.half.as_millis()).unwrap_or(u64::MAX))
    }

    fn has_come(&mut self) -> UpdateDeadline {
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

impl log::Host for Limits {
    fn log(&mut self, _: log::Level, _: String) {}
}

impl ResourceLimiter for Limits {
    fn memory_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        // An error, not `false`: a guest that is told no mostly panics, and its panic says less than ours.
        if desired > MEMORY_BYTES_MAX { Err(LimitReached::Memory.into()) } else { Ok(true) }
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        if desired > TABLE_ELEMENTS_MAX { Err(LimitReached::Table.into()) } else { Ok(true) }
    }

    fn instances(&self) -> usize {
        CORE_INSTANCES_MAX as usize
    }

    fn tables(&self) -> usize {
        TABLES_MAX as usize
    }

    fn memories(&self) -> usize {
        MEMORIES_MAX as usize
    }
}

/// A live instance. Whoever sees it fail drops it: a guest that trapped is never entered again.
pub(super) struct Sandbox {
    store: Store<Limits>,
    policy: Policy,
    // Last, so that the slot is empty before somebody else is let in.
    _place: Place,
}

impl Sandbox {
    /// A fresh instance, in a slot that this waits for. `pre` belongs to `engine`.
    pub(super) fn start(engine: &Engine, slots: &Arc<Gate>, pre: &PolicyPre<Limits>) -> Result<Sandbox, Fault> {
        let place = slots.enter(INSTANCE_WAIT_MS_MAX).ok_or_else(|| Fault::new(FaultKind::Busy, "Too many policies run at once."))?;
        let mut store = store(engine);
        let policy = pre.instantiate(&mut store).map_err(|error| {
            let fault = Fault::of(&error);
            match fault.kind {
                // There is no answer yet that could be bad.
                FaultKind::BadOutput => Fault::new(FaultKind::Start, "The plugin does not start."),
                _ => fault,
            }
        })?;
        Ok(Sandbox { store, policy, _place: place })
    }

    /// Calls an exported function with `deadline_ms` of time.
    pub(super) fn call<T>(
        &mut self,
        deadline_ms: u64,
        call: impl FnOnce(&Guest, &mut Store<Limits>) -> wasmtime::Result<T>,
    ) -> Result<T, Fault> {
        arm(&mut self.store, deadline_ms);
        call(self.policy.doorlist_policy_projection(), &mut self.store).map_err(|error| Fault::of(&error))
    }
}

/// The only constructor of a store: all limits are on before a guest's first instruction.
fn store(engine: &Engine) -> Store<Limits> {
    let mut store = Store::new(engine, Limits { deadline: Deadline::new(START_MS_MAX) });
    store.limiter(|limits| limits);
    store.set_hostcall_fuel(ANSWER_BYTES_MAX);
    store.set_max_component_handles(HANDLES_MAX);
    store.epoch_deadline_callback(|mut store| Ok(store.data_mut().deadline.has_come()));
    arm(&mut store, START_MS_MAX);
    store
}

/// Sets the deadline of what is entered next.
fn arm(store: &mut Store<Limits>, ms: u64) {
    let deadline = Deadline::new(ms);
    store.set_epoch_deadline(deadline.ticks());
    store.data_mut().deadline = deadline;
}

/// Ticks of the clock in a time, and one more since the current one has begun.
const fn ticks(ms: u64) -> u64 {
    ms.div_ceil(TICK_MS) + 1
}
