//! Items as SCIM resources, which conditions and templates are read against.
//!
//! What the identity provider sent is under its own names. What else is known stands under the URN `urn:doorlist`, which no attribute of a client can reach.

use std::sync::Arc;

use doorlist_scim::{Resource, ResourceType, Schema};
use doorlist_sdk::{Attribute, Group, GroupRef, Issued, Lifecycle, Status, User, Value};
use serde_json::{Map, Value as Json, json};

use crate::needs::Needs;

/// The URN of what is known beside SCIM attributes.
pub(crate) const URN: &str = "urn:doorlist";

const OF_USERS: &str = include_str!("../schemas/user.json");
const OF_GROUPS: &str = include_str!("../schemas/group.json");

/// Users as rules see them, with the tenant's own schemas.
pub(crate) fn users(more: &[Arc<Schema>]) -> ResourceType {
    extended(ResourceType::user(), OF_USERS, more)
}

/// Groups as rules see them, with the tenant's own schemas.
pub(crate) fn groups(more: &[Arc<Schema>]) -> ResourceType {
    extended(ResourceType::group(), OF_GROUPS, more)
}

fn extended(rt: &ResourceType, own: &str, more: &[Arc<Schema>]) -> ResourceType {
    // Both texts are compiled in, and a test reads them; without them a rule that names them would be refused.
    let own = serde_json::from_str(own).ok().and_then(|json| Schema::from_json(&json).ok()).map(Arc::new);
    rt.with_extensions(own.into_iter().chain(more.iter().cloned()).map(|schema| (schema, false)))
}

/// Whether a URN, or a key that begins with one, is ours.
pub(crate) fn is_ours(name: &str) -> bool {
    let head = name.get(..URN.len()).is_some_and(|head| head.eq_ignore_ascii_case(URN));
    head && name.get(URN.len()..).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
}

/// What is needed of the user as a server shows it, with what else is known but for the view.
pub(crate) fn user(item: &User, needs: &Needs) -> Resource {
    let mut resource = attributes(&item.attributes, needs);
    names(&mut resource, &item.id, item.external_id.as_deref());
    resource.entry("userName").or_insert_with(|| json!(item.user_name));
    if item.lifecycle == Lifecycle::Deleted {
        // What the directory still has is all there is.
        resource.insert("active".to_owned(), Json::Bool(false));
        if !item.display_name.is_empty() {
            resource.entry("displayName").or_insert_with(|| json!(item.display_name));
        }
    }
    if !item.groups.is_empty() && needs.key("groups") {
        resource.insert("groups".to_owned(), item.groups.iter().map(group_of_user).collect());
    }
    if !needs.ours {
        return resource;
    }
    let mut known = known(item.lifecycle, &item.facts);
    let issued = if item.current.issued == Issued::Scim { "scim" } else { "api" };
    let current = json!({"issued": issued, "status": status(item.current.status), "role": item.current.role});
    known.insert("current".to_owned(), current);
    resource.insert(URN.to_owned(), Json::Object(known));
    resource
}

/// What is needed of the group as a server shows it, with what else is known but for the view.
pub(crate) fn group(item: &Group, needs: &Needs) -> Resource {
    let mut resource = attributes(&item.attributes, needs);
    names(&mut resource, &item.id, item.external_id.as_deref());
    resource.entry("displayName").or_insert_with(|| json!(item.display_name));
    if needs.ours {
        resource.insert(URN.to_owned(), Json::Object(known(item.lifecycle, &item.facts)));
    }
    resource
}

/// Puts what is proposed beside what is known.
pub(crate) fn propose(resource: &mut Resource, view: Json, groups: Option<Json>) {
    let Some(known) = resource.get_mut(URN).and_then(Json::as_object_mut) else { return };
    known.insert("view".to_owned(), view);
    if let Some(groups) = groups {
        known.insert("groups".to_owned(), groups);
    }
}

fn names(resource: &mut Resource, id: &str, external_id: Option<&str>) {
    if !id.is_empty() {
        resource.entry("id").or_insert_with(|| json!(id));
    }
    if let Some(external_id) = external_id {
        resource.entry("externalId").or_insert_with(|| json!(external_id));
    }
}

fn group_of_user(group: &GroupRef) -> Json {
    json!({"value": group.id, "display": group.name, "type": "direct"})
}

/// A status as the contract names it.
pub(crate) fn status(status: Status) -> &'static str {
    match status {
        Status::Active => "active",
        Status::Suspended => "suspended",
        Status::Blocked => "blocked",
    }
}

