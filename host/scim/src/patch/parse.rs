//! Reading a PATCH request.

use serde_json::Value;

use super::{ElementChange, PATCH_OP_URN, Patch, elements};
use crate::error::{Error, ErrorKind};
use crate::limits::{MEMBERS_PER_REQUEST_MAX, PATCH_OPERATIONS_MAX};
use crate::message::{expect_schema, field};
use crate::path::PatchPath;
use crate::quirks;
use crate::schema::{Attribute, Mutability, ResourceType};
use crate::write::keys::{Steps, Verb};
use crate::write::values::{self, At, Form};
use crate::write::{Change, Place, Select, Step, bounds};

/// The three operations of the RFC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    Add,
    Remove,
    Replace,
}

impl Op {
    /// The verb for values; a removal has none.
    fn verb(self) -> Option<Verb> {
        match self {
            Self::Add => Some(Verb::Add),
            Self::Replace => Some(Verb::Replace),
            Self::Remove => None,
        }
    }
}

/// The operations read so far.
struct Reader<'r> {
    rt: &'r ResourceType,
    steps: Steps<'r>,
    elements: Vec<ElementChange>,
    elements_named: usize,
}

pub(super) fn parse(rt: &ResourceType, body: &Value) -> Result<Patch, Error> {
    let body = body.as_object().ok_or_else(|| syntax("The body must be a JSON object."))?;
    expect_schema(body, PATCH_OP_URN)?;
    let operations = match field(body, "Operations") {
        Some(Value::Array(operations)) if !operations.is_empty() => operations,
        _ => {
            return Err(syntax("Operations must be a list of at least one operation."));
        }
    };
    if operations.len() > PATCH_OPERATIONS_MAX {
        return Err(Error::new(ErrorKind::PayloadTooLarge, format!("One request can have at most {PATCH_OPERATIONS_MAX} operations.")));
    }
    let mut reader = Reader { rt, steps: Steps::patch(rt), elements: Vec::new(), elements_named: 0 };
    for operation in operations {
        reader.operation(operation)?;
    }
    Ok(Patch { steps: reader.steps.list, elements: reader.elements })
}

