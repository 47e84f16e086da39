//! First-party policy `user-group-filter`: of the identity provider's users, the directory has those who are members
//! of one of the named groups. Any group counts that the identity provider put the user in, whether or not the
//! directory shows it. Names are compared with case; without names every user is kept.

use doorlist_sdk::{GroupRef, Lifecycle, Policy, Problem, User, UserChange, export_policy, quoted};
use schemars::JsonSchema;
use serde::Deserialize;

/// The longest name. No name of a group that people read is longer.
const NAME_BYTES_MAX: usize = 256;

/// The policy with its settings.
#[derive(Debug)]
pub struct UserGroupFilter {
    groups: Vec<String>,
    matching: Match,
}

/// How a group's name is compared with the names in the settings.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum Match {
    /// The name is equal.
    #[default]
    Exact,
    /// The name starts with it.
    Prefix,
}

/// What an operator may set.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// A user is kept who is a member of one of these groups. Upper and lower case differ. None keeps every user.
    #[serde(default)]
    #[schemars(length(max = 100), inner(length(min = 1, max = 256)))]
    pub groups: Vec<String>,
    /// Whether `groups` are whole names or how names start.
    #[serde(default, rename = "match")]
    pub matching: Match,
}

impl UserGroupFilter {
    fn counts(&self, group: &GroupRef) -> bool {
        self.groups.iter().any(|name| match self.matching {
            Match::Exact => group.name == *name,
            Match::Prefix => group.name.starts_with(name),
        })
    }
}

impl Policy for UserGroupFilter {
    type Settings = Settings;
    const NAME: &'static str = "user-group-filter";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const DESCRIPTION: &'static str = "Keeps the users who are members of one of the named groups.";
    const READS: &'static [&'static str] = &["groups"];
    const WRITES: &'static [&'static str] = &["included"];

    fn configure(settings: Settings) -> Result<Self, Vec<Problem>> {
        let problems: Vec<Problem> = settings
            .groups
            .iter()
            .enumerate()
            .filter(|(_, name)| name.is_empty() || name.len() > NAME_BYTES_MAX)
            .map(|(at, _)| {
                let message = format!("The name of a group has between 1 and {NAME_BYTES_MAX} bytes.");
                Problem::new(format!("/groups/{at}"), message)
            })
            .collect();
        if problems.is_empty() { Ok(UserGroupFilter { groups: settings.groups, matching: settings.matching }) } else { Err(problems) }
    }

    fn project_user(&self, user: &User) -> Vec<UserChange> {
        // The view of a deleted user is excluded already, and a second reason would hide the first.
        let kept = self.groups.is_empty() || user.lifecycle == Lifecycle::Deleted || user.groups.iter().any(|group| self.counts(group));
        if kept {
            return Vec::new();
        }
        let names = quoted(self.groups.iter().map(String::as_str));
        vec![UserChange::exclude(match self.matching {
            Match::Exact => format!("Member of none of the groups: {names}"),
            Match::Prefix => format!("Member of no group whose name starts with one of: {names}"),
        })]
    }
}

export_policy!(UserGroupFilter);

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(groups: &[&str], matching: Match) -> Result<UserGroupFilter, Vec<Problem>> {
        let groups = groups.iter().map(|name| (*name).into()).collect();
        UserGroupFilter::configure(Settings { groups, matching })
    }

    #[test]
    fn a_user_is_kept_by_membership_of_a_named_group() {
        let exact = Some(r#"Member of none of the groups: "VPN""#);
        let prefix = Some(r#"Member of no group whose name starts with one of: "VPN""#);
        for (names, matching, groups, reason) in [
            (&[][..], Match::Exact, &[][..], None),
            (&[], Match::Prefix, &["Sales"], None),
            (&["VPN"], Match::Exact, &["Sales", "VPN"], None),
            (&["Sales", "VPN"], Match::Exact, &["VPN"], None),
            (&["VPN"], Match::Exact, &[], exact),
            (&["VPN"], Match::Exact, &["vpn"], exact),
            (&["VPN"], Match::Exact, &["VPN users"], exact),
            (&["VPN"], Match::Prefix, &["VPN users"], None),
            (&["VPN"], Match::Prefix, &["VPN"], None),
            (&["VPN"], Match::Prefix, &["Old VPN"], prefix),
            (&["VPN"], Match::Prefix, &["vpn users"], prefix),
        ] {
            let user = User::sample("ada").in_groups(groups);
            let changes = policy(names, matching).expect("settings are right").project_user(&user);
            let expected: Vec<UserChange> = reason.map(UserChange::exclude).into_iter().collect();
            assert_eq!(changes, expected, "{groups:?} with {names:?}, {matching:?}");
        }
    }

    #[test]
    fn only_deletion_exempts_from_the_filter() {
        let policy = policy(&["VPN"], Match::Exact).expect("settings are right");
        for (lifecycle, changes) in [(Lifecycle::Active, 1), (Lifecycle::Inactive, 1), (Lifecycle::Deleted, 0)] {
            let user = User { lifecycle, ..User::sample("ada") };
            assert_eq!(policy.project_user(&user).len(), changes, "{lifecycle:?}");
        }
    }

    #[test]
    fn a_name_has_bounds() {
        let problems = policy(&["VPN", "", &"é".repeat(129)], Match::Exact).expect_err("two names are wrong");
        let pointers: Vec<&str> = problems.iter().map(|problem| problem.pointer.as_str()).collect();
        assert_eq!(pointers, ["/groups/1", "/groups/2"]);
    }
}
