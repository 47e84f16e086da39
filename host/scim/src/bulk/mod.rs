//! Bulk requests (RFC 7644, section 3.7): reading them, and the references between their operations.
//!
//! This module does not carry operations out. It says what an operation refers to and in which order
//! operations can be carried out, and puts identifiers in the place of references.

mod order;
mod references;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::error::{Error, ErrorKind};
use crate::limits::{BULK_DATA_DEPTH_MAX, NAME_BYTES_MAX};
use crate::message::{expect_schema, field};
use crate::schema::ResourceType;

/// The schema of a bulk request.
pub const BULK_REQUEST_URN: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";

/// The schema of a bulk response.
pub const BULK_RESPONSE_URN: &str = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";

/// A bulk request.
#[derive(Clone, Debug, PartialEq)]
pub struct BulkRequest {
    /// After how many failed operations the rest is not tried; `None` tries all.
    pub fail_on_errors: Option<usize>,
    /// The operations, in the client's order.
    pub operations: Vec<BulkItem>,
}

/// One element of `Operations`, also if it cannot be carried out: each operation succeeds or fails on
/// its own (RFC 7644, section 3.7).
#[derive(Clone, Debug, PartialEq)]
pub struct BulkItem {
    /// What to do, if it could be read.
    pub method: Option<BulkMethod>,
    /// What the client calls the operation, if it could be read.
    pub bulk_id: Option<String>,
    /// The operation, or what is wrong with it: `invalidSyntax` if it is none, `invalidPath` if its path
    /// leads to no endpoint, `invalidValue` if it lacks what its method needs or its `bulkId` was given
    /// to an operation before it.
    pub operation: Result<BulkOperation, Error>,
}

/// One operation of a bulk request.
#[derive(Clone, Debug, PartialEq)]
pub struct BulkOperation {
    /// What to do.
    pub method: BulkMethod,
    /// The resource type the path leads to.
    pub resource_type: Arc<ResourceType>,
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
    /// The method of this name, whatever the letter case.
    fn parse(text: &str) -> Option<Self> {
        let mut methods = [Self::Post, Self::Put, Self::Patch, Self::Delete].into_iter();
        methods.find(|method| method.as_str().eq_ignore_ascii_case(text))
    }

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
    /// Reads the body of a bulk request whose paths lead to `types`. `schemas` may be missing.
    ///
    /// # Errors
    /// `invalidSyntax` if the body is no bulk request: `schemas` names something else, `Operations` is no
    /// list, or `failOnErrors` no number from 1; [`ErrorKind::PayloadTooLarge`] for more than
    /// `operations_max` operations. What is wrong with one operation is said in its [`BulkItem`].
    pub fn parse(body: &Value, types: &[Arc<ResourceType>], operations_max: usize) -> Result<Self, Error> {
        let body = body.as_object().ok_or_else(|| syntax("The body must be a JSON object."))?;
        expect_schema(body, BULK_REQUEST_URN)?;
        let Some(Value::Array(operations)) = field(body, "Operations") else {
            return Err(syntax("Operations must be a list."));
        };
        if operations.len() > operations_max {
            return Err(Error::new(ErrorKind::PayloadTooLarge, format!("One request can have at most {operations_max} operations.")));
        }
        let fail_on_errors = match field(body, "failOnErrors") {
            None | Some(Value::Null) => None,
            Some(number) => {
                let number = number.as_u64().and_then(|number| number.try_into().ok()).filter(|number| *number > 0);
                Some(number.ok_or_else(|| syntax("failOnErrors must be a whole number from 1."))?)
            }
        };
        let mut items: Vec<BulkItem> = operations.iter().map(|json| BulkItem::parse(json, types)).collect();
        let mut seen = HashSet::new();
        for item in &mut items {
            if let Some(bulk_id) = &item.bulk_id
                && !seen.insert(bulk_id.as_str())
            {
                item.operation = Err(invalid("The bulkId is that of an operation before this one."));
            }
        }
        Ok(Self { fail_on_errors, operations: items })
    }

    /// The places of the operations in the order in which to carry them out, each once: the client's
    /// order, but a POST comes before the operations that refer to what it creates (RFC 7644, section
    /// 3.7.1). POSTs that refer to each other in a circle stand in one group, in the client's order; every
    /// other group is one operation. A reference that no POST of the request defines has no say here;
    /// [`BulkOperation::resolve`] refuses it.
    pub fn order(&self) -> Vec<Vec<usize>> {
        order::order(&self.operations)
    }
}

