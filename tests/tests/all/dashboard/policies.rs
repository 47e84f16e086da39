//! The pipeline, changed on pages: drafts, settings, plans, history, and what only watches.

use doorlist_tests::callers::text;
use doorlist_tests::{Client, Page, Tenant, Visitor, eventually};
use serde_json::{Value, json};

use super::{page_of, visitor};
use crate::shared;

/// A tenant with three people and a group of one of them, whose pipeline, revision 1, protects roles that nobody has.
fn three(name: &str) -> (Tenant, Client) {
    let tenant = shared::tenant(name);
    let client = tenant.connect();
    let (ada, _, _) = (client.user("ada@example.com"), client.user("ben@example.com"), client.user("cleo@example.com"));
    client.group("NB-Staff", &[&ada]);
    tenant.synced();
    (tenant, client)
}

/// Names of the policies in force.
fn names(tenant: &Tenant) -> Vec<String> {
    let pipeline = tenant.get("/pipeline").expect(200);
    pipeline["policies"].as_array().unwrap().iter().map(|policy| text(policy, "name")).collect()
}

fn settings(tenant: &Tenant, name: &str) -> Value {
    let pipeline = tenant.get("/pipeline").expect(200);
    let policies = pipeline["policies"].as_array().unwrap();
    policies.iter().find(|policy| policy["name"] == name).unwrap_or_else(|| panic!("no policy {name}"))["settings"].clone()
}

/// The form of a new policy of this plugin.
#[track_caller]
fn adding(visitor: &mut Visitor, tenant: &Tenant, plugin: &str) -> Page {
    let list = visitor.get(&page_of(tenant, "/policies"));
    let version = env!("CARGO_PKG_VERSION");
    visitor.submit(&list, "/policies/draft", &[("do", "add"), ("plugin", &format!("{plugin}/{version}"))])
}

/// Sends a policy's form.
#[track_caller]
fn send(visitor: &mut Visitor, page: &Page, fields: &[(&str, &str)]) -> Page {
    visitor.submit(page, "/policies/policy#open", fields)
}

fn members(tenant: &Tenant) -> usize {
    tenant.synced();
    tenant.all("/users").len()
}

#[test]
fn a_policy_comes_into_force_by_its_plan() {
    let (tenant, _) = three("Planned by page");
    let mut visitor = visitor(&tenant, "admin");
    let page = adding(&mut visitor, &tenant, "user-group-filter");
    page.says("New policy of user-group-filter").says("Upper and lower case differ.");
    let plan = send(&mut visitor, &page, &[("name", "staff <b>"), ("s/groups", "NB-Staff\r\n"), ("do", "plan")]);
    assert_eq!(plan.status, 200);
    assert!(plan.path.contains("/policies/plans/"), "{}", plan.path);
    plan.says("2 users go").says("ben@example.com").says("staff <b>").says("Not applied");
    assert_eq!((names(&tenant).len(), members(&tenant)), (1, 3), "a plan changes nothing");
    // What it shows can be narrowed.
    let id = plan.path.rsplit('/').next().unwrap().to_owned();
    let some = visitor.submit(&plan, &id, &[("subject", "BEN"), ("change", "member.removed")]);
    assert_eq!(some.texts("#differences tbody tr").len(), 1);
    let none = visitor.submit(&plan, &id, &[("policy", "another")]);
    none.says("Nobody like that.");
    let applied = visitor.submit(&some, "/apply", &[]);
    applied.says("The plan is applied.").says("Applied as revision 2");
    assert_eq!(names(&tenant)[0], "staff <b>", "who protects roles has the last word");
    assert_eq!(members(&tenant), 1);
    eventually("the page says that it is done", || {
        let page = visitor.get(&applied.path);
        page.texts("#progress .badge").contains(&"Applied".to_owned()).then_some(())
    });
    // Nothing is to be done twice.
    let again = visitor.get(&applied.path);
    assert_eq!(again.texts("#apply").len(), 0);
    visitor.get(&page_of(&tenant, "/policies/plans")).says("Applied as revision 2");
}

