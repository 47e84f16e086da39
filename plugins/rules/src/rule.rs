//! Rules, ready to be asked: conditions and effects over an item.

use doorlist_scim::{Filter, Resource, ResourceType};
use doorlist_sdk::{Group, GroupChange, Status, User, UserChange};

use crate::draft::{GroupDraft, InGroup, UserDraft};
use crate::item;
use crate::needs::Needs;
use crate::text::Text;
use crate::values::Setting;

/// Rules for users, or for groups.
#[derive(Debug)]
pub(crate) struct RuleSet<E> {
    /// What items look like to them.
    pub rt: ResourceType,
    /// What of items they look at.
    pub needs: Needs,
    pub rules: Vec<Rule<E>>,
}

/// One rule.
#[derive(Debug)]
pub(crate) struct Rule<E> {
    /// What every change that it makes gives as its reason.
    pub reason: String,
    /// None is for everything.
    pub when: Option<Filter>,
    pub effects: E,
    pub stop: bool,
}

/// What a rule does to a user.
#[derive(Debug, Default)]
pub(crate) struct UserEffects {
    pub included: Option<bool>,
    pub status: Option<Status>,
    pub role: Option<Text>,
    pub user_name: Option<Text>,
    pub display_name: Option<Text>,
    pub remove_groups: Vec<Text>,
    /// Over elements of `groups`.
    pub remove_groups_where: Option<Filter>,
    pub add_groups: Vec<Text>,
    pub add_group_ids: Vec<String>,
    pub set_attributes: Vec<Setting>,
    pub remove_attributes: Vec<String>,
}

/// What a rule does to a group.
#[derive(Debug, Default)]
pub(crate) struct GroupEffects {
    pub included: Option<bool>,
    pub display_name: Option<Text>,
}

impl<E> RuleSet<E> {
    /// Goes through the rules. `apply` makes the effects of one that is for the item, and puts what comes of it into the resource.
    fn walk<'r>(&'r self, resource: &mut Resource, mut apply: impl FnMut(&'r Rule<E>, &mut Resource)) {
        for rule in &self.rules {
            if rule.when.as_ref().is_some_and(|when| !when.matches(&self.rt, resource)) {
                continue;
            }
            apply(rule, resource);
            if rule.stop {
                break;
            }
        }
    }
}

impl RuleSet<UserEffects> {
    /// What the rules change of a user.
    pub(crate) fn user(&self, user: &User) -> Vec<UserChange> {
        let mut resource = item::user(user, &self.needs);
        let mut draft = UserDraft::new(user);
        let propose = |draft: &UserDraft<'_>, resource: &mut Resource| {
            if self.needs.ours {
                let (view, groups) = draft.to_json();
                item::propose(resource, view, Some(groups));
            }
        };
        propose(&draft, &mut resource);
        self.walk(&mut resource, |rule, resource| {
            rule.effects.apply(&self.rt, resource, &mut draft, &rule.reason);
            propose(&draft, resource);
        });
        draft.changes()
    }
}

impl RuleSet<GroupEffects> {
    /// What the rules change of a group.
    pub(crate) fn group(&self, group: &Group) -> Vec<GroupChange> {
        let mut resource = item::group(group, &self.needs);
        let mut draft = GroupDraft::new(group);
        item::propose(&mut resource, draft.to_json(), None);
        self.walk(&mut resource, |rule, resource| {
            draft.include(rule.effects.included, &rule.reason);
            draft.display_name(rule.effects.display_name.as_ref().and_then(|text| text.of(&self.rt, resource)), &rule.reason);
            item::propose(resource, draft.to_json(), None);
        });
        draft.changes()
    }
}

impl UserEffects {
    /// Makes the effects. Texts are those for the user as it was before the rule; groups are removed before others are added.
    fn apply<'r>(&'r self, rt: &ResourceType, resource: &Resource, draft: &mut UserDraft<'r>, reason: &'r str) {
        let text = |text: &Option<Text>| text.as_ref().and_then(|text| text.of(rt, resource));
        draft.include(self.included, reason);
        draft.status(self.status, reason);
        draft.role(text(&self.role), reason);
        draft.user_name(text(&self.user_name), reason);
        draft.display_name(text(&self.display_name), reason);
        let names: Vec<String> = self.remove_groups.iter().filter_map(|name| name.of(rt, resource)).collect();
        draft.leave(reason, |group| names.iter().any(|name| group.name() == Some(name)));
        if let Some(filter) = &self.remove_groups_where {
            draft.leave(reason, |group| filter.matches_element(rt, &group.to_json()));
        }
        for name in self.add_groups.iter().filter_map(|name| name.of(rt, resource)).filter(|name| !name.trim().is_empty()) {
            draft.join(InGroup::Named(name), reason);
        }
        for id in &self.add_group_ids {
            draft.join(InGroup::Inventory(id.clone(), None), reason);
        }
        for setting in &self.set_attributes {
            let values = setting.values(rt, resource);
            if !values.is_empty() {
                draft.attribute(&setting.path, values, reason);
            }
        }
        for path in &self.remove_attributes {
            draft.attribute(path, Vec::new(), reason);
        }
    }
}
