//! One instance of a plugin: the only place where a store is made and where a guest is entered.

use super::bindings::v1::doorlist::policy::types::{Manifest, Problem};
use super::engine::Ticking;
use super::fault::{Fault, FaultKind};
use super::gate::{Gate, Place};
use super::limits::{CallLimits, DESCRIBE_MS_MAX, HANDLES_MAX, INSTANCE_WAIT_MS_MAX, START_MS_MAX};
use super::load_error::LoadError;
use super::state::{Deadline, State};
use super::world::{Entered, Linked};
use super::{Group, GroupChange, StartFault, Usage, User, UserChange};
use crate::clock::thread_time;
use std::sync::Arc;
use std::time::Duration;
use wasmtime::{Engine, Store};

/// A live instance. Whoever sees it fail drops it: a guest that trapped is never entered again.
pub(super) struct Sandbox {
    store: Store<State>,
    entered: Entered,
    clock: Ticking,
    /// The thread's time inside the guest.
    spent: Duration,
    /// Ticks that passed meanwhile.
    epochs: u64,
    // Last, so that the slot is empty before somebody else is let in.
    _place: Place,
}

impl Sandbox {
    /// A fresh instance, in a slot that this waits for. `linked` belongs to the engine.
    pub(super) fn start(clock: &Ticking, slots: &Arc<Gate>, linked: &Linked, limits: &CallLimits) -> Result<Sandbox, StartFault> {
        let place = slots.enter(INSTANCE_WAIT_MS_MAX).ok_or_else(|| {
            let fault = Fault::new(FaultKind::Busy, "Too many policies run at once.");
            StartFault { fault, log: Vec::new(), usage: Usage::default() }
        })?;
        let mut store = store(clock.engine(), limits);
        let (begun, tick) = (thread_time(), clock.tick());
        let entered = linked.enter(&mut store);
        let (spent, epochs) = (thread_time().saturating_sub(begun), clock.tick().saturating_sub(tick));
        match entered {
            Ok(entered) => Ok(Sandbox { store, entered, clock: clock.clone(), spent, epochs, _place: place }),
            Err(error) => {
                let state = store.data_mut();
                let fault = match state.fault(&error) {
                    // There is no answer yet that could be bad.
                    fault if fault.kind == FaultKind::BadOutput => Fault::new(FaultKind::Start, "The plugin does not start."),
                    fault => fault,
                };
                let mut usage = usage(state, spent, epochs);
                usage.count(fault.kind);
                Err(StartFault { fault, log: state.output.take(), usage })
            }
        }
    }

    /// What the plugin says of itself.
    pub(super) fn describe(&mut self) -> Result<Manifest, LoadError> {
        self.call(DESCRIBE_MS_MAX, |entered, store| entered.describe(store))
    }

    /// Hands the plugin its settings.
    pub(super) fn configure(&mut self, settings: &str) -> Result<Result<(), Vec<Problem>>, Fault> {
        self.call(self.store.data().limits.configure_ms, |entered, store| entered.configure(store, settings))
    }

    /// The changes that the plugin wants in a user's view, as it said them.
    pub(super) fn project_user(&mut self, user: &User) -> Result<Vec<UserChange>, Fault> {
        self.call(self.store.data().limits.project_ms, |entered, store| entered.project_user(store, user))
    }

    /// The changes that the plugin wants in a group's view, as it said them.
    pub(super) fn project_group(&mut self, group: &Group) -> Result<Vec<GroupChange>, Fault> {
        self.call(self.store.data().limits.project_ms, |entered, store| entered.project_group(store, group))
    }

    /// What it has printed since this was last asked.
    pub(super) fn take_log(&mut self) -> Vec<String> {
        self.store.data_mut().output.take()
    }

    /// What it has cost so far, as far as an instance knows.
    pub(super) fn usage(&self) -> Usage {
        usage(self.store.data(), self.spent, self.epochs)
    }

    /// Enters the guest with `deadline_ms` of time.
    fn call<T>(&mut self, deadline_ms: u64, call: impl FnOnce(&Entered, &mut Store<State>) -> T) -> T {
        arm(&mut self.store, deadline_ms);
        let (begun, tick) = (thread_time(), self.clock.tick());
        let answer = call(&self.entered, &mut self.store);
        self.spent += thread_time().saturating_sub(begun);
        self.epochs += self.clock.tick().saturating_sub(tick);
        answer
    }
}

/// What an instance has cost that spent this time and these ticks inside the guest.
fn usage(state: &State, spent: Duration, epochs: u64) -> Usage {
    Usage {
        micros: u64::try_from(spent.as_micros()).unwrap_or(u64::MAX),
        epochs,
        memory_bytes_peak: state.memory_peak() as u64,
        log_lines: state.output.total(),
        ..Usage::default()
    }
}

/// The only constructor of a store: all limits are on before a guest's first instruction.
fn store(engine: &Engine, limits: &CallLimits) -> Store<State> {
    let limits = limits.bounded();
    let mut store = Store::new(engine, State::new(limits, Deadline::new(START_MS_MAX)));
    store.limiter(|state| state);
    store.set_hostcall_fuel(limits.answer_bytes);
    store.set_max_component_handles(HANDLES_MAX);
    store.epoch_deadline_callback(|mut store| Ok(store.data_mut().deadline.has_come()));
    arm(&mut store, START_MS_MAX);
    store
}

/// Sets the deadline of what is entered next.
fn arm(store: &mut Store<State>, ms: u64) {
    let deadline = Deadline::new(ms);
    store.set_epoch_deadline(deadline.ticks());
    store.data_mut().deadline = deadline;
}
