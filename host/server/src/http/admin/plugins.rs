//! Plugins over HTTP: those that come with Doorlist, and those that a tenant uploads.

use std::sync::Arc;

use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;

use super::call::{Call, Reply, blocking};
use super::page::Place;
use crate::activity::{self, Actor};
use crate::admin::deletion::Deletion;
use crate::admin::plugins::described::Described;
use crate::admin::plugins::figures::Figure;
use crate::admin::plugins::revision::{self, Revision};
use crate::admin::plugins::signing::{self, SigningKey};
use crate::admin::plugins::upload::{Upload, Uploaded};
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::policy;
use data_encoding::BASE64URL_NOPAD;

/// A plugin.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Plugin {
    #[serde(flatten)]
    described: Described,
    /// Whether it comes with Doorlist.
    first_party: bool,
    /// SHA-256 of its WebAssembly, in hexadecimal.
    sha256: String,
    /// Bytes of its WebAssembly.
    bytes: u64,
    /// Bytes of its machine code.
    compiled_bytes: u64,
    /// The version of the contract that it was built for.
    contract: String,
    /// What it imports.
    imports: Vec<String>,
    /// When it was uploaded; absent of one that comes with Doorlist.
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<Timestamp>,
    /// Who uploaded it; absent of one that comes with Doorlist.
    #[serde(skip_serializing_if = "Option::is_none")]
    actor: Option<Actor>,
    /// Who signed it; absent of one that nobody did.
    #[serde(skip_serializing_if = "Option::is_none")]
    signature: Option<Signature>,
    /// What it has cost this tenant, and how it has behaved, since the server started.
    usage: Figure,
}

/// Who signed a plugin.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Signature {
    /// The Ed25519 public key that made it, base64.
    public_key: String,
    /// What the tenant calls that key; absent if it no longer lists it.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
}

impl Plugin {
    fn of_ours(call: &Call, plugin: &policy::Plugin) -> Self {
        let (facts, described) = (plugin.facts(), Described::of(plugin.manifest()));
        Self {
            usage: usage(call, &described),
            described,
            first_party: true,
            sha256: plugin.digest().to_owned(),
            bytes: facts.bytes as u64,
            compiled_bytes: facts.compiled_bytes as u64,
            contract: facts.contract.clone(),
            imports: facts.imports.clone(),
            created: None,
            actor: None,
            signature: None,
        }
    }

    fn of_tenant(call: &Call, revision: Revision, keys: &[SigningKey]) -> Self {
        let signature = revision
            .signed
            .map(|signed| Signature { key: signing::signer(keys, &signed).map(|key| key.name.clone()), public_key: signed.public_key });
        Self {
            usage: usage(call, &revision.described),
            described: revision.described,
            first_party: false,
            sha256: revision.sha256,
            bytes: revision.bytes,
            compiled_bytes: revision.compiled_bytes,
            contract: revision.contract,
            imports: revision.imports,
            created: Some(revision.created),
            actor: Some(revision.actor),
            signature,
        }
    }

    fn name(&self) -> Name {
        Name { name: self.described.name.clone(), version: self.described.version.clone() }
    }
}

fn usage(call: &Call, described: &Described) -> Figure {
    call.app.plugins.figures().of(call.caller.rows.number(), &described.name, &described.version)
}

/// Where a plugin stands in the list.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Name {
    name: String,
    version: String,
}

impl Place for Name {
    fn write(&self) -> String {
        BASE64URL_NOPAD.encode(format!("{}/{}", self.name, self.version).as_bytes())
    }

    fn read(cursor: &str) -> Option<Self> {
        let text = String::from_utf8(BASE64URL_NOPAD.decode(cursor.as_bytes()).ok()?).ok()?;
        let (name, version) = text.split_once('/')?;
        Some(Self { name: name.to_owned(), version: version.to_owned() })
    }
}

