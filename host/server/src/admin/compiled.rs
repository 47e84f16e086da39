//! The secret that tells the installation's own machine code from any other's. Knows nothing of what is compiled.

use crate::error::{Error, Result};
use crate::store::{Rows, Store, layout};

/// Bytes of the secret: as many as the digest it is used with has.
const KEY_BYTES: usize = 32;

/// The secret of this installation; the first call makes it.
///
/// # Errors
/// If the disk refuses, or the system gives no random numbers.
pub fn ensure_key(store: &Store) -> Result<[u8; KEY_BYTES]> {
    let mut fresh = [0; KEY_BYTES];
    getrandom::fill(&mut fresh).map_err(|cause| Error::internal(cause.to_string()))?;
    let key = layout::compiled_key();
    store.installation().write(move |tx| match tx.json::<[u8; KEY_BYTES]>(&key)? {
        Some(made) => Ok(made),
        None => tx.put_json(&key, &fresh).map(|()| fresh),
    })
}
