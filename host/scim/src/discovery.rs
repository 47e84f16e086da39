//! What a service provider says about itself (RFC 7643, sections 5 to 7; RFC 7644, section 4).
//!
//! Bodies are without `meta`, since this crate knows no addresses.

use serde_json::{Map, Value, json};

use crate::schema::{ResourceType, Schema};

/// The schema of the service provider configuration (RFC 7643, section 5).
pub const SERVICE_PROVIDER_CONFIG_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig";

/// What a service provider can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceProviderConfig {
    /// Where people read about it.
    pub documentation_uri: Option<String>,
    /// Whether it takes PATCH.
    pub patch: bool,
    /// Whether and how it takes bulk requests.
    pub bulk: Option<BulkLimits>,
    /// Whether it filters, and how many resources an answer can have then.
    pub filter_results_max: Option<usize>,
    /// Whether clients can set passwords.
    pub change_password: bool,
    /// Whether it sorts.
    pub sort: bool,
    /// Whether it has entity tags.
    pub etag: bool,
    /// How clients authenticate.
    pub authentication_schemes: Vec<AuthenticationScheme>,
    /// How it pages; nothing is said about it if there is none.
    pub pagination: Option<PaginationConfig>,
}

/// How lists are cut into pages (RFC 9865, section 4): by index, unless a request asks for a cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaginationConfig {
    /// How many resources a page has when the request does not say.
    pub default_page_size: usize,
    /// The most resources a page has.
    pub max_page_size: usize,
    /// For how long a cursor is good; `None` if it does not expire.
    pub cursor_timeout_seconds: Option<u64>,
}

/// How large a bulk request can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BulkLimits {
    /// The most operations.
    pub operations_max: usize,
    /// The longest body, in bytes.
    pub payload_bytes_max: usize,
}

/// One way to authenticate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthenticationScheme {
    /// The keyword, such as `oauthbearertoken`.
    pub kind: String,
    /// The name for people.
    pub name: String,
    /// What a client has to do.
    pub description: String,
    /// Where the scheme is specified.
    pub spec_uri: Option<String>,
    /// Where people read how to use it here.
    pub documentation_uri: Option<String>,
    /// Whether it is the preferred one.
    pub primary: bool,
}

impl ServiceProviderConfig {
    /// The body of RFC 7643, section 5.
    pub fn body(&self) -> Value {
        let bulk = self.bulk.unwrap_or(BulkLimits { operations_max: 0, payload_bytes_max: 0 });
        let schemes = self.authentication_schemes.iter();
        let mut body = json!({
            "schemas": [SERVICE_PROVIDER_CONFIG_URN],
            "patch": {"supported": self.patch},
            "bulk": {
                "supported": self.bulk.is_some(),
                "maxOperations": bulk.operations_max,
                "maxPayloadSize": bulk.payload_bytes_max,
            },
            "filter": {
                "supported": self.filter_results_max.is_some(),
                "maxResults": self.filter_results_max.unwrap_or(0),
            },
            "changePassword": {"supported": self.change_password},
            "sort": {"supported": self.sort},
            "etag": {"supported": self.etag},
            "authenticationSchemes": schemes.map(AuthenticationScheme::body).collect::<Vec<_>>(),
        });
        if let Some(object) = body.as_object_mut() {
            put(object, "documentationUri", self.documentation_uri.as_deref());
            if let Some(pagination) = self.pagination {
                object.insert("pagination".into(), pagination.body());
            }
        }
        body
    }
}

impl PaginationConfig {
    fn body(self) -> Value {
        let mut body = json!({
            "cursor": true,
            "index": true,
            "defaultPaginationMethod": "index",
            "defaultPageSize": self.default_page_size,
            "maxPageSize": self.max_page_size,
        });
        if let (Some(object), Some(seconds)) = (body.as_object_mut(), self.cursor_timeout_seconds) {
            object.insert("cursorTimeout".into(), seconds.into());
        }
        body
    }
}

impl AuthenticationScheme {
    fn body(&self) -> Value {
        let mut body = json!({
            "type": self.kind,
            "name": self.name,
            "description": self.description,
            "primary": self.primary,
        });
        if let Some(object) = body.as_object_mut() {
            put(object, "specUri", self.spec_uri.as_deref());
            put(object, "documentationUri", self.documentation_uri.as_deref());
        }
        body
    }
}

/// Every schema of some resource types, once each, in the order of the types.
pub fn schemas<'a>(types: impl IntoIterator<Item = &'a ResourceType>) -> Vec<&'a Schema> {
    let mut schemas: Vec<&'a Schema> = Vec::new();
    for rt in types {
        let extensions = rt.extensions.iter().map(|(schema, _)| schema);
        for schema in std::iter::once(&rt.schema).chain(extensions) {
            if !schemas.iter().any(|known| known.id.eq_ignore_ascii_case(&schema.id)) {
                schemas.push(schema);
            }
        }
    }
    schemas
}

fn put(object: &mut Map<String, Value>, key: &str, value: Option<&str>) {
    if let Some(value) = value {
        object.insert(key.into(), value.into());
    }
}
