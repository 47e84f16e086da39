//! Defaults of a JSON Schema, filled into settings that leave something out.
//!
//! JSON Schema itself makes nothing of `default`; here it is what holds when a property is absent. Only what applies for certain is followed:
//! `properties`, `items`, `allOf`, and `$ref` to a definition. An alternative of `oneOf` or `anyOf` may not be the one that is meant.

use super::limits::{SETTINGS_BYTES_MAX, VALIDATION_STEPS_MAX};
use serde_json::{Map, Value};

/// Settings with the defaults of their JSON Schema, which has its bounds and does not refer to itself.
pub(super) fn complete(schema: &Value, mut settings: Value) -> Value {
    let mut filling = Filling { definitions: schema.get("$defs").and_then(Value::as_object), bytes: 0, steps: 0 };
    filling.fill(schema, &mut settings);
    settings
}

struct Filling<'a> {
    definitions: Option<&'a Map<String, Value>>,
    /// Bytes filled in. Beyond those that settings may have, the settings are refused anyway.
    bytes: usize,
    /// Properties and items looked at, for the same reason.
    steps: u64,
}

impl<'a> Filling<'a> {
    /// Fills in what `schema` says about `value`. Recurses as deep as the JSON Schema, whose depth is bounded.
    fn fill(&mut self, schema: &'a Value, value: &mut Value) {
        if let Some(target) = self.target(schema) {
            self.fill(target, value);
        }
        for part in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            self.fill(part, value);
        }
        match value {
            Value::Object(members) => {
                for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
                    if self.is_over() {
                        return;
                    }
                    if !members.contains_key(name)
                        && let Some(default) = self.default(property)
                    {
                        self.bytes = self.bytes.saturating_add(name.len() + default.to_string().len());
                        members.insert(name.clone(), default.clone());
                    }
                    if let Some(member) = members.get_mut(name) {
                        self.fill(property, member);
                    }
                }
            }
            Value::Array(items) => {
                let Some(schema) = schema.get("items") else { return };
                for item in items {
                    if self.is_over() {
                        return;
                    }
                    self.fill(schema, item);
                }
            }
            _ => {}
        }
    }

    /// The definition that a JSON Schema refers to.
    fn target(&self, schema: &Value) -> Option<&'a Value> {
        let name = schema.get("$ref")?.as_str()?.strip_prefix("#/$defs/")?;
        self.definitions?.get(name)
    }

    /// The default of a property: its own, or that of the definition it refers to.
    fn default(&self, property: &'a Value) -> Option<&'a Value> {
        let mut schema = property;
        loop {
            match schema.get("default") {
                Some(default) => return Some(default),
                None => schema = self.target(schema)?,
            }
        }
    }

    fn is_over(&mut self) -> bool {
        self.steps += 1;
        self.bytes > SETTINGS_BYTES_MAX || self.steps > VALIDATION_STEPS_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_absent_gets_its_default_and_nothing_else_changes() {
        let schema = json!({
            "properties": {
                "titles": {"type": "array", "default": []},
                "mode": {"$ref": "#/$defs/Mode"},
                "own": {"$ref": "#/$defs/Mode", "default": "b"},
                "required": {"type": "string"},
                "nested": {"type": "object", "properties": {"x": {"default": 1}}},
                "made": {"default": {}, "properties": {"y": {"default": null}}},
                "list": {"items": {"$ref": "#/$defs/Item"}},
            },
            "allOf": [{"properties": {"z": {"default": true}}}],
            "oneOf": [{"properties": {"not": {"default": 1}}}],
            "$defs": {"Mode": {"enum": ["a", "b"], "default": "a"}, "Item": {"properties": {"n": {"default": 0}}}},
        });
        for (settings, completed) in [
            (json!({}), json!({"titles": [], "mode": "a", "own": "b", "made": {"y": null}, "z": true})),
            (
                json!({"titles": ["x"], "mode": "b", "own": null, "made": {"y": 1, "q": 2}, "nested": {}, "list": [{}, {"n": 5}, 7], "z": 0}),
                json!({"titles": ["x"], "mode": "b", "own": null, "made": {"y": 1, "q": 2}, "nested": {"x": 1}, "list": [{"n": 0}, {"n": 5}, 7], "z": 0}),
            ),
            (json!([]), json!([])),
            (json!("text"), json!("text")),
        ] {
            assert_eq!(complete(&schema, settings.clone()), completed, "{settings}");
        }
        assert_eq!(complete(&json!(true), json!({"a": 1})), json!({"a": 1}));
    }

    #[test]
    fn many_items_with_large_defaults_are_not_all_filled_in() {
        let schema = json!({"items": {"properties": {"a": {"default": "x".repeat(1_000)}}}});
        let completed = complete(&schema, Value::Array(vec![json!({}); 10_000]));
        let bytes = completed.to_string().len();
        assert!(bytes > SETTINGS_BYTES_MAX && bytes < 4 * SETTINGS_BYTES_MAX, "{bytes} bytes: so many that they are refused, and no more");
    }
}
