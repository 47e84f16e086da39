//! Single sign-on: operators who prove who they are at an OpenID provider (OpenID Connect Core 1.0, authorization code flow with PKCE).
//!
//! Reading order: [`settings`] (the file that configures it), [`grants`] (which value of a claim gives which rights), [`flow`] (one sign-in, from the button to
//! the way back), [`provider`] (what is asked of the provider, and what is believed). Synchronous: whoever calls [`SignOn::address`] or [`SignOn::prove`] lends a
//! thread that may wait.
//!
//! Knows no page, cookie, session or row.

pub mod flow;
pub mod grants;
pub mod limits;
pub mod provider;
pub mod settings;

use std::sync::Arc;

pub use self::flow::Flow;
pub use self::grants::{Grant, Grants, Tenants};
pub use self::provider::Proof;
pub use self::settings::Settings;

use self::flow::Spent;
use self::provider::Provider;
use crate::clock::Clock;
use crate::error::Result;

/// Single sign-on as it is configured.
pub struct SignOn {
    /// What stands on the button.
    pub button: String,
    /// What gives rights.
    pub grants: Arc<Grants>,
    provider: Provider,
    spent: Spent,
}

impl SignOn {
    /// For these settings. `redirect` is the address of ours to which the provider sends people back. Nothing is asked of the provider yet.
    ///
    /// # Errors
    /// If `redirect` is no URL.
    pub fn new(settings: Settings, redirect: &str, clock: Clock) -> Result<Self> {
        let (button, grants) = (settings.button.clone(), Arc::clone(&settings.grants));
        Ok(Self { button, grants, provider: Provider::new(settings, redirect, clock)?, spent: Spent::default() })
    }

    /// The address of the provider's page on which somebody signs in. Asks the provider where that is, unless that is known.
    ///
    /// # Errors
    /// 503 if the provider cannot be reached, or says nothing that can be used.
    pub fn address(&self, flow: &Flow) -> Result<String> {
        self.provider.address(flow)
    }

    /// Who came back from the provider with this code. A flow comes back once.
    ///
    /// # Errors
    /// 401 if the flow came back before, or what the provider says proves nothing; 503 if it cannot be reached.
    pub fn prove(&self, flow: &Flow, code: &str) -> Result<Proof> {
        self.provider.prove(flow, code)
    }

    /// Notes that a flow came back. Says whether it is the first time.
    pub fn spend(&self, flow: &Flow) -> bool {
        self.spent.spend(flow)
    }

    /// Whether the provider calls itself so, where the way back says who sends (RFC 9207).
    pub fn is_issuer(&self, said: &str) -> bool {
        said == self.grants.issuer
    }
}
