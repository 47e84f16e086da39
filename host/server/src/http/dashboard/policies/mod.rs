//! Policies: the pipeline as a list, and how it is changed.
//!
//! Whatever is changed leads to a plan ([`plan`]) of the pipeline as it would be, and only applying that puts it in force. Until then changes are gathered in a
//! [`draft`] that the pages carry along. [`edit`] has the settings of one policy, [`history`] the revisions, [`monitor`] and [`shadow`] what only watches.

mod draft;
mod edit;
mod history;
mod monitor;
mod plan;
mod shadow;
mod words;

use maud::{Markup, html};
use serde_json::Value;

use self::draft::{DRAFT, Draft, plugins};
use super::Route;
use super::names::Names;
use super::page::{Answer, Page, Section};
use super::parts::{self, Tone, badge, counted, empty, label, list, number, text};
use super::visit::{Visit, with_query};
use crate::admin::keys::Role;
use crate::error::{Error, Result};
use crate::http::admin::ask::status;
use crate::http::dashboard::limits::DASHBOARD_ROWS_MAX;

pub(super) fn pages() -> Vec<Route> {
    let own = vec![
        Route::get("/tenants/{tenant}/policies", show),
        Route::post("/tenants/{tenant}/policies/draft", change).to_change(),
        // By an address of its own, so that one can come back to it.
        Route::get("/tenants/{tenant}/policies/plans/{plan}/change", change_plan).to_change(),
    ];
    [own, edit::pages(), plan::pages(), history::pages(), monitor::pages(), shadow::pages()].into_iter().flatten().collect()
}

/// The pipeline in force.
async fn show(visit: Visit) -> Result<Answer> {
    let (draft, pipeline) = Draft::begin(&visit).await?;
    let mut page = page(&visit, &draft, 0, None).await?;
    let monitored = visit.ask("listMonitoredPolicies").with("limit", &DASHBOARD_ROWS_MAX.to_string()).await?;
    page.body = html! {
        p.row {
            "Revision " (draft.revision) " of the pipeline is in force." (words::outcome(&pipeline))
            a href=(visit.link("/policies/history")) { "History" }
            a href=(visit.link("/policies/plans")) { "Plans" }
            a href=(visit.link("/policies/shadow")) { "Pipeline in shadow" }
        }
        (page.body)
        (monitor::summary(&visit, list(&monitored, "/items")))
    };
    Ok(page.into())
}

/// The draft as a list. `from` is the first place that is shown: a page has room for some.
async fn page(visit: &Visit, draft: &Draft, from: usize, error: Option<&Error>) -> Result<Page> {
    let names = Names::read(visit).await?;
    let may = visit.may(Role::Admin);
    let plugins = if may { plugins(visit).await? } else { Vec::new() };
    let inner = html! {
        input type="hidden" name=(DRAFT) value=(draft.write());
        (pending(visit, draft))
        @if draft.len() == 0 {
            (empty("There is no policy", &html! {
                "Everybody whom an identity provider sends is in the team, with the role that new users get."
                @if may { " Add a policy to filter, rename or give roles." }
            }))
        } @else {
            (table(visit, draft, from, &names, error))
        }
        @if may { (adding(&plugins)) }
    };
    let body = html! {
        p { "Each user and group that an identity provider sends goes through these policies from the first to the last. Each sees what those before it made of them." }
        (refusal(visit, error))
        @if may { (visit.form(&visit.link("/policies/draft"), &inner)) } @else { (inner) }
    };
    Ok(Page::new(Section::Policies, "Policies", body))
}

/// What was refused. Problems of one policy stand at it.
fn refusal(visit: &Visit, error: Option<&Error>) -> Markup {
    html! {
        @if let Some(error) = error {
            div.problem role="alert" id="refusal" {
                p { bdi { (error.to_string()) } }
                @let others = error.problems().iter().filter(|problem| place_of(&problem.pointer).is_none()).collect::<Vec<_>>();
                @if !others.is_empty() { ul { @for other in others { li { bdi { (other.message) } } } } }
                p { a href=(visit.link("/policies")) { "Begin again with the pipeline in force" } }
            }
        }
    }
}

/// The place of the policy that a problem is about.
fn place_of(pointer: &str) -> Option<usize> {
    pointer.strip_prefix("/policies/")?.split('/').next()?.parse().ok()
}

