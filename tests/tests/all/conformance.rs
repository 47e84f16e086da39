//! External conformance suites against the running server, each at zero findings but for what [`verdict`] waives.
//!
//! They come from PyPI, by the names and versions in `tests/conformance/requirements.txt`, into an environment below the target
//! directory. A machine without Python or network fails these tests in one line that says what is missing. Each suite runs twice: in
//! an ordinary tenant, and in one that has the resource types made for such tests.

mod document;
mod environment;
mod suites;
mod verdict;

use doorlist_tests::{Client, Tenant};
use serde_json::json;

use self::document::Fixtures;
use crate::shared;

/// A client in an ordinary tenant.
fn ordinary(name: &str) -> Client {
    shared::client(name)
}

/// A client in a tenant with resource types for tests: every kind of attribute there is.
fn with_test_resources(name: &str) -> Client {
    let operator = shared::server().operator();
    let made = operator.post("/tenants", &json!({"name": name, "testResources": true})).expect(201);
    let id = doorlist_tests::callers::text(&made, "id");
    Tenant { operator, id }.connect()
}

/// Resources that generated requests refer to.
fn fixtures(client: &Client) -> Fixtures {
    let users: Vec<String> = (0..3).map(|number| client.user(&format!("kept-{number}@example.com"))).collect();
    let groups: Vec<String> = (0..2).map(|number| client.group(&format!("Kept {number}"), &[&users[0]])).collect();
    Fixtures { ids: vec![("/Users".to_owned(), users), ("/Groups".to_owned(), groups)] }
}

#[track_caller]
fn scim2_tester(run: &str, client: &Client, has_test_resources: bool) {
    let (passed, findings) = suites::scim2_tester(client, has_test_resources);
    verdict::judge(run, passed, &findings);
}

#[track_caller]
fn scim_sanity(run: &str, client: &Client) {
    let (passed, findings) = suites::scim_sanity(client);
    verdict::judge(run, passed, &findings);
}

#[track_caller]
fn schemathesis(run: &str, client: &Client, left_out: &[&str]) {
    let (passed, findings) = suites::schemathesis(client, &fixtures(client), left_out);
    verdict::judge(run, passed, &findings);
}

#[test]
fn scim2_tester_finds_nothing() {
    let run = "scim2-tester";
    scim2_tester(run, &ordinary(run), false);
}

#[test]
fn scim2_tester_finds_nothing_in_test_resources() {
    let run = "scim2-tester with test resources";
    scim2_tester(run, &with_test_resources(run), true);
}

#[test]
fn scim_sanity_finds_nothing() {
    let run = "scim-sanity";
    scim_sanity(run, &ordinary(run));
}

#[test]
fn scim_sanity_finds_nothing_beside_test_resources() {
    let run = "scim-sanity with test resources";
    scim_sanity(run, &with_test_resources(run));
}

#[test]
fn schemathesis_finds_nothing() {
    let run = "schemathesis";
    schemathesis(run, &ordinary(run), &[]);
}

#[test]
fn schemathesis_finds_nothing_in_test_resources() {
    let run = "schemathesis with test resources";
    // Users and groups are the other run's; here they are in bulk requests and searches over all types.
    schemathesis(run, &with_test_resources(run), &["User", "Group"]);
}

/// The suites would pass over what the server no longer announces.
#[test]
fn the_document_has_every_operation() {
    let client = with_test_resources("conformance document");
    let document = document::document(&client, &fixtures(&client), &[]);
    let paths = document["paths"].as_object().expect("a document has paths");
    let operations: Vec<String> = paths
        .iter()
        .flat_map(|(path, methods)| methods.as_object().into_iter().flatten().map(move |(method, _)| format!("{method} {path}")))
        .collect();
    let expected: Vec<String> = ["/Groups", "/TestResources", "/Users"]
        .iter()
        .flat_map(|endpoint| {
            let one = ["delete", "get", "patch", "put"].map(|method| format!("{method} {endpoint}/{{id}}"));
            let all = ["get", "post"].map(|method| format!("{method} {endpoint}"));
            all.into_iter().chain([format!("post {endpoint}/.search")]).chain(one)
        })
        .chain(["ResourceTypes", "Schemas"].iter().flat_map(|name| [format!("get /{name}"), format!("get /{name}/{{id}}")]))
        .chain(["get", "post", "put", "patch", "delete"].map(|method| format!("{method} /Me")))
        .chain(["get /ServiceProviderConfig", "post /.search", "post /Bulk"].map(str::to_owned))
        .collect();
    let missing: Vec<&String> = expected.iter().filter(|operation| !operations.contains(operation)).collect();
    assert!(missing.is_empty() && operations.len() == expected.len(), "{missing:?} of {operations:#?}");
    let parameters: Vec<&str> = document["paths"]["/Users"]["get"]["parameters"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|parameter| parameter["name"].as_str())
        .collect();
    for name in ["startIndex", "count", "cursor", "filter", "sortBy", "sortOrder", "attributes", "excludedAttributes"] {
        assert!(parameters.contains(&name), "{name} is not among {parameters:?}");
    }
    assert!(document["paths"]["/Users/{id}"]["put"]["responses"].get("412").is_some(), "versions are not announced");
}
