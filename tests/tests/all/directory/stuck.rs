//! Stuck subjects as operators see them: who, by which policy's fault, since when, and when they are tried again.

use doorlist_tests::callers::text;
use serde_json::{Value, json};

use super::assert_replay;
use crate::shared;

#[test]
fn who_is_stuck_is_listed_with_the_fault_until_it_goes() {
    let tenant = shared::tenant("stuck");
    let client = tenant.connect();
    for number in 0..3 {
        let body = json!({"userName": format!("pilot{number}@example.com"), "externalId": format!("p{number}"), "title": "Pilot"});
        let _ = client.post("/Users", &body).expect(201);
    }
    let _ = client.user("ada@example.com");
    tenant.synced();
    assert_eq!(tenant.all("/stuck"), Vec::<Value>::new());
    let rules = |role: &str| {
        let settings = json!({"users": [{"name": "pilots", "when": "title eq \"Pilot\"", "effects": {"role": role}}]});
        json!({"policies": [{"name": "pilots", "plugin": "rules", "settings": settings}]})
    };
    let _ = tenant.put("/pipeline", &rules("pilot")).expect(200);
    let state = tenant.synced();
    assert_eq!(state["stuck"], 3);
    let outcome = tenant.get("/pipeline").expect(200)["outcome"].clone();
    assert_eq!((&outcome["state"], &outcome["stuck"], &outcome["held"]), (&json!("applied"), &json!(3), &json!(0)), "{outcome}");
    let page = tenant.get("/stuck?limit=2").expect(200);
    let rest = tenant.get(&format!("/stuck?limit=2&cursor={}", text(&page, "nextCursor"))).expect(200);
    assert_eq!(rest["nextCursor"], Value::Null);
    let items = |page: &Value| page["items"].as_array().unwrap().clone();
    let stuck = [items(&page), items(&rest)].concat();
    let names: Vec<String> = stuck.iter().map(|stuck| text(stuck, "name")).collect();
    assert_eq!(names, ["pilot0@example.com", "pilot1@example.com", "pilot2@example.com"]);
    for one in &stuck {
        assert_eq!((&one["kind"], &one["policy"], &one["tries"]), (&json!("user"), &json!("pilots"), &json!(1)), "{one}");
        assert_eq!(one["connection"], client.connection.as_str());
        let decision = tenant.get(&format!("/users/{}/decision", text(one, "scimId"))).expect(200);
        assert_eq!((&decision["stuck"]["text"], &decision["at"]), (&one["reason"], &one["since"]), "{one}");
        assert!(text(one, "nextTry") > text(one, "since"), "{one}");
    }
    // Another pipeline is asked at once.
    let _ = tenant.put("/pipeline", &rules("auditor")).expect(200);
    assert_eq!(tenant.synced()["stuck"], 0);
    assert_eq!(tenant.all("/stuck"), Vec::<Value>::new());
    assert_replay(&tenant);
    assert_eq!(tenant.member("pilot1@example.com")["role"], "auditor");
}
