//! Policies that only watch: what they would make different, whom, and giving them effect.

use maud::{Markup, html};
use serde_json::{Value, json};

use super::super::Route;
use super::super::names::why;
use super::super::page::{Answer, Page, Section};
use super::super::parts::{self, ago, choice, counted, empty, list, more, number, refusal, sentence, text};
use super::super::visit::Visit;
use super::words;
use super::{accept, accepted, filters, of_policy};
use crate::admin::keys::Role;
use crate::error::{Error, Result};
use crate::http::admin::ask::status;
use crate::http::dashboard::limits::DASHBOARD_ROWS_MAX;
use crate::limits::ADMIN_PAGE_MAX;

pub(super) fn pages() -> Vec<Route> {
    vec![Route::get("/tenants/{tenant}/policies/monitor", show), Route::post("/tenants/{tenant}/policies/monitor/promote", promote)]
}

/// The policies that only watch, for the page of the pipeline in force.
pub(super) fn summary(visit: &Visit, monitored: &[Value]) -> Markup {
    html! {
        @if !monitored.is_empty() {
            section.card id="monitored" {
                h2 { "Only watching" }
                div.scroll tabindex="0" role="region" aria-label="Only watching" {
                    table {
                        thead { tr { th { "Policy" } th { "Now" } th { "Since it began" } } }
                        tbody {
                            @for policy in monitored {
                                tr {
                                    td { a href=(of_policy(visit, "/policies/monitor", text(policy, "/policy"))) { (parts::name(text(policy, "/policy"))) } }
                                    td { (counted(number(policy, "/now/subjects"), "would be different", "would be different")) }
                                    td { (number(policy, "/total/subjects")) ", " @let since = text(policy, "/since"); @if !since.is_empty() { (ago(visit.now, since)) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Name of the policy that the page is about.
fn policy(visit: &Visit) -> &str {
    visit.parameter("policy").unwrap_or(visit.form.text("policy"))
}

async fn show(visit: Visit) -> Result<Answer> {
    if visit.parameter("policy").is_some() {
        return Ok(page(&visit, None).await?.into());
    }
    let all = visit.ask("listMonitoredPolicies").with("limit", &DASHBOARD_ROWS_MAX.to_string()).with_own(&["cursor"]).await?;
    let items = list(&all, "/items");
    let body = html! {
        @if items.is_empty() {
            (empty("No policy only watches", &html! {
                "A policy in monitor mode is asked about everybody and changes nothing. Switch one under " a href=(visit.link("/policies")) { "Policies" } "."
            }))
        }
        (summary(&visit, items))
        (more(&all, |cursor| visit.here_with("cursor", cursor)))
    };
    Ok(Page::new(Section::Policies, "Policies that only watch", body).into())
}

async fn page(visit: &Visit, error: Option<&Error>) -> Result<Page> {
    let name = policy(visit);
    let all = visit.ask("listMonitoredPolicies").with("limit", &ADMIN_PAGE_MAX.to_string()).await?;
    let found = list(&all, "/items").iter().find(|policy| text(policy, "/policy") == name);
    let found = found.ok_or_else(|| Error::not_found("policy that only watches"))?;
    let question = visit.ask("listMonitoredSubjects").at("policy", name).with("limit", &DASHBOARD_ROWS_MAX.to_string());
    let subjects = question.with_own(&["change", "cursor"]).await?;
    let inner = html! {
        input type="hidden" name="policy" value=(name);
        (accept(visit, 0, None))
        button.primary type="submit" data-asks="Have this policy decide from now on?" { "Enforce it" }
    };
    let body = html! {
        (refusal(error))
        p { "This policy is asked about everybody, and what it answers changes nothing." }
        dl.facts {
            dt { "Now" } dd { (words::would_counts(found.get("now").unwrap_or(&Value::Null))) }
            dt { "Since it began" } dd { (words::would_counts(found.get("total").unwrap_or(&Value::Null))) }
            @let since = text(found, "/since");
            @if !since.is_empty() { dt { "It began" } dd { (ago(visit.now, since)) } }
        }
        (filters(&visit.link("/policies/monitor"), &[("policy", name)], &choice("change", "Show", visit.parameter("change").unwrap_or_default(), &words::WOULD)))
        (subjects_table(visit, &subjects))
        @if visit.may(Role::Admin) {
            section.card {
                h2 { "Enforce it" }
                p { "It is planned and applied at once. To look at the plan first, switch its mode under " a href=(visit.link("/policies")) { "Policies" } "." }
                (visit.form(&visit.link("/policies/monitor/promote"), &inner))
            }
        }
    };
    Ok(Page::new(Section::Policies, format!("Policy {} only watches", parts::title(name)), body))
}

fn subjects_table(visit: &Visit, subjects: &Value) -> Markup {
    let items = list(subjects, "/items");
    html! {
        @if items.is_empty() {
            p.muted { @if text(subjects, "/nextCursor").is_empty() { "Nobody." } @else { "Nobody so far." } }
        } @else {
            div.scroll tabindex="0" role="region" aria-label="Who would be different" {
                table {
                    thead { tr { th { "Who" } th { "What" } th { "Why" } th { "Found" } } }
                    tbody { @for subject in items { (row(visit, subject)) } }
                }
            }
        }
        (more(subjects, |cursor| visit.here_with("cursor", cursor)))
    }
}

/// Somebody who would be different, by a policy that only watches or by a pipeline in shadow.
pub(super) fn row(visit: &Visit, subject: &Value) -> Markup {
    let (policy, reason) = (text(subject, "/reason/policy"), text(subject, "/reason/text"));
    html! {
        tr {
            td { a href=(why(visit, text(subject, "/kind"), text(subject, "/scimId"))) { (parts::name(text(subject, "/name"))) } }
            td { (words::would(list(subject, "/would"))) }
            td {
                @if !policy.is_empty() { b { (parts::name(policy)) } ": " }
                (sentence(reason))
                @for change in list(subject, "/changes").iter().take(1) { div { (sentence(text(change, "/reason"))) } }
                (sentence(text(subject, "/fault")))
            }
            td { (ago(visit.now, text(subject, "/at"))) }
        }
    }
}

async fn promote(visit: Visit) -> Result<Answer> {
    let promoted = async {
        let body = match accepted(&visit)? {
            Some(accepted) => json!({"acceptRemovals": accepted}),
            None => json!({}),
        };
        visit.ask("promotePolicy").at("policy", policy(&visit)).json(body).await
    };
    match promoted.await {
        Ok(applied) => Ok(Answer::Redirect(visit.link(&format!("/policies/plans/{}?done=applied", text(&applied, "/plan/id"))))),
        Err(error) => Ok(Answer::Refused(status(&error), page(&visit, Some(&error)).await?)),
    }
}
