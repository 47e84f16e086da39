//! What an operator allows the plugins of a tenant.

use doorlist_tests::Operator;
use doorlist_tests::callers::text;
use serde_json::{Value, json};

use super::{pointers, refused};
use crate::guests::{SAID, Said, guest, plain};
use crate::shared;

/// Wants sixteen pages more than it starts with.
const GROWS: &str = "(if (i32.eq (memory.grow (i32.const 16)) (i32.const -1)) (then unreachable))";

#[test]
fn a_lowered_limit_holds_at_once_and_only_there() {
    let tenant = shared::tenant("lowered");
    let other = shared::tenant("not lowered");
    let wasm = guest(&Said { name: "grows", ..SAID }, &[("project-user", GROWS)]);
    let tenants = [&tenant, &other];
    let users = tenants.map(|tenant| {
        let client = tenant.connect();
        let _ = tenant.upload(&wasm).expect(201);
        let policies =
            json!([{"name": "p", "plugin": "grows"}, {"name": "q", "plugin": "role-protection", "settings": {"roles": ["owner"]}}]);
        let _ = tenant.put("/pipeline", &json!({"policies": policies})).expect(200);
        client.user("ada@example.com")
    });
    let stuck = |at: usize| tenants[at].user_decision(&users[at])["stuck"].clone();
    assert_eq!((stuck(0), stuck(1)), (Value::Null, Value::Null));
    let patched = tenant.patch("", &json!({"pluginLimits": {"memoryBytes": 1 << 20}})).expect(200);
    assert_eq!(patched["pluginLimits"], json!({"memoryBytes": 1 << 20}), "what is not said is the default");
    let reason = stuck(0);
    assert_eq!(reason["policy"], "p", "{reason}");
    assert!(text(&reason, "text").contains("memory"), "{reason}");
    assert_eq!(stuck(1), Value::Null);
    let _ = tenant.patch("", &json!({"pluginLimits": {}})).expect(200);
    assert_eq!(stuck(0), Value::Null, "raised again, it is tried again");
}

/// What comes with Doorlist is not the tenant's to starve.
#[test]
fn role_protection_holds_under_the_lowest_limits() {
    let tenant = shared::tenant("lowest");
    let client = tenant.connect_with(&json!({"provider": "jumpcloud", "name": "J", "groupPrefixes": ["NB-"]}));
    let lowest = json!({"revisions": 0, "compileMs": 100, "compiledBytes": 65536, "projectMs": 5, "configureMs": 5, "memoryBytes": 65536,
        "tableElements": 1, "instances": 1, "answerBytes": 1024, "logBytes": 0});
    let _ = tenant.patch("", &json!({"pluginLimits": lowest})).expect(200);
    let user = client.user("ada@example.com");
    assert_eq!(tenant.user_decision(&user)["stuck"], Value::Null);
    tenant.upload(&plain("mine", "1.0.0")).problem(409);
}

#[test]
fn only_the_installation_raises() {
    let tenant = shared::tenant("raised");
    let owner = tenant.post("/keys", &json!({"name": "Owner", "role": "owner"})).expect(201);
    let owner = Operator::new(tenant.operator.address(), &text(&owner, "key"));
    let patch = |limits: &Value| owner.patch(&tenant.path(""), &json!({"pluginLimits": limits}));
    patch(&json!({"tier": "large"})).problem(403);
    let _ = patch(&json!({"projectMs": 20})).expect(200);
    patch(&json!({"projectMs": 30})).problem(403);
    patch(&json!({})).problem(403);
    let _ = patch(&json!({"projectMs": 20, "logBytes": 0})).expect(200);
    let _ = tenant.patch("", &json!({"pluginLimits": {"tier": "large"}})).expect(200);
    // A tenant that may send large plugins may also go back to small ones.
    let _ = patch(&json!({"tier": "small"})).expect(200);
    patch(&json!({"tier": "large"})).problem(403);
    for (limits, pointer) in [
        (json!({"projectMs": 51}), "/pluginLimits/projectMs"),
        (json!({"projectMs": 0}), "/pluginLimits/projectMs"),
        (json!({"projectMs": -1}), "/pluginLimits/projectMs"),
        (json!({"projectMs": "x"}), "/pluginLimits/projectMs"),
        (json!({"revisions": 101}), "/pluginLimits/revisions"),
        (json!({"tier": "huge"}), "/pluginLimits/tier"),
        (json!({"compileMs": 60_000}), "/pluginLimits/compileMs"),
        (json!({"nonsense": 1}), "/pluginLimits/nonsense"),
    ] {
        assert_eq!(pointers(tenant.patch("", &json!({"pluginLimits": limits}))), [pointer]);
    }
}

#[test]
fn the_tier_and_the_number_bound_uploads() {
    let tenant = shared::tenant("bounded uploads");
    let large = {
        // A custom section of six megabytes: its number, its size, the empty name, the content.
        let mut wasm = plain("large", "1.0.0");
        let size: u32 = 6 << 20;
        wasm.push(0);
        wasm.extend([0, 7, 14, 21].map(|shift| (size >> shift) as u8 & 127 | if shift < 21 { 128 } else { 0 }));
        wasm.resize(wasm.len() + size as usize, 0);
        wasm
    };
    assert_eq!(refused(tenant.upload(&large)).0, "size");
    let _ = tenant.patch("", &json!({"pluginLimits": {"tier": "large", "revisions": 2}})).expect(200);
    let made = tenant.upload(&large).expect(201);
    assert_eq!(made["bytes"], large.len());
    let _ = tenant.upload(&plain("small", "1.0.0")).expect(201);
    let detail = tenant.upload(&plain("small", "1.1.0")).problem(409);
    assert!(detail.contains('2'), "{detail}");
    // What is there stays there and can be used although the tenant could not send it any more.
    let _ = tenant.patch("", &json!({"pluginLimits": {"revisions": 1}})).expect(200);
    let _ = tenant.put("/pipeline", &json!({"policies": [{"name": "p", "plugin": "large"}]})).expect(200);
    let _ = tenant.delete("/plugins/small/1.0.0").expect(204);
    tenant.upload(&plain("small", "1.1.0")).problem(409);
}
