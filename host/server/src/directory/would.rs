//! What would be different: the words for it, and counting it.
//!
//! Said of what would come of a subject behind the pipeline if a policy that only watches had effect, and of what a pipeline in shadow makes of it, view against view. Knows nothing of who proposes it, and of how it is kept.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::member::Status;
use super::view::{GroupView, UserView};
use crate::id::Id;

/// One thing that would be different.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "change", rename_all_fields = "camelCase")]
pub enum Would {
    /// It would be in the directory, and is not.
    #[serde(rename = "included")]
    Included,
    /// It would not be in the directory, and is.
    #[serde(rename = "excluded")]
    Excluded,
    /// The member would be suspended.
    #[serde(rename = "suspended")]
    Suspended,
    /// The member would be active, and is suspended.
    #[serde(rename = "reactivated")]
    Reactivated,
    /// The member would have another role.
    #[serde(rename = "role")]
    Role {
        /// The role it has.
        from: String,
        /// The role it would have.
        to: String,
    },
    /// It would have other names or attributes.
    #[serde(rename = "changed")]
    Changed {
        /// Which: `userName`, `displayName`, or the name of a SCIM attribute.
        attributes: Vec<String>,
    },
    /// The member would come into a group.
    #[serde(rename = "membership.added")]
    MembershipAdded {
        /// Id of the group, if it is one of the identity provider's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        group_id: Option<Id>,
        /// Name of the group, if it is one that policies make.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        group: Option<String>,
    },
    /// The member would leave a group.
    #[serde(rename = "membership.removed")]
    MembershipRemoved {
        /// Id of the group, if it is one of the identity provider's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        group_id: Option<Id>,
        /// Name of the group, if it is one that policies make.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        group: Option<String>,
    },
    /// A fault would keep it at its last good projection.
    #[serde(rename = "stuck")]
    Stuck,
    /// The fault that keeps it at its last good projection would not.
    #[serde(rename = "unstuck")]
    Unstuck,
}

impl Would {
    /// Every name that [`Would::name`] gives.
    pub const NAMES: [&str; 10] = [
        "included",
        "excluded",
        "suspended",
        "reactivated",
        "role",
        "changed",
        "membership.added",
        "membership.removed",
        "stuck",
        "unstuck",
    ];

    /// Its name, as documents have it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Included => "included",
            Self::Excluded => "excluded",
            Self::Suspended => "suspended",
            Self::Reactivated => "reactivated",
            Self::Role { .. } => "role",
            Self::Changed { .. } => "changed",
            Self::MembershipAdded { .. } => "membership.added",
            Self::MembershipRemoved { .. } => "membership.removed",
            Self::Stuck => "stuck",
            Self::Unstuck => "unstuck",
        }
    }
}

/// How many users and groups would be different, and in what. One that would be in several counts for each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct WouldCounts {
    /// Those that would be different in anything.
    pub subjects: u64,
    /// Those that would be in the directory, and are not.
    pub included: u64,
    /// Those that would not be in the directory, and are.
    pub excluded: u64,
    /// Members that would be suspended.
    pub suspended: u64,
    /// Members that would be active, and are suspended.
    pub reactivated: u64,
    /// Members that would have another role.
    pub roles: u64,
    /// Those that would have other names or attributes.
    pub changed: u64,
    /// Members that would come into groups.
    pub memberships_added: u64,
    /// Members that would leave groups.
    pub memberships_removed: u64,
    /// Those that a fault would keep at their last good projection.
    pub stuck: u64,
    /// Those that a fault keeps there, and would not. Of whole pipelines only.
    pub unstuck: u64,
}

impl WouldCounts {
    /// Of one subject.
    pub(super) fn of(would: &[Would]) -> Self {
        let mut counts = Self { subjects: u64::from(!would.is_empty()), ..Self::default() };
        for one in would {
            let count = match one {
                Would::Included => &mut counts.included,
                Would::Excluded => &mut counts.excluded,
                Would::Suspended => &mut counts.suspended,
                Would::Reactivated => &mut counts.reactivated,
                Would::Role { .. } => &mut counts.roles,
                Would::Changed { .. } => &mut counts.changed,
                Would::MembershipAdded { .. } => &mut counts.memberships_added,
                Would::MembershipRemoved { .. } => &mut counts.memberships_removed,
                Would::Stuck => &mut counts.stuck,
                Would::Unstuck => &mut counts.unstuck,
            };
            *count = 1;
        }
        counts
    }

    /// Makes each count what `make` says of it and its neighbour in `other`.
    fn with(self, other: Self, make: fn(u64, u64) -> u64) -> Self {
        Self {
            subjects: make(self.subjects, other.subjects),
            included: make(self.included, other.included),
            excluded: make(self.excluded, other.excluded),
            suspended: make(self.suspended, other.suspended),
            reactivated: make(self.reactivated, other.reactivated),
            roles: make(self.roles, other.roles),
            changed: make(self.changed, other.changed),
            memberships_added: make(self.memberships_added, other.memberships_added),
            memberships_removed: make(self.memberships_removed, other.memberships_removed),
            stuck: make(self.stuck, other.stuck),
            unstuck: make(self.unstuck, other.unstuck),
        }
    }
}

