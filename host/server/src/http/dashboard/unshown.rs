//! Secrets that were made and not shown yet: a form makes one, and the page that it leads to shows it, once.
//!
//! In memory and for some minutes, and only for the session that made it. Knows nothing of what a secret opens.

use std::sync::{Mutex, PoisonError};

use super::visit::Visit;
use crate::clock::Timestamp;
use crate::http::dashboard::limits::{UNSHOWN_MAX, UNSHOWN_MS_MAX};

/// Secrets that nobody has seen.
#[derive(Default)]
pub(in crate::http) struct Unshown(Mutex<Vec<Kept>>);

struct Kept {
    /// Whose page may show it, and for what.
    whose: String,
    secret: String,
    until: Timestamp,
}

/// The session of a visit and what the secret is for.
fn whose(visit: &Visit, of: &str) -> String {
    format!("{} {of}", visit.csrf().value())
}

impl Unshown {
    /// Keeps a secret of this thing for this session.
    pub(super) fn put(&self, visit: &Visit, of: &str, secret: &str) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|kept| kept.until > visit.now);
        if kept.len() >= UNSHOWN_MAX {
            kept.remove(0);
        }
        kept.push(Kept { whose: whose(visit, of), secret: secret.to_owned(), until: visit.now.plus_millis(UNSHOWN_MS_MAX) });
    }

    /// Whether this session made a secret of this thing and has not seen it.
    pub(super) fn has(&self, visit: &Visit, of: &str) -> bool {
        let (kept, whose) = (self.0.lock().unwrap_or_else(PoisonError::into_inner), whose(visit, of));
        kept.iter().any(|kept| kept.whose == whose && kept.until > visit.now)
    }

    /// The secret of this thing, if this session made one and has not seen it.
    pub(super) fn take(&self, visit: &Visit, of: &str) -> Option<String> {
        let (mut kept, whose) = (self.0.lock().unwrap_or_else(PoisonError::into_inner), whose(visit, of));
        let place = kept.iter().position(|kept| kept.whose == whose && kept.until > visit.now)?;
        Some(kept.remove(place).secret)
    }
}
