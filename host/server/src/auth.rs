//! Who is calling, and what that reaches. The only place that hands out the rows of a tenant to a request.
//!
//! Knows no header: it is given what stood behind `Bearer`, or in a cookie. Says the same of a token that never was, was deleted, has expired, or belongs
//! to a tenant that is gone.

use std::collections::HashMap;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};

use doorlist_scim::ErrorKind;
use sha2::{Digest, Sha256};

use crate::activity::{self, Actor, Entry, Person};
use crate::admin::connections::{self, Connection};
use crate::admin::keys::{self, Role};
use crate::admin::rights::Rights;
use crate::admin::sessions::{self, Opener, SignedOn};
use crate::admin::tenants;
use crate::admin::tokens;
use crate::clock::{Clock, Timestamp};
use crate::error::{Error, Kind, Result};
use crate::id::Id;
use crate::limits::CLIENTS_KNOWN_MAX;
use crate::provision::{Catalog, Choices};
use crate::secret::{Purpose, Secret};
use crate::sign_on::{Grants, Proof};
use crate::store::{PartitionNumber, Rows, Store, Tenant, Tx};

/// Tells who presents a token or key.
#[derive(Clone)]
pub struct Authenticator {
    store: Store,
    clock: Clock,
    /// Hash of the environment's operator key: it is kept nowhere else.
    environment_key: Option<[u8; 32]>,
    /// What single sign-on gives, if there is one.
    grants: Option<Arc<Grants>>,
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
    /// What it may do, and where.
    pub rights: Rights,
    /// Its key; `None` for the one of the environment, and for a person.
    pub key: Option<Id>,
    /// Who it is, if they signed in by single sign-on.
    pub person: Option<Person>,
}

impl Authenticator {
    /// For the tokens and keys in `store`, and the operator key of the environment, if there is one.
    pub fn new(store: Store, clock: Clock, environment_key: Option<&str>) -> Self {
        let environment_key = environment_key.map(|key| Sha256::digest(key.as_bytes()).into());
        Self { store, clock, environment_key, grants: None, known: Arc::default() }
    }

    /// The same, letting in whom single sign-on gives rights.
    #[must_use]
    pub fn granting(self, grants: Option<Arc<Grants>>) -> Self {
        Self { grants, ..self }
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
        match self.presented(bearer)? {
            Some(hash) => self.operator_by(&hash),
            None => Ok(self.environments()),
        }
    }

    /// The hash of a key that somebody presents; `None` for the environment's.
    fn presented(&self, bearer: &str) -> Result<Option<[u8; 32]>> {
        let presented: [u8; 32] = Sha256::digest(bearer.as_bytes()).into();
        if self.environment_key.is_some_and(|key| equal(&key, &presented)) {
            return Ok(None);
        }
        Ok(Some(Secret::parse(Purpose::Key, bearer).ok_or_else(unauthorized)?.hash()))
    }

    /// The operator with the environment's key.
    fn environments(&self) -> Operator {
        Operator { store: self.store.clone(), rights: Rights::everywhere(Role::Owner), key: None, person: None }
    }

    /// The operator whose key has this hash.
    fn operator_by(&self, hash: &[u8; 32]) -> Result<Operator> {
        let (key, rights) = self.store.installation().read(|rows| {
            let grant = keys::find(rows, hash)?.ok_or_else(unauthorized)?;
            let rights = match grant.tenant {
                Some(tenant) => Rights::in_tenant(tenants::at(rows, tenant)?.ok_or_else(unauthorized)?.id, grant.role),
                None => Rights::everywhere(grant.role),
            };
            Ok((grant.key, rights))
        })?;
        Ok(Operator { store: self.store.clone(), rights, key: Some(key), person: None })
    }

    /// The operator of whom an OpenID provider said this, by the grants that there are now.
    fn operator_of(&self, signed_on: SignedOn) -> Result<Operator> {
        let rights = self.rights_of(&signed_on).ok_or_else(unauthorized)?;
        Ok(Operator { store: self.store.clone(), rights, key: None, person: Some(signed_on.person) })
    }

