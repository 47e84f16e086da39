//! Stuck users and groups: whom a policy's fault keeps at their last good projection.

use maud::html;

use super::super::Route;
use super::super::names::{Names, why};
use super::super::page::{Answer, Page, Section};
use super::super::parts::{ago, empty, list, more, name, number, sentence, table, text};
use super::super::visit::Visit;
use crate::error::Result;

pub(super) fn pages() -> Vec<Route> {
    vec![Route::get("/tenants/{tenant}/stuck", show)]
}

async fn show(visit: Visit) -> Result<Answer> {
    let stuck = visit.rows(|| visit.ask("listStuck")).await?;
    let names = Names::read(&visit).await?;
    let items = list(&stuck, "/items");
    let rows = html! {
        @for one in items {
            tr {
                td { a href=(why(&visit, text(one, "/kind"), text(one, "/scimId"))) { (name(text(one, "/name"))) } br; span.muted { (text(one, "/kind")) } }
                td {
                    (sentence(text(one, "/reason")))
                    @if !text(one, "/policy").is_empty() { " " span.muted { "(policy " (name(text(one, "/policy"))) ")" } }
                }
                td { (names.connection_link(&visit, text(one, "/connection"))) }
                td { (ago(visit.now, text(one, "/since"))) }
                td {
                    (number(one, "/tries")) ", next "
                    @if text(one, "/nextTry").is_empty() { "now" } @else { (ago(visit.now, text(one, "/nextTry"))) }
                }
            }
        }
    };
    let body = html! {
        p { "A policy failed on these. They stay as they were last projected, and are tried again by themselves, less and less often, and at once when the pipeline changes." }
        @if items.is_empty() {
            (empty("Nobody is stuck", &html! { "Every policy answered for everybody." }))
        } @else {
            (table("Stuck users and groups", &["Name", "Why", "Comes from", "Since", "Tries"], &rows))
        }
        (more(&stuck, |cursor| visit.here_with("cursor", cursor)))
    };
    Ok(Page::new(Section::Holds, "Stuck", body).into())
}
