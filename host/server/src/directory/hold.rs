//! Holds: members that the guard keeps as they are until an operator decides, and what operators decide.
//!
//! A held member is a row. So a projection of everything finds it held and does nothing, and when nothing would be taken from the member any more the row goes by
//! itself. What is said of a whole hold is an *order*, which is carried out in batches ([`advance`]): a process that ends goes on where it was.
//!
//! Knows no policy, and nothing of when somebody is held: that is `guard`'s.

mod causes;

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::causes::HoldCause;
use super::decision::Reason;
use super::group;
use super::guard::{Case, Loss};
use crate::activity::{self, Entry};
use crate::clock::Timestamp;
use crate::error::{Error, Problem, Result};
use crate::id::Id;
use crate::limits::{HOLD_CHOICE_MAX, HOLD_MEMBERS_PER_WRITE_MAX, HOLDS_MAX};
use crate::provision::{Scope, Why, mark_dirty};
use crate::store::layout::{self, Counter, USER};
use crate::store::{Numbers, Range, Rows, Tx, from_json};

/// Members that would have been removed or suspended beyond what the tenant lets go at a time, and are as they were until an operator decides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Hold {
    /// Its id.
    pub id: Id,
    /// Whether anybody of it waits for a decision.
    pub state: HoldState,
    /// When the first member was held.
    pub opened: Timestamp,
    /// Since when nobody waits any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<Timestamp>,
    /// What became of its members.
    pub counts: HoldCounts,
    /// What was exceeded.
    pub bound: Bound,
    /// Who or what would have taken them, counted when they were held.
    pub causes: Vec<HoldCause>,
    /// What an operator decided on all of it, while that is being carried out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub underway: Option<HoldAction>,
}

/// Whether anybody of a hold waits for a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum HoldState {
    /// Somebody does.
    Open,
    /// Nobody does.
    Closed,
}

/// What became of the members of a hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HoldCounts {
    /// They wait for a decision.
    pub held: u64,
    /// An operator let them go.
    pub released: u64,
    /// An operator said that they stay. Who would lose something else by now is no longer among them, and is counted where that is held.
    pub discarded: u64,
    /// Nothing would be taken from them any more, before anybody decided.
    pub resolved: u64,
}

/// How many may go, and how many went when somebody was held for the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Bound {
    /// Members that may be removed or suspended within the window.
    pub allowed: u64,
    /// Synced members that there were when the window began.
    pub members: u64,
    /// Seconds that the window reached back.
    pub window_seconds: u64,
}

/// What an operator decides on held members.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum HoldAction {
    /// They go.
    Release,
    /// They stay as they are, for as long as the same would be taken from them.
    Discard,
}

/// Which members of a hold are meant.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HoldChoice {
    /// Their ids. Without this field, everybody who waits for a decision.
    #[schemars(length(min = 1, max = HOLD_CHOICE_MAX))]
    pub members: Option<Vec<Id>>,
    /// When all are released: those of whom somebody said before that they stay, too.
    #[serde(default)]
    pub discarded: bool,
}

/// A member that is held, or was and is still there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HeldMember {
    /// Id of the member.
    pub member: Id,
    /// The connection that it came by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<Id>,
    /// Id of its SCIM User.
    pub scim_id: Id,
    /// The name it signs in with.
    pub user_name: String,
    /// What would be taken from it.
    pub effect: Loss,
    /// Who says so, and why.
    pub cause: Reason,
    /// Number of the activity entry of the request that brought it about: a SCIM request, or what an operator did. Absent if that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activity: Option<u64>,
    /// Since when.
    pub since: Timestamp,
    /// Whether somebody has decided.
    pub state: HeldState,
}

/// The same as stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct HeldRow {
    /// The hold.
    hold: Id,
    /// Number of its connection.
    number: u32,
    /// What others see.
    pub shown: HeldMember,
}

/// Whether somebody has decided on a held member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum HeldState {
    /// Nobody has.
    Held,
    /// It stays.
    Discarded,
    /// It goes, as soon as it is projected again.
    Released,
}

