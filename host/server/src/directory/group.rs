//! Directory groups and memberships: rows, and what operators do to local ones.

use std::ops::ControlFlow;

use doorlist_scim::ErrorKind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::decision::Reason;
use super::event::{Change, Occasion, emit, emit_after};
use super::gone;
use super::member::{self, Issued, Member};
use super::past::Before;
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::id::Id;
use crate::limits::{NAME_BYTES_MAX, SAME_NAME_MAX};
use crate::store::layout::{self, Counter};
use crate::store::{Range, Rows, Tx};

/// A group of the directory. One that came by SCIM has the id of its SCIM Group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Group {
    /// Its id.
    pub id: Id,
    /// How it came.
    pub issued: Issued,
    /// The connection it came by, if it came by SCIM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<Id>,
    /// The identity provider's own id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// Its name, as policies left it.
    pub display_name: String,
    /// When it came.
    pub created: Timestamp,
    /// When it last changed.
    pub last_modified: Timestamp,
}

/// The identifiers at the ends of keys.
pub(super) fn ids(rows: &impl Rows, range: &Range, most: usize) -> Result<Vec<Id>> {
    let mut ids = Vec::new();
    if most == 0 {
        return Ok(ids);
    }
    rows.each(range, &mut |key, _| {
        ids.extend(key.last_chunk().map(|bytes| Id::from_bytes(*bytes)));
        if ids.len() < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    Ok(ids)
}

/// Ids of the groups a member is in.
pub(super) fn ids_of_member(rows: &impl Rows, member: Id) -> Result<Vec<Id>> {
    ids(rows, &Range::under(layout::memberships(member)), usize::MAX)
}

/// Writes a membership. The caller tells of it.
pub(super) fn link(tx: &mut Tx<'_>, member: Id, group: Id) {
    tx.put(&layout::membership(member, group), Vec::new());
    tx.put(&layout::membership_of(group, member), Vec::new());
}

/// Takes a membership away. The caller tells of it.
pub(super) fn unlink(tx: &mut Tx<'_>, member: Id, group: Id) {
    tx.delete(&layout::membership(member, group));
    tx.delete(&layout::membership_of(group, member));
}

/// Writes a group and tells of it, if it is another than before.
pub(super) fn put(tx: &mut Tx<'_>, before: Option<&Group>, after: Group, when: Occasion) -> Result<()> {
    if before == Some(&after) {
        return Ok(());
    }
    index(tx, before, Some(&after));
    tx.put_json(&layout::group(after.id), &after)?;
    if let Some(before) = before {
        return emit_after(tx, when, Change::GroupUpdated { group: after }, &Before::Group(before, &[]));
    }
    tx.add(&layout::counter(Counter::Groups), 1)?;
    emit(tx, when, Change::GroupAdded { group: after })
}

/// Has a group that came by SCIM be found by the name that the directory shows. Others have rows of their own for that.
fn index(tx: &mut Tx<'_>, before: Option<&Group>, after: Option<&Group>) {
    let key = |group: &Group| {
        let name = doorlist_scim::schema::fold_case(&group.display_name).into_owned();
        (group.issued == Issued::Scim).then(|| layout::groups_named(&name).id(group.id))
    };
    let (old, new) = (before.and_then(key), after.and_then(key));
    if old != new {
        old.iter().for_each(|key| tx.delete(key));
    }
    // Also if the name is the same: one that an older version wrote has no such row.
    new.iter().for_each(|key| tx.put(key, Vec::new()));
}

/// Ids of at most [`SAME_NAME_MAX`] groups that came by SCIM and have this name in the directory, without regard to case.
pub(super) fn ids_named(rows: &impl Rows, name: &str) -> Result<Vec<Id>> {
    ids(rows, &Range::under(layout::groups_named(&doorlist_scim::schema::fold_case(name))), SAME_NAME_MAX)
}

/// The id of the group that policies call `name`: the same whenever it comes back.
pub(super) fn named_id(tenant: Id, name: &str) -> Id {
    let digest = Sha256::new().chain_update(tenant.as_bytes()).chain_update(name.as_bytes()).finalize();
    Id::of_digest(&digest.into())
}

/// Makes the group that policies call `name`, unless it is there.
///
/// # Errors
/// If the disk refuses.
pub(super) fn ensure_named(tx: &mut Tx<'_>, id: Id, name: &str, when: Occasion) -> Result<()> {
    if tx.has(&layout::group(id))? {
        return Ok(());
    }
    tx.add(&layout::counter(Counter::NamedGroups), 1)?;
    let group = Group {
        id,
        issued: Issued::Policy,
        connection: None,
        external_id: None,
        display_name: name.to_owned(),
        created: when.at,
        last_modified: when.at,
    };
    put(tx, None, group, when)
}

/// Takes a group that policies made out of the directory if nobody is left in it.
///
/// # Errors
/// If the disk refuses.
pub(super) fn tidy(tx: &mut Tx<'_>, group: Id, when: Occasion) -> Result<()> {
    let row: Option<Group> = tx.json(&layout::group(group))?;
    if row.is_none_or(|row| row.issued != Issued::Policy) || !ids(tx, &Range::under(layout::memberships_of(group)), 1)?.is_empty() {
        return Ok(());
    }
    tx.add(&layout::counter(Counter::NamedGroups), -1)?;
    remove(tx, group, when, None).map(drop)
}

/// Takes a member out of a group if policies made that.
///
/// # Errors
/// If the disk refuses.
pub(super) fn leave_named(tx: &mut Tx<'_>, member: Id, group: Id, when: Occasion) -> Result<()> {
    let row: Option<Group> = tx.json(&layout::group(group))?;
    if row.is_some_and(|row| row.issued == Issued::Policy) {
        unlink(tx, member, group);
        emit(tx, when, Change::MembershipRemoved { member_id: member, group_id: group })?;
        tidy(tx, group, when)?;
    }
    Ok(())
}

/// Takes a group out of the directory, with its memberships, and gives how many rows that took. `reason` is why it goes; none if an operator deletes it, or policies
/// had made it.
pub(super) fn remove(tx: &mut Tx<'_>, group: Id, when: Occasion, reason: Option<Reason>) -> Result<usize> {
    let members = ids(tx, &Range::under(layout::memberships_of(group)), usize::MAX)?;
    for member in &members {
        unlink(tx, *member, group);
    }
    let before: Group = tx.json(&layout::group(group))?.ok_or_else(|| Error::internal("a group that is not there was to be removed"))?;
    index(tx, Some(&before), None);
    tx.delete(&layout::group(group));
    tx.add(&layout::counter(Counter::Groups), -1)?;
    emit_after(tx, when, Change::GroupRemoved { group_id: group }, &Before::Group(&before, &members))?;
    gone::keep_group(tx, &before, reason)?;
    // The rows that go, and those that say what was.
    Ok(4 * members.len() + 2)
}

/// Groups with an id above `after`, in the order of their coming, at most `limit`.
///
/// # Errors
/// If the disk refuses.
pub fn list(rows: &impl Rows, after: Option<Id>, limit: usize) -> Result<Vec<Group>> {
    let mut range = Range::under(layout::groups());
    if let Some(after) = after {
        range = range.after(layout::group(after));
    }
    let mut groups = Vec::new();
    for id in ids(rows, &range, limit)? {
        groups.extend(rows.json::<Group>(&layout::group(id))?);
    }
    Ok(groups)
}

/// The group with this id.
///
/// # Errors
/// 404 if there is none.
pub fn get(rows: &impl Rows, id: Id) -> Result<Group> {
    rows.json(&layout::group(id))?.ok_or_else(|| Error::not_found("group"))
}

/// Members of a group with an id above `after`, at most `limit`.
///
/// # Errors
/// 404 if there is no such group.
pub fn members_of(rows: &impl Rows, group: Id, after: Option<Id>, limit: usize) -> Result<Vec<Member>> {
    get(rows, group)?;
    let mut range = Range::under(layout::memberships_of(group));
    if let Some(after) = after {
        range = range.after(layout::membership_of(group, after));
    }
    let mut members = Vec::new();
    for id in ids(rows, &range, limit)? {
        members.push(member::get(rows, id)?);
    }
    Ok(members)
}

/// The group, if operators may change it.
fn local(rows: &impl Rows, id: Id) -> Result<Group> {
    let group = get(rows, id)?;
    match group.issued {
        Issued::Api => Ok(group),
        Issued::Scim => Err(Error::conflict("This group came by SCIM; its name and members are managed at its identity provider.")),
        Issued::Policy => Err(Error::conflict("This group is made by the tenant's policies, which say who is in it.")),
    }
}

/// Refuses a name that is blank, too long, or that another local group has. Synced groups may have any name, also this one.
fn check_name(rows: &impl Rows, name: &str, but: Option<Id>) -> Result<()> {
    if name.trim().is_empty() || name.len() > NAME_BYTES_MAX {
        return Err(Error::invalid(format!("displayName must not be blank or longer than {NAME_BYTES_MAX} bytes.")));
    }
    let holder: Option<Id> = rows.json(&layout::local_group(name))?;
    if holder.is_some() && holder != but {
        return Err(Error::new(ErrorKind::Uniqueness, "Another local group has this displayName."));
    }
    Ok(())
}

/// Makes a local group with this id, which nothing has.
///
/// # Errors
/// A blank name, or one that another local group has.
pub fn create(tx: &mut Tx<'_>, id: Id, display_name: &str, when: Occasion) -> Result<Group> {
    check_name(tx, display_name, None)?;
    let group = Group {
        id,
        issued: Issued::Api,
        connection: None,
        external_id: None,
        display_name: display_name.to_owned(),
        created: when.at,
        last_modified: when.at,
    };
    tx.put_json(&layout::local_group(display_name), &group.id)?;
    put(tx, None, group.clone(), when)?;
    Ok(group)
}

/// Renames a local group.
///
/// # Errors
/// 404, a conflict if it came by SCIM, or a name that is blank or taken.
pub fn rename(tx: &mut Tx<'_>, id: Id, display_name: &str, when: Occasion) -> Result<Group> {
    let before = local(tx, id)?;
    check_name(tx, display_name, Some(id))?;
    if before.display_name == display_name {
        return Ok(before);
    }
    let after = Group { display_name: display_name.to_owned(), last_modified: when.at, ..before.clone() };
    tx.delete(&layout::local_group(&before.display_name));
    tx.put_json(&layout::local_group(display_name), &id)?;
    put(tx, Some(&before), after.clone(), when)?;
    Ok(after)
}

/// Deletes a local group.
///
/// # Errors
/// 404, or a conflict if it came by SCIM.
pub fn delete(tx: &mut Tx<'_>, id: Id, when: Occasion) -> Result<()> {
    let group = local(tx, id)?;
    tx.delete(&layout::local_group(&group.display_name));
    remove(tx, id, when, None)?;
    Ok(())
}

/// Puts a member, local or synced, into a local group.
///
/// # Errors
/// 404, or a conflict if the group came by SCIM.
pub fn add_member(tx: &mut Tx<'_>, group: Id, member: Id, when: Occasion) -> Result<()> {
    local(tx, group)?;
    member::get(tx, member)?;
    if !tx.has(&layout::membership(member, group))? {
        link(tx, member, group);
        emit(tx, when, Change::MembershipAdded { member_id: member, group_id: group })?;
    }
    Ok(())
}

/// Takes a member out of a local group. One that is not in it is no error.
///
/// # Errors
/// 404, or a conflict if the group came by SCIM.
pub fn remove_member(tx: &mut Tx<'_>, group: Id, member: Id, when: Occasion) -> Result<()> {
    local(tx, group)?;
    if tx.has(&layout::membership(member, group))? {
        unlink(tx, member, group);
        emit(tx, when, Change::MembershipRemoved { member_id: member, group_id: group })?;
    }
    Ok(())
}
