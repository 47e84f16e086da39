//! Schemas that somebody uploads: every fault at its place, and what is let through.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test stops at the first surprise")]

use std::sync::Arc;

use doorlist_scim::limits::{NAME_BYTES_MAX, SCHEMA_ATTRIBUTES_MAX, SCHEMA_DESCRIPTION_BYTES_MAX, SCHEMA_FAULTS_MAX, SCHEMA_VALUES_MAX};
use doorlist_scim::validate::create;
use doorlist_scim::{ResourceType, Schema};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Where the faults of a schema are.
fn pointers(schema: &Value) -> Vec<String> {
    match Schema::check(schema) {
        Ok(_) => Vec::new(),
        Err(faults) => {
            for fault in &faults {
                assert!(fault.message.ends_with(['.', '/', ')']) && fault.message.len() < 400, "{fault:?}");
                // A fault is at a place there is.
                assert!(schema.pointer(&fault.pointer).is_some(), "{fault:?}");
            }
            faults.into_iter().map(|fault| fault.pointer).collect()
        }
    }
}

fn with(attribute: Value) -> Value {
    json!({"id": "urn:acme:User", "attributes": [attribute]})
}

#[test]
fn schemas_without_a_fault_are_read() {
    let schema = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"], "meta": {"resourceType": "Schema"},
        "id": "urn:ietf:params:scim:schemas:extension:acme:2.0:User", "name": "Acme", "description": "What Acme says of people",
        "attributes": [
            {"name": "badge", "uniqueness": "server", "caseExact": true},
            {"name": "level", "type": "integer", "uniqueness": "global", "description": "d", "multiValued": false, "required": true},
            {"name": "pin", "mutability": "writeOnly", "returned": "never"},
            {"name": "shift", "canonicalValues": ["early", "late"], "multiValued": true},
            {"name": "desk", "type": "complex", "multiValued": true, "subAttributes": [
                {"name": "value", "uniqueness": "server", "required": true}, {"name": "$ref", "type": "reference", "referenceTypes": ["uri"]},
                {"name": "id"}]},
            {"name": "externalId", "mutability": "immutable", "returned": "request"},
        ],
    });
    assert_eq!(Schema::check(&schema), Ok(Schema::from_json(&schema).unwrap()));
    let rt = &ResourceType::test()[0];
    for schema in [&rt.schema, &rt.extensions[0].0] {
        assert_eq!(Schema::check(&schema.to_json()).as_ref(), Ok(schema.as_ref()), "what is published can be uploaded");
    }
}

