//! Rows as answers show them: without entries of the activity and events that are past their time, and what was before those, whether or not they have been deleted yet.
//!
//! Knows no list and no question: whatever reads [`Rows`] reads these. What is needed to go on rightly never reads them.

use std::ops::ControlFlow;

use crate::admin::retention::{Retention, expired, written_at};
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::id::Id;
use crate::store::layout::{self, Counter};
use crate::store::{Key, Numbers, Range, Rows, Step, Table};

/// Rows without what is past its time.
pub struct Kept<'a, R> {
    rows: &'a R,
    /// Entries of the activity from before it are left out.
    activity_since: Option<Timestamp>,
    /// The last event that is left out, with all before it: its number, and when it was written.
    forgotten: Option<(u64, Timestamp)>,
}

impl<'a, R: Rows> Kept<'a, R> {
    /// The rows of a tenant that keeps what happened as `retention` says. Looks through the events that are to be deleted and are still there: few, but for the first minutes after a tenant has said for how long.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn of(rows: &'a R, retention: &Retention, now: Timestamp) -> Result<Self> {
        let forgotten = match retention.events_since(now) {
            Some(since) => expired(rows, &Range::under(layout::events()), (since, now), usize::MAX)?,
            None => None,
        };
        Ok(Self { rows, activity_since: retention.activity_since(now), forgotten })
    }

    /// Whether a row is shown. `key` begins with its table.
    fn shows(&self, key: &[u8], value: &[u8]) -> bool {
        let Some((table, rest)) = key.split_first() else { return true };
        let is = |other: Table| *table == other as u8;
        if is(Table::Activity) {
            // What cannot be read is told by whoever reads it.
            return self.activity_since.is_none_or(|since| written_at(value).map_or(true, |at| at >= since));
        }
        let Some((forgotten, _)) = self.forgotten else { return true };
        let number = if is(Table::Event) || is(Table::Gone) {
            rest.first_chunk()
        } else if is(Table::GoneIndex) {
            rest.last_chunk()
        } else if is(Table::MemberBefore) || is(Table::GroupBefore) || is(Table::MembershipBefore) || is(Table::MembershipOfBefore) {
            rest.get(Id::BYTES..).and_then(<[u8]>::first_chunk)
        } else {
            None
        };
        number.is_none_or(|number| u64::from_be_bytes(*number) > forgotten)
    }
}

impl<R: Rows> Rows for Kept<'_, R> {
    fn get(&self, key: &Key) -> Result<Option<Vec<u8>>> {
        let counter = layout::counter(Counter::Forgotten);
        if let Some((forgotten, at)) = self.forgotten
            && (*key == counter || *key == layout::forgotten_at())
            && self.rows.has(&counter)?
            && self.rows.number(&counter)? < forgotten
        {
            // What they say once the events that are left out have gone.
            let value = if *key == counter { Ok(forgotten.to_be_bytes().to_vec()) } else { serde_json::to_vec(&at) };
            return value.map(Some).map_err(Error::internal);
        }
        Ok(self.rows.get(key)?.filter(|value| self.shows(key.as_bytes(), value)))
    }

    fn each(&self, range: &Range, step: &mut Step<'_>) -> Result<()> {
        self.rows.each(range, &mut |key, value| if self.shows(key, value) { step(key, value) } else { ControlFlow::Continue(()) })
    }
}
