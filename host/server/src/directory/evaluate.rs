//! Asking the policies: the pipeline over a chunk of subjects, with no transaction open.
//!
//! Policy by policy, so that one instance serves the whole chunk. A policy that fails leaves its subject *stuck* and costs the others nothing but a new instance.

mod asking;
mod foresight;
pub(super) mod trace;

use std::cell::Cell;
use std::collections::BTreeSet;

use serde_json::{Map, Value};

use asking::Asking;
pub(super) use foresight::foresee;

use super::decision::{Reason, SubjectKind, Verdict, VerdictChange};
use super::guard::Loss;
use super::input;
use super::subject::{self, Due, GroupSubject, Setting, UserSubject};
use super::view::{self, GroupView, UserView};
use super::would::{self, Would};
use crate::admin::pipeline::{Mode, Policy};
use crate::admin::plugins::Ready;
use crate::id::Id;
use crate::limits::{PIPELINE_MS_MAX, PROJECTION_TURN_MS_MAX};
use crate::policy::{self, Batch, Fault, FaultKind, GroupChange, Lifecycle, Plugin, Reads, Usage, UserChange};
use crate::provision;
use crate::store::layout::USER;

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
    /// What it would be at the place of each policy that only watches and asked for something, by the place of its verdict.
    watched: Vec<(usize, S::View)>,
}

/// What came of a user.
pub(super) type UserOutcome = Outcome<UserSubject>;

/// What came of a group.
pub(super) type GroupOutcome = Outcome<GroupSubject>;

/// What policies can be asked about.
pub(super) trait Subject {
    /// What is proposed for it.
    type View: Clone;
    /// What a policy is given of it.
    type Item: PartialEq;
    /// What a policy answers, one change of it.
    type Change: Clone + PartialEq;

    fn due(&self) -> Due;
    fn first_view(&self, setting: &Setting) -> Self::View;
    /// The item for a policy that declares to read `reads`.
    fn item(&self, setting: &Setting, view: &Self::View, reads: &Reads) -> Self::Item;
    fn ask(item: &Self::Item, batch: &mut Batch) -> Result<Vec<Self::Change>, Fault>;
    fn is_included(view: &Self::View) -> bool;
    /// The change as it is kept.
    fn kept(change: &Self::Change) -> VerdictChange;
    /// Makes the change; `set` has the attributes that the same answer has set so far.
    fn apply(view: &mut Self::View, change: Self::Change, roles: &[String], set: &mut BTreeSet<String>) -> Result<(), String>;
    /// What is different between two views of it. In words for an operator if the second one cannot be.
    fn would(&self, setting: &Setting, before: &Self::View, after: &Self::View) -> Result<Vec<Would>, String>;
}

/// How much time a tenant's turn has left, and who may go on when there is none.
///
/// Time is the processor's, in the policies: a tenant does not pay for a busy machine. It is added up from what their runs were measured to take, since asking
/// the thread's clock once more for each subject would cost as much as a quick policy.
#[derive(Default)]
pub(super) struct Turn {
    spent_micros: Cell<u64>,
    /// Whether a subject of this turn went through the whole pipeline: then the others can wait for the next turn.
    progress: bool,
}

impl Turn {
    /// A turn that begins now.
    pub(super) fn begin() -> Self {
        Self::default()
    }

    /// Takes note of what a run cost beyond `before` microseconds.
    fn spend(&self, usage: &Usage, before: u64) {
        self.spent_micros.set(self.spent_micros.get().saturating_add(usage.micros.saturating_sub(before)));
    }

    fn spent_ms(&self) -> u64 {
        self.spent_micros.get() / 1_000
    }

    /// Whether the rest should wait for the next turn.
    fn is_late(&self) -> bool {
        self.spent_ms() > PROJECTION_TURN_MS_MAX
    }

    /// Whether not even the subject that goes through alone may go on.
    fn is_over(&self) -> bool {
        self.spent_ms() > PIPELINE_MS_MAX
    }
}

/// Asks the pipeline. When the time of the turn is over, only the first subject goes on, if none got through before, so that each turn gets somewhere.
pub(super) fn evaluate<S: Subject>(setting: &Setting, plugins: &Ready, subjects: Vec<S>, turn: &mut Turn) -> Vec<Outcome<S>> {
    let mut outcomes: Vec<Outcome<S>> = subjects.into_iter().map(|subject| Outcome::begin(subject, setting)).collect();
    for policy in &setting.pipeline.policies {
        let concerned = |outcome: &&mut Outcome<S>| outcome.concerns(setting, policy) && outcome.stuck.is_none() && !outcome.postponed;
        let waiting: Vec<_> = outcomes.iter_mut().filter(concerned).collect();
        if !waiting.is_empty() {
            Asking { setting, plugins, policy, turn }.ask(waiting);
        }
    }
    turn.progress |= outcomes.iter().any(|outcome| !outcome.postponed);
    outcomes
}

