//! Puts members into a group of their department.
//!
//! The identity provider says the department in the attribute that the enterprise extension has for it (RFC 7643 section 4.3). Departments are
//! compared without regard to letter case and spaces around them, since people type them.

use doorlist_sdk::{Policy, Problem, User, UserChange, export_policy, log};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

const DEPARTMENT: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department";

/// The longest name of a group that Doorlist takes.
const NAME_BYTES_MAX: usize = 256;

/// The policy with its settings.
#[derive(Debug)]
pub struct DepartmentToGroup {
    prefix: String,
    /// Names by the department as [`compared`].
    names: BTreeMap<String, String>,
    unlisted: Unlisted,
}

/// What an operator may set.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// What the names of these groups begin with.
    #[serde(default)]
    #[schemars(length(max = 64))]
    pub prefix: String,
    /// Departments, each with the name that its group has behind the prefix. Upper and lower case are the same.
    #[serde(default)]
    #[schemars(extend("maxProperties" = 200, "propertyNames" = {"minLength": 1}))]
    pub names: BTreeMap<String, GroupName>,
    /// What to do with a department that has no name above.
    #[serde(default)]
    pub unlisted: Unlisted,
}

/// The name of a department's group.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct GroupName(#[schemars(length(min = 1, max = 128))] pub String);

/// What to do with a department that is not listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Unlisted {
    /// Its group has its own name.
    #[default]
    Group,
    /// It has no group.
    Ignore,
}

impl Policy for DepartmentToGroup {
    type Settings = Settings;
    const NAME: &'static str = "department-to-group";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const DESCRIPTION: &'static str = "Puts members into a group of their department.";
    const READS: &'static [&'static str] = &[DEPARTMENT];
    const WRITES: &'static [&'static str] = &["groups"];

    fn configure(settings: Settings) -> Result<Self, Vec<Problem>> {
        let mut names = BTreeMap::new();
        let mut problems = Vec::new();
        for (department, name) in settings.names {
            if names.insert(compared(&department), name.0).is_some() {
                problems.push(Problem::at(["names", &department], "This department is listed twice, in other letters."));
            }
        }
        if problems.is_empty() {
            Ok(DepartmentToGroup { prefix: settings.prefix, names, unlisted: settings.unlisted })
        } else {
            Err(problems)
        }
    }

    fn project_user(&self, user: &User) -> Vec<UserChange> {
        user.texts(DEPARTMENT).filter_map(|department| self.group_of(department)).collect()
    }
}

impl DepartmentToGroup {
    fn group_of(&self, department: &str) -> Option<UserChange> {
        let department = department.trim();
        let name = match self.names.get(&compared(department)) {
            Some(name) => name,
            None if self.unlisted == Unlisted::Ignore || department.is_empty() => return None,
            None => department,
        };
        let group = format!("{}{name}", self.prefix);
        if group.len() > NAME_BYTES_MAX {
            log::warn(&format!("The department has {} bytes, too many for a group.", department.len()));
            return None;
        }
        Some(UserChange::add_named_group(group, format!("The department is \"{department}\".")))
    }
}

/// A department as it is compared with others.
fn compared(department: &str) -> String {
    department.trim().to_lowercase()
}

export_policy!(DepartmentToGroup);

// The policy is ordinary Rust here: `cargo test` needs no sandbox. `doorlist plugin test` runs cases/ in it.
#[cfg(test)]
mod tests {
    use super::*;
    use doorlist_sdk::Attribute;

    fn settings(prefix: &str, names: &[(&str, &str)], unlisted: Unlisted) -> Settings {
        let names = names.iter().map(|(department, name)| (department.to_string(), GroupName(name.to_string()))).collect();
        Settings { prefix: prefix.into(), names, unlisted }
    }

    fn groups(settings: Settings, department: &str) -> Vec<UserChange> {
        let mut user = User::sample("ada@example.com");
        user.attributes.push(Attribute::text(DEPARTMENT, department));
        DepartmentToGroup::configure(settings).expect("settings are right").project_user(&user)
    }

    #[test]
    fn a_department_has_a_group() {
        let names = [("Research & Development", "R&D")];
        for (department, unlisted, group) in [
            ("Research & Development", Unlisted::Group, Some("Dept R&D")),
            (" research & DEVELOPMENT ", Unlisted::Ignore, Some("Dept R&D")),
            ("Sales", Unlisted::Group, Some("Dept Sales")),
            ("Sales", Unlisted::Ignore, None),
            ("  ", Unlisted::Group, None),
        ] {
            let reason = format!("The department is \"{}\".", department.trim());
            let expected: Vec<UserChange> = group.map(|group| UserChange::add_named_group(group, reason)).into_iter().collect();
            assert_eq!(groups(settings("Dept ", &names, unlisted), department), expected, "{department:?}");
        }
    }

    #[test]
    fn a_name_that_is_too_long_is_left_out() {
        let longest = "x".repeat(NAME_BYTES_MAX);
        assert_eq!(groups(Settings::default(), &longest).len(), 1);
        assert_eq!(groups(settings("-", &[], Unlisted::Group), &longest), []);
    }

    #[test]
    fn a_department_listed_twice_is_refused() {
        let twice = settings("", &[("A/B", "1"), ("a/b", "2")], Unlisted::Group);
        let problems = DepartmentToGroup::configure(twice).expect_err("it is there twice");
        assert_eq!(problems[0].pointer, "/names/a~1b");
    }
}
