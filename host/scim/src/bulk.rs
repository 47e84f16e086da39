//! Bulk requests (RFC 7644, section 3.7): reading them, and the references between their operations.
//!
//! This module does not carry operations out and does not know in which order the caller does; it
//! says what an operation refers to, and puts identifiers in the place of references.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use crate::error::{Error, ErrorKind};
use crate::limits::{BULK_OPERATIONS_MAX, NAME_BYTES_MAX, VALUE_DEPTH_MAX};
use crate::schema::ResourceType;

/// The schema of a bulk request.
pub const BULK_REQUEST_URN: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";

/// The schema of a bulk response.
pub const BULK_RESPONSE_URN: &str = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";

/// What a reference to another operation of the request starts with.
const REFERENCE_PREFIX: &str = "bulkId:";

/// How deeply the data of an operation may nest: a resource inside the operations of a PATCH.
const DATA_DEPTH_MAX: usize = VALUE_DEPTH_MAX + 4;

/// A bulk request.
#[derive(Clone, Debug, PartialEq)]
pub struct BulkRequest {
    /// After how many failed operations the rest is not tried; `None` tries all.
    pub fail_on_errors: Option<usize>,
    /// The operations, in the client's order.
    pub operations: Vec<BulkOperation>,
}

/// One operation of a bulk request.
#[derive(Clone, Debug, PartialEq)]
pub struct BulkOperation {
    /// What to do.
    pub method: BulkMethod,
    /// The resource type the path leads to.
    pub resource_type: &'static ResourceType,
    /// The resource; a reference (`bulkId:…`) if another operation creates it. `None` for POST.
    pub id: Option<String>,
    /// What other operations call the resource this one creates. Always there for POST.
    pub bulk_id: Option<String>,
    /// The version the operation is meant for, as in `If-Match`.
    pub version: Option<String>,
    /// The body; null for DELETE.
    pub data: Value,
}

/// The method of a bulk operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BulkMethod {
    /// Creates.
    Post,
    /// Replaces.
    Put,
    /// Changes.
    Patch,
    /// Deletes.
    Delete,
}

impl BulkMethod {
    /// The method as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

impl BulkRequest {
    /// Reads the body of a bulk request.
    ///
    /// # Errors
    /// `invalidSyntax` if the body is no bulk request; `invalidPath` if a path leads to no endpoint;
    /// `invalidValue` if an operation lacks what its method needs or a `bulkId` is given twice;
    /// [`ErrorKind::PayloadTooLarge`] for more than [`BULK_OPERATIONS_MAX`] operations.
    pub fn parse(body: &Value) -> Result<Self, Error> {
        let operations = match body.get("Operations") {
            Some(Value::Array(operations)) => operations,
            _ => return Err(syntax("Operations must be a list.")),
        };
        if operations.len() > BULK_OPERATIONS_MAX {
            return Err(Error::new(ErrorKind::PayloadTooLarge, format!("One request can have at most {BULK_OPERATIONS_MAX} operations.")));
        }
        let fail_on_errors = match body.get("failOnErrors") {
            None | Some(Value::Null) => None,
            Some(number) => {
                let number = number.as_u64().and_then(|number| number.try_into().ok());
                Some(number.ok_or_else(|| syntax("failOnErrors must be a whole number."))?)
            }
        };
        let operations: Vec<BulkOperation> = operations.iter().map(BulkOperation::parse).collect::<Result<_, _>>()?;
        let mut seen = HashMap::new();
        for bulk_id in operations.iter().filter_map(|operation| operation.bulk_id.as_ref()) {
            if seen.insert(bulk_id, ()).is_some() {
                return Err(invalid("A bulkId is given twice."));
            }
        }
        Ok(Self { fail_on_errors, operations })
    }
}

impl BulkOperation {
    fn parse(json: &Value) -> Result<Self, Error> {
        let method = match text(json, "method")? {
            Some(method) if method.eq_ignore_ascii_case("POST") => BulkMethod::Post,
            Some(method) if method.eq_ignore_ascii_case("PUT") => BulkMethod::Put,
            Some(method) if method.eq_ignore_ascii_case("PATCH") => BulkMethod::Patch,
            Some(method) if method.eq_ignore_ascii_case("DELETE") => BulkMethod::Delete,
            _ => return Err(syntax("method must be POST, PUT, PATCH or DELETE.")),
        };
        let path = text(json, "path")?.ok_or_else(|| syntax("An operation needs a path."))?;
        let (resource_type, id) = target(path)?;
        let bulk_id = text(json, "bulkId")?.map(str::to_owned);
        match (method, &id, &bulk_id) {
            (BulkMethod::Post, Some(_), _) => {
                return Err(invalid("The path of a POST must be that of an endpoint."));
            }
            (BulkMethod::Post, None, None) => return Err(invalid("A POST needs a bulkId.")),
            (BulkMethod::Put | BulkMethod::Patch | BulkMethod::Delete, None, _) => {
                return Err(invalid("The path must be that of a resource."));
            }
            _ => {}
        }
        let data = json.get("data").cloned().unwrap_or(Value::Null);
        if method != BulkMethod::Delete && !data.is_object() {
            return Err(invalid("data must be an object."));
        }
        if depth_exceeds(&data, DATA_DEPTH_MAX) {
            return Err(invalid("data nests too deeply."));
        }
        Ok(Self { method, resource_type, id, bulk_id, version: text(json, "version")?.map(str::to_owned), data })
    }

