//! The wizard: what to synchronize, then base URL and token. What was chosen is in the address, so going back loses nothing, and nothing is made before the last step.

use maud::{Markup, html};
use serde_json::json;

use super::super::Route;
use super::super::page::{Answer, Page, Section};
use super::super::parts::{area, field, name, refusal, text, words};
use super::super::visit::Visit;
use super::provider::{self, Provider};
use crate::error::{Error, Result};
use crate::http::admin::ask::status;

pub(super) fn pages() -> Vec<Route> {
    vec![
        Route::get("/tenants/{tenant}/integrations/new/{provider}", show).to_change(),
        Route::post("/tenants/{tenant}/integrations/new/{provider}", create),
    ]
}

/// What was chosen so far.
struct Chosen {
    name: String,
    groups: String,
    prefixes: String,
    users: String,
    user_groups: String,
    user_group_match: String,
}

impl Chosen {
    fn read(visit: &Visit) -> Self {
        let said = |name: &str| visit.parameter(name).unwrap_or(visit.form.text(name)).to_owned();
        Self {
            name: said("name"),
            groups: said("groups"),
            prefixes: said("prefixes"),
            users: said("users"),
            user_groups: said("userGroups"),
            user_group_match: said("userGroupMatch"),
        }
    }

    /// What other steps chose, to go along with a form.
    fn hidden(&self, but_for: &[&str]) -> Markup {
        let all = [
            ("name", &self.name),
            ("groups", &self.groups),
            ("prefixes", &self.prefixes),
            ("users", &self.users),
            ("userGroups", &self.user_groups),
            ("userGroupMatch", &self.user_group_match),
        ];
        html! {
            @for (name, value) in all.into_iter().filter(|(name, value)| !but_for.contains(name) && !value.is_empty()) {
                input type="hidden" name=(name) value=(value);
            }
        }
    }
}

fn known(visit: &Visit) -> Result<&'static Provider> {
    provider::find(visit.part("provider")).ok_or_else(|| Error::not_found("provider"))
}

async fn show(visit: Visit) -> Result<Answer> {
    let provider = known(&visit)?;
    let step = visit.parameter("step").and_then(|step| step.parse().ok()).unwrap_or(1);
    Ok(page(&visit, provider, step, None).into())
}

fn page(visit: &Visit, provider: &Provider, step: u32, error: Option<&Error>) -> Page {
    let chosen = Chosen::read(visit);
    let body = html! {
        p.muted { "Step " (step.clamp(1, 4)) " of 4" }
        (refusal(error))
        section.card {
            @match step {
                2 => (groups(visit, &chosen)),
                3 => (users(visit, &chosen)),
                4 => (last(visit, provider, &chosen)),
                _ => (begin(visit, provider, &chosen)),
            }
        }
    };
    Page::new(Section::Integrations, format!("Connect {}", provider.name), body)
}

/// A form that leads to the next step by its address.
fn onward(visit: &Visit, step: u32, inner: &Markup) -> Markup {
    let address = visit.link(&format!("/integrations/new/{}", visit.part("provider")));
    html! {
        form method="get" action=(address) {
            input type="hidden" name="step" value=(step);
            (inner)
        }
    }
}

/// The way back, which keeps what was chosen.
fn back(visit: &Visit, step: u32) -> Markup {
    html! { a.button href=(visit.here_with("step", &step.to_string())) { "Back" } }
}

fn begin(visit: &Visit, provider: &Provider, chosen: &Chosen) -> Markup {
    let name = if chosen.name.is_empty() { provider.name } else { &chosen.name };
    let inner = html! {
        (chosen.hidden(&["name"]))
        (field("name", "Name", name, "What you call this connection here."))
        p { button.primary type="submit" { "Get started" } }
    };
    html! {
        h2 { "Before you begin" }
        p { "You need " (provider.permission) " in " (provider.name) ", and " (provider.minutes) " minutes. Keep its console open beside this page." }
        p { "Synchronization manages only users and groups that come from " (provider.name) ". Whoever was added here by hand stays as they are. Groups that come give membership and never change anybody's role." }
        (onward(visit, 2, &inner))
    }
}

