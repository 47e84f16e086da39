//! The guard over random histories: whoever is held anywhere, computing everything again changes nothing, nothing is counted twice or lost, and once everybody
//! is released the directory is the one that inventory and policies say.

use proptest::test_runner::TestRunner;

use super::*;
use crate::directory::hold;
use crate::limits::HOLD_MEMBERS_PER_WRITE_MAX;
use crate::store::{Numbers, Range, Rows};

#[derive(Clone, Debug)]
enum Move {
    World(Step),
    Wait { minutes: i64 },
    Decide { action: HoldAction, hold: usize, part: Option<usize>, discarded: bool },
}

fn moves() -> impl Strategy<Value = Move> {
    let action = prop::sample::select(vec![HoldAction::Release, HoldAction::Discard]);
    prop_oneof![
        8 => step().prop_map(Move::World),
        3 => (1..40_i64).prop_map(|minutes| Move::Wait { minutes }),
        1 => (action, 0..3_usize, prop::option::of(0..4_usize), any::<bool>())
            .prop_map(|(action, hold, part, discarded)| Move::Decide { action, hold, part, discarded }),
    ]
}

impl World {
    fn holds(&self) -> Vec<Hold> {
        self.tenant.read(|rows| list_holds(rows, None, None, usize::MAX)).unwrap()
    }

    fn held(&self, hold: Id) -> Vec<HeldMember> {
        self.tenant.read(|rows| members_of_hold(rows, hold, None, usize::MAX)).unwrap()
    }

    fn decide(&self, hold: Id, action: HoldAction, choice: HoldChoice) -> Result<Hold> {
        let now = Timestamp::from_millis(self.time.load(Ordering::Relaxed));
        self.write(move |tx| {
            let stamp = crate::activity::record(tx, &context().entry)?;
            decide_hold(tx, hold, action, &choice, stamp, now)
        })
    }

    fn make(&mut self, step: Move) {
        match step {
            Move::World(step) => self.run(step),
            Move::Wait { minutes } => {
                self.time.fetch_add(minutes * 60_000, Ordering::Relaxed);
            }
            Move::Decide { action, hold, part, discarded } => {
                let Some(hold) = self.holds().get(hold).map(|hold| hold.id) else { return };
                let members = part.map(|part| self.held(hold).iter().skip(part).take(2).map(|held| held.member).collect::<Vec<_>>());
                // Nobody to decide on, or somebody about whom it has been: refused, which is a history like any other.
                let _ = self.decide(hold, action, HoldChoice { members: members.filter(|members| !members.is_empty()), discarded });
            }
        }
    }

    /// What is counted of holds is what is there.
    fn check_counts(&self) {
        let (holds, state) = (self.holds(), self.tenant.read(sync_state).unwrap());
        let directory = self.directory();
        let (mut waiting, mut pending) = (0, 0);
        for hold in &holds {
            let members = self.held(hold.id);
            let of = |state: HeldState| members.iter().filter(|held| held.state == state).count() as u64;
            assert_eq!(hold.counts.held, of(HeldState::Held), "{hold:?}");
            assert_eq!(hold.state == HoldState::Open, hold.counts.held > 0, "{hold:?}");
            assert_eq!(hold.closed.is_some(), hold.state == HoldState::Closed, "{hold:?}");
            assert!(of(HeldState::Discarded) <= hold.counts.discarded, "{hold:?}");
            let all: u64 = hold.causes.iter().map(|cause| cause.members).sum();
            let counts = hold.counts;
            assert_eq!(counts.held + counts.released + counts.discarded + counts.resolved, all, "{hold:?}");
            waiting += of(HeldState::Held);
            pending += of(HeldState::Held) + of(HeldState::Released);
            for held in &members {
                let member = &directory.members[&held.member];
                assert!(held.effect == Loss::Removed || member.status != Status::Suspended, "who is held keeps access");
            }
        }
        assert!(holds.iter().filter(|hold| hold.state == HoldState::Open).count() <= 1, "there is one open hold at a time");
        assert_eq!(state.held, waiting);
        let read = self.tenant.read(|rows| {
            let synced = list_members(rows, None, usize::MAX)?.iter().filter(|member| member.issued == Issued::Scim).count() as u64;
            let rows_held = rows.count(&Range::under(layout::all_held()), usize::MAX)?;
            let counted = rows.number(&layout::counter(layout::Counter::SyncedMembers))?;
            Ok((rows.number(&layout::held_count(SCOPE.connection))?, rows_held, synced, counted))
        });
        let (held_count, rows_held, synced, counted) = read.unwrap();
        assert_eq!(held_count, pending);
        assert_eq!(rows_held, holds.iter().map(|hold| self.held(hold.id).len()).sum::<usize>());
        assert_eq!(counted, synced);
    }

