//! Team: the directory's users and groups, what operators change of them, and why anybody is in it or not.
//!
//! Reading order: [`users`] and [`groups`] are the lists, [`member`] and [`group`] the page of one ([`attributes`] how its attributes read), [`left_out`] whom policies left out, [`why`] the
//! explanation of anybody, [`history`] what happened to one.

mod attributes;
mod group;
mod groups;
mod history;
mod left_out;
mod member;
mod users;
mod why;

use super::Route;
use super::parts::{Tone, badge};
use maud::Markup;

pub(super) fn pages() -> Vec<Route> {
    [users::pages(), member::pages(), groups::pages(), group::pages(), left_out::pages(), why::pages(), history::pages()]
        .into_iter()
        .flatten()
        .collect()
}

/// A member's status.
fn status(word: &str) -> Markup {
    match word {
        "active" => badge(Tone::Good, "Active"),
        "suspended" => badge(Tone::Warning, "Suspended"),
        _ => badge(Tone::Bad, "Blocked"),
    }
}
