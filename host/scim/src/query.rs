//! The parameters of a query (RFC 7644, sections 3.4.2 and 3.4.3; RFC 9865), whether they come in a URI or in the
//! body of a search.

use std::borrow::Cow;

use serde_json::{Number, Value};

use crate::error::{Error, ErrorKind};
use crate::filter::Filter;
use crate::limits::CURSOR_BYTES_MAX;
use crate::message::expect_schema;
use crate::path::{AttrPath, Types};
use crate::project::Projection;
use crate::schema::{Attribute, ResourceType, Type};

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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// How many resources it has at most. Zero asks for the total alone.
    pub count: usize,
    /// Where it starts.
    pub start: Start,
}

/// Where a page starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// At the resource of this number, from 1 (RFC 7644, section 3.4.2.4).
    Index(usize),
    /// Where the page before it ended, which its cursor says; the empty one asks for the first page (RFC
    /// 9865, section 2). At most [`CURSOR_BYTES_MAX`] long, and otherwise as the client sent it.
    Cursor(String),
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
    cursor: Option<Cow<'a, str>>,
    count: Option<Cow<'a, str>>,
}

impl Query {
    /// Reads decoded query parameters for the first of `types`. The others are further resource types of
    /// the same query, which is then one against the server root (RFC 7644, section 3.4.2.1): an attribute
    /// that only another type defines is, for the first one, one that has no value.
    ///
    /// Parameters the RFCs do not know are passed over: Entra has flags in its base URL that arrive as
    /// such. `count_max` is the longest page there is, and the one a request gets that does not say.
    ///
    /// # Errors
    /// `invalidFilter` for the filter; `invalidValue` if a parameter is malformed or given twice, or
    /// `startIndex` and `cursor` both; `invalidCursor` for one that is too long, `invalidCount` for a
    /// malformed `count` beside a cursor; not found if there is no type.
    pub fn from_parameters<'a>(
        types: &[&ResourceType],
        parameters: impl IntoIterator<Item = (&'a str, &'a str)>,
        count_max: usize,
    ) -> Result<Self, Error> {
        let mut read = Parameters::default();
        for (name, value) in parameters {
            let Some(slot) = read.slot(name) else {
                continue;
            };
            if slot.replace(Cow::Borrowed(value)).is_some() {
                return Err(given_twice(name));
            }
        }
        read.query(Types::of(types)?, count_max)
    }

    /// Reads the body of a search (RFC 7644, section 3.4.3), for the first of `types` as
    /// [`from_parameters`](Self::from_parameters) does. `schemas` may be missing. A null is a parameter that
    /// is not given, but for `cursor`, where it is the empty one.
    ///
    /// # Errors
    /// `invalidSyntax` if the body is no object, or `schemas` names something else; otherwise as
    /// [`from_parameters`](Self::from_parameters).
    pub fn from_search(types: &[&ResourceType], body: &Value, count_max: usize) -> Result<Self, Error> {
        let object = body.as_object().ok_or_else(|| Error::new(ErrorKind::InvalidSyntax, "The body must be a JSON object."))?;
        expect_schema(object, SEARCH_REQUEST_URN)?;
        let mut read = Parameters::default();
        for (name, value) in object {
            let Some(slot) = read.slot(name) else {
                continue;
            };
            let text = match value {
                Value::Null if name.eq_ignore_ascii_case(CURSOR) => Cow::Borrowed(""),
                Value::Null => continue,
                Value::String(text) => Cow::Borrowed(text.as_str()),
                Value::Number(number) if is_one_of(name, &["startIndex", "count"]) => Cow::Owned(digits(number)),
                // Of another type; what that is called depends on what else is asked for.
                other if name.eq_ignore_ascii_case("count") => Cow::Owned(other.to_string()),
                Value::Array(list) if is_one_of(name, &["attributes", "excludedAttributes"]) => {
                    let names: Option<Vec<&str>> = list.iter().map(Value::as_str).collect();
                    Cow::Owned(names.ok_or_else(|| malformed(name))?.join(","))
                }
                _ => return Err(malformed(name)),
            };
            if slot.replace(text).is_some() {
                return Err(given_twice(name));
            }
        }
        read.query(Types::of(types)?, count_max)
    }
}

