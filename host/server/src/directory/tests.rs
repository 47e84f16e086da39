//! The projection against an oracle: over random histories of SCIM writes, operators' edits and settings changes, with projection
//! falling in between anywhere, the directory ends as one computed afresh from the inventory, and as one projected afresh.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, LazyLock};

use doorlist_scim::Projection;
use doorlist_scim::query::{Page, Query, Start};
use proptest::prelude::*;
use serde_json::{Value, json};

mod explain;
mod holds;
mod monitor;
mod past;
mod plans;
mod recordings;
mod shadow;
mod stuck;
mod walk;

use super::*;
use crate::activity::Actor;
use crate::admin::connections::{Connection, Provider};
use crate::admin::guard::Guard;
use crate::admin::keys::{self, Role};
use crate::admin::pipeline::{self, Mode, Policy};
use crate::admin::plugins::Plugins;
use crate::admin::tenants::{self, TenantPatch};
use crate::clock::{Clock, Timestamp};
use crate::error::Result;
use crate::id::Id;
use crate::provision::{self, Context, Create, Delete, Kind, Modify, Replace, Scope, Search, Stored, Walks};
use crate::store::{Store, Tenant, Tx, layout};

/// Compiled once for every case.
static PLUGINS: LazyLock<Arc<Plugins>> = LazyLock::new(|| Arc::new(Plugins::default()));

const TENANT: u32 = 1;
const SCOPE: Scope = Scope { connection: 1 };
const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);
const GROUPS: [&str; 5] = ["NB-Staff", "NB-Ops", "nb-lower", "Sales", "NB-Staff extra"];
const USERS: usize = 4;
/// A group that rules make.
const TAGGED: &str = "Tagged";

#[derive(Clone, Debug)]
enum Step {
    CreateUser { user: usize, active: bool },
    PutUser { user: usize, active: bool, title: u8 },
    Rename { user: usize, to: u8 },
    Activate { user: usize, active: bool },
    DeleteUser { user: usize },
    CreateGroup { name: usize },
    RenameGroup { group: usize, name: usize },
    DeleteGroup { group: usize },
    AddMember { group: usize, user: usize },
    RemoveMember { group: usize, user: usize },
    SetRole { user: usize, role: Option<&'static str> },
    Block { user: usize, blocked: bool },
    LocalMember { user: usize },
    LocalGroup { name: usize, user: usize },
    Settings { prefixes: usize, groups: usize, prefix_match: bool, protect: bool },
    Rules { named: bool, into: Option<usize> },
    Project { turns: u8 },
    Wait { minutes: i64 },
    Watch { watching: Option<(usize, bool)> },
    Shadow { shadow: bool },
}

fn step() -> impl Strategy<Value = Step> {
    let user = 0..USERS;
    let group = 0..4_usize;
    let name = 0..GROUPS.len();
    prop_oneof![
        4 => (user.clone(), prop::bool::weighted(0.8)).prop_map(|(user, active)| Step::CreateUser { user, active }),
        2 => (user.clone(), any::<bool>(), 0..3_u8).prop_map(|(user, active, title)| Step::PutUser { user, active, title }),
        1 => (user.clone(), 0..3_u8).prop_map(|(user, to)| Step::Rename { user, to }),
        2 => (user.clone(), any::<bool>()).prop_map(|(user, active)| Step::Activate { user, active }),
        2 => user.clone().prop_map(|user| Step::DeleteUser { user }),
        3 => name.clone().prop_map(|name| Step::CreateGroup { name }),
        3 => (group.clone(), name.clone()).prop_map(|(group, name)| Step::RenameGroup { group, name }),
        1 => group.clone().prop_map(|group| Step::DeleteGroup { group }),
        4 => (group.clone(), user.clone()).prop_map(|(group, user)| Step::AddMember { group, user }),
        2 => (group, user.clone()).prop_map(|(group, user)| Step::RemoveMember { group, user }),
        2 => (user.clone(), prop::sample::select(vec![None, Some("owner"), Some("auditor")]))
            .prop_map(|(user, role)| Step::SetRole { user, role }),
        1 => (user.clone(), any::<bool>()).prop_map(|(user, blocked)| Step::Block { user, blocked }),
        1 => user.clone().prop_map(|user| Step::LocalMember { user }),
        1 => (name, user).prop_map(|(name, user)| Step::LocalGroup { name, user }),
        1 => (0..3_usize, 0..3_usize, any::<bool>(), any::<bool>())
            .prop_map(|(prefixes, groups, prefix_match, protect)| Step::Settings { prefixes, groups, prefix_match, protect }),
        1 => (any::<bool>(), prop::option::of(0..4_usize)).prop_map(|(named, into)| Step::Rules { named, into }),
        8 => (0..4_u8).prop_map(|turns| Step::Project { turns }),
        1 => prop::option::weighted(0.8, (0..4_usize, any::<bool>())).prop_map(|watching| Step::Watch { watching }),
        1 => prop::bool::weighted(0.8).prop_map(|shadow| Step::Shadow { shadow }),
        1 => (1..90_i64).prop_map(|minutes| Step::Wait { minutes }),
    ]
}

/// One tenant with one connection, and what the test knows of it.
struct World {
    tenant: Tenant,
    projector: Projector,
    connection: Id,
    users: BTreeMap<usize, Id>,
    groups: Vec<Id>,
    /// What an operator last set for a user, by the user's `externalId`.
    standing: BTreeMap<usize, (Option<String>, bool)>,
    settings: (Vec<String>, Vec<String>, bool, bool),
    /// Whether rules put whose title is `T1` into a group of their own, and into which group of the inventory.
    rules: (bool, Option<Id>),
    /// A policy that only watches, and whether it is asked first or last.
    watching: Option<(usize, bool)>,
    locals: usize,
    /// What the projector's clock shows, in milliseconds.
    time: Arc<AtomicI64>,
}

fn context() -> Context {
    Context::of_nobody(NOW, "".into())
}

impl World {
    /// With a guard that holds nobody.
    fn new() -> Self {
        Self::guarded(Guard { enabled: Some(false), ..Guard::default() })
    }

