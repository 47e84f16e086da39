//! Reading the log.
//!
//! Writing it is `activity`'s.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::str::FromStr;

use crate::activity::{Actor, Entry};
use crate::error::Result;
use crate::id::Id;
use crate::limits::ACTIVITY_LOOKED_MAX;
use crate::store::{Range, Rows, layout};

/// Whose entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Those of clients.
    Client,
    /// Those of operators.
    Operator,
}

/// Statuses of answers: one, or a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Statuses {
    /// This one (`404`).
    One(u16),
    /// Those with this first digit (`4xx`).
    Class(u16),
}

impl Statuses {
    fn has(self, status: u16) -> bool {
        match self {
            Self::One(one) => status == one,
            Self::Class(first) => status / 100 == first,
        }
    }
}

impl FromStr for Statuses {
    /// What to say of a text that is neither.
    type Err = &'static str;

    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        // Three digits, of which the first says the class (RFC 9110 section 15).
        let (first, rest) = match text.as_bytes() {
            [first @ b'1'..=b'5', rest @ ..] => (u16::from(first - b'0'), rest),
            _ => return Err(STATUSES_SAID),
        };
        match rest {
            [b'x' | b'X', b'x' | b'X'] => Ok(Self::Class(first)),
            [b'0'..=b'9', b'0'..=b'9'] => text.parse().map(Self::One).map_err(|_| STATUSES_SAID),
            _ => Err(STATUSES_SAID),
        }
    }
}

/// What [`Statuses`] are read from, for whoever wrote something else.
const STATUSES_SAID: &str = "It is an HTTP status from 100 to 599, such as 404, or a class of them, such as 4xx.";

/// Which entries are wanted: those that are everything that is said here.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Whose.
    pub who: Option<Who>,
    /// Of the client of this connection.
    pub connection: Option<Id>,
    /// Whether they were refused, or failed.
    pub failed: Option<bool>,
    /// With one of these statuses.
    pub status: Option<Statuses>,
    /// About one of the subjects with these ids.
    pub subjects: Option<BTreeSet<String>>,
    /// With this at the beginning of the subject's id, as the request's id, or somewhere in the action, the query or the detail.
    pub text: Option<String>,
}

impl Wanted {
    fn is(&self, entry: &Entry) -> bool {
        let who = match entry.actor {
            Actor::Client { .. } => Some(Who::Client),
            Actor::Operator { .. } => Some(Who::Operator),
            Actor::System => None,
        };
        let connection = match entry.actor {
            Actor::Client { connection } => Some(connection),
            _ => None,
        };
        self.who.is_none_or(|wanted| who == Some(wanted))
            && self.connection.is_none_or(|wanted| connection == Some(wanted))
            && self.failed.is_none_or(|failed| (entry.status >= 400) == failed)
            && self.status.is_none_or(|wanted| wanted.has(entry.status))
            && self.subjects.as_ref().is_none_or(|wanted| entry.subject.as_ref().is_some_and(|subject| wanted.contains(subject)))
            && self.text.as_deref().is_none_or(|text| says(entry, text))
    }
}

/// Whether an entry has a text in it.
fn says(entry: &Entry, text: &str) -> bool {
    let texts = [Some(&entry.action), entry.query.as_ref(), entry.detail.as_ref()];
    entry.subject.as_deref().is_some_and(|subject| subject.starts_with(text))
        || entry.request_id == text
        || texts.into_iter().flatten().any(|own| own.contains(text))
}

/// At most `limit` wanted entries before the one numbered `before`, newest first, and the number of the entry behind which the next page begins, if there may
/// be more. Looks through [`ACTIVITY_LOOKED_MAX`] entries, so there may be fewer than asked for and yet more behind them.
///
/// # Errors
/// If the disk refuses.
pub fn list(rows: &impl Rows, before: Option<u64>, limit: usize, wanted: &Wanted) -> Result<(Vec<Entry>, Option<u64>)> {
    let range = Range::under(layout::activities()).descending();
    let range = match before {
        Some(before) => range.after(layout::activity(before)),
        None => range,
    };
    let (mut found, mut looked, mut last, mut next) = (Vec::new(), 0, 0, None);
    rows.each_json(&range, &mut |entry: Entry| {
        if found.len() >= limit || looked >= ACTIVITY_LOOKED_MAX {
            next = Some(last);
            return ControlFlow::Break(());
        }
        (looked, last) = (looked + 1, entry.sequence);
        if wanted.is(&entry) {
            found.push(entry);
        }
        ControlFlow::Continue(())
    })?;
    Ok((found, next))
}
