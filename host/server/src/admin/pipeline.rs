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
use super::plugins::signing::{self, SigningKey};
use super::plugins::{Plugins, revision};
use super::{connections, listing, tenants};
use crate::activity::Actor;
use crate::clock::Timestamp;
use crate::directory::{self, Outcome};
use crate::error::{Error, Problem, Result};
use crate::id::Id;
use crate::limits::{PIPELINE_PAGE_BYTES_MAX, PIPELINE_RETURN_MAX, PIPELINE_REVISIONS_MAX, POLICIES_MAX, PROBLEMS_TOLD_MAX};
use crate::policy::{CallLimits, Checked, FaultKind, Plugin, SettingsError, Usage, printed};
use crate::store::layout::{self, Counter};
use crate::store::{Key, Numbers, Range, Rows, Table, Tenant, Tx, from_json};

/// One plugin with settings, at its place in a pipeline. Two are the same if they do the same, however their settings were spelt.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Policy {
    /// What operators call it; no two of a pipeline have the same name.
    pub name: String,
    /// Name of the plugin.
    pub plugin: String,
    /// Version of the plugin.
    pub version: String,
    /// Settings, as the plugin's JSON Schema asks, with its defaults.
    pub settings: Value,
    /// The settings as they were put, if the defaults were not among them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given: Option<Value>,
    /// Whether its verdicts count.
    pub mode: Mode,
    /// The only connection whose users and groups it sees; all without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<Id>,
}

impl PartialEq for Policy {
    fn eq(&self, other: &Self) -> bool {
        let Self { name, plugin, version, settings, given: _, mode, connection } = self;
        let same_plugin = *plugin == other.plugin && *version == other.version;
        *name == other.name && same_plugin && *settings == other.settings && *mode == other.mode && *connection == other.connection
    }
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
    /// As a pipeline that was read has it, so that it can be put again. `settings` counts: it is kept beside them if it comes to the same with the defaults, and
    /// else passed over.
    pub given: Option<Value>,
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
    /// The plan that it was, if it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Id>,
}

/// A revision of a tenant's pipeline, and what became of it.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Revision {
    /// The revision.
    #[serde(flatten)]
    pub pipeline: Pipeline,
    /// How far the directory follows it. Absent for number 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
}

impl Revision {
    fn read(rows: &impl Rows, pipeline: Pipeline) -> Result<Self> {
        let outcome = directory::outcome(rows, pipeline.revision)?;
        Ok(Self { pipeline, outcome })
    }
}

/// The pipeline in force, and how far the directory follows it.
///
/// # Errors
/// If the disk refuses.
pub fn in_force(rows: &impl Rows) -> Result<Revision> {
    Revision::read(rows, current(rows)?)
}

/// The pipeline of this number.
///
/// # Errors
/// 404 if it never was, or is no longer kept.
pub fn revision(rows: &impl Rows, revision: u64) -> Result<Revision> {
    let pipeline = match revision {
        0 => Some(Pipeline::empty()),
        _ => rows.json(&layout::pipeline(revision))?,
    };
    Revision::read(rows, pipeline.ok_or_else(|| Error::not_found("revision of the pipeline"))?)
}

impl Pipeline {
    /// Its policies, to be proposed again. Plugins that come with Doorlist are those of this Doorlist.
    pub fn proposed_again(self) -> Vec<NewPolicy> {
        let propose = |policy: Policy| NewPolicy {
            name: policy.name,
            version: (!revision::is_first_party(&policy.plugin)).then_some(policy.version),
            plugin: policy.plugin,
            settings: policy.given.unwrap_or(policy.settings),
            given: None,
            mode: policy.mode,
            connection: policy.connection,
        };
        self.policies.into_iter().map(propose).collect()
    }

    /// What a tenant starts with.
    fn empty() -> Self {
        Self { revision: 0, policies: Vec::new(), created: None, actor: Actor::System, plan: None }
    }
}

/// The pipeline of a tenant that is in force: its newest revision.
///
/// # Errors
/// If the disk refuses.
pub fn current(rows: &impl Rows) -> Result<Pipeline> {
    let revision = rows.number(&layout::counter(Counter::Pipeline))?;
    match rows.json(&layout::pipeline(revision))? {
        Some(pipeline) => Ok(pipeline),
        None if revision == 0 => Ok(Pipeline::empty()),
        None => Err(Error::internal(format!("pipeline revision {revision} is not there"))),
    }
}

