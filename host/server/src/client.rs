//! Clients: what their traffic says of them.
//!
//! Identity providers differ in their requests more than in what they say they are. What each connection's client has been seen to do is gathered in
//! memory and kept in a row, so that an operator sees what is talking to them. Nothing is decided by it: every client is answered alike.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use doorlist_scim::dialect::{Client, Traits};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::error::Result;
use crate::limits::{CLIENT_HEARD_MS, CLIENTS_SEEN_MAX, USER_AGENT_CHARACTERS_MAX, USER_AGENT_MS_MIN};
use crate::store::layout;
use crate::store::{PartitionNumber, Rows, Store, Tx};

/// What is kept of a connection's client.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Seen {
    /// The bits of [`Traits`].
    traits: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user_agent: Option<String>,
    /// When it was last seen to do something new.
    #[serde(default)]
    changed: Option<Timestamp>,
    /// When it was last heard of, to about [`CLIENT_HEARD_MS`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    heard: Option<Timestamp>,
    /// Whether its latest requests came with a slash behind the base.
    #[serde(default, skip_serializing_if = "is_false")]
    slash_behind_base: bool,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_false(value: &bool) -> bool {
    !value
}

/// What one request shows of its client.
#[derive(Clone, Copy, Debug)]
pub struct Looks<'a> {
    /// The habits in it.
    pub traits: Traits,
    /// What it calls itself.
    pub user_agent: Option<&'a str>,
    /// Whether a slash more than belongs there stands behind the base, as with a base URL that was entered with a slash at its end.
    pub slash_behind_base: bool,
}

/// What a connection's client looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Likeness {
    /// JumpCloud.
    Jumpcloud,
    /// Okta.
    Okta,
    /// Microsoft Entra ID.
    Entra,
    /// None of them in particular.
    Unknown,
}

/// A connection's client as its traffic shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Shown {
    /// What it looks like. Nothing is decided by that.
    pub looks_like: Likeness,
    /// The same in a sentence, with what it has been seen to do.
    pub summary: String,
    /// What it has been seen to do, in words.
    pub traits: Vec<String>,
    /// What it calls itself, cut to a bound.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// When it was last seen to do something new.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed: Option<Timestamp>,
    /// When its last request came, to within some seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_request: Option<Timestamp>,
}

/// Gathers what clients are seen to do.
#[derive(Debug, Default)]
pub struct Clients(Mutex<HashMap<(PartitionNumber, u32), Gathered>>);

#[derive(Debug, Default)]
struct Gathered {
    seen: Seen,
    /// Whether there is something that no row has yet.
    fresh: bool,
}

impl Clients {
    /// Notes what a request of a connection's client shows.
    pub fn see(&self, (tenant, connection): (PartitionNumber, u32), looks: Looks<'_>, now: Timestamp) {
        let Looks { traits, user_agent, slash_behind_base } = looks;
        let mut gathered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if gathered.len() >= CLIENTS_SEEN_MAX {
            gathered.retain(|_, known| known.fresh);
        }
        let is_new = !gathered.contains_key(&(tenant, connection));
        let known = gathered.entry((tenant, connection)).or_default();
        let more = known.seen.traits | traits.bits();
        let is_old = known.seen.changed.is_none_or(|at| now >= at.plus_millis(USER_AGENT_MS_MIN));
        let renamed =
            is_old && user_agent.is_some_and(|agent| !known.seen.user_agent.as_deref().is_some_and(|known| is_cut_of(known, agent)));
        if is_new || more != known.seen.traits || renamed {
            known.seen.traits = more;
            if let Some(agent) = user_agent {
                known.seen.user_agent = Some(cut(agent));
            }
            known.seen.changed = Some(now);
            known.fresh = true;
        }
        if known.seen.heard.is_none_or(|heard| now >= heard.plus_millis(CLIENT_HEARD_MS)) {
            known.seen.heard = Some(now);
            // Once it is put right, that is seen by then.
            known.seen.slash_behind_base = slash_behind_base;
            known.fresh = true;
        } else if slash_behind_base && !known.seen.slash_behind_base {
            known.seen.slash_behind_base = true;
            known.fresh = true;
        }
    }

