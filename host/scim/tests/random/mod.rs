//! Random resources, filters, paths and operations for any resource type, made of nothing but its schemas.
#![allow(dead_code, reason = "no test file uses all of it")]

use doorlist_scim::schema::{Mutability, Returned, Type};
use doorlist_scim::{AttrPath, Attribute, ResourceType, Schema};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Users, groups and test resources.
pub fn types() -> Vec<&'static ResourceType> {
    let all = ResourceType::all().into_iter().chain(ResourceType::test());
    all.map(AsRef::as_ref).collect()
}

/// One of [`types`].
pub fn any_type() -> impl Strategy<Value = &'static ResourceType> {
    prop::sample::select(types())
}

pub fn is_hidden(attribute: &Attribute) -> bool {
    attribute.returned == Returned::Never || attribute.mutability == Mutability::WriteOnly
}

/// The attributes a client can name: path, attribute. The rows attribute is not among them.
pub fn attributes(rt: &'static ResourceType) -> Vec<(AttrPath, &'static Attribute)> {
    let path = |urn: Option<&str>, name: &str| AttrPath { urn: urn.map(str::to_owned), name: name.to_owned(), sub: None };
    let core = rt
        .schema
        .attributes
        .iter()
        .filter(|attribute| !rt.is_rows(&attribute.name))
        .map(|attribute| (path(None, &attribute.name), attribute));
    let extensions = rt.extensions.iter().flat_map(|(schema, _)| {
        let urn = Some(schema.id.as_str());
        schema.attributes.iter().map(move |attribute| (path(urn, &attribute.name), attribute))
    });
    core.chain(extensions).collect()
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[a-cA-C]{1,3}", 1 => any::<String>().prop_filter("short", |text| text.len() < 40 && !text.trim().is_empty())]
}

/// A value of an attribute's type, of one element if it is multi-valued.
pub fn value(attribute: &'static Attribute) -> BoxedStrategy<Value> {
    match attribute.kind {
        Type::String if !attribute.canonical_values.is_empty() => {
            let known = prop::sample::select(attribute.canonical_values.clone());
            prop_oneof![known.clone(), known.prop_map(|word| word.to_uppercase()), text()].prop_map(Value::from).boxed()
        }
        Type::String | Type::Reference => text().prop_map(Value::from).boxed(),
        Type::Boolean => {
            prop_oneof![3 => any::<bool>().prop_map(Value::from), 1 => prop::sample::select(vec!["True", "fALSE"]).prop_map(Value::from)]
                .boxed()
        }
        Type::Decimal => prop_oneof![(-9..9_i64).prop_map(Value::from), (-9..9_i32).prop_map(|n| json!(f64::from(n) / 4.0))].boxed(),
        Type::Integer => (-9..9_i64).prop_map(Value::from).boxed(),
        Type::DateTime => (1..28_u8, 0..24_u8, prop::sample::select(vec!["Z", "", ".5Z", "+02:00"]))
            .prop_map(|(day, hour, end)| json!(format!("2020-02-{day:02}T{hour:02}:00:00{end}")))
            .boxed(),
        Type::Binary => prop::sample::select(vec!["AAAA", "YQ==", "YQ", "-_-_", "Y\nQ=="]).prop_map(Value::from).boxed(),
        Type::Complex => complex(attribute).prop_map(Value::Object).boxed(),
    }
}

/// A value, always or sometimes.
fn maybe(always: bool, value: BoxedStrategy<Value>) -> BoxedStrategy<Option<Value>> {
    if always { value.prop_map(Some).boxed() } else { prop::option::weighted(0.3, value).boxed() }
}

/// A complex value: what is required of it, its `value` if it can have one, and some of the rest.
fn complex(attribute: &'static Attribute) -> impl Strategy<Value = Map<String, Value>> {
    let subs: Vec<_> = attribute
        .sub_attributes
        .iter()
        .map(|sub| {
            let name = sub.name.clone();
            let always = sub.required || sub.name == "value";
            maybe(always, value(sub)).prop_map(move |value| value.map(|value| (name.clone(), value)))
        })
        .collect();
    subs.prop_map(|subs| subs.into_iter().flatten().collect())
}

/// The whole value of an attribute, at most one element of it primary.
pub fn whole(attribute: &'static Attribute) -> BoxedStrategy<Value> {
    if !attribute.multi_valued {
        return value(attribute);
    }
    prop::collection::vec(value(attribute), 0..4)
        .prop_map(|mut elements| {
            for element in elements.iter_mut().skip(1) {
                if let Some(object) = element.as_object_mut() {
                    object.remove("primary");
                }
            }
            Value::Array(elements)
        })
        .boxed()
}

