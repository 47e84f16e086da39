//! What must hold of a resource as a whole, whichever way it came about.

use serde_json::Value;

use super::{bounds, lists, required};
use crate::Resource;
use crate::error::{Error, ErrorKind};
use crate::path::split_urn;
use crate::schema::{Attribute, Mutability, ResourceType};

/// Completes and checks the resource that a POST makes: `schemas` names what the resource uses, everything
/// required is there, and the bounds hold.
pub(crate) fn finish(rt: &ResourceType, resource: &mut Resource) -> Result<(), Error> {
    name_schemas(rt, resource);
    bounds::resource(resource)?;
    required::demand_all(rt, resource)
}

/// Does the same after a PUT. An extension, or a part of one, that `before` lacks too may go on missing.
pub(crate) fn finish_replaced(rt: &ResourceType, before: &Resource, resource: &mut Resource) -> Result<(), Error> {
    name_schemas(rt, resource);
    bounds::resource(resource)?;
    required::demand_of_core_and_new(rt, before, resource)
}

/// Does the same after a PATCH. Whatever `before` lacks too may go on missing, and an extension that lost its
/// data is no longer named. To remove what is required is a question of mutability (RFC 7644, section 3.5.2.2),
/// not to give it one of values.
pub(crate) fn finish_patched(rt: &ResourceType, before: &Resource, resource: &mut Resource, is_removal: bool) -> Result<(), Error> {
    unname_emptied(rt, before, resource);
    name_schemas(rt, resource);
    bounds::resource(resource)?;
    required::demand_of_new(rt, before, resource).map_err(|missing| match is_removal {
        true => Error::new(ErrorKind::Mutability, missing.detail),
        false => missing,
    })
}

/// Takes the URNs of extensions out of `schemas` that had data before and have none now (RFC 7643, section 3).
fn unname_emptied(rt: &ResourceType, before: &Resource, resource: &mut Resource) {
    let emptied = rt.extensions.iter().map(|(schema, _)| &schema.id);
    let emptied: Vec<&String> = emptied.filter(|urn| before.contains_key(*urn) && !resource.contains_key(*urn)).collect();
    if let Some(Value::Array(names)) = resource.get_mut("schemas") {
        names.retain(|name| !emptied.iter().any(|urn| name.as_str().is_some_and(|name| name.eq_ignore_ascii_case(urn))));
    }
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
/// keep their values, and immutable ones too unless they had none (RFC 7644, section 3.5.1). So does what is
/// returned on request only: a client that writes back what it read has never seen it.
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
        if (is_fixed || attribute.is_unasked_for())
            && !new.contains_key(&attribute.name)
            && let Some(value) = old.get(&attribute.name)
        {
            new.insert(attribute.name.clone(), value.clone());
        }
        match (old.get(&attribute.name), new.get_mut(&attribute.name)) {
            (Some(Value::Object(old)), Some(Value::Object(new))) => carry_subs(attribute, old, new),
            (Some(Value::Array(old)), Some(Value::Array(new))) => {
                lists::keep_fixed(attribute, old, new)?;
                lists::keep_unasked_for(attribute, old, new);
            }
            _ => {}
        }
        keep_unseen(attribute, old, new);
    }
    Ok(())
}

/// Keeps a complex value, and elements of a list, of which an answer shows nothing that a client could write back.
fn keep_unseen(attribute: &Attribute, old: &Resource, new: &mut Resource) {
    let is_unasked_for = |key: &String| attribute.sub_attribute(key).is_some_and(Attribute::is_unasked_for);
    let is_shown = |key: &String| attribute.sub_attribute(key).is_none_or(|sub| sub.is_kept() && !sub.is_unasked_for());
    let unseen = |value: &Value| {
        let object = value.as_object().filter(|object| !object.keys().any(is_shown))?;
        let kept: Resource =
            object.iter().filter(|(key, _)| is_unasked_for(key)).map(|(key, value)| (key.clone(), value.clone())).collect();
        (!kept.is_empty()).then_some(Value::Object(kept))
    };
    match (old.get(&attribute.name), new.get_mut(&attribute.name)) {
        (Some(Value::Array(old)), Some(Value::Array(new))) => {
            for (place, value) in old.iter().enumerate() {
                if let Some(value) = unseen(value).filter(|value| !new.contains(value)) {
                    new.insert(place.min(new.len()), value);
                }
            }
        }
        (Some(Value::Array(old)), None) => {
            let missing: Vec<Value> = old.iter().filter_map(unseen).collect();
            if !missing.is_empty() {
                new.insert(attribute.name.clone(), Value::Array(missing));
            }
        }
        (Some(old), None) => {
            if let Some(kept) = unseen(old) {
                new.insert(attribute.name.clone(), kept);
            }
        }
        _ => {}
    }
}

/// A read-only sub-attribute is not carried: it says something about a value that may have changed.
fn carry_subs(attribute: &Attribute, old: &Resource, new: &mut Resource) {
    for sub in &attribute.sub_attributes {
        if (sub.mutability == Mutability::Immutable || sub.is_unasked_for())
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