/// Counts of what would be different now, and of how often it came to that.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Counted {
    pub now: WouldCounts,
    pub total: WouldCounts,
}

impl Counted {
    /// Takes note that one subject would be different in this and was so in that before.
    pub(super) fn follow(&mut self, before: WouldCounts, after: WouldCounts) {
        self.now = self.now.with(before, u64::saturating_sub).with(after, u64::saturating_add);
        self.total = self.total.with(after.with(before, u64::saturating_sub), u64::saturating_add);
    }
}

/// What is different between two views of a user, but for attributes. Who is in neither directory is not different, and who comes or goes does that alone.
pub(super) fn of_users(before: &UserView, after: &UserView) -> Vec<Would> {
    if let Some(found) = of_inclusion(before.included, after.included) {
        return found;
    }
    let mut found = Vec::new();
    match (before.status, after.status) {
        (Status::Active, Status::Suspended) => found.push(Would::Suspended),
        (Status::Suspended, Status::Active) => found.push(Would::Reactivated),
        _ => {}
    }
    if before.role != after.role {
        found.push(Would::Role { from: before.role.clone(), to: after.role.clone() });
    }
    let names = [("userName", before.user_name != after.user_name), ("displayName", before.display_name != after.display_name)];
    let attributes: Vec<String> = names.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name.to_owned()).collect();
    if !attributes.is_empty() {
        found.push(Would::Changed { attributes });
    }
    let added = |group_id, group| Would::MembershipAdded { group_id, group };
    let removed = |group_id, group| Would::MembershipRemoved { group_id, group };
    found.extend(only(&after.groups, &before.groups).map(|id| added(Some(*id), None)));
    found.extend(only(&after.named_groups, &before.named_groups).map(|name| added(None, Some(name.clone()))));
    found.extend(only(&before.groups, &after.groups).map(|id| removed(Some(*id), None)));
    found.extend(only(&before.named_groups, &after.named_groups).map(|name| removed(None, Some(name.clone()))));
    found
}

/// What is different between two views of a group.
pub(super) fn of_groups(before: &GroupView, after: &GroupView) -> Vec<Would> {
    if let Some(found) = of_inclusion(before.included, after.included) {
        return found;
    }
    if before.display_name == after.display_name { Vec::new() } else { vec![Would::Changed { attributes: vec!["displayName".to_owned()] }] }
}

/// What is different if one of two views has it not; `None` if both have it.
fn of_inclusion(before: bool, after: bool) -> Option<Vec<Would>> {
    match (before, after) {
        (true, true) => None,
        (false, false) => Some(Vec::new()),
        (true, false) => Some(vec![Would::Excluded]),
        (false, true) => Some(vec![Would::Included]),
    }
}

/// What the first list has and the second has not.
fn only<'a, T: PartialEq>(these: &'a [T], others: &'a [T]) -> impl Iterator<Item = &'a T> {
    these.iter().filter(|one| !others.contains(one))
}

/// Says that these attributes would be others, too.
pub(super) fn add_attributes(found: &mut Vec<Would>, names: Vec<String>) {
    if names.is_empty() {
        return;
    }
    for one in found.iter_mut() {
        if let Would::Changed { attributes } = one {
            attributes.extend(names);
            return;
        }
    }
    found.push(Would::Changed { attributes: names });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_documents() {
        let all = [
            Would::Included,
            Would::Excluded,
            Would::Suspended,
            Would::Reactivated,
            Would::Role { from: String::new(), to: String::new() },
            Would::Changed { attributes: Vec::new() },
            Would::MembershipAdded { group_id: None, group: None },
            Would::MembershipRemoved { group_id: None, group: None },
            Would::Stuck,
            Would::Unstuck,
        ];
        let written: Vec<serde_json::Value> = all.iter().map(|one| serde_json::to_value(one).unwrap()["change"].clone()).collect();
        assert_eq!(written, Would::NAMES);
        assert!(all.iter().map(Would::name).eq(Would::NAMES));
    }

    #[test]
    fn counts_follow_what_would_be_different() {
        let mut counted = Counted::default();
        let (none, out, stuck) = (WouldCounts::default(), WouldCounts::of(&[Would::Excluded]), WouldCounts::of(&[Would::Stuck]));
        for (before, after) in [(none, out), (none, out), (out, none), (out, stuck), (stuck, out)] {
            counted.follow(before, after);
        }
        assert_eq!((counted.now.subjects, counted.now.excluded, counted.now.stuck), (1, 1, 0));
        assert_eq!((counted.total.subjects, counted.total.excluded, counted.total.stuck), (2, 3, 1));
    }
}
