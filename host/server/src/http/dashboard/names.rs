//! What ids stand for: connections and keys by what operators call them, and links to what an id is of.
//!
//! Knows no page.

use maud::{Markup, html};
use serde_json::Value;

use super::parts::{choice, label, list, name, text};
use super::visit::{Visit, with_query};
use crate::error::Result;

/// The names of a tenant's connections and keys.
pub(super) struct Names {
    connections: Value,
    keys: Value,
}

impl Names {
    /// Those of the visit's tenant.
    ///
    /// # Errors
    /// Those of the endpoints.
    pub(super) async fn read(visit: &Visit) -> Result<Self> {
        let connections = visit.ask("listConnections").with("limit", "100").await?;
        Ok(Self { connections, keys: visit.ask("listTenantKeys").with("limit", "100").await? })
    }

    /// One of the connections to choose, or any.
    pub(super) fn choice(&self, chosen: &str) -> Markup {
        let named = list(&self.connections, "/items").iter();
        let named: Vec<(&str, String)> = named.map(|connection| (text(connection, "/id"), label(text(connection, "/name")))).collect();
        let all: Vec<(&str, &str)> = std::iter::once(("", "Any")).chain(named.iter().map(|(id, name)| (*id, name.as_str()))).collect();
        choice("connection", "Connection", chosen, &all)
    }

    /// What a connection is called; `None` if it is no more.
    pub(super) fn connection(&self, id: &str) -> Option<&str> {
        find(&self.connections, id)
    }

    /// A connection with a link to it.
    pub(super) fn connection_link(&self, visit: &Visit, id: &str) -> Markup {
        html! {
            @match self.connection(id) {
                Some(called) => a href=(visit.link(&format!("/integrations/{id}"))) { (name(called)) },
                None => "a connection that is no more",
            }
        }
    }

    /// Where a member or group comes from.
    pub(super) fn origin(&self, visit: &Visit, thing: &Value) -> Markup {
        html! {
            @match text(thing, "/issued") {
                "scim" => (self.connection_link(visit, text(thing, "/connection"))),
                "policy" => "Made by policies",
                _ => "Made here",
            }
        }
    }

    /// Who acted.
    pub(super) fn actor(&self, visit: &Visit, actor: &Value) -> Markup {
        html! {
            @match text(actor, "/kind") {
                "client" => (self.connection_link(visit, text(actor, "/connection"))),
                "operator" => {
                    "Operator"
                    @if let Some(called) = find(&self.keys, text(actor, "/key")) { " " (name(called)) }
                    @if let Some(called) = person(actor) { " " span title=(text(actor, "/person/subject")) { (name(called)) } }
                },
                _ => "Doorlist",
            }
        }
    }
}

/// What somebody is called who signed in by single sign-on.
fn person(actor: &Value) -> Option<&str> {
    ["/person/name", "/person/email", "/person/subject"].into_iter().map(|at| text(actor, at)).find(|text| !text.is_empty())
}

fn find<'a>(page: &'a Value, id: &str) -> Option<&'a str> {
    list(page, "/items").iter().find(|item| text(item, "/id") == id && !id.is_empty()).map(|item| text(item, "/name"))
}

/// The page that explains the user or group of this name or id.
pub(super) fn why(visit: &Visit, kind: &str, named: &str) -> String {
    let query = [("kind", kind), ("named", named)].map(|(name, value)| (name.to_owned(), value.to_owned()));
    with_query(&visit.link("/why"), &query)
}

/// The page about what an activity entry concerns, if there is one.
pub(super) fn subject(visit: &Visit, entry: &Value) -> Option<String> {
    let (action, id) = (text(entry, "/action"), text(entry, "/subject"));
    let says = |part: &str| action.contains(part);
    if id.is_empty() {
        return None;
    }
    // Of a membership the member stands there, so users come first.
    if says("/Users") || says("/users") {
        return Some(why(visit, "user", id));
    }
    if says("/Groups") || says("/groups") {
        return Some(why(visit, "group", id));
    }
    [("/holds", "/holds"), ("hold opened", "/holds"), ("/connections", "/integrations")]
        .into_iter()
        .find(|(part, _)| says(part))
        .map(|(_, below)| visit.link(&format!("{below}/{id}")))
}