#[test]
fn changes_are_gathered_and_planned_together() {
    let (tenant, client) = three("Draft");
    let policies = json!([
        {"name": "first", "plugin": "group-prefix", "settings": {"prefixes": ["NB-"]}},
        {"name": "second", "plugin": "user-group-filter", "settings": {"groups": ["NB-Staff"]}, "connection": client.connection},
        {"name": "third", "plugin": "group-prefix", "settings": {}},
    ]);
    let before = tenant.put("/pipeline", &json!({"policies": policies})).expect(200);
    // Or the plan would show less than what applying it would do by then.
    tenant.synced();
    let mut visitor = visitor(&tenant, "admin");
    let list = visitor.get(&page_of(&tenant, "/policies"));
    assert_eq!(list.texts("#pipeline tbody tr").len(), 3);
    assert_eq!(list.texts("#pending").len(), 0);
    let mut page = list;
    for (command, said) in [("up:1", "Moved"), ("mode:0", "Monitor"), ("remove:2", "Removed: third"), ("down:0", "Not in force yet")] {
        page = visitor.submit(&page, "/policies/draft", &[("do", command)]);
        page.says(said);
    }
    assert_eq!(tenant.get("/pipeline").expect(200)["revision"], before["revision"], "a draft is nowhere but in the page");
    // Settings of one of them, kept in the draft.
    let form = visitor.submit(&page, "/policies/draft", &[("do", "settings:0")]);
    form.says("Policy first");
    let page = send(&mut visitor, &form, &[("s/prefixes", "NB-\r\nX-"), ("do", "keep")]);
    page.says("Changed");
    let plan = visitor.submit(&page, "/policies/draft", &[("do", "plan")]);
    visitor.submit(&plan, "/apply", &[]).says("The plan is applied.");
    let after = tenant.get("/pipeline").expect(200);
    assert_eq!(names(&tenant), ["first", "second"]);
    assert_eq!((&after["policies"][0]["mode"], &after["policies"][1]["mode"]), (&json!("enforce"), &json!("monitor")));
    assert_eq!(settings(&tenant, "first"), json!({"prefixes": ["NB-", "X-"]}));
    assert_eq!(after["policies"][1]["connection"], json!(client.connection));
    assert_eq!(settings(&tenant, "second"), before["policies"][1]["settings"], "what nobody touched is as it was");
}

#[test]
fn a_plan_is_changed_further_and_made_again() {
    let (tenant, _) = three("Plan further");
    let mut visitor = visitor(&tenant, "admin");
    let page = adding(&mut visitor, &tenant, "user-group-filter");
    let plan = send(&mut visitor, &page, &[("name", "staff"), ("s/groups", "NB-Staff"), ("do", "plan")]);
    // What it proposes is a page of its own, so one can come back to it.
    let further = visitor.get(&plan.attribute("#apply a[href$='/change']", "href"));
    further.says("Not in force yet").says("staff");
    assert_eq!(further.texts("#pipeline tbody tr").len(), 2);
    let form = visitor.submit(&further, "/policies/draft", &[("do", "settings:0")]);
    assert!(form.html.contains("NB-Staff"), "{}", form.html);
    let again = send(&mut visitor, &form, &[("s/groups", "NB-Other"), ("do", "plan")]);
    // Another pipeline comes in between: the changes are made again on top of it.
    let _ = tenant.put("/pipeline", &json!({"policies": []})).expect(200);
    tenant.synced();
    let page = visitor.get(&again.path);
    let further = visitor.get(&page.attribute("#apply a[href$='/change']", "href"));
    let plan = visitor.submit(&further, "/policies/draft", &[("do", "plan")]);
    visitor.submit(&plan, "/apply", &[]).says("The plan is applied.");
    assert_eq!(settings(&tenant, "staff"), json!({"groups": ["NB-Other"]}));
    assert_eq!(names(&tenant), ["staff"], "what somebody else took out meanwhile is not put back");
    let id = plan.path.rsplit('/').next().unwrap();
    tenant.get(&format!("/pipeline/plans/{id}/policies")).problem(409);
    assert_eq!(visitor.get(&format!("{}/change", plan.path)).status, 409);
}

