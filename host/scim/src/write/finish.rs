//! What must hold of a resource as a whole, whichever way it came about.

use serde_json::Value;

use super::values::says_something;
use super::{bounds, invalid, lists};
use crate::Resource;
use crate::error::{Error, ErrorKind};
use crate::path::split_urn;
use crate::schema::{Attribute, Mutability, ResourceType};

/// Completes and checks a changed resource: `schemas` names what the resource uses, everything
/// required is there, and the bounds hold.
pub(crate) fn finish(rt: &ResourceType, resource: &mut Resource) -> Result<(), Error> {
    name_schemas(rt, resource);
    bounds::resource(resource)?;
    require_all(rt, resource)
}

/// Does the same after a PATCH. To remove what is required is a question of mutability (RFC 7644, section
/// 3.5.2.2), not to give it one of values.
pub(crate) fn finish_patched(rt: &ResourceType, resource: &mut Resource, is_removal: bool) -> Result<(), Error> {
    name_schemas(rt, resource);
    bounds::resource(resource)?;
    require_all(rt, resource).map_err(|missing| match is_removal {
        true => Error::new(ErrorKind::Mutability, missing.detail),
        false => missing,
    })
}

/// Checks that the body of a POST or PUT has what is required and never kept, such as a password that a
/// schema demands. `hidden` is what it has of that kind, `resource` what became of it.
pub(crate) fn demand(rt: &ResourceType, resource: &Resource, hidden: &[(Option<String>, String)]) -> Result<(), Error> {
    let is_missing = |urn: Option<&str>, attribute: &Attribute| {
        let is_it = |(found, name): &(Option<String>, String)| found.as_deref() == urn && *name == attribute.name;
        attribute.is_demanded() && !hidden.iter().any(is_it)
    };
    let core = rt.core_attributes().find(|attribute| is_missing(None, attribute));
    let present = rt.extensions.iter().filter(|(schema, _)| resource.contains_key(&schema.id));
    let extension = present.flat_map(|(schema, _)| schema.attributes.iter().filter(|attribute| is_missing(Some(&schema.id), attribute)));
    match core.into_iter().chain(extension).next() {
        Some(missing) => Err(required(&missing.name)),
        None => Ok(()),
    }
}

fn require_all(rt: &ResourceType, resource: &Resource) -> Result<(), Error> {
    require(None, rt.core_attributes(), rt, resource)?;
    for (schema, is_required) in &rt.extensions {
        match resource.get(&schema.id).and_then(Value::as_object) {
            Some(extension) => {
                require(Some(&schema.id), schema.attributes.iter(), rt, extension)?;
            }
            None if *is_required => return Err(required(&schema.id)),
            None => {}
        }
    }
    Ok(())
}

fn required(name: &str) -> Error {
    invalid(format!("{name} is required."))
}

fn require<'a>(
    urn: Option<&str>,
    attributes: impl Iterator<Item = &'a Attribute>,
    rt: &ResourceType,
    object: &Resource,
) -> Result<(), Error> {
    for attribute in attributes {
        if !attribute.is_kept() || (urn.is_none() && rt.is_rows(&attribute.name)) {
            continue;
        }
        let value = object.get(&attribute.name);
        if attribute.required && !value.is_some_and(says_something) {
            return Err(required(&attribute.name));
        }
        let parts: Vec<&Attribute> = attribute.sub_attributes.iter().filter(|sub| sub.required && sub.is_kept()).collect();
        let elements = match value {
            Some(Value::Array(list)) => list.as_slice(),
            Some(single) => std::slice::from_ref(single),
            None => continue,
        };
        for (element, sub) in elements.iter().flat_map(|element| parts.iter().map(move |sub| (element, sub))) {
            if !element.get(&sub.name).is_some_and(says_something) {
                return Err(required(&format!("{}.{}", attribute.name, sub.name)));
            }
        }
    }
    Ok(())
}

/// Completes `schemas` (RFC 7643, section 3): the core schema first, then what was there, each once and in the
/// schema's spelling, then the URNs of extensions that have data. A URN that was sent without data stays, as
/// clients send them so, but none that the resource type does not have.
///
/// Every resource that comes out of this crate is complete. One that was stored is completed again when it
/// is answered if extensions of its type came or went since.
pub fn name_schemas(rt: &ResourceType, resource: &mut Resource) {
    let mut names = vec![rt.schema.id.clone()];
    let mut add = |urn: &str| {
        if !names.iter().any(|name| name.eq_ignore_ascii_case(urn)) {
            names.extend(rt.extension(urn).map(|schema| schema.id.clone()));
        }
    };
    if let Some(Value::Array(sent)) = resource.get("schemas") {
        sent.iter().filter_map(Value::as_str).for_each(&mut add);
    }
    for (key, value) in resource.iter() {
        // Also where the data is older than the schema.
        if let (Some(schema), name) = split_urn(key, rt)
            && (value.is_object() || !name.is_empty())
        {
            add(&schema.id);
        }
    }
    resource.insert("schemas".into(), names.into());
}

