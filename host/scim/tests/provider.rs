//! What clients really send, as captured or documented, against what it has to come to.
//!
//! Bodies marked *captured* are recorded traffic; *documented* ones are printed in the client's own
//! documentation; *reported* ones are described in the code or articles of servers that serve the client.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test stops at the first surprise")]

use doorlist_scim::validate::{create, replace};
use doorlist_scim::{Element, ElementChange, Filter, Patch, Resource, ResourceType};
use serde_json::{Value, json};

const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENT: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// Captured: the user JumpCloud creates when an administrator activates the integration.
/// Source: github.com/Paul-E/scim-v2-rust, src/test_data/jumpcloud_create_user.json.
fn jumpcloud_create() -> Value {
    json!({
        "active": true,
        "addresses": [{"country": "US", "locality": "locality", "postalCode": "80027", "primary": true,
            "region": "region", "streetAddress": "street-address", "type": "work"}],
        "displayName": "displayname",
        "emails": [{"primary": true, "type": "work", "value": "testuser@example.io"}],
        "externalId": "66e2d689590450d073d2df3b",
        "locale": "en-US",
        "name": {"familyName": "lastname", "givenName": "firstname"},
        "phoneNumbers": [{"primary": true, "type": "work", "value": "tel:+1-555-555-5555"}],
        "preferredLanguage": "en-US",
        "schemas": [CORE, ENT],
        "userName": "testuser@example.io",
    })
}

/// Captured: a full update. Source: same repository, src/test_data/jumpcloud_put_user_full.json.
fn jumpcloud_put_full() -> Value {
    json!({
        "active": true,
        "addresses": [],
        "displayName": "John Doe",
        "emails": [{"primary": true, "type": "work", "value": "john.doe@example.io"}],
        "externalId": "664447f5c0c418f2d05e5318",
        "id": "d500eedc-4dbc-494e-978a-56da891f179a",
        "locale": "en-US",
        "name": {"familyName": "Doe", "givenName": "John"},
        "phoneNumbers": [],
        "photos": [{"value": "https://img.example.com/2a27d237-db8c-4f82-84fb-5824dfaedc87.png"}],
        "preferredLanguage": "en-US",
        "schemas": [ENT, CORE],
        "title": "Captain",
        ENT: {"department": "C-Suite"},
        "userName": "john.doe@example.com",
    })
}

/// Captured: the update that follows on activation. Source: same repository,
/// src/test_data/jumpcloud_put_user_minimal.json.
fn jumpcloud_put_minimal() -> Value {
    json!({
        "active": true,
        "emails": null,
        "id": "5107a4e4-0b11-4e77-8dcf-c8c6978d40ac",
        "name": {"familyName": "lastname", "givenName": "firstname"},
        "schemas": [CORE],
        "userName": "testuser@example.io",
    })
}

fn patch_user(operations: Value) -> Value {
    let rt = ResourceType::user();
    let mut user = create(rt, &jumpcloud_create()).unwrap().resource;
    apply(rt, operations, &mut user);
    Value::Object(user)
}

fn apply(rt: &ResourceType, operations: Value, resource: &mut Resource) -> Vec<ElementChange> {
    let patch = Patch::parse(
        rt,
        &json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": operations,
        }),
    );
    let patch = patch.unwrap();
    patch.apply(rt, resource).unwrap();
    patch.elements().to_vec()
}

fn group(operations: Value) -> (Value, Vec<ElementChange>) {
    let rt = ResourceType::group();
    let mut group = create(rt, &json!({"displayName": "Old"})).unwrap().resource;
    let changes = apply(rt, operations, &mut group);
    (Value::Object(group), changes)
}

fn members(values: &[&str]) -> Vec<Element> {
    let element = |value: &&str| Element { value: (*value).to_owned(), kind: None };
    values.iter().map(element).collect()
}

#[test]
fn jumpcloud_activates_with_a_user_that_it_creates_and_updates() {
    let rt = ResourceType::user();
    let created = create(rt, &jumpcloud_create()).unwrap().resource;
    // Everything it wrote, it can read back, the extension without data included.
    assert_eq!(Value::Object(created.clone()), jumpcloud_create());

    let updated = replace(rt, &created, &jumpcloud_put_minimal()).unwrap().resource;
    assert_eq!(updated["externalId"], "66e2d689590450d073d2df3b", "the link to JumpCloud survives");
    assert_eq!(updated["active"], true);
    assert!(!updated.contains_key("emails"));
    assert!(!updated.contains_key("displayName"));
    assert!(!updated.contains_key("id"), "only the service provider gives identifiers");
}