/// What a decision says of a member that is held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HeldBy {
    /// The hold.
    pub hold: Id,
    /// What would be taken from it.
    pub effect: Loss,
    /// Whether an operator said that it stays.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub discarded: bool,
}

impl HeldBy {
    fn of(row: &HeldRow) -> Self {
        Self { hold: row.hold, effect: row.shown.effect, discarded: row.shown.state == HeldState::Discarded }
    }
}

/// What an operator said of a whole hold.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Order {
    action: HoldAction,
    /// Whether those are meant too of whom somebody said before that they stay.
    discarded: bool,
    /// Number of the operator's activity entry.
    stamp: u64,
    /// The last member that it was carried out on.
    after: Option<Id>,
}

/// Whether anybody is held, or was and is still there.
///
/// # Errors
/// If the disk refuses.
pub(super) fn is_any(rows: &impl Rows) -> Result<bool> {
    Ok(rows.count(&Range::under(layout::all_held()), 1)? > 0)
}

/// How a member is held, if it is.
///
/// # Errors
/// If the disk refuses.
pub(super) fn find(rows: &impl Rows, member: Id) -> Result<Option<HeldRow>> {
    rows.json(&layout::held(member))
}

/// The same, for its decision.
///
/// # Errors
/// If the disk refuses.
pub(super) fn note(rows: &impl Rows, member: Id) -> Result<Option<HeldBy>> {
    Ok(find(rows, member)?.filter(|row| row.shown.state != HeldState::Released).as_ref().map(HeldBy::of))
}

/// Whether members of a connection wait for a decision, or for going after one.
///
/// # Errors
/// If the disk refuses.
pub fn is_waiting(rows: &impl Rows, connection: u32) -> Result<bool> {
    Ok(rows.number(&layout::held_count(connection))? > 0)
}

/// How a member came to be held.
pub(super) struct Joined {
    /// What its decision says.
    pub by: HeldBy,
    /// Whether the hold was opened for it.
    pub opened: bool,
}

/// Holds a member: by the open hold, or by a new one.
///
/// # Errors
/// If the disk refuses.
pub(super) fn join(tx: &mut Tx<'_>, case: &Case<'_>, bound: Bound, now: Timestamp) -> Result<Joined> {
    let open = tx.json::<Id>(&layout::open_hold())?.map(|id| get(tx, id)).transpose()?;
    let opened = open.is_none();
    let mut hold = match open {
        Some(hold) => hold,
        None => open_one(tx, bound, now)?,
    };
    hold.counts.held += 1;
    causes::count(&mut hold.causes, case);
    tx.put_json(&layout::hold(hold.id), &hold)?;
    let member = &case.row.member;
    let shown = HeldMember {
        member: member.id,
        connection: member.connection,
        scim_id: case.scim_id,
        user_name: member.user_name.clone(),
        effect: case.loss,
        cause: case.cause.clone(),
        activity: case.activity,
        since: now,
        state: HeldState::Held,
    };
    let row = HeldRow { hold: hold.id, number: case.row.connection, shown };
    tx.put_json(&layout::held(member.id), &row)?;
    tx.put(&layout::held_of(hold.id).id(member.id), Vec::new());
    tx.add(&layout::counter(Counter::Held), 1)?;
    tx.add(&layout::held_count(row.number), 1)?;
    Ok(Joined { by: HeldBy::of(&row), opened })
}

/// Keeps a member held, and what is known of why up to date. As long as that is the same, so is the request that brought it about.
///
/// # Errors
/// If the disk refuses.
pub(super) fn renew(tx: &mut Tx<'_>, case: &Case<'_>, held: HeldRow) -> Result<HeldBy> {
    let before = held.shown.clone();
    let is_same = before.effect == case.loss && before.cause == case.cause;
    let activity = if is_same { before.activity.or(case.activity) } else { case.activity };
    let shown = HeldMember { scim_id: case.scim_id, effect: case.loss, cause: case.cause.clone(), activity, ..before };
    let row = HeldRow { shown, ..held.clone() };
    if row != held {
        tx.put_json(&layout::held(case.row.member.id), &row)?;
    }
    Ok(HeldBy::of(&row))
}

