//! A connection's filters, which are policies of the tenant's pipeline like any other, limited to that connection.
//!
//! The pipeline is the only place where they are kept: what a connection shows of its filters is read from there, and
//! changing them makes a new revision. Knows nothing of how a policy decides.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::name::{self, Problems};
use super::pipeline::{self, Mode, NewPolicy, Policy};
use super::plugins::Plugins;
use crate::error::{Error, Result};
use crate::id::Id;
use crate::limits::FILTER_ENTRIES_MAX;

/// Plugin that keeps the groups whose name starts with one of the prefixes.
const GROUP_PREFIX: &str = "group-prefix";
/// Plugin that keeps the users in one of the groups.
const USER_GROUP_FILTER: &str = "user-group-filter";
/// Plugin that keeps protected roles out of an identity provider's reach.
const ROLE_PROTECTION: &str = "role-protection";

/// Roles that a new connection cannot give or take.
const PROTECTED_ROLES: [&str; 2] = ["owner", "admin"];

/// How a group's name is compared with those of a user filter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum UserGroupMatch {
    /// The name is one of them.
    #[default]
    Exact,
    /// The name starts with one of them.
    Prefix,
}

/// Which groups and users of a connection's inventory reach the directory. Upper and lower case differ; an empty list lets everything through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filters {
    /// Groups: the name starts with one of these.
    pub group_prefixes: Vec<String>,
    /// Users: member of one of these groups.
    pub user_groups: Vec<String>,
    /// How the names in `user_groups` are compared.
    pub user_group_match: UserGroupMatch,
}

/// A change of filters: what is absent stays.
#[derive(Clone, Debug, Default)]
pub(super) struct FilterChange {
    pub(super) group_prefixes: Option<Vec<String>>,
    pub(super) user_groups: Option<Vec<String>>,
    pub(super) user_group_match: Option<UserGroupMatch>,
}

impl FilterChange {
    /// Whether nothing would change.
    pub(super) fn is_empty(&self) -> bool {
        self.group_prefixes.is_none() && self.user_groups.is_none() && self.user_group_match.is_none()
    }

    /// The same with every entry checked.
    pub(super) fn checked(self, problems: &mut Problems) -> Self {
        let mut list = |texts: Option<Vec<String>>, pointer: &str| {
            texts.map(|texts| name::checked_list(&texts, FILTER_ENTRIES_MAX, pointer, problems))
        };
        Self {
            group_prefixes: list(self.group_prefixes, "/groupPrefixes"),
            user_groups: list(self.user_groups, "/userGroups"),
            user_group_match: self.user_group_match,
        }
    }

    /// `filters` with the change made.
    pub(super) fn over(self, filters: Filters) -> Filters {
        Filters {
            group_prefixes: self.group_prefixes.unwrap_or(filters.group_prefixes),
            user_groups: self.user_groups.unwrap_or(filters.user_groups),
            user_group_match: self.user_group_match.unwrap_or(filters.user_group_match),
        }
    }
}