    /// Writes what no row has yet. What a write fails on is tried again.
    pub fn write(&self, store: &Store) {
        let fresh: Vec<((PartitionNumber, u32), Seen)> = {
            let mut gathered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let fresh = gathered.iter_mut().filter(|(_, known)| known.fresh);
            fresh
                .map(|(key, known)| {
                    known.fresh = false;
                    (*key, known.seen.clone())
                })
                .collect()
        };
        for ((tenant, connection), seen) in fresh {
            let written = store.tenant(tenant).write(move |tx| merge(tx, connection, &seen));
            if let Err(error) = written {
                tracing::warn!(%error, "what a client was seen to do was not written");
                if let Some(known) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get_mut(&(tenant, connection)) {
                    known.fresh = true;
                }
            }
        }
    }
}

/// Adds to a connection's row what was seen, unless the connection is gone.
fn merge(tx: &mut Tx<'_>, connection: u32, seen: &Seen) -> Result<()> {
    if !tx.has(&layout::connection(connection))? {
        return Ok(());
    }
    let key = layout::client(connection);
    let before: Seen = tx.json(&key)?.unwrap_or_default();
    let traits = before.traits | seen.traits;
    let user_agent = seen.user_agent.clone().or_else(|| before.user_agent.clone());
    let is_known = traits == before.traits && user_agent == before.user_agent && before.changed.is_some();
    let changed = if is_known { before.changed } else { seen.changed };
    let heard = before.heard.max(seen.heard);
    let newer = if seen.heard >= before.heard { seen } else { &before };
    let slash_behind_base = newer.slash_behind_base;
    if is_known && heard == before.heard && slash_behind_base == before.slash_behind_base {
        return Ok(());
    }
    tx.put_json(&key, &Seen { traits, user_agent, changed, heard, slash_behind_base })
}

/// What is known of a connection's client; `None` before its first request.
///
/// # Errors
/// If the disk refuses.
pub fn shown(rows: &impl Rows, connection: u32) -> Result<Option<Shown>> {
    let Some(seen) = rows.json::<Seen>(&layout::client(connection))? else { return Ok(None) };
    let traits = Traits::from_bits(seen.traits);
    let looks_like = match traits.looks_like() {
        Client::JumpCloud => Likeness::Jumpcloud,
        Client::Okta => Likeness::Okta,
        Client::Entra => Likeness::Entra,
        Client::Unknown => Likeness::Unknown,
    };
    Ok(Some(Shown {
        looks_like,
        summary: traits.summary(),
        traits: traits.iter().map(|known| known.sentence().to_owned()).collect(),
        user_agent: seen.user_agent,
        changed: seen.changed,
        last_request: seen.heard,
    }))
}

/// Whether the latest requests of a connection's client came with a slash more than belongs behind the base.
///
/// # Errors
/// If the disk refuses.
pub fn has_slash_behind_base(rows: &impl Rows, connection: u32) -> Result<bool> {
    Ok(rows.json::<Seen>(&layout::client(connection))?.is_some_and(|seen| seen.slash_behind_base))
}

/// What is kept of a name that a stranger gives.
fn cut(agent: &str) -> String {
    agent.chars().filter(|letter| !letter.is_control()).take(USER_AGENT_CHARACTERS_MAX).collect()
}

/// Whether `known` is what is kept of `agent`, without making it.
fn is_cut_of(known: &str, agent: &str) -> bool {
    agent.chars().filter(|letter| !letter.is_control()).take(USER_AGENT_CHARACTERS_MAX).eq(known.chars())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slash_behind_the_base_is_known_at_once_and_forgotten_when_it_was_taken_off() {
        let clients = Clients::default();
        let mut now = Timestamp::from_millis(1_000_000);
        let mut see = |slash_behind_base, after| {
            now = now.plus_millis(after);
            clients.see((1, 1), Looks { traits: Traits::default(), user_agent: None, slash_behind_base }, now);
            clients.0.lock().unwrap()[&(1, 1)].seen.slash_behind_base
        };
        assert!(!see(false, 0));
        assert!(see(true, 1));
        assert!(see(false, 1), "one of several requests may be another's");
        assert!(!see(false, CLIENT_HEARD_MS));
    }
}
