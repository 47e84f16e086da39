//! Rows of many subjects at once: what lies together in the order of the subjects is read in one go, and what many of them lead to once.
//!
//! A look-up goes down the whole tree of the store and its neighbour goes down the same way again, so a run of them costs a fraction of as many look-ups. Only for
//! as long as nobody writes any of these rows. Knows nothing of what they say.

use std::cell::RefCell;
use std::collections::BTreeMap;

use std::ops::ControlFlow;

use crate::error::Result;
use crate::id::Id;
use crate::limits::{AHEAD_BYTES_MAX, AHEAD_LINKS_MAX, SHARED_ROWS_MAX};
use crate::store::layout::{self, USER};
use crate::store::{Key, Range, Rows, Step, Table};

/// What has been read.
#[derive(Default)]
pub(super) struct Ahead {
    /// Groups and their names.
    shared: RefCell<BTreeMap<Vec<u8>, Option<Vec<u8>>>>,
    runs: Vec<Run>,
}

/// Rows of one table that lie together.
struct Run {
    table: Table,
    /// The first key that it speaks of.
    from: Vec<u8>,
    /// The first key behind them.
    to: Vec<u8>,
    /// All there are, by key.
    rows: Vec<(Vec<u8>, Vec<u8>)>,
}

/// Rows with what has been read of them.
pub(super) struct WithAhead<'a, R> {
    rows: &'a R,
    ahead: &'a Ahead,
}

impl Ahead {
    /// Reads what looking at users of a connection takes, whose ids are given in their order. Takes the place of what was read of others.
    ///
    /// # Errors
    /// If the disk refuses.
    pub(super) fn read_users(&mut self, rows: &impl Rows, connection: u32, users: &[Id]) -> Result<()> {
        // As many rows, and some of others between them: those of another connection's users may be all in between.
        let (few, many) = (2 * users.len(), AHEAD_LINKS_MAX);
        self.runs = vec![
            Run::read(rows, &layout::resources(connection, USER), users, few)?,
            Run::read(rows, &Key::new(Table::MemberGroup).number(connection), users, many)?,
            Run::read(rows, &layout::members(), users, few)?,
            Run::read(rows, &Key::new(Table::Membership), users, many)?,
        ];
        Ok(())
    }

    /// Reads what was concluded of such users: the memberships of those whose members have the same ids, and the decisions.
    ///
    /// # Errors
    /// If the disk refuses.
    pub(super) fn read_conclusions(&mut self, rows: &impl Rows, connection: u32, users: &[Id]) -> Result<()> {
        self.runs = vec![
            Run::read(rows, &Key::new(Table::Membership), users, AHEAD_LINKS_MAX)?,
            Run::read(rows, &layout::decisions(connection, USER), users, 2 * users.len())?,
        ];
        Ok(())
    }

    /// Reads the members with these ids, given in their order.
    ///
    /// # Errors
    /// If the disk refuses.
    pub(super) fn read_members(&mut self, rows: &impl Rows, members: &[Id]) -> Result<()> {
        self.runs = vec![Run::read(rows, &layout::members(), members, 2 * members.len())?];
        Ok(())
    }

    /// `rows` with what has been read of them.
    pub(super) fn on<'a, R: Rows>(&'a self, rows: &'a R) -> WithAhead<'a, R> {
        WithAhead { rows, ahead: self }
    }

    fn run(&self, key: &Key) -> Option<&Run> {
        let is_in = |run: &&Run| run.table == key.table() && run.from.as_slice() <= key.as_bytes() && key.as_bytes() < run.to.as_slice();
        self.runs.iter().find(is_in)
    }
}

impl Run {
    /// The rows whose keys are `head` and one of the ids from the first to the last, with whatever follows that; of the first ids alone if there are more rows than `most`.
    fn read(rows: &impl Rows, head: &Key, ids: &[Id], most: usize) -> Result<Self> {
        let (Some(first), Some(last)) = (ids.first(), ids.last()) else {
            return Ok(Self { table: head.table(), from: Vec::new(), to: Vec::new(), rows: Vec::new() });
        };
        let from = head.clone().id(*first);
        // Behind everything that follows the last id: nothing does but another id.
        let mut to = head.clone().id(*last).raw(&[0xff; Id::BYTES + 1]).as_bytes().to_vec();
        let id_end = from.as_bytes().len();
        let mut found: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
        let mut bytes = 0;
        rows.each(&Range::under(head.clone()).from(from.clone()), &mut |key, value| {
            if key >= to.as_slice() {
                return ControlFlow::Break(());
            }
            bytes += key.len() + value.len();
            if found.len() >= most || bytes > AHEAD_BYTES_MAX {
                // Where it breaks off, an id may have rows on both sides.
                to = key.get(..id_end).unwrap_or(key).to_vec();
                return ControlFlow::Break(());
            }
            found.push((key.to_vec(), value.to_vec()));
            ControlFlow::Continue(())
        })?;
        found.truncate(found.partition_point(|(key, _)| *key < to));
        Ok(Self { table: head.table(), from: from.as_bytes().to_vec(), to, rows: found })
    }

    fn find(&self, key: &Key) -> Option<&Vec<u8>> {
        let place = self.rows.binary_search_by(|(known, _)| known.as_slice().cmp(key.as_bytes())).ok()?;
        self.rows.get(place).map(|(_, value)| value)
    }

    fn each(&self, head: &Key, step: &mut Step<'_>) {
        let begin = self.rows.partition_point(|(key, _)| key.as_slice() < head.as_bytes());
        let under = self.rows.iter().skip(begin).take_while(|(key, _)| key.starts_with(head.as_bytes()));
        for (key, value) in under {
            if step(key, value).is_break() {
                return;
            }
        }
    }
}