    /// What is granted now to whom an OpenID provider said this of; `None` if it is nothing.
    pub fn rights_of(&self, signed_on: &SignedOn) -> Option<Rights> {
        let is_ours = |grants: &&Arc<Grants>| grants.issuer == signed_on.issuer && grants.claim == signed_on.claim;
        let rights = self.grants.as_ref().filter(is_ours)?.rights(&signed_on.values);
        (!rights.is_empty()).then_some(rights)
    }

    /// Opens a session for whoever presents this key, with an activity entry that `entry` makes of the operator. Gives the session's secret.
    ///
    /// # Errors
    /// 401 if the key opens nothing; conflict if too many sessions are open.
    pub async fn sign_in(&self, key: &str, entry: impl FnOnce(&Operator) -> Entry) -> Result<Secret> {
        let operator = self.operator(key)?;
        let secret = Secret::generate(Purpose::Session)?;
        let opener = match self.presented(key)? {
            Some(key_hash) => Opener::Key { key_hash },
            None => Opener::Environment { tag: self.environment_tag(&secret).ok_or_else(unauthorized)? },
        };
        let entry = entry(&operator);
        self.open(&operator, secret, opener, entry).await
    }

    /// Opens a session for whoever proved this to be, with an activity entry that `entry` makes of the operator. Gives the session's secret.
    ///
    /// # Errors
    /// 403 if no grant fits; conflict if too many sessions are open.
    pub async fn sign_on(&self, proof: Proof, entry: impl FnOnce(&Operator) -> Entry) -> Result<Secret> {
        let grants = self.grants.as_ref().ok_or_else(unauthorized)?;
        let (issuer, claim) = (grants.issuer.clone(), grants.claim.clone());
        let signed_on = SignedOn { person: proof.person, values: grants.named(&proof.values), issuer, claim };
        if signed_on.values.is_empty() {
            let detail = format!(
                "The provider knows you, and nothing here is granted to you: no value of the claim {} is one that lets somebody in. Whoever runs this server \
                 decides which do.",
                grants.claim
            );
            return Err(Error::new(ErrorKind::Forbidden, detail));
        }
        let operator = self.operator_of(signed_on.clone())?;
        let entry = entry(&operator);
        self.open(&operator, Secret::generate(Purpose::Session)?, Opener::SingleSignOn(signed_on), entry).await
    }

    async fn open(&self, operator: &Operator, secret: Secret, opener: Opener, entry: Entry) -> Result<Secret> {
        let (opened, now) = (secret.clone(), self.clock.now());
        operator.write(&entry, move |tx| sessions::open(tx, &opened, &opener, now)).await?;
        Ok(secret)
    }

    /// The operator whose session has this secret.
    ///
    /// # Errors
    /// 401 if it is over, or its key is no more.
    pub fn session(&self, secret: &Secret) -> Result<Operator> {
        let now = self.clock.now();
        let session = self.store.installation().read(|rows| sessions::find(rows, secret, now))?;
        match session.ok_or_else(unauthorized)?.opener {
            Opener::Key { key_hash } => self.operator_by(&key_hash),
            Opener::Environment { tag } if self.environment_tag(secret).is_some_and(|own| equal(&own, &tag)) => Ok(self.environments()),
            Opener::Environment { .. } => Err(unauthorized()),
            Opener::SingleSignOn(signed_on) => self.operator_of(signed_on),
        }
    }

    /// What binds a session to the environment's key without telling anything of that key, which may be one that can be guessed.
    fn environment_tag(&self, session: &Secret) -> Option<[u8; 32]> {
        let key = self.environment_key?;
        Some(Sha256::new().chain_update(key).chain_update(session.to_string()).finalize().into())
    }

    /// Ends the session with this secret, with an activity entry of the operator whose it is.
    ///
    /// # Errors
    /// If the disk refuses.
    pub async fn sign_out(&self, secret: Secret, operator: &Operator, entry: Entry) -> Result<()> {
        let close = move |tx: &mut Tx<'_>| {
            sessions::close(tx, &secret);
            Ok(())
        };
        operator.write(&entry, close).await
    }
}

