//! Looking for the members, groups and decisions that are everything that is asked for.
//!
//! No index answers such questions, so rows are looked through in their order, for each page a bounded number. Knows nothing of how one asks.

use std::ops::ControlFlow;

use doorlist_scim::schema::fold_case;
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::decision::{self, Decision, Reason, SubjectKind};
use super::group::{self, Group};
use super::hold::HeldBy;
use super::member::{self, Issued, Member, MemberRow, Status};
use super::monitor::SubjectPlace;
use super::subject;
use crate::admin::connections;
use crate::clock::Timestamp;
use crate::error::Result;
use crate::id::Id;
use crate::limits::LIST_LOOKED_MAX;
use crate::store::layout::{self, GROUP, USER};
use crate::store::{Key, Range, Rows};

/// A text that is looked for in names, upper and lower case alike.
#[derive(Clone, Debug)]
pub struct Needle(String);

impl Needle {
    /// Looks for this.
    pub fn new(text: &str) -> Self {
        Self(fold_case(text).into_owned())
    }

    fn is_in(&self, name: &str) -> bool {
        fold_case(name).contains(self.0.as_str())
    }

    fn is_id(&self, id: Id) -> bool {
        self.0 == id.to_string()
    }
}

/// Which members are wanted: those that are everything that is said here.
#[derive(Clone, Debug, Default)]
pub struct WantedMembers {
    /// With this in `userName`, `displayName` or the e-mail address.
    pub search: Option<Needle>,
    /// With this status.
    pub status: Option<Status>,
    /// With this role.
    pub role: Option<String>,
    /// Who came so.
    pub issued: Option<Issued>,
    /// Who came by the connection with this id.
    pub connection: Option<Id>,
    /// Who are in the group with this id.
    pub group: Option<Id>,
}

impl WantedMembers {
    /// Whether nothing is said.
    pub fn is_anybody(&self) -> bool {
        let Self { search, status, role, issued, connection, group } = self;
        search.is_none() && status.is_none() && role.is_none() && issued.is_none() && connection.is_none() && group.is_none()
    }

    fn is(&self, member: &Member) -> bool {
        let has = |needle: &Needle| {
            let names = [Some(&member.user_name), Some(&member.display_name), member.email.as_ref()];
            names.into_iter().flatten().any(|name| needle.is_in(name))
        };
        self.search.as_ref().is_none_or(has)
            && self.status.is_none_or(|status| member.status == status)
            && self.role.as_ref().is_none_or(|role| member.role == *role)
            && self.issued.is_none_or(|issued| member.issued == issued)
            && self.connection.is_none_or(|connection| member.connection == Some(connection))
    }
}

/// Which groups are wanted: those that are everything that is said here.
#[derive(Clone, Debug, Default)]
pub struct WantedGroups {
    /// With this in `displayName`.
    pub search: Option<Needle>,
    /// That came so.
    pub issued: Option<Issued>,
    /// That came by the connection with this id.
    pub connection: Option<Id>,
}

impl WantedGroups {
    /// Whether nothing is said.
    pub fn is_any(&self) -> bool {
        self.search.is_none() && self.issued.is_none() && self.connection.is_none()
    }

    fn is(&self, group: &Group) -> bool {
        self.search.as_ref().is_none_or(|needle| needle.is_in(&group.display_name))
            && self.issued.is_none_or(|issued| group.issued == issued)
            && self.connection.is_none_or(|connection| group.connection == Some(connection))
    }
}

/// Which decisions are wanted: those that are everything that is said here.
#[derive(Clone, Debug, Default)]
pub struct WantedDecisions {
    /// On users, or on groups.
    pub kind: Option<SubjectKind>,
    /// By which the directory has their subject, or has it not.
    pub included: Option<bool>,
    /// Whose subject is stuck, or is not.
    pub stuck: Option<bool>,
    /// On what came by the connection with this id.
    pub connection: Option<Id>,
    /// On whom has this in the name that the identity provider uses, has this SCIM id, or, of a user that the inventory has, has this in the name to show or the e-mail address.
    pub search: Option<Needle>,
}

impl WantedDecisions {
    fn is(&self, decision: &Decision) -> bool {
        self.included.is_none_or(|included| decision.included == included)
            && self.stuck.is_none_or(|stuck| decision.stuck.is_some() == stuck)
    }

    /// Whether it is on whom is looked for.
    fn is_found(&self, rows: &impl Rows, connection: u32, decision: &Decision) -> Result<bool> {
        let Some(needle) = &self.search else { return Ok(true) };
        if needle.is_in(&decision.name) || needle.is_id(decision.scim_id) {
            return Ok(true);
        }
        if decision.kind == SubjectKind::Group {
            return Ok(false);
        }
        let names = subject::shown_as(rows, connection, decision.scim_id)?;
        Ok(names.iter().any(|name| needle.is_in(name)))
    }
}