#[test]
fn the_address_of_a_form_leads_to_the_page_above_it() {
    let (tenant, _) = three("Form addresses");
    let mut visitor = visitor(&tenant, "admin");
    let member = text(&tenant.members()[0], "id");
    for (below, above) in [
        ("/policies/draft", "/policies"),
        ("/policies/policy", "/policies"),
        (&format!("/users/{member}/block"), &format!("/users/{member}")),
        ("/settings/keys/1/delete", "/settings"),
    ] {
        let page = visitor.get(&page_of(&tenant, below));
        assert_eq!((page.status, page.path.as_str()), (200, page_of(&tenant, above).as_str()));
    }
    // Whoever has one tenant is led on to it.
    assert_eq!(visitor.get("/dashboard/tenants").path, visitor.get("/dashboard").path);
}

#[test]
fn settings_have_fields_and_what_is_wrong_stands_at_them() {
    let (tenant, _) = three("Fields");
    let mut visitor = visitor(&tenant, "admin");
    let page = adding(&mut visitor, &tenant, "group-prefix");
    let long = "x".repeat(300);
    let refused = send(&mut visitor, &page, &[("name", " "), ("s/prefixes", &format!("NB-\n{long}")), ("do", "plan")]);
    assert_eq!(refused.status, 400);
    let wrong = refused.texts(".wrong");
    assert!(wrong.iter().any(|text| text.starts_with("Line 2:")) && wrong.contains(&"This is blank.".to_owned()), "{wrong:?}");
    assert!(refused.html.contains(&long), "what was typed is still there");
    assert_eq!(tenant.all("/pipeline/plans").len(), 0);
    // The same in a list of policies, which says at which.
    let kept = send(&mut visitor, &refused, &[("name", &names(&tenant)[0]), ("s/prefixes", "NB-"), ("do", "keep")]);
    let refused = visitor.submit(&kept, "/policies/draft", &[("do", "plan")]);
    assert_eq!(refused.status, 400);
    refused.says("Another policy of the pipeline has this name.");
    // What is no JSON is not sent further.
    let json = send(&mut visitor, &page, &[("do", "json")]);
    let refused = send(&mut visitor, &json, &[("s~json", "{\"prefixes\": [\"NB-\""), ("do", "plan")]);
    assert_eq!(refused.status, 400);
    refused.says("This is no JSON");
    let form = send(&mut visitor, &refused, &[("s~json", "{\"prefixes\": [\"NB-\"]}"), ("do", "form")]);
    assert_eq!(form.texts("textarea[name=\"s/prefixes\"]"), ["NB-"]);
}

