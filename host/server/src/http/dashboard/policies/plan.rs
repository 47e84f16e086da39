//! A plan: what a pipeline would make of the directory, for whom and why, and putting it in force.

use doorlist_scim::ErrorKind;
use maud::{Markup, html};
use serde_json::{Value, json};

use super::super::Route;
use super::super::names::{Names, why};
use super::super::page::{Answer, Page, Section};
use super::super::parts::{Tone, ago, badge, choice, counted, empty, field, is, list, more, name, number, refusal, sentence, text};
use super::super::visit::Visit;
use super::draft::{Draft, plugins};
use super::words;
use super::{accept, accepted, filters, in_force};
use crate::admin::keys::Role;
use crate::error::{Error, Kind, Result};
use crate::http::admin::ask::status;
use crate::http::dashboard::limits::DASHBOARD_ROWS_MAX;
use crate::limits::PLANS_MAX;

pub(super) fn pages() -> Vec<Route> {
    vec![
        Route::get("/tenants/{tenant}/policies/plans", all),
        Route::get("/tenants/{tenant}/policies/plans/{plan}", show),
        Route::post("/tenants/{tenant}/policies/plans/{plan}/apply", apply),
    ]
}

/// Seconds between two looks at how far an applied plan has come.
const LOOK_SECONDS: u32 = 2;

/// Has a draft planned and says where the plan is.
pub(super) async fn of(visit: &Visit, draft: &Draft) -> Result<String> {
    let body = draft.proposed(&plugins(visit).await?);
    let plan = visit.ask("createPlan").json(body).await?;
    Ok(address(visit, &plan))
}

/// Has a return to an earlier revision planned and says where the plan is.
pub(super) async fn back_to(visit: &Visit, revision: u64) -> Result<String> {
    let plan = visit.ask("createPlan").json(json!({"rollbackTo": revision})).await?;
    Ok(address(visit, &plan))
}

fn address(visit: &Visit, plan: &Value) -> String {
    visit.link(&format!("/policies/plans/{}", text(plan, "/id")))
}

/// The plans that are kept.
async fn all(visit: Visit) -> Result<Answer> {
    let plans = visit.ask("listPlans").with("limit", &DASHBOARD_ROWS_MAX.to_string()).with_own(&["cursor"]).await?;
    let in_force = in_force(&visit).await?;
    let names = Names::read(&visit).await?;
    let items = list(&plans, "/items");
    let body = html! {
        @if items.is_empty() {
            (empty("There is no plan", &html! {
                "A plan shows what a change of the policies would do. Change something under " a href=(visit.link("/policies")) { "Policies" } "."
            }))
        } @else {
            div.scroll tabindex="0" role="region" aria-label="Plans" {
                table {
                    caption { "Newest first. The last ones are kept." }
                    thead { tr { th { "Plan" } th { "What it would do" } th { "State" } } }
                    tbody {
                        @for plan in items {
                            tr {
                                td { a href=(address(&visit, plan)) { (ago(visit.now, text(plan, "/created"))) } " by " (names.actor(&visit, plan.get("actor").unwrap_or(&Value::Null))) }
                                td { (sentence(list(plan, "/summary").first().and_then(Value::as_str).unwrap_or_default())) }
                                td { (state(plan, in_force)) }
                            }
                        }
                    }
                }
            }
            (more(&plans, |cursor| visit.here_with("cursor", cursor)))
        }
    };
    Ok(Page::new(Section::Policies, "Plans", body).into())
}

/// Whether what a plan was made from is no longer in force. One that was made from nothing is computed anew instead.
fn is_overtaken(plan: &Value, in_force: u64) -> bool {
    plan.get("madeFrom").and_then(Value::as_u64).is_some_and(|made_from| made_from != in_force)
}

/// Whether a plan is in force, can be, or cannot be any more.
fn state(plan: &Value, in_force: u64) -> Markup {
    match plan.get("applied").and_then(Value::as_u64) {
        Some(revision) => badge(Tone::Good, &format!("Applied as revision {revision}")),
        None if is_overtaken(plan, in_force) => badge(Tone::Plain, "Out of date"),
        None => badge(Tone::Warning, "Not applied"),
    }
}

async fn show(visit: Visit) -> Result<Answer> {
    match page(&visit, None).await {
        Ok(page) => Ok(page.into()),
        // The history of the policies names plans for longer than they are kept.
        Err(error) if is_gone(&error) => Ok(Answer::Refused(status(&error), no_longer_kept(&visit))),
        Err(error) => Err(error),
    }
}

fn is_gone(error: &Error) -> bool {
    error.kind() == Kind::Scim(ErrorKind::NotFound)
}

