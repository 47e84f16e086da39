//! The admin API as nobody, with keys that opened it once, with keys of others, and with too small ones.

use std::collections::BTreeMap;

use doorlist_tests::callers::text;
use doorlist_tests::patience::eventually;
use doorlist_tests::{Client, Operator, Reply, Tenant};
use serde_json::json;

use super::endpoints::{ADMIN, Endpoint, Of, everything, schema, with_body};
use super::{NOBODY, Seen};
use crate::guests::plain;
use crate::shared;

/// A tenant with something for each variable part of a path.
struct World {
    tenant: Tenant,
    client: Client,
    ids: BTreeMap<&'static str, String>,
    /// A key of the tenant that may do everything there.
    owner: Operator,
}

impl World {
    fn new(name: &str) -> Self {
        let tenant = shared::tenant(name);
        let client = tenant.connect_with(&json!({"provider": "jumpcloud", "name": name, "groupPrefixes": ["NB-"]}));
        let synced = client.user("synced@example.com");
        let going = client.user("going@example.com");
        client.group("NB-Synced", &[&synced]);
        let user = text(&tenant.post("/users", &json!({"userName": "local@example.com"})).expect(201), "id");
        let group = text(&tenant.post("/groups", &json!({"displayName": "Local"})).expect(201), "id");
        let _ = tenant.put(&format!("/groups/{group}/users/{user}"), &json!({})).expect(204);
        let token = tenant.post(&format!("/connections/{}/tokens", client.connection), &json!({"name": "second"})).expect(201);
        let key = tenant.post("/keys", &json!({"name": "Owner", "role": "owner"})).expect(201);
        let owner = Operator::new(tenant.operator.address(), &text(&key, "key"));
        let urn = format!("urn:example:{}:User", tenant.id);
        let _ = tenant.post("/schemas", &schema(&urn)).expect(201);
        let plugin = tenant.upload(&plain("owned", "1.0.0")).expect(201);
        let mut policies = tenant.get("/pipeline").expect(200)["policies"].clone();
        let watching = json!({"name": "watching", "plugin": "user-group-filter", "settings": {"groups": ["NB-None"]}, "mode": "monitor"});
        policies.as_array_mut().unwrap().push(watching);
        let _ = tenant.put("/pipeline", &json!({"policies": policies})).expect(200);
        let plan = tenant.post("/pipeline/plans", &json!({"policies": []})).expect(201);
        let ids = BTreeMap::from([
            ("tenant", tenant.id.clone()),
            ("connection", client.connection.clone()),
            ("token", text(&token, "id")),
            ("key", text(&key, "id")),
            ("user", user),
            ("group", group),
            ("schema", urn),
            ("name", text(&plugin, "name")),
            ("version", text(&plugin, "version")),
            ("plan", text(&plan, "id")),
            ("revision", "1".to_owned()),
            ("policy", "watching".to_owned()),
            ("request", "seen-request".to_owned()),
            // Nobody signs in by single sign-on here; tests of that have the ids of sessions.
            ("session", NOBODY.to_owned()),
        ]);
        // Somebody who is held: not one of those who have only just come.
        let _ = tenant.patch("", &json!({"guard": {"count": 0, "sharePercent": 0}})).expect(200);
        (0..4).for_each(|number| drop(client.user(&format!("visitor{number}@example.com"))));
        tenant.synced();
        client.remove(&format!("/Users/{going}"));
        tenant.synced();
        let mut ids = ids;
        ids.insert("hold", text(&tenant.all("/holds")[0], "id"));
        let _ = client.call("GET", "/Users?count=1").header("x-request-id", "seen-request").send().expect(200);
        let _ = tenant.put("/pipeline/shadow", &json!({"policies": []})).expect(200);
        let settled = || tenant.get("/pipeline/shadow").expect(200)["settled"].as_bool().filter(|settled| *settled);
        eventually("the shadow has come by everybody", settled);
        Self { tenant, client, ids, owner }
    }

    /// A path with this world's ids, but for those in `others`.
    fn path(&self, endpoint: &Endpoint, others: &[(&str, &str)]) -> String {
        let mut path = endpoint.path.to_owned();
        for (name, id) in others {
            path = path.replace(&format!("{{{name}}}"), id);
        }
        for (name, id) in &self.ids {
            path = path.replace(&format!("{{{name}}}"), id);
        }
        assert!(!path.contains('{'), "{path}");
        path
    }

    /// Everything an operator can read of it, but for the log, which tells of refused attempts.
    fn everything(&self) -> Vec<String> {
        everything(&self.tenant.operator, &self.client, |endpoint| Some(self.path(endpoint, &[])))
    }
}

