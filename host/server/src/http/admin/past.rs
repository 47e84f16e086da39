//! The directory's past over HTTP: how it was behind an event or at a time, and the history of one member or group.
//!
//! Looks at the past may take long, so they are taken away from the threads that run async code.

use serde::Serialize;
use serde_json::json;

use super::call::{Call, Reply};
use super::endpoint::{Endpoint, Parameter};
use super::page::{Asked, Place, wrong};
use crate::clock::Timestamp;
use crate::directory::{self, Group, Kept, Member, Moment, Past, SubjectKind};
use crate::error::{Error, Result};
use crate::id::Id;
use crate::store::View;

const AT_SEQUENCE: &str = "atSequence";
const AT_TIME: &str = "atTime";

/// The endpoint, which can also be asked about the past.
pub(super) fn asked(endpoint: Endpoint) -> Endpoint {
    let sequence = Parameter {
        name: AT_SEQUENCE,
        description: "Read it as it was behind the event with this number; 0 for before the first. 410 if that is no longer known.",
        schema: json!({"type": "integer", "minimum": 0}),
    };
    let time = Parameter {
        name: AT_TIME,
        description: "Read it as it was at this time: behind the newest event that was written then or before. 410 if that is no longer known.",
        schema: json!({"type": "string", "format": "date-time"}),
    };
    endpoint.with(sequence).with(time)
}

/// A place in a list of the past. It keeps the event's number, so that every page tells of the same moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Pinned {
    sequence: u64,
    id: Id,
}

impl Place for Pinned {
    fn write(&self) -> String {
        format!("{}{}", self.sequence.write(), self.id.write())
    }

    fn read(cursor: &str) -> Option<Self> {
        let (sequence, id) = cursor.split_at_checked(16)?;
        Some(Self { sequence: Place::read(sequence)?, id: Place::read(id)? })
    }
}

/// The point of the past that is asked for; `None` for the present.
///
/// # Errors
/// If it is given twice, or is neither a number nor a time.
pub(super) fn moment(call: &Call) -> Result<Option<Moment>> {
    match (call.parameter(AT_SEQUENCE), call.parameter(AT_TIME)) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) => Err(Error::invalid("The query has both atSequence and atTime. One of them says when.")),
        (Some(number), None) => match number.parse() {
            Ok(number) => Ok(Some(Moment::Sequence(number))),
            Err(_) => Err(wrong(AT_SEQUENCE, "This has to be the number of an event, or 0.")),
        },
        (None, Some(time)) => match Timestamp::parse(time) {
            Some(time) => Ok(Some(Moment::Time(time))),
            None => Err(wrong(AT_TIME, "This has to be a date and time as in 2026-01-31T12:00:00Z.")),
        },
    }
}

/// A look at the past.
async fn look<T: Send + 'static>(
    call: &Call,
    moment: Moment,
    look: impl FnOnce(Past, &Kept<'_, View>) -> Result<T> + Send + 'static,
) -> Result<T> {
    let now = call.caller.now;
    call.read_kept(move |rows| look(Past::at(rows, moment, now)?, rows)).await
}

/// A page of a list of the past.
async fn page<T: Serialize + Send + 'static>(
    call: &Call,
    moment: Moment,
    id: fn(&T) -> Id,
    list: impl FnOnce(Past, &Kept<'_, View>, Option<Id>, usize) -> Result<Vec<T>> + Send + 'static,
) -> Result<Reply> {
    let asked: Asked<Pinned> = call.asked()?;
    let moment = match (asked.after, moment) {
        (Some(pinned), Moment::Sequence(sequence)) if pinned.sequence != sequence => {
            return Err(wrong("cursor", "It belongs to a list of another moment."));
        }
        (Some(pinned), _) => Moment::Sequence(pinned.sequence),
        (None, moment) => moment,
    };
    let after = asked.after.map(|pinned| pinned.id);
    let page = look(call, moment, move |past, rows| {
        let items = list(past, rows, after, asked.limit + 1)?;
        Ok(asked.page(items, |item| Pinned { sequence: past.sequence(), id: id(item) }))
    });
    Reply::json(&page.await?)
}

