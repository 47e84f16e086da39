//! Connections: the identity providers of a tenant.
//!
//! A new connection comes with a first token and with its filters as policies in the tenant's pipeline. What runs guest code ([`Creation::check`],
//! [`Change::check`]) is apart from what runs in a transaction. Knows nothing of what the connection's client writes.

use doorlist_scim::ErrorKind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::filters::{FilterChange, Filters, Prepared};
use super::name::{self, Problems};
use super::plugins::Plugins;
use super::tokens::{self, NewToken, Token};
use super::{listing, pipeline};
use crate::activity::Actor;
use crate::client;
use crate::clock::Timestamp;
use crate::directory::{self, Decision, Occasion, SubjectCounts};
use crate::error::{Error, Result};
use crate::id::Id;
use crate::limits::{CONNECTIONS_MAX, DELETE_ROWS_PER_WRITE_MAX};
use crate::provision::{self, ChangingExternalIds};
use crate::secret::Secret;
use crate::store::layout::{self, Counter};
use crate::store::{Key, Numbers, PartitionNumber, Range, Rows, Store, Table, Tx, from_json};

pub use super::filters::UserGroupMatch;

/// Whose SCIM client it is. Says what an operator is shown; every client is answered alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Provider {
    /// JumpCloud.
    Jumpcloud,
    /// Okta.
    Okta,
    /// Microsoft Entra ID.
    Entra,
    /// Any other.
    Generic,
}

/// A connection as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Connection {
    /// Its id.
    pub id: Id,
    /// Its number in the keys of the tenant's rows; never given twice.
    pub number: u32,
    /// Whose client it is.
    pub provider: Provider,
    /// What operators call it.
    pub name: String,
    /// Whether its client is let in.
    pub enabled: bool,
    /// When it was made.
    pub created: Timestamp,
    /// Whether no two of its groups may have the same name.
    #[serde(default)]
    pub unique_group_names: bool,
    /// Whether it has been deleted and its inventory is going.
    pub deleting: bool,
    /// Number of the activity entry of the request that deleted it.
    #[serde(default)]
    pub deleted_by: Option<u64>,
}

/// A connection as operators see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Shown {
    /// Its id.
    pub id: Id,
    /// Whose client it is.
    pub provider: Provider,
    /// What operators call it.
    pub name: String,
    /// Whether its client is let in.
    pub enabled: bool,
    /// Groups whose name starts with one of these reach the directory; all if there are none. From the tenant's pipeline.
    pub group_prefixes: Vec<String>,
    /// Users who are members of one of these groups reach the directory; all if there are none. From the tenant's pipeline.
    pub user_groups: Vec<String>,
    /// How the names in `userGroups` are compared.
    pub user_group_match: UserGroupMatch,
    /// Whether a group is refused (409 `uniqueness`) whose name another group of this connection has, in whatever letter case.
    pub unique_group_names: bool,
    /// When it was made.
    pub created: Timestamp,
    /// What its client has written and not deleted.
    pub inventory: SubjectCounts,
    /// Whether a user or a group has ever come by it. A provider that only tested the connection has sent none.
    pub ever_synced: bool,
    /// What its client's traffic shows; absent before the first request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<client::Shown>,
    /// Users whose `externalId` has not stayed what it was of late, as it should; absent if there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changing_external_ids: Option<ChangingExternalIds>,
}

/// A connection to make.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewConnection {
    /// Whose client it is.
    pub provider: Provider,
    /// What operators call it.
    pub name: String,
    /// Groups whose name starts with one of these reach the directory; all if there are none. Upper and lower case differ.
    #[serde(default)]
    pub group_prefixes: Vec<String>,
    /// Users who are members of one of these groups reach the directory; all if there are none. Upper and lower case differ.
    #[serde(default)]
    pub user_groups: Vec<String>,
    /// How the names in `userGroups` are compared.
    #[serde(default)]
    pub user_group_match: UserGroupMatch,
    /// Whether a group is refused whose name another group of this connection has. Without it: no, as identity providers have such groups.
    #[serde(default)]
    pub unique_group_names: bool,
}

