//! Any JSON is a schema or has faults; what is published of a schema is a schema again, and resources of it
//! can be made. Run it with `cargo fuzz run schema` in `host/scim`.
#![no_main]

use std::sync::Arc;

use doorlist_scim::{ResourceType, Schema, validate};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

fuzz_target!(|bytes: &[u8]| {
    let Ok(json) = serde_json::from_slice::<Value>(bytes) else {
        return;
    };
    match Schema::check(&json) {
        Ok(schema) => {
            let published = schema.to_json();
            assert_eq!(Schema::check(&published).map(|schema| schema.to_json()), Ok(published));
            let user = ResourceType::user().with_extensions([(Arc::new(schema), false)]);
            assert!(validate::create(&user, &json!({"userName": "a"})).is_ok());
        }
        Err(faults) => assert!(!faults.is_empty()),
    }
});
