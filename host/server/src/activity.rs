//! The tenant's log: every SCIM request and every operator action, with outcome.
//!
//! A change's entry is written in the change's own transaction ([`record`]). Reads and refusals change nothing, so theirs are
//! gathered in memory ([`Gatherer`]) and written together; reads beyond what fits are counted, not itemised. Knows nothing of bodies: no entry can hold a
//! secret, since none is given one.

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::error::Result;
use crate::id::Id;
use crate::limits::{ACTIVITY_MAX, ACTIVITY_READS_SINGLE_MAX, ACTIVITY_SUBJECT_CHARACTERS_MAX, ACTIVITY_WAITING_MAX};
use crate::secret;
use crate::store::layout::{self, Counter};
use crate::store::{PartitionNumber, Range, Rows, Store, Tx, from_json};

/// Who acted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Actor {
    /// An identity provider's client.
    Client {
        /// The connection it speaks for.
        connection: Id,
    },
    /// A person or script on the admin API.
    Operator {
        /// The operator key; absent for the key of the environment, and if `person` is there.
        #[serde(skip_serializing_if = "Option::is_none")]
        key: Option<Id>,
        /// Who it was, if they signed in by single sign-on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        person: Option<Person>,
    },
    /// Doorlist itself.
    System,
}

/// Somebody as an OpenID provider knows them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    /// Their id there, which is never anybody else's (claim `sub`).
    pub subject: String,
    /// What they are called there, cut to a bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Their e-mail address, cut to a bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

impl Person {
    /// What they are shown as: the most telling of what is known.
    pub fn shown(&self) -> &str {
        self.name.as_deref().or(self.email.as_deref()).unwrap_or(&self.subject)
    }
}

/// One line of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Its number within the tenant; 0 until it is written.
    #[serde(default)]
    pub sequence: u64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// What was asked: method and path, such as `PATCH /Users/{id}`.
    pub action: String,
    /// Id of the resource that the request named or made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The request's query, cut to a bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// HTTP status of the answer.
    pub status: u16,
    /// Why it was refused, in the words the caller got.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Id of the request, the same that the log and the answer's `x-request-id` carry.
    pub request_id: String,
    /// How many like requests this entry stands for.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub count: u64,
}

impl Entry {
    /// What Doorlist itself did, without a request.
    pub fn of_system(now: Timestamp, action: &str) -> Self {
        Self {
            sequence: 0,
            at: now,
            actor: Actor::System,
            action: action.to_owned(),
            subject: None,
            query: None,
            status: 200,
            detail: None,
            request_id: String::new(),
            count: 1,
        }
    }

    /// Whether an identity provider's client asked for it.
    pub fn is_of_client(&self) -> bool {
        matches!(self.actor, Actor::Client { .. })
    }
}

