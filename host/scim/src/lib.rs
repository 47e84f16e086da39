//! RFC 7643 and RFC 7644 as pure code.
//!
//! This crate says what SCIM resources are and what requests do to them. It performs no I/O and knows
//! no HTTP, clock, storage, tenant or base URL; host and policies compile it alike.
//!
//! # Reading order
//!
//! 1. [`schema`]: schemas and resource types are data. [`ResourceType::user`] and
//!    [`ResourceType::group`] are two values; nothing else in the crate knows which one it handles.
//! 2. [`path`]: the way to an attribute, kept in the schema's spelling.
//! 3. [`validate`]: how the body of a POST or PUT becomes a [`Resource`].
//! 4. [`patch`]: how a PATCH changes one. [`quirks`] lists what particular clients need on the way.
//! 5. [`filter`], [`list`], [`query`] and [`project`]: finding, ordering, paging and showing resources.
//! 6. [`discovery`] and [`bulk`]: what a service provider says about itself, and many requests in one.
//! 7. [`dialect`]: who a client seems to be, for the people who look after it.
//!
//! Every refusal is an [`Error`]; every bound stands in [`limits`].
//!
//! # Resources
//!
//! A [`Resource`] is a JSON object in the schema's spelling, without nulls, empty lists or empty complex
//! values where a schema defines the attribute (RFC 7643, section 2.5, makes them all one state:
//! unassigned). Keys are sorted, since that is how this crate's JSON maps are built, so the same
//! resource always prints as the same text.
//!
//! The one rule about attributes that no schema defines: what a client sent is kept as it was sent and
//! given back, within [`limits`], because clients write back what they read and compare. Only
//! passwords are never kept, wherever they stand. When an extension comes later that defines it, it is
//! found and shown as what it then is, however it is spelled, and moves into the schema's spelling with
//! the next change of the resource.
//!
//! ```
//! use doorlist_scim::{Filter, Patch, ResourceType, validate};
//! use serde_json::json;
//!
//! let user = ResourceType::user();
//! let body = json!({"USERNAME": "ada@example.com", "active": "True", "emails": null});
//! let mut ada = validate::create(user, &body)?.resource;
//! assert_eq!(ada["userName"], "ada@example.com");
//! assert_eq!(ada["active"], true);
//!
//! let patch = Patch::parse(user, &json!({"Operations": [
//!     {"op": "Replace", "path": "name.givenName", "value": "Ada"},
//! ]}))?;
//! assert!(patch.apply(user, &mut ada)?);
//! assert!(Filter::parse(r#"name.givenName eq "ada""#, user)?.matches(user, &ada));
//! # Ok::<(), doorlist_scim::Error>(())
//! ```

pub mod bulk;
pub mod datetime;
pub mod dialect;
pub mod discovery;
pub mod error;
pub mod filter;
pub mod limits;
pub mod list;
mod message;
mod number;
pub mod patch;
pub mod path;
pub mod project;
pub mod query;
pub mod quirks;
pub mod schema;
mod text;
pub mod validate;
mod write;

pub use error::{Error, ErrorKind};
pub use filter::Filter;
pub use patch::{ElementChange, Patch};
pub use path::{AttrPath, PatchPath};
pub use project::Projection;
pub use schema::{Attribute, ResourceType, Schema};
pub use validate::{Element, Incoming};

/// A resource: checked JSON in the schema's spelling.
pub type Resource = serde_json::Map<String, serde_json::Value>;