/// A change of a connection: what is absent stays.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConnectionPatch {
    /// What operators call it.
    pub name: Option<String>,
    /// Whether its client is let in. A disabled connection keeps its inventory.
    pub enabled: Option<bool>,
    /// Groups whose name starts with one of these reach the directory; all if there are none.
    pub group_prefixes: Option<Vec<String>>,
    /// Users who are members of one of these groups reach the directory; all if there are none.
    pub user_groups: Option<Vec<String>>,
    /// How the names in `userGroups` are compared.
    pub user_group_match: Option<UserGroupMatch>,
    /// Whether a group is refused whose name another group of this connection has. Groups that share one already keep it.
    pub unique_group_names: Option<bool>,
}

/// A connection that can be made, checked.
pub struct Creation {
    provider: Provider,
    name: String,
    unique_group_names: bool,
    filters: Filters,
    prepared: Prepared,
}

impl Creation {
    /// Checks a connection to make. Runs guest code: not for threads that run async code.
    ///
    /// # Errors
    /// With a JSON Pointer for each problem: a name or an entry that is blank or too long, too many entries.
    pub fn check(plugins: &Plugins, new: NewConnection) -> Result<Self> {
        let mut problems = Problems::default();
        let name = name::checked(&new.name, "/name", &mut problems);
        let filters = FilterChange {
            group_prefixes: Some(new.group_prefixes),
            user_groups: Some(new.user_groups),
            user_group_match: Some(new.user_group_match),
        };
        let filters = filters.checked(&mut problems).over(Filters::default());
        problems.finish()?;
        let prepared = Prepared::new(plugins, &filters)?;
        Ok(Self { provider: new.provider, name, unique_group_names: new.unique_group_names, filters, prepared })
    }

    /// Makes the connection with this id, its first token with this id and secret, and a pipeline revision with its policies.
    ///
    /// # Errors
    /// Conflict if the tenant has [`CONNECTIONS_MAX`] connections or its pipeline has no room for the policies.
    pub fn run(
        &self,
        tx: &mut Tx<'_>,
        tenant: PartitionNumber,
        (id, token): (Id, Id),
        secret: &Secret,
        (actor, now): (&Actor, Timestamp),
    ) -> Result<(Shown, Token)> {
        if tx.count(&Range::under(Key::new(Table::Connection)), CONNECTIONS_MAX)? >= CONNECTIONS_MAX {
            return Err(Error::conflict(format!("A tenant can have {CONNECTIONS_MAX} connections. Delete one first.")));
        }
        let number = u32::try_from(tx.add(&layout::counter(Counter::Connection), 1)?).map_err(Error::internal)?;
        let connection = Connection {
            id,
            number,
            provider: self.provider,
            name: self.name.clone(),
            enabled: true,
            created: now,
            unique_group_names: self.unique_group_names,
            deleting: false,
            deleted_by: None,
        };
        tx.put_json(&layout::connection(number), &connection)?;
        tx.put_json(&layout::connection_number(id), &number)?;
        let token = tokens::create(tx, (tenant, number), token, &NewToken::default(), secret, now)?;
        let policies = self.prepared.add(pipeline::current(tx)?.policies, &self.filters, (id, number))?;
        let pipeline = pipeline::put(tx, policies, None, actor, now)?;
        Ok((show(tx, connection, &pipeline.policies)?, token))
    }
}

/// A change of a connection, checked.
pub struct Change {
    name: Option<String>,
    enabled: Option<bool>,
    unique_group_names: Option<bool>,
    filters: Option<(FilterChange, Prepared)>,
}