fn one() -> u64 {
    1
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_one(count: &u64) -> bool {
    *count == 1
}

/// Writes an entry and gives its number, which also stamps the dirty marks of the same transaction.
///
/// # Errors
/// If the disk refuses.
pub fn record(tx: &mut Tx<'_>, entry: &Entry) -> Result<u64> {
    let sequence = tx.add(&layout::counter(Counter::Activity), 1)?;
    let entry = redacted(Entry { sequence, ..entry.clone() });
    tx.put_json(&layout::activity(sequence), &entry)?;
    if let Some(old) = sequence.checked_sub(ACTIVITY_MAX).filter(|old| *old > 0) {
        tx.delete(&layout::activity(old));
    }
    Ok(sequence)
}

/// The entry with this number, if it is still kept.
///
/// # Errors
/// If the disk refuses.
pub fn get(rows: &impl Rows, sequence: u64) -> Result<Option<Entry>> {
    rows.json(&layout::activity(sequence))
}

/// Deletes entries up to the one with this number, the oldest `most` of them. Who reads the log to go on rightly reads what came minutes ago, and nobody keeps less than a day.
///
/// # Errors
/// If the disk refuses.
pub fn forget(tx: &mut Tx<'_>, until: u64, most: usize) -> Result<()> {
    let mut numbers = Vec::new();
    tx.each(&Range::under(layout::activities()), &mut |key, _| {
        let number = key.last_chunk().map(|bytes| u64::from_be_bytes(*bytes)).filter(|number| *number <= until);
        numbers.extend(number);
        if number.is_some() && numbers.len() < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    numbers.into_iter().take(most).for_each(|number| tx.delete(&layout::activity(number)));
    Ok(())
}

/// The newest entry that is wanted, among the newest `most`.
///
/// # Errors
/// If the disk refuses.
pub fn newest(rows: &impl Rows, most: usize, wanted: impl Fn(&Entry) -> bool) -> Result<Option<Entry>> {
    let (mut looked, mut found) = (0, Ok(None));
    rows.each(&Range::under(layout::activities()).descending(), &mut |_, value| {
        looked += 1;
        match from_json::<Entry>(value) {
            Ok(entry) if wanted(&entry) => found = Ok(Some(entry)),
            Ok(_) if looked < most => return ControlFlow::Continue(()),
            Ok(_) => {}
            Err(error) => found = Err(error),
        }
        ControlFlow::Break(())
    })?;
    found
}

/// The entry as it may be kept. What a client wrote stands in its subject, query and detail, and a client may put a secret where none belongs.
fn redacted(mut entry: Entry) -> Entry {
    for text in [&mut entry.subject, &mut entry.query, &mut entry.detail] {
        if let Some(text) = text {
            *text = secret::hidden(text);
        }
    }
    entry.subject = entry.subject.map(|subject| subject.chars().take(ACTIVITY_SUBJECT_CHARACTERS_MAX).collect());
    entry
}

/// Gathers the entries of requests that changed nothing.
#[derive(Clone, Default)]
pub struct Gatherer(Arc<Mutex<Gathered>>);

#[derive(Default)]
struct Gathered {
    waiting: usize,
    /// Entries for which there was no room and no like one.
    lost: u64,
    by_tenant: BTreeMap<PartitionNumber, Waiting>,
}

/// What waits of one tenant.
#[derive(Default)]
struct Waiting {
    entries: Vec<Entry>,
    /// Of entries that are alike: the place of the last one, and how many stand single.
    alike: HashMap<Likeness, (usize, usize)>,
}

/// What like requests have in common: caller, action and status, hashed, so that a request that is only counted costs no more than that.
pub type Likeness = u64;

/// The likeness of requests that have this in common.
pub fn likeness(common: impl Hash) -> Likeness {
    let mut hasher = DefaultHasher::new();
    common.hash(&mut hasher);
    hasher.finish()
}

impl Gatherer {
    /// Keeps an entry until the next [`Gatherer::write`]. Successful reads (`is_read`) of one kind come in thousands and say little one by one: behind the first
    /// few of a gathering the last one is counted up instead. So is everything when too many wait.
    pub fn add(&self, tenant: PartitionNumber, like: Likeness, is_read: bool, entry: impl FnOnce() -> Entry) {
        let mut gathered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let full = gathered.waiting >= ACTIVITY_WAITING_MAX;
        let waiting = gathered.by_tenant.entry(tenant).or_default();
        match waiting.alike.get_mut(&like) {
            Some((last, singles)) if full || (is_read && *singles >= ACTIVITY_READS_SINGLE_MAX) => {
                waiting.entries.get_mut(*last).into_iter().for_each(|last| last.count += 1);
            }
            None if full => gathered.lost += 1,
            known => {
                let place = waiting.entries.len();
                match known {
                    Some(known) => *known = (place, known.1 + 1),
                    None => drop(waiting.alike.insert(like, (place, 1))),
                }
                waiting.entries.push(entry());
                gathered.waiting += 1;
            }
        }
    }

    /// Writes what has been gathered. What a tenant's write fails on is lost and logged: it held no change.
    pub fn write(&self, store: &Store) {
        let gathered = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        if gathered.lost > 0 {
            tracing::warn!(entries = gathered.lost, "activity of requests that changed nothing came faster than it is kept");
        }
        for (number, Waiting { entries, .. }) in gathered.by_tenant {
            let written = store.tenant(number).write(move |tx| {
                for entry in &entries {
                    record(tx, entry)?;
                }
                Ok(())
            });
            if let Err(error) = written {
                tracing::warn!(%error, "activity of requests that changed nothing was not written");
            }
        }
    }
}
