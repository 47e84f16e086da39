//! Schemas and resource types as data, and what a service provider says about itself.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test stops at the first surprise")]

use std::sync::Arc;

use doorlist_scim::discovery::{AuthenticationScheme, BulkLimits, PaginationConfig, ServiceProviderConfig, schemas};
use doorlist_scim::error::ERROR_URN;
use doorlist_scim::schema::{Mutability, Returned, Type, Uniqueness, fold_case};
use doorlist_scim::validate::create;
use doorlist_scim::{AttrPath, Attribute, Error, ErrorKind, ResourceType, Schema};
use proptest::prelude::*;
use serde_json::{Value, json};

const FILES: [(&str, &str); 6] = [
    ("common", include_str!("../../../schemas/scim/common.json")),
    ("user", include_str!("../../../schemas/scim/user.json")),
    ("group", include_str!("../../../schemas/scim/group.json")),
    ("enterprise-user", include_str!("../../../schemas/scim/enterprise-user.json")),
    ("test-resource", include_str!("../../../schemas/scim/test/test-resource.json")),
    ("test-extension", include_str!("../../../schemas/scim/test/test-extension.json")),
];

#[test]
fn every_schema_file_says_exactly_what_is_published() {
    for (name, text) in FILES {
        let file: Value = serde_json::from_str(text).unwrap();
        let mut published = Schema::from_json(&file).unwrap().to_json();
        let urns = published.as_object_mut().unwrap().remove("schemas");
        assert_eq!(urns, Some(json!(["urn:ietf:params:scim:schemas:core:2.0:Schema"])));
        assert_eq!(published, file, "{name}");
        assert_eq!(Schema::from_json(&published).unwrap().to_json()["attributes"], file["attributes"]);
        assert!(!published.to_string().contains("null"), "{name}");
    }
}

#[test]
fn the_attributes_are_those_of_the_rfc() {
    let user = ResourceType::user();
    let names: Vec<&str> = user.schema.attributes.iter().map(|attribute| attribute.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "userName",
            "name",
            "displayName",
            "nickName",
            "profileUrl",
            "title",
            "userType",
            "preferredLanguage",
            "locale",
            "timezone",
            "active",
            "password",
            "emails",
            "phoneNumbers",
            "ims",
            "photos",
            "addresses",
            "groups",
            "entitlements",
            "roles",
            "x509Certificates",
        ]
    );
    let (enterprise, is_required) = &user.extensions[0];
    let names: Vec<&str> = enterprise.attributes.iter().map(|attribute| attribute.name.as_str()).collect();
    assert_eq!(names, ["employeeNumber", "costCenter", "organization", "division", "department", "manager"]);
    assert!(!is_required);
    let group = ResourceType::group();
    let names: Vec<&str> = group.schema.attributes.iter().map(|attribute| attribute.name.as_str()).collect();
    assert_eq!(names, ["displayName", "members"]);
    assert_eq!(ResourceType::all().map(|rt| rt.endpoint.as_str()), ["/Users", "/Groups"]);
    assert!(group.is_rows("MEMBERS") && !user.is_rows("members"));
}

#[test]
fn the_characteristics_that_behaviour_hangs_on() {
    let find = |rt: &'static ResourceType, path: &str| {
        let path = AttrPath::parse(path, rt).unwrap();
        rt.attribute(&path).unwrap()
    };
    let user = ResourceType::user();
    assert!(find(user, "userName").required);
    assert!(!find(user, "userName").case_exact);
    assert_eq!(find(user, "userName").uniqueness, Uniqueness::Server);
    assert!(find(user, "id").case_exact);
    assert_eq!(find(user, "id").returned, Returned::Always);
    assert!(find(user, "externalId").case_exact);
    assert_eq!(find(user, "externalId").mutability, Mutability::ReadWrite);
    assert_eq!(find(user, "password").returned, Returned::Never);
    assert_eq!(find(user, "password").mutability, Mutability::WriteOnly);
    assert_eq!(find(user, "groups").mutability, Mutability::ReadOnly);
    assert_eq!(find(user, "active").kind, Type::Boolean);
    assert_eq!(find(user, "meta.lastModified").kind, Type::DateTime);
    assert!(find(user, "emails").multi_valued);
    let group = ResourceType::group();
    assert!(find(group, "displayName").required);
    assert!(!find(group, "displayName").case_exact);
    assert!(find(group, "members.value").case_exact);
    assert_eq!(find(group, "members.value").mutability, Mutability::Immutable);
}

