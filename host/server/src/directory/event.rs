//! Events: each change of the directory, numbered without a gap per tenant, written with the change itself.
//!
//! Folding the events from the first on gives the directory: a `member.removed` or `group.removed` takes its memberships with it.

use std::ops::ControlFlow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::past::{self, Before};
use super::{Group, Member};
use crate::clock::Timestamp;
use crate::error::{Error, Kind, Result};
use crate::id::Id;
use crate::limits::EVENTS_MAX;
use crate::store::layout::{self, Counter};
use crate::store::{Numbers, Range, Rows, Tx};

/// One change of the directory.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// Its number within the tenant; the first is 1.
    pub sequence: u64,
    /// When it was written.
    pub at: Timestamp,
    /// What made it change; absent of events that older versions wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// What changed.
    #[serde(flatten)]
    pub change: Change,
}

/// What made the directory change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Cause {
    /// Number of the activity entry of the request that caused it, also if it did so by putting another pipeline; absent if there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activity: Option<u64>,
    /// The pipeline that was in force.
    pub pipeline_revision: u64,
}

/// When the directory changes, and for whose sake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occasion {
    /// When.
    pub at: Timestamp,
    /// Number of the activity entry of the request that is the cause, if one is.
    pub activity: Option<u64>,
}

/// What changed, with the state after it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all_fields = "camelCase")]
pub enum Change {
    /// A member came.
    #[serde(rename = "member.added")]
    MemberAdded {
        /// The member.
        member: Member,
    },
    /// A member is another than before.
    #[serde(rename = "member.updated")]
    MemberUpdated {
        /// The member.
        member: Member,
    },
    /// A member went, and its memberships with it.
    #[serde(rename = "member.removed")]
    MemberRemoved {
        /// Id of the member.
        member_id: Id,
    },
    /// A group came.
    #[serde(rename = "group.added")]
    GroupAdded {
        /// The group.
        group: Group,
    },
    /// A group is another than before.
    #[serde(rename = "group.updated")]
    GroupUpdated {
        /// The group.
        group: Group,
    },
    /// A group went, and its memberships with it.
    #[serde(rename = "group.removed")]
    GroupRemoved {
        /// Id of the group.
        group_id: Id,
    },
    /// A member came into a group.
    #[serde(rename = "membership.added")]
    MembershipAdded {
        /// Id of the member.
        member_id: Id,
        /// Id of the group.
        group_id: Id,
    },
    /// A member left a group.
    #[serde(rename = "membership.removed")]
    MembershipRemoved {
        /// Id of the member.
        member_id: Id,
        /// Id of the group.
        group_id: Id,
    },
}

/// Events in their order.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventPage {
    /// The events.
    pub items: Vec<Event>,
    /// What to ask `after` next: the number of the last event of this page, or what was asked after if there is none.
    pub next: u64,
    /// Number of the newest event there is.
    pub newest: u64,
}

/// Writes an event that something came, or that a membership came or went.
pub(super) fn emit(tx: &mut Tx<'_>, when: Occasion, change: Change) -> Result<()> {
    emit_after(tx, when, change, &Before::Told)
}

/// Writes an event, and what was before it.
pub(super) fn emit_after(tx: &mut Tx<'_>, when: Occasion, change: Change, before: &Before<'_>) -> Result<()> {
    let sequence = tx.add(&layout::counter(Counter::Event), 1)?;
    let cause = Cause { activity: when.activity, pipeline_revision: tx.number(&layout::counter(Counter::Pipeline))? };
    let event = Event { sequence, at: when.at, cause: Some(cause), change };
    tx.put_json(&layout::event(sequence), &event)?;
    // Nobody asks a draft what it was before.
    if tx.is_draft() { Ok(()) } else { past::keep(tx, sequence, &event.change, before, EVENTS_MAX) }
}

/// The first `limit` events with a number above `after`.
///
/// # Errors
/// Gone if events behind `after` are no longer kept: whoever follows then starts over from the lists.
pub fn after(rows: &impl Rows, after: u64, limit: usize) -> Result<EventPage> {
    let newest = rows.number(&layout::counter(Counter::Event))?;
    let forgotten = forgotten(rows, newest)?;
    if after < forgotten {
        let detail = format!("Events up to {forgotten} are no longer kept. Read the lists, then follow from {newest}.");
        return Err(Error::of(Kind::Gone, detail));
    }
    let mut stored = Vec::new();
    if limit > 0 {
        rows.each(&Range::under(layout::events()).after(layout::event(after)), &mut |_, value| {
            stored.push(value.to_vec());
            if stored.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
    }
    let items: Vec<Event> = stored.iter().map(|bytes| crate::store::from_json(bytes)).collect::<Result<_>>()?;
    Ok(EventPage { next: items.last().map_or(after, |event| event.sequence), newest, items })
}

/// Number of the newest event that is no longer kept; 0 if all are.
fn forgotten(rows: &impl Rows, newest: u64) -> Result<u64> {
    let mut oldest = None;
    rows.each(&Range::under(layout::events()), &mut |key, _| {
        oldest = key.last_chunk().map(|bytes| u64::from_be_bytes(*bytes));
        ControlFlow::Break(())
    })?;
    Ok(oldest.map_or(newest, |oldest| oldest.saturating_sub(1)).max(newest.saturating_sub(EVENTS_MAX)))
}
