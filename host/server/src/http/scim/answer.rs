//! Answers: bytes spliced from stored JSON, or, where a projection leaves something out, JSON made for the purpose.

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use doorlist_scim::{Projection, Resource};
use serde_json::{Value, json};

use crate::error::Result;
use crate::id::Id;
use crate::provision::{Answer, Kind, Page};

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
    Ok(response)
}

fn location(kind: &Kind, base: &str, id: Id) -> String {
    format!("{base}{}/{id}", kind.scim.endpoint)
}

/// A page of a list (RFC 7644 section 3.4.2).
pub(super) fn list(kind: &Kind, page: &Page, start_index: usize, projection: &Projection, base: &str) -> Result<Response<Body>> {
    let mut body = b"{\"Resources\":[".to_vec();
    for (place, answer) in page.answers.iter().enumerate() {
        if place > 0 {
            body.push(b',');
        }
        write(&mut body, kind, answer, projection, base)?;
    }
    let schemas = json!([doorlist_scim::list::LIST_RESPONSE_URN]);
    let tail = format!(
        "],\"itemsPerPage\":{},\"schemas\":{schemas},\"startIndex\":{start_index},\"totalResults\":{}}}",
        page.answers.len(),
        page.total
    );
    body.extend_from_slice(tail.as_bytes());
    Ok(json(200, body))
}

fn write(body: &mut Vec<u8>, kind: &Kind, answer: &Answer, projection: &Projection, base: &str) -> Result<()> {
    if projection.is_full() {
        answer.splice(kind, base, body);
        return Ok(());
    }
    let mut resource: Resource = crate::store::from_json(&answer.json)?;
    if let Some(Value::Object(meta)) = resource.get_mut("meta") {
        meta.insert("location".to_owned(), Value::String(location(kind, base, answer.id)));
    }
    if let Some((name, value)) = answer.links.attribute(base) {
        resource.insert(name.to_owned(), value);
    }
    projection.apply(kind.scim, &mut resource);
    body.extend_from_slice(Value::Object(resource).to_string().as_bytes());
    Ok(())
}
