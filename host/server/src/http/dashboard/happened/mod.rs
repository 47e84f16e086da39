//! What happened, and what waits for somebody: the activity of a tenant, the events of its directory, holds, and stuck subjects.

mod activity;
mod events;
mod hold;
mod holds;
mod request;
mod stuck;

use super::Route;

pub(super) fn pages() -> Vec<Route> {
    [activity::pages(), events::pages(), holds::pages(), hold::pages(), request::pages(), stuck::pages()].into_iter().flatten().collect()
}
