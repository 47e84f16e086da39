//! The pipeline of a tenant: its ordered policies, each change a new numbered revision.
//!
//! A proposed pipeline is first checked against the plugins, which runs guest code and touches no row ([`check`]), and then put in a
//! transaction ([`put`]). Knows nothing of what the policies decide.

use std::collections::BTreeSet;

use doorlist_scim::ErrorKind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::name::{self, Problems};
use super::plugins::Plugins;
use super::{connections, listing};
use crate::activity::Actor;
use crate::clock::Timestamp;
use crate::error::{Error, Problem, Result};
use crate::id::Id;
use crate::limits::{PIPELINE_REVISIONS_MAX, POLICIES_MAX};
use crate::policy::{CallLimits, Plugin, SettingsError};
use crate::store::layout::{self, Counter};
use crate::store::{Key, Numbers, Range, Rows, Table, Tenant, Tx, from_json};

/// One plugin with settings, at its place in a pipeline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Policy {
    /// What operators call it; no two of a pipeline have the same name.
    pub name: String,
    /// Name of the plugin.
    pub plugin: String,
    /// Version of the plugin.
    pub version: String,
    /// Settings, as the plugin's JSON Schema asks.
    pub settings: Value,
    /// Whether its verdicts count.
    pub mode: Mode,
    /// The only connection whose users and groups it sees; all without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<Id>,
}

/// Whether a policy's verdicts count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Mode {
    /// They count.
    #[default]
    Enforce,
    /// They are written down and change nothing.
    Monitor,
}

/// A policy to put into a pipeline.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewPolicy {
    /// What operators call it; no two of a pipeline have the same name.
    pub name: String,
    /// Name of the plugin.
    pub plugin: String,
    /// Version of the plugin; without it the newest.
    pub version: Option<String>,
    /// Settings, as the plugin's JSON Schema asks; without them an empty object.
    #[serde(default = "no_settings")]
    pub settings: Value,
    /// Whether its verdicts count; without it they do.
    #[serde(default)]
    pub mode: Mode,
    /// The only connection whose users and groups it sees; all without it.
    pub connection: Option<Id>,
}

fn no_settings() -> Value {
    Value::Object(serde_json::Map::new())
}

/// A revision of a tenant's pipeline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Pipeline {
    /// Its number; 0 is the empty pipeline that a tenant starts with.
    pub revision: u64,
    /// The policies, in the order in which they are asked.
    pub policies: Vec<Policy>,
    /// When it was put; absent for number 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// Who put it.
    pub actor: Actor,
}

/// Bytes of stored revisions on one page, after which a page ends early: revisions with large settings are megabytes.
const PAGE_BYTES_MAX: usize = 4 << 20;

/// The pipeline of a tenant that is in force: its newest revision.
///
/// # Errors
/// If the disk refuses.
pub fn current(rows: &impl Rows) -> Result<Pipeline> {
    let revision = rows.number(&layout::counter(Counter::Pipeline))?;
    match rows.json(&layout::pipeline(revision))? {
        Some(pipeline) => Ok(pipeline),
        None if revision == 0 => Ok(Pipeline { revision: 0, policies: Vec::new(), created: None, actor: Actor::System }),
        None => Err(Error::internal(format!("pipeline revision {revision} is not there"))),
    }
}

/// At most `limit` revisions before `before`, newest first, and whether there are more.
///
/// # Errors
/// If the disk refuses.
pub fn revisions(rows: &impl Rows, before: Option<u64>, limit: usize) -> Result<(Vec<Pipeline>, bool)> {
    let range = Range::under(Key::new(Table::Pipeline)).descending();
    let range = match before {
        Some(before) => range.after(layout::pipeline(before)),
        None => range,
    };
    let (mut bytes, mut more) = (0, false);
    let found = listing::read(rows, &range, limit.saturating_add(1), |_, value| {
        let first = bytes == 0;
        bytes += value.len();
        if first || bytes <= PAGE_BYTES_MAX { from_json::<Pipeline>(value).map(Some) } else { Ok(None) }
    })?;
    let mut revisions = Vec::new();
    for pipeline in found {
        match pipeline {
            Some(pipeline) if revisions.len() < limit && !more => revisions.push(pipeline),
            _ => more = true,
        }
    }
    Ok((revisions, more))
}

