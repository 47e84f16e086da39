//! The file that configures single sign-on.
//!
//! Read once, when the server starts; what is wrong with it stops the start. Asks nothing of the provider, which may be down meanwhile.

use std::fs::File as OpenFile;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use openidconnect::url::{Host, Url};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::grants::{Grant, Grants, Tenants};
use super::limits::{
    BUTTON_CHARACTERS_MAX, CLIENT_SECRET_BYTES_MAX, GRANTS_MAX, SCOPE_CHARACTERS_MAX, SCOPES_MAX, SIGN_ON_CA_BYTES_MAX,
    SIGN_ON_FILE_BYTES_MAX, SIGN_ON_TEXT_CHARACTERS_MAX,
};
use crate::config::Hidden;
use crate::error::{Error, Result};
use crate::limits::URL_BYTES_MAX;

/// Single sign-on by OpenID Connect, as its file has it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "Single sign-on")]
pub struct File {
    /// Where editors find the JSON Schema of this file; means nothing here.
    #[serde(rename = "$schema", default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// The provider's issuer, to the letter as it calls itself in `{issuer}/.well-known/openid-configuration`: a slash at the end counts. `https`, but on loopback.
    pub issuer: String,
    /// The id that the provider gave this server as a client.
    pub client_id: String,
    /// A file with the client's secret and nothing else, relative to this one. Without it the client is a public one, which PKCE alone protects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret_file: Option<PathBuf>,
    /// How the secret is shown to the provider. Without it: `basic`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_authentication: Option<ClientAuthentication>,
    /// What is asked for beside `openid`.
    #[serde(default = "default_scopes")]
    pub scopes: Vec<String>,
    /// The claim whose value decides: a text or a list of texts. It is looked for in the ID token, then at the provider's UserInfo endpoint.
    #[serde(default = "default_claim")]
    pub claim: String,
    /// What stands on the button of the sign-in page.
    #[serde(default = "default_button")]
    pub button: String,
    /// A file with certificates of CAs in PEM, relative to this one, by which the provider is believed in place of the public ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    /// Which values of the claim give what. Whoever has none of them is not let in; whoever has several has everything that they give, with the strongest role in each
    /// tenant.
    #[schemars(length(min = 1, max = GRANTS_MAX))]
    pub grants: Vec<Grant>,
}

/// How a client shows its secret at the token endpoint (OpenID Connect Core 1.0 section 9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ClientAuthentication {
    /// In a header: `client_secret_basic`.
    Basic,
    /// In the body: `client_secret_post`.
    Post,
}

fn default_scopes() -> Vec<String> {
    vec!["profile".to_owned(), "email".to_owned()]
}

fn default_claim() -> String {
    "groups".to_owned()
}

fn default_button() -> String {
    "Sign in with single sign-on".to_owned()
}

/// What the file decides.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The id that the provider gave this server as a client.
    pub client_id: String,
    /// The client's secret; a public client has none.
    pub client_secret: Option<Hidden>,
    /// How it is shown.
    pub client_authentication: ClientAuthentication,
    /// What is asked for beside `openid`.
    pub scopes: Vec<String>,
    /// What stands on the button.
    pub button: String,
    /// Certificates in PEM by which the provider is believed; without them, the public CAs.
    pub ca: Option<Vec<u8>>,
    /// What gives rights.
    pub grants: Arc<Grants>,
}

impl Settings {
    /// Reads the file at `path`, and the files that it names.
    ///
    /// # Errors
    /// If one cannot be read, or says what cannot be done; with the place of it.
    pub fn read(path: &Path) -> Result<Self> {
        let shown = path.display();
        let bytes = bytes_of(path, SIGN_ON_FILE_BYTES_MAX)?;
        let file: File = serde_json::from_slice(&bytes)
            .map_err(|cause| Error::invalid(format!("{shown} does not configure single sign-on: {cause}.")))?;
        file.resolve(path).map_err(|wrong| match wrong {
            Wrong::At(pointer, message) => Error::invalid(format!("{shown} does not configure single sign-on. {pointer}: {message}")),
            Wrong::File(error) => error,
        })
    }
}

/// What is wrong with the file: at a JSON Pointer in it, or with a file that it names.
enum Wrong {
    At(String, String),
    File(Error),
}

