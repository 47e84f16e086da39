//! From JSON to the contract's values.

use super::read::{Object, Result, Wrong, boolean, list, list_of, text, word};
use crate::policy::bindings::v1::doorlist::policy::types::Manifest;
use crate::policy::limits::{CHANGES_MAX, ITEM_TEXT_BYTES_MAX, WORDS_MAX};
use crate::policy::{
    Attribute, Current, Group, GroupChange, GroupEffect, GroupRef, GroupView, Issued, Lifecycle, Problem, Status, User, UserChange,
    UserEffect, UserView, Value,
};
use serde_json::Value as Json;

/// The id of an item that has none.
const ID: &str = "0192f0c1-0000-7000-8000-000000000001";
/// The role of a user that has none.
const ROLE: &str = "user";

const LIFECYCLES: [(&str, Lifecycle); 3] =
    [("active", Lifecycle::Active), ("inactive", Lifecycle::Inactive), ("deleted", Lifecycle::Deleted)];
const ISSUED: [(&str, Issued); 2] = [("scim", Issued::Scim), ("api", Issued::Api)];
const STATUSES: [(&str, Status); 3] = [("active", Status::Active), ("suspended", Status::Suspended), ("blocked", Status::Blocked)];

/// A user. Only `userName` must be there: the rest is as if the identity provider had just created the user in those
/// groups, and no policy had been asked yet. A group without an id has its name for one.
///
/// # Errors
///
/// What is wrong, behind the JSON Pointer of where.
pub fn user(json: &Json) -> std::result::Result<User, String> {
    read_user(json).map_err(|wrong| wrong.to_string())
}

/// A group. Only `displayName` must be there: the rest is as if the identity provider had just created the group, and no
/// policy had been asked yet.
///
/// # Errors
///
/// What is wrong, behind the JSON Pointer of where.
pub fn group(json: &Json) -> std::result::Result<Group, String> {
    read_group(json).map_err(|wrong| wrong.to_string())
}

fn read_user(json: &Json) -> Result<User> {
    let known = ["id", "externalId", "userName", "displayName", "lifecycle", "groups", "attributes", "facts", "current", "view"];
    let object = Object::of(json, &known)?;
    let lifecycle = object.get("lifecycle", |value| word(value, &LIFECYCLES))?.unwrap_or(Lifecycle::Active);
    let groups = object.get("groups", |value| list(value, group_ref))?.unwrap_or_default();
    let current =
        object.get("current", current)?.unwrap_or_else(|| Current { issued: Issued::Scim, status: Status::Active, role: ROLE.to_owned() });
    let user_name = object.need("userName", text)?;
    let display_name = object.get("displayName", text)?.unwrap_or_default();
    let first = UserView {
        included: lifecycle != Lifecycle::Deleted,
        status: if lifecycle == Lifecycle::Active { Status::Active } else { Status::Suspended },
        role: current.role.clone(),
        user_name: user_name.clone(),
        display_name: display_name.clone(),
        groups: groups.iter().map(|group| group.id.clone()).collect(),
        named_groups: Vec::new(),
        attributes: Vec::new(),
    };
    Ok(User {
        id: object.get("id", text)?.unwrap_or_else(|| ID.to_owned()),
        external_id: object.get("externalId", text)?,
        user_name,
        display_name,
        lifecycle,
        groups,
        attributes: object.get("attributes", |value| list(value, attribute))?.unwrap_or_default(),
        facts: object.get("facts", |value| list(value, attribute))?.unwrap_or_default(),
        current,
        view: match object.get("view", |value| user_view(value, &first))? {
            Some(view) => view,
            None => first,
        },
    })
}

fn user_view(json: &Json, first: &UserView) -> Result<UserView> {
    let known = ["included", "status", "role", "userName", "displayName", "groups", "namedGroups", "attributes"];
    let object = Object::of(json, &known)?;
    let named = |name: &str, first: &str| Ok(object.get(name, text)?.unwrap_or_else(|| first.to_owned()));
    Ok(UserView {
        included: object.get("included", boolean)?.unwrap_or(first.included),
        status: object.get("status", |value| word(value, &STATUSES))?.unwrap_or(first.status),
        role: named("role", &first.role)?,
        user_name: named("userName", &first.user_name)?,
        display_name: named("displayName", &first.display_name)?,
        groups: object.get("groups", |value| list(value, text))?.unwrap_or_else(|| first.groups.clone()),
        named_groups: object.get("namedGroups", |value| list(value, text))?.unwrap_or_default(),
        attributes: object.get("attributes", |value| list(value, attribute))?.unwrap_or_default(),
    })
}

fn read_group(json: &Json) -> Result<Group> {
    let known = ["id", "externalId", "displayName", "lifecycle", "attributes", "facts", "view"];
    let object = Object::of(json, &known)?;
    let lifecycle = object.get("lifecycle", |value| word(value, &LIFECYCLES))?.unwrap_or(Lifecycle::Active);
    let display_name = object.need("displayName", text)?;
    let first = GroupView { included: lifecycle != Lifecycle::Deleted, display_name: display_name.clone() };
    Ok(Group {
        id: object.get("id", text)?.unwrap_or_else(|| ID.to_owned()),
        external_id: object.get("externalId", text)?,
        display_name,
        lifecycle,
        attributes: object.get("attributes", |value| list(value, attribute))?.unwrap_or_default(),
        facts: object.get("facts", |value| list(value, attribute))?.unwrap_or_default(),
        view: match object.get("view", |value| group_view(value, &first))? {
            Some(view) => view,
            None => first,
        },
    })
}

