//! Stuck subjects: whom a fault keeps at their last good projection, since when, and when they are tried again.
//!
//! A row is written and deleted with the decision that says so, and an index by time tells whose turn it is. Nobody stays out for a fault that has gone: the
//! projector tries again, less and less often. Knows nothing of policies and of what the faults are.

use std::ops::ControlFlow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::decision::{Decision, SubjectKind};
use crate::clock::Timestamp;
use crate::error::Result;
use crate::id::Id;
use crate::limits::{STUCK_RETRIES_PER_WRITE_MAX, STUCK_RETRY_MS_MAX, STUCK_RETRY_MS_MIN};
use crate::store::layout::{self, Counter};
use crate::store::{Numbers, Range, Rows, Tx, from_json};

/// A user or group that a fault keeps at its last good projection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Stuck {
    /// User or group.
    pub kind: SubjectKind,
    /// Its SCIM id.
    pub scim_id: Id,
    /// The connection it came by.
    pub connection: Id,
    /// Its `userName` or `displayName` at the identity provider.
    pub name: String,
    /// The policy that failed; absent if it is none's fault alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// How it failed, for a person.
    pub reason: String,
    /// Since when it is stuck.
    pub since: Timestamp,
    /// How often it has been tried by the pipeline in force.
    pub tries: u64,
    /// When it is tried again, unless it or the pipeline changes before; absent while that is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_try: Option<Timestamp>,
}

/// A stuck subject as stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    /// Number of its connection.
    number: u32,
    /// The pipeline that was asked.
    pipeline_revision: u64,
    /// The newest projection of everything that had begun by then.
    #[serde(default)]
    walk: u64,
    stuck: Stuck,
}

/// Milliseconds from the last of so many tries to the next.
fn pause(tries: u64) -> i64 {
    // Beyond so many doublings the longest pause has long been reached.
    let doublings = u32::try_from(tries.saturating_sub(1)).unwrap_or(u32::MAX).min(30);
    STUCK_RETRY_MS_MIN.saturating_mul(1 << doublings).min(STUCK_RETRY_MS_MAX)
}

/// Takes note of a try: `was` says whether the subject was stuck until now, `walking` whether a projection of everything came by it. Such a one also comes by those who
/// were due by a mark, and have been tried since it began: that is one try.
pub(super) fn tried(tx: &mut Tx<'_>, connection: u32, decision: &Decision, was: bool, walking: bool) -> Result<()> {
    let Some(reason) = &decision.stuck else {
        return if was { forget(tx, decision.scim_id) } else { Ok(()) };
    };
    let before: Option<Row> = tx.json(&layout::stuck(decision.scim_id))?;
    let again = before.as_ref().filter(|row| row.pipeline_revision == decision.pipeline_revision);
    let walk = tx.number(&layout::counter(Counter::Walk))?;
    let is_same = walking && again.is_some_and(|row| row.walk == walk);
    let tries = again.map_or(0, |row| row.stuck.tries) + u64::from(!is_same);
    let next = decision.at.plus_millis(pause(tries));
    let since = before.as_ref().map_or(decision.at, |row| row.stuck.since);
    forget(tx, decision.scim_id)?;
    let stuck = Stuck {
        kind: decision.kind,
        scim_id: decision.scim_id,
        connection: decision.connection,
        name: decision.name.clone(),
        policy: reason.policy.clone(),
        reason: reason.text.clone(),
        since,
        tries,
        next_try: Some(next),
    };
    tx.put(&layout::stuck_until(next.as_millis(), decision.scim_id), Vec::new());
    let row = Row { number: connection, pipeline_revision: decision.pipeline_revision, walk, stuck };
    tx.put_json(&layout::stuck(decision.scim_id), &row)
}

/// Forgets a subject that is not stuck any more, or is no more.
pub(super) fn forget(tx: &mut Tx<'_>, scim_id: Id) -> Result<()> {
    let key = layout::stuck(scim_id);
    if let Some(row) = tx.json::<Row>(&key)? {
        if let Some(next) = row.stuck.next_try {
            tx.delete(&layout::stuck_until(next.as_millis(), scim_id));
        }
        tx.delete(&key);
    }
    Ok(())
}

/// When the next of them is to be tried again; `None` if nobody waits for that.
pub(super) fn next_try(rows: &impl Rows) -> Result<Option<Timestamp>> {
    Ok(first(rows, 1)?.first().map(|(at, _)| *at))
}

/// The first that wait for being tried again, at most `most`.
fn first(rows: &impl Rows, most: usize) -> Result<Vec<(Timestamp, Id)>> {
    let mut found = Vec::new();
    rows.each(&Range::under(layout::all_stuck_until()), &mut |key, _| {
        found.extend(layout::read_stuck_until(key).map(|(at, id)| (Timestamp::from_millis(at), id)));
        if found.len() < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    Ok(found)
}

/// Makes those due whose time has come, some at a time. Nothing that a plan is computed from has moved by that.
pub(super) fn retry(tx: &mut Tx<'_>, now: Timestamp) -> Result<()> {
    let stamp = tx.number(&layout::counter(Counter::Activity))?;
    for (at, id) in first(tx, STUCK_RETRIES_PER_WRITE_MAX)? {
        if at > now {
            break;
        }
        tx.delete(&layout::stuck_until(at.as_millis(), id));
        let Some(mut row) = tx.json::<Row>(&layout::stuck(id))? else { continue };
        row.stuck.next_try = None;
        tx.put_json(&layout::stuck(id), &row)?;
        let mark = layout::dirty_mark(row.stuck.kind.number(), row.number, id);
        if !tx.has(&mark)? {
            tx.put(&mark, stamp.to_be_bytes().to_vec());
        }
    }
    Ok(())
}

/// Stuck subjects with an id above `after`, in the order of their coming, at most `limit`.
///
/// # Errors
/// If the disk refuses.
pub fn list(rows: &impl Rows, after: Option<Id>, limit: usize) -> Result<Vec<Stuck>> {
    let mut range = Range::under(layout::all_stuck());
    if let Some(after) = after {
        range = range.after(layout::stuck(after));
    }
    let mut found: Vec<Result<Stuck>> = Vec::new();
    if limit == 0 {
        return Ok(Vec::new());
    }
    rows.each(&range, &mut |_, value| {
        found.push(from_json::<Row>(value).map(|row| row.stuck));
        if found.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    found.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_bound() {
        let minutes: Vec<i64> = (1..=8).map(|tries| pause(tries) / 60_000).collect();
        assert_eq!(minutes, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(pause(u64::MAX), STUCK_RETRY_MS_MAX);
    }
}
