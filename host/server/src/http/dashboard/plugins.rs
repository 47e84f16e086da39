//! Plugins: those that a policy can be made of, what each is and has cost, and uploading one.
//!
//! Knows nothing of WebAssembly: what is checked of a file, and what is wrong with it, the API says.

use maud::{Markup, html};
use serde_json::Value;

use super::Route;
use super::names::{Names, why};
use super::page::{Answer, Page, Section};
use super::parts::{
    Tone, ago, badge, copy, counted, cut, document, empty, is, list, more, name, number, problems, refusal, sentence, table, text, words,
};
use super::schema_form::pretty;
use super::visit::Visit;
use crate::admin::keys::Role;
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::http::admin::ask::status;
use crate::http::dashboard::limits::DASHBOARD_ROWS_MAX;
use crate::policy::LoadStage;

pub(super) fn pages() -> Vec<Route> {
    vec![
        Route::get("/tenants/{tenant}/plugins", show),
        Route::upload("/tenants/{tenant}/plugins", upload),
        Route::get("/tenants/{tenant}/plugins/checks", checks),
        Route::get("/tenants/{tenant}/plugins/{name}/{version}", one),
        Route::get("/tenants/{tenant}/plugins/{name}/{version}/log", log),
        Route::post("/tenants/{tenant}/plugins/{name}/{version}/delete", delete),
    ]
}

/// Lines that the log shows about each, and characters of a line.
const LINES_SHOWN: usize = 10;
const LINE_CHARACTERS: usize = 200;

/// The stages that an uploaded plugin passes, in their order, as the API calls them and in words.
const STAGES: [(&str, &str); 11] = [
    ("size", "It is no larger than the tenant allows"),
    ("signature", "It is signed, if it has to be"),
    ("parse", "It is WebAssembly"),
    ("features", "It keeps to the features and counts that are admitted"),
    ("imports", "It wants nothing from outside that is not there"),
    ("exports", "It has what the contract asks"),
    ("componentize", "A component can be made of it"),
    ("compile", "It compiles in time and memory"),
    ("describe", "It says what it is"),
    ("manifest", "What it says is acceptable"),
    ("settingsSchema", "The JSON Schema of its settings is acceptable"),
];

fn link(visit: &Visit, plugin: &Value) -> String {
    visit.link(&format!("/plugins/{}/{}", text(plugin, "/name"), text(plugin, "/version")))
}

async fn show(visit: Visit) -> Result<Answer> {
    Ok(page(&visit, None).await?.into())
}

async fn page(visit: &Visit, error: Option<&Error>) -> Result<Page> {
    let plugins = visit.ask("listPlugins").with("limit", &DASHBOARD_ROWS_MAX.to_string()).with_own(&["cursor"]).await?;
    let pipeline = visit.ask("getPipeline").await?;
    let body = html! {
        @if let Some(error) = error { (refused(error)) }
        div.scroll tabindex="0" role="region" aria-label="Plugins" {
            table id="plugins" {
                caption { "What policies can be made of" }
                thead { tr { th { "Plugin" } th { "What it does" } th { "From" } th { "Size" } th { "Used by" } } }
                tbody { @for plugin in list(&plugins, "/items") { (row(visit, plugin, &pipeline)) } }
            }
        }
        (more(&plugins, |cursor| visit.here_with("cursor", cursor)))
        @if visit.may(Role::Admin) {
            section.card id="upload" {
                h2 { "Upload a plugin" }
                p { "A plugin is a WebAssembly file. It can compute and nothing else: it has no clock, no files and no network. What is uploaded is checked step by step, and never changes." }
                (visit.file_form(&visit.link("/plugins"), &upload_fields(visit)))
                p { a href=(visit.link("/settings/plugins")) { "Who signs plugins, and what they may cost" } }
            }
        }
    };
    Ok(Page::new(Section::Plugins, "Plugins", body))
}

fn row(visit: &Visit, plugin: &Value, pipeline: &Value) -> Markup {
    html! {
        tr {
            td { a href=(link(visit, plugin)) { (text(plugin, "/name")) " " (text(plugin, "/version")) } }
            td { (sentence(text(plugin, "/description"))) }
            td { @if is(plugin, "/firstParty") { "Doorlist" } @else { "Uploaded " (ago(visit.now, text(plugin, "/created"))) } }
            td { (size(number(plugin, "/bytes"))) }
            td { (users(plugin, pipeline)) }
        }
    }
}

