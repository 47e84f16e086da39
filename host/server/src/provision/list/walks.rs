//! Where pages by index ended, so that the next one goes on behind the same resource however many before it have gone since.
//!
//! `startIndex` counts resources, and one that is deleted between two pages would move every later one up: the client would never see the first of the
//! next page. What is remembered here is lost in a restart, and forgotten when the client begins anew or has been silent for long; a page is then found by counting.
//! What one client makes it remember drives out nothing of another tenant's, up to a number of tenants that all walk at once.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use super::From;
use crate::clock::Timestamp;
use crate::limits::{WALK_MS_MAX, WALK_PAGES_MAX, WALKS_MAX, WALKS_OF_TENANT_MAX};
use crate::store::PartitionNumber;

/// What is remembered of all clients.
#[derive(Debug, Default)]
pub struct AllWalks(Mutex<HashMap<PartitionNumber, HashMap<u64, Walk>>>);

/// One walk over a list: from its first page to the last one that was asked for.
#[derive(Debug)]
struct Walk {
    /// When it went on last.
    at: Timestamp,
    /// Where its latest pages start, by their index.
    pages: BTreeMap<usize, From>,
}

/// What is remembered of one tenant's clients, now.
#[derive(Clone, Copy, Debug)]
pub struct Walks<'a> {
    all: Option<&'a AllWalks>,
    tenant: PartitionNumber,
    now: Timestamp,
}

impl AllWalks {
    /// Those of one tenant.
    pub fn of(&self, tenant: PartitionNumber, now: Timestamp) -> Walks<'_> {
        Walks { all: Some(self), tenant, now }
    }
}

impl Walks<'_> {
    /// For a caller that takes one page and no more.
    pub fn none() -> Self {
        Self { all: None, tenant: 0, now: Timestamp::default() }
    }

    /// Whose clients they are.
    pub(super) fn tenant(&self) -> PartitionNumber {
        self.tenant
    }

    /// Where the page with this index starts, if the one before it ended there lately. The first page begins a walk anew.
    pub(super) fn find(&self, fingerprint: u64, index: usize) -> Option<From> {
        let mut all = self.all?.0.lock().unwrap_or_else(PoisonError::into_inner);
        let walks = all.get_mut(&self.tenant)?;
        if index <= 1 {
            walks.remove(&fingerprint);
            return None;
        }
        let walk = walks.get(&fingerprint).filter(|walk| !walk.is_over(self.now))?;
        walk.pages.get(&index).cloned()
    }

    /// Remembers where the page with this index starts. Walks over the same list at the same time are not told apart.
    pub(super) fn keep(&self, fingerprint: u64, index: usize, from: From) {
        let Some(all) = self.all else { return };
        let mut all = all.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.values().map(HashMap::len).sum::<usize>() >= WALKS_MAX {
            all.values_mut().for_each(|walks| walks.retain(|_, walk| !walk.is_over(self.now)));
            all.retain(|_, walks| !walks.is_empty());
        }
        if !all.contains_key(&self.tenant) && all.len() >= WALKS_MAX / WALKS_OF_TENANT_MAX {
            // So many tenants walk at once that somebody has to count.
            return;
        }
        let walks = all.entry(self.tenant).or_default();
        if walks.len() >= WALKS_OF_TENANT_MAX && !walks.contains_key(&fingerprint) {
            let oldest = walks.iter().min_by_key(|(_, walk)| walk.at).map(|(oldest, _)| *oldest);
            oldest.and_then(|oldest| walks.remove(&oldest));
        }
        let walk = walks.entry(fingerprint).or_insert_with(|| Walk { at: self.now, pages: BTreeMap::new() });
        walk.at = self.now;
        walk.pages.insert(index, from);
        if walk.pages.len() > WALK_PAGES_MAX {
            walk.pages.pop_first();
        }
    }
}

impl Walk {
    fn is_over(&self, now: Timestamp) -> bool {
        now > self.at.plus_millis(WALK_MS_MAX)
    }
}
