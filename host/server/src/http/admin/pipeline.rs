//! The pipeline and the plugins it can name, over HTTP.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::call::{Call, Reply, blocking};
use super::page::{Page, Place};
use crate::admin::pipeline::{self, NewPolicy, Pipeline};
use crate::error::{Error, Result};
use crate::policy;

/// A pipeline to put.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NewPipeline {
    /// The policies, in the order in which they are asked.
    policies: Vec<NewPolicy>,
    /// The revision that it is made from: refused if that is no longer the one in force. Without it nothing is compared.
    revision: Option<u64>,
}

/// A plugin, as it describes itself.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Plugin {
    /// Its name.
    name: String,
    /// Its version.
    version: String,
    /// What it does.
    description: String,
    /// SHA-256 of its WebAssembly, in hexadecimal.
    sha256: String,
    /// The JSON Schema (draft 2020-12) of its settings.
    settings_schema: Value,
    /// What it is given of a user or group, and nothing else.
    reads: Vec<String>,
    /// What it may change, and nothing else.
    writes: Vec<String>,
}

impl Plugin {
    fn of(plugin: &policy::Plugin) -> Self {
        let manifest = plugin.manifest();
        Self {
            name: manifest.name.clone(),
            version: manifest.version.clone(),
            description: manifest.description.clone(),
            sha256: plugin.digest().to_owned(),
            settings_schema: manifest.settings_schema.clone(),
            reads: manifest.reads.words().into_iter().map(str::to_owned).collect(),
            writes: manifest.writes.words().into_iter().map(str::to_owned).collect(),
        }
    }
}

pub(super) async fn get(call: Call) -> Result<Reply> {
    Reply::json(&call.read(pipeline::current)?)
}

pub(super) async fn put(mut call: Call) -> Result<Reply> {
    let NewPipeline { policies, revision } = call.take_body()?;
    let plugins = Arc::clone(&call.app.plugins);
    let tenant = call.caller.rows.clone();
    let policies = blocking(move || pipeline::check(&plugins, Some(&tenant), policies)).await?;
    let (now, actor) = (call.caller.now, call.caller.actor.clone());
    let put = call.write(None, move |tx, _| pipeline::put(tx, policies.clone(), revision, &actor, now));
    Reply::json(&put.await?)
}

pub(super) async fn revisions(call: Call) -> Result<Reply> {
    let asked = call.asked::<u64>()?;
    let (items, more) = call.read(|rows| pipeline::revisions(rows, asked.after, asked.limit))?;
    let next_cursor = items.last().filter(|_| more).map(|last: &Pipeline| last.revision.write());
    Reply::json(&Page { items, next_cursor })
}

pub(super) async fn plugins(call: Call) -> Result<Reply> {
    let plugins = Arc::clone(&call.app.plugins);
    let items = blocking(move || Ok(plugins.first_party()?.iter().map(Plugin::of).collect::<Vec<_>>())).await?;
    Reply::json(&Page { items, next_cursor: None })
}

pub(super) async fn plugin(call: Call) -> Result<Reply> {
    let plugins = Arc::clone(&call.app.plugins);
    let (name, version) = (call.text("name").to_owned(), call.text("version").to_owned());
    let found = blocking(move || plugins.find(None, &name, Some(&version))).await?;
    Reply::json(&Plugin::of(&found.ok_or_else(|| Error::not_found("plugin"))?))
}
