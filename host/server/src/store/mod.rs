//! Ordered rows in one file, durable when acknowledged. The only module that names the storage engine.
//!
//! Read [`Tenant`] first: it is the handle everything else works with. [`Tenant::read`] looks at one snapshot;
//! [`Tenant::submit`] hands a closure to the one writer thread, which runs those that are waiting one after
//! the other, keeps the writes of each only if it returned `Ok`, commits all of them at once, and only then answers.
//!
//! Knows nothing of SCIM, policies, HTTP or what a row says. No type of the engine leaves it.

mod key;
pub mod layout;
mod tx;
mod writer;

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use redb::{ReadableDatabase, TableDefinition};
use tokio::sync::oneshot;

pub use key::{Key, PartitionNumber, Range, Table};
pub use tx::{Drafted, Numbers, Tx};
pub use writer::Touched;

use crate::error::{Error, Result};
use doorlist_scim::ErrorKind;

/// The one table of the engine; ours are told apart by the second part of a key.
const ROWS: TableDefinition<'static, &[u8], &[u8]> = TableDefinition::new("rows");

/// Version of the layout of keys and values. A file with another one is refused rather than misread.
const FORMAT_VERSION: u64 = 2;

/// Name of the file in the data directory.
const FILE_NAME: &str = "doorlist.redb";

/// What is called with each key and value of a range, until it breaks.
pub type Step<'a> = dyn FnMut(&[u8], &[u8]) -> ControlFlow<()> + 'a;

/// Rows that can be read: a snapshot, or a transaction with its own writes in it.
pub trait Rows {
    /// The value at `key`.
    fn get(&self, key: &Key) -> Result<Option<Vec<u8>>>;

    /// Calls `step` with each key (without its partition) and value of `range`, in order, until it breaks.
    fn each(&self, range: &Range, step: &mut Step<'_>) -> Result<()>;

    /// Whether there is a row at `key`.
    fn has(&self, key: &Key) -> Result<bool> {
        Ok(self.get(key)?.is_some())
    }

    /// How many rows `range` has, counting no further than `most`.
    fn count(&self, range: &Range, most: usize) -> Result<usize> {
        let mut count = 0;
        if most == 0 {
            return Ok(0);
        }
        self.each(range, &mut |_, _| {
            count += 1;
            if count < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        Ok(count)
    }

    /// The value at `key` read as JSON.
    fn json<T: serde::de::DeserializeOwned>(&self, key: &Key) -> Result<Option<T>>
    where
        Self: Sized,
    {
        self.get(key)?.map(|bytes| from_json(&bytes)).transpose()
    }

    /// Calls `step` with each value of `range` read as JSON, in order, until it breaks or a value is not readable.
    fn each_json<T: serde::de::DeserializeOwned>(&self, range: &Range, step: &mut dyn FnMut(T) -> ControlFlow<()>) -> Result<()>
    where
        Self: Sized,
    {
        let mut outcome = Ok(());
        self.each(range, &mut |_, value| match from_json(value) {
            Ok(value) => step(value),
            Err(error) => {
                outcome = Err(error);
                ControlFlow::Break(())
            }
        })?;
        outcome
    }
}

/// Reads a stored value.
///
/// # Errors
/// Only if the file says something that this version never wrote.
pub fn from_json<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    serde_json::from_slice(bytes).map_err(Error::internal)
}

/// The open file.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    database: Arc<redb::Database>,
    writer: writer::Writer,
}

impl Store {
    /// Opens the file in `data_dir`, or makes it. `cache_bytes` bounds what of it is held in memory.
    ///
    /// # Errors
    /// If another process has it open, the disk refuses, or the file is of another format.
    pub fn open(data_dir: &Path, cache_bytes: usize) -> Result<Self> {
        let path = data_dir.join(FILE_NAME);
        let database = redb::Database::builder().set_cache_size(cache_bytes).create(&path).map_err(|cause| match cause {
            redb::DatabaseError::DatabaseAlreadyOpen => {
                Error::conflict(format!("Another process has {} open. One data directory serves one Doorlist.", path.display()))
            }
            other => Error::new(ErrorKind::Internal, format!("{} cannot be opened.", path.display())).with_cause(other),
        })?;
        Self::start(database)
    }

