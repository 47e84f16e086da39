//! Whom policies left out, and why: decisions by which the directory has not what an identity provider sent.

use maud::{Markup, html};
use serde_json::Value;

use super::super::Route;
use super::super::names::{Names, why};
use super::super::page::{Answer, Page, Section};
use super::super::parts::{ago, choice, empty, list, more, name, search, sentence, table, text};
use super::super::visit::Visit;
use crate::error::Result;

pub(super) fn pages() -> Vec<Route> {
    vec![Route::get("/tenants/{tenant}/left-out", show)]
}

async fn show(visit: Visit) -> Result<Answer> {
    let is_of_groups = visit.parameter("kind") == Some("group");
    let (kind, section, title) = if is_of_groups {
        ("group", Section::Groups, "Groups that were left out")
    } else {
        ("user", Section::Users, "Users who were left out")
    };
    let decisions =
        visit.rows(|| visit.ask("listDecisions").with("kind", kind).with("included", "false").with_own(&["search", "connection"])).await?;
    let names = Names::read(&visit).await?;
    let body = html! {
        p { "An identity provider sent these, and a policy keeps them out of the team. Each says why." }
        (filters(&visit, &names, kind))
        (found(&visit, &names, kind, &decisions))
        (more(&decisions, |cursor| visit.here_with("cursor", cursor)))
    };
    Ok(Page::new(section, title, body).into())
}

fn filters(visit: &Visit, names: &Names, kind: &str) -> Markup {
    let own = |name: &str| visit.parameter(name).unwrap_or_default();
    html! {
        form.filters method="get" action=(visit.link("/left-out")) role="search" {
            (search("search", "Name or e-mail address", own("search")))
            (choice("kind", "What", kind, &[("user", "Users"), ("group", "Groups")]))
            (names.choice(own("connection")))
            button type="submit" { "Filter" }
        }
    }
}

fn found(visit: &Visit, names: &Names, kind: &str, decisions: &Value) -> Markup {
    let items = list(decisions, "/items");
    let rows = html! {
        @for decided in items {
            tr {
                td { a href=(why(visit, kind, text(decided, "/scimId"))) { (name(text(decided, "/name"))) } }
                td {
                    (sentence(text(decided, "/reason/text")))
                    @let policy = text(decided, "/reason/policy");
                    @if !policy.is_empty() { " " span.muted { "(policy " (name(policy)) ")" } }
                }
                td { (names.connection_link(visit, text(decided, "/connection"))) }
                td { (ago(visit.now, text(decided, "/at"))) }
            }
        }
    };
    html! {
        @if !items.is_empty() {
            (table("Left out", &["Name", "Why", "Comes from", "Decided"], &rows))
        } @else if !text(decisions, "/nextCursor").is_empty() {
            p { "Nobody among those looked through so far. There are more." }
        } @else if visit.parameter("search").is_some() || visit.parameter("connection").is_some() {
            (empty("Nobody like that is left out", &html! {
                "They may be in the team, or were never sent: " a href=(visit.link("/why")) { "ask why" } "."
            }))
        } @else {
            (empty("Nobody is left out", &html! {
                "Everybody whom an identity provider sent is in the team. Who is missing nonetheless was never sent: "
                a href=(visit.link("/why")) { "ask why" } "."
            }))
        }
    }
}
