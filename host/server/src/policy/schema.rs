//! The JSON Schema of a plugin's settings: bounded before it is built, built once, then asked.
//!
//! A JSON Schema is a program written by whoever wrote the plugin, and it runs in the server, not in a sandbox. So it
//! must be small with its references followed, must not recurse, and must not use the few keywords that make
//! validators evaluate the same part of it twice at each level.

use super::bindings::v1::doorlist::policy::types::Problem;
use super::defaults;
use super::json::is_deeper;
use super::limits::{
    PATTERN_BYTES_MAX, PROBLEMS_MAX, SCHEMA_PATTERNS_MAX, SCHEMA_VALUES_MAX, SETTINGS_BYTES_MAX, SETTINGS_DEPTH_MAX, VALIDATION_STEPS_MAX,
};
use super::problem;
use crate::error::pointer_below;
use jsonschema::error::ValidationErrorKind;
use jsonschema::{Draft, PatternOptions, ValidationError, Validator};
use serde_json::{Map, Value};
use std::collections::HashMap;

/// The only dialect.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// Keywords that are not admitted: what moves or hides the target of a reference, so that it cannot be counted, and
/// what evaluates its neighbours a second time.
pub const KEYWORDS_REFUSED: [&str; 9] = [
    "$id",
    "$anchor",
    "$dynamicAnchor",
    "$dynamicRef",
    "$recursiveAnchor",
    "$recursiveRef",
    "$vocabulary",
    "unevaluatedItems",
    "unevaluatedProperties",
];

/// Keywords below which it depends on the value whether something holds.
const CONDITIONAL: [&str; 8] = ["if", "then", "else", "oneOf", "anyOf", "not", "dependentSchemas", "contains"];

/// A JSON Schema that is safe to use, ready for use.
pub(super) struct SettingsSchema {
    validator: Validator,
    /// JSON values in it with references followed.
    values: u64,
}

impl SettingsSchema {
    /// Reads a JSON Schema from text.
    ///
    /// # Errors
    ///
    /// A sentence for the author.
    pub(super) fn build(text: &str) -> Result<(SettingsSchema, Value), String> {
        if text.len() > SETTINGS_BYTES_MAX {
            return Err(format!("It has more than {} KiB.", SETTINGS_BYTES_MAX >> 10));
        }
        // What is nested too deeply is not read at all.
        let unread = || if is_deeper(text, SETTINGS_DEPTH_MAX) { too_deep() } else { "It is not JSON.".to_owned() };
        let schema: Value = serde_json::from_str(text).map_err(|_| unread())?;
        let values = Measuring::of(&schema)?;
        let patterns = PatternOptions::regex().size_limit(PATTERN_BYTES_MAX).dfa_size_limit(PATTERN_BYTES_MAX);
        let validator = jsonschema::options()
            .offline()
            .with_draft(Draft::Draft202012)
            .should_validate_formats(false)
            .with_pattern_options(patterns)
            .build(&schema)
            .map_err(|error| format!("At {:?}: {}.", error.instance_path().as_str(), error))?;
        let made = SettingsSchema { validator, values };
        match made.wrong_default(&schema) {
            Some(wrong) => Err(wrong),
            None => Ok((made, schema)),
        }
    }

    /// What is wrong with a default that is filled into empty settings, by the JSON Schema of its property. Whether it goes with a condition depends on the other
    /// settings, which are not known here.
    fn wrong_default(&self, schema: &Value) -> Option<String> {
        let completed = defaults::complete(schema, Value::Object(Map::new()));
        let mut values = 0;
        if !count(&completed, SETTINGS_DEPTH_MAX, &mut values) || values.saturating_mul(self.values) > VALIDATION_STEPS_MAX {
            return Some("Its defaults have more values than can be checked.".to_owned());
        }
        let error = self.validator.iter_errors(&completed).find(|error| {
            let (place, path) = (error.instance_path().as_str(), error.schema_path().as_str());
            let conditions = path.rsplit_once('/').map_or("", |(above, _)| above);
            // The settings themselves are nobody's default.
            !place.is_empty() && !conditions.split('/').any(|keyword| CONDITIONAL.contains(&keyword))
        })?;
        let Problem { pointer, message } = describe(&error, &completed).into_iter().next()?;
        Some(format!("The default of {pointer} is not valid there. {message}"))
    }

