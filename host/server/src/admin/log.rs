//! Reading the log.
//!
//! Writing it is `activity`'s.

use super::listing;
use crate::activity::Entry;
use crate::error::Result;
use crate::store::{Range, Rows, from_json, layout};

/// At most `limit` entries before the one numbered `before`, newest first.
///
/// # Errors
/// If the disk refuses.
pub fn list(rows: &impl Rows, before: Option<u64>, limit: usize) -> Result<Vec<Entry>> {
    let range = Range::under(layout::activities()).descending();
    let range = match before {
        Some(before) => range.after(layout::activity(before)),
        None => range,
    };
    listing::read(rows, &range, limit, |_, value| from_json(value))
}
