//! Schemas of a tenant's own (RFC 7643 section 3.3): what an operator puts, and what clients then find.

use doorlist_tests::callers::{Client, Tenant, text};
use doorlist_tests::http::{encode, query};
use serde_json::{Value, json};

use crate::shared;

const URN: &str = "urn:example:acme:2.0:Badge";

fn attribute(name: &str, more: Value) -> Value {
    let mut attribute = json!({"name": name, "type": "string", "multiValued": false, "description": "An attribute."});
    for (key, value) in more.as_object().unwrap() {
        attribute[key] = value.clone();
    }
    attribute
}

fn schema(attributes: Value) -> Value {
    json!({"id": URN, "name": "Badge", "description": "What a door knows.", "attributes": attributes})
}

fn usual() -> Value {
    schema(json!([
        attribute("number", json!({"type": "integer"})),
        attribute("serial", json!({"uniqueness": "server"})),
        attribute("colour", json!({"required": true, "canonicalValues": ["red", "blue"]})),
        attribute("doors", json!({"multiValued": true})),
        attribute("secret", json!({"mutability": "writeOnly", "returned": "never"})),
        attribute("issued", json!({"mutability": "immutable", "type": "dateTime"})),
    ]))
}

fn with_badge(name: &str, badge: Value) -> Value {
    json!({"userName": format!("{name}@example.com"), URN: badge})
}

fn world(name: &str) -> (Tenant, Client) {
    let tenant = shared::tenant(name);
    let client = tenant.connect();
    (tenant, client)
}

fn put_usual(tenant: &Tenant) {
    let made = tenant.post("/schemas", &json!({"schema": usual()})).expect(201);
    assert_eq!((&made["id"], &made["extends"], &made["required"]), (&json!(URN), &json!(["User"]), &json!(false)), "{made}");
}

#[test]
fn a_schema_is_there_for_every_client_at_once() {
    let (tenant, client) = world("own schema");
    let stranger = shared::client("without the schema");
    let before = client.post("/Users", &with_badge("before", json!({"number": "text", "serial": "S-0"}))).expect(201);
    assert_eq!(before[URN], json!({"number": "text", "serial": "S-0"}), "what no schema knows is kept as it is");
    put_usual(&tenant);
    for client in [&client, &tenant.connect()] {
        let served = client.get(&format!("/Schemas/{URN}")).expect(200);
        let names: Vec<&str> = served["attributes"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["number", "serial", "colour", "doors", "secret", "issued"]);
        assert!(
            served["attributes"].as_array().unwrap().iter().all(|one| one["mutability"].is_string() && one["returned"].is_string()),
            "{served}"
        );
        assert!(client.get("/Schemas").text().contains(URN));
        let extensions = client.get("/ResourceTypes/User").expect(200)["schemaExtensions"].clone();
        assert!(extensions.as_array().unwrap().contains(&json!({"schema": URN, "required": false})), "{extensions}");
        assert!(!client.get("/ResourceTypes/Group").text().contains(URN));
    }
    stranger.get(&format!("/Schemas/{URN}")).scim_error(404, None);
    assert!(!stranger.get("/Schemas").text().contains("Badge"));
    stranger.get(&query("/Users", &[("filter", &format!("{URN}:number eq 1"))])).scim_error(400, Some("invalidFilter"));
    // What was sent before belongs to it now, and is read as it was.
    assert_eq!(client.get(&format!("/Users/{}", text(&before, "id"))).expect(200)[URN], before[URN]);
    assert_eq!(client.find("/Users", &format!("{URN}:serial eq \"s-0\"")).len(), 1);
    client.post("/Users", &with_badge("twin", json!({"colour": "red", "serial": "s-0"}))).scim_error(409, Some("uniqueness"));
}

