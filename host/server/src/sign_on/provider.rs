//! What is asked of the provider, and what of its answers is believed.
//!
//! The library checks issuer, audience, expiry, nonce and signature of an ID token, which has to be signed with a key that the provider publishes: what a client's
//! secret signs, or nothing, is not believed. Every answer is bounded in time and size, and no redirect is followed. Knows nothing of grants.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

use doorlist_scim::ErrorKind;
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm, CoreProviderMetadata, CoreResponseType, CoreRevocableToken, CoreRevocationErrorResponse,
    CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::url::Url;
use openidconnect::{
    AdditionalClaims, AuthType, AuthenticationFlow, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret, CsrfToken,
    DiscoveryError, EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, IdToken,
    IdTokenClaims, IdTokenFields, IdTokenVerifier, IssuerUrl, Nonce, OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl,
    RequestTokenError, Scope, SignatureVerificationError, StandardErrorResponse, StandardTokenResponse, UserInfoClaims,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use ureq::http::{Method, Request, Response};
use ureq::tls::RootCerts;

use super::flow::Flow;
use super::limits::{
    PERSON_CHARACTERS_MAX, PROVIDER_ANSWER_BYTES_MAX, PROVIDER_CONNECT_S_MAX, PROVIDER_FAILED_MS, PROVIDER_KEPT_MS, PROVIDER_S_MAX,
    SUBJECT_CHARACTERS_MAX,
};
use super::settings::{ClientAuthentication, Settings, is_safe};
use crate::activity::Person;
use crate::clock::{Clock, Timestamp};
use crate::error::{Error, Result};
use crate::remote::{agent, certificates};

/// How an ID token may be signed: with a key of the provider's.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// Claims beyond those that the standard names.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
struct Others(Map<String, Value>);

impl AdditionalClaims for Others {}

type Claims = IdTokenClaims<Others, CoreGenderClaim>;
type Token = IdToken<Others, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;
type Fields = IdTokenFields<Others, EmptyExtraTokenFields, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;
type Tokens = StandardTokenResponse<Fields, CoreTokenType>;
type Refusal = StandardErrorResponse<CoreErrorResponseType>;

/// The library's client: it knows where one signs in, and what else the provider said of itself.
type Client = openidconnect::Client<
    Others,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    Refusal,
    Tokens,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// Who somebody proved to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// Who.
    pub person: Person,
    /// The values of the claim that decides.
    pub values: Vec<String>,
}

/// The provider as it is configured, and what it said of itself.
pub(super) struct Provider {
    settings: Settings,
    redirect: RedirectUrl,
    clock: Clock,
    agent: ureq::Agent,
    known: Mutex<Known>,
}

/// What the provider said of itself.
#[derive(Default)]
struct Known {
    metadata: Option<(Arc<CoreProviderMetadata>, Timestamp)>,
    /// When it was last asked in vain.
    failed: Option<Timestamp>,
}

/// Why a request got no answer.
#[derive(Debug)]
enum Failure {
    /// Its address is open to whoever listens.
    Unsafe(String),
    Http(ureq::Error),
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsafe(address) => write!(formatter, "{address} is neither https nor on loopback"),
            Self::Http(cause) => cause.fmt(formatter),
        }
    }
}

impl std::error::Error for Failure {}

impl Provider {
    pub(super) fn new(settings: Settings, redirect: &str, clock: Clock) -> Result<Self> {
        let roots = match &settings.ca {
            Some(pem) => RootCerts::Specific(Arc::new(certificates("caFile", pem)?)),
            None => RootCerts::WebPki,
        };
        let agent = agent(roots, PROVIDER_CONNECT_S_MAX, PROVIDER_S_MAX);
        let redirect = RedirectUrl::new(redirect.to_owned())
            .map_err(|_| Error::invalid("The public URL is none that a provider could send people to."))?;
        Ok(Self { settings, redirect, clock, agent, known: Mutex::default() })
    }

