//! The history of one member or group: the events that concern it, newest first, each with the request that caused it.
//!
//! Also of one that is gone: what is kept of it goes with its events. Knows no way to change anything.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use schemars::JsonSchema;
use serde::Serialize;

use super::event::{Change, Event};
use super::group::Group;
use super::member::Member;
use super::past::{self, Links, Past, Side, Thing};
use crate::activity::Entry;
use crate::error::{Error, Result};
use crate::id::Id;
use crate::store::layout;
use crate::store::{Key, Range, Rows};

/// The other side of a membership, as it was called then.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Named {
    /// Its id.
    pub id: Id,
    /// Its `userName` or `displayName` at that time.
    pub name: String,
}

/// One event in the history of a member or group.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HistoryItem {
    /// The event.
    pub event: Event,
    /// In a member's history: the group whose membership came or went.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<Named>,
    /// In a group's history: the member who came or went.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member: Option<Named>,
    /// What the member was before it was changed or went.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member_before: Option<Member>,
    /// What the group was before it was changed or went.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_before: Option<Group>,
    /// The activity entry of the request that caused it; null if there was no request, or its entry is no longer kept.
    pub request: Option<Entry>,
}

/// The history of a member, newest first: at most `limit` events before the one numbered `before`. With `group` only those in which it came into that
/// group or left it.
///
/// # Errors
/// 404 if nothing is known of such a member.
pub fn of_member(rows: &impl Rows, id: Id, group: Option<Id>, before: Option<u64>, limit: usize) -> Result<Vec<HistoryItem>> {
    must_be_known::<Member>(rows, id, "member")?;
    let mut numbers = linked(rows, (Side::Member, id), group, before, limit)?;
    if group.is_none() {
        numbers.extend(own(rows, layout::member_before(id), before, limit)?);
    }
    items(rows, &numbers, limit, |event| {
        let mut item = HistoryItem::of(event);
        let sequence = item.event.sequence;
        match &item.event.change {
            Change::MembershipAdded { group_id, .. } | Change::MembershipRemoved { group_id, .. } | Change::GroupRemoved { group_id } => {
                let group = Past::before(sequence).find::<Group>(rows, *group_id)?;
                item.group = group.map(|group| Named { id: group.id, name: group.display_name });
            }
            Change::MemberUpdated { .. } | Change::MemberRemoved { .. } => {
                item.member_before = Past::before(sequence).find(rows, id)?;
            }
            Change::MemberAdded { .. } | Change::GroupAdded { .. } | Change::GroupUpdated { .. } => {}
        }
        Ok(item)
    })
}

/// The history of a group, newest first: at most `limit` events before the one numbered `before`. With `user` only those in which that member came
/// into it or left it.
///
/// # Errors
/// 404 if nothing is known of such a group.
pub fn of_group(rows: &impl Rows, id: Id, user: Option<Id>, before: Option<u64>, limit: usize) -> Result<Vec<HistoryItem>> {
    must_be_known::<Group>(rows, id, "group")?;
    let numbers = match user {
        // A member has fewer rows than a group.
        Some(user) => linked(rows, (Side::Member, user), Some(id), before, limit)?,
        None => {
            let mut numbers = linked(rows, (Side::Group, id), None, before, limit)?;
            numbers.extend(own(rows, layout::group_before(id), before, limit)?);
            numbers
        }
    };
    items(rows, &numbers, limit, |event| {
        let mut item = HistoryItem::of(event);
        let sequence = item.event.sequence;
        match &item.event.change {
            Change::MembershipAdded { member_id, .. }
            | Change::MembershipRemoved { member_id, .. }
            | Change::MemberRemoved { member_id } => {
                let member = Past::before(sequence).find::<Member>(rows, *member_id)?;
                item.member = member.map(|member| Named { id: member.id, name: member.user_name });
            }
            Change::GroupUpdated { .. } | Change::GroupRemoved { .. } => {
                item.group_before = Past::before(sequence).find(rows, id)?;
            }
            Change::GroupAdded { .. } | Change::MemberAdded { .. } | Change::MemberUpdated { .. } => {}
        }
        Ok(item)
    })
}

impl HistoryItem {
    fn of(event: Event) -> Self {
        Self { event, group: None, member: None, member_before: None, group_before: None, request: None }
    }
}

fn must_be_known<T: Thing>(rows: &impl Rows, id: Id, what: &str) -> Result<()> {
    if T::current(rows, id)?.is_some() || rows.count(&Range::under(T::before().id(id)), 1)? > 0 {
        return Ok(());
    }
    Err(Error::not_found(what))
}

/// Numbers of the newest events that changed the thing whose rows lie under `head`.
fn own(rows: &impl Rows, head: Key, before: Option<u64>, limit: usize) -> Result<BTreeSet<u64>> {
    newest(rows, head, before, limit, |key, _| key.last_chunk().map(|bytes| u64::from_be_bytes(*bytes)))
}

/// Numbers of the newest events in which memberships of `id` came or went; with `other` only those with that one.
fn linked(rows: &impl Rows, (side, id): (Side, Id), other: Option<Id>, before: Option<u64>, limit: usize) -> Result<BTreeSet<u64>> {
    newest(rows, side.rows(id), before, limit, |key, value| {
        let links = Links::read(key, value)?;
        other.is_none_or(|other| links.others.contains(&other)).then_some(links.sequence)
    })
}

fn newest(
    rows: &impl Rows,
    head: Key,
    before: Option<u64>,
    limit: usize,
    number: impl Fn(&[u8], &[u8]) -> Option<u64>,
) -> Result<BTreeSet<u64>> {
    let oldest = past::oldest(rows)?;
    let mut range = Range::under(head.clone()).descending();
    if let Some(before) = before {
        range = range.after(head.sequence(before));
    }
    let mut numbers = BTreeSet::new();
    rows.each(&range, &mut |key, value| {
        if let Some(number) = number(key, value) {
            if number <= oldest {
                return ControlFlow::Break(());
            }
            numbers.insert(number);
        }
        if numbers.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    Ok(numbers)
}

/// The events with the `limit` highest of these numbers, highest first, each made a item by `make` and given its request.
fn items(rows: &impl Rows, numbers: &BTreeSet<u64>, limit: usize, make: impl Fn(Event) -> Result<HistoryItem>) -> Result<Vec<HistoryItem>> {
    let mut items = Vec::new();
    for number in numbers.iter().rev().take(limit) {
        let Some(event) = rows.json::<Event>(&layout::event(*number))? else { continue };
        let mut item = make(event)?;
        if let Some(activity) = item.event.cause.and_then(|cause| cause.activity) {
            item.request = rows.json(&layout::activity(activity))?;
        }
        items.push(item);
    }
    Ok(items)
}