/// Takes a member out of its hold, if it is in one: nothing would be taken from it any more, or it is taken now.
///
/// # Errors
/// If the disk refuses.
pub(super) fn clear(tx: &mut Tx<'_>, member: Id, now: Timestamp) -> Result<()> {
    let Some(row) = find(tx, member)? else { return Ok(()) };
    tx.delete(&layout::held(member));
    tx.delete(&layout::held_of(row.hold).id(member));
    if row.shown.state != HeldState::Discarded {
        tx.add(&layout::held_count(row.number), -1)?;
    }
    if row.shown.state == HeldState::Held {
        tx.add(&layout::counter(Counter::Held), -1)?;
        let mut hold = get(tx, row.hold)?;
        hold.counts.held = hold.counts.held.saturating_sub(1);
        hold.counts.resolved += 1;
        hold.settle(tx, now)?;
    }
    Ok(())
}

/// Takes a member of whom an operator said that it stays out of its hold, since by now it is about something else: what comes of that is counted anew.
///
/// # Errors
/// If the disk refuses.
pub(super) fn reopen(tx: &mut Tx<'_>, row: &HeldRow) -> Result<()> {
    tx.delete(&layout::held(row.shown.member));
    tx.delete(&layout::held_of(row.hold).id(row.shown.member));
    let mut hold = get(tx, row.hold)?;
    hold.counts.discarded = hold.counts.discarded.saturating_sub(1);
    causes::forget(&mut hold.causes, &row.shown);
    tx.put_json(&layout::hold(hold.id), &hold)
}

impl Hold {
    /// Writes it, closed if nobody waits any more.
    fn settle(&mut self, tx: &mut Tx<'_>, now: Timestamp) -> Result<()> {
        if self.counts.held == 0 && self.state == HoldState::Open {
            self.state = HoldState::Closed;
            self.closed = Some(now);
            self.accept_nobody(tx)?;
        }
        tx.put_json(&layout::hold(self.id), self)
    }

    /// Has whoever is held from now on join another hold.
    fn accept_nobody(&self, tx: &mut Tx<'_>) -> Result<()> {
        if tx.json::<Id>(&layout::open_hold())? == Some(self.id) {
            tx.delete(&layout::open_hold());
        }
        Ok(())
    }
}

/// A new hold, which the log tells of.
fn open_one(tx: &mut Tx<'_>, bound: Bound, now: Timestamp) -> Result<Hold> {
    if tx.count(&Range::under(layout::holds()), HOLDS_MAX)? >= HOLDS_MAX {
        forget_one(tx)?;
    }
    let hold = Hold {
        id: Id::new(now),
        state: HoldState::Open,
        opened: now,
        closed: None,
        counts: HoldCounts::default(),
        bound,
        causes: Vec::new(),
        underway: None,
    };
    tx.put_json(&layout::open_hold(), &hold.id)?;
    let Bound { allowed, members, window_seconds } = bound;
    let detail = format!(
        "The tenant lets {allowed} of {members} members go within {window_seconds} s. Further ones are held until an operator decides."
    );
    let opened = Entry { subject: Some(hold.id.to_string()), status: 201, detail: Some(detail), ..Entry::of_system(now, "hold opened") };
    activity::record(tx, &opened)?;
    Ok(hold)
}

/// Deletes the oldest hold that nobody is held by any more.
fn forget_one(tx: &mut Tx<'_>) -> Result<()> {
    let mut ids = Vec::new();
    tx.each(&Range::under(layout::holds()), &mut |key, _| {
        ids.extend(key.last_chunk().map(|bytes| Id::from_bytes(*bytes)));
        ControlFlow::Continue(())
    })?;
    for id in ids {
        if tx.count(&Range::under(layout::held_of(id)), 1)? == 0 && !tx.has(&layout::hold_order(id))? {
            tx.delete(&layout::hold(id));
            break;
        }
    }
    Ok(())
}

