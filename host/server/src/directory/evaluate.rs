//! Asking the policies: the pipeline over a chunk of subjects, with no transaction open.
//!
//! Policy by policy, so that one instance serves the whole chunk. A policy that fails leaves its subject *stuck* and costs the others nothing but a new instance.

use std::collections::BTreeSet;

use doorlist_scim::ErrorKind;
use serde_json::{Map, Value};

use super::decision::{Reason, Verdict};
use super::input;
use super::subject::{Due, GroupSubject, Setting, UserSubject};
use super::view::{self, GroupView, UserView};
use crate::admin::pipeline::{Mode, Policy};
use crate::admin::plugins::Plugins;
use crate::error::{Kind, Result};
use crate::policy::{Batch, Fault, FaultKind, Lifecycle, Plugin};

/// What came of a subject so far.
pub(super) struct Outcome<S, V> {
    pub subject: S,
    pub view: V,
    pub verdicts: Vec<Verdict>,
    /// Who last changed whether it is included, and why.
    pub reason: Option<Reason>,
    pub stuck: Option<Reason>,
    /// Not asked, for want of time: it stays due.
    pub postponed: bool,
}

/// What came of a user.
pub(super) type UserOutcome = Outcome<UserSubject, UserView>;

/// What came of a group.
pub(super) type GroupOutcome = Outcome<GroupSubject, GroupView>;

/// How asking a policy about one subject fails.
enum Failure {
    /// The instance is gone with it.
    Fault(Fault),
    /// It answered, but with a change that no policy may make.
    Refused(String),
}

/// A subject that policies can be asked about.
trait Ask {
    fn due(&self) -> Due;
    fn outcome(&mut self) -> (&mut Option<Reason>, &mut bool);
    fn verdicts(&mut self) -> &mut Vec<Verdict>;
    fn ask(&mut self, setting: &Setting, policy: &Policy, plugin: &Plugin, batch: &mut Batch) -> Result<(), Failure>;

    /// Takes note that a policy failed. One that only watches has no effect, in failing neither.
    fn fail(&mut self, policy: &Policy, plugin: Option<&Plugin>, text: &str) {
        if policy.mode == Mode::Enforce {
            *self.outcome().0 = Some(Reason { policy: Some(policy.name.clone()), text: text.to_owned() });
        } else if let Some(plugin) = plugin {
            self.verdicts().push(Verdict { fault: Some(text.to_owned()), ..verdict(policy, plugin) });
        }
    }
}

/// Asks the pipeline about users. `is_late` says when there is no time left for more.
///
/// # Errors
/// If no policy can be asked at all, for a reason of ours: everybody stays due.
pub(super) fn users(
    setting: &Setting,
    plugins: &Plugins,
    subjects: Vec<UserSubject>,
    is_late: &dyn Fn() -> bool,
) -> Result<Vec<UserOutcome>> {
    let mut outcomes: Vec<UserOutcome> = subjects
        .into_iter()
        .map(|subject| {
            let view = subject.first_view(setting);
            Outcome { subject, view, verdicts: Vec::new(), reason: None, stuck: None, postponed: false }
        })
        .collect();
    run(setting, plugins, &mut outcomes, is_late)?;
    Ok(outcomes)
}

/// Asks the pipeline about groups. `is_late` says when there is no time left for more.
///
/// # Errors
/// As [`users`].
pub(super) fn groups(
    setting: &Setting,
    plugins: &Plugins,
    subjects: Vec<GroupSubject>,
    is_late: &dyn Fn() -> bool,
) -> Result<Vec<GroupOutcome>> {
    let mut outcomes: Vec<GroupOutcome> = subjects
        .into_iter()
        .map(|subject| {
            let view = subject.first_view();
            Outcome { subject, view, verdicts: Vec::new(), reason: None, stuck: None, postponed: false }
        })
        .collect();
    run(setting, plugins, &mut outcomes, is_late)?;
    Ok(outcomes)
}