#[test]
fn schemas_that_are_none_are_refused() {
    let with = |attribute: Value| json!({"id": "urn:x", "attributes": [attribute]});
    let table = [
        json!(null),
        json!({}),
        json!({"id": 1}),
        json!({"id": ""}),
        json!({"id": "urn:x", "attributes": {}}),
        json!({"id": "urn:x", "attributes": vec![json!({"name": "a"}); 2]}),
        json!({"id": "urn:x", "attributes": (0..1_000).map(|i| json!({"name": format!("a{i}")})).collect::<Value>()}),
        with(json!({})),
        with(json!("a")),
        with(json!({"name": ""})),
        with(json!({"name": "1a"})),
        with(json!({"name": "a.b"})),
        with(json!({"name": "a b"})),
        with(json!({"name": "a", "type": "text"})),
        with(json!({"name": "a", "type": 1})),
        with(json!({"name": "a", "multiValued": "yes"})),
        with(json!({"name": "a", "mutability": "sometimes"})),
        with(json!({"name": "a", "returned": "maybe"})),
        with(json!({"name": "a", "uniqueness": "galaxy"})),
        with(json!({"name": "a", "canonicalValues": [1]})),
        with(json!({"name": "a", "type": "complex", "subAttributes": [{"name": "b"}, {"name": "B"}]})),
        with(json!({"name": "a", "type": "complex", "subAttributes": [{"name": "b", "type": "complex"}]})),
    ];
    for schema in table {
        let error = Schema::from_json(&schema).expect_err(&schema.to_string());
        assert_eq!(error.kind, ErrorKind::InvalidValue);
    }
}

#[test]
fn resource_types_and_configuration_have_the_bodies_of_the_rfc() {
    assert_eq!(
        ResourceType::user().to_json(),
        json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
            "id": "User", "name": "User", "endpoint": "/Users", "description": "User accounts",
            "schema": "urn:ietf:params:scim:schemas:core:2.0:User",
            "schemaExtensions": [{"schema": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User", "required": false}],
        })
    );
    assert_eq!(ResourceType::group().to_json().get("schemaExtensions"), None);
    let ids: Vec<&str> = schemas(ResourceType::all().map(AsRef::as_ref)).into_iter().map(|schema| schema.id.as_str()).collect();
    assert_eq!(
        ids,
        [
            "urn:ietf:params:scim:schemas:core:2.0:User",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
            "urn:ietf:params:scim:schemas:core:2.0:Group",
        ]
    );
    let mut config = ServiceProviderConfig {
        documentation_uri: None,
        patch: true,
        bulk: Some(BulkLimits { operations_max: 10, payload_bytes_max: 20 }),
        filter_results_max: Some(30),
        change_password: false,
        sort: true,
        etag: false,
        authentication_schemes: vec![AuthenticationScheme {
            kind: "oauthbearertoken".into(),
            name: "Token".into(),
            description: "A token".into(),
            spec_uri: Some("https://www.rfc-editor.org/rfc/rfc6750".into()),
            documentation_uri: None,
            primary: true,
        }],
        pagination: None,
    };
    assert_eq!(
        config.body(),
        json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
            "patch": {"supported": true},
            "bulk": {"supported": true, "maxOperations": 10, "maxPayloadSize": 20},
            "filter": {"supported": true, "maxResults": 30},
            "changePassword": {"supported": false},
            "sort": {"supported": true},
            "etag": {"supported": false},
            "authenticationSchemes": [{"type": "oauthbearertoken", "name": "Token", "description": "A token",
                "specUri": "https://www.rfc-editor.org/rfc/rfc6750", "primary": true}],
        })
    );
    config.bulk = None;
    config.documentation_uri = Some("https://docs".into());
    assert_eq!(config.body()["bulk"], json!({"supported": false, "maxOperations": 0, "maxPayloadSize": 0}));
    assert_eq!(config.body()["documentationUri"], "https://docs");
    config.pagination = Some(PaginationConfig { default_page_size: 50, max_page_size: 100, cursor_timeout_seconds: Some(3600) });
    assert_eq!(
        config.body()["pagination"],
        json!({"cursor": true, "index": true, "defaultPaginationMethod": "index", "defaultPageSize": 50, "maxPageSize": 100, "cursorTimeout": 3600})
    );
    config.pagination = Some(PaginationConfig { default_page_size: 50, max_page_size: 100, cursor_timeout_seconds: None });
    assert_eq!(config.body()["pagination"].get("cursorTimeout"), None);
}

