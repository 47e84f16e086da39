//! Machine code over restarts: kept, and made again if it is gone.

use std::fs;
use std::path::Path;

use doorlist_tests::server::Signal;
use doorlist_tests::{Client, Scratch, Server, Tenant};
use serde_json::{Value, json};

use super::upload::EXCLUDE;
use crate::guests::{SAID, Said, guest};

/// What the log says, where details of the sandbox are logged, of each plugin that was compiled.
const MADE: &str = "machine code of a plugin is made";

fn start(data: &Path) -> Server {
    Server::options().data_dir(data).log("warn,doorlist::policy=debug").start()
}

/// How many plugins a server has compiled.
fn compiled(server: &Server) -> usize {
    server.stderr().matches(MADE).count()
}

/// A user comes, and the uploaded policy and those that come with Doorlist decide.
#[track_caller]
fn decides(server: &Server, tenant: &str, client: &Client, user: &str) {
    let tenant = Tenant { operator: server.operator(), id: tenant.to_owned() };
    let client = Client::new(server.address(), client.token(), &client.connection);
    client.user(user);
    let decision = tenant.user_decision(user);
    assert_eq!((&decision["included"], &decision["stuck"]), (&json!(false), &Value::Null), "{decision}");
    let verdicts: Vec<&Value> = decision["verdicts"].as_array().into_iter().flatten().map(|verdict| &verdict["policy"]).collect();
    assert!(verdicts.contains(&&json!("nobody")), "{decision}");
    client.group("NB-Staff", &[]);
    tenant.synced();
}

#[test]
fn a_restart_compiles_nothing_and_a_cache_that_is_gone_is_made_again() {
    let data = Scratch::new();
    let first = start(data.path());
    let tenant = first.operator().tenant("Restarts");
    let client = tenant.connect();
    let _ = tenant.upload(&guest(&Said { name: "mine", ..SAID }, &[("project-user", EXCLUDE)])).expect(201);
    let policies =
        json!([{"name": "named", "plugin": "group-prefix", "settings": {"prefixes": ["NB-"]}}, {"name": "nobody", "plugin": "mine"}]);
    let _ = tenant.put("/pipeline", &json!({"policies": policies})).expect(200);
    decides(&first, &tenant.id, &client, "one@example.com");
    let made = compiled(&first);
    assert!(made >= 2, "the upload and those that come with Doorlist:\n{}", first.stderr());
    first.signal(Signal::Terminate);
    assert_eq!(first.wait().status.code(), Some(0));

    let second = start(data.path());
    decides(&second, &tenant.id, &client, "two@example.com");
    assert_eq!(compiled(&second), 0, "{}", second.stderr());
    let _ = second.kill();

    fs::remove_dir_all(data.join("compiled")).expect("machine code is in a directory of its own");
    let third = start(data.path());
    decides(&third, &tenant.id, &client, "three@example.com");
    assert_eq!(compiled(&third), made, "{}", third.stderr());
}
