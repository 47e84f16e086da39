//! Plugins that have to be signed.

use doorlist::signature::SecretKey;
use doorlist_tests::Operator;
use doorlist_tests::callers::text;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{pointers, refused};
use crate::guests::plain;
use crate::shared;

fn sign(key: &SecretKey, wasm: &[u8]) -> String {
    key.sign(&Sha256::digest(wasm).into())
}

#[test]
fn a_tenant_takes_only_what_its_keys_signed() {
    let tenant = shared::tenant("signatures");
    let (key, other) = (SecretKey::generate().unwrap(), SecretKey::generate().unwrap());
    let (old, new) = (plain("old", "1.0.0"), plain("new", "1.0.0"));
    let uses = |plugin: &str| json!({"policies": [{"name": "p", "plugin": plugin}]});
    let (stage, detail) = refused(tenant.upload_signed(&old, &sign(&key, &old)));
    assert!(stage == "signature" && detail.contains("lists no key"), "{detail}");
    let _ = tenant.upload(&old).expect(201);
    let _ = tenant.put("/pipeline", &uses("old")).expect(200);
    let keys = json!([{"name": "CI", "publicKey": key.public().to_string()}]);
    let patched = tenant.patch("", &json!({"signatureRequired": true, "signingKeys": keys})).expect(200);
    assert_eq!((&patched["signatureRequired"], &patched["signingKeys"]), (&json!(true), &keys));
    for (reply, words) in [
        (tenant.upload(&new), "without a signature"),
        (tenant.upload_signed(&new, "AAAA"), "not readable"),
        (tenant.upload_signed(&new, &sign(&other, &new)), "No key"),
        (tenant.upload_signed(&new, &sign(&key, &old)), "No key"),
    ] {
        let (stage, detail) = refused(reply);
        assert!(stage == "signature" && detail.contains(words), "{detail}");
    }
    let made = tenant.upload_signed(&new, &sign(&key, &new)).expect(201);
    assert_eq!(made["signature"], json!({"publicKey": key.public().to_string(), "key": "CI"}));
    // What is in force goes on and may be put again; what is not signed does not come back.
    let _ = tenant.put("/pipeline", &json!({"policies": [{"name": "p", "plugin": "old"}, {"name": "q", "plugin": "new"}]})).expect(200);
    let _ = tenant.put("/pipeline", &uses("new")).expect(200);
    assert_eq!(pointers(tenant.put("/pipeline", &uses("old"))), ["/policies/0/plugin"]);
    let signed = tenant.upload_signed(&old, &sign(&key, &old)).expect(200);
    assert_eq!(signed["signature"]["key"], "CI");
    let _ = tenant.put("/pipeline", &uses("old")).expect(200);
    // A key that goes takes its name along, and what it signed is in force as before.
    let _ = tenant.patch("", &json!({"signingKeys": []})).expect(200);
    assert_eq!(tenant.get("/plugins/old/1.0.0").expect(200)["signature"], json!({"publicKey": key.public().to_string()}));
    let _ = tenant
        .put("/pipeline", &json!({"policies": [{"name": "p", "plugin": "old"}, {"name": "q", "plugin": "group-prefix"}]}))
        .expect(200);
    assert_eq!(pointers(tenant.put("/pipeline", &uses("new"))), ["/policies/0/plugin"]);
}

#[test]
fn a_signature_with_signs_of_a_query_is_read_as_it_is() {
    let tenant = shared::tenant("signs");
    let key = SecretKey::generate().unwrap();
    let _ = tenant.patch("", &json!({"signingKeys": [{"name": "CI", "publicKey": key.public().to_string()}]})).expect(200);
    // One whose signature has a plus sign in it, which a careless client does not encode.
    let (wasm, signature) = (0..)
        .map(|number| plain("mine", &format!("1.0.{number}")))
        .map(|wasm| (sign(&key, &wasm), wasm))
        .find(|(signature, _)| signature.contains('+'))
        .map(|(signature, wasm)| (wasm, signature))
        .unwrap();
    let path = tenant.path(&format!("/plugins?signature={}", signature.trim_end_matches('=')));
    assert_eq!(refused(tenant.operator.upload(&path, &wasm)).0, "signature", "without its padding it is none");
    let path = tenant.path(&format!("/plugins?signature={signature}"));
    let made = tenant.operator.upload(&path, &wasm).expect(201);
    assert_eq!(made["signature"]["key"], "CI");
}

#[test]
fn keys_are_the_owners_to_say() {
    let tenant = shared::tenant("keys that sign");
    let key = SecretKey::generate().unwrap().public().to_string();
    let before = tenant.get("").expect(200);
    let admin = tenant.post("/keys", &json!({"name": "Admin", "role": "admin"})).expect(201);
    let admin = Operator::new(tenant.operator.address(), &text(&admin, "key"));
    for patch in [json!({"signatureRequired": true}), json!({"signingKeys": [{"name": "CI", "publicKey": key}]})] {
        admin.patch(&tenant.path(""), &patch).problem(403);
    }
    for (keys, expected) in [
        (json!([{"name": "CI", "publicKey": "nonsense"}]), "/signingKeys/0/publicKey"),
        (json!([{"name": "", "publicKey": key}]), "/signingKeys/0/name"),
        (json!([{"name": "a", "publicKey": key}, {"name": "b", "publicKey": key}]), "/signingKeys/1/publicKey"),
        (json!([{"name": "a"}]), "/signingKeys/0/publicKey"),
        (json!([{"name": "a", "publicKey": key, "nonsense": 1}]), "/signingKeys/0/nonsense"),
        (Value::from(vec![json!({"name": "a", "publicKey": key}); 21]), "/signingKeys"),
    ] {
        assert_eq!(pointers(tenant.patch("", &json!({"signingKeys": keys}))), [expected]);
    }
    assert_eq!(tenant.get("").expect(200), before);
}
