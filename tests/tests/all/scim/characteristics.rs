//! What a schema says of an attribute, held against what becomes of its values (RFC 7643 sections 2.2 to 2.5).
//!
//! Every attribute of the test resource type goes through every table, as the running server describes it.

use std::fs;
use std::path::Path;

use doorlist_tests::callers::{Client, text};
use doorlist_tests::http::query;
use serde_json::{Value, json};

use super::attributes::{self, Attribute, ENDPOINT, wrong_values};
use crate::shared;

/// A tenant's client and every attribute there is.
fn world(name: &str) -> (Client, Vec<Attribute>) {
    let client = shared::test_tenant(name).connect();
    let all = attributes::all(&client);
    (client, all)
}

/// Those of which something is true. None would be a table without rows.
#[track_caller]
fn those(all: &[Attribute], is: impl Fn(&Attribute) -> bool) -> Vec<Attribute> {
    let found: Vec<Attribute> = all.iter().filter(|attribute| is(attribute)).cloned().collect();
    assert!(!found.is_empty(), "the schema has no such attribute");
    found
}

/// A new resource; gives its path.
#[track_caller]
fn make(client: &Client, body: &Value) -> String {
    format!("{ENDPOINT}/{}", text(&client.post(ENDPOINT, body).expect(201), "id"))
}

/// A resource with everything, also what is only shown to who asks for it.
#[track_caller]
fn read(client: &Client, path: &str, attribute: &Attribute) -> Value {
    client.get(&query(path, &[("attributes", &attribute.path())])).expect(200)
}

fn replace(attribute: &Attribute, value: &Value) -> Value {
    json!([{"op": "replace", "path": attribute.path(), "value": value}])
}

/// The value an element is known by: a list of complex values is addressed through it.
fn element(attribute: &Attribute) -> String {
    let outer = attribute.outer.as_ref().map(|outer| text(outer, "name")).unwrap();
    let urn = if attribute.is_extension { format!("{}:", attribute.schema) } else { String::new() };
    format!("{urn}{outer}[value eq \"element\"].{}", attribute.own["name"].as_str().unwrap())
}

/// The schemas that are served are those of the files.
#[test]
fn schemas_are_served_as_they_are_written() {
    let (client, _) = world("test schemas");
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("schemas/scim/test");
    let mut written: Vec<Value> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| serde_json::from_str(&fs::read_to_string(entry.unwrap().path()).unwrap()).unwrap())
        .collect();
    written.sort_by_key(|schema: &Value| text(schema, "id"));
    let mut served = attributes::schemas(&client);
    served.sort_by_key(|schema| text(schema, "id"));
    assert_eq!(served.len(), written.len());
    for (served, written) in served.iter().zip(&written) {
        assert!(served["attributes"].as_array().is_some_and(|list| list.len() > 3), "{served}");
        let is_same = |served: &Value, written: &Value| doorlist_tests::http::contains(served, written);
        if let Err(difference) = is_same(&served["attributes"], &written["attributes"]) {
            panic!("{}: {difference}", served["id"]);
        }
    }
    // Without the tenant's choice there is none of it.
    let plain = shared::client("no test schemas");
    plain.get(ENDPOINT).scim_error(404, None);
    plain.post(ENDPOINT, &json!({"required": "r"})).scim_error(404, None);
    plain.get("/ResourceTypes/TestResource").scim_error(404, None);
    assert!(!plain.get("/Schemas").text().contains("TestResource"));
}

