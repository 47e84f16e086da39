//! What is likely to be amiss with a connection, told before anybody loses time over it.
//!
//! Nothing is refused for any of it. Knows nothing of who asks.

use std::net::IpAddr;
use std::ops::ControlFlow;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::connections::{self, Connection};
use super::filters::{Filters, UserGroupMatch};
use super::{listing, pipeline, tokens};
use crate::client;
use crate::clock::Timestamp;
use crate::error::Result;
use crate::id::Id;
use crate::limits::{CONNECTIONS_MAX, TOKENS_MAX, WARNING_EMAILS_LOOKED_MAX, WARNING_EXAMPLES_MAX, WARNINGS_LOOKED_MAX};
use crate::provision::{self, ChangingExternalIds, ExternalIdChange, Kind, Scope, Stored};
use crate::store::{Key, Range, Rows, Table, from_json, layout};

/// Something that is likely to be amiss.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Warning {
    /// What sort of thing, the same from one version to the next.
    pub kind: WarningKind,
    /// What it is, for a person.
    pub text: String,
}

/// What is likely to be amiss.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum WarningKind {
    /// No token of the connection opens anything.
    Token,
    /// The base URL is one that an identity provider cannot reach.
    BaseUrl,
    /// The identity provider was given the base URL with a slash at its end.
    TrailingSlash,
    /// A prefix for groups, of which none that came begins with it.
    GroupPrefix,
    /// A group of users to synchronize, of which none that came has the name.
    UserGroup,
    /// Users came without an `externalId`.
    ExternalId,
    /// The `externalId` of users changes.
    ChangingExternalId,
    /// Another connection sends the same people.
    SamePeople,
}

/// The warnings about the connection with this id. Looks at [`WARNINGS_LOOKED_MAX`] groups and as many users at the most.
///
/// # Errors
/// 404 if there is no such connection.
pub fn of(rows: &impl Rows, id: Id, public_url: &str, now: Timestamp) -> Result<Vec<Warning>> {
    let connection = connections::record(rows, id)?;
    let filters = Filters::read(&pipeline::current(rows)?.policies, id);
    let mut warnings = Vec::new();
    let mut warn = |kind, text| warnings.push(Warning { kind, text });
    let tokens = tokens::list(rows, connection.number, None, TOKENS_MAX)?;
    if !tokens.iter().any(|token| token.expires_at.is_none_or(|ends| ends > now)) {
        let text = "No token is valid: all were deleted or have expired, so the client is refused. Make another one.";
        warn(WarningKind::Token, text.to_owned());
    }
    if let Some(text) = unreachable(public_url) {
        warn(WarningKind::BaseUrl, text);
    }
    if client::has_slash_behind_base(rows, connection.number)? {
        let text = "The base URL ends in a slash where it was entered, so requests come with two: //Users. They are answered all the same; take the slash off, since not all of its kind are so patient.";
        warn(WarningKind::TrailingSlash, text.to_owned());
    }
    let names = group_names(rows, connection.number)?;
    if !names.is_empty() {
        for prefix in &filters.group_prefixes {
            if let Some(text) = unmatched(&names, prefix, UserGroupMatch::Prefix) {
                warn(WarningKind::GroupPrefix, text);
            }
        }
        for group in &filters.user_groups {
            if let Some(text) = unmatched(&names, group, filters.user_group_match) {
                warn(WarningKind::UserGroup, text);
            }
        }
    }
    let (without, shared) = users(rows, &connection)?;
    if without > 0 {
        let users = if without == 1 { "1 user came".to_owned() } else { format!("{without} users came") };
        let text = format!(
            "{users} without an externalId. Whoever is renamed at the identity provider while it is deleted here is then taken for somebody else: map externalId to an id that never changes."
        );
        warn(WarningKind::ExternalId, text);
    }
    let changing = provision::changing_external_ids(rows, connection.number)?;
    if let Some(changing) = changing.filter(|changing| changing.is_recent(now)) {
        warn(WarningKind::ChangingExternalId, unsteady(&changing));
    }
    for (other, examples) in shared {
        let text = format!(
            "The connection {other} sends some of the same people: {}. Both send them, so whoever of them no filter leaves out is in the team twice.",
            examples.join(", ")
        );
        warn(WarningKind::SamePeople, text);
    }
    Ok(warnings)
}

