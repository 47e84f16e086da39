//! Errors as problem details (RFC 9457).
//!
//! Knows nothing of what went wrong but what the error says of itself.

use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::error::{self, Error, Kind};

/// An error's body. Its type is `about:blank`, so its title is that of the status (RFC 9457 section 4.2.1).
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "ProblemDetails")]
pub(super) struct Problem<'a> {
    /// `about:blank`: the status says what kind of problem it is.
    #[serde(rename = "type")]
    kind: &'a str,
    /// The status in words.
    title: &'a str,
    /// The HTTP status.
    status: u16,
    /// What is wrong, for a person.
    detail: &'a str,
    /// What is wrong with the request's body, place by place.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schemars(default)]
    problems: &'a [error::Problem],
    /// Which of the stages that an uploaded plugin passes refused it: signature, size, parse, features, imports, exports, componentize, compile, describe, manifest or
    /// settingsSchema.
    #[serde(skip_serializing_if = "Option::is_none")]
    stage: Option<&'a str>,
}

/// The status of an error.
pub(super) fn status(error: &Error) -> u16 {
    match error.kind() {
        Kind::Scim(kind) => kind.status(),
        Kind::Gone => StatusCode::GONE.as_u16(),
    }
}

/// The response that tells of an error. Its cause goes to the log.
pub(super) fn respond(error: &Error) -> Response {
    let status = StatusCode::from_u16(status(error)).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = render(status, &error.to_string(), error.problems(), error.stage());
    let headers = response.headers_mut();
    match status {
        StatusCode::UNAUTHORIZED => drop(headers.insert(header::WWW_AUTHENTICATE, header::HeaderValue::from_static("Bearer"))),
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => {
            drop(headers.insert(header::RETRY_AFTER, header::HeaderValue::from_static("1")))
        }
        _ => {}
    }
    super::super::note_cause(&mut response, error);
    response
}

/// The response that tells of something that is wrong with a request at first sight.
pub(in crate::http) fn plain(status: StatusCode, detail: &str) -> Response {
    render(status, detail, &[], None)
}

fn render(status: StatusCode, detail: &str, problems: &[error::Problem], stage: Option<&str>) -> Response {
    let title = status.canonical_reason().unwrap_or("Error");
    let body = Problem { kind: "about:blank", title, status: status.as_u16(), detail, problems, stage };
    // Text and numbers can always be written as JSON.
    let body = serde_json::to_vec(&body).unwrap_or_default();
    (status, [(header::CONTENT_TYPE, "application/problem+json")], Body::from(body)).into_response()
}
