//! Views: what the policies so far propose for a subject, and how a policy's changes alter it.

use std::collections::BTreeSet;

use doorlist_scim::ResourceType;
use serde_json::{Map, Value, json};

use super::decision::VerdictChange;
use super::member::Status;
use crate::id::Id;
use crate::limits::{GROUPS_OF_USER_MAX, SHOWN_ID_CHARACTERS_MAX};
use crate::policy;

/// What is proposed for a user.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct UserView {
    pub included: bool,
    pub status: Status,
    pub role: String,
    pub user_name: String,
    pub display_name: String,
    pub groups: Vec<Id>,
    /// Names of groups that policies put the member in beside those.
    pub named_groups: Vec<String>,
    /// Values that policies set attributes to, by path, in order; none if they removed it.
    pub attributes: Vec<(String, Vec<policy::Value>)>,
}

/// What is proposed for a group.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct GroupView {
    pub included: bool,
    pub display_name: String,
}

impl UserView {
    /// Makes a policy's change. `set` has the paths that the same answer has set so far: their values come together.
    ///
    /// # Errors
    /// In words for an operator, if the change is none that a policy may make.
    pub(super) fn apply(&mut self, effect: policy::UserEffect, roles: &[String], set: &mut BTreeSet<String>) -> Result<(), String> {
        use policy::UserEffect as Effect;
        match effect {
            Effect::Include => self.included = true,
            Effect::Exclude => self.included = false,
            Effect::SetStatus(policy::Status::Active) => self.status = Status::Active,
            Effect::SetStatus(policy::Status::Suspended) => self.status = Status::Suspended,
            Effect::SetStatus(policy::Status::Blocked) => return Err("It wanted to block; only operators do.".to_owned()),
            Effect::SetRole(role) if roles.contains(&role) => self.role = role,
            Effect::SetRole(role) => {
                let shown: String = role.chars().filter(|letter| !letter.is_control()).take(SHOWN_ID_CHARACTERS_MAX).collect();
                return Err(format!("It wanted to give the role \"{shown}\", which the tenant does not have."));
            }
            Effect::AddGroup(group) => {
                let group = group.parse().map_err(|_| "It wanted to add a group by what is no group's id.".to_owned())?;
                if !self.groups.contains(&group) {
                    self.groups.push(group);
                }
            }
            Effect::RemoveGroup(group) => self.groups.retain(|known| known.to_string() != group),
            Effect::AddNamedGroup(name) => {
                if name.trim().is_empty() {
                    return Err("It wanted to add a group with a blank name.".to_owned());
                }
                if self.named_groups.len() == GROUPS_OF_USER_MAX {
                    return Err(format!("It wanted to add more than {GROUPS_OF_USER_MAX} groups by name."));
                }
                if !self.named_groups.contains(&name) {
                    self.named_groups.push(name);
                }
            }
            Effect::RemoveNamedGroup(name) => self.named_groups.retain(|known| *known != name),
            Effect::SetUserName(name) if !name.is_empty() => self.user_name = name,
            Effect::SetUserName(_) => return Err("It wanted to set an empty userName.".to_owned()),
            Effect::SetDisplayName(name) => self.display_name = name,
            Effect::SetAttribute(attribute) => {
                if set.insert(attribute.path.clone()) {
                    self.clear(attribute.path.clone());
                }
                let values = self.attributes.iter_mut().find(|(known, _)| *known == attribute.path);
                values.into_iter().for_each(|(_, values)| values.push(attribute.value.clone()));
            }
            Effect::RemoveAttribute(path) => self.clear(path),
        }
        Ok(())
    }

    fn clear(&mut self, path: String) {
        self.attributes.retain(|(known, _)| *known != path);
        self.attributes.push((path, Vec::new()));
    }
}

impl GroupView {
    /// Makes a policy's change.
    ///
    /// # Errors
    /// In words for an operator, if the change is none that a policy may make.
    pub(super) fn apply(&mut self, effect: policy::GroupEffect) -> Result<(), String> {
        match effect {
            policy::GroupEffect::Include => self.included = true,
            policy::GroupEffect::Exclude => self.included = false,
            policy::GroupEffect::SetDisplayName(name) if !name.is_empty() => self.display_name = name,
            policy::GroupEffect::SetDisplayName(_) => return Err("It wanted to set an empty displayName.".to_owned()),
        }
        Ok(())
    }
}