#[test]
fn rules_are_made_row_by_row_without_a_script() {
    let (tenant, _) = three("Rules by page");
    let mut visitor = visitor(&tenant, "admin");
    let mut page = adding(&mut visitor, &tenant, "rules");
    for (fields, command) in [
        (&[][..], "add:/users"),
        (
            &[
                ("s/users/0/name", "No Ben \u{202e}<i>"),
                ("s/users/0/when", "userName eq \"ben@example.com\""),
                ("s/users/0/effects/included", "false"),
            ],
            "add:/users",
        ),
        (&[("s/users/1/name", "Everybody"), ("s/users/1/effects/role", "auditor")], "add:/users/1/effects/addGroups"),
        (&[("s/users/1/effects/addGroups/0", "Seen")], "add:/users/1/effects/addGroups"),
        (
            &[
                ("s/users/1/effects/addGroups/1", "{\"of\": \"{userName}\", \"table\": {\"ada@example.com\": \"Ada\"}}"),
                ("s/users/1/effects/addGroups/1~as", "json"),
            ],
            "add:/users",
        ),
        (&[], "remove:/users/2"),
        (&[], "up:/users/1"),
    ] {
        let fields: Vec<(&str, &str)> = fields.iter().copied().chain([("do", command)]).collect();
        page = send(&mut visitor, &page, &fields);
        assert_eq!(page.status, 200);
    }
    assert!(!page.html.contains("<i>"), "a name is no markup");
    let plan = send(&mut visitor, &page, &[("name", "rules"), ("do", "plan")]);
    plan.says("1 user goes").says("2 users get another role").says("2 groups come");
    let _ = visitor.submit(&plan, "/apply", &[]);
    assert_eq!(members(&tenant), 2);
    let made = settings(&tenant, "rules");
    assert_eq!(made["users"][1]["name"], "No Ben \u{202e}<i>");
    assert_eq!(made["users"][1]["effects"]["included"], false);
    let groups = json!(["Seen", {"of": "{userName}", "table": {"ada@example.com": "Ada"}}]);
    assert_eq!((&made["users"][0]["effects"]["addGroups"], &made["users"][0]["effects"]["role"]), (&groups, &json!("auditor")));
    // Opened and saved again, it is the same.
    let list = visitor.get(&page_of(&tenant, "/policies"));
    let form = visitor.submit(&list, "/policies/draft", &[("do", "settings:0")]);
    let plan = send(&mut visitor, &form, &[("do", "plan")]);
    plan.says("Nothing would be different");
    let same = visitor.submit(&plan, "/apply", &[]);
    same.says("Applied as revision 2");
    assert_eq!(settings(&tenant, "rules"), made);
}

#[test]
fn nothing_is_overwritten_that_came_meanwhile() {
    let (tenant, _) = three("Meanwhile by page");
    let mut visitor = visitor(&tenant, "admin");
    let list = visitor.get(&page_of(&tenant, "/policies"));
    let draft = visitor.submit(&list, "/policies/draft", &[("do", "mode:0")]);
    let theirs = json!([{"name": "theirs", "plugin": "group-prefix"}]);
    let _ = tenant.put("/pipeline", &json!({"policies": theirs})).expect(200);
    let refused = visitor.submit(&draft, "/policies/draft", &[("do", "plan")]);
    assert_eq!(refused.status, 409);
    refused.says("The pipeline has changed meanwhile").says("Begin again");
    assert_eq!(names(&tenant), ["theirs"]);
    // What no page of ours carries is refused, and changes nothing.
    for forged in ["", "{}", "[]", r#"{"revision":2,"policies":[{"at":7}]}"#, r#"{"revision":99,"policies":[]}"#] {
        let page = visitor.submit(&list, "/policies/draft", &[("do", "plan"), ("draft", forged)]);
        assert!((400..500).contains(&page.status), "{forged}: {}", page.status);
    }
    assert_eq!(tenant.all("/pipeline/plans").len(), 0);
}

#[test]
fn a_plan_is_out_of_date_if_what_it_was_made_from_is() {
    let (tenant, _) = three("Overtaken plans");
    let mut visitor = visitor(&tenant, "admin");
    let list = visitor.get(&page_of(&tenant, "/policies"));
    let draft = visitor.submit(&list, "/policies/draft", &[("do", "mode:0")]);
    let bound = visitor.submit(&draft, "/policies/draft", &[("do", "plan")]);
    let policies = json!([{"name": "kept", "plugin": "group-prefix"}]);
    let free = text(&tenant.post("/pipeline/plans", &json!({"policies": policies})).expect(201), "id");
    let _ = tenant.put("/pipeline", &json!({"policies": [{"name": "theirs", "plugin": "group-prefix"}]})).expect(200);
    tenant.synced();
    let page = visitor.get(&bound.path);
    page.says("Out of date").says("can no longer be applied");
    assert_eq!(page.texts("#apply form").len(), 0);
    // One that was made from nothing is computed anew.
    let page = visitor.get(&page_of(&tenant, &format!("/policies/plans/{free}")));
    page.says("Not applied").says("It is computed again before it is applied");
    visitor.submit(&page, "/apply", &[]).says("The plan is applied.");
    assert_eq!(names(&tenant), ["kept"]);
}

