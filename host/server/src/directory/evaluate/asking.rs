//! Asking one policy about the subjects of a chunk, by one instance as long as it does not fail.
//!
//! A policy must not remember what it saw, so what it is given twice it would answer twice in the same way: it is asked once. Many subjects look the same to a policy
//! that declares to read little. Knows nothing of what becomes of an answer.

use std::hash::{BuildHasher, Hasher, RandomState};

use super::{Outcome, Subject, Turn};
use crate::admin::pipeline::Policy;
use crate::admin::plugins::Ready;
use crate::directory::subject::Setting;
use crate::limits::{ANSWERS_KEPT_MAX, PIPELINE_MS_MAX};
use crate::policy::{Batch, Fault, FaultKind, Plugin, StartFault, Usage};

/// Who asks, and what for.
pub(super) struct Asking<'a> {
    pub setting: &'a Setting,
    pub plugins: &'a Ready,
    pub policy: &'a Policy,
    pub turn: &'a Turn,
}

/// A policy's plugin as it is asked about a chunk.
struct Run<'a, S: Subject> {
    plugin: &'a Plugin,
    settings: String,
    /// The instance, once there is one.
    batch: Option<Batch>,
    answers: Answers<S>,
}

/// What a plugin answered, and what it printed meanwhile.
type Answer<C> = (Vec<C>, Vec<String>);

/// The last answers that were new.
struct Answers<S: Subject> {
    known: Vec<(S::Item, Answer<S::Change>)>,
    /// Which of them gives way next.
    oldest: usize,
    /// How often one of them served.
    repeated: u64,
}

impl<S: Subject> Answers<S> {
    fn none() -> Self {
        Self { known: Vec::new(), oldest: 0, repeated: 0 }
    }

    /// What was answered about such an item.
    fn about(&mut self, item: &S::Item) -> Option<Answer<S::Change>> {
        let answer = self.known.iter().find(|(known, _)| known == item).map(|(_, answer)| answer.clone())?;
        self.repeated += 1;
        Some(answer)
    }

    fn keep(&mut self, item: S::Item, answer: Answer<S::Change>) {
        match self.known.get_mut(self.oldest) {
            Some(oldest) => *oldest = (item, answer),
            None => self.known.push((item, answer)),
        }
        self.oldest = (self.oldest + 1) % ANSWERS_KEPT_MAX;
    }
}

impl Asking<'_> {
    /// Asks the policy about each, and has it take the answer.
    pub(super) fn ask<S: Subject>(&self, waiting: Vec<&mut Outcome<S>>) {
        let plugin = match self.plugins.get(&self.policy.plugin, &self.policy.version) {
            Ok(plugin) => plugin,
            Err(text) => {
                waiting.into_iter().for_each(|outcome| outcome.fail(self.policy, None, &text, Vec::new()));
                return;
            }
        };
        let mut run = Run { plugin: &plugin, settings: self.policy.settings.to_string(), batch: None, answers: Answers::none() };
        let again = sample(waiting.len());
        for (place, outcome) in waiting.into_iter().enumerate() {
            let alone = place == 0 && !self.turn.progress;
            if self.turn.is_late() && !alone {
                outcome.postponed = true;
                continue;
            }
            if self.turn.is_over() {
                let text = format!("The policies together took more than {PIPELINE_MS_MAX} ms.");
                outcome.fail(self.policy, Some(&plugin), &text, Vec::new());
                continue;
            }
            self.ask_about(&mut run, outcome, again == Some(place));
        }
        run.batch.iter().for_each(|batch| self.plugins.spent(&plugin, &batch.usage()));
        self.plugins.spent(&plugin, &Usage { evaluations: run.answers.repeated, ..Usage::default() });
    }

    fn ask_about<S: Subject>(&self, run: &mut Run<'_, S>, outcome: &mut Outcome<S>, twice: bool) {
        let plugin = run.plugin;
        let item = outcome.subject.item(self.setting, &outcome.view, &plugin.manifest().reads);
        let known = run.answers.about(&item);
        let is_new = known.is_none();
        let (changes, log) = match known.map_or_else(|| self.answer(run, &item), Ok) {
            Ok(answer) => answer,
            Err((fault, log)) => return outcome.faulted(self.policy, plugin, &fault, log),
        };
        if twice && self.answers_differently(run, &item, &changes) {
            self.plugins.was_impure(plugin);
            return outcome.fail(self.policy, Some(plugin), IMPURE, log);
        }
        if is_new {
            run.answers.keep(item, (changes.clone(), log.clone()));
        }
        outcome.take(self.setting, self.policy, plugin, changes, log);
    }

    /// Asks the instance that is there, or a fresh one; one that fails is gone. Gives how it failed with what it had printed.
    fn answer<S: Subject>(&self, run: &mut Run<'_, S>, item: &S::Item) -> Result<Answer<S::Change>, (Fault, Vec<String>)> {
        let before = run.batch.as_ref().map_or(0, |batch| batch.usage().micros);
        let mut batch = match run.batch.take().map_or_else(|| self.start(run), Ok) {
            Ok(batch) => batch,
            Err(StartFault { fault, log, .. }) => return Err((fault, log)),
        };
        let answer = S::ask(item, &mut batch);
        let log = batch.take_log();
        self.turn.spend(&batch.usage(), before);
        match answer {
            Ok(changes) => {
                run.batch = Some(batch);
                Ok((changes, log))
            }
            Err(fault) => {
                self.plugins.spent(run.plugin, &batch.usage());
                Err((fault, log))
            }
        }
    }

    /// A fresh instance.
    fn start<S: Subject>(&self, run: &Run<'_, S>) -> Result<Batch, StartFault> {
        run.plugin.batch(&run.settings, self.plugins.limits(run.plugin)).inspect_err(|fault| {
            self.turn.spend(&fault.usage, 0);
            self.plugins.spent(run.plugin, &fault.usage);
        })
    }

    /// Whether an instance that has seen nobody else gives another answer. One that does not answer for want of time or place says nothing of the plugin.
    fn answers_differently<S: Subject>(&self, run: &Run<'_, S>, item: &S::Item, changes: &[S::Change]) -> bool {
        let Ok(mut fresh) = self.start(run) else { return false };
        let answer = S::ask(item, &mut fresh);
        self.turn.spend(&fresh.usage(), 0);
        self.plugins.spent(run.plugin, &fresh.usage());
        match answer {
            Ok(again) => again != changes,
            Err(fault) => !matches!(fault.kind, FaultKind::Busy | FaultKind::Timeout),
        }
    }
}

/// What an operator reads of a plugin that remembers.
const IMPURE: &str =
    "The plugin answered differently when it was asked about the same item again, alone. It must not remember what it saw before.";

/// The place of the item that is asked about twice: any but the first, which is asked with nothing to remember as it is. `None` if there is no other.
fn sample(waiting: usize) -> Option<usize> {
    // A plugin must not know which one it will be.
    let chance = RandomState::new().build_hasher().finish();
    let others = u64::try_from(waiting).ok()?.checked_sub(1).filter(|others| *others > 0)?;
    usize::try_from(1 + chance % others).ok()
}
