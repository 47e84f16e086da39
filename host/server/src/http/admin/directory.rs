//! The directory over HTTP: members (`users` in paths) and groups, what operators change of them, and why they are as they are.

use schemars::JsonSchema;
use serde::Deserialize;

use super::call::{Call, Reply};
use super::{past, wanted};
use crate::clock::Timestamp;
use crate::directory::{self, Group, Member, MemberPatch, NewMember, Occasion, Stuck, SubjectKind};
use crate::error::Result;
use crate::id::Id;

/// A local group's name.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct GroupName {
    /// Its name.
    display_name: String,
}

/// The occasion of a request that has this activity entry.
fn when(at: Timestamp, stamp: u64) -> Occasion {
    Occasion { at, activity: Some(stamp) }
}

pub(super) async fn list_members(call: Call) -> Result<Reply> {
    let asked = wanted::members(&call)?;
    match past::moment(&call)? {
        Some(_) if !asked.is_anybody() => Err(wanted::not_of_the_past()),
        Some(moment) => past::list_members(&call, moment).await,
        None if asked.is_anybody() => call.page(|member: &Member| member.id, directory::list_members),
        None => wanted::page(call, move |rows, after, limit| directory::find_members(rows, &asked, after, limit)).await,
    }
}

pub(super) async fn get_member(call: Call) -> Result<Reply> {
    let id = call.id("user")?;
    if let Some(moment) = past::moment(&call)? {
        return past::get_member(&call, moment, id).await;
    }
    Reply::json(&call.read(|rows| directory::get_member(rows, id))?)
}

pub(super) async fn create_member(mut call: Call) -> Result<Reply> {
    let new: NewMember = call.take_body()?;
    let tenant = call.tenant()?.clone();
    let at = call.caller.now;
    let id = Id::new(at);
    let made = call.write(Some(id.to_string()), move |tx, stamp| {
        directory::create_member(tx, id, &new, when(at, stamp), &tenant.roles, &tenant.default_role)
    });
    let member = made.await?;
    call.created(member.id, &member)
}

pub(super) async fn patch_member(mut call: Call) -> Result<Reply> {
    let id = call.id("user")?;
    let patch: MemberPatch = call.take_body()?;
    let tenant = call.tenant()?.clone();
    let at = call.caller.now;
    let patched = call.write(Some(id.to_string()), move |tx, stamp| {
        directory::patch_member(tx, id, &patch, when(at, stamp), &tenant.roles, &tenant.default_role)
    });
    Reply::json(&patched.await?)
}

pub(super) async fn delete_member(call: Call) -> Result<Reply> {
    let (id, at) = (call.id("user")?, call.caller.now);
    call.write(Some(id.to_string()), move |tx, stamp| directory::delete_member(tx, id, when(at, stamp))).await?;
    Ok(Reply::empty())
}

pub(super) async fn groups_of_member(call: Call) -> Result<Reply> {
    let id = call.id("user")?;
    if let Some(moment) = past::moment(&call)? {
        return past::groups_of_member(&call, moment, id).await;
    }
    call.page(
        |group: &Group| group.id,
        |rows, after, limit| {
            // A user has a bounded number of groups, so the list is read whole and cut here.
            let mut groups = directory::groups_of(rows, id)?;
            groups.sort_by_key(|group| group.id);
            Ok(groups.into_iter().filter(|group| after.is_none_or(|after| group.id > after)).take(limit).collect())
        },
    )
}

pub(super) async fn list_groups(call: Call) -> Result<Reply> {
    let asked = wanted::groups(&call)?;
    match past::moment(&call)? {
        Some(_) if !asked.is_any() => Err(wanted::not_of_the_past()),
        Some(moment) => past::list_groups(&call, moment).await,
        None if asked.is_any() => call.page(|group: &Group| group.id, directory::list_groups),
        None => wanted::page(call, move |rows, after, limit| directory::find_groups(rows, &asked, after, limit)).await,
    }
}

pub(super) async fn get_group(call: Call) -> Result<Reply> {
    let id = call.id("group")?;
    if let Some(moment) = past::moment(&call)? {
        return past::get_group(&call, moment, id).await;
    }
    Reply::json(&call.read(|rows| directory::get_group(rows, id))?)
}

pub(super) async fn create_group(mut call: Call) -> Result<Reply> {
    let GroupName { display_name } = call.take_body()?;
    let at = call.caller.now;
    let id = Id::new(at);
    let made = call.write(Some(id.to_string()), move |tx, stamp| directory::create_group(tx, id, &display_name, when(at, stamp)));
    call.created(id, &made.await?)
}

pub(super) async fn rename_group(mut call: Call) -> Result<Reply> {
    let GroupName { display_name } = call.take_body()?;
    let (id, at) = (call.id("group")?, call.caller.now);
    let renamed = call.write(Some(id.to_string()), move |tx, stamp| directory::rename_group(tx, id, &display_name, when(at, stamp)));
    Reply::json(&renamed.await?)
}

pub(super) async fn delete_group(call: Call) -> Result<Reply> {
    let (id, at) = (call.id("group")?, call.caller.now);
    call.write(Some(id.to_string()), move |tx, stamp| directory::delete_group(tx, id, when(at, stamp))).await?;
    Ok(Reply::empty())
}

pub(super) async fn members_of_group(call: Call) -> Result<Reply> {
    let id = call.id("group")?;
    if let Some(moment) = past::moment(&call)? {
        return past::members_of_group(&call, moment, id).await;
    }
    call.page(|member: &Member| member.id, |rows, after, limit| directory::members_of(rows, id, after, limit))
}

pub(super) async fn add_member(call: Call) -> Result<Reply> {
    let (group, member, at) = (call.id("group")?, call.id("user")?, call.caller.now);
    call.write(Some(member.to_string()), move |tx, stamp| directory::add_member(tx, group, member, when(at, stamp))).await?;
    Ok(Reply::empty())
}

pub(super) async fn remove_member(call: Call) -> Result<Reply> {
    let (group, member, at) = (call.id("group")?, call.id("user")?, call.caller.now);
    call.write(Some(member.to_string()), move |tx, stamp| directory::remove_member(tx, group, member, when(at, stamp))).await?;
    Ok(Reply::empty())
}

pub(super) async fn member_decision(call: Call) -> Result<Reply> {
    Reply::json(&call.read(|rows| directory::find_decision(rows, SubjectKind::User, call.text("user")))?)
}

pub(super) async fn group_decision(call: Call) -> Result<Reply> {
    Reply::json(&call.read(|rows| directory::find_decision(rows, SubjectKind::Group, call.text("group")))?)
}

pub(super) async fn list_stuck(call: Call) -> Result<Reply> {
    call.page(|stuck: &Stuck| stuck.scim_id, directory::list_stuck)
}
