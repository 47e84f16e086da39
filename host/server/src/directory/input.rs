//! Inputs: the items a policy is given, with what it declared to read and nothing else.

use doorlist_scim::AttrPath;
use doorlist_scim::{Projection, ResourceType};
use serde_json::Value;

use super::member::Status;
use super::subject::{GroupSubject, Setting, UserSubject};
use super::view::{GroupView, UserView};
use crate::admin::connections::Provider;
use crate::policy::{self, Attribute, Reads};
use crate::store::layout::{GROUP, USER};

/// The item for a user.
pub(super) fn user(setting: &Setting, subject: &UserSubject, view: &UserView, reads: &Reads) -> policy::User {
    let given = |read: bool, text: &str| if read { text.to_owned() } else { String::new() };
    let groups = if reads.groups { subject.groups.as_slice() } else { &[] };
    let blocked = subject.is_blocked();
    policy::User {
        id: if reads.id { subject.due.id.to_string() } else { String::new() },
        external_id: subject.external_id.clone().filter(|_| reads.external_id),
        user_name: given(reads.user_name, &subject.user_name),
        display_name: given(reads.display_name, &subject.display_name),
        lifecycle: subject.lifecycle,
        groups: groups.iter().map(|(id, name)| policy::GroupRef { id: id.to_string(), name: name.clone() }).collect(),
        attributes: if reads.all_attributes || !reads.attributes.is_empty() {
            attributes(&setting.kind(USER).scim, subject.resource.read(), reads)
        } else {
            Vec::new()
        },
        facts: facts(setting, subject.due.connection, reads),
        current: policy::Current {
            issued: policy::Issued::Scim,
            status: if blocked && reads.current { policy::Status::Blocked } else { policy::Status::Active },
            role: given(reads.current, subject.base_role(setting)),
        },
        view: user_view(view, reads),
    }
}

fn user_view(view: &UserView, reads: &Reads) -> policy::UserView {
    let given = |read: bool, text: &str| if read { text.to_owned() } else { String::new() };
    let attributes = if reads.view { view.attributes.as_slice() } else { &[] };
    policy::UserView {
        included: view.included,
        status: if view.status == Status::Active { policy::Status::Active } else { policy::Status::Suspended },
        role: given(reads.view, &view.role),
        user_name: given(reads.view && reads.user_name, &view.user_name),
        display_name: given(reads.view && reads.display_name, &view.display_name),
        groups: view.groups.iter().filter(|_| reads.view && reads.groups).map(ToString::to_string).collect(),
        named_groups: view.named_groups.iter().filter(|_| reads.view && reads.groups).cloned().collect(),
        attributes: attributes
            .iter()
            .flat_map(|(path, values)| values.iter().map(|value| Attribute { path: path.clone(), value: value.clone() }))
            .collect(),
    }
}

/// The item for a group.
pub(super) fn group(setting: &Setting, subject: &GroupSubject, view: &GroupView, reads: &Reads) -> policy::Group {
    let given = |read: bool, text: &str| if read { text.to_owned() } else { String::new() };
    policy::Group {
        id: if reads.id { subject.due.id.to_string() } else { String::new() },
        external_id: subject.external_id.clone().filter(|_| reads.external_id),
        display_name: given(reads.display_name, &subject.display_name),
        lifecycle: policy::Lifecycle::Active,
        attributes: attributes(&setting.kind(GROUP).scim, &subject.resource, reads),
        facts: facts(setting, subject.due.connection, reads),
        view: policy::GroupView { included: view.included, display_name: given(reads.view, &view.display_name) },
    }
}

/// The declared attributes, one for each value. A path that no schema knows has none, nor has one to what the schemas say nobody reads.
fn attributes(kind: &ResourceType, resource: &doorlist_scim::Resource, reads: &Reads) -> Vec<Attribute> {
    let mut attributes = if reads.all_attributes { all_attributes(kind, resource) } else { Vec::new() };
    for path in &reads.attributes {
        let Ok(parsed) = AttrPath::parse(path, kind) else { continue };
        let attribute = AttrPath { sub: None, ..parsed.clone() };
        if [&attribute, &parsed].into_iter().any(|path| kind.attribute(path).is_some_and(doorlist_scim::Attribute::is_hidden)) {
            continue;
        }
        for value in parsed.values(resource) {
            attributes.push(Attribute { path: path.clone(), value: to_value(value) });
        }
    }
    attributes
}

/// Every attribute at the top of the resource, the objects of extensions among them, one for each value and without what nobody reads.
fn all_attributes(kind: &ResourceType, resource: &doorlist_scim::Resource) -> Vec<Attribute> {
    let mut shown = resource.clone();
    Projection::full().of_body().apply(kind, &mut shown);
    let mut attributes = Vec::new();
    for (path, value) in &shown {
        let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        attributes.extend(values.iter().map(|value| Attribute { path: path.clone(), value: to_value(value) }));
    }
    attributes
}

fn to_value(value: &Value) -> policy::Value {
    match value {
        Value::String(text) => policy::Value::Text(text.clone()),
        Value::Bool(truth) => policy::Value::Boolean(*truth),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(integer), _) => policy::Value::Integer(integer),
            (None, Some(decimal)) => policy::Value::Decimal(decimal),
            (None, None) => policy::Value::Json(number.to_string()),
        },
        other => policy::Value::Json(other.to_string()),
    }
}

/// A provider as the admin API names it.
fn provider(provider: Provider) -> &'static str {
    match provider {
        Provider::Jumpcloud => "jumpcloud",
        Provider::Okta => "okta",
        Provider::Entra => "entra",
        Provider::Generic => "generic",
    }
}

/// What is known beside attributes.
fn facts(setting: &Setting, connection: u32, reads: &Reads) -> Vec<Attribute> {
    let Some(connection) = setting.connections.get(&connection).filter(|_| reads.facts) else { return Vec::new() };
    [("connection.provider", provider(connection.provider)), ("connection.name", connection.name.as_str())]
        .into_iter()
        .map(|(path, text)| Attribute { path: path.to_owned(), value: policy::Value::Text(text.to_owned()) })
        .collect()
}
