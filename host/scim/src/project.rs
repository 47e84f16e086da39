//! Which attributes an answer has (RFC 7644, section 3.9, and `returned` of RFC 7643, section 2.2).

use serde_json::{Map, Value};

use crate::Resource;
use crate::error::{Error, ErrorKind};
use crate::limits::PROJECTION_NAMES_MAX;
use crate::path::{AttrPath, Types, split_urn};
use crate::schema::{Attribute, ResourceType, Returned, Schema};

/// A choice of attributes, made by `attributes` or `excludedAttributes`, or none.
///
/// Names no schema defines choose attributes of that name if a resource has kept some, and nothing
/// otherwise. `id` and `schemas` are in every answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Projection {
    choice: Choice,
    specified: Specified,
}

/// What a write specified, of which the answer shows also what is `returned` on request only.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Specified {
    All,
    These(Vec<AttrPath>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Choice {
    Everything,
    Only(Vec<AttrPath>),
    Except(Vec<AttrPath>),
}

/// How a choice names one attribute.
#[derive(Default)]
struct Named<'a> {
    /// By its name.
    whole: bool,
    /// As part of its extension, which is named as a whole.
    around: bool,
    /// These of its sub-attributes.
    subs: Vec<&'a str>,
}

impl Named<'_> {
    fn at_all(&self) -> bool {
        self.whole || self.around || !self.subs.is_empty()
    }

    fn has(&self, sub: &str) -> bool {
        self.subs.iter().any(|named| named.eq_ignore_ascii_case(sub))
    }
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
        Ok(Self { choice, specified: Specified::These(Vec::new()) })
    }

    /// The projection of a request that names no attributes.
    pub fn full() -> Self {
        Self { choice: Choice::Everything, specified: Specified::These(Vec::new()) }
    }

    /// The same for the answer to a POST or PUT, which shows what the body had also where that is `returned` on request only (RFC 7643,
    /// section 2.2).
    pub fn of_body(self) -> Self {
        Self { specified: Specified::All, ..self }
    }

    /// The same for the answer to a PATCH that specified these attributes; see [`Patch::specified`](crate::Patch::specified).
    pub fn of_patch(self, specified: Vec<AttrPath>) -> Self {
        Self { specified: Specified::These(specified), ..self }
    }

    /// Whether the request named the attributes it wants.
    pub fn is_selection(&self) -> bool {
        matches!(self.choice, Choice::Only(_))
    }

    /// Whether the request named no attributes.
    pub fn is_full(&self) -> bool {
        self.choice == Choice::Everything
    }

    fn is_specified(&self, urn: Option<&str>, name: &str, sub: Option<&str>) -> bool {
        let Specified::These(paths) = &self.specified else {
            return true;
        };
        paths.iter().filter(|path| path.urn.as_deref() == urn).any(|path| {
            let is_part = match (path.sub.as_deref(), sub) {
                (Some(one), Some(other)) => one.eq_ignore_ascii_case(other),
                _ => true,
            };
            path.is_extension() || (path.name.eq_ignore_ascii_case(name) && is_part)
        })
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
            Choice::Only(_) => named.at_all(),
            Choice::Except(_) => !named.whole,
        }
    }

    /// Removes from a resource what the answer does not have.
    pub fn apply(&self, rt: &ResourceType, resource: &mut Resource) {
        resource.retain(|key, value| match (rt.extension(key), value) {
            (Some(schema), Value::Object(extension)) => {
                extension.retain(|name, value| self.keeps(Some(&schema.id), name, schema.attribute(name), value));
                !extension.is_empty()
            }
            (_, value) => match split_urn(key, rt) {
                (Some(schema), name) if !name.is_empty() => self.keeps_stray(schema, name, value),
                _ => self.keeps(None, key, rt.core(key), value),
            },
        });
    }

    /// Whether the value of a key stays that starts with the URN of an extension, since it is older than its schema.
    fn keeps_stray(&self, schema: &Schema, name: &str, value: &mut Value) -> bool {
        let urn = Some(schema.id.as_str());
        let part = name.split_once('.').and_then(|(name, sub)| Some((name, schema.attribute(name)?, sub)));
        let Some((name, attribute, sub)) = part else {
            return self.keeps(urn, name, schema.attribute(name), value);
        };
        let mut whole = Value::Object(Map::from_iter([(sub.to_owned(), std::mem::take(value))]));
        let stays = self.keeps(urn, name, Some(attribute), &mut whole);
        if let Some(inner) = whole.get_mut(sub) {
            *value = inner.take();
        }
        stays
    }

    /// Whether an attribute stays, after its sub-attributes were thinned out.
    fn keeps(&self, urn: Option<&str>, name: &str, attribute: Option<&Attribute>, value: &mut Value) -> bool {
        let returned = attribute.map_or(Returned::Default, |attribute| attribute.returned);
        let named = self.named(urn, name);
        let is_specified = returned == Returned::Request && self.is_specified(urn, name, None);
        let stays = match (returned, &self.choice) {
            _ if attribute.is_some_and(Attribute::is_hidden) => false,
            (Returned::Always, _) => true,
            // As a part of its extension it is not what the request asks for.
            (Returned::Request, Choice::Only(_)) => named.whole || !named.subs.is_empty(),
            (_, Choice::Only(_)) => named.at_all(),
            (_, Choice::Except(_)) if named.whole || named.around => false,
            (Returned::Request, _) => is_specified,
            _ => true,
        };
        if !stays {
            return false;
        }
        match value {
            Value::Array(elements) => {
                elements.retain_mut(|element| self.keeps_parts((urn, name), attribute, &named, element));
                !elements.is_empty()
            }
            single => self.keeps_parts((urn, name), attribute, &named, single),
        }
    }

    /// Thins out one complex value of the attribute `at`. Whether something is left.
    fn keeps_parts(&self, at: (Option<&str>, &str), attribute: Option<&Attribute>, named: &Named<'_>, value: &mut Value) -> bool {
        let Value::Object(object) = value else {
            return true;
        };
        object.retain(|key, _| {
            let sub = attribute.and_then(|attribute| attribute.sub_attribute(key));
            let returned = sub.map_or(Returned::Default, |sub| sub.returned);
            match (returned, &self.choice) {
                _ if sub.is_some_and(Attribute::is_hidden) => false,
                (Returned::Always, _) => true,
                (_, Choice::Only(_) | Choice::Except(_)) if named.has(key) => matches!(self.choice, Choice::Only(_)),
                // Some of its sub-attributes were named, and this is another one.
                (_, Choice::Only(_)) if !named.whole && !named.around && !named.subs.is_empty() => false,
                (Returned::Request, Choice::Only(_)) => false,
                (Returned::Request, _) => self.is_specified(at.0, at.1, Some(key)),
                _ => true,
            }
        });
        !object.is_empty()
    }

    fn named(&self, urn: Option<&str>, name: &str) -> Named<'_> {
        let mut named = Named::default();
        let (Choice::Only(paths) | Choice::Except(paths)) = &self.choice else {
            return named;
        };
        for path in paths.iter().filter(|path| path.urn.as_deref() == urn) {
            named.around |= path.is_extension();
            match (&path.sub, !path.is_extension() && path.name.eq_ignore_ascii_case(name)) {
                (_, false) => {}
                (None, true) => named.whole = true,
                (Some(sub), true) => named.subs.push(sub),
            }
        }
        named
    }
}

fn names(list: Option<&str>, types: Types<'_>) -> Result<Vec<AttrPath>, Error> {
    let names = list.unwrap_or_default().split(',').map(str::trim);
    let names: Vec<&str> = names.filter(|name| !name.is_empty()).take(PROJECTION_NAMES_MAX + 1).collect();
    if names.len() > PROJECTION_NAMES_MAX {
        return Err(Error::new(ErrorKind::InvalidValue, format!("At most {PROJECTION_NAMES_MAX} attributes can be named.")));
    }
    let mut paths = Vec::with_capacity(names.len());
    for name in names {
        match AttrPath::resolve_among(name, types) {
            Some(found) => paths.push(found.path),
            // A schema's URN alone names all that it defines, as that of an extension does.
            None if name.eq_ignore_ascii_case(&types.own.schema.id) => {
                paths.extend(types.own.schema.attributes.iter().map(|attribute| AttrPath::top(None, &attribute.name)));
            }
            None => paths.push(AttrPath::top(None, name)),
        }
    }
    Ok(paths)
}
