//! How many plugins may be uploaded at a time: each is held in memory until it is stored or refused.
//!
//! Knows nothing of what is uploaded.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use doorlist_scim::ErrorKind;

use crate::error::{Error, Result};
use crate::limits::{PLUGIN_UPLOADS_MAX, PLUGIN_UPLOADS_OF_TENANT_MAX};
use crate::store::PartitionNumber;

/// The uploads that are under way. A clone is the same.
#[derive(Clone, Default)]
pub(in crate::http) struct Uploads(Arc<Mutex<BTreeMap<PartitionNumber, usize>>>);

/// An upload that is under way, until it is dropped.
pub(super) struct Place {
    uploads: Uploads,
    tenant: PartitionNumber,
}

impl Uploads {
    fn counts(&self) -> MutexGuard<'_, BTreeMap<PartitionNumber, usize>> {
        // A count is right whatever the thread that held it was doing.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for an upload.
    ///
    /// # Errors
    /// 429 if the tenant has enough of them, 503 if all have.
    pub(super) fn enter(&self, tenant: PartitionNumber) -> Result<Place> {
        let mut counts = self.counts();
        if counts.get(&tenant).is_some_and(|own| *own >= PLUGIN_UPLOADS_OF_TENANT_MAX) {
            let detail = "Other plugins of this tenant are being uploaded. Try again when they are there.";
            return Err(Error::new(ErrorKind::TooManyRequests, detail));
        }
        if counts.values().sum::<usize>() >= PLUGIN_UPLOADS_MAX {
            return Err(Error::new(ErrorKind::Unavailable, "Other plugins are being uploaded. Try again shortly."));
        }
        *counts.entry(tenant).or_default() += 1;
        Ok(Place { uploads: self.clone(), tenant })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.uploads.counts();
        if let Some(own) = counts.get_mut(&self.tenant) {
            *own -= 1;
            if *own == 0 {
                counts.remove(&self.tenant);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_has_some_places_and_all_have_more() {
        let uploads = Uploads::default();
        let mut places: Vec<Place> = (0..PLUGIN_UPLOADS_OF_TENANT_MAX).map(|_| uploads.enter(1).unwrap()).collect();
        assert!(uploads.enter(1).is_err());
        let others = PLUGIN_UPLOADS_MAX - places.len();
        let held: Vec<Place> = (0..others).map(|at| uploads.enter(2 + u32::try_from(at).unwrap()).unwrap()).collect();
        assert!(uploads.enter(99).is_err());
        places.pop();
        assert!(uploads.enter(1).is_ok() && uploads.enter(99).is_ok());
        drop((places, held));
        assert!(uploads.counts().is_empty());
    }
}
