//! One policy of a draft: its name, mode and connection, and its settings in a form made from the plugin's JSON Schema.
//!
//! Each button sends the whole form. What adds and takes away entries shows it again; what saves puts the policy into the draft, which then is planned or gathers
//! more changes.

use std::collections::BTreeMap;

use doorlist_scim::ErrorKind;
use maud::{Markup, html};
use serde_json::{Map, Value};

use super::super::Route;
use super::super::names::Names;
use super::super::page::{Answer, Page, Section};
use super::super::parts::{choice, text, title, words};
use super::super::schema_form::{self, Look, Part, Problems, edit, problems_below, read, render};
use super::super::visit::Visit;
use super::draft::{DRAFT, Draft, plugin, plugins};
use super::{place_of, plan};
use crate::error::{Error, Result};
use crate::http::admin::ask::status;

pub(super) fn pages() -> Vec<Route> {
    vec![Route::post("/tenants/{tenant}/policies/policy", save).to_change()]
}

/// What stands in the form.
struct Sheet {
    /// The policy's place in the draft; `None` of a new one.
    place: Option<usize>,
    name: String,
    mode: String,
    connection: String,
    plugin: String,
    version: String,
    settings: Value,
    /// What cannot be read in the settings.
    problems: Problems,
    typed: BTreeMap<String, String>,
    as_json: bool,
    open: Option<String>,
}

/// The form of a new policy, of the plugin that was chosen.
pub(super) async fn add(visit: &Visit, draft: &Draft) -> Result<Answer> {
    let chosen = visit.form.text("plugin");
    let (name, version) = chosen.split_once('/').unwrap_or((chosen, ""));
    let sheet = Sheet {
        place: None,
        name: draft.unused_name(name),
        mode: "enforce".to_owned(),
        connection: String::new(),
        plugin: name.to_owned(),
        version: version.to_owned(),
        settings: Value::Object(Map::new()),
        problems: Problems::new(),
        typed: BTreeMap::new(),
        as_json: false,
        open: None,
    };
    Ok(page(visit, draft, &sheet, None).await?.into())
}

/// The form of a policy that is in the draft.
pub(super) async fn open(visit: &Visit, draft: &Draft, place: usize) -> Result<Answer> {
    let policy = draft.policy(place).ok_or_else(|| Error::not_found("policy"))?;
    let own = |pointer| text(&policy, pointer).to_owned();
    let sheet = Sheet {
        place: Some(place),
        name: own("/name"),
        mode: own("/mode"),
        connection: own("/connection"),
        plugin: own("/plugin"),
        version: own("/version"),
        settings: policy.get("settings").cloned().unwrap_or_default(),
        problems: Problems::new(),
        typed: BTreeMap::new(),
        as_json: false,
        open: None,
    };
    Ok(page(visit, draft, &sheet, None).await?.into())
}

/// The JSON Schema of a plugin's settings as a form has it.
fn schema(known: &[Value], name: &str, version: &str) -> Result<Part> {
    let plugin = plugin(known, name, version).ok_or_else(|| Error::conflict("The plugin of this policy is not there any more."))?;
    Ok(schema_form::root(plugin.get("settingsSchema").unwrap_or(&Value::Null)))
}

impl Sheet {
    /// What was sent.
    fn read(visit: &Visit, part: &Part) -> Self {
        let form = &visit.form;
        let own = |name: &str| form.text(name).to_owned();
        let read = read(part, form.fields());
        Self {
            place: form.text("place").parse().ok(),
            name: own("name"),
            mode: own("mode"),
            connection: own("connection"),
            plugin: own("plugin"),
            version: own("version"),
            settings: read.value,
            problems: read.problems,
            typed: read.typed,
            as_json: form.has("json"),
            open: None,
        }
    }

    /// The draft with this policy in it, and its place.
    fn put(&self, draft: &mut Draft) -> usize {
        let place = self.place.unwrap_or_else(|| draft.add());
        let connection = if self.connection.is_empty() { Value::Null } else { Value::from(self.connection.clone()) };
        draft.change_policy(
            place,
            &[
                ("name", Value::from(self.name.clone())),
                ("plugin", Value::from(self.plugin.clone())),
                ("version", Value::from(self.version.clone())),
                ("mode", Value::from(self.mode.clone())),
                ("connection", connection),
                ("settings", self.settings.clone()),
            ],
        );
        place
    }
}

async fn save(visit: Visit) -> Result<Answer> {
    let mut draft = Draft::read(&visit).await?;
    let known = plugins(&visit).await?;
    let part = schema(&known, visit.form.text("plugin"), visit.form.text("shown"))?;
    let mut sheet = Sheet::read(&visit, &part);
    if sheet.place.is_some_and(|place| place >= draft.len()) {
        return Err(Error::not_found("policy"));
    }
    let command = visit.form.text("do");
    if !sheet.problems.is_empty() {
        let error = Error::new(ErrorKind::InvalidValue, "Some of the settings cannot be read.");
        return Ok(Answer::Refused(status(&error), page(&visit, &draft, &sheet, Some(&error)).await?));
    }
    match command {
        "json" => sheet.as_json = true,
        "form" => sheet.as_json = false,
        "version" => {}
        "keep" => {
            sheet.put(&mut draft);
            return Ok(super::page(&visit, &draft, 0, None).await?.into());
        }
        "plan" => {
            let (before, place) = (Draft::read(&visit).await?, sheet.put(&mut draft));
            return match plan::of(&visit, &draft).await {
                Ok(address) => Ok(Answer::Redirect(address)),
                Err(error) => {
                    sheet.problems = problems_below(error.problems(), &format!("/policies/{place}/settings"));
                    Ok(Answer::Refused(status(&error), refused(&visit, &before, &sheet, place, &error).await?))
                }
            };
        }
        _ => {
            if let Some(edited) = edit(&part, &sheet.settings, command) {
                (sheet.settings, sheet.open) = (edited.value, edited.open);
            }
        }
    }
    Ok(page(&visit, &draft, &sheet, None).await?.into())
}