/// What was decided on a user or group, without each policy's verdict.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Decided {
    /// User or group.
    pub kind: SubjectKind,
    /// Its SCIM id.
    pub scim_id: Id,
    /// The connection it came by.
    pub connection: Id,
    /// Its `userName` or `displayName` at the identity provider.
    pub name: String,
    /// The directory's member, if it is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member: Option<Id>,
    /// Whether the directory shows it.
    pub included: bool,
    /// Why not, or why nonetheless.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// What kept it from being projected: it stays as it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stuck: Option<Reason>,
    /// The hold that keeps it from being removed or suspended: it stays as it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held: Option<HeldBy>,
    /// When it was concluded.
    pub at: Timestamp,
}

impl From<Decision> for Decided {
    fn from(decision: Decision) -> Self {
        let Decision { kind, scim_id, connection, name, member, included, reason, stuck, held, at, .. } = decision;
        Self { kind, scim_id, connection, name, member, included, reason, stuck, held, at }
    }
}

/// A page in the making: what has been found, and how far it has been looked.
struct Looking<T, P> {
    limit: usize,
    found: Vec<T>,
    looked: usize,
    last: Option<P>,
    /// Whether there is a row behind the last one that was looked at.
    more: bool,
}

impl<T, P> Looking<T, P> {
    fn begin(limit: usize) -> Self {
        Self { limit, found: Vec::new(), looked: 0, last: None, more: false }
    }

    /// Whether the page ends before the row that comes next.
    fn ends(&mut self) -> bool {
        self.more = self.found.len() >= self.limit || self.looked >= LIST_LOOKED_MAX;
        self.more
    }

    /// Takes note of a row, and of what is wanted of it.
    fn look(&mut self, place: P, wanted: Option<T>) {
        self.looked += 1;
        self.last = Some(place);
        self.found.extend(wanted);
    }

