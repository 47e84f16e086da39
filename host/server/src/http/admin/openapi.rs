//! The OpenAPI 3.1 document, made from the table of endpoints and the JSON Schemas of their types.
//!
//! A copy stands in schemas/openapi.json; a test compares the two.

use std::sync::LazyLock;

use axum::http::StatusCode;
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::ENDPOINTS;
use super::body::WASM;
use super::endpoint::{Access, Endpoint, Takes};
use super::problem::Problem;
use crate::http::ADMIN_BASE;

static TEXT: LazyLock<String> = LazyLock::new(|| {
    // A document of our own making can always be written.
    let mut text = serde_json::to_string_pretty(&document()).unwrap_or_default();
    text.push('\n');
    text
});

/// The document as JSON text.
pub(super) fn text() -> &'static str {
    &TEXT
}

fn generator(settings: SchemaSettings) -> SchemaGenerator {
    settings.with(|settings| settings.definitions_path = "/components/schemas".into()).into_generator()
}

fn document() -> Value {
    // What is sent and what is answered have different JSON Schemas: a field with a default is optional in one and always there in the other.
    let mut requests = generator(SchemaSettings::draft2020_12().for_deserialize());
    let mut answers = generator(SchemaSettings::draft2020_12().for_serialize());
    let problem = answers.subschema_for::<Problem<'_>>().to_value();
    let mut paths = Map::new();
    for endpoint in ENDPOINTS.iter() {
        let operation = operation(endpoint, &mut requests, &mut answers);
        let path = paths.entry(endpoint.path).or_insert_with(|| json!({}));
        if let Some(path) = path.as_object_mut() {
            path.insert(endpoint.method.as_str().to_ascii_lowercase(), operation);
        }
    }
    let mut schemas = requests.take_definitions(true);
    schemas.extend(answers.take_definitions(true));
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Doorlist admin API",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Tenants, connections, pipeline and directory of a Doorlist installation.",
        },
        "servers": [{"url": ADMIN_BASE}],
        "security": [{"operatorKey": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": {
                "Problem": {
                    "description": "What is wrong (RFC 9457).",
                    "content": {"application/problem+json": {"schema": problem}},
                },
            },
            "securitySchemes": {"operatorKey": {"type": "http", "scheme": "bearer"}},
        },
    })
}

fn operation(endpoint: &Endpoint, requests: &mut SchemaGenerator, answers: &mut SchemaGenerator) -> Value {
    let in_path = variables(endpoint.path).map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}));
    let in_query = endpoint
        .query
        .iter()
        .map(|parameter| json!({"name": parameter.name, "in": "query", "description": parameter.description, "schema": parameter.schema}));
    let mut success = json!({"description": endpoint.answer.status.canonical_reason().unwrap_or_default()});
    if let (Some(schema), Some(success)) = (endpoint.answer.schema, success.as_object_mut()) {
        let schema = schema(answers).to_value();
        success.insert("content".to_owned(), json!({"application/json": {"schema": schema}}));
    }
    if let (Some(media), Some(success)) = (endpoint.answer.media, success.as_object_mut()) {
        success.insert("content".to_owned(), json!({media: {"schema": {"type": "string"}}}));
    }
    let reach = match endpoint.access {
        Access::Installation => "of the installation",
        Access::Tenant => "of the installation or the tenant",
    };
    let mut operation = json!({
        "operationId": endpoint.operation,
        "summary": endpoint.summary,
        "description": format!("Needs a key {reach} with the role `{}` or above.", endpoint.role_word()),
        "tags": [tag(endpoint.path)],
        "parameters": in_path.chain(in_query).collect::<Vec<_>>(),
        "responses": {
            endpoint.answer.status.as_str(): success,
            "default": {"$ref": "#/components/responses/Problem"},
        },
    });
    let body = match &endpoint.body {
        Some(Takes::Json(shape)) => {
            let schema = (shape.schema)(requests).to_value();
            Some(json!({"content": {"application/json": {"schema": schema}}, "required": !shape.is_optional()}))
        }
        // OpenAPI 3.1 section 4.8.14.3: a body that is no JSON needs no schema.
        Some(Takes::Wasm) => Some(json!({"content": {WASM: {}}, "required": true})),
        None => None,
    };
    if let (Some(body), Some(operation)) = (body, operation.as_object_mut()) {
        operation.insert("requestBody".to_owned(), body);
    }
    if endpoint.answer.or_ok
        && let Some(responses) = operation.pointer_mut("/responses").and_then(Value::as_object_mut)
        && let Some(mut known) = responses.get(endpoint.answer.status.as_str()).cloned()
    {
        known.as_object_mut().map(|known| known.insert("description".to_owned(), "What was to be made is there already.".into()));
        responses.insert(StatusCode::OK.as_str().to_owned(), known);
    }
    operation
}

/// Names of the variable parts of a path.
fn variables(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

/// What an endpoint is about: the first fixed part of its path behind the tenant.
fn tag(path: &str) -> &str {
    path.trim_start_matches("/tenants/{tenant}").split('/').find(|part| !part.is_empty()).unwrap_or("tenants")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The copy for readers, beside the sources.
    const COPY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../schemas/openapi.json");

    #[test]
    fn the_copy_says_the_same() {
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(COPY, text()).unwrap();
        }
        let copy = std::fs::read_to_string(COPY).unwrap();
        assert!(copy == text(), "schemas/openapi.json is out of date: run the tests once with UPDATE=1");
    }

    #[test]
    fn every_reference_leads_somewhere_and_every_operation_has_its_own_name() {
        let document = document();
        let mut references = Vec::new();
        gather(&document, &mut references);
        assert!(!references.is_empty());
        for reference in references {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{reference}");
        }
        let operations: Vec<&str> = ENDPOINTS.iter().map(|endpoint| endpoint.operation).collect();
        assert_eq!(operations.iter().collect::<BTreeSet<_>>().len(), operations.len());
    }

    fn gather(value: &Value, references: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                references.extend(fields.get("$ref").and_then(Value::as_str).map(str::to_owned));
                fields.values().for_each(|value| gather(value, references));
            }
            Value::Array(items) => items.iter().for_each(|value| gather(value, references)),
            _ => {}
        }
    }
}