impl<S: Subject> Outcome<S> {
    /// That of a subject that no policy has been asked about.
    fn begin(subject: S, setting: &Setting) -> Self {
        let view = subject.first_view(setting);
        Self::with(subject, view)
    }

    /// That of a subject that has come as far as this view.
    fn with(subject: S, view: S::View) -> Self {
        Self { subject, view, verdicts: Vec::new(), reason: None, stuck: None, postponed: false, watched: Vec::new() }
    }

    /// Whether a policy is asked about what comes by this subject's connection.
    fn concerns(&self, setting: &Setting, policy: &Policy) -> bool {
        let connection = setting.connections.get(&self.subject.due().connection).map(|connection| connection.id);
        policy.connection.is_none_or(|only| Some(only) == connection)
    }

    /// Makes the changes that a policy answered, unless it only watches.
    fn take(&mut self, setting: &Setting, policy: &Policy, plugin: &Plugin, changes: Vec<S::Change>, log: Vec<String>) {
        let kept = changes.iter().map(S::kept).collect();
        if policy.mode == Mode::Monitor {
            let (would, fault) = self.watch(setting, changes).map_or_else(|text| (Vec::new(), Some(text)), |would| (would, None));
            self.verdicts.push(Verdict { changes: kept, would, fault, log, ..verdict(policy, plugin) });
            return;
        }
        self.verdicts.push(Verdict { changes: kept, log, ..verdict(policy, plugin) });
        let mut set = BTreeSet::new();
        for change in changes {
            let (before, text) = (S::is_included(&self.view), S::kept(&change).reason);
            if let Err(text) = S::apply(&mut self.view, change, &setting.roles, &mut set) {
                // What it answered stays to be seen beside the reason.
                self.verdicts.iter_mut().last().into_iter().for_each(|verdict| verdict.fault = Some(text.clone()));
                self.stuck = Some(Reason { policy: Some(policy.name.clone()), text });
                return;
            }
            if S::is_included(&self.view) != before {
                self.reason = Some(Reason { policy: Some(policy.name.clone()), text });
            }
        }
    }

    /// What changes would make different at the place of the policy, or why they cannot be. Keeps what its subject would then be.
    fn watch(&mut self, setting: &Setting, changes: Vec<S::Change>) -> Result<Vec<Would>, String> {
        let (mut view, mut set) = (self.view.clone(), BTreeSet::new());
        if changes.is_empty() {
            return Ok(Vec::new());
        }
        changes.into_iter().try_for_each(|change| S::apply(&mut view, change, &setting.roles, &mut set))?;
        let would = self.subject.would(setting, &self.view, &view)?;
        self.watched.push((self.verdicts.len(), view));
        Ok(would)
    }

    /// Takes note that asking failed. Nothing is wrong with subject or plugin if there was no place: another time.
    fn faulted(&mut self, policy: &Policy, plugin: &Plugin, fault: &Fault, log: Vec<String>) {
        if fault.kind == FaultKind::Busy {
            self.postponed = true;
        } else {
            self.fail(policy, Some(plugin), &fault.message, log);
        }
    }

    /// Takes note that a policy failed. One that only watches has no effect, in failing neither.
    fn fail(&mut self, policy: &Policy, plugin: Option<&Plugin>, text: &str, log: Vec<String>) {
        if let Some(plugin) = plugin {
            self.verdicts.push(Verdict { fault: Some(text.to_owned()), log, ..verdict(policy, plugin) });
        }
        if policy.mode == Mode::Enforce {
            self.stuck = Some(Reason { policy: Some(policy.name.clone()), text: text.to_owned() });
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
        would: Vec::new(),
        fault: None,
        log: Vec::new(),
    }
}

/// One that somebody else has, and is asked about once more.
impl<S: Subject> Subject for &S {
    type View = S::View;
    type Item = S::Item;
    type Change = S::Change;

    fn due(&self) -> Due {
        S::due(self)
    }

    fn first_view(&self, setting: &Setting) -> S::View {
        S::first_view(self, setting)
    }

    fn item(&self, setting: &Setting, view: &S::View, reads: &Reads) -> S::Item {
        S::item(self, setting, view, reads)
    }

    fn ask(item: &S::Item, batch: &mut Batch) -> Result<Vec<S::Change>, Fault> {
        S::ask(item, batch)
    }