impl Page {
    /// Reads `startIndex`, `cursor` and `count`. A start below 1 is 1, a negative count is 0 (RFC 7644, section
    /// 3.4.2.4), and a count above `count_max`, or none, is `count_max`.
    ///
    /// # Errors
    /// `invalidValue` if `startIndex` or `count` is no whole number, or if both `startIndex` and `cursor` are
    /// given; `invalidCursor` for a cursor longer than [`CURSOR_BYTES_MAX`]; beside a cursor, `invalidCount` for
    /// a count that is no whole number (RFC 9865, section 2.3).
    pub fn parse(start_index: Option<&str>, cursor: Option<&str>, count: Option<&str>, count_max: usize) -> Result<Self, Error> {
        let count = match (count.map(whole), cursor) {
            (None, _) => count_max,
            (Some(Some(count)), _) => count.min(count_max),
            (Some(None), Some(_)) => return Err(Error::new(ErrorKind::InvalidCount, NO_COUNT)),
            (Some(None), None) => return Err(invalid(NO_COUNT)),
        };
        let start = match (start_index, cursor) {
            (Some(_), Some(_)) => return Err(invalid("startIndex and cursor cannot be used together.")),
            (None, Some(cursor)) if cursor.len() > CURSOR_BYTES_MAX => {
                return Err(Error::new(ErrorKind::InvalidCursor, "The cursor is longer than any that is given out."));
            }
            (None, Some(cursor)) => Start::Cursor(cursor.to_owned()),
            (Some(text), None) => Start::Index(whole(text).ok_or_else(|| invalid("startIndex must be a whole number."))?.max(1)),
            (None, None) => Start::Index(1),
        };
        Ok(Self { count, start })
    }
}

const CURSOR: &str = "cursor";

const NO_COUNT: &str = "count must be a whole number.";

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
    sort_by_types(text, Types::only(rt))
}

/// Reads `sortBy` for the first of some types of one query. A path that only another one of them has
/// leads nowhere: by it, every resource of the first type is unassigned.
fn sort_by_types(text: &str, types: Types<'_>) -> Result<AttrPath, Error> {
    let found = AttrPath::resolve_among(text.trim(), types).filter(|found| {
        let is_hidden = found.rt.top_attribute(&found.path).is_none_or(Attribute::is_hidden);
        !is_hidden
            && found.rt.attribute(&found.path).is_some_and(|attribute| {
                let is_one_value = attribute.kind != Type::Complex || attribute.has_value();
                is_one_value && !attribute.is_hidden()
            })
    });
    found.map(|found| found.path).ok_or_else(|| invalid("sortBy names no attribute that resources could be sorted by."))
}

fn is_one_of(name: &str, names: &[&str]) -> bool {
    names.iter().any(|known| known.eq_ignore_ascii_case(name))
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
            (CURSOR, &mut self.cursor),
            ("count", &mut self.count),
        ];
        let mut slots = slots.into_iter();
        let slot = slots.find(|(slot, _)| slot.eq_ignore_ascii_case(name));
        slot.map(|(_, value)| value)
    }

    fn query(&self, types: Types<'_>, count_max: usize) -> Result<Query, Error> {
        let order = SortOrder::parse(self.sort_order.as_deref())?;
        let sort_by = self.sort_by.as_deref().map(|text| sort_by_types(text, types));
        let filter = self.filter.as_deref().map(|text| Filter::parse_types(text, types));
        Ok(Query {
            filter: filter.transpose()?,
            sort: sort_by.transpose()?.map(|path| (path, order)),
            page: Page::parse(self.start_index.as_deref(), self.cursor.as_deref(), self.count.as_deref(), count_max)?,
            projection: Projection::parse_types(self.attributes.as_deref(), self.excluded_attributes.as_deref(), types)?,
        })
    }
}

/// A number as a query would have it. One with too many digits for an integer is as good as the largest there is.
fn digits(number: &Number) -> String {
    match number.as_f64() {
        Some(float) if number.as_i64().is_none() && float.trunc() == float && float.abs() >= LARGE => {
            if float < 0.0 {
                "-1".to_owned()
            } else {
                usize::MAX.to_string()
            }
        }
        _ => number.to_string(),
    }
}

/// Whole numbers from here on are written without a fraction whatever their type: 2 to the power of 63.
const LARGE: f64 = 9_223_372_036_854_775_808.0;

/// A whole number, with everything negative as zero and everything too large as the largest.
fn whole(text: &str) -> Option<usize> {
    let text = text.trim();
    let (digits, is_negative) = match text.strip_prefix('-') {
        Some(digits) => (digits, true),
        None => (text, false),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(if is_negative { 0 } else { digits.parse().unwrap_or(usize::MAX) })
}

/// `name` is one of the parameters, in the client's letter case.
fn given_twice(name: &str) -> Error {
    invalid(format!("{name} is given twice."))
}

fn malformed(name: &str) -> Error {
    invalid(format!("{name} is malformed."))
}

fn invalid(detail: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidValue, detail)
}
