//! Who may be meant by a name: an id of either side, a `userName` or `displayName`, the name that policies gave a member, the identity provider's own id, an e-mail address.
//!
//! Knows no decision and no policy.

use std::collections::BTreeSet;

use super::Standing;
use crate::directory::decision::SubjectKind;
use crate::directory::gone;
use crate::directory::group::{self, Group};
use crate::directory::member::{self, Issued, MemberRow};
use crate::directory::subject::Setting;
use crate::error::{Error, Result};
use crate::id::Id;
use crate::limits::SAME_NAME_MAX;
use crate::provision::{self, Kind, Scope};
use crate::store::layout::{self, GROUP, MemberBy, USER};
use crate::store::{PartitionNumber, Rows};

/// Somebody or something that a name may mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Number of its connection; 0 if it has none.
    pub connection: u32,
    /// Its SCIM id; of what is local or was made by policies, the directory's.
    pub id: Id,
    pub standing: Standing,
}

/// The id in the directory of the user or group that `named` means, as [`explain`](super::explain) understands it, or the one that it had there.
///
/// # Errors
/// 404 if nobody of that name is or was in the directory, as far as its events are kept.
pub fn directory_id(rows: &impl Rows, tenant: PartitionNumber, kind: SubjectKind, named: &str) -> Result<Id> {
    let setting = Setting::read(rows, tenant)?;
    for found in all(rows, &setting, kind, named)? {
        if let Some(id) = found.directory_id(rows, kind)? {
            return Ok(id);
        }
    }
    let gone = gone::find(rows, kind, named)?;
    let newest = gone.first().map(|(_, gone)| gone.id);
    // An id may be known by no more than its history.
    newest.or_else(|| named.parse().ok()).ok_or_else(|| Error::not_found(if kind == SubjectKind::User { "member" } else { "group" }))
}

/// Every id of the users and groups that `named` means, as [`explain`](super::explain) understands it: those that are known, and those that went, as far as the
/// events that tell of it are kept. An id also stands for itself.
///
/// # Errors
/// If the disk refuses.
pub fn ids_named(rows: &impl Rows, tenant: PartitionNumber, named: &str) -> Result<BTreeSet<Id>> {
    let setting = Setting::read(rows, tenant)?;
    let mut ids: BTreeSet<Id> = named.parse().into_iter().collect();
    for kind in [SubjectKind::User, SubjectKind::Group] {
        for found in all(rows, &setting, kind, named)? {
            ids.insert(found.id);
            ids.extend(found.directory_id(rows, kind)?);
        }
        for (_, gone) in gone::find(rows, kind, named)? {
            ids.insert(gone.id);
            ids.extend(gone.scim_id);
        }
    }
    Ok(ids)
}

impl Found {
    /// Its id in the directory, if it is there, or is kept for its return.
    pub(super) fn directory_id(&self, rows: &impl Rows, kind: SubjectKind) -> Result<Option<Id>> {
        if kind == SubjectKind::Group {
            return Ok(rows.has(&layout::group(self.id))?.then_some(self.id));
        }
        Ok(self.member(rows)?.map(|row| row.member.id))
    }

    /// The row of the member that it is or was.
    pub(super) fn member(&self, rows: &impl Rows) -> Result<Option<MemberRow>> {
        match self.standing {
            Standing::Local => member::row(rows, self.id),
            _ => member::by_scim_id(rows, self.connection, self.id),
        }
    }
}

/// Everybody who may be meant, those first whose id it is, then those with that name, then the others.
pub(super) fn all(rows: &impl Rows, setting: &Setting, kind: SubjectKind, named: &str) -> Result<Vec<Found>> {
    let mut search = Search { rows, setting, named, found: Vec::new() };
    match kind {
        SubjectKind::User => search.users()?,
        SubjectKind::Group => search.groups()?,
    }
    Ok(search.found)
}

struct Search<'a, R> {
    rows: &'a R,
    setting: &'a Setting,
    named: &'a str,
    found: Vec<Found>,
}