#[test]
fn its_attributes_are_like_any_others() {
    let (tenant, client) = world("own attributes");
    put_usual(&tenant);
    let refused = [
        (json!({"colour": "red", "number": "x"}), "invalidValue"),
        (json!({"number": 1}), "invalidValue"),
        (json!({"colour": ""}), "invalidValue"),
        (json!({"colour": "red", "doors": "one"}), "invalidValue"),
        (json!({"colour": "red", "issued": "yesterday"}), "invalidValue"),
        (json!("text"), "invalidValue"),
    ];
    for (badge, scim_type) in refused {
        client.post("/Users", &with_badge("refused", badge)).scim_error(400, Some(scim_type));
    }
    let _ = client.user("without@example.com");
    let badge = json!({"NUMBER": 7, "serial": "A-1", "colour": "RED", "doors": ["x", "y"], "secret": "open-sesame", "issued": "2020-01-01T00:00:00Z"});
    let made = client.post("/Users", &with_badge("ada", badge)).expect(201);
    let path = format!("/Users/{}", text(&made, "id"));
    assert_eq!(made[URN], json!({"number": 7, "serial": "A-1", "colour": "red", "doors": ["x", "y"], "issued": "2020-01-01T00:00:00Z"}));
    assert!(made["schemas"].as_array().unwrap().contains(&json!(URN)), "{made}");
    let _ = client.post("/Users", &with_badge("ben", json!({"number": 30, "serial": "a-2", "colour": "green"}))).expect(201);
    client.post("/Users", &with_badge("cid", json!({"colour": "blue", "serial": "a-1"}))).scim_error(409, Some("uniqueness"));
    for (filter, expected) in [
        ("number gt 7", vec!["ben@example.com"]),
        ("serial eq \"a-1\"", vec!["ada@example.com"]),
        ("doors eq \"x\"", vec!["ada@example.com"]),
        ("colour pr", vec!["ada@example.com", "ben@example.com"]),
        ("issued lt \"2021-01-01T00:00:00Z\"", vec!["ada@example.com"]),
    ] {
        let found = client.find("/Users", &format!("{URN}:{filter}"));
        assert_eq!(found.iter().map(|one| text(one, "userName")).collect::<Vec<_>>(), expected, "{filter}");
    }
    client.get(&query("/Users", &[("filter", &format!("{URN}:secret pr"))])).scim_error(400, Some("invalidFilter"));
    let sorted = client
        .get(&query(
            "/Users",
            &[("sortBy", &format!("{URN}:number")), ("sortOrder", "descending"), ("attributes", &format!("{URN}:number"))],
        ))
        .expect(200);
    let numbers: Vec<&Value> = sorted["Resources"].as_array().unwrap().iter().map(|one| &one[URN]["number"]).collect();
    assert_eq!(numbers, [&Value::Null, &json!(30), &json!(7)], "{sorted}");
    let changes = json!([
        {"op": "replace", "path": format!("{URN}:number"), "value": 8},
        {"op": "Add", "path": format!("{URN}:doors"), "value": ["z"]},
        {"op": "replace", "value": {format!("{URN}:colour"): "blue"}},
    ]);
    let patched = client.patch(&path, &changes).expect(200);
    assert_eq!(
        (&patched[URN]["number"], &patched[URN]["doors"], &patched[URN]["colour"]),
        (&json!(8), &json!(["x", "y", "z"]), &json!("blue"))
    );
    for (path_of, value) in [("issued", json!("2021-01-01T00:00:00Z")), ("colour", json!(null))] {
        let reply = client.patch(&path, &json!([{"op": "replace", "path": format!("{URN}:{path_of}"), "value": value}]));
        assert_eq!(reply.status, 400, "{path_of}: {reply}");
    }
    client.patch(&path, &json!([{"op": "replace", "path": format!("{URN}:nonsense"), "value": 1}])).scim_error(400, Some("invalidPath"));
    let whole = client.get(&path).expect(200);
    assert_eq!(client.put(&path, &whole).expect(200), whole, "what was read can be written");
    // With something in it that can be set only once it cannot go; without, it can.
    client.patch(&path, &json!([{"op": "remove", "path": URN}])).scim_error(400, Some("mutability"));
    let ben = format!("/Users/{}", text(&client.find("/Users", "userName eq \"ben@example.com\"")[0], "id"));
    let gone = client.patch(&ben, &json!([{"op": "remove", "path": URN}])).expect(200);
    assert!(gone.get(URN).is_none() && !gone["schemas"].as_array().unwrap().contains(&json!(URN)), "{gone}");
    // Its unique value is free again.
    let _ = client.post("/Users", &with_badge("cid", json!({"colour": "blue", "serial": "a-2"}))).expect(201);
}