    /// A store that forgets everything when it is dropped.
    ///
    /// # Errors
    /// If there is no memory for it.
    pub fn in_memory() -> Result<Self> {
        let backend = redb::backends::InMemoryBackend::new();
        Self::start(redb::Database::builder().create_with_backend(backend).map_err(Error::internal)?)
    }

    fn start(database: redb::Database) -> Result<Self> {
        let database = Arc::new(database);
        let writer = writer::Writer::start(Arc::clone(&database))?;
        let store = Self { inner: Arc::new(Inner { database, writer }) };
        store.check_format()?;
        Ok(store)
    }

    fn check_format(&self) -> Result<()> {
        self.installation().write(|tx| match tx.json::<u64>(&layout::format())? {
            Some(FORMAT_VERSION) => Ok(()),
            Some(other) => Err(Error::conflict(format!(
                "The data directory has format {other}; this version of Doorlist reads format {FORMAT_VERSION}."
            ))),
            None => tx.put_json(&layout::format(), &FORMAT_VERSION),
        })
    }

    /// The handle on what belongs to no tenant.
    pub fn installation(&self) -> Tenant {
        self.tenant(key::INSTALLATION)
    }

    /// The handle on a tenant's rows. Only authentication, the projector's round over all tenants and a rehearsal, which has one tenant, call this: whoever has
    /// the handle has the tenant.
    pub fn tenant(&self, number: PartitionNumber) -> Tenant {
        Tenant { inner: Arc::clone(&self.inner), number }
    }

    /// Which partitions have been written to.
    pub fn touched(&self) -> &Touched {
        self.inner.writer.touched()
    }

    /// How many writes were committed since the start.
    pub fn writes(&self) -> u64 {
        self.inner.writer.state().writes.load(Ordering::Relaxed)
    }

    /// A number that grows before anybody hears of a committed write that changed who may call or what is served to them:
    /// tenants, connections, tokens, keys or schemas.
    pub fn access_generation(&self) -> u64 {
        self.inner.writer.state().access.load(Ordering::Acquire)
    }

    /// Whether every commit so far has been durable. After one that was not, the disk wants looking at and the process a restart: the engine
    /// takes no more writes.
    pub fn is_healthy(&self) -> bool {
        !self.inner.writer.state().failed.load(Ordering::Relaxed)
    }

    /// Lets what is waiting be written, then refuses further writes. Reads go on.
    pub fn close(&self) {
        self.inner.writer.close();
    }
}

/// A handle on the rows of one tenant, and on no other's.
#[derive(Clone)]
pub struct Tenant {
    inner: Arc<Inner>,
    number: PartitionNumber,
}

/// The outcome of a write that was handed in: ready when it is durable.
pub struct Pending<T>(oneshot::Receiver<Result<T>>);

impl<T> Pending<T> {
    /// Waits on this thread. Not for threads that run async code.
    pub fn wait(self) -> Result<T> {
        self.0.blocking_recv().unwrap_or_else(|_| Err(lost()))
    }
}

impl<T> Future for Pending<T> {
    type Output = Result<T>;

    fn poll(mut self: std::pin::Pin<&mut Self>, context: &mut std::task::Context<'_>) -> std::task::Poll<Self::Output> {
        std::pin::Pin::new(&mut self.0).poll(context).map(|answer| answer.unwrap_or_else(|_| Err(lost())))
    }
}

/// What a write hears whose commit failed, so that nothing of it counts.
fn lost() -> Error {
    Error::internal("the commit failed; see the writer's own line")
}

/// What a write hears after [`Store::close`].
fn closing() -> Error {
    Error::new(ErrorKind::Unavailable, "Doorlist is shutting down. Try again shortly.")
}

impl Tenant {
    /// The number of its partition.
    pub fn number(&self) -> PartitionNumber {
        self.number
    }

