//! Policies that only watch, over HTTP: what they would make different, whom, and giving them effect.

use super::call::{Call, Reply, blocking};
use super::page::{Page, Place, wrong};
use super::plans;
use crate::directory::{self, Monitored, SubjectPlace, Would};
use crate::error::Result;
use crate::id::Id;

pub(super) async fn list(call: Call) -> Result<Reply> {
    let page = call.asked::<u64>()?;
    // A pipeline has a bounded number of policies, so the list is read whole and cut here.
    let all = call.read(directory::monitored)?.into_iter().zip(1_u64..);
    let behind = all.filter(|(_, place)| page.after.is_none_or(|after| *place > after)).take(page.limit + 1);
    let Page { items, next_cursor } = page.page(behind.collect(), |(_, place): &(Monitored, u64)| *place);
    let items: Vec<Monitored> = items.into_iter().map(|(monitored, _)| monitored).collect();
    Reply::json(&Page { items, next_cursor })
}

impl Place for SubjectPlace {
    fn write(&self) -> String {
        format!("{:08x}{:02x}{}", self.connection, self.kind, self.id.write())
    }

    fn read(cursor: &str) -> Option<Self> {
        let (connection, rest) = cursor.split_at_checked(8)?;
        let (kind, id) = rest.split_at_checked(2)?;
        let connection = u32::from_str_radix(connection, 16).ok()?;
        let place = Self { connection, kind: u8::from_str_radix(kind, 16).ok()?, id: <Id as Place>::read(id)? };
        (place.write() == cursor).then_some(place)
    }
}

pub(super) async fn subjects(call: Call) -> Result<Reply> {
    let page = call.asked::<SubjectPlace>()?;
    let policy = call.text("policy").to_owned();
    let change = call.parameter("change").map(str::to_owned);
    if change.as_ref().is_some_and(|change| !Would::NAMES.contains(&change.as_str())) {
        return Err(wrong("change", "There is no such change."));
    }
    let rows = call.caller.rows.clone();
    let found = blocking(move || rows.read(|rows| directory::watched_by(rows, &policy, change.as_deref(), page.after, page.limit)));
    let (items, next) = found.await?;
    Reply::json(&Page { items, next_cursor: next.map(|next| next.write()) })
}

pub(super) async fn promote(call: Call) -> Result<Reply> {
    let (policies, revision) = call.read(|rows| directory::promoted(rows, call.text("policy")))?;
    let subject = call.text("policy").to_owned();
    plans::put(call, subject, policies, revision, |_| Ok(())).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_written_and_nothing_else_is() {
        let place = SubjectPlace { connection: 7, kind: 2, id: Id::from_bytes([3; 16]) };
        let cursor = place.write();
        assert_eq!(SubjectPlace::read(&cursor), Some(place));
        for other in ["", "7", "é", &cursor[1..], &cursor.to_uppercase(), &format!("{cursor}0"), "+0000007"] {
            assert_eq!(SubjectPlace::read(other).filter(|_| *other != *cursor), None, "{other}");
        }
    }
}
