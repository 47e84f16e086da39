//! One connection: its credentials, whether its client has come through, what is likely to be amiss, and its settings.

use maud::{Markup, html};
use serde_json::{Value, json};

use super::super::Route;
use super::super::page::{Answer, Page, Section};
use super::super::parts::{
    Tone, ago, area, badge, choice, copy, counted, field, is, list, name, number, refusal, sentence, text, title, words,
};
use super::super::visit::Visit;
use super::provider::{self, PROVIDERS, Provider};
use crate::admin::keys::Role;
use crate::error::{Error, Result};
use crate::http::admin::ask::status;

pub(super) fn pages() -> Vec<Route> {
    vec![
        Route::get("/tenants/{tenant}/integrations/{connection}", show),
        Route::post("/tenants/{tenant}/integrations/{connection}", save),
        Route::get("/tenants/{tenant}/integrations/{connection}/credentials", credentials),
        Route::post("/tenants/{tenant}/integrations/{connection}/tokens", create_token),
        Route::post("/tenants/{tenant}/integrations/{connection}/tokens/{token}/delete", delete_token),
        Route::post("/tenants/{tenant}/integrations/{connection}/delete", delete),
    ]
}

/// The connection of the path, and its provider.
async fn find(visit: &Visit) -> Result<(Value, &'static Provider)> {
    let connection = visit.ask("getConnection").at("connection", visit.part("connection")).await?;
    let [.., generic] = &PROVIDERS;
    let provider = provider::find(text(&connection, "/provider")).unwrap_or(generic);
    Ok((connection, provider))
}

/// The address of the connection's page, or of one below it.
fn link(visit: &Visit, below: &str) -> String {
    visit.link(&format!("/integrations/{}{below}", visit.part("connection")))
}

/// Warnings that the page shows.
const WARNINGS_SHOWN: usize = 20;

/// One thing that happens while a provider is being connected.
struct Check {
    done: bool,
    what: String,
    /// What is missing, if it has not happened.
    missing: String,
}

