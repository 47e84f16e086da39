//! First-party policy `group-prefix`: of the identity provider's groups, the directory has those whose name starts
//! with one of the prefixes. Prefixes are compared with case; without prefixes every group is kept.

use doorlist_sdk::{Group, GroupChange, Policy, Problem, export_policy, quoted};
use schemars::JsonSchema;
use serde::Deserialize;

/// The longest prefix. No name of a group that people read is longer.
const PREFIX_BYTES_MAX: usize = 256;

/// The policy with its settings.
#[derive(Debug)]
pub struct GroupPrefix {
    prefixes: Vec<String>,
}

/// What an operator may set.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// A group is kept if its name starts with one of these. Upper and lower case differ. None keeps every group.
    #[serde(default)]
    #[schemars(length(max = 100), inner(length(min = 1, max = 256)))]
    pub prefixes: Vec<String>,
}

impl Policy for GroupPrefix {
    type Settings = Settings;
    const NAME: &'static str = "group-prefix";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const DESCRIPTION: &'static str = "Keeps the groups whose name starts with one of the prefixes.";
    const READS: &'static [&'static str] = &["displayName"];
    const WRITES: &'static [&'static str] = &["included"];

    fn configure(settings: Settings) -> Result<Self, Vec<Problem>> {
        let problems: Vec<Problem> = settings
            .prefixes
            .iter()
            .enumerate()
            .filter(|(_, prefix)| prefix.is_empty() || prefix.len() > PREFIX_BYTES_MAX)
            .map(|(at, _)| {
                let message = format!("A prefix has between 1 and {PREFIX_BYTES_MAX} bytes.");
                Problem::new(format!("/prefixes/{at}"), message)
            })
            .collect();
        if problems.is_empty() { Ok(GroupPrefix { prefixes: settings.prefixes }) } else { Err(problems) }
    }

    fn project_group(&self, group: &Group) -> Vec<GroupChange> {
        let name = &group.display_name;
        if self.prefixes.is_empty() || self.prefixes.iter().any(|prefix| name.starts_with(prefix)) {
            return Vec::new();
        }
        let prefixes = quoted(self.prefixes.iter().map(String::as_str));
        vec![GroupChange::exclude(format!("\"{name}\" starts with none of: {prefixes}"))]
    }
}

export_policy!(GroupPrefix);

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(prefixes: &[&str]) -> Result<GroupPrefix, Vec<Problem>> {
        GroupPrefix::configure(Settings { prefixes: prefixes.iter().map(|prefix| (*prefix).into()).collect() })
    }

    #[test]
    fn a_group_is_kept_if_a_prefix_matches_with_case() {
        for (prefixes, name, reason) in [
            (&[][..], "Marketing", None),
            (&["NB-"], "NB-Marketing", None),
            (&["NB-"], "NB-", None),
            (&["X-", "NB-"], "NB-Marketing", None),
            (&["NB-"], "Marketing", Some(r#""Marketing" starts with none of: "NB-""#)),
            (&["NB-"], "nb-Marketing", Some(r#""nb-Marketing" starts with none of: "NB-""#)),
            (&["NB-", "X-"], "Old NB-", Some(r#""Old NB-" starts with none of: "NB-", "X-""#)),
            (&["É"], "E", Some(r#""E" starts with none of: "É""#)),
        ] {
            let changes = policy(prefixes).expect("settings are right").project_group(&Group::sample(name));
            let expected: Vec<GroupChange> = reason.map(GroupChange::exclude).into_iter().collect();
            assert_eq!(changes, expected, "{name} with {prefixes:?}");
        }
    }

    #[test]
    fn a_prefix_has_bounds() {
        let long = "é".repeat(129);
        let problems = policy(&["NB-", "", &long]).expect_err("two prefixes are wrong");
        let pointers: Vec<&str> = problems.iter().map(|problem| problem.pointer.as_str()).collect();
        assert_eq!(pointers, ["/prefixes/1", "/prefixes/2"]);
        assert!(policy(&[&"x".repeat(256)]).is_ok());
    }
}
