//! PATCH (RFC 7644, section 3.5.2).
//!
//! A request is read in full before anything changes: [`Patch::parse`] checks every path against the
//! resource type and every value against the schema. [`Patch::apply`] then changes one resource, wholly
//! or not at all. Operations on the rows attribute never touch the resource; the caller carries them out
//! from [`Patch::elements`], so that a group costs what the change costs.
//!
//! What the RFC leaves open is decided so:
//!
//! - `add` and `replace` whose filter selects nothing create the element the filter describes, if it
//!   consists of `eq` terms; otherwise `noTarget`. Entra relies on this.
//! - `remove` whose filter selects nothing succeeds, since the client gets what it asked for.
//! - `remove` with a list as its value removes the listed elements and no others; the empty list
//!   removes nothing. Only `remove` without a value empties an attribute. JumpCloud and Entra rely on
//!   this, and a group would lose everybody otherwise.
//! - A value of null makes `replace` a removal, and `add` a no-op (RFC 7643, section 2.5).
//! - A path that names a read-only attribute is refused with `mutability`; such a key inside a value is
//!   passed over, since clients send back what they were given.
//! - What a resource lacks already although it is required may go on missing, since a schema may be younger than the
//!   resource; of a multi-valued attribute no more values may lack a part than before.
//! - An extension that loses its data is no longer named in `schemas` of the resource (RFC 7643, section 3).
//! - `schemas` of the request may be left out, since the operations say it all; one that names something else is refused.

mod elements;
mod parse;

use serde_json::Value;

use crate::Resource;
use crate::error::Error;
use crate::filter::Filter;
use crate::path::AttrPath;
use crate::schema::ResourceType;
use crate::validate::Element;
use crate::write::adopt::adopted;
use crate::write::{Budget, Step, finish};

/// The schema of a PATCH request (RFC 7644, section 3.5.2).
pub const PATCH_OP_URN: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// A checked PATCH request.
#[derive(Clone, Debug)]
pub struct Patch {
    steps: Vec<Step>,
    elements: Vec<ElementChange>,
}

/// One operation on the rows attribute, such as the members of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ElementChange {
    /// These become elements; those that are already stay as they are.
    Add(Vec<Element>),
    /// The elements with these values go, in the client's letter case. Values that are not there are
    /// passed over.
    Remove(Vec<String>),
    /// The elements that pass the filter go; see [`Filter::matches_element`].
    RemoveMatching(Filter),
    /// All elements go.
    RemoveAll,
    /// These are the elements from now on.
    Replace(Vec<Element>),
}

impl Patch {
    /// Reads the body of a PATCH request.
    ///
    /// # Errors
    /// `invalidSyntax` if the body is no PATCH request or has an unknown operation; `invalidPath` if a
    /// path is malformed or names no attribute; `invalidFilter` for the filter inside a path;
    /// `invalidValue` if a value is missing or of the wrong type; `mutability` if a path names what
    /// clients cannot write; `noTarget` for a removal without a path;
    /// [`ErrorKind::PayloadTooLarge`](crate::ErrorKind::PayloadTooLarge) for more than
    /// [`PATCH_OPERATIONS_MAX`](crate::limits::PATCH_OPERATIONS_MAX) operations or
    /// [`MEMBERS_PER_REQUEST_MAX`](crate::limits::MEMBERS_PER_REQUEST_MAX) elements.
    pub fn parse(rt: &ResourceType, body: &Value) -> Result<Self, Error> {
        parse::parse(rt, body)
    }

    /// Carries the operations out, except those on the rows attribute. Says whether the resource
    /// changed. `rt` is the resource type the request was read against.
    ///
    /// # Errors
    /// `noTarget` if an operation finds nothing to work on, `mutability` if an immutable attribute would
    /// change or something required be removed (RFC 7644, section 3.5.2.2), `invalidValue` if something
    /// required would be missing otherwise or a bound passed. The resource is then as it was. What is
    /// missing already is no reason to refuse: a schema may be younger than the resource.
    pub fn apply(&self, rt: &ResourceType, resource: &mut Resource) -> Result<bool, Error> {
        if self.steps.is_empty() {
            return Ok(false);
        }
        let before = adopted(rt, resource);
        let mut changed = before.as_ref().clone();
        let mut work = Budget::new();
        for step in &self.steps {
            step.apply(rt, &mut changed, &mut work)?;
        }
        if changed == *before {
            // Whatever else there may be to say of the resource: nobody has changed it.
            return Ok(false);
        }
        finish::keep_immutable(rt, &before, &changed)?;
        finish::finish_patched(rt, &before, &mut changed, self.steps.iter().any(Step::removes))?;
        drop(before);
        *resource = changed;
        Ok(true)
    }

    /// The attributes that the operations name, but for the rows attribute: for the answer, see
    /// [`Projection::of_patch`](crate::Projection::of_patch).
    pub fn specified(&self) -> Vec<AttrPath> {
        let places = self.steps.iter().map(|step| &step.place);
        places.map(|place| AttrPath { urn: place.urn.clone(), name: place.name.clone(), sub: place.sub.clone() }).collect()
    }

    /// The operations on the rows attribute, in order.
    pub fn elements(&self) -> &[ElementChange] {
        &self.elements
    }
}
