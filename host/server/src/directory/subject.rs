//! Subjects: what a snapshot says of a user or group that is to be projected.

use std::collections::BTreeMap;
use std::sync::Arc;

use doorlist_scim::Projection;
use serde_json::{Map, Value};

use super::inventoried::{Inventoried, Parts};
use super::member::{self, MemberRow, Status};
use super::view::{GroupView, UserView};
use crate::admin::connections::Connection;
use crate::admin::guard::Guard;
use crate::admin::pipeline::{self, Pipeline};
use crate::admin::tenants;
use crate::error::{Error, Result};
use crate::id::Id;
use crate::policy::Lifecycle;
use crate::provision::{Catalog, Choices, Kind, Scope, Stored, groups_of};
use crate::store::layout::{self, GROUP, MemberBy, USER};
use crate::store::{PartitionNumber, Rows, from_json};

/// What all subjects of a batch share.
pub(super) struct Setting {
    pub tenant: Id,
    pub pipeline: Pipeline,
    pub roles: Vec<String>,
    pub default_role: String,
    pub guard: Guard,
    pub connections: BTreeMap<u32, Connection>,
    /// The tenant's schemas, for the paths of attributes.
    pub catalog: Arc<Catalog>,
}

impl Setting {
    pub(super) fn read(rows: &impl Rows, tenant: PartitionNumber) -> Result<Self> {
        let record = tenants::at(rows, tenant)?.ok_or_else(|| Error::not_found("tenant"))?;
        let mut connections = BTreeMap::new();
        for number in super::decision::connections(rows)? {
            if let Some(connection) = rows.json(&layout::connection(number))? {
                connections.insert(number, connection);
            }
        }
        let pipeline = pipeline::current(rows)?;
        let catalog = Catalog::read(rows, Choices::default())?;
        Ok(Self {
            tenant: record.id,
            pipeline,
            roles: record.roles,
            default_role: record.default_role,
            guard: record.guard,
            connections,
            catalog,
        })
    }
}

impl Setting {
    /// Users or groups with the tenant's schemas.
    pub(super) fn kind(&self, number: u8) -> &Kind {
        self.catalog.numbered(number).unwrap_or(Kind::user())
    }
}

/// Which subject, and what stood at its dirty mark when it was looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Due {
    pub kind: u8,
    pub connection: u32,
    pub id: Id,
    pub mark: Option<u64>,
}

/// A user to project.
#[derive(Clone)]
pub(super) struct UserSubject {
    pub due: Due,
    pub lifecycle: Lifecycle,
    pub external_id: Option<String>,
    pub user_name: String,
    pub display_name: String,
    pub email: Option<String>,
    /// The whole resource; of a deleted user, what the directory still has of its attributes.
    pub resource: Inventoried,
    pub groups: Vec<(Id, String)>,
    /// The member that it is or was.
    pub member: Option<MemberRow>,
    /// The member's row as it is stored, if its attributes are those that the inventory shows, and were left out: see [`UserSubject::skim`].
    pub skimmed: Option<Vec<u8>>,
    /// Of a deleted user: whether it went with its connection, which an operator deleted.
    pub connection_deleted: bool,
}

/// A group to project.
pub(super) struct GroupSubject {
    pub due: Due,
    pub external_id: Option<String>,
    pub display_name: String,
    pub resource: doorlist_scim::Resource,
    pub created: crate::clock::Timestamp,
}

/// Attributes that a member has in places of their own, or not at all.
pub(super) const NOT_ATTRIBUTES: [&str; 9] =
    ["id", "externalId", "meta", "schemas", "userName", "displayName", "active", "groups", "password"];

/// Attributes that are read of everybody.
const IDENTIFYING: [&str; 6] = ["active", "displayName", "emails", "externalId", "name", "userName"];

impl UserSubject {
    /// What is known of a user; `None` if nothing is: neither inventory nor directory has it.
    pub(super) fn read(rows: &impl Rows, due: Due) -> Result<Option<Self>> {
        Self::look(rows, due, false)
    }

    /// The same for whoever expects that nothing changes: a member's attributes that are those of the inventory stay unread until [`UserSubject::complete`].
    pub(super) fn skim(rows: &impl Rows, due: Due) -> Result<Option<Self>> {
        Self::look(rows, due, true)
    }

    fn look(rows: &impl Rows, due: Due, skim: bool) -> Result<Option<Self>> {
        let Some(json) = rows.get(&layout::resource(due.connection, USER, due.id))? else { return Self::read_deleted(rows, due) };
        let parts = Parts::read(&json)?;
        let who = parts.few(&IDENTIFYING)?;
        let user_name = text(&who, "userName").to_owned();
        let external_id = external_id(&who);
        let skimmed = if skim { member::skim(rows, due.connection, due.id, &parts.shown())? } else { None };
        let (member, skimmed) = match skimmed {
            Some((row, json)) => (Some(row), Some(json)),
            None => (member::resolve(rows, due.connection, due.id, external_id.as_deref(), &user_name)?, None),
        };
        // Absent is active: RFC 7643 section 4.1.1 leaves the meaning to us, and whoever is sent without it is meant to be there.
        let active = who.get("active").and_then(Value::as_bool).unwrap_or(true);
        Ok(Some(Self {
            due,
            lifecycle: if active { Lifecycle::Active } else { Lifecycle::Inactive },
            display_name: display_name(&who),
            email: email(&who, &user_name),
            groups: groups_of(rows, Scope { connection: due.connection }, due.id)?,
            external_id,
            user_name,
            member,
            skimmed,
            connection_deleted: false,
            resource: Inventoried::unread(json),
        }))
    }

