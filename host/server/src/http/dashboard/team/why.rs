//! Why anybody is in the team as they are, or is not: what was decided, and what each policy was given and answered.
//!
//! Finds by any id, name or address, also those who are only in an inventory, or of whom nothing but a deletion is left.

use maud::{Markup, html};
use serde_json::Value;

use super::super::Route;
use super::super::names::{self, Names};
use super::super::page::{Answer, Page, Section};
use super::super::parts::{Tone, ago, badge, choice, cut, empty, is, list, name, number, search, sentence, table, text, words};
use super::super::visit::Visit;
use crate::error::{Error, Kind, Result};
use crate::http::dashboard::limits::{
    DASHBOARD_INPUT_BYTES_MAX, DASHBOARD_STEPS_BYTES_MAX, DASHBOARD_STEPS_MAX, DASHBOARD_VALUE_CHARACTERS_MAX,
};
use crate::limits::NAME_BYTES_MAX;
use doorlist_scim::ErrorKind;

/// Characters of one document that a policy was given.
const INPUT_CHARACTERS: usize = 4 * DASHBOARD_VALUE_CHARACTERS_MAX;

/// Changes of one policy, lines that it printed, groups and namesakes that are shown, each.
const SHOWN_EACH: usize = 10;

pub(super) fn pages() -> Vec<Route> {
    vec![Route::get("/tenants/{tenant}/why", show)]
}

async fn show(visit: Visit) -> Result<Answer> {
    let kind = if visit.parameter("kind") == Some("group") { "group" } else { "user" };
    let asked = visit.parameter("named");
    let found = match asked {
        Some(named) => answer(&visit, kind, named).await?,
        None => html! {
            (empty("Ask about anybody", &html! {
                "About somebody who cannot get in, or who is there and should not be: the answer says what was decided, by which policy, and which request came last. "
                "It also finds those who never came into the team."
            }))
        },
    };
    let body = html! {
        form.filters method="get" action=(visit.link("/why")) role="search" {
            (search("named", "Name, e-mail address or any id", asked.unwrap_or_default()))
            (choice("kind", "Of a", kind, &[("user", "User"), ("group", "Group")]))
            button.primary type="submit" { "Ask why" }
        }
        (found)
    };
    Ok(Page::new(Section::Why, "Ask why", body).into())
}

async fn answer(visit: &Visit, kind: &str, named: &str) -> Result<Markup> {
    let operation = if kind == "group" { "explainGroup" } else { "explainUser" };
    let explained = match visit.ask(operation).at(kind, named).await {
        Ok(explained) => explained,
        Err(error) if error.kind() == Kind::Scim(ErrorKind::NotFound) => return alike(visit, kind, named, &error).await,
        Err(error) => return Err(error),
    };
    let names = Names::read(visit).await?;
    let there = Some(text(&explained, "/directoryId")).filter(|id| !id.is_empty());
    Ok(html! {
        section.card {
            h2 { (name(text(&explained, "/name"))) }
            @if let Some(id) = there { p { a href=(visit.link(&format!("/{kind}s/{id}"))) { "The page of this " (kind) } } }
            (explanation(visit, &names, &explained))
        }
    })
}

/// Who may be meant by a part of a name, or a name to show.
struct Alike {
    id: String,
    name: String,
    called: String,
}

/// Whoever has what was typed in a name, to choose from.
async fn alike(visit: &Visit, kind: &str, named: &str, error: &Error) -> Result<Markup> {
    // No name is longer.
    if named.len() > NAME_BYTES_MAX {
        return Ok(unknown(visit, named, error, false));
    }
    let most = SHOWN_EACH.to_string();
    let decided = visit.ask("listDecisions").with("kind", kind).with("search", named).with("limit", &most).await?;
    let (listed, at) = if kind == "group" { ("listGroups", "/displayName") } else { ("listUsers", "/userName") };
    let there = visit.ask(listed).with("search", named).with("limit", &most).await?;
    let mut found: Vec<Alike> = Vec::new();
    for one in list(&there, "/items") {
        let called = if kind == "group" { "" } else { text(one, "/displayName") };
        found.push(Alike { id: text(one, "/id").to_owned(), name: text(one, at).to_owned(), called: called.to_owned() });
    }
    for one in list(&decided, "/items") {
        let ids = [text(one, "/scimId"), text(one, "/member")];
        if !found.iter().any(|known| ids.contains(&known.id.as_str())) {
            found.push(Alike { id: text(one, "/scimId").to_owned(), name: text(one, "/name").to_owned(), called: String::new() });
        }
    }
    let more = [&decided, &there].into_iter().any(|page| !text(page, "/nextCursor").is_empty());
    Ok(if found.is_empty() { unknown(visit, named, error, more) } else { choose(visit, kind, &found, more) })
}

