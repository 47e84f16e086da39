//! Users and groups: finding them, changing what operators may, and why somebody is in or not.

use doorlist_tests::callers::text;
use doorlist_tests::http::{encode, query};
use doorlist_tests::{Client, Page, Tenant, Visitor};
use serde_json::{Value, json};

use crate::shared;

/// A tenant with a connection that lets in the members of `NB-Staff`: Ada, and not Zoe.
struct World {
    tenant: Tenant,
    client: Client,
    ada: String,
    zoe: String,
    staff: String,
    base: String,
}

impl World {
    fn new(name: &str) -> Self {
        let tenant = shared::tenant(name);
        let body = json!({"provider": "jumpcloud", "name": "Our JumpCloud", "groupPrefixes": ["NB-"], "userGroups": ["NB-Staff"]});
        let client = tenant.connect_with(&body);
        let (ada, zoe) = (client.user("ada@example.com"), client.user("zoe@example.com"));
        let staff = client.group("NB-Staff", &[&ada]);
        client.group("Marketing", &[&zoe]);
        tenant.synced();
        let base = format!("/dashboard/tenants/{}", tenant.id);
        Self { tenant, client, ada, zoe, staff, base }
    }

    fn visitor(&self, role: &str) -> Visitor {
        let key = text(&self.tenant.post("/keys", &json!({"name": role, "role": role})).expect(201), "key");
        Visitor::signed_in(self.tenant.operator.address(), &key)
    }

    #[track_caller]
    fn get(&self, visitor: &mut Visitor, below: &str) -> Page {
        let page = visitor.get(&format!("{}{below}", self.base));
        assert_eq!(page.status, 200, "{below}: {}", page.html);
        page
    }

    fn member(&self, user_name: &str) -> (String, Value) {
        let member = self.tenant.member(user_name);
        (format!("/users/{}", text(&member, "id")), member)
    }
}

#[test]
fn users_are_found_and_filtered() {
    let world = World::new("Dashboard users");
    let _ = world.tenant.post("/users", &json!({"userName": "eve", "displayName": "Eve", "role": "auditor"})).expect(201);
    let mut visitor = world.visitor("admin");
    let page = world.get(&mut visitor, "/users");
    assert_eq!(page.texts("tbody tr").len(), 2);
    page.says("ada@example.com").says("Our JumpCloud").says("Made here").says("Eve");
    for (field, value, names) in [
        ("search", "ADA", vec!["ada@example.com"]),
        ("role", "auditor", vec!["eve"]),
        ("issued", "api", vec!["eve"]),
        ("status", "blocked", vec![]),
        ("connection", world.client.connection.as_str(), vec!["ada@example.com"]),
        ("group", world.staff.as_str(), vec!["ada@example.com"]),
    ] {
        let found = visitor.submit(&page, "/users", &[(field, value)]);
        assert_eq!(found.texts("tbody td:first-child .muted"), names, "{field}={value}");
    }
    let none = visitor.submit(&page, "/users", &[("search", "zoe")]);
    none.says("Nobody in the team is like that");
    // Who was left out is one click away, with the reason; so is why.
    assert!(page.html.contains(&format!("{}/left-out?kind=user", world.base)));
    let out = world.get(&mut visitor, "/left-out?kind=user");
    assert_eq!(out.texts("tbody tr").len(), 1);
    out.says("zoe@example.com").says("NB-Staff").says("user-group-filter");
    let out = visitor.submit(&out, "/left-out", &[("kind", "group")]);
    out.says("Groups that were left out").says("Marketing");
    let out = visitor.submit(&out, "/left-out", &[("search", "nobody")]);
    out.says("Nobody like that is left out");
}

