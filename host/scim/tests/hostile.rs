//! Mutated and random input to every reader: an answer or a refusal, never a panic, and always whole.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test stops at the first surprise")]

use std::sync::Arc;

use doorlist_scim::bulk::BulkRequest;
use doorlist_scim::limits::FILTER_LENGTH_BYTES_MAX;
use doorlist_scim::query::Query;
use doorlist_scim::{Filter, Patch, PatchPath, Projection, ResourceType, Schema, validate};
use proptest::prelude::*;
use serde_json::{Value, json};

const SEEDS: [&str; 6] = [
    r#"userName eq "a\u00e9\"b" and not (emails[type eq "work" and value co "x"].value sw y)"#,
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value ne null or active eq True",
    r#"meta.lastModified gt "2011-05-13T04:42:34.5+02:00" or (id pr)"#,
    r#"members[value eq "2819c223" or value eq b]"#,
    "emails[type eq \"work\"].value",
    "((((((name.givenName pr))))))",
];

/// A seed with some characters removed, repeated or exchanged, or text from nowhere.
fn any_text() -> impl Strategy<Value = String> {
    let pieces = prop::collection::vec(
        (
            0..10usize,
            prop::sample::select(vec![
                "",
                "(",
                ")",
                "[",
                "]",
                "\"",
                "\\",
                ".",
                ":",
                " ",
                "not",
                " and ",
                " or ",
                "pr",
                "eq",
                "\u{0}",
                "é",
                "\u{1F600}",
                "null",
            ]),
        ),
        0..6,
    );
    let mutated = (prop::sample::select(SEEDS.to_vec()), pieces, any::<u64>()).prop_map(|(seed, pieces, at)| {
        let mut text: Vec<char> = seed.chars().collect();
        let mut at = at;
        for (cut, piece) in pieces {
            let from = usize::try_from(at % (text.len() as u64 + 1)).unwrap();
            let to = (from + cut).min(text.len());
            text.splice(from..to, piece.chars());
            at = at.rotate_left(13).wrapping_mul(31);
        }
        text.into_iter().collect::<String>()
    });
    prop_oneof![4 => mutated, 1 => any::<String>()]
}

/// JSON with the keys and words that requests are made of.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop::sample::select(vec![
            "",
            "add",
            "Remove",
            "replace",
            "True",
            "work",
            "members",
            "emails[type eq work].value",
            "POST",
            "/Users",
            "bulkId:a"
        ])
        .prop_map(Value::from),
        any_text().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 6, |inner| {
        let key = prop::sample::select(vec![
            "Operations",
            "op",
            "path",
            "value",
            "schemas",
            "userName",
            "displayName",
            "emails",
            "members",
            "name",
            "name.givenName",
            "active",
            "type",
            "primary",
            "password",
            "id",
            "meta",
            "$ref",
            "externalId",
            "manager",
            "attributes",
            "subAttributes",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
            "urn:ietf:params:scim:schemas:core:2.0:User",
            "urn:x",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager",
            "filter",
            "count",
            "method",
            "data",
            "bulkId",
        ]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((key, inner), 0..6)
                .prop_map(|pairs| { Value::Object(pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect(),) }),
        ]
    })
}

/// An operation that is nearly one.
fn any_operation() -> impl Strategy<Value = Value> {
    let op = prop::sample::select(vec!["add", "remove", "Replace"]);
    let path = prop_oneof![
        prop::sample::select(vec![
            "emails",
            "name",
            "active",
            "title",
            "members",
            "emails.value",
            "emails[type eq work]",
            "emails[primary pr].primary",
            "name[givenName pr].familyName",
            "name.x",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager",
            "userName"
        ])
        .prop_map(str::to_owned),
        any_text(),
    ];
    (op, prop::option::of(path), prop::option::of(any_json())).prop_map(|(op, path, value)| {
        let mut operation = json!({"op": op});
        if let Some(path) = path {
            operation["path"] = path.into();
        }
        if let Some(value) = value {
            operation["value"] = value;
        }
        operation
    })
}

fn has_password(value: &Value) -> bool {
    match value {
        Value::Object(object) => object.iter().any(|(key, value)| key.eq_ignore_ascii_case("password") || has_password(value)),
        Value::Array(list) => list.iter().any(has_password),
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn texts(text in any_text()) {
        for rt in ResourceType::all() {
            if let Ok(filter) = Filter::parse(&text, rt) {
                let resource = json!({"userName": "a", "emails": [{"type": "work"}], "meta": {"lastModified": text}});
                filter.matches(rt, resource.as_object().unwrap());
                let printed = filter.to_string();
                if printed.len() <= FILTER_LENGTH_BYTES_MAX {
                    prop_assert_eq!(Filter::parse(&printed, rt).unwrap(), filter);
                }
            }
            let _ = PatchPath::parse(&text, rt);
            let _ = Projection::parse(Some(&text), None, rt);
            let _ = Query::from_parameters(&[rt], [("count", text.as_str()), ("sortBy", &text)], 10);
        }
    }

    #[test]
    fn bodies(body in any_json()) {
        let _ = Schema::from_json(&body);
        if let Ok(request) = BulkRequest::parse(&body, &ResourceType::all().map(Arc::clone), 10) {
            prop_assert_eq!(request.order().into_iter().flatten().count(), request.operations.len());
        }
        for rt in ResourceType::all() {
            let _ = Query::from_search(&[rt], &body, 10);
            let mut named = body.clone();
            if let Some(object) = named.as_object_mut() {
                object.insert("userName".into(), "a".into());
                object.insert("displayName".into(), "a".into());
            }
            for body in [&body, &named] {
                let Ok(incoming) = validate::create(rt, body) else {
                    continue;
                };
                let resource = Value::Object(incoming.resource.clone());
                prop_assert!(!has_password(&resource));
                // What is kept is already in the form in which it is kept.
                let again = validate::create(rt, &resource).unwrap();
                prop_assert_eq!(&again.resource, &incoming.resource);
                let replaced = validate::replace(rt, &incoming.resource, &resource).unwrap();
                prop_assert_eq!(&replaced.resource, &incoming.resource);
            }
        }
    }

    #[test]
    fn patches(operations in prop::collection::vec(any_operation(), 1..5)) {
        let body = json!({"Operations": operations});
        for (rt, name) in ResourceType::all().into_iter().zip(["userName", "displayName"]) {
            let start = json!({name: "x", "emails": [{"type": "work", "value": "w", "primary": true}]});
            let mut resource = validate::create(rt, &start).unwrap().resource;
            let before = resource.clone();
            match Patch::parse(rt, &body).and_then(|patch| patch.apply(rt, &mut resource)) {
                Ok(changed) => prop_assert_eq!(changed, resource != before),
                Err(_) => prop_assert_eq!(&resource, &before),
            }
            let resource = Value::Object(resource);
            prop_assert!(!has_password(&resource));
            prop_assert!(resource[name].is_string());
            prop_assert!(validate::create(rt, &resource).is_ok(), "a patched resource could have been created: {}", resource);
        }
    }
}
