//! What a tenant asks of plugins: whose signatures count, whether they have to be signed, and what they may cost.
//!
//! Knows no bound: what a limit may be stands in the JSON Schema of the limits, and what is wrong with one the API says.

use maud::{Markup, html};
use serde_json::{Map, Value, json};

use super::Route;
use super::page::{Answer, Page, Section};
use super::parts::{choice, empty, field_at, is, label, list, name, number, refusal, text};
use super::visit::Visit;
use crate::admin::keys::Role;
use crate::admin::plugins::limits::PluginLimits;
use crate::error::{Error, Result};
use crate::http::admin::ask::status;

pub(super) fn pages() -> Vec<Route> {
    vec![
        Route::get("/tenants/{tenant}/settings/plugins", show),
        Route::post("/tenants/{tenant}/settings/plugins/signature", ask_for_signatures),
        Route::post("/tenants/{tenant}/settings/plugins/keys", add_key),
        Route::post("/tenants/{tenant}/settings/plugins/keys/delete", delete_key),
        Route::post("/tenants/{tenant}/settings/plugins/limits", limit),
    ]
}

/// The limits that are numbers, as the API calls them and in words.
const LIMITS: [(&str, &str); 10] = [
    ("revisions", "Versions of plugins, of all together"),
    ("compileMs", "Milliseconds for compiling one"),
    ("compiledBytes", "Bytes of machine code of one"),
    ("configureMs", "Milliseconds for taking its settings"),
    ("projectMs", "Milliseconds for one user or group"),
    ("memoryBytes", "Bytes of memory"),
    ("tableElements", "Elements of a table"),
    ("instances", "Core instances"),
    ("answerBytes", "Bytes of one answer"),
    ("logBytes", "Bytes of what it prints about one user or group"),
];

/// How large a plugin may be, in words.
const TIERS: [(&str, &str); 2] =
    [("small", "Small: compiled languages, and JavaScript on QuickJS"), ("large", "Large: Python as well, and JavaScript on SpiderMonkey")];

/// What was refused, and which form asked for it.
type Refused<'a> = Option<(&'a str, &'a Error)>;

fn of<'a>(refused: Refused<'a>, form: &str) -> Option<&'a Error> {
    refused.filter(|(asked, _)| *asked == form).map(|(_, error)| error)
}

async fn show(visit: Visit) -> Result<Answer> {
    Ok(page(&visit, None).into())
}

fn page(visit: &Visit, refused: Refused<'_>) -> Page {
    let keys = list(&visit.tenant, "/signingKeys");
    let required = is(&visit.tenant, "/signatureRequired");
    let owns = visit.may(Role::Owner);
    let switch = html! {
        @if required { button type="submit" name="required" value="false" data-asks="Take plugins without a signature from now on?" { "Ask for none" } }
        @else { button type="submit" name="required" value="true" { "Ask for a signature" } }
    };
    let body = html! {
        p { a href=(visit.link("/plugins")) { "Plugins" } " · " a href=(visit.link("/settings")) { "All settings" } }
        section.card id="signature" {
            h2 { "Signatures" }
            (refusal(of(refused, "signature")))
            @if required && keys.is_empty() { ul.warnings { li { "No key is listed whose signature would count, so no plugin can be uploaded." } } }
            p {
                @if required { "A plugin has to be signed by one of the keys below to be uploaded, and to come into the pipeline. What is in force stays in force." }
                @else { "Plugins are taken without a signature as well." }
            }
            @if owns { (visit.form(&visit.link("/settings/plugins/signature"), &switch)) }
        }
        section.card id="keys" {
            h2 { "Keys that sign plugins" }
            (key_list(visit, keys, owns))
            @if owns { (new_key(visit, of(refused, "keys"), keys.len())) }
            @else { (refusal(of(refused, "keys"))) p.muted { "Owners say whose signatures count." } }
        }
        section.card id="limits" {
            h2 { "What plugins may cost" }
            p {
                "Each is a limit of one plugin, but for the first. "
                @if visit.operator.installation().is_err() { "A key of this tenant lowers them; raising one takes a key of the whole installation." }
                @else { "Keys of the tenant can only lower them." }
            }
            (limit_form(visit, of(refused, "limits")))
        }
    };
    Page::new(Section::Settings, "Settings of plugins", body)
}

