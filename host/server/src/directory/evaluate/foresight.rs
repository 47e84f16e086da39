//! What policies that only watch would make different in the end: not at their place, but behind the whole pipeline.
//!
//! What such a policy asked for is handed on to the policies behind it once more, and what they make of that is held against what they made without. Others that only watch
//! have no part in it. Writes nothing, and changes nothing but what is said of policies that only watch.

use super::{Asking, Outcome, Subject, Turn};
use crate::admin::pipeline::Mode;
use crate::admin::plugins::Ready;
use crate::directory::subject::Setting;
use crate::directory::would::Would;

/// What comes of a subject if a policy that only watches had effect.
enum Foreseen {
    /// This would be different.
    Would(Vec<Would>),
    /// There was no time to ask: it waits for another turn.
    Postponed,
    /// The policies took all the time there is for one subject, which says nothing of it.
    Unknown,
}

/// Puts in place of what each policy that only watches would do at its place what would be different behind the pipeline. Of who is stuck nothing would be. Takes time of its
/// own, as much as asking the pipeline may take; a subject for which that is not enough stays due.
pub(in crate::directory) fn foresee<S: Subject>(setting: &Setting, plugins: &Ready, outcomes: &mut [Outcome<S>]) {
    let turn = Turn::begin();
    let policies = &setting.pipeline.policies;
    for (place, policy) in policies.iter().enumerate().filter(|(_, policy)| policy.mode == Mode::Monitor) {
        let mut others: Vec<(usize, usize, Outcome<&S>)> = Vec::new();
        for (at, outcome) in outcomes.iter().enumerate().filter(|(_, outcome)| outcome.stuck.is_none() && !outcome.postponed) {
            let of_policy = |verdict: usize| outcome.verdicts.get(verdict).is_some_and(|verdict| verdict.policy == policy.name);
            let watched = outcome.watched.iter().find(|(verdict, _)| of_policy(*verdict));
            others.extend(watched.map(|(verdict, view)| (at, *verdict, Outcome::with(&outcome.subject, view.clone()))));
        }
        for later in policies.iter().skip(place + 1).filter(|later| later.mode == Mode::Enforce) {
            let concerned = |other: &&mut Outcome<&S>| other.concerns(setting, later) && other.stuck.is_none() && !other.postponed;
            let waiting: Vec<_> = others.iter_mut().map(|(_, _, other)| other).filter(concerned).collect();
            if !waiting.is_empty() {
                Asking { setting, plugins, policy: later, turn: &turn }.ask(waiting);
            }
        }
        let mut foreseen = Vec::with_capacity(others.len());
        for (at, verdict, other) in &others {
            foreseen.extend(outcomes.get(*at).map(|outcome| (*at, *verdict, compare(setting, outcome, other, &turn))));
        }
        drop(others);
        for (at, verdict, foreseen) in foreseen {
            let Some(outcome) = outcomes.get_mut(at) else { continue };
            match foreseen {
                Foreseen::Would(would) => {
                    outcome.verdicts.get_mut(verdict).into_iter().for_each(|verdict| verdict.would.clone_from(&would))
                }
                Foreseen::Postponed => outcome.postponed = true,
                Foreseen::Unknown => {}
            }
        }
    }
    for outcome in outcomes.iter_mut() {
        outcome.watched.clear();
        if outcome.stuck.is_some() {
            outcome.verdicts.iter_mut().for_each(|verdict| verdict.would.clear());
        }
    }
}

fn compare<S: Subject>(setting: &Setting, outcome: &Outcome<S>, other: &Outcome<&S>, turn: &Turn) -> Foreseen {
    if other.postponed {
        return Foreseen::Postponed;
    }
    if other.stuck.is_some() {
        return if turn.is_over() { Foreseen::Unknown } else { Foreseen::Would(vec![Would::Stuck]) };
    }
    Foreseen::Would(outcome.subject.would(setting, &outcome.view, &other.view).unwrap_or_else(|_| vec![Would::Stuck]))
}
