//! What happened, and what waits: activity, holds, stuck users and groups.

use doorlist_tests::callers::text;
use doorlist_tests::http::query;
use doorlist_tests::{Client, Page, Tenant, Visitor};
use serde_json::json;

use crate::shared;

fn visitor(tenant: &Tenant, role: &str) -> Visitor {
    let key = text(&tenant.post("/keys", &json!({"name": format!("The {role}"), "role": role})).expect(201), "key");
    Visitor::signed_in(tenant.operator.address(), &key)
}

#[track_caller]
fn get(visitor: &mut Visitor, tenant: &Tenant, below: &str) -> Page {
    let page = visitor.get(&format!("/dashboard/tenants/{}{below}", tenant.id));
    assert_eq!(page.status, 200, "{below}: {}", page.html);
    page
}

#[test]
fn what_happened_is_listed_and_filtered() {
    let tenant = shared::tenant("Dashboard activity");
    let mut visitor = visitor(&tenant, "admin");
    let client = tenant.connect_with(&json!({"provider": "okta", "name": "Our Okta"}));
    let ada = client.user("ada@example.com");
    client.post("/Users", &json!({"userName": "ada@example.com"})).scim_error(409, Some("uniqueness"));
    let group = text(&tenant.post("/groups", &json!({"displayName": "Project"})).expect(201), "id");
    tenant.synced();
    // Refusals are written some moments after they were answered.
    let page = doorlist_tests::eventually("the refusal is in the log", || {
        let page = get(&mut visitor, &tenant, "/activity");
        page.text().contains("Conflict · 409").then_some(page)
    });
    page.says("Our Okta").says("POST /Users").says("Done · 201").says("Operator").says("POST /tenants/{tenant}/groups").says("request ");
    for (kind, id) in [("user", &ada), ("group", &group)] {
        assert!(page.html.contains(&format!("kind={kind}&amp;named={id}")), "what it is about is linked: {}", page.html);
    }
    let rows = |page: &Page| page.texts("tbody tr");
    let failed = visitor.submit(&page, "/activity", &[("outcome", "failed")]);
    assert_eq!(rows(&failed).len(), 1, "{:?}", rows(&failed));
    for (status, number) in [("409", 1), ("4xx", 1), (" 409 ", 1), ("404", 0), ("5XX", 0)] {
        let page = visitor.submit(&page, "/activity", &[("status", status)]);
        assert!(rows(&page).len() == number && rows(&page).iter().all(|row| row.contains("Conflict · 409")), "{status}: {:?}", rows(&page));
        assert_eq!(page.attribute("#status", "value"), status.trim());
    }
    assert_eq!(rows(&visitor.submit(&page, "/activity", &[("status", "4xx"), ("outcome", "ok")])).len(), 0);
    let refused = visitor.submit(&page, "/activity", &[("status", "<b>"), ("outcome", "failed")]);
    assert_eq!((refused.status, refused.texts("tbody tr").len()), (400, 0));
    assert!(refused.texts("#status-wrong")[0].contains("such as 404"), "{}", refused.html);
    assert_eq!(refused.attribute("#status", "value"), "<b>", "what was typed is still there");
    assert_eq!(rows(&visitor.submit(&refused, "/activity", &[("status", "409")])).len(), 1, "and it goes on from there");
    let operators = visitor.submit(&page, "/activity", &[("actor", "operator")]);
    assert!(rows(&operators).iter().all(|row| row.contains("Operator")), "{:?}", rows(&operators));
    operators.says("Operator The admin POST /dashboard/sign-in");
    let of_client = visitor.submit(&page, "/activity", &[("connection", &client.connection)]);
    assert!(rows(&of_client).iter().all(|row| row.contains("Our Okta")) && rows(&of_client).len() >= 2, "{:?}", rows(&of_client));
    // By a name, an id of theirs, or a part of what stands there.
    for (field, value) in [("subject", "ADA@example.com"), ("subject", ada.as_str()), ("text", ada.as_str())] {
        let about = visitor.submit(&page, "/activity", &[(field, value)]);
        about.says("POST /Users").says("about ada@example.com");
        assert_eq!(rows(&about).len(), 1, "{field} {value}: {:?}", rows(&about));
    }
    assert_eq!(rows(&visitor.submit(&page, "/activity", &[("subject", "Project")])).len(), 1);
    visitor.submit(&page, "/activity", &[("subject", "nobody@example.com")]).says("Nothing like that has happened");
    client.remove(&format!("/Users/{ada}"));
    tenant.synced();
    let gone = visitor.submit(&page, "/activity", &[("subject", "ada@example.com")]);
    assert_eq!(rows(&gone).len(), 2, "who has gone is found as well: {:?}", rows(&gone));
    visitor.submit(&page, "/activity", &[("text", "nothing like that")]).says("Nothing like that has happened");
    // The list looks again by itself where scripts run, and only the newest entries do.
    assert_eq!(page.texts("[data-live]#entries").len(), 1);
    assert!(!page.html.contains("http-equiv"), "nobody's half filled filter is loaded away");
}

