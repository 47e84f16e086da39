//! One of the latest requests of an identity provider's client: what was received and what was answered, with secrets masked.

use doorlist_scim::ErrorKind;
use maud::{Markup, html};
use serde_json::Value;

use super::super::Route;
use super::super::names::{Called, Names};
use super::super::page::{Answer, Page, Section};
use super::super::parts::{bounded, cut, empty, is, list, table, text, words};
use super::super::visit::Visit;
use super::activity::row;
use crate::error::{Kind, Result};
use crate::http::dashboard::limits::DASHBOARD_DOCUMENT_BYTES_MAX;
use crate::limits::{ADMIN_PAGE_MAX, EXCHANGE_BYTES_MAX};

/// Characters of a body that stand on the page, as both must fit on it.
const BODY_CHARACTERS: usize = EXCHANGE_BYTES_MAX / 2;

/// Entries of one request that are shown.
const ENTRIES: usize = 10;

/// Bytes of a body as it stands on the page.
const BODY_BYTES: usize = DASHBOARD_DOCUMENT_BYTES_MAX / 2;

pub(super) fn pages() -> Vec<Route> {
    vec![Route::get("/tenants/{tenant}/requests/{request}", show)]
}

/// The address of a request's page.
pub(super) fn link(visit: &Visit, id: &str) -> String {
    // Ids are letters, digits and some signs that stand in a path as they are.
    visit.link(&format!("/requests/{id}"))
}

async fn show(visit: Visit) -> Result<Answer> {
    let id = visit.part("request");
    // One request of a client is one entry; a bulk request has one for each of its operations.
    let entries = visit.ask("listTenantActivity").with("text", id).with("limit", &ADMIN_PAGE_MAX.to_string()).await?;
    let entries: Vec<Value> =
        list(&entries, "/items").iter().filter(|entry| text(entry, "/requestId") == id).take(ENTRIES).cloned().collect();
    let (names, called) = (Names::read(&visit).await?, Called::of_entries(&visit, &entries).await?);
    let rows = html! { @for entry in &entries { (row(&visit, &names, &called, entry)) } };
    let body = match visit.ask("getExchange").at("request", id).await {
        Ok(exchange) => bodies(&exchange),
        Err(error) if error.kind() == Kind::Scim(ErrorKind::NotFound) => empty(
            "What was sent is no longer known",
            &html! { "Bodies are kept in memory and of the latest requests only. Have the identity provider send it again, and look at once." },
        ),
        Err(error) => return Err(error),
    };
    let body = html! {
        p { "Request " code { (cut(id, 64)) } ". " a href=(visit.link("/activity")) { "Back to the activity" } }
        @if !entries.is_empty() { (table("What it was", &["When", "Who", "What", "Answer"], &rows)) }
        (body)
    };
    Ok(Page::new(Section::Activity, "Request", body).into())
}

fn bodies(exchange: &Value) -> Markup {
    let agent = text(exchange, "/userAgent");
    html! {
        @if !agent.is_empty() { p { "The client calls itself " (words(agent)) "." } }
        h2 { "Received" }
        (document(text(exchange, "/received"), "No body."))
        h2 { "Answered" }
        (document(text(exchange, "/answered"), "No body."))
        @if is(exchange, "/cut") { p.hint { "What is longer is cut." } }
    }
}

/// A body: JSON with its lines, anything else as it is.
fn document(body: &str, nothing: &str) -> Markup {
    let laid_out = serde_json::from_str::<Value>(body).ok().and_then(|json| serde_json::to_string_pretty(&json).ok());
    html! {
        @if body.is_empty() { p { (nothing) } } @else { pre { (bounded(&laid_out.unwrap_or_else(|| body.to_owned()), BODY_CHARACTERS, BODY_BYTES)) } }
    }
}
