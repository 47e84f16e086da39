//! What the program was told: the environment and the options, resolved once into decisions.
//!
//! The only place that reads the environment. Knows nothing of what is done with a decision.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::limits::{CACHE_BYTES_DEFAULT, URL_BYTES_MAX};
use crate::sign_on;

/// Name of the variable with an operator key.
pub const OPERATOR_KEY: &str = "DOORLIST_OPERATOR_KEY";

/// Name of the variable that says what is logged.
pub const LOG: &str = "DOORLIST_LOG";

/// What is logged if nothing is said.
const LOG_DEFAULT: &str = "info";

/// What the environment says.
#[derive(Clone, Debug)]
pub struct Environment {
    /// An operator key that reaches everything, for this run.
    pub operator_key: Option<Hidden>,
    /// What is logged, as a filter of `tracing`.
    pub log: String,
}

/// Text that must not get into a log.
#[derive(Clone)]
pub struct Hidden(String);

impl Hidden {
    /// Hides a text.
    pub(crate) fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The text.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Hidden {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Hidden")
    }
}

impl Environment {
    /// Reads it.
    ///
    /// # Errors
    /// If a variable is not UTF-8.
    pub fn read() -> Result<Self> {
        Ok(Self { operator_key: variable(OPERATOR_KEY)?.map(Hidden), log: variable(LOG)?.unwrap_or_else(|| LOG_DEFAULT.to_owned()) })
    }
}

/// A variable; one that is empty counts as absent.
fn variable(name: &str) -> Result<Option<String>> {
    match std::env::var(name) {
        Ok(value) => Ok(Some(value).filter(|value| !value.is_empty())),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => Err(Error::invalid(format!("{name} is not UTF-8."))),
    }
}

/// How the server is to run.
#[derive(Clone, Debug)]
pub struct Serve {
    /// Where it listens. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where its data lies.
    pub data_dir: PathBuf,
    /// How clients reach it; what it listens on if that is not said.
    pub public_url: Option<String>,
    /// Bytes of the data that are held in memory.
    pub cache_bytes: usize,
    /// SCIM requests per second that one connection may send for long; 0 for no limit.
    pub scim_rate: u32,
    /// An operator key that reaches everything, for this run.
    pub operator_key: Option<Hidden>,
    /// How operators sign in by an OpenID provider, if they can.
    pub sign_on: Option<sign_on::Settings>,
}

impl Serve {
    /// Decides from options and environment. `cache_mib` is in mebibytes, `sign_on` a file.
    ///
    /// # Errors
    /// If the public URL is none that links can be made from, or the file does not configure single sign-on.
    pub fn resolve(
        listen: SocketAddr,
        data_dir: PathBuf,
        public_url: Option<String>,
        cache_mib: Option<u32>,
        scim_rate: u32,
        sign_on: Option<&Path>,
        environment: Environment,
    ) -> Result<Self> {
        let public_url = public_url.map(|url| check_url("public", &url)).transpose()?;
        let cache_bytes = cache_mib.map_or(CACHE_BYTES_DEFAULT, |mib| (mib as usize) << 20);
        let sign_on = sign_on.map(sign_on::Settings::read).transpose()?;
        Ok(Self { listen, data_dir, public_url, cache_bytes, scim_rate, operator_key: environment.operator_key, sign_on })
    }
}

/// A URL without a slash at its end. `whose` says in the refusal which one it is.
///
/// # Errors
/// If it is none of HTTP with a host, or has a user, a query or a fragment.
pub(crate) fn check_url(whose: &str, url: &str) -> Result<String> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let host = rest.and_then(|rest| rest.split('/').next()).unwrap_or_default();
    let plain = url.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#\\\"<>@".contains(&byte));
    if host.is_empty() || !plain || url.len() > URL_BYTES_MAX {
        return Err(Error::invalid(format!("The {whose} URL has to be like https://doorlist.example.com, without query and fragment.")));
    }
    Ok(url.trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_urls_are_those_that_links_can_be_made_from() {
        for (url, expected) in [
            ("https://doorlist.example.com", Some("https://doorlist.example.com")),
            ("https://doorlist.example.com/", Some("https://doorlist.example.com")),
            ("http://localhost:8080/door//", Some("http://localhost:8080/door")),
            ("http://[::1]:8080", Some("http://[::1]:8080")),
            ("doorlist.example.com", None),
            ("ftp://doorlist.example.com", None),
            ("https://", None),
            ("https:///path", None),
            ("https://user@example.com", None),
            ("https://example.com/?a=b", None),
            ("https://example.com/#a", None),
            ("https://example.com/a b", None),
            ("https://exämple.com", None),
        ] {
            assert_eq!(check_url("public", url).ok().as_deref(), expected, "{url}");
        }
    }

    #[test]
    fn a_hidden_text_stays_out_of_logs() {
        assert_eq!(format!("{:?}", Hidden("open sesame".to_owned())), "Hidden");
    }
}