fn key_list(visit: &Visit, keys: &[Value], owns: bool) -> Markup {
    html! {
        @if keys.is_empty() {
            (empty("No key is listed", &html! { "Make one with " code { "doorlist plugin keygen" } ", which prints what belongs here. It signs with " code { "doorlist plugin sign" } "." }))
        } @else {
            div.scroll tabindex="0" role="region" aria-label="Keys that sign plugins" {
                table {
                    thead { tr { th { "Name" } th { "Public key" } @if owns { th { span.muted { "Action" } } } } }
                    tbody {
                        @for key in keys {
                            tr {
                                td { (name(text(key, "/name"))) }
                                td { code { (text(key, "/publicKey")) } }
                                @if owns {
                                    td {
                                        (visit.form(&visit.link("/settings/plugins/keys/delete"), &html! {
                                            input type="hidden" name="publicKey" value=(text(key, "/publicKey"));
                                            button.quiet type="submit" aria-label=(format!("Delete: {}", label(text(key, "/name")))) data-asks="Delete this key? Its signatures count no longer. What is in force stays in force." { "Delete" }
                                        }))
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The form of another key, which has the place behind those that are there.
fn new_key(visit: &Visit, error: Option<&Error>, place: usize) -> Markup {
    let typed = |name: &str| if error.is_some() { visit.form.text(name) } else { "" };
    let problem = |field: &str| wrong(error, &format!("/signingKeys/{place}/{field}"));
    let inner = html! {
        (field_at("key-name", "Name", typed("key-name"), "Whose it is, or what it is for.", problem("name")))
        (field_at("public-key", "Public key", typed("public-key"), "Ed25519, base64 of its 32 bytes.", problem("publicKey")))
        p { button.primary type="submit" { "Add the key" } }
    };
    html! {
        h3 { "Another key" }
        @if error.is_some_and(|_| problem("name").is_none() && problem("publicKey").is_none()) { (refusal(error)) }
        (visit.form(&visit.link("/settings/plugins/keys"), &inner))
    }
}

/// What is wrong at a place.
fn wrong<'a>(error: Option<&'a Error>, pointer: &str) -> Option<&'a str> {
    error?.problems().iter().find(|problem| problem.pointer == pointer).map(|problem| problem.message.as_str())
}

/// The limits, to be changed by who may.
fn limit_form(visit: &Visit, error: Option<&Error>) -> Markup {
    let schema = schemars::schema_for!(PluginLimits).to_value();
    let bound = |name: &str, word: &str| number(&schema, &format!("/properties/{name}/{word}"));
    let said = |name: &str| visit.tenant.pointer(&format!("/pluginLimits/{name}"));
    let tier = said("tier").and_then(Value::as_str).unwrap_or("small");
    if !visit.may(Role::Admin) {
        return html! {
            (refusal(error))
            dl.facts {
                dt { "Size" } dd { @for (_, words) in TIERS.iter().filter(|(word, _)| *word == tier) { (words) } }
                @for (name, label) in LIMITS { dt { (label) } dd { (said(name).and_then(Value::as_u64).unwrap_or(bound(name, "default"))) } }
            }
        };
    }
    let shown = |name: &str| match error {
        Some(_) => visit.form.text(name).to_owned(),
        None => said(name).and_then(Value::as_u64).map(|number| number.to_string()).unwrap_or_default(),
    };
    // Of compiling and of machine code the large tier has more by default.
    let hint = |name: &str| match (tier, name) {
        ("large", "compileMs" | "compiledBytes") => {
            format!("At least {}. Without a number it is {}.", bound(name, "minimum"), bound(name, "maximum"))
        }
        _ => format!("At least {}. Without a number it is {}, which is the most.", bound(name, "minimum"), bound(name, "default")),
    };
    let inner = html! {
        (choice("tier", "How large one may be", if error.is_some() { visit.form.text("tier") } else { tier }, &TIERS))
        @for (name, label) in LIMITS {
            (field_at(name, label, &shown(name), &hint(name), wrong(error, &format!("/pluginLimits/{name}"))))
        }
        p { button.primary type="submit" { "Save" } }
    };
    html! {
        (refusal(error))
        (visit.form(&visit.link("/settings/plugins/limits"), &inner))
    }
}

/// Changes the tenant and goes back, or says what was refused where it was asked.
async fn change(visit: &Visit, form: &str, patch: Value) -> Result<Answer> {
    match visit.ask("patchTenant").json(patch).await {
        Ok(_) => Ok(Answer::Redirect(visit.link("/settings/plugins?done=saved"))),
        Err(error) => Ok(Answer::Refused(status(&error), page(visit, Some((form, &error))))),
    }
}

async fn ask_for_signatures(visit: Visit) -> Result<Answer> {
    let required = visit.form.text("required") == "true";
    change(&visit, "signature", json!({"signatureRequired": required})).await
}

async fn add_key(visit: Visit) -> Result<Answer> {
    let mut keys = list(&visit.tenant, "/signingKeys").to_vec();
    keys.push(json!({"name": visit.form.text("key-name"), "publicKey": visit.form.text("public-key")}));
    change(&visit, "keys", json!({"signingKeys": keys})).await
}

async fn delete_key(visit: Visit) -> Result<Answer> {
    let gone = visit.form.text("publicKey");
    let left: Vec<&Value> = list(&visit.tenant, "/signingKeys").iter().filter(|key| text(key, "/publicKey") != gone).collect();
    change(&visit, "keys", json!({"signingKeys": left})).await
}

async fn limit(visit: Visit) -> Result<Answer> {
    let mut limits = Map::new();
    limits.insert("tier".to_owned(), Value::from(visit.form.text("tier")));
    for (name, _) in LIMITS {
        match visit.form.text(name) {
            "" => {}
            // What is no number is told by the API.
            text => drop(limits.insert(name.to_owned(), text.parse::<u64>().map_or_else(|_| Value::from(text), Value::from))),
        }
    }
    change(&visit, "limits", json!({"pluginLimits": limits})).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_limit_has_words() {
        let schema = schemars::schema_for!(PluginLimits).to_value();
        let mut known: Vec<&str> =
            schema["properties"].as_object().unwrap().keys().map(String::as_str).filter(|name| *name != "tier").collect();
        let mut told: Vec<&str> = LIMITS.iter().map(|(name, _)| *name).collect();
        known.sort_unstable();
        told.sort_unstable();
        assert_eq!(told, known);
    }
}