fn attack(operator: &Operator, endpoint: &Endpoint, path: &str) -> Reply {
    with_body(operator.call(endpoint.method, path), endpoint).send()
}

#[test]
fn who_has_no_key_gets_nothing() {
    let world = World::new("No key");
    let before = world.everything();
    let address = world.tenant.operator.address();
    let revoked = {
        let made = world.tenant.post("/keys", &json!({"name": "Revoked", "role": "owner"})).expect(201);
        let operator = Operator::new(address, &text(&made, "key"));
        operator.get(&world.tenant.path("")).expect(200);
        let _ = world.tenant.delete(&format!("/keys/{}", text(&made, "id"))).expect(204);
        operator
    };
    let orphan = {
        let tenant = shared::tenant("Deleted");
        let made = tenant.post("/keys", &json!({"name": "Orphan", "role": "owner"})).expect(201);
        let _ = tenant.operator.delete(&tenant.path("")).expect(204);
        Operator::new(address, &text(&made, "key"))
    };
    let intruders = [
        Operator::new(address, "nonsense"),
        Operator::new(address, "dl_key_0000000000000000000000000000000000000000000000"),
        Operator::new(address, world.client.token()),
        revoked,
        orphan,
    ];
    for endpoint in ADMIN {
        let path = world.path(endpoint, &[]);
        let reply = attack(&intruders[0], endpoint, &path);
        let first = Seen::of(&reply, NOBODY);
        assert_eq!(reply.header("www-authenticate"), Some("Bearer"), "{reply}");
        reply.problem(401);
        for intruder in &intruders[1..] {
            let reply = attack(intruder, endpoint, &path);
            assert_eq!(Seen::of(&reply, NOBODY), first, "{endpoint:?}: why a key opens nothing is nobody's business");
        }
        let call = world.tenant.operator.call(endpoint.method, &path).without("authorization");
        with_body(call, endpoint).send().problem(401);
    }
    assert_eq!(world.everything(), before);
}

/// Another tenant's key finds of this one what it would find of one that is not there.
#[test]
fn another_tenants_key_gets_nothing() {
    let (world, other) = (World::new("Attacked"), World::new("Attacker"));
    let before = world.everything();
    for endpoint in ADMIN {
        let reply = attack(&other.owner, endpoint, &world.path(endpoint, &[]));
        let unknown = attack(&other.owner, endpoint, &world.path(endpoint, &[("tenant", NOBODY)]));
        let own = Seen::of(&unknown, NOBODY);
        assert_eq!(Seen::of(&reply, &world.tenant.id), own, "{endpoint:?}");
        assert_eq!(own.status, if endpoint.of == Of::Installation { 403 } else { 404 }, "{endpoint:?}");
    }
    assert_eq!(world.everything(), before);
    // In its own tenant the same key opens everything: what was refused was refused for the tenant.
    for endpoint in ADMIN.iter().filter(|endpoint| endpoint.of == Of::Tenant && endpoint.method == "GET") {
        let reply = attack(&other.owner, endpoint, &other.path(endpoint, &[]));
        let expected = if endpoint.path.ends_with("/decision") { 409 } else { 200 };
        assert_eq!(reply.status, expected, "{endpoint:?}: {reply}");
    }
}

/// Ids of another tenant below the own one are ids of nothing, also for the operator of both.
#[test]
fn another_tenants_ids_name_nothing() {
    let (world, other) = (World::new("Named"), World::new("Naming"));
    let before = (world.everything(), other.everything());
    let synced = world.client.find("/Users", "userName eq \"synced@example.com\"").remove(0);
    for operator in [&other.owner, &other.tenant.operator] {
        for name in ["connection", "token", "key", "user", "group", "plan", "hold"] {
            let variable = format!("{{{name}}}");
            for endpoint in ADMIN.iter().filter(|endpoint| endpoint.of == Of::Tenant && endpoint.path.contains(&variable)) {
                let unknown = attack(operator, endpoint, &other.path(endpoint, &[(name, NOBODY)]));
                let own = Seen::of(&unknown, NOBODY);
                // Taking out of a group who is not in it is done already, whoever that is.
                let is_removal = name == "user" && endpoint.method == "DELETE" && endpoint.path.contains("{group}");
                assert_eq!(own.status, if is_removal { 204 } else { 404 }, "{endpoint:?}: {unknown}");
                let mut foreign = vec![world.ids[name].clone()];
                if name == "user" {
                    foreign.push(text(&synced, "id"));
                    foreign.push(text(&world.tenant.member("synced@example.com"), "id"));
                }
                for id in foreign {
                    let reply = attack(operator, endpoint, &other.path(endpoint, &[(name, &id)]));
                    assert_eq!(Seen::of(&reply, &id), own, "{endpoint:?} with the {name} of another tenant");
                }
            }
        }
    }
    assert_eq!((world.everything(), other.everything()), before);
}

