//! A bound on how much happens at a time, with a bound on how long one waits for it.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Lets a number of holders in at a time.
pub(super) struct Gate {
    free: Mutex<u32>,
    freed: Condvar,
}

/// A place behind the gate, given back when dropped.
pub(super) struct Place(Arc<Gate>);

impl Gate {
    pub(super) fn new(places: u32) -> Arc<Gate> {
        Arc::new(Gate { free: Mutex::new(places), freed: Condvar::new() })
    }

    /// A place, or nothing if none became free in `wait_ms`.
    pub(super) fn enter(self: &Arc<Gate>, wait_ms: u64) -> Option<Place> {
        // Nothing panics while it holds the lock, and a count is right at any moment.
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = Duration::from_millis(wait_ms);
        let (mut free, _) = self.freed.wait_timeout_while(free, wait, |free| *free == 0).unwrap_or_else(PoisonError::into_inner);
        *free = free.checked_sub(1)?;
        Some(Place(Arc::clone(self)))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::Gate;

    #[test]
    fn a_place_comes_back_and_waiting_ends() {
        let gate = Gate::new(2);
        let first = gate.enter(0).expect("two places are free");
        let _second = gate.enter(0).expect("one place is free");
        assert!(gate.enter(1).is_none(), "no place is free");
        let waiting = std::thread::spawn({
            let gate = gate.clone();
            move || gate.enter(60_000).is_some()
        });
        drop(first);
        assert!(waiting.join().expect("waiting does not panic"), "the place that came back is taken");
    }
}
