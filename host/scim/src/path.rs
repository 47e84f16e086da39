//! Attribute paths (RFC 7644, section 3.10) and PATCH paths (section 3.5.2).
//!
//! A path is read against a [`ResourceType`] and kept in the schema's spelling, so two paths are equal
//! exactly if they lead to the same attribute. Reading a path says nothing about a resource: whether
//! there is a value at its end is another question.

use std::fmt;

use serde_json::{Map, Value};

use crate::Resource;
use crate::error::{Error, ErrorKind};
use crate::filter::Filter;
use crate::limits::{ECHO_CHARS_MAX, FILTER_LENGTH_BYTES_MAX};
use crate::message::field;
use crate::schema::{Attribute, ResourceType, Schema};

/// The way to an attribute of a resource type, in the schema's spelling.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttrPath {
    /// The extension schema the attribute belongs to; `None` for core and common attributes, also
    /// when the path was written with the URN of the core schema.
    pub urn: Option<String>,
    /// The attribute. Empty if the path is the URN of an extension alone and means its whole object.
    pub name: String,
    /// The sub-attribute, if the path goes on to one.
    pub sub: Option<String>,
}

/// The resource types a text is read against: what it is read for, and others that the same query is
/// about (RFC 7644, section 3.4.2.1).
#[derive(Clone, Copy)]
pub(crate) struct Types<'r> {
    pub(crate) own: &'r ResourceType,
    pub(crate) others: &'r [&'r ResourceType],
}

/// A path that leads to an attribute of one of several resource types.
pub(crate) struct Resolved<'r> {
    pub(crate) path: AttrPath,
    /// The type whose attribute it is.
    pub(crate) rt: &'r ResourceType,
    /// Whether it is none of the type the text is read for, whose resources have no value there. The
    /// path then starts with the URN of its schema.
    pub(crate) is_foreign: bool,
}

impl<'r> Types<'r> {
    /// One type alone.
    pub(crate) fn only(own: &'r ResourceType) -> Self {
        Self { own, others: &[] }
    }

    /// The first of a list, and the others.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] if the list is empty.
    pub(crate) fn of(types: &'r [&'r ResourceType]) -> Result<Self, Error> {
        let nothing = || Error::new(ErrorKind::NotFound, "There is no resource type to search.");
        types.split_first().map(|(own, others)| Self { own, others }).ok_or_else(nothing)
    }
}

/// The target of a PATCH operation: `attr`, `attr.sub`, `attr[filter]` or `attr[filter].sub`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatchPath {
    /// The attribute, without its sub-attribute.
    pub attr: AttrPath,
    /// The filter that selects elements of the attribute.
    pub filter: Option<Filter>,
    /// The sub-attribute.
    pub sub: Option<String>,
}

impl AttrPath {
    /// Reads a path, such as `userName`, `name.givenName` or
    /// `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value`. Letter case does
    /// not matter.
    ///
    /// # Errors
    /// `invalidPath` if no schema of the resource type knows the attribute.
    pub fn parse(text: &str, rt: &ResourceType) -> Result<Self, Error> {
        Self::resolve(text, rt).map_or_else(|| Err(unknown(text)), Ok)
    }

    /// The path to an attribute, or `None` if no schema of the resource type knows it.
    pub(crate) fn resolve(text: &str, rt: &ResourceType) -> Option<Self> {
        let (extension, rest) = split_urn(text, rt);
        let (name, sub) = match rest.split_once('.') {
            Some((name, sub)) => (name, Some(sub)),
            None => (rest, None),
        };
        let attribute = match extension {
            Some(schema) if rest.is_empty() => {
                return Some(Self { urn: Some(schema.id.clone()), name: String::new(), sub: None });
            }
            Some(schema) => schema.attribute(name)?,
            None => rt.core(name)?,
        };
        let mut path = Self { urn: extension.map(|schema| schema.id.clone()), name: attribute.name.clone(), sub: None };
        if let Some(sub) = sub {
            path.sub = Some(sub_spelling(attribute, sub)?.to_owned());
        }
        Some(path)
    }

