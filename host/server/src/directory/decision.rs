//! Decisions: what the host concluded of a subject from the whole pipeline, kept with each policy's verdict and reasons.

use std::ops::ControlFlow;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::group::{self, Group};
use super::hold::HeldBy;
use super::member::{self, Issued};
use super::would::Would;
use super::{monitor, shadow, stuck};
use crate::activity;
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::id::Id;
use crate::limits::SAME_NAME_MAX;
use crate::provision::{self, Kind, Scope};
use crate::store::layout::{self, GROUP, MemberBy, USER};
use crate::store::{Range, Rows, Table, Tx};

/// What a decision is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum SubjectKind {
    /// A SCIM User.
    User,
    /// A SCIM Group.
    Group,
}

impl SubjectKind {
    /// Its number in keys.
    pub(super) fn number(self) -> u8 {
        match self {
            Self::User => USER,
            Self::Group => GROUP,
        }
    }

    /// What it is called in a sentence.
    pub(super) fn noun(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Group => "group",
        }
    }

    fn kind(self) -> &'static Arc<Kind> {
        match self {
            Self::User => Kind::user(),
            Self::Group => Kind::group(),
        }
    }
}

/// Why something is so, and who said it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reason {
    /// Name of the policy in the pipeline; absent if no policy decided but the identity provider's own state, or an operator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// The reason, for a person.
    pub text: String,
}

impl Reason {
    /// One that no policy gives.
    fn of_no_policy(text: String) -> Self {
        Self { policy: None, text }
    }

    /// Why something is no longer in the inventory: its identity provider deleted it, or an operator the whole connection.
    pub(super) fn gone(kind: SubjectKind, with_connection: bool) -> Self {
        let noun = kind.noun();
        Self::of_no_policy(match with_connection {
            true => format!("An operator deleted the connection that this {noun} came by."),
            false => format!("The identity provider deleted this {noun}."),
        })
    }

    /// Why a user is suspended of whom no policy says so.
    pub(super) fn deactivated() -> Self {
        Self::of_no_policy("The identity provider deactivated this user.".to_owned())
    }

    /// Why a member is blocked.
    pub(super) fn blocked() -> Self {
        Self::of_no_policy("An operator blocked this user.".to_owned())
    }

    /// What the last policy says that set a status.
    pub(super) fn of_status(verdicts: &[Verdict]) -> Option<Self> {
        verdicts.iter().rev().filter(|verdict| !verdict.monitor).find_map(|verdict| {
            let change = verdict.changes.iter().rev().find(|change| change.effect == "set-status")?;
            Some(Self { policy: Some(verdict.policy.clone()), text: change.reason.clone() })
        })
    }
}

/// One change that a policy asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VerdictChange {
    /// What it does: `include`, `exclude`, `set-status`, `set-role`, `add-group` and so on, as the contract names it.
    pub effect: String,
    /// To what, if the effect takes a value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// The policy's reason.
    pub reason: String,
}

/// What one policy answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// Name of the policy in the pipeline.
    pub policy: String,
    /// Its plugin.
    pub plugin: String,
    /// The plugin's version.
    pub version: String,
    /// Whether it only watches: its changes had no effect.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub monitor: bool,
    /// The changes it asked for; none if it handed the view on.
    pub changes: Vec<VerdictChange>,
    /// Of a policy that only watches: what would be different behind the whole pipeline if its changes had effect. What policies after it make of them counts; others that only
    /// watch have no part in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub would: Vec<Would>,
    /// How it failed, if it did. The subject is stuck then, unless the policy only watches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// What it printed while it was asked, or before that if it failed there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub log: Vec<String>,
}

