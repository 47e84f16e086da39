//! Finding traits in one request.

use serde_json::{Map, Value};

use super::{Headers, Trait, Traits};
use crate::bulk::BULK_REQUEST_URN;
use crate::filter::quoted;
use crate::limits::{DIALECT_AGENT_BYTES_MAX, DIALECT_ELEMENTS_MAX, DIALECT_FILTER_BYTES_MAX, DIALECT_KEYS_MAX, DIALECT_OPERATIONS_MAX};
use crate::message::field;
use crate::quirks;
use crate::schema::ResourceType;
use crate::text::start_of;

/// What the schemas start with that Entra names beside those of SCIM when it creates a group.
const MICROSOFT_SCHEMA_PREFIX: &str = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/";

/// The parameter that arrives when Entra's newer behaviour was asked for in the base URL.
const COMPLIANCE_FLAG: &str = "aadOptscim062020";

pub(super) fn traits(method: &str, parameters: &[(String, String)], headers: Headers<'_>, body: Option<&Value>) -> Traits {
    let mut found = Traits::default();
    if let Some(agent) = headers.user_agent {
        of_agent(agent, &mut found);
    }
    if headers.has_adscimversion {
        found.insert(Trait::EntraHeader);
    }
    for (name, value) in parameters.iter().take(DIALECT_KEYS_MAX) {
        of_parameter(name, value, &mut found);
    }
    let Some(object) = body.and_then(Value::as_object) else {
        return found;
    };
    let names_bulk = |urn: &Value| urn.as_str().is_some_and(|urn| urn.eq_ignore_ascii_case(BULK_REQUEST_URN));
    let is_bulk = field(object, "schemas").and_then(Value::as_array).is_some_and(|urns| urns.first().is_some_and(names_bulk));
    match field(object, "Operations").and_then(Value::as_array) {
        Some(operations) if is_bulk => {
            for operation in operations.iter().take(DIALECT_OPERATIONS_MAX).filter_map(Value::as_object) {
                let method = field(operation, "method").and_then(Value::as_str).unwrap_or_default();
                field(operation, "data").and_then(Value::as_object).into_iter().for_each(|data| of_body(method, data, &mut found));
            }
        }
        _ => of_body(method, object, &mut found),
    }
    found
}

/// The body of a request, or what stands for one in a bulk request.
fn of_body(method: &str, object: &Map<String, Value>, found: &mut Traits) {
    if method.eq_ignore_ascii_case("PATCH") {
        let operations = field(object, "Operations").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        for operation in operations.iter().take(DIALECT_OPERATIONS_MAX).filter_map(Value::as_object) {
            of_operation(operation, found);
        }
    } else if method.eq_ignore_ascii_case("POST") || method.eq_ignore_ascii_case("PUT") {
        of_resource(object, found);
        if method.eq_ignore_ascii_case("PUT") && field(object, "id").is_some_and(|id| !id.is_null()) {
            found.insert(Trait::IdInPut);
        }
    }
}

fn of_agent(agent: &str, found: &mut Traits) {
    let agent = start_of(agent, DIALECT_AGENT_BYTES_MAX).to_ascii_lowercase();
    let names = [
        ("okta", Trait::OktaAgent),
        ("jumpcloud", Trait::JumpCloudAgent),
        ("microsoft", Trait::MicrosoftAgent),
        ("entra", Trait::MicrosoftAgent),
        ("azure", Trait::MicrosoftAgent),
    ];
    names.into_iter().filter(|(name, _)| agent.contains(name)).for_each(|(_, one)| found.insert(one));
}

fn of_parameter(name: &str, value: &str, found: &mut Traits) {
    if name.eq_ignore_ascii_case(COMPLIANCE_FLAG) {
        found.insert(Trait::ComplianceFlag);
    } else if name.eq_ignore_ascii_case("excludedAttributes") && value.trim().eq_ignore_ascii_case("members") {
        found.insert(Trait::WithoutMembers);
    } else if name.eq_ignore_ascii_case("filter") && has_bare_value(start_of(value, DIALECT_FILTER_BYTES_MAX)) {
        found.insert(Trait::UnquotedValues);
    }
}

