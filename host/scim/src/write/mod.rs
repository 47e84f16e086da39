//! Changing one place of a resource.
//!
//! Whatever a request asks for is first broken into [`Step`]s: a place and a change, with values already
//! checked against the schema ([`keys`], [`values`]). Here the steps are carried out. Creating a resource
//! and patching one are the same steps on different starting points.

pub(crate) mod adopt;
mod base64;
pub(crate) mod bounds;
pub(crate) mod finish;
mod identity;
pub(crate) mod keys;
mod lists;
pub(crate) mod required;
pub(crate) mod values;

use serde_json::{Map, Value};

use crate::Resource;
use crate::error::{Error, ErrorKind};
use crate::filter::Filter;
use crate::schema::ResourceType;

/// One change to one place.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) place: Place,
    pub(crate) change: Change,
}

/// Where a change goes.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// The extension, for an attribute of one.
    pub(crate) urn: Option<String>,
    /// The attribute; empty for the whole extension.
    pub(crate) name: String,
    /// Which part of the attribute.
    pub(crate) select: Select,
    /// The sub-attribute of that part.
    pub(crate) sub: Option<String>,
}

/// Which part of an attribute a change goes to.
#[derive(Clone, Debug)]
pub(crate) enum Select {
    /// The attribute's value as one.
    Whole,
    /// Each element of a list.
    Every,
    /// The elements of a list that pass a filter.
    Matching(Filter),
}

/// What happens at a place.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    /// Takes this value.
    Set(Value),
    /// A list takes these elements in the place of its own.
    SetList(Vec<Value>),
    /// An element takes these sub-attributes and keeps its others.
    Merge(Map<String, Value>),
    /// Becomes unassigned.
    Clear,
    /// A list gets these elements, unless it has them.
    Append(Vec<Value>),
    /// A list loses the elements that have all of what one of these has.
    Discard(Vec<Value>),
}

impl Place {
    /// The whole of an attribute.
    pub(crate) fn whole(urn: Option<&str>, name: &str) -> Self {
        Self { urn: urn.map(str::to_owned), name: name.to_owned(), select: Select::Whole, sub: None }
    }
}

impl Step {
    /// Whether the step makes something unassigned.
    pub(crate) fn removes(&self) -> bool {
        matches!(self.change, Change::Clear | Change::Discard(_))
    }

    /// Whether the place has a value already, before the step.
    pub(crate) fn is_assigned(&self, resource: &Resource) -> bool {
        let container = match &self.place.urn {
            None => Some(resource),
            Some(urn) => resource.get(urn).and_then(Value::as_object),
        };
        let value = container.and_then(|object| object.get(spelling(object, &self.place.name)));
        match &self.place.sub {
            None => value.is_some(),
            Some(sub) => value.is_some_and(|value| match value {
                Value::Object(object) => object.contains_key(spelling(object, sub)),
                _ => true,
            }),
        }
    }

    /// Carries the step out. `work` is the budget of element tests; see [`lists`].
    ///
    /// # Errors
    /// `noTarget` if the place is an element that neither exists nor can be made, `invalidValue` if
    /// two elements would be primary, `mutability` if an element would change what can be written once,
    /// `tooLarge` if the budget is spent. The resource is then left
    /// half changed; callers work on a copy.
    pub(crate) fn apply(&self, rt: &ResourceType, resource: &mut Resource, work: &mut lists::Budget) -> Result<(), Error> {
        let Some(urn) = &self.place.urn else {
            return self.change(rt, resource, work);
        };
        if self.place.name.is_empty() {
            resource.remove(urn);
            return Ok(());
        }
        let mut extension = match resource.remove(urn) {
            Some(Value::Object(extension)) => extension,
            _ => Map::new(),
        };
        self.change(rt, &mut extension, work)?;
        if !extension.is_empty() {
            resource.insert(urn.clone(), Value::Object(extension));
        }
        Ok(())
    }

    fn change(&self, rt: &ResourceType, container: &mut Map<String, Value>, work: &mut lists::Budget) -> Result<(), Error> {
        let name = spelling(container, &self.place.name).to_owned();
        let list = lists::List { name: &name, attribute: rt.attribute_at(self.place.urn.as_deref(), &name) };
        match (&self.place.select, &self.place.sub, &self.change) {
            (Select::Whole, None, Change::Clear) => {
                container.remove(&name);
                Ok(())
            }
            (Select::Whole, None, Change::SetList(new)) => list.replace(container, new.clone()),
            (Select::Whole, None, Change::Set(value)) => {
                container.insert(name, value.clone());
                Ok(())
            }
            (Select::Whole, None, Change::Merge(object)) => {
                container.insert(name, Value::Object(object.clone()));
                Ok(())
            }
            (Select::Whole, None, Change::Append(new)) => list.append(container, new, work),
            (Select::Whole, None, Change::Discard(unwanted)) => list.discard(container, unwanted, work),
            (Select::Whole, Some(sub), change) => {
                change_sub(container, &name, sub, change);
                Ok(())
            }
            (select, sub, change) => {
                let target = lists::Elements { select, sub: sub.as_deref(), change };
                list.change(rt, container, &target, work)
            }
        }
    }
}

/// Changes one sub-attribute of a complex attribute that is no list.
fn change_sub(container: &mut Map<String, Value>, name: &str, sub: &str, change: &Change) {
    let mut object = match container.remove(name) {
        Some(Value::Object(object)) => object,
        _ => Map::new(),
    };
    let sub = spelling(&object, sub).to_owned();
    match change {
        Change::Set(value) => {
            object.insert(sub, value.clone());
        }
        _ => {
            object.remove(&sub);
        }
    }
    if !object.is_empty() {
        container.insert(name.to_owned(), Value::Object(object));
    }
}

/// How an object spells a key. Names a schema defines are in the schema's spelling everywhere; others
/// are spelled as they first came, and letter case distinguishes no two (RFC 7643, section 2.1).
fn spelling<'a>(object: &'a Map<String, Value>, name: &'a str) -> &'a str {
    if object.contains_key(name) {
        return name;
    }
    object.keys().find(|key| key.eq_ignore_ascii_case(name)).map_or(name, String::as_str)
}

pub(crate) use lists::Budget;

fn invalid(detail: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidValue, detail)
}
