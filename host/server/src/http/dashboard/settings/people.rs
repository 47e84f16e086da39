//! People who sign in by single sign-on: what is granted to them in a tenant, and who is here now.

use maud::{Markup, html};
use serde_json::Value;

use super::super::DASHBOARD_BASE;
use super::super::page::Answer;
use super::super::parts::{ago, empty, is, label, list, name, refusal, table, text};
use super::super::visit::Visit;
use super::page;
use crate::admin::keys::Role;
use crate::error::{Error, Result};
use crate::http::admin::ask::status;
use crate::http::dashboard::limits::DASHBOARD_ROWS_MAX;

/// The card of the page; nothing but what was refused where there is no single sign-on.
pub(super) async fn card(visit: &Visit, refused: Option<&Error>) -> Result<Markup> {
    let configured = visit.ask("getSingleSignOn").await?;
    if text(&configured, "/issuer").is_empty() {
        return Ok(refusal(refused));
    }
    let here = visit.ask("listTenantSessions").with("limit", &DASHBOARD_ROWS_MAX.to_string()).await?;
    Ok(html! {
        section.card id="people" {
            h2 { "Single sign-on" }
            p {
                "People sign in with " code { (text(&configured, "/issuer")) } ". What its claim " code { (text(&configured, "/claim")) }
                " says of somebody decides what they may do here; what changes there counts from when they sign in next."
            }
            (refusal(refused))
            (grants(&configured))
            h3 { "Signed in now" }
            @if list(&here, "/items").is_empty() {
                p.muted { "Nobody to whom this tenant is granted by itself. Who reaches every tenant is not listed here." }
            } @else {
                (people(visit, &here, |session| visit.link(&format!("/settings/sessions/{session}/end"))))
            }
        }
    })
}

/// The card of the start page with everybody who is signed in; nothing but what was refused where there is no single sign-on.
pub(in super::super) async fn everybody(visit: &Visit, refused: Option<&Error>) -> Result<Markup> {
    if visit.app.sign_on.is_none() {
        return Ok(refusal(refused));
    }
    let here = visit.ask("listSessions").with("limit", &DASHBOARD_ROWS_MAX.to_string()).await?;
    Ok(html! {
        section.card id="people" {
            h2 { "Signed in by single sign-on" }
            (refusal(refused))
            @if list(&here, "/items").is_empty() {
                p.muted { "Nobody." }
            } @else {
                (people(visit, &here, |session| visit.app.link(&format!("{DASHBOARD_BASE}/sessions/{session}/end"))))
            }
        }
    })
}

fn grants(configured: &Value) -> Markup {
    let grants = list(configured, "/grants");
    html! {
        @if grants.is_empty() {
            (empty("No value of the claim is one for this tenant", &html! { "Whoever runs this server grants it in the file of " code { "--single-sign-on" } "." }))
        } @else {
            (table("Grants", &["Value of the claim", "Role", "Where"], &html! {
                @for grant in grants {
                    tr {
                        td { (name(text(grant, "/value"))) }
                        td { (text(grant, "/role")) }
                        td { @if is(grant, "/everywhere") { "In every tenant" } @else { "In this tenant" } }
                    }
                }
            }))
        }
    }
}

/// The people, each with a button that goes where `end` says.
fn people(visit: &Visit, here: &Value, end: impl Fn(&str) -> String) -> Markup {
    let mut sessions: Vec<&Value> = list(here, "/items").iter().collect();
    sessions.sort_by_key(|session| std::cmp::Reverse(text(session, "/since")));
    let may = visit.may(Role::Owner);
    html! {
        (table("People", &["Name", "E-mail address", "Subject", "Role", "Signed in", "Action"], &html! {
            @for session in sessions {
                @let called = text(session, "/person/name");
                tr {
                    td { (name(called)) }
                    td { (name(text(session, "/person/email"))) }
                    td { code { (name(text(session, "/person/subject"))) } }
                    td { @if text(session, "/role").is_empty() { "In some tenants" } @else { (text(session, "/role")) } }
                    td { (ago(visit.now, text(session, "/since"))) }
                    td {
                        @if may {
                            (visit.form(&end(text(session, "/id")), &html! {
                                button.quiet type="submit" aria-label=(format!("Sign out: {}", label(called))) { "Sign out" }
                            }))
                        }
                    }
                }
            }
        }))
        @if !text(here, "/nextCursor").is_empty() { p.muted { "There are more than fit here. The admin API lists everybody (" code { "/sessions" } ")." } }
    }
}

/// Ends somebody's session.
pub(super) async fn end(visit: Visit) -> Result<Answer> {
    match visit.ask("endTenantSession").at("session", visit.part("session")).await {
        Ok(_) => Ok(Answer::Redirect(visit.link("/settings?done=signed-out"))),
        Err(error) => Ok(Answer::Refused(status(&error), page(&visit, Some(("people", &error))).await?)),
    }
}
