//! What a projection works on and what it made, row by row: read from one tenant, put into an empty one.
//!
//! [`read`] gives inventory and directory page by page, in an order in which [`restore`] can put them: users, groups and their members as identity providers wrote
//! them, then members, groups and memberships of the directory with all that operators set. What a projection does with the one is what it does with the other. Knows
//! nothing of pipelines, and nothing of files.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use doorlist_scim::{Projection, Resource};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::group::{self, Group};
use super::member::{self, Issued, Member, MemberRow, Status};
use crate::admin::connections::{self, Connection};
use crate::error::{Error, Result};
use crate::id::Id;
use crate::limits::{RECORDED_LINKS_MAX, RECORDING_PAGE_BYTES_MAX};
use crate::provision::{Catalog, Choices, Kind, Scope, restore as inventory};
use crate::store::layout::{self, Counter, GROUP, USER};
use crate::store::{Key, Range, Rows, Table, Tx, from_json};

/// Something that a projection works on, or made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Recorded {
    /// A SCIM User as its identity provider wrote it, without what the schemas say nobody reads.
    User {
        /// Its connection.
        connection: Id,
        /// The resource, with `id` and `meta`.
        resource: Map<String, Value>,
    },
    /// A SCIM Group as its identity provider wrote it, without its members.
    Group {
        /// Its connection.
        connection: Id,
        /// The resource, with `id` and `meta`.
        resource: Map<String, Value>,
    },
    /// Members of a SCIM Group; of a large one there are several of these.
    Members {
        /// Its connection.
        connection: Id,
        /// Id of the group.
        group: Id,
        /// SCIM ids of users and groups.
        members: Vec<Id>,
    },
    /// A member of the directory, or one that has gone and is remembered for what an operator set.
    Member {
        /// Whether it has gone.
        removed: bool,
        /// Its status but for an operator's block.
        projected: Status,
        /// Its `userName` at the identity provider.
        user_name: String,
        /// Its name to show at the identity provider.
        display_name: String,
        /// The member.
        member: Box<Member>,
    },
    /// A group of the directory.
    DirectoryGroup {
        /// The group.
        group: Group,
    },
    /// Members of a group of the directory; of a large one there are several of these.
    Memberships {
        /// Id of the group.
        group: Id,
        /// Ids of the members.
        members: Vec<Id>,
    },
}

/// Where a page ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordingPlace {
    stage: Stage,
    /// The key of the last row that was looked at, without its table.
    key: Vec<u8>,
}

/// Bytes of the longest key here: connection, group and member.
const KEY_BYTES_MAX: usize = 4 + 2 * Id::BYTES;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Users,
    Groups,
    Members,
    Directory,
    DirectoryGroups,
    Memberships,
}

impl Stage {
    const ALL: [Self; 6] = [Self::Users, Self::Groups, Self::Members, Self::Directory, Self::DirectoryGroups, Self::Memberships];

    fn table(self) -> Table {
        match self {
            Self::Users | Self::Groups => Table::Resource,
            Self::Members => Table::GroupMember,
            Self::Directory => Table::Member,
            Self::DirectoryGroups => Table::Group,
            Self::Memberships => Table::MembershipOf,
        }
    }

    /// The heads of its rows, in the order of their keys.
    fn heads(self, connections: &BTreeMap<u32, Id>) -> Vec<Key> {
        let numbers = connections.keys().copied();
        match self {
            Self::Users => numbers.map(|number| layout::resources(number, USER)).collect(),
            Self::Groups => numbers.map(|number| layout::resources(number, GROUP)).collect(),
            Self::Members => numbers.map(layout::members_of_groups).collect(),
            Self::Directory => vec![layout::members()],
            Self::DirectoryGroups => vec![layout::groups()],
            Self::Memberships => vec![layout::all_memberships()],
        }
    }
}

impl RecordingPlace {
    /// Its bytes: the stage, then the key.
    pub fn to_bytes(&self) -> Vec<u8> {
        let stage = Stage::ALL.iter().position(|stage| *stage == self.stage).and_then(|at| u8::try_from(at).ok());
        [&[stage.unwrap_or_default()], self.key.as_slice()].concat()
    }

    /// The place with these bytes; `None` if there is none.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (stage, key) = bytes.split_first()?;
        let stage = *Stage::ALL.get(usize::from(*stage))?;
        (key.len() <= KEY_BYTES_MAX).then(|| Self { stage, key: key.to_vec() })
    }
}

