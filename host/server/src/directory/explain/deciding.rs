//! Which of the groups that the identity provider assigned decided what became of a user.
//!
//! Policies are pure functions, so it is found out by asking again without them: without each one, with each one alone, and with none.

use schemars::JsonSchema;
use serde::Serialize;

use crate::admin::plugins::Ready;
use crate::clock::thread_time;
use crate::directory::evaluate::{Turn, UserOutcome, evaluate};
use crate::directory::member::Status;
use crate::directory::subject::{Setting, UserSubject};
use crate::id::Id;
use crate::limits::{EXPLANATION_GROUPS_MAX, EXPLANATION_MS_MAX, PROJECTION_CHUNK_MAX};

/// An assigned group without which something would be otherwise.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DecidingGroup {
    /// Its SCIM id.
    pub id: Id,
    /// Its name at the identity provider.
    pub name: String,
    /// What would be otherwise if the user were not in this group.
    pub needed: Vec<Aspect>,
    /// What this group alone brings about, and no group would not.
    pub sufficient: Vec<Aspect>,
}

/// What of a user can be decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Aspect {
    /// Whether the directory has it.
    Included,
    /// Whether it may use the application.
    Status,
    /// Its role.
    Role,
}

/// What was found out.
#[derive(Default)]
pub(super) struct Deciding {
    pub groups: Vec<DecidingGroup>,
    /// Assigned groups that were not tried, for want of time or because they are too many.
    pub not_tried: usize,
}

/// Where a user ends: included or not, and as what.
type End = (bool, Option<(Status, String)>);

/// What is asked again.
#[derive(Clone, Copy)]
enum Trial {
    Without(usize),
    Only(usize),
}

/// Finds the groups that decided on the user of `outcome`. Runs guest code.
pub(super) fn deciding(setting: &Setting, plugins: &Ready, outcome: &UserOutcome) -> Deciding {
    let subject = &outcome.subject;
    let tried = subject.groups.len().min(EXPLANATION_GROUPS_MAX);
    let mut deciding = Deciding { groups: Vec::new(), not_tried: subject.groups.len() - tried };
    let Some(end) = end(outcome).filter(|_| tried > 0) else { return deciding };
    let begun = thread_time();
    let with = |groups: Vec<(Id, String)>| UserSubject { groups, ..subject.clone() };
    let none = ask(setting, plugins, vec![with(Vec::new())]).pop().flatten();
    let places: Vec<usize> = (0..tried).collect();
    for part in places.chunks(PROJECTION_CHUNK_MAX / 2) {
        if thread_time().saturating_sub(begun).as_millis() > u128::from(EXPLANATION_MS_MAX) {
            deciding.not_tried += part.len();
            continue;
        }
        let trials = part.iter().flat_map(|at| [Trial::Without(*at), Trial::Only(*at)]);
        let subjects = trials.map(|trial| with(assigned(subject, trial))).collect();
        let ends = ask(setting, plugins, subjects);
        for (at, ends) in part.iter().zip(ends.chunks(2)) {
            let Some((id, name)) = subject.groups.get(*at) else { continue };
            let [Some(without), Some(only)] = ends else {
                deciding.not_tried += 1;
                continue;
            };
            let needed = differing(&end, without);
            // What this group alone does and none does not, if it is what came of all of them.
            let alike = differing(&end, only);
            let moved = none.as_ref().map(|none| differing(&end, none)).unwrap_or_default();
            let sufficient: Vec<Aspect> = moved.into_iter().filter(|aspect| !alike.contains(aspect)).collect();
            if !needed.is_empty() || !sufficient.is_empty() {
                deciding.groups.push(DecidingGroup { id: *id, name: name.clone(), needed, sufficient });
            }
        }
    }
    deciding
}

/// The groups of a trial.
fn assigned(subject: &UserSubject, trial: Trial) -> Vec<(Id, String)> {
    let kept = |at: usize| match trial {
        Trial::Without(place) => at != place,
        Trial::Only(place) => at == place,
    };
    subject.groups.iter().enumerate().filter(|(at, _)| kept(*at)).map(|(_, group)| group.clone()).collect()
}

/// Where each of them ends; `None` of those that the pipeline got stuck with or had no time for.
fn ask(setting: &Setting, plugins: &Ready, subjects: Vec<UserSubject>) -> Vec<Option<End>> {
    evaluate(setting, plugins, subjects, &mut Turn::begin()).iter().map(end).collect()
}

fn end(outcome: &UserOutcome) -> Option<End> {
    if outcome.stuck.is_some() || outcome.postponed {
        return None;
    }
    let view = &outcome.view;
    Some((view.included, view.included.then(|| (view.status, view.role.clone()))))
}

/// What differs between two ends. Of somebody who is out, nothing but that can differ.
fn differing(one: &End, other: &End) -> Vec<Aspect> {
    let mut aspects = Vec::new();
    if one.0 != other.0 {
        aspects.push(Aspect::Included);
    }
    if let (Some(one), Some(other)) = (&one.1, &other.1) {
        if one.0 != other.0 {
            aspects.push(Aspect::Status);
        }
        if one.1 != other.1 {
            aspects.push(Aspect::Role);
        }
    }
    aspects
}
