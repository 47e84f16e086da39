//! Settings of a tenant: its name, the guard against mass removals, operator keys, and what is kept for how long.

use maud::{Markup, html};
use serde_json::{Map, Value, json};

use super::Route;
use super::page::{Answer, Page, Section};
use super::parts::{field, list, name, refusal, text};
use super::visit::Visit;
use crate::admin::keys::Role;
use crate::error::{Error, Result};
use crate::http::admin::ask::status;
use crate::limits::{GUARD_COUNT_DEFAULT, GUARD_SHARE_PERCENT_DEFAULT, GUARD_WINDOW_SECONDS_DEFAULT};

pub(super) mod keys;
pub(super) mod people;
pub(super) mod retention;

pub(super) fn pages() -> Vec<Route> {
    vec![
        Route::get("/tenants/{tenant}/settings", show),
        Route::post("/tenants/{tenant}/settings/name", rename),
        Route::post("/tenants/{tenant}/settings/guard", guard),
        Route::post("/tenants/{tenant}/settings/retention", retention::set),
        Route::post("/tenants/{tenant}/settings/keys", keys::create),
        Route::get("/tenants/{tenant}/settings/keys/made", keys::made),
        Route::post("/tenants/{tenant}/settings/keys/{key}/delete", keys::delete),
        Route::post("/tenants/{tenant}/settings/sessions/{session}/end", people::end),
    ]
}

/// The numbers of the guard: their names, labels, hints and defaults.
const GUARD: [(&str, &str, &str, u64); 3] = [
    ("count", "Users who may go in any case", "", GUARD_COUNT_DEFAULT),
    ("sharePercent", "Or as many of a hundred users", "Whichever is more.", GUARD_SHARE_PERCENT_DEFAULT),
    ("windowSeconds", "Within so many seconds", "Who would go beyond that waits under Holds for a decision.", GUARD_WINDOW_SECONDS_DEFAULT),
];

async fn show(visit: Visit) -> Result<Answer> {
    Ok(page(&visit, None).await?.into())
}

/// What was refused, and which form asked for it.
pub(super) type Refused<'a> = Option<(&'a str, &'a Error)>;

/// What was refused of this form.
pub(super) fn of<'a>(refused: Refused<'a>, form: &str) -> Option<&'a Error> {
    refused.filter(|(asked, _)| *asked == form).map(|(_, error)| error)
}

pub(super) async fn page(visit: &Visit, refused: Refused<'_>) -> Result<Page> {
    let keys = keys::card(visit, of(refused, "keys")).await?;
    let people = people::card(visit, of(refused, "people")).await?;
    let body = html! {
        section.card id="name" {
            h2 { "Name" }
            (refusal(of(refused, "name")))
            @if visit.may(Role::Admin) { (name_form(visit, of(refused, "name").is_some())) } @else { p { (name(text(&visit.tenant, "/name"))) } }
        }
        section.card id="guard" {
            h2 { "Guard against mass removals" }
            p { "If many users would be removed or suspended at a time, by an identity provider or by policies, the rest of them wait until somebody decides." }
            (refusal(of(refused, "guard")))
            (guard_form(visit, of(refused, "guard").is_some()))
        }
        (keys)
        (people)
        section.card {
            h2 { "Plugins" }
            p { a href=(visit.link("/settings/plugins")) { "Who signs plugins, and what they may cost" } }
        }
        section.card { h2 { "Roles of users" } (roles(visit)) }
        section.card id="retention" { h2 { "What is kept" } (retention::card(visit, of(refused, "retention"))) }
    };
    Ok(Page::new(Section::Settings, "Settings", body))
}

fn name_form(visit: &Visit, tried: bool) -> Markup {
    let name = if tried { visit.form.raw("name-of-tenant").unwrap_or_default() } else { text(&visit.tenant, "/name") };
    let inner = html! {
        (field("name-of-tenant", "Name of the tenant", name, ""))
        p { button.primary type="submit" { "Save" } }
    };
    visit.form(&visit.link("/settings/name"), &inner)
}

async fn rename(visit: Visit) -> Result<Answer> {
    let name = visit.form.text("name-of-tenant");
    done(&visit, "name", visit.ask("patchTenant").json(json!({"name": name})).await).await
}

/// Goes back to the settings, or says what was refused where it was asked.
async fn done(visit: &Visit, form: &str, answer: Result<Value>) -> Result<Answer> {
    match answer {
        Ok(_) => Ok(Answer::Redirect(visit.link("/settings?done=saved"))),
        Err(error) => Ok(Answer::Refused(status(&error), page(visit, Some((form, &error))).await?)),
    }
}

fn guard_form(visit: &Visit, tried: bool) -> Markup {
    let said = |name: &str| visit.tenant.pointer(&format!("/guard/{name}"));
    let is_enabled = if tried { visit.form.has("enabled") } else { said("enabled").and_then(Value::as_bool).unwrap_or(true) };
    let shown = |name: &str| {
        if tried {
            visit.form.text(name).to_owned()
        } else {
            said(name).and_then(Value::as_u64).map(|number| number.to_string()).unwrap_or_default()
        }
    };
    if !visit.may(Role::Admin) {
        return html! {
            dl.facts {
                dt { "State" } dd { @if is_enabled { "On" } @else { "Off" } }
                @for (name, label, _, default) in GUARD { dt { (label) } dd { @let shown = shown(name); @if shown.is_empty() { (default) } @else { (shown) } } }
            }
        };
    }
    let inner = html! {
        div.field.check {
            input type="checkbox" id="enabled" name="enabled" value="yes" checked[is_enabled];
            " "
            label for="enabled" { "Hold who would go beyond this" }
        }
        @for (name, label, hint, default) in GUARD {
            (field(name, label, &shown(name), format!("{hint} Without a number it is {default}.").trim()))
        }
        p { button.primary type="submit" { "Save" } }
    };
    visit.form(&visit.link("/settings/guard"), &inner)
}

async fn guard(visit: Visit) -> Result<Answer> {
    let mut guard = Map::new();
    guard.insert("enabled".to_owned(), Value::from(visit.form.has("enabled")));
    for (name, ..) in GUARD {
        match visit.form.text(name) {
            "" => {}
            // What is no number is told by the API.
            text => drop(guard.insert(name.to_owned(), text.parse::<u64>().map_or_else(|_| Value::from(text), Value::from))),
        }
    }
    done(&visit, "guard", visit.ask("patchTenant").json(json!({"guard": guard})).await).await
}

fn roles(visit: &Visit) -> Markup {
    html! {
        p { @for (at, role) in list(&visit.tenant, "/roles").iter().filter_map(Value::as_str).enumerate() { @if at > 0 { ", " } (name(role)) } }
        p { "New users get the role " b { (name(text(&visit.tenant, "/defaultRole"))) } ", unless a policy gives them another one." }
    }
}