/// What of a draft is not in force, and where it goes on.
fn pending(visit: &Visit, draft: &Draft) -> Markup {
    html! {
        @if draft.is_changed() {
            section.card id="pending" {
                h2 { "Not in force yet" }
                @let removed = draft.removed();
                @if !removed.is_empty() { p { "Removed: " @for (at, name) in removed.iter().take(DASHBOARD_ROWS_MAX).enumerate() { @if at > 0 { ", " } (parts::name(name)) } } }
                p { "See what these changes would do to users and groups. Nothing happens before you apply them." }
                div.row {
                    button.primary type="submit" name="do" value="plan" { "See what would change" }
                    button type="submit" name="do" value="shadow" data-asks="Put this pipeline in shadow, in place of any that is there?" { "Watch it in shadow" }
                    a.button href=(visit.link("/policies")) { "Discard" }
                }
                (planning())
            }
        }
    }
}

/// What stands beside the button that asks for a plan while that is computed: of many people it takes seconds.
fn planning() -> Markup {
    html! {
        div hidden role="status" data-while-sent data-by="plan" {
            p { "Looking at everybody by these policies." }
            progress aria-label="The plan is being computed" {}
        }
    }
}

fn table(visit: &Visit, draft: &Draft, from: usize, names: &Names, error: Option<&Error>) -> Markup {
    let may = visit.may(Role::Admin);
    let shown: Vec<usize> = (0..draft.len()).skip(from).take(DASHBOARD_ROWS_MAX).collect();
    let next = from + shown.len();
    html! {
        @if may { input type="hidden" name="from" value=(from); }
        div.scroll tabindex="0" role="region" aria-label="Pipeline" {
            table id="pipeline" {
                caption { (counted(draft.len() as u64, "policy", "policies")) }
                thead { tr { th { "Place" } th { "Policy" } th { "Plugin" } th { "Mode" } th { "Sees" } th { @if may { "Change" } @else { "Settings" } } } }
                tbody { @for place in shown { (row(visit, draft, place, names, error)) } }
            }
        }
        @if may && (from > 0 || next < draft.len()) {
            p.row {
                @if from > 0 { button type="submit" name="do" value=(format!("show:{}", from.saturating_sub(DASHBOARD_ROWS_MAX))) { "Those before" } }
                @if next < draft.len() { button type="submit" name="do" value=(format!("show:{next}")) { "Those behind" } }
            }
        }
        @if !may && next < draft.len() { p { (draft.len() - next) " more are in the revision, under History." } }
    }
}

fn row(visit: &Visit, draft: &Draft, place: usize, names: &Names, error: Option<&Error>) -> Markup {
    let policy = draft.policy(place).unwrap_or_default();
    let (name, plugin, version) = (text(&policy, "/name"), text(&policy, "/plugin"), text(&policy, "/version"));
    let called = label(name);
    let problems: Vec<&str> = error
        .map_or(&[][..], |error| error.problems())
        .iter()
        .filter(|problem| place_of(&problem.pointer) == Some(place))
        .map(|problem| problem.message.as_str())
        .collect();
    let button = |what: &str, words: &str| {
        html! {
            button.quiet type="submit" name="do" value=(format!("{what}:{place}")) aria-label=(format!("{words}: {called}")) { (words) }
        }
    };
    let switch = if text(&policy, "/mode") == "monitor" { "Enforce" } else { "Only monitor" };
    html! {
        tr {
            td { (place + 1) }
            td {
                (parts::name(name))
                @if let Some(change) = draft.change(place) { " " (badge(Tone::Warning, change)) }
                @for problem in problems { p.wrong { bdi { (problem) } } }
            }
            td { a href=(visit.link(&format!("/plugins/{plugin}/{version}"))) { (plugin) " " (version) } }
            td { (words::mode(&policy)) }
            td { (words::scope(names, &policy)) }
            td {
                @if visit.may(Role::Admin) {
                    (button("settings", "Settings"))
                    @if place > 0 { (button("up", "Move up")) }
                    @if place + 1 < draft.len() { (button("down", "Move down")) }
                    (button("mode", switch))
                    (button("remove", "Remove"))
                } @else {
                    a href=(visit.link(&format!("/policies/history/{}/{place}", draft.revision))) aria-label=(format!("Settings: {called}")) { "Settings" }
                }
            }
        }
    }
}

