//! Lists of resources: their body (RFC 7644, section 3.4.2) and their order (section 3.4.2.3).

use std::cmp::Ordering;

use serde_json::{Number, Value, json};

use crate::Resource;
use crate::datetime::Instant;
use crate::filter::numeric_order;
use crate::path::AttrPath;
use crate::schema::{ResourceType, Type, fold_case};

/// The schema of a list response (RFC 7644, section 3.4.2).
pub const LIST_RESPONSE_URN: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

/// The body of a list: one page of `resources`, of which the first is number `start_index` (from 1)
/// among `total_results`. `Resources` is there also when it is empty, since clients iterate over it.
pub fn list_response(total_results: usize, start_index: usize, resources: Vec<Value>) -> Value {
    json!({
        "schemas": [LIST_RESPONSE_URN],
        "totalResults": total_results,
        "startIndex": start_index,
        "itemsPerPage": resources.len(),
        "Resources": resources,
    })
}

/// What a resource is sorted by. Keys order ascending with unassigned values last; descending order is
/// the reverse, with unassigned values first, as RFC 7644, section 3.4.2.3, has it.
#[derive(Clone, Debug)]
pub struct SortKey(Key);

#[derive(Clone, Debug)]
enum Key {
    Flag(bool),
    Number(Number),
    Instant(Instant),
    Text(String),
    Unassigned,
}

/// The sort key of a resource by an attribute. Of a multi-valued attribute the primary element counts,
/// else the first; of a complex attribute its `value`. Letter case counts if the attribute is
/// `caseExact`.
pub fn sort_key(rt: &ResourceType, path: &AttrPath, resource: &Resource) -> SortKey {
    let element = match path.top_value(resource) {
        Some(Value::Array(elements)) => {
            let mut primary = elements.iter();
            let primary = primary.find(|element| element.get("primary") == Some(&Value::Bool(true)));
            primary.or(elements.first())
        }
        single => single,
    };
    let value = match element.and_then(|element| path.end_of(element)) {
        Some(Value::Object(object)) => object.get("value"),
        plain => plain,
    };
    let attribute = rt.attribute(path);
    let attribute = attribute.map(|attribute| match attribute.kind {
        Type::Complex => attribute.sub_attribute("value").unwrap_or(attribute),
        _ => attribute,
    });
    let case_exact = attribute.is_none_or(|attribute| attribute.case_exact);
    let is_time = attribute.is_some_and(|attribute| attribute.kind == Type::DateTime);
    SortKey(match value {
        Some(Value::Bool(flag)) => Key::Flag(*flag),
        Some(Value::Number(number)) => Key::Number(number.clone()),
        Some(Value::String(text)) => match Instant::parse(text) {
            Some(instant) if is_time => Key::Instant(instant),
            _ if case_exact => Key::Text(text.clone()),
            _ => Key::Text(fold_case(text).into_owned()),
        },
        _ => Key::Unassigned,
    })
}

impl Key {
    /// Where the kind of value stands among the others. Values of one attribute are of one kind.
    fn rank(&self) -> u8 {
        match self {
            Self::Flag(_) => 0,
            Self::Number(_) => 1,
            Self::Instant(_) => 2,
            Self::Text(_) => 3,
            Self::Unassigned => 4,
        }
    }
}

impl Ord for SortKey {
    fn cmp(&self, other: &Self) -> Ordering {
        match (&self.0, &other.0) {
            (Key::Flag(left), Key::Flag(right)) => left.cmp(right),
            (Key::Number(left), Key::Number(right)) => numeric_order(left, right).unwrap_or(Ordering::Equal),
            (Key::Instant(left), Key::Instant(right)) => left.cmp(right),
            (Key::Text(left), Key::Text(right)) => left.cmp(right),
            (left, right) => left.rank().cmp(&right.rank()),
        }
    }
}

impl PartialOrd for SortKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for SortKey {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for SortKey {}