#[test]
fn what_goes_beyond_the_guard_is_agreed_to() {
    let (tenant, _) = three("Guarded by page");
    let _ = tenant.patch("", &json!({"guard": {"count": 1, "sharePercent": 0}})).expect(200);
    let mut visitor = visitor(&tenant, "admin");
    let page = adding(&mut visitor, &tenant, "user-group-filter");
    let plan = send(&mut visitor, &page, &[("name", "staff"), ("s/groups", "NB-Staff"), ("do", "plan")]);
    plan.says("This plan removes or suspends 2 users, which is more than the guard against mass removals lets pass.");
    let refused = visitor.submit(&plan, "/apply", &[]);
    assert_eq!(refused.status, 409);
    let refused = visitor.submit(&refused, "/apply", &[("accept", "all")]);
    assert_eq!((refused.status, refused.texts("#refusal").len()), (400, 1));
    assert_eq!(members(&tenant), 3);
    let applied = visitor.submit(&refused, "/apply", &[("accept", "2")]);
    applied.says("The plan is applied.");
    assert_eq!(members(&tenant), 1);
}

#[test]
fn one_goes_back_to_a_revision_by_its_plan() {
    let (tenant, _) = three("Back by page");
    let filter = json!([{"name": "staff", "plugin": "user-group-filter", "settings": {"groups": ["NB-Staff"]}}]);
    let _ = tenant.put("/pipeline", &json!({"policies": filter})).expect(200);
    assert_eq!(members(&tenant), 1);
    let mut visitor = visitor(&tenant, "admin");
    let page = visitor.get(&page_of(&tenant, "/policies/history"));
    page.says("Revision 2").says("Revision 1").says("Revision 0");
    let page = visitor.get(&page_of(&tenant, "/policies/history/1"));
    page.says("role-protection");
    let plan = visitor.submit(&page, "/roll-back", &[]);
    plan.says("2 users come").says("Goes back to revision 1");
    let _ = visitor.submit(&plan, "/apply", &[]);
    assert_eq!((members(&tenant), names(&tenant).len()), (3, 1));
    visitor.get(&page_of(&tenant, "/policies/history/2/0")).says("NB-Staff");
    for nothing in
        ["/policies/history/9", "/policies/history/x", "/policies/history/2/1", "/policies/plans/x", "/policies/monitor?policy=x"]
    {
        assert_eq!(visitor.get(&page_of(&tenant, nothing)).status, 404, "{nothing}");
    }
}

#[test]
fn what_only_watches_is_seen_and_enforced() {
    let (tenant, _) = three("Watched by page");
    let mut visitor = visitor(&tenant, "admin");
    let page = adding(&mut visitor, &tenant, "user-group-filter");
    let fields = [("name", "staff / only"), ("mode", "monitor"), ("s/groups", "NB-Staff"), ("do", "plan")];
    let plan = send(&mut visitor, &page, &fields);
    let _ = visitor.submit(&plan, "/apply", &[]);
    assert_eq!(members(&tenant), 3);
    let list = visitor.get(&page_of(&tenant, "/policies"));
    assert_eq!(list.texts("#monitored tbody tr").len(), 1);
    let report = visitor.get(&page_of(&tenant, "/policies/monitor?policy=staff%20%2F%20only"));
    report.says("2 would be left out").says("ben@example.com").says("would be left out");
    let none = visitor.submit(&report, "/policies/monitor", &[("change", "role")]);
    none.says("Nobody.");
    let applied = visitor.submit(&report, "/promote", &[]);
    applied.says("The plan is applied.");
    assert_eq!(members(&tenant), 1);
}

