//! What every edge reads of a request: its id, its token, its body. All of it bounded.
//!
//! Knows nothing of what the request asks for.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::http::{HeaderMap, header};
use doorlist_scim::ErrorKind;

use crate::error::{Error, Result};
use crate::id::Id;
use crate::limits::{BODY_BYTES_MAX, BODY_MS_MAX};

/// The id of a request, which log, activity and answer carry: its own, or the one that a proxy gave it.
#[derive(Clone, Debug)]
pub struct RequestId(Arc<str>);

/// Bytes of a request id that somebody else made: four times those of a UUID without hyphens are 128, and half of that is plenty.
const REQUEST_ID_BYTES_MAX: usize = 64;

/// Bytes of a body beyond its bound that are read and thrown away, since most clients look for an answer only once they have sent everything.
const BODY_DISCARD_BYTES_MAX: usize = 4 * BODY_BYTES_MAX;

impl RequestId {
    /// This one.
    pub fn new(id: Id) -> Self {
        Self(id.to_string().into())
    }

    /// One that somebody else made; `None` unless it is short and made of letters, digits, `-`, `_` and `.`.
    pub fn parse(text: &str) -> Option<Self> {
        let sane = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        let fits = (1..=REQUEST_ID_BYTES_MAX).contains(&text.len()) && text.bytes().all(sane);
        fits.then(|| Self(text.into()))
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// What stands behind `Bearer` in the `Authorization` header (RFC 6750 section 2.1).
///
/// # Errors
/// 401 if there is no such header, more than one, or one of another scheme.
pub fn bearer(headers: &HeaderMap) -> Result<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let token = match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok().and_then(|value| value.split_once(' ')),
        _ => None,
    };
    match token {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(token.trim()),
        _ => Err(Error::new(ErrorKind::Unauthorized, "A token is needed, as in: Authorization: Bearer <token>.")),
    }
}

/// The whole body.
///
/// # Errors
/// If it has more than [`BODY_BYTES_MAX`] bytes, has not arrived after [`BODY_MS_MAX`] milliseconds, or breaks off.
pub async fn body(body: Body) -> Result<Vec<u8>> {
    let read = tokio::time::timeout(Duration::from_millis(BODY_MS_MAX), read(body));
    read.await.unwrap_or_else(|_| Err(Error::new(ErrorKind::InvalidSyntax, "The body did not arrive in time.")))
}

async fn read(mut body: Body) -> Result<Vec<u8>> {
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    let (mut bytes, mut discarded) = (Vec::with_capacity(announced.min(BODY_BYTES_MAX)), 0);
    while announced <= BODY_DISCARD_BYTES_MAX && discarded <= BODY_DISCARD_BYTES_MAX {
        let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await else {
            break;
        };
        let frame = frame.map_err(|_| Error::new(ErrorKind::InvalidSyntax, "The body broke off."))?;
        let Ok(data) = frame.into_data() else { continue };
        if discarded > 0 || bytes.len() + data.len() > BODY_BYTES_MAX {
            discarded += data.len();
        } else {
            bytes.extend_from_slice(&data);
        }
    }
    if announced > BODY_BYTES_MAX || discarded > 0 {
        return Err(Error::new(ErrorKind::PayloadTooLarge, format!("The body has more than {BODY_BYTES_MAX} bytes.")));
    }
    Ok(bytes)
}
