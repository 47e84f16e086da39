//! What ids stand for: connections and keys by what operators call them, and links to what an id is of.
//!
//! Knows no page.

use std::collections::BTreeMap;

use doorlist_scim::ErrorKind;
use maud::{Markup, html};
use serde_json::Value;

use super::parts::{choice, cut, label, list, name, number, text};
use super::visit::{Visit, with_query};
use crate::error::{Kind, Result};
use crate::id::Id;

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

/// What users and groups are called whose ids stand alone.
pub(super) struct Called(BTreeMap<String, String>);

impl Called {
    /// Those in events, as they are called by now; of who or what is gone, as it was called before.
    ///
    /// # Errors
    /// Those of the endpoints.
    pub(super) async fn of_events(visit: &Visit, events: &[&Value]) -> Result<Self> {
        let mut called = Self(BTreeMap::new());
        for event in events {
            // Before an event that tells of its going it was there.
            let before = number(event, "/sequence").saturating_sub(1).to_string();
            for (pointer, kind) in [("/memberId", USER), ("/groupId", GROUP)] {
                let id = text(event, pointer);
                if !called.wants(id) {
                    continue;
                }
                let mut found = optional(visit.ask(kind.get).at(kind.part, id).await)?;
                if found.is_none() {
                    found = visit.ask(kind.get).at(kind.part, id).with("atSequence", &before).await.ok();
                }
                called.keep(id, found.as_ref().map(|found| text(found, kind.named)));
            }
        }
        Ok(called)
    }

    /// Those that activity entries are about, in the directory or left out of it.
    ///
    /// # Errors
    /// Those of the endpoints.
    pub(super) async fn of_entries(visit: &Visit, entries: &[Value]) -> Result<Self> {
        let mut called = Self(BTreeMap::new());
        for entry in entries {
            let (action, id) = (text(entry, "/action"), text(entry, "/subject"));
            let kind = match action {
                // Of a membership the member stands there, so users come first.
                action if action.contains("/Users") || action.contains("/users") => USER,
                action if action.contains("/Groups") || action.contains("/groups") => GROUP,
                _ => continue,
            };
            if !called.wants(id) || id.parse::<Id>().is_err() {
                continue;
            }
            let found = optional(visit.ask(kind.get).at(kind.part, id).await)?;
            let mut found = found.as_ref().map(|found| text(found, kind.named).to_owned());
            if found.is_none() {
                // No decision is no fault: somebody may have been deleted before there was one.
                let decided = visit.ask(kind.decision).at(kind.part, id).await.ok();
                found = decided.as_ref().map(|decided| text(decided, "/name").to_owned());
            }
            called.keep(id, found.as_deref());
        }
        Ok(called)
    }

    fn wants(&self, id: &str) -> bool {
        !id.is_empty() && !self.0.contains_key(id)
    }

    fn keep(&mut self, id: &str, called: Option<&str>) {
        self.0.insert(id.to_owned(), called.unwrap_or_default().to_owned());
    }

    fn find(&self, id: &str) -> Option<&str> {
        self.0.get(id).map(String::as_str).filter(|called| !called.is_empty())
    }

    /// What it is called, or its id.
    pub(super) fn or_id<'a>(&'a self, id: &'a str) -> &'a str {
        self.find(id).unwrap_or(id)
    }

    /// What a `user` or `group` is called, with a link to the page that explains it: of who or what is gone there is no other.
    pub(super) fn link(&self, visit: &Visit, kind: &str, id: &str) -> Markup {
        html! {
            a href=(why(visit, kind, id)) {
                @match self.find(id) { Some(called) => (name(called)), None => code { (cut(id, 64)) } }
            }
        }
    }
}

/// How a user or a group is asked for.
struct Asked {
    get: &'static str,
    decision: &'static str,
    part: &'static str,
    named: &'static str,
}

const USER: Asked = Asked { get: "getUser", decision: "getUserDecision", part: "user", named: "/userName" };
const GROUP: Asked = Asked { get: "getGroup", decision: "getGroupDecision", part: "group", named: "/displayName" };

/// An answer, or none if there is no such thing.
fn optional(answer: Result<Value>) -> Result<Option<Value>> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == Kind::Scim(ErrorKind::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}
