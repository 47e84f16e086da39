//! Settings of uploaded plugins: checked against the plugin's own JSON Schema, and stored complete.

use serde_json::{Value, json};

use super::pointers;
use crate::guests::{SAID, Said, guest};
use crate::shared;

const SCHEMA: &str = r##"{"type": "object", "additionalProperties": false, "required": ["groups"], "properties": {
    "groups": {"type": "array", "items": {"type": "string", "minLength": 1}},
    "match": {"enum": ["exact", "prefix"], "default": "exact"},
    "nested": {"type": "object", "default": {}, "properties": {"depth": {"type": "integer", "minimum": 1, "default": 3}}}}}"##;

#[test]
fn each_fault_has_its_pointer_and_nothing_faulty_is_kept() {
    let tenant = shared::tenant("settings");
    let _ = tenant.upload(&guest(&Said { name: "mine", schema: SCHEMA, ..SAID }, &[])).expect(201);
    let fill = json!({"name": "first", "plugin": "group-prefix"});
    for (settings, expected) in [
        (json!({"groups": ["A", "", 7]}), vec!["/policies/1/settings/groups/1", "/policies/1/settings/groups/2"]),
        (json!({"groups": ["A"], "match": "suffix"}), vec!["/policies/1/settings/match"]),
        (json!({"groups": ["A"], "nested": {"depth": 0}}), vec!["/policies/1/settings/nested/depth"]),
        (json!({"gruops": ["A"], "groups": ["A"], "a/b~c": 1}), vec!["/policies/1/settings/a~1b~0c", "/policies/1/settings/gruops"]),
        (json!("text"), vec!["/policies/1/settings"]),
    ] {
        let policies = json!([fill, {"name": "second", "plugin": "mine", "settings": settings}]);
        let found = pointers(tenant.put("/pipeline", &json!({"policies": policies})));
        assert_eq!(found, expected, "{settings}");
    }
    assert_eq!(tenant.get("/pipeline").expect(200)["revision"], 0);
}

/// What the JSON Schema has a default for is stored as if it had been said, so that a pipeline reads as it runs.
#[test]
fn defaults_are_filled_in_and_stored() {
    let tenant = shared::tenant("defaults");
    let _ = tenant.upload(&guest(&Said { name: "mine", schema: SCHEMA, ..SAID }, &[])).expect(201);
    let complete = json!({"groups": ["A"], "match": "exact", "nested": {"depth": 3}});
    let put = |settings: &Value| {
        let policies = json!([{"name": "p", "plugin": "mine", "settings": settings}]);
        tenant.put("/pipeline", &json!({"policies": policies})).expect(200)
    };
    let first = put(&json!({"groups": ["A"]}));
    assert_eq!((&first["revision"], &first["policies"][0]["settings"]), (&json!(1), &complete));
    assert_eq!(put(&complete)["revision"], 1, "the same in more words is the same");
    let said = put(&json!({"groups": ["A"], "match": "prefix", "nested": {"depth": 1}}));
    assert_eq!(said["policies"][0]["settings"], json!({"groups": ["A"], "match": "prefix", "nested": {"depth": 1}}));
    // A default does not stand in for what is required.
    let found = pointers(tenant.put("/pipeline", &json!({"policies": [{"name": "p", "plugin": "mine"}]})));
    assert_eq!(found, ["/policies/0/settings"]);
}

/// A plugin whose `configure` fails is refused at its settings, and is nobody else's trouble.
#[test]
fn a_plugin_that_fails_over_its_settings_is_refused() {
    let tenant = shared::tenant("failing settings");
    let _ = tenant.upload(&guest(&Said { name: "mine", ..SAID }, &[("configure", "(unreachable)")])).expect(201);
    let found = pointers(tenant.put("/pipeline", &json!({"policies": [{"name": "p", "plugin": "mine"}]})));
    assert_eq!(found, ["/policies/0/settings"]);
    let _ = tenant.put("/pipeline", &json!({"policies": [{"name": "p", "plugin": "group-prefix"}]})).expect(200);
}

/// A pipeline that another operator overtook is refused also if it names an uploaded plugin; a policy without a version gets the newest.
#[test]
fn revisions_of_the_pipeline_stay_exact() {
    let tenant = shared::tenant("settings and revisions");
    for version in ["1.0.0", "1.10.0", "1.9.0", "2.0.0-beta.1"] {
        let _ = tenant.upload(&crate::guests::plain("mine", version)).expect(201);
    }
    let policies = json!([{"name": "p", "plugin": "mine"}]);
    let put = tenant.put("/pipeline", &json!({"policies": policies, "revision": 0})).expect(200);
    assert_eq!(put["policies"][0]["version"], "1.10.0");
    tenant.put("/pipeline", &json!({"policies": [], "revision": 0})).problem(409);
    let same = tenant.put("/pipeline", &json!({"policies": put["policies"], "revision": 1})).expect(200);
    assert_eq!(same["revision"], 1, "nothing new makes no revision");
    let found = pointers(tenant.put("/pipeline", &json!({"policies": [{"name": "p", "plugin": "mine", "version": "3.0.0"}]})));
    assert_eq!(found, ["/policies/0/version"]);
    let now = tenant.get("/pipeline").expect(200);
    assert_eq!((&now["policies"], &now["revision"]), (&put["policies"], &json!(1)));
}
