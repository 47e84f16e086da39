//! Making a plan: its differences are written while they are found, so that none is held longer than it takes to fill a row.

use std::num::NonZero;

use super::{Base, Plan, Row, room};
use crate::activity::Actor;
use crate::admin::pipeline::{self, Policy};
use crate::admin::places::Places;
use crate::admin::plugins::Plugins;
use crate::admin::tenants;
use crate::clock::Timestamp;
use crate::directory;
use crate::directory::plan::{self, Difference, Proposal};
use crate::error::{Error, Result};
use crate::id::Id;
use crate::limits::{PLAN_PART_DIFFERENCES, PLAN_PARTS_PER_WRITE_MAX, PLAN_THREADS_MAX};
use crate::store::layout;
use crate::store::{Rows, Tenant, Tx};

/// What a plan is wanted of.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The policies, checked and completed.
    pub policies: Vec<Policy>,
    /// The earlier revision whose they are, if it is about going back.
    pub rollback_to: Option<u64>,
    /// The revision that they are made from, if that is known.
    pub made_from: Option<u64>,
    /// Who asks.
    pub actor: Actor,
    /// When.
    pub now: Timestamp,
}

/// Computes a plan of a tenant and writes its differences. It is there once [`keep`] has been called.
///
/// Runs guest code, for some seconds if the tenant is large: not for threads that run async code.
///
/// # Errors
/// 429 or 503 if others are being computed; otherwise a fault of ours.
pub fn compute(tenant: &Tenant, places: &Places, plugins: &Plugins, wanted: &Wanted) -> Result<Row> {
    let _place = places.enter(tenant.number())?;
    tenant.read(|rows| pipeline::check_named(rows, &wanted.policies))?;
    room::make(tenant)?;
    let ready = plugins.ready(tenant, &wanted.policies)?;
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get).min(PLAN_THREADS_MAX);
    let mut parts = Parts { tenant, plan: Id::new(wanted.now), waiting: Vec::new(), unwritten: Vec::new(), count: 0 };
    let mut row = tenant.read(|view| Row::begun(view, parts.plan, wanted))?;
    let (begun, policies) = (row.clone(), wanted.policies.clone());
    write(tenant, move |tx| {
        tx.put_json(&layout::plan_policies(begun.plan.id), &policies)?;
        keep(tx, &begun)
    })?;
    let tally = tenant.read(|view| {
        row.base = Base::read(view)?;
        let record = tenants::at(view, tenant.number())?.ok_or_else(|| Error::not_found("tenant"))?;
        row.plan.removals_allowed = directory::guard_room(view, &record.guard, wanted.now)?;
        let proposal = Proposal { tenant: tenant.number(), policies: wanted.policies.clone(), plugins: &ready, now: wanted.now, threads };
        plan::compute(view, proposal, &mut |difference| parts.add(difference))
    })?;
    parts.finish()?;
    row.parts = parts.count;
    row.complete = true;
    row.plan = Plan {
        pipeline_revision: row.base.pipeline_revision,
        last_event: row.base.last_event,
        subjects: tally.subjects,
        differences: tally.differences,
        counts: tally.counts,
        removals: tally.counts.losses(),
        by_policy: tally.by_policy(),
        summary: tally.summary(),
        ..row.plan
    };
    Ok(row)
}

/// Writes a plan's row.
///
/// # Errors
/// If the disk refuses.
pub fn keep(tx: &mut Tx<'_>, row: &Row) -> Result<()> {
    tx.put_json(&layout::plan(row.plan.id), row)
}

impl Row {
    /// A plan that has no differences yet.
    fn begun(rows: &impl Rows, id: Id, wanted: &Wanted) -> Result<Self> {
        let base = Base::read(rows)?;
        let plan = Plan {
            id,
            created: wanted.now,
            actor: wanted.actor.clone(),
            pipeline_revision: base.pipeline_revision,
            last_event: base.last_event,
            rollback_to: wanted.rollback_to,
            subjects: 0,
            differences: 0,
            counts: plan::DifferenceCounts::default(),
            removals: 0,
            removals_allowed: 0,
            by_policy: Vec::new(),
            summary: Vec::new(),
            applied: None,
            made_from: wanted.made_from,
            moved: false,
            differences_kept: true,
        };
        Ok(Self { plan, base, parts: 0, complete: false, made: false })
    }
}

/// Writes rows of a tenant that is still there: nobody would delete those of one that went meanwhile.
fn write(tenant: &Tenant, mut change: impl FnMut(&mut Tx<'_>) -> Result<()> + Send + 'static) -> Result<()> {
    let number = tenant.number();
    tenant.write(move |tx| {
        tenants::at(tx, number)?.ok_or_else(|| Error::not_found("tenant"))?;
        change(tx)
    })
}

/// The differences of a plan on their way into rows.
struct Parts<'a> {
    tenant: &'a Tenant,
    plan: Id,
    waiting: Vec<Difference>,
    unwritten: Vec<(u32, Vec<u8>)>,
    count: u32,
}

impl Parts<'_> {
    fn add(&mut self, difference: Difference) -> Result<()> {
        self.waiting.push(difference);
        if self.waiting.len() >= PLAN_PART_DIFFERENCES {
            self.close_part()?;
        }
        if self.unwritten.len() >= PLAN_PARTS_PER_WRITE_MAX {
            self.write()?;
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<()> {
        if !self.waiting.is_empty() {
            self.close_part()?;
        }
        self.write()
    }

    fn close_part(&mut self) -> Result<()> {
        let json = serde_json::to_vec(&self.waiting).map_err(Error::internal)?;
        self.waiting.clear();
        self.unwritten.push((self.count, json));
        self.count += 1;
        Ok(())
    }

    fn write(&mut self) -> Result<()> {
        let (plan, parts) = (self.plan, std::mem::take(&mut self.unwritten));
        if parts.is_empty() {
            return Ok(());
        }
        write(self.tenant, move |tx| {
            parts.iter().for_each(|(number, json)| tx.put(&layout::plan_part(plan, *number), json.clone()));
            Ok(())
        })
    }
}
