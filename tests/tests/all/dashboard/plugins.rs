//! Plugins on pages: looking at them, uploading one, and what is checked.

use std::thread;

use doorlist_tests::callers::text;
use doorlist_tests::{Visitor, eventually};
use serde_json::json;

use super::{page_of, visitor};
use crate::guests::{SAID, Said, guest, plain};
use crate::shared;
use crate::shutdown::slow_of;

/// Bytes of the largest plugin that any tenant may send.
const LARGEST: usize = 24 << 20;

#[test]
fn a_plugin_is_uploaded_used_and_deleted() {
    let tenant = shared::tenant("Uploaded by page");
    let mut visitor = visitor(&tenant, "admin");
    let page = visitor.get(&page_of(&tenant, "/plugins"));
    page.says("group-prefix").says("Doorlist");
    let wasm = plain("mine", "1.0.0");
    let made = visitor.send_file(&page, "/plugins", &[], &wasm);
    assert_eq!(made.path, page_of(&tenant, "/plugins/mine/1.0.0?done=uploaded"));
    made.says("The plugin passed every check and is here.").says("A guest of the tests.").says("by Operator The admin");
    let stored = tenant.get("/plugins/mine/1.0.0").expect(200);
    assert_eq!(made.attribute("#digest", "value"), text(&stored, "sha256"));
    visitor.send_file(&page, "/plugins", &[], &wasm).says("This plugin is here already, to the byte.");
    // In use it stays, and its page says by whom.
    let _ = tenant.put("/pipeline", &json!({"policies": [{"name": "user of it", "plugin": "mine"}]})).expect(200);
    let page = visitor.get(&page_of(&tenant, "/plugins/mine/1.0.0"));
    page.says("user of it");
    let refused = visitor.submit(&page, "/delete", &[]);
    assert_eq!(refused.status, 409);
    refused.says("The policy \"user of it\" of the pipeline in force uses this version.");
    let _ = tenant.upload(&plain("mine", "2.0.0")).expect(201);
    let page = visitor.get(&page_of(&tenant, "/plugins/mine/2.0.0"));
    let page = visitor.submit(&page, "/delete", &[]);
    page.says("Deleted.");
    assert_eq!(tenant.all("/plugins").iter().filter(|plugin| plugin["name"] == "mine").count(), 1);
    assert_eq!(visitor.get(&page_of(&tenant, "/plugins/mine/2.0.0")).status, 404);
}

#[test]
fn checks_are_shown_while_they_are_made() {
    let tenant = shared::tenant("Checked by page");
    let mut visitor = visitor(&tenant, "admin");
    let (page, checks) = (visitor.get(&page_of(&tenant, "/plugins")), page_of(&tenant, "/plugins/checks"));
    assert_eq!(page.attribute("[data-while-sent]", "data-while-sent"), checks);
    let mut beside = Visitor::new(tenant.operator.address());
    beside.set_cookie("doorlist_session", visitor.cookie("doorlist_session").unwrap());
    beside.get(&checks).says("Nothing is being checked");
    let sent = thread::spawn(move || visitor.send_file(&page, "/plugins", &[], &slow_of(10)));
    let compiles = eventually("it compiles", || {
        let page = beside.get(&checks);
        let place = page.texts("#checks .badge").iter().position(|badge| badge == "Under way")?;
        (place == 7).then(|| page.texts("#checks .badge"))
    });
    assert_eq!((&compiles[6], &compiles[8], compiles.len()), (&"Passed".to_owned(), &"To come".to_owned(), 11));
    // Nobody else sees it, also not in another session of the same operator.
    super::visitor(&tenant, "admin").get(&checks).says("Nothing is being checked");
    let page = sent.join().unwrap();
    assert!(page.status == 200 || page.texts("#checks .badge")[7] == "Refused", "{}", page.text());
    beside.get(&checks).says("Nothing is being checked");
}

