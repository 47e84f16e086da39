//! What if: inventory that is made up or changed, perhaps under another pipeline, all in a draft.
//!
//! A supposed resource passes what a client's passes: the same verbs of [`crate::provision`] put it into the draft.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::evaluation::{Evaluation, Inquiry};
use super::forgotten::unknown;
use super::{Standing, due, find, name};
use crate::activity::Actor;
use crate::admin::connections::Connection;
use crate::admin::pipeline::{self, NewPolicy};
use crate::admin::plugins::Plugins;
use crate::clock::Timestamp;
use crate::directory::decision::SubjectKind;
use crate::directory::subject::Setting;
use crate::error::{Error, Problem, Result};
use crate::id::Id;
use crate::limits::{GROUPS_OF_USER_MAX, SAME_NAME_MAX};
use crate::provision::{self, Catalog, Choices, Context, Create, Kind, Modify, Replace, Scope, groups_of};
use crate::store::layout::{self, GROUP};
use crate::store::{Rows, Tenant, Tx};

/// The URN of a PATCH (RFC 7644 section 3.5.2).
const PATCH_URN: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// What is to be supposed. It needs a user or a group, not both.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WhatIf {
    /// The user that it is about.
    pub user: Option<Supposed>,
    /// The group that it is about.
    pub group: Option<Supposed>,
    /// The policies of a proposed pipeline, in order. Without them the pipeline in force is asked.
    pub policies: Option<Vec<NewPolicy>>,
}

/// A user or group as it might be.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Supposed {
    /// One that there is, by an id, its `userName` or `displayName`, its `externalId`, or an e-mail address. Without it one is made up.
    pub named: Option<String>,
    /// The connection whose inventory has it; needed of a made-up one if the tenant has several.
    pub connection: Option<Id>,
    /// A SCIM resource. One that there is is replaced by it, as by a PUT; a made-up one is this, as by a POST.
    pub resource: Option<Map<String, Value>>,
    /// SCIM operations that then change it, as those of a PATCH.
    pub operations: Option<Vec<Value>>,
    /// Whether its identity provider deleted it.
    #[serde(default)]
    pub deleted: bool,
    /// The groups that the identity provider has put a user into, and no others, by SCIM id or `displayName`. A name that no group has is that of a made-up group. Without it groups
    /// are as they are.
    pub groups: Option<Vec<String>>,
}

/// What would become of it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WhatIfAnswer {
    /// User or group.
    pub kind: SubjectKind,
    /// Its `userName` or `displayName`, as supposed.
    pub name: String,
    /// Whether there is one; otherwise it is made up.
    pub exists: bool,
    /// Its SCIM id; of a made-up one, the one that it has in this answer.
    pub scim_id: Id,
    /// Its connection.
    pub connection: Id,
    /// Names of groups that were made up for it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub made_up_groups: Vec<String>,
    /// What the pipeline makes of it; absent if neither inventory nor directory would have anything of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evaluation: Option<Evaluation>,
}

/// Evaluates what is supposed and stores nothing. `base` is where clients see SCIM. Runs guest code: not for threads that run async code.
///
/// # Errors
/// 404 if nobody is named so; what is wrong with the resource, the operations or the policies, with a JSON Pointer; conflict for what is local; 503 if no instance of a plugin came
/// free.
pub fn what_if(tenant: &Tenant, plugins: &Plugins, asked: WhatIf, base: &Arc<str>, now: Timestamp) -> Result<WhatIfAnswer> {
    let WhatIf { user, group, policies } = asked;
    let (kind, supposed) = match (user, group) {
        (Some(user), None) => (SubjectKind::User, user),
        (None, Some(group)) => (SubjectKind::Group, group),
        _ => return Err(wrong("", "This has to have a user or a group, and not both.")),
    };
    let proposed = policies.map(|policies| pipeline::check(plugins, Some(tenant), policies)).transpose()?;
    // Loaded before the snapshot is held, since that may take long.
    let asked = match &proposed {
        Some(policies) => policies.clone(),
        None => tenant.read(|rows| pipeline::current(rows))?.policies,
    };
    plugins.ready(tenant, &asked)?;
    tenant.read(|rows| {
        rows.draft(|tx| {
            if let Some(policies) = &proposed {
                pipeline::put(tx, policies.clone(), None, &Actor::System, now)?;
            }
            let setting = Setting::read(tx, tenant.number())?;
            let ready = plugins.ready(tenant, &setting.pipeline.policies)?;
            let mut draft = Draft {
                kind,
                setting: &setting,
                pointer: pointer(kind),
                context: Context::of_nobody(now, Arc::clone(base)),
                made_up_groups: Vec::new(),
            };
            let (connection, id, exists) = draft.subject(tx, &supposed)?;
            draft.change(tx, connection, id, &supposed)?;
            let found = find::Found { connection: connection.number, id, standing: Standing::Inventory };
            let name = name(tx, kind, found)?;
            let due = due(tx, kind, connection.number, id)?;
            let made_up_groups = draft.made_up_groups;
            let evaluation = Inquiry { setting: &setting, plugins: &ready, proposed: proposed.is_some(), now }.evaluate(tx, due)?;
            Ok(WhatIfAnswer { kind, name, exists, scim_id: id, connection: connection.id, made_up_groups, evaluation })
        })
    })
}

