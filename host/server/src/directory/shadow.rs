//! A pipeline in shadow of the one in force: what it would make different, subject by subject, without any effect.
//!
//! Whoever is projected is marked here as well, and looked at by both pipelines when nothing else of the tenant is due: a shadow that is slow or fails holds up itself
//! alone. When it is put, a walk of its own comes by everybody. Knows nothing of how policies are asked, nor of plans.

use std::ops::ControlFlow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::decision::{Reason, SubjectKind};
use super::evaluate::{Outcome, Subject};
use super::subject::{Due, GroupSubject, Setting, UserSubject};
use super::walk::Walk;
use super::would::{Counted, Would, WouldCounts};
use crate::activity::Actor;
use crate::admin::pipeline::Policy;
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::id::Id;
use crate::limits::{DELETE_ROWS_PER_WRITE_MAX, MONITOR_DECISIONS_LOOKED_MAX, PROJECTION_BATCH_MAX, SHADOW_DUE_COUNTED_MAX};
use crate::store::layout::{self, Counter, GROUP};
use crate::store::{Numbers, PartitionNumber, Range, Rows, Tx, from_json};

/// A pipeline in shadow of the one in force.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Shadow {
    /// The policies, in the order in which they are asked.
    pub policies: Vec<Policy>,
    /// Since when it is there.
    pub since: Timestamp,
    /// Who put it.
    pub actor: Actor,
    /// Whether it has come by everybody, and nobody is due. Until then the counts are not all.
    pub settled: bool,
    /// Users and groups that are still to be looked at again.
    pub due: u64,
    /// Users and groups that it would make different now.
    pub now: WouldCounts,
    /// Those that came to that since it is there; one that came to it twice counts twice.
    pub total: WouldCounts,
}

/// A user or group that the pipeline in shadow would make different.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Shadowed {
    /// User or group.
    pub kind: SubjectKind,
    /// Its SCIM id.
    pub scim_id: Id,
    /// The connection it came by.
    pub connection: Id,
    /// Its `userName` or `displayName` at the identity provider.
    pub name: String,
    /// What would be different.
    pub would: Vec<Would>,
    /// The policy that includes, excludes or fails, and its reason, if that is the difference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// Whether the reason is one of the pipeline in force that would fall away.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub lifted: bool,
    /// When that was found.
    pub at: Timestamp,
}

/// The pipeline in shadow as stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    /// Which one it is: another is begun whenever one is put.
    number: u64,
    policies: Vec<Policy>,
    since: Timestamp,
    actor: Actor,
    /// How far it has come by everybody.
    walk: Option<Walk>,
    counted: Counted,
}

/// What is looked at in one turn.
pub(super) struct Batch {
    number: u64,
    /// What holds for both pipelines, with the one in force.
    pub live: Setting,
    /// The same with the one in shadow.
    pub shadow: Setting,
    pub users: Vec<UserSubject>,
    pub groups: Vec<GroupSubject>,
    /// Marks that the subjects had, and everybody else of whom nothing is known any more.
    gone: Vec<Due>,
    /// If a walk led to them: where it stood, and where it then stands.
    walk: Option<(Walk, Option<Walk>)>,
}

/// What came of one subject; nothing if there was no time for it.
pub(super) struct Found {
    due: Due,
    difference: Option<(Vec<Would>, Because)>,
    kind: SubjectKind,
    name: String,
}

/// A reason, and whether it is one of the pipeline in force that falls away.
type Because = (Option<Reason>, bool);

/// What there is to do for a shadow.
pub(super) enum Task {
    /// To look at some subjects.
    Look(Box<Batch>),
    /// To delete rows of one that is no more.
    Clean(u64),
}

fn row(rows: &impl Rows) -> Result<Option<Row>> {
    rows.json(&layout::shadow())
}

fn present(rows: &impl Rows) -> Result<Row> {
    row(rows)?.ok_or_else(|| Error::not_found("pipeline in shadow"))
}

/// Makes a subject due that was projected, if there is a pipeline in shadow.
pub(super) fn mark(tx: &mut Tx<'_>, dues: &mut dyn Iterator<Item = (u32, u8, Id)>) -> Result<()> {
    if !tx.has(&layout::shadow())? {
        return Ok(());
    }
    for (connection, kind, id) in dues {
        let stamp = tx.add(&layout::counter(Counter::Shadow), 1)?;
        tx.put(&layout::shadow_due(kind, connection, id), stamp.to_be_bytes().to_vec());
    }
    Ok(())
}

