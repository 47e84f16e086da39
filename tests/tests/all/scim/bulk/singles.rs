//! An operation of a bulk request does what the same request does alone.

use doorlist_tests::callers::{Client, ENTERPRISE_URN, GROUP_URN, USER_URN};
use doorlist_tests::operations;
use serde_json::{Value, json};

use crate::shared;

/// A client with one user, one other user, one group and one test resource.
struct World {
    client: Client,
    ids: Vec<(&'static str, String)>,
}

impl World {
    fn new(name: &str) -> Self {
        let client = shared::test_tenant(name).connect();
        let (ada, ben) = (client.user("ada@example.com"), client.user("ben@example.com"));
        let team = client.group("Team", &[&ada]);
        let test = client.post("/TestResources", &json!({"required": "r", "immutable": "i", "uniqueServer": "taken"})).expect(201);
        let ids = vec![("<ada>", ada), ("<ben>", ben), ("<team>", team), ("<test>", test["id"].as_str().unwrap().to_owned())];
        Self { client, ids }
    }

    /// Ids in place of names.
    fn fill(&self, text: &str) -> String {
        self.ids.iter().fold(text.to_owned(), |text, (name, id)| text.replace(name, id))
    }

    /// Names in place of ids; new ids, times and versions have one spelling.
    fn told(&self, text: &str) -> Value {
        let named = self.ids.iter().fold(text.to_owned(), |text, (name, id)| text.replace(id.as_str(), name));
        let mut value = serde_json::from_str(&named).unwrap_or(Value::Null);
        blur(&mut value);
        value
    }

    /// Everything that is there.
    fn inventory(&self) -> Vec<Value> {
        let all = ["/Users", "/Groups", "/TestResources"].map(|endpoint| self.told(&self.client.get(endpoint).text()));
        all.to_vec()
    }
}

/// Takes out what two worlds cannot have in common.
fn blur(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(blur),
        Value::Object(object) => {
            for key in ["created", "lastModified", "version", "location", "$ref"] {
                object.remove(key);
            }
            object.values_mut().for_each(blur);
        }
        Value::String(text) if is_id(text) => *text = "<new>".to_owned(),
        _ => {}
    }
}

