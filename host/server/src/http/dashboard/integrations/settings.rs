//! A connection's settings: its name and its filters, and the end of it.
//!
//! A page of its own, which nothing loads again while somebody types. Only what was changed on it is sent, so that it takes back nothing that somebody else changed meanwhile.

use axum::http::StatusCode;
use data_encoding::HEXLOWER;
use maud::{Markup, html};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::super::Route;
use super::super::form::entries;
use super::super::page::{Answer, Page, Section};
use super::super::parts::{field_at, text, title};
use super::super::visit::Visit;
use super::connection::{find, link};
use super::filters::{Filters, Wrong};
use crate::admin::keys::Role;
use crate::error::Result;
use crate::http::admin::ask::status;

pub(super) fn pages() -> Vec<Route> {
    vec![
        Route::get("/tenants/{tenant}/integrations/{connection}/settings", show).to_change(),
        Route::post("/tenants/{tenant}/integrations/{connection}/settings", save),
        Route::post("/tenants/{tenant}/integrations/{connection}/delete", delete),
    ]
}

async fn show(visit: Visit) -> Result<Answer> {
    let (connection, _) = find(&visit).await?;
    let (name, filters) = (text(&connection, "/name").to_owned(), Filters::of(&connection));
    let shown = parts(&name, &filters).map(|(field, value)| (field, digest(&value)));
    Ok(page(&visit, &connection, (name.as_str(), &filters), &shown, &Wrong::default()).into())
}

/// What can be changed by itself: the API's field, and what stands in the form's.
fn parts(name: &str, filters: &Filters) -> [(&'static str, String); 4] {
    [
        ("name", name.trim().to_owned()),
        ("groupPrefixes", filters.group_prefixes.clone()),
        ("userGroups", filters.user_groups.clone()),
        ("userGroupMatch", filters.user_group_match().to_owned()),
    ]
}

/// What tells a text from another one, but for the ends of its lines.
fn digest(text: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(entries(text).join("\n")))
}

/// The field that says what another one showed.
fn before(field: &str) -> String {
    format!("{field}-before")
}

/// The page with these in its fields. `shown` has what tells whether they were changed.
fn page(visit: &Visit, connection: &Value, (name, filters): (&str, &Filters), shown: &[(&str, String)], wrong: &Wrong) -> Page {
    let inner = html! {
        @for (field, digest) in shown { input type="hidden" name=(before(field)) value=(digest); }
        (field_at("name", "Name", name, "What you call this connection here.", wrong.name.as_deref()))
        (filters.groups(wrong))
        (filters.users(wrong))
        p.hint { "Changed filters are a new revision of the policies. To see first what they would do, change them under Policies." }
        div.row { button.primary type="submit" { "Save" } a.button href=(link(visit, "")) { "Cancel" } }
    };
    let body = html! {
        (wrong.shown())
        section.card { (visit.form(&link(visit, "/settings"), &inner)) }
        (end(visit))
    };
    Page::new(Section::Integrations, format!("Settings of {}", title(text(connection, "/name"))), body)
}

fn end(visit: &Visit) -> Markup {
    html! {
        section.card {
            h2 { "Delete" }
            p { "Its tokens open nothing from then on, and whoever came by it leaves the team, as far as the guard against mass removals lets them." }
            (visit.form(&link(visit, "/delete"), &html! {
                button.danger type="submit" data-asks="Delete this connection and everybody who came by it?" { "Delete this connection" }
            }))
        }
    }
}

async fn save(visit: Visit) -> Result<Answer> {
    let (name, filters) = (visit.form.text("name"), Filters::typed(|field| visit.form.raw(field).unwrap_or_default()));
    let now = parts(name, &filters);
    let was = now.each_ref().map(|(field, _)| (*field, visit.form.text(&before(field)).to_owned()));
    let mut body = Map::new();
    for ((field, value), (_, was)) in now.iter().zip(&was) {
        // A box that is not ticked is not sent, and belongs to the field above it.
        let is_sent = visit.form.has(if *field == "userGroupMatch" { "userGroups" } else { field });
        if is_sent && digest(value) != *was {
            let value = if matches!(*field, "groupPrefixes" | "userGroups") { json!(entries(value)) } else { json!(value) };
            body.insert((*field).to_owned(), value);
        }
    }
    // Whoever may change nothing is told that, and nothing else.
    let may = visit.may(Role::Admin);
    let mut wrong = Wrong { groups: filters.wrong_groups(), users: filters.wrong_users(), ..Wrong::default() };
    let mut refused = StatusCode::BAD_REQUEST;
    if wrong.is_nothing() || !may {
        match visit.ask("patchConnection").at("connection", visit.part("connection")).json(Value::Object(body)).await {
            Ok(_) => return Ok(Answer::Redirect(link(&visit, "?done=saved"))),
            Err(error) if !may => return Err(error),
            Err(error) => (wrong, refused) = (Wrong::of(&error, &filters), status(&error)),
        }
    }
    let (connection, _) = find(&visit).await?;
    Ok(Answer::Refused(refused, page(&visit, &connection, (name, &filters), &was, &wrong)))
}

async fn delete(visit: Visit) -> Result<Answer> {
    visit.ask("deleteConnection").at("connection", visit.part("connection")).await?;
    Ok(Answer::Redirect(visit.link("/integrations?done=deleted")))
}
