//! Lists of resources: their body (RFC 7644, section 3.4.2) and their order (section 3.4.2.3).

use std::cmp::Ordering;

use serde_json::{Number, Value, json};

use crate::Resource;
use crate::datetime::Instant;
use crate::limits::SORT_KEY_BYTES_MAX;
use crate::number::numeric_order;
use crate::path::AttrPath;
use crate::schema::{ResourceType, Type, fold_case};
use crate::text::start_of;

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
///
/// Of a text the first [`SORT_KEY_BYTES_MAX`] bytes count, so texts that differ later on only are equal here.
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
/// `caseExact`. A path that was read for another resource type leads to nothing.
pub fn sort_key(rt: &ResourceType, path: &AttrPath, resource: &Resource) -> SortKey {
    SortKey(key(rt, path, resource).unwrap_or(Key::Unassigned))
}

fn key<'a>(rt: &ResourceType, path: &AttrPath, resource: &'a Resource) -> Option<Key> {
    let attribute = rt.attribute(path)?;
    let attribute = match attribute.kind {
        Type::Complex => attribute.sub_attribute("value").unwrap_or(attribute),
        _ => attribute,
    };
    let part = |element: &'a Value, name: &str| path.entry(element.as_object()?, name);
    let end = match path.top_value(resource) {
        Some(Value::Array(elements)) => {
            let mut primary = elements.iter();
            let primary = primary.find(|element| part(element, "primary") == Some(&Value::Bool(true)));
            path.end_of(primary.or(elements.first())?)?
        }
        single => single.and_then(|single| path.end_of(single)).or_else(|| path.stray_end(resource))?,
    };
    let value = match end {
        Value::Object(_) => part(end, "value")?,
        plain => plain,
    };
    match value {
        Value::Bool(flag) => Some(Key::Flag(*flag)),
        Value::Number(number) => Some(Key::Number(number.clone())),
        Value::String(text) => Some(match Instant::parse(text) {
            Some(instant) if attribute.kind == Type::DateTime => Key::Instant(instant),
            _ => Key::Text(key_text(text, attribute.case_exact)),
        }),
        _ => None,
    }
}

/// The part of a text that counts, folded unless letter case counts.
fn key_text(text: &str, case_exact: bool) -> String {
    if case_exact {
        return start_of(text, SORT_KEY_BYTES_MAX).to_owned();
    }
    // Folding makes no text shorter than a third, so what is cut off here would not be in the key.
    let folded = fold_case(start_of(text, 4 * SORT_KEY_BYTES_MAX));
    start_of(&folded, SORT_KEY_BYTES_MAX).to_owned()
}

impl SortKey {
    /// The key of a resource that has no value.
    pub fn unassigned() -> Self {
        Self(Key::Unassigned)
    }

    /// The key as a short text, which [`decode`](Self::decode) reads: a letter for the kind, and the value.
    pub fn encode(&self) -> String {
        match &self.0 {
            Key::Flag(flag) => format!("b{}", u8::from(*flag)),
            Key::Number(number) => match number.as_f64().filter(|_| number.is_f64()) {
                // The shortest text that reads as the same number, also of large ones.
                Some(float) => format!("f{float:e}"),
                None => format!("i{number}"),
            },
            Key::Instant(instant) => {
                let (seconds, nanos) = instant.parts();
                format!("d{seconds}.{nanos}")
            }
            Key::Text(text) => format!("s{text}"),
            Key::Unassigned => "u".to_owned(),
        }
    }

    /// Reads what [`encode`](Self::encode) wrote; `None` for any other text.
    pub fn decode(text: &str) -> Option<Self> {
        let (kind, value) = text.split_at_checked(1)?;
        let key = match kind {
            "b" => Key::Flag(value == "1"),
            "i" => match value.parse::<i64>() {
                Ok(number) => Key::Number(number.into()),
                Err(_) => Key::Number(value.parse::<u64>().ok()?.into()),
            },
            "f" => Key::Number(Number::from_f64(value.parse().ok()?)?),
            "d" => {
                let (seconds, nanos) = value.split_once('.')?;
                Key::Instant(Instant::of_parts(seconds.parse().ok()?, nanos.parse().ok()?)?)
            }
            "s" if value.len() <= SORT_KEY_BYTES_MAX => Key::Text(value.to_owned()),
            "u" => Key::Unassigned,
            _ => return None,
        };
        let key = Self(key);
        // Numbers can be written in more than one way, and only one of them is ours.
        (key.encode() == text).then_some(key)
    }
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
            (Key::Number(left), Key::Number(right)) => numeric_order(left, right),
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