#[test]
fn long_lists_go_on() {
    let world = World::new("Dashboard pages");
    for number in 0..60 {
        let _ = world.tenant.post("/users", &json!({"userName": format!("local{number:02}")})).expect(201);
    }
    let mut visitor = world.visitor("auditor");
    let first = world.get(&mut visitor, "/users?issued=api");
    assert_eq!(first.texts("tbody tr").len(), 50);
    let second = visitor.get(&first.attribute("a[rel=next]", "href"));
    assert_eq!(second.texts("tbody tr").len(), 10);
    assert_eq!(second.texts("a[rel=next]").len(), 0);
    second.says("local59");
}

#[test]
fn a_member_has_a_page_and_is_changed_on_it() {
    let world = World::new("Dashboard member");
    let mut visitor = world.visitor("admin");
    let (below, _) = world.member("ada@example.com");
    let page = world.get(&mut visitor, &below);
    page.says("ada@example.com").says("Active").says("are managed by Our JumpCloud").says("NB-Staff");
    page.says("The directory has this user.").says("user-group-filter").says("role-protection").says("needed for being in the team");
    page.says("Came into the team").says("Came into group NB-Staff").says("POST /Groups");
    assert_eq!(page.texts("form[action$='/edit'], form[action$='/delete']").len(), 0, "what SCIM manages is changed there");
    let page = visitor.submit(&page, "/role", &[("role", "auditor")]);
    page.says("Saved.").says("Role auditor");
    assert_eq!(world.tenant.member("ada@example.com")["operatorRole"], "auditor");
    let page = visitor.submit(&page, "/role", &[("role", "")]);
    page.says("Role user");
    assert_eq!(world.tenant.member("ada@example.com")["operatorRole"], Value::Null);
    let page = visitor.submit(&page, "/role", &[("role", "emperor")]);
    assert_eq!(page.status, 400);
    assert!(page.texts("#refusal")[0].contains("no role of that name"), "{}", page.html);
    let page = world.get(&mut visitor, &below);
    let page = visitor.submit(&page, "/block", &[("blocked", "true")]);
    page.says("Blocked by an operator");
    assert_eq!(world.tenant.member("ada@example.com")["status"], "blocked");
    let page = visitor.submit(&page, "/block", &[("blocked", "false")]);
    page.says("No longer blocked.");
    assert_eq!(world.tenant.member("ada@example.com")["status"], "active");
    let page = world.get(&mut visitor, &format!("{below}/history"));
    page.says("operatorRole").says("from active to blocked").says("PATCH /tenants/{tenant}/users/{user} by Operator admin");
}

#[test]
fn local_users_are_made_changed_and_deleted() {
    let world = World::new("Dashboard local users");
    let mut visitor = world.visitor("admin");
    let page = world.get(&mut visitor, "/users/new");
    let made =
        visitor.submit(&page, "/users", &[("userName", "eve"), ("displayName", ""), ("email", "eve@example.com"), ("role", "admin")]);
    made.says("Made.").says("Role admin").says("eve@example.com").says("was made here");
    assert_eq!(world.tenant.member("eve")["issued"], "api");
    let refused = visitor.submit(&page, "/users", &[("userName", "EVE"), ("displayName", "Other")]);
    assert_eq!(refused.status, 409);
    refused.says("Another local member has this userName.");
    assert_eq!(refused.attribute("#displayName", "value"), "Other", "what was typed is still there");
    assert_eq!(visitor.submit(&page, "/users", &[]).status, 400);
    let saved = visitor.submit(&made, "/edit", &[("displayName", "Eve"), ("email", "")]);
    saved.says("Saved.");
    assert_eq!(saved.texts("h1"), ["Eve"]);
    assert_eq!(world.tenant.member("eve").get("email"), None, "what is cleared is gone");
    let refused = visitor.submit(&saved, "/edit", &[("email", "nonsense")]);
    assert_eq!(refused.status, 400);
    refused.says("such as ada@example.com");
    let refused = visitor.submit(&saved, "/edit", &[("displayName", " ")]);
    assert_eq!(refused.status, 400);
    let gone = visitor.submit(&saved, "/delete", &[]);
    gone.says("Deleted.");
    assert_eq!(world.tenant.find_member("eve"), None);
    assert_eq!(visitor.get(&saved.path).status, 404);
}