/// An auditor reads what an owner reads, and changes nothing.
#[test]
fn auditors_only_read() {
    let world = World::new("Audited");
    let auditor = |made: &serde_json::Value| Operator::new(world.tenant.operator.address(), &text(made, "key"));
    let of_tenant = auditor(&world.tenant.post("/keys", &json!({"name": "Auditor", "role": "auditor"})).expect(201));
    let made = world.tenant.operator.post("/keys", &json!({"name": "Auditor", "role": "auditor"})).expect(201);
    let of_all = auditor(&made);
    let before = world.everything();
    for endpoint in ADMIN {
        let path = world.path(endpoint, &[]);
        for (auditor, reaches) in [(&of_tenant, endpoint.of == Of::Tenant), (&of_all, true)] {
            let reply = attack(auditor, endpoint, &path);
            // Asking what would be, with a body that says nothing, is answered with what is wrong with it.
            let asks = endpoint.path.ends_with("/what-if");
            if asks && reaches {
                reply.problem(400);
            } else if endpoint.method != "GET" || !reaches {
                reply.problem(403);
            } else if !endpoint.path.ends_with("/activity") {
                let same = attack(&world.tenant.operator, endpoint, &path);
                // Lists of the installation grow by what other tests do meanwhile.
                let is_shared = endpoint.of == Of::Installation;
                assert!(is_shared || Seen::of(&reply, NOBODY) == Seen::of(&same, NOBODY), "{endpoint:?}: {reply}, but {same}");
                assert_eq!(reply.status, same.status, "{endpoint:?}");
            }
        }
    }
    assert_eq!(world.everything(), before);
    let _ = world.tenant.operator.delete(&format!("/keys/{}", text(&made, "id"))).expect(204);
}

/// An admin manages a tenant, and neither tenants nor keys.
#[test]
fn admins_make_no_keys() {
    let world = World::new("Administered");
    let made = world.tenant.post("/keys", &json!({"name": "Admin", "role": "admin"})).expect(201);
    let admin = Operator::new(world.tenant.operator.address(), &text(&made, "key"));
    for endpoint in ADMIN.iter().filter(|endpoint| endpoint.owner) {
        attack(&admin, endpoint, &world.path(endpoint, &[])).problem(403);
    }
    let _ = admin.post(&world.tenant.path("/users"), &json!({"userName": "by-admin@example.com"})).expect(201);
    let _ = admin.patch(&world.tenant.path(&format!("/connections/{}", world.client.connection)), &json!({"name": "By admin"})).expect(200);
}

/// A deleted tenant is gone at once, for everybody.
#[test]
fn a_deleted_tenant_is_gone() {
    let world = World::new("To be deleted");
    let _ = world.tenant.operator.delete(&world.tenant.path("")).expect(204);
    for endpoint in ADMIN.iter().filter(|endpoint| endpoint.path.contains("{tenant}")) {
        attack(&world.tenant.operator, endpoint, &world.path(endpoint, &[])).problem(404);
        attack(&world.owner, endpoint, &world.path(endpoint, &[])).problem(401);
    }
    world.client.get("/Users").scim_error(401, None);
    let tenants = world.tenant.operator.all("/tenants");
    assert!(tenants.iter().all(|tenant| tenant["id"] != world.tenant.id.as_str()));
}

/// Nobody locks everybody out.
#[test]
fn keys_of_the_installation() {
    let operator = shared::server().operator();
    let made = operator.post("/keys", &json!({"name": "Another", "role": "owner"})).expect(201);
    let another = Operator::new(operator.address(), &text(&made, "key"));
    assert!(another.all("/keys").iter().all(|key| key.get("key").is_none() && key.get("hash").is_none()), "a list shows no secret");
    let tenant = another.tenant("By another");
    tenant.get("/users").expect(200);
    for body in [
        json!({"name": "x", "role": "king"}),
        json!({"name": "", "role": "owner"}),
        json!({"role": "owner"}),
        json!({"name": "x", "role": "owner", "nonsense": 1}),
    ] {
        operator.post("/keys", &body).problem(400);
    }
}
