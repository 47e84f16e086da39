//! What the directory was: beside each event stands what the thing that it tells of was before, so the state behind any event is today's with
//! the later events taken back.
//!
//! The rows lie by member and by group, not by number. So one thing's state behind an event is the first row above that number, or else what it is
//! today, whatever happened to the others, and no look at the past holds more than its page. They go when their events go.
//!
//! Knows no request and no cause: that is [`super::history`]'s.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::event::{Change, Event};
use super::gone;
use super::group::{self, Group};
use super::member::{self, Member};
use crate::clock::Timestamp;
use crate::error::{Error, Kind, Result};
use crate::id::Id;
use crate::limits::{EVENTS_MAX, PAST_FORGOTTEN_ROWS_MIN, PAST_IDS_PER_ROW};
use crate::store::layout::{self, Counter};
use crate::store::{Key, Numbers, Range, Rows, Tx, from_json};

/// What an event's change does not say itself.
pub(super) enum Before<'a> {
    /// Nothing: something came, or a membership came or went.
    Told,
    /// What the member was, and the groups that it left by going.
    Member(&'a Member, &'a [Id]),
    /// What the group was, and the members that left it by its going.
    Group(&'a Group, &'a [Id]),
}

/// From which side a membership is looked at.
#[derive(Clone, Copy)]
pub(super) enum Side {
    Member,
    Group,
}

impl Side {
    fn other(self) -> Self {
        match self {
            Self::Member => Self::Group,
            Self::Group => Self::Member,
        }
    }

    /// Head of the rows on memberships of `id`; behind it the event's number and that of the piece.
    pub(super) fn rows(self, id: Id) -> Key {
        match self {
            Self::Member => layout::memberships_before(id),
            Self::Group => layout::memberships_of_before(id),
        }
    }
}

/// A piece of what an event did to the memberships of a member or a group.
pub(super) struct Links {
    /// Number of the event.
    pub sequence: u64,
    /// Whether the memberships were there before it.
    pub was: bool,
    /// The groups of the member, or members of the group.
    pub others: Vec<Id>,
}

impl Links {
    pub(super) fn read(key: &[u8], value: &[u8]) -> Option<Self> {
        let sequence = u64::from_be_bytes(*key.get(1 + Id::BYTES..)?.first_chunk()?);
        let (was, ids) = value.split_first()?;
        Some(Self { sequence, was: *was == 1, others: ids.chunks_exact(Id::BYTES).filter_map(Id::from_slice).collect() })
    }
}

/// Keeps what was before the event with this number, and forgets some of what is older than `kept` events.
///
/// # Errors
/// If the disk refuses.
pub(super) fn keep(tx: &mut Tx<'_>, sequence: u64, change: &Change, before: &Before<'_>, kept: u64) -> Result<()> {
    let written = write(tx, sequence, change, before)?;
    forget(tx, sequence, kept, PAST_FORGOTTEN_ROWS_MIN.max(2 * written))
}

/// Gives how many rows it wrote.
fn write(tx: &mut Tx<'_>, sequence: u64, change: &Change, before: &Before<'_>) -> Result<usize> {
    match (change, before) {
        (Change::MemberAdded { member }, _) => tx.put(&layout::member_before(member.id).sequence(sequence), Vec::new()),
        (Change::GroupAdded { group }, _) => tx.put(&layout::group_before(group.id).sequence(sequence), Vec::new()),
        (Change::MembershipAdded { member_id, group_id }, _) => link(tx, (Side::Member, *member_id), sequence, false, &[*group_id]),
        (Change::MembershipRemoved { member_id, group_id }, _) => link(tx, (Side::Member, *member_id), sequence, true, &[*group_id]),
        (_, Before::Member(member, groups)) => {
            tx.put_json(&layout::member_before(member.id).sequence(sequence), member)?;
            link(tx, (Side::Member, member.id), sequence, true, groups);
            return Ok(1 + 2 * groups.len());
        }
        (_, Before::Group(group, members)) => {
            tx.put_json(&layout::group_before(group.id).sequence(sequence), group)?;
            link(tx, (Side::Group, group.id), sequence, true, members);
            return Ok(1 + 2 * members.len());
        }
        (_, Before::Told) => return Err(Error::internal("an event that does not say what was before it")),
    }
    Ok(2)
}

