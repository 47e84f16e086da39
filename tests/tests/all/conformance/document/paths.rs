//! The operations: each path and method with what it takes and all it may answer.

use serde_json::{Map, Value, json};

use super::answers::{self, MEDIA_TYPE, answer};
use super::description::{Description, Fixtures, Kind};
use super::{filters, named};

/// Methods that lead on from a new resource to the same one.
const FOLLOWED: [&str; 3] = ["get", "put", "patch"];

/// What requests may call JSON too (RFC 7644 section 3.1). Said of what POST to an endpoint takes only: the suite makes every request
/// once for each media type, and reading a body is the same everywhere.
const OTHER_MEDIA_TYPE: &str = "application/json";

/// The endpoint of a resource type, each of its resources, and its search.
pub fn of_kind(kind: &Kind, description: &Description, fixtures: &Fixtures, paths: &mut Map<String, Value>) {
    let (name, endpoint) = (&kind.name, &kind.endpoint);
    let query = parameters(filters::parameters(kind, description));
    paths.insert(
        endpoint.clone(),
        json!({
            "get": operation(&format!("list{name}"), &query, None, answered(&[(200, named(&format!("{name}List")))], &[400, 401])),
            "post": operation(&format!("post{name}"), &[], Some(&format!("{name}Post")), made(kind, description)),
        }),
    );
    let mut one = json!({
        "get": operation(&format!("get{name}"), &projection(kind), None, read(kind, description, &[400, 401, 404])),
        "put": operation(&format!("put{name}"), &[], Some(&format!("{name}Put")), written(kind, description)),
        "patch": operation(&format!("patch{name}"), &[], Some(&format!("{name}Patch")), changed(kind, description)),
        "delete": operation(&format!("delete{name}"), &[], None, removed(description)),
    });
    for method in ["get", "put", "patch", "delete"] {
        // Deletion follows a creation by a link; what other requests refer to stays.
        let example = (method != "delete").then(|| fixtures.at(endpoint).first()).flatten();
        let id = parameter("id", "path", json!({"type": "string", "minLength": 1, "pattern": "^[A-Za-z0-9-]{1,40}$"}), example);
        let list = one[method]["parameters"].as_array_mut().expect("an operation has parameters");
        list.push(id);
        if description.supports("etag") && method != "get" {
            list.push(parameter("If-Match", "header", json!({"type": "string", "enum": ["*"]}), None));
        }
    }
    paths.insert(format!("{endpoint}/{{id}}"), one);
    paths.insert(
        format!("{endpoint}/.search"),
        json!({
        "post": operation(&format!("search{name}"), &[], Some(&format!("{name}Search")),
            answered(&[(200, named(&format!("{name}List")))], &[400, 401, 413, 415]))}),
    );
}

/// What discovery answers (RFC 7644 section 4).
pub fn of_discovery(description: &Description, paths: &mut Map<String, Value>) {
    let mut config = operation("config", &[], None, answered(&[(200, named("ServiceProviderConfig"))], &[401]));
    config["security"] = json!([{}, {"token": []}]);
    paths.insert("/ServiceProviderConfig".into(), json!({"get": config}));
    let names: Vec<&str> = description.kinds.iter().map(|kind| kind.name.as_str()).collect();
    let urns: Vec<&str> = description.urns.iter().map(String::as_str).collect();
    for (name, ids) in [("ResourceType", names), ("Schema", urns)] {
        let list = answered(&[(200, named(&format!("{name}List")))], &[401]);
        paths.insert(format!("/{name}s"), json!({"get": operation(&format!("list{name}"), &[], None, list)}));
        let id = parameter("id", "path", json!({"type": "string", "enum": ids}), None);
        let one = answered(&[(200, named(name))], &[401, 404]);
        paths.insert(format!("/{name}s/{{id}}"), json!({"get": operation(&format!("get{name}"), &[id], None, one)}));
    }
}

/// What is about no one resource type: search of the base, bulk, and the caller.
pub fn of_the_whole(description: &Description, paths: &mut Map<String, Value>) {
    let answers = answered(&[(200, named("AnyList"))], &[400, 401, 413, 415]);
    paths.insert("/.search".into(), json!({"post": operation("search", &[], Some("UserSearch"), answers)}));
    if description.supports("bulk") {
        let answers = answered(&[(200, named("BulkAnswer"))], &[400, 401, 413, 415]);
        paths.insert("/Bulk".into(), json!({"post": operation("bulk", &[], Some("Bulk"), answers)}));
    }
    if !description.has_me {
        let methods = ["get", "post", "put", "patch", "delete"];
        let refused = methods.map(|method| (method.to_owned(), operation(&format!("{method}Me"), &[], None, answered(&[], &[401, 501]))));
        paths.insert("/Me".into(), Value::Object(refused.into_iter().collect()));
    }
}

