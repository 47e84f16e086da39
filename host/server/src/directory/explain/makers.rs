//! Who puts members into a group that policies made, and why.
//!
//! Reads what was concluded of the members; asks no policy.

use schemars::JsonSchema;
use serde::Serialize;

use super::Touch;
use crate::activity;
use crate::directory::decision::{Decision, Reason};
use crate::directory::event::Event;
use crate::directory::group::{self, Group};
use crate::directory::member;
use crate::error::Result;
use crate::limits::{EXPLANATION_MAKERS_LOOKED_MAX, EXPLANATION_MAKERS_MAX};
use crate::store::layout::{self, USER};
use crate::store::{Range, Rows};

/// A policy that puts members into a group.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Maker {
    /// The policy and its reason. Beyond some of them further ones are counted together, under none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// Members that it puts there, among the first thousand that the group has.
    pub members: u64,
}

/// Who puts members into a group that policies made, those with most members first.
///
/// # Errors
/// If the disk refuses.
pub(super) fn of(rows: &impl Rows, group: &Group) -> Result<Vec<Maker>> {
    let mut makers: Vec<Maker> = Vec::new();
    for id in group::ids(rows, &Range::under(layout::memberships_of(group.id)), EXPLANATION_MAKERS_LOOKED_MAX)? {
        let Some(row) = member::row(rows, id)? else { continue };
        let Some(scim_id) = row.member.scim_id else { continue };
        let Some(decision) = rows.json::<Decision>(&layout::decision(row.connection, USER, scim_id))? else { continue };
        if let Some(reason) = reason(&decision, &group.display_name) {
            count(&mut makers, reason);
        }
    }
    makers.sort_by_key(|maker| std::cmp::Reverse((maker.reason.is_some(), maker.members)));
    Ok(makers)
}

/// Which policy put a user into the group of this name last, and why.
fn reason(decision: &Decision, name: &str) -> Option<Reason> {
    decision.verdicts.iter().rev().filter(|verdict| !verdict.monitor).find_map(|verdict| {
        let is_it = |value: &Option<serde_json::Value>| value.as_ref().and_then(serde_json::Value::as_str) == Some(name);
        let change = verdict.changes.iter().rev().find(|change| change.effect == "add-named-group" && is_it(&change.value))?;
        Some(Reason { policy: Some(verdict.policy.clone()), text: change.reason.clone() })
    })
}

fn count(makers: &mut Vec<Maker>, reason: Reason) {
    let is_full = makers.len() >= EXPLANATION_MAKERS_MAX;
    let known = makers.iter_mut().find(|maker| maker.reason.as_ref() == Some(&reason));
    match known {
        Some(known) => known.members += 1,
        None if !is_full => makers.push(Maker { reason: Some(reason), members: 1 }),
        None => match makers.iter_mut().find(|maker| maker.reason.is_none()) {
            Some(rest) => rest.members += 1,
            None => makers.push(Maker { reason: None, members: 1 }),
        },
    }
}

/// The request that made the group come, if that is still known.
///
/// # Errors
/// If the disk refuses.
pub(super) fn came_with(rows: &impl Rows, group: &Group) -> Result<Option<Touch>> {
    let mut sequence = None;
    rows.each(&Range::under(layout::group_before(group.id)).descending(), &mut |key, _| {
        sequence = key.last_chunk().map(|bytes| u64::from_be_bytes(*bytes));
        std::ops::ControlFlow::Break(())
    })?;
    let event = sequence.map(|sequence| rows.json::<Event>(&layout::event(sequence))).transpose()?.flatten();
    let Some(activity) = event.and_then(|event| event.cause).and_then(|cause| cause.activity) else { return Ok(None) };
    Ok(Some(Touch { activity, entry: activity::get(rows, activity)? }))
}
