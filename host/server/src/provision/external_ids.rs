//! Whether the `externalId`s of a connection's users stay what they are, as those of a client that maps them well do (RFC 7643 section 3.1).
//!
//! One bounded row of each connection, written with the change that it tells of. A user who changes it once may have been put right, and one who is deleted and
//! made again may be the user with whom JumpCloud tests a connection, each time under another id: only what happens again, or to several, counts. Knows nothing
//! of what is done about it.

use doorlist_scim::Resource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Scope;
use crate::clock::Timestamp;
use crate::error::Result;
use crate::id::Id;
use crate::limits::{EXTERNAL_ID_CHANGE_MS_MAX, EXTERNAL_ID_CHARACTERS_KEPT, EXTERNAL_ID_USERS_KEPT};
use crate::store::{Rows, Tx, layout};

/// What is kept.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Row {
    /// Users whose `externalId` changed, the first ones, with how often it did.
    changed: Vec<(Id, u32)>,
    /// Names of users who came again under another one.
    returned: Vec<String>,
    /// Users who were deleted last, the last one last: name and `externalId`.
    deleted: Vec<(String, String)>,
    /// When an `externalId` last became another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    noted: Option<Timestamp>,
    /// The last one of those that count.
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<ExternalIdChange>,
}

/// An `externalId` that became another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExternalIdChange {
    /// Whose.
    pub user_name: String,
    /// What it was, cut to a bound.
    pub before: String,
    /// What it became, cut to a bound.
    pub after: String,
    /// When.
    pub at: Timestamp,
}

/// Users of a connection whose `externalId` does not stay what it is. Some of them, if there are many.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChangingExternalIds {
    /// Users whose `externalId` changed more than once.
    pub changed: usize,
    /// Users who were deleted and made again, with the same userName and another `externalId`.
    pub returned: usize,
    /// The last one.
    pub last: ExternalIdChange,
}

impl ChangingExternalIds {
    /// Whether it happened so lately that it may happen again.
    pub fn is_recent(&self, now: Timestamp) -> bool {
        now < self.last.at.plus_millis(EXTERNAL_ID_CHANGE_MS_MAX)
    }
}

impl Row {
    fn read(rows: &impl Rows, scope: Scope) -> Result<Option<Self>> {
        rows.json(&layout::external_ids(scope.connection))
    }

    fn write(&self, tx: &mut Tx<'_>, scope: Scope) -> Result<()> {
        tx.put_json(&layout::external_ids(scope.connection), self)
    }

    /// Takes note of a change, of which `count` says whether it counts. What was known long before has passed.
    fn note(&mut self, change: ExternalIdChange, count: impl FnOnce(&mut Self) -> bool) {
        if self.noted.is_some_and(|noted| change.at >= noted.plus_millis(EXTERNAL_ID_CHANGE_MS_MAX)) {
            (self.changed, self.returned) = (Vec::new(), Vec::new());
        }
        self.noted = Some(change.at);
        if count(self) {
            self.last = Some(change);
        }
    }

    /// How many came again under another one. One alone may be the user with whom a connection is tested.
    fn returned(&self) -> usize {
        if self.returned.len() > 1 { self.returned.len() } else { 0 }
    }
}

/// A text of a resource, cut to a bound.
fn kept(resource: &Resource, name: &str) -> String {
    let text = resource.get(name).and_then(Value::as_str).unwrap_or_default().trim();
    text.chars().take(EXTERNAL_ID_CHARACTERS_KEPT).collect()
}

fn change(resource: &Resource, before: String, now: Timestamp) -> Option<ExternalIdChange> {
    let after = kept(resource, "externalId");
    let is_another = !before.is_empty() && !after.is_empty() && before != after;
    is_another.then(|| ExternalIdChange { user_name: kept(resource, "userName"), before, after, at: now })
}

/// A user has changed.
pub(super) fn changed(tx: &mut Tx<'_>, scope: Scope, id: Id, (before, after): (&Resource, &Resource), now: Timestamp) -> Result<()> {
    let Some(change) = change(after, kept(before, "externalId"), now) else { return Ok(()) };
    let mut row = Row::read(tx, scope)?.unwrap_or_default();
    row.note(change, |row| match row.changed.iter_mut().find(|(known, _)| *known == id) {
        Some((_, times)) => {
            *times = times.saturating_add(1);
            true
        }
        None => {
            if row.changed.len() < EXTERNAL_ID_USERS_KEPT {
                row.changed.push((id, 1));
            }
            false
        }
    });
    row.write(tx, scope)
}

/// A user has come.
pub(super) fn came(tx: &mut Tx<'_>, scope: Scope, user: &Resource, now: Timestamp) -> Result<()> {
    let Some(mut row) = Row::read(tx, scope)?.filter(|row| !row.deleted.is_empty()) else { return Ok(()) };
    let name = kept(user, "userName").to_lowercase();
    let Some(place) = row.deleted.iter().rposition(|(gone, _)| *gone == name) else { return Ok(()) };
    let (_, before) = row.deleted.remove(place);
    if let Some(change) = change(user, before, now) {
        row.note(change, |row| {
            if row.returned.len() < EXTERNAL_ID_USERS_KEPT && !row.returned.contains(&name) {
                row.returned.push(name);
            }
            row.returned() > 0
        });
    }
    row.write(tx, scope)
}

/// A user is going.
pub(super) fn went(tx: &mut Tx<'_>, scope: Scope, user: &Resource) -> Result<()> {
    let external_id = kept(user, "externalId");
    if external_id.is_empty() {
        return Ok(());
    }
    let mut row = Row::read(tx, scope)?.unwrap_or_default();
    if row.deleted.len() >= EXTERNAL_ID_USERS_KEPT {
        row.deleted.remove(0);
    }
    row.deleted.push((kept(user, "userName").to_lowercase(), external_id));
    row.write(tx, scope)
}

/// Whose `externalId`s do not stay what they are; `None` if that cannot be said of anybody.
///
/// # Errors
/// If the disk refuses.
pub fn changing_external_ids(rows: &impl Rows, connection: u32) -> Result<Option<ChangingExternalIds>> {
    let Some(row) = Row::read(rows, Scope { connection })? else { return Ok(None) };
    let changed = row.changed.iter().filter(|(_, times)| *times > 1).count();
    let returned = row.returned();
    Ok(row.last.filter(|_| changed > 0 || returned > 0).map(|last| ChangingExternalIds { changed, returned, last }))
}