#[test]
fn a_fault_is_told_where_it_is() {
    let sub = |sub: Value| with(json!({"name": "a", "type": "complex", "subAttributes": [sub]}));
    let table = [
        (json!([]), ""),
        (json!({"attributes": [{"name": "a"}]}), ""),
        (json!({"id": "urn:acme:User"}), ""),
        (json!({"id": "urn:acme:User", "attributes": {}}), "/attributes"),
        (json!({"id": "urn:acme:User", "attributes": []}), "/attributes"),
        (json!({"id": "urn:acme:User", "attributes": [1]}), "/attributes/0"),
        (json!({"id": "urn:acme:User", "name": "", "attributes": [{"name": "a"}]}), "/name"),
        (json!({"id": "urn:acme:User", "name": 1, "attributes": [{"name": "a"}]}), "/name"),
        (json!({"id": "urn:acme:User", "colour": 1, "attributes": [{"name": "a"}]}), "/colour"),
        (json!({"id": "urn:acme:User", "a/b~c": 1, "attributes": [{"name": "a"}]}), "/a~1b~0c"),
        (
            json!({"id": "urn:acme:User", "description": "x".repeat(SCHEMA_DESCRIPTION_BYTES_MAX + 1), "attributes": [{"name": "a"}]}),
            "/description",
        ),
        (with(json!({})), "/attributes/0"),
        (with(json!({"name": 1})), "/attributes/0/name"),
        (with(json!({"name": ""})), "/attributes/0/name"),
        (with(json!({"name": "a.b"})), "/attributes/0/name"),
        (with(json!({"name": "1a"})), "/attributes/0/name"),
        (with(json!({"name": "$ref"})), "/attributes/0/name"),
        (with(json!({"name": "x".repeat(NAME_BYTES_MAX + 1)})), "/attributes/0/name"),
        (with(json!({"name": "ID"})), "/attributes/0/name"),
        (with(json!({"name": "schemas"})), "/attributes/0/name"),
        (with(json!({"name": "Meta"})), "/attributes/0/name"),
        (with(json!({"name": "a", "kind": "string"})), "/attributes/0/kind"),
        (with(json!({"name": "a", "Type": "string"})), "/attributes/0/Type"),
        (with(json!({"name": "a", "type": "text"})), "/attributes/0/type"),
        (with(json!({"name": "a", "type": "datetime"})), "/attributes/0/type"),
        (with(json!({"name": "a", "type": null})), "/attributes/0/type"),
        (with(json!({"name": "a", "multiValued": "true"})), "/attributes/0/multiValued"),
        (with(json!({"name": "a", "required": 1})), "/attributes/0/required"),
        (with(json!({"name": "a", "caseExact": null})), "/attributes/0/caseExact"),
        (with(json!({"name": "a", "description": []})), "/attributes/0/description"),
        (with(json!({"name": "a", "mutability": "readwrite"})), "/attributes/0/mutability"),
        (with(json!({"name": "a", "returned": "often"})), "/attributes/0/returned"),
        (with(json!({"name": "a", "uniqueness": true})), "/attributes/0/uniqueness"),
        (with(json!({"name": "a", "mutability": "writeOnly"})), "/attributes/0/mutability"),
        (with(json!({"name": "a", "mutability": "writeOnly", "returned": "always"})), "/attributes/0/mutability"),
        (with(json!({"name": "a", "mutability": "readOnly", "required": true})), "/attributes/0/required"),
        (with(json!({"name": "a", "uniqueness": "server", "multiValued": true})), "/attributes/0/uniqueness"),
        (with(json!({"name": "a", "uniqueness": "server", "type": "boolean"})), "/attributes/0/uniqueness"),
        (with(json!({"name": "a", "uniqueness": "global", "type": "decimal"})), "/attributes/0/uniqueness"),
        (
            with(json!({"name": "a", "uniqueness": "server", "type": "complex", "subAttributes": [{"name": "b"}]})),
            "/attributes/0/uniqueness",
        ),
        (with(json!({"name": "a", "canonicalValues": "b"})), "/attributes/0/canonicalValues"),
        (with(json!({"name": "a", "canonicalValues": ["b", 1]})), "/attributes/0/canonicalValues/1"),
        (with(json!({"name": "a", "canonicalValues": ["b", ""]})), "/attributes/0/canonicalValues/1"),
        (with(json!({"name": "a", "canonicalValues": ["b", "B"]})), "/attributes/0/canonicalValues/1"),
        (with(json!({"name": "a", "type": "integer", "canonicalValues": ["1"]})), "/attributes/0/canonicalValues"),
        (
            with(json!({"name": "a", "canonicalValues": (0..=SCHEMA_VALUES_MAX).map(|n| n.to_string()).collect::<Vec<_>>()})),
            "/attributes/0/canonicalValues",
        ),
        (with(json!({"name": "a", "referenceTypes": ["User"]})), "/attributes/0/referenceTypes"),
        (with(json!({"name": "a", "type": "reference", "referenceTypes": {}})), "/attributes/0/referenceTypes"),
        (with(json!({"name": "a", "type": "complex"})), "/attributes/0"),
        (with(json!({"name": "a", "type": "complex", "subAttributes": []})), "/attributes/0"),
        (with(json!({"name": "a", "type": "complex", "subAttributes": {}})), "/attributes/0/subAttributes"),
        (with(json!({"name": "a", "subAttributes": [{"name": "b"}]})), "/attributes/0/subAttributes"),
        (sub(json!({"name": "b", "type": "complex", "subAttributes": [{"name": "c"}]})), "/attributes/0/subAttributes/0/type"),
        (sub(json!({"name": "b", "multiValued": true})), "/attributes/0/subAttributes/0/multiValued"),
        (sub(json!({"name": "$id"})), "/attributes/0/subAttributes/0/name"),
        (sub(json!({"name": "b", "mutability": "no"})), "/attributes/0/subAttributes/0/mutability"),
        // Passwords are never kept.
        (with(json!({"name": "password"})), "/attributes/0/name"),
        (with(json!({"name": "PassWord", "returned": "request"})), "/attributes/0/name"),
        (with(json!({"name": "password", "mutability": "readOnly"})), "/attributes/0/name"),
        (with(json!({"name": "password", "mutability": "writeOnly"})), "/attributes/0/mutability"),
        (with(json!({"name": "password", "returned": "rarely"})), "/attributes/0/returned"),
        (sub(json!({"name": "PASSWORD", "returned": "always"})), "/attributes/0/subAttributes/0/name"),
    ];
    for (schema, pointer) in table {
        assert_eq!(pointers(&schema), [pointer], "{schema}");
    }
    // Nobody is told off for what may well be right.
    for hidden in
        [json!({"name": "password", "returned": "never"}), json!({"name": "Password", "mutability": "writeOnly", "returned": "never"})]
    {
        assert_eq!(pointers(&with(hidden.clone())), [""; 0]);
        assert_eq!(pointers(&sub(hidden)), [""; 0]);
    }
    assert_eq!(pointers(&with(json!({"name": "passwordHint"}))), [""; 0]);
    assert_eq!(pointers(&with(json!({"name": "a", "canonicalValues": ["b", "B"], "caseExact": true}))), [""; 0]);
    assert_eq!(pointers(&with(json!({"name": "a", "type": "complx", "subAttributes": [{"name": "b"}]}))), ["/attributes/0/type"]);
}

