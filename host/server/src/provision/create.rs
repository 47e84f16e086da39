//! POST (RFC 7644 section 3.3).

use doorlist_scim::validate::{self, Incoming};
use serde_json::Value;

use super::members::Editor;
use super::{Answer, Context, Kind, Links, Scope, Stored, index, mark_dirty};
use crate::error::Result;
use crate::id::Id;
use crate::store::{Tx, layout};

/// A resource to make.
#[derive(Debug)]
pub struct Create {
    kind: &'static Kind,
    incoming: Incoming,
}

impl Create {
    /// Checks the body against the schema.
    ///
    /// # Errors
    /// What is wrong with the body.
    pub fn parse(kind: &'static Kind, body: &Value) -> Result<Self> {
        Ok(Self { kind, incoming: validate::create(kind.scim, body)? })
    }

    /// Makes it.
    ///
    /// # Errors
    /// `uniqueness` if a unique value is taken, `invalidValue` if a member is unknown.
    pub fn run(&self, tx: &mut Tx<'_>, scope: Scope, context: &Context) -> Result<Answer> {
        let Self { kind, incoming } = self;
        let id = Id::new(context.now);
        let stored = Stored::new(incoming.resource.clone(), id, context.now);
        index::update(tx, scope, kind, id, None, Some(&stored.resource))?;
        let json = stored.write(kind)?;
        tx.put(&layout::resource(scope.connection, kind.number, id), json.clone());
        tx.add(&layout::resource_count(scope.connection, kind.number), 1)?;
        let stamp = context.record(tx, id, true)?;
        mark_dirty(tx, scope, kind.number, id, stamp);
        if let Some(elements) = &incoming.elements {
            let mut editor = Editor::new(tx, scope, id);
            editor.add_all(elements)?;
            editor.finish(stamp);
        }
        let links = if kind.has_members && context.with_links { Links::read(tx, scope, kind, id)? } else { Links::None };
        Ok(Answer { id, json, links })
    }
}