    fn release_everybody(&self) {
        for hold in self.holds() {
            if self.held(hold.id).is_empty() {
                continue;
            }
            let _ = self.decide(hold.id, HoldAction::Release, HoldChoice { members: None, discarded: true }).unwrap();
        }
    }
}

/// Cases of the property test.
const CASES: u32 = 192;

#[test]
fn holds_are_the_same_however_it_is_computed() {
    let config = ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() };
    let histories = (0..3_u64, 1..60_u64, prop::collection::vec(moves(), 1..40));
    // How many histories had somebody held: without any the test would say nothing.
    let with_holds = std::cell::Cell::new(0);
    let outcome = TestRunner::new(config).run(&histories, |(count, window_minutes, moves)| {
        let guard = Guard { enabled: None, count: Some(count), share_percent: Some(0), window_seconds: Some(60 * window_minutes) };
        let mut world = World::guarded(guard);
        // Everybody is there, and nobody of the beginning has only just come.
        world.put_settings(Vec::new(), Vec::new(), false, true);
        world.settle();
        world.make(Move::Wait { minutes: 10 });
        for step in moves {
            world.make(step);
        }
        world.settle();
        world.check_counts();
        let (incremental, holds) = (world.directory(), world.holds());
        with_holds.set(with_holds.get() + u32::from(!holds.is_empty()));
        let events = |world: &World| world.tenant.read(|rows| events_after(rows, 0, 100_000)).unwrap().items;
        let told = events(&world);
        prop_assert_eq!(&Directory::fold(&told), &incremental, "events tell the directory");
        world.write(reproject_all).unwrap();
        world.settle();
        prop_assert_eq!(world.directory(), incremental, "projecting everything again changes nothing");
        prop_assert_eq!(events(&world).len(), told.len(), "and tells nothing");
        prop_assert_eq!(world.holds(), holds, "and holds nobody else, nor anybody twice");
        world.check_counts();
        world.release_everybody();
        world.settle();
        world.check_counts();
        prop_assert_eq!(world.tenant.read(sync_state).unwrap().held, 0, "who is released is not held again");
        prop_assert_eq!(Directory::fold(&events(&world)), world.directory());
        world.check_against_oracle();
        Ok(())
    });
    outcome.unwrap();
    assert!(with_holds.get() > CASES / 4, "{} of {CASES} histories had a hold", with_holds.get());
}

/// An order on more than one batch is carried out by the projector, whoever comes in between.
#[test]
fn a_whole_hold_is_decided_in_batches() {
    let mut world = World::guarded(Guard { count: Some(0), share_percent: Some(0), ..Guard::default() });
    world.put_settings(Vec::new(), Vec::new(), false, false);
    let many = 2 * HOLD_MEMBERS_PER_WRITE_MAX + 50;
    let made: Vec<Id> = (0..many)
        .map(|number| {
            let create = Create::parse(Arc::clone(Kind::user()), &json!({"userName": format!("many{number}@x.io")})).unwrap();
            world.write(move |tx| create.run(tx, SCOPE, &context())).unwrap().id
        })
        .collect();
    world.settle();
    world.make(Move::Wait { minutes: 10 });
    for id in &made {
        let delete = Delete::new(Arc::clone(Kind::user()), &id.to_string());
        world.write(move |tx| delete.run(tx, SCOPE, &context())).unwrap();
    }
    world.settle();
    world.check_counts();
    let hold = world.holds().remove(0);
    assert_eq!((hold.counts.held, hold.causes.len()), (many as u64, 1), "{hold:?}");
    let first = world.decide(hold.id, HoldAction::Release, HoldChoice::default()).unwrap();
    assert_eq!((first.state, first.underway), (HoldState::Open, Some(HoldAction::Release)));
    assert_eq!(first.counts.released, HOLD_MEMBERS_PER_WRITE_MAX as u64);
    assert!(world.decide(hold.id, HoldAction::Discard, HoldChoice::default()).is_err(), "one decision at a time");
    assert!(!world.tenant.read(is_settled).unwrap());
    assert!(world.tenant.read(hold::is_underway).unwrap());
    world.settle();
    let after = world.holds().remove(0);
    assert_eq!((after.state, after.underway, after.counts.released), (HoldState::Closed, None, many as u64));
    assert_eq!(world.directory().members.len(), 3);
    world.check_counts();
}