impl Operator {
    /// The rows and the record of the tenant with this id.
    ///
    /// # Errors
    /// 404 if there is none, and the same if the operator does not reach it.
    pub fn tenant(&self, id: &str) -> Result<(Tenant, tenants::Tenant)> {
        let missing = || Error::not_found("tenant");
        let id: Id = id.parse().map_err(|_| missing())?;
        let (number, record) = self.store.installation().read(|rows| tenants::get(rows, id))?;
        match self.rights.at(id) {
            Some(_) => Ok((self.store.tenant(number), record)),
            None => Err(missing()),
        }
    }

    /// What the operator's key is called; `None` for a person, for the key of the environment, and for one that has just been deleted.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn key_name(&self) -> Result<Option<String>> {
        let Some(key) = self.key else { return Ok(None) };
        if self.rights.of_installation().is_some() {
            return self.store.installation().read(|rows| keys::named(rows, keys::Scope::Root, key));
        }
        let tenants = self.store.installation().read(|rows| own(rows, &self.rights))?;
        let Some((number, _)) = tenants.first() else { return Ok(None) };
        self.store.tenant(*number).read(|rows| keys::named(rows, keys::Scope::Tenant(*number), key))
    }

    /// Writes, with an entry in the log of what the operator reaches: the installation's, or that of each of its tenants.
    async fn write(&self, entry: &Entry, mut change: impl FnMut(&mut Tx<'_>) -> Result<()> + Send + 'static) -> Result<()> {
        let mut logs = Vec::new();
        if self.rights.of_installation().is_none() {
            let numbers = self.store.installation().read(|rows| own(rows, &self.rights))?;
            logs.extend(numbers.into_iter().map(|(number, _)| self.store.tenant(number)));
        }
        // Somebody whose tenants are all gone leaves a trace, too.
        let last = logs.pop().unwrap_or_else(|| self.store.installation());
        for log in logs {
            let entry = entry.clone();
            log.submit(move |tx| activity::record(tx, &entry).map(drop)).await?;
        }
        let entry = entry.clone();
        let write = last.submit(move |tx| {
            activity::record(tx, &entry)?;
            change(tx)
        });
        write.await
    }

    /// The tenants that are all it reaches; `None` if it reaches the installation.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn own_tenants(&self) -> Result<Option<Vec<tenants::Tenant>>> {
        if self.rights.of_installation().is_some() {
            return Ok(None);
        }
        let own = self.store.installation().read(|rows| own(rows, &self.rights))?;
        Ok(Some(own.into_iter().map(|(_, tenant)| tenant).collect()))
    }

    /// The installation's rows.
    ///
    /// # Errors
    /// 403 if the operator reaches tenants only.
    pub fn installation(&self) -> Result<Tenant> {
        if self.rights.of_installation().is_some() {
            return Ok(self.store.installation());
        }
        let detail = match &self.person {
            None => "This key is of one tenant; this needs a key of the installation.",
            Some(_) => "What is granted to you is of tenants; this needs a grant for all of them.",
        };
        Err(Error::new(ErrorKind::Forbidden, detail))
    }

    /// Who it is, for the log.
    pub fn actor(&self) -> Actor {
        Actor::Operator { key: self.key, person: self.person.clone() }
    }
}

/// The tenants in which these rights hold on their own, as far as there are such tenants.
fn own(rows: &impl Rows, rights: &Rights) -> Result<Vec<(PartitionNumber, tenants::Tenant)>> {
    let mut found = Vec::new();
    for id in rights.tenants() {
        match tenants::get(rows, id) {
            Ok(tenant) => found.push(tenant),
            Err(error) if error.kind() == Kind::Scim(ErrorKind::NotFound) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

fn unauthorized() -> Error {
    Error::new(ErrorKind::Unauthorized, "A valid token is needed, as in: Authorization: Bearer <token>.")
}

/// Compares in a time that does not depend on where the two differ.
fn equal(one: &[u8; 32], other: &[u8; 32]) -> bool {
    let difference = one.iter().zip(other).fold(0, |sum, (one, other)| sum | (one ^ other));
    std::hint::black_box(difference) == 0
}
