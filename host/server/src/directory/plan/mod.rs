//! Plans: what a proposed pipeline would make of the directory, computed over the whole inventory of one snapshot without touching anything.
//!
//! A plan is the projection itself, tried in a draft ([`crate::store::View::draft`]): the events that it would emit are the differences. So a plan cannot say
//! anything else than what applying it does. Knows nothing of how plans are kept or applied, nor who asks.

mod because;
mod compute;
mod tally;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::decision::{Reason, SubjectKind};
use super::member::Status;
use crate::id::Id;

pub use compute::{Proposal, compute};
pub use tally::{DifferenceCounts, PolicyCounts, Tally};

/// One difference between the directory as it is and as a proposed pipeline would have it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    /// Whether it is about a member or a group.
    pub kind: SubjectKind,
    /// Id of the member or group in the directory; of one that is still to come, the id that it would have.
    pub id: Id,
    /// Its SCIM id; absent of groups that policies name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scim_id: Option<Id>,
    /// The connection it came by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<Id>,
    /// Its `userName` or `displayName`, as the directory has it, or would have it.
    pub name: String,
    /// What would be different.
    #[serde(flatten)]
    pub change: Planned,
    /// The policy that makes the difference, and its reason; without a policy the identity provider's own state does. Absent if nobody gave one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// Whether the policy and its reason are those of the pipeline in force, and the difference is that the proposed one no longer says so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub lifted: bool,
}

/// What would be different.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "change", rename_all_fields = "camelCase")]
pub enum Planned {
    /// A member would come.
    #[serde(rename = "member.added")]
    MemberAdded {
        /// Its status.
        status: Status,
        /// Its role.
        role: String,
        /// Groups it would come into; they are no differences of their own.
        memberships: u64,
    },
    /// A member would go.
    #[serde(rename = "member.removed")]
    MemberRemoved {
        /// Groups it would leave with that; they are no differences of their own.
        memberships: u64,
    },
    /// A member would be suspended.
    #[serde(rename = "member.suspended")]
    MemberSuspended,
    /// A suspended member would be active.
    #[serde(rename = "member.reactivated")]
    MemberReactivated,
    /// A member would have another role.
    #[serde(rename = "member.role")]
    MemberRole {
        /// The role it has.
        from: String,
        /// The role it would have.
        to: String,
    },
    /// A member would have other names or attributes.
    #[serde(rename = "member.changed")]
    MemberChanged {
        /// Which: `userName`, `displayName`, `email`, or the name of a SCIM attribute.
        attributes: Vec<String>,
    },
    /// A member would come into a group.
    #[serde(rename = "membership.added")]
    MembershipAdded {
        /// Id of the group.
        group_id: Id,
        /// Its name.
        group: String,
    },
    /// A member would leave a group that stays.
    #[serde(rename = "membership.removed")]
    MembershipRemoved {
        /// Id of the group.
        group_id: Id,
        /// Its name.
        group: String,
    },
    /// A group would come.
    #[serde(rename = "group.added")]
    GroupAdded,
    /// A group would go.
    #[serde(rename = "group.removed")]
    GroupRemoved {
        /// Members that it has now; their leaving is no difference of its own.
        memberships: u64,
    },
    /// A group would be called otherwise.
    #[serde(rename = "group.renamed")]
    GroupRenamed {
        /// The name it has.
        from: String,
        /// The name it would have.
        to: String,
    },
    /// A group would be another in what the identity provider says of it, and has its name.
    #[serde(rename = "group.changed")]
    GroupChanged,
    /// A policy's fault would keep it at its last projection.
    #[serde(rename = "stuck")]
    Stuck,
}

impl Planned {
    /// Every name that [`Planned::name`] gives.
    pub const NAMES: [&str; 13] = [
        "member.added",
        "member.removed",
        "member.suspended",
        "member.reactivated",
        "member.role",
        "member.changed",
        "membership.added",
        "membership.removed",
        "group.added",
        "group.removed",
        "group.renamed",
        "group.changed",
        "stuck",
    ];

    /// Its name, as documents have it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::MemberAdded { .. } => "member.added",
            Self::MemberRemoved { .. } => "member.removed",
            Self::MemberSuspended => "member.suspended",
            Self::MemberReactivated => "member.reactivated",
            Self::MemberRole { .. } => "member.role",
            Self::MemberChanged { .. } => "member.changed",
            Self::MembershipAdded { .. } => "membership.added",
            Self::MembershipRemoved { .. } => "membership.removed",
            Self::GroupAdded => "group.added",
            Self::GroupRemoved { .. } => "group.removed",
            Self::GroupRenamed { .. } => "group.renamed",
            Self::GroupChanged => "group.changed",
            Self::Stuck => "stuck",
        }
    }
}