/// Checks proposed policies against the plugins of the tenant, or without one against those that come with Doorlist, and completes them. Runs guest
/// code: not for threads that run async code.
///
/// # Errors
/// With a JSON Pointer for each problem: names, unknown plugins, settings that the plugin refuses, more than [`POLICIES_MAX`] policies.
pub fn check(plugins: &Plugins, tenant: Option<&Tenant>, proposed: Vec<NewPolicy>) -> Result<Vec<Policy>> {
    let mut problems = Problems::default();
    if proposed.len() > POLICIES_MAX {
        problems.add("/policies", format!("A pipeline has at most {POLICIES_MAX} policies."));
        problems.finish()?;
        return Ok(Vec::new());
    }
    let mut names = BTreeSet::new();
    let mut policies = Vec::with_capacity(proposed.len());
    for (at, new) in proposed.into_iter().enumerate() {
        let pointer = format!("/policies/{at}");
        let name = name::checked(&new.name, &format!("{pointer}/name"), &mut problems);
        if !names.insert(name.clone()) {
            problems.add(format!("{pointer}/name"), "Another policy of the pipeline has this name.");
        }
        let Some(plugin) = plugins.find(tenant, &new.plugin, new.version.as_deref())? else {
            match plugins.find(tenant, &new.plugin, None)? {
                Some(_) => problems.add(format!("{pointer}/version"), "The plugin has no such version."),
                None => problems.add(format!("{pointer}/plugin"), "There is no such plugin."),
            }
            continue;
        };
        problems.add_under(&format!("{pointer}/settings"), settings_problems(&plugin, &new.settings)?);
        policies.push(Policy {
            name,
            plugin: new.plugin,
            version: plugin.manifest().version.clone(),
            settings: new.settings,
            mode: new.mode,
            connection: new.connection,
        });
    }
    problems.finish()?;
    Ok(policies)
}

/// What the plugin says is wrong with the settings.
fn settings_problems(plugin: &Plugin, settings: &Value) -> Result<Vec<Problem>> {
    match plugin.check_settings(settings, &CallLimits::default()) {
        Ok(()) => Ok(Vec::new()),
        Err(SettingsError::Problems(problems)) => {
            let problem = |problem: crate::policy::Problem| Problem { pointer: problem.pointer, message: problem.message };
            Ok(problems.into_iter().map(problem).collect())
        }
        Err(SettingsError::Fault(fault)) => {
            let detail = format!("The plugin {} failed while it checked its settings. {fault}", plugin.manifest().name);
            Err(Error::new(ErrorKind::Unavailable, detail))
        }
    }
}

/// Makes a new revision of these policies, unless they are the newest one's already, and has everything projected by it.
///
/// # Errors
/// Conflict if `expected` is given and not the newest revision's number; a problem for each policy whose connection does not exist.
pub fn put(tx: &mut Tx<'_>, policies: Vec<Policy>, expected: Option<u64>, actor: &Actor, now: Timestamp) -> Result<Pipeline> {
    let current = current(tx)?;
    if expected.is_some_and(|expected| expected != current.revision) {
        let detail = format!("The pipeline has changed meanwhile: its revision is {}.", current.revision);
        return Err(Error::conflict(detail));
    }
    let mut problems = Problems::default();
    for (at, policy) in policies.iter().enumerate() {
        if let Some(connection) = policy.connection
            && !connections::exists(tx, connection)?
        {
            problems.add(format!("/policies/{at}/connection"), "There is no such connection.");
        }
    }
    problems.finish()?;
    if policies.len() > POLICIES_MAX {
        return Err(Error::conflict(format!("The pipeline would have more than {POLICIES_MAX} policies.")));
    }
    if policies == current.policies {
        return Ok(current);
    }
    let revision = tx.add(&layout::counter(Counter::Pipeline), 1)?;
    let pipeline = Pipeline { revision, policies, created: Some(now), actor: actor.clone() };
    tx.put_json(&layout::pipeline(revision), &pipeline)?;
    if let Some(old) = revision.checked_sub(PIPELINE_REVISIONS_MAX) {
        tx.delete(&layout::pipeline(old));
    }
    crate::directory::reproject_all(tx)?;
    Ok(pipeline)
}
