//! Attributes as the server answers them, as strictly as its schemas have it.

use serde_json::{Map, Value, json};

use super::description::{Attribute, Description, Kind};
use super::named;

/// Media type of every answer (RFC 7644 section 8.1).
pub const MEDIA_TYPE: &str = "application/scim+json";

/// One resource, as any answer may show it: `attributes` and `excludedAttributes` can take away everything but `id` and `schemas`.
pub fn resource(kind: &Kind, description: &Description) -> Value {
    let mut whole = object(&kind.core.attributes);
    let urns: Vec<&str> = kind.extensions.iter().map(|(schema, _)| schema.urn.as_str()).collect();
    let properties = whole["properties"].as_object_mut().expect("an object has properties");
    let named: Vec<&str> = urns.iter().copied().chain([kind.core.urn.as_str()]).collect();
    properties.insert(
        "schemas".into(),
        json!({"type": "array", "uniqueItems": true, "items": {"enum": named}, "contains": {"const": kind.core.urn}}),
    );
    properties.insert("id".into(), json!({"type": "string", "minLength": 1}));
    properties.insert("externalId".into(), json!({"type": "string"}));
    properties.insert("meta".into(), meta(kind, description));
    for (schema, _) in &kind.extensions {
        properties.insert(schema.urn.clone(), object(&schema.attributes));
    }
    whole["required"] = json!(["schemas", "id"]);
    // An extension that is there is named, and one that is named is there unless the answer is a part.
    let named = |urn: &str| json!({"properties": {"schemas": {"contains": {"const": urn}}}});
    whole["dependentSchemas"] = urns.iter().map(|urn| ((*urn).to_owned(), named(urn))).collect::<Map<_, _>>().into();
    whole
}

/// A resource that nothing was left out of.
pub fn whole(kind: &Kind) -> Value {
    let must =
        kind.core.attributes.iter().filter(|attribute| attribute.required && attribute.is_returned() && attribute.returned != "request");
    let must = must.map(|attribute| attribute.name.as_str()).chain(["schemas", "id", "meta"]);
    let must: Vec<&str> =
        must.chain(kind.extensions.iter().filter(|(_, required)| *required).map(|(schema, _)| schema.urn.as_str())).collect();
    json!({"allOf": [named(&kind.name), {"required": must}]})
}

fn meta(kind: &Kind, description: &Description) -> Value {
    let mut properties = json!({
        "resourceType": {"const": kind.name},
        "created": {"type": "string", "format": "date-time"},
        "lastModified": {"type": "string", "format": "date-time"},
        "location": {"type": "string", "pattern": format!("^https?://.+/scim/v2{}/[^/]+$", kind.endpoint)},
    });
    if description.supports("etag") {
        properties["version"] = json!({"type": "string", "pattern": "^(W/)?\"[^\"]+\"$"});
    }
    json!({"type": "object", "properties": properties, "additionalProperties": false, "minProperties": 1})
}

/// What no schema knows is kept as it was sent, except for nulls and whatever is called a password.
fn unknown() -> Value {
    json!({"not": {"type": "null"}})
}

fn object(attributes: &[Attribute]) -> Value {
    let mut properties = Map::new();
    for attribute in attributes {
        let schema = if attribute.is_returned() { attribute_schema(attribute) } else { json!({"not": {}}) };
        properties.insert(attribute.name.clone(), schema);
    }
    json!({"type": "object", "properties": properties, "additionalProperties": unknown(), "minProperties": 1,
        "propertyNames": {"not": {"pattern": "^([^ ]*[:.])?[Pp][Aa][Ss][Ss][Ww][Oo][Rr][Dd]$"}}})
}

fn attribute_schema(attribute: &Attribute) -> Value {
    if !attribute.multi {
        return one(attribute);
    }
    let mut list = json!({"type": "array", "minItems": 1, "items": one(attribute)});
    if attribute.subs.iter().any(|sub| sub.name == "primary") {
        list["contains"] = json!({"type": "object", "properties": {"primary": {"const": true}}, "required": ["primary"]});
        list["minContains"] = json!(0);
        list["maxContains"] = json!(1);
    }
    list
}

fn one(attribute: &Attribute) -> Value {
    match attribute.kind.as_str() {
        "boolean" => json!({"type": "boolean"}),
        "integer" => json!({"type": "integer"}),
        "decimal" => json!({"type": "number"}),
        "complex" => object(&attribute.subs),
        _ => json!({"type": "string"}),
    }
}

/// A page of resources of one type (RFC 7644 section 3.4.2).
pub fn list(kind: &Kind, description: &Description) -> Value {
    list_of(named(&kind.name), description)
}

/// A page, as long as the configuration has it at most.
pub fn list_of(element: Value, description: &Description) -> Value {
    let page_max = &description.config["filter"]["maxResults"];
    json!({
        "type": "object",
        "required": ["schemas", "totalResults"],
        "properties": {
            "schemas": {"const": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"]},
            "totalResults": {"type": "integer", "minimum": 0},
            "startIndex": {"type": "integer", "minimum": 1},
            "itemsPerPage": {"type": "integer", "minimum": 0, "maximum": page_max},
            "nextCursor": {"type": "string", "minLength": 1},
            "previousCursor": {"type": "string", "minLength": 1},
            "Resources": {"type": "array", "items": element, "maxItems": page_max},
        },
        "additionalProperties": false,
    })
}

/// An answer with a body.
pub fn answer(description: &str, schema: &Value) -> Value {
    json!({"description": description, "content": {MEDIA_TYPE: {"schema": schema}}})
}