#[test]
fn a_request_shows_what_was_received_and_answered() {
    let tenant = shared::tenant("Dashboard request");
    let client = tenant.connect();
    let body = json!({"userName": "ada@example.com", "displayName": "<b>Ada</b>", "password": "correct horse"});
    let _ = client.call("POST", "/Users").header("x-request-id", "dashboard-seen").json(&body).send().expect(201);
    let mut visitor = visitor(&tenant, "auditor");
    let page = get(&mut visitor, &tenant, "/activity");
    assert!(page.html.contains("/requests/dashboard-seen"), "{}", page.html);
    let page = get(&mut visitor, &tenant, "/requests/dashboard-seen");
    page.says("ada@example.com").says("<b>Ada</b>").says("Received").says("Answered");
    page.says("POST /Users").says("Done · 201");
    tenant.synced();
    get(&mut visitor, &tenant, "/requests/dashboard-seen").says("about ada@example.com");
    assert!(!page.html.contains("correct horse") && !page.html.contains("<b>Ada"), "{}", page.html);
    get(&mut visitor, &tenant, "/requests/never-seen").says("What was sent is no longer known");
    let other = shared::tenant("Dashboard request elsewhere");
    let mut stranger = self::visitor(&other, "owner");
    get(&mut stranger, &other, "/requests/dashboard-seen").says("What was sent is no longer known");
}

#[test]
fn the_activity_goes_on_page_by_page() {
    let tenant = shared::tenant("Dashboard activity pages");
    for number in 0..55 {
        let _ = tenant.post("/groups", &json!({"displayName": format!("G{number}")})).expect(201);
    }
    let mut visitor = visitor(&tenant, "auditor");
    let page = get(&mut visitor, &tenant, "/activity?actor=operator");
    assert_eq!(page.texts("tbody tr").len(), 50);
    assert_eq!(page.texts("#entries[data-live] a[rel=next]").len(), 1, "where it goes on moves with the list");
    let next = visitor.get(&page.attribute("a[rel=next]", "href"));
    assert!(next.texts("tbody tr").len() >= 5);
    assert_eq!(next.texts("[data-live]#entries").len(), 0);
}

/// A tenant that lets nobody go, with so many who were deleted and are held.
fn held(name: &str, number: usize) -> (Tenant, Client) {
    let tenant = shared::tenant(name);
    let _ = tenant.patch("", &json!({"guard": {"count": 0, "sharePercent": 0}})).expect(200);
    let client = tenant.connect();
    let people: Vec<String> = (0..number).map(|number| client.user(&format!("p{number}@example.com"))).collect();
    // Whoever has only just come may go: these come behind.
    (0..4).for_each(|number| drop(client.user(&format!("visitor{number}@example.com"))));
    tenant.synced();
    people.iter().for_each(|id| client.remove(&format!("/Users/{id}")));
    assert_eq!(tenant.synced()["held"], number);
    (tenant, client)
}