/// Keeps from both sides whether memberships were there.
fn link(tx: &mut Tx<'_>, (side, id): (Side, Id), sequence: u64, was: bool, others: &[Id]) {
    let value = |ids: &[Id]| {
        let mut value = vec![u8::from(was)];
        ids.iter().for_each(|id| value.extend_from_slice(id.as_bytes()));
        value
    };
    for (piece, ids) in (0..).zip(others.chunks(PAST_IDS_PER_ROW)) {
        tx.put(&side.rows(id).sequence(sequence).number(piece), value(ids));
        for other in ids {
            tx.put(&side.other().rows(*other).sequence(sequence).number(0), value(&[id]));
        }
    }
}

/// Takes events, and what was before them, away that are older than the last `kept`: about `most` rows at a time.
pub(super) fn forget(tx: &mut Tx<'_>, newest: u64, kept: u64, most: usize) -> Result<()> {
    let counter = layout::counter(Counter::Forgotten);
    let forgotten = match tx.has(&counter)? {
        true => tx.number(&counter)?,
        // Events that an older version wrote, or none.
        false => newest.saturating_sub(1),
    };
    let bound = newest.saturating_sub(kept);
    if bound <= forgotten {
        if bound > 0 {
            take_away(tx, bound, &mut { most })?;
        }
        if !tx.has(&counter)? {
            tx.put(&counter, forgotten.to_be_bytes().to_vec());
        }
        return Ok(());
    }
    advance(tx, forgotten, bound, most)
}

