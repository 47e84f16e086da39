//! Multi-valued attributes (RFC 7643, section 2.4): appending, removing and changing elements.
//!
//! Two elements with equal `type` and `value` are one element; elements without `value` are one if they
//! are equal. At most one element is primary: making another one primary ends the primacy of the
//! first (RFC 7644, section 3.5.2).

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::{Change, Select, invalid};
use crate::error::{Error, ErrorKind};
use crate::schema::ResourceType;

/// How many bytes of elements one request may hold against terms of filters or listed values, counted
/// once for each of those. A PATCH within its other bounds could otherwise ask for a thousand long
/// filters over a thousand long elements, which takes minutes. Real requests stay below a hundred
/// thousand; the most, of the letters that compare slowest, takes less than a tenth of a second.
const ELEMENT_BYTES_TESTED_MAX: usize = 8 << 20;

/// What an element counts beside its texts, so that many small ones are not free.
const ELEMENT_BYTES: usize = 16;

/// What is left of the tests of a request.
pub(crate) struct Budget(usize);

impl Budget {
    /// The budget of one request.
    pub(crate) fn new() -> Self {
        Self(ELEMENT_BYTES_TESTED_MAX)
    }

    fn spend(&mut self, elements: &[Value], tests_each: usize) -> Result<(), Error> {
        let bytes: usize = elements.iter().map(weight).sum();
        let left = self.0.checked_sub(bytes.saturating_mul(tests_each));
        self.0 =
            left.ok_or_else(|| Error::new(ErrorKind::PayloadTooLarge, "The request compares too many elements with too many values."))?;
        Ok(())
    }
}

/// About how much of an element a comparison looks at. Values are bounded in depth when they are read.
fn weight(element: &Value) -> usize {
    ELEMENT_BYTES
        + match element {
            Value::String(text) => text.len(),
            Value::Array(list) => list.iter().map(weight).sum(),
            Value::Object(object) => object.values().map(weight).sum(),
            _ => 0,
        }
}

/// A change to some elements of a list.
pub(super) struct Elements<'a> {
    pub(super) select: &'a Select,
    pub(super) sub: Option<&'a str>,
    pub(super) change: &'a Change,
}

impl Elements<'_> {
    pub(super) fn apply(&self, rt: &ResourceType, container: &mut Map<String, Value>, name: &str, work: &mut Budget) -> Result<(), Error> {
        let mut list = take(container, name);
        let primaries = primaries_of(&list);
        let tests_each = match self.select {
            Select::Matching(filter) => filter.terms(),
            Select::Whole | Select::Every => 1,
        };
        work.spend(&list, tests_each)?;
        let is_selected = |element: &Value| match self.select {
            Select::Matching(filter) => filter.matches_element(rt, element),
            Select::Whole | Select::Every => true,
        };
        let mut is_found = false;
        let mut changed = Vec::with_capacity(list.len() + 1);
        for element in list.drain(..) {
            if !is_selected(&element) {
                changed.push(element);
                continue;
            }
            is_found = true;
            changed.extend(self.changed(element));
        }
        if !is_found {
            changed.extend(self.created(name)?);
        }
        settle(container, name, changed, &primaries)
    }

    /// What the change makes of one element; nothing if it goes.
    fn changed(&self, element: Value) -> Option<Value> {
        match (self.sub, self.change, element) {
            (None, Change::Set(Value::Object(new)), _) => {
                // The new element is still what the filter selects, also when the client did not
                // repeat that. Otherwise the same request would add another one next time.
                let mut object = match self.select {
                    Select::Matching(filter) => filter.template().unwrap_or_default(),
                    Select::Whole | Select::Every => Map::new(),
                };
                object.extend(new.clone());
                Some(Value::Object(object))
            }
            (None, Change::Set(value), _) => Some(value.clone()),
            (None, Change::Merge(new), Value::Object(mut object)) => {
                object.extend(new.clone());
                Some(Value::Object(object))
            }
            (Some(sub), Change::Set(value), Value::Object(mut object)) => {
                object.insert(sub.to_owned(), value.clone());
                Some(Value::Object(object))
            }
            (Some(_), Change::Set(value), _) => Some(value.clone()),
            (Some(sub), Change::Clear, Value::Object(mut object)) => {
                object.remove(sub);
                (!object.is_empty()).then_some(Value::Object(object))
            }
            (_, Change::Clear, _) => None,
            (_, _, element) => Some(element),
        }
    }

    /// The element a change makes when none is selected. Removing what is not there succeeds.
    fn created(&self, name: &str) -> Result<Option<Value>, Error> {
        let no_target = || Error::new(ErrorKind::NoTarget, format!("No element of {name} matches the path, and none can be made from it."));
        let mut element = match (self.change, self.select) {
            (Change::Clear, _) => return Ok(None),
            (_, Select::Matching(filter)) => filter.template().ok_or_else(no_target)?,
            (_, Select::Whole | Select::Every) => Map::new(),
        };
        match (self.sub, self.change) {
            (Some(sub), Change::Set(value)) => {
                element.insert(sub.to_owned(), value.clone());
            }
            (None, Change::Set(Value::Object(new)) | Change::Merge(new)) => {
                element.extend(new.clone());
            }
            (_, Change::Set(plain)) => return Ok(Some(plain.clone())),
            _ => return Ok(None),
        }
        Ok(Some(Value::Object(element)))
    }
}