/// At most `limit` revisions before `before`, newest first, and whether there are more.
///
/// # Errors
/// If the disk refuses.
pub fn revisions(rows: &impl Rows, before: Option<u64>, limit: usize) -> Result<(Vec<Revision>, bool)> {
    let range = Range::under(Key::new(Table::Pipeline)).descending();
    let range = match before {
        Some(before) => range.after(layout::pipeline(before)),
        None => range,
    };
    let (mut bytes, mut more) = (0, false);
    let found = listing::read(rows, &range, limit.saturating_add(1), |_, value| {
        let first = bytes == 0;
        bytes += value.len();
        if first || bytes <= PIPELINE_PAGE_BYTES_MAX { from_json::<Pipeline>(value).map(Some) } else { Ok(None) }
    })?;
    let mut revisions = Vec::new();
    for pipeline in found {
        match pipeline {
            Some(pipeline) if revisions.len() < limit && !more => revisions.push(Revision::read(rows, pipeline)?),
            _ => more = true,
        }
    }
    Ok((revisions, more))
}

/// Checks proposed policies against the plugins of the tenant, or without one against those that come with Doorlist, and completes them: settings are given the
/// defaults of the plugin's JSON Schema where they say nothing. Runs guest code: not for threads that run async code.
///
/// # Errors
/// With a JSON Pointer for each problem: names, unknown plugins, settings that the plugin refuses, a plugin that is not signed as the tenant asks, more than
/// [`POLICIES_MAX`] policies. Conflict if a plugin cannot be loaded any more.
pub fn check(plugins: &Plugins, tenant: Option<&Tenant>, proposed: Vec<NewPolicy>) -> Result<Vec<Policy>> {
    let mut problems = Problems::default();
    if proposed.len() > POLICIES_MAX {
        problems.add("/policies", format!("A pipeline has at most {POLICIES_MAX} policies."));
        problems.finish()?;
        return Ok(Vec::new());
    }
    let rules = tenant.map(Rules::read).transpose()?.flatten();
    let mut names = BTreeSet::new();
    let mut policies = Vec::with_capacity(proposed.len());
    for (at, new) in proposed.into_iter().enumerate() {
        let pointer = format!("/policies/{at}");
        let name = name::checked(&new.name, &format!("{pointer}/name"), &mut problems);
        if !names.insert(name.clone()) {
            problems.add(format!("{pointer}/name"), "Another policy of the pipeline has this name.");
        }
        let Some(plugin) = plugins.find(tenant, &new.plugin, new.version.as_deref())? else {
            if is_known(plugins, tenant, &new.plugin)? {
                problems.add(format!("{pointer}/version"), "The plugin has no such version.");
            } else {
                problems.add(format!("{pointer}/plugin"), "There is no such plugin.");
            }
            continue;
        };
        let limits = rules.as_ref().map_or_else(|| Ok(CallLimits::default()), |rules| rules.admit(tenant, &plugin));
        let limits = limits.unwrap_or_else(|refusal| {
            problems.add(format!("{pointer}/plugin"), refusal);
            CallLimits::default()
        });
        let settings = plugin.complete(new.settings.clone());
        let read = new.given.filter(|given| plugin.complete(given.clone()) == settings);
        let given = Some(read.unwrap_or(new.settings)).filter(|given| *given != settings);
        let checked = plugin.check_settings(&settings, &limits);
        if let Some(tenant) = tenant.filter(|_| checked.usage != Usage::default()) {
            let manifest = plugin.manifest();
            plugins.figures().add(tenant.number(), &manifest.name, &manifest.version, &checked.usage);
        }
        problems.add_under(&format!("{pointer}/settings"), settings_problems(checked)?);
        policies.push(Policy {
            name,
            plugin: new.plugin,
            version: plugin.manifest().version.clone(),
            settings,
            given,
            mode: new.mode,
            connection: new.connection,
        });
    }
    problems.finish()?;
    Ok(policies)
}

/// Whether there is any version of a plugin.
fn is_known(plugins: &Plugins, tenant: Option<&Tenant>, name: &str) -> Result<bool> {
    let own = || tenant.map_or(Ok(false), |tenant| tenant.read(|rows| Ok(revision::newest(rows, name)?.is_some())));
    Ok(plugins.find(None, name, None)?.is_some() || own()?)
}

/// What a tenant asks of the plugins in its pipeline.
struct Rules {
    limits: CallLimits,
    /// The keys of which one has to have signed a plugin; nobody has to without them.
    signers: Option<Vec<SigningKey>>,
    /// Digests of the revisions that are in force already. They stay admitted when keys change.
    in_force: BTreeSet<String>,
}

