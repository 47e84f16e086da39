//! Any text is a filter or a refusal; a filter prints as an equal one and answers without a panic.
//! Run it with `cargo fuzz run filter` in `host/scim`.
#![no_main]

use doorlist_scim::limits::FILTER_LENGTH_BYTES_MAX;
use doorlist_scim::{Filter, Resource, ResourceType};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for rt in ResourceType::all() {
        let Ok(filter) = Filter::parse(text, rt) else {
            continue;
        };
        let printed = filter.to_string();
        if printed.len() <= FILTER_LENGTH_BYTES_MAX {
            assert_eq!(Filter::parse(&printed, rt), Ok(filter.clone()));
        }
        filter.matches(rt, &Resource::new());
    }
});
