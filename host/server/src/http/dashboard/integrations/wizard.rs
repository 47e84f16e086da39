//! The wizard: what to synchronize, then base URL and token.
//!
//! Each step sends what was chosen so far along with its own fields. It is in the address of the next one as far as an address can carry it, so that a browser's own
//! way back works as well. Nothing is made before the last step, and that makes one connection however often it is pressed.

use axum::http::StatusCode;
use maud::{Markup, html};
use serde_json::{Value, json};

use super::super::Route;
use super::super::form::entries;
use super::super::page::{Answer, Page, Section};
use super::super::parts::{ago, field_at, list, name, text};
use super::super::visit::{Visit, with_query};
use super::filters::{Filters, Wrong};
use super::provider::{self, Provider};
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::http::admin::ask::status;
use crate::http::dashboard::limits::{WIZARD_ADDRESS_BYTES_MAX, WIZARD_AGAIN_MS_MAX};
use crate::limits::CONNECTIONS_MAX;

/// Its steps. The one behind the last form is the page with the credentials.
pub(super) const STEPS: u32 = 5;

/// The step that makes a connection.
const LAST: u32 = 4;

pub(super) fn pages() -> Vec<Route> {
    vec![
        Route::get("/tenants/{tenant}/integrations/new/{provider}", show).to_change(),
        Route::post("/tenants/{tenant}/integrations/new/{provider}", take).to_change(),
    ]
}

/// What was chosen so far.
struct Chosen {
    name: String,
    filters: Filters,
}

impl Chosen {
    fn read(visit: &Visit, provider: &Provider) -> Self {
        let name = visit.form.raw("name").or_else(|| visit.parameter("name")).unwrap_or(provider.name);
        let said = |name: &str| visit.form.raw(name).or_else(|| visit.raw_parameter(name)).unwrap_or_default();
        Self { name: name.to_owned(), filters: Filters::typed(said) }
    }

    /// All of it, with the step that each belongs to.
    fn fields(&self) -> [(u32, &'static str, &str); 6] {
        let Filters { only_groups, group_prefixes, only_users, user_groups, by_prefix } = &self.filters;
        let some = |only: &bool| if *only { "some" } else { "" };
        [
            (1, "name", &self.name),
            (2, "groups", some(only_groups)),
            (2, "groupPrefixes", group_prefixes),
            (3, "users", some(only_users)),
            (3, "userGroups", user_groups),
            (3, "userGroupMatch", if *by_prefix { "prefix" } else { "" }),
        ]
    }

    /// What is wrong with what a step takes, before anything is made.
    fn wrong(&self, step: u32) -> Wrong {
        let mut wrong = Wrong::default();
        match step {
            1 if self.name.trim().is_empty() => wrong.name = Some("Give the connection a name.".to_owned()),
            2 => wrong.groups = self.filters.wrong_groups(),
            3 => wrong.users = self.filters.wrong_users(),
            _ => {}
        }
        wrong
    }

    /// What the API takes.
    fn body(&self, provider: &Provider) -> Value {
        json!({
            "provider": provider.key,
            "name": self.name.trim(),
            "groupPrefixes": entries(&self.filters.group_prefixes),
            "userGroups": entries(&self.filters.user_groups),
            "userGroupMatch": self.filters.user_group_match(),
        })
    }
}

fn known(visit: &Visit) -> Result<&'static Provider> {
    provider::find(visit.part("provider")).ok_or_else(|| Error::not_found("provider"))
}

/// One of the steps that have a form.
fn step(said: &str) -> u32 {
    said.parse().unwrap_or(1).clamp(1, LAST)
}

async fn show(visit: Visit) -> Result<Answer> {
    let provider = known(&visit)?;
    let chosen = Chosen::read(&visit, provider);
    Ok(page(&visit, provider, step(visit.parameter("step").unwrap_or_default()), &chosen, &Wrong::default()).into())
}

