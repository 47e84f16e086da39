//! Searches by POST, and lists over every type (RFC 7644 sections 3.4.2.1 and 3.4.3).

use doorlist_tests::callers::{Client, ENTERPRISE_URN, GROUP_URN, LIST_URN, SEARCH_URN, USER_URN, text};
use doorlist_tests::http::{SCIM_JSON, query};
use serde_json::{Map, Value, json};

use crate::shared;

/// Users, groups and test resources that have some attributes in common.
fn populated(name: &str) -> Client {
    let client = shared::test_tenant(name).connect();
    let operations = json!([
        {"method": "POST", "path": "/Users", "bulkId": "ada", "data": {"userName": "ada@example.com", "displayName": "Mid", "active": true,
            "externalId": "1", "emails": [{"value": "ada@example.com", "type": "work"}], ENTERPRISE_URN: {"department": "D"}}},
        {"method": "POST", "path": "/Users", "bulkId": "ben", "data": {"userName": "ben@example.com", "displayName": "zulu", "active": false}},
        {"method": "POST", "path": "/Users", "bulkId": "cid", "data": {"userName": "cid@example.com", "active": true, "title": "T"}},
        {"method": "POST", "path": "/Groups", "bulkId": "team", "data": {"displayName": "alpha", "externalId": "1", "members": [{"value": "bulkId:ada"}]}},
        {"method": "POST", "path": "/Groups", "bulkId": "none", "data": {"displayName": "Nobody"}},
        {"method": "POST", "path": "/TestResources", "bulkId": "test", "data": {"required": "r", "string": "T", "externalId": "2"}},
    ]);
    assert!(client.bulk(&operations).iter().all(|outcome| outcome["status"] == "201"));
    client
}

/// What a person would call a resource.
fn name(resource: &Value) -> String {
    ["userName", "displayName", "required"].iter().find_map(|key| resource[*key].as_str()).unwrap_or("?").to_owned()
}

fn names(page: &Value) -> Vec<String> {
    page["Resources"].as_array().unwrap_or_else(|| panic!("no Resources: {page}")).iter().map(name).collect()
}

const ADA: &str = "ada@example.com";
const BEN: &str = "ben@example.com";
const CID: &str = "cid@example.com";
const TEAM: &str = "alpha";
const NONE: &str = "Nobody";
const TEST: &str = "r";

/// Everything a GET takes, as a message: numbers are numbers, names of attributes a list.
fn message(pairs: &[(&str, &str)]) -> Value {
    let mut body = Map::from_iter([("schemas".to_owned(), json!([SEARCH_URN]))]);
    for (key, value) in pairs {
        let value = match *key {
            "startIndex" | "count" => json!(value.parse::<i64>().unwrap()),
            "attributes" | "excludedAttributes" => json!(value.split(',').collect::<Vec<_>>()),
            _ => json!(value),
        };
        body.insert((*key).to_owned(), value);
    }
    Value::Object(body)
}

/// Path, parameters as a GET has them, and how many resources the page has.
type ParameterCase = (&'static str, &'static [(&'static str, &'static str)], usize);

