//! The errors of RFC 7644, section 3.12.
//!
//! An [`Error`] says what was wrong with a request in prose written for whoever sent it. It carries
//! no cause: this crate has no inner failure worth hiding. It does not know how an error travels;
//! [`ErrorKind::status`] is the number the protocol pairs with a kind, and [`Error::body`] the JSON.

use std::fmt;

use serde_json::{Value, json};

/// The schema of an error body (RFC 7644, section 3.12).
pub const ERROR_URN: &str = "urn:ietf:params:scim:api:messages:2.0:Error";

/// A refusal, safe to show to the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// What kind of refusal this is.
    pub kind: ErrorKind,
    /// One or two sentences for a person, without internals and without secrets.
    pub detail: String,
}

/// What kind of refusal an [`Error`] is.
///
/// The first ten are the `scimType` values of RFC 7644, table 9, the three after them those of RFC 9865,
/// section 2.3; the others have a status alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The filter is malformed, names something unknown, or compares what cannot be compared.
    InvalidFilter,
    /// The answer would have more resources than the service provider returns.
    TooMany,
    /// A value that has to be unique is taken.
    Uniqueness,
    /// The request would change something that cannot be changed.
    Mutability,
    /// The body is not the message it should be.
    InvalidSyntax,
    /// A PATCH path is malformed or names an unknown attribute.
    InvalidPath,
    /// A PATCH path matches nothing that could be operated on.
    NoTarget,
    /// A value has the wrong type, is missing where it is required, or is too large.
    InvalidValue,
    /// The SCIM version is not supported.
    InvalidVers,
    /// The request puts something sensitive where it must not be, such as in a URI.
    Sensitive,
    /// The cursor is none this service provider gave out for the same query.
    InvalidCursor,
    /// The cursor is too old.
    ExpiredCursor,
    /// The length of a page is no whole number.
    InvalidCount,
    /// The request is not authenticated.
    Unauthorized,
    /// The request is authenticated and not allowed.
    Forbidden,
    /// The resource or endpoint does not exist.
    NotFound,
    /// The endpoint does not know this method.
    MethodNotAllowed,
    /// The request contradicts the present state in a way other than uniqueness.
    Conflict,
    /// The resource is no longer the version the request was made for.
    PreconditionFailed,
    /// The body, or a list in it, is larger than the service provider takes.
    PayloadTooLarge,
    /// The body has a media type the service provider does not read.
    UnsupportedMediaType,
    /// The client sends more requests than it may.
    TooManyRequests,
    /// The service provider failed; the client did nothing wrong.
    Internal,
    /// The service provider does not offer this operation.
    NotImplemented,
    /// The service provider cannot answer at present.
    Unavailable,
}

impl ErrorKind {
    /// The HTTP status code the protocol pairs with this kind.
    pub fn status(self) -> u16 {
        match self {
            Self::InvalidFilter
            | Self::TooMany
            | Self::Mutability
            | Self::InvalidSyntax
            | Self::InvalidPath
            | Self::NoTarget
            | Self::InvalidValue
            | Self::InvalidVers
            | Self::InvalidCursor
            | Self::ExpiredCursor
            | Self::InvalidCount => 400,
            Self::Unauthorized => 401,
            Self::Sensitive | Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::Uniqueness | Self::Conflict => 409,
            Self::PreconditionFailed => 412,
            Self::PayloadTooLarge => 413,
            Self::UnsupportedMediaType => 415,
            Self::TooManyRequests => 429,
            Self::Internal => 500,
            Self::NotImplemented => 501,
            Self::Unavailable => 503,
        }
    }

    /// The `scimType` keyword of RFC 7644, table 9, or RFC 9865, section 2.3, for the kinds that have one.
    pub fn scim_type(self) -> Option<&'static str> {
        match self {
            Self::InvalidFilter => Some("invalidFilter"),
            Self::TooMany => Some("tooMany"),
            Self::Uniqueness => Some("uniqueness"),
            Self::Mutability => Some("mutability"),
            Self::InvalidSyntax => Some("invalidSyntax"),
            Self::InvalidPath => Some("invalidPath"),
            Self::NoTarget => Some("noTarget"),
            Self::InvalidValue => Some("invalidValue"),
            Self::InvalidVers => Some("invalidVers"),
            Self::Sensitive => Some("sensitive"),
            Self::InvalidCursor => Some("invalidCursor"),
            Self::ExpiredCursor => Some("expiredCursor"),
            Self::InvalidCount => Some("invalidCount"),
            _ => None,
        }
    }
}

impl Error {
    /// An error of a kind, with a sentence for the client.
    pub fn new(kind: ErrorKind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into() }
    }

    /// The body of RFC 7644, section 3.12. The status is a string there, and here.
    pub fn body(&self) -> Value {
        let mut body = json!({
            "schemas": [ERROR_URN],
            "status": self.kind.status().to_string(),
            "detail": self.detail,
        });
        if let (Some(object), Some(scim_type)) = (body.as_object_mut(), self.kind.scim_type()) {
            object.insert("scimType".into(), scim_type.into());
        }
        body
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl std::error::Error for Error {}
