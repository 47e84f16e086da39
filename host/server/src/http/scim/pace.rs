//! How fast the client of one connection may ask, so that one that runs wild slows only itself (RFC 6585 section 4).
//!
//! Each connection has a minute's worth of requests in hand, so that a first synchronisation comes through at the speed of its client; whoever has used it
//! up is answered 429 and told when to come again. Knows nothing of what is asked.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::clock::Timestamp;
use crate::limits::{SCIM_BURST_SECONDS, SCIM_PACED_MAX};
use crate::store::PartitionNumber;

/// Microseconds of a second.
const SECOND_US: i64 = 1_000_000;

/// Counts requests.
#[derive(Debug)]
pub struct Pace {
    /// Microseconds that one request uses up; 0 if nothing is counted.
    cost_us: i64,
    /// When each connection will have its full burst again, in microseconds since 1970.
    full_again: Mutex<HashMap<(PartitionNumber, u32), i64>>,
}

impl Pace {
    /// Lets `rate` requests a second come from each connection for long; everything if it is 0.
    pub fn new(rate: u32) -> Self {
        // At more than a million a second nothing is left to count.
        Self { cost_us: SECOND_US.checked_div(i64::from(rate)).unwrap_or(0), full_again: Mutex::default() }
    }

    /// Counts requests of a connection, that of a number within a partition.
    ///
    /// # Errors
    /// How many seconds to wait, at least 1, if it has not so many in hand. They are not counted then.
    pub fn take(&self, whose: (PartitionNumber, u32), requests: usize, now: Timestamp) -> Result<(), u64> {
        if self.cost_us == 0 {
            return Ok(());
        }
        let now = now.as_millis().saturating_mul(SECOND_US / 1000);
        let mut full_again = self.full_again.lock().unwrap_or_else(PoisonError::into_inner);
        if full_again.len() >= SCIM_PACED_MAX {
            full_again.retain(|_, at| *at > now);
        }
        let at = full_again.entry(whose).or_insert(now);
        let burst = SCIM_BURST_SECONDS * SECOND_US;
        // Whoever has everything in hand may spend it on one request, however much that asks for.
        let cost = self.cost_us.saturating_mul(i64::try_from(requests).unwrap_or(i64::MAX)).min(burst);
        let next = (*at).max(now).saturating_add(cost);
        let beyond = next.saturating_sub(now).saturating_sub(burst);
        if beyond > 0 {
            return Err(u64::try_from(beyond.div_euclid(SECOND_US) + 1).unwrap_or(1));
        }
        *at = next;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minutes_worth_comes_at_once_and_then_the_rate() {
        let pace = Pace::new(10);
        let at = |millis: i64| Timestamp::from_millis(1_700_000_000_000 + millis);
        for _ in 0..600 {
            assert_eq!(pace.take((1, 1), 1, at(0)), Ok(()));
        }
        assert_eq!(pace.take((1, 1), 1, at(0)), Err(1));
        // Another connection, and one of the same number in another tenant, have their own.
        assert_eq!((pace.take((1, 2), 1, at(0)), pace.take((2, 1), 1, at(0))), (Ok(()), Ok(())));
        // What was refused was not counted.
        assert_eq!(pace.take((1, 1), 1, at(100)), Ok(()));
        assert_eq!(pace.take((1, 1), 1, at(150)), Err(1));
        assert_eq!(pace.take((1, 1), 1, at(200)), Ok(()));
        // Many at once are counted as many, not at all if they are too many, and as all there is if they are more than that.
        assert_eq!(
            (pace.take((1, 3), 1, at(0)), pace.take((1, 3), 600, at(0)).is_err(), pace.take((1, 3), 599, at(0))),
            (Ok(()), true, Ok(()))
        );
        assert_eq!((pace.take((1, 4), 10_000, at(0)), pace.take((1, 4), 1, at(0)).is_err()), (Ok(()), true));
        // A clock that is set back does not let anybody wait for it.
        assert!(pace.take((1, 1), 1, at(-500)).is_err_and(|seconds| seconds <= 2));
        // After a rest it has its full burst again, and no more.
        let taken = (0..1_000).take_while(|_| pace.take((1, 1), 1, at(10_000_000)).is_ok()).count();
        assert_eq!(taken, 600);
    }

    #[test]
    fn a_rate_of_nothing_counts_nothing() {
        let pace = Pace::new(0);
        assert!((0..100_000).all(|_| pace.take((1, 1), 1, Timestamp::default()).is_ok()));
    }
}