/// Groups can be extended too, and what is required of a resource is demanded from then on.
#[test]
fn groups_and_requirements() {
    let (tenant, client) = world("own group schema");
    let before = client.group("Before", &[]);
    let body = json!({"schema": schema(json!([attribute("site", json!({"required": true}))])), "extends": ["Group"], "required": true});
    let _ = tenant.post("/schemas", &body).expect(201);
    assert!(
        client.get("/ResourceTypes/Group").expect(200)["schemaExtensions"]
            .as_array()
            .unwrap()
            .contains(&json!({"schema": URN, "required": true}))
    );
    client.post("/Groups", &json!({"displayName": "Without"})).scim_error(400, Some("invalidValue"));
    let made = client.post("/Groups", &json!({"displayName": "With", URN: {"site": "Ulm"}})).expect(201);
    assert_eq!(made[URN], json!({"site": "Ulm"}));
    let _ = client.user("free@example.com");
    assert_eq!(client.get(&format!("/Groups/{before}")).expect(200)["displayName"], "Before");
    assert_eq!(client.find("/Groups", &format!("{URN}:site eq \"ulm\"")).len(), 1);
    let _ = tenant
        .put(&format!("/schemas/{}", encode(URN)), &json!({"schema": schema(json!([attribute("site", json!({}))])), "extends": ["Group"]}))
        .expect(200);
    let _ = client.post("/Groups", &json!({"displayName": "Without"})).expect(201);
}

/// A schema that is replaced or goes takes no data along.
#[test]
fn schemas_come_and_go_and_data_stays() {
    let (tenant, client) = world("own schema goes");
    put_usual(&tenant);
    let one = format!("/schemas/{}", encode(URN));
    let made = client.post("/Users", &with_badge("ada", json!({"colour": "red", "serial": "1", "number": 5}))).expect(201);
    let path = format!("/Users/{}", text(&made, "id"));
    assert_eq!(tenant.get(&one).expect(200), tenant.all("/schemas")[0]);
    assert_eq!(tenant.get(&format!("/schemas/{}", encode(&URN.to_uppercase()))).expect(200)["id"], URN);
    // A second one of the same URN, in any letters, is a conflict; PUT names the one of its path.
    tenant.post("/schemas", &json!({"schema": usual()})).problem(409);
    let mut other = usual();
    other["id"] = json!("urn:example:acme:2.0:Other");
    tenant.put(&one, &json!({"schema": other})).problem(400);
    tenant.put("/schemas/urn%3Aexample%3Aacme%3A2.0%3AOther", &json!({"schema": other})).problem(404);
    // Another type for an attribute that has values: they stay, and are refused when they are written again.
    let narrowed = schema(json!([attribute("number", json!({"type": "boolean"})), attribute("serial", json!({}))]));
    let _ = tenant.put(&one, &json!({"schema": narrowed})).expect(200);
    let read = client.get(&path).expect(200);
    assert_eq!(read[URN], json!({"colour": "red", "serial": "1", "number": 5}));
    client.put(&path, &read).scim_error(400, Some("invalidValue"));
    let _ = client.post("/Users", &with_badge("ben", json!({"serial": "1"}))).expect(201);
    // Unique again is impossible while two have the same; nothing is changed by the attempt.
    let before = tenant.get(&one).expect(200);
    tenant.put(&one, &json!({"schema": usual()})).problem(409);
    assert_eq!(tenant.get(&one).expect(200), before);
    let _ = client.post("/Users", &with_badge("cid", json!({"serial": "1"}))).expect(201);
    let _ = tenant.delete(&one).expect(204);
    tenant.delete(&one).problem(404);
    tenant.get(&one).problem(404);
    client.get(&format!("/Schemas/{URN}")).scim_error(404, None);
    assert_eq!(client.get(&path).expect(200)[URN], read[URN], "data stays");
    let _ = client.put(&path, &read).expect(200);
    client.get(&query("/Users", &[("filter", &format!("{URN}:number eq 5"))])).scim_error(400, Some("invalidFilter"));
    assert_eq!(tenant.all("/schemas"), Vec::<Value>::new());
}

