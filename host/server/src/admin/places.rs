//! How many of something costly may be under way at a time: uploads of plugins, which are held in memory until they are stored or refused; explanations, which run
//! policies on a thread of their own; and plans, which take some threads each and hold a snapshot.
//!
//! Knows nothing of what is done in a place.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use doorlist_scim::ErrorKind;

use crate::error::{Error, Result};
use crate::limits::{
    EXPLANATIONS_MAX, EXPLANATIONS_OF_TENANT_MAX, PLANS_COMPUTED_MAX, PLANS_COMPUTED_OF_TENANT_MAX, PLUGIN_UPLOADS_MAX,
    PLUGIN_UPLOADS_OF_TENANT_MAX,
};
use crate::store::PartitionNumber;

/// Places for one sort of work. A clone is the same places.
#[derive(Clone)]
pub struct Places {
    taken: Arc<Mutex<BTreeMap<PartitionNumber, usize>>>,
    bounds: Bounds,
}

/// How many places there are, and what whoever gets none is told.
#[derive(Clone, Copy)]
struct Bounds {
    of_tenant: usize,
    all: usize,
    tenant_is_busy: &'static str,
    all_are_busy: &'static str,
}

/// A place that is taken, until it is dropped.
pub struct Place {
    places: Places,
    tenant: PartitionNumber,
}

impl Places {
    /// Places for uploads of plugins.
    pub fn of_uploads() -> Self {
        Self::of(Bounds {
            of_tenant: PLUGIN_UPLOADS_OF_TENANT_MAX,
            all: PLUGIN_UPLOADS_MAX,
            tenant_is_busy: "Other plugins of this tenant are being uploaded. Try again when they are there.",
            all_are_busy: "Other plugins are being uploaded. Try again shortly.",
        })
    }

    /// Places for explanations, and for what is only supposed.
    pub fn of_explanations() -> Self {
        Self::of(Bounds {
            of_tenant: EXPLANATIONS_OF_TENANT_MAX,
            all: EXPLANATIONS_MAX,
            tenant_is_busy: "Other explanations of this tenant are being made. Try again when they are there.",
            all_are_busy: "Other explanations are being made. Try again shortly.",
        })
    }

    /// Places for plans that are being computed.
    pub fn of_plans() -> Self {
        Self::of(Bounds {
            of_tenant: PLANS_COMPUTED_OF_TENANT_MAX,
            all: PLANS_COMPUTED_MAX,
            tenant_is_busy: "Another plan of this tenant is being computed. Try again when it is there.",
            all_are_busy: "Plans of others are being computed. Try again shortly.",
        })
    }

    fn of(bounds: Bounds) -> Self {
        Self { taken: Arc::default(), bounds }
    }

    fn counts(&self) -> MutexGuard<'_, BTreeMap<PartitionNumber, usize>> {
        // A count is right whatever the thread that held it was doing.
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for somebody of this tenant.
    ///
    /// # Errors
    /// 429 if the tenant has enough of them, 503 if all have.
    pub fn enter(&self, tenant: PartitionNumber) -> Result<Place> {
        let mut counts = self.counts();
        if counts.get(&tenant).is_some_and(|own| *own >= self.bounds.of_tenant) {
            return Err(Error::new(ErrorKind::TooManyRequests, self.bounds.tenant_is_busy));
        }
        if counts.values().sum::<usize>() >= self.bounds.all {
            return Err(Error::new(ErrorKind::Unavailable, self.bounds.all_are_busy));
        }
        *counts.entry(tenant).or_default() += 1;
        Ok(Place { places: self.clone(), tenant })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.places.counts();
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
        for places in [Places::of_uploads(), Places::of_explanations(), Places::of_plans()] {
            let Bounds { of_tenant, all, .. } = places.bounds;
            let mut own: Vec<Place> = (0..of_tenant).map(|_| places.enter(1).unwrap()).collect();
            assert!(places.enter(1).is_err());
            let held: Vec<Place> = (0..all - own.len()).map(|at| places.enter(2 + u32::try_from(at).unwrap()).unwrap()).collect();
            assert!(places.enter(99).is_err());
            own.pop();
            assert!(places.enter(1).is_ok() && places.enter(99).is_ok());
            drop((own, held));
            assert!(places.counts().is_empty());
        }
    }
}