impl Rules {
    fn read(tenant: &Tenant) -> Result<Option<Self>> {
        tenant.read(|rows| {
            let Some(record) = tenants::at(rows, tenant.number())? else { return Ok(None) };
            let mut in_force = BTreeSet::new();
            if record.signature_required {
                for policy in current(rows)?.policies {
                    in_force.extend(revision::get(rows, &policy.plugin, &policy.version)?.map(|revision| revision.sha256));
                }
            }
            let signers = record.signature_required.then_some(record.signing_keys);
            Ok(Some(Self { limits: record.plugin_limits.call(), signers, in_force }))
        })
    }

    /// What this plugin's calls may cost, or why it may not come into the pipeline.
    fn admit(&self, tenant: Option<&Tenant>, plugin: &Plugin) -> Result<CallLimits, &'static str> {
        let manifest = plugin.manifest();
        let own = tenant.and_then(|tenant| tenant.read(|rows| revision::get(rows, &manifest.name, &manifest.version)).ok().flatten());
        let Some(own) = own.filter(|own| own.sha256 == plugin.digest()) else { return Ok(CallLimits::default()) };
        let is_signed = |keys: &Vec<SigningKey>| own.signed.as_ref().is_some_and(|signed| signing::signer(keys, signed).is_some());
        if self.signers.as_ref().is_none_or(is_signed) || self.in_force.contains(plugin.digest()) {
            return Ok(self.limits);
        }
        Err("This tenant asks that plugins be signed by one of its keys, and this one is not.")
    }
}

/// What the plugin says is wrong with the settings.
fn settings_problems(checked: Checked) -> Result<Vec<Problem>> {
    match checked.outcome {
        Ok(()) => Ok(Vec::new()),
        Err(SettingsError::Problems(problems)) => {
            let problem = |problem: crate::policy::Problem| Problem { pointer: problem.pointer, message: problem.message };
            Ok(problems.into_iter().map(problem).collect())
        }
        Err(SettingsError::Fault(fault)) if fault.kind == FaultKind::Busy => Err(Error::new(ErrorKind::Unavailable, fault.message)),
        Err(SettingsError::Fault(fault)) => {
            let message = format!("The plugin failed while it checked these. {fault}{}", printed(&checked.log));
            Ok(vec![Problem { pointer: String::new(), message }])
        }
    }
}

/// Who uses a plugin revision, in a sentence: the pipeline in force, or one before it that one may want to go back to.
///
/// # Errors
/// If the disk refuses.
pub(super) fn user_of(rows: &impl Rows, plugin: &str, version: &str) -> Result<Option<String>> {
    /// Of a pipeline, only what this is about: settings can be megabytes.
    #[derive(Deserialize)]
    struct Named {
        policies: Vec<NamedPolicy>,
    }
    #[derive(Deserialize)]
    struct NamedPolicy {
        name: String,
        plugin: String,
        version: String,
    }
    let uses = |policy: &NamedPolicy| policy.plugin == plugin && policy.version == version;
    if let Some(user) = rows.json::<Named>(&layout::shadow())?.and_then(|shadow| shadow.policies.into_iter().find(uses)) {
        return Ok(Some(format!("The policy {:?} of the pipeline in shadow uses this version.", user.name)));
    }
    let current = rows.number(&layout::counter(Counter::Pipeline))?;
    for revision in (current.saturating_sub(PIPELINE_RETURN_MAX)..=current).rev() {
        let policies = rows.json::<Named>(&layout::pipeline(revision))?.map(|pipeline| pipeline.policies).unwrap_or_default();
        let Some(user) = policies.into_iter().find(uses) else { continue };
        return Ok(Some(if revision == current {
            format!("The policy {:?} of the pipeline in force uses this version.", user.name)
        } else {
            format!(
                "Revision {revision} of the pipeline uses this version, and one may want to go back to any of the last {PIPELINE_RETURN_MAX} revisions."
            )
        }));
    }
    Ok(None)
}

/// Makes a new revision of these policies, unless they are the newest one's already, and has everything projected by it.
///
/// # Errors
/// Conflict if `expected` is given and not the newest revision's number; a problem for each policy whose connection or plugin does not exist.
pub fn put(tx: &mut Tx<'_>, policies: Vec<Policy>, expected: Option<u64>, actor: &Actor, now: Timestamp) -> Result<Pipeline> {
    put_as(tx, policies, expected, None, actor, now)
}