fn choose(visit: &Visit, kind: &str, found: &[Alike], more: bool) -> Markup {
    html! {
        section.card {
            h2 { "Whom do you mean?" }
            ul {
                @for one in found {
                    li {
                        a href=(names::why(visit, kind, &one.id)) { (name(&one.name)) }
                        @if !one.called.is_empty() && one.called != one.name { " " span.muted { (name(&one.called)) } }
                    }
                }
            }
            @if more { p.hint { "There may be more: type more of the name." } }
        }
    }
}

fn unknown(visit: &Visit, named: &str, error: &Error, more: bool) -> Markup {
    let log = super::super::visit::with_query(&visit.link("/activity"), &[("text".to_owned(), named.to_owned())]);
    html! {
        (empty("Nothing is known of this one", &html! {
            p { bdi { (error.to_string()) } }
            @if more { p { "Not everybody was looked through: type the whole user name, e-mail address or id." } }
            @else { p { "So no identity provider has sent them. There: are they assigned to the application, or a member of a group that is? Is the connection activated?" } }
            p { a href=(log) { "Look for it in the activity" } " · " a href=(visit.link("/integrations")) { "Look at the connections" } }
        }))
    }
}

/// An explanation.
pub(super) fn explanation(visit: &Visit, names: &Names, explained: &Value) -> Markup {
    let evaluation = explained.get("evaluation").filter(|evaluation| evaluation.is_object());
    html! {
        p { b { (words(text(explained, "/summary"))) } }
        p.row { (badges(visit, explained)) }
        (circumstances(visit, names, explained))
        @if let Some(evaluation) = evaluation {
            (deciding(evaluation))
            h3 { "Policy by policy" }
            (steps(names, evaluation))
        }
        (namesakes(visit, names, explained))
    }
}

fn badges(visit: &Visit, explained: &Value) -> Markup {
    let hold = text(explained, "/decision/held/hold");
    html! {
        @match text(explained, "/standing") {
            "inventory" => (badge(Tone::Plain, "At the identity provider")),
            "deleted" => (badge(Tone::Warning, "Deleted at the identity provider")),
            "local" => (badge(Tone::Plain, "Made here")),
            _ => (badge(Tone::Plain, "Made by policies")),
        }
        @if explained.get("decision").is_some() {
            @if is(explained, "/decision/included") { (badge(Tone::Good, "In the team")) } @else { (badge(Tone::Warning, "Left out")) }
        }
        @if !text(explained, "/decision/stuck/text").is_empty() { (badge(Tone::Bad, "Stuck")) }
        @if !hold.is_empty() { a href=(visit.link(&format!("/holds/{hold}"))) { (badge(Tone::Bad, "Held")) } }
        @if is(explained, "/due") { (badge(Tone::Warning, "Still to be projected")) }
    }
}

fn circumstances(visit: &Visit, names: &Names, explained: &Value) -> Markup {
    let request = explained.pointer("/lastScimRequest");
    let touch = explained.pointer("/lastTouch").filter(|touch| Some(*touch) != request);
    html! {
        dl.facts {
            @if !text(explained, "/connection").is_empty() { dt { "Comes from" } dd { (names.connection_link(visit, text(explained, "/connection"))) } }
            @if !text(explained, "/scimId").is_empty() { dt { "SCIM id" } dd { code { (text(explained, "/scimId")) } } }
            @if !text(explained, "/decision/at").is_empty() {
                dt { "Decided" }
                dd {
                    (ago(visit.now, text(explained, "/decision/at"))) ", by pipeline revision " (number(explained, "/decision/pipelineRevision"))
                    @if number(explained, "/evaluation/pipelineRevision") > number(explained, "/decision/pipelineRevision") && !is(explained, "/due") {
                        "; up to revision " (number(explained, "/evaluation/pipelineRevision")) " nothing else was concluded"
                    }
                }
            }
            @if !text(explained, "/scimId").is_empty() {
                dt { "Activity" }
                dd { a href=(super::super::visit::with_query(&visit.link("/activity"), &[("subject".to_owned(), text(explained, "/scimId").to_owned())])) { "What was asked about this one" } }
            }
            @if let Some(request) = request { dt { "Last SCIM request" } dd { (touched(visit, names, request)) } }
            @if let Some(touch) = touch { dt { "Last touched by" } dd { (touched(visit, names, touch)) } }
            @let assigned = list(explained, "/evaluation/assignedGroups");
            @if !assigned.is_empty() {
                dt { "Groups there" }
                dd {
                    @for (place, group) in assigned.iter().take(SHOWN_EACH).enumerate() {
                        @if place > 0 { ", " }
                        a href=(names::why(visit, "group", text(group, "/id"))) { (name(text(group, "/name"))) }
                    }
                    @if assigned.len() > SHOWN_EACH { " and " (assigned.len() - SHOWN_EACH) " more" }
                }
            }
        }
    }
}

