//! Checks of plugins that are under way: a page can show how far those are that its session has asked for.
//!
//! In memory, for as long as they take; places for uploads bound how many there are. Knows nothing of the checks themselves.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::visit::Visit;
use crate::admin::plugins::upload::Progress;

/// Of each session and tenant, the upload that was begun last.
#[derive(Clone, Default)]
pub(in crate::http) struct Checks(Arc<Mutex<BTreeMap<String, Progress>>>);

/// An upload that is shown until this is dropped.
pub(super) struct Shown {
    checks: Checks,
    whose: String,
}

impl Checks {
    /// Has the upload shown to the session of the visit.
    pub(super) fn show(&self, visit: &Visit, progress: &Progress) -> Shown {
        let whose = whose(visit);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(whose.clone(), progress.clone());
        Shown { checks: self.clone(), whose }
    }

    /// The upload of the session of the visit, if one is under way.
    pub(super) fn of(&self, visit: &Visit) -> Option<Progress> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&whose(visit)).cloned()
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        self.checks.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.whose);
    }
}

/// The session of a visit, and the tenant.
fn whose(visit: &Visit) -> String {
    format!("{} {}", visit.csrf().value(), visit.part("tenant"))
}
