//! A tenant's own SCIM schemas: extensions of Users and Groups (RFC 7643 section 3.3) that an operator uploads.
//!
//! From the moment one is there, clients find it in `/Schemas` and `/ResourceTypes`, and its attributes are checked, indexed, filtered, sorted and patched
//! like any others. What clients sent under its URN before was kept as it came, and belongs to it from then on; what is left when a schema goes
//! is kept again as what no schema knows. Knows nothing of how a schema is obeyed.

use doorlist_scim::Schema;
use doorlist_scim::discovery::schemas;
use doorlist_scim::schema::{ResourceType, Type, Uniqueness};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::name::Problems;
use crate::clock::Timestamp;
use crate::directory;
use crate::error::{Error, Problem, Result};
use crate::limits::{SCHEMA_BYTES_MAX, SCHEMAS_MAX};
use crate::provision::{self, Extension, Extensions, Survey};
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
        for kind in &new.extends {
            if !extends.contains(kind) {
                extends.push(*kind);
            }
        }
        if extends.is_empty() {
            problems.add("/extends", "A schema has to extend something.");
        }
        let json = Value::Object(new.schema);
        if json.to_string().len() > SCHEMA_BYTES_MAX {
            let message = format!("A schema can have {SCHEMA_BYTES_MAX} bytes.");
            let problem = Problem { pointer: "/schema".to_owned(), message };
            return Err(Error::invalid("The schema is too large.").with_problems(vec![problem]));
        }
        match Schema::check(&json) {
            Ok(schema) => {
                let built_in = ResourceType::all().into_iter().chain(ResourceType::test()).map(AsRef::as_ref);
                if schemas(built_in).iter().any(|known| overlaps(&known.id, &schema.id)) {
                    problems
                        .add("/schema/id", "A schema that every tenant has is called so, or one of the two names begins with the other.");
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

    /// Whether it has attributes that are to be indexed, for which a [`Survey`] is needed.
    pub fn is_indexed(&self) -> bool {
        !unique_attributes(&self.schema).is_empty()
    }

    /// Adds it to the tenant's own ones.
    ///
    /// # Errors
    /// Conflict if there is one of that URN, or of one that cannot be told from it in a path, or the tenant has [`SCHEMAS_MAX`]; or if what is there
    /// cannot be indexed by it: see [`provision::put_extensions`].
    pub fn add(&self, tx: &mut Tx<'_>, survey: Option<&Survey>, now: Timestamp) -> Result<OwnSchema> {
        let Extensions { changes, list: mut extensions } = provision::extensions(tx)?;
        if extensions.iter().any(|known| is_called(known, self.id())) {
            return Err(Error::conflict("The tenant has a schema of this URN. PUT replaces it."));
        }
        if extensions.iter().any(|known| overlaps(urn(known), self.id())) {
            return Err(Error::conflict("The tenant has a schema whose URN begins with this one, or this one with its."));
        }
        if extensions.len() >= SCHEMAS_MAX {
            return Err(Error::conflict(format!("A tenant can have {SCHEMAS_MAX} schemas of its own. Delete one first.")));
        }
        let made = self.extension(now, changes + 1);
        extensions.push(made.clone());
        store(tx, extensions, survey)?;
        Ok(show(&made))
    }

    /// Puts it in the place of the one of its URN.
    ///
    /// # Errors
    /// 404 if there is none; if the URN is spelled in other letters; and as [`Checked::add`].
    pub fn replace(&self, tx: &mut Tx<'_>, survey: Option<&Survey>, now: Timestamp) -> Result<OwnSchema> {
        let Extensions { changes, list: mut extensions } = provision::extensions(tx)?;
        let place = extensions.iter_mut().find(|known| is_called(known, self.id())).ok_or_else(|| Error::not_found("schema"))?;
        if urn(place) != self.id() {
            let problem =
                Problem { pointer: "/schema/id".to_owned(), message: format!("A schema keeps the spelling of its id: {}.", urn(place)) };
            return Err(Error::invalid("The schema's id is spelled in other letters.").with_problems(vec![problem]));
        }
        let before = Schema::from_json(&place.schema)?;
        let put = self.extension(now, 0);
        let is_indexed_alike = unique_attributes(&before) == unique_attributes(&self.schema) && place.extends == put.extends;
        *place = Extension { indexed_by: if is_indexed_alike { place.indexed_by } else { changes + 1 }, ..put };
        let shown = show(place);
        store(tx, extensions, survey)?;
        Ok(shown)
    }

    fn extension(&self, now: Timestamp, indexed_by: u64) -> Extension {
        let name = |kind: &Extended| match kind {
            Extended::User => ResourceType::user().name.clone(),
            Extended::Group => ResourceType::group().name.clone(),
        };
        Extension {
            schema: self.schema.to_json(),
            extends: self.extends.iter().map(name).collect(),
            required: self.required,
            updated: now,
            indexed_by,
        }
    }
}

/// What of a schema decides on its index rows: the unique attributes, whether they are texts, and whether letter case counts in them.
fn unique_attributes(schema: &Schema) -> Vec<(String, bool, bool)> {
    let mut found = Vec::new();
    for attribute in &schema.attributes {
        for (path, attribute) in std::iter::once((attribute.name.clone(), attribute))
            .chain(attribute.sub_attributes.iter().map(|sub| (format!("{}.{}", attribute.name, sub.name), sub)))
        {
            if attribute.uniqueness != Uniqueness::None {
                found.push((path, matches!(attribute.kind, Type::Integer | Type::Decimal), attribute.case_exact));
            }
        }
    }
    found
}

/// Looks for the resources that have data of a schema, in a snapshot. Takes long in a large inventory.
///
/// # Errors
/// If the disk refuses.
pub fn survey(rows: &impl Rows, id: &str) -> Result<Survey> {
    Survey::of(rows, &super::connections::numbers(rows)?, id)
}

/// The tenant's own schemas, in the order in which they were added.
///
/// # Errors
/// If the disk refuses.
pub fn list(rows: &impl Rows) -> Result<Vec<OwnSchema>> {
    Ok(provision::extensions(rows)?.list.iter().map(show).collect())
}

/// The tenant's own schema of this URN, in whatever letter case.
///
/// # Errors
/// 404 if there is none.
pub fn get(rows: &impl Rows, id: &str) -> Result<OwnSchema> {
    let extensions = provision::extensions(rows)?.list;
    extensions.iter().find(|known| is_called(known, id)).map(show).ok_or_else(|| Error::not_found("schema"))
}

/// Deletes the tenant's own schema of this URN. What resources have under it stays, as what no schema knows.
///
/// # Errors
/// 404 if there is none.
pub fn delete(tx: &mut Tx<'_>, id: &str) -> Result<()> {
    let mut extensions = provision::extensions(tx)?.list;
    let before = extensions.len();
    extensions.retain(|known| !is_called(known, id));
    if extensions.len() == before {
        return Err(Error::not_found("schema"));
    }
    store(tx, extensions, None)
}

/// Keeps the schemas. Policies may read their attributes, so everything is projected anew.
fn store(tx: &mut Tx<'_>, extensions: Vec<Extension>, survey: Option<&Survey>) -> Result<()> {
    let connections = super::connections::numbers(tx)?;
    provision::put_extensions(tx, extensions, &connections, survey)?;
    directory::reproject_all(tx)
}

fn urn(extension: &Extension) -> &str {
    extension.schema.get("id").and_then(Value::as_str).unwrap_or_default()
}

/// Whether two URNs are the same, or one goes on where the other ends, so that a path could mean either.
fn overlaps(one: &str, other: &str) -> bool {
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    let is_head = long.get(..short.len()).is_some_and(|head| head.eq_ignore_ascii_case(short));
    is_head && matches!(long.as_bytes().get(short.len()), None | Some(b':'))
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