/// Whether a comparison of a filter has a text without quotes. Numbers, `true`, `false` and `null` need none.
fn has_bare_value(filter: &str) -> bool {
    let mut is_behind_operator = false;
    let mut rest = filter.trim_start();
    while let Some(first) = rest.chars().next() {
        if first == '"' {
            let Some(after) = quoted(rest).map(|(_, after)| after) else {
                return false;
            };
            rest = after.trim_start();
            is_behind_operator = false;
            continue;
        }
        let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '[' | ']' | '"')).unwrap_or(rest.len());
        let (word, after) = rest.split_at_checked(end.max(first.len_utf8())).unwrap_or((rest, ""));
        let needs_none = ["true", "false", "null"].iter().any(|literal| word.eq_ignore_ascii_case(literal)) || word.parse::<f64>().is_ok();
        if is_behind_operator && end > 0 {
            return !needs_none;
        }
        is_behind_operator = ["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"].iter().any(|op| word.eq_ignore_ascii_case(op));
        rest = after.trim_start();
    }
    false
}

/// The body of a POST or PUT.
fn of_resource(object: &Map<String, Value>, found: &mut Traits) {
    of_attributes(object, found);
    let schemas = field(object, "schemas").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    for urn in schemas.iter().take(DIALECT_ELEMENTS_MAX).filter_map(Value::as_str) {
        if urn.contains(":extension:") && field(object, urn).is_none() {
            found.insert(Trait::ExtensionWithoutData);
        }
        let prefix = urn.get(..MICROSOFT_SCHEMA_PREFIX.len());
        if prefix.is_some_and(|prefix| prefix.eq_ignore_ascii_case(MICROSOFT_SCHEMA_PREFIX)) {
            found.insert(Trait::MicrosoftSchema);
        }
    }
}

/// Attributes by name: a resource, an extension of one, or the value of an operation without a path.
fn of_attributes(object: &Map<String, Value>, found: &mut Traits) {
    for (key, value) in object.iter().take(DIALECT_KEYS_MAX) {
        of_attribute(key, value, found);
        let is_extension = starts_like_urn(key);
        if let (true, Some(extension)) = (is_extension, value.as_object()) {
            extension.iter().take(DIALECT_KEYS_MAX).for_each(|(key, value)| of_attribute(key, value, found));
        }
    }
}

/// One attribute, or what an operation puts at a path.
fn of_attribute(path: &str, value: &Value, found: &mut Traits) {
    let (name, last) = ends_of(path);
    if is_string_boolean(last, value) {
        found.insert(Trait::StringBooleans);
    }
    if ends_in_manager(name) {
        of_manager(value, found);
    } else if name.eq_ignore_ascii_case("manager.value") && value.as_str() == Some("") {
        found.insert(Trait::EmptyManager);
    }
    let is_list = || ResourceType::all().iter().any(|rt| rt.core(name).is_some_and(|attribute| attribute.multi_valued));
    match value {
        Value::Null if is_list() => found.insert(Trait::NullLists),
        Value::Array(list) if list.is_empty() => found.insert(Trait::EmptyLists),
        Value::Array(list) => {
            list.iter().take(DIALECT_ELEMENTS_MAX).filter_map(Value::as_object).for_each(|element| of_element(name, element, found))
        }
        Value::Object(element) if !starts_like_urn(path) || ends_in_manager(name) => of_element(name, element, found),
        _ => {}
    }
}

