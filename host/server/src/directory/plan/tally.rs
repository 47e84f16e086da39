//! Counting differences, and saying in a few lines what they come to.
//!
//! Knows nothing of where the differences come from.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Difference, Planned};
use crate::limits::{PLAN_EXAMPLES_MAX, PLAN_POLICIES_NAMED_MAX};

/// How many differences there are of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct DifferenceCounts {
    /// Members that would come.
    pub members_added: u64,
    /// Members that would go.
    pub members_removed: u64,
    /// Members that would be suspended.
    pub members_suspended: u64,
    /// Suspended members that would be active.
    pub members_reactivated: u64,
    /// Members that would have another role.
    pub roles_changed: u64,
    /// Members that would have other names or attributes.
    pub members_changed: u64,
    /// Groups that would come.
    pub groups_added: u64,
    /// Groups that would go.
    pub groups_removed: u64,
    /// Groups that would be called otherwise.
    pub groups_renamed: u64,
    /// Groups that would be another in something else.
    pub groups_changed: u64,
    /// Memberships that would come, also those of members that would come.
    pub memberships_added: u64,
    /// Memberships that would go, also those of members and groups that would go.
    pub memberships_removed: u64,
    /// Users and groups that a policy's fault would keep at their last projection.
    pub stuck: u64,
}

/// What one policy would make different.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PolicyCounts {
    /// Name of the policy; absent for what the identity provider's own state makes different, and what nobody gave a reason for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// How many of each kind.
    pub counts: DifferenceCounts,
    /// Some of those whom it would make members no longer, or suspend, or else of those it is about.
    pub examples: Vec<String>,
}

/// Differences counted.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// All of them.
    pub counts: DifferenceCounts,
    /// How many differences there are.
    pub differences: u64,
    /// Users and groups that were looked at.
    pub subjects: u64,
    by_policy: BTreeMap<Option<String>, (DifferenceCounts, Examples)>,
}

#[derive(Clone, Debug, Default)]
struct Examples {
    losing: Vec<String>,
    others: Vec<String>,
}

impl DifferenceCounts {
    /// Members that would lose access: what the guard of a tenant counts.
    pub fn losses(&self) -> u64 {
        self.members_removed + self.members_suspended
    }

    fn add(&mut self, change: &Planned) {
        let (place, memberships_added, memberships_removed) = match change {
            Planned::MemberAdded { memberships, .. } => (&mut self.members_added, *memberships, 0),
            Planned::MemberRemoved { memberships } => (&mut self.members_removed, 0, *memberships),
            Planned::MemberSuspended => (&mut self.members_suspended, 0, 0),
            Planned::MemberReactivated => (&mut self.members_reactivated, 0, 0),
            Planned::MemberRole { .. } => (&mut self.roles_changed, 0, 0),
            Planned::MemberChanged { .. } => (&mut self.members_changed, 0, 0),
            Planned::MembershipAdded { .. } => (&mut self.memberships_added, 0, 0),
            Planned::MembershipRemoved { .. } => (&mut self.memberships_removed, 0, 0),
            Planned::GroupAdded => (&mut self.groups_added, 0, 0),
            Planned::GroupRemoved { memberships } => (&mut self.groups_removed, 0, *memberships),
            Planned::GroupRenamed { .. } => (&mut self.groups_renamed, 0, 0),
            Planned::GroupChanged => (&mut self.groups_changed, 0, 0),
            Planned::Stuck => (&mut self.stuck, 0, 0),
        };
        *place += 1;
        self.memberships_added += memberships_added;
        self.memberships_removed += memberships_removed;
    }

    /// In words, the gravest first; none of what does not occur.
    fn words(&self) -> Vec<String> {
        let named = [
            (self.members_removed, "member removed", "members removed"),
            (self.members_suspended, "member suspended", "members suspended"),
            (self.roles_changed, "role changed", "roles changed"),
            (self.members_added, "member added", "members added"),
            (self.members_reactivated, "member reactivated", "members reactivated"),
            (self.members_changed, "member with other names or attributes", "members with other names or attributes"),
            (self.groups_removed, "group removed", "groups removed"),
            (self.groups_added, "group added", "groups added"),
            (self.groups_renamed, "group renamed", "groups renamed"),
            (self.groups_changed, "group changed", "groups changed"),
            (self.memberships_removed, "membership removed", "memberships removed"),
            (self.memberships_added, "membership added", "memberships added"),
            (self.stuck, "user or group stuck", "users and groups stuck"),
        ];
        let say = |(count, one, many): (u64, &str, &str)| format!("{count} {}", if count == 1 { one } else { many });
        named.into_iter().filter(|(count, ..)| *count > 0).map(say).collect()
    }
}

impl Tally {
    /// Takes one more into account.
    pub(super) fn add(&mut self, difference: &Difference) {
        self.differences += 1;
        self.counts.add(&difference.change);
        let policy = difference.reason.as_ref().and_then(|reason| reason.policy.clone());
        let (counts, examples) = self.by_policy.entry(policy).or_default();
        counts.add(&difference.change);
        let losing = matches!(difference.change, Planned::MemberRemoved { .. } | Planned::MemberSuspended);
        let names = if losing { &mut examples.losing } else { &mut examples.others };
        if names.len() < PLAN_EXAMPLES_MAX && !names.contains(&difference.name) {
            names.push(difference.name.clone());
        }
    }

    /// What each policy would make different, the one that takes access from most members first.
    pub fn by_policy(&self) -> Vec<PolicyCounts> {
        let mut policies: Vec<PolicyCounts> = self
            .by_policy
            .iter()
            .map(|(policy, (counts, examples))| PolicyCounts {
                policy: policy.clone(),
                counts: *counts,
                examples: examples.losing.iter().chain(&examples.others).take(PLAN_EXAMPLES_MAX).cloned().collect(),
            })
            .collect();
        let weight = |policy: &PolicyCounts| (policy.counts.losses(), policy.counts.words().len());
        policies.sort_by_key(|policy| std::cmp::Reverse(weight(policy)));
        policies
    }

    /// A few lines for a person.
    pub fn summary(&self) -> Vec<String> {
        self.summary_with("The identity provider")
    }

    /// The same, in which what no policy makes different is put down to `nobody`.
    pub fn summary_with(&self, nobody: &str) -> Vec<String> {
        if self.differences == 0 {
            return vec![format!("Nothing would be different for the {} users and groups there are.", self.subjects)];
        }
        let mut lines = vec![format!("Of {} users and groups: {}.", self.subjects, self.counts.words().join(", "))];
        let policies = self.by_policy();
        for policy in policies.iter().take(PLAN_POLICIES_NAMED_MAX) {
            let who = policy.policy.as_ref().map_or_else(|| nobody.to_owned(), |name| format!("Policy \"{name}\""));
            let examples = if policy.examples.is_empty() { String::new() } else { format!(", such as {}", policy.examples.join(", ")) };
            lines.push(format!("{who}: {}{examples}.", policy.counts.words().join(", ")));
        }
        if policies.len() > PLAN_POLICIES_NAMED_MAX {
            lines.push(format!("{} more policies make a difference.", policies.len() - PLAN_POLICIES_NAMED_MAX));
        }
        lines
    }
}