#[test]
fn a_search_takes_what_a_list_takes() {
    let client = populated("search parameters");
    let cases: &[ParameterCase] = &[
        ("/Users", &[], 3),
        ("/Users", &[("filter", "userName eq \"BEN@example.com\"")], 1),
        ("/Users", &[("filter", "emails[type eq \"work\"] and active eq true")], 1),
        ("/Users", &[("sortBy", "userName"), ("sortOrder", "descending"), ("startIndex", "2"), ("count", "1")], 1),
        ("/Users", &[("startIndex", "-3"), ("count", "2")], 2),
        ("/Users", &[("count", "0")], 0),
        ("/Users", &[("count", "-1")], 0),
        ("/Users", &[("startIndex", "99")], 0),
        ("/Users", &[("attributes", "userName,name.givenName")], 3),
        ("/Users", &[("attributes", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department")], 3),
        ("/Users", &[("excludedAttributes", "groups,emails.type,meta")], 3),
        ("/Users", &[("cursor", ""), ("count", "2")], 2),
        ("/Groups", &[("filter", "members pr"), ("excludedAttributes", "members")], 1),
        ("/Groups", &[("sortBy", "displayName")], 2),
        ("/TestResources", &[("filter", "string eq \"t\"")], 1),
        ("/", &[], 6),
        ("/", &[("filter", "displayName pr"), ("sortBy", "displayName"), ("count", "3")], 3),
        ("/", &[("attributes", "displayName"), ("cursor", ""), ("count", "5")], 5),
    ];
    for (path, pairs, number) in cases {
        let listed = client.get(&query(path, pairs)).expect(200);
        assert_eq!(listed["schemas"], json!([LIST_URN]));
        assert_eq!(listed["Resources"].as_array().map(Vec::len), Some(*number), "{path} {pairs:?}");
        let endpoint = format!("{}/.search", path.trim_end_matches('/'));
        let mut as_text = message(pairs);
        for key in ["attributes", "excludedAttributes"] {
            if let Some((_, names)) = pairs.iter().find(|(name, _)| *name == key) {
                as_text[key] = json!(names);
            }
        }
        let mut shouted = Map::new();
        for (key, value) in message(pairs).as_object().unwrap() {
            shouted.insert(key.to_uppercase(), value.clone());
        }
        let mut without_schemas = message(pairs);
        without_schemas.as_object_mut().unwrap().remove("schemas");
        let mut with_more = message(pairs);
        with_more["unknown"] = json!({"x": [1]});
        for null in ["filter", "sortBy", "attributes", "count", "startIndex"] {
            if with_more.get(null).is_none() {
                with_more[null] = json!(null);
            }
        }
        for body in [message(pairs), as_text, Value::Object(shouted), without_schemas, with_more] {
            assert_eq!(client.post(&endpoint, &body).expect(200), listed, "{endpoint} {body}");
        }
    }
}

/// What an attribute of one type says of a resource of another: that it has no value there.
#[test]
fn filters_over_every_type() {
    let client = populated("search of all");
    let team = text(&client.find("/Groups", "displayName eq \"alpha\"")[0], "id");
    let by_id = format!("id eq \"{team}\"");
    let by_group = format!("groups.value eq \"{team}\" or id eq \"{team}\"");
    let cases: &[(&str, &[&str])] = &[
        ("userName eq \"ada@example.com\"", &[ADA]),
        ("userName pr", &[ADA, BEN, CID]),
        ("not (userName pr)", &[TEAM, NONE, TEST]),
        ("displayName pr", &[ADA, BEN, TEAM, NONE]),
        ("not (displayName pr)", &[CID, TEST]),
        ("members pr", &[TEAM]),
        ("not (members pr) and displayName pr", &[ADA, BEN, NONE]),
        ("active eq true", &[ADA, CID]),
        ("not (active eq true)", &[BEN, TEAM, NONE, TEST]),
        ("active eq true or members pr", &[ADA, CID, TEAM]),
        ("active eq true and members pr", &[]),
        ("title eq \"t\" or string eq \"t\"", &[CID, TEST]),
        ("required pr", &[TEST]),
        ("externalId eq \"1\"", &[ADA, TEAM]),
        ("externalId pr and not (members pr) and not (required pr)", &[ADA]),
        ("displayName eq \"ALPHA\" or userName sw \"B\"", &[BEN, TEAM]),
        ("emails[type eq \"work\"]", &[ADA]),
        ("not (emails[type eq \"work\"])", &[BEN, CID, TEAM, NONE, TEST]),
        ("meta.resourceType eq \"Group\"", &[TEAM, NONE]),
        ("meta.resourceType ne \"User\"", &[TEAM, NONE, TEST]),
        ("schemas eq \"urn:ietf:params:scim:schemas:core:2.0:User\"", &[ADA, BEN, CID]),
        ("urn:ietf:params:scim:schemas:core:2.0:User:userName sw \"c\"", &[CID]),
        ("urn:ietf:params:scim:schemas:core:2.0:Group:displayName pr", &[TEAM, NONE]),
        ("urn:ietf:params:scim:schemas:core:2.0:User:displayName pr", &[ADA, BEN]),
        ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq \"d\"", &[ADA]),
        ("urn:doorlist:params:scim:schemas:test:2.0:TestResource:string pr", &[TEST]),
        (&by_id, &[TEAM]),
        (&by_group, &[ADA, TEAM]),
        ("userName eq \"nobody\" or displayName eq \"nobody\"", &[NONE]),
        ("meta.created gt \"2020-01-01T00:00:00Z\"", &[ADA, BEN, CID, TEAM, NONE, TEST]),
    ];
    for (filter, expected) in cases {
        for page in [
            client.get(&query("/", &[("filter", filter)])).expect(200),
            client.get(&query("", &[("filter", filter)])).expect(200),
            client.post("/.search", &message(&[("filter", filter)])).expect(200),
            client.post("/.search", &message(&[("filter", filter), ("cursor", "")])).expect(200),
        ] {
            assert_eq!(names(&page), *expected, "{filter}");
            assert_eq!(page["totalResults"], expected.len(), "{filter}");
        }
    }
    // What a list of one type refuses, a list of all takes; what no type has, both refuse.
    client.get(&query("/Groups", &[("filter", "userName pr")])).scim_error(400, Some("invalidFilter"));
    for filter in ["nonsense eq 1", "members.nonsense pr", "userName pr and nonsense pr", "password eq \"x\"", "userName", ""] {
        client.get(&query("/", &[("filter", filter)])).scim_error(400, Some("invalidFilter"));
    }
}

/// RFC 7644 section 3.4.2.3: by an attribute that a type has not, its resources stand where those without a value stand.
#[test]
fn order_over_every_type() {
    let client = populated("order of all");
    let cases: [(&str, &str, [&str; 6]); 6] = [
        ("displayName", "ascending", [TEAM, ADA, NONE, BEN, CID, TEST]),
        ("displayName", "descending", ["", "", BEN, NONE, ADA, TEAM]),
        ("userName", "ascending", [ADA, BEN, CID, "", "", ""]),
        ("userName", "descending", ["", "", "", CID, BEN, ADA]),
        ("required", "ascending", [TEST, "", "", "", "", ""]),
        ("externalId", "descending", ["", "", "", TEST, "", ""]),
    ];
    for (sort_by, order, expected) in cases {
        let pairs = [("sortBy", sort_by), ("sortOrder", order)];
        let page = client.get(&query("/", &pairs)).expect(200);
        let found = names(&page);
        assert_eq!(found.len(), 6);
        for (found, expected) in found.iter().zip(expected).filter(|(_, expected)| !expected.is_empty()) {
            assert_eq!(found, expected, "{pairs:?}: {:?}", names(&page));
        }
        assert_eq!(client.post("/.search", &message(&pairs)).expect(200), page);
    }
    client.get("/?sortBy=nonsense").scim_error(400, Some("invalidValue"));
}

/// Each resource is shown as its own type has it.
#[test]
fn projections_over_every_type() {
    let client = populated("projection of all");
    let page = client.get("/?attributes=userName,members.value,string,department").expect(200);
    for resource in page["Resources"].as_array().unwrap() {
        let keys: Vec<&str> =
            resource.as_object().unwrap().keys().map(String::as_str).filter(|key| !matches!(*key, "id" | "schemas" | "always")).collect();
        let schema = resource["schemas"][0].as_str().unwrap();
        let allowed: &[&str] = match schema {
            USER_URN => &["userName"],
            GROUP_URN => &["members"],
            _ => &["string"],
        };
        assert!(keys.iter().all(|key| allowed.contains(key)), "{resource}");
    }
    let shown = page.to_string();
    assert!(shown.contains("\"members\":[{\"value\":") && shown.contains("\"string\":\"T\"") && shown.contains(ADA), "{page}");
    let page = client.post("/.search", &json!({"excludedAttributes": ["userName", "members", "meta"]})).expect(200);
    let shown = page.to_string();
    assert!(!shown.contains("\"members\"") && !shown.contains("\"userName\"") && !shown.contains("\"meta\""), "{page}");
    assert!(shown.contains("\"displayName\":\"alpha\"") && shown.contains("\"required\":\"r\""), "{page}");
}

#[test]
fn what_is_no_search_is_refused() {
    let client = populated("search refused");
    let cases = [
        (json!([]), "invalidSyntax"),
        (json!("x"), "invalidSyntax"),
        (json!(null), "invalidSyntax"),
        (json!({"schemas": []}), "invalidSyntax"),
        (json!({"schemas": SEARCH_URN}), "invalidSyntax"),
        (json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"]}), "invalidSyntax"),
        (json!({"schemas": {"x": SEARCH_URN}}), "invalidSyntax"),
        (json!({"filter": "nonsense eq 1"}), "invalidFilter"),
        (json!({"filter": "userName eq"}), "invalidFilter"),
        (json!({"filter": {"x": 1}}), "invalidValue"),
        (json!({"filter": true}), "invalidValue"),
        (json!({"count": "many"}), "invalidValue"),
        (json!({"count": 1.5}), "invalidValue"),
        (json!({"count": {}}), "invalidValue"),
        (json!({"count": true}), "invalidValue"),
        (json!({"startIndex": "first"}), "invalidValue"),
        (json!({"startIndex": {}}), "invalidValue"),
        (json!({"startIndex": 1, "cursor": ""}), "invalidValue"),
        (json!({"sortBy": "nonsense"}), "invalidValue"),
        (json!({"sortBy": {}}), "invalidValue"),
        (json!({"sortBy": "name"}), "invalidValue"),
        (json!({"sortBy": "userName", "sortOrder": "upwards"}), "invalidValue"),
        (json!({"attributes": {"x": 1}}), "invalidValue"),
        (json!({"attributes": [1]}), "invalidValue"),
        (json!({"attributes": ["userName"], "excludedAttributes": ["id"]}), "invalidValue"),
        (json!({"count": 1, "Count": 2}), "invalidValue"),
        (json!({"cursor": "nonsense"}), "invalidCursor"),
        (json!({"cursor": {}}), "invalidValue"),
        (json!({"cursor": "", "count": "x"}), "invalidCount"),
    ];
    for path in ["/Users/.search", "/.search"] {
        for (body, scim_type) in &cases {
            let reply = client.post(path, body);
            let shown = format!("{path} {body}: {reply}");
            let answer: Value = serde_json::from_slice(&reply.body).unwrap();
            assert_eq!((reply.status, answer["scimType"].as_str()), (400, Some(*scim_type)), "{shown}");
            reply.scim_error(400, Some(scim_type));
        }
        client.call("POST", path).header("content-type", SCIM_JSON).bytes(b"{".to_vec()).send().scim_error(400, Some("invalidSyntax"));
        client.call("POST", path).header("content-type", "text/plain").bytes(b"{}".to_vec()).send().scim_error(415, None);
    }
    for path in ["/Nonsense/.search", "/Users/.search/x", "/Users/x/.search", "/Schemas/.search", "/ResourceTypes/.search", "/Bulk/.search"]
    {
        let reply = client.post(path, &json!({}));
        assert!(matches!(reply.status, 404 | 405), "{reply}");
    }
}

/// A search tells nothing that a list does not: never what is never returned, and nothing by its filter.
#[test]
fn a_search_finds_no_secret() {
    let client = shared::test_tenant("search secrets").connect();
    let _ = client.post("/Users", &json!({"userName": "s@example.com", "password": "open-sesame"})).expect(201);
    let _ = client.post("/TestResources", &json!({"required": "r", "never": "open-sesame", "writeOnly": "open-sesame"})).expect(201);
    for path in ["/Users", "/TestResources", ""] {
        for body in
            [json!({"attributes": ["password", "never", "writeOnly", "userName"]}), json!({"excludedAttributes": ["meta"]}), json!({})]
        {
            let shown = client.post(&format!("{path}/.search"), &body).text();
            assert!(!shown.contains("open-sesame"), "{path} {body}: {shown}");
        }
    }
    for (path, filter) in
        [("/Users", "password sw \"o\""), ("/TestResources", "never sw \"o\""), ("/TestResources", "writeOnly pr"), ("", "never pr")]
    {
        client.post(&format!("{path}/.search"), &json!({"filter": filter})).scim_error(400, Some("invalidFilter"));
    }
    for (path, sort_by) in [("/Users", "password"), ("/TestResources", "never"), ("", "writeOnly")] {
        client.post(&format!("{path}/.search"), &json!({"sortBy": sort_by})).scim_error(400, Some("invalidValue"));
    }
}
