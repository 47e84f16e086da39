//! What a hold says of why: each cause and how many members it would have taken.
//!
//! Knows no row: causes are kept with their hold.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::HeldMember;
use crate::directory::decision::Reason;
use crate::directory::guard::{Case, Loss};
use crate::limits::{HOLD_CAUSES_MAX, HOLD_REASON_CHARACTERS_MAX};

/// One cause and how many it would have taken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HoldCause {
    /// What would have been taken.
    pub effect: Loss,
    /// Who says so, and why. Beyond some causes further ones are counted together, under none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Reason>,
    /// Number of the activity entry of the request that brought it about; absent if several did, or none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activity: Option<u64>,
    /// How many members.
    pub members: u64,
}

/// Counts a member under its cause.
pub(super) fn count(causes: &mut Vec<HoldCause>, case: &Case<'_>) {
    let cause = told(&case.cause);
    let is_known = |known: &&mut HoldCause| known.effect == case.loss && known.cause.as_ref() == Some(&cause);
    if let Some(known) = causes.iter_mut().find(is_known) {
        known.members += 1;
        known.activity = known.activity.filter(|activity| Some(*activity) == case.activity);
    } else if causes.len() < HOLD_CAUSES_MAX {
        causes.push(HoldCause { effect: case.loss, cause: Some(cause), activity: case.activity, members: 1 });
    } else {
        let rest = causes.iter_mut().find(|known| known.effect == case.loss && known.cause.is_none());
        match rest {
            Some(rest) => rest.members += 1,
            None => causes.push(HoldCause { effect: case.loss, cause: None, activity: None, members: 1 }),
        }
    }
}

/// Takes a member off the cause that it was counted under, or off one like that: causes change while somebody is held, and many are counted together.
pub(super) fn forget(causes: &mut Vec<HoldCause>, held: &HeldMember) {
    let likeness = |known: &HoldCause| {
        let is_same = known.cause.as_ref().is_some_and(|cause| *cause == told(&held.cause));
        (known.members > 0, known.effect == held.effect, is_same, known.cause.is_none())
    };
    if let Some(likest) = causes.iter_mut().max_by_key(|known| likeness(known)) {
        likest.members = likest.members.saturating_sub(1);
    }
    causes.retain(|known| known.members > 0);
}

/// A cause as holds tell it.
fn told(cause: &Reason) -> Reason {
    Reason { policy: cause.policy.clone(), text: cause.text.chars().take(HOLD_REASON_CHARACTERS_MAX).collect() }
}
