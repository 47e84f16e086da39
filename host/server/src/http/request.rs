//! What every edge reads of a request: its id, its token, its body. All of it bounded.
//!
//! Knows nothing of what the request asks for.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
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

/// Milliseconds for which a body that is too large is read on and thrown away.
const BODY_DISCARD_MS_MAX: u64 = 1_000;

/// The whole body.
///
/// # Errors
/// If it has more than [`BODY_BYTES_MAX`] bytes, has not arrived after [`BODY_MS_MAX`] milliseconds, or breaks off.
pub async fn body(mut body: Body) -> Result<Vec<u8>> {
    let read = tokio::time::timeout(Duration::from_millis(BODY_MS_MAX), read(&mut body)).await;
    let read = read.unwrap_or_else(|_| Err(Error::new(ErrorKind::InvalidSyntax, "The body did not arrive in time.")))?;
    match read {
        Some(bytes) => Ok(bytes),
        None => {
            // Whether its sender stops, goes on for too long or breaks off, it hears the same.
            let _ = tokio::time::timeout(Duration::from_millis(BODY_DISCARD_MS_MAX), discard(&mut body)).await;
            Err(Error::new(ErrorKind::PayloadTooLarge, format!("The body has more than {BODY_BYTES_MAX} bytes.")))
        }
    }
}

/// The whole body; `None` if it is too large.
async fn read(body: &mut Body) -> Result<Option<Vec<u8>>> {
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if announced > BODY_BYTES_MAX {
        return Ok(None);
    }
    let mut bytes = Vec::with_capacity(announced);
    while let Some(data) = next_data(body).await {
        let data = data.map_err(|_| Error::new(ErrorKind::InvalidSyntax, "The body broke off."))?;
        if bytes.len() + data.len() > BODY_BYTES_MAX {
            return Ok(None);
        }
        bytes.extend_from_slice(&data);
    }
    Ok(Some(bytes))
}

/// Reads on and throws away, so that a sender that reads no answer before it has sent everything gets to read this one.
async fn discard(body: &mut Body) {
    let mut left = BODY_DISCARD_BYTES_MAX;
    while let Some(Ok(data)) = next_data(body).await {
        left = left.saturating_sub(data.len());
        if left == 0 {
            return;
        }
    }
}

/// The next data of a body; empty for a frame that has none, such as trailers.
async fn next_data(body: &mut Body) -> Option<Result<Bytes, axum::Error>> {
    let frame = poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await?;
    Some(frame.map(|frame| frame.into_data().unwrap_or_default()))
}
