//! From the contract's values to JSON.

use crate::policy::{
    Attribute, Group, GroupChange, GroupEffect, GroupView, Issued, Lifecycle, Status, User, UserChange, UserEffect, UserView, Value,
};
use serde_json::{Value as Json, json};

/// A user as world `policy-json` is given it.
pub fn user_to_json(user: &User) -> Json {
    let mut shown = json!({
        "id": user.id,
        "userName": user.user_name,
        "displayName": user.display_name,
        "lifecycle": lifecycle(user.lifecycle),
        "groups": user.groups.iter().map(|group| json!({"id": group.id, "name": group.name})).collect::<Vec<_>>(),
        "attributes": attributes(&user.attributes),
        "facts": attributes(&user.facts),
        "current": {"issued": issued(user.current.issued), "status": status(user.current.status), "role": user.current.role},
        "view": user_view_to_json(&user.view),
    });
    external_id(&mut shown, user.external_id.as_ref());
    shown
}

/// A user's view as it is in [`user_to_json`].
pub fn user_view_to_json(view: &UserView) -> Json {
    json!({
        "included": view.included,
        "status": status(view.status),
        "role": view.role,
        "userName": view.user_name,
        "displayName": view.display_name,
        "groups": view.groups,
        "namedGroups": view.named_groups,
        "attributes": attributes(&view.attributes),
    })
}

/// A group as world `policy-json` is given it.
pub fn group_to_json(group: &Group) -> Json {
    let mut shown = json!({
        "id": group.id,
        "displayName": group.display_name,
        "lifecycle": lifecycle(group.lifecycle),
        "attributes": attributes(&group.attributes),
        "facts": attributes(&group.facts),
        "view": group_view_to_json(&group.view),
    });
    external_id(&mut shown, group.external_id.as_ref());
    shown
}

/// A group's view as it is in [`group_to_json`].
pub fn group_view_to_json(view: &GroupView) -> Json {
    json!({"included": view.included, "displayName": view.display_name})
}

/// A change of a user's view, with its reason.
pub fn user_change_to_json(change: &UserChange) -> Json {
    let (effect, value) = match &change.effect {
        UserEffect::Include => ("include", Json::Null),
        UserEffect::Exclude => ("exclude", Json::Null),
        UserEffect::SetStatus(to) => ("set-status", json!(status(*to))),
        UserEffect::SetRole(role) => ("set-role", json!(role)),
        UserEffect::AddGroup(id) => ("add-group", json!(id)),
        UserEffect::RemoveGroup(id) => ("remove-group", json!(id)),
        UserEffect::AddNamedGroup(name) => ("add-named-group", json!(name)),
        UserEffect::RemoveNamedGroup(name) => ("remove-named-group", json!(name)),
        UserEffect::SetUserName(name) => ("set-user-name", json!(name)),
        UserEffect::SetDisplayName(name) => ("set-display-name", json!(name)),
        UserEffect::SetAttribute(set) => ("set-attribute", attribute(set)),
        UserEffect::RemoveAttribute(path) => ("remove-attribute", json!(path)),
    };
    change_to_json(effect, value, &change.reason)
}

/// A change of a group's view, with its reason.
pub fn group_change_to_json(change: &GroupChange) -> Json {
    let (effect, value) = match &change.effect {
        GroupEffect::Include => ("include", Json::Null),
        GroupEffect::Exclude => ("exclude", Json::Null),
        GroupEffect::SetDisplayName(name) => ("set-display-name", json!(name)),
    };
    change_to_json(effect, value, &change.reason)
}

fn change_to_json(effect: &str, value: Json, reason: &str) -> Json {
    if value.is_null() { json!({"effect": effect, "reason": reason}) } else { json!({"effect": effect, "value": value, "reason": reason}) }
}

fn external_id(shown: &mut Json, id: Option<&String>) {
    if let (Some(shown), Some(id)) = (shown.as_object_mut(), id) {
        shown.insert("externalId".to_owned(), json!(id));
    }
}

fn attributes(attributes: &[Attribute]) -> Vec<Json> {
    attributes.iter().map(attribute).collect()
}

fn attribute(attribute: &Attribute) -> Json {
    json!({"path": attribute.path, "value": value(&attribute.value)})
}

fn value(value: &Value) -> Json {
    match value {
        Value::Text(text) => json!(text),
        Value::Boolean(truth) => json!(truth),
        Value::Integer(number) => json!(number),
        Value::Decimal(number) => json!(number),
        // What is no JSON is shown as the text it is.
        Value::Json(text) => serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
    }
}

fn lifecycle(lifecycle: Lifecycle) -> &'static str {
    match lifecycle {
        Lifecycle::Active => "active",
        Lifecycle::Inactive => "inactive",
        Lifecycle::Deleted => "deleted",
    }
}

fn issued(issued: Issued) -> &'static str {
    match issued {
        Issued::Scim => "scim",
        Issued::Api => "api",
    }
}

fn status(status: Status) -> &'static str {
    match status {
        Status::Active => "active",
        Status::Suspended => "suspended",
        Status::Blocked => "blocked",
    }
}
