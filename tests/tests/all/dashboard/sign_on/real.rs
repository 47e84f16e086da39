//! At a real provider: who gets in, how far, and what is no way in.

use doorlist_tests::provider::{Provider, walk};
use doorlist_tests::{Operator, Page, Scratch, Server, Visitor};
use serde_json::{Value, json};

use super::{CLIENT, REDIRECT, SESSION, configure, leave, parameter, provider, with};

/// The provider, and a server that lets its people in.
struct Stage {
    provider: Provider,
    server: Server,
    scratch: Scratch,
    acme: String,
    beta: String,
}

impl Stage {
    /// `None` if this machine has no such provider: that is said.
    fn set(authentication: &str) -> Option<Self> {
        let people = json!({
            "olga": ["door-owners", "everybody"],
            "late-olga": ["door-owners"],
            "anna": "door-auditors",
            "theo": ["everybody", "door-acme"],
            "mia": ["door-acme", "door-both"],
            "eve": ["everybody", "Door-Owners"],
        });
        let mut provider = provider(&format!("single sign-on with {authentication}"), "127.0.0.1", authentication, &people)?;
        provider.send_back_to(REDIRECT);
        let scratch = Scratch::new();
        let data = scratch.join("data");
        let (acme, beta) = {
            let server = Server::options().data_dir(&data).start();
            let operator = server.operator();
            (operator.tenant("Acme").id, operator.tenant("Beta").id)
        };
        let more = match authentication {
            "client_secret_post" => json!({"clientAuthentication": "post"}),
            _ => json!({}),
        };
        let file = configure(&scratch, provider.issuer(), &grants(&acme, &beta), &more);
        let server = with(&file).data_dir(&data).start();
        Some(Self { provider, server, scratch, acme, beta })
    }

    fn visitor(&self) -> Visitor {
        Visitor::new(self.server.address())
    }

    /// Somebody who is signed in, with the page on which they are told so.
    #[track_caller]
    fn signed_in(&self, name: &str, wanted: &str) -> (Visitor, Page) {
        let mut visitor = self.visitor();
        let page = self.sign_in(&mut visitor, name, wanted);
        assert_eq!(page.status, 200, "{}", page.text());
        (visitor, page)
    }

    #[track_caller]
    fn sign_in(&self, visitor: &mut Visitor, name: &str, wanted: &str) -> Page {
        let back = walk(&leave(visitor, wanted), name, REDIRECT);
        visitor.get(path(&back))
    }

    fn page(&self, tenant: &str, below: &str) -> String {
        format!("/dashboard/tenants/{tenant}{below}")
    }
}

fn grants(acme: &str, beta: &str) -> Value {
    json!([
        {"value": "door-owners", "role": "owner", "tenants": "all"},
        {"value": "door-auditors", "role": "auditor", "tenants": "all"},
        {"value": "door-acme", "role": "admin", "tenants": [acme]},
        {"value": "door-both", "role": "auditor", "tenants": [acme, beta]},
    ])
}

/// An address without scheme and host.
fn path(address: &str) -> &str {
    address.strip_prefix("https://doorlist.example.com").unwrap()
}

#[test]
fn people_get_in_as_far_as_they_are_granted() {
    let Some(stage) = Stage::set("client_secret_basic") else { return };
    an_owner_comes_to_the_page_they_wanted(&stage);
    an_auditor_looks_and_changes_nothing(&stage);
    whoever_has_one_tenant_sees_no_other(&stage);
    whoever_has_two_tenants_chooses(&stage);
    whoever_has_nothing_granted_stays_outside(&stage);
    what_the_id_token_leaves_out_is_asked_for(&stage);
    owners_sign_others_out(&stage);
    what_is_no_longer_granted_ends(stage);
}

