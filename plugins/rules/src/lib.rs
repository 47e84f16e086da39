//! First-party policy `rules`: what reaches the directory, and as what, by declarative rules.
//!
//! A rule is a condition, a SCIM filter (RFC 7644, section 3.4.2.2), and effects on the view. Conditions are read and asked by the same code as the `filter` of a
//! SCIM request, and so say the same of the same user. docs/rules.md is for whoever writes rules.
//!
//! Reading order: [`settings`] is what an operator writes, `read` makes rules of it, `rule` asks them. `item` is what an item looks like to them, `template` and
//! `values` are texts and attributes of effects, `draft` is what comes of a view.

mod draft;
mod item;
pub mod limits;
mod needs;
mod read;
mod rule;
pub mod settings;
mod template;
mod text;
mod values;

use doorlist_sdk::{Group, GroupChange, Policy, Problem, User, UserChange, export_policy};

use crate::rule::{GroupEffects, RuleSet, UserEffects};
use crate::settings::Settings;

/// The policy with its rules.
#[derive(Debug)]
pub struct Rules {
    users: Option<RuleSet<UserEffects>>,
    groups: Option<RuleSet<GroupEffects>>,
}

impl Policy for Rules {
    type Settings = Settings;
    const NAME: &'static str = "rules";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const DESCRIPTION: &'static str = "Includes, excludes, suspends, renames and sorts users and groups by rules: \
        conditions in SCIM filter syntax, and what comes of whoever meets them.";
    const READS: &'static [&'static str] =
        &["id", "externalId", "userName", "displayName", "groups", "current", "view", "facts", "attributes"];
    const WRITES: &'static [&'static str] = &["included", "status", "role", "groups", "userName", "displayName", "attributes"];

    fn configure(settings: Settings) -> Result<Self, Vec<Problem>> {
        let (users, groups) = read::settings(settings)?;
        Ok(Rules { users, groups })
    }

    fn project_user(&self, user: &User) -> Vec<UserChange> {
        self.users.as_ref().map(|rules| rules.user(user)).unwrap_or_default()
    }

    fn project_group(&self, group: &Group) -> Vec<GroupChange> {
        self.groups.as_ref().map(|rules| rules.group(group)).unwrap_or_default()
    }
}

export_policy!(Rules);
