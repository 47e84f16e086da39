//! Who may be meant by a name: an id of either side, a `userName` or `displayName`, the name that policies gave a member, the identity provider's own id, an e-mail address.
//!
//! Knows no decision and no policy.

use super::Standing;
use crate::directory::decision::SubjectKind;
use crate::directory::group::{self, Group};
use crate::directory::member::{self, Issued, MemberRow};
use crate::directory::subject::Setting;
use crate::error::Result;
use crate::id::Id;
use crate::limits::SAME_NAME_MAX;
use crate::provision::{self, Kind, Scope};
use crate::store::Rows;
use crate::store::layout::{self, GROUP, MemberBy, USER};

/// Somebody or something that a name may mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Number of its connection; 0 if it has none.
    pub connection: u32,
    /// Its SCIM id; of what is local or was made by policies, the directory's.
    pub id: Id,
    pub standing: Standing,
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
        self.group(group::named_id(self.setting.tenant, self.named))
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
                if let Some(number) = number
                    && !self.rows.has(&layout::resource(number, GROUP, id))?
                {
                    self.add(number, id, Standing::Deleted);
                }
            }
            (Issued::Scim, None) => {}
        }
        Ok(())
    }
}
