//! Of whom neither inventory nor directory has anything any more: what the directory's past and the activity still tell.
//!
//! Asks no policy.

use super::summary::said;
use super::{Explanation, Namesake, Standing, Touch, is_change_of};
use crate::activity::{self, Actor};
use crate::directory::decision::SubjectKind;
use crate::directory::event::Event;
use crate::directory::gone::{self, Gone};
use crate::directory::member::Issued;
use crate::directory::subject::Setting;
use crate::error::{Error, Result};
use crate::id::Id;
use crate::limits::ACTIVITY_SCANNED_MAX;
use crate::store::Rows;
use crate::store::layout;
use doorlist_scim::ErrorKind;

/// Explains what is no more, found by any name that it had in the directory as long as the event that tells of its going is kept, or else by its SCIM id.
///
/// # Errors
/// 404 if nothing is known of that name.
pub(super) fn explain(rows: &impl Rows, setting: &Setting, kind: SubjectKind, named: &str) -> Result<Explanation> {
    let found = gone::find(rows, kind, named)?;
    let Some(((sequence, gone), others)) = found.split_first() else { return never_there(rows, setting, kind, named) };
    let id = gone.scim_id.unwrap_or(gone.id);
    let event = rows.json::<Event>(&layout::event(*sequence))?;
    let caused = event.and_then(|event| event.cause).and_then(|cause| cause.activity);
    let cause = caused.map(|activity| Ok::<_, Error>(Touch { activity, entry: activity::get(rows, activity)? })).transpose()?;
    // Whom a policy had excluded, or an operator released, may have been deleted at another time than it went.
    let deletion = match cause.clone().filter(|touch| touch.entry.as_ref().is_some_and(|entry| is_deletion(entry, kind, id))) {
        Some(touch) => Some(touch),
        None => newest_deletion(rows, kind, id)?,
    };
    let mut explanation = Explanation::of(kind, gone.name.clone(), Standing::of_gone(gone));
    explanation.summary = match &deletion {
        Some(Touch { entry: Some(entry), .. }) => deleted(kind, entry),
        _ => went(gone),
    };
    explanation.scim_id = gone.scim_id;
    explanation.came_by(setting, gone.connection);
    let last = deletion.or(cause);
    let is_of_client = |touch: &Touch| touch.entry.as_ref().is_some_and(activity::Entry::is_of_client);
    explanation.last_scim_request = last.clone().filter(is_of_client);
    explanation.last_touch = last;
    explanation.others = others.iter().map(|(_, other)| Namesake::of_gone(setting, other)).collect();
    Ok(explanation)
}

/// The same of what never was in the directory, or whose events are no longer kept: only a deletion by its id tells of it.
fn never_there(rows: &impl Rows, setting: &Setting, kind: SubjectKind, named: &str) -> Result<Explanation> {
    let id = named.parse::<Id>().map_err(|_| unknown(kind))?;
    let touch = newest_deletion(rows, kind, id)?.ok_or_else(|| unknown(kind))?;
    let Some(entry) = &touch.entry else { return Err(unknown(kind)) };
    let client = match entry.actor {
        Actor::Client { connection } => Some(connection),
        _ => None,
    };
    let standing = if client.is_some() { Standing::Deleted } else { Standing::Local };
    let mut explanation = Explanation::of(kind, id.to_string(), standing);
    explanation.summary = deleted(kind, entry);
    explanation.scim_id = client.map(|_| id);
    explanation.came_by(setting, client);
    explanation.last_scim_request = client.map(|_| touch.clone());
    explanation.last_touch = Some(touch);
    Ok(explanation)
}

/// The newest entry that tells of a deletion of what has this id, by SCIM or by an operator.
fn newest_deletion(rows: &impl Rows, kind: SubjectKind, id: Id) -> Result<Option<Touch>> {
    let entry = activity::newest(rows, ACTIVITY_SCANNED_MAX, |entry| is_deletion(entry, kind, id))?;
    Ok(entry.map(|entry| Touch { activity: entry.sequence, entry: Some(entry) }))
}

fn is_deletion(entry: &activity::Entry, kind: SubjectKind, id: Id) -> bool {
    // By SCIM, alone or in a bulk request, and by an operator.
    let (by_scim, by_operator) = match kind {
        SubjectKind::User => ("DELETE /Users", "DELETE /tenants/{tenant}/users/{user}"),
        SubjectKind::Group => ("DELETE /Groups", "DELETE /tenants/{tenant}/groups/{group}"),
    };
    (entry.action.starts_with(by_scim) || entry.action == by_operator) && is_change_of(entry, id)
}

/// The answer for a person, by the request that deleted it.
fn deleted(kind: SubjectKind, entry: &activity::Entry) -> String {
    let who = if entry.is_of_client() { "The identity provider" } else { "An operator" };
    format!("{who} deleted this {}. The directory has nothing of it any more.", kind.noun())
}

/// The same by what was known when it went.
fn went(gone: &Gone) -> String {
    let noun = gone.kind.noun();
    let why = match (&gone.reason, gone.issued) {
        (Some(reason), _) => said(reason),
        (None, Issued::Policy) => format!("Policies had made this {noun}, and put nobody into it any more."),
        (None, _) => format!("An operator deleted this {noun}."),
    };
    format!("{why} The directory has nothing of it any more.")
}

/// The refusal that says where was looked.
pub(super) fn unknown(kind: SubjectKind) -> Error {
    let detail = match kind {
        SubjectKind::User => {
            "Neither the inventory of any connection nor the directory has such a user. What was looked at are ids, SCIM ids, userName, externalId and e-mail addresses, \
             also those of members who have gone and whose events are still kept, and among the latest activity the deletions by SCIM id."
        }
        SubjectKind::Group => {
            "Neither the inventory of any connection nor the directory has such a group. What was looked at are ids, SCIM ids, displayName and externalId, also those of groups \
             that have gone and whose events are still kept, and among the latest activity the deletions by SCIM id."
        }
    };
    Error::new(ErrorKind::NotFound, detail)
}