#[test]
fn urns_are_urns_and_nobody_elses() {
    let at = |id: &str| pointers(&json!({"id": id, "attributes": [{"name": "a"}]}));
    for good in ["urn:acme:User", "URN:Acme-1:scim:x_y.z:2.0:User", "urn:ietf:params:scim:schemas:extension:acme:2.0:User", "urn:ab:c"] {
        assert_eq!(at(good), [""; 0], "{good}");
    }
    for bad in [
        "",
        "acme",
        "http://acme.example/User",
        "urn:acme",
        "urn:acme:",
        "urn:a:b",
        "urn::b",
        "urn:-a:b",
        "urn:acme:User:",
        "urn:acme:User.",
        "urn:acme:a b",
        "urn:acme:ü",
        "urn:acme:a/b",
        "urn:acme:a\"b",
        "urn:acme:a[b]",
        "urn:ietf:params:scim:schemas:core:2.0:User",
        "urn:ietf:params:scim:schemas:core:2.0:Robot",
        "URN:IETF:params:scim:schemas:CORE:2.0:Group",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
        "urn:ietf:params:scim:schemas:extension:Enterprise:2.0:user",
        "urn:ietf:params:scim:api:messages:2.0:PatchOp",
        &format!("urn:acme:{}", "x".repeat(NAME_BYTES_MAX)),
    ] {
        assert_eq!(at(bad), ["/id"], "{bad}");
    }
    let slash = Schema::check(&json!({"id": "urn:acme:a/b", "attributes": [{"name": "a"}]})).unwrap_err();
    assert!(slash[0].message.contains("path"), "{slash:?}");
    assert_eq!(pointers(&json!({"id": 1, "attributes": [{"name": "a"}]})), ["/id"]);
}

#[test]
fn every_fault_is_told_at_once() {
    let schema = json!({
        "id": "urn:ietf:params:scim:api:x", "more": 1, "description": 5,
        "attributes": [
            {"name": "a", "type": "complex", "mutability": "writeOnly", "uniqueness": "server",
                "subAttributes": [{"name": "b", "required": "x"}, {"name": "B", "type": "complex"}, {}]},
            {"name": "A", "returned": "x", "what": 1},
            {"name": "id", "mutability": "readOnly", "required": true},
        ],
    });
    let mut found = pointers(&schema);
    found.sort_unstable();
    assert_eq!(
        found,
        [
            "/attributes/0/mutability",
            "/attributes/0/subAttributes/0/required",
            "/attributes/0/subAttributes/1/name",
            "/attributes/0/subAttributes/1/type",
            "/attributes/0/subAttributes/2",
            "/attributes/0/uniqueness",
            "/attributes/1/name",
            "/attributes/1/returned",
            "/attributes/1/what",
            "/attributes/2/name",
            "/attributes/2/required",
            "/description",
            "/id",
            "/more",
        ]
    );
}

