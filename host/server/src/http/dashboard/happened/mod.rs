//! What happened, and what waits for somebody: the activity of a tenant, holds, and stuck subjects.

mod activity;
mod hold;
mod holds;
mod request;
mod stuck;

use super::Route;

pub(super) fn pages() -> Vec<Route> {
    [activity::pages(), holds::pages(), hold::pages(), request::pages(), stuck::pages()].into_iter().flatten().collect()
}