pub(super) async fn list_members(call: &Call, moment: Moment) -> Result<Reply> {
    page(call, moment, |member: &Member| member.id, |past, rows, after, limit| past.list(rows, after, limit)).await
}

pub(super) async fn list_groups(call: &Call, moment: Moment) -> Result<Reply> {
    page(call, moment, |group: &Group| group.id, |past, rows, after, limit| past.list(rows, after, limit)).await
}

pub(super) async fn get_member(call: &Call, moment: Moment, id: Id) -> Result<Reply> {
    let found = look(call, moment, move |past, rows| past.find::<Member>(rows, id)?.ok_or_else(|| Error::not_found("member")));
    Reply::json(&found.await?)
}

pub(super) async fn get_group(call: &Call, moment: Moment, id: Id) -> Result<Reply> {
    let found = look(call, moment, move |past, rows| past.find::<Group>(rows, id)?.ok_or_else(|| Error::not_found("group")));
    Reply::json(&found.await?)
}

pub(super) async fn groups_of_member(call: &Call, moment: Moment, id: Id) -> Result<Reply> {
    page(
        call,
        moment,
        |group: &Group| group.id,
        move |past, rows, after, limit| {
            let groups = past.groups_of(rows, id)?;
            Ok(groups.into_iter().filter(|group| after.is_none_or(|after| group.id > after)).take(limit).collect())
        },
    )
    .await
}

pub(super) async fn members_of_group(call: &Call, moment: Moment, id: Id) -> Result<Reply> {
    page(call, moment, |member: &Member| member.id, move |past, rows, after, limit| past.members_of(rows, id, after, limit)).await
}

pub(super) async fn history_of_member(call: Call) -> Result<Reply> {
    let (named, tenant, group) = (call.text("user").to_owned(), call.caller.rows.number(), other(&call, "group")?);
    let list = move |rows: &Kept<'_, View>, before, limit| {
        let id = directory::directory_id(rows, tenant, SubjectKind::User, &named)?;
        directory::history_of_member(rows, id, group, before, limit)
    };
    history(call, list).await
}

pub(super) async fn history_of_group(call: Call) -> Result<Reply> {
    let (named, tenant, user) = (call.text("group").to_owned(), call.caller.rows.number(), other(&call, "user")?);
    let list = move |rows: &Kept<'_, View>, before, limit| {
        let id = directory::directory_id(rows, tenant, SubjectKind::Group, &named)?;
        directory::history_of_group(rows, id, user, before, limit)
    };
    history(call, list).await
}

/// The id of the other side of a membership, if the history is to be about that one.
fn other(call: &Call, name: &'static str) -> Result<Option<Id>> {
    let read = |text: &str| text.parse().map_err(|_| wrong(name, "This has to be an id."));
    call.parameter(name).map(read).transpose()
}

async fn history(
    call: Call,
    list: impl FnOnce(&Kept<'_, View>, Option<u64>, usize) -> Result<Vec<directory::HistoryItem>> + Send + 'static,
) -> Result<Reply> {
    let asked: Asked<u64> = call.asked()?;
    let items = call.read_kept(move |rows| list(rows, asked.after, asked.limit + 1)).await?;
    Reply::json(&asked.page(items, |item| item.event.sequence))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_of_the_past_is_read_as_written_and_nothing_else_is() {
        let pinned = Pinned { sequence: 7, id: Id::from_bytes([9; 16]) };
        assert_eq!(Pinned::read(&pinned.write()), Some(pinned));
        for other in ["", "7", &pinned.id.write(), &pinned.sequence.write(), &format!("{}0", pinned.write()), "é".repeat(24).as_str()] {
            assert_eq!(Pinned::read(other), None, "{other}");
        }
    }
}
