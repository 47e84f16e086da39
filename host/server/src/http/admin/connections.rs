//! Connections and their SCIM tokens over HTTP.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use super::super::SCIM_BASE;
use super::call::{Call, Reply, blocking};
use super::page::Page;
use crate::admin::connections::{self, Change, ConnectionPatch, Creation, NewConnection, Shown};
use crate::admin::deletion::Deletion;
use crate::admin::tokens::{self, NewToken, Token};
use crate::admin::warnings;
use crate::error::Result;
use crate::id::Id;
use crate::secret::{Purpose, Secret};

/// A connection.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Connection {
    #[serde(flatten)]
    shown: Shown,
    /// The base URL to enter at the identity provider.
    base_url: String,
}

/// A new connection with its first SCIM token.
#[derive(Serialize, JsonSchema)]
pub(super) struct CreatedConnection {
    #[serde(flatten)]
    connection: Connection,
    /// The SCIM token to enter at the identity provider. Shown here and never again.
    token: String,
}

/// A new SCIM token with its secret.
#[derive(Serialize, JsonSchema)]
pub(super) struct CreatedToken {
    #[serde(flatten)]
    made: Token,
    /// The token itself. Shown here and never again.
    token: String,
}

impl Connection {
    fn of(call: &Call, mut shown: Shown) -> Self {
        shown.changing_external_ids = shown.changing_external_ids.filter(|changing| changing.is_recent(call.caller.now));
        Self { shown, base_url: format!("{}{SCIM_BASE}", call.app.public_url) }
    }
}

pub(super) async fn create(mut call: Call) -> Result<Reply> {
    let new: NewConnection = call.take_body()?;
    let plugins = Arc::clone(&call.app.plugins);
    let creation = blocking(move || Creation::check(&plugins, new)).await?;
    let (now, actor, tenant) = (call.caller.now, call.caller.actor.clone(), call.caller.rows.number());
    let (id, token_id, secret) = (Id::new(now), Id::new(now), Secret::generate(Purpose::Scim)?);
    let token = secret.to_string();
    let made = call.write(Some(id.to_string()), move |tx, _| creation.run(tx, tenant, (id, token_id), &secret, (&actor, now)));
    let (shown, _) = made.await?;
    call.created(id, &CreatedConnection { connection: Connection::of(&call, shown), token })
}

pub(super) async fn list(call: Call) -> Result<Reply> {
    call.page(
        |connection: &Connection| connection.shown.id,
        |rows, after, limit| {
            let shown = connections::list(rows, after, limit)?;
            Ok(shown.into_iter().map(|shown| Connection::of(&call, shown)).collect())
        },
    )
}

pub(super) async fn get(call: Call) -> Result<Reply> {
    let id = call.id("connection")?;
    let shown = call.read(|rows| connections::get(rows, id))?;
    Reply::json(&Connection::of(&call, shown))
}

pub(super) async fn patch(mut call: Call) -> Result<Reply> {
    let id = call.id("connection")?;
    let patch: ConnectionPatch = call.take_body()?;
    let plugins = Arc::clone(&call.app.plugins);
    let change = blocking(move || Change::check(&plugins, patch)).await?;
    let (now, actor) = (call.caller.now, call.caller.actor.clone());
    let shown = call.write(Some(id.to_string()), move |tx, _| change.run(tx, id, (&actor, now))).await?;
    Reply::json(&Connection::of(&call, shown))
}

pub(super) async fn delete(call: Call) -> Result<Reply> {
    let id = call.id("connection")?;
    let number = call.write(Some(id.to_string()), move |tx, stamp| connections::delete(tx, id, stamp)).await?;
    call.app.deletions.add(Deletion::Connection(call.caller.rows.number(), number));
    Ok(Reply::empty())
}

pub(super) async fn create_token(mut call: Call) -> Result<Reply> {
    let connection = call.id("connection")?;
    let new: NewToken = call.take_body()?;
    let (now, tenant) = (call.caller.now, call.caller.rows.number());
    let (id, secret) = (Id::new(now), Secret::generate(Purpose::Scim)?);
    let token = secret.to_string();
    let made = call.write(Some(id.to_string()), move |tx, _| {
        let connection = connections::record(tx, connection)?.number;
        tokens::create(tx, (tenant, connection), id, &new, &secret, now)
    });
    let made = made.await?;
    call.created(id, &CreatedToken { made, token })
}

pub(super) async fn list_tokens(call: Call) -> Result<Reply> {
    let connection = call.id("connection")?;
    call.page(
        |token: &Token| token.id,
        |rows, after, limit| tokens::list(rows, connections::record(rows, connection)?.number, after, limit),
    )
}

pub(super) async fn delete_token(call: Call) -> Result<Reply> {
    let (connection, id) = (call.id("connection")?, call.id("token")?);
    let deleted = call.write(Some(id.to_string()), move |tx, _| {
        let connection = connections::record(tx, connection)?.number;
        tokens::delete(tx, connection, id)
    });
    deleted.await?;
    Ok(Reply::empty())
}

pub(super) async fn warnings(call: Call) -> Result<Reply> {
    let id = call.id("connection")?;
    let public_url = std::sync::Arc::clone(&call.app.public_url);
    let (rows, now) = (call.caller.rows.clone(), call.caller.now);
    let items = blocking(move || rows.read(|rows| warnings::of(rows, id, &public_url, now))).await?;
    Reply::json(&Page { items, next_cursor: None })
}
