//! Group prefixes and user groups: two filters that do not know each other.

use doorlist_tests::{Client, Tenant};
use serde_json::{Value, json};

use super::{expect_groups, expect_members};
use crate::shared;

fn with_filters(name: &str, prefixes: &[&str], groups: &[&str], matching: &str) -> (Tenant, Client) {
    let tenant = shared::tenant(name);
    let client = tenant.connect_with(
        &json!({"provider": "jumpcloud", "name": name, "groupPrefixes": prefixes, "userGroups": groups, "userGroupMatch": matching}),
    );
    (tenant, client)
}

#[test]
fn without_filters_everything_is_there() {
    let (tenant, client) = with_filters("no filters", &[], &[], "exact");
    let ada = client.user("ada@example.com");
    let _ = client.user("alone@example.com");
    client.group("Staff", &[&ada]);
    client.group("Empty", &[]);
    expect_members(&tenant, &[("ada@example.com", "active"), ("alone@example.com", "active")]);
    expect_groups(&tenant, &[("Staff", &["ada@example.com"]), ("Empty", &[])]);
}

#[test]
fn a_group_is_there_if_its_name_starts_so() {
    let (tenant, client) = with_filters("prefixes", &["NB-", "vpn"], &[], "exact");
    let ada = client.user("ada@example.com");
    for name in ["NB-Staff", "NB-", "vpn", "vpnusers", "nb-staff", "Nb-Staff", "NB", "Marketing", " NB-Staff", "XNB-Staff", "VPN"] {
        let _ = client.group(name, &[&ada]);
    }
    // Nobody is left out: there is no filter on users.
    let member: &[&str] = &["ada@example.com"];
    expect_groups(&tenant, &[("NB-Staff", member), ("NB-", member), ("vpn", member), ("vpnusers", member)]);
    // What the identity provider reads is all it wrote.
    assert_eq!(client.get("/Groups").expect(200)["totalResults"], 11);
}

#[test]
fn a_user_is_there_if_member_of_a_named_group() {
    let names = ["Staff", "Staff-2", "staff", "STAFF", "Staf", "My Staff"];
    let user = |name: &str| format!("{}@example.com", name.replace(' ', "."));
    for (matching, expected) in [("exact", vec!["Staff"]), ("prefix", vec!["Staff", "Staff-2"])] {
        let (tenant, client) = with_filters(matching, &[], &["Staff", "Guests"], matching);
        for name in names {
            // Case and spelling are in the name of the user, so that each group has one of its own.
            let id = client.user(&format!("{}-{}", names.iter().position(|other| *other == name).unwrap(), user(name)));
            let _ = client.group(name, &[&id]);
        }
        let _ = client.user("in-no-group@example.com");
        let expected: Vec<String> =
            expected.into_iter().map(|name| format!("{}-{}", names.iter().position(|other| *other == name).unwrap(), user(name))).collect();
        let expected: Vec<(&str, &str)> = expected.iter().map(|name| (name.as_str(), "active")).collect();
        expect_members(&tenant, &expected);
        assert_eq!(tenant.groups().len(), names.len(), "there is no filter on groups");
        assert_eq!(client.get("/Users").expect(200)["totalResults"], 7);
    }
}

#[test]
fn the_filters_are_independent() {
    let (tenant, client) = with_filters("independent", &["NB-"], &["Everyone"], "exact");
    let (ada, ben, cleo) = (client.user("ada@example.com"), client.user("ben@example.com"), client.user("cleo@example.com"));
    client.group("Everyone", &[&ada, &ben]);
    client.group("NB-Net", &[&ada, &cleo]);
    client.group("NB-Empty", &[]);
    client.group("Other", &[&ben]);
    // Cleo is in a group that is shown, and not in the one that admits users; the one that admits users is not shown.
    expect_members(&tenant, &[("ada@example.com", "active"), ("ben@example.com", "active")]);
    expect_groups(&tenant, &[("NB-Net", &["ada@example.com"]), ("NB-Empty", &[])]);
}