/// Puts back what a PUT may not touch and checks what it may touch only once: read-only attributes
/// keep their values, and immutable ones too unless they had none (RFC 7644, section 3.5.1).
///
/// # Errors
/// `mutability` if an element that was there before has another value in such a sub-attribute.
pub(crate) fn carry_over(rt: &ResourceType, old: &Resource, new: &mut Resource) -> Result<(), Error> {
    carry(rt.core_attributes(), old, new)?;
    for (schema, _) in &rt.extensions {
        let Some(Value::Object(old)) = old.get(&schema.id) else {
            continue;
        };
        let mut extension = match new.remove(&schema.id) {
            Some(Value::Object(extension)) => extension,
            _ => Resource::new(),
        };
        let is_left_out = extension.is_empty();
        carry(schema.attributes.iter(), old, &mut extension)?;
        if is_left_out && !extension.is_empty() {
            // What stays needs what the extension cannot be without.
            let needed = schema.attributes.iter().filter(|attribute| attribute.required);
            let needed = needed.filter_map(|attribute| Some((attribute.name.clone(), old.get(&attribute.name)?.clone())));
            extension.extend(needed.collect::<Vec<_>>());
        }
        if !extension.is_empty() {
            new.insert(schema.id.clone(), Value::Object(extension));
        }
    }
    Ok(())
}

fn carry<'a>(attributes: impl Iterator<Item = &'a Attribute>, old: &Resource, new: &mut Resource) -> Result<(), Error> {
    for attribute in attributes {
        // `schemas` is read-only to clients, and yet said by them: see `name_schemas`.
        let is_fixed = matches!(attribute.mutability, Mutability::ReadOnly | Mutability::Immutable) && attribute.name != "schemas";
        if is_fixed
            && !new.contains_key(&attribute.name)
            && let Some(value) = old.get(&attribute.name)
        {
            new.insert(attribute.name.clone(), value.clone());
        }
        match (old.get(&attribute.name), new.get_mut(&attribute.name)) {
            (Some(Value::Object(old)), Some(Value::Object(new))) => carry_subs(attribute, old, new),
            (Some(Value::Array(old)), Some(Value::Array(new))) => lists::keep_fixed(attribute, old, new)?,
            _ => {}
        }
    }
    Ok(())
}

/// A read-only sub-attribute is not carried: it says something about a value that may have changed.
fn carry_subs(attribute: &Attribute, old: &Resource, new: &mut Resource) {
    for sub in &attribute.sub_attributes {
        if sub.mutability == Mutability::Immutable
            && !new.contains_key(&sub.name)
            && let Some(value) = old.get(&sub.name)
        {
            new.insert(sub.name.clone(), value.clone());
        }
    }
}

/// Refuses a change of what can be written only once (RFC 7643, section 2.2).
pub(crate) fn keep_immutable(rt: &ResourceType, old: &Resource, new: &Resource) -> Result<(), Error> {
    compare_immutable(rt.core_attributes(), old, new)?;
    for (schema, _) in &rt.extensions {
        if let Some(Value::Object(old)) = old.get(&schema.id) {
            let empty = Resource::new();
            let new = new.get(&schema.id).and_then(Value::as_object);
            compare_immutable(schema.attributes.iter(), old, new.unwrap_or(&empty))?;
        }
    }
    Ok(())
}

fn compare_immutable<'a>(attributes: impl Iterator<Item = &'a Attribute>, old: &Resource, new: &Resource) -> Result<(), Error> {
    for attribute in attributes {
        let (Some(old), new) = (old.get(&attribute.name), new.get(&attribute.name)) else {
            continue;
        };
        if attribute.mutability == Mutability::Immutable && new != Some(old) {
            return Err(immutable(&attribute.name));
        }
        if attribute.multi_valued {
            // Its elements have been looked at when they changed.
            continue;
        }
        // Where the whole complex value goes, its immutable parts go with it.
        for sub in &attribute.sub_attributes {
            let is_immutable = sub.mutability == Mutability::Immutable;
            if let (true, Some(old)) = (is_immutable, old.get(&sub.name))
                && new.is_some_and(|new| new.get(&sub.name) != Some(old))
            {
                return Err(immutable(&format!("{}.{}", attribute.name, sub.name)));
            }
        }
    }
    Ok(())
}

pub(super) fn immutable(name: &str) -> Error {
    Error::new(ErrorKind::Mutability, format!("{name} cannot be changed once it has a value."))
}
