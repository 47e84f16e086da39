//! One hold: what was exceeded, who is held and why, and letting them go or stay.

use maud::{Markup, html};
use serde_json::{Value, json};

use super::super::Route;
use super::super::names::why;
use super::super::page::{Answer, Page, Section};
use super::super::parts::{Tone, ago, badge, counted, empty, list, more, name, number, refusal, sentence, table, text, words};
use super::super::visit::Visit;
use super::holds;
use crate::admin::keys::Role;
use crate::error::{Error, Result};
use crate::http::admin::ask::status;

pub(super) fn pages() -> Vec<Route> {
    vec![
        Route::get("/tenants/{tenant}/holds/{hold}", show),
        Route::post("/tenants/{tenant}/holds/{hold}/members", decide_some),
        Route::post("/tenants/{tenant}/holds/{hold}/all", decide_all),
    ]
}

/// The address of the hold's page, or of one below it.
fn link(visit: &Visit, below: &str) -> String {
    visit.link(&format!("/holds/{}{below}", visit.part("hold")))
}

async fn show(visit: Visit) -> Result<Answer> {
    Ok(page(&visit, None).await?.into())
}

async fn page(visit: &Visit, error: Option<&Error>) -> Result<Page> {
    let id = visit.part("hold");
    let hold = visit.ask("getHold").at("hold", id).await?;
    let members = visit.rows(|| visit.ask("listMembersOfHold").at("hold", id)).await?;
    let may_decide = visit.may(Role::Admin) && text(&hold, "/underway").is_empty();
    let body = html! {
        (refusal(error))
        section.card { h2 { "What happened" } (facts(visit, &hold)) }
        @if may_decide && number(&hold, "/counts/held") > 0 { section.card { h2 { "Decide on everybody who waits" } (all(visit, &hold)) } }
        h2 { "Who is held" }
        (held(visit, &members, may_decide))
        (more(&members, |cursor| visit.here_with("cursor", cursor)))
    };
    Ok(Page::new(Section::Holds, "Hold", body))
}

fn facts(visit: &Visit, hold: &Value) -> Markup {
    let closed = text(hold, "/closed");
    let seconds = number(hold, "/bound/windowSeconds");
    let window = if seconds % 60 == 0 { counted(seconds / 60, "minute", "minutes") } else { counted(seconds, "second", "seconds") };
    html! {
        dl.facts {
            dt { "State" } dd { (holds::state(hold)) " " (holds::counts(hold)) }
            dt { "Opened" } dd { (ago(visit.now, text(hold, "/opened"))) }
            @if !closed.is_empty() { dt { "Closed" } dd { (ago(visit.now, closed)) } }
            dt { "Exceeded" }
            dd {
                "At most " (counted(number(hold, "/bound/allowed"), "member", "members")) " may go within " (window)
                ", of " (number(hold, "/bound/members")) " that there were"
            }
        }
        h3 { "Why they would go" }
        ul {
            @for cause in list(hold, "/causes") {
                li {
                    (counted(number(cause, "/members"), "member", "members")) " " (effect(text(cause, "/effect"))) ": "
                    @let said = text(cause, "/cause/text");
                    @if said.is_empty() { "for other reasons" } @else { (words(said)) }
                    @let policy = text(cause, "/cause/policy");
                    @if !policy.is_empty() { " " span.muted { "(policy " (name(policy)) ")" } }
                }
            }
        }
    }
}

/// What would be taken from somebody.
fn effect(word: &str) -> &'static str {
    if word == "suspended" { "would be suspended" } else { "would be removed" }
}

fn all(visit: &Visit, hold: &Value) -> Markup {
    let waiting = counted(number(hold, "/counts/held"), "member", "members");
    let inner = html! {
        p { "Released, " (waiting) " go as soon as they are projected again. Discarded, they stay as they are, for as long as the same would happen to them." }
        div.row {
            button.danger type="submit" name="action" value="release" data-asks=(format!("Let {waiting} go?")) { "Release all" }
            button type="submit" name="action" value="discard" { "Discard all" }
        }
    };
    visit.form(&link(visit, "/all"), &inner)
}

fn held(visit: &Visit, members: &Value, may_decide: bool) -> Markup {
    let items = list(members, "/items");
    let rows = html! {
        @for held in items {
            @let id = text(held, "/member");
            // Whoever was told to stay can still be let go.
            @let can_be = matches!(text(held, "/state"), "held" | "discarded");
            tr {
                td {
                    @if may_decide && can_be {
                        div.check {
                            input type="checkbox" id=(format!("member-{id}")) name="members" value=(id); " "
                            label for=(format!("member-{id}")) { (name(text(held, "/userName"))) }
                        }
                    } @else {
                        (name(text(held, "/userName")))
                    }
                    a href=(why(visit, "user", id)) { "Why" }
                }
                td { (effect(text(held, "/effect"))) ": " (sentence(text(held, "/cause/text"))) }
                td { (ago(visit.now, text(held, "/since"))) }
                td { (state(text(held, "/state"))) }
            }
        }
    };
    let list = table("Held members", &["Member", "What would happen", "Since", "State"], &rows);
    let any = items.iter().any(|held| matches!(text(held, "/state"), "held" | "discarded"));
    html! {
        @if items.is_empty() {
            (empty("Nobody of this hold is kept any more", &html! { "They have gone, or nothing would be taken from them any more." }))
        } @else if may_decide && any {
            (visit.form(&link(visit, "/members"), &html! {
                (list)
                div.row {
                    button.danger type="submit" name="action" value="release" data-asks="Let those that are ticked go?" { "Release those ticked" }
                    button type="submit" name="action" value="discard" { "Discard those ticked" }
                }
            }))
        } @else {
            (list)
        }
    }
}

/// Whether somebody has decided on a held member.
fn state(word: &str) -> Markup {
    match word {
        "discarded" => badge(Tone::Good, "Stays"),
        "released" => badge(Tone::Warning, "Goes"),
        _ => badge(Tone::Bad, "Waits"),
    }
}

async fn decide_some(visit: Visit) -> Result<Answer> {
    let members: Vec<&str> = visit.form.all("members").collect();
    if members.is_empty() {
        let error = Error::invalid("Tick first whom you mean.");
        return Ok(Answer::Refused(status(&error), page(&visit, Some(&error)).await?));
    }
    let body = json!({"members": members});
    decide(&visit, body).await
}

async fn decide_all(visit: Visit) -> Result<Answer> {
    decide(&visit, json!({})).await
}

async fn decide(visit: &Visit, choice: Value) -> Result<Answer> {
    let (operation, done) = match visit.form.text("action") {
        "release" => ("releaseHold", "released"),
        "discard" => ("discardHold", "discarded"),
        _ => {
            let error = Error::invalid("Say whether they are released or stay.");
            return Ok(Answer::Refused(status(&error), page(visit, Some(&error)).await?));
        }
    };
    match visit.ask(operation).at("hold", visit.part("hold")).json(choice).await {
        Ok(_) => Ok(Answer::Redirect(link(visit, &format!("?done={done}")))),
        Err(error) => Ok(Answer::Refused(status(&error), page(visit, Some(&error)).await?)),
    }
}