/// RFC 7643 section 2.3: a value of the right type is kept, by whatever verb it came.
#[test]
fn right_values_are_read_back() {
    let (client, all) = world("right values");
    for attribute in those(&all, |attribute| {
        attribute.is_written() && attribute.own["uniqueness"] != "server" && attribute.own["uniqueness"] != "global"
    }) {
        let first = attribute.value(1);
        let second = with_fixed_parts(&attribute, &first, attribute.value(2));
        let expected = |value: &Value| (!attribute.is_hidden()).then(|| shown(&attribute, value));
        let check = |path: &str, value: &Value, verb: &str| {
            let read = read(&client, path, &attribute);
            assert_eq!(attribute.of(&read).cloned(), expected(value), "{verb} of {attribute}: {read}");
        };
        let body = attribute.resource_with(&first);
        let path = make(&client, &body);
        check(&path, &first, "POST");
        let latest = if attribute.is_immutable() { &first } else { &second };
        if !attribute.is_immutable() {
            let changes = if attribute.is_in_list() {
                let known_by = if attribute.is("name", "value") { first.as_str().unwrap() } else { "element" };
                json!([{"op": "replace", "path": element(&attribute).replace("\"element\"", &format!("\"{known_by}\"")), "value": second}])
            } else {
                replace(&attribute, &second)
            };
            let _ = client.patch(&path, &changes).expect(200);
            check(&path, &second, "PATCH");
            let mut sent = attribute.smallest.clone();
            attribute.put(&mut sent, &first);
            sent.as_object_mut()
                .unwrap()
                .retain(|key, _| !attribute.smallest.as_object().unwrap().contains_key(key) || key.starts_with("urn:"));
            let _ = client.patch(&path, &json!([{"op": "replace", "value": sent}])).expect(200);
            check(&path, if attribute.smallest.get(attribute.path()).is_some() { &second } else { &first }, "PATCH without path");
        }
        let _ = client.put(&path, &attribute.resource_with(latest)).expect(200);
        check(&path, latest, "PUT");
        // What was read can be written: nothing is lost by a round.
        let whole = client.get(&path).expect(200);
        assert_eq!(client.put(&path, &whole).expect(200)["meta"]["resourceType"], "TestResource");
        if attribute.own["returned"] == "default" && !attribute.is_hidden() {
            check(&path, latest, "PUT of what was read");
        }
        client.remove(&path);
    }
}

/// A value with the parts of another one that can be written only once.
fn with_fixed_parts(attribute: &Attribute, from: &Value, mut value: Value) -> Value {
    let fixed = attribute.own["subAttributes"].as_array().into_iter().flatten().filter(|sub| sub["mutability"] == "immutable");
    let is_one = value.is_object();
    for sub in fixed.filter(|_| is_one) {
        value[text(sub, "name")] = from[text(sub, "name")].clone();
    }
    value
}

/// A complex value as it is shown to who asks for its attribute: without what is never returned, and without what has to be asked for by name.
fn shown(attribute: &Attribute, value: &Value) -> Value {
    let Some(subs) = attribute.own["subAttributes"].as_array() else { return value.clone() };
    let hidden: Vec<String> = subs
        .iter()
        .filter(|sub| sub["returned"] == "never" || sub["mutability"] == "writeOnly" || sub["returned"] == "request")
        .map(|sub| text(sub, "name"))
        .collect();
    let thin = |value: &Value| {
        let mut object = value.as_object().unwrap().clone();
        object.retain(|key, _| !hidden.contains(key));
        Value::Object(object)
    };
    match value {
        Value::Array(elements) => elements.iter().map(thin).collect(),
        single => thin(single),
    }
}

/// A value of another type is refused by every verb, and nothing is changed.
#[test]
fn wrong_values_are_refused() {
    let (client, all) = world("wrong values");
    // Of what is never kept nobody reads the value.
    for attribute in those(&all, |attribute| attribute.is_written() && !attribute.is_hidden()) {
        let path = make(&client, &attribute.smallest);
        let before = client.get(&path).expect(200);
        for wrong in wrong_values(&attribute.own) {
            let body = attribute.resource_with(&wrong);
            let mut refused = vec![("POST", client.post(ENDPOINT, &body)), ("PUT", client.put(&path, &body))];
            // A PATCH takes one element without the list around it, and a list of one for a single value.
            let is_tolerated = attribute.is("multiValued", true) && wrong == json!([attribute.value(0)]);
            if !attribute.is_in_list() && !is_tolerated {
                refused.push(("PATCH", client.patch(&path, &replace(&attribute, &wrong))));
            }
            for (verb, reply) in refused {
                let shown = format!("{verb} of {attribute} with {wrong}: {reply}");
                assert_eq!(reply.status, 400, "{shown}");
                let detail = reply.scim_error(400, Some("invalidValue"));
                assert!(detail.contains(attribute.own["name"].as_str().unwrap()), "{shown} does not say what is wrong");
            }
        }
        assert_eq!(client.get(&path).expect(200), before, "{attribute}");
        client.remove(&path);
    }
    assert_eq!(client.get(ENDPOINT).expect(200)["totalResults"], 0);
}

