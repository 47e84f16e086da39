//! Why the directory has a user or group as it has, or has not, and what it would have if something were otherwise.
//!
//! [`explain`] tells what was concluded and asks the pipeline in force again, step by step; [`what_if`] does the same with made-up or changed inventory, and perhaps another
//! pipeline. Both work on a draft of one snapshot, so nothing of what they find out is stored. Reading order: `find` says who is meant, `evaluation` what becomes of
//! it, with `deciding` and `comparison`; `forgotten` tells of who has gone, `makers` of groups that policies made, and `summary` puts it in words.

mod comparison;
mod deciding;
mod evaluation;
mod find;
mod forgotten;
mod makers;
mod summary;
mod suppose;

use schemars::JsonSchema;
use serde::Serialize;

use self::evaluation::Inquiry;
use self::find::Found;
use super::decision::{Decision, Reason, SubjectKind};
use super::gone::Gone;
use super::group::Group;
use super::kept::Kept;
use super::member::{Issued, Status};
use super::subject::{Due, Setting};
use super::walk;
use crate::activity;
use crate::admin::connections::Connection;
use crate::admin::pipeline;
use crate::admin::plugins::Plugins;
use crate::admin::tenants;
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::id::Id;
use crate::limits::ACTIVITY_SCANNED_MAX;
use crate::provision::Stored;
use crate::store::layout::{self, GROUP};
use crate::store::{Numbers, Rows, Tenant};

pub use self::comparison::{ChangedValue, Comparison, DirectoryChange, DirectoryEntry, MemberEntry, NamedGroup};
pub use self::deciding::{Aspect, DecidingGroup};
pub use self::evaluation::Evaluation;
pub use self::find::{directory_id, ids_named};
pub use self::makers::Maker;
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

impl Standing {
    /// That of what has gone and that the inventory has not.
    fn of_gone(gone: &Gone) -> Self {
        match gone.issued {
            Issued::Scim => Self::Deleted,
            Issued::Api => Self::Local,
            Issued::Policy => Self::Policy,
        }
    }
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
    /// Of a member that is in the directory: whether it may use the application.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// Why it may not, if it may not and that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_reason: Option<Reason>,
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
    /// Of a group that policies made: which put members into it, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub made_by: Vec<Maker>,
    /// What last made it due, or changed a group's members: a SCIM request, or what an operator did. Of a group that policies made, what it came by. Absent if that is not
    /// known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_touch: Option<Touch>,
    /// The SCIM request that last touched it: itself, its members, or a group that it is in; the same as `lastTouch` unless an operator came after it. Absent if that is not
    /// known.
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
    /// What operators call that connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection_name: Option<String>,
}

impl Explanation {
    /// One that says no more than whom it is about.
    fn of(kind: SubjectKind, name: String, standing: Standing) -> Self {
        Self {
            kind,
            name,
            standing,
            summary: String::new(),
            scim_id: None,
            directory_id: None,
            status: None,
            status_reason: None,
            connection: None,
            connection_name: None,
            due: false,
            decision: None,
            evaluation: None,
            made_by: Vec::new(),
            last_touch: None,
            last_scim_request: None,
            others: Vec::new(),
        }
    }

    /// Says by which connection it came.
    fn came_by(&mut self, setting: &Setting, connection: Option<Id>) {
        self.connection = connection;
        self.connection_name = connection.and_then(|id| name_of(setting, id));
    }
}

/// What operators call a connection that is still there.
fn name_of(setting: &Setting, connection: Id) -> Option<String> {
    setting.connections.values().find(|known| known.id == connection).map(|known| known.name.clone())
}

impl Namesake {
    fn of(setting: &Setting, found: &Found) -> Self {
        let connection = setting.connections.get(&found.connection);
        Self {
            id: found.id,
            standing: found.standing,
            connection: connection.map(|connection| connection.id),
            connection_name: connection.map(|connection| connection.name.clone()),
        }
    }

    fn of_gone(setting: &Setting, gone: &Gone) -> Self {
        let connection_name = gone.connection.and_then(|id| name_of(setting, id));
        Self { id: gone.scim_id.unwrap_or(gone.id), standing: Standing::of_gone(gone), connection: gone.connection, connection_name }
    }
}