/// What was concluded of a subject, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Decision {
    /// User or group.
    pub kind: SubjectKind,
    /// Its SCIM id.
    pub scim_id: Id,
    /// The connection it came by.
    pub connection: Id,
    /// Its `userName` or `displayName` at the identity provider.
    pub name: String,
    /// The directory's member, if it is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<Id>,
    /// Whether the directory shows it.
    pub included: bool,
    /// Why not, or why nonetheless.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// What kept it from being projected: it stays as it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stuck: Option<Reason>,
    /// The hold that keeps it from being removed or suspended: it stays as it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<HeldBy>,
    /// The revision of the pipeline that was asked when this was written. Unless its subject is due, the pipeline in force concludes the same.
    pub pipeline_revision: u64,
    /// Each policy's verdict, in order.
    pub verdicts: Vec<Verdict>,
    /// Number of the activity entry that last made it due: that of a SCIM request, or of what an operator did. Absent if nothing has since this is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub touched_by: Option<u64>,
    /// The same of the last SCIM request, whoever came after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested_by: Option<u64>,
    /// When it was concluded.
    pub at: Timestamp,
}

impl Decision {
    /// Whether it says what an earlier one said, whenever and of whichever pipeline. One that keeps a count or a subject stuck does not: these begin anew with a pipeline.
    /// If nothing touched its subject, what did before still did.
    fn repeats(&self, before: &Self) -> bool {
        // Taken apart, so that whatever is added to a decision has to be thought of here.
        let Self {
            kind,
            scim_id,
            connection,
            name,
            member,
            included,
            reason,
            stuck,
            held,
            verdicts,
            touched_by,
            requested_by,
            pipeline_revision,
            at: _,
        } = self;
        let is_of_pipeline = stuck.is_some() || verdicts.iter().any(monitor::says_something);
        (*kind, *scim_id, *connection, *member, *included)
            == (before.kind, before.scim_id, before.connection, before.member, before.included)
            && *name == before.name
            && (reason, stuck, held) == (&before.reason, &before.stuck, &before.held)
            && *verdicts == before.verdicts
            && touched_by.or(before.touched_by) == before.touched_by
            && requested_by.or(before.requested_by) == before.requested_by
            && (!is_of_pipeline || *pipeline_revision == before.pipeline_revision)
    }
}

/// Whether the decision that is there says what this one would, on a subject that nothing touched, and nothing hangs on its being said again.
///
/// # Errors
/// If the disk refuses.
pub(super) fn stands(rows: &impl Rows, connection: u32, decision: &Decision) -> Result<bool> {
    let before: Option<Decision> = rows.json(&layout::decision(connection, decision.kind.number(), decision.scim_id))?;
    Ok(before.is_some_and(|before| decision.repeats(&before)))
}

/// Writes a decision, unless it says what the last one said. If nothing touched its subject it keeps what did before, and it keeps the last SCIM request.
/// `walking` says whether a projection of everything came by it.
pub(super) fn put(tx: &mut Tx<'_>, connection: u32, mut decision: Decision, walking: bool) -> Result<()> {
    let key = layout::decision(connection, decision.kind.number(), decision.scim_id);
    let before: Option<Decision> = tx.json(&key)?;
    let was_stuck = before.as_ref().is_some_and(|before| before.stuck.is_some());
    stuck::tried(tx, connection, &decision, was_stuck, walking)?;
    decision.requested_by = match decision.touched_by {
        Some(stamp) if activity::get(tx, stamp)?.is_some_and(|entry| entry.is_of_client()) => Some(stamp),
        _ => before.as_ref().and_then(|before| before.requested_by),
    };
    if let Some(before) = &before {
        decision.touched_by = decision.touched_by.or(before.touched_by);
        if decision.repeats(before) {
            return Ok(());
        }
    }
    count_stuck(tx, before.as_ref(), Some(&decision))?;
    monitor::follow(tx, before.as_ref(), Some(&decision))?;
    tx.put_json(&key, &decision)
}

/// Deletes the decision on a subject that is no more.
pub(super) fn delete(tx: &mut Tx<'_>, connection: u32, kind: u8, id: Id) -> Result<()> {
    let key = layout::decision(connection, kind, id);
    let before: Option<Decision> = tx.json(&key)?;
    if let Some(before) = before {
        forget(tx, connection, &before)?;
        tx.delete(&key);
    }
    Ok(())
}

/// Forgets what is kept beside a decision that is being deleted.
///
/// # Errors
/// If the disk refuses.
pub fn forget(tx: &mut Tx<'_>, connection: u32, before: &Decision) -> Result<()> {
    shadow::mark(tx, &mut std::iter::once((connection, before.kind.number(), before.scim_id)))?;
    if before.stuck.is_some() {
        stuck::forget(tx, before.scim_id)?;
    }
    monitor::follow(tx, Some(before), None)?;
    count_stuck(tx, Some(before), None)
}

