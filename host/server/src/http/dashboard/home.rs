//! The start: whoever reaches several tenants chooses one, or makes one.

use maud::html;
use serde_json::json;

use super::page::{Answer, Page, Section};
use super::parts::{ago, counted, empty, field, list, more, name, refusal, text};
use super::visit::Visit;
use super::{DASHBOARD_BASE, Route, sign_in};
use crate::admin::keys::Role;
use crate::error::{Error, Result};
use crate::http::admin::ask::status;
use crate::http::dashboard::limits::DASHBOARD_ROWS_MAX;

pub(super) fn pages() -> Vec<Route> {
    vec![
        Route::get("", show),
        Route::post("/tenants", create),
        Route::get("/tenants/{tenant}", tenant),
        Route::post("/sign-out", sign_in::sign_out),
    ]
}

async fn show(visit: Visit) -> Result<Answer> {
    if let Some(tenant) = visit.operator.own_tenant()? {
        return Ok(Answer::Redirect(visit.app.link(&format!("{DASHBOARD_BASE}/tenants/{}", tenant.id))));
    }
    Ok(page(&visit, None).await?.into())
}

async fn page(visit: &Visit, error: Option<&Error>) -> Result<Page> {
    let tenants = visit.ask("listTenants").with("limit", &DASHBOARD_ROWS_MAX.to_string()).with_own(&["cursor"]).await?;
    let items = list(&tenants, "/items");
    let make = html! {
        (refusal(error))
        (field("name", "Name", visit.form.text("name"), "What you call this customer. It can be changed later."))
        p { button.primary type="submit" { "Make a tenant" } }
    };
    let body = html! {
        @if items.is_empty() {
            (empty("There is no tenant yet", &html! { "A tenant is a customer: it has its identity providers, its users and its policies." }))
        } @else {
            table {
                caption { (counted(items.len() as u64, "tenant", "tenants")) " on this page" }
                thead { tr { th { "Name" } th { "Made" } } }
                tbody {
                    @for tenant in items {
                        tr {
                            td { a href=(visit.app.link(&format!("{DASHBOARD_BASE}/tenants/{}", text(tenant, "/id")))) { (name(text(tenant, "/name"))) } }
                            td { (ago(visit.now, text(tenant, "/created"))) }
                        }
                    }
                }
            }
            (more(&tenants, |cursor| visit.here_with("cursor", cursor)))
        }
        @if visit.may(Role::Owner) {
            section.card { h2 { "New tenant" } (visit.form(&visit.app.link(&format!("{DASHBOARD_BASE}/tenants")), &make)) }
        }
    };
    Ok(Page::new(Section::None, "Tenants", body))
}

async fn create(visit: Visit) -> Result<Answer> {
    match visit.ask("createTenant").json(json!({"name": visit.form.text("name")})).await {
        Ok(made) => Ok(Answer::Redirect(visit.app.link(&format!("{DASHBOARD_BASE}/tenants/{}", text(&made, "/id"))))),
        Err(error) => Ok(Answer::Refused(status(&error), page(&visit, Some(&error)).await?)),
    }
}

async fn tenant(visit: Visit) -> Result<Answer> {
    Ok(Answer::Redirect(visit.link("/integrations")))
}
