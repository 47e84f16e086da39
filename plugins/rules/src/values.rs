//! Values of attributes that rules set: which type each has, and how a value comes to have it.

use doorlist_scim::datetime::Instant;
use doorlist_scim::schema::{Mutability, Type};
use doorlist_scim::{AttrPath, Attribute, PatchPath, Resource, ResourceType};
use doorlist_sdk::Value;
use serde_json::{Value as Json, json};

use crate::item::URN;
use crate::template::{as_text, end, unseen};
use crate::text::Text;

/// An attribute and what it becomes.
#[derive(Debug)]
pub(crate) struct Setting {
    /// Its path in the schema's spelling.
    pub path: String,
    kind: Type,
    multi_valued: bool,
    /// A complex attribute with a sub-attribute `value`, which a plain value is then put into.
    has_value: bool,
    source: Source,
}

/// Where values come from.
#[derive(Debug)]
pub(crate) enum Source {
    Text(Text),
    Path(PatchPath),
}

/// What a member has in places of its own, or not at all.
const ELSEWHERE: [(&str, &str); 9] = [
    ("id", "Doorlist gives it"),
    ("externalId", "it is the identity provider's"),
    ("meta", "Doorlist gives it"),
    ("schemas", "it follows from the attributes"),
    ("userName", "the effect userName does"),
    ("displayName", "the effect displayName does"),
    ("active", "the effect status does"),
    ("groups", "the effects addGroups and removeGroups do"),
    ("password", "Doorlist keeps none"),
];

/// The path of an attribute that rules may set or remove, in the schema's spelling, and the attribute.
pub(crate) fn target<'r>(text: &str, rt: &'r ResourceType) -> Result<(String, &'r Attribute), String> {
    let path = AttrPath::parse(text, rt).map_err(|error| error.detail)?;
    let whole = AttrPath { sub: None, ..path.clone() };
    let (Some(attribute), Some(top)) = (rt.attribute(&path), rt.attribute(&whole)) else {
        return Err(format!("{path} is a schema; name one of its attributes."));
    };
    if path.urn.as_deref() == Some(URN) {
        return Err(format!("{path} is what Doorlist says of the user. Effects such as role change it."));
    }
    let own = |(name, _): &&(&str, &str)| path.urn.is_none() && *name == path.name;
    if let Some((name, why)) = ELSEWHERE.iter().find(own) {
        return Err(format!("A rule does not set {name} as an attribute: {why}."));
    }
    if attribute.is_hidden() || top.is_hidden() {
        return Err(format!("Nobody may read {path}."));
    }
    if attribute.mutability == Mutability::ReadOnly && path.sub.is_none() {
        return Err(format!("{path} is readOnly."));
    }
    if path.sub.is_some() && top.multi_valued {
        return Err(format!("{whole} has several values. A rule sets all of them together, by the path {whole}."));
    }
    Ok((path.to_string(), attribute))
}

/// The path that values are taken from, held against what they are set to.
pub(crate) fn fits(from: &PatchPath, to: &Attribute, rt: &ResourceType) -> Result<(), String> {
    let Some(source) = end(from, rt) else { return Err(format!("{from} leads to no attribute.")) };
    if unseen(rt, &from.attr.name, from.sub.as_deref(), from.attr.urn.as_deref()).is_some() {
        return Err(format!("Rules do not see {from}."));
    }
    let same = |sub: &Attribute| to.sub_attribute(&sub.name).is_some_and(|other| other.kind == sub.kind);
    match (source.kind, to.kind) {
        (Type::Complex, Type::Complex) if source.sub_attributes.iter().all(same) => Ok(()),
        (Type::Complex, Type::Complex) => Err(format!("{from} has sub-attributes that {} does not have.", to.name)),
        (Type::Complex, _) => Err(format!("{from} has sub-attributes; name one of them.")),
        (_, Type::Complex) if to.sub_attribute("value").is_none() => Err(format!("{} has sub-attributes; name one of them.", to.name)),
        _ => Ok(()),
    }
}

impl Setting {
    /// Sets the attribute at a path that [`target`] read.
    pub(crate) fn new(path: String, attribute: &Attribute, source: Source) -> Setting {
        let has_value = attribute.kind == Type::Complex && attribute.sub_attribute("value").is_some();
        Setting { path, kind: attribute.kind, multi_valued: attribute.multi_valued, has_value, source }
    }

    /// The values for an item, those of another type than the attribute's left out; none if there are none, and the effect does not happen.
    pub(crate) fn values(&self, rt: &ResourceType, resource: &Resource) -> Vec<Value> {
        let values: Vec<Value> = match &self.source {
            Source::Text(text) => text.of(rt, resource).and_then(|text| self.value(&Json::String(text))).into_iter().collect(),
            Source::Path(path) => path.values(rt, resource).into_iter().filter_map(|value| self.value(value)).collect(),
        };
        let most = if self.multi_valued { values.len() } else { 1 };
        values.into_iter().take(most).collect()
    }

    /// A value as the attribute's type has it.
    fn value(&self, value: &Json) -> Option<Value> {
        match (self.kind, value) {
            (Type::Complex, Json::Object(object)) => Some(Value::Json(json!(object).to_string())),
            (Type::Complex, plain) if self.has_value => Some(Value::Json(json!({"value": as_text(plain)?}).to_string())),
            (Type::Complex, _) => None,
            (Type::Boolean, Json::Bool(truth)) => Some(Value::Boolean(*truth)),
            (Type::Boolean, Json::String(text)) if text.eq_ignore_ascii_case("true") => Some(Value::Boolean(true)),
            (Type::Boolean, Json::String(text)) if text.eq_ignore_ascii_case("false") => Some(Value::Boolean(false)),
            (Type::Boolean, _) => None,
            (Type::Integer, plain) => as_text(plain)?.parse().ok().map(Value::Integer),
            (Type::Decimal, plain) => as_text(plain)?.parse().ok().filter(|number: &f64| number.is_finite()).map(Value::Decimal),
            (Type::DateTime, plain) => as_text(plain).filter(|text| Instant::parse(text).is_some()).map(Value::Text),
            (Type::String | Type::Binary | Type::Reference, plain) => as_text(plain).map(Value::Text),
        }
    }
}
