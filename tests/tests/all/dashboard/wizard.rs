//! The wizard: what it takes, what it refuses, and that it makes what was chosen, once.

use std::thread;

use doorlist_tests::{Page, Tenant, Visitor};
use serde_json::{Value, json};

use super::{page_of, visitor};
use crate::shared;

/// The wizard's second step.
#[track_caller]
fn at_groups(tenant: &Tenant, visitor: &mut Visitor) -> Page {
    let page = visitor.get(&page_of(tenant, "/integrations/new/okta"));
    let page = visitor.submit(&page, "/new/okta", &[]);
    page.says("Step 2 of");
    page
}

/// The wizard's last step before anything is made.
#[track_caller]
fn at_last(tenant: &Tenant, visitor: &mut Visitor) -> Page {
    let page = at_groups(tenant, visitor);
    let page = visitor.submit(&page, "/new/okta", &[]);
    let page = visitor.submit(&page, "/new/okta", &[]);
    page.says("Step 4 of");
    page
}

#[test]
fn what_would_count_for_nothing_is_refused_at_its_step() {
    let tenant = shared::tenant("Counts for nothing");
    let mut visitor = visitor(&tenant, "admin");
    let groups = at_groups(&tenant, &mut visitor);
    let users = visitor.submit(&groups, "/new/okta", &[]);
    let (prefixes, names) = ("groupPrefixes", "userGroups");
    for (page, step, choice, field, wrong) in [
        (&groups, 2, ("groups", "some"), (prefixes, ""), "Enter at least one beginning of a name, or choose “All groups that are sent”."),
        (&groups, 2, ("groups", "some"), (prefixes, " \r\n\t\r\n"), "Enter at least one beginning of a name"),
        (
            &groups,
            2,
            ("groups", "all"),
            (prefixes, "nb-"),
            "You typed “nb-”, which counts only with “Only groups whose name starts with one of these”.",
        ),
        (&users, 3, ("users", "some"), (names, ""), "Enter at least one group, or choose “All users that are sent”."),
        (
            &users,
            3,
            ("users", "all"),
            (names, "\r\nStaff\r\nPilots"),
            "You typed “Staff”, which counts only with “Only members of these groups”.",
        ),
    ] {
        let refused = visitor.submit(page, "/new/okta", &[choice, field]);
        assert_eq!(refused.status, 400, "{choice:?} {field:?}: {}", refused.text());
        refused.says(&format!("Step {step} of 5"));
        assert!(refused.texts(&format!("#{}-wrong", field.0)).concat().starts_with(wrong), "{:?}", refused.texts(".wrong"));
        assert_eq!(refused.attribute(&format!("#{}", field.0), "aria-invalid"), "true");
        assert_eq!(refused.texts(&format!("#{}", field.0)).concat(), field.1.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    // Nor is it taken by whoever comes to the last step another way.
    let address = page_of(&tenant, "/integrations/new/okta");
    for (query, step) in [
        ("name=Okta&groups=some", 2),
        ("name=Okta&groupPrefixes=nb-", 2),
        ("name=Okta&users=some&userGroups=%20", 3),
        ("name=Okta&groups=all&users=all&userGroups=Staff", 3),
    ] {
        let page = visitor.get(&format!("{address}?step=4&{query}"));
        let refused = visitor.submit(&page, "/new/okta", &[]);
        assert_eq!(refused.status, 400, "{query}");
        refused.says(&format!("Step {step} of 5"));
    }
    let page = visitor.get(&format!("{address}?step=4&name=Okta&groups=all&users=all"));
    let refused = visitor.submit(&page, "/new/okta", &[("name", " ")]);
    assert_eq!((refused.status, refused.texts("#name-wrong")), (400, vec!["Give the connection a name.".to_owned()]));
    refused.says("Step 1 of 5");
    let page = visitor.get(&format!("{address}?step=4&name=Okta&groups=some&groupPrefixes={}", "x".repeat(300)));
    let refused = visitor.submit(&page, "/new/okta", &[]);
    assert_eq!(refused.status, 400);
    refused.says("Step 2 of 5").says("is longer than 256 bytes");
    assert_eq!(tenant.all("/connections").len(), 0);
    assert_eq!(visitor.get(&page_of(&tenant, "/integrations/new/other")).status, 404);
}

#[test]
fn entries_are_taken_to_the_letter() {
    let tenant = shared::tenant("To the letter");
    let mut visitor = visitor(&tenant, "admin");
    let page = at_groups(&tenant, &mut visitor);
    let page = visitor.submit(&page, "/new/okta", &[("groups", "some"), ("groupPrefixes", "x \r\n\r\n  y\r\nz")]);
    let page = visitor.submit(&page, "/new/okta", &[("users", "some"), ("userGroups", " Staff\r\n"), ("userGroupMatch", "prefix")]);
    page.says("“x ” begins or ends with a space, which counts.").says("“ Staff” begins or ends with a space, which counts.");
    let _ = visitor.submit(&page, "/new/okta", &[]);
    let made = tenant.all("/connections").remove(0);
    assert_eq!((&made["groupPrefixes"], &made["userGroups"]), (&json!(["x ", "  y", "z"]), &json!([" Staff"])));
    assert_eq!(made["userGroupMatch"], "prefix");
}

#[test]
fn going_back_loses_nothing_also_where_it_was_refused() {
    let tenant = shared::tenant("Back");
    let mut visitor = visitor(&tenant, "admin");
    let page = visitor.get(&page_of(&tenant, "/integrations/new/okta"));
    let page = visitor.submit(&page, "/new/okta", &[("name", "Ours")]);
    let refused = visitor.submit(&page, "/new/okta", &[("groups", "all"), ("groupPrefixes", "nb- ")]);
    assert_eq!(refused.status, 400);
    let back = visitor.submit(&refused, "/new/okta", &[("back", "1")]);
    assert_eq!((back.status, back.attribute("#name", "value").as_str()), (200, "Ours"));
    back.says("Step 1 of 5");
    let again = visitor.submit(&back, "/new/okta", &[]);
    assert!(again.html.contains("\nnb- </textarea>"), "{}", again.html);
    let page = visitor.submit(&again, "/new/okta", &[("groups", "some")]);
    let back = visitor.submit(&page, "/new/okta", &[("users", "some"), ("userGroups", "Staff"), ("back", "1")]);
    back.says("Step 2 of 5");
    let page = visitor.submit(&back, "/new/okta", &[]);
    page.says("Step 3 of 5");
    assert_eq!(page.texts("#userGroups"), ["Staff"]);
    assert_eq!(page.attribute("main a.cancel", "href"), page_of(&tenant, "/integrations"));
}

/// More than an address can carry.
#[test]
fn long_answers_reach_the_last_step() {
    let tenant = shared::tenant("Long answers");
    let mut visitor = visitor(&tenant, "admin");
    let page = at_groups(&tenant, &mut visitor);
    let many = |count: usize, length: usize| (0..count).map(|number| format!("{number:0length$}")).collect::<Vec<_>>();
    let too_many = many(1_000, 8).join("\r\n");
    let refused = visitor.submit(&page, "/new/okta", &[("groups", "some"), ("groupPrefixes", &too_many)]);
    assert_eq!(refused.status, 400, "{}", refused.text());
    refused.says("Step 2 of 5").says("These are 1000 entries. A filter has 100 at the most.");
    let prefixes = many(100, 250);
    let page = visitor.submit(&page, "/new/okta", &[("groups", "some"), ("groupPrefixes", &prefixes.join("\r\n"))]);
    assert_eq!(page.status, 200);
    page.says("Step 3 of 5");
    let back = visitor.submit(&page, "/new/okta", &[("back", "1")]);
    assert_eq!(back.texts("#groupPrefixes"), [prefixes.join(" ")]);
    let page = visitor.submit(&page, "/new/okta", &[]);
    page.says("Step 4 of 5");
    let page = visitor.submit(&page, "/new/okta", &[]);
    assert_eq!(page.status, 200, "{}", page.text());
    assert_eq!(tenant.all("/connections")[0]["groupPrefixes"], json!(prefixes));
}

#[test]
fn the_last_step_makes_one_connection_however_often_it_is_pressed() {
    let tenant = shared::tenant("Pressed again");
    let mut visitor = visitor(&tenant, "admin");
    let last = at_last(&tenant, &mut visitor);
    let made = visitor.submit(&last, "/new/okta", &[]);
    assert!(made.path.contains("/credentials"), "{}", made.path);
    let revision = tenant.get("/pipeline").expect(200)["revision"].clone();
    let asked = visitor.submit(&last, "/new/okta", &[]);
    assert_eq!(asked.status, 409);
    asked.says("A connection called “Okta” is there already, and nothing has come by it yet.");
    let first = tenant.all("/connections").remove(0)["id"].clone();
    assert!(asked.attribute("#before", "href").ends_with(first.as_str().unwrap()));
    assert_eq!((tenant.all("/connections").len(), tenant.get("/pipeline").expect(200)["revision"].clone()), (1, revision));
    // Whoever wants two gets two, and three only when asked once more.
    let another = asked.attribute("button[name=another]", "value");
    assert!(visitor.submit(&asked, "/new/okta", &[("another", &another)]).path.contains("/credentials"));
    assert_eq!(tenant.all("/connections").len(), 2);
    let asked = visitor.submit(&asked, "/new/okta", &[("another", &another)]);
    assert_eq!((asked.status, tenant.all("/connections").len()), (409, 2));
    // The one that is meant is found from there.
    asked.says("Go on with that one");
    // Another name is another connection.
    let address = page_of(&tenant, "/integrations/new/okta?step=4&name=Other&groups=all&users=all");
    let page = visitor.get(&address);
    assert!(visitor.submit(&page, "/new/okta", &[]).path.contains("/credentials"));
    assert_eq!(tenant.all("/connections").len(), 3);
}

#[test]
fn a_press_that_comes_twice_at_once_makes_one_connection() {
    let tenant = shared::tenant("Pressed twice");
    let mut visitor = visitor(&tenant, "admin");
    let last = at_last(&tenant, &mut visitor);
    let cookie = visitor.cookie("doorlist_session").unwrap().to_owned();
    let press = || {
        let mut other = Visitor::new(tenant.operator.address());
        other.set_cookie("doorlist_session", &cookie);
        other.submit(&last, "/new/okta", &[])
    };
    let pages: Vec<Page> = thread::scope(|scope| {
        let presses: Vec<_> = (0..4).map(|_| scope.spawn(press)).collect();
        presses.into_iter().map(|press| press.join().unwrap()).collect()
    });
    let made: Vec<Value> = tenant.all("/connections");
    assert_eq!(made.len(), 1);
    assert_eq!(pages.iter().filter(|page| page.html.contains("dl_scim_")).count(), 1, "the token is shown once");
}
