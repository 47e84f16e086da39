//! Connecting an identity provider, and watching it.

use doorlist_tests::callers::text;
use doorlist_tests::{Client, Page, Tenant, Visitor};
use serde_json::json;

use crate::shared;

fn visitor(tenant: &Tenant) -> Visitor {
    let key = text(&tenant.post("/keys", &json!({"name": "Admin", "role": "admin"})).expect(201), "key");
    Visitor::signed_in(tenant.operator.address(), &key)
}

fn done(page: &Page) -> Vec<bool> {
    page.texts("#progress .checks .badge").into_iter().map(|word| word == "Done").collect()
}

#[test]
fn jumpcloud_is_connected_step_by_step() {
    let tenant = shared::tenant("Wizard");
    let mut visitor = visitor(&tenant);
    let base = format!("/dashboard/tenants/{}/integrations", tenant.id);
    let page = visitor.get(&base);
    page.says("Connect JumpCloud");
    let page = visitor.get(&format!("{base}/new/jumpcloud"));
    page.says("Administrator or Administrator with Billing").says("5 to 15 minutes");
    let page = visitor.submit(&page, "/new/jumpcloud", &[("name", "Our JumpCloud")]);
    page.says("Upper and lower case differ");
    let page = visitor.submit(&page, "/new/jumpcloud", &[("groups", "some"), ("prefixes", "nb-\n\n  Team \n")]);
    let page = visitor.submit(&page, "/new/jumpcloud", &[("users", "some"), ("userGroups", "NB-Staff")]);
    page.says("starting with nb-, Team").says("members of groups NB-Staff").says("Our JumpCloud");
    assert_eq!(tenant.all("/connections").len(), 0, "nothing is made before the last step");
    let page = visitor.submit(&page, "/new/jumpcloud", &[]);
    assert!(page.path.ends_with("/credentials"), "{}", page.path);
    let (url, token) = (page.attribute("#base-url", "value"), page.attribute("#token", "value"));
    assert!(url.ends_with("/scim/v2") && token.starts_with("dl_scim_"), "{url} {token}");
    page.says("SSO Applications").says("Identity Management").says("Test User Email");
    let made = tenant.all("/connections").remove(0);
    assert_eq!(made["groupPrefixes"], json!(["nb-", "Team"]));
    assert_eq!((&made["userGroups"], &made["userGroupMatch"]), (&json!(["NB-Staff"]), &json!("exact")));

    // Coming back shows no token, and makes no other one.
    let back = visitor.get(&page.path);
    assert!(!back.path.ends_with("/credentials") && !back.html.contains(&token), "a token is shown once");
    assert_eq!(tenant.all(&format!("/connections/{}/tokens", text(&made, "id"))).len(), 1);
    assert_eq!(done(&back), [false; 5]);
    back.says("Nothing has come yet.").says("which cannot be reached from outside");

    // JumpCloud comes: its test, its test user, a user and a group.
    let client = Client::new(tenant.operator.address(), &token, &text(&made, "id"));
    let _ = client.get("/Users?startIndex=1&count=1").expect(200);
    let user = client.user("first@example.com");
    client.group("NB-Staff", &[&user]);
    tenant.synced();
    let address = format!("{base}/{}", text(&made, "id"));
    let page = doorlist_tests::eventually("the page turns green", || Some(visitor.get(&address)).filter(|page| done(page) == [true; 5]));
    page.says("Connected").says("1 group seen, and it does not start with “nb-”; 1 starts with “NB-”. Upper and lower case differ.");
    // When it was last heard of is gathered for a moment.
    doorlist_tests::eventually("it is said when", || visitor.get(&address).text().contains("Synced just now").then_some(()));
    let page = visitor.get(&base);
    page.says("Our JumpCloud").says("1 user and 1 group came");

    // The filter is put right.
    let page = visitor.get(&address);
    let page = visitor.submit(&page, &address[address.len() - 36..], &[("groupPrefixes", "NB-")]);
    page.says("Saved.");
    tenant.synced();
    assert_eq!(tenant.all("/groups").len(), 1);
}

