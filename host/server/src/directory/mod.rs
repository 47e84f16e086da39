//! What the application sees: members and groups, computed from the inventory through the tenant's policies, and those made locally.
//!
//! [`Projector`] takes what is due, looks at a snapshot ([`subject`]), asks the policies with no transaction open
//! ([`evaluate`]), and writes directory rows, decisions and events in one transaction ([`commit`]), leaving out every subject whose inputs
//! moved meanwhile: those stay due.
//!
//! Knows no status code, header or JSON envelope, no SCIM request, and no plugin's inside: a policy is a function here.

mod added;
mod ahead;
mod commit;
mod decision;
mod evaluate;
mod event;
mod explain;
mod figures;
mod gone;
mod group;
mod guard;
mod history;
mod hold;
mod idle;
mod input;
mod inventoried;
mod kept;
mod member;
mod monitor;
mod outcome;
mod past;
pub mod plan;
mod printed;
mod projector;
mod recording;
mod shadow;
mod shares;
mod stuck;
mod subject;
mod sync;
mod view;
mod walk;
mod wanted;
mod would;

pub use decision::{Decision, Reason, SubjectKind, Verdict, each as each_decision, find as find_decision, forget as forget_decision};
pub use evaluate::trace::Step;
pub use event::{Cause, Change, Event, EventPage, Occasion, after as events_after};
pub use explain::{
    Aspect, ChangedValue, Comparison, DecidingGroup, DirectoryChange, DirectoryEntry, Evaluation, Explanation, Maker, MemberEntry,
    NamedGroup, Namesake, Standing, Supposed, Touch, WhatIf, WhatIfAnswer, directory_id, explain, ids_named, what_if,
};
pub use figures::{HoldFigure, HoldFigures};
pub use group::{
    Group, add_member, create as create_group, delete as delete_group, get as get_group, list as list_groups, members_of, remove_member,
    rename as rename_group,
};
pub use guard::{Loss, allow as guard_allow, forget_connection, room as guard_room};
pub use history::{HistoryItem, Named, of_group as history_of_group, of_member as history_of_member};
pub use hold::{
    HeldBy, HeldMember, HeldState, Hold, HoldAction, HoldChoice, HoldState, decide as decide_hold, get as get_hold, is_waiting,
    list as list_holds, members as members_of_hold,
};
pub use kept::Kept;
pub use member::{
    Issued, Member, MemberPatch, NewMember, Status, create as create_member, delete as delete_member, detach, get as get_member, groups_of,
    list as list_members, patch as patch_member,
};
pub use monitor::{Monitored, SubjectPlace, Watched, begin as begin_monitor, promoted, report as monitored, subjects as watched_by};
pub use outcome::{Outcome, OutcomeState, Progress, begin as begin_outcome, outcome};
pub use past::{Moment, Past, forget_until as forget_events};
pub use printed::{Printed, printed};
pub use projector::Projector;
pub use recording::{Recorded, RecordingPlace, read as read_recording, restore as restore_recorded};
pub use shadow::{
    Shadow, Shadowed, delete as delete_shadow, differences as shadow_differences, end as end_shadow, forget_connection as forget_in_shadow,
    get as get_shadow, promoted as promoted_shadow, put as put_shadow,
};
pub use stuck::{Stuck, list as list_stuck};
pub use sync::{SubjectCounts, SyncState, is_settled, state as sync_state};
pub use walk::{reproject_again, reproject_all, reproject_all_for};
pub use wanted::{Decided, Needle, WantedDecisions, WantedGroups, WantedMembers, find_decisions, find_groups, find_members};
pub use would::{Would, WouldCounts};

#[cfg(test)]
mod tests;
