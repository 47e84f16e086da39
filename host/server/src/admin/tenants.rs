//! Tenants: the customers of an installation.
//!
//! A tenant's record is a row of the installation; everything else of it lies in its own partition. Knows nothing of what
//! that is, except that all of it goes when the tenant goes.

use doorlist_scim::ErrorKind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::guard::Guard;
use super::keys::{Role, Scope};
use super::name::{self, Problems};
use super::plugins::limits::PluginLimits;
use super::plugins::signing::{self, SigningKey};
use super::retention::Retention;
use super::{keys, listing, tokens};
use crate::clock::Timestamp;
use crate::directory;
use crate::error::{Error, Result};
use crate::id::Id;
use crate::limits::{DELETE_ROWS_PER_WRITE_MAX, ROLES_MAX, TENANTS_MAX};
use crate::provision;
use crate::store::layout::{self, Counter};
use crate::store::{Key, PartitionNumber, Range, Rows, Store, Table, Tx, from_json};

/// A tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Tenant {
    /// Its id.
    pub id: Id,
    /// What operators call it.
    pub name: String,
    /// When it was made.
    pub created: Timestamp,
    /// The roles that its members can have.
    pub roles: Vec<String>,
    /// The role that new members get.
    pub default_role: String,
    /// Whether its SCIM clients see resource types for conformance work, such as `/TestResources`. They never reach the directory.
    #[serde(default)]
    pub test_resources: bool,
    /// The keys whose signatures of plugins count.
    #[serde(default)]
    pub signing_keys: Vec<SigningKey>,
    /// Whether plugins have to be signed by one of them to be uploaded and to come into the pipeline.
    #[serde(default)]
    pub signature_required: bool,
    /// What its plugins may cost.
    #[serde(default)]
    pub plugin_limits: PluginLimits,
    /// How many members may go at a time before further ones are held.
    #[serde(default)]
    pub guard: Guard,
    /// For how many days it keeps what happened.
    #[serde(default)]
    pub retention: Retention,
    /// Whether it has been deleted and its rows are going.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[schemars(skip)]
    pub deleting: bool,
}

/// A tenant to make.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewTenant {
    /// What operators call it.
    pub name: String,
    /// The roles that its members can have. Without them: owner, admin, network_admin, billing_admin, auditor, user.
    pub roles: Option<Vec<String>>,
    /// The role that new members get, one of `roles`. Without it: user.
    pub default_role: Option<String>,
    /// Whether its SCIM clients see resource types for conformance work. Without it: no.
    #[serde(default)]
    pub test_resources: bool,
}

/// A change of a tenant: what is absent stays.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TenantPatch {
    /// What operators call it.
    pub name: Option<String>,
    /// Whether its SCIM clients see resource types for conformance work. Resources of theirs are kept while they do not.
    pub test_resources: Option<bool>,
    /// The keys whose signatures of plugins count, all of them. For owners. What is in force stays in force.
    pub signing_keys: Option<Vec<SigningKey>>,
    /// Whether plugins have to be signed to be uploaded and to come into the pipeline. For owners. What is in force stays in force.
    pub signature_required: Option<bool>,
    /// What its plugins may cost, all of it. Keys of the tenant may lower what holds; raising it takes a key of the installation.
    pub plugin_limits: Option<PluginLimits>,
    /// How many members may go at a time before further ones are held, all of it. Whom it held before it still holds.
    pub guard: Option<Guard>,
    /// For how many days it keeps what happened, all of it. What is older by then goes for good.
    pub retention: Option<Retention>,
}

/// Roles of a tenant that names none.
const ROLES_DEFAULT: [&str; 6] = ["owner", "admin", "network_admin", "billing_admin", "auditor", "user"];

/// The role of new members in a tenant that names none.
const ROLE_DEFAULT: &str = "user";

/// Every table with rows of a tenant, without tokens and keys: those go first, with their hashes among the installation's rows.
const TABLES: [Table; 50] = [
    Table::Connection,
    Table::ConnectionNumber,
    Table::Pipeline,
    Table::Catalog,
    Table::Client,
    Table::Plugin,
    Table::PluginFile,
    Table::LooseFile,
    Table::Resource,
    Table::Index,
    Table::GroupMember,
    Table::MemberGroup,
    Table::ResourceCount,
    Table::MembersDigest,
    Table::GroupName,
    Table::GroupTouched,
    Table::Plan,
    Table::PlanPart,
    Table::Outcome,
    // Before the marks, which are made from it.
    Table::StuckUntil,
    Table::Stuck,
    Table::Monitor,
    Table::Shadow,
    Table::ShadowDue,
    Table::ShadowDifference,
    Table::Dirty,
    Table::Walk,
    Table::Decision,
    Table::AddedTo,
    Table::AddedGroup,
    Table::Hold,
    Table::Held,
    Table::HeldOf,
    Table::Guard,
    Table::Member,
    Table::MemberIndex,
    Table::Group,
    Table::GroupIndex,
    Table::LocalGroup,
    Table::Membership,
    Table::MembershipOf,
    Table::Event,
    Table::MemberBefore,
    Table::GroupBefore,
    Table::MembershipBefore,
    Table::MembershipOfBefore,
    Table::Gone,
    Table::GoneIndex,
    Table::Activity,
    Table::Counter,
];