impl Change {
    /// Checks a change. Runs guest code if filters change: not for threads that run async code.
    ///
    /// # Errors
    /// As [`Creation::check`].
    pub fn check(plugins: &Plugins, patch: ConnectionPatch) -> Result<Self> {
        let mut problems = Problems::default();
        let name = patch.name.map(|name| name::checked(&name, "/name", &mut problems));
        let filters =
            FilterChange { group_prefixes: patch.group_prefixes, user_groups: patch.user_groups, user_group_match: patch.user_group_match };
        let filters = filters.checked(&mut problems);
        problems.finish()?;
        let filters = if filters.is_empty() {
            None
        } else {
            let prepared = Prepared::new(plugins, &filters.clone().over(Filters::default()))?;
            Some((filters, prepared))
        };
        Ok(Self { name, enabled: patch.enabled, unique_group_names: patch.unique_group_names, filters })
    }

    /// Makes the change. Changed filters make a pipeline revision.
    ///
    /// # Errors
    /// 404 if there is no such connection; conflict if the pipeline has no room for a filter that it has not had so far.
    pub fn run(&self, tx: &mut Tx<'_>, id: Id, (actor, now): (&Actor, Timestamp)) -> Result<Shown> {
        let mut connection = record(tx, id)?;
        if let Some(name) = self.name.as_ref().filter(|name| **name != connection.name) {
            connection.name.clone_from(name);
            // The name is a fact that policies may decide by.
            directory::reproject_all(tx)?;
        }
        connection.enabled = self.enabled.unwrap_or(connection.enabled);
        if let Some(choice) = self.unique_group_names.filter(|choice| *choice != connection.unique_group_names) {
            connection.unique_group_names = choice;
            provision::outdate(tx)?;
        }
        tx.put_json(&layout::connection(connection.number), &connection)?;
        let mut policies = pipeline::current(tx)?.policies;
        if let Some((change, prepared)) = &self.filters {
            let filters = change.clone().over(Filters::read(&policies, id));
            policies = prepared.rewrite(policies, &filters, (id, connection.number))?;
            policies = pipeline::put(tx, policies, None, actor, now)?.policies;
        }
        show(tx, connection, &policies)
    }
}

/// Puts a connection as another store had it, without token, filters and pipeline revision: for a rehearsal.
///
/// # Errors
/// If it is there already, or there are [`CONNECTIONS_MAX`].
pub fn restore(tx: &mut Tx<'_>, id: Id, provider: Provider, name: &str, now: Timestamp) -> Result<()> {
    if exists(tx, id)? {
        return Err(Error::invalid(format!("The connection {id} is there twice.")));
    }
    let number = u32::try_from(tx.add(&layout::counter(Counter::Connection), 1)?).map_err(Error::internal)?;
    if number as usize > CONNECTIONS_MAX {
        return Err(Error::invalid(format!("There are more than {CONNECTIONS_MAX} connections.")));
    }
    let name = name.to_owned();
    let (enabled, unique_group_names, deleting) = (true, false, false);
    let connection = Connection { id, number, provider, name, enabled, created: now, unique_group_names, deleting, deleted_by: None };
    tx.put_json(&layout::connection(number), &connection)?;
    tx.put_json(&layout::connection_number(id), &number)
}

fn show(rows: &impl Rows, connection: Connection, policies: &[pipeline::Policy]) -> Result<Shown> {
    let filters = Filters::read(policies, connection.id);
    let count = |kind| rows.number(&layout::resource_count(connection.number, kind));
    // A count stays where everybody has gone again.
    let ever = |kind| rows.has(&layout::resource_count(connection.number, kind));
    Ok(Shown {
        id: connection.id,
        provider: connection.provider,
        name: connection.name,
        enabled: connection.enabled,
        group_prefixes: filters.group_prefixes,
        user_groups: filters.user_groups,
        user_group_match: filters.user_group_match,
        unique_group_names: connection.unique_group_names,
        created: connection.created,
        inventory: SubjectCounts { users: count(layout::USER)?, groups: count(layout::GROUP)? },
        ever_synced: ever(layout::USER)? || ever(layout::GROUP)?,
        client: client::shown(rows, connection.number)?,
        changing_external_ids: provision::changing_external_ids(rows, connection.number)?,
    })
}