#[test]
fn a_connection_is_switched_off_and_given_another_token_and_deleted() {
    let tenant = shared::tenant("Switched");
    let client = tenant.connect();
    let mut visitor = visitor(&tenant);
    let base = format!("/dashboard/tenants/{}/integrations", tenant.id);
    let page = visitor.get(&base);
    let page = visitor.submit(&page, "/switch", &[("enabled", "false")]);
    page.says("Off");
    let _ = client.get("/Users").scim_error(403, None);
    let page = visitor.submit(&page, "/switch", &[("enabled", "true")]);
    assert_eq!(page.texts(".cards .badge.good"), ["On"]);
    let _ = client.get("/Users").expect(200);
    let address = format!("{base}/{}", client.connection);
    let page = visitor.get(&address);
    let page = visitor.submit(&page, "/tokens", &[]);
    let token = page.attribute("#token", "value");
    let other = Client::new(tenant.operator.address(), &token, &client.connection);
    let _ = other.get("/Users").expect(200);
    let _ = client.get("/Users").expect(200);
    let page = visitor.get(&address);
    let page = visitor.submit(&page, &format!("{}/delete", client.connection), &[]);
    page.says("Deleted.");
    let _ = other.get("/Users").scim_error(401, None);
}

#[test]
fn what_is_wrong_in_the_wizard_stands_at_its_step() {
    let tenant = shared::tenant("Wrong wizard");
    let mut visitor = visitor(&tenant);
    let base = format!("/dashboard/tenants/{}/integrations/new/okta", tenant.id);
    let page = visitor.get(&format!("{base}?step=4&name=&groups=all&users=all"));
    let page = visitor.submit(&page, "/new/okta", &[]);
    assert_eq!(page.status, 400);
    page.says("Step 1 of 4");
    let page = visitor.get(&format!("{base}?step=4&name=Okta&groups=some&prefixes={}", "x".repeat(300)));
    let page = visitor.submit(&page, "/new/okta", &[]);
    assert_eq!(page.status, 400);
    page.says("Step 2 of 4");
    assert_eq!(visitor.get(&format!("/dashboard/tenants/{}/integrations/new/other", tenant.id)).status, 404);
}

#[test]
fn an_external_id_that_changes_is_told_on_the_card_and_the_page() {
    let tenant = shared::tenant("Changing ids by page");
    let client = tenant.connect();
    let mut visitor = visitor(&tenant);
    let base = format!("/dashboard/tenants/{}/integrations", tenant.id);
    let ada = text(&client.post("/Users", &json!({"userName": "ada@example.com", "externalId": "1"})).expect(201), "id");
    assert!(!visitor.get(&base).text().contains("externalId changes"));
    for id in ["2", "3"] {
        client.set(&ada, &json!({"externalId": id}));
    }
    visitor.get(&base).says("externalId changes");
    visitor
        .get(&format!("{base}/{}", client.connection))
        .says("The externalId of 1 user changed more than once; the last one was “ada@example.com”");
}

#[test]
fn a_connection_that_is_long_at_work_stays_connected() {
    let tenant = shared::tenant("Long at work");
    let client = tenant.connect();
    let mut visitor = visitor(&tenant);
    let _ = client.get("/Users").expect(200);
    let ada = client.user("ada@example.com");
    client.group("Staff", &[&ada]);
    let address = format!("/dashboard/tenants/{}/integrations/{}", tenant.id, client.connection);
    doorlist_tests::eventually("the page turns green", || (done(&visitor.get(&address)) == [true; 5]).then_some(()));
    // So many that the test is none of the latest.
    (0..201).for_each(|number| client.set(&ada, &json!({"title": format!("Pilot {number}")})));
    let page = visitor.get(&address);
    assert_eq!(done(&page), [true; 5]);
    page.says("Connected");
}
