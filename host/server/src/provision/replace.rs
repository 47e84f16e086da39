//! PUT (RFC 7644 section 3.5.1).

use doorlist_scim::validate;
use serde_json::Value;

use super::members::Editor;
use super::patch::save;
use super::read::{parse_id, stored};
use super::{Answer, Context, Kind, Links, Scope, Stored};
use crate::error::Result;
use crate::store::Tx;

/// A resource to replace.
#[derive(Debug)]
pub struct Replace {
    kind: &'static Kind,
    id: String,
    body: Value,
}

impl Replace {
    /// Takes the body. It is checked when it meets the resource, since what is immutable is known only then.
    pub fn new(kind: &'static Kind, id: &str, body: Value) -> Self {
        Self { kind, id: id.to_owned(), body }
    }

    /// Replaces it. Members that the body does not mention stay.
    ///
    /// # Errors
    /// 404, what is wrong with the body, `uniqueness`, `mutability`, or `invalidValue` for an unknown member.
    pub fn run(&self, tx: &mut Tx<'_>, scope: Scope, context: &Context) -> Result<Answer> {
        let id = parse_id(self.kind, &self.id)?;
        let before = Stored::read(&stored(tx, scope, self.kind, id)?)?;
        let incoming = validate::replace(self.kind.scim, &before.resource, &self.body)?;
        let mut editor = Editor::new(tx, scope, id);
        if let Some(elements) = &incoming.elements {
            editor.replace(elements)?;
        }
        let json = save(editor, self.kind, id, &before, incoming.resource, (context, true))?;
        let links = if context.with_links { Links::read(tx, scope, self.kind, id)? } else { Links::None };
        Ok(Answer { id, json, links })
    }
}
