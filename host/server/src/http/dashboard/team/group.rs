//! One group of the team: its members, and of a local one its name and who is in it.

use maud::{Markup, html};
use serde_json::{Value, json};

use super::super::Route;
use super::super::names::{Names, why};
use super::super::page::{Answer, Page, Section};
use super::super::parts::{ago, empty, field, label, list, more, name, refusal, search, table, text, title};
use super::super::visit::Visit;
use super::status;
use crate::admin::keys::Role;
use crate::error::{Error, Result};
use crate::http::admin::ask;

/// Whom a search for somebody to add finds at a time.
const CANDIDATES: &str = "10";

pub(super) fn pages() -> Vec<Route> {
    vec![
        Route::get("/tenants/{tenant}/groups/{group}", show),
        Route::post("/tenants/{tenant}/groups/{group}/rename", rename),
        Route::post("/tenants/{tenant}/groups/{group}/delete", delete),
        Route::post("/tenants/{tenant}/groups/{group}/members", add),
        Route::post("/tenants/{tenant}/groups/{group}/members/{user}/remove", remove),
    ]
}

/// The address of the group's page, or of one below it.
fn link(visit: &Visit, below: &str) -> String {
    visit.link(&format!("/groups/{}{below}", visit.part("group")))
}

async fn show(visit: Visit) -> Result<Answer> {
    Ok(page(&visit, None).await?.into())
}

async fn page(visit: &Visit, error: Option<&Error>) -> Result<Page> {
    let id = visit.part("group");
    let group = visit.ask("getGroup").at("group", id).await?;
    let members = visit.rows(|| visit.ask("listUsersOfGroup").at("group", id)).await?;
    let names = Names::read(visit).await?;
    let may_change = text(&group, "/issued") == "api" && visit.may(Role::Admin);
    let candidates = match visit.parameter("find") {
        Some(text) if may_change => visit.ask("listUsers").with("search", text).with("limit", CANDIDATES).await?,
        _ => Value::Null,
    };
    let body = html! {
        (refusal(error))
        section.card { h2 { "What is known" } (facts(visit, &names, &group)) }
        @if may_change { section.card id="add" { h2 { "Add members" } (adding(visit, &candidates)) } }
        h2 { "Members" }
        (member_list(visit, &members, may_change))
        (more(&members, |cursor| visit.here_with("cursor", cursor)))
        @if may_change { (own(visit, &group)) }
    };
    Ok(Page::new(Section::Groups, title(text(&group, "/displayName")), body))
}

fn facts(visit: &Visit, names: &Names, group: &Value) -> Markup {
    let id = text(group, "/id");
    html! {
        @match text(group, "/issued") {
            "scim" => {
                p.hint {
                    "Name and members are managed by " (names.connection_link(visit, text(group, "/connection")))
                    " and are changed there. A group that comes so gives membership and never changes anybody's role."
                }
            },
            "policy" => p.hint { "Policies made this group. It is there for as long as they put somebody into it, and they say who that is." },
            _ => p.hint { "This group was made here, so no identity provider changes it." },
        }
        dl.facts {
            dt { "Id" } dd { code { (id) } }
            @if !text(group, "/externalId").is_empty() { dt { "External id" } dd { (name(text(group, "/externalId"))) } }
            dt { "Came" } dd { (ago(visit.now, text(group, "/created"))) }
            dt { "Changed" } dd { (ago(visit.now, text(group, "/lastModified"))) }
        }
        p.row {
            a.button href=(why(visit, "group", id)) { "Why is it here?" }
            a.button href=(link(visit, "/history")) { "History" }
            a.button href=(visit.link(&format!("/users?group={id}"))) { "Filter its members" }
        }
    }
}

