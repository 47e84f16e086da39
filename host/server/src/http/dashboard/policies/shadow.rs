//! A pipeline in shadow of the one in force: what it would make different, whom, putting it in force, and ending it.

use doorlist_scim::ErrorKind;
use maud::html;
use serde_json::{Value, json};

use super::super::Route;
use super::super::names::Names;
use super::super::page::{Answer, Page, Section};
use super::super::parts::{Tone, ago, badge, choice, counted, empty, is, list, more, name, number, refusal, text};
use super::super::visit::Visit;
use super::draft::{Draft, plugins};
use super::monitor::row;
use super::words;
use super::{accept, accepted, filters};
use crate::admin::keys::Role;
use crate::error::{Error, Kind, Result};
use crate::http::admin::ask::status;
use crate::http::dashboard::limits::DASHBOARD_ROWS_MAX;

pub(super) fn pages() -> Vec<Route> {
    vec![
        Route::get("/tenants/{tenant}/policies/shadow", show),
        Route::post("/tenants/{tenant}/policies/shadow/promote", promote),
        Route::post("/tenants/{tenant}/policies/shadow/end", end),
    ]
}

/// Puts a draft in shadow.
pub(super) async fn put(visit: &Visit, draft: &Draft) -> Result<Answer> {
    let body = draft.proposed(&plugins(visit).await?);
    match visit.ask("putShadow").json(body).await {
        Ok(_) => Ok(Answer::Redirect(visit.link("/policies/shadow?done=saved"))),
        Err(error) => Ok(Answer::Refused(status(&error), super::page(visit, draft, 0, Some(&error)).await?)),
    }
}

async fn show(visit: Visit) -> Result<Answer> {
    Ok(page(&visit, None).await?.into())
}

async fn page(visit: &Visit, error: Option<&Error>) -> Result<Page> {
    const TITLE: &str = "Pipeline in shadow";
    let shadow = match visit.ask("getShadow").await {
        Ok(shadow) => shadow,
        Err(error) if error.kind() == Kind::Scim(ErrorKind::NotFound) => {
            let next = html! {
                "A pipeline in shadow is asked about everybody and changes nothing. Change the policies under " a href=(visit.link("/policies")) { "Policies" }
                ", and choose “Watch it in shadow”."
            };
            return Ok(Page::new(Section::Policies, TITLE, empty("No pipeline is in shadow", &next)));
        }
        Err(error) => return Err(error),
    };
    let names = Names::read(visit).await?;
    let question = visit.ask("listShadowDifferences").with("limit", &DASHBOARD_ROWS_MAX.to_string());
    let differences = question.with_own(&["change", "cursor"]).await?;
    let items = list(&differences, "/items");
    let promotion = html! {
        (accept(visit, 0, None))
        button.primary type="submit" data-asks="Put this pipeline in force?" { "Put it in force" }
    };
    let ending = html! { button.danger type="submit" data-asks="End the pipeline in shadow?" { "End it" } };
    let policies: Vec<&str> = list(&shadow, "/policies").iter().map(|policy| text(policy, "/name")).collect();
    let body = html! {
        (refusal(error))
        div id="shadow" data-live {
            p.row {
                "Put " (ago(visit.now, text(&shadow, "/since"))) " by " (names.actor(visit, shadow.get("actor").unwrap_or(&Value::Null))) "."
                @if is(&shadow, "/settled") { (badge(Tone::Good, "It has come by everybody")) }
                @else { (badge(Tone::Warning, &format!("{} to be looked at", counted(number(&shadow, "/due"), "is still", "are still")))) }
            }
            dl.facts {
                dt { "Policies" } dd { @for (at, policy) in policies.iter().take(DASHBOARD_ROWS_MAX).enumerate() { @if at > 0 { ", " } (name(policy)) } }
                dt { "Now" } dd { (words::would_counts(shadow.get("now").unwrap_or(&Value::Null))) }
                dt { "Since it began" } dd { (words::would_counts(shadow.get("total").unwrap_or(&Value::Null))) }
            }
        }
        (filters(&visit.link("/policies/shadow"), &[], &choice("change", "Show", visit.parameter("change").unwrap_or_default(), &words::WOULD)))
        @if items.is_empty() { p.muted { @if text(&differences, "/nextCursor").is_empty() { "Nobody." } @else { "Nobody so far." } } }
        @else {
            div.scroll tabindex="0" role="region" aria-label="Who would be different" {
                table {
                    thead { tr { th { "Who" } th { "What" } th { "Why" } th { "Found" } } }
                    tbody { @for subject in items { (row(visit, subject)) } }
                }
            }
        }
        (more(&differences, |cursor| visit.here_with("cursor", cursor)))
        @if visit.may(Role::Admin) {
            section.card { h2 { "Put it in force" } p { "It is planned and applied at once." } (visit.form(&visit.link("/policies/shadow/promote"), &promotion)) }
            section.card { h2 { "End it" } (visit.form(&visit.link("/policies/shadow/end"), &ending)) }
        }
    };
    let page = Page::new(Section::Policies, TITLE, body);
    Ok(if is(&shadow, "/settled") { page } else { page.live(5) })
}

async fn promote(visit: Visit) -> Result<Answer> {
    let promoted = async {
        let body = match accepted(&visit)? {
            Some(accepted) => json!({"acceptRemovals": accepted}),
            None => json!({}),
        };
        visit.ask("promoteShadow").json(body).await
    };
    match promoted.await {
        Ok(applied) => Ok(Answer::Redirect(visit.link(&format!("/policies/plans/{}?done=applied", text(&applied, "/plan/id"))))),
        Err(error) => Ok(Answer::Refused(status(&error), page(&visit, Some(&error)).await?)),
    }
}

async fn end(visit: Visit) -> Result<Answer> {
    visit.ask("deleteShadow").await?;
    Ok(Answer::Redirect(visit.link("/policies/shadow?done=deleted")))
}
