//! The messages of RFC 7644: PATCH, search, bulk, errors; and what discovery answers.

use serde_json::{Map, Value, json};

use super::description::{Description, Fixtures, Kind, Path};
use super::requests::{self, Verb};
use super::{answers, filters, named};

/// Words of RFC 7644 table 9 and RFC 9865 for a status of 400.
const BAD_REQUESTS: [&str; 11] = [
    "invalidFilter",
    "tooMany",
    "mutability",
    "invalidSyntax",
    "invalidPath",
    "noTarget",
    "invalidValue",
    "invalidVers",
    "invalidCursor",
    "expiredCursor",
    "invalidCount",
];

/// What a URN of this kind of message starts with.
const MESSAGE: &str = "urn:ietf:params:scim:api:messages:2.0";

/// The `schemas` of a message, which may be missing but not be of another.
fn message(name: &str) -> Value {
    json!({"type": ["array", "null"], "items": {"type": "string"}, "contains": {"const": format!("{MESSAGE}:{name}")}})
}

/// The body of a PATCH (RFC 7644 section 3.5.2).
pub fn patch(kind: &Kind, fixtures: &Fixtures) -> Value {
    let verbs = [(Verb::Add, "^[Aa]dd$"), (Verb::Replace, "^[Rr]eplace$")];
    let mut operations: Vec<Value> = verbs.iter().map(|(verb, op)| whole_resource(kind, fixtures, *verb, op)).collect();
    let paths = kind.paths();
    let written = |path: &&Path| {
        let outer = path.outer.as_ref().is_none_or(|outer| !outer.multi && requests::is_changed(outer));
        outer && requests::is_sent(&path.attribute, Verb::Replace) && !path.needs_others
    };
    // Many paths take the same values; one alternative for all of them keeps the document small.
    let mut groups: Vec<((String, Value), Vec<String>)> = Vec::new();
    for path in paths.iter().filter(written) {
        for value in values_at(path, fixtures, &verbs) {
            match groups.iter_mut().find(|(same, _)| *same == value) {
                Some((_, texts)) => texts.push(path.text.clone()),
                None => groups.push((value, vec![path.text.clone()])),
            }
        }
    }
    for ((op, value), texts) in groups {
        operations.push(json!({"type": "object", "required": ["op", "path", "value"], "properties": {
            "op": {"type": "string", "pattern": op}, "path": {"enum": texts}, "value": value}}));
    }
    let (members, others): (Vec<&Path>, Vec<&Path>) =
        paths.iter().filter(written).filter(|path| !path.attribute.required).partition(|path| requests::is_members(&path.attribute));
    // A value says which members go, be they there or not; elsewhere it says nothing.
    let which = requests::members(&json!({"type": "string", "minLength": 1}));
    for (paths, value) in [(members, which), (others, json!({}))].into_iter().filter(|(paths, _)| !paths.is_empty()) {
        let texts: Vec<&str> = paths.iter().map(|path| path.text.as_str()).collect();
        operations.push(json!({"type": "object", "required": ["op", "path"], "properties": {
            "op": {"type": "string", "pattern": "^[Rr]emove$"}, "path": {"enum": texts}, "value": value}}));
    }
    json!({"type": "object", "required": ["Operations"], "properties": {
        "schemas": message("PatchOp"),
        "Operations": {"type": "array", "minItems": 1, "items": {"anyOf": operations}}}})
}

/// An operation without a path, which has a part of a resource as its value.
fn whole_resource(kind: &Kind, fixtures: &Fixtures, verb: Verb, op: &str) -> Value {
    let value = requests::alone_or_listed(&requests::resource(kind, fixtures, verb));
    json!({"type": "object", "required": ["op", "value"], "properties": {
        "op": {"type": "string", "pattern": op}, "path": {"type": "null"}, "value": value}})
}

/// What can be put at a path, by which operations.
fn values_at(path: &Path, fixtures: &Fixtures, verbs: &[(Verb, &str)]) -> Vec<(String, Value)> {
    let values = verbs.iter().map(|(verb, op)| ((*op).to_owned(), requests::attribute_schema(&path.attribute, fixtures, *verb)));
    let values: Vec<(String, Value)> = values.collect();
    match values.as_slice() {
        [(_, add), (_, replace)] if add == replace => vec![("^([Aa]dd|[Rr]eplace)$".to_owned(), add.clone())],
        _ => values,
    }
}

