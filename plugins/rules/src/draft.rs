//! Drafts: views as the rules so far change them, and what of it comes out in the end.
//!
//! The last rule that says something of a part of a view is the one that counts, and a part that ends as it began is no change.

use doorlist_sdk::{Attribute, Group, GroupChange, GroupEffect, Status, User, UserChange, UserEffect, Value};
use serde_json::{Value as Json, json};

use crate::item;

/// A part of a view: what it was, what it is now, and why.
#[derive(Debug)]
struct Part<'r, T> {
    was: T,
    is: T,
    reason: &'r str,
}

impl<'r, T: PartialEq + Clone> Part<'r, T> {
    fn new(was: T) -> Self {
        Self { is: was.clone(), was, reason: "" }
    }

    fn set(&mut self, value: Option<T>, reason: &'r str) {
        if let Some(value) = value {
            self.is = value;
            self.reason = reason;
        }
    }

    fn is_changed(&self) -> bool {
        self.is != self.was
    }
}

/// A group that the user is or was in.
#[derive(Debug)]
struct Membership<'r> {
    group: InGroup,
    is: Part<'r, bool>,
}

/// A group of a user.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum InGroup {
    /// One of the identity provider's, by its id, with its name if that is known.
    Inventory(String, Option<String>),
    /// One that policies made, by its name.
    Named(String),
}

impl InGroup {
    fn is_same(&self, other: &InGroup) -> bool {
        match (self, other) {
            (Self::Inventory(one, _), Self::Inventory(other, _)) | (Self::Named(one), Self::Named(other)) => one == other,
            _ => false,
        }
    }

    /// Its name.
    pub(crate) fn name(&self) -> Option<&str> {
        match self {
            Self::Inventory(_, name) => name.as_deref(),
            Self::Named(name) => Some(name),
        }
    }

    /// As an element of `groups`.
    pub(crate) fn to_json(&self) -> Json {
        match self {
            Self::Inventory(id, None) => json!({"value": id}),
            Self::Inventory(id, Some(name)) => json!({"value": id, "display": name}),
            Self::Named(name) => json!({"display": name}),
        }
    }
}

/// A user's view in the making.
#[derive(Debug)]
pub(crate) struct UserDraft<'r> {
    included: Part<'r, bool>,
    status: Part<'r, Status>,
    role: Part<'r, String>,
    user_name: Part<'r, String>,
    display_name: Part<'r, String>,
    memberships: Vec<Membership<'r>>,
    /// Paths that were set, with their values, or removed.
    attributes: Vec<(String, Vec<Value>, &'r str)>,
}

impl<'r> UserDraft<'r> {
    pub(crate) fn new(user: &User) -> Self {
        let view = &user.view;
        let name = |id: &str| user.groups.iter().find(|group| group.id == id).map(|group| group.name.clone());
        let inventory = view.groups.iter().map(|id| InGroup::Inventory(id.clone(), name(id)));
        let named = view.named_groups.iter().map(|name| InGroup::Named(name.clone()));
        Self {
            included: Part::new(view.included),
            status: Part::new(view.status),
            role: Part::new(view.role.clone()),
            user_name: Part::new(view.user_name.clone()),
            display_name: Part::new(view.display_name.clone()),
            memberships: inventory.chain(named).map(|group| Membership { group, is: Part::new(true) }).collect(),
            attributes: Vec::new(),
        }
    }

    pub(crate) fn include(&mut self, included: Option<bool>, reason: &'r str) {
        self.included.set(included, reason);
    }

    pub(crate) fn status(&mut self, status: Option<Status>, reason: &'r str) {
        self.status.set(status, reason);
    }

    pub(crate) fn role(&mut self, role: Option<String>, reason: &'r str) {
        self.role.set(role, reason);
    }

    pub(crate) fn user_name(&mut self, name: Option<String>, reason: &'r str) {
        self.user_name.set(name, reason);
    }

    pub(crate) fn display_name(&mut self, name: Option<String>, reason: &'r str) {
        self.display_name.set(name, reason);
    }

    pub(crate) fn join(&mut self, group: InGroup, reason: &'r str) {
        match self.memberships.iter_mut().find(|known| known.group.is_same(&group)) {
            Some(known) if known.is.is => {}
            Some(known) => known.is.set(Some(true), reason),
            None => self.memberships.push(Membership { group, is: Part { was: false, is: true, reason } }),
        }
    }