impl UserOutcome {
    /// The member's attributes: those of the inventory as the policies changed them.
    ///
    /// # Errors
    /// In words for an operator, if a policy named one that no schema knows.
    pub(super) fn attributes(&self) -> Result<Map<String, Value>, String> {
        let mut attributes = self.subject.attributes();
        for (path, values) in &self.view.attributes {
            view::set_attribute(&mut attributes, path, values)?;
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

fn run<T: Ask>(setting: &Setting, plugins: &Plugins, outcomes: &mut [T], is_late: &dyn Fn() -> bool) -> Result<()> {
    for policy in &setting.pipeline.policies {
        let concerned = |item: &T| {
            let connection = setting.connections.get(&item.due().connection).map(|connection| connection.id);
            policy.connection.is_none_or(|only| Some(only) == connection)
        };
        let mut waiting: Vec<&mut T> = outcomes.iter_mut().filter(|item| concerned(item)).collect();
        waiting.retain_mut(|item| matches!(item.outcome(), (None, false)));
        if !waiting.is_empty() {
            run_policy(setting, plugins, policy, waiting, is_late)?;
        }
    }
    Ok(())
}

fn run_policy<T: Ask>(
    setting: &Setting,
    plugins: &Plugins,
    policy: &Policy,
    waiting: Vec<&mut T>,
    is_late: &dyn Fn() -> bool,
) -> Result<()> {
    let plugin = match plugins.get(&policy.plugin, &policy.version) {
        Ok(plugin) => plugin,
        Err(error) if error.kind() == Kind::Scim(ErrorKind::NotFound) => {
            waiting.into_iter().for_each(|item| item.fail(policy, None, &error.to_string()));
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    let settings = policy.settings.to_string();
    let mut batch = None;
    let mut late = false;
    for item in waiting {
        if late {
            *item.outcome().1 = true;
            continue;
        }
        let ready = match batch.take() {
            Some(ready) => Ok(ready),
            None => plugin.batch(&settings),
        };
        let answer = ready.map_err(Failure::Fault).and_then(|mut ready| {
            let answer = item.ask(setting, policy, &plugin, &mut ready);
            if !matches!(answer, Err(Failure::Fault(_))) {
                batch = Some(ready);
            }
            answer
        });
        match answer {
            Ok(()) => {}
            // Nothing is wrong with subject or plugin: another time.
            Err(Failure::Fault(fault)) if fault.kind == FaultKind::Busy => *item.outcome().1 = true,
            Err(Failure::Refused(text)) => item.fail(policy, Some(&plugin), &text),
            Err(Failure::Fault(fault)) => item.fail(policy, Some(&plugin), &fault.message),
        }
        late = is_late();
    }
    Ok(())
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

impl Ask for UserOutcome {
    fn due(&self) -> Due {
        self.subject.due
    }

    fn outcome(&mut self) -> (&mut Option<Reason>, &mut bool) {
        (&mut self.stuck, &mut self.postponed)
    }

    fn verdicts(&mut self) -> &mut Vec<Verdict> {
        &mut self.verdicts
    }

    fn ask(&mut self, setting: &Setting, policy: &Policy, plugin: &Plugin, batch: &mut Batch) -> Result<(), Failure> {
        let item = input::user(setting, &self.subject, &self.view, &plugin.manifest().reads);
        let changes = batch.project_user(&item).map_err(Failure::Fault)?;
        let mut verdict = verdict(policy, plugin);
        let mut set = BTreeSet::new();
        for change in changes {
            verdict.changes.push(view::of_user(&change));
            if verdict.monitor {
                continue;
            }
            let before = self.view.included;
            self.view.apply(change.effect, &setting.roles, &mut set).map_err(Failure::Refused)?;
            if self.view.included != before {
                self.reason = Some(Reason { policy: Some(policy.name.clone()), text: change.reason });
            }
        }
        self.verdicts.push(verdict);
        Ok(())
    }
}

impl Ask for GroupOutcome {
    fn due(&self) -> Due {
        self.subject.due
    }

    fn outcome(&mut self) -> (&mut Option<Reason>, &mut bool) {
        (&mut self.stuck, &mut self.postponed)
    }

    fn verdicts(&mut self) -> &mut Vec<Verdict> {
        &mut self.verdicts
    }

    fn ask(&mut self, setting: &Setting, policy: &Policy, plugin: &Plugin, batch: &mut Batch) -> Result<(), Failure> {
        let item = input::group(setting, &self.subject, &self.view, &plugin.manifest().reads);
        let changes = batch.project_group(&item).map_err(Failure::Fault)?;
        let mut verdict = verdict(policy, plugin);
        for change in changes {
            verdict.changes.push(view::of_group(&change));
            if verdict.monitor {
                continue;
            }
            let before = self.view.included;
            self.view.apply(change.effect).map_err(Failure::Refused)?;
            if self.view.included != before {
                self.reason = Some(Reason { policy: Some(policy.name.clone()), text: change.reason });
            }
        }
        self.verdicts.push(verdict);
        Ok(())
    }
}