/// Takes what a step sends, and leads on or back.
async fn take(visit: Visit) -> Result<Answer> {
    let provider = known(&visit)?;
    // What names no step is sent as a whole.
    let (chosen, at) = (Chosen::read(&visit, provider), visit.form.raw("step").map_or(LAST, step));
    if visit.form.has("back") {
        return Ok(lead(&visit, provider, step(&at.saturating_sub(1).to_string()), &chosen));
    }
    // What is to be made is looked at as a whole, however one came here.
    let from = if at == LAST { 1 } else { at };
    for at in from..=at {
        let wrong = chosen.wrong(at);
        if !wrong.is_nothing() {
            return Ok(Answer::Refused(StatusCode::BAD_REQUEST, page(&visit, provider, at, &chosen, &wrong)));
        }
    }
    if at < LAST { Ok(lead(&visit, provider, at + 1, &chosen)) } else { create(visit, provider, chosen).await }
}

/// Goes to a step with what was chosen.
fn lead(visit: &Visit, provider: &Provider, step: u32, chosen: &Chosen) -> Answer {
    let fields = chosen.fields().into_iter().filter(|(_, _, value)| !value.is_empty());
    let mut query: Vec<(String, String)> = fields.map(|(_, name, value)| (name.to_owned(), value.to_owned())).collect();
    query.push(("step".to_owned(), step.to_string()));
    let address = with_query(&address(visit), &query);
    if address.len() <= WIZARD_ADDRESS_BYTES_MAX {
        return Answer::Redirect(address);
    }
    page(visit, provider, step, chosen, &Wrong::default()).into()
}

fn address(visit: &Visit) -> String {
    visit.link(&format!("/integrations/new/{}", visit.part("provider")))
}

fn page(visit: &Visit, provider: &Provider, step: u32, chosen: &Chosen, wrong: &Wrong) -> Page {
    let body = html! {
        p.muted { "Step " (step) " of " (STEPS) }
        (wrong.shown())
        section.card {
            @match step {
                2 => { h2 { "Groups" } (form(visit, step, chosen, &chosen.filters.groups(wrong), &onward("Continue"))) },
                3 => { h2 { "Users" } (form(visit, step, chosen, &chosen.filters.users(wrong), &onward("Continue"))) },
                LAST => (last(visit, provider, chosen)),
                _ => (begin(visit, provider, chosen, wrong)),
            }
        }
    };
    titled(provider, body)
}

fn titled(provider: &Provider, body: Markup) -> Page {
    Page::new(Section::Integrations, format!("Connect {}", provider.name), body)
}

/// The button that leads on.
fn onward(called: &str) -> Markup {
    html! { button.primary type="submit" { (called) } }
}

/// The form of a step. The button that leads on comes first, since it is the one that the return key presses.
fn form(visit: &Visit, step: u32, chosen: &Chosen, inner: &Markup, onward: &Markup) -> Markup {
    let others = chosen.fields().into_iter().filter(|(of, _, value)| *of != step && !value.is_empty());
    let inner = html! {
        input type="hidden" name="step" value=(step);
        @for (_, name, value) in others { input type="hidden" name=(name) value=(value); }
        (inner)
        div.row {
            (onward)
            @if step > 1 { button type="submit" name="back" value="1" { "Back" } }
            a.button.cancel href=(visit.link("/integrations")) { "Cancel" }
        }
    };
    visit.form(&address(visit), &inner)
}

fn begin(visit: &Visit, provider: &Provider, chosen: &Chosen, wrong: &Wrong) -> Markup {
    let inner = field_at("name", "Name", &chosen.name, "What you call this connection here.", wrong.name.as_deref());
    html! {
        h2 { "Before you begin" }
        p { "You need " (provider.permission) " in " (provider.called) ", and " (provider.minutes) " minutes. Keep its console open beside this page." }
        p { "Synchronization manages only users and groups that come from " (provider.called) ". Whoever was added here by hand stays as they are. Groups that come give membership and never change anybody's role." }
        (form(visit, 1, chosen, &inner, &onward("Get started")))
    }
}