#[test]
fn a_schema_is_bounded_over_all_its_levels() {
    let names = |n: usize| (0..n).map(|i| json!({"name": format!("a{i}")})).collect::<Vec<_>>();
    let flat = |n: usize| json!({"id": "urn:acme:User", "attributes": names(n)});
    assert_eq!(pointers(&flat(SCHEMA_ATTRIBUTES_MAX)), [""; 0]);
    assert_eq!(pointers(&flat(SCHEMA_ATTRIBUTES_MAX + 1)), ["/attributes"]);
    let complex = |n: usize| {
        let half = json!({"name": "x", "type": "complex", "subAttributes": names(SCHEMA_ATTRIBUTES_MAX / 2)});
        let mut all = names(n);
        all.push(half);
        json!({"id": "urn:acme:User", "attributes": all})
    };
    assert_eq!(pointers(&complex(SCHEMA_ATTRIBUTES_MAX / 2 - 1)), [""; 0]);
    let too_many = complex(SCHEMA_ATTRIBUTES_MAX / 2);
    assert_eq!(pointers(&too_many), [format!("/attributes/{}/subAttributes", SCHEMA_ATTRIBUTES_MAX / 2)]);
    let faulty = json!({"id": "urn:acme:User", "attributes": vec![json!({"x": 1, "y": 2}); SCHEMA_ATTRIBUTES_MAX]});
    assert_eq!(Schema::check(&faulty).unwrap_err().len(), SCHEMA_FAULTS_MAX);
    // Keywords without number, of any length.
    let many: serde_json::Map<String, Value> = (0..100_000).map(|n| (format!("{n}{}", "x".repeat(1_000)), json!(1))).collect();
    let faults = Schema::check(&Value::Object(many)).unwrap_err();
    assert_eq!(faults.len(), SCHEMA_FAULTS_MAX);
    assert!(faults.iter().all(|fault| fault.pointer.len() < 500 && fault.message.len() < 500));
}

/// An attribute of words that may or may not go together.
fn any_attribute(is_sub: bool) -> BoxedStrategy<Value> {
    let pick = |words: &[&'static str]| prop::option::of(prop::sample::select(words.to_vec()));
    let subs = match is_sub {
        true => Just(None).boxed(),
        false => prop::option::of(prop::collection::vec(any_attribute(true), 0..3)).boxed(),
    };
    (
        prop::sample::select(vec!["a", "b", "B", "c", "$ref", "id", "x.y", "Password"]),
        pick(&["string", "boolean", "decimal", "integer", "dateTime", "binary", "reference", "complex", "complex", "complex"]),
        pick(&["readOnly", "readWrite", "immutable", "writeOnly"]),
        pick(&["always", "never", "default", "request"]),
        pick(&["none", "server", "global"]),
        prop::option::weighted(0.2, prop::collection::vec(prop::sample::select(vec!["x", "X", "y", ""]), 0..3)),
        prop::array::uniform3(prop::option::weighted(0.3, any::<bool>())),
        subs,
    )
        .prop_map(|(name, kind, mutability, returned, uniqueness, canonical, [many, required, exact], subs)| {
            let mut attribute = json!({"name": name});
            let words = [("type", kind), ("mutability", mutability), ("returned", returned), ("uniqueness", uniqueness)];
            let words = words.into_iter().map(|(key, word)| (key, word.map(Value::from)));
            let flags = [("multiValued", many), ("required", required), ("caseExact", exact)];
            let flags = flags.into_iter().map(|(key, flag)| (key, flag.map(Value::from)));
            let lists = [("canonicalValues", canonical.map(Value::from)), ("subAttributes", subs.map(Value::from))];
            for (key, value) in words.chain(flags).chain(lists) {
                if let Some(value) = value {
                    attribute[key] = value;
                }
            }
            attribute
        })
        .boxed()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_schema_is_whole_or_its_faults_are_where_they_are(attributes in prop::collection::vec(any_attribute(false), 1..4)) {
        let json = json!({"id": "urn:acme:User", "attributes": attributes});
        let Ok(schema) = Schema::check(&json) else {
            prop_assert!(!pointers(&json).is_empty());
            return Ok(());
        };
        // What means nothing, such as the letter case of a boolean, is not published.
        let published = schema.to_json();
        prop_assert_eq!(Schema::check(&published).map(|schema| schema.to_json()), Ok(published), "what is published can be uploaded");
        let demands = schema.attributes.iter().any(|attribute| attribute.required);
        let user = ResourceType::user().with_extensions([(Arc::new(schema), false)]);
        let (without, with) = (json!({"userName": "a"}), json!({"userName": "a", "urn:acme:User": {"other": 1}}));
        prop_assert!(create(&user, &without).is_ok());
        prop_assert_eq!(create(&user, &with).is_err(), demands);
    }
}
