//! JSON text of a plugin, bounded before it is parsed: a value takes up to a hundred times the bytes of its text.

use super::read::{Result, Wrong};
use crate::policy::limits::{JSON_DEPTH_MAX, JSON_VALUES_MAX};
use serde_json::Value as Json;

/// Whether a text that may be JSON is nested more than `depth_max` deep.
pub fn is_deeper(text: &str, depth_max: usize) -> bool {
    let mut depth = 0_usize;
    let (mut quoted, mut escaped) = (false, false);
    text.bytes().any(|byte| {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = quoted,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > depth_max
    })
}

/// The value that a text says, of at most [`JSON_VALUES_MAX`] values nested at most [`JSON_DEPTH_MAX`] deep.
pub fn parse(text: &str) -> Result<Json> {
    let (mut depth, mut values) = (0_usize, 1_usize);
    let (mut quoted, mut escaped) = (false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = quoted,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'[' | b'{' => {
                depth += 1;
                values += 1;
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            b',' => values += 1,
            _ => {}
        }
        if depth > JSON_DEPTH_MAX {
            return Err(Wrong::new(format!("It is nested more than {JSON_DEPTH_MAX} deep.")));
        }
        if values > JSON_VALUES_MAX {
            return Err(Wrong::new(format!("It has more than {JSON_VALUES_MAX} values.")));
        }
    }
    serde_json::from_str(text).map_err(|_| Wrong::new("It is not JSON."))
}
