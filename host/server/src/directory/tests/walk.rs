//! A projection of everything: what it leaves unwritten, and that its parts make a whole. (The bounds of a turn and of a commit are a handful of subjects in these tests.)

use super::*;
use crate::store::{Key, Range, Rows, Table};

impl World {
    /// Rows of a table, byte for byte.
    fn rows(&self, table: Table) -> Vec<(Vec<u8>, Vec<u8>)> {
        let mut found = Vec::new();
        let read = |rows: &crate::store::View| {
            rows.each(&Range::under(Key::new(table)), &mut |key, value| {
                found.push((key.to_vec(), value.to_vec()));
                std::ops::ControlFlow::Continue(())
            })
        };
        self.tenant.read(read).unwrap();
        found
    }

    fn put(&self, policies: Vec<Policy>) {
        self.write(move |tx| pipeline::put(tx, policies.clone(), None, &Actor::System, NOW)).unwrap();
    }

    /// As many users as a turn comes by several times, in a group that lets them in, but for every third.
    fn many(&mut self) -> Vec<Id> {
        let create = |user: usize| {
            let create = Create::parse(Arc::clone(Kind::user()), &Self::body(user, true, 1)).unwrap();
            self.write(move |tx| create.run(tx, SCOPE, &context())).unwrap().id
        };
        let users: Vec<Id> = (100..117).map(create).collect();
        let members: Vec<Value> = users.iter().enumerate().filter(|(at, _)| at % 3 != 0).map(|(_, id)| json!({"value": id})).collect();
        let group = Create::parse(Arc::clone(Kind::group()), &json!({"displayName": "NB-Staff", "members": members})).unwrap();
        self.write(move |tx| group.run(tx, SCOPE, &context())).unwrap();
        self.settle();
        users
    }
}

#[test]
fn what_a_pipeline_leaves_as_it_is_is_not_written_again() {
    let mut world = World::new();
    let users = world.many();
    let tables = [Table::Member, Table::Decision, Table::Membership, Table::Event];
    let before = tables.map(|table| world.rows(table));
    assert!(before[1].len() > users.len());
    // A policy of another connection is asked about nobody here.
    let mut policies = world.policies();
    let elsewhere = Id::new(NOW);
    let add = move |tx: &mut Tx<'_>| {
        let here: Connection = tx.json(&layout::connection(1))?.unwrap();
        tx.put_json(&layout::connection(2), &Connection { id: elsewhere, number: 2, ..here })?;
        tx.put_json(&layout::connection_number(elsewhere), &2)
    };
    world.write(add).unwrap();
    policies.push(Policy { name: "elsewhere".to_owned(), connection: Some(elsewhere), ..policies[0].clone() });
    let revision = world.tenant.read(pipeline::current).unwrap().revision;
    world.put(policies);
    world.settle();
    assert_eq!(world.tenant.read(pipeline::current).unwrap().revision, revision + 1);
    assert_eq!(tables.map(|table| world.rows(table)), before, "in the team or left out, nothing is written");
    // Whoever an operator touches meanwhile is looked at again, and nobody else.
    let policies = world.policies();
    world.put(policies);
    let user = users[1].to_string();
    let blocked = MemberPatch { blocked: Some(true), ..MemberPatch::default() };
    let member = world.tenant.read(|rows| find_decision(rows, SubjectKind::User, &user)).unwrap().member.unwrap();
    let done = blocked.clone();
    world.write(move |tx| patch_member(tx, member, &done, Occasion { at: NOW, activity: None }, &["user".to_owned()], "user")).unwrap();
    world.settle();
    let after = world.rows(Table::Member);
    assert_eq!(after.iter().zip(&before[0]).filter(|(after, before)| after != before).count(), 1);
}

#[test]
fn a_projection_of_everything_in_parts_is_one_and_is_counted_once() {
    let mut world = World::new();
    let users = world.many();
    let count = |world: &World| world.rows(Table::Event).len();
    let (before, there) = (count(&world), world.rows(Table::Member).len());
    // Everybody goes, in more commits than turns and more turns than one.
    let mut policies = world.policies();
    policies[1].settings = json!({"groups": ["Nobody's"], "match": "exact"});
    world.put(policies);
    let revision = world.tenant.read(pipeline::current).unwrap().revision;
    world.write(move |tx| begin_outcome(tx, revision)).unwrap();
    world.settle();
    let outcome = world.tenant.read(|rows| outcome(rows, revision)).unwrap().unwrap();
    assert_eq!(outcome.state, OutcomeState::Applied);
    assert_eq!(outcome.events, (count(&world) - before) as u64, "events of every part count");
    let members = world.tenant.read(|rows| list_members(rows, None, usize::MAX)).unwrap();
    assert!(members.is_empty() && there >= users.len() * 2 / 3, "{members:?}");
    // And everybody comes back, whoever looks at which part of the walk.
    let policies = world.policies();
    world.put(policies.clone());
    world.projector.turn(TENANT).unwrap();
    world.projector.turn(TENANT).unwrap();
    // Another pipeline in the middle of it begins anew.
    world.put(policies);
    world.settle();
    assert_eq!(world.tenant.read(|rows| list_members(rows, None, usize::MAX)).unwrap().len(), there);
}

/// Users whom the inventory lost are come by page by page, whoever is recognised by what.
#[test]
fn whoever_is_gone_from_the_inventory_is_come_by_once() {
    let mut world = World::new();
    let users = world.many();
    // Policies that keep whom the identity provider deleted.
    let rule = json!({"name": "keep", "when": "title sw \"T\"", "effects": {"included": true}});
    let mut policies = world.policies();
    let version = PLUGINS.find(None, "rules", None).unwrap().unwrap().manifest().version.clone();
    policies.truncate(1);
    policies.push(Policy {
        name: "keep".to_owned(),
        plugin: "rules".to_owned(),
        version,
        settings: json!({"users": [rule]}),
        ..policies[0].clone()
    });
    world.put(policies.clone());
    world.settle();
    let kept = |world: &World| {
        let members = world.tenant.read(|rows| list_members(rows, None, usize::MAX)).unwrap();
        members.into_iter().filter(|member| member.scim_id.is_some_and(|id| users.contains(&id))).count()
    };
    assert_eq!(kept(&world), users.len());
    for id in &users {
        let delete = Delete::new(Arc::clone(Kind::user()), &id.to_string());
        world.write(move |tx| delete.run(tx, SCOPE, &context())).unwrap();
    }
    world.settle();
    assert_eq!(kept(&world), users.len(), "the policy keeps them");
    policies.truncate(1);
    world.put(policies);
    world.settle();
    assert_eq!(kept(&world), 0, "a walk comes by each of them");
}
