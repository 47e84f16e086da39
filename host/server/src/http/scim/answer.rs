//! Answers: bytes spliced from stored JSON, or, where a projection leaves something out, JSON made for the purpose.

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use doorlist_scim::validate::name_schemas;
use doorlist_scim::{Projection, Resource};
use serde_json::Value;

use crate::error::Result;
use crate::id::Id;
use crate::provision::{Answer, Kind, Page, Search};

/// The media type of everything SCIM (RFC 7644 section 8.1).
const MEDIA_TYPE: HeaderValue = HeaderValue::from_static("application/scim+json");

/// An answer with a body.
pub(super) fn json(status: u16, body: Vec<u8>) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, MEDIA_TYPE);
    response
}

/// An answer without a body.
pub(super) fn empty() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

/// One resource.
pub(super) fn resource(status: u16, kind: &Kind, answer: &Answer, projection: &Projection, base: &str) -> Result<Response<Body>> {
    let mut body = Vec::with_capacity(answer.json.len() + 256);
    write(&mut body, kind, answer, projection, base)?;
    let mut response = json(status, body);
    if let Ok(location) = HeaderValue::from_str(&location(kind, base, answer.id)) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    tag(&mut response, &answer.version());
    Ok(response)
}

/// The answer to a change whose outcome is not shown.
pub(super) fn unshown(answer: &Answer) -> Response<Body> {
    let mut response = empty();
    tag(&mut response, &answer.version());
    response
}

/// The answer to a client that has this version already (RFC 9110 section 15.4.5).
pub(super) fn not_modified(version: &str) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    tag(&mut response, version);
    response
}

/// Says the version in the header (RFC 7644 section 3.14).
fn tag(response: &mut Response<Body>, version: &str) {
    if let Ok(version) = HeaderValue::from_str(version) {
        response.headers_mut().insert(header::ETAG, version);
    }
}

fn location(kind: &Kind, base: &str, id: Id) -> String {
    format!("{base}{}/{id}", kind.scim.endpoint)
}

/// A page of a list (RFC 7644 section 3.4.2, RFC 9865 section 2).
pub(super) fn list(search: &Search, page: &Page) -> Result<Response<Body>> {
    let mut body = b"{\"Resources\":[".to_vec();
    for (number, (place, answer)) in page.answers.iter().enumerate() {
        if number > 0 {
            body.push(b',');
        }
        if let Some((kind, query)) = search.selections.get(*place) {
            write(&mut body, kind, answer, &query.projection, &search.base)?;
        }
    }
    body.extend_from_slice(format!("],\"itemsPerPage\":{}", page.answers.len()).as_bytes());
    if let Some(cursor) = &page.next_cursor {
        // A cursor is made of characters that JSON writes as they are.
        body.extend_from_slice(format!(",\"nextCursor\":\"{cursor}\"").as_bytes());
    }
    body.extend_from_slice(format!(",\"schemas\":[\"{}\"]", doorlist_scim::list::LIST_RESPONSE_URN).as_bytes());
    if let Some(start_index) = page.start_index {
        body.extend_from_slice(format!(",\"startIndex\":{start_index}").as_bytes());
    }
    body.extend_from_slice(format!(",\"totalResults\":{}}}", page.total).as_bytes());
    Ok(json(200, body))
}

fn write(body: &mut Vec<u8>, kind: &Kind, answer: &Answer, projection: &Projection, base: &str) -> Result<()> {
    if projection.is_full() && kind.is_answered_as_stored {
        answer.splice(kind, base, body);
        return Ok(());
    }
    let mut resource: Resource = crate::store::from_json(&answer.json)?;
    if let Some(Value::Object(meta)) = resource.get_mut("meta") {
        meta.insert("location".to_owned(), Value::String(location(kind, base, answer.id)));
        meta.insert("version".to_owned(), Value::String(answer.version()));
    }
    if let Some((name, value)) = answer.links.attribute(base) {
        resource.insert(name.to_owned(), value);
    }
    if kind.schema_changes > 0 {
        // Extensions may have come or gone since it was stored.
        name_schemas(&kind.scim, &mut resource);
    }
    projection.apply(&kind.scim, &mut resource);
    body.extend_from_slice(Value::Object(resource).to_string().as_bytes());
    Ok(())
}
