//! The JSON Schema of the settings, from which forms are made.

use doorlist_policy_rules::settings::Settings;
use serde_json::Value;

/// Calls `look` with every JSON Schema that stands for a setting, and its place.
fn each_setting(schema: &Value, at: &str, look: &mut impl FnMut(&str, &Value)) {
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        look(&format!("{at}/{name}"), property);
    }
    for (name, definition) in schema["$defs"].as_object().into_iter().flatten() {
        each_setting(definition, &format!("{at}${name}"), look);
    }
}

#[test]
fn every_setting_has_a_title_and_a_description() {
    let schema = schemars::schema_for!(Settings).to_value();
    let mut seen = 0;
    each_setting(&schema, "", &mut |at, setting| {
        seen += 1;
        for word in ["title", "description"] {
            assert!(setting[word].as_str().is_some_and(|text| !text.is_empty()), "{at} has no {word}: {setting}");
        }
        // A form would offer it, and a server that fills in what is left out would write it.
        assert_ne!(setting.get("default"), Some(&Value::Null), "{at}: {setting}");
        let types = &setting["type"];
        assert!(!types.is_array(), "{at} has no one type: {setting}");
    });
    assert!(seen > 20, "{seen}");
    for (name, definition) in schema["$defs"].as_object().expect("there are definitions") {
        assert!(definition["description"].is_string(), "{name} is explained");
    }
}

/// What the JSON Schema bounds in characters or entries, the policy bounds at no more.
#[test]
fn bounds_are_the_same_in_both_places() {
    use doorlist_policy_rules::limits;
    let schema = schemars::schema_for!(Settings).to_value();
    let at = |pointer: &str| schema.pointer(pointer).and_then(Value::as_u64).unwrap_or_else(|| panic!("{pointer} in {schema:#}"));
    for (pointer, bound) in [
        ("/properties/users/maxItems", limits::RULES_MAX),
        ("/properties/groups/maxItems", limits::RULES_MAX),
        ("/properties/schemas/maxItems", limits::SCHEMAS_MAX),
        ("/$defs/UserRule/properties/name/maxLength", limits::NAME_BYTES_MAX),
        ("/$defs/GroupRule/properties/description/maxLength", limits::DESCRIPTION_BYTES_MAX),
        ("/$defs/UserRule/properties/when/maxLength", doorlist_scim::limits::FILTER_LENGTH_BYTES_MAX),
        ("/$defs/UserEffects/properties/addGroups/maxItems", limits::EFFECTS_PER_LIST_MAX),
        ("/$defs/Lookup/properties/table/maxProperties", limits::TABLE_ENTRIES_MAX),
        ("/$defs/Lookup/properties/of/maxLength", limits::TEMPLATE_BYTES_MAX),
    ] {
        assert_eq!(at(pointer), bound as u64, "{pointer}");
    }
}