fn operation(id: &str, parameters: &[Value], body: Option<&str>, responses: Value) -> Value {
    let mut operation = json!({"operationId": id, "parameters": parameters, "responses": responses});
    if let Some(body) = body {
        operation["requestBody"] = json!({"required": true, "content": {MEDIA_TYPE: {"schema": named(body)}}});
        if body.ends_with("Post") {
            operation["requestBody"]["content"][OTHER_MEDIA_TYPE] = json!({"schema": named(body)});
        }
    }
    operation
}

fn parameter(name: &str, place: &str, schema: Value, example: Option<&String>) -> Value {
    let mut parameter = json!({"name": name, "in": place, "required": place == "path", "schema": schema});
    if let Some(example) = example {
        parameter["example"] = json!(example);
    }
    parameter
}

fn parameters(list: Vec<(&'static str, Value)>) -> Vec<Value> {
    list.into_iter().map(|(name, schema)| parameter(name, "query", schema, None)).collect()
}

fn projection(kind: &Kind) -> Vec<Value> {
    parameters(vec![("attributes", filters::names(kind)), ("excludedAttributes", filters::names(kind))])
}

/// Answers by status: those with these bodies, and errors.
fn answered(bodies: &[(u16, Value)], errors: &[u16]) -> Value {
    let mut responses = Map::new();
    for (status, schema) in bodies {
        responses.insert(status.to_string(), answer("Done", schema));
    }
    for status in errors {
        let mut error = answer("Refused", &named(&format!("Error{status}")));
        if *status == 401 {
            error["headers"] = json!({"WWW-Authenticate": {"required": true, "schema": {"type": "string", "pattern": "^Bearer"}}});
        }
        responses.insert(status.to_string(), error);
    }
    Value::Object(responses)
}

/// Headers of an answer with one resource.
fn headers(kind: &Kind, description: &Description, located: bool) -> Value {
    let mut headers = Map::new();
    if located {
        let pattern = format!("^https?://.+/scim/v2{}/[^/]+$", kind.endpoint);
        headers.insert("Location".into(), json!({"required": true, "schema": {"type": "string", "pattern": pattern}}));
    }
    if description.supports("etag") {
        headers.insert("ETag".into(), json!({"required": true, "schema": {"type": "string", "pattern": "^(W/)?\"[^\"]+\"$"}}));
    }
    Value::Object(headers)
}

fn read(kind: &Kind, description: &Description, errors: &[u16]) -> Value {
    let mut responses = answered(&[(200, named(&kind.name))], errors);
    responses["200"]["headers"] = headers(kind, description, false);
    responses
}

fn made(kind: &Kind, description: &Description) -> Value {
    let mut responses = answered(&[(201, answers::whole(kind))], &[400, 401, 409, 413, 415]);
    responses["201"]["headers"] = headers(kind, description, true);
    let methods = FOLLOWED.iter().chain(&["delete"]);
    let links = methods.map(|method| {
        let link = json!({"operationId": format!("{method}{}", kind.name), "parameters": {"id": "$response.body#/id"}});
        ((*method).to_owned(), link)
    });
    responses["201"]["links"] = Value::Object(links.collect());
    responses
}

fn written(kind: &Kind, description: &Description) -> Value {
    let mut responses = answered(&[(200, answers::whole(kind))], &write_errors(description));
    responses["200"]["headers"] = headers(kind, description, false);
    responses
}

fn changed(kind: &Kind, description: &Description) -> Value {
    let mut responses = written(kind, description);
    responses["204"] = json!({"description": "Done, and too long to show"});
    responses
}

fn removed(description: &Description) -> Value {
    let mut errors = vec![401, 404];
    errors.extend(description.supports("etag").then_some(412));
    let mut responses = answered(&[], &errors);
    responses["204"] = json!({"description": "Done"});
    responses
}

fn write_errors(description: &Description) -> Vec<u16> {
    let mut errors = vec![400, 401, 404, 409, 413, 415];
    errors.extend(description.supports("etag").then_some(412));
    errors
}
