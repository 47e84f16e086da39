//! Options of the commands that speak to a server as an operator.

use std::path::PathBuf;

use clap::Args;

use crate::config::{Environment, OPERATOR_KEY};
use crate::error::{Error, Result};
use crate::kit::file;
use crate::limits::CA_FILE_BYTES_MAX;
use crate::remote::Remote;

/// The server that is meant if none is named.
const SERVER: &str = "http://127.0.0.1:8080";

/// Which server, and whom to believe that it is the one. The key comes from the environment, since other users of a machine see options.
#[derive(Args)]
pub(super) struct RemoteOptions {
    /// The server's URL.
    #[arg(long, value_name = "URL", default_value = SERVER)]
    server: String,
    /// A file with certificates in PEM: those of the CAs that an https server's certificate has to be from.
    ///
    /// Without it, those that browsers trust.
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
}

impl RemoteOptions {
    /// The server, with the key that the environment says.
    ///
    /// # Errors
    /// If no key is given, the URL is none, or the file of certificates cannot be read.
    pub(super) fn remote(&self, environment: Environment) -> Result<Remote> {
        let absent = || Error::invalid(format!("No key is given: {OPERATOR_KEY} in the environment says it."));
        let key = environment.operator_key.ok_or_else(absent)?;
        let ca = self.ca.as_deref().map(|path| file::read(path, CA_FILE_BYTES_MAX)).transpose()?;
        Remote::new(&self.server, key, ca.as_deref())
    }

    /// The same options again, each with a blank before it, for a command that is shown to be copied.
    pub(super) fn again(&self) -> String {
        let server = if self.server == SERVER { String::new() } else { format!(" --server {}", quoted(&self.server)) };
        let ca = self.ca.as_ref().map(|ca| format!(" --ca {}", quoted(&ca.to_string_lossy())));
        server + &ca.unwrap_or_default()
    }
}

/// A word as a shell takes it for one.
pub(super) fn quoted(word: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:@%+,=".contains(&byte);
    if !word.is_empty() && word.bytes().all(is_plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_shell_takes_a_word_for_one() {
        for (word, expected) in [("a-b.pem", "a-b.pem"), ("", "''"), ("a b", "'a b'"), ("it's", "'it'\\''s'"), ("$HOME", "'$HOME'")] {
            assert_eq!(quoted(word), expected);
        }
    }
}