#[test]
fn whoever_is_asked_about_is_explained() {
    let world = World::new("Dashboard why");
    let mut visitor = world.visitor("auditor");
    let page = world.get(&mut visitor, "/why");
    page.says("Ask about anybody");
    for named in ["zoe@example.com", "ZOE@example.com", world.zoe.as_str()] {
        let told = visitor.submit(&page, "/why", &[("named", named)]);
        told.says("The directory does not have this user")
            .says("Left out")
            .says("NB-Staff")
            .says("Our JumpCloud")
            .says("user-group-filter");
        told.says("Last SCIM request").says("Groups there Marketing");
    }
    let told = visitor.submit(&page, "/why", &[("named", "ada@example.com")]);
    told.says("In the team").says("The page of this user").says("What it was given");
    assert!(told.html.contains(&world.member("ada@example.com").0));
    let told = visitor.submit(&page, "/why", &[("named", "Marketing"), ("kind", "group")]);
    told.says("The directory does not have this group").says("group-prefix");
    let unknown = visitor.submit(&page, "/why", &[("named", "nobody@example.com")]);
    assert_eq!(unknown.status, 200);
    unknown.says("Nothing is known of this one").says("no identity provider has sent them");
    // Part of a name, or the name to show, leads to whom it may mean, in the team or left out.
    let shown = json!({"userName": "quinn@example.com", "displayName": "Quinn Walker", "active": true});
    let quinn = text(&world.client.post("/Users", &shown).expect(201), "id");
    world.tenant.synced();
    for (named, count) in [("quinn walker", 1), ("EXAMPLE.COM", 4)] {
        let told = visitor.submit(&page, "/why", &[("named", named)]);
        told.says("Whom do you mean?").says("quinn@example.com");
        assert!(told.html.contains(&format!("named={quinn}")), "{}", told.html);
        assert!(told.texts("main li").len() >= count.min(2), "{named}: {}", told.html);
    }
    world.get(&mut visitor, &query("/left-out", &[("search", "walker")])).says("quinn@example.com");
    world.get(&mut visitor, &query("/left-out", &[("search", "ada")])).says("Nobody like that is left out");
    // Somebody who is deleted is still explained, and so is a local one.
    world.client.remove(&format!("/Users/{}", world.zoe));
    world.tenant.synced();
    visitor.submit(&page, "/why", &[("named", &world.zoe)]).says("Deleted at the identity provider");
    let local = text(&world.tenant.post("/users", &json!({"userName": "eve"})).expect(201), "id");
    let told = visitor.submit(&page, "/why", &[("named", "eve")]);
    told.says("This user was made locally");
    assert!(told.html.contains(&format!("/users/{local}")));
}

#[test]
fn groups_are_managed_where_they_come_from() {
    let world = World::new("Dashboard groups");
    let mut visitor = world.visitor("admin");
    let page = world.get(&mut visitor, "/groups");
    page.says("NB-Staff").says("Our JumpCloud");
    let synced = world.get(&mut visitor, &format!("/groups/{}", world.staff));
    synced.says("are managed by Our JumpCloud").says("ada@example.com");
    assert_eq!(synced.texts("main form").len(), 0, "nothing of it can be changed here");
    let blank = world.get(&mut visitor, "/groups/new");
    let made = visitor.submit(&blank, "/groups", &[("displayName", "Project")]);
    made.says("Made.").says("Nobody is in this group");
    let refused = visitor.submit(&blank, "/groups", &[("displayName", "Project")]);
    assert_eq!(refused.status, 409);
    assert_eq!(refused.attribute("#displayName", "value"), "Project");
    // Somebody is found and added, and removed again.
    let group = made.path.split('?').next().unwrap().to_owned();
    let none = visitor.get(&query(&group, &[("find", "nobody")]));
    none.says("Nobody in the team is called so.");
    let found = visitor.get(&query(&group, &[("find", "ADA")]));
    let added = visitor.submit(&found, "/members", &[]);
    added.says("In the group now.").says("ada@example.com");
    let (below, _) = world.member("ada@example.com");
    world.get(&mut visitor, &below).says("Project");
    let removed = visitor.submit(&added, "/remove", &[]);
    removed.says("Not in the group any more.").says("Nobody is in this group");
    let renamed = visitor.submit(&removed, "/rename", &[("displayName", "Projects")]);
    assert_eq!(renamed.texts("h1"), ["Projects"]);
    let refused = visitor.submit(&renamed, "/rename", &[("displayName", "")]);
    assert_eq!((refused.status, refused.texts("#refusal").len()), (400, 1));
    world.get(&mut visitor, &format!("{}/history", group.trim_start_matches(&world.base))).says("ada@example.com came into the group");
    let page = world.get(&mut visitor, "/groups?issued=api");
    page.says("Projects");
    assert_eq!(page.texts("tbody tr").len(), 1);
    visitor.submit(&renamed, "/delete", &[]).says("Deleted.");
    assert_eq!(world.tenant.groups().len(), 1);
}