fn an_owner_comes_to_the_page_they_wanted(stage: &Stage) {
    let wanted = stage.page(&stage.acme, "/settings?x=%C3%BC");
    let (mut visitor, page) = stage.signed_in("olga", &wanted);
    // The session's cookie is not sent along with what began at the provider, so a page of ours leads on.
    assert_eq!(page.attribute("main a", "href"), wanted);
    assert_eq!(page.attribute("meta[http-equiv=refresh]", "content"), format!("0; url={wanted}"));
    assert_eq!(visitor.cookie("__Host-doorlist_sign_on"), None, "nothing is left of the way");
    let page = visitor.get(&wanted);
    page.says("Signed in as Person <olga>, owner");
    assert!(!page.html.contains("<olga>"), "a name is no markup");
    let made = visitor.submit(&page, "/settings/keys", &[("key-name", "Script"), ("role", "auditor")]);
    assert_eq!(made.status, 200, "{}", made.text());
    let log = stage.server.operator().get(&format!("/tenants/{}/activity", stage.acme)).expect(200);
    let person = json!({"subject": "olga", "name": "Person <olga>", "email": "olga@example.com"});
    assert_eq!(log["items"][0]["actor"], json!({"kind": "operator", "person": person}), "{log}");
    visitor.get(&stage.page(&stage.acme, "/activity")).says("Operator Person <olga>");
    let log = stage.server.operator().get("/activity").expect(200);
    let entry = log["items"].as_array().unwrap().iter().find(|entry| entry["action"] == "GET /dashboard/single-sign-on/callback");
    assert_eq!(entry.expect("signing in is in the log")["actor"]["person"]["subject"], "olga");
    // Signing out ends it, also for who kept the cookie.
    let session = visitor.cookie(SESSION).unwrap().to_owned();
    let page = visitor.get("/dashboard");
    assert!(visitor.submit(&page, "/sign-out", &[]).path.ends_with("/sign-in"));
    visitor.set_cookie(SESSION, &session);
    assert!(visitor.get("/dashboard").path.contains("/sign-in"));
}

fn an_auditor_looks_and_changes_nothing(stage: &Stage) {
    let (mut visitor, page) = stage.signed_in("anna", "/dashboard");
    assert_eq!(page.attribute("main a", "href"), "/dashboard");
    let home = visitor.get("/dashboard");
    home.says("Acme").says("Beta").says("Signed in as Person <anna>, auditor");
    assert_eq!(home.texts("main form").len(), 0);
    let token = home.attribute("header input[name=csrf]", "value");
    let create = stage.page(&stage.beta, "/integrations/new/generic");
    let page = visitor.post(&create, &[("csrf", &token), ("name", "Mine")]);
    assert_eq!(page.status, 403);
    page.says("This needs the role admin or above.");
    let page = visitor.post("/dashboard/tenants", &[("csrf", &token), ("name", "Mine")]);
    assert_eq!(page.status, 403);
    assert_eq!(stage.server.operator().all("/tenants").len(), 2);
    assert_eq!(stage.server.operator().get(&format!("/tenants/{}/connections", stage.beta)).expect(200)["items"], json!([]));
}

