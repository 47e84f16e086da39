//! The server that most tests share.

use std::sync::OnceLock;

use doorlist_tests::{Client, Server, Tenant};
use serde_json::json;

static SERVER: OnceLock<Server> = OnceLock::new();

/// The shared server, started by whoever asks first.
#[track_caller]
pub fn server() -> &'static Server {
    SERVER.get_or_init(Server::start)
}

/// A new tenant of the shared server.
#[track_caller]
pub fn tenant(name: &str) -> Tenant {
    server().operator().tenant(name)
}

/// A new tenant whose clients see the resource types for conformance work.
#[track_caller]
pub fn test_tenant(name: &str) -> Tenant {
    server().operator().tenant_with(&json!({"name": name, "testResources": true}))
}

/// A client with a tenant and an inventory of its own.
#[track_caller]
pub fn client(name: &str) -> Client {
    tenant(name).connect()
}