impl Filters {
    /// Those of a connection: what the first policy of each filter's plugin says that is limited to it. A policy whose settings an
    /// operator wrote by hand in another shape counts as empty here.
    pub(super) fn read(policies: &[Policy], connection: Id) -> Self {
        let settings = |plugin| policies.iter().find(|policy| is_of(policy, plugin, connection)).map(|policy| &policy.settings);
        let strings = |plugin, field| {
            let entries = settings(plugin).and_then(|settings| settings.get(field)).and_then(Value::as_array);
            entries.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let user_group_match =
            settings(USER_GROUP_FILTER).and_then(|settings| UserGroupMatch::deserialize(settings.get("match")?).ok()).unwrap_or_default();
        Self { group_prefixes: strings(GROUP_PREFIX, "prefixes"), user_groups: strings(USER_GROUP_FILTER, "groups"), user_group_match }
    }

    /// The settings that say the same, by plugin, and whether they let everything through.
    fn settings(&self) -> [(&'static str, Value, bool); 2] {
        let users = json!({"groups": self.user_groups, "match": self.user_group_match});
        [
            (GROUP_PREFIX, json!({"prefixes": self.group_prefixes}), self.group_prefixes.is_empty()),
            (USER_GROUP_FILTER, users, self.user_groups.is_empty()),
        ]
    }
}

/// The policies that filters can need, checked and complete, before anybody knows which of them it will be. Made outside of a
/// transaction, since checking runs guest code.
pub struct Prepared(Vec<Policy>);

impl Prepared {
    /// Checks filters against the plugins. Runs guest code: not for threads that run async code.
    ///
    /// # Errors
    /// If a plugin refuses its settings, which it does for none that passed our own checks, or the sandbox is busy.
    pub(super) fn new(plugins: &Plugins, filters: &Filters) -> Result<Self> {
        let protection = (ROLE_PROTECTION, json!({"roles": PROTECTED_ROLES}), false);
        let proposed = filters.settings().into_iter().chain([protection]).map(|(plugin, settings, _)| NewPolicy {
            name: plugin.to_owned(),
            plugin: plugin.to_owned(),
            version: None,
            settings,
            given: None,
            mode: Mode::Enforce,
            connection: None,
        });
        pipeline::check(plugins, None, proposed.collect()).map(Self)
    }

    fn policy(&self, plugin: &str, settings: Value, connection: (Id, u32), taken: &[Policy]) -> Result<Policy> {
        let prepared = self.0.iter().find(|policy| policy.plugin == plugin);
        let prepared = prepared.ok_or_else(|| Error::internal(format!("the policy {plugin} was not prepared")))?;
        let name = unused_name(&format!("{plugin}-{}", connection.1), taken);
        Ok(Policy { name, settings, given: None, connection: Some(connection.0), ..prepared.clone() })
    }

    /// `policies` with those that a new connection starts with behind them: a policy for each filter that filters, and always the
    /// protection of roles, which has the last word.
    pub(super) fn add(&self, mut policies: Vec<Policy>, filters: &Filters, connection: (Id, u32)) -> Result<Vec<Policy>> {
        for (plugin, settings, everything) in filters.settings() {
            if !everything {
                policies.push(self.policy(plugin, settings, connection, &policies)?);
            }
        }
        let settings = json!({"roles": PROTECTED_ROLES});
        policies.push(self.policy(ROLE_PROTECTION, settings, connection, &policies)?);
        Ok(policies)
    }

    /// `policies` with the settings of the connection's filters rewritten where they stand. A filter without a policy that is to filter from
    /// now on gets one, in front of the connection's protection of roles.
    pub(super) fn rewrite(&self, mut policies: Vec<Policy>, filters: &Filters, connection: (Id, u32)) -> Result<Vec<Policy>> {
        let before = Filters::read(&policies, connection.0).settings();
        for ((plugin, settings, everything), (_, old, _)) in filters.settings().into_iter().zip(before) {
            if let Some(policy) = policies.iter_mut().find(|policy| is_of(policy, plugin, connection.0)) {
                // What stays as it is keeps the operator's own spelling of it.
                if settings != old {
                    policy.settings = settings;
                    policy.given = None;
                }
            } else if !everything {
                let policy = self.policy(plugin, settings, connection, &policies)?;
                let protection = policies.iter().position(|policy| is_of(policy, ROLE_PROTECTION, connection.0));
                policies.insert(protection.unwrap_or(policies.len()), policy);
            }
        }
        Ok(policies)
    }
}

fn is_of(policy: &Policy, plugin: &str, connection: Id) -> bool {
    policy.plugin == plugin && policy.connection == Some(connection)
}

/// `wanted`, with a number behind it if a policy has that name.
fn unused_name(wanted: &str, taken: &[Policy]) -> String {
    let mut name = wanted.to_owned();
    let mut number = 1;
    while taken.iter().any(|policy| policy.name == name) {
        number += 1;
        name = format!("{wanted}-{number}");
    }
    name
}