fn group_view(json: &Json, first: &GroupView) -> Result<GroupView> {
    let object = Object::of(json, &["included", "displayName"])?;
    Ok(GroupView {
        included: object.get("included", boolean)?.unwrap_or(first.included),
        display_name: object.get("displayName", text)?.unwrap_or_else(|| first.display_name.clone()),
    })
}

fn group_ref(json: &Json) -> Result<GroupRef> {
    let object = Object::of(json, &["id", "name"])?;
    let name = object.need("name", text)?;
    Ok(GroupRef { id: object.get("id", text)?.unwrap_or_else(|| name.clone()), name })
}

fn current(json: &Json) -> Result<Current> {
    let object = Object::of(json, &["issued", "status", "role"])?;
    Ok(Current {
        issued: object.get("issued", |value| word(value, &ISSUED))?.unwrap_or(Issued::Scim),
        status: object.get("status", |value| word(value, &STATUSES))?.unwrap_or(Status::Active),
        role: object.get("role", text)?.unwrap_or_else(|| ROLE.to_owned()),
    })
}

fn attribute(json: &Json) -> Result<Attribute> {
    let object = Object::of(json, &["path", "value"])?;
    Ok(Attribute { path: object.need("path", text)?, value: object.need("value", value)? })
}

fn value(json: &Json) -> Result<Value> {
    Ok(match json {
        Json::String(_) => Value::Text(text(json)?),
        Json::Bool(truth) => Value::Boolean(*truth),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(integer), _) => Value::Integer(integer),
            (None, Some(decimal)) => Value::Decimal(decimal),
            (None, None) => return Err(Wrong::new("It must be a number that fits 64 bits.")),
        },
        // Of a multi-valued attribute each value comes alone; an array within one is for a schema to judge.
        Json::Object(_) | Json::Array(_) => {
            let text = json.to_string();
            if text.len() > ITEM_TEXT_BYTES_MAX {
                return Err(Wrong::new(format!("It must not have more than {} KiB.", ITEM_TEXT_BYTES_MAX >> 10)));
            }
            Value::Json(text)
        }
        Json::Null => return Err(Wrong::new("It must not be null.")),
    })
}

/// The changes of a user's view in one answer.
pub fn user_changes(json: &Json) -> Result<Vec<UserChange>> {
    list_of(json, CHANGES_MAX + 1, |change| {
        let (effect, object) = effect(change)?;
        let named = || object.need("value", text);
        let effect = match effect {
            "include" => UserEffect::Include,
            "exclude" => UserEffect::Exclude,
            "set-status" => UserEffect::SetStatus(object.need("value", |value| word(value, &STATUSES))?),
            "set-role" => UserEffect::SetRole(named()?),
            "add-group" => UserEffect::AddGroup(named()?),
            "remove-group" => UserEffect::RemoveGroup(named()?),
            "add-named-group" => UserEffect::AddNamedGroup(named()?),
            "remove-named-group" => UserEffect::RemoveNamedGroup(named()?),
            "set-user-name" => UserEffect::SetUserName(named()?),
            "set-display-name" => UserEffect::SetDisplayName(named()?),
            "set-attribute" => UserEffect::SetAttribute(object.need("value", attribute)?),
            "remove-attribute" => UserEffect::RemoveAttribute(named()?),
            _ => return Err(Wrong::new("It must be an effect that the contract has for users.").under("effect")),
        };
        Ok(UserChange { effect, reason: reason(&object)? })
    })
}

/// The changes of a group's view in one answer.
pub fn group_changes(json: &Json) -> Result<Vec<GroupChange>> {
    list_of(json, CHANGES_MAX + 1, |change| {
        let (effect, object) = effect(change)?;
        let effect = match effect {
            "include" => GroupEffect::Include,
            "exclude" => GroupEffect::Exclude,
            "set-display-name" => GroupEffect::SetDisplayName(object.need("value", text)?),
            _ => return Err(Wrong::new("It must be include, exclude or set-display-name.").under("effect")),
        };
        Ok(GroupChange { effect, reason: reason(&object)? })
    })
}

fn effect(change: &Json) -> Result<(&str, Object<'_>)> {
    let object = Object::of(change, &["effect", "value", "reason"])?;
    let effect = object.need("effect", |value| value.as_str().ok_or_else(|| Wrong::new("It must be text.")))?;
    Ok((effect, object))
}

fn reason(object: &Object<'_>) -> Result<String> {
    Ok(object.get("reason", text)?.unwrap_or_default())
}

/// What a plugin of world `policy-json` says of itself.
pub fn manifest(json: &Json) -> Result<Manifest> {
    let object = Object::of(json, &["name", "version", "description", "settingsSchema", "reads", "writes"])?;
    // One more than fits, so that the manifest's own check says what is too much.
    let words = |name: &str| Ok(object.get(name, |value| list_of(value, WORDS_MAX + 1, text))?.unwrap_or_default());
    Ok(Manifest {
        name: object.need("name", text)?,
        version: object.need("version", text)?,
        description: object.get("description", text)?.unwrap_or_default(),
        settings_schema: object.get("settingsSchema", |schema| Ok(schema.to_string()))?.unwrap_or_else(|| "{}".to_owned()),
        reads: words("reads")?,
        writes: words("writes")?,
    })
}

/// What a plugin of world `policy-json` has against settings.
pub fn problems(json: &Json) -> Result<Vec<Problem>> {
    list(json, |problem| {
        let object = Object::of(problem, &["pointer", "message"])?;
        Ok(Problem { pointer: object.get("pointer", text)?.unwrap_or_default(), message: object.need("message", text)? })
    })
}
