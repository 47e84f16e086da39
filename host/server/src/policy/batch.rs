//! A run of one policy over items of one tenant.

use super::answer;
use super::bindings::v1::doorlist::policy::types::{Group, GroupChange, User, UserChange};
use super::fault::Fault;
use super::limits::PROJECT_MS_MAX;
use super::plugin::Plugin;
use super::sandbox::Sandbox;

/// A configured instance that projects items until it fails or is dropped.
///
/// It belongs to one tenant: a guest may remember what it saw. It blocks its thread for up to the deadline of one
/// projection, and holds one of the instance slots of the host.
pub struct Batch {
    sandbox: Result<Sandbox, Fault>,
    plugin: Plugin,
}

/// What running a plugin cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Items projected.
    pub evaluations: u64,
    /// Microseconds inside the plugin, starting and configuring included.
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

impl Batch {
    pub(super) fn new(sandbox: Sandbox, plugin: Plugin) -> Batch {
        Batch { sandbox: Ok(sandbox), plugin }
    }

    /// The changes that the policy wants in a user's view, checked against the plugin's `writes`.
    ///
    /// # Errors
    ///
    /// How the plugin failed. The instance is gone then, and every later call has the same answer.
    pub fn project_user(&mut self, user: &User) -> Result<Vec<UserChange>, Fault> {
        let sandbox = self.sandbox.as_mut().map_err(|fault| fault.clone())?;
        let writes = &self.plugin.manifest().writes;
        let changes = sandbox
            .call(PROJECT_MS_MAX, |guest, store| guest.call_project_user(store, user))
            .and_then(|changes| answer::user(changes, writes));
        self.keep(changes)
    }

    /// The changes that the policy wants in a group's view, checked against the plugin's `writes`.
    ///
    /// # Errors
    ///
    /// As [`Batch::project_user`].
    pub fn project_group(&mut self, group: &Group) -> Result<Vec<GroupChange>, Fault> {
        let sandbox = self.sandbox.as_mut().map_err(|fault| fault.clone())?;
        let writes = &self.plugin.manifest().writes;
        let changes = sandbox
            .call(PROJECT_MS_MAX, |guest, store| guest.call_project_group(store, group))
            .and_then(|changes| answer::group(changes, writes));
        self.keep(changes)
    }

    /// What the plugin has printed since the last call of this function, each entry one line.
    pub fn take_log(&mut self) -> Vec<String> {
        Vec::new()
    }

    /// What the batch has cost so far.
    pub fn usage(&self) -> Usage {
        Usage::default()
    }

    /// The answer; a fault ends the instance.
    fn keep<T>(&mut self, answer: Result<T, Fault>) -> Result<T, Fault> {
        if let Err(fault) = &answer {
            self.sandbox = Err(fault.clone());
        }
        answer
    }
}