    /// The path to an attribute of the first of some resource types, or of another one of them.
    pub(crate) fn resolve_among<'r>(text: &str, types: Types<'r>) -> Option<Resolved<'r>> {
        if let Some(path) = Self::resolve(text, types.own) {
            return Some(Resolved { path, rt: types.own, is_foreign: false });
        }
        types.others.iter().find_map(|rt| {
            let mut path = Self::resolve(text, rt)?;
            // Behind the URN of its schema, no resource of the first type can have it by chance.
            path.urn.get_or_insert_with(|| rt.schema.id.clone());
            Some(Resolved { path, rt, is_foreign: true })
        })
    }

    /// The path to an attribute at the top of a resource.
    pub(crate) fn top(urn: Option<&str>, name: &str) -> Self {
        Self { urn: urn.map(str::to_owned), name: name.to_owned(), sub: None }
    }

    /// Whether the path means the whole object of an extension.
    pub fn is_extension(&self) -> bool {
        self.name.is_empty()
    }

    /// The same path, ending at a sub-attribute.
    pub(crate) fn with_sub(&self, sub: &str) -> Self {
        Self { sub: Some(sub.to_owned()), ..self.clone() }
    }

    /// The value at the path before its sub-attribute is looked at: a list for a multi-valued attribute.
    pub(crate) fn top_value<'a>(&self, resource: &'a Resource) -> Option<&'a Value> {
        let Some(urn) = &self.urn else {
            return resource.get(&self.name);
        };
        let extension = self.entry(resource, urn);
        if self.is_extension() {
            return extension;
        }
        let value = extension.and_then(Value::as_object).and_then(|extension| self.entry(extension, &self.name));
        value.or_else(|| self.stray(resource, None))
    }

    /// What an object on the way has under a name. Core attributes are in the schema's spelling everywhere. What an
    /// extension has may be older than its schema, and is then found however it is spelled.
    pub(crate) fn entry<'a>(&self, object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
        match self.urn {
            None => object.get(name),
            Some(_) => field(object, name),
        }
    }

    /// What a key of the resource itself has that spells out the path to the attribute, or to a sub-attribute of it: so
    /// clients may write, and so it is kept while no schema knows the URN in front.
    fn stray<'a>(&self, resource: &'a Resource, sub: Option<&str>) -> Option<&'a Value> {
        let urn = self.urn.as_deref()?;
        let is_it = |key: &str| {
            let name = strip_urn(key, urn).and_then(|rest| rest.strip_prefix(':'));
            name.is_some_and(|name| match (name.split_once('.'), sub) {
                (Some((name, end)), Some(sub)) => name.eq_ignore_ascii_case(&self.name) && end.eq_ignore_ascii_case(sub),
                (None, None) => name.eq_ignore_ascii_case(&self.name),
                _ => false,
            })
        };
        resource.iter().find(|(key, _)| is_it(key)).map(|(_, value)| value)
    }

    /// Every value at the end of the path: those of each element if an attribute on the way is
    /// multi-valued, none if nothing is assigned.
    pub fn values<'a>(&self, resource: &'a Resource) -> Vec<&'a Value> {
        let mut values = Vec::new();
        self.any(resource, &mut |value| {
            values.push(value);
            false
        });
        values
    }

    /// Whether a value at the end of the path passes a test. Stops at the first that does.
    pub(crate) fn any<'a>(&self, resource: &'a Resource, test: &mut dyn FnMut(&'a Value) -> bool) -> bool {
        match self.top_value(resource) {
            Some(Value::Array(elements)) => elements.iter().any(|element| self.end_of(element).is_some_and(&mut *test)),
            single => single.and_then(|single| self.end_of(single)).or_else(|| self.stray_end(resource)).is_some_and(test),
        }
    }

    /// What a key of the resource itself has that spells the path out, down to its sub-attribute.
    pub(crate) fn stray_end<'a>(&self, resource: &'a Resource) -> Option<&'a Value> {
        self.stray(resource, Some(self.sub.as_deref()?))
    }

    /// What the path's sub-attribute finds in one element of the attribute.
    pub(crate) fn end_of<'a>(&self, element: &'a Value) -> Option<&'a Value> {
        let end = match (&self.sub, element) {
            (None, whole) => Some(whole),
            (Some(sub), Value::Object(object)) => self.entry(object, sub),
            // An element that is a plain value is its own `value` (RFC 7643, section 2.4).
            (Some(sub), plain) => (sub == "value").then_some(plain),
        };
        end.filter(|value| !value.is_null())
    }
}

impl fmt::Display for AttrPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(urn) = &self.urn {
            f.write_str(urn)?;
            if self.is_extension() {
                return Ok(());
            }
            f.write_str(":")?;
        }
        f.write_str(&self.name)?;
        match &self.sub {
            Some(sub) => write!(f, ".{sub}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for PatchPath {
    /// Writes a path that reads as an equal one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.attr)?;
        if let Some(filter) = &self.filter {
            f.write_str("[")?;
            filter.write_within(f)?;
            f.write_str("]")?;
        }
        match &self.sub {
            Some(sub) => write!(f, ".{sub}"),
            None => Ok(()),
        }
    }
}

