//! The directory's past against what was seen of it, and what becomes of it with time.

use super::super::past::{forget, forget_until};
use super::*;
use crate::error::Kind as ErrorKind;
use crate::store::layout::Counter;
use crate::store::{Key, Numbers, Range, Rows, Table};

/// Items that are asked for at a time, so that lists have several pages.
const LIMIT: usize = 2;

impl World {
    fn newest(&self) -> u64 {
        self.tenant.read(|rows| rows.number(&layout::counter(Counter::Event))).unwrap()
    }

    fn activity(&self) -> u64 {
        self.tenant.read(|rows| rows.number(&layout::counter(Counter::Activity))).unwrap()
    }

    /// The directory as it was behind an event, page by page.
    fn past(&self, sequence: u64) -> Result<Directory> {
        self.tenant.read(|rows| {
            let past = Past::at(rows, Moment::Sequence(sequence), NOW)?;
            let mut directory = Directory::default();
            let mut after = None;
            loop {
                let page: Vec<Group> = past.list(rows, after, LIMIT)?;
                let Some(last) = page.last() else { break };
                after = Some(last.id);
                directory.groups.extend(page.into_iter().map(|group| (group.id, group)));
            }
            after = None;
            loop {
                let page: Vec<Member> = past.list(rows, after, LIMIT)?;
                let Some(last) = page.last() else { break };
                after = Some(last.id);
                directory.members.extend(page.into_iter().map(|member| (member.id, member)));
            }
            for group in directory.groups.keys() {
                let mut after = None;
                loop {
                    let page = past.members_of(rows, *group, after, LIMIT)?;
                    let Some(last) = page.last() else { break };
                    after = Some(last.id);
                    directory.memberships.extend(page.iter().map(|member| (member.id, *group)));
                }
            }
            for member in directory.members.keys() {
                let groups: BTreeSet<Id> = past.groups_of(rows, *member)?.into_iter().map(|group| group.id).collect();
                let other = directory.memberships.iter().filter(|(id, _)| id == member).map(|(_, group)| *group).collect();
                assert_eq!(groups, other, "both sides of a membership agree");
            }
            Ok(directory)
        })
    }

    /// Numbers of the events of which it is kept what was before.
    fn kept(&self) -> BTreeSet<u64> {
        let tables = [Table::MemberBefore, Table::GroupBefore, Table::MembershipBefore, Table::MembershipOfBefore];
        let mut kept = BTreeSet::new();
        for table in tables {
            self.tenant
                .read(|rows| {
                    rows.each(&Range::under(Key::new(table)), &mut |key, _| {
                        kept.insert(u64::from_be_bytes(*key[17..].first_chunk().unwrap()));
                        std::ops::ControlFlow::Continue(())
                    })
                })
                .unwrap();
        }
        kept
    }
}

fn is_gone<T>(result: &Result<T>) -> bool {
    result.as_ref().is_err_and(|error| error.kind() == ErrorKind::Gone)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_past_is_what_it_was(steps in prop::collection::vec(step(), 1..40), kept in 1..60_u64, most in 1..12_usize) {
        let mut world = World::new();
        let mut seen = BTreeMap::from([(0, Directory::default())]);
        for step in steps {
            world.run(step);
            seen.insert(world.newest(), world.directory());
        }
        world.settle();
        let newest = world.newest();
        seen.insert(newest, world.directory());
        let told = world.tenant.read(|rows| events_after(rows, 0, 100_000)).unwrap().items;
        for count in 0..told.len() {
            // Between commits nobody could see it, and it is what the events tell.
            seen.entry(count as u64).or_insert_with(|| Directory::fold(&told[..count]));
        }
        for (sequence, directory) in &seen {
            prop_assert_eq!(&world.past(*sequence).unwrap(), directory, "behind event {}", sequence);
        }
        prop_assert!(world.kept().into_iter().eq(1..=newest));
        // As many events later than are kept, little by little.
        let oldest = newest.saturating_sub(kept);
        for _ in 0..10_000 {
            world.write(move |tx| forget(tx, newest, kept, most)).unwrap();
        }
        prop_assert!(world.kept().into_iter().eq(oldest + 1..=newest), "{:?}", world.kept());
        for (sequence, directory) in &seen {
            if *sequence < oldest {
                prop_assert!(is_gone(&world.past(*sequence)));
            } else {
                prop_assert_eq!(&world.past(*sequence).unwrap(), directory, "behind event {}", sequence);
            }
        }
        let state = world.tenant.read(sync_state).unwrap();
        prop_assert_eq!(state.oldest_sequence, oldest);
    }
}