    fn guarded(guard: Guard) -> Self {
        let store = Store::in_memory().unwrap();
        let connection = Id::new(NOW);
        let (tenant_id, tenant) = (Id::new(NOW), store.tenant(TENANT));
        let patch = TenantPatch { guard: Some(guard), ..TenantPatch::default() };
        store
            .installation()
            .write(move |tx| {
                tenants::create(tx, tenant_id, &serde_json::from_value(json!({"name": "Test"})).unwrap(), NOW)?;
                tenants::patch(tx, tenant_id, &patch, (Role::Owner, keys::Scope::Root))
            })
            .unwrap();
        let record = Connection {
            id: connection,
            number: SCOPE.connection,
            provider: Provider::Jumpcloud,
            name: "Test".to_owned(),
            enabled: true,
            created: NOW,
            unique_group_names: false,
            deleting: false,
            deleted_by: None,
        };
        tenant
            .write(move |tx| {
                tx.put_json(&layout::connection(record.number), &record)?;
                tx.put_json(&layout::connection_number(record.id), &record.number)
            })
            .unwrap();
        let time = Arc::new(AtomicI64::new(NOW.as_millis()));
        let shown = Arc::clone(&time);
        let clock = Clock::new(move || Timestamp::from_millis(shown.load(Ordering::Relaxed)));
        let projector = Projector::new(store, Arc::clone(&PLUGINS), clock);
        let mut world = Self {
            tenant,
            projector,
            connection,
            users: BTreeMap::new(),
            groups: Vec::new(),
            standing: BTreeMap::new(),
            settings: Default::default(),
            rules: (false, None),
            watching: None,
            locals: 0,
            time,
        };
        world.put_settings(vec!["NB-".to_owned()], vec!["NB-Staff".to_owned()], false, true);
        // Something to change from the start: without it most steps of a history would name nothing.
        (0..3).for_each(|user| world.run(Step::CreateUser { user, active: true }));
        (0..3).for_each(|name| world.run(Step::CreateGroup { name }));
        world
    }

