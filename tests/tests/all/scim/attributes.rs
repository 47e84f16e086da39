//! The attributes of the resource type for conformance work, as the running server tells them, and values for them.
//!
//! Nothing here names an attribute: a schema that changes is tested as it is then.

use std::fmt;

use doorlist_tests::callers::{Client, text};
use serde_json::{Map, Value, json};

/// The endpoint of the resource type.
pub const ENDPOINT: &str = "/TestResources";

/// An attribute or sub-attribute.
#[derive(Clone, Debug)]
pub struct Attribute {
    /// The schema it is of.
    pub schema: String,
    /// Whether that is an extension.
    pub is_extension: bool,
    /// The complex attribute around it, as the schema has it.
    pub outer: Option<Value>,
    /// As the schema has it.
    pub own: Value,
    /// The smallest resource that can have it.
    pub smallest: Value,
}

/// The schemas of the resource type: the core one, then its extensions.
#[track_caller]
pub fn schemas(client: &Client) -> Vec<Value> {
    let kind = client.get("/ResourceTypes/TestResource").expect(200);
    assert_eq!(kind["endpoint"], ENDPOINT, "{kind}");
    let extensions = kind["schemaExtensions"].as_array().into_iter().flatten().map(|extension| text(extension, "schema"));
    let urns: Vec<String> = std::iter::once(text(&kind, "schema")).chain(extensions).collect();
    urns.iter().map(|urn| client.get(&format!("/Schemas/{urn}")).expect(200)).collect()
}

/// Every attribute and sub-attribute.
#[track_caller]
pub fn all(client: &Client) -> Vec<Attribute> {
    let schemas = schemas(client);
    let of = |schema: &Value| schema["attributes"].as_array().expect("a schema has attributes").clone();
    let core = with_required(&Value::Null, &of(&schemas[0]));
    let mut found = Vec::new();
    for (place, schema) in schemas.iter().enumerate() {
        let (urn, is_extension) = (text(schema, "id"), place > 0);
        let mut smallest = core.clone();
        if is_extension {
            smallest[&urn] = with_required(&Value::Null, &of(schema));
        }
        for own in of(schema) {
            let attribute = |own: &Value, outer: Option<&Value>| Attribute {
                schema: urn.clone(),
                is_extension,
                outer: outer.cloned(),
                own: own.clone(),
                smallest: smallest.clone(),
            };
            found.push(attribute(&own, None));
            let subs = own["subAttributes"].as_array().into_iter().flatten();
            found.extend(subs.map(|sub| attribute(sub, Some(&own))));
        }
    }
    assert!(found.len() > 50, "the schema is there");
    found
}

/// An object with what is required among these attributes.
fn with_required(object: &Value, attributes: &[Value]) -> Value {
    let mut object = object.as_object().cloned().unwrap_or_default();
    for attribute in attributes.iter().filter(|attribute| attribute["required"] == true) {
        object.entry(text(attribute, "name")).or_insert_with(|| value(attribute, 0));
    }
    Value::Object(object)
}

/// A value that an attribute can have; another one for another number, so far as the type has two.
pub fn value(attribute: &Value, number: usize) -> Value {
    let one = single(attribute, number);
    if attribute["multiValued"] == true { json!([one]) } else { one }
}

/// The same of one element.
fn single(attribute: &Value, number: usize) -> Value {
    if let Some(words) = attribute["canonicalValues"].as_array().filter(|words| !words.is_empty()) {
        return words[number % words.len()].clone();
    }
    match attribute["type"].as_str().expect("an attribute has a type") {
        "string" => json!(format!("Value {number}")),
        "boolean" => json!(number.is_multiple_of(2)),
        "decimal" => json!(number as f64 + 0.5),
        "integer" => json!(number),
        "dateTime" => json!(format!("20{:02}-05-13T04:42:34Z", number % 100)),
        // Four letters of base64 each, with both cases.
        "binary" => json!(["YWJj", "ZGVm", "Z2hp", "amts", "bW5v"][number % 5]),
        "reference" => json!(format!("https://example.com/Value/{number}")),
        "complex" => {
            let subs = attribute["subAttributes"].as_array().expect("a complex attribute has parts");
            // Two elements may not both be primary, which is a matter of its own.
            let parts = subs.iter().filter(|sub| is_written(sub) && sub["name"] != "primary");
            Value::Object(parts.map(|sub| (text(sub, "name"), single(sub, number))).collect())
        }
        other => panic!("a type that no RFC has: {other}"),
    }
}