/// Everything behind `after`, at most `limit` of it, and where it goes on if there may be more. A page ends early when it has become large.
///
/// One page is of one snapshot; the next may be of a later one. Whatever nobody touched meanwhile comes exactly once.
///
/// # Errors
/// If the disk refuses.
pub fn read(rows: &impl Rows, after: Option<&RecordingPlace>, limit: usize) -> Result<(Vec<Recorded>, Option<RecordingPlace>)> {
    let mut connections = BTreeMap::new();
    for number in super::decision::connections(rows)? {
        connections.extend(connections::at(rows, number)?.map(|connection: Connection| (number, connection.id)));
    }
    let catalog = Catalog::read(rows, Choices::default())?;
    let mut page = Page { connections, catalog: &catalog, limit, bytes: 0, items: Vec::new() };
    let first = after.map_or(Stage::Users, |place| place.stage);
    for stage in Stage::ALL.into_iter().skip_while(|stage| *stage != first) {
        let behind = after.filter(|place| place.stage == stage).map(|place| Key::new(stage.table()).raw(&place.key));
        for head in stage.heads(&page.connections) {
            let range = Range::under(head);
            let range = match &behind {
                Some(key) => range.after(key.clone()),
                None => range,
            };
            if let Some(key) = page.fill(rows, stage, &range)? {
                return Ok((page.items, Some(RecordingPlace { stage, key })));
            }
        }
    }
    Ok((page.items, None))
}

/// A page in the making.
struct Page<'a> {
    /// Connections that are there, by number. What is left of others is going.
    connections: BTreeMap<u32, Id>,
    catalog: &'a Catalog,
    limit: usize,
    bytes: usize,
    items: Vec<Recorded>,
}

impl Page<'_> {
    /// Takes rows until the page is full, and then gives the key of the last one.
    fn fill(&mut self, rows: &impl Rows, stage: Stage, range: &Range) -> Result<Option<Vec<u8>>> {
        let mut outcome = Ok(None);
        rows.each(range, &mut |key, value| {
            let key = key.get(1..).unwrap_or_default();
            self.bytes += key.len() + value.len();
            match self.take(stage, key, value) {
                Ok(()) if self.items.len() < self.limit && self.bytes < RECORDING_PAGE_BYTES_MAX => ControlFlow::Continue(()),
                Ok(()) => {
                    outcome = Ok(Some(key.to_vec()));
                    ControlFlow::Break(())
                }
                Err(error) => {
                    outcome = Err(error);
                    ControlFlow::Break(())
                }
            }
        })?;
        outcome
    }

    fn take(&mut self, stage: Stage, key: &[u8], value: &[u8]) -> Result<()> {
        match stage {
            Stage::Users | Stage::Groups => self.take_resource(stage, key, value)?,
            Stage::Members => {
                let Some((connection, rest)) = self.connection(key) else { return Ok(()) };
                let (Some(group), Some(member)) = (Id::from_slice(rest), rest.get(Id::BYTES..).and_then(Id::from_slice)) else {
                    return Ok(());
                };
                match self.items.last_mut() {
                    Some(Recorded::Members { group: last, members, .. }) if *last == group && members.len() < RECORDED_LINKS_MAX => {
                        members.push(member);
                    }
                    _ => self.items.push(Recorded::Members { connection, group, members: vec![member] }),
                }
            }
            Stage::Directory => {
                let MemberRow { connection, removed, projected, user_name, display_name, member, counted: _ } = from_json(value)?;
                if connection == 0 || self.connections.contains_key(&connection) {
                    self.items.push(Recorded::Member { removed, projected, user_name, display_name, member: Box::new(member) });
                }
            }
            Stage::DirectoryGroups => {
                let group: Group = from_json(value)?;
                if group.connection.is_none_or(|id| self.connections.values().any(|known| *known == id)) {
                    self.items.push(Recorded::DirectoryGroup { group });
                }
            }
            Stage::Memberships => {
                let (Some(group), Some(member)) = (Id::from_slice(key), key.get(Id::BYTES..).and_then(Id::from_slice)) else {
                    return Ok(());
                };
                match self.items.last_mut() {
                    Some(Recorded::Memberships { group: last, members }) if *last == group && members.len() < RECORDED_LINKS_MAX => {
                        members.push(member);
                    }
                    _ => self.items.push(Recorded::Memberships { group, members: vec![member] }),
                }
            }
        }
        Ok(())
    }

    fn take_resource(&mut self, stage: Stage, key: &[u8], value: &[u8]) -> Result<()> {
        let Some((connection, _)) = self.connection(key) else { return Ok(()) };
        let number = if stage == Stage::Users { USER } else { GROUP };
        let kind = self.catalog.numbered(number).unwrap_or(Kind::user());
        let mut resource: Resource = from_json(value)?;
        if !kind.is_answered_as_stored {
            let meta = resource.get("meta").cloned();
            Projection::full().of_body().apply(&kind.scim, &mut resource);
            resource.extend(meta.map(|meta| ("meta".to_owned(), meta)));
        }
        if let Some(meta) = resource.get_mut("meta").and_then(Value::as_object_mut) {
            // A digest of what may be replaced before anybody sees it.
            meta.remove("version");
        }
        self.items.push(match stage {
            Stage::Users => Recorded::User { connection, resource },
            _ => Recorded::Group { connection, resource },
        });
        Ok(())
    }

    /// The connection at the beginning of a key, and the rest of it.
    fn connection<'k>(&self, key: &'k [u8]) -> Option<(Id, &'k [u8])> {
        let (number, rest) = key.split_first_chunk()?;
        Some((*self.connections.get(&u32::from_be_bytes(*number))?, rest))
    }
}