#[test]
fn a_draft_is_watched_in_shadow_and_put_in_force() {
    let (tenant, _) = three("Shadow by page");
    let mut visitor = visitor(&tenant, "admin");
    visitor.get(&page_of(&tenant, "/policies/shadow")).says("No pipeline is in shadow");
    let page = adding(&mut visitor, &tenant, "user-group-filter");
    let draft = send(&mut visitor, &page, &[("name", "staff"), ("s/groups", "NB-Staff"), ("do", "keep")]);
    let shadow = visitor.submit(&draft, "/policies/draft", &[("do", "shadow")]);
    assert!(shadow.path.contains("/policies/shadow"), "{}", shadow.path);
    let page = eventually("the shadow has come by everybody", || {
        let page = visitor.get(&page_of(&tenant, "/policies/shadow"));
        page.text().contains("It has come by everybody").then_some(page)
    });
    page.says("2 would be left out").says("ben@example.com");
    assert_eq!(members(&tenant), 3);
    let applied = visitor.submit(&page, "/shadow/promote", &[]);
    applied.says("The plan is applied.");
    assert_eq!((members(&tenant), names(&tenant)[0].as_str()), (1, "staff"));
    visitor.get(&page_of(&tenant, "/policies/shadow")).says("No pipeline is in shadow");
}

#[test]
fn auditors_look_and_others_see_nothing() {
    let (tenant, other) = (three("Looked at").0, shared::tenant("Outside"));
    let plan = tenant.post("/pipeline/plans", &json!({"policies": []})).expect(201);
    let pages = [
        "/policies".to_owned(),
        "/policies/plans".to_owned(),
        format!("/policies/plans/{}", text(&plan, "id")),
        "/policies/history".to_owned(),
        "/policies/history/1".to_owned(),
        "/policies/history/1/0".to_owned(),
        "/policies/shadow".to_owned(),
        "/plugins".to_owned(),
        format!("/plugins/rules/{}", env!("CARGO_PKG_VERSION")),
        "/settings".to_owned(),
    ];
    let (mut auditor, mut stranger) = (visitor(&tenant, "auditor"), visitor(&other, "owner"));
    for below in &pages {
        let page = auditor.get(&page_of(&tenant, below));
        assert_eq!(page.status, 200, "{below}");
        assert_eq!(page.texts("main form[method=post]").len(), 0, "{below}");
        assert_eq!(stranger.get(&page_of(&tenant, below)).status, 404, "{below}");
    }
    let page = auditor.get(&page_of(&tenant, "/policies"));
    let token = page.attribute("header input[name=csrf]", "value");
    let draft = r#"{"revision":1,"policies":[]}"#;
    let apply = format!("/policies/plans/{}/apply", text(&plan, "id"));
    for (below, fields) in [
        ("/policies/draft", &[("do", "plan"), ("draft", draft)][..]),
        ("/policies/draft", &[("do", "shadow"), ("draft", draft)]),
        (apply.as_str(), &[]),
        ("/policies/history/0/roll-back", &[]),
        ("/settings/name", &[("name-of-tenant", "Mine")]),
        ("/settings/guard", &[]),
        ("/settings/keys", &[("key-name", "Mine"), ("role", "owner")]),
    ] {
        let fields: Vec<(&str, &str)> = fields.iter().copied().chain([("csrf", token.as_str())]).collect();
        let page = auditor.post(&page_of(&tenant, below), &fields);
        assert_eq!(page.status, 403, "{below}");
        assert_eq!(auditor.post(&page_of(&tenant, below), &fields[..fields.len() - 1]).status, 403, "{below} without its token");
    }
    assert_eq!(tenant.get("/pipeline").expect(200)["revision"], 1);
    assert_eq!(tenant.all("/pipeline/plans").len(), 1);
}