#[test]
fn a_renamed_group_comes_and_goes() {
    let (tenant, client) = with_filters("renames", &["NB-"], &["Staff"], "exact");
    let (ada, ben) = (client.user("ada@example.com"), client.user("ben@example.com"));
    let staff = client.group("Staff", &[&ada, &ben]);
    let net = client.group("Net", &[&ada]);
    expect_groups(&tenant, &[]);
    client.rename(&net, "NB-Net");
    expect_groups(&tenant, &[("NB-Net", &["ada@example.com"])]);
    assert_eq!(tenant.groups()[0]["id"], net.as_str(), "a synced group has the id that SCIM knows");
    client.rename(&net, "NB-Network");
    expect_groups(&tenant, &[("NB-Network", &["ada@example.com"])]);
    client.rename(&net, "nb-network");
    expect_groups(&tenant, &[]);
    // The name of the group that admits users counts as well.
    client.rename(&staff, "Former staff");
    expect_members(&tenant, &[]);
    client.rename(&staff, "Staff");
    client.rename(&net, "NB-Net");
    expect_members(&tenant, &[("ada@example.com", "active"), ("ben@example.com", "active")]);
    expect_groups(&tenant, &[("NB-Net", &["ada@example.com"])]);
}

#[test]
fn membership_decides_at_once() {
    let (tenant, client) = with_filters("membership", &["NB-"], &["NB-Staff"], "exact");
    let (ada, ben) = (client.user("ada@example.com"), client.user("ben@example.com"));
    let staff = client.group("NB-Staff", &[&ada]);
    expect_groups(&tenant, &[("NB-Staff", &["ada@example.com"])]);
    client.join(&staff, &ben);
    expect_groups(&tenant, &[("NB-Staff", &["ada@example.com", "ben@example.com"])]);
    client.leave(&staff, &ada);
    expect_members(&tenant, &[("ben@example.com", "active")]);
    expect_groups(&tenant, &[("NB-Staff", &["ben@example.com"])]);
    let _ = client.put(&format!("/Groups/{staff}"), &json!({"displayName": "NB-Staff", "members": [{"value": ada}]})).expect(200);
    expect_members(&tenant, &[("ada@example.com", "active")]);
    client.remove(&format!("/Groups/{staff}"));
    expect_members(&tenant, &[]);
    expect_groups(&tenant, &[]);
}

/// The order in which users and groups come does not matter.
#[test]
fn a_group_may_come_before_or_after_its_filter() {
    let (tenant, client) = with_filters("order", &[], &["Staff"], "exact");
    let ada = client.user("ada@example.com");
    expect_members(&tenant, &[]);
    let staff = client.group("Staff", &[]);
    expect_members(&tenant, &[]);
    client.join(&staff, &ada);
    expect_members(&tenant, &[("ada@example.com", "active")]);
}

#[test]
fn suspension_and_deletion_reach_the_directory() {
    let (tenant, client) = with_filters("lifecycle", &[], &[], "exact");
    let (ada, ben) = (client.user("ada@example.com"), client.user("ben@example.com"));
    let group = client.group("Group", &[&ada, &ben]);
    client.set(&ada, &json!({"active": false}));
    expect_members(&tenant, &[("ada@example.com", "suspended"), ("ben@example.com", "active")]);
    expect_groups(&tenant, &[("Group", &["ada@example.com", "ben@example.com"])]);
    client.set(&ada, &json!({"active": true}));
    expect_members(&tenant, &[("ada@example.com", "active"), ("ben@example.com", "active")]);
    client.remove(&format!("/Users/{ben}"));
    expect_members(&tenant, &[("ada@example.com", "active")]);
    client.remove(&format!("/Groups/{group}"));
    expect_groups(&tenant, &[]);
    // A user who comes inactive is there, and may not.
    let _ = client.post("/Users", &json!({"userName": "idle@example.com", "active": false})).expect(201);
    let _ = client.post("/Users", &json!({"userName": "silent@example.com"})).expect(201);
    expect_members(&tenant, &[("ada@example.com", "active"), ("idle@example.com", "suspended"), ("silent@example.com", "active")]);
}