#[test]
fn the_test_resource_type_has_an_attribute_for_everything_a_schema_can_say() {
    let [rt] = ResourceType::test() else {
        panic!("one type");
    };
    assert_eq!((rt.name.as_str(), rt.endpoint.as_str()), ("TestResource", "/TestResources"));
    assert_eq!(rt.schema.id, "urn:doorlist:params:scim:schemas:test:2.0:TestResource");
    let extensions: Vec<(&str, bool)> = rt.extensions.iter().map(|(schema, required)| (schema.id.as_str(), *required)).collect();
    assert_eq!(extensions, [("urn:doorlist:params:scim:schemas:test:extension:2.0:TestResource", false)]);
    let attributes = &rt.schema.attributes;
    let any = |test: &dyn Fn(&Attribute) -> bool| attributes.iter().any(test);
    use Type::*;
    for kind in [String, Boolean, Decimal, Integer, DateTime, Binary, Reference, Complex] {
        for many in [true, false] {
            assert!(any(&|attribute| attribute.kind == kind && attribute.multi_valued == many), "{kind:?} {many}");
        }
        assert!(kind == Complex || any(&|outer| outer.sub_attributes.iter().any(|sub| sub.kind == kind)), "a part: {kind:?}");
    }
    for mutability in [Mutability::ReadOnly, Mutability::ReadWrite, Mutability::Immutable, Mutability::WriteOnly] {
        assert!(any(&|attribute| attribute.mutability == mutability), "{mutability:?}");
        assert!(any(&|outer| outer.sub_attributes.iter().any(|sub| sub.mutability == mutability)), "a part: {mutability:?}");
    }
    for returned in [Returned::Always, Returned::Never, Returned::Default, Returned::Request] {
        assert!(any(&|attribute| attribute.returned == returned), "{returned:?}");
        assert!(any(&|outer| outer.sub_attributes.iter().any(|sub| sub.returned == returned)), "a part: {returned:?}");
    }
    for uniqueness in [Uniqueness::None, Uniqueness::Server, Uniqueness::Global] {
        assert!(any(&|attribute| attribute.uniqueness == uniqueness), "{uniqueness:?}");
    }
    for exact in [true, false] {
        assert!(any(&|attribute| attribute.kind == String && attribute.case_exact == exact));
        assert!(any(&|attribute| attribute.case_exact == exact && !attribute.canonical_values.is_empty()));
    }
    assert!(any(&|attribute| attribute.required));
    assert!(any(&|outer| !outer.required && outer.sub_attributes.iter().any(|sub| sub.required)));
}

#[test]
fn unique_paths_are_those_clients_write() {
    let paths = |rt: &ResourceType| rt.unique_paths().iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(paths(ResourceType::user()), ["userName"]);
    assert_eq!(paths(ResourceType::group()), [""; 0]);
    assert_eq!(
        paths(&ResourceType::test()[0]),
        [
            "uniqueServer",
            "uniqueGlobal",
            "uniqueNumber",
            "badge.value",
            "urn:doorlist:params:scim:schemas:test:extension:2.0:TestResource:serial",
        ]
    );
}