/// What is to be said of `externalId`s that change.
fn unsteady(changing: &ChangingExternalIds) -> String {
    let users = |count: usize| if count == 1 { "1 user".to_owned() } else { format!("{count} users") };
    let changed = format!("The externalId of {} changed more than once", users(changing.changed));
    // Fewer than two are not told.
    let returned = format!("{} were deleted and made again under another externalId", users(changing.returned));
    let what = match (changing.changed, changing.returned) {
        (0, _) => returned,
        (_, 0) => changed,
        _ => format!("{changed}, and {returned}"),
    };
    let ExternalIdChange { user_name, before, after, .. } = &changing.last;
    format!(
        "{what}; the last one was “{user_name}”, from “{before}” to “{after}”. By it somebody is known again who was deleted and comes back: map externalId to an id that never changes."
    )
}

/// Ends of names that no public name server knows (RFC 6761, 6762, 8375, and what routers and companies take).
const INSIDE: [&str; 5] = [".localhost", ".local", ".lan", ".internal", ".home.arpa"];

/// Why no identity provider can reach a URL, if it is plain that none can.
fn unreachable(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split('/').next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    let is_inside = match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => {
            // Of providers' own networks (RFC 6598).
            let is_shared = matches!(address.octets(), [100, 64..=127, ..]);
            address.is_loopback() || address.is_private() || address.is_link_local() || address.is_unspecified() || is_shared
        }
        Ok(IpAddr::V6(address)) => {
            address.is_loopback() || address.is_unspecified() || address.is_unique_local() || address.is_unicast_link_local()
        }
        Err(_) => {
            let host = host.trim_end_matches('.').to_ascii_lowercase();
            !host.contains('.') || INSIDE.iter().any(|end| host.ends_with(end))
        }
    };
    if is_inside {
        return Some(format!(
            "The base URL begins with {url}, which cannot be reached from outside. Start the server with --public-url and the address under which the identity provider finds it."
        ));
    }
    let text = "The base URL begins with http://. Identity providers want https://, and the token would cross the network in clear.";
    (scheme == "http").then(|| text.to_owned())
}

/// The names of the groups that came by a connection, some of them.
fn group_names(rows: &impl Rows, connection: u32) -> Result<Vec<String>> {
    let range = Range::under(Key::new(Table::Resource).number(connection).byte(layout::GROUP));
    listing::read(rows, &range, WARNINGS_LOOKED_MAX, |_, value| Ok(Stored::read(value)?.text("displayName").to_owned()))
}

/// What is to be said of an entry of a filter that none of the groups matches.
fn unmatched(names: &[String], entry: &str, by: UserGroupMatch) -> Option<String> {
    let matches = |name: &str, entry: &str| match by {
        UserGroupMatch::Exact => name == entry,
        UserGroupMatch::Prefix => name.starts_with(entry),
    };
    if names.iter().any(|name| matches(name, entry)) {
        return None;
    }
    let (seen, verb) = match (names.len(), by) {
        (1, UserGroupMatch::Prefix) => ("1 group seen, and it does not start".to_owned(), "with"),
        (1, UserGroupMatch::Exact) => ("1 group seen, and it is not called".to_owned(), ""),
        (count, UserGroupMatch::Prefix) => (format!("{count} groups seen, none starts"), "with"),
        (count, UserGroupMatch::Exact) => (format!("{count} groups seen, none is called"), ""),
    };
    let mut text = format!("{seen} {verb} “{entry}”").replace("  ", " ");
    // In the letters that the names have, so that it can be copied.
    let lower = entry.to_lowercase();
    let alike = names.iter().filter(|name| matches(&name.to_lowercase(), &lower));
    let heads: Vec<String> = alike.map(|name| name.chars().take(entry.chars().count()).collect()).collect();
    if let Some(head) = heads.first() {
        let count = heads.iter().filter(|other| *other == head).count();
        let verb = match (count, by) {
            (1, UserGroupMatch::Prefix) => "starts with",
            (_, UserGroupMatch::Prefix) => "start with",
            (1, UserGroupMatch::Exact) => "is called",
            (_, UserGroupMatch::Exact) => "are called",
        };
        text.push_str(&format!("; {count} {verb} “{head}”. Upper and lower case differ."));
    } else {
        text.push('.');
    }
    Some(text)
}

