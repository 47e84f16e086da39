//! The dashboard, with a browser that runs no scripts.

mod browser;
mod door;
mod happened;
mod integrations;
mod team;