fn groups(visit: &Visit, chosen: &Chosen) -> Markup {
    let some = chosen.groups == "some";
    let inner = html! {
        (chosen.hidden(&["groups", "prefixes"]))
        fieldset {
            legend { "Groups to be synchronized" }
            div.check { input type="radio" id="groups-all" name="groups" value="all" checked[!some]; " " label for="groups-all" { "All groups that are sent" } }
            div.check { input type="radio" id="groups-some" name="groups" value="some" checked[some]; " " label for="groups-some" { "Only groups whose name starts with one of these" } }
            (area("prefixes", "Group name starts with", &chosen.prefixes, "One on each line, such as NB-. Upper and lower case differ: nb- is another one. Counts only with the second choice.", 3))
        }
        div.row { (back(visit, 1)) button.primary type="submit" { "Continue" } }
    };
    html! { h2 { "Groups" } (onward(visit, 3, &inner)) }
}

fn users(visit: &Visit, chosen: &Chosen) -> Markup {
    let some = chosen.users == "some";
    let by_prefix = chosen.user_group_match == "prefix";
    let inner = html! {
        (chosen.hidden(&["users", "userGroups", "userGroupMatch"]))
        fieldset {
            legend { "Users to be synchronized" }
            div.check { input type="radio" id="users-all" name="users" value="all" checked[!some]; " " label for="users-all" { "All users that are sent" } }
            div.check { input type="radio" id="users-some" name="users" value="some" checked[some]; " " label for="users-some" { "Only members of these groups" } }
            (area("userGroups", "Groups", &chosen.user_groups, "One on each line. Upper and lower case differ. Counts only with the second choice.", 3))
            div.check { input type="checkbox" id="by-prefix" name="userGroupMatch" value="prefix" checked[by_prefix]; " " label for="by-prefix" { "Also groups whose name only starts so" } }
        }
        div.row { (back(visit, 2)) button.primary type="submit" { "Continue" } }
    };
    html! { h2 { "Users" } (onward(visit, 4, &inner)) }
}

fn last(visit: &Visit, provider: &Provider, chosen: &Chosen) -> Markup {
    let lines = |text: &str| text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(", ");
    let inner = html! {
        (chosen.hidden(&[]))
        div.row { (back(visit, 3)) button.primary type="submit" { "Make base URL and token" } }
    };
    html! {
        h2 { "Credentials" }
        dl.facts {
            dt { "Name" } dd { (name(&chosen.name)) }
            dt { "Groups" } dd { @if chosen.groups == "some" { "starting with " (words(&lines(&chosen.prefixes))) } @else { "all" } }
            dt { "Users" } dd {
                @if chosen.users == "some" {
                    "members of groups " @if chosen.user_group_match == "prefix" { "starting with " } (words(&lines(&chosen.user_groups)))
                } @else { "all" }
            }
        }
        p { "Next come the base URL and the token for " (provider.name) ". The token is shown once. All of this can be changed later without another token." }
        (visit.form(&visit.link(&format!("/integrations/new/{}", provider.key)), &inner))
    }
}

async fn create(visit: Visit) -> Result<Answer> {
    let provider = known(&visit)?;
    let some = |choice: &str, lines: &str| if visit.form.text(choice) == "some" { visit.form.lines(lines) } else { Vec::new() };
    let body = json!({
        "provider": provider.key,
        "name": visit.form.text("name"),
        "groupPrefixes": some("groups", "prefixes"),
        "userGroups": some("users", "userGroups"),
        "userGroupMatch": if visit.form.text("userGroupMatch") == "prefix" { "prefix" } else { "exact" },
    });
    match visit.ask("createConnection").json(body).await {
        Ok(made) => {
            let id = text(&made, "/id");
            visit.app.unshown.put(&visit, id, text(&made, "/token"));
            Ok(Answer::Redirect(visit.link(&format!("/integrations/{id}/credentials"))))
        }
        Err(error) => {
            // Back to the step whose field is at fault.
            let is_at = |head: &str| error.problems().iter().any(|problem| problem.pointer.starts_with(head));
            let step = if is_at("/name") {
                1
            } else if is_at("/groupPrefixes") {
                2
            } else if is_at("/userGroup") {
                3
            } else {
                4
            };
            Ok(Answer::Refused(status(&error), page(&visit, provider, step, Some(&error))))
        }
    }
}
