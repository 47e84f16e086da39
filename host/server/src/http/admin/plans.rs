//! Plans over HTTP.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::call::{Call, Reply, blocking};
use super::page::{Page, Place, wrong};
use crate::admin::pipeline::{self, NewPolicy, Policy};
use crate::admin::plans::{self, Asked, Consent, Plan, Wanted};
use crate::directory::plan::Planned;
use crate::directory::{self, SubjectKind};
use crate::error::{Error, Result};
use crate::store::Tx;

/// A pipeline to plan: either its policies, or an earlier revision to go back to.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NewPlan {
    /// The policies, in the order in which they are asked.
    policies: Option<Vec<NewPolicy>>,
    /// The pipeline revision to go back to.
    rollback_to: Option<u64>,
    /// The revision that the pipeline is made from: planning and applying are refused if that is no longer the one in force. Without it nothing is compared.
    revision: Option<u64>,
    /// Where editors find the JSON Schema of a file with a pipeline; means nothing here.
    #[serde(rename = "$schema")]
    #[allow(dead_code, reason = "it may be there, and nobody reads it")]
    schema: Option<String>,
}

pub(super) async fn create(mut call: Call) -> Result<Reply> {
    let NewPlan { policies, rollback_to, revision, .. } = call.take_body()?;
    if policies.is_some() == rollback_to.is_some() {
        return Err(Error::invalid("A plan wants either policies or rollbackTo."));
    }
    let in_force = call.read(pipeline::current)?.revision;
    if revision.is_some_and(|revision| revision != in_force) {
        return Err(Error::conflict(format!("The pipeline has changed meanwhile: its revision is {in_force}.")));
    }
    let (plugins, tenant, places) = (Arc::clone(&call.app.plugins), call.caller.rows.clone(), call.app.plans.clone());
    let (now, actor) = (call.caller.now, call.caller.actor.clone());
    let row = blocking(move || {
        let policies = match rollback_to {
            Some(revision) => pipeline::check_again(&plugins, &tenant, revision)?,
            None => pipeline::check(&plugins, Some(&tenant), policies.unwrap_or_default())?,
        };
        plans::compute(&tenant, &places, &plugins, &Wanted { policies, rollback_to, made_from: revision, actor, now })
    });
    let row = row.await?;
    let plan = row.plan.clone();
    call.write(Some(plan.id.to_string()), move |tx, _| plans::keep(tx, &row)).await?;
    call.created(plan.id, &plan)
}

pub(super) async fn list(call: Call) -> Result<Reply> {
    call.page(|plan: &Plan| plan.id, plans::list)
}

pub(super) async fn get(call: Call) -> Result<Reply> {
    let id = call.id("plan")?;
    Reply::json(&call.read(|rows| plans::get(rows, id))?)
}

/// The policies of a plan.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct PlannedPolicies {
    /// In the order in which they would be asked.
    policies: Vec<Policy>,
}

pub(super) async fn policies(call: Call) -> Result<Reply> {
    let id = call.id("plan")?;
    Reply::json(&PlannedPolicies { policies: call.read(|rows| plans::proposed(rows, id))? })
}

pub(super) async fn differences(call: Call) -> Result<Reply> {
    let page = call.asked::<u64>()?;
    let id = call.id("plan")?;
    let text = |name: &str| call.parameter(name).map(str::to_owned);
    let kind = match call.parameter("kind") {
        None => None,
        Some("user") => Some(SubjectKind::User),
        Some("group") => Some(SubjectKind::Group),
        Some(_) => return Err(wrong("kind", "It is user or group.")),
    };
    let change = text("change");
    if change.as_ref().is_some_and(|change| !Planned::NAMES.contains(&change.as_str())) {
        return Err(wrong("change", "There is no such change."));
    }
    let asked = Asked { change, policy: text("policy"), subject: text("subject"), kind };
    let rows = call.caller.rows.clone();
    let found = blocking(move || rows.read(|rows| plans::differences(rows, id, &asked, page.after.unwrap_or(0), page.limit))).await?;
    let (items, next) = found;
    Reply::json(&Page { items, next_cursor: next.map(|next| next.write()) })
}

/// How a plan is to be applied.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct Application {
    /// How many removals and suspensions are accepted together, if they are more than the tenant's guard lets pass. Those of the plan then neither count nor
    /// are held.
    accept_removals: Option<u64>,
}

/// A plan, applied.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Applied {
    /// The plan; another one than was asked for if that had to be computed anew and shows nothing else.
    plan: Plan,
    /// The pipeline that it became, and how far the directory follows it.
    pipeline: pipeline::Revision,
}

pub(super) async fn apply(mut call: Call) -> Result<Reply> {
    let id = call.id("plan")?;
    let Application { accept_removals } = call.take_body()?;
    let consent = Consent { guard: call.tenant()?.guard.clone(), accepted: accept_removals };
    let (plugins, tenant, places) = (Arc::clone(&call.app.plugins), call.caller.rows.clone(), call.app.plans.clone());
    let (now, actor) = (call.caller.now, call.caller.actor.clone());
    let asked = actor.clone();
    let row = blocking(move || plans::renew(&tenant, &places, &plugins, id, &asked, now)).await?;
    let applied = call.write(Some(id.to_string()), move |tx, _| {
        let plan = plans::apply(tx, &row, &consent, &actor, now)?;
        Ok(Applied { pipeline: pipeline::in_force(tx)?, plan })
    });
    Reply::json(&applied.await?)
}

/// Plans policies that follow on a pipeline revision, and applies the plan: for those who have seen the outcome in another way. `then` goes into the same
/// transaction. If the plan is refused it stays to be looked at; it is refused as well if more users and groups would be stuck than are.
pub(super) async fn put(
    mut call: Call,
    subject: String,
    policies: Vec<Policy>,
    revision: u64,
    mut then: impl FnMut(&mut Tx<'_>) -> Result<()> + Send + 'static,
) -> Result<Reply> {
    let Application { accept_removals } = call.take_body()?;
    let consent = Consent { guard: call.tenant()?.guard.clone(), accepted: accept_removals };
    let (plugins, tenant, places) = (Arc::clone(&call.app.plugins), call.caller.rows.clone(), call.app.plans.clone());
    let (now, actor) = (call.caller.now, call.caller.actor.clone());
    let wanted = Wanted { policies, rollback_to: None, made_from: Some(revision), actor: actor.clone(), now };
    let row = blocking(move || {
        let row = plans::compute(&tenant, &places, &plugins, &wanted)?;
        if row.plan.pipeline_revision != revision {
            return Err(Error::conflict(format!("The pipeline has changed meanwhile: its revision is {}.", row.plan.pipeline_revision)));
        }
        let kept = row.clone();
        tenant.write(move |tx| plans::keep(tx, &kept))?;
        // Whoever has watched it has not looked at that.
        let stuck = tenant.read(directory::sync_state)?.stuck;
        if row.plan.counts.stuck > stuck {
            return Err(Error::conflict(format!(
                "Policies would fail, and {} users and groups be stuck, where {stuck} are now. Look at the plan {}, and apply that.",
                row.plan.counts.stuck, row.plan.id
            )));
        }
        Ok(row)
    });
    let row = row.await?;
    let applied = call.write(Some(subject), move |tx, _| {
        let plan = plans::apply(tx, &row, &consent, &actor, now)?;
        then(tx)?;
        Ok(Applied { pipeline: pipeline::in_force(tx)?, plan })
    });
    Reply::json(&applied.await?)
}
