//! The one thread that writes: it takes what is waiting, commits it all at once, and answers.
//!
//! No timer: while a commit is under way the next batch gathers by itself.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::tx::{Base, Table, Tx, Writes};
use super::{PartitionNumber, Pending, ROWS, key};
use crate::error::{Error, Result};
use crate::limits::{WRITE_BATCH_MAX, WRITE_QUEUE_MAX};

/// A write that waits for the writer.
pub(super) enum Job {
    /// Run it, then answer.
    Write { partition: PartitionNumber, change: Change },
    /// Write no more.
    Close,
}

/// Runs a change over the table and gives what it wrote, if it may count, and how to answer.
type Change = Box<dyn FnOnce(&Table<'_>) -> (Option<Writes>, Answer) + Send>;

/// Answers the caller, once it is known whether the commit was durable.
type Answer = Box<dyn FnOnce(Result<(), ()>) + Send>;

/// Makes a job of a change, and what its caller waits for.
pub(super) fn job<T: Send + 'static>(
    partition: PartitionNumber,
    mut change: impl FnMut(&mut Tx<'_>) -> Result<T> + Send + 'static,
) -> (Job, Pending<T>) {
    let (sender, receiver) = oneshot::channel();
    let change: Change = Box::new(move |table| {
        let mut tx = Tx::new(Base::Table(table), partition);
        // A change that panics has written nothing: its writes are in `tx`, which is dropped.
        let outcome = catch_unwind(AssertUnwindSafe(|| change(&mut tx)))
            .unwrap_or_else(|_| Err(Error::internal("a write panicked; see the panic's own line")));
        let writes = outcome.is_ok().then(|| tx.into_writes());
        let answer: Answer = Box::new(move |committed| {
            let outcome = match committed {
                Ok(()) => outcome,
                Err(()) => Err(Error::internal("the commit failed")),
            };
            // A caller that has gone away needs no answer.
            let _ = sender.send(outcome);
        });
        (writes, answer)
    });
    (Job::Write { partition, change }, Pending(receiver))
}

/// The partitions that were written to since somebody last asked.
#[derive(Clone, Default)]
pub struct Touched(Arc<(Mutex<BTreeSet<PartitionNumber>>, Condvar)>);

impl Touched {
    /// Takes the partitions written to since the last call; waits for one at most as long as `patience`.
    pub fn take(&self, patience: Duration) -> BTreeSet<PartitionNumber> {
        let (partitions, changed) = &*self.0;
        // A set of numbers is whole whatever the thread that held it was doing.
        let guard = partitions.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut guard, _) = changed.wait_timeout_while(guard, patience, |set| set.is_empty()).unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *guard)
    }

    /// Says that these were written to.
    pub fn add(&self, touched: impl IntoIterator<Item = PartitionNumber>) {
        let (partitions, changed) = &*self.0;
        partitions.lock().unwrap_or_else(PoisonError::into_inner).extend(touched);
        changed.notify_all();
    }
}

/// What the thread tells everybody.
#[derive(Default)]
pub(super) struct State {
    pub(super) failed: AtomicBool,
    pub(super) writes: AtomicU64,
    pub(super) access: AtomicU64,
}

/// Tables that say who may call and what is served to them, by their number in keys.
const ACCESS_TABLES: [u8; 8] = [
    key::Table::Tenant as u8,
    key::Table::TenantNumber as u8,
    key::Table::TokenHash as u8,
    key::Table::KeyHash as u8,
    key::Table::RootKey as u8,
    key::Table::Connection as u8,
    key::Table::ConnectionNumber as u8,
    key::Table::Catalog as u8,
];

/// What a batch wrote.
#[derive(Default)]
struct Wrote {
    partitions: BTreeSet<PartitionNumber>,
    writes: u64,
    access: bool,
}