    fn write<T: Send + 'static>(&self, change: impl FnMut(&mut Tx<'_>) -> Result<T> + Send + 'static) -> Result<T> {
        self.tenant.write(change)
    }

    fn put_settings(&mut self, prefixes: Vec<String>, groups: Vec<String>, prefix_match: bool, protect: bool) {
        self.settings = (prefixes, groups, prefix_match, protect);
        let policies = self.policies();
        self.write(move |tx| pipeline::put(tx, policies.clone(), None, &Actor::System, NOW)).unwrap();
    }

    /// The policies that a step about the pipeline proposes.
    fn proposed(&mut self, step: &Step) -> Vec<Policy> {
        let (rules, settings) = (self.rules, self.settings.clone());
        self.choose(step);
        let policies = self.policies();
        (self.rules, self.settings) = (rules, settings);
        policies
    }

    /// Takes over what a step says of the pipeline.
    fn choose(&mut self, step: &Step) {
        match step {
            Step::Settings { prefixes, groups, prefix_match, protect } => {
                let choices =
                    [vec![], vec!["NB-"], vec!["Sales", "nb-"]].map(|list| list.into_iter().map(str::to_owned).collect::<Vec<_>>());
                let named =
                    [vec![], vec!["NB-Staff"], vec!["Sales", "NB-Ops"]].map(|list| list.into_iter().map(str::to_owned).collect::<Vec<_>>());
                self.settings = (choices[*prefixes].clone(), named[*groups].clone(), *prefix_match, *protect);
            }
            Step::Rules { named, into } => self.rules = (*named, into.and_then(|group| self.groups.get(group).copied())),
            _ => {}
        }
    }

    fn policies(&self) -> Vec<Policy> {
        let (prefixes, groups, prefix_match, protect) = self.settings.clone();
        let matching = if prefix_match { "prefix" } else { "exact" };
        let mut wanted =
            vec![("group-prefix", json!({"prefixes": prefixes})), ("user-group-filter", json!({"groups": groups, "match": matching}))];
        if protect {
            wanted.push(("role-protection", json!({"roles": ["owner", "admin"]})));
        }
        let (named, into) = self.rules;
        if named {
            wanted.push(("rules", json!({"users": [{"name": "tags", "when": "title eq \"T1\"", "effects": {"addGroups": [TAGGED]}}]})));
        }
        if let Some(into) = into {
            // Under another name: a pipeline has one policy of each.
            let rule = json!({"name": "into", "when": "title eq \"T1\"", "effects": {"addGroupIds": [into]}});
            let merged = json!({"users": [rule]});
            match wanted.last_mut() {
                Some(("rules", settings)) => settings["users"].as_array_mut().unwrap().push(merged["users"][0].clone()),
                _ => wanted.push(("rules", merged)),
            }
        }
        let version = |plugin: &str| PLUGINS.find(None, plugin, None).unwrap().unwrap().manifest().version.clone();
        let mut policies: Vec<Policy> = wanted
            .into_iter()
            .map(|(plugin, settings)| Policy {
                name: plugin.to_owned(),
                plugin: plugin.to_owned(),
                version: version(plugin),
                settings,
                given: None,
                mode: Mode::Enforce,
                connection: Some(self.connection),
            })
            .collect();
        if let Some((which, first)) = self.watching {
            policies.insert(if first { 0 } else { policies.len() }, self.watcher(which));
        }
        policies
    }

    fn body(user: usize, active: bool, title: u8) -> Value {
        json!({
            "userName": format!("user{user}@x.io"), "externalId": format!("e{user}"), "active": active, "title": format!("T{title}"),
            "emails": [{"value": format!("user{user}@x.io"), "primary": true}], "name": {"givenName": "G", "familyName": format!("F{user}")}
        })
    }

    fn patch(&self, kind: &Arc<Kind>, id: Id, operations: Value) {
        let modify = Modify::parse(Arc::clone(kind), &id.to_string(), &json!({"Operations": operations})).unwrap();
        // A rename onto a name that another user has is refused, which is a history like any other.
        let _ = self.write(move |tx| modify.run(tx, SCOPE, &context()));
    }

    /// The member that a user is now, if any.
    fn member(&self, user: usize) -> Option<Member> {
        let id = *self.users.get(&user)?;
        let members = self.tenant.read(|rows| list_members(rows, None, usize::MAX)).unwrap();
        members.into_iter().find(|member| member.scim_id == Some(id))
    }

    fn patch_member(&mut self, user: usize, patch: MemberPatch) {
        let Some(member) = self.member(user) else { return };
        let roles = ["owner", "auditor", "user"].map(str::to_owned).to_vec();
        let done = patch.clone();
        let patched = self.write(move |tx| {
            let stamp = crate::activity::record(tx, &context().entry)?;
            patch_member(tx, member.id, &done, Occasion { at: NOW, activity: Some(stamp) }, &roles, "user")
        });
        let patched = patched.unwrap();
        self.standing.insert(user, (patched.operator_role, patched.blocked));
    }

    fn run(&mut self, step: Step) {
        match step {
            Step::CreateUser { user, active } => {
                if !self.users.contains_key(&user) {
                    let create = Create::parse(Arc::clone(Kind::user()), &Self::body(user, active, 0)).unwrap();
                    // Taken if somebody was renamed to it.
                    if let Ok(made) = self.write(move |tx| create.run(tx, SCOPE, &context())) {
                        self.users.insert(user, made.id);
                    }
                }
            }
            Step::PutUser { user, active, title } => {
                if let Some(id) = self.users.get(&user) {
                    let replace = Replace::new(Arc::clone(Kind::user()), &id.to_string(), Self::body(user, active, title));
                    let _ = self.write(move |tx| replace.run(tx, SCOPE, &context()));
                }
            }
            Step::Rename { user, to } => {
                if let Some(id) = self.users.get(&user) {
                    self.patch(Kind::user(), *id, json!([{"op": "replace", "value": {"userName": format!("User{to}@X.io")}}]));
                }
            }
            Step::Activate { user, active } => {
                if let Some(id) = self.users.get(&user) {
                    self.patch(Kind::user(), *id, json!([{"op": "replace", "path": "active", "value": active}]));
                }
            }
            Step::DeleteUser { user } => {
                if let Some(id) = self.users.remove(&user) {
                    let delete = Delete::new(Arc::clone(Kind::user()), &id.to_string());
                    self.write(move |tx| delete.run(tx, SCOPE, &context())).unwrap();
                }
            }
            Step::CreateGroup { name } => {
                let members: Vec<Value> = self.users.values().take(name).map(|id| json!({"value": id})).collect();
                let create = Create::parse(Arc::clone(Kind::group()), &json!({"displayName": GROUPS[name], "members": members})).unwrap();
                self.groups.push(self.write(move |tx| create.run(tx, SCOPE, &context())).unwrap().id);
            }
            Step::RenameGroup { group, name } => {
                if let Some(id) = self.groups.get(group) {
                    self.patch(Kind::group(), *id, json!([{"op": "replace", "value": {"displayName": GROUPS[name]}}]));
                }
            }
            Step::DeleteGroup { group } => {
                if group < self.groups.len() {
                    let delete = Delete::new(Arc::clone(Kind::group()), &self.groups.remove(group).to_string());
                    self.write(move |tx| delete.run(tx, SCOPE, &context())).unwrap();
                }
            }
            Step::AddMember { group, user } => self.membership(group, user, "add"),
            Step::RemoveMember { group, user } => self.membership(group, user, "remove"),
            Step::SetRole { user, role } => {
                let role = Some(role.map(str::to_owned));
                self.patch_member(user, MemberPatch { role, ..MemberPatch::default() });
            }
            Step::Block { user, blocked } => self.patch_member(user, MemberPatch { blocked: Some(blocked), ..MemberPatch::default() }),
            Step::LocalMember { user } => {
                let new: NewMember = serde_json::from_value(json!({"userName": format!("user{user}@x.io")})).unwrap();
                let made = self.write(move |tx| {
                    create_member(tx, Id::new(NOW), &new, Occasion { at: NOW, activity: None }, &["user".to_owned()], "user")
                });
                self.locals += usize::from(made.is_ok());
            }
            Step::LocalGroup { name, user } => {
                let member = self.member(user).map(|member| member.id);
                let _ = self.write(move |tx| {
                    let when = Occasion { at: NOW, activity: None };
                    let group = create_group(tx, Id::new(NOW), GROUPS[name], when)?;
                    member.map_or(Ok(()), |member| add_member(tx, group.id, member, when))
                });
            }
            Step::Settings { .. } | Step::Rules { .. } => {
                self.choose(&step);
                let (prefixes, groups, prefix_match, protect) = self.settings.clone();
                self.put_settings(prefixes, groups, prefix_match, protect);
            }
            Step::Watch { watching } => {
                self.watching = watching;
                let (prefixes, groups, prefix_match, protect) = self.settings.clone();
                self.put_settings(prefixes, groups, prefix_match, protect);
            }
            Step::Shadow { shadow } => self.put_shadow(shadow),
            Step::Wait { minutes } => self.wait(minutes),
            Step::Project { turns } => (0..turns).for_each(|_| assert!(self.projector.turn(TENANT).is_ok())),
        }
    }

    fn membership(&self, group: usize, user: usize, op: &str) {
        if let (Some(group), Some(user)) = (self.groups.get(group), self.users.get(&user)) {
            self.patch(Kind::group(), *group, json!([{"op": op, "path": "members", "value": [{"value": user}]}]));
        }
    }

    fn wait(&self, minutes: i64) {
        self.time.fetch_add(minutes * 60_000, Ordering::Relaxed);
    }

    fn settle(&self) {
        for _ in 0..1000 {
            if self.projector.turn(TENANT).unwrap() == 0 {
                assert!(self.tenant.read(is_settled).unwrap());
                return;
            }
        }
        panic!("the projection does not come to an end");
    }

    /// Every synced member by user name with status, role and synced groups; every synced group; every local row.
    fn directory(&self) -> Directory {
        self.tenant
            .read(|rows| {
                let mut directory = Directory::default();
                for group in list_groups(rows, None, usize::MAX)? {
                    directory.groups.insert(group.id, group.clone());
                    for member in members_of(rows, group.id, None, usize::MAX)? {
                        directory.memberships.insert((member.id, group.id));
                    }
                }
                for member in list_members(rows, None, usize::MAX)? {
                    let groups: BTreeSet<Id> = groups_of(rows, member.id)?.into_iter().map(|group| group.id).collect();
                    let other: BTreeSet<Id> =
                        directory.memberships.iter().filter(|(id, _)| *id == member.id).map(|(_, group)| *group).collect();
                    assert_eq!(groups, other, "the two directions of membership rows agree");
                    directory.members.insert(member.id, member);
                }
                Ok(directory)
            })
            .unwrap()
    }

    /// What the directory should have of the inventory, computed from nothing but inventory, settings and what operators set.
    fn check_against_oracle(&self) {
        let directory = self.directory();
        let (prefixes, named, prefix_match, protect) = &self.settings;
        let inventory = |kind: &Arc<Kind>| {
            let page = Page { start: Start::Index(1), count: 10_000 };
            let query = Query { filter: None, sort: None, page, projection: Projection::full() };
            let search = Search::of(kind, query, &"".into());
            let page = self.tenant.read(|rows| provision::list(rows, SCOPE, &search, &Walks::none())).unwrap();
            page.answers.into_iter().map(|(_, answer)| (answer.id, Stored::read(&answer.json).unwrap())).collect::<BTreeMap<_, _>>()
        };
        let (users, groups) = (inventory(Kind::user()), inventory(Kind::group()));
        let shown: BTreeSet<Id> = groups
            .iter()
            .filter(|(_, group)| prefixes.is_empty() || prefixes.iter().any(|prefix| group.text("displayName").starts_with(prefix)))
            .map(|(id, _)| *id)
            .collect();
        let synced: BTreeSet<Id> = directory.groups.values().filter(|group| group.issued == Issued::Scim).map(|group| group.id).collect();
        assert_eq!(synced, shown, "groups shown");
        // Whom rules want in a group that is not there is left as it last was.
        let (tags, into) = self.rules;
        let is_tagged = |id: &Id| users[id].text("title") == "T1";
        let is_stuck = |id: &Id| is_tagged(id) && into.is_some_and(|group| !groups.contains_key(&group));
        let is_named = |name: &str| named.iter().any(|wanted| if *prefix_match { name.starts_with(wanted) } else { name == wanted });
        let mut expected = BTreeMap::new();
        for (number, id) in &self.users {
            if is_stuck(id) {
                continue;
            }
            let user = &users[id];
            let assigned: BTreeSet<Id> =
                self.tenant.read(|rows| provision::groups_of(rows, SCOPE, *id)).unwrap().into_iter().map(|(id, _)| id).collect();
            let (role, blocked) = self.standing.get(number).cloned().unwrap_or_default();
            let protected = *protect && role.as_deref() == Some("owner");
            let wanted = named.is_empty() || assigned.iter().any(|group| is_named(groups[group].text("displayName")));
            if wanted || protected {
                let active = user.resource["active"] == json!(true) || protected;
                let status = if blocked {
                    Status::Blocked
                } else if active {
                    Status::Active
                } else {
                    Status::Suspended
                };
                let added = into.filter(|_| is_tagged(id));
                let groups: BTreeSet<Id> = assigned.iter().copied().chain(added).filter(|group| shown.contains(group)).collect();
                let tags = if tags && is_tagged(id) { vec![TAGGED.to_owned()] } else { Vec::new() };
                expected.insert(*id, (user.text("userName").to_owned(), status, role.unwrap_or("user".to_owned()), groups, tags));
            }
        }
        let mut found = BTreeMap::new();
        for member in directory.members.values().filter(|member| member.issued == Issued::Scim) {
            let scim_id = member.scim_id.unwrap();
            if !users.contains_key(&scim_id) {
                assert!(*protect && member.role == "owner", "only protection keeps whom the identity provider deleted");
                continue;
            }
            if is_stuck(&scim_id) {
                continue;
            }
            let of_member = directory.memberships.iter().filter(|(id, _)| *id == member.id).map(|(_, group)| *group);
            let groups: BTreeSet<Id> = of_member.clone().filter(|group| synced.contains(group)).collect();
            let made = of_member.map(|group| &directory.groups[&group]).filter(|group| group.issued == Issued::Policy);
            let tags: Vec<String> = made.map(|group| group.display_name.clone()).collect();
            found.insert(scim_id, (member.user_name.clone(), member.status, member.role.clone(), groups, tags));
        }
        assert_eq!(found, expected, "members");
        for group in directory.groups.values().filter(|group| group.issued == Issued::Policy) {
            assert!(directory.memberships.iter().any(|(_, of)| *of == group.id), "a group that policies made has somebody in it");
        }
        let locals = directory.members.values().filter(|member| member.issued == Issued::Api).count();
        assert_eq!(locals, self.locals, "local members");
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Directory {
    members: BTreeMap<Id, Member>,
    groups: BTreeMap<Id, Group>,
    memberships: BTreeSet<(Id, Id)>,
}

impl Directory {
    /// The directory that the events tell of.
    fn fold(events: &[Event]) -> Self {
        let mut directory = Self::default();
        for event in events {
            match event.change.clone() {
                Change::MemberAdded { member } => assert_eq!(directory.members.insert(member.id, member), None, "added once"),
                Change::MemberUpdated { member } => assert!(directory.members.insert(member.id, member).is_some(), "was there"),
                Change::MemberRemoved { member_id } => {
                    assert!(directory.members.remove(&member_id).is_some(), "was there");
                    directory.memberships.retain(|(member, _)| *member != member_id);
                }
                Change::GroupAdded { group } => assert_eq!(directory.groups.insert(group.id, group), None, "added once"),
                Change::GroupUpdated { group } => assert!(directory.groups.insert(group.id, group).is_some(), "was there"),
                Change::GroupRemoved { group_id } => {
                    assert!(directory.groups.remove(&group_id).is_some(), "was there");
                    directory.memberships.retain(|(_, group)| *group != group_id);
                }
                Change::MembershipAdded { member_id, group_id } => assert!(directory.memberships.insert((member_id, group_id)), "new"),
                Change::MembershipRemoved { member_id, group_id } => {
                    assert!(directory.memberships.remove(&(member_id, group_id)), "was there")
                }
            }
        }
        directory
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn incremental_projection_equals_a_full_one(steps in prop::collection::vec(step(), 1..40)) {
        let mut world = World::new();
        for step in steps {
            world.run(step);
        }
        world.settle();
        world.check_against_oracle();
        let incremental = world.directory();
        let events = |world: &World| world.tenant.read(|rows| events_after(rows, 0, 100_000)).unwrap().items;
        let told = events(&world);
        prop_assert!(told.iter().map(|event| event.sequence).eq(1..=told.len() as u64), "numbered without a gap");
        prop_assert_eq!(&Directory::fold(&told), &incremental, "events tell the directory");
        world.write(reproject_all).unwrap();
        world.settle();
        prop_assert_eq!(world.directory(), incremental, "projecting everything again changes nothing");
        prop_assert_eq!(events(&world).len(), told.len(), "and tells nothing");
        let counts = world.tenant.read(sync_state).unwrap();
        let directory = world.directory();
        prop_assert_eq!((counts.directory.users, counts.directory.groups), (directory.members.len() as u64, directory.groups.len() as u64));
        let (_, into) = world.rules;
        world.check_stuck();
        world.check_monitored();
        world.check_shadow();
        prop_assert!(counts.stuck == 0 || into.is_some_and(|group| !world.groups.contains(&group)));
    }
}
