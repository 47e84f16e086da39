//! `returned` and `mutability` of every attribute (RFC 7643 section 2.2), in every answer that shows a resource: held against a model that knows
//! nothing but the schema.

use std::collections::BTreeSet;

use doorlist_tests::callers::{Client, text};
use doorlist_tests::http::query;
use serde_json::{Map, Value, json};

use super::super::attributes::{self, Attribute, ENDPOINT};
use crate::shared;

/// What a request asks for.
#[derive(Clone, Debug)]
enum Choice {
    Everything,
    Only(Vec<String>),
    Except(Vec<String>),
}

impl Choice {
    fn pairs(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Everything => Vec::new(),
            Self::Only(names) => vec![("attributes", names.join(","))],
            Self::Except(names) => vec![("excludedAttributes", names.join(","))],
        }
    }

    fn path(&self, path: &str) -> String {
        let pairs = self.pairs();
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|(key, value)| (*key, value.as_str())).collect();
        if pairs.is_empty() { path.to_owned() } else { query(path, &pairs) }
    }

    /// Whether it names an attribute by one of its names.
    fn names(&self, attribute: &Attribute) -> bool {
        let (Self::Only(names) | Self::Except(names)) = self else { return false };
        names.iter().any(|name| [attribute.path(), attribute.qualified()].iter().any(|own| own.eq_ignore_ascii_case(name.trim())))
    }

    /// Whether it names the attribute's extension as a whole.
    fn names_schema(&self, attribute: &Attribute) -> bool {
        let (Self::Only(names) | Self::Except(names)) = self else { return false };
        attribute.is_extension && names.iter().any(|name| name.eq_ignore_ascii_case(&attribute.schema))
    }
}

/// What was written, and which of it an answer shows.
struct Model<'a> {
    attributes: &'a [Attribute],
    choice: &'a Choice,
    /// Whether the answer is to a write that specified everything: then it shows also what is returned on request only.
    to_write: bool,
}

impl Model<'_> {
    fn subs<'a>(&'a self, outer: &'a Attribute) -> impl Iterator<Item = &'a Attribute> {
        let name = text(&outer.own, "name");
        self.attributes
            .iter()
            .filter(move |sub| sub.schema == outer.schema && sub.outer.as_ref().is_some_and(|around| around["name"] == name.as_str()))
    }

    fn shows(&self, attribute: &Attribute) -> bool {
        let named = self.choice.names(attribute);
        let sub_named = self.subs(attribute).any(|sub| self.choice.names(sub));
        if attribute.is_hidden() || !attribute.is_written() {
            return false;
        }
        if attribute.is("returned", "always") {
            return true;
        }
        let on_request = attribute.is("returned", "request");
        match self.choice {
            Choice::Everything => !on_request || self.to_write,
            Choice::Only(_) => named || sub_named || (!on_request && self.choice.names_schema(attribute)),
            Choice::Except(_) => !named && !self.choice.names_schema(attribute) && (!on_request || self.to_write),
        }
    }

    fn shows_sub(&self, outer: &Attribute, sub: &Attribute) -> bool {
        if sub.is_hidden() || !sub.is_written() {
            return false;
        }
        if sub.is("returned", "always") {
            return true;
        }
        let named = self.choice.names(sub);
        let on_request = sub.is("returned", "request");
        match self.choice {
            Choice::Everything => !on_request || self.to_write,
            Choice::Only(_) => named || ((self.choice.names(outer) || self.choice.names_schema(outer)) && !on_request),
            Choice::Except(_) => !named && (!on_request || self.to_write),
        }
    }

    /// What the answer has of a resource that was written.
    fn of(&self, written: &Value) -> Value {
        let mut shown = Map::new();
        for attribute in self.attributes.iter().filter(|attribute| attribute.outer.is_none() && self.shows(attribute)) {
            let Some(value) = attribute.of(written) else { continue };
            let thin = |value: &Value| match value {
                Value::Object(object) => {
                    let mut object = object.clone();
                    object
                        .retain(|key, _| self.subs(attribute).any(|sub| sub.own["name"] == key.as_str() && self.shows_sub(attribute, sub)));
                    Value::Object(object)
                }
                plain => plain.clone(),
            };
            let value = match value {
                Value::Array(elements) => elements.iter().map(thin).collect(),
                single => thin(single),
            };
            if value == json!({}) || value == json!([{}]) {
                continue;
            }
            let container = if attribute.is_extension {
                shown.entry(attribute.schema.clone()).or_insert_with(|| json!({})).as_object_mut().unwrap()
            } else {
                &mut shown
            };
            container.insert(text(&attribute.own, "name"), value);
        }
        Value::Object(shown)
    }
}

/// An answer without what every resource has.
fn own(mut answer: Value) -> Value {
    for common in ["id", "schemas", "meta", "externalId"] {
        answer.as_object_mut().expect("an answer is a resource").remove(common);
    }
    answer
}

