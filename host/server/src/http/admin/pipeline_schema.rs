//! The JSON Schema of a pipeline with the settings of a tenant's plugins in it, for editors: what schemas/pipeline.schema.json cannot know.
//!
//! Says no more than putting a pipeline checks, and not all of that.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::Schema;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use super::call::{Call, Reply, blocking};
use super::pipeline::NewPipeline;
use crate::admin::plugins::described::Described;
use crate::admin::plugins::revision;
use crate::error::Result;

/// The JSON Schema of a pipeline, whatever the plugins.
pub(super) fn general() -> Schema {
    SchemaSettings::draft2020_12().for_deserialize().into_generator().into_root_schema_for::<NewPipeline>()
}

pub(super) async fn get(call: Call) -> Result<Reply> {
    let plugins = Arc::clone(&call.app.plugins);
    let ours =
        blocking(move || Ok(plugins.first_party()?.iter().map(|plugin| Described::of(plugin.manifest())).collect::<Vec<_>>())).await?;
    let mut known: BTreeMap<String, Known> = BTreeMap::new();
    for described in ours {
        known.insert(described.name.clone(), Known { newest: Some(described.version.clone()), versions: vec![described] });
    }
    call.read(|rows| {
        for revision in revision::all(rows)? {
            known.entry(revision.described.name.clone()).or_default().versions.push(revision.described);
        }
        for (name, known) in known.iter_mut().filter(|(_, known)| known.newest.is_none()) {
            known.newest = revision::newest(rows, name)?.map(|newest| newest.described.version);
        }
        Ok(())
    })?;
    Reply::json(&with_settings(general().into(), &known))
}

/// The versions there are of a plugin.
#[derive(Default)]
struct Known {
    versions: Vec<Described>,
    /// The version that a policy has which names none.
    newest: Option<String>,
}

/// Adds to the schema of a policy what the settings of each plugin are.
fn with_settings(mut schema: Value, known: &BTreeMap<String, Known>) -> Value {
    let mut rules = Vec::new();
    let mut defs = serde_json::Map::new();
    for (name, known) in known {
        for described in &known.versions {
            let key = format!("{name}/{}", described.version);
            let settings = json!({"properties": {"settings": {"$ref": id(&key)}}});
            let of_version = json!({"properties": {"plugin": {"const": name}, "version": {"const": described.version}}, "required": ["plugin", "version"]});
            rules.push(json!({"if": of_version, "then": settings}));
            if known.newest.as_ref() == Some(&described.version) {
                let unsaid = json!({"properties": {"plugin": {"const": name}}, "required": ["plugin"], "not": {"required": ["version"]}});
                rules.push(json!({"if": unsaid, "then": settings}));
            }
            let mut own = described.settings_schema.clone();
            if let Some(own) = own.as_object_mut() {
                // A resource of its own, so that what it refers to is looked for in it.
                own.insert("$id".to_owned(), json!(id(&key)));
            }
            defs.insert(key, own);
        }
    }
    let names: Vec<&String> = known.keys().collect();
    if let Some(policy) = schema.pointer_mut("/$defs/NewPolicy").and_then(Value::as_object_mut) {
        rules.push(json!({"properties": {"plugin": {"enum": names}}}));
        policy.insert("allOf".to_owned(), json!(rules));
    }
    if let Some(own) = schema.get_mut("$defs").and_then(Value::as_object_mut) {
        own.extend(defs);
    }
    schema
}

/// The identifier of the schema of a plugin's settings.
fn id(key: &str) -> String {
    format!("urn:doorlist:settings:{key}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described(version: &str, schema: &Value) -> Described {
        let (name, description) = ("colours".to_owned(), String::new());
        Described { name, version: version.to_owned(), description, settings_schema: schema.clone(), reads: Vec::new(), writes: Vec::new() }
    }

    #[test]
    fn settings_are_those_of_the_version_that_a_policy_would_have() {
        let texts =
            json!({"$ref": "#/$defs/Texts", "$defs": {"Texts": {"properties": {"colour": {"type": "string"}}, "required": ["colour"]}}});
        let numbers = json!({"properties": {"colour": {"type": "integer"}}, "additionalProperties": false});
        let versions = vec![described("1.0.0", &texts), described("2.0.0", &numbers)];
        let known = BTreeMap::from([("colours".to_owned(), Known { versions, newest: Some("2.0.0".to_owned()) })]);
        let schema = jsonschema::draft202012::new(&with_settings(general().into(), &known)).unwrap();
        let is_valid = |policy: Value| schema.is_valid(&json!({"policies": [policy]}));
        for (version, colour, valid) in [
            (json!("1.0.0"), json!("red"), true),
            (json!("1.0.0"), json!(1), false),
            (json!("2.0.0"), json!(1), true),
            (json!("2.0.0"), json!("red"), false),
        ] {
            let policy = json!({"name": "p", "plugin": "colours", "version": version, "settings": {"colour": colour}});
            assert_eq!(is_valid(policy.clone()), valid, "{policy}");
        }
        assert!(is_valid(json!({"name": "p", "plugin": "colours", "settings": {"colour": 1}})), "the newest");
        assert!(!is_valid(json!({"name": "p", "plugin": "colours", "settings": {"colour": "red"}})), "the newest");
        assert!(is_valid(json!({"name": "p", "plugin": "colours"})), "whether there must be any is for the server to say");
        assert!(!is_valid(json!({"name": "p", "plugin": "shapes"})), "there is no such plugin");
    }
}