fn some_of(schema: &'static Schema, rt: &'static ResourceType) -> impl Strategy<Value = Map<String, Value>> {
    let pairs: Vec<_> = schema
        .attributes
        .iter()
        .filter(|attribute| !rt.is_rows(&attribute.name))
        .map(|attribute| {
            let name = attribute.name.clone();
            maybe(attribute.required, whole(attribute)).prop_map(move |value| value.map(|value| (name.clone(), value)))
        })
        .collect();
    pairs.prop_map(|pairs| pairs.into_iter().flatten().collect())
}

/// The body of a POST that is in order, with attributes of every kind in it, also such as the service
/// provider passes over.
pub fn body(rt: &'static ResourceType) -> BoxedStrategy<Value> {
    let extensions: Vec<_> = rt
        .extensions
        .iter()
        .map(|(schema, _)| {
            prop::option::of(some_of(schema, rt)).prop_map(move |object| object.map(|object| (schema.id.clone(), Value::Object(object))))
        })
        .collect();
    let custom = prop::option::of("[a-c]{1,2}").prop_map(|text| text.map(|text| ("custom".to_owned(), json!({"x": [text]}))));
    let external = prop::option::of(text()).prop_map(|text| text.map(|text| ("externalId".to_owned(), text.into())));
    (some_of(&rt.schema, rt), extensions, custom, external)
        .prop_map(|(core, extensions, custom, external)| {
            let more = extensions.into_iter().flatten().chain(custom).chain(external);
            Value::Object(core.into_iter().chain(more).collect())
        })
        .boxed()
}

/// A comparison of an attribute, called `path`, that fits its type.
fn comparison(path: String, attribute: &'static Attribute) -> BoxedStrategy<String> {
    let ops: &[&str] = match attribute.kind {
        Type::String | Type::Reference => &["eq", "NE", "co", "sw", "ew", "gt", "ge", "lt", "le"],
        Type::Boolean | Type::Binary => &["eq", "ne"],
        _ => &["eq", "ne", "Gt", "ge", "lt", "le"],
    };
    let presence = Just(format!("{path} pr"));
    if attribute.kind == Type::Complex {
        return presence.boxed();
    }
    let nothing = prop::sample::select(vec!["eq", "ne"]).prop_map({
        let path = path.clone();
        move |op| format!("{path} {op} null")
    });
    let words = (prop::sample::select(ops.to_vec()), value(attribute)).prop_map(move |(op, value)| format!("{path} {op} {value}"));
    prop_oneof![6 => words, 1 => nothing, 1 => presence].boxed()
}

/// A filter over the elements of an attribute, as it stands between brackets.
pub fn element_filter(attribute: &'static Attribute) -> BoxedStrategy<String> {
    let mut leaves: Vec<BoxedStrategy<String>> =
        attribute.sub_attributes.iter().filter(|sub| !is_hidden(sub)).map(|sub| comparison(sub.name.to_uppercase(), sub)).collect();
    if attribute.sub_attributes.is_empty() {
        leaves.push(comparison("value".to_owned(), attribute));
    }
    combined(proptest::strategy::Union::new(leaves).boxed())
}

fn combined(leaf: BoxedStrategy<String>) -> BoxedStrategy<String> {
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(|terms| format!("({})", terms.join(" and "))),
            prop::collection::vec(inner.clone(), 2..4).prop_map(|terms| terms.join(" or ")),
            inner.prop_map(|term| format!("not ({term})")),
        ]
    })
    .boxed()
}

/// A filter over resources of a type.
pub fn filter(rt: &'static ResourceType) -> BoxedStrategy<String> {
    let mut leaves = Vec::new();
    for (path, attribute) in attributes(rt).into_iter().filter(|(_, attribute)| !is_hidden(attribute)) {
        leaves.push(comparison(path.to_string(), attribute));
        for sub in attribute.sub_attributes.iter().filter(|sub| !is_hidden(sub)) {
            leaves.push(comparison(format!("{path}.{}", sub.name.to_lowercase()), sub));
        }
        if attribute.multi_valued || attribute.kind == Type::Complex {
            let path = path.to_string();
            leaves.push(element_filter(attribute).prop_map(move |inner| format!("{path}[{inner}]")).boxed());
        }
    }
    combined(proptest::strategy::Union::new(leaves).boxed())
}

