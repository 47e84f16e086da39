//! Policies that only watch: they change nothing, and what they would have changed is counted.

use super::*;
use crate::store::{Key, Range, Rows, Table};

const WATCHER: &str = "watcher";

impl World {
    /// A policy that only watches: it would exclude, suspend and move, fail, or rename groups.
    pub(super) fn watcher(&self, which: usize) -> Policy {
        let rule = |when: &str, effects: Value| json!({"users": [{"name": "watched", "when": when, "effects": effects}]});
        let (plugin, settings) = match which {
            0 => ("user-group-filter", json!({"groups": ["Sales"]})),
            1 => ("rules", rule("title eq \"T1\"", json!({"status": "suspended", "role": "auditor", "addGroups": ["Watched"]}))),
            2 => ("rules", rule("title eq \"T2\"", json!({"role": "no such role"}))),
            _ => ("group-prefix", json!({"prefixes": ["Sales"]})),
        };
        let version = PLUGINS.find(None, plugin, None).unwrap().unwrap().manifest().version.clone();
        Policy {
            name: WATCHER.to_owned(),
            plugin: plugin.to_owned(),
            version,
            settings,
            given: None,
            mode: Mode::Monitor,
            connection: Some(self.connection),
        }
    }

    fn put_watcher(&mut self, which: Option<usize>) {
        self.run(Step::Watch { watching: which.map(|which| (which, false)) });
        self.settle();
    }

    fn monitored(&self) -> Option<Monitored> {
        let mut all = self.tenant.read(monitored).unwrap();
        assert!(all.len() <= 1);
        all.pop()
    }

    /// Holds the counts against all decisions.
    pub(super) fn check_monitored(&self) {
        let mut counted = serde_json::to_value(WouldCounts::default()).unwrap();
        let mut add = |name: &str| counted[name] = json!(counted[name].as_u64().unwrap() + 1);
        let look = |rows: &crate::store::View| {
            rows.each(&Range::under(Key::new(Table::Decision)), &mut |_, value| {
                let decision: Decision = serde_json::from_slice(value).unwrap();
                for verdict in decision.verdicts.iter().filter(|verdict| verdict.monitor) {
                    let would: BTreeSet<&str> = verdict.would.iter().map(Would::name).collect();
                    if verdict.fault.is_some() {
                        add("stuck");
                    }
                    if verdict.fault.is_some() || !would.is_empty() {
                        add("subjects");
                    }
                    for name in would {
                        add(match name {
                            "role" => "roles",
                            "membership.added" => "membershipsAdded",
                            "membership.removed" => "membershipsRemoved",
                            other => other,
                        });
                    }
                }
                std::ops::ControlFlow::Continue(())
            })
        };
        self.tenant.read(look).unwrap();
        let monitored = self.monitored();
        assert_eq!(monitored.is_some(), self.watching.is_some());
        let now = serde_json::to_value(monitored.as_ref().map(|monitored| monitored.now).unwrap_or_default()).unwrap();
        assert_eq!(now, counted, "what is counted is what stands in the decisions");
        let Some(monitored) = monitored else { return };
        let total = serde_json::to_value(monitored.total).unwrap();
        for (name, count) in now.as_object().unwrap() {
            assert!(count.as_u64() <= total[name].as_u64(), "{name}: whoever is there now has come to it: {total}");
        }
        let subjects = self.tenant.read(|rows| watched_by(rows, WATCHER, None, None, 1_000)).unwrap();
        assert_eq!((subjects.0.len() as u64, subjects.1), (monitored.now.subjects, None));
    }
}

#[test]
fn what_a_watching_policy_would_do_is_counted_from_when_it_began() {
    let mut world = World::new();
    world.settle();
    assert!(world.monitored().is_none());
    // Everybody is let in.
    world.put_settings(Vec::new(), Vec::new(), false, false);
    world.put_watcher(Some(1));
    let before = world.directory();
    let counts = |world: &World| world.monitored().map(|monitored| (monitored.now, monitored.total)).unwrap();
    assert_eq!(counts(&world), Default::default());
    world.run(Step::PutUser { user: 0, active: true, title: 1 });
    world.settle();
    let one = WouldCounts { subjects: 1, suspended: 1, roles: 1, memberships_added: 1, ..WouldCounts::default() };
    assert_eq!(counts(&world), (one, one));
    assert_eq!(world.directory().members.len(), before.members.len(), "nothing of it happens");
    assert!(world.directory().members.values().all(|member| member.status == Status::Active && member.role == "user"));
    world.run(Step::PutUser { user: 0, active: true, title: 0 });
    world.run(Step::PutUser { user: 1, active: false, title: 1 });
    world.settle();
    // Who is suspended already would not be.
    let other = WouldCounts { suspended: 0, ..one };
    let both = WouldCounts { subjects: 2, suspended: 1, roles: 2, memberships_added: 2, ..WouldCounts::default() };
    assert_eq!(counts(&world), (other, both));
    world.run(Step::DeleteUser { user: 1 });
    world.settle();
    assert_eq!(counts(&world), (WouldCounts::default(), both));
    world.check_monitored();
    // Another setting begins anew, and projecting everything again does not.
    world.run(Step::PutUser { user: 2, active: true, title: 2 });
    world.put_watcher(Some(2));
    let failing = WouldCounts { subjects: 1, stuck: 1, ..WouldCounts::default() };
    assert_eq!(counts(&world), (failing, failing));
    assert_eq!(world.tenant.read(sync_state).unwrap().stuck, 0, "a fault of one that only watches keeps nobody");
    world.write(reproject_all).unwrap();
    world.settle();
    assert_eq!(counts(&world), (failing, failing));
    world.check_monitored();
    world.put_watcher(None);
    assert!(world.monitored().is_none());
    assert!(world.tenant.read(|rows| watched_by(rows, WATCHER, None, None, 1)).is_err());
}
