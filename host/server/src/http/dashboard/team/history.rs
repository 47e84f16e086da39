//! What happened to a user or a group, newest first, each with the request that caused it. Also of those who are gone.

use maud::{Markup, html};
use serde_json::Value;

use super::super::Route;
use super::super::names::Names;
use super::super::page::{Answer, Page, Section};
use super::super::parts::{ago, bounded, empty, list, more, name, number, text};
use super::super::settings::retention::no_older;
use super::super::visit::Visit;
use crate::error::Result;
use crate::limits::EVENTS_MAX;

/// Characters of a value that changed.
const CHANGED_CHARACTERS: usize = 80;

/// Bytes of it as it stands on the page.
const CHANGED_BYTES: usize = 100;

/// Fields of one change.
const FIELDS_SHOWN: usize = 5;

pub(super) fn pages() -> Vec<Route> {
    vec![Route::get("/tenants/{tenant}/users/{user}/history", of_user), Route::get("/tenants/{tenant}/groups/{group}/history", of_group)]
}

async fn of_user(visit: Visit) -> Result<Answer> {
    let id = visit.part("user").to_owned();
    let history = visit.rows(|| visit.ask("listHistoryOfUser").at("user", &id)).await?;
    page(&visit, Section::Users, &format!("/users/{id}"), &history).await
}

async fn of_group(visit: Visit) -> Result<Answer> {
    let id = visit.part("group").to_owned();
    let history = visit.rows(|| visit.ask("listHistoryOfGroup").at("group", &id)).await?;
    page(&visit, Section::Groups, &format!("/groups/{id}"), &history).await
}

async fn page(visit: &Visit, section: Section, of: &str, history: &Value) -> Result<Answer> {
    let names = Names::read(visit).await?;
    let body = html! {
        p { a href=(visit.link(of)) { "Back to the page" } }
        (items(visit, &names, list(history, "/items")))
        (more(history, |cursor| visit.here_with("cursor", cursor)))
    };
    Ok(Page::new(section, "History", body).into())
}

/// Events as a list.
pub(super) fn items(visit: &Visit, names: &Names, items: &[Value]) -> Markup {
    html! {
        @if items.is_empty() {
            (empty("Nothing that is still known", &html! { "The newest " (EVENTS_MAX) " events of a tenant are kept" (no_older(visit, "eventDays")) "." }))
        } @else {
            ul {
                @for item in items {
                    li {
                        (what(visit, item))
                        " " span.muted { (ago(visit.now, text(item, "/event/at"))) (cause(visit, names, item)) }
                    }
                }
            }
        }
    }
}

fn what(visit: &Visit, item: &Value) -> Markup {
    let other = |pointer: &str, id: &str, below: &str| {
        let (called, id) = (text(item, pointer), text(item, id));
        html! {
            @if id.is_empty() { (name(called)) } @else {
                a href=(visit.link(&format!("/{below}/{id}"))) { @if called.is_empty() { code { (id) } } @else { (name(called)) } }
            }
        }
    };
    let is_of_group = !text(item, "/member/id").is_empty();
    html! {
        @match text(item, "/event/type") {
            "member.added" => "Came into the team",
            "member.removed" if is_of_group => { "Left the team, and with it the group: " (name(text(item, "/member/name"))) },
            "member.removed" => "Left the team",
            "member.updated" => (changed(item.get("memberBefore"), item.pointer("/event/member"))),
            "group.added" => "Came into the team",
            "group.removed" => { "Left the team" @if !text(item, "/group/name").is_empty() { ": group " (name(text(item, "/group/name"))) } },
            "group.updated" => (changed(item.get("groupBefore"), item.pointer("/event/group"))),
            "membership.added" if is_of_group => { (other("/member/name", "/member/id", "users")) " came into the group" },
            "membership.removed" if is_of_group => { (other("/member/name", "/member/id", "users")) " left the group" },
            "membership.added" => { "Came into group " (other("/group/name", "/event/groupId", "groups")) },
            "membership.removed" => { "Left group " (other("/group/name", "/event/groupId", "groups")) },
            other => code { (other) },
        }
    }
}

/// Which fields are others than before.
fn changed(before: Option<&Value>, after: Option<&Value>) -> Markup {
    let fields = |value: Option<&Value>| value.and_then(Value::as_object).cloned().unwrap_or_default();
    let (before, after) = (fields(before), fields(after));
    let mut names: Vec<&String> = before.keys().chain(after.keys()).filter(|name| *name != "lastModified").collect();
    names.sort_unstable();
    names.dedup();
    names.retain(|name| before.get(*name) != after.get(*name));
    let shown = |value: Option<&Value>| match value {
        None | Some(Value::Null) => "nothing".to_owned(),
        Some(Value::String(text)) => bounded(text, CHANGED_CHARACTERS, CHANGED_BYTES),
        Some(other) => bounded(&other.to_string(), CHANGED_CHARACTERS, CHANGED_BYTES),
    };
    html! {
        "Changed"
        @for (place, name) in names.iter().take(FIELDS_SHOWN).enumerate() {
            @if place == 0 { ": " } @else { "; " }
            (name)
            @if *name != "attributes" && !before.is_empty() { " from " bdi { (shown(before.get(*name))) } " to " bdi { (shown(after.get(*name))) } }
        }
        @if names.len() > FIELDS_SHOWN { "; and " (names.len() - FIELDS_SHOWN) " more" }
    }
}

/// By which request, or else by which pipeline.
fn cause(visit: &Visit, names: &Names, item: &Value) -> Markup {
    html! {
        @if let Some(request) = item.get("request").filter(|request| request.is_object()) {
            " · " code { (text(request, "/action")) } " by " (names.actor(visit, request.get("actor").unwrap_or(&Value::Null)))
        } @else if number(item, "/event/cause/pipelineRevision") > 0 {
            " · under pipeline revision " (number(item, "/event/cause/pipelineRevision"))
        }
    }
}