#[test]
fn holds_are_decided_for_some_and_for_all() {
    let (tenant, _client) = held("Dashboard holds", 5);
    let mut visitor = visitor(&tenant, "admin");
    let list = get(&mut visitor, &tenant, "/holds");
    list.says("Open").says("5 held");
    let id = text(&tenant.all("/holds")[0], "id");
    let page = get(&mut visitor, &tenant, &format!("/holds/{id}"));
    page.says("At most 0 members may go within 60 minutes").says("5 members would be removed");
    assert_eq!(page.texts("tbody tr").len(), 5);
    let none = visitor.submit(&page, "/members", &[("action", "release")]);
    assert_eq!(none.status, 400);
    none.says("Tick first whom you mean.");
    let first = text(&tenant.member("p0@example.com"), "id");
    let page = visitor.submit(&page, "/members", &[("members", &first), ("action", "release")]);
    page.says("Released. They go now.");
    tenant.synced();
    assert_eq!(tenant.find_member("p0@example.com"), None);
    let second = text(&tenant.member("p1@example.com"), "id");
    let page = visitor.submit(&page, "/members", &[("members", &second), ("action", "discard")]);
    page.says("Discarded. They stay.").says("Stays");
    let again = visitor.submit(&page, "/members", &[("members", &first), ("action", "discard")]);
    assert_eq!((again.status, again.texts("#refusal").len()), (400, 1), "{}", again.html);
    let page = get(&mut visitor, &tenant, &format!("/holds/{id}"));
    visitor.submit(&page, "/all", &[("action", "release")]);
    tenant.synced();
    let left: Vec<String> = tenant.members().iter().map(|member| text(member, "userName")).filter(|name| name.starts_with('p')).collect();
    assert_eq!(left, ["p1@example.com"]);
    get(&mut visitor, &tenant, "/holds?state=closed").says("Closed").says("4 released, 1 discarded");
    get(&mut visitor, &tenant, "/holds?state=open").says("Nobody is held");
    // Whoever was told to stay can still be let go.
    let page = get(&mut visitor, &tenant, &format!("/holds/{id}"));
    assert_eq!(visitor.submit(&page, "/members", &[("members", &second), ("action", "")]).status, 400, "nothing is done that nobody said");
    visitor.submit(&page, "/members", &[("members", &second), ("action", "release")]).says("Released. They go now.");
    tenant.synced();
    assert_eq!(tenant.find_member("p1@example.com"), None);
}

#[test]
fn the_window_of_a_hold_is_told_as_it_was() {
    let tenant = shared::tenant("Dashboard hold window");
    let _ = tenant.patch("", &json!({"guard": {"count": 0, "sharePercent": 0, "windowSeconds": 90}})).expect(200);
    let client = tenant.connect();
    let people = ["a", "b", "c", "d", "e"].map(|name| client.user(&format!("{name}@example.com")));
    tenant.synced();
    client.remove(&format!("/Users/{}", people[0]));
    tenant.synced();
    let hold = text(&tenant.all("/holds")[0], "id");
    get(&mut visitor(&tenant, "auditor"), &tenant, &format!("/holds/{hold}")).says("may go within 90 seconds");
}

