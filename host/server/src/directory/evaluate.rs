//! Asking the policies: the pipeline over a chunk of subjects, with no transaction open.
//!
//! Policy by policy, so that one instance serves the whole chunk. A policy that fails leaves its subject *stuck* and costs the others nothing but a new instance.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::decision::{Reason, Verdict, VerdictChange};
use super::input;
use super::subject::{Due, GroupSubject, Setting, UserSubject};
use super::view::{self, GroupView, UserView};
use crate::admin::pipeline::{Mode, Policy};
use crate::admin::plugins::Ready;
use crate::policy::{Batch, Fault, FaultKind, GroupChange, Lifecycle, Plugin, Reads, UserChange};
use crate::provision;

/// What came of a subject so far.
pub(super) struct Outcome<S: Subject> {
    pub subject: S,
    pub view: S::View,
    pub verdicts: Vec<Verdict>,
    /// Who last changed whether it is included, and why.
    pub reason: Option<Reason>,
    pub stuck: Option<Reason>,
    /// Not asked, for want of time: it stays due.
    pub postponed: bool,
}

/// What came of a user.
pub(super) type UserOutcome = Outcome<UserSubject>;

/// What came of a group.
pub(super) type GroupOutcome = Outcome<GroupSubject>;

/// What policies can be asked about.
pub(super) trait Subject {
    /// What is proposed for it.
    type View;
    /// What a policy answers, one change of it.
    type Change;

    fn due(&self) -> Due;
    fn first_view(&self, setting: &Setting) -> Self::View;
    fn ask(&self, setting: &Setting, view: &Self::View, reads: &Reads, batch: &mut Batch) -> Result<Vec<Self::Change>, Fault>;
    fn is_included(view: &Self::View) -> bool;
    /// The change as it is kept.
    fn kept(change: &Self::Change) -> VerdictChange;
    /// Makes the change; `set` has the attributes that the same answer has set so far.
    fn apply(view: &mut Self::View, change: Self::Change, roles: &[String], set: &mut BTreeSet<String>) -> Result<(), String>;
}

/// How asking a policy about one subject fails.
enum Failure {
    /// The instance is gone with it.
    Fault(Fault),
    /// It answered, but with a change that no policy may make.
    Refused(String),
}

/// Asks the pipeline. `is_late` says when there is no time left for more.
pub(super) fn evaluate<S: Subject>(setting: &Setting, plugins: &Ready, subjects: Vec<S>, is_late: &dyn Fn() -> bool) -> Vec<Outcome<S>> {
    let mut outcomes: Vec<Outcome<S>> = subjects
        .into_iter()
        .map(|subject| {
            let view = subject.first_view(setting);
            Outcome { subject, view, verdicts: Vec::new(), reason: None, stuck: None, postponed: false }
        })
        .collect();
    for policy in &setting.pipeline.policies {
        let concerned = |outcome: &&mut Outcome<S>| {
            let connection = setting.connections.get(&outcome.subject.due().connection).map(|connection| connection.id);
            let asked = policy.connection.is_none_or(|only| Some(only) == connection);
            asked && outcome.stuck.is_none() && !outcome.postponed
        };
        let waiting: Vec<_> = outcomes.iter_mut().filter(concerned).collect();
        if !waiting.is_empty() {
            ask_policy(setting, plugins, policy, waiting, is_late);
        }
    }
    outcomes
}

fn ask_policy<S: Subject>(setting: &Setting, plugins: &Ready, policy: &Policy, waiting: Vec<&mut Outcome<S>>, is_late: &dyn Fn() -> bool) {
    let plugin = match plugins.get(&policy.plugin, &policy.version) {
        Ok(plugin) => plugin,
        Err(text) => {
            waiting.into_iter().for_each(|outcome| outcome.fail(policy, None, &text));
            return;
        }
    };
    let settings = policy.settings.to_string();
    let mut batch = None;
    let mut late = false;
    for outcome in waiting {
        if late {
            outcome.postponed = true;
            continue;
        }
        let ready = match batch.take() {
            Some(ready) => Ok(ready),
            None => plugin.batch(&settings, plugins.limits()),
        };
        let answer = ready.map_err(Failure::Fault).and_then(|mut ready| {
            let answer = outcome.ask(setting, policy, &plugin, &mut ready);
            match &answer {
                Err(Failure::Fault(_)) => plugins.spent(&plugin, &ready.usage()),
                _ => batch = Some(ready),
            }
            answer
        });
        match answer {
            Ok(()) => {}
            // Nothing is wrong with subject or plugin: another time.
            Err(Failure::Fault(fault)) if fault.kind == FaultKind::Busy => outcome.postponed = true,
            Err(Failure::Refused(text)) => outcome.fail(policy, Some(&plugin), &text),
            Err(Failure::Fault(fault)) => outcome.fail(policy, Some(&plugin), &fault.message),
        }
        late = is_late();
    }
    batch.iter().for_each(|batch| plugins.spent(&plugin, &batch.usage()));
}