/// What there is to do, if there is anything.
pub(super) fn task(rows: &impl Rows, tenant: PartitionNumber) -> Result<Option<Task>> {
    let row = row(rows)?;
    let number = row.as_ref().map_or(0, |row| row.number);
    let mut stale = None;
    rows.each(&Range::under(layout::all_shadow_differences()), &mut |key, _| {
        stale = key.get(1..).and_then(<[u8]>::first_chunk).copied().map(u64::from_be_bytes).filter(|other| *other != number);
        ControlFlow::Break(())
    })?;
    if let Some(stale) = stale {
        return Ok(Some(Task::Clean(stale)));
    }
    let Some(row) = row else {
        return Ok((rows.count(&Range::under(layout::all_shadow_due()), 1)? > 0).then_some(Task::Clean(0)));
    };
    let (dues, walk) = match marked(rows)? {
        dues if !dues.is_empty() => (dues, None),
        _ => {
            let Some(walk) = row.walk else { return Ok(None) };
            let (mut dues, next) = walk.step(rows, PROJECTION_BATCH_MAX)?;
            // What stands at their marks of projection is nothing to a shadow.
            dues.iter_mut().for_each(|due| due.mark = None);
            (dues, Some((walk, next)))
        }
    };
    let (live, mut shadow) = (Setting::read(rows, tenant)?, Setting::read(rows, tenant)?);
    shadow.pipeline.policies = row.policies;
    let mut batch = Batch { number, live, shadow, users: Vec::new(), groups: Vec::new(), gone: Vec::new(), walk };
    for due in dues {
        let known = if due.kind == GROUP {
            GroupSubject::read(rows, due)?.map(|subject| batch.groups.push(subject))
        } else {
            UserSubject::read(rows, due)?.map(|subject| batch.users.push(subject))
        };
        if known.is_none() {
            batch.gone.push(due);
        }
    }
    Ok(Some(Task::Look(Box::new(batch))))
}