impl PatchPath {
    /// Every value at the end of the path, of those elements that pass its filter; none if nothing is assigned.
    pub fn values<'a>(&self, rt: &ResourceType, resource: &'a Resource) -> Vec<&'a Value> {
        let end = AttrPath { sub: self.sub.clone(), ..self.attr.clone() };
        let Some(filter) = &self.filter else { return end.values(resource) };
        let chosen = self.attr.values(resource).into_iter().filter(|element| filter.matches_element(rt, element));
        chosen.filter_map(|element| end.end_of(element)).collect()
    }

    /// Reads the `path` of a PATCH operation.
    ///
    /// # Errors
    /// `invalidPath` if the path is malformed, longer than [`FILTER_LENGTH_BYTES_MAX`], or leads to
    /// an attribute no schema knows; `invalidFilter` if the text between the brackets is no filter
    /// over the attribute's elements.
    pub fn parse(text: &str, rt: &ResourceType) -> Result<Self, Error> {
        if text.len() > FILTER_LENGTH_BYTES_MAX {
            return Err(Error::new(ErrorKind::InvalidPath, format!("The path is longer than {FILTER_LENGTH_BYTES_MAX} bytes.")));
        }
        let text = text.trim();
        let Some((before, after)) = text.split_once('[') else {
            let mut attr = AttrPath::parse(text, rt)?;
            let sub = attr.sub.take();
            return Ok(Self { attr, filter: None, sub });
        };
        let attr = AttrPath::parse(before.trim_end(), rt)?;
        let attribute = rt.attribute(&attr);
        let attribute = attribute.filter(|found| attr.sub.is_none() && found.multi_valued);
        let Some(attribute) = attribute else {
            return Err(Error::new(ErrorKind::InvalidPath, format!("{attr} has no elements that a filter in brackets could select.")));
        };
        let (filter, rest) = Filter::parse_elements(after, rt, &attr)?;
        let sub = match rest.trim() {
            "" => None,
            rest => {
                let sub = rest.strip_prefix('.').and_then(|sub| sub_spelling(attribute, sub)).ok_or_else(|| unknown(text))?;
                Some(sub.to_owned())
            }
        };
        Ok(Self { attr, filter: Some(filter), sub })
    }
}

/// Splits a leading schema URN off a path. Gives the extension, or `None` for core attributes, and
/// what is left to be read; the whole text if no known URN is in front. Of two URNs of which one goes on where
/// the other ends, the longer one is meant.
pub(crate) fn split_urn<'t, 'r>(text: &'t str, rt: &'r ResourceType) -> (Option<&'r Schema>, &'t str) {
    let core = strip_urn(text, &rt.schema.id).and_then(|rest| rest.strip_prefix(':')).map(|name| (None, name));
    let extensions = rt.extensions.iter().filter_map(|(schema, _)| {
        let rest = strip_urn(text, &schema.id)?;
        let name = if rest.is_empty() { Some("") } else { rest.strip_prefix(':').filter(|name| !name.is_empty()) };
        Some((Some(schema.as_ref()), name?))
    });
    // What is left is shortest behind the longest URN.
    core.into_iter().chain(extensions).min_by_key(|(_, name)| name.len()).unwrap_or((None, text))
}

fn strip_urn<'t>(text: &'t str, urn: &str) -> Option<&'t str> {
    let (start, rest) = text.split_at_checked(urn.len())?;
    start.eq_ignore_ascii_case(urn).then_some(rest)
}

/// The schema's spelling of a sub-attribute; `value` for an element that is a plain value.
pub(crate) fn sub_spelling<'a>(attribute: &'a Attribute, sub: &str) -> Option<&'a str> {
    match attribute.sub_attribute(sub) {
        Some(found) => Some(&found.name),
        None => {
            let is_plain = attribute.multi_valued && attribute.sub_attributes.is_empty();
            (is_plain && sub.eq_ignore_ascii_case("value")).then_some("value")
        }
    }
}

/// A client's own words, short enough to be repeated in an error. What speaks of a password, other than by a name or path
/// alone, may have one in it.
pub(crate) fn echo(text: &str) -> String {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '$' | ':' | '.' | '/');
    if text.to_ascii_lowercase().contains("password") && !text.chars().all(is_name) {
        return "(not shown)".to_owned();
    }
    let mut start: String = text.chars().take(ECHO_CHARS_MAX).collect();
    if start.len() < text.len() {
        start.push('…');
    }
    start
}

fn unknown(text: &str) -> Error {
    Error::new(
        ErrorKind::InvalidPath,
        format!("The path \"{}\" leads to no attribute that the schemas of this resource define.", echo(text)),
    )
}
