//! One user of the team: what is known, role and block, groups, why it is so, and what happened.

use maud::{Markup, html};
use serde_json::{Value, json};

use super::super::Route;
use super::super::names::Names;
use super::super::page::{Answer, Page, Section};
use super::super::parts::{ago, choice, field, is, list, name, refusal, text, title, words};
use super::super::visit::Visit;
use super::attributes::shown;
use super::{history, status, users, why};
use crate::admin::keys::Role;
use crate::error::{Error, Result};
use crate::http::admin::ask;
use crate::http::dashboard::limits::DASHBOARD_ROWS_MAX;

/// Events of the history on the page itself.
const HISTORY_SHOWN: &str = "5";

/// Attributes that the page shows. The API has the rest.
const ATTRIBUTES_SHOWN: usize = 30;

pub(super) fn pages() -> Vec<Route> {
    vec![
        Route::get("/tenants/{tenant}/users/{user}", show),
        Route::post("/tenants/{tenant}/users/{user}/role", set_role),
        Route::post("/tenants/{tenant}/users/{user}/block", block),
        Route::post("/tenants/{tenant}/users/{user}/edit", edit),
        Route::post("/tenants/{tenant}/users/{user}/delete", delete),
    ]
}

/// The address of the member's page, or of one below it.
fn link(visit: &Visit, below: &str) -> String {
    visit.link(&format!("/users/{}{below}", visit.part("user")))
}

async fn show(visit: Visit) -> Result<Answer> {
    Ok(page(&visit, None).await?.into())
}

async fn page(visit: &Visit, error: Option<&Error>) -> Result<Page> {
    let id = visit.part("user");
    let member = visit.ask("getUser").at("user", id).await?;
    let groups = visit.ask("listGroupsOfUser").at("user", id).with("limit", &DASHBOARD_ROWS_MAX.to_string()).await?;
    let history = visit.ask("listHistoryOfUser").at("user", id).with("limit", HISTORY_SHOWN).await?;
    // Others may be asking for explanations: then the rest of the page is there all the same.
    let explained = visit.ask("explainUser").at("user", id).await;
    let names = Names::read(visit).await?;
    let is_local = text(&member, "/issued") == "api";
    let body = html! {
        p.row { (status(text(&member, "/status"))) span { "Role " b { (name(text(&member, "/role"))) } } span { (names.origin(visit, &member)) } }
        (refusal(error))
        section.card { h2 { "What is known" } (facts(visit, &names, &member)) }
        section.card { h2 { "Groups" } (group_list(visit, &groups)) }
        @if visit.may(Role::Admin) { section.card { h2 { "Role and access" } (access(visit, &member)) } }
        section.card {
            h2 id="why" { "Why" }
            @match &explained {
                Ok(explained) => (why::explanation(visit, &names, explained)),
                Err(error) => p { bdi { (error.to_string()) } " " a href=(link(visit, "#why")) { "Try again" } },
            }
        }
        section.card {
            h2 { "What happened" }
            (history::items(visit, &names, list(&history, "/items")))
            @if !text(&history, "/nextCursor").is_empty() { p { a href=(link(visit, "/history")) { "The whole history" } } }
        }
        @if is_local && visit.may(Role::Admin) { (own(visit, &member)) }
    };
    Ok(Page::new(Section::Users, title(text(&member, "/displayName")), body))
}

fn facts(visit: &Visit, names: &Names, member: &Value) -> Markup {
    let empty = serde_json::Map::new();
    let attributes = member.get("attributes").and_then(Value::as_object).unwrap_or(&empty);
    let is_synced = text(member, "/issued") == "scim";
    html! {
        @if is_synced {
            p.hint {
                "Names, address and attributes are managed by " (names.connection_link(visit, text(member, "/connection")))
                " and are changed there. Role and block are set here and survive every sync."
            }
        }
        dl.facts {
            @for (what, pointer) in [("User name", "/userName"), ("Display name", "/displayName"), ("E-mail", "/email"), ("External id", "/externalId")] {
                @let value = text(member, pointer);
                @if !value.is_empty() { dt { (what) } dd { (words(value)) } }
            }
            dt { "Id" } dd { code { (text(member, "/id")) } }
            @if !text(member, "/scimId").is_empty() { dt { "SCIM id" } dd { code { (text(member, "/scimId")) } } }
            dt { "Came" } dd { (ago(visit.now, text(member, "/created"))) }
            dt { "Changed" } dd { (ago(visit.now, text(member, "/lastModified"))) }
            @if !text(member, "/operatorRole").is_empty() { dt { "Role set here" } dd { (name(text(member, "/operatorRole"))) } }
        }
        @if !attributes.is_empty() {
            details {
                summary { "Other attributes (" (attributes.len()) ")" }
                dl.facts {
                    @for (path, value) in attributes.iter().take(ATTRIBUTES_SHOWN) {
                        dt { (name(path)) }
                        dd { bdi { (shown(value)) } }
                    }
                }
                @if attributes.len() > ATTRIBUTES_SHOWN { p.hint { "The API has the others." } }
            }
        }
    }
}

