//! A tenant on its server, as the commands of operators reach it, and reading what the server answers.
//!
//! Answers are read leniently: what is missing is left out, so that a newer server does not stop an older command.

use clap::Args;
use serde_json::Value;

use super::remote::{RemoteOptions, quoted};
use super::{plain_letters, say};
use crate::config::Environment;
use crate::error::{Error, Result};
use crate::limits::{ADMIN_PAGE_MAX, CLI_ITEMS_SHOWN};
use crate::remote::{Remote, segment};

/// The exit code of what has differences to show.
pub(super) const DIFFERENT: u8 = 3;

/// Which tenant, and where.
#[derive(Args)]
pub(super) struct Target {
    /// The tenant's id.
    #[arg(long, value_name = "TENANT")]
    tenant: String,
    #[command(flatten)]
    remote: RemoteOptions,
}

/// How much of a list is shown, and for whom.
#[derive(Args)]
pub(super) struct Listed {
    /// List everything, not only the first ones.
    #[arg(long)]
    pub(super) all: bool,
    /// Print everything that the server answers, as JSON.
    #[arg(long)]
    pub(super) json: bool,
}

/// A tenant on its server.
pub(super) struct Tenant {
    remote: Remote,
    path: String,
    options: String,
}

impl Target {
    pub(super) fn tenant(&self, environment: Environment) -> Result<Tenant> {
        let options = format!(" --tenant {}{}", quoted(&self.tenant), self.remote.again());
        Ok(Tenant { remote: self.remote.remote(environment)?, path: format!("/tenants/{}", segment(&self.tenant)), options })
    }
}

impl Listed {
    /// How many items of a list are wanted. Programs count on all of them.
    pub(super) fn most(&self) -> usize {
        if self.all || self.json { usize::MAX } else { CLI_ITEMS_SHOWN }
    }
}

impl Tenant {
    /// The options that name it and its server, each with a blank before it, for a command that is shown to be copied.
    pub(super) fn options(&self) -> &str {
        &self.options
    }

    pub(super) fn get(&self, path: &str) -> Result<Value> {
        Ok(self.remote.get(&self.below(path))?.body)
    }

    pub(super) fn post(&self, path: &str, body: &Value) -> Result<Value> {
        Ok(self.remote.post(&self.below(path), body)?.body)
    }

    pub(super) fn put(&self, path: &str, body: &Value) -> Result<Value> {
        Ok(self.remote.put(&self.below(path), body)?.body)
    }

    pub(super) fn delete(&self, path: &str) -> Result<()> {
        self.remote.delete(&self.below(path)).map(drop)
    }

    /// The first items of a list, at most `most`, and whether there are more.
    pub(super) fn list(&self, path: &str, most: usize) -> Result<(Vec<Value>, bool)> {
        self.list_of(path, "", most)
    }

    /// The same of those that pass a filter: a query parameter with its value, percent-encoded.
    pub(super) fn list_of(&self, path: &str, filter: &str, most: usize) -> Result<(Vec<Value>, bool)> {
        let limit = most.clamp(1, ADMIN_PAGE_MAX);
        let (mut found, mut next) = (Vec::new(), String::new());
        loop {
            let mut page = self.get(&format!("{path}?{filter}&limit={limit}{next}"))?;
            if let Some(Value::Array(items)) = page.get_mut("items").map(Value::take) {
                found.extend(items);
            }
            match page.get("nextCursor").and_then(Value::as_str) {
                Some(cursor) if found.len() < most => next = format!("&cursor={}", segment(cursor)),
                cursor => {
                    let more = cursor.is_some() || found.len() > most;
                    found.truncate(most);
                    return Ok((found, more));
                }
            }
        }
    }

    fn below(&self, path: &str) -> String {
        format!("{}{path}", self.path)
    }
}

/// Prints a document for programs.
pub(super) fn say_json(document: &Value) -> Result<()> {
    say(&serde_json::to_string_pretty(document).map_err(Error::internal)?)
}

/// Prints a line in which somebody else's text stands.
pub(super) fn say_plain(line: &str) -> Result<()> {
    say(&plain_letters(line))
}

/// A text of a document; empty if there is none.
pub(super) fn text<'a>(document: &'a Value, name: &str) -> &'a str {
    document.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A number of a document; 0 if there is none.
pub(super) fn number(document: &Value, name: &str) -> u64 {
    document.get(name).and_then(Value::as_u64).unwrap_or_default()
}

/// A list of a document; empty if there is none.
pub(super) fn items<'a>(document: &'a Value, name: &str) -> &'a [Value] {
    document.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// A count with its noun.
pub(super) fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// A reason with the policy that gave it, in parentheses; empty if there is none.
pub(super) fn because(reason: Option<&Value>) -> String {
    because_of(reason, false)
}

/// The same of a reason that may be one that falls away (`lifted`).
pub(super) fn because_of(reason: Option<&Value>, lifted: bool) -> String {
    let Some(reason) = reason else { return String::new() };
    let lifted = if lifted { "no longer: " } else { "" };
    match text(reason, "policy") {
        "" => format!("  ({lifted}{})", text(reason, "text")),
        policy => format!("  ({policy}: {lifted}{})", text(reason, "text")),
    }
}