/// Makes a new revision of the policies of a plan, as [`put`] does; the plan was computed against the revision that comes before its id.
///
/// # Errors
/// As [`put`].
pub fn put_planned(tx: &mut Tx<'_>, policies: Vec<Policy>, (expected, plan): (u64, Id), actor: &Actor, now: Timestamp) -> Result<Pipeline> {
    put_as(tx, policies, Some(expected), Some(plan), actor, now)
}

fn put_as(
    tx: &mut Tx<'_>,
    policies: Vec<Policy>,
    expected: Option<u64>,
    plan: Option<Id>,
    actor: &Actor,
    now: Timestamp,
) -> Result<Pipeline> {
    let current = current(tx)?;
    if expected.is_some_and(|expected| expected != current.revision) {
        let detail = format!("The pipeline has changed meanwhile: its revision is {}.", current.revision);
        return Err(Error::conflict(detail));
    }
    check_named(tx, &policies)?;
    if policies.len() > POLICIES_MAX {
        return Err(Error::conflict(format!("The pipeline would have more than {POLICIES_MAX} policies.")));
    }
    if policies == current.policies {
        return Ok(current);
    }
    let revision = tx.add(&layout::counter(Counter::Pipeline), 1)?;
    let pipeline = Pipeline { revision, policies, created: Some(now), actor: actor.clone(), plan };
    tx.put_json(&layout::pipeline(revision), &pipeline)?;
    if let Some(old) = revision.checked_sub(PIPELINE_REVISIONS_MAX) {
        tx.delete(&layout::pipeline(old));
        tx.delete(&layout::outcome(old));
    }
    directory::begin_monitor(tx, &current.policies, &pipeline, now)?;
    directory::begin_outcome(tx, revision)?;
    directory::reproject_all(tx)?;
    Ok(pipeline)
}

/// Checks that what policies name is there.
///
/// # Errors
/// A problem for each policy whose connection or plugin does not exist.
pub fn check_named(rows: &impl Rows, policies: &[Policy]) -> Result<()> {
    let mut problems = Problems::default();
    for (at, policy) in policies.iter().enumerate() {
        if let Some(connection) = policy.connection
            && !connections::exists(rows, connection)?
        {
            let Policy { name, .. } = policy;
            problems
                .add(format!("/policies/{at}/connection"), format!("There is no connection {connection}, to which \"{name}\" is limited."));
        }
        // One that somebody deletes between check and put is not put.
        if !revision::is_first_party(&policy.plugin) && !rows.has(&layout::plugin(&policy.plugin, &policy.version))? {
            let Policy { name, plugin, version, .. } = policy;
            problems.add(
                format!("/policies/{at}/version"),
                format!("There is no plugin {plugin} of version {version}, which \"{name}\" uses."),
            );
        }
    }
    problems.finish()
}

/// The policies of an earlier revision, checked and completed to be put again. Runs guest code: not for threads that run async code.
///
/// # Errors
/// 404 if the revision is not kept; a conflict that says what of it is no more, or is refused by now, and how to go on. Whoever wants it back has written none of it, so there is no problem of theirs.
pub fn check_again(plugins: &Plugins, tenant: &Tenant, number: u64) -> Result<Vec<Policy>> {
    let earlier = tenant.read(|rows| revision(rows, number))?.pipeline;
    let names: Vec<String> = earlier.policies.iter().map(|policy| policy.name.clone()).collect();
    let told = |error: Error| match error.problems() {
        [] => error,
        problems => Error::conflict(format!(
            "Revision {number} cannot be put again as it was. {} Take its policies, change what that is about, and plan them.",
            sentences(problems, &names)
        )),
    };
    tenant.read(|rows| check_named(rows, &earlier.policies)).map_err(told)?;
    check(plugins, Some(tenant), earlier.proposed_again()).map_err(told)
}

/// Problems of policies in a row, each with the name of its policy.
fn sentences(problems: &[Problem], names: &[String]) -> String {
    let sentence = |Problem { pointer, message }: &Problem| {
        let at = pointer.strip_prefix("/policies/").and_then(|rest| rest.split('/').next()?.parse::<usize>().ok());
        match at.and_then(|at| names.get(at)) {
            Some(name) if !message.contains(&format!("\"{name}\"")) => format!("\"{name}\": {message}"),
            _ => message.clone(),
        }
    };
    let mut told: Vec<String> = problems.iter().take(PROBLEMS_TOLD_MAX).map(sentence).collect();
    if let Some(more) = problems.len().checked_sub(PROBLEMS_TOLD_MAX).filter(|more| *more > 0) {
        told.push(format!("And {more} more."));
    }
    told.join(" ")
}