/// The first subjects that are due, at most a batch, all of one type.
fn marked(rows: &impl Rows) -> Result<Vec<Due>> {
    let mut dues: Vec<Due> = Vec::new();
    rows.each(&Range::under(layout::all_shadow_due()), &mut |key, value| {
        let Some(due) = super::walk::read_mark(key, value) else { return ControlFlow::Continue(()) };
        if dues.first().is_some_and(|first| first.kind != due.kind) {
            return ControlFlow::Break(());
        }
        dues.push(due);
        if dues.len() < PROJECTION_BATCH_MAX { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    Ok(dues)
}

/// What is different between what both pipelines make of a subject.
pub(super) fn compare<S: Subject>(setting: &Setting, live: &Outcome<S>, shadow: &Outcome<&S>, (kind, name): (SubjectKind, &str)) -> Found {
    let due = live.subject.due();
    let difference = || match (&live.stuck, &shadow.stuck) {
        (None, Some(reason)) => (vec![Would::Stuck], (Some(reason.clone()), false)),
        (Some(reason), None) => (vec![Would::Unstuck], (Some(reason.clone()), true)),
        (Some(_), Some(_)) => (Vec::new(), (None, false)),
        (None, None) => match live.subject.would(setting, &live.view, &shadow.view) {
            Ok(would) => {
                let comes_or_goes = would.iter().any(|one| matches!(one, Would::Included | Would::Excluded));
                let because = match (&shadow.reason, &live.reason) {
                    (Some(reason), _) if comes_or_goes => (Some(reason.clone()), false),
                    (None, Some(reason)) if comes_or_goes => (Some(reason.clone()), true),
                    _ => (None, false),
                };
                (would, because)
            }
            Err(text) => (vec![Would::Stuck], (Some(Reason { policy: None, text }), false)),
        },
    };
    let difference = (!live.postponed && !shadow.postponed).then(difference);
    Found { due, difference, kind, name: name.to_owned() }
}

impl Batch {
    /// Writes what came of it, and where the walk stands. If one of both pipelines is another by now, nothing: everybody is due again then.
    pub(super) fn commit(&self, tx: &mut Tx<'_>, found: &[Found], now: Timestamp) -> Result<()> {
        let in_force = tx.number(&layout::counter(Counter::Pipeline))?;
        let Some(mut row) = row(tx)?.filter(|row| row.number == self.number && in_force == self.live.pipeline.revision) else {
            return Ok(());
        };
        for one in found {
            let Some(connection) = self.live.connections.get(&one.due.connection).map(|connection| connection.id) else { continue };
            match &one.difference {
                None if one.due.mark.is_none() => {
                    mark(tx, &mut std::iter::once((one.due.connection, one.due.kind, one.due.id)))?;
                }
                None => {}
                Some((would, (reason, lifted))) => {
                    let shadowed = Shadowed {
                        kind: one.kind,
                        scim_id: one.due.id,
                        connection,
                        name: one.name.clone(),
                        would: would.clone(),
                        reason: reason.clone(),
                        lifted: *lifted,
                        at: now,
                    };
                    self.settle(tx, &mut row, one.due, Some(shadowed))?;
                }
            }
        }
        for due in &self.gone {
            self.settle(tx, &mut row, *due, None)?;
        }
        if let Some((walked, next)) = self.walk
            && row.walk == Some(walked)
        {
            row.walk = next;
        }
        tx.put_json(&layout::shadow(), &row)
    }

    /// Writes what would be different of one subject, and that it is not due unless it is again.
    fn settle(&self, tx: &mut Tx<'_>, row: &mut Row, due: Due, after: Option<Shadowed>) -> Result<()> {
        let key = layout::shadow_difference(self.number, due.id);
        let before: Option<Shadowed> = tx.json(&key)?;
        let after = after.filter(|after| !after.would.is_empty());
        let of = |shadowed: &Option<Shadowed>| shadowed.as_ref().map(|shadowed| WouldCounts::of(&shadowed.would)).unwrap_or_default();
        row.counted.follow(of(&before), of(&after));
        match &after {
            // What is found again was found then.
            Some(after) if before.as_ref().is_some_and(|before| Shadowed { at: after.at, ..before.clone() } == *after) => {}
            Some(after) => tx.put_json(&key, after)?,
            None if before.is_some() => tx.delete(&key),
            None => {}
        }
        let mark = layout::shadow_due(due.kind, due.connection, due.id);
        if due.mark.is_some() && tx.number(&mark)? == due.mark.unwrap_or_default() {
            tx.delete(&mark);
        }
        Ok(())
    }
}

/// Deletes some rows of the shadow of this number, which is no more, and of subjects that were due for it.
pub(super) fn clean(tx: &mut Tx<'_>, number: u64) -> Result<()> {
    tx.delete_range(&Range::under(layout::shadow_differences(number)), DELETE_ROWS_PER_WRITE_MAX)?;
    if !tx.has(&layout::shadow())? {
        tx.delete_range(&Range::under(layout::all_shadow_due()), DELETE_ROWS_PER_WRITE_MAX)?;
    }
    Ok(())
}

/// The pipeline in shadow, and what it would make different.
///
/// # Errors
/// 404 if there is none.
pub fn get(rows: &impl Rows) -> Result<Shadow> {
    let row = present(rows)?;
    let due = rows.count(&Range::under(layout::all_shadow_due()), SHADOW_DUE_COUNTED_MAX)? as u64;
    let Counted { now, total } = row.counted;
    Ok(Shadow { policies: row.policies, since: row.since, actor: row.actor, settled: due == 0 && row.walk.is_none(), due, now, total })
}

/// Puts a pipeline in shadow of the one in force, in place of another if there is one. Its policies have been checked.
///
/// # Errors
/// If the disk refuses.
pub fn put(tx: &mut Tx<'_>, policies: Vec<Policy>, actor: &Actor, now: Timestamp) -> Result<()> {
    let number = tx.add(&layout::counter(Counter::Shadow), 1)?;
    let row = Row { number, policies, since: now, actor: actor.clone(), walk: Some(Walk::begin(number)), counted: Counted::default() };
    tx.put_json(&layout::shadow(), &row)
}

/// Ends the shadow. What it found goes little by little.
///
/// # Errors
/// 404 if there is none.
pub fn delete(tx: &mut Tx<'_>) -> Result<()> {
    present(tx)?;
    tx.delete(&layout::shadow());
    Ok(())
}

/// The policies in shadow, to be put in force, and which shadow that is.
///
/// # Errors
/// 404 if there is none.
pub fn promoted(rows: &impl Rows) -> Result<(Vec<Policy>, u64)> {
    let row = present(rows)?;
    Ok((row.policies, row.number))
}

/// Ends the shadow that has come into force, unless it is another one by now.
///
/// # Errors
/// If the disk refuses.
pub fn end(tx: &mut Tx<'_>, number: u64) -> Result<()> {
    if row(tx)?.is_some_and(|row| row.number == number) {
        tx.delete(&layout::shadow());
    }
    Ok(())
}

/// Takes policies of a connection that is no more out of the shadow.
///
/// # Errors
/// If the disk refuses.
pub fn forget_connection(tx: &mut Tx<'_>, connection: Id) -> Result<()> {
    let Some(mut row) = row(tx)? else { return Ok(()) };
    row.policies.retain(|policy| policy.connection != Some(connection));
    tx.put_json(&layout::shadow(), &row)
}

/// At most `limit` users and groups behind `after` that the pipeline in shadow would make different, in `change` alone if that is given; and behind which one the next
/// page starts, if there may be more. A page ends early when it has looked at much. Not for threads that run async code.
///
/// # Errors
/// 404 if there is no shadow.
pub fn differences(rows: &impl Rows, change: Option<&str>, after: Option<Id>, limit: usize) -> Result<(Vec<Shadowed>, Option<Id>)> {
    let number = present(rows)?.number;
    let mut range = Range::under(layout::shadow_differences(number));
    if let Some(after) = after {
        range = range.after(layout::shadow_difference(number, after));
    }
    let (mut found, mut looked, mut last) = (Ok(Vec::new()), 0, None);
    rows.each(&range, &mut |_, value| {
        let Ok(shadowed) = &mut found else { return ControlFlow::Break(()) };
        if shadowed.len() == limit || looked == MONITOR_DECISIONS_LOOKED_MAX {
            return ControlFlow::Break(());
        }
        match from_json::<Shadowed>(value) {
            Ok(one) => {
                looked += 1;
                last = Some(one.scim_id);
                if change.is_none_or(|change| one.would.iter().any(|would| would.name() == change)) {
                    shadowed.push(one);
                }
            }
            Err(error) => found = Err(error),
        }
        ControlFlow::Continue(())
    })?;
    let found: Vec<Shadowed> = found?;
    let more = found.len() == limit || looked == MONITOR_DECISIONS_LOOKED_MAX;
    Ok((found, last.filter(|_| more)))
}
