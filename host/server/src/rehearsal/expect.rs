//! What should come of a pipeline: expectations of users, groups and counts, and what is otherwise.
//!
//! Knows nothing of how the outcome came to be.

use std::collections::{BTreeMap, BTreeSet};

use doorlist_scim::ErrorKind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Rehearsal;
use crate::directory::plan::Tally;
use crate::directory::{self, Decision, Group, Issued, Member, Reason, Status, SubjectKind};
use crate::error::{Error, Kind, Problem, Result};
use crate::id::Id;
use crate::limits::ADMIN_PAGE_MAX;
use crate::store::{Rows, View, layout};

/// What should come of a pipeline. What is left out may be as it likes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[schemars(title = "Expectations of a pipeline")]
pub struct Expectations {
    /// Where editors find the JSON Schema of this file; means nothing here.
    #[serde(rename = "$schema", skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// How many there should be.
    pub counts: ExpectedCounts,
    /// What should become of users.
    pub users: Vec<ExpectedUser>,
    /// What should become of groups.
    pub groups: Vec<ExpectedGroup>,
}

/// How many there should be.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ExpectedCounts {
    /// Members of the directory, local ones included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub members: Option<u64>,
    /// Groups of the directory, local ones and those of policies included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<u64>,
    /// The most members that may go whom the recorded directory has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub removed_max: Option<u64>,
    /// The most members that may be suspended who are active in the recorded directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspended_max: Option<u64>,
    /// Users and groups whom a policy's fault keeps at their last projection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stuck: Option<u64>,
}

/// What should become of a user.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExpectedUser {
    /// Its `userName` at its identity provider or in the directory, or its SCIM id.
    pub user_name: String,
    /// Whether the directory has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub included: Option<bool>,
    /// Its status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// Its role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Names of the groups of the directory that it is in: these and no others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups: Option<Vec<String>>,
    /// Names of groups that it is in, among others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups_contain: Option<Vec<String>>,
    /// What one of the reasons that policies gave should have in it. Each begins with the policy's name and a colon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason_contains: Option<String>,
}

/// What should become of a group.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExpectedGroup {
    /// Its name at its identity provider or in the directory, or its id.
    pub display_name: String,
    /// Whether the directory has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub included: Option<bool>,
    /// How many members it has in the directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members: Option<u64>,
    /// What one of the reasons that policies gave should have in it. Each begins with the policy's name and a colon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason_contains: Option<String>,
}

/// Who is in the directory as recorded, by name and id. Of somebody who is there no longer, nothing else may be left.
#[derive(Debug)]
pub(super) struct Known {
    members: BTreeSet<String>,
    groups: BTreeSet<String>,
}

impl Known {
    /// Everybody who is in the directory.
    pub(super) fn read(view: &View) -> Result<Self> {
        let (mut members, mut groups) = (BTreeSet::new(), BTreeSet::new());
        each_member(view, &mut |member| members.extend([member.user_name, member.id.to_string()]))?;
        each_group(view, &mut |group| groups.extend([group.display_name, group.id.to_string()]))?;
        Ok(Self { members, groups })
    }
}

/// Everything that came of a pipeline, by name.
struct Outcome<'a> {
    view: &'a View,
    recorded: &'a Known,
    members: BTreeMap<String, Id>,
    groups: BTreeMap<String, Id>,
}

/// What came of one subject.
struct Found<T> {
    there: Option<T>,
    reasons: Vec<String>,
}

impl Expectations {
    /// How many subjects and counts something is expected of.
    pub fn len(&self) -> usize {
        let ExpectedCounts { members, groups, removed_max, suspended_max, stuck } = &self.counts;
        let counts = [members, groups, removed_max, suspended_max, stuck].into_iter().flatten().count();
        counts + self.users.len() + self.groups.len()
    }

    /// Whether nothing is expected.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Rehearsal {
    /// Says what is otherwise than expected, each with the place of the expectation. `tally` is that of the pipeline's plan.
    ///
    /// # Errors
    /// Only a fault of ours.
    pub fn unexpected(&self, expected: &Expectations, tally: &Tally) -> Result<Vec<Problem>> {
        self.tenant.read(|view| {
            let outcome = Outcome::read(view, &self.recorded)?;
            let mut problems = counts(view, &expected.counts, tally)?;
            for (at, user) in expected.users.iter().enumerate() {
                outcome.user(at, user, &mut problems)?;
            }
            for (at, group) in expected.groups.iter().enumerate() {
                outcome.group(at, group, &mut problems)?;
            }
            Ok(problems)
        })
    }

