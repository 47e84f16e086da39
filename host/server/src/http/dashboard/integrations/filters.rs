//! The fields for a connection's filters, the same in the wizard and in its settings, and what is wrong with what stands in them.
//!
//! Entries are kept to the letter, and nothing that was typed is passed over: a choice that would not count what stands in its field is refused. Knows nothing of
//! what a filter does.

use maud::{Markup, html};
use serde_json::Value;

use super::super::form::entries;
use super::super::parts::{area_at, label, list, name, text};
use crate::error::Error;
use crate::http::dashboard::limits::DASHBOARD_ENTRIES_SHOWN_MAX;
use crate::limits::{FILTER_ENTRIES_MAX, NAME_BYTES_MAX};

/// Filters as they stand in a form.
#[derive(Clone, Default)]
pub(super) struct Filters {
    /// Whether only some groups are wanted.
    pub only_groups: bool,
    /// How the names of these begin, as it was typed.
    pub group_prefixes: String,
    /// Whether only some users are wanted.
    pub only_users: bool,
    /// The groups that these are in, as they were typed.
    pub user_groups: String,
    /// Whether groups count whose name only starts so.
    pub by_prefix: bool,
}

/// A choice between everything and some of it, in the words of its fields.
struct Choice {
    all: &'static str,
    only: &'static str,
    one: &'static str,
}

const GROUPS: Choice =
    Choice { all: "All groups that are sent", only: "Only groups whose name starts with one of these", one: "beginning of a name" };

const USERS: Choice = Choice { all: "All users that are sent", only: "Only members of these groups", one: "group" };

/// What is wrong with a form, each at its field.
#[derive(Default)]
pub(super) struct Wrong {
    /// With the name.
    pub name: Option<String>,
    /// With the groups to be synchronized.
    pub groups: Option<String>,
    /// With the users to be synchronized.
    pub users: Option<String>,
    /// With none of them.
    pub other: Option<String>,
}

impl Filters {
    /// Those of a form or a query. `said` gives what stands in a field.
    pub(super) fn typed<'a>(said: impl Fn(&str) -> &'a str) -> Self {
        Self {
            only_groups: said("groups") == "some",
            group_prefixes: said("groupPrefixes").to_owned(),
            only_users: said("users") == "some",
            user_groups: said("userGroups").to_owned(),
            by_prefix: said("userGroupMatch") == "prefix",
        }
    }

    /// Those that a connection has.
    pub(super) fn of(connection: &Value) -> Self {
        let lines = |pointer| list(connection, pointer).iter().filter_map(Value::as_str).collect::<Vec<_>>().join("\n");
        let (group_prefixes, user_groups) = (lines("/groupPrefixes"), lines("/userGroups"));
        Self {
            only_groups: !group_prefixes.is_empty(),
            group_prefixes,
            only_users: !user_groups.is_empty(),
            user_groups,
            by_prefix: text(connection, "/userGroupMatch") == "prefix",
        }
    }

    /// How groups are compared, as the API has it.
    pub(super) fn user_group_match(&self) -> &'static str {
        if self.by_prefix { "prefix" } else { "exact" }
    }

    /// What is wrong with the groups, before anybody is asked.
    pub(super) fn wrong_groups(&self) -> Option<String> {
        GROUPS.wrong(self.only_groups, &self.group_prefixes)
    }

    /// What is wrong with the users, before anybody is asked.
    pub(super) fn wrong_users(&self) -> Option<String> {
        USERS.wrong(self.only_users, &self.user_groups)
    }

    /// The fields for groups.
    pub(super) fn groups(&self, wrong: &Wrong) -> Markup {
        let hint = "One on each line, such as NB-. Upper and lower case differ: nb- is another one. Spaces count. Counts only with the second choice.";
        html! {
            fieldset {
                legend { "Groups to be synchronized" }
                (GROUPS.radios("groups", self.only_groups))
                (area_at("groupPrefixes", "Group name starts with", &self.group_prefixes, hint, 3, wrong.groups.as_deref()))
                (spaces(&self.group_prefixes))
            }
        }
    }

    /// The fields for users.
    pub(super) fn users(&self, wrong: &Wrong) -> Markup {
        let hint = "One on each line. Upper and lower case differ, and spaces count. Counts only with the second choice.";
        html! {
            fieldset {
                legend { "Users to be synchronized" }
                (USERS.radios("users", self.only_users))
                (area_at("userGroups", "Groups", &self.user_groups, hint, 3, wrong.users.as_deref()))
                (spaces(&self.user_groups))
                div.check { input type="checkbox" id="by-prefix" name="userGroupMatch" value="prefix" checked[self.by_prefix]; " " label for="by-prefix" { "Also groups whose name only starts so" } }
            }
        }
    }

    /// What they let through, as entries of a list of facts.
    pub(super) fn facts(&self) -> Markup {
        html! {
            dt { "Groups" } dd { @if self.only_groups { "starting with " (listed(&self.group_prefixes)) } @else { "all" } }
            dt { "Users" } dd {
                @if self.only_users {
                    "members of the groups " @if self.by_prefix { "starting with " } (listed(&self.user_groups))
                } @else { "all" }
            }
        }
    }

    /// What is to be known of their entries.
    pub(super) fn notes(&self) -> Markup {
        html! { (spaces(&self.group_prefixes)) (spaces(&self.user_groups)) }
    }
}