/// RFC 7643 section 2.2: what is required has to be there, and to say something.
#[test]
fn what_is_required_is_demanded() {
    let (client, all) = world("required");
    let missing = [None, Some(json!(null)), Some(json!("")), Some(json!("  "))];
    for attribute in those(&all, |attribute| attribute.is("required", true)) {
        let mut whole = attribute.resource_with(&attribute.value(1));
        if let Some(outer) = &attribute.outer {
            // Something else of the part, so that there is one that can lack it.
            let other = outer["subAttributes"].as_array().unwrap().iter().find(|sub| sub["required"] == false).unwrap();
            whole[text(outer, "name")][text(other, "name")] = attributes::value(other, 1);
        } else if attribute.is_extension {
            let is_other = |other: &&Attribute| {
                other.schema == attribute.schema && other.outer.is_none() && other.is("required", false) && other.is_written()
            };
            let other = all.iter().find(is_other).unwrap();
            other.put(&mut whole, &other.value(1));
        }
        let path = make(&client, &whole);
        let before = client.get(&path).expect(200);
        for missing in &missing {
            let mut body = whole.clone();
            let container = if attribute.is_extension { &mut body[&attribute.schema] } else { &mut body };
            let container = match &attribute.outer {
                Some(outer) => &mut container[text(outer, "name")],
                None => container,
            };
            let object = container.as_object_mut().unwrap();
            match missing {
                Some(value) => _ = object.insert(text(&attribute.own, "name"), value.clone()),
                None => _ = object.remove(attribute.own["name"].as_str().unwrap()),
            }
            let label = format!("{attribute}, which is {missing:?}");
            for reply in [client.post(ENDPOINT, &body), client.put(&path, &body)] {
                assert_eq!(reply.status, 400, "{label}: {reply}");
                reply.scim_error(400, Some("invalidValue"));
            }
        }
        // RFC 7644 section 3.5.2.2 has a type of its own for this.
        client.patch(&path, &json!([{"op": "remove", "path": attribute.path()}])).scim_error(400, Some("mutability"));
        for void in [json!(null), json!("")] {
            let reply = client.patch(&path, &replace(&attribute, &void));
            assert_eq!(reply.status, 400, "{attribute} became {void}: {reply}");
        }
        assert_eq!(client.get(&path).expect(200), before, "{attribute}");
        // What it is required of can go as a whole, and needs not be there.
        if let Some(whole) =
            attribute.outer.as_ref().map(|outer| text(outer, "name")).or(attribute.is_extension.then(|| attribute.schema.clone()))
        {
            let after = client.patch(&path, &json!([{"op": "remove", "path": whole}])).expect(200);
            assert_eq!(attribute.of(&after), None, "{after}");
        }
    }
}

/// What only the service provider writes is passed over in a resource, and cannot be the target of a change.
#[test]
fn what_is_read_only_is_not_written() {
    let (client, all) = world("readOnly");
    for attribute in those(&all, |attribute| attribute.is("mutability", "readOnly")) {
        let value = json!("written by a client");
        let body = attribute.resource_with(&value);
        let made = client.post(ENDPOINT, &body).expect(201);
        let path = format!("{ENDPOINT}/{}", text(&made, "id"));
        let put = client.put(&path, &body).expect(200);
        let read = read(&client, &path, &attribute);
        for answer in [&made, &put, &read] {
            assert_eq!(attribute.of(answer), None, "{attribute}: {answer}");
        }
        // Also a value of the wrong type, which nobody looks at.
        client.remove(&make(&client, &attribute.resource_with(&json!({"odd": [1]}))));
        for op in ["add", "replace", "remove"] {
            let path_of = if attribute.is_in_list() { element(&attribute) } else { attribute.path() };
            let change = json!([{"op": op, "path": path_of, "value": value}]);
            client.patch(&path, &change).scim_error(400, Some("mutability"));
        }
        if !attribute.is_in_list() {
            let _ = client.patch(&path, &json!([{"op": "add", "value": body}])).expect(200);
            assert_eq!(attribute.of(&client.get(&path).expect(200)), None, "{attribute}");
        }
    }
    let path = make(&client, &all[0].smallest);
    for common in ["id", "meta", "meta.created", "meta.version", "schemas[value eq \"x\"]"] {
        let reply = client.patch(&path, &json!([{"op": "replace", "path": common, "value": "x"}]));
        assert_eq!(reply.status, 400, "{common}: {reply}");
    }
}

