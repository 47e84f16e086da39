//! What goes into a form comes out of it, for JSON Schemas and values of every kind.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::render::Look;
use super::shape::{Part, Shape, root};
use super::{Problems, edit, problems_below, read, render};
use crate::error::Problem;

/// The fields of a form as a browser would send them back. Small on purpose: it reads what we write, not HTML.
fn fields(html: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        let end = rest.find('>').unwrap();
        let (tag, behind) = (&rest[..end], &rest[end + 1..]);
        let attribute = |name: &str| {
            let start = format!(" {name}=\"");
            tag.find(&start).map(|at| plain(tag[at + start.len()..].split('"').next().unwrap()))
        };
        let name = attribute("name");
        match (tag.split(' ').next().unwrap(), name) {
            ("input", Some(name)) => {
                let is_off = attribute("type").as_deref() == Some("checkbox") && !tag.contains(" checked");
                if !is_off {
                    found.push((name, attribute("value").unwrap_or_default()));
                }
            }
            ("textarea", Some(name)) => {
                let text = plain(behind.split("</textarea>").next().unwrap());
                // Browsers take the first end of a line away and send the others as CR LF.
                found.push((name, text.strip_prefix('\n').unwrap_or(&text).replace('\n', "\r\n")));
            }
            ("select", Some(name)) => {
                let options: Vec<&str> = behind.split("</select>").next().unwrap().split("<option ").skip(1).collect();
                let value = |option: &&str| plain(option.split("value=\"").nth(1).unwrap().split('"').next().unwrap());
                let chosen = options.iter().find(|option| option.split('>').next().unwrap().contains(" selected")).or(options.first());
                found.push((name, chosen.map(value).unwrap_or_default()));
            }
            _ => {}
        }
    }
    found
}

fn plain(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

fn shown(part: &Part, value: &Value) -> String {
    let (problems, typed) = (Problems::new(), BTreeMap::new());
    render(part, &Look { value, problems: &problems, typed: &typed, as_json: false, open: None }).into_string()
}

/// The value behind the form that shows it.
fn returned(part: &Part, value: &Value) -> Value {
    let sent = fields(&shown(part, value));
    let read = read(part, sent.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    assert_eq!(read.problems, Problems::new());
    read.value
}

/// Every kind of part.
fn every_kind() -> Value {
    serde_json::from_str(
        r##"{
        "$defs": {
            "Match": {"oneOf": [{"const": "exact", "description": "Equal."}, {"const": "prefix"}]},
            "Tree": {"type": "object", "properties": {"below": {"$ref": "#/$defs/Tree"}, "name": {"type": "string"}}},
            "Text": {"anyOf": [{"type": "string"}, {"type": "object"}]}
        },
        "type": "object",
        "additionalProperties": false,
        "required": ["name", "must"],
        "properties": {
            "name": {"type": "string"},
            "must": {"type": "integer"},
            "text": {"type": "string", "maxLength": 4000},
            "usual": {"type": "string", "default": "NB-"},
            "count": {"type": ["number", "null"], "minimum": 1, "maximum": 7},
            "on": {"type": "boolean"},
            "ticked": {"type": "boolean", "default": true},
            "match": {"$ref": "#/$defs/Match", "description": "How."},
            "usualMatch": {"$ref": "#/$defs/Match", "default": "prefix"},
            "level": {"enum": [1, 2, null, "high"]},
            "prefixes": {"type": "array", "items": {"type": "string"}, "default": []},
            "usuals": {"type": "array", "items": {"type": "string"}, "default": ["a"]},
            "perhaps": {"anyOf": [{"type": "string"}, {"type": "null"}], "title": "Perhaps"},
            "either": {"$ref": "#/$defs/Text"},
            "eithers": {"type": "array", "items": {"$ref": "#/$defs/Text"}},
            "numbers": {"type": "array", "items": {"type": "number"}},
            "tree": {"$ref": "#/$defs/Tree"},
            "map": {"type": "object", "additionalProperties": {"type": "string"}},
            "optional": {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "boolean", "default": false}}},
            "hook": {"type": "object", "required": ["url"], "properties": {"url": {"type": "string"}, "verify": {"type": "boolean", "default": true}}},
            "usualObject": {"type": "object", "properties": {"x": {"type": "integer", "default": 1}}, "default": {"x": 1}},
            "odd ~ / \" <name>": {"type": "string"},
            "rules": {"type": "array", "items": {"type": "object", "required": ["name"], "properties": {
                "name": {"type": "string"}, "when": {"type": "string"}, "stop": {"type": "boolean", "default": false},
                "effects": {"type": "object", "properties": {"groups": {"type": "array", "items": {"$ref": "#/$defs/Text"}}}}}}}
        }
    }"##,
    )
    .unwrap()
}

