//! The walk: projecting everything, batch by batch, with the place kept in a row, so that a restart goes on where it was.
//!
//! Groups first, then users, then members whose SCIM User is gone (a policy may have kept them).

use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};

use super::decision::connections;
use super::group;
use super::member::{self, MemberRow};
use super::subject::Due;
use crate::error::Result;
use crate::id::Id;
use crate::limits::PLAN_LINKS_MAX;
use crate::provision::Causes;
use crate::store::layout::{self, Counter, GROUP, MemberBy, USER};
use crate::store::{Numbers, Range, Rows, Tx};

/// How far a projection of everything has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Walk {
    /// Which one it is: another is begun whenever the pipeline changes.
    pub number: u64,
    stage: Stage,
    connection: u32,
    after: Option<Id>,
    /// Subjects that it came by.
    #[serde(default)]
    pub done: u64,
    /// Events that it made.
    #[serde(default)]
    pub events: u64,
    /// The request that began it, by its activity entry.
    #[serde(default)]
    pub activity: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Stage {
    Groups,
    Users,
    Members,
}

/// Makes the whole directory due for projection, from the beginning, for the sake of the request whose activity entry this transaction has written.
///
/// # Errors
/// If the disk refuses.
pub fn reproject_all(tx: &mut Tx<'_>) -> Result<()> {
    let activity = tx.number(&layout::counter(Counter::Activity))?;
    reproject_all_for(tx, Some(activity).filter(|activity| *activity > 0))
}

/// The same for the sake of another request, or of none.
///
/// # Errors
/// If the disk refuses.
pub fn reproject_all_for(tx: &mut Tx<'_>, activity: Option<u64>) -> Result<()> {
    let number = tx.add(&layout::counter(Counter::Walk), 1)?;
    tx.put_json(&layout::walk(), &Walk { activity, ..Walk::begin(number) })
}

/// Begins anew, for the sake of the request that began the projection that is under way, if one is.
///
/// # Errors
/// If the disk refuses.
pub fn reproject_again(tx: &mut Tx<'_>) -> Result<()> {
    let activity = current(tx)?.and_then(|walk| walk.activity);
    reproject_all_for(tx, activity)
}

/// The walk under way.
pub(super) fn current(rows: &impl Rows) -> Result<Option<Walk>> {
    rows.json(&layout::walk())
}

impl Walk {
    /// One that has come by nobody.
    pub(super) fn begin(number: u64) -> Self {
        Self { number, stage: Stage::Groups, connection: 0, after: None, done: 0, events: 0, activity: None }
    }

    /// The next subjects, at most `most`, and where the walk then stands; `None` behind its end.
    pub(super) fn step(mut self, rows: &impl Rows, most: usize) -> Result<(Vec<Due>, Option<Self>)> {
        let numbers = connections(rows)?;
        loop {
            let kind = match self.stage {
                Stage::Groups => GROUP,
                Stage::Users => USER,
                Stage::Members => return self.step_members(rows, most),
            };
            let Some(connection) = numbers.iter().copied().find(|number| *number >= self.connection) else {
                let stage = if self.stage == Stage::Groups { Stage::Users } else { Stage::Members };
                self = Self { stage, connection: 0, after: None, ..self };
                continue;
            };
            let after = self.after.filter(|_| connection == self.connection);
            let ids = ids_after(rows, connection, kind, after, most)?;
            let Some(last) = ids.last() else {
                self = Self { connection: connection.saturating_add(1), after: None, ..self };
                continue;
            };
            let next = Self { connection, after: Some(*last), done: self.done + ids.len() as u64, ..self };
            let dues = ids.into_iter().map(|id| due(rows, kind, connection, id)).collect::<Result<_>>()?;
            return Ok((dues, Some(next)));
        }
    }

    fn step_members(self, rows: &impl Rows, most: usize) -> Result<(Vec<Due>, Option<Self>)> {
        let (dues, last) = orphans(rows, self.after, most)?;
        let done = self.done + dues.len() as u64;
        Ok((dues, last.map(|last| Self { after: Some(last), done, ..self })))
    }
}

