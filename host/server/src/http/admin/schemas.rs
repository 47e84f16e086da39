//! A tenant's own schemas over HTTP.

use super::call::{Call, Reply, blocking};
use super::page::Page;
use crate::admin::schemas::{self, Checked, NewSchema};
use crate::error::{Error, Result};
use crate::provision::Survey;

/// Looks through the inventory, away from the threads that run async code, if the schema is to be indexed.
async fn survey(call: &Call, checked: &Checked) -> Result<Option<Survey>> {
    if !checked.is_indexed() {
        return Ok(None);
    }
    let (rows, id) = (call.caller.rows.clone(), checked.id().to_owned());
    blocking(move || rows.read(|rows| schemas::survey(rows, &id))).await.map(Some)
}

pub(super) async fn list(call: Call) -> Result<Reply> {
    // So few that they are one page.
    let items = call.read(schemas::list)?;
    Reply::json(&Page { items, next_cursor: None })
}

pub(super) async fn create(mut call: Call) -> Result<Reply> {
    let new: NewSchema = call.take_body()?;
    let checked = Checked::of(new)?;
    let (now, id) = (call.caller.now, checked.id().to_owned());
    let survey = survey(&call, &checked).await?;
    let made = call.write(Some(id.clone()), move |tx, _| checked.add(tx, survey.as_ref(), now)).await?;
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
    let survey = survey(&call, &checked).await?;
    Reply::json(&call.write(Some(id), move |tx, _| checked.replace(tx, survey.as_ref(), now)).await?)
}

pub(super) async fn delete(call: Call) -> Result<Reply> {
    let id = call.text("schema").to_owned();
    call.write(Some(id.clone()), move |tx, _| schemas::delete(tx, &id)).await?;
    Ok(Reply::empty())
}
