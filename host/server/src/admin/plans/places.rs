//! How many plans are computed at a time: each takes threads, and holds a snapshot.
//!
//! Knows nothing of what is computed.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use doorlist_scim::ErrorKind;

use crate::error::{Error, Result};
use crate::limits::PLANS_COMPUTED_MAX;
use crate::store::PartitionNumber;

/// The tenants whose plans are being computed. A clone is the same.
#[derive(Clone, Default)]
pub struct Places(Arc<Mutex<BTreeSet<PartitionNumber>>>);

/// A plan that is being computed, until it is dropped.
pub struct Place {
    places: Places,
    tenant: PartitionNumber,
}

impl Places {
    fn tenants(&self) -> MutexGuard<'_, BTreeSet<PartitionNumber>> {
        // A set of numbers is whole whatever the thread that held it was doing.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for a plan.
    ///
    /// # Errors
    /// 429 if one of the tenant's is being computed, 503 if there are enough of others'.
    pub fn enter(&self, tenant: PartitionNumber) -> Result<Place> {
        let mut tenants = self.tenants();
        if tenants.contains(&tenant) {
            let detail = "Another plan of this tenant is being computed. Try again when it is there.";
            return Err(Error::new(ErrorKind::TooManyRequests, detail));
        }
        if tenants.len() >= PLANS_COMPUTED_MAX {
            return Err(Error::new(ErrorKind::Unavailable, "Plans of others are being computed. Try again shortly."));
        }
        tenants.insert(tenant);
        Ok(Place { places: self.clone(), tenant })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.tenants().remove(&self.tenant);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_has_one_place_and_all_have_some() {
        let places = Places::default();
        let own = places.enter(1).unwrap();
        assert!(places.enter(1).is_err());
        let others: Vec<Place> = (2..).take(PLANS_COMPUTED_MAX - 1).map(|tenant| places.enter(tenant).unwrap()).collect();
        assert!(places.enter(99).is_err());
        drop((own, others));
        assert!(places.tenants().is_empty());
    }
}
