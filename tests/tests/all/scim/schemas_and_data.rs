//! Schemas of a tenant's own that come, change and go while there is data: the two must never contradict each other.

use doorlist_tests::callers::{Client, Tenant, text};
use doorlist_tests::http::query;
use doorlist_tests::raw::Socket;
use serde_json::{Value, json};

use crate::shared;

const URN: &str = "urn:example:later:2.0:Door";

fn attribute(name: &str, more: Value) -> Value {
    let mut attribute = json!({"name": name, "type": "string", "multiValued": false, "description": "An attribute."});
    for (key, value) in more.as_object().unwrap() {
        attribute[key] = value.clone();
    }
    attribute
}

fn schema(id: &str, attributes: Value) -> Value {
    json!({"schema": {"id": id, "name": "Door", "description": "What a door knows.", "attributes": attributes}})
}

fn world(name: &str) -> (Tenant, Client) {
    let tenant = shared::tenant(name);
    let client = tenant.connect();
    (tenant, client)
}

fn found(client: &Client, filter: &str) -> Vec<String> {
    let page = client.get(&query("/Users", &[("filter", filter)])).expect(200);
    page["Resources"].as_array().unwrap().iter().map(|user| text(user, "userName")).collect()
}

/// A password is never kept, whatever a schema calls it.
#[test]
fn no_schema_has_passwords_kept() {
    let (tenant, client) = world("password schema");
    let complex = |sub: Value| attribute("door", json!({"type": "complex", "subAttributes": [sub]}));
    for attributes in [
        json!([attribute("password", json!({}))]),
        json!([attribute("PassWord", json!({}))]),
        json!([complex(attribute("password", json!({})))]),
    ] {
        tenant.post("/schemas", &schema(URN, attributes)).problem(400);
    }
    let hidden = attribute("password", json!({"mutability": "writeOnly", "returned": "never"}));
    let _ = tenant.post("/schemas", &schema(URN, json!([hidden, attribute("code", json!({}))]))).expect(201);
    let made = client.post("/Users", &json!({"userName": "a", URN: {"password": "s3cret", "code": "1"}})).expect(201);
    assert_eq!(made[URN], json!({"code": "1"}));
}

/// What a schema hides is hidden also where it was kept before, and what an answer shows decides on its version.
#[test]
fn what_is_hidden_is_not_shown() {
    let (tenant, client) = world("hidden later");
    let made = client.post("/Users", &json!({"userName": "a", URN: {"secret": "geheim", "code": "1"}})).expect(201);
    let path = format!("/Users/{}", text(&made, "id"));
    let secret = attribute("secret", json!({"mutability": "writeOnly", "returned": "never"}));
    let _ = tenant.post("/schemas", &schema(URN, json!([secret, attribute("code", json!({}))]))).expect(201);
    for reply in [client.get(&path), client.get("/Users"), client.patch(&path, &json!([{"op": "add", "path": "title", "value": "T"}]))] {
        assert!(!reply.text().contains("geheim"), "{reply}");
    }
    let _ = tenant.synced();
    let member = tenant.member("a");
    assert_eq!(member["attributes"][URN], json!({"code": "1"}), "the directory hides it too: {member}");
    let shown = client.get(&path).expect(200);
    let open = json!([attribute("secret", json!({})), attribute("code", json!({}))]);
    let _ = tenant.put(&format!("/schemas/{URN}"), &schema(URN, open)).expect(200);
    let now = client.get(&path).expect(200);
    assert_eq!(now[URN]["secret"], "geheim", "it was kept and is shown again");
    assert_ne!(now["meta"]["version"], shown["meta"]["version"]);
}

