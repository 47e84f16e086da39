//! Applying a plan: its pipeline becomes the next revision, if what that makes of the directory is what the plan shows.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use super::{Base, Plan, Row, Wanted, compute, keep, row};
use crate::activity::Actor;
use crate::admin::guard::Guard;
use crate::admin::pipeline::{self, Policy};
use crate::admin::places::Places;
use crate::admin::plugins::Plugins;
use crate::clock::Timestamp;
use crate::directory;
use crate::directory::plan::Difference;
use crate::error::{Error, Result};
use crate::id::Id;
use crate::store::layout;
use crate::store::{Rows, Tenant, Tx};

/// Half a SHA-256 of a difference.
type Fingerprint = [u8; 16];

/// The plan to apply in place of the one with this id: that one, if nothing has moved since it was computed; else one computed anew, against the pipeline by now in force, which shows no
/// difference that the other does not.
///
/// Runs guest code: not for threads that run async code.
///
/// # Errors
/// 404; a conflict if it was applied already, if it was said to be made from a pipeline revision that is no longer in force, if a plugin or connection that it uses has been deleted, or if computed anew it shows differences that nobody has
/// looked at: the newer plan is kept, and the error names it.
pub fn renew(tenant: &Tenant, places: &Places, plugins: &Plugins, id: Id, actor: &Actor, now: Timestamp) -> Result<Row> {
    let (seen, base) = tenant.read(|rows| Ok((row(rows, id)?, Base::read(rows)?)))?;
    check(&seen.plan, base)?;
    let policies = tenant.read(|rows| {
        let policies = super::policies(rows, id)?;
        must_be_there(rows, &policies).map(|()| policies)
    })?;
    if seen.base == base {
        return Ok(seen);
    }
    let Plan { rollback_to, made_from, .. } = seen.plan;
    let wanted = Wanted { policies, rollback_to, made_from, actor: actor.clone(), now };
    let renewed = compute(tenant, places, plugins, &wanted)?;
    let unseen = tenant.read(|rows| {
        let known = fingerprints(rows, &seen)?;
        Ok(fingerprints(rows, &renewed)?.difference(&known).count())
    })?;
    if unseen == 0 {
        return Ok(renewed);
    }
    let newer = renewed.plan.id;
    tenant.write(move |tx| keep(tx, &renewed))?;
    let differences = if unseen == 1 { "1 difference".to_owned() } else { format!("{unseen} differences") };
    Err(Error::conflict(format!(
        "{} since this plan was computed. By now it would make {differences} that it does not show. Look at the plan {newer}, and apply that.",
        moved(seen.base, base)
    )))
}

/// What has moved, in words.
fn moved(seen: Base, now: Base) -> String {
    let Base { pipeline_revision: revision, .. } = now;
    if seen.pipeline_revision == revision {
        "Inventory or directory have moved".to_owned()
    } else {
        format!("Another pipeline, revision {revision}, has come into force")
    }
}

/// What of a plan's removals and suspensions an operator has agreed to.
#[derive(Clone, Debug)]
pub struct Consent {
    /// The tenant's guard against mass removals.
    pub guard: Guard,
    /// How many the operator accepts beyond what the guard lets pass; without it none.
    pub accepted: Option<u64>,
}

/// Puts the pipeline of a plan and gives the plan with the revision that it became. If the policies are those in force already, no revision is made.
///
/// # Errors
/// As [`renew`], and as [`pipeline::put_planned`]; a conflict if it removes or suspends more members than the guard lets pass now and the operator accepts.
pub fn apply(tx: &mut Tx<'_>, applied: &Row, consent: &Consent, actor: &Actor, now: Timestamp) -> Result<Plan> {
    let base = Base::read(tx)?;
    check(&applied.plan, base)?;
    if let Ok(kept) = row(tx, applied.plan.id) {
        check(&kept.plan, base)?;
    }
    let losses = applied.plan.counts.losses();
    let room = directory::guard_room(tx, &consent.guard, now)?;
    if losses > room && consent.accepted.is_none_or(|accepted| accepted < losses) {
        return Err(Error::conflict(format!(
            "This plan removes or suspends {losses} members, and the tenant's guard lets {room} more pass now. Accept {losses} removals if that is \
             what you want."
        )));
    }
    let policies = super::policies(tx, applied.plan.id)?;
    must_be_there(tx, &policies)?;
    let put = pipeline::put_planned(tx, policies, (applied.base.pipeline_revision, applied.plan.id), actor, now)?;
    if consent.accepted.is_some() {
        directory::guard_allow(tx, put.revision, losses)?;
    }
    let mut row = applied.clone();
    row.plan.applied = Some(put.revision);
    row.made = put.plan == Some(row.plan.id);
    keep(tx, &row)?;
    // The revision has them.
    tx.delete(&layout::plan_policies(row.plan.id));
    Ok(row.plan)
}

/// Refuses a plan that cannot be applied any more.
fn check(plan: &Plan, base: Base) -> Result<()> {
    if let Some(revision) = plan.applied {
        return Err(Error::conflict(format!("This plan has been applied: it is revision {revision} of the pipeline.")));
    }
    if let Some(made_from) = plan.made_from.filter(|made_from| *made_from != base.pipeline_revision) {
        return Err(Error::conflict(format!(
            "The pipeline of this plan was made from revision {made_from}, and revision {} is in force by now. Make another plan.",
            base.pipeline_revision
        )));
    }
    Ok(())
}

/// Refuses policies of which one names what was deleted since they were planned. Whoever applies has named nothing, so it is no problem of theirs.
fn must_be_there(rows: &impl Rows, policies: &[Policy]) -> Result<()> {
    pipeline::check_named(rows, policies).map_err(|error| {
        let Some(problem) = error.problems().first() else { return error };
        let what = if problem.pointer.ends_with("/connection") { "connection" } else { "plugin" };
        Error::conflict(format!("A {what} that this plan uses has been deleted since. Make another plan."))
    })
}

/// The differences of a plan, told apart by subject and change. Reasons may be worded otherwise the next time.
fn fingerprints(rows: &impl Rows, row: &Row) -> Result<BTreeSet<Fingerprint>> {
    let mut found = BTreeSet::new();
    for part in 0..row.parts {
        let differences: Option<Vec<Difference>> = rows.json(&layout::plan_part(row.plan.id, part))?;
        for difference in differences.ok_or_else(|| Error::internal(format!("part {part} of plan {} is not there", row.plan.id)))? {
            let change = serde_json::to_vec(&difference.change).map_err(Error::internal)?;
            let digest = Sha256::new().chain_update(difference.id.as_bytes()).chain_update(&change).finalize();
            found.extend(digest.first_chunk::<16>().copied());
        }
    }
    Ok(found)
}
