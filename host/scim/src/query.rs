//! The parameters of a query (RFC 7644, sections 3.4.2 and 3.4.3), whether they come in a URI or in the
//! body of a search.

use std::borrow::Cow;

use serde_json::Value;

use crate::error::{Error, ErrorKind};
use crate::filter::Filter;
use crate::path::AttrPath;
use crate::project::Projection;
use crate::schema::{ResourceType, Returned, Type};

/// The schema of a search request (RFC 7644, section 3.4.3).
pub const SEARCH_REQUEST_URN: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

/// Everything a query asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// Which resources; all if there is none.
    pub filter: Option<Filter>,
    /// In which order; the service provider's own if there is none.
    pub sort: Option<(AttrPath, SortOrder)>,
    /// Which part of them.
    pub page: Page,
    /// With which attributes.
    pub projection: Projection,
}

/// One page of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// The number of its first resource, from 1.
    pub start_index: usize,
    /// How many resources it has at most. Zero asks for the total alone.
    pub count: usize,
}

/// The direction of an order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SortOrder {
    /// The smallest first, unassigned values last.
    #[default]
    Ascending,
    /// The reverse.
    Descending,
}

/// Parameters as they were sent.
#[derive(Default)]
struct Parameters<'a> {
    attributes: Option<Cow<'a, str>>,
    excluded_attributes: Option<Cow<'a, str>>,
    filter: Option<Cow<'a, str>>,
    sort_by: Option<Cow<'a, str>>,
    sort_order: Option<Cow<'a, str>>,
    start_index: Option<Cow<'a, str>>,
    count: Option<Cow<'a, str>>,
}

impl Query {
    /// Reads decoded query parameters. Parameters the RFC does not know are passed over: Entra has
    /// flags in its base URL that arrive as such. `count_max` is the longest page there is, and the
    /// one a request gets that does not say.
    ///
    /// # Errors
    /// `invalidFilter` for the filter; `invalidValue` if a parameter is malformed or given twice.
    pub fn from_parameters<'a>(
        rt: &ResourceType,
        parameters: impl IntoIterator<Item = (&'a str, &'a str)>,
        count_max: usize,
    ) -> Result<Self, Error> {
        let mut read = Parameters::default();
        for (name, value) in parameters {
            let Some(slot) = read.slot(name) else {
                continue;
            };
            if slot.replace(Cow::Borrowed(value)).is_some() {
                return Err(invalid(format!("{name} is given twice.")));
            }
        }
        read.query(rt, count_max)
    }

    /// Reads the body of a search (RFC 7644, section 3.4.3).
    ///
    /// # Errors
    /// `invalidSyntax` if the body is no object; otherwise as [`from_parameters`](Self::from_parameters).
    pub fn from_search(rt: &ResourceType, body: &Value, count_max: usize) -> Result<Self, Error> {
        let object = body.as_object().ok_or_else(|| Error::new(ErrorKind::InvalidSyntax, "The body must be a JSON object."))?;
        let mut read = Parameters::default();
        for (name, value) in object {
            let Some(slot) = read.slot(name) else {
                continue;
            };
            let text = match value {
                Value::Null => continue,
                Value::String(text) => Cow::Borrowed(text.as_str()),
                Value::Number(number) => Cow::Owned(number.to_string()),
                Value::Array(list) => {
                    let names: Option<Vec<&str>> = list.iter().map(Value::as_str).collect();
                    let names = names.ok_or_else(|| invalid(format!("{name} is malformed.")))?;
                    Cow::Owned(names.join(","))
                }
                _ => return Err(invalid(format!("{name} is malformed."))),
            };
            if slot.replace(text).is_some() {
                return Err(invalid(format!("{name} is given twice.")));
            }
        }
        read.query(rt, count_max)
    }
}

impl Page {
    /// Reads `startIndex` and `count`. A start below 1 is 1, a negative count is 0 (RFC 7644, section
    /// 3.4.2.4), and a count above `count_max`, or none, is `count_max`.
    ///
    /// # Errors
    /// `invalidValue` if one of them is no whole number.
    pub fn parse(start_index: Option<&str>, count: Option<&str>, count_max: usize) -> Result<Self, Error> {
        let start_index = start_index.map(|text| whole("startIndex", text)).transpose()?;
        let count = count.map(|text| whole("count", text)).transpose()?;
        Ok(Self { start_index: start_index.unwrap_or(1).max(1), count: count.unwrap_or(count_max).min(count_max) })
    }
}

impl SortOrder {
    /// Reads `sortOrder`; ascending if it is not given.
    ///
    /// # Errors
    /// `invalidValue` for anything but `ascending` and `descending`.
    pub fn parse(text: Option<&str>) -> Result<Self, Error> {
        match text {
            None => Ok(Self::Ascending),
            Some(text) if text.eq_ignore_ascii_case("ascending") => Ok(Self::Ascending),
            Some(text) if text.eq_ignore_ascii_case("descending") => Ok(Self::Descending),
            Some(_) => Err(invalid("sortOrder must be ascending or descending.")),
        }
    }
}

/// Reads `sortBy`.
///
/// # Errors
/// `invalidValue` if no schema defines the attribute, if it is never returned, or if it is complex and
/// has no `value` that could be sorted by.
pub fn sort_by(text: &str, rt: &ResourceType) -> Result<AttrPath, Error> {
    let found = AttrPath::resolve(text.trim(), rt).filter(|path| {
        rt.attribute(path).is_some_and(|attribute| {
            let is_one_value = attribute.kind != Type::Complex || attribute.has_value();
            is_one_value && attribute.returned != Returned::Never
        })
    });
    found.ok_or_else(|| invalid("sortBy names no attribute that resources could be sorted by."))
}

impl<'a> Parameters<'a> {
    fn slot(&mut self, name: &str) -> Option<&mut Option<Cow<'a, str>>> {
        let slots = [
            ("attributes", &mut self.attributes),
            ("excludedAttributes", &mut self.excluded_attributes),
            ("filter", &mut self.filter),
            ("sortBy", &mut self.sort_by),
            ("sortOrder", &mut self.sort_order),
            ("startIndex", &mut self.start_index),
            ("count", &mut self.count),
        ];
        let mut slots = slots.into_iter();
        let slot = slots.find(|(slot, _)| slot.eq_ignore_ascii_case(name));
        slot.map(|(_, value)| value)
    }

    fn query(&self, rt: &ResourceType, count_max: usize) -> Result<Query, Error> {
        let order = SortOrder::parse(self.sort_order.as_deref())?;
        let sort_by = self.sort_by.as_deref().map(|text| sort_by(text, rt));
        let filter = self.filter.as_deref().map(|text| Filter::parse(text, rt));
        Ok(Query {
            filter: filter.transpose()?,
            sort: sort_by.transpose()?.map(|path| (path, order)),
            page: Page::parse(self.start_index.as_deref(), self.count.as_deref(), count_max)?,
            projection: Projection::parse(self.attributes.as_deref(), self.excluded_attributes.as_deref(), rt)?,
        })
    }
}

/// A whole number, with everything negative as zero and everything too large as the largest.
fn whole(name: &str, text: &str) -> Result<usize, Error> {
    let text = text.trim();
    let (digits, is_negative) = match text.strip_prefix('-') {
        Some(digits) => (digits, true),
        None => (text, false),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(invalid(format!("{name} must be a whole number.")));
    }
    if is_negative {
        return Ok(0);
    }
    Ok(digits.parse().unwrap_or(usize::MAX))
}

fn invalid(detail: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidValue, detail)
}
