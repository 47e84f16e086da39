//! The walk: projecting everything, batch by batch, with the place kept in a row, so that a restart goes on where it was.
//!
//! Groups first, then users, then members whose SCIM User is gone (a policy may have kept them).

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};

use super::decision::connections;
use super::group;
use super::member;
use super::subject::Due;
use crate::error::Result;
use crate::id::Id;
use crate::limits::WALK_LINKS_MAX;
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
    /// The SCIM id that it came by last, of that connection.
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

    /// The same, having made so many events.
    pub(super) fn having_made(self, events: u64) -> Self {
        Self { events, ..self }
    }

    /// The same, ended behind an earlier one of the subjects that it led to, having come by so many.
    pub(super) fn ended_at(self, last: Id, done: u64) -> Self {
        Self { after: Some(last), done, ..self }
    }

    /// The next subjects, at most `most`, and where the walk then stands; `None` behind its end.
    pub(super) fn step(mut self, rows: &impl Rows, most: usize) -> Result<(Vec<Due>, Option<Self>)> {
        let numbers = connections(rows)?;
        loop {
            let Some(connection) = numbers.iter().copied().find(|number| *number >= self.connection) else {
                let stage = match self.stage {
                    Stage::Groups => Stage::Users,
                    Stage::Users => Stage::Members,
                    Stage::Members => return Ok((Vec::new(), None)),
                };
                self = Self { stage, connection: 0, after: None, ..self };
                continue;
            };
            let after = self.after.filter(|_| connection == self.connection);
            let (dues, last) = match self.stage {
                Stage::Groups => present(rows, (connection, GROUP), after, most)?,
                Stage::Users => present(rows, (connection, USER), after, most)?,
                Stage::Members => orphans(rows, connection, after, most)?,
            };
            let Some(last) = last else {
                self = Self { connection: connection.saturating_add(1), after: None, ..self };
                continue;
            };
            let done = self.done + dues.len() as u64;
            return Ok((dues, Some(Self { connection, after: Some(last), done, ..self })));
        }
    }
}

/// The first subjects behind `after` that a connection's inventory has of a kind, at most `most`, and the last of them.
fn present(rows: &impl Rows, (connection, kind): (u32, u8), after: Option<Id>, most: usize) -> Result<(Vec<Due>, Option<Id>)> {
    let ids = ids_after(rows, connection, kind, after, most)?;
    let (Some(first), Some(last)) = (ids.first(), ids.last()) else { return Ok((Vec::new(), None)) };
    let marks = marks_between(rows, kind, connection, *first, *last)?;
    let dues = ids.iter().map(|id| Due { kind, connection, id: *id, mark: marks.get(id).copied() }).collect();
    Ok((dues, Some(*last)))
}

/// SCIM Users behind `after` that a connection's inventory no longer has, but the directory their members, at most `most`; and the last one that was
/// looked at, `None` if there was none to look at. Looks at some thousands of ids, so that a directory in which nobody is gone is seen through quickly.
fn orphans(rows: &impl Rows, connection: u32, after: Option<Id>, most: usize) -> Result<(Vec<Due>, Option<Id>)> {
    let (mut dues, mut last): (Vec<Due>, _) = (Vec::new(), None);
    for (user, member) in links(rows, connection, after)? {
        // Whoever is recognised by the same SCIM User is looked at with it.
        if dues.len() >= most && last != Some(user) {
            break;
        }
        if dues.last().is_none_or(|due| due.id != user) {
            dues.extend(orphan(rows, connection, user, member)?);
        }
        last = Some(user);
    }
    Ok((dues, last))
}

/// What is due of a member if its SCIM User is no longer there.
fn orphan(rows: &impl Rows, connection: u32, user: Id, member: Id) -> Result<Option<Due>> {
    if rows.has(&layout::resource(connection, USER, user))? || member::row(rows, member)?.is_none_or(|row| row.removed) {
        return Ok(None);
    }
    Ok(Some(Due { kind: USER, connection, id: user, mark: mark(rows, USER, connection, user)? }))
}

/// All such SCIM Users of some connections, in the same order. `there` has those that the inventory is known to have, in that order as well.
pub(super) fn all_orphans(rows: &impl Rows, connections: &[u32], there: &[(u32, Id)]) -> Result<Vec<Due>> {
    let mut dues: Vec<Due> = Vec::new();
    let mut there = there.iter().copied().peekable();
    for connection in connections {
        let mut after = None;
        loop {
            let linked = links(rows, *connection, after)?;
            let Some((end, _)) = linked.last().copied() else { break };
            for (user, member) in linked {
                while there.next_if(|known| *known < (*connection, user)).is_some() {}
                let is_known = there.peek() == Some(&(*connection, user));
                if !is_known && dues.last().is_none_or(|due| (due.connection, due.id) != (*connection, user)) {
                    dues.extend(orphan(rows, *connection, user, member)?);
                }
            }
            after = Some(end);
        }
    }
    Ok(dues)
}

/// SCIM Users of a connection behind `after`, each with a member that is recognised by it: [`WALK_LINKS_MAX`] and whoever else is recognised by the last of them.
fn links(rows: &impl Rows, connection: u32, after: Option<Id>) -> Result<Vec<(Id, Id)>> {
    let range = Range::under(layout::members_by(connection, MemberBy::ScimId));
    let range = match after {
        // Behind every member that is recognised by that one.
        Some(user) => {
            range.after(layout::member_by(connection, MemberBy::ScimId, &Id::to_string(&user)).id(Id::from_bytes([0xff; Id::BYTES])))
        }
        None => range,
    };
    let mut linked: Vec<(Id, Id)> = Vec::new();
    rows.each(&range, &mut |key, _| {
        let Some(link) = layout::scim_id_of(key).zip(key.last_chunk().map(|bytes| Id::from_bytes(*bytes))) else {
            return ControlFlow::Continue(());
        };
        if linked.len() >= WALK_LINKS_MAX && linked.last().is_some_and(|(user, _)| *user != link.0) {
            return ControlFlow::Break(());
        }
        linked.push(link);
        ControlFlow::Continue(())
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

/// What stands at the dirty marks of the subjects of a kind from `first` to `last`.
pub(super) fn marks_between(rows: &impl Rows, kind: u8, connection: u32, first: Id, last: Id) -> Result<BTreeMap<Id, u64>> {
    let mut marks = BTreeMap::new();
    rows.each(
        &Range::under(layout::dirty().byte(kind).number(connection)).from(layout::dirty_mark(kind, connection, first)),
        &mut |key, value| {
            let Some(due) = read_mark(key, value).filter(|due| due.id <= last) else { return ControlFlow::Break(()) };
            marks.extend(due.mark.map(|mark| (due.id, mark)));
            ControlFlow::Continue(())
        },
    )?;
    Ok(marks)
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
