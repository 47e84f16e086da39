//! The list of holds: members who would have gone in a burst and stay until an operator decides.

use maud::{Markup, html};
use serde_json::Value;

use super::super::Route;
use super::super::page::{Answer, Page, Section};
use super::super::parts::{Tone, ago, badge, choice, counted, empty, list, more, number, sentence, table, text};
use super::super::visit::Visit;
use crate::error::Result;

/// Seconds between two looks.
const LOOK_SECONDS: u32 = 10;

pub(super) fn pages() -> Vec<Route> {
    vec![Route::get("/tenants/{tenant}/holds", show)]
}

async fn show(visit: Visit) -> Result<Answer> {
    let holds = visit.rows(|| visit.ask("listHolds").with_own(&["state"])).await?;
    let sync = visit.ask("getSync").await?;
    let state = visit.parameter("state").unwrap_or_default();
    let body = html! {
        p {
            "When more members would be removed or suspended within a time than the tenant's " a href=(visit.link("/settings#guard")) { "guard" }
            " lets go, the others stay as they are and are held here, until you release them or discard that."
        }
        @if number(&sync, "/stuck") > 0 { p { a.button href=(visit.link("/stuck")) { (number(&sync, "/stuck")) " stuck" } } }
        form.filters method="get" action=(visit.link("/holds")) role="search" {
            (choice("state", "State", state, &[("", "Any"), ("open", "Open: somebody waits"), ("closed", "Closed")]))
            button type="submit" { "Filter" }
        }
        div id="holds" data-live { (found(&visit, &holds)) }
        (more(&holds, |cursor| visit.here_with("cursor", cursor)))
    };
    // Without a script the page is not loaded again by itself: somebody may be filling in the filter.
    Ok(Page::new(Section::Holds, "Holds", body).live_at(LOOK_SECONDS, visit.here()).into())
}

fn found(visit: &Visit, holds: &Value) -> Markup {
    let items = list(holds, "/items");
    let rows = html! {
        @for hold in items {
            tr {
                td { a href=(visit.link(&format!("/holds/{}", text(hold, "/id")))) { "Opened " (ago(visit.now, text(hold, "/opened"))) } }
                td { (state(hold)) }
                td { (counts(hold)) }
                td {
                    @if let Some(cause) = list(hold, "/causes").first() {
                        (sentence(text(cause, "/cause/text")))
                        @let others = list(hold, "/causes").len() - 1;
                        @if others > 0 { " " span.muted { "and " (counted(others as u64, "other cause", "other causes")) } }
                    }
                }
            }
        }
    };
    html! {
        @if items.is_empty() {
            (empty("Nobody is held", &html! {
                "How many members may go at a time is set by the tenant's " a href=(visit.link("/settings#guard")) { "guard" } ". Nothing needs to be done here."
            }))
        } @else {
            (table("Holds", &["Hold", "State", "Members", "Why"], &rows))
        }
    }
}

/// Whether a hold waits for a decision.
pub(super) fn state(hold: &Value) -> Markup {
    html! {
        @match (text(hold, "/state"), text(hold, "/underway")) {
            (_, "release") => (badge(Tone::Warning, "Being released")),
            (_, "discard") => (badge(Tone::Warning, "Being discarded")),
            ("open", _) => (badge(Tone::Bad, "Open")),
            _ => (badge(Tone::Good, "Closed")),
        }
    }
}

/// What became of a hold's members.
pub(super) fn counts(hold: &Value) -> Markup {
    let all =
        [("held", "/counts/held"), ("released", "/counts/released"), ("discarded", "/counts/discarded"), ("resolved", "/counts/resolved")];
    let said: Vec<String> = all
        .into_iter()
        .map(|(word, pointer)| (word, number(hold, pointer)))
        .filter(|(_, count)| *count > 0)
        .map(|(word, count)| format!("{count} {word}"))
        .collect();
    html! { (said.join(", ")) }
}