impl Reader<'_> {
    fn operation(&mut self, operation: &Value) -> Result<(), Error> {
        let operation = operation.as_object().ok_or_else(|| syntax("An operation must be an object."))?;
        let op = match field(operation, "op").and_then(Value::as_str) {
            Some(op) if quirks::is_operation(op, "add") => Op::Add,
            Some(op) if quirks::is_operation(op, "remove") => Op::Remove,
            Some(op) if quirks::is_operation(op, "replace") => Op::Replace,
            _ => return Err(syntax("op must be add, remove or replace.")),
        };
        let value = field(operation, "value");
        match field(operation, "path") {
            None | Some(Value::Null) => self.without_path(op, value),
            Some(Value::String(path)) if path.trim().is_empty() => self.without_path(op, value),
            Some(Value::String(path)) => self.with_path(op, path, value),
            Some(_) => Err(Error::new(ErrorKind::InvalidPath, "path must be a string.")),
        }
    }

    /// An operation on the resource itself: each key of its value is a target. JumpCloud and Okta
    /// rename groups this way, and Entra puts dotted and URN-prefixed names into the keys, and whole paths.
    fn without_path(&mut self, op: Op, value: Option<&Value>) -> Result<(), Error> {
        let Some(verb) = op.verb() else {
            return Err(Error::new(ErrorKind::NoTarget, "A remove operation needs a path."));
        };
        let Some(Value::Object(object)) = value.map(quirks::only_element) else {
            return Err(invalid("Without a path, value must be an object of attributes."));
        };
        let mut given = None;
        self.steps.object(verb, object, &mut |value| {
            given = Some(value);
            Ok(())
        })?;
        if let Some(value) = given {
            self.on_elements(op, Some(value))?;
        }
        let paths = object.iter().filter(|(key, _)| quirks::is_element_path(key, self.rt));
        paths.into_iter().try_for_each(|(key, value)| self.with_path(op, key, Some(value)))
    }

    fn with_path(&mut self, op: Op, path: &str, value: Option<&Value>) -> Result<(), Error> {
        if quirks::is_display_of_row(self.rt, path) {
            return Ok(());
        }
        let target = PatchPath::parse(path, self.rt)?;
        if target.attr.urn.is_none() && self.rt.is_rows(&target.attr.name) {
            return self.on_elements_at(op, &target, value);
        }
        let urn = target.attr.urn.as_deref();
        if let (Some(schema), true) = (urn.and_then(|urn| self.rt.extension(urn)), target.attr.is_extension()) {
            let Some(verb) = op.verb() else {
                self.push(Place::whole(urn, ""), Change::Clear);
                return Ok(());
            };
            let value = quirks::only_element(needed(value)?);
            bounds::value(path, value)?;
            return self.steps.extension(verb, schema, value);
        }
        let unknown = || Error::new(ErrorKind::InvalidPath, "The path leads to no attribute.");
        let attribute = self.rt.attribute(&target.attr).ok_or_else(unknown)?;
        let sub = match &target.sub {
            Some(name) => attribute.sub_attribute(name),
            None => None,
        };
        writable(attribute)?;
        sub.map_or(Ok(()), writable)?;
        if attribute.is_hidden() || sub.is_some_and(Attribute::is_hidden) {
            let Some(value) = value.filter(|_| op.verb().is_some()) else { return Ok(()) };
            bounds::value(&attribute.name, value)?;
            return match sub {
                Some(sub) => values::check(sub, value, Form::Patch, Some(&attribute.name)),
                None => values::check(attribute, value, Form::Patch, None),
            };
        }
        match op.verb() {
            None => self.remove(attribute, sub, &target, value),
            Some(verb) => {
                let value = needed(value)?;
                bounds::value(&attribute.name, value)?;
                self.write(verb, attribute, sub, &target, value)
            }
        }
    }

    /// `add` or `replace` at a path.
    fn write(
        &mut self,
        verb: Verb,
        attribute: &Attribute,
        sub: Option<&Attribute>,
        target: &PatchPath,
        value: &Value,
    ) -> Result<(), Error> {
        let urn = target.attr.urn.as_deref();
        let Some(filter) = &target.filter else {
            return match sub {
                Some(sub) => self.steps.sub_attribute(verb, urn, attribute, sub, value),
                None => self.steps.attribute(verb, urn, attribute, value),
            };
        };
        let place = Place {
            urn: target.attr.urn.clone(),
            name: attribute.name.clone(),
            select: Select::Matching(filter.clone()),
            sub: sub.map(|sub| sub.name.clone()),
        };
        let value = match sub {
            Some(sub) => values::single(sub, value, Form::Patch, Some(&attribute.name))?,
            None => {
                let at = At { outer: None, name: &attribute.name };
                values::one(attribute, quirks::only_element(value), at)?
            }
        };
        match (value, verb) {
            (Some(Value::Object(element)), Verb::Add) => self.push(place, Change::Merge(element)),
            (Some(value), _) => self.push(place, Change::Set(value)),
            (None, Verb::Replace) => self.push(place, Change::Clear),
            (None, Verb::Add) => {}
        }
        Ok(())
    }

    /// `remove` at a path.
    fn remove(&mut self, attribute: &Attribute, sub: Option<&Attribute>, target: &PatchPath, value: Option<&Value>) -> Result<(), Error> {
        let urn = target.attr.urn.as_deref();
        let mut place = Place::whole(urn, &attribute.name);
        place.sub = sub.map(|sub| sub.name.clone());
        if let Some(filter) = &target.filter {
            place.select = Select::Matching(filter.clone());
            self.push(place, Change::Clear);
            return Ok(());
        }
        let listed = quirks::listed_for_removal(value);
        if let (true, None, Some(listed)) = (attribute.multi_valued, sub, listed) {
            bounds::value(&attribute.name, listed)?;
            let unwanted = values::list(attribute, listed, Form::Patch)?;
            self.push(place, Change::Discard(unwanted));
            return Ok(());
        }
        if attribute.multi_valued && sub.is_some() {
            place.select = Select::Every;
        }
        self.push(place, Change::Clear);
        Ok(())
    }

    /// An operation on the rows attribute as a whole.
    fn on_elements(&mut self, op: Op, value: Option<&Value>) -> Result<(), Error> {
        let change = elements::of_value(self.rt, op, value)?;
        self.push_elements(change)
    }

    fn on_elements_at(&mut self, op: Op, target: &PatchPath, value: Option<&Value>) -> Result<(), Error> {
        match elements::of_path(self.rt, op, target, value)? {
            Some(change) => self.push_elements(change),
            None => Ok(()),
        }
    }

    fn push_elements(&mut self, change: ElementChange) -> Result<(), Error> {
        self.elements_named += match &change {
            ElementChange::Add(elements) | ElementChange::Replace(elements) => elements.len(),
            ElementChange::Remove(values) => values.len(),
            ElementChange::RemoveMatching(_) | ElementChange::RemoveAll => 1,
        };
        if self.elements_named > MEMBERS_PER_REQUEST_MAX {
            return Err(Error::new(
                ErrorKind::PayloadTooLarge,
                format!("One request can name at most {MEMBERS_PER_REQUEST_MAX} elements."),
            ));
        }
        self.elements.push(change);
        Ok(())
    }

    fn push(&mut self, place: Place, change: Change) {
        self.steps.list.push(Step { place, change });
    }
}

fn needed(value: Option<&Value>) -> Result<&Value, Error> {
    value.ok_or_else(|| invalid("An add or replace operation needs a value."))
}

fn writable(attribute: &Attribute) -> Result<(), Error> {
    if attribute.mutability != Mutability::ReadOnly {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Mutability, format!("{} can only be read.", attribute.name)))
}

fn syntax(detail: &str) -> Error {
    Error::new(ErrorKind::InvalidSyntax, detail)
}

fn invalid(detail: &str) -> Error {
    Error::new(ErrorKind::InvalidValue, detail)
}