fn count_stuck(tx: &mut Tx<'_>, before: Option<&Decision>, after: Option<&Decision>) -> Result<()> {
    let is_stuck = |decision: Option<&Decision>| decision.is_some_and(|decision| decision.stuck.is_some());
    let by = i64::from(is_stuck(after)) - i64::from(is_stuck(before));
    if by != 0 {
        tx.add(&layout::counter(layout::Counter::Stuck), by)?;
    }
    Ok(())
}

/// The decision on a user or group, named by its id in the directory, its SCIM id, its `userName` or its `displayName`.
///
/// # Errors
/// 404 if nobody of that name is known; a conflict if the name is known and no decision has been made: it is local, policies made it, or its projection is still due.
pub fn find(rows: &impl Rows, kind: SubjectKind, named: &str) -> Result<Decision> {
    let connections = connections(rows)?;
    let mut known = false;
    let mut ids = Vec::new();
    if let Ok(id) = named.parse::<Id>() {
        if kind == SubjectKind::User
            && let Some(row) = member::row(rows, id)?
        {
            known = true;
            ids.extend(row.member.scim_id);
        }
        if kind == SubjectKind::Group
            && let Some(group) = rows.json::<Group>(&layout::group(id))?
        {
            known = true;
            if group.issued == Issued::Policy {
                return Err(Error::conflict(
                    "No policy decides on this group: policies made it, and it is there for as long as they put somebody into it. Its explanation says which do.",
                ));
            }
        }
        ids.push(id);
    }
    let renamed = if kind == SubjectKind::Group { group::ids_named(rows, named)? } else { Vec::new() };
    for connection in connections {
        let scope = Scope { connection };
        let mut candidates = ids.clone();
        candidates.extend(by_name(rows, scope, kind, named)?);
        candidates.extend(&renamed);
        for id in candidates {
            known |= rows.has(&layout::resource(connection, kind.number(), id))?;
            if let Some(decision) = rows.json(&layout::decision(connection, kind.number(), id))? {
                return Ok(decision);
            }
        }
    }
    if known {
        let detail = format!("No policy has decided on this {}: it was made locally, or is still to be projected.", kind.noun());
        return Err(Error::conflict(detail));
    }
    Err(Error::not_found(kind.noun()))
}

/// Calls `step` with each decision on users, or on groups, connection by connection.
///
/// # Errors
/// If the disk refuses.
pub fn each(rows: &impl Rows, kind: SubjectKind, step: &mut dyn FnMut(Decision)) -> Result<()> {
    for connection in connections(rows)? {
        rows.each_json(&Range::under(layout::decisions(connection, kind.number())), &mut |decision| {
            step(decision);
            ControlFlow::Continue(())
        })?;
    }
    Ok(())
}

/// Ids of the subjects with this name in a connection's inventory, and of the members to whom policies gave it.
fn by_name(rows: &impl Rows, scope: Scope, kind: SubjectKind, name: &str) -> Result<Vec<Id>> {
    let attribute = match kind {
        SubjectKind::User => "userName",
        SubjectKind::Group => "displayName",
    };
    let mut ids = provision::ids_with(rows, scope, kind.kind(), (attribute, name), SAME_NAME_MAX)?;
    if kind == SubjectKind::User {
        let folded = doorlist_scim::schema::fold_case(name);
        let members = member::rows_by(rows, scope.connection, MemberBy::DirectoryName, &folded)?;
        ids.extend(members.into_iter().filter_map(|row| row.member.scim_id));
    }
    Ok(ids)
}

/// Numbers of the tenant's connections.
pub(super) fn connections(rows: &impl Rows) -> Result<Vec<u32>> {
    let mut numbers = Vec::new();
    rows.each(&Range::under(crate::store::Key::new(Table::Connection)), &mut |key, _| {
        numbers.extend(key.last_chunk().map(|bytes| u32::from_be_bytes(*bytes)));
        ControlFlow::Continue(())
    })?;
    Ok(numbers)
}
