//! What a turn made of its subjects, on its way to being written: whom nothing changes of is told from the others before the writer is asked for.
//!
//! Knows no plugin and writes no row.

use super::{Any, user_decision};
use crate::directory::ahead::Ahead;
use crate::directory::decision;
use crate::directory::evaluate::{GroupOutcome, UserOutcome};
use crate::directory::hold;
use crate::directory::idle::is_idle;
use crate::directory::subject::{Due, Setting};
use crate::directory::walk::Walk;
use crate::error::Result;
use crate::id::Id;
use crate::policy::Lifecycle;
use crate::store::layout;
use crate::store::{Range, Rows};

/// What is to be written.
#[derive(Default)]
pub(in crate::directory) struct Projected {
    pub groups: Vec<GroupOutcome>,
    pub users: Vec<UserOutcome>,
    /// Users of whom nothing changes, unless something has moved since they were looked at. All of one connection, in the order of their ids.
    pub idle: Vec<Idle>,
    /// Subjects of which neither inventory nor directory knows anything, or groups that the inventory no longer has.
    pub gone: Vec<Due>,
    /// The walk that they belong to, and where it then stands.
    pub walk: Option<(Walk, Next)>,
}

/// Where a walk stands behind what is written.
#[derive(Clone, Copy)]
pub(in crate::directory) enum Next {
    /// Where it stood: more of the same turn is still to be written.
    Same,
    /// Here.
    At(Walk),
    /// At its end.
    End,
}

/// A user of whom nothing changes, who has no mark.
pub(in crate::directory) struct Idle {
    pub due: Due,
    /// The row of its member, whose id is the user's, as it is stored; `None` if it has no member.
    pub row: Option<Vec<u8>>,
}

impl Projected {
    /// Everybody that it is about, by connection, kind and id.
    pub(super) fn subjects(&self) -> impl Iterator<Item = (u32, u8, Id)> {
        let groups = self.groups.iter().map(|outcome| outcome.subject.due);
        let users = self.users.iter().map(|outcome| outcome.subject.due);
        let idle = self.idle.iter().map(|idle| idle.due);
        groups.chain(users).chain(idle).chain(self.gone.iter().copied()).map(|due| (due.connection, due.kind, due.id))
    }

    /// Tells whom nothing changes of from the others, and reads of these what was left out. Only of those that a walk came by: they lie together.
    ///
    /// # Errors
    /// If the disk refuses.
    pub(in crate::directory) fn leave_idle(&mut self, rows: &impl Rows, setting: &Setting) -> Result<()> {
        let connection = self.users.first().map(|user| user.subject.due.connection);
        let Some(connection) = connection.filter(|_| self.walk.is_some()) else { return Ok(()) };
        let users: Vec<Id> = self.users.iter().map(|user| user.subject.due.id).collect();
        let any = Any::read(rows)?;
        let mut ahead = Ahead::default();
        ahead.read_conclusions(rows, connection, &users)?;
        let rows = ahead.on(rows);
        let mut changing = Vec::new();
        for mut outcome in std::mem::take(&mut self.users) {
            if stands(&rows, setting, any, &outcome)? {
                self.idle.push(Idle { due: outcome.subject.due, row: outcome.subject.skimmed.take() });
            } else {
                outcome.subject.complete()?;
                changing.push(outcome);
            }
        }
        self.users = changing;
        Ok(())
    }

    /// Ends a walk's turn in front of the first subject for which there was no time, and says whether it did. The walk comes by that one next, so that whatever holds
    /// for who is come by holds for it as well. Where the very first had to wait there is nothing to end: then all of them get marks, as those do that no walk came by.
    pub(in crate::directory) fn end_at_postponed(&mut self) -> bool {
        let Some((walked, Next::At(next))) = self.walk else { return false };
        let groups = self.groups.iter().position(|outcome| outcome.postponed);
        let users = self.users.iter().position(|outcome| outcome.postponed);
        let last = match (groups, users) {
            (Some(place), _) => place.checked_sub(1).and_then(|last| self.groups.get(last)).map(|outcome| outcome.subject.due),
            (_, Some(place)) => place.checked_sub(1).and_then(|last| self.users.get(last)).map(|outcome| outcome.subject.due),
            (None, None) => None,
        };
        let Some(last) = last else { return false };
        self.groups.truncate(groups.unwrap_or(usize::MAX));
        self.users.truncate(users.unwrap_or(usize::MAX));
        // Of one step all are of one kind and connection, in the order of their ids.
        self.gone.retain(|due| due.id <= last.id);
        let done = walked.done + (self.groups.len() + self.users.len() + self.gone.len()) as u64;
        self.walk = Some((walked, Next::At(next.ended_at(last.id, done))));
        true
    }

    /// The same in parts of at most `most` subjects that may change, in their order. All but the last leave the walk where it stood.
    pub(in crate::directory) fn parts(mut self, most: usize) -> Vec<Self> {
        let mut parts = Vec::new();
        while self.groups.len() + self.users.len() > most {
            let groups: Vec<_> = self.groups.drain(..self.groups.len().min(most)).collect();
            let users = self.users.drain(..self.users.len().min(most - groups.len())).collect();
            let walk = self.walk.map(|(walk, _)| (walk, Next::Same));
            parts.push(Self { groups, users, walk, ..Self::default() });
        }
        parts.push(self);
        parts
    }
}

/// Whether nothing would be written of a user: neither of its member, nor what was decided on it, nor beside either. That can only be said of one that was skimmed, and of
/// one that has no member and is to have none.
fn stands(rows: &impl Rows, setting: &Setting, any: Any, outcome: &UserOutcome) -> Result<bool> {
    let (subject, due) = (&outcome.subject, outcome.subject.due);
    if due.mark.is_some() || subject.member.is_some() != subject.skimmed.is_some() || subject.lifecycle == Lifecycle::Deleted {
        return Ok(false);
    }
    let Some(connection) = setting.connections.get(&due.connection) else { return Ok(false) };
    if outcome.postponed || !is_idle(rows, setting, outcome)? {
        return Ok(false);
    }
    // Whoever is held, or was told to stay, is no longer if nothing would be taken from it.
    if any.held && hold::find(rows, due.id)?.is_some() {
        return Ok(false);
    }
    // It is put into none, so whatever it was put into is to be taken back.
    if any.added && rows.count(&Range::under(layout::added_groups(due.connection, due.id)), 1)? > 0 {
        return Ok(false);
    }
    let decision = user_decision(setting, outcome, connection.id, subject.member.as_ref().map(|row| row.member.id));
    decision::stands(rows, due.connection, &decision)
}