fn whoever_has_one_tenant_sees_no_other(stage: &Stage) {
    let (mut visitor, _) = stage.signed_in("theo", "/dashboard");
    let home = visitor.get("/dashboard");
    assert_eq!(home.path, stage.page(&stage.acme, "/integrations"), "with one tenant one begins there");
    home.says("Signed in as Person <theo>, admin");
    for below in ["", "/integrations", "/users", "/settings", "/activity", "/policies"] {
        let page = visitor.get(&stage.page(&stage.beta, below));
        assert_eq!(page.status, 404, "{below}");
        assert!(!page.html.contains("Beta"), "{below}");
    }
    // An admin changes what is no operator.
    let token = home.attribute("header input[name=csrf]", "value");
    let page = visitor.post(&stage.page(&stage.acme, "/settings/keys"), &[("csrf", &token), ("key-name", "Mine"), ("role", "owner")]);
    assert_eq!(page.status, 403);
    let page = visitor.post(&stage.page(&stage.acme, "/settings/name"), &[("csrf", &token), ("name-of-tenant", "Acme & Co")]);
    assert_eq!(page.status, 200);
    page.says("Acme & Co");
    let page = visitor.post(&stage.page(&stage.beta, "/settings/name"), &[("csrf", &token), ("name-of-tenant", "Taken")]);
    assert_eq!(page.status, 404);
    let page = visitor.post("/dashboard/tenants", &[("csrf", &token), ("name", "Mine")]);
    assert_eq!(page.status, 403);
    // Signing in is in the log of what they reach, and nowhere else.
    let signed_in = |path: &str| {
        let log = stage.server.operator().get(path).expect(200);
        let entries = log["items"].as_array().unwrap().clone();
        entries
            .iter()
            .filter(|entry| entry["action"] == "GET /dashboard/single-sign-on/callback" && entry["actor"]["person"]["subject"] == "theo")
            .count()
    };
    let logs = [format!("/tenants/{}/activity", stage.acme), format!("/tenants/{}/activity", stage.beta), "/activity".to_owned()];
    assert_eq!(logs.map(|path| signed_in(&path)), [1, 0, 0]);
}

fn whoever_has_two_tenants_chooses(stage: &Stage) {
    let (mut visitor, _) = stage.signed_in("mia", "/dashboard");
    let home = visitor.get("/dashboard");
    assert_eq!(home.path, "/dashboard");
    home.says("Acme").says("Beta").says("2 tenants");
    // The strongest role in each.
    visitor.get(&stage.page(&stage.acme, "/settings")).says("Signed in as Person <mia>, admin");
    visitor.get(&stage.page(&stage.beta, "/settings")).says("Signed in as Person <mia>, auditor");
}

fn whoever_has_nothing_granted_stays_outside(stage: &Stage) {
    for name in ["eve", "somebody-without-groups"] {
        let mut visitor = stage.visitor();
        let page = stage.sign_in(&mut visitor, name, "/dashboard");
        assert_eq!(page.status, 403, "{name}");
        page.says("no value of the claim groups is one that lets somebody in");
        assert_eq!(visitor.cookie(SESSION), None);
    }
}

fn what_the_id_token_leaves_out_is_asked_for(stage: &Stage) {
    let (mut visitor, _) = stage.signed_in("late-olga", "/dashboard");
    visitor.get("/dashboard").says("Signed in as Person <late-olga>, owner");
}