fn pointer(kind: SubjectKind) -> &'static str {
    match kind {
        SubjectKind::User => "/user",
        SubjectKind::Group => "/group",
    }
}

fn wrong(pointer: impl Into<String>, message: &str) -> Error {
    let problem = Problem { pointer: pointer.into(), message: message.to_owned() };
    Error::invalid("The body is not what is asked for here.").with_problems(vec![problem])
}

struct Draft<'a> {
    kind: SubjectKind,
    setting: &'a Setting,
    pointer: &'static str,
    context: Context,
    made_up_groups: Vec<String>,
}

impl<'a> Draft<'a> {
    /// Who it is about, made up if nobody is named, and whether there is one.
    fn subject(&self, tx: &mut Tx<'_>, supposed: &Supposed) -> Result<(&'a Connection, Id, bool)> {
        let Some(named) = &supposed.named else {
            let connection = self.connection(supposed.connection)?;
            let resource = supposed.resource.clone();
            let resource = resource.ok_or_else(|| wrong(format!("{}/resource", self.pointer), "This is required of what is made up."))?;
            return Ok((connection, self.create(tx, connection, self.kind.number(), resource)?, false));
        };
        let only = supposed.connection.map(|_| self.connection(supposed.connection)).transpose()?;
        let found = find::all(tx, self.setting, self.kind, named)?;
        let mut fits = found.iter().filter(|found| only.is_none_or(|only| only.number == found.connection));
        let first = fits.next().ok_or_else(|| unknown(self.kind))?;
        let Some(connection) = self.setting.connections.get(&first.connection) else {
            let detail = format!("No policy decides on this {}: it is local, or policies made it.", self.kind.noun());
            return Err(Error::conflict(detail));
        };
        Ok((connection, first.id, true))
    }