/// Makes a tenant. `tx` is the installation's.
///
/// # Errors
/// If a name is not acceptable, the default role is none of the roles, or the installation has had [`TENANTS_MAX`] tenants.
pub fn create(tx: &mut Tx<'_>, id: Id, new: &NewTenant, now: Timestamp) -> Result<Tenant> {
    let mut problems = Problems::default();
    let name = name::checked(&new.name, "/name", &mut problems);
    let roles = match &new.roles {
        Some(roles) => name::checked_list(roles, ROLES_MAX, "/roles", &mut problems),
        None => ROLES_DEFAULT.map(str::to_owned).to_vec(),
    };
    let default_role = new.default_role.as_deref().unwrap_or(ROLE_DEFAULT).trim().to_owned();
    if !roles.contains(&default_role) {
        problems.add("/defaultRole", "The role of new members has to be one of the tenant's roles.");
    }
    problems.finish()?;
    let number = tx.add(&layout::counter(Counter::Partition), 1)?;
    // Numbers are never given twice, so tenants that are gone count.
    let number = PartitionNumber::try_from(number)
        .ok()
        .filter(|number| u64::from(*number) <= TENANTS_MAX)
        .ok_or_else(|| Error::conflict(format!("An installation can have {TENANTS_MAX} tenants, and has had them.")))?;
    let tenant = Tenant {
        id,
        name,
        created: now,
        roles,
        default_role,
        test_resources: new.test_resources,
        signing_keys: Vec::new(),
        signature_required: false,
        plugin_limits: PluginLimits::default(),
        guard: Guard::default(),
        retention: Retention::default(),
        deleting: false,
    };
    tx.put_json(&layout::tenant(number), &tenant)?;
    tx.put_json(&layout::tenant_number(id), &number)?;
    Ok(tenant)
}

/// Changes a tenant. `tx` is the tenant's; `role` and `scope` say what the operator who asks may.
///
/// # Errors
/// 404 if there is none; with a JSON Pointer for each value that is not acceptable; 403 if a key of the tenant would raise a limit, or somebody else than an
/// owner would say whose signatures count.
pub fn patch(tx: &mut Tx<'_>, id: Id, patch: &TenantPatch, (role, scope): (Role, Scope)) -> Result<Tenant> {
    let mut problems = Problems::default();
    let name = patch.name.as_ref().map(|name| name::checked(name, "/name", &mut problems));
    let keys = patch.signing_keys.as_ref().map(|keys| signing::checked(keys, "/signingKeys", &mut problems));
    patch.plugin_limits.iter().for_each(|limits| limits.check("/pluginLimits", &mut problems));
    patch.guard.iter().for_each(|guard| guard.check("/guard", &mut problems));
    patch.retention.iter().for_each(|retention| retention.check("/retention", &mut problems));
    problems.finish()?;
    let (number, before) = get(tx, id)?;
    let tenant = Tenant {
        name: name.unwrap_or(before.name.clone()),
        test_resources: patch.test_resources.unwrap_or(before.test_resources),
        signing_keys: keys.unwrap_or(before.signing_keys.clone()),
        signature_required: patch.signature_required.unwrap_or(before.signature_required),
        plugin_limits: patch.plugin_limits.clone().unwrap_or(before.plugin_limits.clone()),
        guard: patch.guard.clone().unwrap_or(before.guard.clone()),
        retention: patch.retention.unwrap_or(before.retention),
        ..before.clone()
    };
    may_change(&before, &tenant, (role, scope))?;
    if tenant.test_resources != before.test_resources {
        provision::outdate(tx)?;
    }
    if tenant.plugin_limits.call() != before.plugin_limits.call() {
        // What came of a plugin may be something else under other limits.
        directory::reproject_all(tx)?;
    }
    tx.put_json(&layout::tenant(number), &tenant)?;
    Ok(tenant)
}

/// Refuses changes that are not this operator's to make.
fn may_change(before: &Tenant, after: &Tenant, (role, scope): (Role, Scope)) -> Result<()> {
    let forbidden = |detail: &str| Err(Error::new(ErrorKind::Forbidden, detail));
    let signatures = |tenant: &Tenant| (tenant.signing_keys.clone(), tenant.signature_required);
    if signatures(before) != signatures(after) && role < Role::Owner {
        return forbidden("Saying whose signatures of plugins count needs a key with the role owner.");
    }
    if scope != Scope::Root && after.plugin_limits.exceeds(&before.plugin_limits) {
        return forbidden("A key of the tenant can lower what plugins may cost. Raising it needs a key of the installation.");
    }
    Ok(())
}

/// A tenant with the number of its partition. `rows` are the installation's or any tenant's.
///
/// # Errors
/// 404 if there is none or it has been deleted.
pub fn get(rows: &impl Rows, id: Id) -> Result<(PartitionNumber, Tenant)> {
    let number = rows.json::<PartitionNumber>(&layout::tenant_number(id))?.ok_or_else(|| Error::not_found("tenant"))?;
    Ok((number, at(rows, number)?.ok_or_else(|| Error::not_found("tenant"))?))
}

