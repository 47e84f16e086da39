//! Single sign-on over HTTP: what it grants, and who is signed in by it.
//!
//! A tenant's operators see what is granted in their tenant and nowhere else. Who reaches every tenant is seen from the installation only.

use schemars::JsonSchema;
use serde::Serialize;

use super::call::{Call, Reply};
use crate::activity::Person;
use crate::admin::keys::{Role, Scope};
use crate::admin::rights::Rights;
use crate::admin::sessions::{self, SignedOn};
use crate::auth::Authenticator;
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::id::Id;
use crate::limits::SESSION_MS_MAX;
use crate::sign_on::Tenants;

/// How people sign in by an OpenID provider. Nothing stands here where they cannot.
#[derive(Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SingleSignOn {
    /// The provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(default)]
    issuer: Option<String>,
    /// The claim that decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(default)]
    claim: Option<String>,
    /// What its values give in this tenant.
    grants: Vec<Granted>,
}

/// What a value of the claim gives.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Granted {
    /// The value.
    value: String,
    /// How much whoever has it may do.
    role: Role,
    /// Whether it is given in every tenant. Such a grant is shown to operators of the installation.
    everywhere: bool,
}

/// Somebody who is signed in by single sign-on, with one browser.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SignedInPerson {
    /// The session's id.
    id: Id,
    /// Who it is.
    person: Person,
    /// How much they may do; absent in the list of the installation for somebody who reaches tenants only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(default)]
    role: Option<Role>,
    /// When they signed in.
    since: Timestamp,
    /// When the session ends by itself.
    expires: Timestamp,
}

pub(super) async fn configured(call: Call) -> Result<Reply> {
    let Some(sign_on) = &call.app.sign_on else { return Reply::json(&SingleSignOn::default()) };
    let (tenant, sees_all) = (call.tenant()?.id, call.caller.scope == Scope::Root);
    let grants = sign_on.grants.all.iter().filter_map(|grant| {
        let everywhere = match &grant.tenants {
            Tenants::All => sees_all.then_some(true),
            Tenants::These(ids) => ids.contains(&tenant).then_some(false),
        };
        Some(Granted { value: grant.value.clone(), role: grant.role, everywhere: everywhere? })
    });
    let grants = grants.collect();
    Reply::json(&SingleSignOn { issuer: Some(sign_on.grants.issuer.clone()), claim: Some(sign_on.grants.claim.clone()), grants })
}

/// Whose sessions a call is about: of a tenant, those of people to whom that tenant is granted; of the installation, everybody's.
#[derive(Clone)]
struct About {
    tenant: Option<Id>,
    authenticator: Authenticator,
}

impl About {
    fn of(call: &Call) -> Self {
        Self { tenant: call.caller.tenant.as_ref().map(|tenant| tenant.id), authenticator: call.app.authenticator.clone() }
    }

    /// The role of somebody it is about; `None` for others, and for somebody to whom nothing is granted any more.
    fn role(&self, signed_on: &SignedOn) -> Option<Option<Role>> {
        let rights: Rights = self.authenticator.rights_of(signed_on)?;
        match self.tenant {
            Some(tenant) => rights.tenants().any(|own| own == tenant).then(|| rights.at(tenant)),
            None => Some(rights.of_installation()),
        }
    }
}

pub(super) async fn list(call: Call) -> Result<Reply> {
    let (about, now) = (About::of(&call), call.caller.now);
    call.page(
        |person: &SignedInPerson| person.id,
        |rows, after, limit| {
            let mut people: Vec<SignedInPerson> = sessions::signed_on(rows, now)?
                .into_iter()
                .filter_map(|session| {
                    let role = about.role(&session.signed_on)?;
                    let (since, expires) = (session.expires.plus_millis(-SESSION_MS_MAX), session.expires);
                    Some(SignedInPerson { id: session.id(), person: session.signed_on.person, role, since, expires })
                })
                .filter(|person| after.is_none_or(|after| person.id > after))
                .collect();
            people.sort_by_key(|person| person.id);
            people.truncate(limit);
            Ok(people)
        },
    )
}

pub(super) async fn end(call: Call) -> Result<Reply> {
    let (about, id, now) = (About::of(&call), call.id("session")?, call.caller.now);
    let ended = call.write(Some(id.to_string()), move |tx, _| {
        let found =
            sessions::signed_on(tx, now)?.into_iter().find(|session| session.id() == id && about.role(&session.signed_on).is_some());
        found.ok_or_else(|| Error::not_found("session"))?.end(tx);
        Ok(())
    });
    ended.await?;
    Ok(Reply::empty())
}
