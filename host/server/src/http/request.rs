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

use crate::error::{Error, Kind, Result};
use crate::id::Id;
use crate::limits::{
    BODY_BYTES_MAX, BODY_DISCARD_BYTES_MAX, BODY_DISCARD_MS_MAX, BODY_MS_MAX, PLUGIN_UPLOAD_BYTES_MAX, PLUGIN_UPLOAD_MS_MAX,
    REQUEST_ID_BYTES_MAX,
};
use crate::policy::LoadStage;

/// The id of a request, which log, activity and answer carry: its own, or the one that a proxy gave it.
#[derive(Clone, Debug)]
pub struct RequestId(Arc<str>);

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

    /// That of a request with these extensions.
    ///
    /// # Errors
    /// None at a route of ours: what is around all of them put one there.
    pub fn of(extensions: &axum::http::Extensions) -> Result<Self> {
        extensions.get::<Self>().cloned().ok_or_else(|| Error::internal("a request came without an id"))
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
    bounded(body, BODY_BYTES_MAX, BODY_MS_MAX).await
}

/// The whole body where it is a plugin.
///
/// # Errors
/// As [`body`], with [`PLUGIN_UPLOAD_BYTES_MAX`] and [`PLUGIN_UPLOAD_MS_MAX`].
pub async fn wasm(body: Body) -> Result<Vec<u8>> {
    let refused = |error: Error| match error.kind() {
        // As the sandbox would say it.
        Kind::Scim(ErrorKind::PayloadTooLarge) => plugin_too_large(),
        _ => error,
    };
    bounded(body, PLUGIN_UPLOAD_BYTES_MAX, PLUGIN_UPLOAD_MS_MAX).await.map_err(refused)
}

/// What is said of a plugin that is larger than any may be.
pub fn plugin_too_large() -> Error {
    let detail = format!("The plugin has more than {} MiB.", PLUGIN_UPLOAD_BYTES_MAX >> 20);
    Error::new(ErrorKind::PayloadTooLarge, detail).at_stage(LoadStage::Size.as_str())
}

async fn bounded(mut body: Body, bytes_max: usize, ms_max: u64) -> Result<Vec<u8>> {
    let read = tokio::time::timeout(Duration::from_millis(ms_max), read(&mut body, bytes_max)).await;
    let late = || Error::new(ErrorKind::InvalidSyntax, "The body did not arrive in time.");
    let read = read.map_err(|_| late())?;
    if read.is_err() {
        discard(body);
    }
    read
}

async fn read(body: &mut Body, bytes_max: usize) -> Result<Vec<u8>> {
    let too_large = || Error::new(ErrorKind::PayloadTooLarge, format!("The body has more than {bytes_max} bytes."));
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if announced > bytes_max {
        return Err(too_large());
    }
    let mut bytes = Vec::with_capacity(announced);
    while let Some(data) = next(body).await {
        let data = data.map_err(|()| Error::new(ErrorKind::InvalidSyntax, "The body broke off."))?;
        if bytes.len() + data.len() > bytes_max {
            return Err(too_large());
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes)
}

/// The next piece of a body; `Err` if it breaks off, `None` at its end.
async fn next(body: &mut Body) -> Option<Result<Bytes, ()>> {
    let frame = poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await?;
    // What is no data, such as a trailer, counts as nothing.
    Some(frame.map(|frame| frame.into_data().unwrap_or_default()).map_err(|_| ()))
}

/// Lets the rest of a body come and throws it away, while the answer is on its way already. For a body that is refused unread: its sender often
/// looks for the answer only once it has sent everything, and its next request comes on the same connection.
///
/// More than 32 MiB or five seconds end the connection instead.
pub fn discard(mut body: Body) {
    if body.is_end_stream() {
        return;
    }
    let rest = async move {
        let mut left = BODY_DISCARD_BYTES_MAX;
        while let Some(Ok(data)) = next(&mut body).await {
            match left.checked_sub(data.len()) {
                Some(less) => left = less,
                None => return,
            }
        }
    };
    tokio::spawn(tokio::time::timeout(Duration::from_millis(BODY_DISCARD_MS_MAX), rest));
}
