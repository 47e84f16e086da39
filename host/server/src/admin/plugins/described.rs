//! What a plugin says of itself, as JSON: in the admin API, in rows, and what a plugin of world `policy-json` answers.
//!
//! Its JSON Schema stands in schemas/plugin-manifest.schema.json for authors. The sandbox checks by hand, with words of its own; tests hold the two together.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::policy::Manifest;
use crate::policy::limits::{DESCRIPTION_BYTES_MAX, NAME_BYTES_MAX, PATH_BYTES_MAX, VERSION_BYTES_MAX, WORDS_MAX};

/// What a plugin says of itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "PluginManifest")]
pub struct Described {
    /// Its name: lower-case letters, digits and hyphens, a letter first.
    #[schemars(length(max = NAME_BYTES_MAX), regex(pattern = r"^[a-z][a-z0-9-]*$"))]
    pub name: String,
    /// Its version: three numbers, then perhaps a pre-release, as in `1.2.3` or `1.2.3-beta.1`.
    #[schemars(
        length(max = VERSION_BYTES_MAX),
        regex(pattern = r"^(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$")
    )]
    pub version: String,
    /// What it does, for the operator who chooses it.
    #[serde(default)]
    #[schemars(length(max = DESCRIPTION_BYTES_MAX), regex(pattern = r"^[^\x00-\x09\x0b-\x1f\x7f-\u009f]*$"))]
    pub description: String,
    /// The JSON Schema (draft 2020-12) of its settings.
    #[serde(default = "any_settings")]
    #[schemars(extend("type" = "object"))]
    pub settings_schema: Value,
    /// What it is given of a user or group, and nothing else: words, and paths of SCIM attributes.
    #[serde(default)]
    #[schemars(length(max = WORDS_MAX), inner(length(min = 1, max = PATH_BYTES_MAX)))]
    pub reads: Vec<String>,
    /// What it may change, and nothing else.
    #[serde(default)]
    #[schemars(
        length(max = WORDS_MAX),
        extend("items" = {"type": "string", "enum": ["included", "status", "role", "groups", "userName", "displayName", "attributes"]})
    )]
    pub writes: Vec<String>,
}

/// The JSON Schema that takes everything.
fn any_settings() -> Value {
    Value::Object(serde_json::Map::new())
}

impl Described {
    /// What this manifest says.
    pub fn of(manifest: &Manifest) -> Self {
        Self {
            name: manifest.name.clone(),
            version: manifest.version.clone(),
            description: manifest.description.clone(),
            settings_schema: manifest.settings_schema.clone(),
            reads: manifest.reads.words().into_iter().map(str::to_owned).collect(),
            writes: manifest.writes.words().into_iter().map(str::to_owned).collect(),
        }
    }
}
