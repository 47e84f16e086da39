//! A tenant's own SCIM schemas: extensions of Users and Groups (RFC 7643 section 3.3) that an operator uploads.
//!
//! From the moment one is there, clients find it in `/Schemas` and `/ResourceTypes`, and its attributes are checked, indexed, filtered, sorted and patched
//! like any others. What clients sent under its URN before was kept as it came, and belongs to it from then on; what is left when a schema goes
//! is kept again as what no schema knows. Knows nothing of how a schema is obeyed.

use doorlist_scim::Schema;
use doorlist_scim::discovery::schemas;
use doorlist_scim::schema::ResourceType;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::name::Problems;
use crate::clock::Timestamp;
use crate::directory;
use crate::error::{Error, Problem, Result};
use crate::limits::{SCHEMA_BYTES_MAX, SCHEMAS_MAX};
use crate::provision::{self, Extension};
use crate::store::{Rows, Tx};

/// A resource type that can be extended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Extended {
    /// Users.
    User,
    /// Groups.
    Group,
}

/// A schema of a tenant's own.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OwnSchema {
    /// Its URN.
    pub id: String,
    /// The resource types that it extends.
    pub extends: Vec<Extended>,
    /// Whether a resource must have it.
    pub required: bool,
    /// The schema, as `/Schemas` shows it but for `meta`.
    pub schema: Value,
    /// When it was put.
    pub updated: Timestamp,
}

/// A schema to put.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewSchema {
    /// The schema in the form of RFC 7643 section 7: `id` (a URN), `name`, `description`, `attributes`.
    pub schema: Map<String, Value>,
    /// The resource types that it extends. Without it: User.
    #[serde(default = "users")]
    pub extends: Vec<Extended>,
    /// Whether a resource must have it from now on; those that have not keep as they are until they are written.
    #[serde(default)]
    pub required: bool,
}

fn users() -> Vec<Extended> {
    vec![Extended::User]
}

/// A schema that can be put, checked.
#[derive(Clone, Debug)]
pub struct Checked {
    schema: Schema,
    extends: Vec<Extended>,
    required: bool,
}

impl Checked {
    /// Checks a schema to put.
    ///
    /// # Errors
    /// With a JSON Pointer for each problem.
    pub fn of(new: NewSchema) -> Result<Self> {
        let mut problems = Problems::default();
        let mut extends: Vec<Extended> = Vec::new();
        new.extends.iter().for_each(|kind| {
            if !extends.contains(kind) {
                extends.push(*kind)
            }
        });
        if extends.is_empty() {
            problems.add("/extends", "A schema has to extend something.");
        }
        let json = Value::Object(new.schema);
        if json.to_string().len() > SCHEMA_BYTES_MAX {
            problems.add("/schema", format!("A schema can have {SCHEMA_BYTES_MAX} bytes."));
            problems.finish()?;
            return Err(Error::invalid("The schema is too large."));
        }
        match Schema::check(&json) {
            Ok(schema) => {
                let built_in = ResourceType::all().into_iter().chain(ResourceType::test()).map(AsRef::as_ref);
                if schemas(built_in).iter().any(|known| known.id.eq_ignore_ascii_case(&schema.id)) {
                    problems.add("/schema/id", "A schema that every tenant has is called so.");
                }
                problems.finish()?;
                Ok(Self { schema, extends, required: new.required })
            }
            Err(faults) => {
                let faults = faults.into_iter().map(|fault| Problem { pointer: fault.pointer, message: fault.message });
                problems.add_under("/schema", faults);
                problems.finish()?;
                Err(Error::invalid("The schema is not acceptable."))
            }
        }
    }

    /// Its URN.
    pub fn id(&self) -> &str {
        &self.schema.id
    }

    /// Adds it to the tenant's own ones.
    ///
    /// # Errors
    /// Conflict if there is one of that URN or the tenant has [`SCHEMAS_MAX`]; and as [`Checked::replace`].
    pub fn add(&self, tx: &mut Tx<'_>, now: Timestamp) -> Result<OwnSchema> {
        let mut extensions = provision::extensions(tx)?;
        if extensions.iter().any(|known| is_called(known, self.id())) {
            return Err(Error::conflict("The tenant has a schema of this URN. PUT replaces it."));
        }
        if extensions.len() >= SCHEMAS_MAX {
            return Err(Error::conflict(format!("A tenant can have {SCHEMAS_MAX} schemas of its own. Delete one first.")));
        }
        extensions.push(self.extension(now));
        store(tx, &extensions, self.id())?;
        Ok(show(&self.extension(now)))
    }

    /// Puts it in the place of the one of its URN.
    ///
    /// # Errors
    /// 404 if there is none; conflict if what is there cannot be indexed by it: see [`provision::put_extensions`].
    pub fn replace(&self, tx: &mut Tx<'_>, now: Timestamp) -> Result<OwnSchema> {
        let mut extensions = provision::extensions(tx)?;
        let place = extensions.iter_mut().find(|known| is_called(known, self.id())).ok_or_else(|| Error::not_found("schema"))?;
        *place = self.extension(now);
        store(tx, &extensions, self.id())?;
        Ok(show(&self.extension(now)))
    }

    fn extension(&self, now: Timestamp) -> Extension {
        let name = |kind: &Extended| match kind {
            Extended::User => ResourceType::user().name.clone(),
            Extended::Group => ResourceType::group().name.clone(),
        };
        Extension { schema: self.schema.to_json(), extends: self.extends.iter().map(name).collect(), required: self.required, updated: now }
    }
}

/// The tenant's own schemas, in the order in which they were added.
///
/// # Errors
/// If the disk refuses.
pub fn list(rows: &impl Rows) -> Result<Vec<OwnSchema>> {
    Ok(provision::extensions(rows)?.iter().map(show).collect())
}

/// The tenant's own schema of this URN, in whatever letter case.
///
/// # Errors
/// 404 if there is none.
pub fn get(rows: &impl Rows, id: &str) -> Result<OwnSchema> {
    let extensions = provision::extensions(rows)?;
    extensions.iter().find(|known| is_called(known, id)).map(show).ok_or_else(|| Error::not_found("schema"))
}

/// Deletes the tenant's own schema of this URN. What resources have under it stays, as what no schema knows.
///
/// # Errors
/// 404 if there is none; conflict as [`provision::put_extensions`].
pub fn delete(tx: &mut Tx<'_>, id: &str) -> Result<()> {
    let mut extensions = provision::extensions(tx)?;
    let place = extensions.iter().position(|known| is_called(known, id)).ok_or_else(|| Error::not_found("schema"))?;
    let gone = extensions.remove(place);
    store(tx, &extensions, urn(&gone))
}

/// Keeps the schemas. Policies may read their attributes, so everything is projected anew.
fn store(tx: &mut Tx<'_>, extensions: &[Extension], id: &str) -> Result<()> {
    let connections = super::connections::numbers(tx)?;
    provision::put_extensions(tx, extensions, id, &connections)?;
    directory::reproject_all(tx)
}

fn urn(extension: &Extension) -> &str {
    extension.schema.get("id").and_then(Value::as_str).unwrap_or_default()
}

fn is_called(extension: &Extension, id: &str) -> bool {
    urn(extension).eq_ignore_ascii_case(id)
}

fn show(extension: &Extension) -> OwnSchema {
    let extends = extension.extends.iter().map(|name| if *name == ResourceType::group().name { Extended::Group } else { Extended::User });
    OwnSchema {
        id: urn(extension).to_owned(),
        extends: extends.collect(),
        required: extension.required,
        schema: extension.schema.clone(),
        updated: extension.updated,
    }
}