fn owners_sign_others_out(stage: &Stage) {
    let (mut theo, _) = stage.signed_in("theo", "/dashboard");
    let (mut olga, _) = stage.signed_in("olga", "/dashboard");
    let operator = stage.server.operator();
    let sessions = |tenant: &str| operator.get(&format!("/tenants/{tenant}/sessions")).expect(200)["items"].as_array().unwrap().clone();
    let of = |sessions: &[Value], subject: &str| -> Vec<Value> {
        sessions.iter().filter(|session| session["person"]["subject"] == subject).cloned().collect()
    };
    let (acme, beta) = (sessions(&stage.acme), sessions(&stage.beta));
    let own = of(&acme, "theo");
    assert!(!own.is_empty() && own.iter().all(|session| session["role"] == "admin"), "{acme:?}");
    assert!(of(&beta, "theo").is_empty() && of(&acme, "olga").is_empty(), "each tenant sees its own: {acme:?} {beta:?}");
    assert_eq!(of(&beta, "mia")[0]["role"], "auditor");
    let all = operator.get("/sessions").expect(200)["items"].as_array().unwrap().clone();
    assert_eq!(of(&all, "olga")[0]["role"], "owner");
    assert!(of(&all, "theo").iter().all(|session| session.get("role").is_none()));
    assert!(!all.iter().any(|session| session.to_string().contains("hash")), "{all:?}");
    // Another tenant's owner ends nothing of this one.
    let key = operator.post(&format!("/tenants/{}/keys", stage.beta), &json!({"name": "Beta", "role": "owner"})).expect(201);
    let other = Operator::new(stage.server.address(), key["key"].as_str().unwrap());
    let id = own[0]["id"].as_str().unwrap();
    for tenant in [&stage.acme, &stage.beta] {
        other.delete(&format!("/tenants/{tenant}/sessions/{id}")).problem(404);
    }
    other.delete(&format!("/sessions/{id}")).problem(403);
    // The page says what is granted in the tenant, and to whom it is nobody else's business, nothing more.
    let settings = stage.page(&stage.acme, "/settings");
    let page = theo.get(&settings);
    page.says("door-acme").says("door-both").says("In this tenant");
    assert!(!page.html.contains("door-owners") && page.texts("#people form").is_empty());
    let mut page = olga.get(&settings);
    page.says("door-owners").says("In every tenant");
    for session in &own {
        page = olga.submit(&page, &format!("/settings/sessions/{}/end", session["id"].as_str().unwrap()), &[]);
        page.says("Signed out.");
    }
    assert!(theo.get("/dashboard").path.contains("/sign-in"));
    assert_eq!(of(&sessions(&stage.acme), "theo"), [] as [Value; 0]);
    assert_eq!(olga.get("/dashboard").path, "/dashboard", "nobody else is signed out");
    // From the start one signs out whoever is there.
    let mia = of(&sessions(&stage.beta), "mia").remove(0)["id"].as_str().unwrap().to_owned();
    let home = olga.get("/dashboard");
    home.says("Signed in by single sign-on").says("Person <mia>").says("In some tenants");
    olga.submit(&home, &format!("/dashboard/sessions/{mia}/end"), &[]).says("Signed out.");
    assert!(of(&sessions(&stage.beta), "mia").iter().all(|session| session["id"] != mia.as_str()));
    let log = operator.get(&format!("/tenants/{}/activity", stage.acme)).expect(200);
    let ended = log["items"].as_array().unwrap().iter().find(|entry| entry["action"] == "DELETE /tenants/{tenant}/sessions/{session}");
    assert_eq!(ended.expect("it is in the log")["actor"]["person"]["subject"], "olga");
}

/// A session has what its values are granted by the file of the day.
fn what_is_no_longer_granted_ends(stage: Stage) {
    let (visitor, _) = stage.signed_in("theo", "/dashboard");
    let session = visitor.cookie(SESSION).unwrap().to_owned();
    let Stage { provider, server, scratch, acme, .. } = stage;
    let _ = server.kill();
    let seen = |grants: Option<Value>| {
        let options = match &grants {
            Some(grants) => with(&configure(&scratch, provider.issuer(), grants, &json!({}))),
            None => Server::options().argument("--public-url").argument(super::PUBLIC_URL),
        };
        let server = options.data_dir(&scratch.join("data")).start();
        let mut visitor = Visitor::new(server.address());
        visitor.set_cookie(SESSION, &session);
        visitor.get(&format!("/dashboard/tenants/{acme}/settings"))
    };
    seen(Some(json!([{"value": "door-acme", "role": "auditor", "tenants": [acme]}]))).says("Signed in as Person <theo>, auditor");
    let others = json!([{"value": "door-owners", "role": "owner", "tenants": "all"}]);
    for grants in [Some(others), None] {
        let is_configured = grants.is_some();
        let page = seen(grants);
        assert!(page.path.contains("/sign-in"), "{}", page.text());
        assert_eq!(page.texts("main a.button").len(), usize::from(is_configured), "the button is there if it leads somewhere");
    }
}

