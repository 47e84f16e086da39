//! Members of groups and versions: saying something twice is saying it once, and what was read can be put.

use std::cell::Cell;
use std::collections::BTreeSet;

use super::*;

/// Everything about one resource, as an answer to a request that names no attributes has it.
const WHOLE: Wanted = Wanted { links: true, version: true };

/// Operations on members that say what there shall be, and the name beside them.
#[derive(Clone, Debug)]
struct Request {
    op: &'static str,
    with_path: bool,
    /// Without the list around it if it is one.
    bare: bool,
    members: Vec<(usize, u8)>,
    name: Option<&'static str>,
}

fn request() -> impl Strategy<Value = Request> {
    let op = prop::sample::select(&["add", "Add", "replace", "Replace"][..]);
    let members = prop::collection::vec((0..5_usize, 0..3_u8), 0..5);
    (op, any::<bool>(), prop::bool::weighted(0.2), members, prop::option::weighted(0.3, name()))
        .prop_map(|(op, with_path, bare, members, name)| Request { op, with_path, bare, members, name })
}

impl Request {
    /// The operation, with those of `ids` as members.
    fn operation(&self, ids: &[Id]) -> Value {
        let element = |(which, form): &(usize, u8)| {
            let id = ids[which % ids.len()];
            match form {
                0 => json!({"value": id}),
                1 => json!({"value": id, "display": "somebody", "$ref": null}),
                _ => json!(id),
            }
        };
        let mut members: Vec<Value> = self.members.iter().map(element).collect();
        let members = if self.bare && members.len() == 1 { members.remove(0) } else { members.into() };
        match self.name {
            _ if self.with_path => json!({"op": self.op, "path": "members", "value": members}),
            Some(name) => json!({"op": self.op, "value": {"members": members, "displayName": name}}),
            None => json!({"op": self.op, "value": {"members": members}}),
        }
    }

    /// What becomes of the members.
    fn tell(&self, ids: &[Id], members: &mut BTreeSet<Id>) {
        if self.op.eq_ignore_ascii_case("replace") {
            members.clear();
        }
        members.extend(self.members.iter().map(|(which, _)| ids[which % ids.len()]));
    }
}

/// An answer as clients have it, and its version.
fn shown(kind: &Kind, answer: &Answer) -> (Value, String) {
    let mut json = Vec::new();
    answer.splice(kind, "http://x/scim/v2", &mut json);
    (serde_json::from_slice(&json).unwrap(), answer.version())
}

fn read(tenant: &Tenant, kind: &Kind, id: Id) -> (Value, String) {
    shown(kind, &tenant.read(|rows| get(rows, SCOPE, kind, &id.to_string(), WHOLE)).unwrap())
}

fn members(answer: &Value) -> BTreeSet<Id> {
    answer["members"].as_array().into_iter().flatten().map(|member| member["value"].as_str().unwrap().parse().unwrap()).collect()
}

/// The context of a request so many seconds later.
fn later(seconds: i64) -> Context {
    Context { wanted: WHOLE, ..Context::of_nobody(NOW.plus_millis(1_000 * seconds), "".into()) }
}

/// Changes of members in a property, at least, or it says little.
const CHANGES_MIN: usize = 50;

#[test]
fn members_said_twice_are_said_once() {
    let changes = Cell::new(0);
    let inventory = (prop::collection::vec(user(), 2..5), prop::collection::vec(group(), 2..4));
    let requests = prop::collection::vec(request(), 1..4);
    proptest!(ProptestConfig::with_cases(200), |((users, groups) in inventory, requests in requests)| {
        let (tenant, users, groups) = tenant(&users, &groups);
        let (kind, group) = (Kind::group(), groups[0]);
        // A group can be a member of another one, and not of itself.
        let ids: Vec<Id> = users.into_iter().chain(groups.iter().skip(1).copied()).collect();
        let operations: Vec<Value> = requests.iter().map(|request| request.operation(&ids)).collect();
        let before = read(&tenant, kind, group);
        let send = |seconds| {
            let modify = Modify::parse(Arc::clone(kind), &group.to_string(), &json!({"Operations": operations.clone()})).unwrap();
            let modified = tenant.write(move |tx| modify.run(tx, SCOPE, &later(seconds))).unwrap();
            assert!(modified.has_body);
            shown(kind, &modified.answer)
        };
        let once = send(1);
        prop_assert_eq!(&read(&tenant, kind, group), &once, "what is answered is what is there");
        let mut told = members(&before.0);
        requests.iter().for_each(|request| request.tell(&ids, &mut told));
        prop_assert_eq!(members(&once.0), told, "{:?}", operations);
        prop_assert_eq!(before.0 == once.0, before.1 == once.1, "{:?} {:?}", before, once);
        let twice = send(2);
        prop_assert_eq!(&twice, &once, "{:?}", operations);
        changes.set(changes.get() + usize::from(members(&before.0) != members(&once.0)));
    });
    assert!(changes.get() >= CHANGES_MIN, "{changes:?} changes");
}

#[test]
fn a_resource_put_as_it_was_got_stays_as_it_is() {
    let linked = Cell::new([0, 0]);
    let inventory = (prop::collection::vec(user(), 1..5), prop::collection::vec(group(), 1..4));
    proptest!(ProptestConfig::with_cases(100), |((users, groups) in inventory)| {
        let (tenant, users, groups) = tenant(&users, &groups);
        for (kind, ids, links) in [(Kind::user(), users, "groups"), (Kind::group(), groups, "members")] {
            for id in ids {
                let before = read(&tenant, kind, id);
                let replace = Replace::new(Arc::clone(kind), &id.to_string(), before.0.clone());
                let answer = tenant.write(move |tx| replace.run(tx, SCOPE, &later(1))).unwrap();
                prop_assert_eq!(&shown(kind, &answer), &before);
                prop_assert_eq!(&read(&tenant, kind, id), &before);
                let [mut of_users, mut of_groups] = linked.get();
                *if links == "groups" { &mut of_users } else { &mut of_groups } += usize::from(before.0.get(links).is_some());
                linked.set([of_users, of_groups]);
            }
        }
    });
    assert!(linked.get().into_iter().all(|linked| linked >= CHANGES_MIN), "{linked:?} users with groups, and groups with members");
}
