//! An OpenAPI 3.1 document of one tenant's SCIM surface, made of the server's own answers.
//!
//! Only `/ServiceProviderConfig`, `/ResourceTypes` and `/Schemas` are read: what a server does that they do not announce is not in
//! the document, and an answer that the document does not allow contradicts them. Requests are described as the server takes them,
//! which is more than the RFC asks for: what real clients send beside it is tolerated on purpose, and named in [`requests`].
//! Answers are described as strictly as the schemas have them.
//!
//! Reading order: [`description`] (what the server says of itself), [`requests`] and [`answers`] (attributes as JSON Schemas),
//! [`filters`] (the query parameters), [`messages`] (PATCH, search, bulk, errors), [`paths`] (the operations).

mod answers;
mod description;
mod filters;
mod messages;
mod paths;
mod requests;

use doorlist_tests::Client;
use serde_json::{Map, Value, json};

use description::Description;
pub use description::Fixtures;

/// The document of the tenant that `client` belongs to, without the operations at the endpoints of some resource types. Ids of
/// `fixtures` are what examples and references name.
#[track_caller]
pub fn document(client: &Client, fixtures: &Fixtures, left_out: &[&str]) -> Value {
    let description = Description::read(client);
    let mut schemas = Map::new();
    let mut operations = Map::new();
    for kind in &description.kinds {
        schemas.insert(kind.name.clone(), answers::resource(kind, &description));
        schemas.insert(format!("{}List", kind.name), answers::list(kind, &description));
        schemas.insert(format!("{}Post", kind.name), requests::resource(kind, fixtures, requests::Verb::Post));
        schemas.insert(format!("{}Put", kind.name), requests::resource(kind, fixtures, requests::Verb::Put));
        schemas.insert(format!("{}Patch", kind.name), messages::patch(kind, fixtures));
        schemas.insert(format!("{}Search", kind.name), messages::search(kind, &description));
        if !left_out.contains(&kind.name.as_str()) {
            paths::of_kind(kind, &description, fixtures, &mut operations);
        }
    }
    messages::schemas(&description, fixtures, &mut schemas);
    paths::of_discovery(&description, &mut operations);
    paths::of_the_whole(&description, &mut operations);
    json!({
        "openapi": "3.1.0",
        "info": {"title": "SCIM", "version": "2.0", "x-kept": fixtures.all()},
        "servers": [{"url": format!("http://{}/scim/v2", client.address())}],
        "security": [{"token": []}],
        "paths": operations,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    })
}

/// A reference to a named JSON Schema of the document.
fn named(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}
