//! What happened, over HTTP: the directory's events, the log, how far the directory has followed, and all that a rehearsal wants to know.

use std::time::Duration;

use super::call::{Call, Reply};
use super::page::{Page, Place, read_limit, wrong};
use crate::admin::log;
use crate::directory::{self, RecordingPlace};
use crate::error::{Error, Result};
use crate::limits::{NAME_BYTES_MAX, SYNC_LOOK_MS, SYNC_WAIT_MS_MAX};

pub(super) async fn events(call: Call) -> Result<Reply> {
    let after = match call.parameter("after") {
        Some(after) => after.parse().map_err(|_| wrong("after", "This has to be the number of an event, or 0."))?,
        None => 0,
    };
    let limit = read_limit(call.parameter("limit"))?;
    Reply::json(&call.read_kept(move |rows| directory::events_after(rows, after, limit)).await?)
}

pub(super) async fn activity(call: Call) -> Result<Reply> {
    let asked = call.asked::<u64>()?;
    let who = match call.parameter("actor") {
        None => None,
        Some("client") => Some(log::Who::Client),
        Some("operator") => Some(log::Who::Operator),
        Some(_) => return Err(wrong("actor", "It is client or operator.")),
    };
    let failed = match call.parameter("outcome") {
        None => None,
        Some("ok") => Some(false),
        Some("failed") => Some(true),
        Some(_) => return Err(wrong("outcome", "It is ok or failed.")),
    };
    let status = call.parameter("status").map(|text| text.parse().map_err(|said| wrong("status", said))).transpose()?;
    let connection = call.parameter("connection").map(|id| id.parse().map_err(|_| wrong("connection", "It is the id of a connection.")));
    let text = bounded(&call, "text")?;
    let wanted = log::Wanted { who, connection: connection.transpose()?, failed, status, subjects: None, text };
    let tenant = call.caller.rows.number();
    let subject = bounded(&call, "subject")?;
    let look = call.read_kept(move |rows| {
        let named = subject.map(|named| directory::ids_named(rows, tenant, &named)).transpose()?;
        let subjects = named.map(|ids| ids.iter().map(ToString::to_string).collect());
        log::list(rows, asked.after, asked.limit, &log::Wanted { subjects, ..wanted })
    });
    let (items, next) = look.await?;
    Reply::json(&Page { items, next_cursor: next.map(|next| next.write()) })
}

/// A text that is looked for, as long as a name may be.
fn bounded(call: &Call, name: &'static str) -> Result<Option<String>> {
    match call.parameter(name) {
        Some(text) if text.len() > NAME_BYTES_MAX => Err(wrong(name, &format!("It has at most {NAME_BYTES_MAX} bytes."))),
        text => Ok(text.map(str::to_owned)),
    }
}

pub(super) async fn sync(call: Call) -> Result<Reply> {
    if let Some(wait) = call.parameter("wait") {
        let wait = read_wait(wait).ok_or_else(|| wrong("wait", "This has to be seconds or milliseconds, as in 5s or 500ms."))?;
        let settled = async {
            while !call.read(directory::is_settled)? {
                tokio::time::sleep(Duration::from_millis(SYNC_LOOK_MS)).await;
            }
            Ok::<(), crate::error::Error>(())
        };
        tokio::select! {
            settled = tokio::time::timeout(wait, settled) => settled.unwrap_or(Ok(()))?,
            () = call.app.stopped() => {}
        }
    }
    Reply::json(&call.read_kept(|rows| directory::sync_state(rows)).await?)
}

pub(super) async fn exchange(call: Call) -> Result<Reply> {
    let since = call.retention().activity_since(call.caller.now);
    let found = call.app.exchanges.find(call.caller.rows.number(), call.text("request"), since);
    Reply::json(&found.ok_or_else(|| Error::not_found("request among the latest"))?)
}

pub(super) async fn recording(call: Call) -> Result<Reply> {
    let asked = call.asked::<RecordingPlace>()?;
    let (items, next) = call.read(|rows| directory::read_recording(rows, asked.after.as_ref(), asked.limit))?;
    Reply::json(&Page { items, next_cursor: next.map(|next| next.write()) })
}

/// Reads `5s` or `500ms`, and cuts it at [`SYNC_WAIT_MS_MAX`].
fn read_wait(text: &str) -> Option<Duration> {
    let (number, unit) = match text.strip_suffix("ms") {
        Some(number) => (number, 1),
        None => (text.strip_suffix('s')?, 1_000),
    };
    let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let millis = digits.then(|| number.parse::<u64>().unwrap_or(u64::MAX))?.saturating_mul(unit);
    Some(Duration::from_millis(millis.min(SYNC_WAIT_MS_MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_read_and_bounded() {
        for (text, millis) in [
            ("5s", Some(5_000)),
            ("500ms", Some(500)),
            ("0s", Some(0)),
            ("3600s", Some(SYNC_WAIT_MS_MAX)),
            ("99999999999999999999s", Some(SYNC_WAIT_MS_MAX)),
            ("5", None),
            ("s", None),
            ("ms", None),
            ("-5s", None),
            ("+5s", None),
            ("1.5s", None),
        ] {
            assert_eq!(read_wait(text), millis.map(Duration::from_millis), "{text}");
        }
    }
}
