//! What goes on after a tenant or a connection was deleted, or what happened is past its time: rows go little by little, so that nobody waits long behind them, and
//! the gathered activity is written meanwhile. One thread does both.
//!
//! What is left to do stands in the rows, so a process that ends loses nothing of it. Knows nothing of who asked, nor of what is past its time when.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use super::connections::{self, Step};
use super::plugins::file;
use super::{retention, tenants};
use crate::activity::Gatherer;
use crate::client::Clients;
use crate::clock::{Clock, Timestamp};
use crate::error::Result;
use crate::id::Id;
use crate::limits::{ACTIVITY_GATHER_MS, RETENTION_LOOK_MS};
use crate::store::{PartitionNumber, Store};

/// Something whose rows are going.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deletion {
    /// The tenant with this partition.
    Tenant(PartitionNumber),
    /// A tenant's connection with this number.
    Connection(PartitionNumber, u32),
    /// A file of a tenant's plugin that no revision has.
    PluginFile(PartitionNumber, Id),
    /// What of the tenant with this partition is past its time.
    Expired(PartitionNumber),
}

/// The deletions that are under way.
#[derive(Clone, Default)]
pub struct Deletions(Arc<(Mutex<BTreeSet<Deletion>>, Condvar)>);

impl Deletions {
    /// Says that this one has begun.
    pub fn add(&self, deletion: Deletion) {
        self.edit(|under_way| under_way.insert(deletion));
        self.0.1.notify_all();
    }

    fn edit<T>(&self, edit: impl FnOnce(&mut BTreeSet<Deletion>) -> T) -> T {
        // A set of numbers is whole whatever the thread that held it was doing.
        edit(&mut self.0.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits until one is added, at most as long as `patience`.
    fn wait(&self, patience: Duration) {
        let guard = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.0.1.wait_timeout(guard, patience).unwrap_or_else(PoisonError::into_inner));
    }

    /// Takes up the deletions that the rows say are under way.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn resume(&self, store: &Store) -> Result<()> {
        let (gone, live) = store
            .installation()
            .read(|rows| Ok((tenants::numbers(rows, |tenant| tenant.deleting)?, tenants::numbers(rows, |tenant| !tenant.deleting)?)))?;
        self.edit(|under_way| under_way.extend(gone.into_iter().map(Deletion::Tenant)));
        for tenant in live {
            let numbers = store.tenant(tenant).read(connections::deleting)?;
            self.edit(|under_way| under_way.extend(numbers.into_iter().map(|number| Deletion::Connection(tenant, number))));
            let files = store.tenant(tenant).read(file::loose)?;
            self.edit(|under_way| under_way.extend(files.into_iter().map(|id| Deletion::PluginFile(tenant, id))));
        }
        Ok(())
    }

    /// Takes up what is past its time, of every tenant that keeps something for so many days only.
    ///
    /// # Errors
    /// If the disk refuses.
    fn look(&self, store: &Store) -> Result<()> {
        let keeping = |tenant: &tenants::Tenant| !tenant.deleting && tenant.retention.is_set();
        let numbers = store.installation().read(|rows| tenants::numbers(rows, keeping))?;
        self.edit(|under_way| under_way.extend(numbers.into_iter().map(Deletion::Expired)));
        Ok(())
    }

    /// Goes one step on with each, and says whether one of them could go on at once. One that fails is logged and stays for later.
    pub fn step(&self, store: &Store, clock: &Clock) -> bool {
        let mut more = false;
        for deletion in self.edit(|under_way| under_way.clone()) {
            let step = match deletion {
                Deletion::Tenant(number) => tenants::delete_step(store, number).map(|done| if done { Step::Done } else { Step::More }),
                Deletion::Connection(tenant, number) => connections::delete_step(store, tenant, number, clock.now()),
                Deletion::PluginFile(tenant, id) => {
                    file::delete_step(&store.tenant(tenant), id).map(|done| if done { Step::Done } else { Step::More })
                }
                Deletion::Expired(number) => {
                    retention::delete_step(store, number, clock.now()).map(|more| if more { Step::More } else { Step::Done })
                }
            };
            match step {
                Ok(Step::Done) => drop(self.edit(|under_way| under_way.remove(&deletion))),
                Ok(Step::More) => more = true,
                Ok(Step::Waiting) => {}
                Err(error) => tracing::warn!(?deletion, %error, cause = ?error.cause(), "a deletion is tried again"),
            }
        }
        more
    }
}

/// Goes on with deletions and writes what was gathered of requests, until `stop`.
pub fn run(store: &Store, clock: &Clock, (gatherer, clients): (&Gatherer, &Clients), deletions: &Deletions, stop: &AtomicBool) {
    if let Err(error) = deletions.resume(store) {
        tracing::error!(%error, cause = ?error.cause(), "deletions that were under way are not taken up before the next start");
    }
    // As if it had looked just now: when a machine starts, its clock may not be set yet, and what is deleted by it does not come back.
    let mut looked = clock.now();
    while !stop.load(Ordering::Acquire) {
        gatherer.write(store);
        clients.write(store);
        let now = clock.now();
        if is_due(looked, now) {
            looked = now;
            if let Err(error) = deletions.look(store) {
                tracing::warn!(%error, cause = ?error.cause(), "what is past its time is looked for again");
            }
        }
        if !deletions.step(store, clock) {
            deletions.wait(Duration::from_millis(ACTIVITY_GATHER_MS));
        }
    }
    gatherer.write(store);
    clients.write(store);
}

/// Whether it is time to look again for what is past its time. A clock that was set tells nothing of how long ago the last look was.
fn is_due(looked: Timestamp, now: Timestamp) -> bool {
    now.as_millis().abs_diff(looked.as_millis()) >= RETENTION_LOOK_MS
}