/// Letter case of names and URNs never makes two of one.
#[test]
fn letter_case_makes_nothing_twice() {
    let (tenant, client) = world("schema case");
    let upper = URN.to_uppercase();
    let early = client.post("/Users", &json!({"userName": "early", upper.as_str(): {"Badge": "1"}})).expect(201);
    let early = format!("/Users/{}", text(&early, "id"));
    let unique = |name: &str| json!([attribute(name, json!({"uniqueness": "server"}))]);
    let _ = tenant.post("/schemas", &schema(URN, unique("badge"))).expect(201);
    let filter = |badge: &str| format!("{URN}:badge eq \"{badge}\"");
    assert_eq!(found(&client, &filter("1")), ["early"]);
    client.post("/Users", &json!({"userName": "late", URN: {"badge": "1"}})).scim_error(409, Some("uniqueness"));
    // Another spelling of the id is no other schema and no new one.
    tenant.put(&format!("/schemas/{URN}"), &schema(&upper, unique("badge"))).problem(400);
    tenant.post("/schemas", &schema(&upper, unique("badge"))).problem(409);
    // An attribute may change its spelling.
    let _ = tenant.put(&format!("/schemas/{URN}"), &schema(URN, unique("BADGE"))).expect(200);
    client.post("/Users", &json!({"userName": "late", URN: {"badge": "1"}})).scim_error(409, Some("uniqueness"));
    let change = json!([{"op": "replace", "path": format!("{URN}:badge"), "value": "8"}]);
    let changed = client.patch(&early, &change).expect(200);
    let objects: Vec<&String> = changed.as_object().unwrap().keys().filter(|key| key.eq_ignore_ascii_case(URN)).collect();
    assert_eq!(objects.len(), 1, "{changed}");
    assert_eq!(changed[objects[0]].as_object().unwrap().len(), 1, "{changed}");
    assert_eq!((found(&client, &filter("8")), found(&client, &filter("1"))), (vec!["early".to_owned()], vec![]));
    let _ = client.post("/Users", &json!({"userName": "late", URN: {"badge": "1"}})).expect(201);
    // Nobody's value is taken for ever.
    let _ = client.delete(&early).expect(204);
    let _ = client.post("/Users", &json!({"userName": "next", URN: {"badge": "8"}})).expect(201);
}

/// Unique values are those of the resources that are there, whichever schemas were there meanwhile.
#[test]
fn uniqueness_comes_and_goes() {
    let (tenant, client) = world("unique later");
    let user = |name: &str, badge: Value| client.post("/Users", &json!({"userName": name, URN: {"badge": badge}}));
    let ids: Vec<String> =
        [("a", json!("1")), ("b", json!("1")), ("c", json!(5))].map(|(name, badge)| text(&user(name, badge).expect(201), "id")).into();
    let unique = schema(URN, json!([attribute("badge", json!({"uniqueness": "server"}))]));
    let plain = schema(URN, json!([attribute("badge", json!({}))]));
    tenant.post("/schemas", &unique).problem(409);
    let _ = tenant.post("/schemas", &plain).expect(201);
    tenant.put(&format!("/schemas/{URN}"), &unique).problem(409);
    let _ = client.delete(&format!("/Users/{}", ids[1])).expect(204);
    let _ = tenant.put(&format!("/schemas/{URN}"), &unique).expect(200);
    user("d", json!("1")).scim_error(409, Some("uniqueness"));
    // A number was kept where a text is wanted now: no text is equal to it, in whichever way it is looked for.
    for filter in [format!("{URN}:badge eq \"5\""), format!("{URN}:badge eq \"5\" and userName pr")] {
        assert_eq!(found(&client, &filter), Vec::<String>::new(), "{filter}");
    }
    let _ = tenant.put(&format!("/schemas/{URN}"), &plain).expect(200);
    let second = text(&user("d", json!("1")).expect(201), "id");
    tenant.put(&format!("/schemas/{URN}"), &unique).problem(409);
    let _ = tenant.delete(&format!("/schemas/{URN}")).expect(204);
    let _ = client.delete(&format!("/Users/{second}")).expect(204);
    let _ = client.delete(&format!("/Users/{}", ids[0])).expect(204);
    let _ = tenant.post("/schemas", &unique).expect(201);
    let _ = user("e", json!("1")).expect(201);
}

/// A path that could mean two schemas is never taken for the wrong one.
#[test]
fn urns_that_begin_with_each_other() {
    let (tenant, _) = world("urn heads");
    let one = json!([attribute("code", json!({}))]);
    let _ = tenant.post("/schemas", &schema("urn:acme:a", one.clone())).expect(201);
    let _ = tenant.post("/schemas", &schema("urn:acme:long:name", one.clone())).expect(201);
    for (id, status) in [
        ("urn:acme:a:b", 409),
        ("URN:ACME:A:code", 409),
        ("urn:acme:long", 409),
        ("urn:acme:ab", 201),
        ("urn:acme:a/b", 400),
        ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager", 400),
        ("urn:doorlist:params:scim:schemas:test:2.0:TestResource", 400),
    ] {
        assert_eq!(tenant.post("/schemas", &schema(id, one.clone())).status, status, "{id}");
    }
}

