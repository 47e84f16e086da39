//! The pipeline over HTTP.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use super::call::{Call, Reply, blocking};
use super::page::{Page, Place};
use crate::admin::pipeline::{self, NewPolicy, Revision};
use crate::error::{Error, Result};

/// A pipeline to put.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NewPipeline {
    /// The policies, in the order in which they are asked.
    pub policies: Vec<NewPolicy>,
    /// The revision that it is made from: refused if that is no longer the one in force. Without it nothing is compared.
    pub revision: Option<u64>,
    /// Where editors find the JSON Schema of a file with a pipeline; means nothing here.
    #[serde(rename = "$schema")]
    #[allow(dead_code, reason = "it may be there, and nobody reads it")]
    schema: Option<String>,
}

pub(super) async fn get(call: Call) -> Result<Reply> {
    Reply::json(&call.read(pipeline::in_force)?)
}

pub(super) async fn put(mut call: Call) -> Result<Reply> {
    let NewPipeline { policies, revision, .. } = call.take_body()?;
    let plugins = Arc::clone(&call.app.plugins);
    let tenant = call.caller.rows.clone();
    let policies = blocking(move || pipeline::check(&plugins, Some(&tenant), policies)).await?;
    let (now, actor) = (call.caller.now, call.caller.actor.clone());
    let put = call.write(None, move |tx, _| {
        pipeline::put(tx, policies.clone(), revision, &actor, now)?;
        pipeline::in_force(tx)
    });
    Reply::json(&put.await?)
}

pub(super) async fn revisions(call: Call) -> Result<Reply> {
    let asked = call.asked::<u64>()?;
    let (items, more) = call.read(|rows| pipeline::revisions(rows, asked.after, asked.limit))?;
    let next_cursor = items.last().filter(|_| more).map(|last: &Revision| last.pipeline.revision.write());
    Reply::json(&Page { items, next_cursor })
}

pub(super) async fn revision(call: Call) -> Result<Reply> {
    let number = call.text("revision").parse().map_err(|_| Error::not_found("revision of the pipeline"))?;
    Reply::json(&call.read(|rows| pipeline::revision(rows, number))?)
}

#[cfg(test)]
mod tests {
    use crate::http::admin::pipeline_schema::general;

    /// The copy for whoever writes pipelines in files, beside the sources.
    const COPY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../schemas/pipeline.schema.json");

    #[test]
    fn the_pipelines_schema_has_a_copy_that_says_the_same() {
        let mut text = serde_json::to_string_pretty(&general()).unwrap();
        text.push('\n');
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(COPY, &text).unwrap();
        }
        let copy = std::fs::read_to_string(COPY).unwrap_or_default();
        assert!(copy == text, "schemas/pipeline.schema.json is out of date: run the tests once with UPDATE=1");
    }
}