    /// What came of the pipeline, as expectations to begin from.
    ///
    /// # Errors
    /// Only a fault of ours.
    pub fn outcome(&self, tally: &Tally) -> Result<Expectations> {
        self.tenant.read(|view| {
            let state = directory::sync_state(view)?;
            let counts = ExpectedCounts {
                members: Some(state.directory.users),
                groups: Some(state.directory.groups),
                removed_max: Some(tally.counts.members_removed),
                suspended_max: Some(tally.counts.members_suspended),
                stuck: Some(state.stuck),
            };
            Ok(Expectations { schema: None, counts, users: users(view)?, groups: groups(view)? })
        })
    }
}

fn counts(view: &View, expected: &ExpectedCounts, tally: &Tally) -> Result<Vec<Problem>> {
    let state = directory::sync_state(view)?;
    let exact = [
        ("members", expected.members, state.directory.users),
        ("groups", expected.groups, state.directory.groups),
        ("stuck", expected.stuck, state.stuck),
    ];
    let most = [
        ("removedMax", expected.removed_max, tally.counts.members_removed),
        ("suspendedMax", expected.suspended_max, tally.counts.members_suspended),
    ];
    let told = |name: &str, message: String| Problem { pointer: format!("/counts/{name}"), message };
    let exact = exact.into_iter().filter_map(|(name, expected, found)| {
        expected.filter(|expected| *expected != found).map(|expected| told(name, format!("There are {found} and not {expected}.")))
    });
    let most = most.into_iter().filter_map(|(name, most, found)| {
        most.filter(|most| found > *most).map(|most| told(name, format!("There are {found}, which is more than {most}.")))
    });
    Ok(exact.chain(most).collect())
}

impl<'a> Outcome<'a> {
    fn read(view: &'a View, recorded: &'a Known) -> Result<Self> {
        let (mut members, mut groups) = (BTreeMap::new(), BTreeMap::new());
        each_member(view, &mut |member| {
            members.entry(member.user_name).or_insert(member.id);
        })?;
        each_group(view, &mut |group| {
            groups.entry(group.display_name).or_insert(group.id);
        })?;
        Ok(Self { view, recorded, members, groups })
    }