/// Values that an attribute cannot have.
pub fn wrong_values(attribute: &Value) -> Vec<Value> {
    let wrong = match attribute["type"].as_str().unwrap() {
        "string" | "reference" => vec![json!(5), json!(true), json!({"x": 1})],
        "boolean" => vec![json!("maybe"), json!(0), json!({"x": true})],
        "decimal" => vec![json!("1.5"), json!(true), json!({"x": 1})],
        "integer" => vec![json!("1"), json!(1.5), json!(false), json!({"x": 1})],
        "dateTime" => vec![json!("yesterday"), json!("2020-13-01T00:00:00Z"), json!("2020-01-01"), json!(1_577_836_800)],
        "binary" => vec![json!("not base64!"), json!("YWJj*"), json!(5), json!([1, 2])],
        // A bare text is tolerated where it can be the `value`.
        _ => vec![json!(5), json!(true), json!([[]])],
    };
    let mut wrong: Vec<Value> =
        wrong.into_iter().map(|wrong| if attribute["multiValued"] == true { json!([wrong]) } else { wrong }).collect();
    wrong.push(if attribute["multiValued"] == true {
        json!([value(attribute, 0)])
    } else {
        json!([single(attribute, 0), single(attribute, 1)])
    });
    wrong
}

/// Whether clients write it.
fn is_written(attribute: &Value) -> bool {
    attribute["mutability"] != "readOnly"
}

impl fmt::Display for Attribute {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.path())
    }
}

impl Attribute {
    fn name(&self) -> &str {
        self.own["name"].as_str().unwrap()
    }

    /// The path that clients write: with the schema's URN if it is an extension's.
    pub fn path(&self) -> String {
        let outer = self.outer.as_ref().map_or(String::new(), |outer| format!("{}.", text(outer, "name")));
        let urn = if self.is_extension { format!("{}:", self.schema) } else { String::new() };
        format!("{urn}{outer}{}", self.name())
    }

    /// The same, always with the URN.
    pub fn qualified(&self) -> String {
        if self.is_extension { self.path() } else { format!("{}:{}", self.schema, self.path()) }
    }

    /// Whether a characteristic has this value.
    pub fn is(&self, characteristic: &str, value: impl Into<Value>) -> bool {
        self.own[characteristic] == value.into()
    }

    /// Whether it is in a complex attribute that is a list.
    pub fn is_in_list(&self) -> bool {
        self.outer.as_ref().is_some_and(|outer| outer["multiValued"] == true)
    }

    /// Whether clients can write it, and what is around it.
    pub fn is_written(&self) -> bool {
        is_written(&self.own) && self.outer.as_ref().is_none_or(is_written)
    }

    /// Whether it can be written only once, or what is around it.
    pub fn is_immutable(&self) -> bool {
        let is = |attribute: &Value| attribute["mutability"] == "immutable";
        is(&self.own) || self.outer.as_ref().is_some_and(is)
    }

    /// Whether nobody ever reads it.
    pub fn is_hidden(&self) -> bool {
        let is = |attribute: &Value| attribute["returned"] == "never" || attribute["mutability"] == "writeOnly";
        is(&self.own) || self.outer.as_ref().is_some_and(is)
    }

    /// A value that it can have.
    pub fn value(&self, number: usize) -> Value {
        value(&self.own, number)
    }

    /// The smallest resource, with `value` here. In a list it is part of the only element, which has an identity of its own.
    pub fn resource_with(&self, value: &Value) -> Value {
        let mut resource = self.smallest.clone();
        self.put(&mut resource, value);
        resource
    }

    /// Puts a value into a resource.
    pub fn put(&self, resource: &mut Value, value: &Value) {
        let container = if self.is_extension { &mut resource[&self.schema] } else { resource };
        let Some(outer) = &self.outer else {
            container[self.name()] = value.clone();
            return;
        };
        let subs = outer["subAttributes"].as_array().unwrap();
        let mut object = with_required(&Value::Null, subs);
        if self.is_in_list() && subs.iter().any(|sub| sub["name"] == "value" && sub["type"] == "string") {
            object["value"] = json!("element");
        }
        object[self.name()] = value.clone();
        container[text(outer, "name")] = if self.is_in_list() { json!([object]) } else { object };
    }

    /// What a resource has here; of a list, what its only element has.
    pub fn of<'a>(&self, resource: &'a Value) -> Option<&'a Value> {
        let container = if self.is_extension { resource.get(&self.schema)? } else { resource };
        let Some(outer) = &self.outer else { return container.get(self.name()) };
        let around = container.get(outer["name"].as_str().unwrap())?;
        match around {
            Value::Array(elements) => {
                assert_eq!(elements.len(), 1, "{self}: {resource}");
                elements[0].get(self.name())
            }
            single => single.get(self.name()),
        }
    }
}

/// A resource with a value at every attribute that can be written.
pub fn full(attributes: &[Attribute], number: usize) -> Value {
    let mut resource = Map::new();
    for attribute in attributes.iter().filter(|attribute| attribute.outer.is_none() && attribute.is_written()) {
        let container = if attribute.is_extension {
            resource.entry(attribute.schema.clone()).or_insert_with(|| json!({})).as_object_mut().unwrap()
        } else {
            &mut resource
        };
        container.insert(attribute.name().to_owned(), attribute.value(number));
    }
    Value::Object(resource)
}
