//! Signing in and out, and what no form may do.

use doorlist_tests::callers::text;
use doorlist_tests::{Server, Visitor};
use serde_json::json;

use super::page_of;
use crate::shared;

/// A key of a tenant with this role.
fn key(tenant: &doorlist_tests::Tenant, role: &str) -> String {
    text(&tenant.post("/keys", &json!({"name": role, "role": role})).expect(201), "key")
}

#[test]
fn a_key_opens_the_dashboard_until_one_signs_out() {
    let tenant = shared::tenant("Door");
    let (address, key) = (tenant.operator.address(), key(&tenant, "admin"));
    let mut visitor = Visitor::new(address);
    let wanted = format!("/dashboard/tenants/{}/integrations", tenant.id);
    let door = visitor.get(&format!("{wanted}?x=1"));
    assert!(door.path.starts_with("/dashboard/sign-in?next="), "{}", door.path);
    let page = visitor.submit(&door, "/sign-in", &[("key", &key)]);
    assert_eq!((page.path.as_str(), page.status), (format!("{wanted}?x=1").as_str(), 200), "one comes back to where one wanted to go");
    page.says("Door").says("Signed in as admin, key admin").says("No identity provider is connected yet");
    // A key of one tenant begins there.
    assert_eq!(visitor.get("/").path, wanted);
    let session = visitor.cookie("doorlist_session").unwrap().to_owned();
    let page = visitor.submit(&page, "/sign-out", &[]);
    assert!(page.path.ends_with("/sign-in"));
    assert_eq!(visitor.cookie("doorlist_session"), None);
    visitor.set_cookie("doorlist_session", &session);
    assert!(visitor.get(&wanted).path.contains("/sign-in"), "the session is over, also for who kept the cookie");
    let log = tenant.all("/activity");
    let actions: Vec<&str> =
        log.iter().filter_map(|entry| entry["action"].as_str()).filter(|action| action.contains("/dashboard")).collect();
    assert_eq!(actions, ["POST /dashboard/sign-out", "POST /dashboard/sign-in"]);
}

/// What was typed is gone, so the page for signing in says so, and leads back to where it was typed.
#[test]
fn a_form_that_comes_too_late_is_told_and_leads_back() {
    let tenant = shared::tenant("Too late");
    let key = key(&tenant, "owner");
    for (form, above) in [
        ("/settings/name", "/settings"),
        ("/settings/keys/x/delete", "/settings"),
        ("/integrations/new/generic", "/integrations/new/generic"),
        ("/users", "/users"),
        ("/policies/draft", "/policies"),
        ("/plugins", "/plugins"),
    ] {
        let mut visitor = Visitor::signed_in(tenant.operator.address(), &key);
        let page = visitor.get(&page_of(&tenant, "/settings"));
        let token = page.attribute("header input[name=csrf]", "value");
        let cookie = visitor.cookie("doorlist_session").unwrap().to_owned();
        visitor.submit(&page, "/sign-out", &[]);
        visitor.set_cookie("doorlist_session", &cookie);
        let door = visitor.post(&page_of(&tenant, form), &[("csrf", &token), ("name-of-tenant", "Never")]);
        assert!(door.path.starts_with("/dashboard/sign-in"), "{form}: {}", door.path);
        door.says("Your session has ended; sign in again. What you had typed was not sent.");
        let back = visitor.submit(&door, "/sign-in", &[("key", &key)]);
        assert_eq!((back.status, back.path), (200, page_of(&tenant, above)), "{form}");
    }
    assert_eq!(tenant.get("").expect(200)["name"], "Too late");
    // Who looked typed nothing, and who signs out twice has what they wanted.
    let mut visitor = Visitor::new(tenant.operator.address());
    for door in [visitor.get("/dashboard"), visitor.post("/dashboard/sign-out", &[])] {
        assert!(!door.text().contains("Your session has ended"), "{}", door.html);
    }
}

