//! PATCH: every form of every operation, what it changes, and what it refuses.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test stops at the first surprise")]

mod members;
mod properties;
mod refusals;
mod situations;
mod tables;

use doorlist_scim::{Error, Patch, ResourceType};
use serde_json::{Value, json};

const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENT: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

fn base() -> Value {
    json!({
        "schemas": [CORE, ENT],
        "id": "1",
        "userName": "ada",
        "active": true,
        "title": "Captain",
        "name": {"givenName": "Ada", "familyName": "Lovelace"},
        "emails": [
            {"type": "work", "value": "w@x", "primary": true},
            {"type": "home", "value": "h@x", "display": "Home"},
        ],
        "custom": {"a": 1},
        ENT: {"department": "Ops", "manager": {"value": "m", "$ref": "../Users/m"}},
    })
}

fn body(operations: Value) -> Value {
    json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations})
}

/// What the operations make of [`base`], and whether they say so.
fn patched(operations: Value) -> Result<(bool, Value), Error> {
    let rt = ResourceType::user();
    let mut resource = base().as_object().unwrap().clone();
    let before = resource.clone();
    let patch = Patch::parse(rt, &body(operations))?;
    let changed = match patch.apply(rt, &mut resource) {
        Ok(changed) => changed,
        Err(error) => {
            assert_eq!(resource, before, "a refused request changes nothing");
            return Err(error);
        }
    };
    assert_eq!(changed, resource != before);
    // Whatever a PATCH leaves behind, the next one can start from.
    let mut again = resource.clone();
    let noop = Patch::parse(rt, &body(json!([{"op": "add", "path": "userName", "value": resource["userName"]}])));
    assert_eq!(noop.unwrap().apply(rt, &mut again), Ok(false));
    Ok((changed, Value::Object(resource)))
}

/// [`base`] with some keys changed; null takes a key away.
fn with(changes: Value) -> Value {
    let mut expected = base();
    for (key, value) in changes.as_object().unwrap() {
        if value.is_null() {
            expected.as_object_mut().unwrap().remove(key);
        } else {
            expected[key] = value.clone();
        }
    }
    expected
}

fn check(table: &[(Value, Value)]) {
    for (operation, changes) in table {
        let operations = if operation.is_array() { operation.clone() } else { json!([operation]) };
        let (changed, resource) = patched(operations).unwrap_or_else(|error| panic!("{operation}: {error}"));
        assert_eq!(resource, with(changes.clone()), "{operation}");
        assert_eq!(changed, resource != base(), "{operation}");
    }
}
