//! Any JSON is a bulk request or a refusal; every operation has its turn once, behind what it refers to.
//! Run it with `cargo fuzz run bulk` in `host/scim`.
#![no_main]

use std::sync::Arc;

use doorlist_scim::ResourceType;
use doorlist_scim::bulk::BulkRequest;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

const OPERATIONS_MAX: usize = 64;

fuzz_target!(|bytes: &[u8]| {
    let Ok(body) = serde_json::from_slice::<Value>(bytes) else {
        return;
    };
    let types = ResourceType::all().map(Arc::clone);
    let Ok(request) = BulkRequest::parse(&body, &types, OPERATIONS_MAX) else {
        return;
    };
    let mut order: Vec<usize> = request.order().into_iter().flatten().collect();
    order.sort_unstable();
    assert!(order.into_iter().eq(0..request.operations.len()));
});
