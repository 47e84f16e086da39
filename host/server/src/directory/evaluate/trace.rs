//! Asking the pipeline about one subject, with each step written down: what the policy was given, what it answered, what that took.
//!
//! Comes to the same as [`super::evaluate`] with that subject alone, and writes nothing.

use doorlist_scim::ErrorKind;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::{Outcome, Subject, Turn, foresee};
use crate::admin::pipeline::{Mode, Policy};
use crate::admin::plugins::Ready;
use crate::directory::decision::VerdictChange;
use crate::directory::subject::{GroupSubject, Setting, UserSubject};
use crate::directory::would::Would;
use crate::error::{Error, Result};
use crate::id::Id;
use crate::limits::{EXPLANATION_VIEWS_BYTES_MAX, PIPELINE_MS_MAX};
use crate::policy::{self, Plugin, Reads, StartFault, json};

/// What one policy was asked and answered.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// Name of the policy in the pipeline.
    pub policy: String,
    /// Its plugin.
    pub plugin: String,
    /// The plugin's version.
    pub version: String,
    /// Whether what it answers counts.
    pub mode: Mode,
    /// The only connection that it is asked about, if it is limited to one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection: Option<Id>,
    /// Why it was not asked, if it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_asked: Option<String>,
    /// What was proposed before it, as the JSON of the plugins' contract has a view.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub view: Option<Value>,
    /// What it was given: of an item in the JSON of the plugins' contract, the parts that the plugin declares to read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<Value>,
    /// Whether `view` and `input` are left out because those of the steps before are long.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub left_out: bool,
    /// The changes that it asked for; none if it handed the view on.
    pub changes: Vec<VerdictChange>,
    /// Of a policy that only watches: what would be different behind the whole pipeline if its changes had effect.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub would: Vec<Would>,
    /// How it failed, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// What it printed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub log: Vec<String>,
    /// Microseconds of processor time for its answer.
    pub micros: u64,
    /// Microseconds of processor time until it could be asked: an instance with its settings, which many subjects share when they are projected.
    pub start_micros: u64,
}

/// What came of a subject, step by step.
pub(in crate::directory) struct Trace<S: Subject> {
    pub outcome: Outcome<S>,
    pub steps: Vec<Step>,
    /// The last view.
    pub view: Value,
}

/// What can be shown of what policies are asked.
pub(in crate::directory) trait Shown: Subject {
    /// An item as JSON.
    fn shown(item: &Self::Item) -> Value;

    /// The whole view.
    fn view(&self, setting: &Setting, view: &Self::View) -> Value {
        let reads = Reads { user_name: true, display_name: true, groups: true, view: true, ..Reads::default() };
        Self::shown(&self.item(setting, view, &reads)).get_mut("view").map(Value::take).unwrap_or_default()
    }
}

impl Shown for UserSubject {
    fn shown(item: &policy::User) -> Value {
        json::user_to_json(item)
    }
}

impl Shown for GroupSubject {
    fn shown(item: &policy::Group) -> Value {
        json::group_to_json(item)
    }
}

/// Asks the whole pipeline about one subject. Runs guest code.
///
/// # Errors
/// 503 if no instance of a plugin came free.
pub(in crate::directory) fn trace<S: Shown>(setting: &Setting, plugins: &Ready, subject: S) -> Result<Trace<S>> {
    let mut tracing = Tracing { setting, plugins, turn: Turn::begin(), bytes_left: EXPLANATION_VIEWS_BYTES_MAX };
    let mut outcome = Outcome::begin(subject, setting);
    let mut steps = Vec::with_capacity(setting.pipeline.policies.len());
    for policy in &setting.pipeline.policies {
        steps.push(tracing.step(policy, &mut outcome));
        if outcome.postponed {
            return Err(busy());
        }
    }
    foresee(setting, plugins, std::slice::from_mut(&mut outcome));
    if outcome.postponed {
        return Err(busy());
    }
    for verdict in outcome.verdicts.iter().filter(|verdict| verdict.monitor) {
        let of_policy = steps.iter_mut().find(|step: &&mut Step| step.policy == verdict.policy);
        of_policy.into_iter().for_each(|step| step.would.clone_from(&verdict.would));
    }
    let view = outcome.subject.view(setting, &outcome.view);
    Ok(Trace { outcome, steps, view })
}

fn busy() -> Error {
    Error::new(ErrorKind::Unavailable, "Too many policies run at once. Try again shortly.")
}

