//! POST (RFC 7644 section 3.3).

use std::sync::Arc;

use doorlist_scim::validate::{self, Incoming};
use serde_json::Value;

use super::members::{Editor, keep_name};
use super::{Answer, Context, Kind, Scope, Stored, Why, external_ids, index, mark_dirty};
use crate::error::Result;
use crate::id::Id;
use crate::store::layout::USER;
use crate::store::{Tx, layout};

/// A resource to make.
#[derive(Debug)]
pub struct Create {
    kind: Arc<Kind>,
    incoming: Incoming,
    /// The id it will have, if that had to be known before.
    id: Option<Id>,
}

/// A resource that is made but for its members.
#[derive(Debug)]
pub(super) struct Begun {
    id: Id,
    json: Vec<u8>,
    stamp: u64,
}

impl Create {
    /// Checks the body against the schema.
    ///
    /// # Errors
    /// What is wrong with the body.
    pub fn parse(kind: Arc<Kind>, body: &Value) -> Result<Self> {
        let incoming = validate::create(&kind.scim, body)?;
        Ok(Self { kind, incoming, id: None })
    }

    /// The same with an id that others refer to already.
    pub(super) fn with_id(self, id: Option<Id>) -> Self {
        Self { id, ..self }
    }

    /// Its type.
    pub fn kind(&self) -> &Arc<Kind> {
        &self.kind
    }

    /// Makes it.
    ///
    /// # Errors
    /// `uniqueness` if a unique value is taken, `invalidValue` if a member is unknown.
    pub fn run(&self, tx: &mut Tx<'_>, scope: Scope, context: &Context) -> Result<Answer> {
        let begun = self.begin(tx, scope, context)?;
        self.finish(tx, scope, begun, context)
    }

    /// Makes it without its members, who may not be there yet.
    pub(super) fn begin(&self, tx: &mut Tx<'_>, scope: Scope, context: &Context) -> Result<Begun> {
        let kind = &self.kind;
        let id = self.id.unwrap_or_else(|| Id::new(context.now));
        let stored = Stored::new(self.incoming.resource.clone(), id, context.now);
        index::update(tx, scope, kind, id, None, Some(&stored.resource))?;
        let json = stored.write(kind)?;
        tx.put(&layout::resource(scope.connection, kind.number, id), json.clone());
        keep_name(tx, scope, kind, id, Some(stored.text("displayName")));
        if kind.number == USER {
            external_ids::came(tx, scope, &stored.resource, context.now)?;
        }
        tx.add(&layout::resource_count(scope.connection, kind.number), 1)?;
        let stamp = context.record(tx, id, true)?;
        mark_dirty(tx, scope, (kind.number, id), stamp, Why::itself(stamp))?;
        Ok(Begun { id, json, stamp })
    }

    /// Adds its members.
    pub(super) fn finish(&self, tx: &mut Tx<'_>, scope: Scope, begun: Begun, context: &Context) -> Result<Answer> {
        let Begun { id, json, stamp } = begun;
        if let Some(elements) = &self.incoming.elements {
            let mut editor = Editor::new(tx, scope, id);
            editor.add_all(elements)?;
            editor.finish(stamp)?;
        }
        Answer::read(tx, scope, &self.kind, (id, json), context.wanted)
    }
}
