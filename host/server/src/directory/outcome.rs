//! What became of pipeline revisions: whether the directory follows one already, and of how many it does not.
//!
//! A revision is put in one write and takes effect by a walk over everything. Until that ends, no answer says that the directory is what the revision makes of
//! it. Knows nothing of policies.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::sync;
use super::walk;
use crate::clock::Timestamp;
use crate::error::Result;
use crate::store::layout::{self, Counter};
use crate::store::{Numbers, Rows, Tx};

/// How far a pipeline revision has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum OutcomeState {
    /// Everything is being projected by it.
    Applying,
    /// Everything has been projected by it.
    Applied,
    /// Another revision came before everything had been projected by it.
    Superseded,
}

/// What became of a pipeline revision. Whoever is held or stuck is so by whatever cause: what is said is of how many the directory does not follow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// How far it has come.
    pub state: OutcomeState,
    /// When everything had been projected by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished: Option<Timestamp>,
    /// Events that projecting everything made, so far.
    pub events: u64,
    /// Members that waited for an operator's decision on whether they go when everything had been projected, or wait now while that goes on: of them the directory is as it was.
    #[serde(default)]
    pub held: u64,
    /// Users and groups that a fault kept at their last good projection then, or keeps there now.
    #[serde(default)]
    pub stuck: u64,
    /// How far projecting everything is, while it goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<Progress>,
}

/// How far something has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// Users and groups that are done.
    pub done: u64,
    /// Users and groups that there are.
    pub total: u64,
}

/// How far the walk under way has come; `None` if none is.
///
/// # Errors
/// If the disk refuses.
pub fn progress(rows: &impl Rows) -> Result<Option<Progress>> {
    let Some(walk) = walk::current(rows)? else { return Ok(None) };
    let inventory = sync::inventory(rows)?;
    // Users that only the directory still has are looked at as well, and the inventory moves meanwhile.
    let total = (inventory.users + inventory.groups).max(walk.done);
    Ok(Some(Progress { done: walk.done, total }))
}

/// What became of a revision; `None` of one from before this was written down, and of number 0.
///
/// # Errors
/// If the disk refuses.
pub fn outcome(rows: &impl Rows, revision: u64) -> Result<Option<Outcome>> {
    let Some(outcome) = rows.json::<Outcome>(&layout::outcome(revision))? else { return Ok(None) };
    if outcome.state != OutcomeState::Applying {
        return Ok(Some(outcome));
    }
    let events = walk::current(rows)?.map_or(outcome.events, |walk| walk.events);
    Ok(Some(Outcome { events, progress: progress(rows)?, ..outcome.with_those_left(rows)? }))
}

impl Outcome {
    /// The same with how many the directory does not follow it in as things are.
    fn with_those_left(self, rows: &impl Rows) -> Result<Self> {
        let counter = |counter| rows.number(&layout::counter(counter));
        Ok(Self { held: counter(Counter::Held)?, stuck: counter(Counter::Stuck)?, ..self })
    }
}

/// Writes down that `revision` is put. The one before it, if it was still being applied, never will be.
///
/// # Errors
/// If the disk refuses.
pub fn begin(tx: &mut Tx<'_>, revision: u64) -> Result<()> {
    if let Some(before) = revision.checked_sub(1)
        && let Some(outcome) = outcome(tx, before)?.filter(|outcome| outcome.state == OutcomeState::Applying)
    {
        tx.put_json(&layout::outcome(before), &Outcome { state: OutcomeState::Superseded, progress: None, ..outcome })?;
    }
    let begun = Outcome { state: OutcomeState::Applying, finished: None, events: 0, held: 0, stuck: 0, progress: None };
    tx.put_json(&layout::outcome(revision), &begun)
}

/// Writes down that everything has been projected by the revision in force.
pub(super) fn finish(tx: &mut Tx<'_>, events: u64, now: Timestamp) -> Result<()> {
    let revision = tx.number(&layout::counter(Counter::Pipeline))?;
    let key = layout::outcome(revision);
    match tx.json::<Outcome>(&key)? {
        Some(outcome) if outcome.state == OutcomeState::Applying => {
            let finished = Outcome { state: OutcomeState::Applied, finished: Some(now), events, ..outcome.with_those_left(tx)? };
            tx.put_json(&key, &finished)
        }
        _ => Ok(()),
    }
}