#[test]
fn jumpcloud_updates_by_writing_back_what_it_read() {
    let rt = ResourceType::user();
    let mut stored = create(rt, &jumpcloud_create()).unwrap().resource;
    stored.insert("id".into(), "d500eedc-4dbc-494e-978a-56da891f179a".into());
    stored.insert("meta".into(), json!({"resourceType": "User", "location": "https://sp/Users/d500"}));
    let mut body = jumpcloud_put_full();
    body["meta"] = json!({"location": "elsewhere"});
    body["groups"] = json!([{"value": "g"}]);
    let updated = replace(rt, &stored, &body).unwrap().resource;
    let mut expected = jumpcloud_put_full();
    expected["schemas"] = json!([CORE, ENT]);
    expected["meta"] = stored["meta"].clone();
    expected.as_object_mut().unwrap().retain(|key, _| key != "addresses" && key != "phoneNumbers");
    assert_eq!(Value::Object(updated), expected);
}

#[test]
fn jumpcloud_deactivates_by_put() {
    // Inferred from the servers that serve it: the same PUT with `active` false.
    let rt = ResourceType::user();
    let stored = create(rt, &jumpcloud_create()).unwrap().resource;
    let body = json!({"schemas": [CORE], "id": "1", "userName": "a@x.io", "name": {"givenName": "A", "familyName": "B"},
        "emails": [{"primary": true, "type": "work", "value": "a@x.io"}], "active": false});
    let updated = replace(rt, &stored, &body).unwrap().resource;
    assert_eq!(updated["active"], false);
}

