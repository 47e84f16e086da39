//! From a place in a JSON text to the JSON Pointer (RFC 6901) of the value there.
//!
//! serde names a line and a column, an operator's form needs a pointer. The text is known to be JSON: the host has
//! parsed it before. On anything else the answer is some pointer, never a failure.

/// A container that is open at some place of the text.
enum Open {
    Object(String),
    Array(usize),
}

/// The JSON Pointer of the value that ends at, or contains, a 1-based `line` and `column` (in bytes) of `text`.
pub(crate) fn at(text: &str, line: usize, column: usize) -> String {
    let before: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let end = before.saturating_add(column).min(text.len());
    let mut open: Vec<Open> = Vec::new();
    let mut key_expected = false;
    let mut bytes = text.bytes().enumerate().take(end);
    while let Some((start, byte)) = bytes.next() {
        match byte {
            b'{' => {
                open.push(Open::Object(String::new()));
                key_expected = true;
            }
            b'[' => open.push(Open::Array(0)),
            b'}' | b']' => {
                open.pop();
                key_expected = false;
            }
            b',' => match open.last_mut() {
                Some(Open::Array(index)) => *index += 1,
                Some(Open::Object(_)) => key_expected = true,
                None => {}
            },
            b'"' => {
                let mut escaped = false;
                let close = bytes.find(|(_, byte)| {
                    let closes = *byte == b'"' && !escaped;
                    escaped = *byte == b'\\' && !escaped;
                    closes
                });
                if key_expected && let (Some(Open::Object(key)), Some((close, _))) = (open.last_mut(), close) {
                    *key = text.get(start..=close).and_then(|key| serde_json::from_str(key).ok()).unwrap_or_default();
                    key_expected = false;
                }
            }
            _ => {}
        }
    }
    open.iter().map(segment).collect()
}

/// One reference token with its slash, escaped as RFC 6901 section 3 asks.
pub(crate) fn token(name: &str) -> String {
    format!("/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// What a container adds to the pointer; nothing if no member of it has been reached.
fn segment(open: &Open) -> String {
    match open {
        Open::Object(key) if key.is_empty() => String::new(),
        Open::Object(key) => token(key),
        Open::Array(index) => format!("/{index}"),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Inner {
        name: String,
        count: u8,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Settings {
        items: Vec<Inner>,
        #[serde(rename = "a/b~c", default)]
        odd: Option<bool>,
    }

    #[test]
    fn errors_of_serde_point_at_the_value_they_mean() {
        for (text, pointer) in [
            (r#"{"items": 5}"#, "/items"),
            (r#"{"items": [{"name": "x", "count": 1}, {"name": 5, "count": 1}]}"#, "/items/1/name"),
            ("{\n \"items\": [\n  {\"name\": \"a\\\"}\", \"count\": 300}]}", "/items/0/count"),
            (r#"{"items": [{"count": 1}]}"#, "/items/0"),
            (r#"{"items": [], "extra": {"deep": 1}}"#, "/extra"),
            (r#"{"items": [], "a/b~c": 3}"#, "/a~1b~0c"),
            (r#"{}"#, ""),
            (r#"[]"#, ""),
            (r#"7"#, ""),
        ] {
            let error = serde_json::from_str::<Settings>(text).expect_err("each case is wrong");
            assert_eq!(super::at(text, error.line(), error.column()), pointer, "{text}: {error}");
        }
    }
}