    /// Says that there is something to do for the tenant, as if it had been written to.
    pub fn touch(&self) {
        self.inner.writer.touched().add([self.number]);
    }

    /// Looks at one snapshot of the rows.
    pub fn read<T>(&self, look: impl FnOnce(&View) -> Result<T>) -> Result<T> {
        let transaction = self.inner.database.begin_read().map_err(Error::internal)?;
        let table = transaction.open_table(ROWS).map_err(Error::internal)?;
        look(&View { table, partition: self.number })
    }

    /// Hands in a write. `change` runs on the writer thread, perhaps more than once, so it does nothing but read and write
    /// rows; what it wrote counts only if it returns `Ok`. A caller that goes away does not take the write back.
    ///
    /// Waits while the queue is full.
    ///
    /// # Errors
    /// What `change` answers; 503 when the store is closing; 500 when the disk refuses.
    pub async fn submit<T: Send + 'static>(&self, change: impl FnMut(&mut Tx<'_>) -> Result<T> + Send + 'static) -> Result<T> {
        let (job, pending) = writer::job(self.number, change);
        self.inner.writer.queue().send(job).await.map_err(|_| closing())?;
        pending.await
    }

    /// The same, waiting on this thread. Not for threads that run async code.
    ///
    /// # Errors
    /// As [`Tenant::submit`].
    pub fn write<T: Send + 'static>(&self, change: impl FnMut(&mut Tx<'_>) -> Result<T> + Send + 'static) -> Result<T> {
        let (job, pending) = writer::job(self.number, change);
        self.inner.writer.queue().blocking_send(job).map_err(|_| closing())?;
        pending.wait()
    }
}

/// A snapshot of the rows.
pub struct View {
    table: redb::ReadOnlyTable<&'static [u8], &'static [u8]>,
    partition: PartitionNumber,
}

impl View {
    /// Tries a change: it sees the snapshot with its own writes over it, and they go nowhere. They are held in memory until `change` returns.
    ///
    /// # Errors
    /// What `change` answers.
    pub fn draft<T>(&self, change: impl FnOnce(&mut Tx<'_>) -> Result<T>) -> Result<T> {
        self.draft_on(Drafted::default(), change)
    }

    /// The same over what another draft of this snapshot has written.
    ///
    /// # Errors
    /// What `change` answers.
    pub fn draft_on<T>(&self, drafted: Drafted, change: impl FnOnce(&mut Tx<'_>) -> Result<T>) -> Result<T> {
        change(&mut Tx::going_on(tx::Base::Snapshot(&self.table), self.partition, drafted))
    }
}

impl Rows for View {
    fn get(&self, key: &Key) -> Result<Option<Vec<u8>>> {
        let value = self.table.get(key.stored(self.partition).as_slice()).map_err(Error::internal)?;
        Ok(value.map(|guard| guard.value().to_vec()))
    }

    fn has(&self, key: &Key) -> Result<bool> {
        Ok(self.table.get(key.stored(self.partition).as_slice()).map_err(Error::internal)?.is_some())
    }

    fn each(&self, range: &Range, step: &mut Step<'_>) -> Result<()> {
        let (from, to) = range.stored(self.partition);
        if from >= to {
            return Ok(());
        }
        let mut rows = self.table.range::<&[u8]>(from.as_slice()..to.as_slice()).map_err(Error::internal)?;
        loop {
            let row = if range.is_descending() { rows.next_back() } else { rows.next() };
            let Some(row) = row else { return Ok(()) };
            let (key, value) = row.map_err(Error::internal)?;
            // The range lies within one partition, so each key has its 4 bytes.
            if step(key.value().get(4..).unwrap_or_default(), value.value()).is_break() {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests;
