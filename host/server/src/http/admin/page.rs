//! Pages of a list: how many items, and where the next page starts.
//!
//! Knows nothing of the items.

use data_encoding::HEXLOWER;
use schemars::JsonSchema;
use serde::Serialize;

use crate::directory::RecordingPlace;
use crate::error::{Error, Result};
use crate::id::Id;
use crate::limits::{ADMIN_PAGE_DEFAULT, ADMIN_PAGE_MAX};

/// One page of a list.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "{T}Page")]
pub(super) struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// What to send as `cursor` for the next page; null on the last.
    pub next_cursor: Option<String>,
}

/// The cursor from which a list that shows the newest first begins with the item of this number.
pub(in crate::http) fn cursor_of(number: u64) -> String {
    number.saturating_add(1).write()
}

/// Where an item stands in its list.
pub(super) trait Place: Sized {
    /// As a cursor: opaque to clients.
    fn write(&self) -> String;
    /// From a cursor; `None` if it is none of this list.
    fn read(cursor: &str) -> Option<Self>;
}

impl Place for Id {
    fn write(&self) -> String {
        self.to_string().replace('-', "")
    }

    fn read(cursor: &str) -> Option<Self> {
        // One spelling, so what is written is what is read.
        let number = u128::from_str_radix(cursor, 16).ok()?;
        let id = Self::from_bytes(number.to_be_bytes());
        (id.write() == cursor).then_some(id)
    }
}

impl Place for RecordingPlace {
    fn write(&self) -> String {
        HEXLOWER.encode(&self.to_bytes())
    }

    fn read(cursor: &str) -> Option<Self> {
        Self::from_bytes(&HEXLOWER.decode(cursor.as_bytes()).ok()?)
    }
}

impl Place for u64 {
    fn write(&self) -> String {
        format!("{self:016x}")
    }

    fn read(cursor: &str) -> Option<Self> {
        let number = Self::from_str_radix(cursor, 16).ok()?;
        (number.write() == cursor).then_some(number)
    }
}

/// Which page is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<P> {
    /// The item behind which it starts; the beginning without it.
    pub after: Option<P>,
    /// How many items at most; at least 1.
    pub limit: usize,
}

impl<P: Place> Asked<P> {
    /// Reads `cursor` and `limit`.
    pub(super) fn read(cursor: Option<&str>, limit: Option<&str>) -> Result<Self> {
        let after = cursor.map(|cursor| P::read(cursor).ok_or_else(|| wrong("cursor", "This is no cursor of this list."))).transpose()?;
        Ok(Self { after, limit: read_limit(limit)? })
    }

    /// The page, given a list that reads `limit + 1` items if there are as many, so that it is known whether there are more.
    pub(super) fn page<T>(self, mut items: Vec<T>, place: impl Fn(&T) -> P) -> Page<T> {
        let more = items.len() > self.limit;
        items.truncate(self.limit);
        let next_cursor = items.last().filter(|_| more).map(|last| place(last).write());
        Page { items, next_cursor }
    }
}

/// How many items at most: [`ADMIN_PAGE_DEFAULT`] if nothing is asked. More than [`ADMIN_PAGE_MAX`] are refused, as the description says.
pub(super) fn read_limit(limit: Option<&str>) -> Result<usize> {
    let Some(limit) = limit else { return Ok(ADMIN_PAGE_DEFAULT) };
    match limit.parse::<usize>() {
        Ok(limit) if (1..=ADMIN_PAGE_MAX).contains(&limit) => Ok(limit),
        _ => Err(wrong("limit", &format!("This has to be a number from 1 to {ADMIN_PAGE_MAX}."))),
    }
}

/// A query parameter is wrong.
pub(super) fn wrong(parameter: &str, message: &str) -> Error {
    Error::invalid(format!("The query parameter {parameter} is not acceptable. {message}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_written_and_nothing_else_is() {
        let id = Id::from_bytes([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255]);
        assert_eq!(Id::read(&id.write()), Some(id));
        assert_eq!(u64::read(&7_u64.write()), Some(7));
        for other in ["", "7", "+000000000000007", "g", &id.to_string(), &id.write().to_uppercase(), &"f".repeat(33)] {
            assert_eq!((Id::read(other), u64::read(other)), (None, None), "{other}");
        }
        let place = RecordingPlace::from_bytes(&[2, 1, 2, 3]).unwrap();
        assert_eq!(RecordingPlace::read(&place.write()), Some(place));
        for other in ["", "0", "06", "g0", "0A", &"00".repeat(38)] {
            assert_eq!(RecordingPlace::read(other), None, "{other}");
        }
    }

    #[test]
    fn a_page_knows_whether_there_are_more() {
        let asked = Asked::<u64> { after: None, limit: 2 };
        for (items, expected, more) in [(vec![], vec![], false), (vec![1, 2], vec![1, 2], false), (vec![1, 2, 3], vec![1, 2], true)] {
            let page = asked.page(items, |item| *item);
            assert_eq!(page.items, expected);
            assert_eq!(page.next_cursor, more.then(|| 2_u64.write()));
        }
    }

    #[test]
    fn limits_are_bounded() {
        assert_eq!(read_limit(None).unwrap(), ADMIN_PAGE_DEFAULT);
        assert_eq!(read_limit(Some("7")).unwrap(), 7);
        assert_eq!(read_limit(Some("1000")).unwrap(), ADMIN_PAGE_MAX);
        for wrong in ["0", "1001", "-1", "x", "", "99999999999999999999999"] {
            assert!(read_limit(Some(wrong)).is_err(), "{wrong}");
        }
    }
}
