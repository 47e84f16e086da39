//! Why the directory has a user or group as it has, or has not, and what it would have if something were otherwise.
//!
//! [`explain`] tells what was concluded and asks the pipeline in force again, step by step; [`what_if`] does the same with made-up or changed inventory, and perhaps another
//! pipeline. Both work on a draft of one snapshot, so nothing of what they find out is stored. Reading order: `find` says who is meant, `evaluation` what becomes of
//! it, with `deciding` and `comparison`.

mod comparison;
mod deciding;
mod evaluation;
mod find;
mod suppose;

use schemars::JsonSchema;
use serde::Serialize;

use self::evaluation::Inquiry;
use self::find::Found;
use super::decision::{Decision, SubjectKind};
use super::group::Group;
use super::guard::Loss;
use super::member;
use super::subject::{Due, Setting};
use super::walk;
use crate::activity::{self, Actor};
use crate::admin::pipeline;
use crate::admin::plugins::Plugins;
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::id::Id;
use crate::limits::ACTIVITY_SCANNED_MAX;
use crate::provision::Stored;
use crate::store::layout::{self, GROUP};
use crate::store::{Rows, Tenant, Tx};
use doorlist_scim::ErrorKind;

pub use self::comparison::{ChangedValue, Comparison, DirectoryChange, DirectoryEntry, MemberEntry, NamedGroup};
pub use self::deciding::{Aspect, DecidingGroup};
pub use self::evaluation::Evaluation;
pub use self::suppose::{Supposed, WhatIf, WhatIfAnswer, what_if};

/// Where something is, or was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Standing {
    /// In the inventory of a connection: its identity provider has it.
    Inventory,
    /// Its identity provider deleted it.
    Deleted,
    /// An operator made it; no policy decides on it.
    Local,
    /// Policies made it: a group that is there for as long as they put somebody into it.
    Policy,
}

/// Why the directory has a user or group as it has, or has not.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// User or group.
    pub kind: SubjectKind,
    /// Its `userName` or `displayName` at the identity provider, or in the directory if no identity provider has it; its id if nothing else is left of it.
    pub name: String,
    /// Where it is.
    pub standing: Standing,
    /// The answer in a sentence or two.
    pub summary: String,
    /// Its SCIM id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scim_id: Option<Id>,
    /// The id under which the directory has it; absent if it has not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub directory_id: Option<Id>,
    /// The connection it came by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection: Option<Id>,
    /// What operators call that connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection_name: Option<String>,
    /// Whether it is still to be projected: what was decided may not be what holds by now.
    pub due: bool,
    /// What was concluded when it was last projected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
    /// What the pipeline in force makes of it now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evaluation: Option<Evaluation>,
    /// What last made it due: a SCIM request, or what an operator did. Absent if that is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_touch: Option<Touch>,
    /// The SCIM request that last touched it, itself or by a group that it is in; the same as `lastTouch` unless an operator came after it. Absent if that is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_scim_request: Option<Touch>,
    /// Others that the same name may mean.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<Namesake>,
}

/// An entry of the tenant's activity.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Touch {
    /// Its number.
    pub activity: u64,
    /// The entry; absent if it is no longer kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<activity::Entry>,
}

/// Somebody else, or something else, of the same name.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Namesake {
    /// Its SCIM id, or the directory's id of what no identity provider has. Asking by it explains this one.
    pub id: Id,
    /// Where it is.
    pub standing: Standing,
    /// The connection it came by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection: Option<Id>,
}

/// Explains the user or group that `named` means: an id in the directory or by SCIM, a `userName` or `displayName`, a `userName` that policies gave, an `externalId` or an e-mail address. Runs guest code: not for
/// threads that run async code.
///
/// # Errors
/// 404 if neither inventory nor directory has anybody of that name; 503 if no instance of a plugin came free.
pub fn explain(tenant: &Tenant, plugins: &Plugins, kind: SubjectKind, named: &str, now: Timestamp) -> Result<Explanation> {
    // Loaded before the snapshot is held, since that may take long.
    let policies = tenant.read(|rows| pipeline::current(rows))?.policies;
    plugins.ready(tenant, &policies)?;
    tenant.read(|rows| {
        rows.draft(|tx| {
            let setting = Setting::read(tx, tenant.number())?;
            let found = find::all(tx, &setting, kind, named)?;
            let Some((first, others)) = found.split_first() else { return forgotten(tx, &setting, kind, named) };
            let mut explanation = Explanation { others: others_of(&setting, others), ..known(tx, &setting, kind, *first)? };
            if let Some(due) = explanation.scim_id.map(|id| due(tx, kind, first.connection, id)).transpose()? {
                let ready = plugins.ready(tenant, &setting.pipeline.policies)?;
                explanation.evaluation = Inquiry { setting: &setting, plugins: &ready, proposed: false, now }.evaluate(tx, due)?;
            }
            explanation.summary = summary(&explanation);
            Ok(explanation)
        })
    })
}