struct Tracing<'a> {
    setting: &'a Setting,
    plugins: &'a Ready,
    turn: Turn,
    bytes_left: usize,
}

impl Tracing<'_> {
    fn step<S: Shown>(&mut self, policy: &Policy, outcome: &mut Outcome<S>) -> Step {
        let mut step = Step {
            policy: policy.name.clone(),
            plugin: policy.plugin.clone(),
            version: policy.version.clone(),
            mode: policy.mode,
            connection: policy.connection,
            not_asked: None,
            view: None,
            input: None,
            left_out: false,
            changes: Vec::new(),
            would: Vec::new(),
            fault: None,
            log: Vec::new(),
            micros: 0,
            start_micros: 0,
        };
        if !outcome.concerns(self.setting, policy) {
            step.not_asked = Some("It is limited to another connection.".to_owned());
        } else if outcome.stuck.is_some() {
            step.not_asked = Some("A policy before it failed.".to_owned());
        } else {
            self.ask(policy, outcome, &mut step);
        }
        step
    }

    fn ask<S: Shown>(&mut self, policy: &Policy, outcome: &mut Outcome<S>, step: &mut Step) {
        let plugin = match self.plugins.get(&policy.plugin, &policy.version) {
            Ok(plugin) => plugin,
            Err(text) => {
                outcome.fail(policy, None, &text, Vec::new());
                step.fault = Some(text);
                return;
            }
        };
        step.version.clone_from(&plugin.manifest().version);
        self.show(&plugin, outcome, step);
        let verdicts = outcome.verdicts.len();
        if self.turn.is_over() {
            outcome.fail(policy, Some(&plugin), &format!("The policies together took more than {PIPELINE_MS_MAX} ms."), Vec::new());
        } else {
            self.answer(policy, &plugin, outcome, step);
        }
        // What is kept of an answer is what is told of it.
        if let Some(verdict) = outcome.verdicts.get(verdicts) {
            step.changes.clone_from(&verdict.changes);
            step.would.clone_from(&verdict.would);
            step.fault.clone_from(&verdict.fault);
            step.log.clone_from(&verdict.log);
        }
    }

    fn answer<S: Shown>(&self, policy: &Policy, plugin: &Plugin, outcome: &mut Outcome<S>, step: &mut Step) {
        let mut batch = match plugin.batch(&policy.settings.to_string(), self.plugins.limits(plugin)) {
            Ok(batch) => batch,
            Err(StartFault { fault, log, usage }) => {
                self.turn.spend(&usage, 0);
                step.start_micros = usage.micros;
                self.plugins.spent(plugin, &usage);
                return outcome.faulted(policy, plugin, &fault, log);
            }
        };
        step.start_micros = batch.usage().micros;
        let answer = S::ask(&outcome.subject.item(self.setting, &outcome.view, &plugin.manifest().reads), &mut batch);
        let (log, usage) = (batch.take_log(), batch.usage());
        self.turn.spend(&usage, 0);
        step.micros = usage.micros.saturating_sub(step.start_micros);
        self.plugins.spent(plugin, &usage);
        match answer {
            Ok(changes) => outcome.take(self.setting, policy, plugin, changes, log),
            Err(fault) => outcome.faulted(policy, plugin, &fault, log),
        }
    }

    /// Writes down what the policy is about to be asked, as long as there is room for it.
    fn show<S: Shown>(&mut self, plugin: &Plugin, outcome: &Outcome<S>, step: &mut Step) {
        let reads = &plugin.manifest().reads;
        let view = outcome.subject.view(self.setting, &outcome.view);
        let input = declared(S::shown(&outcome.subject.item(self.setting, &outcome.view, reads)), reads);
        match self.bytes_left.checked_sub(view.to_string().len() + input.to_string().len()) {
            Some(left) => {
                self.bytes_left = left;
                (step.view, step.input) = (Some(view), Some(input));
            }
            None => step.left_out = true,
        }
    }
}

/// An item without what is empty in it because the plugin does not read it.
fn declared(mut item: Value, reads: &Reads) -> Value {
    let parts = [
        ("id", reads.id),
        ("userName", reads.user_name),
        ("displayName", reads.display_name),
        ("groups", reads.groups),
        ("attributes", reads.all_attributes || !reads.attributes.is_empty()),
        ("current", reads.current),
        ("facts", reads.facts),
        ("view", reads.view),
    ];
    if let Some(item) = item.as_object_mut() {
        item.retain(|name, _| parts.iter().all(|(part, read)| part != name || *read));
    }
    item
}
