//! PATCH (RFC 7644 section 3.5.2), and what it shares with PUT.

use std::sync::Arc;

use doorlist_scim::patch::Patch;
use doorlist_scim::{AttrPath, Resource};
use serde_json::Value;

use super::members::{Editor, keep_name, mark_members};
use super::read::{parse_id, stored};
use super::{Answer, Context, Kind, Scope, Stored, Wanted, Why, external_ids, index, mark_dirty};
use crate::error::Result;
use crate::id::Id;
use crate::limits::PATCH_ANSWER_MEMBERS_MAX;
use crate::store::layout::{self, USER};
use crate::store::{Range, Rows, Tx};

/// A resource to modify.
#[derive(Debug)]
pub struct Modify {
    kind: Arc<Kind>,
    id: String,
    patch: Patch,
}

/// What a PATCH made.
#[derive(Debug)]
pub struct Modified {
    /// The resource; without members if it is not to be shown.
    pub answer: Answer,
    /// Whether it is to be shown. Not if it has so many members that an answer with them would cost more than the change, unless
    /// [`Context::always`].
    pub has_body: bool,
}

impl Modify {
    /// Reads the operations.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn parse(kind: Arc<Kind>, id: &str, body: &Value) -> Result<Self> {
        let patch = Patch::parse(&kind.scim, body)?;
        Ok(Self { kind, id: id.to_owned(), patch })
    }

    /// The attributes that the operations name.
    pub fn specified(&self) -> Vec<AttrPath> {
        self.patch.specified()
    }

    /// Its type.
    pub fn kind(&self) -> &Arc<Kind> {
        &self.kind
    }

    /// Makes every change or none.
    ///
    /// # Errors
    /// 404, 412 if it is another version, `noTarget`, `mutability`, `uniqueness`, or `invalidValue`.
    pub fn run(&self, tx: &mut Tx<'_>, scope: Scope, context: &Context) -> Result<Modified> {
        let kind = &self.kind;
        let id = parse_id(kind, &self.id)?;
        let json = stored(tx, scope, kind, id)?;
        context.conditions.check(tx, scope, kind, id, &json)?;
        let before = Stored::read(&json)?;
        let mut resource = before.resource.clone();
        self.patch.apply(&kind.scim, &mut resource)?;
        let mut editor = Editor::new(tx, scope, id);
        editor.apply(self.patch.elements(), &context.base)?;
        let has_body = !kind.has_members || context.always || {
            let members = Range::under(layout::group_members(scope.connection, id));
            editor.tx().count(&members, PATCH_ANSWER_MEMBERS_MAX + 1)? <= PATCH_ANSWER_MEMBERS_MAX
        };
        let json = save(editor, kind, id, &before, resource, (context, has_body))?;
        let wanted = if has_body { context.wanted } else { Wanted { links: false, version: true } };
        Ok(Modified { answer: Answer::read(tx, scope, kind, (id, json), wanted)?, has_body })
    }
}

/// Writes what PUT or PATCH made of a resource and its members, and gives the stored form. What changed nothing writes nothing but the
/// log's entry: `lastModified` stays.
pub(super) fn save(
    mut editor: Editor<'_, '_>,
    kind: &Kind,
    id: Id,
    before: &Stored,
    resource: Resource,
    (context, has_body): (&Context, bool),
) -> Result<Vec<u8>> {
    let changed = resource != before.resource;
    let members_changed = editor.is_changed();
    let scope = editor.scope();
    let stamp = context.record(editor.tx(), id, has_body)?;
    if !changed && !members_changed {
        return before.write(kind);
    }
    let after = Stored { resource, created: before.created, last_modified: context.now.max(before.last_modified) };
    let json = after.write(kind)?;
    let tx = editor.tx();
    tx.put(&layout::resource(scope.connection, kind.number, id), json.clone());
    if changed {
        index::update(tx, scope, kind, id, Some(&before.resource), Some(&after.resource))?;
        mark_dirty(tx, scope, (kind.number, id), stamp, Why::itself(stamp))?;
        if kind.number == USER {
            external_ids::changed(tx, scope, id, (&before.resource, &after.resource), context.now)?;
        }
        if kind.has_members && before.text("displayName") != after.text("displayName") {
            keep_name(tx, scope, kind, id, Some(after.text("displayName")));
            mark_members(tx, scope, id, stamp, Some(stamp))?;
        }
    }
    editor.finish(stamp)?;
    Ok(json)
}
