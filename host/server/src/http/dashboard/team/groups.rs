//! The list of groups, and making a local one.

use maud::{Markup, html};
use serde_json::{Value, json};

use super::super::Route;
use super::super::names::{Names, why};
use super::super::page::{Answer, Page, Section};
use super::super::parts::{ago, choice, empty, field, list, more, name, refusal, search, table, text};
use super::super::visit::Visit;
use crate::admin::keys::Role;
use crate::error::{Error, Result};
use crate::http::admin::ask::status;

/// What the list can be filtered by, called the same in the API and in the page's query.
const FILTERS: [&str; 3] = ["search", "issued", "connection"];

pub(super) fn pages() -> Vec<Route> {
    vec![
        Route::get("/tenants/{tenant}/groups", show),
        Route::get("/tenants/{tenant}/groups/new", new).to_change(),
        Route::post("/tenants/{tenant}/groups", create),
    ]
}

async fn show(visit: Visit) -> Result<Answer> {
    let groups = visit.rows(|| visit.ask("listGroups").with_own(&FILTERS)).await?;
    let names = Names::read(&visit).await?;
    let own = |name: &str| visit.parameter(name).unwrap_or_default();
    let origins = [("", "Any"), ("scim", "Identity provider"), ("api", "Made here"), ("policy", "Made by policies")];
    let body = html! {
        p.row {
            a.button href=(visit.link("/left-out?kind=group")) { "Which were left out" }
            a.button href=(visit.link("/why?kind=group")) { "Ask why" }
            @if visit.may(Role::Admin) { a.button.primary href=(visit.link("/groups/new")) { "Add a group by hand" } }
        }
        form.filters method="get" action=(visit.link("/groups")) role="search" {
            (search("search", "Name", own("search")))
            (choice("issued", "Origin", own("issued"), &origins))
            (names.choice(own("connection")))
            button type="submit" { "Filter" }
        }
        (found(&visit, &names, &groups))
        (more(&groups, |cursor| visit.here_with("cursor", cursor)))
    };
    Ok(Page::new(Section::Groups, "Groups", body).into())
}

fn found(visit: &Visit, names: &Names, groups: &Value) -> Markup {
    let items = list(groups, "/items");
    let rows = html! {
        @for group in items {
            tr {
                td { a href=(visit.link(&format!("/groups/{}", text(group, "/id")))) { (name(text(group, "/displayName"))) } }
                td { (names.origin(visit, group)) }
                td { (ago(visit.now, text(group, "/lastModified"))) }
            }
        }
    };
    html! {
        @if !items.is_empty() {
            (table("Groups", &["Name", "Origin", "Changed"], &rows))
        } @else if !text(groups, "/nextCursor").is_empty() {
            p { "None among those looked through so far. There are more." }
        } @else if FILTERS.iter().any(|name| visit.parameter(name).is_some()) {
            (empty("No group of the team is like that", &html! {
                "Change the filter. "
                @if let Some(searched) = visit.parameter("search") {
                    "If a group should be here, " a href=(why(visit, "group", searched)) { "ask why it is not" } "."
                }
            }))
        } @else {
            (empty("The team has no group yet", &html! {
                @if visit.may(Role::Admin) {
                    a href=(visit.link("/integrations")) { "Connect an identity provider" } ", and its groups come by themselves. Or add one by hand."
                } @else { "Groups come by themselves once an admin connects an identity provider, or one by one when an admin adds them." }
            }))
        }
    }
}

async fn new(visit: Visit) -> Result<Answer> {
    Ok(blank(&visit, None).into())
}

fn blank(visit: &Visit, error: Option<&Error>) -> Page {
    let inner = html! {
        (field("displayName", "Name", visit.form.text("displayName"), ""))
        p { button.primary type="submit" { "Add" } " " a.button href=(visit.link("/groups")) { "Cancel" } }
    };
    let body = html! {
        p { "A group that is added by hand belongs to no identity provider. Whoever is in the team can be put into it." }
        (refusal(error))
        (visit.form(&visit.link("/groups"), &inner))
    };
    Page::new(Section::Groups, "Add a group by hand", body)
}

async fn create(visit: Visit) -> Result<Answer> {
    match visit.ask("createGroup").json(json!({"displayName": visit.form.text("displayName")})).await {
        Ok(made) => Ok(Answer::Redirect(visit.link(&format!("/groups/{}?done=made", text(&made, "/id"))))),
        Err(error) => Ok(Answer::Refused(status(&error), blank(&visit, Some(&error)))),
    }
}
