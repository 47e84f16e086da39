//! Who was put by policies into a group of the inventory that the identity provider did not put them into, so that such a group's coming and
//! going reaches them: nothing else in the inventory ties the two together.
//!
//! Knows no view and no policy.

use super::group::ids;
use super::member::MemberRow;
use crate::error::Result;
use crate::id::Id;
use crate::provision::{Scope, Why, mark_dirty};
use crate::store::layout::{self, USER};
use crate::store::{Key, Range, Rows, Table, Tx};

/// Whether policies have put anybody into such a group.
///
/// # Errors
/// If the disk refuses.
pub(super) fn is_any(rows: &impl Rows) -> Result<bool> {
    Ok(rows.count(&Range::under(Key::new(Table::AddedGroup)), 1)? > 0)
}

/// Makes `groups` the ones that policies put the user of a member into.
///
/// # Errors
/// If the disk refuses.
pub(super) fn put(tx: &mut Tx<'_>, row: &MemberRow, groups: &[Id]) -> Result<()> {
    row.member.scim_id.map_or(Ok(()), |user| put_user(tx, row.connection, user, groups))
}

/// The same by the user's SCIM id.
///
/// # Errors
/// If the disk refuses.
pub(super) fn put_user(tx: &mut Tx<'_>, connection: u32, user: Id, groups: &[Id]) -> Result<()> {
    let have = ids(tx, &Range::under(layout::added_groups(connection, user)), usize::MAX)?;
    for group in have.iter().filter(|group| !groups.contains(group)) {
        tx.delete(&layout::added_groups(connection, user).id(*group));
        tx.delete(&layout::added_to(connection, *group).id(user));
    }
    for group in groups.iter().filter(|group| !have.contains(group)) {
        tx.put(&layout::added_groups(connection, user).id(*group), Vec::new());
        tx.put(&layout::added_to(connection, *group).id(user), Vec::new());
    }
    Ok(())
}

/// Makes everybody due whom policies put into a group, for the sake of the request with this activity entry.
///
/// # Errors
/// If the disk refuses.
pub(super) fn mark(tx: &mut Tx<'_>, connection: u32, group: Id, stamp: u64, activity: Option<u64>) -> Result<()> {
    for user in ids(tx, &Range::under(layout::added_to(connection, group)), usize::MAX)? {
        mark_dirty(tx, Scope { connection }, (USER, user), stamp, Why { activity, group: Some(group) })?;
    }
    Ok(())
}
