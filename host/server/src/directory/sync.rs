//! How far the directory has followed the inventory.

use schemars::JsonSchema;
use serde::Serialize;

use super::decision::connections;
use super::hold;
use super::outcome::{self, Progress};
use super::{past, walk};
use crate::admin::connections::Connection;
use crate::error::Result;
use crate::limits::DIRTY_COUNTED_MAX;
use crate::store::layout::{self, Counter, GROUP, USER};
use crate::store::{Key, Numbers, Range, Rows, Table};

/// Users and groups counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SubjectCounts {
    /// Users, or members of the directory.
    pub users: u64,
    /// Groups.
    pub groups: u64,
}

/// How far the directory has followed the inventory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SyncState {
    /// What identity providers have written, over all connections.
    pub inventory: SubjectCounts,
    /// What the directory has, local ones included.
    pub directory: SubjectCounts,
    /// Subjects whose projection is due by a change of their own.
    pub dirty: u64,
    /// Whether everything is being projected, since the pipeline changed.
    pub reprojecting: bool,
    /// How far that is, while it goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress: Option<Progress>,
    /// Subjects that a fault keeps at their last good projection.
    pub stuck: u64,
    /// Members that wait for an operator's decision on whether they go.
    pub held: u64,
    /// Deleted connections whose users and groups are still going. One of which only members are left that wait for an operator's decision is none of them.
    pub deleting: u64,
    /// Number of the newest event.
    pub last_event: u64,
    /// The lowest number of an event behind which the directory can be asked for; 0 as long as everything since the beginning is known.
    pub oldest_sequence: u64,
    /// Number of the pipeline in force.
    pub pipeline_revision: u64,
}

/// The tenant's state, from one snapshot.
///
/// # Errors
/// If the disk refuses.
pub fn state(rows: &impl Rows) -> Result<SyncState> {
    let counter = |counter| rows.number(&layout::counter(counter));
    Ok(SyncState {
        inventory: inventory(rows)?,
        directory: SubjectCounts { users: counter(Counter::Members)?, groups: counter(Counter::Groups)? },
        dirty: rows.count(&Range::under(layout::dirty()), DIRTY_COUNTED_MAX)? as u64,
        reprojecting: walk::current(rows)?.is_some(),
        progress: outcome::progress(rows)?,
        stuck: counter(Counter::Stuck)?,
        held: counter(Counter::Held)?,
        deleting: deleting(rows)?,
        last_event: counter(Counter::Event)?,
        oldest_sequence: past::oldest(rows)?,
        pipeline_revision: counter(Counter::Pipeline)?,
    })
}

/// What identity providers have written, over all connections.
pub(super) fn inventory(rows: &impl Rows) -> Result<SubjectCounts> {
    let mut inventory = SubjectCounts::default();
    for connection in connections(rows)? {
        inventory.users += rows.number(&layout::resource_count(connection, USER))?;
        inventory.groups += rows.number(&layout::resource_count(connection, GROUP))?;
    }
    Ok(inventory)
}

/// Deleted connections whose users and groups are still going.
fn deleting(rows: &impl Rows) -> Result<u64> {
    let mut going = 0;
    for number in connections(rows)? {
        if !rows.json::<Connection>(&layout::connection(number))?.is_some_and(|connection| connection.deleting) {
            continue;
        }
        // An operator may take days over those who are held.
        let waits = hold::is_waiting(rows, number)? && rows.count(&Range::under(Key::new(Table::Resource).number(number)), 1)? == 0;
        going += u64::from(!waits);
    }
    Ok(going)
}

/// Whether nothing is due: the directory says what inventory and pipeline say, and nothing of either is going.
///
/// # Errors
/// If the disk refuses.
pub fn is_settled(rows: &impl Rows) -> Result<bool> {
    let due = rows.count(&Range::under(layout::dirty()), 1)? > 0 || walk::current(rows)?.is_some() || hold::is_underway(rows)?;
    Ok(!due && deleting(rows)? == 0)
}
