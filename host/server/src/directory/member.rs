//! Directory members: rows, what recognises them, and what operators do to them.

use std::ops::ControlFlow;

use doorlist_scim::ErrorKind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::added;
use super::decision::Reason;
use super::event::{Change, Occasion, emit, emit_after};
use super::gone;
use super::group::{self, Group};
use super::guard;
use super::hold;
use super::past::Before;
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::id::Id;
use crate::limits::NAME_BYTES_MAX;
use crate::provision::{Scope, Why, mark_dirty};
use crate::store::layout::{self, Counter, MemberBy, USER};
use crate::store::{Range, Rows, Tx};

/// How a member or group came into the directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Issued {
    /// By SCIM, from a connection.
    Scim,
    /// By an operator.
    Api,
    /// By policies: a group that is there for as long as they put somebody in it. No member comes so.
    Policy,
}

/// Whether a member may use the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Status {
    /// May.
    Active,
    /// May not, since the identity provider or a policy says so.
    Suspended,
    /// May not, since an operator says so; outweighs everything else.
    Blocked,
}

/// A user of the directory.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Member {
    /// Its id, the same after removal and return if an operator had set a role or a block.
    pub id: Id,
    /// How it came.
    pub issued: Issued,
    /// The connection it came by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<Id>,
    /// Id of its SCIM User.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scim_id: Option<Id>,
    /// The identity provider's own id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// The name it signs in with.
    pub user_name: String,
    /// The name to show.
    pub display_name: String,
    /// Its primary e-mail address, else the first, else `userName` if that is an address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Whether it may use the application.
    pub status: Status,
    /// Its role.
    pub role: String,
    /// The role that an operator set, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator_role: Option<String>,
    /// Whether an operator blocked it.
    pub blocked: bool,
    /// Its other SCIM attributes, as policies left them.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub attributes: Map<String, Value>,
    /// When it came.
    pub created: Timestamp,
    /// When it last changed.
    pub last_modified: Timestamp,
}

/// A member as stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MemberRow {
    /// Number of its connection; 0 if it is local.
    pub connection: u32,
    /// Whether it has gone. Kept, without what is personal beyond its names, because an operator set something that must survive.
    pub removed: bool,
    /// Its status but for a block.
    pub projected: Status,
    /// Its `userName` at the identity provider, by which it is recognised whatever policies call it.
    pub user_name: String,
    /// Its name to show as the inventory has it, which is what policies are given when the identity provider's user is gone.
    pub display_name: String,
    /// When the guard last counted that it was suspended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counted: Option<Timestamp>,
    /// What others see.
    pub member: Member,
}

/// What an operator can change of a member.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MemberPatch {
    /// A role of the tenant's list; null gives the role back to the default and the policies.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "Option<String>")]
    pub role: Option<Option<String>>,
    /// Whether the member is blocked.
    #[serde(default)]
    pub blocked: Option<bool>,
    /// The name to show. Local members only.
    #[serde(default)]
    pub display_name: Option<String>,
    /// The e-mail address; null for none. Local members only.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "Option<String>")]
    pub email: Option<Option<String>>,
}

/// Tells a field that is null from one that is absent.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// A local member to make.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewMember {
    /// The name it signs in with; no other local member has it.
    pub user_name: String,
    /// The name to show; `userName` if absent.
    #[serde(default)]
    pub display_name: Option<String>,
    /// Its e-mail address.
    #[serde(default)]
    pub email: Option<String>,
    /// A role of the tenant's list; the default one if absent.
    #[serde(default)]
    pub role: Option<String>,
}

impl MemberRow {
    /// What its status is, all told.
    pub(super) fn settle_status(&mut self) {
        self.member.status = if self.member.blocked { Status::Blocked } else { self.projected };
    }

    /// Whether an operator set something that survives removal.
    pub(super) fn has_standing(&self) -> bool {
        self.member.blocked || self.member.operator_role.is_some()
    }