/// The hold with this id.
///
/// # Errors
/// 404 if there is none.
pub fn get(rows: &impl Rows, id: Id) -> Result<Hold> {
    rows.json(&layout::hold(id))?.ok_or_else(|| Error::not_found("hold"))
}

/// At most `limit` holds that were opened before `after`, newest first; only those in `state`, if one is given.
///
/// # Errors
/// If the disk refuses.
pub fn list(rows: &impl Rows, state: Option<HoldState>, after: Option<Id>, limit: usize) -> Result<Vec<Hold>> {
    let mut range = Range::under(layout::holds()).descending();
    if let Some(after) = after {
        range = range.after(layout::hold(after));
    }
    let (mut found, mut outcome) = (Vec::new(), Ok(()));
    rows.each(&range, &mut |_, value| {
        match from_json::<Hold>(value) {
            Ok(hold) => found.extend(Some(hold).filter(|hold| state.is_none_or(|state| hold.state == state))),
            Err(error) => outcome = Err(error),
        }
        if outcome.is_ok() && found.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    outcome.map(|()| found)
}

/// At most `limit` members of a hold with an id above `after`, in the order of their coming: those who wait, those of whom an operator said that they stay, and
/// those who are about to go.
///
/// # Errors
/// 404 if there is no such hold.
pub fn members(rows: &impl Rows, hold: Id, after: Option<Id>, limit: usize) -> Result<Vec<HeldMember>> {
    get(rows, hold)?;
    let mut found = Vec::new();
    for member in ids_after(rows, hold, after, limit)? {
        found.extend(find(rows, member)?.map(|row| row.shown));
    }
    Ok(found)
}

/// The first `most` ids of a hold's members above `after`.
fn ids_after(rows: &impl Rows, hold: Id, after: Option<Id>, most: usize) -> Result<Vec<Id>> {
    let range = Range::under(layout::held_of(hold));
    let range = match after {
        Some(after) => range.after(layout::held_of(hold).id(after)),
        None => range,
    };
    group::ids(rows, &range, most)
}

/// Carries out what an operator decides on a hold, whose activity entry has the number `stamp`. Of a whole hold only the first batch is dealt with here; the projector goes on with
/// the rest ([`advance`]).
///
/// # Errors
/// 404 if there is no such hold; a conflict if nobody is left to decide on, or everybody is being decided on; with a JSON Pointer for each member that the hold does not have.
pub fn decide(tx: &mut Tx<'_>, id: Id, action: HoldAction, choice: &HoldChoice, stamp: u64, now: Timestamp) -> Result<Hold> {
    let mut hold = get(tx, id)?;
    if action == HoldAction::Discard && choice.discarded {
        let problem = Problem { pointer: "/discarded".to_owned(), message: "Who stays already cannot be told so again.".to_owned() };
        return Err(Error::invalid("The request has values that are not acceptable.").with_problems(vec![problem]));
    }
    if hold.underway.is_some() {
        return Err(Error::conflict("An operator has decided on all of this hold, and that is being carried out."));
    }
    let Some(chosen) = &choice.members else {
        if hold.counts.held == 0 && !(choice.discarded && ids_after(tx, id, None, 1)?.len() == 1) {
            return Err(Error::conflict("Nobody of this hold waits for a decision."));
        }
        hold.underway = Some(action);
        hold.accept_nobody(tx)?;
        let order = Order { action, discarded: choice.discarded, stamp, after: None };
        return carry_out(tx, hold, order, now);
    };
    check_choice(tx, id, action, chosen)?;
    for member in chosen.iter().copied().collect::<BTreeSet<_>>() {
        hold.decide_on(tx, member, action, true, stamp)?;
    }
    hold.settle(tx, now)?;
    Ok(hold)
}

/// Refuses a choice that names somebody on whom there is nothing to decide.
fn check_choice(rows: &impl Rows, hold: Id, action: HoldAction, chosen: &[Id]) -> Result<()> {
    let mut problems = Vec::new();
    for (at, member) in chosen.iter().enumerate() {
        let held = find(rows, *member)?.filter(|row| row.hold == hold);
        let is_open = held.is_some_and(|row| {
            row.shown.state == HeldState::Held || (row.shown.state == HeldState::Discarded && action == HoldAction::Release)
        });
        if !is_open {
            problems.push(Problem {
                pointer: format!("/members/{at}"),
                message: "This member does not wait for that in this hold.".to_owned(),
            });
        }
    }
    if problems.is_empty() {
        return Ok(());
    }
    Err(Error::invalid("The request has values that are not acceptable.").with_problems(problems))
}

impl Hold {
    /// Decides on a member of it, if there is something to decide. It is made due, so that what follows is done.
    fn decide_on(&mut self, tx: &mut Tx<'_>, member: Id, action: HoldAction, discarded: bool, stamp: u64) -> Result<()> {
        let Some(mut row) = find(tx, member)? else { return Ok(()) };
        match (row.shown.state, action) {
            (HeldState::Held, HoldAction::Release) => {
                self.counts.held = self.counts.held.saturating_sub(1);
                self.counts.released += 1;
                row.shown.state = HeldState::Released;
                tx.add(&layout::counter(Counter::Held), -1)?;
            }
            (HeldState::Held, HoldAction::Discard) => {
                self.counts.held = self.counts.held.saturating_sub(1);
                self.counts.discarded += 1;
                row.shown.state = HeldState::Discarded;
                tx.add(&layout::counter(Counter::Held), -1)?;
                tx.add(&layout::held_count(row.number), -1)?;
            }
            (HeldState::Discarded, HoldAction::Release) if discarded => {
                self.counts.discarded = self.counts.discarded.saturating_sub(1);
                self.counts.released += 1;
                row.shown.state = HeldState::Released;
                tx.add(&layout::held_count(row.number), 1)?;
            }
            _ => return Ok(()),
        }
        tx.put_json(&layout::held(member), &row)?;
        // What is due already is looked at anew in any case, and keeps the number of what made it due.
        match tx.has(&layout::dirty_mark(USER, row.number, row.shown.scim_id))? {
            true => _ = tx.add(&layout::counter(Counter::Inventory), 1)?,
            false => mark_dirty(tx, Scope { connection: row.number }, (USER, row.shown.scim_id), stamp, Why::itself(stamp))?,
        }
        Ok(())
    }
}

/// Whether something that an operator said of a whole hold is still to be carried out.
///
/// # Errors
/// If the disk refuses.
pub(super) fn is_underway(rows: &impl Rows) -> Result<bool> {
    Ok(rows.count(&Range::under(layout::hold_orders()), 1)? > 0)
}

/// Carries out some of what operators said of whole holds.
///
/// # Errors
/// If the disk refuses.
pub(super) fn advance(tx: &mut Tx<'_>, now: Timestamp) -> Result<()> {
    let mut first = None;
    tx.each(&Range::under(layout::hold_orders()), &mut |key, value| {
        first = key.last_chunk().map(|bytes| Id::from_bytes(*bytes)).map(|id| (id, from_json::<Order>(value)));
        ControlFlow::Break(())
    })?;
    let Some((id, order)) = first else { return Ok(()) };
    let hold = get(tx, id)?;
    carry_out(tx, hold, order?, now).map(drop)
}

/// Carries out one batch of an order, and gives the hold as it then is.
fn carry_out(tx: &mut Tx<'_>, mut hold: Hold, order: Order, now: Timestamp) -> Result<Hold> {
    let ids = ids_after(tx, hold.id, order.after, HOLD_MEMBERS_PER_WRITE_MAX)?;
    for member in &ids {
        hold.decide_on(tx, *member, order.action, order.discarded, order.stamp)?;
    }
    if ids.len() < HOLD_MEMBERS_PER_WRITE_MAX {
        hold.underway = None;
        tx.delete(&layout::hold_order(hold.id));
    } else {
        tx.put_json(&layout::hold_order(hold.id), &Order { after: ids.last().copied(), ..order })?;
    }
    hold.settle(tx, now)?;
    Ok(hold)
}