impl<S: Subject> Outcome<S> {
    fn ask(&mut self, setting: &Setting, policy: &Policy, plugin: &Plugin, batch: &mut Batch) -> Result<(), Failure> {
        let changes = self.subject.ask(setting, &self.view, &plugin.manifest().reads, batch).map_err(Failure::Fault)?;
        let kept = changes.iter().map(S::kept).collect();
        self.verdicts.push(Verdict { changes: kept, ..verdict(policy, plugin) });
        if policy.mode == Mode::Monitor {
            return Ok(());
        }
        let mut set = BTreeSet::new();
        for change in changes {
            let (before, text) = (S::is_included(&self.view), S::kept(&change).reason);
            S::apply(&mut self.view, change, &setting.roles, &mut set).map_err(Failure::Refused)?;
            if S::is_included(&self.view) != before {
                self.reason = Some(Reason { policy: Some(policy.name.clone()), text });
            }
        }
        Ok(())
    }

    /// Takes note that a policy failed. One that only watches has no effect, in failing neither.
    fn fail(&mut self, policy: &Policy, plugin: Option<&Plugin>, text: &str) {
        if policy.mode == Mode::Enforce {
            self.stuck = Some(Reason { policy: Some(policy.name.clone()), text: text.to_owned() });
        } else if let Some(plugin) = plugin {
            self.verdicts.push(Verdict { fault: Some(text.to_owned()), ..verdict(policy, plugin) });
        }
    }
}

fn verdict(policy: &Policy, plugin: &Plugin) -> Verdict {
    Verdict {
        policy: policy.name.clone(),
        plugin: policy.plugin.clone(),
        version: plugin.manifest().version.clone(),
        monitor: policy.mode == Mode::Monitor,
        changes: Vec::new(),
        fault: None,
    }
}

impl Subject for UserSubject {
    type View = UserView;
    type Change = UserChange;

    fn due(&self) -> Due {
        self.due
    }

    fn first_view(&self, setting: &Setting) -> UserView {
        UserSubject::first_view(self, setting)
    }

    fn ask(&self, setting: &Setting, view: &UserView, reads: &Reads, batch: &mut Batch) -> Result<Vec<UserChange>, Fault> {
        batch.project_user(&input::user(setting, self, view, reads))
    }

    fn is_included(view: &UserView) -> bool {
        view.included
    }

    fn kept(change: &UserChange) -> VerdictChange {
        view::of_user(change)
    }

    fn apply(view: &mut UserView, change: UserChange, roles: &[String], set: &mut BTreeSet<String>) -> Result<(), String> {
        view.apply(change.effect, roles, set)
    }
}

impl Subject for GroupSubject {
    type View = GroupView;
    type Change = GroupChange;

    fn due(&self) -> Due {
        self.due
    }

    fn first_view(&self, _: &Setting) -> GroupView {
        GroupSubject::first_view(self)
    }

    fn ask(&self, setting: &Setting, view: &GroupView, reads: &Reads, batch: &mut Batch) -> Result<Vec<GroupChange>, Fault> {
        batch.project_group(&input::group(setting, self, view, reads))
    }

    fn is_included(view: &GroupView) -> bool {
        view.included
    }

    fn kept(change: &GroupChange) -> VerdictChange {
        view::of_group(change)
    }

    fn apply(view: &mut GroupView, change: GroupChange, _: &[String], _: &mut BTreeSet<String>) -> Result<(), String> {
        view.apply(change.effect)
    }
}

impl UserOutcome {
    /// The member's attributes: those of the inventory as the policies changed them.
    ///
    /// # Errors
    /// In words for an operator, if a policy named one that no schema knows.
    pub(super) fn attributes(&self, users: &provision::Kind) -> Result<Map<String, Value>, String> {
        let mut attributes = self.subject.attributes(users);
        for (path, values) in &self.view.attributes {
            view::set_attribute(&mut attributes, &users.scim, path, values)?;
        }
        Ok(attributes)
    }

    /// Why the directory has it or has it not, where that wants a reason.
    pub(super) fn reason(&self) -> Option<Reason> {
        let deleted = self.subject.lifecycle == Lifecycle::Deleted;
        if self.view.included && !deleted {
            return None;
        }
        let gone = || Reason { policy: None, text: "The identity provider deleted this user.".to_owned() };
        self.reason.clone().or_else(|| deleted.then(gone))
    }
}
