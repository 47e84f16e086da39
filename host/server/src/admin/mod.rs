//! What operators do: tenants, who may call, connections with their tokens, and the pipeline.
//!
//! Reading order: [`tenants`], [`keys`], [`connections`], [`tokens`], [`plugins`], [`pipeline`], and [`deletion`] for what
//! goes on after a tenant or a connection was deleted, or what happened is past its time ([`retention`]). Functions take rows or a transaction and are synchronous; whoever calls
//! them writes the activity entry into the same transaction, since only the edge knows what was asked.
//!
//! Knows no status code, header or JSON envelope, and nothing of what SCIM clients wrote.

pub mod compiled;
pub mod connections;
pub mod deletion;
mod filters;
pub mod guard;
pub mod keys;
mod listing;
pub mod log;
mod name;
pub mod pipeline;
pub mod places;
pub mod plans;
pub mod plugins;
pub mod retention;
pub mod rights;
pub mod schemas;
pub mod sessions;
pub mod tenants;
pub mod tokens;
pub mod warnings;

#[cfg(test)]
mod tests;
