//! Which policy makes a difference: the proposed one that says so, else the one in force that no longer does.
//!
//! Knows nothing of how the difference was found.

use std::collections::BTreeMap;

use crate::directory::decision::{Decision, Reason, Verdict, VerdictChange};
use crate::id::Id;

/// A reason, and whether it is one of the pipeline in force that falls away.
pub(super) type Because = (Option<Reason>, bool);

/// What both pipelines said of a subject.
pub(super) struct Said<'a> {
    /// What the proposed one says.
    pub proposed: &'a [Verdict],
    /// Why it is not included, or included nonetheless, by the proposed one.
    pub reason: Option<Reason>,
    /// What was concluded by the one in force.
    pub before: Option<Decision>,
}

impl Said<'_> {
    /// Why a subject comes or goes.
    pub(super) fn of_inclusion(&self) -> Because {
        let inclusion = |change: &VerdictChange| matches!(change.effect.as_str(), "include" | "exclude");
        match &self.reason {
            Some(reason) if reason.policy.is_some() => (Some(reason.clone()), false),
            // Whom a policy kept although the identity provider's user is gone, and whom one kept out.
            reason => match self.lifted(inclusion) {
                Some(lifted) => (Some(lifted), true),
                None => (reason.clone(), false),
            },
        }
    }

    /// Why something else of it is as it would be; `wanted` says which changes make that.
    pub(super) fn of(&self, wanted: impl Fn(&VerdictChange) -> bool) -> Because {
        match last(self.proposed, &wanted) {
            Some(reason) => (Some(reason), false),
            None => self.lifted(wanted).map_or((None, false), |reason| (Some(reason), true)),
        }
    }

    /// Why it comes into a group or leaves it.
    pub(super) fn of_membership(&self, group: Id, name: &str, groups: &BTreeMap<Id, Because>) -> Because {
        let id = group.to_string();
        let because = self.of(|change| match change.effect.as_str() {
            "add-group" | "remove-group" => change.value.as_ref().and_then(serde_json::Value::as_str) == Some(id.as_str()),
            "add-named-group" | "remove-named-group" => change.value.as_ref().and_then(serde_json::Value::as_str) == Some(name),
            _ => false,
        });
        if because.0.is_some() {
            return because;
        }
        groups.get(&group).cloned().unwrap_or_default()
    }

    fn lifted(&self, wanted: impl Fn(&VerdictChange) -> bool) -> Option<Reason> {
        last(&self.before.as_ref()?.verdicts, wanted)
    }
}

/// The last change that counts and is wanted.
fn last(verdicts: &[Verdict], wanted: impl Fn(&VerdictChange) -> bool) -> Option<Reason> {
    let mut counting = verdicts.iter().rev().filter(|verdict| !verdict.monitor && verdict.fault.is_none());
    counting.find_map(|verdict| {
        let change = verdict.changes.iter().rev().find(|change| wanted(change))?;
        Some(Reason { policy: Some(verdict.policy.clone()), text: change.reason.clone() })
    })
}
