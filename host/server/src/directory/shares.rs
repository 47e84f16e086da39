//! Whose turn it is: tenants that wait for projection, and how much of the projector's time each has had.
//!
//! The one that had least goes next, so that a tenant whose policies are slow waits for itself and everybody else waits for one turn of it at the most.
//! Knows nothing of what a turn does.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::limits::{PROJECTION_TURN_MS_MAX, SHARES_REMEMBERED_MAX};
use crate::store::PartitionNumber;

/// How far behind the others whoever comes may begin: by a turn, so that it is next although many wait that had as much as the last one.
const CREDIT: Duration = Duration::from_millis(PROJECTION_TURN_MS_MAX);

/// The tenants that wait.
#[derive(Default)]
pub(super) struct Shares {
    waiting: BTreeSet<(Duration, PartitionNumber)>,
    /// What each tenant has had, counted from wherever it began to wait.
    had: BTreeMap<PartitionNumber, Duration>,
    /// The most that anybody had whose turn came. Who comes begins about here: nobody saves up by having nothing to do.
    level: Duration,
}

impl Shares {
    /// How many wait.
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether nobody waits.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Lets a tenant wait, unless it does.
    pub(super) fn add(&mut self, tenant: PartitionNumber) {
        let had = self.had.get(&tenant).copied().unwrap_or_default();
        if !self.waiting.contains(&(had, tenant)) {
            let had = had.max(self.level.saturating_sub(CREDIT));
            self.had.insert(tenant, had);
            self.waiting.insert((had, tenant));
        }
    }

    /// The tenant whose turn it is; it no longer waits.
    pub(super) fn next(&mut self) -> Option<PartitionNumber> {
        let (had, tenant) = self.waiting.pop_first()?;
        self.level = self.level.max(had);
        if self.had.len() > SHARES_REMEMBERED_MAX + self.waiting.len() {
            self.forget(self.level + CREDIT);
        }
        if self.had.len() > SHARES_REMEMBERED_MAX + self.waiting.len() {
            self.forget(Duration::MAX);
        }
        Some(tenant)
    }

    /// Forgets those that do not wait and had no more than `most`.
    fn forget(&mut self, most: Duration) {
        let waiting = &self.waiting;
        self.had.retain(|tenant, had| *had > most || waiting.contains(&(*had, *tenant)));
    }

    /// Takes down what a turn took. The tenant must not be waiting.
    pub(super) fn spend(&mut self, tenant: PartitionNumber, time: Duration) {
        let had = self.had.get(&tenant).copied().unwrap_or_default().max(self.level.saturating_sub(CREDIT));
        self.had.insert(tenant, had + time);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    /// Serves `turns` turns; `cost` says what one of a tenant takes. Everybody in `busy` always waits again.
    fn serve(
        shares: &mut Shares,
        turns: usize,
        busy: &[PartitionNumber],
        cost: impl Fn(PartitionNumber) -> Duration,
    ) -> Vec<PartitionNumber> {
        (0..turns)
            .map_while(|_| {
                let tenant = shares.next()?;
                shares.spend(tenant, cost(tenant));
                if busy.contains(&tenant) {
                    shares.add(tenant);
                }
                Some(tenant)
            })
            .collect()
    }

    #[test]
    fn a_tenant_that_burns_waits_for_itself() {
        let mut shares = Shares::default();
        [1, 2, 3].into_iter().for_each(|tenant| shares.add(tenant));
        let cost = |tenant| if tenant == 1 { ms(100) } else { ms(5) };
        let served = serve(&mut shares, 410, &[1, 2, 3], cost);
        let turns = |wanted| served.iter().filter(|tenant| **tenant == wanted).count();
        assert_eq!((turns(1), turns(2), turns(3)), (10, 200, 200), "the same time for each");
    }

    #[test]
    fn whoever_comes_is_next_however_many_burn() {
        let mut shares = Shares::default();
        let burners: Vec<PartitionNumber> = (1..=50).collect();
        burners.iter().for_each(|tenant| shares.add(*tenant));
        serve(&mut shares, 500, &burners, |_| ms(100));
        for _ in 0..20 {
            shares.add(99);
            let served = serve(&mut shares, 2, &burners, |tenant| if tenant == 99 { ms(1) } else { ms(100) });
            assert!(served.contains(&99), "{served:?}");
        }
    }

    #[test]
    fn nobody_saves_up_and_nobody_waits_twice() {
        let mut shares = Shares::default();
        shares.add(1);
        serve(&mut shares, 100, &[1], |_| ms(100));
        shares.add(2);
        shares.add(2);
        assert_eq!(shares.len(), 2);
        let served = serve(&mut shares, 20, &[1, 2], |_| ms(100));
        assert!(served.iter().filter(|tenant| **tenant == 1).count() >= 9, "{served:?}");
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut shares = Shares::default();
        for tenant in 0..10_000 {
            shares.add(tenant);
            serve(&mut shares, 1, &[], |_| ms(1));
        }
        assert!(shares.is_empty());
        assert!(shares.had.len() <= SHARES_REMEMBERED_MAX + 1, "{}", shares.had.len());
    }
}