/// `schemas` names what there is (RFC 7643 section 3), and a schema that goes changes no resource.
#[test]
fn schemas_are_named_while_they_are_there() {
    let (tenant, client) = world("named schemas");
    let made = client.post("/Users", &json!({"userName": "a", URN: {"code": "1"}})).expect(201);
    let path = format!("/Users/{}", text(&made, "id"));
    let named = || client.get(&path).expect(200)["schemas"].as_array().unwrap().contains(&json!(URN));
    assert!(!named());
    let _ = tenant.post("/schemas", &schema(URN, json!([attribute("code", json!({}))]))).expect(201);
    assert!(named());
    let remove = json!([{"op": "remove", "path": format!("{URN}:code")}]);
    let _ = client.patch(&path, &remove).expect(200);
    assert!(!named());
    let _ = client.patch(&path, &json!([{"op": "add", "value": {URN: {"code": "2"}}}])).expect(200);
    assert!(named());
    let _ = tenant.delete(&format!("/schemas/{URN}")).expect(204);
    assert!(!named());
    assert_eq!(client.get(&path).expect(200)[URN], json!({"code": "2"}));
}

/// Somebody without what a new schema requires can still be deactivated.
#[test]
fn a_requirement_locks_nobody_in() {
    let (tenant, client) = world("required later");
    let made = client.post("/Users", &json!({"userName": "a", "active": true})).expect(201);
    let path = format!("/Users/{}", text(&made, "id"));
    let mut required = schema(URN, json!([attribute("code", json!({"required": true}))]));
    required["required"] = json!(true);
    let _ = tenant.post("/schemas", &required).expect(201);
    client.post("/Users", &json!({"userName": "b"})).scim_error(400, Some("invalidValue"));
    let off = json!([{"op": "replace", "path": "active", "value": false}]);
    assert_eq!(client.patch(&path, &off).expect(200)["active"], false);
    assert_eq!(client.put(&path, &json!({"userName": "a", "active": true})).expect(200)["active"], true);
    let with = client.put(&path, &json!({"userName": "a", URN: {"code": "1"}})).expect(200);
    assert_eq!(with[URN]["code"], "1");
    client.put(&path, &json!({"userName": "a"})).scim_error(400, Some("invalidValue"));
}

/// A switch that is turned while a request is on its way counts for that request too, or it is refused.
#[test]
fn group_names_are_unique_from_the_switch_on() {
    let (tenant, client) = world("names later");
    for _ in 0..2 {
        let _ = client.post("/Groups", &json!({"displayName": "Same"})).expect(201);
    }
    let connection = format!("/connections/{}", client.connection);
    let _ = tenant.patch(&connection, &json!({"uniqueGroupNames": true})).expect(200);
    client.post("/Groups", &json!({"displayName": "same"})).scim_error(409, Some("uniqueness"));
    let of_groups = client.get("/Schemas/urn:ietf:params:scim:schemas:core:2.0:Group").expect(200);
    let name = of_groups["attributes"].as_array().unwrap().iter().find(|attribute| attribute["name"] == "displayName").unwrap();
    assert_eq!(name["uniqueness"], "server", "clients can see what they are held to");
    let _ = tenant.patch(&connection, &json!({"uniqueGroupNames": false})).expect(200);
    let _ = client.post("/Groups", &json!({"displayName": "same"})).expect(201);
}

/// A request that was read by schemas that have changed since finds nobody where somebody is; it is told to come again instead.
#[test]
fn requests_by_old_schemas_are_refused() {
    let (tenant, client) = world("old schemas");
    let _ = client.post("/Users", &json!({"userName": "a", URN: {"code": "1"}})).expect(201);
    let _ = tenant.post("/schemas", &schema(URN, json!([attribute("code", json!({}))]))).expect(201);
    let filter = format!("{URN}:code eq \"1\"");
    assert_eq!(found(&client, &filter), ["a"]);
    let requests = [("/Users/.search", json!({"filter": filter})), ("/Users", json!({"userName": "b", URN: {"code": "2"}}))];
    for (path, body) in requests {
        let body = body.to_string();
        let mut socket = Socket::post_head(client.address(), path, client.token(), &body);
        let _ = tenant.put(&format!("/schemas/{URN}"), &schema(URN, json!([attribute("code", json!({"caseExact": true}))]))).expect(200);
        socket.write(body.as_bytes());
        let answer = socket.answer();
        assert_eq!(answer.status, 503, "{path}: {}", answer.body);
    }
    assert_eq!(found(&client, "userName pr"), ["a"]);
}