/// The body of a search (RFC 7644 section 3.4.3).
pub fn search(kind: &Kind, description: &Description) -> Value {
    let mut properties = Map::new();
    for (name, schema) in filters::parameters(kind, description) {
        // A list of names, or the text with commas that the parameter has.
        let schema = match name {
            "attributes" | "excludedAttributes" => json!({"anyOf": [schema, {"type": "array", "items": {"type": "string", "anyOf": [
                {"enum": kind.paths().into_iter().map(|path| path.text).collect::<Vec<_>>()}, {}]}}]}),
            // Any whole number, however many digits it has: what is too large is the largest.
            "startIndex" | "count" => json!({"type": "integer"}),
            _ => schema,
        };
        properties.insert(name.to_owned(), json!({"anyOf": [{"type": "null"}, schema]}));
    }
    properties.insert("schemas".into(), message("SearchRequest"));
    let is_there = |name: &str| json!({"required": [name], "properties": {name: {"not": {"type": "null"}}}});
    let chooses = |name: &str| {
        json!({"required": [name], "properties": {name: {"anyOf": [
        {"type": "string", "pattern": "[^\\s,]"}, {"type": "array", "contains": {"type": "string", "pattern": "[^\\s,]"}}]}}})
    };
    // Null asks for the first page, as the empty text does.
    let has_cursor = json!({"required": ["cursor"]});
    let not_both = |one: Value, other: Value| json!({"not": {"allOf": [one, other]}});
    json!({"type": "object", "properties": properties,
        "allOf": [not_both(chooses("attributes"), chooses("excludedAttributes")), not_both(has_cursor, is_there("startIndex"))]})
}

/// The JSON Schemas that do not belong to one resource type.
pub fn schemas(description: &Description, fixtures: &Fixtures, schemas: &mut Map<String, Value>) {
    let any = json!({"oneOf": description.kinds.iter().map(|kind| named(&kind.name)).collect::<Vec<_>>()});
    schemas.insert("AnyList".into(), answers::list_of(any, description));
    for status in [400, 401, 403, 404, 409, 412, 413, 415, 501] {
        schemas.insert(format!("Error{status}"), error(status));
    }
    if description.supports("bulk") {
        schemas.insert("Bulk".into(), bulk(description, fixtures));
        schemas.insert("BulkAnswer".into(), bulk_answer(description));
    }
    schemas.insert("ServiceProviderConfig".into(), config());
    schemas.insert("ResourceType".into(), resource_type(description));
    schemas.insert("Schema".into(), schema(description));
    schemas.insert("SchemaAttribute".into(), schema_attribute());
    for kind in ["ResourceType", "Schema"] {
        schemas.insert(format!("{kind}List"), answers::list_of(named(kind), description));
    }
}

/// An error (RFC 7644 section 3.12).
fn error(status: u16) -> Value {
    let mut error = json!({
        "type": "object",
        "required": ["schemas", "status", "detail"],
        "properties": {
            "schemas": {"const": [format!("{MESSAGE}:Error")]},
            "status": {"const": status.to_string()},
            "detail": {"type": "string", "minLength": 1},
        },
        "additionalProperties": false,
    });
    match status {
        400 => {
            error["properties"]["scimType"] = json!({"enum": BAD_REQUESTS});
            error["required"] = json!(["schemas", "status", "detail", "scimType"]);
        }
        403 => error["properties"]["scimType"] = json!({"const": "sensitive"}),
        409 => error["properties"]["scimType"] = json!({"const": "uniqueness"}),
        _ => {}
    }
    error
}

