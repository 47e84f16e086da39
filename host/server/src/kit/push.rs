//! Uploading a plugin by the admin API.

use std::path::Path;

use serde_json::Value;

use super::file;
use super::limits::PLUGIN_BYTES_MAX;
use super::sign::read_signature;
use crate::error::Result;
use crate::remote::{Remote, segment};

/// What a server made of an upload.
#[derive(Clone, Debug)]
pub struct Pushed {
    /// Whether it is there since this upload; otherwise the same file was there before.
    pub is_new: bool,
    /// The plugin, as the admin API shows it.
    pub plugin: Value,
}

/// Uploads a file to a tenant, with the signature in another one if there is one.
///
/// # Errors
/// If a file cannot be read, the server cannot be reached, or it refuses the plugin: then its own words.
pub fn push(plugin: &Path, signature: Option<&Path>, tenant: &str, remote: &Remote) -> Result<Pushed> {
    let wasm = file::read(plugin, PLUGIN_BYTES_MAX)?;
    let signature = signature.map(read_signature).transpose()?;
    let query = signature.map(|text| format!("?signature={}", segment(&text))).unwrap_or_default();
    let answer = remote.send("POST", &format!("/tenants/{}/plugins{query}", segment(tenant)), "application/wasm", wasm)?;
    Ok(Pushed { is_new: answer.status == 201, plugin: answer.body })
}
