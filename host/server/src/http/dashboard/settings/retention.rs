//! How long a tenant keeps what happened: shown to everybody, and set by who may.

use maud::{Markup, html};
use serde_json::{Map, Value, json};

use super::super::page::Answer;
use super::super::parts::{field_at, refusal};
use super::super::visit::Visit;
use super::done;
use crate::admin::keys::Role;
use crate::error::{Error, Result};
use crate::limits::{ACTIVITY_MAX, EVENTS_MAX, HOLDS_MAX, PIPELINE_REVISIONS_MAX, PLANS_MAX, RETENTION_DAYS_MAX, RETENTION_DAYS_MIN};

/// What has days of its own: the name in the API, and the label.
const DAYS: [(&str, &str); 2] =
    [("activityDays", "Days that activity is kept"), ("eventDays", "Days that changes of users and groups are kept")];

/// The days that the tenant has set for something, as the API calls them.
pub(in crate::http::dashboard) fn days(visit: &Visit, name: &str) -> Option<u64> {
    visit.tenant.pointer(&format!("/retention/{name}")).and_then(Value::as_u64)
}

/// That of something only so much is kept, and for how long: to be put behind what there is at the most.
pub(in crate::http::dashboard) fn no_older(visit: &Visit, name: &str) -> Markup {
    html! { @if let Some(days) = days(visit, name) { ", none older than " (days) @if days == 1 { " day" } @else { " days" } } }
}

/// What is kept for how long, and the form that says so.
pub(super) fn card(visit: &Visit, error: Option<&Error>) -> Markup {
    let shown = |name: &str| match error {
        Some(_) => visit.form.text(name).to_owned(),
        None => days(visit, name).map(|days| days.to_string()).unwrap_or_default(),
    };
    let problem = |name: &str| {
        let pointer = format!("/retention/{name}");
        let found = error.and_then(|error| error.problems().iter().find(|problem| problem.pointer == pointer));
        found.map(|problem| problem.message.as_str())
    };
    let hint = format!("From {RETENTION_DAYS_MIN} to {RETENTION_DAYS_MAX}. Without a number only how many there are counts.");
    let inner = html! {
        @for (name, label) in DAYS { (field_at(name, label, &shown(name), &hint, problem(name))) }
        p { button.primary type="submit" { "Save" } }
    };
    html! {
        @if DAYS.iter().all(|(name, _)| problem(name).is_none()) { (refusal(error)) }
        dl.facts {
            dt { "Activity" } dd { "The last " (ACTIVITY_MAX) " entries" (no_older(visit, "activityDays")) }
            dt { "Changes of users and groups" } dd { "The last " (EVENTS_MAX) ", with what was before them" (no_older(visit, "eventDays")) }
            dt { "Revisions of the policies" } dd { "The last " (PIPELINE_REVISIONS_MAX) }
            dt { "Plans" } dd { "The last " (PLANS_MAX) }
            dt { "Holds" } dd { "The last " (HOLDS_MAX) }
        }
        @if visit.may(Role::Admin) {
            p { "What is older than that many days is shown no more and deleted within the hour, for good. Users, groups, policies and holds stay as they are." }
            (visit.form(&visit.link("/settings/retention"), &inner))
        }
    }
}

/// Sets it, and goes back or says what was refused where it was asked.
pub(super) async fn set(visit: Visit) -> Result<Answer> {
    let mut retention = Map::new();
    for (name, _) in DAYS {
        match visit.form.text(name) {
            "" => {}
            // What is no number is told by the API.
            text => drop(retention.insert(name.to_owned(), text.parse::<u64>().map_or_else(|_| Value::from(text), Value::from))),
        }
    }
    done(&visit, "retention", visit.ask("patchTenant").json(json!({"retention": retention})).await).await
}
