//! What plugins have cost and how they have behaved since the server started, by tenant and revision.
//!
//! Kept in memory: figures of a process, not of a tenant's history. Knows nothing of what a plugin did.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use schemars::JsonSchema;
use serde::Serialize;

use crate::limits::PLUGIN_FIGURES_MAX;
use crate::policy::Usage;
use crate::store::PartitionNumber;

/// What one revision has cost one tenant, and how it has behaved, since the server started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Figure {
    /// Users and groups that it was asked about.
    pub evaluations: u64,
    /// Microseconds that it ran, starting and configuring included.
    pub micros: u64,
    /// Ticks of the deadlines' clock that passed meanwhile, of 5 milliseconds each.
    pub epochs: u64,
    /// Bytes of memory that an instance had at the most.
    pub memory_bytes_peak: u64,
    /// Calls that failed, but for those out of time.
    pub traps: u64,
    /// Calls that ran out of time.
    pub timeouts: u64,
    /// Lines that it printed, those included that were dropped.
    pub log_lines: u64,
    /// Users and groups about which it answered differently when it was asked again.
    pub impure: u64,
}

impl Figure {
    fn add(&mut self, usage: &Usage) {
        let sums = [
            (&mut self.evaluations, usage.evaluations),
            (&mut self.micros, usage.micros),
            (&mut self.epochs, usage.epochs),
            (&mut self.traps, usage.traps),
            (&mut self.timeouts, usage.timeouts),
            (&mut self.log_lines, usage.log_lines),
        ];
        for (sum, by) in sums {
            *sum = sum.saturating_add(by);
        }
        self.memory_bytes_peak = self.memory_bytes_peak.max(usage.memory_bytes_peak);
    }
}

/// Of which revision and which tenant a figure is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Series {
    /// The tenant's partition.
    pub tenant: PartitionNumber,
    /// The plugin's name.
    pub plugin: String,
    /// The plugin's version.
    pub version: String,
}

/// The figures of every tenant. A clone is the same figures.
#[derive(Clone, Default)]
pub struct Figures(Arc<Mutex<BTreeMap<Series, Figure>>>);

impl Figures {
    /// Adds what a batch, or a check of settings, has cost. A revision that has none yet gets none while there are [`PLUGIN_FIGURES_MAX`].
    pub fn add(&self, tenant: PartitionNumber, name: &str, version: &str, usage: &Usage) {
        self.edit(tenant, name, version, |figure| figure.add(usage));
    }

    /// Counts an answer that was another one when the plugin was asked again.
    pub fn add_impure(&self, tenant: PartitionNumber, name: &str, version: &str) {
        self.edit(tenant, name, version, |figure| figure.impure = figure.impure.saturating_add(1));
    }

    /// The figure of one revision.
    pub fn of(&self, tenant: PartitionNumber, name: &str, version: &str) -> Figure {
        let series = Series { tenant, plugin: name.to_owned(), version: version.to_owned() };
        self.with(|all| all.get(&series).copied().unwrap_or_default())
    }

    /// Every figure, in the order of tenants, names and versions.
    pub fn all(&self) -> Vec<(Series, Figure)> {
        self.with(|all| all.iter().map(|(series, figure)| (series.clone(), *figure)).collect())
    }

    /// Forgets the figures of a tenant that is gone.
    pub fn forget(&self, tenant: PartitionNumber) {
        self.with(|all| all.retain(|series, _| series.tenant != tenant));
    }

    /// Forgets the figures of a revision that is gone.
    pub fn forget_revision(&self, tenant: PartitionNumber, name: &str, version: &str) {
        let series = Series { tenant, plugin: name.to_owned(), version: version.to_owned() };
        self.with(|all| all.retain(|other, _| *other != series));
    }

    fn edit(&self, tenant: PartitionNumber, name: &str, version: &str, edit: impl FnOnce(&mut Figure)) {
        let series = Series { tenant, plugin: name.to_owned(), version: version.to_owned() };
        self.with(|all| {
            if all.len() < PLUGIN_FIGURES_MAX || all.contains_key(&series) {
                edit(all.entry(series).or_default());
            }
        });
    }

    fn with<T>(&self, look: impl FnOnce(&mut BTreeMap<Series, Figure>) -> T) -> T {
        // Sums are whole whatever the thread that held them was doing.
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_grow_peaks_stay_and_tenants_are_apart() {
        let figures = Figures::default();
        let usage = |micros, peak| Usage { evaluations: 2, micros, memory_bytes_peak: peak, ..Usage::default() };
        figures.add(1, "a", "1.0.0", &usage(5, 100));
        figures.add(1, "a", "1.0.0", &usage(7, 50));
        figures.add(2, "a", "1.0.0", &usage(u64::MAX, 1));
        figures.add(2, "a", "1.0.0", &usage(1, 1));
        figures.add_impure(1, "a", "1.0.0");
        let expected = Figure { evaluations: 4, micros: 12, memory_bytes_peak: 100, impure: 1, ..Figure::default() };
        assert_eq!(figures.of(1, "a", "1.0.0"), expected);
        assert_eq!(figures.of(2, "a", "1.0.0").micros, u64::MAX, "a sum does not begin anew");
        assert_eq!(figures.of(1, "a", "1.0.1"), Figure::default());
        figures.forget(2);
        assert_eq!(figures.all().len(), 1);
        figures.forget_revision(1, "a", "1.0.1");
        assert_eq!(figures.all().len(), 1);
        figures.forget_revision(1, "a", "1.0.0");
        assert_eq!(figures.all(), []);
    }

    #[test]
    fn there_are_no_more_than_the_bound() {
        let figures = Figures::default();
        for number in 0..PLUGIN_FIGURES_MAX + 10 {
            figures.add(1, "a", &number.to_string(), &Usage { evaluations: 1, ..Usage::default() });
        }
        assert_eq!(figures.all().len(), PLUGIN_FIGURES_MAX);
        figures.add(1, "a", "0", &Usage { evaluations: 1, ..Usage::default() });
        assert_eq!(figures.of(1, "a", "0").evaluations, 2, "those that are there go on");
    }
}