fn wrong<T>(pointer: &str, message: impl Into<String>) -> Result<T, Wrong> {
    Err(Wrong::At(pointer.to_owned(), message.into()))
}

impl File {
    fn resolve(self, path: &Path) -> Result<Settings, Wrong> {
        check_issuer(&self.issuer)?;
        check_text("/clientId", &self.client_id)?;
        check_text("/claim", &self.claim)?;
        let button = self.button.trim();
        if button.is_empty() || button.chars().count() > BUTTON_CHARACTERS_MAX || button.chars().any(char::is_control) {
            return wrong("/button", format!("This has to be one line of 1 to {BUTTON_CHARACTERS_MAX} characters."));
        }
        check_scopes(&self.scopes)?;
        check_grants(&self.grants)?;
        if self.client_authentication.is_some() && self.client_secret_file.is_none() {
            return wrong("/clientAuthentication", "Without clientSecretFile there is nothing to show to the provider.");
        }
        let beside = |name: &PathBuf| path.parent().unwrap_or(Path::new("")).join(name);
        let secret = self.client_secret_file.as_ref().map(|name| secret_of(&beside(name))).transpose().map_err(Wrong::File)?;
        let ca = self.ca_file.as_ref().map(|name| bytes_of(&beside(name), SIGN_ON_CA_BYTES_MAX)).transpose().map_err(Wrong::File)?;
        Ok(Settings {
            client_id: self.client_id,
            client_secret: secret,
            client_authentication: self.client_authentication.unwrap_or(ClientAuthentication::Basic),
            scopes: self.scopes.into_iter().filter(|scope| scope != "openid").collect(),
            button: button.to_owned(),
            ca,
            grants: Arc::new(Grants { issuer: self.issuer, claim: self.claim, all: self.grants }),
        })
    }
}

fn check_issuer(issuer: &str) -> Result<(), Wrong> {
    let url = match Url::parse(issuer) {
        Ok(url) if issuer.len() <= URL_BYTES_MAX => url,
        _ => return wrong("/issuer", "This has to be a URL, as in https://id.example.com."),
    };
    // OpenID Connect Discovery 1.0 section 3: neither query nor fragment.
    if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() || url.password().is_some() {
        return wrong("/issuer", "An issuer has neither user, query nor fragment.");
    }
    if !is_safe(&url) {
        return wrong("/issuer", "This has to begin with https://. Only a provider on this machine, on loopback, may do without TLS.");
    }
    Ok(())
}

/// Whether what is sent there stays between the two: by TLS, or on this machine.
pub(super) fn is_safe(url: &Url) -> bool {
    let is_loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    url.scheme() == "https" && url.host().is_some() || url.scheme() == "http" && is_loopback
}

fn check_text(pointer: &str, text: &str) -> Result<(), Wrong> {
    if text.is_empty() || text.chars().count() > SIGN_ON_TEXT_CHARACTERS_MAX || text.chars().any(char::is_control) {
        return wrong(pointer, format!("This has to be one line of 1 to {SIGN_ON_TEXT_CHARACTERS_MAX} characters."));
    }
    Ok(())
}

fn check_scopes(scopes: &[String]) -> Result<(), Wrong> {
    if scopes.len() > SCOPES_MAX {
        return wrong("/scopes", format!("There are more than {SCOPES_MAX} entries."));
    }
    for (at, scope) in scopes.iter().enumerate() {
        // RFC 6749 section 3.3.
        let is_token = scope.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\');
        if scope.is_empty() || scope.len() > SCOPE_CHARACTERS_MAX || !is_token {
            return wrong(&format!("/scopes/{at}"), "This is no scope: one word without quotes and backslashes.");
        }
    }
    Ok(())
}

fn check_grants(grants: &[Grant]) -> Result<(), Wrong> {
    if grants.is_empty() || grants.len() > GRANTS_MAX {
        return wrong("/grants", format!("There have to be 1 to {GRANTS_MAX} entries: without one nobody is let in."));
    }
    for (at, grant) in grants.iter().enumerate() {
        check_text(&format!("/grants/{at}/value"), &grant.value)?;
        if grant.tenants == Tenants::These(Vec::new()) {
            return wrong(&format!("/grants/{at}/tenants"), "This has to be \"all\" or to name a tenant.");
        }
    }
    Ok(())
}