/// Whether a policy is made of a plugin.
fn uses(policy: &Value, plugin: &Value) -> bool {
    text(policy, "/plugin") == text(plugin, "/name") && text(policy, "/version") == text(plugin, "/version")
}

/// Whether a pipeline has a policy that is made of a plugin.
fn is_used(plugin: &Value, pipeline: &Value) -> bool {
    list(pipeline, "/policies").iter().any(|policy| uses(policy, plugin))
}

/// The policies in force that use a plugin.
fn users(plugin: &Value, pipeline: &Value) -> Markup {
    let users: Vec<&str> =
        list(pipeline, "/policies").iter().filter(|policy| uses(policy, plugin)).map(|policy| text(policy, "/name")).collect();
    const SHOWN: usize = 5;
    html! {
        @if users.is_empty() { span.muted { "No policy" } }
        @for (at, user) in users.iter().take(SHOWN).enumerate() { @if at > 0 { ", " } (name(user)) }
        @if users.len() > SHOWN { " and " (users.len() - SHOWN) " more" }
    }
}

/// Bytes as a person reads them.
fn size(bytes: u64) -> String {
    match bytes {
        0..1_024 => format!("{bytes} bytes"),
        1_024..1_048_576 => format!("{} KiB", bytes / 1_024),
        _ => format!("{} MiB", bytes / 1_048_576),
    }
}

fn upload_fields(visit: &Visit) -> Markup {
    html! {
        div.field {
            label for="signature" { "Signature" }
            input type="text" id="signature" name="signature" value=(visit.form.text("signature")) autocomplete="off" spellcheck="false" aria-describedby="signature-hint";
            p.hint id="signature-hint" {
                @if is(&visit.tenant, "/signatureRequired") { "This tenant asks for one, by one of its signing keys." } @else { "This tenant asks for none." }
            }
        }
        div.field {
            label for="file" { "File" }
            input type="file" id="file" name="file" accept=".wasm,application/wasm" required;
        }
        p { button.primary type="submit" { "Upload and check" } }
        // Shown by a script while the answer is awaited; without one the browser shows that it waits.
        div hidden data-while-sent=(visit.link("/plugins/checks")) {
            p role="status" { "It is sent, and checked step by step. Compiling a large one takes up to a minute. " progress aria-label="Upload" {} }
            div.checking {}
        }
    }
}

/// Which checks a file passed, and the one that refused it.
fn refused(error: &Error) -> Markup {
    let at = error.stage().and_then(|stage| STAGES.iter().position(|(name, _)| *name == stage));
    html! {
        @if let Some(at) = at {
            section.card id="checks" {
                h2 { "The plugin is refused" }
                (stages(at, (Tone::Bad, "Refused"), "Not reached", &html! {
                    div.problem role="alert" id="refusal" { p { bdi { (error.to_string()) } } (problems(error)) }
                }))
            }
        } @else {
            (refusal(Some(error)))
        }
    }
}

/// The checks, of which those before the one at a place are passed. `there` says what that one is, and more of it.
fn stages(at: usize, (tone, there): (Tone, &str), behind: &str, more: &Markup) -> Markup {
    html! {
        ul.checks {
            @for (place, (_, check)) in STAGES.iter().enumerate() {
                li {
                    @if place < at { (badge(Tone::Good, "Passed")) }
                    @else if place == at { (badge(tone, there)) }
                    @else { (badge(Tone::Plain, behind)) }
                    span { (check) @if place == at { (more) } }
                }
            }
        }
    }
}

/// How far the checks are of what this session uploads.
async fn checks(visit: Visit) -> Result<Answer> {
    let progress = visit.app.checks.of(&visit);
    let place = |stage: LoadStage| STAGES.iter().position(|(name, _)| *name == stage.as_str());
    let body = html! {
        div id="checks" data-live {
            @match progress {
                Some(progress) => (stages(progress.stage().and_then(place).unwrap_or_default(), (Tone::Plain, "Under way"), "To come", &html! {})),
                None => (empty("Nothing is being checked", &html! { a href=(visit.link("/plugins#upload")) { "Upload a plugin" } ", and its checks stand here while they are made." })),
            }
        }
    };
    Ok(Page::new(Section::Plugins, "Checks", body).live(1).into())
}