#[test]
fn a_changed_filter_is_applied_to_everybody() {
    let (tenant, client) = with_filters("changed filters", &["NB-"], &["NB-Staff"], "exact");
    let (ada, ben) = (client.user("ada@example.com"), client.user("ben@example.com"));
    client.group("NB-Staff", &[&ada]);
    client.group("VPN-Staff", &[&ben]);
    expect_groups(&tenant, &[("NB-Staff", &["ada@example.com"])]);
    let path = format!("/connections/{}", client.connection);
    let change = |body: Value| {
        let changed = tenant.patch(&path, &body).expect(200);
        for (key, value) in body.as_object().unwrap() {
            assert_eq!(changed[key], *value);
        }
    };
    let (a, b): (&[&str], &[&str]) = (&["ada@example.com"], &["ben@example.com"]);
    change(json!({"groupPrefixes": ["VPN-"]}));
    expect_groups(&tenant, &[("VPN-Staff", &[])]);
    change(json!({"userGroups": ["VPN-Staff"]}));
    expect_groups(&tenant, &[("VPN-Staff", b)]);
    expect_members(&tenant, &[("ben@example.com", "active")]);
    change(json!({"groupPrefixes": ["VPN-", "NB-"], "userGroups": ["NB-", "VPN"], "userGroupMatch": "prefix"}));
    expect_groups(&tenant, &[("NB-Staff", a), ("VPN-Staff", b)]);
    change(json!({"groupPrefixes": [], "userGroups": []}));
    let _ = client.user("cleo@example.com");
    expect_members(&tenant, &[("ada@example.com", "active"), ("ben@example.com", "active"), ("cleo@example.com", "active")]);
    change(json!({"userGroups": ["Nobody"], "userGroupMatch": "exact"}));
    expect_members(&tenant, &[]);
    expect_groups(&tenant, &[("NB-Staff", &[]), ("VPN-Staff", &[])]);
    // The inventory never moved.
    assert_eq!(client.get("/Users").expect(200)["totalResults"], 3);
}

/// Entries are trimmed; a blank one would let everything through without anybody noticing.
#[test]
fn blank_entries_are_refused() {
    let tenant = shared::tenant("blank entries");
    for (filters, pointer) in [
        (json!({"groupPrefixes": ["NB-", " "]}), "/groupPrefixes/1"),
        (json!({"userGroups": [""]}), "/userGroups/0"),
        (json!({"userGroupMatch": "suffix"}), "/userGroupMatch"),
        (json!({"groupPrefixes": "NB-"}), "/groupPrefixes"),
        (json!({"groupPrefixes": ["x".repeat(300)]}), "/groupPrefixes/0"),
        (json!({"groupPrefixes": vec!["x"; 101]}), "/groupPrefixes"),
        (json!({"nonsense": true}), "/nonsense"),
    ] {
        let mut body = filters.clone();
        body["provider"] = json!("jumpcloud");
        body["name"] = json!("JumpCloud");
        let reply = tenant.post("/connections", &body);
        let shown = reply.to_string();
        let problem: Value = serde_json::from_slice(&reply.body).unwrap();
        reply.problem(400);
        let pointers: Vec<&str> =
            problem["problems"].as_array().expect("there are problems").iter().filter_map(|one| one["pointer"].as_str()).collect();
        assert!(pointers.contains(&pointer), "{filters}: {shown}");
    }
    assert_eq!(tenant.all("/connections"), Vec::<Value>::new());
    let spaced = tenant.connect_with(&json!({"provider": "generic", "name": " Name ", "groupPrefixes": [" NB- "]}));
    let shown = tenant.get(&format!("/connections/{}", spaced.connection)).expect(200);
    assert_eq!(
        (&shown["name"], &shown["groupPrefixes"]),
        (&json!("Name"), &json!([" NB- "])),
        "a group's name may begin or end with a space"
    );
}