/// A PATCH path, of whatever form.
pub fn patch_path(rt: &'static ResourceType) -> BoxedStrategy<String> {
    let one = prop::sample::select(attributes(rt)).prop_flat_map(|(path, attribute)| {
        let sub = match attribute.sub_attributes.as_slice() {
            [] => Just(None).boxed(),
            subs => prop::option::of(prop::sample::select(subs.iter().map(|sub| sub.name.clone()).collect::<Vec<_>>())).boxed(),
        };
        let filter = if attribute.multi_valued { prop::option::of(element_filter(attribute)).boxed() } else { Just(None).boxed() };
        (filter, sub).prop_map(move |(filter, sub)| {
            let filter = filter.map_or(String::new(), |filter| format!("[{filter}]"));
            let sub = sub.map_or(String::new(), |sub| format!(".{sub}"));
            format!("{path}{filter}{sub}")
        })
    });
    let extensions: Vec<String> = rt.extensions.iter().map(|(schema, _)| schema.id.clone()).collect();
    if extensions.is_empty() { one.boxed() } else { prop_oneof![20 => one, 1 => prop::sample::select(extensions)].boxed() }
}

/// A path to an attribute or a part of it, and what it shall be there. A filter in the path selects by what the value does not change.
fn assigned(path: &AttrPath, attribute: &'static Attribute) -> BoxedStrategy<(String, Value)> {
    let whole = whole(attribute).prop_map({
        let path = path.to_string();
        move |value| (path.clone(), value)
    });
    let mut forms = vec![whole.boxed()];
    for sub in attribute.sub_attributes.iter().filter(|sub| sub.name != "primary") {
        let plain = format!("{path}.{}", sub.name);
        forms.push(value(sub).prop_map(move |value| (plain.clone(), value)).boxed());
        let selector = attribute.sub_attribute("type").filter(|_| attribute.multi_valued && sub.name != "type");
        if let Some(selector) = selector {
            let (path, name) = (path.to_string(), sub.name.clone());
            forms.push(
                (value(selector), value(sub)).prop_map(move |(kind, value)| (format!("{path}[type eq {kind}].{name}"), value)).boxed(),
            );
        }
    }
    proptest::strategy::Union::new(forms).boxed()
}

fn assigning() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["add", "Replace"])
}

/// An `add` or `replace` that says what there shall be, whatever there is: sending it twice is sending it once.
pub fn assignment(rt: &'static ResourceType) -> BoxedStrategy<Value> {
    let at_path = prop::sample::select(attributes(rt)).prop_flat_map(|(path, attribute)| assigned(&path, attribute));
    prop_oneof![
        4 => (assigning(), at_path).prop_map(|(op, (path, value))| json!({"op": op, "path": path, "value": value})),
        1 => (assigning(), body(rt)).prop_map(|(op, value)| json!({"op": op, "value": value})),
    ]
    .boxed()
}

/// Such operations on some attributes that clients write, one on each, so that none undoes what another one says.
pub fn assignments(rt: &'static ResourceType) -> BoxedStrategy<Vec<Value>> {
    let written: Vec<_> = attributes(rt).into_iter().filter(|(_, attribute)| attribute.mutability == Mutability::ReadWrite).collect();
    let most = written.len().min(4);
    prop::sample::subsequence(written, 1..=most)
        .prop_flat_map(|chosen| {
            let operations: Vec<_> = chosen
                .into_iter()
                .map(|(path, attribute)| {
                    (assigning(), assigned(&path, attribute))
                        .prop_map(|(op, (path, value))| json!({"op": op, "path": path, "value": value}))
                })
                .collect();
            operations
        })
        .boxed()
}

/// Any operation at a path.
pub fn operation(rt: &'static ResourceType) -> BoxedStrategy<Value> {
    let remove = patch_path(rt).prop_map(|path| json!({"op": "remove", "path": path}));
    let misplaced = (patch_path(rt), prop::sample::select(attributes(rt)).prop_flat_map(|(_, attribute)| whole(attribute)))
        .prop_map(|(path, value)| json!({"op": "replace", "path": path, "value": value}));
    prop_oneof![4 => assignment(rt), 2 => remove, 1 => misplaced].boxed()
}

/// An `add` or `replace` of elements that `body` has, told apart as before and with other parts; any operation if it has none.
pub fn rewording(rt: &'static ResourceType, body: &Value) -> BoxedStrategy<Value> {
    let mut forms = Vec::new();
    for (path, attribute) in attributes(rt).into_iter().filter(|(path, attribute)| attribute.multi_valued && path.urn.is_none()) {
        for element in body[&path.name].as_array().into_iter().flatten().filter_map(Value::as_object) {
            let (path, same) = (path.to_string(), element.clone());
            let reworded = (assigning(), complex(attribute)).prop_map(move |(op, mut other)| {
                for name in ["type", "value"] {
                    other.remove(name);
                    other.extend(same.get(name).map(|value| (name.to_owned(), value.clone())));
                }
                other.remove("primary");
                json!({"op": op, "path": path, "value": [other]})
            });
            forms.push(reworded.boxed());
        }
    }
    if forms.is_empty() { operation(rt) } else { proptest::strategy::Union::new(forms).boxed() }
}