/// What can be written once can be set while it has no value, sent again, and not changed.
#[test]
fn what_is_immutable_is_set_once() {
    let (client, all) = world("immutable");
    let plain = |attribute: &Attribute| attribute.is("mutability", "immutable") && attribute.is_immutable() && !attribute.is_in_list();
    for attribute in those(&all, plain) {
        let (first, other) = (attribute.value(1), attribute.value(2));
        for set_by in ["POST", "PUT", "PATCH", "PATCH without path"] {
            let with = attribute.resource_with(&first);
            let path = make(&client, if set_by == "POST" { &with } else { &attribute.smallest });
            match set_by {
                "PUT" => _ = client.put(&path, &with).expect(200),
                "PATCH" => _ = client.patch(&path, &json!([{"op": "add", "path": attribute.path(), "value": first}])).expect(200),
                "PATCH without path" => _ = client.patch(&path, &json!([{"op": "add", "value": with}])).expect(200),
                _ => {}
            }
            let before = client.get(&path).expect(200);
            assert_eq!(attribute.of(&before), Some(&first), "{attribute} set by {set_by}");
            // The same again, or nothing.
            assert_eq!(client.put(&path, &with).expect(200), before, "{attribute}");
            assert_eq!(client.patch(&path, &replace(&attribute, &first)).expect(200), before, "{attribute}");
            let mut without = attribute.smallest.clone();
            if let Some(outer) = attribute.outer.as_ref() {
                // What is around it stays, with something else in it.
                let sibling = outer["subAttributes"].as_array().unwrap().iter().find(|sub| sub["mutability"] == "readWrite").unwrap();
                without[text(outer, "name")] = json!({text(sibling, "name"): attributes::value(sibling, 5)});
            }
            let before = client.put(&path, &without).expect(200);
            assert_eq!(attribute.of(&before), Some(&first), "{attribute}: a PUT without it keeps it");
            client.put(&path, &attribute.resource_with(&other)).scim_error(400, Some("mutability"));
            client.patch(&path, &replace(&attribute, &other)).scim_error(400, Some("mutability"));
            client.patch(&path, &json!([{"op": "remove", "path": attribute.path()}])).scim_error(400, Some("mutability"));
            client.patch(&path, &json!([{"op": "replace", "value": attribute.resource_with(&other)}])).scim_error(400, Some("mutability"));
            assert_eq!(client.get(&path).expect(200), before, "{attribute} set by {set_by}");
            client.remove(&path);
        }
    }
    // Within the elements of a list: an element comes and goes, and keeps its own while it is there.
    for attribute in those(&all, |attribute| {
        attribute.is("mutability", "immutable") && attribute.is_in_list() && attribute.outer.as_ref().unwrap()["mutability"] == "readWrite"
    }) {
        let path = make(&client, &attribute.resource_with(&attribute.value(1)));
        let before = client.get(&path).expect(200);
        client
            .patch(&path, &json!([{"op": "replace", "path": element(&attribute), "value": attribute.value(2)}]))
            .scim_error(400, Some("mutability"));
        client.patch(&path, &json!([{"op": "remove", "path": element(&attribute)}])).scim_error(400, Some("mutability"));
        client.put(&path, &attribute.resource_with(&attribute.value(2))).scim_error(400, Some("mutability"));
        assert_eq!(client.get(&path).expect(200), before, "{attribute}");
        let outer = text(attribute.outer.as_ref().unwrap(), "name");
        let gone = client.patch(&path, &json!([{"op": "remove", "path": format!("{outer}[value eq \"element\"]")}])).expect(200);
        assert_eq!(gone.get(&outer), None, "{gone}");
        let again = client.put(&path, &attribute.resource_with(&attribute.value(2))).expect(200);
        assert_eq!(attribute.of(&again), Some(&attribute.value(2)), "a new element has its own");
    }
}

