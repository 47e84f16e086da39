//! Who is calling, and what that reaches. The only place that hands out the rows of a tenant to a request.
//!
//! Knows no header: it is given what stood behind `Bearer`. Says the same of a token that never was, was deleted, has expired, or belongs
//! to a tenant that is gone.

use std::collections::HashMap;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};

use doorlist_scim::ErrorKind;
use sha2::{Digest, Sha256};

use crate::activity::Actor;
use crate::admin::connections::{self, Connection};
use crate::admin::keys::{self, Role, Scope};
use crate::admin::tenants;
use crate::admin::tokens;
use crate::clock::{Clock, Timestamp};
use crate::error::{Error, Result};
use crate::id::Id;
use crate::limits::CLIENTS_KNOWN_MAX;
use crate::provision::{Catalog, Choices};
use crate::secret::{Purpose, Secret};
use crate::store::{PartitionNumber, Store, Tenant};

/// Tells who presents a token or key.
#[derive(Clone)]
pub struct Authenticator {
    store: Store,
    clock: Clock,
    /// Hash of the environment's operator key: it is kept nowhere else.
    environment_key: Option<[u8; 32]>,
    known: Arc<Mutex<Known>>,
}

/// Clients that were let in before, so that each of their requests costs no look-up. Good for as long as nobody wrote anything about who may call.
#[derive(Default)]
struct Known {
    generation: u64,
    by_hash: HashMap<[u8; 32], Arc<Admitted>>,
}

/// What the rows say of a token.
struct Admitted {
    tenant: PartitionNumber,
    tenant_id: Id,
    connection: Arc<Connection>,
    catalog: Arc<Catalog>,
    last_agent: Arc<AtomicU64>,
    expires_at: Option<Timestamp>,
}

/// The client of one connection.
pub struct ScimCaller {
    /// The tenant's rows.
    pub tenant: Tenant,
    /// The tenant's id.
    pub tenant_id: Id,
    /// The connection it speaks for.
    pub connection: Arc<Connection>,
    /// The resource types that it sees.
    pub catalog: Arc<Catalog>,
    /// A hash of what its last request called it, so that a request that says nothing new costs no more than that.
    pub last_agent: Arc<AtomicU64>,
}

/// An operator.
pub struct Operator {
    store: Store,
    /// What it reaches.
    pub scope: Scope,
    /// How much it may do.
    pub role: Role,
    /// Its key; `None` for the one of the environment.
    pub key: Option<Id>,
}

impl Authenticator {
    /// For the tokens and keys in `store`, and the operator key of the environment, if there is one.
    pub fn new(store: Store, clock: Clock, environment_key: Option<&str>) -> Self {
        Self { store, clock, environment_key: environment_key.map(|key| Sha256::digest(key.as_bytes()).into()), known: Arc::default() }
    }

    /// The client that presents this SCIM token. Its connection may be disabled: then it is known, and may do nothing.
    ///
    /// # Errors
    /// 401 if the token opens nothing.
    pub fn scim(&self, bearer: &str) -> Result<ScimCaller> {
        let hash = Secret::parse(Purpose::Scim, bearer).ok_or_else(unauthorized)?.hash();
        let admitted = self.admit(&hash)?;
        if admitted.expires_at.is_some_and(|at| at <= self.clock.now()) {
            return Err(unauthorized());
        }
        let tenant = self.store.tenant(admitted.tenant);
        Ok(ScimCaller {
            tenant,
            tenant_id: admitted.tenant_id,
            connection: Arc::clone(&admitted.connection),
            last_agent: Arc::clone(&admitted.last_agent),
            catalog: Arc::clone(&admitted.catalog),
        })
    }

    /// What the rows say of the token with this hash, or said before and nobody has changed since.
    fn admit(&self, hash: &[u8; 32]) -> Result<Arc<Admitted>> {
        // Read before the rows: whatever is written after it makes what was read here be looked up again.
        let generation = self.store.access_generation();
        {
            let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            if known.generation == generation
                && let Some(admitted) = known.by_hash.get(hash)
            {
                return Ok(Arc::clone(admitted));
            }
        }
        let admitted = Arc::new(self.look_up(hash)?);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.generation < generation || known.by_hash.len() >= CLIENTS_KNOWN_MAX {
            known.by_hash.clear();
            known.generation = generation;
        }
        if known.generation == generation {
            known.by_hash.insert(*hash, Arc::clone(&admitted));
        }
        Ok(admitted)
    }

