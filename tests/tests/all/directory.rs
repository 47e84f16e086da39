//! The directory: what of the inventory reaches it, under which names, and what operators set that nothing undoes.
//!
//! Each test ends with a replay: the events folded from the first on give the directory that the lists show.

mod commands;
mod connections;
mod explain;
mod explanation;
mod filters;
mod gone;
mod history;
mod holds;
mod local;
mod monitor;
mod pipeline;
mod plans;
mod protection;
mod recordings;
mod rules;
mod shadow;
mod standing;
mod stuck;
mod wanted;
mod what_if;
mod why;

use std::collections::{BTreeMap, BTreeSet};

use doorlist_tests::Tenant;
use doorlist_tests::callers::text;
use serde_json::Value;

/// A directory: members and groups by id, and who is in what.
#[derive(Debug, Default, PartialEq)]
pub struct Directory {
    members: BTreeMap<String, Value>,
    groups: BTreeMap<String, Value>,
    memberships: BTreeSet<(String, String)>,
}

impl Directory {
    /// As the lists show it.
    #[track_caller]
    pub fn listed(tenant: &Tenant) -> Self {
        let by_id = |items: Vec<Value>| items.into_iter().map(|item| (text(&item, "id"), item)).collect::<BTreeMap<_, _>>();
        let (members, groups) = (by_id(tenant.members()), by_id(tenant.groups()));
        let mut memberships = BTreeSet::new();
        for group in groups.keys() {
            for member in tenant.all(&format!("/groups/{group}/users")) {
                let id = text(&member, "id");
                assert_eq!(members.get(&id), Some(&member), "a group's list of members shows them as they are");
                memberships.insert((id, group.clone()));
            }
        }
        let mut other_side = BTreeSet::new();
        for member in members.keys() {
            for group in tenant.all(&format!("/users/{member}/groups")) {
                other_side.insert((member.clone(), text(&group, "id")));
            }
        }
        assert_eq!(memberships, other_side, "memberships are the same from both sides");
        Self { members, groups, memberships }
    }

    /// Whether these are its members.
    pub fn has_members(&self, members: &[Value]) -> bool {
        members.len() == self.members.len() && members.iter().all(|member| self.members.get(&text(member, "id")) == Some(member))
    }

    /// As the events tell it.
    #[track_caller]
    pub fn folded(events: &[Value]) -> Self {
        let mut directory = Self::default();
        for event in events {
            directory.fold(event);
        }
        directory
    }

    #[track_caller]
    fn fold(&mut self, event: &Value) {
        let kind = text(event, "type");
        let pair = || (text(event, "memberId"), text(event, "groupId"));
        match kind.as_str() {
            "member.added" => {
                let member = &event["member"];
                assert!(self.members.insert(text(member, "id"), member.clone()).is_none(), "{event} adds who is there");
            }
            "member.updated" => {
                let member = &event["member"];
                let before = self.members.insert(text(member, "id"), member.clone());
                assert!(before.as_ref().is_some_and(|before| before != member), "{event} changes nothing, or nobody");
            }
            "member.removed" => {
                let id = text(event, "memberId");
                assert!(self.members.remove(&id).is_some(), "{event} removes nobody");
                self.memberships.retain(|(member, _)| *member != id);
            }
            "group.added" => {
                let group = &event["group"];
                assert!(self.groups.insert(text(group, "id"), group.clone()).is_none(), "{event} adds what is there");
            }
            "group.updated" => {
                let group = &event["group"];
                let before = self.groups.insert(text(group, "id"), group.clone());
                assert!(before.as_ref().is_some_and(|before| before != group), "{event} changes nothing");
            }
            "group.removed" => {
                let id = text(event, "groupId");
                assert!(self.groups.remove(&id).is_some(), "{event} removes nothing");
                self.memberships.retain(|(_, group)| *group != id);
            }
            "membership.added" => {
                let (member, group) = pair();
                assert!(self.members.contains_key(&member) && self.groups.contains_key(&group), "{event} names what is not there");
                assert!(self.memberships.insert((member, group)), "{event} adds what is there");
            }
            "membership.removed" => assert!(self.memberships.remove(&pair()), "{event} removes what is not there"),
            _ => panic!("an event of an unknown type: {event}"),
        }
    }

    /// userNames and statuses.
    pub fn statuses(&self) -> BTreeMap<String, String> {
        self.members.values().map(|member| (text(member, "userName"), text(member, "status"))).collect()
    }

    /// Names of the groups with the userNames of their members.
    pub fn groups_by_name(&self) -> BTreeMap<String, BTreeSet<String>> {
        let mut groups = BTreeMap::new();
        for (id, group) in &self.groups {
            let members = self.memberships.iter().filter(|(_, group)| group == id);
            let names = members.map(|(member, _)| text(&self.members[member], "userName")).collect();
            assert!(groups.insert(text(group, "displayName"), names).is_none(), "two groups of one name");
        }
        groups
    }
}

/// Holds the events against the lists, and gives the directory.
#[track_caller]
pub fn assert_replay(tenant: &Tenant) -> Directory {
    let listed = Directory::listed(tenant);
    let events = tenant.events();
    assert_eq!(Directory::folded(&events), listed, "the events tell another story than the lists");
    let state = tenant.synced();
    assert_eq!(state["lastEvent"], events.len());
    assert_eq!(state["directory"]["users"], listed.members.len());
    assert_eq!(state["directory"]["groups"], listed.groups.len());
    assert_eq!(state["stuck"], 0);
    listed
}

/// Expects these userNames with these statuses, and no others.
#[track_caller]
fn expect_members(tenant: &Tenant, expected: &[(&str, &str)]) {
    let found = assert_replay(tenant).statuses();
    let expected = expected.iter().map(|(name, status)| ((*name).to_owned(), (*status).to_owned())).collect();
    assert_eq!(found, expected);
}

/// Expects these groups with these members, and no others.
#[track_caller]
fn expect_groups(tenant: &Tenant, expected: &[(&str, &[&str])]) {
    let found = assert_replay(tenant).groups_by_name();
    let names = |members: &[&str]| members.iter().map(|name| (*name).to_owned()).collect();
    let expected: BTreeMap<String, BTreeSet<String>> =
        expected.iter().map(|(name, members)| ((*name).to_owned(), names(members))).collect();
    assert_eq!(found, expected);
}