/// An entry of the activity, in one line.
fn touched(visit: &Visit, names: &Names, touch: &Value) -> Markup {
    html! {
        @if let Some(entry) = touch.get("entry") {
            code { (text(entry, "/action")) } " by " (names.actor(visit, entry.get("actor").unwrap_or(&Value::Null))) ", "
            (ago(visit.now, text(entry, "/at"))) ", request " code { (cut(text(entry, "/requestId"), 64)) }
        } @else {
            "Entry " (number(touch, "/activity")) " of the activity, which is no longer kept"
        }
    }
}

/// Which groups decided.
fn deciding(evaluation: &Value) -> Markup {
    let groups = list(evaluation, "/decidingGroups");
    let not_tried = number(evaluation, "/groupsNotTried");
    let what = |group: &Value, pointer: &str| {
        let aspects = list(group, pointer).iter().filter_map(Value::as_str);
        let words = aspects.map(|aspect| match aspect {
            "included" => "being in the team",
            "status" => "the status",
            _ => "the role",
        });
        words.collect::<Vec<_>>().join(", ")
    };
    html! {
        @if !groups.is_empty() {
            h3 { "Groups that decided" }
            ul {
                @for group in groups.iter().take(SHOWN_EACH) {
                    @let (needed, enough) = (what(group, "/needed"), what(group, "/sufficient"));
                    li {
                        b { (name(text(group, "/name"))) }
                        @if !needed.is_empty() { ": needed for " (needed) }
                        @if !enough.is_empty() {
                            @if needed.is_empty() { ": " } @else { ", and " }
                            "enough by itself for " (enough)
                        }
                    }
                }
            }
            @if groups.len() > SHOWN_EACH { p.hint { "And " (groups.len() - SHOWN_EACH) " more." } }
        }
        @if not_tried > 0 { p.hint { (not_tried) " groups were not tried: there are too many." } }
    }
}

/// What each policy was given and answered. Policies for other connections are not asked and only counted.
fn steps(names: &Names, evaluation: &Value) -> Markup {
    let all = list(evaluation, "/steps");
    let asked: Vec<&Value> = all.iter().filter(|step| text(step, "/notAsked").is_empty()).collect();
    let (mut left, mut bytes) = (DASHBOARD_INPUT_BYTES_MAX, 0);
    let mut shown: Vec<Markup> = Vec::new();
    for one in asked.iter().take(DASHBOARD_STEPS_MAX) {
        if bytes > DASHBOARD_STEPS_BYTES_MAX {
            break;
        }
        let step = step(names, one, &mut left);
        bytes += step.0.len();
        shown.push(step);
    }
    html! {
        @if asked.is_empty() { p { "No policy was asked: everybody who comes is let in as they are." } }
        @if !shown.is_empty() { ol.steps { @for step in &shown { (step) } } }
        @if asked.len() > shown.len() { p.hint { "And " (asked.len() - shown.len()) " more policies, which the API explains." } }
        @if all.len() > asked.len() { p.hint { (all.len() - asked.len()) " policies were not asked, as they are not for this one." } }
    }
}