/// Without a script a page in between asks.
#[test]
fn what_cannot_be_taken_back_is_asked_first() {
    let tenant = shared::tenant("Asked");
    let mut visitor = Visitor::signed_in(tenant.operator.address(), &key(&tenant, "owner"));
    let made = tenant.post("/users", &json!({"userName": "ada"})).expect(201);
    let user = page_of(&tenant, &format!("/users/{}", text(&made, "id")));
    let page = visitor.get(&user);
    let asked = visitor.submit_once(&page, "/delete", &[]);
    assert_eq!(asked.status, 200);
    asked.says("Are you sure?").says("Delete this user for good?");
    assert_eq!(asked.attribute("#question a", "href"), user);
    assert_eq!(visitor.get(&user).status, 200, "nothing is done yet");
    visitor.submit_once(&asked, "/delete", &[]).says("Deleted.");
    assert_eq!(visitor.get(&user).status, 404);
    // What the form had goes along.
    let operator = shared::server().operator();
    let mut root = Visitor::signed_in(operator.address(), operator.key());
    let key = doorlist::signature::SecretKey::generate().unwrap().public().to_string();
    let _ = tenant.patch("", &json!({"signingKeys": [{"name": "CI", "publicKey": key}]})).expect(200);
    let page = root.get(&page_of(&tenant, "/settings/plugins"));
    let asked = root.submit_once(&page, "/plugins/keys/delete", &[]);
    assert_eq!(tenant.get("").expect(200)["signingKeys"][0]["publicKey"], key);
    root.submit_once(&asked, "/plugins/keys/delete", &[]).says("Saved.");
    assert_eq!(tenant.get("").expect(200)["signingKeys"], json!([]));
}

#[test]
fn a_key_that_is_deleted_ends_its_sessions() {
    let tenant = shared::tenant("Revoked session");
    let made = tenant.post("/keys", &json!({"name": "Short", "role": "auditor"})).expect(201);
    let mut visitor = Visitor::signed_in(tenant.operator.address(), &text(&made, "key"));
    let _ = tenant.delete(&format!("/keys/{}", text(&made, "id"))).expect(204);
    assert!(visitor.get(&format!("/dashboard/tenants/{}/integrations", tenant.id)).path.contains("/sign-in"));
}

#[test]
fn what_opens_nothing_is_told_and_leads_nowhere() {
    let tenant = shared::tenant("Wrong key");
    let address = tenant.operator.address();
    for wrong in ["", "nonsense", "dl_key_0000000000000000000000000000000000000000000000", &"x".repeat(10_000)] {
        let mut visitor = Visitor::new(address);
        let page = visitor.sign_in(wrong);
        assert_eq!(page.status, 401);
        page.says("This key opens nothing.");
        assert!(!page.html.contains("xxxxxxxx"), "a key is not shown again");
        assert_eq!(visitor.cookie("doorlist_session"), None);
    }
    // Nobody is sent elsewhere by an address that somebody else made.
    let key = key(&tenant, "auditor");
    for next in [
        "https://example.com/",
        "//example.com",
        "/\\example.com",
        "/dashboard/\\example.com",
        "/dashboard/../../evil",
        "/dashboard/%2e%2E/evil",
        "/dashboard/.\t./evil",
    ] {
        let mut visitor = Visitor::new(address);
        let door = visitor.get("/dashboard/sign-in");
        let page = visitor.submit(&door, "/sign-in", &[("key", &key), ("next", next)]);
        assert!(page.path.starts_with("/dashboard/tenants/"), "{next}: {}", page.path);
    }
}

#[test]
fn a_form_without_its_token_does_nothing() {
    let tenant = shared::tenant("Forged");
    let (address, key) = (tenant.operator.address(), key(&tenant, "owner"));
    let other = Visitor::signed_in(address, &key);
    let mut visitor = Visitor::signed_in(address, &key);
    let page = visitor.get("/dashboard");
    let token = page.attribute("header input[name=csrf]", "value");
    let create = format!("/dashboard/tenants/{}/integrations/new/generic", tenant.id);
    for forged in [vec![], vec![("csrf", "")], vec![("csrf", "0".repeat(64).leak() as &str)]] {
        let fields: Vec<(&str, &str)> = forged.into_iter().chain([("name", "Forged")]).collect();
        let page = visitor.post(&create, &fields);
        assert_eq!(page.status, 403);
        page.says("This form is out of date");
    }
    // That of another session is none either, and signing in wants one as well.
    let mut theirs = other;
    let page = theirs.post(&create, &[("csrf", &token), ("name", "Forged")]);
    assert_eq!(page.status, 403);
    let page = Visitor::new(address).post("/dashboard/sign-in", &[("key", &key)]);
    assert_eq!(page.status, 403);
    assert_eq!(tenant.all("/connections").len(), 0);
    // It says how to go on, and leads to where the form was.
    let page = visitor.post(&page_of(&tenant, "/settings/name"), &[("name-of-tenant", "Forged")]);
    page.says("Nothing was done. A page that was open when you signed in anew has to be opened again");
    assert_eq!(page.attribute("main a.primary", "href"), page_of(&tenant, "/settings"));
    // The token is right: it was the token that was missing.
    let page = visitor.post(&create, &[("csrf", &token), ("name", "Ours")]);
    assert_eq!(page.status, 200);
    assert_eq!(tenant.all("/connections").len(), 1);
}

