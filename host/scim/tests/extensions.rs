//! Extensions of one's own: their URNs, and schemas that come when there are resources already.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test stops at the first surprise")]

use std::sync::Arc;

use doorlist_scim::validate::create;
use doorlist_scim::{AttrPath, Error, ResourceType, Schema};
use serde_json::{Value, json};

const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:User";

/// Users with these extensions, each with whether a user must have it.
fn users(extensions: &[(Value, bool)]) -> ResourceType {
    let read = |(json, required): &(Value, bool)| (Arc::new(Schema::from_json(json).unwrap()), *required);
    ResourceType::user().with_extensions(extensions.iter().map(read))
}

/// An extension with these attributes.
fn extension(urn: &str, attributes: Value) -> Value {
    json!({"id": urn, "attributes": attributes})
}

fn created(rt: &ResourceType, body: Value) -> Result<Value, Error> {
    let mut body = body;
    body["userName"] = json!("a");
    let mut resource = create(rt, &body)?.resource;
    resource.remove("schemas");
    resource.remove("userName");
    Ok(Value::Object(resource))
}

#[test]
fn of_two_urns_the_longer_one_is_meant() {
    let names = |names: &[&str]| names.iter().map(|name| json!({"name": name})).collect::<Value>();
    let longer_of_core = format!("{CORE}:acme");
    let extensions = [
        (extension("urn:acme:a", names(&["b", "c", "x"])), false),
        (extension("urn:acme:a:b", names(&["c", "y"])), false),
        (extension(&longer_of_core, names(&["title", "z"])), false),
    ];
    let mut reversed = extensions.clone();
    reversed.reverse();
    for rt in [users(&extensions), users(&reversed)] {
        let path = |text: &str| AttrPath::parse(text, &rt).ok().map(|path| (path.urn, path.name));
        let own = |urn: &str, name: &str| Some((Some(urn.to_owned()), name.to_owned()));
        let table = [
            ("urn:acme:a", own("urn:acme:a", "")),
            ("urn:acme:a:x", own("urn:acme:a", "x")),
            ("urn:acme:a:c", own("urn:acme:a", "c")),
            ("urn:acme:a:b", own("urn:acme:a:b", "")),
            ("urn:acme:a:b:c", own("urn:acme:a:b", "c")),
            ("URN:ACME:A:B:Y", own("urn:acme:a:b", "y")),
            ("urn:acme:a:y", None),
            ("urn:acme:a:b:x", None),
            ("urn:acme:a:b:", None),
            ("urn:acme:a:bc", None),
            (&format!("{CORE}:title"), Some((None, "title".to_owned()))),
            (&format!("{CORE}:acme:title"), own(&longer_of_core, "title")),
            (&format!("{CORE}:acme"), own(&longer_of_core, "")),
        ];
        for (text, expected) in table {
            assert_eq!(path(text), expected, "{text}");
        }
        let body =
            json!({"urn:acme:a:b:c": "1", "urn:acme:a": {"c": "2"}, format!("{longer_of_core}:title"): "3", format!("{CORE}:title"): "4"});
        let expected = json!({"urn:acme:a:b": {"c": "1"}, "urn:acme:a": {"c": "2"}, longer_of_core.as_str(): {"title": "3"}, "title": "4"});
        assert_eq!(created(&rt, body), Ok(expected));
    }
}
