//! Operations on the rows attribute, the members of a group.

use serde_json::Value;

use super::ElementChange;
use super::parse::Op;
use crate::error::{Error, ErrorKind};
use crate::path::PatchPath;
use crate::quirks;
use crate::schema::ResourceType;
use crate::validate::{Element, read_elements};

/// An operation on the attribute as a whole.
///
/// A removal with a list of elements removes those and no others: so JumpCloud and Entra, without their
/// newer flags, take people out of groups. Only without a value does it empty the group.
pub(super) fn of_value(rt: &ResourceType, op: Op, value: Option<&Value>) -> Result<ElementChange, Error> {
    match (op, value) {
        (Op::Add, Some(value)) => read_elements(rt, value).map(ElementChange::Add),
        (Op::Replace, Some(value)) => read_elements(rt, value).map(ElementChange::Replace),
        (Op::Remove, value) => match quirks::listed_for_removal(value) {
            None => Ok(ElementChange::RemoveAll),
            Some(value) => {
                let listed = read_elements(rt, value)?;
                let values = listed.into_iter().map(|element: Element| element.value);
                Ok(ElementChange::Remove(values.collect()))
            }
        },
        // Without this, a replacement that lost its value on the way would empty the group.
        (Op::Add | Op::Replace, None) => Err(Error::new(ErrorKind::InvalidValue, "An add or replace operation needs a value.")),
    }
}

/// An operation with a path. `None` if it changes nothing that is kept.
pub(super) fn of_path(rt: &ResourceType, op: Op, target: &PatchPath, value: Option<&Value>) -> Result<Option<ElementChange>, Error> {
    match (&target.filter, &target.sub, op) {
        (None, None, _) => of_value(rt, op, value).map(Some),
        (Some(filter), None, Op::Remove) => Ok(Some(match filter.values_named() {
            Some(values) => ElementChange::Remove(values.into_iter().map(str::to_owned).collect()),
            None => ElementChange::RemoveMatching(filter.clone()),
        })),
        _ => Err(Error::new(ErrorKind::Mutability, format!("Elements of {} can be added and removed, but not changed.", target.attr))),
    }
}
