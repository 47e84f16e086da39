//! Plans against what applying them does: over random histories, a plan for another pipeline announces exactly what is different once that
//! is in force, and touches nothing.

use super::*;
use crate::directory::plan::{Difference, Planned, Proposal, Tally, compute};

/// What is different, told apart as plans do.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Told {
    Added(Id, String, String, u64),
    Removed(Id, u64),
    Status(Id, bool),
    Role(Id, String, String),
    Changed(Id, BTreeSet<String>),
    Joined(Id, Id),
    Left(Id, Id),
    GroupAdded(Id),
    GroupRemoved(Id, u64),
    GroupRenamed(Id, String, String),
    GroupChanged(Id),
}

fn status(status: Status) -> String {
    format!("{status:?}")
}

/// What a plan says; nothing of who is stuck.
fn told(difference: &Difference) -> Option<Told> {
    let id = difference.id;
    Some(match difference.change.clone() {
        Planned::MemberAdded { status: of, role, memberships } => Told::Added(id, status(of), role, memberships),
        Planned::MemberRemoved { memberships } => Told::Removed(id, memberships),
        Planned::MemberSuspended => Told::Status(id, false),
        Planned::MemberReactivated => Told::Status(id, true),
        Planned::MemberRole { from, to } => Told::Role(id, from, to),
        Planned::MemberChanged { attributes } => Told::Changed(id, attributes.into_iter().collect()),
        Planned::MembershipAdded { group_id, .. } => Told::Joined(id, group_id),
        Planned::MembershipRemoved { group_id, .. } => Told::Left(id, group_id),
        Planned::GroupAdded => Told::GroupAdded(id),
        Planned::GroupRemoved { memberships } => Told::GroupRemoved(id, memberships),
        Planned::GroupRenamed { from, to } => Told::GroupRenamed(id, from, to),
        Planned::GroupChanged => Told::GroupChanged(id),
        Planned::Stuck => return None,
    })
}

/// The names of what differs between two members beside status and role.
fn changed(before: &Member, after: &Member) -> BTreeSet<String> {
    let shown = |member: &Member| {
        let mut shown = serde_json::to_value(member).unwrap();
        let parts = shown.as_object_mut().unwrap();
        parts.retain(|name, _| !["status", "role", "lastModified"].contains(&name.as_str()));
        let attributes = parts.remove("attributes").unwrap_or_else(|| json!({}));
        parts.extend(attributes.as_object().unwrap().clone());
        shown.as_object().unwrap().clone()
    };
    let (before, after) = (shown(before), shown(after));
    let names = before.keys().chain(after.keys());
    let differs = names.filter(|name| before.get(*name) != after.get(*name));
    differs.map(|name| if name == "scimId" { "id".to_owned() } else { name.clone() }).collect()
}

impl Directory {
    fn groups_of(&self, member: Id) -> BTreeSet<Id> {
        self.memberships.iter().filter(|(of, _)| *of == member).map(|(_, group)| *group).collect()
    }

    /// Everything that is different later.
    fn differences(&self, later: &Self) -> BTreeSet<Told> {
        let mut found = BTreeSet::new();
        for (id, after) in &later.members {
            let Some(before) = self.members.get(id) else {
                found.insert(Told::Added(*id, status(after.status), after.role.clone(), later.groups_of(*id).len() as u64));
                continue;
            };
            match (before.status, after.status) {
                (Status::Active, Status::Suspended) => drop(found.insert(Told::Status(*id, false))),
                (Status::Suspended, Status::Active) => drop(found.insert(Told::Status(*id, true))),
                (before, after) => assert_eq!(before, after, "no policy blocks"),
            }
            if before.role != after.role {
                found.insert(Told::Role(*id, before.role.clone(), after.role.clone()));
            }
            if !changed(before, after).is_empty() {
                found.insert(Told::Changed(*id, changed(before, after)));
            }
            let (had, has) = (self.groups_of(*id), later.groups_of(*id));
            found.extend(has.difference(&had).map(|group| Told::Joined(*id, *group)));
            // Those of a group that policies named go one by one, and the last one takes the group with it.
            let goes = |group: &&Id| later.groups.contains_key(group) || self.groups[*group].issued == Issued::Policy;
            found.extend(had.difference(&has).filter(goes).map(|group| Told::Left(*id, *group)));
        }
        let gone = self.members.keys().filter(|id| !later.members.contains_key(id));
        found.extend(gone.map(|id| Told::Removed(*id, self.groups_of(*id).len() as u64)));
        for (id, after) in &later.groups {
            match self.groups.get(id) {
                None => drop(found.insert(Told::GroupAdded(*id))),
                Some(before) if before.display_name != after.display_name => {
                    found.insert(Told::GroupRenamed(*id, before.display_name.clone(), after.display_name.clone()));
                }
                Some(before) if before.external_id != after.external_id => drop(found.insert(Told::GroupChanged(*id))),
                Some(_) => {}
            }
        }
        for (id, before) in self.groups.iter().filter(|(id, _)| !later.groups.contains_key(id)) {
            let members = self.memberships.iter().filter(|(_, group)| group == id).count() as u64;
            found.insert(Told::GroupRemoved(*id, if before.issued == Issued::Policy { 0 } else { members }));
        }
        found
    }
}

impl World {
    fn plan(&self, policies: Vec<Policy>, threads: usize) -> (Vec<Difference>, Tally) {
        let plugins = PLUGINS.ready(&self.tenant, &policies).unwrap();
        let mut found = Vec::new();
        let proposal = Proposal { tenant: TENANT, policies, plugins: &plugins, now: NOW, threads };
        let mut sink = |difference| {
            found.push(difference);
            Ok(())
        };
        let tally = self.tenant.read(|view| compute(view, proposal, &mut sink)).unwrap();
        (found, tally)
    }

    fn events(&self) -> Vec<Event> {
        self.tenant.read(|rows| events_after(rows, 0, 100_000)).unwrap().items
    }
}

/// A change of the pipeline alone.
fn proposal() -> impl Strategy<Value = Step> {
    step().prop_filter("a pipeline", |step| matches!(step, Step::Settings { .. } | Step::Rules { .. }))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, max_global_rejects: 1_000_000, ..ProptestConfig::default() })]

    #[test]
    fn applying_a_plan_makes_the_differences_that_it_announces(
        steps in prop::collection::vec(step(), 1..40), proposed in proposal(), settled in any::<bool>(), threads in 1..4_usize,
    ) {
        let mut world = World::new();
        steps.into_iter().for_each(|step| world.run(step));
        if settled {
            world.settle();
        }
        let (before, events) = (world.directory(), world.events());
        let policies = world.proposed(&proposed);
        let (differences, tally) = world.plan(policies, threads);
        prop_assert_eq!((world.directory(), world.events().len()), (before.clone(), events.len()), "a plan touches nothing");
        prop_assert_eq!(tally.differences, differences.len() as u64);
        world.run(proposed);
        world.settle();
        let after = world.directory();
        let announced: Vec<Told> = differences.iter().filter_map(told).collect();
        let once: BTreeSet<Told> = announced.iter().cloned().collect();
        prop_assert_eq!(once.len(), announced.len(), "nothing is announced twice");
        prop_assert_eq!(once, before.differences(&after));
        let stuck = differences.iter().filter(|difference| difference.change == Planned::Stuck).count() as u64;
        prop_assert_eq!((tally.counts.stuck, stuck), (stuck, world.tenant.read(sync_state).unwrap().stuck));
        prop_assert_eq!(Directory::fold(&world.events()), after, "what the apply tells makes the new directory of the old one");
    }
}