#[test]
fn what_was_not_begun_here_leads_nowhere() {
    let Some(stage) = Stage::set("client_secret_post") else { return };
    let asked = {
        let mut visitor = stage.visitor();
        leave(&mut visitor, "/dashboard")
    };
    for (name, value) in [("response_type", "code"), ("code_challenge_method", "S256"), ("client_id", CLIENT)] {
        assert_eq!(parameter(&asked, name), value);
    }
    assert!(parameter(&asked, "scope").split('+').any(|scope| scope == "openid"));
    assert_ne!(parameter(&asked, "state"), parameter(&asked, "nonce"));
    let outside = |visitor: &mut Visitor, path: &str, words: &str| {
        let page = visitor.get(path);
        assert_eq!(page.status, 401, "{path}: {}", page.text());
        page.says(words);
        assert_eq!(visitor.cookie(SESSION), None, "{path}");
        assert!(!page.html.contains("<script>alert"), "the provider's words are not ours");
    };
    let not_begun = "This sign-in was not begun in this browser";
    let mut visitor = stage.visitor();
    let back = walk(&leave(&mut visitor, "/dashboard"), "olga", REDIRECT);
    let (state, code) = (parameter(&back, "state"), parameter(&back, "code"));
    let kept = visitor.cookie("__Host-doorlist_sign_on").unwrap().to_owned();
    let callback = path(REDIRECT);
    // Without the cookie, in a browser that began another one, and with another state.
    outside(&mut stage.visitor(), path(&back), not_begun);
    let mut other = stage.visitor();
    let _ = leave(&mut other, "/dashboard");
    outside(&mut other, path(&back), not_begun);
    for wrong in ["", "x", &format!("{state}0"), &state.to_uppercase()] {
        let mut same = stage.visitor();
        same.set_cookie("__Host-doorlist_sign_on", &kept);
        outside(&mut same, &format!("{callback}?code={code}&state={wrong}"), not_begun);
    }
    for (query, words) in
        [(format!("code={code}&state={state}&state=x"), not_begun), (format!("code={code}"), not_begun), (String::new(), not_begun)]
    {
        let mut same = stage.visitor();
        same.set_cookie("__Host-doorlist_sign_on", &kept);
        outside(&mut same, &format!("{callback}?{query}"), words);
    }
    // The right one gets in, once.
    let page = visitor.get(path(&back));
    assert_eq!(page.status, 200, "{}", page.text());
    let mut again = stage.visitor();
    again.set_cookie("__Host-doorlist_sign_on", &kept);
    outside(&mut again, path(&back), not_begun);
    // What the provider refuses, and what it never gave.
    for (query, words) in [
        ("error=access_denied&error_description=%3Cscript%3Ealert(1)%3C/script%3E", "did not let you through, or you turned back there"),
        ("error=temporarily_unavailable", "has a problem of its own"),
        ("error=%3Cscript%3Ealert(1)%3C/script%3E", "refuses this server's request"),
        ("code=never-given", "The provider no longer knows of this sign-in"),
        ("code=x&iss=https%3A%2F%2Felsewhere.example.com", not_begun),
        ("code=", not_begun),
    ] {
        let mut visitor = stage.visitor();
        let state = parameter(&leave(&mut visitor, "/dashboard"), "state");
        outside(&mut visitor, &format!("{callback}?state={state}&{query}"), words);
    }
    // Nobody is sent elsewhere afterwards by an address that somebody else made.
    for next in ["https%3A%2F%2Fexample.com", "%2F%2Fexample.com", "%2Fdashboard%2F%5Cexample.com"] {
        let mut visitor = stage.visitor();
        let reply = visitor.ask("GET", &format!("/dashboard/single-sign-on?next={next}"), None);
        let back = walk(reply.header("location").unwrap(), "olga", REDIRECT);
        let page = visitor.get(path(&back));
        assert_eq!(page.attribute("main a", "href"), "/dashboard", "{next}");
    }
    // Whoever is in already is not sent away, and without single sign-on there is none.
    assert_eq!(visitor.get("/dashboard/single-sign-on").path, "/dashboard");
    let plain = Server::start();
    for path in ["/dashboard/single-sign-on", "/dashboard/single-sign-on/callback?code=a&state=b"] {
        assert_eq!(Visitor::new(plain.address()).get(path).status, 404);
    }
}