/// A group of many members is forgotten in many steps, and none of it is left behind.
#[test]
fn what_went_with_a_large_group_is_forgotten_little_by_little() {
    let world = World::new();
    world.settle();
    let when = Occasion { at: NOW, activity: None };
    let members: Vec<Id> = world
        .write(move |tx| {
            let roles = ["user".to_owned()];
            let make = |number| serde_json::from_value(json!({"userName": format!("local{number}@x.io")})).unwrap();
            (0..700).map(|number| create_member(tx, Id::new(NOW), &make(number), when, &roles, "user").map(|member| member.id)).collect()
        })
        .unwrap();
    let count = members.len();
    let group = world
        .write(move |tx| {
            let group = create_group(tx, Id::new(NOW), "Large", when)?.id;
            members.iter().try_for_each(|member| add_member(tx, group, *member, when))?;
            Ok(group)
        })
        .unwrap();
    let before = world.newest();
    world.write(move |tx| delete_group(tx, group, when)).unwrap();
    let after = world.newest();
    let was = world.tenant.read(|rows| Past::at(rows, Moment::Sequence(before), NOW)?.members_of(rows, group, None, 10_000)).unwrap();
    assert_eq!(was.len(), count);
    let mut steps = 0;
    while world.kept().first() != Some(&after) {
        world.write(move |tx| forget(tx, after, 1, 10_000)).unwrap();
    }
    while !world.kept().is_empty() {
        world.write(move |tx| forget(tx, after, 0, 1)).unwrap();
        steps += 1;
    }
    for table in [Table::Gone, Table::GoneIndex] {
        assert_eq!(world.tenant.read(|rows| rows.count(&Range::under(Key::new(table)), 1)).unwrap(), 0, "{table:?}");
    }
    assert!(steps > 2, "{steps}");
    world.write(move |tx| forget(tx, after, 0, 1)).unwrap();
    assert_eq!(world.tenant.read(sync_state).unwrap().oldest_sequence, after);
}

/// What is gone in part is told by nobody, also if nothing more of it goes for now.
#[test]
fn an_event_that_is_forgotten_in_part_is_forgotten() {
    let world = World::new();
    world.settle();
    let when = Occasion { at: NOW, activity: None };
    let group = world
        .write(move |tx| {
            let group = create_group(tx, Id::new(NOW), "Large", when)?.id;
            for number in 0..300 {
                let new = serde_json::from_value(json!({"userName": format!("local{number}@x.io")})).unwrap();
                let member = create_member(tx, Id::new(NOW), &new, when, &["user".to_owned()], "user")?.id;
                add_member(tx, group, member, when)?;
            }
            Ok(group)
        })
        .unwrap();
    world.write(move |tx| delete_group(tx, group, when)).unwrap();
    let (going, now) = (world.newest(), world.directory());
    while world.kept().first() != Some(&going) {
        world.write(move |tx| forget_until(tx, going - 1, 1_000)).unwrap();
    }
    world.write(move |tx| forget_until(tx, going, 1)).unwrap();
    assert!(!world.kept().is_empty(), "it goes in steps");
    assert!(is_gone(&world.past(going - 1)));
    assert_eq!(world.past(going).unwrap(), now);
    // What comes behind it changes nothing of that, and the rest goes in its turn.
    world.write(move |tx| create_group(tx, Id::new(NOW), "New", when).map(drop)).unwrap();
    assert!(is_gone(&world.past(going - 1)) && world.past(going).unwrap() == now);
    for _ in 0..10 {
        world.write(move |tx| forget_until(tx, going, 1)).unwrap();
    }
    assert!(world.kept().into_iter().eq([going + 1]));
    assert_eq!(world.tenant.read(|rows| rows.count(&Range::under(layout::events()), 10)).unwrap(), 1);
}

