//! Reading a run of rows into values.
//!
//! Knows nothing of what the rows say.

use std::ops::ControlFlow;

use crate::error::Result;
use crate::store::{Range, Rows};

/// At most `most` values of `range`, each made by `read` from a row's key and value.
pub(super) fn read<T>(rows: &impl Rows, range: &Range, most: usize, mut read: impl FnMut(&[u8], &[u8]) -> Result<T>) -> Result<Vec<T>> {
    let mut values = Ok(Vec::new());
    if most == 0 {
        return values;
    }
    rows.each(range, &mut |key, value| {
        let Ok(found) = &mut values else { return ControlFlow::Break(()) };
        match read(key, value) {
            Ok(value) => found.push(value),
            Err(error) => {
                values = Err(error);
                return ControlFlow::Break(());
            }
        }
        if found.len() < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    values
}