fn find<'a>(part: &'a Part, name: &str) -> &'a Part {
    let Shape::Group(parts) = &part.shape else { panic!("{part:?} has no parts") };
    parts.iter().find(|part| part.name == name).unwrap_or_else(|| panic!("no part {name}"))
}

#[test]
fn parts_are_what_their_json_schema_says() {
    let part = root(&every_kind());
    for (name, is) in [
        ("name", "Text(false)"),
        ("must", "Number"),
        ("text", "Text(true)"),
        ("count", "Number"),
        ("on", "Switch"),
        ("prefixes", "Lines"),
        ("perhaps", "Text(false)"),
        ("either", "Either"),
        ("map", "Json"),
    ] {
        assert_eq!(format!("{:?}", find(&part, name).shape), is, "{name}");
    }
    let Shape::Choice(choices) = &find(&part, "match").shape else { panic!("no choice") };
    let words: Vec<&str> = choices.iter().map(|choice| choice.words.as_str()).collect();
    assert_eq!(words, ["exact: Equal.", "prefix"]);
    assert_eq!(find(&part, "match").about, "How.");
    assert_eq!(find(&part, "count").bounds, "Between 1 and 7.");
    assert_eq!(find(&part, "usualObject").title, "Usual object");
    assert_eq!(find(&part, "perhaps").title, "Perhaps");
    assert!(matches!(find(&part, "numbers").shape, Shape::Rows(_)) && matches!(find(&part, "rules").shape, Shape::Rows(_)));
    // A part that contains itself goes on as JSON.
    assert_eq!(find(find(&part, "tree"), "below").shape, Shape::Json);
    for nothing in [
        json!({}),
        json!(true),
        json!({"type": "object"}),
        json!({"$ref": "#"}),
        json!({"$ref": "#/nowhere"}),
        json!({"type": "object", "properties": {}}),
    ] {
        assert_eq!(root(&nothing).shape, Shape::Json, "{nothing}");
    }
    // Definitions that use each other twice over stay within bounds.
    let mut definitions = Map::new();
    for at in 0..30 {
        let next = json!({"$ref": format!("#/$defs/d{}", at + 1)});
        definitions.insert(format!("d{at}"), json!({"type": "object", "properties": {"a": next, "b": next}}));
    }
    definitions.insert("d30".to_owned(), json!({"type": "string"}));
    let wide = root(&json!({"$defs": definitions, "$ref": "#/$defs/d0"}));
    assert!(wide.fields(Some(&json!({}))) < 2_000);
}

#[test]
fn what_stands_in_a_form_comes_back() {
    let part = root(&every_kind());
    for value in [
        json!({"name": "", "must": 0}),
        json!({"name": "x", "must": -3, "text": "", "usual": "", "count": null, "on": false, "ticked": false, "match": "prefix"}),
        json!({"name": "x", "must": 1, "usual": "NB-", "ticked": true, "usualMatch": "prefix", "prefixes": [], "usuals": ["a"], "usualObject": {"x": 1}}),
        json!({"name": "x", "must": 1, "usualMatch": "exact", "prefixes": [" NB- ", "é", "{\"a\""], "usuals": [], "level": null, "perhaps": null}),
        json!({"name": "<b>&amp; \"'", "must": 18_446_744_073_709_551_615_u64, "text": "\n\na\nb\n", "count": 1.0, "level": "high", "perhaps": ""}),
        json!({"name": "a\rb", "must": "7", "prefixes": ["", "a"], "numbers": [1, 2.5, "x", ""], "on": "yes", "ticked": null}),
        json!({"name": "x", "must": 1, "either": "{\"of\": 1}", "eithers": ["a", {"of": "b"}, "", [], 7, null]}),
        json!({"name": "x", "must": 1, "either": {"of": "{x}"}, "map": {"a": "b"}, "tree": {"name": "t", "below": {"below": {}}}}),
        json!({"name": "x", "must": 1, "optional": {}, "hook": {}, "usualObject": {}}),
        json!({"name": "x", "must": 1, "optional": {"b": true}, "hook": {"url": "u", "verify": false}, "usualObject": {"x": 2}}),
        json!({"name": "x", "must": 1, "optional": {"b": false}, "hook": {"url": "u", "verify": true}, "map": null, "tree": null, "rules": null}),
        json!({"name": "x", "must": 1, "unknown": 7, "rules": []}),
        json!({"name": "x", "must": 1, "odd ~ / \" <name>": "y", "optional": {"c": 1}, "rules": [{}, {"name": "r", "stop": true, "effects": {"groups": []}}, "no rule"]}),
        json!([]),
        json!("text"),
        Value::Null,
    ] {
        assert_eq!(returned(&part, &value), value, "{}", shown(&part, &value));
    }
    // Defaults are shown, and stay away if nobody touches them.
    let html = shown(&part, &json!({"name": "x", "must": 1}));
    assert!(html.contains("value=\"NB-\"") && html.contains("checked"), "{html}");
    // A long form closes the entries of its lists, and loses none.
    let rules: Vec<Value> = (0..200).map(|at| json!({"name": format!("Rule {at}"), "when": "x eq \"y\""})).collect();
    let long = json!({"name": "x", "must": 1, "rules": rules});
    assert_eq!(returned(&part, &long), long);
    assert!(shown(&part, &long).len() < 100_000);
}