impl Choice {
    fn radios(&self, field: &str, only: bool) -> Markup {
        let (all_id, only_id) = (format!("{field}-all"), format!("{field}-some"));
        html! {
            div.check { input type="radio" id=(all_id) name=(field) value="all" checked[!only]; " " label for=(all_id) { (self.all) } }
            div.check { input type="radio" id=(only_id) name=(field) value="some" checked[only]; " " label for=(only_id) { (self.only) } }
        }
    }

    fn wrong(&self, only: bool, text: &str) -> Option<String> {
        let Self { all, only: only_words, one } = self;
        let entries = entries(text);
        let Some(first) = entries.first() else {
            return only.then(|| format!("Enter at least one {one}, or choose “{all}”."));
        };
        if !only {
            return Some(format!("You typed “{}”, which counts only with “{only_words}”. Choose that, or clear this field.", label(first)));
        }
        if entries.len() > FILTER_ENTRIES_MAX {
            return Some(format!("These are {} entries. A filter has {FILTER_ENTRIES_MAX} at the most.", entries.len()));
        }
        let long = entries.iter().find(|entry| entry.trim().len() > NAME_BYTES_MAX)?;
        Some(format!("“{}” is longer than {NAME_BYTES_MAX} bytes.", label(long)))
    }
}

impl Wrong {
    /// What the API finds wrong with these filters.
    pub(super) fn of(error: &Error, filters: &Filters) -> Self {
        let mut wrong = Self::default();
        for problem in error.problems() {
            let at = |head: &str, text: &str| {
                let place = problem.pointer.strip_prefix(head)?;
                let entry = place.strip_prefix('/').and_then(|place| entries(text).into_iter().nth(place.parse().ok()?));
                Some(entry.map_or_else(|| problem.message.clone(), |entry| format!("“{}”: {}", label(&entry), problem.message)))
            };
            let (field, message) = if let Some(message) = at("/groupPrefixes", &filters.group_prefixes) {
                (&mut wrong.groups, message)
            } else if let Some(message) = at("/userGroups", &filters.user_groups) {
                (&mut wrong.users, message)
            } else if problem.pointer == "/name" {
                (&mut wrong.name, problem.message.clone())
            } else {
                (&mut wrong.other, problem.message.clone())
            };
            if field.is_none() {
                *field = Some(message);
            }
        }
        if error.problems().is_empty() {
            wrong.other = Some(error.to_string());
        }
        wrong
    }

    /// Whether there is nothing.
    pub(super) fn is_nothing(&self) -> bool {
        [&self.name, &self.groups, &self.users, &self.other].into_iter().all(Option::is_none)
    }

    /// What a form's refusal says at its top.
    pub(super) fn shown(&self) -> Markup {
        html! {
            @if !self.is_nothing() {
                div.problem role="alert" id="refusal" {
                    p { bdi { (self.other.as_deref().unwrap_or("This cannot go on yet. What is wrong stands at its field.")) } }
                }
            }
        }
    }
}

/// A note on the first entry that begins or ends with a space: it may be meant, and cannot be seen.
fn spaces(text: &str) -> Markup {
    let spaced = entries(text).into_iter().find(|entry| entry.trim() != entry);
    html! { @if let Some(spaced) = spaced { p.hint { (quoted(&spaced)) " begins or ends with a space, which counts." } } }
}

/// Some of the entries, in a row.
fn listed(text: &str) -> Markup {
    let entries = entries(text);
    let rest = entries.len().saturating_sub(DASHBOARD_ENTRIES_SHOWN_MAX);
    html! {
        @for (at, entry) in entries.iter().take(DASHBOARD_ENTRIES_SHOWN_MAX).enumerate() { @if at > 0 { ", " } (quoted(entry)) }
        @if rest > 0 { " and " (rest) " more" }
    }
}

/// An entry as it is, spaces too.
fn quoted(entry: &str) -> Markup {
    html! { span.kept { (name(&format!("“{entry}”"))) } }
}
