//! Settings of a tenant on their page.

use doorlist_tests::Visitor;
use serde_json::json;

use super::{page_of, visitor};
use crate::shared;

#[test]
fn name_and_guard_are_changed() {
    let tenant = shared::tenant("Old name");
    let mut visitor = visitor(&tenant, "admin");
    let page = visitor.get(&page_of(&tenant, "/settings"));
    let page = visitor.submit(&page, "/settings/name", &[("name-of-tenant", "New <name>")]);
    page.says("Saved.").says("New <name>");
    assert_eq!(tenant.get("").expect(200)["name"], "New <name>");
    let refused = visitor.submit(&page, "/settings/name", &[("name-of-tenant", " ")]);
    assert_eq!(refused.status, 400);
    assert_eq!(tenant.get("").expect(200)["name"], "New <name>");
    let page = visitor.submit(&page, "/settings/guard", &[("count", "7"), ("sharePercent", ""), ("windowSeconds", "60")]);
    page.says("Saved.");
    assert_eq!(tenant.get("").expect(200)["guard"], json!({"enabled": true, "count": 7, "windowSeconds": 60}));
    for (name, wrong) in [("count", "many"), ("windowSeconds", "1"), ("sharePercent", "101")] {
        let refused = visitor.submit(&page, "/settings/guard", &[(name, wrong)]);
        assert_eq!(refused.status, 400);
        assert_eq!(refused.attribute(&format!("#{name}"), "value"), wrong, "what was typed is still there");
    }
    assert_eq!(tenant.get("").expect(200)["guard"]["count"], 7);
}

#[test]
fn owners_make_keys_that_are_shown_once() {
    let tenant = shared::tenant("Operators");
    let mut owner = visitor(&tenant, "owner");
    let page = owner.get(&page_of(&tenant, "/settings"));
    let made = owner.submit(&page, "/settings/keys", &[("key-name", "Support"), ("role", "auditor")]);
    let key = made.attribute("#key", "value");
    assert!(key.starts_with("dl_key_"), "{key}");
    let again = owner.get(&made.path);
    assert!(again.path.ends_with("/settings") && !again.html.contains(&key), "a key is shown once");
    again.says("Support");
    let mut support = Visitor::signed_in(tenant.operator.address(), &key);
    support.get(&page_of(&tenant, "/settings")).says("Owners make and delete keys.");
    let id = tenant.all("/keys").into_iter().find(|key| key["name"] == "Support").unwrap()["id"].as_str().unwrap().to_owned();
    let page = owner.submit(&again, &format!("/settings/keys/{id}/delete"), &[]);
    page.says("Deleted.");
    assert!(support.get(&page_of(&tenant, "/settings")).path.contains("/sign-in"));
    let refused = owner.submit(&page, "/settings/keys", &[("key-name", ""), ("role", "auditor")]);
    assert_eq!(refused.status, 400);
    // Admins change settings and no keys.
    let mut admin = visitor(&tenant, "admin");
    let page = admin.get(&page_of(&tenant, "/settings"));
    assert_eq!(page.texts("#keys form").len(), 0);
    assert_eq!(page.texts("#guard form").len(), 1);
}