/// Puts a new list in the place of an old one.
pub(super) fn replace(container: &mut Map<String, Value>, name: &str, new: Vec<Value>) -> Result<(), Error> {
    let primaries = primaries_of(&take(container, name));
    settle(container, name, new, &primaries)
}

/// Adds elements behind those that are there.
pub(super) fn append(container: &mut Map<String, Value>, name: &str, new: &[Value], work: &mut Budget) -> Result<(), Error> {
    let mut list = take(container, name);
    let primaries = primaries_of(&list);
    list.extend_from_slice(new);
    work.spend(&list, 1)?;
    settle(container, name, list, &primaries)
}

/// Removes the elements that have everything one of the unwanted ones has.
pub(super) fn discard(container: &mut Map<String, Value>, name: &str, unwanted: &[Value], work: &mut Budget) -> Result<(), Error> {
    let mut list = take(container, name);
    work.spend(&list, unwanted.len())?;
    list.retain(|element| !unwanted.iter().any(|unwanted| covers(element, unwanted)));
    settle(container, name, list, &[])
}

fn covers(element: &Value, part: &Value) -> bool {
    match (element, part) {
        (Value::Object(element), Value::Object(part)) => part.iter().all(|(key, value)| element.get(key) == Some(value)),
        (element, part) => element == part,
    }
}

/// Takes the list of an attribute out of its container.
fn take(container: &mut Map<String, Value>, name: &str) -> Vec<Value> {
    match container.remove(name) {
        Some(Value::Array(list)) => list,
        Some(single) => vec![single],
        None => Vec::new(),
    }
}

fn is_primary(element: &Value) -> bool {
    element.get("primary") == Some(&Value::Bool(true))
}

fn primaries_of(list: &[Value]) -> Vec<Value> {
    let primaries = list.iter().filter(|element| is_primary(element));
    primaries.cloned().collect()
}

/// Puts a changed list back: equal elements are one, and of several primary elements the one that was
/// not primary before stays it.
fn settle(container: &mut Map<String, Value>, name: &str, list: Vec<Value>, primaries_before: &[Value]) -> Result<(), Error> {
    let mut list = merged(list);
    if list.iter().filter(|element| is_primary(element)).count() > 1 {
        let is_new = |element: &Value| is_primary(element) && !primaries_before.contains(element);
        if list.iter().filter(|element| is_new(element)).count() != 1 {
            return Err(several_primaries(name));
        }
        for element in list.iter_mut() {
            if is_primary(element)
                && !is_new(element)
                && let Some(object) = element.as_object_mut()
            {
                object.insert("primary".into(), Value::Bool(false));
            }
        }
    }
    if !list.is_empty() {
        container.insert(name.to_owned(), Value::Array(list));
    }
    Ok(())
}

/// A list as one request gives it: equal elements are one, and at most one is primary.
pub(super) fn collapsed(name: &str, list: Vec<Value>) -> Result<Vec<Value>, Error> {
    let list = merged(list);
    if list.iter().filter(|element| is_primary(element)).count() > 1 {
        return Err(several_primaries(name));
    }
    Ok(list)
}

fn several_primaries(name: &str) -> Error {
    invalid(format!("At most one element of {name} can be primary."))
}

/// What makes an element the same as another one.
#[derive(PartialEq, Eq, Hash)]
enum Identity<'a> {
    Pair(Option<&'a Value>, &'a Value),
    Whole(&'a Value),
}

fn identity(element: &Value) -> Identity<'_> {
    match element.get("value") {
        Some(value) => Identity::Pair(element.get("type"), value),
        None => Identity::Whole(element),
    }
}

/// Makes equal elements one, at the place of the first and with the sub-attributes of the last.
fn merged(list: Vec<Value>) -> Vec<Value> {
    let mut first_at = HashMap::with_capacity(list.len());
    let mut same_as = Vec::with_capacity(list.len());
    for (position, element) in list.iter().enumerate() {
        same_as.push(*first_at.entry(identity(element)).or_insert(position));
    }
    if first_at.len() == list.len() {
        return list;
    }
    let mut slots: Vec<Option<Value>> = vec![None; list.len()];
    for (element, first) in list.into_iter().zip(same_as) {
        let Some(slot) = slots.get_mut(first) else {
            continue;
        };
        match (slot, element) {
            (Some(Value::Object(kept)), Value::Object(later)) => kept.extend(later),
            (slot, element) => *slot = Some(element),
        }
    }
    slots.into_iter().flatten().collect()
}
