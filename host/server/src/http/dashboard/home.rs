//! The start: whoever reaches several tenants chooses one, or makes one.

use maud::{Markup, html};
use serde_json::json;

use super::page::{Answer, Page, Section};
use super::parts::{ago, counted, empty, field, list, more, name, refusal, text};
use super::settings::{Refused, keys, of, people};
use super::visit::Visit;
use super::{DASHBOARD_BASE, Route, sign_in};
use crate::admin::keys::Role;
use crate::admin::tenants::Tenant;
use crate::error::Result;
use crate::http::admin::ask::status;
use crate::http::dashboard::limits::DASHBOARD_ROWS_MAX;

pub(super) fn pages() -> Vec<Route> {
    vec![
        Route::get("", show),
        Route::post("/tenants", create),
        Route::get("/tenants/{tenant}", tenant),
        Route::post(sign_in::SIGN_OUT, sign_in::sign_out),
        Route::post("/sessions/{session}/end", end_session),
        Route::post("/keys", keys::create),
        Route::get("/keys/made", keys::made),
        Route::post("/keys/{key}/delete", keys::delete),
    ]
}

async fn show(visit: Visit) -> Result<Answer> {
    match visit.operator.own_tenants()?.as_deref() {
        Some([tenant]) => Ok(Answer::Redirect(visit.app.link(&format!("{DASHBOARD_BASE}/tenants/{}", tenant.id)))),
        Some(several) => Ok(Page::new(Section::None, "Tenants", own(&visit, several)).into()),
        None => Ok(page(&visit, None).await?.into()),
    }
}

/// The tenants of somebody who reaches some and not the installation.
fn own(visit: &Visit, tenants: &[Tenant]) -> Markup {
    html! {
        @if tenants.is_empty() {
            (empty("There is no tenant for you", &html! { "Those that are granted to you are no more. Whoever runs this server grants others." }))
        } @else {
            (rows(visit, tenants.iter().map(|tenant| (tenant.id.to_string(), tenant.name.clone(), tenant.created.to_string()))))
        }
    }
}

/// Tenants by id, name and the time they were made.
fn rows(visit: &Visit, tenants: impl ExactSizeIterator<Item = (String, String, String)>) -> Markup {
    html! {
        table {
            caption { (counted(tenants.len() as u64, "tenant", "tenants")) " on this page" }
            thead { tr { th { "Name" } th { "Made" } } }
            tbody {
                @for (id, called, created) in tenants {
                    tr {
                        td { a href=(visit.app.link(&format!("{DASHBOARD_BASE}/tenants/{id}"))) { (name(&called)) } }
                        td { (ago(visit.now, &created)) }
                    }
                }
            }
        }
    }
}

/// The page, with what was refused: of making a tenant, of keys, or of signing somebody out.
pub(super) async fn page(visit: &Visit, refused: Refused<'_>) -> Result<Page> {
    let tenants = visit.ask("listTenants").with("limit", &DASHBOARD_ROWS_MAX.to_string()).with_own(&["cursor"]).await?;
    let items = list(&tenants, "/items");
    let people = people::everybody(visit, of(refused, "people")).await?;
    let keys = keys::card(visit, of(refused, "keys")).await?;
    let make = html! {
        (refusal(of(refused, "tenants")))
        (field("name", "Name", visit.form.text("name"), "What you call this customer. It can be changed later."))
        p { button.primary type="submit" { "Make a tenant" } }
    };
    let body = html! {
        @if items.is_empty() {
            (empty("There is no tenant yet", &html! { "A tenant is a customer: it has its identity providers, its users and its policies." }))
        } @else {
            (rows(visit, items.iter().map(|tenant| ["/id", "/name", "/created"].map(|at| text(tenant, at).to_owned()).into())))
            (more(&tenants, |cursor| visit.here_with("cursor", cursor)))
        }
        @if visit.may(Role::Owner) {
            section.card { h2 { "New tenant" } (visit.form(&visit.app.link(&format!("{DASHBOARD_BASE}/tenants")), &make)) }
        }
        (keys)
        (people)
    };
    Ok(Page::new(Section::None, "Tenants", body))
}

async fn create(visit: Visit) -> Result<Answer> {
    match visit.ask("createTenant").json(json!({"name": visit.form.text("name")})).await {
        Ok(made) => Ok(Answer::Redirect(visit.app.link(&format!("{DASHBOARD_BASE}/tenants/{}", text(&made, "/id"))))),
        Err(error) => Ok(Answer::Refused(status(&error), page(&visit, Some(("tenants", &error))).await?)),
    }
}

async fn end_session(visit: Visit) -> Result<Answer> {
    match visit.ask("endSession").at("session", visit.part("session")).await {
        Ok(_) => Ok(Answer::Redirect(visit.app.link(&format!("{DASHBOARD_BASE}?done=signed-out")))),
        Err(error) => Ok(Answer::Refused(status(&error), page(&visit, Some(("people", &error))).await?)),
    }
}

async fn tenant(visit: Visit) -> Result<Answer> {
    Ok(Answer::Redirect(visit.link("/integrations")))
}