/// A search for whom to add, and whom it found.
fn adding(visit: &Visit, candidates: &Value) -> Markup {
    let found = list(candidates, "/items");
    html! {
        form.filters method="get" action=(link(visit, "")) role="search" {
            (search("find", "Name or e-mail address", visit.parameter("find").unwrap_or_default()))
            button type="submit" { "Find" }
        }
        @if candidates.is_object() && found.is_empty() { p { "Nobody in the team is called so." } }
        @if !found.is_empty() {
            ul {
                @for member in found {
                    li.row {
                        span { (name(text(member, "/displayName"))) " " span.muted { (name(text(member, "/userName"))) } }
                        (visit.form(&link(visit, "/members"), &html! {
                            input type="hidden" name="user" value=(text(member, "/id"));
                            button type="submit" aria-label=(format!("Add {}", label(text(member, "/userName")))) { "Add" }
                        }))
                    }
                }
            }
            @if !text(candidates, "/nextCursor").is_empty() { p.hint { "And more. Type more of the name." } }
        }
    }
}

fn member_list(visit: &Visit, members: &Value, may_change: bool) -> Markup {
    let items = list(members, "/items");
    let columns: &[&str] = if may_change { &["Name", "Status", "Role", "Action"] } else { &["Name", "Status", "Role"] };
    let rows = html! {
        @for member in items {
            @let id = text(member, "/id");
            tr {
                td {
                    a href=(visit.link(&format!("/users/{id}"))) { (name(text(member, "/displayName"))) }
                    br; span.muted { (name(text(member, "/userName"))) }
                }
                td { (status(text(member, "/status"))) }
                td { (name(text(member, "/role"))) }
                @if may_change {
                    td {
                        (visit.form(&link(visit, &format!("/members/{id}/remove")), &html! {
                            button.quiet type="submit" aria-label=(format!("Remove {}", label(text(member, "/userName")))) { "Remove" }
                        }))
                    }
                }
            }
        }
    };
    html! {
        @if items.is_empty() {
            (empty("Nobody is in this group", &html! {
                @if may_change { "Find somebody above and add them." } @else { "Whoever is put into it where it comes from, and is in the team, shows here." }
            }))
        } @else {
            (table("Members", columns, &rows))
        }
    }
}

/// What can be changed of a local group only.
fn own(visit: &Visit, group: &Value) -> Markup {
    let value = visit.form.raw("displayName").unwrap_or_else(|| text(group, "/displayName"));
    let rename = html! { (field("displayName", "Name", value, "")) p { button type="submit" { "Rename" } } };
    let delete = html! { button.danger type="submit" data-asks="Delete this group? Its members stay in the team." { "Delete this group" } };
    html! {
        section.card { h2 { "Name" } (visit.form(&link(visit, "/rename"), &rename)) }
        section.card { h2 { "Delete" } p { "Its members stay in the team." } (visit.form(&link(visit, "/delete"), &delete)) }
    }
}

async fn rename(visit: Visit) -> Result<Answer> {
    let body = json!({"displayName": visit.form.text("displayName")});
    match visit.ask("renameGroup").at("group", visit.part("group")).json(body).await {
        Ok(_) => Ok(Answer::Redirect(link(&visit, "?done=saved"))),
        Err(error) => Ok(Answer::Refused(ask::status(&error), page(&visit, Some(&error)).await?)),
    }
}

async fn delete(visit: Visit) -> Result<Answer> {
    visit.ask("deleteGroup").at("group", visit.part("group")).await?;
    Ok(Answer::Redirect(visit.link("/groups?done=deleted")))
}

async fn add(visit: Visit) -> Result<Answer> {
    visit.ask("addUserToGroup").at("group", visit.part("group")).at("user", visit.form.text("user")).await?;
    Ok(Answer::Redirect(link(&visit, "?done=added")))
}

async fn remove(visit: Visit) -> Result<Answer> {
    visit.ask("removeUserFromGroup").at("group", visit.part("group")).at("user", visit.part("user")).await?;
    Ok(Answer::Redirect(link(&visit, "?done=removed")))
}
