//! Multi-valued attributes (RFC 7643, section 2.4): appending, removing and changing elements.
//!
//! Equal elements are one; [`identity`] says which are. At most one element is primary: making another one
//! primary ends the primacy of the first (RFC 7644, section 3.5.2).

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::finish::immutable;
use super::identity::{self, Identity};
use super::{Change, Select, invalid};
use crate::error::{Error, ErrorKind};
use crate::limits::ELEMENT_BYTES_TESTED_MAX;
use crate::schema::{Attribute, ResourceType};

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

/// A multi-valued attribute in the object that holds it.
#[derive(Clone, Copy)]
pub(super) struct List<'a> {
    /// The attribute's key.
    pub(super) name: &'a str,
    /// What the schema says of it; `None` if no schema defines it.
    pub(super) attribute: Option<&'a Attribute>,
}

/// A change to some elements of a list.
pub(super) struct Elements<'a> {
    pub(super) select: &'a Select,
    pub(super) sub: Option<&'a str>,
    pub(super) change: &'a Change,
}

/// What has to be known of a list when it comes back changed.
struct Before {
    primaries: Vec<Value>,
    /// The elements, if a part of them can be written only once.
    fixed: Vec<Value>,
}

impl List<'_> {
    /// Changes the selected elements, or makes one if there is none.
    pub(super) fn change(
        self,
        rt: &ResourceType,
        container: &mut Map<String, Value>,
        target: &Elements<'_>,
        work: &mut Budget,
    ) -> Result<(), Error> {
        let (list, before) = self.take(container);
        let tests_each = match target.select {
            Select::Matching(filter) => filter.terms(),
            Select::Whole | Select::Every => 1,
        };
        work.spend(&list, tests_each)?;
        let is_selected = |element: &Value| match target.select {
            Select::Matching(filter) => filter.matches_element(rt, element),
            Select::Whole | Select::Every => true,
        };
        let mut is_found = false;
        let mut changed = Vec::with_capacity(list.len() + 1);
        for element in list {
            if !is_selected(&element) {
                changed.push(element);
                continue;
            }
            is_found = true;
            changed.extend(self.changed(target, element)?);
        }
        if !is_found {
            changed.extend(target.created(self.name)?);
        }
        self.settle(container, changed, before)
    }

    /// What a change makes of one element, unless it is something that can be written only once.
    fn changed(self, target: &Elements<'_>, element: Value) -> Result<Option<Value>, Error> {
        let Some(attribute) = self.attribute.filter(|attribute| identity::fixed(attribute).next().is_some()) else {
            return Ok(target.changed(element));
        };
        let Some(mut changed) = target.changed(element.clone()) else {
            return Ok(None);
        };
        match target.sub {
            Some(sub) if identity::fixed(attribute).any(|fixed| fixed.name == sub) => {
                let was = element.get(sub);
                if was.is_some() && changed.get(sub) != was {
                    return Err(immutable(&format!("{}.{sub}", self.name)));
                }
            }
            _ => identity::keep(attribute, &element, &mut changed)?,
        }
        Ok(Some(changed))
    }

    /// Puts a new list in the place of an old one.
    pub(super) fn replace(self, container: &mut Map<String, Value>, new: Vec<Value>) -> Result<(), Error> {
        let (_, before) = self.take(container);
        self.settle(container, new, before)
    }

    /// Adds elements behind those that are there.
    pub(super) fn append(self, container: &mut Map<String, Value>, new: &[Value], work: &mut Budget) -> Result<(), Error> {
        let (mut list, before) = self.take(container);
        list.extend_from_slice(new);
        work.spend(&list, 1)?;
        self.settle(container, list, before)
    }

    /// Removes the elements that have everything one of the unwanted ones has.
    pub(super) fn discard(self, container: &mut Map<String, Value>, unwanted: &[Value], work: &mut Budget) -> Result<(), Error> {
        let (mut list, before) = self.take(container);
        work.spend(&list, unwanted.len())?;
        list.retain(|element| !unwanted.iter().any(|unwanted| identity::covers(self.attribute, element, unwanted)));
        self.settle(container, list, before)
    }

    /// Takes the list out of its container.
    fn take(self, container: &mut Map<String, Value>) -> (Vec<Value>, Before) {
        let list = match container.remove(self.name) {
            Some(Value::Array(list)) => list,
            Some(single) => vec![single],
            None => Vec::new(),
        };
        let primaries = list.iter().filter(|element| is_primary(element)).cloned().collect();
        let has_fixed = self.attribute.is_some_and(|attribute| identity::fixed(attribute).next().is_some());
        let fixed = if has_fixed { list.clone() } else { Vec::new() };
        (list, Before { primaries, fixed })
    }

    /// Puts a changed list back: equal elements are one, what can be written only once is as it was, and
    /// of several primary elements the one that was not primary before stays it.
    fn settle(self, container: &mut Map<String, Value>, list: Vec<Value>, before: Before) -> Result<(), Error> {
        let mut list = merged(self.attribute, list);
        if let Some(attribute) = self.attribute {
            keep_fixed(attribute, &before.fixed, &mut list)?;
        }
        if list.iter().filter(|element| is_primary(element)).count() > 1 {
            let is_new = |element: &Value| is_primary(element) && !before.primaries.contains(element);
            if list.iter().filter(|element| is_new(element)).count() != 1 {
                return Err(several_primaries(self.name));
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
            container.insert(self.name.to_owned(), Value::Array(list));
        }
        Ok(())
    }
}