#[test]
fn pages_are_of_whoever_may_see_them() {
    let (tenant, other) = (shared::tenant("Seen"), shared::tenant("Unseen"));
    let client = other.connect();
    let mut visitor = Visitor::signed_in(tenant.operator.address(), &key(&tenant, "owner"));
    for below in ["", "/integrations", "/integrations/new/jumpcloud", &format!("/integrations/{}", client.connection)] {
        let page = visitor.get(&format!("/dashboard/tenants/{}{below}", other.id));
        assert_eq!(page.status, 404, "{below}");
        assert!(!page.html.contains("Unseen"));
    }
    let page = visitor.get("/dashboard/nothing");
    assert_eq!(page.status, 404);
    // Within a tenant one finds on from a page that is not there.
    let page = visitor.get(&page_of(&tenant, "/nothing/at/all"));
    assert_eq!((page.status, page.texts("nav a[href$='/users']").len()), (404, 1), "{}", page.html);
    assert_eq!(page.texts("nav a[href$='/events']"), ["Events"]);
    for elsewhere in [page_of(&other, "/nothing"), "/dashboard/tenants/x/nothing".to_owned()] {
        let page = visitor.get(&elsewhere);
        assert_eq!((page.status, page.texts("nav").len()), (404, 0), "{}", page.html);
    }
    // An auditor sees, and is offered nothing to change.
    let mut auditor = Visitor::signed_in(tenant.operator.address(), &key(&tenant, "auditor"));
    let page = auditor.get(&format!("/dashboard/tenants/{}/integrations", tenant.id));
    assert_eq!(page.status, 200);
    assert_eq!(page.texts("main form").len(), 0);
    let token = page.attribute("header input[name=csrf]", "value");
    let page = auditor.post(&format!("/dashboard/tenants/{}/integrations/new/generic", tenant.id), &[("csrf", &token), ("name", "Mine")]);
    assert_eq!(page.status, 403);
    page.says("This needs a key with the role admin or above.");
    assert_eq!(tenant.all("/connections").len(), 0);
}

#[test]
fn an_owner_makes_tenants() {
    let operator = shared::server().operator();
    let mut visitor = Visitor::signed_in(operator.address(), operator.key());
    let page = visitor.get("/dashboard");
    let name = "<b>Bold</b> & \"quoted\"";
    let page = visitor.submit(&page, "/tenants", &[("name", name)]);
    assert_eq!(page.status, 200);
    page.says(name);
    assert!(!page.html.contains("<b>Bold"), "a name is no markup");
    let start = visitor.get("/dashboard");
    let page = visitor.submit(&start, "/tenants", &[("name", " ")]);
    assert_eq!(page.status, 400);
    assert_eq!(page.texts("#refusal").len(), 1);
}

/// Somebody who keeps trying is told to wait, and keeps nobody else out.
#[test]
fn whoever_fails_too_often_waits_and_others_do_not() {
    let server = Server::start();
    let operator = server.operator();
    let mut stranger = Visitor::new(server.address());
    let waits = (0..200).find(|_| stranger.sign_in("dl_key_nonsense").status == 429);
    assert!(waits.is_some_and(|before| before >= 10), "some attempts are free: {waits:?}");
    let _ = Visitor::signed_in(server.address(), operator.key());
}