    /// As [`super::SignOn::address`].
    pub(super) fn address(&self, flow: &Flow) -> Result<String> {
        let metadata = self.metadata()?;
        let client = self.client(&metadata);
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(flow.verifier()));
        let (state, nonce) = (CsrfToken::new(flow.state()), Nonce::new(flow.nonce()));
        let code = AuthenticationFlow::<CoreResponseType>::AuthorizationCode;
        let scopes = self.settings.scopes.iter().cloned().map(Scope::new);
        let (address, _, _) = client.authorize_url(code, || state, || nonce).add_scopes(scopes).set_pkce_challenge(challenge).url();
        Ok(address.into())
    }

    /// As [`super::SignOn::prove`].
    pub(super) fn prove(&self, flow: &Flow, code: &str) -> Result<Proof> {
        let metadata = self.metadata()?;
        let client = self.client(&metadata);
        let http = |request| self.fetch(request);
        let asked = client.exchange_code(AuthorizationCode::new(code.to_owned())).map_err(unusable)?;
        let tokens = asked.set_pkce_verifier(PkceCodeVerifier::new(flow.verifier())).request(&http).map_err(refused)?;
        let token = tokens.extra_fields().id_token().ok_or_else(|| unproved("the answer has no ID token"))?;
        let nonce = Nonce::new(flow.nonce());
        let claims = match self.checked(&metadata, token, &nonce) {
            // A provider may have new keys at any time (OpenID Connect Core 1.0 section 10.1.1).
            Err(ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey)) => {
                let metadata = self.discover()?;
                self.checked(&metadata, token, &nonce)
            }
            checked => checked,
        };
        let claims = claims.map_err(unproved)?;
        if claims.authorized_party().is_some_and(|party| party.as_str() != self.settings.client_id) {
            return Err(unproved("the ID token is for another client"));
        }
        self.proof(&client, &tokens, claims)
    }

    /// The claims of an ID token that holds.
    fn checked<'t>(&self, metadata: &CoreProviderMetadata, token: &'t Token, nonce: &Nonce) -> Result<&'t Claims, ClaimsVerificationError> {
        let clock = self.clock.clone();
        let now = move || (UNIX_EPOCH + Duration::from_millis(u64::try_from(clock.now().as_millis()).unwrap_or(0))).into();
        // Without the secret, so that nothing that a client could have signed is believed.
        let client_id = ClientId::new(self.settings.client_id.clone());
        let verifier = IdTokenVerifier::new_public_client(client_id, metadata.issuer().clone(), metadata.jwks().clone());
        token.claims(&verifier.set_allowed_algs(ALGORITHMS).set_time_fn(now), nonce)
    }

    /// Who it is, and what the claim says that decides. What the ID token leaves out is asked for (OpenID Connect Core 1.0 section 5.3).
    fn proof(&self, client: &Client, tokens: &Tokens, claims: &Claims) -> Result<Proof> {
        let subject = claims.subject().as_str().to_owned();
        if subject.is_empty() || subject.chars().count() > SUBJECT_CHARACTERS_MAX || subject.chars().any(char::is_control) {
            return Err(unproved("the subject identifier is none"));
        }
        let mut all = serde_json::to_value(claims).map_err(Error::internal)?;
        let (claim, has) = (&self.settings.grants.claim, |all: &Value, name: &str| all.get(name).is_some_and(|value| !value.is_null()));
        let is_named = has(&all, "name") || has(&all, "email");
        if (!has(&all, claim) || !is_named) && client.user_info_url().is_some() {
            let http = |request| self.fetch(request);
            let asked = client.user_info(tokens.access_token().clone(), Some(claims.subject().clone())).map_err(unusable)?;
            let said: UserInfoClaims<Others, CoreGenderClaim> = asked.request(&http).map_err(unproved)?;
            let said = serde_json::to_value(&said).map_err(Error::internal)?;
            for name in [claim, "name", "preferred_username", "email"] {
                if let Some(value) = said.get(name).filter(|_| !has(&all, name)) {
                    all[name] = value.clone();
                }
            }
        }
        let text = |name: &str| all.get(name).and_then(Value::as_str).map(kept).filter(|text| !text.is_empty());
        let person = Person { subject, name: text("name").or_else(|| text("preferred_username")), email: text("email") };
        let values = match all.get(claim) {
            Some(Value::String(one)) => vec![one.clone()],
            Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => Vec::new(),
        };
        Ok(Proof { person, values })
    }

    fn client(&self, metadata: &CoreProviderMetadata) -> Client {
        let settings = &self.settings;
        let secret = settings.client_secret.as_ref().map(|secret| ClientSecret::new(secret.reveal().to_owned()));
        let authentication = match settings.client_authentication {
            ClientAuthentication::Basic => AuthType::BasicAuth,
            ClientAuthentication::Post => AuthType::RequestBody,
        };
        Client::from_provider_metadata(metadata.clone(), ClientId::new(settings.client_id.clone()), secret)
            .set_redirect_uri(self.redirect.clone())
            .set_auth_type(authentication)
    }

    /// What the provider says of itself, as of not too long ago.
    fn metadata(&self) -> Result<Arc<CoreProviderMetadata>> {
        // Held while the provider is asked, so that one asks for all who wait.
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        if let Some((metadata, at)) = &known.metadata
            && now < at.plus_millis(PROVIDER_KEPT_MS)
        {
            return Ok(Arc::clone(metadata));
        }
        if known.failed.is_some_and(|at| now < at.plus_millis(PROVIDER_FAILED_MS)) {
            return Err(unreachable());
        }
        match self.ask() {
            Ok(metadata) => {
                *known = Known { metadata: Some((Arc::clone(&metadata), now)), failed: None };
                Ok(metadata)
            }
            Err(error) => {
                known.failed = Some(self.clock.now());
                Err(error)
            }
        }
    }

    /// What the provider says of itself now.
    fn discover(&self) -> Result<Arc<CoreProviderMetadata>> {
        let metadata = self.ask()?;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        *known = Known { metadata: Some((Arc::clone(&metadata), self.clock.now())), failed: None };
        Ok(metadata)
    }

    fn ask(&self) -> Result<Arc<CoreProviderMetadata>> {
        let issuer = IssuerUrl::new(self.settings.grants.issuer.clone()).map_err(unusable)?;
        let metadata = CoreProviderMetadata::discover(&issuer, &|request| self.fetch(request)).map_err(|cause| match cause {
            DiscoveryError::Request(cause) => unfetched(cause),
            cause => unusable(cause),
        })?;
        if !is_safe(metadata.authorization_endpoint().url()) {
            return Err(unusable(Failure::Unsafe(metadata.authorization_endpoint().to_string())));
        }
        Ok(Arc::new(metadata))
    }

    /// One request to the provider.
    fn fetch(&self, request: HttpRequest) -> Result<HttpResponse, Failure> {
        let address = request.uri().to_string();
        if !Url::parse(&address).is_ok_and(|url| is_safe(&url)) {
            return Err(Failure::Unsafe(address));
        }
        let (parts, body) = request.into_parts();
        let answer = if parts.method == Method::GET {
            self.agent.run(Request::from_parts(parts, ()))
        } else {
            self.agent.run(Request::from_parts(parts, body))
        };
        let (parts, mut body) = answer.map_err(Failure::Http)?.into_parts();
        let bytes = body.with_config().limit(PROVIDER_ANSWER_BYTES_MAX).read_to_vec().map_err(Failure::Http)?;
        Ok(Response::from_parts(parts, bytes))
    }
}

