//! The directory's events: what came, changed and went, as applications that follow it read them, newest first.

use maud::{Markup, html};
use serde_json::Value;

use super::super::Route;
use super::super::names::Called;
use super::super::page::{Answer, Page, Section};
use super::super::parts::{ago, empty, list, name, number, table, text};
use super::super::settings::retention::no_older;
use super::super::visit::{Visit, with_query};
use crate::error::Result;
use crate::http::admin::page::cursor_of;
use crate::http::dashboard::limits::DASHBOARD_ROWS_MAX;
use crate::limits::EVENTS_MAX;

/// Seconds between two looks at the newest events.
const LOOK_SECONDS: u32 = 5;

pub(super) fn pages() -> Vec<Route> {
    vec![Route::get("/tenants/{tenant}/events", show)]
}

async fn show(visit: Visit) -> Result<Answer> {
    let before: Option<u64> = visit.parameter("before").and_then(|before| before.parse().ok());
    let sync = visit.ask("getSync").await?;
    // Behind the last event that is no longer kept.
    let (newest, forgotten) = (number(&sync, "/lastEvent"), number(&sync, "/oldestSequence"));
    let end = before.unwrap_or(u64::MAX).min(newest.saturating_add(1)).max(1);
    let after = end.saturating_sub(1).saturating_sub(DASHBOARD_ROWS_MAX as u64).max(forgotten);
    let page = visit.ask("listEvents").with("after", &after.to_string()).with("limit", &DASHBOARD_ROWS_MAX.to_string()).await?;
    let events: Vec<&Value> = list(&page, "/items").iter().filter(|event| number(event, "/sequence") < end).rev().collect();
    let names = Called::of_events(&visit, &events).await?;
    let rows = html! { @for event in &events { (row(&visit, &names, event)) } };
    let oldest = events.last().map_or(0, |event| number(event, "/sequence"));
    let body = html! {
        p {
            "What of the directory came, changed and went. Applications follow the same by " code { "GET /api/v1/tenants/" (visit.part("tenant")) "/events?after=0" }
            ", and go on with the number of the last event that they know."
        }
        div id="events" data-live[before.is_none()] {
            @if events.is_empty() {
                @let kept = html! { "The newest " (EVENTS_MAX) " events are kept" (no_older(&visit, "eventDays")) "." };
                @if newest == 0 { (empty("Nothing has changed yet", &html! { "The first member or group that comes stands here. " (kept) })) }
                @else { (empty("Nothing is kept from then", &kept)) }
            } @else {
                (table("Events", &["Number", "When", "What", "By"], &rows))
            }
            // Where the list goes on moves with it.
            @if oldest > forgotten.saturating_add(1) { p { a href=(visit.here_with("before", &oldest.to_string())) { "Older" } } }
        }
    };
    let page = Page::new(Section::Events, "Events", body);
    Ok(if before.is_none() { page.live_at(LOOK_SECONDS, visit.here()) } else { page }.into())
}

fn row(visit: &Visit, names: &Called, event: &Value) -> Markup {
    let revision = number(event, "/cause/pipelineRevision");
    html! {
        tr {
            td { (number(event, "/sequence")) }
            td { (ago(visit.now, text(event, "/at"))) }
            td { (what(visit, names, event)) }
            td {
                @match event.pointer("/cause/activity").and_then(Value::as_u64) {
                    Some(number) => { a href=(entry(visit, number)) { "A request" } ", under " },
                    None => "Doorlist, under ",
                }
                "revision " (revision)
            }
        }
    }
}

/// The address of the activity page that begins with an entry.
fn entry(visit: &Visit, number: u64) -> String {
    with_query(&visit.link("/activity"), &[("cursor".to_owned(), cursor_of(number))])
}

/// An event in words.
fn what(visit: &Visit, names: &Called, event: &Value) -> Markup {
    let member = |id: &str| names.link(visit, "user", id);
    let group = |id: &str| names.link(visit, "group", id);
    let one = |below: &str, id: &str, called: &str| html! { a href=(visit.link(&format!("/{below}/{id}"))) { (name(called)) } };
    let of_member = || one("users", text(event, "/member/id"), text(event, "/member/userName"));
    let of_group = || one("groups", text(event, "/group/id"), text(event, "/group/displayName"));
    let (member_id, group_id) = (text(event, "/memberId"), text(event, "/groupId"));
    html! {
        @match text(event, "/type") {
            "member.added" => { (of_member()) " came" },
            "member.updated" => { (of_member()) " changed" },
            "member.removed" => { "Member " (member(member_id)) " went" },
            "group.added" => { "Group " (of_group()) " came" },
            "group.updated" => { "Group " (of_group()) " changed" },
            "group.removed" => { "Group " (group(group_id)) " went" },
            "membership.added" => { (member(member_id)) " came into " (group(group_id)) },
            "membership.removed" => { (member(member_id)) " left " (group(group_id)) },
            other => { (name(other)) },
        }
    }
}
