//! Stuck subjects: they are listed as long as a fault keeps them, and tried again when their time has come, which a test decides.

use super::*;
use crate::limits::{STUCK_RETRY_MS_MAX, STUCK_RETRY_MS_MIN};
use crate::store::{Key, Numbers, Range, Rows, Table};

impl World {
    fn stuck(&self) -> Vec<Stuck> {
        self.tenant.read(|rows| list_stuck(rows, None, usize::MAX)).unwrap()
    }

    /// Holds the list against decisions and count.
    pub(super) fn check_stuck(&self) {
        let listed: BTreeSet<Id> = self.stuck().into_iter().map(|stuck| stuck.scim_id).collect();
        let (mut decided, mut waiting) = (BTreeSet::new(), 0);
        self.tenant
            .read(|rows| {
                rows.each(&Range::under(Key::new(Table::Decision)), &mut |_, value| {
                    let decision: Decision = serde_json::from_slice(value).unwrap();
                    decided.extend(decision.stuck.map(|_| decision.scim_id));
                    std::ops::ControlFlow::Continue(())
                })?;
                waiting = rows.count(&Range::under(layout::all_stuck_until()), usize::MAX)?;
                Ok(())
            })
            .unwrap();
        assert_eq!(listed, decided, "who is listed is who is stuck");
        assert_eq!(waiting, listed.len(), "each of them waits for another try");
        assert_eq!(self.tenant.read(sync_state).unwrap().stuck, listed.len() as u64);
    }

    /// A pipeline that gives a role which the tenant does not have to whose title is `T1`.
    fn pilots() -> Self {
        let world = Self::new();
        let plugin = PLUGINS.find(None, "rules", None).unwrap().unwrap();
        let policy = Policy {
            name: "pilots".to_owned(),
            plugin: "rules".to_owned(),
            version: plugin.manifest().version.clone(),
            settings: json!({"users": [{"name": "pilots", "when": "title eq \"T1\"", "effects": {"role": "pilot"}}]}),
            given: None,
            mode: Mode::Enforce,
            connection: None,
        };
        world.write(move |tx| pipeline::put(tx, vec![policy.clone()], None, &Actor::System, NOW)).unwrap();
        world
    }

    fn tries(&self) -> Vec<u64> {
        self.stuck().iter().map(|stuck| stuck.tries).collect()
    }

    fn wait_ms(&self, millis: i64) {
        self.time.fetch_add(millis, Ordering::Relaxed);
        self.settle();
    }
}

#[test]
fn who_is_stuck_is_listed_and_tried_again_less_and_less_often_until_it_goes_well() {
    let mut world = World::pilots();
    world.settle();
    assert_eq!(world.stuck(), []);
    world.run(Step::PutUser { user: 1, active: true, title: 1 });
    world.settle();
    let stuck = world.stuck();
    let of_user =
        |stuck: &Stuck| (stuck.kind, stuck.scim_id, stuck.name.clone(), stuck.policy.clone(), stuck.since, stuck.tries, stuck.next_try);
    let expected = (
        SubjectKind::User,
        world.users[&1],
        "user1@x.io".to_owned(),
        Some("pilots".to_owned()),
        NOW,
        1,
        Some(NOW.plus_millis(STUCK_RETRY_MS_MIN)),
    );
    assert_eq!(stuck.iter().map(of_user).collect::<Vec<_>>(), [expected]);
    assert!(stuck[0].reason.contains("role"), "{stuck:?}");
    let inventory = |world: &World| world.tenant.read(|rows| rows.number(&layout::counter(layout::Counter::Inventory))).unwrap();
    let before = inventory(&world);
    // Not a moment before its time, then at it, and each time it takes twice as long, up to a bound.
    let mut pause = STUCK_RETRY_MS_MIN;
    for tries in 1..9 {
        world.wait_ms(pause - 1);
        assert_eq!(world.tries(), [tries]);
        world.wait_ms(1);
        assert_eq!(world.tries(), [tries + 1]);
        assert_eq!(world.stuck()[0].since, NOW, "it is stuck since it was");
        pause = (2 * pause).min(STUCK_RETRY_MS_MAX);
    }
    assert_eq!(inventory(&world), before, "to try again is no change of what a plan is computed from");
    world.check_stuck();
    // The tenant gets the role. Nothing else tells the projector.
    let role = move |tx: &mut Tx<'_>| {
        let mut record: Value = tx.json(&layout::tenant(TENANT))?.unwrap();
        record["roles"].as_array_mut().unwrap().push(json!("pilot"));
        tx.put_json(&layout::tenant(TENANT), &record)
    };
    world.write(role).unwrap();
    world.settle();
    assert_eq!(world.tries(), [9]);
    world.wait_ms(pause);
    assert_eq!(world.stuck(), []);
    assert_eq!(world.member(1).unwrap().role, "pilot");
    world.check_stuck();
}

/// Whoever has a mark when the pipeline changes is come by once more by the walk. That is one try, and its pause that after the first.
#[test]
fn a_mark_and_the_walk_behind_it_are_one_try() {
    let mut world = World::pilots();
    world.run(Step::PutUser { user: 1, active: true, title: 1 });
    world.settle();
    let stuck = world.stuck();
    assert_eq!((world.tries(), stuck[0].next_try), (vec![1], Some(NOW.plus_millis(STUCK_RETRY_MS_MIN))));
    // Another walk by the same pipeline, as a start of the server begins one, is another try.
    world.write(reproject_all).unwrap();
    world.settle();
    assert_eq!(world.tries(), [2]);
    world.check_stuck();
}

#[test]
fn who_is_stuck_is_tried_at_once_when_it_or_the_pipeline_changes() {
    let mut world = World::pilots();
    world.settle();
    world.run(Step::PutUser { user: 0, active: true, title: 1 });
    world.run(Step::PutUser { user: 1, active: true, title: 1 });
    world.run(Step::PutUser { user: 2, active: true, title: 1 });
    world.settle();
    assert_eq!(world.tries(), [1, 1, 1]);
    world.wait_ms(STUCK_RETRY_MS_MIN);
    assert_eq!(world.tries(), [2, 2, 2]);
    world.run(Step::PutUser { user: 0, active: true, title: 0 });
    world.run(Step::DeleteUser { user: 1 });
    world.settle();
    assert_eq!(world.tries(), [2], "one of them is well and one is gone");
    world.check_stuck();
    // Another pipeline with the same fault begins anew, and one without it ends that.
    let mut policies = world.tenant.read(pipeline::current).unwrap().policies;
    policies[0].name = "again".to_owned();
    world.write(move |tx| pipeline::put(tx, policies.clone(), None, &Actor::System, NOW)).unwrap();
    world.settle();
    let stuck = world.stuck();
    assert_eq!((world.tries(), stuck[0].policy.as_deref(), stuck[0].since), (vec![1], Some("again"), NOW));
    world.write(|tx| pipeline::put(tx, Vec::new(), None, &Actor::System, NOW)).unwrap();
    world.settle();
    assert_eq!(world.stuck(), []);
    world.check_stuck();
}
