//! DELETE (RFC 7644 section 3.6).

use std::sync::Arc;

use super::index::{self, last_ids};
use super::members::{MemberKind, add_to_digest, keep_name, less, members_of};
use super::read::{parse_id, stored};
use super::stored::touched;
use super::{Catalog, Context, Kind, Scope, Stored, Why, external_ids, mark_dirty};
use crate::clock::Timestamp;
use crate::error::Result;
use crate::id::Id;
use crate::limits::DELETE_RESOURCES_PER_WRITE_MAX;
use crate::store::layout::{self, GROUP, USER};
use crate::store::{Range, Rows, Tx};

/// A resource to delete.
#[derive(Debug)]
pub struct Delete {
    kind: Arc<Kind>,
    id: String,
}

impl Delete {
    /// Names it.
    pub fn new(kind: Arc<Kind>, id: &str) -> Self {
        Self { kind, id: id.to_owned() }
    }

    /// Its type.
    pub fn kind(&self) -> &Arc<Kind> {
        &self.kind
    }

    /// Deletes it, takes it out of every group and, if it is a group, everybody out of it. Gives its id.
    ///
    /// # Errors
    /// 404 if there is none, 412 if it is another version.
    pub fn run(&self, tx: &mut Tx<'_>, scope: Scope, context: &Context) -> Result<Id> {
        let id = parse_id(&self.kind, &self.id)?;
        let json = stored(tx, scope, &self.kind, id)?;
        context.conditions.check(tx, scope, &self.kind, id, &json)?;
        let before = Stored::read(&json)?;
        if self.kind.number == USER {
            external_ids::went(tx, scope, &before.resource)?;
        }
        let stamp = context.record(tx, id, false)?;
        remove(tx, scope, &self.kind, id, &before, &Removal { stamp, activity: Some(stamp), now: Some(context.now) })?;
        Ok(id)
    }
}

/// What a deletion leaves in other rows.
struct Removal {
    /// Of the dirty marks.
    stamp: u64,
    /// Number of the activity entry of the request.
    activity: Option<u64>,
    /// When the groups were modified that it leaves; `None` if that does not matter any more.
    now: Option<Timestamp>,
}

/// Deletes a resource's rows and gives how many.
fn remove(tx: &mut Tx<'_>, scope: Scope, kind: &Kind, id: Id, before: &Stored, removal: &Removal) -> Result<usize> {
    let Removal { stamp, activity, now } = *removal;
    index::update(tx, scope, kind, id, Some(&before.resource), None)?;
    tx.delete(&layout::resource(scope.connection, kind.number, id));
    tx.add(&layout::resource_count(scope.connection, kind.number), -1)?;
    mark_dirty(tx, scope, (kind.number, id), stamp, Why { activity, group: None })?;
    let mut rows = 1;
    for (member, what) in members_of(tx, scope, id)? {
        tx.delete(&layout::group_member(scope.connection, id, member));
        tx.delete(&layout::member_group(scope.connection, member, id));
        if what == MemberKind::User {
            mark_dirty(tx, scope, (USER, member), stamp, Why { activity, group: Some(id) })?;
        }
        rows += 2;
    }
    keep_name(tx, scope, kind, id, None);
    tx.delete(&layout::members_digest(scope.connection, id));
    tx.delete(&layout::group_touched(scope.connection, id));
    let what = if kind.number == GROUP { MemberKind::Group } else { MemberKind::User };
    for group in last_ids(tx, &Range::under(layout::member_groups(scope.connection, id)))? {
        tx.delete(&layout::member_group(scope.connection, id, group));
        tx.delete(&layout::group_member(scope.connection, group, id));
        add_to_digest(tx, scope, group, less(id, what))?;
        let key = layout::resource(scope.connection, GROUP, group);
        if let (Some(now), Some(json)) = (now, tx.get(&key)?)
            && let Some(json) = touched(&json, now)?
        {
            tx.put(&key, json);
        }
        rows += 2;
    }
    Ok(rows)
}

/// Deletes resources of a connection that goes, of the kinds of `catalog`, until about `most` rows are gone, and marks them as due for projection. Gives how many
/// resources it deleted; 0 when none was left. `activity` is the entry of the request that deleted the connection.
///
/// # Errors
/// If the disk refuses.
pub fn remove_some(tx: &mut Tx<'_>, scope: Scope, catalog: &Catalog, most: usize, (stamp, activity): (u64, Option<u64>)) -> Result<usize> {
    let removal = Removal { stamp, activity, now: None };
    let (mut resources, mut rows) = (0, 0);
    // Users first: a group then has few members left when its turn comes.
    for kind in catalog.kinds() {
        let number = kind.number;
        let mut found = Vec::new();
        tx.each(&Range::under(layout::resources(scope.connection, number)), &mut |key, value| {
            found.extend(index::last_id(key).map(|id| (id, value.to_vec())));
            if found.len() < DELETE_RESOURCES_PER_WRITE_MAX {
                std::ops::ControlFlow::Continue(())
            } else {
                std::ops::ControlFlow::Break(())
            }
        })?;
        for (id, json) in found {
            if rows >= most {
                return Ok(resources);
            }
            rows += remove(tx, scope, kind, id, &Stored::read(&json)?, &removal)?;
            resources += 1;
        }
    }
    Ok(resources)
}