impl<R: Rows> Rows for WithAhead<'_, R> {
    fn get(&self, key: &Key) -> Result<Option<Vec<u8>>> {
        if let Some(run) = self.ahead.run(key) {
            return Ok(run.find(key).cloned());
        }
        if !matches!(key.table(), Table::Group | Table::GroupName) {
            return self.rows.get(key);
        }
        if let Some(value) = self.ahead.shared.borrow().get(key.as_bytes()) {
            return Ok(value.clone());
        }
        let value = self.rows.get(key)?;
        let mut shared = self.ahead.shared.borrow_mut();
        if shared.len() >= SHARED_ROWS_MAX {
            shared.clear();
        }
        shared.insert(key.as_bytes().to_vec(), value.clone());
        Ok(value)
    }

    fn has(&self, key: &Key) -> Result<bool> {
        match self.ahead.run(key) {
            Some(run) => Ok(run.find(key).is_some()),
            None if matches!(key.table(), Table::Group | Table::GroupName) => Ok(self.get(key)?.is_some()),
            None => self.rows.has(key),
        }
    }

    fn each(&self, range: &Range, step: &mut Step<'_>) -> Result<()> {
        let run = range.whole().and_then(|head| Some((head, self.ahead.run(head)?)));
        match run {
            // A head that lies in the run and is no shorter than its keys' ids has all its rows there.
            Some((head, run)) if head.as_bytes().len() >= run.from.len() => {
                run.each(head, step);
                Ok(())
            }
            _ => self.rows.each(range, step),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;
    use proptest::prelude::*;

    fn id(number: u8) -> Id {
        Id::from_bytes([number; Id::BYTES])
    }

    /// What rows answer to everything that is asked of them about an id.
    fn answers(rows: &impl Rows, connection: u32, number: u8) -> Vec<String> {
        let keys = [layout::resource(connection, USER, id(number)), layout::member(id(number)), layout::group(id(number))];
        let heads = [layout::member_groups(connection, id(number)), layout::memberships(id(number))];
        let wholes = [layout::resources(connection, USER), layout::members()];
        let one = keys.iter().map(|key| format!("{:?} {}", rows.get(key).unwrap(), rows.has(key).unwrap()));
        let heads = heads.iter().cloned().map(Range::under);
        let ranges = heads.clone().chain(heads.clone().map(Range::descending)).chain(wholes.into_iter().map(Range::under));
        let many =
            ranges.chain(heads.zip([layout::group(id(3)), layout::membership(id(number), id(3))]).map(|(range, key)| range.after(key)));
        let many = many.map(|range| {
            let mut found = Vec::new();
            rows.each(&range, &mut |key, value| {
                found.push((key.to_vec(), value.to_vec()));
                ControlFlow::Continue(())
            })
            .unwrap();
            format!("{found:?} {}", rows.count(&range, 2).unwrap())
        });
        one.chain(many).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Whatever is read ahead, everything is answered as without.
        #[test]
        fn rows_say_the_same_read_ahead_or_not(
            links in prop::collection::vec((1..3_u32, 0..8_u8, 0..6_u8), 0..40),
            read in prop::collection::btree_set(0..8_u8, 0..5),
            members in prop::collection::btree_set(0..8_u8, 0..3),
            conclusions in any::<bool>(),
        ) {
            let store = Store::in_memory().unwrap();
            let tenant = store.tenant(1);
            let put = links.clone();
            tenant.write(move |tx| {
                for (connection, user, group) in &put {
                    tx.put(&layout::resource(*connection, USER, id(*user)), vec![*user]);
                    tx.put(&layout::member_groups(*connection, id(*user)).id(id(*group)), vec![]);
                    tx.put(&layout::membership(id(*user), id(*group)), vec![]);
                    tx.put(&layout::member(id(*user)), vec![*group]);
                    tx.put(&layout::group(id(*group)), vec![*group]);
                }
                Ok(())
            }).unwrap();
            let ids = |numbers: &std::collections::BTreeSet<u8>| numbers.iter().map(|number| id(*number)).collect::<Vec<_>>();
            tenant.read(|rows| {
                let mut ahead = Ahead::default();
                if !members.is_empty() {
                    ahead.read_members(rows, &ids(&members))?;
                } else if conclusions {
                    ahead.read_conclusions(rows, 1, &ids(&read))?;
                } else {
                    ahead.read_users(rows, 1, &ids(&read))?;
                }
                for connection in 1..3 {
                    for number in 0..8 {
                        // Twice, since some is only then at hand.
                        for _ in 0..2 {
                            assert_eq!(answers(&ahead.on(rows), connection, number), answers(rows, connection, number));
                        }
                    }
                }
                Ok(())
            }).unwrap();
        }
    }

    #[test]
    fn a_run_that_breaks_off_speaks_of_whole_ids_alone() {
        let store = Store::in_memory().unwrap();
        let tenant = store.tenant(1);
        tenant
            .write(|tx| {
                (0..4).for_each(|user| (0..3).for_each(|group| tx.put(&layout::membership(id(user), id(group)), vec![])));
                Ok(())
            })
            .unwrap();
        let ids: Vec<Id> = (0..4).map(id).collect();
        for (most, whole) in [(0, 0), (2, 0), (3, 1), (5, 1), (6, 2), (11, 3), (12, 4), (99, 4)] {
            let run = tenant.read(|rows| Run::read(rows, &Key::new(Table::Membership), &ids, most)).unwrap();
            assert_eq!(run.rows.len(), 3 * whole, "{most}");
            let ahead = Ahead { runs: vec![run], ..Ahead::default() };
            let spoken = ids.iter().filter(|id| ahead.run(&layout::memberships(**id)).is_some()).count();
            assert_eq!(spoken, whole, "{most}");
        }
    }
}