fn group_list(visit: &Visit, groups: &Value) -> Markup {
    let items = list(groups, "/items");
    html! {
        @if items.is_empty() {
            p { "In no group of the team." }
        } @else {
            ul { @for group in items { li { a href=(visit.link(&format!("/groups/{}", text(group, "/id")))) { (name(text(group, "/displayName"))) } } } }
        }
        @if !text(groups, "/nextCursor").is_empty() { p.hint { "And more, which the API lists." } }
    }
}

/// Role and block, which operators set of everybody.
fn access(visit: &Visit, member: &Value) -> Markup {
    let default = format!("As policies say, else {}", text(&visit.tenant, "/defaultRole"));
    let roles: Vec<(&str, &str)> =
        std::iter::once(("", default.as_str())).chain(users::roles(visit).into_iter().map(|role| (role, role))).collect();
    let role = html! {
        (choice("role", "Role", text(member, "/operatorRole"), &roles))
        p { button type="submit" { "Set role" } }
    };
    let block = html! {
        @if is(member, "/blocked") {
            p { "Blocked by an operator. Nothing that an identity provider or a policy says lets them in." }
            button type="submit" name="blocked" value="false" { "Take the block back" }
        } @else {
            p { "A block outweighs everything else, also what an identity provider sends later." }
            button.danger type="submit" name="blocked" value="true" data-asks="Block this user? They may not use the application until the block is taken back." {
                "Block"
            }
        }
    };
    html! { (visit.form(&link(visit, "/role"), &role)) (visit.form(&link(visit, "/block"), &block)) }
}

/// What can be changed of a local member only.
fn own(visit: &Visit, member: &Value) -> Markup {
    // What was sent and refused stands there again.
    let value = |name: &str, pointer: &str| visit.form.raw(name).unwrap_or_else(|| text(member, pointer)).to_owned();
    let edit = html! {
        (field("displayName", "Display name", &value("displayName", "/displayName"), ""))
        (field("email", "E-mail address", &value("email", "/email"), ""))
        p { button type="submit" { "Save" } }
    };
    let delete = html! { button.danger type="submit" data-asks="Delete this user for good?" { "Delete this user" } };
    html! {
        section.card {
            h2 { "Names" }
            p { "This user was made here, so no identity provider changes it." }
            (visit.form(&link(visit, "/edit"), &edit))
            (visit.form(&link(visit, "/delete"), &delete))
        }
    }
}

/// Sends a change, and goes back to the page.
async fn change(visit: Visit, change: Value, done: &str) -> Result<Answer> {
    match visit.ask("patchUser").at("user", visit.part("user")).json(change).await {
        Ok(_) => Ok(Answer::Redirect(link(&visit, &format!("?done={done}")))),
        Err(error) => Ok(Answer::Refused(ask::status(&error), page(&visit, Some(&error)).await?)),
    }
}

async fn set_role(visit: Visit) -> Result<Answer> {
    let role = Some(visit.form.text("role")).filter(|role| !role.is_empty());
    let body = json!({"role": role});
    change(visit, body, "saved").await
}

async fn block(visit: Visit) -> Result<Answer> {
    let blocked = visit.form.text("blocked") == "true";
    change(visit, json!({"blocked": blocked}), if blocked { "blocked" } else { "unblocked" }).await
}

async fn edit(visit: Visit) -> Result<Answer> {
    let email = Some(visit.form.text("email")).filter(|email| !email.is_empty());
    let body = json!({"displayName": visit.form.text("displayName"), "email": email});
    change(visit, body, "saved").await
}

async fn delete(visit: Visit) -> Result<Answer> {
    visit.ask("deleteUser").at("user", visit.part("user")).await?;
    Ok(Answer::Redirect(visit.link("/users?done=deleted")))
}
