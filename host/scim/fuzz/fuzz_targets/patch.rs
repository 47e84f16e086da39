//! Any JSON is a PATCH request or a refusal; what it leaves behind is whole, also when it is refused.
//! Run it with `cargo fuzz run patch` in `host/scim`.
#![no_main]

use doorlist_scim::{Patch, ResourceType, validate};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

fuzz_target!(|bytes: &[u8]| {
    let Ok(body) = serde_json::from_slice::<Value>(bytes) else {
        return;
    };
    for (rt, name) in ResourceType::all().into_iter().zip(["userName", "displayName"]) {
        let created = validate::create(rt, &json!({name: "x", "emails": [{"type": "work", "value": "w"}]}));
        let Ok(mut resource) = created.map(|incoming| incoming.resource) else {
            panic!("the resource to start from is one");
        };
        let before = resource.clone();
        match Patch::parse(rt, &body).and_then(|patch| patch.apply(rt, &mut resource)) {
            Ok(changed) => assert_eq!(changed, resource != before),
            Err(_) => assert_eq!(resource, before),
        }
        assert!(resource.get(name).is_some_and(Value::is_string));
        if let Ok(incoming) = validate::create(rt, &body) {
            let again = validate::create(rt, &Value::Object(incoming.resource.clone()));
            assert_eq!(again.map(|again| again.resource), Ok(incoming.resource));
        }
    }
});