#[test]
fn what_a_person_types_becomes_a_value() {
    let part = root(&every_kind());
    let sent = |extra: &[(&str, &str)]| {
        let base = fields(&shown(&part, &json!({"name": "x", "must": 1})));
        let mut all: BTreeMap<String, String> = base.into_iter().collect();
        all.extend(extra.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        read(&part, all.iter().map(|(name, value)| (name.as_str(), value.as_str())))
    };
    let changed = |extra: &[(&str, &str)], name: &str| sent(extra).value.get(name).cloned();
    assert_eq!(sent(&[]).value, json!({"name": "x", "must": 1}));
    assert_eq!(changed(&[("s/must", " 12 ")], "must"), Some(json!(12)));
    assert_eq!(changed(&[("s/must", "twelve")], "must"), Some(json!("twelve")), "the JSON Schema says that it is no number");
    assert_eq!(changed(&[("s/must", "")], "must"), None);
    assert_eq!(changed(&[("s/usual", "")], "usual"), Some(json!("")), "emptied is not the default");
    assert_eq!(changed(&[("s/usuals", "")], "usuals"), Some(json!([])));
    assert_eq!(changed(&[("s/prefixes", "NB-\r\n\r\n  \r\nTeam \r\n")], "prefixes"), Some(json!(["NB-", "Team "])));
    assert_eq!(changed(&[("s/on", "false")], "on"), Some(json!(false)));
    assert_eq!(changed(&[("s/match", "\"exact\"")], "match"), Some(json!("exact")));
    assert_eq!(changed(&[("s/either", "{name}")], "either"), Some(json!("{name}")));
    assert_eq!(changed(&[("s/either", "{\"a\": 1}"), ("s/either~as", "json")], "either"), Some(json!({"a": 1})));
    assert_eq!(changed(&[("s/optional/a", "y")], "optional"), Some(json!({"a": "y"})));
    let broken = sent(&[("s/map~json", "{\"a\":")]);
    assert_eq!(broken.problems.keys().collect::<Vec<_>>(), ["/map"]);
    assert_eq!(broken.typed.get("/map").map(String::as_str), Some("{\"a\":"));
    let again = Look { value: &broken.value, problems: &broken.problems, typed: &broken.typed, as_json: false, open: None };
    let html = render(&part, &again).into_string();
    assert!(html.contains("{&quot;a&quot;:") && html.contains("This is no JSON"), "what was typed is still there");
    // Whole as JSON.
    let whole = read(&part, [("s~json", "{\"name\": \"y\"}")]);
    assert_eq!(whole.value, json!({"name": "y"}));
    // More entries than there are fields are none.
    let forged = read(&part, [("s/rules~rows", "4000000000"), ("s/rules/0~json", "{}")]);
    assert_eq!(forged.value["rules"].as_array().map(Vec::len), Some(2));
}

#[test]
fn entries_come_and_go() {
    let part = root(&every_kind());
    let done = |value: Value, command: &str| edit(&part, &value, command).map(|edited| edited.value);
    assert_eq!(done(json!({}), "add:/rules"), Some(json!({"rules": [{}]})));
    assert_eq!(done(json!({}), "add:/hook"), Some(json!({"hook": {}})));
    assert_eq!(done(json!({"hook": {"url": "x"}}), "remove:/hook"), Some(json!({})));
    assert_eq!(done(json!({"rules": [1, 2, 3]}), "remove:/rules/1"), Some(json!({"rules": [1, 3]})));
    assert_eq!(done(json!({"rules": [1, 2, 3]}), "up:/rules/2"), Some(json!({"rules": [1, 3, 2]})));
    assert_eq!(done(json!({"rules": [{}]}), "add:/rules/0/effects/groups"), Some(json!({"rules": [{"effects": {"groups": [""]}}]})));
    assert_eq!(edit(&part, &json!({"rules": [1]}), "add:/rules").and_then(|edited| edited.open), Some("/rules/1".to_owned()));
    for nothing in ["", "add", "add:/nothing", "add:/name", "remove:/rules/3", "up:/rules/0", "remove:", "remove:/rules/x", "drop:/rules/0"]
    {
        assert_eq!(done(json!({"rules": [1]}), nothing), None, "{nothing}");
    }
}

#[test]
fn problems_stand_at_their_fields() {
    let part = root(&every_kind());
    let problem = |pointer: &str, message: &str| Problem { pointer: pointer.to_owned(), message: message.to_owned() };
    let all = [
        problem("/policies/3/settings/prefixes/1", "Too long."),
        problem("/policies/3/settings/rules/0/when", "No filter."),
        problem("/policies/3/settings", "Something is missing."),
        problem("/policies/31/settings/name", "Of another."),
        problem("/policies/3/name", "Of the policy."),
    ];
    let problems = problems_below(&all, "/policies/3/settings");
    assert_eq!(problems.len(), 3);
    let (value, typed) = (json!({"name": "x", "prefixes": ["a", "b"], "rules": [{"name": "r", "when": "w"}]}), BTreeMap::new());
    let look = Look { value: &value, problems: &problems, typed: &typed, as_json: false, open: None };
    let html = render(&part, &look).into_string();
    assert!(html.contains("Line 2: Too long.") && html.contains("No filter.") && !html.contains("Of another."), "{html}");
    assert_eq!(html.matches("aria-invalid=\"true\"").count(), 2);
}

/// Values near those that the JSON Schema describes.
fn near() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[ a\n\r<\"&{}\\[\\]~/é-]{0,6}".prop_map(Value::from),
        Just(json!("exact")),
        Just(json!("NB-")),
    ];
    let names = [
        "name",
        "must",
        "text",
        "usual",
        "count",
        "on",
        "ticked",
        "match",
        "usualMatch",
        "level",
        "prefixes",
        "usuals",
        "perhaps",
        "either",
        "eithers",
        "numbers",
        "tree",
        "map",
        "optional",
        "hook",
        "usualObject",
        "rules",
        "a",
        "b",
        "url",
        "verify",
        "x",
        "stop",
        "effects",
        "groups",
    ];
    leaf.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((prop::sample::select(names.to_vec()), inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_value_comes_back(value in near()) {
        let part = root(&every_kind());
        // What has to be there and is not is given its emptiness, and told.
        let mut value = value;
        if let Some(members) = value.as_object_mut() {
            members.entry("name").or_insert(json!("x"));
        }
        let back = returned(&part, &value);
        prop_assert!(same(&part, &value, &back), "{value} came back as {back}");
    }
}

/// Whether two values are the same but for texts and lists that have to be there, and are empty in place of absent.
fn same(part: &Part, value: &Value, back: &Value) -> bool {
    match (&part.shape, value, back) {
        _ if value == back => true,
        (Shape::Group(parts), Value::Object(value), Value::Object(back)) => {
            let is_same = |part: &Part| match (value.get(&part.name), back.get(&part.name)) {
                (Some(value), Some(back)) => same(part, value, back),
                (None, None) => true,
                (None, Some(empty)) => part.required && super::is_nothing(empty),
                (Some(_), None) => false,
            };
            parts.iter().all(is_same) && back.keys().all(|name| value.contains_key(name) || parts.iter().any(|part| part.name == *name))
        }
        (Shape::Rows(row), Value::Array(value), Value::Array(back)) => {
            value.len() == back.len() && value.iter().zip(back).all(|(value, back)| same(row, value, back))
        }
        _ => false,
    }
}
