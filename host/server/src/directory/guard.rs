//! The guard against mass removals: how many members have gone or were suspended of late, and whether one more may.
//!
//! It counts people, not changes: who was suspended within the window and is removed within it is counted once. Who has only just come is
//! not counted at all, since identity providers try a configuration with somebody whom they make and delete; that only few are such at a
//! time is what keeps a burst from passing so ([`is_visitor`]).
//!
//! Knows no policy, and nothing of what becomes of those who are held: that is `hold`'s.

use std::ops::ControlFlow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::decision::Reason;
use super::hold::{self, Bound, HeldBy, HeldState, Joined};
use super::member::{Issued, MemberRow, Status};
use crate::admin::guard::Guard;
use crate::clock::Timestamp;
use crate::error::Result;
use crate::id::Id;
use crate::limits::{GUARD_SPANS_MAX, GUARD_VISIT_MS_MAX, GUARD_VISITORS_MAX};
use crate::store::layout::{self, Counter};
use crate::store::{Numbers, Range, Rows, Tx};

/// What a projection takes from a member that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Loss {
    /// Its place in the directory.
    Removed,
    /// Its access: it was active.
    Suspended,
}

impl Loss {
    /// What somebody loses who is there as `before` says and would be as `after` says.
    pub(super) fn between(before: &MemberRow, after: Option<&MemberRow>) -> Option<Self> {
        match after {
            None => Some(Self::Removed),
            Some(after) => {
                let loses = before.member.status == Status::Active && after.member.status == Status::Suspended;
                loses.then_some(Self::Suspended)
            }
        }
    }
}

/// A member that would lose something.
pub(super) struct Case<'a> {
    /// The member as it is.
    pub row: &'a MemberRow,
    /// What it would lose.
    pub loss: Loss,
    /// Who says so, and why.
    pub cause: Reason,
    /// Id of the SCIM User that it is or was.
    pub scim_id: Id,
    /// Number of the activity entry of the request that brings it about, if one does.
    pub activity: Option<u64>,
}

/// What the guard says.
pub(super) enum Judgement {
    /// It may go, and that counts for nothing.
    Passes,
    /// It may go, and is one of those who went within the window.
    Counts,
    /// It stays as it is, and did before.
    Held(HeldBy),
    /// It stays as it is from now on.
    Joins(Joined),
}

/// What the guard needs to know of the projection.
pub(super) struct Watch<'a> {
    /// The tenant's settings.
    pub guard: &'a Guard,
    /// The pipeline revision by which a walk is projecting; `None` if the subject is projected for a change of its own.
    pub walking: Option<u64>,
    /// Whether this only tries what would happen: then everybody goes but those who are held already.
    pub draft: bool,
    /// When.
    pub now: Timestamp,
}

/// Says whether a member may go, and writes down what follows from that.
///
/// # Errors
/// If the disk refuses.
pub(super) fn judge(tx: &mut Tx<'_>, case: &Case<'_>, watch: &Watch<'_>) -> Result<Judgement> {
    let id = case.row.member.id;
    if let Some(held) = hold::find(tx, id)? {
        match held.shown.state {
            HeldState::Released => {
                hold::clear(tx, id, watch.now)?;
                return Ok(Judgement::Passes);
            }
            // What an operator refused was this; another thing is another question.
            HeldState::Discarded if held.shown.effect != case.loss => hold::reopen(tx, &held)?,
            HeldState::Held | HeldState::Discarded => return Ok(Judgement::Held(hold::renew(tx, case, held)?)),
        }
    }
    if watch.draft || !watch.guard.is_enabled() || is_visitor(tx, case.row, watch.now)? {
        return Ok(Judgement::Passes);
    }
    if let Some(revision) = watch.walking
        && use_allowance(tx, revision)?
    {
        return Ok(Judgement::Passes);
    }
    let since = window_start(watch.guard, watch.now);
    if case.row.counted.is_some_and(|counted| counted > since && counted <= watch.now) {
        return Ok(Judgement::Passes);
    }
    let mut window = Window::read(tx, watch.guard, watch.now)?;
    let synced = synced_members(tx)?;
    tx.put(&layout::counter(Counter::SyncedMembers), synced.to_be_bytes().to_vec());
    if window.used() < window.allowed(watch.guard, synced) {
        window.add(watch.guard, synced, watch.now);
        tx.put_json(&layout::guard_window(), &window)?;
        return Ok(Judgement::Counts);
    }
    let bound = Bound {
        allowed: window.allowed(watch.guard, synced),
        members: window.members(synced),
        window_seconds: watch.guard.window_seconds(),
    };
    Ok(Judgement::Joins(hold::join(tx, case, bound, watch.now)?))
}

