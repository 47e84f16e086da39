//! Settings of a tenant on their page.

use doorlist::signature::SecretKey;
use doorlist_tests::callers::text;
use doorlist_tests::{Server, Visitor};
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
fn how_long_things_are_kept_is_said() {
    let tenant = shared::tenant("Kept by page");
    let mut visitor = visitor(&tenant, "admin");
    let page = visitor.get(&page_of(&tenant, "/settings"));
    page.says("The last 100000 entries").says("The last 200000, with what was before them");
    assert!(!page.text().contains("none older than"), "{}", page.html);
    let retention = || tenant.get("").expect(200)["retention"].clone();
    let page = visitor.submit(&page, "/settings/retention", &[("activityDays", " 30 "), ("eventDays", "")]);
    page.says("Saved.").says("The last 100000 entries, none older than 30 days");
    assert_eq!((retention(), page.attribute("#activityDays", "value")), (json!({"activityDays": 30}), "30".to_owned()));
    for (name, wrong) in [
        ("activityDays", "many"),
        ("activityDays", "0"),
        ("eventDays", "3651"),
        ("eventDays", "-1"),
        ("eventDays", "1.5"),
        ("eventDays", "99999999999999999999"),
    ] {
        let refused = visitor.submit(&page, "/settings/retention", &[(name, wrong)]);
        assert_eq!((refused.status, refused.texts(&format!("#{name}-wrong")).len()), (400, 1), "{name} {wrong}: {}", refused.html);
        assert_eq!(refused.attribute(&format!("#{name}"), "value"), wrong, "what was typed is still there");
    }
    assert_eq!(retention(), json!({"activityDays": 30}));
    visitor.get(&page_of(&tenant, "/activity?text=nothing")).says("The newest 100000 entries are kept, none older than 30 days.");
    visitor.get(&page_of(&tenant, "/events")).says("Nothing has changed yet").says("The newest 200000 events are kept.");
    let page = visitor.submit(&page, "/settings/retention", &[("activityDays", "1"), ("eventDays", "365")]);
    page.says("none older than 1 day").says("with what was before them, none older than 365 days");
    visitor.get(&page_of(&tenant, "/events")).says("The newest 200000 events are kept, none older than 365 days.");
    // Auditors read it.
    let mut auditor = super::visitor(&tenant, "auditor");
    let look = auditor.get(&page_of(&tenant, "/settings"));
    look.says("none older than 365 days");
    assert_eq!(look.texts("#retention form").len(), 0);
    visitor.submit(&page, "/settings/retention", &[("activityDays", ""), ("eventDays", "")]).says("Saved.");
    assert_eq!(retention(), json!({}));
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

#[test]
fn owners_of_the_installation_make_keys_on_the_start_page() {
    // A server of its own: who has its keys stands on the page.
    let server = Server::start();
    let operator = server.operator();
    let mut root = Visitor::signed_in(server.address(), operator.key());
    let page = root.get("/dashboard");
    page.says("Keys of the installation");
    let made = root.submit(&page, "/dashboard/keys", &[("key-name", "Support <b>"), ("role", "auditor")]);
    let key = made.attribute("#key", "value");
    assert!(key.starts_with("dl_key_"), "{key}");
    let again = root.get(&made.path);
    assert!(again.path == "/dashboard" && !again.html.contains(&key), "a key is shown once: {}", again.path);
    again.says("Support <b>");
    let mut support = Visitor::signed_in(server.address(), &key);
    let look = support.get("/dashboard");
    look.says("Signed in as auditor, key Support <b>").says("Owners make and delete keys.");
    assert_eq!(look.texts("main form[method=post]").len(), 0);
    let refused = root.submit(&again, "/dashboard/keys", &[("key-name", " "), ("role", "admin")]);
    assert_eq!((refused.status, refused.texts("#keys #refusal").len()), (400, 1), "{}", refused.html);
    let keys = operator.get("/keys").expect(200)["items"].as_array().unwrap().clone();
    let id = |name: &str| keys.iter().find(|key| key["name"] == name).unwrap()["id"].as_str().unwrap().to_owned();
    let asked = root.submit_once(&again, &format!("/dashboard/keys/{}/delete", id("Support <b>")), &[]);
    asked.says("Delete this key?");
    assert_eq!(support.get("/dashboard").path, "/dashboard");
    root.submit_once(&asked, "/delete", &[]).says("Deleted.");
    assert!(support.get("/dashboard").path.contains("/sign-in"));
    // The last one that makes others stays, and the page says so.
    let last = text(&operator.post("/keys", &json!({"name": "Last", "role": "owner"})).expect(201), "id");
    let page = root.get("/dashboard");
    let refused = root.submit(&page, &format!("/dashboard/keys/{last}/delete"), &[]);
    refused.says("This is the installation's last owner key.");
    assert_eq!(refused.status, 409);
}

#[test]
fn owners_say_whose_signatures_of_plugins_count() {
    let tenant = shared::tenant("Signed by page");
    let mut owner = visitor(&tenant, "owner");
    let page = owner.get(&page_of(&tenant, "/settings/plugins"));
    page.says("No key is listed").says("Plugins are taken without a signature as well.");
    let page = owner.submit(&page, "/plugins/signature", &[("required", "true")]);
    page.says("Saved.").says("so no plugin can be uploaded");
    let (key, name) = (SecretKey::generate().unwrap().public().to_string(), "CI <b>");
    let page = owner.submit(&page, "/plugins/keys", &[("key-name", name), ("public-key", &key)]);
    page.says("Saved.").says(name).says(&key);
    let keys = json!([{"name": name, "publicKey": key}]);
    let kept = tenant.get("").expect(200);
    assert_eq!((&kept["signingKeys"], &kept["signatureRequired"]), (&keys, &json!(true)));
    // What is wrong stands at its field, with what was typed.
    for (field, fields, words) in [
        ("key-name", [("key-name", " "), ("public-key", "x")], "blank"),
        ("public-key", [("key-name", "Mine"), ("public-key", "x")], "base64"),
        ("key-name", [("key-name", name), ("public-key", &SecretKey::generate().unwrap().public().to_string())], "Another key"),
        ("public-key", [("key-name", "Mine"), ("public-key", &key)], "there already"),
    ] {
        let refused = owner.submit(&page, "/plugins/keys", &fields);
        assert_eq!(refused.status, 400);
        let wrong = refused.texts(&format!("#{field}-wrong"));
        assert!(wrong.len() == 1 && wrong[0].contains(words), "{words}: {}", refused.html);
        assert_eq!(refused.attribute("#public-key", "value"), fields[1].1);
    }
    assert_eq!(tenant.get("").expect(200)["signingKeys"], keys);
    // Admins look at it.
    let mut admin = visitor(&tenant, "admin");
    let look = admin.get(&page_of(&tenant, "/settings/plugins"));
    look.says(&key).says("Owners say whose signatures count.");
    assert_eq!(look.texts("#keys form, #signature form").len(), 0);
    let page = owner.submit(&page, "/plugins/keys/delete", &[]);
    page.says("Saved.").says("No key is listed");
    let page = owner.submit(&page, "/plugins/signature", &[]);
    page.says("Saved.");
    assert_eq!(tenant.get("").expect(200)["signingKeys"], json!([]));
}

#[test]
fn what_plugins_may_cost_is_lowered_by_the_tenant() {
    let tenant = shared::tenant("Limited by page");
    let mut admin = visitor(&tenant, "admin");
    let page = admin.get(&page_of(&tenant, "/settings/plugins"));
    page.says("raising one takes a key of the whole installation");
    let page = admin.submit(&page, "/plugins/limits", &[("projectMs", "20"), ("revisions", "5")]);
    page.says("Saved.");
    let limits = json!({"tier": "small", "projectMs": 20, "revisions": 5});
    assert_eq!(tenant.get("").expect(200)["pluginLimits"], limits);
    assert_eq!(page.attribute("#projectMs", "value"), "20");
    for (name, value) in [("projectMs", "0"), ("memoryBytes", "1"), ("logBytes", "1000000000")] {
        let refused = admin.submit(&page, "/plugins/limits", &[(name, value)]);
        assert_eq!((refused.status, refused.texts(&format!("#{name}-wrong")).len()), (400, 1), "{name}: {}", refused.html);
        assert_eq!(refused.attribute(&format!("#{name}"), "value"), value, "what was typed is still there");
    }
    assert_eq!(admin.submit(&page, "/plugins/limits", &[("projectMs", "many")]).status, 400);
    for raised in [("projectMs", "21"), ("projectMs", ""), ("tier", "large")] {
        let refused = admin.submit(&page, "/plugins/limits", &[raised]);
        assert_eq!(refused.status, 403, "{raised:?}");
        refused.says("Raising it needs a key of the installation.");
    }
    assert_eq!(tenant.get("").expect(200)["pluginLimits"], limits);
    let mut root = Visitor::signed_in(tenant.operator.address(), tenant.operator.key());
    let page = root.get(&page_of(&tenant, "/settings/plugins"));
    root.submit(&page, "/plugins/limits", &[("projectMs", ""), ("tier", "large")]).says("Saved.");
    assert_eq!(tenant.get("").expect(200)["pluginLimits"], json!({"tier": "large", "revisions": 5}));
}
