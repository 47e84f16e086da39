//! Who and what has gone from the directory, found by the names that they had. Each is kept beside the event that tells of it, and goes with that.
//!
//! Knows nothing of the inventory: whether the identity provider still has somebody, and who asked for what, is for others to say.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use doorlist_scim::schema::fold_case;
use serde::{Deserialize, Serialize};

use super::decision::{Decision, Reason, SubjectKind};
use super::group::Group;
use super::member::{Issued, MemberRow};
use crate::error::Result;
use crate::id::Id;
use crate::limits::SAME_NAME_MAX;
use crate::store::layout::{self, Counter, GROUP};
use crate::store::{Numbers, Range, Rows, Tx};

/// Something that was in the directory.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Gone {
    pub kind: SubjectKind,
    /// Its id in the directory.
    pub id: Id,
    /// How it had come.
    pub issued: Issued,
    /// Its name at the identity provider, or else in the directory.
    pub name: String,
    /// Its SCIM id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scim_id: Option<Id>,
    /// The connection that it came by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<Id>,
    /// Why it went; absent of what an operator deleted, and of a group that policies had made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// What it is found by, without regard to case.
    texts: BTreeSet<String>,
}

/// Keeps who went by the newest event.
///
/// # Errors
/// If the disk refuses.
pub(super) fn keep_member(tx: &mut Tx<'_>, row: &MemberRow, reason: Option<Reason>) -> Result<()> {
    let member = &row.member;
    let ids = [Some(member.id.to_string()), member.scim_id.map(|id| id.to_string())];
    let names = [Some(row.user_name.clone()), Some(member.user_name.clone()), member.external_id.clone(), member.email.clone()];
    let gone = Gone {
        kind: SubjectKind::User,
        id: member.id,
        issued: member.issued,
        name: row.user_name.clone(),
        scim_id: member.scim_id,
        connection: member.connection,
        reason,
        texts: folded(ids.into_iter().chain(names)),
    };
    keep(tx, &gone)
}

/// Keeps which group went by the newest event.
///
/// # Errors
/// If the disk refuses.
pub(super) fn keep_group(tx: &mut Tx<'_>, group: &Group, reason: Option<Reason>) -> Result<()> {
    // What the identity provider called it, only its decision still says.
    let number = group.connection.map(|id| tx.json::<u32>(&layout::connection_number(id))).transpose()?.flatten();
    let decision = number.map(|number| tx.json::<Decision>(&layout::decision(number, GROUP, group.id))).transpose()?.flatten();
    let name = decision.map_or_else(|| group.display_name.clone(), |decision| decision.name);
    let texts = [Some(group.id.to_string()), Some(name.clone()), Some(group.display_name.clone()), group.external_id.clone()];
    let gone = Gone {
        kind: SubjectKind::Group,
        id: group.id,
        issued: group.issued,
        name,
        scim_id: group.connection.map(|_| group.id),
        connection: group.connection,
        reason,
        texts: folded(texts.into_iter()),
    };
    keep(tx, &gone)
}

fn folded(texts: impl Iterator<Item = Option<String>>) -> BTreeSet<String> {
    texts.flatten().map(|text| fold_case(&text).into_owned()).collect()
}

fn keep(tx: &mut Tx<'_>, gone: &Gone) -> Result<()> {
    // Nobody asks a draft who went.
    if tx.is_draft() {
        return Ok(());
    }
    let sequence = tx.number(&layout::counter(Counter::Event))?;
    for text in &gone.texts {
        tx.put(&layout::gone_by(gone.kind.number(), text).sequence(sequence), Vec::new());
    }
    tx.put_json(&layout::gone(sequence), gone)
}

/// Forgets who went by the event with this number, and gives how many rows that took.
///
/// # Errors
/// If the disk refuses.
pub(super) fn forget(tx: &mut Tx<'_>, sequence: u64) -> Result<usize> {
    let Some(gone) = tx.json::<Gone>(&layout::gone(sequence))? else { return Ok(0) };
    for text in &gone.texts {
        tx.delete(&layout::gone_by(gone.kind.number(), text).sequence(sequence));
    }
    tx.delete(&layout::gone(sequence));
    Ok(1 + gone.texts.len())
}

/// The last members, or groups, that went and are found by `named`, newest first, each with the number of the event that tells of it. Whoever went several times comes once.
///
/// # Errors
/// If the disk refuses.
pub(super) fn find(rows: &impl Rows, kind: SubjectKind, named: &str) -> Result<Vec<(u64, Gone)>> {
    let mut sequences = Vec::new();
    rows.each(&Range::under(layout::gone_by(kind.number(), &fold_case(named))).descending(), &mut |key, _| {
        sequences.extend(key.last_chunk().map(|bytes| u64::from_be_bytes(*bytes)));
        if sequences.len() < SAME_NAME_MAX { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    let mut found: Vec<(u64, Gone)> = Vec::new();
    for sequence in sequences {
        let Some(gone) = rows.json::<Gone>(&layout::gone(sequence))? else { continue };
        if found.iter().all(|(_, known)| known.id != gone.id) {
            found.push((sequence, gone));
        }
    }
    Ok(found)
}
