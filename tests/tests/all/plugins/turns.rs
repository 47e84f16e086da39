//! Whose turn it is: a tenant that burns its share slows only itself.

use doorlist_tests::callers::text;
use doorlist_tests::{Server, eventually};
use serde_json::{Value, json};

use super::upload::EXCLUDE;
use crate::guests::{SAID, Said, guest};

/// Users of the tenant that burns. Each costs the deadline of 50 ms of processor time, so that together they take many times what the others need.
const BURNERS: usize = 600;

/// Operations of one bulk request.
const BULK: usize = 200;

#[test]
fn a_plugin_that_burns_its_deadline_keeps_nobody_elses_users_waiting() {
    // A server of its own: the other tests need not wait behind it.
    let server = Server::start();
    let burning = server.operator().tenant("Burning");
    let client = burning.connect();
    let body = |number| json!({"userName": format!("u{number}@example.com")});
    let operations: Vec<Value> = (0..BURNERS)
        .map(|number| json!({"method": "POST", "path": "/Users", "bulkId": format!("b{number}"), "data": body(number)}))
        .collect();
    for some in operations.chunks(BULK) {
        let made = client.bulk(&Value::from(some));
        assert!(made.iter().all(|one| one["status"] == "201"), "{made:?}");
    }
    burning.synced();
    let wasm = guest(&Said { name: "burns", ..SAID }, &[("project-user", "(loop $forever (br $forever))")]);
    let _ = burning.upload(&wasm).expect(201);
    let _ = burning.put("/pipeline", &json!({"policies": [{"name": "burner", "plugin": "burns"}]})).expect(200);
    let burnt = || burning.get("/sync").expect(200)["stuck"].as_u64().unwrap();
    eventually("it burns", || (burnt() > 0).then_some(()));

    // Meanwhile users of others come into their directories, one after the other, also through a plugin that is new.
    let others = ["One", "Two"].map(|name| server.operator().tenant(name));
    let clients = others.each_ref().map(doorlist_tests::Tenant::connect);
    for round in 0..3 {
        for (tenant, client) in others.iter().zip(&clients) {
            let name = format!("member{round}@example.com");
            client.user(&name);
            assert_eq!(text(&tenant.member(&name), "status"), "active");
        }
    }
    let _ = others[0].upload(&guest(&Said { name: "nobody", ..SAID }, &[("project-user", EXCLUDE)])).expect(201);
    let _ = others[0].put("/pipeline", &json!({"policies": [{"name": "p", "plugin": "nobody"}]})).expect(200);
    assert_eq!((others[0].members().len(), others[1].members().len()), (0, 3));
    let so_far = burnt();
    let state = burning.get("/sync").expect(200);
    assert!(state["reprojecting"] == true && so_far < BURNERS as u64, "the others were not done before it: {state}");

    // It goes on itself, and those who are stuck say why; they stay in the directory as they were.
    eventually("it goes on", || (burnt() > so_far).then_some(()));
    let stuck = eventually("one that is stuck is found", || {
        let decision = burning.get("/users/u0%40example.com/decision").expect(200);
        (!decision["stuck"].is_null()).then_some(decision)
    });
    assert_eq!(stuck["stuck"], json!({"policy": "burner", "text": "The plugin did not answer in time."}), "{stuck}");
    assert_eq!(burning.all("/users").len(), BURNERS);
}
