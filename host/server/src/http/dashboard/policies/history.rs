//! The revisions of the pipeline: who put which when, what became of it, and going back to it.

use maud::{Markup, html};
use serde_json::Value;

use super::super::Route;
use super::super::names::Names;
use super::super::page::{Answer, Page, Section};
use super::super::parts::{Tone, ago, badge, counted, document, label, list, more, name, number, refusal, text, title};
use super::super::schema_form::pretty;
use super::super::visit::Visit;
use super::words;
use super::{in_force, plan};
use crate::admin::keys::Role;
use crate::error::{Error, Result};
use crate::http::admin::ask::status;
use crate::http::dashboard::limits::DASHBOARD_ROWS_MAX;
use crate::limits::PIPELINE_REVISIONS_MAX;

pub(super) fn pages() -> Vec<Route> {
    vec![
        Route::get("/tenants/{tenant}/policies/history", all),
        Route::get("/tenants/{tenant}/policies/history/{revision}", show),
        Route::post("/tenants/{tenant}/policies/history/{revision}/roll-back", roll_back),
        Route::get("/tenants/{tenant}/policies/history/{revision}/{place}", settings),
    ]
}

fn link(visit: &Visit, revision: u64) -> String {
    visit.link(&format!("/policies/history/{revision}"))
}

/// When and by whom a revision was put.
fn put(visit: &Visit, revision: &Value, names: &Names) -> Markup {
    let created = text(revision, "/created");
    html! {
        @if created.is_empty() { "What the tenant began with" }
        @else { (ago(visit.now, created)) " by " (names.actor(visit, revision.get("actor").unwrap_or(&Value::Null))) }
    }
}

async fn all(visit: Visit) -> Result<Answer> {
    let revisions = visit.ask("listPipelineRevisions").with("limit", &DASHBOARD_ROWS_MAX.to_string()).with_own(&["cursor"]).await?;
    let names = Names::read(&visit).await?;
    let body = html! {
        div.scroll tabindex="0" role="region" aria-label="Revisions" {
            table {
                caption { "Newest first. The last " (PIPELINE_REVISIONS_MAX) " are kept." }
                thead { tr { th { "Revision" } th { "Put" } th { "Policies" } th { "Outcome" } } }
                tbody {
                    @for revision in list(&revisions, "/items") {
                        tr {
                            td { a href=(link(&visit, number(revision, "/revision"))) { "Revision " (number(revision, "/revision")) } }
                            td {
                                (put(&visit, revision, &names))
                                @let plan = text(revision, "/plan");
                                @if !plan.is_empty() { ", by a " a href=(visit.link(&format!("/policies/plans/{plan}"))) { "plan" } }
                            }
                            td { (counted(list(revision, "/policies").len() as u64, "policy", "policies")) }
                            td { (words::outcome(revision)) " " (counted(number(revision, "/outcome/events"), "change", "changes")) }
                        }
                    }
                    @if text(&revisions, "/nextCursor").is_empty() {
                        tr { td { a href=(link(&visit, 0)) { "Revision 0" } } td { "What the tenant began with" } td { "0 policies" } td {} }
                    }
                }
            }
        }
        (more(&revisions, |cursor| visit.here_with("cursor", cursor)))
    };
    Ok(Page::new(Section::Policies, "History of the policies", body).into())
}

async fn show(visit: Visit) -> Result<Answer> {
    Ok(page(&visit, None).await?.into())
}

async fn page(visit: &Visit, error: Option<&Error>) -> Result<Page> {
    let revision = visit.ask("getPipelineRevision").at("revision", visit.part("revision")).await?;
    let names = Names::read(visit).await?;
    let in_force = in_force(visit).await?;
    let own = number(&revision, "/revision");
    let policies = list(&revision, "/policies");
    // As many as are shown at a time, and the rest behind the same address.
    let from: usize = visit.parameter("from").and_then(|from| from.parse().ok()).unwrap_or_default();
    let shown = policies.iter().enumerate().skip(from).take(DASHBOARD_ROWS_MAX);
    let next = from.saturating_add(DASHBOARD_ROWS_MAX);
    let back = html! { button.primary type="submit" { "See what going back would change" } };
    let body = html! {
        (refusal(error))
        p.row {
            (put(visit, &revision, &names))
            @if own == in_force { (badge(Tone::Good, "In force")) }
            (words::outcome(&revision))
            @let plan = text(&revision, "/plan");
            @if !plan.is_empty() { a href=(visit.link(&format!("/policies/plans/{plan}"))) { "Its plan, if it is still kept" } }
        }
        @if policies.is_empty() {
            p { "No policies: everybody whom an identity provider sends is in the team." }
        } @else {
            div.scroll tabindex="0" role="region" aria-label="Pipeline" {
                table {
                    caption { (counted(policies.len() as u64, "policy", "policies")) }
                    thead { tr { th { "Place" } th { "Policy" } th { "Plugin" } th { "Mode" } th { "Sees" } th { "Settings" } } }
                    tbody {
                        @for (place, policy) in shown {
                            tr {
                                td { (place + 1) }
                                td { (name(text(policy, "/name"))) }
                                td { (text(policy, "/plugin")) " " (text(policy, "/version")) }
                                td { (words::mode(policy)) }
                                td { (words::scope(&names, policy)) }
                                td { a href=(format!("{}/{place}", link(visit, own))) aria-label=(format!("Settings: {}", label(text(policy, "/name")))) { "Settings" } }
                            }
                        }
                    }
                }
            }
            @if next < policies.len() { p { a.button href=(visit.here_with("from", &next.to_string())) { "Show more" } } }
        }
        @if own != in_force && visit.may(Role::Admin) {
            section.card {
                h2 { "Go back to it" }
                p { "A plan shows first what that would do. Plugins that come with Doorlist are those of today." }
                (visit.form(&format!("{}/roll-back", link(visit, own)), &back))
            }
        }
    };
    Ok(Page::new(Section::Policies, format!("Revision {own}"), body))
}

async fn roll_back(visit: Visit) -> Result<Answer> {
    let planned = async {
        let revision = visit.part("revision").parse().map_err(|_| Error::not_found("revision of the pipeline"))?;
        plan::back_to(&visit, revision).await
    };
    match planned.await {
        Ok(address) => Ok(Answer::Redirect(address)),
        Err(error) => Ok(Answer::Refused(status(&error), page(&visit, Some(&error)).await?)),
    }
}

/// The settings of one policy of a revision.
async fn settings(visit: Visit) -> Result<Answer> {
    let revision = visit.ask("getPipelineRevision").at("revision", visit.part("revision")).await?;
    let place: Option<usize> = visit.part("place").parse().ok();
    let policy = place.and_then(|place| list(&revision, "/policies").get(place)).ok_or_else(|| Error::not_found("policy"))?;
    let names = Names::read(&visit).await?;
    let own = number(&revision, "/revision");
    let body = html! {
        dl.facts {
            dt { "Revision" } dd { a href=(link(&visit, own)) { (own) } }
            dt { "Plugin" } dd { a href=(visit.link(&format!("/plugins/{}/{}", text(policy, "/plugin"), text(policy, "/version")))) { (text(policy, "/plugin")) " " (text(policy, "/version")) } }
            dt { "Mode" } dd { (words::mode(policy)) }
            dt { "Sees" } dd { (words::scope(&names, policy)) }
        }
        h2 { "Settings" }
        (document("Settings", &pretty(policy.get("settings").unwrap_or(&Value::Null))))
    };
    Ok(Page::new(Section::Policies, format!("Policy {}", title(text(policy, "/name"))), body).into())
}
