//! The tenant's activity: what clients asked and operators did, newest first.

use axum::http::StatusCode;
use maud::{Markup, html};
use serde_json::Value;

use super::super::Route;
use super::super::names::{Called, Names, subject};
use super::super::page::{Answer, Page, Section};
use super::super::parts::{
    Tone, ago, badge, bounded, choice, cut, empty, field_at, list, more, name, number, search, sentence, table, text,
};
use super::super::settings::retention::no_older;
use super::super::visit::Visit;
use super::request;
use crate::admin::log::Statuses;
use crate::error::Result;
use crate::limits::ACTIVITY_MAX;

/// What the list can be filtered by, called the same in the API and in the page's query.
const FILTERS: [&str; 6] = ["connection", "outcome", "status", "actor", "subject", "text"];

/// Seconds between two looks at the newest entries.
const LOOK_SECONDS: u32 = 5;

pub(super) fn pages() -> Vec<Route> {
    vec![Route::get("/tenants/{tenant}/activity", show)]
}

async fn show(visit: Visit) -> Result<Answer> {
    let names = Names::read(&visit).await?;
    // The one filter that is typed and can be wrong. What is shows where it was typed.
    if let Some(problem) = visit.parameter("status").and_then(|text| text.parse::<Statuses>().err()) {
        let page = Page::new(Section::Activity, "Activity", filters(&visit, &names, Some(problem)));
        return Ok(Answer::Refused(StatusCode::BAD_REQUEST, page));
    }
    let entries = visit.rows(|| visit.ask("listTenantActivity").with_own(&FILTERS)).await?;
    let called = Called::of_entries(&visit, list(&entries, "/items")).await?;
    let is_newest = visit.parameter("cursor").is_none();
    let body = html! {
        p { "What was asked and done. What that made of the directory stands under " a href=(visit.link("/events")) { "Events" } "." }
        (filters(&visit, &names, None))
        // Where the list goes on moves with it.
        div id="entries" data-live[is_newest] {
            (found(&visit, &names, &called, &entries))
            (more(&entries, |cursor| visit.here_with("cursor", cursor)))
        }
    };
    let page = Page::new(Section::Activity, "Activity", body);
    // Without a script the page is not loaded again by itself: somebody may be filling in the filter.
    Ok(if is_newest { page.live_at(LOOK_SECONDS, visit.here()) } else { page }.into())
}

fn filters(visit: &Visit, names: &Names, problem: Option<&str>) -> Markup {
    let own = |name: &str| visit.parameter(name).unwrap_or_default();
    html! {
        form.filters method="get" action=(visit.link("/activity")) role="search" {
            (names.choice(own("connection")))
            (choice("outcome", "Outcome", own("outcome"), &[("", "Any"), ("ok", "Went well"), ("failed", "Refused or failed")]))
            (field_at("status", "Status, as 404 or 4xx", own("status"), "", problem))
            (choice("actor", "Who", own("actor"), &[("", "Anybody"), ("client", "Identity providers"), ("operator", "Operators")]))
            (search("subject", "About: a name or id", own("subject")))
            (search("text", "With this text", own("text")))
            button type="submit" { "Filter" }
        }
    }
}

fn found(visit: &Visit, names: &Names, called: &Called, entries: &Value) -> Markup {
    let items = list(entries, "/items");
    let rows = html! { @for entry in items { (row(visit, names, called, entry)) } };
    html! {
        @if !items.is_empty() {
            (table("Activity", &["When", "Who", "What", "Answer"], &rows))
        } @else if !text(entries, "/nextCursor").is_empty() {
            p { "Nothing among the entries looked through so far. There are more." }
        } @else if FILTERS.iter().any(|name| visit.parameter(name).is_some()) {
            (empty("Nothing like that has happened", &html! { "Change the filter. The newest " (ACTIVITY_MAX) " entries are kept" (no_older(visit, "activityDays")) "." }))
        } @else if visit.parameter("cursor").is_some() {
            p { "Nothing is kept from before that." }
        } @else {
            (empty("Nothing has happened yet", &html! {
                "What identity providers ask and what operators do stands here as soon as it happens. "
                a href=(visit.link("/integrations")) { "Connect an identity provider" } " to begin."
            }))
        }
    }
}

/// An entry as a row of a table.
pub(super) fn row(visit: &Visit, names: &Names, called: &Called, entry: &Value) -> Markup {
    let status = number(entry, "/status");
    let (detail, query, count) = (text(entry, "/detail"), text(entry, "/query"), number(entry, "/count"));
    html! {
        tr {
            td { (ago(visit.now, text(entry, "/at"))) }
            td { (names.actor(visit, entry.get("actor").unwrap_or(&Value::Null))) }
            td {
                code { (bounded(text(entry, "/action"), 100, 120)) }
                @if count > 1 { " " span.muted { "and like ones, " (count) " together" } }
                @if !query.is_empty() { br; span.muted { "with " } (name(query)) }
                @if !detail.is_empty() { br; (sentence(detail)) }
                @if !text(entry, "/subject").is_empty() {
                    br; span.muted { "about " }
                    @match subject(visit, entry) {
                        Some(address) => a href=(address) title=(cut(text(entry, "/subject"), 64)) { (name(called.or_id(text(entry, "/subject")))) },
                        None => (name(text(entry, "/subject"))),
                    }
                }
                br; span.muted { "request " (request_id(visit, entry)) }
            }
            td { (badge(if status < 400 { Tone::Good } else { Tone::Bad }, &outcome(status))) }
        }
    }
}

/// A request's id. What clients sent can be looked at.
fn request_id(visit: &Visit, entry: &Value) -> Markup {
    let id = text(entry, "/requestId");
    let shown = html! { code { (cut(id, 64)) } };
    html! { @if text(entry, "/actor/kind") == "client" { a href=(request::link(visit, id)) { (shown) } } @else { (shown) } }
}

/// A status in words, with its number.
fn outcome(status: u64) -> String {
    let word = match status {
        ..=399 => "Done",
        401 | 403 => "Not allowed",
        404 => "Not there",
        409 => "Conflict",
        429 => "Too fast",
        500.. => "Failed",
        _ => "Refused",
    };
    format!("{word} · {status}")
}