/// What a policy can be made of.
fn adding(plugins: &[Value]) -> Markup {
    html! {
        section.card {
            h2 { "Add a policy" }
            div.field {
                label for="plugin" { "Plugin" }
                select id="plugin" name="plugin" {
                    @for plugin in plugins {
                        @let named = format!("{}/{}", text(plugin, "/name"), text(plugin, "/version"));
                        option value=(named) { (text(plugin, "/name")) " " (text(plugin, "/version")) ": " (label(text(plugin, "/description").lines().next().unwrap_or_default())) }
                    }
                }
            }
            p { button type="submit" name="do" value="add" { "Add" } }
        }
    }
}

/// Does what a button of the list is for.
async fn change(visit: Visit) -> Result<Answer> {
    let mut draft = Draft::read(&visit).await?;
    let mut from: usize = visit.form.text("from").parse().unwrap_or_default();
    let command = visit.form.text("do");
    let (what, place) = command.split_once(':').unwrap_or((command, ""));
    let place: usize = place.parse().unwrap_or_default();
    match what {
        "plan" => return propose(&visit, &draft).await,
        "shadow" => return shadow::put(&visit, &draft).await,
        "add" => return edit::add(&visit, &draft).await,
        "settings" => return edit::open(&visit, &draft, place).await,
        "show" => from = place,
        "up" => draft.up(place),
        "down" => draft.up(place.saturating_add(1)),
        "mode" => draft.switch(place),
        "remove" => draft.remove(place),
        _ => {}
    }
    Ok(page(&visit, &draft, from.min(draft.len().saturating_sub(1)), None).await?.into())
}

/// The policies of a plan, to go on changing them.
async fn change_plan(visit: Visit) -> Result<Answer> {
    let draft = Draft::of_plan(&visit, visit.part("plan")).await?;
    Ok(page(&visit, &draft, 0, None).await?.into())
}

/// Has a draft planned, and goes to the plan.
async fn propose(visit: &Visit, draft: &Draft) -> Result<Answer> {
    match plan::of(visit, draft).await {
        Ok(address) => Ok(Answer::Redirect(address)),
        Err(error) => {
            // The first policy with a problem is among those that are shown.
            let first = error.problems().iter().find_map(|problem| place_of(&problem.pointer)).unwrap_or_default();
            Ok(Answer::Refused(status(&error), page(visit, draft, first / DASHBOARD_ROWS_MAX * DASHBOARD_ROWS_MAX, Some(&error)).await?))
        }
    }
}

/// A form that chooses what a list shows, by its address.
fn filters(address: &str, hidden: &[(&str, &str)], fields: &Markup) -> Markup {
    html! {
        form.filters method="get" action=(address) {
            @for (name, value) in hidden { input type="hidden" name=(name) value=(value); }
            (fields)
            button type="submit" { "Show" }
        }
    }
}

/// A number of removals and suspensions that an operator agrees to, as a form asks for it; `None` if nothing is entered.
///
/// # Errors
/// If it is no number.
fn accepted(visit: &Visit) -> Result<Option<u64>> {
    match visit.form.text("accept") {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| Error::invalid("How many may go is a number.")),
    }
}

/// The field in which an operator agrees to more removals and suspensions than the guard lets pass.
fn accept(visit: &Visit, removals: u64, allowed: Option<u64>) -> Markup {
    html! {
        div.field {
            label for="accept" { "Users who may be removed or suspended" }
            input type="text" inputmode="numeric" id="accept" name="accept" value=(visit.form.text("accept")) autocomplete="off" aria-describedby="accept-hint";
            p.hint id="accept-hint" {
                @if let Some(allowed) = allowed { "The guard against mass removals lets " (allowed) " pass. If all " (removals) " shall go, enter " (removals) ". " }
                @else { "Only if there are more than the guard against mass removals lets pass: enter how many may go. " }
            }
        }
    }
}

/// The address of a page with the name of a policy, which may have any letters, in its query.
fn of_policy(visit: &Visit, below: &str, name: &str) -> String {
    with_query(&visit.link(below), &[("policy".to_owned(), name.to_owned())])
}

/// The revision in force, as a number.
async fn in_force(visit: &Visit) -> Result<u64> {
    Ok(number(&visit.ask("getSync").await?, "/pipelineRevision"))
}
