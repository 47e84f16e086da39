//! Filtered lists over HTTP: what members, groups and decisions can be asked for by.
//!
//! Looking for them may take long, so that is taken away from the threads that run async code.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::call::{Call, Reply, blocking};
use super::endpoint::{Endpoint, Parameter};
use super::page::{Page, Place, wrong};
use crate::directory::{self, Needle, SubjectPlace, WantedDecisions, WantedGroups, WantedMembers};
use crate::error::{Error, Result};
use crate::id::Id;
use crate::limits::NAME_BYTES_MAX;
use crate::store::View;

const SEARCH: &str = "search";
const STATUS: &str = "status";
const ROLE: &str = "role";
const ISSUED: &str = "issued";
const GROUP: &str = "group";
const KIND: &str = "kind";
const INCLUDED: &str = "included";
const STUCK: &str = "stuck";
const CONNECTION: &str = "connection";

const STATUSES: [&str; 3] = ["active", "suspended", "blocked"];
const ISSUED_MEMBERS: [&str; 2] = ["scim", "api"];
const ISSUED_GROUPS: [&str; 3] = ["scim", "api", "policy"];
const KINDS: [&str; 2] = ["user", "group"];

fn text(name: &'static str, description: &'static str) -> Parameter {
    Parameter { name, description, schema: json!({"type": "string"}) }
}

fn search(description: &'static str) -> Parameter {
    Parameter { name: SEARCH, description, schema: json!({"type": "string", "minLength": 1, "maxLength": NAME_BYTES_MAX}) }
}

fn choice(name: &'static str, description: &'static str, of: &[&str]) -> Parameter {
    Parameter { name, description, schema: json!({"type": "string", "enum": of}) }
}

fn truth(name: &'static str, description: &'static str) -> Parameter {
    Parameter { name, description, schema: json!({"type": "boolean"}) }
}

/// The endpoint, with what a list of members can be asked for by.
pub(super) fn of_members(endpoint: Endpoint) -> Endpoint {
    endpoint
        .with(search("Only those with this in userName, displayName or e-mail address, upper and lower case alike."))
        .with(choice(STATUS, "Only those with this status.", &STATUSES))
        .with(text(ROLE, "Only those with this role."))
        .with(choice(ISSUED, "Only those who came by SCIM, or whom an operator made.", &ISSUED_MEMBERS))
        .with(text(CONNECTION, "Only those who came by the connection with this id. 404 if there is none."))
        .with(text(GROUP, "Only the members of the group with this id. 404 if there is none."))
}

/// The endpoint, with what a list of groups can be asked for by.
pub(super) fn of_groups(endpoint: Endpoint) -> Endpoint {
    endpoint
        .with(search("Only those with this in displayName, upper and lower case alike."))
        .with(choice(ISSUED, "Only those that came by SCIM, that an operator made, or that policies made.", &ISSUED_GROUPS))
        .with(text(CONNECTION, "Only those that came by the connection with this id. 404 if there is none."))
}

/// The endpoint, with what a list of decisions can be asked for by.
pub(super) fn of_decisions(endpoint: Endpoint) -> Endpoint {
    endpoint
        .with(choice(KIND, "Only those on users, or on groups.", &KINDS))
        .with(truth(INCLUDED, "Only on whom the directory has, or on whom it has not."))
        .with(truth(STUCK, "Only on whom a fault keeps at the last good projection, or on all others."))
        .with(text(CONNECTION, "Only on what came by the connection with this id. 404 if there is none."))
        .with(search("Only on whom has this in the name that the identity provider uses, in the name to show or in the e-mail address, upper and lower case alike, or has this SCIM id."))
}

/// What is looked for in names, if anything is.
fn needle(call: &Call) -> Result<Option<Needle>> {
    let Some(text) = call.parameter(SEARCH) else { return Ok(None) };
    if text.is_empty() || text.len() > NAME_BYTES_MAX {
        return Err(wrong(SEARCH, &format!("It has from 1 to {NAME_BYTES_MAX} bytes.")));
    }
    Ok(Some(Needle::new(text)))
}

/// The value of a parameter that is one of some words.
fn one_of<T: DeserializeOwned>(call: &Call, name: &'static str, words: &[&str]) -> Result<Option<T>> {
    let refusal = || wrong(name, &format!("It is one of {}.", words.join(", ")));
    let Some(word) = call.parameter(name) else { return Ok(None) };
    let word = words.iter().find(|known| **known == word).ok_or_else(refusal)?;
    serde_json::from_value(Value::from(*word)).map(Some).map_err(Error::internal)
}

fn yes_or_no(call: &Call, name: &'static str) -> Result<Option<bool>> {
    let read = |word: &str| word.parse().map_err(|_| wrong(name, "It is true or false."));
    call.parameter(name).map(read).transpose()
}

fn id(call: &Call, name: &'static str) -> Result<Option<Id>> {
    let read = |word: &str| word.parse().map_err(|_| wrong(name, "It is an id."));
    call.parameter(name).map(read).transpose()
}

/// Which members are asked for.
///
/// # Errors
/// If a parameter says nothing that can be asked for.
pub(super) fn members(call: &Call) -> Result<WantedMembers> {
    Ok(WantedMembers {
        search: needle(call)?,
        status: one_of(call, STATUS, &STATUSES)?,
        role: call.parameter(ROLE).map(str::to_owned),
        issued: one_of(call, ISSUED, &ISSUED_MEMBERS)?,
        connection: id(call, CONNECTION)?,
        group: id(call, GROUP)?,
    })
}

/// Which groups are asked for.
///
/// # Errors
/// If a parameter says nothing that can be asked for.
pub(super) fn groups(call: &Call) -> Result<WantedGroups> {
    Ok(WantedGroups { search: needle(call)?, issued: one_of(call, ISSUED, &ISSUED_GROUPS)?, connection: id(call, CONNECTION)? })
}

/// The refusal to filter a list of the past.
pub(super) fn not_of_the_past() -> Error {
    Error::invalid("Lists of the past cannot be filtered. Leave out atSequence and atTime, or everything else but cursor and limit.")
}

pub(super) async fn decisions(call: Call) -> Result<Reply> {
    let wanted = WantedDecisions {
        kind: one_of(&call, KIND, &KINDS)?,
        included: yes_or_no(&call, INCLUDED)?,
        stuck: yes_or_no(&call, STUCK)?,
        connection: id(&call, CONNECTION)?,
        search: needle(&call)?,
    };
    page(call, move |rows, after: Option<SubjectPlace>, limit| directory::find_decisions(rows, &wanted, after, limit)).await
}

/// What a plugin printed about whom.
pub(super) async fn printed(call: Call) -> Result<Reply> {
    let (name, version) = (call.text("name").to_owned(), call.text("version").to_owned());
    page(call, move |rows, after: Option<SubjectPlace>, limit| directory::printed(rows, (&name, &version), after, limit)).await
}

/// A page of what `look` finds: it is given the place to start behind and how many to find, and gives the place behind which the next page begins.
///
/// # Errors
/// If cursor or limit are not acceptable, and what `look` answers.
pub(super) async fn page<P: Place + Send + 'static, T: Serialize + Send + 'static>(
    call: Call,
    look: impl FnOnce(&View, Option<P>, usize) -> Result<(Vec<T>, Option<P>)> + Send + 'static,
) -> Result<Reply> {
    let asked = call.asked::<P>()?;
    let rows = call.caller.rows.clone();
    let (items, next) = blocking(move || rows.read(|rows| look(rows, asked.after, asked.limit))).await?;
    Reply::json(&Page { items, next_cursor: next.map(|next| next.write()) })
}
