//! Where pages by index ended, so that the next one goes on behind the same resource however many before it have gone since.
//!
//! `startIndex` counts resources, and one that is deleted between two pages would move every later one up: the client would never see the first of the
//! next page. What is remembered here is lost in a restart, and the oldest first when there is much of it; a page is then found by counting.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use super::From;
use crate::clock::Timestamp;
use crate::limits::{WALK_MS_MAX, WALKS_MAX};
use crate::store::PartitionNumber;

/// What is remembered of all clients.
#[derive(Debug, Default)]
pub struct AllWalks(Mutex<Remembered>);

#[derive(Debug, Default)]
struct Remembered {
    /// Where pages start, by partition, list and index, each with its age.
    pages: HashMap<(PartitionNumber, u64, usize), Remembrance>,
    /// The same by age.
    ages: BTreeMap<u64, (PartitionNumber, u64, usize)>,
    next_age: u64,
}

#[derive(Debug)]
struct Remembrance {
    age: u64,
    at: Timestamp,
    from: From,
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

    /// Where the page with this index starts, if the one before it ended there lately.
    pub(super) fn find(&self, fingerprint: u64, index: usize) -> Option<From> {
        let remembered = self.all?.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = remembered.pages.get(&(self.tenant, fingerprint, index))?;
        (self.now <= found.at.plus_millis(WALK_MS_MAX)).then(|| found.from.clone())
    }

    /// Remembers where the page with this index starts. Pages of two walks over the same list at the same time are not told apart.
    pub(super) fn keep(&self, fingerprint: u64, index: usize, from: From) {
        let Some(all) = self.all else { return };
        let mut remembered = all.0.lock().unwrap_or_else(PoisonError::into_inner);
        let remembered = &mut *remembered;
        let key = (self.tenant, fingerprint, index);
        let age = remembered.next_age;
        remembered.next_age += 1;
        if let Some(old) = remembered.pages.insert(key, Remembrance { age, at: self.now, from }) {
            remembered.ages.remove(&old.age);
        }
        remembered.ages.insert(age, key);
        if remembered.ages.len() > WALKS_MAX
            && let Some((_, oldest)) = remembered.ages.pop_first()
        {
            remembered.pages.remove(&oldest);
        }
    }
}