    /// The texts it is recognised and found by.
    fn recognised_by(&self) -> Vec<(MemberBy, String)> {
        let member = &self.member;
        let fold = |name: &str| doorlist_scim::schema::fold_case(name).into_owned();
        let mut by = vec![(MemberBy::UserName, fold(&self.user_name))];
        let given = Some(fold(&member.user_name)).filter(|given| *given != fold(&self.user_name));
        by.extend(given.map(|given| (MemberBy::DirectoryName, given)));
        by.extend(member.scim_id.map(|id| (MemberBy::ScimId, id.to_string())));
        by.extend(member.external_id.clone().map(|id| (MemberBy::ExternalId, id)));
        by
    }
}

/// The row of a member, gone or not.
pub(super) fn row(rows: &impl Rows, id: Id) -> Result<Option<MemberRow>> {
    rows.json(&layout::member(id))
}

/// The row of a member that is there.
fn present_row(rows: &impl Rows, id: Id) -> Result<MemberRow> {
    row(rows, id)?.filter(|row| !row.removed).ok_or_else(|| Error::not_found("member"))
}

/// Rows of members recognised by `text`, gone ones included.
pub(super) fn rows_by(rows: &impl Rows, connection: u32, by: MemberBy, text: &str) -> Result<Vec<MemberRow>> {
    let mut ids = Vec::new();
    rows.each(&Range::under(layout::member_by(connection, by, text)), &mut |key, _| {
        ids.extend(key.last_chunk().map(|bytes| Id::from_bytes(*bytes)));
        ControlFlow::Continue(())
    })?;
    let mut found = Vec::new();
    for id in ids {
        found.extend(row(rows, id)?);
    }
    Ok(found)
}

/// The row of the member that came by this SCIM User, gone or not.
pub(super) fn by_scim_id(rows: &impl Rows, connection: u32, scim_id: Id) -> Result<Option<MemberRow>> {
    let is_it = |row: &MemberRow| row.connection == connection && row.member.scim_id == Some(scim_id);
    // A member that never came back under another SCIM id has that of its first one.
    if let Some(row) = row(rows, scim_id)?.filter(is_it) {
        return Ok(Some(row));
    }
    Ok(rows_by(rows, connection, MemberBy::ScimId, &scim_id.to_string())?.into_iter().find(is_it))
}

/// The row of the member that came by this SCIM User and is there, without its attributes, if these are the ones in `attributes`, spelt so; and the row as it is stored.
/// `None` says nothing.
pub(super) fn skim(rows: &impl Rows, connection: u32, scim_id: Id, attributes: &str) -> Result<Option<(MemberRow, Vec<u8>)>> {
    let Some(json) = rows.get(&layout::member(scim_id))? else { return Ok(None) };
    let Some(without) = without_attributes(&json, attributes) else { return Ok(None) };
    let row: MemberRow = crate::store::from_json(without.as_bytes())?;
    let is_it = row.connection == connection && row.member.scim_id == Some(scim_id) && !row.removed;
    Ok(is_it.then_some((row, json)))
}

/// A stored row without its attributes, if they are these.
fn without_attributes(json: &[u8], attributes: &str) -> Option<String> {
    const NAME: &str = "\"attributes\":";
    // The first such name is the member's own: what stands before it are texts and numbers under names of ours, and no quotation mark within a text is
    // followed by a colon unless a backslash stands before it.
    let (head, rest) = str::from_utf8(json).ok()?.split_once(NAME)?;
    let tail = rest.strip_prefix(attributes)?.strip_prefix(',')?;
    Some([head, tail].concat())
}