fn due(rows: &impl Rows, kind: SubjectKind, connection: u32, id: Id) -> Result<Due> {
    let kind = kind.number();
    Ok(Due { kind, connection, id, mark: walk::mark(rows, kind, connection, id)? })
}

fn others_of(setting: &Setting, found: &[Found]) -> Vec<Namesake> {
    let connection = |found: &Found| setting.connections.get(&found.connection).map(|connection| connection.id);
    found.iter().map(|found| Namesake { id: found.id, standing: found.standing, connection: connection(found) }).collect()
}

/// What is known without asking any policy.
fn known(tx: &Tx<'_>, setting: &Setting, kind: SubjectKind, found: Found) -> Result<Explanation> {
    let by_scim = matches!(found.standing, Standing::Inventory | Standing::Deleted);
    let connection = setting.connections.get(&found.connection);
    let mut explanation = Explanation {
        kind,
        name: name(tx, kind, found)?,
        standing: found.standing,
        summary: String::new(),
        scim_id: by_scim.then_some(found.id),
        directory_id: directory_id(tx, kind, found)?,
        connection: connection.map(|connection| connection.id),
        connection_name: connection.map(|connection| connection.name.clone()),
        due: false,
        decision: None,
        evaluation: None,
        last_touch: None,
        last_scim_request: None,
        others: Vec::new(),
    };
    if by_scim {
        let mark = due(tx, kind, found.connection, found.id)?.mark;
        explanation.due = mark.is_some() || walk::current(tx)?.is_some();
        explanation.decision = tx.json(&layout::decision(found.connection, kind.number(), found.id))?;
        (explanation.last_touch, explanation.last_scim_request) = touches(tx, found.id, mark, explanation.decision.as_ref())?;
    }
    Ok(explanation)
}

/// The name that the reader knows it by.
fn name(rows: &impl Rows, kind: SubjectKind, found: Found) -> Result<String> {
    let (number, attribute) = (kind.number(), if kind == SubjectKind::User { "userName" } else { "displayName" });
    if let Some(json) = rows.get(&layout::resource(found.connection, number, found.id))? {
        return Ok(Stored::read(&json)?.text(attribute).to_owned());
    }
    if number == GROUP {
        return Ok(rows.json::<Group>(&layout::group(found.id))?.map(|group| group.display_name).unwrap_or_default());
    }
    let row = match found.standing {
        Standing::Local => member::row(rows, found.id)?,
        _ => member::by_scim_id(rows, found.connection, found.id)?,
    };
    Ok(row.map(|row| row.user_name).unwrap_or_default())
}

/// The id under which the directory has it, if it does.
fn directory_id(rows: &impl Rows, kind: SubjectKind, found: Found) -> Result<Option<Id>> {
    if kind == SubjectKind::Group {
        return Ok(rows.has(&layout::group(found.id))?.then_some(found.id));
    }
    let row = match found.standing {
        Standing::Local => member::row(rows, found.id)?,
        _ => member::by_scim_id(rows, found.connection, found.id)?,
    };
    Ok(row.filter(|row| !row.removed).map(|row| row.member.id))
}

/// What last touched a subject, and which SCIM request did. `mark` is the number of the activity entry that made it due, if it is due by one.
fn touches(rows: &impl Rows, id: Id, mark: Option<u64>, decision: Option<&Decision>) -> Result<(Option<Touch>, Option<Touch>)> {
    let numbered = |activity: u64| Ok::<_, Error>(Touch { activity, entry: activity::get(rows, activity)? });
    let searched = |wanted: &dyn Fn(&activity::Entry) -> bool| {
        let entry = activity::newest(rows, ACTIVITY_SCANNED_MAX, |entry| wanted(entry) && is_change_of(entry, id))?;
        Ok::<_, Error>(entry.map(|entry| Touch { activity: entry.sequence, entry: Some(entry) }))
    };
    let last = match mark.or(decision.and_then(|decision| decision.touched_by)) {
        Some(stamp) => Some(numbered(stamp)?),
        None => searched(&|_| true)?,
    };
    if last.as_ref().is_none_or(|last| last.entry.as_ref().is_some_and(activity::Entry::is_of_client)) {
        return Ok((last.clone(), last));
    }
    let request = match decision.and_then(|decision| decision.requested_by) {
        Some(stamp) => Some(numbered(stamp)?),
        None => searched(&activity::Entry::is_of_client)?,
    };
    Ok((last, request))
}

/// Whether an entry is about a change that was made to what has this id.
fn is_change_of(entry: &activity::Entry, id: Id) -> bool {
    let is_about = entry.subject.as_ref().is_some_and(|subject| *subject == id.to_string());
    is_about && entry.status < 400 && !entry.action.starts_with("GET ")
}

