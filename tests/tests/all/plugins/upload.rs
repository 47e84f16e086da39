//! Revisions: how they come, what is shown of them, and how they go.

use std::io::Write;

use doorlist_tests::callers::text;
use doorlist_tests::http::{PROBLEM_JSON, WASM, query};
use doorlist_tests::raw::Socket;
use doorlist_tests::{Server, eventually};
use serde_json::{Value, json};

use super::refused;
use crate::guests::{SAID, Said, guest, hostile, plain};
use crate::shared;

const ONE: &str = "/plugins/mine/1.0.0";

#[test]
fn a_revision_is_what_was_uploaded_and_nothing_else() {
    let tenant = shared::tenant("revisions");
    let wasm = plain("mine", "1.0.0");
    let reply = tenant.upload(&wasm);
    let location = reply.header("location").unwrap_or_default().to_owned();
    let made = reply.expect(201);
    assert!(location.ends_with(&format!("/api/v1/tenants/{}{ONE}", tenant.id)), "{location}");
    let sha256 = {
        use sha2::Digest;
        sha2::Sha256::digest(&wasm).iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    let shown = json!({"name": "mine", "version": "1.0.0", "description": "A guest of the tests.", "firstParty": false, "sha256": sha256,
        "bytes": wasm.len(), "reads": ["id"], "writes": ["included"], "settingsSchema": {}, "contract": "1.0.0"});
    doorlist_tests::http::assert_contains(&made, &shown);
    assert_eq!(made["actor"]["kind"], "operator");
    assert_eq!(tenant.upload(&wasm).expect(200), made, "the same bytes are the same revision");
    assert_eq!(tenant.get(ONE).expect(200), made);
    tenant.upload(&guest(&Said { name: "mine", ..SAID }, &[("project-user", "(nop)")])).problem(409);
    tenant.upload(&plain("group-prefix", "9.0.0")).problem(409);
    let _ = tenant.upload(&plain("mine", "1.1.0")).expect(201);
    // In order, over pages, and among those that come with Doorlist.
    let names =
        |items: &[Value]| -> Vec<String> { items.iter().map(|one| format!("{}/{}", text(one, "name"), text(one, "version"))).collect() };
    let all = names(&tenant.all("/plugins"));
    assert!(all.windows(2).all(|two| two[0] < two[1]) && all.contains(&"mine/1.1.0".to_owned()), "{all:?}");
    let (mut paged, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = tenant.get(&format!("/plugins?limit=2{cursor}")).expect(200);
        paged.extend(names(page["items"].as_array().unwrap()));
        match page["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(paged, all);
    tenant.get("/plugins?cursor=nonsense").problem(400);
    // Nobody else has it.
    let other = shared::tenant("without revisions");
    other.get(ONE).problem(404);
    other.delete(ONE).problem(404);
    other.put("/pipeline", &json!({"policies": [{"name": "p", "plugin": "mine"}]})).problem(400);
    let _ = other.upload(&wasm).expect(201);
    let log = tenant.all("/activity");
    let uploads: Vec<(u64, &str)> = log
        .iter()
        .filter(|entry| entry["action"] == "POST /tenants/{tenant}/plugins")
        .map(|entry| (entry["status"].as_u64().unwrap(), entry["subject"].as_str().unwrap_or_default()))
        .collect();
    for expected in [(201, "mine/1.0.0"), (200, "mine/1.0.0"), (201, "mine/1.1.0")] {
        assert!(uploads.contains(&expected), "{uploads:?}");
    }
}

#[test]
fn a_refusal_names_the_stage_and_says_why() {
    let tenant = shared::tenant("refused uploads");
    let component = b"\0asm\x0d\0\x01\0".to_vec();
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (b"\0asm\x01\0\0".to_vec(), "parse"),
        (b"nonsense".to_vec(), "parse"),
        (Vec::new(), "parse"),
        (component, "exports"),
        (vec![0; (5 << 20) + 1], "size"),
        (hostile("functions", "(memory 1)"), "features"),
        (wat::parse_str("(module (import \"env\" \"steal\" (func)))").unwrap(), "imports"),
        (hostile("describe", "(unreachable)"), "describe"),
        (hostile("start", "(loop $forever (br $forever))"), "describe"),
        (guest(&Said { version: "one", ..SAID }, &[]), "manifest"),
        (guest(&Said { schema: r##"{"$ref": "https://example.com/a"}"##, ..SAID }, &[]), "settingsSchema"),
    ];
    for (wasm, stage) in cases {
        let head: Vec<u8> = wasm.iter().copied().take(24).collect();
        let (found, detail) = refused(tenant.upload(&wasm));
        assert_eq!(found, stage, "{head:?}: {detail}");
    }
    let call = |media: &str| {
        tenant.operator.call("POST", &tenant.path("/plugins")).header("content-type", media).bytes(plain("x", "1.0.0")).send()
    };
    call("application/json").problem(415);
    call("text/plain").problem(415);
    tenant.operator.upload(&query(&tenant.path("/plugins"), &[("nonsense", "1")]), b"x").problem(400);
    let own: Vec<Value> = tenant.all("/plugins").into_iter().filter(|one| one["firstParty"] == false).collect();
    assert_eq!(own, Vec::<Value>::new());
    let log = eventually("refusals are in the log", || {
        let log = tenant.all("/activity");
        log.iter().any(|entry| entry["action"] == "POST /tenants/{tenant}/plugins" && entry["status"] == 415).then_some(log)
    });
    assert!(log.iter().all(|entry| entry["status"] != 201 || !entry["action"].as_str().unwrap().contains("plugins")), "{log:?}");
}

/// More than anybody may send is refused before it has come; what is within that bound is read whole.
#[test]
fn the_body_has_a_bound_of_its_own() {
    let tenant = shared::tenant("large uploads");
    let mut socket = Socket::connect(tenant.operator.address());
    let head = |length: usize| {
        let (path, key) = (tenant.path("/plugins"), tenant.operator.key());
        format!(
            "POST /api/v1{path} HTTP/1.1\r\nhost: doorlist\r\nconnection: close\r\nauthorization: Bearer {key}\r\ncontent-type: {WASM}\r\ncontent-length: {length}\r\n\r\n"
        )
    };
    socket.write(head((24 << 20) + 1).as_bytes());
    let answer = socket.answer();
    assert_eq!((answer.status, answer.header("content-type")), (413, Some(PROBLEM_JSON)), "{answer:?}");
    let problem: Value = serde_json::from_str(&answer.body).unwrap_or_else(|error| panic!("{error}: {answer:?}"));
    assert_eq!((&problem["stage"], &problem["detail"]), (&json!("size"), &json!("The plugin has more than 24 MiB.")));
    let (stage, detail) = refused(tenant.upload(&vec![0; 24 << 20]));
    assert_eq!(stage, "size", "{detail}");
    assert!(detail.contains("more than 5 MiB") && detail.contains("PATCH /api/v1/tenants/{tenant}"), "{detail}");
    // An upload that breaks off leaves nothing, and its place is free again.
    for _ in 0..5 {
        let mut stream = std::net::TcpStream::connect(tenant.operator.address()).unwrap();
        stream.write_all(head(1_000).as_bytes()).unwrap();
    }
    eventually("broken uploads are over", || (tenant.upload(&plain("mine", "1.0.0")).status != 429).then_some(()));
    let _ = tenant.get(ONE).expect(200);
}

#[test]
fn what_is_used_stays_and_what_is_not_goes() {
    let tenant = shared::tenant("deleted revisions");
    let (old, new) = (plain("mine", "1.0.0"), plain("mine", "1.1.0"));
    let _ = tenant.upload(&old).expect(201);
    let _ = tenant.upload(&new).expect(201);
    let first_party = &tenant.all("/plugins").into_iter().find(|one| one["firstParty"] == true).unwrap();
    tenant.delete(&format!("/plugins/{}/{}", text(first_party, "name"), text(first_party, "version"))).problem(409);
    let put = |version: Option<&str>| {
        let policies = version.map(|version| json!({"name": "p", "plugin": "mine", "version": version}));
        let _ = tenant.put("/pipeline", &json!({"policies": policies.into_iter().collect::<Vec<_>>()})).expect(200);
    };
    put(Some("1.0.0"));
    let detail = tenant.delete(ONE).problem(409);
    assert!(detail.contains("in force"), "{detail}");
    put(Some("1.1.0"));
    let detail = tenant.delete(ONE).problem(409);
    assert!(detail.contains("Revision 1 "), "{detail}");
    for _ in 0..5 {
        put(None);
        put(Some("1.1.0"));
    }
    let _ = tenant.delete(ONE).expect(204);
    tenant.get(ONE).problem(404);
    tenant.delete(ONE).problem(404);
    let detail = tenant.put("/pipeline", &json!({"policies": [{"name": "p", "plugin": "mine", "version": "1.0.0"}]})).problem(400);
    assert!(detail.contains("not acceptable"), "{detail}");
    let _ = tenant.upload(&old).expect(201);
}

/// What was acknowledged is there after the process is killed, runs, and is not compiled by any request.
#[test]
fn plugins_survive_the_process() {
    let scratch = doorlist_tests::Scratch::new();
    let server = Server::options().data_dir(scratch.path()).start();
    let tenant = server.operator().tenant("Survivor");
    let client = tenant.connect();
    // Excludes everybody.
    let wasm = guest(&Said { name: "mine", ..SAID }, &[("project-user", EXCLUDE)]);
    let made = tenant.upload(&wasm).expect(201);
    let _ = tenant.put("/pipeline", &json!({"policies": [{"name": "nobody", "plugin": "mine"}]})).expect(200);
    client.user("ada@example.com");
    assert_eq!(tenant.members(), Vec::<Value>::new());
    let _ = server.kill();
    let server = Server::options().data_dir(scratch.path()).start();
    let tenant = doorlist_tests::Tenant { operator: server.operator(), id: tenant.id };
    let client = doorlist_tests::Client::new(server.address(), client.token(), &client.connection);
    let shown = tenant.get(ONE).expect(200);
    assert_eq!(shown["sha256"], made["sha256"]);
    let ben = client.user("ben@example.com");
    let decision = tenant.user_decision(&ben);
    assert_eq!((&decision["included"], &decision["stuck"]), (&json!(false), &Value::Null), "{decision}");
    assert_eq!(decision["verdicts"][0]["version"], "1.0.0");
    assert_eq!(tenant.members(), Vec::<Value>::new());
}

/// One change: exclude, without a reason.
pub const EXCLUDE: &str = "(i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 1))
    (i32.store8 (i32.const 64) (i32.const 1))
    (i64.store (i32.const 96) (i64.const 0))
    (return (i32.const 0))";
