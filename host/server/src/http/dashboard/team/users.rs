//! The list of users, and making a local one.

use maud::{Markup, html};
use serde_json::{Map, Value, json};

use super::super::Route;
use super::super::names::{Names, why};
use super::super::page::{Answer, Page, Section};
use super::super::parts::{ago, choice, empty, field, label, list, more, name, number, refusal, search, table, text};
use super::super::visit::Visit;
use super::status;
use crate::admin::keys::Role;
use crate::error::{Error, Result};
use crate::http::admin::ask;

/// What the list can be filtered by, called the same in the API and in the page's query.
const FILTERS: [&str; 6] = ["search", "status", "role", "issued", "connection", "group"];

/// Groups to choose from in the filter. Others are reached from their own page.
const GROUPS_OFFERED: &str = "100";

pub(super) fn pages() -> Vec<Route> {
    vec![
        Route::get("/tenants/{tenant}/users", show),
        Route::get("/tenants/{tenant}/users/new", new).to_change(),
        Route::post("/tenants/{tenant}/users", create),
    ]
}

async fn show(visit: Visit) -> Result<Answer> {
    let users = visit.rows(|| visit.ask("listUsers").with_own(&FILTERS)).await?;
    let groups = visit.ask("listGroups").with("limit", GROUPS_OFFERED).await?;
    let (names, sync) = (Names::read(&visit).await?, visit.ask("getSync").await?);
    let stuck = number(&sync, "/stuck");
    let body = html! {
        p.row {
            a.button href=(visit.link("/left-out?kind=user")) { "Who was left out" }
            a.button href=(visit.link("/why")) { "Ask why" }
            @if stuck > 0 { a.button href=(visit.link("/stuck")) { (stuck) " stuck" } }
            @if visit.may(Role::Admin) { a.button.primary href=(visit.link("/users/new")) { "Add a user by hand" } }
        }
        (filters(&visit, &names, &groups))
        (found(&visit, &names, &users))
    };
    Ok(Page::new(Section::Users, "Users", body).into())
}

fn filters(visit: &Visit, names: &Names, groups: &Value) -> Markup {
    let own = |name: &str| visit.parameter(name).unwrap_or_default();
    let roles: Vec<(&str, &str)> = roles(visit).into_iter().map(|role| (role, role)).collect();
    let group = own("group");
    let mut offered: Vec<(&str, String)> =
        list(groups, "/items").iter().map(|group| (text(group, "/id"), label(text(group, "/displayName")))).collect();
    if !group.is_empty() && !offered.iter().any(|(id, _)| *id == group) {
        offered.push((group, "The group that was chosen".to_owned()));
    }
    let offered: Vec<(&str, &str)> = offered.iter().map(|(id, name)| (*id, name.as_str())).collect();
    let any = |words: &[(&'static str, &'static str)]| [&[("", "Any")], words].concat();
    html! {
        form.filters method="get" action=(visit.link("/users")) role="search" {
            (search("search", "Name or e-mail", own("search")))
            (choice("status", "Status", own("status"), &any(&[("active", "Active"), ("suspended", "Suspended"), ("blocked", "Blocked")])))
            (choice("role", "Role", own("role"), &[&[("", "Any")], roles.as_slice()].concat()))
            (choice("issued", "Origin", own("issued"), &any(&[("scim", "Identity provider"), ("api", "Made here")])))
            (names.choice(own("connection")))
            @if !offered.is_empty() { (choice("group", "Group", group, &[&[("", "Any")], offered.as_slice()].concat())) }
            button type="submit" { "Filter" }
        }
    }
}

/// The roles of the tenant.
pub(super) fn roles(visit: &Visit) -> Vec<&str> {
    list(&visit.tenant, "/roles").iter().filter_map(Value::as_str).collect()
}

fn found(visit: &Visit, names: &Names, users: &Value) -> Markup {
    let items = list(users, "/items");
    let is_filtered = FILTERS.iter().any(|name| visit.parameter(name).is_some());
    let goes_on = !text(users, "/nextCursor").is_empty();
    html! {
        @if !items.is_empty() {
            (rows(visit, names, items))
        } @else if goes_on {
            p { "Nobody among those looked through so far. There are more." }
        } @else if is_filtered {
            (empty("Nobody in the team is like that", &html! {
                "Change the filter. "
                @if let Some(searched) = visit.parameter("search") {
                    "If somebody should be here, " a href=(why(visit, "user", searched)) { "ask why they are not" } "."
                }
            }))
        } @else {
            (empty("Nobody is in the team yet", &html! {
                @if visit.may(Role::Admin) {
                    a href=(visit.link("/integrations")) { "Connect an identity provider" } ", and its users come by themselves. Or add somebody by hand."
                } @else { "Users come by themselves once an admin connects an identity provider, or one by one when an admin adds them." }
            }))
        }
        (more(users, |cursor| visit.here_with("cursor", cursor)))
    }
}

/// Members as a table.
pub(super) fn rows(visit: &Visit, names: &Names, members: &[Value]) -> Markup {
    table(
        "Users",
        &["Name", "Status", "Role", "Origin", "Changed"],
        &html! {
            @for member in members {
                tr {
                    td {
                        a href=(visit.link(&format!("/users/{}", text(member, "/id")))) { (name(text(member, "/displayName"))) }
                        br; span.muted { (name(text(member, "/userName"))) }
                    }
                    td { (status(text(member, "/status"))) }
                    td { (name(text(member, "/role"))) }
                    td { (names.origin(visit, member)) }
                    td { (ago(visit.now, text(member, "/lastModified"))) }
                }
            }
        },
    )
}

async fn new(visit: Visit) -> Result<Answer> {
    Ok(blank(&visit, None).into())
}

fn blank(visit: &Visit, error: Option<&Error>) -> Page {
    let form = &visit.form;
    let default = format!("As for everybody ({})", text(&visit.tenant, "/defaultRole"));
    let roles: Vec<(&str, &str)> =
        std::iter::once(("", default.as_str())).chain(roles(visit).into_iter().map(|role| (role, role))).collect();
    let inner = html! {
        (field("userName", "User name", form.text("userName"), "The name to sign in with, such as an e-mail address. It cannot be changed later."))
        (field("displayName", "Display name", form.text("displayName"), "Without one it is the user name."))
        (field("email", "E-mail address", form.text("email"), ""))
        (choice("role", "Role", form.text("role"), &roles))
        p { button.primary type="submit" { "Add" } " " a.button href=(visit.link("/users")) { "Cancel" } }
    };
    let body = html! {
        p { "A user that is added by hand belongs to no identity provider: no synchronization changes or removes it." }
        (refusal(error))
        (visit.form(&visit.link("/users"), &inner))
    };
    Page::new(Section::Users, "Add a user by hand", body)
}

async fn create(visit: Visit) -> Result<Answer> {
    let fields = ["userName", "displayName", "email", "role"].into_iter();
    let filled = fields.filter(|name| *name == "userName" || !visit.form.text(name).is_empty());
    let body: Map<String, Value> = filled.map(|name| (name.to_owned(), json!(visit.form.text(name)))).collect();
    match visit.ask("createUser").json(body.into()).await {
        Ok(made) => Ok(Answer::Redirect(visit.link(&format!("/users/{}?done=made", text(&made, "/id"))))),
        Err(error) => Ok(Answer::Refused(ask::status(&error), blank(&visit, Some(&error)))),
    }
}