/// A text of the provider's as it is kept: one line, and not too long.
fn kept(text: &str) -> String {
    let line: String = text.chars().filter(|letter| !letter.is_control()).take(PERSON_CHARACTERS_MAX).collect();
    line.trim().to_owned()
}

/// Why no code became tokens.
fn refused(error: RequestTokenError<Failure, Refusal>) -> Error {
    match error {
        RequestTokenError::Request(cause) => unfetched(cause),
        RequestTokenError::ServerResponse(said) if *said.error() == CoreErrorResponseType::InvalidGrant => {
            Error::new(ErrorKind::Unauthorized, "The provider no longer knows of this sign-in. Sign in again.")
        }
        RequestTokenError::ServerResponse(said) if *said.error() == CoreErrorResponseType::InvalidClient => {
            unusable(RequestTokenError::<Failure, Refusal>::ServerResponse(said))
        }
        cause => unproved(cause),
    }
}

/// Why no answer came.
fn unfetched(cause: Failure) -> Error {
    match cause {
        Failure::Unsafe(_) => unusable(cause),
        Failure::Http(_) => unreachable().with_cause(cause),
    }
}

fn unreachable() -> Error {
    Error::new(ErrorKind::Unavailable, "The provider of single sign-on cannot be reached. Try again later, or sign in with an API key.")
}

/// The provider is there and says what nothing can be done with, which somebody has to set right.
fn unusable(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    let detail =
        "Single sign-on is not set up as its provider needs it. The server's log says what is wrong. Sign in with an API key meanwhile.";
    Error::new(ErrorKind::Unavailable, detail).with_cause(cause)
}

/// What came proves nothing.
fn unproved(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::new(
        ErrorKind::Unauthorized,
        "What the provider of single sign-on answered proves nothing. The server's log says why. Sign in again.",
    )
    .with_cause(cause)
}
