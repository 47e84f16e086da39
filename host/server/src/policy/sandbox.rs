//! One instance of a plugin: the only place where a store is made and where a guest is entered.

use super::bindings::v1::{Policy, PolicyPre, exports::doorlist::policy::projection::Guest};
use super::fault::{Fault, FaultKind, LimitReached};
use super::gate::{Gate, Place};
use super::limits::{
    ANSWER_BYTES_MAX, CORE_INSTANCES_MAX, HANDLES_MAX, INSTANCE_WAIT_MS_MAX, MEMORIES_MAX,
    MEMORY_BYTES_MAX, START_MS_MAX, TABLE_ELEMENTS_MAX, TABLES_MAX, TICK_MS,
};
use std::sync::Arc;
use wasmtime::{Engine, ResourceLimiter, Store};

/// What the engine asks before an instance grows.
pub(super) struct Limits;

impl ResourceLimiter for Limits {
    fn memory_growing(
        &mut self,
        _: usize,
        desired: usize,
        _: Option<usize>,
    ) -> wasmtime::Result<bool> {
        // An error, not `false`: a guest that is told no mostly panics, and its panic says less than ours.
        if desired > MEMORY_BYTES_MAX {
            Err(LimitReached::Memory.into())
        } else {
            Ok(true)
        }
    }

    fn table_growing(
        &mut self,
        _: usize,
        desired: usize,
        _: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if desired > TABLE_ELEMENTS_MAX {
            Err(LimitReached::Table.into())
        } else {
            Ok(true)
        }
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
    pub(super) fn start(
        engine: &Engine,
        slots: &Arc<Gate>,
        pre: &PolicyPre<Limits>,
    ) -> Result<Sandbox, Fault> {
        let place = slots
            .enter(INSTANCE_WAIT_MS_MAX)
            .ok_or_else(|| Fault::new(FaultKind::Busy, "Too many policies run at once."))?;
        let mut store = store(engine);
        let policy = pre.instantiate(&mut store).map_err(|error| {
            let fault = Fault::of(&error);
            match fault.kind {
                // There is no answer yet that could be bad.
                FaultKind::BadOutput => Fault::new(FaultKind::Start, "The plugin does not start."),
                _ => fault,
            }
        })?;
        Ok(Sandbox {
            store,
            policy,
            _place: place,
        })
    }

    /// Calls an exported function with `deadline_ms` of time.
    pub(super) fn call<T>(
        &mut self,
        deadline_ms: u64,
        call: impl FnOnce(&Guest, &mut Store<Limits>) -> wasmtime::Result<T>,
    ) -> Result<T, Fault> {
        self.store.set_epoch_deadline(ticks(deadline_ms));
        call(self.policy.doorlist_policy_projection(), &mut self.store)
            .map_err(|error| Fault::of(&error))
    }
}

/// The only constructor of a store: all limits are on before a guest's first instruction.
fn store(engine: &Engine) -> Store<Limits> {
    let mut store = Store::new(engine, Limits);
    store.limiter(|limits| limits);
    store.set_hostcall_fuel(ANSWER_BYTES_MAX);
    store.set_max_component_handles(HANDLES_MAX);
    store.set_epoch_deadline(ticks(START_MS_MAX));
    store
}

/// Ticks of the clock in a time, and one more since the current one has begun.
const fn ticks(ms: u64) -> u64 {
    ms.div_ceil(TICK_MS) + 1
}
