//! An explanation in a sentence or two, for a person.
//!
//! Knows no row and no policy: it reads what was found out.

use super::{DirectoryChange, Explanation, Standing};
use crate::directory::Reason;
use crate::directory::decision::Decision;
use crate::directory::guard::Loss;
use crate::directory::member::{MemberRow, Status};

/// The answer for a person. `connection_deleted` says whether an operator deleted the connection that it came by.
pub(super) fn of(explanation: &Explanation, connection_deleted: bool) -> String {
    let noun = explanation.kind.noun();
    let mut told = match explanation.standing {
        Standing::Local => format!("This {noun} was made locally. No policy decides on it, and no identity provider."),
        Standing::Policy => made(explanation),
        Standing::Inventory | Standing::Deleted => decided(explanation, connection_deleted),
    };
    told.push_str(&standing(explanation));
    let change = explanation.evaluation.as_ref().map(|evaluation| evaluation.directory.change);
    if explanation.decision.is_some() && explanation.due {
        told.push_str(match change {
            Some(DirectoryChange::None) | None => " It is still to be projected again, which would change nothing.",
            Some(DirectoryChange::Added) => " It is still to be projected again, and would then come into the directory.",
            Some(DirectoryChange::Updated) => " It is still to be projected again, and would then change.",
            Some(DirectoryChange::Removed) => " It is still to be projected again, and would then leave the directory.",
        });
    }
    told
}

/// A reason with the policy that gives it.
pub(super) fn said(reason: &Reason) -> String {
    match &reason.policy {
        Some(policy) => format!("{} (policy {policy})", reason.text),
        None => reason.text.clone(),
    }
}

/// Why a member that is in the directory may not use the application; `None` if it may, or if that is not known any more. `gone` is why the inventory no longer has it, if
/// it has not.
pub(super) fn status_reason(row: &MemberRow, decision: Option<&Decision>, gone: Option<&Reason>) -> Option<Reason> {
    match row.member.status {
        Status::Active => None,
        Status::Blocked => Some(Reason::blocked()),
        Status::Suspended => {
            // What was last projected of whom a fault or a hold keeps as they are, the verdicts of the last look do not tell.
            let decision = decision.filter(|decision| decision.stuck.is_none() && decision.held.is_none())?;
            Some(Reason::of_status(&decision.verdicts).unwrap_or_else(|| gone.cloned().unwrap_or_else(Reason::deactivated)))
        }
    }
}

/// What somebody in the directory may not do, and why; nothing if there is nothing that it may not.
fn standing(explanation: &Explanation) -> String {
    let reason = explanation.status_reason.as_ref().map(|reason| format!(": {}", said(reason)));
    match explanation.status {
        Some(Status::Blocked) => " It is blocked, since an operator said so, and may not use the application.".to_owned(),
        Some(Status::Suspended) => format!(" It is suspended{}", reason.unwrap_or_else(|| ".".to_owned())),
        Some(Status::Active) | None => String::new(),
    }
}

/// Who made a group that no identity provider has.
fn made(explanation: &Explanation) -> String {
    let made = "Policies made this group. It is there for as long as they put somebody into it";
    let of = |count: u64| format!("{count} {}", if count == 1 { "member" } else { "members" });
    let by: Vec<String> = explanation
        .made_by
        .iter()
        .map(|maker| match &maker.reason {
            Some(reason) => format!("{}: {}", of(maker.members), said(reason)),
            None => format!("{}: other reasons", of(maker.members)),
        })
        .collect();
    if by.is_empty() { format!("{made}.") } else { format!("{made}. {}", by.join("; ")) }
}

/// What was decided, or that nothing was yet.
fn decided(explanation: &Explanation, connection_deleted: bool) -> String {
    let noun = explanation.kind.noun();
    let is_deleted = explanation.standing == Standing::Deleted;
    let Some(decision) = &explanation.decision else {
        return match (is_deleted, connection_deleted) {
            (true, true) => format!("An operator deleted the connection of this {noun}, and the directory has it no longer."),
            (true, false) => format!("The identity provider deleted this {noun}, and the directory has it no longer."),
            (false, _) => format!("Only the inventory has this {noun} so far. It is still to be projected."),
        };
    };
    let deleted = match (is_deleted, connection_deleted) {
        (true, true) => "An operator deleted its connection. ",
        (true, false) => "The identity provider deleted it. ",
        (false, _) => "",
    };
    let has = if decision.included { "has" } else { "does not have" };
    if let Some(held) = &decision.held {
        let what = match held.effect {
            Loss::Removed => "removed",
            Loss::Suspended => "suspended",
        };
        let until = if held.discarded { "and an operator said that it stays" } else { "until an operator releases or discards it" };
        return format!("{deleted}The directory {has} this {noun} as it was: hold {} keeps it from being {what}, {until}.", held.hold);
    }
    match (&decision.stuck, &decision.reason) {
        (Some(stuck), _) => format!("{deleted}The directory {has} this {noun}, which is stuck at what was last projected: {}", said(stuck)),
        (None, Some(reason)) => format!("{deleted}The directory {has} this {noun}: {}", said(reason)),
        (None, None) => format!("{deleted}The directory {has} this {noun}."),
    }
}
