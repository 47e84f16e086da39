//! A tenant's own schemas over HTTP.

use super::call::{Call, Reply};
use super::page::Page;
use crate::admin::schemas::{self, Checked, NewSchema};
use crate::error::{Error, Result};

pub(super) async fn list(call: Call) -> Result<Reply> {
    // So few that they are one page.
    let items = call.read(schemas::list)?;
    Reply::json(&Page { items, next_cursor: None })
}

pub(super) async fn create(mut call: Call) -> Result<Reply> {
    let new: NewSchema = call.take_body()?;
    let checked = Checked::of(new)?;
    let (now, id) = (call.caller.now, checked.id().to_owned());
    let made = call.write(Some(id.clone()), move |tx, _| checked.add(tx, now)).await?;
    call.created(id, &made)
}

pub(super) async fn get(call: Call) -> Result<Reply> {
    Reply::json(&call.read(|rows| schemas::get(rows, call.text("schema")))?)
}

pub(super) async fn put(mut call: Call) -> Result<Reply> {
    let new: NewSchema = call.take_body()?;
    let checked = Checked::of(new)?;
    let _ = call.read(|rows| schemas::get(rows, call.text("schema")))?;
    if !checked.id().eq_ignore_ascii_case(call.text("schema")) {
        return Err(Error::invalid("The schema's id is another one than that of the path."));
    }
    let (now, id) = (call.caller.now, checked.id().to_owned());
    Reply::json(&call.write(Some(id), move |tx, _| checked.replace(tx, now)).await?)
}

pub(super) async fn delete(call: Call) -> Result<Reply> {
    let id = call.text("schema").to_owned();
    call.write(Some(id.clone()), move |tx, _| schemas::delete(tx, &id)).await?;
    Ok(Reply::empty())
}