/// Members behind `after` that came by SCIM and whose SCIM User is no longer there, looking at no more than `most`; and the last one that was looked at, if
/// there may be more.
pub(super) fn orphans(rows: &impl Rows, after: Option<Id>, most: usize) -> Result<(Vec<Due>, Option<Id>)> {
    let mut range = Range::under(layout::members());
    if let Some(after) = after {
        range = range.after(layout::member(after));
    }
    let (mut last, mut looked, mut found) = (after, 0, Vec::new());
    let mut outcome = Ok(());
    rows.each(&range, &mut |_, value| {
        match crate::store::from_json::<MemberRow>(value) {
            Ok(row) => {
                last = Some(row.member.id);
                found.extend(row.member.scim_id.filter(|_| !row.removed).map(|id| (row.connection, id)));
            }
            Err(error) => outcome = Err(error),
        }
        looked += 1;
        if looked < most && outcome.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    outcome?;
    let mut dues = Vec::new();
    for (connection, id) in found {
        if !rows.has(&layout::resource(connection, USER, id))? {
            dues.push(due(rows, USER, connection, id)?);
        }
    }
    Ok((dues, last.filter(|_| looked >= most)))
}

/// The same of some connections, all at once and in the same order. Looks at ids alone, so that a directory in which nobody is gone is seen through quickly.
pub(super) fn all_orphans(rows: &impl Rows, connections: &[u32]) -> Result<Vec<Due>> {
    let mut found = Vec::new();
    for connection in connections {
        let mut after = None;
        loop {
            let mut range = Range::under(layout::members_by(*connection, MemberBy::ScimId));
            if let Some((user, member)) = after {
                range = range.after(layout::member_by(*connection, MemberBy::ScimId, &Id::to_string(&user)).id(member));
            }
            let linked = links(rows, &range)?;
            for (user, member) in &linked {
                if !rows.has(&layout::resource(*connection, USER, *user))? && member::row(rows, *member)?.is_some_and(|row| !row.removed) {
                    found.push((*member, due(rows, USER, *connection, *user)?));
                }
            }
            if linked.len() < PLAN_LINKS_MAX {
                break;
            }
            after = linked.last().copied();
        }
    }
    found.sort_unstable_by_key(|(member, _)| *member);
    Ok(found.into_iter().map(|(_, due)| due).collect())
}

/// SCIM Users and the members that are recognised by them, [`PLAN_LINKS_MAX`] at the most.
fn links(rows: &impl Rows, range: &Range) -> Result<Vec<(Id, Id)>> {
    let mut linked = Vec::new();
    rows.each(range, &mut |key, _| {
        linked.extend(layout::scim_id_of(key).zip(key.last_chunk().map(|bytes| Id::from_bytes(*bytes))));
        if linked.len() < PLAN_LINKS_MAX { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    Ok(linked)
}

/// The first ids behind `after` of a connection's resources of a kind, at most `most`.
pub(super) fn ids_after(rows: &impl Rows, connection: u32, kind: u8, after: Option<Id>, most: usize) -> Result<Vec<Id>> {
    let range = Range::under(layout::resources(connection, kind));
    let range = match after {
        Some(after) => range.after(layout::resource(connection, kind, after)),
        None => range,
    };
    group::ids(rows, &range, most)
}

fn due(rows: &impl Rows, kind: u8, connection: u32, id: Id) -> Result<Due> {
    Ok(Due { kind, connection, id, mark: mark(rows, kind, connection, id)? })
}

/// What stands at a subject's dirty mark.
pub(super) fn mark(rows: &impl Rows, kind: u8, connection: u32, id: Id) -> Result<Option<u64>> {
    let value = rows.get(&layout::dirty_mark(kind, connection, id))?;
    Ok(value.and_then(|bytes| bytes.first_chunk().copied()).map(u64::from_be_bytes))
}

/// Which requests made a subject due; none if it has no mark.
pub(super) fn causes(rows: &impl Rows, due: Due) -> Result<Causes> {
    let mark = rows.get(&layout::dirty_mark(due.kind, due.connection, due.id))?;
    Ok(mark.map(|mark| Causes::read(&mark)).unwrap_or_default())
}

/// The first subjects that are due by a mark, at most `most`, all of one type: groups before users.
pub(super) fn marked(rows: &impl Rows, most: usize) -> Result<Vec<Due>> {
    let mut dues: Vec<Due> = Vec::new();
    rows.each(&Range::under(layout::dirty()), &mut |key, value| {
        if let Some(due) = read_mark(key, value) {
            if dues.first().is_some_and(|first| first.kind != due.kind) {
                return ControlFlow::Break(());
            }
            dues.push(due);
        }
        if dues.len() < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    Ok(dues)
}

/// Subjects of a kind that are marked as due and that the inventory no longer has.
pub(super) fn marked_gone(rows: &impl Rows, kind: u8) -> Result<Vec<Due>> {
    let mut dues = Vec::new();
    rows.each(&Range::under(layout::dirty().byte(kind)), &mut |key, value| {
        dues.extend(read_mark(key, value));
        ControlFlow::Continue(())
    })?;
    let mut gone = Vec::new();
    for due in dues {
        if !rows.has(&layout::resource(due.connection, kind, due.id))? {
            gone.push(due);
        }
    }
    Ok(gone)
}

/// A mark's key is table, kind, connection, id.
pub(super) fn read_mark(key: &[u8], value: &[u8]) -> Option<Due> {
    let (kind, rest) = key.get(1..)?.split_first()?;
    let (connection, id) = rest.split_first_chunk()?;
    let mark = value.first_chunk().copied().map(u64::from_be_bytes);
    Some(Due { kind: *kind, connection: u32::from_be_bytes(*connection), id: Id::from_slice(id)?, mark })
}
