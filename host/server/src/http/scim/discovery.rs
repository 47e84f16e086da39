//! The three discovery endpoints (RFC 7644 section 4).

use axum::response::Response;
use doorlist_scim::ErrorKind;
use doorlist_scim::discovery::{AuthenticationScheme, BulkLimits, PaginationConfig, ServiceProviderConfig, schemas};
use doorlist_scim::limits::BULK_OPERATIONS_MAX;
use doorlist_scim::list::list_response;
use doorlist_scim::schema::ResourceType;
use serde_json::{Value, json};

use super::target::Target;
use super::{answer, parameters};
use crate::error::{Error, Result};
use crate::limits::{BODY_BYTES_MAX, SCIM_PAGE_MAX};
use crate::provision::Catalog;

/// Answers a GET of one of them.
pub(super) fn answer(target: &Target, catalog: &Catalog, query: &str, base: &str) -> Result<Response> {
    if parameters(query).iter().any(|(name, _)| name.eq_ignore_ascii_case("filter")) {
        return Err(Error::new(ErrorKind::Forbidden, "Discovery endpoints take no filter."));
    }
    let body = match target {
        Target::ServiceProviderConfig => service_provider_config(base),
        Target::ResourceTypes(id) => {
            let types = catalog.types().iter().map(|kind| (kind.id.clone(), resource_type(kind, base))).collect();
            one_or_all(types, id.as_deref(), "resource type")?
        }
        Target::Schemas(id) => {
            let all = schemas(catalog.types().iter().map(AsRef::as_ref))
                .into_iter()
                .map(|schema| (schema.id.clone(), schema_body(schema, base)))
                .collect();
            one_or_all(all, id.as_deref(), "schema")?
        }
        _ => return Err(Error::not_found("endpoint")),
    };
    Ok(answer::json(200, body.to_string().into_bytes()))
}

fn one_or_all(all: Vec<(String, Value)>, id: Option<&str>, noun: &str) -> Result<Value> {
    match id {
        None => Ok(list_response(all.len(), 1, all.into_iter().map(|(_, body)| body).collect())),
        Some(id) => {
            let same = |known: &str| known.eq_ignore_ascii_case(id);
            all.into_iter().find(|(known, _)| same(known)).map(|(_, body)| body).ok_or_else(|| Error::not_found(noun))
        }
    }
}

fn with_meta(mut body: Value, kind: &str, location: String) -> Value {
    if let Some(body) = body.as_object_mut() {
        body.insert("meta".to_owned(), json!({"resourceType": kind, "location": location}));
    }
    body
}

fn resource_type(kind: &ResourceType, base: &str) -> Value {
    with_meta(kind.to_json(), "ResourceType", format!("{base}/ResourceTypes/{}", kind.id))
}

fn schema_body(schema: &doorlist_scim::Schema, base: &str) -> Value {
    with_meta(schema.to_json(), "Schema", format!("{base}/Schemas/{}", schema.id))
}

fn service_provider_config(base: &str) -> Value {
    let config = ServiceProviderConfig {
        documentation_uri: None,
        patch: true,
        bulk: Some(BulkLimits { operations_max: BULK_OPERATIONS_MAX, payload_bytes_max: BODY_BYTES_MAX }),
        filter_results_max: Some(SCIM_PAGE_MAX),
        change_password: false,
        sort: true,
        etag: true,
        pagination: Some(PaginationConfig { default_page_size: SCIM_PAGE_MAX, max_page_size: SCIM_PAGE_MAX, cursor_timeout_seconds: None }),
        authentication_schemes: vec![AuthenticationScheme {
            kind: "oauthbearertoken".to_owned(),
            name: "Bearer token".to_owned(),
            description: "A token of the connection, in the Authorization header.".to_owned(),
            spec_uri: Some("https://www.rfc-editor.org/info/rfc6750".to_owned()),
            documentation_uri: None,
            primary: true,
        }],
    };
    with_meta(config.body(), "ServiceProviderConfig", format!("{base}/ServiceProviderConfig"))
}