    /// What is wrong with settings, up to [`PROBLEMS_MAX`]. Messages do not repeat values, which may be secrets.
    pub(super) fn problems(&self, settings: &Value) -> Vec<Problem> {
        let mut values = 0;
        if !count(settings, SETTINGS_DEPTH_MAX, &mut values) {
            return vec![problem::new("", format!("Settings are nested more than {SETTINGS_DEPTH_MAX} deep."))];
        }
        if values.saturating_mul(self.values) > VALIDATION_STEPS_MAX {
            return vec![problem::new("", "The settings have more values than can be checked.")];
        }
        self.validator.iter_errors(settings).flat_map(|error| describe(&error, settings)).take(PROBLEMS_MAX).collect()
    }
}

/// One error of `settings` in words, at the place that has to change; at least one problem. Where no branch of `oneOf` or `anyOf` fits, the branches say more than the
/// whole.
fn describe(error: &ValidationError<'_>, settings: &Value) -> Vec<Problem> {
    let pointer = error.instance_path().as_str();
    let one = |message: String| vec![problem::new(pointer, message)];
    let unknown = |name: &String| problem::new(pointer_below(pointer, name), format!("There is no setting {name:?} here."));
    match error.kind() {
        ValidationErrorKind::OneOfNotValid { context } | ValidationErrorKind::AnyOf { context } => {
            branches(context, pointer, settings).unwrap_or_else(|| one(sentence(error)))
        }
        ValidationErrorKind::AdditionalProperties { unexpected } => unexpected.iter().take(PROBLEMS_MAX).map(unknown).collect(),
        // An object of which no member is known: the validator does not name them.
        ValidationErrorKind::FalseSchema => match settings.pointer(pointer) {
            Some(Value::Object(members)) if is_of_members(error) => members.keys().take(PROBLEMS_MAX).map(unknown).collect(),
            _ => one("No value is acceptable here.".to_owned()),
        },
        ValidationErrorKind::PropertyNames { error: wrong } => {
            let name = wrong.instance().as_str().unwrap_or_default();
            vec![problem::new(pointer_below(pointer, name), format!("The name {name:?} is not acceptable here. {}", sentence(wrong)))]
        }
        ValidationErrorKind::Required { property } => one(format!("There must be a setting {property} here.")),
        _ => one(sentence(error)),
    }
}

/// Whether what allows no value is said of the members of an object and not of itself.
fn is_of_members(error: &ValidationError<'_>) -> bool {
    let path = error.schema_path().as_str();
    path.ends_with("/additionalProperties") || path.ends_with("/propertyNames")
}

fn sentence(error: &ValidationError<'_>) -> String {
    format!("The {}.", error.masked())
}

/// What the alternatives for the value at `pointer` say together: the constants, if each wants one, else the first
/// error of the only one that recognised the value by its type and the constants in it.
fn branches(context: &[Vec<ValidationError<'static>>], pointer: &str, settings: &Value) -> Option<Vec<Problem>> {
    let wanted = |errors: &Vec<ValidationError<'static>>| match errors.as_slice() {
        [error] if error.instance_path().as_str() == pointer => match error.kind() {
            ValidationErrorKind::Constant { expected_value } => Some(expected_value.to_string()),
            _ => None,
        },
        _ => None,
    };
    if let Some(constants) = context.iter().map(wanted).collect::<Option<Vec<_>>>() {
        return Some(vec![problem::new(pointer, format!("The value is none of {}.", constants.join(", ")))]);
    }
    let foreign = |error: &ValidationError<'static>| match error.kind() {
        ValidationErrorKind::Constant { .. } => true,
        ValidationErrorKind::Type { .. } => error.instance_path().as_str() == pointer,
        _ => false,
    };
    let mut recognised = context.iter().filter(|errors| !errors.iter().any(foreign));
    match (recognised.next(), recognised.next()) {
        (Some(errors), None) => errors.first().map(|error| describe(error, settings)),
        _ => None,
    }
}

/// Counts the values in `value`; false if it is deeper than `depth`.
fn count(value: &Value, depth: usize, values: &mut u64) -> bool {
    *values = values.saturating_add(1);
    let Some(depth) = depth.checked_sub(1) else {
        return false;
    };
    match value {
        Value::Array(items) => items.iter().all(|item| count(item, depth, values)),
        Value::Object(members) => members.values().all(|member| count(member, depth, values)),
        _ => true,
    }
}

/// What a part of a JSON Schema amounts to with its references followed.
#[derive(Clone, Copy, Default)]
struct Measure {
    values: u64,
    patterns: u64,
    depth: usize,
}