/// Each attribute alone, by each of its names, wanted and unwanted; some together; an extension as a whole.
fn choices(all: &[Attribute]) -> Vec<Choice> {
    let mut choices = vec![Choice::Everything];
    for attribute in all {
        let names = BTreeSet::from([attribute.path(), attribute.qualified(), attribute.qualified().to_uppercase()]);
        // Of sub-attributes one name is enough: reading names is not what this table is about.
        let names = names.into_iter().take(if attribute.outer.is_some() { 1 } else { 3 });
        for name in names {
            choices.extend([Choice::Only(vec![name.clone()]), Choice::Except(vec![name])]);
        }
    }
    let complex: Vec<&Attribute> = all.iter().filter(|attribute| attribute.is("type", "complex") && attribute.outer.is_none()).collect();
    for outer in &complex {
        let subs: Vec<String> = all
            .iter()
            .filter(|sub| sub.schema == outer.schema && sub.outer.as_ref().is_some_and(|around| around["name"] == outer.own["name"]))
            .map(Attribute::path)
            .collect();
        choices.extend([Choice::Only(subs.clone()), Choice::Except(subs.clone())]);
        choices.push(Choice::Only([subs, vec![outer.path()]].concat()));
    }
    let extension = &all.iter().find(|attribute| attribute.is_extension).expect("there is an extension").schema;
    choices.extend([Choice::Only(vec![extension.clone()]), Choice::Except(vec![extension.clone()])]);
    choices.push(Choice::Only(vec!["noSuchAttribute".to_owned(), all[0].path()]));
    choices.push(Choice::Except(vec!["noSuchAttribute".to_owned(), " id".to_owned(), all[0].path()]));
    choices
}

fn world(name: &str) -> (Client, Vec<Attribute>) {
    let client = shared::test_tenant(name).connect();
    let all = attributes::all(&client);
    (client, all)
}

#[test]
fn reads_show_what_the_schema_says() {
    let (client, all) = world("returned by reads");
    let written = attributes::full(&all, 1);
    let id = text(&client.post(ENDPOINT, &written).expect(201), "id");
    let path = format!("{ENDPOINT}/{id}");
    for choice in choices(&all) {
        let expected = Model { attributes: &all, choice: &choice, to_write: false }.of(&written);
        let one = client.get(&choice.path(&path)).expect(200);
        assert_eq!(one["id"], id.as_str(), "{choice:?}");
        assert!(one["schemas"].is_array(), "{choice:?}");
        assert_eq!(own(one.clone()), expected, "GET with {choice:?}");
        let listed = client.get(&choice.path(ENDPOINT)).expect(200);
        assert_eq!(listed["Resources"], json!([one]), "list with {choice:?}");
        let mut search = json!({});
        for (key, names) in choice.pairs() {
            search[key] = names.split(',').collect();
        }
        assert_eq!(client.post(&format!("{ENDPOINT}/.search"), &search).expect(200)["Resources"], json!([one]), ".search with {choice:?}");
    }
}

/// RFC 7643 section 2.2: the answer to a write shows what was written also where that is returned on request only, if nothing else was asked for.
#[test]
fn writes_show_what_the_schema_says() {
    let (client, all) = world("returned by writes");
    let written = attributes::full(&all, 1);
    for choice in choices(&all).into_iter().step_by(5).chain([Choice::Everything]) {
        let expected = Model { attributes: &all, choice: &choice, to_write: true }.of(&written);
        let made = client.post(&choice.path(ENDPOINT), &written).expect(201);
        let whole = json!([{"op": "add", "value": written}]);
        let again = client.patch(&choice.path(&one(&made)), &whole).expect(200);
        client.remove(&one(&made));
        let put = {
            let path = one(&client.post(ENDPOINT, &all[0].smallest).expect(201));
            let put = client.put(&choice.path(&path), &written).expect(200);
            client.remove(&path);
            put
        };
        let path = one(&client.post(ENDPOINT, &all[0].smallest).expect(201));
        let patched = client.patch(&choice.path(&path), &whole).expect(200);
        for (verb, answer) in [("POST", made), ("PATCH of nothing new", again), ("PUT", put), ("PATCH", patched)] {
            assert_eq!(own(answer), expected, "{verb} with {choice:?}");
        }
        // What a write did not name is not shown for having been asked for by another one.
        let narrow = json!([{"op": "replace", "path": all[0].path(), "value": all[0].value(2)}]);
        let mut changed = written.clone();
        all[0].put(&mut changed, &all[0].value(2));
        let expected = Model { attributes: &all, choice: &choice, to_write: false }.of(&changed);
        assert_eq!(own(client.patch(&choice.path(&path), &narrow).expect(200)), expected, "narrow PATCH with {choice:?}");
        client.remove(&path);
    }
}

fn one(made: &Value) -> String {
    format!("{ENDPOINT}/{}", text(made, "id"))
}