/// How many more members can be removed or suspended at `now` without being held.
///
/// # Errors
/// If the disk refuses.
pub fn room(rows: &impl Rows, guard: &Guard, now: Timestamp) -> Result<u64> {
    if !guard.is_enabled() {
        return Ok(u64::MAX);
    }
    let window = Window::read(rows, guard, now)?;
    Ok(window.allowed(guard, synced_members(rows)?).saturating_sub(window.used()))
}

/// Removals and suspensions that an operator has accepted.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Allowance {
    pipeline_revision: u64,
    left: u64,
}

/// Lets `most` members go by the walk of this pipeline revision, uncounted and before anybody is held. Whatever is left of it is forgotten when the walk ends.
///
/// # Errors
/// None that a value of ours can cause.
pub fn allow(tx: &mut Tx<'_>, pipeline_revision: u64, most: u64) -> Result<()> {
    tx.put_json(&layout::guard_allowance(), &Allowance { pipeline_revision, left: most })
}

/// Forgets what an operator has accepted.
pub(super) fn forget_allowance(tx: &mut Tx<'_>) {
    tx.delete(&layout::guard_allowance());
}

/// Uses one up, if there is one for this revision.
fn use_allowance(tx: &mut Tx<'_>, pipeline_revision: u64) -> Result<bool> {
    let allowance: Option<Allowance> = tx.json(&layout::guard_allowance())?;
    let Some(Allowance { left, .. }) = allowance.filter(|allowance| allowance.pipeline_revision == pipeline_revision && allowance.left > 0)
    else {
        return Ok(false);
    };
    tx.put_json(&layout::guard_allowance(), &Allowance { pipeline_revision, left: left - 1 })?;
    Ok(true)
}

/// A member that came by a connection.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Arrival {
    member: Id,
    at: Timestamp,
}

/// Takes note that a member has come.
///
/// # Errors
/// If the disk refuses.
pub(super) fn arrived(tx: &mut Tx<'_>, connection: u32, member: Id, at: Timestamp) -> Result<()> {
    let key = layout::guard_arrivals(connection);
    let mut arrivals: Vec<Arrival> = tx.json(&key)?.unwrap_or_default();
    arrivals.push(Arrival { member, at });
    let old = arrivals.len().saturating_sub(GUARD_VISITORS_MAX);
    arrivals.drain(..old);
    tx.put_json(&key, &arrivals)
}

/// Whether a member has only just come and is one of the last who did, by its connection. A test user is, whatever it is called; of a burst of people only the
/// last few are.
fn is_visitor(rows: &impl Rows, row: &MemberRow, now: Timestamp) -> Result<bool> {
    if row.member.created.plus_millis(GUARD_VISIT_MS_MAX) < now {
        return Ok(false);
    }
    let arrivals: Vec<Arrival> = rows.json(&layout::guard_arrivals(row.connection))?.unwrap_or_default();
    Ok(arrivals.iter().any(|arrival| arrival.member == row.member.id && arrival.at.plus_millis(GUARD_VISIT_MS_MAX) >= now))
}

/// Forgets what is known of a connection that is gone.
pub fn forget_connection(tx: &mut Tx<'_>, connection: u32) {
    tx.delete(&layout::guard_arrivals(connection));
    tx.delete(&layout::held_count(connection));
}

/// How many members came by SCIM. Counted once in a file that has no such number yet.
fn synced_members(rows: &impl Rows) -> Result<u64> {
    let key = layout::counter(Counter::SyncedMembers);
    if rows.has(&key)? {
        return rows.number(&key);
    }
    let (mut count, mut outcome) = (0, Ok(()));
    rows.each(&Range::under(layout::members()), &mut |_, value| match crate::store::from_json::<MemberRow>(value) {
        Ok(row) => {
            count += u64::from(is_synced(&row));
            ControlFlow::Continue(())
        }
        Err(error) => {
            outcome = Err(error);
            ControlFlow::Break(())
        }
    })?;
    outcome.map(|()| count)
}

/// Takes note that a member's row becomes another. To be called before it does.
///
/// # Errors
/// If the disk refuses.
pub(super) fn recount(tx: &mut Tx<'_>, before: Option<&MemberRow>, after: Option<&MemberRow>) -> Result<()> {
    let by = i64::from(after.is_some_and(is_synced)) - i64::from(before.is_some_and(is_synced));
    if by != 0 {
        let count = synced_members(tx)?.saturating_add_signed(by);
        tx.put(&layout::counter(Counter::SyncedMembers), count.to_be_bytes().to_vec());
    }
    Ok(())
}

fn is_synced(row: &MemberRow) -> bool {
    !row.removed && row.member.issued == Issued::Scim
}

