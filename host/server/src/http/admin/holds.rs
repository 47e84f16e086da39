//! Holds over HTTP: who is kept from going, and what an operator decides.

use super::call::{Call, Reply};
use super::page::wrong;
use crate::directory::{self, HeldMember, Hold, HoldAction, HoldChoice, HoldState};
use crate::error::Result;

pub(super) async fn list(call: Call) -> Result<Reply> {
    let state = match call.parameter("state") {
        None => None,
        Some("open") => Some(HoldState::Open),
        Some("closed") => Some(HoldState::Closed),
        Some(_) => return Err(wrong("state", "This has to be open or closed.")),
    };
    call.page(|hold: &Hold| hold.id, |rows, after, limit| directory::list_holds(rows, state, after, limit))
}

pub(super) async fn get(call: Call) -> Result<Reply> {
    let id = call.id("hold")?;
    Reply::json(&call.read(|rows| directory::get_hold(rows, id))?)
}

pub(super) async fn members(call: Call) -> Result<Reply> {
    let id = call.id("hold")?;
    call.page(|held: &HeldMember| held.member, |rows, after, limit| directory::members_of_hold(rows, id, after, limit))
}

pub(super) async fn release(call: Call) -> Result<Reply> {
    decide(call, HoldAction::Release).await
}

pub(super) async fn discard(call: Call) -> Result<Reply> {
    decide(call, HoldAction::Discard).await
}

async fn decide(mut call: Call, action: HoldAction) -> Result<Reply> {
    let (id, now) = (call.id("hold")?, call.caller.now);
    let choice: HoldChoice = call.take_body()?;
    let decided = call.write(Some(id.to_string()), move |tx, stamp| directory::decide_hold(tx, id, action, &choice, stamp, now));
    let decided = decided.await?;
    call.app.holds.decided(call.caller.rows.number(), action);
    Reply::json(&decided)
}