async fn upload(visit: Visit) -> Result<Answer> {
    let uploaded = async {
        let file = visit.form.file().ok_or_else(|| Error::invalid("Choose a file."))?.take()?;
        let _shown = visit.app.checks.show(&visit, &file.progress);
        let question = visit.ask("uploadPlugin").wasm(file);
        match visit.form.text("signature") {
            "" => question.await,
            signature => question.with("signature", signature).await,
        }
    };
    match uploaded.await {
        Ok(plugin) => {
            let is_known = Timestamp::parse(text(&plugin, "/created")).is_some_and(|created| created < visit.now);
            Ok(Answer::Redirect(format!("{}?done={}", link(&visit, &plugin), if is_known { "known" } else { "uploaded" })))
        }
        Err(error) => Ok(Answer::Refused(status(&error), page(&visit, Some(&error)).await?)),
    }
}

async fn one(visit: Visit) -> Result<Answer> {
    Ok(plugin_page(&visit, None).await?.into())
}

async fn plugin_page(visit: &Visit, error: Option<&Error>) -> Result<Page> {
    let plugin = visit.ask("getPlugin").at("name", visit.part("name")).at("version", visit.part("version")).await?;
    let pipeline = visit.ask("getPipeline").await?;
    // Mostly there is none.
    let shadow = visit.ask("getShadow").await.unwrap_or_default();
    let names = Names::read(visit).await?;
    let ours = is(&plugin, "/firstParty");
    let joined = |pointer| list(&plugin, pointer).iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ");
    let remove = html! { button.danger type="submit" data-asks="Delete this version of the plugin?" { "Delete this version" } };
    let body = html! {
        (refusal(error))
        p { (words(text(&plugin, "/description"))) }
        section.card {
            dl.facts {
                dt { "From" }
                dd {
                    @if ours { "Doorlist itself" }
                    @else { "Uploaded " (ago(visit.now, text(&plugin, "/created"))) " by " (names.actor(visit, plugin.get("actor").unwrap_or(&Value::Null))) }
                }
                dt { "Used by" }
                dd {
                    (users(&plugin, &pipeline))
                    @if is_used(&plugin, &shadow) { ", and the " a href=(visit.link("/policies/shadow")) { "pipeline in shadow" } }
                }
                dt { "Is given" } dd { (words(&joined("/reads"))) }
                dt { "May change" } dd { (words(&joined("/writes"))) }
                dt { "Contract" } dd { (text(&plugin, "/contract")) }
                dt { "Imports" } dd { @let imports = joined("/imports"); @if imports.is_empty() { "nothing" } @else { (words(&imports)) } }
                dt { "Size" } dd { (size(number(&plugin, "/bytes"))) ", and " (size(number(&plugin, "/compiledBytes"))) " of machine code" }
                dt { "Signed by" } dd { (signer(&plugin)) }
            }
            (copy("digest", "SHA-256", text(&plugin, "/sha256")))
        }
        section.card id="usage" {
            h2 { "Since the server started" }
            (usage(&plugin))
            p { a href=(format!("{}/log", link(visit, &plugin))) { "Log" } }
        }
        @if !ours {
            details {
                summary { "The checks that it passed" }
                ul.checks { @for (_, check) in STAGES { li { (badge(Tone::Good, "Passed")) span { (check) } } } }
            }
        }
        details {
            summary { "JSON Schema of its settings" }
            (document("JSON Schema", &pretty(plugin.get("settingsSchema").unwrap_or(&Value::Null))))
        }
        @if !ours && visit.may(Role::Admin) {
            section.card {
                h2 { "Delete" }
                p { "What the pipeline, one in shadow or one of the last revisions uses stays." }
                (visit.form(&format!("{}/delete", link(visit, &plugin)), &remove))
            }
        }
    };
    Ok(Page::new(Section::Plugins, format!("{} {}", text(&plugin, "/name"), text(&plugin, "/version")), body))
}