    fn look_up(&self, hash: &[u8; 32]) -> Result<Admitted> {
        // Two snapshots, since the token is the installation's row and the connection the tenant's. A token that is deleted between them is
        // seen as one that came a moment earlier.
        let (grant, record) = self.store.installation().read(|rows| {
            let grant = tokens::find(rows, hash)?.ok_or_else(unauthorized)?;
            Ok((grant, tenants::at(rows, grant.tenant)?.ok_or_else(unauthorized)?))
        })?;
        let (connection, catalog) = self.store.tenant(grant.tenant).read(|rows| {
            let connection = connections::at(rows, grant.connection)?.ok_or_else(unauthorized)?;
            let choices = Choices { test_resources: record.test_resources, unique_group_names: connection.unique_group_names };
            Ok((connection, Catalog::read(rows, choices)?))
        })?;
        Ok(Admitted {
            tenant: grant.tenant,
            tenant_id: record.id,
            connection: Arc::new(connection),
            catalog,
            last_agent: Arc::default(),
            expires_at: grant.expires_at,
        })
    }

    /// The operator who presents this key.
    ///
    /// # Errors
    /// 401 if the key opens nothing.
    pub fn operator(&self, bearer: &str) -> Result<Operator> {
        let operator = |scope, role, key| Operator { store: self.store.clone(), scope, role, key };
        let presented: [u8; 32] = Sha256::digest(bearer.as_bytes()).into();
        if self.environment_key.is_some_and(|key| equal(&key, &presented)) {
            return Ok(operator(Scope::Root, Role::Owner, None));
        }
        let hash = Secret::parse(Purpose::Key, bearer).ok_or_else(unauthorized)?.hash();
        let grant = self.store.installation().read(|rows| {
            let grant = keys::find(rows, &hash)?.ok_or_else(unauthorized)?;
            if let Some(tenant) = grant.tenant {
                tenants::at(rows, tenant)?.ok_or_else(unauthorized)?;
            }
            Ok(grant)
        })?;
        Ok(operator(grant.tenant.map_or(Scope::Root, Scope::Tenant), grant.role, Some(grant.key)))
    }
}

impl Operator {
    /// The rows and the record of the tenant with this id.
    ///
    /// # Errors
    /// 404 if there is none, and the same if the operator's key does not reach it.
    pub fn tenant(&self, id: &str) -> Result<(Tenant, tenants::Tenant)> {
        let missing = || Error::not_found("tenant");
        let id: Id = id.parse().map_err(|_| missing())?;
        let (number, record) = self.store.installation().read(|rows| tenants::get(rows, id))?;
        match self.scope {
            Scope::Tenant(own) if own != number => Err(missing()),
            _ => Ok((self.store.tenant(number), record)),
        }
    }

    /// The installation's rows.
    ///
    /// # Errors
    /// 403 if the operator's key is of one tenant.
    pub fn installation(&self) -> Result<Tenant> {
        match self.scope {
            Scope::Root => Ok(self.store.installation()),
            Scope::Tenant(_) => Err(Error::new(ErrorKind::Forbidden, "This key is of one tenant; this needs a key of the installation.")),
        }
    }

    /// Who it is, for the log.
    pub fn actor(&self) -> Actor {
        Actor::Operator { key: self.key }
    }
}

fn unauthorized() -> Error {
    Error::new(ErrorKind::Unauthorized, "A valid token is needed, as in: Authorization: Bearer <token>.")
}

/// Compares in a time that does not depend on where the two differ.
fn equal(one: &[u8; 32], other: &[u8; 32]) -> bool {
    let difference = one.iter().zip(other).fold(0, |sum, (one, other)| sum | (one ^ other));
    std::hint::black_box(difference) == 0
}