/// The member that a SCIM User is or was: by its id; else one by the same `externalId`, else by the same `userName`, whose own SCIM User is gone.
///
/// The same `userName` under another `externalId` is somebody else: a name that is given again must not bring a role with it.
pub(super) fn resolve(
    rows: &impl Rows,
    connection: u32,
    scim_id: Id,
    external_id: Option<&str>,
    user_name: &str,
) -> Result<Option<MemberRow>> {
    if let Some(row) = by_scim_id(rows, connection, scim_id)? {
        return Ok(Some(row));
    }
    let names = [
        (MemberBy::ExternalId, external_id.map(str::to_owned)),
        (MemberBy::UserName, Some(doorlist_scim::schema::fold_case(user_name).into_owned())),
    ];
    for (by, text) in names {
        let Some(text) = text else { continue };
        for row in rows_by(rows, connection, by, &text)? {
            let Some(old) = row.member.scim_id else { continue };
            let known_by_another = by == MemberBy::UserName && external_id.is_some() && row.member.external_id.is_some();
            if !known_by_another && !rows.has(&layout::resource(connection, USER, old))? {
                return Ok(Some(row));
            }
        }
    }
    Ok(None)
}

/// Writes a row and what recognises it.
pub(super) fn put(tx: &mut Tx<'_>, before: Option<&MemberRow>, after: &MemberRow) -> Result<()> {
    let old = before.map(|row| (row.connection, row.recognised_by())).unwrap_or_default();
    let new = (after.connection, after.recognised_by());
    if old != new {
        for (by, text) in &old.1 {
            tx.delete(&layout::member_by(old.0, *by, text).id(after.member.id));
        }
        for (by, text) in &new.1 {
            tx.put(&layout::member_by(new.0, *by, text).id(after.member.id), Vec::new());
        }
    }
    guard::recount(tx, before, Some(after))?;
    let was_there = before.is_some_and(|row| !row.removed);
    match (was_there, !after.removed) {
        (false, true) => drop(tx.add(&layout::counter(Counter::Members), 1)?),
        (true, false) => drop(tx.add(&layout::counter(Counter::Members), -1)?),
        _ => {}
    }
    tx.put_json(&layout::member(after.member.id), after)
}

/// Takes a member out of the directory, with its memberships. What an operator set is kept for its return. `reason` is why it goes; none if an operator deletes it.
pub(super) fn remove(tx: &mut Tx<'_>, row: &MemberRow, when: Occasion, reason: Option<Reason>) -> Result<()> {
    let id = row.member.id;
    let groups = group::ids_of_member(tx, id)?;
    for group in &groups {
        group::unlink(tx, id, *group);
    }
    added::put(tx, row, &[])?;
    if row.has_standing() && row.member.issued == Issued::Scim {
        let mut kept = row.clone();
        kept.removed = true;
        kept.member.attributes.clear();
        kept.member.email = None;
        kept.member.last_modified = when.at;
        put(tx, Some(row), &kept)?;
    } else {
        guard::recount(tx, Some(row), None)?;
        for (by, text) in row.recognised_by() {
            tx.delete(&layout::member_by(row.connection, by, &text).id(id));
        }
        tx.delete(&layout::member(id));
        tx.add(&layout::counter(Counter::Members), -1)?;
    }
    emit_after(tx, when, Change::MemberRemoved { member_id: id }, &Before::Member(&row.member, &groups))?;
    gone::keep_member(tx, row, reason)?;
    groups.into_iter().try_for_each(|group| group::tidy(tx, group, when))
}

