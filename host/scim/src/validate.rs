//! From the body of a POST or PUT to a [`Resource`].
//!
//! Strict about types, lenient about everything else that a client may sensibly send: letter case of
//! names, nulls and empty lists, read-only attributes, missing `schemas`. Canonical values are
//! suggestions (RFC 7643, section 2.4): a value that equals one but for letter case takes its spelling,
//! where letter case does not count, and any other is kept. What no schema defines is kept as it was
//! sent.
//!
//! This module does not know whether a `userName` is taken, whether a member exists, or what the
//! service provider puts into `id` and `meta`.

use std::collections::HashSet;

use serde_json::Value;

use crate::Resource;
use crate::error::{Error, ErrorKind};
use crate::limits::{MEMBER_VALUE_BYTES_MAX, MEMBERS_PER_REQUEST_MAX, MULTI_VALUE_ELEMENTS_MAX, NAME_BYTES_MAX};
use crate::path::{AttrPath, echo};
use crate::quirks;
use crate::schema::{Attribute, ResourceType};
use crate::write::adopt::adopted;
use crate::write::keys::{Steps, Verb};
use crate::write::{Budget, finish, required};

pub use crate::write::finish::name_schemas;

/// A checked body.
#[derive(Clone, Debug, PartialEq)]
pub struct Incoming {
    /// The resource, without its rows attribute. What the service provider assigns (`id`, `meta`) is
    /// not in it after [`create`], and is the stored one after [`replace`].
    pub resource: Resource,
    /// The elements of the rows attribute. `None` if the body does not have it, which leaves the
    /// stored elements as they are; null and the empty list are no elements.
    pub elements: Option<Vec<Element>>,
}

/// One element of the rows attribute, such as a member of a group.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Element {
    /// The identifier of the resource the element points at, in the client's letter case.
    pub value: String,
    /// The resource type of that resource (`type`), if the client said it.
    pub kind: Option<String>,
}

/// Checks the body of a POST (RFC 7644, section 3.3).
///
/// # Errors
/// `invalidSyntax` if the body is no object or `schemas` is no list of strings; `invalidValue` if
/// something required is missing, given twice or of the wrong type, or a bound of
/// [`limits`](crate::limits) is passed; [`ErrorKind::PayloadTooLarge`] for too many elements.
pub fn create(rt: &ResourceType, body: &Value) -> Result<Incoming, Error> {
    let (mut incoming, hidden) = read(rt, body, None)?;
    finish::finish(rt, &mut incoming.resource)?;
    required::demand_hidden(rt, None, &incoming.resource, &hidden)?;
    Ok(incoming)
}

/// Checks the body of a PUT against the stored resource (RFC 7644, section 3.5.1).
///
/// What the body does not assign is cleared, except for what only the service provider writes, what
/// can be written only once, and [`KEPT_WHEN_ABSENT`](quirks::KEPT_WHEN_ABSENT).
///
/// A required extension, or a required part of one, that the stored resource lacks too may be missing: the
/// schema may be younger than the resource, and a client that knows nothing of it must still be able to
/// deactivate somebody. Of multi-valued attributes no more values may lack a part than before. What is required
/// and never kept is asked for again only with an extension that the resource does not have yet.
///
/// # Errors
/// Those of [`create`], and `mutability` if the body changes an immutable attribute.
pub fn replace(rt: &ResourceType, current: &Resource, body: &Value) -> Result<Incoming, Error> {
    let current = &*adopted(rt, current);
    let (mut incoming, hidden) = read(rt, body, Some(current))?;
    let resource = &mut incoming.resource;
    for name in quirks::KEPT_WHEN_ABSENT {
        let is_absent = rt.core(name).is_some() && resource.get(name).is_none_or(quirks::is_blank);
        if let (true, Some(kept)) = (is_absent, current.get(name)) {
            resource.insert(name.to_owned(), kept.clone());
        }
    }
    finish::carry_over(rt, current, resource)?;
    finish::keep_immutable(rt, current, resource)?;
    finish::finish_replaced(rt, current, resource)?;
    required::demand_hidden(rt, Some(current), resource, &hidden)?;
    Ok(incoming)
}

/// What is required and never kept, as [`required::demand_hidden`] wants it.
type Hidden = Vec<(Option<String>, String)>;