#[test]
fn jumpcloud_groups() {
    let rt = ResourceType::group();
    // Inferred: created empty, filled afterwards.
    let created =
        create(rt, &json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Engineering", "members": []}));
    assert_eq!(created.unwrap().elements, Some(vec![]));

    // Reported (github.com/ssoready/ssoready, internal/authservice/scim.go): renamed by a replacement
    // without a path, possibly with more keys.
    let (renamed, changes) = group(json!([{"op": "replace", "value": {"displayName": "New name"}}]));
    assert_eq!((renamed["displayName"].as_str(), changes), (Some("New name"), vec![]));
    let (renamed, _) = group(json!([{"op": "replace", "value": {"displayName": "New name", "id": "g", "externalId": "e"}}]));
    assert_eq!(renamed["externalId"], "e");
    assert_eq!(renamed.get("id"), None);

    // Reported (same file; and github.com/Infisical/infisical pull 2138: it repeats additions).
    let (_, changes) = group(json!([{"op": "add", "path": "members", "value": [{"value": "U1"}]}]));
    assert_eq!(changes, [ElementChange::Add(members(&["U1"]))]);

    // Reported (app.uni-moni.com, "SSO setup with JumpCloud"): removal with a list, which must not
    // empty the group.
    let (_, changes) = group(json!([{"op": "remove", "path": "members", "value": [{"value": "U1"}]}]));
    assert_eq!(changes, [ElementChange::Remove(vec!["U1".into()])]);
}

#[test]
fn okta_users() {
    // Documented (developer.okta.com, SCIM 2.0 reference).
    let user = patch_user(json!([{"op": "replace", "value": {"active": false}}]));
    assert_eq!(user["active"], false);
    // Creation with a password, and with groups, which only the service provider writes.
    let created = create(
        ResourceType::user(),
        &json!({
            "schemas": [CORE], "userName": "test.user@okta.local", "name": {"givenName": "Test", "familyName": "User"},
            "emails": [{"primary": true, "value": "test.user@okta.local", "type": "work"}], "displayName": "Test User",
            "locale": "en-US", "externalId": "00ujl29u0le5T6Aj10h7", "groups": [], "password": "1mz050nq", "active": true,
        }),
    );
    let created = Value::Object(created.unwrap().resource).to_string();
    assert!(!created.contains("1mz050nq") && !created.contains("password"));
}

#[test]
fn okta_groups() {
    // Documented (developer.okta.com, SCIM 2.0 reference).
    let (_, changes) = group(json!([
        {"op": "remove", "path": "members[value eq \"89bb1940-b905-4575-9e7f-6f887cfb368e\"]"},
        {"op": "add", "path": "members", "value": [{"value": "23a35c27-23d3-4c03-b4c5-6443c09e7173", "display": "test.user@okta.local"}]},
    ]));
    assert_eq!(
        changes,
        [
            ElementChange::Remove(vec!["89bb1940-b905-4575-9e7f-6f887cfb368e".into()]),
            ElementChange::Add(members(&["23a35c27-23d3-4c03-b4c5-6443c09e7173"])),
        ]
    );
    let (_, changes) = group(json!([{"op": "replace", "path": "members",
        "value": [{"value": "23a3", "display": "a@x"}, {"value": "89bb", "display": "b@x"}]}]));
    assert_eq!(changes, [ElementChange::Replace(members(&["23a3", "89bb"]))]);
    let (renamed, changes) = group(json!([{"op": "replace", "value": {"id": "abf4dd94", "displayName": "Renamed"}}]));
    assert_eq!((renamed["displayName"].as_str(), changes), (Some("Renamed"), vec![]));
}

#[test]
fn entra_users() {
    // Documented (learn.microsoft.com, "Use SCIM to provision users and groups" and "Known issues with
    // SCIM 2.0 protocol compliance"): as it is without the compliance flag, and with it.
    let user = patch_user(json!([{"op": "Replace", "path": "active", "value": "False"}]));
    assert_eq!(user["active"], false);
    let user = patch_user(json!([
        {"op": "replace", "path": "emails[type eq \"work\"].value", "value": "TestMhvaes@test.microsoft.com"},
        {"op": "replace", "value": {"displayName": "Bjfe", "name.givenName": "Kkom", "name.familyName": "Unua",
            format!("{ENT}:employeeNumber"): "Aklq"}},
    ]));
    assert_eq!(user["emails"], json!([{"primary": true, "type": "work", "value": "TestMhvaes@test.microsoft.com"}]));
    assert_eq!(user["displayName"], "Bjfe");
    assert_eq!(user["name"], json!({"givenName": "Kkom", "familyName": "Unua"}));
    assert_eq!(user[ENT], json!({"employeeNumber": "Aklq"}));
    // An address of a kind the user does not have yet.
    let user = patch_user(json!([{"op": "Add", "path": "emails[type eq \"other\"].value", "value": "o@x"}]));
    assert_eq!(user["emails"][1], json!({"type": "other", "value": "o@x"}));
    // A manager as a bare string, in a body and in an operation.
    let user = patch_user(json!([{"op": "Add", "path": format!("{ENT}:manager"), "value": "271b78c9"}]));
    assert_eq!(user[ENT], json!({"manager": {"value": "271b78c9"}}));
    let created = create(ResourceType::user(), &json!({"userName": "a", ENT: {"manager": "271b78c9"}}));
    assert_eq!(created.unwrap().resource[ENT], json!({"manager": {"value": "271b78c9"}}));
    // Booleans as text inside elements (github.com/Paul-E/scim-v2-rust, a fixture of Entra's validator).
    let user = patch_user(json!([{"op": "Add", "path": "roles", "value": [{"primary": "True", "value": "r"}]}]));
    assert_eq!(user["roles"], json!([{"primary": true, "value": "r"}]));
    let user = patch_user(json!([{"op": "Add", "path": "roles[primary eq \"True\"].display", "value": "R"}]));
    assert_eq!(user["roles"], json!([{"primary": true, "display": "R"}]));
}

#[test]
fn entra_groups() {
    let rt = ResourceType::group();
    // Documented: a second schema that is none of SCIM's, which is tolerated and not repeated.
    let ad = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group";
    let core = "urn:ietf:params:scim:schemas:core:2.0:Group";
    let created = create(
        rt,
        &json!({"schemas": [core, ad], "externalId": "8aa1a0c0", "displayName": "displayName", "meta": {"resourceType": "Group"}}),
    );
    let created = created.unwrap();
    assert_eq!(created.resource["schemas"], json!([core]));
    assert_eq!(created.elements, None);
    // Documented: members without the compliance flag.
    let (_, changes) = group(json!([
        {"op": "Add", "path": "members", "value": [{"$ref": null, "value": "f648f8d5ea4e4cd38e9c"}]},
        {"op": "Remove", "path": "members", "value": [{"$ref": null, "value": "f648f8d5ea4e4cd38e9c"}]},
    ]));
    assert_eq!(
        changes,
        [ElementChange::Add(members(&["f648f8d5ea4e4cd38e9c"])), ElementChange::Remove(vec!["f648f8d5ea4e4cd38e9c".into()]),]
    );
}

#[test]
fn lookups_find_the_user_that_was_created() {
    let rt = ResourceType::user();
    let user = create(rt, &jumpcloud_create()).unwrap().resource;
    let table = [
        // JumpCloud and Okta, by name; Entra by the rest.
        (r#"userName eq "testuser@example.io""#, true),
        (r#"userName eq "TestUser@Example.IO""#, true),
        ("externalId eq 66e2d689590450d073d2df3b", true),
        (r#"externalId eq "66e2d689590450d073d2df3b""#, true),
        (r#"externalId eq "66E2D689590450D073D2DF3B""#, false),
        (r#"emails[type eq "work"].value eq "testuser@example.io""#, true),
        (r#"emails.value eq "testuser@example.io" and active eq true"#, true),
        (r#"userName eq "somebody@else""#, false),
    ];
    for (filter, expected) in table {
        assert_eq!(Filter::parse(filter, rt).unwrap().matches(rt, &user), expected, "{filter}");
    }
}