/// Of what neither inventory nor directory has, what the log still tells.
fn forgotten(rows: &impl Rows, setting: &Setting, kind: SubjectKind, named: &str) -> Result<Explanation> {
    // By SCIM, alone or in a bulk request, and by an operator.
    let (by_scim, by_operator) = match kind {
        SubjectKind::User => ("DELETE /Users", "DELETE /tenants/{tenant}/users/{user}"),
        SubjectKind::Group => ("DELETE /Groups", "DELETE /tenants/{tenant}/groups/{group}"),
    };
    let id = named.parse::<Id>().ok();
    let deleted = |entry: &activity::Entry| {
        (entry.action.starts_with(by_scim) || entry.action == by_operator) && id.is_some_and(|id| is_change_of(entry, id))
    };
    let entry = if id.is_some() { activity::newest(rows, ACTIVITY_SCANNED_MAX, deleted)? } else { None };
    let (Some(id), Some(entry)) = (id, entry) else { return Err(unknown(kind)) };
    let touch = Touch { activity: entry.sequence, entry: Some(entry.clone()) };
    let client = match entry.actor {
        Actor::Client { connection } => Some(connection),
        _ => None,
    };
    let connection = setting.connections.values().find(|connection| Some(connection.id) == client);
    let who = if client.is_some() { "The identity provider" } else { "An operator" };
    Ok(Explanation {
        kind,
        name: id.to_string(),
        standing: if client.is_some() { Standing::Deleted } else { Standing::Local },
        summary: format!("{who} deleted this {}. The directory has nothing of it any more.", kind.noun()),
        scim_id: client.map(|_| id),
        directory_id: None,
        connection: client,
        connection_name: connection.map(|connection| connection.name.clone()),
        due: false,
        decision: None,
        evaluation: None,
        last_scim_request: client.map(|_| touch.clone()),
        last_touch: Some(touch),
        others: Vec::new(),
    })
}

/// The refusal that says where was looked.
fn unknown(kind: SubjectKind) -> Error {
    let detail = match kind {
        SubjectKind::User => {
            "Neither the inventory of any connection nor the directory has such a user. What was looked at are ids, SCIM ids, userName, externalId and e-mail addresses, \
             and among the latest activity the deletions."
        }
        SubjectKind::Group => {
            "Neither the inventory of any connection nor the directory has such a group. What was looked at are ids, SCIM ids, displayName and externalId, and among the latest \
             activity the deletions."
        }
    };
    Error::new(ErrorKind::NotFound, detail)
}

/// The answer for a person.
fn summary(explanation: &Explanation) -> String {
    let noun = explanation.kind.noun();
    match explanation.standing {
        Standing::Local => return format!("This {noun} was made locally. No policy decides on it, and no identity provider."),
        Standing::Policy => return format!("Policies made this {noun}. It is there for as long as they put somebody into it."),
        Standing::Inventory | Standing::Deleted => {}
    }
    let mut told = decided(explanation, noun);
    let change = explanation.evaluation.as_ref().map(|evaluation| evaluation.directory.change);
    if explanation.decision.is_some() && explanation.due {
        told.push_str(match change {
            Some(DirectoryChange::None) | None => " It is still to be projected again, which would change nothing.",
            Some(DirectoryChange::Added) => " It is still to be projected again, and would then come into the directory.",
            Some(DirectoryChange::Updated) => " It is still to be projected again, and would then change.",
            Some(DirectoryChange::Removed) => " It is still to be projected again, and would then leave the directory.",
        });
    }
    told
}

/// What was decided, or that nothing was yet.
fn decided(explanation: &Explanation, noun: &str) -> String {
    let Some(decision) = &explanation.decision else {
        return match explanation.standing {
            Standing::Deleted => format!("The identity provider deleted this {noun}, and the directory has it no longer."),
            _ => format!("Only the inventory has this {noun} so far. It is still to be projected."),
        };
    };
    let said = |reason: &super::Reason| match &reason.policy {
        Some(policy) => format!("{} (policy {policy})", reason.text),
        None => reason.text.clone(),
    };
    let deleted = if explanation.standing == Standing::Deleted { "The identity provider deleted it. " } else { "" };
    let has = if decision.included { "has" } else { "does not have" };
    if let Some(held) = &decision.held {
        let what = match held.effect {
            Loss::Removed => "removed",
            Loss::Suspended => "suspended",
        };
        let until = if held.discarded { "and an operator said that it stays" } else { "until an operator releases or discards it" };
        return format!("{deleted}The directory {has} this {noun} as it was: hold {} keeps it from being {what}, {until}.", held.hold);
    }
    match (&decision.stuck, &decision.reason) {
        (Some(stuck), _) => format!("{deleted}The directory {has} this {noun}, which is stuck at what was last projected: {}", said(stuck)),
        (None, Some(reason)) => format!("{deleted}The directory {has} this {noun}: {}", said(reason)),
        (None, None) => format!("{deleted}The directory {has} this {noun}."),
    }
}
