//! Every page and every form of the dashboard, as whoever must not, and with names that are hard to show.
//!
//! What all pages have in common - size, policy, headings, no script of their own - each [`Page`] is held against when it comes.

use std::collections::{BTreeMap, BTreeSet};

use doorlist::signature::SecretKey;
use doorlist_tests::callers::text;
use doorlist_tests::http::encode;
use doorlist_tests::{Client, Page, Tenant, Visitor, eventually};
use serde_json::{Value, json};

use super::visitor;
use crate::guests::plain;
use crate::plugins::printing::printing;
use crate::shared;
use crate::tenancy::NOBODY;
use crate::tenancy::endpoints::everything;

/// What comes of looking at a page.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Look {
    /// It shows something, to everybody who reaches the tenant.
    Shows,
    /// It leads elsewhere.
    Leads,
    /// It is of use only to those who may change something.
    Changes,
}

/// A page below the dashboard's: its path, what comes of it, and the queries with which it is looked at.
type Looked = (&'static str, Look, &'static [&'static str]);

/// Every page.
const PAGES: &[Looked] = &[
    ("", Look::Leads, &[""]),
    ("/keys/made", Look::Leads, &[""]),
    ("/tenants/{tenant}", Look::Leads, &[""]),
    ("/tenants/{tenant}/integrations", Look::Shows, &[""]),
    ("/tenants/{tenant}/integrations/new/{provider}", Look::Changes, &["", "?step=2", "?step=3", "?step=4"]),
    ("/tenants/{tenant}/integrations/{connection}", Look::Shows, &[""]),
    ("/tenants/{tenant}/integrations/{connection}/settings", Look::Changes, &[""]),
    ("/tenants/{tenant}/integrations/{connection}/credentials", Look::Leads, &[""]),
    ("/tenants/{tenant}/users", Look::Shows, &["", "?search=quokka", "?status=suspended"]),
    ("/tenants/{tenant}/users/new", Look::Changes, &[""]),
    ("/tenants/{tenant}/users/{user}", Look::Shows, &["", "?done=saved"]),
    ("/tenants/{tenant}/users/{user}/history", Look::Shows, &[""]),
    ("/tenants/{tenant}/groups", Look::Shows, &["", "?search=quokka"]),
    ("/tenants/{tenant}/groups/new", Look::Changes, &[""]),
    ("/tenants/{tenant}/groups/{group}", Look::Shows, &["", "?find=quokka"]),
    ("/tenants/{tenant}/groups/{group}/history", Look::Shows, &[""]),
    ("/tenants/{tenant}/left-out", Look::Shows, &["", "?kind=group"]),
    ("/tenants/{tenant}/why", Look::Shows, &["", "?named={scim}", "?kind=group&named={scim-group}"]),
    ("/tenants/{tenant}/policies", Look::Shows, &[""]),
    ("/tenants/{tenant}/policies/plans", Look::Shows, &[""]),
    ("/tenants/{tenant}/policies/plans/{plan}", Look::Shows, &["", "?subject=quokka"]),
    ("/tenants/{tenant}/policies/plans/{plan}/change", Look::Changes, &[""]),
    ("/tenants/{tenant}/policies/history", Look::Shows, &[""]),
    ("/tenants/{tenant}/policies/history/{revision}", Look::Shows, &[""]),
    ("/tenants/{tenant}/policies/history/{revision}/{place}", Look::Shows, &[""]),
    ("/tenants/{tenant}/policies/monitor", Look::Shows, &["", "?policy={policy}"]),
    ("/tenants/{tenant}/policies/shadow", Look::Shows, &[""]),
    ("/tenants/{tenant}/plugins", Look::Shows, &[""]),
    ("/tenants/{tenant}/plugins/checks", Look::Shows, &[""]),
    ("/tenants/{tenant}/plugins/{name}/{version}", Look::Shows, &[""]),
    ("/tenants/{tenant}/plugins/{name}/{version}/log", Look::Shows, &[""]),
    ("/tenants/{tenant}/holds", Look::Shows, &["", "?state=open"]),
    ("/tenants/{tenant}/holds/{hold}", Look::Shows, &[""]),
    ("/tenants/{tenant}/activity", Look::Shows, &["", "?outcome=failed", "?status=4xx", "?connection={connection}", "?subject={scim}"]),
    ("/tenants/{tenant}/events", Look::Shows, &["", "?before=3"]),
    ("/tenants/{tenant}/requests/{request}", Look::Shows, &[""]),
    ("/tenants/{tenant}/stuck", Look::Shows, &[""]),
    ("/tenants/{tenant}/settings", Look::Shows, &[""]),
    ("/tenants/{tenant}/settings/keys/made", Look::Leads, &[""]),
    ("/tenants/{tenant}/settings/plugins", Look::Shows, &[""]),
];

/// What a form does: its path and the fields with which it would do it.
type Sent = (&'static str, &'static [(&'static str, &'static str)]);

/// Everything that a form does.
const FORMS: &[Sent] = &[
    ("/tenants", &[("name", "Made by an intruder")]),
    ("/sessions/{session}/end", &[]),
    ("/keys", &[("key-name", "Made by an intruder"), ("role", "owner")]),
    ("/keys/{key}/delete", &[]),
    ("/tenants/{tenant}/integrations/new/{provider}", &[("name", "Made by an intruder")]),
    ("/tenants/{tenant}/integrations/{connection}/settings", &[("name", "Changed by an intruder"), ("userGroups", "")]),
    ("/tenants/{tenant}/integrations/{connection}/switch", &[("enabled", "false")]),
    ("/tenants/{tenant}/integrations/{connection}/tokens", &[]),
    ("/tenants/{tenant}/integrations/{connection}/tokens/{token}/delete", &[]),
    ("/tenants/{tenant}/integrations/{connection}/delete", &[]),
    ("/tenants/{tenant}/users", &[("userName", "intruder")]),
    ("/tenants/{tenant}/users/{user}/role", &[("role", "owner")]),
    ("/tenants/{tenant}/users/{user}/block", &[("blocked", "true")]),
    ("/tenants/{tenant}/users/{user}/edit", &[("displayName", "Changed by an intruder")]),
    ("/tenants/{tenant}/users/{user}/delete", &[]),
    ("/tenants/{tenant}/groups", &[("displayName", "Made by an intruder")]),
    ("/tenants/{tenant}/groups/{group}/rename", &[("displayName", "Changed by an intruder")]),
    ("/tenants/{tenant}/groups/{group}/delete", &[]),
    ("/tenants/{tenant}/groups/{group}/members", &[("user", "{user}")]),
    ("/tenants/{tenant}/groups/{group}/members/{user}/remove", &[]),
    ("/tenants/{tenant}/policies/draft", &[("draft", r#"{"revision":0,"policies":[]}"#), ("do", "plan")]),
    (
        "/tenants/{tenant}/policies/policy",
        &[
            ("draft", r#"{"revision":0,"policies":[]}"#),
            ("plugin", "group-prefix"),
            ("shown", env!("CARGO_PKG_VERSION")),
            ("version", env!("CARGO_PKG_VERSION")),
            ("name", "Made by an intruder"),
            ("mode", "enforce"),
            ("do", "plan"),
        ],
    ),
    ("/tenants/{tenant}/policies/plans/{plan}/apply", &[]),
    ("/tenants/{tenant}/policies/history/{revision}/roll-back", &[]),
    ("/tenants/{tenant}/policies/monitor/promote", &[("policy", "{policy}")]),
    ("/tenants/{tenant}/policies/shadow/promote", &[]),
    ("/tenants/{tenant}/policies/shadow/end", &[]),
    ("/tenants/{tenant}/plugins", &[("file", "")]),
    ("/tenants/{tenant}/plugins/{name}/{version}/delete", &[]),
    ("/tenants/{tenant}/holds/{hold}/members", &[("members", "{held}"), ("action", "release")]),
    ("/tenants/{tenant}/holds/{hold}/all", &[("action", "release")]),
    ("/tenants/{tenant}/settings/name", &[("name-of-tenant", "Changed by an intruder")]),
    ("/tenants/{tenant}/settings/guard", &[("count", "7")]),
    ("/tenants/{tenant}/settings/retention", &[("activityDays", "1"), ("eventDays", "1")]),
    ("/tenants/{tenant}/settings/keys", &[("key-name", "Made by an intruder"), ("role", "owner")]),
    ("/tenants/{tenant}/settings/keys/{key}/delete", &[]),
    ("/tenants/{tenant}/settings/sessions/{session}/end", &[]),
    ("/tenants/{tenant}/settings/plugins/signature", &[("required", "true")]),
    ("/tenants/{tenant}/settings/plugins/keys", &[("key-name", "Made by an intruder"), ("public-key", "{signing-key}")]),
    ("/tenants/{tenant}/settings/plugins/keys/delete", &[("publicKey", "{signing-key}")]),
    ("/tenants/{tenant}/settings/plugins/limits", &[("tier", "small"), ("projectMs", "10")]),
];

/// Signing out is everybody's own.
const SIGN_OUT: Sent = ("/sign-out", &[]);

/// What every hostile name has in it.
const MARK: &str = "Quokka";

/// Bytes of a name that an operator gives.
const NAME_BYTES: usize = 256;

/// A name that is hard to show, of as many bytes at the most, and another one for each number: markup, a text that turns what is around it, or many letters.
fn hostile(number: usize, bytes: usize) -> String {
    let head = format!("{MARK}{number}");
    let (head, fill) = match number % 3 {
        0 => (format!("{head}<script>alert({number})</script><b>'&"), '"'),
        1 => (format!("\u{202e}\u{2066}{head} שלום"), 'ם'),
        _ => (head, 'W'),
    };
    let room = (bytes - head.len()) / fill.len_utf8();
    head + &fill.to_string().repeat(room)
}

/// A tenant with something for each variable part of a path.
struct World {
    tenant: Tenant,
    client: Client,
    ids: BTreeMap<&'static str, Vec<String>>,
}

impl World {
    /// One with names that are hard to show wherever a name can be.
    #[track_caller]
    fn new() -> Self {
        let tenant = shared::tenant(&hostile(0, NAME_BYTES));
        let client = tenant.connect_with(&json!({"provider": "jumpcloud", "name": hostile(0, NAME_BYTES), "groupPrefixes": ["NB-"]}));
        let person = |number: usize, title: &str| {
            let name = hostile(number, 4_000);
            let body = json!({"userName": name, "displayName": name, "externalId": name, "title": title, "nickName": name});
            text(&client.post("/Users", &body).expect(201), "id")
        };
        let (synced, going) = (person(0, "Staff"), person(1, "Staff"));
        let group = client.group(&format!("NB-{}", hostile(0, 4_000)), &[&synced, &going]);
        let user = text(&tenant.post("/users", &json!({"userName": hostile(0, NAME_BYTES)})).expect(201), "id");
        let local = text(&tenant.post("/groups", &json!({"displayName": hostile(0, NAME_BYTES)})).expect(201), "id");
        let _ = tenant.put(&format!("/groups/{local}/users/{user}"), &json!({})).expect(204);
        let tokens = format!("/connections/{}/tokens", client.connection);
        let token = tenant.post(&tokens, &json!({"name": hostile(0, NAME_BYTES)})).expect(201);
        let key = tenant.post("/keys", &json!({"name": hostile(0, NAME_BYTES), "role": "owner"})).expect(201);
        let plugin = tenant.upload(&plain("owned", "1.0.0")).expect(201);
        let watching = hostile(0, NAME_BYTES);
        let mut policies = tenant.get("/pipeline").expect(200)["policies"].clone();
        policies.as_array_mut().unwrap().push(
            json!({"name": watching, "plugin": "user-group-filter", "settings": {"groups": [hostile(0, NAME_BYTES)]}, "mode": "monitor"}),
        );
        let revision = tenant.put("/pipeline", &json!({"policies": policies})).expect(200)["revision"].to_string();
        let plan = tenant.post("/pipeline/plans", &json!({"policies": []})).expect(201);
        // Somebody who is held: not one of those who have only just come.
        let _ = tenant.patch("", &json!({"guard": {"count": 0, "sharePercent": 0}})).expect(200);
        (0..4).for_each(|number| drop(client.user(&format!("visitor{number}@example.com"))));
        tenant.synced();
        client.remove(&format!("/Users/{going}"));
        tenant.synced();
        let hold = text(&tenant.all("/holds")[0], "id");
        let held = text(&tenant.all(&format!("/holds/{hold}/members"))[0], "member");
        let agent = json!({"userName": "seen@example.com", "displayName": hostile(0, 4_000), "title": hostile(1, 4_000)});
        let _ = client.call("POST", "/Users").header("x-request-id", "seen-request").json(&agent).send().expect(201);
        let shadow =
            json!({"policies": [{"name": hostile(1, NAME_BYTES), "plugin": "user-group-filter", "settings": {"groups": ["NB-None"]}}]});
        let _ = tenant.put("/pipeline/shadow", &shadow).expect(200);
        let signing = SecretKey::generate().unwrap().public().to_string();
        let _ = tenant.patch("", &json!({"signingKeys": [{"name": hostile(0, NAME_BYTES), "publicKey": signing}]})).expect(200);
        let world = Self {
            ids: BTreeMap::from([
                ("tenant", vec![tenant.id.clone()]),
                ("provider", vec!["jumpcloud".to_owned(), "generic".to_owned()]),
                ("connection", vec![client.connection.clone()]),
                ("token", vec![text(&token, "id")]),
                ("key", vec![text(&key, "id")]),
                ("user", vec![user]),
                ("group", vec![local]),
                ("scim", vec![synced, going]),
                ("scim-group", vec![group]),
                ("name", vec![text(&plugin, "name")]),
                ("version", vec![text(&plugin, "version")]),
                ("plan", vec![text(&plan, "id")]),
                ("revision", vec![revision]),
                ("place", vec!["0".to_owned()]),
                ("policy", vec![watching]),
                ("request", vec!["seen-request".to_owned()]),
                ("signing-key", vec![signing]),
                // Sessions of people are only where there is single sign-on.
                ("session", vec![NOBODY.to_owned()]),
                ("hold", vec![hold]),
                ("held", vec![held]),
            ]),
            tenant,
            client,
        };
        world.settled();
        world
    }

    fn settled(&self) {
        self.tenant.synced();
        let settled = || self.tenant.get("/pipeline/shadow").expect(200)["settled"].as_bool().filter(|settled| *settled);
        eventually("the shadow has come by everybody", settled);
    }

    /// The same with more of everything than one page shows.
    #[track_caller]
    fn crowded() -> Self {
        const MANY: usize = 52;
        const CONNECTIONS: usize = 10;
        let mut world = Self::new();
        let (tenant, client) = (&world.tenant, &world.client);
        let others: Vec<String> = (1..CONNECTIONS)
            .map(|number| tenant.post("/connections", &json!({"provider": "okta", "name": hostile(number, NAME_BYTES)})).expect(201))
            .map(|made| text(&made, "id"))
            .collect();
        let plugin = tenant.upload(&printing(&format!("\u{202e}<script>alert(1)</script><b>{MARK}"), Some(9))).expect(201);
        let rule = |number, when: &str, effects: Value| json!({"name": hostile(number, 100), "when": when, "effects": effects});
        let rules = json!({"users": [
            rule(0, "title eq \"Out\"", json!({"included": false})),
            rule(1, "title eq \"Stuck\"", json!({"role": "pilot"})),
            rule(2, "title eq \"Staff\"", json!({"role": "auditor"})),
        ]});
        let named = |number: usize, plugin: &str, settings: Value| json!({"name": hostile(number, NAME_BYTES), "plugin": plugin, "settings": settings});
        let mut watching = named(5, "user-group-filter", json!({"groups": ["NB-None"]}));
        watching["mode"] = json!("monitor");
        let mut policies = vec![
            named(3, "rules", rules),
            named(4, &text(&plugin, "name"), json!({})),
            watching,
            named(6, "group-prefix", json!({"prefixes": ["NB-"]})),
        ];
        policies.extend((7..MANY + 7).map(|number| {
            let mut policy = named(number, "group-prefix", json!({"prefixes": ["NB-"]}));
            policy["connection"] = json!(others[0]);
            policy
        }));
        let revision = tenant.put("/pipeline", &json!({"policies": policies})).expect(200)["revision"].to_string();
        let person = |number: usize, title: &str| {
            let name = hostile(number, 4_000);
            let body = json!({"userName": name, "displayName": name, "externalId": name, "title": title, "nickName": name});
            text(&client.post("/Users", &body).expect(201), "id")
        };
        let (mut staff, mut gone) = (Vec::new(), Vec::new());
        for number in 0..MANY {
            staff.push(person(100 + number, "Staff"));
            gone.push(person(300 + number, "Staff"));
            person(500 + number, "Out");
            person(700 + number, "Stuck");
            client.group(&hostile(900 + number, 4_000), &[]);
            client.group(&format!("NB-{}", hostile(1_100 + number, 4_000)), &[&staff[0]]);
            let _ = tenant.post("/keys", &json!({"name": hostile(number, NAME_BYTES), "role": "auditor"})).expect(201);
        }
        let all: Vec<&str> = staff.iter().map(String::as_str).collect();
        client.group("NB-Crowd", &all);
        let token = json!({"name": hostile(2, NAME_BYTES)});
        (0..18).for_each(|_| drop(tenant.post(&format!("/connections/{}/tokens", client.connection), &token).expect(201)));
        (0..4).for_each(|number| drop(client.user(&format!("later{number}@example.com"))));
        tenant.synced();
        gone.iter().for_each(|id| client.remove(&format!("/Users/{id}")));
        tenant.synced();
        for user in &staff[..4] {
            client.set(user, &json!({"displayName": hostile(2, 3_000), "nickName": "x", "externalId": hostile(5, 3_000)}));
        }
        tenant.synced();
        let members = tenant.members();
        let id_of = |scim: &str| members.iter().find(|member| member["scimId"] == scim).map(|member| text(member, "id")).unwrap();
        let plan = tenant.post(
            "/pipeline/plans",
            &json!({"policies": [{"name": hostile(1, NAME_BYTES), "plugin": "user-group-filter", "settings": {"groups": ["NB-None"]}}]}),
        );
        let plan = text(&plan.expect(201), "id");
        let crowd = tenant.groups().into_iter().find(|group| group["displayName"] == "NB-Crowd").map(|group| text(&group, "id")).unwrap();
        let hold = text(&tenant.all("/holds")[0], "id");
        let users: Vec<String> = staff[..3].iter().map(|scim| id_of(scim)).collect();
        let more = [
            ("user", users),
            ("group", vec![crowd]),
            ("scim", staff[..3].to_vec()),
            ("plan", vec![plan]),
            ("hold", vec![hold]),
            ("revision", vec![revision]),
        ];
        for (variable, ids) in more {
            world.ids.get_mut(variable).unwrap().extend(ids);
        }
        world.ids.insert("name", vec![text(&plugin, "name")]);
        world.ids.insert("policy", vec![hostile(5, NAME_BYTES)]);
        world.settled();
        world
    }

    /// A path with each of this world's ids, one variable part after the other.
    fn paths(&self, path: &str) -> Vec<String> {
        let mut paths = vec![path.to_owned()];
        for (variable, ids) in &self.ids {
            let part = format!("{{{variable}}}");
            paths = paths
                .iter()
                .flat_map(|path| ids.iter().map(move |id| (path, id)))
                .map(|(path, id)| path.replace(&part, &encode(id)))
                .collect();
            paths.dedup();
        }
        paths
    }

    /// A path with the first of this world's ids, but for those in `others`.
    fn path(&self, path: &str, others: &[(&str, &str)]) -> String {
        let mut path = path.to_owned();
        for (variable, id) in others {
            path = path.replace(&format!("{{{variable}}}"), id);
        }
        self.paths(&path).remove(0)
    }

    fn everything(&self) -> Vec<String> {
        everything(&self.tenant.operator, &self.client, |endpoint| {
            let path = self.path(endpoint.path, &[]);
            (!path.contains('{')).then_some(path)
        })
    }

    /// Sends a form, with a token or without one, and gives what comes of it.
    #[track_caller]
    fn send(&self, visitor: &mut Visitor, form: &Sent, others: &[(&str, &str)], token: Option<&str>) -> Page {
        let address = format!("/dashboard{}", self.path(form.0, others));
        let own =
            |text: &str| match text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).and_then(|variable| self.ids.get(variable)) {
                Some(ids) => ids[0].clone(),
                None => text.to_owned(),
            };
        let fields: Vec<(&str, String)> = token
            .map(|token| ("csrf", token.to_owned()))
            .into_iter()
            // Whatever asks first was answered.
            .chain([("sure", "yes".to_owned())])
            .chain(form.1.iter().map(|(name, value)| (*name, own(value))))
            .collect();
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        if form.1 == [("file", "")] {
            return visitor.post_file(&address, &fields[..fields.len() - 1], &plain("intruder", "1.0.0"));
        }
        visitor.post(&address, &fields)
    }
}

/// Whether it is about a tenant, and not about the installation.
fn is_of_tenant(form: &Sent) -> bool {
    form.0.starts_with("/tenants/{tenant}")
}

fn token_of(visitor: &mut Visitor) -> String {
    visitor.get("/dashboard").attribute("header input[name=csrf]", "value")
}

#[test]
fn no_page_is_missing_in_the_walks() {
    let served: BTreeSet<String> = doorlist::http::dashboard_routes().into_iter().collect();
    let pages = PAGES.iter().map(|(path, ..)| format!("GET /dashboard{path}"));
    let forms = FORMS.iter().chain([&SIGN_OUT]).map(|(path, _)| format!("POST /dashboard{path}"));
    let walked: BTreeSet<String> = pages.chain(forms).collect();
    assert_eq!(walked, served, "the pages that are walked over are not those that are served");
}

#[test]
fn nobody_is_led_to_the_door_and_does_nothing() {
    let world = World::new();
    let before = world.everything();
    let mut nobody = Visitor::new(world.tenant.operator.address());
    for (path, _, queries) in PAGES {
        for query in *queries {
            let path = world.path(&format!("{path}{query}"), &[]);
            let page = nobody.get(&format!("/dashboard{path}"));
            assert!(page.path.starts_with("/dashboard/sign-in") && page.status == 200, "{path}: {} {}", page.path, page.status);
            // Where one wanted to go is known to who wanted to.
            assert!(path.contains(MARK) || !page.html.contains(MARK), "{path}: {}", page.html);
        }
    }
    for form in FORMS {
        let page = world.send(&mut nobody, form, &[], Some("0"));
        assert!(page.path.starts_with("/dashboard/sign-in"), "{form:?}: {}", page.path);
        assert!(!page.html.contains(MARK), "{form:?}: {}", page.html);
    }
    assert!(nobody.post("/dashboard/sign-out", &[]).path.starts_with("/dashboard/sign-in"));
    assert_eq!(world.everything(), before);
}

#[test]
fn auditors_look_at_every_page_and_change_nothing() {
    let world = World::new();
    let mut auditor = visitor(&world.tenant, "auditor");
    let token = token_of(&mut auditor);
    for (path, look, queries) in PAGES {
        for query in *queries {
            let path = world.path(&format!("{path}{query}"), &[]);
            let page = auditor.get(&format!("/dashboard{path}"));
            let is_elsewhere = page.path != format!("/dashboard{path}");
            assert_eq!(
                (page.status, is_elsewhere),
                (if *look == Look::Changes { 403 } else { 200 }, *look == Look::Leads),
                "{path}: {}",
                page.html
            );
            assert_eq!(page.texts("main form[method=post]").len(), 0, "{path} offers a change to who may make none");
            if *look == Look::Changes {
                page.says("This needs a key with the role admin or above.");
            }
        }
    }
    let before = world.everything();
    for form in FORMS {
        let page = world.send(&mut auditor, form, &[], Some(&token));
        assert_eq!(page.status, 403, "{form:?}: {}", page.html);
        // What is the installation's is no tenant's key's in the first place.
        page.says(if is_of_tenant(form) { "This needs a key with the role" } else { "This key is of one tenant" });
    }
    assert_eq!(world.everything(), before);
}

/// Another tenant's owner finds of this one what they would find of one that is not there.
#[test]
fn owners_of_another_tenant_find_nothing() {
    let (world, other) = (World::new(), shared::tenant("Strangers"));
    let mut stranger = visitor(&other, "owner");
    let token = token_of(&mut stranger);
    let before = world.everything();
    for (path, _, queries) in PAGES.iter().filter(|(path, ..)| path.contains("{tenant}")) {
        for query in *queries {
            let path = format!("{path}{query}");
            let page = stranger.get(&format!("/dashboard{}", world.path(&path, &[])));
            let unknown = stranger.get(&format!("/dashboard{}", world.path(&path, &[("tenant", NOBODY)])));
            assert_eq!((page.status, &page.html), (404, &unknown.html), "{path}");
            assert!(!page.html.contains(MARK));
        }
    }
    for form in FORMS {
        let page = world.send(&mut stranger, form, &[], Some(&token));
        assert_eq!(page.status, if is_of_tenant(form) { 404 } else { 403 }, "{form:?}: {}", page.html);
        assert!(!page.html.contains(MARK), "{form:?}: {}", page.html);
    }
    // Ids of that tenant below the own one are ids of nothing.
    for (path, _, _) in PAGES.iter().filter(|(path, ..)| path.matches('{').count() > 1) {
        // Plugins and revisions are called alike in every tenant, and a request that is not known is told in words.
        if ["{provider}", "{revision}", "{request}", "{name}"].iter().any(|part| path.contains(part)) {
            continue;
        }
        let page = stranger.get(&format!("/dashboard{}", world.path(path, &[("tenant", &other.id)])));
        assert_eq!(page.status, 404, "{path}: {}", page.html);
        assert!(!page.html.contains(MARK), "{path}: {}", page.html);
    }
    let page = stranger.get(&format!("/dashboard/tenants/{}/requests/{}", other.id, world.ids["request"][0]));
    page.says("What was sent is no longer known");
    assert_eq!(world.everything(), before);
}

#[test]
fn what_is_not_there_is_told_in_words() {
    let world = World::new();
    let mut owner = visitor(&world.tenant, "owner");
    let token = token_of(&mut owner);
    let before = world.everything();
    let unknown = [
        ("provider", "nobody"),
        ("connection", NOBODY),
        ("token", NOBODY),
        ("key", NOBODY),
        ("session", NOBODY),
        ("user", NOBODY),
        ("group", NOBODY),
        ("plan", NOBODY),
        ("hold", NOBODY),
        ("revision", "99999"),
        ("place", "99999"),
        ("name", "nobody"),
        ("version", "9.9.9"),
    ];
    for (variable, id) in unknown {
        let part = format!("{{{variable}}}");
        let ids = [id, "%20", "%F0%9F%99%82", "..%2F..", "0"];
        for (path, ..) in PAGES.iter().filter(|(path, ..)| path.contains(&part)) {
            for id in ids.iter().filter(|id| !["revision", "place"].contains(&variable) || **id != "0") {
                let page = owner.get(&format!("/dashboard{}", world.path(path, &[(variable, id)])));
                assert_eq!(page.status, 404, "{path} with the {variable} {id}: {}", page.html);
            }
        }
        for form in FORMS.iter().filter(|form| is_of_tenant(form) && form.0.contains(&part)) {
            let page = world.send(&mut owner, form, &[(variable, id)], Some(&token));
            // Taking out of a group who is not in it is done already, whoever that is.
            let expected = if form.0.ends_with("/remove") && variable == "user" { 200 } else { 404 };
            assert_eq!(page.status, expected, "{form:?} with the {variable} {id}: {}", page.html);
        }
    }
    assert_eq!(world.everything(), before);
}

#[test]
fn no_form_does_anything_without_its_token() {
    let world = World::new();
    let mut owner = visitor(&world.tenant, "owner");
    let mut root = Visitor::signed_in(world.tenant.operator.address(), world.tenant.operator.key());
    let theirs = token_of(&mut visitor(&world.tenant, "owner"));
    let before = world.everything();
    for form in FORMS.iter().chain([&SIGN_OUT]) {
        for token in [None, Some(""), Some("0"), Some(theirs.as_str())] {
            for visitor in [&mut owner, &mut root] {
                let page = world.send(visitor, form, &[], token);
                assert_eq!(page.status, 403, "{form:?} with {token:?}: {}", page.html);
                page.says("This form is out of date, or does not come from this dashboard.");
            }
        }
    }
    assert_eq!(world.everything(), before);
    assert_eq!(owner.get("/dashboard").status, 200, "nobody was signed out");
}

/// Each page is held against what all have in common: its size too, and that nothing turns the direction of what is around it.
#[test]
fn names_that_are_hard_to_show_are_only_names() {
    let world = World::crowded();
    let mut admin = visitor(&world.tenant, "admin");
    let mut shown = 0;
    let all = PAGES.iter().flat_map(|(path, _, queries)| queries.iter().map(move |query| format!("{path}{query}")));
    let paths: BTreeSet<String> = all.flat_map(|path| world.paths(&path)).collect();
    for path in &paths {
        let page = admin.get(&format!("/dashboard{path}"));
        assert_eq!(page.status, 200, "{path}: {}", page.html);
        for bad in ["<script>alert", &format!("<b>{MARK}"), "<b>'"] {
            assert!(!page.html.contains(bad), "{path} has {bad}: {}", page.html);
        }
        shown += usize::from(page.texts("main")[0].contains(MARK));
    }
    assert!(shown >= 30, "only {shown} of {} pages show such a name", paths.len());
    let page = admin.get(&format!("/dashboard/tenants/{}/users", world.tenant.id));
    assert_eq!(page.texts("tbody tr").len(), 50);
    // Forms that come back show what was typed, and it is only text there.
    let page = admin.get(&format!("/dashboard/tenants/{}/users/new", world.tenant.id));
    let refused =
        admin.submit(&page, "/users", &[("userName", ""), ("displayName", &hostile(0, NAME_BYTES)), ("email", &hostile(1, NAME_BYTES))]);
    assert_eq!((refused.status, refused.attribute("#displayName", "value")), (400, hostile(0, NAME_BYTES)));
    let list = admin.get(&format!("/dashboard/tenants/{}/policies", world.tenant.id));
    for command in ["settings:0", "settings:1", "up:1", "mode:2", "remove:3", "show:50", "add"] {
        let page = admin.submit(&list, "/policies/draft", &[("do", command)]);
        assert!(page.status == 200 && !page.html.contains("<script>alert"), "{command}: {}", page.html);
    }
}
