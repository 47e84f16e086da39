//! Whom nothing changes of, found by looking: most people, whatever is done to the policies. Whoever this is not sure of is tried in a draft, or written as anybody else.
//!
//! Says less than a trial and never anything else. Knows nothing of differences.

use crate::directory::evaluate::UserOutcome;
use crate::directory::group::{self, Group};
use crate::directory::member::{Issued, Member, MemberRow, Status};
use crate::directory::subject::Setting;
use crate::error::Result;
use crate::id::Id;
use crate::policy::Lifecycle;
use crate::store::Rows;
use crate::store::layout::{self, USER};

/// Whether the outcome certainly leaves the member as it is, or leaves somebody out who has none.
pub(super) fn is_idle(rows: &impl Rows, setting: &Setting, outcome: &UserOutcome) -> Result<bool> {
    let subject = &outcome.subject;
    let Some(row) = &subject.member else { return Ok(outcome.stuck.is_none() && !outcome.view.included) };
    if row.removed {
        return Ok(false);
    }
    let stays = outcome.stuck.is_none() && outcome.view.included && subject.lifecycle != Lifecycle::Deleted;
    Ok(stays && is_same_member(row, setting, outcome) && has_same_groups(rows, row.member.id, setting, outcome)?)
}

/// Whether the member would be the same in all that is written of it. Takes both apart, so that whatever is added to a member has to be thought of here.
fn is_same_member(row: &MemberRow, setting: &Setting, outcome: &UserOutcome) -> bool {
    let (subject, view) = (&outcome.subject, &outcome.view);
    // `removed` was looked at; what the guard counted, and when the member came and changed, stays as it is.
    let MemberRow { connection, removed: _, projected, user_name, display_name, counted: _, member } = row;
    let Member {
        // Whoever is recognised keeps both, and what operators set.
        id: _,
        operator_role: _,
        blocked,
        created: _,
        last_modified: _,
        issued,
        connection: connection_id,
        scim_id,
        external_id,
        user_name: given_name,
        display_name: given_display_name,
        email,
        status,
        role,
        attributes,
    } = member;
    let known = setting.connections.get(connection).map(|connection| connection.id);
    let would_be = if *blocked { Status::Blocked } else { view.status };
    *connection == subject.due.connection
        && known.is_some()
        && *connection_id == known
        && *issued == Issued::Scim
        && *scim_id == Some(subject.due.id)
        && (*projected, *status) == (view.status, would_be)
        && *external_id == subject.external_id
        && *user_name == subject.user_name
        && *display_name == subject.display_name
        && *given_name == view.user_name
        && *given_display_name == view.display_name
        && *role == view.role
        && has_same_attributes(attributes, email.as_deref(), setting, outcome)
}

fn has_same_attributes(
    have: &serde_json::Map<String, serde_json::Value>,
    email: Option<&str>,
    setting: &Setting,
    outcome: &UserOutcome,
) -> bool {
    let (subject, users) = (&outcome.subject, setting.kind(USER));
    if subject.skimmed.is_some() {
        // They are those of the inventory.
        return outcome.view.attributes.is_empty() && users.is_answered_as_stored && email == subject.email.as_deref();
    }
    outcome.attributes(users).is_ok_and(|attributes| attributes == *have && outcome.email(&attributes).as_deref() == email)
}

/// Whether it would be in the same groups, but for local ones. Who would be in a group that is not there, or that the identity provider did not put it into, wants trying.
fn has_same_groups(rows: &impl Rows, member: Id, setting: &Setting, outcome: &UserOutcome) -> Result<bool> {
    let have = group::ids_of_member(rows, member)?;
    let mut wanted = Vec::with_capacity(outcome.view.groups.len() + outcome.view.named_groups.len());
    for group in &outcome.view.groups {
        if rows.has(&layout::group(*group))? {
            wanted.push(*group);
        }
    }
    wanted.extend(outcome.view.named_groups.iter().map(|name| group::named_id(setting.tenant, name)));
    if !outcome.added_groups().is_empty() || wanted.iter().any(|group| !have.contains(group)) {
        return Ok(false);
    }
    for group in have.iter().filter(|group| !wanted.contains(group)) {
        let row: Option<Group> = rows.json(&layout::group(*group))?;
        if row.is_none_or(|row| row.issued != Issued::Api) {
            return Ok(false);
        }
    }
    Ok(true)
}