/// RFC 7643 section 2.2: no two resources have the same, as the attribute compares.
#[test]
fn what_is_unique_is_there_once() {
    let tenant = shared::test_tenant("uniqueness");
    let (client, neighbour) = (tenant.connect(), tenant.connect());
    let all = attributes::all(&client);
    for attribute in those(&all, |attribute| attribute.is("uniqueness", "server") || attribute.is("uniqueness", "global")) {
        let (first, other) = (attribute.value(1), attribute.value(2));
        let path = make(&client, &attribute.resource_with(&first));
        let second = make(&client, &attribute.resource_with(&other));
        let before = client.get(&second).expect(200);
        // In other letters it is the same, unless letters count; a number has no others.
        let shouted = first.as_str().map(|text| json!(text.to_uppercase()));
        let is_exact = attribute.is("caseExact", true);
        for (value, is_taken) in [(Some(first.clone()), true), (shouted, !is_exact)] {
            let Some(value) = value else { continue };
            let body = attribute.resource_with(&value);
            if is_taken {
                client.post(ENDPOINT, &body).scim_error(409, Some("uniqueness"));
                client.put(&second, &body).scim_error(409, Some("uniqueness"));
                client.patch(&second, &replace(&attribute, &value)).scim_error(409, Some("uniqueness"));
                client.patch(&second, &json!([{"op": "add", "value": body}])).scim_error(409, Some("uniqueness"));
                assert_eq!(client.get(&second).expect(200), before, "{attribute}");
                // With itself a resource has no conflict.
                assert_eq!(attribute.of(&client.put(&path, &body).expect(200)), Some(&value), "{attribute}");
                let _ = client.patch(&path, &replace(&attribute, &first)).expect(200);
            } else {
                client.remove(&make(&client, &body));
            }
        }
        // Another connection has an inventory of its own.
        neighbour.remove(&make(&neighbour, &attribute.resource_with(&first)));
        // What nobody has any more is free: changed, taken out, or gone with its resource.
        let third = attribute.value(3);
        let _ = client.patch(&path, &replace(&attribute, &third)).expect(200);
        client.remove(&make(&client, &attribute.resource_with(&first)));
        client.post(ENDPOINT, &attribute.resource_with(&third)).scim_error(409, Some("uniqueness"));
        let _ = client.put(&path, &attribute.smallest).expect(200);
        client.remove(&make(&client, &attribute.resource_with(&third)));
        client.remove(&second);
        client.remove(&make(&client, &attribute.resource_with(&other)));
        client.remove(&path);
        // Without a value there is nothing to be unique.
        let two = [make(&client, &attribute.smallest), make(&client, &attribute.smallest)];
        for path in two {
            client.remove(&path);
        }
    }
}

/// RFC 7643 section 2.2 `caseExact`: whether filters and orders see letter case.
#[test]
fn letter_case_counts_where_the_schema_says_so() {
    let (client, all) = world("letter case");
    let is_text = |attribute: &Attribute| ["string", "reference", "binary"].iter().any(|kind| attribute.is("type", *kind));
    for attribute in those(&all, |attribute| {
        is_text(attribute) && attribute.is_written() && !attribute.is_hidden() && attribute.own["canonicalValues"].is_null()
    }) {
        let path = make(&client, &attribute.resource_with(&attribute.value(1)));
        let value = attribute.value(1);
        let value = value.as_array().map_or(&value, |list| &list[0]).as_str().unwrap().to_owned();
        let is_exact = attribute.is("caseExact", true);
        for (operator, part) in [("eq", value.as_str()), ("sw", &value[..3]), ("co", &value[1..4]), ("ew", &value[2..])] {
            for (part, matches) in [(part.to_owned(), true), (part.to_uppercase(), !is_exact), (part.to_lowercase(), !is_exact)] {
                // Of a binary, only equality is asked for (RFC 7644 section 3.4.2.2).
                if attribute.is("type", "binary") && operator != "eq" {
                    continue;
                }
                let expected = usize::from(matches || value.contains(&part));
                let filter = format!("{} {operator} \"{part}\"", attribute.path());
                assert_eq!(client.find(ENDPOINT, &filter).len(), expected, "{filter} for {value:?}");
            }
        }
        client.remove(&path);
    }
    // In an order, letters come before one another as they are written, or as they are read.
    for attribute in those(&all, |attribute| {
        attribute.is("type", "string")
            && attribute.is("multiValued", false)
            && attribute.outer.is_none()
            && attribute.is_written()
            && !attribute.is_hidden()
            && attribute.own["canonicalValues"].is_null()
            && attribute.own["uniqueness"] == "none"
    }) {
        let words = ["b", "A", "C", "a", "B"];
        let mut expected: Vec<&str> = words.to_vec();
        if attribute.is("caseExact", true) {
            expected.sort_unstable();
        } else {
            expected.sort_by_key(|word| word.to_lowercase());
        }
        let paths: Vec<String> = words.iter().map(|word| make(&client, &attribute.resource_with(&json!(word)))).collect();
        let page = client.get(&query(ENDPOINT, &[("sortBy", &attribute.path()), ("attributes", &attribute.path())])).expect(200);
        let found: Vec<&str> =
            page["Resources"].as_array().unwrap().iter().map(|one| attribute.of(one).unwrap().as_str().unwrap()).collect();
        assert_eq!(found, expected, "{attribute}");
        paths.iter().for_each(|path| client.remove(path));
    }
}