fn last(visit: &Visit, provider: &Provider, chosen: &Chosen) -> Markup {
    html! {
        h2 { "What is to be made" }
        dl.facts { dt { "Name" } dd { (name(&chosen.name)) } (chosen.filters.facts()) }
        (chosen.filters.notes())
        p { "Next come the base URL and the token for " (provider.called) ". The token is shown once. All of this can be changed later without another token." }
        (form(visit, LAST, chosen, &html! {}, &onward("Make base URL and token")))
    }
}

/// What comes of the last step.
enum Made {
    /// A connection with this id.
    Now(String),
    /// None: one of this name was made a moment ago, and nobody has used it.
    Before(Value),
}

async fn create(visit: Visit, provider: &'static Provider, chosen: Chosen) -> Result<Answer> {
    // By itself, so that a browser that goes away meanwhile, as it does when somebody presses twice, does not part the connection from its token.
    let made = tokio::spawn(make(visit.clone(), provider, chosen.body(provider))).await.map_err(Error::internal)?;
    let credentials = |id: &str| Answer::Redirect(visit.link(&format!("/integrations/{id}/credentials?step={STEPS}")));
    match made {
        Ok(Made::Now(id)) => Ok(credentials(&id)),
        Ok(Made::Before(before)) => {
            let id = text(&before, "/id");
            let alike =
                ["groupPrefixes", "userGroups", "userGroupMatch"].iter().all(|field| before[*field] == chosen.body(provider)[*field]);
            if alike && visit.app.unshown.has(&visit, id) {
                return Ok(credentials(id));
            }
            Ok(Answer::Refused(StatusCode::CONFLICT, asked(&visit, provider, &chosen, &before)))
        }
        Err(error) => {
            let wrong = Wrong::of(&error, &chosen.filters);
            // Back to the step whose field is at fault.
            let at = match &wrong {
                Wrong { name: Some(_), .. } => 1,
                Wrong { groups: Some(_), .. } => 2,
                Wrong { users: Some(_), .. } => 3,
                _ => LAST,
            };
            Ok(Answer::Refused(status(&error), page(&visit, provider, at, &chosen, &wrong)))
        }
    }
}

/// Makes a connection, unless one like it waits for its client. One at a time, so that of two presses the second sees what the first one made.
async fn make(visit: Visit, provider: &'static Provider, body: Value) -> Result<Made> {
    let _one = visit.app.connecting.lock().await;
    let all = visit.ask("listConnections").with("limit", &CONNECTIONS_MAX.to_string()).await?;
    let behind = visit.form.text("another");
    let is_unused = |other: &&Value| {
        let is_new = Timestamp::parse(text(other, "/created")).is_some_and(|made| visit.now < made.plus_millis(WIZARD_AGAIN_MS_MAX));
        text(other, "/provider") == provider.key && other["name"] == body["name"] && is_new && other.get("client").is_none()
    };
    // Ids follow one another in time, so those behind the one that was asked about are younger.
    let unused = list(&all, "/items").iter().rev().filter(is_unused).find(|other| text(other, "/id") > behind);
    if let Some(before) = unused {
        return Ok(Made::Before(before.clone()));
    }
    let made = visit.ask("createConnection").json(body).await?;
    let id = text(&made, "/id");
    visit.app.unshown.put(&visit, id, text(&made, "/token"));
    Ok(Made::Now(id.to_owned()))
}

/// The last step, where it is not clear whether another connection is wanted.
fn asked(visit: &Visit, provider: &Provider, chosen: &Chosen, before: &Value) -> Page {
    let id = text(before, "/id");
    let another = html! { button type="submit" name="another" value=(id) { "Make another one of this name" } };
    let body = html! {
        p.muted { "Step " (LAST) " of " (STEPS) }
        section.card {
            h2 { "Is it this one?" }
            p { "A connection called " (name(&format!("“{}”", text(before, "/name")))) " is there already, and nothing has come by it yet. It was made " (ago(visit.now, text(before, "/created"))) ". On its page its filters can be changed, and another token can be made if the first one is lost." }
            p { a.button.primary id="before" href=(visit.link(&format!("/integrations/{id}"))) { "Go on with that one" } }
            (form(visit, LAST, chosen, &html! {}, &another))
        }
    };
    titled(provider, body)
}