/// A bulk request (RFC 7644 section 3.7).
fn bulk(description: &Description, fixtures: &Fixtures) -> Value {
    let mut operations = Vec::new();
    for kind in &description.kinds {
        let ids = fixtures.at(&kind.endpoint);
        let paths: Vec<String> = ids.iter().map(|id| format!("{}/{id}", kind.endpoint)).collect();
        let operation = |method: &str, path: Value, data: Value| {
            let mut required = vec!["method", "path"];
            required.extend((method != "DELETE").then_some("data"));
            required.extend((method == "POST").then_some("bulkId"));
            json!({"type": "object", "required": required, "properties": {
                "method": {"const": method}, "path": path, "data": data, "bulkId": {"type": "string", "minLength": 1}}})
        };
        operations.push(operation("POST", json!({"const": kind.endpoint}), named(&format!("{}Post", kind.name))));
        operations.push(operation("PUT", json!({"enum": paths}), named(&format!("{}Put", kind.name))));
        operations.push(operation("PATCH", json!({"enum": paths}), named(&format!("{}Patch", kind.name))));
        operations.push(operation("DELETE", json!({"const": format!("{}/nobody", kind.endpoint)}), json!({})));
    }
    // What is wrong with one operation is answered beside what became of the others.
    operations.push(json!({}));
    json!({"type": "object", "required": ["Operations"], "properties": {
        "schemas": message("BulkRequest"),
        "failOnErrors": {"type": ["integer", "null"], "minimum": 1, "maximum": u64::MAX},
        "Operations": {"type": "array", "maxItems": description.config["bulk"]["maxOperations"], "items": {"anyOf": operations}}}})
}

fn bulk_answer(description: &Description) -> Value {
    let endpoints: Vec<&str> = description.kinds.iter().map(|kind| kind.endpoint.as_str()).collect();
    let errors: Vec<Value> = [400, 403, 404, 409, 412, 413].iter().map(|status| named(&format!("Error{status}"))).collect();
    let failed = json!({"required": ["response"], "properties": {"response": {"oneOf": errors}}});
    let resources: Vec<Value> = description.kinds.iter().map(|kind| named(&kind.name)).collect();
    let done = json!({"required": ["location"], "properties": {"response": {"oneOf": resources}}});
    let operation = json!({
        "type": "object",
        "required": ["status"],
        "properties": {
            "method": {"enum": ["POST", "PUT", "PATCH", "DELETE"]},
            "bulkId": {"type": "string"},
            "version": {"type": "string"},
            "location": {"type": "string", "pattern": format!("^https?://.+/scim/v2({})/[^/]+$", endpoints.join("|"))},
            "status": {"enum": ["200", "201", "204", "400", "403", "404", "409", "412", "413"]},
            "response": {"type": "object"},
        },
        "additionalProperties": false,
        "if": {"properties": {"status": {"pattern": "^2"}}}, "then": done, "else": failed,
    });
    json!({"type": "object", "required": ["schemas", "Operations"], "additionalProperties": false, "properties": {
        "schemas": {"const": [format!("{MESSAGE}:BulkResponse")]}, "Operations": {"type": "array", "items": operation}}})
}

/// The URN of a discovery schema.
fn core(name: &str) -> Value {
    json!({"const": [format!("urn:ietf:params:scim:schemas:core:2.0:{name}")]})
}

fn discovery_meta(kind: &str) -> Value {
    json!({"type": "object", "required": ["resourceType", "location"], "additionalProperties": false, "properties": {
        "resourceType": {"const": kind}, "location": {"type": "string", "pattern": format!("/scim/v2/{kind}")},
        "version": {"type": "string"}, "created": {"type": "string", "format": "date-time"}, "lastModified": {"type": "string", "format": "date-time"}}})
}

