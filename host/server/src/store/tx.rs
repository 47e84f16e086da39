//! A write in the making: its own writes lie in memory over the rows, and reach the engine only together.

use std::collections::BTreeMap;
use std::ops::{Bound, ControlFlow};

use redb::ReadableTable;

use super::{Key, PartitionNumber, Range, Rows, Step};
use crate::error::{Error, Result};

/// The engine's table as the writer holds it during one commit.
pub(super) type Table<'txn> = redb::Table<'txn, &'static [u8], &'static [u8]>;

/// Rows that can be read and written. What is written is seen by later reads of the same transaction at once, by others
/// after it returned `Ok` and was committed.
pub struct Tx<'a> {
    base: Base<'a>,
    partition: PartitionNumber,
    writes: Writes,
    /// What the writes of the attempt that is under way took the place of, oldest first; `None` outside of one.
    undo: Option<Vec<(Vec<u8>, Undo)>>,
}

/// The rows below the writes.
#[derive(Clone, Copy)]
pub(super) enum Base<'a> {
    /// Those that the writer is about to change.
    Table(&'a Table<'a>),
    /// Those of a snapshot: the transaction is a draft.
    Snapshot(&'a redb::ReadOnlyTable<&'static [u8], &'static [u8]>),
}

impl Base<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>> {
        let value = match self {
            Self::Table(table) => table.get(key),
            Self::Snapshot(table) => table.get(key),
        };
        Ok(value.map_err(Error::internal)?.map(|guard| guard.value().to_vec()))
    }

    fn has(&self, key: &[u8]) -> Result<bool> {
        let value = match self {
            Self::Table(table) => table.get(key),
            Self::Snapshot(table) => table.get(key),
        };
        Ok(value.map_err(Error::internal)?.is_some())
    }

    fn range(&self, from: &[u8], to: &[u8]) -> Result<redb::Range<'_, &'static [u8], &'static [u8]>> {
        let rows = match self {
            Self::Table(table) => table.range::<&[u8]>(from..to),
            Self::Snapshot(table) => ReadableTable::range::<&[u8]>(*table, from..to),
        };
        rows.map_err(Error::internal)
    }
}

/// What was written at a key before; `None` if nothing was.
type Undo = Option<Option<Vec<u8>>>;

/// Values to put (`Some`) and rows to delete (`None`), by the key as the engine sees it.
pub(super) type Writes = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// Writes of a draft, over which other drafts of the same snapshot go on.
#[derive(Clone, Debug, Default)]
pub struct Drafted(Writes);

impl<'a> Tx<'a> {
    pub(super) fn new(base: Base<'a>, partition: PartitionNumber) -> Self {
        Self::going_on(base, partition, Drafted::default())
    }

    pub(super) fn going_on(base: Base<'a>, partition: PartitionNumber, drafted: Drafted) -> Self {
        Self { base, partition, writes: drafted.0, undo: None }
    }

    pub(super) fn into_writes(self) -> Writes {
        self.writes
    }

    /// Whether its writes go nowhere.
    pub fn is_draft(&self) -> bool {
        matches!(self.base, Base::Snapshot(_))
    }

    /// Puts `value` at `key`.
    pub fn put(&mut self, key: &Key, value: Vec<u8>) {
        self.write(key.stored(self.partition), Some(value));
    }

    fn write(&mut self, key: Vec<u8>, value: Option<Vec<u8>>) {
        match &mut self.undo {
            None => drop(self.writes.insert(key, value)),
            Some(undo) => {
                let before = self.writes.insert(key.clone(), value);
                undo.push((key, before));
            }
        }
    }

    /// Runs `change`; if it returns an error, none of its writes are left and those before it are. An attempt within an attempt is part of it.
    ///
    /// # Errors
    /// What `change` answers.
    pub fn attempt<T>(&mut self, change: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let outer = self.undo.replace(Vec::new());
        let outcome = change(self);
        let undo = std::mem::replace(&mut self.undo, outer).unwrap_or_default();
        if outcome.is_err() {
            for (key, before) in undo.into_iter().rev() {
                match before {
                    Some(value) => drop(self.writes.insert(key, value)),
                    None => drop(self.writes.remove(&key)),
                }
            }
        } else if let Some(outer) = &mut self.undo {
            outer.extend(undo);
        }
        outcome
    }

    /// Runs `change` and takes every write of it back, whatever comes of it.
    ///
    /// # Errors
    /// What `change` answers.
    pub fn rehearse<T>(&mut self, change: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let mut rehearsed = None;
        let undone: Result<()> = self.attempt(|tx| {
            rehearsed = Some(change(tx));
            Err(Error::conflict("This was rehearsed."))
        });
        // `change` has run, or the attempt would not have ended.
        rehearsed.unwrap_or_else(|| Err(undone.err().unwrap_or_else(|| Error::internal("a rehearsal did not run"))))
    }

