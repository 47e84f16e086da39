//! The dashboard, with a browser that runs no scripts.

mod browser;
mod door;
mod happened;
mod integrations;
mod pages;
mod plugins;
mod policies;
mod settings;
mod sign_on;
mod team;
mod wizard;

use doorlist_tests::callers::text;
use doorlist_tests::{Tenant, Visitor};
use serde_json::json;

/// Somebody signed in with a key of the tenant that has this role.
#[track_caller]
fn visitor(tenant: &Tenant, role: &str) -> Visitor {
    let key = text(&tenant.post("/keys", &json!({"name": format!("The {role}"), "role": role})).expect(201), "key");
    Visitor::signed_in(tenant.operator.address(), &key)
}

/// The address of a page of the tenant.
fn page_of(tenant: &Tenant, below: &str) -> String {
    format!("/dashboard/tenants/{}{below}", tenant.id)
}