#[test]
fn whoever_may_only_look_is_offered_no_change() {
    let world = World::new("Dashboard auditor");
    let local = text(&world.tenant.post("/users", &json!({"userName": "eve"})).expect(201), "id");
    let group = text(&world.tenant.post("/groups", &json!({"displayName": "Project"})).expect(201), "id");
    let (member, _) = world.member("ada@example.com");
    let mut auditor = world.visitor("auditor");
    let pages = ["/users", "/groups", "/why", "/left-out"].map(str::to_owned);
    let ones = [member.clone(), format!("/users/{local}"), format!("/groups/{group}"), format!("/groups/{}", world.staff)];
    let mut token = String::new();
    for below in pages.iter().chain(&ones) {
        let page = world.get(&mut auditor, below);
        assert_eq!(page.texts("main form[method=post]").len(), 0, "{below}");
        token = page.attribute("header input[name=csrf]", "value");
    }
    let posts: [(String, &[(&str, &str)]); 9] = [
        ("/users".to_owned(), &[("userName", "mine")]),
        ("/groups".to_owned(), &[("displayName", "Mine")]),
        (format!("{member}/role"), &[("role", "owner")]),
        (format!("{member}/block"), &[("blocked", "true")]),
        (format!("/users/{local}/edit"), &[("displayName", "Mine")]),
        (format!("/users/{local}/delete"), &[]),
        (format!("/groups/{group}/rename"), &[("displayName", "Mine")]),
        (format!("/groups/{group}/delete"), &[]),
        (format!("/groups/{group}/members"), &[("user", local.as_str())]),
    ];
    let before = (world.tenant.members(), world.tenant.groups());
    let mut admin = world.visitor("admin");
    for (below, fields) in &posts {
        let address = format!("{}{below}", world.base);
        let page = auditor.post(&address, &[*fields, &[("csrf", token.as_str())]].concat());
        assert_eq!(page.status, 403, "{below}: {}", page.html);
        assert_eq!(admin.post(&address, fields).status, 403, "{below}: without its token");
    }
    assert_eq!((world.tenant.members(), world.tenant.groups()), before);
}

#[test]
fn nobody_sees_the_team_of_another_tenant() {
    let (world, other) = (World::new("Dashboard own"), World::new("Dashboard other"));
    let (theirs, _) = other.member("ada@example.com");
    let mut visitor = world.visitor("owner");
    for below in ["/users", "/groups", "/why", "/left-out", "/users/new", "/groups/new", "/activity", "/holds", "/stuck", theirs.as_str()] {
        let page = visitor.get(&format!("{}{below}", other.base));
        assert_eq!(page.status, 404, "{below}");
        assert!(!page.html.contains("ada@example.com"));
    }
    // Nor by asking within one's own.
    for below in [theirs.clone(), format!("{theirs}/history"), format!("/groups/{}", other.staff), format!("/users?group={}", other.staff)]
    {
        assert_eq!(visitor.get(&format!("{}{below}", world.base)).status, 404, "{below}");
    }
    let told = world.get(&mut visitor, &query("/why", &[("named", &other.ada)]));
    told.says("Nothing is known of this one");
    // Nobody at all is led to the door.
    let mut nobody = Visitor::new(world.tenant.operator.address());
    for below in ["/users", "/groups", "/why", "/left-out", "/activity", "/holds", "/stuck"] {
        assert!(nobody.get(&format!("{}{below}", world.base)).path.contains("/sign-in"), "{below}");
    }
}