/// RFC 7643 section 5, with RFC 9865 section 4.
fn config() -> Value {
    let feature = |more: Value| {
        let mut properties = more.as_object().cloned().unwrap_or_default();
        properties.insert("supported".into(), json!({"type": "boolean"}));
        json!({"type": "object", "required": properties.keys().collect::<Vec<_>>(), "properties": properties, "additionalProperties": false})
    };
    let count = json!({"type": "integer", "minimum": 0});
    let uri = json!({"type": "string", "format": "uri"});
    let text = json!({"type": "string", "minLength": 1});
    let properties = json!({
        "schemas": core("ServiceProviderConfig"),
        "documentationUri": uri,
        "patch": feature(json!({})),
        "bulk": feature(json!({"maxOperations": count, "maxPayloadSize": count})),
        "filter": feature(json!({"maxResults": count})),
        "changePassword": feature(json!({})),
        "sort": feature(json!({})),
        "etag": feature(json!({})),
        "pagination": {"type": "object", "required": ["cursor", "index"], "additionalProperties": false, "properties": {
            "cursor": {"type": "boolean"}, "index": {"type": "boolean"}, "defaultPaginationMethod": {"enum": ["cursor", "index"]},
            "defaultPageSize": count, "maxPageSize": count, "cursorTimeout": count}},
        "authenticationSchemes": {"type": "array", "minItems": 1, "items": {
            "type": "object", "required": ["type", "name", "description"], "additionalProperties": false, "properties": {
                "type": {"enum": ["oauth", "oauth2", "oauthbearertoken", "httpbasic", "httpdigest"]}, "name": text, "description": text,
                "specUri": uri, "documentationUri": uri, "primary": {"type": "boolean"}}}},
        "meta": discovery_meta("ServiceProviderConfig"),
    });
    let required = ["schemas", "patch", "bulk", "filter", "changePassword", "sort", "etag", "authenticationSchemes", "meta"];
    json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
}

/// RFC 7643 section 6.
fn resource_type(description: &Description) -> Value {
    let urn = json!({"enum": description.urns});
    json!({"type": "object", "required": ["schemas", "id", "name", "endpoint", "schema", "meta"], "additionalProperties": false, "properties": {
        "schemas": core("ResourceType"),
        "id": {"type": "string", "minLength": 1},
        "name": {"type": "string", "minLength": 1},
        "description": {"type": "string", "minLength": 1},
        "endpoint": {"type": "string", "pattern": "^/[A-Za-z]+$"},
        "schema": urn,
        "schemaExtensions": {"type": "array", "items": {"type": "object", "required": ["schema", "required"], "additionalProperties": false,
            "properties": {"schema": urn, "required": {"type": "boolean"}}}},
        "meta": discovery_meta("ResourceType"),
    }})
}

/// RFC 7643 section 7.
fn schema(description: &Description) -> Value {
    json!({"type": "object", "required": ["schemas", "id", "attributes", "meta"], "additionalProperties": false, "properties": {
        "schemas": core("Schema"),
        "id": {"enum": description.urns},
        "name": {"type": "string", "minLength": 1},
        "description": {"type": "string", "minLength": 1},
        "attributes": {"type": "array", "minItems": 1, "items": named("SchemaAttribute")},
        "meta": discovery_meta("Schema"),
    }})
}

fn schema_attribute() -> Value {
    let texts = json!({"type": "array", "minItems": 1, "items": {"type": "string"}, "uniqueItems": true});
    json!({
        "type": "object",
        "required": ["name", "type", "multiValued", "required", "mutability", "returned"],
        "additionalProperties": false,
        "properties": {
            "name": {"type": "string", "pattern": "^([A-Za-z][-0-9A-Z_a-z]*|\\$ref)$"},
            "type": {"enum": ["string", "boolean", "decimal", "integer", "dateTime", "reference", "binary", "complex"]},
            "multiValued": {"type": "boolean"},
            "description": {"type": "string", "minLength": 1},
            "required": {"type": "boolean"},
            "canonicalValues": texts,
            "caseExact": {"type": "boolean"},
            "mutability": {"enum": ["readOnly", "readWrite", "immutable", "writeOnly"]},
            "returned": {"enum": ["always", "never", "default", "request"]},
            "uniqueness": {"enum": ["none", "server", "global"]},
            "referenceTypes": texts,
            "subAttributes": {"type": "array", "minItems": 1, "items": named("SchemaAttribute")},
        },
        "allOf": [
            {"if": {"properties": {"type": {"const": "complex"}}}, "then": {"required": ["subAttributes"]}, "else": {"not": {"required": ["subAttributes"]}}},
            {"if": {"properties": {"type": {"const": "reference"}}}, "then": {"required": ["referenceTypes"]}},
            {"if": {"properties": {"mutability": {"const": "writeOnly"}}}, "then": {"properties": {"returned": {"const": "never"}}}},
        ],
    })
}
