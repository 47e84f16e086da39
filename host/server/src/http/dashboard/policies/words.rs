//! What the API says of policies, plans and those who made them, in words for a person.
//!
//! Knows nothing of pages.

use maud::{Markup, html};
use serde_json::Value;

use super::super::names::Names;
use super::super::parts::{Tone, badge, bounded, counted, list, name, number, text};
use crate::http::dashboard::limits::DASHBOARD_WITHIN_ROW_MAX;

/// What a policy sees: the users and groups of one connection, or of all.
pub(super) fn scope(names: &Names, policy: &Value) -> Markup {
    match text(policy, "/connection") {
        "" => html! { "All connections" },
        id => html! { (name(names.connection(id).unwrap_or("A connection that is gone"))) },
    }
}

/// Whether a policy's verdicts count.
pub(super) fn mode(policy: &Value) -> Markup {
    if text(policy, "/mode") == "monitor" { badge(Tone::Warning, "Monitor") } else { badge(Tone::Good, "Enforce") }
}

/// How far a revision of the pipeline has come.
pub(super) fn outcome(revision: &Value) -> Markup {
    match text(revision, "/outcome/state") {
        "applied" => badge(Tone::Good, "Applied"),
        "applying" => badge(Tone::Warning, "Being applied"),
        "superseded" => badge(Tone::Plain, "Overtaken by the next"),
        _ => html! {},
    }
}

/// What is counted of plans: name, and the words for one and for many.
const COUNTS: [(&str, &str, &str); 13] = [
    ("membersRemoved", "user goes", "users go"),
    ("membersSuspended", "user is suspended", "users are suspended"),
    ("membersAdded", "user comes", "users come"),
    ("membersReactivated", "user is active again", "users are active again"),
    ("rolesChanged", "user gets another role", "users get another role"),
    ("membersChanged", "user gets other names or attributes", "users get other names or attributes"),
    ("groupsRemoved", "group goes", "groups go"),
    ("groupsAdded", "group comes", "groups come"),
    ("groupsRenamed", "group is renamed", "groups are renamed"),
    ("groupsChanged", "group changes", "groups change"),
    ("membershipsRemoved", "membership ends", "memberships end"),
    ("membershipsAdded", "membership begins", "memberships begin"),
    ("stuck", "is stuck", "are stuck"),
];

/// What is counted of policies that only watch and of pipelines in shadow.
const WOULD_COUNTS: [(&str, &str, &str); 10] = [
    ("excluded", "would be left out", "would be left out"),
    ("included", "would come in", "would come in"),
    ("suspended", "would be suspended", "would be suspended"),
    ("reactivated", "would be active again", "would be active again"),
    ("roles", "would have another role", "would have another role"),
    ("changed", "would have other names or attributes", "would have other names or attributes"),
    ("membershipsAdded", "would come into groups", "would come into groups"),
    ("membershipsRemoved", "would leave groups", "would leave groups"),
    ("stuck", "would be stuck", "would be stuck"),
    ("unstuck", "would be stuck no longer", "would be stuck no longer"),
];

fn said(counts: &Value, of: &[(&str, &str, &str)]) -> Vec<String> {
    let count = |name: &str| number(counts, &format!("/{name}"));
    of.iter().filter(|(name, ..)| count(name) > 0).map(|(name, one, many)| counted(count(name), one, many)).collect()
}

/// What a plan counts, without what it has none of.
pub(super) fn counts(counts: &Value) -> Vec<String> {
    said(counts, &COUNTS)
}

/// What would be different for how many.
pub(super) fn would_counts(counts: &Value) -> String {
    let said = said(counts, &WOULD_COUNTS);
    if said.is_empty() { "nobody would be different".to_owned() } else { said.join(", ") }
}

/// The kinds of differences of a plan, with their words.
pub(super) const CHANGES: [(&str, &str); 14] = [
    ("", "Everything"),
    ("member.added", "Users who come"),
    ("member.removed", "Users who go"),
    ("member.suspended", "Users who are suspended"),
    ("member.reactivated", "Users who are active again"),
    ("member.role", "Users with another role"),
    ("member.changed", "Users with other names or attributes"),
    ("membership.added", "Memberships that begin"),
    ("membership.removed", "Memberships that end"),
    ("group.added", "Groups that come"),
    ("group.removed", "Groups that go"),
    ("group.renamed", "Groups that are renamed"),
    ("group.changed", "Groups that change"),
    ("stuck", "Users and groups that are stuck"),
];

