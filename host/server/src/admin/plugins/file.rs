//! Files of plugins: pieces in rows of their own, written and deleted little by little, so that nobody waits long behind a large one.
//!
//! A file is *loose* from its first piece until a revision has it, and again from the revision's deletion until its last piece is gone. What is left loose
//! by a process that ended is taken away at the next start. Knows nothing of what is in a file.

use serde::{Deserialize, Serialize};

use super::super::{listing, tenants};
use crate::error::{Error, Result};
use crate::id::Id;
use crate::limits::{PLUGIN_PIECE_BYTES, PLUGIN_PIECES_PER_WRITE_MAX, PLUGIN_UPLOAD_BYTES_MAX};
use crate::store::{Range, Rows, Tenant, Tx, layout};
use doorlist_scim::ErrorKind;

/// What becomes of a file that no revision has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Loose {
    /// It is being stored.
    Coming,
    /// It is being deleted.
    Going,
}

/// Stores `bytes`, in as many writes as that takes. The file is loose until [`keep`].
///
/// # Errors
/// 404 if the tenant has been deleted meanwhile; if the disk refuses. What is there then goes by [`delete_step`].
pub(super) fn store(tenant: &Tenant, file: Id, bytes: &[u8]) -> Result<()> {
    let number = tenant.number();
    tenant.write(move |tx| {
        tenants::at(tx, number)?.ok_or_else(|| Error::not_found("tenant"))?;
        tx.put_json(&layout::loose_file(file), &Loose::Coming)
    })?;
    for (place, bytes) in (0_u32..).step_by(PLUGIN_PIECES_PER_WRITE_MAX).zip(bytes.chunks(PLUGIN_PIECES_PER_WRITE_MAX * PLUGIN_PIECE_BYTES))
    {
        let bytes = bytes.to_vec();
        tenant.write(move |tx| {
            must_be_coming(tx, file)?;
            for (piece, bytes) in (place..).zip(bytes.chunks(PLUGIN_PIECE_BYTES)) {
                tx.put(&layout::plugin_piece(file, piece), bytes.to_vec());
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// Says that a revision has the file from here on.
///
/// # Errors
/// 503 if it is no longer there: whoever stored it begins anew.
pub(super) fn keep(tx: &mut Tx<'_>, file: Id) -> Result<()> {
    must_be_coming(tx, file)?;
    tx.delete(&layout::loose_file(file));
    Ok(())
}

fn must_be_coming(tx: &Tx<'_>, file: Id) -> Result<()> {
    if tx.json::<Loose>(&layout::loose_file(file))? == Some(Loose::Coming) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Unavailable, "The upload was interrupted. Try again."))
}

/// Says that no revision has the file any more. It goes by [`delete_step`].
///
/// # Errors
/// None that a value of ours can cause.
pub(super) fn let_go(tx: &mut Tx<'_>, file: Id) -> Result<()> {
    tx.put_json(&layout::loose_file(file), &Loose::Going)
}

/// The whole file. Shorter than it was if pieces are missing.
///
/// # Errors
/// If the disk refuses.
pub(super) fn read(rows: &impl Rows, file: Id) -> Result<Vec<u8>> {
    let most = PLUGIN_UPLOAD_BYTES_MAX.div_ceil(PLUGIN_PIECE_BYTES);
    let pieces = listing::read(rows, &Range::under(layout::plugin_file(file)), most, |_, piece| Ok(piece.to_vec()))?;
    Ok(pieces.concat())
}

/// The tenant's loose files.
///
/// # Errors
/// If the disk refuses.
pub(in crate::admin) fn loose(rows: &impl Rows) -> Result<Vec<Id>> {
    let found = listing::read(rows, &Range::under(layout::loose_files()), usize::MAX, |key, _| Ok(key.last_chunk().copied()))?;
    Ok(found.into_iter().flatten().map(Id::from_bytes).collect())
}

/// Deletes some of a loose file, and says whether all of it is gone. To be called again until it is.
///
/// # Errors
/// If the disk refuses; it can be called again.
pub(in crate::admin) fn delete_step(tenant: &Tenant, file: Id) -> Result<bool> {
    tenant.write(move |tx| {
        if !tx.has(&layout::loose_file(file))? {
            return Ok(true);
        }
        let deleted = tx.delete_range(&Range::under(layout::plugin_file(file)), PLUGIN_PIECES_PER_WRITE_MAX)?;
        if deleted < PLUGIN_PIECES_PER_WRITE_MAX {
            tx.delete(&layout::loose_file(file));
            return Ok(true);
        }
        let_go(tx, file)?;
        Ok(false)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::store::{Key, Store, Table};

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    fn tenant() -> Tenant {
        let store = Store::in_memory().unwrap();
        let new = serde_json::from_str(r#"{"name": "Acme"}"#).unwrap();
        store.installation().write(move |tx| tenants::create(tx, Id::new(NOW), &new, NOW)).unwrap();
        store.tenant(1)
    }

    fn pieces(tenant: &Tenant) -> usize {
        tenant.read(|rows| rows.count(&Range::under(Key::new(Table::PluginFile)), 1_000)).unwrap()
    }

    fn delete(tenant: &Tenant, file: Id) {
        while !delete_step(tenant, file).unwrap() {}
    }

    #[test]
    fn a_file_is_read_as_it_was_stored_and_goes_whole() {
        let tenant = tenant();
        let other = Id::new(NOW);
        store(&tenant, other, b"other").unwrap();
        for length in [0, 1, PLUGIN_PIECE_BYTES, PLUGIN_PIECE_BYTES + 1, 9 * PLUGIN_PIECE_BYTES] {
            let bytes: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
            let file = Id::new(NOW);
            store(&tenant, file, &bytes).unwrap();
            assert!(tenant.read(loose).unwrap().contains(&file), "nobody has it yet");
            tenant.write(move |tx| keep(tx, file)).unwrap();
            assert_eq!(tenant.read(loose).unwrap(), [other]);
            assert_eq!(tenant.read(|rows| read(rows, file)).unwrap(), bytes);
            delete(&tenant, file);
            assert_eq!(tenant.read(|rows| read(rows, file)).unwrap(), bytes, "a file that somebody has does not go");
            tenant.write(move |tx| let_go(tx, file)).unwrap();
            delete(&tenant, file);
            assert_eq!(pieces(&tenant), 1, "the other file's");
        }
        assert_eq!(tenant.read(|rows| read(rows, other)).unwrap(), b"other");
    }

    #[test]
    fn a_file_that_began_to_go_is_not_kept() {
        let tenant = tenant();
        let file = Id::new(NOW);
        store(&tenant, file, &vec![7; 9 * PLUGIN_PIECE_BYTES]).unwrap();
        assert!(!delete_step(&tenant, file).unwrap());
        assert!(tenant.write(move |tx| keep(tx, file)).is_err());
        delete(&tenant, file);
        assert_eq!((pieces(&tenant), tenant.read(loose).unwrap()), (0, Vec::new()));
        assert!(tenant.write(move |tx| keep(tx, file)).is_err());
    }

    #[test]
    fn nothing_is_stored_for_a_tenant_that_is_gone() {
        let tenant = tenant();
        tenant.write(|tx| tenants::at(tx, 1).map(|found| found.unwrap().id).and_then(|id| tenants::delete(tx, id))).unwrap();
        assert!(store(&tenant, Id::new(NOW), b"bytes").is_err());
        assert_eq!(pieces(&tenant), 0);
    }
}