    /// What was decided on a subject; `None` if nothing was, because it is local, a policy's own, or nobody knows it.
    fn decision(&self, kind: SubjectKind, named: &str) -> Result<Option<Decision>> {
        match directory::find_decision(self.view, kind, named) {
            Ok(decision) => Ok(Some(decision)),
            Err(error) if matches!(error.kind(), Kind::Scim(ErrorKind::NotFound | ErrorKind::Conflict)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What came of a user; `None` if nobody knows it.
    fn find_user(&self, named: &str) -> Result<Option<Found<Member>>> {
        if let Some(decision) = self.decision(SubjectKind::User, named)? {
            let there = decision.member.map(|id| directory::get_member(self.view, id)).transpose()?;
            return Ok(Some(Found { there, reasons: reasons(&decision) }));
        }
        let id = self.members.get(named).copied().or_else(|| named.parse().ok());
        let there = id.and_then(|id| directory::get_member(self.view, id).ok());
        let is_known = there.is_some() || self.recorded.members.contains(named);
        Ok(is_known.then(|| Found { there, reasons: Vec::new() }))
    }

    fn user(&self, at: usize, expected: &ExpectedUser, problems: &mut Vec<Problem>) -> Result<()> {
        let name = &expected.user_name;
        let mut tell = |part: &str, message: String| {
            problems.push(Problem { pointer: format!("/users/{at}/{part}"), message: format!("{name}: {message}") });
        };
        let Some(Found { there, reasons }) = self.find_user(name)? else {
            tell("userName", "The recording has no user of this name.".to_owned());
            return Ok(());
        };
        if let Some(wanted) = &expected.reason_contains
            && !reasons.iter().any(|reason| reason.contains(wanted))
        {
            tell("reasonContains", format!("No reason has {wanted:?} in it{}.", said(&reasons)));
        }
        let Some(member) = there else {
            let ExpectedUser { included, status, role, groups, groups_contain, .. } = expected;
            let wants_more = status.is_some() || role.is_some() || groups.is_some() || groups_contain.is_some();
            if *included == Some(true) || (included.is_none() && wants_more) {
                tell("included", format!("It is not in the directory{}.", said(&reasons)));
            }
            return Ok(());
        };
        if expected.included == Some(false) {
            tell("included", format!("It is in the directory{}.", said(&reasons)));
        }
        if let Some(status) = expected.status.filter(|status| *status != member.status) {
            tell("status", format!("It is {} and not {}{}.", word(member.status), word(status), said(&reasons)));
        }
        if let Some(role) = expected.role.as_ref().filter(|role| **role != member.role) {
            tell("role", format!("It is {:?} and not {role:?}{}.", member.role, said(&reasons)));
        }
        let have: BTreeSet<String> = directory::groups_of(self.view, member.id)?.into_iter().map(|group| group.display_name).collect();
        let lacks = |wanted: &[String]| wanted.iter().filter(|group| !have.contains(*group)).cloned().collect::<Vec<_>>();
        if let Some(wanted) = &expected.groups {
            let others = have.iter().filter(|group| !wanted.contains(group)).cloned().collect::<Vec<_>>();
            for (what, groups) in [("It is not in", lacks(wanted)), ("It is in", others)] {
                if !groups.is_empty() {
                    tell("groups", format!("{what} {}{}.", groups.join(", "), said(&reasons)));
                }
            }
        }
        let missing = expected.groups_contain.as_deref().map(lacks).unwrap_or_default();
        if !missing.is_empty() {
            tell("groupsContain", format!("It is not in {}{}.", missing.join(", "), said(&reasons)));
        }
        Ok(())
    }

    fn group(&self, at: usize, expected: &ExpectedGroup, problems: &mut Vec<Problem>) -> Result<()> {
        let name = &expected.display_name;
        let decision = self.decision(SubjectKind::Group, name)?;
        let reasons = decision.as_ref().map(reasons).unwrap_or_default();
        let id = match &decision {
            Some(decision) => decision.included.then_some(decision.scim_id),
            None => self.groups.get(name).copied().or_else(|| name.parse().ok()),
        };
        let there = id.and_then(|id| directory::get_group(self.view, id).ok());
        let mut tell = |part: &str, message: String| {
            problems.push(Problem { pointer: format!("/groups/{at}/{part}"), message: format!("{name}: {message}") });
        };
        if decision.is_none() && there.is_none() && !self.recorded.groups.contains(name) {
            tell("displayName", "Neither the recording nor what comes of it has a group of this name.".to_owned());
            return Ok(());
        }
        if let Some(wanted) = &expected.reason_contains
            && !reasons.iter().any(|reason| reason.contains(wanted))
        {
            tell("reasonContains", format!("No reason has {wanted:?} in it{}.", said(&reasons)));
        }
        match (there, expected.included) {
            (Some(_), Some(false)) => tell("included", format!("It is in the directory{}.", said(&reasons))),
            (None, included) if included == Some(true) || (included.is_none() && expected.members.is_some()) => {
                tell("included", format!("It is not in the directory{}.", said(&reasons)));
            }
            (Some(group), _) => {
                let found = size(self.view, &group)?;
                if let Some(members) = expected.members.filter(|members| *members != found) {
                    tell("members", format!("It has {found} members and not {members}."));
                }
            }
            (None, _) => {}
        }
        Ok(())
    }
}

/// How many members a group has.
fn size(view: &View, group: &Group) -> Result<u64> {
    Ok(view.count(&crate::store::Range::under(layout::memberships_of(group.id)), usize::MAX)? as u64)
}

/// Every reason that was given for what became of a subject, the one that decided first.
fn reasons(decision: &Decision) -> Vec<String> {
    let told = |reason: &Reason| reason.policy.as_ref().map_or_else(|| reason.text.clone(), |policy| format!("{policy}: {}", reason.text));
    let mut reasons: Vec<String> = decision.stuck.iter().chain(&decision.reason).map(told).collect();
    for verdict in decision.verdicts.iter().filter(|verdict| !verdict.monitor) {
        for change in &verdict.changes {
            let reason = format!("{}: {}", verdict.policy, change.reason);
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
    }
    reasons
}

/// Reasons in brackets, if there are any.
fn said(reasons: &[String]) -> String {
    if reasons.is_empty() { String::new() } else { format!(" ({})", reasons.join(" ")) }
}

fn word(status: Status) -> &'static str {
    match status {
        Status::Active => "active",
        Status::Suspended => "suspended",
        Status::Blocked => "blocked",
    }
}

fn each_member(view: &View, step: &mut dyn FnMut(Member)) -> Result<()> {
    let mut after = None;
    loop {
        let page = directory::list_members(view, after, ADMIN_PAGE_MAX)?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.id);
        page.into_iter().for_each(&mut *step);
    }
}

fn each_group(view: &View, step: &mut dyn FnMut(Group)) -> Result<()> {
    let mut after = None;
    loop {
        let page = directory::list_groups(view, after, ADMIN_PAGE_MAX)?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.id);
        page.into_iter().for_each(&mut *step);
    }
}

/// Every decision on users or groups, without the verdicts, which are most of it.
fn decisions(view: &View, kind: SubjectKind) -> Result<Vec<Decision>> {
    let mut found = Vec::new();
    directory::each_decision(view, kind, &mut |decision| found.push(Decision { verdicts: Vec::new(), ..decision }))?;
    Ok(found)
}

/// What became of every user that was decided on, and of local members.
fn users(view: &View) -> Result<Vec<ExpectedUser>> {
    let decisions = decisions(view, SubjectKind::User)?;
    let mut names: BTreeMap<&str, usize> = BTreeMap::new();
    decisions.iter().for_each(|decision| *names.entry(&decision.name).or_default() += 1);
    let mut local = Vec::new();
    each_member(view, &mut |member| {
        if member.issued == Issued::Api {
            local.push(member);
        }
    })?;
    let expected = |name: String, member: Option<&Member>| {
        let groups = member.map(|member| directory::groups_of(view, member.id)).transpose()?;
        let groups = groups.map(|groups| groups.into_iter().map(|group| group.display_name).collect::<BTreeSet<_>>());
        Ok::<_, Error>(ExpectedUser {
            user_name: name,
            included: Some(member.is_some()),
            status: member.map(|member| member.status),
            role: member.map(|member| member.role.clone()),
            groups: groups.map(|groups| groups.into_iter().collect()),
            ..ExpectedUser::default()
        })
    };
    let mut users = Vec::with_capacity(decisions.len() + local.len());
    for decision in &decisions {
        // Connections may have users of the same name.
        let is_alone = names.get(decision.name.as_str()).is_some_and(|count| *count == 1);
        let name = if is_alone { decision.name.clone() } else { decision.scim_id.to_string() };
        let member = decision.member.map(|id| directory::get_member(view, id)).transpose()?;
        users.push(expected(name, member.as_ref())?);
    }
    for member in &local {
        // A synced user of the same name is found first.
        let name = if names.contains_key(member.user_name.as_str()) { member.id.to_string() } else { member.user_name.clone() };
        users.push(expected(name, Some(member))?);
    }
    Ok(users)
}

/// What became of every group that was decided on, and of those that are local or policies' own.
fn groups(view: &View) -> Result<Vec<ExpectedGroup>> {
    let decisions = decisions(view, SubjectKind::Group)?;
    let mut others = Vec::new();
    each_group(view, &mut |group| {
        if group.issued != Issued::Scim {
            others.push(group);
        }
    })?;
    let mut names: BTreeMap<String, usize> = BTreeMap::new();
    let all = decisions.iter().map(|decision| &decision.name).chain(others.iter().map(|group| &group.display_name));
    all.for_each(|name| *names.entry(name.clone()).or_default() += 1);
    let named = |name: &str, id: Id| if names.get(name) == Some(&1) { name.to_owned() } else { id.to_string() };
    let mut groups = Vec::with_capacity(decisions.len() + others.len());
    for decision in &decisions {
        let there = if decision.included { Some(directory::get_group(view, decision.scim_id)?) } else { None };
        let members = there.map(|group| size(view, &group)).transpose()?;
        let display_name = named(&decision.name, decision.scim_id);
        groups.push(ExpectedGroup { display_name, included: Some(members.is_some()), members, ..ExpectedGroup::default() });
    }
    for group in &others {
        let (display_name, members) = (named(&group.display_name, group.id), Some(size(view, group)?));
        groups.push(ExpectedGroup { display_name, included: Some(true), members, ..ExpectedGroup::default() });
    }
    Ok(groups)
}

#[cfg(test)]
mod tests {
    use schemars::generate::SchemaSettings;

    use super::Expectations;

    /// The copy for whoever writes expectations, beside the sources.
    const COPY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../schemas/expectations.schema.json");

    #[test]
    fn the_expectations_schema_has_a_copy_that_says_the_same() {
        let schema = SchemaSettings::draft2020_12().for_deserialize().into_generator().into_root_schema_for::<Expectations>();
        let mut text = serde_json::to_string_pretty(&schema).unwrap();
        text.push('\n');
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(COPY, &text).unwrap();
        }
        let copy = std::fs::read_to_string(COPY).unwrap_or_default();
        assert!(copy == text, "schemas/expectations.schema.json is out of date: run the tests once with UPDATE=1");
    }
}