/// RFC 7643 section 2.4: canonical values are suggestions. One in other letters is meant where letters do not count; any other is kept.
#[test]
fn canonical_values_are_suggestions() {
    let (client, all) = world("canonical values");
    for attribute in those(&all, |attribute| !attribute.own["canonicalValues"].is_null()) {
        let words: Vec<String> =
            attribute.own["canonicalValues"].as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned()).collect();
        for word in &words {
            let others = [word.clone(), word.to_uppercase(), word.to_lowercase(), format!("{word}x")];
            for sent in others {
                let is_canonical = words.contains(&sent)
                    || (!attribute.is("caseExact", true) && words.iter().any(|word| word.eq_ignore_ascii_case(&sent)));
                let expected = if is_canonical && !attribute.is("caseExact", true) {
                    words.iter().find(|word| word.eq_ignore_ascii_case(&sent)).unwrap().clone()
                } else {
                    sent.clone()
                };
                let list = |word: &str| if attribute.is("multiValued", true) { json!([word]) } else { json!(word) };
                let path = make(&client, &attribute.resource_with(&list(&sent)));
                assert_eq!(attribute.of(&client.get(&path).expect(200)), Some(&list(&expected)), "{attribute}: {sent}");
                client.remove(&path);
            }
        }
    }
}

/// RFC 7644 section 3.4.2.2: every type is compared as what it is, and what has no order is not compared by one.
#[test]
fn filters_compare_by_type() {
    let (client, all) = world("types in filters");
    for attribute in those(&all, |attribute| attribute.is_written() && !attribute.is_hidden() && attribute.own["type"] != "complex") {
        let value = attribute.value(2);
        let path = make(&client, &attribute.resource_with(&value));
        let value = value.as_array().map_or(value.clone(), |list| list[0].clone());
        let (below, above) = (element_of(&attribute, 1), element_of(&attribute, 3));
        let find = |operator: &str, value: &Value| client.find(ENDPOINT, &format!("{} {operator} {value}", attribute.path())).len();
        assert_eq!(client.find(ENDPOINT, &format!("{} pr", attribute.path())).len(), 1, "{attribute} pr");
        assert_eq!((find("eq", &value), find("ne", &value)), (1, 0), "{attribute}");
        // By the qualified name, and in other letters.
        for path in [attribute.qualified(), attribute.qualified().to_uppercase(), attribute.path().to_lowercase()] {
            assert_eq!(client.find(ENDPOINT, &format!("{path} eq {value}")).len(), 1, "{path}");
        }
        let is_ordered = !["boolean", "binary"].iter().any(|kind| attribute.is("type", *kind));
        if is_ordered && attribute.own["canonicalValues"].is_null() {
            let cases = [
                ("gt", &below, 1),
                ("gt", &value, 0),
                ("ge", &value, 1),
                ("ge", &above, 0),
                ("lt", &above, 1),
                ("lt", &value, 0),
                ("le", &value, 1),
                ("le", &below, 0),
            ];
            for (operator, other, expected) in cases {
                assert_eq!(find(operator, other), expected, "{attribute} {operator} {other}, where it is {value}");
            }
        } else if !is_ordered {
            for operator in ["gt", "ge", "lt", "le"] {
                let filter = format!("{} {operator} {value}", attribute.path());
                client.get(&query(ENDPOINT, &[("filter", &filter)])).scim_error(400, Some("invalidFilter"));
            }
        }
        client.remove(&path);
    }
    for attribute in those(&all, Attribute::is_hidden) {
        for filter in [format!("{} pr", attribute.path()), format!("{} eq \"x\"", attribute.qualified())] {
            client.get(&query(ENDPOINT, &[("filter", &filter)])).scim_error(400, Some("invalidFilter"));
        }
        client.get(&query(ENDPOINT, &[("sortBy", &attribute.path())])).scim_error(400, Some("invalidValue"));
    }
}