/// Members with an id above `after`, in the order of their coming, at most `limit`.
///
/// # Errors
/// If the disk refuses.
pub fn list(rows: &impl Rows, after: Option<Id>, limit: usize) -> Result<Vec<Member>> {
    let mut range = Range::under(layout::members());
    if let Some(after) = after {
        range = range.after(layout::member(after));
    }
    let mut found = Vec::new();
    let mut outcome = Ok(());
    rows.each(&range, &mut |_, value| {
        if found.len() == limit {
            return ControlFlow::Break(());
        }
        match crate::store::from_json::<MemberRow>(value) {
            Ok(row) if row.removed => {}
            Ok(row) => found.push(row.member),
            Err(error) => {
                outcome = Err(error);
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    })?;
    outcome.map(|()| found)
}

/// The member with this id.
///
/// # Errors
/// 404 if there is none.
pub fn get(rows: &impl Rows, id: Id) -> Result<Member> {
    Ok(present_row(rows, id)?.member)
}

/// The directory's groups of a member.
///
/// # Errors
/// 404 if there is no such member.
pub fn groups_of(rows: &impl Rows, id: Id) -> Result<Vec<Group>> {
    present_row(rows, id)?;
    let mut groups = Vec::new();
    for group in group::ids_of_member(rows, id)? {
        groups.extend(rows.json::<Group>(&layout::group(group))?);
    }
    Ok(groups)
}

fn check_name(what: &str, text: &str) -> Result<()> {
    if text.trim().is_empty() || text.len() > NAME_BYTES_MAX {
        return Err(Error::invalid(format!("{what} must not be blank or longer than {NAME_BYTES_MAX} bytes.")));
    }
    Ok(())
}

/// Refuses what nobody can write to. What an address may be made of is for mail servers to say.
fn check_address(text: &str) -> Result<()> {
    check_name("email", text)?;
    let is_address = text.split_once('@').is_some_and(|(who, at)| !who.is_empty() && !at.is_empty()) && !text.contains(char::is_whitespace);
    if is_address { Ok(()) } else { Err(Error::invalid("email is an address such as ada@example.com.")) }
}

fn check_role(role: &str, roles: &[String]) -> Result<()> {
    if roles.iter().any(|known| known == role) {
        return Ok(());
    }
    Err(Error::invalid(format!("The tenant has no role of that name. It has: {}.", roles.join(", "))))
}

/// Changes what an operator may change. A role or block set here survives every sync, and removal and return. A synced member is projected
/// again, since policies see its role.
///
/// # Errors
/// 404, a role that the tenant does not list, or an attribute that its identity provider manages.
pub fn patch(tx: &mut Tx<'_>, id: Id, patch: &MemberPatch, when: Occasion, roles: &[String], default_role: &str) -> Result<Member> {
    let before = present_row(tx, id)?;
    let mut after = before.clone();
    if let Some(role) = &patch.role {
        if let Some(role) = role {
            check_role(role, roles)?;
        }
        after.member.operator_role.clone_from(role);
        after.member.role = role.clone().unwrap_or_else(|| default_role.to_owned());
    }
    if let Some(blocked) = patch.blocked {
        after.member.blocked = blocked;
        after.settle_status();
    }
    let named = [("displayName", patch.display_name.is_some()), ("email", patch.email.is_some())];
    if let Some((what, _)) = named.iter().find(|(_, is_said)| *is_said).filter(|_| before.member.issued == Issued::Scim) {
        return Err(Error::conflict(format!("{what} of this member comes from its identity provider; change it there.")));
    }
    patch.display_name.iter().try_for_each(|name| check_name("displayName", name))?;
    // What the identity provider of a connection that is gone sent may stay, whatever it is.
    patch.email.iter().flatten().filter(|email| Some(*email) != before.member.email.as_ref()).try_for_each(|email| check_address(email))?;
    if let Some(name) = &patch.display_name {
        after.member.display_name.clone_from(name);
    }
    if let Some(email) = &patch.email {
        after.member.email.clone_from(email);
    }
    if after != before {
        after.member.last_modified = when.at;
        put(tx, Some(&before), &after)?;
        let change = Change::MemberUpdated { member: after.member.clone() };
        emit_after(tx, when, change, &Before::Member(&before.member, &[]))?;
        if let Some(scim_id) = after.member.scim_id {
            let stamp = when.activity.unwrap_or_default();
            let why = Why { activity: when.activity, group: None };
            mark_dirty(tx, Scope { connection: after.connection }, (USER, scim_id), stamp, why)?;
        }
    }
    Ok(after.member)
}

/// Makes a local member with this id, which nothing has.
///
/// # Errors
/// A blank or taken name, or a role that the tenant does not list.
pub fn create(tx: &mut Tx<'_>, id: Id, new: &NewMember, when: Occasion, roles: &[String], default_role: &str) -> Result<Member> {
    check_name("userName", &new.user_name)?;
    new.email.iter().try_for_each(|email| check_address(email))?;
    new.display_name.iter().try_for_each(|name| check_name("displayName", name))?;
    if let Some(role) = &new.role {
        check_role(role, roles)?;
    }
    if !rows_by(tx, 0, MemberBy::UserName, &doorlist_scim::schema::fold_case(&new.user_name))?.is_empty() {
        return Err(Error::new(ErrorKind::Uniqueness, "Another local member has this userName."));
    }
    let member = Member {
        id,
        issued: Issued::Api,
        connection: None,
        scim_id: None,
        external_id: None,
        user_name: new.user_name.clone(),
        display_name: new.display_name.clone().unwrap_or_else(|| new.user_name.clone()),
        email: new.email.clone(),
        status: Status::Active,
        role: new.role.clone().unwrap_or_else(|| default_role.to_owned()),
        operator_role: new.role.clone(),
        blocked: false,
        attributes: Map::new(),
        created: when.at,
        last_modified: when.at,
    };
    let row = MemberRow {
        connection: 0,
        removed: false,
        projected: Status::Active,
        user_name: member.user_name.clone(),
        display_name: member.display_name.clone(),
        counted: None,
        member,
    };
    put(tx, None, &row)?;
    emit(tx, when, Change::MemberAdded { member: row.member.clone() })?;
    Ok(row.member)
}

/// Deletes a local member.
///
/// # Errors
/// 404; a conflict if it came by SCIM: it goes when its identity provider or a policy says so.
pub fn delete(tx: &mut Tx<'_>, id: Id, when: Occasion) -> Result<()> {
    let row = present_row(tx, id)?;
    if row.member.issued == Issued::Scim {
        return Err(Error::conflict("This member came by SCIM. Remove it at its identity provider, exclude it by a policy, or block it."));
    }
    remove(tx, &row, when, None)
}

/// Makes the members that are left of a connection that goes local ones: whom a policy kept although the identity provider's user is gone
/// must not be locked out by tidying up. Those kept only for their return are forgotten. Handles at most `most` and gives how many it found.
///
/// # Errors
/// If the disk refuses.
pub fn detach(tx: &mut Tx<'_>, connection: u32, when: Occasion, most: usize) -> Result<usize> {
    let mut found = Vec::new();
    let mut outcome = Ok(());
    tx.each(&Range::under(layout::members()), &mut |_, value| {
        match crate::store::from_json::<MemberRow>(value) {
            Ok(row) if row.connection == connection => found.push(row),
            Ok(_) => {}
            Err(error) => outcome = Err(error),
        }
        if outcome.is_ok() && found.len() < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    outcome?;
    for before in &found {
        if before.removed {
            for (by, text) in before.recognised_by() {
                tx.delete(&layout::member_by(connection, by, &text).id(before.member.id));
            }
            tx.delete(&layout::member(before.member.id));
            continue;
        }
        // Of whom an operator said that they stay, stay.
        hold::clear(tx, before.member.id, when.at)?;
        let mut after = before.clone();
        after.connection = 0;
        after.member =
            Member { issued: Issued::Api, connection: None, scim_id: None, external_id: None, last_modified: when.at, ..after.member };
        put(tx, Some(before), &after)?;
        let id = after.member.id;
        emit_after(tx, when, Change::MemberUpdated { member: after.member }, &Before::Member(&before.member, &[]))?;
        // No policy is asked about it any more, so none says that it is in a group.
        added::put(tx, before, &[])?;
        for group in group::ids_of_member(tx, id)? {
            group::leave_named(tx, id, group, when)?;
        }
    }
    Ok(found.len())
}
