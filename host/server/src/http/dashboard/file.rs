//! A form that sends a file: a plugin, which is far larger than what other forms may send.
//!
//! The token comes first, and nothing of the file is read before it is known to be right. A file takes up a place among the uploads from its first byte, as one
//! that comes by the admin API does. Knows nothing of what is in a file.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, header};
use doorlist_scim::ErrorKind;
use multer::{Constraints, Field, Multipart, SizeLimit};

use super::form::{self, CSRF, Form};
use super::sign_in::SignedIn;
use crate::admin::keys::Role;
use crate::admin::plugins::upload::Progress;
use crate::error::{Error, Result};
use crate::http::admin::ask::Upload;
use crate::http::dashboard::limits::{FILE_FORM_BYTES_MAX, FORM_FIELDS_MAX};
use crate::http::{App, request};
use crate::limits::{BODY_DISCARD_BYTES_MAX, BODY_DISCARD_MS_MAX, PLUGIN_UPLOAD_BYTES_MAX, PLUGIN_UPLOAD_MS_MAX};

/// The file of a form, or why it was not taken. Whoever looks first gets it.
#[derive(Clone)]
pub(super) struct File(Arc<Mutex<Option<Result<Upload>>>>);

impl File {
    fn new(file: Result<Upload>) -> Self {
        Self(Arc::new(Mutex::new(Some(file))))
    }

    /// Takes the file.
    ///
    /// # Errors
    /// If it was too large, came too slowly, or found no place.
    pub(super) fn take(&self) -> Result<Upload> {
        let taken = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        taken.unwrap_or_else(|| Err(Error::invalid("The file has been taken already.")))
    }
}

/// Reads such a form. What is amiss with the file itself is kept for whoever takes it.
///
/// # Errors
/// If it is no such form, or does not come from a page of ours.
pub(super) async fn read(app: &App, tenant: &str, headers: &HeaderMap, body: Body, signed_in: &SignedIn) -> Result<Form> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let boundary = multer::parse_boundary(kind);
    let boundary = boundary.map_err(|_| Error::new(ErrorKind::UnsupportedMediaType, "This is no form that the dashboard sends."))?;
    // More than a file may have, so that one that is too large is told and its sender can finish.
    let most = SizeLimit::new().whole_stream(BODY_DISCARD_BYTES_MAX as u64);
    let mut parts = Multipart::with_constraints(body.into_data_stream(), boundary, Constraints::new().size_limit(most));
    let read = tokio::time::timeout(Duration::from_millis(PLUGIN_UPLOAD_MS_MAX), fields(app, tenant, signed_in, &mut parts)).await;
    discard(parts);
    read.unwrap_or_else(|_| Err(Error::new(ErrorKind::InvalidSyntax, "The form did not arrive in time.")))
}

async fn fields(app: &App, tenant: &str, signed_in: &SignedIn, parts: &mut Multipart<'_>) -> Result<Form> {
    let mut form = Form::default();
    let mut left = FILE_FORM_BYTES_MAX;
    while let Some(mut field) = parts.next_field().await.map_err(|error| broken(&error))? {
        let name = field.name().unwrap_or_default().to_owned();
        if name != CSRF && !signed_in.csrf.is_answered_by(&form) {
            return Err(form::not_ours());
        }
        if field.file_name().is_some() {
            let file = file(app, tenant, signed_in, field).await;
            let is_refused = file.is_err();
            form.set_file(File::new(file));
            if is_refused {
                return Ok(form);
            }
            continue;
        }
        let bytes = bounded(&mut field, left).await?.ok_or_else(too_large)?;
        left -= bytes.len();
        form.push(name, String::from_utf8_lossy(&bytes).into_owned());
        if form.fields().count() > FORM_FIELDS_MAX {
            return Err(too_large());
        }
    }
    Ok(form)
}

/// Takes the file, if whoever sends it may; else the API says that they may not, and needs no file for that.
async fn file(app: &App, tenant: &str, signed_in: &SignedIn, mut field: Field<'_>) -> Result<Upload> {
    let (rows, tenant) = signed_in.operator.tenant(tenant)?;
    if signed_in.operator.rights.at(tenant.id) < Some(Role::Admin) {
        return Ok(Upload::default());
    }
    let place = app.uploads.enter(rows.number())?;
    let wasm = bounded(&mut field, PLUGIN_UPLOAD_BYTES_MAX).await?.ok_or_else(request::plugin_too_large)?;
    Ok(Upload { wasm, place: Some(place), progress: Progress::default() })
}

/// The bytes of a field; `None` if there are more than `most`.
async fn bounded(field: &mut Field<'_>, most: usize) -> Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(|error| broken(&error))? {
        if bytes.len() + chunk.len() > most {
            return Ok(None);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(Some(bytes))
}

fn too_large() -> Error {
    Error::new(
        ErrorKind::PayloadTooLarge,
        format!("The form has more than {FILE_FORM_BYTES_MAX} bytes beside the file, or too many fields."),
    )
}

fn broken(error: &multer::Error) -> Error {
    match error {
        multer::Error::StreamSizeExceeded { .. } => request::plugin_too_large(),
        _ => Error::new(ErrorKind::InvalidSyntax, "The form broke off, or is not written as forms with files are."),
    }
}

/// Lets the rest of a form that is refused come, as [`request::discard`] does.
fn discard(mut parts: Multipart<'static>) {
    let rest = async move { while let Ok(Some(_)) = parts.next_field().await {} };
    tokio::spawn(tokio::time::timeout(Duration::from_millis(BODY_DISCARD_MS_MAX), rest));
}