/// One element of what an attribute can have.
fn element_of(attribute: &Attribute, number: usize) -> Value {
    let value = attribute.value(number);
    value.as_array().map_or(value.clone(), |list| list[0].clone())
}

/// Lists: an element once, one of them primary, null and the empty list no list at all (RFC 7643 sections 2.4 and 2.5).
#[test]
fn lists_hold_each_element_once() {
    let (client, all) = world("lists");
    let is_plain_list = |attribute: &Attribute| {
        attribute.is("multiValued", true) && attribute.own["type"] != "complex" && attribute.is_written() && !attribute.is_immutable()
    };
    for attribute in those(&all, is_plain_list) {
        let (one, two) = (element_of(&attribute, 1), element_of(&attribute, 2));
        let is_shouted_same = one.is_string() && attribute.is("caseExact", false) && attribute.own["canonicalValues"].is_null();
        let shouted =
            if is_shouted_same && attribute.is("type", "string") { json!(one.as_str().unwrap().to_uppercase()) } else { one.clone() };
        let path = make(&client, &attribute.resource_with(&json!([one, two, one])));
        let now = |expected: &Value| {
            let read = client.get(&path).expect(200);
            let expected = expected.as_array().filter(|list| !list.is_empty()).map(|_| expected);
            assert_eq!(attribute.of(&read), expected, "{attribute}: {read}");
        };
        now(&json!([one, two]));
        let twice = make(&client, &attribute.resource_with(&json!([one, shouted])));
        assert_eq!(attribute.of(&client.get(&twice).expect(200)).and_then(Value::as_array).map(Vec::len), Some(1), "{attribute}");
        client.remove(&twice);
        let change = |op: &str, value: Value| {
            let _ = client.patch(&path, &json!([{"op": op, "path": attribute.path(), "value": value}])).expect(200);
        };
        change("add", json!([two, one]));
        now(&json!([one, two]));
        change("add", shouted);
        assert_eq!(attribute.of(&client.get(&path).expect(200)).and_then(Value::as_array).map(Vec::len), Some(2), "{attribute}");
        change("replace", json!([two]));
        now(&json!([two]));
        change("add", one.clone());
        now(&json!([two, one]));
        change("remove", json!([two]));
        now(&json!([one]));
        change("replace", json!([]));
        now(&json!([]));
        change("add", json!([one]));
        for nothing in [json!(null), json!([])] {
            let put = client.put(&path, &attribute.resource_with(&nothing)).expect(200);
            assert_eq!(attribute.of(&put), None, "{attribute}: {put}");
            let _ = client.put(&path, &attribute.resource_with(&json!([one]))).expect(200);
        }
        let _ = client.patch(&path, &json!([{"op": "remove", "path": attribute.path()}])).expect(200);
        now(&json!([]));
        client.remove(&path);
    }
    for attribute in those(&all, |attribute| attribute.own["name"] == "primary" && attribute.is_in_list()) {
        let outer = text(attribute.outer.as_ref().unwrap(), "name");
        let (a, b) = (json!({"value": "a", "primary": true}), json!({"value": "b", "primary": true}));
        let mut body = attribute.smallest.clone();
        body[&outer] = json!([a, b]);
        client.post(ENDPOINT, &body).scim_error(400, Some("invalidValue"));
        body[&outer] = json!([a]);
        let path = make(&client, &body);
        // RFC 7644 section 3.5.2: a new primary one takes it from the old.
        let patched = client.patch(&path, &json!([{"op": "add", "path": outer, "value": [b]}])).expect(200);
        let primary: Vec<&Value> = patched[&outer].as_array().unwrap().iter().filter(|element| element["primary"] == true).collect();
        assert_eq!(primary, [&b], "{patched}");
    }
}
