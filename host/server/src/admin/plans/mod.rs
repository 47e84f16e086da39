//! Plans of a tenant, kept: what a proposed pipeline would make of the directory, to be looked at and applied.
//!
//! Reading order: [`compute`] makes one, [`get`], [`list`] and [`differences`] show it, [`renew`] and [`apply`] put its pipeline. The summary of a plan is one
//! row; its differences are rows of their own, some hundreds in each. A plan of which a pipeline revision came is kept as long as that one, others until some more have come ([`room`]). Knows nothing of how
//! differences are found.

mod apply;
mod compute;
mod differences;
mod room;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use apply::{Consent, apply, renew};
pub use compute::{Wanted, compute, keep};
pub use differences::{Asked, differences};

use super::listing;
use super::pipeline::Policy;
use crate::activity::Actor;
use crate::clock::Timestamp;
use crate::directory::plan::{DifferenceCounts, PolicyCounts};
use crate::error::{Error, Result};
use crate::id::Id;
use crate::store::layout::{self, Counter};
use crate::store::{Numbers, Range, Rows, from_json};

/// What a proposed pipeline would make of the directory.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// Its id.
    pub id: Id,
    /// When it was computed.
    pub created: Timestamp,
    /// Who asked for it.
    pub actor: Actor,
    /// The pipeline revision in force that it was computed against.
    pub pipeline_revision: u64,
    /// Number of the newest event of the directory that it was computed against.
    pub last_event: u64,
    /// The earlier revision that it goes back to, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollback_to: Option<u64>,
    /// Users and groups that were evaluated.
    pub subjects: u64,
    /// How many differences it has.
    pub differences: u64,
    /// How many of each kind.
    pub counts: DifferenceCounts,
    /// How many members it removes or suspends.
    pub removals: u64,
    /// How many the tenant's guard let pass when it was computed. Beyond it, applying wants `acceptRemovals`.
    pub removals_allowed: u64,
    /// What each policy makes different, the one that takes access from most members first.
    pub by_policy: Vec<PolicyCounts>,
    /// A few lines for a person.
    pub summary: Vec<String>,
    /// The pipeline revision that it became, if it was applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applied: Option<u64>,
    /// The pipeline revision that its policies were made from, if that was said. It is applied only as long as that one is in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_from: Option<u64>,
    /// Whether inventory, directory or pipeline have moved since. It is computed anew then before it is applied.
    #[serde(default)]
    pub moved: bool,
    /// Whether its differences can still be looked at one by one. Those of plans that were applied long ago are no longer kept, their summary is.
    #[serde(default = "yes")]
    pub differences_kept: bool,
}

fn yes() -> bool {
    true
}

/// A plan as stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    /// What others see.
    pub plan: Plan,
    base: Base,
    /// How many rows have its differences.
    parts: u32,
    /// Whether it has all of them. One that has not is what a process left that ended meanwhile.
    complete: bool,
    /// Whether a pipeline revision came of it. It is kept as long as that one.
    #[serde(default)]
    made: bool,
}

/// What a plan was computed from: if these are the same, so is what is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Base {
    pipeline_revision: u64,
    last_event: u64,
    inventory: u64,
    walks: u64,
}

impl Base {
    fn read(rows: &impl Rows) -> Result<Self> {
        let counter = |counter| rows.number(&layout::counter(counter));
        Ok(Self {
            pipeline_revision: counter(Counter::Pipeline)?,
            last_event: counter(Counter::Event)?,
            inventory: counter(Counter::Inventory)?,
            walks: counter(Counter::Walk)?,
        })
    }
}

/// The policies of a plan. They stand apart, since their settings can be megabytes.
fn policies(rows: &impl Rows, id: Id) -> Result<Vec<Policy>> {
    rows.json(&layout::plan_policies(id))?.ok_or_else(|| Error::internal(format!("the policies of plan {id} are not there")))
}

/// The policies of the plan with this id, in the order in which they would be asked.
///
/// # Errors
/// 404 if there is no such plan, or none any more; a conflict if it was applied: its revision has them.
pub fn proposed(rows: &impl Rows, id: Id) -> Result<Vec<Policy>> {
    match row(rows, id)?.plan.applied {
        Some(revision) => {
            Err(Error::conflict(format!("This plan has been applied: revision {revision} of the pipeline has its policies.")))
        }
        None => policies(rows, id),
    }
}

/// The plan with this id, as stored.
fn row(rows: &impl Rows, id: Id) -> Result<Row> {
    let row: Option<Row> = rows.json(&layout::plan(id))?;
    row.filter(|row| row.complete).ok_or_else(|| Error::not_found("plan"))
}

/// The plan with this id.
///
/// # Errors
/// 404 if there is none, or none any more.
pub fn get(rows: &impl Rows, id: Id) -> Result<Plan> {
    let row = row(rows, id)?;
    let moved = Base::read(rows)? != row.base;
    Ok(Plan { moved, ..row.plan })
}

/// Plans from before `before`, newest first, at most `limit`.
///
/// # Errors
/// If the disk refuses.
pub fn list(rows: &impl Rows, before: Option<Id>, limit: usize) -> Result<Vec<Plan>> {
    let range = Range::under(layout::plans()).descending();
    let range = before.map_or(range.clone(), |before| range.after(layout::plan(before)));
    let base = Base::read(rows)?;
    let found = listing::read(rows, &range, limit, |_, value| from_json::<Row>(value))?;
    let shown = |row: Row| Plan { moved: row.base != base, ..row.plan };
    Ok(found.into_iter().filter(|row| row.complete).map(shown).collect())
}