/// When the window began that ends now.
fn window_start(guard: &Guard, now: Timestamp) -> Timestamp {
    now.plus_millis(guard.window_ms().saturating_neg())
}

/// Who went within the window, counted in spans of time, oldest first.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Window {
    spans: Vec<Span>,
}

/// A part of the window in which somebody went.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Span {
    /// When the first went.
    from: Timestamp,
    /// When the last went.
    until: Timestamp,
    /// How many.
    losses: u64,
    /// Synced members before the first went.
    members: u64,
}

impl Window {
    /// What of the past still counts at `now`. What lies further ahead than the window reaches was told by a clock that was wrong.
    fn read(rows: &impl Rows, guard: &Guard, now: Timestamp) -> Result<Self> {
        let mut window: Self = rows.json(&layout::guard_window())?.unwrap_or_default();
        let (since, ahead) = (window_start(guard, now), now.plus_millis(guard.window_ms()));
        window.spans.retain(|span| span.until > since && span.from <= ahead);
        Ok(window)
    }

    fn used(&self) -> u64 {
        self.spans.iter().map(|span| span.losses).sum()
    }

    /// Synced members when the window began, given how many there are now.
    fn members(&self, now: u64) -> u64 {
        self.spans.first().map_or(now, |span| span.members)
    }

    fn allowed(&self, guard: &Guard, members: u64) -> u64 {
        guard.allowed(self.members(members))
    }

    fn add(&mut self, guard: &Guard, members: u64, now: Timestamp) {
        let length = guard.window_ms() / GUARD_SPANS_MAX;
        match self.spans.last_mut().filter(|span| now < span.from.plus_millis(length)) {
            Some(span) => {
                span.losses += 1;
                span.until = span.until.max(now);
            }
            None => self.spans.push(Span { from: now, until: now, losses: 1, members }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    const SECOND: i64 = 1_000;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(1_700_000_000_000 + seconds * SECOND)
    }

    /// Adds a loss for each time, as long as the window lets it, and gives how many it let.
    fn pass(guard: &Guard, members: u64, times: impl IntoIterator<Item = i64>) -> u64 {
        let tenant = Store::in_memory().unwrap().tenant(1);
        let mut passed = 0;
        for time in times {
            let guard = guard.clone();
            passed += tenant
                .write(move |tx| {
                    let mut window = Window::read(tx, &guard, at(time))?;
                    assert!(window.spans.len() <= 2 * usize::try_from(GUARD_SPANS_MAX).unwrap() + 1, "{window:?}");
                    if window.used() >= window.allowed(&guard, members) {
                        return Ok(0);
                    }
                    window.add(&guard, members, at(time));
                    tx.put_json(&layout::guard_window(), &window)?;
                    Ok(1)
                })
                .unwrap();
        }
        passed
    }

    #[test]
    fn within_a_window_no_more_pass_than_allowed() {
        let guard = Guard { count: Some(10), window_seconds: Some(600), ..Guard::default() };
        assert_eq!(pass(&guard, 0, vec![0; 50]), 10, "at once");
        assert_eq!(pass(&guard, 0, (0..50).map(|place| place * 10)), 10, "spread over the window");
        assert_eq!(pass(&guard, 500, vec![0; 99]), 50, "a share of many is more");
        // Whoever went longer ago than the window reaches counts no more.
        assert_eq!(pass(&guard, 0, vec![0; 10].into_iter().chain([599, 600, 601])), 12);
        assert_eq!(pass(&guard, 0, (0..1_000).map(|place| place * 61)), 1_000, "a stream that is slow enough is never held");
        // In any window, wherever it begins: one loss a second gives the count for each window and no more.
        let passed = pass(&guard, 0, 0..6_000);
        assert!((90..=100).contains(&passed), "{passed}");
    }

    #[test]
    fn a_clock_that_was_wrong_holds_nobody_for_ever() {
        let guard = Guard { count: Some(2), window_seconds: Some(600), ..Guard::default() };
        let year = 365 * 24 * 3_600;
        assert_eq!(pass(&guard, 0, [year, year, 0, 0, 0]), 4);
        assert_eq!(pass(&guard, 0, [100, 100, 0, 50]), 2, "set back a little, it still counts");
    }

    #[test]
    fn an_allowance_is_of_one_revision_and_used_up() {
        let tenant = Store::in_memory().unwrap().tenant(1);
        let used = tenant.write(|tx| {
            allow(tx, 7, 2)?;
            let used = [8, 7, 7, 7].map(|revision| use_allowance(tx, revision).unwrap());
            allow(tx, 7, 2)?;
            forget_allowance(tx);
            Ok((used, use_allowance(tx, 7)?))
        });
        assert_eq!(used.unwrap(), ([false, true, true, false], false));
    }
}