fn no_longer_kept(visit: &Visit) -> Page {
    let next = html! {
        "A plan that was applied is kept as long as its revision in the " a href=(visit.link("/policies/history")) { "history" } ", and of the others the last "
        (PLANS_MAX) ". Those that are kept are under " a href=(visit.link("/policies/plans")) { "Plans" } "."
    };
    Page::new(Section::Policies, "Plan", empty("There is no such plan, or it is no longer kept", &next))
}

async fn page(visit: &Visit, error: Option<&Error>) -> Result<Page> {
    let id = visit.part("plan");
    let plan = visit.ask("getPlan").at("plan", id).await?;
    let in_force = in_force(visit).await?;
    let names = Names::read(visit).await?;
    let question = visit.ask("listPlanDifferences").at("plan", id).with("limit", &DASHBOARD_ROWS_MAX.to_string());
    // Of a plan that was applied long ago only the summary is kept.
    let differences = if is(&plan, "/differencesKept") {
        question.with_own(&["change", "policy", "kind", "subject", "cursor"]).await?
    } else {
        Value::Null
    };
    let applied = plan.get("applied").and_then(Value::as_u64);
    let revision = match applied {
        Some(revision) => match visit.ask("getPipelineRevision").at("revision", &revision.to_string()).await {
            Ok(revision) => Some(revision),
            // Its summary is kept for longer than the revision that it became.
            Err(error) if is_gone(&error) => None,
            Err(error) => return Err(error),
        },
        None => None,
    };
    let newer = if error.is_some() { newest(visit, id).await? } else { None };
    let body = html! {
        (refusal(error))
        @if let Some(newer) = newer { p { a href=(newer) { "Look at the newest plan" } } }
        p.row {
            "Made " (ago(visit.now, text(&plan, "/created"))) " by " (names.actor(visit, plan.get("actor").unwrap_or(&Value::Null))) "." (state(&plan, in_force))
            @if let Some(back) = plan.get("rollbackTo").and_then(Value::as_u64) { span { "Goes back to revision " a href=(visit.link(&format!("/policies/history/{back}"))) { (back) } } }
        }
        @if let Some(revision) = &revision { (progress(visit, revision)) }
        section.card { h2 { "What it would do" } (summary(&plan)) }
        @if applied.is_none() && visit.may(Role::Admin) { (application(visit, &plan, in_force)) }
        section.card id="differences" { h2 { "For whom, and why" } (differences_of(visit, &plan, &differences)) }
    };
    let page = Page::new(Section::Policies, if applied.is_some() { "Applied plan" } else { "Plan" }, body);
    let goes_on = revision.is_some_and(|revision| text(&revision, "/outcome/state") == "applying");
    Ok(if goes_on { page.live(LOOK_SECONDS) } else { page })
}

/// The address of the newest plan, if it is another one.
async fn newest(visit: &Visit, id: &str) -> Result<Option<String>> {
    let plans = visit.ask("listPlans").with("limit", "1").await?;
    Ok(list(&plans, "/items").first().filter(|plan| text(plan, "/id") != id).map(|plan| address(visit, plan)))
}

/// How far the directory follows the revision that the plan became.
fn progress(visit: &Visit, revision: &Value) -> Markup {
    html! {
        section.card id="progress" data-live {
            h2 { "Revision " (number(revision, "/revision")) }
            p { (words::outcome(revision)) }
            @if let Some(progress) = revision.pointer("/outcome/progress") {
                progress value=(number(progress, "/done")) max=(number(progress, "/total").max(1)) aria-label="Projection of everybody" {}
                p { (number(progress, "/done")) " of " (number(progress, "/total")) " users and groups are done." }
            }
            p {
                (counted(number(revision, "/outcome/events"), "change", "changes")) " of the directory"
                @let finished = text(revision, "/outcome/finished");
                @if !finished.is_empty() { ", finished " (ago(visit.now, finished)) }
                "."
            }
        }
    }
}