/// Those that come with Doorlist, loaded away from the threads that run async code.
async fn first_party(call: &Call) -> Result<Vec<Plugin>> {
    let plugins = Arc::clone(&call.app.plugins);
    let ours = blocking(move || Ok(plugins.first_party()?.to_vec())).await?;
    Ok(ours.iter().map(|plugin| Plugin::of_ours(call, plugin)).collect())
}

pub(super) async fn list(call: Call) -> Result<Reply> {
    let asked = call.asked::<Name>()?;
    let mut all = first_party(&call).await?;
    let keys = &call.tenant()?.signing_keys;
    all.extend(call.read(revision::all)?.into_iter().map(|revision| Plugin::of_tenant(&call, revision, keys)));
    all.retain(|plugin| asked.after.as_ref().is_none_or(|after| plugin.name() > *after));
    all.sort_by_key(Plugin::name);
    all.truncate(asked.limit + 1);
    Reply::json(&asked.page(all, Plugin::name))
}

pub(super) async fn get(call: Call) -> Result<Reply> {
    let own = call.read(|rows| revision::get(rows, call.text("name"), call.text("version")))?;
    if let Some(own) = own {
        return Reply::json(&Plugin::of_tenant(&call, own, &call.tenant()?.signing_keys));
    }
    let wanted = |plugin: &Plugin| plugin.described.name == call.text("name") && plugin.described.version == call.text("version");
    let ours = first_party(&call).await?.into_iter().find(wanted);
    Reply::json(&ours.ok_or_else(|| Error::not_found("plugin"))?)
}

pub(super) async fn upload(mut call: Call) -> Result<Reply> {
    // A plus sign that is not percent-encoded is read as a space, which base64 has none of.
    let signature = call.parameter("signature").map(|text| text.replace(' ', "+"));
    let upload = Upload { wasm: std::mem::take(&mut call.wasm), signature, progress: call.progress.clone() };
    let (plugins, rows, caller) = (Arc::clone(&call.app.plugins), call.caller.rows.clone(), call.caller.clone());
    let (endpoint, place) = (call.endpoint, call.place.take());
    // All of it there, so that an upload whose sender goes away is stored, or taken away again.
    let uploaded = blocking(move || {
        let _place = place;
        let (actor, now) = (caller.actor.clone(), caller.now);
        plugins.upload(&rows, &upload, (&actor, now), move |tx, uploaded| {
            let status = if matches!(uploaded, Uploaded::Made(_)) { endpoint.answer.status } else { StatusCode::OK };
            activity::record(tx, &caller.entry(endpoint, status.as_u16(), Some(uploaded.revision().subject()))).map(drop)
        })
    });
    let uploaded = uploaded.await?;
    let subject = uploaded.revision().subject();
    let plugin = |revision| Ok::<_, Error>(Plugin::of_tenant(&call, revision, &call.tenant()?.signing_keys));
    match uploaded {
        Uploaded::Made(revision) => call.created(subject, &plugin(revision)?),
        Uploaded::Known(revision) => Ok(call.created(subject, &plugin(revision)?)?.known()),
    }
}

pub(super) async fn delete(call: Call) -> Result<Reply> {
    let (name, version) = (call.text("name").to_owned(), call.text("version").to_owned());
    let subject = format!("{name}/{version}");
    let file = call.write(Some(subject), move |tx, _| revision::delete(tx, &name, &version)).await?;
    let tenant = call.caller.rows.number();
    call.app.plugins.forget(tenant, (call.text("name"), call.text("version")), file);
    call.app.deletions.add(Deletion::PluginFile(tenant, file));
    Ok(Reply::empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_names_a_plugin() {
        let name = Name { name: "a-b".to_owned(), version: "1.2.3-beta.1".to_owned() };
        assert!(Name::read(&name.write()) == Some(name));
        for other in ["", "a", "!", &BASE64URL_NOPAD.encode(b"ab"), &BASE64URL_NOPAD.encode(&[255])] {
            assert!(Name::read(other).is_none(), "{other}");
        }
    }
}