    pub(crate) fn leave(&mut self, reason: &'r str, which: impl Fn(&InGroup) -> bool) {
        for membership in self.memberships.iter_mut().filter(|membership| membership.is.is && which(&membership.group)) {
            membership.is.set(Some(false), reason);
        }
    }

    /// Sets an attribute to values, or removes it if there are none.
    pub(crate) fn attribute(&mut self, path: &str, values: Vec<Value>, reason: &'r str) {
        self.attributes.retain(|(known, _, _)| known != path);
        self.attributes.push((path.to_owned(), values, reason));
    }

    /// The view as conditions see it, and its groups.
    pub(crate) fn to_json(&self) -> (Json, Json) {
        let view = json!({
            "included": self.included.is,
            "status": item::status(self.status.is),
            "role": self.role.is,
            "userName": self.user_name.is,
            "displayName": self.display_name.is,
        });
        let groups = self.memberships.iter().filter(|membership| membership.is.is);
        (view, groups.map(|membership| membership.group.to_json()).collect())
    }

    /// What came of it.
    pub(crate) fn changes(self) -> Vec<UserChange> {
        let mut changes = Vec::new();
        let mut change = |effect, reason: &str| changes.push(UserChange::new(effect, reason));
        if self.included.is_changed() {
            change(if self.included.is { UserEffect::Include } else { UserEffect::Exclude }, self.included.reason);
        }
        if self.status.is_changed() {
            change(UserEffect::SetStatus(self.status.is), self.status.reason);
        }
        if self.role.is_changed() {
            change(UserEffect::SetRole(self.role.is), self.role.reason);
        }
        if self.user_name.is_changed() {
            change(UserEffect::SetUserName(self.user_name.is), self.user_name.reason);
        }
        if self.display_name.is_changed() {
            change(UserEffect::SetDisplayName(self.display_name.is), self.display_name.reason);
        }
        for Membership { group, is } in self.memberships.into_iter().filter(|membership| membership.is.is_changed()) {
            let effect = match (is.is, group) {
                (true, InGroup::Inventory(id, _)) => UserEffect::AddGroup(id),
                (false, InGroup::Inventory(id, _)) => UserEffect::RemoveGroup(id),
                (true, InGroup::Named(name)) => UserEffect::AddNamedGroup(name),
                (false, InGroup::Named(name)) => UserEffect::RemoveNamedGroup(name),
            };
            change(effect, is.reason);
        }
        for (path, values, reason) in self.attributes {
            if values.is_empty() {
                change(UserEffect::RemoveAttribute(path.clone()), reason);
            }
            for value in values {
                change(UserEffect::SetAttribute(Attribute { path: path.clone(), value }), reason);
            }
        }
        changes
    }
}

/// A group's view in the making.
#[derive(Debug)]
pub(crate) struct GroupDraft<'r> {
    included: Part<'r, bool>,
    display_name: Part<'r, String>,
}

impl<'r> GroupDraft<'r> {
    pub(crate) fn new(group: &Group) -> Self {
        Self { included: Part::new(group.view.included), display_name: Part::new(group.view.display_name.clone()) }
    }

    pub(crate) fn include(&mut self, included: Option<bool>, reason: &'r str) {
        self.included.set(included, reason);
    }

    pub(crate) fn display_name(&mut self, name: Option<String>, reason: &'r str) {
        self.display_name.set(name, reason);
    }

    /// The view as conditions see it.
    pub(crate) fn to_json(&self) -> Json {
        json!({"included": self.included.is, "displayName": self.display_name.is})
    }

    /// What came of it.
    pub(crate) fn changes(self) -> Vec<GroupChange> {
        let mut changes = Vec::new();
        if self.included.is_changed() {
            let effect = if self.included.is { GroupEffect::Include } else { GroupEffect::Exclude };
            changes.push(GroupChange::new(effect, self.included.reason));
        }
        if self.display_name.is_changed() {
            changes.push(GroupChange::new(GroupEffect::SetDisplayName(self.display_name.is), self.display_name.reason));
        }
        changes
    }
}
