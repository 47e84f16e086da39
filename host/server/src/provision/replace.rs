//! PUT (RFC 7644 section 3.5.1).

use std::sync::Arc;

use doorlist_scim::validate;
use serde_json::Value;

use super::members::Editor;
use super::patch::save;
use super::read::{parse_id, stored};
use super::{Answer, Context, Kind, Scope, Stored};
use crate::error::Result;
use crate::store::Tx;

/// A resource to replace.
#[derive(Debug)]
pub struct Replace {
    kind: Arc<Kind>,
    id: String,
    body: Value,
}

impl Replace {
    /// Takes the body. It is checked when it meets the resource, since what is immutable is known only then.
    pub fn new(kind: Arc<Kind>, id: &str, body: Value) -> Self {
        Self { kind, id: id.to_owned(), body }
    }

    /// Its type.
    pub fn kind(&self) -> &Arc<Kind> {
        &self.kind
    }

    /// Replaces it. Members that the body does not mention stay.
    ///
    /// # Errors
    /// 404, 412 if it is another version, what is wrong with the body, `uniqueness`, `mutability`, or `invalidValue` for an unknown member.
    pub fn run(&self, tx: &mut Tx<'_>, scope: Scope, context: &Context) -> Result<Answer> {
        let kind = &self.kind;
        let id = parse_id(kind, &self.id)?;
        let json = stored(tx, scope, kind, id)?;
        context.conditions.check(tx, scope, kind, id, &json)?;
        let before = Stored::read(&json)?;
        let incoming = validate::replace(&kind.scim, &before.resource, &self.body)?;
        let mut editor = Editor::new(tx, scope, id);
        if let Some(elements) = &incoming.elements {
            editor.replace(elements)?;
        }
        let json = save(editor, kind, id, &before, incoming.resource, (context, true))?;
        Answer::read(tx, scope, kind, (id, json), context.wanted)
    }
}