impl<R: Rows> Search<'_, R> {
    fn add(&mut self, connection: u32, id: Id, standing: Standing) {
        let found = Found { connection, id, standing };
        if !self.found.contains(&found) {
            self.found.push(found);
        }
    }

    fn users(&mut self) -> Result<()> {
        if let Ok(id) = self.named.parse::<Id>() {
            if let Some(row) = member::row(self.rows, id)? {
                self.member(&row)?;
            }
            for connection in self.numbers() {
                self.user(connection, id)?;
                self.members(connection, MemberBy::ScimId, &id.to_string())?;
            }
        }
        let folded = doorlist_scim::schema::fold_case(self.named).into_owned();
        for connection in self.numbers() {
            self.indexed(connection, Kind::user(), "userName")?;
            self.members(connection, MemberBy::UserName, &folded)?;
        }
        for connection in self.numbers() {
            self.members(connection, MemberBy::DirectoryName, &folded)?;
        }
        self.members(0, MemberBy::UserName, &folded)?;
        for connection in self.numbers() {
            self.indexed(connection, Kind::user(), "externalId")?;
            self.indexed(connection, Kind::user(), "emails.value")?;
            self.members(connection, MemberBy::ExternalId, self.named)?;
        }
        Ok(())
    }

    fn groups(&mut self) -> Result<()> {
        if let Ok(id) = self.named.parse::<Id>() {
            for connection in self.numbers() {
                if self.rows.has(&layout::resource(connection, GROUP, id))? {
                    self.add(connection, id, Standing::Inventory);
                }
            }
            self.group(id)?;
        }
        for attribute in ["displayName", "externalId"] {
            for connection in self.numbers() {
                self.indexed(connection, Kind::group(), attribute)?;
            }
        }
        if let Some(id) = self.rows.json::<Id>(&layout::local_group(self.named))? {
            self.group(id)?;
        }
        self.group(group::named_id(self.setting.tenant, self.named))?;
        for id in group::ids_named(self.rows, self.named)? {
            self.group(id)?;
        }
        Ok(())
    }

    fn numbers(&self) -> Vec<u32> {
        self.setting.connections.keys().copied().collect()
    }

    fn indexed(&mut self, connection: u32, kind: &Kind, attribute: &str) -> Result<()> {
        for id in provision::ids_with(self.rows, Scope { connection }, kind, (attribute, self.named), SAME_NAME_MAX)? {
            self.add(connection, id, Standing::Inventory);
        }
        Ok(())
    }

    /// The user of a connection's inventory with this id.
    fn user(&mut self, connection: u32, id: Id) -> Result<()> {
        if self.rows.has(&layout::resource(connection, USER, id))? {
            self.add(connection, id, Standing::Inventory);
        }
        Ok(())
    }

    /// Members, gone ones included, that are recognised by `text`.
    fn members(&mut self, connection: u32, by: MemberBy, text: &str) -> Result<()> {
        for row in member::rows_by(self.rows, connection, by, text)? {
            self.member(&row)?;
        }
        Ok(())
    }

    fn member(&mut self, row: &MemberRow) -> Result<()> {
        match row.member.scim_id {
            None => self.add(0, row.member.id, Standing::Local),
            Some(id) if self.rows.has(&layout::resource(row.connection, USER, id))? => self.add(row.connection, id, Standing::Inventory),
            Some(id) => self.add(row.connection, id, Standing::Deleted),
        }
        Ok(())
    }

    /// A group that is in the directory and need not be in an inventory.
    fn group(&mut self, id: Id) -> Result<()> {
        let Some(group) = self.rows.json::<Group>(&layout::group(id))? else { return Ok(()) };
        match (group.issued, group.connection) {
            (Issued::Api, _) => self.add(0, id, Standing::Local),
            (Issued::Policy, _) => self.add(0, id, Standing::Policy),
            (Issued::Scim, Some(connection)) => {
                let number = self.setting.connections.iter().find(|(_, known)| known.id == connection).map(|(number, _)| *number);
                if let Some(number) = number {
                    let is_there = self.rows.has(&layout::resource(number, GROUP, id))?;
                    self.add(number, id, if is_there { Standing::Inventory } else { Standing::Deleted });
                }
            }
            (Issued::Scim, None) => {}
        }
        Ok(())
    }
}