/// The text of a file with a secret, without the end of its line.
fn secret_of(path: &Path) -> Result<Hidden> {
    let bytes = bytes_of(path, CLIENT_SECRET_BYTES_MAX)?;
    let text = String::from_utf8(bytes).unwrap_or_default();
    let text = text.trim_end_matches(['\r', '\n']);
    // RFC 6749 appendix A.2.
    if text.is_empty() || !text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return Err(Error::invalid(format!("{} has to hold the client's secret, on one line and nothing else.", path.display())));
    }
    Ok(Hidden::new(text))
}

fn bytes_of(path: &Path, most: u64) -> Result<Vec<u8>> {
    let shown = path.display();
    let unreadable = |cause: std::io::Error| Error::invalid(format!("{shown} cannot be read.")).with_cause(cause);
    let mut bytes = Vec::new();
    OpenFile::open(path).map_err(unreadable)?.take(most + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > most {
        return Err(Error::invalid(format!("{shown} has more than {most} bytes.")));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use schemars::generate::SchemaSettings;
    use serde_json::{Value, json};

    use super::*;

    /// The copy for whoever writes the file, beside the sources.
    const COPY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../schemas/single-sign-on.schema.json");

    #[test]
    fn the_schema_of_single_sign_on_has_a_copy_that_says_the_same() {
        let schema = SchemaSettings::draft2020_12().for_deserialize().into_generator().into_root_schema_for::<File>();
        let mut text = serde_json::to_string_pretty(&schema).unwrap();
        text.push('\n');
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(COPY, &text).unwrap();
        }
        let copy = std::fs::read_to_string(COPY).unwrap_or_default();
        assert!(copy == text, "schemas/single-sign-on.schema.json is out of date: run the tests once with UPDATE=1");
    }

    #[test]
    fn what_the_file_cannot_say_is_told_with_its_place() {
        let good =
            json!({"issuer": "https://id.example.com/", "clientId": "door", "grants": [{"value": "a", "role": "owner", "tenants": "all"}]});
        let said = |change: (&str, Value)| {
            let mut text = good.clone();
            text[change.0] = change.1;
            let file = serde_json::from_value::<File>(text).map_err(|error| error.to_string())?;
            file.resolve(Path::new("sign-on.json")).map(drop).map_err(|wrong| match wrong {
                Wrong::At(pointer, _) => pointer,
                Wrong::File(error) => error.to_string(),
            })
        };
        let grant = |tenants: Value| json!([{"value": "a", "role": "owner", "tenants": tenants}]);
        for (name, value, expected) in [
            ("$schema", json!("x"), ""),
            ("issuer", json!("http://127.0.0.1:9/op"), ""),
            ("issuer", json!("http://localhost:9"), ""),
            ("issuer", json!("http://id.example.com"), "/issuer"),
            ("issuer", json!("http://localhost.example.com"), "/issuer"),
            ("issuer", json!("https://id.example.com/?a=b"), "/issuer"),
            ("issuer", json!("https://me@id.example.com/"), "/issuer"),
            ("issuer", json!("id.example.com"), "/issuer"),
            ("issuer", json!("file:///etc/passwd"), "/issuer"),
            ("clientId", json!(""), "/clientId"),
            ("claim", json!("a\nb"), "/claim"),
            ("button", json!(" "), "/button"),
            ("scopes", json!(["a b"]), "/scopes/0"),
            ("clientAuthentication", json!("post"), "/clientAuthentication"),
            ("clientSecretFile", json!("/nothing/there"), "/nothing/there cannot be read."),
            ("grants", json!([]), "/grants"),
            ("grants", grant(json!([])), "/grants/0/tenants"),
            ("grants", grant(json!("some")), "\"all\" or a list of ids of tenants"),
            ("grants", grant(json!(["acme"])), "\"acme\" is no id of a tenant"),
            ("grants", grant(json!(["0198c5a8-7b00-7000-8000-000000000001"])), ""),
            ("grants", json!([{"value": "a", "role": "root", "tenants": "all"}]), "unknown variant `root`"),
            ("colour", json!("red"), "unknown field `colour`"),
        ] {
            let refused = said((name, value.clone())).err().unwrap_or_default();
            assert!(if expected.is_empty() { refused.is_empty() } else { refused.contains(expected) }, "{name} {value}: {refused}");
        }
    }
}
