//! Which attributes an answer has (RFC 7644, section 3.9, and `returned` of RFC 7643, section 2.2).

use serde_json::Value;

use crate::Resource;
use crate::error::{Error, ErrorKind};
use crate::limits::PROJECTION_NAMES_MAX;
use crate::path::{AttrPath, Types};
use crate::schema::{Attribute, ResourceType, Returned};

/// A choice of attributes, made by `attributes` or `excludedAttributes`, or none.
///
/// Names no schema defines choose attributes of that name if a resource has kept some, and nothing
/// otherwise. `id` and `schemas` are in every answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Projection {
    choice: Choice,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Choice {
    Everything,
    Only(Vec<AttrPath>),
    Except(Vec<AttrPath>),
}

/// How a choice names one attribute.
enum Named<'a> {
    Not,
    /// As part of its extension, which is named as a whole.
    Around,
    Whole,
    /// Some of its sub-attributes.
    Subs(Vec<&'a str>),
}

impl Projection {
    /// Reads the two query parameters, each a list of paths with commas between them. An empty list
    /// is as good as none.
    ///
    /// # Errors
    /// `invalidValue` if both are given, or more than [`PROJECTION_NAMES_MAX`] names.
    pub fn parse(attributes: Option<&str>, excluded: Option<&str>, rt: &ResourceType) -> Result<Self, Error> {
        Self::parse_types(attributes, excluded, Types::only(rt))
    }

    /// Reads them for the first of some types of one query (RFC 7644, section 3.4.2.1). An attribute that
    /// only another one of them defines chooses nothing.
    ///
    /// # Errors
    /// As [`parse`](Self::parse); not found if there is no type.
    pub fn parse_among(attributes: Option<&str>, excluded: Option<&str>, types: &[&ResourceType]) -> Result<Self, Error> {
        Self::parse_types(attributes, excluded, Types::of(types)?)
    }

    pub(crate) fn parse_types(attributes: Option<&str>, excluded: Option<&str>, types: Types<'_>) -> Result<Self, Error> {
        let attributes = names(attributes, types)?;
        let excluded = names(excluded, types)?;
        let choice = match (attributes.is_empty(), excluded.is_empty()) {
            (true, true) => Choice::Everything,
            (false, true) => Choice::Only(attributes),
            (true, false) => Choice::Except(excluded),
            (false, false) => {
                return Err(Error::new(ErrorKind::InvalidValue, "attributes and excludedAttributes cannot be used together."));
            }
        };
        Ok(Self { choice })
    }

    /// The projection of a request that names no attributes.
    pub fn full() -> Self {
        Self { choice: Choice::Everything }
    }

    /// Whether the request named the attributes it wants.
    pub fn is_selection(&self) -> bool {
        matches!(self.choice, Choice::Only(_))
    }

    /// Whether the request named no attributes.
    pub fn is_full(&self) -> bool {
        self.choice == Choice::Everything
    }

    /// Whether an answer has the core or common attribute of this name, or a part of it, when a
    /// resource has it. Saves loading what would be left out.
    pub fn wants(&self, name: &str) -> bool {
        if ["id", "schemas"].contains(&name) {
            return true;
        }
        let named = self.named(None, name);
        match self.choice {
            Choice::Everything => true,
            Choice::Only(_) => !matches!(named, Named::Not),
            Choice::Except(_) => !matches!(named, Named::Whole),
        }
    }

    /// Removes from a resource what the answer does not have.
    pub fn apply(&self, rt: &ResourceType, resource: &mut Resource) {
        resource.retain(|key, value| match (rt.extension(key), value) {
            (Some(schema), Value::Object(extension)) => {
                extension.retain(|name, value| self.keeps(Some(&schema.id), name, schema.attribute(name), value));
                !extension.is_empty()
            }
            (_, value) => self.keeps(None, key, rt.core(key), value),
        });
    }

    /// Whether an attribute stays, after its sub-attributes were thinned out.
    fn keeps(&self, urn: Option<&str>, name: &str, attribute: Option<&Attribute>, value: &mut Value) -> bool {
        let returned = attribute.map_or(Returned::Default, |attribute| attribute.returned);
        let named = self.named(urn, name);
        let stays = match (returned, &self.choice, &named) {
            _ if attribute.is_some_and(Attribute::is_hidden) => false,
            (Returned::Always, _, _) => true,
            // As a part of something, it is not what the request asks for.
            (Returned::Request, Choice::Only(_), Named::Around) => false,
            (_, Choice::Only(_), named) => !matches!(named, Named::Not),
            (Returned::Request, _, _) => false,
            (_, Choice::Except(_), named) => !matches!(named, Named::Whole | Named::Around),
            (_, Choice::Everything, _) => true,
        };
        if !stays {
            return false;
        }
        match value {
            Value::Array(elements) => {
                elements.retain_mut(|element| self.keeps_parts(attribute, &named, element));
                !elements.is_empty()
            }
            single => self.keeps_parts(attribute, &named, single),
        }
    }

    /// Thins out one complex value. Whether something is left.
    fn keeps_parts(&self, attribute: Option<&Attribute>, named: &Named<'_>, value: &mut Value) -> bool {
        let Value::Object(object) = value else {
            return true;
        };
        object.retain(|key, _| {
            let sub = attribute.and_then(|attribute| attribute.sub_attribute(key));
            let returned = sub.map_or(Returned::Default, |sub| sub.returned);
            let is_listed = match named {
                Named::Subs(subs) => Some(subs.iter().any(|sub| sub.eq_ignore_ascii_case(key))),
                Named::Not | Named::Around | Named::Whole => None,
            };
            match (returned, &self.choice, is_listed) {
                _ if sub.is_some_and(Attribute::is_hidden) => false,
                (Returned::Always, _, _) => true,
                (_, Choice::Only(_), Some(is_listed)) => is_listed,
                (Returned::Request, _, _) => false,
                (_, Choice::Except(_), Some(is_listed)) => !is_listed,
                _ => true,
            }
        });
        !object.is_empty()
    }

    fn named(&self, urn: Option<&str>, name: &str) -> Named<'_> {
        let paths = match &self.choice {
            Choice::Everything => return Named::Not,
            Choice::Only(paths) | Choice::Except(paths) => paths,
        };
        let (mut subs, mut is_around) = (Vec::new(), false);
        for path in paths.iter().filter(|path| path.urn.as_deref() == urn) {
            is_around |= path.is_extension();
            match (&path.sub, !path.is_extension() && path.name.eq_ignore_ascii_case(name)) {
                (_, false) => {}
                (None, true) => return Named::Whole,
                (Some(sub), true) => subs.push(sub.as_str()),
            }
        }
        match (is_around, subs.is_empty()) {
            (true, _) => Named::Around,
            (false, true) => Named::Not,
            (false, false) => Named::Subs(subs),
        }
    }
}

fn names(list: Option<&str>, types: Types<'_>) -> Result<Vec<AttrPath>, Error> {
    let names = list.unwrap_or_default().split(',').map(str::trim);
    let names: Vec<&str> = names.filter(|name| !name.is_empty()).take(PROJECTION_NAMES_MAX + 1).collect();
    if names.len() > PROJECTION_NAMES_MAX {
        return Err(Error::new(ErrorKind::InvalidValue, format!("At most {PROJECTION_NAMES_MAX} attributes can be named.")));
    }
    let path = |name| AttrPath::resolve_among(name, types).map_or_else(|| AttrPath::top(None, name), |found| found.path);
    Ok(names.into_iter().map(path).collect())
}