/// The thread and the way to it.
pub(super) struct Writer {
    queue: mpsc::Sender<Job>,
    touched: Touched,
    state: Arc<State>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    pub(super) fn start(database: Arc<redb::Database>) -> Result<Self> {
        let (queue, waiting) = mpsc::channel(WRITE_QUEUE_MAX);
        let touched = Touched::default();
        let told = touched.clone();
        let state = Arc::new(State::default());
        let kept = Arc::clone(&state);
        let thread = std::thread::Builder::new()
            .name("writer".to_owned())
            .spawn(move || run(&database, waiting, &told, &kept))
            .map_err(Error::internal)?;
        Ok(Self { queue, touched, state, thread: Mutex::new(Some(thread)) })
    }

    pub(super) fn queue(&self) -> &mpsc::Sender<Job> {
        &self.queue
    }

    pub(super) fn state(&self) -> &State {
        &self.state
    }

    pub(super) fn touched(&self) -> &Touched {
        &self.touched
    }

    pub(super) fn close(&self) {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(thread) = thread else { return };
        let queue = self.queue.clone();
        // From a thread of its own, since this may be called where async code runs and the queue may be full.
        let sender = std::thread::spawn(move || queue.blocking_send(Job::Close));
        let _ = sender.join();
        if thread.join().is_err() {
            tracing::error!("the writer thread panicked");
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.close();
    }
}

/// Takes jobs until told to close.
fn run(database: &redb::Database, mut waiting: mpsc::Receiver<Job>, touched: &Touched, state: &State) {
    let mut open = true;
    while open {
        let Some(first) = waiting.blocking_recv() else { return };
        let mut batch = Vec::new();
        let mut next = Some(first);
        while let Some(job) = next {
            match job {
                Job::Write { partition, change } => batch.push((partition, change)),
                Job::Close => {
                    // Those already in the queue are still written; nobody new gets in.
                    open = false;
                    waiting.close();
                }
            }
            next = if batch.len() < WRITE_BATCH_MAX { waiting.try_recv().ok() } else { None };
        }
        commit(database, batch, touched, state);
    }
    while let Ok(job) = waiting.try_recv() {
        if let Job::Write { partition, change } = job {
            commit(database, vec![(partition, change)], touched, state);
        }
    }
}

/// Runs a batch, commits it, answers everybody in it.
fn commit(database: &redb::Database, batch: Vec<(PartitionNumber, Change)>, touched: &Touched, state: &State) {
    if batch.is_empty() {
        return;
    }
    let mut answers = Vec::with_capacity(batch.len());
    let mut wrote = Wrote::default();
    let outcome = run_batch(database, batch, &mut answers, &mut wrote);
    if let Err(cause) = &outcome {
        state.failed.store(true, Ordering::Relaxed);
        tracing::error!(%cause, writes = answers.len(), "a commit failed; nothing of it counts");
    }
    let committed = outcome.map_err(|_| ());
    if committed.is_ok() {
        state.writes.fetch_add(wrote.writes, Ordering::Relaxed);
        if wrote.access {
            state.access.fetch_add(1, Ordering::Release);
        }
        touched.add(wrote.partitions);
    }
    for answer in answers {
        answer(committed);
    }
}

fn run_batch(
    database: &redb::Database,
    batch: Vec<(PartitionNumber, Change)>,
    answers: &mut Vec<Answer>,
    wrote: &mut Wrote,
) -> Result<(), redb::Error> {
    let mut transaction = database.begin_write()?;
    // Saves the allocator's state with each commit, so that opening after a crash walks no file, and implies two-phase
    // commits, which do not trust a fast checksum over values that tenants choose.
    transaction.set_quick_repair(true);
    {
        let mut table = transaction.open_table(ROWS)?;
        for (partition, change) in batch {
            let (writes, answer) = change(&table);
            answers.push(answer);
            let Some(writes) = writes else { continue };
            if !writes.is_empty() {
                wrote.partitions.insert(partition);
                wrote.writes += 1;
            }
            for (key, value) in writes {
                wrote.access |= key.get(4).is_some_and(|table| ACCESS_TABLES.contains(table));
                match value {
                    Some(value) => drop(table.insert(key.as_slice(), value.as_slice())?),
                    None => drop(table.remove(key.as_slice())?),
                }
            }
        }
    }
    if wrote.partitions.is_empty() {
        transaction.abort()?;
    } else {
        transaction.commit()?;
    }
    Ok(())
}
