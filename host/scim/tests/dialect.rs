//! Recognising clients by what they are known to send; see `provider.rs` for where each body comes from.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test stops at the first surprise")]

use doorlist_scim::dialect::{Client, Headers, Trait, Traits};
use serde_json::{Value, json};

use Trait::*;

const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENT: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";

fn body(method: &str, body: Value) -> Traits {
    Traits::of_request(method, &[], Headers::default(), Some(&body))
}

fn patch(operations: Value) -> Traits {
    body("PATCH", json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations}))
}

fn get(parameters: &[(&str, &str)]) -> Traits {
    let parameters: Vec<(String, String)> = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Traits::of_request("GET", &parameters, Headers::default(), None)
}

fn agent(agent: &str) -> Traits {
    Traits::of_request("GET", &[], Headers { user_agent: Some(agent), ..Headers::default() }, None)
}

fn check(table: &[(Traits, &[Trait], Client)]) {
    for (row, (found, expected, client)) in table.iter().enumerate() {
        assert_eq!(found.iter().collect::<Vec<_>>(), *expected, "row {row}");
        assert_eq!(found.looks_like(), *client, "row {row}: {}", found.summary());
    }
}

#[test]
fn jumpcloud_is_known_by_its_activation() {
    check(&[
        // Captured: create, full update, minimal update.
        (
            body(
                "POST",
                json!({"schemas": [CORE, ENT], "userName": "t@example.io", "phoneNumbers": [{"primary": true, "type": "work", "value": "tel:+1-555-555-5555"}],
                "emails": [{"primary": true, "type": "work", "value": "t@example.io"}], "externalId": "66e2d689590450d073d2df3b"}),
            ),
            &[ExtensionWithoutData, PhoneUris],
            Client::JumpCloud,
        ),
        (
            body(
                "PUT",
                json!({"schemas": [ENT, CORE], "id": "d500eedc", "userName": "j@example.com", "addresses": [], "phoneNumbers": [], ENT: {"department": "C-Suite"}}),
            ),
            &[EmptyLists, IdInPut],
            Client::Unknown,
        ),
        (
            body("PUT", json!({"active": true, "emails": null, "id": "5107a4e4", "schemas": [CORE], "userName": "t@example.io"})),
            &[NullLists, IdInPut],
            Client::JumpCloud,
        ),
        // Reported: groups.
        (patch(json!([{"op": "replace", "value": {"displayName": "New name"}}])), &[PathlessReplace], Client::Unknown),
        (patch(json!([{"op": "add", "path": "members", "value": [{"value": "1"}]}])), &[], Client::Unknown),
        (patch(json!([{"op": "remove", "path": "members", "value": [{"value": "1"}]}])), &[RemovalByList], Client::Unknown),
        (agent("JumpCloud/1.0 (SCIM)"), &[JumpCloudAgent], Client::JumpCloud),
    ]);
}