    /// The connection that is named, or the only one.
    fn connection(&self, id: Option<Id>) -> Result<&'a Connection> {
        let pointer = format!("{}/connection", self.pointer);
        let mut all = self.setting.connections.values().filter(|connection| id.is_none_or(|id| connection.id == id));
        match (all.next(), all.next(), id) {
            (Some(only), None, _) => Ok(only),
            (None, _, Some(_)) => Err(wrong(pointer, "There is no such connection.")),
            (None, _, None) => Err(Error::conflict("The tenant has no connection, so nobody can come by one.")),
            (Some(_), Some(_), _) => Err(wrong(pointer, "This is required: the tenant has several connections.")),
        }
    }

    /// The resource type as the connection's client sees it.
    fn kind_of(&self, tx: &Tx<'_>, connection: &Connection, number: u8) -> Result<Arc<Kind>> {
        let choices = Choices { test_resources: false, unique_group_names: connection.unique_group_names };
        let catalog = Catalog::read(tx, choices)?;
        catalog.numbered(number).cloned().ok_or_else(|| Error::internal("a resource type is missing"))
    }

    fn create(&self, tx: &mut Tx<'_>, connection: &Connection, number: u8, resource: Map<String, Value>) -> Result<Id> {
        let kind = self.kind_of(tx, connection, number)?;
        let pointer = format!("{}/resource", self.pointer);
        let made = Create::parse(kind, &Value::Object(resource)).and_then(|create| create.run(tx, scope(connection), &self.context));
        Ok(made.map_err(|error| placed(error, &pointer))?.id)
    }

    /// Makes the changes that are supposed.
    fn change(&mut self, tx: &mut Tx<'_>, connection: &Connection, id: Id, supposed: &Supposed) -> Result<()> {
        let kind = self.kind_of(tx, connection, self.kind.number())?;
        let scope = scope(connection);
        if let (Some(resource), Some(_)) = (&supposed.resource, &supposed.named) {
            let replace = Replace::new(Arc::clone(&kind), &id.to_string(), Value::Object(resource.clone()));
            let replaced = replace.run(tx, scope, &self.context);
            replaced.map_err(|error| placed(error, &format!("{}/resource", self.pointer)))?;
        }
        if let Some(operations) = &supposed.operations {
            let body = json!({"schemas": [PATCH_URN], "Operations": operations});
            let modified = Modify::parse(kind, &id.to_string(), &body).and_then(|modify| modify.run(tx, scope, &self.context));
            modified.map_err(|error| placed(error, &format!("{}/operations", self.pointer)))?;
        }
        if let Some(groups) = &supposed.groups {
            self.assign(tx, connection, id, groups)?;
        }
        if supposed.deleted {
            // That is what projection sees of a deletion.
            tx.delete(&layout::resource(connection.number, self.kind.number(), id));
        }
        Ok(())
    }

    /// Makes `groups` the ones that the user is in. Only what a user's projection reads is written.
    fn assign(&mut self, tx: &mut Tx<'_>, connection: &Connection, user: Id, groups: &[String]) -> Result<()> {
        let pointer = format!("{}/groups", self.pointer);
        if self.kind == SubjectKind::Group {
            return Err(wrong(pointer, "Only a user is in groups that policies see."));
        }
        if groups.len() > GROUPS_OF_USER_MAX {
            return Err(wrong(pointer, &format!("A user is in at most {GROUPS_OF_USER_MAX} groups.")));
        }
        for (group, _) in groups_of(tx, scope(connection), user)? {
            tx.delete(&layout::member_group(connection.number, user, group));
        }
        for (at, group) in groups.iter().enumerate() {
            let group = match self.group(tx, connection, group)? {
                Some(group) => group,
                None if group.trim().is_empty() || group.parse::<Id>().is_ok() => {
                    return Err(wrong(format!("{pointer}/{at}"), "The connection has no such group."));
                }
                None => {
                    self.made_up_groups.push(group.clone());
                    let resource = Map::from_iter([("displayName".to_owned(), Value::String(group.clone()))]);
                    let made = self.create(tx, connection, GROUP, resource);
                    made.map_err(|error| placed(error, &format!("{pointer}/{at}")))?
                }
            };
            tx.put(&layout::member_group(connection.number, user, group), Vec::new());
        }
        Ok(())
    }

    /// The connection's group with this id, or with exactly this name.
    fn group(&self, tx: &Tx<'_>, connection: &Connection, named: &str) -> Result<Option<Id>> {
        if let Ok(id) = named.parse::<Id>()
            && tx.has(&layout::resource(connection.number, GROUP, id))?
        {
            return Ok(Some(id));
        }
        for id in provision::ids_with(tx, scope(connection), Kind::group(), ("displayName", named), SAME_NAME_MAX)? {
            if tx.get(&layout::group_name(connection.number, id))?.is_some_and(|name| name == named.as_bytes()) {
                return Ok(Some(id));
            }
        }
        Ok(None)
    }
}

fn scope(connection: &Connection) -> Scope {
    Scope { connection: connection.number }
}

/// An error about a part of the body, with the place of that part. One that has a place already keeps it.
fn placed(error: Error, pointer: &str) -> Error {
    if !error.problems().is_empty() || error.cause().is_some() {
        return error;
    }
    let problem = Problem { pointer: pointer.to_owned(), message: error.to_string() };
    error.with_problems(vec![problem])
}
