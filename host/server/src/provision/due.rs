//! Dirty marks: who is due for projection, and for whose sake.
//!
//! A mark begins with a stamp, by which the projector sees whether its subject moved since it looked. Behind that stand the requests that made the subject
//! due since it was last projected, each with the group whose membership it was about, so that what comes of several requests at once is told of the right one.

use super::Scope;
use crate::error::Result;
use crate::id::Id;
use crate::limits::DIRTY_CAUSES_MAX;
use crate::store::layout;
use crate::store::{Rows, Tx};

/// Why somebody is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Why {
    /// Number of the activity entry of the request; `None` if there was none.
    pub activity: Option<u64>,
    /// The group that came, went, was renamed, or whose member the subject became or ceased to be; `None` if the subject itself changed.
    pub group: Option<Id>,
}

impl Why {
    /// The subject itself was changed by this request.
    pub(crate) fn itself(activity: u64) -> Self {
        Self { activity: Some(activity), group: None }
    }

    /// This request was about a group that the subject is or was in.
    pub(crate) fn group(activity: u64, group: Id) -> Self {
        Self { activity: Some(activity), group: Some(group) }
    }
}

/// The requests that made a subject due, the newest of each group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Causes(Vec<Why>);

/// Bytes of one cause in a mark: activity number and group, zeros for what is not.
const CAUSE_BYTES: usize = 8 + Id::BYTES;

/// No group.
const NONE: Id = Id::from_bytes([0; Id::BYTES]);

impl Causes {
    /// Reads those of a mark. One without any is the mark of a version that kept none: its stamp was the request's number.
    pub(crate) fn read(mark: &[u8]) -> Self {
        let Some((stamp, rest)) = mark.split_first_chunk() else { return Self::default() };
        if rest.is_empty() {
            return Self(vec![Why::itself(u64::from_be_bytes(*stamp))]);
        }
        let read = |cause: &[u8]| {
            let (activity, group) = cause.split_first_chunk()?;
            let activity = Some(u64::from_be_bytes(*activity)).filter(|activity| *activity > 0);
            Some(Why { activity, group: Id::from_slice(group).filter(|group| *group != NONE) })
        };
        Self(rest.chunks_exact(CAUSE_BYTES).filter_map(read).collect())
    }

    fn write(&self, stamp: u64) -> Vec<u8> {
        let mut mark = stamp.to_be_bytes().to_vec();
        for why in &self.0 {
            mark.extend_from_slice(&why.activity.unwrap_or(0).to_be_bytes());
            mark.extend_from_slice(why.group.unwrap_or(NONE).as_bytes());
        }
        mark
    }

    /// Adds one. Of a group only the newest counts; when there are too many the oldest goes.
    pub(crate) fn add(&mut self, why: Why) {
        let before = self.0.iter().find(|known| known.group == why.group).and_then(|known| known.activity);
        self.0.retain(|known| known.group != why.group);
        self.0.push(Why { activity: why.activity.max(before), ..why });
        if self.0.len() > DIRTY_CAUSES_MAX
            && let Some(oldest) = self.0.iter().min_by_key(|known| known.activity).copied()
        {
            self.0.retain(|known| *known != oldest);
        }
    }

    /// The newest of all.
    pub(crate) fn newest(&self) -> Option<u64> {
        self.0.iter().filter_map(|why| why.activity).max()
    }

    /// The newest about this group, or about the subject itself; `None` if there is none.
    pub(crate) fn about(&self, group: Option<Id>) -> Option<u64> {
        self.0.iter().find(|why| why.group == group).and_then(|why| why.activity)
    }
}

/// Marks a subject as due for projection, and counts that something moved. What is neither user nor group never reaches the directory.
///
/// # Errors
/// If the disk refuses.
pub(crate) fn mark_dirty(tx: &mut Tx<'_>, scope: Scope, (kind, id): (u8, Id), stamp: u64, why: Why) -> Result<()> {
    if kind != layout::USER && kind != layout::GROUP {
        return Ok(());
    }
    let key = layout::dirty_mark(kind, scope.connection, id);
    let mut causes = tx.get(&key)?.map(|mark| Causes::read(&mark)).unwrap_or_default();
    causes.add(why);
    tx.put(&key, causes.write(stamp));
    tx.add(&layout::counter(layout::Counter::Inventory), 1)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_says_which_request_was_about_what() {
        let (one, other) = (Id::from_bytes([1; 16]), Id::from_bytes([2; 16]));
        let mut causes = Causes::default();
        for why in [Why::itself(5), Why::group(6, one), Why::group(7, other), Why::group(8, one), Why { activity: Some(3), group: None }] {
            causes.add(why);
        }
        let read = Causes::read(&causes.write(9));
        assert_eq!(read, causes);
        assert_eq!((read.newest(), read.about(None), read.about(Some(one)), read.about(Some(other))), (Some(8), Some(5), Some(8), Some(7)));
        assert_eq!(read.about(Some(Id::from_bytes([3; 16]))), None);
    }

    #[test]
    fn nothing_and_an_older_mark_are_read() {
        assert_eq!(Causes::read(&9_u64.to_be_bytes()).newest(), Some(9));
        let mut none = Causes::default();
        none.add(Why { activity: None, group: None });
        assert_eq!(Causes::read(&none.write(9)).newest(), None);
    }

    #[test]
    fn causes_are_bounded_and_the_oldest_go_first() {
        let mut causes = Causes::default();
        let group = |number: u8| Id::from_bytes([number; 16]);
        (1..=20).for_each(|number| causes.add(Why::group(u64::from(number), group(number))));
        assert_eq!(causes.0.len(), DIRTY_CAUSES_MAX);
        assert_eq!(
            (causes.about(Some(group(20))), causes.about(Some(group(12))), causes.about(Some(group(13)))),
            (Some(20), None, Some(13))
        );
    }
}
