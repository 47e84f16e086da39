//! Identity provider sync: a card for each connection, the wizard that makes one ([`wizard`]), and the page on which one watches it ([`connection`]).

mod connection;
mod provider;
mod wizard;

use maud::{Markup, html};
use serde_json::{Value, json};

use self::provider::PROVIDERS;
use super::Route;
use super::page::{Answer, Page, Section};
use super::parts::{Tone, ago, badge, counted, empty, is, list, more, name, number, text};
use super::visit::Visit;
use crate::admin::keys::Role;
use crate::error::Result;
use crate::http::dashboard::limits::DASHBOARD_ROWS_MAX;

pub(super) fn pages() -> Vec<Route> {
    let own =
        vec![Route::get("/tenants/{tenant}/integrations", show), Route::post("/tenants/{tenant}/integrations/{connection}/switch", switch)];
    [own, wizard::pages(), connection::pages()].into_iter().flatten().collect()
}

async fn show(visit: Visit) -> Result<Answer> {
    let page = visit.ask("listConnections").with("limit", &DASHBOARD_ROWS_MAX.to_string()).with_own(&["cursor"]).await?;
    let sync = visit.ask("getSync").await?;
    let connections = list(&page, "/items");
    let may = visit.may(Role::Admin);
    let body = html! {
        div id="sync" data-live { (state(&visit, &sync)) }
        @if connections.is_empty() {
            (empty("No identity provider is connected yet", &html! {
                "Connect yours below, and its groups and their members arrive by themselves. Whoever was added here by hand stays as they are."
            }))
        }
        div.cards id="connections" data-live {
            @for connection in connections { (card(&visit, connection, may)) }
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

/// A connection's card.
fn card(visit: &Visit, connection: &Value, may: bool) -> Markup {
    let id = text(connection, "/id");
    let address = visit.link(&format!("/integrations/{id}"));
    let enabled = is(connection, "/enabled");
    let last = text(connection, "/client/lastRequest");
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
                @if enabled { (badge(Tone::Good, "On")) } @else { (badge(Tone::Warning, "Off")) }
            }
            p {
                @if last.is_empty() { "Not synchronized" } @else { "Synced " (ago(visit.now, last)) }
            }
            @if connection.get("changingExternalIds").is_some() {
                p { a href=(address) { (badge(Tone::Warning, "externalId changes")) } }
            }
            p.muted {
                (counted(number(connection, "/inventory/users"), "user", "users")) " and "
                (counted(number(connection, "/inventory/groups"), "group", "groups")) " came"
            }
            div.row {
                a.button href=(address) { "Settings" }
                @if may { (visit.form(&format!("{address}/switch"), &button)) }
            }
        }
    }
}

async fn switch(visit: Visit) -> Result<Answer> {
    let enabled = visit.form.text("enabled") == "true";
    visit.ask("patchConnection").at("connection", visit.part("connection")).json(json!({"enabled": enabled})).await?;
    Ok(Answer::Redirect(visit.link("/integrations?done=saved")))
}