/// Measures a JSON Schema, each definition once.
struct Measuring<'a> {
    definitions: Option<&'a Map<String, Value>>,
    /// `None` while a definition is being measured: a reference to it then is recursion.
    known: HashMap<&'a str, Option<Measure>>,
}

impl<'a> Measuring<'a> {
    /// The number of values in a JSON Schema that keeps all bounds.
    fn of(schema: &'a Value) -> Result<u64, String> {
        if !schema.is_object() {
            return Err("It is not an object.".into());
        }
        match schema.get("$schema") {
            None => {}
            Some(dialect) if dialect.as_str().is_some_and(|dialect| dialect.trim_end_matches('#') == DIALECT) => {}
            Some(_) => return Err("Its `$schema` is not draft 2020-12.".into()),
        }
        let definitions = schema.get("$defs").and_then(Value::as_object);
        let mut measuring = Measuring { definitions, known: HashMap::new() };
        let measure = measuring.value(schema, 0)?;
        if measure.values > SCHEMA_VALUES_MAX {
            return Err(format!("With references followed it has more than {SCHEMA_VALUES_MAX} values."));
        }
        if measure.patterns > SCHEMA_PATTERNS_MAX {
            return Err(format!("With references followed it has more than {SCHEMA_PATTERNS_MAX} patterns."));
        }
        Ok(measure.values)
    }

    /// Measures a value that has `above` levels around it.
    fn value(&mut self, value: &'a Value, above: usize) -> Result<Measure, String> {
        if above >= SETTINGS_DEPTH_MAX {
            return Err(too_deep());
        }
        let mut sum = Measure { values: 1, patterns: 0, depth: 0 };
        match value {
            Value::Array(items) => {
                for item in items {
                    sum.add(self.value(item, above + 1)?);
                }
            }
            Value::Object(members) => {
                for (name, member) in members {
                    sum.add(self.member(name, member, above)?);
                }
            }
            _ => {}
        }
        sum.depth += 1;
        Ok(sum)
    }

    fn member(&mut self, name: &'a str, member: &'a Value, above: usize) -> Result<Measure, String> {
        // A setting may not be called like these either: whether an object is a list of settings or a schema is not
        // known here, and need not be.
        if KEYWORDS_REFUSED.contains(&name) || (name == "$schema" && above > 0) {
            return Err(format!("It has `{name}`, which is not admitted."));
        }
        if name == "$ref" {
            return self.reference(member, above + 1);
        }
        let mut measure = self.value(member, above + 1)?;
        measure.patterns += match (name, member) {
            ("pattern", Value::String(_)) => 1,
            ("patternProperties", Value::Object(patterns)) => patterns.len() as u64,
            _ => 0,
        };
        Ok(measure)
    }

    fn reference(&mut self, target: &Value, above: usize) -> Result<Measure, String> {
        let definition = target
            .as_str()
            .and_then(|target| target.strip_prefix("#/$defs/"))
            .filter(|name| !name.contains(['/', '~', '%']))
            .and_then(|name| self.definitions?.get_key_value(name));
        let Some((name, schema)) = definition else {
            return Err("It has a `$ref` to something else than `#/$defs/` and the name of a definition.".into());
        };
        let measure = match self.known.get(name.as_str()) {
            Some(Some(measure)) => *measure,
            Some(None) => return Err(format!("The definition {name:?} refers to itself.")),
            None => {
                self.known.insert(name, None);
                let measure = self.value(schema, above)?;
                self.known.insert(name, Some(measure));
                measure
            }
        };
        if above + measure.depth > SETTINGS_DEPTH_MAX { Err(too_deep()) } else { Ok(measure) }
    }
}

impl Measure {
    fn add(&mut self, part: Measure) {
        self.values = self.values.saturating_add(part.values);
        self.patterns = self.patterns.saturating_add(part.patterns);
        self.depth = self.depth.max(part.depth);
    }
}