#[test]
fn names_are_only_names() {
    let tenant = shared::tenant("Dashboard names");
    let client = tenant.connect_with(&json!({"provider": "generic", "name": "<i>Ours</i>"}));
    let markup = "<script>alert(1)</script>\"'&";
    let long = "ü".repeat(2_000);
    let mut ids = Vec::new();
    for (name, display) in [("markup@example.com", markup), ("rtl@example.com", "\u{202e}שלום עולם"), ("long@example.com", long.as_str())]
    {
        let body = json!({"userName": name, "displayName": display, "title": display, "externalId": display});
        ids.push(text(&client.post("/Users", &body).expect(201), "id"));
    }
    let group = client.group(markup, &ids.iter().map(String::as_str).collect::<Vec<_>>());
    let many = client.group(&long, &ids.iter().map(String::as_str).collect::<Vec<_>>());
    let members: Vec<String> = tenant.members().iter().map(|member| format!("/users/{}", text(member, "id"))).collect();
    let key = text(&tenant.post("/keys", &json!({"name": markup, "role": "admin"})).expect(201), "key");
    let mut visitor = Visitor::signed_in(tenant.operator.address(), &key);
    let lists = ["/users", "/groups", "/activity", "/left-out"].map(str::to_owned);
    let groups = [group, many].map(|id| format!("/groups/{id}"));
    let whys = [
        query("/why", &[("named", markup)]),
        query("/why", &[("named", markup), ("kind", "group")]),
        format!("/users?search={}", encode(markup)),
    ];
    for below in lists.iter().chain(&members).chain(&groups).chain(&whys) {
        let page = visitor.get(&format!("/dashboard/tenants/{}{below}", tenant.id));
        assert_eq!(page.status, 200, "{below}: {}", page.html);
        for bad in ["<script>alert", "<i>Ours"] {
            assert!(!page.html.contains(bad), "{below} has {bad}: {}", page.html);
        }
    }
    let page = visitor.get(&format!("/dashboard/tenants/{}/users", tenant.id));
    page.says(markup);
    assert!(page.texts("td bdi").iter().any(|name| name.contains("שלום")), "what is written from right to left stays in its place");
}

#[test]
fn attributes_read_as_words() {
    let tenant = shared::tenant("Readable attributes");
    let client = tenant.connect();
    let body = json!({
        "userName": "lin@example.com",
        "emails": [{"value": "lin@example.com", "type": "work", "primary": true}, {"value": "lin@home.example", "type": "home"}],
        "addresses": [{"streetAddress": "Road 1\nRear house", "locality": "Town", "country": "DE", "type": "work"}],
        "name": {"givenName": "Lin"},
    });
    let _ = client.post("/Users", &body).expect(201);
    tenant.synced();
    let key = text(&tenant.post("/keys", &json!({"name": "Looks", "role": "auditor"})).expect(201), "key");
    let mut visitor = Visitor::signed_in(tenant.operator.address(), &key);
    let page = visitor.get(&format!("/dashboard/tenants/{}/users/{}", tenant.id, text(&tenant.member("lin@example.com"), "id")));
    page.says("lin@example.com (work, primary); lin@home.example (home)").says("Road 1, Rear house, Town, DE (work)");
    page.says(r#"{"givenName":"Lin"}"#);
}