    fn is_included(view: &S::View) -> bool {
        S::is_included(view)
    }

    fn kept(change: &S::Change) -> VerdictChange {
        S::kept(change)
    }

    fn apply(view: &mut S::View, change: S::Change, roles: &[String], set: &mut BTreeSet<String>) -> Result<(), String> {
        S::apply(view, change, roles, set)
    }

    fn would(&self, setting: &Setting, before: &S::View, after: &S::View) -> Result<Vec<Would>, String> {
        S::would(self, setting, before, after)
    }
}

impl Subject for UserSubject {
    type View = UserView;
    type Item = policy::User;
    type Change = UserChange;

    fn due(&self) -> Due {
        self.due
    }

    fn first_view(&self, setting: &Setting) -> UserView {
        UserSubject::first_view(self, setting)
    }

    fn item(&self, setting: &Setting, view: &UserView, reads: &Reads) -> policy::User {
        input::user(setting, self, view, reads)
    }

    fn ask(item: &policy::User, batch: &mut Batch) -> Result<Vec<UserChange>, Fault> {
        batch.project_user(item)
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

    fn would(&self, setting: &Setting, before: &UserView, after: &UserView) -> Result<Vec<Would>, String> {
        let mut found = would::of_users(before, after);
        if before.included && after.included && before.attributes != after.attributes {
            let users = setting.kind(USER);
            let (before, after) = (attributes(self, before, users)?, attributes(self, after, users)?);
            let names = before.keys().chain(after.keys().filter(|name| !before.contains_key(*name)));
            would::add_attributes(&mut found, names.filter(|name| before.get(*name) != after.get(*name)).cloned().collect());
        }
        Ok(found)
    }
}

impl Subject for GroupSubject {
    type View = GroupView;
    type Item = policy::Group;
    type Change = GroupChange;

    fn due(&self) -> Due {
        self.due
    }

    fn first_view(&self, _: &Setting) -> GroupView {
        GroupSubject::first_view(self)
    }

    fn item(&self, setting: &Setting, view: &GroupView, reads: &Reads) -> policy::Group {
        input::group(setting, self, view, reads)
    }

    fn ask(item: &policy::Group, batch: &mut Batch) -> Result<Vec<GroupChange>, Fault> {
        batch.project_group(item)
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

    fn would(&self, _: &Setting, before: &GroupView, after: &GroupView) -> Result<Vec<Would>, String> {
        Ok(would::of_groups(before, after))
    }
}

/// The attributes of a user as a view has them.
fn attributes(subject: &UserSubject, view: &UserView, users: &provision::Kind) -> Result<Map<String, Value>, String> {
    let mut attributes = subject.attributes(users);
    for (path, values) in &view.attributes {
        view::set_attribute(&mut attributes, &users.scim, path, values)?;
    }
    Ok(attributes)
}

impl UserOutcome {
    /// The member's attributes: those of the inventory as the policies changed them.
    ///
    /// # Errors
    /// In words for an operator, if a policy named one that no schema knows.
    pub(super) fn attributes(&self, users: &provision::Kind) -> Result<Map<String, Value>, String> {
        attributes(&self.subject, &self.view, users)
    }

    /// The member's e-mail address, with these attributes.
    pub(super) fn email(&self, attributes: &Map<String, Value>) -> Option<String> {
        if attributes.get("emails") == self.subject.resource.read().get("emails") {
            self.subject.email.clone()
        } else {
            // The policies gave it other addresses.
            subject::email(attributes, &self.view.user_name)
        }
    }

    /// The groups of the inventory that policies put it into and the identity provider did not.
    pub(super) fn added_groups(&self) -> Vec<Id> {
        let assigned = |group: &Id| self.subject.groups.iter().any(|(id, _)| id == group);
        self.view.groups.iter().copied().filter(|group| !assigned(group)).collect()
    }

    /// Who says that it loses this, and why.
    pub(super) fn cause(&self, loss: Loss) -> Reason {
        match loss {
            Loss::Removed => self.reason().unwrap_or_else(|| self.gone()),
            Loss::Suspended => Reason::of_status(&self.verdicts).unwrap_or_else(Reason::deactivated),
        }
    }

    /// Why the directory has it or has it not, where that wants a reason.
    pub(super) fn reason(&self) -> Option<Reason> {
        let deleted = self.subject.lifecycle == Lifecycle::Deleted;
        if self.view.included && !deleted {
            return None;
        }
        self.reason.clone().or_else(|| deleted.then(|| self.gone()))
    }

    /// Why the inventory does not have it.
    fn gone(&self) -> Reason {
        Reason::gone(SubjectKind::User, self.subject.connection_deleted)
    }
}
