//! What stops the start.

use std::fs;

use doorlist_tests::Scratch;
use serde_json::json;

use super::{configure, with};

#[test]
fn a_file_that_says_nothing_sensible_stops_the_start() {
    let scratch = Scratch::new();
    let grants = json!([{"value": "a", "role": "owner", "tenants": "all"}]);
    for (more, expected) in [
        (json!({"issuer": "http://id.example.com"}), "/issuer: This has to begin with https://."),
        (json!({"grants": []}), "/grants: There have to be 1 to"),
        (json!({"colour": "red"}), "unknown field `colour`"),
        (json!({"clientSecretFile": "absent"}), "absent cannot be read."),
        (json!({"caFile": "secret"}), "There is no certificate in the file of caFile."),
        (json!({"grants": [{"value": "a", "role": "king", "tenants": "all"}]}), "unknown variant `king`"),
        (json!({"grants": [{"value": "a", "role": "owner", "tenants": ["acme"]}]}), "\"acme\" is no id of a tenant"),
    ] {
        let file = configure(&scratch, "https://id.example.com", &grants, &more);
        let ended = with(&file).try_start().map(drop).expect_err("it starts");
        assert!(!ended.status.success() && ended.stderr.contains(expected), "{expected:?} is not in {}", ended.stderr);
    }
    let file = scratch.join("single-sign-on.json");
    fs::write(&file, "{").unwrap();
    assert!(with(&file).try_start().map(drop).expect_err("it starts").stderr.contains("line 1 column 1"));
    fs::remove_file(&file).unwrap();
    assert!(with(&file).try_start().map(drop).expect_err("it starts").stderr.contains("cannot be read"));
}