/// Clocks go back: the newest event that was written at a time or before it counts.
#[test]
fn a_time_is_found_although_the_clock_went_back() {
    let world = World::new();
    world.settle();
    let start = world.newest();
    let at = |millis| NOW.plus_millis(millis);
    for (name, millis) in [("first", 10), ("second", 1_000_000), ("third", 20), ("fourth", 30)] {
        world.write(move |tx| create_group(tx, Id::new(NOW), name, Occasion { at: at(millis), activity: None }).map(drop)).unwrap();
    }
    let sequence = |millis, now| world.tenant.read(|rows| Past::at(rows, Moment::Time(at(millis)), at(now))).map(Past::sequence);
    for (millis, expected) in [(0, start), (10, start + 1), (19, start + 1), (25, start + 3), (30, start + 4), (2_000_000, start + 4)] {
        assert_eq!(sequence(millis, 3_000_000).unwrap(), expected, "{millis}");
    }
    assert_eq!(sequence(-1, 0).unwrap(), 0);
    assert!(sequence(31, 30).is_err(), "a time that is still to come");
    // Of what is forgotten nobody knows when it was, but of the last of it.
    let newest = world.newest();
    world.write(move |tx| (0..100).try_for_each(|_| forget(tx, newest, 3, 1_000))).unwrap();
    assert!(is_gone(&sequence(-1, 0)) && is_gone(&sequence(9, 100)));
    assert_eq!(sequence(10, 100).unwrap(), start + 1);
    assert_eq!(sequence(20, 100).unwrap(), start + 3);
}

/// Events that a version wrote which kept nothing of what was before them.
#[test]
fn what_an_older_version_wrote_is_not_known() {
    let mut world = World::new();
    world.put_settings(Vec::new(), Vec::new(), false, false);
    world.settle();
    let older = world.newest();
    world
        .write(|tx| {
            for table in [Table::MemberBefore, Table::GroupBefore, Table::MembershipBefore, Table::MembershipOfBefore] {
                tx.delete_range(&Range::under(Key::new(table)), usize::MAX)?;
            }
            tx.delete(&layout::counter(Counter::Forgotten));
            Ok(())
        })
        .unwrap();
    assert!(is_gone(&world.past(older - 1)));
    let now = world.directory();
    world.write(|tx| create_group(tx, Id::new(NOW), "New", Occasion { at: NOW, activity: None }).map(drop)).unwrap();
    assert!(is_gone(&world.past(older - 1)));
    assert_eq!(world.past(older).unwrap(), now);
    assert_eq!(world.past(older + 1).unwrap(), world.directory());
    // They go in their turn.
    let newest = older + 1;
    world.write(move |tx| (1..=newest).try_for_each(|bound| forget(tx, newest, newest - bound, 1))).unwrap();
    assert_eq!(world.tenant.read(|rows| rows.count(&Range::under(layout::events()), 10)).unwrap(), 0);
    assert!(world.kept().is_empty());
}

/// Several requests that meet in one projection are told apart.
#[test]
fn each_event_names_the_request_that_it_comes_of() {
    let mut world = World::new();
    world.put_settings(Vec::new(), Vec::new(), false, false);
    let (user, staff, ops) = (0, 0, 1);
    world.run(Step::AddMember { group: staff, user });
    world.run(Step::AddMember { group: ops, user });
    world.settle();
    let before = world.newest();
    world.run(Step::RemoveMember { group: staff, user });
    let left_staff = world.activity();
    world.run(Step::PutUser { user, active: false, title: 2 });
    let changed = world.activity();
    world.run(Step::RemoveMember { group: ops, user });
    let left_ops = world.activity();
    world.run(Step::RenameGroup { group: 2, name: 3 });
    world.settle();
    let events = world.tenant.read(|rows| events_after(rows, before, 100)).unwrap().items;
    let (staff, ops) = (world.groups[staff], world.groups[ops]);
    let mut told = BTreeSet::new();
    for event in &events {
        let cause = event.cause.unwrap().activity.unwrap();
        match event.change {
            Change::MembershipRemoved { group_id, .. } if group_id == staff => assert!(told.insert("staff") && cause == left_staff),
            Change::MembershipRemoved { group_id, .. } if group_id == ops => assert!(told.insert("ops") && cause == left_ops),
            Change::MemberUpdated { .. } => assert!(told.insert("user") && cause == changed),
            _ => {}
        }
    }
    assert_eq!(told.len(), 3, "{events:?}");
}
