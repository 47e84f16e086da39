//! Identity provider sync: a card for each connection, the wizard that makes one ([`wizard`]), the page on which one watches it ([`connection`]), and its
//! [`settings`].

mod connection;
mod filters;
mod progress;
mod provider;
mod settings;
mod wizard;

use doorlist_scim::ErrorKind;
use maud::{Markup, html};
use serde_json::{Value, json};

use self::provider::PROVIDERS;
use super::Route;
use super::page::{Answer, Page, Section};
use super::parts::{Tone, badge, counted, empty, is, list, more, name, number, text};
use super::visit::Visit;
use crate::admin::keys::Role;
use crate::error::{Kind, Result};
use crate::http::dashboard::limits::{CARDS_WARNED_MAX, DASHBOARD_ROWS_MAX};

pub(super) fn pages() -> Vec<Route> {
    let own =
        vec![Route::get("/tenants/{tenant}/integrations", show), Route::post("/tenants/{tenant}/integrations/{connection}/switch", switch)];
    [own, wizard::pages(), connection::pages(), settings::pages()].into_iter().flatten().collect()
}

async fn show(visit: Visit) -> Result<Answer> {
    let page = visit.ask("listConnections").with("limit", &DASHBOARD_ROWS_MAX.to_string()).with_own(&["cursor"]).await?;
    let sync = visit.ask("getSync").await?;
    let connections = list(&page, "/items");
    let may = visit.may(Role::Admin);
    let mut cards = Vec::new();
    for (at, connection) in connections.iter().enumerate() {
        let warnings = match at < CARDS_WARNED_MAX {
            true => visit.ask("listWarnings").at("connection", text(connection, "/id")).await,
            false => Ok(Value::Null),
        };
        let warnings = match warnings {
            // It was deleted this moment.
            Err(error) if error.kind() == Kind::Scim(ErrorKind::NotFound) => Value::Null,
            warnings => warnings?,
        };
        cards.push(card(&visit, connection, &warnings, may));
    }
    let body = html! {
        div id="sync" data-live { (state(&visit, &sync)) }
        @if connections.is_empty() {
            (empty("No identity provider is connected yet", &html! {
                @if may { "Connect yours below, and its groups and their members arrive by themselves. Whoever was added here by hand stays as they are." }
                @else { "Once an admin connects one, its groups and their members arrive by themselves." }
            }))
        }
        div.cards id="connections" data-live {
            @for card in &cards { (card) }
        }
        (more(&page, |cursor| visit.here_with("cursor", cursor)))
        @if may {
            h2 { @if connections.is_empty() { "Connect" } @else { "Connect another one" } }
            div.cards {
                @for provider in &PROVIDERS {
                    section.card {
                        h2 { (provider.name) }
                        p { (provider.about) }
                        p.muted { "Takes " (provider.minutes) " minutes." }
                        p {
                            a.button.primary href=(visit.link(&format!("/integrations/new/{}", provider.key))) { "Connect " (provider.name) }
                        }
                    }
                }
            }
        }
    };
    Ok(Page::new(Section::Integrations, "Identity provider sync", body).live(5).into())
}

/// How far the directory has followed.
fn state(visit: &Visit, sync: &Value) -> Markup {
    let (dirty, stuck, held) = (number(sync, "/dirty"), number(sync, "/stuck"), number(sync, "/held"));
    html! {
        p.row {
            span { (counted(number(sync, "/directory/users"), "user", "users")) " and " (counted(number(sync, "/directory/groups"), "group", "groups")) " in the team" }
            @if is(sync, "/reprojecting") || dirty > 0 {
                (badge(Tone::Warning, "Catching up"))
            } @else {
                (badge(Tone::Good, "Up to date"))
            }
            @if held > 0 { a href=(visit.link("/holds")) { (badge(Tone::Bad, &format!("{} held", held))) } }
            @if stuck > 0 { a href=(visit.link("/stuck")) { (badge(Tone::Bad, &format!("{} stuck", stuck))) } }
        }
        @if let Some(progress) = sync.get("progress").filter(|progress| !progress.is_null()) {
            @let (done, total) = (number(progress, "/done"), number(progress, "/total").max(1));
            progress value=(done) max=(total) aria-label="Projection of everybody" {}
        }
    }
}

/// What a warning is about, in some words; the sentence stands on the connection's page.
fn about(warning: &Value) -> &'static str {
    match text(warning, "/kind") {
        "token" => "No valid token",
        "baseUrl" => "Base URL",
        "trailingSlash" => "Slash behind the base URL",
        "groupPrefix" => "Prefix matches nothing",
        "userGroup" => "Group is not there",
        "externalId" => "externalId missing",
        "changingExternalId" => "externalId changes",
        "samePeople" => "Same people twice",
        _ => "Other",
    }
}

/// A connection's card.
fn card(visit: &Visit, connection: &Value, warnings: &Value, may: bool) -> Markup {
    let id = text(connection, "/id");
    let address = visit.link(&format!("/integrations/{id}"));
    let enabled = is(connection, "/enabled");
    let warnings = list(warnings, "/items");
    let mut abouts: Vec<&str> = warnings.iter().map(about).collect();
    abouts.dedup();
    let lets_in = !warnings.iter().any(|warning| text(warning, "/kind") == "token");
    let button = html! {
        @if enabled {
            button type="submit" name="enabled" value="false" data-asks="Turn this connection off? Its client is refused until it is turned on again; everybody stays as they are." { "Turn off" }
        } @else {
            button type="submit" name="enabled" value="true" { "Turn on" }
        }
    };
    html! {
        section.card {
            h2 { a href=(address) { (name(text(connection, "/name"))) } }
            p.row {
                (badge(Tone::Plain, provider::name(text(connection, "/provider"))))
                @if !enabled { (badge(Tone::Warning, "Off")) } @else { (badge(if lets_in { Tone::Good } else { Tone::Plain }, "On")) }
            }
            p { (progress::heard(visit, connection)) }
            @if !abouts.is_empty() {
                p.row {
                    a href=(format!("{address}#warnings")) { (counted(warnings.len() as u64, "warning", "warnings")) }
                    @for about in &abouts { (badge(Tone::Warning, about)) }
                }
            }
            p.muted {
                (counted(number(connection, "/inventory/users"), "user", "users")) " and "
                (counted(number(connection, "/inventory/groups"), "group", "groups")) " came"
            }
            div.row {
                a.button href=(address) { "Look" }
                @if may { a.button href=(format!("{address}/settings")) { "Settings" } (visit.form(&format!("{address}/switch"), &button)) }
            }
        }
    }
}

async fn switch(visit: Visit) -> Result<Answer> {
    let enabled = visit.form.text("enabled") == "true";
    visit.ask("patchConnection").at("connection", visit.part("connection")).json(json!({"enabled": enabled})).await?;
    Ok(Answer::Redirect(visit.link("/integrations?done=saved")))
}