fn is_id(text: &str) -> bool {
    text.len() == 36 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

fn cases() -> Vec<(&'static str, &'static str, Value)> {
    let patch = |changes: Value| operations(&changes);
    vec![
        ("POST", "/Users", json!({"userName": "new@example.com", "emails": null, "name": {"givenName": "N"}})),
        ("POST", "/Users", json!({"userName": "ADA@example.com"})),
        ("POST", "/Users", json!({"displayName": "no name"})),
        ("POST", "/Users", json!({"userName": ""})),
        ("POST", "/Users", json!({"userName": {"x": 1}})),
        ("POST", "/Users", json!({"userName": "x@example.com", "active": "maybe"})),
        ("POST", "/Users", json!({"userName": "x@example.com", "schemas": "x"})),
        ("POST", "/Users", json!({"USERNAME": "y@example.com", "Active": "False", "password": "secret-of-bulk", "unknown": {"a": [1]}})),
        (
            "POST",
            "/Users",
            json!({"userName": "z@example.com", ENTERPRISE_URN: {"manager": "<ada>"}, "schemas": [ENTERPRISE_URN, USER_URN]}),
        ),
        ("POST", "/Groups", json!({"displayName": "Team", "members": [{"value": "<ada>"}, {"value": "<ada>"}]})),
        ("POST", "/Groups", json!({"displayName": "New", "members": [{"value": "nobody"}]})),
        ("POST", "/Groups", json!({"displayName": "New", "members": [{"display": "no value"}]})),
        ("POST", "/Groups", json!({"members": []})),
        ("POST", "/TestResources", json!({"required": "r", "uniqueServer": "TAKEN"})),
        ("POST", "/TestResources", json!({"string": "s"})),
        ("POST", "/TestResources", json!({"required": "r", "integer": "x"})),
        ("PUT", "/Users/<ada>", json!({"userName": "ada@example.com", "title": "Put"})),
        ("PUT", "/Users/<ada>", json!({"userName": "ben@example.com"})),
        ("PUT", "/Users/<ada>", json!({"title": "no name"})),
        ("PUT", "/Users/nobody", json!({"userName": "x@example.com"})),
        ("PUT", "/Users/<team>", json!({"userName": "x@example.com"})),
        ("PUT", "/Groups/<team>", json!({"schemas": [GROUP_URN], "displayName": "Put", "members": [{"value": "<ben>"}]})),
        ("PUT", "/Groups/<team>", json!({"displayName": "Put", "members": [{"value": "<team>"}]})),
        ("PUT", "/TestResources/<test>", json!({"required": "r", "immutable": "other"})),
        ("PUT", "/TestResources/<test>", json!({"required": "r2"})),
        ("PATCH", "/Users/<ada>", patch(json!([{"op": "Replace", "path": "active", "value": "False"}]))),
        ("PATCH", "/Users/<ada>", patch(json!([{"op": "replace", "path": "nonsense", "value": 1}]))),
        ("PATCH", "/Users/<ada>", patch(json!([{"op": "replace", "path": "emails[type eq \"home\"].value", "value": "h@example.com"}]))),
        ("PATCH", "/Users/<ada>", patch(json!([{"op": "remove", "path": "emails[type eq \"nonsense\"].value"}]))),
        ("PATCH", "/Users/<ada>", patch(json!([{"op": "remove"}]))),
        ("PATCH", "/Users/<ada>", patch(json!([{"op": "remove", "path": "userName"}]))),
        ("PATCH", "/Users/<ada>", patch(json!([{"op": "replace", "path": "id", "value": "x"}]))),
        ("PATCH", "/Users/<ada>", patch(json!([{"op": "replace", "path": "emails[", "value": "x"}]))),
        ("PATCH", "/Users/<ada>", patch(json!([{"op": "copy", "path": "title", "value": "x"}]))),
        ("PATCH", "/Users/<ada>", json!({"Operations": []})),
        ("PATCH", "/Users/nobody", patch(json!([{"op": "replace", "path": "title", "value": "T"}]))),
        ("PATCH", "/Users/<ben>", patch(json!([{"op": "replace", "path": "userName", "value": "Ada@example.com"}]))),
        ("PATCH", "/Groups/<team>", patch(json!([{"op": "add", "path": "members", "value": [{"value": "<ben>"}, {"value": "<ada>"}]}]))),
        ("PATCH", "/Groups/<team>", patch(json!([{"op": "remove", "path": "members[value eq \"<ada>\"]"}]))),
        ("PATCH", "/Groups/<team>", patch(json!([{"op": "add", "path": "members", "value": [{"value": "<team>"}]}]))),
        ("PATCH", "/TestResources/<test>", patch(json!([{"op": "replace", "path": "readOnly", "value": "x"}]))),
        ("PATCH", "/TestResources/<test>", patch(json!([{"op": "replace", "path": "immutable", "value": "x"}]))),
        ("PATCH", "/TestResources/<test>", patch(json!([{"op": "add", "path": "strings", "value": ["a", "b"]}]))),
        ("DELETE", "/Users/<ada>", Value::Null),
        ("DELETE", "/Users/nobody", Value::Null),
        ("DELETE", "/Groups/<ada>", Value::Null),
        ("DELETE", "/TestResources/<test>", Value::Null),
    ]
}

/// The requests are sent one after the other to two worlds, to one of them in bulk messages of one operation.
#[test]
fn an_operation_is_answered_as_the_request_alone() {
    let (alone, bulk) = (World::new("alone"), World::new("in bulk"));
    for (method, path, body) in cases() {
        let label = format!("{method} {path} {body}");
        let sent: Value = serde_json::from_str(&alone.fill(&body.to_string())).unwrap();
        let call = alone.client.call(method, &alone.fill(path));
        let reply = if method == "DELETE" { call.send() } else { call.json(&sent).send() };
        let mut operation: Value =
            serde_json::from_str(&bulk.fill(&json!({"method": method, "path": path, "data": body}).to_string())).unwrap();
        if method == "POST" {
            operation["bulkId"] = json!("new");
        }
        let outcome = bulk.client.bulk(&json!([operation])).remove(0);
        assert_eq!(outcome["status"], reply.status.to_string(), "{label}: {outcome}, but alone {reply}");
        if reply.status >= 400 {
            assert_eq!(bulk.told(&outcome["response"].to_string()), alone.told(&reply.text()), "{label}");
        } else {
            let header = |name: &str| reply.header(name).map(str::to_owned);
            assert_eq!(outcome.get("version").is_some(), header("etag").is_some(), "{label}");
            assert!(outcome["location"].is_string() && outcome.get("response").is_none(), "{label}: {outcome}");
        }
        assert_eq!(bulk.inventory(), alone.inventory(), "after {label}");
    }
}

/// The same requests in one message: what became of each is what became of it alone.
#[test]
fn a_message_is_its_operations() {
    let (alone, bulk) = (World::new("one by one"), World::new("at once"));
    let mut expected = Vec::new();
    let mut message = Vec::new();
    for (number, (method, path, body)) in cases().into_iter().enumerate() {
        let sent: Value = serde_json::from_str(&alone.fill(&body.to_string())).unwrap();
        let call = alone.client.call(method, &alone.fill(path));
        let reply = if method == "DELETE" { call.send() } else { call.json(&sent).send() };
        let scim_type = serde_json::from_slice::<Value>(&reply.body).ok().and_then(|body| body["scimType"].as_str().map(str::to_owned));
        expected.push((reply.status.to_string(), scim_type));
        let mut operation: Value =
            serde_json::from_str(&bulk.fill(&json!({"method": method, "path": path, "data": body}).to_string())).unwrap();
        operation["bulkId"] = json!(number.to_string());
        message.push(operation);
    }
    let outcomes = bulk.client.bulk(&json!(message));
    let became: Vec<(String, Option<String>)> = outcomes
        .iter()
        .map(|outcome| (outcome["status"].as_str().unwrap().to_owned(), outcome["response"]["scimType"].as_str().map(str::to_owned)))
        .collect();
    for ((became, expected), operation) in became.iter().zip(&expected).zip(&message) {
        assert_eq!(became, expected, "{operation}");
    }
    assert_eq!(became.len(), expected.len());
    assert_eq!(bulk.inventory(), alone.inventory());
    assert!(!json!(bulk.inventory()).to_string().contains("secret-of-bulk"));
}
