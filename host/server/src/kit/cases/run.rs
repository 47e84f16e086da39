//! Asking a plugin what its cases are about.
//!
//! Each case has an instance of its own. Then those with the same settings are asked once more, in one instance and from the last to the first, as a
//! server does with users that are due together: a policy that answers differently then remembers something.

use serde_json::Value;

use super::difference::{self, Difference};
use super::read::{Case, Item};
use crate::kit::mask;
use crate::policy::{Batch, CallLimits, Fault, GroupChange, Plugin, Problem, SettingsError, UserChange, json};

/// What came of a case.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What differs from what is expected; nothing if the case holds.
    pub differences: Vec<Difference>,
    /// The changes that the policy wants, as JSON.
    pub changes: Vec<Value>,
    /// What it printed.
    pub log: Vec<String>,
    /// The changes as they were answered, unless the policy failed.
    answer: Option<Answer>,
}

#[derive(Clone, Debug, PartialEq)]
enum Answer {
    User(Vec<UserChange>),
    Group(Vec<GroupChange>),
}

/// Runs the cases and gives an outcome for each.
pub fn run(plugin: &Plugin, cases: &[Case]) -> Vec<Outcome> {
    let mut outcomes: Vec<Outcome> = cases.iter().map(|case| alone(plugin, case)).collect();
    let mut waiting: Vec<usize> = (0..cases.len()).collect();
    while let Some(&first) = waiting.first() {
        let Some(settings) = cases.get(first).map(|case| &case.settings) else { break };
        let (alike, others): (Vec<usize>, Vec<usize>) =
            waiting.into_iter().partition(|&at| cases.get(at).is_some_and(|case| case.settings == *settings));
        together(plugin, cases, &alike, &mut outcomes);
        waiting = others;
    }
    outcomes
}

/// A case in an instance of its own.
fn alone(plugin: &Plugin, case: &Case) -> Outcome {
    let mut outcome = Outcome { differences: Vec::new(), changes: Vec::new(), log: Vec::new(), answer: None };
    let settings = plugin.complete(case.settings.clone());
    let expect = &case.expect;
    let checked = plugin.check_settings(&settings, &CallLimits::default());
    match checked.outcome {
        Ok(()) => outcome.differences.extend(difference::entries("/problems", expect.problems.as_deref().unwrap_or_default(), &[])),
        Err(SettingsError::Fault(fault)) => {
            outcome.log = checked.log;
            outcome.differences.push(failed("configure", &fault));
        }
        Err(SettingsError::Problems(problems)) => {
            let problems: Vec<Value> = problems.iter().map(shown).collect();
            outcome.differences.extend(difference::entries("/problems", expect.problems.as_deref().unwrap_or_default(), &problems));
            if expect.view.is_some() || expect.changes.is_some() {
                outcome.differences.push(Difference::failure("Nobody was asked about, since the settings are refused."));
            }
            return outcome;
        }
    }
    if !outcome.differences.is_empty() || matches!(case.item, Item::None) {
        return outcome;
    }
    match plugin.batch(&settings.to_string(), &CallLimits::default()) {
        Ok(mut batch) => {
            match answer(&mut batch, plugin, &case.item) {
                Some(Ok(answer)) => compare(case, answer, &mut outcome),
                Some(Err(fault)) => outcome.differences.push(failed("its answer", &fault)),
                None => {}
            }
            outcome.log = batch.take_log();
            if let Some(expected) = &expect.log {
                outcome.differences.extend(difference::lines("/log", expected, &outcome.log));
            }
        }
        Err(start) => {
            outcome.log = start.log;
            outcome.differences.push(failed("start", &start.fault));
        }
    }
    outcome
}

fn answer(batch: &mut Batch, plugin: &Plugin, item: &Item) -> Option<Result<Answer, Fault>> {
    let reads = &plugin.manifest().reads;
    match item {
        Item::None => None,
        Item::User(user) => Some(batch.project_user(&mask::user(user, reads)).map(Answer::User)),
        Item::Group(group) => Some(batch.project_group(&mask::group(group, reads)).map(Answer::Group)),
    }
}

fn compare(case: &Case, answer: Answer, outcome: &mut Outcome) {
    let view = match (&answer, &case.item) {
        (Answer::User(changes), Item::User(user)) => {
            outcome.changes = changes.iter().map(json::user_change_to_json).collect();
            let mut view = user.view.clone();
            json::apply_user(&mut view, changes);
            json::user_view_to_json(&view)
        }
        (Answer::Group(changes), Item::Group(group)) => {
            outcome.changes = changes.iter().map(json::group_change_to_json).collect();
            let mut view = group.view.clone();
            json::apply_group(&mut view, changes);
            json::group_view_to_json(&view)
        }
        // An answer is about what was asked.
        (Answer::User(_) | Answer::Group(_), _) => Value::Null,
    };
    if let Some(expected) = &case.expect.view {
        outcome.differences.extend(difference::members("/view", expected, &view));
    }
    if let Some(expected) = &case.expect.changes {
        outcome.differences.extend(difference::entries("/changes", expected, &outcome.changes));
    }
    outcome.answer = Some(answer);
}

/// Asks about the same items in one instance, the last first.
fn together(plugin: &Plugin, cases: &[Case], places: &[usize], outcomes: &mut [Outcome]) {
    let asked: Vec<usize> = places.iter().copied().filter(|&at| outcomes.get(at).is_some_and(|outcome| outcome.answer.is_some())).collect();
    let Some(settings) = asked.first().and_then(|&at| cases.get(at)).map(|case| plugin.complete(case.settings.clone())) else { return };
    if asked.len() < 2 {
        return;
    }
    // It started before with the same settings.
    let Ok(mut batch) = plugin.batch(&settings.to_string(), &CallLimits::default()) else { return };
    for at in asked.into_iter().rev() {
        let (Some(case), Some(outcome)) = (cases.get(at), outcomes.get_mut(at)) else { continue };
        let again = answer(&mut batch, plugin, &case.item).and_then(Result::ok);
        if again != outcome.answer {
            let message = "Asked about others before, the policy answers differently: it remembers something, which a policy must not.";
            outcome.differences.push(Difference::failure(message));
            return;
        }
    }
}

fn failed(what: &str, fault: &Fault) -> Difference {
    Difference::failure(format!("The policy failed in {what}. {fault}"))
}

fn shown(problem: &Problem) -> Value {
    serde_json::json!({"pointer": problem.pointer, "message": problem.message})
}
