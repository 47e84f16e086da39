//! What a form sends, and whether it is one of ours.
//!
//! A page's forms carry a token made from the cookie of whoever looks at it. Another site can make a browser send the cookie, but cannot know the token. Knows
//! nothing of what a form is for.

use axum::body::Body;
use axum::http::{HeaderMap, header};
use data_encoding::HEXLOWER;
use doorlist_scim::ErrorKind;
use sha2::{Digest, Sha256};

use super::file::File;
use crate::error::{Error, Result};
use crate::http::dashboard::limits::{FORM_BYTES_MAX, FORM_FIELDS_MAX};
use crate::http::request;
use crate::secret::Secret;

/// Name of the field with the token.
pub(super) const CSRF: &str = "csrf";

/// The fields of a form, in their order.
#[derive(Clone, Default)]
pub(super) struct Form {
    fields: Vec<(String, String)>,
    file: Option<File>,
}

impl Form {
    /// A field, as it was sent.
    pub(super) fn raw(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// A field's text without blanks around it; empty if there is none.
    pub(super) fn text(&self, name: &str) -> &str {
        self.raw(name).unwrap_or_default().trim()
    }

    /// Whether a box was ticked, or a button of this name pressed.
    pub(super) fn has(&self, name: &str) -> bool {
        self.raw(name).is_some()
    }

    /// Every value of a field.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.fields.iter().filter(move |(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// Every field.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The file, of a form that sends one.
    pub(super) fn file(&self) -> Option<&File> {
        self.file.as_ref()
    }

    /// Adds a field.
    pub(super) fn push(&mut self, name: String, value: String) {
        self.fields.push((name, value));
    }

    /// Sets the file.
    pub(super) fn set_file(&mut self, file: File) {
        self.file = Some(file);
    }
}

/// What shows that a form is one of ours.
#[derive(Clone, Debug)]
pub(super) struct Csrf(String);

impl Csrf {
    /// For the holder of this cookie.
    pub(super) fn of(cookie: &Secret) -> Self {
        let digest = Sha256::new().chain_update("doorlist form ").chain_update(cookie.to_string()).finalize();
        Self(HEXLOWER.encode(&digest))
    }

    /// The field's value.
    pub(super) fn value(&self) -> &str {
        &self.0
    }

    /// Whether the form carries it.
    pub(super) fn is_answered_by(&self, form: &Form) -> bool {
        let said: [u8; 32] = Sha256::digest(form.text(CSRF)).into();
        let own: [u8; 32] = Sha256::digest(&self.0).into();
        // Of digests, so that the time tells nothing of the token.
        said == own
    }
}

/// What whoever sends a form that is not ours is told. Most often it is one of a page that was open while they signed in anew.
pub(super) fn not_ours() -> Error {
    Error::new(
        ErrorKind::Forbidden,
        "This form is out of date, or does not come from this dashboard. Nothing was done. A page that was open when you signed in anew has to be opened again; \
         then try once more.",
    )
}

/// Reads a form.
///
/// # Errors
/// If it is none, or has more than [`FORM_BYTES_MAX`] bytes or [`FORM_FIELDS_MAX`] fields.
pub(super) async fn read(headers: &HeaderMap, body: Body) -> Result<Form> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let bytes = request::body(body).await?;
    if bytes.is_empty() {
        return Ok(Form::default());
    }
    if !kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(Error::new(ErrorKind::UnsupportedMediaType, "This is no form that the dashboard sends."));
    }
    if bytes.len() > FORM_BYTES_MAX {
        return Err(Error::new(ErrorKind::PayloadTooLarge, format!("The form has more than {FORM_BYTES_MAX} bytes.")));
    }
    let fields = pairs(&bytes);
    if fields.len() > FORM_FIELDS_MAX {
        return Err(Error::new(ErrorKind::PayloadTooLarge, format!("The form has more than {FORM_FIELDS_MAX} fields.")));
    }
    Ok(Form { fields, file: None })
}

/// The lines of a text that are not blank, to the letter but for their ends: spaces count.
pub(super) fn entries(text: &str) -> Vec<String> {
    text.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect()
}

/// The pairs of a query or a form.
pub(super) fn pairs(bytes: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(bytes).into_owned().take(FORM_FIELDS_MAX + 1).collect()
}
