//! What is required of a resource (RFC 7643, section 2.2), and what it lacks of that.
//!
//! A schema may come when there are resources already, and ask for what they do not have. Nobody is to be locked in
//! for that: what a resource lacked before a change does not stand in its way.

use std::fmt;

use serde_json::{Map, Value};

use super::invalid;
use super::values::says_something;
use crate::Resource;
use crate::error::Error;
use crate::schema::{Attribute, ResourceType};

/// Something required that a resource does not have.
#[derive(PartialEq, Eq)]
struct Lack<'r> {
    /// The extension, for an attribute of one.
    urn: Option<&'r str>,
    /// The attribute; empty for the extension as a whole.
    name: &'r str,
    /// The sub-attribute.
    sub: Option<&'r str>,
    /// How many values of the attribute do not have it.
    values: usize,
}

impl Lack<'_> {
    /// Whether there was this lack in an earlier state, and no lesser one.
    fn is_among(&self, earlier: &[Lack<'_>]) -> bool {
        earlier.iter().any(|lack| (lack.urn, lack.name, lack.sub) == (self.urn, self.name, self.sub) && lack.values >= self.values)
    }
}

impl fmt::Display for Lack<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.urn, self.name, self.sub) {
            (Some(urn), "", _) => f.write_str(urn),
            (_, name, Some(sub)) => write!(f, "{name}.{sub}"),
            (_, name, None) => f.write_str(name),
        }
    }
}

/// Refuses a resource that lacks anything.
///
/// # Errors
/// `invalidValue` with the first thing it lacks.
pub(super) fn demand_all(rt: &ResourceType, resource: &Resource) -> Result<(), Error> {
    refuse(lacks(rt, resource).first())
}

/// Refuses a resource that lacks anything it did not lack before.
///
/// # Errors
/// As [`demand_all`].
pub(super) fn demand_of_new(rt: &ResourceType, before: &Resource, resource: &Resource) -> Result<(), Error> {
    let (earlier, now) = (lacks(rt, before), lacks(rt, resource));
    refuse(now.iter().find(|lack| !lack.is_among(&earlier)))
}

/// Refuses a resource that lacks a core attribute, or anything of an extension that it did not lack before.
///
/// # Errors
/// As [`demand_all`].
pub(super) fn demand_of_core_and_new(rt: &ResourceType, before: &Resource, resource: &Resource) -> Result<(), Error> {
    let (earlier, now) = (lacks(rt, before), lacks(rt, resource));
    refuse(now.iter().find(|lack| lack.urn.is_none() || !lack.is_among(&earlier)))
}

fn refuse(lack: Option<&Lack<'_>>) -> Result<(), Error> {
    match lack {
        Some(lack) => Err(invalid(format!("{lack} is required."))),
        None => Ok(()),
    }
}

/// Everything required that a resource lacks and that would be kept, in the order of the schemas.
fn lacks<'r>(rt: &'r ResourceType, resource: &Resource) -> Vec<Lack<'r>> {
    let mut found = Vec::new();
    collect(None, rt.core_attributes().filter(|attribute| !rt.is_rows(&attribute.name)), resource, &mut found);
    for (schema, is_required) in &rt.extensions {
        let urn = Some(schema.id.as_str());
        match resource.get(&schema.id).and_then(Value::as_object) {
            Some(extension) => collect(urn, schema.attributes.iter(), extension, &mut found),
            None if *is_required => {
                found.push(Lack { urn, name: "", sub: None, values: 1 });
                // With the whole it lacks each part, and may get one without the others.
                collect(urn, schema.attributes.iter(), &Map::new(), &mut found);
            }
            None => {}
        }
    }
    found
}

fn collect<'r>(
    urn: Option<&'r str>,
    attributes: impl Iterator<Item = &'r Attribute>,
    object: &Map<String, Value>,
    found: &mut Vec<Lack<'r>>,
) {
    for attribute in attributes.filter(|attribute| attribute.is_kept()) {
        let value = object.get(&attribute.name);
        if attribute.required && !value.is_some_and(says_something) {
            found.push(Lack { urn, name: &attribute.name, sub: None, values: 1 });
        }
        let elements = match value {
            Some(Value::Array(list)) => list.as_slice(),
            Some(single) => std::slice::from_ref(single),
            None => continue,
        };
        for sub in attribute.sub_attributes.iter().filter(|sub| sub.required && sub.is_kept()) {
            let values = elements.iter().filter(|element| !element.get(&sub.name).is_some_and(says_something)).count();
            if values > 0 {
                found.push(Lack { urn, name: &attribute.name, sub: Some(&sub.name), values });
            }
        }
    }
}

/// Checks that the body of a POST or PUT has what is required and never kept, such as a password that a schema
/// demands. `hidden` is what it has of that kind, `resource` what became of it. Of an extension that a resource has
/// `before`, nobody can tell whether it was given already, and so it is not asked for again.
///
/// # Errors
/// As [`demand_all`].
pub(crate) fn demand_hidden(
    rt: &ResourceType,
    before: Option<&Resource>,
    resource: &Resource,
    hidden: &[(Option<String>, String)],
) -> Result<(), Error> {
    let lack = |urn: Option<&'_ str>, attribute: &Attribute| {
        let is_it = |(found, name): &(Option<String>, String)| found.as_deref() == urn && *name == attribute.name;
        attribute.is_demanded() && !hidden.iter().any(is_it)
    };
    let core = rt.core_attributes().find(|attribute| lack(None, attribute));
    let new = rt
        .extensions
        .iter()
        .filter(|(schema, _)| resource.contains_key(&schema.id) && !before.is_some_and(|before| before.contains_key(&schema.id)));
    let extension = new.flat_map(|(schema, _)| schema.attributes.iter().filter(|attribute| lack(Some(&schema.id), attribute)));
    match core.into_iter().chain(extension).next() {
        Some(missing) => Err(invalid(format!("{} is required.", missing.name))),
        None => Ok(()),
    }
}