fn signer(plugin: &Value) -> Markup {
    html! {
        @match (text(plugin, "/signature/key"), text(plugin, "/signature/publicKey")) {
            ("", "") => { "nobody" }
            ("", key) => { "a key that the tenant no longer lists: " code { (key) } }
            (key, _) => (name(key))
        }
    }
}

/// What a plugin has cost, and how it has behaved.
fn usage(plugin: &Value) -> Markup {
    let count = |name: &str| number(plugin, &format!("/usage/{name}"));
    let (evaluations, millis) = (count("evaluations"), count("micros") / 1_000);
    html! {
        @if evaluations == 0 && count("traps") == 0 && count("timeouts") == 0 {
            (empty("It has not been asked yet", &html! { "What it costs is shown once a policy uses it." }))
        } @else {
            dl.facts {
                dt { "Asked about" } dd { (counted(evaluations, "user or group", "users and groups")) }
                dt { "Ran for" } dd { (millis) " milliseconds in all" }
                dt { "Memory" } dd { (size(count("memoryBytesPeak"))) " at the most" }
                dt { "Failed" } dd { (counted(count("traps"), "time", "times")) }
                dt { "Ran out of time" } dd { (counted(count("timeouts"), "time", "times")) }
                dt { "Changed its mind" } dd { (counted(count("impure"), "time", "times")) ", asked again about the same" }
                dt { "Printed" } dd { (counted(count("logLines"), "line", "lines")) }
            }
        }
    }
}

/// What it printed, about whom.
async fn log(visit: Visit) -> Result<Answer> {
    let (plugin, version) = (visit.part("name"), visit.part("version"));
    // Of one that is not there nothing is told, though decisions may still name it.
    visit.ask("getPlugin").at("name", plugin).at("version", version).await?;
    let printed = visit.rows(|| visit.ask("listPluginLog").at("name", plugin).at("version", version)).await?;
    let items = list(&printed, "/items");
    let rows = html! {
        @for one in items {
            tr {
                td { a href=(why(&visit, text(one, "/kind"), text(one, "/scimId"))) { (name(text(one, "/name"))) } }
                td {
                    @let lines = list(one, "/lines");
                    @if !lines.is_empty() { pre { @for line in lines.iter().filter_map(Value::as_str).take(LINES_SHOWN) { (cut(line, LINE_CHARACTERS)) "\n" } } }
                    @if lines.len() > LINES_SHOWN { p.hint { "And " (counted((lines.len() - LINES_SHOWN) as u64, "line", "lines")) " more, which stand with why." } }
                    @if !text(one, "/fault").is_empty() { p.wrong { (sentence(text(one, "/fault"))) } }
                }
                td { (ago(visit.now, text(one, "/at"))) }
            }
        }
    };
    let body = html! {
        p { "What the plugin printed when it was last asked about each, and how it failed there. " a href=(visit.link(&format!("/plugins/{plugin}/{version}"))) { "Back to the plugin" } }
        @if !items.is_empty() {
            (table("Log", &["About", "Printed", "When"], &rows))
        } @else if !text(&printed, "/nextCursor").is_empty() {
            p { "Nothing about those looked through so far. There are more." }
        } @else {
            (empty("It has printed nothing", &html! { "What a plugin logs when it is asked about somebody stands here, once a policy uses it." }))
        }
        (more(&printed, |cursor| visit.here_with("cursor", cursor)))
    };
    Ok(Page::new(Section::Plugins, format!("Log of {plugin} {version}"), body).into())
}

async fn delete(visit: Visit) -> Result<Answer> {
    match visit.ask("deletePlugin").at("name", visit.part("name")).at("version", visit.part("version")).await {
        Ok(_) => Ok(Answer::Redirect(visit.link("/plugins?done=deleted"))),
        Err(error) => Ok(Answer::Refused(status(&error), plugin_page(&visit, Some(&error)).await?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_told_as_a_person_would() {
        for (bytes, words) in [(0, "0 bytes"), (1_023, "1023 bytes"), (1_024, "1 KiB"), (5_000_000, "4 MiB")] {
            assert_eq!(size(bytes), words);
        }
    }
}