/// What has happened so far. `log` has what the client asked for, newest first.
fn checks(connection: &Value, provider: &Provider, log: &[Value]) -> Vec<Check> {
    let went_well = |action: &str| log.iter().any(|entry| text(entry, "/action").starts_with(action) && number(entry, "/status") < 400);
    let reached = !log.is_empty() || !text(connection, "/client/lastRequest").is_empty();
    let (users, groups) = (number(connection, "/inventory/users"), number(connection, "/inventory/groups"));
    let called = provider.name;
    let check = |done, what: String, missing: String| Check { done, what, missing };
    vec![
        check(
            reached,
            format!("{called} reached Doorlist with the token"),
            format!(
                "Nothing has come yet. If {called} says that the test failed: is the {} pasted whole, without a slash at its end? Can it be reached from outside? Is the {} pasted whole?",
                provider.url_label, provider.token_label
            ),
        ),
        check(
            // Of a connection that has been at work for long, the test is no longer among the latest requests.
            users > 0 || went_well("GET /Users"),
            format!("{} went well", capital(provider.test_label)),
            format!("Press {} in {called}: it asks for the list of users.", provider.test_label),
        ),
        check(
            users > 0 || went_well("POST /Users") || went_well("POST /Bulk"),
            "A user was made".to_owned(),
            match provider.key {
                "jumpcloud" => "Press Activate: JumpCloud makes its test user, changes it and deletes it again. An e-mail address that is taken makes it fail.".to_owned(),
                _ => format!("Activate provisioning in {called}."),
            },
        ),
        check(
            users > 0,
            format!("{} here", counted(users, "user is", "users are")),
            match provider.key {
                "jumpcloud" => "Tick groups on the tab User Groups of the application: only members of these groups come.".to_owned(),
                _ => format!("Assign users to the application in {called}."),
            },
        ),
        check(
            groups > 0,
            format!("{} here", counted(groups, "group is", "groups are")),
            match provider.key {
                "jumpcloud" => "Tick “Enable management of User Groups and Group Membership in this application”. JumpCloud does not send empty groups.".to_owned(),
                _ => format!("Send groups from {called}, too."),
            },
        ),
    ]
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// How far the provider has come, and what is refused or likely to be amiss.
async fn progress(visit: &Visit, connection: &Value, provider: &Provider) -> Result<Markup> {
    let id = visit.part("connection");
    let log = visit.ask("listTenantActivity").with("connection", id).with("limit", "200").await?;
    let log = list(&log, "/items");
    let warnings = visit.ask("listWarnings").at("connection", id).await?;
    let warnings = list(&warnings, "/items");
    let checks = checks(connection, provider, log);
    let all_done = checks.iter().all(|check| check.done);
    let refused: Vec<&Value> = log.iter().filter(|entry| number(entry, "/status") >= 400).take(3).collect();
    Ok(html! {
        div id="progress" data-live {
            p {
                @if !is(connection, "/enabled") { (badge(Tone::Warning, "Off: its client is refused")) }
                @else if all_done { (badge(Tone::Good, "Connected")) }
                @else { (badge(Tone::Plain, "Waiting")) }
                @let last = text(connection, "/client/lastRequest");
                @if !last.is_empty() { " Synced " (ago(visit.now, last)) "." }
            }
            ul.checks {
                @for check in &checks {
                    li {
                        @if check.done { (badge(Tone::Good, "Done")) } @else { (badge(Tone::Plain, "Not yet")) }
                        span {
                            (check.what)
                            @if !check.done { span.hint { br; (check.missing) } }
                        }
                    }
                }
            }
            @if !warnings.is_empty() {
                ul.warnings { @for warning in warnings.iter().take(WARNINGS_SHOWN) { li { (words(text(warning, "/text"))) } } @if warnings.len() > WARNINGS_SHOWN { li { "And " (warnings.len() - WARNINGS_SHOWN) " more, which the API lists." } } }
            }
            @if !refused.is_empty() {
                h3 { "Refused lately" }
                ul {
                    @for entry in refused {
                        li { code { (text(entry, "/action")) } " · " (number(entry, "/status")) " · " (ago(visit.now, text(entry, "/at"))) br; (sentence(text(entry, "/detail"))) }
                    }
                }
                p { a href=(visit.link(&format!("/activity?connection={id}&outcome=failed"))) { "All that was refused" } }
            }
        }
    })
}

async fn show(visit: Visit) -> Result<Answer> {
    Ok(page(&visit, None).await?.into())
}

async fn page(visit: &Visit, error: Option<&Error>) -> Result<Page> {
    let (connection, provider) = find(visit).await?;
    let progress = progress(visit, &connection, provider).await?;
    let tokens = visit.ask("listTokens").at("connection", visit.part("connection")).await?;
    let may = visit.may(Role::Admin);
    let body = html! {
        // Where there is no form, what was refused stands above all.
        @if !may { (refusal(error)) }
        section.card { h2 { "State" } (progress) }
        section.card {
            h2 { "Address and tokens" }
            (copy("base-url", provider.url_label, text(&connection, "/baseUrl")))
            (token_list(visit, &tokens, may))
        }
        details open[error.is_some()] {
            summary { "How to enter them in " (provider.name) }
            (provider::instructions(provider))
        }
        @if may {
            section.card id="settings" {
                h2 { "Settings" }
                (refusal(error))
                (settings(visit, &connection, error.is_some()))
            }
            section.card {
                h2 { "Delete" }
                p { "Its tokens open nothing from then on, and whoever came by it leaves the team, as far as the guard against mass removals lets them." }
                (visit.form(&link(visit, "/delete"), &html! {
                    button.danger type="submit" data-asks="Delete this connection and everybody who came by it?" { "Delete this connection" }
                }))
            }
        }
    };
    Ok(Page::new(Section::Integrations, title(text(&connection, "/name")), body).live(3))
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
                        td { @let ends = text(token, "/expiresAt"); @if ends.is_empty() { "never" } @else { (ago(visit.now, ends)) } }
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

/// What can be changed. `tried` has what was sent and refused stand in the fields.
fn settings(visit: &Visit, connection: &Value, tried: bool) -> Markup {
    let lines = |pointer: &str| list(connection, pointer).iter().filter_map(Value::as_str).collect::<Vec<_>>().join("\n");
    let own = |name: &str, is: String| if tried { visit.form.raw(name).unwrap_or_default().to_owned() } else { is };
    let by = own("userGroupMatch", text(connection, "/userGroupMatch").to_owned());
    let inner = html! {
        (field("name", "Name", &own("name", text(connection, "/name").to_owned()), ""))
        (area("groupPrefixes", "Groups whose name starts with", &own("groupPrefixes", lines("/groupPrefixes")), "One on each line; upper and lower case differ. Without any, all groups.", 3))
        (area("userGroups", "Users who are members of", &own("userGroups", lines("/userGroups")), "One group on each line; upper and lower case differ. Without any, all users.", 3))
        (choice("userGroupMatch", "These groups are compared", &by, &[("exact", "by their whole name"), ("prefix", "by how their name starts")]))
        p.hint { "Changed filters are a new revision of the policies. To see first what they would do, change them under Policies." }
        p { button.primary type="submit" { "Save" } }
    };
    visit.form(&link(visit, ""), &inner)
}

async fn save(visit: Visit) -> Result<Answer> {
    let body = json!({
        "name": visit.form.text("name"),
        "groupPrefixes": visit.form.lines("groupPrefixes"),
        "userGroups": visit.form.lines("userGroups"),
        "userGroupMatch": visit.form.text("userGroupMatch"),
    });
    match visit.ask("patchConnection").at("connection", visit.part("connection")).json(body).await {
        Ok(_) => Ok(Answer::Redirect(link(&visit, "?done=saved"))),
        Err(error) => Ok(Answer::Refused(status(&error), page(&visit, Some(&error)).await?)),
    }
}

/// Base URL and, once, the token that was just made.
async fn credentials(visit: Visit) -> Result<Answer> {
    let (connection, provider) = find(&visit).await?;
    let Some(token) = visit.app.unshown.take(&visit, visit.part("connection")) else {
        return Ok(Answer::Redirect(link(&visit, "")));
    };
    let progress = progress(&visit, &connection, provider).await?;
    let body = html! {
        section.card {
            h2 { "Enter these in " (provider.name) }
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
            (progress)
            p { a.button.primary href=(link(&visit, "")) { "I have entered them" } }
        }
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

async fn delete(visit: Visit) -> Result<Answer> {
    visit.ask("deleteConnection").at("connection", visit.part("connection")).await?;
    Ok(Answer::Redirect(visit.link("/integrations?done=deleted")))
}