#[test]
fn a_refused_plugin_says_which_check_it_did_not_pass() {
    let tenant = shared::tenant("Refused by page");
    let mut visitor = visitor(&tenant, "admin");
    let page = visitor.get(&page_of(&tenant, "/plugins"));
    let schema = guest(&Said { name: "mine", schema: r#"{"type": "nothing"}"#, ..SAID }, &[]);
    for (file, passed, words) in [(&b"no WebAssembly"[..], 2, "It is WebAssembly"), (schema.as_slice(), 10, "JSON Schema")] {
        let refused = visitor.send_file(&page, "/plugins", &[], file);
        assert_eq!(refused.status, 400, "{}", refused.text());
        let checks = refused.texts("#checks .badge");
        let expected = |place: usize| match place.cmp(&passed) {
            std::cmp::Ordering::Less => "Passed",
            std::cmp::Ordering::Equal => "Refused",
            std::cmp::Ordering::Greater => "Not reached",
        };
        assert_eq!(checks, (0..11).map(expected).collect::<Vec<_>>());
        refused.says(words);
    }
    // One without a file, and one that is too large.
    let empty = visitor.send_file(&page, "/plugins", &[], b"");
    assert_eq!(empty.status, 400);
    let large = visitor.send_file(&page, "/plugins", &[], &vec![0; LARGEST + 1]);
    assert_eq!((large.status, large.texts("#refusal").len()), (413, 1), "{}", large.text());
    assert!(tenant.all("/plugins").iter().all(|plugin| plugin["firstParty"] == true));
}

#[test]
fn a_file_is_looked_at_only_for_who_may_send_it() {
    let tenant = shared::tenant("Unsent");
    let (mut admin, mut auditor) = (visitor(&tenant, "admin"), visitor(&tenant, "auditor"));
    let page = admin.get(&page_of(&tenant, "/plugins"));
    let wasm = plain("mine", "1.0.0");
    for token in ["", "0000", &auditor.get("/dashboard").attribute("header input[name=csrf]", "value")] {
        let forged = admin.send_file(&page, "/plugins", &[("csrf", token)], &wasm);
        assert_eq!(forged.status, 403);
        forged.says("This form is out of date");
    }
    // Without the form an auditor has nothing to send; by hand, it is refused as in the API.
    let own = auditor.get(&page_of(&tenant, "/plugins"));
    assert_eq!(own.texts("#upload").len(), 0);
    let token = own.attribute("header input[name=csrf]", "value");
    let body = format!(
        "--x\r\ncontent-disposition: form-data; name=\"csrf\"\r\n\r\n{token}\r\n--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\nwasm\r\n--x--\r\n"
    );
    let reply = auditor.ask("POST", &page_of(&tenant, "/plugins"), Some(("multipart/form-data; boundary=x", body.into_bytes())));
    assert_eq!(reply.status, 403);
    // What is no such form is told apart, and another form takes no file.
    let token = page.attribute("#upload input[name=csrf]", "value");
    let reply =
        admin.ask("POST", &page_of(&tenant, "/plugins"), Some(("application/x-www-form-urlencoded", format!("csrf={token}").into_bytes())));
    assert_eq!(reply.status, 415);
    let reply = admin.ask("POST", &page_of(&tenant, "/settings/name"), Some(("multipart/form-data; boundary=x", b"--x--\r\n".to_vec())));
    assert_eq!(reply.status, 415);
    for broken in [&b""[..], b"--x", b"--x\r\n\r\n", b"nothing"] {
        let reply = admin.ask("POST", &page_of(&tenant, "/plugins"), Some(("multipart/form-data; boundary=x", broken.to_vec())));
        assert!((400..500).contains(&reply.status), "{}", reply.status);
    }
    assert!(tenant.all("/plugins").iter().all(|plugin| plugin["firstParty"] == true));
    doorlist_tests::eventually("the refusal is in the log", || {
        let log = tenant.all("/activity");
        log.iter().any(|entry| entry["action"] == "POST /tenants/{tenant}/plugins" && entry["status"] == 403).then_some(())
    });
}
