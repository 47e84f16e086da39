//! Policies that only watch: what they would have made different, counted since they began.
//!
//! What a policy would do with a subject stands in the subject's decision. The counts of a policy are a row that each decision keeps right as it is written: what the
//! last one said is taken off and what the new one says put on. Knows nothing of how policies are asked.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::decision::{Decision, SubjectKind, Verdict, VerdictChange};
use super::would::{Counted, Would, WouldCounts};
use crate::admin::pipeline::{self, Mode, Pipeline, Policy};
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::id::Id;
use crate::limits::MONITOR_DECISIONS_LOOKED_MAX;
use crate::store::layout;
use crate::store::{Range, Rows, Tx, from_json};

/// What a policy that only watches would make different.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Monitored {
    /// Name of the policy in the pipeline.
    pub policy: String,
    /// Its plugin.
    pub plugin: String,
    /// The plugin's version.
    pub version: String,
    /// Since when it watches with this plugin, version, connection and these settings, and is counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Users and groups that it would make different now: behind the whole pipeline, so that what policies after it take back does not count. Right once nothing is due.
    pub now: WouldCounts,
    /// Those that came to that since it began; one that came to it twice counts twice.
    pub total: WouldCounts,
}

/// A user or group that a policy which only watches would make different.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Watched {
    /// User or group.
    pub kind: SubjectKind,
    /// Its SCIM id.
    pub scim_id: Id,
    /// The connection it came by.
    pub connection: Id,
    /// Its `userName` or `displayName` at the identity provider.
    pub name: String,
    /// What would be different behind the whole pipeline.
    pub would: Vec<Would>,
    /// The changes that the policy asked for, with its reasons, whatever policies after it make of them.
    pub changes: Vec<VerdictChange>,
    /// How the policy failed, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// When that was concluded.
    pub at: Timestamp,
}

/// Where a subject stands among all that were decided on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubjectPlace {
    /// Number of its connection.
    pub connection: u32,
    /// Number of its resource type.
    pub kind: u8,
    /// Its SCIM id.
    pub id: Id,
}

/// The counts of a policy as stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    since: Timestamp,
    /// The pipeline with which it began: what was decided before says nothing of this policy, whatever its name.
    from_revision: u64,
    #[serde(flatten)]
    counted: Counted,
}

/// Takes note that a pipeline follows on these policies: those that begin to watch, or do it otherwise, are counted from here on.
///
/// # Errors
/// If the disk refuses.
pub fn begin(tx: &mut Tx<'_>, before: &[Policy], pipeline: &Pipeline, now: Timestamp) -> Result<()> {
    let watches = |policy: &&Policy| policy.mode == Mode::Monitor;
    for policy in before.iter().filter(watches).filter(|policy| !pipeline.policies.contains(policy)) {
        tx.delete(&layout::monitor(&policy.name));
    }
    for policy in pipeline.policies.iter().filter(watches).filter(|policy| !before.contains(policy)) {
        let row = Row { since: now, from_revision: pipeline.revision, counted: Counted::default() };
        tx.put_json(&layout::monitor(&policy.name), &row)?;
    }
    Ok(())
}

/// What a verdict of a policy that only watches comes to.
fn would(verdict: &Verdict) -> Vec<Would> {
    if verdict.fault.is_some() { vec![Would::Stuck] } else { verdict.would.clone() }
}

/// Whether a policy that only watches would make something different.
pub(super) fn says_something(verdict: &Verdict) -> bool {
    verdict.monitor && (verdict.fault.is_some() || !verdict.would.is_empty())
}

/// Keeps the counts right as one decision follows on another.
pub(super) fn follow(tx: &mut Tx<'_>, before: Option<&Decision>, after: Option<&Decision>) -> Result<()> {
    let verdicts = [before, after].into_iter().flatten().flat_map(|decision| &decision.verdicts);
    let policies: BTreeSet<&str> = verdicts.filter(|verdict| says_something(verdict)).map(|verdict| verdict.policy.as_str()).collect();
    for policy in policies {
        let key = layout::monitor(policy);
        let Some(mut row) = tx.json::<Row>(&key)? else { continue };
        let counts = |decision: Option<&Decision>| {
            let verdict = decision.and_then(|decision| verdict_of(decision, policy, row.from_revision));
            verdict.map(|verdict| WouldCounts::of(&would(verdict))).unwrap_or_default()
        };
        let (before, after) = (counts(before), counts(after));
        if before != after {
            row.counted.follow(before, after);
            tx.put_json(&key, &row)?;
        }
    }
    Ok(())
}

