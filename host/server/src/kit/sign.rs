//! Keys and signatures as files.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::file;
use super::limits::PLUGIN_BYTES_MAX;
use crate::error::{Error, Result};
use crate::limits::{SECRET_KEY_FILE_BYTES_MAX, SIGNATURE_BYTES_MAX};
use crate::signature::{PublicKey, SecretKey, is_readable};

/// Makes a secret key in a new file that only its owner can read, and gives the public key of it.
///
/// # Errors
/// If there is such a file already, or it cannot be written.
pub fn generate(path: &Path) -> Result<PublicKey> {
    let key = SecretKey::generate()?;
    let pem = key.to_pem()?;
    let failed = |cause: io::Error| match cause.kind() {
        io::ErrorKind::AlreadyExists => Error::conflict(format!("{} is there already, and is left as it is.", path.display())),
        _ => Error::invalid(format!("{} cannot be written.", path.display())).with_cause(cause),
    };
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
    file.write_all(pem.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
    Ok(key.public())
}

/// The signature of a plugin's file by the secret key in another.
///
/// # Errors
/// If one of them cannot be read, or the key is none.
pub fn sign(plugin: &Path, key: &Path) -> Result<String> {
    let key = SecretKey::read_pem(&file::read_text(key, SECRET_KEY_FILE_BYTES_MAX as u64)?)?;
    Ok(key.sign(&digest(plugin)?))
}

/// Whether the signature in a file is that of a plugin's file by the owner of `key`.
///
/// # Errors
/// If one of them cannot be read, or the key or the signature is none.
pub fn verify(plugin: &Path, signature: &Path, key: &str) -> Result<bool> {
    let key = PublicKey::parse(key)?;
    let text = read_signature(signature)?;
    if !is_readable(&text) {
        let message = format!("{} has no signature: base64 of the 64 bytes of an Ed25519 signature is expected.", signature.display());
        return Err(Error::invalid(message));
    }
    Ok(key.verifies(&digest(plugin)?, &text))
}

/// The signature in a file, without what stands around it.
///
/// # Errors
/// If the file cannot be read, or is too large for one.
pub fn read_signature(path: &Path) -> Result<String> {
    Ok(file::read_text(path, SIGNATURE_BYTES_MAX as u64)?.trim().to_owned())
}

fn digest(plugin: &Path) -> Result<[u8; 32]> {
    Ok(Sha256::digest(file::read(plugin, PLUGIN_BYTES_MAX)?).into())
}