/// How many users came without an `externalId`, and whom other connections send as well: their names by the name of the connection.
fn users(rows: &impl Rows, connection: &Connection) -> Result<(usize, Vec<(String, Vec<String>)>)> {
    let range = Range::under(Key::new(Table::Connection));
    let all = listing::read(rows, &range, CONNECTIONS_MAX, |_, value| from_json::<Connection>(value))?;
    let others: Vec<Connection> = all.into_iter().filter(|other| other.number != connection.number && !other.deleting).collect();
    let mut people = Vec::new();
    let (mut without, mut failed) = (0, None);
    rows.each(&Range::under(Key::new(Table::Resource).number(connection.number).byte(layout::USER)), &mut |_, value| {
        match Stored::read(value) {
            Ok(stored) => {
                without += usize::from(stored.text("externalId").trim().is_empty());
                people.push((stored.text("userName").to_owned(), emails(&stored)));
            }
            Err(error) => failed = Some(error),
        }
        if failed.is_none() && people.len() < WARNINGS_LOOKED_MAX { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    if let Some(error) = failed {
        return Err(error);
    }
    let mut shared = Vec::new();
    for other in others {
        let scope = Scope { connection: other.number };
        let mut examples = Vec::new();
        for (name, emails) in &people {
            if examples.len() < WARNING_EXAMPLES_MAX && is_sent(rows, scope, std::iter::once(name).chain(emails))? {
                examples.push(name.clone());
            }
        }
        if !examples.is_empty() {
            shared.push((other.name, examples));
        }
    }
    Ok((without, shared))
}

/// The e-mail addresses of a user, some of them.
fn emails(user: &Stored) -> Vec<String> {
    let elements = user.resource.get("emails").and_then(Value::as_array).into_iter().flatten();
    let values = elements.filter_map(|email| email.get("value").and_then(Value::as_str));
    values.take(WARNING_EMAILS_LOOKED_MAX).map(str::to_owned).collect()
}

/// Whether a connection has a user with one of these as name or e-mail address.
fn is_sent<'a>(rows: &impl Rows, scope: Scope, texts: impl Iterator<Item = &'a String>) -> Result<bool> {
    for text in texts {
        for attribute in ["userName", "emails.value"] {
            if !provision::ids_with(rows, scope, Kind::user(), (attribute, text), 1)?.is_empty() {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_that_nobody_outside_reaches_is_told() {
        for (url, expected) in [
            ("https://doorlist.example.com", None),
            ("https://doorlist.example.com/door", None),
            ("https://203.0.113.5:8443", None),
            ("http://doorlist.example.com", Some("http://")),
            ("http://localhost:8080", Some("outside")),
            ("http://127.0.0.1:8080", Some("outside")),
            ("https://10.1.2.3", Some("outside")),
            ("https://192.168.1.4/door", Some("outside")),
            ("https://[::1]:8080", Some("outside")),
            ("https://doorlist", Some("outside")),
            ("https://box.local", Some("outside")),
            ("https://Doorlist.LOCALHOST.", Some("outside")),
            ("https://doorlist.lan", Some("outside")),
            ("https://doorlist.corp.internal:8443", Some("outside")),
            ("https://100.64.0.1", Some("outside")),
            ("https://100.127.255.254", Some("outside")),
            ("https://100.128.0.1", None),
            ("https://locals.example.com", None),
        ] {
            let told = unreachable(url);
            assert_eq!(told.is_some(), expected.is_some(), "{url}: {told:?}");
            assert!(told.unwrap_or_default().contains(expected.unwrap_or_default()), "{url}");
        }
    }

    #[test]
    fn an_entry_that_matches_nothing_is_told_with_what_comes_close() {
        let names = ["NB-Staff", "NB-Guests", "Sales"].map(str::to_owned);
        for (entry, by, expected) in [
            ("NB-", UserGroupMatch::Prefix, None),
            ("Sales", UserGroupMatch::Exact, None),
            (
                "nb-",
                UserGroupMatch::Prefix,
                Some("3 groups seen, none starts with “nb-”; 2 start with “NB-”. Upper and lower case differ."),
            ),
            ("x", UserGroupMatch::Prefix, Some("3 groups seen, none starts with “x”.")),
            (
                "sales",
                UserGroupMatch::Exact,
                Some("3 groups seen, none is called “sales”; 1 is called “Sales”. Upper and lower case differ."),
            ),
            ("NB", UserGroupMatch::Exact, Some("3 groups seen, none is called “NB”.")),
        ] {
            assert_eq!(unmatched(&names, entry, by).as_deref(), expected, "{entry}");
        }
        let one = ["Sales".to_owned()];
        assert_eq!(unmatched(&one, "NB-", UserGroupMatch::Prefix).unwrap(), "1 group seen, and it does not start with “NB-”.");
    }
}