    /// The `bulkId`s this operation needs resolved before it can be carried out, once each.
    pub fn references(&self) -> Vec<&str> {
        let mut found: Vec<&str> = Vec::new();
        let id = self.id.as_deref().and_then(|id| id.strip_prefix(REFERENCE_PREFIX));
        found.extend(id);
        collect_references(&self.data, &mut found);
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Puts identifiers in the place of references, in the path and wherever a string of the data is
    /// one. `ids` has the identifier for each `bulkId` that is known by now.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] if a reference is not in `ids`, as RFC 7644, section 3.7.1, has it.
    pub fn resolve(&mut self, ids: &HashMap<String, String>) -> Result<(), Error> {
        if let Some(id) = &mut self.id {
            resolve_text(id, ids)?;
        }
        resolve_value(&mut self.data, ids)
    }
}

/// What became of one operation: an element of `Operations` of the response. `location` is absent
/// only when a POST failed; `response` is the error body of a failed operation.
pub fn outcome(operation: &BulkOperation, status: u16, location: Option<&str>, version: Option<&str>, response: Option<Value>) -> Value {
    let mut json = Map::new();
    let mut put = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            json.insert(key.to_owned(), value);
        }
    };
    put("method", Some(operation.method.as_str().into()));
    put("status", Some(status.to_string().into()));
    put("bulkId", operation.bulk_id.clone().map(Value::from));
    put("location", location.map(Value::from));
    put("version", version.map(Value::from));
    put("response", response);
    Value::Object(json)
}

/// The body of the response to a bulk request.
pub fn bulk_response(outcomes: Vec<Value>) -> Value {
    json!({"schemas": [BULK_RESPONSE_URN], "Operations": outcomes})
}

/// The resource type and, behind it, the identifier that a path such as `/Users/1` leads to.
fn target(path: &str) -> Result<(&'static ResourceType, Option<String>), Error> {
    let mut parts = path.trim_matches('/').splitn(2, '/');
    let endpoint = parts.next().unwrap_or_default();
    let resource_type = ResourceType::all().into_iter().find(|rt| rt.endpoint.trim_start_matches('/') == endpoint);
    let id = parts.next().map(str::to_owned);
    match (resource_type, id) {
        (Some(rt), None) => Ok((rt, None)),
        (Some(rt), Some(id)) if !id.contains(['/', '?']) && id.len() <= NAME_BYTES_MAX => Ok((rt, Some(id))),
        _ => Err(Error::new(ErrorKind::InvalidPath, "The path of an operation leads to no endpoint.")),
    }
}

fn text<'a>(json: &'a Value, key: &str) -> Result<Option<&'a str>, Error> {
    match json.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.len() <= NAME_BYTES_MAX => Ok(Some(text)),
        Some(_) => Err(syntax(&format!("{key} must be a short string."))),
    }
}

/// Whether a value nests deeper than a bound, looking no deeper than that.
fn depth_exceeds(value: &Value, depth_max: usize) -> bool {
    let Some(below) = depth_max.checked_sub(1) else {
        return true;
    };
    match value {
        Value::Array(list) => list.iter().any(|value| depth_exceeds(value, below)),
        Value::Object(object) => object.values().any(|value| depth_exceeds(value, below)),
        _ => false,
    }
}

fn collect_references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => found.extend(text.strip_prefix(REFERENCE_PREFIX)),
        Value::Array(list) => list.iter().for_each(|value| collect_references(value, found)),
        Value::Object(object) => object.values().for_each(|value| collect_references(value, found)),
        _ => {}
    }
}

fn resolve_value(value: &mut Value, ids: &HashMap<String, String>) -> Result<(), Error> {
    match value {
        Value::String(text) => resolve_text(text, ids),
        Value::Array(list) => list.iter_mut().try_for_each(|value| resolve_value(value, ids)),
        Value::Object(object) => object.values_mut().try_for_each(|value| resolve_value(value, ids)),
        _ => Ok(()),
    }
}

fn resolve_text(text: &mut String, ids: &HashMap<String, String>) -> Result<(), Error> {
    let Some(bulk_id) = text.strip_prefix(REFERENCE_PREFIX) else {
        return Ok(());
    };
    let id = ids
        .get(bulk_id)
        .ok_or_else(|| Error::new(ErrorKind::Conflict, "The operation refers to a bulkId that no resource has been created for."))?;
    text.clone_from(id);
    Ok(())
}

fn syntax(detail: &str) -> Error {
    Error::new(ErrorKind::InvalidSyntax, detail)
}

fn invalid(detail: &str) -> Error {
    Error::new(ErrorKind::InvalidValue, detail)
}
