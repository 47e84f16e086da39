//! One connection: its credentials, whether its client has come through, and what is likely to be amiss.

use maud::{Markup, html};
use serde_json::{Value, json};

use super::super::Route;
use super::super::page::{Answer, Page, Section};
use super::super::parts::{Tone, ago, badge, copy, list, name, text, title};
use super::super::visit::Visit;
use super::filters::Filters;
use super::progress::{Progress, is_valid};
use super::provider::{self, PROVIDERS, Provider};
use super::wizard::STEPS;
use crate::admin::keys::Role;
use crate::error::Result;

pub(super) fn pages() -> Vec<Route> {
    vec![
        Route::get("/tenants/{tenant}/integrations/{connection}", show),
        Route::get("/tenants/{tenant}/integrations/{connection}/credentials", credentials),
        Route::post("/tenants/{tenant}/integrations/{connection}/tokens", create_token),
        Route::post("/tenants/{tenant}/integrations/{connection}/tokens/{token}/delete", delete_token),
    ]
}

/// The connection of the path, and its provider.
pub(super) async fn find(visit: &Visit) -> Result<(Value, &'static Provider)> {
    let connection = visit.ask("getConnection").at("connection", visit.part("connection")).await?;
    let [.., generic] = &PROVIDERS;
    let provider = provider::find(text(&connection, "/provider")).unwrap_or(generic);
    Ok((connection, provider))
}

/// The address of the connection's page, or of one below it.
pub(super) fn link(visit: &Visit, below: &str) -> String {
    visit.link(&format!("/integrations/{}{below}", visit.part("connection")))
}

/// What changes by itself has a column of its own or stands last, so that nothing moves under somebody's hand. The page is loaded again where no script runs, and has
/// nothing to fill in.
async fn show(visit: Visit) -> Result<Answer> {
    let (connection, provider) = find(&visit).await?;
    let progress = Progress::read(&visit, &connection, provider).await?;
    let may = visit.may(Role::Admin);
    let body = html! {
        div.watch {
            section.card.now { h2 { "State" } (progress.state()) }
            div.beside {
                section.card {
                    h2 { "Address and tokens" }
                    (copy("base-url", provider.url_label, text(&connection, "/baseUrl")))
                    (token_list(&visit, &progress.tokens, may))
                }
                details.card open[!progress.has_begun()] {
                    summary { "How to enter them in " (provider.called) }
                    p { "A token was shown once, when it was made. If it is lost, make another one." }
                    (provider::instructions(provider))
                }
                section.card {
                    h2 { "Settings" }
                    dl.facts { dt { "Name" } dd { (name(text(&connection, "/name"))) } (Filters::of(&connection).facts()) }
                    @if may { p { a.button href=(link(&visit, "/settings")) { "Change the settings" } } }
                }
            }
            section.card.last id="warnings" { h2 { "Warnings" } (progress.amiss()) }
        }
    };
    Ok(Page::new(Section::Integrations, title(text(&connection, "/name")), body).live(3).into())
}

fn token_list(visit: &Visit, tokens: &Value, may: bool) -> Markup {
    html! {
        table {
            caption { "Tokens. Several may be in use at a time, so that one can be put in place of another without a gap." }
            thead { tr { th { "Token" } th { "Made" } th { "Ends" } @if may { th { span.muted { "Action" } } } } }
            tbody {
                @for token in list(tokens, "/items") {
                    tr {
                        td { @let called = text(token, "/name"); @if !called.is_empty() { (name(called)) " " } code { "…" (text(token, "/hint")) } }
                        td { (ago(visit.now, text(token, "/created"))) }
                        td {
                            @let ends = text(token, "/expiresAt");
                            @if ends.is_empty() { "never" } @else { (ago(visit.now, ends)) }
                            @if !is_valid(token, visit.now) { " " (badge(Tone::Warning, "Expired")) }
                        }
                        @if may {
                            td {
                                (visit.form(&link(visit, &format!("/tokens/{}/delete", text(token, "/id"))), &html! {
                                    button.quiet type="submit" data-asks="Delete this token? Whoever uses it is refused at once." { "Delete" }
                                }))
                            }
                        }
                    }
                }
            }
        }
        @if may {
            (visit.form(&link(visit, "/tokens"), &html! { button type="submit" { "Make another token" } }))
        }
    }
}

/// Base URL and, once, the token that was just made.
async fn credentials(visit: Visit) -> Result<Answer> {
    let (connection, provider) = find(&visit).await?;
    let Some(token) = visit.app.unshown.take(&visit, visit.part("connection")) else {
        return Ok(Answer::Redirect(link(&visit, "")));
    };
    let progress = Progress::read(&visit, &connection, provider).await?;
    let body = html! {
        @if visit.parameter("step").is_some() { p.muted { "Step " (STEPS) " of " (STEPS) } }
        section.card {
            h2 { "Enter these in " (provider.called) }
            @if provider.key == "jumpcloud" {
                (copy("api-type", "API Type", "SCIM API"))
                (copy("scim-version", "SCIM Version", "SCIM 2.0"))
            }
            (copy("base-url", provider.url_label, text(&connection, "/baseUrl")))
            (copy("token", provider.token_label, &token))
            p { b { "The token is shown only this once." } " If it is lost, make another one; this one stays good until it is deleted." }
        }
        section.card { h2 { "Then" } (provider::instructions(provider)) }
        section.card {
            h2 { "What arrives" }
            p { a.button.primary href=(link(&visit, "")) { "I have entered them" } }
            (progress.state())
        }
        section.card id="warnings" { h2 { "Warnings" } (progress.amiss()) }
    };
    let page = Page::new(Section::Integrations, format!("Connect {}", provider.name), body);
    // No page of its own is loaded again without a script: that would lose the token.
    Ok(page.live_at(3, link(&visit, "")).into())
}

async fn create_token(visit: Visit) -> Result<Answer> {
    let connection = visit.part("connection");
    let made = visit.ask("createToken").at("connection", connection).json(json!({})).await?;
    visit.app.unshown.put(&visit, connection, text(&made, "/token"));
    Ok(Answer::Redirect(link(&visit, "/credentials")))
}

async fn delete_token(visit: Visit) -> Result<Answer> {
    visit.ask("deleteToken").at("connection", visit.part("connection")).at("token", visit.part("token")).await?;
    Ok(Answer::Redirect(link(&visit, "?done=deleted")))
}
