//! How a plugin revision comes: checked before anything is stored, stored little by little, and there at once.
//!
//! What costs nothing is asked first: whether the bytes are there already, the signature, whether there is room. Then the sandbox looks at it, and only what it lets
//! through is stored. Knows nothing of how the bytes came.

use std::sync::{Arc, Mutex, PoisonError};

use data_encoding::HEXLOWER;
use doorlist_scim::ErrorKind;
use sha2::{Digest, Sha256};

use super::revision::{self, Revision};
use super::signing::{self, Signed};
use super::{Plugins, file};
use crate::activity::Actor;
use crate::admin::tenants;
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::id::Id;
use crate::policy::{LoadError, LoadLimits, LoadStage, Tier};
use crate::store::{Tenant, Tx};

/// How a tenant is allowed large plugins.
const ALLOW_LARGE: &str =
    " A key of the installation allows it by PATCH /api/v1/tenants/{tenant} with {\"pluginLimits\": {\"tier\": \"large\"}}.";

/// A plugin to upload.
pub struct Upload {
    /// The file: a component, or a core module.
    pub wasm: Vec<u8>,
    /// A signature of its SHA-256, as [`crate::signature`] has it.
    pub signature: Option<String>,
    /// Where its checks stand, for whoever watches.
    pub progress: Progress,
}

/// How far the checks of an upload are. A clone tells the same.
#[derive(Clone, Debug, Default)]
pub struct Progress(Arc<Mutex<Option<LoadStage>>>);

impl Progress {
    /// The stage that is under way; `None` before the first one.
    pub fn stage(&self) -> Option<LoadStage> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, stage: LoadStage) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(stage);
    }
}

/// What came of an upload.
#[derive(Clone, Debug, PartialEq)]
pub enum Uploaded {
    /// It is a new revision.
    Made(Revision),
    /// The same bytes are there already.
    Known(Revision),
}

impl Uploaded {
    /// The revision that the bytes are.
    pub fn revision(&self) -> &Revision {
        match self {
            Self::Made(revision) | Self::Known(revision) => revision,
        }
    }
}

impl Plugins {
    /// Makes a revision of an upload. Runs the compiler and guest code, and writes several times: not for threads that run async code. `log` is called in
    /// the transaction that makes what came of it true.
    ///
    /// # Errors
    /// With the stage that refuses it; conflict if the tenant has no room, or something else under its name; 503 if it may go well another time.
    pub fn upload(
        &self,
        tenant: &Tenant,
        upload: &Upload,
        (actor, now): (&Actor, Timestamp),
        log: impl Fn(&mut Tx<'_>, &Uploaded) -> Result<()> + Clone + Send + 'static,
    ) -> Result<Uploaded> {
        let digest: [u8; 32] = Sha256::digest(&upload.wasm).into();
        let sha256 = HEXLOWER.encode(&digest);
        let number = tenant.number();
        let (record, known) = tenant.read(|rows| {
            let record = tenants::at(rows, number)?.ok_or_else(|| Error::not_found("tenant"))?;
            Ok((record, revision::with_digest(rows, &sha256)?))
        })?;
        let signed = signing::verify(&record.signing_keys, record.signature_required, &digest, upload.signature.as_deref())?;
        if let Some(known) = known {
            return tenant.write(move |tx| {
                let known = Uploaded::Known(sign(tx, known.clone(), signed.clone())?);
                log(tx, &known)?;
                Ok(known)
            });
        }
        let most = record.plugin_limits.revisions();
        tenant.read(|rows| revision::must_have_room(rows, most))?;
        let limits = record.plugin_limits.load();
        let plugin = self
            .0
            .host()?
            .load_telling(&upload.wasm, &limits, &record.id.to_string(), &|stage| upload.progress.begin(stage))
            .map_err(|error| refused(error, &limits, upload.wasm.len()))?;
        let manifest = plugin.manifest();
        tenant.read(|rows| revision::must_be_free(rows, &manifest.name, &manifest.version))?;
        let id = Id::new(now);
        let made = Revision::new(&plugin, &limits, signed, id, (actor, now));
        let outcome = file::store(tenant, id, &upload.wasm).and_then(|()| finish(tenant, &made, most, log));
        match &outcome {
            Ok(Uploaded::Made(_)) => self.0.kept.put(number, id, Ok(plugin)),
            _ => take_away(tenant, id),
        }
        outcome
    }
}

/// Makes the revision whose file is stored; or finds that somebody else made it meanwhile.
fn finish(
    tenant: &Tenant,
    made: &Revision,
    most: usize,
    log: impl Fn(&mut Tx<'_>, &Uploaded) -> Result<()> + Send + 'static,
) -> Result<Uploaded> {
    let (number, made) = (tenant.number(), made.clone());
    tenant.write(move |tx| {
        tenants::at(tx, number)?.ok_or_else(|| Error::not_found("tenant"))?;
        let uploaded = match revision::with_digest(tx, &made.sha256)? {
            Some(known) => Uploaded::Known(sign(tx, known, made.signed.clone())?),
            None => {
                revision::must_be_free(tx, &made.described.name, &made.described.version)?;
                revision::must_have_room(tx, most)?;
                file::keep(tx, made.file())?;
                revision::put(tx, &made)?;
                Uploaded::Made(made.clone())
            }
        };
        log(tx, &uploaded)?;
        Ok(uploaded)
    })
}

/// The revision with this signature, if there is one: a plugin may be signed when it is there already.
fn sign(tx: &mut Tx<'_>, mut revision: Revision, signed: Option<Signed>) -> Result<Revision> {
    if signed.is_none() || signed == revision.signed {
        return Ok(revision);
    }
    revision.signed = signed;
    // It may have been deleted since it was looked at.
    match revision::get(tx, &revision.described.name, &revision.described.version)? {
        Some(there) if there.sha256 == revision.sha256 => revision::put(tx, &revision)?,
        _ => return Err(Error::new(ErrorKind::Unavailable, "The plugin was deleted meanwhile. Try again.")),
    }
    Ok(revision)
}

/// Deletes a file that came to nothing. What cannot be deleted now goes at the next start.
fn take_away(tenant: &Tenant, id: Id) {
    loop {
        match file::delete_step(tenant, id) {
            Ok(true) => return,
            Ok(false) => {}
            Err(error) => {
                return tracing::warn!(tenant = tenant.number(), %error, "a plugin's file that came to nothing is left until the next start");
            }
        }
    }
}

/// Why the sandbox refuses an upload of `bytes`, and what would help if it is for its size only.
fn refused(error: LoadError, limits: &LoadLimits, bytes: usize) -> Error {
    let kind = if error.retry { ErrorKind::Unavailable } else { ErrorKind::InvalidValue };
    let fits_large = limits.tier == Tier::Small && bytes <= Tier::Large.caps().wasm_bytes;
    let help = if error.stage == LoadStage::Size && fits_large { ALLOW_LARGE } else { "" };
    let refusal = Error::new(kind, format!("{}{help}", error.message)).at_stage(error.stage.as_str());
    tracing::debug!(stage = error.stage.as_str(), cause = %error, "an upload is refused");
    refusal
}