/// The stored connection with this id.
///
/// # Errors
/// 404 if there is none or it has been deleted.
pub fn record(rows: &impl Rows, id: Id) -> Result<Connection> {
    let number = rows.json::<u32>(&layout::connection_number(id))?;
    let connection = number.map(|number| at(rows, number)).transpose()?.flatten();
    connection.ok_or_else(|| Error::not_found("connection"))
}

/// The stored connection with this number; `None` if there is none or it has been deleted.
///
/// # Errors
/// If the disk refuses.
pub fn at(rows: &impl Rows, number: u32) -> Result<Option<Connection>> {
    Ok(rows.json::<Connection>(&layout::connection(number))?.filter(|connection| !connection.deleting))
}

/// Refuses what a client writes for a connection that has been deleted or disabled since the client was let in: a body may take long to
/// arrive, and nothing new may come behind an inventory that is going. For the transaction that writes.
///
/// # Errors
/// 401 if there is no such connection any more, 403 if it is disabled.
pub fn must_be_there(rows: &impl Rows, number: u32) -> Result<()> {
    let gone = || Error::new(ErrorKind::Unauthorized, "The connection of this token has been deleted.");
    if at(rows, number)?.ok_or_else(gone)?.enabled {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Forbidden, "This connection is disabled. Its inventory is kept."))
}

/// Whether there is a connection with this id, also one whose inventory is still going.
pub(super) fn exists(rows: &impl Rows, id: Id) -> Result<bool> {
    rows.has(&layout::connection_number(id))
}

/// The connection with this id as operators see it.
///
/// # Errors
/// 404 if there is none or it has been deleted.
pub fn get(rows: &impl Rows, id: Id) -> Result<Shown> {
    let connection = record(rows, id)?;
    show(rows, connection, &pipeline::current(rows)?.policies)
}

/// At most `limit` connections behind `after`, in the order in which they were made.
///
/// # Errors
/// If the disk refuses.
pub fn list(rows: &impl Rows, after: Option<Id>, limit: usize) -> Result<Vec<Shown>> {
    let policies = pipeline::current(rows)?.policies;
    let range = Range::under(Key::new(Table::Connection));
    let all = listing::read(rows, &range, CONNECTIONS_MAX, |_, value| from_json::<Connection>(value))?;
    let wanted = |connection: &Connection| !connection.deleting && after.is_none_or(|after| connection.id > after);
    let shown = |connection: Connection| show(rows, connection, &policies);
    all.into_iter().filter(wanted).take(limit).map(shown).collect()
}

/// Deletes a connection for the sake of the request with this activity entry: from here on its client is not let in. Its inventory goes by
/// [`delete_step`]. Gives its number.
///
/// # Errors
/// 404 if there is none.
pub fn delete(tx: &mut Tx<'_>, id: Id, activity: u64) -> Result<u32> {
    let connection = record(tx, id)?;
    tokens::forget(tx, connection.number)?;
    let number = connection.number;
    tx.put_json(&layout::connection(number), &Connection { deleting: true, deleted_by: Some(activity), ..connection })?;
    Ok(number)
}

/// How far the deletion of a connection has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// All of it is gone.
    Done,
    /// Some is left: call again.
    More,
    /// Its users and groups have to leave the directory first: call again when the projector has had a turn.
    Waiting,
}