async fn refused(visit: &Visit, draft: &Draft, sheet: &Sheet, place: usize, error: &Error) -> Result<Page> {
    // As the policy is called on its own page, not by its place.
    let own = format!("/policies/{place}");
    let told = error.problems().iter().map(|problem| {
        let pointer = problem.pointer.strip_prefix(&own).filter(|below| below.is_empty() || below.starts_with('/'));
        crate::error::Problem { pointer: pointer.unwrap_or(&problem.pointer).to_owned(), message: problem.message.clone() }
    });
    let told = Error::invalid(error.to_string()).with_problems(told.collect());
    page(visit, draft, sheet, Some(&told)).await
}

async fn page(visit: &Visit, draft: &Draft, sheet: &Sheet, error: Option<&Error>) -> Result<Page> {
    let known = plugins(visit).await?;
    let part = schema(&known, &sheet.plugin, &sheet.version)?;
    let shown = plugin(&known, &sheet.plugin, &sheet.version).unwrap_or(&Value::Null);
    let version = text(shown, "/version");
    let names = Names::read(visit).await?;
    let look = Look {
        value: &sheet.settings,
        problems: &sheet.problems,
        typed: &sheet.typed,
        as_json: sheet.as_json,
        open: sheet.open.as_deref(),
    };
    let inner = html! {
        input type="hidden" name=(DRAFT) value=(draft.write());
        @if let Some(place) = sheet.place { input type="hidden" name="place" value=(place); }
        input type="hidden" name="plugin" value=(sheet.plugin);
        input type="hidden" name="shown" value=(version);
        @if sheet.as_json { input type="hidden" name="json" value="yes"; }
        // What the Enter key presses in a field is the first button there is.
        button.first type="submit" name="do" value="plan" tabindex="-1" aria-hidden="true" { "See what would change" }
        section.card {
            (named("name", "Name", &sheet.name, error))
            (choice("mode", "Mode", &sheet.mode, &[
                ("enforce", "Enforce: what it decides holds"),
                ("monitor", "Monitor: what it would decide is written down, and nothing changes"),
            ]))
            (names.choice(&sheet.connection))
            p.hint { "It sees the users and groups of this connection, or of all of them." }
            (versions(&known, &sheet.plugin, version))
        }
        section.card id="settings" {
            h2 { "Settings" }
            (render(&part, &look))
            @if sheet.as_json { button.quiet type="submit" name="do" value="form" { "Edit in a form" } }
            @else { button.quiet type="submit" name="do" value="json" { "Edit all of it as JSON" } }
        }
        div.row {
            button.primary type="submit" name="do" value="plan" { "See what would change" }
            button type="submit" name="do" value="keep" { "Keep and change more" }
            a.button href=(visit.link("/policies")) { "Discard" }
        }
        (super::planning())
    };
    let body = html! {
        p {
            a href=(visit.link(&format!("/plugins/{}/{version}", sheet.plugin))) { (sheet.plugin) " " (version) } ": " (words(text(shown, "/description")))
        }
        @if let Some(error) = error { (told(error)) }
        // An entry that was just added is where the page opens.
        (visit.form(&format!("{}#open", visit.link("/policies/policy")), &inner))
    };
    let title = if sheet.place.is_some() { format!("Policy {}", title(&sheet.name)) } else { format!("New policy of {}", sheet.plugin) };
    Ok(Page::new(Section::Policies, title, body))
}

/// What was refused.
fn told(error: &Error) -> Markup {
    html! {
        div.problem role="alert" id="refusal" {
            p { bdi { (error.to_string()) } }
            ul.problems {
                @for problem in error.problems() {
                    li {
                        @if place_of(&problem.pointer).is_some() { "Another policy: " }
                        @if !problem.pointer.is_empty() { code { (problem.pointer) } " " }
                        bdi { (problem.message) }
                    }
                }
            }
        }
    }
}

/// A line of text with what is wrong with it.
fn named(name: &str, label: &str, value: &str, error: Option<&Error>) -> Markup {
    let pointer = format!("/{name}");
    let problem = error.and_then(|error| error.problems().iter().find(|problem| problem.pointer == pointer));
    let described = format!("{name}-wrong");
    html! {
        div.field {
            label for=(name) { (label) }
            input type="text" id=(name) name=(name) value=(value) autocomplete="off" aria-describedby=[problem.map(|_| &described)] aria-invalid=[problem.map(|_| "true")];
            @if let Some(problem) = problem { p.wrong id=(described) { (problem.message) } }
        }
    }
}

/// The versions of the plugin, if there are several.
fn versions(known: &[Value], name: &str, chosen: &str) -> Markup {
    let versions: Vec<&str> = known.iter().filter(|plugin| text(plugin, "/name") == name).map(|plugin| text(plugin, "/version")).collect();
    html! {
        @if versions.len() > 1 {
            (choice("version", "Version", chosen, &versions.iter().map(|version| (*version, *version)).collect::<Vec<_>>()))
            p { button type="submit" name="do" value="version" { "Show the settings of this version" } }
        } @else {
            input type="hidden" name="version" value=(chosen);
        }
    }
}