    /// Reads what was left out.
    ///
    /// # Errors
    /// Only if the file says something that was never written.
    pub(super) fn complete(&mut self) -> Result<()> {
        if let Some(json) = self.skimmed.take() {
            self.member = Some(from_json(&json)?);
        }
        Ok(())
    }

    fn read_deleted(rows: &impl Rows, due: Due) -> Result<Option<Self>> {
        let linked = member::rows_by(rows, due.connection, MemberBy::ScimId, &due.id.to_string())?;
        let Some(row) = linked.into_iter().find(|row| row.member.scim_id == Some(due.id) && !row.removed) else { return Ok(None) };
        Ok(Some(Self {
            due,
            lifecycle: Lifecycle::Deleted,
            external_id: row.member.external_id.clone(),
            user_name: row.user_name.clone(),
            display_name: row.display_name.clone(),
            email: row.member.email.clone(),
            resource: Inventoried::whole(row.member.attributes.clone()),
            groups: Vec::new(),
            member: Some(row),
            skimmed: None,
            connection_deleted: rows.json::<Connection>(&layout::connection(due.connection))?.is_some_and(|connection| connection.deleting),
        }))
    }

    /// The role it has without any policy.
    pub(super) fn base_role<'a>(&'a self, setting: &'a Setting) -> &'a str {
        self.member.as_ref().and_then(|row| row.member.operator_role.as_deref()).unwrap_or(&setting.default_role)
    }

    /// Whether an operator blocked it.
    pub(super) fn is_blocked(&self) -> bool {
        self.member.as_ref().is_some_and(|row| row.member.blocked)
    }

    /// The first view: included unless deleted, status from the lifecycle, role unchanged, groups as assigned.
    pub(super) fn first_view(&self, setting: &Setting) -> UserView {
        UserView {
            included: self.lifecycle != Lifecycle::Deleted,
            status: if self.lifecycle == Lifecycle::Active { Status::Active } else { Status::Suspended },
            role: self.base_role(setting).to_owned(),
            user_name: self.user_name.clone(),
            display_name: self.display_name.clone(),
            groups: self.groups.iter().map(|(id, _)| *id).collect(),
            named_groups: Vec::new(),
            attributes: Vec::new(),
        }
    }

    /// The attributes that the member shows beside those in places of their own, and but for those that the schemas say nobody reads.
    pub(super) fn attributes(&self, users: &Kind) -> Map<String, Value> {
        if !users.is_answered_as_stored {
            let mut shown = self.resource.read().clone();
            Projection::full().of_body().apply(&users.scim, &mut shown);
            shown.retain(|name, _| !NOT_ATTRIBUTES.contains(&name.as_str()));
            return shown;
        }
        let shown = self.resource.read().iter().filter(|(name, _)| !NOT_ATTRIBUTES.contains(&name.as_str()));
        shown.map(|(name, value)| (name.clone(), value.clone())).collect()
    }
}

impl GroupSubject {
    /// What is known of a group; `None` if the inventory has none.
    pub(super) fn read(rows: &impl Rows, due: Due) -> Result<Option<Self>> {
        let Some(json) = rows.get(&layout::resource(due.connection, GROUP, due.id))? else { return Ok(None) };
        let stored = Stored::read(&json)?;
        Ok(Some(Self {
            due,
            external_id: external_id(&stored.resource),
            display_name: stored.text("displayName").to_owned(),
            created: stored.created,
            resource: stored.resource,
        }))
    }

    /// The first view: included, named as at the identity provider.
    pub(super) fn first_view(&self) -> GroupView {
        GroupView { included: true, display_name: self.display_name.clone() }
    }
}

/// What a user that the inventory has is shown as: its name to show and its e-mail address. Nothing if it is not there.
///
/// # Errors
/// If the disk refuses.
pub(super) fn shown_as(rows: &impl Rows, connection: u32, id: Id) -> Result<Vec<String>> {
    let Some(json) = rows.get(&layout::resource(connection, USER, id))? else { return Ok(Vec::new()) };
    let who = Parts::read(&json)?.few(&IDENTIFYING)?;
    Ok(std::iter::once(display_name(&who)).chain(email(&who, text(&who, "userName"))).collect())
}

/// The identity provider's id. A blank one is no id: clients send it for what is unset, and it would make one person of all.
fn external_id(resource: &Map<String, Value>) -> Option<String> {
    said(resource.get("externalId")).map(str::to_owned)
}

/// A text that says something.
fn said(value: Option<&Value>) -> Option<&str> {
    value.and_then(Value::as_str).filter(|text| !text.trim().is_empty())
}

fn text<'a>(resource: &'a Map<String, Value>, name: &str) -> &'a str {
    resource.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The name to show: `displayName`, else the parts of `name`, else `userName`.
fn display_name(resource: &Map<String, Value>) -> String {
    let name = |part: &str| resource.get("name").and_then(|name| name.get(part)).and_then(Value::as_str).unwrap_or_default();
    let given = format!("{} {}", name("givenName"), name("familyName"));
    [text(resource, "displayName"), name("formatted"), given.trim()]
        .into_iter()
        .find(|text| !text.trim().is_empty())
        .unwrap_or_else(|| text(resource, "userName"))
        .to_owned()
}

/// The address to use: the primary one, else the first that is not blank, else `user_name` if it looks like one (a client may send none at all).
pub(super) fn email(attributes: &Map<String, Value>, user_name: &str) -> Option<String> {
    let emails = attributes.get("emails").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let is_primary = |email: &&Value| email.get("primary").and_then(Value::as_bool) == Some(true);
    let address = |email: &'_ Value| said(email.get("value")).map(str::to_owned);
    let chosen = emails.iter().filter(is_primary).find_map(address).or_else(|| emails.iter().find_map(address));
    chosen.or_else(|| Some(user_name).filter(|name| name.contains('@')).map(str::to_owned))
}