impl BulkItem {
    fn parse(json: &Value, types: &[Arc<ResourceType>]) -> Self {
        let Some(object) = json.as_object() else {
            return Self { method: None, bulk_id: None, operation: Err(syntax("An operation must be an object.")) };
        };
        let method = text(object, "method").ok().flatten().and_then(BulkMethod::parse);
        let bulk_id = name(object).ok().flatten();
        Self { method, operation: BulkOperation::parse(object, method, types), bulk_id }
    }
}

impl BulkOperation {
    fn parse(object: &Map<String, Value>, method: Option<BulkMethod>, types: &[Arc<ResourceType>]) -> Result<Self, Error> {
        let method = method.ok_or_else(|| syntax("method must be POST, PUT, PATCH or DELETE."))?;
        let path = text(object, "path")?.ok_or_else(|| syntax("An operation needs a path."))?;
        let (resource_type, id) = target(path, types)?;
        let bulk_id = name(object)?;
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
        let data = match method {
            // Where there is nothing to write, what was sent along means nothing.
            BulkMethod::Delete => &Value::Null,
            _ => field(object, "data").filter(|data| data.is_object()).ok_or_else(|| invalid("data must be an object."))?,
        };
        if depth_exceeds(data, BULK_DATA_DEPTH_MAX) {
            return Err(invalid("data nests too deeply."));
        }
        let version = text(object, "version")?.map(str::to_owned);
        Ok(Self { method, resource_type: Arc::clone(resource_type), id, bulk_id, version, data: data.clone() })
    }

    /// The `bulkId`s this operation needs resolved before it can be carried out, once each. One that is written with
    /// escapes in the path of a PATCH is not among them, but [`resolve`](Self::resolve) sees it.
    pub fn references(&self) -> Vec<&str> {
        references::of(self)
    }

    /// Puts identifiers in the place of references: in the path, wherever a string of the data is one, and in
    /// quoted values of the paths of a PATCH (`members[value eq "bulkId:ada"]`). `ids` has the identifier for
    /// each `bulkId` that is known by now.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] if a reference is not in `ids`, as RFC 7644, section 3.7.1, has it.
    pub fn resolve(&mut self, ids: &HashMap<String, String>) -> Result<(), Error> {
        references::resolve(self, ids)
    }
}

/// What became of one operation: an element of `Operations` of the response (RFC 7644, section 3.7.3).
/// `location` is absent only when a POST failed or the operation could not be read; `response` is the
/// error body of a failed operation.
pub fn outcome(item: &BulkItem, status: u16, location: Option<&str>, version: Option<&str>, response: Option<Value>) -> Value {
    let mut json = Map::new();
    let mut put = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            json.insert(key.to_owned(), value);
        }
    };
    put("method", item.method.map(|method| method.as_str().into()));
    put("status", Some(status.to_string().into()));
    put("bulkId", item.bulk_id.clone().map(Value::from));
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
fn target<'t>(path: &str, types: &'t [Arc<ResourceType>]) -> Result<(&'t Arc<ResourceType>, Option<String>), Error> {
    let mut parts = path.trim_matches('/').splitn(2, '/');
    let endpoint = parts.next().unwrap_or_default();
    let resource_type = types.iter().find(|rt| rt.endpoint.trim_start_matches('/') == endpoint);
    let id = parts.next().map(str::to_owned);
    match (resource_type, id) {
        (Some(rt), None) => Ok((rt, None)),
        (Some(rt), Some(id)) if !id.contains(['/', '?']) && id.len() <= NAME_BYTES_MAX => Ok((rt, Some(id))),
        _ => Err(Error::new(ErrorKind::InvalidPath, "The path of an operation leads to no endpoint.")),
    }
}

fn text<'a>(object: &'a Map<String, Value>, key: &str) -> Result<Option<&'a str>, Error> {
    match field(object, key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.len() <= NAME_BYTES_MAX => Ok(Some(text)),
        Some(_) => Err(syntax(&format!("{key} must be a short string."))),
    }
}

/// What the client calls an operation. An empty `bulkId` is none, as of clients that send one for what is unset: nothing could be told apart by it.
fn name(object: &Map<String, Value>) -> Result<Option<String>, Error> {
    Ok(text(object, "bulkId")?.filter(|bulk_id| !bulk_id.is_empty()).map(str::to_owned))
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

fn syntax(detail: &str) -> Error {
    Error::new(ErrorKind::InvalidSyntax, detail)
}

fn invalid(detail: &str) -> Error {
    Error::new(ErrorKind::InvalidValue, detail)
}
