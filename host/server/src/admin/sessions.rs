//! Sessions: operators who are signed in with a browser.
//!
//! A session stands for what it was opened with and opens nothing that this no longer opens: a key, or values of a claim for which there are grants. Its secret is
//! in the browser's cookie and is kept as a hash. Knows nothing of cookies and pages.

use serde::{Deserialize, Serialize};

use super::listing;
use crate::activity::Person;
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::id::Id;
use crate::limits::{SESSION_MS_MAX, SESSIONS_MAX};
use crate::secret::Secret;
use crate::store::{Key, Range, Rows, Table, Tx, from_json, layout};

/// An open session.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// What it was opened with.
    pub opener: Opener,
    /// When it ends.
    pub expires: Timestamp,
}

/// What a session was opened with.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Opener {
    /// An operator key.
    Key {
        /// Its hash.
        key_hash: [u8; 32],
    },
    /// The key of the environment.
    Environment {
        /// What only that key and the session's secret make together.
        tag: [u8; 32],
    },
    /// Single sign-on.
    SingleSignOn(SignedOn),
}

/// What an OpenID provider said of somebody when they signed in.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SignedOn {
    /// Who it is.
    pub person: Person,
    /// The provider.
    pub issuer: String,
    /// The claim that decides.
    pub claim: String,
    /// Those of its values that a grant named.
    pub values: Vec<String>,
}

/// An open session by single sign-on.
pub struct SignedOnSession {
    hash: [u8; 32],
    /// What the provider said.
    pub signed_on: SignedOn,
    /// When it ends.
    pub expires: Timestamp,
}

impl SignedOnSession {
    /// Its id, which tells nothing of its secret.
    pub fn id(&self) -> Id {
        Id::of_digest(&self.hash)
    }

    /// Ends it.
    pub fn end(&self, tx: &mut Tx<'_>) {
        tx.delete(&layout::session(&self.hash));
    }
}

/// The sessions by single sign-on that have not ended.
///
/// # Errors
/// If the disk refuses.
pub fn signed_on(rows: &impl Rows, now: Timestamp) -> Result<Vec<SignedOnSession>> {
    let all = listing::read(rows, &Range::under(Key::new(Table::Session)), SESSIONS_MAX, |key, value| {
        let hash = key.get(1..).and_then(|hash| <[u8; 32]>::try_from(hash).ok());
        Ok(hash.zip(Some(from_json::<Session>(value)?)))
    })?;
    let open = all.into_iter().flatten().filter(|(_, session)| session.expires > now);
    let signed_on = open.filter_map(|(hash, session)| match session.opener {
        Opener::SingleSignOn(signed_on) => Some(SignedOnSession { hash, signed_on, expires: session.expires }),
        Opener::Key { .. } | Opener::Environment { .. } => None,
    });
    Ok(signed_on.collect())
}

/// Opens a session with this secret. It ends after [`SESSION_MS_MAX`] milliseconds.
///
/// # Errors
/// Conflict if there are [`SESSIONS_MAX`] that have not ended.
pub fn open(tx: &mut Tx<'_>, secret: &Secret, opener: &Opener, now: Timestamp) -> Result<()> {
    let all = Range::under(Key::new(Table::Session));
    let known = listing::read(tx, &all, SESSIONS_MAX, |key, value| {
        let hash = key.get(1..).and_then(|hash| <[u8; 32]>::try_from(hash).ok());
        Ok((hash, from_json::<Session>(value)?.expires <= now))
    })?;
    let mut open = 0;
    for (hash, has_ended) in known {
        match hash.filter(|_| has_ended) {
            Some(hash) => tx.delete(&layout::session(&hash)),
            None => open += 1,
        }
    }
    if open >= SESSIONS_MAX {
        return Err(Error::conflict("Too many people are signed in. Sign out elsewhere first."));
    }
    tx.put_json(&layout::session(&secret.hash()), &Session { opener: opener.clone(), expires: now.plus_millis(SESSION_MS_MAX) })
}

/// The session with this secret, if it has not ended.
///
/// # Errors
/// If the disk refuses.
pub fn find(rows: &impl Rows, secret: &Secret, now: Timestamp) -> Result<Option<Session>> {
    let session: Option<Session> = rows.json(&layout::session(&secret.hash()))?;
    Ok(session.filter(|session| session.expires > now))
}

/// Ends the session with this secret.
pub fn close(tx: &mut Tx<'_>, secret: &Secret) {
    tx.delete(&layout::session(&secret.hash()));
}
