//! SCIM tokens: how the client of one connection shows who it is.
//!
//! A connection can have several at a time, with or without expiry, so that changing one over leaves no gap. A token's secret is shown
//! once and kept as a hash. Knows nothing of the connection but its number.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::listing;
use super::name::{self, Problems};
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::id::Id;
use crate::limits::TOKENS_MAX;
use crate::secret::Secret;
use crate::store::{Key, PartitionNumber, Range, Rows, Table, Tx, from_json, layout};

/// A SCIM token, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Token {
    /// Its id.
    pub id: Id,
    /// What operators call it, if they gave it a name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The last four characters of its secret.
    pub hint: String,
    /// When it was made.
    pub created: Timestamp,
    /// When it stops working; never without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

/// A SCIM token to make.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewToken {
    /// What operators call it.
    pub name: Option<String>,
    /// When it stops working; never without it.
    pub expires_at: Option<Timestamp>,
}

/// A token as it is stored with its connection.
#[derive(Serialize, Deserialize)]
struct Stored {
    #[serde(flatten)]
    token: Token,
    hash: [u8; 32],
}

/// What a token opens, as it is stored by the token's hash.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Grant {
    /// The tenant.
    pub tenant: PartitionNumber,
    /// The number of the connection.
    pub connection: u32,
    /// When it stops.
    pub expires_at: Option<Timestamp>,
}

/// Makes a token of a connection with this secret.
///
/// # Errors
/// If the name is not acceptable, the expiry has passed, or the connection has [`TOKENS_MAX`] tokens.
pub fn create(
    tx: &mut Tx<'_>,
    (tenant, connection): (PartitionNumber, u32),
    id: Id,
    new: &NewToken,
    secret: &Secret,
    now: Timestamp,
) -> Result<Token> {
    let mut problems = Problems::default();
    let name = new.name.as_deref().map(|name| name::checked(name, "/name", &mut problems));
    if new.expires_at.is_some_and(|at| at <= now) {
        problems.add("/expiresAt", "This has passed.");
    }
    problems.finish()?;
    if tx.count(&Range::under(layout::tokens(connection)), TOKENS_MAX)? >= TOKENS_MAX {
        return Err(Error::conflict(format!("A connection can have {TOKENS_MAX} tokens. Delete one first.")));
    }
    let token = Token { id, name, hint: secret.hint(), created: now, expires_at: new.expires_at };
    let hash = secret.hash();
    tx.put_json(&layout::token_hash(&hash), &Grant { tenant, connection, expires_at: token.expires_at })?;
    tx.put_json(&layout::token(connection, id), &Stored { token: token.clone(), hash })?;
    Ok(token)
}

/// At most `limit` tokens of a connection behind `after`, in the order in which they were made.
///
/// # Errors
/// If the disk refuses.
pub fn list(rows: &impl Rows, connection: u32, after: Option<Id>, limit: usize) -> Result<Vec<Token>> {
    let range = Range::under(layout::tokens(connection));
    let range = match after {
        Some(id) => range.after(layout::token(connection, id)),
        None => range,
    };
    listing::read(rows, &range, limit, |_, value| Ok(from_json::<Stored>(value)?.token))
}

/// Deletes a token: from here on it opens nothing.
///
/// # Errors
/// 404 if there is none.
pub fn delete(tx: &mut Tx<'_>, connection: u32, id: Id) -> Result<()> {
    let row = layout::token(connection, id);
    let stored = tx.json::<Stored>(&row)?.ok_or_else(|| Error::not_found("token"))?;
    tx.delete(&layout::token_hash(&stored.hash));
    tx.delete(&row);
    Ok(())
}

/// What the token with this hash opens, if there is one.
pub(crate) fn find(rows: &impl Rows, hash: &[u8; 32]) -> Result<Option<Grant>> {
    rows.json(&layout::token_hash(hash))
}

/// Deletes every token of a connection.
pub(super) fn forget(tx: &mut Tx<'_>, connection: u32) -> Result<()> {
    forget_under(tx, layout::tokens(connection), TOKENS_MAX).map(|_| ())
}

/// Deletes at most `most` tokens of the tenant that `tx` belongs to, and says how many.
pub(super) fn forget_some(tx: &mut Tx<'_>, most: usize) -> Result<usize> {
    forget_under(tx, Key::new(Table::Token), most)
}

fn forget_under(tx: &mut Tx<'_>, head: Key, most: usize) -> Result<usize> {
    let range = Range::under(head);
    let hashes = listing::read(tx, &range, most, |_, value| Ok(from_json::<Stored>(value)?.hash))?;
    for hash in &hashes {
        tx.delete(&layout::token_hash(hash));
    }
    tx.delete_range(&range, most)
}