/// The tenant with this partition; `None` if there is none or it has been deleted.
///
/// # Errors
/// If the disk refuses.
pub fn at(rows: &impl Rows, number: PartitionNumber) -> Result<Option<Tenant>> {
    Ok(rows.json::<Tenant>(&layout::tenant(number))?.filter(|tenant| !tenant.deleting))
}

/// At most `limit` tenants behind `after`, in the order in which they were made.
///
/// # Errors
/// If the disk refuses.
pub fn list(rows: &impl Rows, after: Option<Id>, limit: usize) -> Result<Vec<Tenant>> {
    let range = Range::under(Key::new(Table::TenantNumber));
    let range = match after {
        Some(id) => range.after(layout::tenant_number(id)),
        None => range,
    };
    let numbers = listing::read(rows, &range, limit, |_, value| from_json::<PartitionNumber>(value))?;
    numbers.into_iter().filter_map(|number| at(rows, number).transpose()).collect()
}

/// Deletes a tenant: from here on nobody reaches it. Its rows go by [`delete_step`]. `tx` is the installation's.
///
/// # Errors
/// 404 if there is none.
pub fn delete(tx: &mut Tx<'_>, id: Id) -> Result<PartitionNumber> {
    let (number, tenant) = get(tx, id)?;
    tx.delete(&layout::tenant_number(id));
    tx.put_json(&layout::tenant(number), &Tenant { deleting: true, ..tenant })?;
    Ok(number)
}

/// Partition numbers of the tenants of which something `is` so, also of those whose rows are going. Walks over every tenant.
///
/// # Errors
/// If the disk refuses.
pub(super) fn numbers(rows: &impl Rows, is: impl Fn(&Tenant) -> bool) -> Result<Vec<PartitionNumber>> {
    let mut numbers = Vec::new();
    listing::read(rows, &Range::under(Key::new(Table::Tenant)), usize::MAX, |key, value| {
        // A key of this table is its number and four bytes.
        let number = key.last_chunk().map(|bytes| PartitionNumber::from_be_bytes(*bytes));
        numbers.extend(number.filter(|_| from_json::<Tenant>(value).is_ok_and(|tenant| is(&tenant))));
        Ok(())
    })?;
    Ok(numbers)
}

/// Deletes some rows of a deleted tenant, and says whether all are gone. To be called again until they are.
///
/// # Errors
/// If the disk refuses; it can be called again.
pub fn delete_step(store: &Store, number: PartitionNumber) -> Result<bool> {
    store.tenant(number).write(move |tx| {
        match tx.json::<Tenant>(&layout::tenant(number))? {
            Some(tenant) if tenant.deleting => {}
            _ => return Ok(true),
        }
        let mut left = DELETE_ROWS_PER_WRITE_MAX;
        left -= keys::forget_some(tx, left)?;
        left -= tokens::forget_some(tx, left)?;
        for table in TABLES {
            left -= tx.delete_range(&Range::under(Key::new(table)), left)?;
            if left == 0 {
                return Ok(false);
            }
        }
        tx.delete(&layout::tenant(number));
        Ok(true)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a table's rows go with their tenant. A table that is added does not compile here before somebody decides.
    fn goes(table: Table) -> bool {
        match table {
            Table::Meta | Table::Tenant | Table::TenantNumber | Table::TokenHash | Table::KeyHash | Table::RootKey | Table::Session => {
                false
            }
            Table::Token | Table::Key => true,
            Table::Connection | Table::ConnectionNumber | Table::Pipeline | Table::Counter => true,
            Table::Catalog | Table::Client | Table::MembersDigest | Table::GroupName | Table::GroupTouched => true,
            Table::Plugin | Table::PluginFile | Table::LooseFile => true,
            Table::Resource | Table::Index | Table::GroupMember | Table::MemberGroup | Table::ResourceCount => true,
            Table::Plan | Table::PlanPart | Table::Outcome => true,
            Table::Shadow | Table::ShadowDue | Table::ShadowDifference | Table::GroupIndex => true,
            Table::Stuck | Table::StuckUntil | Table::Monitor => true,
            Table::Dirty | Table::Walk | Table::Decision | Table::AddedTo | Table::AddedGroup => true,
            Table::Member | Table::MemberIndex | Table::Group | Table::LocalGroup | Table::Membership | Table::MembershipOf => true,
            Table::Hold | Table::Held | Table::HeldOf | Table::Guard => true,
            Table::Event | Table::Activity => true,
            Table::MemberBefore | Table::GroupBefore | Table::MembershipBefore | Table::MembershipOfBefore => true,
            Table::Gone | Table::GoneIndex => true,
        }
    }

    #[test]
    fn only_rows_of_tenants_go_and_counters_go_last() {
        assert!(TABLES.iter().all(|table| goes(*table)));
        assert_eq!(TABLES.last(), Some(&Table::Counter), "a number must not be given again while rows are left that carry it");
    }
}
