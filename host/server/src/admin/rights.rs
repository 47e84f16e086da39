//! What an operator may do, and where.
//!
//! Knows nothing of what gives it: a key, or single sign-on.

use std::collections::BTreeMap;

use super::keys::Role;
use crate::id::Id;

/// Roles in the installation and in tenants. What holds in the installation holds in every tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rights {
    installation: Option<Role>,
    tenants: BTreeMap<Id, Role>,
}

impl Rights {
    /// Those of a role everywhere.
    pub fn everywhere(role: Role) -> Self {
        Self { installation: Some(role), tenants: BTreeMap::new() }
    }

    /// Those of a role in one tenant.
    pub fn in_tenant(tenant: Id, role: Role) -> Self {
        Self { installation: None, tenants: BTreeMap::from([(tenant, role)]) }
    }

    /// Adds a role everywhere; a stronger one stays.
    pub fn add_installation(&mut self, role: Role) {
        self.installation = self.installation.max(Some(role));
    }

    /// Adds a role in a tenant; a stronger one stays.
    pub fn add_tenant(&mut self, tenant: Id, role: Role) {
        let own = self.tenants.entry(tenant).or_insert(role);
        *own = role.max(*own);
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.installation.is_none() && self.tenants.is_empty()
    }

    /// The role in the installation, if there is one.
    pub fn of_installation(&self) -> Option<Role> {
        self.installation
    }

    /// The role in a tenant, if there is one; whether there is such a tenant does not matter.
    pub fn at(&self, tenant: Id) -> Option<Role> {
        self.tenants.get(&tenant).copied().max(self.installation)
    }

    /// The tenants with a role of their own.
    pub fn tenants(&self) -> impl Iterator<Item = Id> {
        self.tenants.keys().copied()
    }
}