/// Takes events, and what was before them, away up to the one with this number: about `most` rows at a time.
///
/// # Errors
/// If the disk refuses.
pub fn forget_until(tx: &mut Tx<'_>, until: u64, most: usize) -> Result<()> {
    let newest = tx.number(&layout::counter(Counter::Event))?;
    let until = until.min(newest);
    let counter = layout::counter(Counter::Forgotten);
    let forgotten = if tx.has(&counter)? { tx.number(&counter)? } else { newest };
    // One that was begun, or those that an older version wrote, and nothing of what was before them.
    let mut begun = Vec::new();
    tx.each(&Range::under(layout::events()), &mut |key, _| {
        let number = key.last_chunk().map(|bytes| u64::from_be_bytes(*bytes)).filter(|number| *number <= forgotten.min(until));
        begun.extend(number);
        if number.is_some() && begun.len() < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    let mut left = most;
    for number in begun {
        if left == 0 || !take_away(tx, number, &mut left)? {
            return Ok(());
        }
    }
    if until > forgotten { advance(tx, forgotten, until, left) } else { Ok(()) }
}

/// Forgets events behind the one that was forgotten last, up to `bound`, until about `left` rows are used up.
///
/// One counts as forgotten before its rows are gone: of what is there in part, nothing is told.
fn advance(tx: &mut Tx<'_>, mut forgotten: u64, bound: u64, mut left: usize) -> Result<()> {
    let mut is_away = take_away(tx, forgotten, &mut left)?;
    while is_away && forgotten < bound && left > 0 {
        forgotten += 1;
        is_away = match tx.json::<Event>(&layout::event(forgotten))? {
            Some(event) => {
                tx.put_json(&layout::forgotten_at(), &event.at)?;
                take_away_event(tx, &event, &mut left)?
            }
            None => {
                tx.delete(&layout::forgotten_at());
                true
            }
        };
    }
    tx.put(&layout::counter(Counter::Forgotten), forgotten.to_be_bytes().to_vec());
    Ok(())
}

/// Takes away the event with this number, if it is there, and what was before it; gives whether that was all.
fn take_away(tx: &mut Tx<'_>, number: u64, left: &mut usize) -> Result<bool> {
    tx.json::<Event>(&layout::event(number))?.map_or(Ok(true), |event| take_away_event(tx, &event, left))
}

fn take_away_event(tx: &mut Tx<'_>, event: &Event, left: &mut usize) -> Result<bool> {
    if !forget_one(tx, event, left)? {
        return Ok(false);
    }
    tx.delete(&layout::event(event.sequence));
    *left = left.saturating_sub(1);
    Ok(true)
}

/// Takes away what was before an event; gives whether that was all.
fn forget_one(tx: &mut Tx<'_>, event: &Event, left: &mut usize) -> Result<bool> {
    let (side, id) = match &event.change {
        Change::MemberAdded { member } | Change::MemberUpdated { member } => (Side::Member, member.id),
        Change::GroupAdded { group } | Change::GroupUpdated { group } => (Side::Group, group.id),
        Change::MemberRemoved { member_id } => (Side::Member, *member_id),
        Change::GroupRemoved { group_id } => (Side::Group, *group_id),
        Change::MembershipAdded { member_id, .. } | Change::MembershipRemoved { member_id, .. } => (Side::Member, *member_id),
    };
    let links = Range::under(side.rows(id).sequence(event.sequence));
    loop {
        let mut piece = None;
        tx.each(&links, &mut |key, value| {
            // The piece's number ends the key.
            let number = key.last_chunk().map(|bytes| u32::from_be_bytes(*bytes));
            piece = number.zip(Links::read(key, value));
            ControlFlow::Break(())
        })?;
        let Some((number, piece)) = piece else { break };
        if *left == 0 {
            return Ok(false);
        }
        for other in &piece.others {
            tx.delete(&side.other().rows(*other).sequence(event.sequence).number(0));
        }
        tx.delete(&side.rows(id).sequence(event.sequence).number(number));
        *left = left.saturating_sub(1 + piece.others.len());
    }
    *left = left.saturating_sub(gone::forget(tx, event.sequence)?);
    match side {
        Side::Member => tx.delete(&layout::member_before(id).sequence(event.sequence)),
        Side::Group => tx.delete(&layout::group_before(id).sequence(event.sequence)),
    }
    Ok(true)
}

/// The lowest number of an event behind which the directory can be asked for; 0 as long as everything since the beginning is kept.
///
/// # Errors
/// If the disk refuses.
pub(super) fn oldest(rows: &impl Rows) -> Result<u64> {
    let newest = rows.number(&layout::counter(Counter::Event))?;
    let counter = layout::counter(Counter::Forgotten);
    // Without the counter no event has been written since what was before them is kept.
    let forgotten = if rows.has(&counter)? { rows.number(&counter)? } else { newest };
    Ok(forgotten.max(newest.saturating_sub(EVENTS_MAX)))
}

/// A point of the directory's past.
#[derive(Clone, Copy, Debug)]
pub enum Moment {
    /// Behind the event with this number.
    Sequence(u64),
    /// Behind the newest event that was written at this time or before it.
    Time(Timestamp),
}

/// The directory as it was behind an event.
#[derive(Clone, Copy, Debug)]
pub struct Past {
    sequence: u64,
}

/// Something that the directory has a list of.
pub trait Thing: DeserializeOwned {
    /// Head of the rows that say what is.
    fn now() -> Key;
    /// Head of the rows that say what was.
    fn before() -> Key;
    /// What is.
    ///
    /// # Errors
    /// If the disk refuses.
    fn current(rows: &impl Rows, id: Id) -> Result<Option<Self>>;
}

impl Thing for Member {
    fn now() -> Key {
        layout::members()
    }

    fn before() -> Key {
        layout::members_before()
    }

    fn current(rows: &impl Rows, id: Id) -> Result<Option<Self>> {
        Ok(member::row(rows, id)?.filter(|row| !row.removed).map(|row| row.member))
    }
}

impl Thing for Group {
    fn now() -> Key {
        layout::groups()
    }

    fn before() -> Key {
        layout::groups_before()
    }

    fn current(rows: &impl Rows, id: Id) -> Result<Option<Self>> {
        rows.json(&layout::group(id))
    }
}

impl Past {
    /// The directory at `moment`. `now` is the time of the question.
    ///
    /// # Errors
    /// If the moment is still to come; gone if what was before it is no longer kept.
    pub fn at(rows: &impl Rows, moment: Moment, now: Timestamp) -> Result<Self> {
        let newest = rows.number(&layout::counter(Counter::Event))?;
        let oldest = oldest(rows)?;
        let gone = || {
            let detail =
                format!("The directory is no longer known as it was then. The oldest event behind which it can be asked for is {oldest}.");
            Error::of(Kind::Gone, detail)
        };
        let sequence = match moment {
            Moment::Sequence(sequence) if sequence > newest => {
                return Err(Error::invalid(format!("There is no event {sequence} yet; the newest one is {newest}.")));
            }
            Moment::Sequence(sequence) => sequence,
            Moment::Time(time) if time > now => return Err(Error::invalid("That time is still to come.")),
            Moment::Time(time) => match sequence_at(rows, time, oldest)? {
                Some(sequence) => sequence,
                None if oldest == 0 || is_behind_forgotten(rows, oldest, time)? => oldest,
                None => return Err(gone()),
            },
        };
        if sequence < oldest {
            return Err(gone());
        }
        Ok(Self { sequence })
    }

    /// The directory before the event with this number, which is kept.
    pub(super) fn before(sequence: u64) -> Self {
        Self { sequence: sequence.saturating_sub(1) }
    }

    /// Number of the event behind which it is; 0 before the first.
    pub fn sequence(self) -> u64 {
        self.sequence
    }

    /// What a member or group was; `None` if it was not there.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn find<T: Thing>(self, rows: &impl Rows, id: Id) -> Result<Option<T>> {
        let head = T::before().id(id);
        let mut before = None;
        rows.each(&Range::under(head.clone()).after(head.sequence(self.sequence)), &mut |_, value| {
            before = Some(value.to_vec());
            ControlFlow::Break(())
        })?;
        match before {
            None => T::current(rows, id),
            Some(nothing) if nothing.is_empty() => Ok(None),
            Some(json) => from_json(&json).map(Some),
        }
    }

    /// Members or groups with an id above `after`, in the order of their ids, at most `limit`.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn list<T: Thing>(self, rows: &impl Rows, after: Option<Id>, limit: usize) -> Result<Vec<T>> {
        let mut found = Vec::new();
        let (mut is, mut was) = (next_id(rows, T::now(), after)?, next_id(rows, T::before(), after)?);
        while let Some(id) = [is, was].into_iter().flatten().min() {
            if found.len() == limit {
                break;
            }
            found.extend(self.find::<T>(rows, id)?);
            if is == Some(id) {
                is = next_id(rows, T::now(), Some(id))?;
            }
            if was == Some(id) {
                was = next_id(rows, T::before(), Some(id))?;
            }
        }
        Ok(found)
    }

    /// The groups of a member, in the order of their ids.
    ///
    /// # Errors
    /// 404 if it was not there.
    pub fn groups_of(self, rows: &impl Rows, id: Id) -> Result<Vec<Group>> {
        self.find::<Member>(rows, id)?.ok_or_else(|| Error::not_found("member"))?;
        let mut ids: BTreeSet<Id> = group::ids_of_member(rows, id)?.into_iter().collect();
        for (other, was) in self.touched(rows, (Side::Member, id), None)? {
            if was {
                ids.insert(other)
            } else {
                ids.remove(&other)
            };
        }
        let mut groups = Vec::new();
        for id in ids {
            groups.extend(self.find::<Group>(rows, id)?);
        }
        Ok(groups)
    }

    /// Members of a group with an id above `after`, at most `limit`.
    ///
    /// # Errors
    /// 404 if there was no such group.
    pub fn members_of(self, rows: &impl Rows, id: Id, after: Option<Id>, limit: usize) -> Result<Vec<Member>> {
        self.find::<Group>(rows, id)?.ok_or_else(|| Error::not_found("group"))?;
        let touched = self.touched(rows, (Side::Group, id), after)?;
        let mut range = Range::under(layout::memberships_of(id));
        if let Some(after) = after {
            range = range.after(layout::membership_of(id, after));
        }
        let mut ids = Vec::new();
        rows.each(&range, &mut |key, _| {
            let member = key.last_chunk().map(|bytes| Id::from_bytes(*bytes));
            ids.extend(member.filter(|member| !touched.contains_key(member)));
            if ids.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        ids.extend(touched.iter().filter(|(_, was)| **was).map(|(member, _)| *member).take(limit));
        ids.sort_unstable();
        let mut members = Vec::new();
        for id in ids.into_iter().take(limit) {
            members.extend(self.find::<Member>(rows, id)?);
        }
        Ok(members)
    }

    /// Whose membership has changed since, and whether it was there. Only ids above `after`.
    fn touched(self, rows: &impl Rows, (side, id): (Side, Id), after: Option<Id>) -> Result<BTreeMap<Id, bool>> {
        let head = side.rows(id);
        let mut touched = BTreeMap::new();
        // Behind every piece of the event.
        let range = Range::under(head.clone()).after(head.sequence(self.sequence).number(u32::MAX));
        rows.each(&range, &mut |key, value| {
            if let Some(links) = Links::read(key, value) {
                for other in links.others.into_iter().filter(|other| after.is_none_or(|after| *other > after)) {
                    // The first change since says what was before it.
                    touched.entry(other).or_insert(links.was);
                }
            }
            ControlFlow::Continue(())
        })?;
        Ok(touched)
    }
}

/// The first id behind `after` that keys under `head` have next.
fn next_id(rows: &impl Rows, head: Key, after: Option<Id>) -> Result<Option<Id>> {
    let mut range = Range::under(head.clone());
    if let Some(after) = after {
        // Behind every row about it, whether or not a number follows.
        range = range.after(head.id(after).sequence(u64::MAX));
    }
    let mut found = None;
    rows.each(&range, &mut |key, _| {
        found = key.get(1..).and_then(Id::from_slice);
        ControlFlow::Break(())
    })?;
    Ok(found)
}

/// Whether the event numbered `oldest` was the last that was forgotten, and was written at `time` or before it: then it is the newest one that was, if none that is kept is.
fn is_behind_forgotten(rows: &impl Rows, oldest: u64, time: Timestamp) -> Result<bool> {
    let at: Option<Timestamp> = rows.json(&layout::forgotten_at())?;
    Ok(rows.number(&layout::counter(Counter::Forgotten))? == oldest && at.is_some_and(|at| at <= time))
}

/// Number of the newest event that was written at `time` or before it; `None` if there is none from `oldest` on.
///
/// Looks through them newest first: clocks go back, so times need not be in order, and an event from a clock that stood wrong must not hide the others.
fn sequence_at(rows: &impl Rows, time: Timestamp, oldest: u64) -> Result<Option<u64>> {
    #[derive(Deserialize)]
    struct Written {
        sequence: u64,
        at: Timestamp,
    }
    let mut found = Ok(None);
    rows.each(&Range::under(layout::events()).descending(), &mut |_, value| {
        match from_json::<Written>(value) {
            Ok(event) if event.sequence < oldest => return ControlFlow::Break(()),
            Ok(event) if event.at <= time => found = Ok(Some(event.sequence)),
            Ok(_) => return ControlFlow::Continue(()),
            Err(error) => found = Err(error),
        }
        ControlFlow::Break(())
    })?;
    found
}