#[test]
fn okta_is_known_by_its_name_and_its_renames() {
    check(&[
        (agent("Okta SCIM Client 1.0.0"), &[OktaAgent], Client::Okta),
        (get(&[("filter", r#"userName eq "test.user@okta.local""#), ("startIndex", "1"), ("count", "100")]), &[], Client::Unknown),
        (
            body("POST", json!({"schemas": [CORE], "userName": "t", "groups": [], "password": "x", "active": true, "locale": "en-US"})),
            &[EmptyLists],
            Client::Unknown,
        ),
        (patch(json!([{"op": "replace", "value": {"active": false}}])), &[PathlessReplace], Client::Unknown),
        (
            patch(json!([{"op": "replace", "value": {"id": "abf4", "displayName": "Renamed"}}])),
            &[PathlessReplace, IdInReplace],
            Client::Okta,
        ),
        (
            patch(json!([{"op": "remove", "path": "members[value eq \"89bb:1940\"]"},
                {"op": "add", "path": "members", "value": [{"value": "23a3", "display": "t@okta.local"}]}])),
            &[RemovalByFilter],
            Client::Unknown,
        ),
    ]);
}

#[test]
fn entra_is_known_with_and_without_its_flag() {
    check(&[
        (patch(json!([{"op": "Replace", "path": "active", "value": "False"}])), &[CapitalisedOperations, StringBooleans], Client::Entra),
        (
            patch(json!([{"op": "Add", "path": "members", "value": [{"$ref": null, "value": "f648"}]}])),
            &[CapitalisedOperations, NullReferences],
            Client::Entra,
        ),
        (
            patch(json!([{"op": "Remove", "path": "members", "value": [{"$ref": null, "value": "f648"}]}])),
            &[CapitalisedOperations, RemovalByList, NullReferences],
            Client::Entra,
        ),
        (
            patch(json!([{"op": "replace", "path": "emails[type eq \"work\"].value", "value": "x@y"},
                {"op": "replace", "value": {"displayName": "B", "name.givenName": "K", format!("{ENT}:employeeNumber"): "A"}}])),
            &[PathlessReplace, QualifiedKeys, FilteredPaths],
            Client::Entra,
        ),
        (patch(json!([{"op": "replace", "value": {ENT: {"department": "D"}}}])), &[PathlessReplace], Client::Unknown),
        (patch(json!([{"op": "remove", "path": "members[value eq \"1\"]"}])), &[RemovalByFilter], Client::Unknown),
        (get(&[("aadOptscim062020", "")]), &[ComplianceFlag], Client::Entra),
        (get(&[("excludedAttributes", "members"), ("filter", r#"displayName eq "x""#)]), &[WithoutMembers], Client::Entra),
        (get(&[("excludedAttributes", "members,meta")]), &[], Client::Unknown),
        (
            body(
                "POST",
                json!({"schemas": [GROUP, "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"], "externalId": "8aa1", "displayName": "d"}),
            ),
            &[MicrosoftSchema],
            Client::Entra,
        ),
        (patch(json!([{"op": "add", "path": format!("{ENT}:manager"), "value": "271b"}])), &[BareManager], Client::Entra),
        (
            patch(json!([{"op": "replace", "value": {format!("{ENT}:manager"): "271b"}}])),
            &[PathlessReplace, QualifiedKeys, BareManager],
            Client::Entra,
        ),
        (body("POST", json!({"userName": "a", ENT: {"manager": "271b"}})), &[BareManager], Client::Entra),
        (patch(json!([{"op": "replace", "path": format!("{ENT}:manager"), "value": {"value": ""}}])), &[EmptyManager], Client::Unknown),
        (patch(json!([{"op": "replace", "path": format!("{ENT}:manager.value"), "value": ""}])), &[EmptyManager], Client::Unknown),
        (body("PUT", json!({ENT: {"manager": {"value": ""}}})), &[EmptyManager], Client::Unknown),
        (patch(json!([{"op": "add", "path": "roles", "value": [{"primary": "True", "value": "r"}]}])), &[StringBooleans], Client::Entra),
        (
            patch(json!([{"op": "add", "path": "roles[primary eq \"True\"].value", "value": "r"}])),
            &[StringBooleans, FilteredPaths],
            Client::Entra,
        ),
        (
            patch(json!([{"op": "replace", "path": "emails[type eq \"work\"].primary", "value": "true"}])),
            &[StringBooleans, FilteredPaths],
            Client::Entra,
        ),
        (agent("Microsoft-Azure-AD/1.0"), &[MicrosoftAgent], Client::Entra),
        (Traits::of_request("GET", &[], Headers { has_adscimversion: true, ..Headers::default() }, None), &[EntraHeader], Client::Entra),
        (
            body(
                "POST",
                json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": [
                    {"method": "PATCH", "path": "/Users/1", "data": {"Operations": [{"op": "Replace", "path": "active", "value": "False"}]}},
                    {"method": "DELETE", "path": "/Users/2"}]}),
            ),
            &[CapitalisedOperations, StringBooleans],
            Client::Entra,
        ),
        (agent("entra provisioning"), &[MicrosoftAgent], Client::Entra),
    ]);
}

#[test]
fn values_without_quotes_are_seen_and_nothing_else_is_taken_for_them() {
    let table = [
        ("externalId eq jyoung", true),
        (r#"emails[type eq work].value eq "x""#, true),
        (r#"userName eq "a b" and externalId EQ x-1"#, true),
        ("(userName eq é)", true),
        (r#"userName eq "jyoung""#, false),
        (r#"userName eq "a eq b""#, false),
        (r#"userName eq "a\" eq b""#, false),
        (r#"userName eq "unended eq b"#, false),
        ("active eq true and x eq null", false),
        ("count gt 5", false),
        ("userName pr", false),
        ("userName eq", false),
        ("", false),
        ("((", false),
        ("eq [", false),
    ];
    for (filter, expected) in table {
        assert_eq!(get(&[("filter", filter)]).contains(UnquotedValues), expected, "{filter}");
    }
}

#[test]
fn what_everybody_sends_tells_nothing() {
    let nothing = Traits::default();
    assert!(nothing.is_empty() && nothing.looks_like() == Client::Unknown);
    assert_eq!(nothing.summary(), "nothing unusual so far");
    for (method, sent) in [
        (
            "POST",
            json!({"schemas": [CORE, ENT], "userName": "a", "active": true, "phoneNumbers": [{"value": "555"}], "emails": [{"value": "a@x", "primary": true}], ENT: {"manager": {"value": "1"}}}),
        ),
        ("PUT", json!({"schemas": [CORE], "userName": "a", "title": null, "displayName": "true", "id": null})),
        (
            "PATCH",
            json!({"Operations": [{"op": "add", "path": "title", "value": "True"}, {"op": "remove", "path": "title"}, {"op": "remove", "path": "members"}]}),
        ),
        ("GET", json!({"id": "1", "emails": null})),
        ("DELETE", json!(null)),
        ("PATCH", json!([1])),
        ("PATCH", json!({"Operations": [1, {}, {"op": 1, "path": 2}]})),
    ] {
        assert_eq!(body(method, sent.clone()), nothing, "{method} {sent}");
    }
    assert_eq!(agent("curl/8.5.0"), nothing);
}

#[test]
fn sets_add_up_and_keep_their_numbers() {
    let numbers: Vec<u64> = Trait::ALL.iter().map(|one| [*one].into_iter().collect::<Traits>().bits()).collect();
    assert_eq!(numbers, (0..24).map(|bit| 1 << bit).collect::<Vec<u64>>(), "stored numbers keep their meaning");
    let mut set = Traits::default();
    set.insert(CapitalisedOperations);
    set.insert(CapitalisedOperations);
    assert_eq!(set.summary(), "sends capitalised operations; looks like Entra");
    set = set.union([StringBooleans].into_iter().collect());
    assert_eq!(set.summary(), "sends capitalised operations and string booleans; looks like Entra");
    set.insert(EmptyLists);
    assert_eq!(set.summary(), "sends capitalised operations, string booleans and empty lists; looks like Entra");
    assert_eq!(Traits::from_bits(set.bits()), set);
    assert_eq!(Traits::from_bits(u64::MAX).iter().count(), Trait::ALL.len());
    assert_eq!(Traits::from_bits(1 << 63), Traits::default());
    let weak: Traits = [EmptyLists].into_iter().collect();
    assert_eq!(weak.summary(), "sends empty lists; not enough to tell who it is");
    // Two that contradict each other.
    let both: Traits = [OktaAgent, MicrosoftAgent].into_iter().collect();
    assert_eq!(both.looks_like(), Client::Unknown);
    let mut sentences: Vec<&str> = Trait::ALL.iter().map(|one| one.sentence()).collect();
    sentences.sort_unstable();
    sentences.dedup();
    assert_eq!(sentences.len(), Trait::ALL.len());
}

#[test]
fn only_the_first_of_many_are_looked_at() {
    let mut operations = vec![json!({"op": "add", "path": "title", "value": "x"}); 1_000];
    operations.push(json!({"op": "Add", "path": "title", "value": "x"}));
    assert!(patch(Value::Array(operations.clone())).is_empty());
    operations.rotate_right(1);
    assert!(patch(Value::Array(operations)).contains(CapitalisedOperations));
    let mut members = vec![json!({"value": "1"}); 1_000];
    members.push(json!({"value": "1", "$ref": null}));
    assert!(body("PUT", json!({"members": members})).is_empty());
    assert!(agent(&format!("{}okta", "é".repeat(1_000))).is_empty());
}