/// Puts what was read elsewhere into a tenant with the same connections and schemas, in the order in which it was read. Tells nobody: no event, no activity entry,
/// no mark.
///
/// # Errors
/// If it is there already, or refers to what is not.
pub fn restore(tx: &mut Tx<'_>, catalog: &Catalog, recorded: Recorded) -> Result<()> {
    let kind = |number: u8| catalog.numbered(number).unwrap_or(Kind::user());
    match recorded {
        Recorded::User { connection, resource } => {
            let scope = scope(tx, connection)?;
            inventory::resource(tx, scope, kind(USER), resource)
        }
        Recorded::Group { connection, resource } => {
            let scope = scope(tx, connection)?;
            inventory::resource(tx, scope, kind(GROUP), resource)
        }
        Recorded::Members { connection, group, members } => {
            let scope = scope(tx, connection)?;
            inventory::members(tx, scope, group, &members)
        }
        Recorded::Member { removed, projected, user_name, display_name, member } => {
            let id = member.id;
            let connection = match (member.issued, member.connection, member.scim_id) {
                (Issued::Scim, Some(connection), Some(_)) => scope(tx, connection)?.connection,
                (Issued::Api, None, None) => 0,
                _ => return Err(Error::invalid(format!("The member {id} is neither local nor of a connection."))),
            };
            if member::row(tx, id)?.is_some() {
                return Err(Error::invalid(format!("The member {id} is there twice.")));
            }
            member::put(tx, None, &MemberRow { connection, removed, projected, user_name, display_name, counted: None, member: *member })
        }
        Recorded::DirectoryGroup { group } => restore_group(tx, &group),
        Recorded::Memberships { group, members } => {
            group::get(tx, group).map_err(|_| Error::invalid(format!("There is no directory group {group} that could have members.")))?;
            for id in members {
                member::get(tx, id).map_err(|_| Error::invalid(format!("There is no member {id} that could be in a group.")))?;
                group::link(tx, id, group);
            }
            Ok(())
        }
    }
}

/// Where the inventory of a connection is.
fn scope(rows: &impl Rows, connection: Id) -> Result<Scope> {
    let record = connections::record(rows, connection).map_err(|_| Error::invalid(format!("There is no connection {connection}.")))?;
    Ok(Scope { connection: record.number })
}

fn restore_group(tx: &mut Tx<'_>, group: &Group) -> Result<()> {
    let id = group.id;
    match (group.issued, group.connection) {
        (Issued::Scim, Some(connection)) => {
            scope(tx, connection)?;
        }
        (Issued::Api, None) => tx.put_json(&layout::local_group(&group.display_name), &id)?,
        (Issued::Policy, None) => drop(tx.add(&layout::counter(Counter::NamedGroups), 1)?),
        _ => return Err(Error::invalid(format!("The directory group {id} is neither local, nor of a connection, nor of a policy."))),
    }
    if tx.has(&layout::group(id))? {
        return Err(Error::invalid(format!("The directory group {id} is there twice.")));
    }
    tx.add(&layout::counter(Counter::Groups), 1)?;
    tx.put_json(&layout::group(id), group)
}
