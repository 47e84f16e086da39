//! What becomes of one subject if it is projected now: each policy's step, the groups that decided, and what the directory would have.
//!
//! Works on a draft, so it stores nothing. The subject's groups are projected first, as the projector does.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::comparison::{Comparison, NamedGroup, group_entry, member_entry};
use super::deciding::{Deciding, DecidingGroup, deciding};
use crate::admin::plugins::Ready;
use crate::clock::Timestamp;
use crate::directory::commit::{Any, Writer};
use crate::directory::decision::Reason;
use crate::directory::evaluate::trace::{Step, Trace, trace};
use crate::directory::evaluate::{GroupOutcome, Turn, evaluate};
use crate::directory::hold::HeldBy;
use crate::directory::subject::{Due, GroupSubject, Setting, UserSubject};
use crate::error::Result;
use crate::id::Id;
use crate::limits::PROJECTION_CHUNK_MAX;
use crate::store::layout::{self, GROUP};
use crate::store::{Rows, Tx};

/// What the pipeline makes of a user or group.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Evaluation {
    /// The pipeline that was asked; absent if it is a proposed one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pipeline_revision: Option<u64>,
    /// The groups that the identity provider assigned; none of a group.
    pub assigned_groups: Vec<NamedGroup>,
    /// Each policy of the pipeline in order.
    pub steps: Vec<Step>,
    /// What the pipeline proposes in the end, as the JSON of the plugins' contract has a view.
    pub view: Value,
    /// Whether the directory would have it.
    pub included: bool,
    /// Why not, or why nonetheless.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// What keeps it from being projected: it would stay as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stuck: Option<Reason>,
    /// The hold that keeps it from being removed or suspended: it would stay as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held: Option<HeldBy>,
    /// The assigned groups that decided.
    pub deciding_groups: Vec<DecidingGroup>,
    /// Assigned groups of which it was not tried whether they decide, because they are too many or asking took too long.
    #[serde(skip_serializing_if = "is_zero")]
    pub groups_not_tried: usize,
    /// Microseconds of processor time for every policy's answer.
    pub micros: u64,
    /// What the directory has and what it would have.
    pub directory: Comparison,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// What an evaluation is made with.
pub(super) struct Inquiry<'a> {
    pub setting: &'a Setting,
    pub plugins: &'a Ready,
    /// Whether the pipeline is a proposed one.
    pub proposed: bool,
    pub now: Timestamp,
}

impl Inquiry<'_> {
    /// What becomes of a user or group. `None` if neither inventory nor directory has it.
    pub(super) fn evaluate(&self, tx: &mut Tx<'_>, due: Due) -> Result<Option<Evaluation>> {
        if due.kind == GROUP {
            return self.group(tx, due);
        }
        let Some(subject) = UserSubject::read(tx, due)? else { return Ok(None) };
        let id = subject.member.as_ref().map_or(due.id, |row| row.member.id);
        let before = member_entry(tx, id)?;
        let groups: Vec<Id> = subject.groups.iter().map(|(id, _)| *id).collect();
        self.project_groups(tx, due.connection, &groups)?;
        let Trace { outcome, steps, view } = trace(self.setting, self.plugins, subject)?;
        let Deciding { groups: deciding_groups, not_tried } = deciding(self.setting, self.plugins, &outcome);
        let any = Any::read(tx)?;
        let mut writer = Writer::draft(tx, self.setting, self.now, any);
        writer.user(&outcome)?;
        let (stuck, held) = (writer.stuck.take(), writer.held.take());
        let after = member_entry(tx, id)?;
        Ok(Some(Evaluation {
            pipeline_revision: self.revision(),
            assigned_groups: outcome.subject.groups.iter().map(|(id, name)| NamedGroup { id: *id, name: name.clone() }).collect(),
            micros: steps.iter().map(|step| step.micros).sum(),
            steps,
            view,
            included: after.is_some(),
            reason: outcome.reason(),
            stuck,
            held,
            deciding_groups,
            groups_not_tried: not_tried,
            directory: Comparison::of(before, after)?,
        }))
    }

    fn group(&self, tx: &mut Tx<'_>, due: Due) -> Result<Option<Evaluation>> {
        let Some(subject) = GroupSubject::read(tx, due)? else { return Ok(None) };
        let before = group_entry(tx, due.id)?;
        let Trace { outcome, steps, view } = trace(self.setting, self.plugins, subject)?;
        self.settle(tx, &outcome)?;
        let after = group_entry(tx, due.id)?;
        Ok(Some(Evaluation {
            pipeline_revision: self.revision(),
            assigned_groups: Vec::new(),
            micros: steps.iter().map(|step| step.micros).sum(),
            steps,
            view,
            included: after.is_some(),
            reason: outcome.reason.clone().filter(|_| after.is_none()),
            stuck: outcome.stuck.clone(),
            held: None,
            deciding_groups: Vec::new(),
            groups_not_tried: 0,
            directory: Comparison::of(before, after)?,
        }))
    }

    fn revision(&self) -> Option<u64> {
        (!self.proposed).then_some(self.setting.pipeline.revision)
    }

    /// Projects groups, so that a user's memberships are those that there would be. Those that there is no time for stay as they are.
    fn project_groups(&self, tx: &mut Tx<'_>, connection: u32, ids: &[Id]) -> Result<()> {
        let mut turn = Turn::begin();
        for part in ids.chunks(PROJECTION_CHUNK_MAX) {
            let mut subjects = Vec::with_capacity(part.len());
            for id in part {
                subjects.extend(GroupSubject::read(tx, Due { kind: GROUP, connection, id: *id, mark: None })?);
            }
            for outcome in evaluate(self.setting, self.plugins, subjects, &mut turn) {
                self.settle(tx, &outcome)?;
            }
        }
        Ok(())
    }

    /// Writes what came of a group. Of one that is out only its row goes: its members' rows may be many, and nobody looks at them without it.
    fn settle(&self, tx: &mut Tx<'_>, outcome: &GroupOutcome) -> Result<()> {
        if outcome.postponed || outcome.stuck.is_some() {
            return Ok(());
        }
        if outcome.view.included {
            let any = Any::read(tx)?;
            return Writer::draft(tx, self.setting, self.now, any).group(outcome);
        }
        let key = layout::group(outcome.subject.due.id);
        if tx.has(&key)? {
            tx.delete(&key);
        }
        Ok(())
    }
}