/// Every fault is told at once, each with its place.
#[test]
fn faults_of_a_schema() {
    let (tenant, _) = world("own schema faults");
    let good = attribute("good", json!({}));
    let cases: Vec<(Value, Vec<&str>)> = vec![
        (
            schema(json!([attribute("a", json!({"type": "text"})), attribute("a", json!({"mutability": "never"})), good])),
            vec!["/schema/attributes/0/type", "/schema/attributes/1/name", "/schema/attributes/1/mutability"],
        ),
        (schema(json!([attribute("id", json!({}))])), vec!["/schema/attributes/0/name"]),
        (schema(json!([attribute("has space", json!({}))])), vec!["/schema/attributes/0/name"]),
        (schema(json!([attribute("c", json!({"type": "complex"}))])), vec!["/schema/attributes/0"]),
        (schema(json!([attribute("w", json!({"mutability": "writeOnly"}))])), vec!["/schema/attributes/0"]),
        (schema(json!([attribute("r", json!({"mutability": "readOnly", "required": true}))])), vec!["/schema/attributes/0"]),
        (schema(json!([attribute("u", json!({"uniqueness": "server", "multiValued": true}))])), vec!["/schema/attributes/0"]),
        (schema(json!([attribute("x", json!({"nonsense": 1}))])), vec!["/schema/attributes/0"]),
        (schema(json!("x")), vec!["/schema/attributes"]),
        (json!({"id": "no urn", "name": "N", "attributes": [good]}), vec!["/schema/id"]),
        (json!({"id": "urn:ietf:params:scim:schemas:core:2.0:User", "name": "N", "attributes": [good]}), vec!["/schema/id"]),
        (
            json!({"id": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User", "name": "N", "attributes": [good]}),
            vec!["/schema/id"],
        ),
        (json!({"name": "N", "attributes": [good]}), vec!["/schema"]),
    ];
    for (schema, places) in cases {
        let reply = tenant.post("/schemas", &json!({"schema": schema}));
        let shown = reply.to_string();
        let body: Value = serde_json::from_slice(&reply.body).unwrap();
        reply.problem(400);
        let told: Vec<&str> =
            body["problems"].as_array().unwrap_or_else(|| panic!("{shown}")).iter().map(|one| one["pointer"].as_str().unwrap()).collect();
        for place in places {
            assert!(told.iter().any(|told| told.starts_with(place)), "nothing is said about {place}: {shown}");
        }
    }
    for body in [
        json!({}),
        json!({"schema": 5}),
        json!({"schema": usual(), "extends": []}),
        json!({"schema": usual(), "extends": ["Device"]}),
        json!({"schema": usual(), "nonsense": 1}),
    ] {
        tenant.post("/schemas", &body).problem(400);
    }
    assert_eq!(tenant.all("/schemas"), Vec::<Value>::new());
}

/// Those of other tenants are neither seen nor in the way; they outlive a restart like everything else.
#[test]
fn each_tenant_has_its_own() {
    let ((one, client), (two, stranger)) = (world("own schema one"), world("own schema two"));
    put_usual(&one);
    let other = schema(json!([attribute("number", json!({"type": "boolean"}))]));
    let _ = two.post("/schemas", &json!({"schema": other, "extends": ["User", "Group"]})).expect(201);
    let _ = client.post("/Users", &with_badge("ada", json!({"colour": "red", "number": 5}))).expect(201);
    let _ = stranger.post("/Users", &with_badge("ada", json!({"number": true}))).expect(201);
    client.post("/Users", &with_badge("ben", json!({"colour": "red", "number": true}))).scim_error(400, Some("invalidValue"));
    stranger.post("/Users", &with_badge("ben", json!({"number": 5}))).scim_error(400, Some("invalidValue"));
    let _ = two.delete(&format!("/schemas/{}", encode(URN))).expect(204);
    assert_eq!(one.all("/schemas").len(), 1);
    // A tenant has so many and no more.
    for number in 0..10 {
        let mut schema = usual();
        schema["id"] = json!(format!("urn:example:many:{number}"));
        let _ = two.post("/schemas", &json!({"schema": schema})).expect(201);
    }
    let mut one_more = usual();
    one_more["id"] = json!("urn:example:many:more");
    two.post("/schemas", &json!({"schema": one_more})).problem(409);
    assert_eq!(two.all("/schemas").len(), 10);
    let _ = stranger.user("still@example.com");
}

/// Who writes back what was read has not seen what is returned on request only, and takes nothing of it away.
#[test]
fn what_is_returned_on_request_survives_a_put_of_what_was_read() {
    let (tenant, client) = world("on request");
    let on_request = json!({"returned": "request"});
    let part = json!({"name": "part", "type": "string", "multiValued": false, "description": "x", "returned": "request"});
    let shown = json!({"name": "shown", "type": "string", "multiValued": false, "description": "x"});
    let made = json!({"extends": ["User"], "schema": schema(json!([
        attribute("hidden", on_request),
        attribute("whole", json!({"type": "complex", "subAttributes": [part, shown]})),
    ]))});
    let _ = tenant.post("/schemas", &made).expect(201);
    let urn = text(&schema(json!([])), "id");
    let sent = json!({"userName": "r@example.com", urn.as_str(): {"hidden": "kept", "whole": {"part": "kept", "shown": "s"}}});
    let path = format!("/Users/{}", text(&client.post("/Users", &sent).expect(201), "id"));
    let asked = format!("{path}?attributes={urn}:hidden,{urn}:whole.part");
    let before = client.get(&asked).expect(200);
    assert_eq!((&before[&urn]["hidden"], &before[&urn]["whole"]["part"]), (&json!("kept"), &json!("kept")), "{before}");
    let got = client.get(&path).expect(200);
    assert_eq!(got[&urn], json!({"whole": {"shown": "s"}}), "an answer shows none of it");
    assert_eq!(client.put(&path, &got).expect(200)["meta"]["version"], got["meta"]["version"], "nothing changed");
    assert_eq!(client.get(&asked).expect(200), before);
    // A PATCH can take it away.
    let _ = client.patch(&path, &json!([{"op": "remove", "path": format!("{urn}:hidden")}])).expect(200);
    assert!(client.get(&asked).expect(200)[&urn].get("hidden").is_none());
}

/// What a resource says depends on the schemas that are known, and so does its version: whoever asks by an old one gets the resource again.
#[test]
fn a_change_of_schemas_is_another_version() {
    let (tenant, client) = world("versions and schemas");
    let one = format!("/schemas/{}", encode(URN));
    let made = client.post("/Users", &with_badge("ada", json!({"colour": "red"}))).expect(201);
    let path = format!("/Users/{}", text(&made, "id"));
    let unless = |tag: &str| client.call("GET", &path).header("if-none-match", tag).send();
    let mut tags = vec![text(&made["meta"], "version")];
    let mut expect_another = |what: &str| {
        let before = tags.last().unwrap().clone();
        let reply = unless(&before);
        let header = reply.header("etag").unwrap_or_default().to_owned();
        let body = reply.expect(200);
        let tag = text(&body["meta"], "version");
        assert_eq!(header, tag, "{what}");
        assert_ne!(tag, before, "{what}");
        assert_eq!(unless(&tag).status, 304, "{what}: as long as nothing changes it stays");
        tags.push(tag);
    };
    assert_eq!(unless(&text(&made["meta"], "version")).status, 304);
    put_usual(&tenant);
    expect_another("a schema came");
    let hiding = schema(json!([attribute("colour", json!({"returned": "never"}))]));
    let _ = tenant.put(&one, &json!({"schema": hiding})).expect(200);
    expect_another("it changed");
    assert_eq!(client.get(&path).expect(200).get(URN), None, "what it hides is not answered");
    let _ = tenant.delete(&one).expect(204);
    expect_another("it went");
}