impl Elements<'_> {
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

fn is_primary(element: &Value) -> bool {
    element.get("primary") == Some(&Value::Bool(true))
}

/// A list as one request gives it: equal elements are one, and at most one is primary.
pub(super) fn collapsed(attribute: &Attribute, list: Vec<Value>) -> Result<Vec<Value>, Error> {
    let list = merged(Some(attribute), list);
    if list.iter().filter(|element| is_primary(element)).count() > 1 {
        return Err(several_primaries(&attribute.name));
    }
    Ok(list)
}

fn several_primaries(name: &str) -> Error {
    invalid(format!("At most one element of {name} can be primary."))
}

/// Holds a changed list against the one before it: an element that is in both keeps what can be written
/// only once (RFC 7643, section 2.2). Elements may come and go as a whole.
///
/// # Errors
/// `mutability` if an element has another value there.
pub(super) fn keep_fixed(attribute: &Attribute, before: &[Value], list: &mut [Value]) -> Result<(), Error> {
    if before.is_empty() || identity::fixed(attribute).next().is_none() {
        return Ok(());
    }
    let mut known: HashMap<Identity, &Value> = HashMap::with_capacity(before.len());
    for element in before {
        known.entry(identity::of(Some(attribute), element)).or_insert(element);
    }
    for element in list {
        if let Some(was) = known.get(&identity::of(Some(attribute), element)) {
            identity::keep(attribute, was, element)?;
        }
    }
    Ok(())
}

/// Gives the elements of a list that were in the one before it the parts that are returned on request only, where they
/// lack them.
pub(super) fn keep_unasked_for(attribute: &Attribute, before: &[Value], list: &mut [Value]) {
    let subs: Vec<&Attribute> = attribute.sub_attributes.iter().filter(|sub| sub.is_unasked_for()).collect();
    if subs.is_empty() {
        return;
    }
    let as_shown = |element: &Value| {
        let mut shown = element.clone();
        shown.as_object_mut().into_iter().for_each(|object| object.retain(|key, _| !subs.iter().any(|sub| sub.name == *key)));
        shown
    };
    let shown: Vec<Value> = before.iter().map(as_shown).collect();
    let mut known: HashMap<Identity, &Value> = HashMap::with_capacity(before.len());
    for (shown, was) in shown.iter().zip(before) {
        known.entry(identity::of(Some(attribute), shown)).or_insert(was);
    }
    for element in list {
        let shown = as_shown(element);
        let was = known.get(&identity::of(Some(attribute), &shown)).and_then(|was| was.as_object());
        if let (Some(was), Some(object)) = (was, element.as_object_mut()) {
            for sub in &subs {
                if let (Some(value), false) = (was.get(&sub.name), object.contains_key(&sub.name)) {
                    object.insert(sub.name.clone(), value.clone());
                }
            }
        }
    }
}

/// Makes equal elements one, at the place of the first and with the sub-attributes of the last. What makes them
/// equal stays as the first has it: a value that exists is not changed by being added (RFC 7644, section
/// 3.5.2.1), also if letter case tells the two texts apart.
fn merged(attribute: Option<&Attribute>, list: Vec<Value>) -> Vec<Value> {
    let mut first_at = HashMap::with_capacity(list.len());
    let mut same_as = Vec::with_capacity(list.len());
    for (position, element) in list.iter().enumerate() {
        same_as.push(*first_at.entry(identity::of(attribute, element)).or_insert(position));
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
            (Some(Value::Object(kept)), Value::Object(later)) => {
                kept.extend(later.into_iter().filter(|(key, _)| !identity::decides(key, kept)).collect::<Vec<_>>());
            }
            (Some(_), _) => {}
            (slot, element) => *slot = Some(element),
        }
    }
    slots.into_iter().flatten().collect()
}