fn step(names: &Names, step: &Value, left: &mut usize) -> Markup {
    let (changes, log) = (list(step, "/changes"), list(step, "/log"));
    let fault = text(step, "/fault");
    let watches = text(step, "/mode") == "monitor";
    let would: Vec<&str> = list(step, "/would").iter().take(SHOWN_EACH).map(|would| would_word(text(would, "/change"))).collect();
    html! {
        li {
            b { (name(text(step, "/policy"))) } " " span.muted { (text(step, "/plugin")) " " (text(step, "/version")) ", " (took(number(step, "/micros"))) }
            @if let Some(connection) = names.connection(text(step, "/connection")) { span.muted { ", only for " (name(connection)) } }
            @if watches { " " (badge(Tone::Plain, "Only watches")) }
            @if !fault.is_empty() { p { (badge(Tone::Bad, "Failed")) " " (words(fault)) } }
            @if changes.is_empty() && fault.is_empty() {
                p { "Changed nothing." }
            } @else {
                ul {
                    @for change in changes.iter().take(SHOWN_EACH) {
                        li { (effect(text(change, "/effect"), change.get("value"))) @let reason = text(change, "/reason"); @if !reason.is_empty() { ": " (sentence(reason)) } }
                    }
                    @if changes.len() > SHOWN_EACH { li { "and " (changes.len() - SHOWN_EACH) " more changes" } }
                }
            }
            @if !would.is_empty() { p { "In force it would: " (would.join(", ")) "." } }
            @if !log.is_empty() {
                details {
                    summary { "What it printed" }
                    pre { @for line in log.iter().filter_map(Value::as_str).take(SHOWN_EACH) { bdi { (cut(line, DASHBOARD_VALUE_CHARACTERS_MAX / 4)) } "\n" } }
                }
            }
            (document("What it was given", step.get("input"), left))
            (document("What was proposed before it", step.get("view"), left))
        }
    }
}

/// What a policy that only watches would do.
fn would_word(change: &str) -> &str {
    match change {
        "included" => "let in",
        "excluded" => "leave out",
        "suspended" => "suspend",
        "reactivated" => "make active",
        "role" => "give another role",
        "changed" => "change names or attributes",
        "membership.added" => "put into a group",
        "membership.removed" => "take out of a group",
        other => other,
    }
}

/// A document that can be opened, as long as there is room for it on the page.
fn document(title: &str, document: Option<&Value>, left: &mut usize) -> Markup {
    let Some(document) = document.filter(|document| !document.is_null()) else { return html! {} };
    let shown = cut(&serde_json::to_string_pretty(document).unwrap_or_default(), INPUT_CHARACTERS);
    // Quotation marks and brackets are longer on a page.
    let bytes = html! { (shown) }.into_string().len();
    if bytes > *left {
        return html! { p.hint { (title) ": too long for this page. The API has it." } };
    }
    *left -= bytes;
    html! { details { summary { (title) } pre { (shown) } } }
}

/// Processor time in words.
fn took(micros: u64) -> String {
    if micros < 100 {
        return format!("{micros} µs");
    }
    format!("{}.{} ms", micros / 1_000, micros % 1_000 / 100)
}

/// A policy's change in words.
fn effect(effect: &str, value: Option<&Value>) -> Markup {
    let value = value.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)).unwrap_or_default();
    let said = match effect {
        "include" => "Let in",
        "exclude" => "Left out",
        "set-status" => "Status ",
        "set-role" => "Role ",
        "add-group" | "add-named-group" => "Into group ",
        "remove-group" | "remove-named-group" => "Out of group ",
        "set-user-name" => "User name ",
        "set-display-name" => "Display name ",
        "set-attribute" => "Attribute ",
        "remove-attribute" => "Without attribute ",
        other => return html! { code { (other) } " " (name(&value)) },
    };
    html! { (said) @if !value.is_empty() { b { (name(&value)) } } }
}

/// Others of the same name.
fn namesakes(visit: &Visit, names: &Names, explained: &Value) -> Markup {
    let others = list(explained, "/others");
    let kind = text(explained, "/kind");
    let rows = html! {
        @for other in others.iter().take(SHOWN_EACH) {
            tr {
                td { a href=(names::why(visit, kind, text(other, "/id"))) { code { (text(other, "/id")) } } }
                td { (text(other, "/standing")) }
                td { @if !text(other, "/connection").is_empty() { (names.connection_link(visit, text(other, "/connection"))) } }
            }
        }
    };
    html! {
        @if !others.is_empty() {
            h3 { "The same name may mean others" }
            (table("Others of this name", &["Id", "Standing", "Comes from"], &rows))
        }
    }
}
