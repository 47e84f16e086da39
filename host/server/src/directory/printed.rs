//! What a plugin printed about whom, read from decisions: each keeps what was printed when it was concluded.
//!
//! Knows nothing of the sandbox that it was printed in.

use schemars::JsonSchema;
use serde::Serialize;

use super::decision::{self, Decision, SubjectKind};
use super::monitor::SubjectPlace;
use super::wanted::through_decisions;
use crate::clock::Timestamp;
use crate::error::Result;
use crate::id::Id;
use crate::store::Rows;
use crate::store::layout::{GROUP, USER};

/// What a plugin printed when it was last asked about a user or group, and how it failed there, if it did.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Printed {
    /// User or group.
    pub kind: SubjectKind,
    /// Its SCIM id.
    pub scim_id: Id,
    /// The connection it came by.
    pub connection: Id,
    /// Its `userName` or `displayName` at the identity provider.
    pub name: String,
    /// The lines, in their order, of every policy that is made of the plugin.
    pub lines: Vec<String>,
    /// How it failed, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// When that was concluded.
    pub at: Timestamp,
}

/// At most `limit` users and groups behind `after` about which a plugin's revision printed something or failed, connection by connection, and behind which the next page
/// begins, if there may be more. Looks through a bounded number of decisions. Not for threads that run async code.
///
/// # Errors
/// If the disk refuses.
pub fn printed(
    rows: &impl Rows,
    (plugin, version): (&str, &str),
    after: Option<SubjectPlace>,
    limit: usize,
) -> Result<(Vec<Printed>, Option<SubjectPlace>)> {
    let connections = decision::connections(rows)?;
    through_decisions(rows, (&connections, &[GROUP, USER]), after, limit, |_, decision| Ok(of(decision, plugin, version)))
}

/// What of a decision is a plugin's.
fn of(decision: Decision, plugin: &str, version: &str) -> Option<Printed> {
    let Decision { kind, scim_id, connection, name, verdicts, at, .. } = decision;
    let own: Vec<_> = verdicts.into_iter().filter(|verdict| verdict.plugin == plugin && verdict.version == version).collect();
    let fault = own.iter().find_map(|verdict| verdict.fault.clone());
    let lines: Vec<String> = own.into_iter().flat_map(|verdict| verdict.log).collect();
    (fault.is_some() || !lines.is_empty()).then_some(Printed { kind, scim_id, connection, name, lines, fault, at })
}
