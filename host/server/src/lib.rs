//! Doorlist: a multi-tenant SCIM 2.0 service provider whose policies are sandboxed plugins.
//!
//! Reading order: [`store`] (rows), [`provision`] (what SCIM clients do to the inventory), [`policy`] (the sandbox),
//! [`directory`] (projection of the inventory through the policies), [`admin`] (what operators do), [`http`] (the edges),
//! [`kit`] (what authors of policies do), [`rehearsal`] (a pipeline tried offline), [`remote`] (a server as the commands of operators and authors reach it).
//! ARCHITECTURE.md has the map and two walks through it.

pub mod activity;
pub mod admin;
pub mod auth;
pub mod cli;
pub mod client;
pub mod clock;
pub mod config;
pub mod demo;
pub mod directory;
pub mod error;
pub mod http;
pub mod id;
pub mod kit;
pub mod limits;
pub mod policy;
pub mod provision;
pub mod rehearsal;
pub mod remote;
pub mod secret;
pub mod sign_on;
pub mod signature;
pub mod store;
pub mod telemetry;
