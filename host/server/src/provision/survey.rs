//! A survey of the resources that have data of one schema, so that its unique attributes can be indexed.
//!
//! A snapshot is looked through first, resource by resource, by whoever may wait; the transaction that follows looks only at what has changed since. So
//! nobody's writes wait while a large inventory is read.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use super::index::last_id;
use crate::activity::Entry;
use crate::error::{Error, Result};
use crate::id::Id;
use crate::limits::SCHEMA_INDEXED_MAX;
use crate::store::layout::{self, Counter, GROUP, USER};
use crate::store::{Numbers, Range, Rows};

/// Which resources have data of a schema.
#[derive(Clone, Debug)]
pub struct Survey {
    urn: String,
    /// The number of the last entry of the log that the snapshot has.
    until: u64,
    /// Connection, kind and id.
    found: BTreeSet<(u32, u8, Id)>,
}

impl Survey {
    /// Looks through a snapshot. Takes long in a large inventory: not for the writer, and not for threads that run async code.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn of(rows: &impl Rows, connections: &[u32], urn: &str) -> Result<Self> {
        let mut survey =
            Self { urn: urn.to_ascii_lowercase(), until: rows.number(&layout::counter(Counter::Activity))?, found: BTreeSet::new() };
        for (connection, kind) in connections.iter().flat_map(|connection| [(*connection, USER), (*connection, GROUP)]) {
            rows.each(&Range::under(layout::resources(connection, kind)), &mut |key, value| {
                if survey.has_data(value) {
                    survey.found.extend(last_id(key).map(|id| (connection, kind, id)));
                }
                // One too many says enough.
                if survey.found.len() <= SCHEMA_INDEXED_MAX { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            })?;
        }
        Ok(survey)
    }

    /// Whether a stored resource may have data of the schema: it says the URN somewhere, in whatever letter case.
    fn has_data(&self, json: &[u8]) -> bool {
        json.windows(self.urn.len()).any(|window| window.eq_ignore_ascii_case(self.urn.as_bytes()))
    }

    /// Those of a kind as they are now: what the snapshot had, and what was written since, of which the log tells.
    ///
    /// # Errors
    /// Conflict if they are more than [`SCHEMA_INDEXED_MAX`]; or if the disk refuses.
    pub(super) fn found(&self, rows: &impl Rows, kind: u8, connections: &[u32]) -> Result<BTreeSet<(u32, Id)>> {
        let mut found: BTreeSet<(u32, Id)> =
            self.found.iter().filter(|(_, of, _)| *of == kind).map(|(connection, _, id)| (*connection, *id)).collect();
        let mut written = BTreeSet::new();
        let mut outcome = Ok(());
        rows.each(&Range::under(layout::activities()).after(layout::activity(self.until)), &mut |_, value| {
            match crate::store::from_json::<Entry>(value) {
                Ok(entry) => written.extend(entry.subject.and_then(|subject| subject.parse::<Id>().ok())),
                Err(error) => outcome = Err(error),
            }
            if outcome.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        outcome?;
        for (connection, id) in connections.iter().flat_map(|connection| written.iter().map(move |id| (*connection, *id))) {
            if rows.get(&layout::resource(connection, kind, id))?.is_some_and(|json| self.has_data(&json)) {
                found.insert((connection, id));
            }
        }
        if found.len() > SCHEMA_INDEXED_MAX {
            let detail =
                format!("More than {SCHEMA_INDEXED_MAX} resources have data of this schema, too many to index its unique attributes.");
            return Err(Error::conflict(detail));
        }
        Ok(found)
    }
}
