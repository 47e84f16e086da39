//! What the guard against mass removals has held since the server started, and what operators decided on that, for whoever watches the installation.
//!
//! Knows nothing of why anybody is held: holds themselves stand in rows, these are sums in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::hold::HoldAction;
use crate::limits::HOLD_FIGURES_MAX;
use crate::store::PartitionNumber;

/// Sums of one tenant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HoldFigure {
    /// Holds that were opened.
    pub opened: u64,
    /// Members that came to be held.
    pub held: u64,
    /// Decisions of operators that members go, each on one or many.
    pub released: u64,
    /// Decisions of operators that members stay.
    pub discarded: u64,
}

/// The sums of every tenant that had a hold. A clone is the same sums.
#[derive(Clone, Default)]
pub struct HoldFigures(Arc<Mutex<BTreeMap<PartitionNumber, HoldFigure>>>);

impl HoldFigures {
    /// Counts members that came to be held, and holds that were opened for them.
    pub(super) fn held(&self, tenant: PartitionNumber, members: u64, opened: u64) {
        self.edit(tenant, |figure| {
            figure.held = figure.held.saturating_add(members);
            figure.opened = figure.opened.saturating_add(opened);
        });
    }

    /// Counts what an operator decided.
    pub fn decided(&self, tenant: PartitionNumber, action: HoldAction) {
        self.edit(tenant, |figure| match action {
            HoldAction::Release => figure.released = figure.released.saturating_add(1),
            HoldAction::Discard => figure.discarded = figure.discarded.saturating_add(1),
        });
    }

    /// Every sum, in the order of tenants.
    pub fn all(&self) -> Vec<(PartitionNumber, HoldFigure)> {
        self.with(|all| all.iter().map(|(tenant, figure)| (*tenant, *figure)).collect())
    }

    /// Forgets those of a tenant that is gone.
    pub fn forget(&self, tenant: PartitionNumber) {
        self.with(|all| {
            all.remove(&tenant);
        });
    }

    /// Changes the sums of a tenant. One that has none yet gets none while there are [`HOLD_FIGURES_MAX`].
    fn edit(&self, tenant: PartitionNumber, edit: impl FnOnce(&mut HoldFigure)) {
        self.with(|all| {
            if all.len() < HOLD_FIGURES_MAX || all.contains_key(&tenant) {
                edit(all.entry(tenant).or_default());
            }
        });
    }

    fn with<T>(&self, look: impl FnOnce(&mut BTreeMap<PartitionNumber, HoldFigure>) -> T) -> T {
        // Sums are whole whatever the thread that held them was doing.
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