fn summary(plan: &Value) -> Markup {
    let counts = words::counts(plan.get("counts").unwrap_or(&Value::Null));
    let policies = list(plan, "/byPolicy");
    html! {
        @if counts.is_empty() {
            p { "Nothing would be different for the " (number(plan, "/subjects")) " users and groups there are." }
        } @else {
            ul id="counts" { @for count in &counts { li { (count) } } }
        }
        @if !policies.is_empty() {
            div.scroll tabindex="0" role="region" aria-label="By policy" {
                table {
                    caption { "By policy" }
                    thead { tr { th { "Policy" } th { "Does" } th { "Such as" } } }
                    tbody {
                        @for policy in policies.iter().take(DASHBOARD_ROWS_MAX) {
                            tr {
                                td { @let called = text(policy, "/policy"); @if called.is_empty() { "The identity provider" } @else { (name(called)) } }
                                td { (words::counts(policy.get("counts").unwrap_or(&Value::Null)).join(", ")) }
                                td { @for (at, example) in list(policy, "/examples").iter().filter_map(Value::as_str).enumerate() { @if at > 0 { ", " } (name(example)) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The form that puts it in force.
fn application(visit: &Visit, plan: &Value, in_force: u64) -> Markup {
    let (removals, allowed) = (number(plan, "/removals"), number(plan, "/removalsAllowed"));
    let address = format!("{}/apply", address(visit, plan));
    let inner = html! {
        @if removals > allowed {
            ul.warnings { li { "This plan removes or suspends " (counted(removals, "user", "users")) ", which is more than the guard against mass removals lets pass." } }
        }
        @if removals > 0 { (accept(visit, removals, Some(allowed))) }
        div.row {
            button.primary type="submit" { "Apply" }
            a.button href=(format!("{}/change", self::address(visit, plan))) { "Change more" }
            a.button href=(visit.link("/policies")) { "Discard" }
        }
    };
    html! {
        section.card id="apply" {
            h2 { "Apply" }
            @if is_overtaken(plan, in_force) {
                p { "Another revision of the pipeline has come into force since, so this plan can no longer be applied." }
                p { a.button href=(format!("{}/change", self::address(visit, plan))) { "Make these changes again" } }
            } @else {
                @if is(plan, "/moved") { p { "Users, groups or policies have changed since. It is computed again before it is applied; if it would do something that it does not show, it is not." } }
                (visit.form(&address, &inner))
            }
        }
    }
}

fn differences_of(visit: &Visit, plan: &Value, differences: &Value) -> Markup {
    let chosen = |name| visit.parameter(name).unwrap_or_default();
    let items = list(differences, "/items");
    let fields = html! {
        (choice("change", "Change", chosen("change"), &words::CHANGES))
        (choice("kind", "About", chosen("kind"), &[("", "Users and groups"), ("user", "Users"), ("group", "Groups")]))
        (field("policy", "By the policy", chosen("policy"), ""))
        (field("subject", "Name or id", chosen("subject"), ""))
    };
    html! {
        @if number(plan, "/differences") > 0 && is(plan, "/differencesKept") { (filters(&address(visit, plan), &[], &fields)) }
        @if items.is_empty() {
            p.muted {
                @if !is(plan, "/differencesKept") { "That is no longer kept, since the plan was applied long ago." }
                @else if number(plan, "/differences") == 0 { "Nobody." }
                @else if text(differences, "/nextCursor").is_empty() { "Nobody like that." }
                @else { "Nobody like that so far." }
            }
        } @else {
            div.scroll tabindex="0" role="region" aria-label="Differences" {
                table {
                    thead { tr { th { "Who" } th { "What" } th { "Why" } } }
                    tbody { @for difference in items { (row(visit, difference)) } }
                }
            }
        }
        (more(differences, |cursor| visit.here_with("cursor", cursor)))
    }
}

fn row(visit: &Visit, difference: &Value) -> Markup {
    let below = if text(difference, "/kind") == "group" { "groups" } else { "users" };
    // Who is still to come has no page of a member; the SCIM id leads to why.
    let address = match (text(difference, "/change"), text(difference, "/scimId")) {
        ("member.added" | "group.added", "") => None,
        ("member.added" | "group.added", scim_id) => Some(why(visit, text(difference, "/kind"), scim_id)),
        _ => Some(visit.link(&format!("/{below}/{}", text(difference, "/id")))),
    };
    html! {
        tr {
            td {
                @if let Some(address) = address { a href=(address) { (name(text(difference, "/name"))) } }
                @else { (name(text(difference, "/name"))) }
            }
            td { (words::difference(difference)) }
            td {
                @let (policy, reason) = (text(difference, "/reason/policy"), text(difference, "/reason/text"));
                @if is(difference, "/lifted") { "No longer: " }
                @if !policy.is_empty() { b { (name(policy)) } ": " }
                (sentence(reason))
            }
        }
    }
}

async fn apply(visit: Visit) -> Result<Answer> {
    let applied = async {
        let body = match accepted(&visit)? {
            Some(accepted) => json!({"acceptRemovals": accepted}),
            None => json!({}),
        };
        visit.ask("applyPlan").at("plan", visit.part("plan")).json(body).await
    };
    match applied.await {
        Ok(applied) => Ok(Answer::Redirect(format!("{}?done=applied", address(&visit, applied.get("plan").unwrap_or(&Value::Null))))),
        Err(error) => Ok(Answer::Refused(status(&error), page(&visit, Some(&error)).await?)),
    }
}