/// The needed ones of the attributes that the host gives, those of several values as lists.
fn attributes(given: &[Attribute], needs: &Needs) -> Resource {
    let mut resource = Resource::new();
    for attribute in given.iter().filter(|attribute| !is_ours(&attribute.path) && needs.key(&attribute.path)) {
        let value = to_json(&attribute.value);
        match resource.get_mut(&attribute.path) {
            None => drop(resource.insert(attribute.path.clone(), value)),
            Some(Json::Array(list)) => list.push(value),
            Some(one) => *one = Json::Array(vec![one.take(), value]),
        }
    }
    resource
}

fn to_json(value: &Value) -> Json {
    match value {
        Value::Text(text) => json!(text),
        Value::Boolean(truth) => json!(truth),
        Value::Integer(number) => json!(number),
        Value::Decimal(number) => json!(number),
        Value::Json(text) => serde_json::from_str(text).unwrap_or_default(),
    }
}

/// What is known of users and groups alike. A fact `a.b` is the sub-attribute `b` of `a`.
fn known(lifecycle: Lifecycle, facts: &[Attribute]) -> Map<String, Json> {
    let mut known = Map::new();
    for fact in facts {
        let (name, sub) = fact.path.split_once('.').unwrap_or((&fact.path, "value"));
        if let Some(object) = known.entry(name).or_insert_with(|| json!({})).as_object_mut() {
            object.insert(sub.to_owned(), to_json(&fact.value));
        }
    }
    let lifecycle = match lifecycle {
        Lifecycle::Active => "active",
        Lifecycle::Inactive => "inactive",
        Lifecycle::Deleted => "deleted",
    };
    known.insert("lifecycle".to_owned(), json!(lifecycle));
    known
}

#[cfg(test)]
mod tests {
    use super::*;
    use doorlist_scim::{AttrPath, Filter};

    /// What rules need that look at all of these.
    fn needs(paths: &[&str]) -> Needs {
        let mut needs = Needs::default();
        paths.iter().for_each(|path| needs.add(&AttrPath::parse(path, &users(&[])).expect("it is a path")));
        needs
    }

    #[test]
    fn the_embedded_schemas_are_schemas() {
        for (rt, path) in [(users(&[]), "urn:doorlist:groups.display"), (groups(&[]), "URN:Doorlist:view.displayName")] {
            assert!(AttrPath::parse(path, &rt).is_ok(), "{path}");
        }
    }

    #[test]
    fn no_client_reaches_what_is_ours() {
        let rt = users(&[]);
        let lie = json!({"role": "owner", "included": true, "provider": "okta"}).to_string();
        for key in ["urn:doorlist", "URN:DOORLIST", "urn:doorlist:view", "urn:Doorlist:view.role", "urn:doorlist:connection.provider"] {
            let mut ada = User::sample("ada");
            ada.attributes.push(Attribute { path: key.into(), value: Value::Json(lie.clone()) });
            ada.attributes.push(Attribute::text(key, "owner"));
            let mut resource = user(&ada, &needs(&["urn:doorlist:lifecycle", "title"]));
            propose(&mut resource, json!({"role": "user"}), None);
            for filter in
                ["urn:doorlist:view.role eq \"owner\"", "urn:doorlist:connection.provider pr", "urn:doorlist:lifecycle ne \"active\""]
            {
                let filter = Filter::parse(filter, &rt).expect("it is a filter");
                assert!(!filter.matches(&rt, &resource), "{filter} by {key}");
            }
        }
        assert!(!is_ours("urn:doorlistings:x") && !is_ours("urn:door"));
    }

    #[test]
    fn a_deleted_user_is_what_the_directory_has() {
        let mut ada = User { lifecycle: Lifecycle::Deleted, display_name: "Ada".into(), ..User::sample("ada") };
        ada.attributes.push(Attribute::text("title", "Countess"));
        let needs = needs(&["title", "urn:doorlist:lifecycle"]);
        let resource = user(&ada, &needs);
        assert_eq!(resource["active"], false);
        assert_eq!(
            (&resource["userName"], &resource["displayName"], &resource["title"]),
            (&json!("ada"), &json!("Ada"), &json!("Countess"))
        );
        assert_eq!(resource[URN]["lifecycle"], "deleted");
        assert!(
            !user(&User { display_name: "Ada".into(), ..User::sample("ada") }, &needs).contains_key("displayName"),
            "it is not what the provider sent"
        );
    }
}
