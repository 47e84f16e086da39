//! Kill -9 while a plan is computed and while one is applied.

use std::thread;
use std::time::Duration;

use doorlist_tests::callers::text;
use doorlist_tests::{Scratch, Server, Tenant, eventually};
use serde_json::{Value, json};

use crate::directory::assert_replay;

/// People whose role a pipeline changes: some batches of the projector.
const USERS: usize = 500;

/// Milliseconds after which a round's server is killed; another time each round, so that it is not always the same moment.
const PAUSES_MS: [u64; 4] = [0, 30, 90, 220];

fn start(data: &Scratch, tenant: &str) -> (Server, Tenant) {
    let server = Server::options().data_dir(data.path()).start();
    let tenant = Tenant { operator: server.operator(), id: tenant.to_owned() };
    (server, tenant)
}

/// A pipeline that gives everybody a role.
fn everybody(role: &str) -> Value {
    json!({"policies": [{"name": "role", "plugin": "rules", "settings": {"users": [{"name": "all", "effects": {"role": role}}]}}]})
}

/// Every plan that is shown has all of its differences.
fn check_plans(tenant: &Tenant) {
    for plan in tenant.all("/pipeline/plans") {
        let differences = tenant.all(&format!("/pipeline/plans/{}/differences", text(&plan, "id")));
        assert_eq!(plan["differences"], differences.len(), "{plan}");
    }
}

#[test]
fn a_killed_plan_leaves_nothing_and_a_killed_apply_goes_on() {
    let data = Scratch::new();
    let (mut server, mut tenant) = {
        let server = Server::options().data_dir(data.path()).start();
        let tenant = server.operator().tenant("Plans");
        (server, tenant)
    };
    let client = tenant.connect();
    let create = |number: usize| {
        let data = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": format!("u{number}@example.com")});
        json!({"method": "POST", "path": "/Users", "bulkId": format!("u{number}"), "data": data})
    };
    let _ = client.bulk(&json!((0..USERS).map(create).collect::<Vec<_>>()));
    tenant.synced();
    for (round, pause) in PAUSES_MS.map(Duration::from_millis).into_iter().enumerate() {
        let role = ["auditor", "admin"][round % 2];
        // Killed while it plans.
        let (pipeline, events) = (tenant.get("/pipeline").expect(200), tenant.events());
        thread::scope(|scope| {
            scope
                .spawn(|| while tenant.operator.call("POST", &tenant.path("/pipeline/plans")).json(&everybody(role)).try_send().is_ok() {});
            thread::sleep(pause);
            server.kill();
        });
        (server, tenant) = start(&data, &tenant.id);
        check_plans(&tenant);
        assert_eq!((tenant.get("/pipeline").expect(200), tenant.events()), (pipeline, events.clone()), "a plan touches nothing");
        // Killed while it applies.
        let planned = tenant.post("/pipeline/plans", &everybody(role)).expect(201);
        assert_eq!(planned["counts"]["rolesChanged"], USERS, "{planned}");
        let applied = tenant.post(&format!("/pipeline/plans/{}/apply", text(&planned, "id")), &json!({})).expect(200);
        thread::sleep(pause);
        server.kill();
        (server, tenant) = start(&data, &tenant.id);
        let revision = tenant.path(&format!("/pipeline/revisions/{}", applied["pipeline"]["revision"]));
        eventually("the apply is at its end", || {
            let outcome = tenant.operator.get(&revision).expect(200)["outcome"].take();
            let members = tenant.members();
            let changed = members.iter().filter(|member| member["role"] == role).count();
            match outcome["state"].as_str() {
                Some("applied") => assert_eq!(changed, USERS, "what is called applied is"),
                state => assert_eq!(state, Some("applying"), "{outcome}"),
            }
            (outcome["state"] == "applied").then_some(())
        });
        let now = tenant.events();
        assert_eq!(now[..events.len()], events[..], "history changed");
        assert_eq!(now.len(), events.len() + USERS, "each change is told once");
        assert_replay(&tenant);
        tenant.post(&format!("/pipeline/plans/{}/apply", text(&planned, "id")), &json!({})).problem(409);
    }
}