    /// What has been written so far, for drafts that go on from there.
    pub fn drafted(&self) -> Drafted {
        Drafted(self.writes.clone())
    }

    /// Puts `value` at `key` as JSON.
    ///
    /// # Errors
    /// None that a value of ours can cause.
    pub fn put_json<T: serde::Serialize>(&mut self, key: &Key, value: &T) -> Result<()> {
        let bytes = serde_json::to_vec(value).map_err(Error::internal)?;
        self.put(key, bytes);
        Ok(())
    }

    /// Deletes the row at `key`, if there is one.
    pub fn delete(&mut self, key: &Key) {
        self.write(key.stored(self.partition), None);
    }

    /// Deletes at most `most` rows of `range` and says how many it found.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn delete_range(&mut self, range: &Range, most: usize) -> Result<usize> {
        let mut found = Vec::new();
        if most == 0 {
            return Ok(0);
        }
        let partition: Vec<u8> = range.stored(self.partition).0.into_iter().take(4).collect();
        self.each(range, &mut |key, _| {
            found.push([partition.as_slice(), key].concat());
            if found.len() < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        let count = found.len();
        found.into_iter().for_each(|key| self.write(key, None));
        Ok(count)
    }

    /// Takes back the writes to keys of `range` and gives the values that were put there, in the order of their keys. What stood below is seen again.
    ///
    /// For drafts, which want to know what was written and keep little of it.
    pub fn take_back(&mut self, range: &Range) -> Vec<Vec<u8>> {
        let (from, to) = range.stored(self.partition);
        let keys: Vec<Vec<u8>> = match from < to {
            true => self
                .writes
                .range::<[u8], _>((Bound::Included(from.as_slice()), Bound::Excluded(to.as_slice())))
                .map(|(key, _)| key.clone())
                .collect(),
            false => Vec::new(),
        };
        keys.iter().filter_map(|key| self.writes.remove(key).flatten()).collect()
    }

    /// Adds `by` to the number at `key` (0 if there is none) and gives the sum. Never goes below 0.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn add(&mut self, key: &Key, by: i64) -> Result<u64> {
        let sum = self.number(key)?.saturating_add_signed(by);
        self.put(key, sum.to_be_bytes().to_vec());
        Ok(sum)
    }
}

/// Reading a number that [`Tx::add`] keeps.
pub trait Numbers {
    /// The number at `key`; 0 if there is none.
    ///
    /// # Errors
    /// If the disk refuses.
    fn number(&self, key: &Key) -> Result<u64>;
}

impl<R: Rows> Numbers for R {
    fn number(&self, key: &Key) -> Result<u64> {
        Ok(self.get(key)?.and_then(|bytes| bytes.first_chunk().copied()).map_or(0, u64::from_be_bytes))
    }
}

impl Rows for Tx<'_> {
    fn get(&self, key: &Key) -> Result<Option<Vec<u8>>> {
        let key = key.stored(self.partition);
        if let Some(written) = self.writes.get(&key) {
            return Ok(written.clone());
        }
        self.base.get(&key)
    }

    fn has(&self, key: &Key) -> Result<bool> {
        let key = key.stored(self.partition);
        self.writes.get(&key).map_or_else(|| self.base.has(&key), |written| Ok(written.is_some()))
    }

    /// Two ordered runs, rows and writes, merged: where both have a key, the write counts.
    fn each(&self, range: &Range, step: &mut Step<'_>) -> Result<()> {
        let (from, to) = range.stored(self.partition);
        if from >= to {
            return Ok(());
        }
        let descending = range.is_descending();
        let mut rows = self.base.range(&from, &to)?;
        let mut writes = self.writes.range::<[u8], _>((Bound::Included(from.as_slice()), Bound::Excluded(to.as_slice())));
        let mut next_row = || if descending { rows.next_back() } else { rows.next() }.transpose().map_err(Error::internal);
        let mut next_write = || if descending { writes.next_back() } else { writes.next() };
        let (mut row, mut write) = (next_row()?, next_write());
        loop {
            let order = match (&row, write) {
                (None, None) => return Ok(()),
                (Some(_), None) => std::cmp::Ordering::Less,
                (None, Some(_)) => std::cmp::Ordering::Greater,
                (Some((key, _)), Some((written, _))) => {
                    let order = key.value().cmp(written.as_slice());
                    if descending { order.reverse() } else { order }
                }
            };
            let flow = match (&row, write) {
                (Some((key, value)), _) if order.is_lt() => step(key.value().get(4..).unwrap_or_default(), value.value()),
                (_, Some((key, Some(value)))) => step(key.get(4..).unwrap_or_default(), value),
                _ => ControlFlow::Continue(()),
            };
            if flow.is_break() {
                return Ok(());
            }
            if order.is_le() {
                row = next_row()?;
            }
            if order.is_ge() {
                write = next_write();
            }
        }
    }
}