/// What a policy that only watches, since a revision, said in a decision, if it would make something different.
fn verdict_of<'a>(decision: &'a Decision, policy: &str, from_revision: u64) -> Option<&'a Verdict> {
    let verdicts = Some(&decision.verdicts).filter(|_| decision.pipeline_revision >= from_revision);
    verdicts?.iter().filter(|verdict| says_something(verdict)).find(|verdict| verdict.policy == policy)
}

/// What each policy of the pipeline in force that only watches would make different, in the order in which they are asked.
///
/// # Errors
/// If the disk refuses.
pub fn report(rows: &impl Rows) -> Result<Vec<Monitored>> {
    let mut found = Vec::new();
    for policy in pipeline::current(rows)?.policies.into_iter().filter(|policy| policy.mode == Mode::Monitor) {
        let row: Option<Row> = rows.json(&layout::monitor(&policy.name))?;
        let Counted { now, total } = row.as_ref().map(|row| row.counted).unwrap_or_default();
        let since = row.map(|row| row.since);
        found.push(Monitored { policy: policy.name, plugin: policy.plugin, version: policy.version, since, now, total });
    }
    Ok(found)
}

/// At most `limit` users and groups behind `after` that a policy which only watches would make different, in `change` alone if that is given; and behind which one
/// the next page starts, if there may be more. A page ends early when it has looked at much. Not for threads that run async code.
///
/// # Errors
/// 404 if no policy of this name watches.
pub fn subjects(
    rows: &impl Rows,
    policy: &str,
    change: Option<&str>,
    after: Option<SubjectPlace>,
    limit: usize,
) -> Result<(Vec<Watched>, Option<SubjectPlace>)> {
    let row: Option<Row> = rows.json(&layout::monitor(policy))?;
    let row = row.ok_or_else(not_found)?;
    let mut range = Range::under(layout::all_decisions());
    if let Some(SubjectPlace { connection, kind, id }) = after {
        range = range.after(layout::decision(connection, kind, id));
    }
    let (mut found, mut looked, mut last) = (Ok(Vec::new()), 0, None);
    rows.each(&range, &mut |key, value| {
        let Ok(watched) = &mut found else { return ControlFlow::Break(()) };
        // One that has no more to say has nothing to be asked for.
        if watched.len() == limit || looked == MONITOR_DECISIONS_LOOKED_MAX {
            return ControlFlow::Break(());
        }
        match from_json::<Decision>(value) {
            Ok(decision) => {
                looked += 1;
                last = layout::read_decision(key).map(|(connection, kind, id)| SubjectPlace { connection, kind, id });
                let of_policy = verdict_of(&decision, policy, row.from_revision).cloned();
                watched.extend(of_policy.map(|verdict| watched_by(decision, verdict)).filter(|watched| is_asked(watched, change)));
            }
            Err(error) => found = Err(error),
        }
        ControlFlow::Continue(())
    })?;
    let found = found?;
    let more = found.len() == limit || looked == MONITOR_DECISIONS_LOOKED_MAX;
    Ok((found, last.filter(|_| more)))
}

fn is_asked(watched: &Watched, change: Option<&str>) -> bool {
    change.is_none_or(|change| watched.would.iter().any(|would| would.name() == change))
}

fn watched_by(decision: Decision, verdict: Verdict) -> Watched {
    Watched {
        kind: decision.kind,
        scim_id: decision.scim_id,
        connection: decision.connection,
        name: decision.name,
        would: would(&verdict),
        changes: verdict.changes,
        fault: verdict.fault,
        at: decision.at,
    }
}

/// The policies of the pipeline in force with one of them, which only watches until now, having effect; and the number of that pipeline.
///
/// # Errors
/// 404 if no policy of this name watches.
pub fn promoted(rows: &impl Rows, policy: &str) -> Result<(Vec<Policy>, u64)> {
    let mut pipeline = pipeline::current(rows)?;
    let mut watching = pipeline.policies.iter_mut().filter(|known| known.mode == Mode::Monitor);
    watching.find(|known| known.name == policy).ok_or_else(not_found)?.mode = Mode::Enforce;
    Ok((pipeline.policies, pipeline.revision))
}

fn not_found() -> Error {
    Error::not_found("policy that only watches")
}