/// Explains the user or group that `named` means: an id in the directory or by SCIM, a `userName` or `displayName`, also one that policies gave, an `externalId` or an
/// e-mail address; if nobody is meant who is there, somebody who has gone and of whom an event is kept. Runs guest code: not for threads that run async code.
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
            let retention = tenants::at(tx, tenant.number())?.map(|tenant| tenant.retention).unwrap_or_default();
            let kept = Kept::of(&*tx, &retention, now)?;
            let found = find::all(&kept, &setting, kind, named)?;
            let Some((first, others)) = found.split_first() else { return forgotten::explain(&kept, &setting, kind, named) };
            let others = others.iter().map(|other| Namesake::of(&setting, other)).collect();
            let mut explanation = Explanation { others, ..known(&kept, &setting, kind, *first)? };
            if let Some(due) = explanation.scim_id.map(|id| due(tx, kind, first.connection, id)).transpose()? {
                let ready = plugins.ready(tenant, &setting.pipeline.policies)?;
                explanation.evaluation = Inquiry { setting: &setting, plugins: &ready, proposed: false, now }.evaluate(tx, due)?;
            }
            let connection = setting.connections.get(&first.connection);
            explanation.summary = summary::of(&explanation, connection.is_some_and(|connection| connection.deleting));
            Ok(explanation)
        })
    })
}

fn due(rows: &impl Rows, kind: SubjectKind, connection: u32, id: Id) -> Result<Due> {
    let kind = kind.number();
    Ok(Due { kind, connection, id, mark: walk::mark(rows, kind, connection, id)? })
}

/// What is known without asking any policy.
fn known(rows: &impl Rows, setting: &Setting, kind: SubjectKind, found: Found) -> Result<Explanation> {
    let by_scim = matches!(found.standing, Standing::Inventory | Standing::Deleted);
    let connection = setting.connections.get(&found.connection);
    let mut explanation = Explanation::of(kind, name(rows, kind, found)?, found.standing);
    explanation.scim_id = by_scim.then_some(found.id);
    explanation.directory_id = match kind {
        SubjectKind::Group => rows.has(&layout::group(found.id))?.then_some(found.id),
        SubjectKind::User => found.member(rows)?.filter(|row| !row.removed).map(|row| row.member.id),
    };
    explanation.connection = connection.map(|connection| connection.id);
    explanation.connection_name = connection.map(|connection| connection.name.clone());
    if by_scim {
        let due = due(rows, kind, found.connection, found.id)?;
        // What the inventory of a deleted connection still has goes as well.
        let is_going = found.standing == Standing::Inventory && connection.is_some_and(|connection| connection.deleting);
        explanation.due = due.mark.is_some() || walk::current(rows)?.is_some() || is_going;
        explanation.decision = rows.json(&layout::decision(found.connection, kind.number(), found.id))?;
        (explanation.last_touch, explanation.last_scim_request) = touches(rows, due, explanation.decision.as_ref())?;
    }
    if kind == SubjectKind::User {
        tell_status(rows, &mut explanation, found, connection)?;
    } else if let Some(group) = rows.json::<Group>(&layout::group(found.id))?.filter(|_| found.standing == Standing::Policy) {
        explanation.made_by = makers::of(rows, &group)?;
        explanation.last_touch = makers::came_with(rows, &group)?;
    }
    Ok(explanation)
}

/// Tells whether a member may use the application.
fn tell_status(rows: &impl Rows, explanation: &mut Explanation, found: Found, connection: Option<&Connection>) -> Result<()> {
    let Some(row) = found.member(rows)?.filter(|row| !row.removed) else { return Ok(()) };
    let deleting = connection.is_some_and(|connection| connection.deleting);
    let gone = (found.standing == Standing::Deleted).then(|| Reason::gone(SubjectKind::User, deleting));
    explanation.status = Some(row.member.status);
    explanation.status_reason = summary::status_reason(&row, explanation.decision.as_ref(), gone.as_ref());
    Ok(())
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
    Ok(found.member(rows)?.map(|row| row.user_name).unwrap_or_default())
}

/// What last touched a subject, and which SCIM request did.
fn touches(rows: &impl Rows, due: Due, decision: Option<&Decision>) -> Result<(Option<Touch>, Option<Touch>)> {
    let numbered = |activity: u64| Ok::<_, Error>(Touch { activity, entry: activity::get(rows, activity)? });
    let searched = |wanted: &dyn Fn(&activity::Entry) -> bool| {
        let entry = activity::newest(rows, ACTIVITY_SCANNED_MAX, |entry| wanted(entry) && is_change_of(entry, due.id))?;
        Ok::<_, Error>(entry.map(|entry| Touch { activity: entry.sequence, entry: Some(entry) }))
    };
    // A group is not due when only its members change.
    let of_members = match due.kind {
        GROUP => Some(rows.number(&layout::group_touched(due.connection, due.id))?).filter(|stamp| *stamp > 0),
        _ => None,
    };
    let of_itself = walk::causes(rows, due)?.newest().or(decision.and_then(|decision| decision.touched_by));
    let last = match of_itself.max(of_members) {
        Some(stamp) => Some(numbered(stamp)?),
        None => searched(&|_| true)?,
    };
    if last.as_ref().is_none_or(|last| last.entry.as_ref().is_some_and(activity::Entry::is_of_client)) {
        return Ok((last.clone(), last));
    }
    let request = match decision.and_then(|decision| decision.requested_by).max(of_members) {
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