/// A change as it is kept, under the contract's name for it.
pub(super) fn of_user(change: &policy::UserChange) -> VerdictChange {
    use policy::UserEffect as Effect;
    let (effect, value) = match &change.effect {
        Effect::Include => ("include", None),
        Effect::Exclude => ("exclude", None),
        Effect::SetStatus(policy::Status::Active) => ("set-status", Some(json!("active"))),
        Effect::SetStatus(policy::Status::Suspended) => ("set-status", Some(json!("suspended"))),
        Effect::SetStatus(policy::Status::Blocked) => ("set-status", Some(json!("blocked"))),
        Effect::SetRole(role) => ("set-role", Some(json!(role))),
        Effect::AddGroup(group) => ("add-group", Some(json!(group))),
        Effect::RemoveGroup(group) => ("remove-group", Some(json!(group))),
        Effect::AddNamedGroup(name) => ("add-named-group", Some(json!(name))),
        Effect::RemoveNamedGroup(name) => ("remove-named-group", Some(json!(name))),
        Effect::SetUserName(name) => ("set-user-name", Some(json!(name))),
        Effect::SetDisplayName(name) => ("set-display-name", Some(json!(name))),
        Effect::SetAttribute(attribute) => ("set-attribute", Some(json!({"path": attribute.path, "value": to_json(&attribute.value)}))),
        Effect::RemoveAttribute(path) => ("remove-attribute", Some(json!(path))),
    };
    VerdictChange { effect: effect.to_owned(), value, reason: change.reason.clone() }
}

/// A change as it is kept, under the contract's name for it.
pub(super) fn of_group(change: &policy::GroupChange) -> VerdictChange {
    let (effect, value) = match &change.effect {
        policy::GroupEffect::Include => ("include", None),
        policy::GroupEffect::Exclude => ("exclude", None),
        policy::GroupEffect::SetDisplayName(name) => ("set-display-name", Some(json!(name))),
    };
    VerdictChange { effect: effect.to_owned(), value, reason: change.reason.clone() }
}

fn to_json(value: &policy::Value) -> Value {
    match value {
        policy::Value::Text(text) => json!(text),
        policy::Value::Boolean(truth) => json!(truth),
        policy::Value::Integer(number) => json!(number),
        policy::Value::Decimal(number) => json!(number),
        // What is no JSON is kept as the text it is.
        policy::Value::Json(text) => serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
    }
}

/// Sets the attribute at a SCIM path in a member's attributes, or removes it if there are no values.
///
/// # Errors
/// In words for an operator, if no schema knows the path.
pub(super) fn set_attribute(
    attributes: &mut Map<String, Value>,
    scim: &ResourceType,
    path: &str,
    values: &[policy::Value],
) -> Result<(), String> {
    let path = doorlist_scim::AttrPath::parse(path, scim).map_err(|_| "It wanted to set an attribute that no schema knows.".to_owned())?;
    let multi_valued = scim.attribute(&path).is_some_and(|attribute| attribute.multi_valued);
    let mut steps: Vec<String> = path.urn.into_iter().collect();
    steps.extend(Some(path.name).filter(|name| !name.is_empty()));
    steps.extend(path.sub);
    let Some(last) = steps.pop() else { return Ok(()) };
    let mut place = attributes;
    for step in steps {
        let next = place.entry(step).or_insert_with(|| json!({}));
        if !next.is_object() {
            *next = json!({});
        }
        let Some(object) = next.as_object_mut() else { return Ok(()) };
        place = object;
    }
    match values {
        [] => drop(place.remove(&last)),
        values if multi_valued => drop(place.insert(last, values.iter().map(to_json).collect())),
        [value] => drop(place.insert(last, to_json(value))),
        _ => return Err("It wanted to set several values of an attribute that has one.".to_owned()),
    }
    Ok(())
}