/// An element of a list, or a complex value.
fn of_element(name: &str, element: &Map<String, Value>, found: &mut Traits) {
    for (key, value) in element.iter().take(DIALECT_KEYS_MAX) {
        if is_string_boolean(key, value) {
            found.insert(Trait::StringBooleans);
        }
        if name.eq_ignore_ascii_case("members") && key.eq_ignore_ascii_case("$ref") && value.is_null() {
            found.insert(Trait::NullReferences);
        }
        let is_uri = value.as_str().and_then(|text| text.get(..4)).is_some_and(|start| start.eq_ignore_ascii_case("tel:"));
        if name.eq_ignore_ascii_case("phoneNumbers") && key.eq_ignore_ascii_case("value") && is_uri {
            found.insert(Trait::PhoneUris);
        }
    }
}

fn of_manager(value: &Value, found: &mut Traits) {
    match value {
        Value::String(text) if text.is_empty() => found.insert(Trait::EmptyManager),
        Value::String(_) => found.insert(Trait::BareManager),
        Value::Object(object) if field(object, "value").and_then(Value::as_str) == Some("") => found.insert(Trait::EmptyManager),
        _ => {}
    }
}

fn of_operation(operation: &Map<String, Value>, found: &mut Traits) {
    let op = field(operation, "op").and_then(Value::as_str).unwrap_or_default();
    if op.starts_with(|c: char| c.is_ascii_uppercase()) {
        found.insert(Trait::CapitalisedOperations);
    }
    let is_removal = op.eq_ignore_ascii_case("remove");
    let path = field(operation, "path").and_then(Value::as_str).map(str::trim).unwrap_or_default();
    let value = field(operation, "value").map_or(&Value::Null, quirks::only_element);
    if path.is_empty() {
        if let (Some(object), true) = (value.as_object(), op.eq_ignore_ascii_case("replace")) {
            of_replacement(object, found);
        }
        return;
    }
    let (name, _) = ends_of(path);
    if has_string_boolean(path) {
        found.insert(Trait::StringBooleans);
    }
    let is_whole = !path.contains('[');
    if is_removal && is_whole && name.eq_ignore_ascii_case("members") && !value.is_null() {
        found.insert(Trait::RemovalByList);
    } else if is_removal && name.eq_ignore_ascii_case("members") && path.contains('[') {
        found.insert(Trait::RemovalByFilter);
    } else if !is_removal && path.contains("].") {
        found.insert(Trait::FilteredPaths);
    }
    if !value.is_null() {
        of_attribute(path, field(operation, "value").unwrap_or(value), found);
    }
}

/// The value of a replacement without a path.
fn of_replacement(object: &Map<String, Value>, found: &mut Traits) {
    found.insert(Trait::PathlessReplace);
    if field(object, "id").is_some() {
        found.insert(Trait::IdInReplace);
    }
    let is_qualified = |(key, value): (&String, &Value)| if starts_like_urn(key) { !value.is_object() } else { key.contains('.') };
    if object.iter().take(DIALECT_KEYS_MAX).any(is_qualified) {
        found.insert(Trait::QualifiedKeys);
    }
    of_attributes(object, found);
}

fn is_string_boolean(name: &str, value: &Value) -> bool {
    let is_boolean = name.eq_ignore_ascii_case("active") || name.eq_ignore_ascii_case("primary");
    is_boolean && value.as_str().is_some_and(|text| quirks::boolean_text(text).is_some())
}

/// Whether the filter of a path compares `primary` with a text.
fn has_string_boolean(path: &str) -> bool {
    let path = start_of(path, DIALECT_FILTER_BYTES_MAX).to_ascii_lowercase();
    path.contains("primary eq \"true\"") || path.contains("primary eq \"false\"")
}

/// The attribute a path leads to, with its sub-attribute and without URN and filter; and the last name in the
/// path.
fn ends_of(path: &str) -> (&str, &str) {
    let head = path.split('[').next().unwrap_or(path);
    let name = head.rsplit(':').next().unwrap_or(head);
    let behind = path.rsplit(']').next().unwrap_or(path);
    (name, behind.rsplit(['.', ':']).next().unwrap_or(behind))
}

fn ends_in_manager(name: &str) -> bool {
    name.eq_ignore_ascii_case("manager")
}

fn starts_like_urn(key: &str) -> bool {
    key.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("urn:"))
}