    /// Goes through rows. `read` gives a row's place, and the row as something if it is wanted.
    fn through<R: DeserializeOwned>(&mut self, rows: &impl Rows, range: &Range, read: impl Fn(R) -> Result<(P, Option<T>)>) -> Result<()> {
        let mut outcome = Ok(());
        rows.each_json(range, &mut |row: R| {
            if self.ends() {
                return ControlFlow::Break(());
            }
            match read(row) {
                Ok((place, wanted)) => self.look(place, wanted),
                Err(error) => outcome = Err(error),
            }
            if outcome.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        outcome
    }

    /// What was found, and behind what the next page begins, if there may be more.
    fn end(self) -> (Vec<T>, Option<P>) {
        (self.found, self.last.filter(|_| self.more))
    }
}

/// At most `limit` wanted members with an id above `after`, in the order of their coming, and the id behind which the next page begins, if there may be more.
/// Looks through [`LIST_LOOKED_MAX`] members, so there may be fewer than asked for and yet more behind them. Not for threads that run async code.
///
/// # Errors
/// 404 if those of a group or a connection are wanted that is not there.
pub fn find_members(rows: &impl Rows, wanted: &WantedMembers, after: Option<Id>, limit: usize) -> Result<(Vec<Member>, Option<Id>)> {
    must_be_there(rows, wanted.connection)?;
    let mut page = Looking::begin(limit);
    let is_wanted = |row: &MemberRow| !row.removed && wanted.is(&row.member);
    let Some(group) = wanted.group else {
        let range = behind(layout::members(), after.map(layout::member));
        page.through(rows, &range, |row: MemberRow| Ok((row.member.id, Some(row).filter(is_wanted).map(|row| row.member))))?;
        return Ok(page.end());
    };
    group::get(rows, group)?;
    let range = behind(layout::memberships_of(group), after.map(|after| layout::membership_of(group, after)));
    for id in group::ids(rows, &range, LIST_LOOKED_MAX + 1)? {
        if page.ends() {
            break;
        }
        page.look(id, member::row(rows, id)?.filter(is_wanted).map(|row| row.member));
    }
    Ok(page.end())
}

/// At most `limit` wanted groups with an id above `after`, in the order of their coming, and the id behind which the next page begins, if there may be more.
/// Looks through [`LIST_LOOKED_MAX`] groups. Not for threads that run async code.
///
/// # Errors
/// 404 if those of a connection are wanted that is not there.
pub fn find_groups(rows: &impl Rows, wanted: &WantedGroups, after: Option<Id>, limit: usize) -> Result<(Vec<Group>, Option<Id>)> {
    must_be_there(rows, wanted.connection)?;
    let mut page = Looking::begin(limit);
    let range = behind(layout::groups(), after.map(layout::group));
    page.through(rows, &range, |group: Group| Ok((group.id, Some(group).filter(|group| wanted.is(group)))))?;
    Ok(page.end())
}

/// At most `limit` wanted decisions behind `after`, connection by connection, and behind which the next page begins, if there may be more. Looks through
/// [`LIST_LOOKED_MAX`] decisions. Not for threads that run async code.
///
/// # Errors
/// 404 if those of a connection are wanted that is not there.
pub fn find_decisions(
    rows: &impl Rows,
    wanted: &WantedDecisions,
    after: Option<SubjectPlace>,
    limit: usize,
) -> Result<(Vec<Decided>, Option<SubjectPlace>)> {
    let connections = match wanted.connection {
        Some(id) => vec![connections::record(rows, id)?.number],
        None => decision::connections(rows)?,
    };
    let is_kind = |number: &u8| wanted.kind.is_none_or(|kind| kind.number() == *number);
    let kinds: Vec<u8> = [GROUP, USER].into_iter().filter(is_kind).collect();
    through_decisions(rows, (&connections, &kinds), after, limit, |connection, decision| {
        let is_wanted = wanted.is(&decision) && wanted.is_found(rows, connection, &decision)?;
        Ok(is_wanted.then(|| Decided::from(decision)))
    })
}

/// At most `limit` of what `read` makes of decisions behind `after`, connection by connection and kind by kind, and behind which the next page begins, if there may be
/// more. Looks through [`LIST_LOOKED_MAX`] decisions.
///
/// # Errors
/// What `read` answers, or if the disk refuses.
pub(super) fn through_decisions<T>(
    rows: &impl Rows,
    (connections, kinds): (&[u32], &[u8]),
    after: Option<SubjectPlace>,
    limit: usize,
    read: impl Fn(u32, Decision) -> Result<Option<T>>,
) -> Result<(Vec<T>, Option<SubjectPlace>)> {
    let runs = connections.iter().flat_map(|connection| kinds.iter().map(move |kind| (*connection, *kind)));
    let mut page = Looking::begin(limit);
    for (connection, kind) in runs.filter(|run| after.is_none_or(|after| *run >= (after.connection, after.kind))) {
        let of_run = after.filter(|after| (after.connection, after.kind) == (connection, kind));
        let range = behind(layout::decisions(connection, kind), of_run.map(|after| layout::decision(connection, kind, after.id)));
        page.through(rows, &range, |decision: Decision| {
            let place = SubjectPlace { connection, kind, id: decision.scim_id };
            Ok((place, read(connection, decision)?))
        })?;
        if page.more {
            break;
        }
    }
    Ok(page.end())
}

/// Refuses to look for what came by a connection that is not there.
fn must_be_there(rows: &impl Rows, connection: Option<Id>) -> Result<()> {
    connection.map_or(Ok(()), |id| connections::record(rows, id).map(drop))
}

/// What begins with `head`, behind `after` if that is given.
fn behind(head: Key, after: Option<Key>) -> Range {
    let range = Range::under(head);
    match after {
        Some(after) => range.after(after),
        None => range,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The page of those of `rows` rows whose place is a multiple of `every`.
    fn page(rows: usize, every: usize, limit: usize) -> (Vec<usize>, Option<usize>) {
        let mut page = Looking::begin(limit);
        for place in 0..rows {
            if page.ends() {
                break;
            }
            page.look(place, Some(place).filter(|place| place % every == 0));
        }
        page.end()
    }

    #[test]
    fn a_page_ends_when_it_is_full_or_has_looked_at_much() {
        assert_eq!(page(0, 1, 2), (vec![], None));
        assert_eq!(page(2, 1, 2), (vec![0, 1], None), "nothing is behind it");
        assert_eq!(page(3, 1, 2), (vec![0, 1], Some(1)));
        assert_eq!(page(9, 3, 2), (vec![0, 3], Some(3)));
        let most = LIST_LOOKED_MAX;
        assert_eq!(page(most, most, 2), (vec![0], None));
        assert_eq!(page(most + 1, most + 7, 2), (vec![0], Some(most - 1)), "there may be more behind it");
    }

    #[test]
    fn letters_are_found_in_either_case() {
        for (needle, name, is_in) in
            [("ada", "Ada Lovelace", true), ("ÄRZ", "Ärzte", true), ("ΣΑΣ", "σας", true), ("adb", "Ada", false), ("", "Ada", true)]
        {
            assert_eq!(Needle::new(needle).is_in(name), is_in, "{needle} in {name}");
        }
        let id = Id::from_bytes([0xab; 16]);
        assert!(Needle::new(&id.to_string().to_uppercase()).is_id(id) && !Needle::new("abab").is_id(id));
    }
}
