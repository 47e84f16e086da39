//! What a client can find out about the service provider (RFC 7644 section 4).

use doorlist_tests::callers::{ENTERPRISE_URN, GROUP_URN, LIST_URN, USER_URN, text};
use serde_json::{Value, json};

use crate::shared;

const ENDPOINTS: [&str; 3] = ["/ServiceProviderConfig", "/ResourceTypes", "/Schemas"];

/// Every key and value of a document, depth first.
fn visit(value: &Value, seen: &mut impl FnMut(&Value)) {
    seen(value);
    match value {
        Value::Array(items) => items.iter().for_each(|item| visit(item, seen)),
        Value::Object(object) => object.values().for_each(|item| visit(item, seen)),
        _ => {}
    }
}

#[test]
fn the_configuration_says_what_works() {
    let client = shared::client("configuration");
    let config = client.get("/ServiceProviderConfig").expect(200);
    assert_eq!(config["schemas"], json!(["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"]));
    for feature in ["patch", "bulk", "filter", "changePassword", "sort", "etag"] {
        assert!(config[feature]["supported"].is_boolean(), "{feature}: {config}");
    }
    for feature in ["patch", "filter", "sort"] {
        assert_eq!(config[feature]["supported"], true, "{feature}");
    }
    assert_eq!(config["changePassword"]["supported"], false);
    assert!(config["filter"]["maxResults"].as_u64().is_some_and(|most| most > 0), "{config}");
    let schemes = config["authenticationSchemes"].as_array().expect("there are schemes");
    assert!(schemes.iter().any(|scheme| scheme["type"] == "oauthbearertoken"), "{config}");
    assert!(text(&config["meta"], "location").ends_with("/scim/v2/ServiceProviderConfig"), "{config}");
    // What it says of bulk is what a bulk request meets.
    let bulk = client.post("/Bulk", &json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": []}));
    if config["bulk"]["supported"] == true {
        assert_ne!(bulk.status, 501, "{bulk}");
    } else {
        bulk.scim_error(501, None);
    }
}

#[test]
fn resource_types_lead_to_their_schemas() {
    let client = shared::client("resource types");
    let types = client.get("/ResourceTypes").expect(200);
    assert_eq!(types["schemas"], json!([LIST_URN]));
    assert_eq!(types["totalResults"], 2);
    for (name, endpoint, schema) in [("User", "/Users", USER_URN), ("Group", "/Groups", GROUP_URN)] {
        let listed = types["Resources"].as_array().unwrap().iter().find(|kind| kind["name"] == name).expect("it is listed");
        assert_eq!(listed["endpoint"], endpoint);
        assert_eq!(listed["schema"], schema);
        assert_eq!(client.get(&format!("/ResourceTypes/{name}")).expect(200), *listed);
    }
    let user = client.get("/ResourceTypes/User").expect(200);
    assert_eq!(user["schemaExtensions"], json!([{"schema": ENTERPRISE_URN, "required": false}]));
    client.get("/ResourceTypes/Device").scim_error(404, None);
}

#[test]
fn schemas_are_complete_and_without_null() {
    let client = shared::client("schemas");
    let schemas = client.get("/Schemas").expect(200);
    assert_eq!(schemas["schemas"], json!([LIST_URN]));
    visit(&schemas, &mut |value| assert!(!value.is_null(), "a null in {schemas}"));
    let ids: Vec<String> = schemas["Resources"].as_array().unwrap().iter().map(|schema| text(schema, "id")).collect();
    for urn in [USER_URN, GROUP_URN, ENTERPRISE_URN] {
        assert!(ids.iter().any(|id| id == urn), "{urn} is not among {ids:?}");
        let one = client.get(&format!("/Schemas/{urn}")).expect(200);
        assert_eq!(one["id"], urn);
        let attributes = one["attributes"].as_array().expect("a schema has attributes");
        for attribute in attributes {
            for key in ["name", "type", "multiValued", "required", "mutability", "returned"] {
                assert!(attribute.get(key).is_some(), "{urn}: {attribute} has no {key}");
            }
        }
    }
    let user = client.get(&format!("/Schemas/{USER_URN}")).expect(200);
    let attribute = |name: &str| {
        user["attributes"].as_array().unwrap().iter().find(|one| one["name"] == name).unwrap_or_else(|| panic!("no {name}")).clone()
    };
    assert_eq!(attribute("userName")["required"], true);
    assert_eq!(attribute("userName")["caseExact"], false);
    assert_eq!(attribute("password")["returned"], "never");
    assert_eq!(attribute("groups")["mutability"], "readOnly");
    client.get("/Schemas/urn:example:unknown").scim_error(404, None);
}

/// RFC 7644 section 4: these are only read, and a filter on them is forbidden.
#[test]
fn discovery_is_read_only_and_unfiltered() {
    let client = shared::client("read only");
    for endpoint in ENDPOINTS {
        for method in ["POST", "PUT", "PATCH", "DELETE"] {
            let reply = client.call(method, endpoint).json(&json!({})).send();
            let allow = reply.header("allow").unwrap_or_default().to_owned();
            reply.scim_error(405, None);
            let allowed: Vec<&str> = allow.split(',').map(str::trim).collect();
            assert!(allowed.contains(&"GET") && !allowed.contains(&method), "{method} {endpoint}: Allow is {allow:?}");
        }
        client.get(&format!("{endpoint}?filter=id%20pr")).scim_error(403, None);
        client.get(&format!("{endpoint}?attributes=id&startIndex=1&count=1&sortBy=id")).expect(200);
    }
}

/// RFC 7644 section 3.11: a service provider without an idea of "me" says so.
#[test]
fn there_is_no_me() {
    let client = shared::client("me");
    client.get("/Me").scim_error(501, None);
}