/// Deletes some of the inventory of a deleted connection; when none is left, nobody of it is held, and its users and groups have left the directory, its
/// policies and the connection itself.
///
/// # Errors
/// If the disk refuses; it can be called again.
pub fn delete_step(store: &Store, tenant: PartitionNumber, number: u32, now: Timestamp) -> Result<Step> {
    let inventory = Range::under(Key::new(Table::Resource).number(number));
    // Asked without a write, since an operator may take days.
    if store.tenant(tenant).read(|rows| Ok(directory::is_waiting(rows, number)? && rows.count(&inventory, 1)? == 0))? {
        return Ok(Step::Waiting);
    }
    store.tenant(tenant).write(move |tx| {
        let Some(connection) = tx.json::<Connection>(&layout::connection(number))?.filter(|connection| connection.deleting) else {
            return Ok(Step::Done);
        };
        let scope = provision::Scope { connection: number };
        // A number of its own, so that the projector sees that the inputs moved.
        let counter = layout::counter(Counter::Activity);
        let stamp = tx.number(&counter)? + 1;
        let catalog = provision::Catalog::read(tx, provision::Choices { test_resources: true, unique_group_names: false })?;
        if provision::remove_some(tx, scope, &catalog, DELETE_ROWS_PER_WRITE_MAX, (stamp, connection.deleted_by))? > 0 {
            tx.add(&counter, 1)?;
            return Ok(Step::More);
        }
        for kind in [layout::GROUP, layout::USER] {
            if tx.count(&Range::under(layout::dirty().byte(kind).number(number)), 1)? > 0 {
                return Ok(Step::Waiting);
            }
        }
        if directory::is_waiting(tx, number)? {
            return Ok(Step::Waiting);
        }
        let most = DELETE_ROWS_PER_WRITE_MAX;
        let when = Occasion { at: now, activity: connection.deleted_by };
        if directory::detach(tx, number, when, most)? >= most || forget_decisions(tx, number, most)? >= most {
            return Ok(Step::More);
        }
        for kind in catalog.kinds() {
            tx.delete(&layout::resource_count(number, kind.number));
        }
        tx.delete(&layout::client(number));
        tx.delete(&layout::external_ids(number));
        directory::forget_connection(tx, number);
        let before = pipeline::current(tx)?;
        let mut policies = before.policies;
        policies.retain(|policy| policy.connection != Some(connection.id));
        if pipeline::put(tx, policies, None, &Actor::System, now)?.revision != before.revision {
            directory::reproject_all_for(tx, connection.deleted_by)?;
        }
        directory::forget_in_shadow(tx, connection.id)?;
        tx.delete(&layout::connection_number(connection.id));
        tx.delete(&layout::connection(number));
        Ok(Step::Done)
    })
}

/// Deletes at most `most` of the decisions that are left of a connection, and says how many. Those of members that a policy kept are.
fn forget_decisions(tx: &mut Tx<'_>, connection: u32, most: usize) -> Result<usize> {
    let mut found = 0;
    for kind in [layout::GROUP, layout::USER] {
        let range = Range::under(layout::decisions(connection, kind));
        let decisions = listing::read(tx, &range, most - found, |_, value| from_json::<Decision>(value))?;
        for decision in &decisions {
            directory::forget_decision(tx, connection, decision)?;
        }
        found += tx.delete_range(&range, most - found)?;
    }
    Ok(found)
}

/// Numbers of the tenant's connections, also of those whose inventory is going.
pub(super) fn numbers(rows: &impl Rows) -> Result<Vec<u32>> {
    let range = Range::under(Key::new(Table::Connection));
    let all = listing::read(rows, &range, CONNECTIONS_MAX, |_, value| from_json::<Connection>(value))?;
    Ok(all.into_iter().map(|connection| connection.number).collect())
}

/// Numbers of the tenant's connections whose inventory is going.
pub(super) fn deleting(rows: &impl Rows) -> Result<Vec<u32>> {
    let range = Range::under(Key::new(Table::Connection));
    let all = listing::read(rows, &range, CONNECTIONS_MAX, |_, value| from_json::<Connection>(value))?;
    Ok(all.into_iter().filter(|connection| connection.deleting).map(|connection| connection.number).collect())
}
