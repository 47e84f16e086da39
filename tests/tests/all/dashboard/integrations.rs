//! Connecting an identity provider, and watching it.

use doorlist_tests::callers::text;
use doorlist_tests::{Client, Page, Tenant, Visitor};
use scraper::Selector;
use serde_json::json;

use crate::shared;

fn visitor(tenant: &Tenant) -> Visitor {
    super::visitor(tenant, "admin")
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
    let page = visitor.submit(&page, "/new/jumpcloud", &[("groups", "some"), ("groupPrefixes", "nb-\r\n\r\nTeam\r\n")]);
    let page = visitor.submit(&page, "/new/jumpcloud", &[("users", "some"), ("userGroups", "NB-Staff")]);
    page.says("starting with “nb-” , “Team”").says("members of the groups “NB-Staff”").says("Our JumpCloud");
    assert_eq!(tenant.all("/connections").len(), 0, "nothing is made before the last step");
    let page = visitor.submit(&page, "/new/jumpcloud", &[]);
    assert!(page.path.ends_with("/credentials?step=5"), "{}", page.path);
    let (url, token) = (page.attribute("#base-url", "value"), page.attribute("#token", "value"));
    assert!(url.ends_with("/scim/v2") && token.starts_with("dl_scim_"), "{url} {token}");
    page.says("SSO Applications").says("Identity Management").says("Test User Email").says("Step 5 of 5");
    let made = tenant.all("/connections").remove(0);
    assert_eq!(made["groupPrefixes"], json!(["nb-", "Team"]));
    assert_eq!((&made["userGroups"], &made["userGroupMatch"]), (&json!(["NB-Staff"]), &json!("exact")));

    // Coming back shows no token, and makes no other one.
    let back = visitor.get(&page.path);
    assert!(!back.path.contains("/credentials") && !back.html.contains(&token), "a token is shown once");
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
    let page = visitor.get(&format!("{address}/settings"));
    let page = visitor.submit(&page, "/settings", &[("groupPrefixes", "NB-")]);
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
    let page = visitor.get(&format!("{address}/settings"));
    let page = visitor.submit(&page, &format!("{}/delete", client.connection), &[]);
    page.says("Deleted.");
    let _ = other.get("/Users").scim_error(401, None);
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

/// Where a connection's page is.
fn page_of(tenant: &Tenant, client: &Client, below: &str) -> String {
    super::page_of(tenant, &format!("/integrations/{}{below}", client.connection))
}

#[test]
fn settings_keep_to_the_letter_what_nobody_touched() {
    let tenant = shared::tenant("Kept settings");
    let filters =
        json!({"provider": "okta", "name": "Old", "groupPrefixes": ["x ", " y"], "userGroups": ["Team "], "userGroupMatch": "prefix"});
    let client = tenant.connect_with(&filters);
    let connection = format!("/connections/{}", client.connection);
    let shown = || {
        let shown = tenant.get(&connection).expect(200);
        json!({"provider": "okta", "name": shown["name"], "groupPrefixes": shown["groupPrefixes"], "userGroups": shown["userGroups"],
            "userGroupMatch": shown["userGroupMatch"]})
    };
    let mut visitor = visitor(&tenant);
    let address = page_of(&tenant, &client, "/settings");
    let page = visitor.get(&address);
    page.says("“x ” begins or ends with a space, which counts.").says("“Team ” begins or ends with a space, which counts.");
    let mut expected = filters;
    let saved = visitor.submit(&page, "/settings", &[("name", " New ")]);
    saved.says("Saved.");
    expected["name"] = json!("New");
    assert_eq!(shown(), expected);
    // What somebody else changed meanwhile stays as well.
    let _ = tenant.patch(&connection, &json!({"groupPrefixes": ["z "], "userGroupMatch": "exact"})).expect(200);
    let _ = visitor.submit(&page, "/settings", &[("name", "Newer")]);
    (expected["name"], expected["groupPrefixes"], expected["userGroupMatch"]) = (json!("Newer"), json!(["z "]), json!("exact"));
    assert_eq!(shown(), expected);
    let _ = visitor.submit(&page, "/settings", &[("name", "Newer"), ("userGroups", "Team \r\n\r\n  Pilots\r\n")]);
    expected["userGroups"] = json!(["Team ", "  Pilots"]);
    assert_eq!(shown(), expected);
    // Nothing but a name and nothing at all are no new revision.
    let before = tenant.get("/pipeline").expect(200)["revision"].clone();
    let page = visitor.get(&address);
    visitor.submit(&page, "/settings", &[]).says("Saved.");
    assert_eq!((shown(), tenant.get("/pipeline").expect(200)["revision"].clone()), (expected, before));
}

#[test]
fn settings_refuse_what_would_count_for_nothing() {
    let tenant = shared::tenant("Refused settings");
    let client = tenant.connect_with(&json!({"provider": "okta", "name": "Okta", "groupPrefixes": ["NB-"]}));
    let mut visitor = visitor(&tenant);
    let address = page_of(&tenant, &client, "/settings");
    let page = visitor.get(&address);
    assert!(!page.html.contains("http-equiv"), "a page with something to fill in is not loaded again by itself");
    let cases: [(&[(&str, &str)], &str, &str); 5] = [
        (
            &[("groupPrefixes", " \r\n")],
            "#groupPrefixes-wrong",
            "Enter at least one beginning of a name, or choose “All groups that are sent”.",
        ),
        (
            &[("groups", "all")],
            "#groupPrefixes-wrong",
            "You typed “NB-”, which counts only with “Only groups whose name starts with one of these”.",
        ),
        (&[("users", "some")], "#userGroups-wrong", "Enter at least one group, or choose “All users that are sent”."),
        (&[("userGroups", "Staff")], "#userGroups-wrong", "You typed “Staff”, which counts only with “Only members of these groups”."),
        (&[("name", " ")], "#name-wrong", "This is blank."),
    ];
    for (fields, at, sentence) in cases {
        let fields = [fields, &[("name", fields.iter().find(|(name, _)| *name == "name").map_or("Typed", |(_, value)| *value))]].concat();
        let refused = visitor.submit(&page, "/settings", &fields);
        assert_eq!(refused.status, 400, "{fields:?}");
        assert!(refused.texts(at).concat().starts_with(sentence), "{fields:?}: {:?}", refused.texts(".wrong"));
        assert_eq!(refused.attribute("#name", "value").trim(), fields.last().unwrap().1.trim(), "what was typed stays");
        assert!(!refused.html.contains("http-equiv"), "it would be lost after some seconds");
        assert_eq!(refused.texts("#refusal").len(), 1);
    }
    let stays = tenant.get(&format!("/connections/{}", client.connection)).expect(200);
    assert_eq!((&stays["name"], &stays["groupPrefixes"]), (&json!("Okta"), &json!(["NB-"])));
    visitor.submit(&page, "/settings", &[("groups", "all"), ("groupPrefixes", "")]).says("Saved.");
    assert_eq!(tenant.get(&format!("/connections/{}", client.connection)).expect(200)["groupPrefixes"], json!([]));
    // Without a script the connection's own page is loaded again, and has nothing to fill in.
    let watched = visitor.get(&page_of(&tenant, &client, ""));
    assert!(
        watched.html.contains("http-equiv") && watched.texts("main input:not([type=hidden]):not([readonly]), main textarea").is_empty()
    );
}

/// The badges that say how a connection's page finds it.
fn state(page: &Page) -> String {
    page.texts("#progress #state .badge").join(", ")
}

#[test]
fn a_connection_that_lets_nobody_in_is_not_green() {
    let tenant = shared::tenant("Nobody gets in");
    let client = tenant.connect();
    let mut visitor = visitor(&tenant);
    let (base, address) = (super::page_of(&tenant, "/integrations"), page_of(&tenant, &client, ""));
    let tokens = format!("/connections/{}/tokens", client.connection);
    let forget =
        || tenant.all(&tokens).iter().for_each(|token| drop(tenant.delete(&format!("{tokens}/{}", text(token, "id"))).expect(204)));
    // Nothing has come, and nothing can.
    forget();
    let page = visitor.get(&address);
    assert_eq!(state(&page), "No valid token: its client is refused");
    page.says("No token is valid. Make one under “Address and tokens”, and enter it in")
        .says("No token is valid: all were deleted or have expired");
    assert!(!page.text().contains("pasted whole"), "{}", page.text());
    let card = visitor.get(&base);
    card.says("No valid token").says("2 warnings");
    assert!(card.texts(".cards .badge.good").is_empty(), "{}", card.text());
    // Everything came, and the token is gone since.
    let page = visitor.submit(&page, "/tokens", &[]);
    let client = Client::new(tenant.operator.address(), &page.attribute("#token", "value"), &client.connection);
    let _ = client.get("/Users").expect(200);
    client.group("Staff", &[&client.user("ada@example.com")]);
    doorlist_tests::eventually("the page turns green", || (state(&visitor.get(&address)) == "Connected").then_some(()));
    let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(3);
    let _ = tenant.post(&tokens, &json!({"expiresAt": format!("{soon:.3}")})).expect(201);
    let (kept, gone): (Vec<_>, Vec<_>) = tenant.all(&tokens).into_iter().partition(|token| token.get("expiresAt").is_some());
    assert_eq!((kept.len(), gone.len()), (1, 1));
    let _ = tenant.delete(&format!("{tokens}/{}", text(&gone[0], "id"))).expect(204);
    doorlist_tests::eventually("the last token has expired", || state(&visitor.get(&address)).starts_with("No valid token").then_some(()));
    let page = visitor.get(&address);
    page.says("Expired");
    assert!(page.texts("#progress > .row .badge.good").is_empty() && !page.text().contains("Connected"));
    // Off is what counts first.
    let _ = tenant.patch(&format!("/connections/{}", client.connection), &json!({"enabled": false})).expect(200);
    assert_eq!(state(&visitor.get(&address)), "Off: its client is refused");
    assert_eq!(visitor.get(&base).texts(".cards > section .badge.good"), [""; 0]);
}

#[test]
fn what_is_likely_to_be_amiss_stands_on_the_card() {
    let tenant = shared::tenant("Warned on cards");
    let client = tenant.connect_with(&json!({"provider": "okta", "name": "Okta", "groupPrefixes": ["nb-", "xy-"]}));
    let mut visitor = visitor(&tenant);
    let _ = client.get("//Users").expect(200);
    client.group("NB-Staff", &[]);
    let base = super::page_of(&tenant, "/integrations");
    let page = doorlist_tests::eventually("the slash is known", || {
        Some(visitor.get(&base)).filter(|page| page.text().contains("Slash behind the base URL"))
    });
    assert_eq!(page.texts("#connections .badge.warning"), ["Base URL", "Slash behind the base URL", "Prefix matches nothing"]);
    assert_eq!(page.texts("#connections a[href$='#warnings']"), ["4 warnings"]);
    let page = visitor.get(&page_of(&tenant, &client, ""));
    page.says("The base URL ends in a slash where it was entered").says("1 group seen, and it does not start with “xy-”.");
    assert_eq!(page.texts("#progress a[href='#warnings']"), ["4 warnings"]);
}

#[test]
fn a_test_of_the_connection_is_no_synchronization() {
    let tenant = shared::tenant("Only tested");
    let client = tenant.connect();
    let mut visitor = visitor(&tenant);
    let pages = [super::page_of(&tenant, "/integrations"), page_of(&tenant, &client, "")];
    let say = |visitor: &mut Visitor, words: &str| {
        for page in &pages {
            doorlist_tests::eventually(&format!("{page} says {words}"), || visitor.get(page).text().contains(words).then_some(()));
        }
    };
    say(&mut visitor, "Not synchronized");
    let _ = client.get("/Users?startIndex=1&count=1").expect(200);
    say(&mut visitor, "Connection tested just now");
    let user = client.user("ada@example.com");
    say(&mut visitor, "Synced just now");
    // It stays so when everybody has gone.
    client.remove(&format!("/Users/{user}"));
    say(&mut visitor, "Synced");
}

/// What changes by itself is said aloud, once: no time is in it, which changes all the while.
#[test]
fn what_changes_by_itself_is_said_and_moves_nothing() {
    let tenant = shared::tenant("Said aloud");
    let client = tenant.connect();
    let mut visitor = visitor(&tenant);
    let page = visitor.get(&page_of(&tenant, &client, ""));
    assert_eq!(page.attribute("#progress [role=status]", "id"), "state");
    assert_eq!(page.texts("#progress [role=status] time").len(), 0);
    assert_eq!(page.texts("main .watch > *:last-child h2"), ["Warnings"]);
}

#[test]
fn sentences_are_those_of_the_provider_and_buttons_say_what_they_copy() {
    let tenant = shared::tenant("Sentences");
    let mut visitor = visitor(&tenant);
    let begin = visitor.get(&super::page_of(&tenant, "/integrations/new/generic"));
    begin.says("You need a role that may set up outbound SCIM in your identity provider, and 10 to 20 minutes.");
    let last = visitor.get(&super::page_of(&tenant, "/integrations/new/generic?step=4&name=Ours"));
    let made = visitor.submit(&last, "/new/generic", &[]);
    made.says("Test the connection in your identity provider: it asks for the list of users.")
        .says("Your identity provider reached Doorlist with the token");
    let last = visitor.get(&super::page_of(&tenant, "/integrations/new/jumpcloud?step=4"));
    let made = visitor.submit(&last, "/new/jumpcloud", &[]);
    let dom = made.dom();
    let copiers = Selector::parse("button.copier").unwrap();
    let labels: Vec<&str> = dom.select(&copiers).filter_map(|button| button.attr("aria-label")).collect();
    assert_eq!(labels, ["Copy API Type", "Copy SCIM Version", "Copy Base URL", "Copy Token Key"]);
    let connection = text(tenant.all("/connections").last().unwrap(), "id");
    let page = visitor.get(&super::page_of(&tenant, &format!("/integrations/{connection}")));
    assert!(!page.text().contains("from above"), "{}", page.text());
    page.says("A token was shown once, when it was made. If it is lost, make another one.");
}

#[test]
fn what_was_refused_says_whose_name_is_taken() {
    let tenant = shared::tenant("Taken names");
    let client = tenant.connect();
    client.user("Ada@example.com");
    let told = client.post("/Users", &json!({"userName": "ADA@example.com"})).scim_error(409, Some("uniqueness"));
    assert_eq!(told, "Another User has this userName: “ada@example.com”.");
    let mut visitor = visitor(&tenant);
    let address = page_of(&tenant, &client, "");
    doorlist_tests::eventually("the refusal is there", || {
        visitor.get(&address).text().contains("has this userName: “ada@example.com”").then_some(())
    });
    visitor.get(&address).says("Refused within the last day");
}

#[test]
fn auditors_are_asked_for_nothing_that_they_cannot_do() {
    let tenant = shared::tenant("Empty for auditors");
    let _ = tenant.put("/pipeline", &json!({"policies": []})).expect(200);
    for (role, may) in [("admin", true), ("auditor", false)] {
        let mut visitor = super::visitor(&tenant, role);
        for (below, asks) in [
            ("/integrations", "Connect yours below"),
            ("/users", "Or add somebody by hand."),
            ("/groups", "Or add one by hand."),
            ("/policies", "Add a policy to filter"),
        ] {
            let page = visitor.get(&super::page_of(&tenant, below));
            assert_eq!(page.texts(".empty").concat().contains(asks), may, "{role} {below}: {}", page.text());
        }
    }
}