/// Reads a body. `before` is what it replaces.
fn read(rt: &ResourceType, body: &Value, before: Option<&Resource>) -> Result<(Incoming, Hidden), Error> {
    let object = body.as_object().ok_or_else(|| syntax("The body must be a JSON object."))?;
    let mut elements = None;
    let mut steps = Steps::body(rt, before);
    steps.object(Verb::Add, object, &mut |value| {
        let twice = elements.replace(read_elements(rt, value)?).is_some();
        let name = rt.rows.as_deref().unwrap_or_default();
        if twice { Err(given_twice(name)) } else { Ok(()) }
    })?;
    let mut resource = Resource::new();
    let mut work = Budget::new();
    for step in &steps.list {
        if step.is_assigned(&resource) {
            let sub = step.place.sub.as_ref();
            let sub = sub.map_or(String::new(), |sub| format!(".{sub}"));
            return Err(given_twice(&format!("{}{sub}", step.place.name)));
        }
        step.apply(rt, &mut resource, &mut work)?;
    }
    if let Some(sent) = sent_schemas(object)? {
        resource.insert("schemas".into(), sent);
    }
    Ok((Incoming { resource, elements }, steps.hidden))
}

/// The `schemas` of a body, if it has any.
fn sent_schemas(object: &Resource) -> Result<Option<Value>, Error> {
    let sent = object.iter().find(|(key, _)| key.eq_ignore_ascii_case("schemas"));
    let list = match sent {
        None | Some((_, Value::Null)) => return Ok(None),
        Some((_, Value::Array(list))) => list,
        Some(_) => return Err(syntax("schemas must be a list of strings.")),
    };
    if list.len() > MULTI_VALUE_ELEMENTS_MAX {
        return Err(syntax("schemas has too many elements."));
    }
    for urn in list {
        match urn.as_str() {
            Some(urn) if urn.len() <= NAME_BYTES_MAX => {}
            Some(_) => return Err(syntax("schemas has an element that is too long.")),
            None => return Err(syntax("schemas must be a list of strings.")),
        }
    }
    Ok(Some(Value::Array(list.clone())))
}

/// Reads the value of the rows attribute: a list of elements, one element alone, or nothing. An
/// element is an object with a `value`, or that value as a bare string. Elements with equal values
/// are one.
pub(crate) fn read_elements(rt: &ResourceType, value: &Value) -> Result<Vec<Element>, Error> {
    let list = match value {
        Value::Null => return Ok(Vec::new()),
        Value::Array(list) => list.as_slice(),
        single => std::slice::from_ref(single),
    };
    if list.len() > MEMBERS_PER_REQUEST_MAX {
        return Err(Error::new(ErrorKind::PayloadTooLarge, format!("One request can name at most {MEMBERS_PER_REQUEST_MAX} elements.")));
    }
    let name = rt.rows.as_deref().unwrap_or_default();
    let attribute = rt.attribute(&AttrPath::top(None, name));
    let mut seen = HashSet::with_capacity(list.len());
    let mut elements = Vec::with_capacity(list.len());
    for item in list {
        let element = read_element(name, attribute, item)?;
        if seen.insert(element.value.clone()) {
            elements.push(element);
        }
    }
    Ok(elements)
}

fn read_element(name: &str, attribute: Option<&Attribute>, item: &Value) -> Result<Element, Error> {
    let wrong = |problem: &str| Error::new(ErrorKind::InvalidValue, format!("{name}{problem}"));
    let field = |wanted: &str| {
        let found = item.as_object()?.iter();
        let mut found = found.filter(|(key, _)| key.eq_ignore_ascii_case(wanted));
        found.next().map(|(_, value)| value)
    };
    let value = match item {
        Value::String(value) => value,
        Value::Object(_) => match field("value") {
            Some(Value::String(value)) => value,
            Some(Value::Null) | None => return Err(wrong(".value is required.")),
            Some(_) => return Err(wrong(".value must be a string.")),
        },
        _ => return Err(wrong(" must be a list of objects with a value.")),
    };
    if value.is_empty() || value.len() > MEMBER_VALUE_BYTES_MAX {
        return Err(wrong(".value is empty or too long."));
    }
    let kind = match field("type") {
        None | Some(Value::Null) => None,
        Some(Value::String(kind)) if kind.is_empty() => None,
        Some(Value::String(kind)) if kind.len() <= MEMBER_VALUE_BYTES_MAX => {
            let attribute = attribute.and_then(|attribute| attribute.sub_attribute("type"));
            Some(attribute.map_or(kind.as_str(), |attribute| attribute.canonical(kind)).to_owned())
        }
        Some(Value::String(_)) => return Err(wrong(".type is too long.")),
        Some(_) => return Err(wrong(".type must be a string.")),
    };
    Ok(Element { value: value.clone(), kind })
}

fn given_twice(name: &str) -> Error {
    Error::new(ErrorKind::InvalidValue, format!("{} is given twice.", echo(name)))
}

fn syntax(detail: &str) -> Error {
    Error::new(ErrorKind::InvalidSyntax, detail)
}
