//! A run of one policy over items of one tenant.

use super::answer;
use super::bindings::v1::doorlist::policy::types::{Group, GroupChange, User, UserChange};
use super::fault::{Fault, FaultKind};
use super::plugin::Plugin;
use super::sandbox::Sandbox;
use std::fmt;

/// A configured instance that projects items until it fails or is dropped.
///
/// It belongs to one tenant: a guest may remember what it saw. It blocks its thread for up to the deadline of one
/// projection, and holds one of the instance slots of the host.
pub struct Batch {
    sandbox: Result<Sandbox, Fault>,
    plugin: Plugin,
    /// What an instance does not know of itself, and all that is left of one that is gone.
    usage: Usage,
    log: Vec<String>,
}

/// What running a plugin cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Items projected.
    pub evaluations: u64,
    /// Microseconds of processor time inside the plugin, starting and configuring included.
    pub micros: u64,
    /// Ticks of the deadlines' clock that passed inside it, of [`super::limits::TICK_MS`] each.
    pub epochs: u64,
    /// Bytes of memory that an instance had at the most.
    pub memory_bytes_peak: u64,
    /// Calls that trapped, answered nonsense or otherwise failed, but for those out of time.
    pub traps: u64,
    /// Calls that ran out of time.
    pub timeouts: u64,
    /// Lines printed, those that were dropped included.
    pub log_lines: u64,
}

/// A run that failed before the plugin was asked about anything: while it started, or over its settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartFault {
    /// How it failed.
    pub fault: Fault,
    /// What it had printed, as [`Batch::take_log`] gives it; if it refused its settings, also what it has against them.
    pub log: Vec<String>,
    /// What it cost.
    pub usage: Usage,
}

impl fmt::Display for StartFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fault.fmt(f)
    }
}

impl std::error::Error for StartFault {}

impl From<StartFault> for Fault {
    fn from(start: StartFault) -> Fault {
        start.fault
    }
}

impl Usage {
    /// Counts a call that failed.
    pub(super) fn count(&mut self, kind: FaultKind) {
        match kind {
            FaultKind::Timeout => self.timeouts += 1,
            // Nothing ran.
            FaultKind::Busy => {}
            _ => self.traps += 1,
        }
    }

    /// Adds what something else cost.
    fn add(&mut self, other: &Usage) {
        self.evaluations += other.evaluations;
        self.micros += other.micros;
        self.epochs += other.epochs;
        self.memory_bytes_peak = self.memory_bytes_peak.max(other.memory_bytes_peak);
        self.traps += other.traps;
        self.timeouts += other.timeouts;
        self.log_lines += other.log_lines;
    }
}

impl Batch {
    pub(super) fn new(sandbox: Sandbox, plugin: Plugin) -> Batch {
        Batch { sandbox: Ok(sandbox), plugin, usage: Usage::default(), log: Vec::new() }
    }

    /// The changes that the policy wants in a user's view, checked against the plugin's `writes`.
    ///
    /// # Errors
    ///
    /// How the plugin failed. The instance is gone then, and every later call has the same answer.
    pub fn project_user(&mut self, user: &User) -> Result<Vec<UserChange>, Fault> {
        let sandbox = self.sandbox.as_mut().map_err(|fault| fault.clone())?;
        let changes = sandbox.project_user(user).and_then(|changes| answer::user(changes, &self.plugin.manifest().writes));
        self.keep(changes)
    }

    /// The changes that the policy wants in a group's view, checked against the plugin's `writes`.
    ///
    /// # Errors
    ///
    /// As [`Batch::project_user`].
    pub fn project_group(&mut self, group: &Group) -> Result<Vec<GroupChange>, Fault> {
        let sandbox = self.sandbox.as_mut().map_err(|fault| fault.clone())?;
        let changes = sandbox.project_group(group).and_then(|changes| answer::group(changes, &self.plugin.manifest().writes));
        self.keep(changes)
    }

    /// What the plugin has printed since the last call of this function, each entry one line: at most [`super::limits::LOG_LINES_MAX`] of them with the bytes that
    /// the limits allow, and one that says how many more there were. Lines of the contract's log begin with their level.
    ///
    /// What an instance printed before it failed is there too.
    pub fn take_log(&mut self) -> Vec<String> {
        match &mut self.sandbox {
            Ok(sandbox) => sandbox.take_log(),
            Err(_) => std::mem::take(&mut self.log),
        }
    }

    /// What the batch has cost so far.
    pub fn usage(&self) -> Usage {
        let mut usage = self.usage;
        if let Ok(sandbox) = &self.sandbox {
            usage.add(&sandbox.usage());
        }
        usage
    }

    /// The answer; a fault ends the instance.
    fn keep<T>(&mut self, answer: Result<T, Fault>) -> Result<T, Fault> {
        self.usage.evaluations += 1;
        if let Err(fault) = &answer {
            self.usage.count(fault.kind);
            if let Ok(mut gone) = std::mem::replace(&mut self.sandbox, Err(fault.clone())) {
                self.usage.add(&gone.usage());
                self.log = gone.take_log();
            }
        }
        answer
    }
}