#[test]
fn whoever_may_only_look_decides_nothing() {
    let (tenant, _client) = held("Dashboard holds seen", 2);
    let id = text(&tenant.all("/holds")[0], "id");
    let mut auditor = visitor(&tenant, "auditor");
    let page = get(&mut auditor, &tenant, &format!("/holds/{id}"));
    page.says("p0@example.com").says("Waits");
    assert_eq!((page.texts("main form").len(), page.texts("main input").len()), (0, 0));
    let token = page.attribute("header input[name=csrf]", "value");
    let member = text(&tenant.member("p0@example.com"), "id");
    let address = format!("/dashboard/tenants/{}/holds/{id}", tenant.id);
    for below in ["/members", "/all"] {
        let fields = [("csrf", token.as_str()), ("members", &member), ("action", "release")];
        assert_eq!(auditor.post(&format!("{address}{below}"), &fields).status, 403);
        assert_eq!(visitor(&tenant, "admin").post(&format!("{address}{below}"), &fields[1..]).status, 403, "without its token");
    }
    assert_eq!(tenant.synced()["held"], 2);
    // Nor may anybody of another tenant, who is told of nothing.
    let other = shared::tenant("Dashboard holds elsewhere");
    let mut stranger = visitor(&other, "owner");
    assert_eq!(stranger.get(&address).status, 404);
    assert_eq!(stranger.get(&format!("/dashboard/tenants/{}/holds/{id}", other.id)).status, 404);
}

#[test]
fn who_is_stuck_is_listed_with_the_fault() {
    let tenant = shared::tenant("Dashboard stuck");
    let mut visitor = visitor(&tenant, "auditor");
    get(&mut visitor, &tenant, "/stuck").says("Nobody is stuck");
    let client = tenant.connect();
    let _ = client.post("/Users", &json!({"userName": "pilot@example.com", "title": "Pilot"})).expect(201);
    let settings = json!({"users": [{"name": "pilots", "when": "title eq \"Pilot\"", "effects": {"role": "pilot"}}]});
    let _ = tenant.put("/pipeline", &json!({"policies": [{"name": "pilots", "plugin": "rules", "settings": settings}]})).expect(200);
    tenant.synced();
    let page = get(&mut visitor, &tenant, "/stuck");
    page.says("pilot@example.com").says("policy pilots").says("which the tenant does not have");
    get(&mut visitor, &tenant, "/users").says("1 stuck");
    get(&mut visitor, &tenant, &query("/why", &[("named", "pilot@example.com")])).says("Stuck").says("Failed");
}

#[test]
fn events_are_listed_with_names_newest_first() {
    let tenant = shared::tenant("Dashboard events");
    let mut visitor = visitor(&tenant, "auditor");
    get(&mut visitor, &tenant, "/events").says("Nothing has changed yet");
    let client = tenant.connect();
    let ada = client.user("ada@example.com");
    client.group("NB-Staff", &[&ada]);
    tenant.synced();
    for number in 0..50 {
        let _ = tenant.post("/groups", &json!({"displayName": format!("Local {number:02}")})).expect(201);
    }
    tenant.synced();
    let newest = get(&mut visitor, &tenant, "/events");
    newest.says("Group Local 49 came").says("A request , under revision 1").says("Group Local 00 came");
    let rows = newest.texts("#events tbody tr");
    assert_eq!(rows.len(), 50);
    let older = visitor.get(&newest.attribute("a[href*=before]", "href"));
    older.says("ada@example.com came into NB-Staff").says("ada@example.com came").says("Group NB-Staff came");
    let all: Vec<u64> = tenant.events().iter().rev().map(|event| event["sequence"].as_u64().unwrap()).collect();
    let shown: Vec<u64> =
        rows.iter().chain(&older.texts("#events tbody tr")).map(|row| row.split(' ').next().unwrap().parse().unwrap()).collect();
    assert_eq!(shown, all);
    assert!(!older.html.contains("before="), "nothing is older");
    assert_eq!(newest.texts("#events[data-live] a[href*=before]").len(), 1, "where it goes on moves with the list");
    // The request behind an event is a link away, and who has gone keeps the name.
    let request = visitor.get(&newest.attribute("#events tbody tr:first-child td:last-child a", "href"));
    assert!(request.texts("#entries tbody tr")[0].contains("POST /tenants/{tenant}/groups"), "{}", request.html);
    client.remove(&format!("/Users/{ada}"));
    tenant.synced();
    get(&mut visitor, &tenant, "/events").says("Member ada@example.com went");
}