#[test]
fn a_resource_type_takes_further_extensions_and_keeps_its_own() {
    let more = Schema::from_json(&json!({"id": "urn:acme:User", "attributes": [
        {"name": "badge", "uniqueness": "server"},
        {"name": "secret", "uniqueness": "server", "returned": "never"},
    ]}));
    let more = Arc::new(more.unwrap());
    let impostor = json!({"id": "URN:ietf:params:scim:schemas:extension:enterprise:2.0:user", "attributes": [{"name": "department", "type": "integer"}]});
    let impostor = Arc::new(Schema::from_json(&impostor).unwrap());
    let user = ResourceType::user();
    let extended = user.with_extensions([(Arc::clone(&more), true), (impostor, true), (Arc::clone(&more), false)]);
    let ids: Vec<(&str, bool)> = extended.extensions.iter().map(|(schema, required)| (schema.id.as_str(), *required)).collect();
    assert_eq!(ids, [("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User", false), ("urn:acme:User", true)]);
    assert_eq!(extended.unique_paths().iter().map(ToString::to_string).collect::<Vec<_>>(), ["userName", "urn:acme:User:badge"]);
    assert!(create(&extended, &json!({"userName": "a"})).is_err());
    let made = create(&extended, &json!({"userName": "a", "urn:acme:user": {"BADGE": "b"}})).unwrap().resource;
    assert_eq!(made["urn:acme:User"], json!({"badge": "b"}));
    assert_eq!(user.extensions.len(), 1, "the type itself is as it was");
    assert_eq!(schemas([&extended, ResourceType::group().as_ref()]).len(), 4);
}

#[test]
fn errors_have_the_status_and_keyword_of_the_rfc() {
    use ErrorKind::*;
    let table = [
        (InvalidFilter, 400, Some("invalidFilter")),
        (TooMany, 400, Some("tooMany")),
        (Uniqueness, 409, Some("uniqueness")),
        (Mutability, 400, Some("mutability")),
        (InvalidSyntax, 400, Some("invalidSyntax")),
        (InvalidPath, 400, Some("invalidPath")),
        (NoTarget, 400, Some("noTarget")),
        (InvalidValue, 400, Some("invalidValue")),
        (InvalidVers, 400, Some("invalidVers")),
        (Sensitive, 403, Some("sensitive")),
        (InvalidCursor, 400, Some("invalidCursor")),
        (ExpiredCursor, 400, Some("expiredCursor")),
        (InvalidCount, 400, Some("invalidCount")),
        (Unauthorized, 401, None),
        (Forbidden, 403, None),
        (NotFound, 404, None),
        (MethodNotAllowed, 405, None),
        (Conflict, 409, None),
        (PreconditionFailed, 412, None),
        (PayloadTooLarge, 413, None),
        (UnsupportedMediaType, 415, None),
        (TooManyRequests, 429, None),
        (Internal, 500, None),
        (NotImplemented, 501, None),
        (Unavailable, 503, None),
    ];
    for (kind, status, scim_type) in table {
        let error = Error::new(kind, "A sentence.");
        assert_eq!((kind.status(), kind.scim_type()), (status, scim_type));
        let mut body = json!({"schemas": [ERROR_URN], "status": status.to_string(), "detail": "A sentence."});
        if let Some(scim_type) = scim_type {
            body["scimType"] = json!(scim_type);
        }
        assert_eq!(error.body(), body);
        assert_eq!(error.to_string(), "A sentence.");
    }
}

proptest! {
    #[test]
    fn folding_is_done_once(text in any::<String>()) {
        let folded = fold_case(&text).into_owned();
        prop_assert_eq!(fold_case(&folded).into_owned(), folded.clone());
        let (upper, lower) = (text.to_ascii_uppercase(), text.to_ascii_lowercase());
        prop_assert_eq!(fold_case(&upper), fold_case(&lower));
    }
}
