//! Operator keys, those of a tenant and those of the installation: listed, made and shown once, deleted.

use maud::{Markup, html};
use serde_json::{Value, json};

use super::super::DASHBOARD_BASE;
use super::super::page::{Answer, Page, Section};
use super::super::parts::{ago, choice, copy, empty, field, label, list, more, name, refusal, text};
use super::super::visit::Visit;
use crate::admin::keys::Role;
use crate::error::{Error, Result};
use crate::http::admin::ask::status;
use crate::http::dashboard::limits::{DASHBOARD_INSTALLATION_KEYS_MAX, DASHBOARD_ROWS_MAX};

/// Whose keys a page is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    /// A tenant's.
    Tenant,
    /// The installation's: they reach every tenant.
    Installation,
}

impl Whose {
    /// Those of the tenant in the path; without one, those of the installation.
    fn of(visit: &Visit) -> Self {
        if visit.tenant.is_null() { Self::Installation } else { Self::Tenant }
    }

    /// The endpoints that list, make and delete them.
    fn endpoints(self) -> [&'static str; 3] {
        match self {
            Self::Tenant => ["listTenantKeys", "createTenantKey", "deleteTenantKey"],
            Self::Installation => ["listKeys", "createKey", "deleteKey"],
        }
    }

    /// The page that they stand on.
    fn page(self, visit: &Visit) -> String {
        match self {
            Self::Tenant => visit.link("/settings"),
            Self::Installation => visit.app.link(DASHBOARD_BASE),
        }
    }

    /// As many as stand there.
    fn rows(self) -> usize {
        match self {
            Self::Tenant => DASHBOARD_ROWS_MAX,
            Self::Installation => DASHBOARD_INSTALLATION_KEYS_MAX,
        }
    }

    /// The parameter by which that page goes on in its list. The start page goes through its tenants by `cursor`.
    fn cursor(self) -> &'static str {
        match self {
            Self::Tenant => "cursor",
            Self::Installation => "keys",
        }
    }

    fn section(self) -> Section {
        match self {
            Self::Tenant => Section::Settings,
            Self::Installation => Section::None,
        }
    }

    /// For what a key is kept until it is shown.
    fn secret(self) -> &'static str {
        match self {
            Self::Tenant => "operator key",
            Self::Installation => "operator key of the installation",
        }
    }

    /// The page that they stand on, with what was refused.
    async fn refused(self, visit: &Visit, error: &Error) -> Result<Answer> {
        let page = match self {
            Self::Tenant => super::page(visit, Some(("keys", error))).await?,
            Self::Installation => super::super::home::page(visit, Some(("keys", error))).await?,
        };
        Ok(Answer::Refused(status(error), page))
    }
}

/// The card of a page with the keys.
pub(in super::super) async fn card(visit: &Visit, refused: Option<&Error>) -> Result<Markup> {
    let whose = Whose::of(visit);
    let [listed, ..] = whose.endpoints();
    let asking = visit.ask(listed).with("limit", &whose.rows().to_string());
    let keys = match visit.parameter(whose.cursor()) {
        Some(cursor) => asking.with("cursor", cursor).await?,
        None => asking.await?,
    };
    Ok(html! {
        section.card id="keys" {
            @match whose {
                Whose::Tenant => {
                    h2 { "Operators and API keys" }
                    p { "An operator is who has a key: people sign in here with it, scripts use it for the admin API. A key of this tenant reaches nothing else. Keys of the whole installation are not listed here." }
                },
                Whose::Installation => {
                    h2 { "Keys of the installation" }
                    p { "Who has one reaches every tenant, on the dashboard and by the admin API. Keys that reach one tenant stand under its Settings." }
                },
            }
            (refusal(refused))
            (entries(visit, whose, &keys))
        }
    })
}

fn entries(visit: &Visit, whose: Whose, keys: &Value) -> Markup {
    let items = list(keys, "/items");
    let may = visit.may(Role::Owner);
    let below = |below: &str| format!("{}{below}", whose.page(visit));
    let make = html! {
        (field("key-name", "Name of the key", visit.form.text("key-name"), "Whose it is, or what it is for."))
        (choice("role", "Role", visit.form.text("role"), &[
            ("auditor", "Auditor: looks, and changes nothing"),
            ("admin", "Admin: changes everything but operators"),
            ("owner", "Owner: makes and deletes operators as well"),
        ]))
        p { button.primary type="submit" { "Make a key" } }
    };
    html! {
        @if items.is_empty() {
            @match whose {
                Whose::Tenant => (empty("This tenant has no key of its own", &html! { "With one, somebody reaches this tenant and no other." })),
                Whose::Installation => (empty("The installation has no key that is kept here", &html! { "The one that the server was started with still opens everything." })),
            }
        } @else {
            div.scroll tabindex="0" role="region" aria-label="Keys" {
                table {
                    thead { tr { th { "Name" } th { "Key" } th { "Role" } th { "Made" } @if may { th { span.muted { "Action" } } } } }
                    tbody {
                        @for key in items {
                            tr {
                                td { (name(text(key, "/name"))) }
                                td { code { "…" (text(key, "/hint")) } }
                                td { (text(key, "/role")) }
                                td { (ago(visit.now, text(key, "/created"))) }
                                @if may {
                                    td {
                                        (visit.form(&below(&format!("/keys/{}/delete", text(key, "/id"))), &html! {
                                            button.quiet type="submit" aria-label=(format!("Delete: {}", label(text(key, "/name")))) data-asks="Delete this key? Whoever uses it is signed out and refused at once." { "Delete" }
                                        }))
                                    }
                                }
                            }
                        }
                    }
                }
            }
            (more(keys, |cursor| visit.here_with(whose.cursor(), cursor)))
        }
        @if may { h3 { "New key" } (visit.form(&below("/keys"), &make)) }
        @else { p.muted { "Owners make and delete keys." } }
    }
}

/// Makes one, and leads to the page that shows it.
pub(in super::super) async fn create(visit: Visit) -> Result<Answer> {
    let whose = Whose::of(&visit);
    let [_, create, _] = whose.endpoints();
    let body = json!({"name": visit.form.text("key-name"), "role": visit.form.text("role")});
    match visit.ask(create).json(body).await {
        Ok(made) => {
            visit.app.unshown.put(&visit, whose.secret(), text(&made, "/key"));
            Ok(Answer::Redirect(format!("{}/keys/made", whose.page(&visit))))
        }
        Err(error) => whose.refused(&visit, &error).await,
    }
}

/// The key that was just made, once.
pub(in super::super) async fn made(visit: Visit) -> Result<Answer> {
    let whose = Whose::of(&visit);
    let Some(key) = visit.app.unshown.take(&visit, whose.secret()) else {
        return Ok(Answer::Redirect(whose.page(&visit)));
    };
    let body = html! {
        section.card {
            (copy("key", "API key", &key))
            p { b { "The key is shown only this once." } " If it is lost, delete it and make another one." }
            p { a.button.primary href=(whose.page(&visit)) { "I have kept it" } }
        }
    };
    Ok(Page::new(whose.section(), "New key", body).into())
}

/// Deletes one.
pub(in super::super) async fn delete(visit: Visit) -> Result<Answer> {
    let whose = Whose::of(&visit);
    let [.., delete] = whose.endpoints();
    match visit.ask(delete).at("key", visit.part("key")).await {
        Ok(_) => Ok(Answer::Redirect(format!("{}?done=deleted", whose.page(&visit)))),
        Err(error) => whose.refused(&visit, &error).await,
    }
}