/// What a difference of a plan is.
pub(super) fn difference(difference: &Value) -> Markup {
    let groups = |pointer| counted(number(difference, pointer), "group", "groups");
    let bdi = |pointer| name(text(difference, pointer));
    html! {
        @match text(difference, "/change") {
            "member.added" => { "comes as " (bdi("/role")) ", " (text(difference, "/status")) ", into " (groups("/memberships")) }
            "member.removed" => { "goes, and leaves " (groups("/memberships")) }
            "member.suspended" => { "is suspended" }
            "member.reactivated" => { "is active again" }
            "member.role" => { "has the role " (bdi("/to")) " in place of " (bdi("/from")) }
            "member.changed" | "changed" => { "gets other " (attributes(difference)) }
            "membership.added" => { "comes into the group " (bdi("/group")) }
            "membership.removed" => { "leaves the group " (bdi("/group")) }
            "group.added" => { "comes" }
            "group.removed" => { "goes, with " (counted(number(difference, "/memberships"), "membership", "memberships")) }
            "group.renamed" => { "is called " (bdi("/to")) " in place of " (bdi("/from")) }
            "group.changed" => { "changes in what the identity provider says of it" }
            "stuck" => { "stays as it is, since a policy fails" }
            other => { (other) }
        }
    }
}

fn attributes(difference: &Value) -> String {
    bounded(&list(difference, "/attributes").iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "), 200, 200)
}

/// The kinds of what would be different, with their words.
pub(super) const WOULD: [(&str, &str); 11] = [
    ("", "Everybody"),
    ("excluded", "Who would be left out"),
    ("included", "Who would come in"),
    ("suspended", "Who would be suspended"),
    ("reactivated", "Who would be active again"),
    ("role", "Who would have another role"),
    ("changed", "Who would have other names or attributes"),
    ("membership.added", "Who would come into groups"),
    ("membership.removed", "Who would leave groups"),
    ("stuck", "Who would be stuck"),
    ("unstuck", "Who would be stuck no longer"),
];

/// What would be different of somebody.
pub(super) fn would(would: &[Value]) -> Markup {
    html! {
        @for (at, one) in would.iter().take(DASHBOARD_WITHIN_ROW_MAX).enumerate() {
            @if at > 0 { "; " }
            @let group = match text(one, "/group") { "" => "of the identity provider", name => name };
            @match text(one, "/change") {
                "included" => { "would come in" }
                "excluded" => { "would be left out" }
                "suspended" => { "would be suspended" }
                "reactivated" => { "would be active again" }
                "role" => { "would have the role " (name(text(one, "/to"))) " in place of " (name(text(one, "/from"))) }
                "changed" => { "would have other " (attributes(one)) }
                "membership.added" => { "would come into a group " (name(group)) }
                "membership.removed" => { "would leave a group " (name(group)) }
                "stuck" => { "would be stuck" }
                "unstuck" => { "would be stuck no longer" }
                other => { (other) }
            }
        }
        @if would.len() > DASHBOARD_WITHIN_ROW_MAX { "; and " (would.len() - DASHBOARD_WITHIN_ROW_MAX) " more" }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::directory::Would;
    use crate::directory::plan::{DifferenceCounts, Planned};

    #[test]
    fn everything_that_can_be_different_has_words() {
        let names: Vec<&str> = CHANGES.iter().map(|(name, _)| *name).skip(1).collect();
        assert_eq!(names.len(), Planned::NAMES.len());
        assert!(Planned::NAMES.iter().all(|name| names.contains(name)));
        for name in Planned::NAMES {
            assert_ne!(difference(&json!({"change": name})).into_string(), name);
        }
        let names: Vec<&str> = WOULD.iter().map(|(name, _)| *name).skip(1).collect();
        assert!(names.len() == Would::NAMES.len() && Would::NAMES.iter().all(|name| names.contains(name)));
        let zero = serde_json::to_value(DifferenceCounts::default()).unwrap();
        assert!(zero.as_object().unwrap().keys().all(|name| COUNTS.iter().any(|(counted, ..)| counted == name)));
        assert_eq!(counts(&zero), Vec::<String>::new());
        assert_eq!(counts(&json!({"membersRemoved": 1, "groupsAdded": 2})), ["1 user goes", "2 groups come"]);
        assert_eq!(would_counts(&json!({})), "nobody would be different");
    }
}