fn too_deep() -> String {
    format!("With references followed it is nested more than {SETTINGS_DEPTH_MAX} deep.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn refusal(schema: &Value) -> Option<String> {
        SettingsSchema::build(&schema.to_string()).err()
    }

    /// Definitions of which each has the next twice: two to the power of `levels` values from a short text.
    fn doubling(levels: usize) -> Value {
        let mut definitions = Map::new();
        for level in 0..levels {
            let next = json!({"$ref": format!("#/$defs/d{}", level + 1)});
            definitions.insert(format!("d{level}"), json!({"allOf": [next, next]}));
        }
        definitions.insert(format!("d{levels}"), json!({"type": "object"}));
        json!({"$ref": "#/$defs/d0", "$defs": definitions})
    }

    fn nested(levels: usize) -> Value {
        (0..levels).fold(json!(true), |inner, _| json!({"not": inner}))
    }

    #[test]
    fn ordinary_schemas_are_admitted() {
        for schema in [
            json!({}),
            json!({"$schema": DIALECT, "type": "object", "properties": {"a": {"$ref": "#/$defs/A"}},
                "additionalProperties": false, "$defs": {"A": {"type": "string", "pattern": "^[a-z]+$"}}}),
            json!({"oneOf": [{"const": "a"}, {"properties": {"kind": {"const": "b"}}}]}),
            doubling(8),
            nested(40),
        ] {
            assert_eq!(refusal(&schema), None, "{schema}");
        }
    }

    #[test]
    fn schemas_that_could_run_away_are_refused() {
        let patterns: Vec<Value> = (0..33).map(|at| json!({"pattern": format!("^{at}")})).collect();
        for (schema, why) in [
            (json!([]), "not an object"),
            (json!({"$schema": "http://json-schema.org/draft-07/schema#"}), "draft 2020-12"),
            (json!({"$ref": "https://example.com/a"}), "`$ref`"),
            (json!({"$ref": "file:///etc/passwd"}), "`$ref`"),
            (json!({"$ref": "#/$defs/missing"}), "`$ref`"),
            (json!({"$ref": "#"}), "`$ref`"),
            (json!({"$ref": "#/$defs/a", "$defs": {"a": {"properties": {"x": {"$ref": "#/$defs/a"}}}}}), "itself"),
            (json!({"$id": "https://example.com/"}), "`$id`"),
            (json!({"$dynamicRef": "#a"}), "`$dynamicRef`"),
            (json!({"unevaluatedProperties": false}), "`unevaluatedProperties`"),
            (doubling(20), "10000 values"),
            (doubling(300), "deep"),
            (nested(65), "deep"),
            (json!({"allOf": patterns}), "32 patterns"),
            (json!({"pattern": "(?=a)b"}), "At"),
            (json!({"pattern": "(a{1000}){1000}"}), "At"),
            (json!({"type": "strin"}), "At"),
        ] {
            let refusal = refusal(&schema).unwrap_or_else(|| panic!("{why} is admitted"));
            assert!(refusal.contains(why), "{why}: {refusal}");
        }
        let large = json!({"description": "x".repeat(SETTINGS_BYTES_MAX)});
        assert!(refusal(&large).is_some_and(|why| why.contains("64 KiB")));
    }

    /// Deeper than the parser reads it is still said how deep it may be.
    #[test]
    fn what_is_not_read_for_its_depth_is_told_from_what_is_not_json() {
        let deep = |levels: usize| format!("{}true{}", r#"{"not":"#.repeat(levels), "}".repeat(levels));
        for (text, why) in [
            (deep(300), "nested more than 64 deep"),
            (deep(5_000), "nested more than 64 deep"),
            (format!("{{\"title\": \"{}\"", "[".repeat(300)), "not JSON"),
            ("{".to_owned(), "not JSON"),
        ] {
            let refusal = SettingsSchema::build(&text).err().unwrap_or_default();
            assert!(refusal.contains(why), "{why}: {refusal}");
        }
    }

    #[test]
    fn a_default_is_valid_where_it_stands() {
        for (property, place) in [
            (json!({"type": "array", "default": "x"}), Some("/p")),
            (json!({"$ref": "#/$defs/Mode"}), Some("/p")),
            (json!({"oneOf": [{"type": "null"}, {"type": "integer"}], "default": "x"}), Some("/p")),
            (json!({"type": "object", "default": {}, "properties": {"q": {"minimum": 1, "default": 0}}}), Some("/p/q")),
            (json!({"type": "object", "default": {}, "required": ["q"]}), Some("/p")),
            (json!({"type": ["array", "null"], "default": null}), None),
            (json!({"type": "object", "default": {}, "properties": {"q": {"minimum": 1, "default": 1}}}), None),
        ] {
            // Whoever sets the mode may keep the default of the other.
            let conditional = json!({"if": {"properties": {"m": {"const": "a"}}}, "then": {"properties": {"o": {"minimum": 1}}}});
            let schema = json!({
                "type": "object", "required": ["m"], "allOf": [conditional],
                "properties": {"p": property, "m": {"type": "string"}, "o": {"type": "integer", "default": 0}},
                "$defs": {"Mode": {"enum": ["a", "b"], "default": "c"}},
            });
            let found = refusal(&schema);
            match place {
                Some(place) => assert!(
                    found.as_ref().is_some_and(|why| why.starts_with(&format!("The default of {place} is not valid there. "))),
                    "{found:?}"
                ),
                None => assert_eq!(found, None),
            }
        }
    }

    #[test]
    fn a_setting_that_is_missing_is_named() {
        let schema = json!({"required": ["groups"], "properties": {"groups": {"type": "array"}}});
        let (schema, _) = SettingsSchema::build(&schema.to_string()).expect("it has its bounds");
        assert_eq!(schema.problems(&json!({})), [problem::new("", "There must be a setting \"groups\" here.")]);
    }

    #[test]
    fn many_values_against_a_large_schema_are_refused_before_they_are_checked() {
        let (schema, _) = SettingsSchema::build(&doubling(8).to_string()).expect("it has its bounds");
        let values = |count: usize| Value::Array(vec![json!(0); count]);
        assert_eq!(schema.problems(&values(30_000))[0].message, "The settings have more values than can be checked.");
        assert!(schema.problems(&values(10))[0].message.contains("type"), "the validator is asked");
    }

    #[test]
    fn alternatives_say_what_is_wrong_in_the_one_that_was_meant() {
        let schema = json!({"oneOf": [
            {"type": "object", "properties": {"kind": {"const": "a"}, "size": {"type": "integer"}}, "required": ["kind"]},
            {"type": "object", "properties": {"kind": {"const": "b"}, "name": {"type": "string"}}, "required": ["kind"]},
        ]});
        let (schema, _) = SettingsSchema::build(&schema.to_string()).expect("it has its bounds");
        let problems = schema.problems(&json!({"kind": "b", "name": ""}));
        assert_eq!(problems, []);
        let pointers = |settings| -> Vec<String> { schema.problems(&settings).into_iter().map(|problem| problem.pointer).collect() };
        assert_eq!(pointers(json!({"kind": "b", "name": 5})), ["/name"]);
        assert_eq!(pointers(json!({"kind": "a", "size": "x"})), ["/size"]);
        assert_eq!(pointers(json!({"kind": "c"})), [""]);
    }

    #[test]
    fn a_name_that_is_wrong_is_pointed_at() {
        let schema = json!({"additionalProperties": false, "properties": {
            "groups": {"items": {"properties": {"name": {}}, "additionalProperties": false}},
            "names": {"propertyNames": {"maxLength": 3}},
            "empty": {"propertyNames": false},
            "never": false,
            "other": {"oneOf": [{"type": "null"}, {"type": "object", "additionalProperties": false}]},
        }});
        let (schema, _) = SettingsSchema::build(&schema.to_string()).expect("it has its bounds");
        let found = |settings| -> Vec<(String, String)> {
            schema.problems(&settings).into_iter().map(|problem| (problem.pointer, problem.message)).collect()
        };
        let unknown = |pointer: &str, name: &str| (pointer.to_owned(), format!("There is no setting {name:?} here."));
        assert_eq!(found(json!({"x": 1, "y": {"z": 2}})), [unknown("/x", "x"), unknown("/y", "y")]);
        assert_eq!(found(json!({"a/b~c": 1, "": 2})), [unknown("/", ""), unknown("/a~1b~0c", "a/b~c")]);
        assert_eq!(found(json!({"groups": [{"name": 1}, {"nmae": 1}]})), [unknown("/groups/1/nmae", "nmae")]);
        assert_eq!(found(json!({"other": {"x": 1}})), [unknown("/other/x", "x")]);
        assert_eq!(found(json!({"empty": {"a": 1, "b": 1}})), [unknown("/empty/a", "a"), unknown("/empty/b", "b")]);
        assert_eq!(found(json!({"never": 1})), [("/never".to_owned(), "No value is acceptable here.".to_owned())]);
        let [(pointer, message)] = &found(json!({"names": {"abc": 1, "ab/cd": 1}}))[..] else { panic!("one name is too long") };
        assert_eq!(pointer, "/names/ab~1cd");
        assert!(message.starts_with("The name \"ab/cd\" is not acceptable here. The value "), "{message}");
        let many: Map<String, Value> = (0..50).map(|number| (number.to_string(), json!(0))).collect();
        assert_eq!(schema.problems(&Value::Object(many)).len(), PROBLEMS_MAX);
    }
}
